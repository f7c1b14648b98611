// SPDX-License-Identifier: MIT
// The rules of SDM vol. 3A chapter 4, written down a second time as straight code per format. Faults are in the walker's words.
#include "base/bits.h"
#include "isa/x86_64/sys/paging.h"
#include "walk_driver.h"

enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128, G = 256 };
#define XD BIT(63)

// The control bits of a question; PSE and 1 GiB pages among them. MAXPHYADDR is the same for all about one set of tables.
static bool wp(const struct walk_question *q) { return q->control & 1; }
static bool nxe(const struct walk_question *q) { return q->control & 6; }
static bool smep(const struct walk_question *q) { return q->control & 8; }
static bool smap(const struct walk_question *q) { return q->control & 16; }
static bool pse(const struct walk_question *q) { return q->control & 32; }
static bool page1g(const struct walk_question *q) { return q->control & 64; }
static unsigned maxphy(const struct walk_rig *r) { return 36 + r->world % 5; }

// 4.6.1, in its order: user-mode accesses, then supervisor-mode ones.
static bool allowed(const struct walk_question *q, enum mmu_access access, u8 perm) {
    bool user_page = perm & PERM_U, writable = perm & PERM_W, executable = perm & PERM_X;
    if (q->user) {
        if (!user_page) return false;
        if (access == MMU_READ) return true;
        if (access == MMU_WRITE) return writable;
        return executable;
    }
    switch (access) {
    case MMU_READ: return !user_page || !smap(q);
    case MMU_WRITE: return (writable || !wp(q)) && (!user_page || !smap(q));
    default: return executable && !(user_page && smep(q));
    }
}

static void finish(struct walk_expectation *x, const struct walk_question *q, u64 leaf) {
    for (enum mmu_access a = MMU_READ; a <= MMU_EXEC; a++) x->may[a] = allowed(q, a, x->perm);
    x->fault = x->may[q->access] ? WALK_OK : WALK_DENIED;
    x->global = leaf & G;
    if (!q->look && !x->fault) {
        for (unsigned i = 0; i < x->entries; i++) x->after[i] |= A;
        if (q->access == MMU_WRITE) x->after[x->entries - 1] |= D;
    }
    x->dirty = x->after[x->entries - 1] & D;
    for (unsigned i = 0; i < x->entries; i++)
        if (x->at[i] >= AT_ROM) x->after[i] = x->before[i]; // nothing can be set there, and nobody is told
}

static u64 use(struct walk_expectation *x, struct walk_rig *r, gpa_t at, unsigned bytes) {
    x->at[x->entries] = at;
    u64 e = walk_peek(r, at, bytes);
    x->before[x->entries] = x->after[x->entries] = e;
    x->entries++;
    return e;
}

// 4.5 (4 and 5 levels) and 4.4 (PAE, below the PDPTEs).
static struct walk_expectation long_rules(struct walk_rig *r, const struct walk_question *q, unsigned levels) {
    struct walk_expectation x = {.perm = PERM_R | PERM_W | PERM_U | PERM_X};
    bool pae = levels == 2;
    u64 table = q->root;
    for (unsigned level = levels; level; level--) { // 5: PML5, 4: PML4, 3: PDPT, 2: PD, 1: PT
        unsigned shift = 12 + 9 * (level - 1);
        u64 e = use(&x, r, table + 8 * (q->va >> shift & 511), 8);
        x.fault = WALK_NOT_PRESENT;
        if (!(e & P)) return x;
        bool large = level > 1 && e & PS;
        x.fault = WALK_RESERVED;
        if (large && level > 3) return x;
        if (large && level == 3 && !page1g(q)) return x;
        if (e >> maxphy(r) & (BIT(52 - maxphy(r)) - 1)) return x;
        if (pae && e >> 52 & 0x7ff) return x;
        if (e & XD && !nxe(q)) return x;
        if (large && e & ((BIT(shift) - 1) & ~(u64)0x1fff)) return x; // bits shift-1..13
        if (!(e & W)) x.perm &= ~PERM_W;
        if (!(e & U)) x.perm &= ~PERM_U;
        if (e & XD) x.perm &= ~PERM_X;
        u64 address = e & 0x000ffffffffff000;
        if (level > 1 && !large) {
            table = address;
            continue;
        }
        x.shift = shift;
        x.address = (address & ~(BIT(shift) - 1)) | (q->va & (BIT(shift) - 1));
        finish(&x, q, e);
        break;
    }
    return x;
}

// 4.3.
static struct walk_expectation short_rules(struct walk_rig *r, const struct walk_question *q) {
    struct walk_expectation x = {.perm = PERM_R | PERM_W | PERM_U | PERM_X};
    u64 pde = use(&x, r, q->root + 4 * (q->va >> 22 & 1023), 4);
    x.fault = WALK_NOT_PRESENT;
    if (!(pde & P)) return x;
    if (!(pde & W)) x.perm &= ~PERM_W;
    if (!(pde & U)) x.perm &= ~PERM_U;
    if (pde & PS && pse(q)) {
        u64 high = pde >> 13 & 0xff; // physical address bits 39..32
        x.fault = WALK_RESERVED;
        if (pde & BIT(21)) return x;
        if (maxphy(r) < 40 && high >> (maxphy(r) - 32)) return x;
        x.shift = 22;
        x.address = high << 32 | (pde & 0xffc00000) | (q->va & 0x3fffff);
        finish(&x, q, pde);
        return x;
    }
    u64 pte = use(&x, r, (pde & 0xfffff000) + 4 * (q->va >> 12 & 1023), 4);
    if (!(pte & P)) return x;
    if (!(pte & W)) x.perm &= ~PERM_W;
    if (!(pte & U)) x.perm &= ~PERM_U;
    x.shift = 12;
    x.address = (pte & 0xfffff000) | (q->va & 0xfff);
    finish(&x, q, pte);
    return x;
}

static struct walk_expectation expect(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q) {
    if (rules->va_bits > 32 && (u64)sext(q->va, rules->va_bits) != q->va)
        return (struct walk_expectation){.fault = WALK_NON_CANONICAL};
    return rules->entry_bytes == 4 ? short_rules(r, q) : long_rules(r, q, rules->number);
}

// Present, with rights, to another table or a page, most of the time.
static u64 random_entry(struct walk_rig *r, unsigned bytes) {
    u64 e = AT_TABLES + (u64)walk_below(r, TABLE_PAGES) * PAGE_SIZE;
    if (!walk_one_in(r, 12)) e |= P;
    if (!walk_one_in(r, 4)) e |= W;
    if (!walk_one_in(r, 3)) e |= U;
    e |= walk_rnd(r) & (A | D | G | 0xe18);
    if (walk_one_in(r, 5)) { // a large page, its reserved bits clear
        e = (e & 0xfff) | PS | (walk_one_in(r, 2) ? 0x1000 : 0) | (u64)walk_below(r, 4) << 30;
        if (bytes == 4 && walk_one_in(r, 2)) e |= (u64)walk_below(r, 256) << 13;
        if (walk_one_in(r, 3)) e |= (u64)walk_below(r, 512) << 21;
    }
    if (walk_one_in(r, 8)) e |= PS;
    if (walk_one_in(r, 3) && bytes == 8) e |= XD;
    if (walk_one_in(r, 20)) e |= (u64)1 << walk_below(r, 52);
    if (bytes == 8) {
        if (walk_one_in(r, 20)) e |= (u64)1 << (52 + walk_below(r, 11)); // ignored, or reserved in PAE
        if (walk_one_in(r, 30)) e |= BIT(maxphy(r));
    }
    if (walk_one_in(r, 40)) e = walk_rnd(r);
    if (walk_one_in(r, 60)) e = AT_ROM | P | W | U; // whose accessed bits cannot be set
    return e;
}

static u64 entry_4(struct walk_rig *r) { return random_entry(r, 4); }
static u64 entry_8(struct walk_rig *r) { return random_entry(r, 8); }

static int walk(const struct walk_rules *rules, struct walk_rig *r, const struct walk_question *q, struct walk *w) {
    static const struct pt_format *const formats[] = {
        [1] = &x86_format_32, [2] = &x86_format_pae, [4] = &x86_format_4level, [5] = &x86_format_5level};
    *w = (struct walk){.format = formats[rules->number], .root = q->root, .user = q->user, .look = q->look};
    w->control = (wp(q) ? CTL_WP : 0) | (nxe(q) ? CTL_NXE : 0) | (smep(q) ? CTL_SMEP : 0) | (smap(q) ? CTL_SMAP : 0) |
                 (pse(q) ? CTL_PSE : 0) | (page1g(q) ? CTL_1G : 0) | (u64)maxphy(r) << CTL_MAXPHY_SHIFT;
    enum walk_fault fault = mmu_walk(w, &r->bus, q->va, q->access);
    return w->fault == fault ? (int)fault : -1;
}

#define X86(label, bits, n, entries, ...)                                                                                        \
    {.name = label,                                                                                                              \
     .entry_bytes = entries,                                                                                                     \
     .va_bits = bits,                                                                                                            \
     .entry = entries == 4 ? entry_4 : entry_8,                                                                                  \
     .expect = expect,                                                                                                           \
     .walk = walk,                                                                                                               \
     .number = n,                                                                                                                \
     __VA_ARGS__}

const struct walk_rules walk_rules_x86[4] = {
    X86("32-bit", 32, 1, 4, .faults = {WALK_NOT_PRESENT, WALK_RESERVED, WALK_DENIED}, .shifts = {12, 22}),
    X86("PAE", 32, 2, 8, .faults = {WALK_NOT_PRESENT, WALK_RESERVED, WALK_DENIED}, .shifts = {12, 21}),
    X86("4-level", 48, 4, 8, .faults = {WALK_NON_CANONICAL, WALK_NOT_PRESENT, WALK_RESERVED, WALK_DENIED},
        .shifts = {12, 21, 30}),
    X86("5-level", 57, 5, 8, .faults = {WALK_NON_CANONICAL, WALK_NOT_PRESENT, WALK_RESERVED, WALK_DENIED},
        .shifts = {12, 21, 30}),
};
