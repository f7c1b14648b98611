// SPDX-License-Identifier: MIT
// Advanced SIMD vector x indexed element (C4.1.97), integers: y is lane u->imm of Vm.
#include "isa/arm64/vec/simd.h"

#define ELEMENT_LONG(fn, sign, N, W, count, base, ...)                                                                           \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vd = VD;                                                                                    \
        sign##W y = (sign##N)VM.LANE_##N[u->imm];                                                                                \
        union arm64_v r = {.q = 0};                                                                                              \
        enum { BITS = W };                                                                                                       \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            [[maybe_unused]] sign##W x = (sign##N)vn.LANE_##N[i + (base)], z = (sign##W)vd.LANE_##W[i];                          \
            r.LANE_##W[i] = (u##W)(__VA_ARGS__);                                                                                 \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
OF_HS(BY_ELEMENT, op_mul, u, (u64)x *y)
OF_HS(BY_ELEMENT, op_mla, u, z + (u64)x * y)
OF_HS(BY_ELEMENT, op_mls, u, z - (u64)x * y)
#define HIGH(name, ...)                                                                                                          \
    OF_HS(BY_ELEMENT, op_##name, i, __VA_ARGS__)                                                                                 \
    BY_ELEMENT(op_##name##_h, i, 16, 1, __VA_ARGS__) BY_ELEMENT(op_##name##_s, i, 32, 1, __VA_ARGS__)
HIGH(sqdmulh, SATURATE_i((i128)x *y >> (BITS - 1)))
HIGH(sqrdmulh, SATURATE_i(((i128)x * y + ((i128)1 << (BITS - 2))) >> (BITS - 1)))

#define OF_16_32(fn, sign, ...) HALVES_16(ELEMENT_LONG, fn, sign, __VA_ARGS__) HALVES_32(ELEMENT_LONG, fn, sign, __VA_ARGS__)
OF_16_32(op_smull, i, (u64)x *(u64)y)
OF_16_32(op_umull, u, (u64)x *(u64)y)
OF_16_32(op_smlal, i, (u64)z + (u64)x * (u64)y)
OF_16_32(op_umlal, u, (u64)z + (u64)x * (u64)y)
OF_16_32(op_smlsl, i, (u64)z - (u64)x * (u64)y)
OF_16_32(op_umlsl, u, (u64)z - (u64)x * (u64)y)
#define DOUBLED SATURATE_i((i128)x *y * 2)
#define DOUBLING(name, ...)                                                                                                      \
    OF_16_32(op_##name, i, __VA_ARGS__)                                                                                          \
    ELEMENT_LONG(op_##name##_h, i, 16, 32, 1, 0, __VA_ARGS__) ELEMENT_LONG(op_##name##_s, i, 32, 64, 1, 0, __VA_ARGS__)
DOUBLING(sqdmull, DOUBLED)
DOUBLING(sqdmlal, SATURATE_i((i128)z + DOUBLED))
DOUBLING(sqdmlsl, SATURATE_i((i128)z - DOUBLED))

// ---- rows: of halves Vm is V0 to V15

#define AT_H(name_, q, U, opcode, operands_, fn)                                                                                 \
    ROW(name_, "0 " q " " U " 01111 01 L M Rm<3:0> " opcode " H 0 Rn Rd", operands_ ", Vm.h^hlm", fn)
#define AT_S(name_, q, U, opcode, operands_, fn)                                                                                 \
    ROW(name_, "0 " q " " U " 01111 10 L Rm " opcode " H 0 Rn Rd", operands_ ", Vm.s^hl", fn)
#define SAME_ROWS(name_, U, opcode, fn)                                                                                          \
    AT_H(name_, "0", U, opcode, "Vd.4h, Vn.4h", fn##_4h), AT_H(name_, "1", U, opcode, "Vd.8h, Vn.8h", fn##_8h),                  \
        AT_S(name_, "0", U, opcode, "Vd.2s, Vn.2s", fn##_2s), AT_S(name_, "1", U, opcode, "Vd.4s, Vn.4s", fn##_4s)
#define LONG_ROWS(name_, U, opcode, fn)                                                                                          \
    AT_H(name_, "0", U, opcode, "Vd.4s, Vn.4h", fn##_16), AT_H(name_ "2", "1", U, opcode, "Vd.4s, Vn.8h", fn##2_16),             \
        AT_S(name_, "0", U, opcode, "Vd.2d, Vn.2s", fn##_32), AT_S(name_ "2", "1", U, opcode, "Vd.2d, Vn.4s", fn##2_32)
#define SCALAR_ROWS(name_, opcode, h, s, fn)                                                                                     \
    ROW(name_, "01 0 11111 01 L M Rm<3:0> " opcode " H 0 Rn Rd", h ", Vm.h^hlm", fn##_h),                                        \
        ROW(name_, "01 0 11111 10 L Rm " opcode " H 0 Rn Rd", s ", Vm.s^hl", fn##_s)

static const struct arm64_insn rows[] = {
    SAME_ROWS("mla", "1", "0000", op_mla),
    LONG_ROWS("smlal", "0", "0010", op_smlal),
    LONG_ROWS("umlal", "1", "0010", op_umlal),
    LONG_ROWS("sqdmlal", "0", "0011", op_sqdmlal),
    SCALAR_ROWS("sqdmlal", "0011", "Sd, Hn", "Dd, Sn", op_sqdmlal),
    SAME_ROWS("mls", "1", "0100", op_mls),
    LONG_ROWS("smlsl", "0", "0110", op_smlsl),
    LONG_ROWS("umlsl", "1", "0110", op_umlsl),
    LONG_ROWS("sqdmlsl", "0", "0111", op_sqdmlsl),
    SCALAR_ROWS("sqdmlsl", "0111", "Sd, Hn", "Dd, Sn", op_sqdmlsl),
    SAME_ROWS("mul", "0", "1000", op_mul),
    LONG_ROWS("smull", "0", "1010", op_smull),
    LONG_ROWS("umull", "1", "1010", op_umull),
    LONG_ROWS("sqdmull", "0", "1011", op_sqdmull),
    SCALAR_ROWS("sqdmull", "1011", "Sd, Hn", "Dd, Sn", op_sqdmull),
    SAME_ROWS("sqdmulh", "0", "1100", op_sqdmulh),
    SCALAR_ROWS("sqdmulh", "1100", "Hd, Hn", "Sd, Sn", op_sqdmulh),
    SAME_ROWS("sqrdmulh", "0", "1101", op_sqrdmulh),
    SCALAR_ROWS("sqrdmulh", "1101", "Hd, Hn", "Sd, Sn", op_sqrdmulh),
};
ARM64_TABLE(simd_element);
