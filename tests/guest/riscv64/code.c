// SPDX-License-Identifier: MIT
// Code that changes, and where it lies (unprivileged manual, chapter 5); reservations under traps (chapter 14).
#include "kit.h"

enum { RET = 0x00008067, LI_A0_1 = 0x00100513, LI_A0_2 = 0x00200513, C_NOP = 0x0001 };
static void fence_i(void) { __asm__ volatile("fence.i" : : : "memory"); }

TEST(fence_i_shows_new_code) {
    u32 *p = page();
    p[1] = RET;
    for (unsigned i = 0; i < 200; i++) {
        p[0] = 0x13 | 10 << 7 | i << 20; // li a0, i
        fence_i();
        IS(run(i & 1 ? U : S, p, 0), NOTHING);
        IS(caught.f.x[10], i);
    }
}

// Writes the instruction behind its own FENCE.I: a0 = what to write.
CODE(do_write_ahead, "la t0, 1f; sw a0, 0(t0); fence.i; 1: li a0, 1; ret");

TEST(code_changes_itself) {
    IS(run(M, do_write_ahead, LI_A0_2), NOTHING);
    IS(caught.f.x[10], 2);
    IS(run(S, do_write_ahead, LI_A0_1), NOTHING);
    IS(caught.f.x[10], 1);
}

TEST(instructions_run_over_a_pages_end) {
    if (!paging(3)) SKIP("no Sv39");
    u16 *first = page(), *second = page();
    first[2047] = LI_A0_1 & 0xffff;
    second[0] = LI_A0_1 >> 16;
    second[1] = RET & 0xffff;
    second[2] = RET >> 16;
    fence_i();
    map(SPACE, 1, (u64)second, V | R | W | X | A | D);
    map(SPACE + 4096, 1, (u64)first, V | R | X | A | D);
    map(SPACE + 8192, 1, (u64)second, V | R | W | X | A | D);
    IS(run(S, (const void *)(SPACE + 8190), 0), NOTHING);
    IS(caught.f.x[10], 1);
    second[0] = LI_A0_2 >> 16;
    fence_i();
    IS(run(S, (const void *)(SPACE + 8190), 0), NOTHING);
    IS(caught.f.x[10], 2);
    map(SPACE + 8192, 1, (u64)second, V | R | A | D);
    IS(run(S, (const void *)(SPACE + 8190), 0), FETCH_PAGE);
    IS(caught.pc, SPACE + 8190);
    IS(caught.tval, SPACE + 8192);
}

// One page of code at two addresses.
TEST(code_at_two_addresses) {
    if (!paging(3)) SKIP("no Sv39");
    u32 *p = page();
    p[0] = 0x00000517; // auipc a0, 0
    p[1] = RET;
    fence_i();
    map(SPACE, 1, (u64)p, V | R | X | A | D);
    map(SPACE + 0x200000, 1, (u64)p, V | R | X | A | D);
    for (unsigned i = 0; i < 4; i++) {
        u64 at = SPACE + (i & 1 ? 0x200000 : 0);
        IS(run(S, (const void *)at, 0), NOTHING);
        IS(caught.f.x[10], at);
    }
}

CODE(do_store_conditional, "li t1, 7; sc.d a0, t1, (a0); ret");
CODE(do_pair, "1: lr.d t0, (a0); addi t0, t0, 1; sc.d t1, t0, (a0); bnez t1, 1b; mv a0, t1; ret");

static bool resume(struct frame *f, u64 cause) {
    f->x[0] += 4;
    return cause == ECALL_S;
}

TEST(reservations) {
    u64 *p = page();
    IS(run(S, do_pair, (u64)p), NOTHING);
    IS(*p, 1);
    IS(run(S, do_store_conditional, (u64)p), NOTHING);
    IS(caught.f.x[10], 1);
    IS(*p, 1);
}

// A context switch between LR and SC: the return from a trap ends the reservation, or the handler does (Linux leaves it to SC).
CODE(do_over_a_trap, "lr.d t0, (a0); ecall; li t1, 7; sc.d a0, t1, (a0); ret");
TEST(a_trap_between_lr_and_sc) {
    u64 *p = page();
    on_trap = resume;
    IS(run(S, do_over_a_trap, (u64)p), NOTHING);
    on_trap = NULL;
    HOLDS(caught.f.x[10] ? *p == 0 : *p == 7);
}
