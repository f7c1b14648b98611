// SPDX-License-Identifier: MIT
// The board `virt` without its processor: each device answers on the bus where the device tree says, and interrupts as it says; the
// tree is what dtc, libfdt and QEMU's own tree say it should be.
#include "virt_rig.h"

#include "dev/syscon.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const extensions[] = {"i", "m", "a", "f", "d", "c", "zicsr", "zifencei", "zicboz", "svpbmt"};
static const struct virt_tree example = {
    .arch = &virt_riscv64,
    .rows = &virt_rows_riscv64,
    .isa = {.base = "rv64i",
            .extension = extensions,
            .extensions = countof(extensions),
            .mmu_type = "riscv,sv39",
            .cbom_block = 64,
            .cboz_block = 64},
    .ram_size = RAM_SIZE,
    .bootargs = "console=ttyS0 --- quiet",
    .initrd = 0x84000000,
    .initrd_size = 0x123456,
};
static void write_tree(void) { tree_write(&example); }

static void is_well_formed(void **state) {
    write_tree();
    assert_int_equal(fdt_check_full(tree, sizeof tree), 0);
    assert_int_equal(fdt_address_cells(tree, 0), 2);
    assert_int_equal(fdt_size_cells(tree, 0), 2);
    int node = fdt_path_offset(tree, "/chosen");
    assert_string_equal(tree_prop(node, "bootargs", NULL), example.bootargs);
    assert_int_equal(tree_cells64(node, "linux,initrd-start", 0), 0x84000000);
    assert_int_equal(tree_cells64(node, "linux,initrd-end", 0), 0x84123456);
    // No run differs from another by its tree.
    assert_null(fdt_getprop(tree, node, "rng-seed", NULL));
    assert_null(fdt_getprop(tree, node, "kaslr-seed", NULL));
    int console = fdt_path_offset(tree, tree_prop(node, "stdout-path", NULL));
    assert_int_equal(fdt_node_check_compatible(tree, console, "ns16550a"), 0);
    assert_int_equal(fdt_path_offset(tree, "serial0"), console);
    node = fdt_path_offset(tree, "/memory@80000000");
    assert_string_equal(tree_prop(node, "device_type", NULL), "memory");
    assert_int_equal(tree_cells64(node, "reg", 0), 0x80000000);
    assert_int_equal(tree_cells64(node, "reg", 2), RAM_SIZE);
    node = fdt_path_offset(tree, "/cpus");
    assert_int_equal(tree_cell(node, "timebase-frequency", 0), 10000000);
    node = fdt_path_offset(tree, "/cpus/cpu@0");
    assert_string_equal(tree_prop(node, "riscv,isa", NULL), "rv64imafdc_zicsr_zifencei_zicboz_svpbmt");
    assert_string_equal(tree_prop(node, "riscv,isa-base", NULL), "rv64i");
    assert_int_equal(fdt_stringlist_count(tree, node, "riscv,isa-extensions"), countof(extensions));
    for (unsigned i = 0; i < countof(extensions); i++)
        assert_int_equal(fdt_stringlist_search(tree, node, "riscv,isa-extensions", extensions[i]), i);
    assert_string_equal(tree_prop(node, "mmu-type", NULL), "riscv,sv39");
    assert_int_equal(tree_cell(node, "riscv,cboz-block-size", 0), 64);
    assert_null(fdt_getprop(tree, node, "riscv,cbop-block-size", NULL));
}

static void what_is_not_there_is_not_told(void **state) {
    struct virt_tree t = example;
    t.bootargs = "", t.initrd_size = 0;
    assert_true(virt_write_tree(&t, tree, sizeof tree) > 0);
    int node = fdt_path_offset(tree, "/chosen");
    assert_null(fdt_getprop(tree, node, "bootargs", NULL));
    assert_null(fdt_getprop(tree, node, "linux,initrd-start", NULL));
}

static void no_room(void **state) {
    write_tree();
    u32 needed = fdt_totalsize(tree);
    static u8 small[VIRT_TREE_ROOM];
    for (u32 room = 0; room < needed; room += room < 256 ? 1 : 37) {
        memset(small, 0xee, sizeof small);
        assert_int_equal(virt_write_tree(&example, small, room), ERR_RANGE);
        for (u32 i = room; i < room + 64; i++) assert_int_equal(small[i], 0xee);
    }
    static char line[VIRT_TREE_ROOM];
    memset(line, 'x', sizeof line - 1);
    struct virt_tree t = example;
    t.bootargs = line;
    assert_int_equal(virt_write_tree(&t, small, sizeof small), ERR_RANGE);
    static char huge[600];
    memset(huge, 'z', sizeof huge - 1);
    static const char *const one[] = {huge};
    t = example;
    t.isa.extension = one, t.isa.extensions = 1;
    assert_int_equal(virt_write_tree(&t, small, sizeof small), ERR_RANGE);
}

// ---- bus and tree

enum { MSIP, MTIP, MEIP, SEIP };

static struct virt_rig *make(void **state) {
    struct dev_fixture *f = *state;
    const struct virt_lines lines = {
        .msip = probe_line(f, MSIP), .mtip = probe_line(f, MTIP), .meip = probe_line(f, MEIP), .seip = probe_line(f, SEIP)};
    return virt_rig_new(state, &virt_rows_riscv64, VIRT_RISCV64_RAM, &lines);
}

static void bus_and_tree_agree(void **state) {
    struct virt_rig *b = make(state);
    write_tree();
    virt_bus_and_tree_agree(b, fdt_path_offset(tree, "/soc"), 13, 0);
    virt_rig_free(b);
}

static void reset(void *ctx, int reason, u32 code) { *(int *)ctx = reason; }

// Each device is behind the node that says it is: by what only it answers.
static void devices_answer(void **state) {
    struct virt_rig *b = make(state);
    write_tree();
    wr(b, tree_at(tree_find("ns16550a", 0)), 1, 'A');
    assert_int_equal(b->f->plat.out[0], 'A');
    assert_int_equal(rd(b, tree_at(tree_find("google,goldfish-rtc", 0)), 8), (u64)MACHINE_START_DATE * 1000000000);
    u64 clint = tree_at(tree_find("sifive,clint0", 0)), plic = tree_at(tree_find("sifive,plic-1.0.0", 0)),
        test = tree_at(tree_find("sifive,test1", 0));
    wr(b, clint, 4, 1);
    assert_true(b->f->probe[MSIP].level);
    wr(b, clint + 0x4000, 8, 0);
    assert_true(b->f->probe[MTIP].level);
    wr(b, plic + 4, 4, 5);
    assert_int_equal(rd(b, plic + 4, 4), 5);
    int ended = -1;
    b->m->env.finish = reset, b->m->env.finish_ctx = &ended;
    for (unsigned i = 0; i < 2; i++) {
        int node = fdt_path_offset(tree, i ? "/reboot" : "/poweroff");
        int regmap = fdt_node_offset_by_phandle(tree, tree_cell(node, "regmap", 0));
        assert_int_equal(tree_at(regmap), test);
        wr(b, tree_at(regmap) + tree_cell(node, "offset", 0), 4, tree_cell(node, "value", 0));
        assert_int_equal(ended, i ? EMU_RESET : EMU_POWEROFF);
    }
    virt_slots_answer(b, 0x10001000);
    wr(b, 0x10005000 + 0x14, 4, 0); // the CD-ROM offers to be read-only
    assert_true(rd(b, 0x10005000 + 0x10, 4) >> 5 & 1);
    wr(b, 0x10002000 + 0x14, 4, 0);
    assert_false(rd(b, 0x10002000 + 0x10, 4) >> 5 & 1);
    virt_rig_free(b);
}

// As Linux follows it: the node's interrupt-parent and interrupts, then the PLIC's contexts to the hart's external interrupts.
static void interrupts_arrive_where_the_tree_says(void **state) {
    struct virt_rig *b = make(state);
    write_tree();
    int plic = tree_find("sifive,plic-1.0.0", 0);
    int intc = fdt_path_offset(tree, "/cpus/cpu@0/interrupt-controller");
    static const u32 contexts[] = {11, 9}, kinds[] = {3, 7};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(tree_cell(plic, "interrupts-extended", 2 * i), fdt_get_phandle(tree, intc));
        assert_int_equal(tree_cell(plic, "interrupts-extended", 2 * i + 1), contexts[i]);
        assert_int_equal(tree_cell(tree_find("sifive,clint0", 0), "interrupts-extended", 2 * i), fdt_get_phandle(tree, intc));
        assert_int_equal(tree_cell(tree_find("sifive,clint0", 0), "interrupts-extended", 2 * i + 1), kinds[i]);
    }
    assert_int_equal(tree_cell(plic, "riscv,ndev", 0), PLIC_SOURCES);
    int node, soc = fdt_path_offset(tree, "/soc");
    unsigned seen = 0;
    fdt_for_each_subnode(node, tree, soc) {
        if (!fdt_getprop(tree, node, "interrupts", NULL)) continue;
        assert_int_equal(tree_cell(node, "interrupt-parent", 0), fdt_get_phandle(tree, plic));
        unsigned source = tree_cell(node, "interrupts", 0);
        u64 at = tree_at(node);
        if (!fdt_node_check_compatible(tree, node, "ns16550a")) wr(b, at + 1, 1, 2); // the transmitter is empty; MCR is 0
        else if (!fdt_node_check_compatible(tree, node, "google,goldfish-rtc")) wr(b, at + 0x10, 4, 1), wr(b, at + 8, 4, 0);
        else if (!virt_slot_asks(b, at)) continue;
        wr(b, tree_at(plic) + 4 * source, 4, 1);
        for (unsigned c = 0; c < 2; c++) {
            u64 enable = tree_at(plic) + 0x2000 + 0x80 * c;
            wr(b, enable, 4, 1u << source);
            assert_true(b->f->probe[c ? SEIP : MEIP].level);
            assert_int_equal(rd(b, tree_at(plic) + 0x200004 + 0x1000 * c, 4), source);
            assert_false(b->f->probe[c ? SEIP : MEIP].level);
            wr(b, tree_at(plic) + 0x200004 + 0x1000 * c, 4, source);
            wr(b, enable, 4, 0);
        }
        seen++;
    }
    assert_int_equal(seen, 6); // UART, clock, two disks, entropy, console
    virt_rig_free(b);
}

static void a_key_wakes(void **state) {
    struct virt_rig *b = make(state);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    wr(b, 0x10000001, 1, 1);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    wr(b, 0xc000000 + 4 * 10, 4, 1), wr(b, 0xc002080, 4, 1 << 10);
    assert_true(virt_uart_wakes(&b->d, b->m->console));
    wr(b, 0xc201000, 4, 1);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    virt_rig_free(b);
}

static void hostile(void **state) {
    struct virt_rig *b = make(state);
    virt_anything(b, &virt_rows_riscv64, NULL);
    virt_rig_free(b);
}

// ---- through dtc, and beside QEMU

static void dtc_has_no_warning(void **state) {
    write_tree();
    tree_pleases_dtc("interrupts_extended_property");
}

// What both have is the same: compatible (the first), reg and interrupts of every node that QEMU's tree has, too.
static void as_qemus(void **state) {
    if (system("command -v qemu-system-riscv64 > /dev/null 2>&1")) skip();
    char directory[] = "/tmp/test_virt.XXXXXX", path[64], clean[64];
    static u8 qemu[2 << 20];
    assert_non_null(mkdtemp(directory));
    assert_true(run_in(directory, "qemu-system-riscv64 -M virt,dumpdtb=qemu.dtb -m 8 -bios none"));
    snprintf(path, sizeof path, "%s/qemu.dtb", directory);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_true(fread(qemu, 1, sizeof qemu, f) > 1000);
    fclose(f);
    snprintf(clean, sizeof clean, "rm -r %s", directory);
    assert_int_equal(system(clean), 0);
    assert_int_equal(fdt_check_full(qemu, sizeof qemu), 0);
    write_tree();
    unsigned same = 0;
    for (int node = 0; node >= 0; node = fdt_next_node(tree, node, NULL)) {
        char name[256];
        if (fdt_get_path(tree, node, name, sizeof name)) fail();
        int other = fdt_path_offset(qemu, name);
        if (!strcmp(name, "/aliases") && other < 0) continue; // newer versions have it
        if (other < 0) fail_msg("QEMU has no %s", name);
        static const char *const values[] = {
            "reg",        "interrupts",  "timebase-frequency", "stdout-path",    "value",      "offset",
            "riscv,ndev", "device_type", "#interrupt-cells",   "#address-cells", "#size-cells"};
        for (unsigned i = 0; i < countof(values); i++) {
            int size, other_size;
            const void *p = fdt_getprop(tree, node, values[i], &size), *q = fdt_getprop(qemu, other, values[i], &other_size);
            if (!p || !q) continue;
            assert_int_equal(size, other_size);
            assert_memory_equal(p, q, size);
            same++;
        }
        const char *mine = fdt_getprop(tree, node, "compatible", NULL);
        if (mine) assert_int_equal(fdt_node_check_compatible(qemu, other, mine), 0);
    }
    assert_true(same > 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(is_well_formed),
        DEVICE_TEST(what_is_not_there_is_not_told),
        DEVICE_TEST(no_room),
        DEVICE_TEST(bus_and_tree_agree),
        DEVICE_TEST(devices_answer),
        DEVICE_TEST(interrupts_arrive_where_the_tree_says),
        DEVICE_TEST(a_key_wakes),
        DEVICE_TEST(hostile),
        DEVICE_TEST(dtc_has_no_warning),
        DEVICE_TEST(as_qemus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
