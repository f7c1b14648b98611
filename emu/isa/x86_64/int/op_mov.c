// SPDX-License-Identifier: MIT
// Moves, exchanges, extensions, LEA, CMOVcc, SETcc, and the flag instructions that move single flags.
#include "cpu/measure.h"
#include "isa/x86_64/insn/ops.h"

#define MOVES(N, _)                                                                                                              \
    SOP(mov_eg_r##N) {                                                                                                           \
        SET##N(u->b, REG##N(u->a));                                                                                              \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(mov_eg_m##N) {                                                                                                        \
        STORE_E(N, REG##N(u->a));                                                                                                \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    SOP(mov_ge_r##N) {                                                                                                           \
        SET##N(u->a, REG##N(u->b));                                                                                              \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(mov_ge_m##N) {                                                                                                        \
        LOAD_E(N, v);                                                                                                            \
        SET##N(u->a, v);                                                                                                         \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    SOP(mov_ei_r##N) {                                                                                                           \
        SET##N(u->b, (u##N)u->imm);                                                                                              \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(mov_ei_m##N) {                                                                                                        \
        STORE_E(N, (u##N)u->imm);                                                                                                \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(mov_load_m##N) {                                                                                                      \
        LOAD_E(N, v);                                                                                                            \
        SET##N(RAX, v);                                                                                                          \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(mov_store_m##N) {                                                                                                     \
        STORE_E(N, REG##N(RAX));                                                                                                 \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    SOP(xchg_eg_r##N) {                                                                                                          \
        u##N x = REG##N(u->b);                                                                                                   \
        SET##N(u->b, REG##N(u->a));                                                                                              \
        SET##N(u->a, x);                                                                                                         \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(xchg_eg_m##N) {                                                                                                       \
        RMW_READ(N);                                                                                                             \
        RMW_WRITE(N, REG##N(u->a));                                                                                              \
        SET##N(u->a, x);                                                                                                         \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    /* 90h alone is NOP: it must not clear RAX's upper half. */                                                                  \
    SOP(xchg_z_r##N) {                                                                                                           \
        if (u->b == RAX) NEXT;                                                                                                   \
        u##N x = REG##N(u->b);                                                                                                   \
        SET##N(u->b, REG##N(RAX));                                                                                               \
        SET##N(RAX, x);                                                                                                          \
        NEXT;                                                                                                                    \
    }
FOR_SIZES(MOVES, )
const struct ops mov_eg_ops = OPS(mov, eg), mov_ge_ops = OPS(mov, ge), mov_ei_ops = OPS(mov, ei),
                 mov_zi_ops = {.r = LIST(mov_ei_r)}, xchg_eg_ops = OPS(xchg, eg), xchg_z_ops = {.r = LIST(xchg_z_r)},
                 mov_load_ops = {.m = MEM_LIST(mov_load_m)}, mov_store_ops = {.m = MEM_LIST(mov_store_m)};

SOP(lea16) {
    SET16(u->a, x86_offset(c, u));
    NEXT;
}
SOP(lea32) {
    SET32(u->a, x86_offset(c, u));
    NEXT;
}
SOP(lea64) {
    u64 a = c->s.gpr[u->base] + (c->s.gpr[u->index] << (u->mem & 3)) + (u64)u->disp;
    SET64(u->a, u->mem & MEM_ADDR32 ? (u32)a : a);
    NEXT;
}
const struct ops lea_ops = {.m = {0, lea16, lea32, lea64}};

// name, destination size, source type
#define EXTEND(name, D, S, type)                                                                                                 \
    SOP(name##_r##D) {                                                                                                           \
        SET##D(u->a, (u##D)(i64)(type)REG##S(u->b));                                                                             \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(name##_m##D) {                                                                                                        \
        LOAD_E(S, v);                                                                                                            \
        SET##D(u->a, (u##D)(i64)(type)v);                                                                                        \
        DONE;                                                                                                                    \
    }
#define EXTENDS(name, S, type)                                                                                                   \
    EXTEND(name, 16, S, type)                                                                                                    \
    EXTEND(name, 32, S, type)                                                                                                    \
    EXTEND(name, 64, S, type)                                                                                                    \
    const struct ops name##_ops = OPS_V(name);
EXTENDS(movzx8, 8, u8)
EXTENDS(movzx16, 16, u16)
EXTENDS(movsx8, 8, i8)
EXTENDS(movsx16, 16, i16)
EXTEND(movsxd, 64, 32, i32)
EXTEND(movsxd, 32, 32, u32)
EXTEND(movsxd, 16, 16, u16)
const struct ops movsxd_ops = OPS_V(movsxd);

SOP(cbw16) {
    SET16(RAX, (i16)(i8)REG8(0));
    NEXT;
}
SOP(cbw32) {
    SET32(RAX, (i32)(i16)REG16(RAX));
    NEXT;
}
SOP(cbw64) {
    SET64(RAX, (u64)(i64)(i32)REG32(RAX));
    NEXT;
}
SOP(cwd16) {
    SET16(RDX, (i16)REG16(RAX) >> 15);
    NEXT;
}
SOP(cwd32) {
    SET32(RDX, (i32)REG32(RAX) >> 31);
    NEXT;
}
SOP(cwd64) {
    SET64(RDX, (u64)((i64)REG64(RAX) >> 63));
    NEXT;
}
const struct ops cbw_ops = {.r = {0, cbw16, cbw32, cbw64}}, cwd_ops = {.r = {0, cwd16, cwd32, cwd64}};

// The address is seg:(rBX + AL): no ModRM, so the decoder cannot have built it.
SOP(xlat) {
    u64 at = REG64(RBX) + REG8(0);
    at = u->mem & MEM_ADDR32 ? (u32)at : u->mem & MEM_ADDR16 ? (u16)at : at;
    SYNC;
    SET8(0, load8(c, u, MEM_SEG(u), x86_linear(c, MEM_SEG(u), at, 1, ACCESS_READ)));
    NEXT;
}
const struct ops xlat_ops = OPS_ALL(xlat);

// ---- conditions
#define CC_LIST(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15)
#define CONDITIONAL(cc)                                                                                                          \
    SOP(set##cc##_r) {                                                                                                           \
        SET8(u->b, condition(&c->s, cc));                                                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(set##cc##_m) {                                                                                                        \
        STORE_E(8, condition(&c->s, cc));                                                                                        \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    CMOV(cc, 16) CMOV(cc, 32) CMOV(cc, 64)
// The source is read, and a 32-bit destination cleared above, whether or not the condition holds.
#define CMOV(cc, N)                                                                                                              \
    SOP(cmov##cc##_r##N) {                                                                                                       \
        SET##N(u->a, condition(&c->s, cc) ? REG##N(u->b) : REG##N(u->a));                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(cmov##cc##_m##N) {                                                                                                    \
        LOAD_E(N, v);                                                                                                            \
        SET##N(u->a, condition(&c->s, cc) ? v : REG##N(u->a));                                                                   \
        DONE;                                                                                                                    \
    }
CC_LIST(CONDITIONAL)
#define SETCC_ROW(cc) {{set##cc##_r}, {set##cc##_m, [FAST_INDEXED] = set##cc##_m_x, [FAST_BASED] = set##cc##_m_b}},
#define CMOV_ROW(cc) OPS_V(cmov##cc),
const struct ops setcc_ops[16] = {CC_LIST(SETCC_ROW)};
const struct ops cmovcc_ops[16] = {CC_LIST(CMOV_ROW)};

// ---- flags
enum { FL_SAHF = FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF, AH = 1 };
SOP(sahf) {
    x86_set_arith(c, (REG8(AH) & FL_SAHF) | (c->s.of ? FL_OF : 0));
    NEXT;
}
SOP(lahf) {
    SET8(AH, (x86_get_rflags(c) & FL_SAHF) | FL_ONE);
    NEXT;
}
SOP(salc) {
    SET8(0, c->s.cf ? 0xff : 0);
    NEXT;
}
SOP(clc) {
    c->s.cf = 0;
    NEXT;
}
SOP(stc) {
    c->s.cf = 1;
    NEXT;
}
SOP(cmc) {
    c->s.cf ^= 1;
    NEXT;
}
SOP(cld) {
    c->s.rflags &= ~(u32)FL_DF;
    NEXT;
}
SOP(std_) {
    c->s.rflags |= FL_DF;
    NEXT;
}
SOP(nop) { NEXT; }
OP(op_mark) {
    if (unlikely(c->measure != NULL))
        measure_mark(&c->v, (enum mark)u->imm, THIS_RIP, u->imm == MARK_SSC ? REG32(RBX) : REG64(u->base));
    EXIT(NEXT_RIP);
}
const struct ops sahf_ops = OPS_R(sahf), lahf_ops = OPS_R(lahf), salc_ops = OPS_R(salc), clc_ops = OPS_R(clc),
                 stc_ops = OPS_R(stc), cmc_ops = OPS_R(cmc), cld_ops = OPS_R(cld), std_ops = OPS_R(std_), nop_ops = OPS_ALL(nop);

// ---- rows
// clang-format off
#define CC_ROWS(cc, name)                                                                          \
    {MAP_0F, 0x90 + cc, PFX_ANY, 0, "set" name, {o_Eb}, &setcc_ops[cc], .flags = BYTE | NOFAULT, .reads = CC_READS(cc)}, \
    {MAP_0F, 0x40 + cc, PFX_ANY, 0, "cmov" name, {o_Gv, o_Ev}, &cmovcc_ops[cc], .feature = F_CMOV, .flags = NOFAULT, .reads = CC_READS(cc)},

static const struct insn rows[] = {
    {MAP_1, 0x86, PFX_ANY, 0, "xchg", {o_Eb, o_Gb}, &xchg_eg_ops, .flags = BYTE | LOCK | NOFAULT | EXCHANGES},
    {MAP_1, 0x87, PFX_ANY, 0, "xchg", {o_Ev, o_Gv}, &xchg_eg_ops, .flags = LOCK | NOFAULT | EXCHANGES},
    {MAP_1, 0x88, PFX_ANY, 0, "mov", {o_Eb, o_Gb}, &mov_eg_ops, .flags = BYTE | NOFAULT},
    {MAP_1, 0x89, PFX_ANY, 0, "mov", {o_Ev, o_Gv}, &mov_eg_ops, .flags = NOFAULT},
    {MAP_1, 0x8a, PFX_ANY, 0, "mov", {o_Gb, o_Eb}, &mov_ge_ops, .flags = BYTE | NOFAULT},
    {MAP_1, 0x8b, PFX_ANY, 0, "mov", {o_Gv, o_Ev}, &mov_ge_ops, .flags = NOFAULT},
    {MAP_1, 0xa0, PFX_ANY, 0, "mov", {o_AL, o_Ob}, &mov_load_ops, .flags = BYTE},
    {MAP_1, 0xa1, PFX_ANY, 0, "mov", {o_eAX, o_Ov}, &mov_load_ops, .flags = 0},
    {MAP_1, 0xa2, PFX_ANY, 0, "mov", {o_Ob, o_AL}, &mov_store_ops, .flags = BYTE},
    {MAP_1, 0xa3, PFX_ANY, 0, "mov", {o_Ov, o_eAX}, &mov_store_ops, .flags = 0},
    {MAP_1, 0xb0, PFX_ANY, 0, "mov", {o_Zb, o_Ib}, &mov_zi_ops, .flags = BYTE | NOFAULT},
    {MAP_1, 0xb8, PFX_ANY, 0, "mov", {o_Zv, o_Iv}, &mov_zi_ops, .flags = NOFAULT},
    {MAP_1, 0xc6, PFX_ANY, EXT(0), "mov", {o_Eb, o_Ib}, &mov_ei_ops, .flags = BYTE | NOFAULT},
    {MAP_1, 0xc7, PFX_ANY, EXT(0), "mov", {o_Ev, o_Iz}, &mov_ei_ops, .flags = NOFAULT},
    {MAP_1, 0x8d, PFX_ANY, 0, "lea", {o_Gv, o_M}, &lea_ops, .flags = NOFAULT | ADDRESS},
    {MAP_0F, 0xb6, PFX_ANY, 0, "movzx", {o_Gv, o_Eb}, &movzx8_ops, .flags = NOFAULT},
    {MAP_0F, 0xb7, PFX_ANY, 0, "movzx", {o_Gv, o_Ew}, &movzx16_ops, .flags = NOFAULT},
    {MAP_0F, 0xbe, PFX_ANY, 0, "movsx", {o_Gv, o_Eb}, &movsx8_ops, .flags = NOFAULT},
    {MAP_0F, 0xbf, PFX_ANY, 0, "movsx", {o_Gv, o_Ew}, &movsx16_ops, .flags = NOFAULT},
    {MAP_1, 0x63, PFX_ANY, 0, "movsxd", {o_Gv, o_Ed}, &movsxd_ops, .flags = O64 | NOFAULT},
    {MAP_1, 0x98, PFX_ANY, 0, "cbw", {}, &cbw_ops, .flags = NOFAULT | WRITES_RAX_RDX},
    {MAP_1, 0x99, PFX_ANY, 0, "cwd", {}, &cwd_ops, .flags = NOFAULT | WRITES_RAX_RDX},
    {MAP_1, 0xd7, PFX_ANY, 0, "xlat", {}, &xlat_ops, .flags = BYTE},
    // NOP and PAUSE are 90 without REX.B: XCHG of rAX with itself that does not clear the upper half.
    {MAP_1, 0x90, PFX_ANY, 0, "xchg", {o_Zv, o_eAX}, &xchg_z_ops, .flags = NOFAULT | EXCHANGES},
    {MAP_1, 0x9e, PFX_ANY, 0, "sahf", {}, &sahf_ops, .flags = OWN | I64 | NOFAULT | MAYBE, .reads = FL_OF, .writes = FL_ARITH & ~FL_OF},
    {MAP_1, 0x9e, PFX_ANY, 0, "sahf", {}, &sahf_ops, .feature = F_LAHF, .flags = OWN | O64 | NOFAULT | MAYBE, .reads = FL_OF, .writes = FL_ARITH & ~FL_OF},
    {MAP_1, 0x9f, PFX_ANY, 0, "lahf", {}, &lahf_ops, .flags = I64 | NOFAULT | READS_ALL, .reads = FL_ARITH & ~FL_OF},
    {MAP_1, 0x9f, PFX_ANY, 0, "lahf", {}, &lahf_ops, .feature = F_LAHF, .flags = O64 | NOFAULT | READS_ALL, .reads = FL_ARITH & ~FL_OF},
    {MAP_1, 0xd6, PFX_ANY, 0, "salc", {}, &salc_ops, .flags = OWN | I64 | NOFAULT, .reads = FL_CF},
    {MAP_1, 0xf8, PFX_ANY, 0, "clc", {}, &clc_ops, .flags = NOFAULT, .lazy = LAZY_CARRY, .writes = FL_CF},
    {MAP_1, 0xf9, PFX_ANY, 0, "stc", {}, &stc_ops, .flags = NOFAULT, .lazy = LAZY_CARRY, .writes = FL_CF},
    {MAP_1, 0xf5, PFX_ANY, 0, "cmc", {}, &cmc_ops, .flags = NOFAULT, .lazy = LAZY_CARRY, .reads = FL_CF, .writes = FL_CF},
    {MAP_1, 0xfc, PFX_ANY, 0, "cld", {}, &cld_ops, .flags = OWN | NOFAULT},
    {MAP_1, 0xfd, PFX_ANY, 0, "std", {}, &std_ops, .flags = OWN | NOFAULT},
    // Hints that silicon runs as NOP, ENDBR64 among them (0F 1E FA with F3).
    {MAP_0F, 0x19, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, .feature = F_NOPL, .flags = NOFAULT | NO_EFFECT},
    {MAP_0F, 0x1a, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, .feature = F_NOPL, .flags = NOFAULT | NO_EFFECT},
    {MAP_0F, 0x1b, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, .feature = F_NOPL, .flags = NOFAULT | NO_EFFECT},
    {MAP_0F, 0x1c, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, .feature = F_NOPL, .flags = NOFAULT | NO_EFFECT},
    {MAP_0F, 0x1d, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, .feature = F_NOPL, .flags = NOFAULT | NO_EFFECT},
    {MAP_0F, 0x1e, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, .feature = F_NOPL, .flags = NOFAULT | NO_EFFECT},
    {MAP_0F, 0x1f, PFX_ANY, 0, "nop", {o_Ev}, &nop_ops, .feature = F_NOPL, .flags = NOFAULT | NO_EFFECT},
    CC_NAMES(CC_ROWS)
};
// clang-format on
X86_TABLE(mov);
