// SPDX-License-Identifier: MIT
// The notation of the instruction table's `bits`, taken apart into mask, match and fields.
#include "isa/riscv64/insn.h"

#include "base/bits.h"

#include <string.h>

struct field_name {
    const char *name;
    u8 field, bits, plus;
};

// Longer names before those that they begin with.
static const struct field_name names[] = {
    {"rd'/rs1'", F_RD_RS1, 3, 8}, {"rd/rs1", F_RD_RS1, 5, 0}, {"rd'", F_RD, 3, 8},    {"rs1'", F_RS1, 3, 8},
    {"rs2'", F_RS2, 3, 8},        {"rd", F_RD, 5, 0},         {"rs1", F_RS1, 5, 0},   {"rs2", F_RS2, 5, 0},
    {"rs3", F_RS3, 5, 0},         {"rm", F_RM, 3, 0},         {"csr", F_CSR, 12, 0},  {"aq", F_AQ, 1, 0},
    {"rl", F_RL, 1, 0},           {"fm", F_FM, 4, 0},         {"pred", F_PRED, 4, 0}, {"succ", F_SUCC, 4, 0},
};
static const struct {
    const char *name;
    bool is_signed, nonzero;
} immediates[] = {{"imm[", true, false},    {"nzimm[", true, true},   {"uimm[", false, false},
                  {"nzuimm[", false, true}, {"shamt[", false, false}, {"zimm[", false, false}};

static bool skip(const char **s, const char *word) {
    size_t n = strlen(word);
    if (strncmp(*s, word, n)) return false;
    *s += n;
    return true;
}

static bool number(const char **s, unsigned *v) {
    if (**s < '0' || **s > '9') return false;
    for (*v = 0; **s >= '0' && **s <= '9' && *v < 100; (*s)++) *v = *v * 10 + (unsigned)(**s - '0');
    return true;
}

// `left` is how many bits of the word are not spoken for yet: they are given out from the top.
static bool take(struct rv_pattern *p, unsigned *left, u8 field, unsigned n, unsigned to, unsigned plus) {
    if (n > *left || p->pieces == countof(p->piece)) return false;
    *left -= n;
    p->piece[p->pieces++] = (struct rv_piece){field, (u8)*left, (u8)n, (u8)to, (u8)plus};
    return true;
}

static bool fixed(const char **s, struct rv_pattern *p, unsigned *left) {
    for (; **s == '0' || **s == '1'; (*s)++) {
        if (!*left) return false;
        --*left;
        p->mask |= (u32)BIT(*left);
        if (**s == '1') p->match |= (u32)BIT(*left);
    }
    return true;
}

// hi:lo or a single bit, between '|'s, up to ']'.
static bool ranges(const char **s, struct rv_pattern *p, unsigned *left) {
    do {
        unsigned hi, lo;
        if (!number(s, &hi)) return false;
        lo = hi;
        if (skip(s, ":") && !number(s, &lo)) return false;
        if (lo > hi || hi > 31 || !take(p, left, F_IMM, hi - lo + 1, lo, 0)) return false;
        if (hi + 1 > p->imm_bits) p->imm_bits = (u8)(hi + 1);
    } while (skip(s, "|"));
    return skip(s, "]");
}

// !=0 or !=0,2 behind a register.
static bool bans(const char **s, struct rv_pattern *p, u8 field) {
    if (!skip(s, "!=")) return true;
    do {
        unsigned r;
        if (p->bans == countof(p->banned) || !number(s, &r)) return false;
        p->banned_field[p->bans] = field;
        p->banned[p->bans++] = (u8)r;
    } while (skip(s, ","));
    return true;
}

// 5 and 6 are no rounding modes.
static void ban_rounding(struct rv_pattern *p) {
    for (u8 rm = 5; rm <= 6; rm++) {
        p->banned_field[p->bans] = F_RM;
        p->banned[p->bans++] = rm;
    }
}

static bool one_field(const char **s, struct rv_pattern *p, unsigned *left) {
    for (unsigned i = 0; i < countof(immediates); i++)
        if (skip(s, immediates[i].name)) {
            p->has_imm = true;
            p->is_signed = immediates[i].is_signed;
            p->nonzero = immediates[i].nonzero;
            return ranges(s, p, left);
        }
    for (unsigned i = 0; i < countof(names); i++)
        if (skip(s, names[i].name)) {
            if (names[i].field == F_RM && !p->bans) ban_rounding(p);
            return take(p, left, names[i].field, names[i].bits, 0, names[i].plus) && bans(s, p, names[i].field);
        }
    return false;
}

static bool parse(const char *s, struct rv_pattern *p, unsigned width) {
    *p = (struct rv_pattern){.width = (u8)width};
    unsigned left = width;
    while (*s) {
        if (*s == '0' || *s == '1') {
            if (!fixed(&s, p, &left)) return false;
        } else if (!one_field(&s, p, &left)) {
            return false;
        }
        if (*s && !skip(&s, " ")) return false;
    }
    return !left;
}

bool rv_pattern_parse(const char *bits, struct rv_pattern *p) { return parse(bits, p, 16) || parse(bits, p, 32); }

void rv_pattern_fields(const struct rv_pattern *p, u32 word, struct rv_fields *f) {
    u64 field[F_IMM + 1] = {0};
    for (unsigned i = 0; i < p->pieces; i++) {
        const struct rv_piece *x = &p->piece[i];
        field[x->field] |= (bits(word, x->at + x->bits - 1u, x->at) + x->plus) << x->to;
    }
    field[F_RD] |= field[F_RD_RS1];
    field[F_RS1] |= field[F_RD_RS1];
    *f = (struct rv_fields){
        .rd = (u8)field[F_RD],
        .rs1 = (u8)field[F_RS1],
        .rs2 = (u8)field[F_RS2],
        .rs3 = (u8)field[F_RS3],
        .rm = (u8)field[F_RM],
        .aq = (u8)field[F_AQ],
        .rl = (u8)field[F_RL],
        .fm = (u8)field[F_FM],
        .pred = (u8)field[F_PRED],
        .succ = (u8)field[F_SUCC],
        .csr = (u16)field[F_CSR],
        .imm = p->is_signed ? sext(field[F_IMM], p->imm_bits) : (i64)field[F_IMM],
    };
}

static u8 value_in(const struct rv_fields *f, u8 field) {
    return field == F_RS1 ? f->rs1 : field == F_RS2 ? f->rs2 : field == F_RM ? f->rm : f->rd;
}

bool rv_pattern_covers(const struct rv_pattern *p, u32 word) {
    if ((word & p->mask) != p->match) return false;
    if (!p->nonzero && !p->bans) return true;
    struct rv_fields f;
    rv_pattern_fields(p, word, &f);
    if (p->nonzero && !f.imm) return false;
    for (unsigned i = 0; i < p->bans; i++)
        if (value_in(&f, p->banned_field[i]) == p->banned[i]) return false;
    return true;
}
