// SPDX-License-Identifier: MIT
// The TLB. The fast path of an access compares a tag and adds the entry's addend. All else is the slow path in access.c: a miss, a device,
// a page crossing, breakpoints, writes to pages with decoded code.
//
// All that a translation depends on besides the address is its context, which a key names:
//
//   11                         2   1          0
//   address space number         the ISA's own two bits (privilege, and what opens user pages to a supervisor)
//
// There are two levels. The first is what an access compares. It has a table for each value of the ISA's bits, and holds what is good in the
// running address space alone: so a tag is nothing but a page's address, and who knows the context when it makes code names the
// table in it. Where a space is left, the entries that are not global are dropped; the next miss finds them in the second level, which keeps
// what walks have found, more of it, of many spaces, and a global page once for all of them. Its tags are page | key.
//
// To flush an address space is to give it a new number: what the second level has under the old one can never hit again. So it is with all of
// the TLB.
//
// A kernel's key has the globals' number in place of its space's: what is fetched by it is good in the next space, too.
#ifndef CPU_TLB_H
#define CPU_TLB_H

#include "base/bits.h"
#include "base/le.h"
#include "cpu/vcpu.h"

struct walk;

#ifdef HOSTILE
#define ASID_MAX 15
#else
#define ASID_MAX 1022 // not 1023: KEPT_NOTHING is no page's tag
#endif
enum { KEY_ASID_SHIFT = 2 };

static inline unsigned tlb_context(u64 key) { return key & (TLB_CONTEXTS - 1); }
// The table that accesses by `key` look into. While they are counted each takes the slow path, so there they find nothing.
static inline struct tlb_entry *tlb_counted_table(struct vcpu *v, u64 key) {
    return v->tlb[v->counting ? TLB_BLIND : tlb_context(key)];
}
static inline void vcpu_set_data_key(struct vcpu *v, u64 key) {
    v->tlb_key = key;
    v->tlb_now = tlb_counted_table(v, key);
}

static inline unsigned tlb_slot_of(gva_t a) { return a >> PAGE_BITS & (TLB_SIZE - 1); }
static inline struct tlb_entry *tlb_slot(struct vcpu *v, gva_t a, u64 key) { return &v->tlb[tlb_context(key)][tlb_slot_of(a)]; }

// A tag that no address which looks into this slot has: of the slot's neighbour.
static inline u64 tlb_no_tag(unsigned slot) { return (u64)(slot ^ 1) << PAGE_BITS; }
static inline bool tlb_is_tag(u64 tag, unsigned slot) { return tlb_slot_of(tag) == slot; }

// [a, a + size) lies in the tag's page. The difference of the two is the offset in the page, and anything else is farther, so one compare
// decides of the page and of its end.
static inline bool tlb_hits(u64 tag, gva_t a, unsigned size) { return (a ^ tag) <= PAGE_SIZE - size; }

// Makes the compiler compute v here and once. Without this it computes parts of v twice, or where it costs more.
#define COMPUTED(v) __asm__("" : "+r"(v))

// The host address of byte a if the entry's tag matches, else NULL.
static inline u8 *tlb_host(gva_t a, unsigned size, u64 tag, u64 addend) {
    COMPUTED(addend);
    if (unlikely(!tlb_hits(tag, a, size))) return NULL;
    u8 *p = (u8 *)(a + addend);
    __builtin_assume(p != NULL);
    return p;
}

// Host pointer for a hit that stays within its page, else NULL.
static inline u8 *vcpu_tlb_read(const struct vcpu *v, gva_t a, unsigned size) {
    COMPUTED(a);
    const struct tlb_entry *e = &v->tlb_now[tlb_slot_of(a)];
    return tlb_host(a, size, e->read, e->addend);
}

static inline u8 *vcpu_tlb_write(const struct vcpu *v, gva_t a, unsigned size) {
    COMPUTED(a);
    const struct tlb_entry *e = &v->tlb_now[tlb_slot_of(a)];
    return tlb_host(a, size, e->write, e->addend);
}

// A write to [a, a + size) has no side effect: its page's entry has a write tag, be accesses counted or not.
static inline bool vcpu_may_write(const struct vcpu *v, gva_t a, unsigned size) {
    return tlb_hits(v->tlb[tlb_context(v->tlb_key)][tlb_slot_of(a)].write, a, size);
}

// ---- tlb.c
// A page that an access was translated to.
struct tlb_page {
    gpa_t gpa; // of the page's first byte
    u8 *ram;   // host address of the same, NULL: not RAM
    bool rom, code;
    bool marked; // PAGE_MARKED
};
struct tlb_page tlb_page_at(const struct vcpu *v, gpa_t page);
// Fills the first level's entry: `allowed` are PERM_R, PERM_W, PERM_X and TLB_GLOBAL as in struct tlb_kept. A valid write tag promises that
// a write has no side effect: the dirty bit is set, the page is RAM, and it has neither decoded code nor a breakpoint nor a mark.
void tlb_fill(struct vcpu *v, gva_t a, u64 key, const struct tlb_page *p, unsigned allowed);
// What the second level has of a's page in this context (struct tlb_kept's `page`); 0: nothing. And puts it there.
u64 tlb_kept(struct vcpu *v, gva_t a, u64 key);
void tlb_keep(struct vcpu *v, gva_t a, u64 key, u64 page);
// The page of a has 1 << shift bytes, more than 4 KiB. tlb_forget_large: none has.
void tlb_note_large(struct vcpu *v, gva_t a, unsigned shift);
void tlb_forget_large(struct vcpu *v);

void tlb_flush_page(struct vcpu *v, gva_t a);                     // in every space
void tlb_flush_page_here(struct vcpu *v, gva_t a);                // in the current space, and of global pages
void tlb_leave_space(struct vcpu *v);                             // drops from the first level what is not global
void tlb_drop_first(struct vcpu *v);                              // drops all of the first level
void tlb_drop_data(struct vcpu *v);                               // what data accesses are allowed, on every page
void tlb_protect_code(struct vcpu *v, gpa_t gpa, const u8 *page); // no write tag may lead to this page, at this host address
void tlb_jumps_stale(struct vcpu *v);                             // jump cache and links must be looked up again
void tlb_clear(struct vcpu *v);                                   // both levels' memory

// ---- space.c
void tlb_flush_all(struct vcpu *v); // global entries too
// The same, and the numbers are given out from the first one on, as in a new TLB.
void tlb_forget_all(struct vcpu *v);
// The processor changes to an address space that has no identifier (x86: PCIDs are off): no earlier translation is valid in it but
// global ones.
void tlb_space_fresh(struct vcpu *v);
// The processor changes to address space `id`. keep: its earlier translations stay valid.
void tlb_space_enter(struct vcpu *v, u32 id, bool keep);
// Drops the translations of address space `id`, be it the current one or another, but for global ones.
void tlb_space_flush(struct vcpu *v, u32 id);
// Global translations are shared by the address spaces whose `id` here is the same: those that read tables the same way. tlb_space_enter
// must follow. An ISA with one kind of spaces need not call it.
void tlb_globals_enter(struct vcpu *v, u32 id);

// The host address of the code byte at a (NULL: not RAM), and its guest physical address. Both may raise.
const u8 *vcpu_fetch(struct vcpu *v, gva_t a);
gpa_t vcpu_fetch_gpa(struct vcpu *v, gva_t a);

#endif
