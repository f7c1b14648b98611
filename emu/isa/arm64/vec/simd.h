// SPDX-License-Identifier: MIT
// Words of Advanced SIMD handlers: one handler per arrangement (8b, 16b, 4h ..), made from one expression of its lanes.
//
// In an expression x, y and z are the lanes of Vn, Vm and Vd, of type `sign`N (i8, u32 ..), and BITS is N. What it gives is cut to the
// lane. Lanes that an arrangement lacks become 0. Operands are read before Vd is written: it may be one of them.
#ifndef ARM64_VEC_SIMD_H
#define ARM64_VEC_SIMD_H

#include "isa/arm64/insn.h"
#include "isa/arm64/vec/saturate.h"

// The member of union arm64_v, by the lane's width.
#define LANE_8 b
#define LANE_16 h
#define LANE_32 s
#define LANE_64 d

#define EACH(fn, sign, N, count, ...)                                                                                            \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM, vd = VD;                                                                           \
        union arm64_v r = {.q = 0};                                                                                              \
        enum { BITS = N };                                                                                                       \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            [[maybe_unused]] sign##N x = (sign##N)vn.LANE_##N[i], y = (sign##N)vm.LANE_##N[i], z = (sign##N)vd.LANE_##N[i];      \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
// x and y are neighbours of Vn, and behind the last of these of Vm.
#define PAIRS(fn, sign, N, count, ...)                                                                                           \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            const union arm64_v *from = 2 * i < (count) ? &vn : &vm;                                                             \
            unsigned at = 2 * i % (count);                                                                                       \
            sign##N x = (sign##N)from->LANE_##N[at], y = (sign##N)from->LANE_##N[at + 1];                                        \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
// y is lane u->imm of Vm.
#define BY_ELEMENT(fn, sign, N, count, ...)                                                                                      \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vd = VD;                                                                                    \
        sign##N y = (sign##N)VM.LANE_##N[u->imm];                                                                                \
        union arm64_v r = {.q = 0};                                                                                              \
        enum { BITS = N };                                                                                                       \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            [[maybe_unused]] sign##N x = (sign##N)vn.LANE_##N[i], z = (sign##N)vd.LANE_##N[i];                                   \
            r.LANE_##N[i] = (u##N)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
// M for arrangements of bytes, halves, words, and doublewords.
#define OF_B(M, fn, sign, ...) M(fn##_8b, sign, 8, 8, __VA_ARGS__) M(fn##_16b, sign, 8, 16, __VA_ARGS__)
#define OF_H(M, fn, sign, ...) M(fn##_4h, sign, 16, 4, __VA_ARGS__) M(fn##_8h, sign, 16, 8, __VA_ARGS__)
#define OF_S(M, fn, sign, ...) M(fn##_2s, sign, 32, 2, __VA_ARGS__) M(fn##_4s, sign, 32, 4, __VA_ARGS__)
#define OF_D(M, fn, sign, ...) M(fn##_2d, sign, 64, 2, __VA_ARGS__)
#define OF_HS(M, fn, sign, ...) OF_H(M, fn, sign, __VA_ARGS__) OF_S(M, fn, sign, __VA_ARGS__)
#define OF_BHS(M, fn, sign, ...) OF_B(M, fn, sign, __VA_ARGS__) OF_HS(M, fn, sign, __VA_ARGS__)
#define OF_BHSD(M, fn, sign, ...) OF_BHS(M, fn, sign, __VA_ARGS__) OF_D(M, fn, sign, __VA_ARGS__)
// And for scalars.
#define SCALAR_D(fn, sign, ...) EACH(fn##_d, sign, 64, 1, __VA_ARGS__)
#define SCALAR_HS(fn, sign, ...)                                                                                                 \
    EACH(fn##_h, sign, 16, 1, __VA_ARGS__)                                                                                       \
    EACH(fn##_s, sign, 32, 1, __VA_ARGS__)
#define SCALAR_BHSD(fn, sign, ...)                                                                                               \
    EACH(fn##_b, sign, 8, 1, __VA_ARGS__)                                                                                        \
    SCALAR_HS(fn, sign, __VA_ARGS__) SCALAR_D(fn, sign, __VA_ARGS__)

// Vd of lanes twice as wide. Both of Vn and Vm are narrow, from their lower half or (fn2) from their upper; x and y are of the wide
// type. N: the narrow width, W the wide, count: wide lanes.
#define LONG(fn, sign, N, W, count, base, ...)                                                                                   \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM, vd = VD;                                                                           \
        union arm64_v r = {.q = 0};                                                                                              \
        enum { BITS = W };                                                                                                       \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            [[maybe_unused]] sign##W x = (sign##N)vn.LANE_##N[i + (base)], y = (sign##N)vm.LANE_##N[i + (base)];                 \
            [[maybe_unused]] sign##W z = (sign##W)vd.LANE_##W[i];                                                                \
            r.LANE_##W[i] = (u##W)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
// Vn is wide already.
#define WIDE(fn, sign, N, W, count, base, ...)                                                                                   \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            sign##W x = (sign##W)vn.LANE_##W[i], y = (sign##N)vm.LANE_##N[i + (base)];                                           \
            r.LANE_##W[i] = (u##W)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
// Vd is narrow: its lower half, the upper becoming 0, or (fn2) its upper half, the lower staying. BITS is the narrow width.
#define NARROW(fn, sign, N, W, count, base, ...)                                                                                 \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = {.d = {(base) ? VD.d[0] : 0, 0}};                                                                      \
        enum { BITS = N };                                                                                                       \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            [[maybe_unused]] sign##W x = (sign##W)vn.LANE_##W[i], y = (sign##W)vm.LANE_##W[i];                                   \
            r.LANE_##N[i + (base)] = (u##N)(__VA_ARGS__);                                                                        \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
#define HALVES_8(M, fn, sign, ...) M(fn##_8, sign, 8, 16, 8, 0, __VA_ARGS__) M(fn##2_8, sign, 8, 16, 8, 8, __VA_ARGS__)
#define HALVES_16(M, fn, sign, ...) M(fn##_16, sign, 16, 32, 4, 0, __VA_ARGS__) M(fn##2_16, sign, 16, 32, 4, 4, __VA_ARGS__)
#define HALVES_32(M, fn, sign, ...) M(fn##_32, sign, 32, 64, 2, 0, __VA_ARGS__) M(fn##2_32, sign, 32, 64, 2, 2, __VA_ARGS__)
#define HALVES(M, fn, sign, ...)                                                                                                 \
    HALVES_8(M, fn, sign, __VA_ARGS__) HALVES_16(M, fn, sign, __VA_ARGS__) HALVES_32(M, fn, sign, __VA_ARGS__)

// Rows. A row is what ROW or, for one of a feature, ROW_IF makes of it: all of them touch SIMD&FP registers.
#define ROW(name_, bits_, operands_, fn) ROW_IF(BASE, name_, bits_, operands_, fn)
#define ROW_IF(feature_, name_, bits_, operands_, fn)                                                                            \
    {name_, bits_, operands_, .op = fn, .flags = ARM64_FP, .feature = FEAT_##feature_}

#endif
