// SPDX-License-Identifier: MIT
// Bytes to uop, by the rows of the instruction tables.
#include "base/le.h"
#include "cpu/mark.h"
#include "isa/riscv64/insn.h"

#define MAX_ROWS 512
#define MAX_PLACES 2048

// Rows lie in buckets by the bits in which they differ most: the major opcode and funct3.
//
//   32 bits   14:12 funct3   6:2 opcode   1:0 = 11        key 0..255
//   16 bits   15:13 funct3   1:0 op = 00, 01, 10          key 256..279
enum { KEYS_16 = 256, KEYS = KEYS_16 + 24 };
#define KEY_MASK_32 0x707fu
#define KEY_MASK_16 0xe003u

struct rv_index {
    struct {
        const struct rv_insn *insn; // with the handler and the flags of the row that it is short for
        struct rv_pattern pattern;
        bool f_rd, memory;
        op_fn *op;
        u16 flags;
        struct rv_fuse fuse;
    } row[MAX_ROWS];
    u16 place[MAX_PLACES]; // rows of bucket k, in table order: place[start[k]] .. place[start[k + 1] - 1]
    u16 start[KEYS + 1];
    unsigned rows, places;
};

static unsigned key_of(u32 word) {
    if ((word & 3) == 3) return (word >> 2 & 31) << 3 | (word >> 12 & 7);
    return KEYS_16 + ((word & 3) << 3 | (word >> 13 & 7));
}

static u32 word_of_key(unsigned key) {
    if (key < KEYS_16) return 3 | (key >> 3) << 2 | (key & 7) << 12;
    return (key - KEYS_16) >> 3 | ((key - KEYS_16) & 7) << 13;
}

static const struct rv_insn *row_named(const char *name) {
    for (const struct rv_table *const *t = rv_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++)
            if (!strcmp((*t)->rows[i].name, name)) return &(*t)->rows[i];
    return NULL;
}

static void add_row(struct rv_index *ix, struct env *env, const struct rv_insn *in) {
    const struct rv_insn *does = in->as ? row_named(in->as) : in;
    if (ix->rows == MAX_ROWS) env->plat->panic(env->plat, "rv_index: MAX_ROWS is too small");
    if (!does || !rv_pattern_parse(in->bits, &ix->row[ix->rows].pattern)) env->plat->panic(env->plat, in->name);
    ix->row[ix->rows].insn = in;
    ix->row[ix->rows].op = does->op;
    ix->row[ix->rows].flags = does->flags;
    ix->row[ix->rows].fuse = rv_fuse_of(does->name);
    ix->row[ix->rows].f_rd = strstr(in->operands, "fd");
    ix->row[ix->rows++].memory = strchr(in->operands, '(');
}

static void fill_bucket(struct rv_index *ix, struct env *env, unsigned key) {
    ix->start[key] = (u16)ix->places;
    u32 word = word_of_key(key), key_mask = key < KEYS_16 ? KEY_MASK_32 : KEY_MASK_16;
    for (unsigned i = 0; i < ix->rows; i++) {
        const struct rv_pattern *p = &ix->row[i].pattern;
        if (p->width != (key < KEYS_16 ? 32 : 16) || (word ^ p->match) & p->mask & key_mask) continue;
        if (ix->places == MAX_PLACES) env->plat->panic(env->plat, "rv_index: MAX_PLACES is too small");
        ix->place[ix->places++] = (u16)i;
    }
}

struct rv_index *rv_index_create(struct env *env, const struct rv_model *model) {
    struct rv_index *ix = env_alloc(env, sizeof *ix);
    for (const struct rv_table *const *t = rv_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) {
            const struct rv_insn *in = &(*t)->rows[i];
            if (rv_has(model, in->ext)) add_row(ix, env, in);
        }
    for (unsigned key = 0; key < KEYS; key++)
        if (key < KEYS_16 || rv_has(model, EXT_C)) fill_bucket(ix, env, key);
        else ix->start[key] = (u16)ix->places;
    ix->start[KEYS] = (u16)ix->places;
    return ix;
}

// Index of the row, or -1.
static int find_row(const struct rv_index *ix, u32 word) {
    unsigned key = key_of(word);
    for (unsigned i = ix->start[key]; i < ix->start[key + 1]; i++)
        if (rv_pattern_covers(&ix->row[ix->place[i]].pattern, word)) return ix->place[i];
    return -1;
}

bool rv_decode(const struct rv_index *ix, u64 mode, const u8 *code, unsigned have, unsigned at, struct rv_decoded *d) {
    if (have < 2) return false;
    bool wide = (code[0] & 3) == 3;
    if (wide && have < 4) return false;
    u32 word = wide ? ld32(code) : ld16(code);
    *d = (struct rv_decoded){.word = word, .length = wide ? 4 : 2};
    d->uop = (struct uop){.fn = rv_op_illegal, .a = RV_SINK, .imm = (i64)(u64)word, .disp = (i64)(u64)word, .off = (u16)at};
    d->ends = true;
    int r = find_row(ix, word);
    if (r < 0) return true;
    const struct rv_pattern *p = &ix->row[r].pattern;
    const struct rv_insn *in = ix->row[r].insn;
    rv_pattern_fields(p, word, &d->field);
    d->insn = in;
    if (ix->row[r].flags & RV_FP && mode & RV_MODE_FP_OFF) return true;
    d->ends = ix->row[r].flags & RV_ENDS;
    if (in->rd) d->field.rd = in->rd;
    if (in->rs1) d->field.rs1 = in->rs1;
    struct uop *u = &d->uop;
    u->fn = ix->row[r].op;
    d->fuse = ix->row[r].fuse;
    u->a = d->field.rd || ix->row[r].f_rd ? d->field.rd : RV_SINK;
    u->base = d->field.rs1;
    u->b = d->field.rs2;
    u->index = d->field.rs3;
    u->mem = d->field.rm;
    if (p->has_imm || in->as) u->imm = d->field.imm;
    if (ix->row[r].memory) u->disp = d->field.imm;
    // A mark: SLTI with x0.
    if (unlikely((word & 0x7fff) == 0x2013) && mark_of_imm(word >> 20)) {
        u->fn = rv_op_mark;
        d->fuse = (struct rv_fuse){0};
        d->ends = true;
    }
    return true;
}
