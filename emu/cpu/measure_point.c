// SPDX-License-Identifier: MIT
// Addresses at which visits begin and end without a mark. A block ends in front of a byte that has the address's offset in its page, for a page
// may be mapped anywhere; the block that begins there asks, each time that it is entered, whether this is the address.
#include "cpu/measure_parts.h"

#include <string.h>

#include "base/bits.h"
#include "cpu/block.h"

static void add(struct measure *m, const struct measure_point *p) {
    u64 offset = p->at & (PAGE_SIZE - 1);
    m->point[m->points++] = *p;
    m->offset[offset >> 6] |= BIT(offset & 63);
}

static struct measure_region *named(struct measure *m, const char *name) {
    char cut[MARK_NAME] = {0};
    memcpy(cut, name, strlen(name) < MARK_NAME ? strlen(name) : MARK_NAME - 1);
    return measure_region_of(m, cut);
}

void measure_function(struct measure *m, const char *name, u64 at) {
    add(m, &(struct measure_point){.at = at, .kind = POINT_FUNCTION, .region = named(m, name)});
}

void measure_range(struct measure *m, const char *name, u64 begin, u64 end) {
    struct measure_region *r = named(m, name);
    add(m, &(struct measure_point){.at = begin, .kind = POINT_BEGIN, .region = r});
    add(m, &(struct measure_point){.at = end, .kind = POINT_END, .region = r});
}

static struct measure_visit *visit_of(struct vcpu *v, const struct measure_region *r) {
    struct measure *m = v->measure;
    struct measure_place here = measure_place_of(v);
    for (unsigned i = 0; i < m->visits; i++) {
        struct measure_visit *w = &m->visit[i];
        if (w->region == r && w->kind != VISIT_MARK && measure_same_program(&w->begun, &here)) return w;
    }
    return NULL;
}

// ---- functions: until they are back at their caller, with its stack

// In the counting of instructions one by one the PC is looked at behind each. At full speed, at which a visit is repeated, the caller's
// address becomes a point.
static bool watch_return(struct vcpu *v, const struct measure_region *r, u64 pc) {
    struct measure *m = v->measure;
    if (m->one_by_one && !measure_repeat_wants(m, r)) return true;
    for (unsigned i = 0; i < m->points; i++)
        if (m->point[i].kind == POINT_RETURN && m->point[i].at == pc) return true;
    if (m->points == MEASURE_POINTS) {
        if (!m->told_points)
            log_warn(m->plat,
                     "measure: functions are called from more than %u places; calls from 0x%llx and further ones are not counted",
                     MEASURE_RETURNS, (unsigned long long)pc);
        m->told_points = true;
        return false;
    }
    add(m, &(struct measure_point){.at = pc, .kind = POINT_RETURN});
    m->fresh = true;
    return true;
}

// A call from within is a part of the visit. One that comes from higher up the stack than the first says that the first will not return.
static void enter_function(struct vcpu *v, struct measure_region *r, u64 paid) {
    struct measure *m = v->measure;
    struct measure_visit *w = visit_of(v, r);
    u64 pc, sp;
    if (measure_repeat_ignores(m, r) || !v->isa->caller(v, &pc, &sp)) return;
    if (w && (w->away || sp <= w->back_sp)) return;
    if (w) measure_drop_visit(m, w);
    if (!watch_return(v, r, pc)) return;
    w = measure_open_visit(v, r, VISIT_FUNCTION, paid);
    if (!w) return;
    w->back_pc = pc;
    w->back_sp = sp;
    w->counts = true;
    m->returns = true;
}

void measure_close_returned(struct vcpu *v, u64 pc, u64 paid) {
    struct measure *m = v->measure;
    bool open = false;
    struct measure_place here = measure_place_of(v);
    for (unsigned i = m->visits; i-- > 0;) {
        struct measure_visit *w = &m->visit[i];
        if (w->kind != VISIT_FUNCTION) continue;
        // CALL's return address and the callee's arguments may be gone from the stack, too.
        if (!w->away && w->back_pc == pc && here.sp >= w->back_sp && measure_same_program(&w->begun, &here))
            measure_close_visit(v, w, paid);
        else open = true;
    }
    m->returns = open;
}

// ---- points

static void at_point(struct vcpu *v, const struct measure_point *p, u64 paid) {
    struct measure_visit *w;
    switch (p->kind) {
    case POINT_FUNCTION: enter_function(v, p->region, paid); break;
    case POINT_RETURN: measure_close_returned(v, p->at, paid); break;
    case POINT_BEGIN:
        if (visit_of(v, p->region)) break;
        w = measure_open_visit(v, p->region, VISIT_RANGE, paid);
        if (w) w->counts = true;
        break;
    case POINT_END:
        w = visit_of(v, p->region);
        if (w && !w->away) measure_close_visit(v, w, paid);
        break;
    }
}

// It may be asked twice: the instruction at a point starts again alone when it meets a device, and so it does behind a change to slices
// of one instruction.
static bool asked(struct measure *m, u64 pc, u64 count) {
    bool again = m->asked.pc == pc && m->asked.count == count;
    m->asked.pc = pc;
    m->asked.count = count;
    return again;
}

bool measure_point(struct vcpu *v, u64 pc) {
    struct measure *m = v->measure;
    struct block *b = v->block;
    bool any = false;
    for (unsigned i = 0; i < m->points && !any; i++) any = m->point[i].at == pc;
    if (!any || asked(m, pc, measure_retired(v) - b->n)) return false;
    // What ends here ends before anything begins.
    for (unsigned i = 0; i < m->points; i++)
        if (m->point[i].at == pc && m->point[i].kind >= POINT_RETURN) at_point(v, &m->point[i], b->n);
    for (unsigned i = 0; i < m->points; i++)
        if (m->point[i].at == pc && m->point[i].kind < POINT_RETURN) at_point(v, &m->point[i], b->n);
    return measure_begins_here(v);
}
