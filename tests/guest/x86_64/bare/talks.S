# SPDX-License-Identifier: MIT
# Writes to COM1 without end.
    .section .header, "ax"
    .globl start
start:
    mov $0x3f8, %edx
    mov $0x2e, %al
1:  out %al, %dx
    jmp 1b
