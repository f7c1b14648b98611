// SPDX-License-Identifier: MIT
// Offsets from the kernel's own documents (boot-image-header.rst; zboot-header.S), written down a second time.
#include "images_riscv64.h"

#include "base/bits.h"
#include "base/le.h"

#include <stdlib.h>
#include <string.h>

struct world *world_new_tree(const struct loader_arch *arch, gpa_t ram) {
    struct world *w = calloc(1, sizeof *w);
    scripted_plat_init(&w->s);
    w->ram = calloc(1, WORLD_RAM);
    if (bus_add_ram(&w->bus, &w->s.plat, "ram", ram, WORLD_RAM, w->ram, false)) abort();
    w->map[0] = (struct e820_entry){ram, WORLD_RAM, E820_RAM};
    w->t = (struct load_target){
        .plat = &w->s.plat, .arch = arch, .bus = &w->bus, .e820 = w->map, .e820s = 1, .tree_room = VIRT_TREE};
    config_defaults(&w->c);
    return w;
}

struct world *world_new_riscv64(void) { return world_new_tree(&loader_riscv64, VIRT_RAM); }

void image_make(u8 image[static IMAGE_FILE_SIZE]) {
    for (unsigned i = 0; i < IMAGE_FILE_SIZE; i++) image[i] = (u8)(0x50 + i / 256);
    memset(image, 0, 64);
    memcpy(image, "MZ\x6f\x10", 4); // c.li s4, -13; j
    st64(image + 8, 0x200000);      // text_offset
    st64(image + 16, IMAGE_MEMORY); // image_size
    st32(image + 32, 2);            // version 0.2
    memcpy(image + 48, "RISCV", 5);
    memcpy(image + 56, "RSC\x05", 4);
    st32(image + 60, 0x40);
}

u64 zboot_make(u8 *file, u16 machine, const char *method, u64 size) {
    memset(file, 0, ZBOOT_HEADER);
    memcpy(file, "MZ\0\0zimg", 8);
    st32(file + 8, ZBOOT_HEADER), st32(file + 12, (u32)size);
    strncpy((char *)file + 24, method, 32);
    st32(file + 56, 0x818223cd); // LINUX_PE_MAGIC
    st32(file + 60, 0x40);
    memcpy(file + 0x40, "PE\0", 4);
    st16(file + 0x44, machine);
    return ZBOOT_HEADER + size;
}

void elf_make_riscv64(u8 image[static ELF_FILE_SIZE], u64 at, u64 high) {
    elf_make(image, true, at, high);
    st16(image + 18, 243);
}
