// SPDX-License-Identifier: MIT
// System registers: one row each (D24). What has no row is UNDEFINED, and so is EL0's access to a row that does not say that it may.
#include "isa/arm64/sysreg.h"

#include "isa/arm64/disasm.h"
#include "isa/arm64/paging.h"
#include "isa/arm64/room.h"

#include "base/splitmix.h"

enum verdict { OPEN, UNDEFINED_HERE, TRAPPED };

typedef u64 read_fn(const struct arm64_cpu *c, unsigned reg);
typedef void write_fn(struct arm64_cpu *c, unsigned reg, u64 value);

struct sysreg {
    u16 first, last; // by ARM64_SYSREG
    const char *name;
    u8 may;   // MAY_*
    u16 at;   // plain storage: offset in struct arm64_state; read and write stand in for it
    u64 mask; // bits that can be written; the others are RES0
    read_fn *read;
    write_fn *write;                                                           // the value is cut to `mask` already
    enum verdict (*open)(const struct arm64_cpu *c, unsigned reg, bool write); // what must be so besides
    enum arm64_feature feature; // of a model that lacks it there is no such register
};
enum {
    MAY_READ = 1, // EL1
    MAY_WRITE = 2,
    MAY_READ_EL0 = 4,
    MAY_WRITE_EL0 = 8,
    NOT_EL1T = 16, // UNDEFINED while EL1 uses SP_EL0
    RO = MAY_READ,
    WO = MAY_WRITE,
    RW = MAY_READ | MAY_WRITE,
    RO_EL0 = RO | MAY_READ_EL0,
    RW_EL0 = RW | MAY_READ_EL0 | MAY_WRITE_EL0,
};

#define R(op0, op1, crn, crm, op2) ARM64_SYSREG(op0, op1, crn, crm, op2)
static unsigned crm(unsigned reg) { return reg >> 3 & 15; }
static unsigned op2(unsigned reg) { return reg & 7; }

static u64 read_zero(const struct arm64_cpu *c, unsigned reg) { return 0; }
static void write_nothing(struct arm64_cpu *c, unsigned reg, u64 v) {}

// ---- identification

static u64 read_midr(const struct arm64_cpu *c, unsigned reg) { return c->model->midr; }
// Affinity 0.0.0.0; bit 31 is RES1.
static u64 read_mpidr(const struct arm64_cpu *c, unsigned reg) { return BIT(31); }
static u64 read_id(const struct arm64_cpu *c, unsigned reg) {
    static const u8 ids[8][4] = {[4] = {ID_PFR0, ID_PFR1, ID_COUNT, ID_COUNT},
                                 [5] = {ID_DFR0, ID_COUNT, ID_COUNT, ID_COUNT},
                                 [6] = {ID_ISAR0, ID_ISAR1, ID_ISAR2, ID_COUNT},
                                 [7] = {ID_MMFR0, ID_MMFR1, ID_MMFR2, ID_COUNT}};
    unsigned m = crm(reg), n = op2(reg);
    if (m < 4 || n > 3 || ids[m][n] == ID_COUNT) return 0;
    u64 v = arm64_id_register(c->model, ids[m][n]);
    return ids[m][n] == ID_PFR0 && c->port.icc ? v | BIT(24) : v;
}
// Caches of 64-byte lines, write-back granule and exclusives' granule the same, instruction caches by physical address; data and instructions
// need no maintenance to be coherent (IDC, DIC): code that was written is noticed at the write.
static u64 read_ctr(const struct arm64_cpu *c, unsigned reg) { return 0xb444c004; }
static enum verdict ctr_open(const struct arm64_cpu *c, unsigned reg, bool write) {
    return c->s.el || c->s.sctlr & SCTLR_UCT ? OPEN : TRAPPED;
}
// Blocks of 4 << 4 bytes; DZP where EL0 may not.
static u64 read_dczid(const struct arm64_cpu *c, unsigned reg) { return 4 | (c->s.el || c->s.sctlr & SCTLR_DZE ? 0 : 16); }

// ---- PSTATE

static u64 read_nzcv(const struct arm64_cpu *c, unsigned reg) { return (u64)arm64_nzcv(&c->s) << PSR_V_SHIFT; }
static void write_nzcv(struct arm64_cpu *c, unsigned reg, u64 v) { arm64_set_nzcv(&c->s, (unsigned)(v >> PSR_V_SHIFT) & 15); }
static u64 read_daif(const struct arm64_cpu *c, unsigned reg) { return (u64)c->s.daif << PSR_DAIF_SHIFT; }
static void write_daif(struct arm64_cpu *c, unsigned reg, u64 v) { c->s.daif = v >> PSR_DAIF_SHIFT & 15; }
static enum verdict daif_open(const struct arm64_cpu *c, unsigned reg, bool write) {
    return c->s.el || c->s.sctlr & SCTLR_UMA ? OPEN : TRAPPED;
}
static u64 read_current_el(const struct arm64_cpu *c, unsigned reg) { return (u64)c->s.el << 2; }
static u64 read_sp_sel(const struct arm64_cpu *c, unsigned reg) { return c->s.sp_sel; }
static void write_sp_sel(struct arm64_cpu *c, unsigned reg, u64 v) {
    arm64_select_sp(&c->s, v & 1, c->s.el);
    arm64_mode_changed(c);
}
static u64 read_pan(const struct arm64_cpu *c, unsigned reg) { return c->s.pan ? PSR_PAN : 0; }
static void write_pan(struct arm64_cpu *c, unsigned reg, u64 v) {
    c->s.pan = (v & PSR_PAN) != 0;
    arm64_mode_changed(c);
}
static u64 read_uao(const struct arm64_cpu *c, unsigned reg) { return c->s.uao ? PSR_UAO : 0; }
static void write_uao(struct arm64_cpu *c, unsigned reg, u64 v) {
    c->s.uao = (v & PSR_UAO) != 0;
    arm64_mode_changed(c);
}

static u64 read_ssbs(const struct arm64_cpu *c, unsigned reg) { return c->s.ssbs ? PSR_SSBS : 0; }
static void write_ssbs(struct arm64_cpu *c, unsigned reg, u64 v) { c->s.ssbs = (v & PSR_SSBS) != 0; }

// Numbers never run out: NZCV says so.
static u64 read_random(const struct arm64_cpu *c, unsigned reg) {
    struct arm64_state *s = (struct arm64_state *)(hva_t)&c->s; // reading takes one
    arm64_set_nzcv(s, 0);
    return splitmix64(&s->rng[op2(reg)]);
}

static u64 read_fpcr(const struct arm64_cpu *c, unsigned reg) { return c->s.fpcr; }
static void write_fpcr(struct arm64_cpu *c, unsigned reg, u64 v) {
    c->s.fpcr = (u32)(arm64_has(c->model, FEAT_FP16) ? v : v & ~FPCR_FZ16);
}
static u64 read_fpsr(const struct arm64_cpu *c, unsigned reg) { return c->s.fpsr; }
static void write_fpsr(struct arm64_cpu *c, unsigned reg, u64 v) { c->s.fpsr = (u32)v; }

// ---- translation

static u64 sctlr_bits(const struct arm64_model *m) {
    return ARM64_SCTLR_BITS | (arm64_has(m, FEAT_SSBS2) ? SCTLR_DSSBS : 0) |
           (arm64_has(m, FEAT_BTI) ? SCTLR_BT0 | SCTLR_BT1 : 0) |
           (arm64_has(m, FEAT_PAUTH) ? SCTLR_ENIA | SCTLR_ENIB | SCTLR_ENDA | SCTLR_ENDB : 0);
}

// What translations depend on besides tables and ASID: the rest of SCTLR_EL1 is cheap.
static void write_sctlr(struct arm64_cpu *c, unsigned reg, u64 v) {
    u64 old = c->s.sctlr;
    v = (v & sctlr_bits(c->model)) | ARM64_SCTLR_RES1(c->model);
    c->s.sctlr = v;
    if ((old ^ v) & (SCTLR_M | SCTLR_WXN)) {
        tlb_flush_all(&c->v);
        arm64_space_changed(c);
    }
    arm64_mode_changed(c);
}
static void write_ttbr0(struct arm64_cpu *c, unsigned reg, u64 v) {
    c->s.ttbr0 = v;
    arm64_space_changed(c);
}
static void write_ttbr1(struct arm64_cpu *c, unsigned reg, u64 v) {
    c->s.ttbr1 = v;
    arm64_space_changed(c);
}
// Linux writes the size of the lower half at every change of address spaces, mostly to what it was.
static void write_tcr(struct arm64_cpu *c, unsigned reg, u64 v) {
    if (!arm64_has(c->model, FEAT_PAUTH)) v &= ~(TCR_TBID0 | TCR_TBID1);
    if (!arm64_has(c->model, FEAT_E0PD)) v &= ~(TCR_E0PD0 | TCR_E0PD1);
    u64 changed = c->s.tcr ^ v;
    if (!changed) return;
    c->s.tcr = v;
    arm64_tables_make(c->tables, v, c->model);
    if (changed & ~(mask(5, 0) | mask(21, 16) | TCR_A1)) tlb_flush_all(&c->v);
    arm64_space_changed(c);
}
static void write_cpacr(struct arm64_cpu *c, unsigned reg, u64 v) {
    c->s.cpacr = v;
    arm64_mode_changed(c);
}

// ---- interrupts

static u64 read_isr(const struct arm64_cpu *c, unsigned reg) { return (c->s.irq ? PSR_I : 0) | (c->s.fiq ? PSR_F : 0); }

static u64 read_icc(const struct arm64_cpu *c, unsigned reg) {
    u64 v = 0;
    struct arm64_cpu *w = (struct arm64_cpu *)(hva_t)c; // reading acknowledges
    clock_fire(c->clock);                               // as for a device: the events of this instant come first
    if (!c->port.icc || !c->port.icc(c->port.ctx, reg, false, &v)) arm64_undefined(w);
    return v;
}
static void write_icc(struct arm64_cpu *c, unsigned reg, u64 v) {
    clock_fire(c->clock);
    if (!c->port.icc || !c->port.icc(c->port.ctx, reg, true, &v)) arm64_undefined(c);
}

// ---- the generic timer

enum { EL0PCTEN = 1, EL0VCTEN = 2, EL0VTEN = 0x100, EL0PTEN = 0x200 };
static enum verdict counters_open(const struct arm64_cpu *c, unsigned reg, bool write) {
    static const u8 bit[8] = {EL0PCTEN | EL0VCTEN, EL0PCTEN, EL0VCTEN};
    return c->s.el || c->s.cntkctl & bit[op2(reg)] ? OPEN : TRAPPED;
}
static bool is_virtual(unsigned reg) { return crm(reg) == 3; }
static enum verdict timer_open(const struct arm64_cpu *c, unsigned reg, bool write) {
    return c->s.el || c->s.cntkctl & (is_virtual(reg) ? EL0VTEN : EL0PTEN) ? OPEN : TRAPPED;
}
static void write_cntkctl(struct arm64_cpu *c, unsigned reg, u64 v) {
    clock_fire(c->clock); // the stream's event of this instant comes first
    c->s.cntkctl = v;
    arm64_stream_update(c);
}
static u64 read_cntfrq(const struct arm64_cpu *c, unsigned reg) { return ARM64_COUNTER_HZ; }
static u64 read_count(const struct arm64_cpu *c, unsigned reg) { return arm64_count(c); }

// TVAL is CVAL as seen from now; CTL tells whether the condition is met.
enum { TVAL, CTL, CVAL };
static u64 read_timer(const struct arm64_cpu *c, unsigned reg) {
    u64 cval = is_virtual(reg) ? c->s.cntv_cval : c->s.cntp_cval, ctl = is_virtual(reg) ? c->s.cntv_ctl : c->s.cntp_ctl;
    switch (op2(reg)) {
    case TVAL: return (u32)(cval - arm64_count(c));
    case CTL: return ctl | (ctl & CNT_ENABLE && arm64_count(c) >= cval ? CNT_ISTATUS : 0);
    default: return cval;
    }
}
static void write_timer(struct arm64_cpu *c, unsigned reg, u64 v) {
    u64 *cval = is_virtual(reg) ? &c->s.cntv_cval : &c->s.cntp_cval, *ctl = is_virtual(reg) ? &c->s.cntv_ctl : &c->s.cntp_ctl;
    switch (op2(reg)) {
    case TVAL: *cval = arm64_count(c) + (u64)(i64)(i32)v; break;
    case CTL: *ctl = v & (CNT_ENABLE | CNT_IMASK); break;
    default: *cval = v; break;
    }
    arm64_timer_update(c);
}

// ---- debug: registers that hold what is written. No breakpoint ever matches, and there is no external debugger.

static u64 read_oslsr(const struct arm64_cpu *c, unsigned reg) { return 8 | (c->s.oslk ? 2 : 0); }
static void write_oslar(struct arm64_cpu *c, unsigned reg, u64 v) { c->s.oslk = v & 1; }
static u64 *debug_register(struct arm64_state *s, unsigned reg) {
    unsigned n = crm(reg);
    switch (op2(reg)) {
    case 4: return &s->dbgbvr[n & 1];
    case 5: return &s->dbgbcr[n & 1];
    case 6: return &s->dbgwvr[0];
    default: return &s->dbgwcr[0];
    }
}
static u64 read_debug(const struct arm64_cpu *c, unsigned reg) {
    return *debug_register((struct arm64_state *)(hva_t)&c->s, reg);
}
static void write_debug(struct arm64_cpu *c, unsigned reg, u64 v) { *debug_register(&c->s, reg) = v; }
static u64 read_claimset(const struct arm64_cpu *c, unsigned reg) { return 0xff; }
static u64 read_claim(const struct arm64_cpu *c, unsigned reg) { return c->s.dbgclaim; }
static void set_claim(struct arm64_cpu *c, unsigned reg, u64 v) { c->s.dbgclaim |= v & 0xff; }
static void clear_claim(struct arm64_cpu *c, unsigned reg, u64 v) { c->s.dbgclaim &= ~v; }

// ---- the table

#define ALL_BITS (~(u64)0)
#define STORED(op0, op1, crn, crm, op2, name_, may_, field, mask_)                                                               \
    {R(op0, op1, crn, crm, op2),                                                                                                 \
     R(op0, op1, crn, crm, op2),                                                                                                 \
     name_,                                                                                                                      \
     may_,                                                                                                                       \
     .at = offsetof(struct arm64_state, field),                                                                                  \
     .mask = mask_}
#define ONE(op0, op1, crn, crm, op2, name_, may_) R(op0, op1, crn, crm, op2), R(op0, op1, crn, crm, op2), name_, may_
#define TCR_BITS (0x677ffffffbf | TCR_TBID0 | TCR_TBID1 | TCR_E0PD0 | TCR_E0PD1) // without what sets access flags and dirty state

#define PAC_KEY(crm, op2, name_, key)                                                                                            \
    {ONE(3, 0, 2, crm, op2, name_ "KeyLo_EL1", RW), .at = offsetof(struct arm64_state, pac_key[key][0]), .mask = ALL_BITS,       \
     .feature = FEAT_PAUTH},                                                                                                     \
    {                                                                                                                            \
        ONE(3, 0, 2, crm, op2 + 1, name_ "KeyHi_EL1", RW), .at = offsetof(struct arm64_state, pac_key[key][1]),                  \
            .mask = ALL_BITS, .feature = FEAT_PAUTH                                                                              \
    }

// Where ranges overlap the later row counts.
static const struct sysreg rows[] = {
    {R(3, 0, 0, 1, 0), R(3, 0, 0, 7, 7), NULL, RO, .read = read_id}, // the AArch32 ones among them: all 0
    {ONE(3, 0, 0, 0, 0, "MIDR_EL1", RO), .read = read_midr},
    {ONE(3, 0, 0, 0, 5, "MPIDR_EL1", RO), .read = read_mpidr},
    {ONE(3, 0, 0, 0, 6, "REVIDR_EL1", RO), .read = read_zero},
    {ONE(3, 0, 0, 4, 0, "ID_AA64PFR0_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 4, 1, "ID_AA64PFR1_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 5, 0, "ID_AA64DFR0_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 5, 1, "ID_AA64DFR1_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 6, 0, "ID_AA64ISAR0_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 6, 1, "ID_AA64ISAR1_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 6, 2, "ID_AA64ISAR2_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 7, 0, "ID_AA64MMFR0_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 7, 1, "ID_AA64MMFR1_EL1", RO), .read = read_id},
    {ONE(3, 0, 0, 7, 2, "ID_AA64MMFR2_EL1", RO), .read = read_id},
    // No cache level needs to be told of.
    {ONE(3, 1, 0, 0, 0, "CCSIDR_EL1", RO), .read = read_zero},
    {ONE(3, 1, 0, 0, 1, "CLIDR_EL1", RO), .read = read_zero},
    {ONE(3, 1, 0, 0, 7, "AIDR_EL1", RO), .read = read_zero},
    STORED(3, 2, 0, 0, 0, "CSSELR_EL1", RW, csselr, 15),
    {ONE(3, 3, 0, 0, 1, "CTR_EL0", RO_EL0), .read = read_ctr, .open = ctr_open},
    {ONE(3, 3, 0, 0, 7, "DCZID_EL0", RO_EL0), .read = read_dczid},

    {ONE(3, 0, 1, 0, 0, "SCTLR_EL1", RW), .at = offsetof(struct arm64_state, sctlr), .mask = ALL_BITS, .write = write_sctlr},
    {ONE(3, 0, 1, 0, 1, "ACTLR_EL1", RW), .read = read_zero, .write = write_nothing},
    {ONE(3, 0, 1, 0, 2, "CPACR_EL1", RW), .at = offsetof(struct arm64_state, cpacr), .mask = 3 << CPACR_FPEN_SHIFT,
     .write = write_cpacr},
    {ONE(3, 0, 2, 0, 0, "TTBR0_EL1", RW), .at = offsetof(struct arm64_state, ttbr0), .mask = ALL_BITS, .write = write_ttbr0},
    {ONE(3, 0, 2, 0, 1, "TTBR1_EL1", RW), .at = offsetof(struct arm64_state, ttbr1), .mask = ALL_BITS, .write = write_ttbr1},
    {ONE(3, 0, 2, 0, 2, "TCR_EL1", RW), .at = offsetof(struct arm64_state, tcr), .mask = TCR_BITS, .write = write_tcr},
    PAC_KEY(1, 0, "APIA", ARM64_KEY_IA),
    PAC_KEY(1, 2, "APIB", ARM64_KEY_IB),
    PAC_KEY(2, 0, "APDA", ARM64_KEY_DA),
    PAC_KEY(2, 2, "APDB", ARM64_KEY_DB),
    PAC_KEY(3, 0, "APGA", ARM64_KEY_GA),
    STORED(3, 0, 4, 0, 0, "SPSR_EL1", RW, spsr, ALL_BITS),
    STORED(3, 0, 4, 0, 1, "ELR_EL1", RW, elr, ALL_BITS),
    STORED(3, 0, 4, 1, 0, "SP_EL0", RW | NOT_EL1T, sp_other, ALL_BITS),
    {ONE(3, 0, 4, 2, 0, "SPSel", RW), .read = read_sp_sel, .mask = 1, .write = write_sp_sel},
    {ONE(3, 0, 4, 2, 2, "CurrentEL", RO), .read = read_current_el},
    {ONE(3, 0, 4, 2, 3, "PAN", RW), .read = read_pan, .mask = PSR_PAN, .write = write_pan, .feature = FEAT_PAN},
    {ONE(3, 0, 4, 2, 4, "UAO", RW), .read = read_uao, .mask = PSR_UAO, .write = write_uao, .feature = FEAT_UAO},
    {ONE(3, 3, 4, 2, 6, "SSBS", RW_EL0), .read = read_ssbs, .mask = PSR_SSBS, .write = write_ssbs, .feature = FEAT_SSBS2},
    {ONE(3, 3, 2, 4, 0, "RNDR", RO_EL0), .read = read_random, .feature = FEAT_RNG},
    {ONE(3, 3, 2, 4, 1, "RNDRRS", RO_EL0), .read = read_random, .feature = FEAT_RNG},
    {ONE(3, 3, 4, 2, 0, "NZCV", RW_EL0), .read = read_nzcv, .mask = PSR_NZCV, .write = write_nzcv},
    {ONE(3, 3, 4, 2, 1, "DAIF", RW_EL0), .read = read_daif, .mask = PSR_DAIF, .write = write_daif, .open = daif_open},
    {ONE(3, 3, 4, 4, 0, "FPCR", RW_EL0), .read = read_fpcr,
     .mask = FPCR_AHP | FPCR_DN | FPCR_FZ | FPCR_FZ16 | 3 << FPCR_RMODE_SHIFT, .write = write_fpcr},
    {ONE(3, 3, 4, 4, 1, "FPSR", RW_EL0), .read = read_fpsr, .mask = 0x0800009f, .write = write_fpsr},
    STORED(3, 0, 5, 1, 0, "AFSR0_EL1", RW, afsr0, 0),
    STORED(3, 0, 5, 1, 1, "AFSR1_EL1", RW, afsr1, 0),
    STORED(3, 0, 5, 2, 0, "ESR_EL1", RW, esr, 0xffffffff),
    STORED(3, 0, 6, 0, 0, "FAR_EL1", RW, far, ALL_BITS),
    STORED(3, 0, 7, 4, 0, "PAR_EL1", RW, par, ALL_BITS),
    STORED(3, 0, 10, 2, 0, "MAIR_EL1", RW, mair, ALL_BITS),
    STORED(3, 0, 10, 3, 0, "AMAIR_EL1", RW, amair, 0),
    // There are no LORegions: their registers hold nothing.
    {R(3, 0, 10, 4, 0), R(3, 0, 10, 4, 3), NULL, RW, .read = read_zero, .write = write_nothing, .feature = FEAT_LOR},
    {ONE(3, 0, 10, 4, 7, "LORID_EL1", RO), .read = read_zero, .feature = FEAT_LOR},
    STORED(3, 0, 12, 0, 0, "VBAR_EL1", RW, vbar, ~(u64)0x7ff),
    {ONE(3, 0, 12, 0, 1, "RVBAR_EL1", RO), .read = read_zero},
    {ONE(3, 0, 12, 1, 0, "ISR_EL1", RO), .read = read_isr},
    STORED(3, 0, 13, 0, 1, "CONTEXTIDR_EL1", RW, contextidr, 0xffffffff),
    STORED(3, 0, 13, 0, 4, "TPIDR_EL1", RW, tpidr_el1, ALL_BITS),
    STORED(3, 3, 13, 0, 2, "TPIDR_EL0", RW_EL0, tpidr_el0, ALL_BITS),
    STORED(3, 3, 13, 0, 3, "TPIDRRO_EL0", RW | MAY_READ_EL0, tpidrro_el0, ALL_BITS),

    {R(3, 0, 4, 6, 0), R(3, 0, 4, 6, 0), "ICC_PMR_EL1", RW, .mask = ALL_BITS, .read = read_icc, .write = write_icc},
    {R(3, 0, 12, 8, 0), R(3, 0, 12, 12, 7), NULL, RW, .mask = ALL_BITS, .read = read_icc, .write = write_icc},
    {ONE(3, 0, 12, 12, 0, "ICC_IAR1_EL1", RW), .mask = ALL_BITS, .read = read_icc, .write = write_icc},
    {ONE(3, 0, 12, 12, 1, "ICC_EOIR1_EL1", RW), .mask = ALL_BITS, .read = read_icc, .write = write_icc},
    {ONE(3, 0, 12, 12, 5, "ICC_SRE_EL1", RW), .mask = ALL_BITS, .read = read_icc, .write = write_icc},

    {ONE(3, 0, 14, 1, 0, "CNTKCTL_EL1", RW), .at = offsetof(struct arm64_state, cntkctl), .mask = 0x3ff, .write = write_cntkctl},
    {ONE(3, 3, 14, 0, 0, "CNTFRQ_EL0", RW | MAY_READ_EL0), .read = read_cntfrq, .write = write_nothing, .open = counters_open},
    {ONE(3, 3, 14, 0, 1, "CNTPCT_EL0", RO_EL0), .read = read_count, .open = counters_open},
    {ONE(3, 3, 14, 0, 2, "CNTVCT_EL0", RO_EL0), .read = read_count, .open = counters_open},
    {ONE(3, 3, 14, 2, 0, "CNTP_TVAL_EL0", RW_EL0), .mask = ALL_BITS, .read = read_timer, .write = write_timer,
     .open = timer_open},
    {ONE(3, 3, 14, 2, 1, "CNTP_CTL_EL0", RW_EL0), .mask = ALL_BITS, .read = read_timer, .write = write_timer, .open = timer_open},
    {ONE(3, 3, 14, 2, 2, "CNTP_CVAL_EL0", RW_EL0), .mask = ALL_BITS, .read = read_timer, .write = write_timer,
     .open = timer_open},
    {ONE(3, 3, 14, 3, 0, "CNTV_TVAL_EL0", RW_EL0), .mask = ALL_BITS, .read = read_timer, .write = write_timer,
     .open = timer_open},
    {ONE(3, 3, 14, 3, 1, "CNTV_CTL_EL0", RW_EL0), .mask = ALL_BITS, .read = read_timer, .write = write_timer, .open = timer_open},
    {ONE(3, 3, 14, 3, 2, "CNTV_CVAL_EL0", RW_EL0), .mask = ALL_BITS, .read = read_timer, .write = write_timer,
     .open = timer_open},

    {ONE(2, 0, 0, 0, 2, "OSDTRRX_EL1", RW), .read = read_zero, .write = write_nothing},
    {ONE(2, 0, 0, 2, 0, "MDCCINT_EL1", RW), .read = read_zero, .write = write_nothing},
    STORED(2, 0, 0, 2, 2, "MDSCR_EL1", RW, mdscr, BIT(15) | BIT(13) | BIT(12) | BIT(0)),
    {ONE(2, 0, 0, 3, 2, "OSDTRTX_EL1", RW), .read = read_zero, .write = write_nothing},
    {ONE(2, 0, 0, 6, 2, "OSECCR_EL1", RW), .read = read_zero, .write = write_nothing},
    {R(2, 0, 0, 0, 4), R(2, 0, 0, 0, 7), NULL, RW, .mask = ALL_BITS, .read = read_debug, .write = write_debug},
    {R(2, 0, 0, 1, 4), R(2, 0, 0, 1, 5), NULL, RW, .mask = ALL_BITS, .read = read_debug, .write = write_debug},
    {ONE(2, 0, 1, 0, 0, "MDRAR_EL1", RO), .read = read_zero},
    {ONE(2, 0, 1, 0, 4, "OSLAR_EL1", WO), .mask = 1, .write = write_oslar},
    {ONE(2, 0, 1, 1, 4, "OSLSR_EL1", RO), .read = read_oslsr},
    STORED(2, 0, 1, 3, 4, "OSDLR_EL1", RW, osdlr, 1),
    {ONE(2, 0, 1, 4, 4, "DBGPRCR_EL1", RW), .read = read_zero, .write = write_nothing},
    {ONE(2, 0, 7, 8, 6, "DBGCLAIMSET_EL1", RW), .mask = 0xff, .read = read_claimset, .write = set_claim},
    {ONE(2, 0, 7, 9, 6, "DBGCLAIMCLR_EL1", RW), .mask = 0xff, .read = read_claim, .write = clear_claim},
    {ONE(2, 0, 7, 14, 6, "DBGAUTHSTATUS_EL1", RO), .read = read_zero},
};
_Static_assert(countof(rows) < 256, "the index has bytes");

const u8 *arm64_sysreg_index_create(struct env *env, const struct arm64_model *model) {
    u8 *index = env_alloc(env, 0x10000 - ARM64_SYSREGS);
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned n = rows[i].first; n <= rows[i].last && arm64_has(model, rows[i].feature); n++)
            index[n - ARM64_SYSREGS] = (u8)(i + 1);
    return index;
}

const char *arm64_sysreg_name(unsigned reg) {
    for (unsigned i = 0; i < countof(rows); i++)
        if (rows[i].first == reg && rows[i].last == reg && rows[i].name) return rows[i].name;
    return NULL;
}

// ---- access

// The right that an access needs.
static unsigned right(bool el0, bool write) {
    return el0 ? (write ? MAY_WRITE_EL0 : MAY_READ_EL0) : write ? MAY_WRITE : MAY_READ;
}

static bool is_storage(const struct sysreg *r, bool write) {
    return !r->open && (write ? !r->write && !r->read && r->mask == ALL_BITS : !r->read);
}

static bool is_fp(unsigned reg) { return reg == R(3, 3, 4, 4, 0) || reg == R(3, 3, 4, 4, 1); }

bool arm64_sysreg_decode(const u8 *index, const struct arm64_insn *in, u64 mode, struct uop *u) {
    unsigned reg = (unsigned)u->imm, i = index[reg - ARM64_SYSREGS];
    bool write = in->flags & ARM64_T_READ, el0 = mode & ARM64_MODE_EL0;
    if (is_fp(reg) && mode & ARM64_MODE_FP_OFF) {
        u->fn = arm64_op_fp_trapped;
        return true;
    }
    if (!i) return true;
    const struct sysreg *r = &rows[i - 1];
    if (!(r->may & right(el0, write)) || !is_storage(r, write) || (r->may & NOT_EL1T && mode & ARM64_MODE_EL1T)) return true;
    u->fn = in->plain;
    u->disp = r->at;
    return false;
}

void arm64_sysreg_trap(struct arm64_cpu *c, unsigned reg, unsigned rt, bool read) {
    u64 iss = (u64)(reg >> 14) << 20 | (u64)(reg & 7) << 17 | (u64)(reg >> 11 & 7) << 14 | (u64)(reg >> 7 & 15) << 10 |
              (u64)rt << 5 | (u64)(reg >> 3 & 15) << 1 | read;
    arm64_raise(c, EC_SYSREG, iss);
}

static const struct sysreg *find(struct arm64_cpu *c, unsigned reg, unsigned rt, bool write) {
    unsigned i = c->sysreg_row[reg - ARM64_SYSREGS];
    const struct sysreg *r = i ? &rows[i - 1] : NULL;
    if (!r || !(r->may & right(!c->s.el, write)) || (r->may & NOT_EL1T && !c->s.sp_sel)) arm64_undefined(c);
    enum verdict v = r->open ? r->open(c, reg, write) : OPEN;
    if (v == UNDEFINED_HERE) arm64_undefined(c);
    if (v == TRAPPED) arm64_sysreg_trap(c, reg, rt, !write);
    return r;
}

static u64 *storage(struct arm64_cpu *c, const struct sysreg *r) { return (u64 *)(void *)((u8 *)&c->s + r->at); }

u64 arm64_sysreg_read(struct arm64_cpu *c, unsigned reg, unsigned rt) {
    const struct sysreg *r = find(c, reg, rt, false);
    return r->read ? r->read(c, reg) : *storage(c, r);
}

void arm64_sysreg_write(struct arm64_cpu *c, unsigned reg, unsigned rt, u64 value) {
    const struct sysreg *r = find(c, reg, rt, true);
    if (r->write) r->write(c, reg, value & r->mask);
    else *storage(c, r) = value & r->mask;
}

bool arm64_sysreg_look(struct arm64_cpu *c, unsigned reg, u64 *value) {
    unsigned i = c->sysreg_row[reg - ARM64_SYSREGS];
    const struct sysreg *r = i ? &rows[i - 1] : NULL;
    if (!r || !(r->may & MAY_READ)) return false;
    *value = r->read ? r->read(c, reg) : *storage(c, r);
    return true;
}

bool arm64_sysreg_put(struct arm64_cpu *c, unsigned reg, u64 value) {
    unsigned i = c->sysreg_row[reg - ARM64_SYSREGS];
    const struct sysreg *r = i ? &rows[i - 1] : NULL;
    if (!r || !(r->may & MAY_WRITE)) return false;
    if (r->write) r->write(c, reg, value & r->mask);
    else *storage(c, r) = value & r->mask;
    return true;
}
