// SPDX-License-Identifier: MIT
// What the instructions of RV64I do, for their handlers (op_int.c, op_mem.c, op_branch.c) and for those of pairs (op_fused.c).
#ifndef RV_STEPS_H
#define RV_STEPS_H

#include "isa/riscv64/insn.h"
#include "isa/riscv64/memop.h"

// name, and its result of x, rs1, and y, rs2 or the immediate (unprivileged manual, chapters 2 and 4).
// clang-format off
#define RV_ALL_ALU(X)                                                                              \
    X(lui, IMM)                                                                                    \
    X(auipc, THIS_PC + IMM)                                                                        \
    RV_ALU_I(X, addi, x + y)                                                                       \
    RV_ALU_I(X, slti, (i64)x < (i64)y)                                                             \
    RV_ALU_I(X, sltiu, x < y)                                                                      \
    RV_ALU_I(X, xori, x ^ y)                                                                       \
    RV_ALU_I(X, ori, x | y)                                                                        \
    RV_ALU_I(X, andi, x & y)                                                                       \
    RV_ALU_I(X, slli, x << y)                                                                      \
    RV_ALU_I(X, srli, x >> y)                                                                      \
    RV_ALU_I(X, srai, (i64)x >> y)                                                                 \
    RV_ALU_R(X, add, x + y)                                                                        \
    RV_ALU_R(X, sub, x - y)                                                                        \
    RV_ALU_R(X, sll, x << (y & 63))                                                                \
    RV_ALU_R(X, slt, (i64)x < (i64)y)                                                              \
    RV_ALU_R(X, sltu, x < y)                                                                       \
    RV_ALU_R(X, xor, x ^ y)                                                                        \
    RV_ALU_R(X, srl, x >> (y & 63))                                                                \
    RV_ALU_R(X, sra, (i64)x >> (y & 63))                                                           \
    RV_ALU_R(X, or, x | y)                                                                         \
    RV_ALU_R(X, and, x & y)                                                                        \
    RV_ALU_I(X, addiw, SEXT32(x + y))                                                              \
    RV_ALU_I(X, slliw, SEXT32((u32)x << y))                                                        \
    RV_ALU_I(X, srliw, SEXT32((u32)x >> y))                                                        \
    RV_ALU_I(X, sraiw, (i32)x >> y)                                                                \
    RV_ALU_R(X, addw, SEXT32(x + y))                                                               \
    RV_ALU_R(X, subw, SEXT32(x - y))                                                               \
    RV_ALU_R(X, sllw, SEXT32((u32)x << (y & 31)))                                                  \
    RV_ALU_R(X, srlw, SEXT32((u32)x >> (y & 31)))                                                  \
    RV_ALU_R(X, sraw, (i32)x >> (y & 31))
// clang-format on
#define RV_ALU_I(X, name, result)                                                                                                \
    X(name, ({                                                                                                                   \
          u64 x = RS1, y = IMM;                                                                                                  \
          (u64)(result);                                                                                                         \
      }))
#define RV_ALU_R(X, name, result)                                                                                                \
    X(name, ({                                                                                                                   \
          u64 x = RS1, y = RS2;                                                                                                  \
          (u64)(result);                                                                                                         \
      }))

#define RV_HANDLER(name, result)                                                                                                 \
    FAST_SOP(op_##name) {                                                                                                        \
        SET_RD(result);                                                                                                          \
        NEXT;                                                                                                                    \
    }

// name, bits, and what goes to rd of the bits v.
#define RV_ALL_LOADS(X)                                                                                                          \
    X(lb, 8, (i64)(i8)v)                                                                                                         \
    X(lh, 16, (i64)(i16)v)                                                                                                       \
    X(lw, 32, (i64)(i32)v)                                                                                                       \
    X(ld, 64, v)                                                                                                                 \
    X(lbu, 8, v)                                                                                                                 \
    X(lhu, 16, v)                                                                                                                \
    X(lwu, 32, v)
#define RV_ALL_STORES(X) X(sb, 8) X(sh, 16) X(sw, 32) X(sd, 64)
#define RV_LOAD_HANDLER(name, N, result)                                                                                         \
    BASED_OP(op_##name) {                                                                                                        \
        LOAD_E(N, v);                                                                                                            \
        SET_RD(result);                                                                                                          \
        DONE;                                                                                                                    \
    }
#define RV_STORE_HANDLER(name, N)                                                                                                \
    BASED_OP(op_##name) {                                                                                                        \
        STORE_E(N, RS2);                                                                                                         \
        DONE;                                                                                                                    \
    }

// name, and the statements that leave the block.
#define RV_ALL_JUMPS(X)                                                                                                          \
    RV_BRANCH(X, beq, x == y)                                                                                                    \
    RV_BRANCH(X, bne, x != y)                                                                                                    \
    RV_BRANCH(X, blt, (i64)x < (i64)y)                                                                                           \
    RV_BRANCH(X, bge, (i64)x >= (i64)y)                                                                                          \
    RV_BRANCH(X, bltu, x < y)                                                                                                    \
    RV_BRANCH(X, bgeu, x >= y)                                                                                                   \
    X(jal, {                                                                                                                     \
        SET_RD(NEXT_PC);                                                                                                         \
        JUMP_LINKED(THIS_PC + IMM, 1);                                                                                           \
    })                                                                                                                           \
    X(jalr, { /* rd may be rs1 */                                                                                                \
              u64 target = (RS1 + IMM) & ~(u64)1;                                                                                \
              SET_RD(NEXT_PC);                                                                                                   \
              JUMP(target);                                                                                                      \
    })
#define RV_BRANCH(X, name, condition)                                                                                            \
    X(name, {                                                                                                                    \
        u64 x = RS1, y = RS2;                                                                                                    \
        if (condition) JUMP_LINKED(THIS_PC + IMM, 1);                                                                            \
        JUMP_LINKED(NEXT_PC, 0);                                                                                                 \
    })
#define RV_JUMP_HANDLER(name, ...) FAST_SOP(op_##name) __VA_ARGS__

#endif
