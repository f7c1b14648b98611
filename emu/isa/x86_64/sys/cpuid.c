// SPDX-License-Identifier: MIT
// CPU models and CPUID (vol. 2A, CPUID). The feature leaves are computed from the model: a bit is 1 exactly when the instruction or
// mechanism is implemented.
//
// The vendor is GenuineIntel, family 6, model 36h: an in-order Atom. Three things in guests depend on that:
//   - An in-order core does not speculate. So Linux (arch/x86/kernel/cpu/common.c, cpu_vuln_whitelist) uses neither page-table
//     isolation nor retpolines, and runs faster.
//   - Linux believes leaf 15h, the TSC's frequency, only when the vendor is Intel. Then it needs no calibration loop.
//   - Linux greets an unknown vendor with "your system may be unstable".
// No in-order Atom has AVX2, yet the default model has it. That does no harm: an OS reads from the feature bits which instructions there
// are, and from the model only which precautions to take; those of a newer model are against an out-of-order core.
//
// MCE and MCA are there, with no bank, because an OS takes a PC without them for a broken one; no error is ever found. Performance
// counters, thermal monitoring, MWAIT and the hypervisor bit are 0: nothing of that exists here.
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/sys.h"
#include "isa/x86_64/sys/xstate.h"

#include <string.h>

#define SIGNATURE 0x00030661u // extended model 3 | family 6 | model 6 | stepping 1
#define BRAND "softmetal x86-64 interpreter @ 1.00GHz"

#define HAS(asked, id, name, level, ...) [F_##id] = X86_##level <= (asked),
#define MODEL(text, level) {.name = text, .has = {X86_FEATURES(HAS, level)}, .physical_bits = 40}

// The first is the default.
static const struct x86_model models[] = {
    MODEL("x86-64-v3", X86_V3),
    MODEL("x86-64-v2", X86_V2),
    MODEL("x86-64-v1", X86_V1),
    MODEL("max", X86_MAX),
};

const struct x86_model *x86_model_find(const char *name) {
    if (!*name) return &models[0];
    for (unsigned i = 0; i < countof(models); i++)
        if (!strcmp(models[i].name, name)) return &models[i];
    return NULL;
}

const struct x86_model *x86_model_at(unsigned i) { return i < countof(models) ? &models[i] : NULL; }

// ---- feature bits

enum { EAX = CPUID_EAX, EBX, ECX, EDX };

#define TOLD(asked, id, text, level, leaf, sub, reg, bit) [F_##id] = {text, leaf, sub, CPUID_##reg, bit},
const struct x86_feature x86_features[F_COUNT] = {X86_FEATURES(TOLD, 0)};

static void features(const struct x86_cpu *c, u32 leaf, u32 sub, u32 out[4]) {
    for (unsigned i = 0; i < F_COUNT; i++) {
        const struct x86_feature *f = &x86_features[i];
        if (f->leaf == leaf && f->sub == sub && c->model->has[i]) out[f->reg] |= 1u << f->bit;
    }
}

static u32 bit_if(bool present, unsigned bit) { return (u32)present << bit; }

// What is always there, and what follows the state.
static void leaf_1(const struct x86_cpu *c, u32 out[4]) {
    features(c, 1, 0, out);
    out[EAX] = SIGNATURE;
    out[EBX] = 1u << 16 | 8u << 8; // APIC ID 0, one logical processor, CLFLUSH line of 64 bytes
    out[ECX] |= bit_if(c->s.cr4 & CR4_OSXSAVE, 27);
    out[EDX] |= 1u << 1 | 1u << 2;   // VME, DE
    out[EDX] |= 1u << 4 | 1u << 5;   // TSC, MSR
    out[EDX] |= 1u << 7 | 1u << 14;  // MCE, MCA
    out[EDX] |= 1u << 12 | 1u << 16; // MTRR, PAT
    out[EDX] |= 1u << 27;            // self snoop
    out[EDX] |= bit_if(c->s.apic_base & BIT(11), 9);
}

static void leaf_7(const struct x86_cpu *c, u32 out[4]) {
    features(c, 7, 0, out);
    out[EBX] |= 1u << 1;  // IA32_TSC_ADJUST
    out[EBX] |= 1u << 13; // FCS and FDS are deprecated: saved as 0 (op_fxsave.c)
    out[ECX] |= bit_if(c->s.cr4 & CR4_PKE, 4);
}

// Deterministic cache parameters: type, level, ways, sets. Lines have 64 bytes; no cache is shared.
static void leaf_4(u32 sub, u32 out[4]) {
    static const struct {
        u8 type, level;
        u16 ways, sets;
    } caches[] = {
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
        features(c, 0xd, 1, out);
        if (c->model->has[F_XSAVEC]) out[EAX] |= 1u << 2; // XGETBV of XCR 1
        if (c->model->has[F_XSAVEC]) out[EBX] = x86_xstate_size(c->s.xcr0 | c->s.xss, true);
    }
    for (unsigned i = 0; i < x86_xstate_component_count; i++) {
        const struct xstate_component *k = &x86_xstate_components[i];
        if (k->number == sub && supported & BIT(sub)) out[EAX] = k->size, out[EBX] = k->offset;
    }
}

static void leaf_x1(const struct x86_cpu *c, u32 out[4]) {
    features(c, 0x80000001, 0, out);
    // SYSCALL is told in 64-bit mode only, where alone it works on this vendor's processors.
    if ((c->mode & MODE_CODE_MASK) != MODE_CODE64) out[EDX] &= ~(1u << 11);
    if (!x86_has_nx(c)) out[EDX] &= ~(1u << 20);
}

static void text(u32 out[4], const char *from) { memcpy(out, from, 16); }

static void extended(const struct x86_cpu *c, u32 leaf, u32 out[4]) {
    static const char brand[48] = BRAND;
    switch (leaf) {
    case 0x80000000: out[EAX] = 0x80000008; break;
    case 0x80000001: leaf_x1(c, out); break;
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: text(out, brand + 16 * (leaf - 0x80000002)); break;
    case 0x80000006: out[ECX] = 512u << 16 | 6u << 12 | 64; break; // L2: KiB, 8 ways, line
    case 0x80000007: out[EDX] = 1u << 8; break;                    // invariant TSC
    case 0x80000008: out[EAX] = c->model->physical_bits | (c->model->has[F_LA57] ? 57u : 48u) << 8; break;
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
    case 7:
        if (!sub) leaf_7(c, out);
        break;
    case 0xb: leaf_b(sub, out); break;
    case 0xd: leaf_d(c, sub, out); break;
    case 0x15: out[EAX] = out[EBX] = 1, out[ECX] = X86_TSC_HZ; break;             // TSC / crystal = 1
    case 0x16: out[EAX] = out[EBX] = X86_TSC_HZ / 1000000, out[ECX] = 100; break; // MHz: base, maximum, bus
    default: break;
    }
}
