# SPDX-License-Identifier: MIT
# A 32-bit test image: from a Multiboot loader's protected mode to kit_main, the vectors' stubs, and the way out of an
# exception. Functions take their first argument in EAX, the second in EDX (-mregparm=3).
    .section .header, "a"
    .set FLAGS, 1 << 16             # with addresses: the image is flat
header:
    .long 0x1badb002, FLAGS, -0x1badb002 - FLAGS
    .long header, guest_start, guest_data_end, guest_end, start

    .text
    .globl start
start:
    cli
    cld
    mov $stack_end, %esp
    mov 16(%ebx), %ebx              # the command line
    test %ebx, %ebx
    jnz 1f
    mov $empty, %ebx
1:  lgdt first_gdtr
    call resume_segments
    mov %ebx, %eax
    call kit_main

    .globl resume_segments
resume_segments:
    pop %eax
    push $8
    push %eax
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    lret

# int protect(code, arg): 0, or 1 when unwind() ended it.
    .globl protect, protect_user, unwind
protect:
    push %ebx
    push %ebp
    push %esi
    push %edi
    pushl jump_top
    mov %esp, jump_top
    mov %eax, %ecx
    mov %edx, %eax
    call *%ecx
    xor %eax, %eax
protected:
    popl jump_top
    pop %edi
    pop %esi
    pop %ebp
    pop %ebx
    ret

# The same, in another ring: eax points to EIP, CS, EFLAGS, ESP, SS (virtual-8086 mode: and ES, DS, FS, GS).
protect_user:
    push %ebx
    push %ebp
    push %esi
    push %edi
    pushl jump_top
    mov %esp, jump_top
    testl $0x20000, 8(%eax)
    jz 1f
    pushl 32(%eax)
    pushl 28(%eax)
    pushl 24(%eax)
    pushl 20(%eax)
1:  pushl 16(%eax)
    pushl 12(%eax)
    pushl 8(%eax)
    pushl 4(%eax)
    pushl (%eax)
    mov $0x23, %ecx
    mov %ecx, %ds
    mov %ecx, %es
    mov %edx, %eax
    iret

unwind:
    mov $0x10, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    mov jump_top, %esp
    push $2
    popf
    mov $1, %eax
    jmp protected

    .balign 16
    .globl vectors
vectors:
    .set v, 0
    .rept 256
    .balign 16
    .if !(v == 8 || (v >= 10 && v <= 14) || v == 17)
    push $0
    .endif
    push $v
    jmp common
    .set v, v + 1
    .endr
common:
    pusha
    push %es
    push %ds
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %esp, %eax
    cld
    call trap
    pop %ds
    pop %es
    popa
    add $8, %esp
    iret

    .section .rodata
    .balign 8
first_gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
first_gdtr:
    .word 23
    .long first_gdt
empty:
    .byte 0

    .bss
    .balign 16
    .globl jump_top
    .skip 65536
stack_end:
jump_top:   .long 0
