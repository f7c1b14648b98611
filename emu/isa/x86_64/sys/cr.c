// SPDX-License-Identifier: MIT
// Control registers and EFER: reserved bits, the transitions they allow, and what each change does to translations.
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/sys/sys.h"

#define CR0_DEFINED (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG)
#define CR3_PCID mask(11, 0)
#define CR3_KEEP BIT(63)

static bool pae_legacy(const struct x86_cpu *c) { return (c->s.cr0 & CR0_PG) && (c->s.cr4 & CR4_PAE) && !(c->s.efer & EFER_LMA); }

// What turning paging on asks for; with EFER.LME it activates IA-32e mode (9.8.5).
static void check_paging_on(struct x86_cpu *c) {
    if (!(c->s.efer & EFER_LME)) return;
    bool tss16 = (AR_TYPE(c->s.tr.attr) & 8) == 0 && (c->s.tr.attr & AR_P);
    if (!(c->s.cr4 & CR4_PAE) || (c->s.seg[CS].attr & AR_L) || tss16) raise_gp(c, 0);
}

void x86_write_cr0(struct x86_cpu *c, u64 v) {
    u64 old = c->s.cr0;
    if (v >> 32 || ((v & CR0_PG) && !(v & CR0_PE)) || ((v & CR0_NW) && !(v & CR0_CD))) raise_gp(c, 0);
    v = (v & CR0_DEFINED) | CR0_ET;
    u64 changed = old ^ v;
    if ((changed & CR0_PG) && (v & CR0_PG)) check_paging_on(c);
    if ((changed & CR0_PG) && !(v & CR0_PG) && (is_64bit(c) || (c->s.cr4 & CR4_PCIDE))) raise_gp(c, 0);
    bool enters_long = (v & CR0_PG) && (c->s.efer & EFER_LME);
    // 4.4.1: PAE's PDPTE registers follow these bits as they follow CR3.
    if ((changed & (CR0_PG | CR0_CD | CR0_NW)) && (v & CR0_PG) && (c->s.cr4 & CR4_PAE) && !enters_long &&
        x86_load_pdptes(c, c->s.cr3))
        raise_gp(c, 0);
    c->s.cr0 = v;
    c->s.efer = enters_long ? c->s.efer | EFER_LMA : c->s.efer & ~EFER_LMA;
    if (changed & (CR0_PG | CR0_PE | CR0_WP)) x86_tlb_flush_all(c);
    x86_mode_changed(c);
}

void x86_write_cr3(struct x86_cpu *c, u64 v) {
    bool pcide = c->s.cr4 & CR4_PCIDE, keep = pcide && (v & CR3_KEEP);
    if (keep) v &= ~CR3_KEEP;
    if (is_long(c) && v >> c->model->physical_bits) raise_gp(c, 0);
    if (pae_legacy(c) && x86_load_pdptes(c, v)) raise_gp(c, 0);
    c->s.cr3 = v;
    if (pcide) x86_tlb_set_pcid(c, (u16)(v & CR3_PCID), keep);
    else x86_tlb_flush_address_space(c);
}

u64 x86_cr4_allowed(const struct x86_cpu *c) {
    const struct x86_model *m = c->model;
    u64 v = CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_MCE; // every model has VME, TSC, DE and MCE
    v |= CR4_PCE;                                           // no bit of CPUID tells of it
    if (m->has[F_PSE]) v |= CR4_PSE;
    if (m->has[F_PAE]) v |= CR4_PAE;
    if (m->has[F_PGE]) v |= CR4_PGE;
    if (m->has[F_FXSR]) v |= CR4_OSFXSR;
    if (m->has[F_SSE]) v |= CR4_OSXMMEXCPT;
    if (m->has[F_UMIP]) v |= CR4_UMIP;
    if (m->has[F_LA57]) v |= CR4_LA57;
    if (m->has[F_FSGSBASE]) v |= CR4_FSGSBASE;
    if (m->has[F_PCID]) v |= CR4_PCIDE;
    if (m->has[F_XSAVE]) v |= CR4_OSXSAVE;
    if (m->has[F_SMEP]) v |= CR4_SMEP;
    if (m->has[F_SMAP]) v |= CR4_SMAP;
    if (m->has[F_PKU]) v |= CR4_PKE;
    if (m->has[F_PKS]) v |= CR4_PKS;
    return v;
}

void x86_write_cr4(struct x86_cpu *c, u64 v) {
    u64 changed = c->s.cr4 ^ v;
    if (v & ~x86_cr4_allowed(c)) raise_gp(c, 0);
    if (is_long(c) && (changed & (CR4_LA57 | CR4_PAE))) raise_gp(c, 0);
    if ((changed & v & CR4_PCIDE) && (!is_long(c) || (c->s.cr3 & CR3_PCID))) raise_gp(c, 0);
    bool pae = (c->s.cr0 & CR0_PG) && (v & CR4_PAE) && !is_long(c);
    if (pae && (changed & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)) && x86_load_pdptes(c, c->s.cr3)) raise_gp(c, 0);
    c->s.cr4 = v;
    if (changed & (CR4_PGE | CR4_PAE | CR4_PSE | CR4_PCIDE | CR4_SMEP | CR4_SMAP | CR4_LA57 | CR4_PKE | CR4_PKS))
        x86_tlb_flush_all(c);
    x86_mode_changed(c);
}

void x86_write_pkru(struct x86_cpu *c, u32 v) {
    u32 changed = (u32)c->s.pkru ^ v;
    c->s.pkru = v;
    x86_tlb_key_rights_changed(c, changed, false);
}

int x86_write_efer(struct x86_cpu *c, u64 v) {
    const struct x86_model *m = c->model;
    u64 allowed = (m->has[F_SYSCALL] ? EFER_SCE : 0) | (m->has[F_LM] ? EFER_LME | EFER_LMA : 0) | (x86_has_nx(c) ? EFER_NXE : 0);
    if (v & ~allowed) return ERR_INVALID;
    if (((v ^ c->s.efer) & EFER_LME) && (c->s.cr0 & CR0_PG)) return ERR_INVALID;
    v = (v & ~EFER_LMA) | (c->s.efer & EFER_LMA); // LMA is CR0's to change
    if ((v ^ c->s.efer) & EFER_NXE) x86_tlb_flush_all(c);
    c->s.efer = v;
    x86_mode_changed(c);
    return 0;
}
