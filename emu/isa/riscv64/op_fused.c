// SPDX-License-Identifier: MIT
// Two instructions that follow each other, as one. Both stay uops of their own, the first of which does both: so the block's accounts do
// not change, and what the second raises, or leaves for on a TLB miss, finds things as if the first had been alone.
#include "isa/riscv64/insn.h"

#include <string.h>

// The second's handler becomes part of the pair's.
#define FAST_SOP(name) [[maybe_unused, gnu::always_inline]] static inline OP(name)
#include "isa/riscv64/steps.h"

RV_ALL_ALU(RV_HANDLER)
RV_ALL_LOADS(RV_LOAD_HANDLER)
RV_ALL_STORES(RV_STORE_HANDLER)
RV_ALL_JUMPS(RV_JUMP_HANDLER)

// The first: step_NAME does it, or says false, and missed_NAME must.
#define STEP(name) [[maybe_unused, gnu::always_inline]] static inline bool step_##name(struct rv_cpu *c, const struct uop *u)
#define ALU_STEP(name, result)                                                                                                   \
    FAST_SOP(missed_##name) { [[clang::musttail]] return op_##name(c, u); }                                                      \
    STEP(name) {                                                                                                                 \
        SET_RD(result);                                                                                                          \
        return true;                                                                                                             \
    }
#define MEM_STEP(name, ...)                                                                                                      \
    FAST_SOP(missed_##name) { [[clang::musttail]] return op_##name##_any(c, u); }                                                \
    STEP(name) { return op_##name##_any_body(c, u, BASED); }
RV_ALL_ALU(ALU_STEP)
RV_ALL_LOADS(MEM_STEP)
RV_ALL_STORES(MEM_STEP)

// clang-format off
#define FIRSTS(M, ...) \
    M(__VA_ARGS__, addi) M(__VA_ARGS__, add) M(__VA_ARGS__, slli) M(__VA_ARGS__, srli) \
    M(__VA_ARGS__, addiw) M(__VA_ARGS__, andi) M(__VA_ARGS__, and) M(__VA_ARGS__, or) \
    M(__VA_ARGS__, xor) M(__VA_ARGS__, addw) M(__VA_ARGS__, sub) M(__VA_ARGS__, subw) \
    M(__VA_ARGS__, slliw) M(__VA_ARGS__, srliw) M(__VA_ARGS__, auipc) M(__VA_ARGS__, lui) \
    M(__VA_ARGS__, ld) M(__VA_ARGS__, lw) M(__VA_ARGS__, lbu) M(__VA_ARGS__, sd) \
    M(__VA_ARGS__, sb)
#define SECONDS(M, ...) \
    M(__VA_ARGS__, addi) M(__VA_ARGS__, add) M(__VA_ARGS__, slli) M(__VA_ARGS__, srli) \
    M(__VA_ARGS__, addiw) M(__VA_ARGS__, andi) M(__VA_ARGS__, and) M(__VA_ARGS__, or) \
    M(__VA_ARGS__, xor) M(__VA_ARGS__, addw) M(__VA_ARGS__, sub) M(__VA_ARGS__, subw) \
    M(__VA_ARGS__, sltu) M(__VA_ARGS__, sltiu) M(__VA_ARGS__, slliw) M(__VA_ARGS__, srliw) \
    M(__VA_ARGS__, sll) M(__VA_ARGS__, srl) M(__VA_ARGS__, ld) M(__VA_ARGS__, lw) \
    M(__VA_ARGS__, lbu) M(__VA_ARGS__, lhu) M(__VA_ARGS__, lb) M(__VA_ARGS__, sd) \
    M(__VA_ARGS__, sw) M(__VA_ARGS__, sb) M(__VA_ARGS__, beq) M(__VA_ARGS__, bne) \
    M(__VA_ARGS__, blt) M(__VA_ARGS__, bge) M(__VA_ARGS__, bltu) M(__VA_ARGS__, bgeu) \
    M(__VA_ARGS__, jal) M(__VA_ARGS__, jalr)
// clang-format on

#define PAIR(_, first, second)                                                                                                   \
    SOP(first##_##second) {                                                                                                      \
        if (unlikely(!step_##first(c, u))) [[clang::musttail]]                                                                   \
            return missed_##first(c, u);                                                                                         \
        u++;                                                                                                                     \
        [[clang::musttail]] return op_##second(c, u);                                                                            \
    }
#define PAIRS_OF(_, first) SECONDS(PAIR, _, first)
FIRSTS(PAIRS_OF, _)

#define CELL(_, first, second) first##_##second,
#define LINE(_, first) {SECONDS(CELL, _, first)},
#define NAME(_, name) #name,
static const char *const first_names[] = {FIRSTS(NAME, _)}, *const second_names[] = {SECONDS(NAME, _)};
static op_fn *const pairs[countof(first_names)][countof(second_names)] = {FIRSTS(LINE, _)};

static u8 place_of(const char *name, const char *const *names, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        if (!strcmp(names[i], name)) return (u8)(i + 1);
    return 0;
}

struct rv_fuse rv_fuse_of(const char *name) {
    return (struct rv_fuse){place_of(name, first_names, countof(first_names)),
                            place_of(name, second_names, countof(second_names))};
}

op_fn *rv_fused(struct rv_fuse first, struct rv_fuse second) {
    return first.first && second.second ? pairs[first.first - 1][second.second - 1] : NULL;
}
