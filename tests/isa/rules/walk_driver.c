// SPDX-License-Identifier: MIT
#include "walk_driver.h"

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool in_tables(gpa_t at) { return at >= AT_TABLES && at < AT_TABLES + TABLE_BYTES; }

static void ask(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q,
                const struct walk_expectation *x) {
    static u8 before[TABLE_BYTES];
    struct walk w = {0};
    memcpy(before, r->ram + AT_TABLES, TABLE_BYTES);
    assert_int_equal(rules->walk(rules, r, q, &w), x->fault);
    if (!x->fault) {
        assert_int_equal(w.shift, x->shift);
        assert_int_equal(w.page & (BIT(w.shift) - 1), 0);
        assert_int_equal(w.page + (q->va & (BIT(w.shift) - 1)), x->address);
        assert_int_equal(w.perm, x->perm);
        assert_int_equal(w.global, x->global);
        assert_int_equal(w.dirty, x->dirty);
        for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++) assert_int_equal(w.format->permit(&w, a), x->may[a]);
    }
    if (w.format) assert_int_equal(w.level, x->entries ? x->entries - 1 : 0);
    // Entries: those read as expected, all others untouched.
    for (unsigned i = 0; i < x->entries; i++) {
        if (!walk_host(r, x->at[i], rules->entry_bytes)) continue;
        assert_int_equal(walk_peek(r, x->at[i], rules->entry_bytes), x->after[i]);
        if (in_tables(x->at[i])) memcpy(before + (x->at[i] - AT_TABLES), r->ram + x->at[i], rules->entry_bytes);
    }
    assert_memory_equal(before, r->ram + AT_TABLES, TABLE_BYTES);
}

// Two entries of one walk in one place may both be changed: rare, and the rules do not follow it.
static bool overlaps(const struct walk_expectation *x) {
    for (unsigned i = 0; i < x->entries; i++)
        for (unsigned k = 0; k < i; k++)
            if (x->at[i] == x->at[k]) return true;
    return false;
}

static struct walk_question question(const struct walk_rules *rules, struct walk_rig *r) {
    struct walk_question q = {.va = walk_rnd(r), .root = AT_TABLES + (u64)walk_below(r, TABLE_PAGES) * PAGE_SIZE};
    q.access = (enum mmu_access)walk_below(r, 3);
    q.user = walk_one_in(r, 2);
    q.look = walk_one_in(r, 32);
    q.control = walk_rnd(r);
    if (rules->va_bits == 32) q.va = (u32)q.va;
    else if (!walk_one_in(r, 30)) q.va = (u64)sext(q.va, rules->va_bits);
    return q;
}

void walk_drive(const struct walk_rules *rules, unsigned table_sets, unsigned questions) {
    struct walk_rig *r = walk_rig_new();
    unsigned seen[32] = {0}, sizes[64] = {0};
    r->seed = rules->number + 1;
    for (unsigned t = 0; t < table_sets; t++) {
        r->world = walk_rnd(r);
        for (gpa_t at = AT_TABLES; at < AT_TABLES + TABLE_BYTES; at += rules->entry_bytes)
            walk_poke(r, at, rules->entry(r), rules->entry_bytes);
        for (gpa_t at = AT_ROM; at < AT_ROM + ROM_BYTES; at += rules->entry_bytes)
            walk_poke(r, at, rules->entry(r), rules->entry_bytes);
        for (unsigned i = 0; i < questions; i++) {
            struct walk_question q = question(rules, r);
            struct walk_expectation x = rules->expect(rules, r, &q);
            if (overlaps(&x)) continue;
            ask(rules, r, &q, &x);
            seen[x.fault]++;
            if (!x.fault) sizes[x.shift]++;
        }
    }
    // The questions were good ones: every answer came often.
    assert_true(seen[0] > questions);
    for (unsigned i = 0; i < countof(rules->faults) && rules->faults[i]; i++)
        if (seen[rules->faults[i]] < 50)
            fail_msg("%s: fault %d came %u times", rules->name, rules->faults[i], seen[rules->faults[i]]);
    for (unsigned i = 0; i < countof(rules->shifts) && rules->shifts[i]; i++)
        if (sizes[rules->shifts[i]] < 50)
            fail_msg("%s: pages of 1 << %u came %u times", rules->name, rules->shifts[i], sizes[rules->shifts[i]]);
    walk_rig_free(r);
}
