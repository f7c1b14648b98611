// SPDX-License-Identifier: MIT
// What struct registers holds, and the rows of Arm.
#include "base/le.h"
#include "isa/arm64/disasm.h"
#include "rig.h"

#define AT(name) offsetof(struct registers, name)

const struct register_group register_groups[] = {
    {"nzcv", NULL, AT(nzcv), 1, 1, ~(u64)0, DIFF_STATUS},
    {"fpsr", NULL, AT(fpsr), 1, 1, FPSR_BITS, DIFF_STATUS},
    {"fpcr", NULL, AT(fpcr), 1, 1, FPCR_BITS, DIFF_STATUS},
    {"sp", NULL, AT(sp), 1, 1, ~(u64)0, DIFF_X},
    {"x", NULL, AT(x), 31, 1, ~(u64)0, DIFF_X},
    {"v", NULL, AT(v), 32, 2, ~(u64)0, DIFF_V},
    {0},
};

bool is_operand(const struct encoding *e, const struct register_group *g, unsigned i) {
    const u32 *f = e->d.field.f;
    if (!e->row || (g->differs == DIFF_V && !(e->row->flags & ARM64_FP))) return false;
    return i == (f[AF_Rd] | f[AF_Rt]) || i == f[AF_Rn] || i == (f[AF_Rm] | f[AF_Rs]) || i == (f[AF_Ra] | f[AF_Rt2]);
}

static bool has_row(const struct arm64_model *model, const struct arm64_insn *row) {
    return model && arm64_has(model, row->feature);
}

// What `max` has besides is looked for beside the least model, so that all of it is held against QEMU's own `max`, too.
void collect_rows(enum source source) {
    const struct arm64_model *model = arm64_model_find(source == ADDED ? "max" : "");
    const struct arm64_model *without = source == ADDED ? arm64_model_find("armv8.0") : NULL;
    for (const struct arm64_table *const *t = arm64_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++)
            if (has_row(model, &(*t)->rows[i]) && !has_row(without, &(*t)->rows[i])) add_row(&(*t)->rows[i]);
}

unsigned insn_bytes(const u8 *code) { return 4; }

unsigned disassemble(const struct arm64_index *ix, const u8 *code, unsigned have, u64 pc, char *text, size_t room) {
    arm64_disasm(ix, ld32(code), pc, text, room);
    return 4;
}

u32 text_word(const struct arm64_insn *row, u32 word, struct rng *g) { return word; }
