// SPDX-License-Identifier: MIT
// Instructions that load segment registers or leave the code segment. Handlers fetch operands and commit; the rules are
// in seg.c, far.c, ret.c, except.c.
#include "cpu/measure.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/except.h"
#include "isa/x86_64/sys/op_sys.h"
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/insn/stack.h"

// Suffixes: _w _d _q operand size 16, 32, 64; _r _m register or memory.

// ---- MOV, POP, PUSH, Lxs

SOP(mov_sw_r) {
    if (u->a == CS || u->a >= SEG_COUNT) RAISE(EXC_UD, 0);
    SYNC;
    x86_load_seg(c, u->a, REG16(u->b));
    if (u->a == SS) c->s.shadow = 2;
    GO_ON(x86_next_rip(c, u));
}

SOP(mov_sw_m) {
    if (u->a == CS || u->a >= SEG_COUNT) RAISE(EXC_UD, 0);
    u16 sel = LOAD16(c, u);
    SYNC;
    x86_load_seg(c, u->a, sel);
    if (u->a == SS) c->s.shadow = 2;
    GO_ON(x86_next_rip(c, u));
}

SOP(mov_r16_sw) {
    if (u->a >= SEG_COUNT) RAISE(EXC_UD, 0);
    SET16(u->b, c->s.seg[u->a].sel);
    NEXT;
}

SOP(mov_r32_sw) { // zero-extended to 64 bits as well
    if (u->a >= SEG_COUNT) RAISE(EXC_UD, 0);
    SET32(u->b, c->s.seg[u->a].sel);
    NEXT;
}

SOP(mov_m_sw) {
    if (u->a >= SEG_COUNT) RAISE(EXC_UD, 0);
    STORE16(c, u, c->s.seg[u->a].sel);
    NEXT;
}

#define PUSH_POP(name, which)                                                                                                    \
    SOP(push_##name##_w) {                                                                                                       \
        push16(c, u, c->s.seg[which].sel);                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(push_##name##_d) {                                                                                                       \
        push32(c, u, c->s.seg[which].sel);                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(push_##name##_q) {                                                                                                       \
        push64(c, u, c->s.seg[which].sel);                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    POP(name, which, w, 16)                                                                                                      \
    POP(name, which, d, 32)                                                                                                      \
    POP(name, which, q, 64)
// RSP is incremented with the old stack segment's address size, even by POP SS.
#define POP(name, which, letter, n)                                                                                              \
    SOP(pop_##name##_##letter) {                                                                                                 \
        u16 sel = (u16)peek##n(c, u, 0);                                                                                         \
        u64 sp = stack_moved(c, n / 8);                                                                                          \
        SYNC;                                                                                                                    \
        x86_load_seg(c, which, sel);                                                                                             \
        c->s.gpr[RSP] = sp;                                                                                                      \
        if (which == SS) c->s.shadow = 2;                                                                                        \
        GO_ON(x86_next_rip(c, u));                                                                                               \
    }
PUSH_POP(es, ES)
PUSH_POP(ss, SS)
PUSH_POP(ds, DS)
PUSH_POP(fs, FS)
PUSH_POP(gs, GS)
SOP(push_cs_w) {
    push16(c, u, c->s.seg[CS].sel);
    NEXT;
}
SOP(push_cs_d) {
    push32(c, u, c->s.seg[CS].sel);
    NEXT;
}

struct far_pointer {
    u64 offset;
    u16 sel;
};

// m16:16, m16:32, m16:64: the offset comes first.
static inline struct far_pointer load_far(struct x86_cpu *c, const struct uop *u, unsigned bytes) {
    u8 b[10];
    if (unlikely(bytes == 2 && c->mode & MODE_ALIGN)) { // it need only be aligned as two words are (table 6-7)
        u64 at = x86_offset(c, u);
        SYNC;
        gva_t a = x86_linear(c, MEM_SEG(u), at, 2, ACCESS_READ);
        x86_linear(c, MEM_SEG(u), at + 2, 2, ACCESS_READ);
        x86_read(c, MEM_SEG(u), a, b, 4);
    } else {
        LOADN(c, u, b, bytes + 2, 1);
    }
    return (struct far_pointer){.offset = ld_width(b, bytes), .sel = ld16(b + bytes)};
}

#define LOAD_POINTER(name, which)                                                                                                \
    SOP(name##_w){LOAD_FAR(which, 2, SET16)} SOP(name##_d){LOAD_FAR(which, 4, SET32)} SOP(name##_q) { LOAD_FAR(which, 8, SET64) }
#define LOAD_FAR(which, bytes, set)                                                                                              \
    struct far_pointer p = load_far(c, u, bytes);                                                                                \
    SYNC;                                                                                                                        \
    x86_load_seg(c, which, p.sel);                                                                                               \
    set(u->a, p.offset);                                                                                                         \
    GO_ON(x86_next_rip(c, u));
LOAD_POINTER(les, ES)
LOAD_POINTER(lds, DS)
LOAD_POINTER(lss, SS)
LOAD_POINTER(lfs, FS)
LOAD_POINTER(lgs, GS)

// ---- far JMP, CALL, RET, IRET

#define DIRECT(letter, bytes)                                                                                                    \
    SOP(jmp_ap_##letter) {                                                                                                       \
        SYNC;                                                                                                                    \
        x86_far_jump(c, (u16)(u->imm >> 32), (u32)u->imm, bytes, x86_next_rip(c, u));                                            \
        GO_ON(c->s.rip);                                                                                                         \
    }                                                                                                                            \
    SOP(call_ap_##letter) {                                                                                                      \
        SYNC;                                                                                                                    \
        x86_far_call(c, (u16)(u->imm >> 32), (u32)u->imm, bytes, x86_next_rip(c, u));                                            \
        GO_ON(c->s.rip);                                                                                                         \
    }
DIRECT(w, 2)
DIRECT(d, 4)

#define TRANSFER(letter, bytes)                                                                                                  \
    SOP(jmp_mp_##letter) {                                                                                                       \
        struct far_pointer p = load_far(c, u, bytes);                                                                            \
        SYNC;                                                                                                                    \
        x86_far_jump(c, p.sel, p.offset, bytes, x86_next_rip(c, u));                                                             \
        GO_ON(c->s.rip);                                                                                                         \
    }                                                                                                                            \
    SOP(call_mp_##letter) {                                                                                                      \
        struct far_pointer p = load_far(c, u, bytes);                                                                            \
        SYNC;                                                                                                                    \
        x86_far_call(c, p.sel, p.offset, bytes, x86_next_rip(c, u));                                                             \
        GO_ON(c->s.rip);                                                                                                         \
    }                                                                                                                            \
    SOP(retf_##letter) {                                                                                                         \
        SYNC;                                                                                                                    \
        x86_far_ret(c, bytes, 0);                                                                                                \
        GO_ON(c->s.rip);                                                                                                         \
    }                                                                                                                            \
    SOP(retf_iw_##letter) {                                                                                                      \
        SYNC;                                                                                                                    \
        x86_far_ret(c, bytes, (u16)u->imm);                                                                                      \
        GO_ON(c->s.rip);                                                                                                         \
    }                                                                                                                            \
    SOP(iret_##letter) {                                                                                                         \
        SYNC;                                                                                                                    \
        x86_iret(c, bytes, x86_next_rip(c, u));                                                                                  \
        vcpu_returned(&c->v);                                                                                                    \
        GO_ON(c->s.rip);                                                                                                         \
    }
TRANSFER(w, 2)
TRANSFER(d, 4)
TRANSFER(q, 8)

// ---- software interrupts

SOP(int_n) {
    SYNC;
    x86_software_interrupt(c, (u8)u->imm, x86_next_rip(c, u));
    GO_ON(c->s.rip);
}

SOP(int3) {
    SYNC;
    x86_enter_event(c, EXC_BP, EVENT_INT3, x86_next_rip(c, u));
    GO_ON(c->s.rip);
}

SOP(into) {
    if (!c->s.of) GO_ON(x86_next_rip(c, u));
    SYNC;
    x86_enter_event(c, EXC_OF, EVENT_INT3, x86_next_rip(c, u));
    GO_ON(c->s.rip);
}

// INT1 is a debug trap (vol. 2A, INT1). So a data breakpoint that MOV SS has delayed, and that is due at the same instruction
// boundary, is reported by the same #DB. After INT n and INT3 it is reported at the first instruction of their handler.
SOP(int1) {
    u32 held = c->s.pending_db;
    SYNC;
    c->s.pending_db = 0;
    x86_enter_event(c, EXC_DB, EVENT_ICEBP, x86_next_rip(c, u));
    x86_debug_enter(c, held);
    GO_ON(c->s.rip);
}

// Two bounds of `size` bytes each, one behind the other.
static u64 upper_bound(struct x86_cpu *c, const struct uop *u, unsigned size) {
    struct uop second = *u;
    u64 v = 0;
    second.disp += size;
    SYNC;
    x86_read(c, MEM_SEG(u), x86_linear(c, MEM_SEG(u), x86_offset(c, &second), size, ACCESS_READ), &v, size);
    return v;
}

SOP(bound_w) {
    i16 low = (i16)LOAD16(c, u), high = (i16)upper_bound(c, u, 2), at = (i16)REG16(u->a);
    if (at < low || at > high) RAISE(EXC_BR, 0);
    NEXT;
}

SOP(bound_d) {
    i32 low = (i32)LOAD32(c, u), high = (i32)upper_bound(c, u, 4), at = (i32)REG32(u->a);
    if (at < low || at > high) RAISE(EXC_BR, 0);
    NEXT;
}

// ---- LAR, LSL, VERR, VERW, ARPL: ZF says whether the selector is good for the caller; nothing faults on its account

static void set_zf(struct x86_cpu *c, bool zf) {
    u32 fl = x86_get_rflags(c);
    x86_set_arith(c, zf ? fl | FL_ZF : fl & ~(u32)FL_ZF);
}

static bool visible(struct x86_cpu *c, u16 sel, u64 *desc) {
    gva_t at;
    if (SEL_NULL(sel) || !x86_desc_find(c, sel, 1, &at)) return false;
    *desc = x86_sys_read(c, at, 8);
    u32 ar = desc_attr(*desc);
    if (ar_is_code(ar) && ar_conforming(ar)) return true;
    return AR_DPL(ar) >= c->s.cpl && AR_DPL(ar) >= SEL_RPL(sel);
}

// Types of system descriptors that LAR (LSL) tells about, a bit each (tables 3-53 and 3-64).
#define LAR_TYPES (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(9) | BIT(11) | BIT(12))
#define LAR_TYPES_LONG (BIT(2) | BIT(9) | BIT(11) | BIT(12))
#define LSL_TYPES (BIT(1) | BIT(2) | BIT(3) | BIT(9) | BIT(11))
#define LSL_TYPES_LONG (BIT(2) | BIT(9) | BIT(11))

static bool find_lar(struct x86_cpu *c, u16 sel, u32 *value) {
    u64 d;
    if (!visible(c, sel, &d)) return false;
    u32 ar = desc_attr(d);
    if (!(ar & AR_S) && !((is_long(c) ? LAR_TYPES_LONG : LAR_TYPES) >> AR_TYPE(ar) & 1)) return false;
    *value = (u32)(d >> 32) & 0x00ffff00;
    return true;
}

static bool find_lsl(struct x86_cpu *c, u16 sel, u32 *value) {
    u64 d;
    if (!visible(c, sel, &d)) return false;
    u32 ar = desc_attr(d);
    if (!(ar & AR_S) && !((is_long(c) ? LSL_TYPES_LONG : LSL_TYPES) >> AR_TYPE(ar) & 1)) return false;
    *value = desc_limit(d);
    return true;
}

#define LAR_LSL(name)                                                                                                            \
    SOP(name##_r_w) { LAR_LSL_BODY(name, REG16(u->b), SET16); }                                                                  \
    SOP(name##_r_d) { LAR_LSL_BODY(name, REG16(u->b), SET32); }                                                                  \
    SOP(name##_m_w) { LAR_LSL_BODY(name, LOAD16(c, u), SET16); }                                                                 \
    SOP(name##_m_d) { LAR_LSL_BODY(name, LOAD16(c, u), SET32); }
#define LAR_LSL_BODY(name, selector, set)                                                                                        \
    u16 sel = selector;                                                                                                          \
    u32 v;                                                                                                                       \
    SYNC;                                                                                                                        \
    bool ok = find_##name(c, sel, &v);                                                                                           \
    if (ok) set(u->a, v);                                                                                                        \
    set_zf(c, ok);                                                                                                               \
    NEXT;
LAR_LSL(lar)
LAR_LSL(lsl)

static bool readable(struct x86_cpu *c, u16 sel) {
    u64 d;
    if (!visible(c, sel, &d)) return false;
    u32 ar = desc_attr(d);
    return (ar & AR_S) && (!(ar & AR_CODE) || (ar & AR_R));
}

static bool writable(struct x86_cpu *c, u16 sel) {
    u64 d;
    if (!visible(c, sel, &d)) return false;
    u32 ar = desc_attr(d);
    return ar_is_data(ar) && (ar & AR_W);
}

#define VERIFY(name, test)                                                                                                       \
    SOP(name##_r) {                                                                                                              \
        SYNC;                                                                                                                    \
        set_zf(c, test(c, REG16(u->b)));                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##_m) {                                                                                                              \
        u16 sel = LOAD16(c, u);                                                                                                  \
        SYNC;                                                                                                                    \
        set_zf(c, test(c, sel));                                                                                                 \
        NEXT;                                                                                                                    \
    }
VERIFY(verr, readable)
VERIFY(verw, writable)

SOP(arpl_r) {
    u16 to = REG16(u->b), from = REG16(u->a);
    bool raise = SEL_RPL(to) < SEL_RPL(from);
    if (raise) SET16(u->b, (to & 0xfffc) | SEL_RPL(from));
    set_zf(c, raise);
    NEXT;
}

SOP(arpl_m) {
    u16 to = LOAD16(c, u), from = REG16(u->a);
    bool raise = SEL_RPL(to) < SEL_RPL(from);
    if (raise) STORE16(c, u, (u16)((to & 0xfffc) | SEL_RPL(from)));
    set_zf(c, raise);
    NEXT;
}

// ---- SYSCALL, SYSENTER, SYSRET, SYSEXIT: they load fixed flat segments and read no descriptor

static struct x86_seg flat_cs(unsigned cpl, bool code64) {
    u32 ar = AR_P | AR_S | AR_CODE | AR_R | AR_ACCESSED | AR_G | cpl << 5 | (code64 ? AR_L : AR_DB);
    return (struct x86_seg){.limit = 0xffffffff, .attr = ar};
}

static void flat_segments(struct x86_cpu *c, u16 cs, u16 ss, unsigned cpl, bool code64) {
    c->s.seg[SS] = (struct x86_seg){.limit = 0xffffffff,
                                    .sel = (u16)((ss & 0xfffc) | cpl),
                                    .attr = AR_P | AR_S | AR_W | AR_ACCESSED | AR_G | AR_DB | cpl << 5};
    x86_set_cs(c, cs, flat_cs(cpl, code64), cpl);
}

// These two test TF after they have completed, all other instructions before they start. So SYSCALL raises no single-step trap when
// IA32_FMASK clears TF, and SYSRET that sets TF traps before the next instruction.
static void step_by_new_flags(struct x86_cpu *c) {
    c->step = false;
    if (c->s.rflags & FL_TF) c->s.pending_db |= DR6_BS;
}

SOP(syscall) {
    if (!(c->s.efer & EFER_SCE)) RAISE(EXC_UD, 0);
    u32 fl = x86_get_rflags(c) & ~(u32)FL_RF;
    u16 cs = (u16)(c->s.star >> 32);
    c->s.gpr[RCX] = NEXT_RIP;
    c->s.gpr[R11] = fl;
    x86_set_rflags(c, fl & ~(u32)c->s.fmask, ~(u32)0);
    step_by_new_flags(c);
    flat_segments(c, cs, cs + 8, 0, true);
    GO_ON(c->s.lstar);
}

// Flags that SYSRET takes from R11: all but RF, VM and the reserved ones.
#define SYSRET_FLAGS 0x3c7fd7u

SOP(sysret_d) {
    if (!(c->s.efer & EFER_SCE)) RAISE(EXC_UD, 0);
    if (c->s.cpl) RAISE(EXC_GP, 0);
    u16 base = (u16)(c->s.star >> 48);
    x86_set_rflags(c, c->s.gpr[R11] & SYSRET_FLAGS, ~(u32)0);
    step_by_new_flags(c);
    u32 rip = REG32(RCX);
    flat_segments(c, base, base + 8, 3, false);
    GO_ON(rip);
}

SOP(sysret_q) {
    u64 rip = c->s.gpr[RCX];
    if (!(c->s.efer & EFER_SCE)) RAISE(EXC_UD, 0);
    if (c->s.cpl || !x86_canonical(c, rip)) RAISE(EXC_GP, 0); // still in ring 0, as on this vendor's processors
    u16 base = (u16)(c->s.star >> 48);
    x86_set_rflags(c, c->s.gpr[R11] & SYSRET_FLAGS, ~(u32)0);
    step_by_new_flags(c);
    flat_segments(c, base + 16, base + 8, 3, true);
    GO_ON(rip);
}

SOP(sysenter) {
    u16 cs = (u16)c->s.sysenter_cs;
    bool wide = is_long(c);
    if (is_real(c) || SEL_NULL(cs)) RAISE(EXC_GP, 0);
    x86_set_rflags(c, 0, FL_VM | FL_IF | FL_RF);
    c->s.gpr[RSP] = wide ? c->s.sysenter_esp : (u32)c->s.sysenter_esp;
    flat_segments(c, cs, cs + 8, 0, wide);
    GO_ON(wide ? c->s.sysenter_eip : (u32)c->s.sysenter_eip);
}

SOP(sysexit_d) {
    u16 cs = (u16)c->s.sysenter_cs;
    if (is_real(c) || SEL_NULL(cs) || c->s.cpl) RAISE(EXC_GP, 0);
    u32 rip = REG32(RDX);
    c->s.gpr[RSP] = REG32(RCX);
    flat_segments(c, cs + 16, cs + 24, 3, false);
    GO_ON(rip);
}

SOP(sysexit_q) {
    u16 cs = (u16)c->s.sysenter_cs;
    u64 rip = c->s.gpr[RDX], rsp = c->s.gpr[RCX];
    if (SEL_NULL(cs) || c->s.cpl || !x86_canonical(c, rip) || !x86_canonical(c, rsp)) RAISE(EXC_GP, 0);
    c->s.gpr[RSP] = rsp;
    flat_segments(c, cs + 32, cs + 40, 3, true);
    GO_ON(rip);
}

SOP(swapgs) {
    if (c->s.cpl) RAISE(EXC_GP, 0);
    u64 base = c->s.seg[GS].base;
    c->s.seg[GS].base = c->s.kernel_gs_base;
    c->s.kernel_gs_base = base;
    NEXT;
}

// ---- RDFSBASE and its family

#define BASES(name, which)                                                                                                       \
    SOP(rd##name##base_d) {                                                                                                      \
        need_fsgsbase(c, u);                                                                                                     \
        SET32(u->b, c->s.seg[which].base);                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(rd##name##base_q) {                                                                                                      \
        need_fsgsbase(c, u);                                                                                                     \
        SET64(u->b, c->s.seg[which].base);                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(wr##name##base_d) {                                                                                                      \
        need_fsgsbase(c, u);                                                                                                     \
        c->s.seg[which].base = REG32(u->b);                                                                                      \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(wr##name##base_q) {                                                                                                      \
        need_fsgsbase(c, u);                                                                                                     \
        if (!x86_canonical_base(c, c->s.gpr[u->b])) RAISE(EXC_GP, 0);                                                            \
        c->s.seg[which].base = c->s.gpr[u->b];                                                                                   \
        NEXT;                                                                                                                    \
    }
static inline void need_fsgsbase(struct x86_cpu *c, const struct uop *u) {
    if (!(c->s.cr4 & CR4_FSGSBASE)) RAISE(EXC_UD, 0);
}
BASES(fs, FS)
BASES(gs, GS)

// ---- by operand size

const struct ops ops_mov_sw = OPS_RM(mov_sw_r, mov_sw_m);
const struct ops ops_mov_from_sw = {{0, mov_r16_sw, mov_r32_sw, mov_r32_sw}, {mov_m_sw, mov_m_sw, mov_m_sw, mov_m_sw}};
#define OPS_PUSH_POP(name)                                                                                                       \
    const struct ops ops_push_##name = OPS_SIZES(push_##name##_w, push_##name##_d, push_##name##_q);                             \
    const struct ops ops_pop_##name = OPS_SIZES(pop_##name##_w, pop_##name##_d, pop_##name##_q);
OPS_PUSH_POP(es)
OPS_PUSH_POP(ss)
OPS_PUSH_POP(ds)
OPS_PUSH_POP(fs)
OPS_PUSH_POP(gs)
const struct ops ops_push_cs = OPS_SIZES(push_cs_w, push_cs_d, 0);
#define OPS_BY_SIZE(name) const struct ops ops_##name = OPS_SIZES(name##_w, name##_d, name##_q)
OPS_BY_SIZE(les);
OPS_BY_SIZE(lds);
OPS_BY_SIZE(lss);
OPS_BY_SIZE(lfs);
OPS_BY_SIZE(lgs);
OPS_BY_SIZE(jmp_mp);
OPS_BY_SIZE(call_mp);
OPS_BY_SIZE(retf);
OPS_BY_SIZE(retf_iw);
OPS_BY_SIZE(iret);
const struct ops ops_jmp_ap = OPS_SIZES(jmp_ap_w, jmp_ap_d, 0);
const struct ops ops_call_ap = OPS_SIZES(call_ap_w, call_ap_d, 0);
const struct ops ops_int = OPS_ALL(int_n);
const struct ops ops_int3 = OPS_ALL(int3);
const struct ops ops_into = OPS_ALL(into);
const struct ops ops_int1 = OPS_ALL(int1);
const struct ops ops_bound = OPS_SIZES(bound_w, bound_d, 0);
const struct ops ops_lar = {{0, lar_r_w, lar_r_d, lar_r_d}, {0, lar_m_w, lar_m_d, lar_m_d}};
const struct ops ops_lsl = {{0, lsl_r_w, lsl_r_d, lsl_r_d}, {0, lsl_m_w, lsl_m_d, lsl_m_d}};
const struct ops ops_verr = OPS_RM(verr_r, verr_m);
const struct ops ops_verw = OPS_RM(verw_r, verw_m);
const struct ops ops_arpl = OPS_RM(arpl_r, arpl_m);
const struct ops ops_syscall = OPS_ALL(syscall);
const struct ops ops_sysret = OPS_SIZES(sysret_d, sysret_d, sysret_q);
const struct ops ops_sysenter = OPS_ALL(sysenter);
const struct ops ops_sysexit = OPS_SIZES(sysexit_d, sysexit_d, sysexit_q);
const struct ops ops_swapgs = OPS_ALL(swapgs);
const struct ops ops_rdfsbase = OPS_SIZES(rdfsbase_d, rdfsbase_d, rdfsbase_q);
const struct ops ops_rdgsbase = OPS_SIZES(rdgsbase_d, rdgsbase_d, rdgsbase_q);
const struct ops ops_wrfsbase = OPS_SIZES(wrfsbase_d, wrfsbase_d, wrfsbase_q);
const struct ops ops_wrgsbase = OPS_SIZES(wrgsbase_d, wrgsbase_d, wrgsbase_q);

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0x06, PFX_ANY, 0, "push", {}, &ops_push_es, .flags = I64},
    {MAP_1, 0x07, PFX_ANY, 0, "pop", {}, &ops_pop_es, .flags = I64 | ENDS},
    {MAP_1, 0x0e, PFX_ANY, 0, "push", {}, &ops_push_cs, .flags = I64},
    {MAP_1, 0x16, PFX_ANY, 0, "push", {}, &ops_push_ss, .flags = I64},
    {MAP_1, 0x17, PFX_ANY, 0, "pop", {}, &ops_pop_ss, .flags = I64 | ENDS},
    {MAP_1, 0x1e, PFX_ANY, 0, "push", {}, &ops_push_ds, .flags = I64},
    {MAP_1, 0x1f, PFX_ANY, 0, "pop", {}, &ops_pop_ds, .flags = I64 | ENDS},
    {MAP_0F, 0xa0, PFX_ANY, 0, "push", {}, &ops_push_fs, .flags = D64},
    {MAP_0F, 0xa1, PFX_ANY, 0, "pop", {}, &ops_pop_fs, .flags = D64 | ENDS},
    {MAP_0F, 0xa8, PFX_ANY, 0, "push", {}, &ops_push_gs, .flags = D64},
    {MAP_0F, 0xa9, PFX_ANY, 0, "pop", {}, &ops_pop_gs, .flags = D64 | ENDS},
    {MAP_1, 0x8c, PFX_ANY, 0, "mov", {o_MwRv, o_Sw}, &ops_mov_from_sw, .special = SPECIAL_MOV_FROM_SREG},
    {MAP_1, 0x8e, PFX_ANY, 0, "mov", {o_Sw, o_Ew}, &ops_mov_sw, .flags = ENDS},
    {MAP_1, 0xc4, PFX_ANY, MEMONLY, "les", {o_Gz, o_Mp}, &ops_les, .flags = I64 | ENDS},
    {MAP_1, 0xc5, PFX_ANY, MEMONLY, "lds", {o_Gz, o_Mp}, &ops_lds, .flags = I64 | ENDS},
    {MAP_0F, 0xb2, PFX_ANY, MEMONLY, "lss", {o_Gv, o_Mp}, &ops_lss, .flags = ENDS},
    {MAP_0F, 0xb4, PFX_ANY, MEMONLY, "lfs", {o_Gv, o_Mp}, &ops_lfs, .flags = ENDS},
    {MAP_0F, 0xb5, PFX_ANY, MEMONLY, "lgs", {o_Gv, o_Mp}, &ops_lgs, .flags = ENDS},
    {MAP_1, 0x63, PFX_ANY, 0, "arpl", {o_Ew, o_Gw}, &ops_arpl, .flags = I64 | PROT, .writes = FL_ZF},
    {MAP_0F, 0x02, PFX_ANY, 0, "lar", {o_Gv, o_Ew}, &ops_lar, .flags = PROT, .writes = FL_ZF},
    {MAP_0F, 0x03, PFX_ANY, 0, "lsl", {o_Gv, o_Ew}, &ops_lsl, .flags = PROT, .writes = FL_ZF},
    {MAP_0F, 0x00, PFX_ANY, EXT(4), "verr", {o_Ew}, &ops_verr, .flags = PROT, .writes = FL_ZF},
    {MAP_0F, 0x00, PFX_ANY, EXT(5), "verw", {o_Ew}, &ops_verw, .flags = PROT, .writes = FL_ZF},
    {MAP_1, 0x9a, PFX_ANY, 0, "call", {o_Ap}, &ops_call_ap, .flags = I64 | ENDS},
    {MAP_1, 0xea, PFX_ANY, 0, "jmp", {o_Ap}, &ops_jmp_ap, .flags = I64 | ENDS},
    {MAP_1, 0xff, PFX_ANY, EXT(3) | MEMONLY, "call", {o_Mp}, &ops_call_mp, .flags = ENDS},
    {MAP_1, 0xff, PFX_ANY, EXT(5) | MEMONLY, "jmp", {o_Mp}, &ops_jmp_mp, .flags = ENDS},
    {MAP_1, 0xca, PFX_ANY, 0, "retf", {o_Iw}, &ops_retf_iw, .flags = ENDS},
    {MAP_1, 0xcb, PFX_ANY, 0, "retf", {}, &ops_retf, .flags = ENDS},
    {MAP_1, 0xcc, PFX_ANY, 0, "int3", {}, &ops_int3, .flags = ENDS | READS_ALL},
    {MAP_1, 0xcd, PFX_ANY, 0, "int", {o_Ib}, &ops_int, .flags = ENDS | READS_ALL},
    {MAP_1, 0xce, PFX_ANY, 0, "into", {}, &ops_into, .flags = I64 | ENDS | READS_ALL, .reads = FL_OF},
    {MAP_1, 0xcf, PFX_ANY, 0, "iret", {}, &ops_iret, .flags = ENDS | READS_ALL, .writes = FL_ARITH},
    {MAP_1, 0xf1, PFX_ANY, 0, "int1", {}, &ops_int1, .flags = ENDS | READS_ALL},
    {MAP_1, 0x62, PFX_ANY, MEMONLY, "bound", {o_Gv, o_M}, &ops_bound, .flags = I64},
    {MAP_0F, 0x05, PFX_ANY, 0, "syscall", {}, &ops_syscall, .feature = F_SYSCALL, .flags = O64 | ENDS | READS_ALL},
    {MAP_0F, 0x07, PFX_ANY, 0, "sysret", {}, &ops_sysret, .feature = F_SYSCALL, .flags = O64 | ENDS},
    {MAP_0F, 0x34, PFX_ANY, 0, "sysenter", {}, &ops_sysenter, .feature = F_SEP, .flags = ENDS},
    {MAP_0F, 0x35, PFX_ANY, 0, "sysexit", {}, &ops_sysexit, .feature = F_SEP, .flags = ENDS},
    {MAP_0F, 0x01, PFX_ANY, EXT(7) | RM(0), "swapgs", {}, &ops_swapgs, .feature = F_LM, .flags = O64, .special = SPECIAL_SWAPGS},
    {MAP_0F, 0xae, PFX_F3, EXT(0) | REGONLY, "rdfsbase", {o_Ry}, &ops_rdfsbase, .feature = F_FSGSBASE, .flags = O64},
    {MAP_0F, 0xae, PFX_F3, EXT(1) | REGONLY, "rdgsbase", {o_Ry}, &ops_rdgsbase, .feature = F_FSGSBASE, .flags = O64},
    {MAP_0F, 0xae, PFX_F3, EXT(2) | REGONLY, "wrfsbase", {o_Ry}, &ops_wrfsbase, .feature = F_FSGSBASE, .flags = O64},
    {MAP_0F, 0xae, PFX_F3, EXT(3) | REGONLY, "wrgsbase", {o_Ry}, &ops_wrgsbase, .feature = F_FSGSBASE, .flags = O64},
};
// clang-format on
X86_TABLE(far);
