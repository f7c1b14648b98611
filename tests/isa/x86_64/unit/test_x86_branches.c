// SPDX-License-Identifier: MIT
// Near branches to where no code can be: #GP(0) at the branch, with nothing pushed, popped or counted (vol. 2A CALL, Jcc, JMP, LOOP;
// 2B RET). In 64-bit code the target is not canonical, elsewhere it lies beyond the limit of CS.
#include "x86_rig.h"

#include <cmocka.h>

enum { HANDLER = 0x30000, POINTER = 0x40000, FAR_BEHIND = 0x7fffff00, LIMIT = RIG_CODE + 0x6f };
#define TOP ((u64)1 << 47) // the first address that is not canonical
#define HIGH (TOP - 0x200000)

struct branch {
    const char *name;
    u8 at, n, code[14]; // the branch is at code[at]
    bool taken;
};
#define B(name, at, ...) {name, at, sizeof((u8[]){__VA_ARGS__}), {__VA_ARGS__}, true}
#define NOT(name, at, ...) {name, at, sizeof((u8[]){__VA_ARGS__}), {__VA_ARGS__}, false}
// RAX and the doubleword (quadword) at RBX hold a bad target, and so does the top of the stack; RCX is 5, RDX 0; ZF is 1.
// clang-format off
static const struct branch branches[] = {
    B("jmp rel8", 0, 0xeb, 0x7f), B("jmp rel32", 0, 0xe9, 0x00, 0xff, 0xff, 0x7f),
    B("je rel8", 0, 0x74, 0x7f), B("je rel32", 0, 0x0f, 0x84, 0x00, 0xff, 0xff, 0x7f), B("jne rel8 behind inc", 2, 0xff, 0xc2, 0x75, 0x7f),
    B("cmp, jb", 2, 0x39, 0xca, 0x72, 0x7f), B("cmp imm, je", 3, 0x83, 0xf9, 0x05, 0x74, 0x7f), B("test, jns", 2, 0x85, 0xc9, 0x79, 0x7f),
    B("cmp, jne rel32", 2, 0x3b, 0xca, 0x0f, 0x85, 0x00, 0xff, 0xff, 0x7f),
    B("loop", 0, 0xe2, 0x7f), B("loope", 0, 0xe1, 0x7f), B("loopne", 2, 0xff, 0xc2, 0xe0, 0x7f),
    B("jrcxz", 2, 0x31, 0xc9, 0xe3, 0x7f), B("call rel32", 0, 0xe8, 0x00, 0xff, 0xff, 0x7f),
    B("call rax", 0, 0xff, 0xd0), B("jmp rax", 0, 0xff, 0xe0), B("call [rbx]", 0, 0xff, 0x13), B("jmp [rbx]", 0, 0xff, 0x23),
    B("ret", 0, 0xc3), B("ret 8", 0, 0xc2, 0x08, 0x00),
    NOT("jne rel8", 0, 0x75, 0x7f), NOT("cmp, jae", 2, 0x39, 0xca, 0x73, 0x7f), NOT("loop, RCX 1", 5, 0xb9, 0x01, 0x00, 0x00, 0x00, 0xe2, 0x7f),
    NOT("jrcxz, RCX 5", 0, 0xe3, 0x7f),
};
// clang-format on

enum world { LONG, PROTECTED, COMPATIBILITY };

static void enter(struct x86_rig *r, enum world w) {
    struct x86_state *s = &r->c->s;
    u64 bad = w == LONG ? TOP + 5 : LIMIT + 1;
    if (w == PROTECTED) cpu_protected(r, 0);
    else cpu_long(r, 0);
    cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, w == PROTECTED ? SEL_CODE0 : SEL_CODE64_0, HANDLER, 0), 0);
    if (w == LONG) { // the last 2 MiB that are canonical lead to the first of RAM
        cpu_poke(r, RIG_TABLES + 8 * 255, (RIG_TABLES + 0x3000) | 7, 8);
        cpu_poke(r, RIG_TABLES + 0x3000 + 8 * 511, (RIG_TABLES + 0x4000) | 7, 8);
        cpu_poke(r, RIG_TABLES + 0x4000 + 8 * 511, 0x87, 8);
        x86_tlb_flush_all(r->c);
        s->rip = TOP - 0x40;
    } else {
        if (w == COMPATIBILITY) s->seg[CS] = x86_seg_of(SEL_CODE0, cpu_peek(r, RIG_GDT + SEL_CODE0, 8));
        s->seg[CS].limit = LIMIT;
    }
    s->gpr[RAX] = bad, s->gpr[RBX] = POINTER, s->gpr[RCX] = 5, s->gpr[RDX] = 0;
    x86_set_arith(r->c, FL_ZF);
    cpu_poke(r, POINTER, bad, 8);
    s->gpr[RSP] -= 16;
    cpu_poke(r, s->gpr[RSP], bad, 8);
    x86_mode_changed(r->c);
}

static void run(struct x86_rig *r, enum world w, const struct branch *b) {
    u64 start = r->c->s.rip, at = w == LONG ? start - HIGH : start;
    for (unsigned i = 0; i < b->n; i++) cpu_poke(r, at + i, b->code[i], 1);
    r->clock.now += vcpu_run(&r->c->v, b->at ? 2 : 1);
}

static void check_one(struct x86_rig *r, enum world w, const struct branch *b) {
    struct x86_state *s = &r->c->s;
    enter(r, w);
    u64 start = s->rip, sp = s->gpr[RSP], rcx = b->code[0] == 0x31 ? 0 : 5;
    run(r, w, b);
    if (!b->taken) {
        if (s->rip != start + b->n) fail_msg("%s, world %u: RIP %llx", b->name, w, (unsigned long long)s->rip);
        return;
    }
    // The #GP costs a tick of its own: the handler is where the slice ended or is one away.
    if (s->rip != HANDLER) r->clock.now += vcpu_run(&r->c->v, 1);
    unsigned width = w == PROTECTED ? 4 : 8;
    u64 frame = s->gpr[RSP];
    if (s->rip != HANDLER) fail_msg("%s, world %u: no #GP, RIP %llx", b->name, w, (unsigned long long)s->rip);
    if (cpu_peek(r, frame, width))
        fail_msg("%s, world %u: error code %llx", b->name, w, (unsigned long long)cpu_peek(r, frame, width));
    u64 rip = cpu_peek(r, frame + width, width);
    if (rip != start + b->at)
        fail_msg("%s, world %u: saved RIP %llx, not %llx", b->name, w, (unsigned long long)rip,
                 (unsigned long long)start + b->at);
    u64 old_sp = width == 8 ? cpu_peek(r, frame + 4 * width, width) : frame + 4 * width;
    if (old_sp != sp) fail_msg("%s, world %u: RSP was moved by %lld", b->name, w, (long long)(old_sp - sp));
    if (s->gpr[RCX] != rcx) fail_msg("%s, world %u: RCX is %llx", b->name, w, (unsigned long long)s->gpr[RCX]);
}

static void bad_targets(void **state) {
    for (enum world w = LONG; w <= COMPATIBILITY; w++)
        for (unsigned i = 0; i < countof(branches); i++) check_one(*state, w, &branches[i]);
}

// Real mode has a limit, too: 66h makes targets above FFFFh.
static void real_mode(void **state) {
    static const struct branch wide[] = {
        B("jmp rel32", 0, 0x66, 0xe9, 0x00, 0x00, 0x01, 0x00),
        B("je rel32", 0, 0x66, 0x0f, 0x84, 0x00, 0x00, 0x01, 0x00),
        B("call rel32", 0, 0x66, 0xe8, 0x00, 0x00, 0x01, 0x00),
        B("ret", 0, 0x66, 0xc3),
        B("jmp eax", 0, 0x66, 0xff, 0xe0),
    };
    struct x86_rig *r = *state;
    for (unsigned i = 0; i < countof(wide); i++) {
        cpu_real(r);
        cpu_poke(r, 4 * EXC_GP, 0x3000u << 16, 4);
        cpu_poke(r, RIG_STACK0, 0x12345, 4);
        r->c->s.gpr[RAX] = 0x12345;
        x86_set_arith(r->c, FL_ZF);
        cpu_run(r, wide[i].code, wide[i].n, 1);
        if (r->c->s.seg[CS].sel != 0x3000) r->clock.now += vcpu_run(&r->c->v, 1);
        if (r->c->s.seg[CS].sel != 0x3000 || cpu_peek(r, RIG_STACK0 - 6, 2))
            fail_msg("%s: IP %llx", wide[i].name, (unsigned long long)cpu_peek(r, RIG_STACK0 - 6, 2));
        assert_int_equal(r->c->s.gpr[RSP], RIG_STACK0 - 6);
    }
}

// The last byte of the segment is a target.
static void good_targets(void **state) {
    struct x86_rig *r = *state;
    enter(r, PROTECTED);
    r->c->s.gpr[RAX] = LIMIT;
    RIG_RUN(r, 1, 0xff, 0xe0);
    assert_int_equal(r->c->s.rip, LIMIT);
    enter(r, LONG);
    cpu_poke(r, 0x1fffc0, 0xe0ff, 2);
    r->c->s.gpr[RAX] = TOP - 1;
    vcpu_run(&r->c->v, 1);
    assert_int_equal(r->c->s.rip, TOP - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(bad_targets),
        T(real_mode),
        T(good_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
