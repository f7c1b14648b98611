// SPDX-License-Identifier: MIT
// A decoded instruction, and the macros that handlers are written in: OP, NEXT, JUMP, and EXIT, which is JUMP by way of the loop.
//
// A handler gets the CPU and its uop, executes one instruction and tail-calls the next handler, so nothing is on the stack between
// handlers. It may raise (a longjmp) at any point, under the one rule that makes every fault restartable: compute, then access memory,
// then commit registers.
//
// A room of an ISA says first what its processor is, in its own uop.h, and includes this file behind it:
//
//   CPU           struct NAME_cpu, what its handlers get; it has a struct vcpu in it, whose fields are its own (vcpu.h)
//   CPU_FN(name)  the name of what dispatch.h defines for it: NAME_##name
//   CPU_PC(c)     the program counter: exact at block boundaries only
//   CPU_BASE(c)   address of the running block's first byte. It lies among the registers, so that PC-relative operands are ordinary ones.
//
// Code of no ISA only stores pointers to handlers. To call one it uses isa->enter.
#ifndef CPU_UOP_H
#define CPU_UOP_H

#include "cpu/vcpu.h"

#ifndef CPU
#define CPU struct any_cpu
struct any_cpu;
#endif

#define PRESERVE_NONE __attribute__((preserve_none))
typedef PRESERVE_NONE void op_fn(CPU *c, const struct uop *u);

// What the operand fields hold is the ISA's own business, but this is how they are used: registers are indices (or byte
// offsets) into its register file.
struct uop {
    op_fn *fn;
    i64 imm;  // immediate
    i64 disp; // displacement of a memory operand
    u8 a;     // the register that is written (x86: ModRM.reg)
    u8 b;     // another (x86: ModRM.rm when a register)
    u8 base;  // memory operand: base register
    u8 index; //                 index register
    u8 mem;   // how the memory operand is reached
    u8 n;     // instructions of the block before this one
    u16 off;  // offset of this instruction's first byte in the block; the next uop's off is where the PC goes on
};
_Static_assert(sizeof(struct uop) == 32, "two uops fill a cache line");

#define BLOCK_DROPPED 0x7fffffffu
#define BLOCK_UNPAYABLE ((u64)1 << 62) // more than any slice has

struct block;
// Where a branch of the block went last time. It is valid while `key` is the CPU's jump key, and only for the target `pc`: a page may be
// mapped at several addresses, so the same block runs at several PCs, and its branches have another target at each.
//
// LINK_NEAR in place of a key: all of the target lies on the block's own page, where the same branch leads to the same bytes whatever the page's
// address is. Control that stays on a page asks no translation again, so that a run does not depend on what links and code are kept.
struct block_link {
    u64 key, pc;
    struct block *to;
};
#define LINK_NEAR (~(u64)1)

// One decoded block: instructions that follow each other on one page; the last may run over its end.
struct block {
    op_fn *enter;    // runs it from its first instruction, with u: that one's handler, or the translator's way in (translate/)
    void *code;      // its translation, entered from translated code alone; NULL: none
    u64 pay;         // what its translation costs who enters it (translate/code.h); BLOCK_UNPAYABLE: there is none
    u32 cost;        // = n; BLOCK_DROPPED once the code has changed, which no slice can pay
    u16 n;           // instructions
    u16 bytes;       // code bytes covered
    u16 skip;        // of a part: bytes of its whole before it
    bool exits;      // its last instruction accesses a device: the terminator leaves for the loop
    bool ends;       // its last instruction's row is marked ENDS: it may leave by itself
    bool point;      // it begins where something may be measured: `enter` asks
    bool near;       // links to its own page may be LINK_NEAR
    bool flags_dead; // translated: writes all flags before anything could see those that it was entered with
    u16 heat;        // how often it was entered while it had no translation
    struct block_link link[2];
    const u8 *host;      // of the first byte
    const u8 *host_next; // of the next page's first byte when the code runs over the page's end, else NULL
    gpa_t gpa;           // of the first byte
    u64 mode;            // the CPU's mode that it was decoded for
    struct block *hash_next, *page_next;
    struct code_edge *edges;  // of translations, that lead here
    struct code_edge *way[2]; // of translations, that follow its links: one that leads somewhere is as the link says
    struct block *translated_next;
    // Of its translation, which may take something for granted: when it was left last because that was not so, how often in short time, and
    // that it does no longer.
    u64 left_at;
    u8 left_often;
    bool plain;
    bool translated;     // a translation has been made of it, alone or in another's trace: it is in the translator's list
    struct block *owner; // a stand-in on the second page of a block that runs over the end, or a part of a block: that block
    struct uop u[];      // n uops and a terminator when the last does not leave by itself
};

#define OP(name) PRESERVE_NONE void name(CPU *c, const struct uop *u)
#define SOP(name) static PRESERVE_NONE void name(CPU *c, const struct uop *u)
// Goes on with the next instruction of the block.
#define NEXT                                                                                                                     \
    do { [[clang::musttail]] return u[1].fn(c, u + 1); } while (0)
// Only the last uop of a block may leave it (a row marked ENDS, or the terminator): the slice has paid for all of the block, and what
// comes after would never run. Test flavours check this, also in a block of a single instruction, where nobody has paid for more.
#if defined(HOSTILE) || __has_feature(address_sanitizer)
#define LEAVES                                                                                                                   \
    do {                                                                                                                         \
        if (c->block && u->n < c->block->n && (u->n + 1 < c->block->n || !c->block->ends)) vcpu_left_midway(&c->v, u);           \
    } while (0)
#else
#define LEAVES (void)0
#endif
#define ENTER_BLOCK(b, pc) (CPU_BASE(c) = (pc), c->trail[c->trail_at++] = (pc), c->block = (b))
// Goes on at another PC: only in rows marked ENDS.
#define JUMP(target)                                                                                                             \
    do {                                                                                                                         \
        CPU_PC(c) = (target);                                                                                                    \
        LEAVES;                                                                                                                  \
        [[clang::musttail]] return CPU_FN(dispatch)(c, u);                                                                       \
    } while (0)
// Like JUMP for a constant target: the block remembers the target's block in link[which]. Where that is not valid, `missed` looks the
// target up, with the PC already set, and writes the link if the target can be executed.
#define JUMP_LINKED_OR(target, which, missed)                                                                                    \
    do {                                                                                                                         \
        u64 pc_ = (target);                                                                                                      \
        LEAVES;                                                                                                                  \
        const struct block_link *link_ = &c->block->link[which];                                                                 \
        struct block *to_ = link_->to;                                                                                           \
        CPU_PC(c) = pc_;                                                                                                         \
        bool good_ = likely(link_->key == c->jump_key) ? link_->pc == pc_ : link_->key == LINK_NEAR;                             \
        if (likely(good_ && c->left >= to_->cost)) {                                                                             \
            c->left -= to_->cost;                                                                                                \
            ENTER_BLOCK(to_, pc_);                                                                                               \
            [[clang::musttail]] return to_->enter(c, to_->u);                                                                    \
        }                                                                                                                        \
        [[clang::musttail]] return missed(c, u);                                                                                 \
    } while (0)
#define JUMP_LINKED(target, which) JUMP_LINKED_OR(target, which, CPU_FN(link##which##_missed))
// Like JUMP, but returns to the loop in run.c first, which looks for interrupts, mode changes, the end of the slice:
// after anything that may have changed one of these, or touched a device. Only in rows marked ENDS.
#define EXIT(target)                                                                                                             \
    do {                                                                                                                         \
        CPU_PC(c) = (target);                                                                                                    \
        LEAVES;                                                                                                                  \
        c->cur = NULL;                                                                                                           \
        return;                                                                                                                  \
    } while (0)
// PC of this instruction and of the one after it.
#define THIS_PC (CPU_BASE(c) + u->off)
#define NEXT_PC (CPU_BASE(c) + u[1].off)
// Before calling anything outside the handler that may raise; the memory accessors do it themselves.
#define SYNC (c->cur = u)

#endif
