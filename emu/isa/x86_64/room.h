// SPDX-License-Identifier: MIT
// Functions of struct isa (cpu/isa.h), by the room that has them.
#ifndef X86_ROOM_H
#define X86_ROOM_H

#include "isa/x86_64/insn/decode.h"

extern const struct isa x86_isa; // run.c

// ---- build.c
bool x86_build_decode(struct vcpu *v, struct uop *u, const u8 *code, unsigned have, unsigned at, unsigned n, unsigned *length,
                      bool *ends);
void x86_build_finish(struct vcpu *v, struct block *b, unsigned n);
void x86_code_at(struct vcpu *v, struct code_place *p);
void x86_code_past_end(struct vcpu *v);

// ---- class.c
void x86_classify(struct vcpu *v, const u8 *code, unsigned have, struct measure_insn *out);

// ---- dump.c
unsigned x86_look_code(struct vcpu *v, u64 rip, u8 code[15]);
unsigned x86_disasm_at(struct vcpu *v, const u8 *code, unsigned have, u64 rip, char *text, size_t room);

// ---- mem.c
// The two bits of a TLB context (cpu/tlb.h) that are x86's. A supervisor may access user pages with KEY_AC (SMAP, but RFLAGS.AC is set)
// and KEY_OPEN (no SMAP). They are two, so that it follows from a context alone what STAC and CLAC make of it.
enum { KEY_SUPERVISOR = 0, KEY_USER = 1, KEY_AC = 2, KEY_OPEN = 3 };
static inline bool x86_key_is_user(u64 key) { return tlb_context(key) == KEY_USER; }
static inline unsigned x86_context(const struct x86_cpu *c, bool user, bool ac) {
    return user ? KEY_USER : !(c->s.cr4 & CR4_SMAP) ? KEY_OPEN : ac ? KEY_AC : KEY_SUPERVISOR;
}
void x86_ac_changed(struct x86_cpu *c); // what of x86_mode_changed follows from a supervisor's RFLAGS.AC alone
gva_t x86_wrap(const struct vcpu *v, gva_t a, bool code);
int x86_mem_walk_init(struct vcpu *v, struct walk *w, gva_t a, u64 key);
void x86_mem_walk_fault(struct vcpu *v, const struct walk *w, unsigned seg, gva_t a, enum mmu_access access);
gva_t x86_second_part(struct vcpu *v, unsigned seg, gva_t a, unsigned n);
bool x86_watching(const struct vcpu *v);
void x86_watch(struct vcpu *v, gva_t a, unsigned size, bool write);
void x86_tlb_filled(struct vcpu *v, const struct walk *w);
void x86_tlb_flushed(struct vcpu *v);

#endif
