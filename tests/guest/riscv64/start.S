// SPDX-License-Identifier: MIT
// A RISC-V test image: the start in M-mode, traps to M-mode, and the way into a mode and out of it.
    .section .header, "ax"
    .globl start
start:
    csrw mie, zero
    csrr t0, mhartid
1:  bnez t0, 1b
    la sp, stack_end
    la t0, frame
    csrw mscratch, t0
    la t0, trap_entry
    csrw mtvec, t0
    j kit_main

    .text
    .option norvc
// mscratch has the frame.
    .balign 4
trap_entry:
    csrrw x31, mscratch, x31
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    sd x\n, 8*\n(x31)
    .endr
    mv a0, x31
    csrrw x31, mscratch, x31
    sd x31, 8*31(a0)
    csrr t0, mepc
    sd t0, 0(a0)
    la sp, trap_stack_end
    call trap
    // trap returns where to go on
    la x31, frame
    ld t0, 0(x31)
    csrw mepc, t0
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, 8*\n(x31)
    .endr
    mret

// enter(code, arg, sp, ra): mstatus.MPP says in what mode. Returns when leave() is called.
    .globl enter
enter:
    addi sp, sp, -112
    sd ra, 0(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd s\n, 8*\n+8(sp)
    .endr
    la t0, jump_top
    sd sp, 0(t0)
    csrw mepc, a0
    mv a0, a1
    mv sp, a2
    mv ra, a3
    mret

    .globl leave
leave:
    la t0, jump_top
    ld sp, 0(t0)
    ld ra, 0(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    ld s\n, 8*\n+8(sp)
    .endr
    addi sp, sp, 112
    ret

// What a piece of code returns to, and what stvec leads to: EBREAKs that trap to M-mode.
    .globl kit_back, kit_s_trap
    .balign 4
kit_back:
    ebreak
    .balign 4
kit_s_trap:
    ebreak

    .bss
    .balign 16
    .globl frame
frame: .skip 256
jump_top: .skip 16
stack: .skip 16384
stack_end:
trap_stack: .skip 16384
trap_stack_end:
    .globl mode_stack_end
mode_stack: .skip 8192
mode_stack_end: .skip 16
