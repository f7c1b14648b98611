// SPDX-License-Identifier: MIT
// QARMA5-64 with the S-box sigma 2 (R. Avanzi, "The QARMA Block Cipher Family"), as ComputePAC has it, and where codes stand in pointers.
#include "isa/arm64/pac.h"

#include "isa/arm64/paging.h"

// ---- the cipher. Cell 0 of the sixteen is the topmost.

enum { ROUNDS = 5 };
static const u64 constants[ROUNDS] = {0, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0x452821e638d01377};
#define ALPHA 0xc0ac29b7c97c50ddu

static const u8 sub[16] = {11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10};
static const u8 sub_back[16] = {5, 14, 13, 8, 10, 11, 1, 9, 2, 6, 15, 0, 4, 12, 7, 3};
static const u8 shuffle[16] = {0, 11, 6, 13, 10, 1, 12, 7, 5, 14, 3, 8, 15, 4, 9, 2};
static const u8 shuffle_back[16] = {0, 5, 15, 10, 13, 8, 2, 7, 11, 14, 4, 1, 6, 3, 9, 12};
static const u8 tweak_shuffle[16] = {6, 5, 14, 15, 0, 1, 2, 3, 7, 12, 13, 4, 8, 9, 10, 11};
static const u8 tweak_back[16] = {4, 5, 6, 7, 11, 1, 0, 8, 12, 13, 14, 15, 9, 10, 2, 3};

static inline unsigned cell(u64 v, unsigned i) { return (unsigned)(v >> (60 - 4 * i)) & 15; }
static inline u64 at(unsigned v, unsigned i) { return (u64)v << (60 - 4 * i); }

// Inlined, so that boxes are constants and the loops straight.
#define STRAIGHT [[gnu::always_inline]] static inline
STRAIGHT u64 substitute(u64 v, const u8 *box) {
    u64 r = 0;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < 16; i++) r |= at(box[cell(v, i)], i);
    return r;
}
STRAIGHT u64 permute(u64 v, const u8 *from) {
    u64 r = 0;
#pragma clang loop unroll(full)
    for (unsigned i = 0; i < 16; i++) r |= at(cell(v, from[i]), i);
    return r;
}

#define EACH_CELL(bits) (0x1111111111111111u * (bits))
static inline u64 rotate_cells(u64 v) { return (v << 1 & EACH_CELL(14)) | (v >> 3 & EACH_CELL(1)); }
static inline u64 rotate(u64 v, unsigned by) { return v << by | v >> (64 - by); }
// Each column of four cells by the circulant of 0, rho, rho^2, rho, which is its own inverse. A row has 16 bits.
static inline u64 mix(u64 v) { return rotate_cells(rotate(v, 16) ^ rotate(v, 48) ^ rotate_cells(rotate(v, 32))); }

// Some cells of the tweak go through a shift register: 0, 1, 3, 4, 8, 11, 13.
#define SHIFTED 0xff0ff000f00f0f00u
STRAIGHT u64 next_tweak(u64 t) {
    u64 v = permute(t, tweak_shuffle), shifted = (v >> 1 & EACH_CELL(7)) | ((v ^ v >> 1) & EACH_CELL(1)) << 3;
    return (v & ~SHIFTED) | (shifted & SHIFTED);
}
STRAIGHT u64 tweak_before(u64 t) {
    u64 shifted = (t << 1 & EACH_CELL(14)) | ((t ^ t >> 3) & EACH_CELL(1));
    return permute((t & ~SHIFTED) | (shifted & SHIFTED), tweak_back);
}

u64 arm64_qarma5(u64 x, u64 tweak, u64 k0, u64 k1) {
    u64 modified = k0 << 63 | k0 >> 1, v = x ^ k0;
    modified ^= k0 >> 63;
    for (unsigned i = 0; i < ROUNDS; i++) {
        v ^= k1 ^ tweak ^ constants[i];
        if (i) v = mix(permute(v, shuffle));
        v = substitute(v, sub);
        tweak = next_tweak(tweak);
    }
    v ^= modified ^ tweak;
    v = substitute(mix(permute(v, shuffle)), sub);
    v = mix(permute(v, shuffle)) ^ k1;
    v = substitute(permute(v, shuffle_back), sub_back);
    v = permute(mix(v), shuffle_back) ^ k0 ^ tweak;
    for (unsigned i = 0; i < ROUNDS; i++) {
        v = substitute(v, sub_back);
        if (i + 1 < ROUNDS) v = permute(mix(v), shuffle_back);
        tweak = tweak_before(tweak);
        v ^= constants[ROUNDS - 1 - i] ^ k1 ^ tweak ^ ALPHA;
    }
    return v ^ modified;
}

// ---- where a code stands: from the size of the address's half up to bit 54, and without a tag in 63..56 too

struct place {
    unsigned bottom, top; // bits [bottom, top), but for 55
};

static struct place place_of(const struct arm64_cpu *c, u64 pointer, bool data) {
    const struct arm64_half *h = &c->tables->half[pointer >> 55 & 1];
    return (struct place){h->va_bits, (data ? h->tbi : h->code_tbi) ? 56 : 64};
}
static u64 field(struct place p) { return mask(p.top - 1, p.bottom); }

static bool is_data(enum arm64_key key) { return key >= ARM64_KEY_DA; }
static bool is_on(const struct arm64_cpu *c, enum arm64_key key) {
    static const u64 enable[] = {SCTLR_ENIA, SCTLR_ENIB, SCTLR_ENDA, SCTLR_ENDB};
    return c->s.sctlr & enable[key];
}

// What is checked was mostly signed a little while ago, with the same key and modifier.
static u64 code_of(struct arm64_cpu *c, enum arm64_key key, u64 pointer, u64 modifier) {
    const u64 *k = c->s.pac_key[key];
    struct arm64_code *e = &c->codes[((pointer ^ modifier) * 0x9e3779b97f4a7c15u >> 48) % countof(c->codes)];
    if (e->pointer == pointer && e->modifier == modifier && e->key[0] == k[0] && e->key[1] == k[1] && e->valid) return e->code;
    *e = (struct arm64_code){pointer, modifier, {k[0], k[1]}, arm64_qarma5(pointer, modifier, k[1], k[0]), true};
    return e->code;
}

// AddPAC. Which half a pointer is in says bit 55 where either half has tags, else bit 63. A pointer that was none gets a code that is wrong.
u64 arm64_pac_add(struct arm64_cpu *c, enum arm64_key key, u64 pointer, u64 modifier) {
    if (!is_on(c, key)) return pointer;
    bool data = is_data(key);
    const struct arm64_half *h = c->tables->half;
    bool tags = data ? h[0].tbi || h[1].tbi : h[0].code_tbi || h[1].code_tbi, upper = pointer >> (tags ? 55 : 63) & 1;
    u64 half = upper ? BIT(55) : 0;
    struct place p = place_of(c, tags ? pointer : half, data);
    u64 good = upper ? pointer | field(p) : pointer & ~field(p), code = code_of(c, key, good, modifier);
    u64 was = pointer & field(p);
    if (was && was != field(p)) code ^= BIT(p.top - 2);
    return (pointer & ~field(p)) | (code & field(p) & ~BIT(55)) | half;
}

u64 arm64_pac_strip(const struct arm64_cpu *c, u64 pointer, bool data) {
    u64 f = field(place_of(c, pointer, data));
    return pointer >> 55 & 1 ? pointer | f : pointer & ~f;
}

// AuthPAC: what fails gets a top that no address has, and tells which key it was.
u64 arm64_pac_auth(struct arm64_cpu *c, enum arm64_key key, u64 pointer, u64 modifier) {
    if (!is_on(c, key)) return pointer;
    struct place p = place_of(c, pointer, is_data(key));
    u64 good = arm64_pac_strip(c, pointer, is_data(key));
    if (!((code_of(c, key, good, modifier) ^ pointer) & field(p) & ~BIT(55))) return good;
    unsigned low = p.top - 3;
    u64 error = key == ARM64_KEY_IB || key == ARM64_KEY_DB ? 2 : 1;
    return (good & ~((u64)3 << low)) | error << low;
}
