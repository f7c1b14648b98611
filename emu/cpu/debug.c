// SPDX-License-Identifier: MIT
#include "cpu/debug.h"

#include <string.h>

#include "base/bits.h"
#include "cpu/block.h"
#include "cpu/isa.h"
#include "cpu/tlb.h"

// ---- breakpoints

static u64 linear(const struct vcpu *v, u64 pc) { return v->isa->linear ? v->isa->linear(v, pc) : pc; }

// Whatever its page is mapped at. Only the first instruction of a block that runs over its page's end can have one: it has no other.
static bool may_have_break(const struct vcpu_debug *d, const struct block *b) {
    u64 from = b->gpa & (PAGE_SIZE - 1), bytes = b->host_next ? 1 : b->bytes;
    for (unsigned i = 0; i < d->breaks; i++)
        if ((d->at[i] & (PAGE_SIZE - 1)) - from < bytes) return true;
    return false;
}

// A translation would not ask; nor would another that goes on with b.
static void make_point(struct vcpu *v, struct block *b) {
    if (b->code || b->edges) v->translator->dropped(v, b);
    b->point = true;
    b->enter = v->isa->point;
}

static void make_plain(struct vcpu *v, struct block *b) {
    b->point = false;
    b->heat = 0;
    b->enter = v->translator && !b->host_next ? v->translator->cold : b->u[0].fn;
}

static u8 *flags_of(struct vcpu *v, const struct block *b) { return &v->bus->page_flags[b->gpa >> PAGE_BITS]; }

static void look_at_block(void *ctx, struct block *b) {
    struct vcpu *v = ctx;
    bool has = *flags_of(v, b) & PAGE_MAY_STOP && may_have_break(v->debug, b);
    if (has && !b->point) make_point(v, b);
    else if (!has && b->point) make_plain(v, b);
}

static bool is_break_page(const struct vcpu_debug *d, gva_t at) {
    for (unsigned i = 0; i < d->breaks; i++)
        if (!((d->at[i] ^ at) >> PAGE_BITS)) return true;
    return false;
}

void debug_found(struct vcpu *v, struct block *b, gva_t at, bool is_new) {
    bool known = *flags_of(v, b) & PAGE_MAY_STOP;
    if (!known && is_break_page(v->debug, at)) {
        *flags_of(v, b) |= PAGE_MAY_STOP;
        block_each_on_page(v, b->gpa >> PAGE_BITS, look_at_block, v);
    } else if (known && is_new) {
        look_at_block(v, b);
    }
}

// Something leads to b at `pc` without a look-up. Where the PC is no linear address what that was is not kept: it may be any.
static void note_way(struct vcpu *v, const struct block *b, u64 pc) {
    bool knows = !v->isa->linear || (v->isa->links_near && v->isa->links_near(b->mode));
    if (b->cost != BLOCK_DROPPED && (!knows || is_break_page(v->debug, pc))) *flags_of(v, b) |= PAGE_MAY_STOP;
}

static void note_links(void *ctx, struct block *b) {
    for (unsigned i = 0; i < countof(b->link); i++)
        if (b->link[i].to && b->link[i].key != LINK_NEAR) note_way(ctx, b->link[i].to, b->link[i].pc);
}

// Which pages a breakpoint may be on, by all ways that lead there: links, jump entries, and where the last slice ended. A near link is none:
// it stays on a page that something else has led to.
static void look_at_all(struct vcpu *v) {
    for (u64 i = 0; i < v->bus->page_count; i++) v->bus->page_flags[i] &= (u8)~PAGE_MAY_STOP;
    if (v->debug->breaks) {
        block_each(v, note_links, v);
        for (unsigned i = 0; i < countof(v->jump); i++)
            if (v->jump[i].block && vcpu_is_jump_key(v, v->jump[i].key)) note_way(v, v->jump[i].block, v->jump[i].pc);
        if (v->resume.block && vcpu_is_jump_key(v, v->resume.key)) note_way(v, v->resume.block, v->resume.pc);
    }
    block_each(v, look_at_block, v);
}

int debug_break(struct vcpu *v, gva_t at, bool set) {
    struct vcpu_debug *d = v->debug;
    unsigned i = 0;
    while (i < d->breaks && d->at[i] != at) i++;
    if (set && i == DEBUG_BREAKS) return ERR_NO_MEMORY;
    if (set == (i < d->breaks)) return 0;
    if (set) d->at[d->breaks++] = at;
    else d->at[i] = d->at[--d->breaks];
    d->changed = true;
    return 0;
}

static bool is_break(const struct vcpu_debug *d, u64 at) {
    for (unsigned i = 0; i < d->breaks; i++)
        if (d->at[i] == at) return true;
    return false;
}

bool debug_stops(struct vcpu *v, bool took) {
    struct vcpu_debug *d = v->debug;
    bool pass = d->pass;
    if (d->changed) look_at_all(v);
    d->changed = d->pass = d->noting = d->entered = false;
    if (!d->one) d->blind = false;
    if (d->hit) return true;
    if (pass || took || !d->breaks || !is_break(d, linear(v, *isa_pc(v)))) return false;
    d->hit = DEBUG_BREAK;
    return true;
}

unsigned debug_most(struct vcpu *v, const struct block *b, unsigned at, unsigned n) {
    struct vcpu_debug *d = v->debug;
    u64 base = *isa_pc(v) - b->u[at].off;
    d->entered = b->point && !at;
    if (d->one) {
        d->one = false;
        d->noting = true;
        return 1;
    }
    if (!b->point) return n;
    for (unsigned i = 1; i < n; i++)
        if (is_break(d, linear(v, base + b->u[at + i].off))) return i;
    return n;
}

// Nothing of the block has run.
bool debug_point(struct vcpu *v, u64 pc) {
    struct vcpu_debug *d = v->debug;
    struct block *b = v->block;
    bool entered = d->entered;
    d->entered = false;
    if (entered || v->single || b->owner) return false;
    bool any = false;
    for (unsigned i = 0; i < b->n && !any; i++) any = is_break(d, linear(v, pc + b->u[i].off));
    if (!any) return false;
    v->left += b->n;
    v->cur = NULL;
    block_stay(v, b, 0, pc);
    return true;
}

// ---- watchpoints

// Entries that are there already lose their tags. Those of other pages in these slots, too, which costs a miss.
static void forget_pages(struct vcpu *v, const struct debug_watch *w) {
    for (gva_t page = w->at & ~(PAGE_SIZE - 1); page - (w->at & ~(PAGE_SIZE - 1)) < w->size + PAGE_SIZE; page += PAGE_SIZE) {
        for (unsigned key = 0; key < TLB_CONTEXTS; key++) {
            struct tlb_entry *e = tlb_slot(v, page, key);
            e->read = e->write = tlb_no_tag(tlb_slot_of(page));
        }
    }
}

static bool same_watch(const struct debug_watch *a, const struct debug_watch *b) {
    return a->at == b->at && a->size == b->size && a->reads == b->reads && a->writes == b->writes;
}

int debug_watch(struct vcpu *v, const struct debug_watch *w, bool set) {
    struct vcpu_debug *d = v->debug;
    unsigned i = 0;
    while (i < d->watches && !same_watch(&d->watch[i], w)) i++;
    if (set && i == DEBUG_WATCHES) return ERR_NO_MEMORY;
    if (set == (i < d->watches)) return 0;
    if (set) d->watch[d->watches++] = *w;
    else d->watch[i] = d->watch[--d->watches];
    forget_pages(v, w);
    return 0;
}

bool debug_watches_page(const struct vcpu *v, gva_t page) {
    const struct vcpu_debug *d = v->debug;
    for (unsigned i = 0; i < d->watches; i++)
        if (ranges_overlap(page, PAGE_SIZE, d->watch[i].at, d->watch[i].size)) return true;
    return false;
}

static const struct debug_watch *watch_at(const struct vcpu_debug *d, gva_t a, unsigned size, bool write) {
    for (unsigned i = 0; i < d->watches; i++) {
        const struct debug_watch *w = &d->watch[i];
        if ((write ? w->writes : w->reads) && ranges_overlap(a, size, w->at, w->size)) return w;
    }
    return NULL;
}

// An access by the instruction at v->cur, or by a delivery. The instruction may be in the middle of a block: it starts again as the only one
// that is run, unless it is that already.
void debug_access(struct vcpu *v, gva_t a, unsigned size, bool write) {
    struct vcpu_debug *d = v->debug;
    const struct debug_watch *w = watch_at(d, a, size, write);
    if (!w || d->hit || d->blind) return;
    if (v->cur && v->block && !v->single && !d->noting) {
        d->again = true;
        d->hit_watch = w;
        vcpu_leap(v);
    }
    d->hit = DEBUG_WATCH;
    d->hit_watch = w;
    if (v->left <= 0) return;
    v->slice_end -= (u64)v->left; // so that no other block follows
    v->left = 0;
}

bool debug_leapt(struct vcpu *v) {
    struct vcpu_debug *d = v->debug;
    bool again = d->again;
    d->again = d->noting = d->one = d->blind = d->entered = false;
    d->hit = DEBUG_NOTHING; // what has not come to its end has not happened
    if (again && v->isa->debug->watch_first) d->hit = DEBUG_WATCH;
    else d->one = again;
    return again;
}

void debug_clear(struct vcpu *v) {
    struct vcpu_debug *d = v->debug;
    for (unsigned i = 0; i < d->watches; i++) forget_pages(v, &d->watch[i]);
    *d = (struct vcpu_debug){.changed = true};
}

// ---- registers

const struct debug_reg *debug_row(const struct debug_isa *d, unsigned n, unsigned *which) {
    for (const struct debug_reg *r = d->reg; r < d->reg + d->regs; n -= debug_count(r), r++) {
        if (n >= debug_count(r)) continue;
        *which = n;
        return r;
    }
    return NULL;
}

static u8 *place(struct vcpu *v, const struct debug_reg *r, unsigned which) {
    return (u8 *)v + r->at + (size_t)which * r->stride;
}

unsigned debug_get(struct vcpu *v, unsigned n, u8 bytes[DEBUG_REG_MOST]) {
    unsigned which;
    const struct debug_reg *r = debug_row(v->isa->debug, n, &which);
    if (!r) return 0;
    memset(bytes, 0, DEBUG_REG_MOST);
    if (r->read) r->read(v, r, r->first + which, bytes);
    else memcpy(bytes, place(v, r, which), r->bits / 8);
    return r->bits / 8;
}

bool debug_put(struct vcpu *v, unsigned n, const u8 bytes[DEBUG_REG_MOST]) {
    unsigned which;
    const struct debug_reg *r = debug_row(v->isa->debug, n, &which);
    if (!r || r->read_only || (r->read && !r->write)) return false;
    if (r->write) return r->write(v, r, r->first + which, bytes);
    memcpy(place(v, r, which), bytes, r->bits / 8);
    return true;
}

// ---- memory

static bool anybody(const struct walk *w, enum mmu_access access) { return true; }

int vcpu_look_at(struct vcpu *v, gva_t a, struct walk *w) {
    *w = (struct walk){.perm = PERM_ALL, .shift = PAGE_BITS};
    int how = v->isa->walk_init(v, w, a, v->tlb_key);
    if (how || w->fault) return how ? how : ERR_NOT_FOUND;
    const struct pt_format *f = w->format;
    struct pt_format open = *f;
    open.permit = anybody;
    w->format = &open;
    w->look = true;
    if (mmu_walk(w, v->bus, a, MMU_READ))
        w->shift = w->fault == WALK_NON_CANONICAL ? f->canonical_bits - 1 : f->level[w->level].shift;
    w->format = f;
    return 0;
}

bool vcpu_look(struct vcpu *v, gva_t a, gpa_t *gpa) {
    struct walk w;
    if (v->isa->wrap) a = v->isa->wrap(v, a, true);
    *gpa = a;
    int how = vcpu_look_at(v, a, &w);
    if (how) return how > 0;
    if (w.fault) return false;
    *gpa = w.page + (a & mask(w.shift - 1, 0));
    return true;
}
