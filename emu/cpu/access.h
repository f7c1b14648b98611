// SPDX-License-Identifier: MIT
// Memory access on the slow path. All may raise, and v->cur must be set: see SYNC. `rules` is the ISA's own word, which comes back to it
// with a fault; `key` the TLB context whose rights count.
#ifndef CPU_ACCESS_H
#define CPU_ACCESS_H

#include "cpu/tlb.h"
#include "mmu/walk.h"

// 1..64 bytes; all or nothing, page crossing resolved before either page is touched. Naturally sized device accesses (1, 2, 4, 8)
// reach the device as one.
void vcpu_read(struct vcpu *v, unsigned rules, gva_t a, void *to, unsigned size, u64 key);
void vcpu_write(struct vcpu *v, unsigned rules, gva_t a, const void *from, unsigned size, u64 key);
// Raises unless all of [a, a + size) may be accessed so.
void vcpu_probe(struct vcpu *v, unsigned rules, gva_t a, unsigned size, enum mmu_access access, u64 key);
// Translates one access that stays within its page, and fills the TLB.
struct tlb_page vcpu_translate(struct vcpu *v, unsigned rules, gva_t a, enum mmu_access access, u64 key);
// The second question about an access: may the physical address be reached (isa->physical)? Raises if not.
void vcpu_physical(struct vcpu *v, unsigned rules, const struct tlb_page *p, gva_t a, unsigned size, enum mmu_access access, u64 key);
// The instruction must run alone in its block (because time must be exact for a device, or because it changes code of the
// block it stands in): nothing was committed, so it starts again that way.
void vcpu_need_single(struct vcpu *v);

#endif
