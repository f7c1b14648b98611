// SPDX-License-Identifier: MIT
// Half precision against the processor: all halves, and singles by all their upper bits with several lower ones, in every rounding
// mode, by imm8 and by MXCSR, with DAZ and FZ. F16C_STRIDE=1 takes every single there is. (Unmasked exceptions: test_x86_avx.c.)
#include "isa/x86_64/vec/f16c.h"
#include "isa/x86_64/vec/sse.h"
#include "native.h"

#include <cpuid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void needs_silicon(void) {
    if (native_has_leaf1_ecx(bit_F16C) && !native_is_emulated()) return;
    printf("SKIP: this host has no F16C of its own to compare with\n");
    skip();
}

static const u32 normal_mxcsr = MX_DEFAULT;
#define F16C(text)                                                                                                               \
    asm volatile("vmovdqa %[s], %%xmm1\n\tvldmxcsr %[before]\n\t" text "\n\tvstmxcsr %[after]\n\tvldmxcsr %[normal]\n\t"         \
                 "vmovdqa %%xmm0, %[d]"                                                                                          \
                 : [d] "=m"(*d), [after] "=m"(after)                                                                             \
                 : [s] "m"(*s), [before] "m"(mxcsr), [normal] "m"(normal_mxcsr)                                                  \
                 : "xmm0", "xmm1")

static u32 native_widen(union xmm *d, const union xmm *s, u32 mxcsr) {
    u32 after;
    F16C("vcvtph2ps %%xmm1, %%xmm0");
    return after;
}
static u32 native_narrow(union xmm *d, const union xmm *s, u32 mxcsr, unsigned imm) {
    u32 after;
    switch (imm) {
    case 0: F16C("vcvtps2ph $0, %%xmm1, %%xmm0"); break;
    case 1: F16C("vcvtps2ph $1, %%xmm1, %%xmm0"); break;
    case 2: F16C("vcvtps2ph $2, %%xmm1, %%xmm0"); break;
    case 3: F16C("vcvtps2ph $3, %%xmm1, %%xmm0"); break;
    default: F16C("vcvtps2ph $4, %%xmm1, %%xmm0"); break;
    }
    return after;
}

static const u32 controls[] = {0, MX_DAZ, MX_FZ, MX_DAZ | MX_FZ};

static void all_halves(void **state) {
    needs_silicon();
    for (unsigned k = 0; k < countof(controls); k++)
        for (u32 v = 0; v < 0x10000; v++) {
            union xmm d, s = {.w = {(u16)v}};
            u32 flags = 0, real = native_widen(&d, &s, MX_MASKS | controls[k]) & MX_FLAGS, mine = cvtph2ps_lane((u16)v, &flags);
            if (mine != d.d[0] || flags != real)
                fail_msg("half %04x, mxcsr %04x: real %08x %02x, ours %08x %02x", v, controls[k], d.d[0], real, mine, flags);
        }
}

// imm: 0..3, or the mode in mxcsr.
static void compare(u32 v, u32 mxcsr, unsigned imm) {
    union xmm d, s = {.d = {v}};
    u32 flags = 0, real = native_narrow(&d, &s, mxcsr, imm) & MX_FLAGS;
    if (imm < 4) mxcsr = (mxcsr & ~(u32)MX_RC) | imm << MX_RC_SHIFT;
    u16 mine = cvtps2ph_lane(v, mxcsr, &flags);
    if (mine != d.w[0] || flags != real)
        fail_msg("single %08x, mxcsr %04x, imm %u: real %04x %02x, ours %04x %02x", v, mxcsr, imm, d.w[0], real, mine, flags);
}

static void singles(void **state) {
    needs_silicon();
    const char *wanted = getenv("F16C_STRIDE");
    u64 stride = wanted ? strtoull(wanted, NULL, 0) : 1009;
    if (!stride) stride = 1;
    static const u32 low[] = {0, 1, 0x7ff, 0x800, 0x801, 0xfff, 0x1000, 0x1001, 0x1fff}; // around what 13 dropped bits round at
    for (unsigned k = 0; k < 8; k++) {
        // Four modes by imm8 (with another in MXCSR), four by MXCSR.
        unsigned imm = k < 4 ? k : 4;
        u32 rc = (k < 4 ? 3 - k : k - 4) << MX_RC_SHIFT;
        for (u64 v = 0; v < BIT(32); v += stride) compare((u32)v, MX_MASKS | rc | controls[v / stride & 3], imm);
        for (u32 high = 0; high < 1u << 19; high++) compare(high << 13 | low[high % countof(low)], MX_MASKS | rc, imm);
        for (u32 high = 0; high < 1u << 19; high += 3)
            for (unsigned i = 0; i < countof(low); i++) compare(high << 13 | low[i], MX_MASKS | rc | controls[i & 3], imm);
    }
}

// Vol. 2C, VCVTPS2PH: a denormal source, with DM masked and PM or UM not, raises DE, UE and PE; so does one with all masked, which is
// tiny and inexact. That its few bits would fit, had a half more exponents, does not count.
static void denormal_raises_three(void **state) {
    static const u32 unmasked[] = {0, MX_UE, MX_PE, MX_UE | MX_PE}, denormal[] = {1, 0x00110000, 0x00400000, 0x807fffff};
    for (unsigned i = 0; i < countof(unmasked); i++)
        for (unsigned k = 0; k < countof(denormal); k++) {
            u32 flags = 0;
            cvtps2ph_lane(denormal[k], MX_MASKS & ~(unmasked[i] << MX_MASK_SHIFT), &flags);
            assert_int_equal(flags, MX_DE | MX_UE | MX_PE);
            flags = 0;
            cvtps2ph_lane(denormal[k], (MX_MASKS & ~(unmasked[i] << MX_MASK_SHIFT)) | MX_DAZ, &flags);
            assert_int_equal(flags, 0);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_halves), cmocka_unit_test(singles),
                                       cmocka_unit_test(denormal_raises_three)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
