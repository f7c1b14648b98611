// SPDX-License-Identifier: MIT
// What the x87's rooms share: rows of escape opcodes D8..DF (SDM vol. 2, tables) and FWAIT. Rows marked "alias" are not
// in the manual but accepted by all silicon. What has no row is #UD. In names of handlers `st0`, `sti`, `pop` are where the result
// goes; m32 .. m80 floating-point, i16 .. i32 integer memory operands. FCOMI writes all arithmetic flags, but not with an unmasked
// exception: so it has no `writes`.
#ifndef X86_OP_X87_H
#define X86_OP_X87_H

#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/x87/x87.h"

// One handler for every operand size: register form, memory form, both, and by size (16 / 32 and 64 bits).
#define X87_R(f) &(const struct ops)OPS_R(x87_##f)
#define X87_M(f) &(const struct ops)OPS_M(x87_##f)
#define X87_ALL(f) &(const struct ops)OPS_ALL(x87_##f)
#define X87_BY_SIZE(f)                                                                                                           \
    &(const struct ops) {                                                                                                        \
        {0}, { x87_##f##_32, x87_##f##_16, x87_##f##_32, x87_##f##_32 }                                                          \
    }

#endif
