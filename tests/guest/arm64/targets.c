// SPDX-License-Identifier: MIT
// Branch target identification (FEAT_BTI): what each branch leaves in BTYPE, which first instructions take it, where pages are guarded.
#include "kit.h"

#define BTI_THERE (READ(s3_0_c0_c4_1) & 15) // ID_AA64PFR1_EL1.BT
#define GP BIT(50)
#define BTYPE(pstate) ((pstate) >> 10 & 3)
#define SCTLR_BT0 BIT(35)
#define SCTLR_BT1 BIT(36)
#define CODE_PAGE (V | AF | ISH | RO | AP_EL0)

// Where a branch stands and what it leads to, each a slot of 64 bytes in its page. The branch is by xN, which has what x0 had.
enum { BR = 0xd61f0000, BLR = 0xd63f0000, TO_X0 = 0xd65f0000 /* ret x0 */, BRAAZ = 0xd61f081f, BLRAAZ = 0xd63f081f };
static const struct branch {
    u32 word;
    unsigned n;
} branches[] = {{BR, 0}, {BR, 16}, {BR, 17}, {BR, 18}, {BLR, 0}, {BLR, 16}, {TO_X0, 0}, {BRAAZ, 0}, {BRAAZ, 17}, {BLRAAZ, 0}};
enum { NOP = 0xd503201f, BTI_NONE = 0xd503241f, BTI_C = 0xd503245f, BTI_J = 0xd503249f, BTI_JC = 0xd50324df };
enum { PACIASP = 0xd503233f, PACIBSP = 0xd503237f, BRK_5 = 0xd42000a0, UDF = 0 };
static const u32 pads[] = {NOP, BTI_NONE, BTI_C, BTI_J, BTI_JC, PACIASP, PACIBSP, BRK_5, UDF};
enum { SLOT = 64 };

static bool has_pauth(void) { return READ(s3_0_c0_c6_1) >> 4 & 15; }
static u32 *branch_page(void) {
    u32 *p = page();
    for (unsigned i = 0; i < countof(branches); i++) {
        u32 *at = p + i * SLOT / 4;
        at[0] = 0xaa1e03e9;                 // mov x9, x30
        at[1] = 0xaa0003e0 | branches[i].n; // mov xN, x0
        at[2] = branches[i].word | branches[i].n << 5;
    }
    cache_sync(p, 4096);
    return p;
}
static u32 *pad_page(void) {
    u32 *p = page();
    for (unsigned i = 0; i < countof(pads); i++) {
        u32 *at = p + i * SLOT / 4;
        at[0] = pads[i];
        at[1] = 0xd28009a0; // mov x0, #77
        at[2] = 0xd65f0120; // ret x9
    }
    cache_sync(p, 4096);
    return p;
}

// What the branch leaves (BR, BLR, RET: their BTypeNext), standing in a guarded page or not.
static unsigned btype_of(const struct branch *b, bool guarded) {
    bool link = b->word == BLR || b->word == BLRAAZ;
    if (b->word == TO_X0) return 0;
    return link ? 2 : guarded && b->n != 16 && b->n != 17 ? 3 : 1;
}
static bool takes(u32 pad, unsigned btype, bool bt) {
    if (!btype || pad == BTI_JC) return true;
    if (pad == BTI_C) return btype != 3;
    if (pad == BTI_J) return btype != 2;
    return (pad == PACIASP || pad == PACIBSP) && (btype != 3 || !bt);
}

static void lands(enum mode mode, u64 from, u64 to, u32 pad, unsigned btype, bool guarded, bool bt, u64 id) {
    u64 want = pad == BRK_5 ? BRK : guarded && !takes(pad, btype, bt) ? BTI : pad == UDF ? UNKNOWN : NOTHING;
    IS(run(mode, (const void *)from, to) | id, want | id);
    if (want == NOTHING) {
        IS(caught.f.x[0] | id, 77 | id);
        return;
    }
    IS(caught.f.pc | id, to | id);
    if (want != UNKNOWN) IS(BTYPE(caught.f.pstate) | id, btype | id);
    if (want == BTI) IS(caught.esr | id, ((u64)BTI << 26 | BIT(25) | btype) | id);
    if (want == BTI) IS(caught.vector, mode == EL0 ? 0x400 : 0x200);
}

// Each branch to each first instruction, from and to pages that are guarded and that are not; twice, since what is known by then is quicker.
static void all(u64 from, u64 to, bool from_guarded, bool guarded, unsigned how) {
    for (unsigned b = 0; b < countof(branches); b++)
        for (unsigned p = 0; p < countof(pads); p++) {
            u64 id = (u64)b << 40 | (u64)p << 44 | (u64)how << 48 | (u64)from_guarded << 56 | (u64)guarded << 57;
            bool pac = (branches[b].word & 0xf00) || pads[p] == PACIASP || pads[p] == PACIBSP;
            for (unsigned m = 0; m < 4 && (!pac || has_pauth()); m++)
                lands(m & 2 ? EL1 : EL0, from + b * SLOT, to + p * SLOT, pads[p], btype_of(&branches[b], from_guarded), guarded,
                      how >> m / 2 & 1, id | (u64)m << 60);
        }
}

static void set_bt(unsigned how) {
    sctlr_with((how & 1 ? SCTLR_BT0 : 0) | (how & 2 ? SCTLR_BT1 : 0), (how & 1 ? 0 : SCTLR_BT0) | (how & 2 ? 0 : SCTLR_BT1));
}

TEST(branches_and_landing_pads) {
    if (!BTI_THERE) SKIP("no FEAT_BTI");
    for (const struct granule *g = granules; g < granules + 3; g++) {
        if (!paging(g)) continue;
        u64 to = SPACE + BIT(g->page);
        for (unsigned n = 0; n < 4; n++) {
            map(SPACE, (u64)branch_page(), CODE_PAGE | (n & 1 ? GP : 0));
            map(to, (u64)pad_page(), CODE_PAGE | (n & 2 ? GP : 0));
            for (unsigned how = 0; how < 4; how += 1 + (g->page != 12)) {
                set_bt(how);
                all(SPACE, to, n & 1, n & 2, how);
            }
        }
        set_bt(0);
    }
}

// A page is guarded where its entry says so, and not at another address, nor any more when the entry has changed.
TEST(one_page_at_two_addresses) {
    if (!BTI_THERE) SKIP("no FEAT_BTI");
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    u64 b = (u64)branch_page(), p = (u64)pad_page();
    map(SPACE, b, CODE_PAGE);
    map(SPACE + 0x1000, p, CODE_PAGE | GP);
    map(SPACE + 0x2000, p, CODE_PAGE);
    for (unsigned i = 0; i < 8; i++)
        for (unsigned m = 0; m < 2; m++) {
            enum mode mode = m ? EL1 : EL0;
            lands(mode, SPACE + 4 * SLOT, SPACE + 0x1000, NOP, 2, true, false, i);
            lands(mode, SPACE + 4 * SLOT, SPACE + 0x2000, NOP, 2, false, false, i);
        }
    // A block at level 2, too
    u64 block = p & ~(u64)0x1fffff, at = SPACE + 0x40000000 + (p & 0x1fffff);
    for (unsigned i = 0; i < 2; i++) {
        map_at(at, 2, block | AF | ISH | RO | 1 | (i ? 0 : GP));
        lands(EL1, SPACE + 4 * SLOT, at, NOP, 2, !i, false, 0);
    }
}

// What comes before the check tells BTYPE: no page there, no instruction there, an illegal state. And it is gone behind the first instruction.
CODE(do_bti_svc, ".inst 0xd503245f; svc #0");
CODE(do_nop_svc, "nop; svc #0");
TEST(btype_is_saved) {
    if (!BTI_THERE) SKIP("no FEAT_BTI");
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    map(SPACE, (u64)branch_page(), CODE_PAGE | GP);
    for (unsigned b = 0; b < countof(branches); b++) {
        if ((branches[b].word & 0xf00) && !has_pauth()) continue;
        unsigned btype = btype_of(&branches[b], true);
        for (unsigned m = 0; m < 2; m++) {
            enum mode mode = m ? EL1 : EL0;
            IS(run(mode, (const void *)(SPACE + b * SLOT), SPACE + 0x5000), m ? FETCH : FETCH_LOWER);
            IS(BTYPE(caught.f.pstate) | b << 8, btype | b << 8);
            IS(run(mode, (const void *)(SPACE + b * SLOT), SPACE + 2), PC_ALIGNMENT);
            IS(BTYPE(caught.f.pstate) | b << 8, btype | b << 8);
        }
    }
    IS(run(EL1, (const void *)(SPACE + 4 * SLOT), (u64)do_bti_svc), SVC);
    IS(BTYPE(caught.f.pstate), 0);
    IS(run(EL1, (const void *)(SPACE + 4 * SLOT), (u64)do_nop_svc), SVC);
    IS(BTYPE(caught.f.pstate), 0);
}

// ERET brings BTYPE back, and the check with it; an interrupt that comes first has it, too.
TEST(btype_comes_back) {
    if (!BTI_THERE) SKIP("no FEAT_BTI");
    gic_enable(3, 0x80);
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    for (unsigned guarded = 0; guarded < 2; guarded++) {
        map(SPACE, (u64)pad_page(), CODE_PAGE | (guarded ? GP : 0));
        for (u64 btype = 0; btype < 4; btype++)
            for (unsigned m = 0; m < 2; m++) {
                enum mode mode = m ? EL1 : EL0;
                for (unsigned i = 0; i < countof(pads); i++) {
                    if (pads[i] == BRK_5 || pads[i] == UDF || (!has_pauth() && pads[i] == PACIASP)) continue;
                    kit_pstate = PSTATE_DAIF | btype << 10;
                    u64 want = guarded && !takes(pads[i], (unsigned)btype, false) ? BTI : UNKNOWN; // UNKNOWN: "ret x9" goes to 0
                    u64 got = run(mode, (const void *)(SPACE + i * SLOT), 0);
                    HOLDS(want == BTI ? got == BTI : got != BTI);
                    if (want == BTI) IS(caught.iss, btype);
                }
                gic_send(3);
                kit_pstate = btype << 10;
                IS(run(mode, (const void *)SPACE, 0), IRQ);
                IS(BTYPE(caught.f.pstate), btype);
                IS(caught.f.pc, SPACE);
                IS(gic_acknowledge(), 3);
                gic_end(3);
            }
    }
}

TEST(without_the_mmu_nothing_is_guarded) {
    if (!BTI_THERE) SKIP("no FEAT_BTI");
    u64 b = (u64)branch_page(), p = (u64)pad_page();
    set_bt(3);
    all(b, p, false, false, 3);
    set_bt(0);
}
