// SPDX-License-Identifier: MIT
// PLIC against its specification (1.0.0): priorities, thresholds, claims, completions, gateways; the rules a second time as a
// model under random operations; and accesses that no driver makes.
#include "dev/plic.h"

#include "dev_fixture.h"
#include "hostile_io.h"

enum { M = 0, S = 1, CONTEXTS = 2 };
#define PRIORITY(n) (4u * (n))
#define PENDING(w) (0x1000u + 4 * (w))
#define ENABLE(c, w) (0x2000u + 0x80 * (c) + 4 * (w))
#define THRESHOLD(c) (0x200000u + 0x1000 * (c))
#define CLAIM(c) (0x200004u + 0x1000 * (c))

static struct plic *make(struct dev_fixture *f) {
    struct irq_line lines[CONTEXTS] = {probe_line(f, M), probe_line(f, S)};
    return plic_create(&f->env, lines, CONTEXTS);
}
static void wr(struct plic *p, u32 at, u32 v) { out32(&plic_ops, p, at, v); }
static u32 rd(struct plic *p, u32 at) { return in32(&plic_ops, p, at); }
static void level(struct plic *p, unsigned source, bool v) {
    struct irq_line l = plic_line(p, source);
    irq_set(&l, v);
}

// As Linux sets up ttyS0 on QEMU's virt: source 10, S-mode.
static void one_interrupt(void **state) {
    struct dev_fixture *f = *state;
    struct plic *p = make(f);
    wr(p, PRIORITY(10), 1);
    assert_false(plic_listens(p, 10));
    wr(p, ENABLE(S, 0), 1 << 10);
    assert_true(plic_listens(p, 10));
    assert_false(f->probe[S].level);
    level(p, 10, true);
    assert_true(f->probe[S].level);
    assert_false(f->probe[M].level); // has not enabled it
    assert_int_equal(rd(p, PENDING(0)), 1 << 10);
    assert_int_equal(rd(p, CLAIM(M)), 0);
    assert_int_equal(rd(p, CLAIM(S)), 10);
    assert_false(f->probe[S].level);
    assert_int_equal(rd(p, PENDING(0)), 0);
    assert_int_equal(rd(p, CLAIM(S)), 0); // the level is high still, but its gateway is closed
    wr(p, CLAIM(S), 10);
    assert_true(f->probe[S].level); // and comes again
    assert_int_equal(f->probe[S].rises, 2);
    assert_int_equal(rd(p, CLAIM(S)), 10);
    level(p, 10, false);
    wr(p, CLAIM(S), 10);
    assert_false(f->probe[S].level);
}

// The report that two interrupts at once lose one at complete: neither order of completion does.
static void two_at_once(void **state) {
    struct dev_fixture *f = *state;
    for (unsigned order = 0; order < 2; order++) {
        f->state.parts = 0;
        struct plic *p = make(f);
        wr(p, PRIORITY(3), 1), wr(p, PRIORITY(96), 1);
        wr(p, ENABLE(S, 0), 1 << 3), wr(p, ENABLE(S, 3), 1);
        level(p, 96, true), level(p, 3, true);
        assert_int_equal(rd(p, CLAIM(S)), 3); // equal priority: the lowest number
        assert_true(f->probe[S].level);
        level(p, 3, false);
        if (order) {
            assert_int_equal(rd(p, CLAIM(S)), 96); // nested
            level(p, 96, false);
            wr(p, CLAIM(S), 3);
            assert_int_equal(rd(p, CLAIM(S)), 0);
            wr(p, CLAIM(S), 96);
        } else {
            wr(p, CLAIM(S), 3);
            assert_true(f->probe[S].level);
            assert_int_equal(rd(p, CLAIM(S)), 96);
            level(p, 96, false);
            wr(p, CLAIM(S), 96);
        }
        assert_false(f->probe[S].level);
        level(p, 3, true), level(p, 96, true); // both gateways are open
        assert_int_equal(rd(p, CLAIM(S)), 3);
        assert_int_equal(rd(p, CLAIM(S)), 96);
        level(p, 3, false), level(p, 96, false);
        wr(p, CLAIM(S), 3), wr(p, CLAIM(S), 96);
    }
}

static void priorities_and_thresholds(void **state) {
    struct dev_fixture *f = *state;
    struct plic *p = make(f);
    wr(p, ENABLE(M, 0), 0xffffffff);
    assert_int_equal(rd(p, ENABLE(M, 0)), 0xfffffffe); // source 0 does not exist
    wr(p, ENABLE(M, 3), 0xffffffff);
    assert_int_equal(rd(p, ENABLE(M, 3)), 1); // nor do those above 96
    wr(p, PRIORITY(0), 7);
    assert_int_equal(rd(p, PRIORITY(0)), 0);
    wr(p, PRIORITY(1), 0xffffffff);
    assert_int_equal(rd(p, PRIORITY(1)), 7);
    wr(p, PRIORITY(97), 7);
    assert_int_equal(rd(p, PRIORITY(97)), 0);
    level(p, 5, true); // priority 0: pending, and never interrupts
    assert_int_equal(rd(p, PENDING(0)), 1 << 5);
    assert_false(f->probe[M].level);
    assert_int_equal(rd(p, CLAIM(M)), 0);
    wr(p, PRIORITY(5), 2), wr(p, PRIORITY(6), 3);
    assert_true(f->probe[M].level);
    wr(p, THRESHOLD(M), 2);
    assert_int_equal(rd(p, THRESHOLD(M)), 2);
    assert_false(f->probe[M].level);
    level(p, 6, true);
    assert_true(f->probe[M].level);
    assert_int_equal(rd(p, CLAIM(M)), 6);
    assert_false(f->probe[M].level);
    assert_int_equal(rd(p, CLAIM(M)), 5); // a claim heeds no threshold
    wr(p, THRESHOLD(M), 0xff);
    assert_int_equal(rd(p, THRESHOLD(M)), 7);
    wr(p, THRESHOLD(2), 5); // no such context
    assert_int_equal(rd(p, THRESHOLD(2)), 0);
    assert_int_equal(rd(p, CLAIM(2)), 0);
}

// "If the completion ID does not match an interrupt source that is currently enabled for the target, the completion is silently ignored."
static void completions_that_are_ignored(void **state) {
    struct dev_fixture *f = *state;
    struct plic *p = make(f);
    wr(p, PRIORITY(7), 1);
    wr(p, ENABLE(S, 0), 1 << 7);
    level(p, 7, true);
    assert_int_equal(rd(p, CLAIM(S)), 7);
    static const u32 nobody[] = {0, 8, 97, 1023, 1024, 0xffffffff};
    for (unsigned i = 0; i < countof(nobody); i++) wr(p, CLAIM(S), nobody[i]);
    wr(p, CLAIM(M), 7); // not enabled there
    wr(p, ENABLE(S, 0), 0);
    wr(p, CLAIM(S), 7); // nor here any more
    wr(p, ENABLE(S, 0), 1 << 7);
    assert_false(f->probe[S].level);
    wr(p, CLAIM(S), 7);
    assert_true(f->probe[S].level);
    level(p, 7, false);
    assert_true(f->probe[S].level); // a request that was taken on is not taken back
    assert_int_equal(rd(p, CLAIM(S)), 7);
    wr(p, CLAIM(S), 7);
    assert_false(f->probe[S].level);
}

static void widths(void **state) {
    struct dev_fixture *f = *state;
    struct plic *p = make(f);
    plic_ops.write(p, PRIORITY(2), 8, (u64)4 << 32 | 3);
    assert_int_equal(rd(p, PRIORITY(2)), 3);
    assert_int_equal(rd(p, PRIORITY(3)), 4);
    assert_int_equal(plic_ops.read(p, PRIORITY(2), 8), (u64)4 << 32 | 3);
    wr(p, ENABLE(S, 0), 1 << 2);
    level(p, 2, true);
    assert_int_equal(plic_ops.read(p, CLAIM(S), 1), 0);
    assert_int_equal(plic_ops.read(p, CLAIM(S), 2), 0);
    assert_int_equal(plic_ops.read(p, CLAIM(S) - 2, 4), 0);
    assert_true(f->probe[S].level); // none of them was a claim
    plic_ops.write(p, PRIORITY(2), 1, 0);
    plic_ops.write(p, PRIORITY(2) + 1, 4, 0);
    assert_int_equal(rd(p, PRIORITY(2)), 3);
    assert_int_equal(plic_ops.read(p, THRESHOLD(S), 8), (u64)2 << 32); // threshold, and a claim
}

// The specification's words again, source by source.
struct model {
    bool level[97], pending[97], busy[97], enable[CONTEXTS][97];
    u8 priority[97], threshold[CONTEXTS];
};
static void gateway(struct model *m, unsigned n) {
    if (m->level[n] && !m->busy[n]) m->pending[n] = true;
}
static unsigned winner(const struct model *m, unsigned c) {
    for (unsigned priority = 7; priority > 0; priority--)
        for (unsigned n = 1; n <= 96; n++)
            if (m->pending[n] && m->enable[c][n] && m->priority[n] == priority) return n;
    return 0;
}

static void as_the_model(void **state) {
    struct dev_fixture *f = *state;
    struct plic *p = make(f);
    static struct model m;
    memset(&m, 0, sizeof m);
    u64 seed = 1;
    for (unsigned i = 0; i < 200000; i++) {
        u64 r = splitmix64(&seed);
        unsigned n = 1 + (unsigned)(r >> 8) % 96, c = r >> 20 & 1, v = (unsigned)(r >> 32) & 7;
        switch (r % 6) {
        case 0: level(p, n, m.level[n] = v & 1), gateway(&m, n); break;
        case 1: wr(p, PRIORITY(n), m.priority[n] = (u8)v); break;
        case 2: wr(p, THRESHOLD(c), m.threshold[c] = v & 3); break;
        case 3: {
            u32 word = (u32)splitmix64(&seed);
            wr(p, ENABLE(c, n / 32), word);
            for (unsigned b = 0; b < 32; b++)
                if (n / 32 * 32 + b >= 1 && n / 32 * 32 + b <= 96) m.enable[c][n / 32 * 32 + b] = word >> b & 1;
            break;
        }
        case 4: {
            unsigned won = winner(&m, c);
            assert_int_equal(rd(p, CLAIM(c)), won);
            if (won) m.pending[won] = false, m.busy[won] = true;
            break;
        }
        case 5:
            wr(p, CLAIM(c), n);
            if (m.enable[c][n]) m.busy[n] = false, gateway(&m, n);
            break;
        }
        for (c = 0; c < CONTEXTS; c++) {
            unsigned won = winner(&m, c);
            assert_int_equal(f->probe[c].level, won && m.priority[won] > m.threshold[c]);
        }
        assert_int_equal(rd(p, PENDING(n / 32)) >> n % 32 & 1, m.pending[n]);
    }
}

static void hostile(void **state) {
    struct plic *p = make(*state);
    u64 seed = 2;
    for (unsigned i = 0; i < 500000; i++) hostile_access(&plic_ops, p, PLIC_SIZE, &seed);
    hostile_access(&plic_ops, p, PLIC_SIZE, &seed);
    wr(p, ENABLE(M, 0), 0);
    assert_int_equal(rd(p, ENABLE(M, 0)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(one_interrupt),
        DEVICE_TEST(two_at_once),
        DEVICE_TEST(priorities_and_thresholds),
        DEVICE_TEST(completions_that_are_ignored),
        DEVICE_TEST(widths),
        DEVICE_TEST(as_the_model),
        DEVICE_TEST(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
