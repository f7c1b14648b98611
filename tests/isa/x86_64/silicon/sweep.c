// SPDX-License-Identifier: MIT
// Encodings one after the other instead of by chance: every opcode of every map behind every usual set of prefixes, with every
// ModRM.reg and every register form; every VEX map, opcode, pp, L, W. And byte strings. Whether there is such an instruction, how
// long it is and what it does is silicon's to say.
#include "base/le.h"
#include "rig.h"

#include <string.h>

// Sets of prefixes; in 32-bit code 4x would be INC and DEC.
static const char *const prefixes64[] = {"",     "\x66", "\xf3",     "\xf2",     "\x66\xf3", "\xf2\x66", "\xf3\xf2", "\xf0",
                                         "\x67", "\x48", "\x66\x48", "\xf3\x48", "\xf2\x48", "\x47",     "\x48\x66", "\x65"};
static const char *const prefixes32[] = {"",     "\x66", "\xf3",     "\xf2",     "\x66\xf3", "\xf2\x66", "\xf3\xf2", "\xf0",
                                         "\x67", "\x26", "\x66\x36", "\xf3\x2e", "\xf2\x3e", "\x66\x67", "\x66\xf0", "\x65"};
static const char *const maps[] = {"", "\x0f", "\x0f\x38", "\x0f\x3a"};

enum {
    REGISTER_FORMS = 64,
    MEMORY_FORMS = 8 * 4,
    MODRMS = REGISTER_FORMS + MEMORY_FORMS,
    LEGACY = 2 * countof(maps) * 256 * countof(prefixes64) * MODRMS,
    VEX_MODRMS = 8 * 3,
    VEX_MAPS = 4,
    VEX_WORDS = 2 * 4 * 2 * 2, // W, pp, L; vvvv 1111b or not
    VEX = 2 * VEX_MAPS * 256 * VEX_WORDS * VEX_MODRMS,
    STRINGS = 200000,
};

u64 sweep_size(void) { return LEGACY + VEX + STRINGS; }

static unsigned take(u64 *number, unsigned n) {
    unsigned digit = (unsigned)(*number % n);
    *number /= n;
    return digit;
}

struct writer {
    u8 *byte;
    unsigned n, disp_at;
};
static void put(struct writer *w, u8 b) { w->byte[w->n++] = b; }
static void put_all(struct writer *w, const char *s) {
    while (*s) put(w, (u8)*s++);
}

// A base register alone, with a displacement of 8 or 32 bits, or with an index.
static void put_memory(struct writer *w, unsigned reg, unsigned form, struct rng *g) {
    u8 rm = (u8)below(g, 8);
    if (form == 3) {
        put(w, (u8)(reg << 3 | 4));
        rm = (u8)rnd(g);
        put(w, rm);
        if ((rm & 7) == 5) w->disp_at = w->n;
        return;
    }
    put(w, (u8)(form << 6 | reg << 3 | rm));
    if (rm == 4) put(w, (u8)rnd(g));
    if (form == 0 && (rm == 5 || (rm == 4 && (w->byte[w->n - 1] & 7) == 5))) w->disp_at = w->n;
}

static void legacy(struct writer *w, struct isa_case *k, u64 number, struct rng *g) {
    k->bits32 = take(&number, 2);
    unsigned form = take(&number, MODRMS);
    put_all(w, (k->bits32 ? prefixes32 : prefixes64)[take(&number, countof(prefixes64))]);
    u8 opcode = (u8)take(&number, 256);
    put_all(w, maps[number]);
    put(w, opcode);
    if (form < REGISTER_FORMS) put(w, (u8)(0xc0 | form));
    else put_memory(w, form & 7, (form - REGISTER_FORMS) >> 3, g);
}

// Outside 64-bit mode R and X are 1, or it is no VEX. Map 0 stands for those that do not exist.
static void vex(struct writer *w, struct isa_case *k, u64 number, struct rng *g) {
    k->bits32 = take(&number, 2);
    unsigned form = take(&number, VEX_MODRMS), words = take(&number, VEX_WORDS);
    u8 opcode = (u8)take(&number, 256), map = (u8)number;
    if (!map) map = (u8)(below(g, 28) + 4) & 31;
    if (one_in(g, 32)) put(w, "\x66\xf2\xf3\xf0\x48\x67\x65\x2e"[below(g, 8)]);
    put(w, 0xc4);
    put(w, (u8)((k->bits32 ? 0xc0 | (rnd(g) & 0x20) : rnd(g) & 0xe0) | map));
    put(w, (u8)((words & 1) << 7 | (one_in(g, 2) ? 15 : below(g, 16)) << 3 | (words >> 1 & 7)));
    put(w, opcode);
    unsigned reg = form & 7;
    if (form < 8) put(w, (u8)(0xc0 | reg << 3 | below(g, 8)));
    else put_memory(w, reg, form < 16 ? below(g, 3) : 3, g);
}

static void string(struct writer *w, struct isa_case *k, struct rng *g) {
    k->bits32 = one_in(g, 4);
    if (one_in(g, 2)) put(w, 0x0f);
    else if (one_in(g, 8)) put(w, 0xc4 + (u8)below(g, 2));
    while (w->n < LONGEST) put(w, (u8)rnd(g));
}

unsigned sweep_bytes(struct isa_case *k, u64 number, struct rng *g) {
    struct writer w = {.byte = k->byte};
    if (number < LEGACY) legacy(&w, k, number, g);
    else if (number < LEGACY + VEX) vex(&w, k, number - LEGACY, g);
    else string(&w, k, g);
    while (w.n < LONGEST) put(&w, (u8)rnd(g));
    return w.disp_at;
}
