// SPDX-License-Identifier: MIT
// Words to uops, by the rows of the instruction tables.
#include "cpu/mark.h"
#include "isa/arm64/insn.h"
#include "isa/arm64/sysreg.h"

#define MAX_ROWS 4096
#define MAX_PLACES 60000

// Rows lie in buckets by the bits in which they differ most: 31..21.
enum { KEY_LOW = 21, KEYS = 1 << (32 - KEY_LOW) };

struct arm64_index {
    struct {
        const struct arm64_insn *insn;
        struct arm64_pattern pattern;
        struct arm64_operands operands;
    } row[MAX_ROWS];
    u16 place[MAX_PLACES]; // rows of bucket k, in table order: place[start[k]] .. place[start[k + 1] - 1]
    u16 start[KEYS + 1];
    const u8 *sysregs;
    unsigned rows, places;
};

static void add_row(struct arm64_index *ix, struct env *env, const struct arm64_insn *in) {
    if (ix->rows == MAX_ROWS) env->plat->panic(env->plat, "arm64_index: MAX_ROWS is too small");
    if (!arm64_pattern_parse(in->bits, &ix->row[ix->rows].pattern) || !arm64_operands_parse(in, &ix->row[ix->rows].operands))
        env->plat->panic(env->plat, in->name);
    ix->row[ix->rows++].insn = in;
}

static void fill_bucket(struct arm64_index *ix, struct env *env, unsigned key) {
    ix->start[key] = (u16)ix->places;
    for (unsigned i = 0; i < ix->rows; i++) {
        const struct arm64_pattern *p = &ix->row[i].pattern;
        if ((key ^ p->match >> KEY_LOW) & p->mask >> KEY_LOW) continue;
        if (ix->places == MAX_PLACES) env->plat->panic(env->plat, "arm64_index: MAX_PLACES is too small");
        ix->place[ix->places++] = (u16)i;
    }
}

struct arm64_index *arm64_index_create(struct env *env, const struct arm64_model *model, const u8 *sysregs) {
    struct arm64_index *ix = env_alloc(env, sizeof *ix);
    ix->sysregs = sysregs;
    for (const struct arm64_table *const *t = arm64_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++)
            if (arm64_has(model, (*t)->rows[i].feature)) add_row(ix, env, &(*t)->rows[i]);
    for (unsigned key = 0; key < KEYS; key++) fill_bucket(ix, env, key);
    ix->start[KEYS] = (u16)ix->places;
    return ix;
}

// The row that covers the word, d->field and d->uop's operands as it says; -1: none.
static int find_row(const struct arm64_index *ix, u32 word, struct arm64_decoded *d) {
    unsigned key = word >> KEY_LOW;
    for (unsigned i = ix->start[key]; i < ix->start[key + 1]; i++) {
        unsigned r = ix->place[i];
        if ((word & ix->row[r].pattern.mask) != ix->row[r].pattern.match) continue;
        struct uop u = d->uop;
        u.imm = (i64)word;
        arm64_pattern_fields(&ix->row[r].pattern, word, &d->field);
        if (!arm64_operands_put(&ix->row[r].operands, &d->field, &u)) continue;
        d->uop = u;
        return (int)r;
    }
    return -1;
}

void arm64_decode(const struct arm64_index *ix, u64 mode, u32 word, unsigned at, struct arm64_decoded *d) {
    *d = (struct arm64_decoded){.word = word, .ends = true};
    d->uop = (struct uop){.fn = arm64_op_undefined, .off = (u16)at};
    int r = find_row(ix, word, d);
    if (r < 0) return;
    const struct arm64_insn *in = d->insn = ix->row[r].insn;
    struct uop *u = &d->uop;
    if (in->flags & ARM64_FP && mode & ARM64_MODE_FP_OFF) {
        u->fn = arm64_op_fp_trapped;
        return;
    }
    u->fn = in->op;
    // A mark: UBFM of 64 bits to XZR.
    if (unlikely((word & 0xffc0001f) == 0xd340001f) && mark_of_imm(word >> 10 & 0xfff)) {
        u->fn = arm64_op_mark;
        u->imm = (i64)(word >> 10 & 0xfff);
        d->ends = true;
        return;
    }
    if (in->any && mode & ARM64_MODE_ALIGNED) u->fn = in->any;
    else if (in->sp && u->base == ARM64_SP) u->fn = in->sp;
    d->ends = in->flags & ARM64_ENDS;
    if (in->flags & ARM64_SYS) d->ends = arm64_sysreg_decode(ix->sysregs, in, mode, u);
}
