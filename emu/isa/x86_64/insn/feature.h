// SPDX-License-Identifier: MIT
// What CPUID can deny: one row per feature. The enum, CPUID's feature words, the models, which instructions are decoded, and what
// the rigs ask of the processor under them come from these rows.
#ifndef X86_FEATURE_H
#define X86_FEATURE_H

#include "base/types.h"

// The levels of the psABI (x86-64 ABI, 3.1.1): a model has what the levels up to its own have. What the psABI names for a level is
// there from that level on and absent below it. What it does not name stands where the first machines of the level have it, or
// where an OS is better off with it and no program can tell: v2 is a Nehalem with the system mechanisms of later ones; v3 has user
// instructions that the ABI leaves open. "max" adds what costs a guest time (an OS that can use five levels of page tables does).
enum x86_level { X86_V1, X86_V2, X86_V3, X86_MAX };

enum { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

// X(level asked, id, the SDM's name, level, leaf, subleaf, register, bit). X86_UNTOLD: no bit tells of it. Up to PKU there are
// instructions that need it (insn.feature); from there on it is a mechanism, of control registers, MSRs and page tables.
#define X86_UNTOLD 0xffffffffu
#define X86_FEATURES(X, ASKED)                                                                                                   \
    X(ASKED, BASE, "base", V1, X86_UNTOLD, 0, EAX, 0)                                                                            \
    X(ASKED, NOPL, "NOPL", V1, X86_UNTOLD, 0, EAX, 0)                                                                            \
    X(ASKED, FPU, "FPU", V1, 1, 0, EDX, 0)                                                                                       \
    X(ASKED, CX8, "CX8", V1, 1, 0, EDX, 8)                                                                                       \
    X(ASKED, SEP, "SEP", V1, 1, 0, EDX, 11)                                                                                      \
    X(ASKED, CMOV, "CMOV", V1, 1, 0, EDX, 15)                                                                                    \
    X(ASKED, CLFLUSH, "CLFSH", V1, 1, 0, EDX, 19)                                                                                \
    X(ASKED, MMX, "MMX", V1, 1, 0, EDX, 23)                                                                                      \
    X(ASKED, FXSR, "FXSR", V1, 1, 0, EDX, 24)                                                                                    \
    X(ASKED, SSE, "SSE", V1, 1, 0, EDX, 25)                                                                                      \
    X(ASKED, SSE2, "SSE2", V1, 1, 0, EDX, 26)                                                                                    \
    X(ASKED, SYSCALL, "SYSCALL", V1, 0x80000001, 0, EDX, 11)                                                                     \
    X(ASKED, LM, "Intel 64", V1, 0x80000001, 0, EDX, 29)                                                                         \
    X(ASKED, SSE3, "SSE3", V2, 1, 0, ECX, 0)                                                                                     \
    X(ASKED, SSSE3, "SSSE3", V2, 1, 0, ECX, 9)                                                                                   \
    X(ASKED, CX16, "CMPXCHG16B", V2, 1, 0, ECX, 13)                                                                              \
    X(ASKED, SSE41, "SSE4.1", V2, 1, 0, ECX, 19)                                                                                 \
    X(ASKED, SSE42, "SSE4.2", V2, 1, 0, ECX, 20)                                                                                 \
    X(ASKED, POPCNT, "POPCNT", V2, 1, 0, ECX, 23)                                                                                \
    X(ASKED, INVPCID, "INVPCID", V2, 7, 0, EBX, 10)                                                                              \
    X(ASKED, SMAP, "SMAP", V2, 7, 0, EBX, 20)                                                                                    \
    X(ASKED, LAHF, "LAHF", V2, 0x80000001, 0, ECX, 0)                                                                            \
    X(ASKED, RDTSCP, "RDTSCP", V2, 0x80000001, 0, EDX, 27)                                                                       \
    X(ASKED, PCLMUL, "PCLMULQDQ", V3, 1, 0, ECX, 1)                                                                              \
    X(ASKED, FMA, "FMA", V3, 1, 0, ECX, 12)                                                                                      \
    X(ASKED, MOVBE, "MOVBE", V3, 1, 0, ECX, 22)                                                                                  \
    X(ASKED, AES, "AESNI", V3, 1, 0, ECX, 25)                                                                                    \
    X(ASKED, XSAVE, "XSAVE", V3, 1, 0, ECX, 26)                                                                                  \
    X(ASKED, AVX, "AVX", V3, 1, 0, ECX, 28)                                                                                      \
    X(ASKED, F16C, "F16C", V3, 1, 0, ECX, 29)                                                                                    \
    X(ASKED, RDRAND, "RDRAND", V3, 1, 0, ECX, 30)                                                                                \
    X(ASKED, FSGSBASE, "FSGSBASE", V3, 7, 0, EBX, 0)                                                                             \
    X(ASKED, BMI1, "BMI1", V3, 7, 0, EBX, 3)                                                                                     \
    X(ASKED, AVX2, "AVX2", V3, 7, 0, EBX, 5)                                                                                     \
    X(ASKED, BMI2, "BMI2", V3, 7, 0, EBX, 8)                                                                                     \
    X(ASKED, RDSEED, "RDSEED", V3, 7, 0, EBX, 18)                                                                                \
    X(ASKED, CLFLUSHOPT, "CLFLUSHOPT", V3, 7, 0, EBX, 23)                                                                        \
    X(ASKED, SHA, "SHA", V3, 7, 0, EBX, 29)                                                                                      \
    X(ASKED, RDPID, "RDPID", V3, 7, 0, ECX, 22)                                                                                  \
    X(ASKED, XSAVEOPT, "XSAVEOPT", V3, 0xd, 1, EAX, 0)                                                                           \
    X(ASKED, XSAVEC, "XSAVEC", V3, 0xd, 1, EAX, 1)                                                                               \
    X(ASKED, XSAVES, "XSAVES", V3, 0xd, 1, EAX, 3)                                                                               \
    X(ASKED, LZCNT, "LZCNT", V3, 0x80000001, 0, ECX, 5)                                                                          \
    X(ASKED, PREFETCHW, "PREFETCHW", V3, 0x80000001, 0, ECX, 8)                                                                  \
    X(ASKED, ADX, "ADX", MAX, 7, 0, EBX, 19)                                                                                     \
    X(ASKED, CLWB, "CLWB", MAX, 7, 0, EBX, 24)                                                                                   \
    X(ASKED, PKU, "PKU", MAX, 7, 0, ECX, 3)                                                                                      \
    /* mechanisms */                                                                                                             \
    X(ASKED, PSE, "PSE", V1, 1, 0, EDX, 3)                                                                                       \
    X(ASKED, PAE, "PAE", V1, 1, 0, EDX, 6)                                                                                       \
    X(ASKED, PGE, "PGE", V1, 1, 0, EDX, 13)                                                                                      \
    X(ASKED, PSE36, "PSE-36", V1, 1, 0, EDX, 17)                                                                                 \
    X(ASKED, X2APIC, "x2APIC", V1, 1, 0, ECX, 21)                                                                                \
    X(ASKED, TSC_DEADLINE, "TSC-Deadline", V1, 1, 0, ECX, 24)                                                                    \
    X(ASKED, NX, "execute disable", V1, 0x80000001, 0, EDX, 20)                                                                  \
    X(ASKED, PCID, "PCID", V2, 1, 0, ECX, 17)                                                                                    \
    X(ASKED, SMEP, "SMEP", V2, 7, 0, EBX, 7)                                                                                     \
    X(ASKED, UMIP, "UMIP", V2, 7, 0, ECX, 2)                                                                                     \
    X(ASKED, PAGE1G, "1-GByte pages", V2, 0x80000001, 0, EDX, 26)                                                                \
    X(ASKED, LA57, "LA57", MAX, 7, 0, ECX, 16)                                                                                   \
    X(ASKED, PKS, "PKS", MAX, 7, 0, ECX, 31)

enum feature {
#define X(asked, id, ...) F_##id,
    X86_FEATURES(X, 0)
#undef X
        F_COUNT,
    F_FIRST_MECHANISM = F_PSE,
};

// Where CPUID tells of a feature.
struct x86_feature {
    const char *name;
    u32 leaf;         // X86_UNTOLD: nowhere
    u8 sub, reg, bit; // reg: CPUID_*
};
extern const struct x86_feature x86_features[F_COUNT];
// What the processor has that this emulator runs on; what needs registers that its system does not save counts as not there.
void x86_host_features(bool has[F_COUNT]);

#endif
