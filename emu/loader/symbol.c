// SPDX-License-Identifier: MIT
#include "loader/symbol.h"

#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"
#include "loader/elf.h"

#include <string.h>

enum { SHT_SYMTAB = 2, STT_NOTYPE = 0, STT_FUNC = 2, SHN_UNDEF = 0 };

struct section {
    u32 type, link;
    u64 offset, size;
};

static struct section section(const struct elf *e, const struct elf_sections *all, unsigned i) {
    const u8 *h = all->headers + (u64)i * all->size;
    if (e->is64) return (struct section){.type = ld32(h + 4), .offset = ld64(h + 24), .size = ld64(h + 32), .link = ld32(h + 40)};
    return (struct section){.type = ld32(h + 4), .offset = ld32(h + 16), .size = ld32(h + 20), .link = ld32(h + 24)};
}

static bool inside(const struct elf *e, const struct section *s) { return range_inside(s->offset, s->size, e->file.size); }

// The name at `at` in the table of strings is `name`, NUL and all.
static bool is_named(const struct elf *e, const struct section *strings, u64 at, const char *name) {
    size_t n = strlen(name) + 1;
    return range_inside(at, n, strings->size) && !memcmp(e->file.data + strings->offset + at, name, n);
}

static int find_in(const struct elf *e, const struct section *table, const struct section *strings, const char *name, u64 *value,
                   bool *found) {
    unsigned size = e->is64 ? 24 : 16;
    for (u64 at = 0; at + size <= table->size; at += size) {
        const u8 *s = e->file.data + table->offset + at;
        unsigned type = (e->is64 ? s[4] : s[12]) & 15, in = ld16(s + (e->is64 ? 6 : 14));
        if ((type != STT_FUNC && type != STT_NOTYPE) || in == SHN_UNDEF || !is_named(e, strings, ld32(s), name)) continue;
        u64 is = e->is64 ? ld64(s + 8) : ld32(s + 4);
        if (*found && is != *value) return ERR_INVALID;
        *found = true;
        *value = is;
    }
    return 0;
}

int elf_symbol(const struct span *file, const char *name, u64 *value) {
    if (!elf_is(file) || file->size < 64) return ERR_NOT_FOUND;
    struct elf e = {.file = *file, .is64 = file->data[4] == 2};
    struct elf_sections all;
    bool found = false;
    if (!elf_sections(&e, &all)) return ERR_NOT_FOUND;
    for (unsigned i = 0; i < all.count; i++) {
        struct section table = section(&e, &all, i);
        if (table.type != SHT_SYMTAB || !inside(&e, &table) || table.link >= all.count) continue;
        struct section strings = section(&e, &all, table.link);
        int err = inside(&e, &strings) ? find_in(&e, &table, &strings, name, value, &found) : 0;
        if (err) return err;
    }
    return found ? 0 : ERR_NOT_FOUND;
}
