// SPDX-License-Identifier: MIT
// The page-table walker and the x86 formats against the rules of SDM vol. 3A chapter 4, written down here a second time as
// straight code per format: every kind of entry bit, reserved ones among them, at every level, under every control bit.
#include "base/splitmix.h"
#include "isa/x86_64/mem.h"
#include "isa/x86_64/paging.h"
#include "x86_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128, G = 256 };
#define XD BIT(63)
enum { TABLES = 0x200000, TABLE_PAGES = 8 };

static u64 seed;
static u64 rnd(void) { return splitmix64(&seed); }
static unsigned below(unsigned n) { return (unsigned)((rnd() >> 32) * n >> 32); }
static bool one_in(unsigned n) { return below(n) == 0; }

struct expectation {
    enum walk_fault fault;
    gpa_t address;        // of the byte
    unsigned shift;
    bool writable, user, executable, global, dirty;
    gpa_t at[5];
    u64 after[5];         // the entries afterwards
    unsigned levels;      // entries that were read
};

struct question {
    gva_t va;
    gpa_t root;
    enum mmu_access access;
    bool user, look;
    bool wp, nxe, smep, smap, pse, page1g;
    unsigned maxphy;
};

// 4.6.1, in its order: user-mode accesses, then supervisor-mode ones.
static bool allowed(const struct question *q, bool user_page, bool writable, bool xd) {
    if (q->user) {
        if (!user_page) return false;
        if (q->access == MMU_READ) return true;
        if (q->access == MMU_WRITE) return writable;
        return !xd;
    }
    switch (q->access) {
    case MMU_READ: return !user_page || !q->smap;
    case MMU_WRITE: return (writable || !q->wp) && (!user_page || !q->smap);
    default: return !xd && !(user_page && q->smep);
    }
}

static void finish(struct expectation *x, const struct question *q) {
    if (!allowed(q, x->user, x->writable, !x->executable)) {
        x->fault = WALK_DENIED;
        return;
    }
    x->fault = WALK_OK;
    if (q->look) return;
    for (unsigned i = 0; i < x->levels; i++) x->after[i] |= A;
    if (q->access == MMU_WRITE) x->after[x->levels - 1] |= D;
    x->dirty = x->after[x->levels - 1] & D;
}

// 4.5 (4 and 5 levels) and 4.4 (PAE, below the PDPTEs).
static struct expectation long_rules(struct x86_rig *r, const struct question *q, unsigned levels, bool pae) {
    struct expectation x = {.writable = true, .user = true, .executable = true};
    u64 table = q->root;
    for (unsigned level = levels; level; level--) { // 5: PML5, 4: PML4, 3: PDPT, 2: PD, 1: PT
        unsigned shift = 12 + 9 * (level - 1), i = x.levels++;
        x.at[i] = table + 8 * (q->va >> shift & 511);
        u64 e = x.after[i] = cpu_peek(r, x.at[i], 8);
        x.fault = WALK_NOT_PRESENT;
        if (!(e & P)) return x;
        bool large = level > 1 && e & PS;
        x.fault = WALK_RESERVED;
        if (large && level > 3) return x;
        if (large && level == 3 && !q->page1g) return x;
        if (e >> q->maxphy & (BIT(52 - q->maxphy) - 1)) return x;
        if (pae && e >> 52 & 0x7ff) return x;
        if (e & XD && !q->nxe) return x;
        if (large && e & ((BIT(shift) - 1) & ~(u64)0x1fff)) return x; // bits shift-1..13
        if (!(e & W)) x.writable = false;
        if (!(e & U)) x.user = false;
        if (e & XD) x.executable = false;
        u64 address = e & 0x000ffffffffff000;
        if (level > 1 && !large) {
            table = address;
            continue;
        }
        x.shift = shift;
        x.address = (address & ~(BIT(shift) - 1)) | (q->va & (BIT(shift) - 1));
        x.global = e & G;
        break;
    }
    finish(&x, q);
    return x;
}

// 4.3.
static struct expectation short_rules(struct x86_rig *r, const struct question *q) {
    struct expectation x = {.writable = true, .user = true, .executable = true};
    x.at[0] = q->root + 4 * (q->va >> 22 & 1023);
    x.levels = 1;
    u64 pde = x.after[0] = cpu_peek(r, x.at[0], 4);
    x.fault = WALK_NOT_PRESENT;
    if (!(pde & P)) return x;
    x.writable = pde & W;
    x.user = pde & U;
    if (pde & PS && q->pse) {
        u64 high = pde >> 13 & 0xff; // physical address bits 39..32
        x.fault = WALK_RESERVED;
        if (pde & BIT(21)) return x;
        if (q->maxphy < 40 && high >> (q->maxphy - 32)) return x;
        x.shift = 22;
        x.address = high << 32 | (pde & 0xffc00000) | (q->va & 0x3fffff);
        x.global = pde & G;
        finish(&x, q);
        return x;
    }
    x.at[1] = (pde & 0xfffff000) + 4 * (q->va >> 12 & 1023);
    x.levels = 2;
    u64 pte = x.after[1] = cpu_peek(r, x.at[1], 4);
    if (!(pte & P)) return x;
    x.writable = x.writable && pte & W;
    x.user = x.user && pte & U;
    x.shift = 12;
    x.address = (pte & 0xfffff000) | (q->va & 0xfff);
    x.global = pte & G;
    finish(&x, q);
    return x;
}

// ---- random tables

// Mostly right, so that walks get somewhere: present, with rights, to another table or a page.
static u64 random_entry(unsigned maxphy, unsigned bytes) {
    u64 e = TABLES + (u64)below(TABLE_PAGES) * PAGE_SIZE;
    if (!one_in(12)) e |= P;
    if (!one_in(4)) e |= W;
    if (!one_in(3)) e |= U;
    e |= rnd() & (A | D | G | 0xe18);
    if (one_in(5)) { // a large page, its reserved bits clear
        e = (e & 0xfff) | PS | (one_in(2) ? 0x1000 : 0) | (u64)below(4) << 30;
        if (bytes == 4 && one_in(2)) e |= (u64)below(256) << 13;
        if (one_in(3)) e |= (u64)below(512) << 21;
    }
    if (one_in(8)) e |= PS;
    if (one_in(3) && bytes == 8) e |= XD;
    if (one_in(20)) e |= (u64)1 << below(52);
    if (bytes == 8) {
        if (one_in(20)) e |= (u64)1 << (52 + below(11)); // ignored, or reserved in PAE
        if (one_in(30)) e |= BIT(maxphy);
    }
    if (one_in(40)) e = rnd();
    return e;
}

static void random_tables(struct x86_rig *r, unsigned maxphy, unsigned bytes) {
    for (u64 at = TABLES; at < TABLES + TABLE_PAGES * PAGE_SIZE; at += bytes) cpu_poke(r, at, random_entry(maxphy, bytes), bytes);
}

static struct question random_question(bool wide) {
    u64 c = rnd();
    struct question q = {.va = wide ? rnd() : (u32)rnd(), .root = TABLES + (u64)below(TABLE_PAGES) * PAGE_SIZE,
                         .access = (enum mmu_access)below(3), .user = c & 1, .look = (c & 62) == 0, .wp = c & 64, .nxe = !one_in(4),
                         .smep = c & 128, .smap = c & 256, .pse = c & 512, .page1g = c & 1024, .maxphy = 36 + below(5)};
    return q;
}

static void ask(struct x86_rig *r, const struct pt_format *f, const struct question *q, const struct expectation *x) {
    struct walk w = {.format = f, .root = q->root, .user = q->user, .look = q->look};
    w.control = (q->wp ? CTL_WP : 0) | (q->nxe ? CTL_NXE : 0) | (q->smep ? CTL_SMEP : 0) | (q->smap ? CTL_SMAP : 0) |
                (q->pse ? CTL_PSE : 0) | (q->page1g ? CTL_1G : 0) | (u64)q->maxphy << CTL_MAXPHY_SHIFT;
    u8 *before = malloc(TABLE_PAGES * PAGE_SIZE);
    memcpy(before, r->ram + TABLES, TABLE_PAGES * PAGE_SIZE);
    enum walk_fault fault = mmu_walk(&w, &r->bus, q->va, q->access);
    assert_int_equal(fault, x->fault);
    assert_int_equal(w.fault, fault);
    if (fault == WALK_OK) {
        assert_int_equal(w.shift, x->shift);
        assert_int_equal(w.page + (q->va & (BIT(w.shift) - 1)), x->address);
        assert_int_equal(!!(w.perm & PERM_W), x->writable);
        assert_int_equal(!!(w.perm & PERM_U), x->user);
        assert_int_equal(!!(w.perm & PERM_X), x->executable);
        assert_int_equal(w.global, x->global);
        if (!q->look) assert_int_equal(w.dirty, x->dirty);
    }
    // Entries: those read as expected, all others untouched.
    for (unsigned i = 0; i < x->levels; i++) {
        assert_int_equal(cpu_peek(r, x->at[i], f->entry_bytes), x->after[i]);
        if (x->at[i] >= TABLES && x->at[i] < TABLES + TABLE_PAGES * PAGE_SIZE)
            memcpy(before + (x->at[i] - TABLES), r->ram + x->at[i], f->entry_bytes);
    }
    assert_memory_equal(before, r->ram + TABLES, TABLE_PAGES * PAGE_SIZE);
    free(before);
}

// Two entries of one walk in one place would both be changed: rare, and the rules above do not follow it.
static bool overlaps(const struct expectation *x) {
    for (unsigned i = 0; i < x->levels; i++)
        for (unsigned k = 0; k < i; k++)
            if (x->at[i] == x->at[k]) return true;
    return false;
}

enum { TABLE_SETS = 60, QUESTIONS = 500 };

static void each(struct x86_rig *r, const struct pt_format *f, unsigned levels, bool pae) {
    unsigned seen[5] = {0}, sizes[64] = {0};
    seed = levels + 10 * pae;
    for (unsigned t = 0; t < TABLE_SETS; t++) {
        unsigned maxphy = 36 + below(5);
        random_tables(r, maxphy, f->entry_bytes);
        for (unsigned i = 0; i < QUESTIONS; i++) {
            struct question q = random_question(levels > 2);
            q.maxphy = maxphy;
            if (levels > 2 && !one_in(30)) q.va = (u64)sext(q.va, levels == 5 ? 57 : 48);
            bool canonical = levels <= 2 || (u64)sext(q.va, levels == 5 ? 57 : 48) == q.va;
            struct expectation x = {.fault = WALK_NON_CANONICAL};
            if (canonical) x = f->entry_bytes == 4 ? short_rules(r, &q) : long_rules(r, &q, levels, pae);
            if (overlaps(&x)) continue;
            ask(r, f, &q, &x);
            seen[x.fault]++;
            if (!x.fault) sizes[x.shift]++;
        }
    }
    // The questions were good ones: every answer came often.
    for (unsigned k = 0; k < 5; k++) assert_true(seen[k] > 100 || (k == WALK_NON_CANONICAL && levels <= 2));
    assert_true(sizes[12] > 100);
    assert_true(sizes[f->entry_bytes == 4 ? 22 : 21] > 100);
    if (levels > 2) assert_true(sizes[30] > 50);
}

static void four_levels(void **state) { each(*state, &x86_format_4level, 4, false); }
static void five_levels(void **state) { each(*state, &x86_format_5level, 5, false); }
static void pae(void **state) { each(*state, &x86_format_pae, 2, true); }
static void thirty_two_bits(void **state) { each(*state, &x86_format_32, 2, false); }

// ---- what selects a format (table 4-1)
static void selection(void **state) {
    struct x86_rig *r = *state;
    struct x86_state *s = &r->c->s;
    s->cr0 = CR0_PE;
    s->cr4 = CR4_PAE | CR4_LA57;
    s->efer = EFER_LME;
    assert_null(x86_paging_format(s));
    s->cr0 |= CR0_PG;
    s->cr4 = s->efer = 0;
    assert_ptr_equal(x86_paging_format(s), &x86_format_32);
    s->cr4 = CR4_PSE;
    assert_ptr_equal(x86_paging_format(s), &x86_format_32);
    s->cr4 = CR4_PAE;
    assert_ptr_equal(x86_paging_format(s), &x86_format_pae);
    s->efer = EFER_LME | EFER_LMA;
    assert_ptr_equal(x86_paging_format(s), &x86_format_4level);
    s->cr4 |= CR4_LA57;
    assert_ptr_equal(x86_paging_format(s), &x86_format_5level);
}

// 4.4.1: four registers, loaded from 32 aligned bytes; each covers 1 GiB.
static void pdptes(void **state) {
    struct x86_rig *r = *state;
    struct x86_state *s = &r->c->s;
    unsigned width = r->c->model->physical_bits;
    s->cr0 = CR0_PE | CR0_PG;
    s->cr4 = CR4_PAE;
    s->cr3 = TABLES + 0x60;
    for (unsigned i = 0; i < 4; i++) cpu_poke(r, TABLES + 0x60 + 8 * i, (u64)(i + 1) * 0x10000 | P | 0xe18, 8);
    cpu_poke(r, TABLES + 0x60 + 8, BIT(62) | 6, 8); // not present: nothing is reserved
    assert_int_equal(x86_load_pdptes(r->c, s->cr3 | 0x1f), 0);
    for (unsigned i = 0; i < 4; i++) {
        struct walk w;
        int err = x86_walk_init(r->c, &w, (u64)i << 30 | 0x12345678 % (1u << 30), false, false);
        if (i == 1) assert_int_equal(err, ERR_NOT_FOUND);
        else assert_int_equal(w.root, (u64)(i + 1) * 0x10000);
    }
    const u64 reserved[] = {2, 4, 0x20, 0x40, 0x80, 0x100, BIT(width), BIT(52), BIT(63)};
    for (unsigned i = 0; i < countof(reserved); i++) {
        cpu_poke(r, TABLES + 0x60 + 16, 0x30000 | P | reserved[i], 8);
        assert_int_equal(x86_load_pdptes(r->c, s->cr3), ERR_INVALID);
    }
    assert_int_equal(s->pdpte[2], 0x30000 | P | 0xe18); // as they were
}

static void write_cr0(struct x86_rig *r, u64 bits) { x86_write_cr0(r->c, r->c->s.cr0 ^ bits); }
static void write_cr4(struct x86_rig *r, u64 bits) { x86_write_cr4(r->c, r->c->s.cr4 ^ bits); }

// 4.4.1 says which writes load the registers: those are refused when a PDPTE is bad, and nothing of them is done.
static void bad_pdptes_are_refused(void **state) {
    static const struct { bool cr0; u64 bits; bool loads; } writes[] = {
        {true, CR0_CD, true}, {true, CR0_CD | CR0_NW, true}, {true, CR0_WP, false}, {true, CR0_TS, false}, {false, CR4_PGE, true},
        {false, CR4_PSE, true}, {false, CR4_SMEP, true}, {false, CR4_SMAP, false}, {false, CR4_UMIP, false},
    };
    struct x86_rig *r = *state;
    struct x86_state *s = &r->c->s;
    cpu_protected(r, 0);
    s->cr3 = TABLES;
    for (unsigned i = 0; i < 4; i++) cpu_poke(r, TABLES + 8 * i, TABLES | P, 8);
    s->cr4 |= CR4_PAE;
    assert_fine(r, write_cr0(r, CR0_PG));
    for (unsigned bad = 0; bad < 2; bad++)
        for (unsigned i = 0; i < countof(writes); i++) {
            u64 cr0 = s->cr0, cr4 = s->cr4;
            cpu_poke(r, TABLES + 24, TABLES | P | (bad ? 0x20 : 0), 8);
            s->pdpte[3] = 0x77000 | P;
            int vector = writes[i].cr0 ? TRAP(r, write_cr0(r, writes[i].bits)) : TRAP(r, write_cr4(r, writes[i].bits));
            bool refused = bad && writes[i].loads;
            assert_int_equal(vector, refused ? EXC_GP : NO_TRAP);
            assert_int_equal(s->cr0 ^ cr0, writes[i].cr0 && !refused ? writes[i].bits : 0);
            assert_int_equal(s->cr4 ^ cr4, !writes[i].cr0 && !refused ? writes[i].bits : 0);
            assert_int_equal(s->pdpte[3], refused || !writes[i].loads ? 0x77000 | P : TABLES | P);
            s->cr0 = cr0, s->cr4 = cr4;
        }
    assert_raises(r, EXC_GP, 0, x86_write_cr3(r->c, TABLES));
    assert_fine(r, write_cr0(r, CR0_PG));
    assert_raises(r, EXC_GP, 0, write_cr0(r, CR0_PG));
    assert_false(s->cr0 & CR0_PG);
}

// CR4.PAE under paging: the same CR3 means other tables, and nothing of the first ones is remembered.
static void pae_on_and_off(void **state) {
    struct x86_rig *r = *state;
    struct x86_state *s = &r->c->s;
    enum { VA = 0x40400000, PT_32 = TABLES + 0x1000, PD_PAE = TABLES + 0x2000, PT_PAE = TABLES + 0x3000 };
    cpu_protected(r, 0);
    memset(r->ram + TABLES, 0, 0x4000);
    cpu_poke(r, TABLES + 4 * (VA >> 22), PT_32 | P | W, 4);
    cpu_poke(r, PT_32, 0x50000 | P | W, 4);
    cpu_poke(r, TABLES + 8 * (VA >> 30), PD_PAE | P, 8); // a PDE of 8 MiB's in 32-bit paging
    cpu_poke(r, PD_PAE + 8 * (VA >> 21 & 511), PT_PAE | P | W, 8);
    cpu_poke(r, PT_PAE, 0x51000 | P | W, 8);
    cpu_poke(r, 0x50000, 32, 8), cpu_poke(r, 0x51000, 64, 8);
    s->cr3 = TABLES;
    assert_fine(r, write_cr0(r, CR0_PG));
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(x86_sys_read(r->c, VA, 8), i & 1 ? 64 : 32);
        x86_sys_write(r->c, VA + 8, i, 8);
        assert_int_equal(cpu_peek(r, i & 1 ? 0x51008 : 0x50008, 8), i);
        assert_fine(r, write_cr4(r, CR4_PAE));
    }
}

// 4.7: the error code.
static void error_codes(void **state) {
    struct x86_rig *r = *state;
    for (unsigned i = 0; i < 64; i++) {
        bool nxe = i & 1, smep = i & 2, pae_on = i & 4, user = i & 8;
        r->c->s.cr4 = (smep ? CR4_SMEP : 0) | (pae_on ? CR4_PAE : 0);
        r->c->s.efer = nxe ? EFER_NXE : 0;
        for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++) {
            u32 base = (user ? 4u : 0) | (a == MMU_WRITE ? 2 : 0) | (a == MMU_EXEC && (smep || (pae_on && nxe)) ? 16 : 0);
            struct walk w = {.user = user, .fault = WALK_NOT_PRESENT};
            assert_int_equal(x86_pf_error(r->c, &w, a), base);
            w.fault = WALK_DENIED;
            assert_int_equal(x86_pf_error(r->c, &w, a), base | 1);
            w.fault = WALK_RESERVED;
            assert_int_equal(x86_pf_error(r->c, &w, a), base | 9);
        }
    }
}

// ---- what a format may be that none of these is

static struct pte_view never_a_leaf(u64 entry, unsigned shift, u64 control) {
    return (struct pte_view){.fault = entry & P ? WALK_OK : WALK_NOT_PRESENT, .perm = PERM_ALL, .address = entry & ~(u64)0xfff};
}
static struct pte_view last_is_a_leaf(u64 entry, unsigned shift, u64 control) {
    struct pte_view e = never_a_leaf(entry, shift, control);
    e.leaf = shift == 12;
    return e;
}
static bool anybody(const struct walk *w, enum mmu_access access) { return true; }

// Without a dirty bit (RISC-V and Arm may leave it to software) every page counts as dirty, so that a write needs no walk of its
// own; and tables that never come to a leaf map nothing and are left alone.
static void formats_by_themselves(void **state) {
    struct x86_rig *r = *state;
    struct pt_format f = {.name = "test", .levels = 2, .entry_bytes = 8, .level = {{21, 9}, {12, 9}}, .table_accessed = A, .accessed = A,
                          .decode = last_is_a_leaf, .permit = anybody};
    struct walk w = {.format = &f, .root = TABLES};
    cpu_poke(r, TABLES, (TABLES + 0x1000) | P, 8);
    cpu_poke(r, TABLES + 0x1000, 0x50000 | P, 8);
    assert_int_equal(mmu_walk(&w, &r->bus, 0x123, MMU_WRITE), WALK_OK);
    assert_int_equal(w.page, 0x50000);
    assert_true(w.dirty);
    assert_int_equal(cpu_peek(r, TABLES + 0x1000, 8), 0x50000 | P | A);
    cpu_poke(r, TABLES + 0x1000, 0x50000 | P, 8);
    f.decode = never_a_leaf;
    assert_int_equal(mmu_walk(&w, &r->bus, 0x123, MMU_WRITE), WALK_NOT_PRESENT);
    assert_int_equal(cpu_peek(r, TABLES + 0x1000, 8), 0x50000 | P);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
    const struct CMUnitTest tests[] = {
        TEST(four_levels), TEST(five_levels), TEST(pae), TEST(thirty_two_bits), TEST(selection), TEST(pdptes),
        TEST(bad_pdptes_are_refused), TEST(pae_on_and_off), TEST(error_codes), TEST(formats_by_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
