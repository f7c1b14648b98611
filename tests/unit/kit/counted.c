// SPDX-License-Identifier: MIT
#include "counted.h"

#include "cpu/measure_parts.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct measure measure;

static void between_slices(struct vcpu *v) {
    v->slice_end = v->clock->now, v->left = 0, v->stalled = 0;
    measure_slice_begins(v, v->clock->now);
}

void counted_on(struct vcpu *v, struct plat *p) {
    measure = (struct measure){.plat = p, .one_by_one = true};
    v->measure = &measure;
    between_slices(v);
    measure_open_visit(v, measure_region_of(&measure, "all"), VISIT_MARK, 0);
}

void counted_off(struct vcpu *v, u64 ticks) {
    const struct measure_region *all = &measure.region[0];
    between_slices(v);
    assert_int_equal(measure.visits, 1);
    measure_close_visit(v, &measure.visit[0], 0);
    between_slices(v); // of the other kind
    assert_false(v->counting);
    v->measure = NULL;
    u64 classes = 0;
    for (unsigned i = 0; i < INSN_CLASSES; i++) classes += all->own.class[i];
    assert_int_equal(classes, all->own.instructions);
    assert_int_equal(all->own.instructions + all->apart + measure.barren, ticks);
    assert_true(all->own.taken <= all->own.class[INSN_BRANCH]);
    assert_true(all->own.loads <= all->own.reads && all->own.stores <= all->own.writes);
}
