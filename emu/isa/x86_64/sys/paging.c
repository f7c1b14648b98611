// SPDX-License-Identifier: MIT
// The x86 page-table formats. Sections are of the SDM, volume 3A.
#include "isa/x86_64/sys/paging.h"

#include "base/le.h"
#include "isa/x86_64/sys/cpuid.h"

#include <string.h>

// An entry, 8 bytes (PAE, 4- and 5-level; 4.4.2, 4.5.4); the 4-byte ones (4.3) lack what is above bit 31:
//
//   63  62..59 58..52 51..M  M-1..12   11..9 8 7      6 5 4   3   2   1   0
//   XD  key    ignored rsvd  address   ign.  G PS/PAT D A PCD PWT U/S R/W P
#define E_P BIT(0)
#define E_W BIT(1)
#define E_U BIT(2)
#define E_A BIT(5)
#define E_D BIT(6)
#define E_PS BIT(7)
#define E_G BIT(8)
#define E_XD BIT(63)

static u8 perm_of(u64 e, u64 control) {
    bool xd = control & CTL_NXE && e & E_XD;
    return (u8)(PERM_R | (e & E_W ? PERM_W : 0) | (e & E_U ? PERM_U : 0) | (xd ? 0 : PERM_X));
}

// PAT PCD PWT as one 3-bit index into IA32_PAT; PAT is bit 7 of a 4 KiB entry and bit 12 of a larger page's.
static u8 attr_of(u64 e, bool large) { return (u8)(bits(e, 4, 3) | (bits(e, large ? 12 : 7, large ? 12 : 7) << 2)); }

// An absent entry's other bits mean nothing, so it is never a reserved one's fault.
static enum walk_fault fault_of(u64 e, bool reserved) {
    return !(e & E_P) ? WALK_NOT_PRESENT : reserved ? WALK_RESERVED : WALK_OK;
}

// 4.3. A 4 MiB page has its address bits 39..32 in entry bits 20..13 (PSE-36), bit 21 is reserved.
static struct pte_view decode_32(u64 e, unsigned shift, u64 control) {
    struct pte_view v = {.fault = fault_of(e, false), .perm = perm_of(e, 0)};
    bool large = shift == 22 && e & E_PS && control & CTL_PSE;
    v.leaf = shift == 12 || large;
    if (!large) {
        v.address = e & mask(31, 12);
    } else {
        unsigned width = control >> CTL_MAXPHY_SHIFT & 0xff;
        if (width > 40) width = 40;
        v.address = (e & mask(31, 22)) | bits(e, 20, 13) << 32;
        v.fault = fault_of(e, e & BIT(21) || v.address >> width);
    }
    if (v.leaf) {
        v.global = e & E_G;
        v.attr = attr_of(e, large);
    }
    return v;
}

// 4.4.2 and 4.5.4: one meaning for all 8-byte formats. PS is an address-size bit where such pages exist and reserved above.
static struct pte_view decode_64(u64 e, unsigned shift, u64 control) {
    struct pte_view v = {.perm = perm_of(e, control)};
    unsigned width = control >> CTL_MAXPHY_SHIFT & 0xff;
    u64 reserved = (width < 52 ? mask(51, width) : 0) | (control & CTL_NXE ? 0 : E_XD);
    bool ps = shift > 12 && e & E_PS;
    if (shift > 30 || (shift == 30 && !(control & CTL_1G))) {
        if (ps) reserved |= E_PS;
        ps = false;
    }
    v.leaf = shift == 12 || ps;
    v.address = e & mask(51, 12);
    if (ps) {
        reserved |= mask(shift - 1, 13);
        v.address = e & mask(51, shift);
    }
    v.fault = fault_of(e, e & reserved);
    if (v.leaf) {
        v.global = e & E_G;
        v.attr = attr_of(e, ps);
        v.key = bits(e, 62, 59);
    }
    return v;
}

// As decode_64, but bits 62..52 of PAE entries are reserved too (table 4-9 ff.).
static struct pte_view decode_pae(u64 e, unsigned shift, u64 control) {
    struct pte_view v = decode_64(e, shift, control);
    if (e & mask(62, 52)) v.fault = fault_of(e, true);
    v.key = 0;
    return v;
}

// 4.6.2: protection keys. A key's two bits in PKRU (user-mode addresses) or IA32_PKRS (supervisor-mode addresses):
//
//   1   0
//   WD  AD     no writes (by a supervisor only if CR0.WP), no data accesses at all
static bool key_denies(const struct walk *w, enum mmu_access access) {
    bool user_page = w->perm & PERM_U;
    if (access == MMU_EXEC || !(w->control & (user_page ? CTL_PKE : CTL_PKS))) return false;
    u32 rights = (u32)(w->key_rights >> (user_page ? 0 : KEY_PKRS_SHIFT)) >> 2 * w->key & 3;
    if (rights & KEY_AD) return true;
    return rights & KEY_WD && access == MMU_WRITE && (w->user || w->control & CTL_WP);
}

// 4.6.1: access rights.
static bool permit(const struct walk *w, enum mmu_access access) {
    bool user = w->user, user_page = w->perm & PERM_U;
    if (user && !user_page) return false;
    switch (access) {
    case MMU_EXEC: return w->perm & PERM_X && !(!user && user_page && w->control & CTL_SMEP);
    case MMU_WRITE:
        if (!(w->perm & PERM_W) && (user || w->control & CTL_WP)) return false;
        break;
    case MMU_READ: break;
    }
    if (!user && user_page && w->control & CTL_SMAP) return false;
    return !key_denies(w, access);
}

#define RULES(decoder) .table_accessed = E_A, .accessed = E_A, .dirty = E_D, .decode = decoder, .permit = permit

const struct pt_format x86_format_32 = {
    .name = "32-bit", .levels = 2, .entry_bytes = 4, .level = {{22, 10}, {12, 10}}, RULES(decode_32)};
// The four PDPTEs are registers (4.4.1), so PAE's tables begin at the page directory.
const struct pt_format x86_format_pae = {
    .name = "PAE", .levels = 2, .entry_bytes = 8, .level = {{21, 9}, {12, 9}}, RULES(decode_pae)};
const struct pt_format x86_format_4level = {.name = "4-level",
                                            .levels = 4,
                                            .entry_bytes = 8,
                                            .level = {{39, 9}, {30, 9}, {21, 9}, {12, 9}},
                                            .canonical_bits = 48,
                                            RULES(decode_64)};
const struct pt_format x86_format_5level = {.name = "5-level",
                                            .levels = 5,
                                            .entry_bytes = 8,
                                            .level = {{48, 9}, {39, 9}, {30, 9}, {21, 9}, {12, 9}},
                                            .canonical_bits = 57,
                                            RULES(decode_64)};

const struct pt_format *x86_paging_format(const struct x86_state *s) {
    if (!(s->cr0 & CR0_PG)) return NULL;
    if (!(s->cr4 & CR4_PAE)) return &x86_format_32;
    if (!(s->efer & EFER_LMA)) return &x86_format_pae;
    return s->cr4 & CR4_LA57 ? &x86_format_5level : &x86_format_4level;
}

int x86_walk_init(const struct x86_cpu *c, struct walk *w, gva_t a, bool user, bool smap) {
    const struct x86_state *s = &c->s;
    const struct x86_model *m = c->model;
    *w = (struct walk){.format = x86_paging_format(s), .user = user};
    w->control = (s->cr0 & CR0_WP ? CTL_WP : 0) | (s->efer & EFER_NXE ? CTL_NXE : 0) | (s->cr4 & CR4_SMEP ? CTL_SMEP : 0) |
                 (smap ? CTL_SMAP : 0) | (s->cr4 & CR4_PSE ? CTL_PSE : 0) | (m->has[F_PAGE1G] ? CTL_1G : 0) |
                 (u64)m->physical_bits << CTL_MAXPHY_SHIFT;
    if (s->efer & EFER_LMA) w->control |= (s->cr4 & CR4_PKE ? CTL_PKE : 0) | (s->cr4 & CR4_PKS ? CTL_PKS : 0);
    w->key_rights = s->pkru | s->pkrs << KEY_PKRS_SHIFT;
    if (w->format == &x86_format_pae) {
        u64 pdpte = s->pdpte[bits(a, 31, 30)];
        if (!(pdpte & E_P)) {
            w->fault = WALK_NOT_PRESENT;
            return ERR_NOT_FOUND;
        }
        w->root = pdpte & mask(51, 12);
    } else {
        w->root = s->cr3 & (w->format == &x86_format_32 ? mask(31, 12) : mask(51, 12));
    }
    return 0;
}

// 4.7: P tells a protection violation from an absent page; I is reported only where execute can be refused at all; PK
// whenever the key denies, whatever else does.
u32 x86_pf_error(const struct x86_cpu *c, const struct walk *w, enum mmu_access access) {
    const struct x86_state *s = &c->s;
    bool nx = (s->cr4 & CR4_PAE && s->efer & EFER_NXE) || s->cr4 & CR4_SMEP;
    u32 code = w->user ? PF_U : 0;
    if (w->fault == WALK_DENIED || w->fault == WALK_RESERVED) code |= PF_P;
    if (w->fault == WALK_RESERVED) code |= PF_RSVD;
    if (w->fault == WALK_DENIED && key_denies(w, access)) code |= PF_PK;
    if (access == MMU_WRITE) code |= PF_W;
    if (access == MMU_EXEC && nx) code |= PF_I;
    return code;
}

int x86_load_pdptes(struct x86_cpu *c, u64 cr3) {
    u64 pdpte[4];
    // 4.4.1: bits 63..MAXPHYADDR, 8..5 and 2..1 of a present PDPTE must be 0.
    u64 reserved = mask(63, c->model->physical_bits) | mask(8, 5) | mask(2, 1);
    for (unsigned i = 0; i < 4; i++) {
        const u8 *p = bus_ram(c->bus, (cr3 & mask(31, 5)) + 8 * i, 8); // as the walker does: from RAM alone
        pdpte[i] = p ? ld64(p) : ~(u64)0;
        if (pdpte[i] & E_P && pdpte[i] & reserved) return ERR_INVALID;
    }
    memcpy(c->s.pdpte, pdpte, sizeof pdpte);
    return 0;
}

bool x86_canonical(const struct x86_cpu *c, u64 a) { return (u64)sext(a, c->s.cr4 & CR4_LA57 ? 57 : 48) == a; }

// "Addresses written to control registers or MSRs [must] be 57-bit canonical if the processor supports 5-level paging or 48-bit
// canonical if it supports only 4-level paging" (Intel's chapter on linear-address masking); Linux (arch/x86/kvm/x86.h,
// is_noncanonical_address) found the same of all bases and of INVPCID. An access through such a base is judged by the paging mode.
bool x86_canonical_base(const struct x86_cpu *c, u64 a) { return (u64)sext(a, c->model->has[F_LA57] ? 57 : 48) == a; }
