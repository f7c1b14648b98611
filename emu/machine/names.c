// SPDX-License-Identifier: MIT
#include "machine/names.h"

#include "base/bits.h"
#include "loader/elf.h"

#include <string.h>

static struct span file_of(const struct emu_machine *m) {
    const struct blob *b = m->inputs.symbols.data ? &m->inputs.symbols : &m->inputs.kernel;
    return (struct span){.name = b->name, .data = b->data, .size = b->size};
}

int names_open(struct emu_machine *m, const char *key, struct names *to) {
    const struct span file = file_of(m);
    size_t n = file.data && (m->inputs.symbols.data || elf_is(&file)) ? symbols_read(&file, NULL) : 0;
    if (!n && m->inputs.symbols.data) {
        log_error(
            m->plat,
            "symbols: %s has no names of code; right is an ELF file with a symbol table, System.map, or a copy of /proc/kallsyms",
            file.name);
        return ERR_INVALID;
    }
    if (!n) log_warn(m->plat, "%s: the kernel has no symbols: addresses are told; symbols = System.map would name them", key);
    struct symbol *symbol = n ? env_try_alloc(&m->own, n * sizeof *symbol) : NULL;
    *to = (struct names){symbol, symbol ? symbols_read(&file, symbol) : 0};
    return 0;
}

struct names_place names_find(const struct names *k, u64 pc) {
    const struct symbol *s = symbols_find(k->symbol, k->symbols, pc);
    return (struct names_place){s ? s->at : align_down(pc, PAGE_SIZE), s != NULL};
}

void names_say(const struct names *k, const struct names_place *p, char name[NAMES_TEXT]) {
    const struct symbol *s = p->named ? symbols_find(k->symbol, k->symbols, p->at) : NULL;
    if (!s) {
        plat_format(name, NAMES_TEXT, "0x%llx", (unsigned long long)p->at);
        return;
    }
    unsigned length = s->length < NAMES_TEXT - 1 ? s->length : NAMES_TEXT - 1;
    memcpy(name, s->name, length);
    name[length] = 0;
    for (char *at = name; *at; at++)
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '\\' || *at == ';') *at = '?';
}
