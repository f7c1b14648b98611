// SPDX-License-Identifier: MIT
// What scripts/coverage showed no other test to reach.
#include "x86_rig.h"

#include <cmocka.h>

static void mov_cr2(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    r->c->s.gpr[RAX] = 0xfedcba9876543210; // any value: CR2 is not checked (vol. 2B, MOV CR)
    RIG_RUN(r, 1, 0x0f, 0x22, 0xd0);       // mov cr2, rax
    assert_int_equal(r->c->s.cr2, 0xfedcba9876543210);
    r->c->s.rip = RIG_CODE;
    RIG_RUN(r, 1, 0x0f, 0x20, 0xd1); // mov rcx, cr2
    assert_int_equal(r->c->s.gpr[RCX], 0xfedcba9876543210);
}

// SMSW: CR0's 16 bits to memory whatever the operand size; to a 64-bit register all of CR0 (vol. 2B).
static void smsw(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    r->c->s.gpr[RAX] = ~(u64)0;
    RIG_RUN(r, 1, 0x48, 0x0f, 0x01, 0xe0);
    assert_int_equal(r->c->s.gpr[RAX], CR0_PG | CR0_PE | CR0_ET | CR0_WP);
    r->c->s.rip = RIG_CODE;
    r->c->s.gpr[RBX] = 0x40000;
    cpu_poke(r, 0x40000, ~(u64)0, 8);
    RIG_RUN(r, 1, 0x48, 0x0f, 0x01, 0x23);
    assert_int_equal(cpu_peek(r, 0x40000, 8), 0xffffffffffff0000 | (u16)r->c->s.cr0);
}

// A 16-bit call gate's offset has 16 bits, and what it pushes has, too (vol. 3A, 5.8.3).
static void call_gate_of_16_bits(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL16, 0, SEL_CODE0, 0x12345678, 0));
    RIG_RUN(r, 1, 0x9a, 0, 0, 0, 0, SEL_GATE, 0);
    assert_int_equal(r->c->s.rip, 0x5678);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 4);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 4, 2), (u16)(RIG_CODE + 7));
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 2, 2), SEL_CODE0);
}

// ENTER with a nesting level whose display overlaps the frame it makes reads what it has pushed itself (vol. 2A).
static void enter_reads_its_own_frame(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    const u64 sp = 0x40000;
    r->c->s.gpr[RSP] = sp;
    r->c->s.gpr[RBP] = sp; // display[1] is at RBP - 8, where RBP itself is pushed first
    RIG_RUN(r, 1, 0xc8, 0x10, 0x00, 0x02);
    assert_int_equal(cpu_peek(r, sp - 8, 8), sp);
    assert_int_equal(cpu_peek(r, sp - 16, 8), sp); // the value just pushed
    assert_int_equal(cpu_peek(r, sp - 24, 8), sp - 8);
    assert_int_equal(r->c->s.gpr[RBP], sp - 8);
    assert_int_equal(r->c->s.gpr[RSP], sp - 24 - 0x10);
}

#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
int main(void) {
    const struct CMUnitTest tests[] = {T(mov_cr2), T(smsw), T(call_gate_of_16_bits), T(enter_reads_its_own_frame)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
