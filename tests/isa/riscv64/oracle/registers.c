// SPDX-License-Identifier: MIT
// What struct registers holds, and the rows of RISC-V.
#include "isa/riscv64/disasm.h"
#include "rig.h"

#include <string.h>

static const char *x_name(unsigned i) { return rv_x_name(i + 1); }

const struct register_group register_groups[] = {
    {"fcsr", NULL, offsetof(struct registers, fcsr), 1, 1, ~(u64)0, DIFF_STATUS},
    {"x", x_name, offsetof(struct registers, x), 31, 1, ~(u64)0, DIFF_X},
    {"f", rv_f_name, offsetof(struct registers, f), 32, 1, ~(u64)0, DIFF_V},
    {0},
};

bool is_operand(const struct encoding *e, const struct register_group *g, unsigned i) {
    unsigned r = g->differs == DIFF_X ? i + 1 : i;
    if (g->differs == DIFF_V && (!e->row || !strchr(e->row->operands, 'f'))) return false;
    return r && (r == e->d.uop.base || r == e->d.uop.b || r == e->d.uop.index || r == e->d.field.rd);
}

// The usual model is the largest.
void collect_rows(enum source source) {
    if (source == ADDED) return;
    for (const struct rv_table *const *t = rv_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) add_row(&(*t)->rows[i]);
}

bool has_memory(const struct rv_insn *row) { return strchr(row->operands, '(') && !strstr(row->name, "jalr"); }
bool has_label(const struct rv_insn *row) { return strstr(row->operands, "target"); }

unsigned insn_bytes(const u8 *code) { return (*code & 3) == 3 ? 4 : 2; }

unsigned disassemble(const struct rv_index *ix, const u8 *code, unsigned have, u64 pc, char *text, size_t room) {
    return rv_disasm(ix, code, have, pc, text, room);
}
