// SPDX-License-Identifier: MIT
// Which features are compared: all that rows exist for, told by CPUID or not, but for those that the processor here lacks.
#include "rig.h"

#include <cpuid.h>

bool host_is_intel(void) {
    static u32 ebx; // 0: not asked yet
    u32 a, c, d;
    if (!ebx) __get_cpuid(0, &a, &ebx, &c, &d);
    return ebx == signature_INTEL_ebx;
}

static const struct {
    u8 feature;
    const char *name;
    u32 leaf;
    u8 reg, bit; // reg: 0 EBX, 1 ECX, 2 EDX
} told[] = {
    {F_SSE3, "SSE3", 1, 1, 0}, {F_PCLMUL, "PCLMULQDQ", 1, 1, 1}, {F_SSSE3, "SSSE3", 1, 1, 9}, {F_FMA, "FMA", 1, 1, 12},
    {F_CX16, "CMPXCHG16B", 1, 1, 13}, {F_SSE41, "SSE4.1", 1, 1, 19}, {F_SSE42, "SSE4.2", 1, 1, 20}, {F_MOVBE, "MOVBE", 1, 1, 22},
    {F_POPCNT, "POPCNT", 1, 1, 23}, {F_AES, "AES", 1, 1, 25}, {F_AVX, "AVX", 1, 1, 28}, {F_F16C, "F16C", 1, 1, 29},
    {F_BMI1, "BMI1", 7, 0, 3}, {F_AVX2, "AVX2", 7, 0, 5}, {F_BMI2, "BMI2", 7, 0, 8}, {F_ADX, "ADX", 7, 0, 19},
    {F_SHA, "SHA", 7, 0, 29}, {F_LZCNT, "LZCNT", 0x80000001, 1, 5}, {F_CLFLUSHOPT, "CLFLUSHOPT", 7, 0, 23},
};

const char *host_lacks(const struct insn *row) {
    for (unsigned i = 0; i < countof(told); i++) {
        u32 a, r[3] = {0};
        if (told[i].feature != row->feature) continue;
        __get_cpuid_count(told[i].leaf, 0, &a, &r[0], &r[1], &r[2]);
        return r[told[i].reg] >> told[i].bit & 1 ? NULL : told[i].name;
    }
    return NULL;
}

const struct x86_model *rig_model(void) {
    static struct x86_model model;
    if (model.name) return &model;
    model = *x86_model_find("max");
    for (unsigned i = 0; i < countof(told); i++) model.has[told[i].feature] = true;
    return &model;
}
