// SPDX-License-Identifier: MIT
#include "machine/pc/pc_rows.h"

#include "dev/acpi_pm.h"
#include "dev/coprocessor.h"
#include "dev/debugport.h"
#include "dev/fw_cfg.h"
#include "dev/hpet.h"
#include "dev/i440fx.h"
#include "dev/i8042.h"
#include "dev/ide.h"
#include "dev/ioapic.h"
#include "dev/lapic.h"
#include "dev/pic8259.h"
#include "dev/piix4_smbus.h"
#include "dev/pit8254.h"
#include "dev/rtc_cmos.h"
#include "dev/sysport.h"
#include "dev/testdev.h"
#include "dev/uart16550.h"
#include "dev/vga.h"

// ACPI's order. The keyboard's controller has a second interrupt, for the mouse, which has no ports of its own.
static const struct {
    const char *name, *hid;
    u8 uid, irq; // 0: none
} tolds[PC_TOLDS] = {
    [PC_TOLD_RTC] = {"RTC", "PNP0B00", 0, 8},    [PC_TOLD_KBD] = {"KBD", "PNP0303", 0, 1},
    [PC_TOLD_MOUSE] = {"MOU", "PNP0F13", 0, 12}, [PC_TOLD_FPU] = {"FPU", "PNP0C04", 0, 13},
    [PC_TOLD_COM1] = {"COM1", "PNP0501", 1, 4},  [PC_TOLD_COM2] = {"COM2", "PNP0501", 2, 3},
    [PC_TAKEN] = {"SYSR", "PNP0C02", 0, 0},
};

enum where { PORT, MEMORY };

struct row {
    enum where where;
    u32 at;
    const char *name;
    const struct io_ops *ops; // its size is the row's
    enum pc_device device;
    enum pc_told told;
};

// In ACPI's order, as far as it tells of them.
static const struct row rows[] = {
    {PORT, 0x20, "PIC master", &pic8259_master_ops, PC_PIC, PC_NOT_TOLD},
    {PORT, 0xa0, "PIC slave", &pic8259_slave_ops, PC_PIC, PC_NOT_TOLD},
    {PORT, 0x40, "PIT", &pit8254_ops, PC_PIT, PC_NOT_TOLD},
    {PORT, 0x61, "speaker", &pit8254_speaker_ops, PC_PIT, PC_NOT_TOLD},
    {PORT, PC_RTC_AT, "RTC", &rtc_cmos_ops, PC_RTC, PC_TOLD_RTC},
    {PORT, 0x60, "i8042 data", &i8042_data_ops, PC_KBD, PC_TOLD_KBD},
    {PORT, 0x64, "i8042 command", &i8042_command_ops, PC_KBD, PC_TOLD_KBD},
    {PORT, 0x92, "port 92", &sysport_ops, PC_SYSPORT, PC_TAKEN},
    {PORT, PC_SMI_AT, "ACPI SMI", &acpi_smi_ops, PC_PM, PC_TAKEN},
    {PORT, PC_ELCR_AT, "PIC ELCR", &pic8259_elcr_ops, PC_PIC, PC_TAKEN},
    {PORT, 0xe9, "debug output", &debugport_ops, PC_DEBUG_OUTPUT, PC_TAKEN},
    {PORT, 0xf4, "isa-debug-exit", &debug_exit_ops, PC_DEBUG, PC_TAKEN},
    {PORT, 0xf0, "x87 error", &coprocessor_ops, PC_FPU, PC_TOLD_FPU},
    {PORT, 0x3f8, "COM1", &uart16550_ops, PC_COM1, PC_TOLD_COM1},
    {PORT, 0x2f8, "COM2", &uart16550_ops, PC_COM2, PC_TOLD_COM2},
    {PORT, PC_IDE0_AT, "IDE 0", &ide_command_ops, PC_IDE0, PC_NOT_TOLD},
    {PORT, PC_IDE0_CONTROL_AT, "IDE 0 control", &ide_control_ops, PC_IDE0, PC_NOT_TOLD},
    {PORT, PC_IDE1_AT, "IDE 1", &ide_command_ops, PC_IDE1, PC_NOT_TOLD},
    {PORT, PC_IDE1_CONTROL_AT, "IDE 1 control", &ide_control_ops, PC_IDE1, PC_NOT_TOLD},
    {PORT, PC_PM_AT, "ACPI PM", &acpi_pm_ops, PC_PM, PC_NOT_TOLD},
    {PORT, PC_GPE0_AT, "ACPI GPE0", &acpi_gpe0_ops, PC_PM, PC_NOT_TOLD},
    {PORT, PC_SMBUS_AT, "SMBus", &piix4_smbus_ops, PC_SMBUS, PC_NOT_TOLD},
    {PORT, PC_CONFIG_AT, "PCI configuration", &i440fx_ops, PC_HOST, PC_NOT_TOLD},
    {MEMORY, PC_ECAM_AT, "PCI configuration space", &pci_ecam_ops, PC_ECAM, PC_NOT_TOLD},
    {MEMORY, PC_IOAPIC_AT, "I/O APIC", &ioapic_ops, PC_IOAPIC, PC_NOT_TOLD},
    {MEMORY, PC_HPET_AT, "HPET", &hpet_ops, PC_HPET, PC_NOT_TOLD},
    {MEMORY, PC_LAPIC_AT, "local APIC", &lapic_ops, PC_LAPIC, PC_NOT_TOLD},
    {PORT, 0xe0, "testdev", &testdev_register_ops, PC_TESTDEV, PC_NOT_TOLD},
    {PORT, 0xe4, "testdev flush", &testdev_flush_ops, PC_TESTDEV, PC_NOT_TOLD},
    {PORT, 0xe8, "testdev bytes", &testdev_register_ops, PC_TESTDEV, PC_NOT_TOLD}, // in place of the debug output
    {PORT, 0x510, "fw_cfg", &testdev_fw_cfg_ops, PC_TESTDEV, PC_NOT_TOLD},
    {PORT, 0x510, "fw_cfg", &fw_cfg_ops, PC_FW_CFG, PC_NOT_TOLD},
    {PORT, 0x514, "fw_cfg DMA", &fw_cfg_dma_ops, PC_FW_CFG, PC_NOT_TOLD},
    {PORT, 0x3b0, "VGA", &vga_ops, PC_VGA, PC_NOT_TOLD},
    {MEMORY, 0xA0000, "VGA memory", &vga_memory_ops, PC_VGA, PC_NOT_TOLD},
    {PORT, 0x2000, "testdev lines", &testdev_line_ops, PC_TESTDEV, PC_NOT_TOLD},
    {MEMORY, 0xFF000000u, "testdev", &testdev_memory_ops, PC_TESTDEV, PC_NOT_TOLD},
};

unsigned pc_irq(enum pc_told told) { return tolds[told].irq; }

static bool may_be_missing(enum pc_device which, void *const device[PC_DEVICES]) {
    return which >= PC_DEBUG_OUTPUT || (which == PC_ECAM && device[PC_FW_CFG]);
}

int pc_add_rows(struct bus *b, struct plat *p, void *const device[PC_DEVICES]) {
    for (const struct row *r = rows; r < rows + countof(rows); r++) {
        void *dev = device[r->device];
        if (!dev && !may_be_missing(r->device, device)) p->panic(p, "a row of the board has no device");
        if (!dev) continue;
        int err = r->where == PORT ? bus_add_io(b, p, r->name, (u16)r->at, r->ops, dev)
                                   : bus_add_mmio(b, p, r->name, r->at, r->ops, dev);
        if (err) return err;
    }
    return 0;
}

static void tell_ports(struct acpi_isa_device *d, enum pc_told told) {
    unsigned n = 0;
    for (const struct row *r = rows; r < rows + countof(rows); r++) {
        if (r->told != told) continue;
        d->ports[n].port = (u16)r->at;
        d->ports[n++].count = (u8)r->ops->size;
    }
}

void pc_tell_isa(struct acpi_isa_device isa[ACPI_ISA_DEVICES]) {
    for (unsigned t = PC_NOT_TOLD + 1; t < PC_TOLDS; t++) {
        struct acpi_isa_device *d = isa++;
        *d = (struct acpi_isa_device){
            .hid = tolds[t].hid, .uid = tolds[t].uid, .irqs = tolds[t].irq ? (u16)(1u << tolds[t].irq) : 0};
        plat_format(d->name, sizeof d->name, "%s", tolds[t].name);
        tell_ports(d, t);
    }
}
