// SPDX-License-Identifier: MIT
// FMA: VFMADD, VFMSUB, VFNMADD, VFNMSUB, VFMADDSUB, VFMSUBADD (vol. 2C). The arithmetic is emu/fp's, lane by lane.
#include "fp/arith.h"
#include "isa/x86_64/vec/sse_fp.h"

// What multiplies what: 0 the destination, 1 the register in VEX.vvvv, 2 the source; x * y + z.
struct shape {
    u8 x, y, z;
    u8 even, odd; // enum fp_negate of even and odd lanes
};
#define FORM_132 0, 2, 1
#define FORM_213 1, 0, 2
#define FORM_231 1, 2, 0

#define LANES_OF(width, F)                                                                                                       \
    static void lanes##width(struct x86_cpu *c, const struct uop *u, const union xmm *s, unsigned lanes, struct shape h) {       \
        enum { IN_ONE = 128 / width };                                                                                           \
        unsigned v = VEX_V(u);                                                                                                   \
        const union xmm op[3][2] = {{c->s.xmm[u->a], c->s.ymmh[u->a]}, {c->s.xmm[v], c->s.ymmh[v]}, {s[0], s[1]}};               \
        union xmm r[2] = {op[0][0]};                                                                                             \
        struct fp_env e = sse_env(c->s.mxcsr);                                                                                   \
        e.fuses = c->fuses;                                                                                                      \
        u32 before = e.flags;                                                                                                    \
        for (unsigned i = 0; i < lanes; i++) {                                                                                   \
            unsigned half = i / IN_ONE, k = i % IN_ONE;                                                                          \
            r[half].F[k] =                                                                                                       \
                f##width##_mul_add(op[h.x][half].F[k], op[h.y][half].F[k], op[h.z][half].F[k], i & 1 ? h.odd : h.even, &e);      \
        }                                                                                                                        \
        if (e.flags != before) fp_commit(c, u, e.flags);                                                                         \
        c->s.xmm[u->a] = r[0];                                                                                                   \
        c->s.ymmh[u->a] = r[1];                                                                                                  \
    }
LANES_OF(32, d)
LANES_OF(64, q)

#define PACKED(name, width, ...)                                                                                                 \
    static ALWAYS_INLINE void name(struct x86_cpu *c, const struct uop *u, const union xmm *s, bool wide) {                      \
        lanes##width(c, u, s, (wide ? 256 : 128) / width, (struct shape){__VA_ARGS__});                                          \
    }                                                                                                                            \
    VEX_SOURCE(name, name, 16)

// L is ignored. The destination keeps its other lanes.
#define SCALAR(name, width, ...)                                                                                                 \
    SOP(v##name##_r) {                                                                                                           \
        avx_check(c, u);                                                                                                         \
        lanes##width(c, u, &c->s.xmm[u->b], 1, (struct shape){__VA_ARGS__});                                                     \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(v##name##_m) {                                                                                                           \
        avx_check(c, u);                                                                                                         \
        union xmm s[2] = {{.q = {LOAD##width(c, u)}}};                                                                           \
        lanes##width(c, u, s, 1, (struct shape){__VA_ARGS__});                                                                   \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    const struct ops ops_v##name = OPS_RM(v##name##_r, v##name##_m);

#define FORMS(SHAPE, name, type, width, even, odd)                                                                               \
    SHAPE(name##132##type, width, FORM_132, even, odd)                                                                           \
    SHAPE(name##213##type, width, FORM_213, even, odd)                                                                           \
    SHAPE(name##231##type, width, FORM_231, even, odd)
#define VECTORS_OF(name, even, odd)                                                                                              \
    FORMS(PACKED, name, ps, 32, even, odd)                                                                                       \
    FORMS(PACKED, name, pd, 64, even, odd)
#define ALL(name, negate)                                                                                                        \
    VECTORS_OF(name, negate, negate)                                                                                             \
    FORMS(SCALAR, name, ss, 32, negate, negate)                                                                                  \
    FORMS(SCALAR, name, sd, 64, negate, negate)

ALL(fmadd, FP_NEGATE_NONE)
ALL(fmsub, FP_NEGATE_ADDEND)
ALL(fnmadd, FP_NEGATE_PRODUCT)
ALL(fnmsub, FP_NEGATE_PRODUCT | FP_NEGATE_ADDEND)
VECTORS_OF(fmaddsub, FP_NEGATE_ADDEND, FP_NEGATE_NONE)
VECTORS_OF(fmsubadd, FP_NEGATE_NONE, FP_NEGATE_ADDEND)
