// SPDX-License-Identifier: MIT
// Delivery of exceptions and interrupts against SDM vol. 3A chapter 6 and 20: frames, stacks, error codes, double faults.
#include "x86_rig.h"

#include "emu/emu.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/except.h"

#include <cmocka.h>

enum { HANDLER = 0x20000 };

static void raise_now(struct x86_rig *r, unsigned vector, u32 error) {
    r->c->exc.vector = (u8)vector;
    r->c->exc.error = error;
    r->c->exc.software = false;
    x86_deliver_exception(r->c);
}

// Handler n at HANDLER + 16 n: an interrupt gate with DPL 0.
static void handlers(struct x86_rig *r) {
    bool wide = r->c->s.efer & EFER_LMA;
    for (unsigned v = 0; v < 64; v++)
        cpu_idt(r, v, cpu_gate(SYS_INT32, 0, wide ? SEL_CODE64_0 : SEL_CODE0, HANDLER + 16 * v, 0), 0);
}

static int entered(const struct x86_rig *r) {
    u64 at = r->c->s.rip - HANDLER;
    return at % 16 ? -1 : (int)(at / 16);
}

// ---- IA-32e mode frames (6.14)

static void frame64_from_ring3(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    handlers(r);
    cpu_poke(r, RIG_TSS + 4, RIG_STACK0 + 8, 8); // RSP0 is aligned down to 16
    x86_set_rflags(r->c, FL_IF | FL_TF | FL_NT | FL_CF | FL_DF, ~(u32)0);
    raise_now(r, EXC_GP, 0x1234);
    assert_int_equal(entered(r), EXC_GP);
    u64 sp = r->c->s.gpr[RSP];
    assert_int_equal(sp, RIG_STACK0 - 48);
    const u64 frame[] = {0x1234,     RIG_CODE,     SEL_CODE64_3 | 3, FL_IF | FL_TF | FL_NT | FL_CF | FL_DF | FL_ONE | FL_RF,
                         RIG_STACK3, SEL_DATA3 | 3};
    for (unsigned i = 0; i < countof(frame); i++) assert_int_equal(cpu_peek(r, sp + 8 * i, 8), frame[i]);
    assert_int_equal(r->c->s.cpl, 0);
    assert_int_equal(r->c->s.seg[CS].sel, SEL_CODE64_0);
    assert_int_equal(r->c->s.seg[SS].sel, 0);
    // An interrupt gate clears IF, TF, NT, RF; DF stays as it is.
    assert_int_equal(x86_get_rflags(r->c), FL_CF | FL_DF | FL_ONE);
}

static void frame64_same_ring_is_aligned(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    handlers(r);
    cpu_idt(r, 0x21, cpu_gate(SYS_TRAP32, 0, SEL_CODE64_0, HANDLER, 0), 0);
    x86_set_rflags(r->c, FL_IF, FL_IF);
    r->c->s.gpr[RSP] = RIG_STACK0 - 3;
    x86_deliver_interrupt(r->c, 0x21);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 16 - 40);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 16 - 16, 8), RIG_STACK0 - 3); // old RSP
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 16 - 8, 8), SEL_DATA0);
    assert_int_equal(r->c->s.seg[SS].sel, SEL_DATA0); // unchanged without a ring change
    assert_true(r->c->s.rflags & FL_IF);              // a trap gate leaves IF
}

static void ist(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    handlers(r);
    cpu_poke(r, RIG_TSS + 36 + 8 * 2, 0x7000, 8); // IST3
    cpu_idt(r, EXC_DF, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, HANDLER, 3), 0);
    raise_now(r, EXC_DF, 0);
    assert_int_equal(r->c->s.gpr[RSP], 0x7000 - 48);
    assert_int_equal(cpu_peek(r, 0x7000 - 48, 8), 0); // #DF's error code
    assert_int_equal(cpu_peek(r, 0x7000 - 16, 8), RIG_STACK0);
}

// ---- legacy protected mode

static void frame32_inner_and_same(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 3);
    handlers(r);
    raise_now(r, EXC_PF, 5);
    assert_int_equal(entered(r), EXC_PF);
    const u32 inner[] = {5, RIG_CODE, SEL_CODE3 | 3, FL_ONE | FL_RF, RIG_STACK3, SEL_DATA3 | 3};
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 24);
    for (unsigned i = 0; i < 6; i++) assert_int_equal(cpu_peek(r, RIG_STACK0 - 24 + 4 * i, 4), inner[i]);
    assert_int_equal(r->c->s.seg[SS].sel, SEL_DATA0);
    cpu_protected(r, 0);
    handlers(r);
    x86_deliver_interrupt(r->c, 0x20);
    const u32 same[] = {RIG_CODE, SEL_CODE0, FL_ONE};
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 12);
    for (unsigned i = 0; i < 3; i++) assert_int_equal(cpu_peek(r, RIG_STACK0 - 12 + 4 * i, 4), same[i]);
}

static void gate16(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    cpu_idt(r, 0x20, cpu_gate(SYS_INT16, 0, SEL_CODE0, 0x12345678, 0), 0);
    x86_deliver_interrupt(r->c, 0x20);
    assert_int_equal(r->c->s.rip, 0x5678);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 6);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 4, 2), SEL_CODE0);
}

static void task_gate_pushes_error_code(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    handlers(r);
    cpu_poke(r, RIG_TSS2 + 0x20, 0x30000, 4);
    cpu_poke(r, RIG_TSS2 + 0x38, 0x7000, 4); // ESP
    cpu_poke(r, RIG_TSS2 + 0x4c, SEL_CODE0, 2);
    cpu_poke(r, RIG_TSS2 + 0x50, SEL_DATA0, 2);
    cpu_idt(r, EXC_DF, cpu_gate(SYS_TASK_GATE, 0, SEL_TSS2, 0, 0), 0);
    raise_now(r, EXC_DF, 0);
    assert_int_equal(r->c->s.rip, 0x30000);
    assert_int_equal(r->c->s.gpr[RSP], 0x7000 - 4);
    assert_int_equal(cpu_peek(r, 0x7000 - 4, 4), 0);
    assert_int_equal(cpu_peek(r, RIG_TSS + 0x20, 4), RIG_CODE);
    assert_true(r->c->s.rflags & FL_NT);
}

// ---- privilege of software interrupts, EXT bit (6.12.1.2, 6.13)

static void software_interrupt_privilege(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    handlers(r);
    assert_raises(r, EXC_GP, 0x30 * 8 + 2, x86_software_interrupt(r->c, 0x30, RIG_CODE + 2)); // DPL 0 gate, IDT bit, no EXT
    assert_raises(r, EXC_GP, EXC_BP * 8 + 2, x86_enter_event(r->c, EXC_BP, EVENT_INT3, RIG_CODE + 1));
    assert_fine(r, x86_enter_event(r->c, EXC_DB, EVENT_ICEBP, RIG_CODE + 1)); // INT1 asks nobody
    assert_int_equal(entered(r), EXC_DB);
    cpu_long(r, 3);
    handlers(r);
    cpu_idt(r, 0x80, cpu_gate(SYS_INT32, 3, SEL_CODE64_0, HANDLER, 0), 0);
    RIG_RUN(r, 1, 0xcd, 0x80);
    assert_int_equal(r->c->s.rip, HANDLER);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 40, 8), RIG_CODE + 2); // the next instruction
}

static void ext_bit(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    handlers(r);
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0, 0) & ~((u64)0x80 << 40), 0); // absent
    x86_deliver_interrupt(r->c, 0x40);
    assert_int_equal(entered(r), EXC_NP);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), 0x40 * 8 + 2 + 1);
    cpu_long(r, 0);
    handlers(r);
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 0, SEL_CODE0, 0, 0), 0); // 32-bit code
    assert_raises(r, EXC_GP, SEL_CODE0, x86_software_interrupt(r->c, 0x40, 0));
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 0, 0, 0, 0), 0);
    assert_raises(r, EXC_GP, 0, x86_software_interrupt(r->c, 0x40, 0));
    cpu_idt(r, 0x40, cpu_gate(SYS_CALL32, 0, SEL_CODE64_0, 0, 0), 0); // not a gate for the IDT
    assert_raises(r, EXC_GP, 0x40 * 8 + 2, x86_software_interrupt(r->c, 0x40, 0));
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0, 0), 0x8000); // non-canonical RIP
    assert_raises(r, EXC_GP, 0, x86_software_interrupt(r->c, 0x40, 0));
    r->c->s.idtr.limit = 0x40 * 16 + 14; // one byte short
    assert_raises(r, EXC_GP, 0x40 * 8 + 2, x86_software_interrupt(r->c, 0x40, 0));
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0);
}

static void bad_inner_stack(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    handlers(r);
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 3, SEL_CODE64_0, HANDLER, 0), 0);
    cpu_poke(r, RIG_TSS + 4, (u64)1 << 48, 8);
    assert_raises(r, EXC_SS, 0, x86_software_interrupt(r->c, 0x40, 0));
    r->c->s.tr.limit = 10;
    assert_raises(r, EXC_TS, SEL_TSS, x86_software_interrupt(r->c, 0x40, 0));
}

// The TSS must reach to the last byte of what is read from it.
static void tss_limits(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        bool wide;
        unsigned ist;
        u32 last;
    } cases[] = {{true, 0, 4 + 7}, {true, 3, 36 + 16 + 7}, {false, 0, 4 + 5}};
    for (unsigned i = 0; i < countof(cases); i++)
        for (u32 short_by = 0; short_by < 2; short_by++) {
            if (cases[i].wide) cpu_long(r, 3);
            else cpu_protected(r, 3);
            u16 cs = cases[i].wide ? SEL_CODE64_0 : SEL_CODE0;
            cpu_poke(r, RIG_TSS + 36 + 16, RIG_STACK0, 8);
            cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 3, cs, HANDLER, cases[i].ist), 0);
            r->c->s.tr.limit = cases[i].last - short_by;
            if (short_by) assert_raises(r, EXC_TS, SEL_TSS, x86_software_interrupt(r->c, 0x40, 0));
            else assert_fine(r, x86_software_interrupt(r->c, 0x40, 0));
        }
}

static void no_room_on_the_inner_stack(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 3);
    handlers(r);
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 3, SEL_CODE0, HANDLER, 0), 0);
    cpu_descriptor(r, SEL_GATE, cpu_segment(0, 0xff, AR_P | AR_S | AR_W | AR_DB));
    cpu_poke(r, RIG_TSS + 8, SEL_GATE, 4);
    cpu_poke(r, RIG_TSS + 4, 0x110, 4);
    assert_raises(r, EXC_SS, SEL_GATE, x86_software_interrupt(r->c, 0x40, 0)); // the new stack's selector
    cpu_poke(r, RIG_TSS + 4, 0x100, 4);
    assert_fine(r, x86_software_interrupt(r->c, 0x40, 0));
    // On the stack in use the error code names nobody but EXT.
    cpu_protected(r, 0);
    handlers(r);
    r->c->s.seg[SS].limit = 0xff;
    assert_raises(r, EXC_SS, 0, x86_software_interrupt(r->c, 0x40, 0));
}

// A gate whose code is for ring 3 pushes with ring 3's rights.
static void user_stack_needs_user_page(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 3);
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 3, SEL_CODE64_3, HANDLER, 0), 0);
    assert_fine(r, x86_software_interrupt(r->c, 0x40, 0));
    assert_int_equal(r->c->s.cpl, 3);
    cpu_poke(r, RIG_TABLES + 0x2000, 0x83, 8); // supervisor only
    x86_tlb_flush_all(r->c);
    assert_raises(r, EXC_PF, PF_P | PF_W | PF_U, x86_software_interrupt(r->c, 0x40, 0));
}

static void missing_code_segment_names_it_with_ext(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    handlers(r);
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 0, SEL_LAST + 1, 0, 0), 0);
    x86_deliver_interrupt(r->c, 0x40);
    assert_int_equal(entered(r), EXC_GP);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), (SEL_LAST + 1) | 1);
    cpu_long(r, 0);
    handlers(r);
    cpu_descriptor(r, SEL_GATE, cpu_segment(0, 0xfffff, AR_S | AR_CODE | AR_L));
    cpu_idt(r, 0x40, cpu_gate(SYS_INT32, 0, SEL_GATE, 0, 0), 0);
    x86_deliver_interrupt(r->c, 0x40);
    assert_int_equal(entered(r), EXC_NP);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), SEL_GATE | 1);
}

// ---- ring 0 only
static void privileged_instructions(void **state) {
    struct x86_rig *r = *state;
    // clang-format off
    static const u8 codes[][4] = {
        {0x0f, 0x20, 0xc0}, {0x0f, 0x22, 0xc0}, {0x0f, 0x21, 0xc0}, {0x0f, 0x23, 0xc0}, {0x0f, 0x30}, {0x0f, 0x32},
        {0x0f, 0x06}, {0x0f, 0x08}, {0x0f, 0x09}, {0xf4}, {0x0f, 0x01, 0x10}, {0x0f, 0x01, 0x18}, {0x0f, 0x01, 0xf0},
        {0x0f, 0x01, 0x38}, {0x0f, 0x00, 0xd0}, {0x0f, 0x00, 0xd8}, {0x0f, 0x01, 0xf8}, {0x48, 0x0f, 0x07}, {0x0f, 0x35},
        {0x0f, 0x33}, {0xfa}, {0xfb}, {0xec}, {0xee},
    };
    // clang-format on
    for (unsigned i = 0; i < countof(codes); i++) {
        cpu_long(r, 3);
        handlers(r);
        r->c->s.tr.limit = 0x67; // no I/O map
        r->c->s.gpr[RAX] = 0x5000, r->c->s.gpr[RCX] = 0x10;
        cpu_run(r, codes[i], 4, 1);
        if (entered(r) != EXC_GP) fail_msg("case %u: %d", i, entered(r));
        assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), 0);
        assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP] + 8, 8), RIG_CODE);
    }
}

// ---- table 6-5: which second exception becomes a double fault

static unsigned class_of(unsigned v) { // 0 benign, 1 contributory, 2 page fault
    return v == 0 || (v >= 10 && v <= 13) ? 1 : v == 14 ? 2 : 0;
}

static void double_fault_matrix(void **state) {
    struct x86_rig *r = *state;
    static const u8 firsts[] = {0, 1, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 19};
    for (unsigned i = 0; i < countof(firsts); i++) {
        for (unsigned second = EXC_NP; second <= EXC_PF; second += EXC_PF - EXC_NP) {
            cpu_long(r, 0);
            handlers(r);
            // #NP: the gate is absent. #PF: its code segment is fine, but its stack (IST1) is not mapped.
            u64 gate = cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0, second == EXC_PF);
            if (second == EXC_NP) gate &= ~((u64)0x80 << 40);
            cpu_poke(r, RIG_TSS + 36, (u64)1 << 40, 8);
            cpu_idt(r, firsts[i], gate, 0);
            raise_now(r, firsts[i], 0);
            unsigned a = class_of(firsts[i]), b = class_of(second);
            bool doubled = (a == 1 && b == 1) || (a == 2 && b != 0);
            // An exception whose own gate is the broken one meets it twice.
            if (!doubled && firsts[i] == second) doubled = true;
            int want = doubled ? EXC_DF : (int)second;
            if (entered(r) != want) fail_msg("%u then %u: entered %d", firsts[i], second, entered(r));
            assert_int_equal(r->reason, -1);
        }
    }
}

static void triple_fault(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    handlers(r);
    r->c->s.idtr.limit = 0;
    struct x86_state before = r->c->s;
    raise_now(r, EXC_GP, 0);
    assert_int_equal(r->reason, EMU_TRIPLE_FAULT);
    assert_true(r->c->leave);
    assert_true(scripted_logged(&r->plat, "triple fault"));
    assert_memory_equal(&before, &r->c->s, sizeof before);
}

static void page_fault_on_stack_writes_cr2(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    handlers(r);
    cpu_poke(r, RIG_TSS + 36, (u64)1 << 40, 8);
    cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0, 1), 0);
    raise_now(r, EXC_UD, 0);
    assert_int_equal(entered(r), EXC_PF);
    assert_int_equal(r->c->s.cr2, ((u64)1 << 40) - 8);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), PF_W);
}

// ---- real-address and virtual-8086 mode

static void real_mode_interrupt(void **state) {
    struct x86_rig *r = *state;
    cpu_real(r);
    cpu_poke(r, 0x10 * 4, 0x20001234, 4);
    x86_set_rflags(r->c, FL_IF | FL_TF | FL_CF, ~(u32)0);
    RIG_RUN(r, 1, 0xcd, 0x10);
    assert_int_equal(r->c->s.seg[CS].sel, 0x2000);
    assert_int_equal(r->c->s.seg[CS].base, 0x20000);
    assert_int_equal(r->c->s.rip, 0x1234);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 6);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 6, 2), 2);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 4, 2), RIG_CODE >> 4);
    assert_int_equal(cpu_peek(r, RIG_STACK0 - 2, 2), FL_IF | FL_TF | FL_CF | FL_ONE);
    assert_int_equal(x86_get_rflags(r->c), FL_CF | FL_ONE);
    r->c->s.pending_db = 0;
    cpu_poke(r, 0x21234, 0xcf, 1);
    RIG_RUN(r, 1, 0xcf); // IRET
    assert_int_equal(r->c->s.rip, 2);
    assert_int_equal(r->c->s.seg[CS].sel, RIG_CODE >> 4);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0);
    assert_int_equal(x86_get_rflags(r->c), FL_IF | FL_TF | FL_CF | FL_ONE);
}

static void real_mode_faults_push_no_error_code(void **state) {
    struct x86_rig *r = *state;
    cpu_real(r);
    cpu_poke(r, EXC_GP * 4, 0x20001234, 4);
    raise_now(r, EXC_GP, 0x55);
    assert_int_equal(r->c->s.rip, 0x1234);
    assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 6);
}

static void v86_int_needs_iopl3(void **state) {
    struct x86_rig *r = *state;
    for (unsigned privilege = 0; privilege < 4; privilege++) {
        cpu_v86(r, privilege);
        handlers(r);
        cpu_idt(r, 0x21, cpu_gate(SYS_INT32, 3, SEL_CODE0, HANDLER, 0), 0);
        if (privilege < 3) assert_raises(r, EXC_GP, 0, x86_software_interrupt(r->c, 0x21, 2));
        else assert_fine(r, x86_software_interrupt(r->c, 0x21, 2));
    }
    cpu_v86(r, 3);
    cpu_idt(r, 0x21, cpu_gate(SYS_INT32, 3, SEL_CONFORMING0, HANDLER, 0), 0);
    assert_raises(r, EXC_GP, SEL_CONFORMING0, x86_software_interrupt(r->c, 0x21, 2)); // must go to ring 0, not conform
}

// 20.3.3.4: with CR4.VME a clear bit in the redirection map sends INT n to the program's own vector table.
static void v86_redirection(void **state) {
    struct x86_rig *r = *state;
    cpu_v86(r, 0);
    handlers(r);
    r->c->s.cr4 |= CR4_VME;
    cpu_poke(r, RIG_TSS + 0x66, 0x88, 2); // I/O map; the redirection map is at 0x68
    cpu_poke(r, 0x21 * 4, 0x30004321, 4);
    x86_set_rflags(r->c, FL_VIF | FL_IF, FL_VIF | FL_IF);
    assert_fine(r, x86_software_interrupt(r->c, 0x21, 2));
    assert_int_equal(r->c->s.seg[CS].sel, 0x3000);
    assert_int_equal(r->c->s.rip, 0x4321);
    assert_true(r->c->s.rflags & FL_VM);
    assert_int_equal(cpu_peek(r, RIG_STACK3 - 2, 2), FL_IF | FL_IOPL | FL_ONE); // IF shows VIF, IOPL shows 3
    assert_false(r->c->s.rflags & FL_VIF);
    assert_true(r->c->s.rflags & FL_IF);
    cpu_v86(r, 0);
    r->c->s.cr4 |= CR4_VME;
    cpu_poke(r, RIG_TSS + 0x68 + 4, 1 << 1, 1); // bit 21h
    assert_raises(r, EXC_GP, 0, x86_software_interrupt(r->c, 0x21, 2));
}

// PUSHF, POPF, CLI, STI of a virtual-8086 program (tables 20-1 and 20-2).
static void v86_flags(void **state) {
    struct x86_rig *r = *state;
    cpu_v86(r, 0);
    handlers(r);
    RIG_RUN(r, 1, 0xfa); // CLI: #GP; the delivery is the one tick
    assert_int_equal(r->c->s.cpl, 0);
    cpu_v86(r, 0);
    r->c->s.cr4 |= CR4_VME;
    x86_set_rflags(r->c, FL_VIF | FL_IF, FL_VIF | FL_IF);
    RIG_RUN(r, 1, 0xfa);
    assert_int_equal(r->c->s.cpl, 3);
    assert_int_equal(r->c->s.rflags & (FL_VIF | FL_IF), FL_IF);
    RIG_RUN(r, 1, 0x9c); // PUSHF
    assert_int_equal(cpu_peek(r, RIG_STACK3 - 2, 2), FL_IOPL | FL_ONE);
    RIG_RUN(r, 1, 0xfb);
    assert_true(r->c->s.rflags & FL_VIF);
    cpu_poke(r, RIG_STACK3 - 2, FL_CF, 2);
    RIG_RUN(r, 1, 0x9d); // POPF with IF clear
    assert_int_equal(r->c->s.rflags & (FL_VIF | FL_IF), FL_IF);
}

// ---- flags of ring 3

static void popf_and_cli_in_ring3(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 3);
    handlers(r);
    x86_set_rflags(r->c, FL_IF, FL_IF);
    cpu_poke(r, RIG_STACK3 - 4, FL_IOPL | FL_CF | FL_AC | FL_ID, 4);
    r->c->s.gpr[RSP] = RIG_STACK3 - 4;
    RIG_RUN(r, 1, 0x9d);
    assert_int_equal(x86_get_rflags(r->c), FL_IF | FL_CF | FL_AC | FL_ID | FL_ONE); // IF and IOPL unchanged, no fault
    RIG_RUN(r, 1, 0xfa);
    assert_int_equal(entered(r), EXC_GP);
}

// ---- debug registers (17.2)

static void debug_exception_status(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    handlers(r);
    r->c->s.dr[7] |= DR7_GD;
    r->c->s.gpr[RAX] = 0;
    RIG_RUN(r, 1, 0x0f, 0x23, 0xc0); // mov dr0, rax: general detect, a fault
    assert_int_equal(entered(r), EXC_DB);
    assert_int_equal(r->c->s.dr[6], DR6_FIXED | DR6_BD);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), RIG_CODE);
    assert_false(r->c->s.dr[7] & DR7_GD);
}

static void single_step(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    handlers(r);
    x86_set_rflags(r->c, FL_TF, FL_TF);
    RIG_RUN(r, 2, 0x90);
    assert_int_equal(entered(r), EXC_DB);
    assert_int_equal(r->c->s.dr[6], DR6_FIXED | DR6_BS);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), RIG_CODE + 1);        // a trap
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP] + 16, 8), FL_TF | FL_ONE); // without RF
}

static void breakpoint_matching(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    u64 *dr = r->c->s.dr;
    dr[0] = 0x5003, dr[1] = 0x6000, dr[2] = 0x7006, dr[3] = 0x7100;
    // 0: write, 1 byte. 1: read or write, 8 bytes (LEN 10b). 2: write, 2 bytes, L. 3: execute, not enabled.
    dr[7] = DR7_FIXED | 1 << 0 | 1 << 3 | 1 << 4 | (u64)1 << 16 | (u64)0xb << 20 | (u64)5 << 24;
    assert_int_equal(x86_debug_data_hit(r->c, 0x5003, 1, true), 1);
    assert_int_equal(x86_debug_data_hit(r->c, 0x5000, 4, true), 1);
    assert_int_equal(x86_debug_data_hit(r->c, 0x5000, 3, true), 0);
    assert_int_equal(x86_debug_data_hit(r->c, 0x5003, 1, false), 0); // reads do not hit a write breakpoint
    assert_int_equal(x86_debug_data_hit(r->c, 0x6007, 1, false), 2);
    assert_int_equal(x86_debug_data_hit(r->c, 0x6008, 1, false), 0);
    assert_int_equal(x86_debug_data_hit(r->c, 0x5fff, 2, true), 2);
    assert_int_equal(x86_debug_data_hit(r->c, 0x7007, 1, true), 4);
    assert_int_equal(x86_debug_code_hit(r->c, 0x7100), 0);
    dr[7] |= 1 << 7;
    assert_int_equal(x86_debug_code_hit(r->c, 0x7100), 8);
    assert_int_equal(x86_debug_data_hit(r->c, 0x7100, 4, true), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(frame64_from_ring3),
        T(frame64_same_ring_is_aligned),
        T(ist),
        T(frame32_inner_and_same),
        T(gate16),
        T(task_gate_pushes_error_code),
        T(software_interrupt_privilege),
        T(ext_bit),
        T(bad_inner_stack),
        T(tss_limits),
        T(no_room_on_the_inner_stack),
        T(user_stack_needs_user_page),
        T(missing_code_segment_names_it_with_ext),
        T(privileged_instructions),
        T(double_fault_matrix),
        T(triple_fault),
        T(page_fault_on_stack_writes_cr2),
        T(real_mode_interrupt),
        T(real_mode_faults_push_no_error_code),
        T(v86_int_needs_iopl3),
        T(v86_redirection),
        T(v86_flags),
        T(popf_and_cli_in_ring3),
        T(debug_exception_status),
        T(single_step),
        T(breakpoint_matching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
