// SPDX-License-Identifier: MIT
// The TLB beside a model that has none (SDM vol. 3A, 4.10): random changes of entries, accesses, and every operation that
// forgets translations or must not. The model only keeps which translations were used since they last had to be forgotten; an
// access must go as the tables say now, or as one of those says under the registers of now.
//   TLB_MODEL_STEPS=N TLB_MODEL_SEED=S test_x86_tlb_model     a longer run by hand
#include "flavour.h"
#include "base/splitmix.h"
#include "paging_rig.h"

#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/sys/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct ops ops_invlpg, ops_invpcid, ops_wrpkru; // of op_sys.c

#define SLOWER BY_FLAVOUR(1, 20, 5)

enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128, G = 256 };
#define XD BIT(63)

// ---- the linear addresses: the same pages in three regions, of which the first and the last share slots, and one page that
// never changes, for descriptors
enum { REGIONS = 3, PAGES = 5, SPACES = 3, HELD = 48, PCIDS = 4 };
static const u32 region_at[REGIONS] = {0x40400000, 0x40a00000, 0x80400000};
static const u32 page_at[PAGES] = {0, 1 << 12, 7 << 12, 0x100 << 12, 0x1ff << 12};
enum { STEADY = 0xc0400000, STEADY_FRAME = 0x60000, OTHER_KEY = 15 };

// Page tables of address space n: a page for each place of the tree.
enum place {
    AT_PML5,
    AT_PML4,
    AT_PDPT,
    AT_PD,
    AT_PD2,
    AT_PT,
    AT_PDPT_STEADY = AT_PT + REGIONS,
    AT_PD_STEADY,
    AT_PT_STEADY,
    PLACES
};
static gpa_t table(unsigned space, unsigned place) { return 0x700000 + space * 0x10000 + place * 0x1000; }

struct held { // a translation that may still be in the TLB
    struct oracle_translation t;
    u16 pcid;
    bool global;
};

struct model {
    struct paging_rig *p;
    enum paging_format f;
    u64 seed;
    struct {
        struct held held[HELD];
        unsigned n;
    } page[REGIONS][PAGES];
    unsigned space;      // that CR3 points to
    unsigned region, at; // where accesses and changes are just now
    unsigned tss;
    unsigned long long steps, accesses, faults, stale, stale_after_cr3;
    bool cr3_kept; // the last CR3 load kept translations, and no access since
};

static u64 rnd(struct model *m) { return splitmix64(&m->seed); }
static unsigned below(struct model *m, unsigned n) { return (unsigned)((rnd(m) >> 32) * n >> 32); }
static bool one_in(struct model *m, unsigned n) { return below(m, n) == 0; }

// Mostly where the last one was.
static void look_elsewhere(struct model *m) {
    if (!one_in(m, 3)) return;
    m->region = below(m, REGIONS);
    m->at = below(m, PAGES);
}

static bool long_mode(const struct model *m) { return m->f >= PAGING_4; }
static unsigned entry_bytes(const struct model *m) { return m->f == PAGING_32 ? 4 : 8; }
static gva_t wide(const struct model *m, u32 la) {
    bool steady = la >> 30 == 3;
    return la | (long_mode(m) ? (u64)(steady ? 9 : 5) << 39 : 0) | (m->f == PAGING_5 ? (u64)(steady ? 4 : 3) << 48 : 0);
}
static gva_t la_of(const struct model *m, unsigned region, unsigned page) { return wide(m, region_at[region] + page_at[page]); }
static u16 pcid(const struct model *m) { return m->p->o.cr4 & CR4_PCIDE ? m->p->o.cr3 & 0xfff : 0; }

// ---- what must be forgotten

struct forget {
    bool globals, any_pcid, any_address;
    u16 pcid;
    gva_t la;
};

static bool covers(const struct forget *f, const struct held *h, gva_t la) {
    // A large page's pieces go together (4.10.2.3).
    if (!f->any_address && (la ^ f->la) >> h->t.size) return false;
    if (h->global) return f->globals;
    return f->any_pcid || h->pcid == f->pcid;
}

static void forget(struct model *m, struct forget f) {
    for (unsigned r = 0; r < REGIONS; r++)
        for (unsigned i = 0; i < PAGES; i++) {
            unsigned kept = 0, n = m->page[r][i].n;
            struct held *h = m->page[r][i].held;
            for (unsigned k = 0; k < n; k++)
                if (!covers(&f, &h[k], la_of(m, r, i))) h[kept++] = h[k];
            m->page[r][i].n = kept;
        }
}

static void forget_all(struct model *m) { forget(m, (struct forget){.globals = true, .any_pcid = true, .any_address = true}); }

static void remember(struct model *m, unsigned region, unsigned page, const struct oracle_translation *t) {
    struct held h = {.t = *t, .pcid = pcid(m), .global = t->global && m->p->o.cr4 & CR4_PGE};
    unsigned *n = &m->page[region][page].n;
    for (unsigned i = 0; i < *n; i++)
        if (!memcmp(&m->page[region][page].held[i], &h, sizeof h)) return;
    if (*n == HELD) { // never in practice: the CPU forgets them, too
        x86_tlb_flush_all(m->p->r->c);
        forget_all(m);
        *n = 0;
    }
    m->page[region][page].held[(*n)++] = h;
}

// ---- an access

static bool by_a_held_one(struct model *m, unsigned region, unsigned page, const struct oracle_access *a,
                          struct paging_result *got) {
    if (got->vector >= 0) return false;
    for (unsigned i = 0; i < m->page[region][page].n; i++) {
        const struct held *h = &m->page[region][page].held[i];
        bool key;
        if (!h->global && h->pcid != pcid(m)) continue;
        if (!oracle_allows(&m->p->o, &h->t, a, &key) || (a->kind == ORACLE_WRITE && !h->t.dirty)) continue;
        gpa_t then = h->t.page | (a->la & (((u64)1 << h->t.size) - 1));
        if (got->pa == then || (got->pa == PAGING_LOST && paging_took_write(m->p, then))) return true;
    }
    return false;
}

static void access_one(struct model *m, unsigned region, unsigned page, enum oracle_kind kind, bool implicit) {
    struct paging_rig *p = m->p;
    struct oracle_access a = {.la = la_of(m, region, page) + 8 * below(m, 512), .kind = kind, .implicit = implicit};
    struct oracle_verdict v = oracle_access(&p->o, &a);
    struct paging_result got = paging_access(p, &a, v.pa);
    m->accesses++;
    if (paging_as_told(&got, &v, &a) && paging_entries_are(p, &v, true)) {
        struct oracle_translation t = v.path.t;
        t.dirty |= kind == ORACLE_WRITE;
        if (v.vector < 0) remember(m, region, page, &t);
        else forget(m, (struct forget){.globals = false, .pcid = pcid(m), .la = a.la}); // 4.10.4.1, page faults
        m->faults += v.vector >= 0;
    } else {
        if (!paging_entries_are(p, &v, false) || !by_a_held_one(m, region, page, &a, &got)) {
            fprintf(stderr, "step %llu, format %u, PCID %u, %u held\n", m->steps, m->f, pcid(m), m->page[region][page].n);
            paging_differs(p, &a, &v, &got);
        }
        m->stale++;
        m->stale_after_cr3 += m->cr3_kept;
    }
    m->cr3_kept = false;
}

static void access(struct model *m) {
    static const u8 kinds[] = {ORACLE_READ, ORACLE_READ, ORACLE_READ, ORACLE_WRITE, ORACLE_WRITE, ORACLE_FETCH};
    enum oracle_kind kind = kinds[below(m, countof(kinds))];
    look_elsewhere(m);
    access_one(m, m->region, m->at, kind, kind != ORACLE_FETCH && one_in(m, 6));
}

// ---- entries

static u64 rights(struct model *m) {
    u64 e = P | W | U | A;
    if (one_in(m, 12)) e &= ~(u64)W;
    if (one_in(m, 12)) e &= ~(u64)U;
    if (one_in(m, 24) && entry_bytes(m) == 8) e |= XD; // a reserved bit when NXE is off
    return e;
}

static u64 leaf_rights(struct model *m) {
    u64 e = (rnd(m) & (A | D | G)) | (one_in(m, 16) ? 0 : P) | (one_in(m, 5) ? 0 : W) | (one_in(m, 4) ? 0 : U);
    if (entry_bytes(m) == 8 && one_in(m, 8)) e |= XD;
    if (long_mode(m)) e |= (u64)below(m, 4) << 59;
    return e;
}

static unsigned large_shift(const struct model *m) { return m->f == PAGING_32 ? 22 : 21; }

static u64 new_pte(struct model *m) { return (0x50000 + ((u64)below(m, 8) << 12)) | leaf_rights(m); }

static u64 new_pde(struct model *m, unsigned space, unsigned region) {
    if (one_in(m, 3)) return (u64)below(m, 2) * (m->f == PAGING_32 ? 1u << 23 : 1u << 21) | leaf_rights(m) | PS;
    return table(one_in(m, 6) ? below(m, SPACES) : space, AT_PT + region) | rights(m);
}

static u64 new_pdpte(struct model *m, unsigned space, unsigned region) {
    u64 pd = table(space, region == 2 ? AT_PD2 : AT_PD);
    if (m->f == PAGING_PAE) return pd | (one_in(m, 6) ? 0 : P);
    if (one_in(m, 3)) return (u64)below(m, 2) << 30 | leaf_rights(m) | PS;
    return pd | rights(m);
}

// Where the entry is that maps region and page at the level of `place`.
static gpa_t entry_place(const struct model *m, unsigned space, unsigned place, unsigned region, unsigned page) {
    gva_t la = la_of(m, region, page);
    unsigned bits = m->f == PAGING_32 ? 10 : 9, bytes = entry_bytes(m);
    switch (place) {
    case AT_PML5: return table(space, place) + 8 * (la >> 48 & 511);
    case AT_PML4: return table(space, place) + 8 * (la >> 39 & 511);
    case AT_PDPT: return table(space, place) + 8 * (la >> 30 & (m->f == PAGING_PAE ? 3 : 511));
    case AT_PD:
        return table(space, region == 2 && bytes == 8 ? AT_PD2 : AT_PD) + bytes * (la >> large_shift(m) & ((1u << bits) - 1));
    default: return table(space, AT_PT + region) + bytes * (la >> 12 & ((1u << bits) - 1));
    }
}

static u64 new_entry(struct model *m, unsigned space, unsigned place, unsigned region) {
    switch (place) {
    case AT_PML5: return table(one_in(m, 8) ? below(m, SPACES) : space, AT_PML4) | rights(m);
    case AT_PML4: return table(one_in(m, 8) ? below(m, SPACES) : space, AT_PDPT) | rights(m);
    case AT_PDPT: return new_pdpte(m, space, region);
    case AT_PD: return new_pde(m, space, region);
    default: return new_pte(m);
    }
}

static unsigned random_place(struct model *m) {
    unsigned n = below(m, 16);
    if (n >= 7 || m->f == PAGING_NONE) return AT_PT;
    if (n >= 3 || m->f == PAGING_32) return AT_PD;
    if (n == 2 || m->f == PAGING_PAE) return AT_PDPT;
    return n == 1 || m->f == PAGING_4 ? AT_PML4 : AT_PML5;
}

static void run_op(struct model *m, op_fn *fn, struct uop u);
static void invlpg(struct model *m, gva_t la);

static void change_entry(struct model *m) {
    static const u64 flips[] = {P, W, U, A, D, A | D, G, XD, XD, P};
    unsigned space = one_in(m, 2) ? m->space : below(m, SPACES), place = random_place(m);
    look_elsewhere(m);
    unsigned region = m->region, page = m->at;
    gpa_t at = entry_place(m, space, place, region, page);
    u64 e = new_entry(m, space, place, region);
    bool pdpte_register = place == AT_PDPT && m->f == PAGING_PAE;
    if (!pdpte_register && one_in(m, 3)) {
        e = paging_peek(m->p, at, entry_bytes(m)) ^ flips[below(m, countof(flips))];
        if (place != AT_PT) e |= P;
    }
    paging_poke(m->p, at, e, entry_bytes(m));
    if (one_in(m, 4)) invlpg(m, la_of(m, region, page));
}

// ---- instructions, by their handlers

SOP(stop) { c->cur = NULL; }

static void run_op(struct model *m, op_fn *fn, struct uop u) {
    struct paging_rig *p = m->p;
    unsigned cpl = p->o.cpl;
    bool ac = p->o.ac;
    struct uop at[2] = {u, {.fn = stop}};
    paging_who(p, 0, ac);
    if (TRAP(p->r, fn(p->r->c, at)) != NO_TRAP)
        fail_msg("vector %d, error %x, CR2 %llx", p->r->vector, p->r->error, (unsigned long long)p->r->c->s.cr2);
    paging_who(p, cpl, ac);
}

static struct uop memory(const struct model *m) {
    return (struct uop){.base = RDI, .index = 16, .a = RAX, .mem = (u8)(DS << MEM_SEG_SHIFT | (long_mode(m) ? 0 : MEM_SLOW))};
}

static void invlpg(struct model *m, gva_t la) {
    m->p->r->c->s.gpr[RDI] = la;
    run_op(m, ops_invlpg.m[2], memory(m));
    forget(m, (struct forget){.globals = true, .pcid = pcid(m), .la = la});
}

static void invpcid(struct model *m) {
    unsigned type = below(m, 4);
    bool pcide = m->p->o.cr4 & CR4_PCIDE;
    u16 id = pcide ? (u16)below(m, PCIDS) : 0;
    gva_t la = la_of(m, below(m, REGIONS), below(m, PAGES));
    m->p->r->c->s.gpr[RDI] = wide(m, STEADY) + 0x800;
    m->p->r->c->s.gpr[RAX] = type;
    paging_poke(m->p, STEADY_FRAME + 0x800, id, 8);
    paging_poke(m->p, STEADY_FRAME + 0x808, la, 8);
    run_op(m, ops_invpcid.m[long_mode(m) ? 3 : 2], memory(m));
    switch (type) {
    case 0: forget(m, (struct forget){.pcid = id, .la = la}); break;
    case 1: forget(m, (struct forget){.pcid = id, .any_address = true}); break;
    case 2: forget_all(m); break;
    default: forget(m, (struct forget){.any_pcid = true, .any_address = true}); break;
    }
}

static void protection_keys(struct model *m) {
    u32 rights = (u32)(rnd(m) & rnd(m) & rnd(m) & 0xff);
    struct x86_cpu *c = m->p->r->c;
    if (one_in(m, 2)) {
        m->p->o.pkrs = rights;
        assert_int_equal(x86_msr_write(c, 0x6e1, rights), 0);
    } else if (m->p->o.cr4 & CR4_PKE) {
        m->p->o.pkru = rights;
        c->s.gpr[RAX] = rights;
        c->s.gpr[RCX] = c->s.gpr[RDX] = 0;
        run_op(m, ops_wrpkru.r[2], (struct uop){0});
    }
}

// ---- control registers

static void load_pdptes(struct model *m) {
    if (m->f != PAGING_PAE) return;
    for (unsigned i = 0; i < 4; i++) m->p->o.pdpte[i] = paging_peek(m->p, (m->p->o.cr3 & ~(u64)31) + 8 * i, 8);
}

static gpa_t root(const struct model *m, unsigned space) {
    return table(space, m->f == PAGING_5 ? AT_PML5 : m->f == PAGING_4 ? AT_PML4 : m->f == PAGING_PAE ? AT_PDPT : AT_PD);
}

static void write_cr3(struct model *m) {
    bool pcide = m->p->o.cr4 & CR4_PCIDE, keep = pcide && !one_in(m, 3);
    // Without PCIDs bits 3 and 4 are memory types.
    if (one_in(m, 2)) m->space = below(m, SPACES);
    u64 cr3 = root(m, m->space) | (pcide ? below(m, PCIDS) : m->f == PAGING_PAE ? 0 : below(m, 4) << 3);
    assert_fine(m->p->r, x86_write_cr3(m->p->r->c, cr3 | (keep ? BIT(63) : 0)));
    m->p->o.cr3 = cr3;
    load_pdptes(m);
    if (!keep) forget(m, (struct forget){.pcid = pcid(m), .any_address = true});
    m->cr3_kept = keep;
}

static void write_cr0(struct model *m) {
    u64 cr0 = m->p->o.cr0 ^ (one_in(m, 2) ? CR0_WP : one_in(m, 2) ? CR0_TS : CR0_CD);
    assert_fine(m->p->r, x86_write_cr0(m->p->r->c, cr0));
    if ((cr0 ^ m->p->o.cr0) & CR0_CD) load_pdptes(m);
    m->p->o.cr0 = cr0;
}

// Off and on again: everything is forgotten.
static void paging_off(struct model *m) {
    if (long_mode(m)) return;
    assert_fine(m->p->r, x86_write_cr0(m->p->r->c, m->p->o.cr0 & ~CR0_PG));
    if (one_in(m, 2)) { // what is used without paging must not be remembered with it
        struct oracle_access a = {.la = la_of(m, 0, 0), .kind = ORACLE_READ};
        paging_access(m->p, &a, 0);
    }
    assert_fine(m->p->r, x86_write_cr0(m->p->r->c, m->p->o.cr0));
    load_pdptes(m);
    forget_all(m);
}

static void write_cr4(struct model *m) {
    static const u64 bits[] = {CR4_PGE, CR4_SMEP, CR4_SMAP, CR4_PKE, CR4_PKS, CR4_PCIDE, CR4_PSE, CR4_UMIP, CR4_SMAP};
    u64 bit = bits[below(m, countof(bits))], old = m->p->o.cr4, cr4 = old ^ bit;
    if (bit == CR4_PCIDE && (!long_mode(m) || (old & CR4_PCIDE && !one_in(m, 4)))) return;
    if (bit == CR4_PCIDE && !(old & CR4_PCIDE) && m->p->o.cr3 & 0xfff) return;
    assert_fine(m->p->r, x86_write_cr4(m->p->r->c, cr4));
    u16 current = pcid(m);
    m->p->o.cr4 = cr4;
    if (bit & (CR4_PGE | CR4_PSE | CR4_SMEP)) load_pdptes(m);
    if (bit == CR4_PGE || (bit & old) == CR4_PCIDE) forget_all(m);
    if ((bit & cr4) == CR4_SMEP) forget(m, (struct forget){.pcid = current, .any_address = true});
}

static void write_efer(struct model *m) {
    m->p->o.efer ^= EFER_NXE;
    if (one_in(m, 2)) m->p->o.efer |= EFER_NXE;
    assert_int_equal(x86_msr_write(m->p->r->c, 0xc0000080, m->p->o.efer), 0);
}

// ---- a task switch between two TSSs on the steady page (7.3): CR3 comes with the task

enum { TSS_AT = 0x100, CODE_SEL = 8, DATA_SEL = 16, TSS_SEL = 24 };

static void task_image(struct model *m, unsigned n, u64 cr3) {
    gpa_t at = STEADY_FRAME + TSS_AT * (n + 1);
    memset(m->p->r->ram + at, 0, 0x68);
    paging_poke(m->p, at + 0x1c, cr3, 4);
    paging_poke(m->p, at + 0x24, 2, 4);
    for (unsigned i = 0; i < 6; i++) paging_poke(m->p, at + 0x48 + 4 * i, i == 1 ? CODE_SEL : DATA_SEL, 2);
}

static void task_switch(struct model *m) {
    struct x86_cpu *c = m->p->r->c;
    if (long_mode(m)) return;
    m->space = below(m, SPACES);
    u64 cr3 = root(m, m->space);
    unsigned to = m->tss ^ 1;
    u16 sel = (u16)(TSS_SEL + 8 * to);
    paging_who(m->p, 0, m->p->o.ac);
    task_image(m, to, cr3);
    u64 desc = paging_peek(m->p, STEADY_FRAME + sel, 8);
    if (TRAP(m->p->r, x86_task_switch(c, sel, desc, TASK_JMP, 0, 0)) != NO_TRAP)
        fail_msg("task switch: vector %d", m->p->r->vector);
    m->tss = to;
    m->p->o.cr3 = cr3;
    m->p->o.cr0 |= CR0_TS;
    load_pdptes(m);
    forget(m, (struct forget){.pcid = 0, .any_address = true});
    paging_who(m->p, 0, false);
}

// ---- setting up

static void steady(struct model *m) {
    for (unsigned s = 0; s < SPACES; s++) {
        gva_t la = wide(m, STEADY);
        u64 link = P | W | A;
        paging_poke(m->p, table(s, AT_PML5) + 8 * (la >> 48 & 511), table(s, AT_PML4) | link, 8);
        paging_poke(m->p, table(s, AT_PML4) + 8 * (la >> 39 & 511), table(s, AT_PDPT_STEADY) | link, 8);
        u64 leaf = STEADY_FRAME | P | W | A | D | (long_mode(m) ? (u64)OTHER_KEY << 59 : 0);
        if (m->f == PAGING_32) {
            paging_poke(m->p, table(s, AT_PD) + 4 * (la >> 22 & 1023), table(s, AT_PT_STEADY) | link, 4);
            paging_poke(m->p, table(s, AT_PT_STEADY), leaf, 4);
            continue;
        }
        gpa_t pdpt = table(s, m->f == PAGING_PAE ? AT_PDPT : AT_PDPT_STEADY);
        paging_poke(m->p, pdpt + 8 * (la >> 30 & (m->f == PAGING_PAE ? 3 : 511)),
                    table(s, AT_PD_STEADY) | (m->f == PAGING_PAE ? P : link), 8);
        paging_poke(m->p, table(s, AT_PD_STEADY) + 8 * (la >> 21 & 511), table(s, AT_PT_STEADY) | link, 8);
        paging_poke(m->p, table(s, AT_PT_STEADY), leaf, 8);
    }
}

static void start(struct model *m, enum paging_format f) {
    m->p = paging_new();
    m->f = f;
    paging_start(m->p, f);
    for (gpa_t at = PAGING_TABLES; at < PAGING_TABLES_END; at += 8) paging_poke(m->p, at, at, 8);
    memset(m->p->r->ram + table(0, 0), 0, SPACES * 0x10000);
    for (unsigned s = 0; s < SPACES; s++)
        for (unsigned place = m->f == PAGING_5     ? AT_PML5
                              : m->f == PAGING_4   ? AT_PML4
                              : m->f == PAGING_PAE ? AT_PDPT
                                                   : AT_PD;
             place <= AT_PT; place++)
            for (unsigned r = 0; r < REGIONS; r++)
                for (unsigned i = 0; i < PAGES && place != AT_PD2; i++)
                    paging_poke(m->p, entry_place(m, s, place, r, i), new_entry(m, s, place, r), entry_bytes(m));
    steady(m);
    m->p->o.cr3 = root(m, 0);
    load_pdptes(m);
    paging_apply(m->p);
    struct x86_state *s = &m->p->r->c->s;
    gpa_t gdt = STEADY_FRAME;
    s->gdtr = (struct x86_table){.base = wide(m, STEADY), .limit = TSS_SEL + 15};
    paging_poke(m->p, gdt + CODE_SEL, cpu_segment(0, 0xfffff, AR_P | AR_S | AR_CODE | AR_R | AR_G | AR_DB | AR_ACCESSED), 8);
    paging_poke(m->p, gdt + DATA_SEL, cpu_segment(0, 0xfffff, AR_P | AR_S | AR_W | AR_G | AR_DB | AR_ACCESSED), 8);
    for (unsigned i = 0; i < 2; i++)
        paging_poke(m->p, gdt + TSS_SEL + 8 * i,
                    cpu_segment((u32)STEADY + TSS_AT * (i + 1), 0x67, AR_P | SYS_TSS32 | (i ? 0 : 2)), 8);
    s->tr = x86_seg_of(TSS_SEL, paging_peek(m->p, gdt + TSS_SEL, 8));
}

static void step(struct model *m) {
    unsigned n = below(m, 256);
    m->steps++;
    if (n < 184) access(m);
    else if (n < 204) change_entry(m);
    else if (n < 216) paging_who(m->p, one_in(m, 2) ? 3 : below(m, 3), one_in(m, 2));
    else if (n < 219) invlpg(m, la_of(m, below(m, REGIONS), below(m, PAGES)) + below(m, 4096));
    else if (n < 234) write_cr3(m);
    else if (n < 236) write_cr4(m);
    else if (n < 237) write_cr0(m);
    else if (n < 238) write_efer(m);
    else if (n < 243) invpcid(m);
    else if (n < 247) protection_keys(m);
    else if (n < 248) task_switch(m);
    else if (n < 249) paging_off(m);
    else access(m);
}

static unsigned long long setting(const char *name, unsigned long long otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void run(enum paging_format f, const char *name, unsigned long long steps) {
    struct model m = {.seed = setting("TLB_MODEL_SEED", 1) * 1000 + f};
    steps = setting("TLB_MODEL_STEPS", steps / SLOWER);
    start(&m, f);
    while (m.steps < steps) step(&m);
    print_message(
        "%s: %llu steps, %llu accesses: %llu faults, %llu by a translation still held (%llu of them right after CR3 bit 63)\n",
        name, m.steps, m.accesses, m.faults, m.stale, m.stale_after_cr3);
    // The run was a good one.
    assert_true(m.faults > m.accesses / 20 && m.faults < m.accesses * 3 / 4);
#ifndef HOSTILE
    assert_true(m.stale > m.accesses / 1000);
    if (long_mode(&m)) assert_true(m.stale_after_cr3 > m.accesses / 20000);
#endif
    paging_free(m.p);
}

static void four_levels(void **state) { run(PAGING_4, "4-level", 5000000); }
static void five_levels(void **state) { run(PAGING_5, "5-level", 2000000); }
static void pae(void **state) { run(PAGING_PAE, "PAE", 1500000); }
static void thirty_two_bits(void **state) { run(PAGING_32, "32-bit", 1500000); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_levels),
        cmocka_unit_test(five_levels),
        cmocka_unit_test(pae),
        cmocka_unit_test(thirty_two_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
