// SPDX-License-Identifier: MIT
// Near branches. A target outside the canonical range, or beyond the code segment's limit in 32- and 16-bit code, faults at the branch,
// before anything is pushed, popped or counted (vol. 2A, CALL, Jcc, JMP, LOOP; 2B, RET: "#GP(0)").
#include "isa/x86_64/insn/ops.h"
#include "isa/x86_64/insn/stack.h"

static bool is_target(const struct x86_cpu *c, u64 rip) {
    return (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? x86_canonical(c, rip) : rip <= c->s.seg[CS].limit;
}

OP(x86_link1_missed) {
    if (unlikely(!is_target(c, c->s.rip))) RAISE(EXC_GP, 0);
    [[clang::musttail]] return x86_dispatch_link1(c, u);
}

// Handlers of 64 bits are those of 64-bit code alone.
#define SUSPECT(N, to) unlikely(N == 64 ? (u64)sext(to, 48) != (to) : (to) > c->s.seg[CS].limit)
#define CHECKED(N, target)                                                                                                       \
    u64 to = CUT##N(target);                                                                                                     \
    if (SUSPECT(N, to)) {                                                                                                        \
        if (FAST) LEAVE;                                                                                                         \
        if (!is_target(c, to)) RAISE(EXC_GP, 0);                                                                                 \
    }

// The last word of a body: its handler's ending goes to s.rip.
#define GO_ON(to)                                                                                                                \
    do {                                                                                                                         \
        c->s.rip = (to);                                                                                                         \
        DONE;                                                                                                                    \
    } while (0)
#define GO() JUMP(c->s.rip)
#define GO_LINKED() JUMP_LINKED(c->s.rip, 0)

#define CC_LIST(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15)
#define JCC_SIZE(cc, N)                                                                                                          \
    SOP(jcc##cc##_##N) {                                                                                                         \
        u64 next = NEXT_RIP;                                                                                                     \
        if (condition(&c->s, cc)) JUMP_LINKED(CUT##N(next + (u64)u->imm), 1);                                                    \
        JUMP_LINKED(next, 0);                                                                                                    \
    }
#define JCC(cc) JCC_SIZE(cc, 16) JCC_SIZE(cc, 32) JCC_SIZE(cc, 64)
CC_LIST(JCC)
#define JCC_ROW(cc) {.r = {0, jcc##cc##_16, jcc##cc##_32, jcc##cc##_64}},
const struct ops jcc_ops[16] = {CC_LIST(JCC_ROW)};

#define BRANCHES(N, _)                                                                                                           \
    SOP(jmp_rel_##N) { JUMP_LINKED(CUT##N(NEXT_RIP + (u64)u->imm), 1); }                                                         \
    STACK_OP_ENDING(jmp_e_r##N, GO) {                                                                                            \
        CHECKED(N, REG##N(u->b));                                                                                                \
        GO_ON(to);                                                                                                               \
    }                                                                                                                            \
    MEM_OP_ENDING(jmp_e_m##N, GO) {                                                                                              \
        LOAD_E(N, target);                                                                                                       \
        CHECKED(N, target);                                                                                                      \
        GO_ON(to);                                                                                                               \
    }                                                                                                                            \
    STACK_OP_ENDING(call_rel_##N, GO_LINKED) {                                                                                   \
        u64 next = NEXT_RIP;                                                                                                     \
        CHECKED(N, next + (u64)u->imm);                                                                                          \
        PUSH(N, next);                                                                                                           \
        GO_ON(to);                                                                                                               \
    }                                                                                                                            \
    STACK_OP_ENDING(call_e_r##N, GO) {                                                                                           \
        CHECKED(N, REG##N(u->b));                                                                                                \
        PUSH(N, NEXT_RIP);                                                                                                       \
        GO_ON(to);                                                                                                               \
    }                                                                                                                            \
    MEM_OP_ENDING(call_e_m##N, GO) {                                                                                             \
        LOAD_E(N, target);                                                                                                       \
        CHECKED(N, target);                                                                                                      \
        PUSH(N, NEXT_RIP);                                                                                                       \
        GO_ON(to);                                                                                                               \
    }                                                                                                                            \
    STACK_OP_ENDING(ret_##N, GO) {                                                                                               \
        PEEK(N, target);                                                                                                         \
        CHECKED(N, target);                                                                                                      \
        DROP(N / 8);                                                                                                             \
        GO_ON(to);                                                                                                               \
    }                                                                                                                            \
    STACK_OP_ENDING(ret_i_##N, GO) {                                                                                             \
        PEEK(N, target);                                                                                                         \
        CHECKED(N, target);                                                                                                      \
        DROP(N / 8 + u->imm);                                                                                                    \
        GO_ON(to);                                                                                                               \
    }
FOR_SIZES_V(BRANCHES, )
const struct ops jmp_rel_ops = {.r = LIST_V(jmp_rel_)}, jmp_e_ops = {STACK_LIST_V(jmp_e_r), MEM_LIST_V(jmp_e_m)},
                 call_rel_ops = {.r = STACK_LIST_V(call_rel_)}, call_e_ops = {STACK_LIST_V(call_e_r), MEM_LIST_V(call_e_m)},
                 ret_ops = {.r = STACK_LIST_V(ret_)}, ret_i_ops = {.r = STACK_LIST_V(ret_i_)};

// The counter's width is the address size; the decoder left it in mem.
static u64 counter(const struct x86_cpu *c, const struct uop *u) {
    u64 n = c->s.gpr[RCX];
    return u->mem & MEM_ADDR32 ? (u32)n : u->mem & MEM_ADDR16 ? (u16)n : n;
}
static u64 counted_down(const struct x86_cpu *c, const struct uop *u) {
    u64 n = c->s.gpr[RCX] - 1;
    return u->mem & MEM_ADDR32 ? (u32)n : u->mem & MEM_ADDR16 ? (u16)n : n;
}
static void set_counter(struct x86_cpu *c, const struct uop *u, u64 n) {
    if (u->mem & MEM_ADDR16) SET16(RCX, n);
    else SET64(RCX, n);
}
#define LOOP_WHILE(name, N, holds)                                                                                               \
    SOP(name##_##N) {                                                                                                            \
        u64 left = counted_down(c, u), next = NEXT_RIP, to = CUT##N(next + (u64)u->imm);                                         \
        bool taken = holds;                                                                                                      \
        if (taken && SUSPECT(N, to) && !is_target(c, to)) RAISE(EXC_GP, 0);                                                      \
        set_counter(c, u, left);                                                                                                 \
        JUMP(taken ? to : next);                                                                                                 \
    }
#define LOOPS(N, _)                                                                                                              \
    LOOP_WHILE(loop, N, left)                                                                                                    \
    LOOP_WHILE(loope, N, (left && flag_zf(&c->s)))                                                                               \
    LOOP_WHILE(loopne, N, (left && !flag_zf(&c->s)))                                                                             \
    SOP(jrcxz_##N) {                                                                                                             \
        if (counter(c, u)) JUMP_LINKED(NEXT_RIP, 0);                                                                             \
        JUMP_LINKED(CUT##N(NEXT_RIP + (u64)u->imm), 1);                                                                          \
    }
FOR_SIZES_V(LOOPS, )
const struct ops loop_ops = {.r = LIST_V(loop_)}, loope_ops = {.r = LIST_V(loope_)}, loopne_ops = {.r = LIST_V(loopne_)},
                 jrcxz_ops = {.r = LIST_V(jrcxz_)};

// ---- rows
// clang-format off
#define JCC_ROWS(cc, name)                                                                         \
    {MAP_1, 0x70 + cc, PFX_ANY, 0, "j" name, {o_Jb}, &jcc_ops[cc], .flags = F64 | ENDS, .reads = CC_READS(cc)}, \
    {MAP_0F, 0x80 + cc, PFX_ANY, 0, "j" name, {o_Jz}, &jcc_ops[cc], .flags = F64 | ENDS, .reads = CC_READS(cc)},

static const struct insn rows[] = {
    CC_NAMES(JCC_ROWS)
    {MAP_1, 0xe8, PFX_ANY, 0, "call", {o_Jz}, &call_rel_ops, .flags = F64 | ENDS},
    {MAP_1, 0xe9, PFX_ANY, 0, "jmp", {o_Jz}, &jmp_rel_ops, .flags = F64 | ENDS},
    {MAP_1, 0xeb, PFX_ANY, 0, "jmp", {o_Jb}, &jmp_rel_ops, .flags = F64 | ENDS},
    {MAP_1, 0xff, PFX_ANY, EXT(2), "call", {o_Ev}, &call_e_ops, .flags = F64 | ENDS},
    {MAP_1, 0xff, PFX_ANY, EXT(4), "jmp", {o_Ev}, &jmp_e_ops, .flags = F64 | ENDS},
    {MAP_1, 0xc2, PFX_ANY, 0, "ret", {o_Iw}, &ret_i_ops, .flags = F64 | ENDS},
    {MAP_1, 0xc3, PFX_ANY, 0, "ret", {}, &ret_ops, .flags = F64 | ENDS},
    {MAP_1, 0xe0, PFX_ANY, 0, "loopne", {o_Jb}, &loopne_ops, .flags = F64 | ENDS, .reads = FL_ZF},
    {MAP_1, 0xe1, PFX_ANY, 0, "loope", {o_Jb}, &loope_ops, .flags = F64 | ENDS, .reads = FL_ZF},
    {MAP_1, 0xe2, PFX_ANY, 0, "loop", {o_Jb}, &loop_ops, .flags = F64 | ENDS},
    {MAP_1, 0xe3, PFX_ANY, 0, "jrcxz", {o_Jb}, &jrcxz_ops, .flags = F64 | ENDS},
};
// clang-format on
X86_TABLE(branch);
