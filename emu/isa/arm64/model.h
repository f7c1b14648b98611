// SPDX-License-Identifier: MIT
// CPU models: which features a processor has. One row per feature in the Arm ARM's word (FEAT_*), with the ID register field that tells
// of it, and the first model that has it. The enum, what is decoded, and the ID registers come from these rows.
#ifndef ARM64_MODEL_H
#define ARM64_MODEL_H

#include "base/types.h"

// Each model has what the ones before it have.
enum arm64_level {
    ARMV8_0,
    ARMV8_2, // the default
    ARM64_MAX,
    ARM64_LEVELS
};

enum arm64_id { ID_PFR0, ID_PFR1, ID_ISAR0, ID_ISAR1, ID_ISAR2, ID_MMFR0, ID_MMFR1, ID_MMFR2, ID_DFR0, ID_COUNT };

// id, ID register, lowest bit of its field, value, first model. Where several rows share a field the largest value that the model has
// stands. BASE is what all have: fields that say more than that something is there are in model.c. FP16 has two
// fields, FP and AdvSIMD. What Armv8.0 leaves open (cryptography)
// comes with armv8.2: there are processors without, and armv8.0 shows what a guest does on them.
#define ARM64_FEATURES(X)                                                                                                        \
    X(BASE, ID_PFR0, 0, 0, ARMV8_0)                                                                                              \
    X(FP16, ID_PFR0, 16, 0x11, ARMV8_2)                                                                                          \
    X(AES, ID_ISAR0, 4, 1, ARMV8_2)                                                                                              \
    X(PMULL, ID_ISAR0, 4, 2, ARMV8_2)                                                                                            \
    X(SHA1, ID_ISAR0, 8, 1, ARMV8_2)                                                                                             \
    X(SHA256, ID_ISAR0, 12, 1, ARMV8_2)                                                                                          \
    X(SHA512, ID_ISAR0, 12, 2, ARM64_MAX)                                                                                        \
    X(CRC32, ID_ISAR0, 16, 1, ARMV8_0)                                                                                           \
    X(LSE, ID_ISAR0, 20, 2, ARMV8_2)                                                                                             \
    X(RDM, ID_ISAR0, 28, 1, ARMV8_2)                                                                                             \
    X(SHA3, ID_ISAR0, 32, 1, ARM64_MAX)                                                                                          \
    X(DotProd, ID_ISAR0, 44, 1, ARMV8_2)                                                                                         \
    X(FHM, ID_ISAR0, 48, 1, ARM64_MAX)                                                                                           \
    X(DPB, ID_ISAR1, 0, 1, ARMV8_2)                                                                                              \
    X(JSCVT, ID_ISAR1, 12, 1, ARM64_MAX)                                                                                         \
    X(FCMA, ID_ISAR1, 16, 1, ARM64_MAX)                                                                                          \
    X(LRCPC, ID_ISAR1, 20, 1, ARMV8_2)                                                                                           \
    X(FRINTTS, ID_ISAR1, 32, 1, ARM64_MAX)                                                                                       \
    X(LOR, ID_MMFR1, 16, 1, ARMV8_2)                                                                                             \
    X(HPDS, ID_MMFR1, 12, 1, ARMV8_2)                                                                                            \
    X(PAN, ID_MMFR1, 20, 1, ARMV8_2)                                                                                             \
    X(PAN2, ID_MMFR1, 20, 2, ARMV8_2)                                                                                            \
    X(UAO, ID_MMFR2, 4, 1, ARMV8_2)                                                                                              \
    X(E0PD, ID_MMFR2, 60, 1, ARM64_MAX)                                                                                          \
    X(TLBIOS, ID_ISAR0, 56, 1, ARM64_MAX)                                                                                        \
    X(TLBIRANGE, ID_ISAR0, 56, 2, ARM64_MAX)                                                                                     \
    X(FLAGM, ID_ISAR0, 52, 1, ARM64_MAX)                                                                                         \
    X(FLAGM2, ID_ISAR0, 52, 2, ARM64_MAX)                                                                                        \
    X(RNG, ID_ISAR0, 60, 1, ARM64_MAX)                                                                                           \
    X(SSBS2, ID_PFR1, 4, 2, ARM64_MAX)                                                                                           \
    X(LPA, ID_MMFR0, 0, 6, ARM64_MAX)                                                                                            \
    X(LVA, ID_MMFR2, 16, 1, ARM64_MAX)                                                                                           \
    X(BTI, ID_PFR1, 0, 1, ARM64_MAX)                                                                                             \
    X(PAUTH, ID_ISAR1, 4, 1, ARM64_MAX)                                                                                          \
    X(PACGA, ID_ISAR1, 24, 1, ARM64_MAX)

enum arm64_feature {
#define X(id, reg, lsb, value, level) FEAT_##id,
    ARM64_FEATURES(X)
#undef X
        FEAT_COUNT
};
_Static_assert(FEAT_COUNT <= 64, "a set of features is one u64");

struct arm64_model {
    const char *name;  // as in `cpu = armv8.2`
    const char *board; // compatible of the device tree's cpu node
    u64 midr;
    u64 has;    // 1 << FEAT_*
    u8 pa_bits; // addresses of more than 48 bits are those of pages of 64 KiB alone
};

// NULL when there is no such model. "" is the default.
const struct arm64_model *arm64_model_find(const char *name);
// All of them, i from 0; NULL behind the last.
const struct arm64_model *arm64_model_at(unsigned i);
static inline bool arm64_has(const struct arm64_model *m, enum arm64_feature f) { return m->has >> f & 1; }
// What an ID register (AArch64) says, but for ID_AA64PFR0_EL1.GIC, which is the board's.
u64 arm64_id_register(const struct arm64_model *m, enum arm64_id id);

#endif
