// SPDX-License-Identifier: MIT
// What an OS or a program uses where it finds it: pointer authentication, flags, speculation's bit, random numbers (D8.10, C6.2).
#include "kit.h"

#define PAUTH_THERE (READ(s3_0_c0_c6_1) >> 4 & 15) // ID_AA64ISAR1_EL1.APA: QARMA5
#define SCTLR_ENIA BIT(31)
#define SCTLR_ENIB BIT(30)
#define SCTLR_ENDA BIT(27)
#define SCTLR_ENDB BIT(13)
#define KEYS_ON (SCTLR_ENIA | SCTLR_ENIB | SCTLR_ENDA | SCTLR_ENDB)
#define A ".arch_extension pauth; "

// The vector of Avanzi's paper, and other keys for the rest.
static void keys(void) {
    WRITE(s3_0_c2_c1_0, 0xec2802d4e0a488e9); // APIA
    WRITE(s3_0_c2_c1_1, 0x84be85ce9804e94b);
    WRITE(s3_0_c2_c1_2, 0x0123456789abcdef); // APIB
    WRITE(s3_0_c2_c1_3, 0xfedcba9876543210);
    WRITE(s3_0_c2_c2_0, 0x1111111122222222); // APDA
    WRITE(s3_0_c2_c2_1, 0x3333333344444444);
    WRITE(s3_0_c2_c2_2, 0xaaaaaaaaaaaaaaaa); // APDB
    WRITE(s3_0_c2_c2_3, 0x5555555555555555);
    WRITE(s3_0_c2_c3_0, 0xec2802d4e0a488e9); // APGA
    WRITE(s3_0_c2_c3_1, 0x84be85ce9804e94b);
}

CODE(do_pacga, A "pacga x0, x0, x1; ret");
TEST(generic_codes) {
    if (!PAUTH_THERE) SKIP("no FEAT_PAuth");
    keys();
    IS(run2(EL0, do_pacga, 0xfb623599da6e8127, 0x477d469dec0b8762), NOTHING);
    IS(caught.f.x[0], 0xc003b93900000000); // of c003b93999b33765
}

CODE(do_pacia, A "pacia x0, x1; ret");
CODE(do_pacib, A "pacib x0, x1; ret");
CODE(do_pacda, A "pacda x0, x1; ret");
CODE(do_pacdb, A "pacdb x0, x1; ret");
CODE(do_autia, A "autia x0, x1; ret");
CODE(do_autib, A "autib x0, x1; ret");
CODE(do_autda, A "autda x0, x1; ret");
CODE(do_autdb, A "autdb x0, x1; ret");
CODE(do_xpaci, A "xpaci x0; ret");
CODE(do_xpacd, A "xpacd x0; ret");
static const char *const pac[] = {do_pacia, do_pacib, do_pacda, do_pacdb}, *const aut[] = {do_autia, do_autib, do_autda,
                                                                                           do_autdb};

static u64 call(const char *code, u64 x0, u64 x1) {
    IS(run2(EL1, code, x0, x1), NOTHING);
    return caught.f.x[0];
}

// Pointers of both halves, with tags and without, sound and broken, of several sizes: signed, checked, spoilt, stripped. The sum is QEMU's, too.
TEST(pointers) {
    if (!PAUTH_THERE) SKIP("no FEAT_PAuth");
    static const u64 pointers[] = {0x0000123456789abc, 0xffff800012345678, 0x5a00123456789abc, 0xa5ff800012345678,
                                   0x0040123456789abc};
    u64 sum = 0;
    keys();
    for (u64 how = 0; how < 16; how++) {
        u64 tcr =
            (how & 1 ? BIT(37) | BIT(38) : 0) | (how & 2 ? BIT(51) | BIT(52) : 0) | (how & 4 ? 25 | 25 << 16 : 16 | 16 << 16);
        WRITE(tcr_el1, tcr);
        sctlr_with(how & 8 ? 0 : KEYS_ON, how & 8 ? KEYS_ON : 0);
        for (unsigned i = 0; i < countof(pointers); i++)
            for (unsigned k = 0; k < 4; k++) {
                u64 p = pointers[i], m = p * 0x9e3779b97f4a7c15, s = call(pac[k], p, m), back = call(aut[k], s, m);
                if (how & 8) IS(s, p);
                else if (i < 2 && !(how & 4)) IS(back, p);
                u64 other = call(aut[k], s, m + 1), bad = call(aut[k], s ^ BIT(50), m);
                if (i < 2 && !(how & 12)) HOLDS(other != p && bad != p);
                sum = (sum ^ s) * 0x9e3779b97f4a7c15 + back;
                sum = (sum ^ other) * 0x9e3779b97f4a7c15 + bad;
                if (how & 8) continue; // where no key is enabled QEMU 7.2 strips nothing
                sum = (sum ^ call(do_xpaci, s, 0)) * 0x9e3779b97f4a7c15 + call(do_xpacd, s, 0);
            }
    }
    IS(sum, 0x5699ff9e4aecca00);
}

CODE(do_sign_and_return, A "mov x9, x30; paciasp; mov x0, x30; autiasp; mov x1, x30; xpaclri; ret x9");
CODE(do_retaa, A "paciasp; mov x0, x30; retaa");
CODE(do_retab_wrong, A "paciasp; mov x0, x30; mov x9, x30; retab");
CODE(do_blraa, A "mov x9, x30; adr x2, 1f; pacia x2, x1; blraa x2, x1; mov x30, x9; ret; 1: mov x0, #77; ret");
CODE(do_braaz, A "adr x2, 1f; paciza x2; braaz x2; 1: mov x0, #78; ret");
CODE(do_1716, A "mov x17, x0; mov x16, x1; pacib1716; mov x2, x17; autib1716; mov x0, x17; ret");
CODE(do_ldraa, A "mov x2, x0; pacdza x0; ldraa x1, [x0, #-8]!; sub x0, x2, x0; ret");
CODE(do_ldrab_wrong, A "pacdza x0; ldrab x1, [x0]; ret");
TEST(branches_and_loads) {
    if (!PAUTH_THERE) SKIP("no FEAT_PAuth");
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    keys();
    sctlr_with(KEYS_ON, 0);
    u64 *p = page();
    p[0] = 0x1234;
    for (unsigned m = 0; m < 2; m++) {
        enum mode mode = m ? EL1 : EL0;
#define AT_MODE(code) (m ? (const void *)(code) : alias(code))
        IS(run(mode, AT_MODE(do_sign_and_return), 0), NOTHING);
        HOLDS(caught.f.x[0] != caught.f.x[1]);
        IS(run(mode, AT_MODE(do_retaa), 0), NOTHING);
        HOLDS(caught.f.x[0] >> 48);
        IS(run(mode, AT_MODE(do_blraa), 0), NOTHING);
        IS(caught.f.x[0], 77);
        IS(run(mode, AT_MODE(do_braaz), 0), NOTHING);
        IS(caught.f.x[0], 78);
        IS(run2(mode, AT_MODE(do_1716), SPACE, 99), NOTHING);
        IS(caught.f.x[0], SPACE);
        HOLDS(caught.f.x[2] != SPACE);
        // What fails leads nowhere, and tells the key
        IS(run(mode, AT_MODE(do_retab_wrong), 0), m ? FETCH : FETCH_LOWER);
        IS(caught.iss, TRANSLATION);
        IS(caught.far >> 61 & 3, 2);
    }
    map(SPACE, (u64)p, PAGE_EL0);
    IS(run(EL0, alias(do_ldraa), SPACE + 8), NOTHING);
    IS(caught.f.x[1], 0x1234);
    IS(caught.f.x[0], 8);
    IS(run(EL0, alias(do_ldrab_wrong), SPACE), DATA_LOWER);
    IS(caught.iss, TRANSLATION);
    IS(caught.far >> 61 & 3, 2);
}

CODE(do_write_key, "msr s3_0_c2_c1_0, x0; ret");
TEST(keys_are_el1s) {
    if (!PAUTH_THERE) SKIP("no FEAT_PAuth");
    IS(run(EL0, do_write_key, 0), UNKNOWN);
    IS(run(EL1, do_write_key, 7), NOTHING);
    IS(READ(s3_0_c2_c1_0), 7);
}

// ---- flags

CODE(do_cfinv, "msr nzcv, x0; .inst 0xd500401f; mrs x0, nzcv; ret");
CODE(do_xaflag, "msr nzcv, x0; .inst 0xd500403f; mrs x0, nzcv; ret");
CODE(do_axflag, "msr nzcv, x0; .inst 0xd500405f; mrs x0, nzcv; ret");
CODE(do_rmif, "msr nzcv, x1; .inst 0xba02040a; mrs x0, nzcv; ret"); // rmif x0, #4, #10
CODE(do_setf8, "msr nzcv, x1; .inst 0x3a00080d; mrs x0, nzcv; ret");
CODE(do_setf16, "msr nzcv, x1; .inst 0x3a00480d; mrs x0, nzcv; ret");

TEST(flags) {
    unsigned there = FIELD(id_aa64isar0_el1, 52);
    if (!there) SKIP("no FEAT_FlagM");
    for (u64 f = 0; f < 16; f++) {
        bool z = f & 4, c = f & 2, v = f & 1;
        IS(call(do_cfinv, f << 28, 0) >> 28, f ^ 2);
        IS(call(do_rmif, 0x50, f << 28) >> 28, (f & 5) | (5 & 10)); // N and C from bits 7 and 5
        IS(call(do_rmif, 0xa0, f << 28) >> 28, (f & 5) | 10);
        for (u64 x = 0; x < 0x40000; x += 0x1f7) {
            IS(call(do_setf8, x, f << 28) >> 28, (x & 0x80) >> 4 | (!(x & 0xff)) << 2 | (f & 2) | ((x ^ x >> 1) >> 7 & 1));
            IS(call(do_setf16, x, f << 28) >> 28, (x & 0x8000) >> 12 | (!(x & 0xffff)) << 2 | (f & 2) | ((x ^ x >> 1) >> 15 & 1));
        }
        if (there < 2) continue;
        IS(call(do_axflag, f << 28, 0) >> 28, (z | v) << 2 | (c & !v) << 1);
        IS(call(do_xaflag, f << 28, 0) >> 28, (!c & !z) << 3 | (z & c) << 2 | (c | z) << 1 | (!c & z));
    }
}

CODE(
    do_ssbs,
    ".inst 0xd503413f; mrs x0, s3_3_c4_c2_6; .inst 0xd503403f; mrs x1, s3_3_c4_c2_6; msr s3_3_c4_c2_6, x0; svc #0"); // msr ssbs, #1; #0
TEST(speculative_store_bypass) {
    if (FIELD(id_aa64pfr1_el1, 4) < 2) SKIP("no FEAT_SSBS2");
    for (unsigned after = 0; after < 2; after++) {
        sctlr_with(after ? BIT(44) : 0, after ? 0 : BIT(44)); // DSSBS
        IS(run(EL0, do_ssbs, 0), SVC);
        IS(caught.f.x[0], BIT(12));
        IS(caught.f.x[1], 0);
        IS(caught.f.pstate & BIT(12), BIT(12));
        IS(READ(s3_3_c4_c2_6), after ? BIT(12) : 0);
    }
    sctlr_with(0, BIT(44));
}

CODE(do_random, "mov x2, #-1; msr nzcv, x2; mrs x0, s3_3_c2_c4_0; mrs x2, nzcv; mrs x1, s3_3_c2_c4_1; ret");
TEST(random_numbers) {
    if (!FIELD(id_aa64isar0_el1, 60)) SKIP("no FEAT_RNG");
    IS(run(EL0, do_random, 0), NOTHING);
    u64 a = caught.f.x[0];
    IS(caught.f.x[2], 0);
    IS(run(EL0, do_random, 0), NOTHING);
    HOLDS(caught.f.x[0] != a && caught.f.x[1] != a);
}
