// SPDX-License-Identifier: MIT
// Zicbom, Zicbop, Zicboz: cache-block operations (unprivileged manual, chapter 19). Memory has no caches in front of it, so managing a block
// changes nothing; but the right to do so is asked for, and the block must be there.
#include "isa/riscv64/insn.h"
#include "isa/riscv64/memop.h"
#include "isa/riscv64/sys.h"

// Fields of menvcfg and senvcfg: a lower privilege may execute them where every higher one says so.

static bool allowed(const struct rv_cpu *c, u64 field) {
    if (c->s.priv < RV_M && !(c->s.menvcfg & field)) return false;
    return c->s.priv > RV_U || c->s.senvcfg & field;
}

#define NEED(field)                                                                                                              \
    do {                                                                                                                         \
        if (unlikely(!allowed(c, field))) {                                                                                      \
            if (FAST) LEAVE;                                                                                                     \
            RAISE(RV_ILLEGAL_INSTRUCTION, IMM);                                                                                  \
        }                                                                                                                        \
    } while (0)

#define BLOCK_BYTES 64
#define BLOCK_ADDRESS (RS1 & ~(u64)(BLOCK_BYTES - 1))

// The right to read or to write is enough, and whoever may write may read. A fault is told as a store's.
#define MANAGE(name, field)                                                                                                      \
    BASED_OP(op_cbo_##name) {                                                                                                    \
        NEED(field);                                                                                                             \
        if (tlb_read(c, BLOCK_ADDRESS, BLOCK_BYTES)) DONE;                                                                       \
        if (FAST) LEAVE;                                                                                                         \
        SYNC;                                                                                                                    \
        vcpu_probe(&c->v, RV_AS_STORE, BLOCK_ADDRESS, BLOCK_BYTES, MMU_READ, c->tlb_key);                                        \
        DONE;                                                                                                                    \
    }
MANAGE(inval, ENVCFG_CBIE)
MANAGE(clean, ENVCFG_CBCFE)

BASED_OP(op_cbo_zero) {
    static const u8 zeros[BLOCK_BYTES];
    NEED(ENVCFG_CBZE);
    u8 *host = tlb_write(c, BLOCK_ADDRESS, BLOCK_BYTES);
    if (host) {
        memset(host, 0, BLOCK_BYTES);
        DONE;
    }
    if (FAST) LEAVE;
    SYNC;
    vcpu_write(&c->v, 0, BLOCK_ADDRESS, zeros, BLOCK_BYTES, c->tlb_key);
    DONE;
}

// A prefetch never faults.
SOP(op_prefetch) { NEXT; }

// The prefetches are hints that ORI to x0 leaves free, so this room's rows come before those of op_int.c.
static const struct rv_insn rows[] = {
    {"cbo.inval", "000000000000 rs1 010 00000 0001111", "(rs1)", op_cbo_inval, .ext = EXT_ZICBOM},
    {"cbo.clean", "000000000001 rs1 010 00000 0001111", "(rs1)", op_cbo_clean, .ext = EXT_ZICBOM},
    {"cbo.flush", "000000000010 rs1 010 00000 0001111", "(rs1)", op_cbo_clean, .ext = EXT_ZICBOM},
    {"cbo.zero", "000000000100 rs1 010 00000 0001111", "(rs1)", op_cbo_zero, .ext = EXT_ZICBOZ},
    {"prefetch.i", "imm[11:5] 00000 rs1 110 00000 0010011", "imm(rs1)", op_prefetch, .ext = EXT_ZICBOP},
    {"prefetch.r", "imm[11:5] 00001 rs1 110 00000 0010011", "imm(rs1)", op_prefetch, .ext = EXT_ZICBOP},
    {"prefetch.w", "imm[11:5] 00011 rs1 110 00000 0010011", "imm(rs1)", op_prefetch, .ext = EXT_ZICBOP},
};
RV_TABLE(cbo);
