// SPDX-License-Identifier: MIT
// Which features are compared: all that the largest model has, but for those that the processor here lacks.
#include "rig.h"

#include <cpuid.h>

bool host_is_intel(void) {
    static u32 ebx; // 0: not asked yet
    u32 a, c, d;
    if (!ebx) __get_cpuid(0, &a, &ebx, &c, &d);
    return ebx == signature_INTEL_ebx;
}

static bool host_has(enum feature id) {
    const struct x86_feature *f = &x86_features[id];
    u32 r[4] = {0};
    if (f->leaf == X86_UNTOLD) return true; // of every processor with long mode
    __get_cpuid_count(f->leaf, f->sub, &r[CPUID_EAX], &r[CPUID_EBX], &r[CPUID_ECX], &r[CPUID_EDX]);
    return r[f->reg] >> f->bit & 1;
}

const char *host_lacks(const struct insn *row) { return host_has(row->feature) ? NULL : x86_features[row->feature].name; }

const struct x86_model *rig_model(void) {
    static struct x86_model model;
    if (model.name) return &model;
    model = *x86_model_find("max");
    model.has[F_LA57] = host_has(F_LA57); // WRFSBASE takes what is canonical for the processor, whatever the paging mode
    return &model;
}
