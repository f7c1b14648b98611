// SPDX-License-Identifier: MIT
// Pointer authentication (C3.1.9, C3.3.12): codes are put into pointers, checked, taken off; branches, returns and loads that check first. Those
// among the hints are NOPs where the feature is not there.
#include "cpu/measure.h"
#include "isa/arm64/branch.h"
#include "isa/arm64/insn.h"
#include "isa/arm64/memop.h"
#include "isa/arm64/pac.h"
#include "isa/arm64/sys.h"

#define KEYS(X) X(ia, ARM64_KEY_IA) X(ib, ARM64_KEY_IB) X(da, ARM64_KEY_DA) X(db, ARM64_KEY_DB)
#define ADD(key, pointer, modifier) arm64_pac_add(c, key, pointer, modifier)
#define AUTH(key, pointer, modifier) arm64_pac_auth(c, key, pointer, modifier)

// ---- Xd; the modifier is Xn|SP, or 0
#define ON_XD(name, value)                                                                                                       \
    SOP(op_##name) {                                                                                                             \
        u64 x = u->a == ARM64_SINK ? 0 : c->s.x[u->a];                                                                           \
        SET_X(value);                                                                                                            \
        NEXT;                                                                                                                    \
    }
#define KEY_OPS(name, key)                                                                                                       \
    ON_XD(pac##name, ADD(key, x, XN))                                                                                            \
    ON_XD(aut##name, AUTH(key, x, XN))                                                                                           \
    ON_XD(pacz##name, ADD(key, x, 0))                                                                                            \
    ON_XD(autz##name, AUTH(key, x, 0))
KEYS(KEY_OPS)
ON_XD(xpaci, arm64_pac_strip(c, x, false))
ON_XD(xpacd, arm64_pac_strip(c, x, true))
SOP(op_pacga) {
    SET_X(arm64_qarma5(XN, XM, c->s.pac_key[ARM64_KEY_GA][1], c->s.pac_key[ARM64_KEY_GA][0]) & mask(63, 32));
    NEXT;
}

// ---- hints: X30 with SP or 0, X17 with X16
#define ON(name, r, value)                                                                                                       \
    SOP(op_##name) {                                                                                                             \
        c->s.x[r] = value;                                                                                                       \
        NEXT;                                                                                                                    \
    }
#define HINT_OPS(name, key)                                                                                                      \
    ON(aut##name##sp, 30, AUTH(key, c->s.x[30], c->s.x[ARM64_SP]))                                                               \
    ON(pac##name##_z, 30, ADD(key, c->s.x[30], 0))                                                                               \
    ON(aut##name##_z, 30, AUTH(key, c->s.x[30], 0))                                                                              \
    ON(pac##name##1716, 17, ADD(key, c->s.x[17], c->s.x[16]))                                                                    \
    ON(aut##name##1716, 17, AUTH(key, c->s.x[17], c->s.x[16]))
HINT_OPS(ia, ARM64_KEY_IA)
HINT_OPS(ib, ARM64_KEY_IB)
// Landing pads, too (op_bti.c).
#define PACIXSP(name, key)                                                                                                       \
    OP(arm64_op_##name) {                                                                                                        \
        c->s.x[30] = ADD(key, c->s.x[30], c->s.x[ARM64_SP]);                                                                     \
        NEXT;                                                                                                                    \
    }
PACIXSP(paciasp, ARM64_KEY_IA)
PACIXSP(pacibsp, ARM64_KEY_IB)
ON(xpaclri, 30, arm64_pac_strip(c, c->s.x[30], false))

// ---- branches
#define BRANCH_OPS(name, key)                                                                                                    \
    SOP(op_bra##name) {                                                                                                          \
        unsigned btype = arm64_btype_of_br(c, u);                                                                                \
        JUMP_AS(btype, arm64_branch_address(c, AUTH(key, XN, XM)));                                                              \
    }                                                                                                                            \
    SOP(op_bra##name##_z) {                                                                                                      \
        unsigned btype = arm64_btype_of_br(c, u);                                                                                \
        JUMP_AS(btype, arm64_branch_address(c, AUTH(key, XN, 0)));                                                               \
    }                                                                                                                            \
    SOP(op_blra##name) {                                                                                                         \
        u64 to = arm64_branch_address(c, AUTH(key, XN, XM));                                                                     \
        c->s.x[30] = NEXT_PC;                                                                                                    \
        JUMP_AS(BTYPE_CALL, to);                                                                                                 \
    }                                                                                                                            \
    SOP(op_blra##name##_z) {                                                                                                     \
        u64 to = arm64_branch_address(c, AUTH(key, XN, 0));                                                                      \
        c->s.x[30] = NEXT_PC;                                                                                                    \
        JUMP_AS(BTYPE_CALL, to);                                                                                                 \
    }                                                                                                                            \
    SOP(op_reta##name) { JUMP(arm64_branch_address(c, AUTH(key, c->s.x[30], c->s.x[ARM64_SP]))); }                               \
    SOP(op_ereta##name) {                                                                                                        \
        SYNC;                                                                                                                    \
        if (!c->s.el) arm64_undefined(c);                                                                                        \
        u64 elr = c->s.elr;                                                                                                      \
        c->s.elr = AUTH(key, elr, c->s.x[ARM64_SP]);                                                                             \
        arm64_return(c);                                                                                                         \
        vcpu_returned(&c->v);                                                                                                    \
        c->s.elr = elr;                                                                                                          \
        EXIT(c->s.pc);                                                                                                           \
    }
BRANCH_OPS(a, ARM64_KEY_IA)
BRANCH_OPS(b, ARM64_KEY_IB)

// ---- loads; with write-back the base gets the authenticated address
#define LOAD_OPS(name, key)                                                                                                      \
    MEM_OP(op_ldra##name) {                                                                                                      \
        LOAD_E(64, v, AUTH(key, XN, 0) + (u64)u->disp, 8);                                                                       \
        SET_X(v);                                                                                                                \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op_ldra##name##_pre) {                                                                                                \
        u64 a = AUTH(key, XN, 0) + (u64)u->disp;                                                                                 \
        LOAD_E(64, v, a, 8);                                                                                                     \
        XN = a;                                                                                                                  \
        SET_X(v);                                                                                                                \
        DONE;                                                                                                                    \
    }
LOAD_OPS(a, ARM64_KEY_DA)
LOAD_OPS(b, ARM64_KEY_DB)

// ---- rows
#define PAUTH .feature = FEAT_PAUTH
#define ONE_SOURCE(name_, opcode, rest, text, fn) {name_, "1 1 0 11010110 00001 " opcode " " rest " Rd", text, .op = fn, PAUTH}
#define KEY_ROWS(name, bits)                                                                                                     \
    ONE_SOURCE("pac" #name, "0000" bits, "Rn", "Xd, Xn|SP", op_pac##name),                                                       \
        ONE_SOURCE("aut" #name, "0001" bits, "Rn", "Xd, Xn|SP", op_aut##name)
#define ZERO_ROWS(name_, high, low, fn) ONE_SOURCE(name_, high low, "11111", "Xd", fn)
#define HINT(number, crm, op2, fn) {"hint", "1101010100 0 00 011 0010 " crm " " op2 " 11111", number, .op = fn, PAUTH}
#define BRANCH(name_, z, opc, m, last, text, fn)                                                                                 \
    {name_, "1101011 " z " 0 " opc " 11111 0000 1 " m " Rn " last, text, .op = fn, .flags = ARM64_ENDS, PAUTH}
#define RETURN(name_, opc, m, fn)                                                                                                \
    {name_, "1101011 0 " opc " 11111 0000 1 " m " 11111 11111", "", .op = fn, .flags = ARM64_ENDS, PAUTH}

static const struct arm64_insn rows[] = {
    KEY_ROWS(ia, "00"),
    KEY_ROWS(ib, "01"),
    KEY_ROWS(da, "10"),
    KEY_ROWS(db, "11"),
    ZERO_ROWS("paciza", "0010", "00", op_paczia),
    ZERO_ROWS("pacizb", "0010", "01", op_paczib),
    ZERO_ROWS("pacdza", "0010", "10", op_paczda),
    ZERO_ROWS("pacdzb", "0010", "11", op_paczdb),
    ZERO_ROWS("autiza", "0011", "00", op_autzia),
    ZERO_ROWS("autizb", "0011", "01", op_autzib),
    ZERO_ROWS("autdza", "0011", "10", op_autzda),
    ZERO_ROWS("autdzb", "0011", "11", op_autzdb),
    ZERO_ROWS("xpaci", "0100", "00", op_xpaci),
    ZERO_ROWS("xpacd", "0100", "01", op_xpacd),
    {"pacga", "1 0 0 11010110 Rm 001100 Rn Rd", "Xd, Xn, Xm|SP", .op = op_pacga, PAUTH},

    HINT("#7", "0000", "111", op_xpaclri),
    HINT("#8", "0001", "000", op_pacia1716),
    HINT("#10", "0001", "010", op_pacib1716),
    HINT("#12", "0001", "100", op_autia1716),
    HINT("#14", "0001", "110", op_autib1716),
    HINT("#24", "0011", "000", op_pacia_z),
    HINT("#25", "0011", "001", arm64_op_paciasp),
    HINT("#26", "0011", "010", op_pacib_z),
    HINT("#27", "0011", "011", arm64_op_pacibsp),
    HINT("#28", "0011", "100", op_autia_z),
    HINT("#29", "0011", "101", op_autiasp),
    HINT("#30", "0011", "110", op_autib_z),
    HINT("#31", "0011", "111", op_autibsp),

    BRANCH("braaz", "0", "00", "0", "11111", "Xn", op_braa_z),
    BRANCH("brabz", "0", "00", "1", "11111", "Xn", op_brab_z),
    BRANCH("blraaz", "0", "01", "0", "11111", "Xn", op_blraa_z),
    BRANCH("blrabz", "0", "01", "1", "11111", "Xn", op_blrab_z),
    {"braa", "1101011 1 0 00 11111 0000 1 0 Rn Rm", "Xn, Xm|SP", .op = op_braa, .flags = ARM64_ENDS, PAUTH},
    {"brab", "1101011 1 0 00 11111 0000 1 1 Rn Rm", "Xn, Xm|SP", .op = op_brab, .flags = ARM64_ENDS, PAUTH},
    {"blraa", "1101011 1 0 01 11111 0000 1 0 Rn Rm", "Xn, Xm|SP", .op = op_blraa, .flags = ARM64_ENDS, PAUTH},
    {"blrab", "1101011 1 0 01 11111 0000 1 1 Rn Rm", "Xn, Xm|SP", .op = op_blrab, .flags = ARM64_ENDS, PAUTH},
    RETURN("retaa", "0 10", "0", op_retaa),
    RETURN("retab", "0 10", "1", op_retab),
    RETURN("eretaa", "1 00", "0", op_eretaa),
    RETURN("eretab", "1 00", "1", op_eretab),

    {"ldraa", "11 111 0 00 0 S 1 imm9 0 1 Rn Rt", "Xt, [Xn|SP^pacoff]", ARM64_MEM(op_ldraa), PAUTH},
    {"ldraa", "11 111 0 00 0 S 1 imm9 1 1 Rn Rt", "Xt, [Xn|SP^pacoff]!", ARM64_MEM(op_ldraa_pre), PAUTH},
    {"ldrab", "11 111 0 00 1 S 1 imm9 0 1 Rn Rt", "Xt, [Xn|SP^pacoff]", ARM64_MEM(op_ldrab), PAUTH},
    {"ldrab", "11 111 0 00 1 S 1 imm9 1 1 Rn Rt", "Xt, [Xn|SP^pacoff]!", ARM64_MEM(op_ldrab_pre), PAUTH},
};
ARM64_TABLE(pac);
