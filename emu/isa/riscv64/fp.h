// SPDX-License-Identifier: MIT
// Floating point of F, D and Zfhmin: registers, fcsr, and how an instruction uses emu/fp (unprivileged manual, chapters 20 and 21).
//
// fcsr   7:5 frm, the rounding mode of instructions whose rm is DYN   4:0 fflags NV DZ OF UF NX
//
//   frm, rm   0 RNE   1 RTZ   2 RDN   3 RUP   4 RMM   7 DYN (in rm)
//
// rm 5 and 6 have no rows; a DYN that finds no rounding mode in frm is illegal as it runs.
//
// A narrower value lies in a register with all bits above it set (NaN boxing, 21.2); a register that has others there reads as the
// canonical NaN. Moves, loads and stores take the bits as they are.
//
// While mstatus.FS is Off, instructions with RV_FP do not get past the decoder.
#ifndef RV_FP_H
#define RV_FP_H

#include "fp/quick.h"
#include "isa/riscv64/insn.h"

enum { RV_NX = 1 << 0, RV_UF = 1 << 1, RV_OF = 1 << 2, RV_DZ = 1 << 3, RV_NV = 1 << 4, RV_FFLAGS = 0x1f };
enum { RV_FRM_SHIFT = 5, RV_RM_RNE = 0, RV_RM_RTZ = 1, RV_RM_RMM = 4, RV_RM_DYN = 7 };
enum : u32 { RV_NAN16 = 0x7e00, RV_NAN32 = 0x7fc00000 };

FP_INLINE u64 rv_box16(u16 v) { return ~(u64)0xffff | v; }
FP_INLINE u64 rv_box32(u32 v) { return ~(u64)0xffffffff | v; }
FP_INLINE u16 rv_unbox16(u64 f) { return likely(f >> 16 == ~(u64)0 >> 16) ? (u16)f : RV_NAN16; }
FP_INLINE u32 rv_unbox32(u64 f) { return likely(f >> 32 == ~(u64)0 >> 32) ? (u32)f : RV_NAN32; }

// Operands. SET_FDn makes FS dirty, as does what raises a flag.
#define FS1_BITS (c->s.f[u->base])
#define FS2_BITS (c->s.f[u->b])
#define FS1_16 rv_unbox16(c->s.f[u->base])
#define FS1_32 rv_unbox32(c->s.f[u->base])
#define FS2_32 rv_unbox32(c->s.f[u->b])
#define FS3_32 rv_unbox32(c->s.f[u->index])
#define FS1_64 (c->s.f[u->base])
#define FS2_64 (c->s.f[u->b])
#define FS3_64 (c->s.f[u->index])
#define SET_FD64(v) (c->s.f[u->a] = (v), rv_fp_dirty(c))
#define SET_FD32(v) SET_FD64(rv_box32(v))
#define SET_FD16(v) SET_FD64(rv_box16(v))

FP_INLINE void rv_fp_dirty(struct rv_cpu *c) { c->s.mstatus |= MSTATUS_FS; }

// The rounding mode's number; above 4: illegal.
FP_INLINE unsigned rv_rounding(const struct rv_cpu *c, const struct uop *u) {
    return u->mem == RV_RM_DYN ? c->s.fcsr >> RV_FRM_SHIFT & 7 : u->mem;
}

FP_INLINE bool rv_rounding_is_legal(const struct rv_cpu *c, const struct uop *u) { return rv_rounding(c, u) <= RV_RM_RMM; }

FP_INLINE bool rv_nearest(const struct rv_cpu *c, const struct uop *u) { return FP_QUICK && rv_rounding(c, u) == RV_RM_RNE; }

// Short paths may be taken that may be inexact.
FP_INLINE bool rv_quick(const struct rv_cpu *c, const struct uop *u) { return rv_nearest(c, u) && c->s.fcsr & RV_NX; }

// What the instruction computes with, where it has a rounding mode: raises when that is illegal.
static inline struct fp_env rv_env(struct rv_cpu *c, const struct uop *u) {
    static const u8 rounding[] = {FP_NEAREST, FP_ZERO, FP_DOWN, FP_UP, FP_AWAY};
    if (unlikely(!rv_rounding_is_legal(c, u))) RAISE(RV_ILLEGAL_INSTRUCTION, WORD);
    return (struct fp_env){.rounding = rounding[rv_rounding(c, u)],
                           .nan = FP_NAN_DEFAULT,
                           .product_invalid = true,
                           .no_integer = FP_NAN_IS_MAX,
                           .fuses = c->fuses,
                           .flags = c->s.fcsr & RV_NX ? FP_NX : 0};
}
// And where it has none.
#define RV_ENV_EXACT ((struct fp_env){.nan = FP_NAN_DEFAULT})

static inline void rv_raise_flags(struct rv_cpu *c, const struct fp_env *e) {
    u32 f = e->flags;
    if (!f) return;
    c->s.fcsr |= (f & FP_NX ? RV_NX : 0) | (f & FP_UF ? RV_UF : 0) | (f & FP_OF ? RV_OF : 0) | (f & FP_DZ ? RV_DZ : 0) |
                 (f & FP_NV ? RV_NV : 0);
    rv_fp_dirty(c);
}

// name: its short path where `quick`, or else name_soft. Both see c and u; `quick` says whether it is done.
#define QUICK_OR_SOFT(name, quick)                                                                                               \
    SOP(name) {                                                                                                                  \
        if (likely(quick)) NEXT;                                                                                                 \
        [[clang::musttail]] return name##_soft(c, u);                                                                            \
    }
// name_soft: with an env `e`, whose flags are raised.
#define SOFT(name, ...)                                                                                                          \
    SOP(name##_soft) {                                                                                                           \
        struct fp_env e = rv_env(c, u);                                                                                          \
        __VA_ARGS__;                                                                                                             \
        rv_raise_flags(c, &e);                                                                                                   \
        NEXT;                                                                                                                    \
    }
// The same without a rounding mode.
#define SOFT_EXACT(name, ...)                                                                                                    \
    SOP(name##_soft) {                                                                                                           \
        struct fp_env e = RV_ENV_EXACT;                                                                                          \
        __VA_ARGS__;                                                                                                             \
        rv_raise_flags(c, &e);                                                                                                   \
        NEXT;                                                                                                                    \
    }

#endif
