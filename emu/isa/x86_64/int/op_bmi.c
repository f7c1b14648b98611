// SPDX-License-Identifier: MIT
// The scalar extensions: MOVBE, ADX, LZCNT and TZCNT (vol. 2; the VEX encoded rest of BMI1 and BMI2 stands below them).
//
// A meaning is a macro NAME_do(N): it reads x, the register or memory source of N bits, and commits.
#include "isa/x86_64/insn/ops.h"

#define SOURCE_OP(N, name)                                                                                                       \
    SOP(name##_r##N) {                                                                                                           \
        u##N x = REG##N(u->b);                                                                                                   \
        name##_do(N);                                                                                                            \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(name##_m##N) {                                                                                                        \
        LOAD_E(N, x);                                                                                                            \
        name##_do(N);                                                                                                            \
        DONE;                                                                                                                    \
    }
#define LIST_Y(f) {0, 0, f##32, f##64}
#define MEM_LIST_Y(f) {0, 0, f##32, f##64, 0, 0, f##32_x, f##64_x, 0, 0, f##32_b, f##64_b}
#define OPS_Y(name) {LIST_Y(name##_r), MEM_LIST_Y(name##_m)}
#define FOR_SIZES_Y(M, ...) M(32, __VA_ARGS__) M(64, __VA_ARGS__)

// ---- counts of zeros. CF: the source is zero. OF SF PF AF are undefined; here SF and PF follow the result.
#define COUNT_DO(N, count)                                                                                                       \
    u##N r = (u##N)(x ? (count) : N);                                                                                            \
    SET##N(u->a, r);                                                                                                             \
    FLAGS_LOGIC(N, r);                                                                                                           \
    c->s.cf = !x
#define lzcnt_do(N) COUNT_DO(N, __builtin_clzll(x) - (64 - N))
#define tzcnt_do(N) COUNT_DO(N, __builtin_ctzll(x))
FOR_SIZES_V(SOURCE_OP, lzcnt)
FOR_SIZES_V(SOURCE_OP, tzcnt)
const struct ops lzcnt_ops = OPS_V(lzcnt), tzcnt_ops = OPS_V(tzcnt);

// ---- MOVBE: memory only
#define MOVBE(N, _)                                                                                                              \
    MEM_OP(movbe_load_m##N) {                                                                                                    \
        LOAD_E(N, x);                                                                                                            \
        SET##N(u->a, __builtin_bswap##N(x));                                                                                     \
        DONE;                                                                                                                    \
    }                                                                                                                            \
    MEM_OP(movbe_store_m##N) {                                                                                                   \
        STORE_E(N, __builtin_bswap##N(REG##N(u->a)));                                                                            \
        DONE;                                                                                                                    \
    }
FOR_SIZES_V(MOVBE, )
const struct ops movbe_load_ops = {.m = MEM_LIST_V(movbe_load_m)}, movbe_store_ops = {.m = MEM_LIST_V(movbe_store_m)};

// ---- ADX: two chains of carries, one through CF and one through OF; no other flag is touched
#define ADD_CARRY(N, flag)                                                                                                       \
    u##N r;                                                                                                                      \
    bool carry = __builtin_add_overflow(REG##N(u->a), x, &r);                                                                    \
    carry |= __builtin_add_overflow(r, (u##N)c->s.flag, &r);                                                                     \
    SET##N(u->a, r);                                                                                                             \
    c->s.flag = carry
#define adcx_do(N) ADD_CARRY(N, cf)
#define adox_do(N) ADD_CARRY(N, of)
FOR_SIZES_Y(SOURCE_OP, adcx)
FOR_SIZES_Y(SOURCE_OP, adox)
const struct ops adcx_ops = OPS_Y(adcx), adox_ops = OPS_Y(adox);

// ---- BMI1 and BMI2 behind VEX: 32 or 64 bits, three operands; `v` is the register in VEX.vvvv. AF and PF are undefined where
// flags are written at all: here AF is 0 and PF follows the result.
#define VEX_OP(name)                                                                                                             \
    FOR_SIZES_Y(SOURCE_OP, name)                                                                                                 \
    const struct ops name##_ops = OPS_Y(name);
#define V(N) REG##N(VEX_V(u))
#define SET_V(N, value) SET##N(VEX_V(u), value)

#define andn_do(N)                                                                                                               \
    u##N r = ~V(N) & x;                                                                                                          \
    SET##N(u->a, r);                                                                                                             \
    FLAGS_LOGIC(N, r)
VEX_OP(andn)

// The lowest set bit: alone; with all below it, alone; taken away. CF: there was one (BLSI), there was none.
#define blsi_do(N)                                                                                                               \
    u##N r = x & (0 - x);                                                                                                        \
    SET_V(N, r);                                                                                                                 \
    FLAGS_LOGIC(N, r);                                                                                                           \
    c->s.cf = !!x
#define blsmsk_do(N)                                                                                                             \
    u##N r = x ^ (x - 1);                                                                                                        \
    SET_V(N, r);                                                                                                                 \
    FLAGS_LOGIC(N, r);                                                                                                           \
    c->s.cf = !x
#define blsr_do(N)                                                                                                               \
    u##N r = x & (x - 1);                                                                                                        \
    SET_V(N, r);                                                                                                                 \
    FLAGS_LOGIC(N, r);                                                                                                           \
    c->s.cf = !x
VEX_OP(blsi)
VEX_OP(blsmsk)
VEX_OP(blsr)

// The low n bits of x, all of them when there are no more.
static inline u64 low_bits(u64 x, unsigned n) { return n < 64 ? x & (BIT(n) - 1) : x; }

// BEXTR's control: 15..8 length | 7..0 start.
#define bextr_do(N)                                                                                                              \
    unsigned control = (u16)V(N), start = control & 0xff;                                                                        \
    u##N r = start < N ? (u##N)low_bits(x >> start, control >> 8) : 0;                                                           \
    SET##N(u->a, r);                                                                                                             \
    FLAGS_LOGIC(N, r)
// CF: there are no bits to be zeroed.
#define bzhi_do(N)                                                                                                               \
    unsigned n = (u8)V(N);                                                                                                       \
    u##N r = (u##N)low_bits(x, n);                                                                                               \
    SET##N(u->a, r);                                                                                                             \
    FLAGS_LOGIC(N, r);                                                                                                           \
    c->s.cf = n >= N
VEX_OP(bextr)
VEX_OP(bzhi)

// ---- no flags from here on

// Deposits: the low bits of v go where x has ones, in order. Extraction is the way back.
static inline u64 deposit(u64 v, u64 to) {
    u64 r = 0;
    for (; to; to &= to - 1, v >>= 1)
        if (v & 1) r |= to & (0 - to);
    return r;
}
static inline u64 extract(u64 v, u64 from) {
    u64 r = 0;
    for (unsigned i = 0; from; from &= from - 1, i++)
        if (v & from & (0 - from)) r |= BIT(i);
    return r;
}
#define pdep_do(N) SET##N(u->a, deposit(V(N), x))
#define pext_do(N) SET##N(u->a, extract(V(N), x))
VEX_OP(pdep)
VEX_OP(pext)

// Upper half to ModRM.reg, lower to VEX.vvvv: of one register for both the upper half stays.
#define mulx_do(N)                                                                                                               \
    u128 p = (u128)REG##N(RDX) * x;                                                                                              \
    SET_V(N, (u##N)p);                                                                                                           \
    SET##N(u->a, (u##N)(p >> N))
VEX_OP(mulx)

#define rorx_do(N)                                                                                                               \
    unsigned n = u->imm & (N - 1);                                                                                               \
    SET##N(u->a, (u##N)(x >> n | x << (-n & (N - 1))))
#define sarx_do(N) SET##N(u->a, (u##N)((i##N)x >> (V(N) & (N - 1))))
#define shlx_do(N) SET##N(u->a, (u##N)(x << (V(N) & (N - 1))))
#define shrx_do(N) SET##N(u->a, (u##N)(x >> (V(N) & (N - 1))))
VEX_OP(rorx)
VEX_OP(sarx)
VEX_OP(shlx)
VEX_OP(shrx)

// ---- rows
// clang-format off
static const struct insn rows[] = {
    // F3 0F BC and BD stand before BSF and BSR, which they are where the model lacks them: this table before op_bit.c's.
    {MAP_0F, 0xbc, PFX_F3, 0, "tzcnt", {o_Gv, o_Ev}, &tzcnt_ops, .feature = F_BMI1, .flags = NOFAULT, .lazy = LAZY_COUNTED, .writes = FL_CF | FL_ZF, .undefined = FL_ARITH & ~(FL_CF | FL_ZF)},
    {MAP_0F, 0xbd, PFX_F3, 0, "lzcnt", {o_Gv, o_Ev}, &lzcnt_ops, .feature = F_LZCNT, .flags = NOFAULT, .lazy = LAZY_COUNTED, .writes = FL_CF | FL_ZF, .undefined = FL_ARITH & ~(FL_CF | FL_ZF)},
    {MAP_0F38, 0xf0, PFX_NFX, MEMONLY, "movbe", {o_Gv, o_Ev}, &movbe_load_ops, .feature = F_MOVBE, .flags = NOFAULT},
    {MAP_0F38, 0xf1, PFX_NFX, MEMONLY, "movbe", {o_Ev, o_Gv}, &movbe_store_ops, .feature = F_MOVBE, .flags = NOFAULT},
    {MAP_0F38, 0xf6, PFX_66, 0, "adcx", {o_Gy, o_Ey}, &adcx_ops, .feature = F_ADX, .flags = NOFAULT, .lazy = LAZY_CARRY, .reads = FL_CF, .writes = FL_CF},
    {MAP_0F38, 0xf6, PFX_F3, 0, "adox", {o_Gy, o_Ey}, &adox_ops, .feature = F_ADX, .flags = NO_OPSIZE | NOFAULT, .reads = FL_OF, .writes = FL_OF},
    {MAP_V0F38, 0xf2, PFX_NP, 0, "andn", {o_Gy, o_By, o_Ey}, &andn_ops, .feature = F_BMI1, .flags = NOFAULT | VEX_L0 | VEX_BY_W, .lazy = LAZY_LOGIC, .writes = FL_ARITH & ~(FL_AF | FL_PF), .undefined = FL_AF | FL_PF},
    {MAP_V0F38, 0xf3, PFX_NP, EXT(1), "blsr", {o_By, o_Ey}, &blsr_ops, .feature = F_BMI1, .flags = NOFAULT | VEX_L0 | VEX_BY_W, .lazy = LAZY_COUNTED, .writes = FL_ARITH & ~(FL_AF | FL_PF), .undefined = FL_AF | FL_PF},
    {MAP_V0F38, 0xf3, PFX_NP, EXT(2), "blsmsk", {o_By, o_Ey}, &blsmsk_ops, .feature = F_BMI1, .flags = NOFAULT | VEX_L0 | VEX_BY_W, .lazy = LAZY_COUNTED, .writes = FL_ARITH & ~(FL_AF | FL_PF), .undefined = FL_AF | FL_PF},
    {MAP_V0F38, 0xf3, PFX_NP, EXT(3), "blsi", {o_By, o_Ey}, &blsi_ops, .feature = F_BMI1, .flags = NOFAULT | VEX_L0 | VEX_BY_W, .lazy = LAZY_COUNTED, .writes = FL_ARITH & ~(FL_AF | FL_PF), .undefined = FL_AF | FL_PF},
    {MAP_V0F38, 0xf7, PFX_NP, 0, "bextr", {o_Gy, o_Ey, o_By}, &bextr_ops, .feature = F_BMI1, .flags = NOFAULT | VEX_L0 | VEX_BY_W, .lazy = LAZY_LOGIC, .writes = FL_ARITH & ~(FL_AF | FL_PF | FL_SF), .undefined = FL_AF | FL_PF | FL_SF},
    {MAP_V0F38, 0xf5, PFX_NP, 0, "bzhi", {o_Gy, o_Ey, o_By}, &bzhi_ops, .feature = F_BMI2, .flags = NOFAULT | VEX_L0 | VEX_BY_W, .lazy = LAZY_COUNTED, .writes = FL_ARITH & ~(FL_AF | FL_PF), .undefined = FL_AF | FL_PF},
    {MAP_V0F38, 0xf5, PFX_F2, 0, "pdep", {o_Gy, o_By, o_Ey}, &pdep_ops, .feature = F_BMI2, .flags = NOFAULT | VEX_L0 | VEX_BY_W},
    {MAP_V0F38, 0xf5, PFX_F3, 0, "pext", {o_Gy, o_By, o_Ey}, &pext_ops, .feature = F_BMI2, .flags = NOFAULT | VEX_L0 | VEX_BY_W},
    {MAP_V0F38, 0xf6, PFX_F2, 0, "mulx", {o_Gy, o_By, o_Ey}, &mulx_ops, .feature = F_BMI2, .flags = NOFAULT | EXCHANGES | VEX_L0 | VEX_BY_W},
    {MAP_V0F38, 0xf7, PFX_66, 0, "shlx", {o_Gy, o_Ey, o_By}, &shlx_ops, .feature = F_BMI2, .flags = NOFAULT | VEX_L0 | VEX_BY_W},
    {MAP_V0F38, 0xf7, PFX_F3, 0, "sarx", {o_Gy, o_Ey, o_By}, &sarx_ops, .feature = F_BMI2, .flags = NOFAULT | VEX_L0 | VEX_BY_W},
    {MAP_V0F38, 0xf7, PFX_F2, 0, "shrx", {o_Gy, o_Ey, o_By}, &shrx_ops, .feature = F_BMI2, .flags = NOFAULT | VEX_L0 | VEX_BY_W},
    {MAP_V0F3A, 0xf0, PFX_F2, 0, "rorx", {o_Gy, o_Ey, o_Ib}, &rorx_ops, .feature = F_BMI2, .flags = NOFAULT | VEX_L0 | VEX_BY_W | VEX_NV},
};
// clang-format on
X86_TABLE(bmi);
