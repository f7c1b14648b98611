// SPDX-License-Identifier: MIT
// x87 handlers: loads, stores, moves between registers, constants.
#include "isa/x86_64/x87/op_x87.h"

// ---- loads: what is pushed, unless the register that becomes ST(0) is in use
// An unmasked denormal exception does not keep a load from being done.
static inline void push_loaded(struct x86_cpu *c, const struct uop *u, struct x87_op *o, struct x87_reg v) {
    if (unlikely(!x87_empty(c, 7))) o->fsw = X87_OVERFLOW, v = X87_INDEFINITE;
    if (x87_commit(c, u, o) || !(x87_unmasked(o) & X87_IE)) x87_push(c, v);
}

#define LOADS(name, declare, value)                                                                                              \
    SOP(x87_##name) {                                                                                                            \
        x87_enter(c, u);                                                                                                         \
        struct x87_op o = x87_begin(c);                                                                                          \
        declare;                                                                                                                 \
        push_loaded(c, u, &o, value);                                                                                            \
        x87_note_memory(c, u);                                                                                                   \
        NEXT;                                                                                                                    \
    }
#define BYTES10                                                                                                                  \
    u8 m[10];                                                                                                                    \
    LOADN(c, u, m, 10, 1)
LOADS(fld_m32, struct x87_reg v = x87_from_f32(&o, LOAD32(c, u)), x87_load_float(&o, v))
LOADS(fld_m64, struct x87_reg v = x87_from_f64(&o, LOAD64(c, u)), x87_load_float(&o, v))
LOADS(fld_m80, BYTES10, ((struct x87_reg){.mant = ld64(m), .exp = ld16(m + 8)}))
LOADS(fild_m16, i16 v = (i16)LOAD16(c, u), x87_from_int(v))
LOADS(fild_m32, i32 v = (i32)LOAD32(c, u), x87_from_int(v))
LOADS(fild_m64, i64 v = (i64)LOAD64(c, u), x87_from_int(v))
LOADS(fbld, BYTES10, x87_from_bcd(m))

static inline void load_constant(struct x86_cpu *c, const struct uop *u, enum x87_constant which) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    push_loaded(c, u, &o, x87_constant(X87_RC(o.fcw), which));
}
#define CONSTANT(name, which)                                                                                                    \
    SOP(x87_##name) {                                                                                                            \
        load_constant(c, u, which);                                                                                              \
        NEXT;                                                                                                                    \
    }
CONSTANT(fld1, X87_ONE)
CONSTANT(fldl2t, X87_L2T)
CONSTANT(fldl2e, X87_L2E)
CONSTANT(fldpi, X87_PI)
CONSTANT(fldlg2, X87_LG2)
CONSTANT(fldln2, X87_LN2)
CONSTANT(fldz, X87_PLUS_ZERO)

// ---- stores. An unmasked exception other than precision leaves memory and stack alone.
static inline bool stores(const struct x87_op *o) { return !(x87_unmasked(o) & ~(unsigned)X87_PE); }

static inline void finish_store(struct x86_cpu *c, const struct uop *u, const struct x87_op *o, unsigned pops) {
    x87_commit(c, u, o);
    x87_note_memory(c, u);
    if (pops && stores(o)) x87_pop(c);
}

#define STORES(name, type, bits, indefinite, convert, pops)                                                                      \
    SOP(x87_##name) {                                                                                                            \
        x87_enter(c, u);                                                                                                         \
        struct x87_op o = x87_begin(c);                                                                                          \
        type v = (type)(indefinite);                                                                                             \
        if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;                                                                    \
        else v = (type)convert;                                                                                                  \
        if (likely(stores(&o))) STORE##bits(c, u, v);                                                                            \
        else check_store(c, u, bits / 8);                                                                                        \
        finish_store(c, u, &o, pops);                                                                                            \
        NEXT;                                                                                                                    \
    }
// A store that an exception prevents still finds out that its operand is not writable.
static void check_store(struct x86_cpu *c, const struct uop *u, unsigned size) {
    gva_t a = operand_address(c, u, size, ACCESS_WRITE);
    if (likely(tlb_write(c, a, size))) return;
    SYNC;
    x86_probe(c, MEM_SEG(u), a, size, ACCESS_WRITE);
}
#define INTEGER(n, rc) x87_to_int(&o, ST(0), n, rc)
#define RC X87_RC(o.fcw)
STORES(fst_m32, u32, 32, 0xffc00000, x87_to_f32(&o, ST(0)), 0)
STORES(fstp_m32, u32, 32, 0xffc00000, x87_to_f32(&o, ST(0)), 1)
STORES(fst_m64, u64, 64, 0xfff8000000000000, x87_to_f64(&o, ST(0)), 0)
STORES(fstp_m64, u64, 64, 0xfff8000000000000, x87_to_f64(&o, ST(0)), 1)
STORES(fist_m16, u16, 16, BIT(15), INTEGER(16, RC), 0)
STORES(fistp_m16, u16, 16, BIT(15), INTEGER(16, RC), 1)
STORES(fist_m32, u32, 32, BIT(31), INTEGER(32, RC), 0)
STORES(fistp_m32, u32, 32, BIT(31), INTEGER(32, RC), 1)
STORES(fistp_m64, u64, 64, BIT(63), INTEGER(64, RC), 1)
STORES(fisttp_m16, u16, 16, BIT(15), INTEGER(16, X87_RC_ZERO), 1)
STORES(fisttp_m32, u32, 32, BIT(31), INTEGER(32, X87_RC_ZERO), 1)
STORES(fisttp_m64, u64, 64, BIT(63), INTEGER(64, X87_RC_ZERO), 1)

static void store10(struct x86_cpu *c, const struct uop *u, const struct x87_op *o, const u8 m[10]) {
    if (stores(o)) STOREN(c, u, m, 10, 1);
    else check_store(c, u, 10);
    finish_store(c, u, o, 1);
}

SOP(x87_fstp_m80) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    struct x87_reg v = X87_INDEFINITE;
    u8 m[10];
    if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;
    else v = ST(0);
    st64(m, v.mant);
    st16(m + 8, v.exp);
    store10(c, u, &o, m);
    NEXT;
}

SOP(x87_fbstp) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    u8 m[10] = {[7] = 0xc0, 0xff, 0xff};
    if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;
    else x87_to_bcd(&o, ST(0), m);
    store10(c, u, &o, m);
    NEXT;
}

// ---- register moves
SOP(x87_fld_sti) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    struct x87_reg v = ST(u->b);
    if (unlikely(x87_empty(c, u->b))) o.fsw = X87_UNDERFLOW;
    else if (unlikely(!x87_empty(c, 7))) o.fsw = X87_OVERFLOW;
    if (unlikely(o.fsw)) v = X87_INDEFINITE;
    if (x87_commit(c, u, &o)) x87_push(c, v);
    NEXT;
}

static inline void copy(struct x86_cpu *c, const struct uop *u, bool pop) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    struct x87_reg v = X87_INDEFINITE;
    if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;
    else v = ST(0);
    if (!x87_commit(c, u, &o)) return;
    x87_set(c, u->b, v);
    if (pop) x87_pop(c);
}
SOP(x87_fst_sti) {
    copy(c, u, false);
    NEXT;
}
SOP(x87_fstp_sti) {
    copy(c, u, true);
    NEXT;
}

// D9 D8+i: an empty ST(0) is no fault; it is popped and nothing is stored.
SOP(x87_fstp1_sti) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    bool store = !x87_empty(c, 0);
    x87_commit(c, u, &o);
    if (store) x87_set(c, u->b, ST(0));
    x87_pop(c);
    NEXT;
}

SOP(x87_fxch) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    struct x87_reg a = ST(0), b = ST(u->b);
    if (x87_empty(c, 0)) o.fsw = X87_UNDERFLOW, a = X87_INDEFINITE;
    if (x87_empty(c, u->b)) o.fsw = X87_UNDERFLOW, b = X87_INDEFINITE;
    if (x87_commit(c, u, &o)) {
        x87_set(c, 0, b);
        x87_set(c, u->b, a);
    }
    NEXT;
}

// ---- the stack itself: no exceptions of their own
static inline void turn(struct x86_cpu *c, const struct uop *u, unsigned by) {
    x87_enter(c, u);
    x87_note(c, u);
    c->s.fpu.fsw &= (u16)~X87_C1;
    c->s.fpu.top = (c->s.fpu.top + by) & 7;
}
SOP(x87_fincstp) {
    turn(c, u, 1);
    NEXT;
}
SOP(x87_fdecstp) {
    turn(c, u, 7);
    NEXT;
}

static inline void release(struct x86_cpu *c, const struct uop *u) {
    x87_enter(c, u);
    x87_note(c, u);
    c->s.fpu.fsw &= (u16)~X87_C1;
    c->s.fpu.tag &= (u8)~(1u << x87_st(c, u->b));
}
SOP(x87_ffree) {
    release(c, u);
    NEXT;
}
SOP(x87_ffreep) {
    release(c, u);
    x87_pop(c);
    NEXT;
}

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0xd9, PFX_ANY, EXT(0) | MEMONLY, "fld", {o_Md}, X87_M(fld_m32), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(0) | REGONLY, "fld", {o_ST}, X87_R(fld_sti), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(1) | REGONLY, "fxch", {o_ST}, X87_R(fxch), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(2) | MEMONLY, "fst", {o_Md}, X87_M(fst_m32), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(3) | MEMONLY, "fstp", {o_Md}, X87_M(fstp_m32), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(3) | REGONLY, "fstp", {o_ST}, X87_R(fstp1_sti), .feature = F_FPU}, // alias, almost
    {MAP_1, 0xd9, PFX_ANY, EXT(5) | RM(0), "fld1", {}, X87_R(fld1), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(5) | RM(1), "fldl2t", {}, X87_R(fldl2t), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(5) | RM(2), "fldl2e", {}, X87_R(fldl2e), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(5) | RM(3), "fldpi", {}, X87_R(fldpi), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(5) | RM(4), "fldlg2", {}, X87_R(fldlg2), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(5) | RM(5), "fldln2", {}, X87_R(fldln2), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(5) | RM(6), "fldz", {}, X87_R(fldz), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | RM(6), "fdecstp", {}, X87_R(fdecstp), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | RM(7), "fincstp", {}, X87_R(fincstp), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(0) | MEMONLY, "fild", {o_Md}, X87_M(fild_m32), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(1) | MEMONLY, "fisttp", {o_Md}, X87_M(fisttp_m32), .feature = F_SSE3},
    {MAP_1, 0xdb, PFX_ANY, EXT(2) | MEMONLY, "fist", {o_Md}, X87_M(fist_m32), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(3) | MEMONLY, "fistp", {o_Md}, X87_M(fistp_m32), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(5) | MEMONLY, "fld", {o_Mt}, X87_M(fld_m80), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(7) | MEMONLY, "fstp", {o_Mt}, X87_M(fstp_m80), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(0) | MEMONLY, "fld", {o_Mq}, X87_M(fld_m64), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(0) | REGONLY, "ffree", {o_ST}, X87_R(ffree), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(1) | MEMONLY, "fisttp", {o_Mq}, X87_M(fisttp_m64), .feature = F_SSE3},
    {MAP_1, 0xdd, PFX_ANY, EXT(1) | REGONLY, "fxch", {o_ST}, X87_R(fxch), .feature = F_FPU}, // alias
    {MAP_1, 0xdd, PFX_ANY, EXT(2) | MEMONLY, "fst", {o_Mq}, X87_M(fst_m64), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(2) | REGONLY, "fst", {o_ST}, X87_R(fst_sti), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(3) | MEMONLY, "fstp", {o_Mq}, X87_M(fstp_m64), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(3) | REGONLY, "fstp", {o_ST}, X87_R(fstp_sti), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(0) | MEMONLY, "fild", {o_Mw}, X87_M(fild_m16), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(0) | REGONLY, "ffreep", {o_ST}, X87_R(ffreep), .feature = F_FPU}, // alias
    {MAP_1, 0xdf, PFX_ANY, EXT(1) | MEMONLY, "fisttp", {o_Mw}, X87_M(fisttp_m16), .feature = F_SSE3},
    {MAP_1, 0xdf, PFX_ANY, EXT(1) | REGONLY, "fxch", {o_ST}, X87_R(fxch), .feature = F_FPU}, // alias
    {MAP_1, 0xdf, PFX_ANY, EXT(2) | MEMONLY, "fist", {o_Mw}, X87_M(fist_m16), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(2) | REGONLY, "fstp", {o_ST}, X87_R(fstp_sti), .feature = F_FPU}, // alias
    {MAP_1, 0xdf, PFX_ANY, EXT(3) | MEMONLY, "fistp", {o_Mw}, X87_M(fistp_m16), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(3) | REGONLY, "fstp", {o_ST}, X87_R(fstp_sti), .feature = F_FPU}, // alias
    {MAP_1, 0xdf, PFX_ANY, EXT(4) | MEMONLY, "fbld", {o_Mt}, X87_M(fbld), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(5) | MEMONLY, "fild", {o_Mq}, X87_M(fild_m64), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(6) | MEMONLY, "fbstp", {o_Mt}, X87_M(fbstp), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(7) | MEMONLY, "fistp", {o_Mq}, X87_M(fistp_m64), .feature = F_FPU},
};
// clang-format on
X86_TABLE(x87_mem);
