// SPDX-License-Identifier: MIT
// MOVBE, ADX, LZCNT, BMI1 and BMI2 in every encoding that differs in a bit, as the processor we run on has them; and what user
// mode there does not show: modes, models, XCR0.
#define _GNU_SOURCE // MAP_32BIT
#include "base/splitmix.h"
#include "native.h"
#include "x86_rig.h"

#include <cpuid.h>
#include <sys/mman.h>

#include <cmocka.h>

static u64 seed = 1;
static u64 rnd(void) { return splitmix64(&seed); }

static u64 value(void) {
    switch (rnd() % 6) {
    case 0: return 0;
    case 1: return (u64)1 << rnd() % 64;
    case 2: return ~((u64)1 << rnd() % 64);
    case 3: return rnd() % 300;
    case 4: return rnd() & rnd() & rnd();
    default: return rnd();
    }
}

enum { DATA = 0x40000, AF_PF = FL_AF | FL_PF };

struct insn_case {
    u8 byte[15];
    unsigned n;
    u32 undefined; // flags
};

// ---- one case on both sides

// RSP, RBP and R12..R15 are not native_run's to use.
static const u8 usable[] = {RAX, RCX, RDX, RBX, RDI, R8, R9, R10, R11};
static unsigned any_register(void) { return usable[rnd() % countof(usable)]; }

static void start(struct x86_rig *r, const struct native *m) {
    cpu_long(r, 0);
    cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000, 0), 0);
    for (unsigned i = 0; i < 12; i++)
        if (i != RSP && i != RBP) r->c->s.gpr[i] = m->gpr[i];
    x86_set_rflags(r->c, (u32)m->flags, FL_ARITH);
}

static u64 *shared; // below 4 GiB, so that 67h reaches it

static void compare(struct x86_rig *r, const struct insn_case *k) {
    struct native m = {.flags = rnd() & FL_ARITH};
    for (unsigned i = 0; i < 12; i++) m.gpr[i] = value();
    m.gpr[RSI] = DATA;
    u64 data = shared[0] = value();
    start(r, &m);
    cpu_poke(r, DATA, data, 8);
    cpu_run(r, k->byte, k->n, 1);
    m.gpr[RSI] = (u64)(hva_t)shared;
    st16(m.fx, 0x37f), st32(m.fx + 24, 0x1f80);
    native_run(&m, k->byte, k->n);
    bool ud = r->c->s.rip == 0x20000, wrong = ud != (m.vector == EXC_UD);
    if (!ud && !wrong) {
        u32 flags = x86_get_rflags(r->c) & FL_ARITH & ~k->undefined;
        for (unsigned i = 0; i < countof(usable); i++) wrong |= r->c->s.gpr[usable[i]] != m.gpr[usable[i]];
        wrong |= flags != (m.flags & ~(u64)k->undefined) || cpu_peek(r, DATA, 8) != shared[0];
    }
    if (!wrong) return;
    for (unsigned i = 0; i < k->n; i++) print_message("%02x ", k->byte[i]);
    fail_msg("vector %llu, #UD here: %d, flags %x and %llx", (unsigned long long)m.vector, ud, x86_get_rflags(r->c),
             (unsigned long long)m.flags);
}

static bool native_has(u32 leaf, unsigned reg, u32 bits) {
    unsigned v[4];
    return __get_cpuid_count(leaf, 0, &v[0], &v[1], &v[2], &v[3]) && (v[reg] & bits) == bits;
}

// ---- encodings

// Every opcode of the two groups of rows, also with what makes it #UD.
static struct insn_case any_vex(void) {
    static const u8 opcodes[] = {0xf2, 0xf3, 0xf5, 0xf6, 0xf7};
    struct insn_case k = {.undefined = AF_PF};
    bool rorx = rnd() % 8 == 0, memory = rnd() % 3 == 0;
    unsigned reg = any_register(), rm = memory ? RSI : any_register(), v = any_register();
    u8 opcode = rorx ? 0xf0 : opcodes[rnd() % countof(opcodes)], pp = rnd() & 3;
    if (opcode == 0xf3) reg = rnd() & 7; // an extension of the opcode
    if (opcode == 0xf7) k.undefined |= FL_SF;
    if (pp && opcode != 0xf2 && opcode != 0xf3) k.undefined = 0;
    if (rorx && rnd() % 4) v = 0, pp = 3;
    unsigned l = rnd() % 16 == 0, w = rnd() & 1;
    if (rnd() % 64 == 0) k.byte[k.n++] = (u8[]){0x66, 0xf2, 0xf3, 0xf0, 0x48, 0x67}[rnd() % 6];
    k.byte[k.n++] = 0xc4;
    k.byte[k.n++] = (u8)((reg & 8 ? 0 : 0x80) | 0x40 | (rm & 8 ? 0 : 0x20) | (rorx ? 3 : 2));
    k.byte[k.n++] = (u8)(w << 7 | (~v & 15) << 3 | l << 2 | pp);
    k.byte[k.n++] = opcode;
    k.byte[k.n++] = (u8)((memory ? 0 : 0xc0) | (reg & 7) << 3 | (rm & 7));
    if (rorx) k.byte[k.n++] = (u8)rnd();
    return k;
}

// MOVBE, CRC32, ADCX, ADOX, LZCNT, TZCNT and what their opcodes are with other prefixes.
static struct insn_case any_legacy(void) {
    static const u8 prefixes[] = {0x66, 0xf2, 0xf3, 0xf3};
    struct insn_case k = {0};
    bool memory = rnd() % 3 == 0, count = rnd() % 2;
    unsigned reg = any_register(), rm = memory ? RSI : any_register();
    for (unsigned n = rnd() % 3; n; n--) k.byte[k.n++] = prefixes[rnd() % countof(prefixes)];
    k.byte[k.n++] = (u8)(0x40 | (rnd() & 8) | (reg & 8) >> 1 | (rm & 8) >> 3);
    k.byte[k.n++] = 0x0f;
    if (!count) k.byte[k.n++] = 0x38;
    k.byte[k.n++] = count ? 0xbc + (rnd() & 1) : (u8[]){0xf0, 0xf1, 0xf6}[rnd() % 3];
    k.byte[k.n++] = (u8)((memory ? 0 : 0xc0) | (reg & 7) << 3 | (rm & 7));
    if (count) k.undefined = FL_OF | FL_SF | FL_PF | FL_AF | FL_CF; // CF: of BSF and BSR
    return k;
}

static bool host_has_them(void) {
    return native_has(1, 2, bit_MOVBE | bit_SSE4_2) && native_has(7, 1, bit_BMI | bit_BMI2 | bit_ADX) &&
           native_has(0x80000001, 2, bit_LZCNT);
}

static void like_silicon(void **state) {
    if (!host_has_them()) {
        print_message("SKIP test_x86_bmi: this processor lacks BMI, ADX, MOVBE or LZCNT\n");
        skip();
    }
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    for (unsigned i = 0; i < 120000; i++) {
        struct insn_case k = i & 1 ? any_vex() : any_legacy();
        compare(*state, &k);
    }
}

// ---- what the manual says beyond that

static void counts_set_carry(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u8 opcode;
        u64 from, to;
        bool cf, zf;
    } cases[] = {
        {0xbc, 0, 32, true, false}, {0xbc, 1, 0, false, true},   {0xbc, 0x80000000, 31, false, false},
        {0xbd, 0, 32, true, false}, {0xbd, 1, 31, false, false}, {0xbd, 0x80000000, 0, false, true},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_long(r, 0);
        r->c->s.gpr[RCX] = cases[i].from;
        RIG_RUN(r, 1, 0xf3, 0x0f, cases[i].opcode, 0xc1);
        assert_int_equal(r->c->s.gpr[RAX], cases[i].to);
        assert_int_equal(x86_get_rflags(r->c) & (FL_CF | FL_ZF), (cases[i].cf ? FL_CF : 0) | (cases[i].zf ? FL_ZF : 0));
    }
}

// One sum carries through CF, the other through OF; neither disturbs what it does not own.
static void two_chains(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    x86_set_rflags(r->c, FL_CF | FL_SF | FL_PF, FL_ARITH);
    r->c->s.gpr[RAX] = ~(u64)0, r->c->s.gpr[RCX] = 0, r->c->s.gpr[RDX] = ~(u64)0;
    RIG_RUN(r, 2, 0x66, 0x48, 0x0f, 0x38, 0xf6, 0xc1, 0xf3, 0x48, 0x0f, 0x38, 0xf6, 0xd1); // ADCX RAX, RCX; ADOX RDX, RCX
    assert_true(r->c->s.gpr[RAX] == 0 && r->c->s.gpr[RDX] == ~(u64)0);
    assert_int_equal(x86_get_rflags(r->c) & FL_ARITH, FL_CF | FL_SF | FL_PF);
}

// Without the feature the prefix means nothing.
static void older_models_scan(void **state) {
    struct x86_rig *r = *state;
    const struct x86_model *v2 = x86_model_find("x86-64-v2");
    struct x86_cpu *c = x86_create(&r->env, &r->bus, v2, 1), *newest = r->c;
    r->c = c;
    cpu_long(r, 0);
    c->s.gpr[RCX] = 0x10;
    RIG_RUN(r, 1, 0xf3, 0x0f, 0xbd, 0xc1);
    assert_int_equal(c->s.gpr[RAX], 4); // BSR, not LZCNT's 27
    r->c = newest;
}

static bool raises_ud(struct x86_rig *r, const u8 *code, unsigned n) {
    cpu_run(r, code, n, 1);
    return r->c->s.rip == 0x20000;
}

// Class 13: no CR4.OSXSAVE, no XCR0 and no CR0.TS; but protected mode. In 32-bit code W is not looked at.
static void vex_conditions(void **state) {
    struct x86_rig *r = *state;
    static const u8 andn[] = {0xc4, 0xe2, 0xf0, 0xf2, 0xc2}; // ANDN RAX, RCX, RDX; W = 1
    cpu_long(r, 3);
    assert_false(r->c->s.cr4 & CR4_OSXSAVE);
    r->c->s.cr0 |= CR0_TS | CR0_EM;
    r->c->s.gpr[RCX] = 0xf0f0f0f000000000, r->c->s.gpr[RDX] = 0xff00ff00ff00ff00;
    cpu_run(r, andn, sizeof andn, 1);
    assert_true(r->c->s.gpr[RAX] == 0x0f000f00ff00ff00);
    cpu_protected(r, 0);
    r->c->s.gpr[RAX] = 0, r->c->s.gpr[RCX] = 0x0f, r->c->s.gpr[RDX] = 0xff;
    cpu_run(r, andn, sizeof andn, 1);
    assert_true(r->c->s.gpr[RAX] == 0xf0);
    cpu_real(r);
    for (unsigned v = 0; v < 16; v++) cpu_poke(r, 4 * v, v == EXC_UD ? 0x20000000 : 0x10000000, 4); // segment 2000
    cpu_run(r, andn, sizeof andn, 1);
    assert_int_equal(r->c->s.seg[CS].sel, 0x2000);
    cpu_v86(r, 3);
    cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE0, 0x20000, 0), 0);
    assert_true(raises_ud(r, andn, sizeof andn));
}

// F3 and F2 are other instructions or none (NFx).
static void random_prefixes(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u8 code[5];
        u8 n;
        bool ud;
    } cases[] = {
        {{0x0f, 0xc7, 0xf0}, 3, false},      {{0x66, 0x0f, 0xc7, 0xf0}, 4, false}, {{0xf3, 0x0f, 0xc7, 0xf0}, 4, true},
        {{0xf2, 0x0f, 0xc7, 0xf0}, 4, true}, {{0xf0, 0x0f, 0xc7, 0xf0}, 4, true},  {{0x0f, 0xc7, 0xf8}, 3, false},
        {{0xf2, 0x0f, 0xc7, 0xf8}, 4, true}, {{0xf0, 0x0f, 0xc7, 0xf8}, 4, true},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_long(r, 0);
        cpu_idt(r, EXC_UD, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000, 0), 0);
        x86_set_rflags(r->c, FL_ARITH, FL_ARITH);
        r->c->s.gpr[RAX] = 0x1122334455667788;
        assert_int_equal(raises_ud(r, cases[i].code, cases[i].n), cases[i].ud);
        u64 rax = r->c->s.gpr[RAX];
        if (cases[i].ud) continue;
        assert_int_equal(x86_get_rflags(r->c) & FL_ARITH, FL_CF); // success; the others are 0
        assert_true(cases[i].code[0] == 0x66 ? rax >> 16 == 0x112233445566 : rax >> 32 == 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(like_silicon), T(counts_set_carry), T(two_chains), T(older_models_scan), T(vex_conditions), T(random_prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
