// SPDX-License-Identifier: MIT
#include "machine/virt/tree.h"

#include "dev/aclint.h"
#include "dev/plic.h"
#include "dev/syscon.h"
#include "machine/fdt.h"
#include "machine/virt/rows.h"
#include "plat/plat.h"

#include <string.h>

enum { PHANDLE_CPU = 1, PHANDLE_INTC, PHANDLE_PLIC, PHANDLE_SYSCON };
// Interrupts of a hart, by their causes (privileged specification, mcause).
enum { IRQ_M_SOFT = 3, IRQ_M_TIMER = 7, IRQ_S_EXT = 9, IRQ_M_EXT = 11 };

#define ISA_ROOM 512

static void cell_sizes(struct fdt_writer *w, u32 address, u32 size) {
    fdt_cell(w, "#address-cells", address);
    fdt_cell(w, "#size-cells", size);
}

static void path_of(enum virt_kind kind, char *path, size_t room) {
    const struct virt_row *r = virt_rows;
    while (r->kind != kind) r++;
    plat_format(path, room, "/soc/%s@%llx", r->node, (unsigned long long)r->at);
}

static void chosen(struct fdt_writer *w, const struct virt_tree *t) {
    char console[64];
    path_of(VIRT_UART, console, sizeof console);
    fdt_open_node(w, "aliases");
    fdt_text(w, "serial0", console);
    fdt_close_node(w);
    fdt_open_node(w, "chosen");
    if (*t->bootargs) fdt_text(w, "bootargs", t->bootargs);
    if (t->initrd_size) {
        fdt_u64(w, "linux,initrd-start", t->initrd);
        fdt_u64(w, "linux,initrd-end", t->initrd + t->initrd_size);
    }
    fdt_text(w, "stdout-path", console);
    fdt_close_node(w);
}

// riscv,isa is what kernels before 6.6 read: one letter after the other, and names of more letters behind a _.
static void isa_strings(struct fdt_writer *w, const struct virt_isa *isa) {
    char text[ISA_ROOM], list[ISA_ROOM];
    size_t n = (size_t)plat_format(text, sizeof text, "%.4s", isa->base), listed = 0;
    for (unsigned i = 0; i < isa->extensions; i++) {
        const char *e = isa->extension[i];
        size_t length = strlen(e);
        if (n + length + 2 > sizeof text || listed + length + 2 > sizeof list) {
            w->error = ERR_RANGE;
            return;
        }
        n += (size_t)plat_format(text + n, sizeof text - n, length > 1 ? "_%s" : "%s", e);
        memcpy(list + listed, e, length + 1);
        listed += length + 1;
    }
    list[listed] = 0;
    fdt_text(w, "riscv,isa", text);
    fdt_text(w, "riscv,isa-base", isa->base);
    fdt_texts(w, "riscv,isa-extensions", list);
}

static void block_size(struct fdt_writer *w, const char *name, unsigned bytes) {
    if (bytes) fdt_cell(w, name, bytes);
}

static void cpu(struct fdt_writer *w, const struct virt_isa *isa) {
    fdt_open_node(w, "cpu@0");
    fdt_cell(w, "phandle", PHANDLE_CPU);
    fdt_text(w, "device_type", "cpu");
    fdt_cell(w, "reg", 0);
    fdt_text(w, "status", "okay");
    fdt_text(w, "compatible", "riscv");
    isa_strings(w, isa);
    fdt_text(w, "mmu-type", isa->mmu_type);
    block_size(w, "riscv,cbom-block-size", isa->cbom_block);
    block_size(w, "riscv,cbop-block-size", isa->cbop_block);
    block_size(w, "riscv,cboz-block-size", isa->cboz_block);
    fdt_open_node(w, "interrupt-controller");
    fdt_cell(w, "#address-cells", 0);
    fdt_cell(w, "#interrupt-cells", 1);
    fdt_flag(w, "interrupt-controller");
    fdt_text(w, "compatible", "riscv,cpu-intc");
    fdt_cell(w, "phandle", PHANDLE_INTC);
    fdt_close_node(w);
    fdt_close_node(w);
}

static void cpus(struct fdt_writer *w, const struct virt_isa *isa) {
    fdt_open_node(w, "cpus");
    cell_sizes(w, 1, 0);
    fdt_cell(w, "timebase-frequency", ACLINT_HZ);
    cpu(w, isa);
    fdt_open_node(w, "cpu-map");
    fdt_open_node(w, "cluster0");
    fdt_open_node(w, "core0");
    fdt_cell(w, "cpu", PHANDLE_CPU);
    fdt_close_node(w);
    fdt_close_node(w);
    fdt_close_node(w);
    fdt_close_node(w);
}

static void memory(struct fdt_writer *w, u64 size) {
    fdt_open_unit(w, "memory", VIRT_RAM_AT);
    fdt_text(w, "device_type", "memory");
    fdt_reg(w, VIRT_RAM_AT, size);
    fdt_close_node(w);
}

// Which interrupts of the hart the device asks for, in the order of its contexts or of its kinds.
static void to_hart(struct fdt_writer *w, u32 first, u32 second) {
    const u32 cells[] = {PHANDLE_INTC, first, PHANDLE_INTC, second};
    fdt_cells(w, "interrupts-extended", cells, countof(cells));
}

static void own_properties(struct fdt_writer *w, enum virt_kind kind) {
    switch (kind) {
    case VIRT_SYSCON: return fdt_cell(w, "phandle", PHANDLE_SYSCON);
    case VIRT_ACLINT: return to_hart(w, IRQ_M_SOFT, IRQ_M_TIMER);
    case VIRT_PLIC:
        to_hart(w, IRQ_M_EXT, IRQ_S_EXT);
        fdt_flag(w, "interrupt-controller");
        fdt_cell(w, "#interrupt-cells", 1);
        fdt_cell(w, "#address-cells", 0);
        fdt_cell(w, "riscv,ndev", PLIC_SOURCES);
        return fdt_cell(w, "phandle", PHANDLE_PLIC);
    case VIRT_UART: return fdt_cell(w, "clock-frequency", VIRT_UART_HZ);
    case VIRT_RTC:
    case VIRT_VIRTIO: return;
    }
}

static void device(struct fdt_writer *w, const struct virt_row *r) {
    fdt_open_unit(w, r->node, r->at);
    fdt_texts(w, "compatible", r->compatible);
    fdt_reg(w, r->at, r->size);
    if (r->interrupt) {
        fdt_cell(w, "interrupt-parent", PHANDLE_PLIC);
        fdt_cell(w, "interrupts", r->interrupt);
    }
    own_properties(w, r->kind);
    fdt_close_node(w);
}

static void soc(struct fdt_writer *w) {
    fdt_open_node(w, "soc");
    cell_sizes(w, 2, 2);
    fdt_text(w, "compatible", "simple-bus");
    fdt_flag(w, "ranges");
    for (const struct virt_row *r = virt_rows; r < virt_rows + VIRT_ROWS; r++) device(w, r);
    fdt_close_node(w);
}

static void power(struct fdt_writer *w, const char *name, const char *compatible, u32 value) {
    fdt_open_node(w, name);
    fdt_text(w, "compatible", compatible);
    fdt_cell(w, "regmap", PHANDLE_SYSCON);
    fdt_cell(w, "offset", 0);
    fdt_cell(w, "value", value);
    fdt_close_node(w);
}

i64 virt_write_tree(const struct virt_tree *t, void *at, u64 room) {
    struct fdt_writer w;
    fdt_start(&w, at, room);
    cell_sizes(&w, 2, 2);
    fdt_text(&w, "compatible", "riscv-virtio"); // as QEMU's: what kernels look for
    fdt_text(&w, "model", "riscv-virtio,softmetal");
    chosen(&w, t);
    memory(&w, t->ram_size);
    cpus(&w, &t->isa);
    soc(&w);
    power(&w, "poweroff", "syscon-poweroff", SYSCON_POWEROFF);
    power(&w, "reboot", "syscon-reboot", SYSCON_RESET);
    return fdt_close(&w);
}
