// SPDX-License-Identifier: MIT
// Local APIC against SDM 3A chapter 11.
#include "dev/lapic.h"

#include "base/bits.h"
#include "dev_fixture.h"

enum { INTR, EXTINT, NMI, INIT };

struct rig {
    struct dev_fixture *f;
    struct lapic *l;
};

static u8 last_eoi;
static unsigned eois;

static void on_eoi(void *ctx, u8 vector) {
    last_eoi = vector;
    eois++;
}

static struct rig make(void **state) {
    struct dev_fixture *f = *state;
    struct lapic_outputs out = {probe_line(f, INTR), probe_line(f, EXTINT), probe_line(f, NMI), on_eoi, NULL,
                                probe_line(f, INIT)};
    eois = 0;
    return (struct rig){f, lapic_create(&f->env, 0, &out)};
}

static u32 get(struct rig r, unsigned reg) { return in32(&lapic_ops, r.l, reg << 4); }
static void set(struct rig r, unsigned reg, u32 v) { out32(&lapic_ops, r.l, reg << 4, v); }

static struct rig make_enabled(void **state) {
    struct rig r = make(state);
    set(r, LAPIC_SVR, 0x1FF);
    return r;
}

static bool deliver(struct rig r, u8 vector, bool level) {
    struct lapic_message m = {.destination = 0, .vector = vector, .level = level};
    return lapic_deliver(r.l, &m);
}

static bool bit_of(struct rig r, unsigned base, u8 vector) { return get(r, base + vector / 32) >> (vector % 32) & 1; }

static void reset_state(void **state) {
    struct rig r = make(state);
    assert_int_equal(get(r, LAPIC_SVR), 0xFF);
    assert_int_equal(get(r, LAPIC_DFR), 0xFFFFFFFF);
    assert_int_equal(get(r, LAPIC_LDR), 0);
    assert_int_equal(get(r, LAPIC_VERSION) & 0xF0, 0x10); // integrated
    assert_int_equal(get(r, LAPIC_VERSION) >> 16 & 0xFF, 5);
    for (unsigned lvt = LAPIC_LVT_TIMER; lvt <= LAPIC_LVT_ERROR; lvt++) {
        assert_int_equal(get(r, lvt), 0x10000);
        set(r, lvt, 0x30); // software-disabled: the mask cannot be cleared
        assert_int_equal(get(r, lvt), 0x10030);
    }
    deliver(r, 0x40, false);
    assert_false(lapic_intr_pending(r.l));
}

static void takes_by_priority(void **state) {
    struct rig r = make_enabled(state);
    deliver(r, 0x31, false);
    deliver(r, 0x52, false);
    deliver(r, 0x35, false);
    assert_true(r.f->probe[INTR].level);
    assert_true(bit_of(r, LAPIC_IRR, 0x31) && bit_of(r, LAPIC_IRR, 0x52));
    assert_int_equal(lapic_ack(r.l), 0x52);
    assert_true(bit_of(r, LAPIC_ISR, 0x52));
    assert_false(bit_of(r, LAPIC_IRR, 0x52));
    assert_int_equal(get(r, LAPIC_PPR), 0x50);
    assert_false(r.f->probe[INTR].level);
    deliver(r, 0x5F, false); // same class: waits
    assert_false(lapic_intr_pending(r.l));
    assert_int_equal(lapic_ack(r.l), -1);
    deliver(r, 0x61, false); // higher class: nests
    assert_int_equal(lapic_ack(r.l), 0x61);
    set(r, LAPIC_EOI, 0);
    assert_false(bit_of(r, LAPIC_ISR, 0x61));
    set(r, LAPIC_EOI, 0);
    assert_int_equal(lapic_ack(r.l), 0x5F);
    set(r, LAPIC_EOI, 0);
    assert_int_equal(lapic_ack(r.l), 0x35);
    set(r, LAPIC_EOI, 0);
    assert_int_equal(lapic_ack(r.l), 0x31);
    set(r, LAPIC_EOI, 0);
    assert_int_equal(get(r, LAPIC_PPR), 0);
    set(r, LAPIC_EOI, 0); // one too many is harmless
    assert_int_equal(eois, 0);
}

static void all_vectors_from_16(void **state) {
    struct rig r = make_enabled(state);
    for (unsigned v = 16; v < 256; v++) deliver(r, (u8)v, false);
    for (unsigned v = 255; v >= 16; v--) {
        assert_int_equal(lapic_ack(r.l), v);
        set(r, LAPIC_EOI, 0);
    }
    assert_false(lapic_intr_pending(r.l));
}

static void task_priority(void **state) {
    struct rig r = make_enabled(state);
    lapic_set_tpr(r.l, 0x50);
    assert_int_equal(get(r, LAPIC_TPR), 0x50);
    assert_int_equal(get(r, LAPIC_PPR), 0x50);
    deliver(r, 0x5F, false);
    assert_false(lapic_intr_pending(r.l));
    deliver(r, 0x60, false);
    assert_true(lapic_intr_pending(r.l));
    lapic_set_tpr(r.l, 0xF0);
    assert_false(lapic_intr_pending(r.l));
    set(r, LAPIC_TPR, 0x4F);
    assert_int_equal(lapic_tpr(r.l), 0x4F);
    assert_int_equal(lapic_ack(r.l), 0x60);
    assert_int_equal(get(r, LAPIC_PPR), 0x60);
}

static void eoi_of_levels_is_broadcast(void **state) {
    struct rig r = make_enabled(state);
    deliver(r, 0x71, true);
    assert_true(bit_of(r, LAPIC_TMR, 0x71));
    lapic_ack(r.l);
    set(r, LAPIC_EOI, 0);
    assert_int_equal(eois, 1);
    assert_int_equal(last_eoi, 0x71);
    deliver(r, 0x71, false);
    assert_false(bit_of(r, LAPIC_TMR, 0x71));
    lapic_ack(r.l);
    set(r, LAPIC_EOI, 0);
    assert_int_equal(eois, 1);
}

static void destinations(void **state) {
    struct rig r = make_enabled(state);
    static const struct {
        u32 ldr, dfr, to;
        bool logical, mine;
    } t[] = {
        {0, ~0u, 0, false, true},
        {0, ~0u, 1, false, false},
        {0, ~0u, ~0u, false, true},
        {0x01000000, ~0u, 0x01, true, true},
        {0x01000000, ~0u, 0x06, true, false},
        {0x04000000, ~0u, 0x06, true, true},
        {0x00000000, ~0u, 0xF0, true, false},
        {0x12000000, 0x0FFFFFFF, 0x13, true, true},
        {0x12000000, 0x0FFFFFFF, 0x23, true, false},
        {0x12000000, 0x0FFFFFFF, 0x11, true, false},
        {0, ~0u, ~0u, true, true},
    };
    for (unsigned i = 0; i < countof(t); i++) {
        set(r, LAPIC_LDR, t[i].ldr);
        set(r, LAPIC_DFR, t[i].dfr);
        struct lapic_message m = {.destination = t[i].to, .logical = t[i].logical, .vector = 0x40};
        assert_int_equal(lapic_deliver(r.l, &m), t[i].mine);
    }
    lapic_set_mode(r.l, LAPIC_X2APIC);
    struct lapic_message m = {.destination = 1, .logical = true, .vector = 0x40};
    assert_true(lapic_deliver(r.l, &m)); // cluster 0, member 0
    m.destination = 0x10001;
    assert_false(lapic_deliver(r.l, &m));
}

static void msi_is_decoded(void **state) {
    struct rig r = make_enabled(state);
    struct lapic_message m;
    assert_int_equal(lapic_message_from_msi(&m, 0xFEE01004, 0xC1A5), 0);
    assert_int_equal(m.destination, 1);
    assert_true(m.logical && m.level);
    assert_int_equal(m.delivery, LAPIC_LOWEST);
    assert_int_equal(m.vector, 0xA5);
    assert_int_equal(lapic_message_from_msi(&m, 0xFEEFF000, 0x41), 0);
    assert_int_equal(m.destination, 0xFFFFFFFF);
    assert_int_equal(lapic_message_from_msi(&m, 0xFED00000, 0x41), ERR_INVALID);
    assert_int_equal(lapic_message_from_msi(&m, 0x1FEE00000, 0x41), ERR_INVALID);
    struct msi_sink sink = lapic_msi(r.l);
    msi_send(&sink, 0xFEE00000, 0x41);
    assert_int_equal(lapic_ack(r.l), 0x41);
    msi_send(&sink, 0xFEE00000, 0x400);
    assert_int_equal(r.f->probe[NMI].rises, 1);
    msi_send(&sink, 0xFEE00000, 0x500);
    assert_int_equal(r.f->probe[INIT].rises, 1);
    msi_send(&sink, 0x12345678, 0x41);
    msi_send(&sink, 0xFEE00000, 0x8051); // a level going away
    assert_false(lapic_intr_pending(r.l));
}

static void one_shot_timer(void **state) {
    struct rig r = make_enabled(state);
    static const u8 code[8] = {0xB, 0, 1, 2, 3, 8, 9, 0xA};
    for (unsigned i = 0; i < 8; i++) {
        u64 div = 1u << i, start = r.f->clock.now;
        set(r, LAPIC_LVT_TIMER, 0x40);
        set(r, LAPIC_DIVIDE, code[i]);
        set(r, LAPIC_INITIAL_COUNT, 1000);
        assert_int_equal(get(r, LAPIC_CURRENT_COUNT), 1000);
        run_to(r.f, start + 300 * div);
        assert_int_equal(get(r, LAPIC_CURRENT_COUNT), 700);
        run_to(r.f, start + 1000 * div - 1);
        assert_false(lapic_intr_pending(r.l));
        assert_int_equal(get(r, LAPIC_CURRENT_COUNT), 1);
        run_to(r.f, start + 1000 * div);
        assert_int_equal(r.f->probe[INTR].rose_at, start + 1000 * div);
        assert_int_equal(get(r, LAPIC_CURRENT_COUNT), 0);
        assert_int_equal(lapic_ack(r.l), 0x40);
        set(r, LAPIC_EOI, 0);
        run_for(r.f, 5000 * div);
        assert_false(lapic_intr_pending(r.l));
    }
}

static void periodic_timer_does_not_drift(void **state) {
    struct rig r = make_enabled(state);
    run_to(r.f, 777);
    set(r, LAPIC_DIVIDE, 3); // by 16
    set(r, LAPIC_LVT_TIMER, 0x20040);
    set(r, LAPIC_INITIAL_COUNT, 62500); // 1 ms
    for (u64 i = 1; i <= 1000; i++) {
        run_to(r.f, 777 + i * 1000000);
        assert_int_equal(r.f->probe[INTR].rose_at, 777 + i * 1000000);
        assert_int_equal(lapic_ack(r.l), 0x40);
        set(r, LAPIC_EOI, 0);
        assert_int_equal(get(r, LAPIC_CURRENT_COUNT), 62500);
    }
    set(r, LAPIC_INITIAL_COUNT, 0);
    run_for(r.f, 10000000);
    assert_false(lapic_intr_pending(r.l));
    assert_int_equal(clock_next(&r.f->clock), CLOCK_NEVER);
}

// calibrate_APIC_clock() of Linux: masked-off counting over a known time gives the frequency
static void linux_timer_calibration(void **state) {
    struct rig r = make_enabled(state);
    set(r, LAPIC_LVT_TIMER, 0x10000 | 0xEC);
    set(r, LAPIC_DIVIDE, 3);
    set(r, LAPIC_INITIAL_COUNT, 0xFFFFFFFF);
    u32 before = get(r, LAPIC_CURRENT_COUNT);
    run_for(r.f, 100000000);
    u32 delta = before - get(r, LAPIC_CURRENT_COUNT);
    assert_int_equal((u64)delta * 16 * 10, LAPIC_TIMER_HZ);
}

static void deadline_timer(void **state) {
    struct rig r = make_enabled(state);
    lapic_set_deadline(r.l, 5000); // not in that mode
    assert_int_equal(lapic_deadline(r.l), 0);
    set(r, LAPIC_LVT_TIMER, 0x40040);
    set(r, LAPIC_INITIAL_COUNT, 100); // ignored in that mode
    assert_int_equal(get(r, LAPIC_CURRENT_COUNT), 0);
    lapic_set_deadline(r.l, 5000);
    assert_int_equal(lapic_deadline(r.l), 5000);
    run_to(r.f, 4999);
    assert_false(lapic_intr_pending(r.l));
    run_to(r.f, 5000);
    assert_int_equal(lapic_ack(r.l), 0x40);
    assert_int_equal(lapic_deadline(r.l), 0);
    set(r, LAPIC_EOI, 0);
    lapic_set_deadline(r.l, 100); // past
    clock_fire(&r.f->clock);
    assert_int_equal(lapic_ack(r.l), 0x40);
    set(r, LAPIC_EOI, 0);
    lapic_set_deadline(r.l, 9000);
    lapic_set_deadline(r.l, 0);
    run_to(r.f, 10000);
    assert_false(lapic_intr_pending(r.l));
    lapic_set_deadline(r.l, 20000);
    set(r, LAPIC_LVT_TIMER, 0x40); // leaving the mode disarms
    run_to(r.f, 30000);
    assert_false(lapic_intr_pending(r.l));
}

static void legacy_interrupts_pass(void **state) {
    struct rig r = make(state);
    struct irq_line lint0 = lapic_lint(r.l, 0), lint1 = lapic_lint(r.l, 1);
    irq_set(&lint0, true);
    assert_false(r.f->probe[EXTINT].level); // masked after reset
    lapic_virtual_wire(r.l);
    assert_true(r.f->probe[EXTINT].level);
    irq_set(&lint1, true);
    irq_set(&lint1, true);
    assert_int_equal(r.f->probe[NMI].rises, 1);
    set(r, LAPIC_LVT_LINT0, 0x10700);
    assert_false(r.f->probe[EXTINT].level);
    lapic_set_mode(r.l, LAPIC_DISABLED); // the pins are INTR and NMI
    assert_true(r.f->probe[EXTINT].level);
    irq_set(&lint0, false);
    assert_false(r.f->probe[EXTINT].level);
    irq_set(&lint1, false);
    irq_set(&lint1, true);
    assert_int_equal(r.f->probe[NMI].rises, 2);
}

static void lint_as_fixed(void **state) {
    struct rig r = make_enabled(state);
    struct irq_line lint0 = lapic_lint(r.l, 0);
    set(r, LAPIC_LVT_LINT0, 0x60);
    irq_set(&lint0, true);
    assert_int_equal(lapic_ack(r.l), 0x60);
}

static void ipis(void **state) {
    struct rig r = make_enabled(state);
    set(r, LAPIC_ICR, 0x40044); // self
    assert_int_equal(lapic_ack(r.l), 0x44);
    set(r, LAPIC_EOI, 0);
    set(r, LAPIC_ICR_HIGH, 0);
    set(r, LAPIC_ICR, 0x45); // physical 0
    assert_int_equal(lapic_ack(r.l), 0x45);
    set(r, LAPIC_EOI, 0);
    set(r, LAPIC_ICR_HIGH, 1u << 24);
    set(r, LAPIC_ICR, 0x46);    // someone else
    set(r, LAPIC_ICR, 0xC0047); // all but self
    assert_false(lapic_intr_pending(r.l));
    assert_int_equal(get(r, LAPIC_ICR) & 0x1000, 0); // idle
    set(r, LAPIC_ICR, 0x80048);                      // all
    assert_int_equal(lapic_ack(r.l), 0x48);
    set(r, LAPIC_ICR, 0xC4500); // all but self
    set(r, LAPIC_ICR, 0x88500); // a level going away
    assert_int_equal(r.f->probe[INIT].rises, 0);
    set(r, LAPIC_ICR, 0x84500);
    assert_int_equal(r.f->probe[INIT].rises, 1);
    set(r, LAPIC_ICR_HIGH, 0);
    set(r, LAPIC_ICR, 0x4500);
    assert_int_equal(r.f->probe[INIT].rises, 2);
    set(r, LAPIC_ICR, 0x84610); // SIPI does nothing
    set(r, LAPIC_TPR, 0x20);
    lapic_init(r.l); // 11.4.7.3
    assert_int_equal(get(r, LAPIC_TPR), 0);
    assert_int_equal(get(r, LAPIC_SVR), 0xFF);
    assert_int_equal(get(r, LAPIC_ID), 0);
    assert_int_equal(get(r, LAPIC_LVT_LINT0), 0x10000);
    assert_int_equal(r.f->finished, 0);
}

static void errors(void **state) {
    struct rig r = make_enabled(state);
    set(r, LAPIC_LVT_ERROR, 0xFE);
    set(r, LAPIC_ICR, 0x40005);
    assert_int_equal(get(r, LAPIC_ESR), 0); // latched by a write
    assert_int_equal(lapic_ack(r.l), 0xFE);
    set(r, LAPIC_EOI, 0);
    set(r, LAPIC_ESR, 0);
    assert_int_equal(get(r, LAPIC_ESR), 0x20);
    deliver(r, 0x0F, false);
    get(r, 0x3D);
    set(r, LAPIC_ESR, 0);
    assert_int_equal(get(r, LAPIC_ESR), 0xC0);
    set(r, LAPIC_ESR, 0);
    assert_int_equal(get(r, LAPIC_ESR), 0);
}

static void x2apic_registers(void **state) {
    struct rig r = make_enabled(state);
    u64 v = 0x55;
    lapic_set_mode(r.l, LAPIC_X2APIC);
    assert_int_equal(get(r, LAPIC_SVR), 0xFFFFFFFF); // the page is gone
    assert_int_equal(lapic_read(r.l, LAPIC_LDR, &v), 0);
    assert_int_equal(v, 1);
    assert_int_equal(lapic_write(r.l, LAPIC_ICR, 0x45), 0);
    assert_int_equal(lapic_ack(r.l), 0x45);
    assert_int_equal(lapic_write(r.l, LAPIC_EOI, 0), 0);
    assert_int_equal(lapic_write(r.l, LAPIC_ICR, BIT(32) | 0x45), 0);
    assert_false(lapic_intr_pending(r.l));
    assert_int_equal(lapic_read(r.l, LAPIC_ICR, &v), 0);
    assert_int_equal(v, BIT(32) | 0x45);
    assert_int_equal(lapic_write(r.l, LAPIC_SELF_IPI, 0x77), 0);
    assert_int_equal(lapic_ack(r.l), 0x77);
    // Table 11-6: what does not exist, cannot be read, cannot be written
    static const u8 unreadable[] = {0x00, 0x01, 0x04, 0x09, 0x0B, 0x0C, 0x0E, 0x29, 0x2F, 0x31, 0x3A, 0x3D, 0x3F};
    static const u8 unwritable[] = {0x00, 0x02, 0x03, 0x09, 0x0A, 0x0C, 0x0D, 0x0E, 0x10, 0x1F, 0x27, 0x2F, 0x31, 0x39, 0x3A};
    v = 0x55;
    for (unsigned i = 0; i < countof(unreadable); i++) assert_int_equal(lapic_read(r.l, unreadable[i], &v), ERR_INVALID);
    assert_int_equal(v, 0x55);
    for (unsigned i = 0; i < countof(unwritable); i++) assert_int_equal(lapic_write(r.l, unwritable[i], 0), ERR_INVALID);
    static const struct {
        u8 reg;
        u64 value;
    } reserved[] = {
        {LAPIC_TPR, 0x100},        {LAPIC_EOI, 1},
        {LAPIC_SVR, BIT(16)},      {LAPIC_ESR, 1},
        {LAPIC_ICR, BIT(20)},      {LAPIC_LVT_TIMER, BIT(19)},
        {LAPIC_LVT_TIMER, BIT(8)}, {LAPIC_LVT_LINT0, BIT(17)},
        {LAPIC_DIVIDE, 4},         {LAPIC_INITIAL_COUNT, BIT(32)},
        {LAPIC_SELF_IPI, 0x100},
    };
    for (unsigned i = 0; i < countof(reserved); i++)
        assert_int_equal(lapic_write(r.l, reserved[i].reg, reserved[i].value), ERR_INVALID);
}

// 11.12.10.2: a logical x2APIC destination is a cluster and a set of its members; ours has ID 0, so it is member 0 of cluster 0.
static void x2apic_clusters(void **state) {
    struct rig r = make_enabled(state);
    lapic_set_mode(r.l, LAPIC_X2APIC);
    static const struct {
        u32 to;
        bool ours;
    } cases[] = {{1, true}, {3, true}, {2, false}, {0x10001, false}, {0xFFFFFFFF, true}};
    for (unsigned i = 0; i < countof(cases); i++) {
        const struct lapic_message m = {.destination = cases[i].to, .logical = true, .vector = 0x40};
        assert_int_equal(lapic_deliver(r.l, &m), cases[i].ours);
    }
}

// 11.5.3: an error is told by the vector of its LVT entry; one below 16 would be an error itself, and so on.
static void an_error_vector_that_is_illegal(void **state) {
    struct rig r = make_enabled(state);
    set(r, LAPIC_LVT_ERROR, 5);
    deliver(r, 3, false);
    assert_false(lapic_intr_pending(r.l));
    set(r, LAPIC_ESR, 0);
    assert_int_equal(get(r, LAPIC_ESR), 0x40); // a received illegal vector
}

// 11.6.1: destination FFh is everyone. 11.4.3: an APIC that is switched off passes LINT1 on as NMI, and LINT0 as INTR.
static void everyone_and_pins_of_a_disabled_apic(void **state) {
    struct rig r = make_enabled(state);
    set(r, LAPIC_ICR_HIGH, 0xFF000000);
    set(r, LAPIC_ICR, 0x4045);
    assert_int_equal(lapic_ack(r.l), 0x45);
    u64 v;
    assert_int_equal(lapic_read(r.l, 0x40, &v), ERR_INVALID);
    assert_int_equal(lapic_write(r.l, 0x40, 0), ERR_INVALID);
    lapic_set_mode(r.l, LAPIC_DISABLED);
    assert_int_equal(lapic_write(r.l, LAPIC_TPR, 0), ERR_INVALID);
    out32(&lapic_ops, r.l, LAPIC_SVR << 4, 0x1FF); // the page is gone
    struct irq_line pin[2] = {lapic_lint(r.l, 0), lapic_lint(r.l, 1)};
    unsigned nmis = r.f->probe[NMI].rises;
    irq_set(&pin[0], true);
    assert_true(lapic_extint_pending(r.l));
    assert_int_equal(r.f->probe[NMI].rises, nmis);
    irq_set(&pin[1], true);
    assert_int_equal(r.f->probe[NMI].rises, nmis + 1);
    lapic_set_mode(r.l, LAPIC_XAPIC);
    assert_int_equal(get(r, LAPIC_SVR), 0xFF);
}

static void a_message_for_another_apic(void **state) {
    struct rig r = make_enabled(state);
    struct msi_sink sink = lapic_msi(r.l);
    sink.send(sink.ctx, 0xFEE05000, 0x45); // ID 5
    assert_false(lapic_intr_pending(r.l));
    assert_true(scripted_logged(&r.f->plat, "lapic: message for APIC 0x5 dropped"));
}

static void disabling_resets(void **state) {
    struct rig r = make_enabled(state);
    set(r, LAPIC_LVT_TIMER, 0x20040);
    set(r, LAPIC_INITIAL_COUNT, 1000);
    deliver(r, 0x55, false);
    lapic_set_mode(r.l, LAPIC_DISABLED);
    assert_false(lapic_intr_pending(r.l));
    u64 v;
    assert_int_equal(lapic_read(r.l, LAPIC_ID, &v), ERR_INVALID);
    assert_false(deliver(r, 0x55, false));
    lapic_set_mode(r.l, LAPIC_XAPIC);
    assert_int_equal(get(r, LAPIC_SVR), 0xFF);
    assert_int_equal(get(r, LAPIC_LVT_TIMER), 0x10000);
    run_for(r.f, 1000000);
    assert_int_equal(clock_next(&r.f->clock), CLOCK_NEVER);
}

static void software_disable_masks(void **state) {
    struct rig r = make_enabled(state);
    set(r, LAPIC_LVT_TIMER, 0x40);
    set(r, LAPIC_SVR, 0xFF);
    assert_int_equal(get(r, LAPIC_LVT_TIMER), 0x10040);
    set(r, LAPIC_SVR, 0x1FF);
    assert_int_equal(get(r, LAPIC_LVT_TIMER), 0x10040); // software clears it
}

static void odd_accesses(void **state) {
    struct rig r = make_enabled(state);
    for (u64 at = 0; at < LAPIC_SIZE; at++)
        for (unsigned width = 1; width <= 8; width *= 2) {
            if ((at & 7) + width > 8) continue;
            lapic_ops.read(r.l, at, width);
            if (at != LAPIC_ICR << 4) lapic_ops.write(r.l, at, width, 0x1FF);
        }
    assert_int_equal(lapic_ops.read(r.l, LAPIC_VERSION << 4, 1), 0x14);
    assert_int_equal(lapic_ops.read(r.l, (LAPIC_VERSION << 4) + 2, 2), 0x0005);
    assert_int_equal(lapic_ops.read(r.l, (LAPIC_VERSION << 4) + 4, 4), 0);
    lapic_set_mode(r.l, LAPIC_DISABLED);
    assert_int_equal(lapic_ops.read(r.l, LAPIC_VERSION << 4, 2), 0xFFFF);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(reset_state),
        DEVICE_TEST(takes_by_priority),
        DEVICE_TEST(task_priority),
        DEVICE_TEST(all_vectors_from_16),
        DEVICE_TEST(eoi_of_levels_is_broadcast),
        DEVICE_TEST(destinations),
        DEVICE_TEST(msi_is_decoded),
        DEVICE_TEST(one_shot_timer),
        DEVICE_TEST(periodic_timer_does_not_drift),
        DEVICE_TEST(linux_timer_calibration),
        DEVICE_TEST(deadline_timer),
        DEVICE_TEST(legacy_interrupts_pass),
        DEVICE_TEST(lint_as_fixed),
        DEVICE_TEST(ipis),
        DEVICE_TEST(errors),
        DEVICE_TEST(x2apic_registers),
        DEVICE_TEST(disabling_resets),
        DEVICE_TEST(x2apic_clusters),
        DEVICE_TEST(an_error_vector_that_is_illegal),
        DEVICE_TEST(everyone_and_pins_of_a_disabled_apic),
        DEVICE_TEST(a_message_for_another_apic),
        DEVICE_TEST(software_disable_masks),
        DEVICE_TEST(odd_accesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
