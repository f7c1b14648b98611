// SPDX-License-Identifier: MIT
// The guest's flags from what is known of them. Translated code calls this while the guest's vector registers are in the host's: the Makefile
// has this file compiled for general registers alone.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/int/flags.h"

#define SETTLE(N)                                                                                                                \
    static void settle##N(struct x86_cpu *c, enum lazy kind, u64 wide_x, u64 wide_y) {                                           \
        u##N x = (u##N)wide_x, y = (u##N)wide_y, r = x;                                                                          \
        switch (kind) {                                                                                                          \
        case LAZY_ADD: x = (u##N)(r - y), FLAGS_ADD(N, x, y, r); break;                                                          \
        case LAZY_SUB: x = (u##N)(r + y), FLAGS_SUB(N, x, y, r); break;                                                          \
        case LAZY_CMP: r = (u##N)(x - y), FLAGS_SUB(N, x, y, r); break;                                                          \
        case LAZY_TEST: r = x & y, FLAGS_LOGIC(N, r); break;                                                                     \
        case LAZY_NEG: y = (u##N)(0 - r), FLAGS_SUB(N, (u##N)0, y, r); break;                                                    \
        case LAZY_LOGIC: FLAGS_LOGIC(N, r); break;                                                                               \
        case LAZY_INC: FLAGS_RESULT(N, r), c->s.of = r == (u##N)1 << (N - 1), c->s.af = (u8)((r - 1) ^ 1 ^ r); break;            \
        case LAZY_DEC: x = (u##N)(r + 1), FLAGS_RESULT(N, r), c->s.of = x == (u##N)1 << (N - 1), c->s.af = (u8)(x ^ 1 ^ r);      \
            break;                                                                                                               \
        case LAZY_SHL: FLAGS_RESULT(N, r), c->s.of = (u8)(c->s.cf ^ (r >> (N - 1) & 1)), c->s.af = 0; break;                     \
        case LAZY_SHR: FLAGS_RESULT(N, r), c->s.of = (u8)((r ^ (u##N)(r << 1)) >> (N - 1) & 1), c->s.af = 0; break;              \
        case LAZY_SAR: FLAGS_RESULT(N, r), c->s.of = 0, c->s.af = 0; break;                                                      \
        case LAZY_MUL: FLAGS_RESULT(N, r), c->s.of = c->s.cf, c->s.af = 0; break;                                                \
        default: FLAGS_RESULT(N, r); break;                                                                                      \
        }                                                                                                                        \
    }
SETTLE(8)
SETTLE(16)
SETTLE(32)
SETTLE(64)

static void settle_base(struct x86_cpu *c, enum lazy kind, unsigned size) {
    u64 x = c->lazy.x, y = c->lazy.y;
    if (kind == LAZY_NONE) return;
    if (kind == LAZY_COMPARED) {
        c->s.z = !(x & 1);
        c->s.sp = !(x >> 8 & 1);
        c->s.of = c->s.af = 0;
        return;
    }
    switch (size) {
    case 0: settle8(c, kind, x, y); break;
    case 1: settle16(c, kind, x, y); break;
    case 2: settle32(c, kind, x, y); break;
    default: settle64(c, kind, x, y); break;
    }
}

void x86_settle_flags(struct x86_cpu *c) {
    u32 word = c->lazy.kind, over = word >> 16 & 0xff;
    u8 cf = c->s.cf;
    settle_base(c, word & 0xff, word >> 8 & 0xff);
    if (over & OVER_CARRY) c->s.cf = cf;
    if (over & (OVER_ROL | OVER_ROR)) {
        unsigned top = (8u << (word >> 24)) - 1; // ROL: CF is the lowest bit (int/op_shift.c)
        c->s.of = (u8)((c->lazy.o >> top ^ (over & OVER_ROL ? c->lazy.o : c->lazy.o >> (top - 1))) & 1);
    }
    c->lazy.kind = LAZY_NONE;
}

u64 x86_flags_word(struct x86_cpu *c) {
    x86_settle_flags(c);
    return x86_arith_flags(&c->s) | FL_ONE;
}
