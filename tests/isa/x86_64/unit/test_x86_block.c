// SPDX-License-Identifier: MIT
// Decoded blocks must not be visible to the guest: code that changes is seen at once, whoever changes it and through whatever
// address; and N instructions are N instructions, into however many slices they are cut.
#include "base/splitmix.h"
#include "isa/x86_64/insn/decode.h"
#include "x86_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DATA_AT = 0x40000, HANDLER = 0x20000, ALIAS = 0x400000 };

static u64 seed;
static u64 rnd(void) { return splitmix64(&seed); }
static unsigned below(unsigned n) { return (unsigned)((rnd() >> 32) * n >> 32); }

static void run(struct x86_rig *r, u64 n) {
    while (n) {
        u64 start = r->clock.now, did = vcpu_run(&r->c->v, n);
        r->clock.now = start + did;
        n -= did;
    }
}
static void put(struct x86_rig *r, gpa_t at, const u8 *code, unsigned n) { bus_copy_in(&r->bus, at, code, n); }
#define PUT(r, at, ...) put(r, at, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

static void go(struct x86_rig *r, u64 rip, u64 n) {
    r->c->s.rip = rip;
    run(r, n);
}

// ---- self-modifying code; in all of these the bytes run once before they change

static void next_instruction(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    // mov eax, 1; mov byte [rip + 1], 2 (the immediate of the next one); mov ebx, 1
    const u8 code[] = {0xb8, 1, 0, 0, 0, 0xc6, 0x05, 1, 0, 0, 0, 2, 0xbb, 1, 0, 0, 0, 0xeb, 0xfe};
    put(r, RIG_CODE, code, sizeof code);
    go(r, RIG_CODE, 3);
    assert_int_equal(r->c->s.gpr[RBX], 2);
    put(r, RIG_CODE, code, sizeof code); // as at first
    go(r, RIG_CODE, 3);
    assert_int_equal(r->c->s.gpr[RBX], 2);
}

static void own_bytes(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    // rep stosb over itself and what follows: it goes on as what it was, what follows is new (NOPs)
    PUT(r, RIG_CODE, 0xf3, 0xaa, 0xff, 0xc3, 0xff, 0xc3, 0xff, 0xc3, 0xff, 0xc3, 0xeb, 0xfe);
    r->c->s.gpr[RDI] = RIG_CODE;
    r->c->s.gpr[RCX] = 8;
    r->c->s.gpr[RAX] = 0x90;
    r->c->s.gpr[RBX] = 0;
    go(r, RIG_CODE, 12);
    assert_int_equal(r->c->s.gpr[RCX], 0);
    assert_int_equal(r->c->s.gpr[RBX], 1); // one INC was beyond the eight bytes
}

static void from_outside(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    PUT(r, RIG_CODE, 0xbb, 1, 0, 0, 0, 0xeb, 0xfe);
    go(r, RIG_CODE, 1000);
    assert_int_equal(r->c->s.gpr[RBX], 1);
    bus_write(&r->bus, RIG_CODE + 1, 1, 2);
    go(r, RIG_CODE, 1000);
    assert_int_equal(r->c->s.gpr[RBX], 2);
    PUT(r, RIG_CODE + 1, 3); // a device's DMA
    go(r, RIG_CODE, 1000);
    assert_int_equal(r->c->s.gpr[RBX], 3);
    bus_will_write(&r->bus, RIG_CODE, 8);
    r->ram[RIG_CODE + 1] = 4;
    go(r, RIG_CODE, 1000);
    assert_int_equal(r->c->s.gpr[RBX], 4);
}

static void through_an_alias(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * (ALIAS >> 21), 0x83, 8); // 2 MiB at ALIAS: physical 0
    x86_tlb_flush_all(r->c);
    PUT(r, RIG_CODE, 0xbb, 1, 0, 0, 0, 0xeb, 0xfe);
    PUT(r, 0x11000, 0xc6, 0x07, 9, 0xeb, 0xfe); // mov byte [rdi], 9
    r->c->s.gpr[RDI] = ALIAS + DATA_AT;
    go(r, 0x11000, 10); // the write's translation is there before the code is
    go(r, RIG_CODE, 100);
    assert_int_equal(r->c->s.gpr[RBX], 1);
    r->c->s.gpr[RDI] = ALIAS + RIG_CODE + 1;
    go(r, 0x11000, 10);
    go(r, RIG_CODE, 100);
    assert_int_equal(r->c->s.gpr[RBX], 9);
    // the alias's own code is the same code
    go(r, ALIAS + RIG_CODE, 100);
    r->c->s.gpr[RDI] = RIG_CODE + 1;
    PUT(r, 0x11000, 0xc6, 0x07, 7, 0xeb, 0xfe);
    go(r, 0x11000, 10);
    go(r, ALIAS + RIG_CODE, 100);
    assert_int_equal(r->c->s.gpr[RBX], 7);
}

static void over_a_page_end(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    for (unsigned before = 1; before < 5; before++) { // bytes on the first page
        u64 at = 0x13000 - before;
        PUT(r, at, 0xbb, 1, 0, 0, 0, 0xeb, 0xfe);
        go(r, at, 100);
        assert_int_equal(r->c->s.gpr[RBX], 1);
        cpu_poke(r, at + 4, 0x77, 1); // on the second page
        go(r, at, 100);
        assert_int_equal(r->c->s.gpr[RBX], 0x77000001);
        cpu_poke(r, at, 0xb9, 1); // on the first: ECX instead
        go(r, at, 100);
        assert_int_equal(r->c->s.gpr[RCX], 0x77000001);
    }
}

// The page tables change under the code: after INVLPG or a CR3 load the new page's code runs.
static void remapped(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    u64 pde = RIG_TABLES + 0x2000 + 8 * (ALIAS >> 21), pt = RIG_TABLES + 0x10000;
    cpu_poke(r, pde, pt | 7, 8);
    cpu_poke(r, pt, 0x30000 | 7, 8);
    cpu_poke(r, pt + 8, 0x31000 | 7, 8);
    x86_tlb_flush_all(r->c);
    PUT(r, 0x30000, 0xbb, 1, 0, 0, 0, 0xeb, 0xfe);
    PUT(r, 0x32000, 0xbb, 2, 0, 0, 0, 0xeb, 0xfe);
    go(r, ALIAS, 200);
    assert_int_equal(r->c->s.gpr[RBX], 1);
    cpu_poke(r, pt, 0x32000 | 7, 8);
    x86_tlb_flush_page(r->c, ALIAS);
    go(r, ALIAS, 200);
    assert_int_equal(r->c->s.gpr[RBX], 2);
    cpu_poke(r, pt, 0x30000 | 7, 8);
    x86_tlb_flush_address_space(r->c);
    go(r, ALIAS, 200);
    assert_int_equal(r->c->s.gpr[RBX], 1);
    // only the second page of a page-crossing instruction changes
    PUT(r, 0x30ffe, 0xbb, 1);
    PUT(r, 0x31000, 0, 0, 0, 0xeb, 0xfe);
    PUT(r, 0x33000, 0x44, 0, 0, 0xeb, 0xfe);
    go(r, ALIAS + 0xffe, 200);
    assert_int_equal(r->c->s.gpr[RBX], 1);
    cpu_poke(r, pt + 8, 0x33000 | 7, 8);
    x86_tlb_flush_page(r->c, ALIAS + 0x1000);
    go(r, ALIAS + 0xffe, 200);
    assert_int_equal(r->c->s.gpr[RBX], 0x4401);
}

// Two address spaces with other code at the one address. `at` of B is never global; of A it may be, and is then good in B, too, until it
// is invalidated in any of them (4.10.2.4).
enum { SPACE_B = 0x20000 }; // its tables, behind A's

static void space(struct x86_rig *r, unsigned b) { x86_write_cr3(r->c, (RIG_TABLES + b * SPACE_B) | (b + 1) | BIT(63)); }

static u64 says(struct x86_rig *r, unsigned b) {
    space(r, b);
    go(r, ALIAS, 200);
    return r->c->s.gpr[RBX];
}

static void two_spaces(struct x86_rig *r, u64 a_flags) {
    cpu_long(r, 0);
    x86_write_cr4(r->c, r->c->s.cr4 | CR4_PGE | CR4_PCIDE);
    for (unsigned b = 0; b < 2; b++) {
        u64 root = RIG_TABLES + b * SPACE_B;
        if (b) memcpy(r->ram + root, r->ram + RIG_TABLES, 0x3000);
        cpu_poke(r, root, (root + 0x1000) | 7, 8);
        cpu_poke(r, root + 0x1000, (root + 0x2000) | 7, 8);
        cpu_poke(r, root + 0x2000 + 8 * (ALIAS >> 21), (root + 0x10000) | 7, 8);
        cpu_poke(r, root + 0x10000, (0x30000 + 0x1000 * b) | 7 | (b ? 0 : a_flags), 8);
    }
    for (u8 page = 0; page < 3; page++) PUT(r, 0x30000 + 0x1000 * page, 0xbb, page, 0, 0, 0, 0xeb, 0xfe);
    x86_tlb_flush_all(r->c);
}

static void spaces_apart(void **state) {
    struct x86_rig *r = *state;
    enum { GLOBAL = 0x100 };
    two_spaces(r, 0);
    for (unsigned i = 0; i < 6; i++) assert_int_equal(says(r, i & 1), i & 1);
    for (unsigned local_first = 0; local_first < 2; local_first++) {
        two_spaces(r, GLOBAL);
        if (local_first) { // code on a page that is not global runs in B: jump keys name the space from then on
            PUT(r, 0x33000, 0xeb, 0xfe);
            space(r, 1);
            go(r, 0x33000, 50);
        }
        assert_int_equal(says(r, 0), 0);
        space(r, 1);
        cpu_poke(r, RIG_TABLES + 0x10000, 0x32000 | 7 | GLOBAL, 8);
        x86_tlb_flush_page(r->c, ALIAS); // in B: global ones go, too
        assert_int_equal(says(r, 1), 1);
        assert_int_equal(says(r, 0), 2);
        // What B's page left behind is not taken for A's, though A's is no longer global.
        cpu_poke(r, RIG_TABLES + 0x10000, 0x30000 | 7, 8);
        x86_tlb_flush_page(r->c, ALIAS);
        for (unsigned i = 0; i < 6; i++) assert_int_equal(says(r, i & 1), i & 1);
    }
    // Without CR4.PGE nothing is global.
    two_spaces(r, GLOBAL);
    x86_write_cr4(r->c, r->c->s.cr4 & ~CR4_PGE);
    for (unsigned i = 0; i < 6; i++) assert_int_equal(says(r, i & 1), i & 1);
}

// The same bytes are other instructions in another mode.
static void modes_apart(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    PUT(r, RIG_CODE, 0x48, 0xff, 0xc0, 0xeb, 0xfe); // inc rax; 32 bits: dec eax; inc eax
    r->c->s.gpr[RAX] = 0xffffffff;
    go(r, RIG_CODE, 100);
    assert_int_equal(r->c->s.gpr[RAX], 0x100000000);
    r->c->s.seg[CS].attr = (r->c->s.seg[CS].attr & ~(u32)AR_L) | AR_DB;
    r->c->s.seg[CS].limit = ~0u;
    x86_mode_changed(r->c);
    r->c->s.gpr[RAX] = 5;
    go(r, RIG_CODE, 100);
    assert_int_equal(r->c->s.gpr[RAX], 5);
}

// More code than the cache holds, twice over.
static void full_cache(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    for (u64 at = 0x200000; at < 0x600000; at += 16) // add rbx, 1; jmp +10
        PUT(r, at, 0x48, 0x83, 0xc3, 1, 0xeb, 10);
    PUT(r, 0x600000, 0xeb, 0xfe);
    for (unsigned round = 1; round <= 2; round++) {
        r->c->s.gpr[RBX] = 0;
        go(r, 0x200000, 2 * (0x400000 / 16) + 5);
        assert_int_equal(r->c->s.gpr[RBX], 0x400000 / 16);
        assert_int_equal(r->c->s.rip, 0x600000);
    }
}

// ---- exactness: a random program with branches, calls, faults, string instructions, time, and code that changes itself

struct program {
    u8 code[4096];
    unsigned n;
};
static void emit(struct program *p, const u8 *bytes, unsigned n) {
    memcpy(p->code + p->n, bytes, n);
    p->n += n;
}
#define EMIT(p, ...) emit(p, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

static u8 reg(void) { // not RSP, RSI (data), R15 has no number here
    static const u8 free_one[] = {RAX, RCX, RDX, RBX, RBP, RDI};
    return free_one[below(6)];
}
static u8 rex(void) { return (u8)(below(2) ? 0x48 : 0x40); }
static u8 pair(void) { return (u8)(0xc0 | reg() << 3 | reg()); }

static void random_instruction(struct program *p) {
    static const u8 alu[] = {0x01, 0x03, 0x09, 0x11, 0x13, 0x19, 0x21, 0x29, 0x31, 0x39, 0x85, 0x88, 0x89, 0x8b};
    switch (below(16)) {
    case 0:
    case 1:
    case 2:
    case 3: EMIT(p, rex(), alu[below(countof(alu))], pair()); break;
    case 4:
    case 5: EMIT(p, rex(), alu[below(countof(alu))], (u8)(0x46 | reg() << 3), (u8)below(256)); break; // [rsi + disp8]
    case 6: EMIT(p, rex(), 0xc1, (u8)(0xc0 | below(8) << 3 | reg()), (u8)below(70)); break;
    case 7: EMIT(p, rex(), 0x0f, 0xaf, pair()); break;
    case 8: EMIT(p, rex(), 0x0f, (u8)(0x40 | below(16)), pair()); break;
    case 9: EMIT(p, rex(), 0x0f, (u8)(0x90 | below(16)), (u8)(0xc0 | reg())); break;
    case 10: EMIT(p, (u8)(0x70 | below(16)), 3, 0xf9, 0x0f, 0xa2); break; // jcc over: stc; cpuid's first byte ... see below
    case 11: EMIT(p, 0x50 | RDX, 0x9c, 0x48, 0x83, 0xc4, 8, 0x50 | RCX, 0x5a, 0x5a); break;
    case 12: EMIT(p, 0x0f, 0x0b); break;                                                 // UD2: the handler steps over it
    case 13: EMIT(p, 0xbf, 0, 0, 5, 0, 0xb9, (u8)below(60), 0, 0, 0, 0xf3, 0xaa); break; // rep stosb at 50000
    case 14: EMIT(p, 0x0f, 0x31, 0x48, 0x31, 0xc3); break;                               // rdtsc; xor rbx, rax
    default: // add byte [rip + 1], 1: the immediate of the instruction after it
        EMIT(p, 0x80, 0x05, 1, 0, 0, 0, 1, (u8)(0xb8 | reg()), (u8)rnd(), 0, 0, 0);
        break;
    }
}

static void random_program(struct program *p) {
    p->n = 0;
    EMIT(p, 0x41, 0xbf, 40, 0, 0, 0); // mov r15d, 40
    unsigned top = p->n, body = 40 + below(200);
    for (unsigned i = 0; i < body; i++) random_instruction(p);
    EMIT(p, 0x41, 0xff, 0xcf); // dec r15d
    EMIT(p, 0x0f, 0x85);       // jnz top
    u32 back = (u32)((i32)top - (i32)p->n - 4);
    emit(p, (const u8 *)&back, 4);
    EMIT(p, 0xe8, 3, 0, 0, 0, 0xeb, 0xf0, 0x90, 0xc3); // call a ret; then round again (somewhere)
    p->code[p->n - 3] = (u8)(0x100 - 2 - 5 - 9 - 0);   // jmp to the DEC
}

static void load(struct x86_rig *r, const struct program *p) {
    memset(r->ram + DATA_AT - 0x1000, 0x5a, 0x20000);
    cpu_long(r, 0);
    block_cache_flush(&r->c->v);
    memset(r->ram + RIG_STACK0 - 0x1000, 0, 0x1000);
    memset(r->c->s.gpr, 0, sizeof r->c->s.gpr);
    r->clock.now = 0;
    put(r, RIG_CODE + 0xf80, p->code, p->n); // over a page's end
    // UD2's handler: add qword [rsp], 2; iretq
    PUT(r, HANDLER, 0x48, 0x83, 0x04, 0x24, 2, 0x48, 0xcf);
    cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, HANDLER, 0), 0);
    r->c->s.gpr[RSP] = RIG_STACK0;
    r->c->s.gpr[RSI] = DATA_AT;
    r->c->s.rip = RIG_CODE + 0xf80;
    x86_set_rflags(r->c, 0, FL_ARITH);
}

struct snapshot {
    u64 hash;
    u8 low[0x60000];
};
static void snapshot(struct x86_rig *r, struct snapshot *s) {
    memset(s, 0, sizeof *s);
    s->hash = state_hash(&r->state);
    memcpy(s->low, r->ram, sizeof s->low);
}

static u64 slice(unsigned how, u64 left) {
    u64 n;
    switch (how) {
    case 0: n = 1; break;
    case 1: n = 1 + below(4); break;
    case 2: n = 1 + below(100); break;
    case 3: n = 47 + below(3); break;
    default: n = 1 + below(3000); break;
    }
    return n < left ? n : left;
}

static void any_split_is_the_same(void **state) {
    struct x86_rig *r = *state;
    struct snapshot *whole = malloc(sizeof *whole), *parts = malloc(sizeof *parts);
    seed = 11;
    for (unsigned round = 0; round < 40; round++) {
        struct program p;
        random_program(&p);
        u64 n = 500 + below(9000);
        load(r, &p);
        run(r, n);
        assert_int_equal(r->clock.now, n);
        assert_int_equal(r->reason, -1);
        snapshot(r, whole);
        for (unsigned how = 0; how < 5; how++) {
            load(r, &p);
            for (u64 left = n, k; left; left -= k) run(r, k = slice(how, left));
            assert_int_equal(r->clock.now, n);
            snapshot(r, parts);
            if (parts->hash != whole->hash || memcmp(parts->low, whole->low, sizeof whole->low))
                fail_msg("program %u, %llu instructions, slices of kind %u: another state (rip %llx)", round,
                         (unsigned long long)n, how, (unsigned long long)r->c->s.rip);
        }
    }
    free(whole);
    free(parts);
}

// Forgetting every decoded block and every translation now and then changes nothing.
static void forgetting_is_the_same(void **state) {
    struct x86_rig *r = *state;
    struct snapshot *whole = malloc(sizeof *whole), *parts = malloc(sizeof *parts);
    seed = 12;
    for (unsigned round = 0; round < 20; round++) {
        struct program p;
        random_program(&p);
        load(r, &p);
        run(r, 5000);
        snapshot(r, whole);
        load(r, &p);
        for (unsigned i = 0; i < 100; i++) {
            run(r, 50);
            if (below(2)) x86_tlb_flush_all(r->c);
            if (below(2)) block_cache_flush(&r->c->v);
        }
        snapshot(r, parts);
        assert_int_equal(parts->hash, whole->hash);
        assert_memory_equal(parts->low, whole->low, sizeof whole->low);
    }
    free(whole);
    free(parts);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
    const struct CMUnitTest tests[] = {
        TEST(next_instruction),
        TEST(own_bytes),
        TEST(from_outside),
        TEST(through_an_alias),
        TEST(over_a_page_end),
        TEST(remapped),
        TEST(spaces_apart),
        TEST(modes_apart),
        TEST(full_cache),
        TEST(any_split_is_the_same),
        TEST(forgetting_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
