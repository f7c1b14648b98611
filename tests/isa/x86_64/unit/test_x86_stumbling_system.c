// SPDX-License-Identifier: MIT
// Where emulators stumble, one named test each: what needs rings, interrupts and debug registers. Values are the manual's
// (SDM vol. 2 and 3). What a user program can see: test_x86_stumbling.
#include "x86_rig.h"

#include "isa/x86_64/sys/except.h"

#include <cmocka.h>

enum { HANDLER = 0x20000, LEVELS_AT = SEL_LAST + 1, WORK = 0x400000, VECTOR = 0x30 };
#define SEL_CODE_OF(ring) ((u16)(LEVELS_AT + 16 * (ring) + (ring)))
#define SEL_DATA_OF(ring) ((u16)(LEVELS_AT + 16 * (ring) + 8 + (ring)))
#define FL_DEFINED (FL_ARITH | FL_TF | FL_IF | FL_DF | FL_IOPL | FL_NT | FL_RF | FL_AC | FL_VIF | FL_VIP | FL_ID)

static void handlers(struct x86_rig *r, bool wide) {
    for (unsigned v = 0; v < 64; v++)
        cpu_idt(r, v, cpu_gate(SYS_INT32, 3, wide ? SEL_CODE64_0 : SEL_CODE0, HANDLER + 16 * v, 0), 0);
}

// Flat code and data segments of every ring; the processor runs in ring `cpl`.
static void at_level(struct x86_rig *r, bool wide, unsigned cpl) {
    struct x86_state *s = &r->c->s;
    if (wide) cpu_long(r, 0);
    else cpu_protected(r, 0);
    s->gdtr.limit = LEVELS_AT + 63;
    for (u32 i = 0; i < 4; i++) {
        u32 attr = AR_P | AR_S | AR_G | i << 5 | AR_ACCESSED;
        cpu_descriptor(r, SEL_CODE_OF(i), cpu_segment(0, 0xfffff, attr | AR_CODE | AR_R | (wide ? AR_L : AR_DB)));
        cpu_descriptor(r, SEL_DATA_OF(i), cpu_segment(0, 0xfffff, attr | AR_W | AR_DB));
    }
    s->seg[CS] = x86_seg_of(SEL_CODE_OF(cpl), cpu_peek(r, RIG_GDT + (SEL_CODE_OF(cpl) & ~7), 8));
    s->seg[SS] = x86_seg_of(SEL_DATA_OF(cpl), cpu_peek(r, RIG_GDT + (SEL_DATA_OF(cpl) & ~7), 8));
    s->cpl = (u8)cpl;
    s->gpr[RSP] = RIG_STACK3;
    x86_mode_changed(r->c);
    handlers(r, wide);
}

static unsigned push(struct x86_rig *r, bool wide, const u64 *item, unsigned n) {
    unsigned width = wide ? 8 : 4;
    r->c->s.gpr[RSP] -= n * width;
    for (unsigned i = 0; i < n; i++) cpu_poke(r, r->c->s.gpr[RSP] + i * width, item[i], width);
    return width;
}

static int entered(const struct x86_rig *r) {
    u64 at = r->c->s.rip - HANDLER;
    return at % 16 || at / 16 > 63 ? -1 : (int)(at / 16);
}

// ---- IRET, RET far: from each ring to each ring

// What IRET of 32 or 64 bits may change, by the ring it is executed in (vol. 2A, IRET).
static u32 iret_changes(unsigned cpl, unsigned iopl) {
    u32 all = FL_ARITH | FL_TF | FL_DF | FL_NT | FL_RF | FL_AC | FL_ID;
    if (cpl <= iopl) all |= FL_IF;
    if (cpl == 0) all |= FL_IOPL | FL_VIF | FL_VIP;
    return all;
}

static void iret_case(struct x86_rig *r, bool wide, unsigned from, unsigned to, unsigned iopl) {
    struct x86_state *s = &r->c->s;
    at_level(r, wide, from);
    const u32 old = iopl << FL_IOPL_SHIFT | FL_ONE, image = (u32)(FL_DEFINED & ~FL_IOPL) | (3 - iopl) << FL_IOPL_SHIFT | FL_ONE;
    const u64 frame[] = {0x12340, SEL_CODE_OF(to), image, RIG_STACK0 - 64, SEL_DATA_OF(to)};
    x86_set_rflags(r->c, old, ~(u32)0);
    s->seg[ES] = x86_seg_of(SEL_DATA_OF(from), cpu_peek(r, RIG_GDT + (SEL_DATA_OF(from) & ~7), 8));
    push(r, wide, frame, 5);
    u64 sp = s->gpr[RSP];
    if (wide) RIG_RUN(r, 1, 0x48, 0xcf);
    else RIG_RUN(r, 1, 0xcf);
    if (to < from) { // inwards: #GP(selector)
        assert_int_equal(entered(r), EXC_GP);
        assert_int_equal(cpu_peek(r, s->gpr[RSP], wide ? 8 : 4), SEL_CODE_OF(to) & ~3);
        return;
    }
    u32 changes = iret_changes(from, iopl);
    assert_int_equal(s->rip, 0x12340);
    assert_int_equal(s->cpl, to);
    assert_int_equal(s->seg[CS].sel, SEL_CODE_OF(to));
    assert_int_equal(x86_get_rflags(r->c), (old & ~changes) | (image & changes));
    bool stack = wide || to > from; // legacy modes load SS:ESP only when the ring changes
    assert_int_equal(s->gpr[RSP], stack ? RIG_STACK0 - 64 : sp + 12);
    assert_int_equal(s->seg[SS].sel, stack ? SEL_DATA_OF(to) : SEL_DATA_OF(from));
    assert_int_equal(s->seg[ES].sel, to > from ? 0 : SEL_DATA_OF(from)); // of an inner ring: null now
    assert_int_equal(s->seg[DS].sel, SEL_DATA3 | 3);
}

static void iret_to_each_level(void **state) {
    for (unsigned i = 0; i < 2 * 4 * 4 * 4; i++) iret_case(*state, i & 1, i >> 1 & 3, i >> 3 & 3, i >> 5 & 3);
}

// RET far n: to the same ring drops n bytes of this stack; outwards of both, and SS:RSP come from this one.
static void far_return_case(struct x86_rig *r, bool wide, unsigned from, unsigned to) {
    struct x86_state *s = &r->c->s;
    at_level(r, wide, from);
    const u64 frame[] = {0x12340, SEL_CODE_OF(to), 0x1111, 0x2222, RIG_STACK0 - 64, SEL_DATA_OF(to)};
    unsigned width = push(r, wide, frame, 6);
    u64 sp = s->gpr[RSP], parameters = 2 * width;
    if (wide) RIG_RUN(r, 1, 0x48, 0xca, (u8)parameters, 0);
    else RIG_RUN(r, 1, 0xca, (u8)parameters, 0);
    if (to < from) {
        assert_int_equal(entered(r), EXC_GP);
        assert_int_equal(cpu_peek(r, s->gpr[RSP], width), SEL_CODE_OF(to) & ~3);
        return;
    }
    assert_int_equal(s->rip, 0x12340);
    assert_int_equal(s->cpl, to);
    assert_int_equal(s->seg[CS].sel, SEL_CODE_OF(to));
    assert_int_equal(s->gpr[RSP], to > from ? RIG_STACK0 - 64 + parameters : sp + 2 * width + parameters);
    assert_int_equal(s->seg[SS].sel, SEL_DATA_OF(to > from ? to : from));
}

static void far_return_to_each_level(void **state) {
    for (unsigned i = 0; i < 2 * 4 * 4; i++) far_return_case(*state, i & 1, i >> 1 & 3, i >> 3 & 3);
}

// The operand size is 32 bits by default even in 64-bit code: items are as wide as it is (vol. 2B, RET).
static void far_return_operand_sizes(void **state) {
    struct x86_rig *r = *state;
    for (unsigned size = 2; size <= 8; size *= 2) {
        at_level(r, true, 0);
        r->c->s.gpr[RSP] -= 2 * size;
        cpu_poke(r, r->c->s.gpr[RSP], 0x1240, size);
        cpu_poke(r, r->c->s.gpr[RSP] + size, SEL_CODE_OF(0), size);
        if (size == 2) RIG_RUN(r, 1, 0x66, 0xcb);
        else if (size == 4) RIG_RUN(r, 1, 0xcb);
        else RIG_RUN(r, 1, 0x48, 0xcb);
        assert_int_equal(r->c->s.rip, 0x1240);
        assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3);
    }
}

// ---- POPF, PUSHF

static void popf_case(struct x86_rig *r, bool wide, unsigned cpl, unsigned iopl, bool small, bool ones) {
    u32 may = FL_ARITH | FL_TF | FL_DF | FL_NT;
    if (!small) may |= FL_AC | FL_ID;
    if (cpl <= iopl) may |= FL_IF;
    if (cpl == 0) may |= FL_IOPL;
    const u32 all = FL_DEFINED & ~(FL_IOPL | FL_RF), level = iopl << FL_IOPL_SHIFT;
    const u32 old = level | FL_ONE | (ones ? 0 : all), image = ones ? ~(u32)0 : 0;
    at_level(r, wide, cpl);
    r->c->s.gpr[RSP] -= 8;
    cpu_poke(r, r->c->s.gpr[RSP], image, 8);
    x86_set_rflags(r->c, old, ~(u32)0);
    x86_set_arith(r->c, old);
    u64 sp = r->c->s.gpr[RSP];
    if (small) RIG_RUN(r, 1, 0x66, 0x9d);
    else RIG_RUN(r, 1, 0x9d);
    // VIF, VIP and VM stay, RF is cleared, reserved bits do not exist.
    assert_int_equal(x86_get_rflags(r->c), (old & ~may) | (image & may));
    assert_int_equal(r->c->s.gpr[RSP], sp + (small ? 2 : wide ? 8 : 4));
}

static void popf_bits_in_each_ring_at_each_iopl(void **state) {
    for (unsigned i = 0; i < 128; i++) popf_case(*state, i & 1, i >> 1 & 3, i >> 3 & 3, i >> 5 & 1, i >> 6 & 1);
}

// The image has no RF and no VM, and 1 in bit 1.
static void pushf_bits(void **state) {
    struct x86_rig *r = *state;
    for (unsigned cpl = 0; cpl < 4; cpl++)
        for (unsigned wide = 0; wide < 2; wide++) {
            at_level(r, wide, cpl);
            cpu_poke(r, RIG_STACK3 - 8, ~(u64)0, 8);
            x86_set_rflags(r->c, FL_DEFINED & ~FL_TF, ~(u32)0);
            x86_set_arith(r->c, FL_ARITH);
            RIG_RUN(r, 1, 0x9c);
            assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], wide ? 8 : 4), (FL_DEFINED & ~(FL_TF | FL_RF)) | FL_ONE);
            assert_int_equal(r->c->s.gpr[RSP], RIG_STACK3 - (wide ? 8 : 4));
        }
}

// ---- shadows

static unsigned waiting; // interrupts
static bool pending(void *ctx) { return waiting; }
static int ack(void *ctx) {
    return waiting-- ? VECTOR : -1;
}

static void interrupts(struct x86_rig *r) {
    r->c->apic.pending = pending;
    r->c->apic.ack = ack;
    waiting = 0;
}

// Runs code with an interrupt waiting and IF as told: at which offset it is taken; -1: not within n instructions.
static int taken_at(struct x86_rig *r, bool enabled, unsigned n, const u8 *code, unsigned bytes) {
    at_level(r, true, 0);
    interrupts(r);
    r->c->s.gpr[RDX] = SEL_DATA0;
    r->c->s.gpr[RBX] = WORK;
    cpu_poke(r, WORK, RIG_STACK0 | (u64)SEL_DATA0 << 32, 8);
    for (unsigned i = 0; i < bytes; i++) cpu_poke(r, RIG_CODE + i, code[i], 1);
    waiting = 1;
    if (enabled) { // let the first instruction begin
        waiting = 0;
        x86_set_rflags(r->c, FL_IF, FL_IF);
        cpu_run(r, code, bytes, 1);
        waiting = 1;
    }
    for (unsigned i = 0; i < n && waiting; i++) r->clock.now += vcpu_run(&r->c->v, 1);
    if (waiting) return -1;
    assert_int_equal(entered(r), VECTOR);
    return (int)(cpu_peek(r, r->c->s.gpr[RSP], 8) - RIG_CODE);
}
#define TAKEN_AT(enabled, ...) taken_at(r, enabled, 8, (const u8[]){__VA_ARGS__}, sizeof(u8[]){__VA_ARGS__})

static void sti_shadow(void **state) {
    struct x86_rig *r = *state;
    assert_int_equal(TAKEN_AT(false, 0xfb, 0x90, 0x90), 2);                                      // STI, NOP: after the NOP
    assert_int_equal(TAKEN_AT(false, 0xfb, 0xfa, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90), -1); // STI, CLI: never
    assert_int_equal(TAKEN_AT(false, 0xfb, 0xfb, 0x90), 2); // IF was 1 for the second one: no shadow
    assert_int_equal(TAKEN_AT(true, 0xfb, 0x90), 1);
    assert_int_equal(TAKEN_AT(false, 0xfb, 0xf4), 2); // STI, HLT: HLT is executed
}

static void mov_ss_shadow(void **state) {
    struct x86_rig *r = *state;
    assert_int_equal(TAKEN_AT(true, 0x8e, 0xd2, 0x90, 0x90), 3);       // MOV SS, NOP: after the NOP
    assert_int_equal(TAKEN_AT(true, 0x8e, 0xda, 0x90), 2);             // MOV DS has none
    assert_int_equal(TAKEN_AT(true, 0x0f, 0xb2, 0x23, 0x90, 0x90), 3); // LSS has none
    assert_int_equal(TAKEN_AT(true, 0x8e, 0xd2, 0xf4, 0x90), 3);       // HLT in the shadow is executed
    at_level(r, false, 0);                                             // POP SS exists outside 64-bit code only
    interrupts(r);
    cpu_poke(r, RIG_STACK3 - 4, SEL_DATA0, 4);
    r->c->s.gpr[RSP] = RIG_STACK3 - 4;
    x86_set_rflags(r->c, FL_IF, FL_IF);
    RIG_RUN(r, 1, 0x17, 0x90, 0x90);
    waiting = 1;
    r->clock.now += vcpu_run(&r->c->v, 1);
    assert_int_equal(waiting, 1);
    r->clock.now += vcpu_run(&r->c->v, 1);
    assert_int_equal(waiting, 0);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 4), RIG_CODE + 2);
}

// 6.8.3: a code breakpoint on the instruction behind MOV SS is suppressed, as if RF were 1.
static void mov_ss_suppresses_a_code_breakpoint(void **state) {
    struct x86_rig *r = *state;
    at_level(r, true, 0);
    r->c->s.gpr[RDX] = SEL_DATA0;
    r->c->s.dr[0] = RIG_CODE + 2;
    r->c->s.dr[1] = RIG_CODE + 3;
    r->c->s.dr[7] = 0x405;
    RIG_RUN(r, 3, 0x8e, 0xd2, 0x90, 0x90, 0x90);
    assert_int_equal(entered(r), EXC_DB);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), RIG_CODE + 3);
    assert_int_equal(r->c->s.dr[6] & 0xf, 2);
}

// ---- repeated string instructions, RF (vol. 3B, 17.3.1.1)

static u64 pushed_flags(struct x86_rig *r, bool error) { return cpu_peek(r, r->c->s.gpr[RSP] + (error ? 24 : 16), 8); }

enum { COUNT = 5000 };
static void prepare_rep(struct x86_rig *r, u8 prefix, u8 opcode) {
    at_level(r, true, 0);
    interrupts(r);
    struct x86_state *s = &r->c->s;
    for (unsigned i = 0; i < COUNT + 1; i++) cpu_poke(r, WORK + i, 0x5a, 1), cpu_poke(r, WORK + 0x10000 + i, 0x5a, 1);
    cpu_poke(r, RIG_CODE, prefix | (u64)opcode << 8 | 0x9090ull << 16, 4);
    cpu_poke(r, HANDLER + 16 * VECTOR, 0xcf48, 2); // IRETQ
    s->gpr[RSI] = WORK, s->gpr[RDI] = WORK + 0x10000, s->gpr[RCX] = COUNT;
    s->gpr[RAX] = prefix == 0xf3 ? 0x5a : 0; // SCAS goes on to the end
    s->gpr[RDX] = 0x80;
    x86_set_rflags(r->c, FL_IF, FL_IF);
}

static void rep_is_interrupted(void **state) {
    struct x86_rig *r = *state;
    struct x86_state *s = &r->c->s;
    static const struct {
        u8 prefix, opcode;
    } k[] = {
        {0xf3, 0xa4}, {0xf3, 0xaa}, {0xf3, 0xac}, {0xf3, 0xa6}, {0xf3, 0xae}, {0xf2, 0xae}, {0xf3, 0x6c}, {0xf3, 0x6e},
    };
    for (unsigned i = 0; i < countof(k); i++) {
        prepare_rep(r, k[i].prefix, k[i].opcode);
        r->clock.now += vcpu_run(&r->c->v, 2);
        u64 left = s->gpr[RCX], done = COUNT - left;
        assert_in_range(left, 1, COUNT - 1);
        waiting = 1;
        r->clock.now += vcpu_run(&r->c->v, 1);
        assert_int_equal(entered(r), VECTOR);
        assert_int_equal(cpu_peek(r, s->gpr[RSP], 8), RIG_CODE); // goes on at the same instruction ...
        assert_true(pushed_flags(r, false) & FL_RF);             // ... which a breakpoint must not see again
        assert_false(x86_get_rflags(r->c) & FL_RF);
        assert_int_equal(s->gpr[RCX], left);
        if (k[i].opcode < 0xaa && k[i].opcode != 0x6c) assert_int_equal(s->gpr[RSI], WORK + done);
        while (s->rip != RIG_CODE + 2) r->clock.now += vcpu_run(&r->c->v, 1);
        assert_int_equal(s->gpr[RCX], 0);
        waiting = 1;
        r->clock.now += vcpu_run(&r->c->v, 1);
        assert_int_equal(cpu_peek(r, s->gpr[RSP], 8), RIG_CODE + 2);
        assert_false(pushed_flags(r, false) & FL_RF); // after the last iteration
    }
}

static void rep_is_stepped(void **state) {
    struct x86_rig *r = *state;
    prepare_rep(r, 0xf3, 0xa4);
    r->c->s.gpr[RCX] = 3;
    x86_set_rflags(r->c, FL_TF, FL_TF);
    cpu_poke(r, HANDLER + 16 * EXC_DB, 0xcf48, 2);
    for (unsigned i = 0; i < 3; i++) { // a trap per iteration; RF with all but the last
        while (entered(r) != EXC_DB) r->clock.now += vcpu_run(&r->c->v, 1);
        assert_int_equal(r->c->s.gpr[RCX], 2 - i);
        assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), i < 2 ? RIG_CODE : RIG_CODE + 2);
        assert_int_equal(pushed_flags(r, false) & FL_RF, i < 2 ? FL_RF : 0);
        r->clock.now += vcpu_run(&r->c->v, 1); // IRETQ
    }
}

// A breakpoint on a repeated instruction is met once, not once per iteration or chunk.
static void rep_meets_its_breakpoint_once(void **state) {
    struct x86_rig *r = *state;
    prepare_rep(r, 0xf3, 0xa4);
    r->c->s.dr[0] = RIG_CODE;
    r->c->s.dr[7] = 0x401;
    r->clock.now += vcpu_run(&r->c->v, 1);
    assert_int_equal(entered(r), EXC_DB);
    u64 at = r->c->s.gpr[RSP] + 16;
    cpu_poke(r, at, cpu_peek(r, at, 8) | FL_RF, 8);
    cpu_poke(r, HANDLER + 16 * EXC_DB, 0xcf48, 2);
    for (unsigned i = 0; i < 100 && r->c->s.rip != RIG_CODE + 2; i++) {
        r->clock.now += vcpu_run(&r->c->v, 1);
        assert_int_not_equal(entered(r), EXC_DB);
    }
    assert_int_equal(r->c->s.rip, RIG_CODE + 2);
}

// A fault half-way: the registers say what was done, RF is pushed as with every fault.
static void rep_faults_half_way(void **state) {
    struct x86_rig *r = *state;
    prepare_rep(r, 0xf3, 0xaa);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * 3, 0, 8); // nothing from 6 MiB to 8 MiB
    x86_tlb_flush_all(r->c);
    r->c->s.gpr[RDI] = 0x600000 - 1500;
    for (unsigned i = 0; i < 10 && entered(r) < 0; i++) r->clock.now += vcpu_run(&r->c->v, 1);
    assert_int_equal(entered(r), EXC_PF);
    assert_int_equal(r->c->s.cr2, 0x600000);
    assert_int_equal(r->c->s.gpr[RCX], COUNT - 1500);
    assert_int_equal(r->c->s.gpr[RDI], 0x600000);
    assert_int_equal(cpu_peek(r, 0x600000 - 1, 1), 0x5a);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP] + 8, 8), RIG_CODE);
    assert_true(pushed_flags(r, true) & FL_RF);
}

// ---- RF and code breakpoints

// A breakpoint on an instruction that faults comes first, once; the fault's image has RF, so that the way back does not
// meet the breakpoint again.
static void code_breakpoint_on_a_faulting_instruction(void **state) {
    struct x86_rig *r = *state;
    at_level(r, true, 0);
    struct x86_state *s = &r->c->s;
    s->dr[0] = RIG_CODE;
    s->dr[7] = 0x401;
    cpu_poke(r, HANDLER + 16 * EXC_DB, 0xcf48, 2);
    cpu_poke(r, HANDLER + 16 * EXC_UD, 0xcf48, 2);
    RIG_RUN(r, 1, 0x0f, 0x0b);
    assert_int_equal(entered(r), EXC_DB);
    assert_int_equal(s->dr[6] & 0xf, 1);
    assert_int_equal(cpu_peek(r, s->gpr[RSP], 8), RIG_CODE);
    assert_false(pushed_flags(r, false) & FL_RF); // #DB of a breakpoint alone pushes it as it was
    cpu_poke(r, s->gpr[RSP] + 16, pushed_flags(r, false) | FL_RF, 8);
    r->clock.now += vcpu_run(&r->c->v, 1); // IRETQ sets RF ...
    assert_int_equal(s->rip, RIG_CODE);
    for (unsigned i = 0; i < 3; i++) { // ... so UD2 faults, again and again
        while (entered(r) < 0) r->clock.now += vcpu_run(&r->c->v, 1);
        assert_int_equal(entered(r), EXC_UD);
        assert_true(pushed_flags(r, false) & FL_RF);
        assert_false(x86_get_rflags(r->c) & FL_RF);
        r->clock.now += vcpu_run(&r->c->v, 1);
    }
    while (entered(r) < 0) r->clock.now += vcpu_run(&r->c->v, 1);
    cpu_poke(r, s->gpr[RSP] + 16, pushed_flags(r, false) & ~(u64)FL_RF, 8); // without RF the breakpoint is there again
    r->clock.now += vcpu_run(&r->c->v, 1);
    while (entered(r) < 0) r->clock.now += vcpu_run(&r->c->v, 1);
    assert_int_equal(entered(r), EXC_DB);
}

// RF lasts for one instruction that completes, and no instruction but IRET sets it.
static void rf_lasts_for_one_instruction(void **state) {
    struct x86_rig *r = *state;
    at_level(r, true, 0);
    struct x86_state *s = &r->c->s;
    const u64 frame[] = {RIG_CODE + 2, SEL_CODE_OF(0), FL_RF | FL_ONE, RIG_STACK3, SEL_DATA_OF(0)};
    push(r, true, frame, 5);
    s->dr[0] = RIG_CODE + 2;
    s->dr[1] = RIG_CODE + 3;
    s->dr[7] = 0x405;
    RIG_RUN(r, 2, 0x48, 0xcf, 0x90, 0x90);
    assert_int_equal(s->rip, RIG_CODE + 3);
    assert_false(x86_get_rflags(r->c) & FL_RF);
    r->clock.now += vcpu_run(&r->c->v, 1);
    assert_int_equal(entered(r), EXC_DB);
    assert_int_equal(s->dr[6] & 0xf, 2);
}

// Faults push RF as 1; traps, software interrupts and interrupts as it is.
static void rf_in_the_pushed_image(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u8 code[2];
        u8 vector;
        bool error, rf;
    } k[] = {
        {{0x0f, 0x0b}, EXC_UD, false, true},  {{0xf6, 0xf0}, EXC_DE, false, true},  {{0xcd, 0x80}, EXC_GP, true, true},
        {{0xcc, 0x90}, EXC_BP, false, false}, {{0xf1, 0x90}, EXC_DB, false, false}, {{0xcd, 0x21}, 0x21, false, false},
    };
    for (unsigned i = 0; i < countof(k); i++) {
        at_level(r, true, 0);
        r->c->s.idtr.limit = 64 * 16 - 1;
        cpu_run(r, k[i].code, 2, 1);
        if (entered(r) < 0) r->clock.now += vcpu_run(&r->c->v, 1);
        assert_int_equal(entered(r), k[i].vector);
        assert_int_equal(!!(pushed_flags(r, k[i].error) & FL_RF), k[i].rf);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
// ---- priority (vol. 3A, table 6-2): #SS and #GP of an address that is not canonical to its last byte before #AC

static void not_canonical_before_misaligned(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u64 rsp;
        int want;
    } cases[] = {
        {0x7fffffffffff, EXC_SS},
        {0x7ffffffffff9, EXC_SS},
        {0x800000000001, EXC_SS},
        {RIG_STACK3 - 15, EXC_AC},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        at_level(r, true, 3);
        r->c->s.cr0 |= CR0_AM;
        x86_set_rflags(r->c, FL_AC, FL_AC);
        r->c->s.gpr[RSP] = cases[i].rsp;
        RIG_RUN(r, 1, 0x5f); // POP RDI
        assert_int_equal(entered(r), cases[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(iret_to_each_level),
        T(far_return_to_each_level),
        T(far_return_operand_sizes),
        T(popf_bits_in_each_ring_at_each_iopl),
        T(pushf_bits),
        T(sti_shadow),
        T(mov_ss_shadow),
        T(mov_ss_suppresses_a_code_breakpoint),
        T(rep_is_interrupted),
        T(rep_is_stepped),
        T(rep_meets_its_breakpoint_once),
        T(rep_faults_half_way),
        T(code_breakpoint_on_a_faulting_instruction),
        T(rf_lasts_for_one_instruction),
        T(rf_in_the_pushed_image),
        T(not_canonical_before_misaligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
