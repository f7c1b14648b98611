// SPDX-License-Identifier: MIT
// VMSAv8-64 in its three granules (D8): rights, levels, blocks, hierarchical rights, sizes, halves, tags, ASIDs, TLBI, AT.
#include "kit.h"

CODE(do_load, "ldr w0, [x0]; ret");
CODE(do_store, "str wzr, [x0]; ret");
CODE(do_jump, "br x0");
CODE(do_load_as_el0, "ldtr w0, [x0]; ret");
CODE(do_store_as_el0, "sttr wzr, [x0]; ret");

enum kind { LOAD, STORE, JUMP };

// Accesses `va` from that mode: what came of it. Pages that are jumped to hold "ret".
static u64 attempt(enum mode mode, enum kind kind, u64 va) {
    const char *code = kind == LOAD ? do_load : kind == STORE ? do_store : do_jump;
    return run(mode, mode == EL0 ? (const void *)alias(code) : code, va);
}

static u64 class_of(enum mode mode, enum kind kind) { return (kind == JUMP ? FETCH_LOWER : DATA_LOWER) + (mode != EL0); }

// The attempt ends in an abort with this fault status.
static void faults_(enum mode mode, enum kind kind, u64 va, u64 status, int line) {
    u64 got = attempt(mode, kind, va);
    u64 want = class_of(mode, kind) << 32 | status | (kind == STORE ? WNR : 0);
    kit_is("class and ISS", got << 32 | caught.iss, want, __FILE_NAME__, line);
    kit_is("FAR", caught.far, va, __FILE_NAME__, line);
}
#define FAULTS(mode, kind, va, status) faults_(mode, kind, va, status, __LINE__)

enum { RET = 0xd65f03c0 };
static void *ret_page(void) {
    u32 *p = page();
    for (unsigned i = 0; i < 0x4000; i += 256) p[i] = p[i + 1] = p[i + 2] = RET;
    cache_sync(p, 0x10000);
    return p;
}

static const struct granule *g;
#define LOW_48 (BIT(48) - 1)
#define EACH_GRANULE                                                                                                             \
    for (g = granules; g < granules + 3; g++)                                                                                    \
        if (paging(g))

// ---- rights: AP, PXN, UXN, PAN, WXN (D8.4)

static bool allowed(u64 e, enum mode mode, enum kind kind, bool pan, bool wxn) {
    bool el0 = e & AP_EL0, write = !(e & RO);
    if (mode == EL0) {
        if (kind == JUMP) return !(e & UXN) && !(wxn && write && el0);
        return el0 && (kind == LOAD || write);
    }
    if (kind == JUMP) return !(e & PXN) && !(write && (el0 || wxn));
    return !(pan && el0) && (kind == LOAD || write);
}

static void rights(void) {
    u32 *p = ret_page();
    for (unsigned n = 0; n < 16; n++)
        for (unsigned how = 0; how < 4; how++) {
            u64 e = V | AF | ISH | (u64)(n & 3) << 6 | (u64)(n >> 2) << 53;
            bool wxn = how & 1, pan = how & 2;
            if (pan && !FIELD(id_aa64mmfr1_el1, 20)) continue;
            sctlr_with(wxn ? SCTLR_WXN : 0, wxn ? 0 : SCTLR_WXN);
            kit_pstate = PSTATE_DAIF | (pan ? PSTATE_PAN : 0);
            map(SPACE, (u64)p, e);
            tlbi_all();
            for (enum kind kind = LOAD; kind <= JUMP; kind++)
                for (unsigned m = 0; m < 2; m++) {
                    enum mode mode = m ? EL1 : EL0;
                    u64 id = (u64)n << 48 | (u64)how << 56 | (u64)kind << 60 | (u64)m << 62;
                    bool may = allowed(e, mode, kind, pan, wxn);
                    u64 got = attempt(mode, kind, SPACE + 1024);
                    IS(got | id, (may ? NOTHING : class_of(mode, kind)) | id);
                    if (!may) IS(caught.iss | id, PERMISSION | 3 | (kind == STORE ? WNR : 0) | id);
                    if (!may) IS(caught.far, SPACE + 1024);
                    p[256] = RET;
                    if (kind == STORE && may) cache_sync(p + 256, 4);
                }
        }
}
TEST(rights_of_each_granule) { EACH_GRANULE rights(); }

// LDTR and STTR ask for EL0's rights, unless PSTATE.UAO says otherwise.
TEST(unprivileged_accesses) {
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    u64 p = (u64)page();
    bool has_uao = FIELD(id_aa64mmfr2_el1, 4);
    for (unsigned n = 0; n < 4; n++)
        for (unsigned how = 0; how < 4; how++) {
            bool uao = how & 1, pan = how & 2;
            if ((uao && !has_uao) || (pan && !FIELD(id_aa64mmfr1_el1, 20))) continue;
            kit_pstate = PSTATE_DAIF | (uao ? PSTATE_UAO : 0) | (pan ? PSTATE_PAN : 0);
            map(SPACE, p, V | AF | ISH | PXN | UXN | (u64)n << 6);
            for (enum kind kind = LOAD; kind <= STORE; kind++) {
                bool may = allowed((u64)n << 6, uao ? EL1 : EL0, kind, pan, false);
                IS(run(EL1, kind == LOAD ? do_load_as_el0 : do_store_as_el0, SPACE), may ? NOTHING : DATA);
                if (!may) IS(caught.iss, PERMISSION | 3 | (kind == STORE ? WNR : 0));
            }
        }
}

// ---- levels: what is wrong is told with the level of the entry

#define LPA_THERE (FIELD(id_aa64mmfr0_el1, 0) >= 6)
TEST(levels_of_faults) {
    EACH_GRANULE {
        u64 p = (u64)page();
        map(SPACE, p, PAGE_EL0);
        for (unsigned level = g->page > 12; level < 4; level++) { // with 16K the image is below the same entry of level 0
            u64 *e = entry(SPACE, level), old = *e;
            for (enum kind kind = LOAD; kind <= JUMP; kind++)
                for (unsigned m = 0; m < 2; m++) {
                    enum mode mode = m ? EL1 : EL0;
                    map_at(SPACE, level, old & ~(u64)1);
                    FAULTS(mode, kind, SPACE + 16, TRANSLATION + level);
                    if (level == 3 || !level ||
                        (level == 1 && (g->page == 14 || (g->page == 16 && !LPA_THERE)))) { // no blocks there
                        map_at(SPACE, level, old & ~(u64)2);
                        FAULTS(mode, kind, SPACE + 16, TRANSLATION + level);
                    }
                    if (level == 3) {
                        map_at(SPACE, level, old & ~(u64)AF);
                        FAULTS(mode, kind, SPACE + 16, ACCESS_FLAG + level);
                    }
                    map_at(SPACE, level, old | BIT(45)); // outputs have 40 bits
                    FAULTS(mode, kind, SPACE + 16, ADDRESS_SIZE + level);
                    map_at(SPACE, level, old);
                }
            if (level == 3) continue;
            map_at(SPACE, level, NOWHERE | 3); // a table where nothing is
            FAULTS(EL1, LOAD, SPACE + 16, WALK + level + 1);
            FAULTS(EL0, STORE, SPACE + 16, WALK + level + 1);
            FAULTS(EL1, JUMP, SPACE + 16, WALK + level + 1);
            map_at(SPACE, level, old);
        }
        IS(attempt(EL1, LOAD, SPACE), NOTHING);
    }
}

TEST(blocks) {
    EACH_GRANULE {
        u32 *p = page();
        p[5] = 0x1234;
        for (unsigned level = 1; level < 3; level++) {
            if (level == 1 && g->page != 12) continue;
            u64 size = BIT(level_shift(level)), va = SPACE + 8 * size + ((u64)p & (size - 1));
            u64 e = ((u64)p & ~(size - 1)) | AF | ISH | PXN | UXN | 1;
            map_at(va, level, e);
            IS(attempt(EL1, LOAD, va + 20), NOTHING);
            IS(caught.f.x[0], 0x1234);
            map_at(va, level, e | RO);
            FAULTS(EL1, STORE, va + 20, PERMISSION + level);
            map_at(va, level, e & ~(u64)AF);
            FAULTS(EL1, LOAD, va + 20, ACCESS_FLAG + level);
        }
    }
}

// RO, no EL0, UXN and PXN of a table count below it, unless TCR_EL1.HPDn says otherwise (D8.4.2).
TEST(rights_of_tables) {
    EACH_GRANULE {
        u32 *p = ret_page();
        bool hpd_there = FIELD(id_aa64mmfr1_el1, 12);
        for (u64 n = 0; n < 16; n++)
            for (unsigned hpd = 0; hpd <= hpd_there; hpd++)
                for (unsigned ap = 0; ap < 4; ap++) {
                    WRITE(tcr_el1, (READ(tcr_el1) & ~BIT(41)) | (u64)hpd << 41);
                    map(SPACE, (u64)p, V | AF | ISH | (u64)ap << 6);
                    *entry(SPACE, 2) = (*entry(SPACE, 2) & LOW_48) | n << 59;
                    tlbi_all();
                    u64 e = (u64)ap << 6;
                    if (!hpd) {
                        if (n & 8) e |= RO;
                        if (n & 4) e &= ~(u64)AP_EL0;
                        if (n & 2) e |= UXN;
                        if (n & 1) e |= PXN;
                    }
                    for (enum kind kind = LOAD; kind <= JUMP; kind++)
                        for (unsigned m = 0; m < 2; m++) {
                            enum mode mode = m ? EL1 : EL0;
                            bool may = allowed(e, mode, kind, false, false);
                            IS(attempt(mode, kind, SPACE + 1024), may ? NOTHING : class_of(mode, kind));
                            if (!may) IS(caught.iss, PERMISSION | 3 | (kind == STORE ? WNR : 0));
                            p[256] = RET;
                            if (kind == STORE && may) cache_sync(p + 256, 4);
                        }
                }
        *entry(SPACE, 2) &= LOW_48;
        WRITE(tcr_el1, READ(tcr_el1) & ~BIT(41));
    }
}

// ---- halves, sizes, tags

TEST(halves) {
    EACH_GRANULE {
        u64 p = (u64)page();
        map(SPACE, p, PAGE_EL1);
        map(UPPER + SPACE, p, PAGE_EL1);
        IS(attempt(EL1, LOAD, SPACE), NOTHING);
        IS(attempt(EL1, LOAD, UPPER + SPACE), NOTHING);
        FAULTS(EL0, LOAD, UPPER + SPACE, PERMISSION | 3);
        // Neither half: bit 55 does not fit to those above it, or to those below
        FAULTS(EL1, LOAD, BIT(48) | SPACE, TRANSLATION);
        FAULTS(EL1, STORE, UPPER - BIT(50) + SPACE, TRANSLATION);
        FAULTS(EL1, LOAD, BIT(63) | SPACE, TRANSLATION);
        FAULTS(EL1, JUMP, BIT(60) | SPACE, TRANSLATION);
        // No walks in a half
        WRITE(tcr_el1, READ(tcr_el1) | BIT(23));
        tlbi_all();
        FAULTS(EL1, LOAD, UPPER + SPACE, TRANSLATION);
        IS(attempt(EL1, LOAD, SPACE), NOTHING);
    }
}

// TCR_EL1.E0PDn: no walks in a half for EL0, also for EL1's accesses as EL0, whatever the entries say.
TEST(a_half_without_el0) {
    if (!FIELD(id_aa64mmfr2_el1, 60)) SKIP("no FEAT_E0PD");
    EACH_GRANULE {
        u64 p = (u64)page();
        map(SPACE, p, PAGE_EL0);
        map(UPPER + SPACE, p, PAGE_EL0);
        for (unsigned half = 0; half < 2; half++) {
            u64 shut = half ? UPPER + SPACE : SPACE, open = half ? SPACE : UPPER + SPACE, was = READ(tcr_el1);
            IS(attempt(EL0, LOAD, shut), NOTHING);
            WRITE(tcr_el1, was | BIT(55 + half));
            tlbi_all();
            IS(attempt(EL1, LOAD, shut), NOTHING); // and what it has filled is not EL0's
            IS(run(EL1, do_load_as_el0, shut), DATA);
            IS(caught.iss, TRANSLATION);
            IS(run(EL1, do_load_as_el0, open), NOTHING);
            for (enum kind kind = LOAD; half && kind <= JUMP; kind++)
                FAULTS(EL0, kind, shut, TRANSLATION); // EL0's code is in the lower half
            WRITE(tcr_el1, was);
            tlbi_all();
        }
    }
}

// The upper half alone, of every size: entry 3 of a table of pages, all tables above it having it as their first.
TEST(sizes_of_a_half) {
    EACH_GRANULE {
        u64 p = (u64)page(), *table[4];
        for (unsigned i = 0; i < 4; i++) table[i] = page();
        for (unsigned i = 0; i < 3; i++) table[i][0] = (u64)table[i + 1] | 3;
        table[3][3] = p | PAGE_EL1;
        for (unsigned bits = 25; bits <= 48; bits++) {
            unsigned first = 0;
            while (level_shift(first) >= bits) first++;
            WRITE(tcr_el1, (READ(tcr_el1) & ~((u64)63 << 16)) | (u64)(64 - bits) << 16);
            WRITE(ttbr1_el1, table[first]);
            tlbi_all();
            u64 va = -((u64)1 << bits) + ((u64)3 << g->page);
            IS(attempt(EL1, LOAD, va) | (u64)bits << 16, NOTHING | (u64)bits << 16);
            FAULTS(EL1, LOAD, va - BIT(bits), TRANSLATION); // a bit above the size
            FAULTS(EL1, LOAD, va + BIT(g->page), TRANSLATION + 3);
        }
    }
}

// With 64K pages addresses can have 52 bits: virtual ones where T1SZ says so, physical ones whose upper four are in bits 15..12 of
// an entry and in 5..2 of TTBR1_EL1, if TCR_EL1.IPS is 6 (D8.2, D8.3). An entry for more than outputs may have is an address size fault.
CODE(do_at, "at s1e1r, x0; isb; mrs x0, par_el1; ret");
static void addresses_of_52_bits_with(u64 ips) {
    g = &granules[2];
    if (!paging(g)) SKIP("no granule of 64K");
    bool lva = FIELD(id_aa64mmfr2_el1, 16);
    u32 *p = page();
    p[4] = 0x1234;
    u64 *table[4] = {NULL, page(), page(), page()};
    u64 tcr = READ(tcr_el1) & ~((u64)63 << 16 | (u64)7 << 32);
    for (unsigned i = 0; i < 2; i++) {
        bool wide = i && lva;
        unsigned top = wide ? 0x2d5 : 0x15, bits = wide ? 52 : 48; // bits 51..42
        u64 va = -BIT(bits) + ((u64)top << 42) + BIT(29) * 5 + 0x30000;
        table[1][top] = (u64)table[2] | 3;
        table[2][5] = (u64)table[3] | 3;
        u64 high = ips == 6 ? EXTERNAL : ADDRESS_SIZE | 3, higher = ips == 6 ? WALK | 3 : ADDRESS_SIZE | 2;
        table[3][3] = (u64)p | PAGE_EL1;
        WRITE(tcr_el1, tcr | (u64)(64 - bits) << 16 | (u64)ips << 32);
        WRITE(ttbr1_el1, table[1]);
        tlbi_all();
        IS(attempt(EL1, LOAD, va + 16), NOTHING);
        IS(caught.f.x[0], 0x1234);
        FAULTS(EL1, LOAD, va - BIT(bits), TRANSLATION);
        for (unsigned bit = 12; bit < 16; bit++) {
            table[3][3] = (u64)p | PAGE_EL1 | BIT(bit);
            tlbi_all();
            FAULTS(EL1, LOAD, va + 16, high);
            IS(run(EL1, do_at, va), NOTHING);
            IS(caught.f.x[0] & ~BIT(9),
               ips == 6 ? (u64)0xff << 56 | BIT(36 + bit) | (u64)p | BIT(11) | 3 << 7 : BIT(11) | high << 1 | 1);
            table[3][3] = (u64)p | PAGE_EL1;
            table[2][5] ^= BIT(bit);
            tlbi_all();
            FAULTS(EL1, STORE, va + 16, higher);
            table[2][5] ^= BIT(bit);
            WRITE(ttbr1_el1, (u64)table[1] | BIT(bit - 10));
            tlbi_all();
            if (ips == 6) FAULTS(EL1, LOAD, va + 16, WALK | 1);
            else IS(attempt(EL1, LOAD, va + 16), NOTHING);
            WRITE(ttbr1_el1, table[1]);
        }
        // A block of 4 TiB
        table[1][top] = AF | ISH | PXN | UXN | 1;
        tlbi_all();
        IS(attempt(EL1, LOAD, (va & ~(BIT(42) - 1)) + (u64)p + 16), NOTHING);
        IS(caught.f.x[0], 0x1234);
        FAULTS(EL1, LOAD, (va & ~(BIT(42) - 1)) + NOWHERE, EXTERNAL);
        table[1][top] = (u64)table[2] | 3;
    }
    WRITE(tcr_el1, tcr | 16 << 16 | (u64)2 << 32);
    tlbi_all();
}
TEST(addresses_of_52_bits) {
    if (!LPA_THERE) SKIP("no FEAT_LPA");
    addresses_of_52_bits_with(6);
}
TEST(outputs_of_48_bits) {
    if (!LPA_THERE) SKIP("no FEAT_LPA");
    addresses_of_52_bits_with(5);
}

// TCR_EL1.TBIn: the top byte does not count (D8.9).
TEST(tags) {
    EACH_GRANULE {
        u32 *p = ret_page();
        map(SPACE, (u64)p, V | AF | ISH | RO | AP_EL0);
        map(UPPER + SPACE, (u64)p, V | AF | ISH | RO | AP_EL0);
        u64 tag = (u64)0x5a << 56;
        for (unsigned tbi = 0; tbi < 4; tbi++) {
            WRITE(tcr_el1, (READ(tcr_el1) & ~((u64)3 << 37)) | (u64)tbi << 37);
            tlbi_all();
            for (unsigned half = 0; half < 2; half++) {
                u64 va = ((half ? UPPER : 0) | SPACE) ^ tag;
                for (unsigned m = 0; m < 2; m++) {
                    enum mode mode = m ? EL1 : EL0;
                    if (tbi >> half & 1) {
                        IS(attempt(mode, LOAD, va), NOTHING);
                        IS(attempt(mode, JUMP, va), NOTHING);
                        FAULTS(mode, STORE, va + 4, PERMISSION | 3); // FAR has the tag
                    } else {
                        FAULTS(mode, LOAD, va, TRANSLATION);
                        FAULTS(mode, JUMP, va, TRANSLATION);
                    }
                }
            }
        }
    }
}

// The PC gets no tag, and so does no return address.
CODE(do_where, "adr x0, .; mov x1, x30; ret");
CODE(do_call, "mov x9, x30; blr x0; mov x30, x9; ret");
TEST(no_tag_in_the_pc) {
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    u32 *p = page();
    for (unsigned i = 0; i < 3; i++) p[i] = ((const u32 *)do_where)[i];
    cache_sync(p, 12);
    map(SPACE, (u64)p, V | AF | ISH | RO | AP_EL0);
    WRITE(tcr_el1, READ(tcr_el1) | BIT(37));
    tlbi_all();
    IS(run(EL0, alias(do_call), SPACE | (u64)0xa5 << 56), NOTHING);
    IS(caught.f.x[0], SPACE);
    IS(run(EL1, do_call, SPACE | (u64)0x80 << 56), NOTHING);
    IS(caught.f.x[0], SPACE);
}

// ---- an access over a page's end

CODE(do_load_8, "ldr x0, [x0]; ret");
CODE(do_store_8, "str x1, [x0]; ret");
TEST(crossing) {
    EACH_GRANULE {
        u8 *p = page(), *q = page();
        u64 end = BIT(g->page), at = SPACE + end - 4;
        map(SPACE, (u64)q, PAGE_EL1); // not in physical order
        map(SPACE + end, (u64)p, PAGE_EL1);
        for (unsigned i = 0; i < 4; i++) q[end - 4 + i] = (u8)(1 + i), p[i] = (u8)(5 + i);
        IS(run(EL1, do_load_8, at), NOTHING);
        IS(caught.f.x[0], 0x0807060504030201);
        IS(run2(EL1, do_store_8, at, 0x1122334455667788), NOTHING);
        IS(q[end - 4] | p[3] << 8, 0x1188);
        map(SPACE + end, (u64)p, PAGE_EL1 | RO);
        IS(run2(EL1, do_store_8, at, 0), DATA);
        IS(caught.iss, PERMISSION | 3 | WNR);
        HOLDS(caught.far == at || caught.far == SPACE + end);
        IS(p[3], 0x11);
        *entry(SPACE + end, 3) = 0;
        tlbi_all();
        IS(run(EL1, do_load_8, at), DATA);
        IS(caught.iss, TRANSLATION | 3);
    }
}

// ---- address spaces and TLBI

CODE(do_vmalle1, "tlbi vmalle1; dsb ish; isb; ret");
CODE(do_vae1, "tlbi vae1, x0; dsb ish; isb; ret");
CODE(do_aside1, "tlbi aside1, x0; dsb ish; isb; ret");
CODE(do_vaae1, "tlbi vaae1, x0; dsb ish; isb; ret");
CODE(do_vale1, "tlbi vale1, x0; dsb ish; isb; ret");
CODE(do_vaale1, "tlbi vaale1, x0; dsb ish; isb; ret");
CODE(do_vmalle1is, "tlbi vmalle1is; dsb ish; isb; ret");
CODE(do_vae1is, "tlbi vae1is, x0; dsb ish; isb; ret");
CODE(do_aside1is, "tlbi aside1is, x0; dsb ish; isb; ret");
CODE(do_vaae1is, "tlbi vaae1is, x0; dsb ish; isb; ret");
CODE(do_vale1is, "tlbi vale1is, x0; dsb ish; isb; ret");
CODE(do_vaale1is, "tlbi vaale1is, x0; dsb ish; isb; ret");
// FEAT_TLBIOS and FEAT_TLBIRANGE
CODE(do_vae1os, "sys #0, c8, c1, #1, x0; dsb sy; isb; ret");
CODE(do_rvae1, "sys #0, c8, c6, #1, x0; dsb sy; isb; ret");
CODE(do_rvaae1is, "sys #0, c8, c2, #3, x0; dsb sy; isb; ret");
CODE(do_rvale1os, "sys #0, c8, c5, #5, x0; dsb sy; isb; ret");

enum argument { NONE, ADDRESS, SPACE_NUMBER, RANGE };

TEST(a_tlbi_of_each_form_is_enough) {
    static const struct {
        const char *code;
        enum argument argument;
        unsigned needs; // ID_AA64ISAR0_EL1.TLB
    } all[] = {{do_vmalle1, NONE, 0},          {do_vae1, ADDRESS, 0},    {do_aside1, SPACE_NUMBER, 0}, {do_vaae1, ADDRESS, 0},
               {do_vale1, ADDRESS, 0},         {do_vaale1, ADDRESS, 0},  {do_vmalle1is, NONE, 0},      {do_vae1is, ADDRESS, 0},
               {do_aside1is, SPACE_NUMBER, 0}, {do_vaae1is, ADDRESS, 0}, {do_vale1is, ADDRESS, 0},     {do_vaale1is, ADDRESS, 0},
               {do_vae1os, ADDRESS, 1},        {do_rvae1, RANGE, 2},     {do_rvaae1is, RANGE, 2},      {do_rvale1os, RANGE, 2}};
    EACH_GRANULE {
        u32 *p = page(), *q = page();
        p[0] = 1, q[0] = 2;
        static const u64 bases[] = {SPACE, UPPER + SPACE};
        for (unsigned half = 0; half < 2; half++)
            for (unsigned i = 0; i < countof(all); i++) {
                if (FIELD(id_aa64isar0_el1, 56) < all[i].needs) continue;
                u64 va = bases[half], tg = g->page == 12 ? 1 : g->page == 14 ? 2 : 3;
                u64 x = all[i].argument == ADDRESS ? va << 8 >> 20
                        : all[i].argument == RANGE ? tg << 46 | ((va >> g->page) & (BIT(37) - 1))
                                                   : 0;
                *entry(va, 3) = (u64)p | PAGE_EL1 | NG;
                tlbi_all();
                IS(attempt(EL1, LOAD, va), NOTHING);
                IS(caught.f.x[0], 1);
                *entry(va, 3) = (u64)q | PAGE_EL1 | NG;
                IS(run(EL1, all[i].code, x), NOTHING);
                IS(attempt(EL1, LOAD, va), NOTHING);
                IS(caught.f.x[0] | i << 8 | half << 16, 2 | i << 8 | half << 16);
            }
    }
}

// What faults is not kept: no TLBI is needed when it is mended (D8.14).
TEST(faults_are_not_kept) {
    EACH_GRANULE {
        u64 p = (u64)page();
        map(SPACE, p, PAGE_EL1);
        for (unsigned i = 0; i < 2; i++) {
            map(SPACE, p, i ? PAGE_EL1 & ~(u64)AF : PAGE_EL1 & ~(u64)1);
            FAULTS(EL1, LOAD, SPACE, (i ? ACCESS_FLAG : TRANSLATION) | 3);
            *entry(SPACE, 3) = p | PAGE_EL1;
            __asm__ volatile("dsb ish\n isb" : : : "memory");
            IS(attempt(EL1, LOAD, SPACE), NOTHING);
        }
    }
}

TEST(spaces_have_numbers) {
    EACH_GRANULE {
        u32 *p = page(), *q = page();
        p[0] = 1, q[0] = 2;
        u64 *second = page();
        map(SPACE, (u64)p, PAGE_EL1 | NG);
        // The same tables but for one entry of the root that leads to another page
        for (unsigned i = 0; i < BIT(g->page) / 8; i++) second[i] = root[0][i];
        u64 *first = root[0];
        map(SPACE, (u64)p, PAGE_EL1 | NG);
        root[0] = second;
        u64 *old = root[0];
        unsigned level = g->page == 16, index = (unsigned)(SPACE >> level_shift(level)) & (unsigned)(BIT(g->page - 3) - 1);
        bool shared = index == 0; // the image is below it, too: its table is made anew
        if (shared) {
            u64 *next = page(), *was = (u64 *)(first[0] & LOW_48 & ~(BIT(g->page) - 1));
            for (unsigned i = 0; i < BIT(g->page) / 8; i++) next[i] = was[i];
            old[0] = (u64)next | 3;
            next[SPACE >> level_shift(level + 1) & (BIT(g->page - 3) - 1)] = 0;
        } else {
            old[index] = 0;
        }
        *entry(SPACE, 3) = (u64)q | PAGE_EL1 | NG;
        for (unsigned a1 = 0; a1 < 2; a1++) {
            WRITE(tcr_el1, (READ(tcr_el1) & ~BIT(22)) | (u64)a1 << 22 | BIT(36));
            tlbi_all();
            for (unsigned i = 0; i < 6; i++) {
                u64 asid = (u64)(i & 1 ? 0x8001 : 1) << 48; // they differ in the upper half
                WRITE(ttbr0_el1, (u64)(i & 1 ? second : first) | (a1 ? 0 : asid));
                WRITE(ttbr1_el1, (u64)root[1] | (a1 ? asid : 0));
                IS(attempt(EL1, LOAD, SPACE), NOTHING);
                IS(caught.f.x[0], 1 + (i & 1));
            }
        }
    }
}

// ---- AT

CODE(do_at_e1r, "at s1e1r, x0; isb; mrs x0, par_el1; ret");
CODE(do_at_e1w, "at s1e1w, x0; isb; mrs x0, par_el1; ret");
CODE(do_at_e0r, "at s1e0r, x0; isb; mrs x0, par_el1; ret");
CODE(do_at_e0w, "at s1e0w, x0; isb; mrs x0, par_el1; ret");
CODE(do_at_e1rp, "sys #0, c7, c9, #0, x0; isb; mrs x0, par_el1; ret");
CODE(do_at_e1wp, "sys #0, c7, c9, #1, x0; isb; mrs x0, par_el1; ret");

TEST(translation_instructions) {
    static const char *const code[] = {do_at_e1r, do_at_e1w, do_at_e0r, do_at_e0w, do_at_e1rp, do_at_e1wp};
    EACH_GRANULE {
        u64 p = (u64)page();
        for (unsigned ap = 0; ap < 4; ap++)
            for (unsigned pan = 0; pan < 2; pan++) {
                if (FIELD(id_aa64mmfr1_el1, 20) < 2 && pan) continue;
                kit_pstate = PSTATE_DAIF | (pan ? PSTATE_PAN : 0);
                map(SPACE, p, V | AF | ISH | PXN | UXN | (u64)ap << 6);
                for (unsigned i = 0; i < (FIELD(id_aa64mmfr1_el1, 20) < 2 ? 4 : 6); i++) {
                    IS(run(EL1, code[i], SPACE + 0x123), NOTHING);
                    bool may = allowed((u64)ap << 6, i == 2 || i == 3 ? EL0 : EL1, i & 1 ? STORE : LOAD, i > 3 && pan, false);
                    u64 want = may ? (u64)0xff << 56 | p | BIT(11) | 3 << 7 : BIT(11) | (PERMISSION | 3) << 1 | 1;
                    IS(caught.f.x[0] & ~BIT(9), want); // NS is not for us
                }
            }
        map(SPACE, p, V | AF | PXN | UXN | DEVICE);
        IS(run(EL1, do_at_e1r, SPACE), NOTHING);
        IS(caught.f.x[0] & ~BIT(9), p | BIT(11) | 2 << 7);
        map(SPACE, p, V | AF | PXN | UXN | NC);
        IS(run(EL1, do_at_e1r, SPACE), NOTHING);
        IS(caught.f.x[0] & ~BIT(9), (u64)0x44 << 56 | p | BIT(11) | 2 << 7);
        map(SPACE, p, V | PXN | UXN);
        IS(run(EL1, do_at_e1r, SPACE), NOTHING);
        IS(caught.f.x[0], BIT(11) | (ACCESS_FLAG | 3) << 1 | 1);
        IS(run(EL1, do_at_e1r, BIT(48)), NOTHING);
        IS(caught.f.x[0], BIT(11) | TRANSLATION << 1 | 1);
    }
}

// With the MMU off addresses are physical.
TEST(translation_without_the_mmu) {
    u64 p = (u64)page();
    IS(run(EL1, do_at_e1w, p + 8), NOTHING);
    IS(caught.f.x[0] & ~BIT(9), p | BIT(11) | 2 << 7);
}

// An address that is wider than physical ones has a fault of its own, of level 0: D8.2.9.
TEST(addresses_too_wide_without_the_mmu) {
    static const u8 widths[8] = {32, 36, 40, 42, 44, 48, 52, 56};
    unsigned width = widths[FIELD(id_aa64mmfr0_el1, 0) & 7];
    for (unsigned bit = width; bit < 64; bit++) {
        u64 wide = BIT(bit) | 0x1000;
        for (enum kind kind = LOAD; kind <= JUMP; kind++) FAULTS(EL1, kind, wide, ADDRESS_SIZE);
        IS(run(EL1, do_at_e1r, wide), NOTHING);
        IS(caught.f.x[0], BIT(11) | ADDRESS_SIZE << 1 | 1);
    }
}
