# SPDX-License-Identifier: MIT
# The project's first bug as a test: a guest at 0x80000000 that writes to its own memory and to the memory behind it.
# Started in 64-bit mode, as a flat image and as an ELF linked there.
    .section .header, "ax"
    .globl start
start:
    lea start(%rip), %rax           # where it runs is where it was linked
    mov $start, %ecx
    cmp %rcx, %rax
    jne wrong
    mov $0x80000000, %ecx
    cmp %rcx, %rax
    jne wrong
    lea room(%rip), %rdi            # 1 MiB in its bss: each quadword holds its own address
    mov $131072, %ecx
1:  mov %rdi, (%rdi)
    add $8, %rdi
    dec %ecx
    jnz 1b
    lea room(%rip), %rdi
    mov $131072, %ecx
1:  cmp %rdi, (%rdi)
    jne wrong
    add $8, %rdi
    dec %ecx
    jnz 1b
    cmpl $0x12345678, word(%rip)    # its data came with it
    jne wrong
    notl word(%rip)
    cmpl $0xedcba987, word(%rip)
    jne wrong
    lea right(%rip), %rsi
    mov $0x10, %bl
    jmp say
wrong:
    lea failed(%rip), %rsi
    mov $0x11, %bl
say:
    mov $0x3f8, %edx
1:  lodsb
    test %al, %al
    jz 2f
    out %al, %dx
    jmp 1b
2:  mov %bl, %al
    out %al, $0xf4
    hlt
    .data
word:   .long 0x12345678
    .section .rodata
right:  .asciz "written and read back at 0x80000000\n"
failed: .asciz "wrong memory at 0x80000000\n"
    .bss
room:   .skip 1048576
