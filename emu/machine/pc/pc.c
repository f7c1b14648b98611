// SPDX-License-Identifier: MIT
// The PC board. Guest-physical addresses:
//
//   0         RAM                        C0000000  PCI windows (top of low RAM at most)
//   A0000     nothing, or VGA            FEB00000  PCI configuration space of bus 0
//   C0000     RAM, told as reserved;     FEC00000  I/O APIC
//             ACPI tables from E0000,    FED00000  HPET
//             BIOS from F0000            FEE00000  local APIC
//   100000    RAM                        100000000 RAM that found no room below C0000000
//
// What a BIOS leaves below 1 MiB is drawn in bios.h. With firmware from a file (pc_firmware.h draws where it lies) the BIOS and the tables
// are its own, and configuration space is not in memory: SeaBIOS gives functions addresses up to the I/O APIC's.
#include "machine/pc/pc.h"

#include "base/bits.h"
#include "dev/acpi_pm.h"
#include "dev/coprocessor.h"
#include "dev/debugport.h"
#include "dev/hpet.h"
#include "dev/i440fx.h"
#include "dev/i8042.h"
#include "dev/ide.h"
#include "dev/ioapic.h"
#include "dev/pic8259.h"
#include "dev/piix4.h"
#include "dev/piix4_smbus.h"
#include "dev/pit8254.h"
#include "dev/rtc_cmos.h"
#include "dev/sysport.h"
#include "dev/testdev.h"
#include "dev/uart16550.h"
#include "dev/virtio_blk.h"
#include "dev/virtio_console.h"
#include "dev/virtio_pci.h"
#include "dev/virtio_rng.h"
#include "loader/image.h"
#include "loader/x86/load.h"
#include "loader/x86/start.h"
#include "machine/acpi/acpi.h"
#include "machine/pc/bios.h"
#include "machine/parts.h"
#include "machine/pc/pc_cpu.h"
#include "machine/pc/pc_firmware.h"
#include "machine/pc/pc_rows.h"
#include "machine/pc/pc_screen.h"

#include <string.h>

#define LOW_END 0xA0000u
#define BIOS 0xC0000u
#define ACPI_AT 0xE0000u
#define ACPI_ROOM 0x10000u
#define HIGH_RAM_AT (4 * GiB)
#define LOW_RAM_MAX 0xC0000000u
#define PCI_MEM_AT 0xC0000000u
#define PCI_IO_AT 0xC000u

enum { IRQ_PIT = 0, IRQ_SCI = 9, IRQ_IDE0 = 14, IRQ_IDE1 = 15 }; // the others stand in pc_rows.c
enum { SLOT_PIIX = 1, SLOT_RNG = 2, SLOT_CONSOLE = 3, SLOT_DISK = 4 };
enum { GSI_PIT = 2, GSI_PIRQ = 16, HPET_ROUTES = 0xf << 20 };
static const u8 pirq_irq[PCI_PIRQS] = {10, 11, 10, 11};

struct pc {
    struct emu_machine *m;
    struct pic8259 *pic;
    struct ioapic *ioapic;
    struct lapic *lapic;
    struct memory_disk cdrom, disk[CONFIG_DISKS], nvram; // of those that come without a back end
    struct chardev hvc;                                  // virtio console: writes where ttyS0 writes, has no input
    struct pci_bus *pci;
    struct pc_firmware *firmware; // NULL: none but bios.h's
    struct pc_screen *screen;     // NULL: none, COM1 has the terminal
    u64 low_ram, high_ram;
    struct e820_entry e820[8];
    unsigned e820s;
    void *device[PC_DEVICES]; // who answers in the rows
};

// ---- memory

struct chardev *pc_second_console(const struct emu_machine *m) { return &((struct pc *)m->board)->hvc; }

static int share_ram(struct pc *pc, struct plat *p, u64 size) {
    if (size < 2 * MiB) {
        log_error(p, "memory: %llu bytes of guest RAM are too few: a PC has at least 2 MiB", (unsigned long long)size);
        return ERR_RANGE;
    }
    pc->low_ram = size < LOW_RAM_MAX ? size : LOW_RAM_MAX;
    pc->high_ram = size - pc->low_ram;
    return 0;
}

// Refuses RAM that the processor has no addresses for: it would be cut off, or appear twice. The size that was asked for counts, not the one
// that the host had.
static int check_width(struct plat *p, const struct emu_config *c, u64 size) {
    if (size < c->memory) size = c->memory;
    unsigned bits = pc_cpu_address_bits(c);
    u64 most = ((u64)1 << bits) - (HIGH_RAM_AT - LOW_RAM_MAX);
    if (size <= most) return 0;
    log_error(p,
              "memory: %llu MiB of guest RAM are too many: this processor has %u address bits, right is at most %llu MiB (%lluG)",
              (unsigned long long)(size / MiB), bits, (unsigned long long)(most / MiB), (unsigned long long)(most / GiB));
    return ERR_RANGE;
}

static int check_firmware(struct plat *p, const struct emu_inputs *in) {
    const struct disk *d = in->nvram_drive;
    return pc_firmware_check(p, &in->firmware, d ? d->name : in->nvram.name, d ? d->size : in->nvram.size);
}

static int add_firmware_area(struct pc *pc, const struct emu_inputs *in, u8 *ram) {
    struct plat *p = pc->m->plat;
    if (!in->firmware.data) return bus_add_ram(&pc->m->bus, p, "firmware area", BIOS, MiB - BIOS, ram + BIOS, false);
    int err = check_firmware(p, in);
    if (err) return err;
    pc->m->nvram = machine_back_end(in->nvram_drive, &in->nvram, &pc->nvram, false);
    pc->firmware = pc_firmware_create(pc->m, &in->firmware, ram);
    return pc->firmware ? 0 : ERR_NO_MEMORY;
}

static int add_ram(struct pc *pc, const struct emu_inputs *in, u8 *ram, u64 size) {
    struct bus *b = &pc->m->bus;
    struct plat *p = pc->m->plat;
    int err = share_ram(pc, p, size);
    if (err) return err;
    err = bus_add_ram(b, p, "RAM below 640 KiB", 0, LOW_END, ram, false);
    if (!err) err = add_firmware_area(pc, in, ram);
    if (!err) err = bus_add_ram(b, p, "RAM", MiB, pc->low_ram - MiB, ram + MiB, false);
    if (!err && pc->high_ram) err = bus_add_ram(b, p, "RAM above 4 GiB", HIGH_RAM_AT, pc->high_ram, ram + pc->low_ram, false);
    bus_track_pages(b, &pc->m->env);
    return err;
}

static void add_e820(struct pc *pc, gpa_t start, u64 size, u32 type) {
    if (size) pc->e820[pc->e820s++] = (struct e820_entry){start, size, type};
}

static void map_e820(struct pc *pc) {
    add_e820(pc, 0, BIOS_EBDA, E820_RAM);
    add_e820(pc, BIOS_EBDA, LOW_END - BIOS_EBDA, E820_RESERVED);
    add_e820(pc, BIOS, MiB - BIOS, E820_RESERVED);
    add_e820(pc, MiB, pc->low_ram - MiB, E820_RAM);
    add_e820(pc, PC_ECAM_AT, PCI_ECAM_SIZE, E820_RESERVED);
    add_e820(pc, HIGH_RAM_AT, pc->high_ram, E820_RAM);
}

// ---- interrupts: an ISA line goes to the 8259 pair and to the I/O APIC, where IRQ 0 is on pin 2

static void isa_irq(void *ctx, unsigned irq, bool level) {
    struct pc *pc = ctx;
    struct irq_line pic = pic8259_line(pc->pic, irq), apic = ioapic_line(pc->ioapic, irq == IRQ_PIT ? GSI_PIT : irq);
    irq_set(&pic, level);
    irq_set(&apic, level);
}

static void gsi(void *ctx, unsigned pin, bool level) {
    struct pc *pc = ctx;
    struct irq_line l = ioapic_line(pc->ioapic, pin);
    irq_set(&l, level);
}

static struct irq_line isa(struct pc *pc, unsigned irq) { return (struct irq_line){isa_irq, pc, irq}; }
static struct irq_line line_of(struct pc *pc, enum pc_told told) { return isa(pc, pc_irq(told)); }

// ---- what outlives a restart

struct kept {
    struct rtc_cmos *rtc; // of the machine that runs, or of the one before the restart
    struct rtc_battery battery;
};

static struct kept *kept_of(struct emu_machine *m) {
    if (!m->kept) m->kept = env_alloc(&m->own, sizeof(struct kept));
    return m->kept;
}

static void flush(struct emu_machine *m) {
    const struct pc *pc = m->board;
    if (pc->screen) pc_screen_flush(pc->screen);
}

static void keep(struct emu_machine *m) {
    struct kept *k = m->kept;
    flush(m);
    rtc_cmos_save(k->rtc, &k->battery);
}

// ---- devices

// What a port access takes. A card on the ISA bus, and whoever answers for one in the bridge, has ten address lines (ports below
// 0x400) and, at 8.33 MHz with the standard wait states and the bridge's share, a microsecond for each byte: what the delay through
// port 0x80 counts on. All other ports, and the IDE function's, are decoded on PCI: some ten clocks of 33 MHz.
enum { ISA_NS = 1000, PCI_NS = 300 };

static u32 port_time(u16 port, unsigned width) {
    unsigned channel1 = port & ~(unsigned)(PC_IDE0_AT ^ PC_IDE1_AT);
    bool ide = channel1 == PC_IDE1_CONTROL_AT || (channel1 >= PC_IDE1_AT && channel1 < PC_IDE1_AT + 8);
    return port < 0x400 && !ide ? ISA_NS * width : PCI_NS;
}

// The test device takes the port of the debug output, which is not there then.
static void add_testdev(struct pc *pc) {
    struct irq_line lines[TESTDEV_LINES];
    for (unsigned i = 0; i < TESTDEV_LINES; i++) lines[i] = i < 16 ? isa(pc, i) : (struct irq_line){gsi, pc, i};
    pc->device[PC_TESTDEV] = testdev_create(&pc->m->env, lines, pc->low_ram + pc->high_ram);
    pc->device[PC_DEBUG_OUTPUT] = NULL;
}

static void add_chipset(struct pc *pc, bool has_screen) {
    struct env *e = &pc->m->env;
    struct bus *b = &pc->m->bus;
    b->port_time = port_time;
    pc->lapic = pc_cpu_lapic(pc->m);
    pc->pic = pic8259_create(e, pc_cpu_pic_line(pc->m));
    pc_cpu_set_pic(pc->m, pc->pic);
    pc->ioapic = ioapic_create(e, 0, lapic_msi(pc->lapic));
    pc_cpu_set_ioapic(pc->m, pc->ioapic);

    const struct irq_line legacy[2] = {isa(pc, IRQ_PIT), line_of(pc, PC_TOLD_RTC)};
    struct hpet *hpet = hpet_create(e, legacy, (struct irq_line){gsi, pc, 0}, HPET_ROUTES);
    struct pit8254 *pit = pit8254_create(e, hpet_legacy_input(hpet, 0));
    struct rtc_cmos *rtc = rtc_cmos_create(e, hpet_legacy_input(hpet, 1), MACHINE_START_DATE, pc->low_ram, pc->high_ram);
    struct irq_line none = {0}, init = pc_cpu_init_line(pc->m);
    struct kept *kept = kept_of(pc->m);
    if (kept->rtc) rtc_cmos_restore(rtc, &kept->battery);
    kept->rtc = rtc;
    struct i8042 *kbd = i8042_create(e, line_of(pc, PC_TOLD_KBD), line_of(pc, PC_TOLD_MOUSE), none, init);
    struct sysport *sys = sysport_create(e, none, init);
    struct acpi_pm *pm = acpi_pm_create(e, isa(pc, IRQ_SCI), true);
    pc->screen = has_screen ? pc_screen_create(pc->m, kbd) : NULL;
    struct chardev *serial = pc->screen ? pc_screen_com1(pc->screen) : console_port(pc->m->console);
    struct uart16550 *com1 = uart16550_create(e, "uart0", line_of(pc, PC_TOLD_COM1), serial);
    struct uart16550 *com2 = uart16550_create(e, "uart1", line_of(pc, PC_TOLD_COM2), NULL);
    struct coprocessor *fpu = coprocessor_create(e, line_of(pc, PC_TOLD_FPU), pc_cpu_ignne(pc->m));
    pc_cpu_set_ferr(pc->m, coprocessor_ferr(fpu));
    struct debugport *debug = debugport_create(e, serial);

    struct msi_sink msi = lapic_msi(pc->lapic);
    pc->pci = pci_create(e, b, msi);
    struct i440fx *host = i440fx_create(e, pc->pci, &sysport_reset_ops, sys);
    struct piix4_config piix = {.slot = SLOT_PIIX, .pm_base = PC_PM_AT, .smbus_base = PC_SMBUS_AT, .smm_taken = pc->firmware};
    for (unsigned i = 0; i < 16; i++) piix.isa_irq[i] = pic8259_line(pc->pic, i);
    for (unsigned i = 0; i < PCI_PIRQS; i++) piix.direct[i] = ioapic_line(pc->ioapic, GSI_PIRQ + i);
    piix4_create(e, pc->pci, &piix);

    void *const made[PC_DEVICES] = {
        [PC_PIC] = pc->pic,
        [PC_PIT] = pit,
        [PC_RTC] = rtc,
        [PC_KBD] = kbd,
        [PC_SYSPORT] = sys,
        [PC_FPU] = fpu,
        [PC_DEBUG] = debug,
        [PC_DEBUG_OUTPUT] = debug,
        [PC_COM1] = com1,
        [PC_COM2] = com2,
        [PC_HOST] = host,
        [PC_PM] = pm,
        [PC_SMBUS] = piix4_smbus_create(e),
        [PC_ECAM] = pc->firmware ? NULL : pc->pci,
        [PC_IOAPIC] = pc->ioapic,
        [PC_HPET] = hpet,
        [PC_LAPIC] = pc->lapic,
        [PC_VGA] = pc->screen ? pc_screen_adapter(pc->screen) : NULL,
    };
    memcpy(pc->device, made, sizeof made);
    if (pc->firmware) pc_firmware_obey(pc->firmware, host);
    if (pc->m->config->testdev) add_testdev(pc);
}

static int add_storage(struct pc *pc, const struct emu_inputs *in) {
    const struct blob *iso = loader_cdrom(in);
    struct ide_config c = {.slot = SLOT_PIIX, .function = 1, .irq = {isa(pc, IRQ_IDE0), isa(pc, IRQ_IDE1)}};
    c.drive[1][0].kind = IDE_CDROM;
    if (iso) c.drive[1][0].disk = machine_back_end(in->cdrom_drive, iso, &pc->cdrom, true);
    struct ide *ide = ide_create(&pc->m->env, pc->pci, &c);
    if (!ide) return ERR_NO_MEMORY;
    pc->device[PC_IDE0] = &ide->channel[0];
    pc->device[PC_IDE1] = &ide->channel[1];
    static const char *const names[CONFIG_DISKS] = {"disk0", "disk1", "disk2", "disk3"};
    for (unsigned i = 0; i < CONFIG_DISKS; i++) {
        struct disk *d = pc->m->disk[i] = machine_back_end(in->disk_drive[i], &in->disk[i], &pc->disk[i], false);
        if (d && !virtio_blk_create(&pc->m->env, virtio_pci(pc->pci, SLOT_DISK + i), names[i], d)) return ERR_NO_MEMORY;
    }
    return 0;
}

static void add_virtio(struct pc *pc) {
    struct env *e = &pc->m->env;
    virtio_rng_create(e, virtio_pci(pc->pci, SLOT_RNG), "virtio-rng", pc->m->seed);
    // An OS starts a login on every console it finds, and two on one terminal mix their prompts.
    if (!pc->m->config->virtio_console) return;
    const struct chardev *tty = pc->screen ? pc_screen_com1(pc->screen) : console_port(pc->m->console);
    pc->hvc = (struct chardev){.write = tty->write, .ctx = tty->ctx};
    virtio_console_create(e, virtio_pci(pc->pci, SLOT_CONSOLE), "virtio-console", &pc->hvc);
}

// Sets what firmware would have set for the operating system.
static void firmware_settings(struct pc *pc) {
    struct bus *b = &pc->m->bus;
    struct pci_windows w = {
        .io_start = PCI_IO_AT, .io_size = 0x10000 - PCI_IO_AT, .mem_start = PCI_MEM_AT, .mem_size = PC_ECAM_AT - PCI_MEM_AT};
    memcpy(w.pirq_irq, pirq_irq, sizeof pirq_irq);
    pci_assign(pc->pci, &w);
    for (unsigned i = 0; i < PCI_PIRQS; i++) {
        pci_config_write(pc->pci, SLOT_PIIX << 3, 0x60 + i, 1, pirq_irq[i]);
        u16 elcr = PC_ELCR_AT + pirq_irq[i] / 8;
        bus_out(b, elcr, 1, bus_in(b, elcr, 1) | 1u << pirq_irq[i] % 8);
    }
    bus_out(b, PC_ELCR_AT + 1, 1, bus_in(b, PC_ELCR_AT + 1, 1) | 1u << (IRQ_SCI - 8));
    lapic_virtual_wire(pc->lapic);
}

static void describe(const struct pc *pc, struct acpi_board *a) {
    const u32 pci_end = pc->firmware ? PC_IOAPIC_AT : PC_ECAM_AT;
    *a = (struct acpi_board){
        .lapic_id = 0,
        .ioapic_id = 0,
        .lapic_base = PC_LAPIC_AT,
        .ioapic_base = PC_IOAPIC_AT,
        .ioapic_gsi_base = 0,
        .overrides = {{.irq = IRQ_PIT, .gsi = GSI_PIT}, {.irq = IRQ_SCI, .gsi = IRQ_SCI, .level = true}},
        .override_count = 2,
        .pm_base = PC_PM_AT,
        .gpe0_base = PC_GPE0_AT,
        .smi_port = PC_SMI_AT,
        .sci = IRQ_SCI,
        .pm_timer_32bit = true,
        .reset_port = PC_RESET_AT,
        .reset_value = 6,
        .century = RTC_CENTURY,
        .hpet_base = PC_HPET_AT,
        .hpet_block_id = HPET_EVENT_TIMER_BLOCK_ID,
        .hpet_min_tick = 100,
        .pci_config_port = PC_CONFIG_AT,
        .ecam_base = pc->firmware ? 0 : PC_ECAM_AT,
        .windows = {{ACPI_WINDOW_IO, 0, PC_CONFIG_AT},
                    {ACPI_WINDOW_IO, PC_CONFIG_AT + I440FX_PORTS, 0x10000 - PC_CONFIG_AT - I440FX_PORTS},
                    {ACPI_WINDOW_MEMORY, LOW_END, BIOS - LOW_END},
                    {ACPI_WINDOW_MEMORY, PCI_MEM_AT, pci_end - PCI_MEM_AT}},
        .isa_slot = SLOT_PIIX,
        .pirq_gsi = {GSI_PIRQ, GSI_PIRQ + 1, GSI_PIRQ + 2, GSI_PIRQ + 3},
        .link_irqs = {5, 10, 11},
    };
    pc_tell_isa(a->isa);
}

static int add_acpi(struct pc *pc, u8 *ram) {
    struct acpi_board a;
    describe(pc, &a);
    i64 used = acpi_build(&a, pc->m->plat, ACPI_AT, ram + ACPI_AT, ACPI_ROOM);
    return used < 0 ? (int)used : 0;
}

static int load(struct pc *pc, const struct emu_inputs *in, struct image *image) {
    map_e820(pc);
    struct load_target *t = env_alloc(&pc->m->env, sizeof *t);
    *t = (struct load_target){
        .plat = pc->m->plat, .arch = &loader_x86, .bus = &pc->m->bus, .e820 = pc->e820, .e820s = pc->e820s, .acpi_rsdp = ACPI_AT};
    return loader_load(t, pc->m->config, in, image);
}

// Firmware finds the rest by itself, as on any PC.
static int tell_firmware(struct pc *pc, const struct blob *vga_bios) {
    struct acpi_board a;
    describe(pc, &a);
    const struct pc_told_firmware told = {.low_ram = pc->low_ram,
                                          .high_ram = pc->high_ram,
                                          .acpi = &a,
                                          .isa_slot = SLOT_PIIX,
                                          .disk_slot = SLOT_DISK,
                                          .vga_bios = vga_bios};
    pc->device[PC_FW_CFG] = pc_fw_cfg_create(pc->m, &told);
    return pc->device[PC_FW_CFG] ? 0 : ERR_RANGE;
}

// There is no firmware, and the board leaves what one would have left.
static int start_directly(struct pc *pc, const struct emu_inputs *in, u8 *ram) {
    struct image image = {0};
    firmware_settings(pc);
    bios_leave(ram, pc->m->config->disks);
    int err = add_acpi(pc, ram);
    if (!err) err = load(pc, in, &image);
    if (err) return err;
    if (x86_start_of(&image).mode == START_REAL) bios_start_timer(&pc->m->bus);
    pc_cpu_start(pc->m, &image);
    return 0;
}

static bool input_wakes(const struct emu_machine *m) {
    const struct pc *pc = m->board;
    unsigned irq = pc_irq(pc->screen && pc_screen_is_typed_at(pc->screen) ? PC_TOLD_KBD : PC_TOLD_COM1);
    return console_listens(m->console) && !(pic8259_masked(pc->pic, irq) && ioapic_masked(pc->ioapic, irq));
}

static int create(struct emu_machine *m, const struct emu_inputs *in, u8 *ram, u64 ram_size) {
    struct pc *pc = env_alloc(&m->env, sizeof *pc);
    pc->m = m;
    m->board = pc;
    int err = add_ram(pc, in, ram, ram_size);
    if (!err) err = pc_cpu_create(m);
    if (!err) err = check_width(m->plat, m->config, ram_size);
    if (err) return err;
    add_chipset(pc, pc->firmware && in->vga_bios.data);
    err = add_storage(pc, in);
    if (!err && pc->firmware) err = tell_firmware(pc, &in->vga_bios);
    if (!err) err = pc_add_rows(&m->bus, m->plat, pc->device);
    if (!err && pc->firmware && pc_firmware_keeps_variables(&in->firmware))
        err = bus_add_io(&m->bus, m->plat, "ACPI PM for OVMF", PC_PM_OVMF_AT, &acpi_pm_ops, pc->device[PC_PM]);
    if (err) return err;
    add_virtio(pc);
    machine_add_ram_state(m);
    if (!pc->firmware) return start_directly(pc, in, ram);
    pc_cpu_start_rom(m);
    return 0;
}

static int check(struct plat *p, const struct emu_config *c, const struct emu_inputs *in, u64 ram_size) {
    struct pc pc = {0};
    struct image image;
    struct load_target *t = p->alloc(p, sizeof *t, 64);
    if (!t) {
        log_error(p, "no memory to look at the images");
        return ERR_NO_MEMORY;
    }
    int err = share_ram(&pc, p, ram_size);
    if (!err) err = pc_cpu_check(p, c);
    if (!err) err = check_width(p, c, ram_size);
    if (!err && in->firmware.data) err = check_firmware(p, in);
    else if (!err) {
        map_e820(&pc);
        *t = (struct load_target){.plat = p, .arch = &loader_x86, .e820 = pc.e820, .e820s = pc.e820s, .acpi_rsdp = ACPI_AT};
        err = loader_load(t, c, in, &image);
    }
    p->free(p, t, sizeof *t);
    return err;
}

const struct board pc_board = {.name = "pc",
                               .loader = &loader_x86,
                               .takes_firmware = true,
                               .translates = true,
                               .check = check,
                               .create = create,
                               .keep = keep,
                               .flush = flush,
                               .input_wakes = input_wakes};
