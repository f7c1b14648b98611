// SPDX-License-Identifier: MIT
// The constants of FLD1 .. FLDZ: held to 66 bits by the processor and rounded by RC (vol. 1, 8.3.8).
#include "isa/x86_64/x87/x87.h"

struct x87_reg x87_constant(unsigned rc, enum x87_constant which) {
    static const struct {
        u16 exp;
        u64 mant, rest; // as a fraction of the mantissa's last bit
    } table[] = {
        [X87_ONE] = {X87_BIAS, X87_J, 0},
        [X87_L2T] = {X87_BIAS + 1, 0xd49a784bcd1b8afe, BIT(62)}, // log2(10)
        [X87_L2E] = {X87_BIAS, 0xb8aa3b295c17f0bb, BIT(63) + 1}, // log2(e)
        [X87_PI] = {X87_BIAS + 1, 0xc90fdaa22168c234, 3 * BIT(62)},
        [X87_LG2] = {X87_BIAS - 2, 0x9a209a84fbcff798, BIT(63) + 1}, // log10(2)
        [X87_LN2] = {X87_BIAS - 1, 0xb17217f7d1cf79ab, 3 * BIT(62)},
        [X87_PLUS_ZERO] = {0, 0, 0},
    };
    u64 mant = table[which].mant + x87_rounds_up(rc, false, false, table[which].rest);
    return x87_pack(false, table[which].exp, mant);
}
