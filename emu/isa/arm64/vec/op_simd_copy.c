// SPDX-License-Identifier: MIT
// Advanced SIMD copy, modified immediate, extract, permute and table lookup (C4.1.97): what moves lanes and computes nothing.
#include "isa/arm64/vec/simd.h"

// ---- one lane to all, to a general register, or to one. u->imm: the lane of imm5, u->disp: that of imm4.

#define FROM_LANE(fn, sign, N, count, ...)                                                                                       \
    SOP(fn) {                                                                                                                    \
        u##N v = VN.LANE_##N[u->imm];                                                                                            \
        union arm64_v r = {.q = 0};                                                                                              \
        for (unsigned i = 0; i < (count); i++) r.LANE_##N[i] = v;                                                                \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
#define FROM_GENERAL(fn, sign, N, count, ...)                                                                                    \
    SOP(fn) {                                                                                                                    \
        union arm64_v r = {.q = 0};                                                                                              \
        for (unsigned i = 0; i < (count); i++) r.LANE_##N[i] = (u##N)XN;                                                         \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
#define LANES(N)                                                                                                                 \
    FROM_LANE(op_dup_##N, u, N, 1)                                                                                               \
    SOP(op_umov_##N) {                                                                                                           \
        SET_X(VN.LANE_##N[u->imm]);                                                                                              \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op_ins_##N) {                                                                                                            \
        VD.LANE_##N[u->imm] = (u##N)XN;                                                                                          \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op_ins_lane_##N) {                                                                                                       \
        VD.LANE_##N[u->imm] = VN.LANE_##N[u->disp];                                                                              \
        NEXT;                                                                                                                    \
    }
LANES(8)
LANES(16)
LANES(32)
LANES(64)
#define SIGNED_LANE(N)                                                                                                           \
    SOP(op_smov_x_##N) {                                                                                                         \
        SET_X((i64)(i##N)VN.LANE_##N[u->imm]);                                                                                   \
        NEXT;                                                                                                                    \
    }
SIGNED_LANE(8)
SIGNED_LANE(16)
SIGNED_LANE(32)
SOP(op_smov_w_8) {
    SET_W((i32)(i8)VN.b[u->imm]);
    NEXT;
}
SOP(op_smov_w_16) {
    SET_W((i32)(i16)VN.h[u->imm]);
    NEXT;
}
OF_BHSD(FROM_LANE, op_dup, u, )
OF_BHSD(FROM_GENERAL, op_dup_general, u, )

// ---- immediates: u->imm is what each half gets

SOP(op_movi_d) {
    VD.q = IMM;
    NEXT;
}
SOP(op_movi_q) {
    VD.d[0] = VD.d[1] = IMM;
    NEXT;
}
SOP(op_orr_d) {
    VD.q = VD.d[0] | IMM;
    NEXT;
}
SOP(op_orr_q) {
    VD.d[0] |= IMM;
    VD.d[1] |= IMM;
    NEXT;
}
SOP(op_bic_d) {
    VD.q = VD.d[0] & ~IMM;
    NEXT;
}
SOP(op_bic_q) {
    VD.d[0] &= ~IMM;
    VD.d[1] &= ~IMM;
    NEXT;
}

// ---- two registers into one

SOP(op_ext_8b) {
    unsigned n = (unsigned)u->imm * 8;
    VD.q = (u64)((VN.d[0] | (u128)VM.d[0] << 64) >> n);
    NEXT;
}
SOP(op_ext_16b) {
    unsigned n = (unsigned)u->imm * 8;
    u128 low = VN.q, high = VM.q;
    VD.q = n ? low >> n | high << (128 - n) : low;
    NEXT;
}

// x and y: the lanes of Vn and Vm; i: the lane of the result.
#define PERMUTE(fn, sign, N, count, ...)                                                                                         \
    SOP(fn) {                                                                                                                    \
        const union arm64_v vn = VN, vm = VM;                                                                                    \
        const u##N *x = vn.LANE_##N, *y = vm.LANE_##N;                                                                           \
        union arm64_v r = {.q = 0};                                                                                              \
        enum { COUNT = count };                                                                                                  \
        for (unsigned i = 0; i < COUNT; i++) r.LANE_##N[i] = __VA_ARGS__;                                                        \
        VD = r;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
OF_BHSD(PERMUTE, op_uzp1, u, i < COUNT / 2 ? x[2 * i] : y[2 * i - COUNT])
OF_BHSD(PERMUTE, op_uzp2, u, i < COUNT / 2 ? x[2 * i + 1] : y[2 * i + 1 - COUNT])
OF_BHSD(PERMUTE, op_trn1, u, i & 1 ? y[i - 1] : x[i])
OF_BHSD(PERMUTE, op_trn2, u, i & 1 ? y[i] : x[i + 1])
OF_BHSD(PERMUTE, op_zip1, u, (i & 1 ? y : x)[i / 2])
OF_BHSD(PERMUTE, op_zip2, u, (i & 1 ? y : x)[COUNT / 2 + i / 2])

// u->mem: registers of the table less one, from Vn on, V0 behind V31. What lies behind it gives 0, or (TBX) what was there.
static union arm64_v looked_up(const struct arm64_cpu *c, const struct uop *u, union arm64_v r) {
    const union arm64_v at = VM;
    for (unsigned i = 0; i < 16; i++)
        if (at.b[i] < 16u * (u->mem + 1u)) r.b[i] = c->s.v[(u->base + at.b[i] / 16u) & 31].b[at.b[i] & 15];
    return r;
}
SOP(op_tbl_16b) {
    VD = looked_up(c, u, (union arm64_v){.q = 0});
    NEXT;
}
SOP(op_tbl_8b) {
    VD.q = looked_up(c, u, (union arm64_v){.q = 0}).d[0];
    NEXT;
}
SOP(op_tbx_16b) {
    VD = looked_up(c, u, VD);
    NEXT;
}
SOP(op_tbx_8b) {
    VD.q = looked_up(c, u, VD).d[0];
    NEXT;
}

// ---- rows

// imm5 as each width of lane has it: of a lane, and where the lane does not matter.
#define AT_8 "imm5<4:1> 1"
#define AT_16 "imm5<4:2> 10"
#define AT_32 "imm5<4:3> 100"
#define AT_64 "imm5<4> 1000"
#define C(name_, q, op_, imm5_, imm4_, operands_, fn)                                                                            \
    ROW(name_, "0 " q " " op_ " 01110000 " imm5_ " 0 " imm4_ " 1 Rn Rd", operands_, fn)
#define PERMUTE_ROW(name_, q, size, opcode, t, fn)                                                                               \
    ROW(name_, "0 " q " 001110 " size " 0 Rm 0 " opcode " 10 Rn Rd", "Vd." t ", Vn." t ", Vm." t, fn)
#define PERMUTE_ROWS(name_, opcode, fn)                                                                                          \
    PERMUTE_ROW(name_, "0", "00", opcode, "8b", fn##_8b), PERMUTE_ROW(name_, "1", "00", opcode, "16b", fn##_16b),                \
        PERMUTE_ROW(name_, "0", "01", opcode, "4h", fn##_4h), PERMUTE_ROW(name_, "1", "01", opcode, "8h", fn##_8h),              \
        PERMUTE_ROW(name_, "0", "10", opcode, "2s", fn##_2s), PERMUTE_ROW(name_, "1", "10", opcode, "4s", fn##_4s),              \
        PERMUTE_ROW(name_, "1", "11", opcode, "2d", fn##_2d)
#define IMMEDIATE(name_, q, op_, cmode_, operands_, fn)                                                                          \
    ROW(name_, "0 " q " " op_ " 0111100000 abc " cmode_ " 01 defgh Rd", operands_, fn)
#define IMMEDIATES(name_, op_, cmode_, d, q, word, fn)                                                                           \
    IMMEDIATE(name_, "0", op_, cmode_, "Vd." d ", " word, fn##_d), IMMEDIATE(name_, "1", op_, cmode_, "Vd." q ", " word, fn##_q)

static const struct arm64_insn rows[] = {
    C("dup", "0", "0", AT_8, "0000", "Vd.8b, Vn.b^el8", op_dup_8b),
    C("dup", "1", "0", AT_8, "0000", "Vd.16b, Vn.b^el8", op_dup_16b),
    C("dup", "0", "0", AT_16, "0000", "Vd.4h, Vn.h^el16", op_dup_4h),
    C("dup", "1", "0", AT_16, "0000", "Vd.8h, Vn.h^el16", op_dup_8h),
    C("dup", "0", "0", AT_32, "0000", "Vd.2s, Vn.s^el32", op_dup_2s),
    C("dup", "1", "0", AT_32, "0000", "Vd.4s, Vn.s^el32", op_dup_4s),
    C("dup", "1", "0", AT_64, "0000", "Vd.2d, Vn.d^el64", op_dup_2d),
    ROW("mov", "01 0 11110000 " AT_8 " 0 0000 1 Rn Rd", "Bd, Vn.b^el8", op_dup_8),
    ROW("mov", "01 0 11110000 " AT_16 " 0 0000 1 Rn Rd", "Hd, Vn.h^el16", op_dup_16),
    ROW("mov", "01 0 11110000 " AT_32 " 0 0000 1 Rn Rd", "Sd, Vn.s^el32", op_dup_32),
    ROW("mov", "01 0 11110000 " AT_64 " 0 0000 1 Rn Rd", "Dd, Vn.d^el64", op_dup_64),
    C("dup", "0", "0", "xxxx1", "0001", "Vd.8b, Wn", op_dup_general_8b),
    C("dup", "1", "0", "xxxx1", "0001", "Vd.16b, Wn", op_dup_general_16b),
    C("dup", "0", "0", "xxx10", "0001", "Vd.4h, Wn", op_dup_general_4h),
    C("dup", "1", "0", "xxx10", "0001", "Vd.8h, Wn", op_dup_general_8h),
    C("dup", "0", "0", "xx100", "0001", "Vd.2s, Wn", op_dup_general_2s),
    C("dup", "1", "0", "xx100", "0001", "Vd.4s, Wn", op_dup_general_4s),
    C("dup", "1", "0", "x1000", "0001", "Vd.2d, Xn", op_dup_general_2d),
    C("smov", "0", "0", AT_8, "0101", "Wd, Vn.b^el8", op_smov_w_8),
    C("smov", "0", "0", AT_16, "0101", "Wd, Vn.h^el16", op_smov_w_16),
    C("smov", "1", "0", AT_8, "0101", "Xd, Vn.b^el8", op_smov_x_8),
    C("smov", "1", "0", AT_16, "0101", "Xd, Vn.h^el16", op_smov_x_16),
    C("smov", "1", "0", AT_32, "0101", "Xd, Vn.s^el32", op_smov_x_32),
    C("umov", "0", "0", AT_8, "0111", "Wd, Vn.b^el8", op_umov_8),
    C("umov", "0", "0", AT_16, "0111", "Wd, Vn.h^el16", op_umov_16),
    C("umov", "0", "0", AT_32, "0111", "Wd, Vn.s^el32", op_umov_32),
    C("umov", "1", "0", AT_64, "0111", "Xd, Vn.d^el64", op_umov_64),
    C("ins", "1", "0", AT_8, "0011", "Vd.b^el8, Wn", op_ins_8),
    C("ins", "1", "0", AT_16, "0011", "Vd.h^el16, Wn", op_ins_16),
    C("ins", "1", "0", AT_32, "0011", "Vd.s^el32, Wn", op_ins_32),
    C("ins", "1", "0", AT_64, "0011", "Vd.d^el64, Xn", op_ins_64),
    C("ins", "1", "1", AT_8, "imm4", "Vd.b^el8, Vn.b^from8", op_ins_lane_8),
    C("ins", "1", "1", AT_16, "imm4<3:1> x", "Vd.h^el16, Vn.h^from16", op_ins_lane_16),
    C("ins", "1", "1", AT_32, "imm4<3:2> xx", "Vd.s^el32, Vn.s^from32", op_ins_lane_32),
    C("ins", "1", "1", AT_64, "imm4<3> xxx", "Vd.d^el64, Vn.d^from64", op_ins_lane_64),

    IMMEDIATES("movi", "0", "0 cmode<2:1> 0", "2s", "4s", "mod32", op_movi),
    IMMEDIATES("mvni", "1", "0 cmode<2:1> 0", "2s", "4s", "inv32", op_movi),
    IMMEDIATES("orr", "0", "0 cmode<2:1> 1", "2s", "4s", "mod32", op_orr),
    IMMEDIATES("bic", "1", "0 cmode<2:1> 1", "2s", "4s", "mod32", op_bic),
    IMMEDIATES("movi", "0", "10 cmode<1> 0", "4h", "8h", "mod16", op_movi),
    IMMEDIATES("mvni", "1", "10 cmode<1> 0", "4h", "8h", "inv16", op_movi),
    IMMEDIATES("orr", "0", "10 cmode<1> 1", "4h", "8h", "mod16", op_orr),
    IMMEDIATES("bic", "1", "10 cmode<1> 1", "4h", "8h", "mod16", op_bic),
    IMMEDIATES("movi", "0", "110 cmode<0>", "2s", "4s", "msl", op_movi),
    IMMEDIATES("mvni", "1", "110 cmode<0>", "2s", "4s", "invmsl", op_movi),
    IMMEDIATES("movi", "0", "1110", "8b", "16b", "mod8", op_movi),
    IMMEDIATE("movi", "0", "1", "1110", "Dd, mod64", op_movi_d),
    IMMEDIATE("movi", "1", "1", "1110", "Vd.2d, mod64", op_movi_q),
    IMMEDIATES("fmov", "0", "1111", "2s", "4s", "vfp32", op_movi),
    ROW_IF(FP16, "fmov", "0 0 0 0111100000 abc 1111 11 defgh Rd", "Vd.4h, vfp16", op_movi_d),
    ROW_IF(FP16, "fmov", "0 1 0 0111100000 abc 1111 11 defgh Rd", "Vd.8h, vfp16", op_movi_q),
    IMMEDIATE("fmov", "1", "1", "1111", "Vd.2d, vfp64", op_movi_q),

    ROW("ext", "0 0 101110 00 0 Rm 0 0 imm4<2:0> 0 Rn Rd", "Vd.8b, Vn.8b, Vm.8b, imm4", op_ext_8b),
    ROW("ext", "0 1 101110 00 0 Rm 0 imm4 0 Rn Rd", "Vd.16b, Vn.16b, Vm.16b, imm4", op_ext_16b),
    PERMUTE_ROWS("uzp1", "001", op_uzp1),
    PERMUTE_ROWS("trn1", "010", op_trn1),
    PERMUTE_ROWS("zip1", "011", op_zip1),
    PERMUTE_ROWS("uzp2", "101", op_uzp2),
    PERMUTE_ROWS("trn2", "110", op_trn2),
    PERMUTE_ROWS("zip2", "111", op_zip2),
    ROW("tbl", "0 0 001110 00 0 Rm 0 len 0 00 Rn Rd", "Vd.8b, table, Vm.8b", op_tbl_8b),
    ROW("tbl", "0 1 001110 00 0 Rm 0 len 0 00 Rn Rd", "Vd.16b, table, Vm.16b", op_tbl_16b),
    ROW("tbx", "0 0 001110 00 0 Rm 0 len 1 00 Rn Rd", "Vd.8b, table, Vm.8b", op_tbx_8b),
    ROW("tbx", "0 1 001110 00 0 Rm 0 len 1 00 Rn Rd", "Vd.16b, table, Vm.16b", op_tbx_16b),
};
ARM64_TABLE(simd_copy);
