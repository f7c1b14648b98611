# SPDX-License-Identifier: MIT
# A trip through the processor's modes, from long mode down to real mode and back, with notes on the way:
#
#   64-bit -> compatibility -> protected 32 (no paging) -> PAE paging -> protected 16 -> real -> protected 16 -> 32 -> 64-bit
#
# void trip(struct trip *t), t below 4 GiB: see modes.c for the notes' places. The 16-bit part runs from a copy at 0x5000.
    .set COPY, 0x5000
    .set NOTE_CR3, 0                # what to come back to
    .set NOTE_CR4, 4
    .set NOTE_PAE_CR3, 8
    .set NOTES, 16

    .text
    .globl trip, sixteen, sixteen_end
    .code64
trip:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_rsp
    mov %edi, %ebp
    sidt saved_idt
    push $0x38
    push $compat
    lretq

    .code32
compat:
    mov $0x10, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    mov $trip_stack, %esp
    # Compatibility mode: 32-bit code while EFER.LMA is 1. 40h is INC, not REX.
    xor %eax, %eax
    .byte 0x40
    mov %eax, NOTES+0(%ebp)
    mov $0xc0000080, %ecx
    rdmsr
    mov %eax, NOTES+4(%ebp)
    mov $0xfffffff0, %edi           # addresses wrap at 4 GiB: this is the first note again
    lea 0x10(%ebp), %esi
    mov NOTES(%edi, %esi), %eax
    mov %eax, NOTES+8(%ebp)

    mov %cr0, %eax                  # out of long mode
    and $0x7fffffff, %eax
    mov %eax, %cr0
    jmp 1f
1:  mov $0xc0000080, %ecx
    rdmsr
    mov %eax, NOTES+12(%ebp)        # LMA is gone, LME is not
    and $~0x100, %eax
    wrmsr
    mov NOTE_PAE_CR3(%ebp), %eax    # PAE paging: four entries, identity
    mov %eax, %cr3
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    jmp 1f
1:  mov $0xc0000080, %ecx
    rdmsr
    mov %eax, NOTES+16(%ebp)        # not long mode
    mov 0x00200000, %eax            # (mapped to 0x00400000)
    mov %eax, NOTES+20(%ebp)
    mov %cr0, %eax
    and $0x7fffffff, %eax
    mov %eax, %cr0
    xor %eax, %eax
    mov %eax, %cr4
    mov 0x00200000, %eax
    mov %eax, NOTES+24(%ebp)
    mov $0x58, %eax                 # 16-bit protected mode, limits of 64 KiB
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    mov %eax, %ss
    ljmp $0x50, $COPY

    .code16
sixteen:
    mov $0xffff, %ax                # a 16-bit operand: the upper half stays
    inc %ax
    mov %cs, %bx
    mov $0x3ff, %cx
    mov %cr0, %eax
    and $0xfe, %al
    mov %eax, %cr0
    ljmp $0, $COPY + (real - sixteen)
real:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $COPY, %sp
    # Real mode: the vector table, segments of 16 bytes, 20 address bits and a bit more.
    lidtl %cs:(COPY + (real_idt - sixteen))
    movw $COPY + (handler - sixteen), 0x60 * 4
    movw $0, 0x60 * 4 + 2
    movw $COPY + (fault - sixteen), 0x06 * 4
    movw $0, 0x06 * 4 + 2
    movw $COPY + (fault - sixteen), 0x0d * 4
    movw $0, 0x0d * 4 + 2
    xor %ecx, %ecx
    int $0x60
    mov %ecx, COPY + (note_int - sixteen)
    mov $0x1234, %ax
    mov %ax, %ds
    movw $0xbeef, 0x10              # at 0x12350
    xor %ax, %ax
    mov %ax, %ds
    mov $0x1000, %ax
    mov %ax, %es
    mov %es:0x2350, %ax             # the same place
    mov %ax, COPY + (note_segment - sixteen)
    xor %edx, %edx
    ud2                             # handler skips it
    mov %edx, COPY + (note_ud - sixteen)
    xor %edx, %edx
    mov $0xffff, %bx
    mov (%bx), %ax                  # a word at FFFFh: beyond the limit: #GP
    mov %edx, COPY + (note_limit - sixteen)
    mov %cs, %ax
    mov %ax, COPY + (note_cs - sixteen)
    pushf
    pop %ax
    mov %ax, COPY + (note_flags - sixteen)
    mov $0xf000, %ax                # PUSHF in real mode keeps IOPL and NT
    push %ax
    popf
    pushf
    pop %ax
    mov %ax, COPY + (note_iopl - sixteen)
    pushw $2
    popf
    lgdtl %cs:(COPY + (gdtr - sixteen))
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $0x38, $back
handler:
    mov $0x600d, %ecx
    iret
fault:                              # skips two bytes
    inc %edx
    push %bp
    mov %sp, %bp
    addw $2, 2(%bp)
    pop %bp
    iret
    .balign 4
note_int:       .long 0
note_segment:   .long 0
note_ud:        .long 0
note_limit:     .long 0
note_cs:        .long 0
note_flags:     .long 0
note_iopl:      .long 0
real_idt:
    .word 0x3ff
    .long 0
gdtr:
    .word 511
    .long gdt
sixteen_end:

    .code32
back:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $trip_stack, %esp
    mov $COPY + (note_int - sixteen), %esi
    lea NOTES+28(%ebp), %edi
    mov $7, %ecx
    cld
    rep movsl
    mov NOTE_CR4(%ebp), %eax
    mov %eax, %cr4
    mov NOTE_CR3(%ebp), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    rdmsr
    or $0x900, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    ljmp $8, $1f
    .code64
1:  mov saved_rsp, %rsp
    mov $0x10, %eax
    mov %eax, %ss
    lidt saved_idt
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .bss
    .balign 16
    .skip 1024
trip_stack:
saved_rsp: .quad 0
saved_idt: .skip 16
