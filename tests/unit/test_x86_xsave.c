// SPDX-License-Identifier: MIT
// FXSAVE, FXRSTOR, XSAVE, XRSTOR: the same bytes and the same state as the processor we run on, and the manual's rules on
// what is refused. Instruction pointers and selectors (offsets 6..23) are not compared: AMD's keep them only while an
// exception is pending.
#define _GNU_SOURCE // MAP_FIXED_NOREPLACE
#include "base/le.h"
#include "isa/x86_64/insn.h"
#include "native.h"
#include "x86_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static u64 seed = 1;
static u64 rnd(void) { // splitmix64
    u64 z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

enum { AREA = 576, ST = 32, XMM = 160, XMM_END = 416, MXCSR = 24, BV = 512 };
static struct x86_cpu cpu;
static u8 area[AREA + 64] __attribute__((aligned(64)));

static op_fn *handler(const char *name, bool rexw) {
    for (unsigned i = 0; i < x86_table_sse.count; i++)
        if (!strcmp(x86_table_sse.rows[i].name, name)) return x86_table_sse.rows[i].ops->m[rexw ? 3 : 2];
    fail_msg("no row %s", name);
    return NULL;
}

// A state image that FXRSTOR accepts.
static void any_image(u8 *image) {
    for (unsigned i = 0; i < 512; i += 8) st64(image + i, rnd());
    st16(image, (u16)((rnd() & 0x0f00) | 0x7f)); // everything masked, so that FNINIT and FXSAVE cannot trap
    st16(image + 2, (u16)(rnd() & 0x7f3f));
    memset(image + 6, 0, 18);
    st32(image + MXCSR, (u32)rnd() & 0xffff);
    for (unsigned i = 0; i < 8; i++) memset(image + ST + 16 * i + 10, 0, 6);
}

static void put(const u8 *image) {
    struct x86_state *s = &cpu.s;
    memset(&s->fpu, 0, sizeof s->fpu);
    s->fpu.fcw = ld16(image);
    s->fpu.fsw = ld16(image + 2) & 0xc7ff;
    s->fpu.top = ld16(image + 2) >> 11 & 7;
    s->fpu.tag = image[4];
    for (unsigned i = 0; i < 8; i++) {
        struct x87_reg *r = &s->fpu.r[(s->fpu.top + i) & 7];
        r->mant = ld64(image + ST + 16 * i);
        r->exp = ld16(image + ST + 16 * i + 8);
    }
    s->mxcsr = ld32(image + MXCSR);
    memcpy(s->xmm, image + XMM, 256);
}

static void assert_state(const u8 *image) {
    const struct x86_state *s = &cpu.s;
    assert_int_equal(s->fpu.fcw, ld16(image));
    assert_int_equal(s->fpu.fsw | s->fpu.top << 11, ld16(image + 2));
    assert_int_equal(s->fpu.tag, image[4]);
    for (unsigned i = 0; i < 8; i++) {
        const struct x87_reg *r = &s->fpu.r[(s->fpu.top + i) & 7];
        assert_int_equal(r->mant, ld64(image + ST + 16 * i));
        assert_int_equal(r->exp, ld16(image + ST + 16 * i + 8));
    }
    assert_int_equal(s->mxcsr, ld32(image + MXCSR));
    assert_memory_equal(s->xmm, image + XMM, 256);
}

static void forget(u8 *a) {
    memset(a + 5, 0, MXCSR - 5);
    memset(a + MXCSR + 4, 0, 4); // the mask of what MXCSR has
}

// Both run one of the instructions on the same area from the same state; `edx_eax` is the requested-feature bitmap.
struct result {
    struct native n;
    u8 area[AREA];
    unsigned vector;
};

static struct result on_silicon(u8 extension, bool rexw, const struct native *before, const u8 *from) {
    static const u8 modrm_rsi[] = {0x06};
    u8 code[5] = {0x48, 0x0f, 0xae, (u8)(modrm_rsi[0] | extension << 3)};
    struct result r = {.n = *before};
    memcpy(area, from, AREA);
    r.n.gpr[RSI] = (u64)(hva_t)area;
    native_run(&r.n, rexw ? code : code + 1, rexw ? 4 : 3);
    memcpy(r.area, area, AREA);
    r.vector = (unsigned)r.n.vector;
    forget(r.area);
    forget(r.n.fx);
    return r;
}

static unsigned ours(const char *name, bool rexw, u64 edx_eax, const u8 *from, unsigned offset) {
    struct uop u = {.fn = handler(name, rexw), .base = RSI, .index = 16};
    memmove(area + offset, from, AREA);
    cpu.s.gpr[RSI] = (u64)(hva_t)area + offset;
    cpu.s.gpr[RAX] = (u32)edx_eax;
    cpu.s.gpr[RDX] = edx_eax >> 32;
    return room_run(&cpu, &u, 4);
}

static void matches_silicon(const char *name, u8 extension) {
    for (unsigned i = 0; i < 4000; i++) {
        bool rexw = i & 1;
        u64 rfbm = rnd() & 3;
        struct native before = {.gpr[RAX] = rfbm};
        u8 from[AREA];
        any_image(before.fx);
        any_image(from);
        memset(from + BV, 0, 64);
        from[BV] = rnd() & 3;
        struct result real = on_silicon(extension, rexw, &before, from);
        put(before.fx);
        assert_int_equal(ours(name, rexw, rfbm, from, 0), real.vector);
        forget(area);
        // The processor may know that a component is in its initial state; ours always says that it is in use.
        if (name[0] == 'x' && !strcmp(name, "xsave")) real.area[BV] |= (u8)rfbm;
        assert_memory_equal(area, real.area, XMM_END);
        assert_memory_equal(area + BV, real.area + BV, 64);
        assert_state(real.n.fx);
    }
}

static void like_silicon(void **state) {
    if (!native_has_sse42()) skip();
    matches_silicon("fxsave", 0);
    matches_silicon("fxrstor", 1);
    if (!native_has_xsave()) skip();
    matches_silicon("xsave", 4);
    matches_silicon("xrstor", 5);
}

static void last_pointers(void **state) {
    u8 image[AREA] = {0};
    any_image(image);
    put(image);
    cpu.s.fpu.fop = 0x7ff;
    cpu.s.fpu.fip = 0x123456789abcdef0;
    cpu.s.fpu.fdp = 0x0fedcba987654321;
    cpu.s.fpu.fcs = 0x1234;
    cpu.s.fpu.fds = 0x5678;
    struct x87_state before = cpu.s.fpu;
    assert_int_equal(ours("fxsave", true, 0, image, 0), 0);
    assert_int_equal(ld16(area + 6), 0x7ff);
    assert_true(ld64(area + 8) == before.fip && ld64(area + 16) == before.fdp);
    assert_int_equal(ours("fxsave", false, 0, image, 0), 0);
    assert_true(ld64(area + 8) == 0x12349abcdef0 && ld64(area + 16) == 0x567887654321);
    memset(&cpu.s.fpu, 0, sizeof cpu.s.fpu);
    memcpy(image, area, XMM_END);
    assert_int_equal(ours("fxrstor", false, 0, image, 0), 0);
    before.fip = (u32)before.fip;
    before.fdp = (u32)before.fdp;
    assert_memory_equal(&cpu.s.fpu, &before, sizeof before);
}

// What must be refused, and that nothing has changed then (vol. 2: FXRSTOR, XRSTOR).
static void refused(void **state) {
    u8 image[AREA] = {0}, good[AREA] = {0};
    any_image(good);
    any_image(image);
    put(image);
    assert_int_equal(ours("fxsave", true, 0, image, 8), EXC_GP);
    assert_int_equal(ours("xsave", true, 3, image, 16), EXC_GP);
    st32(good + MXCSR, 0x10000);
    assert_int_equal(ours("fxrstor", true, 0, good, 0), EXC_GP);
    assert_int_equal(ours("xrstor", true, 3, good, 0), EXC_GP);
    assert_int_equal(ours("xrstor", true, 1, good, 0), 0); // MXCSR not asked for
    put(image);
    st32(good + MXCSR, 0x1f80);
    for (unsigned i = 0; i < 24; i++) { // XSTATE_BV beyond XCR0, XCOMP_BV, the reserved bytes behind it
        memset(good + BV, 0, 64);
        good[BV + i] = i ? 1 : 4;
        assert_int_equal(ours("xrstor", true, 3, good, 0), EXC_GP);
    }
    memset(good + BV, 0xff, 64);
    memset(good + BV, 0, 24);
    assert_state(image);
    assert_int_equal(ours("xrstor", true, 3, good, 0), 0); // the rest of the header is not looked at
    cpu.s.cr0 |= CR0_TS;
    assert_int_equal(ours("xsave", true, 3, image, 0), EXC_NM);
    assert_int_equal(ours("fxsave", true, 3, image, 0), EXC_NM);
    cpu.s.cr4 &= ~CR4_OSXSAVE;
    assert_int_equal(ours("xsave", true, 3, image, 0), EXC_UD);
    cpu.s.cr0 |= CR0_EM;
    assert_int_equal(ours("fxrstor", true, 3, image, 0), EXC_UD);
    room_init(&cpu);
}

// Outside 64-bit mode XMM8..15 are neither written nor read.
static void eight_registers(void **state) {
    u8 image[AREA], fill[AREA];
    any_image(image);
    memset(fill, 0xa5, AREA);
    put(image);
    cpu.mode = MODE_CODE32 | MODE_STACK32;
    assert_int_equal(ours("fxsave", false, 0, fill, 0), 0);
    assert_memory_equal(area + XMM, image + XMM, 128);
    assert_memory_equal(area + XMM + 128, fill, 512 - XMM - 128);
    memset(image + XMM, 0x11, 128);
    assert_int_equal(ours("fxrstor", false, 0, image, 0), 0);
    assert_state(image);
    room_init(&cpu);
}

static int setup(void **state) {
    room_init(&cpu);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(like_silicon), cmocka_unit_test(last_pointers),
                                       cmocka_unit_test(refused), cmocka_unit_test(eight_registers)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
