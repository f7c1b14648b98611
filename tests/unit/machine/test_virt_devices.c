// SPDX-License-Identifier: MIT
// The board `virt` without its processor: each device answers on the bus where the device tree says, and interrupts as it says; the
// tree is what dtc, libfdt and QEMU's own tree say it should be.
#include "base/splitmix.h"
#include "dev/syscon.h"
#include "dev_fixture.h"
#include "machine/parts.h"
#include "machine/virt/arch.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

#define RAM_SIZE (8 * MiB)

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
static u8 tree[VIRT_TREE_ROOM];

static void write_tree(void) { assert_in_range(virt_write_tree(&example, tree, sizeof tree), 1000, 8192); }

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

static void is_well_formed(void **state) {
    write_tree();
    assert_int_equal(fdt_check_full(tree, sizeof tree), 0);
    assert_int_equal(fdt_address_cells(tree, 0), 2);
    assert_int_equal(fdt_size_cells(tree, 0), 2);
    int node = fdt_path_offset(tree, "/chosen");
    assert_string_equal(prop(node, "bootargs", NULL), example.bootargs);
    assert_int_equal(cells64(node, "linux,initrd-start", 0), 0x84000000);
    assert_int_equal(cells64(node, "linux,initrd-end", 0), 0x84123456);
    // No run differs from another by its tree.
    assert_null(fdt_getprop(tree, node, "rng-seed", NULL));
    assert_null(fdt_getprop(tree, node, "kaslr-seed", NULL));
    int console = fdt_path_offset(tree, prop(node, "stdout-path", NULL));
    assert_int_equal(fdt_node_check_compatible(tree, console, "ns16550a"), 0);
    assert_int_equal(fdt_path_offset(tree, "serial0"), console);
    node = fdt_path_offset(tree, "/memory@80000000");
    assert_string_equal(prop(node, "device_type", NULL), "memory");
    assert_int_equal(cells64(node, "reg", 0), 0x80000000);
    assert_int_equal(cells64(node, "reg", 2), RAM_SIZE);
    node = fdt_path_offset(tree, "/cpus");
    assert_int_equal(cell(node, "timebase-frequency", 0), 10000000);
    node = fdt_path_offset(tree, "/cpus/cpu@0");
    assert_string_equal(prop(node, "riscv,isa", NULL), "rv64imafdc_zicsr_zifencei_zicboz_svpbmt");
    assert_string_equal(prop(node, "riscv,isa-base", NULL), "rv64i");
    assert_int_equal(fdt_stringlist_count(tree, node, "riscv,isa-extensions"), countof(extensions));
    for (unsigned i = 0; i < countof(extensions); i++)
        assert_int_equal(fdt_stringlist_search(tree, node, "riscv,isa-extensions", extensions[i]), i);
    assert_string_equal(prop(node, "mmu-type", NULL), "riscv,sv39");
    assert_int_equal(cell(node, "riscv,cboz-block-size", 0), 64);
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

struct bench {
    struct dev_fixture *f;
    struct emu_machine *m;
    struct virt_devices d;
    struct emu_config c;
    u8 medium[4096];
    u8 *ram;
};
enum { MSIP, MTIP, MEIP, SEIP };

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
    assert_int_equal(bus_add_ram(&m->bus, m->plat, "RAM", VIRT_RISCV64_RAM, RAM_SIZE, b->ram, false), 0);
    struct emu_inputs in = {.disk = {[1] = {.name = "disk", .data = b->medium, .size = sizeof b->medium}}};
    struct blob cdrom = {.name = "cd", .data = b->medium, .size = sizeof b->medium};
    struct virt_lines lines = {.msip = probe_line(b->f, MSIP),
                               .mtip = probe_line(b->f, MTIP),
                               .meip = probe_line(b->f, MEIP),
                               .seip = probe_line(b->f, SEIP)};
    assert_int_equal(virt_add_devices(&b->d, m, &in, &cdrom, &virt_rows_riscv64, &lines), 0);
    return b;
}
static void unmake(struct bench *b) {
    env_free_all(&b->m->env);
    free(b->ram), free(b->m), free(b);
}
static u64 rd(struct bench *b, u64 at, unsigned width) { return bus_read(&b->m->bus, at, width); }
static void wr(struct bench *b, u64 at, unsigned width, u64 v) { bus_write(&b->m->bus, at, width, v); }

// Every region of the bus that is no RAM is a node with the same address and size, and the other way round.
static void bus_and_tree_agree(void **state) {
    struct bench *b = make(state);
    write_tree();
    unsigned nodes = 0, regions = 0;
    int node, soc = fdt_path_offset(tree, "/soc");
    assert_true(soc > 0);
    fdt_for_each_subnode(node, tree, soc) {
        u64 at = cells64(node, "reg", 0), size = cells64(node, "reg", 2);
        const struct region *r = space_find(&b->m->bus.mem, at);
        assert_non_null(r);
        assert_int_equal(r->start, at);
        assert_int_equal(r->size, size);
        char unit[64];
        snprintf(unit, sizeof unit, "%s@%llx", r->name, (unsigned long long)at);
        assert_string_equal(fdt_get_name(tree, node, NULL), unit);
        nodes++;
    }
    for (unsigned i = 0; i < b->m->bus.mem.regions; i++) regions += !b->m->bus.mem.region[i].ram;
    assert_int_equal(nodes, regions);
    assert_int_equal(nodes, 13);
    unmake(b);
}

static int find(const char *compatible, unsigned n) {
    int node = -1;
    for (unsigned i = 0; i <= n; i++) node = fdt_node_offset_by_compatible(tree, node, compatible);
    assert_true(node > 0);
    return node;
}
static u64 at_of(int node) { return cells64(node, "reg", 0); }
static void reset(void *ctx, int reason, u32 code) { *(int *)ctx = reason; }

// Each device is behind the node that says it is: by what only it answers.
static void devices_answer(void **state) {
    struct bench *b = make(state);
    write_tree();
    wr(b, at_of(find("ns16550a", 0)), 1, 'A');
    assert_int_equal(b->f->plat.out[0], 'A');
    assert_int_equal(rd(b, at_of(find("google,goldfish-rtc", 0)), 8), (u64)MACHINE_START_DATE * 1000000000);
    u64 clint = at_of(find("sifive,clint0", 0)), plic = at_of(find("sifive,plic-1.0.0", 0)),
        test = at_of(find("sifive,test1", 0));
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
        int regmap = fdt_node_offset_by_phandle(tree, cell(node, "regmap", 0));
        assert_int_equal(at_of(regmap), test);
        wr(b, at_of(regmap) + cell(node, "offset", 0), 4, cell(node, "value", 0));
        assert_int_equal(ended, i ? EMU_RESET : EMU_POWEROFF);
    }
    static const u32 ids[] = {0, 2, 0, 0, 2, 4, 3, 0}; // disk 1, CD-ROM, entropy, console
    u64 seen = 0;
    for (unsigned i = 0; i < 8; i++) {
        u64 at = at_of(find("virtio,mmio", i));
        unsigned slot = (unsigned)(at - 0x10001000) / 0x1000;
        assert_int_equal(rd(b, at, 4), 0x74726976);
        assert_int_equal(rd(b, at + 8, 4), ids[slot]);
        seen |= 1u << slot;
    }
    assert_int_equal(seen, 0xff);
    wr(b, 0x10005000 + 0x14, 4, 0); // the CD-ROM offers to be read-only
    assert_true(rd(b, 0x10005000 + 0x10, 4) >> 5 & 1);
    wr(b, 0x10002000 + 0x14, 4, 0);
    assert_false(rd(b, 0x10002000 + 0x10, 4) >> 5 & 1);
    unmake(b);
}

// As Linux follows it: the node's interrupt-parent and interrupts, then the PLIC's contexts to the hart's external interrupts.
static void interrupts_arrive_where_the_tree_says(void **state) {
    struct bench *b = make(state);
    write_tree();
    int plic = find("sifive,plic-1.0.0", 0);
    int intc = fdt_path_offset(tree, "/cpus/cpu@0/interrupt-controller");
    static const u32 contexts[] = {11, 9}, kinds[] = {3, 7};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(cell(plic, "interrupts-extended", 2 * i), fdt_get_phandle(tree, intc));
        assert_int_equal(cell(plic, "interrupts-extended", 2 * i + 1), contexts[i]);
        assert_int_equal(cell(find("sifive,clint0", 0), "interrupts-extended", 2 * i), fdt_get_phandle(tree, intc));
        assert_int_equal(cell(find("sifive,clint0", 0), "interrupts-extended", 2 * i + 1), kinds[i]);
    }
    assert_int_equal(cell(plic, "riscv,ndev", 0), PLIC_SOURCES);
    int node, soc = fdt_path_offset(tree, "/soc");
    unsigned seen = 0;
    fdt_for_each_subnode(node, tree, soc) {
        if (!fdt_getprop(tree, node, "interrupts", NULL)) continue;
        assert_int_equal(cell(node, "interrupt-parent", 0), fdt_get_phandle(tree, plic));
        unsigned source = cell(node, "interrupts", 0);
        u64 at = at_of(node);
        if (!fdt_node_check_compatible(tree, node, "ns16550a")) wr(b, at + 1, 1, 2); // the transmitter is empty; MCR is 0
        else if (!fdt_node_check_compatible(tree, node, "google,goldfish-rtc")) wr(b, at + 0x10, 4, 1), wr(b, at + 8, 4, 0);
        else if (rd(b, at + 8, 4)) { // a misaligned queue: the device needs a reset, and says so
            wr(b, at + 0x24, 4, 1), wr(b, at + 0x20, 4, 1), wr(b, at + 0x70, 4, 15);
            wr(b, at + 0x80, 4, 1), wr(b, at + 0x44, 4, 1);
        } else continue;
        wr(b, at_of(plic) + 4 * source, 4, 1);
        for (unsigned c = 0; c < 2; c++) {
            u64 enable = at_of(plic) + 0x2000 + 0x80 * c;
            wr(b, enable, 4, 1u << source);
            assert_true(b->f->probe[c ? SEIP : MEIP].level);
            assert_int_equal(rd(b, at_of(plic) + 0x200004 + 0x1000 * c, 4), source);
            assert_false(b->f->probe[c ? SEIP : MEIP].level);
            wr(b, at_of(plic) + 0x200004 + 0x1000 * c, 4, source);
            wr(b, enable, 4, 0);
        }
        seen++;
    }
    assert_int_equal(seen, 6); // UART, clock, two disks, entropy, console
    unmake(b);
}

static void a_key_wakes(void **state) {
    struct bench *b = make(state);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    wr(b, 0x10000001, 1, 1);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    wr(b, 0xc000000 + 4 * 10, 4, 1), wr(b, 0xc002080, 4, 1 << 10);
    assert_true(virt_uart_wakes(&b->d, b->m->console));
    wr(b, 0xc201000, 4, 1);
    assert_false(virt_uart_wakes(&b->d, b->m->console));
    unmake(b);
}

// Anything a guest can do to the devices, by any address and width.
static void hostile(void **state) {
    struct bench *b = make(state);
    u64 seed = 9;
    for (unsigned i = 0; i < 300000; i++) {
        u64 r = splitmix64(&seed);
        const struct virt_row *row = &virt_rows_riscv64.row[r % virt_rows_riscv64.count];
        u64 at = row->at + (r >> 8) % (r & 0x80 ? row->size : 0x100) - (r >> 60 == 0 ? 4 : 0);
        unsigned width = 1u << (r >> 40 & 3);
        if (r >> 42 & 1) wr(b, at, width, splitmix64(&seed));
        else rd(b, at, width);
        if (r % 64 == 0) {
            b->m->clock.now += r >> 44;
            clock_fire(&b->m->clock);
        }
    }
    assert_true(b->m->state.parts > 8);
    unmake(b);
}

// ---- through dtc, and beside QEMU

static bool run(const char *directory, const char *command) {
    char line[512];
    snprintf(line, sizeof line, "cd %s && { %s; } > log 2>&1", directory, command);
    return system(line) == 0;
}

static void save(const char *directory, char *path, size_t room) {
    snprintf(path, room, "%s/virt.dtb", directory);
    write_tree();
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(tree, fdt_totalsize(tree), 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

static void dtc_has_no_warning(void **state) {
    if (system("command -v dtc > /dev/null 2>&1")) skip();
    char directory[] = "/tmp/test_virt.XXXXXX", path[64], clean[64];
    assert_non_null(mkdtemp(directory));
    save(directory, path, sizeof path);
    bool decompiled = run(directory, "dtc -I dtb -O dts -o virt.dts virt.dtb && [ ! -s log ]");
    // (a decompiled source has numbers where phandles were)
    bool compiled = run(directory, "dtc -W no-interrupts_extended_property -I dts -O dtb -o again.dtb virt.dts && [ ! -s log ]");
    snprintf(clean, sizeof clean, "rm -r %s", directory);
    assert_int_equal(system(clean), 0);
    assert_true(decompiled && compiled);
}

// What both have is the same: compatible (the first), reg and interrupts of every node that QEMU's tree has, too.
static void as_qemus(void **state) {
    if (system("command -v qemu-system-riscv64 > /dev/null 2>&1")) skip();
    char directory[] = "/tmp/test_virt.XXXXXX", path[64], clean[64];
    static u8 qemu[2 << 20];
    assert_non_null(mkdtemp(directory));
    assert_true(run(directory, "qemu-system-riscv64 -M virt,dumpdtb=qemu.dtb -m 8 -bios none"));
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
