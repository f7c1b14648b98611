// SPDX-License-Identifier: MIT
// What a translation takes for granted and must give up in time: the context of its accesses, where STAC and CLAC change that, and the blocks of
// its trace, where their code changes while others of the trace stay. Both engines do the same, and it is what the manual says.
//
//   0x10000 code: A, B at +40h, C at +80h   0x11000 D   0x20000 a supervisor's page   0x21000 a user's
#include "flavour.h"
#include "../encode.h"
#include "x86_both.h"

#include <cmocka.h>

enum {
    A = RIG_CODE,
    B = A + 0x40,
    C = A + 0x80,
    D = A + 0x1000,
    SUPERVISOR = 0x20000,
    USER = 0x21000,
    FAULTS = 0x4000,
    PAGE_TABLE = 0x180000,
    WARM = 50,  // rounds until a trace is there
    AGAIN = 20, // and after what it takes for granted has changed
};

static void map(struct x86_rig *r, u64 at, u64 rights) { cpu_poke(r, PAGE_TABLE + (at >> 12) * 8, at | rights, 8); }

static void machine(struct x86_rig *r) {
    cpu_long(r, 0);
    cpu_poke(r, RIG_TABLES + 0x2000, PAGE_TABLE | 7, 8);
    for (u64 at = 0; at < USER; at += 0x1000) map(r, at, 3);
    map(r, USER, 7);
    for (unsigned v = 0; v < 32; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, FAULTS, 0), 0);
    cpu_poke(r, FAULTS, 0xfeeb, 2);
    r->c->s.cr4 |= CR4_SMAP;
    x86_mode_changed(r->c);
    x86_tlb_flush_all(r->c);
}

#define ENCODER(e)                                                                                                               \
    u8 e##_bytes[64];                                                                                                            \
    struct encoder e = {e##_bytes, 0, sizeof e##_bytes}

static void code(struct x86_rig *r, u64 at, const struct encoder *e) {
    for (unsigned i = 0; i < e->n; i++) cpu_poke(r, at + i, e->byte[i], 1);
}

static void bytes(struct encoder *e, const char *hex) {
    for (; *hex; hex += hex[2] ? 3 : 2) encode_byte(e, (u8)((hex[0] % 32 + 9) % 25 * 16 + (hex[1] % 32 + 9) % 25));
}

// `jump` is its opcode; its end is that of the code so far.
static void jump(struct encoder *e, u64 at, const char *opcode, u64 to) {
    bytes(e, opcode);
    encode_bytes(e, to - (at + e->n + 4), 4);
}

static void run(struct x86_rig *r, u64 n) {
    while (n) {
        u64 did = vcpu_run(&r->c->v, n);
        n -= did;
        if (!did) return;
    }
}

static void begin(struct x86_rig *r, enum engine engine) {
    cpu_long(r, 0);
    machine(r);
    both_use(r, engine);
    both_translate_after(r, 5);
}

// ---- rights

static void clac_ends_what_stac_began(void **state) {
    struct x86_rig *r = *state;
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        begin(r, engine);
        ENCODER(e);
        bytes(&e, "0f 01 cb 48 8b 03 0f 01 ca"); // stac; mov (%rbx), %rax; clac
        bytes(&e, "48 8b 16 48 ff c9");          // mov (%rsi), %rdx; dec %rcx
        jump(&e, A, "0f 85", A);
        bytes(&e, "eb fe");
        code(r, A, &e);
        cpu_poke(r, USER, 0x1234, 8);
        r->c->s.gpr[RBX] = USER;
        r->c->s.gpr[RSI] = SUPERVISOR;
        r->c->s.gpr[RCX] = WARM;
        run(r, WARM * 6 + 5);
        assert_int_equal(r->c->s.gpr[RCX], 0);
        assert_int_equal(r->c->s.gpr[RAX], 0x1234);
        r->c->s.rip = A;
        r->c->s.gpr[RSI] = USER;
        r->c->s.gpr[RCX] = AGAIN;
        run(r, 20);
        assert_int_equal(r->c->s.rip, FAULTS);
        assert_int_equal(r->c->s.cr2, USER);
        assert_int_equal(r->c->s.gpr[RCX], AGAIN);
    }
}

// ---- code

// A: `first`; B: `second`; C: add $1, %rdx; once more until RCX is 0.
static void three_blocks(struct x86_rig *r, const char *first, const char *second) {
    ENCODER(a);
    ENCODER(b);
    ENCODER(c);
    bytes(&a, first);
    jump(&a, A, "e9", B);
    bytes(&b, second);
    jump(&b, B, "e9", C);
    bytes(&c, "48 81 c2 01 00 00 00 48 ff c9"); // add $1, %rdx; dec %rcx
    jump(&c, C, "0f 85", A);
    bytes(&c, "eb fe");
    code(r, A, &a);
    code(r, B, &b);
    code(r, C, &c);
    r->c->s.gpr[RCX] = WARM;
    r->c->s.gpr[RDX] = 0;
}

// By code elsewhere, and then the trace is entered again.
static void changed_from_outside(void **state) {
    struct x86_rig *r = *state;
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        for (u64 place = B; place <= C; place += C - B) {
            begin(r, engine);
            three_blocks(r, "48 ff c0", "48 81 c7 01 00 00 00"); // inc %rax; add $1, %rdi
            r->c->s.gpr[RDI] = 0;
            run(r, WARM * 7 + 5);
            assert_int_equal(r->c->s.gpr[RDX], WARM);
            ENCODER(d);
            bytes(&d, "c6 03 05"); // movb $5, (%rbx)
            jump(&d, D, "e9", A);
            code(r, D, &d);
            r->c->s.gpr[RBX] = place + 3;
            r->c->s.gpr[RCX] = AGAIN;
            r->c->s.rip = D;
            run(r, 2 + AGAIN * 7 + 5);
            assert_int_equal(r->c->s.gpr[RDI], WARM + (place == B ? 5 : 1) * AGAIN);
            assert_int_equal(r->c->s.gpr[RDX], WARM + (place == C ? 5 : 1) * AGAIN);
        }
    }
}

// By the trace itself: by a handler that comes back into it.
static void changed_from_inside(void **state) {
    struct x86_rig *r = *state;
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        begin(r, engine);
        three_blocks(r, "d9 3b", "48 ff c0"); // fnstcw (%rbx); inc %rax
        r->c->s.gpr[RBX] = SUPERVISOR;
        run(r, WARM * 7 + 5);
        assert_int_equal(r->c->s.gpr[RDX], WARM);
        r->c->s.gpr[RBX] = C + 3;
        r->c->s.gpr[RCX] = AGAIN;
        r->c->s.rip = A;
        run(r, AGAIN * 7 + 5);
        assert_int_equal(r->c->s.gpr[RDX], WARM + AGAIN * r->c->s.fpu.fcw);
    }
}

// A slice's end anywhere in it.
static void every_count(void **state) {
    struct x86_rig *r = *state;
    begin(r, TRANSLATE);
    three_blocks(r, "48 ff c0", "d9 3b 48 ff c7"); // inc %rax; fnstcw (%rbx); inc %rdi
    r->c->s.gpr[RBX] = SUPERVISOR;
    run(r, WARM * 8 + 5);
    for (unsigned n = 1; n < 40; n++) {
        r->c->s.gpr[RCX] = AGAIN;
        r->c->s.gpr[RAX] = r->c->s.gpr[RDI] = 0;
        r->c->s.rip = A;
        assert_int_equal(vcpu_run(&r->c->v, n), n);
        u64 rounds = n / 8, at = n % 8; // inc, jmp, fnstcw, inc, jmp, add, dec, jnz
        assert_int_equal(r->c->s.gpr[RAX], rounds + (at >= 1));
        assert_int_equal(r->c->s.gpr[RDI], rounds + (at >= 4));
        assert_int_equal(r->c->s.gpr[RCX], AGAIN - rounds - (at >= 7));
    }
    assert_true(both_translated(r) > WARM);
}

static int new(void **state) { return both_new((struct x86_rig **)state, 4 << 20); }
static int end(void **state) { return both_free(*state); }

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, new, end)
    const struct CMUnitTest tests[] = {TEST(clac_ends_what_stac_began), TEST(changed_from_outside), TEST(changed_from_inside),
                                       TEST(every_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
