// SPDX-License-Identifier: MIT
// Handlers that access memory, as BASED_OPs of emu/cpu/memop.h:
//
//   BASED_OP(op_lw) {
//       LOAD_E(32, v);
//       SET_RD((i32)v);
//       DONE;
//   }
#ifndef RV_MEMOP_H
#define RV_MEMOP_H

#include "cpu/access.h"
#include "isa/riscv64/uop.h"

#include "cpu/memop.h"

// `rules` of emu/cpu/access.h: a fault of this access is told as a store's, whatever it was (AMOs, cache blocks).
enum { RV_AS_STORE = 1 };

#define ADDRESS (RS1 + (u64)u->disp)

static inline u8 *tlb_read(const struct rv_cpu *c, gva_t a, unsigned size) { return vcpu_tlb_read(&c->v, a, size); }
static inline u8 *tlb_write(const struct rv_cpu *c, gva_t a, unsigned size) { return vcpu_tlb_write(&c->v, a, size); }

static inline u64 rv_load(struct rv_cpu *c, const struct uop *u, gva_t a, unsigned size) {
    u64 v = 0;
    const u8 *p = tlb_read(c, a, size);
    if (likely(p)) return ld_width(p, size);
    SYNC;
    vcpu_read(&c->v, 0, a, &v, size, c->tlb_key);
    return v;
}

static inline void rv_store(struct rv_cpu *c, const struct uop *u, gva_t a, u64 v, unsigned size) {
    u8 *p = tlb_write(c, a, size);
    if (likely(p)) {
        st_width(p, size, v);
        return;
    }
    SYNC;
    vcpu_write(&c->v, 0, a, &v, size, c->tlb_key);
}

// Declares v, the memory operand.
#define LOAD_E(N, v)                                                                                                             \
    u##N v;                                                                                                                      \
    if (FAST) FAST_LOAD(N, v, ADDRESS);                                                                                          \
    else v = (u##N)rv_load(c, u, ADDRESS, N / 8)

#define STORE_E(N, value)                                                                                                        \
    do {                                                                                                                         \
        u##N v_ = (u##N)(value);                                                                                                 \
        if (FAST) FAST_STORE(N, v_, ADDRESS);                                                                                    \
        else rv_store(c, u, ADDRESS, v_, N / 8);                                                                                 \
    } while (0)

#endif
