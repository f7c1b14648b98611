// SPDX-License-Identifier: MIT
// Tags: filling them, flushing them, and the address spaces that their numbers stand for.
#include "cpu/tlb.h"

#include "cpu/access.h"
#include "cpu/isa.h"

static void clear_slot(struct tlb_entry *e) { e->read = e->write = e->exec = TLB_INVALID; }

struct tlb_page tlb_page_at(const struct vcpu *v, gpa_t gpa) {
    struct tlb_page p = {.gpa = gpa};
    const struct region *r = space_find(&v->bus->mem, gpa);
    if (!r || !r->ram || gpa - r->start > r->size - PAGE_SIZE) return p;
    p.ram = r->ram + (gpa - r->start);
    p.rom = r->rom;
    p.code = gpa >> PAGE_BITS < v->bus->page_count && v->bus->page_flags[gpa >> PAGE_BITS] & PAGE_HAS_CODE;
    return p;
}

void tlb_fill(struct vcpu *v, gva_t a, u64 key, const struct tlb_page *p, const struct walk *w) {
    const struct isa *isa = v->isa;
    struct tlb_entry *e = &v->tlb[a >> PAGE_BITS & (TLB_SIZE - 1)];
    gva_t base = a & ~(PAGE_SIZE - 1);
    clear_slot(e);
    if (!p->ram) return;
    e->addend = (u64)(hva_t)p->ram - base;
    bool watched = isa->watching && isa->watching(v);
    u8 rights = isa->page_rights ? isa->page_rights(v, p->gpa, key) : PERM_ALL;
    const struct pt_format *f = w->format;
    if (!watched && rights & PERM_R && (!f || f->permit(w, MMU_READ))) e->read = base | key;
    if (!watched && rights & PERM_W && !p->rom && !p->code && (!f || (w->dirty && f->permit(w, MMU_WRITE))))
        e->write = base | key;
    if (rights & PERM_X && (!f || f->permit(w, MMU_EXEC))) e->exec = base | key;
    if (isa->filled) isa->filled(v, w);
}

// ---- code

// Links and jump cache entries lead only to blocks on the pages noted here. So a flush of any other page leaves them valid.
static u64 *code_page_word(struct vcpu *v, gva_t a) { return &v->code_pages[a >> (PAGE_BITS + 6) & 63]; }
static u64 code_page_bit(gva_t a) { return BIT(a >> PAGE_BITS & 63); }

static gva_t code_address(const struct vcpu *v, gva_t a) { return v->isa->wrap ? v->isa->wrap(v, a, true) : a; }

const u8 *vcpu_fetch(struct vcpu *v, gva_t a) {
    a = code_address(v, a);
    const struct tlb_entry *e = tlb_slot(v, a);
    if (likely(e->exec == ((a & ~(PAGE_SIZE - 1)) | v->fetch_key))) {
        *code_page_word(v, a) |= code_page_bit(a);
        return (const u8 *)(a + e->addend);
    }
    struct tlb_page p = vcpu_translate(v, 0, a, MMU_EXEC, v->fetch_key);
    vcpu_physical(v, 0, &p, a, 2, MMU_EXEC, v->fetch_key);
    // After translation: a fetch that faults makes no block, so its page need not be noted.
    *code_page_word(v, a) |= code_page_bit(a);
    return p.ram ? p.ram + (a & (PAGE_SIZE - 1)) : NULL;
}

gpa_t vcpu_fetch_gpa(struct vcpu *v, gva_t a) {
    a = code_address(v, a);
    struct tlb_page p = vcpu_translate(v, 0, a, MMU_EXEC, v->fetch_key);
    return p.gpa | (a & (PAGE_SIZE - 1));
}

// ---- flushes

void tlb_jumps_stale(struct vcpu *v) {
    vcpu_new_jump_generation(v);
    v->isa->mode_changed(v);
}

void tlb_flush_all(struct vcpu *v) {
    for (unsigned i = 0; i < TLB_SIZE; i++) clear_slot(&v->tlb[i]);
    v->large_low = ~(u64)0;
    v->large_high = 0;
    v->large_shift = PAGE_BITS;
    for (unsigned i = 0; i < VCPU_SPACES; i++) v->space[i].valid = false;
    v->asid_last = v->asid = 0;
    v->space_named = false;
    if (v->isa->flushed) v->isa->flushed(v);
    tlb_jumps_stale(v);
}

// A number never used since the last full flush, so no stale entry carries it.
static u16 new_asid(struct vcpu *v) {
    if (v->asid_last == ASID_MAX) tlb_flush_all(v);
    return ++v->asid_last;
}

void tlb_space_fresh(struct vcpu *v) {
    v->asid = new_asid(v);
    v->space_named = false;
    v->isa->mode_changed(v);
}

static int space_slot(const struct vcpu *v, u32 id) {
    for (unsigned i = 0; i < VCPU_SPACES; i++)
        if (v->space[i].valid && v->space[i].id == id) return (int)i;
    return -1;
}

void tlb_space_enter(struct vcpu *v, u32 id, bool keep) {
    int slot = space_slot(v, id);
    if (slot < 0 || !keep) {
        u16 asid = new_asid(v);
        slot = space_slot(v, id);
        if (slot < 0) slot = (int)(v->space_next++ % VCPU_SPACES);
        v->space[slot].id = id;
        v->space[slot].asid = asid;
        v->space[slot].valid = true;
    }
    v->asid = v->space[slot].asid;
    v->space_id = id;
    v->space_named = true;
    v->isa->mode_changed(v);
}

void tlb_space_flush(struct vcpu *v, u32 id) {
    if (v->space_named && v->space_id == id) {
        tlb_space_enter(v, id, false);
        return;
    }
    int slot = space_slot(v, id);
    if (slot >= 0) v->space[slot].valid = false;
}

static bool near(const struct tlb_entry *e, gva_t a, unsigned shift) {
    return !((e->read ^ a) >> shift) || !((e->write ^ a) >> shift) || !((e->exec ^ a) >> shift);
}

// A large page's 4 KiB pieces may be in any slot, and all must go. Their extent is not recorded, so this drops every entry as near to the
// address as the largest page is big.
static void flush_large(struct vcpu *v, gva_t a) {
    for (unsigned i = 0; i < TLB_SIZE; i++)
        if (near(&v->tlb[i], a, v->large_shift)) clear_slot(&v->tlb[i]);
    tlb_jumps_stale(v);
}

void tlb_flush_page(struct vcpu *v, gva_t a) {
    if (a >= v->large_low && a <= v->large_high) {
        flush_large(v, a);
        return;
    }
    clear_slot(&v->tlb[a >> PAGE_BITS & (TLB_SIZE - 1)]);
    if (*code_page_word(v, a) & code_page_bit(a)) tlb_jumps_stale(v);
}

void tlb_protect_code(struct vcpu *v, const u8 *page) {
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        struct tlb_entry *e = &v->tlb[i];
        if (e->write != TLB_INVALID && (e->write & ~(PAGE_SIZE - 1)) + e->addend == (u64)(hva_t)page) e->write = TLB_INVALID;
    }
}
