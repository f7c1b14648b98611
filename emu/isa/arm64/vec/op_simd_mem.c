// SPDX-License-Identifier: MIT
// Advanced SIMD load and store of structures (C4.1.94): of whole registers, of one lane of each, and of one structure to all lanes. All of
// an instruction's memory is one access: what faults, faults before any register has changed.
//
// u->mem: the lane's width, a power of two bytes; u->imm: the lane, or for whole registers their bytes; u->disp: what is added to the base.
#include "isa/arm64/insn.h"
#include "isa/arm64/memop.h"

enum { REGISTERS = 4, MOST_BYTES = REGISTERS * 16 };
#define LANE_BYTES (1u << u->mem)

static union arm64_v *list(struct arm64_cpu *c, const struct uop *u, unsigned i) { return &c->s.v[(u->a + i) & 31]; }

// ---- whole registers: `n` of them, structures of `n` lanes or (LD1) of one

static void load_list(struct arm64_cpu *c, const struct uop *u, unsigned n, unsigned lanes) {
    u8 memory[MOST_BYTES];
    unsigned bytes = (unsigned)u->imm, w = LANE_BYTES;
    arm64_load(c, u, XN, memory, n * bytes, w);
    for (unsigned r = 0; r < n; r++) {
        union arm64_v v = {.q = 0};
        if (lanes == 1) memcpy(&v, memory + r * bytes, bytes);
        else
            for (unsigned at = 0; at < bytes; at += w) memcpy(v.b + at, memory + at * n + r * w, w);
        *list(c, u, r) = v;
    }
}
static void store_list(struct arm64_cpu *c, const struct uop *u, unsigned n, unsigned lanes) {
    u8 memory[MOST_BYTES];
    unsigned bytes = (unsigned)u->imm, w = LANE_BYTES;
    for (unsigned r = 0; r < n; r++) {
        union arm64_v v = *list(c, u, r);
        if (lanes == 1) memcpy(memory + r * bytes, &v, bytes);
        else
            for (unsigned at = 0; at < bytes; at += w) memcpy(memory + at * n + r * w, v.b + at, w);
    }
    arm64_store(c, u, XN, memory, n * bytes, w);
}

// ---- a lane of each of `n` registers

static void load_lanes(struct arm64_cpu *c, const struct uop *u, unsigned n, unsigned) {
    u8 memory[MOST_BYTES];
    arm64_load(c, u, XN, memory, n * LANE_BYTES, LANE_BYTES);
    for (unsigned r = 0; r < n; r++) memcpy(list(c, u, r)->b + u->imm * LANE_BYTES, memory + r * LANE_BYTES, LANE_BYTES);
}
static void store_lanes(struct arm64_cpu *c, const struct uop *u, unsigned n, unsigned) {
    u8 memory[MOST_BYTES];
    for (unsigned r = 0; r < n; r++) memcpy(memory + r * LANE_BYTES, list(c, u, r)->b + u->imm * LANE_BYTES, LANE_BYTES);
    arm64_store(c, u, XN, memory, n * LANE_BYTES, LANE_BYTES);
}
static void load_all(struct arm64_cpu *c, const struct uop *u, unsigned n, unsigned) {
    u8 memory[MOST_BYTES];
    unsigned bytes = (unsigned)u->imm, w = LANE_BYTES;
    arm64_load(c, u, XN, memory, n * w, w);
    for (unsigned r = 0; r < n; r++) {
        union arm64_v v = {.q = 0};
        for (unsigned at = 0; at < bytes; at += w) memcpy(v.b + at, memory + r * w, w);
        *list(c, u, r) = v;
    }
}

#define STRUCTURES(fn, how, n, lanes)                                                                                            \
    SLOW_OP(fn) {                                                                                                                \
        how(c, u, n, lanes);                                                                                                     \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    SLOW_OP(fn##_post) {                                                                                                         \
        how(c, u, n, lanes);                                                                                                     \
        XN += (u64)u->disp + XM;                                                                                                 \
        DONE;                                                                                                                    \
    }
#define BOTH_WAYS(suffix, how, n, lanes)                                                                                         \
    STRUCTURES(op_ld##suffix, load_##how, n, lanes)                                                                              \
    STRUCTURES(op_st##suffix, store_##how, n, lanes)
BOTH_WAYS(1x1, list, 1, 1)
BOTH_WAYS(1x2, list, 2, 1)
BOTH_WAYS(1x3, list, 3, 1)
BOTH_WAYS(1x4, list, 4, 1)
BOTH_WAYS(2, list, 2, 2)
BOTH_WAYS(3, list, 3, 3)
BOTH_WAYS(4, list, 4, 4)
BOTH_WAYS(1_lane, lanes, 1, 1)
BOTH_WAYS(2_lane, lanes, 2, 2)
BOTH_WAYS(3_lane, lanes, 3, 3)
BOTH_WAYS(4_lane, lanes, 4, 4)
STRUCTURES(op_ld1r, load_all, 1, 1)
STRUCTURES(op_ld2r, load_all, 2, 2)
STRUCTURES(op_ld3r, load_all, 3, 3)
STRUCTURES(op_ld4r, load_all, 4, 4)

// The commonest, LD1 and ST1 of one whole register.
MEM_OP(op_ld1_q) {
    gva_t a = XN;
    LOAD_E(128, v, a, LANE_BYTES);
    VD.q = v;
    DONE;
}
MEM_OP(op_st1_q) {
    gva_t a = XN;
    STORE_E(128, VD.q, a, LANE_BYTES);
    DONE;
}

// ---- rows

#define R(name_, bits_, post_bits, word, word_post, fn)                                                                          \
    {name_, bits_, word ", [Xn|SP]", .op = fn, .flags = ARM64_FP | ARM64_T_READ}, {                                              \
        name_, post_bits, word ", [Xn|SP], " word_post, .op = fn##_post, .flags = ARM64_FP | ARM64_T_READ                        \
    }
#define LISTS(digit, opcode, n, suffix)                                                                                          \
    R("st" digit, "0 Q 0011000 0 000000 " opcode " size Rn Rt", "0 Q 0011001 0 0 Rm " opcode " size Rn Rt", "list" digit "x" n,  \
      "post" n, op_st##suffix),                                                                                                  \
        R("ld" digit, "0 Q 0011000 1 000000 " opcode " size Rn Rt", "0 Q 0011001 1 0 Rm " opcode " size Rn Rt",                  \
          "list" digit "x" n, "post" n, op_ld##suffix)
#define LANE(name_, L_, R_, tail, n, width, fn)                                                                                  \
    R(name_, "0 Q 0011010 " L_ " " R_ " 00000 " tail " Rn Rt", "0 Q 0011011 " L_ " " R_ " Rm " tail " Rn Rt",                    \
      "lane" n "x" width, "after" n "x" width, fn)
// The lane's number is Q:S:size, as much of it as the width leaves.
#define LANES(name_, L_, R_, high, n, fn)                                                                                        \
    LANE(name_, L_, R_, "00" high " S size", n, "8", fn), LANE(name_, L_, R_, "01" high " S size<1> 0", n, "16", fn),            \
        LANE(name_, L_, R_, "10" high " S 00", n, "32", fn), LANE(name_, L_, R_, "10" high " 0 01", n, "64", fn)
#define TO_ALL(name_, R_, opcode, n, fn)                                                                                         \
    R(name_, "0 Q 0011010 1 " R_ " 00000 " opcode " 0 size Rn Rt", "0 Q 0011011 1 " R_ " Rm " opcode " 0 size Rn Rt",            \
      "list1x" n, "all" n, fn)

static const struct arm64_insn rows[] = {
    {"st1", "0 1 0011000 0 000000 0111 size Rn Rt", "q1x1, [Xn|SP]", ARM64_MEM(op_st1_q), .flags = ARM64_FP | ARM64_T_READ},
    {"ld1", "0 1 0011000 1 000000 0111 size Rn Rt", "q1x1, [Xn|SP]", ARM64_MEM(op_ld1_q), .flags = ARM64_FP | ARM64_T_READ},
    LISTS("1", "0111", "1", 1x1),
    LISTS("1", "1010", "2", 1x2),
    LISTS("1", "0110", "3", 1x3),
    LISTS("1", "0010", "4", 1x4),
    LISTS("2", "1000", "2", 2),
    LISTS("3", "0100", "3", 3),
    LISTS("4", "0000", "4", 4),
    LANES("st1", "0", "0", "0", "1", op_st1_lane),
    LANES("ld1", "1", "0", "0", "1", op_ld1_lane),
    LANES("st2", "0", "1", "0", "2", op_st2_lane),
    LANES("ld2", "1", "1", "0", "2", op_ld2_lane),
    LANES("st3", "0", "0", "1", "3", op_st3_lane),
    LANES("ld3", "1", "0", "1", "3", op_ld3_lane),
    LANES("st4", "0", "1", "1", "4", op_st4_lane),
    LANES("ld4", "1", "1", "1", "4", op_ld4_lane),
    TO_ALL("ld1r", "0", "110", "1", op_ld1r),
    TO_ALL("ld2r", "1", "110", "2", op_ld2r),
    TO_ALL("ld3r", "0", "111", "3", op_ld3r),
    TO_ALL("ld4r", "1", "111", "4", op_ld4r),
};
ARM64_TABLE(simd_mem);
