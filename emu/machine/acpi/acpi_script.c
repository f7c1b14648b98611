// SPDX-License-Identifier: MIT
// A script is a row of entries of 128 bytes:
//   command 1  allocate:      4 file  3C alignment  40 zone (1: anywhere, 2: segment F000)
//   command 2  add a pointer: 4 file with it  3C file that it points to  74 its offset  78 its width
//   command 3  add a checksum: 4 file  3C offset of the checksum  40 first byte  44 length
#include "machine/acpi/acpi_script.h"

#include "base/le.h"

#include <string.h>

enum { ENTRY = 128, FILE_1 = 4, FILE_2 = 0x3c };
enum { ALLOCATE = 1, ADD_POINTER = 2, ADD_CHECKSUM = 3 };
enum { ANYWHERE = 1, SEGMENT_F000 = 2 };
enum { HEADER = 36, CHECKSUM = 9, LENGTH = 4 };

struct script {
    u8 *at, *end;
};

// The next entry; behind the end, the last one again.
static u8 *entry(struct script *s, u32 command, const char *file) {
    u8 *e = s->at;
    if (s->end - e > ENTRY) s->at += ENTRY;
    memset(e, 0, ENTRY);
    st32(e, command);
    memcpy(e + FILE_1, file, strlen(file));
    return e;
}

static void allocate(struct script *s, const char *file, u32 align, u8 zone) {
    u8 *e = entry(s, ALLOCATE, file);
    st32(e + 0x3c, align);
    e[0x40] = zone;
}

static void point(struct script *s, const char *file, u32 offset, u8 width) {
    u8 *e = entry(s, ADD_POINTER, file);
    memcpy(e + FILE_2, ACPI_TABLES_FILE, sizeof ACPI_TABLES_FILE);
    st32(e + 0x74, offset);
    e[0x78] = width;
}

// The checksum is right for the bytes as they are, and what is added to it makes it right again.
static void seal(struct script *s, const char *file, u32 checksum, u32 first, u32 length) {
    u8 *e = entry(s, ADD_CHECKSUM, file);
    st32(e + 0x3c, checksum);
    st32(e + 0x40, first);
    st32(e + 0x44, length);
}

static void seal_table(struct script *s, const u8 *tables, u32 at) {
    seal(s, ACPI_TABLES_FILE, at + CHECKSUM, at, ld32(tables + at + LENGTH));
}

// The FADT points to FACS and DSDT.
static void fadt(struct script *s, const u8 *tables, u32 at) {
    enum { FACS = 36, DSDT = 40, X_DSDT = 140 };
    point(s, ACPI_TABLES_FILE, at + FACS, 4);
    point(s, ACPI_TABLES_FILE, at + DSDT, 4);
    point(s, ACPI_TABLES_FILE, at + X_DSDT, 8);
    seal_table(s, tables, at);
}

// RSDT and XSDT: an address of this width for each table.
static void root(struct script *s, const u8 *tables, u32 at, u8 width) {
    u32 end = at + ld32(tables + at + LENGTH);
    for (u32 p = at + HEADER; p < end; p += width) {
        u32 table = (u32)ld_width(tables + p, width);
        if (width == 4 && !memcmp(tables + table, "FACP", 4)) fadt(s, tables, table);
        point(s, ACPI_TABLES_FILE, p, width);
    }
    seal_table(s, tables, at);
}

u32 acpi_script(u8 *tables, u8 rsdp[ACPI_RSDP_SIZE], u8 script[ACPI_SCRIPT_MOST]) {
    enum { RSDT = 16, XSDT = 24, SUM_1 = 8, LENGTH_1 = 20, SUM_2 = 32 };
    struct script s = {script, script + ACPI_SCRIPT_MOST};
    memcpy(rsdp, tables, ACPI_RSDP_SIZE);
    memset(tables, 0, ACPI_RSDP_SIZE);
    allocate(&s, ACPI_TABLES_FILE, 64, ANYWHERE);
    allocate(&s, ACPI_RSDP_FILE, 16, SEGMENT_F000);
    root(&s, tables, ld32(rsdp + RSDT), 4);
    root(&s, tables, ld32(rsdp + XSDT), 8);
    point(&s, ACPI_RSDP_FILE, RSDT, 4);
    point(&s, ACPI_RSDP_FILE, XSDT, 8);
    seal(&s, ACPI_RSDP_FILE, SUM_1, 0, LENGTH_1);
    seal(&s, ACPI_RSDP_FILE, SUM_2, 0, ACPI_RSDP_SIZE);
    return (u32)(s.at - script);
}
