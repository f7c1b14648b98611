# SPDX-License-Identifier: MIT
# A kernel in S-mode on an SBI, and its way through a suspension that loses the registers.
    .section .header, "ax"
    .globl start
start:
    csrw sie, zero
    csrw satp, zero
    la t0, hart
    sd a0, 0(t0)
    la t0, stray
    csrw stvec, t0
    la sp, stack_end
    j guest_main

    .text
# No trap is expected: a suspension ends with sstatus.SIE = 0.
    .balign 4
stray:
    csrr a0, scause
    csrr a1, sepc
    la sp, stack_end
    j strayed

# suspend(type, opaque, resumed): HSM's hart_suspend, with sstatus.SIE set. Returns its error, or 1 when it went on at `resume`, with
# a0, a1, satp and sstatus as they were there in resumed[0..3].
    .globl suspend
suspend:
    la t0, kept
    sd ra, 0(t0)
    sd sp, 8(t0)
    sd a2, 16(t0)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd s\n, 8*\n+24(t0)
    .endr
    mv a2, a1
    la a1, resume
    li a6, 3
    li a7, 0x48534d
    csrsi sstatus, 2
    ecall
    csrci sstatus, 2
    ret

    .balign 4
resume:
    la t0, kept
    ld t1, 16(t0)
    sd a0, 0(t1)
    sd a1, 8(t1)
    csrr t2, satp
    sd t2, 16(t1)
    csrr t2, sstatus
    sd t2, 24(t1)
    la t2, stray
    csrw stvec, t2
    ld ra, 0(t0)
    ld sp, 8(t0)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    ld s\n, 8*\n+24(t0)
    .endr
    li a0, 1
    ret

    .bss
    .balign 16
    .globl hart
hart: .skip 16
kept: .skip 128
stack: .skip 16384
stack_end:
