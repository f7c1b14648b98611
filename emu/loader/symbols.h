// SPDX-License-Identifier: MIT
// Names of code by address: of an ELF file's symbol table, or of a text as Linux writes it, System.map and /proc/kallsyms ("ADDRESS TYPE NAME").
#ifndef LOADER_SYMBOLS_H
#define LOADER_SYMBOLS_H

#include "loader/boot.h"

struct symbol {
    u64 at, size;     // size 0: up to the next one
    const char *name; // in the file
    u32 length;
};

// How many symbols of code the file has; with room for so many at `to`, they are there, by address. 0: it has none, or is neither.
size_t symbols_read(const struct span *file, struct symbol *to);
// The one that `at` is in; NULL: none.
const struct symbol *symbols_find(const struct symbol *s, size_t n, u64 at);

#endif
