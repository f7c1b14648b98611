// SPDX-License-Identifier: MIT
// Data breakpoints and single-stepping where the instruction then faults; and gathers, which are done in part by then (vol. 2,
// VPGATHERDD: their traps come in place of the fault).
#include "x86_rig.h"

#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/except.h"

#include <cmocka.h>

enum { HANDLER = 0x20000, DATA = 0x400000, ABSENT = 0x600000 };
static const u8 vpgatherdd[] = {0xc4, 0xe2, 0x69, 0x90, 0x0c, 0x1e}; // xmm1, [rsi + xmm3], xmm2

static void start(struct x86_rig *r) {
    struct x86_state *s = &r->c->s;
    cpu_long(r, 0);
    for (unsigned v = 0; v < 32; v++) {
        cpu_idt(r, v, cpu_gate(SYS_INT32, 3, SEL_CODE64_0, HANDLER + 16 * v, 0), 0);
        cpu_poke(r, HANDLER + 16 * v, v == EXC_DB ? 0xcf48 : 0x9090, 2); // IRETQ
    }
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * (ABSENT >> 21), 0, 8);
    s->cr4 |= CR4_OSXSAVE;
    s->xcr0 = 7;
    x86_tlb_flush_all(r->c);
    x86_mode_changed(r->c);
}

// Elements at DATA + 0, 4, 8 and in the page that is not there.
static void start_gather(struct x86_rig *r) {
    struct x86_state *s = &r->c->s;
    start(r);
    s->gpr[RSI] = DATA;
    for (unsigned i = 0; i < 4; i++) {
        cpu_poke(r, DATA + 4 * i, 100 + i, 4);
        s->xmm[3].d[i] = i == 3 ? ABSENT - DATA : 4 * i;
        s->xmm[2].d[i] = ~0u;
        s->xmm[1].d[i] = i;
    }
}

static int entered(const struct x86_rig *r) {
    u64 at = r->c->s.rip - HANDLER;
    return at % 16 || at / 16 > 31 ? -1 : (int)(at / 16);
}
static void run(struct x86_rig *r, unsigned n) { r->clock.now += vcpu_run(&r->c->v, n); }
static u64 pushed(struct x86_rig *r, unsigned at) { return cpu_peek(r, r->c->s.gpr[RSP] + at, 8); }

static void assert_three_done(const struct x86_state *s) {
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(s->xmm[1].d[i], i < 3 ? 100 + i : i);
        assert_int_equal(s->xmm[2].d[i] >> 31, i == 3);
    }
}

// The trap of element 1, in place of element 3's fault; RF so that a code breakpoint on the gather is met once. Then the fault.
static void gather_traps_before_it_faults(void **state) {
    struct x86_rig *r = *state;
    struct x86_state *s = &r->c->s;
    start_gather(r);
    s->dr[0] = DATA + 4;
    s->dr[7] = 0x400 | 1 | 0xf << 16; // four bytes, reads and writes
    cpu_run(r, vpgatherdd, sizeof vpgatherdd, 1);
    assert_int_equal(entered(r), EXC_DB);
    assert_int_equal(s->dr[6] & 0xf, 1);
    assert_int_equal(pushed(r, 0), RIG_CODE);
    assert_true(pushed(r, 16) & FL_RF);
    assert_three_done(s);
    run(r, 2);
    assert_int_equal(entered(r), EXC_PF);
    assert_int_equal(s->cr2, ABSENT);
    assert_int_equal(pushed(r, 8), RIG_CODE);
    assert_three_done(s);
    run(r, 1);
    assert_int_equal(s->rip, HANDLER + 16 * EXC_PF + 1); // and nothing more
}

// Stepped through: silicon traps after what it has done, too.
static void gather_is_stepped(void **state) {
    struct x86_rig *r = *state;
    struct x86_state *s = &r->c->s;
    start_gather(r);
    x86_set_rflags(r->c, FL_TF, FL_TF);
    cpu_run(r, vpgatherdd, sizeof vpgatherdd, 1);
    assert_int_equal(entered(r), EXC_DB);
    assert_true(s->dr[6] & DR6_BS);
    assert_int_equal(pushed(r, 0), RIG_CODE);
    assert_three_done(s);
    run(r, 2);
    assert_int_equal(entered(r), EXC_PF);
    s->xmm[3].d[3] = 12;
    s->rip = RIG_CODE;
    x86_set_rflags(r->c, FL_TF, FL_TF);
    run(r, 2);
    assert_int_equal(entered(r), EXC_DB);
    assert_int_equal(pushed(r, 0), RIG_CODE + sizeof vpgatherdd);
    assert_int_equal(s->xmm[1].d[3], 103);
}

// PUSH of a watched operand to a stack that is not there: the breakpoint is met when the instruction is run again, not in the
// fault's handler.
static void a_fault_leaves_no_trap(void **state) {
    struct x86_rig *r = *state;
    struct x86_state *s = &r->c->s;
    start(r);
    s->gpr[RSI] = DATA;
    s->dr[0] = DATA;
    s->dr[7] = 0x400 | 1 | 0xf << 16;
    cpu_idt(r, EXC_PF, cpu_gate(SYS_INT32, 3, SEL_CODE64_0, HANDLER + 16 * EXC_PF, 0) | (u64)1 << 32, 0); // IST 1
    cpu_poke(r, RIG_TSS + 36, RIG_STACK0, 8);
    s->gpr[RSP] = ABSENT + 64;
    RIG_RUN(r, 1, 0xff, 0x36, 0x90);
    assert_int_equal(s->rip, HANDLER + 16 * EXC_PF);
    run(r, 1);
    assert_int_equal(s->rip, HANDLER + 16 * EXC_PF + 1);
    s->gpr[RSP] = RIG_STACK0 - 256;
    s->rip = RIG_CODE;
    run(r, 2);
    assert_int_equal(entered(r), EXC_DB);
    assert_int_equal(pushed(r, 0), RIG_CODE + 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
int main(void) {
    const struct CMUnitTest tests[] = {T(gather_traps_before_it_faults), T(gather_is_stepped), T(a_fault_leaves_no_trap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
