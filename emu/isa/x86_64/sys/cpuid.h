// SPDX-License-Identifier: MIT
// CPU models: what CPUID tells, and nothing else. A model is a level of feature.h; the decoder asks it which rows exist.
#ifndef X86_CPUID_H
#define X86_CPUID_H

#include "isa/x86_64/insn/insn.h"

struct x86_model {
    const char *name;  // as in `cpu = x86-64-v2`
    bool has[F_COUNT]; // features of feature.h
    u8 physical_bits;  // MAXPHYADDR
};

// TSC, APIC timer input and crystal: 1 GHz, one tick per instruction (core/clock.h).
#define X86_TSC_HZ 1000000000u

// NULL when there is no such model. "" is the default.
const struct x86_model *x86_model_find(const char *name);
// All of them, i from 0; NULL behind the last.
const struct x86_model *x86_model_at(unsigned i);
// IA32_MISC_ENABLE (vol. 4, table 2-2): what it takes away.
#define MISC_LIMIT_CPUID BIT(22) // CPUID has no basic leaf above 2
#define MISC_XD_DISABLE BIT(34)  // neither CPUID nor EFER knows execute-disable
static inline bool x86_has_nx(const struct x86_cpu *c) { return c->model->has[F_NX] && !(c->s.misc_enable & MISC_XD_DISABLE); }
// EAX, EBX, ECX, EDX of a leaf, as the guest sees them now (OSXSAVE, APIC on/off, IA32_MISC_ENABLE follow the state).
void x86_cpuid(const struct x86_cpu *c, u32 leaf, u32 subleaf, u32 out[4]);

#endif
