# SPDX-License-Identifier: MIT
# INIT in all the ways a PC has, from real and from protected mode: with a shutdown code in CMOS byte 0Fh the processor goes on at
# 40:67, memory, x87 and SSE as they were (SDM 3A, table 9-1). Then once without: a reset of the machine.
    .code16
    .section .header, "ax"
    .globl start
    .set STEP, 0x600
    .set STEPS, 7
start:
    xorw %ax, %ax
    movw %ax, %ds
    movb %al, STEP
    fninit
again:
    movw %ax, %ss
    movw $0x7000, %sp
    movw $resume, 0x467
    movw $0, 0x469
    movb $0x0a, %ah # jump; but once: EOI, then jump
    cmpb $5, STEP
    jne 1f
    movb $5, %ah
1:  movb $0x0f, %al
    outb %al, $0x70
    movb %ah, %al
    outb %al, $0x71
    # What INIT keeps, and what it does not
    movw $0x0c7f, 0x610
    fldcw 0x610
    movl $0x200, %eax
    movl %eax, %cr4
    movl $0x12345678, %eax
    movd %eax, %xmm5
    movl %eax, %cr2
    # DS reaches all of memory, in protected mode and out of it again
    lgdtl gdtr
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    movw $8, %bx
    movw %bx, %ds
    cmpb $4, STEP
    jae 2f
    decb %al # those before in real mode
    movl %eax, %cr0
2:  movzbw %ds:STEP, %si
    addw %si, %si
    jmpw *%cs:ways(%si)
ways:
    .word port_92, pulse, output_port, soft, port_92, port_92, ipi
port_92:
    inb $0x92, %al
    andb $0xfe, %al
    outb %al, $0x92
    orb $1, %al
    outb %al, $0x92
    jmp wrong
pulse:
    movb $0xfe, %al
    outb %al, $0x64
    jmp wrong
output_port:
    movb $0xd1, %al
    outb %al, $0x64
    movb $0xde, %al
    outb %al, $0x60
    jmp wrong
soft:
    movw $0xcf9, %dx
    movb $0, %al
    outb %al, %dx
    movb $4, %al
    outb %al, %dx
    jmp wrong
ipi:
    movl $0xfee00300, %edi
    movl $0, 0x10(%edi)
    movl $0x4500, (%edi)
    jmp wrong

resume:
    jc wrong # flags are 2
    movl %cr0, %eax
    testl $0x80000001, %eax
    jnz wrong
    movl %cr4, %eax
    testl %eax, %eax
    jnz wrong
    movl %cr2, %eax
    testl %eax, %eax
    jnz wrong
    xorw %ax, %ax
    movw %ax, %ds
    movb $0x0f, %al # it counts once
    outb %al, $0x70
    inb $0x71, %al
    testb %al, %al
    jnz wrong
    inb $0x92, %al
    cmpb $3, %al # bit 0 stays
    jne wrong
    fnstcw 0x610
    cmpw $0x0c7f, 0x610
    jne wrong
    movl $0x200, %eax
    movl %eax, %cr4
    movd %xmm5, %eax
    cmpl $0x12345678, %eax
    jne wrong
    movb $'.', %al
    outb %al, $0xe9
    incb STEP
    xorw %ax, %ax
    cmpb $STEPS, STEP
    jb again
    movw $right, %si
    call say
    ljmp $0xffff, $0 # code 0
wrong:
    movw $not, %si
    call say
    cli
    hlt
say:
    lodsb %cs:(%si), %al
    outb %al, $0xe9
    cmpb $'\n', %al
    jne say
    ret
right:
    .ascii " kept\n"
not:
    .ascii " WRONG\n"
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf93000000ffff
gdtr:
    .word 15
    .long gdt
