// SPDX-License-Identifier: MIT
// Arithmetic flags as they are kept (see struct x86_state): cheap to produce, put together only when read.
#ifndef X86_FLAGS_H
#define X86_FLAGS_H

#include "isa/x86_64/cpu.h"

static inline bool flag_zf(const struct x86_state *s) { return !s->z; }
static inline bool flag_sf(const struct x86_state *s) { return s->sp < 0; }
static inline bool flag_pf(const struct x86_state *s) { return !__builtin_parity((u8)s->sp); }
static inline bool flag_af(const struct x86_state *s) { return s->af >> 4 & 1; }

// CF PF AF ZF SF OF in their places.
static inline u32 x86_arith_flags(const struct x86_state *s) {
    return (s->cf ? FL_CF : 0u) | (flag_pf(s) ? FL_PF : 0u) | (flag_af(s) ? FL_AF : 0u) | (flag_zf(s) ? FL_ZF : 0u) |
           (flag_sf(s) ? FL_SF : 0u) | (s->of ? FL_OF : 0u);
}

// Condition codes 0..15 as in Jcc, SETcc, CMOVcc (vol. 1, appendix B).
static inline bool condition(const struct x86_state *s, unsigned cc) {
    bool v;
    switch (cc >> 1) {
    case 0: v = s->of; break;
    case 1: v = s->cf; break;
    case 2: v = flag_zf(s); break;
    case 3: v = s->cf || flag_zf(s); break;
    case 4: v = flag_sf(s); break;
    case 5: v = flag_pf(s); break;
    case 6: v = flag_sf(s) != s->of; break;
    default: v = flag_sf(s) != s->of || flag_zf(s); break;
    }
    return v != (cc & 1);
}

// ZF, SF, PF of a result of N bits.
#define FLAGS_RESULT(N, r) (c->s.z = (u##N)(r), c->s.sp = (i##N)(r))
#define FLAGS_LOGIC(N, r) (FLAGS_RESULT(N, r), c->s.cf = c->s.of = c->s.af = 0)
// r = x + y or x - y, all of N bits.
#define FLAGS_ADD(N, x, y, r)                                                                                                    \
    (FLAGS_RESULT(N, r), c->s.cf = (r) < (x), c->s.of = OVERFLOWS(N, add, x, y), c->s.af = (u8)((x) ^ (y) ^ (r)))
#define FLAGS_SUB(N, x, y, r)                                                                                                    \
    (FLAGS_RESULT(N, r), c->s.cf = (x) < (y), c->s.of = OVERFLOWS(N, sub, x, y), c->s.af = (u8)((x) ^ (y) ^ (r)))
#define OVERFLOWS(N, op, x, y)                                                                                                   \
    ({                                                                                                                           \
        i##N result_;                                                                                                            \
        __builtin_##op##_overflow((i##N)(x), (i##N)(y), &result_);                                                               \
    })
// The same with a carry that came in; `carry` is the one that goes out.
#define FLAGS_ADC(N, x, y, r, carry)                                                                                             \
    (FLAGS_RESULT(N, r), c->s.cf = (carry), c->s.of = (u8)((u##N)(((x) ^ (r)) & ((y) ^ (r))) >> (N - 1)),                        \
     c->s.af = (u8)((x) ^ (y) ^ (r)))
#define FLAGS_SBB(N, x, y, r, borrow)                                                                                            \
    (FLAGS_RESULT(N, r), c->s.cf = (borrow), c->s.of = (u8)((u##N)(((x) ^ (y)) & ((x) ^ (r))) >> (N - 1)),                       \
     c->s.af = (u8)((x) ^ (y) ^ (r)))

#endif
