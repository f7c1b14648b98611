// SPDX-License-Identifier: MIT
// A: load-reserved, store-conditional and the atomic operations (unprivileged manual, chapter 14). There is one hart, so aq and rl order
// nothing.
//
// The reservation is the address and the size of the last LR, in the processor's state: so that SC does the same in every run. SC
// succeeds for that address and size alone, and ends the reservation whether it succeeds or not; so does every trap (trap.c).
#include "isa/riscv64/insn.h"
#include "isa/riscv64/memop.h"

// Misaligned atomics trap before anything is translated.
#define NEED_ALIGNED(N, cause)                                                                                                   \
    do {                                                                                                                         \
        if (unlikely(RS1 & (N / 8 - 1))) {                                                                                       \
            if (FAST) LEAVE;                                                                                                     \
            RAISE(cause, RS1);                                                                                                   \
        }                                                                                                                        \
    } while (0)

#define RESERVED(letter, N)                                                                                                      \
    BASED_OP(op_lr_##letter) {                                                                                                   \
        NEED_ALIGNED(N, RV_LOAD_MISALIGNED);                                                                                     \
        LOAD_E(N, v);                                                                                                            \
        c->s.reserved = RS1;                                                                                                     \
        c->s.reserved_bytes = N / 8;                                                                                             \
        SET_RD((i##N)v);                                                                                                         \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    BASED_OP(op_sc_##letter) {                                                                                                   \
        NEED_ALIGNED(N, RV_STORE_MISALIGNED);                                                                                    \
        bool mine = c->s.reserved_bytes == N / 8 && c->s.reserved == RS1;                                                        \
        if (mine) STORE_E(N, RS2);                                                                                               \
        c->s.reserved = c->s.reserved_bytes = 0;                                                                                 \
        SET_RD(!mine);                                                                                                           \
        DONE;                                                                                                                    \
    }
RESERVED(w, 32)
RESERVED(d, 64)

// The right to write is checked before anything is read, and what is missing is a fault of a store.
static u64 amo_load(struct rv_cpu *c, const struct uop *u, gva_t a, unsigned size) {
    u64 v = 0;
    SYNC;
    vcpu_probe(&c->v, RV_AS_STORE, a, size, MMU_WRITE, c->tlb_key);
    vcpu_read(&c->v, RV_AS_STORE, a, &v, size, c->tlb_key);
    return v;
}

// x: the memory operand, y: rs2.
#define AMO_OF_SIZE(name, letter, N, result)                                                                                     \
    BASED_OP(op_amo##name##_##letter) {                                                                                          \
        NEED_ALIGNED(N, RV_STORE_MISALIGNED);                                                                                    \
        gva_t a = RS1;                                                                                                           \
        u8 *host = tlb_write(c, a, N / 8);                                                                                       \
        if (FAST && unlikely(!host)) LEAVE;                                                                                      \
        u##N x = (u##N)(host ? ld_width(host, N / 8) : amo_load(c, u, a, N / 8)), y = (u##N)RS2;                                 \
        u##N r = (u##N)(result);                                                                                                 \
        if (host) st_width(host, N / 8, r);                                                                                      \
        else rv_store(c, u, a, r, N / 8);                                                                                        \
        SET_RD((i##N)x);                                                                                                         \
        DONE;                                                                                                                    \
    }
#define AMO(name, result_32, result_64)                                                                                          \
    AMO_OF_SIZE(name, w, 32, result_32)                                                                                          \
    AMO_OF_SIZE(name, d, 64, result_64)
#define AMO_PLAIN(name, result) AMO(name, result, result)
AMO_PLAIN(swap, y)
AMO_PLAIN(add, x + y)
AMO_PLAIN(xor, x ^ y)
AMO_PLAIN(and, x & y)
AMO_PLAIN(or, x | y)
AMO_PLAIN(minu, x < y ? x : y)
AMO_PLAIN(maxu, x > y ? x : y)
AMO(min, (i32)x < (i32)y ? x : y, (i64)x < (i64)y ? x : y)
AMO(max, (i32)x > (i32)y ? x : y, (i64)x > (i64)y ? x : y)

static const struct rv_insn rows[] = {
    {"lr.w", "00010 aq rl 00000 rs1 010 rd 0101111", "rd, (rs1)", op_lr_w, .ext = EXT_A},
    {"sc.w", "00011 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_sc_w, .ext = EXT_A},
    {"amoswap.w", "00001 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amoswap_w, .ext = EXT_A},
    {"amoadd.w", "00000 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amoadd_w, .ext = EXT_A},
    {"amoxor.w", "00100 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amoxor_w, .ext = EXT_A},
    {"amoand.w", "01100 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amoand_w, .ext = EXT_A},
    {"amoor.w", "01000 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amoor_w, .ext = EXT_A},
    {"amomin.w", "10000 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amomin_w, .ext = EXT_A},
    {"amomax.w", "10100 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amomax_w, .ext = EXT_A},
    {"amominu.w", "11000 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amominu_w, .ext = EXT_A},
    {"amomaxu.w", "11100 aq rl rs2 rs1 010 rd 0101111", "rd, rs2, (rs1)", op_amomaxu_w, .ext = EXT_A},
    {"lr.d", "00010 aq rl 00000 rs1 011 rd 0101111", "rd, (rs1)", op_lr_d, .ext = EXT_A},
    {"sc.d", "00011 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_sc_d, .ext = EXT_A},
    {"amoswap.d", "00001 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amoswap_d, .ext = EXT_A},
    {"amoadd.d", "00000 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amoadd_d, .ext = EXT_A},
    {"amoxor.d", "00100 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amoxor_d, .ext = EXT_A},
    {"amoand.d", "01100 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amoand_d, .ext = EXT_A},
    {"amoor.d", "01000 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amoor_d, .ext = EXT_A},
    {"amomin.d", "10000 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amomin_d, .ext = EXT_A},
    {"amomax.d", "10100 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amomax_d, .ext = EXT_A},
    {"amominu.d", "11000 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amominu_d, .ext = EXT_A},
    {"amomaxu.d", "11100 aq rl rs2 rs1 011 rd 0101111", "rd, rs2, (rs1)", op_amomaxu_d, .ext = EXT_A},
};
RV_TABLE(amo);
