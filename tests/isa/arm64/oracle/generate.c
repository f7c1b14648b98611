// SPDX-License-Identifier: MIT
// Encodings of Arm and their inputs.
#include "base/bits.h"
#include "base/le.h"
#include "rig.h"

#include <string.h>

#define FIELD(name) (e->d.field.f[AF_##name])

static bool named(const struct arm64_insn *row, const char *start) { return !strncmp(row->name, start, strlen(start)); }
static bool has_text(const struct arm64_insn *row, const char *text) { return strstr(row->operands, text); }
bool has_memory(const struct arm64_insn *row) {
    return has_text(row, "[") || has_text(row, "zva") || (row->any && has_text(row, "label"));
}
bool has_label(const struct arm64_insn *row) { return has_text(row, "label"); }
static bool has_base(const struct arm64_insn *row) { return has_text(row, "["); }
static bool is_register_branch(const struct arm64_insn *row) { return named(row, "br") || named(row, "ret"); }
static bool is_branch(const struct arm64_insn *row) {
    return row->flags & ARM64_ENDS &&
           (has_text(row, "label") || (is_register_branch(row) && !named(row, "brk")) || named(row, "blr"));
}
static bool is_store_exclusive(const struct arm64_insn *row) { return row->flags & ARM64_S_WRITTEN; }
// Its address must be aligned.
static bool is_atomic(const struct encoding *e) {
    return e->row->feature == FEAT_LSE || e->row->feature == FEAT_LRCPC || (e->d.word >> 24 & 0x3f) == 8;
}

unsigned access_size(const struct encoding *e) {
    if (has_text(e->row, "zva")) return 64;
    if (has_text(e->row, "t2") || has_text(e->row, "pair")) return 32;
    return e->row->flags & ARM64_FP ? 16 : 8;
}

static unsigned alignment(const struct encoding *e) {
    unsigned size = 1u << (e->d.word >> 30);
    return has_text(e->row, "t2") ? size * 2 : has_text(e->row, "pair") ? 8u << (e->d.word >> 30) : size;
}

bool decode(struct encoding *e, u32 word, u64 pc, const struct arm64_index *ix) {
    arm64_decode(ix, 0, word, 0, &e->d);
    e->row = e->d.insn;
    e->pc = pc;
    return e->row;
}

const unsigned known_sysregs[3] = {ARM64_SYSREG(3, 3, 4, 2, 0), ARM64_SYSREG(3, 3, 4, 4, 0), ARM64_SYSREG(3, 3, 4, 4, 1)};

// A word that this row covers and no earlier one takes; registers, immediates and other fields are anything.
u32 word_of(const struct arm64_insn *row, struct rng *g, const struct arm64_index *ix) {
    struct arm64_pattern p;
    struct encoding e;
    arm64_pattern_parse(row->bits, &p);
    for (unsigned tries = 0; tries < 1000; tries++) {
        u32 word = ((u32)rnd(g) & ~p.mask) | p.match;
        // Registers are often the same, and often 31.
        if (one_in(g, 8) && !(p.mask & 31)) word |= 31;
        if (one_in(g, 8) && !(p.mask & 0x3e0)) word |= 0x3e0;
        if (row->flags & ARM64_SYS && !one_in(g, 8)) word = (word & ~(0xffffu << 5)) | known_sysregs[below(g, 3)] << 5;
        if (decode(&e, word, 0, ix) && e.row == row) return word;
    }
    return p.match;
}

// ---- what stands before the instruction
bool disturbs(const struct encoding *first, const struct encoding *about) {
    if (!has_memory(about->row) && !is_branch(about->row)) return false;
    unsigned a = first->d.uop.a;
    return a == about->d.uop.base || a == about->d.uop.b || a == about->d.uop.a;
}

// A store-exclusive follows a load-exclusive of its address and size, or another store-exclusive: what came before the case is nobody's
// business.
static void append_exclusive(struct encoding *e, u32 word, struct rng *g) {
    bool pair = word >> 21 & 1;
    u32 t2 = pair ? (word >> 5 & 31) == 0 ? 1 : 0 : 31;
    append(e, (word & 0xc00003e0) | 0x08400000 | 31 << 16 | t2 << 10 | 31 | (pair ? 1 << 21 : 0));
    if (one_in(g, 3)) append(e, (word & ~(31u << 16)) | 31 << 16);
}

u32 append_before(struct encoding *e, u32 word, enum source source, struct rng *g, const struct arm64_index *ix) {
    if (is_store_exclusive(e->row)) append_exclusive(e, word, g);
    else if (source != SWEEP && one_in(g, 4)) append_plain(e, g, ix);
    return word;
}

// ---- slots

// Puts a label's distance where the row has it.
u32 with_label(const struct arm64_insn *row, u32 word, i64 offset) {
    struct arm64_pattern p;
    arm64_pattern_parse(row->bits, &p);
    for (unsigned i = 0; i < p.pieces; i++) {
        const struct arm64_piece *x = &p.piece[i];
        if (x->field != AF_imm14 && x->field != AF_imm19 && x->field != AF_imm26) continue;
        u32 here = (u32)(mask(x->bits - 1u, 0) << x->at);
        word = (word & ~here) | ((u32)((u64)offset >> 2 << x->at) & here);
    }
    return word;
}

// B from one address to another.
u32 jump(u64 from, u64 to) { return 0x14000000 | ((u32)((to - from) >> 2) & 0x03ffffff); }

u32 slot_entry(u64 at) { return 0x58000000 | ((u32)((BLOCK - at) >> 2) & 0x7ffff) << 5 | 30; } // ldr x30, BLOCK

// ---- inputs

// QEMU loads and stores pairs, and vectors of 16 bytes, in parts: it may have done one when the next one faults, which the manual allows.
static bool in_parts(const struct encoding *e) { return access_size(e) > 8; }

// Where DATA may be read and written mostly; its pages' ends; its read-only page; nowhere.
static u64 some_address(const struct encoding *e, struct rng *g) {
    u64 at = below(g, DATA_WRITABLE);
    // QEMU 7.2 lets LDAPR be unaligned.
    if (is_atomic(e) && (e->row->feature == FEAT_LRCPC || !one_in(g, 16))) return DATA + align_down(at, alignment(e));
    switch (in_parts(e) ? below(g, 16) * 5 : below(g, 32)) {
    case 0: return DATA + 0x1000 - 1 - below(g, 32);
    case 5: return in_parts(e) ? DATA + (at & 0xfff) : DATA + at;
    case 10: return in_parts(e) ? DATA + DATA_WRITABLE + (at & 0x7ff) : DATA + at;
    case 1: return DATA + DATA_WRITABLE - 1 - below(g, 32);
    case 2: return DATA + DATA_SIZE - 1 - below(g, 32);
    case 3: return DATA + DATA_WRITABLE + (at & 0xfff);
    case 4: return one_in(g, 2) ? DATA - 1 - below(g, 8) : rnd(g) >> 20 | BIT(45); // what a host with 47 bits has nothing at
    default: return DATA + (in_parts(e) ? below(g, DATA_WRITABLE - 64) : at);
    }
}

static u64 extended(u64 v, unsigned option) { return option == 2 ? (u32)v : option == 6 ? (u64)(i64)(i32)v : v; }

static unsigned long *general(struct input *in, unsigned r) { return r == 31 ? &in->r.sp : &in->r.x[r]; }

// The base is what the address leaves beside the displacement or the index register.
static void memory_input(struct input *in, const struct encoding *e, struct rng *g) {
    const struct uop *u = &e->d.uop;
    u64 at = some_address(e, g), offset = (u64)u->disp;
    if (has_text(e->row, "index")) offset = extended(FIELD(Rm) == 31 ? 0 : in->r.x[FIELD(Rm)], u->mem) << u->imm;
    if (has_text(e->row, "], ")) offset = 0;
    *general(in, FIELD(Rn)) = at - offset;
    if (has_text(e->row, "index") && FIELD(Rm) == FIELD(Rn) && FIELD(Rn) != 31) in->r.x[FIELD(Rn)] = rnd(g) | BIT(55);
    in->window = window_of(at);
}

static void zva_input(struct input *in, const struct encoding *e, struct rng *g) {
    if (FIELD(Rt) == 31) return;
    in->r.x[FIELD(Rt)] = DATA + below(g, DATA_WRITABLE); // QEMU tells another PC of a fault
    in->window = window_of(in->r.x[FIELD(Rt)]);
}

// One in sixteen leads nowhere, or to no multiple of four.
static void branch_input(struct input *in, const struct encoding *e, struct rng *g) {
    static const unsigned pads[2] = {SLOT_PAD_1, SLOT_PAD_3};
    u64 to = e->slot + pads[below(g, 2)];
    if (one_in(g, 16)) to = one_in(g, 2) ? to + 1 + below(g, 3) : (rnd(g) >> 20 | BIT(45)) & ~(u64)3;
    if (FIELD(Rn) != 31) in->r.x[FIELD(Rn)] = to;
}

static bool of_halves(const struct arm64_insn *row) {
    return row && (row->feature == FEAT_FP16 || row->feature == FEAT_FHM || row->feature == FEAT_FCMA);
}

void random_registers(struct input *in, const struct encoding *e, struct rng *g) {
    for (unsigned r = 0; r < 31; r++) in->r.x[r] = value(g);
    in->r.sp = value(g);
    for (unsigned r = 0; r < 32; r++) register_value(g, of_halves(e->row), in->r.v[r]);
    in->r.nzcv = rnd(g) & 0xf0000000;
    in->r.fpsr = one_in(g, 2) ? 0 : rnd(g) & FPSR_BITS;
    in->r.fpcr = one_in(g, 2) ? 0 : rnd(g) & FPCR_BITS;
    if (!e->row) return;
    in->r.fpcr &= ~exempt_fpcr(e->row);
    if (FIELD(Rm) != 31 && FIELD(Rn) != 31 && one_in(g, 4))
        in->r.x[FIELD(Rm)] = in->r.x[FIELD(Rn)] + (one_in(g, 2) ? 0 : value(g) >> 63);
    if (has_text(e->row, "zva")) zva_input(in, e, g);
    else if (has_base(e->row)) memory_input(in, e, g);
    if (is_branch(e->row) && !has_text(e->row, "label")) branch_input(in, e, g);
}
