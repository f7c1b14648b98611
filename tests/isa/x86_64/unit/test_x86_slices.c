// SPDX-License-Identifier: MIT
// Where a slice ends leaves no trace: guests that change their own page tables without a flush, whose code pages are mapped at
// several addresses, and which look at their own accessed bits, end the same however a run is cut, and in either engine. And what the
// caches know of a page under one address is not used under another.
#include "flavour.h"
#include "isa/x86_64/insn/decode.h"
#include "counted.h"
#include "x86_both.h"
#include "x86_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOWER BY_FLAVOUR(1, 10, 1)

// ---- one code page at two addresses, with different pages behind it

// Calls window pages 0 and 4 in turn and gathers the digits that they leave in AL.
static u64 digits(struct x86_rig *r, unsigned calls) {
    u64 said = 0;
    for (unsigned i = 0; i < calls; i++) {
        r->c->s.gpr[RAX] = 0;
        r->c->s.rip = CODE_WINDOW + (i & 1 ? 4 << PAGE_BITS : 0) + 0xff0;
        guest_run(r, 400);
        said = said * 16 + (u8)r->c->s.gpr[RAX];
    }
    return said;
}

static void page_end(struct x86_rig *r, const u8 *way, unsigned n) {
    cpu_long(r, 0);
    guest_windows(r);
    cpu_poke(r, CODE_TABLE + 8 * 4, CODE | 7, 8);            // page 4 is page 0 again,
    cpu_poke(r, CODE_TABLE + 8 * 5, (CODE + 0x2000) | 7, 8); // with another one behind it
    memset(r->ram + CODE, 0x90, 0x1000);
    guest_put(r, CODE + 0xff0, way, n);
    PUT(r, CODE + 0x1000, 0x90, 0x90, 0x90, 0xb0, 1, 0xeb, 0xfe); // mov al, 1; jmp $
    PUT(r, CODE + 0x2000, 0x90, 0x90, 0x90, 0xb0, 2, 0xeb, 0xfe);
}

static void aliased_code(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u8 code[16], n;
    } ways[] = {
        {{0x90}, 1},                                           // falls over the end
        {{0xeb, 0x10}, 2},                                     // jmp
        {{0x31, 0xdb, 0x85, 0xdb, 0x74, 0x0c}, 6},             // xor ebx, ebx; test ebx, ebx; jz
        {{0x31, 0xdb, 0x39, 0xdb, 0x75, 0x02, 0xeb, 0x0a}, 8}, // cmp, jnz not taken, jmp
        {{0xe9, 0x0b, 0, 0, 0}, 5},                            // jmp rel32
        {{0xb9, 1, 0, 0, 0, 0xe2, 0x00, 0xeb, 0x08}, 9},       // loop
        {{0x48, 0x8d, 0x05, 0x0a, 0, 0, 0, 0xff, 0xe0}, 9},    // lea rax, [rip + 10]; jmp rax
        {{0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xb8},
         16}, // mov eax over the end
    };
    for (unsigned i = 0; i < countof(ways); i++) {
        page_end(r, ways[i].code, ways[i].n);
        if (i + 1 < countof(ways)) {
            assert_int_equal(digits(r, 6), 0x121212);
            continue;
        }
        // The constant comes from the next page, and with it what goes on there.
        PUT(r, CODE + 0x1000, 1, 0, 0, 0, 0xeb, 0xfe);
        PUT(r, CODE + 0x2000, 2, 0, 0, 0, 0xeb, 0xfe);
        assert_int_equal(digits(r, 6), 0x121212);
    }
}

// ---- INVLPG of a page whose block was the first of a new arena

static void invlpg_behind_a_full_arena(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    guest_windows(r);
    // Two pages with a long block each, called by turns at the one address.
    PUT(r, RIG_CODE, 0xb8, 0, CODE_WINDOW >> 8 & 255, CODE_WINDOW >> 16, 0, 0xff, 0xd0, 0xeb,
        0xfe); // mov eax, window; call rax; jmp $
    for (unsigned page = 0; page < 2; page++) {
        memset(r->ram + CODE + (page << PAGE_BITS), 0x90, 64);
        PUT(r, CODE + (page << PAGE_BITS), 0xb3, (u8)page); // mov bl, page
        PUT(r, CODE + (page << PAGE_BITS) + 44, 0xc3);
    }
    for (unsigned round = 0; round < 200000 / SLOWER; round++) {
        unsigned page = round & 1;
        bus_write(&r->bus, CODE_TABLE, 8, (CODE + (page << PAGE_BITS)) | 7);
        x86_tlb_flush_page(r->c, CODE_WINDOW);
        bus_write(&r->bus, CODE + (page << PAGE_BITS) + 20, 1, 0x90); // the block must be made anew
        r->c->s.rip = RIG_CODE;
        r->c->s.gpr[RSP] = RIG_STACK0;
        guest_run(r, 60);
        if ((u8)r->c->s.gpr[RBX] != page) fail_msg("round %u: the other page's code was run", round);
    }
}

static void report_difference(struct x86_rig *r, unsigned round, u64 n, unsigned how, enum engine e,
                              const struct guest_snapshot *whole, const struct guest_snapshot *parts) {
    unsigned at = 0;
    while (at < COMPARED && parts->low[at] == whole->low[at]) at++;
    fail_msg("program %u, %llu instructions, slices of kind %u, %s: another state (RAM from %#x on, rip %llx)", round,
             (unsigned long long)n, how, BOTH_NAMES[e], at, (unsigned long long)r->c->s.rip);
}

// ---- instructions counted one by one (cpu/measure.h): nor does that leave a trace

static void counting_leaves_no_trace(void **state) {
    struct x86_rig *r = *state;
    struct guest_snapshot *whole = malloc(sizeof *whole), *counted = malloc(sizeof *counted);
    struct guest *p = malloc(sizeof *p);
    struct x86_state *fresh = malloc(sizeof *fresh);
    *fresh = r->c->s;
    u64 before = 0;
    guest_seed = 22;
    for (unsigned round = 0; round < 300 / SLOWER; round++) {
        guest_make(p);
        u64 n = 500 + guest_below(4000);
        for (unsigned twice = 0; twice < 2; twice++) {
            both_use(r, INTERPRET);
            guest_load(r, p, fresh);
            guest_run(r, n);
        }
        guest_snapshot(r, whole);
        for (unsigned way = 0; way < 2 * ENGINES; way++) {
            enum engine e = way < 2 ? TRANSLATE : INTERPRET;
            unsigned how = way & 1 ? KINDS - 1 : 2;
            both_use(r, e);
            guest_load(r, p, fresh);
            counted_on(&r->c->v, &r->plat.plat);
            for (u64 left = n, k; left && guest_run(r, k = guest_slice(how, left)); left -= k);
            counted_off(&r->c->v, r->clock.now);
            guest_snapshot(r, counted);
            if (counted->hash != whole->hash || memcmp(counted->low, whole->low, COMPARED))
                report_difference(r, round, n, how, e, whole, counted);
        }
        before += r->clock.now;
    }
    assert_true(before > 250000 / SLOWER);
    free(fresh);
    free(whole);
    free(counted);
    free(p);
}

static void slices_leave_no_trace(void **state) {
    struct x86_rig *r = *state;
    struct guest_snapshot *whole = malloc(sizeof *whole), *parts = malloc(sizeof *parts);
    struct guest *p = malloc(sizeof *p);
    struct x86_state *fresh = malloc(sizeof *fresh); // a reset leaves some of it as it was
    *fresh = r->c->s;
    unsigned long long ran = 0, ended = 0, translated = both_translated(r);
    guest_seed = 21;
    for (unsigned round = 0; round < 300 / SLOWER; round++) {
        guest_make(p);
        u64 n = 500 + guest_below(8000);
        for (unsigned twice = 0; twice < 2; twice++) { // which instructions have met a device outlives the program
            both_use(r, INTERPRET);
            guest_load(r, p, fresh);
            ended += !guest_run(r, n);
        }
        guest_snapshot(r, whole);
        ran += r->clock.now;
        for (unsigned way = 0; way < ENGINES * KINDS; way++) {
            enum engine e = way < KINDS ? TRANSLATE : INTERPRET;
            unsigned how = KINDS - 1 - way % KINDS;
            both_use(r, e);
            guest_load(r, p, fresh);
            for (u64 left = n, k; left && guest_run(r, k = guest_slice(how, left)); left -= k);
            guest_snapshot(r, parts);
            if (parts->hash != whole->hash || memcmp(parts->low, whole->low, COMPARED))
                report_difference(r, round, n, how, e, whole, parts);
        }
    }
    translated = both_translated(r) - translated;
    print_message("%llu instructions, %llu in translated code, %llu programs that ended early, by code that they had changed\n",
                  ran, translated, ended / 2);
    assert_true(ran > 500000 / SLOWER && translated > ran);
    free(fresh);
    free(whole);
    free(parts);
    free(p);
}

// ---- a branch to another page, which is then another page

static void remapped_target(void **state) {
    struct x86_rig *r = *state;
    for (unsigned way = 0; way < 2; way++) {
        cpu_long(r, 0);
        guest_windows(r);
        PUT(r, CODE, way ? 0xe8 : 0xe9, 0xfb, 0x0f, 0, 0, 0xeb, 0xf9); // call or jmp the next page; jmp $ - 5
        for (unsigned page = 1; page < 3; page++)
            PUT(r, CODE + (page << PAGE_BITS), 0x83, 0xc3, (u8)page, way ? 0xc3 : 0xe9, 0xf8, 0xef, 0xff,
                0xff); // add ebx, page; ret or jmp
        r->c->s.rip = CODE_WINDOW;
        guest_run(r, 400);
        bus_write(&r->bus, CODE_TABLE + 8, 8, (CODE + 0x2000) | 7);
        x86_tlb_flush_page(r->c, CODE_WINDOW + 0x1000);
        r->c->s.gpr[RBX] = 0;
        r->c->s.rip = CODE_WINDOW;
        r->c->s.gpr[RSP] = RIG_STACK0;
        guest_run(r, 400);
        assert_int_equal(r->c->s.gpr[RBX], way ? 2 * 100 : 2 * 133);
    }
}

// ---- what comes between two slices, in the middle of a block

static void changed_where_a_slice_ended(void **state) {
    struct x86_rig *r = *state;
    for (unsigned ends = 1; ends < 8; ends++) {
        cpu_long(r, 0);
        guest_windows(r);
        for (unsigned page = 0; page < 2; page++) {
            memset(r->ram + CODE + (page << PAGE_BITS), 0x90, 8);
            PUT(r, CODE + (page << PAGE_BITS) + 8, 0xb3, (u8)(page + 1), 0xeb, 0xfe); // mov bl, page + 1; jmp $
        }
        r->c->s.rip = CODE_WINDOW;
        guest_run(r, ends);
        PUT(r, CODE + 9, 7); // a device writes
        guest_run(r, 20);
        assert_int_equal((u8)r->c->s.gpr[RBX], 7);
        r->c->s.rip = CODE_WINDOW;
        guest_run(r, ends);
        bus_write(&r->bus, CODE_TABLE, 8, (CODE + 0x1000) | 7);
        x86_tlb_flush_page(r->c, CODE_WINDOW);
        guest_run(r, 20);
        assert_int_equal((u8)r->c->s.gpr[RBX], 2);
    }
}

static int new(void **state) {
    struct x86_rig *r;
    if (both_new(&r, 1 << 20)) return -1;
    both_use(r, INTERPRET);
    *state = r;
    return 0;
}
static int new_translating(void **state) {
    if (new (state)) return -1;
    both_use(*state, TRANSLATE);
    return 0;
}
static int end(void **state) { return both_free(*state); }

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, new, end)
#define BOTH(f)                                                                                                                  \
    TEST(f), { #f ", translated", f, new_translating, end, NULL }
    const struct CMUnitTest tests[] = {BOTH(aliased_code),    BOTH(invlpg_behind_a_full_arena), BOTH(changed_where_a_slice_ended),
                                       BOTH(remapped_target), TEST(slices_leave_no_trace),      TEST(counting_leaves_no_trace)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
