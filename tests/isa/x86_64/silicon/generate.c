// SPDX-License-Identifier: MIT
// Cases from rows: prefixes in any order and number, every ModRM form, edge and random values, and memory operands that lie
// where it matters: aligned, misaligned, over a page's end, in read-only pages, in none, at non-canonical addresses.
#include "base/le.h"
#include "../encode.h"
#include "rig.h"

#include <string.h>

bool row_has(const struct insn *row, u8 o) { return x86_row_has(row, o); }
bool is_gather(const struct insn *row) { return row && x86_row_is_vsib(row); }

// ---- where memory operands lie
// Mostly where nothing faults.
static u64 good(struct rng *g, bool aligned) {
    u64 r = rnd(g), at = DATA + (r >> 32) * 0x1f00 / ((u64)1 << 32);
    if (aligned ? (r & 31) != 0 : r & 1) at &= ~(u64)31;
    else if ((r & 15) == 0) at = DATA + 0x1000 - (r >> 8 & 31) % 17; // over a page's end
    return at;
}

static u64 odd(struct rng *g) {
    u64 pages = DATA + ((u64)below(g, 5) << 12);
    switch (below(g, 6)) {
    case 0: return DATA + 0x1000 - below(g, 17);
    case 1: return pages - below(g, 65);
    case 2: return pages + below(g, 64);
    case 3: return CODE + below(g, 0x2040);
    case 4: return one_in(g, 2) ? 0x00007ffffffff000 + below(g, 0x1010) : 0xffff7fff00000000 + below(g, 0xa0);
    default: return one_in(g, 2) ? rnd(g) : (u32)rnd(g);
    }
}

static u64 target(struct rng *g, bool aligned) { return one_in(g, 24) ? odd(g) : good(g, aligned); }

static u64 segment_base(const struct isa_case *k, unsigned seg) {
    if (k->bits32) return 0;
    return seg == FS ? k->r.fs_base : seg == GS ? k->r.gs_base : 0;
}

// ---- encoding

enum { MOST_PREFIXES = 8 };
struct writer {
    struct encoder e;
    unsigned disp_at; // of a 32-bit displacement without base register, 0: none
};
static void put(struct writer *w, u8 b) { encode_byte(&w->e, b); }

// What may stand before an instruction, in any order; `odd` ones now and then.
static void put_prefixes(struct writer *w, u8 *list, unsigned n, bool rex, struct rng *g) {
    static const u8 any[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    bool odd = one_in(g, 24);
    while (odd && n < MOST_PREFIXES) {
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
}

static unsigned address_prefixes(u8 *list, struct rng *g) {
    static const u8 segment[] = {0x64, 0x65, 0x64, 0x65, 0x26, 0x2e, 0x36, 0x3e};
    unsigned n = 0;
    if (one_in(g, 8)) list[n++] = 0x67;
    if (one_in(g, 8)) list[n++] = segment[below(g, countof(segment))];
    return n;
}

static void prefixes(struct writer *w, const struct insn *row, bool rex, struct rng *g) {
    u8 list[MOST_PREFIXES];
    unsigned n = address_prefixes(list, g);
    if (encode_prefix(row)) list[n++] = encode_prefix(row);
    if ((row->prefix == PFX_ANY || row->prefix == PFX_NFX) && one_in(g, 4)) list[n++] = 0x66;
    if (row->flags & REP && one_in(g, 2)) list[n++] = one_in(g, 2) ? 0xf2 : 0xf3;
    if (row->flags & LOCK ? one_in(g, 4) : one_in(g, 64)) list[n++] = 0xf0;
    put_prefixes(w, list, n, rex, g);
    if (rex && one_in(g, 2)) put(w, (u8)(0x40 | below(g, 16)));
}

// What the row wants or, rarely, anything. Outside 64-bit mode R and X must be 1 as they stand there: LES and LDS otherwise.
static void vex(struct writer *w, const struct insn *row, bool bits32, struct rng *g) {
    u8 list[MOST_PREFIXES];
    put_prefixes(w, list, address_prefixes(list, g), !bits32, g);
    if (!bits32 && one_in(g, 100)) put(w, (u8)(0x40 | below(g, 16)));
    u64 r = rnd(g);
    u8 rxb = bits32 ? r >> 5 & 1 ? 0 : 1 : ~(r >> 5) & 7;
    struct encode_vex x = {
        .rxb = rxb, .map = encode_vex_map(row), .v = ~(r >> 12) & 15, .l = r >> 16 & 1, .w = r >> 17 & 1, .pp = encode_pp(row)};
    if (row->flags & VEX_NV && r >> 8 & 15) x.v = 0;
    if (r >> 20 & 31) {
        if (row->flags & (VEX_L0 | VEX_L1)) x.l = row->flags & VEX_L1 ? 1 : 0;
        if (row->flags & (VEX_W0 | VEX_W1)) x.w = row->flags & VEX_W1 ? 1 : 0;
    }
    if ((r >> 25 & 127) == 0) x.pp = r >> 32 & 3;
    if ((r >> 34 & 127) == 0) x.map = r >> 41 & 31;
    encode_vex(&w->e, &x, encode_vex_may_be_short(&x) && r >> 46 & 1);
}

static void modrm(struct writer *w, const struct insn *row, struct rng *g) {
    u8 b = (u8)rnd(g);
    bool only_reg = x86_row_register_only(row), only_mem = x86_row_memory_only(row);
    b = encode_modrm(row, b);
    if (only_reg || (!only_mem && one_in(g, 3))) b |= 0xc0;
    if (only_mem && b >= 0xc0 && !one_in(g, 16)) b = (u8)((b & 0x3f) | (below(g, 3) << 6));
    if (is_gather(row) && !one_in(g, 32)) b = (u8)((b & 0xf8) | 4);
    put(w, b);
    if (b >= 0xc0) return;
    unsigned mod = b >> 6, rm = b & 7;
    if (rm == 4) {
        u8 sib = (u8)rnd(g);
        put(w, sib);
        rm = sib & 7;
    }
    if (mod == 0 && rm == 5) w->disp_at = w->e.n;
    if (mod == 1) put(w, (u8)rnd(g));
    if (mod == 2 || (mod == 0 && rm == 5)) {
        u32 d = (u32)value(g);
        for (unsigned i = 0; i < 4; i++) put(w, (u8)(d >> 8 * i));
    }
}

static void tail(struct writer *w, struct rng *g) {
    u64 v = value(g), z = value(g);
    while (w->e.n < LONGEST) {
        put(w, (u8)v);
        v = v >> 8 | (z & 0xff) << 56;
        z >>= 8;
    }
}

// ---- registers

static void any_registers(struct registers *r, struct rng *g) {
    for (unsigned i = 0; i < 16; i++) r->gpr[i] = value(g);
    u64 bits = rnd(g);
    r->rflags = 2 | FL_IF | (bits & (FL_ARITH | FL_ID));
    if ((bits >> 32 & 3) == 0) r->rflags |= FL_DF;
    if ((bits >> 34 & 63) == 0) r->rflags |= FL_AC;
    // Not so large that offsets would have to be non-canonical themselves: AMD's processors refuse those.
    r->fs_base = bits >> 40 & 1 ? bits >> 48 : (u64)sext(value(g), 46);
    r->gs_base = bits >> 41 & 1 ? (u32)rnd(g) : (u64)sext(value(g), 46);
    r->cs = USER_CS;
    r->ds = 0;
}

// Gives base and index values that make the operand's address `want`. Without either the encoding says it, and the base of FS
// or GS is what can still be chosen.
static void aim(struct isa_case *k, u64 want, struct rng *g) {
    const struct uop *u = &k->d.uop;
    u64 *r = k->r.gpr;
    unsigned scale = u->mem & 3, seg = MEM_SEG(u), index = is_gather(k->row) ? 16 : u->index;
    u64 disp = u->base >= 16 ? k->fixed_at : (u64)u->disp;
    if (u->base >= 16 && index >= 16 && !k->bits32 && (seg == FS || seg == GS) && (u64)sext(want - disp, 47) == want - disp)
        *(seg == FS ? &k->r.fs_base : &k->r.gs_base) = want - disp;
    want -= segment_base(k, seg);
    if ((u64)sext(want, 48) != want) want = DATA; // AMD's processors refuse such an offset by itself
    if (u->base < 16 && u->base == index) {
        r[u->base] = (want - disp) / (1 + (1u << scale));
    } else if (u->base < 16) {
        if (index < 16 && one_in(g, 2)) r[index] = below(g, 256);
        r[u->base] = want - disp - (index < 16 ? r[index] << scale : 0);
        if (u->mem & MEM_ADDR32 && one_in(g, 2)) r[u->base] ^= rnd(g) << 32;
    } else if (index < 16) {
        r[index] = (want - disp) >> scale;
    }
}

u64 address_of(const struct isa_case *k) {
    const struct uop *u = &k->d.uop;
    u64 at = u->base < 16 ? k->r.gpr[u->base] + (u64)u->disp : k->fixed_at;
    if (u->index < 16 && !is_gather(k->row)) at += k->r.gpr[u->index] << (u->mem & 3);
    if (u->mem & MEM_ADDR32) at = (u32)at;
    if (u->mem & MEM_ADDR16) at = (u16)at;
    return at + segment_base(k, MEM_SEG(u));
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

// Memory that the case may write, as far as one can tell: what lies outside is looked at once per group.
static void may_write(struct isa_case *k, u64 at, unsigned before, unsigned after) {
    u64 from = at - before, to = at + after;
    if (at + 4096 < DATA + 4096 || at >= DATA + DATA_WRITABLE + before || k->windows == WINDOWS) return;
    if (from < DATA || from > at) from = DATA;
    if (to > DATA + DATA_WRITABLE) to = DATA + DATA_WRITABLE;
    if (from < to) k->window[k->windows++] = (struct window){(u32)(from - DATA), (u32)(to - DATA)};
}

static bool is_string(const struct insn *row) { return x86_row_places(row, P_STRING); }

// DIV, IDIV: dividends that mostly fit.
static void dividend(struct isa_case *k, struct rng *g) {
    u64 *r = k->r.gpr;
    if (one_in(g, 16)) return;
    unsigned sign = (8u << k->d.size) - 1;
    bool negative = k->row->modrm & 1 && r[RAX] >> sign & 1; // IDIV
    u64 high = negative ? ~(u64)0 : one_in(g, 2) ? 0 : below(g, 16);
    if (k->row->flags & BYTE) r[RAX] = (r[RAX] & ~(u64)0xff00) | (high & 0xff) << 8;
    else r[RDX] = high;
}

static void string_operands(struct isa_case *k, struct rng *g) {
    u64 *r = k->r.gpr, base = segment_base(k, MEM_SEG(&k->d.uop));
    r[RSI] = target(g, false) - base;
    r[RDI] = one_in(g, 4) ? r[RSI] + base + below(g, 64) - 32 : target(g, false);
    r[RCX] = one_in(g, 32) ? value(g) : below(g, 16) ? below(g, 40) : below(g, 3000);
    if (k->d.rep) may_write(k, DATA, 0, DATA_WRITABLE);
    else may_write(k, r[RDI], 8, 16);
}

// Operands that the encoding does not show.
static void implicit(struct isa_case *k, struct rng *g) {
    const struct insn *row = k->row;
    u64 *r = k->r.gpr;
    u64 stack = rnd(g);
    u64 aligned = stack >> 9 & 3 ? 7 : 0;
    bool frame = row->map == MAP_1 && (row->opcode == 0xc8 || row->opcode == 0xc9); // ENTER, LEAVE
    if ((stack & 15) != 0) r[RSP] = (stack >> 4 & 31) == 0 ? odd(g) : DATA + 0x800 + (stack >> 16 & 0xfff & ~aligned);
    if (frame) r[RBP] = one_in(g, 16) ? odd(g) : DATA + 0x800 + below(g, 0x1000);
    may_write(k, r[RSP], 80, 80);
    if (is_string(row)) string_operands(k, g);
    if ((row->map == MAP_0F || row->map == MAP_V0F) && row->opcode == 0xf7) { // MASKMOV
        u64 base = segment_base(k, MEM_SEG(&k->d.uop));
        r[RDI] = target(g, true) - base;
        may_write(k, r[RDI] + base, 16, 32);
    }
    if (row->map == MAP_1 && row->opcode == 0xd7) r[RBX] = target(g, false) - segment_base(k, MEM_SEG(&k->d.uop)) - (u8)r[RAX];
    if (row->map == MAP_1 && row->opcode >= 0xe0 && row->opcode <= 0xe3) r[RCX] = one_in(g, 2) ? below(g, 3) : value(g);
    if (row->map == MAP_1 && row->opcode >> 1 == 0xf6 >> 1 && (row->modrm & 7) >= 6) dividend(k, g);
    if (row_has(row, o_CL) && one_in(g, 2)) r[RCX] = (r[RCX] & ~(u64)0xff) | below(g, 70);
}

// A gather's indices: near, some negative, a few anywhere; and its mask, of which only the signs count.
static void indices(struct isa_case *k, struct rng *g) {
    u8 *low = k->r.fx + FX_XMM + 16 * (k->d.uop.index & 15), *high = k->r.fx + YMM_HIGH + 16 * (k->d.uop.index & 15);
    bool quads = k->row->opcode & 1, wild = one_in(g, 32);
    for (unsigned i = 0; i < 8; i++) {
        i32 v = (i32)below(g, 500) - 200;
        if (wild && one_in(g, 4)) v = (i32)rnd(g);
        if (quads && i & 1) v = ld32((i < 4 ? low : high) + 4 * (i & 3) - 4) >> 31 ? -1 : 0;
        st32((i < 4 ? low : high) + 4 * (i & 3), (u32)v);
    }
}

// Selectors of Linux's segments, null ones, and others.
static u16 selector(struct rng *g) { return (u16)(one_in(g, 2) ? below(g, 0x34) : one_in(g, 2) ? below(g, 0x90) : rnd(g)); }

static bool is_moffs(const struct insn *row) { return x86_row_places(row, P_OFFSET); }

static void operands(struct isa_case *k, const u8 *memory, struct rng *g) {
    const struct insn *row = k->row;
    implicit(k, g);
    if (is_bit_test(row) && k->d.uop.a < 16)
        k->r.gpr[k->d.uop.a] = one_in(g, 8) ? value(g) : (u64)(i64)((int)below(g, 800) - 400);
    if (asks_gdt(row) && !k->memory) {
        u64 *r = &k->r.gpr[k->d.uop.b & 15];
        *r = (*r & ~(u64)0xffff) | selector(g);
    }
    if (!k->memory || is_string(row)) return;
    aim(k, target(g, row_has(row, o_Wdq) || row_has(row, o_Mdq)), g);
    u64 at = address_of(k);
    if (is_gather(row)) indices(k, g);
    if (row->map == MAP_0F && (row->opcode == 0xb0 || row->opcode == 0xb1 || (row->opcode == 0xc7 && (row->modrm & 7) == 1)))
        equal_sometimes(k, at, memory, g);
    if (row_has(row, o_M)) may_write(k, at, 16, 1024);
    else may_write(k, at, 64, 128);
}

// ---- the encoding

static void narrow(struct registers *r) {
    for (unsigned i = 0; i < 16; i++) r->gpr[i] = i < 8 ? (u32)r->gpr[i] : 0;
    r->fs_base = r->gs_base = 0;
    r->cs = USER32_CS;
    r->ds = USER_SS;
}

static u64 place(unsigned length, struct rng *g) {
    switch (below(g, 32)) {
    case 0: return CODE + 0x1000 - below(g, length + 1);        // runs over a page's end
    case 1: return CODE + CODE_SIZE - length + below(g, 3) - 1; // ends at the last byte, or is not all there
    default: return CODE + 64 + 64 * below(g, 60);              // in front of it there is room for the producer
    }
}

static bool sets_tf(const struct insn *row) { return row->map == MAP_1 && row->opcode == 0x9d; } // POPF

static enum variant pick_variant(const struct isa_case *k, struct rng *g) {
    const struct insn *row = k->row;
    if (!row || sets_tf(row)) return STEP;
    if (row->flags & REP && k->d.ends) return k->vague || row->map != MAP_1 || (row->opcode & 0xfc) == 0x6c ? STEP : REPEAT;
    if (!(row->flags & (ENDS | READS_ALL)) && !k->vague && one_in(g, 2)) return NOFLAGS;
    return PLAIN;
}

u64 mode_of(const struct isa_case *k) { return k->bits32 ? MODE_CODE32 | MODE_STACK32 : MODE_CODE64 | MODE_STACK64; }

static void decode(struct isa_case *k, const struct decode_index *ix) {
    x86_decode(ix, mode_of(k), k->byte, LONGEST, 0, &k->d);
    k->row = k->d.insn;
    k->length = k->d.length;
    k->memory = k->d.memory;
    k->size16 = k->row && k->d.size == 1;
}

// Where the encoding itself says where the operand is.
static void fix_address(struct isa_case *k, unsigned disp_at, struct rng *g) {
    const struct uop *u = &k->d.uop;
    if (!k->memory || is_string(k->row) || u->base < 16) return;
    u64 want = target(g, row_has(k->row, o_Wdq) || row_has(k->row, o_Mdq));
    unsigned n = 4;
    if (is_moffs(k->row)) {
        n = u->mem & MEM_ADDR32 ? 4 : u->mem & MEM_ADDR16 ? 2 : 8;
        disp_at = k->length - n;
    }
    if (!disp_at) return;
    u64 from = u->base == 17 ? k->rip + k->length : 0;
    for (unsigned i = 0; i < n && disp_at + i < LONGEST; i++) k->byte[disp_at + i] = (u8)((want - from) >> (8 * i));
}

// CMP EAX, EBX behind the instruction: writes every arithmetic flag and nothing else.
static const u8 overwrite[] = {0x39, 0xd8};

// ADD a, b; SUB a, b: all arithmetic flags as SUB leaves them, any of which may be either, and a as it was. Not of RSP, of which nobody
// knows who looks at it.
static void produce(struct isa_case *k, struct rng *g) {
    static const u8 regs[] = {RAX, RCX, RDX, RBX, RBP, RSI, RDI};
    unsigned a = below(g, countof(regs)), b = (a + 1 + below(g, countof(regs) - 1)) % countof(regs);
    u8 modrm = (u8)(0xc0 | regs[b] << 3 | regs[a]), *at = k->code;
    if (!k->bits32) *at++ = 0x48;
    *at++ = 0x01, *at++ = modrm;
    if (!k->bits32) *at++ = 0x48;
    *at++ = 0x29, *at++ = modrm;
    k->front = (unsigned)(at - k->code);
    k->sum = regs[a], k->added = regs[b];
}

// The flags that the producer's SUB leaves (vol. 1, 3.4.3.1).
static u64 produced(const struct isa_case *k) {
    unsigned top = k->bits32 ? 31 : 63;
    u64 result = k->r.gpr[k->sum] & mask(top, 0), b = k->r.gpr[k->added] & mask(top, 0), sum = (result + b) & mask(top, 0);
    u64 overflow = (sum ^ b) & (sum ^ result);
    return (sum < b ? FL_CF : 0) | (__builtin_parity(result & 0xff) ? 0 : FL_PF) | ((sum ^ b ^ result) & FL_AF) |
           (result ? 0 : FL_ZF) | (result >> top ? FL_SF : 0) | (overflow >> top & 1 ? FL_OF : 0);
}

static void finish_code(struct isa_case *k, struct rng *g) {
    u64 room = CODE + CODE_SIZE - k->rip;
    memset(k->code, 0xcc, sizeof k->code);
    produce(k, g);
    memcpy(k->code + k->front, k->byte, k->row ? k->length : LONGEST);
    k->n = k->front + (room < LONGEST ? (unsigned)room : LONGEST);
    if (k->vague) return;
    u8 *p = k->code + k->front + k->length;
    if (k->plain == NOFLAGS) {
        memcpy(p, overwrite, sizeof overwrite);
        p += sizeof overwrite;
    }
    *p++ = 0xe9; // JMP to the exit
    u64 next = k->rip - k->front + (u64)(p - k->code) + 4;
    st32(p, (u32)((k->bits32 ? EXIT_32 : EXIT_64) - next));
    k->n = (unsigned)(p + 4 - k->code);
}

// What the bytes are, where they lie, and what follows them.
static void complete(struct isa_case *k, unsigned disp_at, const struct decode_index *ix, struct rng *g) {
    decode(k, ix);
    k->rip = place(k->length, g);
    if (k->row) fix_address(k, disp_at, g);
    bool enter = k->row && k->row->map == MAP_1 && k->row->opcode == 0xc8;
    if (enter && !one_in(g, 8)) k->byte[k->length - 2] &= 3; // frames that mostly fit
    decode(k, ix);
    k->fixed_at = (u64)k->d.uop.disp + (k->d.uop.base == 17 ? k->rip : 0);
    k->vague = !k->row || k->rip + k->length + 2 + 5 > CODE + CODE_SIZE;
    k->plain = pick_variant(k, g);
    finish_code(k, g);
    any_registers(&k->base, g);
    fx_values(k->base.fx, g);
    k->base.rip = k->rip - k->front;
}

void generate_swept(struct isa_case *k, u64 number, const struct decode_index *ix, struct rng *g) {
    unsigned disp_at = sweep_bytes(k, number, g);
    complete(k, disp_at, ix, g);
}

void generate(struct isa_case *k, const struct insn *row, const struct decode_index *ix, struct rng *g) {
    struct writer w = {.e = {.byte = k->byte, .room = LONGEST}};
    k->bits32 = row && (row->flags & I64 ? !one_in(g, 8) : row->flags & O64 ? one_in(g, 8) : one_in(g, 4));
    if (row) {
        if (row->map >= MAP_V0F) vex(&w, row, k->bits32, g);
        else prefixes(&w, row, !k->bits32, g);
        encode_opcode(&w.e, row, x86_row_places(row, P_OPCODE) ? below(g, 8) : 0);
        if (x86_row_needs_modrm(row)) modrm(&w, row, g);
    }
    if (!row && one_in(g, 2)) { // the second half of random bytes: mostly the 0F maps
        put(&w, 0x0f);
        if (one_in(g, 3)) put(&w, one_in(g, 2) ? 0x38 : 0x3a);
    }
    if (!row)
        while (w.e.n < LONGEST) put(&w, (u8)rnd(g));
    tail(&w, g);
    complete(k, w.disp_at, ix, g);
}

// ---- its inputs

// FP and vector registers that are operands; the others need not be new for every input.
static void new_values(struct isa_case *k, struct rng *g) {
    const struct insn *row = k->row;
    const struct uop *u = &k->d.uop;
    u8 *fx = k->r.fx;
    bool x87 = row->map == MAP_1 ? (row->opcode >= 0xd8 && row->opcode <= 0xdf) || row->opcode == 0x9b : row->flags & ENDS;
    if (x87 || x86_row_uses(row, R_MMX)) x87_values(fx, g);
    if (row->map == MAP_1) return;
    mxcsr_value(fx, g);
    u64 r = rnd(g);
    enum numbers kind = r & 1 ? ANY_NUMBERS : r & 2 ? FLOATS : DOUBLES;
    sse_value(fx, u->a & 15, kind, g);
    sse_value(fx, u->b & 15, kind, g);
    sse_value(fx, row->map >= MAP_V0F ? VEX_V(u) : 0, kind, g);
    if (x86_row_places(row, P_IS4)) sse_value(fx, (u->imm >> 4) & 15, kind, g);
    if (one_in(g, 4)) sse_value(fx, 0, kind, g);
    if (one_in(g, 4)) memcpy(fx + FX_XMM + 16 * (u->b & 15), fx + FX_XMM + 16 * (u->a & 15), 16);
}

void step(struct isa_case *k) {
    k->variant = STEP;
    k->r.rflags = (k->r.rflags & ~(u64)FL_ARITH) | produced(k) | FL_TF;
    k->r.rip = k->rip;
}

void generate_input(struct isa_case *k, unsigned j, const u8 *memory, struct rng *g) {
    k->r = k->base;
    k->windows = 0;
    any_registers(&k->r, g);
    if (k->row) new_values(k, g);
    if (k->row) operands(k, memory, g);
    if (k->bits32) narrow(&k->r);
    k->variant = !j && one_in(g, 8) ? STEP : k->plain;
    if (k->variant == STEP) step(k);
}
