// SPDX-License-Identifier: MIT
// Where a slice ends leaves no trace: guests that change their own page tables without a flush, whose code pages are mapped at
// several addresses, and which look at their own accessed bits, end the same however a run is cut, and in either engine. And what the
// caches know of a page under one address is not used under another.
#include "flavour.h"
#include "base/splitmix.h"
#include "isa/x86_64/insn/decode.h"
#include "counted.h"
#include "x86_both.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SLOWER BY_FLAVOUR(1, 10, 1)

// Code pages are seen in a window of 4 KiB pages, several of them twice. A second window, for data, uses the same slots of the
// TLB, so that data drives code out of it. The page tables and the code can be written through the identity map.
enum {
    PAGES = 32,     // of each window; addresses 16 pages apart share places in the jump cache
    CODE = 0x30000, // the code pages, physical
    CODE_PAGES = 6,
    DATA = 0x50000,
    HOME = 0x51000, // a page that leads back into the window, all around it
    CODE_WINDOW = 0x400000,
    DATA_WINDOW = 0x800000,
    CODE_TABLE = 0x140000,
    DATA_TABLE = 0x141000,
    HOME_TABLE = 0x142000,
    START = CODE_WINDOW + 0x8000,
    SLOT = 16,           // a branch may lead to any multiple of this
    COMPARED = 0x200000, // of RAM: all that the guests use
};
#define PTE_A ((u64)0x20)

static u64 seed;
static u64 rnd(void) { return splitmix64(&seed); }
static unsigned below(unsigned n) { return (unsigned)((rnd() >> 32) * n >> 32); }

// Code that a guest has changed may halt it or end its run: false.
static bool run(struct x86_rig *r, u64 n) {
    while (n) {
        u64 start = r->clock.now, did = vcpu_run(&r->c->v, n);
        r->clock.now = start + did;
        n -= did;
        if (!did || r->reason != -1) return false;
    }
    return true;
}

// No other RAM than what is compared can be reached.
static void windows(struct x86_rig *r) {
    for (unsigned i = 1; i < 512; i++) cpu_poke(r, RIG_TABLES + 0x2000 + 8 * i, HOME_TABLE | 7, 8);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * (CODE_WINDOW >> 21), CODE_TABLE | 7, 8);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * (DATA_WINDOW >> 21), DATA_TABLE | 7, 8);
    for (unsigned i = 0; i < 512; i++) {
        cpu_poke(r, CODE_TABLE + 8 * i, (i < PAGES ? CODE + (i % CODE_PAGES << PAGE_BITS) : HOME) | 7, 8);
        cpu_poke(r, HOME_TABLE + 8 * i, HOME | 7, 8);
        cpu_poke(r, DATA_TABLE + 8 * i, DATA | 7, 8);
    }
    x86_tlb_flush_all(r->c);
}

// ---- one code page at two addresses, with different pages behind it

static unsigned put(struct x86_rig *r, gpa_t at, const u8 *code, unsigned n) {
    bus_copy_in(&r->bus, at, code, n);
    return n;
}
#define PUT(r, at, ...) put(r, at, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

// Calls window pages 0 and 4 in turn and gathers the digits that they leave in AL.
static u64 digits(struct x86_rig *r, unsigned calls) {
    u64 said = 0;
    for (unsigned i = 0; i < calls; i++) {
        r->c->s.gpr[RAX] = 0;
        r->c->s.rip = CODE_WINDOW + (i & 1 ? 4 << PAGE_BITS : 0) + 0xff0;
        run(r, 400);
        said = said * 16 + (u8)r->c->s.gpr[RAX];
    }
    return said;
}

static void page_end(struct x86_rig *r, const u8 *way, unsigned n) {
    cpu_long(r, 0);
    windows(r);
    cpu_poke(r, CODE_TABLE + 8 * 4, CODE | 7, 8);            // page 4 is page 0 again,
    cpu_poke(r, CODE_TABLE + 8 * 5, (CODE + 0x2000) | 7, 8); // with another one behind it
    memset(r->ram + CODE, 0x90, 0x1000);
    put(r, CODE + 0xff0, way, n);
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
    windows(r);
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
        run(r, 60);
        if ((u8)r->c->s.gpr[RBX] != page) fail_msg("round %u: the other page's code was run", round);
    }
}

// ---- random guests

struct page {
    u8 code[4096];
    unsigned n;
};
static void emit(struct page *p, const u8 *bytes, unsigned n) {
    memcpy(p->code + p->n, bytes, n);
    p->n += n;
}
#define EMIT(p, ...) emit(p, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

static void emit32(struct page *p, u32 v) { emit(p, (const u8 *)&v, 4); }

// Leads to the start of a slot, on this page, on one beside it, or 16 pages on or back.
static void displacement(struct page *p) {
    i32 here = (i32)p->n + 4, to = (i32)(below(3 * 4096 / SLOT) * SLOT) - 4096;
    if (below(4) == 0) to += below(2) ? 16 << PAGE_BITS : -(16 << PAGE_BITS);
    emit32(p, (u32)(to - here));
}

static void entry(struct page *p) { emit32(p, 8 * below(PAGES)); }

static void slot(struct page *p) {
    switch (below(15)) {
    case 0: EMIT(p, 0x48, 0x81, 0xc3), emit32(p, (u32)rnd()); break;               // add rbx, n: the place is seen
    case 1: EMIT(p, 0x48, 0xc1, 0xc3, 7, 0x48, 0x31, 0xd3); break;                 // rol rbx, 7; xor rbx, rdx
    case 2: EMIT(p, 0x48, 0x8b, 0x86), entry(p), EMIT(p, 0x48, 0x31, 0xc3); break; // mov rax, [rsi + entry]; xor rbx, rax
    case 3:
    case 4: EMIT(p, 0x48, 0x83, 0xa6), entry(p), EMIT(p, (u8)~PTE_A); break; // and [rsi + entry], ~A
    case 5:
    case 6: EMIT(p, 0x48, 0x8b, 0x87), emit32(p, below(PAGES) << PAGE_BITS); break; // mov rax, [rdi + page]: takes its slot
    case 7:
        EMIT(p, (u8)(below(2) ? 0x4c : 0x48), 0x89, (u8)(0x86 | below(2) << 3)), entry(p);
        break; // mov [rsi + entry], r8, r9, rax or rcx
    case 8: EMIT(p, 0x41, 0x0f, 0x01, 0xbc, 0x24), emit32(p, below(PAGES) << PAGE_BITS); break; // invlpg [r12 + page]
    case 9: EMIT(p, 0x39, 0xd8, 0x0f, (u8)(0x80 | below(16))), displacement(p); break;          // cmp eax, ebx; jcc
    case 10: EMIT(p, 0xe9), displacement(p); break;                                             // jmp
    case 11: EMIT(p, 0x48, 0x8d, 0x05), displacement(p), EMIT(p, 0xff, 0xe0); break;            // lea rax, [rip + x]; jmp rax
    case 12: // add [r13 + x], dl: code that changes, at an address of its own
        EMIT(p, 0x41, 0x00, 0x95), emit32(p, below(CODE_PAGES) << PAGE_BITS | below(4096 / SLOT) * SLOT | 3);
        break;
    case 13: EMIT(p, 0x00, 0x15), emit32(p, SLOT * (1 + below(3)) - 3); break;          // add [rip + x], dl: in its own block
    default: EMIT(p, 0x48, 0xff, 0xc2, 0x48, 0x69, 0xdb), emit32(p, 0x01000193); break; // inc rdx; imul rbx, rbx, n
    }
}

// Begins with what may also be the rest of the page before.
static void random_page(struct page *p) {
    for (p->n = 0; p->n < 4096;) {
        unsigned next = p->n + SLOT;
        if (next == SLOT) EMIT(p, 0x90, 0x90, 0x90, 0x90);
        else if (next == 4096 && below(2))
            EMIT(p, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x05,
                 0x77); // add eax, over the end
        else slot(p);
        while (p->n < next) EMIT(p, 0x90);
    }
}

struct program {
    struct page page[CODE_PAGES];
    u64 entry[PAGES];
};

static u64 random_entry(void) { return (CODE + ((u64)below(CODE_PAGES) << PAGE_BITS)) | 7 | (below(2) ? PTE_A : 0); }

static void random_program(struct program *p) {
    for (unsigned i = 0; i < CODE_PAGES; i++) random_page(&p->page[i]);
    for (unsigned i = 0; i < PAGES; i++) p->entry[i] = random_entry();
}

static void load(struct x86_rig *r, const struct program *p, const struct x86_state *fresh) {
    bus_will_write(&r->bus, 0, RIG_RAM);
    memset(r->ram, 0, RIG_RAM); // all: a guest that changes its page tables gets anywhere
    r->c->s = *fresh;
    cpu_long(r, 0);
    block_cache_flush(&r->c->v);
    r->reason = -1;
    r->clock.now = 0;
    windows(r);
    for (unsigned i = 0; i < PAGES; i++) cpu_poke(r, CODE_TABLE + 8 * i, p->entry[i], 8);
    for (unsigned i = 0; i < CODE_PAGES; i++) put(r, CODE + (i << PAGE_BITS), p->page[i].code, 4096);
    static const u8 home[SLOT] = {0xb8, 0, START >> 8 & 255, START >> 16, 0, 0xff, 0xe0}; // mov eax, START; jmp rax
    for (unsigned at = 0; at < 4096; at += SLOT) put(r, HOME + at, home, SLOT);
    static const u8 handler[] = {0x83, 0x04, 0x24, 0x01, 0x48, 0xcf}; // add dword [rsp], 1; iretq: bytes that are no instruction
    put(r, 0x20000, handler, sizeof handler);
    cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000, 0), 0);
    u64 *gpr = r->c->s.gpr;
    memset(gpr, 0, sizeof r->c->s.gpr);
    gpr[RSP] = RIG_STACK0;
    gpr[RSI] = CODE_TABLE + 8;
    gpr[RDI] = DATA_WINDOW;
    gpr[12] = CODE_WINDOW;
    gpr[13] = CODE;
    gpr[RAX] = p->entry[0], gpr[RCX] = p->entry[1], gpr[8] = p->entry[2], gpr[9] = p->entry[3];
    r->c->s.rip = START;
    x86_set_rflags(r->c, 0, FL_ARITH);
}

enum { KINDS = 6 }; // of slices; the last is all of the run
static u64 slice(unsigned how, u64 left) {
    u64 n = how == 0   ? 1
            : how == 1 ? 1 + below(4)
            : how == 2 ? 1 + below(100)
            : how == 3 ? 47 + below(3)
            : how == 4 ? 1 + below(3000)
                       : left;
    return n < left ? n : left;
}

struct snapshot {
    u64 hash;
    u8 low[COMPARED];
};
static void snapshot(struct x86_rig *r, struct snapshot *s) {
    s->hash = state_hash(&r->state);
    memcpy(s->low, r->ram, COMPARED);
}

static void report_difference(struct x86_rig *r, unsigned round, u64 n, unsigned how, enum engine e, const struct snapshot *whole,
                              const struct snapshot *parts) {
    unsigned at = 0;
    while (at < COMPARED && parts->low[at] == whole->low[at]) at++;
    fail_msg("program %u, %llu instructions, slices of kind %u, %s: another state (RAM from %#x on, rip %llx)", round,
             (unsigned long long)n, how, BOTH_NAMES[e], at, (unsigned long long)r->c->s.rip);
}

// ---- instructions counted one by one (cpu/measure.h): nor does that leave a trace

static void counting_leaves_no_trace(void **state) {
    struct x86_rig *r = *state;
    struct snapshot *whole = malloc(sizeof *whole), *counted = malloc(sizeof *counted);
    struct program *p = malloc(sizeof *p);
    struct x86_state *fresh = malloc(sizeof *fresh);
    *fresh = r->c->s;
    u64 before = 0;
    seed = 22;
    for (unsigned round = 0; round < 300 / SLOWER; round++) {
        random_program(p);
        u64 n = 500 + below(4000);
        for (unsigned twice = 0; twice < 2; twice++) {
            both_use(r, INTERPRET);
            load(r, p, fresh);
            run(r, n);
        }
        snapshot(r, whole);
        for (unsigned way = 0; way < 2 * ENGINES; way++) {
            enum engine e = way < 2 ? TRANSLATE : INTERPRET;
            unsigned how = way & 1 ? KINDS - 1 : 2;
            both_use(r, e);
            load(r, p, fresh);
            counted_on(&r->c->v, &r->plat.plat);
            for (u64 left = n, k; left && run(r, k = slice(how, left)); left -= k);
            counted_off(&r->c->v, r->clock.now);
            snapshot(r, counted);
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
    struct snapshot *whole = malloc(sizeof *whole), *parts = malloc(sizeof *parts);
    struct program *p = malloc(sizeof *p);
    struct x86_state *fresh = malloc(sizeof *fresh); // a reset leaves some of it as it was
    *fresh = r->c->s;
    unsigned long long ran = 0, ended = 0, translated = both_translated(r);
    seed = 21;
    for (unsigned round = 0; round < 300 / SLOWER; round++) {
        random_program(p);
        u64 n = 500 + below(8000);
        for (unsigned twice = 0; twice < 2; twice++) { // which instructions have met a device outlives the program
            both_use(r, INTERPRET);
            load(r, p, fresh);
            ended += !run(r, n);
        }
        snapshot(r, whole);
        ran += r->clock.now;
        for (unsigned way = 0; way < ENGINES * KINDS; way++) {
            enum engine e = way < KINDS ? TRANSLATE : INTERPRET;
            unsigned how = KINDS - 1 - way % KINDS;
            both_use(r, e);
            load(r, p, fresh);
            for (u64 left = n, k; left && run(r, k = slice(how, left)); left -= k);
            snapshot(r, parts);
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
        windows(r);
        PUT(r, CODE, way ? 0xe8 : 0xe9, 0xfb, 0x0f, 0, 0, 0xeb, 0xf9); // call or jmp the next page; jmp $ - 5
        for (unsigned page = 1; page < 3; page++)
            PUT(r, CODE + (page << PAGE_BITS), 0x83, 0xc3, (u8)page, way ? 0xc3 : 0xe9, 0xf8, 0xef, 0xff,
                0xff); // add ebx, page; ret or jmp
        r->c->s.rip = CODE_WINDOW;
        run(r, 400);
        bus_write(&r->bus, CODE_TABLE + 8, 8, (CODE + 0x2000) | 7);
        x86_tlb_flush_page(r->c, CODE_WINDOW + 0x1000);
        r->c->s.gpr[RBX] = 0;
        r->c->s.rip = CODE_WINDOW;
        r->c->s.gpr[RSP] = RIG_STACK0;
        run(r, 400);
        assert_int_equal(r->c->s.gpr[RBX], way ? 2 * 100 : 2 * 133);
    }
}

// ---- what comes between two slices, in the middle of a block

static void changed_where_a_slice_ended(void **state) {
    struct x86_rig *r = *state;
    for (unsigned ends = 1; ends < 8; ends++) {
        cpu_long(r, 0);
        windows(r);
        for (unsigned page = 0; page < 2; page++) {
            memset(r->ram + CODE + (page << PAGE_BITS), 0x90, 8);
            PUT(r, CODE + (page << PAGE_BITS) + 8, 0xb3, (u8)(page + 1), 0xeb, 0xfe); // mov bl, page + 1; jmp $
        }
        r->c->s.rip = CODE_WINDOW;
        run(r, ends);
        PUT(r, CODE + 9, 7); // a device writes
        run(r, 20);
        assert_int_equal((u8)r->c->s.gpr[RBX], 7);
        r->c->s.rip = CODE_WINDOW;
        run(r, ends);
        bus_write(&r->bus, CODE_TABLE, 8, (CODE + 0x1000) | 7);
        x86_tlb_flush_page(r->c, CODE_WINDOW);
        run(r, 20);
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
