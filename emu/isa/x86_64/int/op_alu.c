// SPDX-License-Identifier: MIT
// Two-operand arithmetic and logic, INC DEC NEG NOT, XADD, CMPXCHG.
#include "isa/x86_64/insn/ops.h"

u64 x86_rmw_load(struct x86_cpu *c, const struct uop *u, gva_t a, unsigned size) {
    SYNC;
    x86_probe(c, MEM_SEG(u), a, size, ACCESS_WRITE);
    return x86_load_slow(c, u, MEM_SEG(u), a, size);
}

// ---- meanings
#define add_eval(N) r = (u##N)(x + y)
#define add_flags(N) FLAGS_ADD(N, x, y, r)
#define sub_eval(N) r = (u##N)(x - y)
#define sub_flags(N) FLAGS_SUB(N, x, y, r)
#define adc_eval(N)                                                                                                              \
    const u8 carry = c->s.cf;                                                                                                    \
    r = (u##N)(x + y + carry)
#define adc_flags(N) FLAGS_ADC(N, x, y, r, r < x || (carry && r == x))
#define sbb_eval(N)                                                                                                              \
    const u8 carry = c->s.cf;                                                                                                    \
    r = (u##N)(x - y - carry)
#define sbb_flags(N) FLAGS_SBB(N, x, y, r, x < y || (carry && x == y))
#define and_eval(N) r = (u##N)(x & y)
#define and_flags(N) FLAGS_LOGIC(N, r)
#define or_eval(N) r = (u##N)(x | y)
#define or_flags(N) FLAGS_LOGIC(N, r)
#define xor_eval(N) r = (u##N)(x ^ y)
#define xor_flags(N) FLAGS_LOGIC(N, r)
#define none_flags(N) (void)0

// ---- shapes
// The memory forms store before they commit flags: the store may still ask for a restart.
#define WRITING(N, op, fl, tag)                                                                                                  \
    SOP(op##_eg_##tag##r##N) {                                                                                                   \
        u##N x = REG##N(u->b), y = REG##N(u->a), r;                                                                              \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        SET##N(u->b, r);                                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op##_ge_##tag##r##N) {                                                                                                   \
        u##N x = REG##N(u->a), y = REG##N(u->b), r;                                                                              \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        SET##N(u->a, r);                                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op##_ei_##tag##r##N) {                                                                                                   \
        u##N x = REG##N(u->b), y = (u##N)u->imm, r;                                                                              \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        SET##N(u->b, r);                                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_ge_##tag##m##N) {                                                                                                \
        LOAD_E(N, y);                                                                                                            \
        u##N x = REG##N(u->a), r;                                                                                                \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        SET##N(u->a, r);                                                                                                         \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_eg_##tag##m##N) {                                                                                                \
        RMW_READ(N);                                                                                                             \
        u##N y = REG##N(u->a), r;                                                                                                \
        op##_eval(N);                                                                                                            \
        RMW_WRITE(N, r);                                                                                                         \
        fl(N);                                                                                                                   \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_ei_##tag##m##N) {                                                                                                \
        RMW_READ(N);                                                                                                             \
        u##N y = (u##N)u->imm, r;                                                                                                \
        op##_eval(N);                                                                                                            \
        RMW_WRITE(N, r);                                                                                                         \
        fl(N);                                                                                                                   \
        DONE;                                                                                                                    \
    }

#define COMPARING(N, op, fl, tag)                                                                                                \
    SOP(op##_eg_##tag##r##N) {                                                                                                   \
        u##N x = REG##N(u->b), y = REG##N(u->a), r;                                                                              \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op##_ge_##tag##r##N) {                                                                                                   \
        u##N x = REG##N(u->a), y = REG##N(u->b), r;                                                                              \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(op##_ei_##tag##r##N) {                                                                                                   \
        u##N x = REG##N(u->b), y = (u##N)u->imm, r;                                                                              \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_eg_##tag##m##N) {                                                                                                \
        LOAD_E(N, x);                                                                                                            \
        u##N y = REG##N(u->a), r;                                                                                                \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_ge_##tag##m##N) {                                                                                                \
        LOAD_E(N, y);                                                                                                            \
        u##N x = REG##N(u->a), r;                                                                                                \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_ei_##tag##m##N) {                                                                                                \
        LOAD_E(N, x);                                                                                                            \
        u##N y = (u##N)u->imm, r;                                                                                                \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        DONE;                                                                                                                    \
    }

#define FAMILY(op) const struct ops op##_eg = OPS(op, eg), op##_ge = OPS(op, ge), op##_ei = OPS(op, ei);
#define FAMILY_NF(op) const struct ops op##_eg_nf = OPS_NF(op, eg), op##_ge_nf = OPS_NF(op, ge), op##_ei_nf = OPS_NF(op, ei);

#define ALU(op)                                                                                                                  \
    FOR_SIZES(WRITING, op, op##_flags, )                                                                                         \
    FOR_SIZES(WRITING, op, none_flags, n)                                                                                        \
    FAMILY(op)                                                                                                                   \
    FAMILY_NF(op)
ALU(add)
ALU(sub)
ALU(adc)
ALU(sbb)
ALU(and)
ALU(or)
ALU(xor)
FOR_SIZES(COMPARING, cmp, cmp_flags, )
FAMILY(cmp)
FOR_SIZES(COMPARING, test, test_flags, )
FAMILY(test)

// ---- one operand. INC and DEC leave CF alone.
#define inc_eval(N) r = (u##N)(x + 1)
#define inc_flags(N) (FLAGS_RESULT(N, r), c->s.of = r == (u##N)1 << (N - 1), c->s.af = (u8)(x ^ 1 ^ r))
#define dec_eval(N) r = (u##N)(x - 1)
#define dec_flags(N) (FLAGS_RESULT(N, r), c->s.of = x == (u##N)1 << (N - 1), c->s.af = (u8)(x ^ 1 ^ r))
#define neg_eval(N) r = (u##N)(0 - x)
#define neg_flags(N) FLAGS_SUB(N, (u##N)0, x, r)
#define not_eval(N) r = (u##N) ~x

#define UNARY(N, op, fl, tag)                                                                                                    \
    SOP(op##_e_##tag##r##N) {                                                                                                    \
        u##N x = REG##N(u->b), r;                                                                                                \
        op##_eval(N);                                                                                                            \
        fl(N);                                                                                                                   \
        SET##N(u->b, r);                                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op##_e_##tag##m##N) {                                                                                                 \
        RMW_READ(N);                                                                                                             \
        u##N r;                                                                                                                  \
        op##_eval(N);                                                                                                            \
        RMW_WRITE(N, r);                                                                                                         \
        fl(N);                                                                                                                   \
        DONE;                                                                                                                    \
    }
FOR_SIZES(UNARY, inc, inc_flags, )
FOR_SIZES(UNARY, inc, none_flags, n)
FOR_SIZES(UNARY, dec, dec_flags, )
FOR_SIZES(UNARY, dec, none_flags, n)
FOR_SIZES(UNARY, neg, neg_flags, )
FOR_SIZES(UNARY, neg, none_flags, n)
FOR_SIZES(UNARY, not, none_flags, )
const struct ops inc_ops = OPS(inc, e), inc_nf_ops = OPS_NF(inc, e), dec_ops = OPS(dec, e), dec_nf_ops = OPS_NF(dec, e),
                 neg_ops = OPS(neg, e), neg_nf_ops = OPS_NF(neg, e), not_ops = OPS(not, e);
const struct ops inc_z_ops = {.r = LIST(inc_e_r)}, dec_z_ops = {.r = LIST(dec_e_r)};

// ---- XADD, CMPXCHG: the accumulator or register changes only after memory did.
#define EXCHANGING(N, _)                                                                                                         \
    SOP(xadd_e_r##N) {                                                                                                           \
        u##N x = REG##N(u->b), y = REG##N(u->a), r;                                                                              \
        add_eval(N);                                                                                                             \
        add_flags(N);                                                                                                            \
        SET##N(u->a, x);                                                                                                         \
        SET##N(u->b, r);                                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(xadd_e_m##N) {                                                                                                        \
        RMW_READ(N);                                                                                                             \
        u##N y = REG##N(u->a), r;                                                                                                \
        add_eval(N);                                                                                                             \
        RMW_WRITE(N, r);                                                                                                         \
        add_flags(N);                                                                                                            \
        SET##N(u->a, x);                                                                                                         \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    SOP(cmpxchg_e_r##N) {                                                                                                        \
        u##N y = REG##N(u->b), x = REG##N(0), r;                                                                                 \
        cmp_eval(N);                                                                                                             \
        cmp_flags(N);                                                                                                            \
        if (x == y) SET##N(u->b, REG##N(u->a));                                                                                  \
        else SET##N(0, y);                                                                                                       \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(cmpxchg_e_m##N) {                                                                                                     \
        RMW_READ(N);                                                                                                             \
        const u##N y = x, old = REG##N(0);                                                                                       \
        bool equal = old == y;                                                                                                   \
        RMW_WRITE(N, equal ? REG##N(u->a) : y);                                                                                  \
        x = old;                                                                                                                 \
        u##N r;                                                                                                                  \
        cmp_eval(N);                                                                                                             \
        cmp_flags(N);                                                                                                            \
        if (!equal) SET##N(0, y);                                                                                                \
        DONE;                                                                                                                    \
    }
FOR_SIZES(EXCHANGING, )
const struct ops xadd_ops = OPS(xadd, e), cmpxchg_ops = OPS(cmpxchg, e);

// CMPXCHG8B, and with REX.W CMPXCHG16B, whose operand must be aligned (vol. 2A).
SLOW_OP(cmpxchg8b) {
    RMW_READ(64);
    u64 expected = (u64)REG32(RDX) << 32 | REG32(RAX);
    bool equal = x == expected;
    RMW_WRITE(64, equal ? (u64)REG32(RCX) << 32 | REG32(RBX) : x);
    if (!equal) {
        SET32(RAX, x);
        SET32(RDX, x >> 32);
    }
    x86_set_arith(c, (x86_get_rflags(c) & ~(u32)FL_ZF) | (equal ? FL_ZF : 0));
    DONE;
}

SOP(cmpxchg16b) {
    u64 now[2], new[2] = {REG64(RBX), REG64(RCX)};
    gva_t at = operand_address(c, u, 16, ACCESS_WRITE);
    SYNC;
    if (at & 15) RAISE(EXC_GP, 0);
    x86_probe(c, MEM_SEG(u), at, 16, ACCESS_WRITE);
    x86_read(c, MEM_SEG(u), at, now, 16);
    bool equal = now[0] == REG64(RAX) && now[1] == REG64(RDX);
    x86_write(c, MEM_SEG(u), at, equal ? new : now, 16);
    if (!equal) {
        SET64(RAX, now[0]);
        SET64(RDX, now[1]);
    }
    x86_set_arith(c, (x86_get_rflags(c) & ~(u32)FL_ZF) | (equal ? FL_ZF : 0));
    NEXT;
}
const struct ops cmpxchg8b_ops = {.m = {cmpxchg8b, cmpxchg8b, cmpxchg8b}}, cmpxchg16b_ops = {.m = {0, 0, 0, cmpxchg16b}};

// ---- rows
// clang-format off
// The six columns of one ALU operation at opcode base op (00, 08, ... 38). un: the flags that it leaves undefined.
#define ALU_ROWS(op, name, fam, nf_eg, nf_ge, nf_ei, lock, rd, un)                                      \
    {MAP_1, op + 0, PFX_ANY, 0, name, {o_Eb, o_Gb}, &fam##_eg, .flags = BYTE | lock | NOFAULT, .noflags = nf_eg, ALU_FLAGS(fam, rd, un)}, \
    {MAP_1, op + 1, PFX_ANY, 0, name, {o_Ev, o_Gv}, &fam##_eg, .flags = lock | NOFAULT, .noflags = nf_eg, ALU_FLAGS(fam, rd, un)}, \
    {MAP_1, op + 2, PFX_ANY, 0, name, {o_Gb, o_Eb}, &fam##_ge, .flags = BYTE | (lock & READS_ONLY) | NOFAULT, .noflags = nf_ge, ALU_FLAGS(fam, rd, un)}, \
    {MAP_1, op + 3, PFX_ANY, 0, name, {o_Gv, o_Ev}, &fam##_ge, .flags = (lock & READS_ONLY) | NOFAULT, .noflags = nf_ge, ALU_FLAGS(fam, rd, un)}, \
    {MAP_1, op + 4, PFX_ANY, 0, name, {o_AL, o_Ib}, &fam##_ei, .flags = BYTE | (lock & READS_ONLY) | NOFAULT, .noflags = nf_ei, ALU_FLAGS(fam, rd, un)}, \
    {MAP_1, op + 5, PFX_ANY, 0, name, {o_eAX, o_Iz}, &fam##_ei, .flags = (lock & READS_ONLY) | NOFAULT, .noflags = nf_ei, ALU_FLAGS(fam, rd, un)}
#define ALU_FLAGS(fam, rd, un) .lazy = LAZY_OF_##fam, .reads = rd, .writes = FL_ARITH & ~(un), .undefined = un
enum { LAZY_OF_add = LAZY_ADD, LAZY_OF_sub = LAZY_SUB, LAZY_OF_and = LAZY_LOGIC, LAZY_OF_or = LAZY_LOGIC, LAZY_OF_xor = LAZY_LOGIC, LAZY_OF_cmp = LAZY_CMP, LAZY_OF_adc = 0, LAZY_OF_sbb = 0 };
// The same operation as /digit of group 1 (80, 81, 82, 83).
#define GROUP1(digit, name, fam, nf, lock, rd, un)                                                 \
    {MAP_1, 0x80, PFX_ANY, EXT(digit), name, {o_Eb, o_Ib}, &fam##_ei, .flags = BYTE | lock | NOFAULT, .noflags = nf, ALU_FLAGS(fam, rd, un)}, \
    {MAP_1, 0x82, PFX_ANY, EXT(digit), name, {o_Eb, o_Ib}, &fam##_ei, .flags = BYTE | I64 | lock | NOFAULT, .noflags = nf, ALU_FLAGS(fam, rd, un)}, \
    {MAP_1, 0x81, PFX_ANY, EXT(digit), name, {o_Ev, o_Iz}, &fam##_ei, .flags = lock | NOFAULT, .noflags = nf, ALU_FLAGS(fam, rd, un)}, \
    {MAP_1, 0x83, PFX_ANY, EXT(digit), name, {o_Ev, o_sIb}, &fam##_ei, .flags = lock | NOFAULT, .noflags = nf, ALU_FLAGS(fam, rd, un)}
#define ALU_BOTH(op, digit, name, fam, lock, rd, un)                                               \
    ALU_ROWS(op, name, fam, &fam##_eg_nf, &fam##_ge_nf, &fam##_ei_nf, lock, rd, un),               \
    GROUP1(digit, name, fam, &fam##_ei_nf, lock, rd, un)

static const struct insn rows[] = {
    ALU_BOTH(0x00, 0, "add", add, LOCK, 0, 0),
    ALU_BOTH(0x08, 1, "or", or, LOCK, 0, FL_AF),
    ALU_BOTH(0x10, 2, "adc", adc, LOCK, FL_CF, 0),
    ALU_BOTH(0x18, 3, "sbb", sbb, LOCK, FL_CF, 0),
    ALU_BOTH(0x20, 4, "and", and, LOCK, 0, FL_AF),
    ALU_BOTH(0x28, 5, "sub", sub, LOCK, 0, 0),
    ALU_BOTH(0x30, 6, "xor", xor, LOCK, 0, FL_AF),
    ALU_ROWS(0x38, "cmp", cmp, 0, 0, 0, READS_ONLY, 0, 0),
    GROUP1(7, "cmp", cmp, 0, READS_ONLY, 0, 0),
    {MAP_1, 0x40, PFX_ANY, 0, "inc", {o_Zv}, &inc_z_ops, .flags = I64 | NOFAULT, .lazy = LAZY_INC, .writes = FL_ARITH & ~FL_CF},
    {MAP_1, 0x48, PFX_ANY, 0, "dec", {o_Zv}, &dec_z_ops, .flags = I64 | NOFAULT, .lazy = LAZY_DEC, .writes = FL_ARITH & ~FL_CF},
    {MAP_1, 0xfe, PFX_ANY, EXT(0), "inc", {o_Eb}, &inc_ops, .flags = BYTE | LOCK | NOFAULT, .noflags = &inc_nf_ops, .lazy = LAZY_INC, .writes = FL_ARITH & ~FL_CF},
    {MAP_1, 0xfe, PFX_ANY, EXT(1), "dec", {o_Eb}, &dec_ops, .flags = BYTE | LOCK | NOFAULT, .noflags = &dec_nf_ops, .lazy = LAZY_DEC, .writes = FL_ARITH & ~FL_CF},
    {MAP_1, 0xff, PFX_ANY, EXT(0), "inc", {o_Ev}, &inc_ops, .flags = LOCK | NOFAULT, .noflags = &inc_nf_ops, .lazy = LAZY_INC, .writes = FL_ARITH & ~FL_CF},
    {MAP_1, 0xff, PFX_ANY, EXT(1), "dec", {o_Ev}, &dec_ops, .flags = LOCK | NOFAULT, .noflags = &dec_nf_ops, .lazy = LAZY_DEC, .writes = FL_ARITH & ~FL_CF},
    {MAP_1, 0xf6, PFX_ANY, EXT(0), "test", {o_Eb, o_Ib}, &test_ei, .flags = READS_ONLY | BYTE | NOFAULT, .lazy = LAZY_TEST, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_1, 0xf7, PFX_ANY, EXT(0), "test", {o_Ev, o_Iz}, &test_ei, .flags = READS_ONLY | NOFAULT, .lazy = LAZY_TEST, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_1, 0xf6, PFX_ANY, EXT(1), "test", {o_Eb, o_Ib}, &test_ei, .flags = READS_ONLY | BYTE | NOFAULT, .lazy = LAZY_TEST, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_1, 0xf7, PFX_ANY, EXT(1), "test", {o_Ev, o_Iz}, &test_ei, .flags = READS_ONLY | NOFAULT, .lazy = LAZY_TEST, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_1, 0xf6, PFX_ANY, EXT(2), "not", {o_Eb}, &not_ops, .flags = BYTE | LOCK | NOFAULT},
    {MAP_1, 0xf7, PFX_ANY, EXT(2), "not", {o_Ev}, &not_ops, .flags = LOCK | NOFAULT},
    {MAP_1, 0xf6, PFX_ANY, EXT(3), "neg", {o_Eb}, &neg_ops, .flags = BYTE | LOCK | NOFAULT, .noflags = &neg_nf_ops, .lazy = LAZY_NEG, .writes = FL_ARITH},
    {MAP_1, 0xf7, PFX_ANY, EXT(3), "neg", {o_Ev}, &neg_ops, .flags = LOCK | NOFAULT, .noflags = &neg_nf_ops, .lazy = LAZY_NEG, .writes = FL_ARITH},
    {MAP_1, 0x84, PFX_ANY, 0, "test", {o_Eb, o_Gb}, &test_eg, .flags = READS_ONLY | BYTE | NOFAULT, .lazy = LAZY_TEST, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_1, 0x85, PFX_ANY, 0, "test", {o_Ev, o_Gv}, &test_eg, .flags = READS_ONLY | NOFAULT, .lazy = LAZY_TEST, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_1, 0xa8, PFX_ANY, 0, "test", {o_AL, o_Ib}, &test_ei, .flags = READS_ONLY | BYTE | NOFAULT, .lazy = LAZY_TEST, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_1, 0xa9, PFX_ANY, 0, "test", {o_eAX, o_Iz}, &test_ei, .flags = READS_ONLY | NOFAULT, .lazy = LAZY_TEST, .writes = FL_ARITH & ~FL_AF, .undefined = FL_AF},
    {MAP_0F, 0xb0, PFX_ANY, 0, "cmpxchg", {o_Eb, o_Gb}, &cmpxchg_ops, .flags = BYTE | LOCK | NOFAULT | OWN_REGISTER | WRITES_RAX_RDX, .special = SPECIAL_CMPXCHG, .writes = FL_ARITH},
    {MAP_0F, 0xb1, PFX_ANY, 0, "cmpxchg", {o_Ev, o_Gv}, &cmpxchg_ops, .flags = LOCK | NOFAULT | OWN_REGISTER | WRITES_RAX_RDX, .special = SPECIAL_CMPXCHG, .writes = FL_ARITH},
    {MAP_0F, 0xc0, PFX_ANY, 0, "xadd", {o_Eb, o_Gb}, &xadd_ops, .flags = BYTE | LOCK | NOFAULT | EXCHANGES, .lazy = LAZY_ADD, .writes = FL_ARITH},
    {MAP_0F, 0xc1, PFX_ANY, 0, "xadd", {o_Ev, o_Gv}, &xadd_ops, .flags = LOCK | NOFAULT | EXCHANGES, .lazy = LAZY_ADD, .writes = FL_ARITH},
    {MAP_0F, 0xc7, PFX_ANY, EXT(1) | MEMONLY, "cmpxchg8b", {o_M}, &cmpxchg8b_ops, .feature = F_CX8, .flags = VEX_W0 | LOCK | NO_OPSIZE | MAYBE, .writes = FL_ZF},
    {MAP_0F, 0xc7, PFX_ANY, EXT(1) | MEMONLY, "cmpxchg16b", {o_M}, &cmpxchg16b_ops, .feature = F_CX16, .flags = VEX_W1 | LOCK | NO_OPSIZE | MAYBE, .writes = FL_ZF},
};
// clang-format on
X86_TABLE(alu);
