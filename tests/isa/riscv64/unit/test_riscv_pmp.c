// SPDX-License-Identifier: MIT
// Physical memory protection against its rule stated byte by byte (riscv_oracle.c): every access of 1 to 16 bytes at every place
// around entries of every kind, the answer for whole pages, and what the CSRs take.
#include "base/bits.h"
#include "base/splitmix.h"
#include "isa/riscv64/pmp.h"
#include "riscv_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static u64 seed;
static unsigned below(unsigned n) { return (unsigned)((splitmix64(&seed) >> 32) * n >> 32); }

static const enum rv_kind kinds[] = {[MMU_READ] = RV_LOAD, [MMU_WRITE] = RV_STORE, [MMU_EXEC] = RV_FETCH};
static const u8 privs[] = {RV_U, RV_S, RV_M};
static const u8 perms[] = {[MMU_READ] = PERM_R, [MMU_WRITE] = PERM_W, [MMU_EXEC] = PERM_X};

static unsigned passed, failed;

static void check(const struct rv_pmp *p, u64 at, unsigned size) {
    if (at + (size - 1) < at) return; // two accesses: at the end and the beginning of the address space
    for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++)
        for (unsigned i = 0; i < countof(privs); i++) {
            int entry;
            bool may = rv_oracle_pmp(p->cfg, p->addr, at, size, kinds[a], privs[i], &entry);
            if (rv_pmp_check(p, at, size, a, privs[i]) != may)
                fail_msg("%u bytes at %llx, access %u, mode %u: entry %d", size, (unsigned long long)at, a, privs[i], entry);
            may ? passed++ : failed++;
        }
}

// Page by page: the rights of every access within, or mixed exactly when not all bytes have the same entry.
static void check_page(const struct rv_pmp *p, u64 page) {
    int first = rv_oracle_pmp_entry(p->cfg, p->addr, page);
    bool same = true;
    for (u64 at = page; same && at < page + 4096; at += 4) same = rv_oracle_pmp_entry(p->cfg, p->addr, at) == first;
    for (unsigned i = 0; i < countof(privs); i++) {
        u8 rights = rv_pmp_page(p, page, privs[i]), expected = 0;
        int entry;
        for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++)
            if (rv_oracle_pmp(p->cfg, p->addr, page + 8 * below(512), 8, kinds[a], privs[i], &entry)) expected |= perms[a];
        assert_int_equal(rights, same ? expected : RV_PMP_MIXED);
    }
}

// ---- a few entries close together, everything asked around them

enum { NEAR = 0x80002000 };

// Around NEAR, at four bytes' granularity; `wide` of them cover pages.
static void random_entry(struct rv_pmp *p, unsigned i, bool wide) {
    u64 v = splitmix64(&seed);
    p->cfg[i] = (u8)(v & 0x9f);
    if ((p->cfg[i] & 3) == 2) p->cfg[i] &= 0xfd;
    p->addr[i] = (NEAR >> 2) - 16 + (v >> 8 & 31);
    if (wide) p->addr[i] = (NEAR >> 2) + (v >> 8 & 3) * 0x400 - (v >> 10 & 1) * 0x400 + (v >> 11 & 1) * (v >> 16 & 0x3ff);
    if (v >> 32 & 1) p->addr[i] |= mask((unsigned)(v >> 33 & (wide ? 15 : 3)), 0); // ones at the end: NAPOT's size
    if ((v >> 40) % 32 == 0) p->addr[i] = mask(53, 0);
}

static void near(void **state) {
    seed = 1;
    for (unsigned n = 0; n < 1500; n++) {
        struct rv_pmp p = {0};
        unsigned count = 1 + below(4);
        for (unsigned i = 0; i < count; i++) random_entry(&p, n % 3 ? i : below(16), n % 7 == 0);
        for (u64 at = NEAR - 72; at < NEAR + 72; at += 1 + below(3))
            for (unsigned size = 1; size <= 16; size *= 2) check(&p, at, size);
    }
    assert_true(passed > 100000 && failed > 100000);
}

static void pages(void **state) {
    unsigned mixed = 0;
    seed = 2;
    for (unsigned n = 0; n < 3000; n++) {
        struct rv_pmp p = {0};
        unsigned count = 1 + below(5);
        for (unsigned i = 0; i < count; i++) random_entry(&p, n % 3 ? i : below(16), n % 4);
        for (u64 page = NEAR - 0x2000; page < NEAR + 0x3000; page += 0x1000) {
            check_page(&p, page);
            mixed += rv_pmp_page(&p, page, RV_S) == RV_PMP_MIXED;
        }
    }
    assert_in_range(mixed, 2000, 12000);
}

// Every NAPOT size, at its edges; all ones is everything. (Addresses have 56 bits, and M-mode's registers 64.)
static void sizes(void **state) {
    for (unsigned ones = 0; ones <= 54; ones++)
        for (unsigned cfg = 0x18; cfg <= 0x1f; cfg++) {
            u64 first = ones < 50 ? BIT(55) + BIT(3 + ones) : 0, size = BIT(3 + ones);
            struct rv_pmp p = {.cfg[3] = (u8)cfg, .addr[3] = ((first >> 2) | (ones ? mask(ones - 1, 0) : 0)) & mask(53, 0)};
            for (unsigned s = 1; s <= 8; s *= 2) {
                check(&p, first, s), check(&p, first + size - s, s), check(&p, first + size / 2, s);
                check(&p, first + size, s), check(&p, first + size - s / 2, s), check(&p, first - s, s),
                    check(&p, first - s / 2, s);
            }
        }
}

// "If no PMP entry matches an S-mode or U-mode access, but at least one PMP entry is implemented, the access fails."
static void nothing_matches(void **state) {
    struct rv_pmp p = {0};
    for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++) {
        assert_false(rv_pmp_check(&p, NEAR, 4, a, RV_U));
        assert_false(rv_pmp_check(&p, NEAR, 4, a, RV_S));
        assert_true(rv_pmp_check(&p, NEAR, 4, a, RV_M));
        assert_true(rv_pmp_check(NULL, NEAR, 4, a, RV_U));
    }
    assert_int_equal(rv_pmp_page(&p, NEAR, RV_S), 0);
    assert_int_equal(rv_pmp_page(&p, NEAR, RV_M), PERM_R | PERM_W | PERM_X);
    assert_int_equal(rv_pmp_page(NULL, NEAR, RV_U), PERM_R | PERM_W | PERM_X);
}

// The manual's own example: "if a PMP entry is configured to match the four-byte range 0xC-0xF, then an 8-byte access to the range
// 0x8-0xF will fail, assuming that PMP entry is the highest-priority entry that matches those addresses": M-mode's, too.
static void manuals_example(void **state) {
    struct rv_pmp p = {.cfg = {0x17, 0x1f}, .addr = {3, mask(53, 0)}};
    for (unsigned i = 0; i < countof(privs); i++) {
        assert_false(rv_pmp_check(&p, 8, 8, MMU_READ, privs[i]));
        assert_true(rv_pmp_check(&p, 12, 4, MMU_READ, privs[i]));
        assert_true(rv_pmp_check(&p, 8, 4, MMU_READ, privs[i]));
        assert_true(rv_pmp_check(&p, 16, 8, MMU_READ, privs[i]));
    }
}

// An entry begins or ends within a page: one of the pages around its ends is not matched as a whole.
static void fine(void **state) {
    unsigned seen[2] = {0};
    seed = 4;
    for (unsigned n = 0; n < 1000; n++) {
        struct rv_pmp p = {0};
        unsigned i = below(16);
        bool cut = false;
        random_entry(&p, i, n % 4);
        if (p.addr[i] - ((NEAR - 0x2000) >> 2) >= 0x5000 >> 2) continue; // ends elsewhere
        if (below(2)) p.addr[i] &= ~(u64)0x3ff;
        if (i && n % 4) p.addr[i - 1] = (NEAR >> 2) - below(4) * 0x200;
        for (u64 at = NEAR - 0x2000; at < NEAR + 0x3000 && !cut; at += 4)
            cut = rv_oracle_pmp_entry(p.cfg, p.addr, at) != rv_oracle_pmp_entry(p.cfg, p.addr, at & ~(u64)0xfff);
        assert_int_equal(rv_pmp_fine(&p), cut);
        seen[cut]++;
    }
    assert_true(seen[0] > 100 && seen[1] > 100);
}

// ---- CSRs

// The numbers that RV64 has; odd pmpcfg registers, those of entries 16 and up, and neighbours are illegal.
static void numbers(void **state) {
    for (unsigned csr = 0x390; csr < 0x400; csr++) {
        struct rv_pmp p = {0}, untouched = {0};
        u64 value = 1;
        bool there = csr == 0x3a0 || csr == 0x3a2 || (csr >= 0x3b0 && csr <= 0x3bf);
        assert_int_equal(rv_pmp_read(&p, csr, &value), there);
        assert_int_equal(value, 0);
        assert_int_equal(rv_pmp_write(&p, csr, 0x0101010101010101), there);
        if (!there) assert_memory_equal(&p, &untouched, sizeof p);
        else assert_true(rv_pmp_read(&p, csr, &value) && value == 0x0101010101010101 % (csr < 0x3b0 ? ~(u64)0 : BIT(54)));
    }
}

// Random writes of all registers beside the rules for them: R=0 W=1 never appears, bits 5 and 6 are 0, L keeps an entry, and with TOR
// the address below it, until reset.
static void writes(void **state) {
    unsigned kept = 0;
    seed = 3;
    for (unsigned round = 0; round < 3000; round++) {
        struct rv_pmp p = {0};
        u8 cfg[16] = {0};
        u64 addr[16] = {0};
        for (unsigned n = 0; n < 24; n++) {
            u64 v = splitmix64(&seed) & splitmix64(&seed);
            if (below(2)) {
                unsigned half = below(2);
                for (unsigned i = 0; i < 8; i++) {
                    u8 byte = (u8)(v >> 8 * i), *to = &cfg[8 * half + i];
                    if (*to >> 7) continue;
                    *to = byte & (byte & 1 ? 0x9f : 0x9d);
                }
                assert_true(rv_pmp_write(&p, 0x3a0 + 2 * half, v));
            } else {
                unsigned i = below(16);
                bool locked = cfg[i] >> 7 || (i < 15 && (cfg[i + 1] & 0x98) == 0x88);
                if (!locked) addr[i] = v & 0x3fffffffffffff;
                kept += locked;
                assert_true(rv_pmp_write(&p, 0x3b0 + i, v));
            }
            for (unsigned i = 0; i < 18; i++) {
                u64 value, expected = i < 16 ? addr[i] : 0;
                for (unsigned k = 0; k < 8 && i >= 16; k++) expected |= (u64)cfg[8 * (i - 16) + k] << 8 * k;
                assert_true(rv_pmp_read(&p, i < 16 ? 0x3b0 + i : 0x3a0 + 2 * (i - 16), &value));
                assert_int_equal(value, expected);
            }
        }
    }
    assert_true(kept > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near),    cmocka_unit_test(pages),           cmocka_unit_test(fine),
        cmocka_unit_test(sizes),   cmocka_unit_test(nothing_matches), cmocka_unit_test(manuals_example),
        cmocka_unit_test(numbers), cmocka_unit_test(writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
