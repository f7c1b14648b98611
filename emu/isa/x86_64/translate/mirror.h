// SPDX-License-Identifier: MIT
// What mirror*.c share: one instruction on its way, which is re-emitted with its operands renamed.
//
//   mirror.c         operands, and instructions on registers
//   mirror_memory.c  those with memory
//   mirror_flags.c   what is known of the flags behind them
#ifndef X86_MIRROR_H
#define X86_MIRROR_H

#include "isa/x86_64/translate/translate.h"

// An operand on its way.
struct place {
    bool there, memory;
    u8 width;  // bits
    u8 guest;  // register number
    bool high; // AH, CH, DH, BH: of the guest's register 0 to 3
};

struct operands {
    struct place e, g; // ModRM.rm or the opcode's register; ModRM.reg
    unsigned imm_bytes;
    bool e_first, opcode_reg;
};

// What has to be known of the flags behind the instruction.
struct plan {
    u8 lazy;    // LAZY_DEAD: nothing
    bool carry; // CF is captured
    bool load;  // a memory operand has to pass through T0, because flags follow from its value
};

// ---- mirror.c
// Emits the operation with E where `e` says: in memory at m, or in a register; G in `g`.
void mirror_emit(struct tx *x, const struct decoded *d, const struct operands *o, bool e_memory, unsigned e, struct asm_mem m,
                 unsigned g);

// ---- mirror_memory.c
// The instruction with its memory operand. False: its handler has to do it.
bool mirror_memory(struct tx *x, unsigned i, const struct operands *o, const struct plan *p);
// The byte of a register, in another one; flags stay.
void mirror_copy_byte(struct tx *x, const struct place *p, unsigned to);

// ---- mirror_flags.c
// False: these flags cannot be told here, and the handler has to compute them.
bool mirror_plan(const struct tx *x, unsigned i, const struct operands *o, struct plan *p);
// These flags go over what is known of others, ...
static inline bool goes_over(u8 lazy) { return lazy == LAZY_CARRY || lazy == LAZY_ROL || lazy == LAZY_ROR; }
// ... which before such an instruction are in the state, or it is known how they follow, and not from CF.
void mirror_settle_under(struct tx *x);
// Flags that can be told of AH, CH, DH and BH.
bool mirror_byte_follows(u8 lazy);
// CF stays as it was before an INC or DEC, and goes to the state where these leave it.
void mirror_carry_before(struct tx *x);
// y of an instruction that overwrites it: ADD RAX, RAX.
bool mirror_overwrites_y(const struct operands *o, const struct plan *p);
// Behind the instruction: how flags follow from it.
void mirror_flags(struct tx *x, unsigned i, const struct operands *o, const struct plan *p);

#endif
