// SPDX-License-Identifier: MIT
// What SeaBIOS asks of fw_cfg: RAM, processors, ACPI tables, where the console is, and what to start from in which order.
#include "base/le.h"
#include "core/text.h"
#include "dev/fw_cfg.h"
#include "machine/acpi/acpi_script.h"
#include "machine/pc/pc_firmware.h"

#include <string.h>

#define TABLES_MOST (16 * KiB)
#define COM1 0x3f8

// A range of RAM: start (8 bytes), length (8), type (4: 1 is RAM).
enum { E820_ENTRY = 20, E820_ENTRIES = 2 };

struct files {
    u8 e820[E820_ENTRIES * E820_ENTRY];
    u8 sercon[8], sleep[6];
    char order[1024];
    u8 rsdp[ACPI_RSDP_SIZE], script[ACPI_SCRIPT_MOST];
    _Alignas(64) u8 tables[TABLES_MOST];
};

static void say_ram(u8 *entry, u64 start, u64 size) {
    st64(entry, start);
    st64(entry + 8, size);
    st32(entry + 16, 1);
}

// The names are Open Firmware's, as QEMU forms them and SeaBIOS compares them. A file "HALT" at the end: nothing else is tried.
static void say_order(struct text *t, const struct emu_machine *m, const struct pc_told_firmware *told) {
    const struct emu_config *c = m->config;
    for (unsigned i = 0; i < CONFIG_BOOTS && c->boot[i]; i++) {
        if (c->boot[i] == BOOT_CD) text_say(t, "/pci@i0cf8/ide@%x,1/drive@1/disk@0\n", told->isa_slot);
        for (unsigned n = 0; c->boot[i] == BOOT_DISK && n < CONFIG_DISKS; n++)
            if (m->disk[n]) text_say(t, "/pci@i0cf8/scsi@%x/disk@0,0\n", told->disk_slot + n);
    }
    text_say(t, "HALT");
}

static int add_acpi(struct fw_cfg *d, struct files *f, struct plat *p, const struct acpi_board *board) {
    i64 size = acpi_build(board, p, 0, f->tables, sizeof f->tables);
    if (size < 0) return (int)size;
    fw_cfg_add_file(d, "etc/table-loader", f->script, acpi_script(f->tables, f->rsdp, f->script));
    fw_cfg_add_file(d, ACPI_RSDP_FILE, f->rsdp, sizeof f->rsdp);
    fw_cfg_add_file(d, ACPI_TABLES_FILE, f->tables, (u32)size);
    return 0;
}

struct fw_cfg *pc_fw_cfg_create(struct emu_machine *m, const struct pc_told_firmware *t) {
    static const u8 sleep[6] = {0x80, 0, 0, 1, 2, 0x80}; // of S0 to S5 the type, and 0x80: it is there
    struct fw_cfg *d = fw_cfg_create(&m->env, &m->bus);
    struct files *f = env_alloc(&m->env, sizeof *f); // constant
    struct text order = {f->order, sizeof f->order};
    fw_cfg_add(d, FW_CFG_RAM_SIZE, t->low_ram, 8);
    fw_cfg_add(d, FW_CFG_CPUS, 1, 2);
    fw_cfg_add(d, FW_CFG_MOST_CPUS, 1, 2);
    fw_cfg_add(d, FW_CFG_BOOT_MENU, 0, 2);
    say_ram(f->e820, 0, t->low_ram);
    say_ram(f->e820 + E820_ENTRY, 4 * GiB, t->high_ram);
    fw_cfg_add_file(d, "etc/e820", f->e820, t->high_ram ? sizeof f->e820 : E820_ENTRY);
    st64(f->sercon, COM1);
    if (t->vga_bios->data) fw_cfg_add_file(d, "vgaroms/" CONFIG_VGA_BIOS, t->vga_bios->data, (u32)t->vga_bios->size);
    else fw_cfg_add_file(d, "etc/sercon-port", f->sercon, sizeof f->sercon);
    memcpy(f->sleep, sleep, sizeof sleep);
    fw_cfg_add_file(d, "etc/system-states", f->sleep, sizeof f->sleep);
    say_order(&order, m, t);
    fw_cfg_add_file(d, "bootorder", f->order, (u32)strlen(f->order) + 1);
    return add_acpi(d, f, m->plat, t->acpi) ? NULL : d;
}
