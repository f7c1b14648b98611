// SPDX-License-Identifier: MIT
// Task switches and the way into virtual-8086 mode, against SDM vol. 3A chapters 7 and 20.
#include "x86_rig.h"

#include <cmocka.h>

static u8 type_in_memory(struct x86_rig *r, u16 sel) { return (u8)cpu_peek(r, RIG_GDT + (sel & 0xfff8u) + 5, 1) & 0xf; }

// ---- tasks (chapter 7)

static void second_task(struct x86_rig *r, u32 eip, u32 eflags) {
    cpu_poke(r, RIG_TSS2 + 0x20, eip, 4);
    cpu_poke(r, RIG_TSS2 + 0x24, eflags, 4);
    for (unsigned i = 0; i < 8; i++) cpu_poke(r, RIG_TSS2 + 0x28 + 4 * i, 0x100 + i, 4);
    cpu_poke(r, RIG_TSS2 + 0x28 + 4 * RSP, RIG_STACK0 - 0x400, 4);
    static const u16 segs[6] = {SEL_DATA0, SEL_CODE0, SEL_DATA0, SEL_DATA0, 0, 0};
    for (unsigned i = 0; i < 6; i++) cpu_poke(r, RIG_TSS2 + 0x48 + 4 * i, segs[i], 4);
    cpu_poke(r, RIG_TSS2 + 0x60, 0, 4);
}

static void task_call_and_return(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    second_task(r, 0x20000, FL_ONE | FL_CF);
    r->c->s.gpr[RBX] = 0xabcdef;
    assert_fine(r, x86_far_call(r->c, SEL_TSS2, 0, 4, 0x10007));
    assert_int_equal(r->c->s.rip, 0x20000);
    assert_int_equal(r->c->s.gpr[RBX], 0x103);
    assert_int_equal(r->c->s.tr.sel, SEL_TSS2);
    assert_int_equal(cpu_peek(r, RIG_TSS2, 2), SEL_TSS);        // link
    assert_int_equal(cpu_peek(r, RIG_TSS + 0x20, 4), 0x10007);  // EIP
    assert_int_equal(cpu_peek(r, RIG_TSS + 0x34, 4), 0xabcdef); // EBX
    assert_int_equal(x86_get_rflags(r->c), FL_ONE | FL_CF | FL_NT);
    assert_int_equal(type_in_memory(r, SEL_TSS), SYS_TSS32_BUSY); // both are busy
    assert_int_equal(type_in_memory(r, SEL_TSS2), SYS_TSS32_BUSY);
    assert_true(r->c->s.cr0 & CR0_TS);
    assert_raises(r, EXC_GP, SEL_TSS, x86_far_jump(r->c, SEL_TSS, 0, 4, 0)); // busy
    assert_fine(r, x86_iret(r->c, 4, 0x20002));
    assert_int_equal(r->c->s.rip, 0x10007);
    assert_int_equal(r->c->s.gpr[RBX], 0xabcdef);
    assert_int_equal(type_in_memory(r, SEL_TSS2), SYS_TSS32);
    assert_false(cpu_peek(r, RIG_TSS2 + 0x24, 4) & FL_NT);
}

static void task_jump_through_gate_from_ring3(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 3);
    second_task(r, 0x20000, FL_ONE);
    assert_raises(r, EXC_GP, SEL_TSS2, x86_far_jump(r->c, SEL_TSS2, 0, 4, 0)); // the TSS itself has DPL 0
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_TASK_GATE, 3, SEL_TSS2, 0, 0));
    assert_fine(r, x86_far_jump(r->c, SEL_GATE | 3, 0, 4, 0x10007));
    assert_int_equal(r->c->s.cpl, 0);
    assert_int_equal(r->c->s.rip, 0x20000);
    assert_int_equal(type_in_memory(r, SEL_TSS), SYS_TSS32); // JMP: the old task is free again
}

// A bad segment in the new task is the new task's fault (#TS, with EIP of the new task).
static void task_with_bad_stack(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    second_task(r, 0x20000, FL_ONE);
    cpu_poke(r, RIG_TSS2 + 0x50, SEL_READONLY3, 4);
    assert_raises(r, EXC_TS, SEL_READONLY3, x86_far_call(r->c, SEL_TSS2, 0, 4, 0x10007));
    assert_int_equal(r->c->s.tr.sel, SEL_TSS2);
    assert_int_equal(r->c->s.rip, 0x20000);
    cpu_protected(r, 0);
    cpu_descriptor(r, SEL_TSS2, cpu_segment(RIG_TSS2, 0x66, AR_P | SYS_TSS32)); // one byte too short
    assert_raises(r, EXC_TS, SEL_TSS2, x86_far_call(r->c, SEL_TSS2, 0, 4, 0x10007));
    assert_int_equal(r->c->s.tr.sel, SEL_TSS);
}

// 7.2.1: a task with its own LDT, page tables and virtual-8086 flag; loads come after the switch.
static void task_in_v86_mode_with_ldt_and_cr3(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    for (unsigned i = 0; i < 4; i++) cpu_poke(r, RIG_TABLES + 4 * i, (u64)i << 22 | 0x87, 4); // 4 MiB pages, identity
    for (unsigned i = 0; i < 4; i++) cpu_poke(r, RIG_TABLES + 0x1000 + 4 * i, (u64)i << 22 | 0x87, 4);
    r->c->s.cr3 = RIG_TABLES;
    assert_fine(r, x86_write_cr4(r->c, CR4_PSE));
    assert_fine(r, x86_write_cr0(r->c, CR0_PE | CR0_PG));
    second_task(r, 0x100, FL_ONE | FL_VM | FL_IF);
    cpu_poke(r, RIG_TSS2 + 0x1c, RIG_TABLES + 0x1000, 4);
    cpu_poke(r, RIG_TSS2 + 0x4c, 0x1000, 2); // CS
    cpu_poke(r, RIG_TSS2 + 0x60, SEL_LDT_DESC, 2);
    assert_fine(r, x86_far_jump(r->c, SEL_TSS2, 0, 4, 0x10007));
    assert_int_equal(r->c->s.cr3, RIG_TABLES + 0x1000);
    assert_int_equal(r->c->s.ldtr.base, RIG_LDT);
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.seg[CS].base, 0x10000);
    assert_int_equal(r->c->s.rip, 0x100);
    assert_true(r->c->s.rflags & FL_VM);
    cpu_protected(r, 0);
    second_task(r, 0x20000, FL_ONE);
    cpu_poke(r, RIG_TSS2 + 0x60, SEL_DATA0, 2); // no LDT
    assert_raises(r, EXC_TS, SEL_DATA0, x86_far_jump(r->c, SEL_TSS2, 0, 4, 0x10007));
    assert_int_equal(r->c->s.tr.sel, SEL_TSS2);
}

static void task_16bit(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    static const u16 image[] = {0,          0,          0,          0,          0,      0, 0, 0x2000, FL_ONE,
                                1,          2,          3,          4,          0x7000, 6, 7, 8, // link, stacks, IP, FLAGS, AX..
                                SEL_DATA16, SEL_CODE16, SEL_DATA16, SEL_DATA16, 0};
    for (unsigned i = 0; i < countof(image); i++) cpu_poke(r, RIG_TSS2 + 2 * i, image[i], 2);
    assert_fine(r, x86_far_call(r->c, SEL_TSS16, 0, 4, 0x10007));
    assert_int_equal(r->c->s.rip, 0x2000);
    assert_int_equal(r->c->s.gpr[RSP] & 0xffff, 0x7000);
    assert_int_equal(r->c->s.gpr[RCX] & 0xffff, 2);
    assert_int_equal(r->c->mode & (MODE_CODE_MASK | MODE_STACK_MASK), MODE_CODE16 | MODE_STACK16);
    assert_fine(r, x86_iret(r->c, 2, 0x2002));
    assert_int_equal(r->c->s.rip, 0x10007);
    assert_int_equal(cpu_peek(r, RIG_TSS2 + 0x0e, 2), 0x2002);
}

// ---- virtual-8086 mode

static void iret_enters_v86_and_interrupt_leaves(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    static const u32 frame[] = {0x100, 0x1000, FL_VM | FL_IF | FL_ONE, 0xfff0, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000};
    for (unsigned i = 0; i < 9; i++) cpu_poke(r, RIG_STACK0 - 36 + 4 * i, frame[i], 4);
    r->c->s.gpr[RSP] = RIG_STACK0 - 36;
    assert_fine(r, x86_iret(r->c, 4, 0));
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.seg[CS].base, 0x10000);
    assert_int_equal(r->c->s.seg[GS].base, 0x60000);
    assert_int_equal(r->c->s.seg[SS].base, 0x20000);
    assert_int_equal(r->c->mode & (MODE_CODE_MASK | MODE_REAL), MODE_CODE16 | MODE_REAL);
    cpu_idt(r, 0x30, cpu_gate(SYS_INT32, 0, SEL_CODE0, 0x20000, 0), 0);
    x86_deliver_interrupt(r->c, 0x30);
    assert_int_equal(r->c->s.cpl, 0);
    assert_false(r->c->s.rflags & FL_VM);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 36);
    for (unsigned i = 0; i < 9; i++) assert_int_equal(cpu_peek(r, RIG_STACK0 - 36 + 4 * i, 4), frame[i]);
    assert_int_equal(r->c->s.seg[DS].attr, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(task_call_and_return), T(task_jump_through_gate_from_ring3),
        T(task_with_bad_stack),  T(task_in_v86_mode_with_ldt_and_cr3),
        T(task_16bit),           T(iret_enters_v86_and_interrupt_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
