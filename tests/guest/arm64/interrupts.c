// SPDX-License-Identifier: MIT
// Interrupts: masks, priorities, acknowledgement (IHI 0048, IHI 0069), the generic timer (D12), PL011's interrupt, waiting.
#include "kit.h"

// Runs on for a while. Interrupts come before its first instruction, or within it.
CODE(do_wait, "mov x0, #2000; 1: sub x0, x0, #1; cbnz x0, 1b; ret");
CODE(do_wfi, "wfi; ret");
CODE(do_wfi_in_a_loop, "1: wfi; b 1b");
CODE(do_unmask, "mov x0, #0; msr daifclr, #2; mov x0, #1; mov x0, #2; ret");
CODE(do_read_isr, "mrs x0, isr_el1; ret");

TEST(masks) {
    static const enum mode modes[] = {EL0, EL1T, EL1};
    gic_enable(3, 0x80);
    gic_send(3);
    for (unsigned i = 0; i < 3; i++) {
        kit_pstate = PSTATE_DAIF;
        IS(run(modes[i], do_wait, 0), NOTHING);
        kit_pstate = PSTATE_DAIF & ~PSTATE_I;
        IS(run(modes[i], do_wait, 0), IRQ);
        IS(caught.vector, (modes[i] == EL0 ? 0x400u : modes[i] == EL1T ? 0u : 0x200u) + 0x80);
        IS(caught.f.pstate & PSTATE_DAIF, PSTATE_DAIF & ~PSTATE_I);
    }
    kit_pstate = PSTATE_DAIF;
    IS(run(EL1, do_read_isr, 0), NOTHING);
    IS(caught.f.x[0] & PSTATE_I, PSTATE_I);
    IS(run(EL1, do_unmask, 0), IRQ);
    IS(caught.f.pc, (u64)do_unmask + 8);
    IS(gic_acknowledge(), 3);
    IS(run(EL1, do_read_isr, 0), NOTHING);
    IS(caught.f.x[0] & PSTATE_I, 0);
    gic_end(3);
}

// An SGI goes from pending to active to nothing.
TEST(states) {
    gic_enable(5, 0x80);
    IS(gic_acknowledge(), 1023);
    gic_send(5);
    HOLDS(gic_pending(5) && !gic_active(5));
    IS(gic_acknowledge(), 5);
    HOLDS(!gic_pending(5) && gic_active(5));
    IS(gic_acknowledge(), 1023);
    gic_send(5); // active and pending
    HOLDS(gic_pending(5) && gic_active(5));
    IS(gic_acknowledge(), 1023);
    gic_end(5);
    IS(gic_acknowledge(), 5);
    gic_end(5);
    HOLDS(!gic_pending(5) && !gic_active(5));
    gic_pend(41); // not enabled: only a shared interrupt is sure to be so (IHI 0048, 4.3.5)
    HOLDS(gic_pending(41));
    IS(gic_acknowledge(), 1023);
    gic_enable(41, 0x80);
    IS(gic_acknowledge(), 41);
    gic_end(41);
}

TEST(priorities) {
    gic_enable(41, 0x80);
    gic_enable(42, 0x40);
    gic_enable(47, 0x80);
    for (unsigned i = 41; i < 48; i++) gic_pend(i);
    IS(gic_acknowledge(), 42);
    IS(gic_acknowledge(), 1023); // no other is above what runs
    gic_end(42);
    IS(gic_acknowledge(), 41); // of equal ones the first
    gic_pend(42);
    IS(gic_acknowledge(), 42); // above what runs
    gic_end(42);
    gic_end(41);
    gic_mask(0x80); // not above the mask
    IS(gic_acknowledge(), 1023);
    kit_pstate = 0;
    IS(run(EL1, do_wait, 0), NOTHING);
    gic_mask(0x88);
    IS(run(EL1, do_wait, 0), IRQ);
    IS(gic_acknowledge(), 47);
    gic_end(47);
}

TEST(groups_of_bits) { // what is written to set and clear registers
    *gic_register(0x100, 40) = 0x0000ff00;
    IS(*gic_register(0x100, 40), 0x0000ff00);
    IS(*gic_register(0x180, 40), 0x0000ff00);
    *gic_register(0x180, 40) = 0x00000f00;
    IS(*gic_register(0x100, 40), 0x0000f000);
    *gic_register(0x200, 40) = 0x0000f000;
    IS(*gic_register(0x280, 40) & 0xff00, 0x0000f000);
    *gic_register(0x280, 40) = 0x0000f000;
    IS(*gic_register(0x200, 40) & 0xff00, 0);
}

// ---- the generic timer

CODE(do_read_cntv, "mrs x9, cntvct_el0; ret");
CODE(do_read_cntp, "mrs x9, cntpct_el0; ret");
CODE(do_read_frq, "mrs x9, cntfrq_el0; ret");
CODE(do_read_v, "mrs x9, cntv_ctl_el0; ret");
CODE(do_read_p, "mrs x9, cntp_cval_el0; ret");
CODE(do_write_cntv, "msr s3_3_c14_c0_2, x0; ret");

TEST(counters_are_opened) {
    static const struct {
        const char *code;
        u64 bits;
    } all[] = {{do_read_cntp, 1}, {do_read_cntv, 2}, {do_read_frq, 3}, {do_read_v, 0x100}, {do_read_p, 0x200}};
    for (u64 open = 0; open < 16; open++) {
        u64 v = (open & 3) | (open >> 2) << 8;
        WRITE(cntkctl_el1, v);
        for (unsigned i = 0; i < countof(all); i++) {
            IS(run(EL0, all[i].code, 0) | i << 16, (v & all[i].bits ? NOTHING : SYSREG) | i << 16);
            IS(run(EL1, all[i].code, 0), NOTHING);
        }
    }
    IS(run(EL1, do_write_cntv, 0), UNKNOWN);
}

static u64 ctl(bool physical) { return physical ? READ(cntp_ctl_el0) : READ(cntv_ctl_el0); }
static void set_ctl(bool physical, u64 v) {
    if (physical) WRITE(cntp_ctl_el0, v);
    else WRITE(cntv_ctl_el0, v);
}
static void set_cval(bool physical, u64 v) {
    if (physical) WRITE(cntp_cval_el0, v);
    else WRITE(cntv_cval_el0, v);
}
static void set_tval(bool physical, u64 v) {
    if (physical) WRITE(cntp_tval_el0, v);
    else WRITE(cntv_tval_el0, v);
}
static u64 cval(bool physical) { return physical ? READ(cntp_cval_el0) : READ(cntv_cval_el0); }
static u64 count(bool physical) { return physical ? READ(cntpct_el0) : READ(cntvct_el0); }

TEST(timers) {
    for (unsigned physical = 0; physical < 2; physical++) {
        unsigned intid = physical ? TIMER_PHYSICAL : TIMER_VIRTUAL;
        gic_enable(intid, 0x80);
        set_cval(physical, ~(u64)0);
        set_ctl(physical, 1);
        IS(ctl(physical), 1);
        HOLDS(!gic_pending(intid));
        set_cval(physical, 0); // the count is beyond it
        IS(ctl(physical), 5);
        HOLDS(gic_pending(intid));
        set_ctl(physical, 3); // masked: the condition holds all the same
        IS(ctl(physical), 7);
        HOLDS(!gic_pending(intid));
        set_ctl(physical, 0);
        HOLDS(!gic_pending(intid));
        // TVAL is signed, and counts from now
        u64 before = count(physical);
        set_tval(physical, 100000);
        u64 after = count(physical);
        HOLDS(cval(physical) >= before + 100000 && cval(physical) <= after + 100000);
        set_tval(physical, 0xffffffff);
        HOLDS(cval(physical) <= count(physical));
        set_tval(physical, 2000);
        set_ctl(physical, 1);
        kit_pstate = PSTATE_DAIF & ~PSTATE_I;
        IS(run(EL1, do_wfi_in_a_loop, 0), IRQ);
        HOLDS(count(physical) >= cval(physical));
        IS(gic_acknowledge(), intid);
        HOLDS(gic_active(intid));
        set_ctl(physical, 0); // its line goes down
        gic_end(intid);
        HOLDS(!gic_pending(intid));
        IS(gic_acknowledge(), 1023);
        gic_disable(intid);
    }
}

TEST(wfi_ends_by_what_is_masked) {
    gic_enable(TIMER_VIRTUAL, 0x80);
    WRITE(cntv_tval_el0, 1000);
    WRITE(cntv_ctl_el0, 1);
    kit_pstate = PSTATE_DAIF;
    IS(run(EL1, do_wfi, 0), NOTHING);
    HOLDS(READ(cntvct_el0) >= READ(cntv_cval_el0));
}

// SEV, SEVL and the return from an exception set the Event Register, and WFE takes it: with everything masked nothing else lets these end.
CODE(do_events, "wfe; sev; wfe; sevl; wfe; sev; sev; wfe; ret");
CODE(do_wfe_forever, "1: wfe; b 1b");
TEST(events) {
    for (unsigned i = 0; i < 2; i++) IS(run(i ? EL0 : EL1, do_events, 0), NOTHING);
    gic_enable(TIMER_VIRTUAL, 0x80);
    WRITE(cntv_tval_el0, 1000);
    WRITE(cntv_ctl_el0, 1);
    kit_pstate = PSTATE_DAIF & ~PSTATE_I;
    IS(run(EL1, do_wfe_forever, 0), IRQ);
    HOLDS(READ(cntvct_el0) >= READ(cntv_cval_el0));
    IS(gic_acknowledge(), TIMER_VIRTUAL);
    WRITE(cntv_ctl_el0, 0);
    gic_end(TIMER_VIRTUAL);
}

// Each time that a bit of the count goes up, or down. A WFE that finds the register set clears it; the next one waits, and leaves it set.
CODE(do_stream, "wfe; mrs x2, cntvct_el0; wfe; mrs x3, cntvct_el0; wfe; wfe; mrs x4, cntvct_el0; ret");
TEST(event_stream) {
    for (u64 bit = 4; bit < 16; bit += 3)
        for (u64 down = 0; down < 2; down++) {
            u64 period = (u64)2 << bit, first = down ? 0 : (u64)1 << bit;
            WRITE(cntkctl_el1, BIT(2) | down << 3 | bit << 4);
            IS(run(EL1, do_stream, 0), NOTHING);
            HOLDS(((caught.f.x[3] - first) & (period - 1)) < 2);
            HOLDS(caught.f.x[3] - caught.f.x[2] <= period + 1);
            HOLDS(caught.f.x[4] - caught.f.x[3] >= period - 1 && caught.f.x[4] - caught.f.x[3] <= period + 1);
        }
}

TEST(time_goes_on) {
    u64 a = READ(cntvct_el0);
    for (volatile unsigned i = 0; i < 1000; i++) {}
    u64 b = READ(cntvct_el0), c = READ(cntpct_el0);
    HOLDS(b > a && c >= b);
    HOLDS(READ(cntfrq_el0) >= 1000000);
}

// ---- PL011 (DDI 0183)

enum { FR = 0x18, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44 };
TEST(pl011_interrupts) {
    gic_enable(UART_INTID, 0x80);
    IS(MMIO32(UART + RIS) & 0x20, 0);
    put('\n');
    IS(MMIO32(UART + RIS) & 0x20, 0x20);
    IS(MMIO32(UART + MIS), 0);
    HOLDS(!gic_pending(UART_INTID));
    MMIO32(UART + IMSC) = 0x20;
    IS(MMIO32(UART + MIS), 0x20);
    HOLDS(gic_pending(UART_INTID));
    kit_pstate = PSTATE_DAIF & ~PSTATE_I;
    IS(run(EL0, do_wait, 0), IRQ);
    IS(gic_acknowledge(), UART_INTID);
    HOLDS(gic_active(UART_INTID));
    gic_end(UART_INTID); // the line is still up
    IS(gic_acknowledge(), UART_INTID);
    MMIO32(UART + ICR) = 0x20;
    gic_end(UART_INTID);
    IS(MMIO32(UART + RIS) & 0x20, 0);
    HOLDS(!gic_pending(UART_INTID));
}

TEST(pl011_registers) {
    static const u8 id[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 8; i++) IS(MMIO32(UART + 0xfe0 + 4 * i), id[i]);
    IS(MMIO32(UART + FR) & 0x38, 0x10); // nothing received, nothing on the way
    MMIO32(UART + IFLS) = 0x12;
    IS(MMIO32(UART + IFLS), 0x12);
    MMIO32(UART + LCR_H) = 0x70;
    IS(MMIO32(UART + LCR_H), 0x70);
}

// ---- PL031 (DDI 0224)
TEST(pl031_counts_seconds) {
    static const u8 id[] = {0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 8; i++) IS(MMIO32(RTC + 0xfe0 + 4 * i) & (i == 2 ? 15 : 255), id[i]); // of any revision
    u32 a = MMIO32(RTC), b = MMIO32(RTC);
    HOLDS(b - a <= 1);
}

// ---- PSCI (DEN 0022)
TEST(psci_functions) {
    enum {
        VERSION = 0x84000000,
        ON = 0x84000003,
        ON_64 = 0xc4000003,
        INFO = 0x84000004,
        INFO_64 = 0xc4000004,
        FEATURES = 0x8400000a
    };
    u64 version = psci(VERSION, 0, 0);
    HOLDS(version >> 16 >= 1 || (version & 0xffff) >= 2);
    IS(psci(ON, 0, RAM), -4);    // it is on
    IS(psci(ON_64, 0, RAM), -4); // in both forms
    IS(psci(ON_64, 1, RAM), -2); // there is none
    IS(psci(INFO, 0, 0), 0);     // ON
    IS(psci(INFO_64, 77, 0), -2);
    IS(psci(0x8400ff00, 0, 0), -1); // no such function
    if (version < 0x10000) return;
    IS(psci(FEATURES, 0x84000008, 0), 0);
    IS(psci(FEATURES, 0x8400ff00, 0), -1);
}
