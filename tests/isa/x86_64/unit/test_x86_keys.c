// SPDX-License-Identifier: MIT
// Protection keys from the program's side: RDPKRU and WRPKRU (vol. 2B), IA32_PKRS (vol. 4), CR4.PKE and PKS, and what CPUID
// tells. What the keys do to accesses is test_x86_walk_all's.
#include "isa/x86_64/sys/mem.h"
#include "paging_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int new(void **state) { return !(*state = paging_new()); }
static int done(void **state) {
    paging_free(*state);
    return 0;
}

// The vector that the instruction raises at this CPL, or NO_TRAP.
static int vector_of(struct x86_rig *r, const u8 *code, size_t size, unsigned cpl, u64 cr4) {
    static const u8 watched[] = {EXC_UD, EXC_GP};
    u64 ax = r->c->s.gpr[RAX], cx = r->c->s.gpr[RCX], dx = r->c->s.gpr[RDX], pkru = r->c->s.pkru;
    cpu_long(r, cpl);
    r->c->s.gpr[RAX] = ax, r->c->s.gpr[RCX] = cx, r->c->s.gpr[RDX] = dx, r->c->s.pkru = pkru;
    r->c->s.cr4 |= cr4;
    for (unsigned i = 0; i < countof(watched); i++)
        cpu_idt(r, watched[i], cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000 + 0x1000 * watched[i], 0), 0);
    cpu_run(r, code, size, 1);
    unsigned page = (unsigned)(r->c->s.rip >> 12);
    return page >= 0x20 && page < 0x40 ? (int)page - 0x20 : NO_TRAP;
}

static const u8 rdpkru[] = {0x0f, 0x01, 0xee}, wrpkru[] = {0x0f, 0x01, 0xef};

static void instructions(void **state) {
    struct x86_rig *r = ((struct paging_rig *)*state)->r;
    u64 *gpr = r->c->s.gpr;
    for (unsigned cpl = 0; cpl <= 3; cpl += 3) {
        gpr[RCX] = 0xffffffff00000000, gpr[RDX] = 0x1234567800000000, gpr[RAX] = 0xfedcba9887654320;
        assert_int_equal(vector_of(r, wrpkru, 3, cpl, CR4_PKE), NO_TRAP);
        assert_int_equal(r->c->s.pkru, 0x87654320);
        gpr[RAX] = gpr[RDX] = ~(u64)0;
        assert_int_equal(vector_of(r, rdpkru, 3, cpl, CR4_PKE), NO_TRAP);
        assert_int_equal(gpr[RAX], 0x87654320);
        assert_int_equal(gpr[RDX], 0);
        gpr[RCX] = 1;
        assert_int_equal(vector_of(r, rdpkru, 3, cpl, CR4_PKE), EXC_GP);
        assert_int_equal(vector_of(r, wrpkru, 3, cpl, CR4_PKE), EXC_GP);
        gpr[RCX] = 0, gpr[RDX] = 1;
        assert_int_equal(vector_of(r, wrpkru, 3, cpl, CR4_PKE), EXC_GP);
        assert_int_equal(vector_of(r, rdpkru, 3, cpl, CR4_PKE), NO_TRAP);
        gpr[RCX] = gpr[RDX] = 0;
        assert_int_equal(vector_of(r, rdpkru, 3, cpl, 0), EXC_UD);
        assert_int_equal(vector_of(r, wrpkru, 3, cpl, 0), EXC_UD);
        for (unsigned i = 0; i < 4; i++) { // LOCK, and the prefixes that make other encodings
            const u8 code[] = {"\xf0\x66\xf2\xf3"[i], 0x0f, 0x01, 0xee};
            assert_int_equal(vector_of(r, code, 4, cpl, CR4_PKE), EXC_UD);
        }
        gpr[RAX] = 0;
        assert_int_equal(vector_of(r, wrpkru, 3, cpl, CR4_PKE), NO_TRAP);
    }
}

static void told(void **state) {
    struct paging_rig *p = *state;
    struct x86_rig *r = p->r;
    u32 id[4];
    cpu_long(r, 0);
    u64 cr4 = r->c->s.cr4;
    for (unsigned have = 0; have < 4; have++) {
        p->model.has[F_PKU] = have & 1;
        p->model.has[F_PKS] = have & 2;
        x86_cpuid(r->c, 7, 0, id);
        assert_int_equal(id[2] >> 3 & 3, have & 1); // PKU, without OSPKE
        assert_int_equal(id[2] >> 31, have >> 1);
        if (have & 1) assert_fine(r, x86_write_cr4(r->c, cr4 | CR4_PKE));
        else assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, cr4 | CR4_PKE));
        x86_cpuid(r->c, 7, 0, id);
        assert_int_equal(id[2] >> 3 & 3, have & 1 ? 3 : 0);
        assert_fine(r, x86_write_cr4(r->c, cr4));
        if (have & 2) assert_fine(r, x86_write_cr4(r->c, cr4 | CR4_PKS));
        else assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, cr4 | CR4_PKS));
        assert_fine(r, x86_write_cr4(r->c, cr4));
        u64 v = 1;
        assert_int_equal(x86_msr_read(r->c, 0x6e1, &v), have & 2 ? 0 : ERR_NOT_FOUND);
        assert_int_equal(x86_msr_write(r->c, 0x6e1, 5), have & 2 ? 0 : ERR_NOT_FOUND);
    }
    u64 v;
    assert_int_equal(x86_msr_write(r->c, 0x6e1, 0xffffffff), 0);
    assert_int_equal(x86_msr_write(r->c, 0x6e1, BIT(32)), ERR_INVALID);
    assert_int_equal(x86_msr_read(r->c, 0x6e1, &v), 0);
    assert_int_equal(v, 0xffffffff);
    x86_reset(r->c);
    assert_true(r->c->s.pkru == 0 && r->c->s.pkrs == 0);
}

// A key may take away every access to data and leave the page code: x87 instructions, whose opcode is read once more for FOP, are
// code as others are. Under SMAP a supervisor's code in a user's page, too.
static void code_that_cannot_be_read(void **state) {
    struct paging_rig *p = *state;
    struct x86_rig *r = p->r;
    enum { PD = RIG_TABLES + 0x2000, PT = RIG_TABLES + 0x8000, FRAME = 0x50000 };
    for (unsigned i = 0; i < 2; i++)
        for (unsigned split = 0; split < 3; split++) {
            gva_t la = 0x400000 + 0x1000 - split;
            cpu_long(r, i ? 0 : 3);
            cpu_poke(r, PD + 16, PT | 7, 8);
            for (unsigned k = 0; k < 2; k++) cpu_poke(r, PT + 8 * k, (FRAME + 0x1000 * k) | 7 | (u64)3 << 59, 8);
            memcpy(r->ram + FRAME + 0x1000 - split, "\xd9\xee\x90", 3); // fldz
            r->c->s.cr4 |= i ? CR4_SMAP : CR4_PKE;
            r->c->s.pkru = 1 << 6;
            r->c->s.rip = la;
            x86_tlb_flush_all(r->c);
            x86_mode_changed(r->c);
            u64 v;
            assert_raises(r, EXC_PF, i ? PF_P : PF_P | PF_U | PF_PK, x86_read(r->c, DS, la, &v, 1));
            cpu_run(r, NULL, 0, 2);
            assert_int_equal(r->c->s.rip, la + 3);
            assert_int_equal(r->c->s.fpu.fop, 0x1ee);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(instructions, new, done),
        cmocka_unit_test_setup_teardown(told, new, done),
        cmocka_unit_test_setup_teardown(code_that_cannot_be_read, new, done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
