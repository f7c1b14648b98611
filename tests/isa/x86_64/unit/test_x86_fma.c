// SPDX-License-Identifier: MIT
// Our fused multiply-add against the processor's: result and MXCSR of all forms, in every rounding mode, with and without DAZ
// and FZ, exceptions masked and unmasked. FMA_ROUNDS experiments per type and control word (there are four of each rounding
// mode, so a million per type and mode); FMA_SEED for others.
#include "fp/arith.h"
#include "isa/x86_64/vec/sse_fp.h"
#include "fp_cases.h"
#include "row_rig.h"

#include <cpuid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// ---- the processor's: operation (madd, msub, nmadd, nmsub), form, type
typedef u32 fma_native(union xmm *d, union xmm *s2, union xmm *s3, u32 mxcsr);
static const u32 normal_mxcsr = MX_DEFAULT;
#define NATIVE(op, form, type)                                                                                                   \
    static u32 op##form##type(union xmm *d, union xmm *s2, union xmm *s3, u32 mxcsr) {                                           \
        u32 after;                                                                                                               \
        asm volatile("vmovaps %[d], %%xmm0\n\tvmovaps %[s2], %%xmm1\n\tvmovaps %[s3], %%xmm2\n\t"                                \
                     "vldmxcsr %[before]\n\tvf" #op #form #type " %%xmm2, %%xmm1, %%xmm0\n\t"                                    \
                     "vstmxcsr %[after]\n\tvldmxcsr %[normal]\n\tvmovaps %%xmm0, %[d]\n\t"                                       \
                     : [d] "+m"(*d), [after] "=m"(after)                                                                         \
                     : [s2] "m"(*s2), [s3] "m"(*s3), [before] "m"(mxcsr), [normal] "m"(normal_mxcsr)                             \
                     : "xmm0", "xmm1", "xmm2");                                                                                  \
        return after;                                                                                                            \
    }
// clang-format off
#define FORMS(op, type) NATIVE(op, 132, type) NATIVE(op, 213, type) NATIVE(op, 231, type)
#define TYPES(op) FORMS(op, ss) FORMS(op, sd)
TYPES(madd) TYPES(msub) TYPES(nmadd) TYPES(nmsub)
#define ROW(op, type) {op##132##type, op##213##type, op##231##type}
// By type, negation (enum fp_negate) and form.
static fma_native *const native[2][4][3] = {
    {ROW(madd, ss), ROW(nmadd, ss), ROW(msub, ss), ROW(nmsub, ss)},
    {ROW(madd, sd), ROW(nmadd, sd), ROW(msub, sd), ROW(nmsub, sd)},
};
// clang-format on

// op1 = op1 * op3 + op2; op1 = op2 * op1 + op3; op1 = op2 * op3 + op1
static const u8 role[3][3] = {{0, 2, 1}, {1, 0, 2}, {1, 2, 0}}; // which operand is x, y, z

static u64 ours(struct format f, const u64 v[3], unsigned negate, u32 *mxcsr) {
    struct fp_env e = sse_env(*mxcsr);
    u64 r =
        f.fraction == 52 ? f64_mul_add(v[0], v[1], v[2], negate, &e) : f32_mul_add((u32)v[0], (u32)v[1], (u32)v[2], negate, &e);
    *mxcsr |= e.flags;
    return r;
}

static unsigned try(struct format f, u32 mxcsr, unsigned shown) {
    union xmm op[3] = {0};
    u64 v[3], result;
    unsigned negate = below(4), form = below(3);
    any_triple(f, v);
    for (unsigned i = 0; i < 3; i++) op[role[form][i]].q[0] = v[i];
    u32 real = native[f.fraction == 52][negate][form](&op[0], &op[1], &op[2], mxcsr), mine = mxcsr;
    result = ours(f, v, negate, &mine);
    if (result == op[0].q[0] && real == mine) return 0;
    if (shown < 20)
        printf("f%u form %u negate %u mxcsr %04x: %llx * %llx + %llx = real %llx %04x, ours %llx %04x\n",
               f.fraction + f.exponent + 1, form, negate, mxcsr, (unsigned long long)v[0], (unsigned long long)v[1],
               (unsigned long long)v[2], (unsigned long long)op[0].q[0], real, (unsigned long long)result, mine);
    return 1;
}

static void lanes_match_silicon(struct format f) {
    if (!native_has_leaf1_ecx(bit_FMA) || native_is_emulated()) {
        printf("SKIP: this host has no FMA of its own to compare with\n");
        skip();
    }
    unsigned rounds = number_from("FMA_ROUNDS", 250000), bad = 0;
    random_seed = number_from("FMA_SEED", 1);
    for (u32 control = 0; control < 16; control++) { // RC, FZ, DAZ
        u32 mxcsr = MX_MASKS | (control & 3) << MX_RC_SHIFT | (control & 4 ? MX_FZ : 0) | (control & 8 ? MX_DAZ : 0);
        for (unsigned i = 0; i < rounds; i++) bad += try(f, mxcsr | (i & 1 ? MX_PE : 0), bad);
    }
    assert_int_equal(bad, 0);
}
static void single_matches_silicon(void **state) { lanes_match_silicon(SINGLE); }
static void double_matches_silicon(void **state) { lanes_match_silicon(DOUBLE); }

// Some exception unmasked: whether it comes, and the flags.
static void unmasked_matches_silicon(void **state) {
    if (!native_has_leaf1_ecx(bit_FMA) || native_is_emulated()) {
        printf("SKIP: this host has no FMA of its own to compare with\n");
        skip();
    }
    unsigned rounds = number_from("FMA_ROUNDS", 100000), bad = 0;
    enum { OFFSET_MXCSR = 24, OFFSET_XMM = 160, PRE_COMPUTATION = MX_IE | MX_DE | MX_ZE };
    for (unsigned i = 0; i < rounds; i++) {
        struct format f = i & 1 ? DOUBLE : SINGLE;
        u64 v[3], result;
        u32 mxcsr = (MX_MASKS & ~((u32)rnd() & MX_MASKS)) | ((u32)rnd() & (MX_RC | MX_FZ));
        if (!below(4)) mxcsr |= MX_DAZ;
        any_triple(f, v);
        struct native n = {0};
        const u8 vfmadd213[] = {0xc4, 0xe2, f.fraction == 52 ? 0xf1 : 0x71, 0xa9, 0xc2}; // xmm0 = xmm1 * xmm0 + xmm2
        n.fx[0] = 0x7f, n.fx[1] = 3;
        memcpy(n.fx + OFFSET_MXCSR, &mxcsr, 4);
        memcpy(n.fx + OFFSET_XMM, &v[1], 8);
        memcpy(n.fx + OFFSET_XMM + 16, &v[0], 8);
        memcpy(n.fx + OFFSET_XMM + 32, &v[2], 8);
        native_run(&n, vfmadd213, sizeof vfmadd213);
        u32 mine = mxcsr, real;
        memcpy(&real, n.fx + OFFSET_MXCSR, 4);
        result = ours(f, v, 0, &mine);
        u32 raised = mine & MX_FLAGS & ~(mine >> MX_MASK_SHIFT);
        if (raised & PRE_COMPUTATION) mine &= ~MX_FLAGS | PRE_COMPUTATION; // nothing is computed then (vol. 1, 11.5.1)
        u64 real_result;
        memcpy(&real_result, n.fx + OFFSET_XMM, 8);
        if (!raised == (n.vector != 19) && (raised || result == real_result) && mine == real) continue;
        if (bad++ < 20)
            printf("f%u mxcsr %04x: %llx * %llx + %llx = real %llx %04x (%u), ours %llx %04x\n", f.fraction + f.exponent + 1,
                   mxcsr, (unsigned long long)v[0], (unsigned long long)v[1], (unsigned long long)v[2],
                   (unsigned long long)real_result, real, (unsigned)n.vector, (unsigned long long)result, mine);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(single_matches_silicon), cmocka_unit_test(double_matches_silicon),
                                       cmocka_unit_test(unmasked_matches_silicon)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
