// SPDX-License-Identifier: MIT
// ACPI tables: checksums, pointers and fields against the specification's offsets, and the DSDT through iasl when the
// machine has it (disassembled and compiled again without an error or a warning).
#include "machine/acpi/acpi.h"
#include "machine/acpi/aml.h"
#include "scripted_plat.h"

#include "base/le.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define AT 0xe0000
#define ROOM 0x10000

static const struct acpi_board board = {
    .lapic_id = 0,
    .ioapic_id = 2,
    .lapic_base = 0xfee00000,
    .ioapic_base = 0xfec00000,
    .ioapic_gsi_base = 0,
    .overrides = {{.irq = 0, .gsi = 2}, {.irq = 9, .gsi = 9, .level = true, .active_low = true}},
    .override_count = 2,
    .pm_base = 0x600,
    .gpe0_base = 0xafe0,
    .smi_port = 0xb2,
    .sci = 9,
    .pm_timer_32bit = true,
    .reset_port = 0xcf9,
    .reset_value = 6,
    .century = 0x32,
    .hpet_base = 0xfed00000,
    .hpet_block_id = 0x8086a201,
    .hpet_min_tick = 100,
    .ecam_base = 0xfeb00000,
    .pci_config_port = 0xcf8,
    .windows = {{ACPI_WINDOW_IO, 0, 0xcf8},
                {ACPI_WINDOW_IO, 0xd00, 0xf300},
                {ACPI_WINDOW_MEMORY, 0xe0000000, 0x1ec00000},
                {ACPI_WINDOW_MEMORY, 0x8000000000, 0x8000000000}},
    .isa_slot = 1,
    .pirq_gsi = {16, 17, 18, 19},
    .link_irqs = {5, 10, 11},
    .isa = {{.name = "COM1", .hid = "PNP0501", .uid = 1, .irqs = 1 << 4, .ports = {{0x3f8, 8}}},
            {.name = "RTC", .hid = "PNP0B00", .irqs = 1 << 8, .ports = {{0x70, 2}}},
            {.name = "MBRD", .hid = "PNP0C02", .uid = 9, .ports = {{0x92, 1}, {0x4d0, 2}}}},
};

struct tables {
    struct scripted_plat plat;
    u8 bytes[ROOM];
    i64 length;
};

static void build(struct tables *t) {
    memset(t, 0, sizeof *t);
    scripted_plat_init(&t->plat);
    memset(t->bytes, 0xee, sizeof t->bytes);
    t->length = acpi_build(&board, &t->plat.plat, AT, t->bytes, ROOM);
    assert_true(t->length > 0 && t->length <= ROOM);
}

static u8 sum(const u8 *p, u64 n) {
    u8 s = 0;
    for (u64 i = 0; i < n; i++) s = (u8)(s + p[i]);
    return s;
}

// The table at guest-physical `at`: inside what was written, signature as said, sums to 0.
static u8 *table(struct tables *t, u64 at, const char *signature) {
    assert_true(at >= AT && at + 36 <= AT + (u64)t->length);
    u8 *p = t->bytes + (at - AT);
    assert_memory_equal(signature, p, 4);
    u32 length = ld32(p + 4);
    assert_true(length >= 36 && at + length <= AT + (u64)t->length);
    assert_int_equal(0, sum(p, length));
    return p;
}

// By signature through the XSDT; NULL when it is not listed.
static u8 *find(struct tables *t, const char *signature) {
    u8 *xsdt = table(t, ld64(t->bytes + 24), "XSDT");
    for (u32 i = 36; i < ld32(xsdt + 4); i += 8) {
        u64 at = ld64(xsdt + i);
        if (!memcmp(t->bytes + (at - AT), signature, 4)) return table(t, at, signature);
    }
    return NULL;
}

static void roots(void **state) {
    static struct tables t;
    build(&t);
    assert_memory_equal("RSD PTR ", t.bytes, 8);
    assert_int_equal(0, sum(t.bytes, 20));
    assert_int_equal(0, sum(t.bytes, 36));
    assert_int_equal(2, t.bytes[15]);
    u8 *rsdt = table(&t, ld32(t.bytes + 16), "RSDT"), *xsdt = table(&t, ld64(t.bytes + 24), "XSDT");
    unsigned n = (ld32(rsdt + 4) - 36) / 4;
    assert_int_equal(n, (ld32(xsdt + 4) - 36) / 8);
    assert_int_equal(4, n);
    for (unsigned i = 0; i < n; i++) assert_int_equal(ld32(rsdt + 36 + 4 * i), ld64(xsdt + 36 + 8 * i));
}

static void fixed_hardware(void **state) {
    static struct tables t;
    build(&t);
    u8 *f = find(&t, "FACP");
    assert_non_null(f);
    assert_int_equal(9, ld16(f + 46));
    assert_int_equal(0xb2, ld32(f + 48));
    assert_int_equal(0x600, ld32(f + 56));
    assert_int_equal(0x604, ld32(f + 64));
    assert_int_equal(0x608, ld32(f + 76));
    assert_int_equal(4, f[88]);
    assert_int_equal(2, f[89]);
    assert_int_equal(4, f[91]);
    assert_int_equal(0x600, ld64(f + 148 + 4));
    assert_int_equal(1, f[148]);
    assert_int_equal(32, f[149]);
    assert_int_equal(0xcf9, ld64(f + 116 + 4));
    assert_int_equal(6, f[128]);
    assert_true(ld32(f + 112) & 1 << 10);
    assert_true(ld32(f + 112) & 1 << 8);
    assert_false(ld32(f + 112) & 1 << 4); // a power button as fixed hardware
    assert_int_equal(0x32, f[108]);
    u32 facs = ld32(f + 36);
    assert_int_equal(0, facs % 64);
    assert_memory_equal("FACS", t.bytes + (facs - AT), 4);
    assert_int_equal(ld32(f + 40), ld64(f + 140));
    table(&t, ld32(f + 40), "DSDT");
}

static void interrupt_controllers(void **state) {
    static struct tables t;
    build(&t);
    u8 *m = find(&t, "APIC");
    assert_non_null(m);
    assert_int_equal(0xfee00000, ld32(m + 36));
    assert_true(ld32(m + 40) & 1);
    unsigned count[5] = {0};
    u8 *e = m + 44, *end = m + ld32(m + 4);
    for (; e < end; e += e[1]) {
        assert_true(e[0] < 5 && e[1] >= 6 && e + e[1] <= end);
        count[e[0]]++;
        if (e[0] == 1) {
            assert_int_equal(2, e[2]);
            assert_int_equal(0xfec00000, ld32(e + 4));
        }
        if (e[0] == 2 && e[3] == 0) {
            assert_int_equal(2, ld32(e + 4));
            assert_int_equal(1 | 1 << 2, ld16(e + 8));
        }
        if (e[0] == 2 && e[3] == 9) assert_int_equal(3 | 3 << 2, ld16(e + 8));
    }
    assert_ptr_equal(end, e);
    assert_int_equal(1, count[0]);
    assert_int_equal(1, count[1]);
    assert_int_equal(2, count[2]);
    assert_int_equal(1, count[4]);
    u8 *h = find(&t, "HPET");
    assert_non_null(h);
    assert_int_equal(0x8086a201, ld32(h + 36));
    assert_int_equal(0xfed00000, ld64(h + 44));
    u8 *g = find(&t, "MCFG");
    assert_non_null(g);
    assert_int_equal(60, ld32(g + 4));
    assert_int_equal(0xfeb00000, ld64(g + 44));
    assert_int_equal(0, ld32(g + 52)); // segment 0, buses 0 to 0
}

static void no_room(void **state) {
    static struct tables t;
    build(&t);
    i64 needed = t.length;
    static u8 small[ROOM];
    for (i64 room = 0; room < needed; room += room < 256 ? 1 : 37) {
        memset(small, 0xee, sizeof small);
        assert_int_equal(ERR_RANGE, acpi_build(&board, &t.plat.plat, AT, small, (size_t)room));
        for (i64 i = room; i < room + 64; i++) assert_int_equal(0xee, small[i]);
    }
    assert_true(scripted_logged(&t.plat, "ACPI tables do not fit"));
    assert_int_equal(needed, acpi_build(&board, &t.plat.plat, AT, small, (size_t)needed));
}

static void encodings(void **state) {
    u8 out[64] = {0};
    struct aml a = {.out = out, .room = sizeof out};
    aml_eisa_id(&a, "PNP0A03");
    assert_memory_equal("\x0c\x41\xd0\x0a\x03", out, 5);
    a.at = 0;
    aml_path(&a, "\\_SB.PCI0");
    assert_memory_equal("\\\x2e_SB_PCI0", out, 10);
    a.at = 0;
    aml_integer(&a, 1);
    aml_integer(&a, 0x80);
    aml_integer(&a, 0x1234);
    aml_integer(&a, 0x12345678);
    aml_integer(&a, 0x100000000);
    assert_memory_equal("\x01\x0a\x80\x0b\x34\x12\x0c\x78\x56\x34\x12\x0e\0\0\0\0\x01\0\0\0", out, 20);
    a.at = 0;
    aml_res_io(&a, 0x3f8, 8);
    aml_res_irq(&a, 1 << 4);
    assert_memory_equal("\x47\x01\xf8\x03\xf8\x03\x01\x08\x22\x10\x00", out, 11);
}

// --- through iasl ---

static bool run(const char *directory, const char *command) {
    char line[512];
    snprintf(line, sizeof line, "cd %s && { %s; } > log 2>&1", directory, command);
    return system(line) == 0;
}

static void write_file(const char *directory, const char *name, const u8 *p, size_t n) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(n, fwrite(p, 1, n, f));
    assert_int_equal(0, fclose(f));
}

static void round_trip(void **state) {
    if (system("command -v iasl > /dev/null 2>&1")) skip();
    static struct tables t;
    build(&t);
    char directory[] = "/tmp/test_acpi.XXXXXX";
    assert_non_null(mkdtemp(directory));
    u8 *dsdt = table(&t, ld32(find(&t, "FACP") + 40), "DSDT");
    write_file(directory, "dsdt.aml", dsdt, ld32(dsdt + 4));
    static const char *const others[] = {"FACP", "APIC", "HPET", "MCFG"};
    for (unsigned i = 0; i < countof(others); i++) {
        u8 *p = find(&t, others[i]);
        char name[16];
        snprintf(name, sizeof name, "%s.aml", others[i]);
        write_file(directory, name, p, ld32(p + 4));
        char command[128];
        snprintf(command, sizeof command,
                 "iasl -d %s && ! grep -iE 'error|warning|invalid' log && iasl %s.dsl && grep -q '0 Errors' log", name,
                 others[i]);
        assert_true(run(directory, command));
    }
    assert_true(run(directory, "iasl -d dsdt.aml && ! grep -iE 'error|warning' log"));
    assert_true(run(directory, "iasl -p again dsdt.dsl && grep -q 'Compilation successful. 0 Errors, 0 Warnings' log"));
    static const char *const said[] = {"0x00000CF8", "PNP0A03", "PNP0501", "LNKA", "_SRS", "PNP0103", "ACPI0007"};
    for (unsigned i = 0; i < countof(said); i++) {
        char command[128];
        snprintf(command, sizeof command, "grep -qi %s dsdt.dsl", i ? said[i] : "0CF8");
        assert_true(run(directory, command));
    }
    char clean[64];
    snprintf(clean, sizeof clean, "rm -r %s", directory);
    assert_int_equal(0, system(clean));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots),   cmocka_unit_test(fixed_hardware), cmocka_unit_test(interrupt_controllers),
        cmocka_unit_test(no_room), cmocka_unit_test(encodings),      cmocka_unit_test(round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
