# SPDX-License-Identifier: MIT
# A 64-bit test image: from a Multiboot loader's 32-bit protected mode to kit_main in long mode, the vectors' stubs, and
# the way out of an exception.
    .section .header, "a"
    .set FLAGS, 1 << 16             # with addresses: the image is flat
header:
    .long 0x1badb002, FLAGS, -0x1badb002 - FLAGS
    .long header, guest_start, guest_data_end, guest_end, start

    .text
    .code32
    .globl start
start:
    cli
    cld
    mov $stack_end, %esp
    mov 16(%ebx), %ebx              # the command line
    test %ebx, %ebx
    jnz 1f
    mov $empty, %ebx
1:  mov $pml4, %edi
    movl $pdpt + 7, (%edi)
    movl $pdpt_alias + 7, 8(%edi)
    movl $pd_alias + 7, pdpt_alias
    mov $pd + 3, %eax               # four page directories
    mov $pdpt, %edi
    mov $4, %ecx
1:  mov %eax, (%edi)
    add $4096, %eax
    add $8, %edi
    loop 1b
    mov $0x83, %eax                 # 2048 pages of 2 MiB, for ring 0
    mov $pd, %edi
    mov $2048, %ecx
1:  mov %eax, (%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 1b
    mov $0x87, %eax                 # the first GiB again, for ring 3
    mov $pd_alias, %edi
    mov $512, %ecx
1:  mov %eax, (%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 1b
    mov $0x20, %eax                 # CR4.PAE
    mov %eax, %cr4
    mov $pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx           # EFER: LME, NXE
    rdmsr
    or $0x900, %eax
    wrmsr
    mov $0x80000023, %eax           # PG, NE, MP, PE
    mov %eax, %cr0
    lgdt first_gdtr
    ljmp $8, $1f
    .code64
1:  mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %ebx, %edi
    call kit_main

    .globl resume_segments
resume_segments:
    pop %rax
    push $8
    push %rax
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    lretq

# int protect(code, arg): 0, or 1 when unwind() ended it.
    .globl protect, protect_user, unwind
protect:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push jump_top
    mov %rsp, jump_top
    mov %rdi, %rax
    mov %rsi, %rdi
    call *%rax
    xor %eax, %eax
protected:
    pop jump_top
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

# The same, in another ring: rdi points to RIP, CS, RFLAGS, RSP, SS.
protect_user:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push jump_top
    mov %rsp, jump_top
    push 32(%rdi)
    push 24(%rdi)
    push 16(%rdi)
    push 8(%rdi)
    push (%rdi)
    mov %rsi, %rdi
    iretq

unwind:
    mov jump_top, %rsp
    mov $0x10, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
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
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rdi
    cld
    call trap
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq

    .section .rodata
    .balign 8
first_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
first_gdtr:
    .word 23
    .long first_gdt
empty:
    .byte 0

    .bss
    .balign 4096
    .globl pml4, jump_top
pml4:       .skip 4096
pdpt:       .skip 4096
pdpt_alias: .skip 4096
pd_alias:   .skip 4096
pd:         .skip 4 * 4096
    .skip 65536
stack_end:
jump_top:   .quad 0
