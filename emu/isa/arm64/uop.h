// SPDX-License-Identifier: MIT
// The words of emu/cpu/uop.h for Arm's handlers, and the operands by name.
#ifndef ARM64_UOP_H
#define ARM64_UOP_H

#include "isa/arm64/cpu.h"

#define CPU struct arm64_cpu
#define CPU_FN(name) arm64_##name
#define CPU_PC(c) ((c)->s.pc)
#define CPU_BASE(c) ((c)->s.x[ARM64_BASE])
#include "cpu/uop.h"

// Behind X0..X30: ZR as it is read, what is written to it, SP, and the PC of the running block's first byte.
enum { ARM64_ZR = 31, ARM64_SINK = 32, ARM64_SP = 33, ARM64_BASE = 34 };

op_fn arm64_dispatch, arm64_dispatch_link0, arm64_dispatch_link1, arm64_block_end, arm64_exit_end, arm64_part_end,
    arm64_point;     // run.c
op_fn arm64_op_mark; // a mark (cpu/mark.h): imm is which, base the register with its value
op_fn arm64_op_undefined, arm64_op_fp_trapped;
op_fn arm64_op_brk, arm64_op_paciasp, arm64_op_pacibsp; // what BTYPE has to do with

#define arm64_link0_missed arm64_dispatch_link0
#define arm64_link1_missed arm64_dispatch_link1

#define UNDEFINED                                                                                                                \
    do {                                                                                                                         \
        SYNC;                                                                                                                    \
        arm64_undefined(c);                                                                                                      \
    } while (0)

// Operands, by the letter that the Arm ARM gives them (insn.h says which field is where in a uop). ZR is never written, so it reads 0.
#define XN (c->s.x[u->base])
#define XM (c->s.x[u->b])
#define XA (c->s.x[u->index])
#define XT (c->s.x[u->a]) // of stores
#define XT2 (c->s.x[u->index])
#define XS (c->s.x[u->b])
#define WN ((u32)XN)
#define WM ((u32)XM)
#define WA ((u32)XA)
#define IMM ((u64)u->imm)
#define SET_X(value) (c->s.x[u->a] = (u64)(value))
#define SET_W(value) (c->s.x[u->a] = (u32)(value)) // the upper half is 0

// SIMD&FP registers.
#define VD (c->s.v[u->a])
#define VN (c->s.v[u->base])
#define VM (c->s.v[u->b])
#define VA (c->s.v[u->index])

#define SET_NZCV(nzcv) arm64_set_nzcv(&c->s, nzcv)

#endif
