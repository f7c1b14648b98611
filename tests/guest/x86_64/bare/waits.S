# SPDX-License-Identifier: MIT
# Real mode, at 0:7C00. Writes "[", halts through 91 interrupts of the 8254, 65536 / 1193182 s apart, which is 5 s in all, and
# writes "]".
    .section .header, "ax"
    .code16
    .globl start
start:
    xor %ax, %ax
    mov %ax, %ds
    movw $tick, 0x20 * 4
    movw %ax, 0x20 * 4 + 2
    mov $0x11, %al                  # 8259: vectors from 0x20 on, IR0 alone unmasked
    out %al, $0x20
    mov $0x20, %al
    out %al, $0x21
    mov $4, %al
    out %al, $0x21
    mov $1, %al
    out %al, $0x21
    mov $0xfe, %al
    out %al, $0x21
    mov $0x3f8, %dx
    mov $0x5b, %al
    out %al, %dx
    mov $0x34, %al                  # 8254: channel 0, mode 2, 65536
    out %al, $0x43
    xor %al, %al
    out %al, $0x40
    out %al, $0x40
    mov $91, %cx
1:  sti
    hlt
    loop 1b
    mov $0x5d, %al
    out %al, %dx
    mov $0x10, %al
    out %al, $0xf4
tick:
    mov $0x20, %al
    out %al, $0x20
    iret
