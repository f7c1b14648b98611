// SPDX-License-Identifier: MIT
#include "machine/model.h"

#include "base/bits.h"
#include "machine/names.h"

#define ROWS 8192 // functions, and pages of code without a name: a power of two
#define SHOWN 25  // in the table

typedef unsigned long long ull;

struct row {
    struct names_place place;
    u64 met; // the how-manyth function that the run has come to, from 1 on; 0: the row is free
    struct measure_counts counts;
};

struct model_rows {
    struct names names;
    u64 pc;              // of the last instruction,
    struct row *last;    // and its row
    u64 rows, elsewhere; // elsewhere: instructions that found no row
    struct row row[ROWS];
};

// ---- counting

static struct row *row_of(struct model_rows *k, u64 pc) {
    const struct names_place place = names_find(&k->names, pc);
    u64 at = place.at * 0x9e3779b97f4a7c15u >> 32;
    for (unsigned i = 0; i < ROWS; i++, at++) {
        struct row *r = &k->row[at & (ROWS - 1)];
        if (r->met && names_same(&r->place, &place)) return r;
        if (r->met) continue;
        if (k->rows == ROWS - 1) return NULL;
        *r = (struct row){.place = place, .met = ++k->rows};
        return r;
    }
    return NULL;
}

static void count(void *ctx, u64 pc, const struct measure_counts *n) {
    struct model_rows *k = ctx;
    if (!k->last || pc != k->pc) k->last = row_of(k, pc);
    k->pc = pc;
    if (!k->last) {
        k->elsewhere++;
        return;
    }
    measure_add(&k->last->counts, n);
}

int model_open(struct emu_machine *m) {
    const struct emu_config *c = m->config;
    if (!c->has_model) return 0;
    struct model_rows *k = m->model = env_try_alloc(&m->own, sizeof *k);
    int err = k ? measure_model(m->measure, &m->own, &m->vcpu, &c->model) : ERR_NO_MEMORY;
    if (err) {
        log_error(m->plat, "model: there is no memory for caches and TLBs of these sizes; right is smaller ones");
        return err;
    }
    m->measure->each = count;
    m->measure->each_ctx = k;
    return names_open(m, "model", &k->names);
}

// ---- what is told

static const char *const keys[MODEL_EVENTS] = {
    [MODEL_I1_MISS] = "i1_misses",
    [MODEL_LL_I_MISS] = "ll_code_misses",
    [MODEL_D1_READ_MISS] = "d1_read_misses",
    [MODEL_LL_READ_MISS] = "ll_read_misses",
    [MODEL_D1_WRITE_MISS] = "d1_write_misses",
    [MODEL_LL_WRITE_MISS] = "ll_write_misses",
    [MODEL_ITLB_MISS] = "itlb_misses",
    [MODEL_DTLB_MISS] = "dtlb_misses",
    [MODEL_WALK] = "walks",
    [MODEL_WALK_READ] = "walk_reads",
    [MODEL_CONDITIONAL] = "conditional",
    [MODEL_CONDITIONAL_MISS] = "conditional_mispredicted",
    [MODEL_INDIRECT] = "indirect",
    [MODEL_INDIRECT_MISS] = "indirect_mispredicted",
    [MODEL_RETURN] = "returns",
    [MODEL_RETURN_MISS] = "returns_mispredicted",
};

void model_say(struct text *t, const struct measure_counts *n) {
    for (unsigned i = 0; i < MODEL_EVENTS; i++) text_say(t, ",\"%s\":%llu", keys[i], (ull)n->model[i]);
}

void model_log(struct plat *p, const struct measure_counts *n) {
    const u64 *e = n->model;
    log_info(p, "  model: misses of I1 %llu, D1 %llu (%llu reads, %llu writes), LL %llu (%llu of code)", (ull)e[MODEL_I1_MISS],
             (ull)(e[MODEL_D1_READ_MISS] + e[MODEL_D1_WRITE_MISS]), (ull)e[MODEL_D1_READ_MISS], (ull)e[MODEL_D1_WRITE_MISS],
             (ull)(e[MODEL_LL_I_MISS] + e[MODEL_LL_READ_MISS] + e[MODEL_LL_WRITE_MISS]), (ull)e[MODEL_LL_I_MISS]);
    log_info(p, "         misses of ITLB %llu, DTLB %llu; %llu walks, which read %llu entries", (ull)e[MODEL_ITLB_MISS],
             (ull)e[MODEL_DTLB_MISS], (ull)e[MODEL_WALK], (ull)e[MODEL_WALK_READ]);
    log_info(p, "         mispredicted: %llu of %llu conditional branches, %llu of %llu indirect ones, %llu of %llu returns",
             (ull)e[MODEL_CONDITIONAL_MISS], (ull)e[MODEL_CONDITIONAL], (ull)e[MODEL_INDIRECT_MISS], (ull)e[MODEL_INDIRECT],
             (ull)e[MODEL_RETURN_MISS], (ull)e[MODEL_RETURN]);
}

static u64 instructions(const struct row *r) {
    u64 n = 0;
    for (unsigned i = 0; i < INSN_CLASSES; i++) n += r->counts.class[i];
    return n;
}

static bool comes_before(const struct row *a, const struct row *b) {
    u64 x = instructions(a), y = instructions(b);
    return x != y ? x > y : a->met < b->met;
}

// Those with the most instructions.
static unsigned best(const struct model_rows *k, const struct row *to[SHOWN]) {
    unsigned n = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        const struct row *r = &k->row[i];
        if (!r->met || (n == SHOWN && !comes_before(r, to[SHOWN - 1]))) continue;
        unsigned at = n < SHOWN ? n++ : SHOWN - 1;
        for (; at && comes_before(r, to[at - 1]); at--) to[at] = to[at - 1];
        to[at] = r;
    }
    return n;
}

static void log_rows(struct emu_machine *m) {
    const struct model_rows *k = m->model;
    const struct row *row[SHOWN];
    char name[NAMES_TEXT];
    unsigned n = best(k, row);
    if (!n) return;
    log_info(m->plat, "%14s %10s %10s %10s %10s %12s  %s", "instructions", "I1 misses", "D1 misses", "LL misses", "walks",
             "mispredicted", "function, of all regions");
    for (unsigned i = 0; i < n; i++) {
        const u64 *e = row[i]->counts.model;
        names_say(&k->names, &row[i]->place, name);
        log_info(m->plat, "%14llu %10llu %10llu %10llu %10llu %12llu  %s", (ull)instructions(row[i]), (ull)e[MODEL_I1_MISS],
                 (ull)(e[MODEL_D1_READ_MISS] + e[MODEL_D1_WRITE_MISS]),
                 (ull)(e[MODEL_LL_I_MISS] + e[MODEL_LL_READ_MISS] + e[MODEL_LL_WRITE_MISS]), (ull)e[MODEL_WALK],
                 (ull)(e[MODEL_CONDITIONAL_MISS] + e[MODEL_INDIRECT_MISS] + e[MODEL_RETURN_MISS]), name);
    }
    if (k->elsewhere)
        log_warn(m->plat,
                 "model: there was no room for more than %u functions; %llu instructions of others are told by region alone",
                 ROWS - 1, (ull)k->elsewhere);
}

static void record_sizes(struct emu_machine *m) {
    static const char *const caches[] = {"i1", "d1", "ll"}, *const tlbs[] = {"itlb", "dtlb", "stlb"};
    const struct config_model *c = &m->config->model;
    char line[500];
    struct text t = {line, sizeof line};
    text_say(&t, "{\"softmetal\":\"model\"");
    for (unsigned i = 0; i < CONFIG_CACHES; i++)
        text_say(&t, ",\"%s\":[%llu,%u,%u]", caches[i], (ull)c->cache[i].bytes, c->cache[i].ways, c->cache[i].line);
    for (unsigned i = 0; i < CONFIG_TLBS; i++) text_say(&t, ",\"%s\":[%u,%u]", tlbs[i], c->tlb[i].entries, c->tlb[i].ways);
    text_say(&t, ",\"branches\":[%u,%u],\"targets\":%u,\"returns\":%u}", c->counters, c->history, c->targets, c->returns);
    m->plat->record(m->plat, line);
}

static void record_row(struct emu_machine *m, const struct row *r) {
    char line[1000], name[NAMES_TEXT];
    struct text t = {line, sizeof line};
    const struct measure_counts *n = &r->counts;
    names_say(&m->model->names, &r->place, name);
    text_say(&t, "{\"softmetal\":\"function\",\"name\":\"%s\",\"instructions\":%llu,\"reads\":%llu,\"writes\":%llu", name,
             (ull)instructions(r), (ull)n->reads, (ull)n->writes);
    model_say(&t, n);
    text_say(&t, "}");
    m->plat->record(m->plat, line);
}

void model_tell(struct emu_machine *m) {
    if (!m->model) return;
    log_rows(m);
    record_sizes(m);
    for (unsigned i = 0; i < ROWS; i++)
        if (m->model->row[i].met) record_row(m, &m->model->row[i]);
}
