// SPDX-License-Identifier: MIT
// Both levels of the TLB: filling them, flushing pages, and what is known of pages that code was fetched from or that are written.
#include "cpu/tlb.h"

#include "cpu/access.h"
#include "cpu/debug.h"
#include "cpu/isa.h"

static void clear_slot(struct tlb_entry *e, unsigned slot) { e->read = e->write = e->exec = tlb_no_tag(slot); }

struct tlb_page tlb_page_at(const struct vcpu *v, gpa_t gpa) {
    struct tlb_page p = {.gpa = gpa};
    const struct region *r = space_find(&v->bus->mem, gpa);
    if (!r || !r->ram || gpa - r->start > r->size - PAGE_SIZE) return p;
    p.ram = r->ram + (gpa - r->start);
    p.rom = r->rom;
    u8 flags = gpa >> PAGE_BITS < v->bus->page_count ? v->bus->page_flags[gpa >> PAGE_BITS] : 0;
    p.code = flags & PAGE_HAS_CODE;
    p.marked = flags & PAGE_MARKED;
    return p;
}

// ---- writes to pages that get code
//
// A page that gets code must lose its write tags. They are found by the page: mostly there is one, or none.

#define WRITTEN_BY_MANY 0xffff
_Static_assert(TLB_CONTEXTS *TLB_SIZE < WRITTEN_BY_MANY, "the number of an entry does not fit");

static bool leads_to(const struct tlb_entry *e, unsigned slot, const u8 *page) {
    return tlb_is_tag(e->write, slot) && e->write + e->addend == (u64)(hva_t)page;
}

// `n` is the entry's place in all tables.
static void drop_write_tag(struct vcpu *v, unsigned n, const u8 *page) {
    unsigned slot = n % TLB_SIZE;
    struct tlb_entry *e = &v->tlb[n / TLB_SIZE][slot];
    if (leads_to(e, slot, page)) e->write = tlb_no_tag(slot);
}

static void note_write_tag(struct vcpu *v, unsigned n, const struct tlb_page *p) {
    if (p->gpa >> PAGE_BITS >= v->bus->page_count) return;
    u16 *w = &v->written[p->gpa >> PAGE_BITS];
    unsigned had = *w - 1u;
    bool other = *w && had != n;
    bool many = other && (*w == WRITTEN_BY_MANY || leads_to(&v->tlb[had / TLB_SIZE][had % TLB_SIZE], had % TLB_SIZE, p->ram));
    *w = many ? WRITTEN_BY_MANY : (u16)(n + 1);
}

void tlb_protect_code(struct vcpu *v, gpa_t gpa, const u8 *page) {
    u16 *w = &v->written[gpa >> PAGE_BITS];
    unsigned first = *w == WRITTEN_BY_MANY ? 0 : *w - 1u, end = *w == WRITTEN_BY_MANY ? TLB_CONTEXTS * TLB_SIZE : *w;
    for (unsigned n = first; n < end; n++) drop_write_tag(v, n, page);
    *w = 0;
}

// ---- filling

static void put_bit(u64 *map, unsigned bit, bool set) {
    map[bit >> 6] = (map[bit >> 6] & ~BIT(bit & 63)) | (u64)set << (bit & 63);
}

void tlb_fill(struct vcpu *v, gva_t a, u64 key, const struct tlb_page *p, unsigned allowed) {
    const struct isa *isa = v->isa;
    unsigned slot = tlb_slot_of(a), context = tlb_context(key);
    struct tlb_entry *e = &v->tlb[context][slot];
    gva_t base = a & ~(PAGE_SIZE - 1);
    clear_slot(e, slot);
    if (!p->ram) return;
    put_bit(v->tlb_global[context], slot, allowed & TLB_GLOBAL);
    put_bit(v->tlb_local[context], slot, !(allowed & TLB_GLOBAL));
    e->addend = (u64)(hva_t)p->ram - base;
    if (isa->watching && isa->watching(v)) allowed &= ~(unsigned)(PERM_R | PERM_W);
    if (unlikely(v->debug != NULL) && debug_watches_page(v, base)) allowed &= ~(unsigned)(PERM_R | PERM_W);
    if (isa->page_rights) allowed &= isa->page_rights(v, p->gpa, key);
    if (allowed & PERM_R) e->read = base;
    if (allowed & PERM_X) e->exec = base;
    if (!(allowed & PERM_W) || p->rom || p->code || p->marked) return;
    e->write = base;
    note_write_tag(v, context * TLB_SIZE + slot, p);
}

// ---- the second level

static struct tlb_kept *set_of(struct vcpu *v, gva_t a) {
    u64 n = a >> PAGE_BITS;
    return v->kept[(n ^ n >> TLB_SET_BITS) & ((1u << TLB_SET_BITS) - 1)];
}

static u64 with_number(u64 key, u16 asid) { return (u64)asid << KEY_ASID_SHIFT | (key & mask(KEY_ASID_SHIFT - 1, 0)); }
static u64 global_key(const struct vcpu *v, u64 key) { return with_number(key, v->asid_global); }
static u64 local_key(const struct vcpu *v, u64 key) {
    return key >> KEY_ASID_SHIFT == v->asid_global ? with_number(key, v->asid) : key;
}

// The most recently used is the first of its set.
static void move_first(struct tlb_kept *set, unsigned i, struct tlb_kept k) {
    for (; i; i--) set[i] = set[i - 1];
    set[0] = k;
}

u64 tlb_kept(struct vcpu *v, gva_t a, u64 key) {
    struct tlb_kept *set = set_of(v, a);
    gva_t base = a & ~(PAGE_SIZE - 1);
    u64 own = base | local_key(v, key), shared = base | global_key(v, key);
    for (unsigned i = 0; i < TLB_WAYS; i++) {
        struct tlb_kept k = set[i];
        if (k.tag != own && k.tag != shared) continue;
        if (i) move_first(set, i, k);
        return k.page;
    }
    return 0;
}

void tlb_keep(struct vcpu *v, gva_t a, u64 key, u64 page) {
    struct tlb_kept *set = set_of(v, a);
    struct tlb_kept k = {.tag = (a & ~(PAGE_SIZE - 1)) | (page & TLB_GLOBAL ? global_key(v, key) : local_key(v, key)),
                         .page = page};
    unsigned i = 0;
    while (i + 1 < TLB_WAYS && set[i].tag != k.tag) i++;
    move_first(set, i, k);
}

// ---- code

// Links and jump cache entries lead only to blocks on the pages noted here, so a flush of any other page leaves them valid. A page is noted
// under the number of the space that may use the entries, a global page under the globals' too, and each page without a number.
enum { ANY_SPACE = 0 };
static bool bit_is_set(const u64 *map, u64 bit) { return map[bit >> 6] >> (bit & 63) & 1; }
static void set_bit(u64 *map, u64 bit) { map[bit >> 6] |= BIT(bit & 63); }
static u64 code_hash1(gva_t a, u64 asid) {
    return ((a >> PAGE_BITS) ^ asid << 52) * 0x9E3779B97F4A7C15u >> (64 - CODE_FILTER_BITS);
}
static u64 code_hash2(gva_t a, u64 asid) {
    return ((a >> PAGE_BITS) + (asid << 40)) * 0xC2B2AE3D27D4EB4Fu >> (64 - CODE_FILTER_BITS);
}
static u64 region_number(gva_t a) { return a >> LARGE_BITS; }
static u64 region_hash(gva_t a, unsigned bits) { return region_number(a) * 0x9E3779B97F4A7C15u >> (64 - bits); }
static u64 code_region_bit(gva_t a) { return region_hash(a, 10); }

static bool code_noted(const struct vcpu *v, gva_t a, u16 asid) {
    return bit_is_set(v->code_pages, code_hash1(a, asid)) && bit_is_set(v->code_pages, code_hash2(a, asid));
}

static void note_page(struct vcpu *v, gva_t a, u16 asid) {
    set_bit(v->code_pages, code_hash1(a, asid));
    set_bit(v->code_pages, code_hash2(a, asid));
}

static void note_code(struct vcpu *v, gva_t a) {
    u8 context = (u8)(1 << (v->fetch_key & mask(KEY_ASID_SHIFT - 1, 0)));
    bool global = bit_is_set(v->tlb_global[tlb_context(v->fetch_key)], tlb_slot_of(a));
    if (!global && !(v->code_local & context)) {
        // From now on jump keys of this context are good for one address space only (vcpu_rekey).
        v->code_local |= context;
        vcpu_rekey(v);
    }
    set_bit(v->code_regions, code_region_bit(a));
    note_page(v, a, ANY_SPACE);
    if (global) note_page(v, a, v->asid_global);
    if (v->code_local & context) note_page(v, a, v->asid);
}

static gva_t code_address(const struct vcpu *v, gva_t a) { return v->isa->wrap ? v->isa->wrap(v, a, true) : a; }

const u8 *vcpu_fetch(struct vcpu *v, gva_t a) {
    a = code_address(v, a);
    const struct tlb_entry *e = tlb_slot(v, a, v->fetch_key);
    if (likely(tlb_hits(e->exec, a, 1))) {
        note_code(v, a);
        return (const u8 *)(a + e->addend);
    }
    struct tlb_page p = vcpu_translate(v, 0, a, MMU_EXEC, v->fetch_key);
    vcpu_physical(v, 0, &p, a, 2, MMU_EXEC, v->fetch_key);
    if (!p.ram) return NULL;
    // After translation: a fetch that faults makes no block, so its page need not be noted.
    note_code(v, a);
    return p.ram + (a & (PAGE_SIZE - 1));
}

gpa_t vcpu_fetch_gpa(struct vcpu *v, gva_t a) {
    a = code_address(v, a);
    struct tlb_page p = vcpu_translate(v, 0, a, MMU_EXEC, v->fetch_key);
    return p.gpa | (a & (PAGE_SIZE - 1));
}

void tlb_jumps_stale(struct vcpu *v) {
    vcpu_new_jump_generation(v);
    v->isa->mode_changed(v);
}

// ---- large pages. Their 4 KiB pieces may be in any slot, and a flush of one address must drop all of them.

#define LARGE_MANY (~(u64)0)
#define REGION_PAGES (1u << (LARGE_BITS - PAGE_BITS))

static u64 *large_word(struct vcpu *v, gva_t a) { return &v->large_region[region_hash(a, LARGE_REGION_BITS)]; }

void tlb_note_large(struct vcpu *v, gva_t a, unsigned shift) {
    if (shift <= LARGE_BITS) {
        u64 *w = large_word(v, a);
        if (*w != region_number(a) + 1) *w = *w ? LARGE_MANY : region_number(a) + 1;
        return;
    }
    gva_t low = a & ~mask(shift - 1, 0), high = a | mask(shift - 1, 0);
    if (low < v->huge_low) v->huge_low = low;
    if (high > v->huge_high) v->huge_high = high;
    if (shift > v->huge_shift) v->huge_shift = shift;
}

void tlb_forget_large(struct vcpu *v) {
    memset(v->large_region, 0, sizeof v->large_region);
    v->huge_low = ~(u64)0;
    v->huge_high = 0;
    v->huge_shift = 0;
}

// Drops what is in the slot or set of `a` and as near to `near` as 1 << shift bytes.
static void drop_slot(struct tlb_entry *table, unsigned slot, gva_t near, unsigned shift) {
    struct tlb_entry *e = &table[slot];
    if (!((e->read ^ near) >> shift) || !((e->write ^ near) >> shift) || !((e->exec ^ near) >> shift)) clear_slot(e, slot);
}
// Of n slots from `first` on, a multiple of n, which is a power of two. Most tables have nothing there: the bit maps say so.
static void drop_slots(struct vcpu *v, unsigned first, unsigned n, gva_t near, unsigned shift) {
    const unsigned at_once = n < 64 ? n : 64;
    const u64 wanted = mask(at_once - 1, 0);
    for (unsigned context = 0; context < TLB_CONTEXTS; context++) {
        for (unsigned slot = first; slot < first + n; slot += at_once) {
            u64 filled = v->tlb_global[context][slot >> 6] | v->tlb_local[context][slot >> 6];
            for (u64 left = filled >> (slot & 63) & wanted; left; left &= left - 1)
                drop_slot(v->tlb[context], slot + (unsigned)__builtin_ctzll(left), near, shift);
        }
    }
}
static void drop_set(struct vcpu *v, gva_t a, gva_t near, unsigned shift) {
    struct tlb_kept *set = set_of(v, a);
    for (unsigned i = 0; i < TLB_WAYS; i++)
        if (!((set[i].tag ^ near) >> shift)) set[i].tag = KEPT_NOTHING;
}

// `pages` that follow each other from a's are all that may be meant, and as many slots or sets as there are, all of them.
static void drop_pages(struct vcpu *v, gva_t a, u64 pages, unsigned shift) {
    gva_t base = a & ~(pages * PAGE_SIZE - 1);
    drop_slots(v, tlb_slot_of(base), pages < TLB_SIZE ? (unsigned)pages : TLB_SIZE, a, shift);
    for (u64 i = 0; i < pages && i < 1u << TLB_SET_BITS; i++) drop_set(v, base + i * PAGE_SIZE, a, shift);
}

static void flush_region(struct vcpu *v, gva_t a) {
    u64 *w = large_word(v, a);
    drop_pages(v, a, REGION_PAGES, LARGE_BITS);
    if (*w != LARGE_MANY) *w = 0;
    if (bit_is_set(v->code_regions, code_region_bit(a))) tlb_jumps_stale(v);
}

// Extents of pages of this size are not recorded, so this drops whatever is as near to the address as the largest is big.
static void flush_huge(struct vcpu *v, gva_t a) {
    drop_pages(v, a, TLB_SIZE > 1u << TLB_SET_BITS ? TLB_SIZE : 1u << TLB_SET_BITS, v->huge_shift);
    tlb_jumps_stale(v);
}

static void flush_page(struct vcpu *v, gva_t a, bool noted) {
    u64 large = *large_word(v, a);
    if (unlikely(a >= v->huge_low && a <= v->huge_high)) {
        flush_huge(v, a);
    } else if (unlikely(large == region_number(a) + 1 || large == LARGE_MANY)) {
        flush_region(v, a);
    } else {
        drop_pages(v, a, 1, PAGE_BITS);
        if (noted) tlb_jumps_stale(v);
    }
}

void tlb_flush_page(struct vcpu *v, gva_t a) { flush_page(v, a, code_noted(v, a, ANY_SPACE)); }

void tlb_flush_page_here(struct vcpu *v, gva_t a) {
    flush_page(v, a, code_noted(v, a, v->asid) || code_noted(v, a, v->asid_global));
}

// ---- all of it

static void drop_noted(struct tlb_entry *table, u64 *words) {
    for (unsigned i = 0; i < TLB_WORDS; i++) {
        for (u64 left = words[i]; left; left &= left - 1) {
            unsigned slot = i * 64 + (unsigned)__builtin_ctzll(left);
            clear_slot(&table[slot], slot);
        }
        words[i] = 0;
    }
}

void tlb_leave_space(struct vcpu *v) {
    for (unsigned i = 0; i < TLB_CONTEXTS; i++) drop_noted(v->tlb[i], v->tlb_local[i]);
}

void tlb_drop_first(struct vcpu *v) {
    tlb_leave_space(v);
    for (unsigned i = 0; i < TLB_CONTEXTS; i++) drop_noted(v->tlb[i], v->tlb_global[i]);
}

void tlb_clear(struct vcpu *v) {
    for (unsigned i = 0; i < TLB_TABLES; i++)
        for (unsigned slot = 0; slot < TLB_SIZE; slot++) clear_slot(&v->tlb[i][slot], slot);
    for (unsigned i = 0; i < 1u << TLB_SET_BITS; i++)
        for (unsigned k = 0; k < TLB_WAYS; k++) v->kept[i][k].tag = KEPT_NOTHING;
}

void tlb_drop_data(struct vcpu *v) {
    for (unsigned i = 0; i < TLB_CONTEXTS; i++)
        for (unsigned slot = 0; slot < TLB_SIZE; slot++) v->tlb[i][slot].read = v->tlb[i][slot].write = tlb_no_tag(slot);
    for (unsigned i = 0; i < 1u << TLB_SET_BITS; i++)
        for (unsigned k = 0; k < TLB_WAYS; k++) v->kept[i][k].page &= ~(u64)(PERM_R | PERM_W);
}
