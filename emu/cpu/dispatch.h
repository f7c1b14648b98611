// SPDX-License-Identifier: MIT
// Handlers that lead from one block to the next. Each ISA instantiates them, because they get its own CPU type: one file of the ISA
// includes this and then says DISPATCH_HANDLERS.
#ifndef CPU_DISPATCH_H
#define CPU_DISPATCH_H

#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/measure.h"

static inline struct jump_entry *jump_slot(struct vcpu *v, u64 pc) {
    return &v->jump[(pc ^ pc >> JUMP_BITS) & ((1u << JUMP_BITS) - 1)];
}

// The target of the running block's link, if the link is valid. It is asked for when the slice has too few instructions left to enter it.
static inline struct block *block_linked(const struct vcpu *v, unsigned which, u64 pc) {
    const struct block_link *l = &v->block->link[which];
    bool good = l->key == v->jump_key ? l->pc == pc : l->key == LINK_NEAR;
    return good && l->to->cost != BLOCK_DROPPED ? l->to : NULL;
}

// Links are written here, where they were missing, and not when they are used: a valid link needs no update.
#define DISPATCH(name, known, remember)                                                                                          \
    OP(name) {                                                                                                                   \
        u64 pc = CPU_PC(c);                                                                                                      \
        const struct jump_entry *j = jump_slot(&c->v, pc);                                                                       \
        struct block *b = known;                                                                                                 \
        if (!b && likely(j->pc == pc && j->key == c->jump_key)) {                                                                \
            b = j->block;                                                                                                        \
            remember;                                                                                                            \
        }                                                                                                                        \
        if (likely(b)) {                                                                                                         \
            if (likely(c->left >= b->cost)) {                                                                                    \
                c->left -= b->cost;                                                                                              \
                ENTER_BLOCK(b, pc);                                                                                              \
                [[clang::musttail]] return b->enter(c, b->u);                                                                    \
            }                                                                                                                    \
            if (b->cost != BLOCK_DROPPED) block_stay(&c->v, b, 0, pc);                                                           \
        }                                                                                                                        \
        EXIT(pc);                                                                                                                \
    }
#define DISPATCH_LINK(which)                                                                                                     \
    DISPATCH(CPU_FN(dispatch_link##which), block_linked(&c->v, which, pc), block_link_to(&c->v, CPU_BASE(c), which, pc, b))

// dispatch: finds the block at the PC and goes there, or returns to run.c. dispatch_link0, 1: the same, and remember it in the running
// block's link. block_end: the terminator of blocks that end by themselves. exit_end: of those whose last
// instruction accesses a device. part_end: of a part of a block (block_part). point: enters a block that begins where something may be measured.
#define DISPATCH_HANDLERS                                                                                                        \
    DISPATCH(CPU_FN(dispatch), NULL, )                                                                                           \
    DISPATCH_LINK(0)                                                                                                             \
    DISPATCH_LINK(1)                                                                                                             \
    OP(CPU_FN(block_end)) { JUMP_LINKED(THIS_PC, 0); }                                                                           \
    OP(CPU_FN(exit_end)) { EXIT(THIS_PC); }                                                                                      \
    OP(CPU_FN(point)) {                                                                                                          \
        if (unlikely(c->debug != NULL)) {                                                                                        \
            if (debug_point(&c->v, THIS_PC)) {                                                                                   \
                CPU_PC(c) = THIS_PC;                                                                                             \
                return;                                                                                                          \
            }                                                                                                                    \
        } else if (unlikely(measure_point(&c->v, THIS_PC))) {                                                                    \
            struct block *b = c->block->owner ? c->block->owner : c->block;                                                      \
            CPU_PC(c) = THIS_PC;                                                                                                 \
            block_leave(&c->v, b, CPU_PC(c));                                                                                    \
            return;                                                                                                              \
        }                                                                                                                        \
        [[clang::musttail]] return u->fn(c, u);                                                                                  \
    }                                                                                                                            \
    OP(CPU_FN(part_end)) {                                                                                                       \
        u64 pc = THIS_PC;                                                                                                        \
        block_stay(&c->v, c->block->owner, (unsigned)u->imm, pc);                                                                \
        EXIT(pc);                                                                                                                \
    }

#endif
