// SPDX-License-Identifier: MIT
// The TLB. The fast path of an access is a compare and an add; everything else (a miss, a device, a page crossing, breakpoints, pages
// with decoded code) is in access.c.
//
// A TLB context is what a translation depends on beside the address: the low 12 bits of a tag.
//
//   11                         2   1          0
//   address space number         the ISA's own two bits (privilege, and what opens user pages to a supervisor)
//
// An address space number stands for one address space since its last flush: flushing it means taking a new number.
#ifndef CPU_TLB_H
#define CPU_TLB_H

#include "base/bits.h"
#include "base/le.h"
#include "cpu/vcpu.h"

struct walk;

enum { KEY_ASID_SHIFT = 2, ASID_MAX = 1023 };

static inline const struct tlb_entry *tlb_slot(const struct vcpu *v, gva_t a) {
    return &v->tlb[a >> PAGE_BITS & (TLB_SIZE - 1)];
}

// The tag that a hit on [a, a + size) has. Taking the last byte's page makes an access that runs over its page's end miss,
// because the slot is the first byte's: one compare decides both.
static inline u64 tlb_tag(gva_t a, unsigned size, u64 key) { return ((a + size - 1) & ~(PAGE_SIZE - 1)) | key; }

// The compiler must compute v here, once: it would otherwise do parts of it twice, or in a costlier place.
#define COMPUTED(v) __asm__("" : "+r"(v))

// Where the host has byte a, when the slot has the tag; else NULL.
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

// ---- tlb.c
// A page that an access was translated to.
struct tlb_page {
    gpa_t gpa;  // of the page's first byte
    u8 *ram;    // host address of the same, NULL: not RAM
    bool rom, code;
};
struct tlb_page tlb_page_at(const struct vcpu *v, gpa_t page);
// Puts what the walk allowed into the slot. A write tag means that nothing at all has to happen on a write: the dirty bit
// is set, the page is RAM, holds no decoded code and no breakpoint.
void tlb_fill(struct vcpu *v, gva_t a, u64 key, const struct tlb_page *p, const struct walk *w);

void tlb_flush_all(struct vcpu *v);               // global entries too
void tlb_flush_page(struct vcpu *v, gva_t a);     // in every context
void tlb_protect_code(struct vcpu *v, const u8 *page); // no write tag may lead to this host page
void tlb_jumps_stale(struct vcpu *v);             // jump cache and links must be looked up again
// A space without a name takes the processor: nothing that was translated before holds in it.
void tlb_space_fresh(struct vcpu *v);
// Space `id` takes the processor. keep: what it had translated before may still hold.
void tlb_space_enter(struct vcpu *v, u32 id, bool keep);
// What space `id` had translated no longer holds, be it the running one or another.
void tlb_space_flush(struct vcpu *v, u32 id);

// Where the host has the code byte at a (NULL: not RAM), and its physical address. Both may raise.
const u8 *vcpu_fetch(struct vcpu *v, gva_t a);
gpa_t vcpu_fetch_gpa(struct vcpu *v, gva_t a);

#endif
