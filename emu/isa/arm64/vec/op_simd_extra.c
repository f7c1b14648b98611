// SPDX-License-Identifier: MIT
// Advanced SIMD three same extra (C4.1.97), integers, with what of them is by element: FEAT_RDM's rounding sums, FEAT_DotProd.
#include "isa/arm64/vec/saturate.h"
#include "isa/arm64/vec/simd.h"

#define OF_ALL(fn, ...)                                                                                                          \
    OF_HS(EACH, fn, i, __VA_ARGS__) EACH(fn##_h, i, 16, 1, __VA_ARGS__)                                                          \
    EACH(fn##_s, i, 32, 1, __VA_ARGS__)                                                                                          \
    OF_HS(BY_ELEMENT, fn##_el, i, __VA_ARGS__)                                                                                   \
    BY_ELEMENT(fn##_el_h, i, 16, 1, __VA_ARGS__) BY_ELEMENT(fn##_el_s, i, 32, 1, __VA_ARGS__)
// Twice the product is added to, or taken from, what is in the lane, before it is rounded once.
#define HIGH(sum) SATURATE_i((((i128)z << BITS) sum(i128) x * y * 2 + ((i128)1 << (BITS - 1))) >> BITS)
OF_ALL(op_sqrdmlah, HIGH(+))
OF_ALL(op_sqrdmlsh, HIGH(-))

// Four products of bytes are added to each word; `lane`: which four of Vm.
#define DOT(fn, sign, count, lane)                                                                                               \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        for (unsigned i = 0; i < (count); i++) {                                                                                 \
            r.s[i] = VD.s[i];                                                                                                    \
            for (unsigned j = 0; j < 4; j++) r.s[i] += (u32)((sign##8)vn.b[4 * i + j] * (sign##8)vm.b[4 * (lane) + j]);          \
        }                                                                                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
#define DOTS(fn, sign)                                                                                                           \
    DOT(fn##_2s, sign, 2, i)                                                                                                     \
    DOT(fn##_4s, sign, 4, i)                                                                                                     \
    DOT(fn##_el_2s, sign, 2, (unsigned)u->imm)                                                                                   \
    DOT(fn##_el_4s, sign, 4, (unsigned)u->imm)
DOTS(op_sdot, i)
DOTS(op_udot, u)

// ---- rows

#define V(feature_, name_, q, U, size, opcode, td, tn, fn)                                                                       \
    ROW_IF(feature_, name_, "0 " q " " U " 01110 " size " 0 Rm " opcode " 1 Rn Rd", "Vd." td ", Vn." tn ", Vm." tn, fn)
#define AT_H(feature_, name_, q, U, opcode, operands_, fn)                                                                       \
    ROW_IF(feature_, name_, "0 " q " " U " 01111 01 L M Rm<3:0> " opcode " H 0 Rn Rd", operands_ ", Vm.h^hlm", fn)
#define AT_S(feature_, name_, q, U, opcode, operands_, fn)                                                                       \
    ROW_IF(feature_, name_, "0 " q " " U " 01111 10 L Rm " opcode " H 0 Rn Rd", operands_, fn)
#define RDM_ROWS(name_, opcode, opcode_el, fn)                                                                                   \
    V(RDM, name_, "0", "1", "01", opcode, "4h", "4h", fn##_4h), V(RDM, name_, "1", "1", "01", opcode, "8h", "8h", fn##_8h),      \
        V(RDM, name_, "0", "1", "10", opcode, "2s", "2s", fn##_2s), V(RDM, name_, "1", "1", "10", opcode, "4s", "4s", fn##_4s),  \
        ROW_IF(RDM, name_, "01 1 11110 01 0 Rm " opcode " 1 Rn Rd", "Hd, Hn, Hm", fn##_h),                                       \
        ROW_IF(RDM, name_, "01 1 11110 10 0 Rm " opcode " 1 Rn Rd", "Sd, Sn, Sm", fn##_s),                                       \
        AT_H(RDM, name_, "0", "1", opcode_el, "Vd.4h, Vn.4h", fn##_el_4h),                                                       \
        AT_H(RDM, name_, "1", "1", opcode_el, "Vd.8h, Vn.8h", fn##_el_8h),                                                       \
        AT_S(RDM, name_, "0", "1", opcode_el, "Vd.2s, Vn.2s, Vm.s^hl", fn##_el_2s),                                              \
        AT_S(RDM, name_, "1", "1", opcode_el, "Vd.4s, Vn.4s, Vm.s^hl", fn##_el_4s),                                              \
        ROW_IF(RDM, name_, "01 1 11111 01 L M Rm<3:0> " opcode_el " H 0 Rn Rd", "Hd, Hn, Vm.h^hlm", fn##_el_h),                  \
        ROW_IF(RDM, name_, "01 1 11111 10 L Rm " opcode_el " H 0 Rn Rd", "Sd, Sn, Vm.s^hl", fn##_el_s)
#define DOT_ROWS(name_, U, fn)                                                                                                   \
    V(DotProd, name_, "0", U, "10", "10010", "2s", "8b", fn##_2s),                                                               \
        V(DotProd, name_, "1", U, "10", "10010", "4s", "16b", fn##_4s),                                                          \
        AT_S(DotProd, name_, "0", U, "1110", "Vd.2s, Vn.8b, Vm.4b^hl", fn##_el_2s),                                              \
        AT_S(DotProd, name_, "1", U, "1110", "Vd.4s, Vn.16b, Vm.4b^hl", fn##_el_4s)

static const struct arm64_insn rows[] = {
    RDM_ROWS("sqrdmlah", "10000", "1101", op_sqrdmlah),
    RDM_ROWS("sqrdmlsh", "10001", "1111", op_sqrdmlsh),
    DOT_ROWS("sdot", "0", op_sdot),
    DOT_ROWS("udot", "1", op_udot),
};
ARM64_TABLE(simd_extra);
