// SPDX-License-Identifier: MIT
// Every combination of rights in two levels of page tables, of CR0.WP, CR4.SMEP and SMAP and EFER.NXE, and of accesses,
// against the rules of 4.6.1 stated a second time, for one access.
#ifndef GUEST_RIGHTS_H
#define GUEST_RIGHTS_H

#include "kit.h"

// A page to try it on: linear address, its memory, and the entries that lead to it: the one that maps the page and the one
// above. Rights are P, W, U and NX as in a 64-bit entry; the rest of an entry (address, PS) is the ground's own.
struct ground {
    ureg va;
    u8 *memory;
    bool nx; // the format has NX
    u64 (*get)(bool above);
    void (*set)(bool above, u64 rights); // and A, D cleared
};
void check_rights(const struct ground *g);

#endif
