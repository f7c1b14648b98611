// SPDX-License-Identifier: MIT
// Functions of struct isa (cpu/isa.h), by the room that has them.
#ifndef ARM64_ROOM_H
#define ARM64_ROOM_H

#include "isa/arm64/uop.h"

#include "cpu/block.h"

extern const struct isa arm64_isa; // run.c

// ---- mem.c
int arm64_mem_walk_init(struct vcpu *v, struct walk *w, gva_t a, u64 key);
void arm64_mem_walk_fault(struct vcpu *v, const struct walk *w, unsigned rules, gva_t a, enum mmu_access access);
void arm64_physical(struct vcpu *v, unsigned rules, gva_t a, gpa_t at, unsigned size, enum mmu_access access, u64 key,
                    bool present);
gva_t arm64_wrap(const struct vcpu *v, gva_t a, bool code);

// The two bits of a TLB context (cpu/tlb.h) that are Arm's.
enum { KEY_EL1 = 0, KEY_EL0 = 1, KEY_EL1_PAN = 2 };

// ---- trap.c
void arm64_classify(struct vcpu *v, const u8 *code, unsigned have, struct measure_insn *out); // class.c
void arm64_deliver(struct vcpu *v);

#endif
