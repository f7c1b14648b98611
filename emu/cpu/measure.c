// SPDX-License-Identifier: MIT
// Visits: what opens and closes them, and where they are.
#include "cpu/measure_parts.h"

#include <string.h>

// Everything up to `count` instructions goes to where the visit has been since it was last looked at.
static void settle(struct measure_visit *w, u64 count, u64 cycles) {
    *(w->away ? &w->apart : &w->own.instructions) += count - w->since;
    if (!w->away) w->cycles += cycles - w->cycles_since;
    w->since = count;
    w->cycles_since = cycles;
}

// ---- visits

static bool same_place(const struct measure_place *a, const struct measure_place *b) {
    return measure_same_program(a, b) && a->sp == b->sp;
}

struct measure_visit *measure_innermost(struct vcpu *v, enum measure_kind kind) {
    struct measure *m = v->measure;
    struct measure_place here = measure_place_of(v);
    for (unsigned i = m->visits; i-- > 0;) {
        struct measure_visit *w = &m->visit[i];
        if (w->kind == kind && !w->away && measure_same_program(&w->begun, &here)) return w;
    }
    return NULL;
}

void measure_drop_visit(struct measure *m, struct measure_visit *w) {
    measure_repeat_dropped(m, w);
    m->visits--;
    memmove(w, w + 1, (size_t)(&m->visit[m->visits] - w) * sizeof *w);
}

// Is the region open here already? A program that begins it anew while its visit waits for a return will not return there: it was ended,
// and its page tables are another's now. A kernel may: the exception's handler enters the region, too.
static bool is_open(struct measure *m, const struct measure_region *r, const struct measure_place *p) {
    for (unsigned i = m->visits; i-- > 0;) {
        struct measure_visit *w = &m->visit[i];
        if (w->region != r || !measure_same_program(&w->begun, p)) continue;
        if (!w->away || !p->root) return true;
        measure_drop_visit(m, w);
    }
    return false;
}

// Room for a visit: if need be, of the oldest that waits for a return, which may never come.
static bool make_room(struct measure *m, const struct measure_region *r) {
    if (m->visits < MEASURE_VISITS) return true;
    for (unsigned i = 0; i < m->visits; i++)
        if (m->visit[i].away) {
            measure_drop_visit(m, &m->visit[i]);
            return true;
        }
    if (!m->told_visits)
        log_warn(m->plat, "measure: more than %u regions are open at one time; \"%s\" is not counted in this", MEASURE_VISITS,
                 r->name);
    m->told_visits = true;
    return false;
}

struct measure_visit *measure_open_visit(struct vcpu *v, struct measure_region *r, enum measure_kind kind, u64 paid) {
    struct measure *m = v->measure;
    struct measure_place here = measure_place_of(v);
    if (measure_repeat_ignores(m, r)) return NULL;
    bool again = is_open(m, r, &here);
    if (!make_room(m, r)) return NULL;
    struct measure_visit *w = &m->visit[m->visits++];
    *w = (struct measure_visit){.region = r,
                                .kind = kind,
                                .begun = here,
                                .again = again,
                                .since = measure_retired(v) - paid,
                                .began = measure_now(v) - paid,
                                .cycles_since = measure_host_cycles(m)};
    measure_repeat_opened(m, w);
    return w;
}

void measure_add(struct measure_counts *to, const struct measure_counts *from) {
    static_assert(sizeof *to % sizeof(u64) == 0);
    u64 *a = (u64 *)to;
    const u64 *b = (const u64 *)from;
    for (unsigned i = 0; i < sizeof *to / sizeof *a; i++) a[i] += b[i];
}

static void tell(struct measure *m, const struct measure_visit *w, u64 virtual_ns) {
    if (!m->told) return;
    if (m->told_all < m->told_most)
        m->told[m->told_all] = (struct measure_told){.region = (u32)(w->region - m->region),
                                                     .began = w->began,
                                                     .virtual_ns = virtual_ns,
                                                     .instructions = w->own.instructions,
                                                     .apart = w->apart,
                                                     .cycles = w->cycles};
    m->told_all++;
}

void measure_close_visit(struct vcpu *v, struct measure_visit *w, u64 paid) {
    struct measure *m = v->measure;
    struct measure_region *r = w->region;
    settle(w, measure_retired(v) - paid, measure_host_cycles(m));
    if (!w->again) {
        u64 n = w->own.instructions;
        r->visits++;
        if (n < r->least) r->least = n;
        if (n > r->most) r->most = n;
        measure_add(&r->own, &w->own);
        r->apart += w->apart;
        r->exceptions += w->exceptions;
        r->interrupts += w->interrupts;
        r->virtual_ns += measure_now(v) - paid - w->began;
        if (m->cycles) measure_note_cycles(&m->cycles[r - m->region], w->cycles);
        if (!m->repeat.again) tell(m, w, measure_now(v) - paid - w->began);
        measure_repeat_closed(m, w, measure_now(v) - paid - w->began);
    }
    measure_drop_visit(m, w);
}

// ---- marks

static void note_value(struct measure_region *r, u64 value) {
    r->values++;
    r->value_last = value;
    if (value < r->value_least) r->value_least = value;
    if (value > r->value_most) r->value_most = value;
}

static void begin(struct vcpu *v, const char *name) {
    struct measure *m = v->measure;
    if (!measure_open_visit(v, measure_region_of(m, name), VISIT_MARK, 0)) m->lost++;
}

// The end's own tick is none of the region's.
static void end(struct vcpu *v) {
    struct measure *m = v->measure;
    if (m->lost) {
        m->lost--;
        return;
    }
    struct measure_visit *w = measure_innermost(v, VISIT_MARK);
    if (w) measure_close_visit(v, w, 1);
}

// As tools that read these marks have them: 111h and 222h, and IACA, which counts the same in decimal.
static enum mark ssc(u64 tag) {
    return tag == 0x111 || tag == 111 ? MARK_BEGIN : tag == 0x222 || tag == 222 ? MARK_END : MARK_NONE;
}

void measure_mark(struct vcpu *v, enum mark mark, u64 pc, u64 value) {
    struct measure *m = v->measure;
    char name[MARK_NAME] = "ssc";
    if (!m->marks) return;
    if (mark == MARK_SSC) mark = ssc(value);
    else if (mark == MARK_BEGIN) measure_read_name(v, pc, name);
    if (mark == MARK_BEGIN) begin(v, name);
    else if (mark == MARK_END) end(v);
    else if (mark == MARK_VALUE) {
        struct measure_visit *w = measure_innermost(v, VISIT_MARK);
        if (w) note_value(w->region, value);
    }
    measure_look_again(v);
}

// ---- exceptions and interrupts

void measure_trapped(struct vcpu *v, enum measure_trap trap) {
    struct measure *m = v->measure;
    m->barren++;
    m->step.runs = false;
    if (!m->visits) return;
    u64 count = measure_retired(v), cycles = measure_host_cycles(m);
    struct measure_place here = measure_place_of(v);
    for (unsigned i = 0; i < m->visits; i++) {
        struct measure_visit *w = &m->visit[i];
        if (w->away) continue;
        settle(w, count, cycles);
        w->away = true;
        w->left = here;
        if (trap == MEASURE_EXCEPTION) w->exceptions++;
        else w->interrupts++;
    }
    measure_look_again(v);
}

// The return itself belongs to what was apart.
void measure_returned(struct vcpu *v) {
    struct measure *m = v->measure;
    if (!m->visits) return;
    u64 count = measure_retired(v);
    struct measure_place here = measure_place_of(v);
    for (unsigned i = 0; i < m->visits; i++) {
        struct measure_visit *w = &m->visit[i];
        if (!w->away || !same_place(&w->left, &here)) continue;
        settle(w, count, 0);
        w->away = false;
        w->cycles_since = measure_host_cycles(m);
    }
    measure_look_again(v);
}

void measure_abandon(struct measure *m) {
    while (m->visits) measure_drop_visit(m, &m->visit[m->visits - 1]);
    m->lost = 0;
}
