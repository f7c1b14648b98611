// SPDX-License-Identifier: MIT
// Physical memory protection (privileged specification, "Physical Memory Protection"): 16 entries of four-byte granularity, no Smepmp.
//
// The rule. The lowest-numbered entry that matches any byte of an access decides about it. It must match all bytes, or the access
// fails, whoever asks and whatever the entry grants. Does it match all, M-mode passes unless the entry is locked; everybody else, and
// M-mode at a locked entry, needs the entry's R, W or X. Where no entry matches, M-mode passes and S- and U-mode do not: also
// when all entries are off, as after reset.
#ifndef RISCV64_PMP_H
#define RISCV64_PMP_H

#include "isa/riscv64/regs.h"
#include "mmu/walk.h"

enum { RV_PMP_ENTRIES = 16 };

// All zero after reset.
struct rv_pmp {
    u8 cfg[RV_PMP_ENTRIES];
    u64 addr[RV_PMP_ENTRIES]; // bits 55..2 of an address, in bits 53..0
};

// May an access of `size` bytes at this physical address pass, in this effective privilege mode? What crosses a page is two accesses.
// pmp NULL: a hart without PMP, where everything may.
bool rv_pmp_check(const struct rv_pmp *pmp, gpa_t at, u64 size, enum mmu_access access, u8 priv);

// The rights (PERM_R, PERM_W, PERM_X) that every access within the 4 KiB page at `page` has; or RV_PMP_MIXED: one entry does not
// decide about the whole page, so each access must be asked about.
enum { RV_PMP_MIXED = 0x80 };
u8 rv_pmp_page(const struct rv_pmp *pmp, gpa_t page, u8 priv);

// Some entry begins or ends within a page.
bool rv_pmp_fine(const struct rv_pmp *pmp);

// The CSRs, by number: pmpcfg0 and pmpcfg2 (0x3a0, 0x3a2), pmpaddr0 .. pmpaddr15 (0x3b0 .. 0x3bf). False: there is no such CSR, and
// the instruction is illegal. A write keeps what is locked, and makes W=1 R=0, which is reserved, W=0. After a write every
// translation and every answer of rv_pmp_page that was kept is void.
bool rv_pmp_read(const struct rv_pmp *pmp, unsigned csr, u64 *value);
bool rv_pmp_write(struct rv_pmp *pmp, unsigned csr, u64 value);

#endif
