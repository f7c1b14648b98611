// SPDX-License-Identifier: MIT
// Free physical memory as boot/ram.c shares it out: arithmetic on ranges, nothing is claimed here.
#ifndef BOOT_RANGES_H
#define BOOT_RANGES_H

#include "boot/handoff.h"

#define RANGES_ALIGN (2 * MiB) // of guest RAM

struct ranges {
    struct phys_range r[128];
    unsigned n;
};

// Conventional memory above 1 MiB from a UEFI memory map (UEFI 2.10, 7.2.3) of `size` bytes, `stride` from one
// descriptor to the next. Neighbours are joined; in the order of the map (ascending on any sane firmware). What cannot
// be memory is left out: no range wraps or reaches into the kernel's windows.
void ranges_read(struct ranges *f, const u8 *map, u64 size, u64 stride);
// All RAM that such a map tells of, whoever uses it: what is built in, nearly.
u64 ranges_installed(const u8 *map, u64 size, u64 stride);
// How much RAM a PC has to have, at a guess that is rather too high, for `missing` bytes more than one of `installed`
// bytes has in one range.
u64 ranges_would_do(u64 installed, u64 missing, u64 size);
u64 ranges_total(const struct ranges *f);
struct phys_range *ranges_largest(struct ranges *f); // NULL: there is none
// The smallest range of at least `size` bytes, or NULL.
struct phys_range *ranges_best_fit(struct ranges *f, u64 size);
// Cuts ranges to whole 2 MiB pages; what is smaller falls away, and counts for what the firmware keeps to work with.
void ranges_keep_large(struct ranges *f);
// As if no range were larger than `most` bytes, a multiple of 2 MiB: for tests.
void ranges_cut(struct ranges *f, u64 most);

#endif
