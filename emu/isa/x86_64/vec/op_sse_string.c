// SPDX-License-Identifier: MIT
// SSE4.2's text instructions (vol. 1, 12.12; vol. 2, 4.1 "imm8 control byte operation") and CRC32.
#include "isa/x86_64/vec/sse.h"

// imm8 of PCMPxSTRx
//   6          5..4            3..2           1..0
//   output     polarity        aggregation    format: 0 u8, 1 u16, 2 i8, 3 i16
//   I: 1 = most significant index; M: 1 = a mask of whole elements
enum { EQUAL_ANY, RANGES, EQUAL_EACH, EQUAL_ORDERED };
enum { POLARITY_NEGATIVE = 1, POLARITY_MASKED_NEGATIVE = 3 };

struct text {
    i32 e[16];       // elements
    unsigned length; // of them valid
};

static struct text elements(const union xmm *x, u8 imm) {
    struct text t = {.length = imm & 1 ? 8 : 16};
    for (unsigned i = 0; i < t.length; i++) switch (imm & 3) {
        case 0: t.e[i] = x->b[i]; break;
        case 1: t.e[i] = x->w[i]; break;
        case 2: t.e[i] = x->sb[i]; break;
        default: t.e[i] = x->sw[i]; break;
        }
    return t;
}

static struct text until_null(const union xmm *x, u8 imm) {
    struct text t = elements(x, imm);
    for (unsigned i = 0; i < t.length; i++)
        if (!t.e[i]) t.length = i;
    return t;
}

static struct text of_length(const union xmm *x, u8 imm, i64 length) {
    struct text t = elements(x, imm);
    u64 n = length < 0 ? -(u64)length : (u64)length;
    if (n < t.length) t.length = (unsigned)n;
    return t;
}

// IntRes1: bit j says whether element j of b (the second operand) matches a; 4.1.4 and table 4-7 for invalid elements.
static u32 aggregate(const struct text *a, const struct text *b, unsigned n, unsigned how) {
    u32 r = 0;
    for (unsigned j = 0; j < n; j++) {
        bool hit = how == EQUAL_ORDERED;
        switch (how) {
        case EQUAL_ANY:
            for (unsigned i = 0; i < a->length && j < b->length; i++) hit |= a->e[i] == b->e[j];
            break;
        case RANGES:
            for (unsigned i = 0; i + 1 < a->length && j < b->length; i += 2) hit |= a->e[i] <= b->e[j] && b->e[j] <= a->e[i + 1];
            break;
        case EQUAL_EACH: hit = j < a->length && j < b->length ? a->e[j] == b->e[j] : j >= a->length && j >= b->length; break;
        default:
            for (unsigned i = 0; i < a->length && j + i < n; i++) hit &= j + i < b->length && a->e[i] == b->e[j + i];
            break;
        }
        r |= (u32)hit << j;
    }
    return r;
}

// IntRes2, and the flags of all four instructions (4.1.7).
static u32 match(struct x86_cpu *c, const struct text *a, const struct text *b, u8 imm) {
    unsigned n = imm & 1 ? 8 : 16, polarity = imm >> 4 & 3;
    u32 r = aggregate(a, b, n, imm >> 2 & 3);
    if (polarity == POLARITY_NEGATIVE) r ^= (1u << n) - 1;
    if (polarity == POLARITY_MASKED_NEGATIVE) r ^= (1u << b->length) - 1;
    sse_set_flags(c, b->length < n, 0, r != 0, a->length < n, r & 1);
    return r;
}

static void put_index(struct x86_cpu *c, u32 r, u8 imm) {
    u32 index = imm & 1 ? 8 : 16;
    if (r) index = imm & 0x40 ? 31 - (u32)__builtin_clz(r) : (u32)__builtin_ctz(r);
    SET32(RCX, index);
}

static void put_mask(struct x86_cpu *c, u32 r, u8 imm) {
    union xmm m = {0};
    if (!(imm & 0x40)) m.d[0] = r;
    else if (imm & 1)
        for (unsigned i = 0; i < 8; i++) m.w[i] = r >> i & 1 ? 0xffff : 0;
    else
        for (unsigned i = 0; i < 16; i++) m.b[i] = r >> i & 1 ? 0xff : 0;
    c->s.xmm[0] = m;
}

// name: implicit (I) or explicit (E) lengths, those in RAX and RDX as sized by REX.W
#define TEXT(name, a_text, b_text, put)                                                                                          \
    static void name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                                               \
        u8 imm = (u8)u->imm;                                                                                                     \
        const union xmm *d = &c->s.xmm[u->a];                                                                                    \
        struct text a = a_text, b = b_text;                                                                                      \
        put(c, match(c, &a, &b, imm), imm);                                                                                      \
    }                                                                                                                            \
    XMM_SOURCE(name, name, 16, 1)
#define TEXT_INDEX(name, a_text, b_text)                                                                                         \
    TEXT(name, a_text, b_text, put_index)                                                                                        \
    CHECKED_SOURCE(v##name, avx_check, name, 16, 1)
#define TEXT_MASK(name, a_text, b_text)                                                                                          \
    TEXT(name, a_text, b_text, put_mask)                                                                                         \
    static void vex_##name(struct x86_cpu *c, const struct uop *u, const union xmm *s) {                                         \
        name(c, u, s);                                                                                                           \
        c->s.ymmh[0] = XMM_ZERO;                                                                                                 \
    }                                                                                                                            \
    CHECKED_SOURCE(v##name, avx_check, vex_##name, 16, 1)
TEXT_INDEX(pcmpistri, until_null(d, imm), until_null(s, imm))
TEXT_MASK(pcmpistrm, until_null(d, imm), until_null(s, imm))
TEXT_INDEX(pcmpestri32, of_length(d, imm, (i32)REG32(RAX)), of_length(s, imm, (i32)REG32(RDX)))
TEXT_MASK(pcmpestrm32, of_length(d, imm, (i32)REG32(RAX)), of_length(s, imm, (i32)REG32(RDX)))
TEXT_INDEX(pcmpestri64, of_length(d, imm, (i64)REG64(RAX)), of_length(s, imm, (i64)REG64(RDX)))
TEXT_MASK(pcmpestrm64, of_length(d, imm, (i64)REG64(RAX)), of_length(s, imm, (i64)REG64(RDX)))
#define OPS_32_64(name) {{0, 0, name##32_r, name##64_r}, {0, 0, name##32_m, name##64_m}}
const struct ops ops_pcmpestri = OPS_32_64(pcmpestri), ops_pcmpestrm = OPS_32_64(pcmpestrm);
const struct ops ops_vpcmpestri = OPS_32_64(vpcmpestri), ops_vpcmpestrm = OPS_32_64(vpcmpestrm);

// ---- CRC32: the polynomial 11EDC6F41H, bit-reflected, a nibble at a time
static const u32 crc_nibble[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static u32 crc(u32 r, u64 v, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++, v >>= 8) {
        r ^= (u8)v;
        r = r >> 4 ^ crc_nibble[r & 15];
        r = r >> 4 ^ crc_nibble[r & 15];
    }
    return r;
}

SOP(crc8_r) {
    SET32(u->a, crc(REG32(u->a), REG8(u->b), 1));
    NEXT;
}
SOP(crc16_r) {
    SET32(u->a, crc(REG32(u->a), REG16(u->b), 2));
    NEXT;
}
SOP(crc32_r) {
    SET32(u->a, crc(REG32(u->a), REG32(u->b), 4));
    NEXT;
}
SOP(crc64_r) {
    SET32(u->a, crc(REG32(u->a), REG64(u->b), 8));
    NEXT;
}
SOP(crc8_m) {
    SET32(u->a, crc(REG32(u->a), LOAD8(c, u), 1));
    NEXT;
}
SOP(crc16_m) {
    SET32(u->a, crc(REG32(u->a), LOAD16(c, u), 2));
    NEXT;
}
SOP(crc32_m) {
    SET32(u->a, crc(REG32(u->a), LOAD32(c, u), 4));
    NEXT;
}
SOP(crc64_m) {
    SET32(u->a, crc(REG32(u->a), LOAD64(c, u), 8));
    NEXT;
}
const struct ops ops_crc32_8 = OPS_RM(crc8_r, crc8_m);
const struct ops ops_crc32 = {{0, crc16_r, crc32_r, crc64_r}, {0, crc16_m, crc32_m, crc64_m}};
