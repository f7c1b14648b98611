// SPDX-License-Identifier: MIT
// CPUID: leaves, ranges, what follows the state. (Features and levels: test_x86_levels.c; leaf 0Dh: test_x86_xstate.c.)
#include "x86_rig.h"

#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/sys/mem.h"

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
    // clang-format off
    static const struct { u32 leaf, sub; u8 reg, bit; bool set; } cases[] = {
        {1, 0, EDX, 0, true}, {1, 0, EDX, 3, true}, {1, 0, EDX, 4, true}, {1, 0, EDX, 6, true}, {1, 0, EDX, 8, true},
        {1, 0, EDX, 9, true}, {1, 0, EDX, 11, true}, {1, 0, EDX, 13, true}, {1, 0, EDX, 15, true}, {1, 0, EDX, 25, true},
        {1, 0, EDX, 26, true}, {1, 0, EDX, 7, true}, {1, 0, EDX, 14, true}, {1, 0, EDX, 28, false},
        {1, 0, ECX, 0, true}, {1, 0, ECX, 3, false}, {1, 0, ECX, 5, false}, {1, 0, ECX, 9, true}, {1, 0, ECX, 12, true},
        {1, 0, ECX, 13, true}, {1, 0, ECX, 17, true}, {1, 0, ECX, 19, true}, {1, 0, ECX, 20, true}, {1, 0, ECX, 21, true},
        {1, 0, ECX, 23, true}, {1, 0, ECX, 24, true}, {1, 0, ECX, 28, true}, {1, 0, ECX, 31, false}, // no hypervisor
        {7, 0, EBX, 1, true}, {7, 0, EBX, 5, true}, {7, 0, EBX, 7, true}, {7, 0, EBX, 10, true}, {7, 0, EBX, 20, true},
        {7, 0, ECX, 16, false}, {0x80000001, 0, EDX, 20, true}, {0x80000001, 0, EDX, 26, true},
        {0x80000001, 0, EDX, 27, true}, {0x80000001, 0, EDX, 29, true}, {0x80000001, 0, ECX, 0, true},
        {0x80000001, 0, ECX, 2, false}, {0x80000007, 0, EDX, 8, true}, {6, 0, EAX, 2, true},
    };
    // clang-format on
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

// Every bit of CR4, EFER and XCR0, in every model: it can be set exactly when CPUID tells of it (2.2.1, 2.5, 2.6).
static void told_and_settable_are_one(void **state) {
    struct x86_rig *r = *state;
    enum { ALWAYS = 32 };
    static const struct {
        u8 cr4;
        u32 leaf;
        u8 reg, bit;
    } rows[] = {
        {0, 1, EDX, 1},   {1, 1, EDX, 1},   {2, 1, EDX, 4},      {3, 1, EDX, 2},  {4, 1, EDX, 3},   {5, 1, EDX, 6},
        {6, 1, EDX, 7},   {7, 1, EDX, 13},  {8, 0, EAX, ALWAYS}, {9, 1, EDX, 24}, {10, 1, EDX, 25}, {11, 7, ECX, 2},
        {12, 7, ECX, 16}, {13, 1, ECX, 5},  {14, 1, ECX, 6},     {16, 7, EBX, 0}, {17, 1, ECX, 17}, {18, 1, ECX, 26},
        {20, 7, EBX, 7},  {21, 7, EBX, 20}, {22, 7, ECX, 3},     {23, 7, ECX, 7}, {24, 7, ECX, 31},
    };
    for (unsigned m = 0; x86_model_at(m); m++) {
        r->c->model = x86_model_at(m);
        cpu_long(r, 0);
        u64 want = 0;
        for (unsigned i = 0; i < countof(rows); i++)
            if (rows[i].bit == ALWAYS || leaf(r, rows[i].leaf, 0, rows[i].reg) >> rows[i].bit & 1) want |= BIT(rows[i].cr4);
        assert_int_equal(x86_cr4_allowed(r->c), want);
        for (unsigned bit = 0; bit < 64; bit++) {
            if (want & BIT(bit)) continue;
            assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, r->c->s.cr4 | BIT(bit)));
        }
        cpu_protected(r, 0);
        u64 efer =
            (leaf(r, 0x80000001, 0, EDX) & BIT(29) ? BIT(0) | BIT(8) : 0) | (leaf(r, 0x80000001, 0, EDX) & BIT(20) ? BIT(11) : 0);
        for (unsigned bit = 0; bit < 64; bit++) // LMA (10) is CR0's to change: written, it is ignored
            if (bit != 10) assert_int_equal(x86_write_efer(r->c, BIT(bit)) == 0, (efer & BIT(bit)) != 0);
        cpu_long(r, 0);
        if (!(leaf(r, 1, 0, ECX) & BIT(26))) continue;
        r->c->s.cr4 |= CR4_OSXSAVE;
        cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x30000, 0), 0);
        for (unsigned bit = 0; bit < 64; bit++) {
            u64 v = BIT(bit) | 1 | (bit == 2 ? 2 : 0);
            r->c->s.rip = RIG_CODE;
            r->c->s.gpr[RCX] = 0, r->c->s.gpr[RAX] = (u32)v, r->c->s.gpr[RDX] = v >> 32;
            RIG_RUN(r, 1, 0x0f, 0x01, 0xd1); // xsetbv
            u64 told = leaf(r, 0xd, 0, EAX) | (u64)leaf(r, 0xd, 0, EDX) << 32;
            assert_int_equal(r->c->s.rip != 0x30000, (told & BIT(bit)) != 0);
        }
    }
}

// IA32_MISC_ENABLE's bits do what they say, or cannot be set (vol. 4, table 2-2).
static void misc_enable(void **state) {
    struct x86_rig *r = *state;
    u64 v;
    cpu_long(r, 0);
    assert_int_equal(x86_msr_read(r->c, 0x1a0, &v), 0);
    assert_int_equal(v, BIT(0) | BIT(11) | BIT(12));
    for (unsigned bit = 0; bit < 64; bit++) {
        bool honoured = bit == 0 || bit == 22 || bit == 34;
        assert_int_equal(x86_msr_write(r->c, 0x1a0, v ^ BIT(bit)) == 0, honoured);
        assert_int_equal(x86_msr_write(r->c, 0x1a0, v), 0);
    }
    // 22: no basic leaf above 2; what is asked beyond is the highest one.
    u32 two[4], beyond[4];
    assert_int_equal(x86_msr_write(r->c, 0x1a0, v | BIT(22)), 0);
    assert_int_equal(leaf(r, 0, 0, EAX), 2);
    x86_cpuid(r->c, 2, 0, two);
    x86_cpuid(r->c, 7, 0, beyond);
    assert_memory_equal(two, beyond, sizeof two);
    assert_int_equal(leaf(r, 0x80000000, 0, EAX), 0x80000008);
    // 34: no execute-disable, in CPUID, EFER and page tables, which then find a reserved bit.
    cpu_long(r, 0);
    assert_true(r->c->s.efer & EFER_NXE);
    assert_true(leaf(r, 0x80000001, 0, EDX) & BIT(20));
    assert_int_equal(x86_msr_write(r->c, 0x1a0, v | BIT(34)), 0);
    assert_false(leaf(r, 0x80000001, 0, EDX) & BIT(20));
    assert_false(r->c->s.efer & EFER_NXE);
    assert_true(x86_write_efer(r->c, r->c->s.efer | EFER_NXE) < 0);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8, (u64)1 << 63 | 0x200087, 8);
    assert_raises(r, EXC_PF, PF_P | PF_RSVD, x86_read(r->c, DS, 0x200000, &v, 8));
    assert_int_equal(x86_msr_write(r->c, 0x1a0, BIT(0) | BIT(11) | BIT(12)), 0);
    assert_int_equal(x86_write_efer(r->c, r->c->s.efer | EFER_NXE), 0);
    assert_fine(r, x86_read(r->c, DS, 0x200000, &v, 8));
}

// Machine checks without a bank (3B 15.3.1): IA32_MCG_CAP counts none and is read-only; MCIP is software's to set and clear.
static void machine_check(void **state) {
    struct x86_rig *r = *state;
    for (unsigned m = 0; x86_model_at(m); m++) {
        u64 v = 1;
        r->c->model = x86_model_at(m);
        x86_reset(r->c);
        assert_int_equal(leaf(r, 1, 0, EDX) & (BIT(7) | BIT(14)), BIT(7) | BIT(14));
        assert_int_equal(x86_msr_read(r->c, 0x179, &v), 0);
        assert_int_equal(v, 0);
        assert_true(x86_msr_write(r->c, 0x179, 0) < 0);
        assert_int_equal(x86_msr_write(r->c, 0x17a, 7), 0);
        assert_true(x86_msr_write(r->c, 0x17a, 15) < 0);
        assert_int_equal(x86_msr_read(r->c, 0x17a, &v), 0);
        assert_int_equal(v, 7);
        assert_int_equal(x86_msr_write(r->c, 0x17a, 0), 0);
        static const u32 absent[] = {0x17b, 0x280, 0x400, 0x401,
                                     0x402, 0x403, 0x404, 0x4d0}; // IA32_MCG_CTL, MC0_CTL2, banks, EXT_CTL
        for (unsigned i = 0; i < countof(absent); i++) {
            assert_true(x86_msr_read(r->c, absent[i], &v) < 0);
            assert_true(x86_msr_write(r->c, absent[i], 0) < 0);
        }
        assert_int_equal(x86_msr_read(r->c, 0, &v) | x86_msr_read(r->c, 1, &v), 0); // the Pentium's (15.3.3)
        assert_int_equal(v, 0);
        cpu_protected(r, 0);
        assert_fine(r, x86_write_cr4(r->c, CR4_MCE));
    }
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
        T(feature_bits), T(state_shows),   T(ranges), T(control_bits_follow), T(told_and_settable_are_one),
        T(misc_enable),  T(machine_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
