// SPDX-License-Identifier: MIT
// What user mode does not show: exceptions and returns, system registers and who may touch them, alignment, the monitor, the generic timer,
// TLB maintenance and AT, calls to the board.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arm64_rig.h"
#include "base/le.h"
#include "isa/arm64/sysreg.h"

#include <string.h>

enum {
    NOP = 0xd503201f,
    SVC_42 = 0xd4000841,
    HVC_0 = 0xd4000002,
    HVC_1 = 0xd4000022,
    SMC_0 = 0xd4000003,
    ERET = 0xd69f03e0,
    WFI = 0xd503207f,
    WFE = 0xd503205f,
    SEV = 0xd503209f,
    LDR_X0_X1 = 0xf9400020,
    STR_X0_X1 = 0xf9000020,
    LDR_X0_SP = 0xf94003e0,
    LDXR_X0_X1 = 0xc85f7c20,
    STXR_W2_X0_X1 = 0xc8027c20,
    CLREX = 0xd5033f5f,
    LDADD_X0_X2_X1 = 0xf8200022,
    BR_X1 = 0xd61f0020,
    DAIFSET_15 = 0xd5034fdf,
    DC_ZVA_X1 = 0xd50b7421,
    DC_CVAC_X1 = 0xd50b7a21,
    IC_IALLU = 0xd508751f,
    TLBI_VMALLE1 = 0xd508871f,
    AT_S1E1R_X1 = 0xd5087801,
    AT_S1E0W_X1 = 0xd5087861,
};
static u32 mrs(unsigned reg, unsigned rt) { return 0xd5200000 | reg << 5 | rt; }
static u32 msr(unsigned reg, unsigned rt) { return 0xd5000000 | reg << 5 | rt; }
#define S(op0, op1, crn, crm, op2) ARM64_SYSREG(op0, op1, crn, crm, op2)
enum {
    MIDR = S(3, 0, 0, 0, 0),
    CTR = S(3, 3, 0, 0, 1),
    DCZID = S(3, 3, 0, 0, 7),
    SP_EL0 = S(3, 0, 4, 1, 0),
    CURRENT_EL = S(3, 0, 4, 2, 2),
    DAIF = S(3, 3, 4, 2, 1),
    FPCR = S(3, 3, 4, 4, 0),
    TPIDR_EL0 = S(3, 3, 13, 0, 2),
    TPIDRRO = S(3, 3, 13, 0, 3),
    TPIDR_EL1 = S(3, 0, 13, 0, 4),
    CNTFRQ = S(3, 3, 14, 0, 0),
    CNTKCTL = S(3, 0, 14, 1, 0),
    CNTVCT = S(3, 3, 14, 0, 2),
    CNTV_TVAL = S(3, 3, 14, 3, 0),
    CNTV_CTL = S(3, 3, 14, 3, 1),
    CNTV_CVAL = S(3, 3, 14, 3, 2),
    ICC_IAR1 = S(3, 0, 12, 12, 0),
    PAN_REG = S(3, 0, 4, 2, 3),
    ID_AA32 = S(3, 0, 0, 1, 0),
    SCTLR_EL3 = S(3, 6, 1, 0, 0),
    PMCR = S(3, 3, 9, 12, 0),
};

static struct arm64_rig r;
static int open_rig(void **state) {
    arm64_rig_open(&r, "max");
    return 0;
}
static int close_rig(void **state) {
    arm64_rig_close(&r);
    return 0;
}
static struct arm64_state *s(void) { return &r.c->s; }
#define VECTOR(offset) (RIG_RAM + RIG_VECTORS + (offset))
#define HERE (RIG_RAM + RIG_CODE)

// ---- exceptions

static void an_exception_tells_where_it_came_from(void **state) {
    static const struct {
        unsigned el, sp_sel, vector, m;
    } all[] = {{0, 0, 0x400, 0}, {1, 0, 0, 4}, {1, 1, 0x200, 5}};
    for (unsigned i = 0; i < countof(all); i++) {
        arm64_rig_reset(&r);
        const u32 code[] = {NOP, SVC_42};
        memcpy(r.ram, code, sizeof code);
        arm64_select_sp(s(), all[i].sp_sel, all[i].el);
        arm64_set_nzcv(s(), 9);
        s()->daif = DAIF_A;
        s()->pc = HERE;
        arm64_mode_changed(r.c);
        arm64_run(r.c, 3);
        assert_int_equal(s()->esr, (u64)EC_SVC << 26 | ESR_IL | 0x42);
        assert_int_equal(s()->elr, HERE + 8);
        assert_int_equal(s()->spsr, 0x90000100 | all[i].m);
        assert_int_equal(s()->pc, VECTOR(all[i].vector));
        assert_int_equal(arm64_pstate(r.c) & 0x3cf, 0x3c5);
    }
}

static void pan_is_set_on_entry_unless_span(void **state) {
    for (unsigned span = 0; span < 2; span++) {
        arm64_rig_reset(&r);
        s()->sctlr = (s()->sctlr & ~SCTLR_SPAN) | (span ? SCTLR_SPAN : 0);
        RIG_RUN(&r, 0, 2, SVC_42);
        assert_int_equal(s()->pan, !span);
    }
}

static void eret_goes_where_spsr_says(void **state) {
    arm64_rig_reset(&r);
    s()->elr = RIG_RAM + 0x100;
    s()->spsr = 0x60000000 | PSR_PAN;
    s()->sp_other = 0x1234; // SP_EL0
    s()->exclusive_bytes = 8;
    st32(r.ram + 0x100, NOP);
    assert_int_equal(RIG_RUN(&r, 1, 1, ERET), -1);
    assert_int_equal(s()->el, 0);
    assert_int_equal(s()->pc, RIG_RAM + 0x100);
    assert_int_equal(s()->x[ARM64_SP], 0x1234);
    assert_int_equal(s()->daif, 0);
    assert_int_equal(s()->pan, 1);
    assert_int_equal(arm64_nzcv(s()), 6);
    assert_int_equal(s()->exclusive_bytes, 0);
    assert_int_equal(RIG_RUN(&r, 0, 1, ERET), EC_UNKNOWN);
}

// To EL2, EL3, AArch32, a mode with M[1], EL0 with its SP: the EL stays, and the next instruction is an illegal execution state.
static void an_illegal_return_says_so(void **state) {
    static const u8 modes[] = {9, 8, 13, 12, 16, 6, 2, 1};
    for (unsigned i = 0; i < countof(modes); i++) {
        arm64_rig_reset(&r);
        s()->elr = RIG_RAM + 0x100;
        s()->spsr = modes[i];
        st32(r.ram + 0x100, NOP);
        assert_int_equal(RIG_RUN(&r, 1, 2, ERET), EC_ILLEGAL_STATE);
        assert_int_equal(s()->elr, RIG_RAM + 0x100);
        assert_int_equal(s()->spsr & PSR_IL, PSR_IL);
        assert_int_equal(s()->il, 0);
        assert_int_equal(s()->el, 1);
    }
}

// It is told wherever the return leads, also to code that has just run.
static void an_illegal_return_executes_nothing(void **state) {
    arm64_rig_reset(&r);
    assert_int_equal(RIG_RUN(&r, 1, 1, NOP, NOP, ERET), -1);
    s()->elr = HERE;
    s()->spsr = PSR_AARCH32;
    s()->pc = HERE + 8;
    arm64_run(r.c, 1);
    assert_int_equal(s()->il, 1);
    arm64_run(r.c, 1);
    assert_int_equal(s()->esr >> ESR_EC_SHIFT, EC_ILLEGAL_STATE);
    assert_int_equal(s()->elr, HERE);
    // Where nothing can be fetched, that comes first, and tells of the state.
    s()->elr = 0x10;
    s()->spsr = PSR_AARCH32;
    s()->pc = HERE + 8;
    arm64_run(r.c, 1);
    arm64_run(r.c, 1);
    assert_int_equal(s()->esr >> ESR_EC_SHIFT, EC_FETCH);
    assert_int_equal(s()->elr, 0x10);
    assert_true(s()->spsr & PSR_IL);
}

static void interrupts_heed_their_masks(void **state) {
    for (unsigned line = ARM64_IRQ; line <= ARM64_FIQ; line++)
        for (unsigned el = 0; el < 2; el++)
            for (unsigned masked = 0; masked < 2; masked++) {
                arm64_rig_reset(&r);
                s()->daif = masked ? 15 : (u8)(15 & ~(line == ARM64_IRQ ? DAIF_I : DAIF_F));
                arm64_set_line(r.c, line, true);
                RIG_RUN(&r, el, 1, NOP, NOP);
                u64 vector = VECTOR((el ? 0x200u : 0x400u) + (line == ARM64_IRQ ? 0x80u : 0x100u));
                assert_int_equal(s()->pc, masked ? HERE + 4 : vector);
                if (!masked) assert_int_equal(s()->elr, HERE);
                arm64_set_line(r.c, line, false);
            }
}

static void wfi_waits_for_a_masked_interrupt_too(void **state) {
    arm64_rig_reset(&r);
    RIG_RUN(&r, 1, 10, WFI, NOP);
    assert_int_equal(s()->waiting, 1);
    assert_int_equal(s()->pc, HERE + 4);
    assert_false(arm64_wakes(r.c));
    arm64_set_line(r.c, ARM64_IRQ, true);
    assert_true(arm64_wakes(r.c));
    arm64_run(r.c, 1);
    assert_int_equal(s()->pc, HERE + 8);
    arm64_set_line(r.c, ARM64_IRQ, false);
    s()->sctlr &= ~SCTLR_NTWI;
    assert_int_equal(RIG_RUN(&r, 0, 1, WFI), EC_WFX);
    assert_int_equal(s()->esr & 0x1ffffff, 0x1e00000 & 0x1ffffff);
}

static void wfe_waits_for_an_event_or_what_is_not_masked(void **state) {
    arm64_rig_reset(&r);
    assert_int_equal(RIG_RUN(&r, 1, 10, WFE, SEV, WFE, WFE, NOP), -1); // a reset sets the register
    assert_int_equal(s()->waiting, ARM64_WFE);
    assert_int_equal(s()->pc, HERE + 16);
    assert_false(arm64_wakes(r.c));
    arm64_set_line(r.c, ARM64_IRQ, true);
    assert_false(arm64_wakes(r.c)); // masked
    assert_false(arm64_may_wake(r.c, true));
    s()->daif &= (u8)~DAIF_I;
    assert_true(arm64_wakes(r.c));
    arm64_set_line(r.c, ARM64_IRQ, false);
    assert_true(arm64_may_wake(r.c, true));
    assert_false(arm64_may_wake(r.c, false));
    // Bit 3 of the count goes up: at 8, 24, ... of 16 ns each
    s()->waiting = 0;
    r.clock.now = 130;
    s()->x[1] = CNTKCTL_EVNTEN | 3 << CNTKCTL_EVNTI;
    assert_int_equal(RIG_RUN(&r, 1, 10, msr(CNTKCTL, 1), WFE, NOP), -1);
    assert_true(arm64_may_wake(r.c, false));
    assert_int_equal(clock_next(&r.clock), 24 * 16);
    r.clock.now = 24 * 16;
    clock_fire(&r.clock);
    assert_true(arm64_wakes(r.c));
    assert_int_equal(clock_next(&r.clock), CLOCK_NEVER); // until somebody clears the register
    arm64_run(r.c, 1);
    assert_int_equal(s()->pc, HERE + 12);
    assert_int_equal(RIG_RUN(&r, 1, 1, WFE), -1);
    assert_int_equal(clock_next(&r.clock), 40 * 16);
    s()->x[1] = CNTKCTL_EVNTEN | CNTKCTL_EVNTDIR | 3 << CNTKCTL_EVNTI;
    assert_int_equal(RIG_RUN(&r, 1, 1, msr(CNTKCTL, 1)), -1);
    assert_int_equal(clock_next(&r.clock), 32 * 16);
    // An event of the instant at which the stream is stopped has come
    r.clock.now = 32 * 16 - 1;
    s()->x[1] = 0;
    assert_int_equal(RIG_RUN(&r, 1, 1, msr(CNTKCTL, 1)), -1);
    assert_int_equal(s()->event_clear, 0);
    assert_int_equal(clock_next(&r.clock), CLOCK_NEVER);
}

static void floating_point_is_trapped_as_cpacr_says(void **state) {
    for (unsigned fpen = 0; fpen < 4; fpen++)
        for (unsigned el = 0; el < 2; el++) {
            arm64_rig_reset(&r);
            s()->cpacr = (u64)fpen << CPACR_FPEN_SHIFT;
            bool trapped = fpen != 3 && !(fpen == 1 && el);
            assert_int_equal(RIG_RUN(&r, el, 1, mrs(FPCR, 0)), trapped ? EC_FP : -1);
            if (trapped) assert_int_equal(s()->esr, (u64)EC_FP << 26 | ESR_IL | 0x1e00000);
            s()->x[1] = RIG_RAM + RIG_DATA;
            assert_int_equal(RIG_RUN(&r, el, 1, 0xfd400020 /* ldr d0, [x1] */), trapped ? EC_FP : -1);
        }
}

// ---- aborts and alignment. With the MMU off all memory is Device.

static void aborts_tell_what_was_wrong(void **state) {
    arm64_rig_reset(&r);
    s()->x[1] = 0x1000;
    assert_int_equal(RIG_RUN(&r, 1, 1, LDR_X0_X1), EC_DATA);
    assert_int_equal(s()->esr & 0x1ffffff, FSC_EXTERNAL);
    assert_int_equal(s()->far, 0x1000);
    assert_int_equal(RIG_RUN(&r, 0, 1, STR_X0_X1), EC_DATA_LOWER);
    assert_int_equal(s()->esr & 0x1ffffff, FSC_EXTERNAL | ISS_WNR);
    s()->x[1] = RIG_RAM + RIG_DATA + 1;
    assert_int_equal(RIG_RUN(&r, 1, 1, LDR_X0_X1), EC_DATA);
    assert_int_equal(s()->esr & 0x1ffffff, FSC_ALIGNMENT);
    assert_int_equal(RIG_RUN(&r, 1, 1, STR_X0_X1), EC_DATA);
    assert_int_equal(s()->esr & 0x1ffffff, FSC_ALIGNMENT | ISS_WNR);
    assert_int_equal(RIG_RUN(&r, 1, 1, LDADD_X0_X2_X1), EC_DATA);
    assert_int_equal(s()->esr & 0x1ffffff, FSC_ALIGNMENT | ISS_WNR);
    s()->x[1] = RIG_RAM + 0x102;
    assert_int_equal(RIG_RUN(&r, 1, 2, BR_X1), EC_PC_ALIGNMENT);
    assert_int_equal(s()->far, RIG_RAM + 0x102);
    assert_int_equal(s()->elr, RIG_RAM + 0x102);
    s()->x[1] = 0x1000;
    assert_int_equal(RIG_RUN(&r, 0, 2, BR_X1), EC_FETCH_LOWER);
    assert_int_equal(s()->esr & 0x1ffffff, FSC_EXTERNAL);
    assert_int_equal(s()->far, 0x1000);
}

static void sp_is_checked_where_it_is_a_base(void **state) {
    for (unsigned el = 0; el < 2; el++)
        for (unsigned on = 0; on < 2; on++)
            for (unsigned off = 0; off <= 8; off += 8) {
                arm64_rig_reset(&r);
                u64 bit = el ? SCTLR_SA : SCTLR_SA0;
                s()->sctlr = (s()->sctlr & ~(SCTLR_SA | SCTLR_SA0)) | (on ? bit : bit ^ (SCTLR_SA | SCTLR_SA0));
                arm64_select_sp(s(), el, el);
                s()->x[ARM64_SP] = RIG_RAM + RIG_DATA + off;
                assert_int_equal(RIG_RUN(&r, el, 1, LDR_X0_SP), on && off ? EC_SP_ALIGNMENT : -1);
            }
}

// ---- the exclusive monitor

static u64 status_of(unsigned n, const u32 *code) {
    s()->x[1] = RIG_RAM + RIG_DATA;
    s()->x[2] = 77;
    arm64_rig_run(&r, 1, n, code, n);
    return s()->x[2];
}
#define STATUS(...) status_of(countof(((const u32[]){__VA_ARGS__})), (const u32[]){__VA_ARGS__})

static void a_reservation_serves_one_store(void **state) {
    arm64_rig_reset(&r);
    assert_int_equal(STATUS(STXR_W2_X0_X1), 1);
    assert_int_equal(STATUS(LDXR_X0_X1, STXR_W2_X0_X1), 0);
    assert_int_equal(STATUS(LDXR_X0_X1, STXR_W2_X0_X1, STXR_W2_X0_X1), 1);
    assert_int_equal(STATUS(LDXR_X0_X1, CLREX, STXR_W2_X0_X1), 1);
    assert_int_equal(STATUS(LDXR_X0_X1, STR_X0_X1, STXR_W2_X0_X1), 0);
    assert_int_equal(STATUS(LDXR_X0_X1, 0x91002021 /* add x1, x1, #8 */, STXR_W2_X0_X1), 1);
    assert_int_equal(STATUS(LDXR_X0_X1, 0x88027c20 /* stxr w2, w0, [x1] */), 1);
}

// ---- system registers

static void el0_reaches_what_it_may(void **state) {
    static const struct {
        unsigned reg;
        i64 read0, write0, read1, write1; // exception classes
    } all[] = {
        {MIDR, EC_UNKNOWN, EC_UNKNOWN, -1, EC_UNKNOWN},
        {ID_AA32, EC_UNKNOWN, EC_UNKNOWN, -1, EC_UNKNOWN},
        {CTR, EC_SYSREG, EC_UNKNOWN, -1, EC_UNKNOWN},
        {DCZID, -1, EC_UNKNOWN, -1, EC_UNKNOWN},
        {CURRENT_EL, EC_UNKNOWN, EC_UNKNOWN, -1, EC_UNKNOWN},
        {DAIF, EC_SYSREG, EC_SYSREG, -1, -1},
        {TPIDR_EL0, -1, -1, -1, -1},
        {TPIDRRO, -1, EC_UNKNOWN, -1, -1},
        {TPIDR_EL1, EC_UNKNOWN, EC_UNKNOWN, -1, -1},
        {CNTFRQ, EC_SYSREG, EC_UNKNOWN, -1, -1},
        {CNTVCT, EC_SYSREG, EC_UNKNOWN, -1, EC_UNKNOWN},
        {CNTV_CTL, EC_SYSREG, EC_SYSREG, -1, -1},
        {ICC_IAR1, EC_UNKNOWN, EC_UNKNOWN, EC_UNKNOWN, EC_UNKNOWN}, // no GIC is connected
        {PAN_REG, EC_UNKNOWN, EC_UNKNOWN, -1, -1},
        {SCTLR_EL3, EC_UNKNOWN, EC_UNKNOWN, EC_UNKNOWN, EC_UNKNOWN},
        {PMCR, EC_UNKNOWN, EC_UNKNOWN, EC_UNKNOWN, EC_UNKNOWN}, // ID_AA64DFR0_EL1 says that there is none
    };
    for (unsigned i = 0; i < countof(all); i++)
        for (unsigned write = 0; write < 2; write++)
            for (unsigned el = 0; el < 2; el++) {
                arm64_rig_reset(&r);
                s()->x[7] = 0;
                u32 word = write ? msr(all[i].reg, 7) : mrs(all[i].reg, 7);
                i64 want = write ? (el ? all[i].write1 : all[i].write0) : el ? all[i].read1 : all[i].read0;
                assert_int_equal(RIG_RUN(&r, el, 1, word), want);
                if (want != EC_SYSREG) continue;
                unsigned g = all[i].reg;
                assert_int_equal(s()->esr & 0x1ffffff, (g >> 14) << 20 | (g & 7) << 17 | (g >> 11 & 7) << 14 |
                                                           (g >> 7 & 15) << 10 | 7 << 5 | (g >> 3 & 15) << 1 | !write);
            }
}

static void sp_el0_is_not_to_be_had_while_it_is_sp(void **state) {
    arm64_rig_reset(&r);
    *arm64_sp(s(), 0) = 0x1230;
    assert_int_equal(RIG_RUN(&r, 1, 1, mrs(SP_EL0, 3)), -1);
    assert_int_equal(s()->x[3], 0x1230);
    memcpy(r.ram, (const u32[]){mrs(SP_EL0, 4)}, 4);
    arm64_rig_reset(&r);
    st32(r.ram, mrs(SP_EL0, 4));
    arm64_select_sp(s(), 0, 1);
    s()->pc = HERE;
    arm64_mode_changed(r.c);
    arm64_run(r.c, 1);
    assert_int_equal(s()->esr, ESR_IL);
    assert_int_equal(s()->pc, VECTOR(0));
}

static void id_registers_say_what_decodes(void **state) {
    for (unsigned m = 0; arm64_model_at(m); m++) {
        const struct arm64_model *model = arm64_model_at(m);
        assert_int_equal(arm64_id_register(model, ID_ISAR0) >> 16 & 15, 1);         // CRC32
        assert_int_equal(arm64_id_register(model, ID_ISAR0) >> 20 & 15, m ? 2 : 0); // LSE
        assert_int_equal(arm64_id_register(model, ID_MMFR1) >> 20 & 15, m ? 2 : 0); // PAN
        bool max = !strcmp(model->name, "max");
        assert_int_equal(arm64_id_register(model, ID_MMFR0) & 0xff0f00f0, 0x00000020); // ASIDs of 16 bits, 4K and 64K
        assert_int_equal(arm64_id_register(model, ID_MMFR0) & 15, max ? 6 : 5);        // addresses of 48 bits, or 52
        assert_int_equal(arm64_id_register(model, ID_MMFR2) >> 16 & 15, max);          // virtual ones, too
        assert_int_equal(arm64_id_register(model, ID_MMFR0) >> 20 & 15, 1);            // 16K
        assert_int_equal(arm64_id_register(model, ID_MMFR1) & 15, 0);                  // no hardware access flag
        assert_int_equal(arm64_id_register(model, ID_PFR0) & 0xffff, 0x11);            // EL0 and EL1, AArch64
    }
}

// ---- the generic timer: counts of 16 ns

static bool wire[2];
static unsigned changes;
static void timer(void *ctx, enum arm64_timer which, bool level) {
    wire[which] = level;
    changes++;
}

static void the_timer_fires_at_its_count(void **state) {
    arm64_rig_reset(&r);
    r.c->port.timer = timer;
    changes = 0;
    wire[ARM64_TIMER_VIRTUAL] = false;
    s()->x[1] = 10; // counts from now
    s()->x[2] = CNT_ENABLE;
    assert_int_equal(RIG_RUN(&r, 1, 3, msr(CNTV_TVAL, 1), msr(CNTV_CTL, 2), mrs(CNTV_CTL, 3)), -1);
    assert_int_equal(s()->cntv_cval, 10);
    assert_int_equal(s()->x[3], CNT_ENABLE);
    assert_int_equal(clock_next(&r.clock), 160);
    clock_advance(&r.clock, 159);
    clock_fire(&r.clock);
    assert_int_equal(changes, 0);
    r.clock.now = 160;
    clock_fire(&r.clock);
    assert_int_equal(changes, 1);
    assert_true(wire[ARM64_TIMER_VIRTUAL]);
    RIG_RUN(&r, 1, 1, mrs(CNTV_CTL, 3));
    assert_int_equal(s()->x[3], CNT_ENABLE | CNT_ISTATUS);
    s()->x[2] = CNT_ENABLE | CNT_IMASK;
    RIG_RUN(&r, 1, 2, msr(CNTV_CTL, 2), mrs(CNTV_TVAL, 3));
    assert_false(wire[ARM64_TIMER_VIRTUAL]);
    assert_int_equal(s()->x[3], 0);
    s()->x[1] = ~(u64)0;
    s()->x[2] = CNT_ENABLE;
    RIG_RUN(&r, 1, 2, msr(CNTV_CVAL, 1), msr(CNTV_CTL, 2));
    assert_int_equal(clock_next(&r.clock), CLOCK_NEVER);
    r.c->port.timer = NULL;
}

// ---- calls to the board

static unsigned calls;
static bool call(void *ctx, bool smc) {
    calls += smc ? 16 : 1;
    s()->x[0] = 0x55;
    return true;
}
static void the_board_takes_calls_of_el1(void **state) {
    arm64_rig_reset(&r);
    assert_int_equal(RIG_RUN(&r, 1, 1, HVC_0), EC_UNKNOWN);
    r.c->port.call = call;
    calls = 0;
    assert_int_equal(RIG_RUN(&r, 1, 1, HVC_0), -1);
    assert_int_equal(s()->pc, HERE + 4);
    assert_int_equal(s()->x[0], 0x55);
    assert_int_equal(RIG_RUN(&r, 1, 1, SMC_0), -1);
    assert_int_equal(calls, 17);
    assert_int_equal(RIG_RUN(&r, 1, 1, HVC_1), EC_UNKNOWN);
    assert_int_equal(RIG_RUN(&r, 0, 1, HVC_0), EC_UNKNOWN);
    assert_int_equal(calls, 17);
    r.c->port.call = NULL;
}

// ---- caches and translations

static void maintenance_is_el1s_or_what_el0_was_given(void **state) {
    arm64_rig_reset(&r);
    s()->x[1] = RIG_RAM + RIG_DATA;
    assert_int_equal(RIG_RUN(&r, 0, 1, IC_IALLU), EC_UNKNOWN);
    assert_int_equal(RIG_RUN(&r, 1, 1, IC_IALLU), -1);
    assert_int_equal(RIG_RUN(&r, 0, 1, TLBI_VMALLE1), EC_UNKNOWN);
    assert_int_equal(RIG_RUN(&r, 1, 1, TLBI_VMALLE1), -1);
    assert_int_equal(RIG_RUN(&r, 0, 1, DC_CVAC_X1), EC_SYSREG);
    assert_int_equal(s()->esr & 0x1ffffff, 1 << 20 | 1 << 17 | 3 << 14 | 7 << 10 | 1 << 5 | 10 << 1);
    s()->sctlr |= SCTLR_UCI;
    assert_int_equal(RIG_RUN(&r, 0, 1, DC_CVAC_X1), -1);
    s()->x[1] = 0x1000;
    assert_int_equal(RIG_RUN(&r, 0, 1, DC_CVAC_X1), EC_DATA_LOWER);
    assert_int_equal(s()->esr & 0x1ffffff, FSC_EXTERNAL | ISS_CM | ISS_WNR);
    assert_int_equal(RIG_RUN(&r, 0, 1, DC_ZVA_X1), EC_SYSREG);
    assert_int_equal(RIG_RUN(&r, 0, 1, DAIFSET_15), EC_SYSREG);
    assert_int_equal(s()->esr & 0x1ffffff, 6 << 17 | 3 << 14 | 4 << 10 | 31 << 5 | 15 << 1);
}

// One page at 0x10000000 of 4K, level 1 at 0x1000 of RAM: RO for EL1, nothing for EL0.
enum { L1 = 0x1000, L2 = 0x2000, L3 = 0x3000 };
static void map_one(u64 flags) {
    st64(r.ram + L1, (RIG_RAM + L2) | 3);
    st64(r.ram + L2 + 8 * 128, (RIG_RAM + L3) | 3);
    st64(r.ram + L3, (RIG_RAM + RIG_DATA) | 3 | flags);
    // where the code is: a block of 1 GiB, for EL1
    st64(r.ram + L1 + 8, 0x40000000 | 1 | BIT(10) | BIT(54));
    s()->ttbr0 = RIG_RAM + L1;
    s()->tcr = 25 | TCR_EPD1 | (u64)5 << TCR_IPS;
    s()->x[1] = 0x10000120;
    s()->x[2] = s()->sctlr | SCTLR_M;
    s()->x[3] = s()->tcr;
    s()->tcr = 0;
}
#define ENABLE msr(S(3, 0, 2, 0, 2), 3), msr(S(3, 0, 1, 0, 0), 2)

static void at_tells_what_a_translation_gives(void **state) {
    arm64_rig_reset(&r);
    map_one(BIT(10) | BIT(7) | 3 << 8 | 1 << 2);
    s()->mair = 0xff00;
    assert_int_equal(RIG_RUN(&r, 1, 3, ENABLE, AT_S1E1R_X1), -1);
    assert_int_equal(s()->par, (u64)0xff << 56 | (RIG_RAM + RIG_DATA) | BIT(11) | 3 << 7);
    assert_int_equal(RIG_RUN(&r, 1, 1, AT_S1E0W_X1), -1);
    assert_int_equal(s()->par, BIT(11) | (FSC_PERMISSION + 3) << 1 | 1);
    s()->x[1] = 0x20000000;
    assert_int_equal(RIG_RUN(&r, 1, 1, AT_S1E1R_X1), -1);
    assert_int_equal(s()->par, BIT(11) | (FSC_TRANSLATION + 2) << 1 | 1);
}

static void a_translation_lasts_until_it_is_invalidated(void **state) {
    static const u32 tlbi[] = {TLBI_VMALLE1,
                               0xd5088724 /* vae1, x4 */,
                               0xd50887a4 /* vale1 */,
                               0xd5088764 /* vaae1 */,
                               0xd5088745 /* aside1, x5 */,
                               0xd5088324 /* vae1is */,
                               0xd5088126 /* vae1os */,
                               0xd5088626 /* rvae1, x6 */};
    for (unsigned i = 0; i < countof(tlbi); i++) {
        arm64_rig_reset(&r);
        map_one(BIT(10) | BIT(7) | BIT(11));
        s()->x[4] = 0x10000;
        s()->x[5] = 0;
        s()->x[6] = i == 6 ? 0x10000 : 0x10000 | (u64)1 << 46;
        st64(r.ram + RIG_DATA + 0x120, 0x1111);
        st64(r.ram + RIG_VECTORS + 0x120, 0x2222);
        assert_int_equal(RIG_RUN(&r, 1, 3, ENABLE, LDR_X0_X1), -1);
        assert_int_equal(s()->x[0], 0x1111);
        st64(r.ram + L3, (RIG_RAM + RIG_VECTORS) | 3 | BIT(10) | BIT(7) | BIT(11));
        assert_int_equal(RIG_RUN(&r, 1, 2, tlbi[i], LDR_X0_X1), -1);
        assert_int_equal(s()->x[0], 0x2222);
        assert_int_equal(RIG_RUN(&r, 1, 1, STR_X0_X1), EC_DATA);
        assert_int_equal(s()->esr & 0x1ffffff, (FSC_PERMISSION + 3) | ISS_WNR);
        assert_int_equal(s()->far, 0x10000120);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exception_tells_where_it_came_from),
        cmocka_unit_test(pan_is_set_on_entry_unless_span),
        cmocka_unit_test(eret_goes_where_spsr_says),
        cmocka_unit_test(an_illegal_return_says_so),
        cmocka_unit_test(an_illegal_return_executes_nothing),
        cmocka_unit_test(interrupts_heed_their_masks),
        cmocka_unit_test(wfi_waits_for_a_masked_interrupt_too),
        cmocka_unit_test(wfe_waits_for_an_event_or_what_is_not_masked),
        cmocka_unit_test(floating_point_is_trapped_as_cpacr_says),
        cmocka_unit_test(aborts_tell_what_was_wrong),
        cmocka_unit_test(sp_is_checked_where_it_is_a_base),
        cmocka_unit_test(a_reservation_serves_one_store),
        cmocka_unit_test(el0_reaches_what_it_may),
        cmocka_unit_test(sp_el0_is_not_to_be_had_while_it_is_sp),
        cmocka_unit_test(id_registers_say_what_decodes),
        cmocka_unit_test(the_timer_fires_at_its_count),
        cmocka_unit_test(the_board_takes_calls_of_el1),
        cmocka_unit_test(maintenance_is_el1s_or_what_el0_was_given),
        cmocka_unit_test(at_tells_what_a_translation_gives),
        cmocka_unit_test(a_translation_lasts_until_it_is_invalidated),
    };
    return cmocka_run_group_tests(tests, open_rig, close_rig);
}
