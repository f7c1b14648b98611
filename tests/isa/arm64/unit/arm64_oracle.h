// SPDX-License-Identifier: MIT
// Stage 1 translation of EL1&0 (DDI 0487, D8), stated a second time: after the manual's pseudocode and tables and nothing of the
// emulator's.
#ifndef TESTS_ARM64_ORACLE_H
#define TESTS_ARM64_ORACLE_H

#include "base/types.h"

enum a64_kind { A64_READ, A64_WRITE, A64_FETCH };

struct a64_oracle {
    u64 ttbr0, ttbr1, tcr;
    unsigned el;
    bool pan, wxn, hpds, e0pd, bti; // the last three: FEAT_HPDS, FEAT_E0PD, FEAT_BTI
    bool af_ignored;                // a look: the access flag need not be set
    unsigned pa_bits;
    bool lva; // FEAT_LVA
    u64 (*load)(void *ctx, u64 at);
    bool (*reaches)(void *ctx, u64 at); // there is memory for a descriptor
    void *ctx;
};

struct a64_verdict {
    int status; // -1: no fault; else DFSC
    u64 pa;
    unsigned size;
    bool global, guarded;
    bool r1, w1, x1, r0, w0, x0; // what EL1 (without PAN) and EL0 may, but for what follows from being writable
    bool may[3];                 // the asker's EL, each kind of access
    unsigned entries;
    u64 at[4];
};

struct a64_verdict a64_access(const struct a64_oracle *o, u64 va, enum a64_kind kind);

#endif
