// SPDX-License-Identifier: MIT
// The slow path of memory accesses: misses, page crossings, devices, pages that hold decoded code, breakpoints.
#include "cpu/access.h"

#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/measure.h"

void vcpu_need_single(struct vcpu *v) {
    if (!v->single && v->cur && !block_exits_behind(v->block, v->cur)) vcpu_restart_single(v);
}

// What a walk has found, as the second level of the TLB keeps it.
static u64 kept_of(const struct vcpu *v, const struct walk *w, gva_t a) {
    const struct pt_format *f = w->format;
    u64 inside = a & mask(w->shift - 1, 0) & ~(PAGE_SIZE - 1), page = w->page + inside;
    if (f->permit(w, MMU_READ)) page |= PERM_R;
    if (w->dirty && f->permit(w, MMU_WRITE)) page |= PERM_W;
    if (f->permit(w, MMU_EXEC)) page |= PERM_X;
    if (w->global && (!v->isa->globals || v->isa->globals(v))) page |= TLB_GLOBAL;
    if (w->attr & ATTR_GUARDED) page |= TLB_GUARDED;
    return page;
}

// The page of a as struct tlb_kept has it. Raises.
static u64 walk(struct vcpu *v, unsigned rules, gva_t a, enum mmu_access access, u64 key) {
    struct walk w = {.perm = PERM_ALL};
    int how = v->isa->walk_init(v, &w, a, key);
    if (how > 0) return (a & ~(PAGE_SIZE - 1)) | PERM_R | PERM_W | PERM_X | TLB_GLOBAL; // the same in every space
    if (likely(!how)) mmu_walk(&w, v->bus, a, access);
    if (unlikely(w.fault)) v->isa->walk_fault(v, &w, rules, a, access);
    // The walk has set an accessed or dirty bit in the code that runs, which may be the next instruction.
    if (unlikely(v->cur && v->block && v->block->cost == BLOCK_DROPPED)) vcpu_need_single(v);
    if (w.shift > PAGE_BITS) tlb_note_large(v, a, w.shift);
    if (v->isa->filled) v->isa->filled(v, &w);
    return kept_of(v, &w, a);
}

struct tlb_page vcpu_translate(struct vcpu *v, unsigned rules, gva_t a, enum mmu_access access, u64 key) {
    u64 kept = tlb_kept(v, a, key);
    if (!(kept & 1u << access)) { // PERM_R, PERM_W, PERM_X
        kept = walk(v, rules, a, access, key);
        tlb_keep(v, a, key, kept);
    }
    struct tlb_page p = tlb_page_at(v, kept & ~(PAGE_SIZE - 1));
    // Before the entry is filled, which then has its write tag: nobody must start again, or come a second time, because of a mark.
    if (unlikely(p.marked) && access == MMU_WRITE && p.ram && !p.rom) {
        bus_first_write(v->bus, p.gpa);
        p.marked = false;
    }
    tlb_fill(v, a, key, &p, kept & (PAGE_SIZE - 1));
    return p;
}

bool vcpu_guarded(struct vcpu *v, gva_t a, u64 key) {
    if (!(tlb_kept(v, a, key) & PERM_X)) vcpu_translate(v, 0, a, MMU_EXEC, key);
    return tlb_kept(v, a, key) & TLB_GUARDED;
}

static bool in_running_block(const struct vcpu *v, gpa_t at, unsigned size) {
    const struct block *b = v->block;
    // A block does not keep where its bytes on a second page are, so for such a block every write to code counts as one into it.
    return b && (b->host_next || ranges_overlap(at, size, b->gpa, b->bytes));
}

static void read_part(struct vcpu *v, const struct tlb_page *p, gva_t a, u8 *to, unsigned size) {
    unsigned at = a & (PAGE_SIZE - 1);
    if (p->ram) {
        memcpy(to, p->ram + at, size);
        return;
    }
    block_meet_device(v);
    vcpu_sync_device(v);
    for (unsigned done = 0; done < size;) {
        unsigned w = size - done >= 8 ? 8 : size - done >= 4 ? 4 : size - done >= 2 ? 2 : 1;
        st_width(to + done, w, bus_read(v->bus, p->gpa + at + done, w));
        done += w;
    }
}

static void write_part(struct vcpu *v, const struct tlb_page *p, gva_t a, const u8 *from, unsigned size) {
    unsigned at = a & (PAGE_SIZE - 1);
    if (p->ram && !p->rom) {
        if (p->code && in_running_block(v, p->gpa + at, size)) vcpu_need_single(v);
        if (p->code) bus_will_write(v->bus, p->gpa + at, size);
        memcpy(p->ram + at, from, size);
        return;
    }
    if (!p->rom) {
        block_meet_device(v);
        vcpu_sync_device(v);
    }
    for (unsigned done = 0; done < size;) {
        unsigned w = size - done >= 8 ? 8 : size - done >= 4 ? 4 : size - done >= 2 ? 2 : 1;
        bus_write(v->bus, p->gpa + at + done, w, ld_width(from + done, w));
        done += w;
    }
}

// An operand in its one or two parts, each on a page of its own.
struct parts {
    gva_t a, b;
    unsigned n; // bytes of the first
    struct tlb_page first, second;
};

void vcpu_physical(struct vcpu *v, unsigned rules, const struct tlb_page *p, gva_t a, unsigned size, enum mmu_access access,
                   u64 key) {
    if (!v->isa->physical) return;
    gpa_t at = p->gpa + (a & (PAGE_SIZE - 1));
    v->isa->physical(v, rules, a, at, size, access, key, p->ram || space_find(&v->bus->mem, at));
}

static inline void find_parts(struct vcpu *v, struct parts *o, unsigned rules, gva_t a, unsigned size, enum mmu_access access,
                              u64 key) {
    unsigned room = (unsigned)(PAGE_SIZE - (a & (PAGE_SIZE - 1)));
    o->a = a;
    o->n = size < room ? size : room;
    if (o->n < size) o->b = v->isa->second_part ? v->isa->second_part(v, rules, a, o->n) : a + o->n;
    o->first = vcpu_translate(v, rules, a, access, key);
    vcpu_physical(v, rules, &o->first, a, o->n, access, key);
}

static void find_second(struct vcpu *v, struct parts *o, unsigned rules, unsigned size, enum mmu_access access, u64 key) {
    o->second = vcpu_translate(v, rules, o->b, access, key);
    vcpu_physical(v, rules, &o->second, o->b, size - o->n, access, key);
}

static void watch(struct vcpu *v, gva_t a, unsigned size, bool write) {
    if (v->isa->watch) v->isa->watch(v, a, size, write);
    if (unlikely(v->debug != NULL)) debug_access(v, a, size, write);
}

// The first level of the TLB, asked in another context than the handlers' accessors do. Raises nothing.
static inline u8 *hit(struct vcpu *v, gva_t *a, unsigned size, enum mmu_access access, u64 key) {
    if (v->isa->wrap) *a = v->isa->wrap(v, *a, false);
    const struct tlb_entry *e = tlb_slot(v, *a, key);
    u64 tag = access == MMU_READ ? e->read : access == MMU_WRITE ? e->write : e->exec;
    return tlb_hits(tag, *a, size) ? (u8 *)(*a + e->addend) : NULL;
}

static inline void count(struct vcpu *v, gva_t a, unsigned size, bool write) {
    if (unlikely(v->counting)) measure_access(v->measure, v->isa->wrap ? v->isa->wrap(v, a, false) : a, size, write);
}

void vcpu_read(struct vcpu *v, unsigned rules, gva_t a, void *to, unsigned size, u64 key) {
    count(v, a, size, false);
    const u8 *host = hit(v, &a, size, MMU_READ, key);
    if (host) {
        memcpy(to, host, size);
        return;
    }
    struct parts o;
    find_parts(v, &o, rules, a, size, MMU_READ, key);
    watch(v, o.a, size, false);
    if (o.n == size) {
        read_part(v, &o.first, o.a, to, size);
        return;
    }
    find_second(v, &o, rules, size, MMU_READ, key);
    read_part(v, &o.first, o.a, to, o.n);
    read_part(v, &o.second, o.b, (u8 *)to + o.n, size - o.n);
}

void vcpu_write(struct vcpu *v, unsigned rules, gva_t a, const void *from, unsigned size, u64 key) {
    count(v, a, size, true);
    u8 *host = hit(v, &a, size, MMU_WRITE, key);
    if (host) {
        memcpy(host, from, size);
        return;
    }
    struct parts o;
    find_parts(v, &o, rules, a, size, MMU_WRITE, key);
    watch(v, o.a, size, true);
    if (o.n == size) {
        write_part(v, &o.first, o.a, from, size);
        return;
    }
    find_second(v, &o, rules, size, MMU_WRITE, key);
    if (!o.first.ram || !o.second.ram || o.first.code || o.second.code) vcpu_need_single(v); // nothing is half done then
    write_part(v, &o.first, o.a, from, o.n);
    write_part(v, &o.second, o.b, (const u8 *)from + o.n, size - o.n);
}

void vcpu_probe(struct vcpu *v, unsigned rules, gva_t a, unsigned size, enum mmu_access access, u64 key) {
    if (hit(v, &a, size, access, key)) return;
    struct parts o;
    find_parts(v, &o, rules, a, size, access, key);
    if (o.n < size) find_second(v, &o, rules, size, access, key);
}
