// SPDX-License-Identifier: MIT
// See fp_exact.h.
#include "fp_exact.h"

#include <string.h>

struct exact exact_zero(bool negative) { return (struct exact){.negative = negative}; }

struct exact exact_of(bool negative, u128 m, int exp) {
    struct exact a = exact_zero(negative);
    unsigned at = (unsigned)(exp + EXACT_POINT), word = at / 64, shift = at % 64;
    u64 low = (u64)m, high = (u64)(m >> 64);
    a.word[word] = low << shift;
    a.word[word + 1] = shift ? high << shift | low >> (64 - shift) : high;
    if (shift) a.word[word + 2] = high >> (64 - shift);
    return a;
}

void exact_parts(struct format f, u64 v, u64 *m, int *exp) {
    int least = 2 - (1 << (f.exponent - 1)) - (int)f.fraction; // the lowest denormal's
    unsigned field = (unsigned)(v >> f.fraction & mask(f.exponent - 1, 0));
    *m = v & mask(f.fraction - 1, 0);
    if (field) *m += BIT(f.fraction);
    *exp = field ? least + (int)field - 1 : least;
}

struct exact exact_float(struct format f, u64 v) {
    u64 m;
    int exp;
    exact_parts(f, v, &m, &exp);
    return exact_of(v >> (f.fraction + f.exponent) & 1, m, exp);
}

bool exact_is_zero(const struct exact *a) {
    for (unsigned i = 0; i < EXACT_WORDS; i++)
        if (a->word[i]) return false;
    return true;
}

static int compare(const struct exact *a, const struct exact *b) { // magnitudes
    for (unsigned i = EXACT_WORDS; i--;)
        if (a->word[i] != b->word[i]) return a->word[i] < b->word[i] ? -1 : 1;
    return 0;
}

struct exact exact_sum(const struct exact *a, const struct exact *b) {
    if (compare(a, b) < 0) {
        const struct exact *t = a;
        a = b, b = t;
    }
    struct exact r = *a;
    u64 carry = 0;
    for (unsigned i = 0; i < EXACT_WORDS; i++) {
        u128 other = (u128)b->word[i] + carry;
        u128 sum = a->negative == b->negative ? (u128)a->word[i] + other : (u128)a->word[i] - other;
        r.word[i] = (u64)sum;
        carry = (sum >> 64) != 0;
    }
    return r;
}

static int highest(const struct exact *a) { // 2^highest <= a
    for (unsigned i = EXACT_WORDS; i--;)
        if (a->word[i]) return (int)(64 * i) + 63 - __builtin_clzll(a->word[i]) - EXACT_POINT;
    return -EXACT_POINT - 1;
}

static bool bit_at(const struct exact *a, int place) {
    int at = place + EXACT_POINT;
    return at >= 0 && at < 64 * EXACT_WORDS && a->word[at / 64] >> (at % 64) & 1;
}

static bool any_below(const struct exact *a, int place) {
    int at = place + EXACT_POINT;
    if (at <= 0) return false;
    for (int i = 0; i < at / 64; i++)
        if (a->word[i]) return true;
    return at % 64 && a->word[at / 64] & mask((unsigned)(at % 64) - 1, 0);
}

// The multiple of 2^unit that a is rounded to, in units; less than 2^64.
static u64 multiple(const struct exact *a, int unit, unsigned rounding, bool *inexact) {
    u64 kept = 0;
    for (int i = 0; i < 64; i++) kept |= (u64)bit_at(a, unit + i) << i;
    bool half = bit_at(a, unit - 1), more = any_below(a, unit - 1);
    *inexact = half || more;
    switch (rounding) {
    case FP_ZERO: return kept;
    case FP_DOWN: return kept + (a->negative && *inexact);
    case FP_UP: return kept + (!a->negative && *inexact);
    case FP_AWAY: return kept + half;
    default: return kept + (half && (more || kept % 2));
    }
}

bool exact_integer(const struct exact *a, unsigned rounding, u64 *magnitude, bool *inexact) {
    if (highest(a) >= 64) return false;
    *magnitude = multiple(a, 0, rounding, inexact);
    return true;
}

u64 exact_round(struct format f, const struct exact *a, struct fp_env *e) {
    u64 sign = (u64)a->negative << (f.fraction + f.exponent);
    if (exact_is_zero(a)) return sign;
    int p = (int)f.fraction, emax = (1 << (f.exponent - 1)) - 1, emin = 1 - emax, top = highest(a);
    bool inexact;
    int after = top + (multiple(a, top - p, e->rounding, &inexact) == BIT(f.fraction + 1)); // as if exponents had no end
    if (after > emax) {
        e->flags |= FP_OF | FP_NX;
        u64 infinite = mask(f.exponent - 1, 0) << f.fraction;
        bool stays = e->rounding == FP_ZERO || e->rounding == (a->negative ? FP_UP : FP_DOWN);
        return sign | (stays ? infinite - 1 : infinite);
    }
    bool is_tiny = (e->tiny_before ? top : after) < emin;
    if (is_tiny && e->flush_out) {
        e->flags |= FP_UF | (e->flushed_exact ? 0 : FP_NX);
        return sign;
    }
    int unit = (top < emin ? emin : top) - p;
    u64 units = multiple(a, unit, e->rounding, &inexact);
    if (inexact) e->flags |= FP_NX | (is_tiny ? FP_UF : 0);
    // Encodings are in the order of their values: the next is one unit further, also where the exponent changes.
    return sign | (((u64)(unit - (emin - p)) << f.fraction) + units);
}
