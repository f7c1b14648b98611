// SPDX-License-Identifier: MIT
// CPU models and CPUID (vol. 2A, CPUID). The feature leaves are computed from the model, so a bit is told exactly when the
// instruction or mechanism is there.
//
// The vendor is GenuineIntel, family 6, model 36h (an in-order Atom): not vanity, but what makes guests quiet and quick.
// An in-order core does not speculate, so Linux (arch/x86/kernel/cpu/common.c, cpu_vuln_whitelist) installs no page-table
// isolation and no retpolines; it takes the TSC's frequency from leaf 15h, which it believes of Intel only, and needs no
// calibration loop; and an unknown vendor is greeted with "your system may be unstable". No Atom of that model has AVX2, and none
// of the in-order ones has: an OS takes instructions from the feature bits and only its precautions from the model, and the
// precautions of a newer model would be against an out-of-order core that is not here. MCE and MCA with no bank: no error is ever
// found, but systems take their absence for a broken PC. No performance counters, thermal or MWAIT: none of them exists here. No
// hypervisor bit: there is no hypervisor interface to be found.
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/sys.h"
#include "isa/x86_64/sys/xstate.h"

#include <string.h>

#define SIGNATURE 0x00030661u // extended model 3 | family 6 | model 6 | stepping 1
#define BRAND "softmetal x86-64 interpreter @ 1.00GHz"

// The levels of the psABI (x86-64 ABI, 3.1.1). What the psABI names for a level is there from that level on and absent below it. What it
// does not name stands where the first machines of the level have it, or where an OS is better off with it and no program can
// tell: v2 is a Nehalem with the system mechanisms of later ones; v3 has user instructions that the ABI leaves open.
#define V1_FEATURES                                                                                \
    [F_BASE] = true, [F_FPU] = true, [F_CMOV] = true, [F_MMX] = true, [F_FXSR] = true, [F_SSE] = true, [F_SSE2] = true, \
    [F_CX8] = true, [F_LM] = true, [F_SYSCALL] = true, [F_SEP] = true, [F_CLFLUSH] = true, [F_NOPL] = true
#define V2_FEATURES                                                                                \
    V1_FEATURES, [F_CX16] = true, [F_LAHF] = true, [F_POPCNT] = true, [F_SSE3] = true, [F_SSE41] = true, [F_SSE42] = true, \
    [F_SSSE3] = true, [F_RDTSCP] = true, [F_INVPCID] = true, [F_SMAP] = true
#define V3_FEATURES                                                                                \
    V2_FEATURES, [F_AVX] = true, [F_AVX2] = true, [F_BMI1] = true, [F_BMI2] = true, [F_F16C] = true, [F_FMA] = true, \
    [F_LZCNT] = true, [F_MOVBE] = true, [F_XSAVE] = true, [F_XSAVEOPT] = true, [F_XSAVEC] = true, [F_XSAVES] = true, \
    [F_AES] = true, [F_PCLMUL] = true, [F_SHA] = true, [F_RDRAND] = true, [F_RDSEED] = true, [F_FSGSBASE] = true, \
    [F_RDPID] = true, [F_PREFETCHW] = true, [F_CLFLUSHOPT] = true
#define MAX_FEATURES V3_FEATURES, [F_ADX] = true, [F_PKU] = true, [F_CLWB] = true
#define SYSTEM_V1 .pge = true, .pse = true, .pae = true, .nx = true, .x2apic = true, .tsc_deadline = true, .physical_bits = 40
#define SYSTEM_V2 SYSTEM_V1, .pcid = true, .smep = true, .smap = true, .page1g = true, .umip = true

// The first is the default. "max" adds what costs a guest time (an OS that can use five levels of page tables does).
static const struct x86_model models[] = {
    {.name = "x86-64-v3", .has = {V3_FEATURES}, SYSTEM_V2},
    {.name = "x86-64-v2", .has = {V2_FEATURES}, SYSTEM_V2},
    {.name = "x86-64-v1", .has = {V1_FEATURES}, SYSTEM_V1},
    {.name = "max", .has = {MAX_FEATURES}, SYSTEM_V2, .la57 = true, .pks = true},
};

const struct x86_model *x86_model_find(const char *name) {
    if (!*name) return &models[0];
    for (unsigned i = 0; i < countof(models); i++)
        if (!strcmp(models[i].name, name)) return &models[i];
    return NULL;
}

const struct x86_model *x86_model_at(unsigned i) { return i < countof(models) ? &models[i] : NULL; }

// ---- feature bits: leaf, register, bit, and what it stands for

enum { LEAF_1, LEAF_7, LEAF_D1, LEAF_X1, LEAF_X7 };
enum { EAX, EBX, ECX, EDX };

struct feature_bit {
    u8 leaf, reg, bit, feature;
};

static const struct feature_bit feature_bits[] = {
    {LEAF_1, ECX, 0, F_SSE3}, {LEAF_1, ECX, 1, F_PCLMUL}, {LEAF_1, ECX, 3, F_MONITOR}, {LEAF_1, ECX, 9, F_SSSE3},
    {LEAF_1, ECX, 12, F_FMA}, {LEAF_1, ECX, 28, F_AVX}, {LEAF_1, ECX, 29, F_F16C},
    {LEAF_1, ECX, 13, F_CX16}, {LEAF_1, ECX, 19, F_SSE41}, {LEAF_1, ECX, 20, F_SSE42}, {LEAF_1, ECX, 22, F_MOVBE},
    {LEAF_1, ECX, 23, F_POPCNT}, {LEAF_1, ECX, 25, F_AES}, {LEAF_1, ECX, 26, F_XSAVE}, {LEAF_1, ECX, 30, F_RDRAND},
    {LEAF_1, EDX, 0, F_FPU}, {LEAF_1, EDX, 8, F_CX8}, {LEAF_1, EDX, 11, F_SEP}, {LEAF_1, EDX, 15, F_CMOV},
    {LEAF_1, EDX, 19, F_CLFLUSH}, {LEAF_1, EDX, 23, F_MMX}, {LEAF_1, EDX, 24, F_FXSR}, {LEAF_1, EDX, 25, F_SSE},
    {LEAF_1, EDX, 26, F_SSE2},
    {LEAF_7, EBX, 0, F_FSGSBASE}, {LEAF_7, EBX, 3, F_BMI1}, {LEAF_7, EBX, 5, F_AVX2}, {LEAF_7, EBX, 8, F_BMI2},
    {LEAF_7, EBX, 29, F_SHA}, {LEAF_7, ECX, 3, F_PKU},
    {LEAF_7, EBX, 10, F_INVPCID}, {LEAF_7, EBX, 18, F_RDSEED}, {LEAF_7, EBX, 19, F_ADX},
    {LEAF_7, EBX, 20, F_SMAP}, {LEAF_7, EBX, 23, F_CLFLUSHOPT}, {LEAF_7, EBX, 24, F_CLWB}, {LEAF_7, ECX, 22, F_RDPID},
    {LEAF_D1, EAX, 0, F_XSAVEOPT}, {LEAF_D1, EAX, 1, F_XSAVEC}, {LEAF_D1, EAX, 3, F_XSAVES},
    {LEAF_X1, ECX, 0, F_LAHF}, {LEAF_X1, ECX, 5, F_LZCNT}, {LEAF_X1, ECX, 8, F_PREFETCHW}, {LEAF_X1, EDX, 27, F_RDTSCP}, {LEAF_X1, EDX, 29, F_LM},
};

static void features(const struct x86_cpu *c, unsigned leaf, u32 out[4]) {
    for (unsigned i = 0; i < countof(feature_bits); i++) {
        const struct feature_bit *b = &feature_bits[i];
        if (b->leaf == leaf && c->model->has[b->feature]) out[b->reg] |= 1u << b->bit;
    }
}

static u32 bit_if(bool present, unsigned bit) { return (u32)present << bit; }

// Mechanisms without instructions of their own.
static void leaf_1(const struct x86_cpu *c, u32 out[4]) {
    const struct x86_model *m = c->model;
    bool apic = c->s.apic_base & BIT(11);
    features(c, LEAF_1, out);
    out[EAX] = SIGNATURE;
    out[EBX] = 1u << 16 | 8u << 8; // APIC ID 0, one logical processor, CLFLUSH line of 64 bytes
    out[ECX] |= bit_if(m->pcid, 17) | bit_if(m->x2apic, 21) | bit_if(m->tsc_deadline, 24);
    out[ECX] |= bit_if(c->s.cr4 & CR4_OSXSAVE, 27);
    out[EDX] |= 1u << 1 | 1u << 2;               // VME, DE
    out[EDX] |= 1u << 4 | 1u << 5;               // TSC, MSR
    out[EDX] |= 1u << 7 | 1u << 14;              // MCE, MCA
    out[EDX] |= 1u << 12 | 1u << 16;             // MTRR, PAT
    out[EDX] |= 1u << 27;                        // self snoop
    out[EDX] |= bit_if(m->pse, 3) | bit_if(m->pae, 6) | bit_if(apic, 9) | bit_if(m->pge, 13) | bit_if(m->pse, 17);
}

static void leaf_7(const struct x86_cpu *c, u32 out[4]) {
    const struct x86_model *m = c->model;
    features(c, LEAF_7, out);
    out[EBX] |= 1u << 1; // IA32_TSC_ADJUST
    out[EBX] |= bit_if(m->smep, 7);
    out[EBX] |= 1u << 13; // FCS and FDS are deprecated: saved as 0 (op_fxsave.c)
    out[ECX] |= bit_if(m->umip, 2) | bit_if(c->s.cr4 & CR4_PKE, 4) | bit_if(m->la57, 16) | bit_if(m->pks, 31);
}

// Deterministic cache parameters: type, level, ways, sets; lines of 64 bytes, shared by nobody.
static void leaf_4(u32 sub, u32 out[4]) {
    static const struct { u8 type, level; u16 ways, sets; } caches[] = {
        {1, 1, 8, 64}, {2, 1, 8, 64}, {3, 2, 8, 1024}, // 32 KiB data, 32 KiB instructions, 512 KiB
    };
    if (sub >= countof(caches)) return;
    out[EAX] = caches[sub].type | (u32)caches[sub].level << 5 | 1u << 8;
    out[EBX] = 63 | (caches[sub].ways - 1u) << 22;
    out[ECX] = caches[sub].sets - 1u;
}

// Topology: one thread of one core of one package.
static void leaf_b(u32 sub, u32 out[4]) {
    out[ECX] = sub & 0xff;
    if (sub > 1) return;
    out[EBX] = 1;
    out[ECX] |= (sub + 1) << 8; // 1: thread level, 2: core level
}

// XSAVE: components and sizes. 0: what XCR0 may have, sizes by XCR0 as it is and as it may be; 1: instructions, and the size of the
// compacted form (no supervisor components, so IA32_XSS has no bits); from 2 on: one component each.
static void leaf_d(const struct x86_cpu *c, u32 sub, u32 out[4]) {
    u64 supported = x86_xcr0_supported(c->model);
    if (!c->model->has[F_XSAVE]) return;
    if (sub == 0) {
        out[EAX] = (u32)supported;
        out[EBX] = x86_xstate_size(c->s.xcr0, false);
        out[ECX] = x86_xstate_size(supported, false);
    } else if (sub == 1) {
        features(c, LEAF_D1, out);
        if (c->model->has[F_XSAVEC]) out[EAX] |= 1u << 2; // XGETBV of XCR 1
        if (c->model->has[F_XSAVEC]) out[EBX] = x86_xstate_size(c->s.xcr0 | c->s.xss, true);
    }
    for (unsigned i = 0; i < x86_xstate_component_count; i++) {
        const struct xstate_component *k = &x86_xstate_components[i];
        if (k->number == sub && supported & BIT(sub)) out[EAX] = k->size, out[EBX] = k->offset;
    }
}

static void leaf_x1(const struct x86_cpu *c, u32 out[4]) {
    const struct x86_model *m = c->model;
    features(c, LEAF_X1, out);
    // SYSCALL is told in 64-bit mode only, where alone it works on this vendor's processors.
    bool code64 = (c->mode & MODE_CODE_MASK) == MODE_CODE64;
    out[EDX] |= bit_if(m->has[F_SYSCALL] && code64, 11) | bit_if(x86_has_nx(c), 20) | bit_if(m->page1g, 26);
}

static void text(u32 out[4], const char *from) { memcpy(out, from, 16); }

static void extended(const struct x86_cpu *c, u32 leaf, u32 out[4]) {
    static const char brand[48] = BRAND;
    switch (leaf) {
    case 0x80000000: out[EAX] = 0x80000008; break;
    case 0x80000001: leaf_x1(c, out); break;
    case 0x80000002: case 0x80000003: case 0x80000004: text(out, brand + 16 * (leaf - 0x80000002)); break;
    case 0x80000006: out[ECX] = 512u << 16 | 6u << 12 | 64; break; // L2: KiB, 8 ways, line
    case 0x80000007: out[EDX] = 1u << 8; break;                   // invariant TSC
    case 0x80000008: out[EAX] = c->model->physical_bits | (c->model->la57 ? 57u : 48u) << 8; break;
    default: break;
    }
}

#define LAST_LEAF 0x16

void x86_cpuid(const struct x86_cpu *c, u32 leaf, u32 sub, u32 out[4]) {
    memset(out, 0, 4 * sizeof *out);
    if (leaf >= 0x80000000 && leaf <= 0x80000008) {
        extended(c, leaf, out);
        return;
    }
    u32 last = c->s.misc_enable & MISC_LIMIT_CPUID ? 2 : LAST_LEAF;
    if (leaf > last) leaf = last, sub = 0; // beyond both ranges: as the highest basic leaf
    switch (leaf) {
    case 0:
        out[EAX] = last;
        memcpy(&out[EBX], "Genu", 4), memcpy(&out[EDX], "ineI", 4), memcpy(&out[ECX], "ntel", 4);
        break;
    case 1: leaf_1(c, out); break;
    case 2: out[EAX] = 0x00ffff01; break; // descriptors 0xff: see leaves 4 and 18h
    case 4: leaf_4(sub, out); break;
    case 6: out[EAX] = 1u << 2; break; // the APIC timer runs in every power state
    case 7: if (!sub) leaf_7(c, out); break;
    case 0xb: leaf_b(sub, out); break;
    case 0xd: leaf_d(c, sub, out); break;
    case 0x15: out[EAX] = out[EBX] = 1, out[ECX] = X86_TSC_HZ; break; // TSC / crystal = 1
    case 0x16: out[EAX] = out[EBX] = X86_TSC_HZ / 1000000, out[ECX] = 100; break; // MHz: base, maximum, bus
    default: break;
    }
}
