// SPDX-License-Identifier: MIT
// Zicsr, Zifencei, fences, and the privileged instructions. What they mean for the processor's state is in csr.c and trap.c; a row
// leaves by EXIT where the loop has to look around afterwards (privilege, interrupt enables, address space).
#include "cpu/measure.h"
#include "isa/riscv64/insn.h"
#include "isa/riscv64/sys.h"

#define ILLEGAL RAISE(RV_ILLEGAL_INSTRUCTION, WORD)

// ---- CSRs
// The number is in the word's bits 31..20. `operand`: rs1, or the immediate that stands in its place.
#define CSR_OP(name, how, operand)                                                                                               \
    SOP(op_##name) {                                                                                                             \
        u64 old = 0;                                                                                                             \
        SYNC;                                                                                                                    \
        enum rv_csr_next next = rv_csr(c, (unsigned)(WORD >> 20), how, operand, &old);                                           \
        if (unlikely(next == RV_CSR_ILLEGAL)) ILLEGAL;                                                                           \
        SET_RD(old);                                                                                                             \
        if (next == RV_CSR_LOOK) EXIT(NEXT_PC);                                                                                  \
        JUMP_LINKED(NEXT_PC, 0);                                                                                                 \
    }
// Nothing is read where the result would go to x0 (table 6.1), and nothing is written where the bits to set or clear are those of x0 or of
// an immediate 0: not even a register that cannot be written.
#define IF_READ (u->a == RV_SINK ? RV_CSR_WRITE : RV_CSR_SWAP)
CSR_OP(csrrw, IF_READ, RS1)
CSR_OP(csrrs, u->base ? RV_CSR_SET : RV_CSR_READ, RS1)
CSR_OP(csrrc, u->base ? RV_CSR_CLEAR : RV_CSR_READ, RS1)
CSR_OP(csrrwi, IF_READ, IMM)
CSR_OP(csrrsi, u->imm ? RV_CSR_SET : RV_CSR_READ, IMM)
CSR_OP(csrrci, u->imm ? RV_CSR_CLEAR : RV_CSR_READ, IMM)

// ---- fences. One hart, whose memory and devices are always in order.
SOP(op_nothing) { NEXT; }
// Code that was written is noticed at the write; what is still to come of this block may have been.
SOP(op_fence_i) { JUMP(NEXT_PC); }

OP(rv_op_mark) {
    if (unlikely(c->measure != NULL)) measure_mark(&c->v, mark_of_imm((u32)u->imm), THIS_PC, RS1);
    EXIT(NEXT_PC);
}

// ---- traps and returns
SOP(op_ecall) { RAISE(RV_ECALL_U + c->s.priv, 0); }
SOP(op_ebreak) { RAISE(RV_BREAKPOINT, THIS_PC); }
#define RETURN(name, from)                                                                                                       \
    SOP(op_##name) {                                                                                                             \
        SYNC;                                                                                                                    \
        if (!rv_return(c, from)) ILLEGAL;                                                                                        \
        vcpu_returned(&c->v);                                                                                                    \
        if (!rv_goes_on(c)) EXIT(c->s.pc);                                                                                       \
        JUMP(c->s.pc);                                                                                                           \
    }
RETURN(sret, RV_S)
RETURN(mret, RV_M)
SOP(op_wfi) {
    SYNC;
    if (!rv_wait(c)) ILLEGAL;
    EXIT(NEXT_PC);
}

// ---- address translation. The registers' numbers say whether there is an address and a space: x0 means all of them.
#define FENCE_VMA(name)                                                                                                          \
    SOP(op_##name) {                                                                                                             \
        gva_t at = RS1;                                                                                                          \
        u64 asid = RS2;                                                                                                          \
        SYNC;                                                                                                                    \
        if (!rv_fence_vma(c, u->base ? &at : NULL, u->b ? &asid : NULL)) ILLEGAL;                                                \
        EXIT(NEXT_PC);                                                                                                           \
    }
FENCE_VMA(sfence_vma)
// Svinval: invalidations happen at once, so the fences around them have nothing to order, but are S-mode's alone.
#define INVAL_FENCE(name)                                                                                                        \
    SOP(op_##name) {                                                                                                             \
        if (c->s.priv == RV_U) ILLEGAL;                                                                                          \
        NEXT;                                                                                                                    \
    }
INVAL_FENCE(inval_fence)

static const struct rv_insn rows[] = {
    {"csrrw", "csr rs1 001 rd 1110011", "rd, csr, rs1", op_csrrw, .ext = EXT_ZICSR, .flags = RV_ENDS},
    {"csrrs", "csr rs1 010 rd 1110011", "rd, csr, rs1", op_csrrs, .ext = EXT_ZICSR, .flags = RV_ENDS},
    {"csrrc", "csr rs1 011 rd 1110011", "rd, csr, rs1", op_csrrc, .ext = EXT_ZICSR, .flags = RV_ENDS},
    {"csrrwi", "csr zimm[4:0] 101 rd 1110011", "rd, csr, imm", op_csrrwi, .ext = EXT_ZICSR, .flags = RV_ENDS},
    {"csrrsi", "csr zimm[4:0] 110 rd 1110011", "rd, csr, imm", op_csrrsi, .ext = EXT_ZICSR, .flags = RV_ENDS},
    {"csrrci", "csr zimm[4:0] 111 rd 1110011", "rd, csr, imm", op_csrrci, .ext = EXT_ZICSR, .flags = RV_ENDS},

    // A fence's unused fields, and modes that mean nothing, are ignored (2.7); pause is one with an empty successor set.
    {"pause", "0000 0001 0000 00000 000 00000 0001111", "", op_nothing, .ext = EXT_ZIHINTPAUSE},
    {"fence.tso", "1000 0011 0011 rs1 000 rd 0001111", "", op_nothing, .ext = EXT_I},
    {"fence", "fm pred succ rs1 000 rd 0001111", "pred, succ", op_nothing, .ext = EXT_I},
    {"fence.i", "imm[11:0] rs1 001 rd 0001111", "", op_fence_i, .ext = EXT_ZIFENCEI, .flags = RV_ENDS},

    {"ecall", "000000000000 00000 000 00000 1110011", "", op_ecall, .ext = EXT_I, .flags = RV_ENDS},
    {"ebreak", "000000000001 00000 000 00000 1110011", "", op_ebreak, .ext = EXT_I, .flags = RV_ENDS},
    {"sret", "0001000 00010 00000 000 00000 1110011", "", op_sret, .ext = EXT_I, .flags = RV_ENDS},
    {"mret", "0011000 00010 00000 000 00000 1110011", "", op_mret, .ext = EXT_I, .flags = RV_ENDS},
    {"wfi", "0001000 00101 00000 000 00000 1110011", "", op_wfi, .ext = EXT_I, .flags = RV_ENDS},
    {"sfence.vma", "0001001 rs2 rs1 000 00000 1110011", "rs1, rs2", op_sfence_vma, .ext = EXT_I, .flags = RV_ENDS},
    {"sinval.vma", "0001011 rs2 rs1 000 00000 1110011", "rs1, rs2", op_sfence_vma, .ext = EXT_SVINVAL, .flags = RV_ENDS},
    {"sfence.w.inval", "0001100 00000 00000 000 00000 1110011", "", op_inval_fence, .ext = EXT_SVINVAL},
    {"sfence.inval.ir", "0001100 00001 00000 000 00000 1110011", "", op_inval_fence, .ext = EXT_SVINVAL},
};
RV_TABLE(sys);
