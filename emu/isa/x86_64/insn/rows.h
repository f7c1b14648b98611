// SPDX-License-Identifier: MIT
// Rows that declare the handlers they name. A table is a macro that lists R(map, opcode, prefix, modrm, name, (operands), handlers,
// words by choice) in the columns of struct insn; it is expanded once with DECLARE for R and once with ROW.
#ifndef X86_ROWS_H
#define X86_ROWS_H

#include "isa/x86_64/insn/insn.h"

#define ROW(map, opcode, prefix, modrm, name, operands, handlers, ...)                                                           \
    {map, opcode, prefix, modrm, name, ROW_OPERANDS operands, &handlers, __VA_ARGS__},
#define ROW_OPERANDS(...) {__VA_ARGS__}
#define DECLARE(map, opcode, prefix, modrm, name, operands, handlers, ...) extern const struct ops handlers;

// 128 bits with AVX, 256 with AVX2: two rows. vex: more VEX_* conditions.
#define ROW_BOTH(map, opcode, prefix, modrm, name, operands, handlers, vex)                                                      \
    ROW(map, opcode, prefix, modrm, name, operands, handlers, .feature = F_AVX, .flags = VEX_L0 | (vex))                         \
    ROW(map, opcode, prefix, modrm, name, operands, handlers, .feature = F_AVX2, .flags = VEX_L1 | (vex))

#endif
