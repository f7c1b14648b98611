# SPDX-License-Identifier: MIT
# Jumps to where there is no memory: a physical address that the start's page tables map, with nothing behind.
    .section .header, "ax"
    .globl start
start:
    mov $0xc0000000, %eax
    jmp *%rax
