// SPDX-License-Identifier: MIT
// Data processing with registers (C4.1.95).
#include "isa/arm64/flags.h"
#include "isa/arm64/insn.h"

#define HANDLER(name, T, SET, before, result)                                                                                    \
    SOP(op_##name) {                                                                                                             \
        T x = (T)XN, y = (T)XM;                                                                                                  \
        before;                                                                                                                  \
        SET(result);                                                                                                             \
        NEXT;                                                                                                                    \
    }

// ---- the second operand, shifted by an immediate (ShiftReg) or extended (ExtendReg)

static inline u64 shifted_64(u64 v, unsigned type, unsigned n) {
    switch (type) {
    case 0: return v << n;
    case 1: return v >> n;
    case 2: return (u64)((i64)v >> n);
    default: return v >> n | v << (-n & 63);
    }
}
static inline u32 shifted_32(u32 v, unsigned type, unsigned n) {
    switch (type) {
    case 0: return v << n;
    case 1: return v >> n;
    case 2: return (u32)((i32)v >> n);
    default: return v >> n | v << (-n & 31);
    }
}
static inline u64 extended(u64 v, unsigned option, unsigned shift) {
    switch (option) {
    case 0: v = (u8)v; break;
    case 1: v = (u16)v; break;
    case 2: v = (u32)v; break;
    case 4: v = (u64)(i8)v; break;
    case 5: v = (u64)(i16)v; break;
    case 6: v = (u64)(i32)v; break;
    default: break;
    }
    return v << shift;
}
#define AS_IT_IS (void)0
#define SHIFTED_64 y = shifted_64(y, u->mem, (unsigned)u->imm)
#define SHIFTED_32 y = shifted_32(y, u->mem, (unsigned)u->imm)
#define EXTENDED_64 y = extended(y, u->mem, (unsigned)u->imm)
#define EXTENDED_32 y = (u32)extended(y, u->mem, (unsigned)u->imm)

// A plain second operand, the commonest by far, has a handler of its own.
#define SHIFTED(name, result_64, result_32)                                                                                      \
    HANDLER(name##_x, u64, SET_X, AS_IT_IS, result_64)                                                                           \
    HANDLER(name##_w, u32, SET_W, AS_IT_IS, result_32)                                                                           \
    HANDLER(name##_shifted_x, u64, SET_X, SHIFTED_64, result_64)                                                                 \
    HANDLER(name##_shifted_w, u32, SET_W, SHIFTED_32, result_32)
#define EXTENDED(name, result_64, result_32)                                                                                     \
    HANDLER(name##_extended_x, u64, SET_X, EXTENDED_64, result_64)                                                               \
    HANDLER(name##_extended_w, u32, SET_W, EXTENDED_32, result_32)
#define ARITHMETIC(name, result_64, result_32) SHIFTED(name, result_64, result_32) EXTENDED(name, result_64, result_32)

ARITHMETIC(add, x + y, x + y)
ARITHMETIC(sub, x - y, x - y)
ARITHMETIC(adds, add_flags_64(&c->s, x, y, 0), add_flags_32(&c->s, x, y, 0))
ARITHMETIC(subs, add_flags_64(&c->s, x, ~y, 1), add_flags_32(&c->s, x, ~y, 1))
SHIFTED(and, x &y, x &y)
SHIFTED(bic, x & ~y, x & ~y)
SHIFTED(orr, x | y, x | y)
SHIFTED(orn, x | ~y, x | ~y)
SHIFTED(eor, x ^ y, x ^ y)
SHIFTED(eon, x ^ ~y, x ^ ~y)
SHIFTED(ands, logic_flags_64(&c->s, x &y), logic_flags_32(&c->s, x &y))
SHIFTED(bics, logic_flags_64(&c->s, x & ~y), logic_flags_32(&c->s, x & ~y))

// ---- two and three sources

#define TWO_SOURCES(name, result_64, result_32)                                                                                  \
    HANDLER(name##_x, u64, SET_X, AS_IT_IS, result_64)                                                                           \
    HANDLER(name##_w, u32, SET_W, AS_IT_IS, result_32)
TWO_SOURCES(adc, x + y + (c->s.c != 0), x + y + (c->s.c != 0))
TWO_SOURCES(sbc, x + ~y + (c->s.c != 0), x + ~y + (c->s.c != 0))
TWO_SOURCES(adcs, add_flags_64(&c->s, x, y, c->s.c), add_flags_32(&c->s, x, y, c->s.c))
TWO_SOURCES(sbcs, add_flags_64(&c->s, x, ~y, c->s.c), add_flags_32(&c->s, x, ~y, c->s.c))
TWO_SOURCES(lslv, x << (y & 63), x << (y & 31))
TWO_SOURCES(lsrv, x >> (y & 63), x >> (y & 31))
TWO_SOURCES(asrv, (i64)x >> (y & 63), (i32)x >> (y & 31))
TWO_SOURCES(rorv, shifted_64(x, 3, y & 63), shifted_32(x, 3, y & 31))
TWO_SOURCES(udiv, y ? x / y : 0, y ? x / y : 0)
// The one overflow wraps; the host's division would trap.
TWO_SOURCES(sdiv, y == ~(u64)0 ? -x : y ? (u64)((i64)x / (i64)y) : 0, y == ~0u ? -x : y ? (u32)((i32)x / (i32)y) : 0)

TWO_SOURCES(madd, XA + x * y, WA + x * y)
TWO_SOURCES(msub, XA - x * y, WA - x * y)
HANDLER(smaddl, u64, SET_X, AS_IT_IS, XA + (u64)((i64)(i32)x * (i32)y))
HANDLER(smsubl, u64, SET_X, AS_IT_IS, XA - (u64)((i64)(i32)x * (i32)y))
HANDLER(umaddl, u64, SET_X, AS_IT_IS, XA + (u64)(u32)x * (u32)y)
HANDLER(umsubl, u64, SET_X, AS_IT_IS, XA - (u64)(u32)x * (u32)y)
HANDLER(smulh, u64, SET_X, AS_IT_IS, (u64)((i128)(i64)x *(i64)y >> 64))
HANDLER(umulh, u64, SET_X, AS_IT_IS, (u64)((u128)x *y >> 64))

// CRC32 of the polynomials 04c11db7 and (C) 1edc6f41, bits reversed (C6.2, CRC32B). Nibble by nibble, so that a table is small.
static u32 crc(u32 acc, u64 value, unsigned bytes, const u32 table[16]) {
    for (unsigned i = 0; i < bytes * 2; i++, value >>= 4) acc = table[(acc ^ value) & 15] ^ acc >> 4;
    return acc;
}
static const u32 crc_ieee[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
static const u32 crc_castagnoli[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
#define CRC(letter, bytes)                                                                                                       \
    SOP(op_crc32##letter) {                                                                                                      \
        SET_W(crc(WN, XM, bytes, crc_ieee));                                                                                     \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op_crc32c##letter) {                                                                                                     \
        SET_W(crc(WN, XM, bytes, crc_castagnoli));                                                                               \
        NEXT;                                                                                                                    \
    }
CRC(b, 1)
CRC(h, 2)
CRC(w, 4)
CRC(x, 8)

// ---- one source
#define ONE_SOURCE(name, result_64, result_32)                                                                                   \
    SOP(op_##name##_x) {                                                                                                         \
        u64 x = XN;                                                                                                              \
        SET_X(result_64);                                                                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op_##name##_w) {                                                                                                         \
        u32 x = WN;                                                                                                              \
        SET_W(result_32);                                                                                                        \
        NEXT;                                                                                                                    \
    }
#define REV16(x, ones) (((x) >> 8 & (ones)) | ((x) & (ones)) << 8)
ONE_SOURCE(rbit, __builtin_bitreverse64(x), __builtin_bitreverse32(x))
ONE_SOURCE(rev16, REV16(x, (u64)0x00ff00ff00ff00ff), REV16(x, 0x00ff00ffu))
ONE_SOURCE(rev, __builtin_bswap64(x), __builtin_bswap32(x))
SOP(op_rev32) {
    u64 x = __builtin_bswap64(XN);
    SET_X(x << 32 | x >> 32);
    NEXT;
}
ONE_SOURCE(clz, x ? __builtin_clzll(x) : 64, x ? __builtin_clz(x) : 32)
// Bits that are like the one above them, from the top down.
static unsigned leading_signs(u64 x, unsigned width) {
    u64 differ = (x ^ x >> 1) & mask(width - 2, 0);
    return differ ? (unsigned)__builtin_clzll(differ) - (64 - width) - 1 : width - 1;
}
ONE_SOURCE(cls, leading_signs(x, 64), leading_signs(x, 32))

// ---- conditions
#define SELECT(name, otherwise) TWO_SOURCES(name, arm64_holds(c, u->mem) ? x : otherwise, arm64_holds(c, u->mem) ? x : otherwise)
SELECT(csel, y)
SELECT(csinc, y + 1)
SELECT(csinv, ~y)
SELECT(csneg, -y)

#define COMPARE(name, T, y_, invert, carry, add)                                                                                 \
    SOP(op_##name) {                                                                                                             \
        if (arm64_holds(c, u->mem)) {                                                                                            \
            T y = (T)(y_);                                                                                                       \
            add(&c->s, (T)XN, invert y, carry);                                                                                  \
        } else {                                                                                                                 \
            SET_NZCV((unsigned)u->disp);                                                                                         \
        }                                                                                                                        \
        NEXT;                                                                                                                    \
    }
#define COMPARES(suffix, y)                                                                                                      \
    COMPARE(ccmn##suffix##_x, u64, y, , 0, add_flags_64)                                                                         \
    COMPARE(ccmn##suffix##_w, u32, y, , 0, add_flags_32)                                                                         \
    COMPARE(ccmp##suffix##_x, u64, y, ~, 1, add_flags_64)                                                                        \
    COMPARE(ccmp##suffix##_w, u32, y, ~, 1, add_flags_32)
COMPARES(, XM)
COMPARES(_imm, IMM)

// ---- rows

#define TWO(name_, bits_, operands_w, operands_x, fn)                                                                            \
    {name_, "0 " bits_, operands_w, .op = fn##_w}, { name_, "1 " bits_, operands_x, .op = fn##_x }
// The plain form stands first: its encoding is one of the shifted form's.
#define SHIFTED_ROWS(name_, opc, N, fn)                                                                                          \
    TWO(name_, opc " 01010 00 " N " Rm 000000 Rn Rd", "Wd, Wn, Wm", "Xd, Xn, Xm", fn),                                           \
        {name_, "0 " opc " 01010 shift " N " Rm 0 imm6<4:0> Rn Rd", "Wd, Wn, Wm^shift", .op = fn##_shifted_w}, {                 \
        name_, "1 " opc " 01010 shift " N " Rm imm6 Rn Rd", "Xd, Xn, Xm^shift", .op = fn##_shifted_x                             \
    }
// ROR is no shift of additions.
#define ADD_ROWS(name_, opc, d_w, d_x, ext, fn)                                                                                  \
    TWO(name_, opc " 01011 00 0 Rm 000000 Rn Rd", "Wd, Wn, Wm", "Xd, Xn, Xm", fn),                                               \
        {name_, "0 " opc " 01011 shift 0 Rm 0 imm6<4:0> Rn Rd", "Wd, Wn, Wm^addshift", .op = fn##_shifted_w},                    \
        {name_, "1 " opc " 01011 shift 0 Rm imm6 Rn Rd", "Xd, Xn, Xm^addshift", .op = fn##_shifted_x},                           \
        {name_, "0 " opc " 01011 00 1 Rm option imm3 Rn Rd", d_w ", Wn|SP, " ext "32", .op = fn##_extended_w}, {                 \
        name_, "1 " opc " 01011 00 1 Rm option imm3 Rn Rd", d_x ", Xn|SP, " ext "64", .op = fn##_extended_x                      \
    }
#define TWO_SOURCE_ROWS(name_, opcode, fn) TWO(name_, "0 0 11010110 Rm " opcode " Rn Rd", "Wd, Wn, Wm", "Xd, Xn, Xm", fn)
#define CARRY_ROWS(name_, opc, fn) TWO(name_, opc " 11010000 Rm 000000 Rn Rd", "Wd, Wn, Wm", "Xd, Xn, Xm", fn)
#define ONE_SOURCE_ROWS(name_, opcode, fn) TWO(name_, "1 0 11010110 00000 " opcode " Rn Rd", "Wd, Wn", "Xd, Xn", fn)
#define SELECT_ROWS(name_, op_, op2_, fn)                                                                                        \
    TWO(name_, op_ " 0 11010100 Rm cond " op2_ " Rn Rd", "Wd, Wn, Wm, cond", "Xd, Xn, Xm, cond", fn)
#define COMPARE_ROWS(name_, op_, fn)                                                                                             \
    TWO(name_, op_ " 1 11010010 Rm cond 00 Rn 0 nzcv", "Wn, Wm, nzcv, cond", "Xn, Xm, nzcv, cond", fn),                          \
        TWO(name_, op_ " 1 11010010 imm5 cond 10 Rn 0 nzcv", "Wn, uimm5, nzcv, cond", "Xn, uimm5, nzcv, cond", fn##_imm)

static const struct arm64_insn rows[] = {
    SHIFTED_ROWS("and", "00", "0", op_and),
    SHIFTED_ROWS("bic", "00", "1", op_bic),
    SHIFTED_ROWS("orr", "01", "0", op_orr),
    SHIFTED_ROWS("orn", "01", "1", op_orn),
    SHIFTED_ROWS("eor", "10", "0", op_eor),
    SHIFTED_ROWS("eon", "10", "1", op_eon),
    SHIFTED_ROWS("ands", "11", "0", op_ands),
    SHIFTED_ROWS("bics", "11", "1", op_bics),
    ADD_ROWS("add", "00", "Wd|SP", "Xd|SP", "extm", op_add),
    ADD_ROWS("adds", "01", "Wd", "Xd", "extn", op_adds),
    ADD_ROWS("sub", "10", "Wd|SP", "Xd|SP", "extm", op_sub),
    ADD_ROWS("subs", "11", "Wd", "Xd", "extn", op_subs),

    CARRY_ROWS("adc", "00", op_adc),
    CARRY_ROWS("adcs", "01", op_adcs),
    CARRY_ROWS("sbc", "10", op_sbc),
    CARRY_ROWS("sbcs", "11", op_sbcs),

    TWO_SOURCE_ROWS("udiv", "000010", op_udiv),
    TWO_SOURCE_ROWS("sdiv", "000011", op_sdiv),
    TWO_SOURCE_ROWS("lslv", "001000", op_lslv),
    TWO_SOURCE_ROWS("lsrv", "001001", op_lsrv),
    TWO_SOURCE_ROWS("asrv", "001010", op_asrv),
    TWO_SOURCE_ROWS("rorv", "001011", op_rorv),
    {"crc32b", "0 0 0 11010110 Rm 010 0 00 Rn Rd", "Wd, Wn, Wm", .op = op_crc32b, .feature = FEAT_CRC32},
    {"crc32h", "0 0 0 11010110 Rm 010 0 01 Rn Rd", "Wd, Wn, Wm", .op = op_crc32h, .feature = FEAT_CRC32},
    {"crc32w", "0 0 0 11010110 Rm 010 0 10 Rn Rd", "Wd, Wn, Wm", .op = op_crc32w, .feature = FEAT_CRC32},
    {"crc32x", "1 0 0 11010110 Rm 010 0 11 Rn Rd", "Wd, Wn, Xm", .op = op_crc32x, .feature = FEAT_CRC32},
    {"crc32cb", "0 0 0 11010110 Rm 010 1 00 Rn Rd", "Wd, Wn, Wm", .op = op_crc32cb, .feature = FEAT_CRC32},
    {"crc32ch", "0 0 0 11010110 Rm 010 1 01 Rn Rd", "Wd, Wn, Wm", .op = op_crc32ch, .feature = FEAT_CRC32},
    {"crc32cw", "0 0 0 11010110 Rm 010 1 10 Rn Rd", "Wd, Wn, Wm", .op = op_crc32cw, .feature = FEAT_CRC32},
    {"crc32cx", "1 0 0 11010110 Rm 010 1 11 Rn Rd", "Wd, Wn, Xm", .op = op_crc32cx, .feature = FEAT_CRC32},

    ONE_SOURCE_ROWS("rbit", "000000", op_rbit),
    ONE_SOURCE_ROWS("rev16", "000001", op_rev16),
    {"rev", "0 1 0 11010110 00000 000010 Rn Rd", "Wd, Wn", .op = op_rev_w},
    {"rev32", "1 1 0 11010110 00000 000010 Rn Rd", "Xd, Xn", .op = op_rev32},
    {"rev", "1 1 0 11010110 00000 000011 Rn Rd", "Xd, Xn", .op = op_rev_x},
    ONE_SOURCE_ROWS("clz", "000100", op_clz),
    ONE_SOURCE_ROWS("cls", "000101", op_cls),

    TWO("madd", "00 11011 000 Rm 0 Ra Rn Rd", "Wd, Wn, Wm, Wa", "Xd, Xn, Xm, Xa", op_madd),
    TWO("msub", "00 11011 000 Rm 1 Ra Rn Rd", "Wd, Wn, Wm, Wa", "Xd, Xn, Xm, Xa", op_msub),
    {"smaddl", "1 00 11011 001 Rm 0 Ra Rn Rd", "Xd, Wn, Wm, Xa", .op = op_smaddl},
    {"smsubl", "1 00 11011 001 Rm 1 Ra Rn Rd", "Xd, Wn, Wm, Xa", .op = op_smsubl},
    {"smulh", "1 00 11011 010 Rm 0 xxxxx Rn Rd", "Xd, Xn, Xm", .op = op_smulh},
    {"umaddl", "1 00 11011 101 Rm 0 Ra Rn Rd", "Xd, Wn, Wm, Xa", .op = op_umaddl},
    {"umsubl", "1 00 11011 101 Rm 1 Ra Rn Rd", "Xd, Wn, Wm, Xa", .op = op_umsubl},
    {"umulh", "1 00 11011 110 Rm 0 xxxxx Rn Rd", "Xd, Xn, Xm", .op = op_umulh},

    SELECT_ROWS("csel", "0", "00", op_csel),
    SELECT_ROWS("csinc", "0", "01", op_csinc),
    SELECT_ROWS("csinv", "1", "00", op_csinv),
    SELECT_ROWS("csneg", "1", "01", op_csneg),
    COMPARE_ROWS("ccmn", "0", op_ccmn),
    COMPARE_ROWS("ccmp", "1", op_ccmp),
};
ARM64_TABLE(reg);
