// SPDX-License-Identifier: MIT
// The decoder against the manual's rules, stated here a second time: lengths, addressing forms (vol. 2A, tables 2-1 to 2-3),
// prefixes, REX (2.2.1), LOCK, the limit of 15 bytes, and what exists in which mode.
#include "base/splitmix.h"
#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/sys/mem.h"
#include "x86_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const u64 modes[] = {[0] = MODE_CODE16, [1] = MODE_CODE32 | MODE_STACK32, [2] = MODE_CODE64 | MODE_STACK64};
static u64 mode_of(unsigned bits) { return modes[bits / 32]; }

static u64 seed;
static u64 rnd(void) { return splitmix64(&seed); }

// The decoder sees a copy that ends where it must not read on (ASan watches).
static struct decoded decode(struct x86_rig *r, unsigned bits, const u8 *code, unsigned have) {
    struct decoded d;
    u8 *copy = malloc(have ? have : 1);
    memcpy(copy, code, have);
    x86_decode(r->c->index, mode_of(bits), copy, have, 0, &d);
    free(copy);
    return d;
}
#define DECODE(r, bits, ...) decode(r, bits, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

// ---- lengths

// clang-format off
static const struct {
    u8 bits, length;
    u8 code[16];
} lengths[] = {
    {16, 1, {0x90}}, {32, 1, {0x90}}, {64, 1, {0x90}}, {64, 2, {0xf3, 0x90}},
    // immediates follow the operand size; 64-bit operands take 32 bits, but for MOV
    {16, 3, {0xb8}}, {32, 5, {0xb8}}, {64, 5, {0xb8}}, {64, 10, {0x48, 0xb8}}, {32, 4, {0x66, 0xb8}}, {16, 6, {0x66, 0xb8}},
    {64, 6, {0x48, 0x05}}, {64, 4, {0x66, 0x05}}, {64, 7, {0x48, 0xc7, 0xc0}}, {64, 5, {0x66, 0xc7, 0xc0}}, {64, 4, {0x48, 0x83, 0xc0}},
    {64, 5, {0x68}}, {64, 4, {0x66, 0x68}}, {64, 2, {0x6a}}, {64, 4, {0xc8}}, {64, 3, {0xc2}}, {64, 6, {0x69, 0xc0}}, {64, 3, {0x6b, 0xc0}},
    {64, 3, {0xf6, 0xc0}}, {64, 2, {0xf6, 0xd0}}, {64, 6, {0xf7, 0xc0}}, {64, 2, {0xf7, 0xd0}}, // only TEST of the group has one
    {64, 3, {0xc1, 0xe0}}, {64, 2, {0xd1, 0xe0}}, {64, 4, {0x0f, 0xa4, 0xc0}}, {64, 3, {0x0f, 0xa5, 0xc0}}, {64, 4, {0x0f, 0xba, 0xe0}},
    // near branches: 66h does nothing in 64-bit mode
    {64, 5, {0xe8}}, {64, 6, {0x66, 0xe8}}, {32, 5, {0xe8}}, {32, 4, {0x66, 0xe8}}, {16, 3, {0xe8}}, {16, 6, {0x66, 0xe8}},
    {64, 6, {0x0f, 0x84}}, {32, 5, {0x66, 0x0f, 0x84}}, {64, 2, {0xeb}}, {64, 2, {0x74}}, {64, 2, {0xe3}},
    // moffs follow the address size
    {16, 3, {0xa0}}, {32, 5, {0xa0}}, {64, 9, {0xa0}}, {64, 6, {0x67, 0xa0}}, {32, 4, {0x67, 0xa0}}, {16, 6, {0x67, 0xa0}}, {64, 10, {0x48, 0xa1}},
    // far pointers
    {32, 7, {0x9a}}, {32, 6, {0x66, 0x9a}}, {16, 5, {0xea}}, {16, 8, {0x66, 0xea}},
    // escapes, three-byte maps, mandatory prefixes
    {64, 2, {0x0f, 0x0b}}, {64, 3, {0x0f, 0xaf, 0xc0}}, {64, 4, {0x0f, 0x38, 0x00, 0xc0}}, {64, 6, {0x66, 0x0f, 0x3a, 0x0f, 0xc0}},
    {64, 5, {0xf2, 0x0f, 0x38, 0xf0, 0xc0}}, {64, 4, {0xf3, 0x0f, 0xb8, 0xc0}}, {64, 4, {0x66, 0x0f, 0x6e, 0xc0}}, {64, 5, {0x66, 0x48, 0x0f, 0x6e, 0xc0}},
    {64, 2, {0xd8, 0xc0}}, {64, 2, {0x9c, 0}}, {64, 3, {0x0f, 0x20, 0x00}}, {64, 3, {0x0f, 0x20, 0xc0}}, // MOV CR ignores mod
};
// clang-format on

static void lengths_of_the_list(void **state) {
    struct x86_rig *r = *state;
    for (unsigned i = 0; i < countof(lengths); i++) {
        unsigned n = lengths[i].length;
        if (lengths[i].code[0] == 0x9c) n = 1;
        struct decoded d = decode(r, lengths[i].bits, lengths[i].code, 15);
        if (d.length != n || !d.insn)
            fail_msg("case %u (%u bits, %02x %02x %02x): length %u, right is %u", i, lengths[i].bits, lengths[i].code[0],
                     lengths[i].code[1], lengths[i].code[2], d.length, n);
        assert_false(d.incomplete);
        assert_false(decode(r, lengths[i].bits, lengths[i].code, n).incomplete);
        for (unsigned have = 1; have < n; have++) assert_true(decode(r, lengths[i].bits, lengths[i].code, have).incomplete);
    }
}

// Bytes behind an instruction change nothing, and without its last byte it is incomplete.
static void nothing_behind_matters(void **state) {
    struct x86_rig *r = *state;
    seed = 7;
    for (unsigned i = 0; i < 300000; i++) {
        u8 code[15];
        unsigned bits = 16u << rnd() % 3;
        for (unsigned k = 0; k < 15; k++) code[k] = (u8)rnd();
        if (rnd() & 1) code[rnd() % 3] = 0x0f;
        struct decoded d = decode(r, bits, code, 15);
        assert_in_range(d.length, 1, 15);
        if (d.incomplete) continue;
        struct decoded again = decode(r, bits, code, d.length);
        assert_memory_equal(&again.uop, &d.uop, sizeof d.uop);
        assert_ptr_equal(again.insn, d.insn);
        assert_int_equal(again.length, d.length);
        if (d.insn && d.length > 1) assert_true(decode(r, bits, code, d.length - 1).incomplete);
    }
}

static void at_most_15_bytes(void **state) {
    struct x86_rig *r = *state;
    u8 code[20];
    memset(code, 0x66, sizeof code);
    code[14] = 0x90;
    assert_int_equal(decode(r, 64, code, 15).length, 15);
    assert_non_null(decode(r, 64, code, 15).insn);
    code[14] = 0x66;
    code[15] = 0x90;
    assert_true(decode(r, 64, code, 20).incomplete);
    // ... of which an immediate is a part, too: 10 + 5 fits, 11 + 5 does not.
    memset(code, 0x2e, sizeof code);
    code[10] = 0xb8;
    assert_int_equal(decode(r, 64, code, 15).length, 15);
    memmove(code + 1, code, 11);
    assert_true(decode(r, 64, code, 20).incomplete);
}

// ---- addressing forms

// Table 2-1: 16-bit forms.
static unsigned length16(u8 modrm) {
    unsigned mod = modrm >> 6, rm = modrm & 7;
    if (mod == 3) return 0;
    if (mod == 0) return rm == 6 ? 2 : 0;
    return mod;
}
static u64 address16(const u64 *g, u8 modrm, i64 disp8, i64 disp16) {
    unsigned mod = modrm >> 6;
    u64 a = 0;
    switch (modrm & 7) {
    case 0: a = g[RBX] + g[RSI]; break;
    case 1: a = g[RBX] + g[RDI]; break;
    case 2: a = g[RBP] + g[RSI]; break;
    case 3: a = g[RBP] + g[RDI]; break;
    case 4: a = g[RSI]; break;
    case 5: a = g[RDI]; break;
    case 6: a = mod ? g[RBP] : (u64)disp16; break;
    default: a = g[RBX]; break;
    }
    if (mod == 1) a += (u64)disp8;
    if (mod == 2) a += (u64)disp16;
    return (u16)a;
}

// Tables 2-2, 2-3, and 2-7 for 64-bit mode.
static unsigned length32(u8 modrm, u8 sib) {
    unsigned mod = modrm >> 6, rm = modrm & 7, n = 0;
    if (mod == 3) return 0;
    if (rm == 4) n = 1;
    if (mod == 1) return n + 1;
    if (mod == 2) return n + 4;
    if (rm == 5 || (rm == 4 && (sib & 7) == 5)) return n + 4;
    return n;
}
static u64 address32(const u64 *g, u8 rex, u8 modrm, u8 sib, i64 disp8, i64 disp32, u64 next_rip, bool long_mode) {
    unsigned mod = modrm >> 6, rm = modrm & 7, b = (rex & 1) * 8, x = (rex >> 1 & 1) * 8;
    u64 a;
    if (rm == 4) {
        unsigned base = sib & 7, index = (sib >> 3 & 7) + x;
        a = base == 5 && mod == 0 ? (u64)disp32 : g[base + b];
        if (index != 4) a += g[index] << (sib >> 6);
    } else if (rm == 5 && mod == 0) {
        a = (u64)disp32 + (long_mode ? next_rip : 0);
    } else {
        a = g[rm + b];
    }
    if (mod == 1) a += (u64)disp8;
    if (mod == 2) a += (u64)disp32;
    return a;
}

// The segment that a form uses without an override: SS when the base is rBP or rSP.
static unsigned segment16(u8 modrm) {
    unsigned rm = modrm & 7;
    return rm == 2 || rm == 3 || (rm == 6 && modrm >> 6) ? SS : DS;
}
static unsigned segment32(u8 rex, u8 modrm, u8 sib) {
    unsigned mod = modrm >> 6, rm = modrm & 7, base = rm == 4 ? sib & 7 : rm;
    if (rex & 1) return DS;
    if (base == 5 && mod == 0) return DS;
    return base == 4 || base == 5 ? SS : DS;
}

static void some_registers(struct x86_rig *r) {
    for (unsigned i = 0; i < 16; i++) r->c->s.gpr[i] = rnd();
    r->c->s.gpr[16] = 0;
    r->c->s.gpr[17] = 0x123456789000;
}

static void forms16(void **state) {
    struct x86_rig *r = *state;
    seed = 1;
    for (unsigned bits = 16; bits <= 32; bits += 16)
        for (unsigned modrm = 0; modrm < 0xc0; modrm++) {
            u8 code[15] = {0x67, 0x8b, (u8)modrm, (u8)rnd(), (u8)rnd()};
            const u8 *from = bits == 16 ? code + 1 : code;
            struct decoded d = decode(r, bits, from, 8);
            some_registers(r);
            assert_int_equal(d.length, 2 + (bits == 32) + length16((u8)modrm));
            u64 want = address16(r->c->s.gpr, (u8)modrm, (i8)code[3], (i16)(code[3] | code[4] << 8));
            assert_int_equal(x86_offset(r->c, &d.uop), want);
            assert_int_equal(MEM_SEG(&d.uop), segment16((u8)modrm));
        }
}

static void forms32(void **state) {
    struct x86_rig *r = *state;
    seed = 2;
    for (unsigned bits = 16; bits <= 64; bits *= 2)
        for (unsigned modrm = 0; modrm < 0xc0; modrm++)
            for (unsigned sib = 0; sib < ((modrm & 7) == 4 ? 256 : 1); sib++)
                for (unsigned rex = 0; rex < (bits == 64 ? 16 : 1); rex++) {
                    u8 code[15];
                    bool short_address = bits == 16 || (bits == 64 && (modrm ^ sib) & 8);
                    unsigned n = 0, at;
                    if (short_address) code[n++] = 0x67;
                    if (bits == 64) code[n++] = (u8)(0x40 | rex);
                    code[n++] = 0x8b;
                    code[n++] = (u8)modrm;
                    at = n;
                    while (n < 15) code[n++] = (u8)rnd();
                    if ((modrm & 7) == 4) code[at] = (u8)sib;
                    struct decoded d = decode(r, bits, code, 15);
                    unsigned length = at + length32((u8)modrm, (u8)sib), disp = at + ((modrm & 7) == 4);
                    assert_int_equal(d.length, length);
                    some_registers(r);
                    u64 want = address32(r->c->s.gpr, bits == 64 ? (u8)rex : 0, (u8)modrm, (u8)sib, (i8)code[disp],
                                         (i32)ld32(code + disp), r->c->s.gpr[17] + length, bits == 64);
                    if (bits != 64 || short_address) want = (u32)want;
                    assert_int_equal(x86_offset(r->c, &d.uop), want);
                    if (bits != 64) assert_int_equal(MEM_SEG(&d.uop), segment32(0, (u8)modrm, (u8)sib));
                    assert_int_equal(d.uop.a, (modrm >> 3 & 7) | (bits == 64 ? (rex & 4) << 1 : 0));
                }
}

// ---- prefixes

static void rex_stands_last(void **state) {
    struct x86_rig *r = *state;
    assert_int_equal(DECODE(r, 64, 0x48, 0x89, 0xc8).size, 3);
    assert_int_equal(DECODE(r, 64, 0x66, 0x48, 0x89, 0xc8).size, 3); // W wins over 66h
    assert_int_equal(DECODE(r, 64, 0x48, 0x66, 0x89, 0xc8).size, 1); // not last: as if it were not there
    assert_int_equal(DECODE(r, 64, 0x48, 0x66, 0x89, 0xc8).length, 4);
    assert_int_equal(DECODE(r, 64, 0x4c, 0x41, 0x89, 0xc8).uop.a, RCX); // the last of two counts
    assert_int_equal(DECODE(r, 64, 0x4c, 0x41, 0x89, 0xc8).uop.b, R8);
    assert_int_equal(DECODE(r, 32, 0x48).size, 2);
    assert_string_equal(DECODE(r, 32, 0x48).insn->name, "dec");
}

static void byte_registers(void **state) {
    struct x86_rig *r = *state;
    for (unsigned n = 0; n < 8; n++) {
        unsigned high = n < 4 ? 8 * n : 8 * (n - 4) + 1;
        assert_int_equal(DECODE(r, 64, 0x88, (u8)(0xc0 | n)).uop.b, high);
        assert_int_equal(DECODE(r, 64, 0x88, (u8)(0xc0 | n << 3)).uop.a, high);
        assert_int_equal(DECODE(r, 64, 0x40, 0x88, (u8)(0xc0 | n)).uop.b, 8 * n); // SPL, BPL, SIL, DIL
        assert_int_equal(DECODE(r, 64, 0x41, 0x88, (u8)(0xc0 | n)).uop.b, 8 * (n + 8));
        assert_int_equal(DECODE(r, 64, 0x44, 0x88, (u8)(0xc0 | n << 3)).uop.a, 8 * (n + 8));
        assert_int_equal(DECODE(r, 64, (u8)(0xb0 | n), 1).uop.b, high);
        assert_int_equal(DECODE(r, 64, 0x41, (u8)(0xb0 | n), 1).uop.b, 8 * (n + 8));
        assert_int_equal(DECODE(r, 32, 0x88, (u8)(0xc0 | n)).uop.b, high);
    }
}

static unsigned segment_of(struct decoded d) { return MEM_SEG(&d.uop); }

static void segment_overrides(void **state) {
    struct x86_rig *r = *state;
    static const u8 byte[] = {[ES] = 0x26, [CS] = 0x2e, [SS] = 0x36, [DS] = 0x3e, [FS] = 0x64, [GS] = 0x65};
    for (unsigned s = 0; s < SEG_COUNT; s++) {
        assert_int_equal(segment_of(DECODE(r, 32, byte[s], 0x8b, 0x03)), s);
        assert_int_equal(segment_of(DECODE(r, 32, byte[s], 0x8b, 0x45, 0)), s);
        for (unsigned last = 0; last < SEG_COUNT; last++) // the last counts
            assert_int_equal(segment_of(DECODE(r, 32, byte[s], byte[last], 0x8b, 0x03)), last);
        // 64-bit mode knows FS and GS; the others do nothing and do not take those back
        assert_int_equal(segment_of(DECODE(r, 64, byte[s], 0x8b, 0x03)), s >= FS ? s : DS);
        assert_int_equal(segment_of(DECODE(r, 64, 0x64, byte[s], 0x8b, 0x03)), s >= FS ? s : FS);
    }
}

static void operand_sizes(void **state) {
    struct x86_rig *r = *state;
    assert_int_equal(DECODE(r, 16, 0x89, 0xc8).size, 1);
    assert_int_equal(DECODE(r, 16, 0x66, 0x89, 0xc8).size, 2);
    assert_int_equal(DECODE(r, 32, 0x89, 0xc8).size, 2);
    assert_int_equal(DECODE(r, 32, 0x66, 0x89, 0xc8).size, 1);
    assert_int_equal(DECODE(r, 64, 0x89, 0xc8).size, 2);
    assert_int_equal(DECODE(r, 64, 0x66, 0x89, 0xc8).size, 1);
    assert_int_equal(DECODE(r, 64, 0x88, 0xc8).size, 0);
    assert_int_equal(DECODE(r, 64, 0x50).size, 3); // stack operations: 64 or 16
    assert_int_equal(DECODE(r, 64, 0x66, 0x50).size, 1);
    assert_int_equal(DECODE(r, 64, 0xc3).size, 3);
    assert_int_equal(DECODE(r, 64, 0xff, 0xd0).size, 3);
    assert_int_equal(DECODE(r, 64, 0x66, 0x48, 0xff, 0xd0).size, 3);
}

// F3 and F2 win over 66 as mandatory prefixes, and the last of F2 and F3 counts.
static void mandatory_prefixes(void **state) {
    struct x86_rig *r = *state;
    assert_string_equal(DECODE(r, 64, 0x0f, 0x10, 0xc1).insn->name, "movups");
    assert_string_equal(DECODE(r, 64, 0x66, 0x0f, 0x10, 0xc1).insn->name, "movupd");
    assert_string_equal(DECODE(r, 64, 0xf3, 0x0f, 0x10, 0xc1).insn->name, "movss");
    assert_string_equal(DECODE(r, 64, 0xf2, 0x0f, 0x10, 0xc1).insn->name, "movsd");
    assert_string_equal(DECODE(r, 64, 0xf3, 0x66, 0x0f, 0x10, 0xc1).insn->name, "movss");
    assert_string_equal(DECODE(r, 64, 0x66, 0xf2, 0x0f, 0x10, 0xc1).insn->name, "movsd");
    assert_string_equal(DECODE(r, 64, 0xf2, 0xf3, 0x0f, 0x10, 0xc1).insn->name, "movss");
    assert_string_equal(DECODE(r, 64, 0xf3, 0xf2, 0x0f, 0x10, 0xc1).insn->name, "movsd");
}

// Vol. 2A, LOCK: the list of instructions, with a memory destination. Every row is asked.
static void lock_where_the_manual_allows(void **state) {
    static const char *const allowed[] = {"add", "adc", "and", "btc", "btr", "bts", "cmpxchg", "cmpxchg8b", "cmpxchg16b", "dec",
                                          "inc", "neg", "not", "or",  "sbb", "sub", "xor",     "xadd",      "xchg"};
    struct x86_rig *r = *state;
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) {
            const struct insn *in = &(*t)->rows[i];
            bool may = false;
            for (unsigned k = 0; k < countof(allowed); k++) may |= !strcmp(in->name, allowed[k]);
            // ... of which the forms with a register destination, and the short ones, have no memory operand to lock
            u8 first = in->operand[0];
            may = may && (first == o_Eb || first == o_Ev || first == o_M);
            if (may != !!(in->flags & LOCK)) fail_msg("%s (map %u, opcode %02x): LOCK", in->name, in->map, in->opcode);
        }
    assert_non_null(DECODE(r, 64, 0xf0, 0x01, 0x03).insn);
    assert_null(DECODE(r, 64, 0xf0, 0x01, 0xc3).insn); // register destination
    assert_null(DECODE(r, 64, 0xf0, 0x03, 0x03).insn);
    assert_null(DECODE(r, 64, 0xf0, 0x39, 0x03).insn); // CMP
    assert_null(DECODE(r, 64, 0xf0, 0x90).insn);
}

static void modes_and_forms(void **state) {
    struct x86_rig *r = *state;
    static const u8 not64[] = {0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37,
                               0x3f, 0x60, 0x61, 0x82, 0x9a, 0xce, 0xd4, 0xd5, 0xd6, 0xea};
    for (unsigned i = 0; i < sizeof not64; i++) {
        assert_null(DECODE(r, 64, not64[i], 0xc0, 0, 0, 0, 0, 0, 0).insn);
        assert_non_null(DECODE(r, 32, not64[i], 0xc0, 0, 0, 0, 0, 0, 0).insn);
        assert_non_null(DECODE(r, 16, not64[i], 0xc0, 0, 0, 0, 0, 0, 0).insn);
    }
    assert_null(DECODE(r, 32, 0x0f, 0x05).insn); // SYSCALL: 64-bit mode only
    assert_non_null(DECODE(r, 64, 0x0f, 0x05).insn);
    assert_string_equal(DECODE(r, 32, 0x63, 0xc0).insn->name, "arpl");
    assert_string_equal(DECODE(r, 64, 0x63, 0xc0).insn->name, "movsxd");
    assert_null(DECODE(r, 64, 0x8d, 0xc0).insn); // LEA of a register
    assert_null(DECODE(r, 64, 0x8f, 0xc8).insn); // POP is /0 only
    assert_null(DECODE(r, 64, 0xfe, 0xd0).insn);
    assert_null(DECODE(r, 64, 0xff, 0xf8).insn);
    assert_null(DECODE(r, 64, 0xc6, 0xc8, 0).insn);
    assert_null(DECODE(r, 64, 0x0f, 0x04).insn);
    assert_null(DECODE(r, 64, 0x0f, 0xc7, 0xc8).insn); // CMPXCHG8B of a register
    assert_null(DECODE(r, 64, 0x0f, 0x3a, 0xff, 0xc0, 0).insn);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
    const struct CMUnitTest tests[] = {
        TEST(lengths_of_the_list),
        TEST(nothing_behind_matters),
        TEST(at_most_15_bytes),
        TEST(forms16),
        TEST(forms32),
        TEST(rex_stands_last),
        TEST(byte_registers),
        TEST(segment_overrides),
        TEST(operand_sizes),
        TEST(mandatory_prefixes),
        TEST(lock_where_the_manual_allows),
        TEST(modes_and_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
