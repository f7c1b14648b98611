// SPDX-License-Identifier: MIT
// Where a slice ends leaves no trace: RISC-V guests that change their page tables and their code, often without a fence, whose code is
// mapped at several addresses, which see their own accessed bits and trap again and again, end the same however a run is cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/le.h"
#include "counted.h"
#include "riscv_rig.h"
#include "rng.h"

#include <string.h>

// In RAM: 0000 four pages of code, 4000 four of data, RIG_HANDLER, then the tables: the root, the window's two.
enum { ROOT = 0x9000, MIDDLE = 0xa000, LAST = 0xb000, CODE_PAGES = 4, PAGES = 32, SLOT = 16 };
#define WINDOW ((u64)1 << 32) // PAGES of code, each of the four several times; RAM is at its own address, too
enum { V = 1, R = 2, W = 4, X = 8, A = 64, D = 128, FULL = V | R | W | X | A | D };
// Registers with a meaning; x10 gathers what is seen.
enum { T0 = 5, S0 = 8, S1 = 9, A0 = 10, A1 = 11, S2 = 18, PTE_1 = 20, PTE_2 = 21, SATP_1 = 22, SATP_2 = 23, MASK = 31 };

// ---- a small assembler
static u32 r_type(u32 f7, u32 rs2, u32 rs1, u32 f3, u32 rd, u32 op) {
    return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}
static u32 i_type(u32 imm, u32 rs1, u32 f3, u32 rd, u32 op) { return (imm & 0xfff) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op; }
static u32 s_type(u32 imm, u32 rs2, u32 rs1, u32 f3) {
    return (imm >> 5 & 127) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | 0x23;
}
static u32 branch(u32 by, u32 rs2, u32 rs1, u32 f3) {
    return (by >> 12 & 1) << 31 | (by >> 5 & 63) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (by >> 1 & 15) << 8 |
           (by >> 11 & 1) << 7 | 0x63;
}
static u32 jal(u32 by, u32 rd) {
    return (by >> 20 & 1) << 31 | (by >> 1 & 1023) << 21 | (by >> 11 & 1) << 20 | (by >> 12 & 255) << 12 | rd << 7 | 0x6f;
}
static u32 csr(u32 number, u32 rs1, u32 f3, u32 rd) { return number << 20 | rs1 << 15 | f3 << 12 | rd << 7 | 0x73; }
enum { NOP = 0x13, FENCE_I = 0x100f, ECALL = 0x73, MRET = 0x30200073 };
static u32 add_to_a0(u32 rs) { return r_type(0, rs, A0, 0, A0, 0x33); }

// ---- random guests
struct code {
    u32 word[SLOT / 4];
    unsigned n;
};
static void emit(struct code *p, u32 word) {
    if (p->n < countof(p->word)) p->word[p->n++] = word;
}

// From instruction n of the slot to the start of one on this page or beside it.
static u32 away(const struct code *p, u32 slot, struct rng *g) {
    i32 to = (i32)(below(g, 3 * 256) * SLOT) - 4096 - (i32)(slot % 256 * SLOT);
    if (one_in(g, 4)) to += one_in(g, 2) ? 16 << 12 : -(16 << 12);
    return (u32)(to - (i32)p->n * 4);
}
static u32 near_by(const struct code *p, struct rng *g) { return (u32)(((i32)below(g, 200) - 100) * SLOT - (i32)p->n * 4); }

static void slot(struct code *p, u32 at, struct rng *g) {
    u32 pte = 8 * below(g, PAGES), page = below(g, PAGES) << 12, other = below(g, 256) * SLOT % 2048;
    p->n = 0;
    switch (below(g, 19)) {
    case 0:
        emit(p, r_type(1, A0, A0, 0, A0, 0x33)), emit(p, i_type(below(g, 4096), A0, 0, A0, 0x13));
        break;                                                                    // mul, addi: the place is seen
    case 1: emit(p, i_type(pte, S1, 3, A1, 0x03)), emit(p, add_to_a0(A1)); break; // ld of an entry
    case 2:
    case 3: // A goes
        emit(p, i_type(pte, S1, 3, A1, 0x03)), emit(p, i_type((u32)~A, A1, 7, A1, 0x13)), emit(p, s_type(pte, A1, S1, 3));
        break;
    case 4:
    case 5:
        emit(p, page | A1 << 7 | 0x37), emit(p, r_type(0, S0, A1, 0, A1, 0x33)), emit(p, i_type(0, A1, 3, A1, 0x03));
        break;                                                                // ld of a page
    case 6: emit(p, s_type(pte, one_in(g, 2) ? PTE_1 : PTE_2, S1, 3)); break; // another page
    case 7:
        emit(p, page | A1 << 7 | 0x37), emit(p, r_type(0, S0, A1, 0, A1, 0x33)), emit(p, r_type(9, 0, A1, 0, 0, 0x73));
        break;                                                              // sfence.vma a1
    case 8: emit(p, r_type(9, below(g, 2) ? S1 : 0, 0, 0, 0, 0x73)); break; // sfence.vma of a space, of all
    case 9:
        emit(p, branch(near_by(p, g), A0, A1, below(g, 2) | below(g, 2) << 2 | below(g, 2) << 1));
        break; // f3 2 and 3 are illegal
    case 10: emit(p, jal(away(p, at, g), 0)); break;
    case 11: emit(p, 0x597), emit(p, i_type(8 + (below(g, 100) - 50u) * SLOT, A1, 0, 1, 0x67)); break; // auipc a1; jalr
    case 12: emit(p, s_type(other | 3, A0, S2, 0)), emit(p, one_in(g, 2) ? FENCE_I : NOP); break;      // code changes
    case 13: emit(p, 0x597), emit(p, s_type(11 + SLOT * below(g, 3), A0, A1, 0)); break;               // in its own block
    case 14: emit(p, csr(0x100, one_in(g, 2) ? A0 : A1, 2 + below(g, 2), T0)); break; // sstatus: SUM, MXR, FS, SIE
    case 15: emit(p, csr(0x180, one_in(g, 2) ? SATP_1 : SATP_2, 1, 0)); break;
    case 16:
        emit(p, page | A1 << 7 | 0x37), emit(p, r_type(0, S0, A1, 0, A1, 0x33)), emit(p, r_type(0, A0, A1, 3, A0, 0x2f));
        break; // amoadd.d
    case 17: emit(p, ECALL); break;
    default: emit(p, (u32)rnd(g)), emit(p, (u32)rnd(g)); break;
    }
    while (p->n < countof(p->word)) emit(p, one_in(g, 3) ? 0x00010001 : i_type(1, A0, 0, A0, 0x13)); // c.nops
}

static void poke(struct riscv_rig *r, u64 at, u64 v) { st64(r->ram + at, v); }
static u64 pte_of(u64 at, u64 flags) { return (RIG_RAM + at) >> 12 << 10 | flags; }

static void make_guest(struct riscv_rig *r, u64 seed) {
    // The handler goes on behind the instruction that trapped, wherever that was, in the window.
    static const u32 handler[] = {0x341022f3 /* csrr t0, mepc */,   0x00428293 /* addi t0, t0, 4 */,
                                  0x01f2f2b3 /* and t0, t0, x31 */, 0x0082e2b3 /* or t0, t0, s0 */,
                                  0x34129073 /* csrw mepc, t0 */,   MRET};
    struct rng g = {.s = seed};
    struct code p;
    memcpy(r->ram + RIG_HANDLER, handler, sizeof handler);
    for (u32 i = 0; i < CODE_PAGES * 4096 / SLOT; i++) {
        slot(&p, i, &g);
        memcpy(r->ram + i * SLOT, p.word, SLOT);
    }
    poke(r, ROOT + 8 * 2, (u64)2 << 28 | FULL); // 1 GiB at 80000000
    poke(r, ROOT + 8 * 4, pte_of(MIDDLE, V));
    poke(r, MIDDLE, pte_of(LAST, V));
    for (unsigned i = 0; i < PAGES; i++) poke(r, LAST + 8 * i, pte_of((u64)(i % CODE_PAGES) << 12, FULL));
    struct rv_state *s = &r->c->s;
    for (unsigned i = 1; i < 32; i++) s->x[i] = rnd(&g);
    s->x[S0] = WINDOW;
    s->x[S1] = RIG_RAM + LAST;
    s->x[S2] = RIG_RAM + ((u64)below(&g, CODE_PAGES) << 12);
    s->x[PTE_1] = pte_of((u64)below(&g, 8) << 12, FULL);
    s->x[PTE_2] = pte_of((u64)below(&g, 8) << 12, FULL & ~(u64)A);
    s->x[MASK] = PAGES * 4096 - 2;
    s->x[SATP_1] = (u64)8 << 60 | (u64)1 << 44 | (RIG_RAM + ROOT) >> 12;
    s->x[SATP_2] = (u64)8 << 60 | (u64)2 << 44 | (RIG_RAM + ROOT) >> 12;
    s->satp = s->x[SATP_1];
    s->menvcfg = seed & 1 ? MENVCFG_ADUE : 0;
    s->priv = RV_S;
    s->pc = WINDOW;
    rv_space_changed(r->c);
    rv_mode_changed(r->c);
}

struct end {
    struct rv_state s;
    u8 ram[RIG_RAM_SIZE];
};

// cut: 0 for one slice of all; else slices of 1 .. cut instructions. A hart that waits is woken. counted: instructions are, one by one.
static void run_cut(struct riscv_rig *r, struct end *e, u64 seed, u64 total, unsigned cut, bool counted) {
    struct rng g = {.s = seed ^ cut};
    riscv_rig_reset(r);
    make_guest(r, seed);
    u64 began = r->clock.now;
    if (counted) counted_on(&r->c->v, &r->plat.plat);
    while (total) {
        u64 n = cut ? 1 + below(&g, cut) : total, start = r->clock.now;
        if (n > total) n = total;
        u64 did = rv_run(r->c, n);
        r->clock.now = start + did;
        total -= did;
        if (!did && !r->c->s.waiting) fail_msg("seed %llu: no progress", (unsigned long long)seed);
        r->c->s.waiting = 0;
    }
    if (counted) counted_off(&r->c->v, r->clock.now - began);
    e->s = r->c->s;
    e->s.x[RV_SINK] = e->s.x[RV_BASE] = 0;
    memcpy(e->ram, r->ram, RIG_RAM_SIZE);
}

static void every_cut_is_the_same_run(void **state) {
    static const unsigned cuts[] = {1, 3, 20, 300};
    static struct end whole, cut;
    struct riscv_rig r;
    u64 traps = 0, pcs = 0;
    riscv_rig_open(&r, "max");
    for (u64 seed = 1; seed <= 300; seed++) {
        run_cut(&r, &whole, seed, 4000, 0, false);
        traps += whole.s.mcause;
        pcs ^= whole.s.pc;
        for (unsigned i = 0; i < 2 * countof(cuts); i++) {
            unsigned size = cuts[i / 2];
            run_cut(&r, &cut, seed, 4000, size, i & 1);
            if (memcmp(&whole.s, &cut.s, sizeof cut.s))
                fail_msg("seed %llu in slices of %u: registers differ", (unsigned long long)seed, size);
            if (memcmp(whole.ram, cut.ram, RIG_RAM_SIZE))
                fail_msg("seed %llu in slices of %u: memory differs", (unsigned long long)seed, size);
        }
    }
    riscv_rig_close(&r);
    assert_true(traps && pcs); // the guests did something
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_cut_is_the_same_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
