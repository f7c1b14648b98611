# SPDX-License-Identifier: MIT
# Triple fault: an IDT, but no stack: #PF when the frame of #UD is pushed, again for #DF's.
    .section .header, "ax"
    .globl start
start:
    mov $1, %esp
    shl $40, %rsp
    lidt table(%rip)
    ud2
    .balign 8
table:
    .word 16 * 32 - 1
    .quad gates
gates:
    .rept 32
    .word 0, 0x10
    .byte 0, 0x8e
    .word 0x10
    .long 0, 0
    .endr
