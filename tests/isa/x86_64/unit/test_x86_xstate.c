// SPDX-License-Identifier: MIT
// XCR0, CPUID leaf 0Dh and the XSAVE family where user mode or one processor does not show it: privilege, page faults, models, the
// supervisor forms, 32-bit code. The rules are those of vol. 1, chapter 13, said a second time.
#include "x86_rig.h"

#include <string.h>

#include <cmocka.h>

enum { EAX, EBX, ECX, EDX };
enum { AREA = 0x40000, HANDLER = 0x20000, HOLE = 0x400000, SIZE = 848 };
enum { MXCSR = 24, ST = 32, XMM = 160, BV = 512, COMP = 520, YMMH = 576 };
#define COMPACTED ((u64)1 << 63)

// 0F AE /digit or 0F C7 /digit, with memory at [RSI].
enum op { XSAVE, XSAVEOPT, XSAVEC, XSAVES, XRSTOR, XRSTORS };
static const u8 codes[][4] = {
    [XSAVE] = {0x48, 0x0f, 0xae, 0x26},  [XSAVEOPT] = {0x48, 0x0f, 0xae, 0x36}, [XSAVEC] = {0x48, 0x0f, 0xc7, 0x26},
    [XSAVES] = {0x48, 0x0f, 0xc7, 0x2e}, [XRSTOR] = {0x48, 0x0f, 0xae, 0x2e},   [XRSTORS] = {0x48, 0x0f, 0xc7, 0x1e},
};

static u8 *area(struct x86_rig *r) { return r->ram + AREA; }

static void handlers(struct x86_rig *r) {
    for (unsigned v = 0; v < 20; v++)
        cpu_idt(r, v, cpu_gate(SYS_INT32, 3, r->c->s.efer & EFER_LMA ? SEL_CODE64_0 : SEL_CODE0, HANDLER + 16 * v, 0), 0);
}

static void long_mode(struct x86_rig *r, unsigned cpl) {
    cpu_long(r, cpl);
    handlers(r);
    r->c->s.cr4 |= CR4_OSXSAVE;
    r->c->s.xcr0 = 7;
    r->c->s.gpr[RSI] = AREA;
    r->c->s.fpu.fcw = 0x37f;
    r->c->s.fpu.tag = 0;
    memset(area(r), 0xa5, SIZE);
}

// The vector that these bytes raise, NO_TRAP: none.
static int vector_of(struct x86_rig *r, const u8 *code, unsigned n) {
    cpu_run(r, code, n, 1);
    u64 rip = r->c->s.rip;
    return rip >= HANDLER && rip < HANDLER + 16 * 20 ? (int)((rip - HANDLER) / 16) : NO_TRAP;
}
static int run(struct x86_rig *r, enum op op, u64 rfbm) {
    r->c->s.gpr[RAX] = (u32)rfbm, r->c->s.gpr[RDX] = rfbm >> 32;
    return vector_of(r, codes[op], 4);
}

static void some_state(struct x86_rig *r) {
    r->c->s.mxcsr = 0x1fa0;
    for (unsigned i = 0; i < 16; i++) {
        r->c->s.xmm[i].q[0] = 0x1111 * (i + 1), r->c->s.xmm[i].q[1] = i;
        r->c->s.ymmh[i].q[0] = 0x3333 * (i + 1), r->c->s.ymmh[i].q[1] = ~(u64)i;
    }
}

static void xsetbv(void **state) {
    struct x86_rig *r = *state;
    static const u8 code[] = {0x0f, 0x01, 0xd1};
    static const struct {
        u64 value;
        bool valid;
    } cases[] = {
        {1, true},
        {3, true},
        {7, true},
        {0, false},
        {2, false},
        {4, false},
        {6, false}, // x87 always; AVX with SSE only
        {0x201, true},
        {0x207, true}, // PKRU by itself
        {5, false},
        {0x205, false},
        {0x0f, false},
        {0x17, false},
        {0x407, false},
        {(u64)1 << 63 | 1, false},
        {(u64)1 << 32 | 1, false},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        long_mode(r, 0);
        r->c->s.gpr[RCX] = 0, r->c->s.gpr[RAX] = (u32)cases[i].value, r->c->s.gpr[RDX] = cases[i].value >> 32;
        assert_int_equal(vector_of(r, code, 3), cases[i].valid ? NO_TRAP : EXC_GP);
        assert_true(r->c->s.xcr0 == (cases[i].valid ? cases[i].value : 7));
    }
    long_mode(r, 3);
    r->c->s.gpr[RAX] = 1;
    assert_int_equal(vector_of(r, code, 3), EXC_GP); // CPL 3
    long_mode(r, 0);
    r->c->s.gpr[RAX] = 1, r->c->s.gpr[RCX] = 1;
    assert_int_equal(vector_of(r, code, 3), EXC_GP); // there is no XCR1 to write
    long_mode(r, 0);
    r->c->s.cr4 &= ~CR4_OSXSAVE;
    assert_int_equal(vector_of(r, code, 3), EXC_UD);
}

static void xgetbv(void **state) {
    struct x86_rig *r = *state;
    static const u8 code[] = {0x0f, 0x01, 0xd0};
    long_mode(r, 3);
    r->c->s.gpr[RCX] = 0;
    assert_int_equal(vector_of(r, code, 3), NO_TRAP);
    assert_true(r->c->s.gpr[RAX] == 7 && r->c->s.gpr[RDX] == 0);
    // XINUSE, within XCR0
    static const struct {
        unsigned what;
        u64 xcr0, in_use;
    } cases[] = {{0, 7, 0}, {1, 7, 1}, {2, 7, 2}, {4, 7, 4}, {7, 7, 7}, {7, 3, 3}};
    for (unsigned i = 0; i < countof(cases); i++) {
        long_mode(r, 3);
        r->c->s.gpr[RCX] = 1;
        r->c->s.xcr0 = cases[i].xcr0;
        if (cases[i].what & 1) r->c->s.fpu.fdp = 1; // not even a register need have changed
        if (cases[i].what & 2) r->c->s.xmm[15].b[15] = 1;
        if (cases[i].what & 4) r->c->s.ymmh[15].b[15] = 1;
        assert_int_equal(vector_of(r, code, 3), NO_TRAP);
        assert_int_equal(r->c->s.gpr[RAX], cases[i].in_use);
    }
    long_mode(r, 0);
    r->c->s.gpr[RCX] = 2;
    assert_int_equal(vector_of(r, code, 3), EXC_GP);
    long_mode(r, 0);
    r->c->s.cr4 &= ~CR4_OSXSAVE;
    assert_int_equal(vector_of(r, code, 3), EXC_UD);
}

static void leaf_0d(void **state) {
    struct x86_rig *r = *state;
    u32 v[4];
    static const struct {
        u64 xcr0;
        u32 size, packed;
    } cases[] = {{1, 576, 576}, {3, 576, 576}, {7, 832, 832}, {0x207, 840, 840}, {0x203, 840, 584}};
    for (unsigned i = 0; i < countof(cases); i++) {
        r->c->s.xcr0 = cases[i].xcr0;
        x86_cpuid(r->c, 0xd, 0, v);
        assert_true(v[EAX] == 0x207 && v[EBX] == cases[i].size && v[ECX] == 840 && v[EDX] == 0);
        x86_cpuid(r->c, 0xd, 1, v);
        assert_true(v[EAX] == 15 && v[EBX] == cases[i].packed && v[ECX] == 0 && v[EDX] == 0);
    }
    x86_cpuid(r->c, 0xd, 2, v);
    assert_true(v[EAX] == 256 && v[EBX] == 576 && v[ECX] == 0 && v[EDX] == 0);
    x86_cpuid(r->c, 0xd, 9, v);
    assert_true(v[EAX] == 8 && v[EBX] == 832 && v[ECX] == 0 && v[EDX] == 0);
    for (u32 sub = 3; sub < 70; sub++) {
        if (sub == 9) continue;
        x86_cpuid(r->c, 0xd, sub, v);
        assert_true(v[EAX] == 0 && v[EBX] == 0 && v[ECX] == 0 && v[EDX] == 0);
    }
}

// IA32_XSS: no supervisor component is there.
static void xss(void **state) {
    struct x86_rig *r = *state;
    u64 v = 1;
    assert_int_equal(x86_msr_write(r->c, 0xda0, 0), 0);
    assert_int_equal(x86_msr_read(r->c, 0xda0, &v), 0);
    assert_int_equal(v, 0);
    for (unsigned bit = 0; bit < 64; bit++) assert_true(x86_msr_write(r->c, 0xda0, (u64)1 << bit) < 0);
}

static void refused(void **state) {
    struct x86_rig *r = *state;
    for (enum op op = XSAVE; op <= XRSTORS; op++) {
        long_mode(r, 0);
        r->c->s.cr4 &= ~CR4_OSXSAVE, r->c->s.cr0 |= CR0_TS;
        assert_int_equal(run(r, op, 7), EXC_UD);
        long_mode(r, 0);
        r->c->s.cr0 |= CR0_TS, r->c->s.gpr[RSI] |= 1;
        assert_int_equal(run(r, op, 7), EXC_NM);
        long_mode(r, 0);
        r->c->s.gpr[RSI] += 32;
        assert_int_equal(run(r, op, 7), EXC_GP);
        long_mode(r, 3);
        memset(area(r), 0, SIZE);
        st64(area(r) + COMP, op == XRSTORS ? COMPACTED : 0);
        assert_int_equal(run(r, op, 0), op == XSAVES || op == XRSTORS ? EXC_GP : NO_TRAP);
    }
}

static void compacted(void **state) {
    struct x86_rig *r = *state;
    static const enum op saves[] = {XSAVEC, XSAVES}, restores[] = {XRSTOR, XRSTORS};
    for (unsigned i = 0; i < 2; i++) {
        long_mode(r, 0);
        some_state(r);
        assert_int_equal(run(r, saves[i], 4), NO_TRAP);
        const u8 *a = area(r);
        assert_true(ld64(a + BV) == 4 && ld64(a + COMP) == (COMPACTED | 4));
        assert_memory_equal(a + YMMH, r->c->s.ymmh, 256);
        for (unsigned at = 0; at < YMMH; at++)
            if (at < BV || at >= BV + 16) assert_int_equal(a[at], 0xa5); // the rest of the header, too
        // What the area has no place for becomes initial when it is asked for, MXCSR with the SSE state.
        memset(area(r) + BV + 16, 0, 48);
        memset(r->c->s.ymmh, 0, 256);
        assert_int_equal(run(r, restores[i], 6), NO_TRAP);
        assert_memory_equal(r->c->s.ymmh, a + YMMH, 256);
        assert_true(r->c->s.mxcsr == 0x1f80 && !r->c->s.xmm[0].q[0] && !r->c->s.xmm[15].q[1]);
    }
    // The supervisor's form takes no other than the compacted one.
    memset(area(r), 0, SIZE);
    assert_int_equal(run(r, XRSTORS, 7), EXC_GP);
    // In the initial configuration but for MXCSR: the SSE state is saved (13.10, 13.11), and told.
    for (unsigned i = 0; i < 2; i++) {
        long_mode(r, 0);
        r->c->s.mxcsr = 0x1f81;
        assert_int_equal(run(r, saves[i], 7), NO_TRAP);
        assert_true(ld64(area(r) + BV) == 2 && ld64(area(r) + COMP) == (COMPACTED | 7) && ld32(area(r) + MXCSR) == 0x1f81);
    }
}

// Initial components are told and not written, but by XSAVE itself; MXCSR is not part of that (13.7, 13.9).
static void initial(void **state) {
    struct x86_rig *r = *state;
    for (enum op op = XSAVE; op <= XSAVEOPT; op++) {
        long_mode(r, 3);
        st64(area(r) + BV, 0xff);
        assert_int_equal(run(r, op, 7), NO_TRAP);
        const u8 *a = area(r);
        assert_int_equal(ld64(a + BV), 0xf8);
        assert_int_equal(ld32(a + MXCSR), 0x1f80);
        assert_int_equal(a[XMM], op == XSAVE ? 0 : 0xa5);
        assert_int_equal(a[YMMH], op == XSAVE ? 0 : 0xa5);
        assert_int_equal(ld16(a), op == XSAVE ? 0x37f : 0xa5a5);
        long_mode(r, 3);
        some_state(r);
        assert_int_equal(run(r, op, 4), NO_TRAP); // AVX alone brings MXCSR along
        assert_true(ld32(a + MXCSR) == 0x1fa0 && a[XMM] == 0xa5 && a[0] == 0xa5);
    }
    // XRSTOR of initial components, and MXCSR from memory all the same.
    long_mode(r, 3);
    some_state(r);
    memset(area(r) + BV, 0, 64);
    st32(area(r) + MXCSR, 0x9fc0);
    assert_int_equal(run(r, XRSTOR, 4), NO_TRAP);
    assert_true(r->c->s.mxcsr == 0x9fc0 && !r->c->s.ymmh[3].q[0] && r->c->s.xmm[3].q[0]);
    st32(area(r) + MXCSR, 0x10000);
    assert_int_equal(run(r, XRSTOR, 1), NO_TRAP);
    assert_int_equal(run(r, XRSTOR, 4), EXC_GP);
}

// PKRU is component 9, behind AVX or, compacted without it, in its place.
static void protection_keys(void **state) {
    struct x86_rig *r = *state;
    static const u8 rdpkru[] = {0x0f, 0x01, 0xee};
    for (enum op op = XSAVE; op <= XSAVES; op++) {
        unsigned at = op >= XSAVEC ? 576 : 832;
        long_mode(r, 0);
        r->c->s.xcr0 = 0x207;
        r->c->s.cr4 |= CR4_PKE;
        x86_write_pkru(r->c, 0x55555554);
        assert_int_equal(run(r, op, 0x203), NO_TRAP);
        assert_int_equal(ld64(area(r) + at), 0x55555554);
        assert_int_equal(area(r)[at + 8], 0xa5);
        assert_true(ld64(area(r) + BV) >> 9 & 1);
        x86_write_pkru(r->c, 0);
        memset(area(r) + BV + (op >= XSAVEC ? 16 : 8), 0, 48);
        st64(area(r) + BV, 0x200);
        st32(area(r) + at + 4, 0xffffffff); // reserved
        assert_int_equal(run(r, op == XSAVES ? XRSTORS : XRSTOR, 0x200), NO_TRAP);
        r->c->s.gpr[RCX] = 0;
        assert_int_equal(vector_of(r, rdpkru, 3), NO_TRAP);
        assert_true(r->c->s.gpr[RAX] == 0x55555554 && r->c->s.pkru == 0x55555554);
    }
}

// Nothing is written and nothing loaded when a byte of the area cannot be reached, wherever it lies.
static void page_faults(void **state) {
    struct x86_rig *r = *state;
    static const u32 starts[] = {HOLE - 64, HOLE - 512, HOLE - 576, HOLE - 768};
    for (unsigned i = 0; i < countof(starts); i++)
        for (enum op op = XSAVE; op <= XRSTORS; op++) {
            long_mode(r, 0);
            cpu_poke(r, RIG_TABLES + 0x2000 + 8 * (HOLE >> 21), 0, 8);
            some_state(r);
            u8 *a = r->ram + starts[i], before[SIZE];
            memset(a, 0x5a, SIZE);
            if (op >= XRSTOR && starts[i] + YMMH <= HOLE) {
                memset(a + BV, 0, 64);
                st64(a + BV, 7), st64(a + COMP, op == XRSTORS ? COMPACTED | 7 : 0);
            }
            st32(a + MXCSR, 0x1f80);
            memcpy(before, a, SIZE);
            struct x86_state s = r->c->s;
            r->c->s.gpr[RSI] = starts[i];
            assert_int_equal(run(r, op, 7), EXC_PF);
            assert_int_equal(r->c->s.cr2 & ~(u64)0xfff, HOLE);
            assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), op >= XRSTOR ? 0 : 2); // not present, supervisor, write
            assert_memory_equal(a, before, SIZE);
            assert_memory_equal(r->c->s.xmm, s.xmm, sizeof s.xmm);
            assert_memory_equal(r->c->s.ymmh, s.ymmh, sizeof s.ymmh);
            assert_int_equal(r->c->s.mxcsr, s.mxcsr);
        }
    long_mode(r, 0);
    cpu_poke(r, RIG_TABLES + 0x2000 + 8 * (HOLE >> 21), 0, 8);
    r->c->s.gpr[RSI] = HOLE - 576;
    assert_int_equal(run(r, XSAVE, 3), NO_TRAP); // nothing behind the header is asked for
}

// Outside 64-bit mode registers 8..15 are not there: not in XINUSE, not in memory, not changed.
static void eight_registers(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    handlers(r);
    r->c->s.cr4 |= CR4_OSXSAVE | CR4_OSFXSR;
    r->c->s.xcr0 = 7;
    r->c->s.gpr[RSI] = AREA;
    some_state(r);
    memset(area(r), 0xa5, SIZE);
    r->c->s.gpr[RAX] = 7, r->c->s.gpr[RDX] = 0;
    assert_int_equal(vector_of(r, codes[XSAVE] + 1, 3), NO_TRAP);
    assert_memory_equal(area(r) + XMM, r->c->s.xmm, 128);
    assert_memory_equal(area(r) + YMMH, r->c->s.ymmh, 128);
    for (unsigned i = 128; i < 256; i++) assert_true(area(r)[XMM + i] == 0xa5 && area(r)[YMMH + i] == 0xa5);
    memset(area(r) + BV, 0, 64);
    assert_int_equal(vector_of(r, codes[XRSTOR] + 1, 3), NO_TRAP);
    assert_true(!r->c->s.xmm[7].q[0] && !r->c->s.ymmh[7].q[0] && r->c->s.xmm[8].q[0] && r->c->s.ymmh[8].q[0]);
    r->c->s.gpr[RCX] = 1;
    assert_int_equal(vector_of(r, (const u8[]){0x0f, 0x01, 0xd0}, 3), NO_TRAP);
    assert_int_equal(r->c->s.gpr[RAX], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(xsetbv),    T(xgetbv),  T(leaf_0d),         T(xss),         T(refused),
        T(compacted), T(initial), T(protection_keys), T(page_faults), T(eight_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
