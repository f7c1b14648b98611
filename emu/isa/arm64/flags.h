// SPDX-License-Identifier: MIT
// The condition flags: how results set them (AddWithCarry, J1.1.3), and what conditions ask of them (ConditionHolds).
#ifndef ARM64_FLAGS_H
#define ARM64_FLAGS_H

#include "isa/arm64/uop.h"

static inline void flags_of(struct arm64_state *s, u64 n, u64 z, u64 c, u64 o) {
    s->n = n;
    s->z = z;
    s->c = c;
    s->o = o;
}

// x + y + carry, with flags; what is subtracted comes inverted, with carry 1.
static inline u64 add_flags_64(struct arm64_state *s, u64 x, u64 y, bool carry) {
    u64 r = x + y + carry;
    flags_of(s, r, r, carry ? r <= x : r < x, (x ^ r) & (y ^ r));
    return r;
}
static inline u32 add_flags_32(struct arm64_state *s, u32 x, u32 y, bool carry) {
    u64 sum = (u64)x + y + carry;
    u32 r = (u32)sum;
    flags_of(s, (u64)r << 32, r, sum >> 32, (u64)((x ^ r) & (y ^ r)) << 32);
    return r;
}
static inline u64 logic_flags_64(struct arm64_state *s, u64 r) {
    flags_of(s, r, r, 0, 0);
    return r;
}
static inline u32 logic_flags_32(struct arm64_state *s, u32 r) {
    flags_of(s, (u64)r << 32, r, 0, 0);
    return r;
}

// Conditions by the number that encodings have for them; an odd one is the one before it inverted, but for 15, which always holds too.
#define FLAG_N ((i64)c->s.n < 0)
#define FLAG_Z (!c->s.z)
#define FLAG_C (c->s.c != 0)
#define FLAG_V ((i64)c->s.o < 0)
#define FLAG_LT ((i64)(c->s.n ^ c->s.o) < 0)
#define ARM64_CONDITIONS(X)                                                                                                      \
    X(eq, "0000", FLAG_Z)                                                                                                        \
    X(ne, "0001", !FLAG_Z)                                                                                                       \
    X(hs, "0010", FLAG_C)                                                                                                        \
    X(lo, "0011", !FLAG_C)                                                                                                       \
    X(mi, "0100", FLAG_N)                                                                                                        \
    X(pl, "0101", !FLAG_N)                                                                                                       \
    X(vs, "0110", FLAG_V)                                                                                                        \
    X(vc, "0111", !FLAG_V)                                                                                                       \
    X(hi, "1000", FLAG_C && !FLAG_Z)                                                                                             \
    X(ls, "1001", !FLAG_C || FLAG_Z)                                                                                             \
    X(ge, "1010", !FLAG_LT)                                                                                                      \
    X(lt, "1011", FLAG_LT)                                                                                                       \
    X(gt, "1100", !FLAG_LT && !FLAG_Z)                                                                                           \
    X(le, "1101", FLAG_LT || FLAG_Z)                                                                                             \
    X(al, "1110", true)                                                                                                          \
    X(nv, "1111", true)

static inline bool arm64_holds(const struct arm64_cpu *c, unsigned cond) {
    bool holds = true;
    switch (cond >> 1) {
    case 0: holds = FLAG_Z; break;
    case 1: holds = FLAG_C; break;
    case 2: holds = FLAG_N; break;
    case 3: holds = FLAG_V; break;
    case 4: holds = FLAG_C && !FLAG_Z; break;
    case 5: holds = !FLAG_LT; break;
    case 6: holds = !FLAG_LT && !FLAG_Z; break;
    default: return true;
    }
    return holds != (cond & 1);
}

#endif
