// SPDX-License-Identifier: MIT
#include "loader/symbol.h"

#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"
#include "loader/elf.h"

#include <string.h>

enum { SHT_SYMTAB = 2, STT_NOTYPE = 0, STT_FUNC = 2, SHN_UNDEF = 0, SHF_EXECINSTR = 4 };

struct section {
    u32 type, link;
    u64 flags, offset, size;
};

static struct section section(const struct elf *e, const struct elf_sections *all, unsigned i) {
    const u8 *h = all->headers + (u64)i * all->size;
    if (e->is64)
        return (struct section){
            .type = ld32(h + 4), .flags = ld64(h + 8), .offset = ld64(h + 24), .size = ld64(h + 32), .link = ld32(h + 40)};
    return (struct section){
        .type = ld32(h + 4), .flags = ld32(h + 8), .offset = ld32(h + 16), .size = ld32(h + 20), .link = ld32(h + 24)};
}

static bool inside(const struct elf *e, const struct section *s) { return range_inside(s->offset, s->size, e->file.size); }

// The name at `at` in the table of strings; NULL: it does not end there.
static const char *name_at(const struct elf *e, const struct section *strings, u64 at) {
    const char *name = (const char *)e->file.data + strings->offset + at;
    return at < strings->size && memchr(name, 0, strings->size - at) ? name : NULL;
}

static bool executes(const struct elf *e, const struct elf_sections *all, unsigned i) {
    return i < all->count && section(e, all, i).flags & SHF_EXECINSTR;
}

static void each_in(const struct elf *e, const struct elf_sections *all, const struct section *table,
                    const struct section *strings, void (*visit)(void *ctx, const struct elf_symbol *s), void *ctx) {
    unsigned size = e->is64 ? 24 : 16;
    for (u64 at = 0; at + size <= table->size; at += size) {
        const u8 *s = e->file.data + table->offset + at;
        unsigned type = (e->is64 ? s[4] : s[12]) & 15, in = ld16(s + (e->is64 ? 6 : 14));
        if ((type != STT_FUNC && type != STT_NOTYPE) || in == SHN_UNDEF) continue;
        struct elf_symbol is = {.name = name_at(e, strings, ld32(s)),
                                .value = e->is64 ? ld64(s + 8) : ld32(s + 4),
                                .size = e->is64 ? ld64(s + 16) : ld32(s + 8),
                                .code = executes(e, all, in)};
        if (is.name) visit(ctx, &is);
    }
}

void elf_each_symbol(const struct span *file, void (*visit)(void *ctx, const struct elf_symbol *s), void *ctx) {
    if (!elf_is(file) || file->size < 64) return;
    struct elf e = {.file = *file, .is64 = file->data[4] == 2};
    struct elf_sections all;
    if (!elf_sections(&e, &all)) return;
    for (unsigned i = 0; i < all.count; i++) {
        struct section table = section(&e, &all, i);
        if (table.type != SHT_SYMTAB || !inside(&e, &table) || table.link >= all.count) continue;
        struct section strings = section(&e, &all, table.link);
        if (inside(&e, &strings)) each_in(&e, &all, &table, &strings, visit, ctx);
    }
}

struct search {
    const char *name;
    u64 value;
    int result;
};

static void match(void *ctx, const struct elf_symbol *s) {
    struct search *f = ctx;
    if (f->result == ERR_INVALID || strcmp(s->name, f->name) != 0) return;
    if (!f->result && f->value != s->value) f->result = ERR_INVALID;
    else f->result = 0, f->value = s->value;
}

int elf_symbol(const struct span *file, const char *name, u64 *value) {
    struct search f = {.name = name, .result = ERR_NOT_FOUND};
    elf_each_symbol(file, match, &f);
    if (!f.result) *value = f.value;
    return f.result;
}
