// SPDX-License-Identifier: MIT
// The words of emu/cpu/uop.h for RISC-V's handlers, and the operands by name.
#ifndef RV_UOP_H
#define RV_UOP_H

#include "isa/riscv64/cpu.h"

#define CPU struct rv_cpu
#define CPU_FN(name) rv_##name
#define CPU_PC(c) ((c)->s.pc)
#define CPU_BASE(c) ((c)->s.x[RV_BASE])
#include "cpu/uop.h"

// Behind x0..x31: what is written to x0, and the PC of the running block's first byte.
enum { RV_SINK = 32, RV_BASE = 33 };

op_fn rv_dispatch, rv_dispatch_link0, rv_dispatch_link1, rv_block_end, rv_exit_end, rv_part_end, rv_point; // run.c
op_fn rv_op_mark;    // a mark (cpu/mark.h): imm is which, base the register with its value
op_fn rv_op_illegal; // raises the illegal-instruction exception; u->imm is the instruction's word

// No target is misaligned where there are 16-bit instructions, and a target without memory faults at the target.
#define rv_link0_missed rv_dispatch_link0
#define rv_link1_missed rv_dispatch_link1

#define RAISE(cause, tval)                                                                                                       \
    do {                                                                                                                         \
        c->cur = u;                                                                                                              \
        rv_raise(c, cause, tval);                                                                                                \
    } while (0)

// Operands. x[0] is never written, so it reads 0.
#define RS1 (c->s.x[u->base])
#define RS2 (c->s.x[u->b])
#define SET_RD(v) (c->s.x[u->a] = (u64)(v))
#define IMM ((u64)u->imm)
#define SEXT32(v) ((u64)(i64)(i32)(v)) // how 32-bit results are written
// The instruction's 16 or 32 bits, in rows without a memory operand.
#define WORD ((u64)u->disp)

#endif
