// SPDX-License-Identifier: MIT
#include "isa/riscv64/model.h"

#include "base/bits.h"

#include <string.h>

static const char *const ext_name[EXT_COUNT] = {
#define X(id, name, level) [EXT_##id] = name,
    RV_EXTENSIONS(X)
#undef X
};

#define HAS(model) (0 RV_EXTENSIONS(model))
#define AT_RV64GC(id, name, level) | (level <= RV64GC ? BIT(EXT_##id) : 0)
#define AT_RVA22(id, name, level) | (level <= RVA22 ? BIT(EXT_##id) : 0)
#define AT_MAX(id, name, level) | (level <= RV_MAX ? BIT(EXT_##id) : 0)

static const struct rv_model models[RV_LEVELS] = {
    [RV64GC] = {.name = "rv64gc", .has = HAS(AT_RV64GC), .mmu_type = "riscv,sv39", .satp_mode_max = 8},
    [RVA22] = {.name = "rva22", .has = HAS(AT_RVA22), .mmu_type = "riscv,sv39", .satp_mode_max = 8},
    [RV_MAX] = {.name = "max", .has = HAS(AT_MAX) & ~BIT(EXT_SVADE), .mmu_type = "riscv,sv57", .satp_mode_max = 10},
};

const struct rv_model *rv_model_find(const char *name) {
    if (!*name) return &models[RVA22];
    for (unsigned i = 0; i < RV_LEVELS; i++)
        if (!strcmp(models[i].name, name)) return &models[i];
    return NULL;
}

const struct rv_model *rv_model_at(unsigned i) { return i < RV_LEVELS ? &models[i] : NULL; }

const char *rv_ext_name(enum rv_ext e) { return ext_name[e]; }
