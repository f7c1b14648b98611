// SPDX-License-Identifier: MIT
// Encodings of RISC-V and their inputs.
#include "base/bits.h"
#include "base/le.h"
#include "rig.h"

#include <string.h>

static bool named(const struct rv_insn *row, const char *start) { return !strncmp(row->name, start, strlen(start)); }
static bool is_jalr(const struct rv_insn *row) { return named(row, "jalr") || named(row, "c.jr") || named(row, "c.jalr"); }
static bool is_atomic(const struct rv_insn *row) { return row->ext == EXT_A; }

// Puts a target's distance where the row has it.
u32 with_label(const struct rv_insn *row, u32 word, i64 offset) {
    struct rv_pattern p;
    rv_pattern_parse(row->bits, &p);
    for (unsigned i = 0; i < p.pieces; i++) {
        const struct rv_piece *x = &p.piece[i];
        if (x->field != F_IMM) continue;
        u32 here = (u32)(mask(x->bits - 1u, 0) << x->at);
        word = (word & ~here) | ((u32)((u64)offset >> x->to << x->at) & here);
    }
    return word;
}

bool decode(struct encoding *e, u32 word, u64 pc, const struct rv_index *ix) {
    u8 bytes[4];
    st32(bytes, word);
    rv_decode(ix, 0, bytes, 4, 0, &e->d);
    e->row = e->d.insn;
    e->pc = pc;
    return e->row;
}

// A word that this row covers and no earlier one takes; registers, immediates and other fields are anything.
u32 word_of(const struct rv_insn *row, struct rng *g, const struct rv_index *ix) {
    struct rv_pattern p;
    struct encoding e;
    rv_pattern_parse(row->bits, &p);
    for (unsigned tries = 0; tries < 1000; tries++) {
        u32 word = ((u32)rnd(g) & ~p.mask) | p.match;
        if (p.width == 16) word = (u16)word;
        if (!decode(&e, word, 0, ix) || e.row != row) continue;
        if (has_memory(row) && !e.d.uop.base && one_in(g, 2)) continue; // x0 as base: see exempt.c
        return word;
    }
    return p.match;
}

// ---- what stands before the instruction
bool disturbs(const struct encoding *first, const struct encoding *about) {
    return (has_memory(about->row) || is_jalr(about->row)) && first->d.uop.a == about->d.uop.base;
}

// LUI or AUIPC before ADDI, ADDIW: an address or a constant, by the same register.
static u32 append_upper(struct encoding *e, u32 word, struct rng *g) {
    u32 rd = word >> 7 & 31;
    append(e, ((u32)rnd(g) & 0xfffff000) | rd << 7 | (one_in(g, 2) ? 0x37 : 0x17));
    return one_in(g, 4) ? word : (word & ~(31u << 15)) | rd << 15;
}

// SC follows an LR of its address and size, or another SC: what came before the case is nobody's business.
static void append_reserve(struct encoding *e, u32 word, struct rng *g) {
    u32 rd = 0, rs1 = word >> 15 & 31;
    append(e, (word & 0x06007000) | 2u << 27 | rs1 << 15 | rd << 7 | 0x2f);
    if (one_in(g, 3)) append(e, (word & 0x01ffffff & ~(31u << 7)) | 3u << 27);
}

u32 append_before(struct encoding *e, u32 word, enum source source, struct rng *g, const struct rv_index *ix) {
    if (named(e->row, "sc.")) append_reserve(e, word, g);
    else if (source == ROWS && named(e->row, "addi") && one_in(g, 3)) word = append_upper(e, word, g);
    else if (source == ROWS && !qemu_errs(e->row) && one_in(g, 4)) append_plain(e, g, ix);
    return word;
}

// ---- slots

// JAL x0 from one address to another.
u32 jump(u64 from, u64 to) {
    u64 o = to - from;
    return (u32)(bits(o, 20, 20) << 31 | bits(o, 10, 1) << 21 | bits(o, 11, 11) << 20 | bits(o, 19, 12) << 12 | 0x6f);
}

u32 slot_entry(u64 at) { return 0x00003f83; } // ld x31, 0(x0)

// ---- inputs

unsigned access_size(const struct encoding *e) {
    static const struct {
        const char *end;
        unsigned size;
    } sizes[] = {{"b", 1}, {"bu", 1}, {"h", 2}, {"hu", 2}};
    const char *name = e->row->name;
    if (is_atomic(e->row)) return strstr(name, ".d") ? 8 : 4;
    if (named(e->row, "cbo.")) return 64;
    if (named(e->row, "c.")) name += 2;
    if (name[0] == 'f') name++;
    for (unsigned i = 0; i < countof(sizes); i++)
        if (!strcmp(name + 1, sizes[i].end)) return sizes[i].size;
    return name[1] == 'd' ? 8 : 4;
}

// Where DATA may be read and written mostly; its pages' ends; its read-only page; nowhere.
static u64 some_address(const struct encoding *e, struct rng *g) {
    u64 size = access_size(e), at = below(g, DATA_WRITABLE);
    if (is_atomic(e->row) && !one_in(g, 16)) at &= ~(size - 1);
    switch (below(g, 32)) {
    case 0: return DATA + 0x1000 - 1 - below(g, 8);
    case 1: return DATA + DATA_WRITABLE - 1 - below(g, 8);
    case 2: return DATA + DATA_SIZE - 1 - below(g, 8);
    case 3: return DATA + DATA_WRITABLE + (at & 0xfff);
    case 4: return one_in(g, 2) ? DATA - 1 - below(g, 8) : rnd(g) >> 20 | BIT(45); // what a host with 47 bits has nothing at
    default: return DATA + at;
    }
}

static void memory_input(struct input *in, const struct encoding *e, struct rng *g) {
    if (!e->d.uop.base) return;
    u64 at = some_address(e, g);
    in->r.x[e->d.uop.base - 1] = at - (u64)e->d.uop.disp;
    in->window = window_of(at);
}

// The lowest bit of a target is dropped. One in sixteen leads nowhere.
static void jalr_input(struct input *in, const struct encoding *e, struct rng *g) {
    static const unsigned pads[2] = {SLOT_PAD_1, SLOT_PAD_3};
    u64 to = e->slot + pads[below(g, 2)] + below(g, 2);
    if (one_in(g, 16)) to = (rnd(g) >> 20) | BIT(45);
    in->r.x[e->d.uop.base - 1] = to - (u64)e->d.uop.imm;
}

// A double, a float or a half in its box (21.2), or anything, which is a badly boxed float.
static u64 float_value(struct rng *g) {
    u64 r = rnd(g);
    switch (r & 15) {
    default: return binary(rnd(g), 52, 11);
    case 4:
    case 5:
    case 6:
    case 7:
    case 8: return 0xffffffff00000000 | binary(rnd(g), 23, 8);
    case 9:
    case 10: return 0xffffffffffff0000 | binary(rnd(g), 10, 5);
    case 11: return r >> 4 & 1 ? edge(g) : rnd(g);
    }
}

void vector_value(struct rng *g, unsigned long lanes[2]) {
    for (unsigned i = 0; i < 2; i++) {
        u64 r = rnd(g);
        lanes[i] = r & 3 ? float_value(g) : value(g);
        if ((r >> 2 & 3) == 0) lanes[i] = (lanes[i] & 0xffffffff) | binary(rnd(g), 23, 8) << 32;
    }
}

void random_registers(struct input *in, const struct encoding *e, struct rng *g) {
    for (unsigned r = 0; r < 31; r++) in->r.x[r] = value(g);
    for (unsigned r = 0; r < 32; r++) in->r.f[r] = float_value(g);
    in->r.fcsr = rnd(g) & 0x1f;
    in->r.fcsr |= (one_in(g, 16) ? below(g, 8) : below(g, 5)) << 5; // 5 to 7 are no rounding modes
    if (!e->row) return;
    unsigned b = e->d.uop.b, base = e->d.uop.base;
    if (b && base && one_in(g, 4)) in->r.x[b - 1] = in->r.x[base - 1] + (one_in(g, 2) ? 0 : value(g) >> 63);
    if (has_memory(e->row)) memory_input(in, e, g);
    if (is_jalr(e->row) && base) jalr_input(in, e, g);
}
