// SPDX-License-Identifier: MIT
// The few facts that we need from the firmware's ACPI tables (ACPI 6.5: 5.2.5 RSDP, 5.2.8 XSDT, 5.2.9 FADT; SPCR is
// Microsoft's "Serial Port Console Redirection Table"). Read before the exit; nothing of the tables is used after it.
//
// Generic Address Structure:  0 space (0 memory, 1 I/O)   1 bit width   2 bit offset   3 access size   4..11 address
#include "base/le.h"
#include "boot/boot.h"
#include "kernel/serial.h"
#include <stdlib.h>
#include <string.h>

enum { TABLE_LIMIT = 16 * 1024 * 1024, HEADER = 36, COM1 = 0x3f8 };
enum {
    FADT_DSDT = 40,
    FADT_SMI_CMD = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_PM1A_CNT = 64,
    FADT_PM1B_CNT = 68,
    FADT_PM_TMR = 76,
    FADT_PM_TMR_LEN = 91,
    FADT_FLAGS = 112,
    FADT_RESET_REG = 116,
    FADT_RESET_VALUE = 128,
    FADT_X_DSDT = 140,
    FADT_X_PM1A_CNT = 172,
    FADT_X_PM1B_CNT = 184,
    FADT_X_PM_TMR = 208,
    FLAG_TMR_VAL_EXT = 1 << 8,
    FLAG_RESET_REG_SUP = 1 << 10,
};
enum { SPCR_INTERFACE = 36, SPCR_BASE = 40 };

static u32 length_of(const u8 *table) {
    u32 n = ld32(table + 4);
    return n < HEADER || n > TABLE_LIMIT ? 0 : n;
}

static const u8 *rsdp(struct boot *b) {
    static const EFI_GUID acpi2 = ACPI_20_TABLE_GUID;
    for (UINTN i = 0; i < b->st->NumberOfTableEntries; i++)
        if (!memcmp(&b->st->ConfigurationTable[i].VendorGuid, &acpi2, sizeof acpi2))
            return b->st->ConfigurationTable[i].VendorTable;
    return NULL;
}

// The nth table of that signature, or NULL.
static const u8 *find(struct boot *b, const char *signature, unsigned nth) {
    const u8 *root = rsdp(b);
    if (!root || memcmp(root, "RSD PTR ", 8)) return NULL;
    bool wide = root[15] >= 2 && ld64(root + 24); // revision 2 has an XSDT
    const u8 *list = (const u8 *)(uintptr_t)(wide ? ld64(root + 24) : ld32(root + 16));
    unsigned entry = wide ? 8 : 4;
    for (u32 at = HEADER, end = list ? length_of(list) : 0; at + entry <= end; at += entry) {
        const u8 *table = (const u8 *)(uintptr_t)ld_width(list + at, entry);
        if (table && !memcmp(table, signature, 4) && !nth--) return table;
    }
    return NULL;
}

static struct acpi_register legacy_register(u32 port, u8 width) {
    return (struct acpi_register){.present = port && port <= 0xffff, .width = width, .address = port};
}

// The extended form of a register when the table has it (and it is of a kind we can use), else the legacy one.
static struct acpi_register fadt_register(const u8 *fadt, u32 extended, struct acpi_register legacy) {
    const u8 *gas = fadt + extended;
    if (extended + 12 > length_of(fadt) || !ld64(gas + 4) || gas[0] > 1) return legacy;
    return (struct acpi_register){
        .present = true, .mmio = gas[0] == 0, .width = legacy.width, .address = ld64(gas + 4)};
}

// An AML integer constant (ACPI 6.5, 20.2.3) that is a byte at most in value.
static bool aml_integer(const u8 **p, const u8 *end, u8 *value) {
    if (*p >= end) return false;
    u8 op = *(*p)++;
    unsigned width = op == 0x0a ? 1 : op == 0x0b ? 2 : op == 0x0c ? 4 : 0;
    if (!width && op > 1 && op != 0xff) return false;
    if (width > (size_t)(end - *p)) return false;
    *value = width ? **p : op; // ZeroOp, OneOp, OnesOp are their own values
    *p += width;
    return true;
}

// Name (\_S5, Package () { a, b, ... }):  08 [5c] "_S5_" 12 PkgLength NumElements a b
static bool find_s5(const u8 *table, struct acpi_power *w) {
    const u8 *end = table + length_of(table);
    for (const u8 *p = table + HEADER; p + 8 < end; p++) {
        if (memcmp(p, "_S5_", 4) || p[4] != 0x12) continue;
        if (p[-1] != 0x08 && !(p[-1] == '\\' && p[-2] == 0x08)) continue;
        const u8 *q = p + 5;
        q += 1 + (*q >> 6); // PkgLength: its top two bits count the bytes that follow
        if (q >= end || *q++ < 1) continue;
        if (!aml_integer(&q, end, &w->slp_typ_a)) continue;
        if (!aml_integer(&q, end, &w->slp_typ_b)) w->slp_typ_b = w->slp_typ_a;
        w->slp_typ_a &= 7;
        w->slp_typ_b &= 7;
        return true;
    }
    return false;
}

static void read_fadt(struct boot *b) {
    const u8 *fadt = find(b, "FACP", 0);
    if (!fadt || length_of(fadt) < FADT_RESET_REG) return;
    u32 length = length_of(fadt), flags = ld32(fadt + FADT_FLAGS);
    struct acpi_power *w = &b->h->power;
    w->smi_command = (u16)ld32(fadt + FADT_SMI_CMD);
    w->acpi_enable = fadt[FADT_ACPI_ENABLE];
    w->pm1a_control = fadt_register(fadt, FADT_X_PM1A_CNT, legacy_register(ld32(fadt + FADT_PM1A_CNT), 2));
    w->pm1b_control = fadt_register(fadt, FADT_X_PM1B_CNT, legacy_register(ld32(fadt + FADT_PM1B_CNT), 2));
    w->pm_timer = fadt_register(fadt, FADT_X_PM_TMR, legacy_register(ld32(fadt + FADT_PM_TMR), 4));
    if (fadt[FADT_PM_TMR_LEN] != 4) w->pm_timer.present = false;
    w->pm_timer_32 = flags & FLAG_TMR_VAL_EXT;
    if (length > FADT_RESET_VALUE && flags & FLAG_RESET_REG_SUP) {
        w->reset = fadt_register(fadt, FADT_RESET_REG, legacy_register(0, 1));
        w->reset_value = fadt[FADT_RESET_VALUE];
    }
    u64 dsdt = length >= FADT_X_DSDT + 8 ? ld64(fadt + FADT_X_DSDT) : 0;
    if (!dsdt) dsdt = ld32(fadt + FADT_DSDT);
    w->has_s5 = dsdt && find_s5((const u8 *)(uintptr_t)dsdt, w);
    const u8 *ssdt;
    for (unsigned i = 0; !w->has_s5 && (ssdt = find(b, "SSDT", i)); i++) w->has_s5 = find_s5(ssdt, w);
}

static void read_spcr(struct boot *b) {
    const u8 *spcr = find(b, "SPCR", 0);
    if (!spcr || length_of(spcr) < SPCR_BASE + 12) return;
    u8 interface = spcr[SPCR_INTERFACE];
    const u8 *gas = spcr + SPCR_BASE;
    bool is_16550 = interface == 0 || interface == 1 || interface == 0x12;
    if (!is_16550 || gas[0] > 1 || !ld64(gas + 4)) return; // no redirection, or a UART of another kind
    bool mmio = gas[0] == 0;
    b->h->serial = (struct serial_port){
        .present = true, .mmio = mmio, .stride = mmio && gas[1] == 32 ? 4 : 1, .base = ld64(gas + 4)};
}

void acpi_read(struct boot *b) {
    b->h->serial = (struct serial_port){.present = true, .stride = 1, .base = COM1};
    read_spcr(b);
    read_fadt(b);
}

bool serial_choose(struct boot *b) {
    const char *text = b->h->config.serial;
    if (!text[0] || !strcmp(text, "auto")) return true;
    struct serial_port s = {.present = true, .stride = 1};
    if (!strncmp(text, "mmio:", 5) || !strncmp(text, "mmio32:", 7)) {
        s.mmio = true;
        s.stride = text[4] == ':' ? 1 : 4;
        text = strchr(text, ':') + 1;
    }
    char *end;
    s.base = strtoull(text, &end, 0);
    if (*end || !s.base || (!s.mmio && s.base > 0xfff8)) {
        log_error(&b->plat, "serial = %s: give a port such as 0x3f8, mmio:ADDRESS, mmio32:ADDRESS, or auto",
                  b->h->config.serial);
        return false;
    }
    if (s.mmio == b->h->serial.mmio && s.base == b->h->serial.base) return true;
    serial_init(&s);
    if (!s.present) {
        log_error(&b->plat, "serial = %s: no UART answers there", b->h->config.serial);
        return false;
    }
    log_info(&b->plat, "serial = %s: going on there", b->h->config.serial);
    b->h->serial = s;
    log_info(&b->plat, "serial = %s: console", b->h->config.serial);
    return true;
}
