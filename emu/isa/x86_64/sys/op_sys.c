// SPDX-License-Identifier: MIT
// System instructions: descriptor-table, control and debug registers, MSRs, time, CPUID, flags, HLT.
#include "isa/x86_64/room.h"
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/op_sys.h"
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/insn/stack.h"
#include "isa/x86_64/sys/sys.h"

#define RING0                                                                                                                    \
    do {                                                                                                                         \
        if (unlikely(c->s.cpl)) RAISE(EXC_GP, 0);                                                                                \
    } while (0)
// SGDT, SIDT, SLDT, STR, SMSW show a user program where the kernel's tables are; CR4.UMIP forbids them there.
#define NOT_UMIP                                                                                                                 \
    do {                                                                                                                         \
        if (c->s.cpl && (c->s.cr4 & CR4_UMIP)) RAISE(EXC_GP, 0);                                                                 \
    } while (0)

// ---- GDTR and IDTR: limit (2 bytes), base (4 bytes; 8 in 64-bit mode)

static unsigned table_bytes(const struct x86_cpu *c) { return is_64bit(c) ? 10 : 6; }

static inline void store_table(struct x86_cpu *c, const struct uop *u, const struct x86_table *t) {
    u8 b[10];
    st16(b, t->limit);
    st64(b + 2, t->base);
    STOREN(c, u, b, table_bytes(c), 1);
}

static inline struct x86_table load_table(struct x86_cpu *c, const struct uop *u, bool base24) {
    u8 b[10] = {0};
    LOADN(c, u, b, table_bytes(c), 1);
    struct x86_table t = {.limit = ld16(b), .base = ld64(b + 2)};
    if (base24 && !is_64bit(c)) t.base &= 0xffffff; // 64-bit code has one size of operand
    if (is_64bit(c) && !x86_canonical_base(c, t.base)) RAISE(EXC_GP, 0);
    return t;
}

SOP(sgdt) {
    NOT_UMIP;
    store_table(c, u, &c->s.gdtr);
    NEXT;
}
SOP(sidt) {
    NOT_UMIP;
    store_table(c, u, &c->s.idtr);
    NEXT;
}
SOP(lgdt_w) {
    RING0;
    c->s.gdtr = load_table(c, u, true);
    NEXT;
}
SOP(lgdt) {
    RING0;
    c->s.gdtr = load_table(c, u, false);
    NEXT;
}
SOP(lidt_w) {
    RING0;
    c->s.idtr = load_table(c, u, true);
    NEXT;
}
SOP(lidt) {
    RING0;
    c->s.idtr = load_table(c, u, false);
    NEXT;
}

// ---- LDTR and TR

SOP(sldt_w) {
    NOT_UMIP;
    SET16(u->b, c->s.ldtr.sel);
    NEXT;
}
SOP(sldt_d) {
    NOT_UMIP;
    SET32(u->b, c->s.ldtr.sel);
    NEXT;
}
SOP(sldt_m) {
    NOT_UMIP;
    STORE16(c, u, c->s.ldtr.sel);
    NEXT;
}
SOP(str_w) {
    NOT_UMIP;
    SET16(u->b, c->s.tr.sel);
    NEXT;
}
SOP(str_d) {
    NOT_UMIP;
    SET32(u->b, c->s.tr.sel);
    NEXT;
}
SOP(str_m) {
    NOT_UMIP;
    STORE16(c, u, c->s.tr.sel);
    NEXT;
}

SOP(lldt_r) {
    RING0;
    SYNC;
    x86_lldt(c, REG16(u->b));
    NEXT;
}
SOP(ltr_r) {
    RING0;
    SYNC;
    x86_ltr(c, REG16(u->b));
    NEXT;
}

SOP(lldt_m) {
    RING0;
    u16 sel = LOAD16(c, u);
    SYNC;
    x86_lldt(c, sel);
    NEXT;
}

SOP(ltr_m) {
    RING0;
    u16 sel = LOAD16(c, u);
    SYNC;
    x86_ltr(c, sel);
    NEXT;
}

// ---- control registers

SOP(smsw_w) {
    NOT_UMIP;
    SET16(u->b, c->s.cr0);
    NEXT;
}
SOP(smsw_d) {
    NOT_UMIP;
    SET32(u->b, c->s.cr0);
    NEXT;
}
SOP(smsw_q) {
    NOT_UMIP;
    SET64(u->b, c->s.cr0);
    NEXT;
}
SOP(smsw_m) {
    NOT_UMIP;
    STORE16(c, u, (u16)c->s.cr0);
    NEXT;
}

// LMSW sets the low four bits of CR0 but cannot clear PE.
static u64 msw(const struct x86_cpu *c, u16 v) { return (c->s.cr0 & ~(u64)0xe) | (v & 0xf); }

SOP(lmsw_r) {
    RING0;
    SYNC;
    x86_write_cr0(c, msw(c, REG16(u->b)));
    GO_ON(x86_next_rip(c, u));
}

SOP(lmsw_m) {
    RING0;
    u16 v = LOAD16(c, u);
    SYNC;
    x86_write_cr0(c, msw(c, v));
    GO_ON(x86_next_rip(c, u));
}

SOP(clts) {
    RING0;
    SYNC;
    x86_write_cr0(c, c->s.cr0 & ~CR0_TS);
    GO_ON(x86_next_rip(c, u));
}

// The register operand of MOV CR, DR is 64 bits wide in 64-bit mode and 32 elsewhere, whatever the prefixes.
static u64 wide(const struct x86_cpu *c, u64 v) { return is_64bit(c) ? v : (u32)v; }

static u8 tpr(const struct x86_cpu *c) { return c->apic.tpr_read ? c->apic.tpr_read(c->apic.ctx) : 0; }

static bool is_cr(unsigned n) { return n == 0 || (n >= 2 && n <= 4) || n == 8; }

SOP(mov_from_cr) {
    u64 v;
    if (!is_cr(u->a)) RAISE(EXC_UD, 0);
    RING0;
    switch (u->a) {
    case 0: v = c->s.cr0; break;
    case 2: v = c->s.cr2; break;
    case 3: v = c->s.cr3; break;
    case 4: v = c->s.cr4; break;
    default: v = tpr(c) >> 4; break;
    }
    c->s.gpr[u->b] = wide(c, v);
    NEXT;
}

static void write_tpr(struct x86_cpu *c, u64 v) {
    if (v > 15) raise_gp(c, 0);
    vcpu_sync_device(&c->v);
    if (c->apic.tpr_write) c->apic.tpr_write(c->apic.ctx, (u8)(v << 4));
}

SOP(mov_to_cr) {
    u64 v = wide(c, c->s.gpr[u->b]);
    if (!is_cr(u->a)) RAISE(EXC_UD, 0);
    RING0;
    SYNC;
    switch (u->a) {
    case 0: x86_write_cr0(c, v); break;
    case 2: c->s.cr2 = v; break;
    case 3: x86_write_cr3(c, v); break;
    case 4: x86_write_cr4(c, v); break;
    default: write_tpr(c, v); break;
    }
    GO_ON(x86_next_rip(c, u));
}

// ---- debug registers (17.2)

// DR4 and DR5 are other names of DR6 and DR7 until CR4.DE takes them away.
static inline unsigned debug_register(struct x86_cpu *c, const struct uop *u) {
    unsigned n = u->a;
    if (n > 7 || ((n == 4 || n == 5) && (c->s.cr4 & CR4_DE))) RAISE(EXC_UD, 0);
    RING0;
    if (c->s.dr[7] & DR7_GD) RAISE(EXC_DB, DR6_BD);
    return n == 4 || n == 5 ? n + 2 : n;
}

SOP(mov_from_dr) {
    unsigned n = debug_register(c, u);
    c->s.gpr[u->b] = wide(c, c->s.dr[n]);
    NEXT;
}

SOP(mov_to_dr) {
    unsigned n = debug_register(c, u);
    u64 v = wide(c, c->s.gpr[u->b]);
    if (n >= 6 && v >> 32) RAISE(EXC_GP, 0);
    if (n == 6) v = DR6_FIXED | (v & 0xe00f);
    if (n == 7) v = DR7_FIXED | (v & 0xffff23ff);
    c->s.dr[n] = v;
    // Accesses to a page with a breakpoint never take the fast path.
    x86_tlb_flush_all(c);
    x86_mode_changed(c);
    GO_ON(x86_next_rip(c, u));
}

// ---- MSRs, time, identification

SOP(rdmsr) {
    u64 v = 0;
    RING0;
    SYNC;
    vcpu_sync_device(&c->v);
    if (x86_msr_read(c, REG32(RCX), &v)) raise_gp(c, 0);
    SET32(RAX, v);
    SET32(RDX, v >> 32);
    GO_ON(x86_next_rip(c, u));
}

SOP(wrmsr) {
    RING0;
    SYNC;
    vcpu_sync_device(&c->v);
    if (x86_msr_write(c, REG32(RCX), REG32(RAX) | (u64)REG32(RDX) << 32)) raise_gp(c, 0);
    GO_ON(x86_next_rip(c, u));
}

static inline u64 tsc_for_user(struct x86_cpu *c, const struct uop *u) {
    if (c->s.cpl && (c->s.cr4 & CR4_TSD)) RAISE(EXC_GP, 0);
    SYNC;
    vcpu_sync_clock(&c->v);
    return x86_tsc(c);
}

SOP(rdtsc) {
    u64 t = tsc_for_user(c, u);
    SET32(RAX, t);
    SET32(RDX, t >> 32);
    JUMP(x86_next_rip(c, u));
}

SOP(rdtscp) {
    u64 t = tsc_for_user(c, u);
    SET32(RAX, t);
    SET32(RDX, t >> 32);
    SET32(RCX, c->s.tsc_aux);
    JUMP(x86_next_rip(c, u));
}

// There are no performance counters: every index is #GP(0).
SOP(rdpmc) { RAISE(EXC_GP, 0); }
SOP(rdpid) {
    SET64(u->b, c->s.tsc_aux);
    NEXT;
}

SOP(cpuid) {
    u32 r[4];
    x86_cpuid(c, REG32(RAX), REG32(RCX), r);
    SET32(RAX, r[0]);
    SET32(RBX, r[1]);
    SET32(RCX, r[2]);
    SET32(RDX, r[3]);
    NEXT;
}

// ---- protection keys (4.6.2)

SOP(rdpkru) {
    if (!(c->s.cr4 & CR4_PKE)) RAISE(EXC_UD, 0);
    if (REG32(RCX)) RAISE(EXC_GP, 0);
    SET32(RAX, c->s.pkru);
    SET32(RDX, 0);
    NEXT;
}

SOP(wrpkru) {
    if (!(c->s.cr4 & CR4_PKE)) RAISE(EXC_UD, 0);
    if (REG32(RCX) || REG32(RDX)) RAISE(EXC_GP, 0);
    x86_write_pkru(c, REG32(RAX));
    NEXT;
}

// ---- caches of translations and memory

SOP(invlpg) {
    RING0;
    gva_t a = x86_offset(c, u);
    if (MEM_SEG(u) == FS || MEM_SEG(u) == GS || !is_64bit(c)) a += c->s.seg[MEM_SEG(u)].base;
    if (!is_64bit(c)) a = (u32)a;
    SYNC;
    if (!is_64bit(c) || x86_canonical_base(c, a)) x86_tlb_flush_page(c, a); // non-canonical: does nothing
    GO_ON(x86_next_rip(c, u));
}

// Descriptor: 127..64 linear address | 63..12 0 | 11..0 PCID
static void invpcid_one(struct x86_cpu *c, u64 type, u64 pcid, u64 a) {
    if (type > 3 || pcid >> 12) raise_gp(c, 0);
    if (type < 2 && pcid && !(c->s.cr4 & CR4_PCIDE)) raise_gp(c, 0);
    switch (type) {
    case 0:
        if (!x86_canonical_base(c, a)) raise_gp(c, 0);
        tlb_flush_page(&c->v, a);
        break;
    case 1: x86_tlb_flush_pcid(c, (u16)pcid); break;
    default: x86_tlb_flush_all(c); break;
    }
}

SOP(invpcid) {
    u64 d[2];
    RING0;
    LOADN(c, u, d, sizeof d, 1);
    SYNC;
    invpcid_one(c, wide(c, c->s.gpr[u->a]), d[0], d[1]);
    GO_ON(x86_next_rip(c, u));
}

SOP(wbinvd) {
    RING0;
    NEXT;
}

// ---- flags and waiting

SOP(hlt) {
    RING0;
    c->s.halted = 1;
    EXIT(x86_next_rip(c, u));
}

// VIF takes the place of IF in virtual-8086 mode with CR4.VME, and in ring 3 with CR4.PVI, when IOPL does not allow changing IF.
static bool has_vif(const struct x86_cpu *c) {
    return is_v86(c) ? (c->s.cr4 & CR4_VME) != 0 : c->s.cpl == 3 && (c->s.cr4 & CR4_PVI);
}
// Also in virtual-8086 mode, whose CPL is 3: IOPL must be 3.
static bool may_if(const struct x86_cpu *c) { return is_real(c) || c->s.cpl <= iopl(c); }

SOP(sti) {
    if (likely(may_if(c))) {
        bool was = c->s.rflags & FL_IF;
        c->s.rflags |= FL_IF;
        // Interrupts are held off for one instruction. Where none waits that means nothing: what lets one come later leaves for the loop.
        if (likely(x86_goes_on(c))) JUMP(x86_next_rip(c, u));
        if (!was) c->s.shadow = 1;
        EXIT(x86_next_rip(c, u));
    }
    if (!has_vif(c) || (c->s.rflags & FL_VIP)) RAISE(EXC_GP, 0);
    c->s.rflags |= FL_VIF;
    GO_ON(x86_next_rip(c, u));
}

SOP(cli) {
    if (likely(may_if(c))) {
        c->s.rflags &= ~(u32)FL_IF;
        NEXT;
    }
    if (!has_vif(c)) RAISE(EXC_GP, 0);
    c->s.rflags &= ~(u32)FL_VIF;
    NEXT;
}

// The image of PUSHF: never VM or RF. With VME a virtual-8086 program without IOPL 3 sees its VIF as IF.
static inline u32 flags_image(struct x86_cpu *c, const struct uop *u, unsigned size) {
    u32 fl = x86_get_rflags(c) & ~(u32)(FL_VM | FL_RF);
    if (!is_v86(c) || iopl(c) == 3) return fl;
    if (size > 2 || !(c->s.cr4 & CR4_VME)) RAISE(EXC_GP, 0);
    return (fl & ~(u32)FL_IF) | FL_IOPL | (fl & FL_VIF ? FL_IF : 0);
}

// Commits POPF's image. Returns false when it must be #GP(0).
static bool pop_flags(struct x86_cpu *c, u32 fl, unsigned size) {
    u32 m = FL_ARITH | FL_TF | FL_DF | FL_NT;
    if (size > 2) m |= FL_AC | FL_ID;
    if (is_v86(c) && iopl(c) < 3) {
        if (size > 2 || !(c->s.cr4 & CR4_VME)) return false;
        if ((fl & FL_TF) || ((fl & FL_IF) && (c->s.rflags & FL_VIP))) return false;
        m |= FL_VIF;
        fl = (fl & ~(u32)FL_VIF) | (fl & FL_IF ? FL_VIF : 0);
    } else if (may_if(c)) {
        m |= FL_IF;
    }
    if (c->s.cpl == 0 && !is_v86(c)) m |= FL_IOPL;
    x86_set_rflags(c, fl, m);
    return true;
}

SOP(pushf_w) {
    push16(c, u, (u16)flags_image(c, u, 2));
    NEXT;
}
SOP(pushf_d) {
    push32(c, u, flags_image(c, u, 4));
    NEXT;
}
SOP(pushf_q) {
    push64(c, u, flags_image(c, u, 8));
    NEXT;
}

#define POPF(name, n)                                                                                                            \
    SOP(name) {                                                                                                                  \
        u32 fl = (u32)peek##n(c, u, 0);                                                                                          \
        if (!pop_flags(c, fl, n / 8)) RAISE(EXC_GP, 0);                                                                          \
        stack_add(c, n / 8);                                                                                                     \
        GO_ON(x86_next_rip(c, u));                                                                                               \
    }
POPF(popf_w, 16)
POPF(popf_d, 32)
POPF(popf_q, 64)

// A supervisor's AC says which pages data accesses may reach, and nothing else (4.6.1).
SOP(clac) {
    if (c->s.cpl) RAISE(EXC_UD, 0);
    c->s.rflags &= ~(u32)FL_AC;
    x86_ac_changed(c);
    NEXT;
}
SOP(stac) {
    if (c->s.cpl) RAISE(EXC_UD, 0);
    c->s.rflags |= FL_AC;
    x86_ac_changed(c);
    NEXT;
}

// ---- by operand size

#define OPS_REG(w, d, q, m)                                                                                                      \
    {                                                                                                                            \
        {0, w, d, q}, { m, m, m, m }                                                                                             \
    }
const struct ops ops_sgdt = OPS_ALL(sgdt);
const struct ops ops_sidt = OPS_ALL(sidt);
const struct ops ops_lgdt = OPS_SIZES(lgdt_w, lgdt, lgdt);
const struct ops ops_lidt = OPS_SIZES(lidt_w, lidt, lidt);
const struct ops ops_sldt = OPS_REG(sldt_w, sldt_d, sldt_d, sldt_m);
const struct ops ops_str = OPS_REG(str_w, str_d, str_d, str_m);
const struct ops ops_smsw = OPS_REG(smsw_w, smsw_d, smsw_q, smsw_m);
const struct ops ops_lldt = OPS_RM(lldt_r, lldt_m);
const struct ops ops_ltr = OPS_RM(ltr_r, ltr_m);
const struct ops ops_lmsw = OPS_RM(lmsw_r, lmsw_m);
const struct ops ops_clts = OPS_ALL(clts);
const struct ops ops_mov_from_cr = OPS_ALL(mov_from_cr);
const struct ops ops_mov_to_cr = OPS_ALL(mov_to_cr);
const struct ops ops_mov_from_dr = OPS_ALL(mov_from_dr);
const struct ops ops_mov_to_dr = OPS_ALL(mov_to_dr);
const struct ops ops_rdmsr = OPS_ALL(rdmsr);
const struct ops ops_wrmsr = OPS_ALL(wrmsr);
const struct ops ops_rdtsc = OPS_ALL(rdtsc);
const struct ops ops_rdtscp = OPS_ALL(rdtscp);
const struct ops ops_rdpmc = OPS_ALL(rdpmc);
const struct ops ops_rdpid = OPS_ALL(rdpid);
const struct ops ops_cpuid = OPS_ALL(cpuid);
const struct ops ops_rdpkru = OPS_ALL(rdpkru);
const struct ops ops_wrpkru = OPS_ALL(wrpkru);
const struct ops ops_invlpg = OPS_ALL(invlpg);
const struct ops ops_invpcid = OPS_ALL(invpcid);
const struct ops ops_wbinvd = OPS_ALL(wbinvd);
const struct ops ops_hlt = OPS_ALL(hlt);
const struct ops ops_sti = OPS_ALL(sti);
const struct ops ops_cli = OPS_ALL(cli);
const struct ops ops_pushf = OPS_SIZES(pushf_w, pushf_d, pushf_q);
const struct ops ops_popf = OPS_SIZES(popf_w, popf_d, popf_q);
const struct ops ops_clac = OPS_ALL(clac);
const struct ops ops_stac = OPS_ALL(stac);
const struct ops ops_ud = OPS_ALL(op_ud);

// ---- rows
// clang-format off
static const struct insn rows[] = {
    {MAP_0F, 0x00, PFX_ANY, EXT(0), "sldt", {o_MwRv}, &ops_sldt, .flags = PROT},
    {MAP_0F, 0x00, PFX_ANY, EXT(1), "str", {o_MwRv}, &ops_str, .flags = PROT},
    {MAP_0F, 0x00, PFX_ANY, EXT(2), "lldt", {o_Ew}, &ops_lldt, .flags = PROT},
    {MAP_0F, 0x00, PFX_ANY, EXT(3), "ltr", {o_Ew}, &ops_ltr, .flags = PROT},
    {MAP_0F, 0x01, PFX_ANY, EXT(0) | MEMONLY, "sgdt", {o_M}, &ops_sgdt, .flags = 0},
    {MAP_0F, 0x01, PFX_ANY, EXT(1) | MEMONLY, "sidt", {o_M}, &ops_sidt, .flags = 0},
    {MAP_0F, 0x01, PFX_ANY, EXT(2) | MEMONLY, "lgdt", {o_M}, &ops_lgdt, .flags = 0},
    {MAP_0F, 0x01, PFX_ANY, EXT(3) | MEMONLY, "lidt", {o_M}, &ops_lidt, .flags = 0},
    {MAP_0F, 0x01, PFX_ANY, EXT(4), "smsw", {o_MwRv}, &ops_smsw, .flags = 0},
    {MAP_0F, 0x01, PFX_ANY, EXT(6), "lmsw", {o_Ew}, &ops_lmsw, .flags = ENDS},
    {MAP_0F, 0x01, PFX_ANY, EXT(7) | MEMONLY, "invlpg", {o_Mb}, &ops_invlpg, .flags = ENDS},
    {MAP_0F, 0x01, PFX_NP, EXT(1) | RM(2), "clac", {}, &ops_clac, .feature = F_SMAP, .special = SPECIAL_CLAC},
    {MAP_0F, 0x01, PFX_NP, EXT(1) | RM(3), "stac", {}, &ops_stac, .feature = F_SMAP, .special = SPECIAL_STAC},
    {MAP_0F, 0x01, PFX_NP, EXT(5) | RM(6), "rdpkru", {}, &ops_rdpkru, .feature = F_PKU},
    {MAP_0F, 0x01, PFX_NP, EXT(5) | RM(7), "wrpkru", {}, &ops_wrpkru, .feature = F_PKU},
    {MAP_0F, 0x01, PFX_ANY, EXT(7) | RM(1), "rdtscp", {}, &ops_rdtscp, .feature = F_RDTSCP, .flags = ENDS},
    {MAP_0F, 0x06, PFX_ANY, 0, "clts", {}, &ops_clts, .flags = ENDS},
    {MAP_0F, 0x20, PFX_ANY, 0, "mov", {o_Rq, o_Cd}, &ops_mov_from_cr, .flags = F64 | NO_OPSIZE},
    {MAP_0F, 0x21, PFX_ANY, 0, "mov", {o_Rq, o_Dd}, &ops_mov_from_dr, .flags = F64 | NO_OPSIZE},
    {MAP_0F, 0x22, PFX_ANY, 0, "mov", {o_Cd, o_Rq}, &ops_mov_to_cr, .flags = F64 | NO_OPSIZE | ENDS},
    {MAP_0F, 0x23, PFX_ANY, 0, "mov", {o_Dd, o_Rq}, &ops_mov_to_dr, .flags = F64 | NO_OPSIZE | ENDS},
    {MAP_0F, 0x08, PFX_ANY, 0, "invd", {}, &ops_wbinvd, .flags = 0},
    {MAP_0F, 0x09, PFX_ANY, 0, "wbinvd", {}, &ops_wbinvd, .flags = 0},
    {MAP_0F38, 0x82, PFX_66, MEMONLY, "invpcid", {o_Gy, o_Mdq}, &ops_invpcid, .feature = F_INVPCID, .flags = F64 | ENDS},
    {MAP_0F, 0x30, PFX_ANY, 0, "wrmsr", {}, &ops_wrmsr, .flags = ENDS},
    {MAP_0F, 0x31, PFX_ANY, 0, "rdtsc", {}, &ops_rdtsc, .flags = ENDS},
    {MAP_0F, 0x32, PFX_ANY, 0, "rdmsr", {}, &ops_rdmsr, .flags = ENDS},
    {MAP_0F, 0x33, PFX_ANY, 0, "rdpmc", {}, &ops_rdpmc, .flags = 0},
    {MAP_0F, 0xc7, PFX_F3, EXT(7) | REGONLY, "rdpid", {o_Rq}, &ops_rdpid, .feature = F_RDPID, .flags = F64 | NO_OPSIZE},
    {MAP_0F, 0xa2, PFX_ANY, 0, "cpuid", {}, &ops_cpuid, .flags = 0},
    {MAP_1, 0x9c, PFX_ANY, 0, "pushf", {}, &ops_pushf, .flags = D64 | READS_ALL, .reads = FL_ARITH},
    {MAP_1, 0x9d, PFX_ANY, 0, "popf", {}, &ops_popf, .flags = D64 | ENDS, .writes = FL_ARITH},
    {MAP_1, 0xf4, PFX_ANY, 0, "hlt", {}, &ops_hlt, .flags = ENDS},
    {MAP_1, 0xfa, PFX_ANY, 0, "cli", {}, &ops_cli, .special = SPECIAL_CLI},
    {MAP_1, 0xfb, PFX_ANY, 0, "sti", {}, &ops_sti, .flags = ENDS},
    {MAP_0F, 0x0b, PFX_ANY, 0, "ud2", {}, &ops_ud, .flags = ENDS},
    {MAP_0F, 0xb9, PFX_ANY, 0, "ud1", {o_Gv, o_Ev}, &ops_ud, .flags = ENDS},
    {MAP_0F, 0xff, PFX_ANY, 0, "ud0", {o_Gv, o_Ev}, &ops_ud, .flags = ENDS},
};
// clang-format on
X86_TABLE(sys);
