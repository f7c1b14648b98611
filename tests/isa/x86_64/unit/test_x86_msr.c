// SPDX-License-Identifier: MIT
// MSRs and control registers: reserved bits, transitions of modes, against SDM vol. 3A 2.5, 4.1, 9.8, 11 and vol. 4.
#include "x86_rig.h"

#include <cmocka.h>

#define EFER 0xc0000080u

static void unknown_and_read_only(void **state) {
    struct x86_rig *r = *state;
    u64 v = 0x55;
    static const u32 none[] = {0x2, 0x48, 0x3a, 0x10a, 0x800, 0x83f, 0x345, 0xc0010010, 0xffffffff};
    for (unsigned i = 0; i < countof(none); i++) {
        assert_true(x86_msr_read(r->c, none[i], &v) < 0);
        assert_true(x86_msr_write(r->c, none[i], 0) < 0);
    }
    assert_int_equal(v, 0x55);
    assert_int_equal(x86_msr_read(r->c, 0xfe, &v), 0); // IA32_MTRRCAP
    assert_int_equal(v & 0xff, 8);
    assert_true(x86_msr_write(r->c, 0xfe, v) < 0);
    // RDMSR of an unknown one is #GP(0).
    cpu_long(r, 0);
    cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000, 0), 0);
    r->c->s.gpr[RCX] = 0x345;
    RIG_RUN(r, 1, 0x0f, 0x32);
    assert_int_equal(r->c->s.rip, 0x20000);
    assert_int_equal(cpu_peek(r, r->c->s.gpr[RSP], 8), 0);
}

static void canonical_ones(void **state) {
    struct x86_rig *r = *state;
    static const u32 numbers[] = {0x175, 0x176, 0xc0000082, 0xc0000083, 0xc0000100, 0xc0000101, 0xc0000102};
    u64 v;
    for (unsigned i = 0; i < countof(numbers); i++) {
        assert_int_equal(x86_msr_write(r->c, numbers[i], 0xffff800000001000 + i), 0);
        assert_true(x86_msr_write(r->c, numbers[i], (u64)1 << 56) < 0);
        assert_int_equal(x86_msr_read(r->c, numbers[i], &v), 0);
        assert_int_equal(v, 0xffff800000001000 + i);
    }
    assert_int_equal(r->c->s.seg[FS].base, 0xffff800000001004);
    assert_int_equal(r->c->s.seg[GS].base, 0xffff800000001005);
    assert_int_equal(r->c->s.kernel_gs_base, 0xffff800000001006);
    // Whether 57 bits will do is a question of the processor, not of CR4.LA57.
    for (unsigned i = 0; i < countof(numbers); i++) assert_int_equal(x86_msr_write(r->c, numbers[i], 0x00ff000000000000), 0);
    r->c->model = x86_model_find("x86-64-v3");
    for (unsigned i = 0; i < countof(numbers); i++) {
        assert_true(x86_msr_write(r->c, numbers[i], 0x00ff000000000000) < 0);
        assert_true(x86_msr_write(r->c, numbers[i], (u64)1 << 47) < 0);
    }
}

static void pat_types(void **state) {
    struct x86_rig *r = *state;
    u64 v;
    assert_int_equal(x86_msr_read(r->c, 0x277, &v), 0);
    assert_int_equal(v, 0x0007040600070406); // 11.12.4
    for (u64 t = 0; t < 256; t++) {
        bool valid = t == 0 || t == 1 || t == 4 || t == 5 || t == 6 || t == 7;
        assert_int_equal(x86_msr_write(r->c, 0x277, t << 24) == 0, valid);
        // An MTRR has no UC-.
        assert_int_equal(x86_msr_write(r->c, 0x268, t << 24) == 0, valid && t != 7);
        assert_int_equal(x86_msr_write(r->c, 0x2ff, t) == 0, valid && t != 7);
    }
}

static void mtrr_ranges(void **state) {
    struct x86_rig *r = *state;
    u64 v;
    for (u32 i = 0; i < 8; i++) {
        assert_int_equal(x86_msr_write(r->c, 0x200 + 2 * i, (u64)i << 30 | 6), 0);
        assert_int_equal(x86_msr_write(r->c, 0x201 + 2 * i, 0xffc0000800), 0);
        assert_int_equal(x86_msr_read(r->c, 0x200 + 2 * i, &v), 0);
        assert_int_equal(v, (u64)i << 30 | 6);
    }
    assert_true(x86_msr_write(r->c, 0x200, (u64)1 << r->c->model->physical_bits | 6) < 0);
    assert_true(x86_msr_write(r->c, 0x201, 0x400) < 0);
    assert_true(x86_msr_read(r->c, 0x210, &v) < 0);
    for (u32 i = 0; i < 8; i++) assert_int_equal(x86_msr_write(r->c, 0x268 + i, 0x0606060606060600 + 6), 0);
    assert_true(x86_msr_read(r->c, 0x270, &v) < 0);
    assert_true(x86_msr_write(r->c, 0x2ff, 0x206) < 0); // bit 9
}

static void efer(void **state) {
    struct x86_rig *r = *state;
    u64 v;
    assert_int_equal(x86_msr_write(r->c, EFER, EFER_SCE | EFER_NXE | EFER_LME), 0);
    assert_true(x86_msr_write(r->c, EFER, BIT(1)) < 0);
    assert_int_equal(x86_msr_write(r->c, EFER, EFER_LMA), 0); // LMA is not the guest's to set
    assert_int_equal(x86_msr_read(r->c, EFER, &v), 0);
    assert_int_equal(v, 0);
    cpu_long(r, 0);
    assert_true(x86_msr_write(r->c, EFER, EFER_LMA | EFER_SCE) < 0); // LME with paging on
    assert_int_equal(x86_msr_write(r->c, EFER, EFER_LMA | EFER_LME), 0);
}

static void time_stamp_counter(void **state) {
    struct x86_rig *r = *state;
    u64 v;
    r->clock.now = 1000;
    assert_int_equal(x86_msr_read(r->c, 0x10, &v), 0);
    assert_int_equal(v, 1000);
    assert_int_equal(x86_msr_write(r->c, 0x10, 5000), 0);
    assert_int_equal(x86_msr_read(r->c, 0x3b, &v), 0);
    assert_int_equal(v, 4000); // IA32_TSC_ADJUST follows
    r->clock.now = 1100;
    x86_msr_read(r->c, 0x10, &v);
    assert_int_equal(v, 5100);
    assert_int_equal(x86_msr_write(r->c, 0x3b, 0), 0);
    x86_msr_read(r->c, 0x10, &v);
    assert_int_equal(v, 1100);
    // RDTSC counts the instructions before it.
    cpu_long(r, 0);
    r->clock.now = 0x100000000;
    RIG_RUN(r, 3, 0x90, 0x90, 0x0f, 0x31);
    assert_int_equal(r->c->s.gpr[RDX], 1);
    assert_in_range(r->c->s.gpr[RAX], 2, 3);
    cpu_long(r, 3);
    cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000, 0), 0);
    r->c->s.cr4 |= CR4_TSD;
    RIG_RUN(r, 1, 0x0f, 0x31);
    assert_int_equal(r->c->s.cpl, 0);
}

// A stand-in for the APIC: remembers the deadline in clock time.
struct fake_apic {
    u64 deadline, base;
    u8 tpr;
};
static int fake_read(void *ctx, u32 msr, u64 *v) {
    if (msr == 0x6e0) *v = ((struct fake_apic *)ctx)->deadline;
    else if (msr == 0x802) *v = 0x77;
    else return ERR_INVALID;
    return 0;
}
static int fake_write(void *ctx, u32 msr, u64 v) {
    if (msr != 0x6e0) return ERR_INVALID;
    ((struct fake_apic *)ctx)->deadline = v;
    return 0;
}
static void fake_base(void *ctx, u64 v) { ((struct fake_apic *)ctx)->base = v; }
static u8 fake_tpr(void *ctx) { return ((struct fake_apic *)ctx)->tpr; }
static void fake_set_tpr(void *ctx, u8 v) { ((struct fake_apic *)ctx)->tpr = v; }

static struct x86_apic_port port_of(struct fake_apic *f) {
    return (struct x86_apic_port){.ctx = f,
                                  .set_base = fake_base,
                                  .msr_read = fake_read,
                                  .msr_write = fake_write,
                                  .tpr_read = fake_tpr,
                                  .tpr_write = fake_set_tpr};
}

static void tsc_deadline_is_in_tsc_time(void **state) {
    struct x86_rig *r = *state;
    struct fake_apic f = {0};
    u64 v;
    r->c->apic = port_of(&f);
    r->clock.now = 1000;
    assert_int_equal(x86_msr_write(r->c, 0x3b, 500), 0); // the TSC is 500 ahead
    assert_int_equal(x86_msr_write(r->c, 0x6e0, 2500), 0);
    assert_int_equal(f.deadline, 2000);
    assert_int_equal(x86_msr_read(r->c, 0x6e0, &v), 0);
    assert_int_equal(v, 2500);
    assert_int_equal(x86_msr_write(r->c, 0x3b, 700), 0); // moving the TSC keeps the deadline's TSC value
    assert_int_equal(f.deadline, 1800);
    assert_int_equal(x86_msr_write(r->c, 0x6e0, 3), 0); // past: due now
    assert_int_equal(f.deadline, 1000);
    assert_int_equal(x86_msr_write(r->c, 0x6e0, 0), 0);
    assert_int_equal(f.deadline, 0);
}

// Figure 11-27.
static void apic_base_transitions(void **state) {
    struct x86_rig *r = *state;
    struct fake_apic f = {0};
    enum { OFF = 0xfee00100, XAPIC = 0xfee00900, X2APIC = 0xfee00d00, INVALID = 0xfee00500 };
    static const struct {
        u32 from, to;
        bool allowed;
    } cases[] = {
        {XAPIC, OFF, true},   {OFF, XAPIC, true},    {XAPIC, X2APIC, true},   {X2APIC, OFF, true},      {X2APIC, XAPIC, false},
        {OFF, X2APIC, false}, {OFF, INVALID, false}, {XAPIC, INVALID, false}, {X2APIC, INVALID, false},
    };
    u64 v;
    r->c->apic = port_of(&f);
    assert_int_equal(r->c->s.apic_base, XAPIC);
    for (unsigned i = 0; i < countof(cases); i++) {
        r->c->s.apic_base = cases[i].from;
        if ((x86_msr_write(r->c, 0x1b, cases[i].to) == 0) != cases[i].allowed) fail_msg("case %u", i);
        if (cases[i].allowed) assert_int_equal(f.base, cases[i].to);
    }
    assert_true(x86_msr_write(r->c, 0x1b, XAPIC | BIT(9)) < 0);
    assert_true(x86_msr_write(r->c, 0x1b, XAPIC | BIT(50)) < 0);
    r->c->s.apic_base = X2APIC;
    assert_int_equal(x86_msr_read(r->c, 0x802, &v), 0);
    assert_int_equal(v, 0x77);
    assert_true(x86_msr_read(r->c, 0x803, &v) < 0);
    r->c->s.apic_base = XAPIC;
    assert_true(x86_msr_read(r->c, 0x802, &v) < 0);
}

static void cr8_is_the_task_priority(void **state) {
    struct x86_rig *r = *state;
    struct fake_apic f = {0};
    cpu_long(r, 0);
    r->c->apic = port_of(&f);
    r->c->s.gpr[RAX] = 9;
    RIG_RUN(r, 1, 0x44, 0x0f, 0x22, 0xc0); // mov cr8, rax
    assert_int_equal(f.tpr, 0x90);
    RIG_RUN(r, 1, 0x44, 0x0f, 0x20, 0xc3); // mov rbx, cr8
    assert_int_equal(r->c->s.gpr[RBX], 9);
}

// ---- control registers

static void cr0_reserved(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, BIT(32) | CR0_PE));
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, CR0_PG));          // PG without PE
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, CR0_PE | CR0_NW)); // NW without CD
    assert_fine(r, x86_write_cr0(r->c, CR0_PE | BIT(6) | BIT(17)));    // reserved low bits are dropped
    assert_int_equal(r->c->s.cr0, CR0_PE | CR0_ET);
}

// 9.8.5: the way into IA-32e mode and its refusals.
static void entering_long_mode(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0); // for its tables
    cpu_protected(r, 0);
    r->c->s.cr3 = RIG_TABLES;
    r->c->s.efer = EFER_LME;
    x86_mode_changed(r->c);
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, CR0_PE | CR0_PG)); // no PAE
    assert_fine(r, x86_write_cr4(r->c, CR4_PAE));
    r->c->s.tr.attr = AR_P | SYS_TSS16_BUSY;
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, CR0_PE | CR0_PG));
    r->c->s.tr.attr = AR_P | SYS_TSS32_BUSY;
    r->c->s.seg[CS].attr |= AR_L;
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, CR0_PE | CR0_PG));
    r->c->s.seg[CS].attr &= ~(u32)AR_L;
    assert_fine(r, x86_write_cr0(r->c, CR0_PE | CR0_PG));
    assert_true(r->c->s.efer & EFER_LMA);
    assert_int_equal(r->c->mode & MODE_CODE_MASK, MODE_CODE32); // compatibility mode until a far jump
    assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, 0));        // PAE may not go
    assert_fine(r, x86_write_cr0(r->c, CR0_PE));
    assert_false(r->c->s.efer & EFER_LMA);
    cpu_long(r, 0);
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, CR0_PE)); // not from 64-bit code
}

static void cr3_and_cr4(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    u64 cr4 = r->c->s.cr4;
    assert_raises(r, EXC_GP, 0, x86_write_cr3(r->c, BIT(r->c->model->physical_bits)));
    assert_raises(r, EXC_GP, 0, x86_write_cr3(r->c, RIG_TABLES | BIT(63))); // no-flush bit without PCIDs
    assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, cr4 | BIT(13)));        // VMXE is not told by CPUID
    assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, cr4 | BIT(40)));
    r->c->s.cr3 |= 8;
    assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, cr4 | CR4_PCIDE)); // CR3 11..0 must be 0
    r->c->s.cr3 &= ~(u64)8;
    assert_fine(r, x86_write_cr4(r->c, cr4 | CR4_PCIDE));
    assert_fine(r, x86_write_cr3(r->c, RIG_TABLES | 5 | BIT(63)));
    assert_int_equal(r->c->s.cr3, RIG_TABLES | 5);            // bit 63 is not kept
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, CR0_PE)); // PG may not go with PCIDs on
    cpu_protected(r, 0);
    assert_raises(r, EXC_GP, 0, x86_write_cr4(r->c, CR4_PCIDE)); // PCIDs are for IA-32e mode
}

static void pae_pdptes(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    cpu_poke(r, 0x200020, 0x300001, 8);
    cpu_poke(r, 0x200028, 0x300003, 8); // bit 1 is reserved
    r->c->s.cr3 = 0x200020;
    r->c->s.cr4 = CR4_PAE;
    assert_raises(r, EXC_GP, 0, x86_write_cr0(r->c, CR0_PE | CR0_PG));
    assert_false(r->c->s.cr0 & CR0_PG);
    cpu_poke(r, 0x200028, 0x300002, 8); // not present: anything goes
    assert_fine(r, x86_write_cr0(r->c, CR0_PE | CR0_PG));
    assert_int_equal(r->c->s.pdpte[0], 0x300001);
    cpu_poke(r, 0x200028, 0x300003, 8);
    assert_raises(r, EXC_GP, 0, x86_write_cr3(r->c, 0x200020));
}

static void umip(void **state) {
    struct x86_rig *r = *state;
    static const u8 codes[5][3] = {
        {0x0f, 0x01, 0x00}, {0x0f, 0x01, 0x08}, {0x0f, 0x00, 0xc0}, {0x0f, 0x00, 0xc8}, {0x0f, 0x01, 0xe0}};
    for (unsigned i = 0; i < 5; i++)
        for (unsigned on = 0; on < 2; on++) {
            cpu_long(r, 3);
            cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x20000, 0), 0);
            if (on) r->c->s.cr4 |= CR4_UMIP;
            r->c->s.gpr[RAX] = 0x5000;
            cpu_run(r, codes[i], 3, 1); // SGDT, SIDT [rax]; SLDT, STR, SMSW eax
            assert_int_equal(r->c->s.cpl, on ? 0 : 3);
        }
}

static void reset_state(void **state) { // table 9-1
    struct x86_rig *r = *state;
    x86_reset(r->c);
    const struct x86_state *s = &r->c->s;
    assert_int_equal(s->cr0, 0x60000010);
    assert_int_equal(x86_get_rflags(r->c), 2);
    assert_int_equal(s->rip, 0xfff0);
    assert_int_equal(s->seg[CS].sel, 0xf000);
    assert_int_equal(s->seg[CS].base, 0xffff0000);
    assert_int_equal(s->seg[DS].limit, 0xffff);
    assert_int_equal(s->dr[6], 0xffff0ff0);
    assert_int_equal(s->dr[7], 0x400);
    assert_int_equal(s->mxcsr, 0x1f80);
    assert_int_equal(s->apic_base, 0xfee00900);
    assert_int_equal(s->gpr[RDX] >> 8 & 0xf, 6);
    assert_int_equal(r->c->mode & (MODE_CODE_MASK | MODE_REAL), MODE_CODE16 | MODE_REAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(unknown_and_read_only),
        T(canonical_ones),
        T(pat_types),
        T(mtrr_ranges),
        T(efer),
        T(time_stamp_counter),
        T(tsc_deadline_is_in_tsc_time),
        T(apic_base_transitions),
        T(cr8_is_the_task_priority),
        T(cr0_reserved),
        T(entering_long_mode),
        T(cr3_and_cr4),
        T(pae_pdptes),
        T(umip),
        T(reset_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
