// SPDX-License-Identifier: MIT
// firmware = auto: what discs and disks have for whom (El Torito 2.0, figures 2 to 5; UEFI, 5.2.1 and 5.3.2), and what the log says.
#include "base/le.h"
#include "emu/emu.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SECTORS = 24, SECTOR = 2048, CATALOG = 20 };
static u8 disc[SECTORS * SECTOR], disk[4096];
static struct scripted_plat s;
static struct emu_config c;
static struct emu_inputs in;

static int setup(void **state) {
    scripted_plat_init(&s);
    config_defaults(&c);
    c.firmware = FIRMWARE_AUTO;
    in = (struct emu_inputs){0};
    memset(disc, 0, sizeof disc);
    memset(disk, 0, sizeof disk);
    memcpy(disc + 16 * SECTOR, "\1CD001\1", 7);
    return 0;
}

static int choose(void) { return emu_choose_firmware(&c, &in, &s.plat); }

static void use_disc(void) { in.cdrom = (struct blob){"some.iso", disc, sizeof disc}; }
static void use_disk(void) { in.disk[1] = (struct blob){"disk.img", disk, sizeof disk}; }

static void boot_record(u32 catalog) {
    u8 *r = disc + 17 * SECTOR;
    memcpy(r, "\0CD001\1EL TORITO SPECIFICATION", 30);
    st32(r + 0x47, catalog);
}

// A validation entry and the default one.
static u8 *catalog(u8 platform, u8 bootable) {
    u8 *e = disc + CATALOG * SECTOR;
    boot_record(CATALOG);
    e[0] = 1, e[1] = platform;
    st16(e + 30, 0xaa55);
    e[32] = bootable;
    return e;
}

// A header and one entry.
static void section(u8 *at, u8 id, u8 platform, u8 bootable) {
    at[0] = id, at[1] = platform, at[2] = 1;
    at[32] = bootable;
}

static void becomes(enum config_firmware right, const char *text) {
    assert_int_equal(choose(), 0);
    assert_int_equal(c.firmware, right);
    assert_true(scripted_logged(&s, text));
}

static void discs(void **state) {
    use_disc();
    catalog(0, 0x88);
    becomes(FIRMWARE_BIOS, "firmware = auto: bios, which starts the guest's own boot loader; directly: ");
}
static void discs_for_uefi_alone(void **state) {
    use_disc();
    catalog(0xef, 0x88);
    becomes(FIRMWARE_UEFI, "firmware = auto: uefi");
}
static void discs_with_a_section_for_uefi(void **state) {
    use_disc();
    section(catalog(0, 0) + 64, 0x91, 0xef, 0x88); // the default entry cannot be booted
    becomes(FIRMWARE_UEFI, "firmware = auto: uefi");
}
static void discs_for_both(void **state) {
    use_disc();
    u8 *e = catalog(0xef, 0x88);
    section(e + 64, 0x90, 1, 0x88); // a Power PC's
    section(e + 128, 0x91, 0, 0x88);
    becomes(FIRMWARE_BIOS, "firmware = auto: bios");
}

static void nothing_to_start(void **state) {
    static const char text[] = "no disc or disk has a boot loader, by BIOS or by UEFI; and directly: ";
    use_disc();
    use_disk();
    assert_int_equal(choose(), ERR_UNSUPPORTED);
    assert_true(scripted_logged(&s, text));
    const u32 wrong[] = {0, 23, 24, 0xffffffff}; // no catalog there, or no sector
    for (unsigned i = 0; i < countof(wrong); i++) {
        c.firmware = FIRMWARE_AUTO;
        boot_record(wrong[i]);
        assert_int_equal(choose(), ERR_UNSUPPORTED);
    }
    u8 *e = catalog(0, 0x88);
    e[30] = 0; // not a catalog
    c.firmware = FIRMWARE_AUTO;
    assert_int_equal(choose(), ERR_UNSUPPORTED);
    in.cdrom.size = 17 * SECTOR + 100; // cut within the boot record
    c.firmware = FIRMWARE_AUTO;
    assert_int_equal(choose(), ERR_UNSUPPORTED);
}

static void a_catalog_of_sections_ends(void **state) {
    use_disc();
    u8 *e = catalog(0, 0);
    for (u8 *at = e + 64; at < e + SECTOR; at += 32) at[0] = 0x90, at[2] = at[3] = 0xff;
    assert_int_equal(choose(), ERR_UNSUPPORTED);
}

static void disks(void **state) {
    use_disk();
    st16(disk + 510, 0xaa55);
    disk[0] = 0xfa;
    becomes(FIRMWARE_BIOS,
            "firmware = auto: bios, which starts the guest's own boot loader; directly: there is neither kernel = nor cdrom =");
}
static void disks_with_a_protective_boot_sector(void **state) {
    use_disk();
    st16(disk + 510, 0xaa55);
    disk[446 + 4] = 0xee;
    memcpy(disk + 512, "EFI PART", 8);
    becomes(FIRMWARE_UEFI, "firmware = auto: uefi");
}
static void disks_with_an_esp(void **state) {
    use_disk();
    st16(disk + 510, 0xaa55);
    disk[446 + 16 + 4] = 0xef;
    becomes(FIRMWARE_UEFI, "firmware = auto: uefi");
}
static void disks_without_a_system(void **state) {
    use_disk();
    st16(disk + 510, 0xaa55);
    disk[446 + 4] = 0x83;
    assert_int_equal(choose(), ERR_UNSUPPORTED);
    in.disk[1].size = 600; // less than two blocks
    c.firmware = FIRMWARE_AUTO;
    assert_int_equal(choose(), ERR_UNSUPPORTED);
}

static void directly(void **state) {
    static u8 code[] = {0xf4};
    in.kernel = (struct blob){"code", code, sizeof code};
    c.has_load_address = true, c.load_address = 0x10000;
    becomes(FIRMWARE_NONE, "firmware = auto: none, the guest is started directly");
    c.firmware = FIRMWARE_UEFI; // said, and not asked
    s.log_len = 0;
    assert_int_equal(choose(), 0);
    assert_int_equal(c.firmware, FIRMWARE_UEFI);
    assert_int_equal(s.log_len, 0);
}

// Firmware could not do it, whatever is wrong with it.
static void what_only_loaders_can_do(void **state) {
    use_disc();
    catalog(0, 0x88);
    strcpy(c.append, "quiet");
    becomes(FIRMWARE_NONE, "firmware = auto: none");
}

static void other_architectures(void **state) {
    use_disc();
    catalog(0xef, 0x88);
    c.arch = ARCH_ARM64;
    becomes(FIRMWARE_NONE, "firmware = auto: none");
}

#define TEST(f) cmocka_unit_test_setup(f, setup)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(discs),
        TEST(discs_for_uefi_alone),
        TEST(discs_with_a_section_for_uefi),
        TEST(discs_for_both),
        TEST(nothing_to_start),
        TEST(a_catalog_of_sections_ends),
        TEST(disks),
        TEST(disks_with_a_protective_boot_sector),
        TEST(disks_with_an_esp),
        TEST(disks_without_a_system),
        TEST(directly),
        TEST(what_only_loaders_can_do),
        TEST(other_architectures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
