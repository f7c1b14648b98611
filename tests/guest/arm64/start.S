// SPDX-License-Identifier: MIT
// An Arm64 test image: the start at EL1, exceptions to EL1, and the way into a mode and out of it.
    .section .header, "ax"
    .globl start
start:
    msr daifset, #15
    msr spsel, #1
    adrp x0, stack_end
    add x0, x0, :lo12:stack_end
    mov sp, x0
    adrp x0, vectors
    add x0, x0, :lo12:vectors
    msr vbar_el1, x0
    isb
    b kit_main

// TPIDR_EL1 and TPIDRRO_EL0 are this file's: x30, and which vector it was.
    .text
    .balign 2048
vectors:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    .balign 128
    msr tpidr_el1, x30
    mov x30, #\n
    msr tpidrro_el0, x30
    b exception
    .endr
    .balign 128

exception:
    adrp x30, frame
    add x30, x30, :lo12:frame
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
    str x\n, [x30, #8*\n]
    .endr
    mrs x0, tpidr_el1
    mov x1, sp
    stp x0, x1, [x30, #8*30]
    mrs x0, sp_el0
    mrs x1, elr_el1
    stp x0, x1, [x30, #8*32]
    mrs x0, spsr_el1
    mrs x1, tpidrro_el0
    stp x0, x1, [x30, #8*34]
    adrp x0, trap_stack_end
    add x0, x0, :lo12:trap_stack_end
    mov sp, x0
    bl trap
    // trap returns where to go on
    adrp x30, frame
    add x30, x30, :lo12:frame
    ldp x0, x1, [x30, #8*32]
    msr sp_el0, x0
    msr elr_el1, x1
    ldr x0, [x30, #8*34]
    msr spsr_el1, x0
    ldr x0, [x30, #8*31]
    mov sp, x0
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
    ldr x\n, [x30, #8*\n]
    .endr
    ldr x30, [x30, #8*30]
    eret

// enter(code, arg, arg2, sp, lr, pstate): returns when leave() is called. SP_EL0 and SP_EL1 are both sp.
    .globl enter
enter:
    sub sp, sp, #96
    .irp n, 19,20,21,22,23,24,25,26,27,28
    str x\n, [sp, #8*(\n-19)]
    .endr
    stp x29, x30, [sp, #80]
    adrp x9, jump_top
    mov x10, sp
    str x10, [x9, :lo12:jump_top]
    msr elr_el1, x0
    msr spsr_el1, x5
    msr sp_el0, x3
    mov sp, x3
    mov x0, x1
    mov x1, x2
    mov x30, x4
    eret

    .globl leave
leave:
    adrp x9, jump_top
    ldr x10, [x9, :lo12:jump_top]
    mov sp, x10
    .irp n, 19,20,21,22,23,24,25,26,27,28
    ldr x\n, [sp, #8*(\n-19)]
    .endr
    ldp x29, x30, [sp, #80]
    add sp, sp, #96
    ret

// What a piece of code returns to.
    .globl kit_back
    .balign 4
kit_back:
    brk #0xbac

// From here on pages can be written, and not be executed: on a page of its own whatever the granule.
    .data
    .balign 65536
    .globl data_start
data_start:
    .bss
    .balign 16
    .globl frame
frame: .skip 36*8
jump_top: .skip 16
    .balign 16
stack: .skip 16384
stack_end:
trap_stack: .skip 16384
trap_stack_end:
    .globl mode_stack_end
mode_stack: .skip 8192
mode_stack_end: .skip 16
