// SPDX-License-Identifier: MIT
// Multiplication and division, and the decimal adjustments. MUL and IMUL set CF and OF when the upper half is more than an
// extension; SF ZF PF AF are undefined: SF, ZF and PF follow the low half, as on silicon.
#include "isa/x86_64/insn/ops.h"

#define WIDE8 u16
#define WIDE16 u32
#define WIDE32 u64
#define WIDE64 u128
#define SWIDE8 i16
#define SWIDE16 i32
#define SWIDE32 i64
#define SWIDE64 i128

// Upper half of the double-width accumulator: AH for 8 bits, else rDX.
#define HIGH8 REG8(1)
#define HIGH16 REG16(RDX)
#define HIGH32 REG32(RDX)
#define HIGH64 REG64(RDX)
#define SET_HIGH8(v) SET8(1, v)
#define SET_HIGH16(v) SET16(RDX, v)
#define SET_HIGH32(v) SET32(RDX, v)
#define SET_HIGH64(v) SET64(RDX, v)

#define MUL_FLAGS(N, low, over) (FLAGS_RESULT(N, low), c->s.cf = c->s.of = (over), c->s.af = 0)

#define MUL_BODY(N)                                                                                                              \
    WIDE##N p = (WIDE##N)((WIDE##N)REG##N(RAX) * y);                                                                             \
    MUL_FLAGS(N, p, (u##N)(p >> N) != 0);                                                                                        \
    SET##N(RAX, (u##N)p);                                                                                                        \
    SET_HIGH##N((u##N)(p >> N));                                                                                                 \
    NEXT
#define IMUL_BODY(N)                                                                                                             \
    SWIDE##N p = (SWIDE##N)((SWIDE##N)(i##N)REG##N(RAX) * (i##N)y);                                                              \
    MUL_FLAGS(N, p, p != (i##N)p);                                                                                               \
    SET##N(RAX, (u##N)p);                                                                                                        \
    SET_HIGH##N((u##N)(p >> N));                                                                                                 \
    NEXT

// The quotient of a 2N-bit number, or false when it does not fit.
#define DIVIDE(N)                                                                                                                \
    static bool divide##N(WIDE##N n, u##N d, u##N *q, u##N *r) {                                                                 \
        if (!d || (u##N)(n >> N) >= d) return false;                                                                             \
        *q = (u##N)(n / d);                                                                                                      \
        *r = (u##N)(n % d);                                                                                                      \
        return true;                                                                                                             \
    }
DIVIDE(8)
DIVIDE(16)
DIVIDE(32)
// One host instruction instead of a library's long division; it cannot trap, the quotient fits.
static bool divide64(u128 n, u64 d, u64 *q, u64 *r) {
    if ((u64)(n >> 64) >= d) return false;
    __asm__("divq %4" : "=a"(*q), "=d"(*r) : "0"((u64)n), "1"((u64)(n >> 64)), "r"(d) : "cc");
    return true;
}

#define SIGNED_DIVIDE(N)                                                                                                         \
    static bool signed_divide##N(SWIDE##N n, i##N d, u##N *q, u##N *r) {                                                         \
        bool minus = (n < 0) != (d < 0);                                                                                         \
        WIDE##N n_abs = n < 0 ? (WIDE##N)(0 - (WIDE##N)n) : (WIDE##N)n;                                                          \
        u##N d_abs = d < 0 ? (u##N)(0 - (u##N)d) : (u##N)d;                                                                      \
        if (!divide##N(n_abs, d_abs, q, r)) return false;                                                                        \
        u##N limit = (u##N)1 << (N - 1);                                                                                         \
        if (minus ? *q > limit : *q >= limit) return false;                                                                      \
        if (minus) *q = (u##N)(0 - *q);                                                                                          \
        if (n < 0) *r = (u##N)(0 - *r);                                                                                          \
        return true;                                                                                                             \
    }
SIGNED_DIVIDE(8)
SIGNED_DIVIDE(16)
SIGNED_DIVIDE(32)
SIGNED_DIVIDE(64)

#define DIV_BODY(N)                                                                                                              \
    u##N q, r;                                                                                                                   \
    WIDE##N n = (WIDE##N)((WIDE##N)HIGH##N << N | REG##N(RAX));                                                                  \
    if (!divide##N(n, y, &q, &r)) RAISE(EXC_DE, 0);                                                                              \
    SET##N(RAX, q);                                                                                                              \
    SET_HIGH##N(r);                                                                                                              \
    NEXT
#define IDIV_BODY(N)                                                                                                             \
    u##N q, r;                                                                                                                   \
    WIDE##N n = (WIDE##N)((WIDE##N)HIGH##N << N | REG##N(RAX));                                                                  \
    if (!signed_divide##N((SWIDE##N)n, (i##N)y, &q, &r)) RAISE(EXC_DE, 0);                                                       \
    SET##N(RAX, q);                                                                                                              \
    SET_HIGH##N(r);                                                                                                              \
    NEXT

#define ACCUMULATOR(N, name, BODY)                                                                                               \
    SOP(name##_e_r##N) {                                                                                                         \
        u##N y = REG##N(u->b);                                                                                                   \
        BODY(N);                                                                                                                 \
    }                                                                                                                            \
    SOP(name##_e_m##N) {                                                                                                         \
        u##N y = LOAD##N(c, u);                                                                                                  \
        BODY(N);                                                                                                                 \
    }
FOR_SIZES(ACCUMULATOR, mul, MUL_BODY)
FOR_SIZES(ACCUMULATOR, imul1, IMUL_BODY)
FOR_SIZES(ACCUMULATOR, div, DIV_BODY)
FOR_SIZES(ACCUMULATOR, idiv, IDIV_BODY)
#define ACCUMULATOR_OPS(name) {LIST(name##_e_r), LIST(name##_e_m)}
const struct ops mul_ops = ACCUMULATOR_OPS(mul), imul1_ops = ACCUMULATOR_OPS(imul1), div_ops = ACCUMULATOR_OPS(div),
                 idiv_ops = ACCUMULATOR_OPS(idiv);

#define IMUL_TO(N, x, y)                                                                                                         \
    SWIDE##N p = (SWIDE##N)((SWIDE##N)(i##N)(x) * (i##N)(y));                                                                    \
    MUL_FLAGS(N, p, p != (i##N)p);                                                                                               \
    SET##N(u->a, (u##N)p)
#define IMULS(N, _)                                                                                                              \
    SOP(imul2_r##N) {                                                                                                            \
        IMUL_TO(N, REG##N(u->a), REG##N(u->b));                                                                                  \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(imul2_m##N) {                                                                                                         \
        LOAD_E(N, y);                                                                                                            \
        IMUL_TO(N, REG##N(u->a), y);                                                                                             \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    SOP(imul3_r##N) {                                                                                                            \
        IMUL_TO(N, REG##N(u->b), u->imm);                                                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(imul3_m##N) {                                                                                                         \
        LOAD_E(N, x);                                                                                                            \
        IMUL_TO(N, x, u->imm);                                                                                                   \
        DONE;                                                                                                                    \
    }
FOR_SIZES_V(IMULS, )
const struct ops imul2_ops = OPS_V(imul2), imul3_ops = OPS_V(imul3);

// ---- decimal (vol. 2A). AL is offset 0, AH offset 1.
static void set_decimal(struct x86_cpu *c, bool cf, bool af) {
    FLAGS_RESULT(8, REG8(0));
    c->s.cf = cf;
    c->s.af = af ? FL_AF : 0;
    c->s.of = 0;
}

SOP(daa) {
    u8 al = REG8(0), r = al;
    bool af = (al & 15) > 9 || flag_af(&c->s), cf = al > 0x99 || c->s.cf;
    if (af) r += 6;
    if (cf) r += 0x60;
    SET8(0, r);
    set_decimal(c, cf, af);
    NEXT;
}

SOP(das) {
    u8 al = REG8(0), r = al;
    bool low = (al & 15) > 9 || flag_af(&c->s), high = al > 0x99 || c->s.cf, cf = high;
    if (low) {
        cf |= al < 6;
        r -= 6;
    }
    if (high) r -= 0x60;
    SET8(0, r);
    set_decimal(c, cf, low);
    NEXT;
}

SOP(aaa) {
    bool adjust = (REG8(0) & 15) > 9 || flag_af(&c->s);
    if (adjust) SET16(RAX, REG16(RAX) + 0x106);
    SET8(0, REG8(0) & 15);
    set_decimal(c, adjust, adjust);
    NEXT;
}

SOP(aas) {
    bool adjust = (REG8(0) & 15) > 9 || flag_af(&c->s);
    if (adjust) SET16(RAX, REG16(RAX) - 0x106);
    SET8(0, REG8(0) & 15);
    set_decimal(c, adjust, adjust);
    NEXT;
}

SOP(aam) {
    u8 base = (u8)u->imm, al = REG8(0);
    if (!base) RAISE(EXC_DE, 0);
    SET8(1, al / base);
    SET8(0, al % base);
    set_decimal(c, false, false);
    NEXT;
}

SOP(aad) {
    SET8(0, REG8(0) + REG8(1) * (u8)u->imm);
    SET8(1, 0);
    set_decimal(c, false, false);
    NEXT;
}
const struct ops daa_ops = OPS_R(daa), das_ops = OPS_R(das), aaa_ops = OPS_R(aaa), aas_ops = OPS_R(aas), aam_ops = OPS_R(aam),
                 aad_ops = OPS_R(aad);

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0x27, PFX_ANY, 0, "daa", {}, &daa_ops, .flags = I64 | NOFAULT, .reads = FL_CF | FL_AF, .writes = FL_ARITH & ~FL_OF, .undefined = FL_OF},
    {MAP_1, 0x2f, PFX_ANY, 0, "das", {}, &das_ops, .flags = I64 | NOFAULT, .reads = FL_CF | FL_AF, .writes = FL_ARITH & ~FL_OF, .undefined = FL_OF},
    {MAP_1, 0x37, PFX_ANY, 0, "aaa", {}, &aaa_ops, .flags = I64 | NOFAULT, .reads = FL_AF, .writes = FL_CF | FL_AF, .undefined = FL_ARITH & ~FL_CF & ~FL_AF},
    {MAP_1, 0x3f, PFX_ANY, 0, "aas", {}, &aas_ops, .flags = I64 | NOFAULT, .reads = FL_AF, .writes = FL_CF | FL_AF, .undefined = FL_ARITH & ~FL_CF & ~FL_AF},
    {MAP_1, 0xd4, PFX_ANY, 0, "aam", {o_Ib}, &aam_ops, .flags = I64, .writes = FL_SF | FL_ZF | FL_PF, .undefined = FL_OF | FL_AF | FL_CF},
    {MAP_1, 0xd5, PFX_ANY, 0, "aad", {o_Ib}, &aad_ops, .flags = I64 | NOFAULT, .writes = FL_SF | FL_ZF | FL_PF, .undefined = FL_OF | FL_AF | FL_CF},
    {MAP_1, 0xf6, PFX_ANY, EXT(4), "mul", {o_Eb}, &mul_ops, .flags = READS_ONLY | BYTE | NOFAULT | WRITES_RAX_RDX, .lazy = LAZY_MUL, .writes = FL_CF | FL_OF, .undefined = FL_ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0xf7, PFX_ANY, EXT(4), "mul", {o_Ev}, &mul_ops, .flags = READS_ONLY | NOFAULT | WRITES_RAX_RDX, .lazy = LAZY_MUL, .writes = FL_CF | FL_OF, .undefined = FL_ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0xf6, PFX_ANY, EXT(5), "imul", {o_Eb}, &imul1_ops, .flags = READS_ONLY | BYTE | NOFAULT | WRITES_RAX_RDX, .lazy = LAZY_MUL, .writes = FL_CF | FL_OF, .undefined = FL_ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0xf7, PFX_ANY, EXT(5), "imul", {o_Ev}, &imul1_ops, .flags = READS_ONLY | NOFAULT | WRITES_RAX_RDX, .lazy = LAZY_MUL, .writes = FL_CF | FL_OF, .undefined = FL_ARITH & ~(FL_CF | FL_OF)},
    // Divisions leave all flags undefined; here they stay as they were, so they kill none (MAYBE).
    {MAP_1, 0xf6, PFX_ANY, EXT(6), "div", {o_Eb}, &div_ops, .flags = BYTE | MAYBE | WRITES_RAX_RDX, .undefined = FL_ARITH},
    {MAP_1, 0xf7, PFX_ANY, EXT(6), "div", {o_Ev}, &div_ops, .flags = MAYBE | WRITES_RAX_RDX, .special = SPECIAL_DIV, .undefined = FL_ARITH},
    {MAP_1, 0xf6, PFX_ANY, EXT(7), "idiv", {o_Eb}, &idiv_ops, .flags = BYTE | MAYBE | WRITES_RAX_RDX, .undefined = FL_ARITH},
    {MAP_1, 0xf7, PFX_ANY, EXT(7), "idiv", {o_Ev}, &idiv_ops, .flags = MAYBE | WRITES_RAX_RDX, .special = SPECIAL_IDIV, .undefined = FL_ARITH},
    {MAP_0F, 0xaf, PFX_ANY, 0, "imul", {o_Gv, o_Ev}, &imul2_ops, .flags = NOFAULT, .lazy = LAZY_MUL, .writes = FL_CF | FL_OF, .undefined = FL_ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0x69, PFX_ANY, 0, "imul", {o_Gv, o_Ev, o_Iz}, &imul3_ops, .flags = NOFAULT, .lazy = LAZY_MUL, .writes = FL_CF | FL_OF, .undefined = FL_ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0x6b, PFX_ANY, 0, "imul", {o_Gv, o_Ev, o_sIb}, &imul3_ops, .flags = NOFAULT, .lazy = LAZY_MUL, .writes = FL_CF | FL_OF, .undefined = FL_ARITH & ~(FL_CF | FL_OF)},
};
// clang-format on
X86_TABLE(mul);
