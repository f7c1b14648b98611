// SPDX-License-Identifier: MIT
#include "isa/arm64/model.h"

#include "base/bits.h"

#include <string.h>

#define UP_TO_ARMV8_0(id, reg, lsb, value, level) | (level <= ARMV8_0 ? BIT(FEAT_##id) : 0)
#define UP_TO_ARMV8_2(id, reg, lsb, value, level) | (level <= ARMV8_2 ? BIT(FEAT_##id) : 0)
#define UP_TO_MAX(id, reg, lsb, value, level) | (level <= ARM64_MAX ? BIT(FEAT_##id) : 0)

// MIDR_EL1: implementer 0 is "reserved for software use", and no erratum's list has it.
static const struct arm64_model models[ARM64_LEVELS] = {
    [ARMV8_0] = {"armv8.0", "arm,armv8", 0x000f0000, 0 ARM64_FEATURES(UP_TO_ARMV8_0), 48},
    [ARMV8_2] = {"armv8.2", "arm,armv8", 0x000f0010, 0 ARM64_FEATURES(UP_TO_ARMV8_2), 48},
    [ARM64_MAX] = {"max", "arm,armv8", 0x000f0020, 0 ARM64_FEATURES(UP_TO_MAX), 52},
};

const struct arm64_model *arm64_model_find(const char *name) {
    if (!*name) return &models[ARMV8_2];
    for (unsigned i = 0; i < ARM64_LEVELS; i++)
        if (!strcmp(models[i].name, name)) return &models[i];
    return NULL;
}

const struct arm64_model *arm64_model_at(unsigned i) { return i < ARM64_LEVELS ? &models[i] : NULL; }

static const struct {
    u8 id, lsb, value;
} fields[FEAT_COUNT] = {
#define X(name, reg, bit, v, level) [FEAT_##name] = {reg, bit, v},
    ARM64_FEATURES(X)
#undef X
};

// What is there without a feature's name: AArch64 alone at EL0 and EL1, FP and Advanced SIMD (0 says yes), no EL2 and EL3; debug of
// Armv8.0 with two breakpoints and one watchpoint, the fewest there can be; 48-bit addresses, ASIDs of 16 bits, all three granules.
static u64 base_of(enum arm64_id id) {
    switch (id) {
    case ID_PFR0: return 0x11 | BIT(56) | BIT(60); // CSV2, CSV3: nothing is speculated, so no kernel needs to guard against it
    case ID_DFR0: return 0x00001006;
    case ID_MMFR0: return 5 | 2 << 4 | 1 << 20;
    default: return 0;
    }
}

u64 arm64_id_register(const struct arm64_model *m, enum arm64_id id) {
    u64 v = base_of(id);
    for (unsigned i = 0; i < FEAT_COUNT; i++) {
        if (fields[i].id != id || !arm64_has(m, i) || fields[i].value <= bits(v, fields[i].lsb + 3u, fields[i].lsb)) continue;
        v = (v & ~mask(fields[i].lsb + 3u, fields[i].lsb)) | (u64)fields[i].value << fields[i].lsb;
    }
    return v;
}
