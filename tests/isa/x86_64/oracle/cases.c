// SPDX-License-Identifier: MIT
// Cases: a row's encoding with prefixes of every kind, a mode, registers and memory; selectors, far pointers and frames where
// the instruction looks for them.
#include "base/le.h"
#include "../encode.h"
#include "oracle.h"

#include <string.h>

static bool is(const struct insn *row, const char *name) { return !strcmp(row->name, name); }

u64 mode_in(enum base b) {
    static const u64 mode[BASES] = {
        [LONG0] = MODE_CODE64 | MODE_STACK64,           [LONG3] = MODE_CODE64 | MODE_STACK64,
        [PROT0] = MODE_CODE32 | MODE_STACK32,           [PROT3] = MODE_CODE32 | MODE_STACK32,
        [CODE16] = MODE_CODE16 | MODE_STACK16,          [REAL] = MODE_CODE16 | MODE_STACK16 | MODE_REAL,
        [V86] = MODE_CODE16 | MODE_STACK16 | MODE_REAL,
    };
    return mode[b];
}

// ---- values

static u64 value(struct rng *g) {
    u64 one = (u64)1 << below(g, 64);
    switch (below(g, 12)) {
    case 0: return 0;
    case 1: return ~(u64)0;
    case 2: return one;
    case 3: return one - 1;
    case 4: return (u64)(i64)(i8)below(g, 256);
    case 5: return (u64)1 << (8 << below(g, 4)) >> 1;
    case 6: return below(g, 80);
    case 7:
    case 8: return DATA + below(g, DATA_END - DATA);
    default: return rnd(g) >> below(g, 64);
    }
}

// Of every descriptor there is, with any RPL; of the LDT; beyond the tables; null.
static u16 selector(struct rng *g) {
    switch (below(g, 12)) {
    case 0: return (u16)below(g, 4);
    case 1: return (u16)(4 | below(g, 6) << 3 | below(g, 4));
    case 2: return (u16)rnd(g);
    case 3:
    case 4:
    case 5: return (u16)(8 * (1 + below(g, 6)));
    case 6: return (u16)(0x20 + 8 * below(g, 3) + 3);
    default: return (u16)(below(g, 0x22) << 3 | below(g, 4));
    }
}

static u32 flags_value(struct rng *g) {
    return (u32)(rnd(g) & (FL_ARITH | FL_DF | FL_IF | FL_NT | FL_AC | FL_ID | FL_IOPL |
                           (one_in(g, 4) ? FL_TF | FL_RF | FL_VIF | FL_VIP : 0))) |
           FL_ONE;
}

// ---- encoding

static void prefixes(struct encoder *w, const struct insn *row, bool rex, struct rng *g) {
    static const u8 any[] = {0x66, 0x67, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    u8 list[8];
    unsigned n = 0;
    if (encode_prefix(row)) list[n++] = encode_prefix(row);
    if (row->prefix == PFX_ANY && one_in(g, 3)) list[n++] = 0x66;
    if (row->flags & REP && one_in(g, 2)) list[n++] = one_in(g, 2) ? 0xf2 : 0xf3;
    if (one_in(g, 6)) list[n++] = 0x67;
    if (one_in(g, 8)) list[n++] = any[4 + below(g, 6)];
    if (row->flags & LOCK && one_in(g, 4)) list[n++] = 0xf0;
    if (one_in(g, 32)) list[n++] = any[below(g, countof(any))];
    for (unsigned i = 0; i < n; i++) {
        unsigned j = i + below(g, n - i);
        u8 b = list[j];
        list[j] = list[i];
        encode_byte(w, b);
    }
    if (rex && one_in(g, 2)) encode_byte(w, (u8)(0x40 | below(g, 16)));
}

static void modrm(struct encoder *w, const struct insn *row, struct rng *g) {
    u8 b = (u8)rnd(g);
    bool only_reg = x86_row_register_only(row), only_mem = x86_row_memory_only(row);
    b = encode_modrm(row, b);
    if (only_reg || (!only_mem && one_in(g, 3))) b |= 0xc0;
    if (only_mem && b >= 0xc0 && !one_in(g, 16)) b = (u8)((b & 0x3f) | (below(g, 3) << 6));
    encode_byte(w, b);
}

static void encode(struct oracle_case *k, const struct insn *row, struct rng *g) {
    struct encoder w = {.byte = k->byte, .room = LONGEST};
    bool wide = is_long_base(k->base);
    if (row) {
        prefixes(&w, row, wide, g);
        encode_opcode(&w, row, x86_row_places(row, P_OPCODE) ? below(g, 8) : 0);
        if (x86_row_needs_modrm(row)) modrm(&w, row, g);
    } else if (one_in(g, 2)) {
        encode_byte(&w, 0x0f);
        if (one_in(g, 3)) encode_byte(&w, one_in(g, 2) ? 0x38 : 0x3a);
    }
    // What follows: SIB, displacement, immediate: often small.
    while (w.n < LONGEST) encode_byte(&w, one_in(g, 2) ? (u8)rnd(g) : (u8)-(int)below(g, 2));
}

// ---- operands

static u64 segment_base(enum base b, unsigned seg) {
    if (is_long_base(b)) return seg == FS ? 0x10 : seg == GS ? 0x20 : 0;
    if (!is_real_base(b) || seg == SS || seg == CS || (b == V86 && seg == GS)) return 0;
    return DATA;
}

static u64 target(struct rng *g) {
    switch (below(g, 16)) {
    default: return DATA + (below(g, 0x3000) & ~15u);
    case 9:
    case 10:
    case 11:
    case 12: return DATA + below(g, 0x3000);
    case 13: return DATA + 0x1000 - below(g, 16);
    case 15: return 0x20000 - below(g, 0x40); // the end of everything
    }
}

// Makes the operand lie at `want`, as far as registers can do that.
static void aim(struct oracle_case *k, u64 want, struct rng *g) {
    const struct uop *u = &k->d.uop;
    unsigned scale = u->mem & 3;
    want -= segment_base(k->base, MEM_SEG(u));
    u64 *r = k->gpr;
    if (u->base < 16 && u->base == u->index) {
        r[u->base] = (want - (u64)u->disp) / (1 + (1u << scale));
    } else if (u->base < 16) {
        if (u->index < 16) r[u->index] = below(g, 64);
        r[u->base] = want - (u64)u->disp - (u->index < 16 ? r[u->index] << scale : 0);
    } else if (u->index < 16) {
        r[u->index] = (want - (u64)u->disp) >> scale;
    }
}

// Linear address of the operand, by the manual's rules: segment base, base, index, displacement.
static u64 operand_at(const struct oracle_case *k) {
    const struct uop *u = &k->d.uop;
    u64 a = (u64)u->disp;
    if (u->base < 16) a += k->gpr[u->base];
    if (u->base == 17) a += k->rip;
    if (u->index < 16) a += k->gpr[u->index] << (u->mem & 3);
    if (u->mem & MEM_ADDR16) a = (u16)a;
    if (u->mem & MEM_ADDR32) a = (u32)a;
    a += segment_base(k->base, MEM_SEG(u));
    return is_long_base(k->base) ? a : (u32)a;
}

static u8 *data_at(struct oracle_case *k, u64 at, unsigned n) {
    return at >= DATA && at + n <= DATA_END ? k->data + (at - DATA) : NULL;
}

static unsigned width(const struct oracle_case *k) { return k->d.size == 3 ? 8 : k->d.size == 1 ? 2 : 4; }

static u64 code_address(struct rng *g) { return one_in(g, 8) ? value(g) : CODE + 0x100 + below(g, 0x200); }

static void far_pointer(struct oracle_case *k, struct rng *g) {
    unsigned n = width(k);
    u8 *p = data_at(k, operand_at(k), n + 2);
    if (!p) return;
    st_width(p, n, code_address(g));
    st16(p + n, selector(g));
}

// What RET far, IRET, POPF, POP find: (E)IP, CS, EFLAGS, (E)SP, SS, and what a virtual-8086 task has besides.
static void frame(struct oracle_case *k, struct rng *g) {
    unsigned n = width(k), at = 0;
    bool with_flags = is(k->row, "iret"), first = !with_flags && !is(k->row, "retf");
    if (k->row->flags & D64 && is_long_base(k->base) && n == 4) n = 8;
    k->has_stack = true;
    k->gpr[RSP] = STACK - 8 * below(g, 8) - (one_in(g, 8) ? below(g, 8) : 0);
    for (unsigned i = 0; i < sizeof k->stack; i++) k->stack[i] = (u8)rnd(g);
    if (first) {
        st_width(k->stack, n, one_in(g, 2) ? selector(g) : is(k->row, "popf") ? rnd(g) & 0x3f7fd5 : value(g));
        return;
    }
    // The selectors of code and stack should sometimes fit together.
    static const u16 pair[][2] = {{0x33, 0x2b}, {0x23, 0x2b}, {0x18, 0x10}, {0x08, 0x10},
                                  {0x48, 0x50}, {0x5b, 0x2b}, {0x18, 0},    {0xf9, 0xf1}};
    const u16 *fit = pair[below(g, countof(pair))];
    bool any = one_in(g, 3);
    u64 item[5], cs = any ? selector(g) : fit[0], ss = any && one_in(g, 2) ? selector(g) : fit[1];
    unsigned items = 0;
    item[items++] = code_address(g);
    item[items++] = cs;
    if (with_flags) item[items++] = flags_value(g);
    if (!with_flags && k->row->operand[0] == o_Iw) at = 2; // RETF n: most immediates lead past this frame
    item[items++] = 0x5800;
    item[items++] = ss;
    (void)at;
    for (unsigned i = 0; i < items && (i + 1) * n <= sizeof k->stack; i++) st_width(k->stack + i * n, n, item[i]);
}

static void system_registers(struct oracle_case *k, struct rng *g) {
    static const u32 msr[] = {0x10,       0x1b,       0x174,      0x175,      0x176,      0x277,      0xc0000080, 0xc0000081,
                              0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103};
    static const u64 cr0[] = {0x80050033, 0x50033};
    u64 *r = k->gpr;
    if (is(k->row, "rdmsr") || is(k->row, "wrmsr")) {
        r[RCX] = msr[below(g, countof(msr))];
        if (r[RCX] == 0xc0000080) r[RAX] = 0x901 ^ (one_in(g, 2) ? (u64)1 << below(g, 16) : 0), r[RDX] = 0;
        else if (!one_in(g, 4)) r[RDX] = (u64)((i64)(i32)r[RDX] >> 31);
    }
    unsigned b = k->d.uop.b;
    if (b >= 16 || k->row->map != MAP_0F || k->row->opcode < 0x20 || k->row->opcode > 0x23) return;
    switch (k->d.uop.a) {
    case 0: r[b] = cr0[!is_long_base(k->base)] ^ (one_in(g, 2) ? (u64)1 << below(g, 32) : 0); break;
    case 3: r[b] = 0x10000 | (one_in(g, 4) ? value(g) : 0); break;
    case 4: r[b] = 0x10620 ^ (one_in(g, 2) ? (u64)1 << below(g, 24) : 0); break;
    default: break;
    }
    if (k->row->opcode & 1) r[b] = one_in(g, 2) ? (u32)rnd(g) : value(g); // debug registers
}

static void operands(struct oracle_case *k, struct rng *g) {
    const struct insn *row = k->row;
    const struct uop *u = &k->d.uop;
    bool strings = x86_row_places(row, P_STRING);
    if (strings) {
        k->gpr[RSI] = target(g) - segment_base(k->base, MEM_SEG(u));
        k->gpr[RDI] = target(g) - segment_base(k->base, ES);
        k->gpr[RCX] = below(g, 40);
    } else if (k->d.memory) {
        aim(k, target(g), g);
    }
    if (row->map == MAP_1 && row->opcode == 0xd7) k->gpr[RBX] = target(g) - segment_base(k->base, MEM_SEG(u)) - (u8)k->gpr[RAX];
    if (row->map == MAP_1 && (row->opcode == 0xc8 || row->opcode == 0xc9)) k->gpr[RBP] = STACK + 8 * below(g, 32);
    if (row->map == MAP_1 && row->opcode >= 0xe0 && row->opcode <= 0xe3) k->gpr[RCX] = below(g, 4);
    if (is(row, "div") || is(row, "idiv")) k->gpr[RDX] = one_in(g, 2) ? 0 : (u64)((i64)k->gpr[RAX] >> 63);
    if (row_has(row, o_CL)) k->gpr[RCX] = (k->gpr[RCX] & ~(u64)0xff) | below(g, 70);
    bool selects = row_has(row, o_Sw) || row->flags & PROT || is(row, "arpl");
    if (selects && !k->d.memory && u->b < 16) k->gpr[u->b] = (k->gpr[u->b] & ~(u64)0xffff) | selector(g);
    if (selects && k->d.memory) {
        u8 *p = data_at(k, operand_at(k), 2);
        if (p) st16(p, selector(g));
    }
    if (row_has(row, o_Mp) || is(row, "lss") || is(row, "lfs") || is(row, "lgs")) far_pointer(k, g);
    if (row_has(row, o_Ap)) {
        unsigned n = width(k) == 2 ? 2 : 4;
        st_width(k->byte + k->d.length - n - 2, n, code_address(g));
        st16(k->byte + k->d.length - 2, selector(g));
    }
    if (is(row, "sysexit")) k->gpr[RDX] = code_address(g), k->gpr[RCX] = STACK;
    if (is(row, "sysret")) k->gpr[RCX] = code_address(g), k->gpr[11] = flags_value(g);
    if (is(row, "retf") || is(row, "iret") || is(row, "popf") || (is(row, "pop") && row->operand[0] == o_none)) frame(k, g);
    system_registers(k, g);
}

void make_case(struct oracle_case *k, const struct insn *row, const struct decode_index *ix, const u8 *image, struct rng *g) {
    memset(k, 0, sizeof *k);
    k->base = (enum base)below(g, BASES);
    if (row && row->flags & O64 && !one_in(g, 8)) k->base = (enum base)below(g, 2);
    if (row && row->flags & I64 && !one_in(g, 8)) k->base = (enum base)(2 + below(g, BASES - 2));
    k->rip = CODE + 32 * below(g, 4);
    k->flags = (u32)(rnd(g) & (FL_ARITH | FL_IF | FL_ID)) | FL_ONE | (one_in(g, 4) ? FL_DF : 0) | (one_in(g, 32) ? FL_NT : 0);
    for (unsigned i = 0; i < 16; i++) k->gpr[i] = value(g);
    k->gpr[RSP] = one_in(g, 16) ? target(g) : STACK - 8 * below(g, 64);
    for (unsigned i = 0; i < sizeof k->data; i += 8) st64(k->data + i, rnd(g));
    for (unsigned i = 0; i < 16; i++) st64(k->xmm[i], rnd(g)), st64(k->xmm[i] + 8, rnd(g));
    for (unsigned i = 0; i < 8; i++)
        st64(k->st[i], rnd(g) | BIT(63)), st16(k->st[i] + 8, (u16)(0x3ff0 + below(g, 32) + (below(g, 2) << 15)));
    encode(k, row, g);
    x86_decode(ix, mode_in(k->base), k->byte, LONGEST, 0, &k->d);
    k->row = k->d.insn;
    if (k->row) operands(k, g);
    if (!is_long_base(k->base))
        for (unsigned i = 0; i < 16; i++) k->gpr[i] = i < 8 ? (u32)k->gpr[i] : 0;
    x86_decode(ix, mode_in(k->base), k->byte, LONGEST, 0, &k->d);
    k->row = k->d.insn;
    // Unicorn translates what follows, too: HLT ends it.
    if (k->row) memset(k->byte + k->d.length, 0xf4, LONGEST - k->d.length);
}
