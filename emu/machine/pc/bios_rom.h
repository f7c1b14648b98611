// SPDX-License-Identifier: MIT
// The ROM's map, as offsets in segment F000 (bios_rom.c).
#ifndef MACHINE_BIOS_ROM_H
#define MACHINE_BIOS_ROM_H

#include "base/types.h"

#define BIOS_ROM_SEGMENT 0xF000
#define BIOS_ROM_FIRST 0xD000 // first byte of bios_rom
#define BIOS_ROM_SIZE 0x3000

#define BIOS_STUBS 0xD000 // of vector n: at BIOS_STUBS + n * BIOS_STUB_SIZE: CLI, HLT, and a jump back to HLT
#define BIOS_STUB_SIZE 4
#define BIOS_IRQS 0xD400 // of interrupt request n, 0 to 15: at BIOS_IRQS + n * BIOS_IRQ_SIZE
#define BIOS_IRQ_SIZE 32
#define BIOS_IRET 0xD600 // an IRET

extern const u8 bios_rom[BIOS_ROM_SIZE] __attribute__((visibility("hidden")));

#endif
