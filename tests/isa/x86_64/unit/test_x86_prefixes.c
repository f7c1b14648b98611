// SPDX-License-Identifier: MIT
// Prefixes that must change nothing: 66h where an instruction of 64-bit code has one size (or, for near branches, is forced to 64 bits on
// this vendor's processors: vol. 1, 3.6.1 and table 3-4; vol. 2, B.1.4 and the instructions' pages), REX.W where it has no meaning.
// The instruction is run with and without the prefix, ending at the same byte, and everything else must be equal.
#include "x86_rig.h"

#include <cmocka.h>

enum {
    AT = RIG_CODE + 0x40,
    TARGET = RIG_CODE + SEL_DATA0,
    DATA = 0x40000,
    HANDLERS = 0x30000
}; // POP takes the target for a selector

struct row {
    const char *name;
    u8 n, code[10];
    bool size, rex; // 66h, REX.W do nothing
};
#define BOTH(name, ...) {name, sizeof((u8[]){__VA_ARGS__}), {__VA_ARGS__}, true, true}
#define SIZE(name, ...) {name, sizeof((u8[]){__VA_ARGS__}), {__VA_ARGS__}, true, false}
#define REX(name, ...) {name, sizeof((u8[]){__VA_ARGS__}), {__VA_ARGS__}, false, true}
// clang-format off
static const struct row rows[] = {
    BOTH("lgdt [rbx]", 0x0f, 0x01, 0x13), BOTH("lidt [rbx]", 0x0f, 0x01, 0x1b), BOTH("sgdt [rbx]", 0x0f, 0x01, 0x03),
    BOTH("sidt [rbx]", 0x0f, 0x01, 0x0b), BOTH("lldt cx", 0x0f, 0x00, 0xd1), BOTH("lldt [rsi]", 0x0f, 0x00, 0x16),
    BOTH("ltr dx", 0x0f, 0x00, 0xda), BOTH("sldt [rbx]", 0x0f, 0x00, 0x03), BOTH("str [rbx]", 0x0f, 0x00, 0x0b),
    BOTH("smsw [rbx]", 0x0f, 0x01, 0x23), BOTH("lmsw ax", 0x0f, 0x01, 0xf0), BOTH("verr cx", 0x0f, 0x00, 0xe1),
    REX("sldt ecx", 0x0f, 0x00, 0xc1), REX("str ecx", 0x0f, 0x00, 0xc9), REX("mov ecx, ss", 0x8c, 0xd1),
    BOTH("mov [rbx], ss", 0x8c, 0x13), BOTH("mov ds, r8w", 0x41, 0x8e, 0xd8), BOTH("mov es, [rsi]", 0x8e, 0x06),
    BOTH("mov rcx, cr0", 0x0f, 0x20, 0xc1), BOTH("mov rcx, cr3", 0x0f, 0x20, 0xd9), BOTH("mov cr2, rax", 0x0f, 0x22, 0xd0),
    BOTH("mov cr8, r10", 0x45, 0x0f, 0x22, 0xc2), BOTH("mov rcx, dr0", 0x0f, 0x21, 0xc1), BOTH("mov dr1, rax", 0x0f, 0x23, 0xc8),
    BOTH("clts", 0x0f, 0x06), BOTH("invlpg [rbx]", 0x0f, 0x01, 0x3b), BOTH("swapgs", 0x0f, 0x01, 0xf8), BOTH("wbinvd", 0x0f, 0x09),
    BOTH("rdtsc", 0x0f, 0x31), BOTH("cpuid", 0x0f, 0xa2), BOTH("syscall", 0x0f, 0x05), BOTH("sysenter", 0x0f, 0x34),
    REX("in eax, dx", 0xed), REX("in eax, 80h", 0xe5, 0x80), REX("out dx, eax", 0xef), BOTH("in al, dx", 0xec), BOTH("out dx, al", 0xee),
    REX("ins dword", 0x6d), REX("outs dword", 0x6f), BOTH("ins byte", 0x6c), BOTH("outs byte", 0x6e),
    SIZE("jmp rel8", 0xeb, 0x10), SIZE("jmp rel32", 0xe9, 0x10, 0x00, 0x00, 0x00), SIZE("je rel8", 0x74, 0x10),
    SIZE("je rel32", 0x0f, 0x84, 0x10, 0x00, 0x00, 0x00), SIZE("call rel32", 0xe8, 0x10, 0x00, 0x00, 0x00), SIZE("call rbp", 0xff, 0xd5),
    SIZE("jmp rbp", 0xff, 0xe5), SIZE("call [r9]", 0x41, 0xff, 0x11), SIZE("jmp [rdi]", 0xff, 0x27), SIZE("ret", 0xc3), SIZE("ret 8", 0xc2, 0x08, 0x00),
    SIZE("loop", 0xe2, 0x10), SIZE("jrcxz", 0xe3, 0x10), REX("jmp rbp", 0xff, 0xe5), REX("ret", 0xc3), REX("call rel32", 0xe8, 0x10, 0x00, 0x00, 0x00),
    REX("je rel32", 0x0f, 0x84, 0x10, 0x00, 0x00, 0x00), REX("loop", 0xe2, 0x10),
    REX("push fs", 0x0f, 0xa0), REX("pop gs", 0x0f, 0xa9), REX("push rbp", 0x55), REX("pop rbp", 0x5d), REX("push imm8", 0x6a, 0xfe),
    REX("push imm32", 0x68, 0x78, 0x56, 0x34, 0x92), REX("push [rbx]", 0xff, 0x33), REX("pop [rbx]", 0x8f, 0x03), REX("pushf", 0x9c),
    REX("popf", 0x9d), REX("enter 16, 1", 0xc8, 0x10, 0x00, 0x01), REX("leave", 0xc9),
    BOTH("int 41h", 0xcd, 0x41), BOTH("int3", 0xcc), BOTH("int1", 0xf1), BOTH("hlt", 0xf4), BOTH("cli", 0xfa), BOTH("sti", 0xfb),
    REX("rdpid rcx", 0xf3, 0x0f, 0xc7, 0xf9), BOTH("xlat", 0xd7), BOTH("movs byte", 0xa4),
};
// clang-format on

static void prepare(struct x86_rig *r) {
    struct x86_state *s = &r->c->s;
    memset(r->ram + RIG_CODE, 0x90, 0x100);
    memset(r->ram + DATA, 0, 0x100);
    memset(r->ram + RIG_STACK0 - 0x100, 0, 0x200);
    cpu_long(r, 0);
    for (unsigned v = 0; v < 0x50; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, HANDLERS + 16 * v, 0), 0);
    cpu_descriptor(r, SEL_TSS2, cpu_segment(RIG_TSS2, 0x67, AR_P | SYS_TSS32));
    cpu_descriptor(r, SEL_TSS2 + 8, 0);
    cpu_descriptor(r, SEL_LDT_DESC + 8, 0);
    cpu_poke(r, DATA, 0x0000ffff81234567 << 16 | 0x7ff, 8); // a limit and a base that has more than 24 bits
    cpu_poke(r, DATA + 8, 0xffff, 2);
    cpu_poke(r, DATA + 0x20, 0, 2); // a null selector
    cpu_poke(r, DATA + 0x30, TARGET, 8);
    s->gpr[R8] = SEL_DATA3 | 3;
    s->gpr[RBX] = DATA, s->gpr[RSI] = DATA + 0x20, s->gpr[RDI] = DATA + 0x30, s->gpr[R9] = DATA + 0x30, s->gpr[RBP] = TARGET;
    s->gpr[RAX] = CR0_PE | 0xfffffff000000000, s->gpr[RCX] = SEL_LDT_DESC, s->gpr[RDX] = SEL_TSS2;
    s->gpr[RSP] -= 0x20;
    cpu_poke(r, s->gpr[RSP], TARGET, 8);
    s->lstar = s->sysenter_eip = RIG_CODE + 0x90, s->sysenter_cs = SEL_CODE0, s->star = (u64)SEL_CODE64_0 << 32;
    s->kernel_gs_base = 0x123456789;
    s->dr[0] = 0xabcdef0123456789;
    x86_set_arith(r->c, FL_ZF | FL_CF);
    x86_mode_changed(r->c);
}

struct result {
    struct x86_state s;
    u8 low[0x10000], data[0x200];
};

static void run(struct x86_rig *r, const struct row *row, u8 prefix, struct result *out) {
    prepare(r);
    // 66h stands before all, REX.W before the opcode.
    unsigned n = 0, after = 0;
    u8 code[12];
    while (prefix == 0x48 && (row->code[after] & 0xfe) == 0xf2 && row->n > 2) code[n++] = row->code[after++];
    if (prefix == 0x48 && (row->code[after] & 0xf0) == 0x40) code[n++] = row->code[after++] | 8;
    else if (prefix) code[n++] = prefix;
    while (after < row->n) code[n++] = row->code[after++];
    u64 start = AT - n;
    memset(r->ram + AT - 12, 0x90, 12);
    r->c->s.rip = start;
    u64 now = r->clock.now = 1000;
    cpu_run(r, code, n, 1);
    r->clock.now = now;
    out->s = r->c->s;
    out->s.gpr[17] = 0; // where the block began
    memset(r->ram + AT - 12, 0x90, 12);
    memcpy(out->low, r->ram, sizeof out->low);
    memcpy(out->data, r->ram + DATA, sizeof out->data);
}

static void compare(struct x86_rig *r, const struct row *row, u8 prefix) {
    static struct result plain, prefixed;
    run(r, row, 0, &plain);
    run(r, row, prefix, &prefixed);
    if (plain.s.rip != prefixed.s.rip)
        fail_msg("%s with %x: RIP %llx, not %llx", row->name, prefix, (unsigned long long)prefixed.s.rip,
                 (unsigned long long)plain.s.rip);
    for (unsigned i = 0; i < 16; i++)
        if (plain.s.gpr[i] != prefixed.s.gpr[i])
            fail_msg("%s with %x: register %u is %llx, not %llx", row->name, prefix, i, (unsigned long long)prefixed.s.gpr[i],
                     (unsigned long long)plain.s.gpr[i]);
    if (memcmp(&plain.s, &prefixed.s, sizeof plain.s)) fail_msg("%s with %x: the state differs", row->name, prefix);
    if (memcmp(plain.low, prefixed.low, sizeof plain.low)) fail_msg("%s with %x: low memory differs", row->name, prefix);
    if (memcmp(plain.data, prefixed.data, sizeof plain.data)) fail_msg("%s with %x: memory differs", row->name, prefix);
}

static void nothing_changes(void **state) {
    for (unsigned i = 0; i < countof(rows); i++) {
        if (rows[i].size) compare(*state, &rows[i], 0x66);
        if (rows[i].rex) compare(*state, &rows[i], 0x48);
    }
}

// Elsewhere 66h does cut the base to 24 bits (vol. 2A, LGDT).
static void lgdt_of_16_bits(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    cpu_poke(r, DATA, 0x81234567ull << 16 | 0x7ff, 8);
    r->c->s.gpr[RBX] = DATA;
    RIG_RUN(r, 1, 0x66, 0x0f, 0x01, 0x13);
    assert_int_equal(r->c->s.gdtr.base, 0x234567);
    r->c->s.rip = RIG_CODE;
    RIG_RUN(r, 1, 0x0f, 0x01, 0x13);
    assert_int_equal(r->c->s.gdtr.base, 0x81234567);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(nothing_changes),
        T(lgdt_of_16_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
