// SPDX-License-Identifier: MIT
// Segment loads, far transfers and tasks against the rules of SDM vol. 3A chapters 5 and 7 and vol. 2, restated as tables.
#include "x86_rig.h"

#include "emu/emu.h"


#include <cmocka.h>

static u8 type_in_memory(struct x86_rig *r, u16 sel) { return (u8)cpu_peek(r, RIG_GDT + (sel & 0xfff8u) + 5, 1) & 0xf; }

// ---- MOV to DS, ES, FS, GS: vol. 2B, MOV, "loading a segment register"

static void data_segment_rules(void **state) {
    struct x86_rig *r = *state;
    static const struct { unsigned cpl; u16 sel; int vector; u32 error; } cases[] = {
        {0, SEL_DATA0, NO_TRAP, 0},          {0, SEL_DATA0 | 3, EXC_GP, SEL_DATA0}, // RPL > DPL
        {3, SEL_DATA0, EXC_GP, SEL_DATA0},                                          // CPL > DPL
        {3, SEL_DATA3 | 3, NO_TRAP, 0},      {0, SEL_DATA3, NO_TRAP, 0},
        {3, SEL_CODE3 | 3, NO_TRAP, 0},                                             // readable code
        {3, SEL_EXECONLY3 | 3, EXC_GP, SEL_EXECONLY3},
        {3, SEL_CONFORMING0 | 3, NO_TRAP, 0},                                       // conforming: no DPL check
        {3, SEL_READONLY3 | 3, NO_TRAP, 0},
        {3, SEL_ABSENT3 | 3, EXC_NP, SEL_ABSENT3},
        {0, SEL_TSS, EXC_GP, SEL_TSS},                                              // a system segment
        {0, 0, NO_TRAP, 0},                  {0, 3, NO_TRAP, 0},                    // null selectors
        {0, SEL_LAST + 1, EXC_GP, SEL_LAST + 1},                                    // past the limit
        {0, 0x0c, EXC_GP, 0x0c},                                                    // LDT, which is null
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_protected(r, cases[i].cpl);
        r->c->s.ldtr = (struct x86_seg){0};
        struct x86_seg before = r->c->s.seg[FS];
        int v = TRAP(r, x86_load_seg(r->c, FS, cases[i].sel));
        if (v != cases[i].vector) fail_msg("case %u: vector %d", i, v);
        if (v != NO_TRAP) {
            assert_int_equal(r->error, cases[i].error);
            assert_memory_equal(&before, &r->c->s.seg[FS], sizeof before);
        } else {
            assert_int_equal(r->c->s.seg[FS].sel, cases[i].sel);
        }
    }
}

static void accessed_bit(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    assert_int_equal(type_in_memory(r, SEL_DATA0) & 1, 0);
    assert_fine(r, x86_load_seg(r->c, GS, SEL_DATA0));
    assert_int_equal(type_in_memory(r, SEL_DATA0) & 1, 1);
    assert_int_equal(type_in_memory(r, SEL_READONLY3) & 1, 0);
    assert_int_equal(r->c->s.seg[GS].limit, 0xffffffff);
}

// ---- MOV SS
static void stack_segment_rules(void **state) {
    struct x86_rig *r = *state;
    static const struct { unsigned cpl; u16 sel; int vector; u32 error; } cases[] = {
        {0, SEL_DATA0, NO_TRAP, 0},    {0, 0, EXC_GP, 0},
        {0, SEL_DATA0 | 1, EXC_GP, SEL_DATA0},      // RPL != CPL
        {0, SEL_DATA3, EXC_GP, SEL_DATA3},          // DPL != CPL
        {3, SEL_DATA3 | 3, NO_TRAP, 0},
        {3, SEL_READONLY3 | 3, EXC_GP, SEL_READONLY3}, {3, SEL_CODE3 | 3, EXC_GP, SEL_CODE3},
        {3, SEL_ABSENT3 | 3, EXC_SS, SEL_ABSENT3},  // not #NP
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_protected(r, cases[i].cpl);
        int v = TRAP(r, x86_load_seg(r->c, SS, cases[i].sel));
        if (v != cases[i].vector) fail_msg("case %u: vector %d", i, v);
        if (v != NO_TRAP) assert_int_equal(r->error, cases[i].error);
    }
}

// A null SS is allowed in 64-bit mode below ring 3, when RPL is CPL.
static void null_stack_segment_in_64bit(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    assert_fine(r, x86_load_seg(r->c, SS, 0));
    assert_raises(r, EXC_GP, 0, x86_load_seg(r->c, SS, 3));
    cpu_long(r, 3);
    assert_raises(r, EXC_GP, 0, x86_load_seg(r->c, SS, 3));
}

static void real_mode_keeps_limit(void **state) {
    struct x86_rig *r = *state;
    cpu_real(r);
    r->c->s.seg[DS].limit = 0xffffffff; // "unreal" mode
    assert_fine(r, x86_load_seg(r->c, DS, 0x1234));
    assert_int_equal(r->c->s.seg[DS].base, 0x12340);
    assert_int_equal(r->c->s.seg[DS].limit, 0xffffffff);
    cpu_v86(r, 3);
    assert_fine(r, x86_load_seg(r->c, DS, 0x1234));
    assert_int_equal(r->c->s.seg[DS].limit, 0xffff);
}

static void mov_ss_shadows_one_instruction(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    r->c->s.gpr[RAX] = SEL_DATA0;
    RIG_RUN(r, 1, 0x8e, 0xd0); // mov ss, ax
    assert_int_equal(r->c->s.shadow, 2);
    RIG_RUN(r, 1, 0x90);
    assert_int_equal(r->c->s.shadow, 0);
    cpu_protected(r, 0);
    r->c->s.idtr.limit = 0;
    RIG_RUN(r, 1, 0x8e, 0xc8); // mov cs, ax: #UD; with no IDT it ends in a triple fault
    assert_int_equal(r->reason, EMU_TRIPLE_FAULT);
    assert_true(scripted_logged(&r->plat, "triple fault"));
}

// ---- far JMP to code segments (5.8.1)

static void direct_jump_rules(void **state) {
    struct x86_rig *r = *state;
    static const struct { unsigned cpl; u16 sel; int vector; u32 error; u16 cs; } cases[] = {
        {0, SEL_CODE0, NO_TRAP, 0, SEL_CODE0},
        {3, SEL_CODE3 | 3, NO_TRAP, 0, SEL_CODE3 | 3},
        {3, SEL_CODE3, NO_TRAP, 0, SEL_CODE3 | 3},            // RPL below CPL: CS gets CPL
        {0, SEL_CODE0 | 3, EXC_GP, SEL_CODE0, 0},             // RPL above CPL
        {0, SEL_CODE3 | 3, EXC_GP, SEL_CODE3, 0},             // outward
        {3, SEL_CODE0, EXC_GP, SEL_CODE0, 0},                 // inward
        {3, SEL_CONFORMING0, NO_TRAP, 0, SEL_CONFORMING0 | 3}, // conforming: inner code at outer CPL
        {0, SEL_DATA0, EXC_GP, SEL_DATA0, 0}, {0, 0, EXC_GP, 0, 0}, {0, 2, EXC_GP, 0, 0},
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
    static const struct { u64 rip, cs, sp, ss; int vector; u32 error; } cases[] = {
        {0x10100, SEL_CODE64_0, RIG_STACK0, SEL_DATA0, NO_TRAP, 0},
        {0x10100, SEL_CODE64_0, RIG_STACK0, 0, NO_TRAP, 0},               // null SS for 64-bit ring 0
        {0x10100, SEL_CODE64_3 | 3, RIG_STACK3, 3, EXC_GP, 0},            // but not for ring 3
        {0x10100, SEL_CODE3 | 3, RIG_STACK3, SEL_DATA3 | 3, NO_TRAP, 0},  // compatibility mode
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

static void swapgs(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    r->c->s.kernel_gs_base = 0x1111, r->c->s.seg[GS].base = 0x2222;
    RIG_RUN(r, 1, 0x0f, 0x01, 0xf8);
    assert_int_equal(r->c->s.seg[GS].base, 0x1111);
    assert_int_equal(r->c->s.kernel_gs_base, 0x2222);
}

// ---- LLDT, LTR, LAR, LSL, VERR, VERW

static void ltr_lldt(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    assert_fine(r, x86_ltr(r->c, SEL_TSS2));
    assert_int_equal(type_in_memory(r, SEL_TSS2), SYS_TSS32_BUSY);
    assert_int_equal(r->c->s.tr.base, RIG_TSS2);
    assert_raises(r, EXC_GP, SEL_TSS2, x86_ltr(r->c, SEL_TSS2)); // busy now
    assert_raises(r, EXC_GP, 0, x86_ltr(r->c, 0));
    assert_raises(r, EXC_GP, SEL_DATA0, x86_ltr(r->c, SEL_DATA0));
    assert_fine(r, x86_lldt(r->c, SEL_LDT_DESC));
    assert_int_equal(r->c->s.ldtr.base, RIG_LDT);
    cpu_poke(r, RIG_LDT + 8, cpu_segment(0x5000, 0xfff, AR_P | AR_S | AR_W), 8);
    assert_fine(r, x86_load_seg(r->c, ES, 0x0c));
    assert_int_equal(r->c->s.seg[ES].base, 0x5000);
    assert_raises(r, EXC_GP, 0x84, x86_load_seg(r->c, ES, 0x84)); // past the LDT's limit
    assert_fine(r, x86_lldt(r->c, 0));
    assert_raises(r, EXC_GP, 0x0c, x86_load_seg(r->c, ES, 0x0c));
    assert_raises(r, EXC_GP, 0x0c, x86_lldt(r->c, 0x0c)); // an LDT in an LDT
    cpu_long(r, 0);
    cpu_descriptor(r, SEL_TSS2 + 8, 0xffff8000);
    assert_fine(r, x86_ltr(r->c, SEL_TSS2));
    assert_int_equal(r->c->s.tr.base, 0xffff800000000000 | RIG_TSS2); // 16-byte descriptor
}

static bool zf(const struct x86_rig *r) { return x86_get_rflags(r->c) & FL_ZF; }

static void lar_lsl_verr_verw(void **state) {
    struct x86_rig *r = *state;
    static const struct { u16 sel; bool lar, lsl, verr, verw; } cases[] = { // at CPL 3
        {SEL_DATA3 | 3, true, true, true, true},     {SEL_DATA0 | 3, false, false, false, false},
        {SEL_READONLY3 | 3, true, true, true, false}, {SEL_EXECONLY3 | 3, true, true, false, false},
        {SEL_CODE3 | 3, true, true, true, false},    {SEL_CONFORMING0 | 3, true, true, true, false},
        {0, false, false, false, false},             {SEL_LAST + 1, false, false, false, false},
        {SEL_GATE, true, false, false, false}, // a call gate, DPL 3: LAR but not LSL
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        for (unsigned k = 0; k < 4; k++) {
            cpu_protected(r, 3);
            cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE0, 0, 0));
            r->c->s.gpr[RCX] = cases[i].sel;
            r->c->s.gpr[RAX] = 0x55;
            if (k == 0) RIG_RUN(r, 1, 0x0f, 0x02, 0xc1); // lar eax, ecx
            if (k == 1) RIG_RUN(r, 1, 0x0f, 0x03, 0xc1); // lsl
            if (k == 2) RIG_RUN(r, 1, 0x0f, 0x00, 0xe1); // verr
            if (k == 3) RIG_RUN(r, 1, 0x0f, 0x00, 0xe9); // verw
            bool want = k == 0 ? cases[i].lar : k == 1 ? cases[i].lsl : k == 2 ? cases[i].verr : cases[i].verw;
            if (zf(r) != want) fail_msg("case %u, instruction %u: ZF %d", i, k, zf(r));
            if (!want) assert_int_equal(r->c->s.gpr[RAX], 0x55);
        }
    }
    cpu_protected(r, 0);
    r->c->s.gpr[RCX] = SEL_CODE0;
    RIG_RUN(r, 1, 0x0f, 0x02, 0xc1);
    assert_int_equal(r->c->s.gpr[RAX], 0x00cf9a00); // the descriptor's second dword & 00FFFF00
    RIG_RUN(r, 1, 0x0f, 0x03, 0xc1);
    assert_int_equal(r->c->s.gpr[RAX], 0xffffffff);
}

static void arpl(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    r->c->s.gpr[RAX] = 0x10, r->c->s.gpr[RCX] = 3;
    RIG_RUN(r, 1, 0x63, 0xc8); // arpl ax, cx
    assert_int_equal(r->c->s.gpr[RAX], 0x13);
    assert_true(zf(r));
    RIG_RUN(r, 1, 0x63, 0xc8);
    assert_false(zf(r));
}

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
    assert_int_equal(cpu_peek(r, RIG_TSS2, 2), SEL_TSS);         // link
    assert_int_equal(cpu_peek(r, RIG_TSS + 0x20, 4), 0x10007);   // EIP
    assert_int_equal(cpu_peek(r, RIG_TSS + 0x34, 4), 0xabcdef);  // EBX
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
        T(data_segment_rules), T(accessed_bit), T(stack_segment_rules), T(null_stack_segment_in_64bit),
        T(real_mode_keeps_limit), T(mov_ss_shadows_one_instruction), T(direct_jump_rules),
        T(jump_between_64bit_and_compatibility), T(call_gate_to_inner_ring_copies_parameters), T(call_gate_rules),
        T(call_gate_64), T(outer_return_drops_segments), T(iret64_keeps_segment_bases), T(iret_rules), T(iret_flags),
        T(syscall_and_back), T(swapgs), T(ltr_lldt), T(lar_lsl_verr_verw), T(arpl), T(task_call_and_return),
        T(task_jump_through_gate_from_ring3), T(task_with_bad_stack), T(iret_enters_v86_and_interrupt_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
