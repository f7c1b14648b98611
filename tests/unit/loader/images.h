// SPDX-License-Identifier: MIT
// Guest images built in memory for tests, and a small machine to load them into.
#ifndef TESTS_IMAGES_H
#define TESTS_IMAGES_H

#include "loader/image.h"
#include "loader/x86/load.h"
#include "loader/x86/start.h"
#include "scripted_plat.h"

#define WORLD_RAM (64 * MiB)
#define WORLD_HIGH ((gpa_t)0x80000000)
#define WORLD_HIGH_SIZE (4 * MiB)

// RAM 0..0x9fbff, 0x100000..0x3ffffff, and 4 MiB at 0x80000000.
struct world {
    struct scripted_plat s;
    struct bus bus;
    u8 *ram, *high;
    struct e820_entry map[4];
    struct load_target t;
    struct emu_config c;
    struct emu_inputs in;
    struct image image;
};

struct world *world_new(void);
void world_free(struct world *w);
// What guest RAM holds at `at`.
u8 *world_at(struct world *w, gpa_t at);
int world_load(struct world *w);
// What loader_top says of what is to be loaded.
gpa_t world_top(struct world *w);
// For fuzzers: as new, but cheaply; checks that the last load's claims did not overlap and were said to be RAM.
void world_again(struct world *w);
// The page tables at cr3 map [at, at + size) one to one, present and writable.
bool world_identity(struct world *w, gpa_t cr3, gpa_t at, u64 size);

#define BZIMAGE_SIZE 0x1800
#define BZIMAGE_SETUP 0x600 // where the protected-mode part starts: 2 setup sectors
#define BZIMAGE_PREFERRED 0x1000000
#define BZIMAGE_INIT_SIZE 0x20000
// A 64-bit bzImage of boot protocol 2.15; its protected-mode part is filled with 0xc0 + offset / 256.
void bzimage_make(u8 image[static BZIMAGE_SIZE]);

#define ELF_FILE_SIZE 0x400
#define ELF_CODE 0x200 // file offset of what its first segment holds
// Two PT_LOADs: 0x100 bytes at `at` (virtual: at + high) and 0x80 file bytes in 0x1000 at at + 0x2000. Entry at + 0x10,
// virtual. Program headers at 64 (or 52), room for a third.
void elf_make(u8 image[static ELF_FILE_SIZE], bool is64, u64 at, u64 high);
u8 *elf_header(u8 *image, unsigned i); // program header i

// An ISO 9660 image with the given kinds of names.
struct iso_file {
    const char *path; // "/a/b"; folders are made as needed
    const void *data;
    size_t size; // 0: data is a text
};
// Other sizes, with Rock Ridge: data is the target of a symbolic link; data is the path where this folder has been moved to.
#define ISO_LINK ((size_t)-1)
#define ISO_MOVED ((size_t)-2)
enum { ISO_ROCK_RIDGE = 1, ISO_JOLIET = 2 };
struct iso_image {
    u8 *data;
    size_t size;
};
struct iso_image iso_make(const struct iso_file *files, unsigned count, unsigned kinds);
// The directory record of a path in the plain (or Rock Ridge) tree; NULL when there is none.
u8 *iso_record(struct iso_image *iso, const char *path);

#endif
