// SPDX-License-Identifier: MIT
// CPUID tells what is there: its bits against the rows of the instruction tables and against the psABI's levels.
#include "x86_rig.h"

#include "isa/x86_64/insn.h"


#include <cmocka.h>

enum { EAX, EBX, ECX, EDX };
static const char *const names[] = {"x86-64-v1", "x86-64-v2", "max"};

static u32 leaf(struct x86_rig *r, u32 n, u32 sub, unsigned reg) {
    u32 out[4];
    x86_cpuid(r->c, n, sub, out);
    return out[reg];
}

// Features without an instruction of their own, or told together with the base set.
static bool without_rows(unsigned f) {
    return f == F_BASE || f == F_CX16; // CMPXCHG16B is a form of CMPXCHG8B's row
}

static void every_feature_told_has_instructions(void **state) {
    unsigned rows[F_COUNT] = {0};
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) rows[(*t)->rows[i].feature]++;
    for (unsigned m = 0; m < countof(names); m++) {
        const struct x86_model *model = x86_model_find(names[m]);
        assert_non_null(model);
        for (unsigned f = 0; f < F_COUNT; f++)
            if (model->has[f] && !rows[f] && !without_rows(f)) fail_msg("%s: feature %u has no row", names[m], f);
    }
}

static void levels_of_the_psabi(void **state) {
    static const u8 v1[] = {F_CMOV, F_CX8, F_FPU, F_FXSR, F_MMX, F_SYSCALL, F_SSE, F_SSE2, F_LM};
    static const u8 v2[] = {F_CX16, F_LAHF, F_POPCNT, F_SSE3, F_SSE41, F_SSE42, F_SSSE3};
    for (unsigned m = 0; m < countof(names); m++)
        for (unsigned i = 0; i < countof(v1); i++) assert_true(x86_model_find(names[m])->has[v1[i]]);
    for (unsigned m = 1; m < countof(names); m++)
        for (unsigned i = 0; i < countof(v2); i++) assert_true(x86_model_find(names[m])->has[v2[i]]);
    assert_false(x86_model_find("x86-64-v1")->has[F_SSE3]);
    assert_null(x86_model_find("x86-64-v9"));
    assert_ptr_equal(x86_model_find(""), x86_model_find("x86-64-v2"));
}

static void feature_bits(void **state) {
    struct x86_rig *r = *state;
    r->c->model = x86_model_find("");
    // Vol. 2A, CPUID: leaf, register, bit, what the default model must say.
    static const struct { u32 leaf, sub; u8 reg, bit; bool set; } cases[] = {
        {1, 0, EDX, 0, true}, {1, 0, EDX, 3, true}, {1, 0, EDX, 4, true}, {1, 0, EDX, 6, true}, {1, 0, EDX, 8, true},
        {1, 0, EDX, 9, true}, {1, 0, EDX, 11, true}, {1, 0, EDX, 13, true}, {1, 0, EDX, 15, true}, {1, 0, EDX, 25, true},
        {1, 0, EDX, 26, true}, {1, 0, EDX, 7, false}, {1, 0, EDX, 14, false}, {1, 0, EDX, 28, false},
        {1, 0, ECX, 0, true}, {1, 0, ECX, 3, false}, {1, 0, ECX, 5, false}, {1, 0, ECX, 9, true}, {1, 0, ECX, 12, false},
        {1, 0, ECX, 13, true}, {1, 0, ECX, 17, true}, {1, 0, ECX, 19, true}, {1, 0, ECX, 20, true}, {1, 0, ECX, 21, true},
        {1, 0, ECX, 23, true}, {1, 0, ECX, 24, true}, {1, 0, ECX, 28, false}, {1, 0, ECX, 31, false}, // no hypervisor
        {7, 0, EBX, 1, true}, {7, 0, EBX, 5, false}, {7, 0, EBX, 7, true}, {7, 0, EBX, 10, true}, {7, 0, EBX, 20, true},
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

static void xcr0(void **state) {
    struct x86_rig *r = *state;
    r->c->model = x86_model_find("");
    static const struct { u64 value; bool allowed; } cases[] = {{1, true}, {3, true}, {0, false}, {2, false}, {7, false}};
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_long(r, 0);
        cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000, 0), 0);
        r->c->s.cr4 |= CR4_OSXSAVE;
        r->c->s.gpr[RAX] = cases[i].value, r->c->s.gpr[RDX] = 0;
        RIG_RUN(r, 1, 0x0f, 0x01, 0xd1);
        assert_int_equal(r->c->s.rip == 0x20000, !cases[i].allowed);
        assert_int_equal(r->c->s.xcr0, cases[i].allowed ? cases[i].value : 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(every_feature_told_has_instructions), T(levels_of_the_psabi), T(feature_bits), T(state_shows), T(ranges),
        T(control_bits_follow), T(xcr0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
