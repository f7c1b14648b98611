// SPDX-License-Identifier: MIT
// An assembler for the host: x86-64, 64-bit mode (SDM vol. 2, chapter 2). A translator of any instruction set writes its code with it.
//
// An instruction is an operation word (ASM_*), an operand size, a register for ModRM.reg and a register or memory for ModRM.rm; the
// assembler chooses prefixes, REX, ModRM, SIB and the displacement's length. Bytes go to code memory's writable mapping, and nothing is
// written past its end: `full` is set instead, and what was emitted must then be thrown away.
#ifndef TRANSLATE_ASM_H
#define TRANSLATE_ASM_H

#include "base/types.h"

// General registers by their number in encodings.
enum {
    H_RAX,
    H_RCX,
    H_RDX,
    H_RBX,
    H_RSP,
    H_RBP,
    H_RSI,
    H_RDI,
    H_R8,
    H_R9,
    H_R10,
    H_R11,
    H_R12,
    H_R13,
    H_R14,
    H_R15,
    H_RIP = 254, // as a base alone
    H_NONE = 255
};

struct asm_out {
    u8 *at, *end;
    u8 *insn;    // the instruction that is being emitted
    i64 to_exec; // executable address - writable address of the same byte
    bool full;
};

// An operation word: opcode in bits 0..7, then:
enum {
    ASM_0F = 1 << 8, // the opcode's map
    ASM_0F38 = 2 << 8,
    ASM_0F3A = 3 << 8,
    ASM_66 = 1 << 10, // mandatory prefixes
    ASM_F3 = 1 << 11,
    ASM_F2 = 1 << 12,
    ASM_BYTE_REG = 1 << 13, // ModRM.reg is an 8-bit register: SPL..DIL need a REX
    ASM_BYTE_RM = 1 << 14,  // so is ModRM.rm
    ASM_W = 1 << 15,        // REX.W
    ASM_16 = 1 << 16,       // 66h for a 16-bit operand
    ASM_L = 1 << 17,        // VEX.L
};

// Memory: base + (index << scale) + disp. base H_NONE: index alone, or an absolute 32-bit address.
struct asm_mem {
    u8 base, index, scale;
    i32 disp;
};
#define MEM_AT(base_, disp_) ((struct asm_mem){(base_), H_NONE, 0, (i32)(disp_)})
#define MEM_INDEXED(base_, index_, disp_) ((struct asm_mem){(base_), (index_), 0, (i32)(disp_)})

static inline void *asm_exec(const struct asm_out *o, const u8 *written) { return (void *)(written + o->to_exec); }
// Memory at an executable address no farther than 2 GiB, as an operand of the next instruction, which must have no immediate.
static inline struct asm_mem asm_rip(const struct asm_out *o, hva_t exec) {
    return MEM_AT(H_RIP, exec - (hva_t)asm_exec(o, o->at));
}

void asm_byte(struct asm_out *o, unsigned b);
void asm_u32(struct asm_out *o, u32 v);
void asm_u64(struct asm_out *o, u64 v);
void asm_rr(struct asm_out *o, u32 op, unsigned reg, unsigned rm);
void asm_rm(struct asm_out *o, u32 op, unsigned reg, struct asm_mem m);
// The same with a VEX prefix (2.3.5): `v` is VEX.vvvv (0 when there is none), ASM_L a 256-bit operation. The map must not be that of plain
// one-byte opcodes.
void asm_vex_rr(struct asm_out *o, u32 op, unsigned reg, unsigned v, unsigned rm);
void asm_vex_rm(struct asm_out *o, u32 op, unsigned reg, unsigned v, struct asm_mem m);
// The opcode holds the register (B8+r, 0F C8+r).
void asm_opcode_reg(struct asm_out *o, u32 op, unsigned reg);
// An immediate of 1, 2 or 4 bytes behind an instruction.
void asm_imm(struct asm_out *o, i64 v, unsigned bytes);

// ---- the few that every translator needs
void asm_mov_imm(struct asm_out *o, unsigned reg, u64 v); // the shortest form; flags stay
static inline void asm_load64(struct asm_out *o, unsigned reg, struct asm_mem m) { asm_rm(o, 0x8b | ASM_W, reg, m); }
static inline void asm_store64(struct asm_out *o, unsigned reg, struct asm_mem m) { asm_rm(o, 0x89 | ASM_W, reg, m); }
static inline void asm_mov64(struct asm_out *o, unsigned to, unsigned from) { asm_rr(o, 0x8b | ASM_W, to, from); }
static inline void asm_lea(struct asm_out *o, unsigned to, struct asm_mem m) { asm_rm(o, 0x8d | ASM_W, to, m); }
// op: 0 add, 1 or, 2 adc, 3 sbb, 4 and, 5 sub, 6 xor, 7 cmp.
void asm_alu_imm(struct asm_out *o, unsigned op, unsigned reg, i32 imm);
void asm_alu_mem_imm(struct asm_out *o, unsigned op, struct asm_mem m, i32 imm); // 64-bit memory

// ---- jumps. A forward jump's 32-bit distance is filled in by asm_here.
u8 *asm_jmp(struct asm_out *o);              // the place of the distance
u8 *asm_jcc(struct asm_out *o, unsigned cc); // condition code as in Jcc
void asm_here(struct asm_out *o, u8 *distance);
void asm_jmp_to(struct asm_out *o, const void *exec);
void asm_jcc_to(struct asm_out *o, unsigned cc, const void *exec);
// Makes the jump whose distance is at `distance` (writable mapping) lead to an executable address.
void asm_retarget(u8 *distance, i64 to_exec, const void *exec);

#endif
