// SPDX-License-Identifier: MIT
// The scalar extensions: MOVBE, ADX, LZCNT and TZCNT (vol. 2; the VEX encoded rest of BMI1 and BMI2 stands below them).
//
// A meaning is a macro NAME_do(N): it reads x, the register or memory source of N bits, and commits.
#include "isa/x86_64/ops.h"

#define SOURCE_OP(N, name)                                                                         \
    SOP(name##_r##N) {                                                                             \
        u##N x = REG##N(u->b);                                                                     \
        name##_do(N);                                                                              \
        NEXT;                                                                                      \
    }                                                                                              \
    MEM_OP(name##_m##N) {                                                                          \
        LOAD_E(N, x);                                                                              \
        name##_do(N);                                                                              \
        DONE;                                                                                      \
    }
#define LIST_Y(f) {0, 0, f##32, f##64}
#define MEM_LIST_Y(f) {0, 0, f##32, f##64, 0, 0, f##32_x, f##64_x, 0, 0, f##32_b, f##64_b}
#define OPS_Y(name) {LIST_Y(name##_r), MEM_LIST_Y(name##_m)}
#define FOR_SIZES_Y(M, ...) M(32, __VA_ARGS__) M(64, __VA_ARGS__)

// ---- counts of zeros. CF: the source is zero. OF SF PF AF are undefined; here SF and PF follow the result.
#define COUNT_DO(N, count)                                                                         \
    u##N r = (u##N)(x ? (count) : N);                                                              \
    SET##N(u->a, r);                                                                               \
    FLAGS_LOGIC(N, r);                                                                             \
    c->s.cf = !x
#define lzcnt_do(N) COUNT_DO(N, __builtin_clzll(x) - (64 - N))
#define tzcnt_do(N) COUNT_DO(N, __builtin_ctzll(x))
FOR_SIZES_V(SOURCE_OP, lzcnt)
FOR_SIZES_V(SOURCE_OP, tzcnt)
const struct ops lzcnt_ops = OPS_V(lzcnt), tzcnt_ops = OPS_V(tzcnt);

// ---- MOVBE: memory only
#define MOVBE(N, _)                                                                                \
    MEM_OP(movbe_load_m##N) {                                                                      \
        LOAD_E(N, x);                                                                              \
        SET##N(u->a, __builtin_bswap##N(x));                                                       \
        DONE;                                                                                      \
    }                                                                                              \
    MEM_OP(movbe_store_m##N) {                                                                     \
        STORE_E(N, __builtin_bswap##N(REG##N(u->a)));                                              \
        DONE;                                                                                      \
    }
FOR_SIZES_V(MOVBE, )
const struct ops movbe_load_ops = {.m = MEM_LIST_V(movbe_load_m)}, movbe_store_ops = {.m = MEM_LIST_V(movbe_store_m)};

// ---- ADX: two chains of carries, one through CF and one through OF; no other flag is touched
#define ADD_CARRY(N, flag)                                                                         \
    u##N r;                                                                                        \
    bool carry = __builtin_add_overflow(REG##N(u->a), x, &r);                                      \
    carry |= __builtin_add_overflow(r, (u##N)c->s.flag, &r);                                       \
    SET##N(u->a, r);                                                                               \
    c->s.flag = carry
#define adcx_do(N) ADD_CARRY(N, cf)
#define adox_do(N) ADD_CARRY(N, of)
FOR_SIZES_Y(SOURCE_OP, adcx)
FOR_SIZES_Y(SOURCE_OP, adox)
const struct ops adcx_ops = OPS_Y(adcx), adox_ops = OPS_Y(adox);
