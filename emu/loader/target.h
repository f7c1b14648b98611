// SPDX-License-Identifier: MIT
// The only way for a loader into guest RAM: every range is checked against the memory map and against all ranges taken
// before. Errors are logged with the range asked for and the ranges there are.
#ifndef LOADER_TARGET_H
#define LOADER_TARGET_H

#include "loader/boot.h"
#include "loader/image.h"

// Takes [at, at + size) for `name`. 0; ERR_INVALID (the range wraps around), ERR_RANGE (not all of it is RAM),
// ERR_OVERLAP, ERR_NO_MEMORY (too many claims). Nothing happens for size 0.
int target_claim(struct load_target *t, const char *name, gpa_t at, u64 size);

// Claims memory_size bytes and copies `size` (at most that) bytes to their start; the rest stays zero.
int target_load(struct load_target *t, const char *name, gpa_t at, const void *bytes, u64 size, u64 memory_size);

// All of [at, at + size), which does not wrap around, is RAM that nobody has taken.
bool target_is_free(const struct load_target *t, gpa_t at, u64 size);

// Finds and claims free RAM within [lowest, last], aligned (a power of two): the lowest place there is, or the highest
// with `high`. 0 and *at, or ERR_NO_MEMORY.
struct target_want {
    const char *name;
    u64 size, align;
    gpa_t lowest, last;
    bool high;
};
int target_find(struct load_target *t, const struct target_want *want, gpa_t *at);

// Like target_find, with `size` bytes copied in.
int target_place(struct load_target *t, const struct target_want *want, const void *bytes, u64 size, gpa_t *at);

// Like target_place, for what a guest is told about itself: anywhere from TARGET_LOW to TARGET_LAST32, lowest first.
int target_tell(struct load_target *t, const char *name, const void *bytes, u64 size, u64 align, gpa_t *at);

// The guest's initrds, one after the other, each 4-byte aligned, where `want` (its size is filled in) says.
int target_place_initrds(struct load_target *t, const struct boot *b, struct target_want want, gpa_t *at);

// Where the loaders keep what they tell a guest (boot parameters, page tables, command lines): from 64 KiB, which no
// BIOS data area or trampoline uses, upwards.
#define TARGET_LOW ((gpa_t)0x10000)
// What a 32-bit guest can address.
#define TARGET_LAST32 ((gpa_t)0xffffffff)

// The lowest address of RAM, one past the highest, and the bytes from one to the other: what the board has, with its holes.
gpa_t target_ram_start(const struct load_target *t);
gpa_t target_ram_end(const struct load_target *t);
static inline u64 target_ram_size(const struct load_target *t) { return target_ram_end(t) - target_ram_start(t); }

// Bytes the loaders have checked and own: writes into a claimed range. Panics when it is not RAM (our bug).
void target_write(struct load_target *t, gpa_t at, const void *bytes, u64 size);

// The RAM of a claimed range, or of what the board keeps there. NULL in a dry run: nothing is read or written.
u8 *target_ram(const struct load_target *t, gpa_t at, u64 size);

#endif
