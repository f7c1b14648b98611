// SPDX-License-Identifier: MIT
// The TLB. The fast path of an access compares a tag and adds the entry's addend. All else is the slow path in access.c: a miss, a device,
// a page crossing, breakpoints, writes to pages with decoded code.
//
// A tag is the page's address and, in its low 12 bits, the TLB context: all that a translation depends on besides the address.
//
//   11                         2   1          0
//   address space number         the ISA's own two bits (privilege, and what opens user pages to a supervisor)
//
// To flush an address space is to give it a new number: entries with the old number can never hit again. So it is with all of the TLB.
//
// A context that sees mostly global pages, a kernel's, has the globals' number in place of its space's: its entries are good in the next space,
// too, and those of them that are not global are dropped where a space is left.
//
// There are two levels. The first is what an access compares. The second, which only a miss in the first asks, keeps what walks have
// found, more of it, and a global page once for all spaces.
#ifndef CPU_TLB_H
#define CPU_TLB_H

#include "base/bits.h"
#include "base/le.h"
#include "cpu/vcpu.h"

struct walk;

#ifdef HOSTILE
#define ASID_MAX 15
#else
#define ASID_MAX 1022 // not 1023: TLB_INVALID is no page's tag
#endif
enum { KEY_ASID_SHIFT = 2 };

// While accesses are counted tlb_key is one that no entry has, so that each takes the slow path; there data_key stands for it.
#define KEY_COUNTED ((u64)1023 << KEY_ASID_SHIFT) // with neither of the ISA's bits: TLB_INVALID must not match
static inline void vcpu_set_data_key(struct vcpu *v, u64 key) {
    v->data_key = key;
    v->tlb_key = v->counting ? KEY_COUNTED : key;
}

static inline const struct tlb_entry *tlb_slot(const struct vcpu *v, gva_t a) { return &v->tlb[a >> PAGE_BITS & (TLB_SIZE - 1)]; }

// The tag that [a, a + size) must find. It has the page of the last byte, while the slot is chosen by the first: so an access that
// crosses a page misses, and one compare decides both.
static inline u64 tlb_tag(gva_t a, unsigned size, u64 key) { return ((a + size - 1) & ~(PAGE_SIZE - 1)) | key; }

// Makes the compiler compute v here and once. Without this it computes parts of v twice, or where it costs more.
#define COMPUTED(v) __asm__("" : "+r"(v))

// The host address of byte a if the entry's tag matches, else NULL.
static inline u8 *tlb_host(const struct vcpu *v, gva_t a, unsigned size, u64 tag, u64 addend) {
    COMPUTED(addend);
    if (unlikely(tag != tlb_tag(a, size, v->tlb_key))) return NULL;
    u8 *p = (u8 *)(a + addend);
    __builtin_assume(p != NULL);
    return p;
}

// Host pointer for a hit that stays within its page, else NULL.
static inline u8 *vcpu_tlb_read(const struct vcpu *v, gva_t a, unsigned size) {
    COMPUTED(a);
    const struct tlb_entry *e = tlb_slot(v, a);
    return tlb_host(v, a, size, e->read, e->addend);
}

static inline u8 *vcpu_tlb_write(const struct vcpu *v, gva_t a, unsigned size) {
    COMPUTED(a);
    const struct tlb_entry *e = tlb_slot(v, a);
    return tlb_host(v, a, size, e->write, e->addend);
}

// A write to [a, a + size) has no side effect: its page's entry has a write tag, be accesses counted or not.
static inline bool vcpu_may_write(const struct vcpu *v, gva_t a, unsigned size) {
    return tlb_slot(v, a)->write == tlb_tag(a, size, v->data_key);
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

void tlb_flush_page(struct vcpu *v, gva_t a);      // in every space
void tlb_flush_page_here(struct vcpu *v, gva_t a); // in the current space, and of global pages
void tlb_leave_space(struct vcpu *v);              // drops what is not global though its tag has the number of the globals
void tlb_drop_data(struct vcpu *v);                // what data accesses are allowed, on every page
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
