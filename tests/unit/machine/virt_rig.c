// SPDX-License-Identifier: MIT
#include "virt_rig.h"

#include "base/splitmix.h"

#include <stdio.h>
#include <stdlib.h>

u8 tree[VIRT_TREE_ROOM];

void tree_write(const struct virt_tree *t) { assert_in_range(virt_write_tree(t, tree, sizeof tree), 1000, 8192); }

const void *tree_prop(int node, const char *name, int *size) {
    const void *p = fdt_getprop(tree, node, name, size);
    if (!p) fail_msg("no %s", name);
    return p;
}

u32 tree_cell(int node, const char *name, unsigned i) {
    int size;
    const u8 *p = tree_prop(node, name, &size);
    assert_true((int)(4 * i) < size);
    return fdt32_ld((const fdt32_t *)(const void *)(p + 4 * i));
}

u64 tree_cells64(int node, const char *name, unsigned i) {
    return (u64)tree_cell(node, name, i) << 32 | tree_cell(node, name, i + 1);
}

int tree_find(const char *compatible, unsigned n) {
    int node = -1;
    for (unsigned i = 0; i <= n; i++) node = fdt_node_offset_by_compatible(tree, node, compatible);
    if (node <= 0) fail_msg("no %s", compatible);
    return node;
}

u64 tree_at(int node) { return tree_cells64(node, "reg", 0); }

bool run_in(const char *directory, const char *command) {
    char line[512];
    snprintf(line, sizeof line, "cd %s && { %s; } > log 2>&1", directory, command);
    return system(line) == 0;
}

static void save(const char *path) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(tree, fdt_totalsize(tree), 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

void tree_pleases_dtc(const char *but) {
    if (system("command -v dtc > /dev/null 2>&1")) skip();
    char directory[] = "/tmp/test_virt.XXXXXX", line[128];
    assert_non_null(mkdtemp(directory));
    snprintf(line, sizeof line, "%s/virt.dtb", directory);
    save(line);
    bool decompiled = run_in(directory, "dtc -I dtb -O dts -o virt.dts virt.dtb && [ ! -s log ]");
    snprintf(line, sizeof line, "dtc -W no-%s -I dts -O dtb -o again.dtb virt.dts && [ ! -s log ]", but);
    bool compiled = run_in(directory, line);
    snprintf(line, sizeof line, "rm -r %s", directory);
    assert_int_equal(system(line), 0);
    assert_true(decompiled && compiled);
}

// ---- bus and tree

struct virt_rig *virt_rig_new(void **state, const struct virt_rows *rows, gpa_t ram, const struct virt_lines *lines) {
    struct virt_rig *b = calloc(1, sizeof *b);
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
    assert_int_equal(bus_add_ram(&m->bus, m->plat, "RAM", ram, RAM_SIZE, b->ram, false), 0);
    struct emu_inputs in = {.disk = {[1] = {.name = "disk", .data = b->medium, .size = sizeof b->medium}}};
    struct blob cdrom = {.name = "cd", .data = b->medium, .size = sizeof b->medium};
    assert_int_equal(virt_add_devices(&b->d, m, &in, &cdrom, rows, lines), 0);
    return b;
}

void virt_rig_free(struct virt_rig *b) {
    env_free_all(&b->m->env);
    free(b->ram), free(b->m), free(b);
}

// A node has the name of its first region.
static unsigned regions_of(struct virt_rig *b, int node) {
    int size;
    const char *name = fdt_get_name(tree, node, NULL);
    if (!fdt_getprop(tree, node, "reg", &size) || !strncmp(name, "memory", 6)) return 0;
    for (unsigned i = 0; i < (unsigned)size / 16; i++) {
        u64 at = tree_cells64(node, "reg", 4 * i);
        const struct region *r = space_find(&b->m->bus.mem, at);
        char unit[64];
        assert_non_null(r);
        assert_int_equal(r->start, at);
        assert_int_equal(r->size, tree_cells64(node, "reg", 4 * i + 2));
        snprintf(unit, sizeof unit, "%s@%llx", r->name, (unsigned long long)at);
        if (!i) assert_string_equal(name, unit);
    }
    return (unsigned)size / 16;
}

void virt_bus_and_tree_agree(struct virt_rig *b, int above, unsigned regions, unsigned hidden) {
    unsigned told = 0, there = 0;
    int node;
    assert_true(above >= 0);
    fdt_for_each_subnode(node, tree, above) told += regions_of(b, node);
    for (unsigned i = 0; i < b->m->bus.mem.regions; i++) there += !b->m->bus.mem.region[i].ram;
    assert_int_equal(told, there - hidden);
    assert_int_equal(told, regions);
}

void virt_slots_answer(struct virt_rig *b, u64 first) {
    static const u32 ids[] = {0, 2, 0, 0, 2, 4, 3, 0}; // disk 1, CD-ROM, entropy, console
    u64 seen = 0;
    for (unsigned i = 0; i < 8; i++) {
        u64 at = tree_at(tree_find("virtio,mmio", i));
        unsigned slot = (unsigned)(at - first) / 0x1000;
        assert_in_range(slot, 0, 7);
        assert_int_equal(rd(b, at, 4), 0x74726976);
        assert_int_equal(rd(b, at + 8, 4), ids[slot]);
        seen |= 1u << slot;
    }
    assert_int_equal(seen, 0xff);
}

bool virt_slot_asks(struct virt_rig *b, u64 at) {
    if (!rd(b, at + 8, 4)) return false;
    wr(b, at + 0x24, 4, 1), wr(b, at + 0x20, 4, 1), wr(b, at + 0x70, 4, 15);
    wr(b, at + 0x80, 4, 1), wr(b, at + 0x44, 4, 1);
    return true;
}

void virt_anything(struct virt_rig *b, const struct virt_rows *rows, void (*also)(struct virt_rig *b, u64 r, u64 v)) {
    u64 seed = 9;
    for (unsigned i = 0; i < 300000; i++) {
        u64 r = splitmix64(&seed), v = splitmix64(&seed);
        const struct virt_row *row = &rows->row[r % rows->count];
        u64 at = row->at + (r >> 8) % (r & 0x80 ? row->size : 0x100) - (r >> 60 == 0 ? 4 : 0);
        unsigned width = 1u << (r >> 40 & 3);
        if (r >> 42 & 1) wr(b, at, width, v);
        else rd(b, at, width);
        if (also) also(b, r, v);
        if (r % 64 == 0) {
            b->m->clock.now += r >> 44;
            clock_fire(&b->m->clock);
        }
    }
    assert_true(b->m->state.parts > 8);
}
