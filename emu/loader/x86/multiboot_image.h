// SPDX-License-Identifier: MIT
// What both versions of Multiboot have in common: an image that says itself where it goes, modules, the amount of memory, and an
// ELF's sections.
#ifndef LOADER_X86_MULTIBOOT_IMAGE_H
#define LOADER_X86_MULTIBOOT_IMAGE_H

#include "loader/boot.h"
#include "loader/target.h"

// Logs "FILE: Multiboot: WHAT is IS; right is RIGHT" and returns e.
int multiboot_refuse(struct plat *p, const struct span *f, int e, const char *what, u64 is, const char *right);

// The address fields of a header that lies `at` in the file: of version 1 its third to seventh, of version 2 a tag.
struct multiboot_addresses {
    u64 at;
    u64 header, load, load_end, bss_end, entry;
};

// Which bytes of the file they load, and how much memory these take.
struct multiboot_extent {
    u64 offset, size, memory;
};
// ERR_CORRUPT or ERR_TRUNCATED, logged.
int multiboot_extent(struct plat *p, const struct span *f, const struct multiboot_addresses *a, struct multiboot_extent *x);
// One past the highest address they want.
gpa_t multiboot_addresses_top(const struct span *f, const struct multiboot_addresses *a);

// Where the modules went.
struct multiboot_place {
    u32 start, end; // end: one past the last byte
};
// Unpacks those that gzip packed. What target_place says, or gzip_size.
int multiboot_place_modules(struct load_target *t, const struct boot *b, struct multiboot_place place[static BOOT_MODULES]);

// KiB of RAM from 0 (at most 640) and from 1 MiB on, each up to the first hole.
struct multiboot_memory {
    u32 lower, upper;
};
struct multiboot_memory multiboot_memory(const struct load_target *t);

// An ELF's section headers with the contents of those sections that no segment has brought into memory (symbols, strings)
// behind them, whose addresses are filled in. `place` takes `size` bytes for them and says where; count 0: it has none.
struct multiboot_sections {
    unsigned count, size, names; // headers, bytes of each, the one with the names
    gpa_t at;
};
int multiboot_place_sections(struct load_target *t, const struct span *f, struct multiboot_sections *out);

#endif
