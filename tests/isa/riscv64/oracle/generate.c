// SPDX-License-Identifier: MIT
// Encodings and their inputs, all of a seed and a number.
#include "base/bits.h"
#include "base/le.h"
#include "rig.h"

#include <string.h>

static struct rng rng_of(u64 seed, u64 number, u64 what) {
    struct rng g = {.s = seed * 0x9e3779b97f4a7c15 ^ number * 0xd1342543de82ef95 ^ what << 56};
    rnd(&g);
    return g;
}

bool has_memory(const struct rv_insn *row) { return strchr(row->operands, '(') && !strstr(row->name, "jalr"); }
static bool has_target(const struct rv_insn *row) { return strstr(row->operands, "target"); }
static bool named(const struct rv_insn *row, const char *start) { return !strncmp(row->name, start, strlen(start)); }
static bool is_jalr(const struct rv_insn *row) { return named(row, "jalr") || named(row, "c.jr") || named(row, "c.jalr"); }
static bool is_atomic(const struct rv_insn *row) { return row->ext == EXT_A; }

// Puts an immediate where the row has it.
static u32 with_immediate(const struct rv_insn *row, u32 word, i64 imm) {
    struct rv_pattern p;
    rv_pattern_parse(row->bits, &p);
    for (unsigned i = 0; i < p.pieces; i++) {
        const struct rv_piece *x = &p.piece[i];
        if (x->field != F_IMM) continue;
        u32 here = (u32)(mask(x->bits - 1u, 0) << x->at);
        word = (word & ~here) | ((u32)((u64)imm >> x->to << x->at) & here);
    }
    return word;
}

static bool decode(struct encoding *e, u32 word, u64 pc, const struct rv_index *ix) {
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

// Bits flipped in an instruction, or anything.
static u32 random_word(struct rng *g, const struct rv_index *ix) {
    if (one_in(g, 2)) return (u32)rnd(g) | 3;
    u32 word = word_of(all_rows[below(g, row_count)], g, ix);
    for (unsigned n = 1 + below(g, 3); n; n--) word ^= (u32)1 << (2 + below(g, 30));
    return word;
}

static void append(struct encoding *e, u32 word) {
    unsigned n = (word & 3) == 3 ? 4 : 2;
    u8 bytes[4];
    st32(bytes, word);
    memcpy(e->code + e->bytes, bytes, n);
    e->bytes += n;
    e->insns++;
}

// ---- what stands before the instruction
// Something without memory that goes on: so that blocks are longer, and pairs are there to be fused. It leaves `d`'s base alone.
static void prefix_plain(struct encoding *e, const struct encoding *about, struct rng *g, const struct rv_index *ix) {
    struct encoding first;
    for (unsigned tries = 0; tries < 20; tries++) {
        const struct rv_insn *row = all_rows[below(g, row_count)];
        u32 word = word_of(row, g, ix);
        if (!decode(&first, word, 0, ix) || first.d.ends || has_memory(row) || exempt(&first) || qemu_errs(row)) continue;
        if ((has_memory(about->row) || is_jalr(about->row)) && first.d.uop.a == about->d.uop.base) continue;
        append(e, word);
        return;
    }
}

// LUI or AUIPC before ADDI, ADDIW: an address or a constant, by the same register.
static u32 prefix_upper(struct encoding *e, u32 word, struct rng *g, const struct rv_index *ix) {
    u32 rd = word >> 7 & 31;
    append(e, ((u32)rnd(g) & 0xfffff000) | rd << 7 | (one_in(g, 2) ? 0x37 : 0x17));
    return one_in(g, 4) ? word : (word & ~(31u << 15)) | rd << 15;
}

// SC follows an LR of its address and size, or another SC: what came before the case is nobody's business.
static void prefix_reserve(struct encoding *e, u32 word, struct rng *g) {
    u32 rd = 0, rs1 = word >> 15 & 31;
    append(e, (word & 0x06007000) | 2u << 27 | rs1 << 15 | rd << 7 | 0x2f);
    if (one_in(g, 3)) append(e, (word & 0x01ffffff & ~(31u << 7)) | 3u << 27);
}

// ---- branches lead to pads of this slot or of the one before
static i64 pad_offset(const struct encoding *e, unsigned choice) {
    static const int pads[3] = {SLOT_PAD_1, SLOT_PAD_3, (int)SLOT_PAD_2 - (int)SLOT};
    return (i64)(e->slot + (u64)(i64)pads[choice] - e->pc);
}

static u32 generate_word(struct encoding *e, enum source source, struct rng *g, const struct rv_index *ix) {
    if (source == SWEEP) return e->number < SWEEP_PARCELS ? (u32)e->number : random_word(g, ix);
    if (e->number % 16 == 15) return random_word(g, ix);
    return word_of(all_rows[e->number % row_count], g, ix);
}

void generate(struct encoding *e, u64 number, enum source source, u64 seed, const struct rv_index *ix) {
    struct rng g = rng_of(seed, number, 1);
    *e = (struct encoding){.number = number, .slot = CODE + SLOT * (1 + number % PER_BATCH)};
    u32 word = generate_word(e, source, &g, ix);
    if (source == SWEEP && (word & 3) == 3) word |= (u32)rnd(&g) << 16;
    if (!decode(e, word, 0, ix)) {
        if (one_in(&g, 8)) append(e, 0x00000013);
    } else if (named(e->row, "sc.")) {
        prefix_reserve(e, word, &g);
    } else if (source == ROWS && named(e->row, "addi") && one_in(&g, 3)) {
        word = prefix_upper(e, word, &g, ix);
    } else if (source == ROWS && !qemu_errs(e->row) && one_in(&g, 4)) {
        struct encoding about = *e;
        prefix_plain(e, &about, &g, ix);
    }
    e->pc = e->slot + SLOT_CODE + e->bytes;
    if (e->row && has_target(e->row)) word = with_immediate(e->row, word, pad_offset(e, below(&g, 3)));
    decode(e, word, e->pc, ix);
    append(e, word);
    e->skip = exempt(e);
}

// JAL x0 from one address to another.
static u32 jump(u64 from, u64 to) {
    u64 o = to - from;
    return (u32)(bits(o, 20, 20) << 31 | bits(o, 10, 1) << 21 | bits(o, 11, 11) << 20 | bits(o, 19, 12) << 12 | 0x6f);
}

void write_slot(u8 *slot, const struct encoding *e, u64 at) {
    memset(slot, 0, SLOT);
    st32(slot, 0x00003f83); // ld x31, 0(x0)
    if (e && !e->skip) {
        memcpy(slot + SLOT_CODE, e->code, e->bytes);
        st32(slot + SLOT_CODE + e->bytes, jump(at + SLOT_CODE + e->bytes, STUBS));
    }
    st32(slot + SLOT_PAD_1, jump(at + SLOT_PAD_1, STUBS + STUB_BYTES));
    st32(slot + SLOT_PAD_2, jump(at + SLOT_PAD_2, STUBS + 2 * STUB_BYTES));
    st32(slot + SLOT_PAD_3, jump(at + SLOT_PAD_3, STUBS + 3 * STUB_BYTES));
}

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

u64 address_of(const struct encoding *e, const struct registers *r) {
    return (e->d.uop.base ? r->x[e->d.uop.base - 1] : 0) + (u64)e->d.uop.disp;
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

static u64 window_of(u64 at) {
    if (at < DATA - 64 || at >= DATA + DATA_WRITABLE) return 0;
    u64 window = align_down(at, 64);
    if (window < DATA) return DATA;
    return window > DATA + DATA_WRITABLE - WINDOW ? DATA + DATA_WRITABLE - WINDOW : window;
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

void generate_input(struct input *in, const struct encoding *e, unsigned i, u64 seed) {
    struct rng g = rng_of(seed, e->number, 2 + i);
    in->window = 0;
    in->r.pc = 0;
    for (unsigned r = 0; r < 31; r++) in->r.x[r] = value(&g);
    for (unsigned r = 0; r < 32; r++) in->r.f[r] = float_value(&g);
    in->r.fcsr = rnd(&g) & 0x1f;
    in->r.fcsr |= (one_in(&g, 16) ? below(&g, 8) : below(&g, 5)) << 5; // 5 to 7 are no rounding modes
    if (!e->row) return;
    unsigned b = e->d.uop.b, base = e->d.uop.base;
    if (b && base && one_in(&g, 4)) in->r.x[b - 1] = in->r.x[base - 1] + (one_in(&g, 2) ? 0 : value(&g) >> 63);
    if (has_memory(e->row)) memory_input(in, e, &g);
    if (is_jalr(e->row) && base) jalr_input(in, e, &g);
}
