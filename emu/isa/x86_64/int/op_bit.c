// SPDX-License-Identifier: MIT
// Bit tests and scans, BSWAP, POPCNT, RDRAND and RDSEED.
#include "base/splitmix.h"
#include "isa/x86_64/insn/ops.h"

#define KEEP(N) r = x
#define SET_(N) r = (u##N)(x | bit)
#define RESET(N) r = (u##N)(x & ~bit)
#define FLIP(N) r = (u##N)(x ^ bit)

// With a register as bit offset, memory is a bit string: the offset reaches beyond the operand (vol. 2A, BT).
#define BIT_STRING(N) bit_string_offset(c, u, ((i64)(i##N)REG##N(u->a) >> (N == 64 ? 6 : N == 32 ? 5 : 4)) * (N / 8))
static u64 bit_string_offset(const struct x86_cpu *c, const struct uop *u, i64 bytes) {
    u64 a = x86_offset(c, u) + (u64)bytes;
    return u->mem & MEM_ADDR32 ? (u32)a : u->mem & MEM_ADDR16 ? (u16)a : a;
}

#define BIT_OP(N, name, CHANGE)                                                                                                  \
    SOP(name##_g_r##N) {                                                                                                         \
        unsigned n = REG##N(u->a) & (N - 1);                                                                                     \
        u##N x = REG##N(u->b), bit = (u##N)((u##N)1 << n), r;                                                                    \
        CHANGE(N);                                                                                                               \
        SET##N(u->b, r);                                                                                                         \
        c->s.cf = x >> n & 1;                                                                                                    \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##_i_r##N) {                                                                                                         \
        unsigned n = u->imm & (N - 1);                                                                                           \
        u##N x = REG##N(u->b), bit = (u##N)((u##N)1 << n), r;                                                                    \
        CHANGE(N);                                                                                                               \
        SET##N(u->b, r);                                                                                                         \
        c->s.cf = x >> n & 1;                                                                                                    \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(name##_i_m##N) {                                                                                                      \
        unsigned n = u->imm & (N - 1);                                                                                           \
        RMW_READ(N);                                                                                                             \
        u##N bit = (u##N)((u##N)1 << n), r;                                                                                      \
        CHANGE(N);                                                                                                               \
        RMW_WRITE(N, r);                                                                                                         \
        c->s.cf = x >> n & 1;                                                                                                    \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##_g_m##N) {                                                                                                         \
        unsigned n = REG##N(u->a) & (N - 1);                                                                                     \
        SYNC;                                                                                                                    \
        gva_t a = x86_linear(c, MEM_SEG(u), BIT_STRING(N), N / 8, ACCESS_WRITE);                                                 \
        u8 *p = tlb_write(c, a, N / 8);                                                                                          \
        u##N x = p ? (u##N)ld_width(p, N / 8) : (u##N)x86_rmw_load(c, u, a, N / 8);                                              \
        u##N bit = (u##N)((u##N)1 << n), r;                                                                                      \
        CHANGE(N);                                                                                                               \
        if (p) st_width(p, N / 8, r);                                                                                            \
        else x86_store_slow(c, u, MEM_SEG(u), a, r, N / 8);                                                                      \
        c->s.cf = x >> n & 1;                                                                                                    \
        NEXT;                                                                                                                    \
    }

// As BIT_OP's string form, reading only.
#define BT_STRING(N, _)                                                                                                          \
    SOP(bt_g_m##N) {                                                                                                             \
        SYNC;                                                                                                                    \
        gva_t a = x86_linear(c, MEM_SEG(u), BIT_STRING(N), N / 8, ACCESS_READ);                                                  \
        c->s.cf = load##N(c, u, MEM_SEG(u), a) >> (REG##N(u->a) & (N - 1)) & 1;                                                  \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(bt_g_r##N) {                                                                                                             \
        c->s.cf = REG##N(u->b) >> (REG##N(u->a) & (N - 1)) & 1;                                                                  \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(bt_i_r##N) {                                                                                                             \
        c->s.cf = REG##N(u->b) >> (u->imm & (N - 1)) & 1;                                                                        \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(bt_i_m##N) {                                                                                                          \
        LOAD_E(N, x);                                                                                                            \
        c->s.cf = x >> (u->imm & (N - 1)) & 1;                                                                                   \
        DONE;                                                                                                                    \
    }
FOR_SIZES_V(BT_STRING, )
FOR_SIZES_V(BIT_OP, bts, SET_)
FOR_SIZES_V(BIT_OP, btr, RESET)
FOR_SIZES_V(BIT_OP, btc, FLIP)
#define BIT_OPS(name) const struct ops name##_g_ops = {LIST_V(name##_g_r), LIST_V(name##_g_m)}, name##_i_ops = OPS_V(name##_i);
BIT_OPS(bt)
BIT_OPS(bts)
BIT_OPS(btr)
BIT_OPS(btc)

// A source of 0 leaves the destination as it was (documented by AMD, done by Intel).
#define SCAN(N, name, FOUND)                                                                                                     \
    static inline u64 name##_of##N(u##N x) { return FOUND; }                                                                     \
    SOP(name##_r##N) {                                                                                                           \
        u##N x = REG##N(u->b);                                                                                                   \
        if (x) SET##N(u->a, (u##N)name##_of##N(x));                                                                              \
        c->s.z = x;                                                                                                              \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(name##_m##N) {                                                                                                        \
        LOAD_E(N, x);                                                                                                            \
        if (x) SET##N(u->a, (u##N)name##_of##N(x));                                                                              \
        c->s.z = x;                                                                                                              \
        DONE;                                                                                                                    \
    }
FOR_SIZES_V(SCAN, bsf, (u64)__builtin_ctzll(x))
FOR_SIZES_V(SCAN, bsr, 63 - (u64)__builtin_clzll(x))
const struct ops bsf_ops = OPS_V(bsf), bsr_ops = OPS_V(bsr);

#define POPCNT(N, _)                                                                                                             \
    SOP(popcnt_r##N) {                                                                                                           \
        u##N r = (u##N)__builtin_popcountll(REG##N(u->b));                                                                       \
        SET##N(u->a, r);                                                                                                         \
        FLAGS_LOGIC(N, r);                                                                                                       \
        c->s.sp = 1;                                                                                                             \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(popcnt_m##N) {                                                                                                        \
        LOAD_E(N, x);                                                                                                            \
        u##N r = (u##N)__builtin_popcountll(x);                                                                                  \
        SET##N(u->a, r);                                                                                                         \
        FLAGS_LOGIC(N, r);                                                                                                       \
        c->s.sp = 1;                                                                                                             \
        DONE;                                                                                                                    \
    }
FOR_SIZES_V(POPCNT, )
const struct ops popcnt_ops = OPS_V(popcnt);

// The 16-bit form is undefined; silicon gives 0.
SOP(bswap16) {
    SET16(u->b, 0);
    NEXT;
}
SOP(bswap32) {
    SET32(u->b, __builtin_bswap32(REG32(u->b)));
    NEXT;
}
SOP(bswap64) {
    SET64(u->b, __builtin_bswap64(REG64(u->b)));
    NEXT;
}
const struct ops bswap_ops = {.r = {0, bswap16, bswap32, bswap64}};

// The same numbers in every run with the same seed; CF always says success.
#define RANDOM(N, name, which)                                                                                                   \
    SOP(name##_r##N) {                                                                                                           \
        SET##N(u->b, (u##N)splitmix64(&c->s.rng[which]));                                                                        \
        x86_set_arith(c, FL_CF);                                                                                                 \
        NEXT;                                                                                                                    \
    }
FOR_SIZES_V(RANDOM, rdrand, 0)
FOR_SIZES_V(RANDOM, rdseed, 1)
const struct ops rdrand_ops = {.r = LIST_V(rdrand_r)}, rdseed_ops = {.r = LIST_V(rdseed_r)};

// ---- rows
// clang-format off
#define BIT_ROWS(op, digit, name, fam, lock)                                                       \
    {MAP_0F, op, PFX_ANY, 0, name, {o_Ev, o_Gv}, &fam##_g_ops, .flags = lock | NOFAULT | OWN_MEMORY, BIT_FLAGS}, \
    {MAP_0F, 0xba, PFX_ANY, EXT(digit), name, {o_Ev, o_Ib}, &fam##_i_ops, .flags = lock | NOFAULT, BIT_FLAGS}
#define BIT_FLAGS .lazy = LAZY_CARRY, .writes = FL_CF, .undefined = FL_ARITH & ~(FL_CF | FL_ZF)

static const struct insn rows[] = {
    BIT_ROWS(0xa3, 4, "bt", bt, READS_ONLY),
    BIT_ROWS(0xab, 5, "bts", bts, LOCK),
    BIT_ROWS(0xb3, 6, "btr", btr, LOCK),
    BIT_ROWS(0xbb, 7, "btc", btc, LOCK),
    {MAP_0F, 0xb8, PFX_F3, 0, "popcnt", {o_Gv, o_Ev}, &popcnt_ops, .feature = F_POPCNT, .flags = NOFAULT, .writes = FL_ARITH},
    {MAP_0F, 0xbc, PFX_ANY, 0, "bsf", {o_Gv, o_Ev}, &bsf_ops, .flags = OWN | MAYBE | NOFAULT, .writes = FL_ZF, .undefined = FL_ARITH & ~FL_ZF},
    {MAP_0F, 0xbd, PFX_ANY, 0, "bsr", {o_Gv, o_Ev}, &bsr_ops, .flags = OWN | MAYBE | NOFAULT, .writes = FL_ZF, .undefined = FL_ARITH & ~FL_ZF},
    {MAP_0F, 0xc8, PFX_ANY, 0, "bswap", {o_Zv}, &bswap_ops, .flags = NOFAULT},
    {MAP_0F, 0xc7, PFX_NFX, EXT(6) | REGONLY, "rdrand", {o_Rv}, &rdrand_ops, .feature = F_RDRAND, .writes = FL_ARITH},
    {MAP_0F, 0xc7, PFX_NFX, EXT(7) | REGONLY, "rdseed", {o_Rv}, &rdseed_ops, .feature = F_RDSEED, .writes = FL_ARITH},
};
// clang-format on
X86_TABLE(bit);
