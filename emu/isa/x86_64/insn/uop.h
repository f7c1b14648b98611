// SPDX-License-Identifier: MIT
// What an x86 uop holds, and what its handlers are made of beside the words of cpu/uop.h.
//
//   a      ModRM.reg: register number (with REX.R), or byte offset into gpr[] for an 8-bit general register
//   b      ModRM.rm when a register (mod = 3), or the register in the opcode byte: same encoding
//   base   index into gpr[] (16: none, 17: RIP-relative), index the same (16: none); disp of a RIP-relative operand is
//          relative to the block's start
//   imm    sign-extended as the manual says; far pointers: selector << 32 | offset
//   mem    MEM_*
#ifndef X86_UOP_H
#define X86_UOP_H

#include "isa/x86_64/cpu.h"

#define CPU struct x86_cpu
#define CPU_FN(name) x86_##name
#define CPU_PC(c) ((c)->s.rip)
#define CPU_BASE(c) ((c)->s.gpr[17])
#include "cpu/uop.h"

// uop.mem: scale in bits 0..1, segment in 2..4, address size in 5..6, and whether the short path must not be taken.
enum { MEM_SEG_SHIFT = 2, MEM_ADDR16 = 1 << 5, MEM_ADDR32 = 1 << 6, MEM_SLOW = 1 << 7 };
#define MEM_SEG(u) ((u)->mem >> MEM_SEG_SHIFT & 7)
// VEX rows have no immediate of more than 8 bits: VEX.vvvv, not inverted, lies above it.
enum { VEX_V_SHIFT = 8 };
#define VEX_V(u) ((unsigned)((u)->imm >> VEX_V_SHIFT & 15))

// RIP of this instruction and of the one after it (not yet cut to the operand size).
#define THIS_RIP THIS_PC
#define NEXT_RIP NEXT_PC
#define RAISE(vector, error)                                                                                                     \
    do {                                                                                                                         \
        c->cur = u;                                                                                                              \
        x86_raise(c, vector, error);                                                                                             \
    } while (0)

// JUMP_LINKED's two links: 0 goes on behind the instruction or to a target that was checked; 1 branches, and a target outside the code
// segment or the canonical range is a fault of the instruction at u, which has committed nothing. That is found out on the way
// that misses: no block was ever remembered at such a place.
op_fn x86_dispatch, x86_dispatch_link0, x86_dispatch_link1, x86_block_end, x86_exit_end, x86_part_end,
    x86_point; // cpu/dispatch.h
#define x86_link0_missed x86_dispatch_link0
op_fn x86_link1_missed; // x86_dispatch_link1, once the target is known to be good
op_fn op_ud, op_gp0;    // raise #UD, #GP(0)
op_fn op_mark;          // a mark (cpu/mark.h): imm is which, base the register with its value

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
