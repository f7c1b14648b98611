// SPDX-License-Identifier: MIT
// The PC board's rows against what every PC has (IBM PC AT Technical Reference, I/O address map; PIIX4 datasheet): which ports answer, and
// what ACPI says of them.
#include "machine/pc/pc_rows.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *device[PC_DEVICES];
static struct scripted_plat plat;
static struct bus bus;

// The rows are added, never accessed: any pointer does for a device. The test device's fw_cfg or firmware's: not both.
static void all_but(enum pc_device missing) {
    static char something;
    scripted_plat_init(&plat);
    memset(&bus, 0, sizeof bus);
    for (unsigned i = 0; i < PC_DEVICES; i++) device[i] = i == missing ? NULL : &something;
    device[PC_FW_CFG] = device[PC_VGA] = NULL;
}

static void add_all_but(enum pc_device missing) {
    all_but(missing);
    assert_int_equal(pc_add_rows(&bus, &plat.plat, device), 0);
}

static void answers(const struct space *s, u64 first, u64 last) {
    for (u64 at = first; at <= last; at++)
        if (!space_find(s, at)) fail_msg("nobody answers at %#llx", (unsigned long long)at);
}

static void every_port_of_a_pc_answers(void **state) {
    static const struct {
        u16 first, last;
    } ports[] = {
        {0x20, 0x21},   {0xa0, 0xa1},   {0x4d0, 0x4d1}, {0x40, 0x43},   {0x60, 0x61},   {0x64, 0x64},   {0x70, 0x71},
        {0x92, 0x92},   {0xb2, 0xb3},   {0xe9, 0xe9},   {0xf0, 0xf0},   {0xf4, 0xf7},   {0x170, 0x177}, {0x1f0, 0x1f7},
        {0x2f8, 0x2ff}, {0x376, 0x376}, {0x3f6, 0x3f6}, {0x3f8, 0x3ff}, {0x600, 0x60f}, {0x700, 0x70f}, {0xcf8, 0xcff},
    };
    static const struct {
        u64 at, size;
    } memory[] = {{0xfeb00000, 0x100000}, {0xfec00000, 0x1000}, {0xfed00000, 0x400}, {0xfee00000, 0x1000}};
    add_all_but(PC_TESTDEV);
    u64 there = 0, wanted = 0;
    for (unsigned i = 0; i < countof(ports); i++)
        answers(&bus.io, ports[i].first, ports[i].last), wanted += ports[i].last - ports[i].first + 1u;
    for (unsigned i = 0; i < bus.io.regions; i++) there += bus.io.region[i].size;
    assert_int_equal(there, wanted);
    for (unsigned i = 0; i < countof(memory); i++) answers(&bus.mem, memory[i].at, memory[i].at + memory[i].size - 1);
    assert_int_equal(bus.mem.regions, countof(memory));
    add_all_but(PC_DEBUG_OUTPUT);
    answers(&bus.io, 0xe0, 0xeb);
    answers(&bus.io, 0x510, 0x511);
    answers(&bus.io, 0x2000, 0x2017);
    answers(&bus.mem, 0xff000000, 0xff00ffff);
}

static void firmware_has_fw_cfg(void **state) {
    all_but(PC_TESTDEV);
    device[PC_FW_CFG] = device[PC_VGA] = device[0];
    device[PC_ECAM] = NULL;
    assert_int_equal(pc_add_rows(&bus, &plat.plat, device), 0);
    answers(&bus.io, 0x510, 0x511);
    answers(&bus.io, 0x514, 0x51b);
    assert_null(space_find(&bus.mem, 0xfeb00000));
    answers(&bus.io, 0x3b0, 0x3df);
    answers(&bus.mem, 0xa0000, 0xbffff);
}

static jmp_buf back;
__attribute__((noreturn)) static void jump(struct plat *p, const char *message) { longjmp(back, 1); }

static void a_forgotten_device_is_a_panic(void **state) {
    for (volatile unsigned i = 0; i < PC_DEVICES; i++) {
        if (i >= PC_DEBUG_OUTPUT) continue;
        all_but((enum pc_device)i);
        device[PC_TESTDEV] = NULL;
        plat.plat.panic = jump;
        if (setjmp(back)) continue;
        pc_add_rows(&bus, &plat.plat, device);
        fail_msg("nobody missed device %u", i);
    }
}

static void what_acpi_tells(void **state) {
    static const struct acpi_isa_device right[] = {
        {"RTC", "PNP0B00", 0, 1 << 8, {{0x70, 2}}},
        {"KBD", "PNP0303", 0, 1 << 1, {{0x60, 1}, {0x64, 1}}},
        {"MOU", "PNP0F13", 0, 1 << 12, {{0}}},
        {"FPU", "PNP0C04", 0, 1 << 13, {{0xf0, 1}}},
        {"COM1", "PNP0501", 1, 1 << 4, {{0x3f8, 8}}},
        {"COM2", "PNP0501", 2, 1 << 3, {{0x2f8, 8}}},
        {"SYSR", "PNP0C02", 0, 0, {{0x92, 1}, {0xb2, 2}, {0x4d0, 2}, {0xe9, 1}, {0xf4, 4}}}};
    struct acpi_isa_device isa[ACPI_ISA_DEVICES] = {0};
    pc_tell_isa(isa);
    for (unsigned i = 0; i < countof(right); i++) {
        assert_string_equal(isa[i].name, right[i].name);
        assert_string_equal(isa[i].hid, right[i].hid);
        assert_int_equal(isa[i].uid, right[i].uid);
        assert_int_equal(isa[i].irqs, right[i].irqs);
        assert_memory_equal(isa[i].ports, right[i].ports, sizeof right[i].ports);
    }
    assert_int_equal(isa[countof(right)].name[0], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_port_of_a_pc_answers),
        cmocka_unit_test(firmware_has_fw_cfg),
        cmocka_unit_test(a_forgotten_device_is_a_panic),
        cmocka_unit_test(what_acpi_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
