// SPDX-License-Identifier: MIT
// Data processing with an immediate (C4.1.86).
#include "isa/arm64/flags.h"
#include "isa/arm64/insn.h"

// name, and its 64-bit result of x, Rn, and y, the immediate; the 32-bit one is the same of u32.
#define BOTH(name, result)                                                                                                       \
    SOP(op_##name##_x) {                                                                                                         \
        u64 x = XN, y = IMM;                                                                                                     \
        SET_X(result);                                                                                                           \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op_##name##_w) {                                                                                                         \
        u32 x = WN, y = (u32)IMM;                                                                                                \
        SET_W(result);                                                                                                           \
        NEXT;                                                                                                                    \
    }
#define FLAGS(name, result_64, result_32)                                                                                        \
    SOP(op_##name##_x) {                                                                                                         \
        u64 x = XN, y = IMM;                                                                                                     \
        SET_X(result_64);                                                                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op_##name##_w) {                                                                                                         \
        u32 x = WN, y = (u32)IMM;                                                                                                \
        SET_W(result_32);                                                                                                        \
        NEXT;                                                                                                                    \
    }
BOTH(add, x + y)
BOTH(sub, x - y)
FLAGS(adds, add_flags_64(&c->s, x, y, 0), add_flags_32(&c->s, x, y, 0))
FLAGS(subs, add_flags_64(&c->s, x, ~y, 1), add_flags_32(&c->s, x, ~y, 1))
BOTH(and, x &y)
BOTH(orr, x | y)
BOTH(eor, x ^ y)
FLAGS(ands, logic_flags_64(&c->s, x &y), logic_flags_32(&c->s, x &y))

SOP(op_adr) {
    SET_X(THIS_PC + IMM);
    NEXT;
}
SOP(op_adrp) {
    SET_X((THIS_PC & ~(u64)4095) + IMM);
    NEXT;
}

// ---- wide moves
SOP(op_movz) {
    SET_X(IMM);
    NEXT;
}
SOP(op_movn_x) {
    SET_X(~IMM);
    NEXT;
}
SOP(op_movn_w) {
    SET_W(~IMM);
    NEXT;
}
// What is kept is read from Rd: ZR's place holds what was last written there.
SOP(op_movk) {
    SET_X((c->s.x[u->a] & ~((u64)0xffff << u->disp)) | IMM);
    NEXT;
}
SOP(op_movk_w) {
    SET_W((c->s.x[u->a] & ~((u64)0xffff << u->disp)) | IMM);
    NEXT;
}

// ---- bitfields: operand.c has made immr and imms into shifts and a mask
static inline u64 ror64(u64 v, unsigned n) { return v >> (n & 63) | v << (-n & 63); }
static inline u32 ror32(u32 v, unsigned n) { return v >> (n & 31) | v << (-n & 31); }

SOP(op_ubfm_x) {
    SET_X(ror64(XN, (unsigned)u->disp) & IMM);
    NEXT;
}
SOP(op_ubfm_w) {
    SET_W(ror32(WN, (unsigned)u->disp) & IMM);
    NEXT;
}
SOP(op_sbfm_x) {
    SET_X((i64)(XN << u->imm) >> u->disp);
    NEXT;
}
SOP(op_sbfm_w) {
    SET_W((i32)(WN << u->imm) >> u->disp);
    NEXT;
}
SOP(op_bfm_x) {
    SET_X((c->s.x[u->a] & ~IMM) | (ror64(XN, (unsigned)u->disp) & IMM));
    NEXT;
}
SOP(op_bfm_w) {
    SET_W((c->s.x[u->a] & ~IMM) | (ror32(WN, (unsigned)u->disp) & IMM));
    NEXT;
}

SOP(op_extr_x) {
    u64 low = XM, high = XN;
    SET_X(u->imm ? low >> u->imm | high << (64 - u->imm) : low);
    NEXT;
}
SOP(op_extr_w) {
    u64 both = (u64)WN << 32 | WM;
    SET_W(both >> u->imm);
    NEXT;
}

#define TWO(name_, bits_, w_operands, x_operands, fn)                                                                            \
    {name_, "0 " bits_, w_operands, .op = fn##_w}, { name_, "1 " bits_, x_operands, .op = fn##_x }

static const struct arm64_insn rows[] = {
    {"adr", "0 immlo 10000 immhi Rd", "Xd, adr", .op = op_adr},
    {"adrp", "1 immlo 10000 immhi Rd", "Xd, adrp", .op = op_adrp},

    TWO("add", "0 0 100010 sh imm12 Rn Rd", "Wd|SP, Wn|SP, aimm", "Xd|SP, Xn|SP, aimm", op_add),
    TWO("adds", "0 1 100010 sh imm12 Rn Rd", "Wd, Wn|SP, aimm", "Xd, Xn|SP, aimm", op_adds),
    TWO("sub", "1 0 100010 sh imm12 Rn Rd", "Wd|SP, Wn|SP, aimm", "Xd|SP, Xn|SP, aimm", op_sub),
    TWO("subs", "1 1 100010 sh imm12 Rn Rd", "Wd, Wn|SP, aimm", "Xd, Xn|SP, aimm", op_subs),

    {"and", "0 00 100100 0 immr imms Rn Rd", "Wd|SP, Wn, limm32", .op = op_and_w},
    {"and", "1 00 100100 N immr imms Rn Rd", "Xd|SP, Xn, limm64", .op = op_and_x},
    {"orr", "0 01 100100 0 immr imms Rn Rd", "Wd|SP, Wn, limm32", .op = op_orr_w},
    {"orr", "1 01 100100 N immr imms Rn Rd", "Xd|SP, Xn, limm64", .op = op_orr_x},
    {"eor", "0 10 100100 0 immr imms Rn Rd", "Wd|SP, Wn, limm32", .op = op_eor_w},
    {"eor", "1 10 100100 N immr imms Rn Rd", "Xd|SP, Xn, limm64", .op = op_eor_x},
    {"ands", "0 11 100100 0 immr imms Rn Rd", "Wd, Wn, limm32", .op = op_ands_w},
    {"ands", "1 11 100100 N immr imms Rn Rd", "Xd, Xn, limm64", .op = op_ands_x},

    {"movn", "0 00 100101 0 hw<0> imm16 Rd", "Wd, himm", .op = op_movn_w},
    {"movn", "1 00 100101 hw imm16 Rd", "Xd, himm", .op = op_movn_x},
    {"movz", "0 10 100101 0 hw<0> imm16 Rd", "Wd, himm", .op = op_movz},
    {"movz", "1 10 100101 hw imm16 Rd", "Xd, himm", .op = op_movz},
    {"movk", "0 11 100101 0 hw<0> imm16 Rd", "Wd, himm", .op = op_movk_w},
    {"movk", "1 11 100101 hw imm16 Rd", "Xd, himm", .op = op_movk},

    {"sbfm", "0 00 100110 0 0 immr<4:0> 0 imms<4:0> Rn Rd", "Wd, Wn, sbits32", .op = op_sbfm_w},
    {"sbfm", "1 00 100110 1 immr imms Rn Rd", "Xd, Xn, sbits64", .op = op_sbfm_x},
    {"bfm", "0 01 100110 0 0 immr<4:0> 0 imms<4:0> Rn Rd", "Wd, Wn, bits32", .op = op_bfm_w},
    {"bfm", "1 01 100110 1 immr imms Rn Rd", "Xd, Xn, bits64", .op = op_bfm_x},
    {"ubfm", "0 10 100110 0 0 immr<4:0> 0 imms<4:0> Rn Rd", "Wd, Wn, bits32", .op = op_ubfm_w},
    {"ubfm", "1 10 100110 1 immr imms Rn Rd", "Xd, Xn, bits64", .op = op_ubfm_x},

    {"extr", "0 00 100111 0 0 Rm 0 imms<4:0> Rn Rd", "Wd, Wn, Wm, lsb", .op = op_extr_w},
    {"extr", "1 00 100111 1 0 Rm imms Rn Rd", "Xd, Xn, Xm, lsb", .op = op_extr_x},
};
ARM64_TABLE(imm);
