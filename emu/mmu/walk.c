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

static bool may(const struct walk *w, gpa_t at, bool write) {
    return likely(!w->table_access) || w->table_access(w->table_ctx, at, w->format->entry_bytes, write);
}

// An entry is read from RAM alone; elsewhere it is a fault, or reads as all ones, as the format says. No device is read: it would see
// how many walks there are, and that depends on the TLB and not on the guest.
static bool read_entry(const struct walk *w, struct bus *b, gpa_t at, u64 *entry) {
    const struct pt_format *f = w->format;
    if (!may(w, at, false)) return false;
    const u8 *p = bus_ram(b, at, f->entry_bytes);
    *entry = likely(p) ? ld_width(p, f->entry_bytes) : mask(8 * f->entry_bytes - 1, 0);
    return p || !f->table_faults;
}

// The bits that entry i of a walk should have for this access.
static u64 wanted(const struct pt_format *f, const struct visited *v, unsigned i, enum mmu_access access) {
    if (i + 1 < v->count) return f->table_accessed;
    return f->accessed | (access == MMU_WRITE ? f->dirty : 0);
}

// Can all bits be set that are missing? It is asked before the first one is set, since a fault must leave no entry changed.
static bool can_set_bits(const struct walk *w, struct bus *b, const struct visited *v, enum mmu_access access) {
    const struct pt_format *f = w->format;
    if (!f->table_faults && !w->table_access) return true;
    for (unsigned i = 0; i < v->count; i++) {
        if (!(wanted(f, v, i, access) & ~v->entry[i])) continue;
        if (!may(w, v->at[i], true)) return false;
        if (f->table_faults && !bus_all_ram(b, v->at[i], f->entry_bytes, true)) return false; // ROM
    }
    return true;
}

// Writes the entries whose bits change, and no others. Called once the whole access is allowed.
static void set_bits(const struct walk *w, struct bus *b, struct visited *v, enum mmu_access access) {
    for (unsigned i = 0; i < v->count; i++) {
        u64 want = wanted(w->format, v, i, access);
        if ((v->entry[i] & want) == want) continue;
        v->entry[i] |= want;
        bus_write(b, v->at[i], w->format->entry_bytes, v->entry[i]);
    }
}

static bool flag_clear(const struct walk *w, const struct visited *v, enum mmu_access access) {
    return w->flags_by_software && !w->look && wanted(w->format, v, v->count - 1, access) & ~v->entry[v->count - 1];
}

enum walk_fault mmu_walk(struct walk *w, struct bus *b, gva_t va, enum mmu_access access) {
    const struct pt_format *f = w->format;
    w->level = 0;
    if (f->canonical_bits && (gva_t)sext(va, f->canonical_bits) != va) return w->fault = WALK_NON_CANONICAL;

    struct visited v;
    gpa_t table = w->root;
    u64 tables = ~(u64)0; // bits that all table entries have
    u8 perm = PERM_ALL;
    bool global = false;
    for (unsigned i = 0; i < f->levels; i++) {
        unsigned shift = f->level[i].shift;
        u64 index = bits(va, shift + f->level[i].bits - 1, shift);
        w->level = (u8)i;
        v.at[i] = table + index * f->entry_bytes;
        v.count = i + 1;
        if (!read_entry(w, b, v.at[i], &v.entry[i])) return w->fault = WALK_TABLE;

        struct pte_view e = f->decode(v.entry[i], shift, w->control);
        if (e.fault) return w->fault = e.fault;
        perm &= e.perm;
        global |= e.global;
        if (!e.leaf) {
            table = e.address;
            tables &= v.entry[i];
            continue;
        }
        w->perm = perm;
        w->key = e.key;
        if (flag_clear(w, &v, access)) return w->fault = WALK_FLAG_CLEAR;
        if (!f->permit(w, access)) return w->fault = WALK_DENIED;
        if (!w->look && unlikely((f->table_accessed & ~tables) | (wanted(f, &v, i, access) & ~v.entry[i]))) {
            if (!can_set_bits(w, b, &v, access)) return w->fault = WALK_TABLE;
            set_bits(w, b, &v, access);
        }
        w->page = e.address;
        w->shift = e.shift ? e.shift : shift;
        w->attr = e.attr;
        w->global = global;
        w->dirty = !f->dirty || v.entry[i] & f->dirty;
        return w->fault = WALK_OK;
    }
    // The last level has no leaf: the page is not mapped.
    return w->fault = WALK_NOT_PRESENT;
}
