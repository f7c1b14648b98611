// SPDX-License-Identifier: MIT
// The firmware's ACPI tables, read before the exit (nothing of them is used after it), and where the serial port is.
#include "base/bits.h"
#include "boot/boot.h"
#include "boot/tables.h"
#include "kernel/gdb.h"
#include "kernel/layout.h"
#include "kernel/serial.h"
#include <stdlib.h>
#include <string.h>

enum { COM1 = 0x3f8 };

static u64 rsdp(struct boot *b) {
    static const EFI_GUID acpi2 = ACPI_20_TABLE_GUID;
    for (UINTN i = 0; i < b->st->NumberOfTableEntries; i++)
        if (!memcmp(&b->st->ConfigurationTable[i].VendorGuid, &acpi2, sizeof acpi2))
            return (uintptr_t)b->st->ConfigurationTable[i].VendorTable;
    return 0;
}

// Boot services map memory where it is.
static const u8 *at(const struct tables *t, u64 address, u64 size) {
    return range_inside(address, size, GUEST_WINDOW) ? (const u8 *)(uintptr_t)address : NULL;
}

void acpi_read(struct boot *b) {
    b->h->serial = (struct serial_port){.present = true, .stride = 1, .base = COM1};
    const struct tables t = {.at = at, .rsdp = rsdp(b)};
    tables_serial(&t, &b->h->serial);
    tables_power(&t, &b->h->power);
}

// A port as `serial` and `gdb` name it; false: it is none.
static bool port_of(const char *text, struct serial_port *s) {
    *s = (struct serial_port){.present = true, .stride = 1};
    if (!strncmp(text, "mmio:", 5) || !strncmp(text, "mmio32:", 7)) {
        s->mmio = s->as_is = true;
        s->stride = text[4] == ':' ? 1 : 4;
        text = strchr(text, ':') + 1;
    }
    char *end;
    s->base = strtoull(text, &end, 0);
    return (!*end || *end == ',') && s->base && s->base <= (s->mmio ? GUEST_WINDOW - 8u * s->stride : 0xfff8);
}

bool gdb_choose(struct boot *b) {
    const char *text = b->h->config.gdb;
    struct serial_port *s = &b->h->gdb;
    *s = (struct serial_port){0};
    b->h->inputs.gdb = NULL;
    if (!text[0]) return true;
    if (!port_of(text, s)) {
        log_error(&b->plat,
                  "gdb = %s: the firmware has no sockets; right is a serial port: 0x2f8, mmio:ADDRESS or mmio32:ADDRESS", text);
        return false;
    }
    if (b->h->serial.present && s->mmio == b->h->serial.mmio && s->base == b->h->serial.base) {
        log_error(&b->plat, "gdb = %s: the console is there; right is another serial port", text);
        return false;
    }
    serial_init(s);
    if (!s->present) {
        log_error(&b->plat, "gdb = %s: no UART answers there", text);
        return false;
    }
    b->h->inputs.gdb = gdb_line(s, text, !strchr(text, ','));
    return true;
}

bool serial_choose(struct boot *b) {
    const char *text = b->h->config.serial;
    if (!text[0] || !strcmp(text, "auto")) return true;
    struct serial_port s;
    if (!port_of(text, &s)) {
        log_error(&b->plat, "serial = %s: give a port such as 0x3f8, mmio:ADDRESS, mmio32:ADDRESS, or auto", b->h->config.serial);
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
