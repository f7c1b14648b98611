// SPDX-License-Identifier: MIT
// A repeated string instruction is the plain one, done RCX times (vol. 1, 7.3.9.2; vol. 2B, REP): registers, memory, and a fault in
// the same element, whichever path the repeated one takes. Placed where the paths part: at the wrap of 16- and 32-bit offsets, at the ends
// of pages and segments, in both directions.
#include "x86_rig.h"
#include "isa/x86_64/sys/mem.h"

#include "rng.h"

#include <cmocka.h>

// Operands begin in the window; a 16-bit offset that wraps leads up to 64 KiB away from it.
enum {
    WINDOW = 0x300000,
    WINDOW_SIZE = 0x4000,
    AREA = WINDOW - 0x11000,
    AREA_SIZE = 0x26000,
    TABLE = 0x110000,
    HANDLERS = 0x20000,
    LOW = 0x800,
};
enum { LONG, PROTECTED, REAL, MODES };

struct string_case {
    unsigned mode, size; // of elements
    u8 opcode, segment;  // its prefix, 0: none
    u8 repeat;
    bool narrow; // 67h
    bool down;
    u64 si, di, cx, ax;
    u64 base[SEG_COUNT];
    u32 limit[SEG_COUNT], attr[SEG_COUNT];
    u8 pages[WINDOW_SIZE / PAGE_SIZE]; // rights, in 64-bit mode
    u32 seed;
};

struct end {
    u64 gpr[18], rip, cr2, flags;
    u32 error;
    u8 area[AREA_SIZE], low[LOW];
};

static u64 pick(struct rng *rng, u64 n) { return rnd(rng) % n; }

static unsigned address_bits(const struct string_case *k) {
    return k->mode == LONG ? (k->narrow ? 32 : 64) : (k->mode == PROTECTED) != k->narrow ? 32 : 16;
}

// An offset and a base that meet near an edge of the window: the offset near its wrap (or anywhere), the linear address near a page's end.
static void place(struct rng *rng, const struct string_case *k, u64 *offset, u64 *base, bool flat) {
    unsigned w = address_bits(k);
    u64 most = w == 64 ? ~(u64)0 : ((u64)1 << w) - 1;
    u64 linear = WINDOW + PAGE_SIZE * (1 + pick(rng, 3)) - 40 + pick(rng, 80);
    *offset = flat ? linear : pick(rng, 3) ? (k->down ? pick(rng, 40) : most - pick(rng, 40)) : pick(rng, most / 2);
    if (flat && w == 32 && !pick(rng, 4)) *offset = k->down ? pick(rng, 40) : most - pick(rng, 40);
    if (!flat) *base = linear - *offset;
    if (!flat && k->mode != LONG) *base = (u32)*base;
    if (w < 64) *offset |= rnd(rng) << w; // what lies above the address size does not count
}

static struct string_case make(struct rng *rng) {
    static const u8 opcodes[] = {0xa4, 0xa6, 0xaa, 0xac, 0xae, 0x6c, 0x6e};
    static const u8 prefixes[] = {0, 0x64, 0x65, 0x26, 0x3e};
    static const u8 named[] = {DS, FS, GS, ES, DS};
    struct string_case k = {
        .mode = (unsigned)pick(rng, MODES), .narrow = pick(rng, 2), .down = pick(rng, 2), .seed = (u32)rnd(rng)};
    unsigned p = (unsigned)pick(rng, k.mode == LONG ? 3 : countof(prefixes));
    k.opcode = opcodes[pick(rng, countof(opcodes))];
    k.segment = prefixes[p];
    k.repeat = k.opcode == 0xa6 || k.opcode == 0xae ? (u8)(0xf2 + pick(rng, 2)) : 0xf3;
    k.size = 1u << pick(rng, k.mode == LONG && k.opcode >= 0xa4 ? 4 : 3);
    k.opcode |= k.size > 1;
    for (unsigned i = 0; i < SEG_COUNT; i++) {
        k.limit[i] = pick(rng, 3)                          ? 0xffffffff
                     : k.mode == PROTECTED && pick(rng, 2) ? (u32)(0 - 20 + pick(rng, 40))
                                                           : 0xffff - (u32)pick(rng, 20);
        k.attr[i] = AR_P | AR_S | AR_W | AR_ACCESSED | AR_DB | 3 << 5 | (k.mode == PROTECTED && !pick(rng, 4) ? AR_DOWN : 0);
        k.base[i] = WINDOW;
    }
    place(rng, &k, &k.si, &k.base[named[p]], k.mode == LONG && !p);
    place(rng, &k, &k.di, &k.base[ES], k.mode == LONG);
    k.cx = pick(rng, 8) ? pick(rng, 60) : pick(rng, 3000);
    if (address_bits(&k) < 64) k.cx |= rnd(rng) << address_bits(&k);
    k.ax = pick(rng, 2) ? 0x0101010101010101u * pick(rng, 4) : rnd(rng);
    for (unsigned i = 0; i < countof(k.pages); i++) k.pages[i] = pick(rng, 8) ? 7 : (u8)(pick(rng, 2) * 5);
    return k;
}

static void start(struct x86_rig *r, const struct string_case *k) {
    struct x86_state *s = &r->c->s;
    struct rng rng = {k->seed};
    if (k->mode == LONG) cpu_long(r, 0);
    else if (k->mode == PROTECTED) cpu_protected(r, 0);
    else cpu_real(r);
    for (unsigned v = 0; v < 32; v++) {
        if (k->mode == REAL) cpu_poke(r, 4 * v, (u64)(HANDLERS >> 4) << 16 | 16 * v, 4);
        else cpu_idt(r, v, cpu_gate(SYS_INT32, 0, k->mode == LONG ? SEL_CODE64_0 : SEL_CODE0, HANDLERS + 16 * v, 0), 0);
    }
    if (k->mode == LONG) {
        cpu_poke(r, RIG_TABLES + 0x2000 + 8, TABLE | 7, 8);
        for (unsigned i = 0; i < 512; i++) cpu_poke(r, TABLE + 8 * i, (0x200000 + PAGE_SIZE * i) | 7, 8);
        for (unsigned i = 0; i < countof(k->pages); i++)
            cpu_poke(r, TABLE + 8 * ((WINDOW - 0x200000) / PAGE_SIZE + i), (WINDOW + PAGE_SIZE * i) | k->pages[i], 8);
        x86_tlb_flush_all(r->c);
    }
    // Few different bytes, so that comparisons go on for a while.
    memset(r->ram + AREA, 0, AREA_SIZE);
    for (unsigned i = 0; i < WINDOW_SIZE; i++) r->ram[WINDOW + i] = rnd(&rng) % 64 ? (u8)k->ax : (u8)rnd(&rng);
    memset(r->ram + 0x400, 0, LOW - 0x400);
    for (unsigned i = 0; i < SEG_COUNT; i++) {
        if (i == CS || i == SS) continue;
        s->seg[i].base = k->base[i];
        if (k->mode != LONG) s->seg[i].limit = k->limit[i], s->seg[i].attr = k->attr[i];
    }
    s->gpr[RSI] = k->si, s->gpr[RDI] = k->di, s->gpr[RCX] = k->cx, s->gpr[RAX] = k->ax, s->gpr[RDX] = 0x80;
    if (k->down) s->rflags |= FL_DF;
    x86_mode_changed(r->c);
}

static unsigned encode(const struct string_case *k, bool repeated, u8 *code) {
    unsigned n = 0;
    if (repeated) code[n++] = k->repeat;
    if (k->segment) code[n++] = k->segment;
    if (k->narrow) code[n++] = 0x67;
    if (k->size == (k->mode == REAL ? 4 : 2)) code[n++] = 0x66;
    if (k->size == 8) code[n++] = 0x48;
    code[n++] = k->opcode;
    return n;
}

static bool handled(const struct x86_rig *r, u64 at) {
    u64 linear = r->c->s.rip + ((r->c->mode & MODE_CODE_MASK) == MODE_CODE64 ? 0 : r->c->s.seg[CS].base);
    return linear != at && linear - HANDLERS < 32 * 16;
}

static void run_repeated(struct x86_rig *r, const struct string_case *k) {
    u8 code[8];
    unsigned n = encode(k, true, code);
    u64 at = r->c->s.rip, steps = 0;
    while (r->c->s.rip == at && steps++ < 10000) cpu_run(r, code, n, 1);
}

static void run_plain(struct x86_rig *r, const struct string_case *k) {
    struct x86_state *s = &r->c->s;
    unsigned w = address_bits(k);
    u64 m = w == 64 ? ~(u64)0 : ((u64)1 << w) - 1, at = s->rip;
    u8 code[8];
    unsigned n = encode(k, false, code);
    bool compares = (k->opcode & ~1) == 0xa6 || (k->opcode & ~1) == 0xae, more = true;
    while (s->gpr[RCX] & m && more) {
        s->rip = at;
        cpu_run(r, code, n, 1);
        if (handled(r, at)) return;
        u64 left = (s->gpr[RCX] - 1) & m;
        s->gpr[RCX] = w == 16 ? (s->gpr[RCX] & ~m) | left : left;
        if (compares) more = !(x86_get_rflags(r->c) & FL_ZF) == (k->repeat == 0xf2);
    }
    s->rip = at + n + 1;
}

static void note(struct x86_rig *r, const struct string_case *k, struct end *e) {
    memcpy(e->gpr, r->c->s.gpr, sizeof e->gpr);
    e->gpr[17] = 0; // where the last block began
    e->rip = r->c->s.rip;
    e->cr2 = r->c->s.cr2;
    e->flags = x86_get_rflags(r->c) & ~(u64)FL_RF;
    e->error = k->mode == REAL ? 0 : (u32)cpu_peek(r, (r->c->s.seg[SS].base + r->c->s.gpr[RSP]) & (RIG_RAM - 1), 4);
    memcpy(e->area, r->ram + AREA, sizeof e->area);
    memcpy(e->low, r->ram, sizeof e->low);
}

static void differ(const struct string_case *k, unsigned i, const char *what, u64 repeated, u64 plain) {
    fail_msg(
        "case %u: %s is %llx repeated, %llx one by one; mode %u opcode %x size %u prefix %x 67h %d down %d si %llx di %llx cx %llx",
        i, what, (unsigned long long)repeated, (unsigned long long)plain, k->mode, k->opcode, k->size, k->segment, k->narrow,
        k->down, (unsigned long long)k->si, (unsigned long long)k->di, (unsigned long long)k->cx);
}

static void compare(const struct string_case *k, unsigned n, const struct end *a, const struct end *b) {
    static const char *const names[] = {"rAX", "rCX", "rDX", "rBX", "rSP", "rBP", "rSI", "rDI"};
    if (a->rip != b->rip) differ(k, n, "RIP", a->rip, b->rip);
    for (unsigned i = 0; i < 8; i++)
        if (a->gpr[i] != b->gpr[i]) differ(k, n, names[i], a->gpr[i], b->gpr[i]);
    if (a->cr2 != b->cr2) differ(k, n, "CR2", a->cr2, b->cr2);
    if (a->flags != b->flags) differ(k, n, "RFLAGS", a->flags, b->flags);
    if (a->error != b->error) differ(k, n, "the error code", a->error, b->error);
    for (unsigned i = 0; memcmp(a->area, b->area, AREA_SIZE) && i < AREA_SIZE; i++)
        if (a->area[i] != b->area[i]) differ(k, n, "a byte of memory", a->area[i], b->area[i]);
    if (memcmp(a->low, b->low, LOW)) differ(k, n, "low memory", 0, 0);
}

static void repeated_is_one_by_one(void **state) {
    struct x86_rig *r = *state;
    static struct end repeated, plain;
    struct rng rng = {20260101};
    unsigned faults = 0;
    for (unsigned i = 0; i < 6000; i++) {
        struct string_case k = make(&rng);
        start(r, &k);
        run_repeated(r, &k);
        note(r, &k, &repeated);
        faults += handled(r, RIG_CODE);
        start(r, &k);
        run_plain(r, &k);
        note(r, &k, &plain);
        compare(&k, i, &repeated, &plain);
    }
    assert_in_range(faults, 1000, 5000); // both ends are met
}

// REP MOVSB of 24 bytes from the last 8 below 4 GiB: the base makes the wrap fall into a page, and what lies behind the wrap is absent.
static void offset_wraps_inside_a_page(void **state) {
    struct x86_rig *r = *state;
    struct string_case k = {.mode = LONG,
                            .size = 1,
                            .opcode = 0xa4,
                            .segment = 0x64,
                            .repeat = 0xf3,
                            .narrow = true,
                            .si = 0xfffffff8,
                            .di = WINDOW + 0x2000,
                            .cx = 24,
                            .base = {[FS] = 0xffffffff00300008},
                            .pages = {7, 7, 7, 7}};
    start(r, &k);
    run_repeated(r, &k);
    assert_int_equal(r->c->s.rip, HANDLERS + 16 * EXC_PF);
    assert_int_equal(r->c->s.cr2, 0xffffffff00300008); // offset 0, which no table maps
    assert_int_equal(r->c->s.gpr[RCX], 16);
    assert_int_equal(r->c->s.gpr[RSI], 0);
    assert_int_equal(r->c->s.gpr[RDI], WINDOW + 0x2008);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(offset_wraps_inside_a_page, cpu_new, cpu_free),
        cmocka_unit_test_setup_teardown(repeated_is_one_by_one, cpu_new, cpu_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
