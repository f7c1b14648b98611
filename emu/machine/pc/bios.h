// SPDX-License-Identifier: MIT
// What a PC's BIOS leaves in memory and in its chips for the program that it starts. There is none here: its interrupts serve the
// timer and the keyboard's line, and end the run where a program asks for a service.
//
//   0       interrupt vectors: 256 far pointers, all into the ROM
//   400     BIOS data area (IBM PS/2 and PC BIOS Interface Technical Reference, section 3)
//   9FC00   extended BIOS data area (EBDA), up to 9FFFF
//   F0000   ROM, of which FD000 to FFFFF are written (bios_rom.c)
#ifndef MACHINE_BIOS_H
#define MACHINE_BIOS_H

#include "bus/bus.h"

// Conventional memory ends here: the memory map, the data area and what is told to loaders follow it.
#define BIOS_EBDA 0x9FC00u

// Writes all of the above into the low 1 MiB of RAM. `disks`: how many hard disks the data area counts.
void bios_leave(u8 *ram, unsigned disks);

// Vectors 08h to 0Fh and 70h to 77h of the 8259 pair, the timer ticking 18.2 times a second, timer and keyboard not masked: what a
// boot sector finds. Other guests set these up themselves and find the chips as they are after a reset.
void bios_start_timer(struct bus *b);

// The vector whose service a processor waits for that is halted for good with this linear address in RIP; -1: in none.
int bios_service_at(gva_t rip);

#endif
