// SPDX-License-Identifier: MIT
// The page-table walker and the x86 formats against the rules of SDM vol. 3A chapter 4 (walk_rules_x86.c): every kind of entry bit,
// reserved ones among them, at every level, under every control bit. What formats can say that x86's do not is
// test_mmu_formats' business.
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/paging.h"
#include "walk_driver.h"
#include "x86_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128, G = 256 };
#define XD BIT(63)
enum { TABLES = 0x200000 };

enum { TABLE_SETS = 60, QUESTIONS = 500 };

static void thirty_two_bits(void **state) { walk_drive(&walk_rules_x86[0], TABLE_SETS, QUESTIONS); }
static void pae(void **state) { walk_drive(&walk_rules_x86[1], TABLE_SETS, QUESTIONS); }
static void four_levels(void **state) { walk_drive(&walk_rules_x86[2], TABLE_SETS, QUESTIONS); }
static void five_levels(void **state) { walk_drive(&walk_rules_x86[3], TABLE_SETS, QUESTIONS); }

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
    static const struct {
        bool cr0;
        u64 bits;
        bool loads;
    } writes[] = {
        {true, CR0_CD, true},    {true, CR0_CD | CR0_NW, true}, {true, CR0_WP, false},
        {true, CR0_TS, false},   {false, CR4_PGE, true},        {false, CR4_PSE, true},
        {false, CR4_SMEP, true}, {false, CR4_SMAP, false},      {false, CR4_UMIP, false},
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

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
    const struct CMUnitTest tests[] = {
        TEST(four_levels),
        TEST(five_levels),
        TEST(pae),
        TEST(thirty_two_bits),
        TEST(selection),
        TEST(pdptes),
        TEST(bad_pdptes_are_refused),
        TEST(pae_on_and_off),
        TEST(error_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
