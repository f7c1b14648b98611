// SPDX-License-Identifier: MIT
// Physical memory protection (privileged specification, 3.7).
#include "kit.h"

CODE(do_load, "ld a0, 0(a0); ret");
CODE(do_store, "sd zero, 0(a0); ret");
CODE(do_load_byte, "lb a0, 0(a0); ret");

enum { CFG_R = 1, CFG_W = 2, CFG_X = 4, TOR = 1 << 3, NA4 = 2 << 3, NAPOT = 3 << 3, LOCKED = 0x80 };
static void set(unsigned i, u64 addr, unsigned cfg) { // entries 0..3
    switch (i) {
    case 0: CSR_WRITE(pmpaddr0, addr); break;
    case 1: CSR_WRITE(pmpaddr1, addr); break;
    case 2: CSR_WRITE(pmpaddr2, addr); break;
    default: CSR_WRITE(pmpaddr3, addr); break;
    }
    u64 v = CSR_READ(pmpcfg0) & ~((u64)0xff << 8 * i);
    CSR_WRITE(pmpcfg0, v | (u64)cfg << 8 * i);
    sfence();
}
// All of memory by the last entry: the ones before it count first.
static void open_rest(void) { set(3, ~(u64)0 >> 10, NAPOT | CFG_R | CFG_W | CFG_X); }

TEST(nothing_matches) {
    set(3, NOWHERE >> 2, NA4 | CFG_R);
    set(0, 0, 0);
    IS(run(S, do_load, RAM), FETCH_ACCESS);
    IS(run(M, do_load, RAM), NOTHING);
}

static void rights_of_a_page(u64 addr0, u64 addr1, unsigned match, u64 at) {
    for (unsigned rights = 0; rights < 8; rights++) {
        if ((rights & 3) == CFG_W) continue; // reserved
        open_rest();
        set(0, addr0, match == TOR ? 0 : match | rights);
        if (match == TOR) set(1, addr1, TOR | rights);
        IS(run(S, do_load, at), rights & CFG_R ? NOTHING : LOAD_ACCESS);
        IS(run(U, do_store, at), rights & CFG_W ? NOTHING : STORE_ACCESS);
        IS(run(M, do_store, at), NOTHING); // not locked
        IS(run(S, do_load, at - 8), NOTHING);
        set(1, 0, 0);
    }
}
TEST(napot) {
    u64 p = (u64)page();
    rights_of_a_page(p >> 2 | 0x1ff, 0, NAPOT, p);
}
TEST(tor) {
    u64 p = (u64)page();
    rights_of_a_page(p >> 2, (p + 4096) >> 2, TOR, p);
}

TEST(an_access_must_match_whole) {
    u64 p = (u64)page();
    set(0, (p + 64) >> 2, NA4 | CFG_R | CFG_W);
    if ((CSR_READ(pmpcfg0) & 0x18) != NA4) SKIP("no regions of 4 bytes");
    open_rest();
    IS(run(S, do_load_byte, p + 64), NOTHING);
    IS(run(S, do_load, p + 64), LOAD_ACCESS); // half of it matches
    IS(run(S, do_load, p + 56), NOTHING);
    IS(run(S, do_load, p + 72), NOTHING);
}

TEST(page_tables_are_protected_too) {
    if (!paging(3)) SKIP("no Sv39");
    u64 *table, va = SPACE;
    void *p = page();
    map(va, 1, (u64)p, V | R | W | A | D);
    IS(run(S, do_load, va), NOTHING);
    table = (u64 *)((u64)entry(va, 1) & ~(u64)4095);
    open_rest();
    set(0, (u64)table >> 2 | 0x1ff, NAPOT);
    IS(run(S, do_load, va), LOAD_ACCESS);
    IS(run(S, do_store, va), STORE_ACCESS);
    IS(caught.tval, va);
}
