// SPDX-License-Identifier: MIT
// SSE3, SSE4.1, FMA, F16C. DPPS and DPPD are left out: which NaN comes out is left to the processor (vol. 2A, DPPS). A VEX form of
// what SSE2 has is the same circuit, or the same function of an emulator.
#include "fp/arith.h"
#include "fp/convert.h"
#include "isa/x86_64/vec/f16c.h"
#include "isa/x86_64/vec/host_fp_row.h"

// ---- ADDSUB, HADD, HSUB: vectors whose lanes differ, or meet

typedef u64 pair_fn(u64 x, u64 y, struct fp_env *e);
ANSWER(adds, f32_add((u32)x, (u32)y, e))
ANSWER(addd, f64_add(x, y, e))
ANSWER(subs, f32_sub((u32)x, (u32)y, e))
ANSWER(subd, f64_sub(x, y, e))

static u64 once(pair_fn *f, u64 x, u64 y, u32 csr, u32 *flags) {
    struct fp_env e = sse_env(csr);
    u64 r = f(x, y, &e);
    *flags |= e.flags;
    return r;
}

static u32 alternate_s(union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = 0;
    for (unsigned i = 0; i < 4; i++) d->d[i] = (u32)once(i & 1 ? answer_adds : answer_subs, d->d[i], s->d[i], csr, &flags);
    return flags;
}
static u32 alternate_d(union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = 0;
    for (unsigned i = 0; i < 2; i++) d->q[i] = once(i ? answer_addd : answer_subd, d->q[i], s->q[i], csr, &flags);
    return flags;
}
// The destination's neighbours, then the source's.
static u32 neighbours_s(pair_fn *f, union xmm *d, const union xmm *s, u32 csr) {
    const union xmm from[2] = {*d, *s};
    u32 flags = 0;
    for (unsigned i = 0; i < 4; i++) d->d[i] = (u32)once(f, from[i / 2].d[i % 2 * 2], from[i / 2].d[i % 2 * 2 + 1], csr, &flags);
    return flags;
}
static u32 neighbours_d(pair_fn *f, union xmm *d, const union xmm *s, u32 csr) {
    const union xmm from[2] = {*d, *s};
    u32 flags = 0;
    for (unsigned i = 0; i < 2; i++) d->q[i] = once(f, from[i].q[0], from[i].q[1], csr, &flags);
    return flags;
}
#define NEIGHBOURS(name, width, f)                                                                                               \
    static u32 whole_##name(union xmm *d, const union xmm *s, u32 csr) { return neighbours_##width(f, d, s, csr); }
NEIGHBOURS(haddps, s, answer_adds)
NEIGHBOURS(haddpd, d, answer_addd)
NEIGHBOURS(hsubps, s, answer_subs)
NEIGHBOURS(hsubpd, d, answer_subd)

HOST_NAMED(addsubps)
HOST_NAMED(addsubpd)
HOST_NAMED(haddps)
HOST_NAMED(haddpd)
HOST_NAMED(hsubps)
HOST_NAMED(hsubpd)

// ---- ROUND: imm8[1:0] the rounding mode, [2] MXCSR's instead, [3] no precision exception; never DE

enum { BY_MXCSR = 4, QUIET = 8 };

static u64 rounded(FMT, u64 y, unsigned imm, struct fp_env *e) {
    struct fp_env exact = {0};
    if (is_nan(f, y)) return propagate_nan(f, &y, 1, e);
    e->denormal = FP_DENORMAL_SILENT;
    if (!(imm & BY_MXCSR)) e->rounding = imm & 3;
    y = flush_operand(f, y, e);
    if (magnitude(f, y) >> f.fraction >= (u64)bias(f) + f.fraction) return y;
    bool single = f.fraction == 23;
    i64 whole = single ? f32_to_i64((u32)y, e) : f64_to_i64(y, e);
    if (imm & QUIET) e->flags = 0;
    return signed_(f, is_negative(f, y), magnitude(f, single ? f32_from_i64(whole, &exact) : f64_from_i64(whole, &exact)));
}
#define ROUND(imm)                                                                                                               \
    HOST(roundss##imm, "roundss $" #imm ", %[s], %[d]")                                                                          \
    HOST(roundsd##imm, "roundsd $" #imm ", %[s], %[d]")                                                                          \
    HOST(roundps##imm, "roundps $" #imm ", %[s], %[d]")                                                                          \
    HOST(roundpd##imm, "roundpd $" #imm ", %[s], %[d]")                                                                          \
    ANSWER(rounds##imm, rounded(SINGLE, (u32)y, imm, e))                                                                         \
    ANSWER(roundd##imm, rounded(DOUBLE, y, imm, e))
ROUND(0)
ROUND(1)
ROUND(2)
ROUND(3)
ROUND(4)
ROUND(12)

// ---- FMA, with one operand twice (vol. 2C): 213: s * d + s, 132: d * s + d, 231: s * s + d

#define FUSED(name, negate)                                                                                                      \
    HOST(v##name##213sd, "v" #name "213sd %[s], %[s], %[d]")                                                                     \
    HOST(v##name##213ss, "v" #name "213ss %[s], %[s], %[d]")                                                                     \
    HOST(v##name##213pd, "v" #name "213pd %[s], %[s], %[d]")                                                                     \
    HOST(v##name##213ps, "v" #name "213ps %[s], %[s], %[d]")                                                                     \
    HOST(v##name##132sd, "v" #name "132sd %[s], %[d], %[d]")                                                                     \
    HOST(v##name##132ss, "v" #name "132ss %[s], %[d], %[d]")                                                                     \
    HOST(v##name##231sd, "v" #name "231sd %[s], %[s], %[d]")                                                                     \
    HOST(v##name##231ss, "v" #name "231ss %[s], %[s], %[d]")                                                                     \
    ANSWER(name##213s, f32_mul_add((u32)y, (u32)x, (u32)y, negate, e))                                                           \
    ANSWER(name##213d, f64_mul_add(y, x, y, negate, e))                                                                          \
    ANSWER(name##132s, f32_mul_add((u32)x, (u32)y, (u32)x, negate, e))                                                           \
    ANSWER(name##132d, f64_mul_add(x, y, x, negate, e))                                                                          \
    ANSWER(name##231s, f32_mul_add((u32)y, (u32)y, (u32)x, negate, e))                                                           \
    ANSWER(name##231d, f64_mul_add(y, y, x, negate, e))
FUSED(fmadd, FP_NEGATE_NONE)
FUSED(fnmsub, FP_NEGATE_PRODUCT | FP_NEGATE_ADDEND)

// ---- F16C

HOST_NAMED(vcvtph2ps)
HOST(vcvtps2ph, "vcvtps2ph $4, %[s], %[d]") // the rounding mode is MXCSR's

static u32 whole_vcvtph2ps(union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = 0;
    for (unsigned i = 0; i < 4; i++) d->d[i] = cvtph2ps_lane(s->w[i], &flags);
    return flags;
}
static u32 whole_vcvtps2ph(union xmm *d, const union xmm *s, u32 csr) {
    u32 flags = 0;
    *d = (union xmm){0};
    for (unsigned i = 0; i < 4; i++) d->w[i] = cvtps2ph_lane(s->d[i], csr, &flags);
    return flags;
}

// ---- the rows

#define OF(f, ...) {__VA_ARGS__, F_##f}
#define LANES_OF(f, name, text, answer, width, lanes, flags)                                                                     \
    OF(f, text, host_##name, answer_##answer, NULL, width, width, lanes, flags)
#define WHOLE(f, name, text, answer, width, flags) OF(f, text, host_##name, NULL, answer, width, width, 128 / width, flags)
#define ROUNDS(imm, text)                                                                                                        \
    LANES_OF(SSE41, roundsd##imm, "ROUNDSD" text, roundd##imm, 64, 1, KEEPS | UNARY),                                            \
        LANES_OF(SSE41, roundss##imm, "ROUNDSS" text, rounds##imm, 32, 1, KEEPS | UNARY),                                        \
        LANES_OF(SSE41, roundpd##imm, "ROUNDPD" text, roundd##imm, 64, 2, UNARY),                                                \
        LANES_OF(SSE41, roundps##imm, "ROUNDPS" text, rounds##imm, 32, 4, UNARY)
#define FUSES(name, text)                                                                                                        \
    LANES_OF(FMA, v##name##213sd, text "213SD", name##213d, 64, 1, KEEPS),                                                       \
        LANES_OF(FMA, v##name##213ss, text "213SS", name##213s, 32, 1, KEEPS),                                                   \
        LANES_OF(FMA, v##name##213pd, text "213PD", name##213d, 64, 2, 0),                                                       \
        LANES_OF(FMA, v##name##213ps, text "213PS", name##213s, 32, 4, 0),                                                       \
        LANES_OF(FMA, v##name##132sd, text "132SD", name##132d, 64, 1, KEEPS),                                                   \
        LANES_OF(FMA, v##name##132ss, text "132SS", name##132s, 32, 1, KEEPS),                                                   \
        LANES_OF(FMA, v##name##231sd, text "231SD", name##231d, 64, 1, KEEPS),                                                   \
        LANES_OF(FMA, v##name##231ss, text "231SS", name##231s, 32, 1, KEEPS)

static const struct host_op rows[] = {
    WHOLE(SSE3, addsubps, "ADDSUBPS", alternate_s, 32, 0),
    WHOLE(SSE3, addsubpd, "ADDSUBPD", alternate_d, 64, 0),
    WHOLE(SSE3, haddps, "HADDPS", whole_haddps, 32, 0),
    WHOLE(SSE3, haddpd, "HADDPD", whole_haddpd, 64, 0),
    WHOLE(SSE3, hsubps, "HSUBPS", whole_hsubps, 32, 0),
    WHOLE(SSE3, hsubpd, "HSUBPD", whole_hsubpd, 64, 0),
    ROUNDS(0, " (to nearest)"),
    ROUNDS(1, " (down)"),
    ROUNDS(2, " (up)"),
    ROUNDS(3, " (to zero)"),
    ROUNDS(4, " (by MXCSR)"),
    ROUNDS(12, " (by MXCSR, no PE)"),
    FUSES(fmadd, "VFMADD"),
    FUSES(fnmsub, "VFNMSUB"),
    WHOLE(F16C, vcvtph2ps, "VCVTPH2PS", whole_vcvtph2ps, 32, UNARY | EXACT),
    WHOLE(F16C, vcvtps2ph, "VCVTPS2PH", whole_vcvtps2ph, 32, UNARY),
};

const struct host_op_table host_fp_later = {rows, countof(rows)};
