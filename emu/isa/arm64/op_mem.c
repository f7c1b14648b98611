// SPDX-License-Identifier: MIT
// Loads and stores of one register (C4.1.94), general or SIMD&FP.
#include "isa/arm64/insn.h"
#include "isa/arm64/memop.h"

// name, bits, and what becomes of the bits v.
#define LOADS(X)                                                                                                                 \
    X(ldrb, 8, SET_X(v))                                                                                                         \
    X(ldrsb_x, 8, SET_X((i64)(i8)v))                                                                                             \
    X(ldrsb_w, 8, SET_W((i32)(i8)v))                                                                                             \
    X(ldrh, 16, SET_X(v))                                                                                                        \
    X(ldrsh_x, 16, SET_X((i64)(i16)v))                                                                                           \
    X(ldrsh_w, 16, SET_W((i32)(i16)v))                                                                                           \
    X(ldr_w, 32, SET_X(v))                                                                                                       \
    X(ldrsw, 32, SET_X((i64)(i32)v))                                                                                             \
    X(ldr_x, 64, SET_X(v))
#define VECTOR_LOADS(X)                                                                                                          \
    X(ldr_b, 8, VD.q = v) X(ldr_h, 16, VD.q = v) X(ldr_s, 32, VD.q = v) X(ldr_d, 64, VD.q = v) X(ldr_q, 128, VD.q = v)
// name, bits, and the value.
#define STORES(X) X(strb, 8, XT) X(strh, 16, XT) X(str_w, 32, XT) X(str_x, 64, XT)
#define VECTOR_STORES(X) X(str_b, 8, VD.q) X(str_h, 16, VD.q) X(str_s, 32, VD.q) X(str_d, 64, VD.q) X(str_q, 128, VD.q)

#define OFFSET (XN + (u64)u->disp)
#define INDEXED_X (XN + (XM << u->imm))
#define INDEXED_W (XN + ((u->mem & 4 ? (u64)(i32)XM : (u64)(u32)XM) << u->imm))

#define LOAD_FROM(name, N, use, at)                                                                                              \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = at;                                                                                                            \
        LOAD_E(N, v, a, N / 8);                                                                                                  \
        use;                                                                                                                     \
        DONE;                                                                                                                    \
    }
#define STORE_TO(name, N, value, at)                                                                                             \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = at;                                                                                                            \
        STORE_E(N, value, a, N / 8);                                                                                             \
        DONE;                                                                                                                    \
    }
// The base register is written last but for what is loaded, which may go to it as well (then the manual leaves open which stays).
#define LOAD_AND_MOVE(name, N, use, at)                                                                                          \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = at;                                                                                                            \
        LOAD_E(N, v, a, N / 8);                                                                                                  \
        XN += (u64)u->disp;                                                                                                      \
        use;                                                                                                                     \
        DONE;                                                                                                                    \
    }
#define STORE_AND_MOVE(name, N, value, at)                                                                                       \
    MEM_OP(op_##name) {                                                                                                          \
        gva_t a = at;                                                                                                            \
        STORE_E(N, value, a, N / 8);                                                                                             \
        XN += (u64)u->disp;                                                                                                      \
        DONE;                                                                                                                    \
    }
#define LOAD(name, N, use)                                                                                                       \
    LOAD_FROM(name, N, use, OFFSET)                                                                                              \
    LOAD_FROM(name##_by_x, N, use, INDEXED_X)                                                                                    \
    LOAD_FROM(name##_by_w, N, use, INDEXED_W)                                                                                    \
    LOAD_AND_MOVE(name##_post, N, use, XN)                                                                                       \
    LOAD_AND_MOVE(name##_pre, N, use, OFFSET)
#define STORE(name, N, value)                                                                                                    \
    STORE_TO(name, N, value, OFFSET)                                                                                             \
    STORE_TO(name##_by_x, N, value, INDEXED_X)                                                                                   \
    STORE_TO(name##_by_w, N, value, INDEXED_W)                                                                                   \
    STORE_AND_MOVE(name##_post, N, value, XN)                                                                                    \
    STORE_AND_MOVE(name##_pre, N, value, OFFSET)
LOADS(LOAD)
VECTOR_LOADS(LOAD)
STORES(STORE)
VECTOR_STORES(STORE)

#define LITERAL(name, N, use) LOAD_FROM(name##_literal, N, use, THIS_PC + IMM)
LITERAL(ldr_w, 32, SET_X(v))
LITERAL(ldr_x, 64, SET_X(v))
LITERAL(ldrsw, 32, SET_X((i64)(i32)v))
LITERAL(ldr_s, 32, VD.q = v)
LITERAL(ldr_d, 64, VD.q = v)
LITERAL(ldr_q, 128, VD.q = v)

// ---- unprivileged: with the rights of EL0, from EL1 too (but with PSTATE.UAO set)

static const struct tlb_entry *user_slot(struct arm64_cpu *c, gva_t a) {
    return &tlb_counted_table(&c->v, c->user_key)[tlb_slot_of(a)];
}

static void user_load(struct arm64_cpu *c, const struct uop *u, gva_t a, void *to, unsigned size) {
    arm64_before(c, u, a, size, false);
    const struct tlb_entry *e = user_slot(c, a);
    if (likely(tlb_hits(e->read, a, size))) memcpy(to, (const u8 *)(a + e->addend), size);
    else vcpu_read(&c->v, 0, a, to, size, c->user_key);
}
static void user_store(struct arm64_cpu *c, const struct uop *u, gva_t a, const void *from, unsigned size) {
    arm64_before(c, u, a, size, true);
    const struct tlb_entry *e = user_slot(c, a);
    if (likely(tlb_hits(e->write, a, size))) memcpy((u8 *)(a + e->addend), from, size);
    else vcpu_write(&c->v, 0, a, from, size, c->user_key);
}
#define USER_LOAD(name, N, use)                                                                                                  \
    SOP(op_##name##_user) {                                                                                                      \
        u##N v;                                                                                                                  \
        user_load(c, u, OFFSET, &v, N / 8);                                                                                      \
        use;                                                                                                                     \
        NEXT;                                                                                                                    \
    }
#define USER_STORE(name, N, value)                                                                                               \
    SOP(op_##name##_user) {                                                                                                      \
        u##N v = (u##N)(value);                                                                                                  \
        user_store(c, u, OFFSET, &v, N / 8);                                                                                     \
        NEXT;                                                                                                                    \
    }
LOADS(USER_LOAD)
STORES(USER_STORE)

SOP(op_prefetch) { NEXT; }

// ---- rows: the register, then size, V and opc of the encoding, what its offset is counted in, the three names, the handler

#define ADDRESSED(t, size, V, opc, unit, name_, unscaled, fn, flags_)                                                            \
    {name_, size " 111 " V " 01 " opc " imm12 Rn Rt", t ", [Xn|SP^off" unit "]", ARM64_MEM(fn), .flags = flags_},                \
        {unscaled, size " 111 " V " 00 " opc " 0 imm9 00 Rn Rt", t ", [Xn|SP^off9]", ARM64_MEM(fn), .flags = flags_},            \
        {name_, size " 111 " V " 00 " opc " 0 imm9 01 Rn Rt", t ", [Xn|SP], simm9", ARM64_MEM(fn##_post), .flags = flags_},      \
        {name_, size " 111 " V " 00 " opc " 0 imm9 11 Rn Rt", t ", [Xn|SP, simm9]!", ARM64_MEM(fn##_pre), .flags = flags_},      \
        {name_, size " 111 " V " 00 " opc " 1 Rm option S 10 Rn Rt", t ", [Xn|SP, index" unit "]", ARM64_MEM(fn##_by_x),         \
         .flags = flags_},                                                                                                       \
    {                                                                                                                            \
        name_, size " 111 " V " 00 " opc " 1 Rm option S 10 Rn Rt", t ", [Xn|SP, windex" unit "]", ARM64_MEM(fn##_by_w),         \
            .flags = flags_                                                                                                      \
    }
#define GENERAL(t, size, opc, unit, name_, unscaled, user, fn, flags_)                                                           \
    ADDRESSED(t, size, "0", opc, unit, name_, unscaled, fn, flags_), {                                                           \
        user, size " 111 0 00 " opc " 0 imm9 10 Rn Rt", t ", [Xn|SP^off9]", .op = fn##_user, .flags = flags_                     \
    }
#define READ_T ARM64_T_READ
#define VECTOR(t, size, opc, unit, name_, unscaled, fn)                                                                          \
    ADDRESSED(t, size, "1", opc, unit, name_, unscaled, fn, ARM64_FP | ARM64_T_READ)

static const struct arm64_insn rows[] = {
    GENERAL("Wt", "00", "00", "1", "strb", "sturb", "sttrb", op_strb, READ_T),
    GENERAL("Wt", "00", "01", "1", "ldrb", "ldurb", "ldtrb", op_ldrb, 0),
    GENERAL("Xt", "00", "10", "1", "ldrsb", "ldursb", "ldtrsb", op_ldrsb_x, 0),
    GENERAL("Wt", "00", "11", "1", "ldrsb", "ldursb", "ldtrsb", op_ldrsb_w, 0),
    GENERAL("Wt", "01", "00", "2", "strh", "sturh", "sttrh", op_strh, READ_T),
    GENERAL("Wt", "01", "01", "2", "ldrh", "ldurh", "ldtrh", op_ldrh, 0),
    GENERAL("Xt", "01", "10", "2", "ldrsh", "ldursh", "ldtrsh", op_ldrsh_x, 0),
    GENERAL("Wt", "01", "11", "2", "ldrsh", "ldursh", "ldtrsh", op_ldrsh_w, 0),
    GENERAL("Wt", "10", "00", "4", "str", "stur", "sttr", op_str_w, READ_T),
    GENERAL("Wt", "10", "01", "4", "ldr", "ldur", "ldtr", op_ldr_w, 0),
    GENERAL("Xt", "10", "10", "4", "ldrsw", "ldursw", "ldtrsw", op_ldrsw, 0),
    GENERAL("Xt", "11", "00", "8", "str", "stur", "sttr", op_str_x, READ_T),
    GENERAL("Xt", "11", "01", "8", "ldr", "ldur", "ldtr", op_ldr_x, 0),

    VECTOR("Bt", "00", "00", "1", "str", "stur", op_str_b),
    VECTOR("Bt", "00", "01", "1", "ldr", "ldur", op_ldr_b),
    VECTOR("Qt", "00", "10", "16", "str", "stur", op_str_q),
    VECTOR("Qt", "00", "11", "16", "ldr", "ldur", op_ldr_q),
    VECTOR("Ht", "01", "00", "2", "str", "stur", op_str_h),
    VECTOR("Ht", "01", "01", "2", "ldr", "ldur", op_ldr_h),
    VECTOR("St", "10", "00", "4", "str", "stur", op_str_s),
    VECTOR("St", "10", "01", "4", "ldr", "ldur", op_ldr_s),
    VECTOR("Dt", "11", "00", "8", "str", "stur", op_str_d),
    VECTOR("Dt", "11", "01", "8", "ldr", "ldur", op_ldr_d),

    {"ldr", "00 011 0 00 imm19 Rt", "Wt, label19", ARM64_MEM(op_ldr_w_literal)},
    {"ldr", "01 011 0 00 imm19 Rt", "Xt, label19", ARM64_MEM(op_ldr_x_literal)},
    {"ldrsw", "10 011 0 00 imm19 Rt", "Xt, label19", ARM64_MEM(op_ldrsw_literal)},
    {"ldr", "00 011 1 00 imm19 Rt", "St, label19", ARM64_MEM(op_ldr_s_literal), .flags = ARM64_FP},
    {"ldr", "01 011 1 00 imm19 Rt", "Dt, label19", ARM64_MEM(op_ldr_d_literal), .flags = ARM64_FP},
    {"ldr", "10 011 1 00 imm19 Rt", "Qt, label19", ARM64_MEM(op_ldr_q_literal), .flags = ARM64_FP},

    {"prfm", "11 111 0 01 10 imm12 Rn Rt", "prfop, [Xn|SP^off8]", .op = op_prefetch},
    {"prfum", "11 111 0 00 10 0 imm9 00 Rn Rt", "prfop, [Xn|SP^off9]", .op = op_prefetch},
    {"prfm", "11 111 0 00 10 1 Rm option S 10 Rn Rt", "prfop, [Xn|SP, index8]", .op = op_prefetch},
    {"prfm", "11 111 0 00 10 1 Rm option S 10 Rn Rt", "prfop, [Xn|SP, windex8]", .op = op_prefetch},
    {"prfm", "11 011 0 00 imm19 Rt", "prfop, label19", .op = op_prefetch},
};
ARM64_TABLE(mem);
