// SPDX-License-Identifier: MIT
// Every access against every translation, exhaustively where the manual's rules are a product of bits: the processor's own
// accessors (so the TLB's short path too) beside the oracle (paging_oracle.h). Fault or not, error code, CR2, physical address,
// accessed and dirty bits; then once more through what the TLB remembers. The number of combinations is printed per format.
#define STRIDE_SANITIZED 101
#include "paging_rig.h"
#include "stride.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128, G = 256 };
#define XD BIT(63)
#define OFFSET 0x128

// ---- the formats: which levels there are, and which of them may map a page

struct format {
    enum paging_format id;
    const char *name;
    unsigned levels, entry_bytes;
    struct {
        unsigned shift, index;
        bool leaf;
    } level[5]; // root first
};

// The indices lead to 0x2b128 inside a large page, which is no page table (paging_rig.h).
static const struct format formats[] = {
    {PAGING_32, "32-bit", 2, 4, {{22, 5, true}, {12, 0x2b, true}}},
    {PAGING_PAE, "PAE", 2, 8, {{21, 1, true}, {12, 0x2b, true}}},
    {PAGING_4, "4-level", 4, 8, {{39, 5, false}, {30, 7, true}, {21, 1, true}, {12, 0x2b, true}}},
    {PAGING_5, "5-level", 5, 8, {{48, 3, false}, {39, 5, false}, {30, 7, true}, {21, 1, true}, {12, 0x2b, true}}},
};

static gpa_t table_at(unsigned level) { return PAGING_TABLES + level * 0x1000; }

static gpa_t entry_at(const struct format *f, unsigned level) { return table_at(level) + f->level[level].index * f->entry_bytes; }

static gva_t address_of(const struct format *f) {
    gva_t la = OFFSET;
    for (unsigned i = 0; i < f->levels; i++) la |= (u64)f->level[i].index << f->level[i].shift;
    return la;
}

// Tables that reach a page at `leaf`; the caller adds rights.
struct tables {
    const struct format *f;
    unsigned leaf;
    u64 entry[5];
};

static u64 page_address(unsigned shift) { return shift == 12 ? 0x50000 : shift == 21 ? 0x200000 : 0; }

static struct tables tables_to(const struct format *f, unsigned leaf) {
    struct tables t = {.f = f, .leaf = leaf};
    for (unsigned i = 0; i < leaf; i++) t.entry[i] = table_at(i + 1) | P;
    t.entry[leaf] = page_address(f->level[leaf].shift) | P | (leaf + 1 < f->levels ? PS : 0);
    // What a large page's entry would lead to if PS did not count.
    for (unsigned i = leaf + 1; i < f->levels; i++)
        t.entry[i] = (i + 1 < f->levels ? table_at(i + 1) : page_address(12)) | P | W | U;
    if (leaf + 1 < f->levels && f->entry_bytes == 4) t.entry[leaf + 1] = 0x50000 | P | W | U;
    return t;
}

static void put(struct paging_rig *p, const struct tables *t) {
    for (unsigned i = 0; i < t->f->levels; i++) paging_poke(p, entry_at(t->f, i), t->entry[i], t->f->entry_bytes);
}

// ---- who asks for what

struct asker {
    u8 cpl;
    bool ac, implicit;
    enum oracle_kind kind;
};

#define DATA(cpl, ac, implicit)                                                                                                  \
    {cpl, ac, implicit, ORACLE_READ}, { cpl, ac, implicit, ORACLE_WRITE }
#define WHO(cpl, ac)                                                                                                             \
    DATA(cpl, ac, false), DATA(cpl, ac, true), { cpl, ac, false, ORACLE_FETCH }
static const struct asker askers[] = {WHO(0, false), WHO(0, true), WHO(3, false), WHO(3, true)};

static struct oracle_access ask(struct paging_rig *p, const struct asker *who, gva_t la) {
    if (p->o.cpl != who->cpl || p->o.ac != who->ac) paging_who(p, who->cpl, who->ac);
    return (struct oracle_access){.la = la, .kind = who->kind, .implicit = who->implicit};
}

// What the walk did not come by is as it was put.
static void rest_untouched(struct paging_rig *p, const struct tables *t, const struct oracle_path *path) {
    for (unsigned i = 0; i < t->f->levels; i++) {
        bool used = i < path->entries && path->entry[i].at == entry_at(t->f, i);
        u64 now = paging_peek(p, entry_at(t->f, i), t->f->entry_bytes);
        if (now != (used ? path->entry[i].value : t->entry[i])) fail_msg("level %u: an entry that was not used has changed", i);
    }
}

// Every asker by itself on the tables as they are. v->path is then what the last one has left.
static void each_cold(struct paging_rig *p, const struct tables *t, gva_t la, struct oracle_verdict *v) {
    struct oracle_path fresh;
    bool changed = false;
    put(p, t);
    oracle_translate(&p->o, la, &fresh);
    v->path = fresh;
    for (unsigned i = 0; i < countof(askers); i++) {
        if (changed) {
            put(p, t);
            v->path = fresh;
        }
        paging_forget(p, la);
        struct oracle_access a = ask(p, &askers[i], la);
        paging_check_known(p, &a, v);
        changed = v->vector < 0;
    }
    rest_untouched(p, t, &v->path);
}

// Then all once more on what has been remembered by then.
static void all_askers(struct paging_rig *p, const struct tables *t, gva_t la) {
    struct oracle_verdict v;
    each_cold(p, t, la, &v);
    for (unsigned i = 0; i < countof(askers); i++) {
        paging_one_piece(p);
        struct oracle_access a = ask(p, &askers[i], la);
        paging_check_known(p, &a, &v);
    }
}

// ---- control bits that decide about rights, as a number 0 .. CONTROLS - 1

enum { CONTROLS = 64 };

static void control(struct paging_rig *p, unsigned n) {
    struct oracle *o = &p->o;
    o->cr0 = (o->cr0 & ~CR0_WP) | (n & 1 ? CR0_WP : 0);
    o->cr4 &= ~(CR4_SMEP | CR4_SMAP | CR4_PKE | CR4_PKS);
    o->cr4 |= (n & 2 ? CR4_SMEP : 0) | (n & 4 ? CR4_SMAP : 0) | (n & 8 ? CR4_PKE : 0) | (n & 16 ? CR4_PKS : 0);
    o->efer = (o->efer & ~EFER_NXE) | (n & 32 ? EFER_NXE : 0);
    paging_apply(p);
}

// A key's two bits; every other key gets the opposite, so that reading the wrong one shows.
static u32 rights_of(unsigned key, unsigned two) {
    return (u32)((0x55555555u * (3 - two)) & ~(3u << 2 * key)) | (u32)two << 2 * key;
}

// ---- 4.6.1: R/W, U/S and XD in every combination over all levels

static u64 rights_bits(unsigned three) { return (three & 1 ? W : 0) | (three & 2 ? U : 0) | (three & 4 ? XD : 0); }

static void rights(struct paging_rig *p, const struct format *f) {
    unsigned per_level = f->entry_bytes == 4 ? 4 : 8, n = 0;
    gva_t la = address_of(f);
    for (unsigned c = 0; c < CONTROLS; c++) {
        unsigned key = c % 16;
        p->o.cr4 |= CR4_PSE;
        p->o.pkru = rights_of(key, c / 8 % 4), p->o.pkrs = rights_of(key, (c / 16 + 1) % 4);
        control(p, c);
        for (unsigned leaf = 0; leaf < f->levels; leaf++) {
            if (!f->level[leaf].leaf) continue;
            unsigned count = 1;
            for (unsigned i = 0; i <= leaf; i++) count *= per_level;
            for (unsigned v = n++ % STRIDE; v < count; v += STRIDE) {
                struct tables t = tables_to(f, leaf);
                for (unsigned i = 0, rest = v; i <= leaf; i++, rest /= per_level) t.entry[i] |= rights_bits(rest % per_level);
                if (f->entry_bytes == 8) t.entry[leaf] |= (u64)(f->id >= PAGING_4 ? key : 0) << 59;
                all_askers(p, &t, la);
            }
        }
    }
}

// ---- 4.6.2: every key, what PKRU and IA32_PKRS say about it, and the page's own rights

static void keys(struct paging_rig *p, const struct format *f) {
    if (f->id < PAGING_4) return;
    gva_t la = address_of(f);
    for (unsigned c = 0; c < CONTROLS / 2; c++)
        for (unsigned key = 0; key < 16; key++)
            for (unsigned two = 0; two < 16; two++) {
                if ((c * 256 + key * 16 + two) % STRIDE) continue;
                p->o.pkru = rights_of(key, two & 3), p->o.pkrs = rights_of(key, two >> 2);
                control(p, c | 32);
                for (unsigned v = 0; v < 16; v++) {
                    unsigned leaf = f->levels - 1 - v % 3;
                    struct tables t = tables_to(f, leaf);
                    for (unsigned i = 0; i < leaf; i++) t.entry[i] |= W | (v & 8 || i ? U : 0);
                    t.entry[leaf] |= rights_bits(v & 7) | (u64)key << 59;
                    all_askers(p, &t, la);
                }
            }
}

// ---- 4.8: accessed and dirty at every level beforehand

static void accessed_and_dirty(struct paging_rig *p, const struct format *f) {
    gva_t la = address_of(f);
    for (unsigned c = 0; c < CONTROLS; c += 1 + STRIDE / 10) {
        p->o.cr4 |= CR4_PSE;
        p->o.pkru = p->o.pkrs = 0;
        control(p, c);
        for (unsigned leaf = 0; leaf < f->levels; leaf++)
            for (unsigned v = 0; f->level[leaf].leaf && v < 1u << (f->levels * 2 + 2); v += STRIDE) {
                struct tables t = tables_to(f, leaf);
                for (unsigned i = 0; i <= leaf; i++) t.entry[i] |= W | U | (v >> 2 * i & 1 ? A : 0) | (v >> 2 * i & 2 ? D : 0);
                if (v >> 2 * f->levels & 1) t.entry[leaf] &= ~(u64)W;
                if (v >> 2 * f->levels & 2) t.entry[leaf] |= G;
                if (leaf + 1 < f->levels && v >> 2 * (leaf + 1) & mask(2 * (f->levels - leaf - 1) - 1, 0)) continue;
                all_askers(p, &t, la);
            }
    }
}

// ---- tables 4-4 ... 4-20: every bit and every pair of bits of all entries, flipped

static u64 base_bits(unsigned base, bool leaf) {
    if (base == 0) return W | U;
    if (base == 1) return leaf ? 0 : W | U;
    return leaf ? W | A | D | G : W | A;
}

static void flip(struct tables *t, unsigned bit) {
    t->entry[bit / (t->f->entry_bytes * 8)] ^= BIT(bit % (t->f->entry_bytes * 8));
}

static void bit_pairs(struct paging_rig *p, const struct format *f) {
    static const u8 controls[] = {32, 32 | 31, 7, 32 | 1 | 16, 0, 32 | 1 | 8};
    gva_t la = address_of(f);
    unsigned bits = f->levels * f->entry_bytes * 8, n = 0;
    for (unsigned c = 0; c < countof(controls); c++) {
        p->o.cr4 = (p->o.cr4 & ~CR4_PSE) | (c & 1 ? 0 : CR4_PSE);
        p->o.page1gb = c % 3;
        p->o.maxphyaddr = c == 2 ? 52 : c == 3 ? 36 : 40;
        p->o.pkru = 0x87654321, p->o.pkrs = 0x12345678;
        control(p, controls[c]);
        for (unsigned leaf = 0; leaf < f->levels; leaf++)
            for (unsigned base = 0; f->level[leaf].leaf && base < 3; base++)
                for (unsigned i = 0; i < bits; i++)
                    for (unsigned k = i; k < bits; k++, n++) {
                        if (n % (STRIDE * STRIDE)) continue;
                        struct tables t = tables_to(f, leaf);
                        for (unsigned l = 0; l <= leaf; l++) t.entry[l] |= base_bits(base, l == leaf);
                        flip(&t, i);
                        if (k != i) flip(&t, k);
                        struct oracle_verdict v;
                        each_cold(p, &t, la, &v);
                    }
    }
}

// Each bit alone under every width of physical addresses, with every asker.
static void widths(struct paging_rig *p, const struct format *f) {
    gva_t la = address_of(f);
    for (unsigned m = 32; m <= 52; m += 1 + STRIDE / 10)
        for (unsigned c = 0; c < 4; c++) {
            p->o.cr4 = (p->o.cr4 & ~CR4_PSE) | (c & 1 ? 0 : CR4_PSE);
            p->o.maxphyaddr = m;
            p->o.page1gb = true;
            p->o.pkru = p->o.pkrs = 0;
            control(p, c & 2 ? 32 : 0);
            for (unsigned leaf = 0; leaf < f->levels; leaf++)
                for (unsigned i = 0; f->level[leaf].leaf && i < f->levels * f->entry_bytes * 8; i++) {
                    struct tables t = tables_to(f, leaf);
                    for (unsigned l = 0; l <= leaf; l++) t.entry[l] |= W | U;
                    flip(&t, i);
                    all_askers(p, &t, la);
                }
        }
}

// ---- 4.10: an entry changes under a translation that was used

// Tables, and what they say about the one address.
struct known {
    struct tables t;
    struct oracle_path path;
};

static void know(struct paging_rig *p, struct known *k, gva_t la) {
    put(p, &k->t);
    oracle_translate(&p->o, la, &k->path);
}

// The n-th change of an entry, or false when there are no more.
static bool changed(struct tables *t, unsigned n) {
    static const u64 flips[] = {P, W, U, A, D, G, 0x1000000, PS, XD, BIT(59)};
    unsigned count = t->f->entry_bytes == 4 ? countof(flips) - 2 : countof(flips), level = n / count;
    if (level > t->leaf) return false;
    t->entry[level] ^= flips[n % count];
    return true;
}

// One access, a change, another access (and the first one again when that has faulted); INVLPG, and that again: where the second
// access has shown that there is something old to forget, and for each asker by itself. `whole`: then pieces of a large page are
// searched for all over the TLB, too.
static void then_changed(struct paging_rig *p, const struct known *before, const struct asker *first, const struct known *after,
                         const struct asker *second, gva_t la, bool whole) {
    struct oracle_verdict v;
    put(p, &before->t);
    v.path = before->path;
    paging_forget(p, la);
    struct oracle_access a = ask(p, first, la);
    paging_check_known(p, &a, &v);
    bool remembered = v.vector < 0; // what faulted is not
    struct oracle_translation old = v.path.t;
    put(p, &after->t);
    v.path = after->path;
    a = ask(p, second, la);
    if (!whole) paging_one_piece(p);
    unsigned long long stale = p->stale;
    if (remembered) paging_check_stale(p, &a, &v, &old);
    else paging_check_known(p, &a, &v);
    if (remembered && v.vector >= 0 && p->stale == stale) { // its page fault has forgotten the page for everybody (4.10.4.1)
        struct oracle_access b = ask(p, first, la);
        if (!whole) paging_one_piece(p);
        paging_check_known(p, &b, &v);
        a = ask(p, second, la);
    }
    if (!whole && p->stale == stale) return;
    put(p, &after->t);
    v.path = after->path;
    if (!whole) paging_one_piece(p);
    x86_tlb_flush_page(p->r->c, la);
    paging_check_known(p, &a, &v);
}

// The first access is one of ten: AC says nothing to ring 3, to fetches and to implicit accesses, and CPL nothing to these
// (4.6.1). That it does not is `rights`' to see; every asker comes second.
static void every_two(struct paging_rig *p, const struct known *before, const struct known *after, gva_t la, unsigned *n) {
    static const struct asker first[] = {DATA(0, false, false), DATA(0, true, false),           DATA(3, true, true),
                                         DATA(3, true, false),  {0, true, false, ORACLE_FETCH}, {3, true, false, ORACLE_FETCH}};
    for (unsigned i = 0; i < countof(first); i++)
        for (unsigned k = 0; k < countof(askers); k++)
            if ((*n)++ % STRIDE == 0) then_changed(p, before, &first[i], after, &askers[k], la, k % countof(first) == i);
}

static void changes(struct paging_rig *p, const struct format *f) {
    gva_t la = address_of(f);
    unsigned n = 0;
    p->o.cr4 |= CR4_PSE;
    p->o.maxphyaddr = 40;
    p->o.page1gb = true;
    for (unsigned c = 0; c < CONTROLS; c++) {
        // PKE and PKS mean something to 4 and 5 levels alone (4.6.2): that is `rights`' to see.
        if (f->id < PAGING_4 && c & (8 | 16)) continue;
        for (unsigned v = 0; v < 16; v++) {
            // Key 0 may do all that there is under each of the control settings, with one of the leaf's A and D each.
            p->o.pkru = rights_of(0, (c + v / 4) % 4), p->o.pkrs = rights_of(0, (c / 4 + v / 4) % 4);
            control(p, c);
            for (unsigned leaf = 0; leaf < f->levels; leaf++) {
                if (!f->level[leaf].leaf) continue;
                struct known before = {.t = tables_to(f, leaf)}, after;
                for (unsigned i = 0; i < leaf; i++) before.t.entry[i] |= W | U | A;
                before.t.entry[leaf] |= (v & 1 ? W : 0) | (v & 2 ? U : 0) | (v & 4 ? A : 0) | (v & 8 ? D : 0);
                know(p, &before, la);
                for (unsigned m = 0; after.t = before.t, changed(&after.t, m); m++) {
                    know(p, &after, la);
                    every_two(p, &before, &after, la, &n);
                }
            }
        }
    }
}

// ---- 4.5.1: canonical addresses; the ends of the space

// Every address leads to one page, or none does.
static void fill_tables(struct paging_rig *p, const struct format *f, bool present) {
    for (unsigned l = 0; l < f->levels; l++)
        for (unsigned n = 0; n < 512; n++) {
            u64 next = l + 1 < f->levels ? table_at(l + 1) : 0x50000;
            paging_poke(p, table_at(l) + 8 * n, present ? next | P | W | U : 0, 8);
        }
}

static void addresses(struct paging_rig *p, const struct format *f) {
    static const u64 ends[] = {
        0,
        0xff8,
        0x7ffffff8,
        0x7ffffffff8,
        0x7ffffffffff8,
        0x800000000000,
        0xffff7ffffffffff8,
        0xffff800000000000,
        0xfffffffffffffff8,
        0x00fffffffffffff8,
        0x0100000000000000,
        0x0ffffffffffffff8,
        0xff00000000000000,
        0xfefffffffffffff8,
        0x8000000000000000,
        0x7ffffffffffffff8,
        0x0001000000000000,
        0xfffe000000000000,
    };
    if (f->id < PAGING_4) return;
    p->o.maxphyaddr = 40;
    control(p, 32);
    for (unsigned present = 0; present < 2; present++)
        for (unsigned e = 0; e < countof(ends); e++)
            for (unsigned i = 0; i < countof(askers); i++) {
                gva_t la = ends[e];
                if (i == 0) fill_tables(p, f, present);
                paging_forget(p, la);
                struct oracle_access a = ask(p, &askers[i], la);
                paging_check(p, &a);
            }
    memset(p->r->ram + PAGING_TABLES, 0, 5 * 0x1000);
}

static void each_format(void (*product)(struct paging_rig *, const struct format *), const char *what) {
    for (unsigned i = 0; i < countof(formats); i++) {
        struct paging_rig *p = paging_new();
        paging_start(p, formats[i].id);
        product(p, &formats[i]);
        if (p->checked) print_message("%s, %s: %llu combinations, %llu pass", formats[i].name, what, p->checked, p->passed);
        if (p->stale) print_message(", %llu of them by a remembered translation", p->stale);
        if (p->checked) print_message("\n");
        assert_true(!p->checked || p->passed > p->checked / 50);
        paging_free(p);
    }
}

static void test_rights(void **state) { each_format(rights, "R/W, U/S, XD of all levels"); }
static void test_keys(void **state) { each_format(keys, "protection keys"); }
static void test_accessed_and_dirty(void **state) { each_format(accessed_and_dirty, "accessed and dirty"); }
static void test_bit_pairs(void **state) { each_format(bit_pairs, "pairs of flipped bits"); }
static void test_widths(void **state) { each_format(widths, "single bits under each MAXPHYADDR"); }
static void test_changes(void **state) { each_format(changes, "an entry changes"); }
static void test_addresses(void **state) { each_format(addresses, "canonical addresses"); }

// 4.1.1: without CR0.PG every address is physical, and nobody is refused.
static void test_no_paging(void **state) {
    static const u64 at[] = {0, 0x50128, 0x2b128, 0x7ffff8, 0x800000, 0x7ffffff8, 0x80000000, 0xfffffff8};
    struct paging_rig *p = paging_new();
    paging_start(p, PAGING_NONE);
    for (unsigned c = 0; c < CONTROLS; c++)
        for (unsigned pse = 0; pse < 4; pse++) {
            p->o.cr4 = (pse & 1 ? CR4_PSE : 0) | (pse & 2 ? CR4_PAE : 0);
            control(p, c);
            for (unsigned e = 0; e < countof(at); e++)
                for (unsigned i = 0; i < countof(askers); i++) {
                    struct oracle_access a = ask(p, &askers[i], at[e]);
                    paging_check(p, &a);
                }
        }
    print_message("no paging: %llu combinations\n", p->checked);
    paging_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_paging),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_accessed_and_dirty),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_bit_pairs),
        cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
