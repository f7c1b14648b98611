// SPDX-License-Identifier: MIT
// What the processor under us has, by the rows of feature.h (vol. 2A, CPUID).
#include "isa/x86_64/insn/feature.h"

#include "base/bits.h"

static void cpuid(u32 leaf, u32 sub, u32 r[4]) {
    __asm__ volatile("cpuid"
                     : "=a"(r[CPUID_EAX]), "=b"(r[CPUID_EBX]), "=c"(r[CPUID_ECX]), "=d"(r[CPUID_EDX])
                     : "a"(leaf), "c"(sub));
}

// YMM registers are there once the host's system saves them (vol. 1, 14.3).
static bool saves_ymm(void) {
    enum { OSXSAVE = 27, SSE_AND_AVX = 6 };
    u32 r[4], low, high;
    cpuid(1, 0, r);
    if (!(r[CPUID_ECX] >> OSXSAVE & 1)) return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & SSE_AND_AVX) == SSE_AND_AVX;
}

// CPUID is slow where a hypervisor answers it: rows of the same leaf, which stand together for the most part, ask once.
void x86_host_features(bool has[F_COUNT]) {
    static const u8 need_ymm[] = {F_AVX, F_AVX2, F_FMA, F_F16C};
    u32 leaf = X86_UNTOLD, sub = 0, r[4] = {0}, basic[4], extended[4];
    bool ymm = saves_ymm();
    cpuid(0, 0, basic);
    cpuid(0x80000000, 0, extended);
    for (unsigned i = 0; i < F_COUNT; i++) {
        const struct x86_feature *f = &x86_features[i];
        has[i] = f->leaf == X86_UNTOLD;
        if (has[i] || f->leaf > (f->leaf >> 31 ? extended : basic)[CPUID_EAX]) continue;
        if (f->leaf != leaf || f->sub != sub) cpuid(f->leaf, f->sub, r);
        leaf = f->leaf, sub = f->sub;
        has[i] = r[f->reg] >> f->bit & 1;
    }
    for (unsigned i = 0; i < countof(need_ymm); i++) has[need_ymm[i]] &= ymm;
}
