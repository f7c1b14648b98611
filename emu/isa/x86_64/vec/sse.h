// SPDX-License-Identifier: MIT
// What the MMX and SSE rooms share: availability checks, register access, and one macro per instruction shape, so that an
// instruction is one line in op_mmx*.c or op_sse*.c and one row in table_sse.c. SDM vol. 1 chapters 9 to 12, edition 2024-03.
//
//   handlers   name_r (register source), name_m (memory source), gathered in ops_name; MMX forms in ops_mmx_name
//   calc_name  what an integer instruction computes from destination, source and immediate; sees `bytes` (8 or 16) of both
//   run_name   a floating-point instruction under the guest's MXCSR: see sse_fp.h
#ifndef X86_SSE_H
#define X86_SSE_H

#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/x87/x87.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

// ---- availability (vol. 2, 2.8; vol. 3A, 2.5). The first thing that a handler does.
_Noreturn void sse_trap(struct x86_cpu *c, const struct uop *u);
void mmx_trap(struct x86_cpu *c, const struct uop *u); // returns when a pending x87 exception is to be ignored

static inline void sse_check(struct x86_cpu *c, const struct uop *u) {
    if (unlikely((c->s.cr0 & (CR0_EM | CR0_TS)) | (~c->s.cr4 & CR4_OSFXSR))) sse_trap(c, u);
}

// VEX-encoded vector instructions (vol. 2, 2.8, exception classes 1 to 8): they ask XCR0 and not CR0.EM.
#define XCR0_AVX_STATE 6u // SSE and AVX
_Noreturn void avx_trap(struct x86_cpu *c, const struct uop *u);
static inline void avx_check(struct x86_cpu *c, const struct uop *u) {
    if (unlikely((~c->s.xcr0 & XCR0_AVX_STATE) | (c->s.cr0 & CR0_TS) | (~c->s.cr4 & CR4_OSXSAVE))) avx_trap(c, u);
}

static inline void mmx_check(struct x86_cpu *c, const struct uop *u) {
    if (unlikely((c->s.cr0 & (CR0_EM | CR0_TS)) | (c->s.fpu.fsw & X87_ES))) mmx_trap(c, u);
}

// ---- MMX registers are the mantissas of the physical x87 registers. Any use of one turns the x87 stack into MMX state:
// TOP 0, all registers in use; a written one gets an exponent of all ones (vol. 3A, table 13-1). Only after the last
// fault of the instruction.
static inline union xmm mmx_get(const struct x86_cpu *c, unsigned i) { return (union xmm){.q = {c->s.fpu.r[i & 7].mant, 0}}; }

static inline void mmx_enter(struct x86_cpu *c) {
    c->s.fpu.top = 0;
    c->s.fpu.tag = 0xff;
}

static inline void mmx_set(struct x86_cpu *c, unsigned i, u64 v) {
    mmx_enter(c);
    c->s.fpu.r[i & 7].mant = v;
    c->s.fpu.r[i & 7].exp = 0xffff;
}

// ---- flags of the compares: COMISS, PTEST, PCMPxSTRx. AF is always cleared.
static inline void sse_set_flags(struct x86_cpu *c, bool zf, bool pf, bool cf, bool sf, bool of) {
    c->s.z = !zf;
    c->s.sp = (sf ? INT64_MIN : 0) | !pf;
    c->s.cf = cf;
    c->s.of = of;
    c->s.af = 0;
}

// ---- MXCSR (vol. 1, 10.2.3):  15 FZ | 14..13 RC | 12..7 masks PM UM OM ZM DM IM | 6 DAZ | 5..0 flags PE UE OE ZE DE IE
enum {
    MX_IE = 1 << 0,
    MX_DE = 1 << 1,
    MX_ZE = 1 << 2,
    MX_OE = 1 << 3,
    MX_UE = 1 << 4,
    MX_PE = 1 << 5,
    MX_FLAGS = 0x3f,
    MX_DAZ = 1 << 6,
    MX_MASK_SHIFT = 7,
    MX_PM = 1 << 12,
    MX_MASKS = MX_FLAGS << MX_MASK_SHIFT,
    MX_RC_SHIFT = 13,
    MX_RC = 3 << MX_RC_SHIFT,
    MX_FZ = 1 << 15,
    MX_DEFAULT = 0x1f80,
    MX_VALID = 0xffff,
};

// ---- shapes: integer and bitwise instructions
#define CALC(name) static ALWAYS_INLINE union xmm calc_##name(union xmm d, union xmm s, u8 imm, unsigned bytes)

// Handlers and ops_name of f(c, u, &source): an XMM source, or `size` bytes of memory (zero-extended) aligned to `align`.
#define XMM_SOURCE(name, f, size, align) CHECKED_SOURCE(name, sse_check, f, size, align)
#define CHECKED_SOURCE(name, check, f, size, align)                                                                              \
    SOP(name##_r) {                                                                                                              \
        check(c, u);                                                                                                             \
        f(c, u, &c->s.xmm[u->b]);                                                                                                \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##_m) {                                                                                                              \
        union xmm s = {0};                                                                                                       \
        check(c, u);                                                                                                             \
        LOADN(c, u, &s, size, align);                                                                                            \
        f(c, u, &s);                                                                                                             \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    const struct ops ops_##name = OPS_RM(name##_r, name##_m);

// The destination becomes calc_name.
#define XMM_OP_SIZED(name, size, align)                                                                                          \
    static ALWAYS_INLINE void xmm_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                           \
        c->s.xmm[u->a] = calc_##name(c->s.xmm[u->a], *s, (u8)u->imm, 16);                                                        \
    }                                                                                                                            \
    XMM_SOURCE(name, xmm_##name, size, align)
// A VEX form comes with it: ops_vname.
#define XMM_OP(name)                                                                                                             \
    XMM_OP_SIZED(name, 16, 16)                                                                                                   \
    VEX_OP(name)

// ---- VEX forms (vol. 2, 2.3): the first source is the register in VEX.vvvv, memory need not be aligned, and the destination's
// bits above the vector become zero. 256-bit instructions do the same to both halves unless their text says otherwise.
//
// Handlers and ops_vname of f(c, u, s, wide): s[0] is the source's lower half, s[1] its upper; from memory `size` bytes, or twice
// as many (`wide_size`) when wide.
#define VEX_SOURCE(name, f, size) VEX_SOURCE_SIZED(name, f, size, 2 * size)
#define VEX_SOURCE_SIZED(name, f, size, wide_size)                                                                               \
    SOP(v##name##_r128) {                                                                                                        \
        avx_check(c, u);                                                                                                         \
        union xmm s[2] = {c->s.xmm[u->b]};                                                                                       \
        f(c, u, s, false);                                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(v##name##_r256) {                                                                                                        \
        avx_check(c, u);                                                                                                         \
        union xmm s[2] = {c->s.xmm[u->b], c->s.ymmh[u->b]};                                                                      \
        f(c, u, s, true);                                                                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(v##name##_m128) {                                                                                                        \
        avx_check(c, u);                                                                                                         \
        union xmm s[2] = {0};                                                                                                    \
        LOADN(c, u, s, size, 1);                                                                                                 \
        f(c, u, s, false);                                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(v##name##_m256) {                                                                                                        \
        avx_check(c, u);                                                                                                         \
        union xmm s[2] = {0};                                                                                                    \
        LOADN(c, u, s, wide_size, 1);                                                                                            \
        f(c, u, s, true);                                                                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    const struct ops ops_v##name = {{0, 0, v##name##_r128, v##name##_r256}, {0, 0, v##name##_m128, v##name##_m256}};

// The same of f(c, u, &source) for scalars, whose VEX.L is ignored.
#define VEX_SCALAR(name, f, size) CHECKED_SOURCE(v##name, avx_check, f, size, 1)

// A handler that does its body once AVX is known to be there.
#define AVX(name, ...)                                                                                                           \
    SOP(name) {                                                                                                                  \
        avx_check(c, u);                                                                                                         \
        __VA_ARGS__;                                                                                                             \
        NEXT;                                                                                                                    \
    }
// The whole register `to`.
static ALWAYS_INLINE void ymm_set(struct x86_cpu *c, unsigned to, union xmm low, union xmm high) {
    c->s.xmm[to] = low;
    c->s.ymmh[to] = high;
}
#define XMM_ZERO ((union xmm){0})

// The upper half is computed with `high_imm` for its imm8: most often the same.
#define VEX_OP_IMM(name, high_imm) VEX_OP_SIZED(name, high_imm, 16, 32)
#define VEX_OP_SIZED(name, high_imm, size, wide_size)                                                                            \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                \
        unsigned v = VEX_V(u);                                                                                                   \
        u8 imm = (u8)u->imm;                                                                                                     \
        union xmm low = calc_##name(c->s.xmm[v], s[0], imm, 16);                                                                 \
        ymm_set(c, u->a, low, wide ? calc_##name(c->s.ymmh[v], s[1], (u8)(high_imm), 16) : XMM_ZERO);                            \
    }                                                                                                                            \
    VEX_SOURCE_SIZED(name, vex_##name, size, wide_size)
#define VEX_OP(name) VEX_OP_IMM(name, imm)
#define VEX_SCALAR_OP(name, size)                                                                                                \
    static ALWAYS_INLINE void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                           \
        ymm_set(c, u->a, calc_##name(c->s.xmm[VEX_V(u)], *s, (u8)u->imm, 16), XMM_ZERO);                                         \
    }                                                                                                                            \
    VEX_SCALAR(name, vex_##name, size)

#define MMX_OP_SIZED(name, size)                                                                                                 \
    SOP(mmx_##name##_r) {                                                                                                        \
        mmx_check(c, u);                                                                                                         \
        mmx_set(c, u->a, calc_##name(mmx_get(c, u->a), mmx_get(c, u->b), (u8)u->imm, 8).q[0]);                                   \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(mmx_##name##_m) {                                                                                                        \
        union xmm s = {0};                                                                                                       \
        mmx_check(c, u);                                                                                                         \
        LOADN(c, u, &s, size, 1);                                                                                                \
        mmx_set(c, u->a, calc_##name(mmx_get(c, u->a), s, (u8)u->imm, 8).q[0]);                                                  \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    const struct ops ops_mmx_##name = OPS_RM(mmx_##name##_r, mmx_##name##_m);
#define MMX_OP(name) MMX_OP_SIZED(name, 8)

// Lane by lane. In VECTORS, `expr` is of whole vectors a (destination) and b (source) of field F's type; in LANES, of one
// lane of each. Both go through vector variables, or else the compiler takes the register for one big integer. The MMX
// forms compute the upper half too and drop it.
#define VECTOR_OF(F) typeof(((union xmm *)0)->F[0]) __attribute__((vector_size(16)))
#define UNROLL _Pragma("clang loop unroll(full)")
#define CALC_VECTORS(name, F, expr)                                                                                              \
    CALC(name) {                                                                                                                 \
        VECTOR_OF(F) a, b;                                                                                                       \
        memcpy(&a, &d, 16);                                                                                                      \
        memcpy(&b, &s, 16);                                                                                                      \
        a = (VECTOR_OF(F))(expr);                                                                                                \
        memcpy(&d, &a, 16);                                                                                                      \
        return d;                                                                                                                \
    }
#define CALC_LANES(name, F, expr)                                                                                                \
    CALC(name) {                                                                                                                 \
        VECTOR_OF(F) vd, vs, vr = {0};                                                                                           \
        memcpy(&vd, &d, 16);                                                                                                     \
        memcpy(&vs, &s, 16);                                                                                                     \
        UNROLL for (unsigned i = 0; i < 16 / sizeof d.F[0]; i++) {                                                               \
            typeof(d.F[0]) a = vd[i], b = vs[i];                                                                                 \
            (void)a, (void)b;                                                                                                    \
            vr[i] = (typeof(a))(expr);                                                                                           \
        }                                                                                                                        \
        memcpy(&d, &vr, 16);                                                                                                     \
        return d;                                                                                                                \
    }
#define XMM_VECTORS(name, F, expr) CALC_VECTORS(name, F, expr) XMM_OP(name)
#define XMM_LANES(name, F, expr) CALC_LANES(name, F, expr) XMM_OP(name)
#define VECTORS(name, F, expr) XMM_VECTORS(name, F, expr) MMX_OP(name) // both XMM and MMX
#define LANES(name, F, expr) XMM_LANES(name, F, expr) MMX_OP(name)

#define MIN(a, b) __builtin_elementwise_min(a, b)
#define MAX(a, b) __builtin_elementwise_max(a, b)
#define ADD_SATURATED(a, b) __builtin_elementwise_add_sat(a, b)
#define SUB_SATURATED(a, b) __builtin_elementwise_sub_sat(a, b)
static inline i8 sat_i8(i32 v) { return (i8)(v > 127 ? 127 : v < -128 ? -128 : v); }
static inline u8 sat_u8(i32 v) { return (u8)(v > 255 ? 255 : v < 0 ? 0 : v); }
static inline i16 sat_i16(i32 v) { return (i16)(v > 32767 ? 32767 : v < -32768 ? -32768 : v); }
static inline u16 sat_u16(i32 v) { return (u16)(v > 65535 ? 65535 : v < 0 ? 0 : v); }

#endif
