// SPDX-License-Identifier: MIT
// The x87 unit as part of the processor: which encodings exist, when it faults, what the environment holds. Rules restated
// from the SDM (vol. 1, chapter 8; vol. 3A, 2.5 and 6.15; vol. 2, tables ).
#include "dev_fixture.h"

#include <stdlib.h>

#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/x87/x87.h"

// Flat 32-bit protected mode, paging off. An exception with vector v ends in a HLT at HANDLERS + 16 v.
enum { GDT = 0x500, IDT = 0x600, STACK = 0x1800, CODE = 0x2000, HANDLERS = 0x3000, DATA = 0x5000, RAM = 0x20000 };

struct rig {
    struct dev_fixture *f;
    struct bus bus;
    struct x86_cpu *c;
    u8 *ram;
};

static void flat(struct x86_seg *s, u16 sel, u32 attr) {
    *s = (struct x86_seg){.limit = 0xffffffff, .attr = attr | AR_P | AR_S | AR_ACCESSED | AR_W | AR_DB | AR_G, .sel = sel};
}

static int setup(void **state) {
    struct rig *r = calloc(1, sizeof *r);
    void *f;
    dev_fixture_new(&f);
    r->f = f;
    r->ram = aligned_alloc(4096, RAM);
    memset(r->ram, 0, RAM);
    bus_add_ram(&r->bus, &r->f->plat.plat, "ram", 0, RAM, r->ram, false);
    bus_track_pages(&r->bus, &r->f->env);
    r->c = x86_create(&r->f->env, &r->bus, x86_model_find(""), 1);
    struct x86_state *s = &r->c->s;
    st64(r->ram + GDT + 8, 0x00cf9b000000ffff);
    st64(r->ram + GDT + 16, 0x00cf93000000ffff);
    for (u32 v = 0; v < 32; v++) {
        u32 at = HANDLERS + 16 * v;
        st64(r->ram + IDT + 8 * v, (u64)(at >> 16) << 48 | (u64)0x8e00 << 32 | 8u << 16 | (at & 0xffff));
        r->ram[at] = 0xf4;
    }
    s->gdtr.base = GDT, s->gdtr.limit = 23;
    s->idtr.base = IDT, s->idtr.limit = 255;
    s->cr0 = CR0_PE | CR0_NE | CR0_ET;
    flat(&s->seg[CS], 8, AR_CODE);
    for (int i = 0; i < SEG_COUNT; i++)
        if (i != CS) flat(&s->seg[i], 16, 0);
    s->gpr[RSP] = STACK;
    x86_mode_changed(r->c);
    *state = r;
    return 0;
}

static int teardown(void **state) {
    struct rig *r = *state;
    void *f = r->f;
    dev_fixture_free(&f);
    free(r->ram);
    free(r);
    return 0;
}

enum { NONE = -1 };

// Runs the bytes and a HLT after them. Returns the vector of the exception that ended it, or NONE.
static int run_bytes(struct rig *r, const u8 *bytes, unsigned n) {
    u8 code[256];
    memcpy(code, bytes, n);
    code[n] = 0xf4;
    assert_int_equal(bus_copy_in(&r->bus, CODE, code, n + 1), 0);
    r->c->s.rip = CODE - r->c->s.seg[CS].base;
    r->c->s.gpr[RSP] = STACK;
    r->c->s.halted = 0;
    vcpu_run(&r->c->v, 1000);
    assert_true(r->c->s.halted);
    u64 at = r->c->s.rip + r->c->s.seg[CS].base;
    if (at >= HANDLERS) return (int)(at - HANDLERS) / 16;
    assert_int_equal(at, CODE + n + 1);
    return NONE;
}
#define RUN(...) run_bytes(r, (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))
// The offset in the code where the last exception says it happened.
static u32 fault_offset(const struct rig *r) { return ld32(r->ram + r->c->s.gpr[RSP]) - CODE; }

#define FNINIT 0xdb, 0xe3
#define FNCLEX 0xdb, 0xe2
#define FLD1 0xd9, 0xe8
#define FLDZ 0xd9, 0xee
#define FDIVP 0xde, 0xf9
#define FWAIT 0x9b
#define FNSTSW_AX 0xdf, 0xe0
#define LE32(v) (u8)(v), (u8)((v) >> 8), (u8)((v) >> 16), (u8)((v) >> 24)
#define MEM(reg) (u8)((reg) << 3 | 5), LE32(DATA) // [DATA]
#define FLDCW_DATA 0xd9, MEM(5)
#define DIVIDE_BY_ZERO FNINIT, FLDCW_DATA, FLD1, FLDZ, FDIVP // 14 bytes; FDIVP at 12
enum { DIVIDE_BYTES = 14 };

static void unmask(struct rig *r, u16 exceptions) {
    u8 w[2];
    st16(w, 0x37f & ~exceptions);
    bus_copy_in(&r->bus, DATA, w, 2);
}

// ---- encodings
static bool undefined(u8 opcode, u8 modrm) { // tables: the empty boxes, less the aliases all processors accept
    u8 reg = modrm >> 3 & 7, rm = modrm & 7;
    if (modrm < 0xc0)
        return (opcode == 0xd9 && reg == 1) || (opcode == 0xdb && (reg == 4 || reg == 6)) || (opcode == 0xdd && reg == 5);
    switch (opcode) {
    case 0xd9: return (reg == 2 && rm) || modrm == 0xe2 || modrm == 0xe3 || modrm == 0xe6 || modrm == 0xe7 || modrm == 0xef;
    case 0xda: return modrm >= 0xe0 && modrm != 0xe9;
    case 0xdb: return (reg == 4 && rm > 4) || reg == 7;
    case 0xdd: return reg >= 6;
    case 0xde: return reg == 3 && rm != 1;
    case 0xdf: return (reg == 4 && rm) || reg == 7;
    default: return false;
    }
}

static void encodings(void **state) {
    struct rig *r = *state;
    for (unsigned opcode = 0xd8; opcode <= 0xdf; opcode++)
        for (unsigned modrm = 0; modrm <= 0xff; modrm++) {
            u8 code[15] = {(u8)opcode, (u8)modrm};
            struct decoded d;
            x86_decode(r->c->index, r->c->mode, code, sizeof code, 0, &d);
            if ((d.uop.fn == op_ud) != undefined((u8)opcode, (u8)modrm)) fail_msg("%02x %02x", opcode, modrm);
        }
    assert_int_equal(RUN(0xf0, 0xd8, MEM(0)), EXC_UD); // LOCK FADD
    u8 rex_b[] = {0x41, 0xd8, 0xc3};                   // REX.B does not reach ST(3)
    struct decoded d;
    x86_decode(r->c->index, MODE_CODE64 | MODE_STACK64, rex_b, 3, 0, &d);
    assert_int_equal(d.uop.b, 3);
}

// ---- faults
static void pending_exception_waits_for_the_next_waiting_instruction(void **state) {
    struct rig *r = *state;
    unmask(r, X87_ZE);
    assert_int_equal(RUN(DIVIDE_BY_ZERO, FNSTSW_AX), NONE);
    assert_int_equal(r->c->s.gpr[RAX] & 0x80ff, X87_B | X87_ES | X87_ZE); // and the stack was not popped:
    assert_int_equal(r->c->s.gpr[RAX] >> X87_TOP_SHIFT & 7, 6);
    assert_int_equal(RUN(DIVIDE_BY_ZERO, 0x90, FLD1), EXC_MF);
    assert_int_equal(fault_offset(r), DIVIDE_BYTES + 1);
    assert_int_equal(RUN(DIVIDE_BY_ZERO, FWAIT), EXC_MF);
    assert_int_equal(RUN(DIVIDE_BY_ZERO, FLDCW_DATA), EXC_MF); // a control instruction that waits
    assert_int_equal(RUN(DIVIDE_BY_ZERO, 0xd9, 0xd0), EXC_MF); // FNOP
    assert_int_equal(RUN(DIVIDE_BY_ZERO, FNCLEX, FLD1), NONE);
    assert_int_equal(RUN(DIVIDE_BY_ZERO, 0xd9, MEM(7), 0xdd, MEM(7), FNINIT, FLD1), NONE); // FNSTCW, FNSTSW
    r->c->s.cr0 &= ~CR0_NE;
    assert_int_equal(RUN(DIVIDE_BY_ZERO, FLD1), NONE); // would be IRQ 13
}

static void unmasking_makes_an_old_flag_pending(void **state) {
    struct rig *r = *state;
    unmask(r, X87_ZE);
    assert_int_equal(RUN(FNINIT, FLD1, FLDZ, FDIVP, FNSTSW_AX), NONE);
    assert_int_equal(r->c->s.gpr[RAX] & 0x80ff, X87_ZE);
    assert_int_equal(RUN(FLDCW_DATA, FNSTSW_AX), NONE);
    assert_int_equal(r->c->s.gpr[RAX] & 0x80ff, X87_B | X87_ES | X87_ZE);
    assert_int_equal(RUN(FLD1), EXC_MF);
}

static void device_not_available(void **state) {
    struct rig *r = *state;
    const u64 base = r->c->s.cr0;
    static const struct {
        u64 bits;
        int plain, wait;
    } cases[] = {
        {CR0_EM, EXC_NM, NONE}, {CR0_TS, EXC_NM, NONE},          {CR0_TS | CR0_MP, EXC_NM, EXC_NM},
        {CR0_MP, NONE, NONE},   {CR0_EM | CR0_MP, EXC_NM, NONE},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        r->c->s.cr0 = base | cases[i].bits;
        assert_int_equal(RUN(FLD1), cases[i].plain);
        assert_int_equal(RUN(FNINIT), cases[i].plain);
        assert_int_equal(RUN(FNSTSW_AX), cases[i].plain);
        assert_int_equal(RUN(FWAIT), cases[i].wait);
    }
    r->c->s.cr0 = base;
    unmask(r, X87_ZE);
    assert_int_equal(RUN(DIVIDE_BY_ZERO), NONE);
    r->c->s.cr0 = base | CR0_TS;
    assert_int_equal(RUN(FLD1), EXC_NM); // before #MF
}

// ---- the environment
static void environment_protected(void **state) {
    struct rig *r = *state;
    // at 2: fadd dword [DATA]; then control instructions, which leave the pointers alone; then FNSTENV [DATA]
    assert_int_equal(RUN(FNINIT, FLD1, 0xd8, MEM(0), FNCLEX, 0xd9, MEM(7), 0xd9, MEM(6)), NONE);
    const u8 *m = r->ram + DATA;
    assert_int_equal(ld32(m), 0xffff037f);
    assert_int_equal(ld32(m + 4), 0xffff3800);
    assert_int_equal(ld32(m + 8), 0xffff3fff);
    assert_int_equal(ld32(m + 12), CODE + 4);
    assert_int_equal(ld32(m + 16), 0); // no unmasked exception: no FOP; FCS is deprecated
    assert_int_equal(ld32(m + 20), DATA);
    assert_int_equal(ld32(m + 24), 0xffff0000);
    // with 66h: seven words, and no more
    memset(r->ram + DATA, 0xaa, 32);
    assert_int_equal(RUN(0x66, 0xd9, MEM(6)), NONE);
    assert_int_equal(ld16(m + 6), CODE + 4);
    assert_int_equal(ld16(m + 10), DATA);
    assert_int_equal(ld32(m + 12), 0xaaaa0000);
}

static void fop_after_an_unmasked_exception(void **state) {
    struct rig *r = *state;
    unmask(r, X87_ZE);
    // ds: o16 fdiv dword [ecx + DATA + 0x100]: opcode bytes D8 B1
    r->c->s.gpr[RCX] = 0;
    st32(r->ram + DATA + 0x100, 0);
    assert_int_equal(RUN(FNINIT, FLDCW_DATA, FLD1, 0x3e, 0x66, 0xd8, 0xb1, LE32(DATA + 0x100), 0xd9, MEM(6)), NONE);
    const u8 *m = r->ram + DATA;
    assert_int_equal(ld32(m + 12), CODE + 10); // of its first prefix
    assert_int_equal(ld32(m + 16), 0x0b1 << 16);
    assert_int_equal(ld32(m + 20), DATA + 0x100);
    assert_int_equal(ld16(m), 0x37b); // as stored; the live one is fully masked now and nothing is pending
    assert_int_equal(r->c->s.fpu.fcw, 0x37f);
    assert_int_equal(r->c->s.fpu.fsw & 0x80ff, X87_ZE);
    assert_int_equal(RUN(FNINIT), NONE);
    assert_int_equal(r->c->s.fpu.fop | r->c->s.fpu.fip | r->c->s.fpu.fdp, 0);
}

// Real mode: pointers are linear, 16 bits here and the upper ones above FOP (figures 8-10 and 8-12).
static void environment_real(void **state) {
    struct rig *r = *state;
    struct x86_state *s = &r->c->s;
    s->cr0 &= ~CR0_PE;
    for (int i = 0; i < SEG_COUNT; i++) {
        s->seg[i].attr &= ~(u32)(AR_DB | AR_G);
        s->seg[i].limit = 0xffff;
    }
    s->seg[CS].base = 0x1000, s->seg[CS].sel = 0x100;
    s->seg[DS].base = 0x12340 - 0x5000, s->seg[DS].sel = 0xd34; // [DATA] is linear 12340h
    s->seg[SS].base = 0, s->seg[SS].sel = 0;
    x86_mode_changed(r->c);
    // fninit; fld1; fadd dword [DATA]; fnstenv [DATA]; o32 fnstenv [DATA + 32]
    assert_int_equal(RUN(FNINIT, FLD1, 0xd8, 0x06, 0x00, 0x50, 0xd9, 0x36, 0x00, 0x50, 0x66, 0xd9, 0x36, 0x20, 0x50), NONE);
    const u8 *m = r->ram + 0x12340;
    assert_int_equal(ld16(m + 6), CODE + 4);
    assert_int_equal(ld16(m + 8), 0);
    assert_int_equal(ld16(m + 10), 0x2340);
    assert_int_equal(ld16(m + 12), 0x1000);
    m += 32;
    assert_int_equal(ld32(m + 12), 0xffff0000 | (CODE + 4));
    assert_int_equal(ld32(m + 16), 0);
    assert_int_equal(ld32(m + 20), 0xffff2340);
    assert_int_equal(ld32(m + 24), 0x1000);
}

static void save_and_restore_across_a_page(void **state) {
    struct rig *r = *state;
    const u32 at = DATA + 0x1000 - 50; // FNSAVE and FRSTOR [at]
    assert_int_equal(RUN(FNINIT, FLD1, 0xd9, 0xeb, 0xdd, 0x35, LE32(at)), NONE);
    assert_int_equal(r->c->s.fpu.tag, 0);
    assert_int_equal(ld64(r->ram + at + 28), 0xc90fdaa22168c235); // ST(0) = pi
    assert_int_equal(ld16(r->ram + at + 46), 0x3fff);             // ST(1) = 1
    assert_int_equal(RUN(0xdd, 0x25, LE32(at)), NONE);
    assert_int_equal(r->c->s.fpu.tag, 0xc0);
    assert_int_equal(r->c->s.fpu.top, 6);
    assert_int_equal(r->c->s.fpu.r[6].mant, 0xc90fdaa22168c235);
}

int main(void) {
#define X87_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        X87_TEST(encodings),
        X87_TEST(pending_exception_waits_for_the_next_waiting_instruction),
        X87_TEST(unmasking_makes_an_old_flag_pending),
        X87_TEST(device_not_available),
        X87_TEST(environment_protected),
        X87_TEST(fop_after_an_unmasked_exception),
        X87_TEST(environment_real),
        X87_TEST(save_and_restore_across_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
