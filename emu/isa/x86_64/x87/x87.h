// SPDX-License-Identifier: MIT
// x87 floating point (SDM vol. 1, chapter 8; vol. 2 per instruction).
//
// All of it is integer code on 80-bit values: no host FPU instruction is involved. The result must be the same to the last
// bit on every host, and a host's x87 is not: C1, the denormal flag and unmasked responses differ between silicon and the
// machine emulators our firmware also runs under. tests/isa/x86_64/unit/test_x86_x87.c compares this room with real silicon.
//
//   x87_arith.c      rounding, + - * / sqrt, NaNs, comparison     op_x87_arith.c  arithmetic, comparison, FCMOV
//   x87_convert.c    single, double, integer, BCD, FRNDINT        op_x87_mem.c    loads, stores, register moves
//   x87_remainder.c  FPREM, FSCALE, FXTRACT                       op_x87_math.c   one-operand and transcendental handlers
//   x87_constant.c   FLDPI and its kin                            op_x87_env.c    control, environment, FSAVE
//   x87_math.c       transcendentals
#ifndef X86_X87_H
#define X86_X87_H

#include "fp/env.h"
#include "isa/x86_64/sys/mem.h"

// Status word (vol. 1, 8.1.3)
//   15  14  13..11  10  9   8   7   6   5   4   3   2   1   0
//   B   C3  TOP     C2  C1  C0  ES  SF  PE  UE  OE  ZE  DE  IE      (the control word masks IM..PM with the same bits 0..5)
enum {
    X87_IE = 1 << 0,
    X87_DE = 1 << 1,
    X87_ZE = 1 << 2,
    X87_OE = 1 << 3,
    X87_UE = 1 << 4,
    X87_PE = 1 << 5,
    X87_EXCEPTIONS = 0x3f,
    X87_SF = 1 << 6,
    X87_ES = 1 << 7,
    X87_C0 = 1 << 8,
    X87_C1 = 1 << 9,
    X87_C2 = 1 << 10,
    X87_C3 = 1 << 14,
    X87_B = 1 << 15,
    X87_CC = X87_C0 | X87_C1 | X87_C2 | X87_C3,
};
#define X87_TOP_SHIFT 11

// Control word (8.1.5): RC 11..10, PC 9..8, bit 6 reads 1, masks 5..0. Bit 12 (X, of the 287) is storage.
enum {
    X87_RC_NEAREST = 0,
    X87_RC_DOWN = 1,
    X87_RC_UP = 2,
    X87_RC_ZERO = 3,
    X87_FCW_WRITABLE = 0x1f3f,
    X87_FCW_ONE = 0x40,
    X87_FCW_INIT = 0x37f,
};
#define X87_RC(fcw) ((fcw) >> 10 & 3)

#define X87_BIAS 16383
#define X87_EXP_MAX 0x7fff
#define X87_SIGN 0x8000
#define X87_J BIT(63)     // the explicit integer bit
#define X87_QUIET BIT(62) // set in a quiet NaN

// Unsupported: unnormals, pseudo-NaNs, pseudo-infinities (8.2.2). Denormal includes pseudo-denormals.
enum x87_class { X87_ZERO, X87_NORMAL, X87_DENORMAL, X87_INF, X87_QNAN, X87_SNAN, X87_UNSUPPORTED };

// The arithmetic of one instruction: what it runs under and what it raised.
struct x87_op {
    u16 fcw;
    u16 fsw;       // raised: exception flags, SF, and condition codes (C1: the result was rounded up)
    u16 cc;        // the condition codes that are written; others keep their value
    bool denormal; // a memory operand was a denormal single or double: DE is due although the value is now normal
};

static inline struct x87_reg x87_pack(bool sign, u32 exp, u64 mant) {
    return (struct x87_reg){.mant = mant, .exp = (u16)(exp | (sign ? X87_SIGN : 0))};
}
#define X87_INDEFINITE x87_pack(true, X87_EXP_MAX, X87_J | X87_QUIET)

static inline bool x87_sign(struct x87_reg r) { return r.exp >> 15; }
enum x87_class x87_classify(struct x87_reg r);

// A finite nonzero value: (-1)^sign * mant / 2^63 * 2^(exp - X87_BIAS), bit 63 of mant set, exp unbounded.
struct x87_num {
    bool sign;
    i32 exp;
    u64 mant;
};
struct x87_num x87_unpack(struct x87_reg r); // zero: mant = 0

// Raises `e` (of IE, ZE, DE). True when it is unmasked: the instruction must leave its destination alone.
static inline bool x87_signal(struct x87_op *o, unsigned e) {
    o->fsw |= (u16)e;
    return !(o->fcw & e);
}
static inline struct x87_reg x87_invalid(struct x87_op *o) {
    x87_signal(o, X87_IE);
    return X87_INDEFINITE;
}
// Operands that end an instruction early: unsupported formats and NaNs (4.8.3.5, table 4-7). True: *out is the result.
bool x87_special(struct x87_op *o, struct x87_reg a, struct x87_reg *out);
bool x87_special2(struct x87_op *o, struct x87_reg a, struct x87_reg b, struct x87_reg *out);
// Raises DE when one of the operands asks for it; true when unmasked.
bool x87_denormals(struct x87_op *o, enum x87_class a, enum x87_class b);

// Rounds mant / 2^127 * 2^(exp - X87_BIAS) (bit 127 of mant set; bits below the 64th may be a sticky summary) to `precision` bits
// (24, 53, 64) and the register's range; raises OE, UE, PE and C1; unmasked O and U give the wrapped exponent (8.5.4, 8.5.5).
struct x87_reg x87_round(struct x87_op *o, bool sign, i32 exp, u128 mant, unsigned precision);
// The rounding decision: is the magnitude rounded up, given the last kept bit and the rest as a fraction of 2^64?
bool x87_rounds_up(unsigned rc, bool sign, bool odd, u64 rest);
u128 x87_shift_right_sticky(u128 v, unsigned n);
u64 x87_div128(u64 hi, u64 lo, u64 d, u64 *rem); // hi < d

// Each returns its masked response; o->fsw tells what was raised. Callers drop the result when x87_blocked.
struct x87_reg x87_add(struct x87_op *o, struct x87_reg a, struct x87_reg b);
struct x87_reg x87_sub(struct x87_op *o, struct x87_reg a, struct x87_reg b);
struct x87_reg x87_mul(struct x87_op *o, struct x87_reg a, struct x87_reg b);
struct x87_reg x87_div(struct x87_op *o, struct x87_reg a, struct x87_reg b);
struct x87_reg x87_sqrt(struct x87_op *o, struct x87_reg a);
enum x87_order { X87_LESS, X87_EQUAL, X87_GREATER, X87_UNORDERED };
enum x87_order x87_compare(struct x87_op *o, struct x87_reg a, struct x87_reg b, bool quiet); // quiet: FUCOM

struct x87_reg x87_from_f32(struct x87_op *o, u32 v); // as an arithmetic operand: raises nothing yet, notes a denormal
struct x87_reg x87_from_f64(struct x87_op *o, u64 v);
struct x87_reg x87_load_float(struct x87_op *o, struct x87_reg v); // what FLD m32/m64 adds to these
struct x87_reg x87_from_int(i64 v);
struct x87_reg x87_from_bcd(const u8 v[10]);
u32 x87_to_f32(struct x87_op *o, struct x87_reg v);
u64 x87_to_f64(struct x87_op *o, struct x87_reg v);
i64 x87_to_int(struct x87_op *o, struct x87_reg v, unsigned width, unsigned rc);
void x87_to_bcd(struct x87_op *o, struct x87_reg v, u8 out[10]);
struct x87_reg x87_round_to_int(struct x87_op *o, struct x87_reg v);

// FPREM (nearest: FPREM1): raises C2 when the reduction is incomplete, else C0, C3, C1 = bits 2, 1, 0 of the quotient.
struct x87_reg x87_remainder(struct x87_op *o, struct x87_reg a, struct x87_reg b, bool nearest);
struct x87_reg x87_scale(struct x87_op *o, struct x87_reg a, struct x87_reg n);
struct x87_reg x87_extract(struct x87_op *o, struct x87_reg a, struct x87_reg *exponent);

// ---- transcendentals (x87_math.c)
struct x87_reg x87_exp2m1(struct x87_op *o, struct x87_reg x);
struct x87_reg x87_ylog2(struct x87_op *o, struct x87_reg y, struct x87_reg x);
struct x87_reg x87_ylog2p1(struct x87_op *o, struct x87_reg y, struct x87_reg x);
struct x87_reg x87_atan2(struct x87_op *o, struct x87_reg y, struct x87_reg x);
// Raise C2 and return x when |x| >= 2^63.
struct x87_reg x87_sin(struct x87_op *o, struct x87_reg x);
struct x87_reg x87_cos(struct x87_op *o, struct x87_reg x);
struct x87_reg x87_tan(struct x87_op *o, struct x87_reg x);
enum x87_constant { X87_ONE, X87_L2T, X87_L2E, X87_PI, X87_LG2, X87_LN2, X87_PLUS_ZERO };
struct x87_reg x87_constant(unsigned rc, enum x87_constant which);

// ---- the register stack and the frame of every handler (inline)
static inline unsigned x87_st(const struct x86_cpu *c, unsigned i) { return (c->s.fpu.top + i) & 7; }
static inline bool x87_empty(const struct x86_cpu *c, unsigned i) { return !(c->s.fpu.tag >> x87_st(c, i) & 1); }
#define ST(i) (c->s.fpu.r[x87_st(c, i)])

static inline void x87_set(struct x86_cpu *c, unsigned i, struct x87_reg v) {
    unsigned p = x87_st(c, i);
    c->s.fpu.r[p] = v;
    c->s.fpu.tag |= (u8)(1u << p);
}
static inline void x87_pop(struct x86_cpu *c) {
    c->s.fpu.tag &= (u8)~(1u << c->s.fpu.top);
    c->s.fpu.top = (c->s.fpu.top + 1) & 7;
}
static inline void x87_push(struct x86_cpu *c, struct x87_reg v) {
    c->s.fpu.top = (c->s.fpu.top - 1) & 7;
    x87_set(c, 0, v);
}

static inline struct x87_op x87_begin(const struct x86_cpu *c) { return (struct x87_op){.fcw = c->s.fpu.fcw, .cc = X87_C1}; }
static inline unsigned x87_unmasked(const struct x87_op *o) { return o->fsw & ~o->fcw & X87_EXCEPTIONS; }
// An exception that is found before there is a result is unmasked: registers stay as they are.
static inline bool x87_blocked(const struct x87_op *o) { return x87_unmasked(o) & (X87_IE | X87_DE | X87_ZE); }

// ES and B follow the flags and their masks (8.1.3.3), and FERR# goes with ES: after any change of either but by x87_commit.
static inline void x87_update_es(struct x86_cpu *c) {
    struct x87_state *f = &c->s.fpu;
    bool pending = f->fsw & ~f->fcw & X87_EXCEPTIONS;
    f->fsw = (u16)((f->fsw & ~(X87_ES | X87_B)) | (pending ? X87_ES | X87_B : 0));
    if (unlikely(c->s.ferr && !pending)) x86_set_ferr(c, false);
}

// op_x87_env.c: #NM, or #MF, for an instruction that found one due. Returns when a pending exception is to be ignored.
void x87_trap(struct x86_cpu *c, const struct uop *u);
u16 x87_fetch_fop(struct x86_cpu *c, const struct uop *u);

// The start of every waiting instruction. (FWAIT and the no-wait control instructions have their own conditions.)
static inline void x87_enter(struct x86_cpu *c, const struct uop *u) {
    if (unlikely((c->s.cr0 & (CR0_EM | CR0_TS)) || (c->s.fpu.fsw & X87_ES))) x87_trap(c, u);
}

// Last-instruction pointers (8.1.8): offsets, in real and virtual-8086 mode linear addresses, since that is what FNSTENV wants
// there. FCS and FDS are deprecated (CPUID leaf 7, EBX bit 13) and always 0. FOP is written only with an unmasked exception,
// as since the Pentium 4 (8.1.9.1).
static inline void x87_note(struct x86_cpu *c, const struct uop *u) {
    c->s.fpu.fip = THIS_RIP + (unlikely(c->mode & MODE_REAL) ? c->s.seg[CS].base : 0);
}
static inline void x87_note_memory(struct x86_cpu *c, const struct uop *u) {
    c->s.fpu.fdp = x86_offset(c, u) + (unlikely(c->mode & MODE_REAL) ? c->s.seg[MEM_SEG(u)].base : 0);
}

// Commits flags, condition codes and pointers. True: the destination may be written. Nothing may raise after it.
static inline bool x87_commit(struct x86_cpu *c, const struct uop *u, const struct x87_op *o) {
    if (unlikely(x87_unmasked(o))) c->s.fpu.fop = x87_fetch_fop(c, u);
    x87_note(c, u);
    c->s.fpu.fsw = (u16)((c->s.fpu.fsw & ~o->cc) | o->fsw);
    if (likely(!x87_unmasked(o))) return true;
    c->s.fpu.fsw |= X87_ES | X87_B;
    return !x87_blocked(o);
}

// Stack faults: the flags, and the masked response is the indefinite.
#define X87_UNDERFLOW (X87_IE | X87_SF)
#define X87_OVERFLOW (X87_IE | X87_SF | X87_C1)

#endif
