// SPDX-License-Identifier: MIT
// RISC-V's part of the tree (Linux, Documentation/devicetree/bindings/riscv).
#include "machine/virt/riscv64.h"

#include "dev/aclint.h"
#include "dev/plic.h"
#include "dev/syscon.h"
#include "plat/plat.h"

#include <string.h>

enum { PHANDLE_CPU = 1, PHANDLE_INTC, PHANDLE_PLIC, PHANDLE_SYSCON };
// Interrupts of a hart, by their causes (privileged specification, mcause).
enum { IRQ_M_SOFT = 3, IRQ_M_TIMER = 7, IRQ_S_EXT = 9, IRQ_M_EXT = 11 };

#define ISA_ROOM 512

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

void virt_riscv64_cpus(struct fdt_writer *w, const struct virt_tree *t) {
    fdt_open_node(w, "cpus");
    fdt_cell_sizes(w, 1, 0);
    fdt_cell(w, "timebase-frequency", ACLINT_HZ);
    cpu(w, &t->isa);
    fdt_open_node(w, "cpu-map");
    fdt_open_node(w, "cluster0");
    fdt_open_node(w, "core0");
    fdt_cell(w, "cpu", PHANDLE_CPU);
    fdt_close_node(w);
    fdt_close_node(w);
    fdt_close_node(w);
    fdt_close_node(w);
}

// Which interrupts of the hart the device asks for, in the order of its contexts or of its kinds.
static void to_hart(struct fdt_writer *w, u32 first, u32 second) {
    const u32 cells[] = {PHANDLE_INTC, first, PHANDLE_INTC, second};
    fdt_cells(w, "interrupts-extended", cells, countof(cells));
}

void virt_riscv64_device(struct fdt_writer *w, const struct virt_row *r) {
    switch (r->kind) {
    case VIRT_SYSCON: return fdt_cell(w, "phandle", PHANDLE_SYSCON);
    case VIRT_ACLINT: return to_hart(w, IRQ_M_SOFT, IRQ_M_TIMER);
    case VIRT_PLIC:
        to_hart(w, IRQ_M_EXT, IRQ_S_EXT);
        fdt_flag(w, "interrupt-controller");
        fdt_cell(w, "#interrupt-cells", 1);
        fdt_cell(w, "#address-cells", 0);
        fdt_cell(w, "riscv,ndev", PLIC_SOURCES);
        return fdt_cell(w, "phandle", PHANDLE_PLIC);
    case VIRT_UART16550: return fdt_cell(w, "clock-frequency", VIRT_UART_HZ);
    default: return;
    }
}

void virt_riscv64_interrupt(struct fdt_writer *w, unsigned interrupt) {
    fdt_cell(w, "interrupt-parent", PHANDLE_PLIC);
    fdt_cell(w, "interrupts", interrupt);
}

static void power(struct fdt_writer *w, const char *name, const char *compatible, u32 value) {
    fdt_open_node(w, name);
    fdt_text(w, "compatible", compatible);
    fdt_cell(w, "regmap", PHANDLE_SYSCON);
    fdt_cell(w, "offset", 0);
    fdt_cell(w, "value", value);
    fdt_close_node(w);
}

void virt_riscv64_power(struct fdt_writer *w) {
    power(w, "poweroff", "syscon-poweroff", SYSCON_POWEROFF);
    power(w, "reboot", "syscon-reboot", SYSCON_RESET);
}
