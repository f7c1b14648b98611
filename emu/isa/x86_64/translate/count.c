// SPDX-License-Identifier: MIT
// What translated code leaves to the interpreter, counted by rows of the instruction table when `count_handlers` asks: on the ways out, which
// are out of line, so that the code between them is what it is without.
#include "isa/x86_64/translate/translate.h"

struct x86_handler_counts {
    u64 n[LEFT_WAYS];
};

static unsigned rows_in_all(void) {
    unsigned n = 0;
    for (unsigned t = 0; x86_tables[t]; t++) n += x86_tables[t]->count;
    return n;
}

// The row's place among all; behind them that of what is no instruction.
static unsigned number_of(const struct insn *row) {
    unsigned before = 0;
    for (unsigned t = 0; x86_tables[t]; t++) {
        u64 at = (u64)((hva_t)row - (hva_t)x86_tables[t]->rows) / sizeof *row;
        if ((hva_t)row >= (hva_t)x86_tables[t]->rows && at < x86_tables[t]->count) return before + (unsigned)at;
        before += x86_tables[t]->count;
    }
    return before;
}

static const struct insn *row_at(unsigned n) {
    for (unsigned t = 0; x86_tables[t]; t++) {
        if (n < x86_tables[t]->count) return &x86_tables[t]->rows[n];
        n -= x86_tables[t]->count;
    }
    return NULL;
}

void x86_count_create(struct x86_cpu *c) {
    if (c->count_handlers) c->tr->counts = env_alloc(c->env, (rows_in_all() + 1) * sizeof *c->tr->counts);
}

void tx_count(struct tx *x, const struct insn *row, enum tx_left way) {
    if (!x->t->counts) return;
    asm_mov_imm(x->o, T0, (u64)(hva_t)&x->t->counts[number_of(row)].n[way]);
    asm_alu_mem_imm(x->o, 0, MEM_AT(T0, 0), 1);
}

static void tell(struct plat *p, const struct insn *row, const struct x86_handler_counts *k) {
    static const char map[][8] = {[MAP_1] = "",       [MAP_0F] = "0f ",       [MAP_0F38] = "0f38 ",  [MAP_0F3A] = "0f3a ",
                                  [MAP_V0F] = "v0f ", [MAP_V0F38] = "v0f38 ", [MAP_V0F3A] = "v0f3a "};
    static const char prefix[][8] = {[PFX_66] = "66 ", [PFX_F3] = "f3 ", [PFX_F2] = "f2 ", [PFX_NFX] = ""};
    char line[200], digit[8] = "";
    if (row && row->modrm & EXT(0)) plat_format(digit, sizeof digit, " /%u", row->modrm & 7u);
    char opcode[32] = "";
    if (row) plat_format(opcode, sizeof opcode, "%s%s%02x%s", prefix[row->prefix], map[row->map], row->opcode, digit);
    plat_format(line, sizeof line,
                "{\"softmetal\":\"handlers\",\"row\":\"%s\",\"opcode\":\"%s\",\"called\":%llu,\"ended\":%llu,\"missed\":%llu}",
                row ? row->name : "(none)", opcode, (unsigned long long)k->n[LEFT_CALLED], (unsigned long long)k->n[LEFT_ENDED],
                (unsigned long long)k->n[LEFT_MISSED]);
    p->record(p, line);
}

void x86_translator_tell_handlers(const struct x86_cpu *c, struct plat *p) {
    if (!c->tr || !c->tr->counts) return;
    for (unsigned n = 0; n <= rows_in_all(); n++) {
        const struct x86_handler_counts *k = &c->tr->counts[n];
        if (k->n[LEFT_CALLED] | k->n[LEFT_ENDED] | k->n[LEFT_MISSED]) tell(p, row_at(n), k);
    }
}
