// SPDX-License-Identifier: MIT
// FXSAVE, FXRSTOR and the XSAVE family: the same bytes and the same state as the processor we run on, and the manual's rules on
// what is refused. Instruction pointers (offsets 6..23) are not compared: AMD's keep them only while an exception is pending.
#define _GNU_SOURCE // MAP_FIXED_NOREPLACE
#include "base/le.h"
#include "base/splitmix.h"
#include "fx_image.h"
#include "isa/x86_64/sys/cpuid.h"
#include "native.h"
#include "x86_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static u64 seed = 1;
static u64 rnd(void) { return splitmix64(&seed); }

enum { AREA = 832, BV = 512, COMP = 520, YMMH = 576 };
enum { X87 = 1, SSE = 2, AVX = 4, ALL = 7 };
#define COMPACTED ((u64)1 << 63)
static struct x86_cpu cpu;
static struct x86_model everything;
static u8 area[AREA + 64] __attribute__((aligned(64)));

static void fresh(void) {
    room_init(&cpu);
    memset(everything.has, true, sizeof everything.has);
    cpu.model = &everything;
    cpu.s.xcr0 = ALL;
}

static op_fn *handler(const char *name, bool rexw) {
    for (unsigned i = 0; i < x86_table_sse.count; i++)
        if (!strcmp(x86_table_sse.rows[i].name, name)) return x86_table_sse.rows[i].ops->m[rexw ? 3 : 2];
    fail_msg("no row %s", name);
    return NULL;
}

// A state image that FXRSTOR accepts.
static void any_image(u8 *image) {
    for (unsigned i = 0; i < AREA; i += 8) st64(image + i, rnd());
    st16(image, (u16)((rnd() & 0x0f00) | 0x7f)); // everything masked, so that FNINIT and FXSAVE cannot trap
    st16(image + 2, (u16)(rnd() & 0x7f3f));
    memset(image + 6, 0, 18);
    st32(image + FX_MXCSR, (u32)rnd() & 0xffff);
    for (unsigned i = 0; i < 8; i++) memset(image + FX_ST + 16 * i + 10, 0, 6);
}

static void put(const u8 *image) {
    memset(&cpu.s.fpu, 0, sizeof cpu.s.fpu);
    fx_in(&cpu.s, image);
    memcpy(cpu.s.ymmh, image + YMMH, 256);
}

static void assert_state(const u8 *image) {
    u8 ours[FX_XMM_END] = {0};
    fx_out(&cpu.s, ours);
    assert_memory_equal(ours, image, 5);
    assert_memory_equal(ours + FX_MXCSR, image + FX_MXCSR, 4);
    for (unsigned i = 0; i < 8; i++) assert_memory_equal(ours + FX_ST + 16 * i, image + FX_ST + 16 * i, 10);
    assert_memory_equal(ours + FX_XMM, image + FX_XMM, 256);
}
static void assert_upper_halves(const u8 *image) { assert_memory_equal(cpu.s.ymmh, image + YMMH, 256); }

static void forget(u8 *a) {
    memset(a + 5, 0, FX_MXCSR - 5);
    memset(a + FX_MXCSR + 4, 0, 4); // the mask of what MXCSR has
}

// ---- both run one of the instructions on the same area from the same state

static unsigned ours(const char *name, bool rexw, u64 edx_eax, const u8 *from, unsigned offset) {
    struct uop u = {.fn = handler(name, rexw), .base = RSI, .index = 16};
    memmove(area + offset, from, AREA);
    cpu.s.gpr[RSI] = (u64)(hva_t)area + offset;
    cpu.s.gpr[RAX] = (u32)edx_eax;
    cpu.s.gpr[RDX] = edx_eax >> 32;
    return room_run(&cpu, &u, 4);
}

static void fx_like_silicon(const char *name, u8 extension) {
    for (unsigned i = 0; i < 4000; i++) {
        bool rexw = i & 1;
        struct native m = {0};
        u8 from[AREA], code[] = {0x48, 0x0f, 0xae, (u8)(0x06 | extension << 3)}, before[AREA], real[AREA];
        any_image(before);
        any_image(from);
        memcpy(m.fx, before, 512);
        memcpy(area, from, AREA);
        m.gpr[RSI] = (u64)(hva_t)area;
        native_run(&m, rexw ? code : code + 1, rexw ? 4 : 3);
        memcpy(real, area, AREA);
        put(before);
        assert_int_equal(ours(name, rexw, 0, from, 0), m.vector);
        forget(area), forget(real), forget(m.fx);
        assert_memory_equal(area, real, FX_XMM_END);
        assert_state(m.fx);
    }
}

// An XSAVE area in the standard form in which some components have their initial values, whether or not XSTATE_BV says so.
static void any_state(u8 *image) {
    any_image(image);
    unsigned initial = rnd() & rnd() & ALL;
    if (initial & X87) memset(image, 0, FX_MXCSR), memset(image + FX_ST, 0, FX_XMM - FX_ST), st16(image, 0x37f);
    if (initial & SSE) memset(image + FX_XMM, 0, 256);
    if (initial & AVX) memset(image + YMMH, 0, 256);
    if (rnd() & 1) st32(image + FX_MXCSR, 0x1f80);
    memset(image + BV, 0, 64);
    image[BV] = (u8)(ALL & ~(initial & rnd()));
}

struct form {
    const char *name;
    u8 opcode, extension;
    bool restores, compacted, all; // all: saves whatever is in use
};
static const struct form forms[] = {
    {"xsave", 0xae, 4, false, false, true},
    {"xsaveopt", 0xae, 6, false, false, false},
    {"xsavec", 0xc7, 4, false, true, false},
    {"xrstor", 0xae, 5, true, false, false},
};

// What XRSTOR finds: mostly what it accepts.
static void any_header(u8 *image) {
    u64 bv = rnd() & ALL, comp = rnd() & 1 ? COMPACTED | bv | (rnd() & ALL) : 0;
    if (rnd() % 8 == 0) bv |= (u64)1 << (u64[]){0, 1, 2, 10, 40, 62, 63}[rnd() % 7];
    if (rnd() % 8 == 0) comp ^= (u64)1 << (u64[]){0, 1, 2, 10, 40, 62, 63}[rnd() % 7];
    memset(image + BV, 0, 64);
    st64(image + BV, bv);
    st64(image + COMP, comp);
    if (rnd() % 8 == 0) image[COMP + 8 + rnd() % 48] = 1;
    if (rnd() % 8 == 0) st32(image + FX_MXCSR, (u32)rnd());
}

// XRSTOR64 of `before`, the instruction on `area`, XSAVE64 to `after`.
struct sequence {
    u8 before[AREA] __attribute__((aligned(64))), after[AREA] __attribute__((aligned(64))), area[AREA];
    unsigned vector;
};
static void silicon(struct sequence *q, const struct form *f, bool rexw, u64 rfbm, const u8 *from) {
    // clang-format off
    const u8 code[] = {
        0x41, 0x89, 0xc2, 0xb8, ALL, 0, 0, 0, 0x31, 0xd2, 0x49, 0x0f, 0xae, 0x28, // MOV R10D, EAX; EDX:EAX = 7; XRSTOR64 [R8]
        0x44, 0x89, 0xd0, 0x31, 0xd2, rexw ? 0x48 : 0x40, 0x0f, f->opcode, (u8)(0x06 | f->extension << 3),
        0xb8, ALL, 0, 0, 0, 0x31, 0xd2, 0x49, 0x0f, 0xae, 0x21, // XSAVE64 [R9]
    };
    // clang-format on
    struct native m = {
        .gpr[RAX] = rfbm, .gpr[RSI] = (u64)(hva_t)area, .gpr[R8] = (u64)(hva_t)q->before, .gpr[R9] = (u64)(hva_t)q->after};
    st16(m.fx, 0x37f), st32(m.fx + FX_MXCSR, 0x1f80);
    memset(q->after, 0, AREA);
    memcpy(area, from, AREA);
    native_run(&m, code, sizeof code);
    memcpy(q->area, area, AREA);
    q->vector = (unsigned)m.vector;
}

// Silicon may take a component that has its initial values for one in use, and then saves it: ours never does. XSTATE_BV must tell
// all that is in use; and when only silicon's tells a component, what it saved there is not looked at.
static void excuse_in_use(const struct form *f, u8 *real, const u8 *own, const u8 *from) {
    unsigned more = real[BV] & ~own[BV];
    assert_int_equal(own[BV] & ~real[BV], 0);
    real[BV] = own[BV];
    if (f->all) return;
    if (more & X87) memcpy(real, from, FX_MXCSR), memcpy(real + FX_ST, from + FX_ST, FX_XMM - FX_ST);
    if (more & SSE) memcpy(real + FX_XMM, from + FX_XMM, 256);
    if (more & SSE && f->compacted) memcpy(real + FX_MXCSR, from + FX_MXCSR, 8);
    if (more & AVX) memcpy(real + YMMH, from + YMMH, 256);
}

// Offsets 416..511 are nobody's; 6..23 and MXCSR_MASK differ by vendor.
static void assert_areas(u8 *own, u8 *real) {
    forget(own), forget(real);
    assert_memory_equal(own, real, FX_XMM_END);
    assert_memory_equal(own + BV, real + BV, AREA - BV);
}

static void xsave_like_silicon(const struct form *f) {
    static struct sequence q;
    for (unsigned i = 0; i < 20000; i++) {
        u8 from[AREA];
        u64 rfbm = rnd() & ALL;
        any_state(q.before);
        any_image(from);
        if (f->restores) any_header(from);
        silicon(&q, f, i & 1, rfbm, from);
        fresh();
        put(q.before);
        assert_int_equal(ours(f->name, i & 1, rfbm, from, 0), q.vector);
        if (q.vector) continue;
        if (!f->restores) excuse_in_use(f, q.area, area, from);
        assert_areas(area, q.area);
        forget(q.after);
        assert_state(q.after);
        assert_upper_halves(q.after);
    }
}

static void like_silicon(void **state) {
    if (!native_has_sse42()) skip();
    fx_like_silicon("fxsave", 0);
    fx_like_silicon("fxrstor", 1);
    if (!native_has_xsave(ALL)) {
        print_message("SKIP test_x86_xsave: no XSAVEC with AVX here\n");
        skip();
    }
    for (unsigned i = 0; i < countof(forms); i++) xsave_like_silicon(&forms[i]);
}

static void last_pointers(void **state) {
    u8 image[AREA] = {0};
    any_image(image);
    put(image);
    cpu.s.fpu.fop = 0x7ff;
    cpu.s.fpu.fip = 0x123456789abcdef0;
    cpu.s.fpu.fdp = 0x0fedcba987654321;
    struct x87_state before = cpu.s.fpu;
    assert_int_equal(ours("fxsave", true, 0, image, 0), 0);
    assert_int_equal(ld16(area + 6), 0x7ff);
    assert_true(ld64(area + 8) == before.fip && ld64(area + 16) == before.fdp);
    assert_int_equal(ours("fxsave", false, 0, image, 0), 0);
    assert_true(ld64(area + 8) == 0x9abcdef0 && ld64(area + 16) == 0x87654321);
    memset(&cpu.s.fpu, 0, sizeof cpu.s.fpu);
    memcpy(image, area, FX_XMM_END);
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
    memset(good + BV, 0, 64);
    put(image);
    assert_int_equal(ours("fxsave", true, 0, image, 8), EXC_GP);
    assert_int_equal(ours("xsave", true, 3, image, 16), EXC_GP);
    st32(good + FX_MXCSR, 0x10000);
    assert_int_equal(ours("fxrstor", true, 0, good, 0), EXC_GP);
    assert_int_equal(ours("xrstor", true, 3, good, 0), EXC_GP);
    assert_int_equal(ours("xrstor", true, 1, good, 0), 0); // MXCSR not asked for
    put(image);
    st32(good + FX_MXCSR, 0x1f80);
    for (unsigned i = 0; i < 24; i++) { // XSTATE_BV beyond XCR0, XCOMP_BV, the reserved bytes behind it
        memset(good + BV, 0, 64);
        good[BV + i] = i ? 1 : 8;
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
    fresh();
}

// Outside 64-bit mode XMM8..15 are neither written nor read.
static void eight_registers(void **state) {
    u8 image[AREA], fill[AREA];
    any_image(image);
    memset(fill, 0xa5, AREA);
    put(image);
    cpu.mode = MODE_CODE32 | MODE_STACK32;
    assert_int_equal(ours("fxsave", false, 0, fill, 0), 0);
    assert_memory_equal(area + FX_XMM, image + FX_XMM, 128);
    assert_memory_equal(area + FX_XMM + 128, fill, 512 - FX_XMM - 128);
    memset(image + FX_XMM, 0x11, 128);
    assert_int_equal(ours("fxrstor", false, 0, image, 0), 0);
    assert_state(image);
    fresh();
}

static int setup(void **state) {
    fresh();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(like_silicon), cmocka_unit_test(last_pointers), cmocka_unit_test(refused),
                                       cmocka_unit_test(eight_registers)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
