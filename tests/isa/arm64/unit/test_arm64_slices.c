// SPDX-License-Identifier: MIT
// Where a slice ends leaves no trace: Arm guests that change their page tables and their code, often without a TLBI, whose code is mapped at
// several addresses, and which trap again and again, end the same however a run is cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arm64_rig.h"
#include "counted.h"
#include "base/bits.h"
#include "base/le.h"
#include "isa/arm64/paging.h"
#include "rng.h"

#include <string.h>

// In RAM: 0000 four pages of code, RIG_DATA four of data, RIG_VECTORS, then the tables: the root, the window's two.
enum { ROOT = 0x9000, MIDDLE = 0xa000, LAST = 0xb000, CODE_PAGES = 4, PAGES = 32, SLOT = 16 };
#define WINDOW ((u64)1 << 32)                   // PAGES of code, each of the four several times; RAM is at its own address, too
#define ENTRY (3 | BIT(10) | BIT(11) | BIT(54)) // EL1's alone, read, written and executed
// Registers with a meaning; X0 gathers what is seen, X1 is for addresses.
enum { BASE = 19, ENTRIES, CODE_PAGE, PTE_1, PTE_2, TTBR_1, TTBR_2, MASK, NO_AF };

// ---- random guests
struct code {
    u32 word[SLOT / 4];
    unsigned n;
};
static void emit(struct code *p, u32 word) {
    if (p->n < countof(p->word)) p->word[p->n++] = word;
}
enum { NOP = 0xd503201f, ISB = 0xd5033fdf, SVC = 0xd4000001, ADD_X1 = 0x8b010000 /* add x0, x0, x1 */ };

static u32 ldr(u32 entry) { return 0xf9400001 | entry << 10 | ENTRIES << 5; }              // ldr x1, [ENTRIES, #8 * entry]
static u32 str(u32 entry, u32 rt) { return 0xf9000000 | entry << 10 | ENTRIES << 5 | rt; } // the same of str
static u32 page_address(u32 page) { return 0x91400001 | page << 10 | BASE << 5; }          // add x1, BASE, #page, lsl #12
static u32 adr(i32 by) { return 0x10000001 | ((u32)by & 3) << 29 | ((u32)by >> 2 & 0x7ffff) << 5; }

// From instruction n of the slot to the start of one on this page or beside it, in words.
static u32 away(const struct code *p, u32 slot, struct rng *g) {
    i32 to = (i32)(below(g, 3 * 256) * SLOT) - 4096 - (i32)(slot % 256 * SLOT);
    if (one_in(g, 4)) to += one_in(g, 2) ? 16 << 12 : -(16 << 12);
    return (u32)(to - (i32)p->n * 4) >> 2;
}
static u32 near_by(const struct code *p, struct rng *g) { return (u32)(((i32)below(g, 200) - 100) * SLOT - (i32)p->n * 4) >> 2; }

static void slot(struct code *p, u32 at, struct rng *g) {
    static const u32 by_address[] = {0xd5088721, 0xd5088761, 0xd50887a1, 0xd5088321}; // tlbi vae1, vaae1, vale1, vae1is
    u32 pte = below(g, PAGES), page = below(g, PAGES), other = below(g, 256) * SLOT;
    static const u32 pads[] = {0xd503245f, 0xd503249f, 0xd50324df, 0xd503233f, 0xd503241f}; // bti c, j, jc, paciasp, bti
    p->n = 0;
    if (one_in(g, 3)) emit(p, pads[below(g, countof(pads))]);
    switch (below(g, 19)) {
    case 0: emit(p, 0x9b007c00), emit(p, 0x91000000 | below(g, 4096) << 10); break; // mul, add: the place is seen
    case 1: emit(p, ldr(pte)), emit(p, ADD_X1); break;
    case 2:
    case 3: emit(p, ldr(pte)), emit(p, 0x8a000021 | NO_AF << 16), emit(p, str(pte, 1)); break; // AF goes
    case 4:
    case 5: emit(p, page_address(page)), emit(p, 0xf9400021), emit(p, ADD_X1); break; // ldr x1, [x1]
    case 6: emit(p, str(pte, one_in(g, 2) ? PTE_1 : PTE_2)); break;                   // another page
    case 7: emit(p, page_address(page)), emit(p, 0xd34cfc21), emit(p, by_address[below(g, 4)]); break;
    case 8: emit(p, one_in(g, 2) ? 0xd508871f : 0xd5088740 | (one_in(g, 2) ? TTBR_1 : TTBR_2)); break;       // vmalle1, aside1
    case 9: emit(p, 0xeb01001f), emit(p, 0x54000000 | (near_by(p, g) & 0x7ffff) << 5 | below(g, 16)); break; // cmp, b.cond
    case 10: emit(p, 0x14000000 | (away(p, at, g) & 0x03ffffff)); break;
    case 11: emit(p, adr(((i32)below(g, 100) - 50) * SLOT)), emit(p, one_in(g, 2) ? 0xd61f0020 : 0xd63f0020); break; // br, blr
    case 12:
        emit(p, 0x39000000 | (other | 3) % 4096 << 10 | CODE_PAGE << 5), emit(p, one_in(g, 2) ? ISB : NOP);
        break;                                                                                             // code changes
    case 13: emit(p, adr(0)), emit(p, 0x39000020 | (11 + SLOT * below(g, 3)) << 10); break;                // in its own block
    case 14: emit(p, one_in(g, 2) ? 0xd500409f | below(g, 2) << 8 : 0xd50040bf | below(g, 2) << 8); break; // PAN, SPSel
    case 15: emit(p, 0xd5182000 | (one_in(g, 2) ? TTBR_1 : TTBR_2)); break;
    case 16: emit(p, page_address(page)), emit(p, 0xf8200021); break; // ldadd x0, x1, [x1]
    case 17: emit(p, SVC); break;
    default: emit(p, (u32)rnd(g)), emit(p, (u32)rnd(g)); break;
    }
    while (p->n < countof(p->word)) emit(p, one_in(g, 3) ? NOP : 0x91000400); // add x0, x0, #1
}

static void poke(struct arm64_rig *r, u64 at, u64 v) { st64(r->ram + at, v); }
static u64 pte_of(u64 at, u64 flags) { return (RIG_RAM + at) | flags; }

// The handler goes on behind the instruction that trapped, wherever that was, in the window.
static void make_handlers(struct arm64_rig *r) {
    static const u32 handler[] = {0xd538403d /* mrs x29, elr_el1 */, 0x910013bd /* add x29, x29, #4 */,
                                  0x8a0003bd | MASK << 16 /* and */, 0xaa0003bd | BASE << 16 /* orr */,
                                  0xd518403d /* msr elr_el1, x29 */, 0xd69f03e0 /* eret */};
    for (unsigned i = 0; i < 16; i++) memcpy(r->ram + RIG_VECTORS + i * 0x80, handler, sizeof handler);
}

static void make_guest(struct arm64_rig *r, u64 seed) {
    struct rng g = {.s = seed};
    struct code p;
    make_handlers(r);
    for (u32 i = 0; i < CODE_PAGES * 4096 / SLOT; i++) {
        slot(&p, i, &g);
        memcpy(r->ram + i * SLOT, p.word, SLOT);
    }
    poke(r, ROOT + 8, RIG_RAM | 1 | BIT(10) | BIT(54)); // 1 GiB, RAM in it
    poke(r, ROOT + 8 * 4, pte_of(MIDDLE, 3));
    poke(r, MIDDLE, pte_of(LAST, 3));
    u64 guarded = seed & 1 ? BIT(50) : 0;
    for (unsigned i = 0; i < PAGES; i++)
        poke(r, LAST + 8 * i, pte_of((u64)(i % CODE_PAGES) << 12, ENTRY | (i & 1 ? guarded : 0)));
    struct arm64_state *s = &r->c->s;
    for (unsigned i = 0; i < 31; i++) s->x[i] = rnd(&g);
    s->x[BASE] = WINDOW;
    s->x[ENTRIES] = RIG_RAM + LAST;
    s->x[CODE_PAGE] = RIG_RAM + ((u64)below(&g, CODE_PAGES) << 12);
    s->x[PTE_1] = pte_of((u64)below(&g, 8) << 12, ENTRY | guarded);
    s->x[PTE_2] = pte_of((u64)below(&g, 8) << 12, one_in(&g, 2) ? ENTRY & ~BIT(10) : ENTRY | BIT(6));
    s->x[MASK] = PAGES * 4096 - 4;
    s->x[NO_AF] = ~BIT(10);
    s->x[TTBR_1] = (u64)1 << 48 | (RIG_RAM + ROOT);
    s->x[TTBR_2] = (u64)2 << 48 | (RIG_RAM + ROOT);
    s->ttbr0 = s->x[TTBR_1];
    s->tcr = 25 | TCR_EPD1 | (u64)5 << TCR_IPS;
    s->sctlr |= SCTLR_M;
    s->pc = WINDOW;
    arm64_tables_make(r->c->tables, s->tcr, r->c->model);
    tlb_flush_all(&r->c->v);
    arm64_space_changed(r->c);
    arm64_mode_changed(r->c);
}

struct end {
    struct arm64_state s;
    u8 ram[RIG_RAM_SIZE];
    u64 left;
};
static bool over; // a handler that cannot be fetched ends the run
static void finish(void *ctx, int reason, u32 code) { over = true; }

// cut: 0 for one slice of all; else slices of 1 .. cut instructions. A processor that waits is woken.
static void run_cut(struct arm64_rig *r, struct end *e, u64 seed, u64 total, unsigned cut, bool counted) {
    struct rng g = {.s = seed ^ cut};
    arm64_rig_reset(r);
    make_guest(r, seed);
    over = false;
    u64 began = r->clock.now;
    if (counted) counted_on(&r->c->v, &r->plat.plat);
    while (total && !over) {
        u64 n = cut ? 1 + below(&g, cut) : total, start = r->clock.now;
        if (n > total) n = total;
        u64 did = arm64_run(r->c, n);
        r->clock.now = start + did;
        total -= did;
        if (!did && !r->c->s.waiting && !over) fail_msg("seed %llu: no progress", (unsigned long long)seed);
        r->c->s.waiting = 0;
    }
    if (counted) counted_off(&r->c->v, r->clock.now - began);
    e->s = r->c->s;
    e->s.x[ARM64_SINK] = e->s.x[ARM64_BASE] = 0;
    e->left = total;
    memcpy(e->ram, r->ram, RIG_RAM_SIZE);
}

static void every_cut_is_the_same_run(void **state) {
    static const unsigned cuts[] = {1, 3, 20, 300};
    static struct end whole, cut;
    struct arm64_rig r;
    u64 traps = 0, pcs = 0, ended = 0;
    arm64_rig_open(&r, "max");
    r.env.finish = finish;
    for (u64 seed = 1; seed <= 300; seed++) {
        run_cut(&r, &whole, seed, 4000, 0, false);
        traps += whole.s.esr != 0;
        pcs ^= whole.s.pc;
        ended += over;
        for (unsigned i = 0; i < 2 * countof(cuts); i++) {
            unsigned size = cuts[i / 2];
            run_cut(&r, &cut, seed, 4000, size, i & 1);
            if (whole.left != cut.left || memcmp(&whole.s, &cut.s, sizeof cut.s))
                fail_msg("seed %llu in slices of %u: registers differ", (unsigned long long)seed, size);
            if (memcmp(whole.ram, cut.ram, RIG_RAM_SIZE))
                fail_msg("seed %llu in slices of %u: memory differs", (unsigned long long)seed, size);
        }
    }
    arm64_rig_close(&r);
    print_message("%llu guests of 300 trapped, %llu lost their handler\n", (unsigned long long)traps, (unsigned long long)ended);
    assert_true(traps > 200 && pcs && ended < 100); // the guests did something
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_cut_is_the_same_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
