// SPDX-License-Identifier: MIT
// What values of keys are made of: words and numbers.
#ifndef MACHINE_CONFIG_VALUE_H
#define MACHINE_CONFIG_VALUE_H

#include <string.h>

#include "base/types.h"

static inline char lower(char ch) { return ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch; }

static inline bool same_word(const char *a, const char *b) {
    while (*a && lower(*a) == lower(*b)) a++, b++;
    return !*a && !*b;
}

static inline unsigned digit_value(char ch) {
    ch = lower(ch);
    if (ch >= '0' && ch <= '9') return (unsigned)(ch - '0');
    return ch >= 'a' && ch <= 'f' ? (unsigned)(ch - 'a' + 10) : 99;
}

// Decimal or 0x digits at *s; moves *s past them. False when there is none or the value needs more than 64 bits.
static inline bool digits(const char **s, u64 *out) {
    unsigned base = 10;
    const char *p = *s;
    if (p[0] == '0' && lower(p[1]) == 'x') base = 16, p += 2;
    if (digit_value(*p) >= base) return false;
    u64 v = 0;
    for (; digit_value(*p) < base; p++)
        if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit_value(*p), &v)) return false;
    *s = p, *out = v;
    return true;
}

// A number with an optional K, M, G or T, which stand for powers of `kilo`.
static inline bool scaled(const char **s, u64 kilo, u64 *out) {
    static const char suffix[] = "kmgt";
    u64 v;
    if (!digits(s, &v)) return false;
    const char *hit = **s ? strchr(suffix, lower(**s)) : NULL;
    if (hit) {
        for (const char *p = suffix; p <= hit; p++)
            if (__builtin_mul_overflow(v, kilo, &v)) return false;
        ++*s;
    }
    *out = v;
    return true;
}

#endif
