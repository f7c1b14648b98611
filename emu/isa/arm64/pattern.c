// SPDX-License-Identifier: MIT
// The notation of the instruction table's `bits`, taken apart into mask, match and fields.
#include "isa/arm64/insn.h"

#include <string.h>

static const struct {
    const char *name;
    u8 width;
} fields[AF_COUNT] = {
#define X(name, width) {#name, width},
    ARM64_FIELDS(X)
#undef X
};

static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// The field whose name stands at *s, and nothing longer.
static bool name(const char **s, unsigned *field) {
    size_t n = 0;
    while (letter((*s)[n])) n++;
    for (*field = 0; *field < AF_COUNT; ++*field)
        if (strlen(fields[*field].name) == n && !strncmp(fields[*field].name, *s, n)) {
            *s += n;
            return true;
        }
    return false;
}

static bool number(const char **s, unsigned *v) {
    if (**s < '0' || **s > '9') return false;
    for (*v = 0; **s >= '0' && **s <= '9' && *v < 100; (*s)++) *v = *v * 10 + (unsigned)(**s - '0');
    return true;
}

// <hi:lo> or <bit> behind a name; without it all of the field.
static bool part(const char **s, unsigned width, unsigned *hi, unsigned *lo) {
    *hi = width - 1;
    *lo = 0;
    if (**s != '<') return true;
    ++*s;
    if (!number(s, hi)) return false;
    *lo = *hi;
    if (**s == ':' && (++*s, !number(s, lo))) return false;
    return *(*s)++ == '>' && *lo <= *hi && *hi < width;
}

// `left` is how many bits of the word are not spoken for yet: they are given out from the top.
static bool one_field(const char **s, struct arm64_pattern *p, unsigned *left) {
    unsigned field, hi, lo;
    if (!name(s, &field) || !part(s, fields[field].width, &hi, &lo)) return false;
    unsigned n = hi - lo + 1;
    if (n > *left || p->pieces == countof(p->piece)) return false;
    *left -= n;
    p->piece[p->pieces++] = (struct arm64_piece){(u8)field, (u8)*left, (u8)n, (u8)lo};
    return true;
}

static bool fixed(const char **s, struct arm64_pattern *p, unsigned *left) {
    for (; **s == '0' || **s == '1' || **s == 'x'; (*s)++) {
        if (!*left) return false;
        --*left;
        if (**s == 'x') continue;
        p->mask |= (u32)BIT(*left);
        if (**s == '1') p->match |= (u32)BIT(*left);
    }
    return true;
}

bool arm64_pattern_parse(const char *s, struct arm64_pattern *p) {
    *p = (struct arm64_pattern){0};
    unsigned left = 32;
    while (*s) {
        bool ok = *s == '0' || *s == '1' || *s == 'x' ? fixed(&s, p, &left) : one_field(&s, p, &left);
        if (!ok) return false;
        while (*s == ' ') s++;
    }
    return !left;
}

void arm64_pattern_fields(const struct arm64_pattern *p, u32 word, struct arm64_fields *f) {
    *f = (struct arm64_fields){0};
    for (unsigned i = 0; i < p->pieces; i++) {
        const struct arm64_piece *x = &p->piece[i];
        f->f[x->field] |= (u32)bits(word, x->at + x->bits - 1u, x->at) << x->to;
    }
}
