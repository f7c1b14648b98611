// SPDX-License-Identifier: MIT
// Functions of struct isa (cpu/isa.h), by the room that has them.
#ifndef RV_ROOM_H
#define RV_ROOM_H

#include "isa/riscv64/uop.h"

#include "cpu/block.h"

extern const struct isa rv_isa; // run.c

// ---- mem.c
int rv_mem_walk_init(struct vcpu *v, struct walk *w, gva_t a, u64 key);
void rv_mem_walk_fault(struct vcpu *v, const struct walk *w, unsigned rules, gva_t a, enum mmu_access access);
u8 rv_page_rights(const struct vcpu *v, gpa_t page, u64 key);
void rv_physical(struct vcpu *v, unsigned rules, gva_t a, gpa_t at, unsigned size, enum mmu_access access, u64 key, bool present);

// The two bits of a TLB context (cpu/tlb.h) that are RISC-V's. M-mode has one context, whatever space runs.
enum { KEY_S = 0, KEY_U = 1, KEY_S_SUM = 2, KEY_M = 3 };
static inline u8 rv_key_priv(u64 key) { return (key & 3) == KEY_U ? RV_U : (key & 3) == KEY_M ? RV_M : RV_S; }

// ---- trap.c
void rv_classify(struct vcpu *v, const u8 *code, unsigned have, struct measure_insn *out); // class.c
void rv_deliver(struct vcpu *v);

#endif
