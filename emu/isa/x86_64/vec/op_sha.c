// SPDX-License-Identifier: MIT
// SHA extensions (vol. 2, SHA1RNDS4 ...; FIPS 180-4). No VEX forms exist.
#include "crypto/sha.h"
#include "isa/x86_64/vec/sse.h"

// ---- SHA-1: the first word of a register is its highest lane
static u32 sha1_round(unsigned kind, u32 b, u32 c, u32 d) {
    switch (kind) {
    case 0: return sha_choose(b, c, d) + 0x5a827999;
    case 1: return (b ^ c ^ d) + 0x6ed9eba1;
    case 2: return sha_majority(b, c, d) + 0x8f1bbcdc;
    default: return (b ^ c ^ d) + 0xca62c1d6;
    }
}

// imm8[1:0]: which twenty of the rounds. d: A B C D; s: four words of the schedule, E already added to the first.
CALC(sha1rnds4) {
    u32 a = d.d[3], b = d.d[2], c = d.d[1], dd = d.d[0], e = 0;
    for (unsigned i = 0; i < 4; i++) {
        u32 next = sha1_round(imm & 3, b, c, dd) + rotate_left_32(a, 5) + s.d[3 - i] + e;
        e = dd;
        dd = c;
        c = rotate_left_32(b, 30);
        b = a;
        a = next;
    }
    return (union xmm){.d = {dd, c, b, a}};
}
CALC(sha1nexte) {
    s.d[3] += rotate_left_32(d.d[3], 30);
    return s;
}
CALC(sha1msg1) { return (union xmm){.d = {d.d[0] ^ s.d[2], d.d[1] ^ s.d[3], d.d[2] ^ d.d[0], d.d[3] ^ d.d[1]}}; }
CALC(sha1msg2) {
    u32 w16 = rotate_left_32(d.d[3] ^ s.d[2], 1), w17 = rotate_left_32(d.d[2] ^ s.d[1], 1),
        w18 = rotate_left_32(d.d[1] ^ s.d[0], 1);
    return (union xmm){.d = {rotate_left_32(d.d[0] ^ w16, 1), w18, w17, w16}};
}

// ---- SHA-256: the first word of the schedule is the lowest lane
CALC(sha256msg1) {
    return (union xmm){.d = {d.d[0] + sha256_schedule0(d.d[1]), d.d[1] + sha256_schedule0(d.d[2]),
                             d.d[2] + sha256_schedule0(d.d[3]), d.d[3] + sha256_schedule0(s.d[0])}};
}
CALC(sha256msg2) {
    u32 w16 = d.d[0] + sha256_schedule1(s.d[2]), w17 = d.d[1] + sha256_schedule1(s.d[3]);
    return (union xmm){.d = {w16, w17, d.d[2] + sha256_schedule1(w16), d.d[3] + sha256_schedule1(w17)}};
}

// Two rounds. dest: H G D C, from the lowest lane; s: F E B A; XMM0: two words with their constants added. F E B A again.
static ALWAYS_INLINE void sha256rnds2(struct x86_cpu *cpu, const struct uop *u, const union xmm *s) {
    const union xmm *dest = &cpu->s.xmm[u->a], wk = cpu->s.xmm[0];
    u32 a = s->d[3], b = s->d[2], c = dest->d[3], d = dest->d[2], e = s->d[1], f = s->d[0], g = dest->d[1], h = dest->d[0];
    for (unsigned i = 0; i < 2; i++) {
        u32 t = h + sha256_round1(e) + sha_choose(e, f, g) + wk.d[i];
        u32 next = t + sha256_round0(a) + sha_majority(a, b, c);
        h = g, g = f, f = e;
        e = d + t;
        d = c, c = b, b = a;
        a = next;
    }
    cpu->s.xmm[u->a] = (union xmm){.d = {f, e, b, a}};
}

XMM_OP_SIZED(sha1rnds4, 16, 16)
XMM_OP_SIZED(sha1nexte, 16, 16)
XMM_OP_SIZED(sha1msg1, 16, 16)
XMM_OP_SIZED(sha1msg2, 16, 16)
XMM_OP_SIZED(sha256msg1, 16, 16)
XMM_OP_SIZED(sha256msg2, 16, 16)
XMM_SOURCE(sha256rnds2, sha256rnds2, 16, 16)
