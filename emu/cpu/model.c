// SPDX-License-Identifier: MIT
#include "cpu/model.h"

#include <string.h>

#include "base/bits.h"
#include "bus/bus.h"

// Sets of so many ways, each with what was used last in front; 0: empty.
struct sets {
    u64 *tag;
    u32 sets, ways;
};

struct cache {
    struct sets sets;
    unsigned shift; // of a line
};

struct model {
    struct cache cache[CONFIG_CACHES];
    struct sets tlb[CONFIG_TLBS];
    u64 page_shifts; // a bit for each size of page that was met
    u8 *counter;     // 0 and 1: not taken
    u32 counters, history_bits;
    u64 history; // the last branch in bit 0
    gva_t *target;
    u32 targets;
    gva_t *back; // a ring
    u32 backs, back_at, back_n;
    u64 root;
    model_look *look;
    void *ctx;
};

// ---- sets

static void *try(struct env *e, size_t n, size_t bytes, bool *fits) {
    void *at = n ? env_try_alloc(e, n * bytes) : NULL;
    *fits &= !n || at;
    return at;
}

static struct sets sets_of(struct env *e, u64 entries, u32 ways, bool *fits) {
    return (struct sets){try(e, entries, sizeof(u64), fits), ways ? (u32)(entries / ways) : 0, ways};
}

static void sets_empty(struct sets *s) {
    if (s->tag) memset(s->tag, 0, (size_t)s->sets * s->ways * sizeof *s->tag);
}

static u64 *set_of(const struct sets *s, u64 number) { return s->tag + (number & (s->sets - 1)) * s->ways; }

static void use(u64 *set, u32 at, u64 tag) {
    memmove(set + 1, set, at * sizeof *set);
    set[0] = tag;
}

static bool find(struct sets *s, u64 number, u64 tag) {
    u64 *set = set_of(s, number);
    for (u32 i = 0; i < s->ways; i++)
        if (set[i] == tag) {
            use(set, i, tag);
            return true;
        }
    return false;
}

static void put(struct sets *s, u64 number, u64 tag) { use(set_of(s, number), s->ways - 1, tag); }

// ---- caches

static bool misses(struct cache *c, gva_t a, unsigned bytes) {
    u64 last = (a + bytes - 1) >> c->shift;
    bool missed = false;
    for (u64 line = a >> c->shift;; line = (line + 1) & ~(u64)0 >> c->shift) {
        if (!find(&c->sets, line, line + 1)) {
            put(&c->sets, line, line + 1);
            missed = true;
        }
        if (line == last) return missed;
    }
}

static void cached(struct model *m, enum config_cache_name first, gva_t a, unsigned bytes, u64 n[2]) {
    if (!misses(&m->cache[first], a, bytes)) return;
    n[0]++;
    n[1] += misses(&m->cache[CACHE_LL], a, bytes);
}

// ---- TLBs: a page is its number and its size

static u64 page_tag(gva_t a, unsigned shift) { return a >> shift << 6 | shift; }

// Of which size the page of a is that is there; 0: none is.
static unsigned tlb_find(struct model *m, struct sets *s, gva_t a) {
    for (u64 left = m->page_shifts; left; left &= left - 1) {
        unsigned shift = (unsigned)__builtin_ctzll(left);
        if (find(s, a >> shift, page_tag(a, shift))) return shift;
    }
    return 0;
}

static void translated(struct model *m, enum config_tlb_name first, gva_t a, enum model_event miss, u64 n[MODEL_EVENTS]) {
    struct sets *tlb = &m->tlb[first], *second = &m->tlb[TLB_SECOND];
    unsigned shift, entries;
    if (tlb_find(m, tlb, a)) return;
    shift = second->ways ? tlb_find(m, second, a) : 0;
    if (!shift) {
        if (!m->look(m->ctx, a, &shift, &entries)) return;
        m->page_shifts |= BIT(shift);
        n[MODEL_WALK]++;
        n[MODEL_WALK_READ] += entries;
        if (second->ways) put(second, a >> shift, page_tag(a, shift));
    }
    n[miss]++;
    put(tlb, a >> shift, page_tag(a, shift));
}

static void translated_all(struct model *m, enum config_tlb_name first, gva_t a, unsigned bytes, enum model_event miss,
                           u64 n[MODEL_EVENTS]) {
    gva_t last = a + bytes - 1;
    translated(m, first, a, miss, n);
    if ((a ^ last) >> PAGE_BITS) translated(m, first, last, miss, n);
}

void model_fetch(struct model *m, gva_t a, unsigned bytes, u64 n[MODEL_EVENTS]) {
    translated_all(m, TLB_CODE, a, bytes, MODEL_ITLB_MISS, n);
    cached(m, CACHE_I1, a, bytes, &n[MODEL_I1_MISS]);
}

void model_access(struct model *m, gva_t a, unsigned bytes, bool write, u64 n[MODEL_EVENTS]) {
    translated_all(m, TLB_DATA, a, bytes, MODEL_DTLB_MISS, n);
    cached(m, CACHE_D1, a, bytes, &n[write ? MODEL_D1_WRITE_MISS : MODEL_D1_READ_MISS]);
}

// ---- branches

static void conditional(struct model *m, const struct model_branch *b, u64 n[MODEL_EVENTS]) {
    u64 at = b->at >> b->shift << m->history_bits | (m->history & (BIT(m->history_bits) - 1));
    u8 *counter = &m->counter[at & (m->counters - 1)];
    n[MODEL_CONDITIONAL]++;
    n[MODEL_CONDITIONAL_MISS] += (*counter >= 2) != b->taken;
    if (b->taken && *counter < 3) ++*counter;
    if (!b->taken && *counter > 0) --*counter;
    m->history = m->history << 1 | b->taken;
}

static void indirect(struct model *m, const struct model_branch *b, u64 n[MODEL_EVENTS]) {
    gva_t *target = &m->target[b->at >> b->shift & (m->targets - 1)];
    n[MODEL_INDIRECT]++;
    n[MODEL_INDIRECT_MISS] += *target != b->to;
    *target = b->to;
}

static void keep_return(struct model *m, gva_t behind) {
    m->back[m->back_at] = behind;
    m->back_at = (m->back_at + 1) % m->backs;
    if (m->back_n < m->backs) m->back_n++;
}

static void returns(struct model *m, const struct model_branch *b, u64 n[MODEL_EVENTS]) {
    bool known = m->back_n > 0;
    n[MODEL_RETURN]++;
    if (known) {
        m->back_n--;
        m->back_at = (m->back_at + m->backs - 1) % m->backs;
    }
    n[MODEL_RETURN_MISS] += !known || m->back[m->back_at] != b->to;
}

void model_branches(struct model *m, const struct model_branch *b, u64 n[MODEL_EVENTS]) {
    if (b->conditional) conditional(m, b, n);
    if (b->indirect) indirect(m, b, n);
    if (b->back) returns(m, b, n);
    if (b->call) keep_return(m, b->behind);
}

// ---- the whole

void model_empty(struct model *m) {
    for (unsigned i = 0; i < CONFIG_CACHES; i++) sets_empty(&m->cache[i].sets);
    for (unsigned i = 0; i < CONFIG_TLBS; i++) sets_empty(&m->tlb[i]);
    memset(m->counter, 0, m->counters);
    memset(m->target, 0, m->targets * sizeof *m->target);
    m->history = m->page_shifts = 0;
    m->back_at = m->back_n = 0;
}

void model_runs(struct model *m, u64 root) {
    if (!root || root == m->root) return;
    if (m->root) model_empty(m);
    m->root = root;
}

struct model *model_create(struct env *e, const struct config_model *c, model_look *look, void *ctx) {
    struct model *m = env_alloc(e, sizeof *m);
    bool fits = true;
    for (unsigned i = 0; i < CONFIG_CACHES; i++) {
        m->cache[i].shift = (unsigned)__builtin_ctz(c->cache[i].line);
        m->cache[i].sets = sets_of(e, c->cache[i].bytes / c->cache[i].line, c->cache[i].ways, &fits);
    }
    for (unsigned i = 0; i < CONFIG_TLBS; i++) m->tlb[i] = sets_of(e, c->tlb[i].entries, c->tlb[i].ways, &fits);
    m->counter = try(e, c->counters, 1, &fits);
    m->target = try(e, c->targets, sizeof *m->target, &fits);
    m->back = try(e, c->returns, sizeof *m->back, &fits);
    m->counters = c->counters, m->history_bits = c->history, m->targets = c->targets, m->backs = c->returns;
    m->look = look, m->ctx = ctx;
    return fits ? m : NULL;
}
