// SPDX-License-Identifier: MIT
// x87 handlers: the four operations in all their forms, comparisons, FCMOV.
#include "isa/x86_64/x87/op_x87.h"

typedef struct x87_reg binary(struct x87_op *o, struct x87_reg a, struct x87_reg b);

static struct x87_reg reversed_sub(struct x87_op *o, struct x87_reg a, struct x87_reg b) { return x87_sub(o, b, a); }
static struct x87_reg reversed_div(struct x87_op *o, struct x87_reg a, struct x87_reg b) { return x87_div(o, b, a); }

// ST(to) = f(ST(0), ST(i)). True when the instruction may go on to pop.
static inline bool on_stack(struct x86_cpu *c, const struct uop *u, binary *f, unsigned to, unsigned i) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    struct x87_reg r = X87_INDEFINITE;
    if (unlikely(x87_empty(c, 0) || x87_empty(c, i))) o.fsw = X87_UNDERFLOW;
    else r = f(&o, ST(0), ST(i));
    if (!x87_commit(c, u, &o)) return false;
    x87_set(c, to, r);
    return true;
}

enum { SINGLE, DOUBLE, WORD, DWORD };

static inline struct x87_reg load(struct x86_cpu *c, const struct uop *u, struct x87_op *o, int form) {
    switch (form) {
    case SINGLE: return x87_from_f32(o, LOAD32(c, u));
    case DOUBLE: return x87_from_f64(o, LOAD64(c, u));
    case WORD: return x87_from_int((i16)LOAD16(c, u));
    default: return x87_from_int((i32)LOAD32(c, u));
    }
}

// ST(0) = f(ST(0), memory)
static inline void with_memory(struct x86_cpu *c, const struct uop *u, binary *f, int form) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    struct x87_reg b = load(c, u, &o, form), r = X87_INDEFINITE;
    if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;
    else r = f(&o, ST(0), b);
    bool write = x87_commit(c, u, &o);
    x87_note_memory(c, u);
    if (write) x87_set(c, 0, r);
}

#define ARITHMETIC(name, f)                                                                                                      \
    SOP(x87_##name##_st0) {                                                                                                      \
        on_stack(c, u, f, 0, u->b);                                                                                              \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(x87_##name##_sti) {                                                                                                      \
        on_stack(c, u, f, u->b, u->b);                                                                                           \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(x87_##name##_pop) {                                                                                                      \
        if (on_stack(c, u, f, u->b, u->b)) x87_pop(c);                                                                           \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(x87_##name##_m32) {                                                                                                      \
        with_memory(c, u, f, SINGLE);                                                                                            \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(x87_##name##_m64) {                                                                                                      \
        with_memory(c, u, f, DOUBLE);                                                                                            \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(x87_##name##_i16) {                                                                                                      \
        with_memory(c, u, f, WORD);                                                                                              \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(x87_##name##_i32) {                                                                                                      \
        with_memory(c, u, f, DWORD);                                                                                             \
        NEXT;                                                                                                                    \
    }
ARITHMETIC(add, x87_add)
ARITHMETIC(mul, x87_mul)
ARITHMETIC(sub, x87_sub)
ARITHMETIC(subr, reversed_sub)
ARITHMETIC(div, x87_div)
ARITHMETIC(divr, reversed_div)

// ---- comparison: the order in C3, C2, C0, or in ZF, PF, CF (tables of FCOM and FCOMI in vol. 2)
static const u16 condition[] = {
    [X87_LESS] = X87_C0,
    [X87_EQUAL] = X87_C3,
    [X87_GREATER] = 0,
    [X87_UNORDERED] = X87_C3 | X87_C2 | X87_C0,
};

static inline void pop_n(struct x86_cpu *c, unsigned n) {
    while (n--) x87_pop(c);
}

// An unmasked exception leaves order and stack alone (FCOM in vol. 2; AMD's processors write the order even then).
static inline void commit_order(struct x86_cpu *c, const struct uop *u, const struct x87_op *o, enum x87_order order,
                                unsigned pops) {
    if (!x87_commit(c, u, o)) return;
    c->s.fpu.fsw = (u16)((c->s.fpu.fsw & ~(X87_C0 | X87_C2 | X87_C3)) | condition[order]);
    pop_n(c, pops);
}

static inline void compare_stack(struct x86_cpu *c, const struct uop *u, unsigned i, bool quiet, unsigned pops) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    enum x87_order order = X87_UNORDERED;
    if (unlikely(x87_empty(c, 0) || x87_empty(c, i))) o.fsw = X87_UNDERFLOW;
    else order = x87_compare(&o, ST(0), ST(i), quiet);
    commit_order(c, u, &o, order, pops);
}

static inline void compare_memory(struct x86_cpu *c, const struct uop *u, int form, unsigned pops) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    struct x87_reg b = load(c, u, &o, form);
    enum x87_order order = X87_UNORDERED;
    if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;
    else order = x87_compare(&o, ST(0), b, false);
    commit_order(c, u, &o, order, pops);
    x87_note_memory(c, u);
}

static inline void compare_flags(struct x86_cpu *c, const struct uop *u, bool quiet, unsigned pops) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    enum x87_order order = X87_UNORDERED;
    if (unlikely(x87_empty(c, 0) || x87_empty(c, u->b))) o.fsw = X87_UNDERFLOW;
    else order = x87_compare(&o, ST(0), ST(u->b), quiet);
    if (!x87_commit(c, u, &o)) return;
    c->s.z = !(order == X87_EQUAL || order == X87_UNORDERED);
    c->s.sp = order != X87_UNORDERED; // 0 has even parity, 1 odd; SF clear
    c->s.cf = order == X87_LESS || order == X87_UNORDERED;
    c->s.of = c->s.af = 0;
    pop_n(c, pops);
}

#define COMPARE(name, call)                                                                                                      \
    SOP(x87_##name) {                                                                                                            \
        call;                                                                                                                    \
        NEXT;                                                                                                                    \
    }
COMPARE(com, compare_stack(c, u, u->b, false, 0))
COMPARE(comp, compare_stack(c, u, u->b, false, 1))
COMPARE(compp, compare_stack(c, u, 1, false, 2))
COMPARE(ucom, compare_stack(c, u, u->b, true, 0))
COMPARE(ucomp, compare_stack(c, u, u->b, true, 1))
COMPARE(ucompp, compare_stack(c, u, 1, true, 2))
COMPARE(com_m32, compare_memory(c, u, SINGLE, 0))
COMPARE(com_m64, compare_memory(c, u, DOUBLE, 0))
COMPARE(com_i16, compare_memory(c, u, WORD, 0))
COMPARE(com_i32, compare_memory(c, u, DWORD, 0))
COMPARE(comp_m32, compare_memory(c, u, SINGLE, 1))
COMPARE(comp_m64, compare_memory(c, u, DOUBLE, 1))
COMPARE(comp_i16, compare_memory(c, u, WORD, 1))
COMPARE(comp_i32, compare_memory(c, u, DWORD, 1))
COMPARE(comi, compare_flags(c, u, false, 0))
COMPARE(comip, compare_flags(c, u, false, 1))
COMPARE(ucomi, compare_flags(c, u, true, 0))
COMPARE(ucomip, compare_flags(c, u, true, 1))

SOP(x87_tst) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    enum x87_order order = X87_UNORDERED;
    if (unlikely(x87_empty(c, 0))) o.fsw = X87_UNDERFLOW;
    else order = x87_compare(&o, ST(0), x87_pack(false, 0, 0), false);
    commit_order(c, u, &o, order, 0);
    NEXT;
}

// ---- FCMOVcc: B, E, BE, U and their opposites
static inline void move_if(struct x86_cpu *c, const struct uop *u, bool condition_met) {
    x87_enter(c, u);
    struct x87_op o = x87_begin(c);
    struct x87_reg r = X87_INDEFINITE;
    bool underflow = x87_empty(c, 0) || x87_empty(c, u->b);
    if (unlikely(underflow)) o.fsw = X87_UNDERFLOW;
    else r = ST(condition_met ? u->b : 0), o.cc = 0; // C1 is cleared by an underflow only
    if (x87_commit(c, u, &o)) x87_set(c, 0, r);
}

static inline bool parity(const struct x86_cpu *c) { return !__builtin_parity((unsigned)(u8)c->s.sp); }

COMPARE(cmovb, move_if(c, u, c->s.cf))
COMPARE(cmove, move_if(c, u, !c->s.z))
COMPARE(cmovbe, move_if(c, u, c->s.cf || !c->s.z))
COMPARE(cmovu, move_if(c, u, parity(c)))
COMPARE(cmovnb, move_if(c, u, !c->s.cf))
COMPARE(cmovne, move_if(c, u, c->s.z))
COMPARE(cmovnbe, move_if(c, u, !c->s.cf && c->s.z))
COMPARE(cmovnu, move_if(c, u, !parity(c)))

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0xd8, PFX_ANY, EXT(0) | MEMONLY, "fadd", {o_Md}, X87_M(add_m32), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(0) | REGONLY, "fadd", {o_ST}, X87_R(add_st0), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(1) | MEMONLY, "fmul", {o_Md}, X87_M(mul_m32), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(1) | REGONLY, "fmul", {o_ST}, X87_R(mul_st0), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(2) | MEMONLY, "fcom", {o_Md}, X87_M(com_m32), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(2) | REGONLY, "fcom", {o_ST}, X87_R(com), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(3) | MEMONLY, "fcomp", {o_Md}, X87_M(comp_m32), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(3) | REGONLY, "fcomp", {o_ST}, X87_R(comp), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(4) | MEMONLY, "fsub", {o_Md}, X87_M(sub_m32), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(4) | REGONLY, "fsub", {o_ST}, X87_R(sub_st0), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(5) | MEMONLY, "fsubr", {o_Md}, X87_M(subr_m32), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(5) | REGONLY, "fsubr", {o_ST}, X87_R(subr_st0), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(6) | MEMONLY, "fdiv", {o_Md}, X87_M(div_m32), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(6) | REGONLY, "fdiv", {o_ST}, X87_R(div_st0), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(7) | MEMONLY, "fdivr", {o_Md}, X87_M(divr_m32), .feature = F_FPU},
    {MAP_1, 0xd8, PFX_ANY, EXT(7) | REGONLY, "fdivr", {o_ST}, X87_R(divr_st0), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(4) | RM(4), "ftst", {}, X87_R(tst), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(0) | MEMONLY, "fiadd", {o_Md}, X87_M(add_i32), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(0) | REGONLY, "fcmovb", {o_ST}, X87_R(cmovb), .feature = F_CMOV, .reads = FL_CF},
    {MAP_1, 0xda, PFX_ANY, EXT(1) | MEMONLY, "fimul", {o_Md}, X87_M(mul_i32), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(1) | REGONLY, "fcmove", {o_ST}, X87_R(cmove), .feature = F_CMOV, .reads = FL_ZF},
    {MAP_1, 0xda, PFX_ANY, EXT(2) | MEMONLY, "ficom", {o_Md}, X87_M(com_i32), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(2) | REGONLY, "fcmovbe", {o_ST}, X87_R(cmovbe), .feature = F_CMOV, .reads = FL_CF | FL_ZF},
    {MAP_1, 0xda, PFX_ANY, EXT(3) | MEMONLY, "ficomp", {o_Md}, X87_M(comp_i32), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(3) | REGONLY, "fcmovu", {o_ST}, X87_R(cmovu), .feature = F_CMOV, .reads = FL_PF},
    {MAP_1, 0xda, PFX_ANY, EXT(4) | MEMONLY, "fisub", {o_Md}, X87_M(sub_i32), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(5) | MEMONLY, "fisubr", {o_Md}, X87_M(subr_i32), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(5) | RM(1), "fucompp", {}, X87_R(ucompp), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(6) | MEMONLY, "fidiv", {o_Md}, X87_M(div_i32), .feature = F_FPU},
    {MAP_1, 0xda, PFX_ANY, EXT(7) | MEMONLY, "fidivr", {o_Md}, X87_M(divr_i32), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(0) | REGONLY, "fcmovnb", {o_ST}, X87_R(cmovnb), .feature = F_CMOV, .reads = FL_CF},
    {MAP_1, 0xdb, PFX_ANY, EXT(1) | REGONLY, "fcmovne", {o_ST}, X87_R(cmovne), .feature = F_CMOV, .reads = FL_ZF},
    {MAP_1, 0xdb, PFX_ANY, EXT(2) | REGONLY, "fcmovnbe", {o_ST}, X87_R(cmovnbe), .feature = F_CMOV, .reads = FL_CF | FL_ZF},
    {MAP_1, 0xdb, PFX_ANY, EXT(3) | REGONLY, "fcmovnu", {o_ST}, X87_R(cmovnu), .feature = F_CMOV, .reads = FL_PF},
    {MAP_1, 0xdb, PFX_ANY, EXT(5) | REGONLY, "fucomi", {o_ST}, X87_R(ucomi), .feature = F_CMOV},
    {MAP_1, 0xdb, PFX_ANY, EXT(6) | REGONLY, "fcomi", {o_ST}, X87_R(comi), .feature = F_CMOV},
    {MAP_1, 0xdc, PFX_ANY, EXT(0) | MEMONLY, "fadd", {o_Mq}, X87_M(add_m64), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(0) | REGONLY, "fadd", {o_ST}, X87_R(add_sti), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(1) | MEMONLY, "fmul", {o_Mq}, X87_M(mul_m64), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(1) | REGONLY, "fmul", {o_ST}, X87_R(mul_sti), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(2) | MEMONLY, "fcom", {o_Mq}, X87_M(com_m64), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(2) | REGONLY, "fcom", {o_ST}, X87_R(com), .feature = F_FPU}, // alias
    {MAP_1, 0xdc, PFX_ANY, EXT(3) | MEMONLY, "fcomp", {o_Mq}, X87_M(comp_m64), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(3) | REGONLY, "fcomp", {o_ST}, X87_R(comp), .feature = F_FPU}, // alias
    {MAP_1, 0xdc, PFX_ANY, EXT(4) | MEMONLY, "fsub", {o_Mq}, X87_M(sub_m64), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(4) | REGONLY, "fsubr", {o_ST}, X87_R(sub_sti), .feature = F_FPU}, // ST(0) - ST(i) in both forms
    {MAP_1, 0xdc, PFX_ANY, EXT(5) | MEMONLY, "fsubr", {o_Mq}, X87_M(subr_m64), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(5) | REGONLY, "fsub", {o_ST}, X87_R(subr_sti), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(6) | MEMONLY, "fdiv", {o_Mq}, X87_M(div_m64), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(6) | REGONLY, "fdivr", {o_ST}, X87_R(div_sti), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(7) | MEMONLY, "fdivr", {o_Mq}, X87_M(divr_m64), .feature = F_FPU},
    {MAP_1, 0xdc, PFX_ANY, EXT(7) | REGONLY, "fdiv", {o_ST}, X87_R(divr_sti), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(4) | REGONLY, "fucom", {o_ST}, X87_R(ucom), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(5) | REGONLY, "fucomp", {o_ST}, X87_R(ucomp), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(0) | MEMONLY, "fiadd", {o_Mw}, X87_M(add_i16), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(0) | REGONLY, "faddp", {o_ST}, X87_R(add_pop), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(1) | MEMONLY, "fimul", {o_Mw}, X87_M(mul_i16), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(1) | REGONLY, "fmulp", {o_ST}, X87_R(mul_pop), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(2) | MEMONLY, "ficom", {o_Mw}, X87_M(com_i16), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(2) | REGONLY, "fcomp", {o_ST}, X87_R(comp), .feature = F_FPU}, // alias
    {MAP_1, 0xde, PFX_ANY, EXT(3) | MEMONLY, "ficomp", {o_Mw}, X87_M(comp_i16), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(3) | RM(1), "fcompp", {}, X87_R(compp), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(4) | MEMONLY, "fisub", {o_Mw}, X87_M(sub_i16), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(4) | REGONLY, "fsubrp", {o_ST}, X87_R(sub_pop), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(5) | MEMONLY, "fisubr", {o_Mw}, X87_M(subr_i16), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(5) | REGONLY, "fsubp", {o_ST}, X87_R(subr_pop), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(6) | MEMONLY, "fidiv", {o_Mw}, X87_M(div_i16), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(6) | REGONLY, "fdivrp", {o_ST}, X87_R(div_pop), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(7) | MEMONLY, "fidivr", {o_Mw}, X87_M(divr_i16), .feature = F_FPU},
    {MAP_1, 0xde, PFX_ANY, EXT(7) | REGONLY, "fdivp", {o_ST}, X87_R(divr_pop), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(5) | REGONLY, "fucomip", {o_ST}, X87_R(ucomip), .feature = F_CMOV},
    {MAP_1, 0xdf, PFX_ANY, EXT(6) | REGONLY, "fcomip", {o_ST}, X87_R(comip), .feature = F_CMOV},
};
// clang-format on
X86_TABLE(x87_arith);
