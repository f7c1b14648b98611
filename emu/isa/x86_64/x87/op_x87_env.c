// SPDX-License-Identifier: MIT
// x87 handlers: control and status words, environment, whole state, and the faults every x87 instruction shares.
#include "isa/x86_64/x87/op_x87.h"

// A waiting instruction has found an unmasked error (8.7).
static void error_due(struct x86_cpu *c, const struct uop *u) {
    SYNC;
    if (c->s.cr0 & CR0_NE) x86_raise(c, EXC_MF, 0);
    if (!c->s.ignne) x86_freeze(c);
}

void x87_trap(struct x86_cpu *c, const struct uop *u) {
    if (c->s.cr0 & (CR0_EM | CR0_TS)) RAISE(EXC_NM, 0);
    error_due(c, u);
}

// With a fetch's rights: code need not be readable (protection keys, SMAP).
static u8 code_byte(struct x86_cpu *c, gva_t at) {
    const u8 *p = vcpu_fetch(&c->v, at);
    return p ? *p : (u8)bus_read(c->bus, vcpu_fetch_gpa(&c->v, at), 1);
}

// The low three bits of the opcode byte and ModRM: uops do not keep them, so the instruction is read once more.
u16 x87_fetch_fop(struct x86_cpu *c, const struct uop *u) {
    gva_t at = c->s.seg[CS].base + THIS_RIP;
    SYNC;
    for (int prefixes = 0; prefixes < 13 && (code_byte(c, at) & 0xf8) != 0xd8; prefixes++) at++;
    return (u16)((code_byte(c, at) & 7) << 8 | code_byte(c, at + 1));
}

// Instructions that do not wait: only #NM.
static inline void enter_no_wait(struct x86_cpu *c, const struct uop *u) {
    if (unlikely(c->s.cr0 & (CR0_EM | CR0_TS))) RAISE(EXC_NM, 0);
}

static u16 status(const struct x86_cpu *c) { return (u16)(c->s.fpu.fsw | c->s.fpu.top << X87_TOP_SHIFT); }

static void set_status(struct x86_cpu *c, u16 v) {
    c->s.fpu.top = v >> X87_TOP_SHIFT & 7;
    c->s.fpu.fsw = (u16)(v & ~(7u << X87_TOP_SHIFT));
    x87_update_es(c);
}

static void set_control(struct x86_cpu *c, u16 v) {
    c->s.fpu.fcw = (v & X87_FCW_WRITABLE) | X87_FCW_ONE;
    x87_update_es(c);
}

static void initialise(struct x86_cpu *c) {
    struct x87_state *f = &c->s.fpu;
    f->fcw = X87_FCW_INIT;
    f->fsw = 0;
    f->top = f->tag = 0;
    f->fop = 0;
    f->fip = f->fdp = 0;
    x87_update_es(c);
}

SOP(x87_fwait) {
    if (unlikely((c->s.cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))) RAISE(EXC_NM, 0);
    if (unlikely(c->s.fpu.fsw & X87_ES)) error_due(c, u);
    NEXT;
}

SOP(x87_fnop) {
    x87_enter(c, u);
    x87_note(c, u);
    NEXT;
}

// FNENI, FNDISI, FNSETPM: meant something to the 8087 and 287
SOP(x87_legacy_nop) {
    enter_no_wait(c, u);
    NEXT;
}

SOP(x87_fninit) {
    enter_no_wait(c, u);
    initialise(c);
    NEXT;
}

SOP(x87_fnclex) {
    enter_no_wait(c, u);
    c->s.fpu.fsw &= X87_CC;
    x87_update_es(c);
    NEXT;
}

SOP(x87_fldcw) {
    x87_enter(c, u);
    set_control(c, LOAD16(c, u));
    NEXT;
}

SOP(x87_fnstcw) {
    enter_no_wait(c, u);
    STORE16(c, u, c->s.fpu.fcw);
    NEXT;
}

SOP(x87_fnstsw_m16) {
    enter_no_wait(c, u);
    STORE16(c, u, status(c));
    NEXT;
}

SOP(x87_fnstsw_ax) {
    enter_no_wait(c, u);
    SET16(RAX, status(c));
    NEXT;
}

// ---- the environment (vol. 1, figures 8-9 to 8-12), in units of 16 or 32 bits:
//   unit       0    1    2    3              4                          5           6
//   protected  FCW  FSW  FTW  FIP            FCS: 0 (32 bits: FOP << 16) FDP        FDS: 0
//   real       FCW  FSW  FTW  FIP 15..0      FIP 31..16 << 12 | FOP     FDP 15..0   FDP 31..16 << 12
// A full tag word (8.1.7) has two bits per physical register: 0 valid, 1 zero, 2 special, 3 empty.
static u16 tag_word(const struct x87_state *f) {
    u16 w = 0;
    for (unsigned i = 0; i < 8; i++) {
        enum x87_class k = x87_classify(f->r[i]);
        unsigned t = !(f->tag >> i & 1) ? 3 : k == X87_ZERO ? 1 : k == X87_NORMAL ? 0 : 2;
        w |= (u16)(t << 2 * i);
    }
    return w;
}

static bool real_layout(const struct x86_cpu *c) { return c->mode & MODE_REAL; }

static void build_environment(const struct x86_cpu *c, u8 *m, bool wide) {
    const struct x87_state *f = &c->s.fpu;
    u32 w[7] = {f->fcw, status(c), tag_word(f)};
    u32 fop = f->fop & 0x7ff;
    if (real_layout(c)) {
        u32 ip = (u32)f->fip, dp = (u32)f->fdp;
        w[3] = ip & 0xffff, w[4] = (ip >> 16) << 12 | fop;
        w[5] = dp & 0xffff, w[6] = (dp >> 16) << 12;
    } else {
        w[3] = (u32)f->fip, w[4] = wide ? fop << 16 : 0;
        w[5] = (u32)f->fdp;
    }
    if (!wide) {
        for (int i = 0; i < 7; i++) st16(m + 2 * i, (u16)w[i]);
        return;
    }
    // reserved upper halves are stored as ones
    bool real = real_layout(c);
    for (int i = 0; i < 3; i++) w[i] |= 0xffff0000;
    if (real) w[3] |= 0xffff0000, w[5] |= 0xffff0000;
    else w[6] |= 0xffff0000;
    for (int i = 0; i < 7; i++) st32(m + 4 * i, w[i]);
}

static void take_environment(struct x86_cpu *c, const u8 *m, bool wide) {
    struct x87_state *f = &c->s.fpu;
    u32 w[7];
    for (int i = 0; i < 7; i++) w[i] = wide ? ld32(m + 4 * i) : ld16(m + 2 * i);
    f->tag = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((w[2] >> 2 * i & 3) != 3) f->tag |= (u8)(1u << i);
    if (real_layout(c)) {
        f->fip = (w[3] & 0xffff) | (w[4] >> 12 & 0xffff) << 16;
        f->fdp = (w[5] & 0xffff) | (w[6] >> 12 & 0xffff) << 16;
        f->fop = w[4] & 0x7ff;
    } else {
        f->fip = w[3], f->fdp = w[5];
        if (wide) f->fop = w[4] >> 16 & 0x7ff;
    }
    f->fcw = (w[0] & X87_FCW_WRITABLE) | X87_FCW_ONE;
    set_status(c, (u16)w[1]);
}

static inline void load_environment(struct x86_cpu *c, const struct uop *u, bool wide) {
    u8 m[28];
    x87_enter(c, u);
    LOADN(c, u, m, wide ? 28 : 14, 1);
    take_environment(c, m, wide);
}

static inline void store_environment(struct x86_cpu *c, const struct uop *u, bool wide) {
    u8 m[28];
    enter_no_wait(c, u);
    build_environment(c, m, wide);
    STOREN(c, u, m, wide ? 28 : 14, 1);
    c->s.fpu.fcw |= X87_EXCEPTIONS;
    x87_update_es(c);
}

// The environment and ST(0)..ST(7), 94 or 108 bytes: more than one memory access takes, so it is checked as a whole first.
enum { PIECE = 64 };

static inline void restore(struct x86_cpu *c, const struct uop *u, bool wide) {
    u8 m[108];
    unsigned env = wide ? 28 : 14, size = env + 80;
    x87_enter(c, u);
    gva_t a = operand_address(c, u, size, ACCESS_READ);
    const u8 *p = tlb_read(c, a, size);
    SYNC;
    if (p) {
        memcpy(m, p, size);
    } else {
        x86_read(c, MEM_SEG(u), a, m, PIECE);
        x86_read(c, MEM_SEG(u), a + PIECE, m + PIECE, size - PIECE);
    }
    take_environment(c, m, wide);
    for (unsigned i = 0; i < 8; i++) ST(i) = (struct x87_reg){.mant = ld64(m + env + 10 * i), .exp = ld16(m + env + 10 * i + 8)};
}

static inline void save(struct x86_cpu *c, const struct uop *u, bool wide) {
    u8 m[108];
    unsigned env = wide ? 28 : 14, size = env + 80;
    enter_no_wait(c, u);
    build_environment(c, m, wide);
    for (unsigned i = 0; i < 8; i++) st64(m + env + 10 * i, ST(i).mant), st16(m + env + 10 * i + 8, ST(i).exp);
    gva_t a = operand_address(c, u, size, ACCESS_WRITE);
    u8 *p = tlb_write(c, a, size);
    SYNC;
    if (p) {
        memcpy(p, m, size);
    } else {
        x86_probe(c, MEM_SEG(u), a, size, ACCESS_WRITE);
        x86_write(c, MEM_SEG(u), a, m, PIECE);
        x86_write(c, MEM_SEG(u), a + PIECE, m + PIECE, size - PIECE);
    }
    initialise(c);
}

#define BY_SIZE(name, function)                                                                                                  \
    SOP(x87_##name##_16) {                                                                                                       \
        function(c, u, false);                                                                                                   \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(x87_##name##_32) {                                                                                                       \
        function(c, u, true);                                                                                                    \
        NEXT;                                                                                                                    \
    }
BY_SIZE(fldenv, load_environment)
BY_SIZE(fnstenv, store_environment)
BY_SIZE(frstor, restore)
BY_SIZE(fnsave, save)

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_1, 0x9b, PFX_ANY, 0, "fwait", {}, X87_ALL(fwait), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(2) | RM(0), "fnop", {}, X87_R(fnop), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(4) | MEMONLY, "fldenv", {o_M}, X87_BY_SIZE(fldenv), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(5) | MEMONLY, "fldcw", {o_Mw}, X87_M(fldcw), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(6) | MEMONLY, "fnstenv", {o_M}, X87_BY_SIZE(fnstenv), .feature = F_FPU},
    {MAP_1, 0xd9, PFX_ANY, EXT(7) | MEMONLY, "fnstcw", {o_Mw}, X87_M(fnstcw), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(4) | RM(0), "fneni", {}, X87_R(legacy_nop), .feature = F_FPU}, // alias: 8087
    {MAP_1, 0xdb, PFX_ANY, EXT(4) | RM(1), "fndisi", {}, X87_R(legacy_nop), .feature = F_FPU}, // alias: 8087
    {MAP_1, 0xdb, PFX_ANY, EXT(4) | RM(2), "fnclex", {}, X87_R(fnclex), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(4) | RM(3), "fninit", {}, X87_R(fninit), .feature = F_FPU},
    {MAP_1, 0xdb, PFX_ANY, EXT(4) | RM(4), "fnsetpm", {}, X87_R(legacy_nop), .feature = F_FPU}, // alias: 287
    {MAP_1, 0xdd, PFX_ANY, EXT(4) | MEMONLY, "frstor", {o_M}, X87_BY_SIZE(frstor), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(6) | MEMONLY, "fnsave", {o_M}, X87_BY_SIZE(fnsave), .feature = F_FPU},
    {MAP_1, 0xdd, PFX_ANY, EXT(7) | MEMONLY, "fnstsw", {o_Mw}, X87_M(fnstsw_m16), .feature = F_FPU},
    {MAP_1, 0xdf, PFX_ANY, EXT(4) | RM(0), "fnstsw", {}, X87_R(fnstsw_ax), .feature = F_FPU},
};
// clang-format on
X86_TABLE(x87_env);
