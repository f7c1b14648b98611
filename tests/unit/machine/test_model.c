// SPDX-License-Identifier: MIT
// The model of a machine: caches, TLBs and predictors against a second one that is written another way (each entry remembers when it was used), with
// random addresses in sizes of all kinds; and what can be said by hand.
#include "scripted_plat.h"

#include "base/splitmix.h"
#include "cpu/model.h"

#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static struct scripted_plat s;
static struct env env;

static int setup(void **state) {
    scripted_plat_init(&s);
    env = (struct env){.plat = &s.plat};
    return 0;
}
static int teardown(void **state) {
    env_free_all(&env);
    return 0;
}

// Pages: 4 KiB below 2 MiB, 2 MiB below 1 GiB, 1 GiB below 4 GiB; above that nothing is translated.
static bool look(void *ctx, gva_t a, unsigned *shift, unsigned *entries) {
    *shift = a < 2 * MiB ? 12 : a < GiB ? 21 : 30;
    *entries = a < 2 * MiB ? 4 : a < GiB ? 3 : 2;
    return a < 4 * GiB;
}

static struct model *make(const char *text) {
    struct config_model c;
    assert_null(config_model(&c, text));
    struct model *m = model_create(&env, &c, look, NULL);
    assert_non_null(m);
    return m;
}

// ---- the second one

enum { ENTRIES = 4096 };
struct entry {
    u64 set, what, used; // used 0: free
};
struct store {
    struct entry entry[ENTRIES];
    unsigned n;
    u64 sets, ways, now;
};

// True: it was there.
static bool seen(struct store *t, u64 number, u64 what, bool keep) {
    struct entry *oldest = NULL;
    u64 in_set = 0, set = number % t->sets;
    for (unsigned i = 0; i < t->n; i++) {
        struct entry *e = &t->entry[i];
        if (e->set != set) continue;
        if (e->what == what) {
            e->used = ++t->now;
            return true;
        }
        in_set++;
        if (!oldest || e->used < oldest->used) oldest = e;
    }
    if (!keep) return false;
    if (in_set < t->ways) oldest = &t->entry[t->n++];
    *oldest = (struct entry){set, what, ++t->now};
    return false;
}

static struct store i1, d1, ll, itlb, dtlb, stlb;
static void reset(void) {
    struct store *all[] = {&i1, &d1, &ll, &itlb, &dtlb, &stlb};
    for (unsigned i = 0; i < countof(all); i++) memset(all[i], 0, sizeof *all[i]);
}

static bool lines_missed(struct store *t, u64 a, u64 n, u64 line) {
    bool missed = false;
    for (u64 at = a / line; at <= (a + n - 1) / line; at++) missed |= !seen(t, at, at, true);
    return missed;
}

static void expect_access(struct store *first, u64 line, u64 ll_line, struct store *tlb, u64 a, u64 n, unsigned at, unsigned miss,
                          u64 e[MODEL_EVENTS]) {
    for (u64 page = a / 4096; page <= (a + n - 1) / 4096; page++) {
        u64 p = page * 4096;
        unsigned shift, entries;
        if (!look(NULL, p, &shift, &entries) || seen(tlb, p >> shift, p >> shift << 8 | shift, true)) continue;
        e[miss]++;
        if (stlb.ways && seen(&stlb, p >> shift, p >> shift << 8 | shift, true)) continue;
        e[MODEL_WALK]++;
        e[MODEL_WALK_READ] += entries;
    }
    if (lines_missed(first, a, n, line)) {
        e[at]++;
        e[at + 1] += lines_missed(&ll, a, n, ll_line);
    }
}

static void compare(const char *text, const u64 sets[6], const u64 ways[6], const u64 line[3], u64 seed) {
    struct model *m = make(text);
    struct store *all[] = {&i1, &d1, &ll, &itlb, &dtlb, &stlb};
    u64 is[MODEL_EVENTS] = {0}, want[MODEL_EVENTS] = {0};
    reset();
    for (unsigned i = 0; i < 6; i++) all[i]->sets = sets[i], all[i]->ways = ways[i];
    for (unsigned i = 0; i < 20000; i++) {
        u64 r = splitmix64(&seed), near = r >> 8 & 0x3fff;
        u64 a = (r & 3) == 0   ? near
                : (r & 3) == 1 ? 2 * MiB - 8 + near * 64
                : (r & 3) == 2 ? (r >> 30 & 7) * (GiB / 2) + near
                               : near / 8 * 256;
        unsigned n = 1 + (r >> 4 & 15);
        bool write = r >> 60 & 1;
        if (r >> 61 & 1) {
            model_fetch(m, a, n, is);
            expect_access(&i1, line[0], line[2], &itlb, a, n, MODEL_I1_MISS, MODEL_ITLB_MISS, want);
        } else {
            model_access(m, a, n, write, is);
            expect_access(&d1, line[1], line[2], &dtlb, a, n, write ? MODEL_D1_WRITE_MISS : MODEL_D1_READ_MISS, MODEL_DTLB_MISS,
                          want);
        }
        assert_memory_equal(is, want, sizeof is);
    }
    for (unsigned i = 0; i <= MODEL_WALK_READ; i++) assert_true(is[i] > 0);
}

static void as_the_second_one(void **state) {
    compare("I1=512,2,32 D1=1K,4,64 LL=4K,4,64 ITLB=4,2 DTLB=4,4 STLB=16,4", (u64[]){8, 4, 16, 2, 1, 4},
            (u64[]){2, 4, 4, 2, 4, 4}, (u64[]){32, 64, 64}, 1);
    compare("I1=256,1,16 D1=96,3,16 LL=8K,1,128 ITLB=1,1 DTLB=8,1 STLB=0,0", (u64[]){16, 2, 64, 1, 8, 1},
            (u64[]){1, 3, 1, 1, 1, 0}, (u64[]){16, 16, 128}, 2);
}

static void accesses_at_the_end_of_all_addresses(void **state) {
    struct model *m = make("desktop");
    u64 n[MODEL_EVENTS] = {0};
    model_access(m, ~(u64)0 - 3, 8, false, n); // the last line, and the first
    model_access(m, 0, 8, false, n);
    model_access(m, ~(u64)0, 1, false, n);
    assert_int_equal(n[MODEL_D1_READ_MISS], 1);
    assert_int_equal(n[MODEL_DTLB_MISS], 1); // at the end nothing is translated
}

// ---- branches

static u64 wrong(struct model *m, struct model_branch b, enum model_event miss) {
    u64 n[MODEL_EVENTS] = {0};
    model_branches(m, &b, n);
    return n[miss];
}

static void counters_and_history(void **state) {
    u8 counter[64] = {0};
    u64 seed = 3, history = 0;
    struct model *m = make("branches=64,3");
    for (unsigned i = 0; i < 5000; i++) {
        u64 r = splitmix64(&seed), at = r & 0x3c;
        bool taken = (r >> 10 & 7) < (at >> 2) % 8;
        u8 *c = &counter[((at >> 2) * 8 + history % 8) % 64];
        bool miss = taken ? *c < 2 : *c > 1;
        assert_int_equal(
            wrong(m, (struct model_branch){.conditional = true, .taken = taken, .shift = 2, .at = at}, MODEL_CONDITIONAL_MISS),
            miss);
        *c = taken ? (*c == 3 ? 3 : *c + 1) : (*c == 0 ? 0 : *c - 1);
        history = history * 2 + taken;
    }
}

static void targets(void **state) {
    struct model *m = make("targets=4");
    struct model_branch b = {.indirect = true, .at = 5, .to = 100};
    assert_int_equal(wrong(m, b, MODEL_INDIRECT_MISS), 1);
    assert_int_equal(wrong(m, b, MODEL_INDIRECT_MISS), 0);
    b.at = 9; // the same entry
    b.to = 200;
    assert_int_equal(wrong(m, b, MODEL_INDIRECT_MISS), 1);
    b.at = 5, b.to = 100;
    assert_int_equal(wrong(m, b, MODEL_INDIRECT_MISS), 1);
}

// Three deep: the fourth call drops the first one's return.
static void returns(void **state) {
    struct model *m = make("returns=3");
    for (u64 i = 1; i <= 4; i++) wrong(m, (struct model_branch){.call = true, .behind = i}, MODEL_RETURN);
    for (u64 i = 4; i >= 1; i--)
        assert_int_equal(wrong(m, (struct model_branch){.back = true, .to = i}, MODEL_RETURN_MISS), i == 1);
    wrong(m, (struct model_branch){.call = true, .behind = 7}, MODEL_RETURN);
    assert_int_equal(wrong(m, (struct model_branch){.back = true, .to = 8}, MODEL_RETURN_MISS), 1); // elsewhere
    // RISC-V's coroutines: a return, and a call behind it.
    wrong(m, (struct model_branch){.call = true, .behind = 10}, MODEL_RETURN);
    assert_int_equal(wrong(m, (struct model_branch){.back = true, .call = true, .to = 10, .behind = 20}, MODEL_RETURN_MISS), 0);
    assert_int_equal(wrong(m, (struct model_branch){.back = true, .to = 20}, MODEL_RETURN_MISS), 0);
}

static u64 read_misses(struct model *m) {
    u64 n[MODEL_EVENTS] = {0};
    model_access(m, 64, 4, false, n);
    return n[MODEL_D1_READ_MISS] + n[MODEL_DTLB_MISS];
}

static void another_program_finds_it_empty(void **state) {
    struct model *m = make("small");
    model_runs(m, 0);
    assert_int_equal(read_misses(m), 2);
    model_runs(m, 0x1000); // the first program
    assert_int_equal(read_misses(m), 0);
    model_runs(m, 0); // the kernel, and back
    model_runs(m, 0x1000);
    assert_int_equal(read_misses(m), 0);
    model_runs(m, 0x2000);
    assert_int_equal(read_misses(m), 2);
}

static void *(*alloc)(struct plat *p, size_t bytes, size_t align);
static void *alloc_little(struct plat *p, size_t bytes, size_t align) { return bytes > 100000 ? NULL : alloc(p, bytes, align); }

static void no_memory(void **state) {
    struct config_model c;
    assert_null(config_model(&c, "desktop LL=4M,16,64"));
    alloc = s.plat.alloc;
    s.plat.alloc = alloc_little;
    assert_null(model_create(&env, &c, look, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(as_the_second_one),
        T(accesses_at_the_end_of_all_addresses),
        T(counters_and_history),
        T(targets),
        T(returns),
        T(another_program_finds_it_empty),
        T(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
