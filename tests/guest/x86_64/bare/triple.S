# SPDX-License-Identifier: MIT
# Triple fault: no IDT, and an undefined instruction.
    .section .header, "ax"
    .globl start
start:
    lidt none(%rip)
    ud2
    .balign 8
none:
    .word 0
    .quad 0
