// SPDX-License-Identifier: MIT
// AES-NI (vol. 1, 12.13; vol. 2, AESENC ...; FIPS-197 section 5). The state's byte r + 4c is row r, column c; a 32-bit lane is a
// column, its lowest byte row 0.
#include "crypto/aes.h"
#include "crypto/carryless.h"
#include "isa/x86_64/vec/sse.h"

// ShiftRows and SubBytes in one: row r moves r columns to the left (its inverse: to the right).
static union xmm substitute(union xmm v) {
    union xmm r;
    UNROLL for (unsigned i = 0; i < 16; i++) r.b[i] = aes_sbox[v.b[(i + 4 * (i & 3)) & 15]];
    return r;
}
static union xmm inverse_substitute(union xmm v) {
    union xmm r;
    UNROLL for (unsigned i = 0; i < 16; i++) r.b[i] = aes_inverse_sbox[v.b[(i - 4 * (i & 3)) & 15]];
    return r;
}

static inline union xmm mix(union xmm v) {
    UNROLL for (unsigned i = 0; i < 4; i++) v.d[i] = aes_mix_column(v.d[i]);
    return v;
}
static inline union xmm inverse_mix(union xmm v) {
    UNROLL for (unsigned i = 0; i < 4; i++) v.d[i] = aes_inverse_mix_column(v.d[i]);
    return v;
}
static inline union xmm add(union xmm a, union xmm b) { return (union xmm){.q = {a.q[0] ^ b.q[0], a.q[1] ^ b.q[1]}}; }

// d: the state, s: the round key.
CALC(aesenc) { return add(mix(substitute(d)), s); }
CALC(aesenclast) { return add(substitute(d), s); }
CALC(aesdec) { return add(inverse_mix(inverse_substitute(d)), s); }
CALC(aesdeclast) { return add(inverse_substitute(d), s); }
CALC(aesimc) { return inverse_mix(s); }

static u32 sub_word(u32 v) {
    return aes_sbox[v & 0xff] | (u32)aes_sbox[v >> 8 & 0xff] << 8 | (u32)aes_sbox[v >> 16 & 0xff] << 16 |
           (u32)aes_sbox[v >> 24] << 24;
}
// imm8 is the round constant.
CALC(aeskeygenassist) {
    u32 one = sub_word(s.d[1]), three = sub_word(s.d[3]);
    return (union xmm){.d = {one, rotate_right_32(one, 8) ^ imm, three, rotate_right_32(three, 8) ^ imm}};
}

XMM_OP(aesenc)
XMM_OP(aesenclast)
XMM_OP(aesdec)
XMM_OP(aesdeclast)
XMM_OP(aesimc)
XMM_OP(aeskeygenassist)

// ---- PCLMULQDQ: imm8[0] and [4] pick the quadwords; the product without carries

CALC(pclmulqdq) {
    u128 p = carryless_product(d.q[imm & 1], s.q[imm >> 4 & 1]);
    return (union xmm){.q = {(u64)p, (u64)(p >> 64)}};
}
XMM_OP(pclmulqdq)
