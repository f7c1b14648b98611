// SPDX-License-Identifier: MIT
// Descriptor:  0 type (4)   8 physical start (8)   16 virtual start (8)   24 pages (8)   32 attributes (8)
#include "boot/ranges.h"
#include "base/bits.h"
#include "base/le.h"
#include "kernel/layout.h"

enum { TYPE = 0, START = 8, PAGES = 24, DESCRIPTOR = 40, CONVENTIONAL = 7, PAGE = 4096 };
enum : u64 { LOW_MEMORY = 1 * MiB, FIRMWARE_RESERVE = 8 * MiB };

static void add(struct ranges *f, u64 start, u64 size) {
    struct phys_range *last = f->n ? &f->r[f->n - 1] : NULL;
    if (last && last->start + last->size == start) last->size += size;
    else if (size && f->n < countof(f->r)) f->r[f->n++] = (struct phys_range){start, size};
}

void ranges_read(struct ranges *f, const u8 *map, u64 size, u64 stride) {
    f->n = 0;
    if (stride < DESCRIPTOR) return;
    for (u64 left = size; left >= stride; left -= stride, map += stride) {
        u64 start = ld64(map + START), pages = ld64(map + PAGES);
        if (ld32(map + TYPE) != CONVENTIONAL || start % PAGE || start >= GUEST_WINDOW) continue;
        u64 room = (GUEST_WINDOW - start) / PAGE, end = start + (pages < room ? pages : room) * PAGE;
        if (start < LOW_MEMORY) start = LOW_MEMORY;
        if (end > start) add(f, start, end - start);
    }
}

// RAM of all kinds (UEFI 2.10, table 7.6): loader and boot services 1 to 4, runtime services 5 and 6, conventional 7,
// ACPI 9 and 10, persistent 14.
u64 ranges_installed(const u8 *map, u64 size, u64 stride) {
    static const u32 ram = 0x46fe;
    u64 sum = 0;
    if (stride < DESCRIPTOR) return 0;
    for (u64 left = size; left >= stride; left -= stride, map += stride) {
        u32 type = ld32(map + TYPE);
        u64 pages = ld64(map + PAGES);
        if (type < 32 && ram >> type & 1 && pages <= (GUEST_WINDOW - sum) / PAGE) sum += pages * PAGE;
    }
    return sum;
}

// A PC that has more than 2 GiB has it in two pieces: up to 3.5 GiB below the devices' addresses, the rest from 4 GiB
// on. The first then counts for nothing.
u64 ranges_would_do(u64 installed, u64 missing, u64 size) {
    u64 one_piece = align_up(installed + missing, 256 * MiB);
    return one_piece <= 2 * GiB ? one_piece : align_up(3 * GiB + 512 * MiB + size, 2 * GiB);
}

u64 ranges_total(const struct ranges *f) {
    u64 sum = 0;
    for (unsigned i = 0; i < f->n; i++) sum += f->r[i].size;
    return sum;
}

struct phys_range *ranges_largest(struct ranges *f) {
    struct phys_range *best = NULL;
    for (unsigned i = 0; i < f->n; i++)
        if (!best || f->r[i].size > best->size) best = &f->r[i];
    return best;
}

struct phys_range *ranges_best_fit(struct ranges *f, u64 size) {
    struct phys_range *best = NULL;
    for (unsigned i = 0; i < f->n; i++)
        if (f->r[i].size >= size && (!best || f->r[i].size < best->size)) best = &f->r[i];
    return best;
}

void ranges_keep_large(struct ranges *f) {
    u64 all = ranges_total(f);
    unsigned n = 0;
    for (unsigned i = 0; i < f->n; i++) {
        u64 start = align_up(f->r[i].start, RANGES_ALIGN), end = align_down(f->r[i].start + f->r[i].size, RANGES_ALIGN);
        if (end > start) f->r[n++] = (struct phys_range){start, end - start};
    }
    f->n = n;
    struct phys_range *most = ranges_largest(f);
    if (most && all - ranges_total(f) < FIRMWARE_RESERVE && most->size > FIRMWARE_RESERVE) most->size -= FIRMWARE_RESERVE;
}

void ranges_cut(struct ranges *f, u64 most) {
    struct ranges cut = {.n = 0};
    u64 step = most + RANGES_ALIGN; // a hole after each piece; downwards, so that order is no help either
    for (unsigned i = 0; i < f->n; i++)
        for (u64 at = f->r[i].size / step * step; at && cut.n < HANDOFF_RANGES; at -= step)
            cut.r[cut.n++] = (struct phys_range){f->r[i].start + at - step, most};
    if (cut.n) *f = cut;
}
