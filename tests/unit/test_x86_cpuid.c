// SPDX-License-Identifier: MIT
// CPUID: leaves, ranges, what follows the state. (Features and levels: test_x86_levels.c; leaf 0Dh: test_x86_xstate.c.)
#include "x86_rig.h"

#include "isa/x86_64/insn.h"


#include <cmocka.h>

enum { EAX, EBX, ECX, EDX };

static u32 leaf(struct x86_rig *r, u32 n, u32 sub, unsigned reg) {
    u32 out[4];
    x86_cpuid(r->c, n, sub, out);
    return out[reg];
}

static void feature_bits(void **state) {
    struct x86_rig *r = *state;
    r->c->model = x86_model_find("");
    // Vol. 2A, CPUID: leaf, register, bit, what the default model must say.
    static const struct { u32 leaf, sub; u8 reg, bit; bool set; } cases[] = {
        {1, 0, EDX, 0, true}, {1, 0, EDX, 3, true}, {1, 0, EDX, 4, true}, {1, 0, EDX, 6, true}, {1, 0, EDX, 8, true},
        {1, 0, EDX, 9, true}, {1, 0, EDX, 11, true}, {1, 0, EDX, 13, true}, {1, 0, EDX, 15, true}, {1, 0, EDX, 25, true},
        {1, 0, EDX, 26, true}, {1, 0, EDX, 7, false}, {1, 0, EDX, 14, false}, {1, 0, EDX, 28, false},
        {1, 0, ECX, 0, true}, {1, 0, ECX, 3, false}, {1, 0, ECX, 5, false}, {1, 0, ECX, 9, true}, {1, 0, ECX, 12, true},
        {1, 0, ECX, 13, true}, {1, 0, ECX, 17, true}, {1, 0, ECX, 19, true}, {1, 0, ECX, 20, true}, {1, 0, ECX, 21, true},
        {1, 0, ECX, 23, true}, {1, 0, ECX, 24, true}, {1, 0, ECX, 28, true}, {1, 0, ECX, 31, false}, // no hypervisor
        {7, 0, EBX, 1, true}, {7, 0, EBX, 5, true}, {7, 0, EBX, 7, true}, {7, 0, EBX, 10, true}, {7, 0, EBX, 20, true},
        {7, 0, ECX, 16, false}, {0x80000001, 0, EDX, 20, true}, {0x80000001, 0, EDX, 26, true},
        {0x80000001, 0, EDX, 27, true}, {0x80000001, 0, EDX, 29, true}, {0x80000001, 0, ECX, 0, true},
        {0x80000001, 0, ECX, 2, false}, {0x80000007, 0, EDX, 8, true}, {6, 0, EAX, 2, true},
    };
    for (unsigned i = 0; i < countof(cases); i++)
        if ((leaf(r, cases[i].leaf, cases[i].sub, cases[i].reg) >> cases[i].bit & 1) != cases[i].set)
            fail_msg("leaf %x register %u bit %u", cases[i].leaf, cases[i].reg, cases[i].bit);
}

static void state_shows(void **state) {
    struct x86_rig *r = *state;
    assert_false(leaf(r, 1, 0, ECX) & BIT(27));
    r->c->s.cr4 |= CR4_OSXSAVE;
    assert_true(leaf(r, 1, 0, ECX) & BIT(27));
    r->c->s.apic_base &= ~BIT(11);
    assert_false(leaf(r, 1, 0, EDX) & BIT(9));
    cpu_long(r, 0);
    assert_true(leaf(r, 0x80000001, 0, EDX) & BIT(11)); // SYSCALL: in 64-bit mode only
    cpu_protected(r, 0);
    assert_false(leaf(r, 0x80000001, 0, EDX) & BIT(11));
}

static void ranges(void **state) {
    struct x86_rig *r = *state;
    u32 last = leaf(r, 0, 0, EAX), a[4], b[4];
    x86_cpuid(r->c, last, 0, a);
    x86_cpuid(r->c, 0x40000000, 0, b);
    assert_memory_equal(a, b, sizeof a); // beyond the range: the highest basic leaf
    assert_int_equal(leaf(r, 0x80000000, 0, EAX), 0x80000008);
    char brand[49] = "";
    for (u32 i = 0; i < 3; i++) x86_cpuid(r->c, 0x80000002 + i, 0, (u32 *)(void *)(brand + 16 * i));
    assert_int_equal(strncmp(brand, "softmetal", 9), 0);
    // TSC = crystal * EBX / EAX, 1 GHz.
    x86_cpuid(r->c, 0x15, 0, a);
    assert_int_equal((u64)a[ECX] * a[EBX] / a[EAX], X86_TSC_HZ);
    assert_int_equal(leaf(r, 0x80000008, 0, EAX) & 0xff, r->c->model->physical_bits);
    assert_int_equal(leaf(r, 4, 3, EAX), 0); // the list of caches ends
}

// The bits of CR4 and EFER that can be set are those whose features are told.
static void control_bits_follow(void **state) {
    struct x86_rig *r = *state;
    r->c->model = x86_model_find("x86-64-v1");
    cpu_protected(r, 0);
    assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, CR4_SMEP));
    assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, CR4_OSXSAVE));
    assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, CR4_LA57));
    assert_fine(r, x86_write_cr4(r->c, CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT));
    r->c->model = x86_model_find("max");
    assert_fine(r, x86_write_cr4(r->c, CR4_PAE | CR4_LA57 | CR4_SMEP | CR4_SMAP | CR4_UMIP | CR4_FSGSBASE | CR4_OSXSAVE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(feature_bits), T(state_shows), T(ranges), T(control_bits_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
