// SPDX-License-Identifier: MIT
// Loads and stores of register pairs (C4.1.94). Both registers are one access of twice their size: what faults, faults before either is
// there. That it is non-temporal (LDNP, STNP) shows nowhere.
#include "isa/arm64/insn.h"
#include "isa/arm64/memop.h"

struct two_q {
    u128 low, high;
};
typedef struct two_q u256;

#define SET_X2(v) (c->s.x[u->index] = (u64)(v))
#define VD2 (c->s.v[u->index])
#define OFFSET (XN + (u64)u->disp)

#define LOADED(name, N, size, use, at, move)                                                                                     \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = at;                                                                                                            \
        LOAD_E(N, v, a, size);                                                                                                   \
        move;                                                                                                                    \
        use;                                                                                                                     \
        DONE;                                                                                                                    \
    }
#define STORED(name, N, size, value, at, move)                                                                                   \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = at;                                                                                                            \
        u##N v = value;                                                                                                          \
        if (FAST) FAST_STORE(N, v, a);                                                                                           \
        else arm64_store(c, u, a, &v, N / 8, size);                                                                              \
        move;                                                                                                                    \
        DONE;                                                                                                                    \
    }
#define MOVE (XN += (u64)u->disp)
#define ALL(M, name, N, size, what)                                                                                              \
    M(name, N, size, what, OFFSET, (void)0)                                                                                      \
    M(name##_post, N, size, what, XN, MOVE)                                                                                      \
    M(name##_pre, N, size, what, OFFSET, MOVE)

// N bits in all, each register of `size` bytes.
ALL(LOADED, ldp_w, 64, 4, (SET_X((u32)v), SET_X2(v >> 32)))
ALL(LOADED, ldpsw, 64, 4, (SET_X((i64)(i32)v), SET_X2((i64)v >> 32)))
ALL(LOADED, ldp_x, 128, 8, (SET_X(v), SET_X2(v >> 64)))
ALL(LOADED, ldp_s, 64, 4, (VD.q = (u32)v, VD2.q = v >> 32))
ALL(LOADED, ldp_d, 128, 8, (VD.q = (u64)v, VD2.q = v >> 64))
ALL(LOADED, ldp_q, 256, 16, (VD.q = v.low, VD2.q = v.high))
ALL(STORED, stp_w, 64, 4, ((u32)XT | XT2 << 32))
ALL(STORED, stp_x, 128, 8, (XT | (u128)XT2 << 64))
ALL(STORED, stp_s, 64, 4, (VD.s[0] | (u64)VD2.s[0] << 32))
ALL(STORED, stp_d, 128, 8, (VD.d[0] | (u128)VD2.d[0] << 64))
ALL(STORED, stp_q, 256, 16, ((u256){VD.q, VD2.q}))

// opc, V and L of the encoding, the registers, what the offset is counted in.
#define PAIR(opc, V, L, t, unit, name_, no_allocate, fn, flags_)                                                                 \
    {name_, opc " 101 " V " 010 " L " imm7 Rt2 Rn Rt", t ", [Xn|SP^off7x" unit "]", ARM64_MEM(fn), .flags = flags_},             \
        {name_, opc " 101 " V " 001 " L " imm7 Rt2 Rn Rt", t ", [Xn|SP], simm7x" unit, ARM64_MEM(fn##_post), .flags = flags_},   \
        {name_, opc " 101 " V " 011 " L " imm7 Rt2 Rn Rt", t ", [Xn|SP, simm7x" unit "]!", ARM64_MEM(fn##_pre),                  \
         .flags = flags_},                                                                                                       \
    {                                                                                                                            \
        no_allocate, opc " 101 " V " 000 " L " imm7 Rt2 Rn Rt", t ", [Xn|SP^off7x" unit "]", ARM64_MEM(fn), .flags = flags_      \
    }

static const struct arm64_insn rows[] = {
    PAIR("00", "0", "0", "Wt, Wt2", "4", "stp", "stnp", op_stp_w, ARM64_T_READ),
    PAIR("00", "0", "1", "Wt, Wt2", "4", "ldp", "ldnp", op_ldp_w, 0),
    PAIR("10", "0", "0", "Xt, Xt2", "8", "stp", "stnp", op_stp_x, ARM64_T_READ),
    PAIR("10", "0", "1", "Xt, Xt2", "8", "ldp", "ldnp", op_ldp_x, 0),
    PAIR("00", "1", "0", "St, St2", "4", "stp", "stnp", op_stp_s, ARM64_FP | ARM64_T_READ),
    PAIR("00", "1", "1", "St, St2", "4", "ldp", "ldnp", op_ldp_s, ARM64_FP),
    PAIR("01", "1", "0", "Dt, Dt2", "8", "stp", "stnp", op_stp_d, ARM64_FP | ARM64_T_READ),
    PAIR("01", "1", "1", "Dt, Dt2", "8", "ldp", "ldnp", op_ldp_d, ARM64_FP),
    PAIR("10", "1", "0", "Qt, Qt2", "16", "stp", "stnp", op_stp_q, ARM64_FP | ARM64_T_READ),
    PAIR("10", "1", "1", "Qt, Qt2", "16", "ldp", "ldnp", op_ldp_q, ARM64_FP),
    {"ldpsw", "01 101 0 010 1 imm7 Rt2 Rn Rt", "Xt, Xt2, [Xn|SP^off7x4]", ARM64_MEM(op_ldpsw)},
    {"ldpsw", "01 101 0 001 1 imm7 Rt2 Rn Rt", "Xt, Xt2, [Xn|SP], simm7x4", ARM64_MEM(op_ldpsw_post)},
    {"ldpsw", "01 101 0 011 1 imm7 Rt2 Rn Rt", "Xt, Xt2, [Xn|SP, simm7x4]!", ARM64_MEM(op_ldpsw_pre)},
};
ARM64_TABLE(pair);
