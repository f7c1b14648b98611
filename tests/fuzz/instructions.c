// SPDX-License-Identifier: MIT
#include "instructions.h"

#include "isa/x86_64/encode.h"

struct writer {
    struct encoder e;
    unsigned bits, word; // word: bytes of an operand that is no byte
};
static void put(struct writer *w, u64 v, unsigned bytes) { encode_bytes(&w->e, v, bytes); }

// Far transfers, strings, ENTER, and whatever stores or loads a whole state: what has walls to break.
static bool is_large(const struct insn *row) {
    return row->flags & REP || x86_row_has(row, o_Ap) || x86_row_has(row, o_Mp) || x86_row_has(row, o_IwIb) ||
           x86_row_is_vsib(row) || row->feature == F_XSAVE || row->feature == F_XSAVEOPT || row->feature == F_XSAVEC ||
           row->feature == F_XSAVES || row->feature == F_FXSR;
}

static const struct insn *any_row(struct rng *g) {
    static const struct insn_table *const often[] = {&x86_table_far,   &x86_table_sys,    &x86_table_io,  &x86_table_string,
                                                     &x86_table_stack, &x86_table_branch, &x86_table_alu, &x86_table_mov};
    bool large = one_in(g, 4);
    unsigned tables = 0;
    while (x86_tables[tables]) tables++;
    for (unsigned tries = 0;; tries++) {
        const struct insn_table *t = large || one_in(g, 2) ? often[below(g, countof(often))] : x86_tables[below(g, tables)];
        const struct insn *row = &t->rows[below(g, t->count)];
        if (!large || is_large(row) || tries == 100) return row;
    }
}

// Registers 0..7: right in every mode.
static void vex(struct writer *w, const struct insn *row, struct rng *g) {
    struct encode_vex x = {.map = encode_vex_map(row), .pp = encode_pp(row)};
    x.l = row->flags & VEX_L1 || (!(row->flags & VEX_L0) && one_in(g, 2));
    x.w = row->flags & VEX_W1 || (!(row->flags & VEX_W0) && one_in(g, 2));
    x.v = row->flags & VEX_NV ? 0 : 7 ^ below(g, 8);
    encode_vex(&w->e, &x, false);
}

static void prefixes(struct writer *w, const struct insn *row, struct rng *g) {
    static const u8 some[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x64, 0x65};
    if (one_in(g, 6)) put(w, some[below(g, countof(some))], 1);
    if (row->flags & REP && one_in(g, 2)) put(w, 0xf2 | below(g, 2), 1);
    if (row->flags & LOCK && one_in(g, 4)) put(w, 0xf0, 1);
    if (encode_is_vex(row)) return;
    if (encode_prefix(row)) put(w, encode_prefix(row), 1);
    if (w->bits == 64 && (row->flags & VEX_W1 || one_in(g, 3))) put(w, 0x48 | (one_in(g, 4) ? below(g, 8) : 0), 1);
}

// Often over a page's end, often where something lies.
static u64 address(struct rng *g) {
    return (u64)below(g, 0x20) << 12 | (one_in(g, 2) ? 0xff0 + below(g, 16) : below(g, 256) * 8);
}

// Memory through any register, or at an address of the machine.
static void modrm(struct writer *w, const struct insn *row, struct rng *g) {
    unsigned reg = row->modrm & 8 ? 0 : below(g, 8), rm = below(g, 8), mod = below(g, 3);
    bool memory = row->modrm & MEMONLY || (!(row->modrm & REGONLY) && !one_in(g, 3));
    if (!memory) mod = 3;
    else if (one_in(g, 3)) mod = 0, rm = w->bits == 16 ? 6 : 4; // at an address
    put(w, encode_modrm(row, mod << 6 | reg << 3 | rm), 1);
    if (!memory) return;
    bool sib = w->bits != 16 && rm == 4, absolute = !mod && rm == (w->bits == 16 ? 6 : 5);
    if (sib) absolute = !mod, put(w, mod ? rnd(g) : 0x25, 1);
    if (mod == 1) put(w, rnd(g), 1);
    else if (absolute || mod == 2) put(w, address(g), w->word);
}

static bool takes_modrm(const struct insn *row) { return encode_is_vex(row) || x86_row_needs_modrm(row); }

static const u16 selectors[] = {0x08, 0x10, 0x1b, 0x23, 0x28, 0x33, 0x38, 0x4b, 0x68,
                                0x70, 0x78, 0x88, 0x98, 0xc0, 0x04, 0x0c, 0x14};

static void immediates(struct writer *w, const struct insn *row, struct rng *g) {
    for (unsigned i = 0; i < countof(row->operand); i++) switch (row->operand[i]) {
        case o_Ib:
        case o_sIb:
        case o_Jb:
        case o_Lx:
        case o_Ldq: put(w, one_in(g, 2) ? below(g, 64) : rnd(g), 1); break;
        case o_Iw: put(w, below(g, 64), 2); break;
        case o_IwIb: put(w, below(g, 0x2000), 2), put(w, rnd(g), 1); break;
        case o_Iz:
        case o_Iv: put(w, one_in(g, 2) ? address(g) : rnd(g), w->word); break;
        case o_Jz: put(w, below(g, 64), w->word); break;
        case o_Ob:
        case o_Ov: put(w, address(g), w->bits / 8); break;
        case o_Ap: put(w, w->bits == 16 ? 0 : 0x10000, w->word), put(w, selectors[below(g, countof(selectors))], 2); break;
        }
}

// MSRs, CPUID leaves, XCR0, selectors, addresses, counts.
static void constant(struct writer *w, bool numbered, struct rng *g) {
    static const u32 known[] = {0x10,       0x1b,       0x3b,       0x8b,       0xce,       0xfe,       0x174,      0x175,
                                0x176,      0x1a0,      0x1d9,      0x200,      0x201,      0x250,      0x258,      0x268,
                                0x277,      0x2ff,      0x6e0,      0x6e1,      0x808,      0xda0,      0xc0000080, 0xc0000081,
                                0xc0000082, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, 0x80000001, 0x80000008,
                                0,          1,          2,          4,          7,          0xd,        0x207,      0x40,
                                0xfff,      0x1000,     0x7fffffff, 0x80000000, 0xffffffff};
    unsigned kind = below(g, numbered ? 2 : 6), r = numbered || one_in(g, 3) ? 1 : below(g, 8);
    u64 v = kind < 2    ? known[below(g, countof(known))]
            : kind == 2 ? selectors[below(g, countof(selectors))]
            : kind == 3 ? (u64)1 << below(g, 32)
            : kind == 4 ? address(g) & ~(u64)63
                        : address(g);
    if (r == 4) r = 0; // not the stack's
    if (w->bits == 16) put(w, 0x66, 1);
    put(w, 0xb8 + r, 1);
    put(w, v, 4);
}

unsigned random_instruction(u8 code[static INSTRUCTION_MOST], unsigned bits, struct rng *g) {
    const struct insn *row = any_row(g);
    struct writer w = {.e = {.byte = code, .room = INSTRUCTION_MOST}, .bits = bits, .word = bits == 16 ? 2 : 4};
    bool numbered = row->map == MAP_0F && (row->opcode == 0x30 || row->opcode == 0x32); // WRMSR, RDMSR
    if (numbered || one_in(g, 3)) constant(&w, numbered, g);
    prefixes(&w, row, g);
    if (encode_is_vex(row)) vex(&w, row, g);
    encode_opcode(&w.e, row, x86_row_places(row, P_OPCODE) ? below(g, 8) : 0);
    if (takes_modrm(row)) modrm(&w, row, g);
    immediates(&w, row, g);
    return w.e.n;
}
