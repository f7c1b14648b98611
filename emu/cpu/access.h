// SPDX-License-Identifier: MIT
// Memory access on the slow path. Every function may raise, so v->cur must be set before (SYNC in uop.h). `rules` means what the ISA
// wants: it is passed back to the ISA with a fault (x86: the segment). `key` is the TLB context whose rights count (tlb.h).
#ifndef CPU_ACCESS_H
#define CPU_ACCESS_H

#include "cpu/tlb.h"
#include "mmu/walk.h"

// 1..64 bytes, all or nothing: an access that crosses a page translates both pages before it touches either. A device gets an access
// of 1, 2, 4 or 8 bytes in one call.
void vcpu_read(struct vcpu *v, unsigned rules, gva_t a, void *to, unsigned size, u64 key);
void vcpu_write(struct vcpu *v, unsigned rules, gva_t a, const void *from, unsigned size, u64 key);
// Raises unless all of [a, a + size) may be accessed so.
void vcpu_probe(struct vcpu *v, unsigned rules, gva_t a, unsigned size, enum mmu_access access, u64 key);
// Translates one access that stays within its page, and fills the TLB.
struct tlb_page vcpu_translate(struct vcpu *v, unsigned rules, gva_t a, enum mmu_access access, u64 key);
// Code at `a` lies in a guarded page (ATTR_GUARDED).
bool vcpu_guarded(struct vcpu *v, gva_t a, u64 key);
// The check after translation: may this physical address be accessed (isa->physical)? Raises if not.
void vcpu_physical(struct vcpu *v, unsigned rules, const struct tlb_page *p, gva_t a, unsigned size, enum mmu_access access,
                   u64 key);
// The instruction at v->cur must run alone, because it changes code of its own block or writes to a device across a page's end. If it does
// not run alone already, it is restarted that way; so nothing may be committed before the call.
void vcpu_need_single(struct vcpu *v);

#endif
