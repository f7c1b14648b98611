// SPDX-License-Identifier: MIT
#include "machine/virt/tree.h"

#include "machine/virt/arch.h"
#include "plat/plat.h"

#define REGIONS 4 // of one device

static void path_of(const struct virt_tree *t, const struct virt_row *r, char *path, size_t room) {
    const char *bus = t->arch->bus;
    plat_format(path, room, "%s%s/%s@%llx", bus ? "/" : "", bus ? bus : "", r->node, (unsigned long long)r->at);
}

static void chosen(struct fdt_writer *w, const struct virt_tree *t) {
    char console[64];
    path_of(t, virt_console_row(t->rows), console, sizeof console);
    fdt_open_node(w, "aliases");
    fdt_text(w, "serial0", console);
    fdt_close_node(w);
    fdt_open_node(w, "chosen");
    if (*t->bootargs) fdt_text(w, "bootargs", t->bootargs);
    if (t->initrd_size) {
        fdt_u64(w, "linux,initrd-start", t->initrd);
        fdt_u64(w, "linux,initrd-end", t->initrd + t->initrd_size);
    }
    if (t->kaslr_seed) fdt_u64(w, "kaslr-seed", t->kaslr_seed);
    fdt_text(w, "stdout-path", console);
    fdt_close_node(w);
}

static void memory(struct fdt_writer *w, const struct virt_tree *t) {
    fdt_open_unit(w, "memory", t->arch->ram_at);
    fdt_text(w, "device_type", "memory");
    fdt_reg(w, t->arch->ram_at, t->ram_size);
    fdt_close_node(w);
}

// Of a row and of those behind it that belong to it.
static void regions(struct fdt_writer *w, const struct virt_row *r, const struct virt_row *end) {
    u32 cells[4 * REGIONS];
    unsigned n = 0;
    for (const struct virt_row *first = r; r < end && n + 4 <= countof(cells) && (r == first || !r->node); r++) {
        const u32 reg[] = {(u32)(r->at >> 32), (u32)r->at, (u32)(r->size >> 32), (u32)r->size};
        for (unsigned i = 0; i < countof(reg); i++) cells[n++] = reg[i];
    }
    fdt_cells(w, "reg", cells, n);
}

static void device(struct fdt_writer *w, const struct virt_tree *t, const struct virt_row *r) {
    if (!r->node || !r->compatible) return;
    fdt_open_unit(w, r->node, r->at);
    fdt_texts(w, "compatible", r->compatible);
    regions(w, r, t->rows->row + t->rows->count);
    if (r->interrupt) t->arch->tree_interrupt(w, r->interrupt);
    t->arch->tree_device(w, r);
    fdt_close_node(w);
}

static void devices(struct fdt_writer *w, const struct virt_tree *t) {
    if (t->arch->bus) {
        fdt_open_node(w, t->arch->bus);
        fdt_cell_sizes(w, 2, 2);
        fdt_text(w, "compatible", "simple-bus");
        fdt_flag(w, "ranges");
    }
    for (unsigned i = 0; i < t->rows->count; i++) device(w, t, &t->rows->row[i]);
    if (t->arch->bus) fdt_close_node(w);
}

i64 virt_write_tree(const struct virt_tree *t, void *at, u64 room) {
    struct fdt_writer w;
    fdt_start(&w, at, room);
    fdt_cell_sizes(&w, 2, 2);
    fdt_text(&w, "compatible", t->arch->compatible);
    fdt_text(&w, "model", t->arch->model);
    if (t->arch->tree_root) t->arch->tree_root(&w);
    chosen(&w, t);
    memory(&w, t);
    t->arch->tree_cpus(&w, t);
    devices(&w, t);
    t->arch->tree_power(&w);
    return fdt_close(&w);
}
