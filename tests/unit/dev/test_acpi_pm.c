// SPDX-License-Identifier: MIT
// ACPI fixed hardware against ACPI 6.5 section 4.8; system control ports and debug ports: all ways to end a run.
#include "dev/acpi_pm.h"

#include "dev/debugport.h"
#include "dev/sysport.h"
#include "dev_fixture.h"
#include "emu/emu.h"

enum { STS = 0, EN = 2, CNT = 4, TMR = 8 };

struct rig {
    struct dev_fixture *f;
    struct acpi_pm *pm;
};

static struct rig make(void **state, bool wide) {
    struct dev_fixture *f = *state;
    return (struct rig){f, acpi_pm_create(&f->env, probe_line(f, 9), wide)};
}

static u16 get(struct rig r, u64 at) { return (u16)acpi_pm_ops.read(r.pm, at, 2); }
static void set(struct rig r, u64 at, u16 v) { acpi_pm_ops.write(r.pm, at, 2, v); }
static void smi(struct rig r, u8 v) { out8(&acpi_smi_ops, r.pm, 0, v); }

static void handshake(void **state) {
    struct rig r = make(state, false);
    assert_int_equal(get(r, CNT) & 1, 0);
    set(r, CNT, 1); // not for the OS to set
    assert_int_equal(get(r, CNT) & 1, 0);
    smi(r, ACPI_SMI_ENABLE);
    assert_int_equal(get(r, CNT) & 1, 1);
    set(r, CNT, 0);
    assert_int_equal(get(r, CNT) & 1, 1);
    smi(r, ACPI_SMI_DISABLE);
    assert_int_equal(get(r, CNT) & 1, 0);
    out8(&acpi_smi_ops, r.pm, 1, ACPI_SMI_ENABLE); // APMS is storage beside APMC (82371AB, 4.2.9)
    assert_int_equal(get(r, CNT) & 1, 0);
    assert_int_equal(in8(&acpi_smi_ops, r.pm, 0), ACPI_SMI_DISABLE);
    assert_int_equal(in8(&acpi_smi_ops, r.pm, 1), ACPI_SMI_ENABLE);
}

static void timer_counts(void **state) {
    struct rig r = make(state, false);
    run_to(r.f, 1000000000);
    assert_int_equal(in32(&acpi_pm_ops, r.pm, TMR), 3579545);
    run_to(r.f, 3600000000000);
    assert_int_equal(in32(&acpi_pm_ops, r.pm, TMR), 3579545ull * 3600 % (1 << 24));
    out32(&acpi_pm_ops, r.pm, TMR, 0); // read-only
    assert_int_equal(in32(&acpi_pm_ops, r.pm, TMR), 3579545ull * 3600 % (1 << 24));
}

static void timer_counts_32_bits(void **state) {
    struct rig r = make(state, true);
    run_to(r.f, 3600000000000);
    assert_int_equal(in32(&acpi_pm_ops, r.pm, TMR), (u32)(3579545ull * 3600));
}

static u64 ns_of_tick(u64 k) { return (u64)(((unsigned __int128)k * 1000000000 + 3579544) / 3579545); }

static void timer_carry_interrupts(void **state) {
    struct rig r = make(state, false);
    smi(r, ACPI_SMI_ENABLE);
    set(r, EN, 1);
    for (u64 i = 1; i <= 5; i++) { // the highest of 24 bits changes every 2^23 ticks
        run_to(r.f, ns_of_tick(i << 23));
        assert_int_equal(r.f->probe[9].rises, i);
        assert_int_equal(r.f->probe[9].rose_at, ns_of_tick(i << 23));
        assert_int_equal(get(r, STS), 1);
        set(r, STS, 1);
        assert_false(r.f->probe[9].level);
    }
    set(r, EN, 0);
    run_for(r.f, 5000000000);
    assert_int_equal(get(r, STS), 1); // status without enable
    assert_int_equal(r.f->probe[9].rises, 5);
    set(r, STS, 0); // zeros clear nothing
    assert_int_equal(get(r, STS), 1);
}

static void power_button(void **state) {
    struct rig r = make(state, false);
    smi(r, ACPI_SMI_ENABLE);
    acpi_pm_power_button(r.pm);
    assert_false(r.f->probe[9].level);
    set(r, EN, 0x100);
    assert_true(r.f->probe[9].level);
    out8(&acpi_pm_ops, r.pm, STS + 1, 1);
    assert_int_equal(get(r, STS), 0);
    assert_false(r.f->probe[9].level);
    assert_int_equal(get(r, EN), 0x100);
}

static void no_sci_in_legacy_mode(void **state) {
    struct rig r = make(state, false);
    set(r, EN, 0x100);
    acpi_pm_power_button(r.pm);
    assert_false(r.f->probe[9].level);
    smi(r, ACPI_SMI_ENABLE);
    assert_true(r.f->probe[9].level);
}

static void gpe(void **state) {
    struct rig r = make(state, false);
    smi(r, ACPI_SMI_ENABLE);
    struct irq_line line = acpi_pm_gpe(r.pm, 3);
    irq_set(&line, true);
    assert_int_equal(in32(&acpi_gpe0_ops, r.pm, 0), 0x00000008);
    out8(&acpi_gpe0_ops, r.pm, 2, 0x08);
    assert_true(r.f->probe[9].level);
    out8(&acpi_gpe0_ops, r.pm, 0, 0x08); // still up
    assert_true(r.f->probe[9].level);
    irq_set(&line, false);
    assert_true(r.f->probe[9].level); // status stays
    out8(&acpi_gpe0_ops, r.pm, 0, 0x08);
    assert_false(r.f->probe[9].level);
    assert_int_equal(in32(&acpi_gpe0_ops, r.pm, 0), 0x00080000);
}

static void powers_off(void **state) {
    struct rig r = make(state, false);
    set(r, CNT, 5 << 10 | 1 << 13); // no such sleep state
    assert_int_equal(r.f->finished, 0);
    assert_true(scripted_logged(&r.f->plat, "sleep type 5"));
    assert_int_equal(get(r, STS) & 0x8000, 0x8000); // WAK
    set(r, CNT, ACPI_SLP_TYP_S5 << 10);
    assert_int_equal(r.f->finished, 0);
    set(r, CNT, ACPI_SLP_TYP_S5 << 10 | 1 << 13);
    assert_int_equal(r.f->finished, 1);
    assert_int_equal(r.f->reason, EMU_POWEROFF);
}

static void reset_ports(void **state) {
    struct dev_fixture *f = *state;
    struct sysport *p = sysport_create(&f->env, probe_line(f, 0), probe_line(f, 1));
    assert_int_equal(in8(&sysport_ops, p, 0), 2);
    out8(&sysport_ops, p, 0, 0);
    out8(&sysport_ops, p, 0, 2);
    assert_true(f->probe[0].level); // A20
    assert_int_equal(f->finished, 0);
    out8(&sysport_reset_ops, p, 0, 2);
    assert_int_equal(f->finished, 0);
    out8(&sysport_reset_ops, p, 0, 6);
    assert_int_equal(f->finished, 1);
    assert_int_equal(f->reason, EMU_RESET);
    out8(&sysport_ops, p, 0, 3); // soft: INIT
    assert_int_equal(f->probe[1].rises, 1);
    assert_int_equal(in8(&sysport_ops, p, 0), 3);
    out8(&sysport_ops, p, 0, 3); // not again
    out8(&sysport_reset_ops, p, 0, 0);
    out8(&sysport_reset_ops, p, 0, 4);
    assert_int_equal(f->probe[1].rises, 2);
    assert_int_equal(f->finished, 1);
}

static void debug_ports(void **state) {
    struct dev_fixture *f = *state;
    struct debugport *d = debugport_create(&f->env, &f->chardev);
    assert_int_equal(in8(&debugport_ops, d, 0), 0xE9);
    out8(&debugport_ops, d, 0, 'h');
    out8(&debugport_ops, d, 0, 'i');
    assert_string_equal(f->text, "hi");
    assert_int_equal(in32(&debug_exit_ops, d, 0), 0);
    assert_int_equal(f->finished, 0);
    out32(&debug_exit_ops, d, 0, 0x21);
    assert_int_equal(f->reason, EMU_DEBUG_EXIT);
    assert_int_equal(f->code, 0x21);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(handshake),
        DEVICE_TEST(timer_counts),
        DEVICE_TEST(timer_counts_32_bits),
        DEVICE_TEST(timer_carry_interrupts),
        DEVICE_TEST(power_button),
        DEVICE_TEST(no_sci_in_legacy_mode),
        DEVICE_TEST(gpe),
        DEVICE_TEST(powers_off),
        DEVICE_TEST(reset_ports),
        DEVICE_TEST(debug_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
