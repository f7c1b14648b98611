// SPDX-License-Identifier: MIT
// Arm64's part of the tree (Linux, Documentation/devicetree/bindings/arm, timer, interrupt-controller).
#include "machine/virt/arm64.h"

#include "dev/gic.h"

enum { PHANDLE_GIC = 1, PHANDLE_CLOCK };
// Cells of a GIC's interrupt: kind, number, trigger.
enum { KIND_SPI = 0, KIND_PPI = 1, LEVEL_HIGH = 4 };
// Interrupts of the timers for which nobody is here: secure EL1's, and EL2's.
enum { SECURE_TIMER = 29, HYP_TIMER = 26 };
#define PPI0_ONLY 0x100 // version 2: for which processors

void virt_arm64_root(struct fdt_writer *w) {
    fdt_cell(w, "interrupt-parent", PHANDLE_GIC);
    fdt_flag(w, "dma-coherent");
}

// Which timer a kernel takes depends on the exception level that it is started at; at EL1 it is the virtual one.
static void timer(struct fdt_writer *w, unsigned gic) {
    static const u32 intids[] = {SECURE_TIMER, ARM64_PHYSICAL_TIMER, ARM64_VIRTUAL_TIMER, HYP_TIMER};
    u32 cells[3 * countof(intids)];
    for (unsigned i = 0; i < countof(intids); i++) {
        cells[3 * i] = KIND_PPI;
        cells[3 * i + 1] = intids[i] - GIC_PPI;
        cells[3 * i + 2] = LEVEL_HIGH | (gic == 2 ? PPI0_ONLY : 0);
    }
    fdt_open_node(w, "timer");
    fdt_texts(w, "compatible", "arm,armv8-timer\0arm,armv7-timer\0");
    fdt_cells(w, "interrupts", cells, countof(cells));
    fdt_flag(w, "always-on");
    fdt_close_node(w);
}

static void clock(struct fdt_writer *w) {
    fdt_open_node(w, "apb-pclk");
    fdt_text(w, "compatible", "fixed-clock");
    fdt_cell(w, "#clock-cells", 0);
    fdt_cell(w, "clock-frequency", VIRT_PRIMECELL_HZ);
    fdt_text(w, "clock-output-names", "clk24mhz");
    fdt_cell(w, "phandle", PHANDLE_CLOCK);
    fdt_close_node(w);
}

void virt_arm64_cpus(struct fdt_writer *w, const struct virt_tree *t) {
    fdt_open_node(w, "cpus");
    fdt_cell_sizes(w, 1, 0);
    fdt_open_node(w, "cpu@0");
    fdt_text(w, "device_type", "cpu");
    fdt_text(w, "compatible", t->cpu);
    fdt_cell(w, "reg", 0);
    fdt_close_node(w);
    fdt_close_node(w);
    timer(w, t->rows->gic);
    clock(w);
}

void virt_arm64_device(struct fdt_writer *w, const struct virt_row *r) {
    static const u32 clocks[] = {PHANDLE_CLOCK, PHANDLE_CLOCK};
    switch (r->kind) {
    case VIRT_GIC_DIST:
        fdt_flag(w, "interrupt-controller");
        fdt_cell(w, "#interrupt-cells", 3);
        fdt_cell(w, "#address-cells", 0);
        return fdt_cell(w, "phandle", PHANDLE_GIC);
    case VIRT_PL011: fdt_cells(w, "clocks", clocks, 2); return fdt_texts(w, "clock-names", "uartclk\0apb_pclk\0");
    case VIRT_PL031: fdt_cells(w, "clocks", clocks, 1); return fdt_text(w, "clock-names", "apb_pclk");
    default: return;
    }
}

void virt_arm64_interrupt(struct fdt_writer *w, unsigned interrupt) {
    const u32 cells[] = {KIND_SPI, interrupt, LEVEL_HIGH};
    fdt_cells(w, "interrupts", cells, countof(cells));
}

void virt_arm64_power(struct fdt_writer *w) {
    fdt_open_node(w, "psci");
    fdt_texts(w, "compatible", "arm,psci-1.0\0arm,psci-0.2\0");
    fdt_text(w, "method", "hvc");
    fdt_close_node(w);
}
