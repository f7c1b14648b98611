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

struct bit {
    u8 feature;
    const char *name;
    u32 leaf;
    u8 reg, bit; // reg: 0 EBX, 1 ECX, 2 EDX, 3 EAX; of leaf Dh it is subleaf 1
};

// These the model has here, whatever it says by itself.
static const struct bit told[] = {
    {F_SSE3, "SSE3", 1, 1, 0}, {F_PCLMUL, "PCLMULQDQ", 1, 1, 1}, {F_SSSE3, "SSSE3", 1, 1, 9}, {F_FMA, "FMA", 1, 1, 12},
    {F_CX16, "CMPXCHG16B", 1, 1, 13}, {F_SSE41, "SSE4.1", 1, 1, 19}, {F_SSE42, "SSE4.2", 1, 1, 20}, {F_MOVBE, "MOVBE", 1, 1, 22},
    {F_POPCNT, "POPCNT", 1, 1, 23}, {F_AES, "AES", 1, 1, 25}, {F_AVX, "AVX", 1, 1, 28}, {F_F16C, "F16C", 1, 1, 29},
    {F_BMI1, "BMI1", 7, 0, 3}, {F_AVX2, "AVX2", 7, 0, 5}, {F_BMI2, "BMI2", 7, 0, 8}, {F_ADX, "ADX", 7, 0, 19},
    {F_SHA, "SHA", 7, 0, 29}, {F_LZCNT, "LZCNT", 0x80000001, 1, 5}, {F_CLFLUSHOPT, "CLFLUSHOPT", 7, 0, 23},
};

// These it has if "max" has them (vol. 2A, CPUID; AMD64 APM vol. 3, appendix E, for the extended leaves).
static const struct bit others[] = {
    {F_FPU, "FPU", 1, 2, 0}, {F_CX8, "CMPXCHG8B", 1, 2, 8}, {F_SEP, "SYSENTER", 1, 2, 11}, {F_CMOV, "CMOV", 1, 2, 15},
    {F_CLFLUSH, "CLFLUSH", 1, 2, 19}, {F_MMX, "MMX", 1, 2, 23}, {F_FXSR, "FXSAVE", 1, 2, 24}, {F_SSE, "SSE", 1, 2, 25},
    {F_SSE2, "SSE2", 1, 2, 26}, {F_MONITOR, "MONITOR", 1, 1, 3}, {F_XSAVE, "XSAVE", 1, 1, 26}, {F_RDRAND, "RDRAND", 1, 1, 30},
    {F_FSGSBASE, "FSGSBASE", 7, 0, 0}, {F_INVPCID, "INVPCID", 7, 0, 10}, {F_RDSEED, "RDSEED", 7, 0, 18}, {F_SMAP, "SMAP", 7, 0, 20},
    {F_CLWB, "CLWB", 7, 0, 24}, {F_PKU, "PKU", 7, 1, 3}, {F_RDPID, "RDPID", 7, 1, 22}, {F_XSAVEOPT, "XSAVEOPT", 0xd, 3, 0},
    {F_XSAVEC, "XSAVEC", 0xd, 3, 1}, {F_XSAVES, "XSAVES", 0xd, 3, 3}, {F_LAHF, "LAHF in 64-bit mode", 0x80000001, 1, 0},
    {F_PREFETCHW, "PREFETCHW", 0x80000001, 1, 8}, {F_SYSCALL, "SYSCALL", 0x80000001, 2, 11}, {F_RDTSCP, "RDTSCP", 0x80000001, 2, 27},
    {F_LM, "long mode", 0x80000001, 2, 29},
};

static const struct bit *bit_of(u8 feature) {
    for (unsigned i = 0; i < countof(told); i++)
        if (told[i].feature == feature) return &told[i];
    for (unsigned i = 0; i < countof(others); i++)
        if (others[i].feature == feature) return &others[i];
    return NULL;
}

// A feature without a bit here might be one that the host has not: nothing is compared until somebody says where CPUID tells of it.
const char *host_lacks(const struct insn *row) {
    if (row->feature == F_BASE || row->feature == F_NOPL) return NULL; // of every processor with long mode
    const struct bit *b = bit_of(row->feature);
    if (!b) return "a feature that tests/isa/x86_64/silicon/features.c does not know";
    u32 r[4] = {0};
    __get_cpuid_count(b->leaf, b->leaf == 0xd, &r[3], &r[0], &r[1], &r[2]);
    return r[b->reg] >> b->bit & 1 ? NULL : b->name;
}

const struct x86_model *rig_model(void) {
    static struct x86_model model;
    if (model.name) return &model;
    model = *x86_model_find("max");
    for (unsigned i = 0; i < countof(told); i++) model.has[told[i].feature] = true;
    u32 r[4] = {0};
    __get_cpuid_count(7, 0, &r[0], &r[1], &r[2], &r[3]);
    model.la57 = r[2] >> 16 & 1; // WRFSBASE takes what is canonical for the processor, whatever the paging mode
    return &model;
}
