// SPDX-License-Identifier: MIT
// Page tables: rights, sizes, what entries may not say, accessed and dirty bits, address spaces (privileged specification, 10.3 to 10.6).
#include "kit.h"

CODE(do_load, "lw a0, 0(a0); ret");
CODE(do_store, "sw a0, 0(a0); ret");
CODE(do_jump, "jr a0");

static u64 at_alias(const char *code) { return (u64)alias(code); }

// Accesses `va` from that mode: what came of it. `kind`: R, W or X. Pages that are jumped to hold "ret".
static u64 attempt(enum mode mode, unsigned kind, u64 va) {
    const char *code = kind == R ? do_load : kind == W ? do_store : do_jump;
    return run(mode, mode == U ? (const void *)at_alias(code) : code, va);
}
static u64 fault_of(unsigned kind) { return kind == R ? LOAD_PAGE : kind == W ? STORE_PAGE : FETCH_PAGE; }

static void *ret_page(void) {
    u32 *p = page();
    for (unsigned i = 0; i < 1024; i++) p[i] = 0x00008067;
    __asm__ volatile("fence.i" : : : "memory");
    return p;
}
static void *fresh(void *p) { // stores have changed it
    for (unsigned i = 0; i < 1024; i++) ((u32 *)p)[i] = 0x00008067;
    __asm__ volatile("fence.i" : : : "memory");
    return p;
}

// 10.3.1: is this access allowed by these bits of a leaf?
static bool allowed(unsigned pte, enum mode mode, unsigned kind, bool sum, bool mxr) {
    if (!(pte & V) || (pte & (R | W)) == W || !(pte & (R | W | X))) return false;
    if (mode == U && !(pte & UP)) return false;
    if (mode == S && pte & UP && (kind == X || !sum)) return false;
    if (kind == R) return pte & R || (mxr && pte & X);
    return pte & kind;
}

static void rights(unsigned levels) {
    if (!paging(levels)) SKIP("no such mode");
    void *p = ret_page();
    static const unsigned kinds[] = {R, W, X};
    for (unsigned pte = 0; pte < 32; pte++)
        for (unsigned how = 0; how < 4; how++) {
            CSR_CLEAR(mstatus, MSTATUS_SUM | MSTATUS_MXR);
            CSR_SET(mstatus, (how & 1 ? MSTATUS_SUM : 0) | (how & 2 ? MSTATUS_MXR : 0));
            map(SPACE, 1, (u64)fresh(p), pte | A | D);
            for (unsigned mode = U; mode <= S; mode++)
                for (unsigned k = 0; k < 3; k++) {
                    u64 got = attempt((enum mode)mode, kinds[k], SPACE + 8);
                    bool may = allowed(pte, (enum mode)mode, kinds[k], how & 1, how & 2);
                    u64 id = (u64)pte << 16 | how << 12 | mode << 8 | (u64)kinds[k] << 20;
                    IS(got | id << 32, (may ? NOTHING : fault_of(kinds[k])) | id << 32);
                    if (!may) IS(caught.tval, SPACE + 8);
                    fresh(p);
                }
        }
}
TEST(rights_39) { rights(3); }
TEST(rights_48) { rights(4); }
TEST(rights_57) { rights(5); }

TEST(machine_mode_is_not_translated) {
    if (!paging(3)) SKIP("no Sv39");
    IS(attempt(M, R, RAM), NOTHING);
    IS(attempt(M, R, SPACE), LOAD_ACCESS);
}

// ---- sizes

static void sizes(unsigned levels) {
    if (!paging(levels)) SKIP("no such mode");
    u32 *p = page();
    p[1] = 0x1234;
    for (unsigned level = 1; level <= levels && level <= 3; level++) {
        u64 size = (u64)1 << (3 + 9 * level);
        u64 va = SPACE + (u64)level * 0x4000000000 % 0x3000000000 + ((u64)p & (size - 1));
        map(va, level, (u64)p & ~(size - 1), V | R | A | D);
        IS(attempt(S, R, va + 4), NOTHING);
        IS(caught.f.x[10], 0x1234);
        if (level == 1) continue;
        // A page that does not begin where pages of its size do
        *entry(va, level) |= PTE(0x1000, 0);
        sfence();
        IS(attempt(S, R, va + 4), LOAD_PAGE);
        *entry(va, level) = 0;
        sfence();
    }
}
TEST(sizes_39) { sizes(3); }
TEST(sizes_48) { sizes(4); }
TEST(sizes_57) { sizes(5); }

TEST(reserved_entries) {
    if (!paging(3)) SKIP("no Sv39");
    void *p = page();
    map(SPACE, 1, (u64)p, V | R | A | D);
    IS(attempt(S, R, SPACE), NOTHING);
    for (unsigned bit = 54; bit < 61; bit++) {
        *entry(SPACE, 1) ^= BIT(bit);
        sfence();
        IS(attempt(S, R, SPACE), LOAD_PAGE);
        *entry(SPACE, 1) ^= BIT(bit);
    }
    // A pointer at the last level; A, D or U in a pointer
    map(SPACE, 1, (u64)p, V);
    IS(attempt(S, R, SPACE), LOAD_PAGE);
    map(SPACE, 1, (u64)p, V | R | A | D);
    static const unsigned bits[] = {A, D, UP};
    for (unsigned i = 0; i < 3; i++) {
        *entry(SPACE, 2) |= bits[i];
        sfence();
        IS(attempt(S, R, SPACE), LOAD_PAGE);
        *entry(SPACE, 2) &= ~(u64)bits[i];
        sfence();
        IS(attempt(S, R, SPACE), NOTHING);
    }
    // A table where nothing is
    u64 table = *entry(SPACE, 2);
    *entry(SPACE, 2) = PTE(NOWHERE, V);
    sfence();
    IS(attempt(S, R, SPACE), LOAD_ACCESS);
    IS(attempt(S, W, SPACE), STORE_ACCESS);
    IS(attempt(S, X, SPACE), FETCH_ACCESS);
    *entry(SPACE, 2) = table;
}

TEST(addresses_are_sign_extended) {
    for (unsigned levels = 3; levels <= 5; levels++) {
        if (!paging(levels)) continue;
        u64 top = BIT(11 + 9 * levels);
        void *p = page();
        map(-top, 1, (u64)p, V | R | A | D); // the lowest address of the upper half
        IS(attempt(S, R, -top), NOTHING);
        IS(attempt(S, R, top), LOAD_PAGE); // the same without its upper bits
        IS(caught.tval, top);
        IS(attempt(S, X, top), FETCH_PAGE);
    }
}

// ---- accessed and dirty: set by the processor, or a page fault (10.3.1, 7)

TEST(accessed_and_dirty) {
    if (!paging(3)) SKIP("no Sv39");
    void *p = page();
    map(SPACE, 1, (u64)p, V | R | W);
    if (attempt(S, R, SPACE) == LOAD_PAGE) {
        IS(attempt(S, W, SPACE), STORE_PAGE);
        map(SPACE, 1, (u64)p, V | R | W | A);
        IS(attempt(S, R, SPACE), NOTHING);
        IS(attempt(S, W, SPACE), STORE_PAGE);
        IS(*entry(SPACE, 1), PTE(p, V | R | W | A));
        return;
    }
    IS(*entry(SPACE, 1), PTE(p, V | R | W | A));
    IS(attempt(S, W, SPACE), NOTHING);
    IS(*entry(SPACE, 1), PTE(p, V | R | W | A | D));
    IS(*entry(SPACE, 2) & (A | D), 0);
}

// ---- an access over a page's end

TEST(crossing) {
    if (!paging(3)) SKIP("no Sv39");
    u8 *p = page(), *q = page();
    map(SPACE, 1, (u64)q, V | R | W | A | D); // not in physical order
    map(SPACE + 4096, 1, (u64)p, V | R | W | A | D);
    q[4094] = 1, q[4095] = 2, p[0] = 3, p[1] = 4;
    IS(attempt(S, R, SPACE + 4094), NOTHING);
    IS(caught.f.x[10], 0x04030201);
    IS(attempt(S, W, SPACE + 4093), NOTHING);
    IS(q[4093], 0xfd);
    IS(p[0], 0);
    map(SPACE + 4096, 1, (u64)p, V | R | A | D);
    IS(attempt(S, W, SPACE + 4094), STORE_PAGE);
    HOLDS(caught.tval == SPACE + 4096 || caught.tval == SPACE + 4094);
    IS(q[4094] | q[4095] << 8, 0x0f | 0x00 << 8);
    *entry(SPACE + 4096, 1) = 0;
    sfence();
    IS(attempt(S, R, SPACE + 4094), LOAD_PAGE);
}

// ---- satp and address spaces

// Jumps within one page whose other mapping says something else: a0 = new satp.
CODE(do_switch, "csrw satp, a0; li a0, 1; ret");

TEST(satp_counts_at_once) {
    if (!paging(3)) SKIP("no Sv39");
    // The page at SPACE is code that switches to tables where it reads "li a0, 2; ret".
    u32 *here = page(), *there = page();
    for (unsigned i = 0; i < 3; i++) here[i] = ((const u32 *)do_switch)[i];
    here[0] = 0x18051073; // csrw satp, a0
    here[1] = 0x00100513; // li a0, 1
    here[2] = 0x00008067;
    there[0] = 0x00300513;
    there[1] = 0x00200513; // li a0, 2
    there[2] = 0x00008067;
    __asm__ volatile("fence.i" : : : "memory");
    map(SPACE, 1, (u64)here, V | R | X | A | D);
    u64 first = CSR_READ(satp);
    paging(3);
    map(SPACE, 1, (u64)there, V | R | X | A | D);
    u64 second = CSR_READ(satp);
    for (unsigned i = 0; i < 3; i++) {
        CSR_WRITE(satp, first);
        sfence();
        IS(run(S, (const void *)SPACE, second | BIT(44)), NOTHING); // another address space: nothing to be flushed
        IS(caught.f.x[10], 2);
    }
}

TEST(spaces_have_numbers) {
    if (!paging(3)) SKIP("no Sv39");
    u32 *p = page(), *q = page();
    p[0] = 1, q[0] = 2;
    map(SPACE, 1, (u64)p, V | R | A | D);
    u64 first = CSR_READ(satp);
    CSR_WRITE(satp, first | (u64)0xffff << 44);
    u64 most = CSR_READ(satp) >> 44 & 0xffff;
    if (!most) {
        CSR_WRITE(satp, first);
        SKIP("no address space numbers");
    }
    paging(3);
    map(SPACE, 1, (u64)q, V | R | A | D);
    u64 second = CSR_READ(satp) | (u64)1 << 44;
    for (unsigned i = 0; i < 4; i++) {
        CSR_WRITE(satp, i & 1 ? second : first);
        IS(attempt(S, R, SPACE), NOTHING);
        IS(caught.f.x[10], i & 1 ? 2 : 1);
    }
}

CODE(do_fence_both, "sfence.vma a0, zero; ret");

TEST(fence_of_one_address) {
    if (!paging(3)) SKIP("no Sv39");
    u32 *p = page(), *q = page();
    p[0] = 1, q[0] = 2;
    map(SPACE, 1, (u64)p, V | R | A | D);
    IS(attempt(S, R, SPACE), NOTHING);
    *entry(SPACE, 1) = PTE(q, V | R | A | D);
    IS(run(S, do_fence_both, SPACE + 8), NOTHING);
    IS(attempt(S, R, SPACE), NOTHING);
    IS(caught.f.x[10], 2);
    // The upper half's addresses, too
    u64 high = -(u64)0x1000;
    map(high, 1, (u64)p, V | R | A | D);
    IS(attempt(S, R, high), NOTHING);
    *entry(high, 1) = PTE(q, V | R | A | D);
    IS(run(S, do_fence_both, high), NOTHING);
    IS(attempt(S, R, high), NOTHING);
    IS(caught.f.x[10], 2);
}
