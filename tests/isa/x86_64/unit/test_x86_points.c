// SPDX-License-Identifier: MIT
// Breakpoints (cpu/debug.h) in random guests: each is met at the very instructions that a run of one instruction at a time has seen at its address,
// in either engine, at whatever instants they come and go; they leave no trace; and those that are not met cost nothing.
#include "flavour.h"
#include "cpu/debug.h"
#include "x86_both.h"
#include "x86_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOWER BY_FLAVOUR(1, 10, 2)

enum { LONGEST = 6000 };

// A guest, and where it was before each tick of its run.
struct run {
    struct guest guest;
    struct x86_state fresh;
    u64 n, pc[LONGEST];
    struct guest_snapshot end;
};

static void load(struct x86_rig *r, struct run *p, enum engine e) {
    both_use(r, e);
    guest_load(r, &p->guest, &p->fresh);
}

// Which instructions have met a device outlives the program: it is run twice.
static void trace(struct x86_rig *r, struct run *p) {
    guest_make(&p->guest);
    p->n = 500 + guest_below(LONGEST - 500);
    for (unsigned twice = 0; twice < 2; twice++) {
        load(r, p, INTERPRET);
        for (u64 i = 0; i < p->n; i++) {
            p->pc[i] = r->c->s.rip;
            if (!guest_run(r, 1)) p->n = i;
        }
    }
    guest_snapshot(r, &p->end);
}

static bool is_set(const struct vcpu_debug *d, u64 at) {
    for (unsigned i = 0; i < d->breaks; i++)
        if (d->at[i] == at) return true;
    return false;
}

// Where something will be, or has been; or as far from the begin of another page.
static u64 somewhere(const struct run *p, u64 now) {
    u64 at = p->pc[guest_below(4) ? now + guest_below((unsigned)(p->n - now)) : guest_below((unsigned)p->n)];
    return guest_below(4) ? at : (CODE_WINDOW + ((u64)guest_below(PAGES) << PAGE_BITS)) | (at & (PAGE_SIZE - 1));
}

static void change(struct x86_rig *r, const struct run *p, u64 now) {
    const struct vcpu_debug *d = r->c->v.debug;
    for (unsigned n = guest_below(4); n--;) {
        bool set = d->breaks < 4 && guest_below(3);
        if (set || d->breaks) debug_break(&r->c->v, set ? somewhere(p, now) : d->at[guest_below(d->breaks)], set);
    }
}

// Runs at most k ticks, at the tick `now` of the run. Returns how many it were.
static u64 go(struct x86_rig *r, const struct run *p, u64 now, u64 k, unsigned round, bool *hit) {
    struct vcpu_debug *d = r->c->v.debug;
    u64 expected = now + d->pass;
    while (expected < now + k && !is_set(d, p->pc[expected])) expected++;
    u64 did = 0, some = 1;
    while (did < k && !d->hit && some) {
        some = vcpu_run(&r->c->v, k - did);
        r->clock.now += some;
        did += some;
    }
    if (now + did != expected || (did < k) != (d->hit == DEBUG_BREAK))
        fail_msg("guest %u, from tick %llu on: it stops at %llu (%s), not at %llu", round, (unsigned long long)now,
                 (unsigned long long)(now + did), d->hit ? "a breakpoint" : "no breakpoint", (unsigned long long)expected);
    *hit = d->hit;
    d->hit = DEBUG_NOTHING;
    return did;
}

static void each_is_met(void **state) {
    struct x86_rig *r = *state;
    struct run *p = malloc(sizeof *p);
    struct guest_snapshot *end = malloc(sizeof *end);
    struct vcpu_debug d;
    u64 hits = 0, translated = both_translated(r);
    p->fresh = r->c->s;
    guest_seed = 31;
    for (unsigned round = 0; round < 150 / SLOWER; round++) {
        trace(r, p);
        for (unsigned way = 0; way < 2 * ENGINES && p->n; way++) {
            unsigned how = way < ENGINES ? guest_below(KINDS) : KINDS - 1;
            load(r, p, way & 1 ? TRANSLATE : INTERPRET);
            both_translate_after(r, 1 + guest_below(5));
            d = (struct vcpu_debug){0};
            r->c->v.debug = &d;
            bool hit = true;
            for (u64 now = 0; now < p->n;) {
                if (hit || !guest_below(8)) change(r, p, now);
                d.pass = hit;
                now += go(r, p, now, guest_slice(how, p->n - now), round, &hit);
                hits += hit;
            }
            guest_snapshot(r, end);
            r->c->v.debug = NULL;
            if (end->hash != p->end.hash || memcmp(end->low, p->end.low, COMPARED))
                fail_msg("guest %u, %s: breakpoints have left a trace", round, BOTH_NAMES[way & 1]);
        }
    }
    translated = both_translated(r) - translated;
    print_message("%llu breakpoints met, %llu instructions in translated code\n", (unsigned long long)hits,
                  (unsigned long long)translated);
    assert_true(hits > 8000 / SLOWER && translated > 100000 / SLOWER);
    free(end);
    free(p);
}

// Pages from which nothing is run have breakpoints at the offsets of all that is.
static void others_cost_nothing(void **state) {
    struct x86_rig *r = *state;
    struct run *p = malloc(sizeof *p);
    struct vcpu_debug d = {0};
    u64 all = 0;
    p->fresh = r->c->s;
    guest_seed = 32;
    for (unsigned round = 0; round < 50 / SLOWER; round++) {
        u64 translated[2];
        trace(r, p);
        for (unsigned with = 0; with < 2; with++) {
            load(r, p, TRANSLATE);
            both_translate_after(r, 1);
            r->c->v.debug = &d;
            d = (struct vcpu_debug){0};
            for (u64 i = 0; with && i < p->n; i++) debug_break(&r->c->v, 0x7f0000000000 + (p->pc[i] & (PAGE_SIZE - 1)), true);
            u64 before = both_translated(r);
            guest_run(r, p->n / 2);
            if (with)
                debug_break(&r->c->v, 0x7f0000001000 + (p->pc[p->n / 2] & (PAGE_SIZE - 1)), false); // they are looked at anew
            d.changed |= with;
            guest_run(r, p->n - p->n / 2);
            translated[with] = both_translated(r) - before;
            r->c->v.debug = NULL;
        }
        assert_int_equal(translated[0], translated[1]);
        all += translated[1];
    }
    assert_true(all > 50000 / SLOWER);
    free(p);
}

// One way alone leads to the block with the breakpoint: a link, whose target's jump entry is another's meanwhile; or the guest stands in
// it, and who it has come from is written over.
static void by_one_way(void **state) {
    struct x86_rig *r = *state;
    struct vcpu_debug d = {0};
    const u64 at = CODE_WINDOW + PAGE_SIZE + 20;
    r->c->v.debug = &d;
    for (unsigned way = 0; way < 2 * ENGINES; way++) {
        bool stands = way < ENGINES;
        both_use(r, way & 1 ? TRANSLATE : INTERPRET);
        cpu_long(r, 0);
        guest_windows(r);
        memset(r->ram + CODE + PAGE_SIZE, 0x90, 21);
        PUT(r, CODE, 0xe9, 0xfb, 0x0f, 0, 0);                        // jmp the next page
        PUT(r, CODE + PAGE_SIZE + 21, 0xe9, 0xe6, 0xef, 0xff, 0xff); // jmp back
        r->c->s.rip = CODE_WINDOW;
        guest_run(r, 23 * 5 + (stands ? 10 : 0)); // a round is 23 instructions
        if (stands) bus_write(&r->bus, CODE + 2, 1, 0);
        memset(r->c->v.jump, 0, sizeof r->c->v.jump);
        assert_int_equal(debug_break(&r->c->v, at, true), 0);
        assert_int_equal(vcpu_run(&r->c->v, 30), stands ? 11 : 21);
        assert_int_equal(d.hit, DEBUG_BREAK);
        assert_int_equal(r->c->s.rip, at);
        d = (struct vcpu_debug){.changed = true};
    }
    r->c->v.debug = NULL;
}

static int new(void **state) {
    struct x86_rig *r;
    if (both_new(&r, 1 << 20)) return -1;
    *state = r;
    return 0;
}
static int end(void **state) { return both_free(*state); }

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, new, end)
    const struct CMUnitTest tests[] = {TEST(each_is_met), TEST(by_one_way), TEST(others_cost_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
