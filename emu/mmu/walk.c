// SPDX-License-Identifier: MIT
// The walk: canonical check, then per level index, read, decode, fold; then permission; then accessed and dirty bits.
#include "mmu/walk.h"

#include "base/bits.h"
#include "base/le.h"

struct visited {
    gpa_t at[5];
    u64 entry[5];
    unsigned count;
};

// Tables lie in RAM. What a guest has elsewhere reads as nothing there does: a device would be read for every walk, and how many
// those are is the TLB's business and not the guest's.
static u64 read_entry(struct bus *b, gpa_t at, unsigned bytes) {
    const u8 *p = bus_ram(b, at, bytes);
    return p ? ld_width(p, bytes) : mask(8 * bytes - 1, 0);
}

// Entries are written only after the whole access was allowed, and only those whose bits change.
static void set_bits(const struct walk *w, struct bus *b, struct visited *v, enum mmu_access access) {
    for (unsigned i = 0; i < v->count; i++) {
        bool leaf = i + 1 == v->count;
        u64 want = w->format->accessed | (leaf && access == MMU_WRITE ? w->format->dirty : 0);
        if ((v->entry[i] & want) == want) continue;
        v->entry[i] |= want;
        bus_write(b, v->at[i], w->format->entry_bytes, v->entry[i]);
    }
}

enum walk_fault mmu_walk(struct walk *w, struct bus *b, gva_t va, enum mmu_access access) {
    const struct pt_format *f = w->format;
    if (f->canonical_bits && (gva_t)sext(va, f->canonical_bits) != va) return w->fault = WALK_NON_CANONICAL;

    struct visited v = {0};
    gpa_t table = w->root;
    u8 perm = PERM_ALL;
    for (unsigned i = 0; i < f->levels; i++) {
        unsigned shift = f->level[i].shift;
        u64 index = bits(va, shift + f->level[i].bits - 1, shift);
        v.at[i] = table + index * f->entry_bytes;
        v.entry[i] = read_entry(b, v.at[i], f->entry_bytes);
        v.count = i + 1;

        struct pte_view e = f->decode(v.entry[i], shift, w->control);
        if (!e.present) return w->fault = WALK_NOT_PRESENT;
        if (e.reserved) return w->fault = WALK_RESERVED;
        perm &= e.perm;
        if (!e.leaf) {
            table = e.address;
            continue;
        }
        w->perm = perm;
        w->key = e.key;
        if (!f->permit(w, access)) return w->fault = WALK_DENIED;
        if (!w->look) set_bits(w, b, &v, access);
        w->page = e.address;
        w->shift = shift;
        w->attr = e.attr;
        w->global = e.global;
        w->dirty = !f->dirty || v.entry[i] & f->dirty;
        return w->fault = WALK_OK;
    }
    // A format whose last level is not a leaf is a bug of the format; to the guest it is an unmapped page.
    return w->fault = WALK_NOT_PRESENT;
}
