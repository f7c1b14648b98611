// SPDX-License-Identifier: MIT
// Exclusive, ordered and atomic accesses (C4.1.94). There is one processor, so acquire and release order nothing. All of them must be
// aligned, whatever SCTLR_EL1.A says: the processor has no FEAT_LSE2.
//
// The exclusive monitor is the address and the size of the last load-exclusive, in the processor's state: so that a store-exclusive does the
// same in every run. It succeeds for that address and size alone, and opens the monitor whether it succeeds or not; so do CLREX and ERET.
#include "isa/arm64/insn.h"
#include "isa/arm64/memop.h"

#define NEED_ALIGNED(bytes, write)                                                                                               \
    do {                                                                                                                         \
        if (unlikely(XN & ((bytes) - 1))) {                                                                                      \
            if (FAST) LEAVE;                                                                                                     \
            SYNC;                                                                                                                \
            if (u->base == ARM64_SP) arm64_check_sp(c);                                                                          \
            arm64_misaligned(c, XN, write);                                                                                      \
        }                                                                                                                        \
    } while (0)

// ---- ordered

#define ORDERED(suffix, N)                                                                                                       \
    MEM_OP(op_ldar_##suffix) {                                                                                                   \
        NEED_ALIGNED(N / 8, false);                                                                                              \
        LOAD_E(N, v, XN, 1);                                                                                                     \
        SET_X(v);                                                                                                                \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(op_stlr_##suffix) {                                                                                                   \
        NEED_ALIGNED(N / 8, true);                                                                                               \
        STORE_E(N, XT, XN, 1);                                                                                                   \
        DONE;                                                                                                                    \
    }
ORDERED(b, 8)
ORDERED(h, 16)
ORDERED(w, 32)
ORDERED(x, 64)

// ---- exclusive

#define RESERVE(bytes) (c->s.exclusive = a, c->s.exclusive_bytes = (bytes))
#define LOAD_EXCLUSIVE(name, N, use)                                                                                             \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = XN;                                                                                                            \
        NEED_ALIGNED(N / 8, false);                                                                                              \
        LOAD_E(N, v, a, 1);                                                                                                      \
        RESERVE(N / 8);                                                                                                          \
        use;                                                                                                                     \
        DONE;                                                                                                                    \
    }
#define STORE_EXCLUSIVE(name, N, value)                                                                                          \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = XN;                                                                                                            \
        NEED_ALIGNED(N / 8, true);                                                                                               \
        bool mine = c->s.exclusive_bytes == N / 8 && c->s.exclusive == a;                                                        \
        if (mine) STORE_E(N, value, a, 1);                                                                                       \
        c->s.exclusive = c->s.exclusive_bytes = 0;                                                                               \
        XS = !mine;                                                                                                              \
        DONE;                                                                                                                    \
    }
#define SET_X2(v) (c->s.x[u->index] = (u64)(v))
#define EXCLUSIVE(suffix, N)                                                                                                     \
    LOAD_EXCLUSIVE(ldxr_##suffix, N, SET_X(v))                                                                                   \
    STORE_EXCLUSIVE(stxr_##suffix, N, XT)
EXCLUSIVE(b, 8)
EXCLUSIVE(h, 16)
EXCLUSIVE(w, 32)
EXCLUSIVE(x, 64)
LOAD_EXCLUSIVE(ldxp_w, 64, (SET_X((u32)v), SET_X2(v >> 32)))
LOAD_EXCLUSIVE(ldxp_x, 128, (SET_X(v), SET_X2(v >> 64)))
STORE_EXCLUSIVE(stxp_w, 64, ((u32)XT | XT2 << 32))
STORE_EXCLUSIVE(stxp_x, 128, (XT | (u128)XT2 << 64))

SOP(op_clrex) {
    c->s.exclusive = c->s.exclusive_bytes = 0;
    NEXT;
}

// ---- atomic (FEAT_LSE)

// On the slow path the right to read is asked for before that to write, and both before anything is accessed: a fault says WnR only where
// reading would have been allowed.
static void atomic_load(struct arm64_cpu *c, const struct uop *u, gva_t a, void *to, unsigned size) {
    arm64_before(c, u, a, 1, true);
    vcpu_probe(&c->v, 0, a, size, MMU_READ, c->tlb_key);
    vcpu_probe(&c->v, 0, a, size, MMU_WRITE, c->tlb_key);
    vcpu_read(&c->v, 0, a, to, size, c->tlb_key);
}

// x: the memory operand, y: Xs.
#define ATOMIC_OF_SIZE(name, suffix, N, result)                                                                                  \
    MEM_OP(op_##name##_##suffix) {                                                                                               \
        gva_t a = XN;                                                                                                            \
        NEED_ALIGNED(N / 8, true);                                                                                               \
        u8 *host = tlb_write(c, a, N / 8);                                                                                       \
        if (FAST && unlikely(!host)) LEAVE;                                                                                      \
        u##N x, y = (u##N)XS;                                                                                                    \
        if (host) memcpy(&x, host, N / 8);                                                                                       \
        else atomic_load(c, u, a, &x, N / 8);                                                                                    \
        u##N r = (u##N)(result);                                                                                                 \
        if (host) memcpy(host, &r, N / 8);                                                                                       \
        else vcpu_write(&c->v, 0, a, &r, N / 8, c->tlb_key);                                                                     \
        SET_X(x);                                                                                                                \
        DONE;                                                                                                                    \
    }
#define ATOMIC(name, result_8, result_16, result_32, result_64)                                                                  \
    ATOMIC_OF_SIZE(name, b, 8, result_8)                                                                                         \
    ATOMIC_OF_SIZE(name, h, 16, result_16)                                                                                       \
    ATOMIC_OF_SIZE(name, w, 32, result_32)                                                                                       \
    ATOMIC_OF_SIZE(name, x, 64, result_64)
#define ATOMIC_PLAIN(name, r) ATOMIC(name, r, r, r, r)
#define SIGNED(op) (i8)x op(i8) y ? x : y, (i16)x op(i16) y ? x : y, (i32)x op(i32) y ? x : y, (i64)x op(i64) y ? x : y
#define ATOMIC_SIGNED(name, ...) ATOMIC(name, __VA_ARGS__)
ATOMIC_PLAIN(ldadd, x + y)
ATOMIC_PLAIN(ldclr, x & ~y)
ATOMIC_PLAIN(ldeor, x ^ y)
ATOMIC_PLAIN(ldset, x | y)
ATOMIC_SIGNED(ldsmax, SIGNED(>))
ATOMIC_SIGNED(ldsmin, SIGNED(<))
ATOMIC_PLAIN(ldumax, x > y ? x : y)
ATOMIC_PLAIN(ldumin, x < y ? x : y)
ATOMIC_PLAIN(swp, y)

// Xs is compared, and gets what was there; what would be written counts as written for rights, equal or not.
#define SET_S(r, v) (c->s.x[(r) == ARM64_ZR ? ARM64_SINK : (r)] = (u64)(v))
#define COMPARE_AND_SWAP(name, N, expected, value, use)                                                                          \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = XN;                                                                                                            \
        NEED_ALIGNED(N / 8, true);                                                                                               \
        u8 *host = tlb_write(c, a, N / 8);                                                                                       \
        if (FAST && unlikely(!host)) LEAVE;                                                                                      \
        u##N x, old = (u##N)(expected), new = (u##N)(value);                                                                     \
        if (host) memcpy(&x, host, N / 8);                                                                                       \
        else atomic_load(c, u, a, &x, N / 8);                                                                                    \
        if (x == old && host) memcpy(host, &new, N / 8);                                                                         \
        else if (x == old) vcpu_write(&c->v, 0, a, &new, N / 8, c->tlb_key);                                                     \
        use;                                                                                                                     \
        DONE;                                                                                                                    \
    }
COMPARE_AND_SWAP(cas_b, 8, XS, XT, SET_S(u->b, x))
COMPARE_AND_SWAP(cas_h, 16, XS, XT, SET_S(u->b, x))
COMPARE_AND_SWAP(cas_w, 32, XS, XT, SET_S(u->b, x))
COMPARE_AND_SWAP(cas_x, 64, XS, XT, SET_S(u->b, x))
// The pair's registers are even ones and those behind them: 31 is ZR there, too.
#define X_BEHIND(r) (c->s.x[(r) + 1])
COMPARE_AND_SWAP(casp_w, 64, (u32)XS | X_BEHIND(u->b) << 32, (u32)XT | X_BEHIND(u->a) << 32,
                 (SET_S(u->b, (u32)x), SET_S(u->b + 1, x >> 32)))
COMPARE_AND_SWAP(casp_x, 128, XS | (u128)X_BEHIND(u->b) << 64, XT | (u128)X_BEHIND(u->a) << 64,
                 (SET_S(u->b, x), SET_S(u->b + 1, x >> 64)))

// ---- rows

#define EXCLUSIVE_ROWS(size, t, letter, fn)                                                                                      \
    {"stxr" letter, size " 001000 000 Rs 0 xxxxx Rn Rt", "Ws, " t ", [Xn|SP]", ARM64_MEM(op_stxr_##fn), .flags = STATUS},        \
        {"stlxr" letter, size " 001000 000 Rs 1 xxxxx Rn Rt", "Ws, " t ", [Xn|SP]", ARM64_MEM(op_stxr_##fn), .flags = STATUS},   \
        {"ldxr" letter, size " 001000 010 xxxxx 0 xxxxx Rn Rt", t ", [Xn|SP]", ARM64_MEM(op_ldxr_##fn)},                         \
        {"ldaxr" letter, size " 001000 010 xxxxx 1 xxxxx Rn Rt", t ", [Xn|SP]", ARM64_MEM(op_ldxr_##fn)},                        \
        {"stlr" letter, size " 001000 100 xxxxx 1 xxxxx Rn Rt", t ", [Xn|SP]", ARM64_MEM(op_stlr_##fn), .flags = ARM64_T_READ},  \
        {"ldar" letter, size " 001000 110 xxxxx 1 xxxxx Rn Rt", t ", [Xn|SP]", ARM64_MEM(op_ldar_##fn)},                         \
        {"stllr" letter,        size " 001000 100 xxxxx 0 xxxxx Rn Rt",                                                          \
         t ", [Xn|SP]",         ARM64_MEM(op_stlr_##fn),                                                                         \
         .flags = ARM64_T_READ, .feature = FEAT_LOR},                                                                            \
        {"ldlar" letter, size " 001000 110 xxxxx 0 xxxxx Rn Rt", t ", [Xn|SP]", ARM64_MEM(op_ldar_##fn), .feature = FEAT_LOR}, { \
        "ldapr" letter, size " 111 0 00 101 11111 1 100 00 Rn Rt", t ", [Xn|SP]", ARM64_MEM(op_ldar_##fn), .feature = FEAT_LRCPC \
    }
#define STATUS ARM64_T_READ | ARM64_S_WRITTEN
#define EXCLUSIVE_PAIR_ROWS(size, t, fn)                                                                                         \
    {"stxp", size " 001000 001 Rs 0 Rt2 Rn Rt", "Ws, " t ", [Xn|SP]", ARM64_MEM(op_stxp_##fn), .flags = STATUS},                 \
        {"stlxp", size " 001000 001 Rs 1 Rt2 Rn Rt", "Ws, " t ", [Xn|SP]", ARM64_MEM(op_stxp_##fn), .flags = STATUS},            \
        {"ldxp", size " 001000 011 xxxxx 0 Rt2 Rn Rt", t ", [Xn|SP]", ARM64_MEM(op_ldxp_##fn)}, {                                \
        "ldaxp", size " 001000 011 xxxxx 1 Rt2 Rn Rt", t ", [Xn|SP]", ARM64_MEM(op_ldxp_##fn)                                    \
    }
// A name's ^ stands for its order: a, l, al or nothing, as A and R say.
#define LSE(name_, size, s, t, letter, o3_opc, fn)                                                                               \
    {name_ "^" letter, size " 111 0 00 A R 1 Rs " o3_opc " 00 Rn Rt", s ", " t ", [Xn|SP]", ARM64_MEM(fn), .feature = FEAT_LSE}
#define LSE_ROWS(name_, o3_opc, fn)                                                                                              \
    LSE(name_, "00", "Ws", "Wt", "b", o3_opc, fn##_b), LSE(name_, "01", "Ws", "Wt", "h", o3_opc, fn##_h),                        \
        LSE(name_, "10", "Ws", "Wt", "", o3_opc, fn##_w), LSE(name_, "11", "Xs", "Xt", "", o3_opc, fn##_x)
#define CAS(size, s, t, letter, fn)                                                                                              \
    {"cas^" letter,        size " 001000 1 A 1 Rs R 11111 Rn Rt", s ", " t ", [Xn|SP]", ARM64_MEM(fn), .feature = FEAT_LSE,      \
     .flags = ARM64_T_READ}

static const struct arm64_insn rows[] = {
    EXCLUSIVE_ROWS("00", "Wt", "b", b),
    EXCLUSIVE_ROWS("01", "Wt", "h", h),
    EXCLUSIVE_ROWS("10", "Wt", "", w),
    EXCLUSIVE_ROWS("11", "Xt", "", x),
    EXCLUSIVE_PAIR_ROWS("10", "Wt, Wt2", w),
    EXCLUSIVE_PAIR_ROWS("11", "Xt, Xt2", x),
    {"clrex", "1101010100 0 00 011 0011 CRm 010 11111", "crm", .op = op_clrex},

    CAS("00", "Ws", "Wt", "b", op_cas_b),
    CAS("01", "Ws", "Wt", "h", op_cas_h),
    CAS("10", "Ws", "Wt", "", op_cas_w),
    CAS("11", "Xs", "Xt", "", op_cas_x),
    {"casp^", "00 001000 0 A 1 Rs<4:1> 0 R 11111 Rn Rt<4:1> 0", "pairWs, pairWt, [Xn|SP]", ARM64_MEM(op_casp_w),
     .feature = FEAT_LSE, .flags = ARM64_T_READ},
    {"casp^", "01 001000 0 A 1 Rs<4:1> 0 R 11111 Rn Rt<4:1> 0", "pairXs, pairXt, [Xn|SP]", ARM64_MEM(op_casp_x),
     .feature = FEAT_LSE, .flags = ARM64_T_READ},

    LSE_ROWS("ldadd", "0 000", op_ldadd),
    LSE_ROWS("ldclr", "0 001", op_ldclr),
    LSE_ROWS("ldeor", "0 010", op_ldeor),
    LSE_ROWS("ldset", "0 011", op_ldset),
    LSE_ROWS("ldsmax", "0 100", op_ldsmax),
    LSE_ROWS("ldsmin", "0 101", op_ldsmin),
    LSE_ROWS("ldumax", "0 110", op_ldumax),
    LSE_ROWS("ldumin", "0 111", op_ldumin),
    LSE_ROWS("swp", "1 000", op_swp),
};
ARM64_TABLE(atomic);
