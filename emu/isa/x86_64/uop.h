// SPDX-License-Identifier: MIT
// A decoded instruction and the three words that hide dispatch: OP, NEXT, JUMP (and EXIT, the slow sister of JUMP).
//
// A handler gets the CPU and its uop, does one instruction and hands on with a tail call; nothing is on the stack between
// handlers. So it may leave by x86_raise (a longjmp) at any point, under the one rule that makes every fault
// restartable: compute, then access memory, then commit registers.
#ifndef X86_UOP_H
#define X86_UOP_H

#include "isa/x86_64/cpu.h"

#define PRESERVE_NONE __attribute__((preserve_none))
typedef PRESERVE_NONE void op_fn(struct x86_cpu *c, const struct uop *u);

struct uop {
    op_fn *fn;
    i64 imm;     // immediate, sign-extended as the manual says; far pointers: selector << 32 | offset
    i64 disp;    // displacement; RIP-relative: already relative to the block's start
    u8 a;        // ModRM.reg: register number (with REX.R), or byte offset into gpr[] for an 8-bit general register
    u8 b;        // ModRM.rm when a register (mod = 3), or the register in the opcode byte: same encoding
    u8 base;     // memory operand: index into gpr[] (16: none, 17: RIP-relative)
    u8 index;    //                 (16: none)
    u8 mem;      // MEM_*
    u8 n;        // instructions of the block before this one
    u16 off;     // offset of this instruction's first byte in the block; the next uop's off is where RIP goes on
};
_Static_assert(sizeof(struct uop) == 32, "two uops fill a cache line");

// uop.mem: scale in bits 0..1, segment in 2..4, address size in 5..6, and whether the short path must not be taken.
enum { MEM_SEG_SHIFT = 2, MEM_ADDR16 = 1 << 5, MEM_ADDR32 = 1 << 6, MEM_SLOW = 1 << 7 };
#define MEM_SEG(u) ((u)->mem >> MEM_SEG_SHIFT & 7)
// VEX rows have no immediate of more than 8 bits: VEX.vvvv, not inverted, lies above it.
enum { VEX_V_SHIFT = 8 };
#define VEX_V(u) ((unsigned)((u)->imm >> VEX_V_SHIFT & 15))

#define BLOCK_DROPPED 0x7fffffffu

struct block;
// Where a branch of the block went last time: good while `key` is the CPU's jump key, and for this target only. One block may be
// entered at several RIPs, since a page may be mapped at several addresses, and its branches lead elsewhere from each.
struct block_link {
    u64 key, rip;
    struct block *to;
};

// One decoded block: instructions that follow each other on one page; the last may run over its end.
struct block {
    u32 cost;             // = n; BLOCK_DROPPED once the code has changed, which no slice can pay
    u16 n;                // instructions
    u16 bytes;            // code bytes covered
    struct block_link link[2];
    const u8 *host;       // of the first byte
    const u8 *host_next;  // of the next page's first byte when the code runs over the page's end, else NULL
    gpa_t gpa;            // of the first byte
    u64 mode;             // MODE_* it was decoded for
    struct block *hash_next, *page_next;
    struct block *owner;  // a stand-in on the second page of a block that runs over the end, or a part of a block: that block
    struct uop u[];       // n uops and a terminator when the last does not leave by itself
};

#define OP(name) PRESERVE_NONE void name(struct x86_cpu *c, const struct uop *u)
#define SOP(name) static PRESERVE_NONE void name(struct x86_cpu *c, const struct uop *u)
// Goes on with the next instruction of the block.
#define NEXT                                                                                       \
    do {                                                                                           \
        [[clang::musttail]] return u[1].fn(c, u + 1);                                              \
    } while (0)
#define ENTER_BLOCK(b, rip) (c->s.gpr[17] = (rip), c->trail[c->trail_at++] = (rip), c->block = (b))
// Goes on at another RIP: only in rows marked ENDS.
#define JUMP(target)                                                                               \
    do {                                                                                           \
        c->s.rip = (target);                                                                       \
        [[clang::musttail]] return x86_dispatch(c, u);                                             \
    } while (0)
// Like JUMP for a target that is always the same from here: remembers the block. `which` tells two of them apart, and what they
// are: 0 goes on behind the instruction or to a target that was checked; 1 branches, and a target outside the code segment or the
// canonical range is a fault of the instruction at u, which has committed nothing. That is found out on the way that misses: no
// block was ever remembered at such a place.
#define JUMP_LINKED(target, which) JUMP_LINKED_OR(target, which, x86_link##which##_missed)
#define JUMP_LINKED_OR(target, which, missed)                                                      \
    do {                                                                                           \
        u64 rip_ = (target);                                                                       \
        const struct block_link *link_ = &c->block->link[which];                                   \
        struct block *to_ = link_->to;                                                             \
        c->s.rip = rip_;                                                                           \
        if (likely(link_->key == c->jump_key && link_->rip == rip_ && c->left >= to_->cost)) {     \
            c->left -= to_->cost;                                                                  \
            ENTER_BLOCK(to_, rip_);                                                                \
            [[clang::musttail]] return to_->u[0].fn(c, to_->u);                                    \
        }                                                                                          \
        [[clang::musttail]] return missed(c, u);                                                   \
    } while (0)
// Like JUMP, but returns to the loop in run.c first, which looks for interrupts, mode changes, the end of the slice:
// after anything that may have changed IF, TPR, CRs, MSRs, segments, or touched a device. Only in rows marked ENDS.
#define EXIT(target)                                                                               \
    do {                                                                                           \
        c->s.rip = (target);                                                                       \
        c->cur = NULL;                                                                             \
        return;                                                                                    \
    } while (0)
// RIP of this instruction and of the one after it (not yet cut to the operand size).
#define THIS_RIP (c->s.gpr[17] + u->off)
#define NEXT_RIP (c->s.gpr[17] + u[1].off)
// Before calling anything outside the handler that may raise; mem.h's operand accessors do it themselves.
#define SYNC (c->cur = u)
#define RAISE(vector, error)                                                                       \
    do {                                                                                           \
        c->cur = u;                                                                                \
        x86_raise(c, vector, error);                                                               \
    } while (0)

op_fn x86_dispatch; // finds the block at s.rip and goes there, or returns to run.c
op_fn x86_dispatch_link0, x86_dispatch_link1; // the same, and remember it in the running block's link
op_fn x86_part_end; // the terminator of block_part's blocks
#define x86_link0_missed x86_dispatch_link0
op_fn x86_link1_missed; // x86_dispatch_link1, once the target is known to be good
op_fn op_ud, op_gp0; // raise #UD, #GP(0)

// 8-bit general registers are addressed by byte offset (AH is 1, RCX's low byte 8, ...).
#define REG8(r) (((u8 *)c->s.gpr)[r])
#define REG16(r) (*(u16 *)&c->s.gpr[r])
#define REG32(r) ((u32)c->s.gpr[r])
#define REG64(r) (c->s.gpr[r])
#define SET8(r, v) (REG8(r) = (u8)(v))
#define SET16(r, v) (REG16(r) = (u16)(v))
#define SET32(r, v) (c->s.gpr[r] = (u32)(v)) // clears the upper half (vol. 1, 3.4.1.1)
#define SET64(r, v) (c->s.gpr[r] = (v))

#endif
