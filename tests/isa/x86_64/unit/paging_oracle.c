// SPDX-License-Identifier: MIT
// Tables and sections named here are of SDM vol. 3A, chapter 4.
#include "paging_oracle.h"

#define BITNO(n) ((u64)1 << (n))
#define IS(value, bit) (((value) >> (bit) & 1) != 0)

// Control bits by number, so that not even a misprint in emu/'s names is shared.
static bool cr0_wp(const struct oracle *o) { return IS(o->cr0, 16); }
static bool cr0_pg(const struct oracle *o) { return IS(o->cr0, 31); }
static bool cr4_pse(const struct oracle *o) { return IS(o->cr4, 4); }
static bool cr4_pae(const struct oracle *o) { return IS(o->cr4, 5); }
static bool cr4_la57(const struct oracle *o) { return IS(o->cr4, 12); }
static bool cr4_smep(const struct oracle *o) { return IS(o->cr4, 20); }
static bool cr4_smap(const struct oracle *o) { return IS(o->cr4, 21); }
static bool cr4_pke(const struct oracle *o) { return IS(o->cr4, 22); }
static bool cr4_pks(const struct oracle *o) { return IS(o->cr4, 24); }
static bool efer_lma(const struct oracle *o) { return IS(o->efer, 10); }
static bool efer_nxe(const struct oracle *o) { return IS(o->efer, 11); }

// Entry bits (tables 4-5, 4-6, 4-14 ... 4-20): 0 P, 1 R/W, 2 U/S, 5 A, 6 D, 7 PS, 8 G, 63 XD.

static u64 use(const struct oracle *o, struct oracle_path *p, gpa_t at, unsigned bytes) {
    u64 value = o->load(o->ctx, at, bytes);
    p->entry[p->entries++] = (struct oracle_entry){at, bytes, value};
    return value;
}

static void fold(struct oracle_translation *t, u64 entry) {
    if (!IS(entry, 1)) t->writable = false;
    if (!IS(entry, 2)) t->user = false;
}

static void page(struct oracle_translation *t, u64 entry, u64 address, unsigned size) {
    t->page = address;
    t->size = size;
    t->dirty = IS(entry, 6);
    t->global = IS(entry, 8);
}

// ---- 4.3: 32-bit paging

static enum oracle_outcome thirty_two(const struct oracle *o, u32 la, struct oracle_path *p) {
    u64 pde = use(o, p, (o->cr3 & 0xfffff000) | (la >> 22) * 4, 4);
    if (!IS(pde, 0)) return ORACLE_ABSENT;
    fold(&p->t, pde);
    if (IS(pde, 7) && cr4_pse(o)) {
        // Table 4-4: bits 20:13 are address bits 39:32, of which those above MAXPHYADDR are reserved; so is bit 21.
        u64 high = pde >> 13 & 0xff;
        if (IS(pde, 21)) return ORACLE_RESERVED;
        for (unsigned bit = 32; bit < 40; bit++)
            if (bit >= o->maxphyaddr && IS(high, bit - 32)) return ORACLE_RESERVED;
        page(&p->t, pde, (pde & 0xffc00000) | high << 32, 22);
        return ORACLE_MAPPED;
    }
    u64 pte = use(o, p, (pde & 0xfffff000) | (la >> 12 & 0x3ff) * 4, 4);
    if (!IS(pte, 0)) return ORACLE_ABSENT;
    fold(&p->t, pte);
    page(&p->t, pte, pte & 0xfffff000, 12);
    return ORACLE_MAPPED;
}

// ---- 4.4: PAE paging

// Table 4-9, 4-10, 4-11: bits 62:M are reserved, bit 63 too unless NXE.
static bool pae_reserved(const struct oracle *o, u64 entry) {
    for (unsigned bit = o->maxphyaddr; bit <= 62; bit++)
        if (IS(entry, bit)) return true;
    return IS(entry, 63) && !efer_nxe(o);
}

static enum oracle_outcome pae(const struct oracle *o, u32 la, struct oracle_path *p) {
    u64 pdpte = o->pdpte[la >> 30];
    if (!IS(pdpte, 0)) return ORACLE_ABSENT;
    u64 pde = use(o, p, (pdpte & 0x000ffffffffff000) | (la >> 21 & 0x1ff) * 8, 8);
    if (!IS(pde, 0)) return ORACLE_ABSENT;
    if (pae_reserved(o, pde)) return ORACLE_RESERVED;
    fold(&p->t, pde);
    if (IS(pde, 63)) p->t.execute_disable = true;
    if (IS(pde, 7)) {
        if (pde & 0x1fe000) return ORACLE_RESERVED; // 20:13
        page(&p->t, pde, pde & 0x000fffffffe00000, 21);
        return ORACLE_MAPPED;
    }
    u64 pte = use(o, p, (pde & 0x000ffffffffff000) | (la >> 12 & 0x1ff) * 8, 8);
    if (!IS(pte, 0)) return ORACLE_ABSENT;
    if (pae_reserved(o, pte)) return ORACLE_RESERVED;
    fold(&p->t, pte);
    if (IS(pte, 63)) p->t.execute_disable = true;
    page(&p->t, pte, pte & 0x000ffffffffff000, 12);
    return ORACLE_MAPPED;
}

// ---- 4.5: 4-level and 5-level paging

// Tables 4-14 ... 4-20: bits 51:M are reserved, bit 63 too unless NXE; 62:52 are ignored (or a key).
static bool long_reserved(const struct oracle *o, u64 entry) {
    for (unsigned bit = o->maxphyaddr; bit <= 51; bit++)
        if (IS(entry, bit)) return true;
    return IS(entry, 63) && !efer_nxe(o);
}

static void long_fold(struct oracle_translation *t, u64 entry) {
    fold(t, entry);
    if (IS(entry, 63)) t->execute_disable = true;
}

static u64 table_of(u64 entry) { return entry & 0x000ffffffffff000; }

// 4.5.1: bits 63:47 (5 levels: 63:56) must be the same.
static bool canonical(const struct oracle *o, u64 la) {
    u64 top = cr4_la57(o) ? la >> 56 : la >> 47;
    return top == 0 || top == (cr4_la57(o) ? 0xff : 0x1ffff);
}

static enum oracle_outcome four_or_five(const struct oracle *o, u64 la, struct oracle_path *p) {
    u64 table = o->cr3 & 0x000ffffffffff000;
    if (!canonical(o, la)) return ORACLE_NON_CANONICAL;
    if (cr4_la57(o)) {
        u64 pml5e = use(o, p, table | (la >> 48 & 0x1ff) << 3, 8);
        if (!IS(pml5e, 0)) return ORACLE_ABSENT;
        if (long_reserved(o, pml5e) || IS(pml5e, 7)) return ORACLE_RESERVED;
        long_fold(&p->t, pml5e);
        table = table_of(pml5e);
    }
    u64 pml4e = use(o, p, table | (la >> 39 & 0x1ff) << 3, 8);
    if (!IS(pml4e, 0)) return ORACLE_ABSENT;
    if (long_reserved(o, pml4e) || IS(pml4e, 7)) return ORACLE_RESERVED;
    long_fold(&p->t, pml4e);

    u64 pdpte = use(o, p, table_of(pml4e) | (la >> 30 & 0x1ff) << 3, 8);
    if (!IS(pdpte, 0)) return ORACLE_ABSENT;
    if (long_reserved(o, pdpte)) return ORACLE_RESERVED;
    long_fold(&p->t, pdpte);
    if (IS(pdpte, 7)) {
        if (!o->page1gb) return ORACLE_RESERVED;
        if (pdpte & 0x3fffe000) return ORACLE_RESERVED; // 29:13
        page(&p->t, pdpte, pdpte & 0x000fffffc0000000, 30);
        p->t.key = pdpte >> 59 & 15;
        return ORACLE_MAPPED;
    }
    u64 pde = use(o, p, table_of(pdpte) | (la >> 21 & 0x1ff) << 3, 8);
    if (!IS(pde, 0)) return ORACLE_ABSENT;
    if (long_reserved(o, pde)) return ORACLE_RESERVED;
    long_fold(&p->t, pde);
    if (IS(pde, 7)) {
        if (pde & 0x1fe000) return ORACLE_RESERVED; // 20:13
        page(&p->t, pde, pde & 0x000fffffffe00000, 21);
        p->t.key = pde >> 59 & 15;
        return ORACLE_MAPPED;
    }
    u64 pte = use(o, p, table_of(pde) | (la >> 12 & 0x1ff) << 3, 8);
    if (!IS(pte, 0)) return ORACLE_ABSENT;
    if (long_reserved(o, pte)) return ORACLE_RESERVED;
    long_fold(&p->t, pte);
    page(&p->t, pte, pte & 0x000ffffffffff000, 12);
    p->t.key = pte >> 59 & 15;
    return ORACLE_MAPPED;
}

// 4.1.1 chooses.
static enum oracle_outcome translate(const struct oracle *o, gva_t la, struct oracle_path *p) {
    if (!cr0_pg(o)) {
        p->t.page = la & ~(u64)0xfff;
        p->t.size = 12;
        return ORACLE_MAPPED;
    }
    if (!cr4_pae(o)) return thirty_two(o, (u32)la, p);
    if (!efer_lma(o)) return pae(o, (u32)la, p);
    return four_or_five(o, la, p);
}

void oracle_translate(const struct oracle *o, gva_t la, struct oracle_path *p) {
    *p = (struct oracle_path){.t = {.writable = true, .user = true}};
    p->outcome = translate(o, la, p);
}

// 4.6.2. `rights` is PKRU or IA32_PKRS.
static bool key_forbids(const struct oracle *o, u32 rights, unsigned key, bool write, bool user_access) {
    bool ad = IS(rights, 2 * key), wd = IS(rights, 2 * key + 1);
    if (ad) return true;
    return wd && write && (user_access || cr0_wp(o));
}

static bool keys_forbid(const struct oracle *o, const struct oracle_translation *t, bool write, bool user_access) {
    if (!efer_lma(o)) return false;
    if (t->user) return cr4_pke(o) && key_forbids(o, o->pkru, t->key, write, user_access);
    return cr4_pks(o) && key_forbids(o, o->pkrs, t->key, write, user_access);
}

static bool user_mode(const struct oracle *o, const struct oracle_access *a) { return o->cpl == 3 && !a->implicit; }

// 4.6.1, access by access, without the keys.
static bool rights_allow(const struct oracle *o, const struct oracle_translation *t, const struct oracle_access *a) {
    bool xd = t->execute_disable && cr4_pae(o) && efer_nxe(o);
    if (user_mode(o, a)) {
        if (!t->user) return false;
        if (a->kind == ORACLE_READ) return true;
        if (a->kind == ORACLE_WRITE) return t->writable;
        return !xd;
    }
    bool smap_forbids = t->user && cr4_smap(o) && (a->implicit || !o->ac);
    if (a->kind == ORACLE_READ) return !smap_forbids;
    if (a->kind == ORACLE_WRITE) return !smap_forbids && (t->writable || !cr0_wp(o));
    return !xd && !(t->user && cr4_smep(o));
}

bool oracle_allows(const struct oracle *o, const struct oracle_translation *t, const struct oracle_access *a, bool *key) {
    *key = false;
    if (!cr0_pg(o)) return true;
    *key = a->kind != ORACLE_FETCH && keys_forbid(o, t, a->kind == ORACLE_WRITE, user_mode(o, a));
    return !*key && rights_allow(o, t, a);
}

// 4.7. Bits 0 P, 1 W/R, 2 U/S, 3 RSVD, 4 I/D, 5 PK.
static u32 error_code(const struct oracle *o, enum oracle_outcome outcome, const struct oracle_access *a, bool key) {
    u32 error = 0;
    if (outcome != ORACLE_ABSENT) error |= 1;
    if (a->kind == ORACLE_WRITE) error |= 2;
    if (user_mode(o, a)) error |= 4;
    if (outcome == ORACLE_RESERVED) error |= 8;
    if (a->kind == ORACLE_FETCH && (cr4_smep(o) || (cr4_pae(o) && efer_nxe(o)))) error |= 16;
    if (key) error |= 32;
    return error;
}

// 4.8: A in every entry used, D in the one that maps the page. The manual leaves open whether a faulting access sets A in what
// it got to see; here it does not.
void oracle_judge(const struct oracle *o, const struct oracle_access *a, struct oracle_verdict *v) {
    const struct oracle_path *p = &v->path;
    bool key = false;
    v->vector = 14;
    v->error = 0;
    v->pa = 0;
    for (unsigned i = 0; i < p->entries; i++) v->after[i] = p->entry[i].value;
    if (p->outcome == ORACLE_NON_CANONICAL) {
        v->vector = 13;
        return;
    }
    if (p->outcome != ORACLE_MAPPED || !oracle_allows(o, &p->t, a, &key)) {
        v->error = error_code(o, p->outcome, a, key);
        return;
    }
    v->vector = -1;
    v->pa = p->t.page | (a->la & (BITNO(p->t.size) - 1));
    for (unsigned i = 0; i < p->entries; i++) v->after[i] |= 0x20;
    if (a->kind == ORACLE_WRITE && p->entries) v->after[p->entries - 1] |= 0x40;
}

struct oracle_verdict oracle_access(const struct oracle *o, const struct oracle_access *a) {
    struct oracle_verdict v = {0};
    oracle_translate(o, a->la, &v.path);
    oracle_judge(o, a, &v);
    return v;
}
