// SPDX-License-Identifier: MIT
// EL1.
    .section .header, "ax"
    .globl start, user
start:
    mov x0, #3 << 20 // FPEN
    msr cpacr_el1, x0
    adr x0, vectors
    msr vbar_el1, x0
    isb
    adrp x0, stack_end
    add sp, x0, :lo12:stack_end
    mov x0, #1
    bl work
user:
    adrp x0, stack_end
    add sp, x0, :lo12:stack_end
    mov x0, #0
    bl work

    .text
    .balign 2048
vectors:
    .skip 0x200
// Current EL, SP_ELx, synchronous: passes over the instruction.
    mrs x9, elr_el1
    add x9, x9, #4
    msr elr_el1, x9
    eret
    .balign 2048

    .globl faults, off
faults:
    .rept 8
    udf #0
    .endr
    ret
// PSCI: SYSTEM_OFF
off:
    movz w0, #0x8400, lsl #16
    movk w0, #8
    hvc #0
1:  b 1b

    .bss
    .balign 16
    .skip 4096
stack_end:
    .skip 16
