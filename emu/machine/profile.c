// SPDX-License-Identifier: MIT
#include "machine/profile.h"

#include "base/le.h"
#include "core/text.h"
#include "cpu/isa.h"
#include "cpu/measure.h"
#include "machine/names.h"

#include <string.h>

#define NODES 65536 // of the tree of stacks
#define DEEPEST 64  // frames of one sample
#define ROWS 25     // of the table

typedef unsigned long long ull;

// A function under its caller, most often; the root is node 0. Children stand behind their parents.
struct node {
    struct names_place place;
    u32 parent, child, next; // 0: none
    u64 samples;             // that ended here
    u64 all;                 // and in what it has called; once all are counted
};

struct profile {
    u64 every, due, samples;
    struct names names;
    unsigned nodes;
    u64 full; // samples that found no room in the tree
    struct node node[NODES];
};

static u64 next_due(const struct emu_machine *m) {
    u64 every = m->config->profile, gone = m->instructions / every;
    return gone >= CLOCK_END / every ? CLOCK_END : (gone + 1) * every;
}

int profile_open(struct emu_machine *m) {
    if (!m->config->profile) return 0;
    struct profile *k = m->profile = env_alloc(&m->own, sizeof *k);
    int err = names_open(m, "profile", &k->names);
    k->every = m->config->profile;
    k->due = next_due(m);
    k->nodes = 1;
    return err;
}

u64 profile_stop(const struct emu_machine *m) { return m->profile ? m->profile->due : ~(u64)0; }

// ---- a sample

static bool look(struct vcpu *v, u64 at, unsigned size, u64 *out) {
    u8 bytes[8 + 15];
    for (unsigned done = 0, have; done < size; done += have) {
        have = v->isa->look_code(v, at + done, bytes + done);
        if (!have) return false;
    }
    *out = ld_width(bytes, size);
    return true;
}

// The PC, and where each caller goes on. Stacks grow down: a frame that does not lie above the one before is none.
static unsigned stack_of(struct vcpu *v, u64 pc[DEEPEST]) {
    struct code_frame f;
    unsigned n = 1;
    pc[0] = *isa_pc(v);
    if (!v->isa->frame(v, &f)) return n;
    for (u64 at = f.pointer; n < DEEPEST && at && !(at & (f.size - 1)); n++) {
        u64 up, back;
        if (!look(v, at + (u64)f.caller, f.size, &up) || !look(v, at + (u64)f.back, f.size, &back) || !back) break;
        pc[n] = back - 1; // in the call
        if (up <= at) {
            n++;
            break;
        }
        at = up;
    }
    return n;
}

static u32 child_of(struct profile *k, u32 parent, u64 pc) {
    const struct names_place place = names_find(&k->names, pc);
    u32 *link = &k->node[parent].child;
    for (; *link; link = &k->node[*link].next)
        if (names_same(&k->node[*link].place, &place)) return *link;
    if (k->nodes == NODES) return 0;
    k->node[k->nodes] = (struct node){.place = place, .parent = parent};
    return *link = k->nodes++;
}

// While a region is repeated, the first time counts.
void profile_sample(struct emu_machine *m) {
    struct profile *k = m->profile;
    u64 pc[DEEPEST];
    u32 at = 0;
    if (!k || m->instructions < k->due || (m->measure && m->measure->repeat.again)) return;
    k->due = next_due(m);
    k->samples++;
    for (unsigned n = stack_of(m->vcpu, pc); n-- > 0;) {
        at = child_of(k, at, pc[n]);
        if (at) continue;
        k->full++;
        return;
    }
    k->node[at].samples++;
}

// ---- what is told

static bool same(const struct node *a, const struct node *b) { return names_same(&a->place, &b->place); }

// A function in its own callers' chain is counted there.
static bool inside_itself(const struct profile *k, const struct node *n) {
    for (u32 up = n->parent; up; up = k->node[up].parent)
        if (same(&k->node[up], n)) return true;
    return false;
}

struct row {
    const struct node *node;
    u64 own, all;
};

// Which nodes are of one function is found by a heap of them all, so as to need no more memory: `order` has room for k->nodes.
static bool comes_before(const struct node *a, const struct node *b) {
    const struct names_place *p = &a->place, *q = &b->place;
    return p->at != q->at ? p->at < q->at : p->named != q->named ? q->named : a < b;
}

static void sink(const struct node **o, size_t at, size_t n) {
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && comes_before(o[child], o[child + 1])) child++;
        if (!comes_before(o[at], o[child])) return;
        const struct node *t = o[at];
        o[at] = o[child], o[child] = t;
    }
}

static void sort(const struct node **o, size_t n) {
    for (size_t i = n / 2; i-- > 0;) sink(o, i, n);
    for (size_t i = n; i-- > 1;) {
        const struct node *t = o[0];
        o[0] = o[i], o[i] = t;
        sink(o, 0, i);
    }
}

// Keeps the ROWS with the most of their own, the first of equal ones first.
static void keep(struct row rows[ROWS], unsigned *n, struct row r) {
    unsigned at = *n < ROWS ? (*n)++ : ROWS - 1;
    if (at == ROWS - 1 && rows[at].node && rows[at].own >= r.own) return;
    for (; at && rows[at - 1].own < r.own; at--) rows[at] = rows[at - 1];
    rows[at] = r;
}

static unsigned table(const struct profile *k, const struct node **order, struct row rows[ROWS]) {
    unsigned n = 0, nodes = k->nodes - 1;
    for (unsigned i = 0; i < nodes; i++) order[i] = &k->node[i + 1];
    sort(order, nodes);
    for (unsigned i = 0; i < nodes;) {
        struct row r = {.node = order[i]};
        for (; i < nodes && same(order[i], r.node); i++) {
            r.own += order[i]->samples;
            if (!inside_itself(k, order[i])) r.all += order[i]->all;
        }
        keep(rows, &n, r);
    }
    return n;
}

static unsigned tenths(u64 part, u64 whole) { return whole ? (unsigned)((u128)part * 1000 / whole) : 0; }

static void log_table(struct emu_machine *m) {
    const struct profile *k = m->profile;
    const struct node **order = m->plat->alloc(m->plat, k->nodes * sizeof *order, 64);
    struct row rows[ROWS] = {0};
    char name[NAMES_TEXT];
    if (!order) return;
    unsigned n = table(k, order, rows);
    log_info(m->plat, "profile: %llu samples, one each %llu instructions", (ull)k->samples, (ull)k->every);
    log_info(m->plat, "%10s %7s %18s  %s", "samples", "share", "with its callees", "function");
    for (unsigned i = 0; i < n; i++) {
        unsigned own = tenths(rows[i].own, k->samples), all = tenths(rows[i].all, k->samples);
        if (!rows[i].own) break;
        names_say(&k->names, &rows[i].node->place, name);
        log_info(m->plat, "%10llu %3u.%u %% %10llu %3u.%u %%  %s", (ull)rows[i].own, own / 10, own % 10, (ull)rows[i].all,
                 all / 10, all % 10, name);
    }
    m->plat->free(m->plat, order, k->nodes * sizeof *order);
}

// The stack of a node, outermost first, as programs that draw flame graphs read it.
static void record_stack(struct emu_machine *m, const struct node *n) {
    const struct profile *k = m->profile;
    char line[DEEPEST * NAMES_TEXT + 100], name[NAMES_TEXT];
    const struct node *up[DEEPEST];
    unsigned depth = 0;
    struct text t = {line, sizeof line};
    for (u32 i = (u32)(n - k->node); i && depth < DEEPEST; i = k->node[i].parent) up[depth++] = &k->node[i];
    text_say(&t, "{\"softmetal\":\"stack\",\"stack\":\"");
    while (depth--) {
        names_say(&k->names, &up[depth]->place, name);
        text_say(&t, "%s%s", name, depth ? ";" : "");
    }
    text_say(&t, "\",\"samples\":%llu}", (ull)n->samples);
    m->plat->record(m->plat, line);
}

void profile_tell(struct emu_machine *m) {
    struct profile *k = m->profile;
    char line[200];
    if (!k) return;
    for (unsigned i = k->nodes; i-- > 0;) {
        k->node[i].all += k->node[i].samples;
        if (i) k->node[k->node[i].parent].all += k->node[i].all;
    }
    log_table(m);
    if (k->full)
        log_warn(m->plat, "profile: there was no room for the stacks of %llu samples; a larger N gives fewer", (ull)k->full);
    plat_format(line, sizeof line, "{\"softmetal\":\"profile\",\"every\":%llu,\"samples\":%llu,\"without_room\":%llu}",
                (ull)k->every, (ull)k->samples, (ull)k->full);
    m->plat->record(m->plat, line);
    for (unsigned i = 1; i < k->nodes; i++)
        if (k->node[i].samples) record_stack(m, &k->node[i]);
}
