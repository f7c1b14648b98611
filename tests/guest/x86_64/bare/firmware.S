# SPDX-License-Identifier: MIT
# A boot sector and three sectors behind it, for a disk or (El Torito, no emulation) a disc: asks a BIOS for each of its services that
# boot loaders use, and says PASS or FAIL for each. It resets the machine once, which CMOS byte 50h remembers.
    .code16
    .section .header, "ax"
    .globl start
    .macro verdict name # of the flag ZF: set is PASS
    movw $\name, %si
    call judge
    .endm
    .macro name label, text
\label: .asciz "\text"
    .endm
    .set SECTORS, 3
    .set COPY, 0x9000 # what is read back
start:
    ljmp $0, $1f
1:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    movb %dl, drive
    sti
    cmpb $0xe0, %dl # a disc: everything is here already
    jae loaded
    movw $packet, %si
    movb $0x42, %ah
    int $0x13
    jc unread
    cmpw $0xbeef, last
    je loaded
unread:
    movw $n_read, %si
    orb $1, %al
    call judge
hang:
    cli
    hlt
    jmp hang

# ZF: PASS, else FAIL; then the name at SI.
judge:
    pushw %si
    movw $pass, %si
    jz 1f
    movw $fail, %si
1:  call say
    popw %si
    call say
    movw $crlf, %si
say:
    lodsb
    testb %al, %al
    jz 2f
    movb $0x0e, %ah
    movw $7, %bx
    int $0x10
    jmp say
2:  ret

# AL: CMOS byte AH.
cmos:
    movb %ah, %al
    outb %al, $0x70
    inb $0x71, %al
    ret
packet:
    .byte 16, 0
    .word SECTORS, 0x7e00, 0
    .quad 1
pass: .asciz "PASS "
fail: .asciz "FAIL "
crlf: .asciz "\r\n"
name n_read, read
drive: .byte 0
    .org 510
    .word 0xaa55

# Two ticks of the timer. SeaBIOS holds back what it shows on a serial console until one comes.
wait:
    movw 0x46c, %bx
    addw $2, %bx
1:  hlt
    cmpw 0x46c, %bx
    jne 1b
    ret

loaded:
    movb $0x50, %ah
    call cmos
    cmpb $0x5a, %al
    je again
    testb $0, %al
    verdict n_read

    int $0x12 # KiB of conventional memory
    subw $600, %ax
    cmpw $40, %ax
    setbe %al
    cmpb $1, %al
    verdict n_memory

# Memory map: a range of RAM at 0 and one at 1 MiB, and 62 to 64 MiB of it in all.
    xorl %ebx, %ebx
    xorl %ebp, %ebp # bytes
    xorl %esi, %esi # ranges that have to be there
1:  movl $0xe820, %eax
    movl $0x534d4150, %edx
    movl $20, %ecx
    movw $COPY, %di
    int $0x15
    jc 2f
    cmpl $1, COPY + 16
    jne 3f
    addl COPY + 8, %ebp
    cmpl $0, COPY
    je 4f
    cmpl $0x100000, COPY
    jne 3f
4:  incl %esi
3:  testl %ebx, %ebx
    jnz 1b
2:  subl $62 << 20, %ebp
    cmpl $2 << 20, %ebp
    setbe %al
    cmpl $2, %esi
    sete %ah
    andb %ah, %al
    cmpb $1, %al
    verdict n_e820

    movw $0x2401, %ax
    int $0x15
    movw $0xffff, %ax
    movw %ax, %es
    movw $0x1234, 0x500
    movw $0x4321, %es:0x510
    cmpw $0x1234, 0x500
    pushfw
    xorw %ax, %ax
    movw %ax, %es
    popfw
    verdict n_a20

    movb $0x41, %ah
    movw $0x55aa, %bx
    movb drive, %dl
    int $0x13
    cmpw $0xaa55, %bx
    verdict n_edd

    cmpb $0xe0, drive
    jae 1f
    movw $spare, %si # this program's first sector to the disk, and back
    movw $0x4300, %ax
    movb drive, %dl
    int $0x13
    jc 2f
    movw $COPY, spare + 4
    movb $0x42, %ah
    movb drive, %dl
    int $0x13
    jc 2f
    movw $0x7c00, %si
    movw $COPY, %di
    movw $256, %cx
    cld
    repe cmpsw
2:  verdict n_write
1:
    movb $4, %ah
    int $0x1a
    cmpw $0x2026, %cx
    verdict n_clock

    call wait
    verdict n_ticks

    movw $0xb102, %ax # the host bridge
    movw $0x1237, %cx
    movw $0x8086, %dx
    xorw %si, %si
    movw $0xffff, %bx
    int $0x1a
    testw %bx, %bx
    verdict n_pci

# The RSDP in segment F000; then the RSDT, which is beyond this mode's memory, brought here by the BIOS.
    movw $0xf000, %ax
    movw %ax, %fs
    xorw %bx, %bx
1:  cmpl $0x20445352, %fs:(%bx)
    jne 2f
    cmpl $0x20525450, %fs:4(%bx)
    je 3f
2:  addw $16, %bx
    jnz 1b
    jmp 4f
3:  movl %fs:16(%bx), %eax
    movw %ax, gdt + 18
    shrl $16, %eax
    movb %al, gdt + 20
    movb %ah, gdt + 23
    movw $gdt, %si
    movw $64, %cx
    movb $0x87, %ah
    int $0x15
    jc 4f
    movw COPY + 4, %cx # its length; all bytes sum to 0
    cmpw $128, %cx
    ja 4f
    movw $COPY, %si
    xorb %ah, %ah
5:  lodsb
    addb %al, %ah
    loop 5b
    movzbl %ah, %eax
    addl $0x54445352, %eax
    cmpl COPY, %eax
    jmp 6f
4:  orb $1, %al
6:  verdict n_acpi

    movb %fs:0xfff0, %al # ROM, or RAM that nobody can write
    notb %fs:0xfff0
    cmpb %fs:0xfff0, %al
    verdict n_rom

    movw $n_key, %si
    call say
    xorw %ax, %ax
    int $0x16
    cmpb $'k', %al
    verdict n_key
    call wait

# INIT by port 92, with a shutdown code that says where to go on.
    movw $resumed, 0x467
    movw $0, 0x469
    movb $0x0f, %al
    outb %al, $0x70
    movb $0x0a, %al
    outb %al, $0x71
    inb $0x92, %al
    orb $1, %al
    outb %al, $0x92
    jmp hang
resumed:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    movb $0x51, %al # interrupts do not come now: INIT has cut the 8259 pair off, which leads through the local APIC
    outb %al, $0x70
    movb $0xa5, %al
    outb %al, $0x71

    movb $0x50, %al
    outb %al, $0x70
    movb $0x5a, %al
    outb %al, $0x71
    movb $0xfe, %al
    outb %al, $0x64
    jmp hang

again:
    movb $0x50, %al
    outb %al, $0x70
    xorb %al, %al
    outb %al, $0x71
    verdict n_reset
    movb $0x51, %ah
    call cmos
    cmpb $0xa5, %al
    verdict n_init
    movw $end, %si
    call say
    call wait
    movb $0x10, %al
    outb %al, $0xf4
    jmp hang

name n_memory, memory
name n_e820, e820
name n_a20, a20
name n_edd, edd
name n_write, write
name n_clock, clock
name n_ticks, ticks
name n_pci, pci
name n_acpi, acpi
name n_rom, rom
name n_key, key
name n_init, init
name n_reset, reset
end: .asciz "END passed\r\n"
spare:
    .byte 16, 0
    .word 1, 0x7c00, 0
    .quad 64
    .balign 8
gdt: # of INT 15h, AH 87h: nothing, nothing, from, to, and two of the BIOS's own
    .quad 0, 0
    .quad 0x000093000000ffff
    .quad 0x000093000000ffff | COPY << 16
    .quad 0, 0
    .org 512 * (1 + SECTORS) - 2
last:
    .word 0xbeef
