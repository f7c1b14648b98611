// SPDX-License-Identifier: MIT
// Branch target identification (FEAT_BTI): code in guarded pages may be come to by BR and BLR at landing pads alone.
//
// BTYPE counts at a branch's target and is 0 behind the first instruction there: so it is 0 within blocks, and no handler clears it. A target
// that the jump cache knows is entered at once if its first instruction takes what comes, which its handler tells. All else goes by
// the loop: there an interrupt or a fetch that aborts tells of BTYPE, and arm64_arrive asks if the page is guarded. That is a part of
// the page's translation, and need not be asked while no tables have had a guarded page for this EL.
#include "isa/arm64/branch.h"
#include "isa/arm64/insn.h"

#include "cpu/access.h"
#include "cpu/dispatch.h"

#define MAY_BE_GUARDED(c) ((c)->guards >> (c)->s.el & 1)

unsigned arm64_btype_of_br(struct arm64_cpu *c, const struct uop *u) {
    if (likely(!MAY_BE_GUARDED(c)) || u->base == 16 || u->base == 17) return BTYPE_JUMP_ANY;
    SYNC;
    return vcpu_guarded(&c->v, THIS_PC, c->fetch_key) ? BTYPE_JUMP : BTYPE_JUMP_ANY;
}

// ---- landing pads

SOP(op_bti_c) { NEXT; }
SOP(op_bti_j) { NEXT; }
SOP(op_bti_jc) { NEXT; }

// BTypeCompatible_BTI, BTypeCompatible_PACIXSP
static inline bool takes(const struct arm64_cpu *c, op_fn *first) {
    unsigned btype = c->s.btype;
    if (first == op_bti_c) return btype != BTYPE_JUMP;
    if (first == arm64_op_paciasp || first == arm64_op_pacibsp)
        return btype != BTYPE_JUMP || !(c->s.sctlr & (c->s.el ? SCTLR_BT1 : SCTLR_BT0));
    if (first == op_bti_j) return btype != BTYPE_CALL;
    return first == op_bti_jc;
}

// A BRK comes before the check, and tells the BTYPE that it was come to with (AArch64.TakeException): it is left to the loop.
static inline bool lands(const struct arm64_cpu *c, op_fn *first) {
    return likely(!MAY_BE_GUARDED(c)) ? first != arm64_op_brk : takes(c, first);
}

OP(arm64_dispatch_typed) {
    u64 pc = CPU_PC(c);
    const struct jump_entry *j = jump_slot(&c->v, pc);
    if (likely(j->pc == pc && j->key == c->jump_key)) {
        struct block *b = j->block;
        if (likely(c->left >= b->cost) && likely(lands(c, b->u->fn))) {
            c->left -= b->cost;
            c->s.btype = 0;
            ENTER_BLOCK(b, pc);
            [[clang::musttail]] return b->enter(c, b->u);
        }
        if (b->cost != BLOCK_DROPPED) block_stay(&c->v, b, 0, pc);
    }
    EXIT(pc);
}

void arm64_arrive(struct arm64_cpu *c, const struct block *b) {
    op_fn *first = b->u->fn;
    if (first == arm64_op_brk || c->s.il) return; // these come first
    if (MAY_BE_GUARDED(c) && !takes(c, first)) {
        c->cur = b->u;
        if (vcpu_guarded(&c->v, c->s.pc, c->fetch_key)) arm64_raise(c, EC_BTI, c->s.btype);
        c->cur = NULL;
    }
    c->s.btype = 0;
}

// ---- branches, where there is something to tell

SOP(op_br) {
    unsigned btype = arm64_btype_of_br(c, u);
    JUMP_AS(btype, arm64_target(c, XN));
}
SOP(op_blr) { // Rn may be X30
    u64 to = arm64_target(c, XN);
    c->s.x[30] = NEXT_PC;
    JUMP_AS(BTYPE_CALL, to);
}

// ---- rows

#define HINT(number, op2, fn) {"hint", "1101010100 0 00 011 0010 0100 " op2 " 11111", number, .op = fn, .feature = FEAT_BTI}

static const struct arm64_insn rows[] = {
    HINT("#34", "010", op_bti_c),
    HINT("#36", "100", op_bti_j),
    HINT("#38", "110", op_bti_jc),
    {"br", "1101011 0 0 00 11111 0000 0 0 Rn 00000", "Xn", .op = op_br, .flags = ARM64_ENDS, .feature = FEAT_BTI},
    {"blr", "1101011 0 0 01 11111 0000 0 0 Rn 00000", "Xn", .op = op_blr, .flags = ARM64_ENDS, .feature = FEAT_BTI},
};
ARM64_TABLE(bti);
