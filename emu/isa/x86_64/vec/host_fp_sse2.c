// SPDX-License-Identifier: MIT
// SSE and SSE2, but for what each vendor does its own way (RCPPS, RSQRTPS).
#include "fp/arith.h"
#include "fp/compare.h"
#include "fp/convert.h"
#include "isa/x86_64/vec/host_fp_row.h"

#define HOST_FROM_INTEGER(name, text, type)                                                                                      \
    static u32 host_##name(union xmm *d, const union xmm *s, u32 csr) {                                                          \
        vec v = to_vec(d);                                                                                                       \
        u32 flags;                                                                                                               \
        FP_ASM(text " %[s], %[d]", [d] "+x"(v), [s] "r"((type)s->q[0]));                                                         \
        *d = from_vec(v);                                                                                                        \
        return flags & MX_FLAGS;                                                                                                 \
    }
#define HOST_TO_INTEGER(name, text, type)                                                                                        \
    static u32 host_##name(union xmm *d, const union xmm *s, u32 csr) {                                                          \
        type v;                                                                                                                  \
        u32 flags;                                                                                                               \
        FP_ASM(text " %[s], %[d]", [d] "=r"(v), [s] "x"(to_vec(s)));                                                             \
        *d = (union xmm){.q = {v}};                                                                                              \
        return flags & MX_FLAGS;                                                                                                 \
    }
// ZF, PF and CF in d->q[0], as in RFLAGS.
#define HOST_COMPARE(name)                                                                                                       \
    static u32 host_##name(union xmm *d, const union xmm *s, u32 csr) {                                                          \
        const u32 masked_csr = csr | MX_MASKS;                                                                                   \
        u8 zf, pf, cf;                                                                                                           \
        u32 flags;                                                                                                               \
        asm volatile("ldmxcsr %[csr]\n\t" #name " %[s], %[d]\n\tsetz %[zf]\n\tsetp %[pf]\n\tsetc %[cf]\n\t"                      \
                     "stmxcsr %[flags]\n\tldmxcsr %[host]"                                                                       \
                     : [flags] "=m"(flags), [zf] "=&q"(zf), [pf] "=&q"(pf), [cf] "=&q"(cf)                                       \
                     : [csr] "m"(masked_csr), [host] "m"(host_mxcsr), [d] "x"(to_vec(d)), [s] "x"(to_vec(s))                     \
                     : "cc");                                                                                                    \
        *d = (union xmm){.q = {(u64)(zf * FL_ZF | pf * FL_PF | cf * FL_CF)}};                                                    \
        return flags & MX_FLAGS;                                                                                                 \
    }

// ---- what is right

// MIN and MAX (vol. 2, MINSD): the source, unless the destination wins; any NaN is invalid.
static u64 extreme(FMT, enum fp_relation wins, u64 x, u64 y, struct fp_env *e) {
    x = flush_operand(f, x, e);
    y = flush_operand(f, y, e);
    enum fp_relation is = f.fraction == 23 ? f32_compare_signalling((u32)x, (u32)y, e) : f64_compare_signalling(x, y, e);
    return is == wins ? x : y;
}

// CMPPD's predicates (vol. 2, table 3-1): which relations are true of the lower two bits, the third turns it around.
static u64 compared(unsigned predicate, u64 ones, enum fp_relation r) {
    static const u8 holds[] = {BIT(FP_EQUAL), BIT(FP_LESS), BIT(FP_LESS) | BIT(FP_EQUAL), BIT(FP_UNORDERED)};
    return (holds[predicate & 3] >> r & 1) != predicate >> 2 ? ones : 0;
}

static u64 compare_flags(enum fp_relation r) {
    static const u8 flags[] = {[FP_LESS] = FL_CF, [FP_EQUAL] = FL_ZF, [FP_GREATER] = 0, [FP_UNORDERED] = FL_ZF | FL_PF | FL_CF};
    return flags[r];
}

#define BINARY(name)                                                                                                             \
    HOST_NAMED(name##ss)                                                                                                         \
    HOST_NAMED(name##sd)                                                                                                         \
    HOST_NAMED(name##ps) HOST_NAMED(name##pd) ANSWER(name##s, f32_##name((u32)x, (u32)y, e)) ANSWER(name##d, f64_##name(x, y, e))
BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
#define EXTREME(name, wins)                                                                                                      \
    HOST_NAMED(name##ss)                                                                                                         \
    HOST_NAMED(name##sd)                                                                                                         \
    HOST_NAMED(name##ps)                                                                                                         \
    HOST_NAMED(name##pd) ANSWER(name##s, extreme(SINGLE, wins, x, y, e)) ANSWER(name##d, extreme(DOUBLE, wins, x, y, e))
EXTREME(min, FP_LESS)
EXTREME(max, FP_GREATER)
HOST_NAMED(sqrtss)
HOST_NAMED(sqrtsd)
HOST_NAMED(sqrtps)
HOST_NAMED(sqrtpd)
ANSWER(sqrts, f32_sqrt((u32)y, e))
ANSWER(sqrtd, f64_sqrt(y, e))

#define PREDICATE(n, kind)                                                                                                       \
    HOST(cmpss##n, "cmpss $" #n ", %[s], %[d]")                                                                                  \
    HOST(cmpsd##n, "cmpsd $" #n ", %[s], %[d]")                                                                                  \
    HOST(cmpps##n, "cmpps $" #n ", %[s], %[d]")                                                                                  \
    HOST(cmppd##n, "cmppd $" #n ", %[s], %[d]")                                                                                  \
    ANSWER(cmps##n, compared(n, ~(u32)0, f32_compare_##kind((u32)x, (u32)y, e)))                                                 \
    ANSWER(cmpd##n, compared(n, ~(u64)0, f64_compare_##kind(x, y, e)))
PREDICATE(0, quiet)
PREDICATE(1, signalling)
PREDICATE(2, signalling)
PREDICATE(3, quiet)
PREDICATE(4, quiet)
PREDICATE(5, signalling)
PREDICATE(6, signalling)
PREDICATE(7, quiet)
HOST_COMPARE(ucomiss)
HOST_COMPARE(ucomisd)
HOST_COMPARE(comiss)
HOST_COMPARE(comisd)
ANSWER(ucomiss, compare_flags(f32_compare_quiet((u32)x, (u32)y, e)))
ANSWER(ucomisd, compare_flags(f64_compare_quiet(x, y, e)))
ANSWER(comiss, compare_flags(f32_compare_signalling((u32)x, (u32)y, e)))
ANSWER(comisd, compare_flags(f64_compare_signalling(x, y, e)))

HOST_NAMED(cvtss2sd)
HOST_NAMED(cvtps2pd)
HOST_NAMED(cvtsd2ss)
HOST_NAMED(cvtpd2ps)
ANSWER(widen, f32_to_f64((u32)y, e))
ANSWER(narrow, f64_to_f32(y, e))

HOST_FROM_INTEGER(cvtsi2ss32, "cvtsi2ssl", u32)
HOST_FROM_INTEGER(cvtsi2ss64, "cvtsi2ssq", u64)
HOST_FROM_INTEGER(cvtsi2sd32, "cvtsi2sdl", u32)
HOST_FROM_INTEGER(cvtsi2sd64, "cvtsi2sdq", u64)
HOST_NAMED(cvtdq2ps)
HOST_NAMED(cvtdq2pd)
ANSWER(i32_to_s, f32_from_i32((i32)y, e))
ANSWER(i64_to_s, f32_from_i64((i64)y, e))
ANSWER(i32_to_d, f64_from_i32((i32)y, e))
ANSWER(i64_to_d, f64_from_i64((i64)y, e))

HOST_TO_INTEGER(cvtss2si32, "cvtss2si", u32)
HOST_TO_INTEGER(cvtss2si64, "cvtss2si", u64)
HOST_TO_INTEGER(cvtsd2si32, "cvtsd2si", u32)
HOST_TO_INTEGER(cvtsd2si64, "cvtsd2si", u64)
HOST_TO_INTEGER(cvttss2si32, "cvttss2si", u32)
HOST_TO_INTEGER(cvttss2si64, "cvttss2si", u64)
HOST_TO_INTEGER(cvttsd2si32, "cvttsd2si", u32)
HOST_TO_INTEGER(cvttsd2si64, "cvttsd2si", u64)
HOST_NAMED(cvtps2dq)
HOST_NAMED(cvttps2dq)
HOST_NAMED(cvtpd2dq)
HOST_NAMED(cvttpd2dq)
// These raise no DE.
static struct fp_env *to_integer(struct fp_env *e, bool truncate) {
    e->denormal = FP_DENORMAL_SILENT;
    if (truncate) e->rounding = FP_ZERO;
    return e;
}
#define TO_INTEGER(name, truncate)                                                                                               \
    ANSWER(s##name##32, (u32)f32_to_i32((u32)y, to_integer(e, truncate)))                                                        \
    ANSWER(s##name##64, (u64)f32_to_i64((u32)y, to_integer(e, truncate)))                                                        \
    ANSWER(d##name##32, (u32)f64_to_i32(y, to_integer(e, truncate)))                                                             \
    ANSWER(d##name##64, (u64)f64_to_i64(y, to_integer(e, truncate)))
TO_INTEGER(_to_i, false)
TO_INTEGER(_trunc_i, true)

// ---- the rows

#define FOUR(name, text, flags)                                                                                                  \
    ROW(name##sd, text "SD", name##d, 64, 64, 1, KEEPS | flags), ROW(name##ss, text "SS", name##s, 32, 32, 1, KEEPS | flags),    \
        ROW(name##pd, text "PD", name##d, 64, 64, 2, flags), ROW(name##ps, text "PS", name##s, 32, 32, 4, flags)
#define CMP(n, text)                                                                                                             \
    ROW(cmpsd##n, "CMP" text "SD", cmpd##n, 64, 64, 1, KEEPS | EXACT),                                                           \
        ROW(cmpss##n, "CMP" text "SS", cmps##n, 32, 32, 1, KEEPS | EXACT),                                                       \
        ROW(cmppd##n, "CMP" text "PD", cmpd##n, 64, 64, 2, EXACT), ROW(cmpps##n, "CMP" text "PS", cmps##n, 32, 32, 4, EXACT)

static const struct host_op rows[] = {
    FOUR(add, "ADD", 0),
    FOUR(sub, "SUB", 0),
    FOUR(mul, "MUL", 0),
    FOUR(div, "DIV", 0),
    FOUR(min, "MIN", EXACT),
    FOUR(max, "MAX", EXACT),
    FOUR(sqrt, "SQRT", UNARY),
    CMP(0, "EQ"),
    CMP(1, "LT"),
    CMP(2, "LE"),
    CMP(3, "UNORD"),
    CMP(4, "NEQ"),
    CMP(5, "NLT"),
    CMP(6, "NLE"),
    CMP(7, "ORD"),
    ROW(ucomisd, "UCOMISD", ucomisd, 64, 64, 1, EXACT),
    ROW(ucomiss, "UCOMISS", ucomiss, 32, 64, 1, EXACT),
    ROW(comisd, "COMISD", comisd, 64, 64, 1, EXACT),
    ROW(comiss, "COMISS", comiss, 32, 64, 1, EXACT),
    ROW(cvtss2sd, "CVTSS2SD", widen, 32, 64, 1, KEEPS | UNARY),
    ROW(cvtps2pd, "CVTPS2PD", widen, 32, 64, 2, UNARY),
    ROW(cvtsd2ss, "CVTSD2SS", narrow, 64, 32, 1, KEEPS | UNARY),
    ROW(cvtpd2ps, "CVTPD2PS", narrow, 64, 32, 2, UNARY),
    ROW(cvtsi2ss32, "CVTSI2SS (32 bits)", i32_to_s, 32, 32, 1, KEEPS | UNARY),
    ROW(cvtsi2ss64, "CVTSI2SS (64 bits)", i64_to_s, 64, 32, 1, KEEPS | UNARY),
    ROW(cvtsi2sd32, "CVTSI2SD (32 bits)", i32_to_d, 32, 64, 1, KEEPS | UNARY),
    ROW(cvtsi2sd64, "CVTSI2SD (64 bits)", i64_to_d, 64, 64, 1, KEEPS | UNARY),
    ROW(cvtdq2ps, "CVTDQ2PS", i32_to_s, 32, 32, 4, UNARY),
    ROW(cvtdq2pd, "CVTDQ2PD", i32_to_d, 32, 64, 2, UNARY),
    ROW(cvtss2si32, "CVTSS2SI (32 bits)", s_to_i32, 32, 32, 1, UNARY),
    ROW(cvtss2si64, "CVTSS2SI (64 bits)", s_to_i64, 32, 64, 1, UNARY),
    ROW(cvtsd2si32, "CVTSD2SI (32 bits)", d_to_i32, 64, 32, 1, UNARY),
    ROW(cvtsd2si64, "CVTSD2SI (64 bits)", d_to_i64, 64, 64, 1, UNARY),
    ROW(cvttss2si32, "CVTTSS2SI (32 bits)", s_trunc_i32, 32, 32, 1, UNARY),
    ROW(cvttss2si64, "CVTTSS2SI (64 bits)", s_trunc_i64, 32, 64, 1, UNARY),
    ROW(cvttsd2si32, "CVTTSD2SI (32 bits)", d_trunc_i32, 64, 32, 1, UNARY),
    ROW(cvttsd2si64, "CVTTSD2SI (64 bits)", d_trunc_i64, 64, 64, 1, UNARY),
    ROW(cvtps2dq, "CVTPS2DQ", s_to_i32, 32, 32, 4, UNARY),
    ROW(cvttps2dq, "CVTTPS2DQ", s_trunc_i32, 32, 32, 4, UNARY),
    ROW(cvtpd2dq, "CVTPD2DQ", d_to_i32, 64, 32, 2, UNARY),
    ROW(cvttpd2dq, "CVTTPD2DQ", d_trunc_i32, 64, 32, 2, UNARY),
};

const struct host_op_table host_fp_sse2 = {rows, countof(rows)};
