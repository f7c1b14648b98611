// SPDX-License-Identifier: MIT
    .section .header, "ax"
    .globl start, user, both
start:
    mov %cr4, %rax
    or $0x600, %eax // OSFXSR, OSXMMEXCPT
    mov %rax, %cr4
    mov %cr0, %rax
    and $~4, %eax // EM
    or $2, %eax // MP
    mov %rax, %cr0
    lea idt(%rip), %rbx
    lea ud(%rip), %rax
    mov %ax, 6*16(%rbx)
    mov %cs, 6*16+2(%rbx)
    movw $0x8e00, 6*16+4(%rbx)
    shr $16, %rax
    mov %ax, 6*16+6(%rbx)
    lea stack_end(%rip), %rsp
    pushq %rbx
    pushw $7*16-1
    lidt (%rsp)
    mov $1, %edi
    jmp both
user:
    xor %edi, %edi
both:
    lea stack_end(%rip), %rsp
    call work

    .text
// #UD, without an error code: passes over the two bytes of UD2.
ud: addq $2, (%rsp)
    nop
    iretq

    .globl faults, off
faults:
    .rept 8
    ud2
    .endr
    ret
off:
    mov $0x10, %al
    out %al, $0xf4
1:  hlt
    jmp 1b

    .bss
    .balign 16
idt: .skip 7*16
    .skip 4096
stack_end:
    .skip 16
