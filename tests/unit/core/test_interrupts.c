// SPDX-License-Identifier: MIT
// The PC's interrupt controllers and timers wired together as a board wires them: PIT and RTC through the HPET to 8259s
// and I/O APIC, the 8259s to LINT0, the I/O APIC to the local APIC, EOIs back.
#include "dev/hpet.h"
#include "dev/ioapic.h"
#include "dev/lapic.h"
#include "dev/pic8259.h"
#include "dev/pit8254.h"
#include "dev/rtc_cmos.h"
#include "dev/uart16550.h"
#include "dev_fixture.h"

enum { INTR, EXTINT, NMI };
enum { LEVEL_PIN = 16 };

struct pc {
    struct dev_fixture *f;
    struct lapic *lapic;
    struct ioapic *ioapic;
    struct pic8259 *pic;
    struct hpet *hpet;
    struct pit8254 *pit;
    struct rtc_cmos *rtc;
    struct uart16550 *uart;
};

static void set_irq(void *ctx, unsigned irq, bool level) {
    struct pc *pc = ctx;
    struct irq_line pic = pic8259_line(pc->pic, irq), ioapic = ioapic_line(pc->ioapic, irq ? irq : 2);
    irq_set(&pic, level);
    irq_set(&ioapic, level);
}

static void set_gsi(void *ctx, unsigned gsi, bool level) {
    struct irq_line l = ioapic_line(((struct pc *)ctx)->ioapic, gsi);
    irq_set(&l, level);
}

static void eoi(void *ctx, u8 vector) { ioapic_eoi(((struct pc *)ctx)->ioapic, vector); }

static void power_on(struct pc *pc, void **state) {
    struct dev_fixture *f = *state;
    struct env *e = &f->env;
    const struct lapic_outputs out = {probe_line(f, INTR), probe_line(f, EXTINT), probe_line(f, NMI), eoi, pc, {0}};
    const struct irq_line legacy[2] = {{set_irq, pc, 0}, {set_irq, pc, 8}};
    pc->f = f;
    pc->lapic = lapic_create(e, 0, &out);
    pc->ioapic = ioapic_create(e, 1, lapic_msi(pc->lapic));
    pc->pic = pic8259_create(e, lapic_lint(pc->lapic, 0));
    pc->hpet = hpet_create(e, legacy, (struct irq_line){set_gsi, pc, 0}, 0x00F00004);
    pc->pit = pit8254_create(e, hpet_legacy_input(pc->hpet, 0));
    pc->rtc = rtc_cmos_create(e, hpet_legacy_input(pc->hpet, 1), 0, MiB, 0);
    pc->uart = uart16550_create(e, "ttyS0", (struct irq_line){set_irq, pc, 4}, &f->chardev);
    lapic_virtual_wire(pc->lapic);
}

static void start_pit(struct pc *pc, u16 count) {
    out8(&pit8254_ops, pc->pit, 3, 0x34);
    out8(&pit8254_ops, pc->pit, 0, (u8)count);
    out8(&pit8254_ops, pc->pit, 0, (u8)(count >> 8));
}

static void start_pic(struct pc *pc, u8 base) {
    out8(&pic8259_master_ops, pc->pic, 0, 0x11);
    out8(&pic8259_master_ops, pc->pic, 1, base);
    out8(&pic8259_master_ops, pc->pic, 1, 4);
    out8(&pic8259_master_ops, pc->pic, 1, 1);
}

static void redirect(struct pc *pc, unsigned pin, u32 low) {
    out32(&ioapic_ops, pc->ioapic, 0, 0x10 + 2 * pin);
    out32(&ioapic_ops, pc->ioapic, 0x10, low);
}

static void end(struct pc *pc) { out32(&lapic_ops, pc->lapic, LAPIC_EOI << 4, 0); }

// Virtual wire mode, as a boot loader or DOS sees it.
static void timer_through_the_8259(void **state) {
    struct pc pc = {0};
    power_on(&pc, state);
    start_pic(&pc, 0x08);
    start_pit(&pc, 11932); // 100 Hz
    unsigned taken = 0;
    while (clock_next(&pc.f->clock) <= 1000000000) {
        run_to(pc.f, clock_next(&pc.f->clock));
        if (!lapic_extint_pending(pc.lapic)) continue;
        assert_int_equal(pic_ack(pc.pic), 0x08);
        out8(&pic8259_master_ops, pc.pic, 0, 0x20);
        taken++;
    }
    // OUT rises with the control word, which is one more edge
    assert_in_range(taken, 99, 101);
    assert_false(lapic_intr_pending(pc.lapic));
}

// Symmetric I/O mode: IRQ 0 is pin 2.
static void timer_through_the_ioapic(void **state) {
    struct pc pc = {0};
    power_on(&pc, state);
    redirect(&pc, 2, 0x30);
    start_pit(&pc, 11932);
    unsigned taken = 0;
    while (clock_next(&pc.f->clock) <= 1000000000) {
        run_to(pc.f, clock_next(&pc.f->clock));
        if (!lapic_intr_pending(pc.lapic)) continue;
        assert_int_equal(lapic_ack(pc.lapic), 0x30);
        end(&pc);
        taken++;
    }
    assert_in_range(taken, 99, 101);
    assert_int_equal(pc.f->probe[EXTINT].rises, 0); // the 8259s are masked
}

static void hpet_replaces_the_pit(void **state) {
    struct pc pc = {0};
    power_on(&pc, state);
    redirect(&pc, 2, 0x30);
    start_pit(&pc, 1000);
    if (lapic_ack(pc.lapic) >= 0) end(&pc);
    hpet_ops.write(pc.hpet, 0x10, 8, 3);
    run_to(pc.f, 100000000);
    assert_false(lapic_intr_pending(pc.lapic)); // the PIT is cut off
    hpet_ops.write(pc.hpet, 0x100, 8, 0x4C);
    hpet_ops.write(pc.hpet, 0x108, 8, 20000000); // 200 ms and each 200 ms from there
    run_to(pc.f, 199999999);
    assert_false(lapic_intr_pending(pc.lapic));
    for (unsigned i = 1; i <= 5; i++) {
        run_to(pc.f, i * 200000000ull);
        assert_int_equal(lapic_ack(pc.lapic), 0x30);
        end(&pc);
    }
}

static void a_level_comes_again_until_its_source_is_quiet(void **state) {
    struct pc pc = {0};
    power_on(&pc, state);
    redirect(&pc, LEVEL_PIN, 0x8000 | 0x51);
    struct irq_line line = ioapic_line(pc.ioapic, LEVEL_PIN);
    irq_set(&line, true);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(lapic_ack(pc.lapic), 0x51);
        assert_false(lapic_intr_pending(pc.lapic));
        end(&pc); // still asserted: the EOI brings the next
    }
    irq_set(&line, false); // a fourth is on its way already
    assert_int_equal(lapic_ack(pc.lapic), 0x51);
    end(&pc);
    assert_false(lapic_intr_pending(pc.lapic));
}

static void uart_by_edge(void **state) {
    struct pc pc = {0};
    power_on(&pc, state);
    redirect(&pc, 4, 0x34);
    out8(&uart16550_ops, pc.uart, 4, 0x0B);
    out8(&uart16550_ops, pc.uart, 1, 3);
    assert_int_equal(lapic_ack(pc.lapic), 0x34); // THRE
    assert_int_equal(in8(&uart16550_ops, pc.uart, 2), 2);
    assert_int_equal(in8(&uart16550_ops, pc.uart, 2), 1); // the driver reads until there is no more
    end(&pc);
    for (const char *c = "abc"; *c; c++) {
        out8(&uart16550_ops, pc.uart, 0, (u8)*c);
        assert_int_equal(lapic_ack(pc.lapic), 0x34);
        in8(&uart16550_ops, pc.uart, 2);
        end(&pc);
    }
    pc.f->chardev.input(pc.f->chardev.dev, (const u8 *)"x", 1);
    assert_int_equal(lapic_ack(pc.lapic), 0x34);
    assert_int_equal(in8(&uart16550_ops, pc.uart, 0), 'x');
    end(&pc);
    assert_false(lapic_intr_pending(pc.lapic));
}

// Whatever a guest writes where, nothing breaks; and the same writes give the same machine.
static u64 storm(struct pc *pc, u32 seed) {
    const struct {
        const struct io_ops *ops;
        void *dev;
        unsigned size;
    } window[] = {
        {&lapic_ops, pc->lapic, LAPIC_SIZE}, {&ioapic_ops, pc->ioapic, 0x80},    {&pic8259_master_ops, pc->pic, 2},
        {&pic8259_slave_ops, pc->pic, 2},    {&pic8259_elcr_ops, pc->pic, 2},    {&hpet_ops, pc->hpet, 0x180},
        {&pit8254_ops, pc->pit, 4},          {&pit8254_speaker_ops, pc->pit, 1}, {&rtc_cmos_ops, pc->rtc, 2},
        {&uart16550_ops, pc->uart, 8},
    };
    for (unsigned i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned w = (seed >> 24) % countof(window), width = 1u << (seed >> 22 & 3);
        u64 at = (seed >> 8) % window[w].size & ~(u64)(width - 1);
        if (at + width > window[w].size) width = 1;
        if (seed & 0x80) window[w].ops->write(window[w].dev, at, width, (u64)seed * 0x9E3779B97F4A7C15u >> (seed & 31));
        else window[w].ops->read(window[w].dev, at, width);
        // A guest may ask for an event per instruction: time moves on, but little.
        run_for(pc->f, seed >> 10 & 0x1FF);
        if (lapic_intr_pending(pc->lapic)) assert_in_range(lapic_ack(pc->lapic), 16, 255);
        if (lapic_extint_pending(pc->lapic)) assert_in_range(pic_ack(pc->pic), 0, 255);
    }
    return state_hash(&pc->f->state);
}

static void a_storm_is_survived_and_repeatable(void **state) {
    u64 hash[3];
    for (unsigned run = 0; run < 3; run++) {
        void *fresh;
        struct pc pc = {0};
        dev_fixture_new(&fresh);
        power_on(&pc, &fresh);
        hash[run] = storm(&pc, run == 2 ? 12 : 11);
        dev_fixture_free(&fresh);
    }
    assert_true(hash[0] == hash[1]);
    assert_true(hash[0] != hash[2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(timer_through_the_8259), DEVICE_TEST(timer_through_the_ioapic),
        DEVICE_TEST(hpet_replaces_the_pit),  DEVICE_TEST(a_level_comes_again_until_its_source_is_quiet),
        DEVICE_TEST(uart_by_edge),           DEVICE_TEST(a_storm_is_survived_and_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
