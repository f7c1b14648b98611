// SPDX-License-Identifier: MIT
// S-mode.
    .section .header, "ax"
    .globl start, user
start:
    li t0, 1 << 13 // FS: Initial
    csrs sstatus, t0
    la t0, skip
    csrw stvec, t0
    la sp, stack_end
    li a0, 1
    call work
user:
    la sp, stack_end
    li a0, 0
    call work

    .text
    .balign 4
// Passes over an instruction of four bytes.
skip:
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    sret

    .globl faults, off
faults:
    .rept 8
    .4byte 0xffffffff
    .endr
    ret
// The test finisher.
off:
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
1:  j 1b

    .bss
    .balign 16
    .skip 4096
stack_end:
    .skip 16
