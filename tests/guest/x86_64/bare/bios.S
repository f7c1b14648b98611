# SPDX-License-Identifier: MIT
# A boot sector: what the BIOS data area says, two ticks of the timer, and then a service that is not there.
    .code16
    .section .header, "ax"
    .globl start
start:
    xorw %ax, %ax
    movw %ax, %ds
    movw 0x40e, %es # the EBDA's segment
    cmpw $639, 0x413 # KiB of conventional memory
    jne wrong
    cmpb $1, %es:0 # KiB of EBDA
    jne wrong
    cmpw $0x3f8, 0x400 # COM1
    jne wrong
    sti
1:  hlt
    cmpw $2, 0x46c # ticks since midnight
    jb 1b
    movw $right, %si
    call say
    movw $0x0201, %ax
    int $0x13 # read a sector
wrong:
    movw $not, %si
    call say
    cli
    hlt
say:
    lodsb
    outb %al, $0xe9
    cmpb $'\n', %al
    jne say
    ret
right:
    .ascii "as a BIOS leaves it\n"
not:
    .ascii "WRONG\n"
