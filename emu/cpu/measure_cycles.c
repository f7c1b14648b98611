// SPDX-License-Identifier: MIT
#include "cpu/measure_parts.h"

// One counter for each number below 1 << 7, and for larger ones 1 << 7 for each power of two: a quantile is told no further than the 128th
// part of itself from what it is.

static unsigned cell_of(u64 cycles) {
    if (cycles < MEASURE_CELLS) return (unsigned)cycles;
    unsigned shift = 63 - (unsigned)__builtin_clzll(cycles) - MEASURE_CELL_BITS;
    return MEASURE_CELLS * (shift + 1) + (unsigned)(cycles >> shift) - MEASURE_CELLS;
}

static u64 least_of_cell(unsigned cell) {
    if (cell < MEASURE_CELLS) return cell;
    unsigned shift = cell / MEASURE_CELLS - 1;
    return (u64)(cell % MEASURE_CELLS + MEASURE_CELLS) << shift;
}

void measure_note_cycles(struct measure_cycles *y, u64 cycles) {
    if (!y->visits || cycles < y->least) y->least = cycles;
    if (cycles > y->most) y->most = cycles;
    y->sum += cycles;
    y->visits++;
    y->cell[cell_of(cycles)]++;
}

u64 measure_quantile(const struct measure_cycles *y, unsigned percent) {
    u64 before = 0, rank = y->visits ? (y->visits - 1) * percent / 100 : 0;
    unsigned i = 0;
    while (i < countof(y->cell) - 1 && before + y->cell[i] <= rank) before += y->cell[i++];
    u64 at = least_of_cell(i);
    return at < y->least ? y->least : at > y->most ? y->most : at;
}
