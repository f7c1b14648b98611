// SPDX-License-Identifier: MIT
// Saturation (SatQ, which sets FPSR.QC) and shifts by signed amounts, which round by choice, of lanes up to 64 bits.
#ifndef ARM64_VEC_SATURATE_H
#define ARM64_VEC_SATURATE_H

#include "isa/arm64/uop.h"

static inline i64 saturate_signed(struct arm64_cpu *c, i128 v, unsigned width) {
    i128 most = (i128)mask(width - 1, 0) >> 1;
    if (v >= -most - 1 && v <= most) return (i64)v;
    c->s.fpsr |= (u32)FPSR_QC;
    return (i64)(v < 0 ? -most - 1 : most);
}
static inline u64 saturate_unsigned(struct arm64_cpu *c, i128 v, unsigned width) {
    i128 most = (i128)mask(width - 1, 0);
    if (v >= 0 && v <= most) return (u64)v;
    c->s.fpsr |= (u32)FPSR_QC;
    return v < 0 ? 0 : (u64)most;
}
#define SATURATE_i(v) saturate_signed(c, v, BITS)
#define SATURATE_u(v) saturate_unsigned(c, v, BITS)

// v * 2^n, n from -128 to 127; right shifts round down, or with `round` half up. Exact where the result has less than 128 bits; beyond
// that its sign and that it is too large are all that is left.
static inline i128 shifted(i128 v, int n, bool round) {
    if (n >= 0) return !v ? 0 : n < 64 ? (i128)((u128)v << n) : v < 0 ? -((i128)1 << 126) : (i128)1 << 126;
    n = n < -100 ? 100 : -n;
    return (v + (round ? (i128)1 << (n - 1) : 0)) >> n;
}
// The same cut to 64 bits: what is shifted out is lost.
static inline u64 shifted_out(i128 v, int n, bool round) {
    return n >= 64 ? 0 : n >= 0 ? (u64)v << n : (u64)shifted(v, n, round);
}

#endif
