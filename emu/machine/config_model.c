// SPDX-License-Identifier: MIT
// The value of `model`: `NAME`, `PART=NUMBER,NUMBER,...`, or a name and parts of it that are other, with blanks between. Without a name the parts are
// the first machine's but for those that are said.
#include "emu/config.h"

#include "base/bits.h"
#include "machine/config_value.h"

#define LINES_MOST MiB // of one cache
#define WAYS_MOST 128
#define ENTRIES_MOST 65536 // of a TLB, of a table of targets or of returns
#define COUNTERS_MOST MiB

// As machines are that many people have, and not one in particular.
static const struct {
    const char *name;
    struct config_model model;
} machines[] = {
    {"desktop",
     {.cache = {{32 * KiB, 8, 64}, {32 * KiB, 8, 64}, {8 * MiB, 16, 64}},
      .tlb = {{128, 8}, {64, 4}, {2048, 8}},
      .counters = 16384,
      .history = 7,
      .targets = 512,
      .returns = 16}},
    {"small",
     {.cache = {{32 * KiB, 2, 64}, {32 * KiB, 4, 64}, {512 * KiB, 16, 64}},
      .tlb = {{16, 16}, {16, 16}, {512, 4}},
      .counters = 4096,
      .history = 5,
      .targets = 256,
      .returns = 8}},
};

enum { NUMBERS = 3 };

static bool has_sets(u64 entries, u64 ways) {
    return ways && ways <= WAYS_MOST && entries % ways == 0 && is_pow2(entries / ways);
}

static bool set_cache(struct config_model *m, unsigned i, const u64 n[NUMBERS]) {
    bool fits = is_pow2(n[2]) && n[2] >= 16 && n[2] <= 4096 && n[0] % n[2] == 0 && n[0] / n[2] <= LINES_MOST;
    if (!fits || !has_sets(n[0] / n[2], n[1])) return false;
    m->cache[i].bytes = n[0], m->cache[i].ways = (u32)n[1], m->cache[i].line = (u32)n[2];
    return true;
}

static bool set_tlb(struct config_model *m, unsigned i, const u64 n[NUMBERS]) {
    bool none = i == TLB_SECOND && !n[0] && !n[1];
    if (!none && (n[0] > ENTRIES_MOST || !has_sets(n[0], n[1]))) return false;
    m->tlb[i].entries = (u32)n[0], m->tlb[i].ways = (u32)n[1];
    return true;
}

static bool set_counters(struct config_model *m, unsigned i, const u64 n[NUMBERS]) {
    if (!is_pow2(n[0]) || n[0] > COUNTERS_MOST || n[1] > 63 || BIT(n[1]) > n[0]) return false;
    m->counters = (u32)n[0], m->history = (u32)n[1];
    return true;
}

static bool set_targets(struct config_model *m, unsigned i, const u64 n[NUMBERS]) {
    if (!is_pow2(n[0]) || n[0] > ENTRIES_MOST) return false;
    m->targets = (u32)n[0];
    return true;
}

static bool set_returns(struct config_model *m, unsigned i, const u64 n[NUMBERS]) {
    if (!n[0] || n[0] > ENTRIES_MOST) return false;
    m->returns = (u32)n[0];
    return true;
}

static const struct part {
    const char *name;
    bool (*set)(struct config_model *m, unsigned i, const u64 n[NUMBERS]);
    unsigned i, numbers;
} parts[] = {
    {"I1", set_cache, CACHE_I1, 3},   {"D1", set_cache, CACHE_D1, 3}, {"LL", set_cache, CACHE_LL, 3},
    {"ITLB", set_tlb, TLB_CODE, 2},   {"DTLB", set_tlb, TLB_DATA, 2}, {"STLB", set_tlb, TLB_SECOND, 2},
    {"branches", set_counters, 0, 2}, {"targets", set_targets, 0, 1}, {"returns", set_returns, 0, 1},
};

static const char *set_part(struct config_model *m, const char *name, const char *value) {
    const struct part *p = parts;
    u64 n[NUMBERS] = {0};
    while (p < parts + countof(parts) && !same_word(p->name, name)) p++;
    if (p == parts + countof(parts)) return "has a part that no model has";
    for (unsigned i = 0; i < p->numbers; i++) {
        if (i && *value++ != ',') return "has a part with too few numbers";
        if (!scaled(&value, 1024, &n[i])) return "has a part without a number";
    }
    if (*value) return "has a part with too many numbers";
    return p->set(m, p->i, n) ? NULL : "has a part of a size that cannot be (sets and lines are powers of two)";
}

static const char *set_machine(struct config_model *m, const char *name) {
    for (unsigned i = 0; i < countof(machines); i++)
        if (same_word(machines[i].name, name)) {
            *m = machines[i].model;
            return NULL;
        }
    return "names no machine that is known";
}

const char *config_model(struct config_model *m, const char *value) {
    struct config_model to = machines[0].model;
    bool first = true;
    const char *wrong = NULL;
    while (!wrong) {
        char word[64] = "";
        value += strspn(value, " ");
        size_t n = strcspn(value, " ");
        if (!n) break;
        if (n >= sizeof word) return "has a word that is too long";
        memcpy(word, value, n);
        value += n;
        char *is = strchr(word, '=');
        if (is) *is = 0;
        if (is) wrong = set_part(&to, word, is + 1);
        else wrong = first ? set_machine(&to, word) : "has a name behind the first word";
        first = false;
    }
    if (!wrong && first) return "is empty";
    if (!wrong) *m = to;
    return wrong;
}
