// SPDX-License-Identifier: MIT
// Translated 32-bit code: what it takes for granted of segments, and that an address has 32 bits. Both engines do the same, also where code that
// was translated with segments that hide nothing is entered with others.
//
//   0x10000 code   0x20000 DATA, and another page at the same address and 4 GiB
#include "../encode.h"
#include "isa/x86_64/sys/mem.h"
#include "x86_both.h"

#include "core/state.h"

#include <cmocka.h>

#define BEYOND (DATA + (1ull << 32))

enum {
    DATA = 0x20000,
    DATA_PAGE = 0x30000,
    BEYOND_PAGE = 0x31000,
    FAULTS = 0x4000,
    PAGE_TABLE = 0x180000,
    BEYOND_TABLES = 0x181000, // page directory, page table
    LOW = 0x1234,
    HIGH = 0x8765, // in the two pages
    WARM = 20,
};

static void map(struct x86_rig *r, u64 table, u64 at, u64 to, u64 rights) {
    cpu_poke(r, table + (at >> 12 & 511) * 8, to | rights, 8);
}

static struct x86_seg segment(struct x86_rig *r, u16 sel) {
    return x86_seg_of(sel, cpu_peek(r, RIG_GDT + (sel & 0xfff8u), 8) | (u64)AR_ACCESSED << 40);
}

static void begin(struct x86_rig *r, enum engine engine) {
    cpu_long(r, 3);
    cpu_poke(r, RIG_TABLES + 0x2000, PAGE_TABLE | 7, 8);
    for (u64 at = 0; at < 0x9000; at += 0x1000) map(r, PAGE_TABLE, at, at, 3);
    map(r, PAGE_TABLE, RIG_CODE, RIG_CODE, 5);
    map(r, PAGE_TABLE, DATA, DATA_PAGE, 7);
    cpu_poke(r, RIG_TABLES + 0x1000 + 8 * 4, BEYOND_TABLES | 7, 8);
    cpu_poke(r, BEYOND_TABLES, (BEYOND_TABLES + 0x1000) | 7, 8);
    map(r, BEYOND_TABLES + 0x1000, DATA, BEYOND_PAGE, 7);
    for (unsigned v = 0; v < 32; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 3, SEL_CODE64_0, FAULTS, 0), 0);
    cpu_poke(r, FAULTS, 0xfeeb, 2);
    bus_will_write(&r->bus, DATA_PAGE, 0x2000);
    memset(r->ram + DATA_PAGE, 0, 0x2000);
    for (unsigned at = 0; at < 0x1000; at += 4) {
        cpu_poke(r, DATA_PAGE + at, LOW + at, 4);
        cpu_poke(r, BEYOND_PAGE + at, HIGH + at, 4);
    }
    r->c->s.seg[CS] = segment(r, SEL_CODE3 | 3);
    r->c->s.seg[FS] = segment(r, SEL_DATA3 | 3);
    r->c->s.seg[FS].base = 0x40;
    r->c->s.gpr[RSP] = DATA + 0x800;
    x86_mode_changed(r->c);
    both_use(r, engine);
    both_translate_after(r, 2);
}

static void run(struct x86_rig *r, u64 n) {
    while (n) {
        u64 did = vcpu_run(&r->c->v, n);
        n -= did;
        if (!did) return;
    }
}

static void code(struct x86_rig *r, const u8 *bytes, unsigned n) {
    for (unsigned i = 0; i < n; i++) cpu_poke(r, RIG_CODE + i, bytes[i], 1);
}

// ---- segments

static const u8 all_segments[] = {
    0x8b, 0x03,             // mov (%ebx), %eax
    0x01, 0x06,             // add %eax, (%esi)
    0x50, 0x5a,             // push %eax; pop %edx
    0x64, 0x03, 0x07,       // add %fs:(%edi), %eax
    0x03, 0x45, 0x04,       // add 4(%ebp), %eax
    0xa3, 0x80, 0x00, 0x02, // mov %eax, DATA + 0x80
    0x00, 0x49, 0x75, 0xec, // dec %ecx; jnz the start
    0xeb, 0xfe,
};
enum { ROUND = 9 };

static void go(struct x86_rig *r) {
    r->c->s.rip = RIG_CODE;
    r->c->s.gpr[RBX] = DATA + 0x10, r->c->s.gpr[RSI] = DATA + 0x20, r->c->s.gpr[RBP] = DATA + 0x30, r->c->s.gpr[RDI] = DATA;
    r->c->s.gpr[RSP] = DATA + 0x800;
    r->c->s.gpr[RCX] = WARM;
    x86_mode_changed(r->c);
    run(r, ROUND * WARM + 3);
}

enum { HOLDS, BASE, LIMIT, ABSENT, READ_ONLY, DOWN, CODE, NULLED, WAYS };

static void spoil(struct x86_seg *s, unsigned way) {
    switch (way) {
    case BASE: s->base += 4; break;
    case LIMIT: s->limit = DATA + 0x1f; break; // the second access of DS is beyond it, and others of other segments
    case ABSENT: s->attr &= ~(u32)AR_P; break;
    case READ_ONLY: s->attr &= ~(u32)AR_W; break;
    case DOWN: s->attr |= AR_DOWN; break; // nothing is in it
    case CODE: s->attr |= AR_CODE; break; // AR_R is AR_W
    case NULLED: *s = (struct x86_seg){0}; break;
    default: break;
    }
}

static void segments_that_hide_something(void **state) {
    struct x86_rig *r = *state;
    static const unsigned which[] = {CS, SS, DS, FS};
    unsigned faults = 0;
    for (unsigned n = 0; n < countof(which); n++) {
        for (unsigned way = 0; way < WAYS; way++) {
            bool none = which[n] == CS && way != HOLDS && way != BASE && way != LIMIT;
            if (none) continue; // code runs from nothing like that
            u64 seen[ENGINES];
            for (enum engine e = 0; e < ENGINES; e++) {
                begin(r, e);
                code(r, all_segments, sizeof all_segments);
                go(r);
                assert_int_equal(r->c->s.rip, RIG_CODE + sizeof all_segments - 2);
                if (which[n] == CS && way == LIMIT)
                    r->c->s.seg[CS].limit = RIG_CODE + sizeof all_segments - 3; // the last jump is not in it
                else spoil(&r->c->s.seg[which[n]], way);
                go(r);
                faults += r->c->s.rip == FAULTS;
                if (which[n] == CS && way == LIMIT) assert_int_equal(r->c->s.rip, FAULTS);
                seen[e] = state_hash(&r->state) ^ cpu_peek(r, DATA_PAGE + 0x80, 8) ^ cpu_peek(r, DATA_PAGE + 0x20, 8);
            }
            if (seen[0] != seen[1]) fail_msg("segment %u spoiled in way %u: translated code does not notice", which[n], way);
        }
    }
    assert_in_range(faults, 2 * 12, 2 * countof(which) * WAYS);
    assert_true(both_translated(r) > WARM * ROUND / 2);
}

// ---- addresses

// The TLB knows now what lies 4 GiB higher, now what is right: both have one place there.
static u64 loaded(struct x86_rig *r, const u8 *bytes, unsigned n, u64 base, u64 index) {
    u64 first = 0;
    code(r, bytes, n);
    for (unsigned i = 0; i < WARM; i++) {
        u8 byte;
        x86_read(r->c, DS, i & 1 ? BEYOND : DATA, &byte, 1);
        r->c->s.gpr[RBX] = base;
        r->c->s.gpr[RSI] = index;
        r->c->s.rip = RIG_CODE;
        run(r, 4);
        if (!i) first = r->c->s.gpr[RAX];
        assert_int_equal(r->c->s.gpr[RAX], first);
    }
    return first;
}

#define LOADED(base, index, ...)                                                                                                 \
    loaded(r, (const u8[]){__VA_ARGS__, 0xeb, 0xfe}, sizeof(u8[]){__VA_ARGS__, 0xeb, 0xfe}, base, index)

static void an_address_has_32_bits(void **state) {
    struct x86_rig *r = *state;
    for (enum engine e = 0; e < ENGINES; e++) {
        begin(r, e);
        assert_int_equal(LOADED(BEYOND, 0, 0x8b, 0x03), LOW); // mov (%ebx), %eax
        assert_int_equal(LOADED(BEYOND, 0, 0x8b, 0x43, 0x10), LOW + 0x10);
        assert_int_equal(LOADED(0xffffffff, 0, 0x8b, 0x83, 0x05, 0x00, 0x02, 0x00), LOW + 4); // mov 0x20005(%ebx), %eax
        assert_int_equal(LOADED(0xfffffff0, 0x8004, 0x8b, 0x44, 0xb3, 0x10), LOW + 0x10);     // mov 16(%ebx, %esi, 4), %eax
        assert_int_equal(LOADED(0xfffffff0, 0x20010, 0x8b, 0x04, 0x33, 0x03, 0x44, 0x33, 0x08),
                         2 * LOW + 8); // and add 8(%ebx, %esi), %eax
        assert_int_equal(LOADED(0xffffffe0, 0, 0x64, 0x8b, 0x83, 0x00, 0x00, 0x02, 0x00),
                         LOW + 0x20); // mov %fs:0x20000(%ebx), %eax
        // A span whose place itself is 4 GiB away, and whose lowest byte is not: mov 0x20004(%ebx), %eax; add 0x20000(%ebx), %eax
        assert_int_equal(LOADED(0xffffffff, 0, 0x8b, 0x83, 0x05, 0x00, 0x02, 0x00, 0x03, 0x83, 0x01, 0x00, 0x02, 0x00),
                         2 * LOW + 4);
        // The stack: push %esi; mov (%esp), %eax
        r->c->s.gpr[RSP] = BEYOND + 0x800;
        assert_int_equal(LOADED(0, 77, 0x56, 0x8b, 0x04, 0x24), 77);
        assert_int_equal(r->c->s.gpr[RSP], DATA + 0x800 - 4 * WARM);
    }
    assert_true(both_translated(r) > WARM);
}

static int new(void **state) { return both_new((struct x86_rig **)state, 1 << 20); }
static int end(void **state) { return both_free(*state); }

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, new, end)
    const struct CMUnitTest tests[] = {TEST(segments_that_hide_something), TEST(an_address_has_32_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
