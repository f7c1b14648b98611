// SPDX-License-Identifier: MIT
// Firmware of a PC that is a file (SeaBIOS): where it lies, what of it is shadowed by RAM, and what it is told of the board.
//
//   C0000      ones, or RAM   ) 16 KiB each, and 64 KiB from F0000: for each the host bridge's PAM registers say whether reads
//   E0000      ROM, or RAM    ) find RAM, and whether writes do
//   FFxx0000   ROM: the whole file, its last byte at FFFFFFFF. The processor starts at FFFFFFF0
//
// UEFI firmware keeps variables in the first of its firmware volumes. With an `nvram` that volume is flash, whose bytes are the nvram's.
#ifndef MACHINE_PC_FIRMWARE_H
#define MACHINE_PC_FIRMWARE_H

#include "dev/i440fx.h"
#include "machine/acpi/acpi.h"
#include "machine/machine.h"

struct pc_firmware;

// Whether a PC could start from this file, with an nvram of this name and so many bytes (0: none). ERR_INVALID (logged).
int pc_firmware_check(struct plat *p, const struct blob *file, const char *nvram, u64 nvram_size);
// Puts the ROM on the bus, below 1 MiB too, where `ram` (from address 0 on) shadows it, and m->nvram, if there is one. NULL: it did not fit, or the nvram
// cannot be read (logged).
struct pc_firmware *pc_firmware_create(struct emu_machine *m, const struct blob *file, u8 *ram);
bool pc_firmware_keeps_variables(const struct blob *file); // so UEFI firmware does
// From now on the bridge's PAM registers say what is shadowed.
void pc_firmware_obey(struct pc_firmware *f, struct i440fx *host);

// What fw_cfg tells.
struct pc_told_firmware {
    u64 low_ram, high_ram;
    const struct acpi_board *acpi;
    unsigned isa_slot, disk_slot; // the IDE function's slot; the first disk's
    const struct blob *vga_bios;  // data NULL: there is no screen, and text is shown and keys are taken on COM1
};

struct fw_cfg *pc_fw_cfg_create(struct emu_machine *m, const struct pc_told_firmware *t);

#endif
