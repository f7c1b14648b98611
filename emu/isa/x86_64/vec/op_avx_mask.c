// SPDX-License-Identifier: MIT
// Loads and stores of chosen elements: VPMASKMOV and VMASKMOV, and the gathers. The top bit of an element of the mask chooses it;
// only what is chosen may fault (vol. 2, VMASKMOV, VPGATHERDD). None of them checks alignment, not even with RFLAGS.AC.
#include "isa/x86_64/vec/sse.h"

// Byte i of a YMM register.
static ALWAYS_INLINE u8 *lane(struct x86_cpu *c, unsigned reg, unsigned i) {
    return i < 16 ? &c->s.xmm[reg].b[i] : &c->s.ymmh[reg].b[i - 16];
}
// In the mask at VEX.vvvv.
static ALWAYS_INLINE bool chosen(struct x86_cpu *c, const struct uop *u, unsigned i, unsigned size) {
    return *lane(c, VEX_V(u), i + size - 1) & 0x80;
}

// Linear address of `size` bytes at this offset. Byte by byte to x86_linear, which then knows of no alignment.
static gva_t linear(struct x86_cpu *c, const struct uop *u, u64 at, unsigned size, enum access access) {
    if (likely(!(u->mem & MEM_SLOW))) return at;
    gva_t a = x86_linear(c, MEM_SEG(u), at, 1, access);
    x86_linear(c, MEM_SEG(u), at + size - 1, 1, access);
    return a;
}

static void read_element(struct x86_cpu *c, const struct uop *u, u64 at, u8 *to, unsigned size) {
    gva_t a = linear(c, u, at, size, ACCESS_READ);
    const u8 *p = tlb_read(c, a, size);
    if (likely(p)) memcpy(to, p, size);
    else x86_read(c, MEM_SEG(u), a, to, size);
}

static void probe_element(struct x86_cpu *c, const struct uop *u, u64 at, unsigned size) {
    gva_t a = linear(c, u, at, size, ACCESS_WRITE);
    if (unlikely(!tlb_write(c, a, size))) x86_probe(c, MEM_SEG(u), a, size, ACCESS_WRITE);
}

static void write_element(struct x86_cpu *c, const struct uop *u, u64 at, const u8 *from, unsigned size) {
    gva_t a = linear(c, u, at, size, ACCESS_WRITE);
    u8 *p = tlb_write(c, a, size);
    if (likely(p)) memcpy(p, from, size);
    else x86_write(c, MEM_SEG(u), a, from, size);
}

// ---- VPMASKMOVD, VPMASKMOVQ, VMASKMOVPS, VMASKMOVPD: a vector of `bytes` at the operand's place
static ALWAYS_INLINE void masked_load(struct x86_cpu *c, const struct uop *u, unsigned bytes, unsigned size) {
    union xmm v[2] = {0};
    u64 at = x86_offset(c, u);
    SYNC;
    for (unsigned i = 0; i < bytes; i += size)
        if (chosen(c, u, i, size)) read_element(c, u, at + i, v[i / 16].b + i % 16, size);
    ymm_set(c, u->a, v[0], v[1]);
}

// All of them or, on a fault, none.
static ALWAYS_INLINE void masked_store(struct x86_cpu *c, const struct uop *u, unsigned bytes, unsigned size) {
    u64 at = x86_offset(c, u);
    SYNC;
    for (unsigned i = 0; i < bytes; i += size)
        if (chosen(c, u, i, size)) probe_element(c, u, at + i, size);
    for (unsigned i = 0; i < bytes; i += size)
        if (chosen(c, u, i, size)) write_element(c, u, at + i, lane(c, u->a, i), size);
}

#define MASKED(name, size)                                                                                                       \
    AVX(name##_load128, masked_load(c, u, 16, size))                                                                             \
    AVX(name##_load256, masked_load(c, u, 32, size))                                                                             \
    AVX(name##_store128, masked_store(c, u, 16, size))                                                                           \
    AVX(name##_store256, masked_store(c, u, 32, size))                                                                           \
    const struct ops ops_##name = OPS_M_L(name##_load128, name##_load256),                                                       \
                     ops_##name##_store = OPS_M_L(name##_store128, name##_store256);
MASKED(vpmaskmovd, 4) // and VMASKMOVPS
MASKED(vpmaskmovq, 8) // and VMASKMOVPD

// ---- gathers: `count` elements of `size` bytes, each at base + displacement + (its index of `index_size` bytes << scale)
static ALWAYS_INLINE u64 element_offset(struct x86_cpu *c, const struct uop *u, unsigned i, unsigned index_size) {
    const u8 *p = lane(c, u->index, i * index_size);
    i64 index = index_size == 4 ? (i32)ld32(p) : (i64)ld64(p);
    u64 at = c->s.gpr[u->base] + ((u64)index << (u->mem & 3)) + (u64)u->disp;
    return u->mem & MEM_ADDR32 ? (u32)at : at;
}

// A fault at an element leaves those before it done and their part of the mask clear: started again, the instruction goes on
// where it was. What is left of the mask is then all ones or all zeros by element.
static ALWAYS_INLINE void gather(struct x86_cpu *c, const struct uop *u, unsigned count, unsigned size, unsigned index_size) {
    unsigned v = VEX_V(u);
    if (u->a == u->index || u->a == v || u->index == v) RAISE(EXC_UD, 0);
    avx_check(c, u);
    SYNC;
    for (unsigned i = 0; i < count * size; i += size) memset(lane(c, v, i), chosen(c, u, i, size) ? 0xff : 0, size);
    for (unsigned i = 0; i < count; i++) {
        if (!chosen(c, u, i * size, size)) continue;
        read_element(c, u, element_offset(c, u, i, index_size), lane(c, u->a, i * size), size);
        memset(lane(c, v, i * size), 0, size);
        c->partial = true;
    }
    for (unsigned i = count * size; i < 32; i++) *lane(c, u->a, i) = 0;
    ymm_set(c, v, XMM_ZERO, XMM_ZERO);
}

#define GATHER(name, count, size, index_size)                                                                                    \
    SOP(name##_128) {                                                                                                            \
        gather(c, u, count, size, index_size);                                                                                   \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    SOP(name##_256) {                                                                                                            \
        gather(c, u, 2 * count, size, index_size);                                                                               \
        NEXT;                                                                                                                    \
    }                                                                                                                            \
    const struct ops ops_##name = OPS_M_L(name##_128, name##_256);
GATHER(vpgatherdd, 4, 4, 4) // and VGATHERDPS ...
GATHER(vpgatherdq, 2, 8, 4)
GATHER(vpgatherqd, 2, 4, 8)
GATHER(vpgatherqq, 2, 8, 8)
