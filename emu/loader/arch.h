// SPDX-License-Identifier: MIT
// What the loader's room of an architecture offers to the rest of the loader, which names none. emu/machine has the table of them.
#ifndef LOADER_ARCH_H
#define LOADER_ARCH_H

#include "emu/config.h"
#include "loader/boot.h"

struct load_target;
struct image;

struct loader_arch {
    enum config_arch arch;
    const char *name; // as `arch =` has it
    // Boot menus: the kernel that GRUB's `linux` and the others' LINUX may start.
    bool (*is_linux)(const struct span *kernel);
    const char *linux_name;               // "bzImage"
    const char *grub_cpu, *grub_platform; // GRUB's variables of these names
    bool isolinux, loader_entries;        // menus that there are besides GRUB's
    const char *efi_loader;               // the file in EFI/BOOT that UEFI starts by itself (UEFI 2.10, 3.5.1.1)
    u16 pe_machine;                       // of an EFI zboot kernel (zboot.h); 0: there is no such thing
    // The file is for this architecture and no other. It is as it was given: packed ones are not known.
    bool (*knows)(const struct span *kernel);
    // Loads b, whose kernel has been unpacked: see loader_load. May change its command line and modules.
    int (*load)(struct load_target *t, const struct emu_config *c, struct boot *b, struct image *out);
    // See loader_top. p is silent.
    gpa_t (*top)(const struct boot *b, gpa_t ram, const struct emu_config *c, struct plat *p);
};

#endif
