// SPDX-License-Identifier: MIT
// ACPI 6.5: 5.2.5 RSDP, 5.2.8 XSDT, 5.2.9 FADT; SPCR is Microsoft's "Serial Port Console Redirection Table".
//
// Every table:                0 signature   4 length   ...   36 its own
// Generic Address Structure:  0 space (0 memory, 1 I/O)   1 bit width   2 bit offset   3 access size   4..11 address
#include "boot/tables.h"
#include "base/bits.h"
#include "base/le.h"
#include "kernel/layout.h"

enum { TABLE_LIMIT = 16 * 1024 * 1024, TABLES = 512, HEADER = 36, GAS = 12 };
enum { RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_SIZE = 20, RSDP_XSDT = 24, RSDP_SIZE_2 = 36 };
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
enum { SPCR_INTERFACE = 36, SPCR_BASE = 40, UART_PORTS = 8 };
enum { SPACE_MEMORY = 0, SPACE_IO = 1 };

struct table {
    const u8 *bytes; // NULL: there is none
    u32 size;        // at least HEADER
};

static struct table load(const struct tables *t, u64 address) {
    struct table none = {0};
    const u8 *header = address ? t->at(t, address, HEADER) : NULL;
    if (!header) return none;
    u32 size = ld32(header + 4);
    const u8 *bytes = size < HEADER || size > TABLE_LIMIT ? NULL : t->at(t, address, size);
    return bytes ? (struct table){bytes, size} : none;
}

// The XSDT, or the RSDT of revision 1, and the bytes that one of its entries has.
static struct table root(const struct tables *t, unsigned *entry) {
    const u8 *r = t->rsdp ? t->at(t, t->rsdp, RSDP_SIZE) : NULL;
    if (!r || memcmp(r, "RSD PTR ", 8)) return (struct table){0};
    const u8 *r2 = r[RSDP_REVISION] >= 2 ? t->at(t, t->rsdp, RSDP_SIZE_2) : NULL;
    u64 xsdt = r2 ? ld64(r2 + RSDP_XSDT) : 0;
    *entry = xsdt ? 8 : 4;
    return load(t, xsdt ? xsdt : ld32(r + RSDP_RSDT));
}

// The next table of that signature from entry *next on.
static struct table find(const struct tables *t, const char *signature, unsigned *next) {
    unsigned entry;
    struct table list = root(t, &entry);
    while (list.bytes && *next < TABLES && HEADER + (*next + 1) * entry <= list.size) {
        struct table table = load(t, ld_width(list.bytes + HEADER + (*next)++ * entry, entry));
        if (table.bytes && !memcmp(table.bytes, signature, 4)) return table;
    }
    return (struct table){0};
}

static struct table first(const struct tables *t, const char *signature) {
    unsigned next = 0;
    return find(t, signature, &next);
}

// Ports have 16 bits; physical addresses end where the kernel's windows begin.
static bool reachable(u8 space, u64 address, u64 size) {
    if (!address || space > SPACE_IO) return false;
    return range_inside(address, size, space == SPACE_IO ? 0x10000 : GUEST_WINDOW);
}

static struct acpi_register legacy_register(u32 port, u8 width) {
    return (struct acpi_register){.present = reachable(SPACE_IO, port, width), .width = width, .address = port};
}

// The extended form of a register when the table has it (and it is of a kind we can use), else the legacy one.
static struct acpi_register extended_register(struct table fadt, u32 at, struct acpi_register legacy) {
    const u8 *gas = fadt.bytes + at;
    if (at + GAS > fadt.size || !reachable(gas[0], ld64(gas + 4), legacy.width)) return legacy;
    return (struct acpi_register){
        .present = true, .mmio = gas[0] == SPACE_MEMORY, .width = legacy.width, .address = ld64(gas + 4)};
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
static bool find_s5(struct table table, struct acpi_power *w) {
    const u8 *end = table.bytes + table.size;
    for (const u8 *p = table.bytes + HEADER; end - p > 8; p++) {
        u8 a, b;
        if (memcmp(p, "_S5_", 4) || p[4] != 0x12) continue;
        if (p[-1] != 0x08 && !(p[-1] == '\\' && p[-2] == 0x08)) continue;
        const u8 *q = p + 5;
        q += 1 + (*q >> 6); // PkgLength: its top two bits count the bytes that follow
        if (q >= end || *q++ < 1) continue;
        if (!aml_integer(&q, end, &a)) continue;
        if (!aml_integer(&q, end, &b)) b = a;
        w->slp_typ_a = a & 7;
        w->slp_typ_b = b & 7;
        return true;
    }
    return false;
}

static bool find_s5_anywhere(const struct tables *t, u64 dsdt, struct acpi_power *w) {
    struct table table = load(t, dsdt);
    for (unsigned next = 0; !table.bytes || !find_s5(table, w);) {
        table = find(t, "SSDT", &next);
        if (!table.bytes) return false;
    }
    return true;
}

void tables_power(const struct tables *t, struct acpi_power *w) {
    struct table fadt = first(t, "FACP");
    if (fadt.size < FADT_RESET_REG) return;
    const u8 *f = fadt.bytes;
    u32 flags = ld32(f + FADT_FLAGS), smi = ld32(f + FADT_SMI_CMD);
    w->smi_command = reachable(SPACE_IO, smi, 1) ? (u16)smi : 0;
    w->acpi_enable = f[FADT_ACPI_ENABLE];
    w->pm1a_control = extended_register(fadt, FADT_X_PM1A_CNT, legacy_register(ld32(f + FADT_PM1A_CNT), 2));
    w->pm1b_control = extended_register(fadt, FADT_X_PM1B_CNT, legacy_register(ld32(f + FADT_PM1B_CNT), 2));
    w->pm_timer = extended_register(fadt, FADT_X_PM_TMR, legacy_register(ld32(f + FADT_PM_TMR), 4));
    if (f[FADT_PM_TMR_LEN] != 4) w->pm_timer.present = false;
    w->pm_timer_32 = flags & FLAG_TMR_VAL_EXT;
    if (fadt.size > FADT_RESET_VALUE && flags & FLAG_RESET_REG_SUP) {
        w->reset = extended_register(fadt, FADT_RESET_REG, legacy_register(0, 1));
        w->reset_value = f[FADT_RESET_VALUE];
    }
    u64 dsdt = fadt.size >= FADT_X_DSDT + 8 ? ld64(f + FADT_X_DSDT) : 0;
    w->has_s5 = find_s5_anywhere(t, dsdt ? dsdt : ld32(f + FADT_DSDT), w);
}

bool tables_serial(const struct tables *t, struct serial_port *s) {
    struct table spcr = first(t, "SPCR");
    if (spcr.size < SPCR_BASE + GAS) return false;
    u8 interface = spcr.bytes[SPCR_INTERFACE];
    const u8 *gas = spcr.bytes + SPCR_BASE;
    bool is_16550 = interface == 0 || interface == 1 || interface == 0x12, mmio = gas[0] == SPACE_MEMORY;
    u8 stride = mmio && gas[1] == 32 ? 4 : 1;
    if (!is_16550 || !reachable(gas[0], ld64(gas + 4), UART_PORTS * stride)) return false; // or no redirection
    *s = (struct serial_port){.present = true, .mmio = mmio, .as_is = mmio, .stride = stride, .base = ld64(gas + 4)};
    return true;
}
