// SPDX-License-Identifier: MIT
// Cases from rows: prefixes in any order and number, every ModRM form, edge and random values, and memory operands that lie
// where it matters: aligned, misaligned, over a page's end, in read-only pages, in none, at non-canonical addresses.
#include "base/le.h"
#include "rig.h"

#include <string.h>

bool row_has(const struct insn *row, u8 o) {
    for (unsigned i = 0; i < 4; i++)
        if (row->operand[i] == o) return true;
    return false;
}
static bool has_between(const struct insn *row, u8 first, u8 last) {
    for (unsigned i = 0; i < 4; i++)
        if (row->operand[i] >= first && row->operand[i] <= last) return true;
    return false;
}

static bool takes_modrm(const struct insn *row) {
    if (row->modrm) return true;
    for (unsigned i = 0; i < 4; i++) {
        u8 o = row->operand[i];
        if (o == o_none || (o >= o_Zb && o <= o_Ov) || (o >= o_Xb && o <= o_Yv)) continue;
        return true;
    }
    return false;
}

// ---- values
static u64 edge(struct rng *g) {
    u64 one = (u64)1 << below(g, 64);
    switch (below(g, 8)) {
    case 0: return 0;
    case 1: return ~(u64)0;
    case 2: return one;
    case 3: return one - 1;
    case 4: return ~one;
    case 5: return (u64)(i64)(i8)below(g, 256);
    case 6: return (u64)1 << (8 << below(g, 4)) >> 1;
    default: return below(g, 80);
    }
}
static u64 value(struct rng *g) {
    switch (below(g, 4)) {
    case 0: return edge(g);
    case 1: return (u64)(i64)((i32)rnd(g) >> below(g, 32));
    default: return rnd(g);
    }
}

// ---- where memory operands lie
static u64 target(struct rng *g) {
    u64 at = DATA + below(g, 0x1f00), pages = DATA + ((u64)below(g, 5) << 12);
    switch (below(g, 20)) {
    default: return at & ~(u64)15;
    case 10: case 11: case 12: case 13: return at;
    case 14: return DATA + 0x1000 - below(g, 17);
    case 15: return pages - below(g, 65);
    case 16: return pages + below(g, 64);
    case 17: return CODE + below(g, 0x2040);
    case 18: return one_in(g, 2) ? 0x00007ffffffff000 + below(g, 0x1010) : 0xffff7fff00000000 + below(g, 0xa0);
    case 19: return one_in(g, 2) ? rnd(g) : (u32)rnd(g);
    }
}

static u64 segment_base(const struct isa_case *k, unsigned seg) {
    if (k->bits32) return 0;
    return seg == FS ? k->r.fs_base : seg == GS ? k->r.gs_base : 0;
}

// ---- encoding

struct writer {
    u8 *byte;
    unsigned n, disp_at; // disp_at: of a 32-bit displacement without base register, 0: none
};
static void put(struct writer *w, u8 b) {
    if (w->n < LONGEST) w->byte[w->n++] = b;
}

static void prefixes(struct writer *w, const struct insn *row, bool rex, struct rng *g) {
    static const u8 segment[] = {0x64, 0x65, 0x64, 0x65, 0x26, 0x2e, 0x36, 0x3e};
    static const u8 any[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    u8 list[8];
    unsigned n = 0;
    bool odd = one_in(g, 24);
    if (row->prefix == PFX_66) list[n++] = 0x66;
    if (row->prefix == PFX_F3) list[n++] = 0xf3;
    if (row->prefix == PFX_F2) list[n++] = 0xf2;
    if (row->prefix == PFX_ANY && one_in(g, 4)) list[n++] = 0x66;
    if (row->flags & REP && one_in(g, 2)) list[n++] = one_in(g, 2) ? 0xf2 : 0xf3;
    if (one_in(g, 8)) list[n++] = 0x67;
    if (one_in(g, 8)) list[n++] = segment[below(g, countof(segment))];
    if (row->flags & LOCK ? one_in(g, 3) : one_in(g, 64)) list[n++] = 0xf0;
    while (odd && n < countof(list)) {
        list[n++] = any[below(g, countof(any))];
        odd = !one_in(g, 3);
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned j = i + below(g, n - i);
        u8 b = list[j];
        list[j] = list[i];
        put(w, b);
        if (rex && one_in(g, 200)) put(w, (u8)(0x40 | below(g, 16))); // a REX that does not stand last
    }
    if (rex && one_in(g, 2)) put(w, (u8)(0x40 | below(g, 16)));
}

static void opcode(struct writer *w, const struct insn *row, struct rng *g) {
    if (row->map != MAP_1) put(w, 0x0f);
    if (row->map == MAP_0F38) put(w, 0x38);
    if (row->map == MAP_0F3A) put(w, 0x3a);
    bool low3 = row_has(row, o_Zb) || row_has(row, o_Zv);
    put(w, (u8)(row->opcode + (low3 ? below(g, 8) : 0)));
}

static void modrm(struct writer *w, const struct insn *row, struct rng *g) {
    u8 b = (u8)rnd(g);
    bool only_reg = row->modrm & REGONLY || has_between(row, o_Rv, o_Rq) || row_has(row, o_Udq) || row_has(row, o_Nq);
    bool only_mem = row->modrm & MEMONLY || has_between(row, o_M, o_Mt);
    if (row->modrm & 8) b = (u8)((b & 0xc7) | (row->modrm & 7) << 3);
    if (row->modrm & 0x40) b = (u8)((b & 0xf8) | (row->modrm >> 8 & 7));
    if (only_reg || (!only_mem && one_in(g, 3))) b |= 0xc0;
    if (only_mem && b >= 0xc0 && !one_in(g, 16)) b = (u8)((b & 0x3f) | (below(g, 3) << 6));
    put(w, b);
    if (b >= 0xc0) return;
    unsigned mod = b >> 6, rm = b & 7;
    if (rm == 4) {
        u8 sib = (u8)rnd(g);
        put(w, sib);
        rm = sib & 7;
    }
    if (mod == 0 && rm == 5) w->disp_at = w->n;
    if (mod == 1) put(w, (u8)rnd(g));
    if (mod == 2 || (mod == 0 && rm == 5)) {
        u32 d = (u32)value(g);
        for (unsigned i = 0; i < 4; i++) put(w, (u8)(d >> 8 * i));
    }
}

static void tail(struct writer *w, struct rng *g) {
    u64 v = value(g), z = value(g);
    while (w->n < LONGEST) {
        put(w, (u8)v);
        v = v >> 8 | (z & 0xff) << 56;
        z >>= 8;
    }
}

// ---- registers

static void fx_values(u8 *fx, struct rng *g) {
    static const u32 f32[] = {0, 0x80000000, 0x3f800000, 0x7f800000, 0xff800000, 0x7fc00001, 0x7f800001, 1, 0x807fffff, 0x7f7fffff};
    memset(fx, 0, FX_SIZE);
    st16(fx, 0x37f);
    st16(fx + 2, (u16)(below(g, 8) << 11));
    fx[4] = (u8)rnd(g);
    st32(fx + FX_MXCSR, 0x1f80 | (u32)below(g, 4) << 13);
    for (unsigned i = 0; i < 8; i++) {
        st64(fx + FX_ST + 16 * i, rnd(g) | (one_in(g, 8) ? 0 : BIT(63)));
        st16(fx + FX_ST + 16 * i + 8, one_in(g, 4) ? (u16)rnd(g) : (u16)(0x3ff0 + below(g, 32)));
    }
    for (unsigned i = 0; i < 64; i++)
        st32(fx + FX_XMM + 4 * i, one_in(g, 3) ? f32[below(g, countof(f32))] : (u32)rnd(g));
}

static void any_registers(struct isa_case *k, struct rng *g) {
    for (unsigned i = 0; i < 16; i++) k->r.gpr[i] = value(g);
    k->r.rflags = 2 | FL_IF | FL_TF | (rnd(g) & (FL_ARITH | FL_ID));
    if (one_in(g, 4)) k->r.rflags |= FL_DF;
    if (one_in(g, 16)) k->r.rflags |= FL_AC;
    // Not so large that offsets would have to be non-canonical themselves: AMD's processors refuse those.
    k->r.fs_base = one_in(g, 2) ? below(g, 0x10000) : (u64)sext(value(g), 46);
    k->r.gs_base = one_in(g, 2) ? (u32)rnd(g) : (u64)sext(value(g), 46);
    fx_values(k->r.fx, g);
    k->r.cs = USER_CS;
    k->r.ds = 0;
}

// Gives base and index values that make the operand's address `want`.
static void aim(struct isa_case *k, const struct decoded *d, u64 want, unsigned disp_at, struct rng *g) {
    const struct uop *u = &d->uop;
    u64 *r = k->r.gpr;
    unsigned scale = u->mem & 3;
    want -= segment_base(k, MEM_SEG(u));
    if ((u64)sext(want, 48) != want) want = DATA; // AMD's processors refuse such an offset by itself
    if (u->base >= 16 && disp_at) {
        u64 from = u->base == 17 ? k->r.rip + d->length : 0;
        if (u->index < 16) r[u->index] = one_in(g, 2) ? below(g, 64) : 0;
        st32(k->byte + disp_at, (u32)(want - from - (u->index < 16 ? r[u->index] << scale : 0)));
    } else if (u->base < 16 && u->base == u->index) {
        r[u->base] = (want - (u64)u->disp) / (1 + (1u << scale));
    } else if (u->base < 16) {
        if (u->index < 16 && one_in(g, 2)) r[u->index] = below(g, 256);
        r[u->base] = want - (u64)u->disp - (u->index < 16 ? r[u->index] << scale : 0);
        if (u->mem & MEM_ADDR32 && one_in(g, 2)) r[u->base] ^= rnd(g) << 32;
    } else if (u->index < 16) {
        r[u->index] = (want - (u64)u->disp) >> scale;
    }
}

static bool is_bit_test(const struct insn *row) {
    return row->map == MAP_0F && (row->opcode == 0xa3 || row->opcode == 0xab || row->opcode == 0xb3 || row->opcode == 0xbb);
}

// What the instruction at T finds there, so that CMPXCHG may find it equal.
static void equal_sometimes(struct isa_case *k, u64 at, const u8 *memory, struct rng *g) {
    if (at < DATA || at > DATA + DATA_SIZE - 16) return;
    const u8 *p = memory + (at - DATA);
    bool wide = k->row->modrm; // CMPXCHG8B/16B
    if (wide && !one_in(g, 2)) {
        bool quad = !one_in(g, 2);
        k->r.gpr[RAX] = quad ? ld64(p) : ld32(p);
        k->r.gpr[RDX] = quad ? ld64(p + 8) : ld32(p + 4);
    } else if (!one_in(g, 3)) {
        k->r.gpr[RAX] = ld64(p);
    }
}

// Operands that the encoding does not show.
static void implicit(struct isa_case *k, const struct decoded *d, const u8 *memory, struct rng *g) {
    const struct insn *row = d->insn;
    u64 *r = k->r.gpr;
    if (!one_in(g, 16)) r[RSP] = one_in(g, 8) ? target(g) : one_in(g, 3) ? DATA + 0x800 + below(g, 0x1000) : DATA + 0x800 + 8 * below(g, 0x200);
    if (row->map == MAP_1 && (row->opcode == 0xc8 || row->opcode == 0xc9)) r[RBP] = one_in(g, 8) ? target(g) : DATA + 0x800 + below(g, 0x1000);
    if (has_between(row, o_Xb, o_Yv)) {
        r[RSI] = target(g) - segment_base(k, MEM_SEG(&d->uop));
        r[RDI] = one_in(g, 4) ? r[RSI] + below(g, 64) - 32 : target(g);
        r[RCX] = one_in(g, 16) ? value(g) : below(g, 8) ? below(g, 40) : below(g, 3000);
    }
    if (row->map == MAP_1 && row->opcode == 0xd7) r[RBX] = target(g) - segment_base(k, MEM_SEG(&d->uop)) - (u8)r[RAX];
    if (row->map == MAP_1 && row->opcode >= 0xe0 && row->opcode <= 0xe3) r[RCX] = one_in(g, 2) ? below(g, 3) : value(g);
    if (row->map == MAP_1 && row->opcode >> 1 == 0xf6 >> 1 && (row->modrm & 7) >= 6 && one_in(g, 2))
        r[RDX] = one_in(g, 2) ? 0 : (u64)((i64)r[RAX] >> 63);
    if (row_has(row, o_CL) && one_in(g, 2)) r[RCX] = (r[RCX] & ~(u64)0xff) | below(g, 70);
}

static void operands(struct isa_case *k, const struct decoded *d, unsigned disp_at, const u8 *memory, struct rng *g) {
    const struct insn *row = d->insn;
    u64 at = target(g);
    implicit(k, d, memory, g);
    if (is_bit_test(row) && d->uop.a < 16) k->r.gpr[d->uop.a] = one_in(g, 8) ? value(g) : (u64)(i64)((int)below(g, 800) - 400);
    if (!d->memory || has_between(row, o_Xb, o_Yv)) return;
    if (row_has(row, o_Ob) || row_has(row, o_Ov)) { // moffs: the address is the instruction's last bytes
        u64 want = at - segment_base(k, MEM_SEG(&d->uop));
        unsigned n = d->uop.mem & MEM_ADDR32 ? 4 : d->uop.mem & MEM_ADDR16 ? 2 : 8;
        for (unsigned i = 0; i < n; i++) k->byte[d->length - n + i] = (u8)(want >> 8 * i);
        return;
    }
    aim(k, d, at, disp_at, g);
    if (row->map == MAP_0F && (row->opcode == 0xb0 || row->opcode == 0xb1 || (row->opcode == 0xc7 && (row->modrm & 7) == 1)))
        equal_sometimes(k, at, memory, g);
}

// ---- the case

static void narrow(struct registers *r) {
    for (unsigned i = 0; i < 16; i++) r->gpr[i] = i < 8 ? (u32)r->gpr[i] : 0;
    r->fs_base = r->gs_base = 0;
    r->cs = USER32_CS;
    r->ds = USER_SS;
}

static u64 place(unsigned length, struct rng *g) {
    switch (below(g, 16)) {
    case 0: return CODE + 0x1000 - below(g, length + 1);           // runs over a page's end
    case 1: return CODE + CODE_SIZE - length + below(g, 3) - 1;    // ends at the last byte, or is not all there
    default: return CODE + 64 * below(g, 60);
    }
}

static enum variant pick_variant(const struct isa_case *k, const struct decoded *d, struct rng *g) {
    const struct insn *row = d->insn;
    if (!row || one_in(g, 4) || row->flags & READS_ALL) return STEP;
    if (row->flags & REP && d->ends) return k->r.rip + d->length + 1 > CODE + CODE_SIZE || one_in(g, 2) ? STEP : REPEAT;
    if (row->map == MAP_1 && row->opcode == 0x9d) return STEP; // POPF switches TF
    if (!(row->flags & ENDS) && k->r.rip + d->length + 2 <= CODE + CODE_SIZE && one_in(g, 2)) return NOFLAGS;
    return PLAIN;
}

u64 mode_of(const struct isa_case *k) { return k->bits32 ? MODE_CODE32 | MODE_STACK32 : MODE_CODE64 | MODE_STACK64; }

void generate(struct isa_case *k, const struct insn *row, const struct decode_index *ix, const u8 *memory, struct rng *g) {
    struct writer w = {.byte = k->byte};
    struct decoded d;
    k->bits32 = row && (row->flags & I64 ? !one_in(g, 8) : row->flags & O64 ? one_in(g, 8) : one_in(g, 4));
    if (row) {
        prefixes(&w, row, !k->bits32, g);
        opcode(&w, row, g);
        if (takes_modrm(row)) modrm(&w, row, g);
    }
    if (!row && one_in(g, 2)) { // the second half of random bytes: mostly the 0F maps
        put(&w, 0x0f);
        if (one_in(g, 3)) put(&w, one_in(g, 2) ? 0x38 : 0x3a);
    }
    if (!row) while (w.n < LONGEST) put(&w, (u8)rnd(g));
    tail(&w, g);
    any_registers(k, g);
    x86_decode(ix, mode_of(k), k->byte, LONGEST, 0, &d);
    k->r.rip = place(d.length, g);
    if (k->r.rip + LONGEST > CODE + CODE_SIZE) k->n = (unsigned)(CODE + CODE_SIZE - k->r.rip);
    else k->n = LONGEST;
    k->row = d.insn;
    if (d.insn) operands(k, &d, w.disp_at, memory, g);
    x86_decode(ix, mode_of(k), k->byte, LONGEST, 0, &d);
    if (k->bits32) narrow(&k->r);
    k->row = d.insn;
    k->length = d.length;
    k->memory = d.memory;
    k->size16 = d.insn && d.size == 1;
    k->variant = pick_variant(k, &d, g);
}
