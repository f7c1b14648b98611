// SPDX-License-Identifier: MIT
// SSE floating point on the host's SSE: each operation is the host's own instruction under the guest's MXCSR, its flags read
// back. What a host that is itself an emulator gets wrong is ours (fp_settle): DE, which of two NaNs wins, MIN and MAX with
// DAZ. QEMU 7.2's TCG never sets DE and takes x87's rule for NaNs, and our firmware must do the same there as on silicon.
#ifndef X86_SSE_FP_H
#define X86_SSE_FP_H

#include "isa/x86_64/sse.h"

// One floating-point instruction: *d = op(*d, *s, imm) under the control bits of csr (all exceptions masked, no flags set);
// returns the flags that it raised. Leaves the host's MXCSR at MX_DEFAULT.
typedef u32 fp_run(union xmm *d, const union xmm *s, u32 csr, u8 imm);

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
#define FP_ASM(text, outputs, ...)                                                                 \
    asm volatile("ldmxcsr %[csr]\n\t" text "\n\tstmxcsr %[flags]\n\tldmxcsr %[host]"               \
                 : [flags] "=m"(flags), outputs                                                    \
                 : [csr] "m"(csr), [host] "m"(host_mxcsr), __VA_ARGS__)

#define RUN(name) static inline u32 run_##name(union xmm *d, const union xmm *s, u32 csr, u8 imm)
// run_name is the one host instruction `text` of %[s] and %[d]: for instructions that never raise DE.
#define RUN_ASM(name, text)                                                                        \
    RUN(name) {                                                                                    \
        vec vd = to_vec(d);                                                                        \
        u32 flags;                                                                                 \
        FP_ASM(text, [d] "+x"(vd), [s] "x"(to_vec(s)));                                            \
        *d = from_vec(vd);                                                                         \
        return flags & MX_FLAGS & ~(u32)MX_DE;                                                     \
    }

// What a lane with a NaN or a denormal needs beyond the host's instruction.
enum fp_kind {
    FP_ARITH,   // a op b: the first NaN wins
    FP_DIVIDE,  // the same, and a division by zero hides a denormal dividend
    FP_MINMAX,  // the source wins over NaNs and among zeros
    FP_COMPARE, // no floating-point result
    FP_CONVERT, // reads only the source
    FP_SQRT,    // the same, and a negative denormal is invalid
};

static inline bool special32(u32 x) { return (x & 0x7fffffff) - 1 < 0x7fffff || (x & 0x7fffffff) > 0x7f800000; }
static inline bool special64(u64 x) { return (x & ~BIT(63)) - 1 < mask(51, 0) || (x & ~BIT(63)) > mask(62, 52); }
static ALWAYS_INLINE bool fp_special(const union xmm *a, const union xmm *b, unsigned width, unsigned lanes, enum fp_kind kind) {
    bool any = false;
    UNROLL for (unsigned i = 0; i < lanes; i++) {
        any |= width == 32 ? special32(b->d[i]) : special64(b->q[i]);
        if (kind < FP_CONVERT) any |= width == 32 ? special32(a->d[i]) : special64(a->q[i]);
    }
    return any;
}
// Corrects the result *r of a op b (lanes of `width` bits); returns DE if it is due.
u32 fp_settle(union xmm *r, const union xmm *a, const union xmm *b, u32 csr, unsigned width, unsigned lanes, enum fp_kind kind);
// Turns denormals into zeros: DAZ by hand, for MIN and MAX (which an emulated host lets through unflushed).
void fp_flush(union xmm *a, union xmm *b, unsigned width, unsigned lanes);

// run_name is `text`, of `lanes` lanes of `width` bits.
#define RUN_FP(name, text, width, lanes, kind)                                                     \
    RUN(name) {                                                                                    \
        union xmm a = *d, b = *s;                                                                  \
        if (kind == FP_MINMAX && unlikely(csr & MX_DAZ)) fp_flush(&a, &b, width, lanes);           \
        vec vd = to_vec(&a);                                                                       \
        u32 flags;                                                                                 \
        FP_ASM(text, [d] "+x"(vd), [s] "x"(to_vec(&b)));                                           \
        *d = from_vec(vd);                                                                         \
        flags &= MX_FLAGS & ~(u32)MX_DE;                                                           \
        if (unlikely(fp_special(&a, &b, width, lanes, kind))) flags |= fp_settle(d, &a, &b, csr, width, lanes, kind); \
        return flags;                                                                              \
    }

// Some exception is unmasked: raises #XM (or #UD, CR4.OSXMMEXCPT) with MXCSR's flags set as the instruction would have, or
// returns the flags when nothing unmasked came up.
u32 fp_unmasked(struct x86_cpu *c, const struct uop *u, fp_run *run, const union xmm *d, const union xmm *s);

// Runs it on *d, settles exceptions; the caller commits *d.
static ALWAYS_INLINE void fp_eval(struct x86_cpu *c, const struct uop *u, fp_run *run, union xmm *d, const union xmm *s) {
    u32 mxcsr = c->s.mxcsr;
    u32 flags = 0;
    if (unlikely(~mxcsr & MX_MASKS)) flags = fp_unmasked(c, u, run, d, s);
    flags |= run(d, s, (mxcsr & ~(u32)MX_FLAGS) | MX_MASKS, (u8)u->imm);
    c->s.mxcsr = mxcsr | flags;
}

// XMM destination, XMM source or `size` bytes of memory.
#define FP_OP(name, size, align)                                                                   \
    static ALWAYS_INLINE void fp_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s) { \
        union xmm d = c->s.xmm[u->a];                                                              \
        fp_eval(c, u, run_##name, &d, s);                                                          \
        c->s.xmm[u->a] = d;                                                                        \
    }                                                                                              \
    XMM_SOURCE(name, fp_##name, size, align)

#endif
