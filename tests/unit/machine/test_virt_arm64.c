// SPDX-License-Identifier: MIT
// The board `virt` for Arm64 without its processor: each device answers on the bus where the device tree says, and interrupts as it says;
// both versions of the GIC; what Linux's bindings want of each node; dtc.
#include "virt_rig.h"

#define GICD 0x8000000
#define GICC 0x8010000
#define GICR 0x80a0000
enum { IRQ, FIQ };

static const struct virt_rows *rows;

static void write_tree(void) {
    const struct virt_tree t = {.arch = &virt_arm64,
                                .rows = rows,
                                .cpu = "arm,armv8",
                                .ram_size = RAM_SIZE,
                                .bootargs = "--- quiet",
                                .initrd = 0x48000000,
                                .initrd_size = 0x123456};
    tree_write(&t);
}

static bool says(int node, const char *name, const char *text) { return fdt_stringlist_search(tree, node, name, text) >= 0; }

static int v3(void **state) { return rows = &virt_rows_gicv3, dev_fixture_new(state); }
static int v2(void **state) { return rows = &virt_rows_gicv2, dev_fixture_new(state); }
static unsigned version(void) { return rows->gic; }

// What Linux looks for: arm_gic_of_init, arch_timer_of_init, psci_dt_init, amba_device_add, early_init_dt_scan.
static void as_the_bindings_want(void **state) {
    write_tree();
    assert_int_equal(fdt_check_full(tree, sizeof tree), 0);
    assert_int_equal(fdt_address_cells(tree, 0), 2);
    assert_int_equal(fdt_size_cells(tree, 0), 2);
    int gic = tree_find(version() == 3 ? "arm,gic-v3" : "arm,cortex-a15-gic", 0);
    assert_int_equal(tree_cell(0, "interrupt-parent", 0), fdt_get_phandle(tree, gic));
    assert_int_equal(tree_cell(gic, "#interrupt-cells", 0), 3);
    assert_non_null(fdt_getprop(tree, gic, "interrupt-controller", NULL));
    assert_int_equal(tree_at(gic), GICD);
    assert_int_equal(tree_cells64(gic, "reg", 4), version() == 3 ? GICR : GICC);
    assert_int_equal(tree_cells64(gic, "reg", 6), version() == 3 ? 0x20000 : 0x10000);
    int timer = tree_find("arm,armv8-timer", 0);
    static const u32 ppis[] = {13, 14, 11, 10}; // secure, EL1 physical, virtual, EL2
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(tree_cell(timer, "interrupts", 3 * i), 1);
        assert_int_equal(tree_cell(timer, "interrupts", 3 * i + 1), ppis[i]);
        assert_int_equal(tree_cell(timer, "interrupts", 3 * i + 2), version() == 3 ? 4 : 0x104);
    }
    int psci = tree_find("arm,psci-1.0", 0);
    assert_true(says(psci, "compatible", "arm,psci-0.2"));
    assert_string_equal(tree_prop(psci, "method", NULL), "hvc");
    int uart = tree_find("arm,pl011", 0), rtc = tree_find("arm,pl031", 0), clock = tree_find("fixed-clock", 0);
    assert_int_equal(tree_cell(clock, "#clock-cells", 0), 0);
    assert_int_equal(tree_cell(clock, "clock-frequency", 0), 24000000);
    assert_true(says(uart, "compatible", "arm,primecell") && says(rtc, "compatible", "arm,primecell"));
    assert_true(says(uart, "clock-names", "apb_pclk") && says(uart, "clock-names", "uartclk"));
    assert_true(says(rtc, "clock-names", "apb_pclk"));
    for (unsigned i = 0; i < 2; i++) assert_int_equal(tree_cell(uart, "clocks", i), fdt_get_phandle(tree, clock));
    assert_int_equal(tree_cell(rtc, "clocks", 0), fdt_get_phandle(tree, clock));
    int chosen = fdt_path_offset(tree, "/chosen");
    assert_int_equal(fdt_path_offset(tree, tree_prop(chosen, "stdout-path", NULL)), uart);
    assert_int_equal(fdt_path_offset(tree, "serial0"), uart);
    assert_int_equal(tree_cells64(chosen, "linux,initrd-start", 0), 0x48000000);
    assert_int_equal(tree_cells64(chosen, "linux,initrd-end", 0), 0x48123456);
    assert_string_equal(tree_prop(chosen, "bootargs", NULL), "--- quiet");
    assert_null(fdt_getprop(tree, chosen, "rng-seed", NULL)); // nothing that differs from run to run
    assert_null(fdt_getprop(tree, chosen, "kaslr-seed", NULL));
    int memory = fdt_path_offset(tree, "/memory@40000000");
    assert_int_equal(tree_at(memory), 0x40000000);
    assert_int_equal(tree_cells64(memory, "reg", 2), RAM_SIZE);
    int cpu = fdt_path_offset(tree, "/cpus/cpu@0");
    assert_string_equal(tree_prop(cpu, "device_type", NULL), "cpu");
    assert_int_equal(tree_cell(cpu, "reg", 0), 0);
}

// ---- bus and tree

static struct virt_rig *make(void **state) {
    struct dev_fixture *f = *state;
    const struct virt_lines lines = {.irq = probe_line(f, IRQ), .fiq = probe_line(f, FIQ)};
    return virt_rig_new(state, rows, VIRT_ARM64_RAM, &lines);
}

static void bus_and_tree_agree(void **state) {
    struct virt_rig *b = make(state);
    write_tree();
    virt_bus_and_tree_agree(b, 0, 12, 1); // nobody is told of the flash
    virt_rig_free(b);
}

// Takes the interrupt that is signalled, and ends it.
static u64 take(struct virt_rig *b) {
    u64 intid;
    if (version() == 2) {
        intid = rd(b, GICC + 0xc, 4);
        wr(b, GICC + 0x10, 4, intid);
        return intid;
    }
    assert_true(gic_sysreg(b->d.gic, 0xc660, false, &intid)); // ICC_IAR1_EL1: S3_0_C12_C12_0
    assert_true(gic_sysreg(b->d.gic, 0xc661, true, &intid));
    return intid;
}

static void open_gic(struct virt_rig *b) {
    u64 mask = 0xf0, one = 1;
    if (version() == 2) {
        wr(b, GICD, 4, 1), wr(b, GICC + 4, 4, 0xf0), wr(b, GICC, 4, 1);
        return;
    }
    for (unsigned i = 4; i < 32; i += 4) wr(b, GICD + 0x80 + i, 4, 0xffffffff);
    wr(b, GICD, 4, 2), wr(b, GICR + 0x14, 4, 0);
    gic_sysreg(b->d.gic, 0xc230, true, &mask), gic_sysreg(b->d.gic, 0xc667, true, &one);
}

// Makes the device of a node ask for its interrupt. False: it has none to ask for.
static bool ask(struct virt_rig *b, int node, bool asks) {
    u64 at = tree_at(node);
    if (!fdt_node_check_compatible(tree, node, "arm,pl011")) {
        if (asks) wr(b, at, 1, 'A'), wr(b, at + 0x38, 2, 0x20);
        else wr(b, at + 0x38, 2, 0);
    } else if (!fdt_node_check_compatible(tree, node, "arm,pl031")) {
        if (asks) wr(b, at + 4, 4, rd(b, at, 4)), wr(b, at + 0x10, 4, 1);
        else wr(b, at + 0x10, 4, 0);
    } else if (asks) {
        return virt_slot_asks(b, at);
    } else {
        wr(b, at + 0x70, 4, 0);
    }
    return true;
}

static void interrupts_arrive_where_the_tree_says(void **state) {
    struct virt_rig *b = make(state);
    write_tree();
    open_gic(b);
    unsigned seen = 0;
    int node;
    fdt_for_each_subnode(node, tree, 0) {
        if (!fdt_getprop(tree, node, "interrupts", NULL) || !fdt_getprop(tree, node, "reg", NULL) || !ask(b, node, true))
            continue;
        assert_int_equal(tree_cell(node, "interrupts", 0), 0); // an SPI
        assert_int_equal(tree_cell(node, "interrupts", 2), 4); // level, high
        u32 intid = 32 + tree_cell(node, "interrupts", 1);
        assert_false(b->f->probe[IRQ].level);
        wr(b, GICD + 0x100 + intid / 32 * 4, 4, (u32)1 << intid % 32);
        assert_true(b->f->probe[IRQ].level);
        assert_int_equal(take(b), intid);
        ask(b, node, false);
        assert_false(b->f->probe[IRQ].level);
        seen++;
    }
    assert_int_equal(seen, 6); // UART, clock, two disks, entropy, console
    virt_rig_free(b);
}

static void devices_answer(void **state) {
    struct virt_rig *b = make(state);
    write_tree();
    wr(b, tree_at(tree_find("arm,pl011", 0)), 1, 'A'); // without a word before: as firmware leaves it
    assert_int_equal(b->f->plat.out[0], 'A');
    assert_int_equal(rd(b, tree_at(tree_find("arm,pl031", 0)), 4), MACHINE_START_DATE);
    assert_int_equal(rd(b, GICD + (version() == 3 ? 0xffe8 : 0xfe8), 4) >> 4, version());
    virt_slots_answer(b, 0xa000000);
    assert_int_equal(rd(b, 0x4000000, 4), 0xffffffff); // flash, erased
    wr(b, 0x4000000, 4, 0);
    assert_int_equal(rd(b, 0x7fffffc, 4), 0xffffffff);
    assert_int_equal(rd(b, 0x4000000, 8), ~(u64)0);
    assert_int_equal(virt_clock_offset(&b->d), 0);
    wr(b, tree_at(tree_find("arm,pl031", 0)) + 8, 4, MACHINE_START_DATE + 5);
    assert_int_equal(virt_clock_offset(&b->d), 5);
    virt_set_clock_offset(&b->d, 7);
    assert_int_equal(rd(b, tree_at(tree_find("arm,pl031", 0)), 4), MACHINE_START_DATE + 7);
    virt_rig_free(b);
}

static void a_key_wakes(void **state) {
    struct virt_rig *b = make(state);
    open_gic(b);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    wr(b, GICD + 0x104, 4, 2);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    wr(b, 0x9000038, 2, 0x50);
    assert_true(virt_uart_wakes(&b->d, b->m->console));
    wr(b, GICD + 0x184, 4, 2);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    virt_rig_free(b);
}

static void at_the_gic(struct virt_rig *b, u64 r, u64 v) {
    if (r >> 43 & 1) gic_sysreg(b->d.gic, 0xc640 | (r >> 44 & 0x3f), r >> 50 & 1, &v);
}

static void hostile(void **state) {
    struct virt_rig *b = make(state);
    virt_anything(b, rows, at_the_gic);
    virt_rig_free(b);
}

static void dtc_has_no_warning(void **state) {
    write_tree();
    tree_pleases_dtc("clocks_property");
}

int main(void) {
#define BOTH(f) cmocka_unit_test_setup_teardown(f, v3, dev_fixture_free), cmocka_unit_test_setup_teardown(f, v2, dev_fixture_free)
    const struct CMUnitTest tests[] = {
        BOTH(as_the_bindings_want), BOTH(bus_and_tree_agree), BOTH(interrupts_arrive_where_the_tree_says),
        BOTH(devices_answer),       BOTH(a_key_wakes),        BOTH(hostile),
        BOTH(dtc_has_no_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
