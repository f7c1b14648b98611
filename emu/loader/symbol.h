// SPDX-License-Identifier: MIT
// The symbol table of an ELF file (System V gABI 4.1, "Symbol Table").
#ifndef LOADER_SYMBOL_H
#define LOADER_SYMBOL_H

#include "loader/boot.h"

// Functions, and what has no type.
struct elf_symbol {
    const char *name; // in the file
    u64 value, size;  // size 0: nobody has said
    bool code;        // it is in a section that is executed
};
// Nothing happens when the file is no ELF or has no table; what of it is not whole is left out.
void elf_each_symbol(const struct span *file, void (*visit)(void *ctx, const struct elf_symbol *s), void *ctx);

// The value of the function (or other code) of this name. 0; ERR_NOT_FOUND: the file is no ELF, has no table, or none of that name; ERR_INVALID:
// several have it, at several places. Nothing is logged.
int elf_symbol(const struct span *file, const char *name, u64 *value);

#endif
