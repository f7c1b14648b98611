// SPDX-License-Identifier: MIT
// RISC-V's page tables, random ones: the walk against the privileged specification (riscv_oracle.h), with and without physical
// memory protection, tables in ROM, in a device and nowhere, and a debugger's look. Then what selects a format, and what satp takes.
// The enumeration of all that is a product of bits is test_riscv_walk_all.
#include "base/bits.h"
#include "isa/riscv64/paging.h"
#include "walk_driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { TABLE_SETS = 100, QUESTIONS = 500 };

static void sv39(void **state) { walk_drive(&walk_rules_riscv[0], TABLE_SETS, QUESTIONS); }
static void sv48(void **state) { walk_drive(&walk_rules_riscv[1], TABLE_SETS, QUESTIONS); }
static void sv57(void **state) { walk_drive(&walk_rules_riscv[2], TABLE_SETS, QUESTIONS); }

// The mode is satp's and nothing else's; Bare and M-mode do not translate, whatever the other fields hold.
static void selection(void **state) {
    static const struct pt_format *const formats[16] = {[8] = &rv_format_sv39, [9] = &rv_format_sv48, [10] = &rv_format_sv57};
    for (unsigned n = 0; n < 16 * 3 * 32; n++) {
        struct rv_translation t = {.satp = (u64)(n % 16) << 60 | 0x0fff000000012345 | (u64)(n & 1) << 43,
                                   .priv = "\0\1\3"[n / 16 % 3],
                                   .sum = n / 48 & 1,
                                   .mxr = n / 48 & 2,
                                   .adue = n / 48 & 4,
                                   .pbmte = n / 48 & 8,
                                   .napot = n / 48 & 16};
        struct walk w = {.key = 77};
        int bare = rv_walk_init(&t, &w);
        assert_int_equal(bare, t.priv == 3 || !formats[n % 16]);
        if (bare) continue;
        assert_ptr_equal(w.format, formats[n % 16]);
        assert_int_equal(w.root, 0x12345000 | (u64)(n & 1) << 55);
    }
}

// "If satp is written with an unsupported MODE, the entire write has no effect; no fields in satp are modified."
static void satp(void **state) {
    static const u64 fields[] = {0, 0x0fffffffffffffff, 0x0123400000000000, 0xfffffffffff, 1, BIT(59), BIT(43)};
    for (u32 modes = 0; modes < 8; modes++)
        for (unsigned mode = 0; mode < 16; mode++)
            for (unsigned i = 0; i < countof(fields); i++) {
                u64 old = 0x8765432101234567, value = (u64)mode << 60 | fields[i];
                bool supported = mode == 0 || (mode == 8 && modes & 1) || (mode == 9 && modes & 2) || (mode == 10 && modes & 4);
                assert_int_equal(rv_satp_write(old, value, modes << 8), supported ? value : old);
            }
}

static void causes(void **state) {
    static const struct {
        enum mmu_access access;
        unsigned page, reach;
    } of[] = {{MMU_EXEC, 12, 1}, {MMU_READ, 13, 5}, {MMU_WRITE, 15, 7}};
    for (unsigned i = 0; i < countof(of); i++) {
        assert_int_equal(rv_access_fault(of[i].access), of[i].reach);
        for (unsigned f = WALK_NON_CANONICAL; f <= WALK_TABLE; f++) {
            struct walk w = {.fault = (enum walk_fault)f};
            assert_int_equal(rv_walk_cause(&w, of[i].access), f == WALK_TABLE ? of[i].reach : of[i].page);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sv39),      cmocka_unit_test(sv48), cmocka_unit_test(sv57),
        cmocka_unit_test(selection), cmocka_unit_test(satp), cmocka_unit_test(causes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
