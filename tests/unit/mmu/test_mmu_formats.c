// SPDX-License-Identifier: MIT
// What a page-table format may say, on one made up for the purpose: two levels, and an entry that spells out its view.
//
//   63..60  59..56  55..52  51..12   11..8  7  6  5  4  3  2  1  0
//   shift/4 fault   attr    address  perm   UX G  D  A  TA U  L  P      (perm: R W X, bit 11 unused; TA: accessed, in a table)
#include "base/bits.h"
#include "walk_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { P = 1, L = 2, U = 4, TA = 8, A = 16, D = 32, G = 64, UX = 128, R = 0x100, W = 0x200, X = 0x400, ALL = U | UX | R | W | X };
#define FAULT(f) ((u64)(f) << 56)
enum {
    ROOT = AT_TABLES,
    SECOND = AT_TABLES + 0x1000,
    PAGE = 0x50000,
    VA = 0x605123,
    ROOT_AT = ROOT + 8 * 3,
    LEAF_AT = SECOND + 8 * 5
};

static struct pte_view decode(u64 e, unsigned shift, u64 control) {
    struct pte_view v = {.fault = e & P ? (enum walk_fault)bits(e, 59, 56) : WALK_NOT_PRESENT, .leaf = e & L, .global = e & G};
    v.perm = (u8)bits(e, 10, 8) | (e & U ? PERM_U : 0) | (e & UX ? PERM_UX : 0);
    v.attr = (u8)bits(e, 55, 52);
    v.key = (u8)(control & 15);
    v.shift = (u8)(4 * bits(e, 63, 60));
    v.address = e & mask(51, 12);
    return v;
}

// A supervisor executes by X, a user by UX.
static bool permit(const struct walk *w, enum mmu_access access) {
    if (w->user && !(w->perm & PERM_U)) return false;
    if (access == MMU_EXEC) return w->perm & (w->user ? PERM_UX : PERM_X);
    return w->perm & (access == MMU_READ ? PERM_R : PERM_W);
}

static const struct pt_format plain = {.name = "test",
                                       .levels = 2,
                                       .entry_bytes = 8,
                                       .level = {{21, 9}, {12, 9}},
                                       .table_accessed = TA,
                                       .accessed = A,
                                       .dirty = D,
                                       .decode = decode,
                                       .permit = permit};

struct test {
    struct walk_rig *r;
    struct pt_format format;
    struct walk w;
    u64 root, leaf; // the entries
};

static struct test start(struct walk_rig *r) {
    struct test t = {.r = r, .format = plain, .root = SECOND | P | ALL, .leaf = PAGE | P | L | ALL};
    t.w.root = ROOT;
    return t;
}

static enum walk_fault walk(struct test *t, enum mmu_access access) {
    t->w.format = &t->format;
    walk_poke(t->r, ROOT_AT, t->root, 8);
    walk_poke(t->r, LEAF_AT, t->leaf, 8);
    t->w.fault = (enum walk_fault)99;
    t->w.level = 99;
    enum walk_fault f = mmu_walk(&t->w, &t->r->bus, VA, access);
    assert_int_equal(f, t->w.fault);
    return f;
}

static void entries_are(struct test *t, u64 root, u64 leaf) {
    assert_int_equal(walk_peek(t->r, ROOT_AT, 8), root);
    assert_int_equal(walk_peek(t->r, LEAF_AT, 8), leaf);
}

static int setup(void **state) { return (*state = walk_rig_new()) ? 0 : -1; }
static int teardown(void **state) { return walk_rig_free(*state), 0; }

// Bits that the walker sets in tables are not those that it sets in leaves; a debugger's look sets none.
static void bits_of_tables_and_leaves(void **state) {
    for (unsigned n = 0; n < 32; n++) {
        struct test t = start(*state);
        if (n & 1) t.format.table_accessed = 0;
        if (n & 2) t.format.accessed = 0;
        if (n & 4) t.format.dirty = 0;
        t.w.look = n & 16;
        u64 ta = t.w.look ? 0 : t.format.table_accessed, a = t.w.look ? 0 : t.format.accessed;
        u64 d = t.w.look || !(n & 8) ? 0 : t.format.dirty;
        assert_int_equal(walk(&t, n & 8 ? MMU_WRITE : MMU_READ), WALK_OK);
        entries_are(&t, t.root | ta, t.leaf | a | d);
        // Without a dirty bit every page counts as dirty: a write needs no walk of its own.
        assert_int_equal(t.w.dirty, !t.format.dirty || d);
        assert_int_equal(t.w.page, PAGE);
        assert_int_equal(t.w.shift, 12);
        assert_int_equal(t.w.level, 1);
    }
}

// Where software keeps the bits a clear one is a fault, before rights are asked about, and nothing is written. What counts is the
// leaf, and dirty only for writes.
static void bits_by_software(void **state) {
    for (unsigned n = 0; n < 64; n++) {
        struct test t = start(*state);
        enum mmu_access access = n & 1 ? MMU_WRITE : MMU_READ;
        bool look = n & 8, clear = !look && (!(n & 2) || (access == MMU_WRITE && !(n & 4)));
        t.w.flags_by_software = true;
        t.w.look = look;
        t.format.table_accessed = 0;
        t.leaf |= (n & 2 ? A : 0) | (n & 4 ? D : 0);
        if (n & 16) t.leaf &= ~(u64)(R | W);
        if (n & 32) t.root &= ~(u64)(R | W);
        assert_int_equal(walk(&t, access), clear ? WALK_FLAG_CLEAR : n & 48 ? WALK_DENIED : WALK_OK);
        entries_are(&t, t.root, t.leaf);
        assert_int_equal(t.w.level, 1);
    }
}

// Every fault that an entry can have by itself comes out as it is, with the level where it was met.
static void faults_of_entries(void **state) {
    static const enum walk_fault faults[] = {WALK_NOT_PRESENT, WALK_RESERVED, WALK_ADDRESS_SIZE};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned level = 0; level < 2; level++) {
            struct test t = start(*state);
            *(level ? &t.leaf : &t.root) |= FAULT(faults[i]);
            t.w.flags_by_software = true; // comes later
            assert_int_equal(walk(&t, MMU_WRITE), faults[i]);
            assert_int_equal(t.w.level, level);
            entries_are(&t, t.root, t.leaf);
        }
    struct test t = start(*state);
    t.format.canonical_bits = 22;
    assert_int_equal(walk(&t, MMU_READ), WALK_NON_CANONICAL); // VA has bits 21 and 22
    assert_int_equal(t.w.level, 0);
    t.format.canonical_bits = 24;
    assert_int_equal(walk(&t, MMU_READ), WALK_OK);
    // Tables that never come to a leaf map nothing and are left alone.
    t = start(*state);
    t.leaf &= ~(u64)L;
    assert_int_equal(walk(&t, MMU_WRITE), WALK_NOT_PRESENT);
    assert_int_equal(t.w.level, 1);
    entries_are(&t, t.root, t.leaf);
}

// Rights are the AND over all levels, each by itself; G of any level makes the page global.
static void folding(void **state) {
    static const u64 rights[] = {R, W, X, U, UX};
    static const u8 perms[] = {PERM_R, PERM_W, PERM_X, PERM_U, PERM_UX};
    for (unsigned n = 0; n < 1024; n++) {
        struct test t = start(*state);
        u8 perm = PERM_ALL;
        for (unsigned i = 0; i < 5; i++) {
            if (n >> i & 1) t.root &= ~rights[i];
            if (n >> (5 + i) & 1) t.leaf &= ~rights[i];
            if ((n | n >> 5) >> i & 1) perm &= (u8)~perms[i];
        }
        if (n % 3 == 1) t.root |= G;
        if (n % 5 == 1) t.leaf |= G;
        for (unsigned who = 0; who < 6; who++) {
            t.w.user = who & 1;
            t.w.control = n & 15;
            static const u8 needs[2][3] = {{PERM_R, PERM_W, PERM_X}, {PERM_R | PERM_U, PERM_W | PERM_U, PERM_UX | PERM_U}};
            u8 need = needs[t.w.user][who / 2];
            bool may = (perm & need) == need;
            assert_int_equal(walk(&t, (enum mmu_access)(who / 2)), may ? WALK_OK : WALK_DENIED);
            assert_int_equal(t.w.perm, perm);
            assert_int_equal(t.w.key, n & 15);
            if (may) assert_int_equal(t.w.global, n % 3 == 1 || n % 5 == 1);
        }
    }
}

// A leaf above the last level is as large as its level, or as it says; so is one on the last.
static void page_sizes(void **state) {
    struct test t = start(*state);
    t.root = 0x600000 | P | L | ALL | (u64)5 << 52;
    assert_int_equal(walk(&t, MMU_READ), WALK_OK);
    assert_int_equal(t.w.shift, 21);
    assert_int_equal(t.w.page, 0x600000);
    assert_int_equal(t.w.level, 0);
    assert_int_equal(t.w.attr, 5);
    t.root |= (u64)6 << 60;
    assert_int_equal(walk(&t, MMU_READ), WALK_OK);
    assert_int_equal(t.w.shift, 24);
    t = start(*state);
    t.leaf |= (u64)4 << 60;
    assert_int_equal(walk(&t, MMU_READ), WALK_OK);
    assert_int_equal(t.w.shift, 16);
    assert_int_equal(t.w.level, 1);
}

// Outside RAM: all ones (here: a fault of number 15), or a fault of the walk. ROM holds tables, but no bits that must be set.
static void tables_outside_ram(void **state) {
    static const gpa_t outside[] = {AT_DEVICE, AT_NOTHING, AT_RAM_END, 0xffffffffff000};
    for (unsigned i = 0; i < countof(outside); i++)
        for (unsigned level = 0; level < 2; level++)
            for (unsigned faults = 0; faults < 2; faults++) {
                struct test t = start(*state);
                t.format.table_faults = faults;
                if (level) t.root = outside[i] | P | ALL;
                else t.w.root = outside[i];
                assert_int_equal(walk(&t, MMU_READ), faults ? WALK_TABLE : 15);
                assert_int_equal(t.w.level, level);
            }
    for (unsigned n = 0; n < 16; n++) {
        struct test t = start(*state);
        bool faults = n & 1, write = n & 2;
        u64 leaf = t.leaf | (n & 4 ? A : 0) | (n & 8 ? D : 0);
        t.format.table_faults = faults;
        t.root = AT_ROM | P | ALL;
        walk_poke(t.r, AT_ROM + 8 * 5, leaf, 8);
        bool missing = !(n & 4) || (write && !(n & 8));
        assert_int_equal(walk(&t, write ? MMU_WRITE : MMU_READ), faults && missing ? WALK_TABLE : WALK_OK);
        assert_int_equal(walk_peek(t.r, AT_ROM + 8 * 5, 8), leaf);
        // All bits or none: the root is in RAM and could be marked.
        assert_int_equal(walk_peek(t.r, ROOT_AT, 8), t.root | (faults && missing ? 0 : TA));
    }
}

// ---- who else is asked about the walk's own accesses

struct guard {
    gpa_t refuse;
    bool write; // refuses writes alone
    unsigned reads, writes;
};

static bool guarded(const void *ctx, gpa_t at, unsigned bytes, bool write) {
    struct guard *g = *(struct guard *const *)ctx;
    assert_int_equal(bytes, 8);
    *(write ? &g->writes : &g->reads) += 1;
    return at != g->refuse || (g->write && !write);
}

static void table_access(void **state) {
    static const gpa_t refuse[] = {0, ROOT_AT, LEAF_AT};
    for (unsigned n = 0; n < 3 * 2 * 2 * 2; n++) {
        struct test t = start(*state);
        struct guard g = {.refuse = refuse[n % 3], .write = n / 3 & 1}, *to = &g;
        bool marked = n / 6 & 1;
        t.w.look = n / 12 & 1;
        t.w.table_access = guarded;
        t.w.table_ctx = &to;
        if (marked) t.root |= TA, t.leaf |= A;
        bool refused = g.refuse && (!g.write || (!marked && !t.w.look));
        assert_int_equal(walk(&t, MMU_READ), refused ? WALK_TABLE : WALK_OK);
        entries_are(&t, t.root | (refused || t.w.look ? 0 : TA), t.leaf | (refused || t.w.look ? 0 : A));
        assert_int_equal(g.reads, g.refuse == ROOT_AT && !g.write ? 1 : 2);
        if (marked || t.w.look) assert_int_equal(g.writes, 0);
        else if (!refused) assert_int_equal(g.writes, 2);
        // Rights come before what cannot be written.
        if (!g.refuse || !g.write || t.w.look) continue;
        t.leaf &= ~(u64)R;
        assert_int_equal(walk(&t, MMU_READ), WALK_DENIED);
    }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bits_of_tables_and_leaves), TEST(bits_by_software), TEST(faults_of_entries), TEST(folding), TEST(page_sizes),
        TEST(tables_outside_ram),        TEST(table_access),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
