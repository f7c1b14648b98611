// SPDX-License-Identifier: MIT
// What the instructions of op_sys.c ask of csr.c and trap.c. c->cur is set; nothing here raises, and nothing has changed where the answer
// is that the instruction is illegal.
#ifndef RV_SYS_H
#define RV_SYS_H

#include "isa/riscv64/cpu.h"

enum rv_csr_op {
    RV_CSR_READ,  // `operand` has no meaning, and nothing is written
    RV_CSR_WRITE, // nothing is read: no side effects of reading
    RV_CSR_SWAP,  // read, then written
    RV_CSR_SET,
    RV_CSR_CLEAR, // read, then written with the operand's bits set or cleared, even if there are none
};
enum rv_csr_next {
    RV_CSR_ILLEGAL, // no such register, or not at this privilege, or it cannot be written
    RV_CSR_GO,      // the next instruction
    RV_CSR_LOOK,    // the same, once the loop has looked for interrupts and for another mode
};
enum rv_csr_next rv_csr(struct rv_cpu *c, unsigned csr, enum rv_csr_op op, u64 operand, u64 *old);

// Behind an instruction that changes what the hart is: this shows at the next instruction, and only what may have let an interrupt through,
// or set a timer, needs the loop.
static inline bool rv_goes_on(const struct rv_cpu *c) {
    return !rv_interrupted(c) && clock_next(c->clock) >= c->slice_end && !c->pmp_fine;
}

// SRET (from RV_S) and MRET (from RV_M): privilege and c->s.pc are as they were before the trap. False: illegal here.
bool rv_return(struct rv_cpu *c, unsigned from);
// WFI: the processor waits. False: illegal here.
bool rv_wait(struct rv_cpu *c);
// SFENCE.VMA: forgets translations of one address (at), in one address space (asid); NULL: of all. False: illegal here.
bool rv_fence_vma(struct rv_cpu *c, const gva_t *at, const u64 *asid);

#endif
