// SPDX-License-Identifier: MIT
// Names of the guest's code, for what is told by function: of `symbols`, or else of a kernel that is an ELF file.
#ifndef MACHINE_NAMES_H
#define MACHINE_NAMES_H

#include "loader/symbols.h"
#include "machine/machine.h"

#define NAMES_TEXT 100 // of a function, with a NUL; longer ones are cut

struct names {
    const struct symbol *symbol;
    size_t symbols;
};

// A function, or of code without a name its page.
struct names_place {
    u64 at; // its first byte
    bool named;
};

// They belong to m->own; without any (a warning, with the key that asks) all code is told by page. 0; ERR_INVALID (logged): `symbols` has none.
int names_open(struct emu_machine *m, const char *key, struct names *to);
struct names_place names_find(const struct names *k, u64 pc);
static inline bool names_same(const struct names_place *a, const struct names_place *b) {
    return a->at == b->at && a->named == b->named;
}
// Fit for JSON, and for lines with blanks and semicolons between names.
void names_say(const struct names *k, const struct names_place *p, char name[NAMES_TEXT]);

#endif
