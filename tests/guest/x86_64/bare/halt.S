# SPDX-License-Identifier: MIT
# Halts with interrupts off.
    .section .header, "ax"
    .globl start
start:
    cli
    hlt
    jmp start
