// SPDX-License-Identifier: MIT
// x86 paging (SDM vol. 3A chapter 4): which format the control registers select, and what the formats mean.
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include "isa/x86_64/cpu.h"
#include "mmu/walk.h"

// walk.control for x86: bits that change what an entry means or allows; MAXPHYADDR in bits 8..15.
enum {
    CTL_WP = 1 << 0,
    CTL_NXE = 1 << 1,
    CTL_SMEP = 1 << 2,
    CTL_SMAP = 1 << 3,
    CTL_PSE = 1 << 4,
    CTL_1G = 1 << 5,
    CTL_PKE = 1 << 6,
    CTL_PKS = 1 << 7,
    CTL_MAXPHY_SHIFT = 8,
};

// walk.key_rights for x86: PKRU in bits 0..31, IA32_PKRS in 32..63; two bits per key.
enum { KEY_AD = 1, KEY_WD = 2, KEY_PKRS_SHIFT = 32 };

extern const struct pt_format x86_format_32, x86_format_pae, x86_format_4level, x86_format_5level;

// The format that CR0.PG, CR4.PAE, CR4.LA57 and EFER.LMA select; NULL: paging is off (linear = physical).
const struct pt_format *x86_paging_format(const struct x86_state *s);

// Sets up a walk for one access at linear address a. `smap`: supervisor data accesses to user pages are refused now
// (CR4.SMAP and not suspended by AC). 0, or ERR_NOT_FOUND when a PAE PDPTE is not present (w->fault says so too).
int x86_walk_init(const struct x86_cpu *c, struct walk *w, gva_t a, bool user, bool smap);

// #PF error code for a walk that failed (w->fault).
u32 x86_pf_error(const struct x86_cpu *c, const struct walk *w, enum mmu_access access);

#endif
