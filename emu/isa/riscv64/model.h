// SPDX-License-Identifier: MIT
// CPU models: which extensions a processor has. One row per extension: its name as the device tree's riscv,isa-extensions writes it,
// and the first model that has it. The enum, what is decoded, and the device tree's list come from these rows.
#ifndef RV_MODEL_H
#define RV_MODEL_H

#include "base/types.h"

// Each model has what the ones before it have.
enum rv_level {
    RV64GC, // what Linux distributions for RISC-V are compiled for
    RVA22,  // the profile RVA22S64 with its mandatory extensions: the default
    RV_MAX, // all there is
    RV_LEVELS
};

// Privileged extensions are rows, too. Svade and Svadu exclude each other: pages without A or D bit fault up to RVA22, and are
// updated by hardware above it (menvcfg.ADUE says so).
#define RV_EXTENSIONS(X)                                                                                                         \
    X(I, "i", RV64GC)                                                                                                            \
    X(M, "m", RV64GC)                                                                                                            \
    X(A, "a", RV64GC)                                                                                                            \
    X(F, "f", RV64GC)                                                                                                            \
    X(D, "d", RV64GC)                                                                                                            \
    X(C, "c", RV64GC)                                                                                                            \
    X(ZICSR, "zicsr", RV64GC)                                                                                                    \
    X(ZIFENCEI, "zifencei", RV64GC)                                                                                              \
    X(ZICNTR, "zicntr", RV64GC)                                                                                                  \
    X(ZIHPM, "zihpm", RVA22)                                                                                                     \
    X(ZIHINTPAUSE, "zihintpause", RVA22)                                                                                         \
    X(ZICBOM, "zicbom", RVA22)                                                                                                   \
    X(ZICBOP, "zicbop", RVA22)                                                                                                   \
    X(ZICBOZ, "zicboz", RVA22)                                                                                                   \
    X(ZBA, "zba", RVA22)                                                                                                         \
    X(ZBB, "zbb", RVA22)                                                                                                         \
    X(ZBS, "zbs", RVA22)                                                                                                         \
    X(ZFHMIN, "zfhmin", RVA22)                                                                                                   \
    X(ZKT, "zkt", RVA22)                                                                                                         \
    X(SVPBMT, "svpbmt", RVA22)                                                                                                   \
    X(SVINVAL, "svinval", RVA22)                                                                                                 \
    X(SVADE, "svade", RV64GC)                                                                                                    \
    X(SVADU, "svadu", RV_MAX)                                                                                                    \
    X(SVNAPOT, "svnapot", RV_MAX)                                                                                                \
    X(SSTC, "sstc", RV_MAX)

enum rv_ext {
#define X(id, name, level) EXT_##id,
    RV_EXTENSIONS(X)
#undef X
        EXT_COUNT
};
_Static_assert(EXT_COUNT <= 64, "a set of extensions is one u64");

struct rv_model {
    const char *name;     // as in `cpu = rva22`
    u64 has;              // BIT(EXT_*)
    const char *mmu_type; // the device tree's mmu-type
    u8 satp_mode_max;     // highest MODE that satp takes (8: Sv39, 9: Sv48, 10: Sv57); all below it, too
};

// NULL when there is no such model. "" is the default.
const struct rv_model *rv_model_find(const char *name);
// All of them, i from 0; NULL behind the last.
const struct rv_model *rv_model_at(unsigned i);
static inline bool rv_has(const struct rv_model *m, enum rv_ext e) { return m->has >> e & 1; }
// Name of an extension as the device tree writes it.
const char *rv_ext_name(enum rv_ext e);

#endif
