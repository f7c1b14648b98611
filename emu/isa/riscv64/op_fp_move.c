// SPDX-License-Identifier: MIT
// What computes nothing in F, D and Zfhmin: loads and stores (20.5), sign injection and moves (20.7), all on bits.
#include "isa/riscv64/fp.h"
#include "isa/riscv64/memop.h"

#define LOADING(name, N)                                                                                                         \
    BASED_OP(op_##name) {                                                                                                        \
        LOAD_E(N, v);                                                                                                            \
        SET_FD##N(v);                                                                                                            \
        DONE;                                                                                                                    \
    }
#define STORING(name, N)                                                                                                         \
    BASED_OP(op_##name) {                                                                                                        \
        STORE_E(N, FS2_BITS);                                                                                                    \
        DONE;                                                                                                                    \
    }
LOADING(flh, 16)
LOADING(flw, 32)
LOADING(fld, 64)
STORING(fsh, 16)
STORING(fsw, 32)
STORING(fsd, 64)

// x with the sign of s.
#define SIGN(name, N, sign)                                                                                                      \
    SOP(op_##name##_##N) {                                                                                                       \
        u##N x = FS1_##N, s = FS2_##N;                                                                                           \
        const u##N top = (u##N)BIT(N - 1);                                                                                       \
        SET_FD##N((x & ~top) | ((sign) & top));                                                                                  \
        NEXT;                                                                                                                    \
    }
#define SIGN_2(name, sign) SIGN(name, 32, sign) SIGN(name, 64, sign)
SIGN_2(fsgnj, s)
SIGN_2(fsgnjn, ~s)
SIGN_2(fsgnjx, x ^ s)

#define MOVE(name, result)                                                                                                       \
    SOP(op_##name) {                                                                                                             \
        result;                                                                                                                  \
        NEXT;                                                                                                                    \
    }
MOVE(fmv_x_h, SET_RD((i64)(i16)FS1_BITS))
MOVE(fmv_x_w, SET_RD(SEXT32(FS1_BITS)))
MOVE(fmv_x_d, SET_RD(FS1_BITS))
MOVE(fmv_h_x, SET_FD16((u16)RS1))
MOVE(fmv_w_x, SET_FD32((u32)RS1))
MOVE(fmv_d_x, SET_FD64(RS1))

static const struct rv_insn rows[] = {
    {"flh", "imm[11:0] rs1 001 rd 0000111", "fd, imm(rs1)", op_flh, .ext = EXT_ZFHMIN, .flags = RV_FP},
    {"flw", "imm[11:0] rs1 010 rd 0000111", "fd, imm(rs1)", op_flw, .ext = EXT_F, .flags = RV_FP},
    {"fld", "imm[11:0] rs1 011 rd 0000111", "fd, imm(rs1)", op_fld, .ext = EXT_D, .flags = RV_FP},
    {"fsh", "imm[11:5] rs2 rs1 001 imm[4:0] 0100111", "fs2, imm(rs1)", op_fsh, .ext = EXT_ZFHMIN, .flags = RV_FP},
    {"fsw", "imm[11:5] rs2 rs1 010 imm[4:0] 0100111", "fs2, imm(rs1)", op_fsw, .ext = EXT_F, .flags = RV_FP},
    {"fsd", "imm[11:5] rs2 rs1 011 imm[4:0] 0100111", "fs2, imm(rs1)", op_fsd, .ext = EXT_D, .flags = RV_FP},

    {"c.fld", "001 uimm[5:3] rs1' uimm[7:6] rd' 00", "fd, imm(rs1)", .ext = EXT_D, .as = "fld"},
    {"c.fsd", "101 uimm[5:3] rs1' uimm[7:6] rs2' 00", "fs2, imm(rs1)", .ext = EXT_D, .as = "fsd"},
    {"c.fldsp", "001 uimm[5] rd uimm[4:3|8:6] 10", "fd, imm(sp)", .ext = EXT_D, .as = "fld", .rs1 = 2},
    {"c.fsdsp", "101 uimm[5:3|8:6] rs2 10", "fs2, imm(sp)", .ext = EXT_D, .as = "fsd", .rs1 = 2},

    {"fsgnj.s", "0010000 rs2 rs1 000 rd 1010011", "fd, fs1, fs2", op_fsgnj_32, .ext = EXT_F, .flags = RV_FP},
    {"fsgnjn.s", "0010000 rs2 rs1 001 rd 1010011", "fd, fs1, fs2", op_fsgnjn_32, .ext = EXT_F, .flags = RV_FP},
    {"fsgnjx.s", "0010000 rs2 rs1 010 rd 1010011", "fd, fs1, fs2", op_fsgnjx_32, .ext = EXT_F, .flags = RV_FP},
    {"fsgnj.d", "0010001 rs2 rs1 000 rd 1010011", "fd, fs1, fs2", op_fsgnj_64, .ext = EXT_D, .flags = RV_FP},
    {"fsgnjn.d", "0010001 rs2 rs1 001 rd 1010011", "fd, fs1, fs2", op_fsgnjn_64, .ext = EXT_D, .flags = RV_FP},
    {"fsgnjx.d", "0010001 rs2 rs1 010 rd 1010011", "fd, fs1, fs2", op_fsgnjx_64, .ext = EXT_D, .flags = RV_FP},

    {"fmv.x.h", "1110010 00000 rs1 000 rd 1010011", "rd, fs1", op_fmv_x_h, .ext = EXT_ZFHMIN, .flags = RV_FP},
    {"fmv.x.w", "1110000 00000 rs1 000 rd 1010011", "rd, fs1", op_fmv_x_w, .ext = EXT_F, .flags = RV_FP},
    {"fmv.x.d", "1110001 00000 rs1 000 rd 1010011", "rd, fs1", op_fmv_x_d, .ext = EXT_D, .flags = RV_FP},
    {"fmv.h.x", "1111010 00000 rs1 000 rd 1010011", "fd, rs1", op_fmv_h_x, .ext = EXT_ZFHMIN, .flags = RV_FP},
    {"fmv.w.x", "1111000 00000 rs1 000 rd 1010011", "fd, rs1", op_fmv_w_x, .ext = EXT_F, .flags = RV_FP},
    {"fmv.d.x", "1111001 00000 rs1 000 rd 1010011", "fd, rs1", op_fmv_d_x, .ext = EXT_D, .flags = RV_FP},
};
RV_TABLE(fp_move);
