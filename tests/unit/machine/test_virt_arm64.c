// SPDX-License-Identifier: MIT
// The board `virt` for Arm64 without its processor: each device answers on the bus where the device tree says, and interrupts as it says;
// both versions of the GIC; what Linux's bindings want of each node; dtc.
#include "base/splitmix.h"
#include "dev_fixture.h"
#include "machine/parts.h"
#include "machine/virt/arch.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

#define RAM_SIZE (8 * MiB)
#define GICD 0x8000000
#define GICC 0x8010000
#define GICR 0x80a0000
enum { IRQ, FIQ };

static const struct virt_rows *rows;
static u8 tree[VIRT_TREE_ROOM];

static void write_tree(void) {
    const struct virt_tree t = {.arch = &virt_arm64,
                                .rows = rows,
                                .cpu = "arm,armv8",
                                .ram_size = RAM_SIZE,
                                .bootargs = "--- quiet",
                                .initrd = 0x48000000,
                                .initrd_size = 0x123456};
    assert_in_range(virt_write_tree(&t, tree, sizeof tree), 1000, 8192);
}

static const void *prop(int node, const char *name, int *size) {
    const void *p = fdt_getprop(tree, node, name, size);
    if (!p) fail_msg("no %s", name);
    return p;
}
static u32 cell(int node, const char *name, unsigned i) {
    int size;
    const u8 *p = prop(node, name, &size);
    assert_true((int)(4 * i) < size);
    return fdt32_ld((const fdt32_t *)(const void *)(p + 4 * i));
}
static u64 cells64(int node, const char *name, unsigned i) { return (u64)cell(node, name, i) << 32 | cell(node, name, i + 1); }
static int find(const char *compatible, unsigned n) {
    int node = -1;
    for (unsigned i = 0; i <= n; i++) node = fdt_node_offset_by_compatible(tree, node, compatible);
    if (node <= 0) fail_msg("no %s", compatible);
    return node;
}
static u64 at_of(int node) { return cells64(node, "reg", 0); }
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
    int gic = find(version() == 3 ? "arm,gic-v3" : "arm,cortex-a15-gic", 0);
    assert_int_equal(cell(0, "interrupt-parent", 0), fdt_get_phandle(tree, gic));
    assert_int_equal(cell(gic, "#interrupt-cells", 0), 3);
    assert_non_null(fdt_getprop(tree, gic, "interrupt-controller", NULL));
    assert_int_equal(at_of(gic), GICD);
    assert_int_equal(cells64(gic, "reg", 4), version() == 3 ? GICR : GICC);
    assert_int_equal(cells64(gic, "reg", 6), version() == 3 ? 0x20000 : 0x10000);
    int timer = find("arm,armv8-timer", 0);
    static const u32 ppis[] = {13, 14, 11, 10}; // secure, EL1 physical, virtual, EL2
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(cell(timer, "interrupts", 3 * i), 1);
        assert_int_equal(cell(timer, "interrupts", 3 * i + 1), ppis[i]);
        assert_int_equal(cell(timer, "interrupts", 3 * i + 2), version() == 3 ? 4 : 0x104);
    }
    int psci = find("arm,psci-1.0", 0);
    assert_true(says(psci, "compatible", "arm,psci-0.2"));
    assert_string_equal(prop(psci, "method", NULL), "hvc");
    int uart = find("arm,pl011", 0), rtc = find("arm,pl031", 0), clock = find("fixed-clock", 0);
    assert_int_equal(cell(clock, "#clock-cells", 0), 0);
    assert_int_equal(cell(clock, "clock-frequency", 0), 24000000);
    assert_true(says(uart, "compatible", "arm,primecell") && says(rtc, "compatible", "arm,primecell"));
    assert_true(says(uart, "clock-names", "apb_pclk") && says(uart, "clock-names", "uartclk"));
    assert_true(says(rtc, "clock-names", "apb_pclk"));
    for (unsigned i = 0; i < 2; i++) assert_int_equal(cell(uart, "clocks", i), fdt_get_phandle(tree, clock));
    assert_int_equal(cell(rtc, "clocks", 0), fdt_get_phandle(tree, clock));
    int chosen = fdt_path_offset(tree, "/chosen");
    assert_int_equal(fdt_path_offset(tree, prop(chosen, "stdout-path", NULL)), uart);
    assert_int_equal(fdt_path_offset(tree, "serial0"), uart);
    assert_int_equal(cells64(chosen, "linux,initrd-start", 0), 0x48000000);
    assert_int_equal(cells64(chosen, "linux,initrd-end", 0), 0x48123456);
    assert_string_equal(prop(chosen, "bootargs", NULL), "--- quiet");
    assert_null(fdt_getprop(tree, chosen, "rng-seed", NULL)); // nothing that differs from run to run
    assert_null(fdt_getprop(tree, chosen, "kaslr-seed", NULL));
    int memory = fdt_path_offset(tree, "/memory@40000000");
    assert_int_equal(at_of(memory), 0x40000000);
    assert_int_equal(cells64(memory, "reg", 2), RAM_SIZE);
    int cpu = fdt_path_offset(tree, "/cpus/cpu@0");
    assert_string_equal(prop(cpu, "device_type", NULL), "cpu");
    assert_int_equal(cell(cpu, "reg", 0), 0);
}

// ---- bus and tree

struct bench {
    struct dev_fixture *f;
    struct emu_machine *m;
    struct virt_devices d;
    struct emu_config c;
    u8 medium[4096];
    u8 *ram;
};

static struct bench *make(void **state) {
    struct bench *b = calloc(1, sizeof *b);
    b->f = *state;
    b->m = calloc(1, sizeof *b->m);
    struct emu_machine *m = b->m;
    m->plat = &b->f->plat.plat;
    m->config = &b->c;
    b->c.virtio_console = true;
    b->f->env.clock = &m->clock, b->f->env.state = &m->state;
    m->env = b->f->env;
    m->console = console_create(&m->env, &b->c);
    m->seed = 77;
    b->ram = aligned_alloc(4096, RAM_SIZE);
    memset(b->ram, 0, RAM_SIZE);
    assert_int_equal(bus_add_ram(&m->bus, m->plat, "RAM", VIRT_ARM64_RAM, RAM_SIZE, b->ram, false), 0);
    struct emu_inputs in = {.disk = {[1] = {.name = "disk", .data = b->medium, .size = sizeof b->medium}}};
    struct blob cdrom = {.name = "cd", .data = b->medium, .size = sizeof b->medium};
    struct virt_lines lines = {.irq = probe_line(b->f, IRQ), .fiq = probe_line(b->f, FIQ)};
    assert_int_equal(virt_add_devices(&b->d, m, &in, &cdrom, rows, &lines), 0);
    return b;
}
static void unmake(struct bench *b) {
    env_free_all(&b->m->env);
    free(b->ram), free(b->m), free(b);
}
static u64 rd(struct bench *b, u64 at, unsigned width) { return bus_read(&b->m->bus, at, width); }
static void wr(struct bench *b, u64 at, unsigned width, u64 v) { bus_write(&b->m->bus, at, width, v); }

// Every region of the bus that is no RAM is a region of one node, and the other way round.
static void bus_and_tree_agree(void **state) {
    struct bench *b = make(state);
    write_tree();
    unsigned told = 0, regions = 0;
    int node;
    fdt_for_each_subnode(node, tree, 0) {
        int size;
        const char *name = fdt_get_name(tree, node, NULL);
        if (!fdt_getprop(tree, node, "reg", &size) || !strncmp(name, "memory", 6)) continue;
        for (unsigned i = 0; i < (unsigned)size / 16; i++, told++) {
            u64 at = cells64(node, "reg", 4 * i);
            const struct region *r = space_find(&b->m->bus.mem, at);
            char unit[64];
            assert_non_null(r);
            assert_int_equal(r->start, at);
            assert_int_equal(r->size, cells64(node, "reg", 4 * i + 2));
            snprintf(unit, sizeof unit, "%s@%llx", r->name, (unsigned long long)at);
            if (!i) assert_string_equal(name, unit);
        }
    }
    for (unsigned i = 0; i < b->m->bus.mem.regions; i++) regions += !b->m->bus.mem.region[i].ram;
    assert_int_equal(told, regions - 1); // nobody is told of the flash
    assert_int_equal(told, 12);
    unmake(b);
}

// Takes the interrupt that is signalled, and ends it.
static u64 take(struct bench *b) {
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

static void open_gic(struct bench *b) {
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
static bool ask(struct bench *b, int node, bool asks) {
    u64 at = at_of(node);
    if (!fdt_node_check_compatible(tree, node, "arm,pl011")) {
        if (asks) wr(b, at, 1, 'A'), wr(b, at + 0x38, 2, 0x20);
        else wr(b, at + 0x38, 2, 0);
    } else if (!fdt_node_check_compatible(tree, node, "arm,pl031")) {
        if (asks) wr(b, at + 4, 4, rd(b, at, 4)), wr(b, at + 0x10, 4, 1);
        else wr(b, at + 0x10, 4, 0);
    } else if (rd(b, at + 8, 4)) { // a misaligned queue: the device needs a reset, and says so
        wr(b, at + 0x70, 4, 0);
        if (!asks) return true;
        wr(b, at + 0x24, 4, 1), wr(b, at + 0x20, 4, 1), wr(b, at + 0x70, 4, 15);
        wr(b, at + 0x80, 4, 1), wr(b, at + 0x44, 4, 1);
    } else return false;
    return true;
}

static void interrupts_arrive_where_the_tree_says(void **state) {
    struct bench *b = make(state);
    write_tree();
    open_gic(b);
    unsigned seen = 0;
    int node;
    fdt_for_each_subnode(node, tree, 0) {
        if (!fdt_getprop(tree, node, "interrupts", NULL) || !fdt_getprop(tree, node, "reg", NULL) || !ask(b, node, true))
            continue;
        assert_int_equal(cell(node, "interrupts", 0), 0); // an SPI
        assert_int_equal(cell(node, "interrupts", 2), 4); // level, high
        u32 intid = 32 + cell(node, "interrupts", 1);
        assert_false(b->f->probe[IRQ].level);
        wr(b, GICD + 0x100 + intid / 32 * 4, 4, (u32)1 << intid % 32);
        assert_true(b->f->probe[IRQ].level);
        assert_int_equal(take(b), intid);
        ask(b, node, false);
        assert_false(b->f->probe[IRQ].level);
        seen++;
    }
    assert_int_equal(seen, 6); // UART, clock, two disks, entropy, console
    unmake(b);
}

static void devices_answer(void **state) {
    struct bench *b = make(state);
    write_tree();
    wr(b, at_of(find("arm,pl011", 0)), 1, 'A'); // without a word before: as firmware leaves it
    assert_int_equal(b->f->plat.out[0], 'A');
    assert_int_equal(rd(b, at_of(find("arm,pl031", 0)), 4), MACHINE_START_DATE);
    assert_int_equal(rd(b, GICD + (version() == 3 ? 0xffe8 : 0xfe8), 4) >> 4, version());
    static const u32 ids[] = {0, 2, 0, 0, 2, 4, 3, 0}; // disk 1, CD-ROM, entropy, console
    u64 seen = 0;
    for (unsigned i = 0; i < 8; i++) {
        u64 at = at_of(find("virtio,mmio", i));
        unsigned slot = (unsigned)(at - 0xa000000) / 0x1000;
        assert_int_equal(rd(b, at, 4), 0x74726976);
        assert_int_equal(rd(b, at + 8, 4), ids[slot]);
        seen |= 1u << slot;
    }
    assert_int_equal(seen, 0xff);
    assert_int_equal(rd(b, 0x4000000, 4), 0xffffffff); // flash, erased
    wr(b, 0x4000000, 4, 0);
    assert_int_equal(rd(b, 0x7fffffc, 4), 0xffffffff);
    assert_int_equal(rd(b, 0x4000000, 8), ~(u64)0);
    assert_int_equal(virt_clock_offset(&b->d), 0);
    wr(b, at_of(find("arm,pl031", 0)) + 8, 4, MACHINE_START_DATE + 5);
    assert_int_equal(virt_clock_offset(&b->d), 5);
    virt_set_clock_offset(&b->d, 7);
    assert_int_equal(rd(b, at_of(find("arm,pl031", 0)), 4), MACHINE_START_DATE + 7);
    unmake(b);
}

static void a_key_wakes(void **state) {
    struct bench *b = make(state);
    open_gic(b);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    wr(b, GICD + 0x104, 4, 2);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    wr(b, 0x9000038, 2, 0x50);
    assert_true(virt_uart_wakes(&b->d, b->m->console));
    wr(b, GICD + 0x184, 4, 2);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    unmake(b);
}

// Anything a guest can do to the devices, by any address and width.
static void hostile(void **state) {
    struct bench *b = make(state);
    u64 seed = 9;
    for (unsigned i = 0; i < 300000; i++) {
        u64 r = splitmix64(&seed), v = splitmix64(&seed);
        const struct virt_row *row = &rows->row[r % rows->count];
        u64 at = row->at + (r >> 8) % (r & 0x80 ? row->size : 0x100) - (r >> 60 == 0 ? 4 : 0);
        unsigned width = 1u << (r >> 40 & 3);
        if (r >> 42 & 1) wr(b, at, width, v);
        else rd(b, at, width);
        if (r >> 43 & 1) gic_sysreg(b->d.gic, 0xc640 | (r >> 44 & 0x3f), r >> 50 & 1, &v);
        if (r % 64 == 0) {
            b->m->clock.now += r >> 44;
            clock_fire(&b->m->clock);
        }
    }
    unmake(b);
}

static bool run(const char *directory, const char *command) {
    char line[512];
    snprintf(line, sizeof line, "cd %s && { %s; } > log 2>&1", directory, command);
    return system(line) == 0;
}

static void dtc_has_no_warning(void **state) {
    if (system("command -v dtc > /dev/null 2>&1")) skip();
    char directory[] = "/tmp/test_virt.XXXXXX", path[64], clean[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/virt.dtb", directory);
    write_tree();
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(tree, fdt_totalsize(tree), 1, f), 1);
    assert_int_equal(fclose(f), 0);
    bool decompiled = run(directory, "dtc -I dtb -O dts -o virt.dts virt.dtb && [ ! -s log ]");
    // (a decompiled source has numbers where phandles were)
    bool compiled = run(directory, "dtc -W no-clocks_property -I dts -O dtb -o again.dtb virt.dts && [ ! -s log ]");
    snprintf(clean, sizeof clean, "rm -r %s", directory);
    assert_int_equal(system(clean), 0);
    assert_true(decompiled && compiled);
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
