// SPDX-License-Identifier: MIT
// Shifts and rotates (vol. 2B). The count is cut to 5 bits, 6 for 64-bit operands; a count of 0 changes no flag. OF is
// defined for counts of 1 only: for others it is what the same formula gives, as on silicon.
#include "isa/x86_64/insn/ops.h"

// In each meaning n is the cut count, not 0; x the operand of N bits; r the result.
#define shl_eval(N)                                                                                                              \
    u64 wide = n > N ? 0 : n == 64 ? 0 : (u64)x << n;                                                                            \
    r = (u##N)wide;                                                                                                              \
    u8 cf = n <= N ? (u8)((x >> (N - n)) & 1) : 0
#define shl_flags(N) (FLAGS_RESULT(N, r), c->s.cf = cf, c->s.of = (u8)(cf ^ (r >> (N - 1) & 1)), c->s.af = 0)
#define shr_eval(N)                                                                                                              \
    r = n < N ? (u##N)(x >> n) : 0;                                                                                              \
    u8 cf = n <= N ? (u8)((x >> (n - 1)) & 1) : 0
#define shr_flags(N) (FLAGS_RESULT(N, r), c->s.cf = cf, c->s.of = (u8)((r ^ (u##N)(r << 1)) >> (N - 1) & 1), c->s.af = 0)
#define sar_eval(N)                                                                                                              \
    r = (u##N)((i##N)x >> (n < N ? n : N - 1));                                                                                  \
    u8 cf = (u8)((i##N)x >> (n <= N ? n - 1 : N - 1) & 1)
#define sar_flags(N) (FLAGS_RESULT(N, r), c->s.cf = cf, c->s.of = 0, c->s.af = 0)

// Rotates touch CF and OF only.
#define rol_eval(N)                                                                                                              \
    unsigned k = n % N;                                                                                                          \
    r = k ? (u##N)(x << k | x >> (N - k)) : x
#define rol_flags(N) (c->s.cf = r & 1, c->s.of = (u8)((r & 1) ^ (r >> (N - 1) & 1)))
#define ror_eval(N)                                                                                                              \
    unsigned k = n % N;                                                                                                          \
    r = k ? (u##N)(x >> k | x << (N - k)) : x
#define ror_flags(N) (c->s.cf = (u8)(r >> (N - 1) & 1), c->s.of = (u8)((r ^ (u##N)(r << 1)) >> (N - 1) & 1))
// Through the carry: a rotation of N + 1 bits.
#define rcl_eval(N)                                                                                                              \
    unsigned k = n % (N + 1);                                                                                                    \
    u8 cf = c->s.cf;                                                                                                             \
    r = x;                                                                                                                       \
    if (k) {                                                                                                                     \
        cf = (u8)(x >> (N - k) & 1);                                                                                             \
        r = (u##N)((k < N ? (u##N)(x << k) : 0) | (u##N)((u##N)c->s.cf << (k - 1)) | (k > 1 ? x >> (N + 1 - k) : 0));            \
    }
#define rcl_flags(N) (c->s.cf = cf, c->s.of = (u8)(cf ^ (r >> (N - 1) & 1)))
#define rcr_eval(N)                                                                                                              \
    unsigned k = n % (N + 1);                                                                                                    \
    u8 cf = c->s.cf;                                                                                                             \
    r = x;                                                                                                                       \
    if (k) {                                                                                                                     \
        cf = (u8)(x >> (k - 1) & 1);                                                                                             \
        r = (u##N)((k < N ? x >> k : 0) | (u##N)((u##N)c->s.cf << (N - k)) | (k > 1 ? (u##N)(x << (N + 1 - k)) : 0));            \
    }
#define rcr_flags(N) (c->s.cf = cf, c->s.of = (u8)((r ^ (u##N)(r << 1)) >> (N - 1) & 1))
#define none_flags(N) (void)cf

#define CUT_COUNT(N, v) ((unsigned)(v) & (N == 64 ? 63 : 31))
#define COUNT_i u->imm
#define COUNT_1 1
#define COUNT_c REG8(8)

#define SHIFT(N, op, how, fl, tag)                                                                                               \
    SOP(op##_##how##_##tag##r##N) {                                                                                              \
        unsigned n = CUT_COUNT(N, COUNT_##how);                                                                                  \
        u##N x = REG##N(u->b), r;                                                                                                \
        if (!n) {                                                                                                                \
            SET##N(u->b, x);                                                                                                     \
            NEXT;                                                                                                                \
        }                                                                                                                        \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        SET##N(u->b, r);                                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_##how##_##tag##m##N) {                                                                                           \
        unsigned n = CUT_COUNT(N, COUNT_##how);                                                                                  \
        RMW_READ(N);                                                                                                             \
        u##N r;                                                                                                                  \
        if (!n) DONE;                                                                                                            \
        op##_eval(N);                                                                                                            \
        RMW_WRITE(N, r);                                                                                                         \
        fl(N);                                                                                                                   \
        DONE;                                                                                                                    \
    }
#define SHIFTS(op, how)                                                                                                          \
    FOR_SIZES(SHIFT, op, how, op##_flags, )                                                                                      \
    const struct ops op##_##how##_ops = OPS(op, how);
#define SHIFTS_NF(op, how)                                                                                                       \
    FOR_SIZES(SHIFT, op, how, none_flags, n)                                                                                     \
    const struct ops op##_##how##_nf_ops = OPS_NF(op, how);
#define EACH(op) SHIFTS(op, i) SHIFTS(op, 1) SHIFTS(op, c)
#define EACH_NF(op) SHIFTS_NF(op, i) SHIFTS_NF(op, 1) SHIFTS_NF(op, c)
EACH(rol)
EACH(ror)
EACH(rcl)
EACH(rcr)
EACH(shl)
EACH(shr)
EACH(sar)
EACH_NF(shl)
EACH_NF(shr)
EACH_NF(sar)

// SHLD, SHRD: y's bits are shifted in. 16-bit counts above 16 are undefined; here, as on silicon, the window is
// destination:source:destination.
#define shld_eval(N)                                                                                                             \
    u128 window = N == 16 ? (u128)x << 32 | (u128)y << 16 | x : (u128)x << N | y;                                                \
    unsigned top = N == 16 ? 48 : 2 * N;                                                                                         \
    r = (u##N)((window << n) >> (top - N));                                                                                      \
    u8 cf = (u8)(window >> (top - n) & 1)
// OF is defined for a count of 1 only: the sign changed. Here, as on silicon (AMD), it did in the last of n single steps.
#define shld_flags(N) (FLAGS_RESULT(N, r), c->s.cf = cf, c->s.of = (u8)((r >> (N - 1) ^ cf) & 1), c->s.af = 0)
#define shrd_eval(N)                                                                                                             \
    u128 window = N == 16 ? (u128)x << 32 | (u128)y << 16 | x : (u128)y << N | x;                                                \
    r = (u##N)(window >> n);                                                                                                     \
    u8 cf = (u8)(window >> (n - 1) & 1)
#define shrd_flags(N) (FLAGS_RESULT(N, r), c->s.cf = cf, c->s.of = (u8)((r ^ r << 1) >> (N - 1) & 1), c->s.af = 0)

#define DOUBLE(N, op, how)                                                                                                       \
    SOP(op##_##how##_r##N) {                                                                                                     \
        unsigned n = CUT_COUNT(N, COUNT_##how);                                                                                  \
        u##N x = REG##N(u->b), y = REG##N(u->a), r;                                                                              \
        if (!n) {                                                                                                                \
            SET##N(u->b, x);                                                                                                     \
            NEXT;                                                                                                                \
        }                                                                                                                        \
        op##_eval(N);                                                                                                            \
        op##_flags(N);                                                                                                           \
        SET##N(u->b, r);                                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_##how##_m##N) {                                                                                                  \
        unsigned n = CUT_COUNT(N, COUNT_##how);                                                                                  \
        RMW_READ(N);                                                                                                             \
        u##N y = REG##N(u->a), r;                                                                                                \
        if (!n) DONE;                                                                                                            \
        op##_eval(N);                                                                                                            \
        RMW_WRITE(N, r);                                                                                                         \
        op##_flags(N);                                                                                                           \
        DONE;                                                                                                                    \
    }
#define DOUBLES(op, how)                                                                                                         \
    FOR_SIZES_V(DOUBLE, op, how)                                                                                                 \
    const struct ops op##_##how##_ops = OPS_V(op##_##how);
DOUBLES(shld, i)
DOUBLES(shld, c)
DOUBLES(shrd, i)
DOUBLES(shrd, c)

// ---- rows
// clang-format off
// Group 2 at C0 (Ib), D0 (1), D2 (CL). SHL has a twin at /6.
#define GROUP2(digit, name, op, rd, wr, un, nf)                                                    \
    {MAP_1, 0xc0, PFX_ANY, EXT(digit), name, {o_Eb, o_Ib}, &op##_i_ops, .flags = BYTE | MAYBE | NOFAULT, .noflags = nf(op##_i), GROUP2_FLAGS(op, rd, wr, un)}, \
    {MAP_1, 0xc1, PFX_ANY, EXT(digit), name, {o_Ev, o_Ib}, &op##_i_ops, .flags = MAYBE | NOFAULT, .noflags = nf(op##_i), GROUP2_FLAGS(op, rd, wr, un)}, \
    {MAP_1, 0xd0, PFX_ANY, EXT(digit), name, {o_Eb, o_1}, &op##_1_ops, .flags = BYTE | NOFAULT, .noflags = nf(op##_1), GROUP2_FLAGS(op, rd, wr, un)}, \
    {MAP_1, 0xd1, PFX_ANY, EXT(digit), name, {o_Ev, o_1}, &op##_1_ops, .flags = NOFAULT, .noflags = nf(op##_1), GROUP2_FLAGS(op, rd, wr, un)}, \
    {MAP_1, 0xd2, PFX_ANY, EXT(digit), name, {o_Eb, o_CL}, &op##_c_ops, .flags = BYTE | MAYBE | NOFAULT, .noflags = nf(op##_c), GROUP2_FLAGS(op, rd, wr, un)}, \
    {MAP_1, 0xd3, PFX_ANY, EXT(digit), name, {o_Ev, o_CL}, &op##_c_ops, .flags = MAYBE | NOFAULT, .noflags = nf(op##_c), GROUP2_FLAGS(op, rd, wr, un)}
#define GROUP2_FLAGS(op, rd, wr, un) .lazy = LAZY_OF_##op, .reads = rd, .writes = wr, .undefined = un
#define NF(op) &op##_nf_ops
#define NO_NF(op) NULL

enum { LAZY_OF_shl = LAZY_SHL, LAZY_OF_shr = LAZY_SHR, LAZY_OF_sar = LAZY_SAR, LAZY_OF_rol = LAZY_ROL, LAZY_OF_ror = LAZY_ROR, LAZY_OF_rcl = 0, LAZY_OF_rcr = 0 };
static const struct insn rows[] = {
    GROUP2(0, "rol", rol, 0, FL_CF | FL_OF, 0, NO_NF),
    GROUP2(1, "ror", ror, 0, FL_CF | FL_OF, 0, NO_NF),
    GROUP2(2, "rcl", rcl, FL_CF, FL_CF | FL_OF, 0, NO_NF),
    GROUP2(3, "rcr", rcr, FL_CF, FL_CF | FL_OF, 0, NO_NF),
    GROUP2(4, "shl", shl, 0, FL_ARITH & ~FL_AF, FL_AF, NF),
    GROUP2(5, "shr", shr, 0, FL_ARITH & ~FL_AF, FL_AF, NF),
    GROUP2(6, "sal", shl, 0, FL_ARITH & ~FL_AF, FL_AF, NF),
    GROUP2(7, "sar", sar, 0, FL_ARITH & ~FL_AF, FL_AF, NF),
    {MAP_0F, 0xa4, PFX_ANY, 0, "shld", {o_Ev, o_Gv, o_Ib}, &shld_i_ops, .flags = MAYBE | NOFAULT | OWN_16, .lazy = LAZY_SHL, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_0F, 0xa5, PFX_ANY, 0, "shld", {o_Ev, o_Gv, o_CL}, &shld_c_ops, .flags = MAYBE | NOFAULT | OWN_16, .lazy = LAZY_SHL, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_0F, 0xac, PFX_ANY, 0, "shrd", {o_Ev, o_Gv, o_Ib}, &shrd_i_ops, .flags = MAYBE | NOFAULT | OWN_16, .lazy = LAZY_SHR, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_0F, 0xad, PFX_ANY, 0, "shrd", {o_Ev, o_Gv, o_CL}, &shrd_c_ops, .flags = MAYBE | NOFAULT | OWN_16, .lazy = LAZY_SHR, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
};
// clang-format on
X86_TABLE(shift);
