// SPDX-License-Identifier: MIT
// The integer instructions: opcode maps of SDM vol. 2, appendix A. Flag columns: read, written, left undefined.
#include "isa/x86_64/insn/ops.h"

#define ARITH FL_ARITH
#define NOCF (FL_ARITH & ~FL_CF)
#define LOGIC_U FL_AF

// The six columns of one ALU operation at opcode base op (00, 08, ... 38).
#define ALU_ROWS(op, name, fam, nf_eg, nf_ge, nf_ei, lock, rd, un)                                 \
    {MAP_1, op + 0, PFX_ANY, 0, name, {o_Eb, o_Gb}, &fam##_eg, nf_eg, 0, 0, BYTE | lock | NOFAULT, F_BASE, rd, ARITH & ~(un), un},  \
    {MAP_1, op + 1, PFX_ANY, 0, name, {o_Ev, o_Gv}, &fam##_eg, nf_eg, 0, 0, lock | NOFAULT, F_BASE, rd, ARITH & ~(un), un},         \
    {MAP_1, op + 2, PFX_ANY, 0, name, {o_Gb, o_Eb}, &fam##_ge, nf_ge, 0, 0, BYTE | NOFAULT, F_BASE, rd, ARITH & ~(un), un},         \
    {MAP_1, op + 3, PFX_ANY, 0, name, {o_Gv, o_Ev}, &fam##_ge, nf_ge, 0, 0, NOFAULT, F_BASE, rd, ARITH & ~(un), un},                \
    {MAP_1, op + 4, PFX_ANY, 0, name, {o_AL, o_Ib}, &fam##_ei, nf_ei, 0, 0, BYTE | NOFAULT, F_BASE, rd, ARITH & ~(un), un},         \
    {MAP_1, op + 5, PFX_ANY, 0, name, {o_eAX, o_Iz}, &fam##_ei, nf_ei, 0, 0, NOFAULT, F_BASE, rd, ARITH & ~(un), un}
// The same operation as /digit of group 1 (80, 81, 82, 83).
#define GROUP1(digit, name, fam, nf, lock, rd, un)                                                 \
    {MAP_1, 0x80, PFX_ANY, EXT(digit), name, {o_Eb, o_Ib}, &fam##_ei, nf, 0, 0, BYTE | lock | NOFAULT, F_BASE, rd, ARITH & ~(un), un},    \
    {MAP_1, 0x82, PFX_ANY, EXT(digit), name, {o_Eb, o_Ib}, &fam##_ei, nf, 0, 0, BYTE | I64 | lock | NOFAULT, F_BASE, rd, ARITH & ~(un), un},    \
    {MAP_1, 0x81, PFX_ANY, EXT(digit), name, {o_Ev, o_Iz}, &fam##_ei, nf, 0, 0, lock | NOFAULT, F_BASE, rd, ARITH & ~(un), un},           \
    {MAP_1, 0x83, PFX_ANY, EXT(digit), name, {o_Ev, o_sIb}, &fam##_ei, nf, 0, 0, lock | NOFAULT, F_BASE, rd, ARITH & ~(un), un}
#define ALU_BOTH(op, digit, name, fam, lock, rd, un)                                               \
    ALU_ROWS(op, name, fam, &fam##_eg_nf, &fam##_ge_nf, &fam##_ei_nf, lock, rd, un),               \
    GROUP1(digit, name, fam, &fam##_ei_nf, lock, rd, un)

// Group 2 at C0 (Ib), D0 (1), D2 (CL). SHL has a twin at /6.
#define GROUP2(digit, name, op, rd, wr, un, nf)                                                    \
    {MAP_1, 0xc0, PFX_ANY, EXT(digit), name, {o_Eb, o_Ib}, &op##_i_ops, nf(op##_i), 0, 0, BYTE | MAYBE | NOFAULT, F_BASE, rd, wr, un},  \
    {MAP_1, 0xc1, PFX_ANY, EXT(digit), name, {o_Ev, o_Ib}, &op##_i_ops, nf(op##_i), 0, 0, MAYBE | NOFAULT, F_BASE, rd, wr, un},         \
    {MAP_1, 0xd0, PFX_ANY, EXT(digit), name, {o_Eb, o_1}, &op##_1_ops, nf(op##_1), 0, 0, BYTE | NOFAULT, F_BASE, rd, wr, un},           \
    {MAP_1, 0xd1, PFX_ANY, EXT(digit), name, {o_Ev, o_1}, &op##_1_ops, nf(op##_1), 0, 0, NOFAULT, F_BASE, rd, wr, un},                  \
    {MAP_1, 0xd2, PFX_ANY, EXT(digit), name, {o_Eb, o_CL}, &op##_c_ops, nf(op##_c), 0, 0, BYTE | MAYBE | NOFAULT, F_BASE, rd, wr, un},  \
    {MAP_1, 0xd3, PFX_ANY, EXT(digit), name, {o_Ev, o_CL}, &op##_c_ops, nf(op##_c), 0, 0, MAYBE | NOFAULT, F_BASE, rd, wr, un}
#define NF(op) &op##_nf_ops
#define NO_NF(op) 0

#define CC_READS(cc) ((cc) / 2 == 0 ? FL_OF : (cc) / 2 == 1 ? FL_CF : (cc) / 2 == 2 ? FL_ZF : (cc) / 2 == 3 ? FL_CF | FL_ZF :    \
                      (cc) / 2 == 4 ? FL_SF : (cc) / 2 == 5 ? FL_PF : (cc) / 2 == 6 ? FL_SF | FL_OF : FL_SF | FL_OF | FL_ZF)
#define CC_ROWS(cc, name)                                                                          \
    {MAP_1, 0x70 + cc, PFX_ANY, 0, "j" name, {o_Jb}, &jcc_ops[cc], 0, 0, 0, F64 | ENDS, F_BASE, CC_READS(cc), 0, 0},      \
    {MAP_0F, 0x80 + cc, PFX_ANY, 0, "j" name, {o_Jz}, &jcc_ops[cc], 0, 0, 0, F64 | ENDS, F_BASE, CC_READS(cc), 0, 0},     \
    {MAP_0F, 0x90 + cc, PFX_ANY, 0, "set" name, {o_Eb}, &setcc_ops[cc], 0, 0, 0, BYTE | NOFAULT, F_BASE, CC_READS(cc), 0, 0},    \
    {MAP_0F, 0x40 + cc, PFX_ANY, 0, "cmov" name, {o_Gv, o_Ev}, &cmovcc_ops[cc], 0, 0, 0, NOFAULT, F_CMOV, CC_READS(cc), 0, 0}

#define BIT_ROWS(op, digit, name, fam, lock)                                                       \
    {MAP_0F, op, PFX_ANY, 0, name, {o_Ev, o_Gv}, &fam##_g_ops, 0, 0, 0, lock | NOFAULT, F_BASE, 0, FL_CF, NOCF & ~FL_ZF},   \
    {MAP_0F, 0xba, PFX_ANY, EXT(digit), name, {o_Ev, o_Ib}, &fam##_i_ops, 0, 0, 0, lock | NOFAULT, F_BASE, 0, FL_CF, NOCF & ~FL_ZF}

// clang-format off
static const struct insn rows[] = {
    ALU_BOTH(0x00, 0, "add", add, LOCK, 0, 0),
    ALU_BOTH(0x08, 1, "or", or, LOCK, 0, LOGIC_U),
    ALU_BOTH(0x10, 2, "adc", adc, LOCK, FL_CF, 0),
    ALU_BOTH(0x18, 3, "sbb", sbb, LOCK, FL_CF, 0),
    ALU_BOTH(0x20, 4, "and", and, LOCK, 0, LOGIC_U),
    ALU_BOTH(0x28, 5, "sub", sub, LOCK, 0, 0),
    ALU_BOTH(0x30, 6, "xor", xor, LOCK, 0, LOGIC_U),
    ALU_ROWS(0x38, "cmp", cmp, 0, 0, 0, 0, 0, 0),
    GROUP1(7, "cmp", cmp, 0, 0, 0, 0),

    {MAP_1, 0x27, PFX_ANY, 0, "daa", {0}, &daa_ops, 0, 0, 0, I64 | NOFAULT, F_BASE, FL_CF | FL_AF, ARITH & ~FL_OF, FL_OF},
    {MAP_1, 0x2f, PFX_ANY, 0, "das", {0}, &das_ops, 0, 0, 0, I64 | NOFAULT, F_BASE, FL_CF | FL_AF, ARITH & ~FL_OF, FL_OF},
    {MAP_1, 0x37, PFX_ANY, 0, "aaa", {0}, &aaa_ops, 0, 0, 0, I64 | NOFAULT, F_BASE, FL_AF, FL_CF | FL_AF, NOCF & ~FL_AF},
    {MAP_1, 0x3f, PFX_ANY, 0, "aas", {0}, &aas_ops, 0, 0, 0, I64 | NOFAULT, F_BASE, FL_AF, FL_CF | FL_AF, NOCF & ~FL_AF},
    {MAP_1, 0xd4, PFX_ANY, 0, "aam", {o_Ib}, &aam_ops, 0, 0, 0, I64, F_BASE, 0, FL_SF | FL_ZF | FL_PF, FL_OF | FL_AF | FL_CF},
    {MAP_1, 0xd5, PFX_ANY, 0, "aad", {o_Ib}, &aad_ops, 0, 0, 0, I64 | NOFAULT, F_BASE, 0, FL_SF | FL_ZF | FL_PF, FL_OF | FL_AF | FL_CF},

    {MAP_1, 0x40, PFX_ANY, 0, "inc", {o_Zv}, &inc_z_ops, 0, 0, 0, I64 | NOFAULT, F_BASE, 0, NOCF, 0},
    {MAP_1, 0x48, PFX_ANY, 0, "dec", {o_Zv}, &dec_z_ops, 0, 0, 0, I64 | NOFAULT, F_BASE, 0, NOCF, 0},
    {MAP_1, 0xfe, PFX_ANY, EXT(0), "inc", {o_Eb}, &inc_ops, &inc_nf_ops, 0, 0, BYTE | LOCK | NOFAULT, F_BASE, 0, NOCF, 0},
    {MAP_1, 0xfe, PFX_ANY, EXT(1), "dec", {o_Eb}, &dec_ops, &dec_nf_ops, 0, 0, BYTE | LOCK | NOFAULT, F_BASE, 0, NOCF, 0},
    {MAP_1, 0xff, PFX_ANY, EXT(0), "inc", {o_Ev}, &inc_ops, &inc_nf_ops, 0, 0, LOCK | NOFAULT, F_BASE, 0, NOCF, 0},
    {MAP_1, 0xff, PFX_ANY, EXT(1), "dec", {o_Ev}, &dec_ops, &dec_nf_ops, 0, 0, LOCK | NOFAULT, F_BASE, 0, NOCF, 0},
    {MAP_1, 0xf6, PFX_ANY, EXT(0), "test", {o_Eb, o_Ib}, &test_ei, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_1, 0xf7, PFX_ANY, EXT(0), "test", {o_Ev, o_Iz}, &test_ei, 0, 0, 0, NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_1, 0xf6, PFX_ANY, EXT(1), "test", {o_Eb, o_Ib}, &test_ei, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_1, 0xf7, PFX_ANY, EXT(1), "test", {o_Ev, o_Iz}, &test_ei, 0, 0, 0, NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_1, 0xf6, PFX_ANY, EXT(2), "not", {o_Eb}, &not_ops, 0, 0, 0, BYTE | LOCK | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0xf7, PFX_ANY, EXT(2), "not", {o_Ev}, &not_ops, 0, 0, 0, LOCK | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0xf6, PFX_ANY, EXT(3), "neg", {o_Eb}, &neg_ops, &neg_nf_ops, 0, 0, BYTE | LOCK | NOFAULT, F_BASE, 0, ARITH, 0},
    {MAP_1, 0xf7, PFX_ANY, EXT(3), "neg", {o_Ev}, &neg_ops, &neg_nf_ops, 0, 0, LOCK | NOFAULT, F_BASE, 0, ARITH, 0},
    {MAP_1, 0xf6, PFX_ANY, EXT(4), "mul", {o_Eb}, &mul_ops, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, FL_CF | FL_OF, ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0xf7, PFX_ANY, EXT(4), "mul", {o_Ev}, &mul_ops, 0, 0, 0, NOFAULT, F_BASE, 0, FL_CF | FL_OF, ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0xf6, PFX_ANY, EXT(5), "imul", {o_Eb}, &imul1_ops, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, FL_CF | FL_OF, ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0xf7, PFX_ANY, EXT(5), "imul", {o_Ev}, &imul1_ops, 0, 0, 0, NOFAULT, F_BASE, 0, FL_CF | FL_OF, ARITH & ~(FL_CF | FL_OF)},
    // Divisions leave all flags undefined; here they stay as they were, so they kill none (MAYBE).
    {MAP_1, 0xf6, PFX_ANY, EXT(6), "div", {o_Eb}, &div_ops, 0, 0, 0, BYTE | MAYBE, F_BASE, 0, 0, ARITH},
    {MAP_1, 0xf7, PFX_ANY, EXT(6), "div", {o_Ev}, &div_ops, 0, 0, 0, MAYBE, F_BASE, 0, 0, ARITH},
    {MAP_1, 0xf6, PFX_ANY, EXT(7), "idiv", {o_Eb}, &idiv_ops, 0, 0, 0, BYTE | MAYBE, F_BASE, 0, 0, ARITH},
    {MAP_1, 0xf7, PFX_ANY, EXT(7), "idiv", {o_Ev}, &idiv_ops, 0, 0, 0, MAYBE, F_BASE, 0, 0, ARITH},
    {MAP_0F, 0xaf, PFX_ANY, 0, "imul", {o_Gv, o_Ev}, &imul2_ops, 0, 0, 0, NOFAULT, F_BASE, 0, FL_CF | FL_OF, ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0x69, PFX_ANY, 0, "imul", {o_Gv, o_Ev, o_Iz}, &imul3_ops, 0, 0, 0, NOFAULT, F_BASE, 0, FL_CF | FL_OF, ARITH & ~(FL_CF | FL_OF)},
    {MAP_1, 0x6b, PFX_ANY, 0, "imul", {o_Gv, o_Ev, o_sIb}, &imul3_ops, 0, 0, 0, NOFAULT, F_BASE, 0, FL_CF | FL_OF, ARITH & ~(FL_CF | FL_OF)},

    GROUP2(0, "rol", rol, 0, FL_CF | FL_OF, 0, NO_NF),
    GROUP2(1, "ror", ror, 0, FL_CF | FL_OF, 0, NO_NF),
    GROUP2(2, "rcl", rcl, FL_CF, FL_CF | FL_OF, 0, NO_NF),
    GROUP2(3, "rcr", rcr, FL_CF, FL_CF | FL_OF, 0, NO_NF),
    GROUP2(4, "shl", shl, 0, ARITH & ~FL_AF, FL_AF, NF),
    GROUP2(5, "shr", shr, 0, ARITH & ~FL_AF, FL_AF, NF),
    GROUP2(6, "sal", shl, 0, ARITH & ~FL_AF, FL_AF, NF),
    GROUP2(7, "sar", sar, 0, ARITH & ~FL_AF, FL_AF, NF),
    {MAP_0F, 0xa4, PFX_ANY, 0, "shld", {o_Ev, o_Gv, o_Ib}, &shld_i_ops, 0, 0, 0, MAYBE | NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_0F, 0xa5, PFX_ANY, 0, "shld", {o_Ev, o_Gv, o_CL}, &shld_c_ops, 0, 0, 0, MAYBE | NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_0F, 0xac, PFX_ANY, 0, "shrd", {o_Ev, o_Gv, o_Ib}, &shrd_i_ops, 0, 0, 0, MAYBE | NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_0F, 0xad, PFX_ANY, 0, "shrd", {o_Ev, o_Gv, o_CL}, &shrd_c_ops, 0, 0, 0, MAYBE | NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},

    BIT_ROWS(0xa3, 4, "bt", bt, 0),
    BIT_ROWS(0xab, 5, "bts", bts, LOCK),
    BIT_ROWS(0xb3, 6, "btr", btr, LOCK),
    BIT_ROWS(0xbb, 7, "btc", btc, LOCK),
    {MAP_0F, 0xb8, PFX_F3, 0, "popcnt", {o_Gv, o_Ev}, &popcnt_ops, 0, 0, 0, NOFAULT, F_POPCNT, 0, ARITH, 0},
    // F3 0F BC and BD stand before BSF and BSR, which they are where the model lacks them.
    {MAP_0F, 0xbc, PFX_F3, 0, "tzcnt", {o_Gv, o_Ev}, &tzcnt_ops, 0, 0, 0, NOFAULT, F_BMI1, 0, FL_CF | FL_ZF, ARITH & ~(FL_CF | FL_ZF)},
    {MAP_0F, 0xbd, PFX_F3, 0, "lzcnt", {o_Gv, o_Ev}, &lzcnt_ops, 0, 0, 0, NOFAULT, F_LZCNT, 0, FL_CF | FL_ZF, ARITH & ~(FL_CF | FL_ZF)},
    {MAP_0F, 0xbc, PFX_ANY, 0, "bsf", {o_Gv, o_Ev}, &bsf_ops, 0, 0, 0, MAYBE | NOFAULT, F_BASE, 0, FL_ZF, ARITH & ~FL_ZF},
    {MAP_0F, 0xbd, PFX_ANY, 0, "bsr", {o_Gv, o_Ev}, &bsr_ops, 0, 0, 0, MAYBE | NOFAULT, F_BASE, 0, FL_ZF, ARITH & ~FL_ZF},
    {MAP_0F, 0xc8, PFX_ANY, 0, "bswap", {o_Zv}, &bswap_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_0F38, 0xf0, PFX_NFX, MEMONLY, "movbe", {o_Gv, o_Ev}, &movbe_load_ops, 0, 0, 0, NOFAULT, F_MOVBE, 0, 0, 0},
    {MAP_0F38, 0xf1, PFX_NFX, MEMONLY, "movbe", {o_Ev, o_Gv}, &movbe_store_ops, 0, 0, 0, NOFAULT, F_MOVBE, 0, 0, 0},
    {MAP_0F38, 0xf6, PFX_66, 0, "adcx", {o_Gy, o_Ey}, &adcx_ops, 0, 0, 0, NOFAULT, F_ADX, FL_CF, FL_CF, 0},
    {MAP_0F38, 0xf6, PFX_F3, 0, "adox", {o_Gy, o_Ey}, &adox_ops, 0, 0, 0, NO_OPSIZE | NOFAULT, F_ADX, FL_OF, FL_OF, 0},
    {MAP_0F, 0xc7, PFX_NFX, EXT(6) | REGONLY, "rdrand", {o_Rv}, &rdrand_ops, 0, 0, 0, 0, F_RDRAND, 0, ARITH, 0},
    {MAP_0F, 0xc7, PFX_NFX, EXT(7) | REGONLY, "rdseed", {o_Rv}, &rdseed_ops, 0, 0, 0, 0, F_RDSEED, 0, ARITH, 0},

    {MAP_1, 0x84, PFX_ANY, 0, "test", {o_Eb, o_Gb}, &test_eg, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_1, 0x85, PFX_ANY, 0, "test", {o_Ev, o_Gv}, &test_eg, 0, 0, 0, NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_1, 0xa8, PFX_ANY, 0, "test", {o_AL, o_Ib}, &test_ei, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_1, 0xa9, PFX_ANY, 0, "test", {o_eAX, o_Iz}, &test_ei, 0, 0, 0, NOFAULT, F_BASE, 0, ARITH & ~FL_AF, FL_AF},
    {MAP_1, 0x86, PFX_ANY, 0, "xchg", {o_Eb, o_Gb}, &xchg_eg_ops, 0, 0, 0, BYTE | LOCK | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x87, PFX_ANY, 0, "xchg", {o_Ev, o_Gv}, &xchg_eg_ops, 0, 0, 0, LOCK | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_0F, 0xb0, PFX_ANY, 0, "cmpxchg", {o_Eb, o_Gb}, &cmpxchg_ops, 0, 0, 0, BYTE | LOCK | NOFAULT, F_BASE, 0, ARITH, 0},
    {MAP_0F, 0xb1, PFX_ANY, 0, "cmpxchg", {o_Ev, o_Gv}, &cmpxchg_ops, 0, 0, 0, LOCK | NOFAULT, F_BASE, 0, ARITH, 0},
    {MAP_0F, 0xc0, PFX_ANY, 0, "xadd", {o_Eb, o_Gb}, &xadd_ops, 0, 0, 0, BYTE | LOCK | NOFAULT, F_BASE, 0, ARITH, 0},
    {MAP_0F, 0xc1, PFX_ANY, 0, "xadd", {o_Ev, o_Gv}, &xadd_ops, 0, 0, 0, LOCK | NOFAULT, F_BASE, 0, ARITH, 0},
    {MAP_0F, 0xc7, PFX_ANY, EXT(1) | MEMONLY, "cmpxchg8b", {o_M}, &cmpxchg8b_ops, 0, 0, 0, VEX_W0 | LOCK | NO_OPSIZE | MAYBE, F_CX8, 0, FL_ZF, 0},
    {MAP_0F, 0xc7, PFX_ANY, EXT(1) | MEMONLY, "cmpxchg16b", {o_M}, &cmpxchg16b_ops, 0, 0, 0, VEX_W1 | LOCK | NO_OPSIZE | MAYBE, F_CX16, 0, FL_ZF, 0},

    {MAP_1, 0x88, PFX_ANY, 0, "mov", {o_Eb, o_Gb}, &mov_eg_ops, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x89, PFX_ANY, 0, "mov", {o_Ev, o_Gv}, &mov_eg_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x8a, PFX_ANY, 0, "mov", {o_Gb, o_Eb}, &mov_ge_ops, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x8b, PFX_ANY, 0, "mov", {o_Gv, o_Ev}, &mov_ge_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0xa0, PFX_ANY, 0, "mov", {o_AL, o_Ob}, &mov_load_ops, 0, 0, 0, BYTE, F_BASE, 0, 0, 0},
    {MAP_1, 0xa1, PFX_ANY, 0, "mov", {o_eAX, o_Ov}, &mov_load_ops, 0, 0, 0, 0, F_BASE, 0, 0, 0},
    {MAP_1, 0xa2, PFX_ANY, 0, "mov", {o_Ob, o_AL}, &mov_store_ops, 0, 0, 0, BYTE, F_BASE, 0, 0, 0},
    {MAP_1, 0xa3, PFX_ANY, 0, "mov", {o_Ov, o_eAX}, &mov_store_ops, 0, 0, 0, 0, F_BASE, 0, 0, 0},
    {MAP_1, 0xb0, PFX_ANY, 0, "mov", {o_Zb, o_Ib}, &mov_zi_ops, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0xb8, PFX_ANY, 0, "mov", {o_Zv, o_Iv}, &mov_zi_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0xc6, PFX_ANY, EXT(0), "mov", {o_Eb, o_Ib}, &mov_ei_ops, 0, 0, 0, BYTE | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0xc7, PFX_ANY, EXT(0), "mov", {o_Ev, o_Iz}, &mov_ei_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x8d, PFX_ANY, 0, "lea", {o_Gv, o_M}, &lea_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_0F, 0xb6, PFX_ANY, 0, "movzx", {o_Gv, o_Eb}, &movzx8_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_0F, 0xb7, PFX_ANY, 0, "movzx", {o_Gv, o_Ew}, &movzx16_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_0F, 0xbe, PFX_ANY, 0, "movsx", {o_Gv, o_Eb}, &movsx8_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_0F, 0xbf, PFX_ANY, 0, "movsx", {o_Gv, o_Ew}, &movsx16_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x63, PFX_ANY, 0, "movsxd", {o_Gv, o_Ed}, &movsxd_ops, 0, 0, 0, O64 | NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x98, PFX_ANY, 0, "cbw", {0}, &cbw_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x99, PFX_ANY, 0, "cwd", {0}, &cwd_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0xd7, PFX_ANY, 0, "xlat", {0}, &xlat_ops, 0, 0, 0, BYTE, F_BASE, 0, 0, 0},
    // NOP and PAUSE are 90 without REX.B: XCHG of rAX with itself that does not clear the upper half.
    {MAP_1, 0x90, PFX_ANY, 0, "xchg", {o_Zv, o_eAX}, &xchg_z_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0x9e, PFX_ANY, 0, "sahf", {0}, &sahf_ops, 0, 0, 0, I64 | NOFAULT | MAYBE, F_BASE, FL_OF, ARITH & ~FL_OF, 0},
    {MAP_1, 0x9e, PFX_ANY, 0, "sahf", {0}, &sahf_ops, 0, 0, 0, O64 | NOFAULT | MAYBE, F_LAHF, FL_OF, ARITH & ~FL_OF, 0},
    {MAP_1, 0x9f, PFX_ANY, 0, "lahf", {0}, &lahf_ops, 0, 0, 0, I64 | NOFAULT | READS_ALL, F_BASE, ARITH & ~FL_OF, 0, 0},
    {MAP_1, 0x9f, PFX_ANY, 0, "lahf", {0}, &lahf_ops, 0, 0, 0, O64 | NOFAULT | READS_ALL, F_LAHF, ARITH & ~FL_OF, 0, 0},
    {MAP_1, 0xd6, PFX_ANY, 0, "salc", {0}, &salc_ops, 0, 0, 0, I64 | NOFAULT, F_BASE, FL_CF, 0, 0},
    {MAP_1, 0xf8, PFX_ANY, 0, "clc", {0}, &clc_ops, 0, 0, 0, NOFAULT, F_BASE, 0, FL_CF, 0},
    {MAP_1, 0xf9, PFX_ANY, 0, "stc", {0}, &stc_ops, 0, 0, 0, NOFAULT, F_BASE, 0, FL_CF, 0},
    {MAP_1, 0xf5, PFX_ANY, 0, "cmc", {0}, &cmc_ops, 0, 0, 0, NOFAULT, F_BASE, FL_CF, FL_CF, 0},
    {MAP_1, 0xfc, PFX_ANY, 0, "cld", {0}, &cld_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},
    {MAP_1, 0xfd, PFX_ANY, 0, "std", {0}, &std_ops, 0, 0, 0, NOFAULT, F_BASE, 0, 0, 0},

    // Hints that silicon runs as NOP, ENDBR64 among them (0F 1E FA with F3).
    {MAP_0F, 0x19, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, 0, 0, 0, NOFAULT, F_NOPL, 0, 0, 0},
    {MAP_0F, 0x1a, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, 0, 0, 0, NOFAULT, F_NOPL, 0, 0, 0},
    {MAP_0F, 0x1b, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, 0, 0, 0, NOFAULT, F_NOPL, 0, 0, 0},
    {MAP_0F, 0x1c, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, 0, 0, 0, NOFAULT, F_NOPL, 0, 0, 0},
    {MAP_0F, 0x1d, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, 0, 0, 0, NOFAULT, F_NOPL, 0, 0, 0},
    {MAP_0F, 0x1e, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, 0, 0, 0, NOFAULT, F_NOPL, 0, 0, 0},
    {MAP_0F, 0x1f, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, 0, 0, 0, NOFAULT, F_NOPL, 0, 0, 0},

    {MAP_1, 0x50, PFX_ANY, 0, "push", {o_Zv}, &push_z_ops, 0, 0, 0, D64, F_BASE, 0, 0, 0},
    {MAP_1, 0x58, PFX_ANY, 0, "pop", {o_Zv}, &pop_z_ops, 0, 0, 0, D64, F_BASE, 0, 0, 0},
    {MAP_1, 0xff, PFX_ANY, EXT(6), "push", {o_Ev}, &push_e_ops, 0, 0, 0, D64, F_BASE, 0, 0, 0},
    {MAP_1, 0x8f, PFX_ANY, EXT(0), "pop", {o_Ev}, &pop_e_ops, 0, 0, 0, D64, F_BASE, 0, 0, 0},
    {MAP_1, 0x68, PFX_ANY, 0, "push", {o_Iz}, &push_i_ops, 0, 0, 0, D64, F_BASE, 0, 0, 0},
    {MAP_1, 0x6a, PFX_ANY, 0, "push", {o_sIb}, &push_i_ops, 0, 0, 0, D64, F_BASE, 0, 0, 0},
    {MAP_1, 0x60, PFX_ANY, 0, "pusha", {0}, &pusha_ops, 0, 0, 0, I64, F_BASE, 0, 0, 0},
    {MAP_1, 0x61, PFX_ANY, 0, "popa", {0}, &popa_ops, 0, 0, 0, I64, F_BASE, 0, 0, 0},
    {MAP_1, 0xc8, PFX_ANY, 0, "enter", {o_IwIb}, &enter_ops, 0, 0, 0, D64, F_BASE, 0, 0, 0},
    {MAP_1, 0xc9, PFX_ANY, 0, "leave", {0}, &leave_ops, 0, 0, 0, D64, F_BASE, 0, 0, 0},

    CC_ROWS(0, "o"), CC_ROWS(1, "no"), CC_ROWS(2, "b"), CC_ROWS(3, "ae"), CC_ROWS(4, "e"), CC_ROWS(5, "ne"),
    CC_ROWS(6, "be"), CC_ROWS(7, "a"), CC_ROWS(8, "s"), CC_ROWS(9, "ns"), CC_ROWS(10, "p"), CC_ROWS(11, "np"),
    CC_ROWS(12, "l"), CC_ROWS(13, "ge"), CC_ROWS(14, "le"), CC_ROWS(15, "g"),

    {MAP_1, 0xe8, PFX_ANY, 0, "call", {o_Jz}, &call_rel_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},
    {MAP_1, 0xe9, PFX_ANY, 0, "jmp", {o_Jz}, &jmp_rel_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},
    {MAP_1, 0xeb, PFX_ANY, 0, "jmp", {o_Jb}, &jmp_rel_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},
    {MAP_1, 0xff, PFX_ANY, EXT(2), "call", {o_Ev}, &call_e_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},
    {MAP_1, 0xff, PFX_ANY, EXT(4), "jmp", {o_Ev}, &jmp_e_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},
    {MAP_1, 0xc2, PFX_ANY, 0, "ret", {o_Iw}, &ret_i_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},
    {MAP_1, 0xc3, PFX_ANY, 0, "ret", {0}, &ret_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},
    {MAP_1, 0xe0, PFX_ANY, 0, "loopne", {o_Jb}, &loopne_ops, 0, 0, 0, F64 | ENDS, F_BASE, FL_ZF, 0, 0},
    {MAP_1, 0xe1, PFX_ANY, 0, "loope", {o_Jb}, &loope_ops, 0, 0, 0, F64 | ENDS, F_BASE, FL_ZF, 0, 0},
    {MAP_1, 0xe2, PFX_ANY, 0, "loop", {o_Jb}, &loop_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},
    {MAP_1, 0xe3, PFX_ANY, 0, "jrcxz", {o_Jb}, &jrcxz_ops, 0, 0, 0, F64 | ENDS, F_BASE, 0, 0, 0},

    {MAP_1, 0xa4, PFX_ANY, 0, "movs", {o_Yb, o_Xb}, &movs_ops, 0, &movs_rep_ops, &movs_rep_ops, BYTE | REP, F_BASE, 0, 0, 0},
    {MAP_1, 0xa5, PFX_ANY, 0, "movs", {o_Yv, o_Xv}, &movs_ops, 0, &movs_rep_ops, &movs_rep_ops, REP, F_BASE, 0, 0, 0},
    {MAP_1, 0xa6, PFX_ANY, 0, "cmps", {o_Xb, o_Yb}, &cmps_ops, 0, &cmps_repe_ops, &cmps_repne_ops, BYTE | REP | MAYBE, F_BASE, 0, ARITH, 0},
    {MAP_1, 0xa7, PFX_ANY, 0, "cmps", {o_Xv, o_Yv}, &cmps_ops, 0, &cmps_repe_ops, &cmps_repne_ops, REP | MAYBE, F_BASE, 0, ARITH, 0},
    {MAP_1, 0xaa, PFX_ANY, 0, "stos", {o_Yb, o_AL}, &stos_ops, 0, &stos_rep_ops, &stos_rep_ops, BYTE | REP, F_BASE, 0, 0, 0},
    {MAP_1, 0xab, PFX_ANY, 0, "stos", {o_Yv, o_eAX}, &stos_ops, 0, &stos_rep_ops, &stos_rep_ops, REP, F_BASE, 0, 0, 0},
    {MAP_1, 0xac, PFX_ANY, 0, "lods", {o_AL, o_Xb}, &lods_ops, 0, &lods_rep_ops, &lods_rep_ops, BYTE | REP, F_BASE, 0, 0, 0},
    {MAP_1, 0xad, PFX_ANY, 0, "lods", {o_eAX, o_Xv}, &lods_ops, 0, &lods_rep_ops, &lods_rep_ops, REP, F_BASE, 0, 0, 0},
    {MAP_1, 0xae, PFX_ANY, 0, "scas", {o_AL, o_Yb}, &scas_ops, 0, &scas_repe_ops, &scas_repne_ops, BYTE | REP | MAYBE, F_BASE, 0, ARITH, 0},
    {MAP_1, 0xaf, PFX_ANY, 0, "scas", {o_eAX, o_Yv}, &scas_ops, 0, &scas_repe_ops, &scas_repne_ops, REP | MAYBE, F_BASE, 0, ARITH, 0},
};
// clang-format on

const struct insn_table x86_table_int = {rows, countof(rows)};
