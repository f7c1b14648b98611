// SPDX-License-Identifier: MIT
// Handlers that access memory, each built three times from one body (the words are emu/cpu/memop.h's):
//
//   name       calls nothing, so it needs no stack frame; on a TLB miss it leaves for
//   name_any   which starts over, checks alignment where that must be, and calls emu/cpu/access.c for whatever is not a TLB hit
//   name_sp    name, for SP as the base register: where that is not aligned it leaves for name_any
//
// So a body commits nothing before its last memory access. A row names all three with ARM64_MEM.
//
//   MEM_OP(op_ldr_x) {
//       LOAD_E(64, v, XN + (u64)u->disp, 8);
//       SET_X(v);
//       DONE;
//   }
#ifndef ARM64_MEMOP_H
#define ARM64_MEMOP_H

#include "cpu/access.h"
#include "isa/arm64/uop.h"

#include "cpu/memop.h"

// `rules` of emu/cpu/access.h, for what ESR_EL1 says of a fault.
enum { ARM64_MAINTAINS = 1 }; // cache maintenance: CM and WnR

_Noreturn void arm64_misaligned(struct arm64_cpu *c, gva_t a, bool write); // mem.c
void arm64_check_sp(struct arm64_cpu *c);                                  // raises if SP is to be aligned and is not

#undef MEM_OP
#define MEM_OP(name)                                                                                                             \
    SLOW_OP_ENDING(name##_any, GO_NEXT)                                                                                          \
    SOP(name) {                                                                                                                  \
        if (unlikely(!name##_any_body(c, u, BASED))) [[clang::musttail]]                                                         \
            return name##_any(c, u);                                                                                             \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##_sp) {                                                                                                             \
        if (unlikely(c->s.x[ARM64_SP] & 15) || unlikely(!name##_any_body(c, u, BASED))) [[clang::musttail]]                      \
            return name##_any(c, u);                                                                                             \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_BODY(name##_any)

static inline u8 *tlb_read(const struct arm64_cpu *c, gva_t a, unsigned size) { return vcpu_tlb_read(&c->v, a, size); }
static inline u8 *tlb_write(const struct arm64_cpu *c, gva_t a, unsigned size) { return vcpu_tlb_write(&c->v, a, size); }

// On the slow path: what is wrong with the base or with the address, before anything is translated. align: bytes, a power of two.
static inline void arm64_before(struct arm64_cpu *c, const struct uop *u, gva_t a, unsigned align, bool write) {
    SYNC;
    if (u->base == ARM64_SP) arm64_check_sp(c);
    if (c->aligned && a & (align - 1)) arm64_misaligned(c, a, write);
}

static inline void arm64_load(struct arm64_cpu *c, const struct uop *u, gva_t a, void *to, unsigned size, unsigned align) {
    arm64_before(c, u, a, align, false);
    const u8 *p = tlb_read(c, a, size);
    if (p) memcpy(to, p, size);
    else vcpu_read(&c->v, 0, a, to, size, c->tlb_key);
}

static inline void arm64_store(struct arm64_cpu *c, const struct uop *u, gva_t a, const void *from, unsigned size,
                               unsigned align) {
    arm64_before(c, u, a, align, true);
    u8 *p = tlb_write(c, a, size);
    if (p) memcpy(p, from, size);
    else vcpu_write(&c->v, 0, a, from, size, c->tlb_key);
}

// Declares v, the N bits at `at`; align: what SCTLR_EL1.A wants of the address.
#define LOAD_E(N, v, at, align)                                                                                                  \
    u##N v;                                                                                                                      \
    if (FAST) FAST_LOAD(N, v, at);                                                                                               \
    else arm64_load(c, u, at, &v, N / 8, align)

#define STORE_E(N, value, at, align)                                                                                             \
    do {                                                                                                                         \
        u##N v_ = (u##N)(value);                                                                                                 \
        if (FAST) FAST_STORE(N, v_, at);                                                                                         \
        else arm64_store(c, u, at, &v_, N / 8, align);                                                                           \
    } while (0)

#endif
