/* SPDX-License-Identifier: MIT
 * The switch to the kernel's own address space and stack, and the first instructions of every exception. */

    .text
    .globl kernel_switch
    .hidden kernel_switch
/* void kernel_switch(u64 cr3 (rdi), u64 stack_top (rsi), void (*main)(struct handoff *) (rdx), struct handoff * (rcx)) */
kernel_switch:
    cli
    movq %rdi, %cr3
    movq %rsi, %rsp
    movq %rcx, %rdi
    xorl %ebp, %ebp /* ends the backtrace */
    pushq %rbp
    jmpq *%rdx

    .globl runtime_call
    .hidden runtime_call
/* u64 runtime_call(u64 function (rdi), const u64 argument[5] (rsi), u64 cr3 (rdx), u8 *stack_top (rcx)): Microsoft's convention, which
 * has 32 bytes of stack below the fifth argument and keeps rbx, rbp, rsi, rdi, r12 to r15 */
runtime_call:
    pushq %rbp
    pushq %rbx
    pushq %r12
    movq %cr3, %rbx
    movq %rsp, %r12
    movq %rdx, %cr3
    leaq -48(%rcx), %rsp
    movq 32(%rsi), %rax
    movq %rax, 32(%rsp)
    movq (%rsi), %rcx
    movq 8(%rsi), %rdx
    movq 16(%rsi), %r8
    movq 24(%rsi), %r9
    cld
    call *%rdi
    movq %r12, %rsp
    movq %rbx, %cr3
    popq %r12
    popq %rbx
    popq %rbp
    ret

    .globl load_segments
    .hidden load_segments
/* void load_segments(u16 code (rdi), u16 data (rsi)): every segment register from the current GDT */
load_segments:
    movl %esi, %ds
    movl %esi, %es
    movl %esi, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    popq %rax
    pushq %rdi
    pushq %rax
    lretq

/* Exceptions that push an error code (Intel SDM 3A, table 6-1): 8, 10-14, 17, 21, 29, 30. The others get a zero. */
    .section .text.trap, "ax"
    .altmacro
    .macro stub vector
    .balign 16
    .if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
    .else
    pushq $0
    .endif
    pushq $\vector
    jmp trap_common
    .endm

    .balign 16
    .globl trap_stubs
    .hidden trap_stubs
trap_stubs: /* 32 of 16 bytes each */
    .set n, 0
    .rept 32
    stub %n
    .set n, n + 1
    .endr

/* struct trap_frame of kernel/trap.h, but for what is there already */
    .macro push_all
    pushq %r15
    pushq %r14
    pushq %r13
    pushq %r12
    pushq %r11
    pushq %r10
    pushq %r9
    pushq %r8
    pushq %rbp
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rbx
    pushq %rax
    .endm

/* Never returns. */
trap_common:
    push_all
    cld
    movq %rsp, %rdi
    xorl %ebp, %ebp
    andq $-16, %rsp
    call trap_report
    ud2

/* A profile's tick. What it calls uses no other registers than these (Makefile); the stack is aligned, as the IST's is and 22 words leave it. */
    .globl trap_tick
    .hidden trap_tick, profile_tick
trap_tick:
    pushq $0
    pushq $0xf1
    push_all
    cld
    movq %rsp, %rdi
    xorl %ebp, %ebp
    call profile_tick
    popq %rax
    popq %rbx
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    popq %rbp
    popq %r8
    popq %r9
    popq %r10
    popq %r11
    popq %r12
    popq %r13
    popq %r14
    popq %r15
    addq $16, %rsp
    iretq

/* The timer that ends a sleep (kernel/sleep.c, which does the EOI), and the interrupt that was none. */
    .globl trap_timer, trap_spurious
    .hidden trap_timer, trap_spurious, sleep_fired
trap_timer:
    movb $1, sleep_fired(%rip)
trap_spurious:
    iretq

    .section .note.GNU-stack, "", @progbits
