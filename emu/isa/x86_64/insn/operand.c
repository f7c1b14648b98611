// SPDX-License-Identifier: MIT
#include "isa/x86_64/insn/insn.h"

#define X(kind, place, file, width, memory, number) [o_##kind] = {P_##place, file, W_##width, W_##memory, number},
const struct x86_operand x86_operands[OPERANDS] = {X86_OPERANDS(X)};

bool x86_row_has(const struct insn *row, u8 kind) {
    for (unsigned i = 0; i < countof(row->operand); i++)
        if (row->operand[i] == kind) return true;
    return false;
}

bool x86_row_places(const struct insn *row, u8 place) {
    for (unsigned i = 0; i < countof(row->operand); i++)
        if (x86_operands[row->operand[i]].place == place) return true;
    return false;
}

bool x86_row_uses(const struct insn *row, u8 file) {
    for (unsigned i = 0; i < countof(row->operand); i++)
        if (x86_operands[row->operand[i]].file == file) return true;
    return false;
}

static bool some(const struct insn *row, bool is(u8 kind)) {
    for (unsigned i = 0; i < countof(row->operand); i++)
        if (is(row->operand[i])) return true;
    return false;
}

static bool is_vsib(u8 kind) { return x86_is_vsib(kind); }
static bool register_only(u8 kind) { return x86_register_only(kind); }
static bool memory_only(u8 kind) { return x86_memory_only(kind); }

bool x86_row_is_vsib(const struct insn *row) { return some(row, is_vsib); }
bool x86_row_register_only(const struct insn *row) { return row->modrm & REGONLY || some(row, register_only); }
bool x86_row_memory_only(const struct insn *row) { return row->modrm & MEMONLY || some(row, memory_only); }
bool x86_row_needs_modrm(const struct insn *row) { return row->modrm || x86_row_places(row, P_REG) || x86_row_places(row, P_RM); }
