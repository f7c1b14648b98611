// SPDX-License-Identifier: MIT
// Extensions that an OS uses where it finds them: Svinval, Svnapot, Svpbmt, Zicbom, Zicboz (privileged specification, chapters 11 to 13;
// unprivileged manual, chapter 19).
#include "kit.h"

CODE(do_load, "lw a0, 0(a0); ret");
CODE(do_store, "sw a0, 0(a0); ret");
CODE(do_sinval,
     ".4byte 0x18000073; .4byte 0x16050073; .4byte 0x18100073; ret"); // sfence.w.inval; sinval.vma a0, zero; sfence.inval.ir
CODE(do_inval_fence, ".4byte 0x18000073; ret");
CODE(do_cbo_inval, ".4byte 0x0005200f; ret");
CODE(do_cbo_clean, ".4byte 0x0015200f; ret");
CODE(do_cbo_flush, ".4byte 0x0025200f; ret");
CODE(do_cbo_zero, ".4byte 0x0045200f; ret");

static bool works(const char *code, u64 arg) { return run(M, code, arg) == NOTHING; }

TEST(svinval) {
    if (!works(do_sinval, 0)) SKIP("no Svinval");
    IS(run(U, do_sinval, 0), ILLEGAL);
    IS(run(U, do_inval_fence, 0), ILLEGAL);
    CSR_SET(mstatus, MSTATUS_TVM);
    IS(run(S, do_sinval, 0), ILLEGAL);
    IS(caught.pc, (u64)do_sinval + 4); // SFENCE.W.INVAL is not TVM's
    CSR_CLEAR(mstatus, MSTATUS_TVM);
    if (!paging(3)) SKIP("no Sv39");
    u32 *p = page(), *q = page();
    p[0] = 1, q[0] = 2;
    map(SPACE, 1, (u64)p, V | R | A | D);
    IS(run(S, do_load, SPACE), NOTHING);
    *entry(SPACE, 1) = PTE(q, V | R | A | D);
    IS(run(S, do_sinval, SPACE), NOTHING);
    IS(run(S, do_load, SPACE), NOTHING);
    IS(caught.f.x[10], 2);
}

#define N BIT(63) // of an entry: one of 16 that are a page of 64 KiB
TEST(svnapot) {
    if (!paging(3)) SKIP("no Sv39");
    u8 *block = (u8 *)(RAM + 0x200000); // 64 KiB, aligned, beyond the image
    for (unsigned i = 0; i < 16; i++) *(u32 *)(block + 0x1000 * i) = 100 + i;
    map(SPACE, 1, (u64)block | 0x8000, V | R | A | D);
    for (unsigned i = 0; i < 16; i++) *entry(SPACE + 0x1000 * i, 1) = PTE((u64)block | 0x8000, V | R | A | D) | N;
    sfence();
    if (run(S, do_load, SPACE) == LOAD_PAGE) SKIP("no Svnapot");
    for (unsigned i = 0; i < 16; i++) {
        IS(run(S, do_load, SPACE + 0x1000 * i), NOTHING);
        IS(caught.f.x[10], 100 + i);
    }
    // All other sizes are reserved, and so is N in a table and in a superpage.
    for (unsigned low = 0; low < 16; low++) {
        if (low == 8) continue;
        *entry(SPACE, 1) = PTE((u64)block | low << 12, V | R | A | D) | N;
        sfence();
        IS(run(S, do_load, SPACE) | low << 16, LOAD_PAGE | low << 16);
    }
    *entry(SPACE, 1) = PTE(block, V | R | A | D);
    *entry(SPACE, 2) |= N;
    sfence();
    IS(run(S, do_load, SPACE), LOAD_PAGE);
    *entry(SPACE, 2) = PTE(RAM, V | R | A | D) | N;
    sfence();
    IS(run(S, do_load, SPACE), LOAD_PAGE);
}

TEST(svpbmt) {
    CSR_WRITE(0x30a, BIT(62)); // menvcfg.PBMTE
    if (!(CSR_READ(0x30a) >> 62 & 1)) SKIP("no Svpbmt");
    if (!paging(3)) SKIP("no Sv39");
    void *p = page();
    for (u64 type = 0; type < 4; type++) {
        map(SPACE, 1, (u64)p, V | R | A | D);
        *entry(SPACE, 1) |= type << 61;
        sfence();
        IS(run(S, do_load, SPACE), type == 3 ? LOAD_PAGE : NOTHING);
        CSR_WRITE(0x30a, 0);
        sfence();
        IS(run(S, do_load, SPACE), type ? LOAD_PAGE : NOTHING);
        CSR_WRITE(0x30a, BIT(62));
    }
    map(SPACE, 1, (u64)p, V | R | A | D);
    *entry(SPACE, 2) |= BIT(61); // in a table
    sfence();
    IS(run(S, do_load, SPACE), LOAD_PAGE);
}

// ---- cache blocks

TEST(cache_blocks_under_paging) {
    u8 *p = page();
    if (!works(do_cbo_zero, (u64)p) || !works(do_cbo_clean, (u64)p)) SKIP("no Zicbom and Zicboz");
    CSR_WRITE(0x30a, 0xf0);
    CSR_WRITE(0x10a, 0xf0);
    if (!paging(3)) SKIP("no Sv39");
    static const char *const code[] = {do_cbo_inval, do_cbo_clean, do_cbo_flush, do_cbo_zero};
    for (unsigned i = 0; i < countof(code); i++) {
        *entry(SPACE, 1) = 0;
        sfence();
        IS(run(S, code[i], SPACE + 8), STORE_PAGE);
        map(SPACE, 1, (u64)p, V | R | A | D); // reading is enough for all but zeroing
        IS(run(S, code[i], SPACE + 8), code[i] == do_cbo_zero ? STORE_PAGE : NOTHING);
        map(SPACE, 1, (u64)p, V | R | W | A | D | UP);
        IS(run(U, alias(code[i]), SPACE + 8), NOTHING);
        IS(run(S, code[i], SPACE + 8), STORE_PAGE); // a user's page, and SUM is 0
    }
    IS(run(S, do_store, SPACE), STORE_PAGE);
}
