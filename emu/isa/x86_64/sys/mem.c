// SPDX-License-Identifier: MIT
// Segments, alignment, and what cpu/access.c asks of an x86 processor.
#include "isa/x86_64/sys/mem.h"

#include "isa/x86_64/room.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/paging.h"
#include "isa/x86_64/sys/seg.h"

static u64 key_for(const struct x86_cpu *c, bool user, bool implicit) {
    return (u64)(user ? c->asid : c->asid_global) << KEY_ASID_SHIFT | x86_context(c, user, !implicit && c->s.rflags & FL_AC);
}

static enum mmu_access mmu_access_of(enum access a) {
    return a == ACCESS_READ ? MMU_READ : a == ACCESS_WRITE ? MMU_WRITE : MMU_EXEC;
}

int x86_mem_walk_init(struct vcpu *v, struct walk *w, gva_t a, u64 key) {
    struct x86_cpu *c = x86_of(v);
    if (!(c->s.cr0 & CR0_PG)) return 1;
    return x86_walk_init(c, w, a, x86_key_is_user(key), tlb_context(key) == KEY_SUPERVISOR);
}

// Raises #PF, and for addresses that are not canonical #GP or #SS.
void x86_mem_walk_fault(struct vcpu *v, const struct walk *w, unsigned seg, gva_t a, enum mmu_access access) {
    struct x86_cpu *c = x86_of(v);
    if (w->fault == WALK_NON_CANONICAL) x86_raise(c, seg == SS ? EXC_SS : EXC_GP, 0);
    // A page fault does what INVLPG does: the next access, and the next fetch, must walk again (4.10.4.1).
    tlb_flush_page_here(v, a);
    c->s.cr2 = a;
    x86_raise(c, EXC_PF, x86_pf_error(c, w, access));
}

// Outside IA-32e mode linear addresses wrap at 4 GiB (4.2); 32-bit code goes on at 0 behind it, under IA-32e mode, too.
gva_t x86_wrap(const struct vcpu *v, gva_t a, bool code) {
    const struct x86_cpu *c = x86_of((struct vcpu *)(hva_t)v);
    bool wide = code ? (c->mode & MODE_CODE_MASK) == MODE_CODE64 : c->s.efer & EFER_LMA;
    return wide ? a : (u32)a;
}

// An operand of a compatibility-mode program wraps as well. One that leaves the canonical addresses faults before any page is walked.
gva_t x86_second_part(struct vcpu *v, unsigned seg, gva_t a, unsigned n) {
    struct x86_cpu *c = x86_of(v);
    gva_t b = x86_wrap(v, a + n, false);
    if ((c->mode & MODE_CODE_MASK) != MODE_CODE64 && seg != SEG_NONE && !(a >> 32)) return (u32)b;
    if (c->s.efer & EFER_LMA && !x86_canonical(c, b)) x86_raise(c, seg == SS ? EXC_SS : EXC_GP, 0);
    return b;
}

bool x86_watching(const struct vcpu *v) { return x86_debug_armed(x86_of((struct vcpu *)(hva_t)v)); }

void x86_watch(struct vcpu *v, gva_t a, unsigned size, bool write) {
    struct x86_cpu *c = x86_of(v);
    u32 hit = x86_debug_data_hit(c, a, size, write);
    if (likely(!hit)) return;
    vcpu_need_single(v);
    c->s.pending_db |= hit;
}

// A piece of a long operand that began below 4 GiB: 32-bit code goes on at 0, under IA-32e mode, too.
static gva_t piece(const struct x86_cpu *c, unsigned seg, gva_t a) {
    return (c->mode & MODE_CODE_MASK) == MODE_CODE64 || seg == SEG_NONE ? a : (u32)a;
}

void x86_read(struct x86_cpu *c, unsigned seg, gva_t a, void *to, unsigned size) {
    vcpu_read(&c->v, seg, piece(c, seg, a), to, size, c->tlb_key);
}

void x86_write(struct x86_cpu *c, unsigned seg, gva_t a, const void *from, unsigned size) {
    vcpu_write(&c->v, seg, piece(c, seg, a), from, size, c->tlb_key);
}

void x86_probe(struct x86_cpu *c, unsigned seg, gva_t a, unsigned size, enum access access) {
    vcpu_probe(&c->v, seg, piece(c, seg, a), size, mmu_access_of(access), c->tlb_key);
}

u64 x86_sys_read(struct x86_cpu *c, gva_t a, unsigned size) {
    u64 v = 0;
    vcpu_read(&c->v, SEG_NONE, a, &v, size, key_for(c, false, true));
    return v;
}

void x86_sys_write(struct x86_cpu *c, gva_t a, u64 value, unsigned size) {
    vcpu_write(&c->v, SEG_NONE, a, &value, size, key_for(c, false, true));
}

void x86_sys_probe(struct x86_cpu *c, gva_t a, unsigned size, enum access access) {
    vcpu_probe(&c->v, SEG_NONE, a, size, mmu_access_of(access), key_for(c, false, true));
}

u64 x86_read_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, unsigned size) {
    u64 v = 0;
    vcpu_read(&c->v, seg, a, &v, size, key_for(c, user, false));
    return v;
}

void x86_write_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, u64 value, unsigned size) {
    vcpu_write(&c->v, seg, a, &value, size, key_for(c, user, false));
}

void x86_probe_as(struct x86_cpu *c, bool user, unsigned seg, gva_t a, unsigned size, enum access access) {
    vcpu_probe(&c->v, seg, a, size, mmu_access_of(access), key_for(c, user, false));
}

u64 x86_load_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, unsigned size) {
    u64 v = 0;
    SYNC;
    vcpu_read(&c->v, seg, a, &v, size, c->tlb_key);
    return v;
}

void x86_store_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, u64 value, unsigned size) {
    SYNC;
    vcpu_write(&c->v, seg, a, &value, size, c->tlb_key);
}

u64 x86_offset(const struct x86_cpu *c, const struct uop *u) {
    u64 a = c->s.gpr[u->base] + (c->s.gpr[u->index] << (u->mem & 3)) + (u64)u->disp;
    if (u->mem & MEM_ADDR32) return (u32)a;
    if (u->mem & MEM_ADDR16) return (u16)a;
    return a;
}

// Table 6-7: operands must be naturally aligned; 80-bit ones as 64-bit ones, 48-bit far pointers as 32-bit ones; 16 bytes need not be
// checked (vol. 2B, MOVUPS). Priority, as on silicon: an address that is not canonical faults before #AC, an absent page after it.
static gva_t aligned(struct x86_cpu *c, unsigned seg, gva_t a, unsigned size, enum access access) {
    unsigned by = size == 10 ? 8 : size == 6 ? 4 : size;
    if (likely(!(c->mode & MODE_ALIGN)) || access == ACCESS_EXEC || !is_pow2(by) || by > 8 || !(a & (by - 1))) return a;
    bool wide = (c->mode & MODE_CODE_MASK) == MODE_CODE64;
    if (wide && !(x86_canonical(c, a) && x86_canonical(c, a + size - 1))) x86_raise(c, seg == SS ? EXC_SS : EXC_GP, 0);
    x86_raise(c, EXC_AC, 0);
}

gva_t x86_linear(struct x86_cpu *c, unsigned seg, u64 at, unsigned size, enum access access) {
    if ((c->mode & MODE_CODE_MASK) == MODE_CODE64) {
        if (seg == FS || seg == GS) at += c->s.seg[seg].base;
        return aligned(c, seg, at, size, access);
    }
    const struct x86_seg *g = &c->s.seg[seg];
    bool code = g->attr & AR_CODE;
    bool bad = !(g->attr & AR_P) || !x86_seg_contains(g, at, size);
    if (!(c->mode & MODE_REAL)) {
        if (access == ACCESS_WRITE && (code || !(g->attr & AR_W))) bad = true;
        if (access == ACCESS_READ && code && !(g->attr & AR_R)) bad = true;
    }
    if (unlikely(bad)) x86_raise(c, seg == SS ? EXC_SS : EXC_GP, 0);
    return aligned(c, seg, (u32)(g->base + at), size, access);
}

gva_t x86_operand_slow(struct x86_cpu *c, const struct uop *u, unsigned size, enum access access) {
    SYNC;
    return x86_linear(c, MEM_SEG(u), x86_offset(c, u), size, access);
}

// ---- flushes

void x86_tlb_flush_address_space(struct x86_cpu *c) {
    if (c->s.cr4 & CR4_PCIDE) x86_tlb_set_pcid(c, c->s.cr3 & 0xfff, false);
    else tlb_space_fresh(&c->v);
}

void x86_tlb_flush_pcid(struct x86_cpu *c, u16 pcid) {
    // Without PCIDs the low bits of CR3 are something else, and PCID 0 is what runs (4.10.1).
    if (pcid == (c->s.cr4 & CR4_PCIDE ? c->s.cr3 & 0xfff : 0)) x86_tlb_flush_address_space(c);
    else tlb_space_flush(&c->v, pcid);
}

void x86_tlb_flushed(struct vcpu *v) { memset(x86_of(v)->tlb_page_keys, 0, sizeof x86_of(v)->tlb_page_keys); }

void x86_tlb_filled(struct vcpu *v, const struct walk *w) {
    if (w->control & (CTL_PKE | CTL_PKS)) x86_of(v)->tlb_page_keys[!(w->perm & PERM_U)] |= (u16)(1 << w->key);
}

// A TLB entry holds what its page's protection key allowed when it was filled. So only pages whose key's rights change are dropped: a
// guest that switches access to a few pages on and off keeps all other entries. Fetches are not subject to protection keys.
void x86_tlb_key_rights_changed(struct x86_cpu *c, u32 changed, bool supervisor) {
    u32 touched = 0;
    for (unsigned i = 0; i < 16; i++)
        if (changed >> 2 * i & 3) touched |= 1u << i;
    if (!(touched & c->tlb_page_keys[supervisor])) return;
    tlb_drop_data(&c->v);
    c->tlb_page_keys[0] = c->tlb_page_keys[1] = 0;
}
