// SPDX-License-Identifier: MIT
// VMSAv8-64 (D8), stage 1 of EL1&0: granules of 4K, 16K and 64K, two halves of the address space. What TCR_EL1 says is made into tables of
// the walker's (mmu/walk.h) when it is written.
#ifndef ARM64_PAGING_H
#define ARM64_PAGING_H

#include "isa/arm64/model.h"
#include "mmu/walk.h"

// One half of the address space: TTBR0_EL1's, whose addresses have bit 55 clear, or TTBR1_EL1's.
struct arm64_half {
    struct pt_format format;
    u8 start;          // the level (0..3) that walks begin at
    u8 va_bits;        // 64 - TnSZ: the bits above these are all alike
    u8 page_bits;      // 12, 14, 16
    u8 out_bits;       // output addresses have no more bits
    bool disabled;     // TCR_EL1.EPDn: no walks
    bool disabled_el0; // TCR_EL1.E0PDn: none for EL0
    bool tbi;          // the top byte is ignored
    bool code_tbi;     // of code, too
    u64 control;
};

struct arm64_tables {
    struct arm64_half half[2];
};

// TCR_EL1 for a processor of this model. Sizes and granules that are not there are taken as the nearest that are (D24.2, TCR_EL1).
void arm64_tables_make(struct arm64_tables *t, u64 tcr, const struct arm64_model *model);

struct arm64_translation {
    const struct arm64_tables *tables;
    u64 ttbr[2];
    bool el0; // the access is EL0's
    bool pan, wxn;
};
// Sets up a walk of `a`, whose top byte is as arm64_top_byte leaves it. 0; or -1: w->fault says why there is none.
int arm64_walk_init(const struct arm64_translation *t, struct walk *w, gva_t a);
// The same while the MMU is off: 1, the address is physical; or -1.
int arm64_walk_off(struct walk *w, gva_t a, const struct arm64_model *model);
// The fault status of an abort whose walk has ended in w->fault.
unsigned arm64_walk_status(const struct arm64_tables *t, const struct walk *w, gva_t a);
// The address with a top byte that does not count made the copy of bit 55.
gva_t arm64_top_byte(const struct arm64_tables *t, gva_t a);
// The same of an address of code.
gva_t arm64_code_address(const struct arm64_tables *t, gva_t a);

#endif
