// SPDX-License-Identifier: MIT
// The code in the ROM, for the guest's real mode. A vector of the 8259 pair is an exception's or a service's as well (INT 0Dh is
// #GP and IRQ 5, INT 08h to 0Fh may be called): the controller's in-service register tells which of them it is.
#include "machine/pc/bios_rom.h"

#define STRING(x) #x
#define VALUE(x) STRING(x)

// clang-format off
__asm__(
"    .pushsection .rodata.bios_rom, \"a\", @progbits\n"
"    .globl bios_rom\n"
"    .hidden bios_rom\n"
"    .code16\n"
"bios_rom:\n"
".Lbios_stubs:\n"

// A service that is not there: HLT with interrupts off, which nothing ends. The machine tells by its address which service it is.
"    .rept 256\n"
"    cli\n"
"1:  hlt\n"
"    jmp 1b\n"
"    .endr\n"

// Interrupt request `bit` of the 8259 at `port`: in service it goes on to `then`, else to `otherwise`.
"    .macro irq port, bit, then, otherwise\n"
"    .balign " VALUE(BIOS_IRQ_SIZE) "\n"
"    pushw %ax\n"
"    movb $0x0b, %al\n" // OCW3: the next read is the in-service register
"    outb %al, $\\port\n"
"    inb $\\port, %al\n"
"    testb $1 << \\bit, %al\n"
"    popw %ax\n"
"    jz \\otherwise\n"
"    jmp \\then\n"
"    .endm\n"
"    .macro service vector, bit, then\n"
"    irq 0x20, \\bit, \\then, .Lbios_stubs + \\vector * " VALUE(BIOS_STUB_SIZE) "\n"
"    .endm\n"
"    .macro slave vector, bit, then\n"
"    irq 0xa0, \\bit, \\then, .Lbios_stubs + \\vector * " VALUE(BIOS_STUB_SIZE) "\n"
"    .endm\n"
"    .org " VALUE(BIOS_IRQS) " - " VALUE(BIOS_ROM_FIRST) "\n"
"    service 0x08, 0, .Lbios_tick\n"
"    service 0x09, 1, .Lbios_key\n"
"    service 0x0a, 2, .Lbios_eoi\n"
"    service 0x0b, 3, .Lbios_eoi\n"
"    service 0x0c, 4, .Lbios_eoi\n"
"    service 0x0d, 5, .Lbios_eoi\n"
"    service 0x0e, 6, .Lbios_eoi\n"
"    irq 0x20, 7, .Lbios_eoi, .Lbios_iret\n" // not in service: spurious
"    slave 0x70, 0, .Lbios_clock\n"
"    slave 0x71, 1, .Lbios_eoi_both\n"
"    slave 0x72, 2, .Lbios_eoi_both\n"
"    slave 0x73, 3, .Lbios_eoi_both\n"
"    slave 0x74, 4, .Lbios_key_both\n"
"    slave 0x75, 5, .Lbios_eoi_both\n"
"    slave 0x76, 6, .Lbios_eoi_both\n"
"    irq 0xa0, 7, .Lbios_eoi_both, .Lbios_eoi\n" // spurious for the slave, but the master's request 2 is in service

"    .org " VALUE(BIOS_IRET) " - " VALUE(BIOS_ROM_FIRST) "\n"
".Lbios_iret:\n"
"    iretw\n"

// The data area's count of ticks since midnight, and INT 1Ch for the program's own.
".Lbios_tick:\n"
"    pushw %ds\n"
"    pushw %ax\n"
"    movw $0x40, %ax\n"
"    movw %ax, %ds\n"
"    incl 0x6c\n"
"    cmpl $0x1800b0, 0x6c\n" // a day
"    jb 1f\n"
"    movl $0, 0x6c\n"
"    movb $1, 0x70\n"
"1:  popw %ax\n"
"    popw %ds\n"
"    int $0x1c\n"
"    jmp .Lbios_eoi\n"

// Reads the byte of the keyboard or the mouse and drops it: the controller sends no further one before, and there is no INT 16h to want it.
".Lbios_key:\n"
"    pushw %ax\n"
"    inb $0x60, %al\n"
"    popw %ax\n"
".Lbios_eoi:\n"
"    pushw %ax\n"
"    movb $0x20, %al\n"
"    outb %al, $0x20\n"
"    popw %ax\n"
"    iretw\n"

// Register C of the clock chip holds its line up until it is read.
".Lbios_clock:\n"
"    pushw %ax\n"
"    movb $0x0c, %al\n"
"    outb %al, $0x70\n"
"    inb $0x71, %al\n"
"    popw %ax\n"
"    jmp .Lbios_eoi_both\n"
".Lbios_key_both:\n"
"    pushw %ax\n"
"    inb $0x60, %al\n"
"    popw %ax\n"
".Lbios_eoi_both:\n"
"    pushw %ax\n"
"    movb $0x20, %al\n"
"    outb %al, $0xa0\n"
"    outb %al, $0x20\n"
"    popw %ax\n"
"    iretw\n"

// Where a processor starts after INIT, and where a program jumps that wants a reset. CMOS byte 0Fh, the shutdown code, says how it goes
// on, once (IBM PC AT Technical Reference, BIOS listing): 5 ends the interrupts in service and jumps to the address at 40:67, 0Ah jumps there
// without that, every other code resets the machine.
"    .org 0xe05b - " VALUE(BIOS_ROM_FIRST) "\n"
".Lbios_reset:\n"
"    cli\n"
"    movb $0x0f, %al\n"
"    outb %al, $0x70\n"
"    inb $0x71, %al\n"
"    movb %al, %ah\n"
"    movb $0x0f, %al\n"
"    outb %al, $0x70\n"
"    xorb %al, %al\n"
"    outb %al, $0x71\n"
"    cmpb $0x0a, %ah\n"
"    je .Lbios_resume\n"
"    cmpb $5, %ah\n"
"    jne .Lbios_restart\n"
"    movb $0x20, %al\n"
"    outb %al, $0xa0\n"
"    outb %al, $0x20\n"
".Lbios_resume:\n"
"    xorw %ax, %ax\n"
"    movw %ax, %ds\n"
"    ljmpw *0x467\n"
".Lbios_restart:\n"
"    movw $0xcf9, %dx\n"
"    movb $2, %al\n"
"    outb %al, %dx\n" // it is the change to 6 that counts
"    movb $6, %al\n"
"    outb %al, %dx\n"
"1:  hlt\n"
"    jmp 1b\n"
"    .org 0xfff0 - " VALUE(BIOS_ROM_FIRST) "\n"
"    ljmpw $" VALUE(BIOS_ROM_SEGMENT) ", $0xe05b\n"
"    .ascii \"01/01/26\"\n" // date of the BIOS
"    .byte 0\n"
"    .byte 0xfc\n" // model: AT
"    .byte 0\n"
"    .purgem irq\n"
"    .purgem service\n"
"    .purgem slave\n"
"    .code64\n"
"    .popsection\n"
);
// clang-format on
