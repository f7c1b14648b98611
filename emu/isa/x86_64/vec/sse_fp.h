// SPDX-License-Identifier: MIT
// SSE floating point on the host's SSE: each operation is the host's own instruction under the guest's MXCSR, its flags read
// back. What a host that is itself an emulator gets wrong is ours (fp_settle): DE, which of two NaNs wins, MIN and MAX with
// DAZ. QEMU 7.2's TCG never sets DE and takes x87's rule for NaNs, and our firmware must do the same there as on silicon.
//
// Going through MXCSR costs ten times the operation. So each instruction also has quick_name, which computes it under the
// host's default control and says whether that was all: no exception came up, or none but an inexact result (PE) that is
// masked and whose flag is set already, as it is in any program after its first division.
#ifndef X86_SSE_FP_H
#define X86_SSE_FP_H

#include "fp/env.h"
#include "isa/x86_64/vec/sse.h"

// One floating-point instruction: *d = op(*d, *s, imm) under the control bits of csr (no flags set); returns the flags that it
// raised. With all exceptions masked these are the masked response's. With any unmasked they are those of the unmasked
// response, and *d is undefined. Leaves the host's MXCSR at MX_DEFAULT.
typedef u32 fp_run(union xmm *d, const union xmm *s, u32 csr, u8 imm);
// The short path: true when *d holds the result and MXCSR stays as it is; false with *d untouched.
typedef bool fp_quick(union xmm *d, const union xmm *s, u32 mxcsr, u8 imm);

// A 16-byte value as inline assembly takes it.
typedef u8 vec __attribute__((vector_size(16)));
static inline vec to_vec(const union xmm *x) {
    vec v;
    memcpy(&v, x, 16);
    return v;
}
static inline union xmm from_vec(vec v) {
    union xmm x;
    memcpy(&x, &v, 16);
    return x;
}

static const u32 host_mxcsr = MX_DEFAULT;
// `text` between loading csr and reading its flags back: one asm, so that nothing moves in or out and the operand order
// (whose NaN wins: vol. 1, table 4-7) stays the processor's.
#define FP_ASM(text, outputs, ...)                                                                                               \
    const u32 masked_csr = csr | MX_MASKS;                                                                                       \
    asm volatile("ldmxcsr %[csr]\n\t" text "\n\tstmxcsr %[flags]\n\tldmxcsr %[host]"                                             \
                 : [flags] "=m"(flags), outputs                                                                                  \
                 : [csr] "m"(masked_csr), [host] "m"(host_mxcsr), __VA_ARGS__)

#define QUICK(name) static ALWAYS_INLINE bool quick_##name(union xmm *d, const union xmm *s, u32 mxcsr, u8 imm)
#define NO_QUICK(name)                                                                                                           \
    QUICK(name) { return false; }
#define RUN(name) static inline u32 run_##name(union xmm *d, const union xmm *s, u32 csr, u8 imm)
// run_name is the one host instruction `text` of %[s] and %[d]: for instructions that never raise DE.
#define RUN_ASM(name, text)                                                                                                      \
    RUN(name) {                                                                                                                  \
        vec vd = to_vec(d);                                                                                                      \
        u32 flags;                                                                                                               \
        FP_ASM(text, [d] "+x"(vd), [s] "x"(to_vec(s)));                                                                          \
        *d = from_vec(vd);                                                                                                       \
        return flags & MX_FLAGS & ~(u32)MX_DE;                                                                                   \
    }

// What a lane with a NaN or a denormal needs beyond the host's instruction.
enum fp_kind {
    FP_ARITH,   // a op b: the first NaN wins
    FP_DIVIDE,  // the same, and a division by zero hides a denormal dividend
    FP_MINMAX,  // the source wins over NaNs and among zeros
    FP_COMPARE, // no floating-point result
    FP_WIDEN,   // reads only the source; exact
    FP_NARROW,  // reads only the source; the result has 32 bits
    FP_SQRT,    // reads only the source; a negative denormal is invalid
};

static inline bool special32(u32 x) { return (x & 0x7fffffff) - 1 < 0x7fffff || (x & 0x7fffffff) > 0x7f800000; }
static inline bool special64(u64 x) { return (x & ~BIT(63)) - 1 < mask(51, 0) || (x & ~BIT(63)) > mask(62, 52); }
static ALWAYS_INLINE bool fp_special(const union xmm *a, const union xmm *b, unsigned width, unsigned lanes, enum fp_kind kind) {
    bool any = false;
    UNROLL for (unsigned i = 0; i < lanes; i++) {
        any |= width == 32 ? special32(b->d[i]) : special64(b->q[i]);
        if (kind < FP_WIDEN) any |= width == 32 ? special32(a->d[i]) : special64(a->q[i]);
    }
    return any;
}
// Corrects the result *r of a op b (lanes of `width` bits); returns DE if it is due.
u32 fp_settle(union xmm *r, const union xmm *a, const union xmm *b, u32 csr, unsigned width, unsigned lanes, enum fp_kind kind);
// The flags of `run`, an instruction of these lanes, under a csr that does not mask everything.
u32 fp_response(fp_run *run, const union xmm *a, const union xmm *b, u32 csr, u8 imm, unsigned width, unsigned lanes,
                enum fp_kind kind);
// Turns denormals into zeros: DAZ by hand, for MIN and MAX (which an emulated host lets through unflushed).
void fp_flush(union xmm *a, union xmm *b, unsigned width, unsigned lanes);

// Rounding to nearest, and PE would change nothing.
static inline bool sse_may_be_inexact(u32 mxcsr) { return (mxcsr & (MX_RC | MX_PM | MX_PE)) == (MX_PM | MX_PE); }

// For what is computed on integers (emu/fp): the flags stand as in MXCSR, the rounding modes as in MXCSR.RC. FP_NX is set beforehand
// where that lets short paths be taken and changes nothing.
static_assert(MX_IE == FP_NV && MX_DE == FP_ID && MX_ZE == FP_DZ && MX_OE == FP_OF && MX_UE == FP_UF && MX_PE == FP_NX);
static ALWAYS_INLINE struct fp_env sse_env(u32 mxcsr) {
    return (struct fp_env){.rounding = mxcsr >> MX_RC_SHIFT & 3,
                           .flush_in = mxcsr & MX_DAZ,
                           .flush_out = mxcsr & MX_FZ,
                           .trapped = ~mxcsr >> MX_MASK_SHIFT & (FP_OF | FP_UF),
                           .nan = FP_NAN_FIRST,
                           .negative_nan = true,
                           .denormal = FP_DENORMAL_USED,
                           .no_integer = FP_INDEFINITE,
                           .flags = sse_may_be_inexact(mxcsr) ? FP_NX : 0};
}

// Neither zero nor at either end of the exponent's range: neither OE, UE, ZE nor IE came up.
static ALWAYS_INLINE bool fp_ordinary(const union xmm *r, unsigned width, unsigned lanes) {
    bool all = true;
    UNROLL for (unsigned i = 0; i < lanes; i++) all &= width == 32 ? (r->d[i] & 0x7fffffff) - 0x01000000 < 0x7f800000 - 0x01000000
                                                                   : (r->q[i] & ~BIT(63)) - BIT(53) < mask(62, 52) - BIT(53);
    return all;
}

// run_name and quick_name are `text`, of `lanes` lanes of `width` bits.
#define RUN_FP(name, text, width, lanes, kind)                                                                                   \
    QUICK(name) {                                                                                                                \
        bool exact = kind == FP_MINMAX || kind == FP_COMPARE || kind == FP_WIDEN;                                                \
        if (!exact && !sse_may_be_inexact(mxcsr)) return false;                                                                  \
        if (unlikely(fp_special(d, s, width, lanes, kind))) return false;                                                        \
        vec vd = to_vec(d);                                                                                                      \
        asm volatile(text : [d] "+x"(vd) : [s] "x"(to_vec(s)));                                                                  \
        union xmm r = from_vec(vd);                                                                                              \
        if (!exact && unlikely(!fp_ordinary(&r, kind == FP_NARROW ? 32 : width, lanes))) return false;                           \
        *d = r;                                                                                                                  \
        return true;                                                                                                             \
    }                                                                                                                            \
    RUN(name) {                                                                                                                  \
        if (unlikely(~csr & MX_MASKS)) return fp_response(run_##name, d, s, csr, imm, width, lanes, kind);                       \
        union xmm a = *d, b = *s;                                                                                                \
        if (kind == FP_MINMAX && unlikely(csr & MX_DAZ)) fp_flush(&a, &b, width, lanes);                                         \
        vec vd = to_vec(&a);                                                                                                     \
        u32 flags;                                                                                                               \
        FP_ASM(text, [d] "+x"(vd), [s] "x"(to_vec(&b)));                                                                         \
        *d = from_vec(vd);                                                                                                       \
        flags &= MX_FLAGS & ~(u32)MX_DE;                                                                                         \
        if (unlikely(fp_special(&a, &b, width, lanes, kind))) flags |= fp_settle(d, &a, &b, csr, width, lanes, kind);            \
        return flags;                                                                                                            \
    }

// Sets MXCSR's flags as an instruction does whose elements raised `flags`; raises #XM (or #UD, CR4.OSXMMEXCPT) when one of them
// is unmasked. No register may be committed before.
void fp_commit(struct x86_cpu *c, const struct uop *u, u32 flags);

// Some exception is unmasked: raises #XM (or #UD, CR4.OSXMMEXCPT) with MXCSR's flags set as the instruction would have, or
// returns the flags when nothing unmasked came up.
u32 fp_unmasked(struct x86_cpu *c, const struct uop *u, fp_run *run, const union xmm *d, const union xmm *s, unsigned halves);

// Runs it on d[0], or on both halves d[0] and d[1] of 256 bits, settles exceptions; the caller commits d.
static ALWAYS_INLINE void fp_eval(struct x86_cpu *c, const struct uop *u, fp_quick *quick, fp_run *run, union xmm *d,
                                  const union xmm *s, unsigned halves) {
    u32 mxcsr = c->s.mxcsr;
    u32 flags = 0;
    union xmm before = d[0];
    if (FP_QUICK && likely(quick(d, s, mxcsr, (u8)u->imm))) {
        if (halves == 1 || likely(quick(d + 1, s + 1, mxcsr, (u8)u->imm))) return;
        d[0] = before;
    }
    if (unlikely(~mxcsr & MX_MASKS)) flags = fp_unmasked(c, u, run, d, s, halves);
    for (unsigned i = 0; i < halves; i++) flags |= run(d + i, s + i, (mxcsr & ~(u32)MX_FLAGS) | MX_MASKS, (u8)u->imm);
    c->s.mxcsr = mxcsr | flags;
}

#define FP_EVAL(name, d, s) FP_EVAL_HALVES(name, d, s, 1)
#define FP_EVAL_HALVES(name, d, s, halves) fp_eval(c, u, quick_##name, run_##name, d, s, halves)

// ---- shapes, in terms of fp_name(c, u, d, s, halves), which replaces d by the result
#define FP(name)                                                                                                                 \
    static ALWAYS_INLINE void fp_##name(struct x86_cpu *c, const struct uop *u, union xmm *d, const union xmm *s, unsigned halves)
#define FP_STEP(name)                                                                                                            \
    FP(name) { FP_EVAL_HALVES(name, d, s, halves); }

// Legacy: XMM destination, XMM source or `size` bytes of memory.
#define FP_SSE(name, size, align)                                                                                                \
    static ALWAYS_INLINE void sse_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                           \
        union xmm d = c->s.xmm[u->a];                                                                                            \
        fp_##name(c, u, &d, s, 1);                                                                                               \
        c->s.xmm[u->a] = d;                                                                                                      \
    }                                                                                                                            \
    XMM_SOURCE(name, sse_##name, size, align)
// ops_vname by fp_`by`: whole vectors; a scalar in the lowest lane.
#define FP_VEX(name, by)                                                                                                         \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                \
        union xmm d[2] = {c->s.xmm[VEX_V(u)], c->s.ymmh[VEX_V(u)]};                                                              \
        fp_##by(c, u, d, s, wide ? 2 : 1);                                                                                       \
        ymm_set(c, u->a, d[0], wide ? d[1] : XMM_ZERO);                                                                          \
    }                                                                                                                            \
    VEX_SOURCE(name, vex_##name, 16)
#define FP_VEX_SCALAR(name, by, size)                                                                                            \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                           \
        union xmm d = c->s.xmm[VEX_V(u)];                                                                                        \
        fp_##by(c, u, &d, s, 1);                                                                                                 \
        ymm_set(c, u->a, d, XMM_ZERO);                                                                                           \
    }                                                                                                                            \
    VEX_SCALAR(name, vex_##name, size)
// All of them.
#define FP_PACKED_BY_STEP(name)                                                                                                  \
    FP_SSE(name, 16, 16)                                                                                                         \
    FP_VEX(name, name)
#define FP_PACKED(name)                                                                                                          \
    FP_STEP(name)                                                                                                                \
    FP_PACKED_BY_STEP(name)
#define FP_SCALAR(name, size)                                                                                                    \
    FP_STEP(name)                                                                                                                \
    FP_SSE(name, size, 1)                                                                                                        \
    FP_VEX_SCALAR(name, name, size)

#endif
