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

void x86_settle_flags(struct x86_cpu *c) {
    enum lazy kind = c->lazy.kind & 0xff;
    if (kind == LAZY_NONE) return;
    if (kind == LAZY_COMPARED) {
        c->s.z = !(c->lazy.x & 1);
        c->s.sp = !(c->lazy.x >> 8 & 1);
        c->s.of = c->s.af = 0;
        c->lazy.kind = LAZY_NONE;
        return;
    }
    u64 x = c->lazy.x, y = c->lazy.y;
    switch (c->lazy.kind >> 8) {
    case 0: settle8(c, kind, x, y); break;
    case 1: settle16(c, kind, x, y); break;
    case 2: settle32(c, kind, x, y); break;
    default: settle64(c, kind, x, y); break;
    }
    c->lazy.kind = LAZY_NONE;
}

u64 x86_flags_word(struct x86_cpu *c) {
    x86_settle_flags(c);
    return x86_arith_flags(&c->s) | FL_ONE;
}
