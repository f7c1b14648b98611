// SPDX-License-Identifier: MIT
// Far JMP, CALL, RET, IRET, call gates, SYSCALL and SYSENTER, against SDM vol. 3A chapter 5 and vol. 2, restated as tables.
#include "x86_rig.h"

#include "isa/x86_64/sys/debug.h"

#include <cmocka.h>

// ---- far JMP to code segments (5.8.1)

static void direct_jump_rules(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        unsigned cpl;
        u16 sel;
        int vector;
        u32 error;
        u16 cs;
    } cases[] = {
        {0, SEL_CODE0, NO_TRAP, 0, SEL_CODE0},
        {3, SEL_CODE3 | 3, NO_TRAP, 0, SEL_CODE3 | 3},
        {3, SEL_CODE3, NO_TRAP, 0, SEL_CODE3 | 3},             // RPL below CPL: CS gets CPL
        {0, SEL_CODE0 | 3, EXC_GP, SEL_CODE0, 0},              // RPL above CPL
        {0, SEL_CODE3 | 3, EXC_GP, SEL_CODE3, 0},              // outward
        {3, SEL_CODE0, EXC_GP, SEL_CODE0, 0},                  // inward
        {3, SEL_CONFORMING0, NO_TRAP, 0, SEL_CONFORMING0 | 3}, // conforming: inner code at outer CPL
        {0, SEL_DATA0, EXC_GP, SEL_DATA0, 0},
        {0, 0, EXC_GP, 0, 0},
        {0, 2, EXC_GP, 0, 0},
        {0, SEL_LAST + 1, EXC_GP, SEL_LAST + 1, 0},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_protected(r, cases[i].cpl);
        int v = TRAP(r, x86_far_jump(r->c, cases[i].sel, 0x12345, 4, 0));
        if (v != cases[i].vector) fail_msg("case %u: vector %d", i, v);
        if (v != NO_TRAP) {
            assert_int_equal(r->error, cases[i].error);
            assert_int_equal(r->c->s.rip, RIG_CODE);
            continue;
        }
        assert_int_equal(r->c->s.seg[CS].sel, cases[i].cs);
        assert_int_equal(r->c->s.rip, 0x12345);
        assert_int_equal(r->c->s.cpl, cases[i].cpl);
    }
}

static void jump_between_64bit_and_compatibility(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    assert_fine(r, x86_far_jump(r->c, SEL_CODE0, 0x500012345, 8, 0));
    assert_int_equal(r->c->mode & MODE_CODE_MASK, MODE_CODE32);
    assert_int_equal(r->c->s.rip, 0x12345);
    assert_fine(r, x86_far_jump(r->c, SEL_CODE64_0, 0x2000, 4, 0));
    assert_int_equal(r->c->mode & MODE_CODE_MASK, MODE_CODE64);
    cpu_descriptor(r, SEL_GATE, cpu_segment(0, 0xfffff, AR_P | AR_S | AR_CODE | AR_R | AR_L | AR_DB));
    assert_raises(r, EXC_GP, SEL_GATE, x86_far_jump(r->c, SEL_GATE, 0, 4, 0)); // L and D together
    assert_raises(r, EXC_GP, 0, x86_far_jump(r->c, SEL_CODE64_0, (u64)1 << 47, 8, 0));
    assert_raises(r, EXC_GP, SEL_TSS2, x86_far_jump(r->c, SEL_TSS2, 0, 4, 0)); // no task switches in IA-32e mode
}

// ---- call gates (5.8.3 to 5.8.5)

static void call_gate_to_inner_ring_copies_parameters(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 3);
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE0, 0x20000, 2));
    cpu_poke(r, RIG_STACK3 - 8, 0x11111111, 4);
    cpu_poke(r, RIG_STACK3 - 4, 0x22222222, 4);
    r->c->s.gpr[RSP] = RIG_STACK3 - 8;
    assert_fine(r, x86_far_call(r->c, SEL_GATE | 3, 0xffffffff, 4, 0x10007));
    assert_int_equal(r->c->s.cpl, 0);
    assert_int_equal(r->c->s.seg[CS].sel, SEL_CODE0);
    assert_int_equal(r->c->s.rip, 0x20000);
    assert_int_equal(r->c->s.seg[SS].sel, SEL_DATA0);
    u64 sp = r->c->s.gpr[RSP];
    assert_int_equal(sp, RIG_STACK0 - 24);
    const u32 frame[] = {0x10007, SEL_CODE3 | 3, 0x11111111, 0x22222222, RIG_STACK3 - 8, SEL_DATA3 | 3};
    for (unsigned i = 0; i < countof(frame); i++) assert_int_equal(cpu_peek(r, sp + 4 * i, 4), frame[i]);
    // RETF 8 releases the parameters on both stacks.
    assert_fine(r, x86_far_ret(r->c, 4, 8));
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.rip, 0x10007);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3);
    assert_int_equal(r->c->s.seg[SS].sel, SEL_DATA3 | 3);
}

static void call_gate_rules(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 3);
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 2, SEL_CODE0, 0x20000, 0));
    assert_raises(r, EXC_GP, SEL_GATE, x86_far_call(r->c, SEL_GATE, 0, 4, 0)); // CPL above the gate's DPL
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE0, 0x20000, 0));
    assert_raises(r, EXC_GP, SEL_CODE0, x86_far_jump(r->c, SEL_GATE, 0, 4, 0)); // JMP does not change rings
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, 0, 0x20000, 0));
    assert_raises(r, EXC_GP, 0, x86_far_call(r->c, SEL_GATE, 0, 4, 0));
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE0, 0x20000, 0) & ~((u64)0x80 << 40));
    assert_raises(r, EXC_NP, SEL_GATE, x86_far_call(r->c, SEL_GATE, 0, 4, 0));
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE0, 0x20000, 0));
    cpu_poke(r, RIG_TSS + 8, SEL_DATA3, 4); // an inner stack of the wrong ring
    assert_raises(r, EXC_TS, SEL_DATA3, x86_far_call(r->c, SEL_GATE, 0, 4, 0));
    cpu_poke(r, RIG_TSS + 8, 0, 4);
    assert_raises(r, EXC_TS, 0, x86_far_call(r->c, SEL_GATE, 0, 4, 0));
    cpu_poke(r, RIG_TSS + 8, SEL_DATA0, 4);
    r->c->s.tr.limit = 8; // too short for SS0
    assert_raises(r, EXC_TS, SEL_TSS, x86_far_call(r->c, SEL_GATE, 0, 4, 0));
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3);
}

static void call_gate_64(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE64_0, 0x20000, 5));
    cpu_descriptor(r, SEL_GATE + 8, 0);
    assert_fine(r, x86_far_call(r->c, SEL_GATE, 0, 4, 0x10007));
    assert_int_equal(r->c->s.cpl, 0);
    assert_int_equal(r->c->s.seg[SS].sel, 0);
    assert_int_equal(r->c->s.seg[SS].attr, 0);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 32); // SS RSP CS RIP, no parameters
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 32, 8), 0x10007);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 24, 8), SEL_CODE64_3 | 3);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 16, 8), RIG_STACK3);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 8, 8), SEL_DATA3 | 3);
    assert_fine(r, x86_far_ret(r->c, 8, 0));
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3);
    cpu_descriptor(r, SEL_GATE + 8, (u64)SYS_LDT << 40); // the second half looks like a descriptor
    assert_raises(r, EXC_GP, SEL_GATE, x86_far_call(r->c, SEL_GATE, 0, 4, 0));
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE0, 0x20000, 0));
    cpu_descriptor(r, SEL_GATE + 8, 0);
    assert_raises(r, EXC_GP, SEL_CODE0, x86_far_call(r->c, SEL_GATE, 0, 4, 0)); // 32-bit code behind a 64-bit gate
}

// ---- returns to an outer ring take away what the outer ring may not have

static void outer_return_drops_segments(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    assert_fine(r, x86_load_seg(r->c, DS, SEL_DATA0));
    assert_fine(r, x86_load_seg(r->c, ES, SEL_DATA3 | 3));
    assert_fine(r, x86_load_seg(r->c, FS, SEL_CONFORMING0));
    r->c->s.gpr[RSP] = RIG_STACK0 - 16;
    cpu_poke(r, RIG_STACK0 - 16, 0x10100, 4);
    cpu_poke(r, RIG_STACK0 - 12, SEL_CODE3 | 3, 4);
    cpu_poke(r, RIG_STACK0 - 8, RIG_STACK3, 4);
    cpu_poke(r, RIG_STACK0 - 4, SEL_DATA3 | 3, 4);
    assert_fine(r, x86_far_ret(r->c, 4, 0));
    assert_int_equal(r->c->s.seg[DS].sel, 0);
    assert_int_equal(r->c->s.seg[DS].attr, 0);
    assert_int_equal(r->c->s.seg[ES].sel, SEL_DATA3 | 3);
    assert_int_equal(r->c->s.seg[FS].sel, SEL_CONFORMING0);
}

static void iret64_keeps_segment_bases(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    r->c->s.seg[FS].base = 0x7f0012340000; // a null selector with a base from WRMSR
    static const u64 frame[] = {0x10100, SEL_CODE64_3 | 3, FL_IF | FL_ONE | FL_CF, RIG_STACK3, SEL_DATA3 | 3};
    for (unsigned i = 0; i < 5; i++) cpu_poke(r, RIG_STACK0 - 40 + 8 * i, frame[i], 8);
    r->c->s.gpr[RSP] = RIG_STACK0 - 40;
    RIG_RUN(r, 1, 0x48, 0xcf);
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.rip, 0x10100);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3);
    assert_int_equal(r->c->s.seg[FS].base, 0x7f0012340000);
    assert_int_equal(x86_get_rflags(r->c), FL_IF | FL_ONE | FL_CF);
}

static void iret_rules(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u64 rip, cs, sp, ss;
        int vector;
        u32 error;
    } cases[] = {
        {0x10100, SEL_CODE64_0, RIG_STACK0, SEL_DATA0, NO_TRAP, 0},
        {0x10100, SEL_CODE64_0, RIG_STACK0, 0, NO_TRAP, 0},              // null SS for 64-bit ring 0
        {0x10100, SEL_CODE64_3 | 3, RIG_STACK3, 3, EXC_GP, 0},           // but not for ring 3
        {0x10100, SEL_CODE3 | 3, RIG_STACK3, SEL_DATA3 | 3, NO_TRAP, 0}, // compatibility mode
        {0x10100, SEL_CODE0, RIG_STACK3, 0, EXC_GP, 0},
        {0x10100, 0, RIG_STACK0, SEL_DATA0, EXC_GP, 0},
        {0x10100, SEL_CODE64_3, RIG_STACK0, SEL_DATA0, EXC_GP, SEL_CODE64_3}, // DPL 3, RPL 0
        {0x10100, SEL_CODE64_3 | 3, RIG_STACK3, SEL_DATA3, EXC_GP, SEL_DATA3},
        {0x10100, SEL_DATA0, RIG_STACK0, SEL_DATA0, EXC_GP, SEL_DATA0},
        {(u64)1 << 47, SEL_CODE64_0, RIG_STACK0, SEL_DATA0, EXC_GP, 0},
        {0x10100, SEL_CODE64_3 | 3, RIG_STACK3, SEL_ABSENT3 | 3, EXC_SS, SEL_ABSENT3},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_long(r, 0);
        u64 frame[] = {cases[i].rip, cases[i].cs, FL_ONE, cases[i].sp, cases[i].ss};
        for (unsigned k = 0; k < 5; k++) cpu_poke(r, RIG_STACK0 - 40 + 8 * k, frame[k], 8);
        r->c->s.gpr[RSP] = RIG_STACK0 - 40;
        int v = TRAP(r, x86_iret(r->c, 8, 0));
        if (v != cases[i].vector) fail_msg("case %u: vector %d", i, v);
        if (v == NO_TRAP) {
            assert_int_equal(r->c->s.gpr[RSP], cases[i].sp);
            assert_int_equal(r->c->s.seg[SS].sel, cases[i].ss);
        } else {
            assert_int_equal(r->error, cases[i].error);
            assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 40);
            assert_int_equal(r->c->s.seg[CS].sel, SEL_CODE64_0);
        }
    }
    cpu_long(r, 0);
    x86_set_rflags(r->c, FL_NT, FL_NT);
    assert_raises(r, EXC_GP, 0, x86_iret(r->c, 8, 0)); // no nested tasks in IA-32e mode
}

// Which flags IRET changes at which CPL and IOPL.
static void iret_flags(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 3);
    r->c->s.gpr[RSP] = RIG_STACK3 - 12;
    cpu_poke(r, RIG_STACK3 - 12, 0x10100, 4);
    cpu_poke(r, RIG_STACK3 - 8, SEL_CODE3 | 3, 4);
    cpu_poke(r, RIG_STACK3 - 4, 0xffffffff, 4);
    assert_fine(r, x86_iret(r->c, 4, 0));
    // IF, IOPL, VM, VIF, VIP stay 0 at CPL 3, IOPL 0.
    assert_int_equal(x86_get_rflags(r->c), FL_ARITH | FL_ONE | FL_TF | FL_DF | FL_NT | FL_RF | FL_AC | FL_ID);
}

// ---- stacks: bases, 16-bit pointers, limits, rights

static void far_call_on_odd_stacks(void **state) {
    struct x86_rig *r = *state;
    // SS with a base and 16 bits of SP: the frame wraps inside the segment.
    cpu_protected(r, 0);
    r->c->s.seg[SS] = x86_seg_of(SEL_DATA16, cpu_segment(0x40000, 0xffff, AR_P | AR_S | AR_W | AR_ACCESSED));
    r->c->s.gpr[RSP] = 0xabcd0002;
    x86_mode_changed(r->c);
    assert_fine(r, x86_far_call(r->c, SEL_CODE0, 0x20000, 2, 0x1234));
    assert_int_equal(r->c->s.gpr[RSP], 0xabcdfffe); // the upper half stays
    assert_int_equal(cpu_peek(r, 0x40000, 2), SEL_CODE0);
    assert_int_equal(cpu_peek(r, 0x4fffe, 2), 0x1234);
    assert_int_equal(r->c->s.rip, 0); // 16-bit operand: the offset is cut
    assert_fine(r, x86_far_ret(r->c, 2, 0));
    assert_int_equal(r->c->s.gpr[RSP], 0xabcd0002);
    assert_int_equal(r->c->s.rip, 0x1234);
    // No room: #SS(0), nothing pushed.
    r->c->s.seg[SS].limit = 0xff;
    r->c->s.gpr[RSP] = 0x102;
    cpu_poke(r, 0x400fe, 0x5555, 2);
    assert_raises(r, EXC_SS, 0, x86_far_call(r->c, SEL_CODE0, 0x20000, 2, 0x1234));
    assert_int_equal(cpu_peek(r, 0x400fe, 2), 0x5555);
    assert_int_equal(r->c->s.gpr[RSP], 0x102);
}

static void far_return_same_ring(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    r->c->s.gpr[RSP] = RIG_STACK0 - 32;
    cpu_poke(r, RIG_STACK0 - 32, 0x12345, 4);
    cpu_poke(r, RIG_STACK0 - 28, SEL_CODE0, 4);
    assert_fine(r, x86_far_ret(r->c, 4, 4));
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 32 + 8 + 4);
    assert_int_equal(r->c->s.rip, 0x12345);
    static const struct {
        u16 sel;
        u32 attr;
        int vector;
        u32 error;
    } cases[] = {
        {0, 0, EXC_GP, 0},
        {SEL_LAST + 1, 0, EXC_GP, SEL_LAST + 1},
        {SEL_GATE, AR_S | AR_CODE | AR_R | AR_G | AR_DB, EXC_NP, SEL_GATE},           // absent
        {SEL_GATE, AR_P | AR_S | AR_W, EXC_GP, SEL_GATE},                             // data
        {SEL_GATE, AR_P | AR_S | AR_CODE | 3 << 5, EXC_GP, SEL_GATE},                 // DPL 3, RPL 0
        {SEL_GATE, AR_P | AR_S | AR_CODE | AR_CONFORMING | 1 << 5, EXC_GP, SEL_GATE}, // conforming: DPL above RPL
        {SEL_GATE, AR_P | AR_S | AR_CODE, EXC_GP, 0},                                 // offset past the limit FFFFh
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_protected(r, 0);
        if (cases[i].attr) cpu_descriptor(r, SEL_GATE, cpu_segment(0, cases[i].attr & AR_G ? 0xfffff : 0xffff, cases[i].attr));
        r->c->s.gpr[RSP] = RIG_STACK0 - 32;
        cpu_poke(r, RIG_STACK0 - 32, 0x12345, 4);
        cpu_poke(r, RIG_STACK0 - 28, cases[i].sel, 4);
        if (TRAP(r, x86_far_ret(r->c, 4, 4)) != cases[i].vector || r->error != cases[i].error)
            fail_msg("case %u: vector %d, error %x", i, r->vector, r->error);
        assert_raises(r, cases[i].vector, cases[i].error, x86_far_jump(r->c, cases[i].sel, 0x12345, 4, 0));
    }
}

static void real_mode_transfers(void **state) {
    struct x86_rig *r = *state;
    cpu_real(r);
    assert_fine(r, x86_far_jump(r->c, 0x2000, 0x1ffff, 2, 0)); // 16-bit operand: IP is FFFFh, the limit
    assert_int_equal(r->c->s.rip, 0xffff);
    assert_int_equal(r->c->s.seg[CS].base, 0x20000);
    assert_raises(r, EXC_GP, 0, x86_far_jump(r->c, 0x2000, 0x10000, 4, 0)); // 32-bit operand: past it
    assert_fine(r, x86_far_call(r->c, 0x3000, 0x10, 2, 0x1234));
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 4, 4), 0x20001234);
    assert_fine(r, x86_far_ret(r->c, 2, 6));
    assert_int_equal(r->c->s.rip, 0x1234);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 + 6);
    r->c->s.gpr[RSP] = 0x7000;
    cpu_poke(r, 0x7000, 0x10000, 4); // EIP past the limit
    assert_raises(r, EXC_GP, 0, x86_iret(r->c, 4, 0));
    cpu_poke(r, 0x7000, 0xffff, 4);
    assert_fine(r, x86_iret(r->c, 4, 0));
    assert_int_equal(r->c->s.rip, 0xffff);
}

// ---- SYSCALL, SYSRET, SWAPGS

static void syscall_and_back(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    r->c->s.star = (u64)(SEL_DATA3 - 8) << 48 | (u64)SEL_CODE0 << 32;
    r->c->s.lstar = 0x20000;
    r->c->s.fmask = FL_IF | FL_TF | FL_AC;
    x86_set_rflags(r->c, FL_IF | FL_CF, FL_IF | FL_CF);
    RIG_RUN(r, 1, 0x0f, 0x05);
    assert_int_equal(r->c->s.rip, 0x20000);
    assert_int_equal(r->c->s.cpl, 0);
    assert_int_equal(r->c->s.gpr[RCX], RIG_CODE + 2);
    assert_int_equal(r->c->s.gpr[R11], FL_IF | FL_CF | FL_ONE);
    assert_int_equal(x86_get_rflags(r->c), FL_CF | FL_ONE);
    assert_int_equal(r->c->s.seg[CS].sel, SEL_CODE0);
    assert_int_equal(r->c->s.seg[SS].sel, SEL_DATA0);
    assert_int_equal(r->c->mode & MODE_CODE_MASK, MODE_CODE64);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3); // SYSCALL leaves RSP alone
    RIG_RUN(r, 1, 0x48, 0x0f, 0x07);
    assert_int_equal(r->c->s.rip, RIG_CODE + 2);
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.seg[CS].sel, (SEL_DATA3 - 8 + 16) | 3);
    assert_int_equal(r->c->s.seg[SS].sel, SEL_DATA3 | 3);
    assert_int_equal(x86_get_rflags(r->c), FL_IF | FL_CF | FL_ONE);
    // Back to a non-canonical address: #GP in ring 0.
    cpu_long(r, 0);
    cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x30000, 0), 0);
    r->c->s.gpr[RCX] = (u64)1 << 47;
    RIG_RUN(r, 1, 0x48, 0x0f, 0x07);
    RIG_RUN(r, 1, 0x48, 0x0f, 0x07);
    assert_int_equal(r->c->s.cpl, 0);
    assert_int_equal(r->c->s.rip, 0x30000);
}

// Both look at TF when they have completed.
static void syscall_and_the_trap_flag(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    r->c->s.lstar = 0x20000;
    r->c->s.fmask = FL_TF;
    x86_set_rflags(r->c, FL_TF, FL_TF);
    RIG_RUN(r, 1, 0x0f, 0x05);
    assert_int_equal(r->c->s.rip, 0x20000);
    assert_int_equal(r->c->s.pending_db, 0);
    assert_int_equal(r->c->s.gpr[R11], FL_TF | FL_ONE);
    RIG_RUN(r, 1, 0x48, 0x0f, 0x07);
    assert_int_equal(r->c->s.rip, RIG_CODE + 2);
    assert_int_equal(r->c->s.pending_db, DR6_BS);
    cpu_long(r, 3);
    r->c->s.pending_db = 0;
    r->c->s.fmask = 0;
    x86_set_rflags(r->c, FL_TF, FL_TF);
    RIG_RUN(r, 1, 0x0f, 0x05);
    assert_int_equal(r->c->s.pending_db, DR6_BS); // stays: a trap in ring 0
    r->c->s.pending_db = 0;
    r->c->s.gpr[R11] = 0;
    RIG_RUN(r, 1, 0x48, 0x0f, 0x07);
    assert_int_equal(r->c->s.pending_db, 0);
}

static void swapgs(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    r->c->s.kernel_gs_base = 0x1111, r->c->s.seg[GS].base = 0x2222;
    RIG_RUN(r, 1, 0x0f, 0x01, 0xf8);
    assert_int_equal(r->c->s.seg[GS].base, 0x1111);
    assert_int_equal(r->c->s.kernel_gs_base, 0x2222);
}

// ---- SYSENTER, SYSEXIT: segments are computed from IA32_SYSENTER_CS

static void sysenter_and_back(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 3);
    r->c->s.sysenter_cs = SEL_CODE0, r->c->s.sysenter_eip = 0x20000, r->c->s.sysenter_esp = 0x7000;
    x86_set_rflags(r->c, FL_IF, FL_IF);
    RIG_RUN(r, 1, 0x0f, 0x34);
    assert_int_equal(r->c->s.cpl, 0);
    assert_int_equal(r->c->s.rip, 0x20000);
    assert_int_equal(r->c->s.gpr[RSP], 0x7000);
    assert_int_equal(r->c->s.seg[CS].sel, SEL_CODE0);
    assert_int_equal(r->c->s.seg[SS].sel, SEL_CODE0 + 8);
    assert_false(r->c->s.rflags & FL_IF);
    r->c->s.gpr[RDX] = 0x10100, r->c->s.gpr[RCX] = RIG_STACK3;
    RIG_RUN(r, 1, 0x0f, 0x35);
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.rip, 0x10100);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3);
    assert_int_equal(r->c->s.seg[CS].sel, (SEL_CODE0 + 16) | 3);
    assert_int_equal(r->c->s.seg[SS].sel, (SEL_CODE0 + 24) | 3);
    cpu_long(r, 3); // from compatibility mode too it enters 64-bit code
    assert_fine(r, x86_far_jump(r->c, SEL_CODE3 | 3, RIG_CODE, 4, 0));
    r->c->s.sysenter_cs = SEL_CODE0, r->c->s.sysenter_eip = 0x20000;
    RIG_RUN(r, 1, 0x0f, 0x34);
    assert_int_equal(r->c->mode & MODE_CODE_MASK, MODE_CODE64);
    r->c->s.gpr[RDX] = 0x10100;
    RIG_RUN(r, 1, 0x48, 0x0f, 0x35);
    assert_int_equal(r->c->s.seg[CS].sel, (SEL_CODE0 + 32) | 3);
    assert_int_equal(r->c->mode & MODE_CODE_MASK, MODE_CODE64);
    cpu_protected(r, 3);
    cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE0, 0x30000, 0), 0);
    RIG_RUN(r, 1, 0x0f, 0x34); // IA32_SYSENTER_CS is null
    assert_int_equal(r->c->s.rip, 0x30000);
}

static void fs_gs_bases(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    r->c->s.cr4 |= CR4_FSGSBASE;
    r->c->s.gpr[RAX] = 0xffff800012345678;
    RIG_RUN(r, 1, 0xf3, 0x48, 0x0f, 0xae, 0xd0); // wrfsbase rax
    assert_int_equal(r->c->s.seg[FS].base, 0xffff800012345678);
    RIG_RUN(r, 1, 0xf3, 0x0f, 0xae, 0xc3); // rdfsbase ebx
    assert_int_equal(r->c->s.gpr[RBX], 0x12345678);
    RIG_RUN(r, 1, 0xf3, 0x0f, 0xae, 0xd8); // wrgsbase eax: zero-extended
    assert_int_equal(r->c->s.seg[GS].base, 0x12345678);
    cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x30000, 0), 0);
    r->c->s.cr4 &= ~CR4_FSGSBASE;
    RIG_RUN(r, 1, 0xf3, 0x0f, 0xae, 0xc3);
    assert_int_equal(r->c->s.rip, 0x30000);
}

static void bound_and_into(void **state) {
    struct x86_rig *r = *state;
    for (unsigned i = 0; i < 4; i++) {
        static const i32 at[4] = {-5, -4, 10, 11};
        cpu_protected(r, 0);
        cpu_idt(r, EXC_BR, cpu_gate(SYS_INT32, 0, SEL_CODE0, 0x30000, 0), 0);
        cpu_poke(r, 0x5000, (u32)-4, 4);
        cpu_poke(r, 0x5004, 10, 4);
        r->c->s.gpr[RBX] = 0x5000, r->c->s.gpr[RAX] = (u32)at[i];
        RIG_RUN(r, 1, 0x62, 0x03);
        assert_int_equal(r->c->s.rip, i == 0 || i == 3 ? 0x30000 : RIG_CODE + 2);
        if (r->c->s.rip == 0x30000) assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 4), RIG_CODE); // a fault
    }
    for (unsigned of = 0; of < 2; of++) {
        cpu_protected(r, 0);
        cpu_idt(r, EXC_OF, cpu_gate(SYS_INT32, 0, SEL_CODE0, 0x30000, 0), 0);
        x86_set_rflags(r->c, of ? FL_OF : 0, FL_OF);
        RIG_RUN(r, 1, 0xce);
        assert_int_equal(r->c->s.rip, of ? 0x30000 : RIG_CODE + 1);
        if (of) assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 4), RIG_CODE + 1); // a trap
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(direct_jump_rules),
        T(jump_between_64bit_and_compatibility),
        T(call_gate_to_inner_ring_copies_parameters),
        T(call_gate_rules),
        T(call_gate_64),
        T(outer_return_drops_segments),
        T(iret64_keeps_segment_bases),
        T(iret_rules),
        T(iret_flags),
        T(syscall_and_back),
        T(syscall_and_the_trap_flag),
        T(far_call_on_odd_stacks),
        T(far_return_same_ring),
        T(real_mode_transfers),
        T(swapgs),
        T(sysenter_and_back),
        T(fs_gs_bases),
        T(bound_and_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
