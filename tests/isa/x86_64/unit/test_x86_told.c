// SPDX-License-Identifier: MIT
// Instructions that tell the machine's own things, which no other processor can be held against: CPUID, RDTSC, RDTSCP, RDPID;
// and UD0, UD1, UD2, whose lengths the vendors see differently (vol. 2).
#include "x86_rig.h"

#include <cmocka.h>

enum { HANDLER = 0x20000 };

static void handlers(struct x86_rig *r) {
    for (unsigned v = 0; v < 32; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, HANDLER + 16 * v, 0), 0);
}
static bool raised(const struct x86_rig *r, unsigned vector) { return r->c->s.cpl == 0 && r->c->s.rip == HANDLER + 16 * vector; }

// EAX, EBX, ECX, EDX are written, as 32 bits; in every ring.
static void cpuid_writes_four_registers(void **state) {
    struct x86_rig *r = *state;
    static const u32 leaf[] = {0, 1, 7, 0xd, 0x80000000, 0x80000001, 0x80000006, 0x80000007, 0x80000008};
    for (unsigned i = 0; i < countof(leaf); i++)
        for (unsigned cpl = 0; cpl < 4; cpl += 3) {
            u32 want[4];
            cpu_long(r, cpl);
            x86_cpuid(r->c, leaf[i], 0, want);
            for (unsigned g = 0; g < 4; g++) r->c->s.gpr[g] = ~(u64)0;
            r->c->s.gpr[RAX] = 0xffffffff00000000 | leaf[i];
            r->c->s.gpr[RCX] = 0xffffffff00000000;
            RIG_RUN(r, 1, 0x0f, 0xa2);
            assert_int_equal(r->c->s.gpr[RAX], want[0]);
            assert_int_equal(r->c->s.gpr[RBX], want[1]);
            assert_int_equal(r->c->s.gpr[RCX], want[2]);
            assert_int_equal(r->c->s.gpr[RDX], want[3]);
        }
}

// The time, in halves; RDTSCP also IA32_TSC_AUX in ECX. CR4.TSD takes both from ring 3, and not from ring 0.
static void rdtsc_and_rdtscp(void **state) {
    struct x86_rig *r = *state;
    static const u8 rdtsc[] = {0x0f, 0x31}, rdtscp[] = {0x0f, 0x01, 0xf9};
    for (unsigned i = 0; i < 8; i++) {
        bool with_aux = i & 1, denied = i & 2;
        cpu_long(r, i & 4 ? 3 : 0);
        handlers(r);
        if (denied) r->c->s.cr4 |= CR4_TSD;
        r->c->s.tsc_aux = 0x1234567;
        r->clock.now = 0x12345678000;
        for (unsigned g = 0; g < 4; g++) r->c->s.gpr[g] = ~(u64)0;
        cpu_run(r, with_aux ? rdtscp : rdtsc, with_aux ? 3 : 2, 1);
        if (denied && i & 4) {
            assert_true(raised(r, EXC_GP));
            continue;
        }
        assert_int_equal(r->c->s.gpr[RDX], 0x123);
        assert_in_range(r->c->s.gpr[RAX], 0x45678000, 0x45678001);
        assert_int_equal(r->c->s.gpr[RCX], with_aux ? 0x1234567 : ~(u64)0);
    }
}

// RDPID: the whole of IA32_TSC_AUX, in any ring, whatever CR4.TSD says.
static void rdpid(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    r->c->s.cr4 |= CR4_TSD;
    r->c->s.tsc_aux = 0x89abcdef;
    r->c->s.gpr[9] = ~(u64)0;
    RIG_RUN(r, 1, 0xf3, 0x41, 0x0f, 0xc7, 0xf9); // rdpid r9
    assert_int_equal(r->c->s.gpr[9], 0x89abcdef);
}

// #UD whatever the operand is; UD0 and UD1 have one, so that the instruction ends where it ends: on the page's last byte
// nothing behind it is fetched, and a ModRM byte on a page that is not there is #PF (vol. 2B, UD).
static void undefined_instructions(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u8 code[7], n;
    } k[] = {
        {{0x0f, 0x0b}, 2},
        {{0x0f, 0xb9, 0xc0}, 3},
        {{0x0f, 0xff, 0xc0}, 3},
        {{0x0f, 0xff, 0x80, 1, 2, 3, 4}, 7},
        {{0x48, 0x0f, 0xb9, 0x00}, 4},
    };
    for (unsigned i = 0; i < countof(k); i++)
        for (unsigned missing = 0; missing < 2; missing++) {
            cpu_long(r, 3);
            handlers(r);
            cpu_poke(r, RIG_TABLES + 0x2000 + 8 * 3, 0, 8); // nothing from 6 MiB on
            x86_tlb_flush_all(r->c);
            r->c->s.rip = 0x600000 - k[i].n + missing;
            for (unsigned b = 0; b + missing < k[i].n; b++) cpu_poke(r, r->c->s.rip + b, k[i].code[b], 1);
            r->clock.now += vcpu_run(&r->c->v, 1);
            assert_true(raised(r, missing ? EXC_PF : EXC_UD));
        }
}

#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
int main(void) {
    const struct CMUnitTest tests[] = {T(cpuid_writes_four_registers), T(rdtsc_and_rdtscp), T(rdpid), T(undefined_instructions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
