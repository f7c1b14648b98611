// SPDX-License-Identifier: MIT
// Code that changes, and where it lies (B2.7); the exclusive monitor under exceptions (B2.12).
#include "kit.h"

enum { RET = 0xd65f03c0 };
static u32 movz(unsigned rd, unsigned imm) { return 0xd2800000 | imm << 5 | rd; }

TEST(maintenance_shows_new_code) {
    u32 *p = page();
    p[1] = RET;
    for (unsigned i = 0; i < 200; i++) {
        p[0] = movz(0, i);
        cache_sync(p, 8);
        IS(run(i & 1 ? EL0 : EL1, p, 0), NOTHING);
        IS(caught.f.x[0], i);
    }
}

// Writes the instruction behind its own barriers: w0 = what to write, x1 = where.
TEST(code_changes_itself) {
    u32 *p = page(), n = 0;
    p[n++] = 0xb9000020; // str w0, [x1]
    p[n++] = 0xd50b7b21; // dc cvau, x1
    p[n++] = 0xd5033b9f; // dsb ish
    p[n++] = 0xd50b7521; // ic ivau, x1
    p[n++] = 0xd5033b9f; // dsb ish
    p[n++] = 0xd5033fdf; // isb
    p[n++] = movz(0, 1);
    p[n++] = RET;
    cache_sync(p, 64);
    for (unsigned i = 0; i < 8; i++) {
        IS(run2(EL1, p, movz(0, i), (u64)&p[6]), NOTHING);
        IS(caught.f.x[0], i);
    }
}

// One page of code at two addresses.
TEST(code_at_two_addresses) {
    for (const struct granule *g = granules; g < granules + 3; g++) {
        if (!paging(g)) continue;
        u32 *p = page();
        p[0] = 0x10000000; // adr x0, .
        p[1] = RET;
        cache_sync(p, 8);
        map(SPACE, (u64)p, V | AF | ISH | RO | AP_EL0);
        map(SPACE + 0x800000, (u64)p, V | AF | ISH | RO | AP_EL0);
        for (unsigned i = 0; i < 8; i++) {
            u64 at = SPACE + (i & 1 ? 0x800000 : 0);
            IS(run(i & 2 ? EL0 : EL1, (const void *)at, 0), NOTHING);
            IS(caught.f.x[0], at);
        }
    }
}

CODE(do_store_exclusive, "mov x2, #7; stxr w0, x2, [x1]; ret");
CODE(do_pair, "1: ldxr x2, [x1]; add x2, x2, #1; stxr w0, x2, [x1]; cbnz w0, 1b; ret");
CODE(do_cleared, "ldxr x2, [x1]; clrex; stxr w0, x2, [x1]; ret");
CODE(do_over_an_exception, "ldxr x2, [x1]; svc #0; mov x2, #7; stxr w0, x2, [x1]; ret");

static bool resume(struct frame *f, u64 esr) { return esr >> 26 == SVC; }

TEST(reservations) {
    u64 *p = page();
    IS(run2(EL1, do_pair, 0, (u64)p), NOTHING);
    IS(*p, 1);
    IS(run2(EL1, do_store_exclusive, 0, (u64)p), NOTHING);
    IS(caught.f.x[0], 1);
    IS(run2(EL0, do_cleared, 0, (u64)p), NOTHING);
    IS(caught.f.x[0], 1);
    IS(*p, 1);
    on_trap = resume;
    IS(run2(EL0, do_over_an_exception, 0, (u64)p), NOTHING); // ERET clears the monitor
    on_trap = NULL;
    IS(caught.f.x[0], 1);
    IS(*p, 1);
}
