// SPDX-License-Identifier: MIT
// RISC-V address translation (privileged specification, "Supervisor-Level ISA"): Sv39, Sv48 and Sv57 with Svnapot, Svpbmt, and Svade or
// Svadu. All that it depends on is in struct rv_translation.
#ifndef RISCV64_PAGING_H
#define RISCV64_PAGING_H

#include "isa/riscv64/pmp.h"
#include "mmu/walk.h"

//   63..60  59..44  43..0
//   MODE    ASID    PPN      of satp
enum { RV_SATP_ASID_SHIFT = 44, RV_SATP_MODE_SHIFT = 60 };
enum { RV_MODE_BARE = 0, RV_MODE_SV39 = 8, RV_MODE_SV48 = 9, RV_MODE_SV57 = 10 };

struct rv_translation {
    u64 satp;
    u8 priv; // RV_U, RV_S, RV_M: the effective privilege mode of the access: who calls has resolved MPRV and MPP
    bool sum, mxr;
    bool adue;                // menvcfg.ADUE: A and D are set by the walk (Svadu); else a clear one is a page fault (Svade)
    bool pbmte;               // menvcfg.PBMTE: memory types may be in entries (Svpbmt); else they are reserved
    bool napot;               // the hart has Svnapot; else bit N is reserved
    const struct rv_pmp *pmp; // asked about each entry that the walk reads or writes, as S-mode; NULL: no PMP
};

extern const struct pt_format rv_format_sv39, rv_format_sv48, rv_format_sv57;

// Sets up a walk for one access. 0; or 1: addresses are physical (satp.MODE is Bare, or the access is M-mode's). w points into
// t->pmp, and not into *t.
int rv_walk_init(const struct rv_translation *t, struct walk *w);

// The exception (mcause, scause) of an access whose walk has ended in w->fault: a page fault, or an access fault when it was an entry of
// the tables that could not be reached.
unsigned rv_walk_cause(const struct walk *w, enum mmu_access access);
// The access fault of an access: also when the page itself refuses it (PMP, or nothing is there).
unsigned rv_access_fault(enum mmu_access access);

// What satp holds after `value` was written to it: value, or when its MODE is not supported all of what it held. modes: a bit for
// each supported MODE, as BIT(RV_MODE_SV39); Bare is always. All 16 bits of ASID and 44 of PPN are there.
u64 rv_satp_write(u64 satp, u64 value, u32 modes);

#endif
