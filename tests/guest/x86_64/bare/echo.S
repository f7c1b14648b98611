# SPDX-License-Identifier: MIT
# Real mode, at 0:7C00. Echoes what COM1's receive interrupt brings, up to a q; between bytes it halts, without any timer.
    .section .header, "ax"
    .code16
    .globl start
start:
    xor %ax, %ax
    mov %ax, %ds
    movw $received, 0x24 * 4
    movw %ax, 0x24 * 4 + 2
    mov $0x11, %al                  # 8259: vectors from 0x20 on, IR4 alone unmasked
    out %al, $0x20
    mov $0x20, %al
    out %al, $0x21
    mov $4, %al
    out %al, $0x21
    mov $1, %al
    out %al, $0x21
    mov $0xef, %al
    out %al, $0x21
    mov $0x30, %al                  # 8254: channel 0 waits for a count that never comes
    out %al, $0x43
    mov $0x3fc, %dx                 # MCR: OUT2; IER: received data
    mov $8, %al
    out %al, %dx
    mov $0x3f9, %dx
    mov $1, %al
    out %al, %dx
    mov $0x3f8, %dx
    mov $0x3e, %al                  # ">": it listens
    out %al, %dx
1:  sti
    hlt
    jmp 1b
received:
    in %dx, %al
    out %al, %dx
    cmp $0x71, %al
    je 2f
    mov $0x20, %al
    out %al, $0x20
    iret
2:  mov $0x10, %al
    out %al, $0xf4
