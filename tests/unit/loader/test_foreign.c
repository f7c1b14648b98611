// SPDX-License-Identifier: MIT
// Disk images of other programs, and whole disks as a kernel: told by content, refused with what would be right.
#include "loader/foreign.h"
#include "core/blkdev.h"
#include "base/le.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 8192
static u8 file[SIZE];
static struct scripted_plat s;
static struct emu_config c;

static void fresh(void) {
    memset(file, 0, sizeof file);
    scripted_plat_init(&s);
    config_defaults(&c);
}

static void refused(const struct emu_inputs *in, const char *text) {
    s.log_len = 0;
    assert_int_equal(foreign_check(&s.plat, &c, in), ERR_UNSUPPORTED);
    if (!scripted_logged(&s, text)) fail_msg("not \"%s\" but %s", text, s.log);
}

// The magics as the formats' specifications have them: docs/interop/qcow2 and qed (QEMU), VMware's Virtual Disk Format 5.0, VDICore.h,
// MS-VHDX 2.2, Microsoft's Virtual Hard Disk Image Format Specification, Parallels' prl-xml, dmglib.
static const struct {
    u64 at;
    const char *magic;
    unsigned n;
    const char *name;
} known[] = {{0, "QFI\xfb\0\0\0\3", 8, "a qcow2 (QEMU)"},
             {0, "KDMV", 4, "a VMDK (VMware)"},
             {0, "COWD", 4, "a VMDK (VMware ESX)"},
             {0, "# Disk DescriptorFile\nversion=1\n", 32, "the description of a VMDK"},
             {64, "\x7f\x10\xda\xbe", 4, "a VDI (VirtualBox)"},
             {0, "vhdxfile", 8, "a VHDX (Hyper-V)"},
             {0, "conectix", 8, "a VHD"},
             {SIZE - 512, "conectix", 8, "a VHD"},
             {SIZE - 511, "conectix", 8, "a VHD"},
             {0, "QED\0", 4, "a QED (QEMU)"},
             {0, "WithoutFreeSpace", 16, "a Parallels"},
             {0, "WithouFreSpacExt", 16, "a Parallels"},
             {SIZE - 512, "koly", 4, "a DMG (Apple)"},
             {0, "Bochs Virtual HD Image", 23, "a Bochs"}};

static void every_format_in_every_place(void **state) {
    for (unsigned i = 0; i < countof(known); i++) {
        fresh();
        memcpy(file + known[i].at, known[i].magic, known[i].n);
        struct memory_disk d;
        memory_disk_init(&d, "disk.qcow2", file, SIZE, false);
        struct emu_inputs in = {.disk = {[3] = {"disk.qcow2", file, SIZE}}};
        refused(&in, known[i].name);
        refused(&in, "disk = disk.qcow2: this is");
        refused(&in, "convert it: qemu-img convert -O raw disk.qcow2 disk.img");
        in = (struct emu_inputs){.disk_drive = {[1] = &d.disk}};
        refused(&in, known[i].name);
        in = (struct emu_inputs){.cdrom = {"disk.qcow2", file, SIZE}};
        refused(&in, "cdrom = disk.qcow2: this is");
        in = (struct emu_inputs){.initrd = {"disk.qcow2", file, SIZE}};
        refused(&in, "initrd = disk.qcow2: this is");
        in = (struct emu_inputs){.kernel = {"disk.qcow2", file, SIZE}};
        refused(&in, "kernel = disk.qcow2: this is");
        c.has_load_address = true; // bytes are bytes, if somebody says so
        assert_int_equal(foreign_check(&s.plat, &c, &in), 0);
    }
}

static void what_is_raw(void **state) {
    fresh();
    struct emu_inputs in = {.kernel = {"k", file, 1},
                            .disk = {{"a", file, SIZE}, {"b", file, 1}, {"c", file, 511}, {"d", file, 512}}};
    assert_int_equal(foreign_check(&s.plat, &c, &in), 0);
    memcpy(file + 100, "conectix", 8);
    assert_int_equal(foreign_check(&s.plat, &c, &in), 0);
    memcpy(file, "QFI", 3);
    in.disk[0].size = 3;
    assert_int_equal(foreign_check(&s.plat, &c, &in), 0);
    assert_int_equal(s.log_len, 0);
}

static void names_as_a_shell_wants_them(void **state) {
    static const struct {
        const char *name, *command;
    } names[] = {{"a b.vmdk", "raw 'a b.vmdk' 'a b.img'"},     {"a.img", "raw a.img a.img.raw.img"},
                 {"plain", "raw plain plain.raw.img"},         {"x.d/plain", "raw x.d/plain x.d/plain.raw.img"},
                 {"x.tar.qcow2", "raw x.tar.qcow2 x.tar.img"}, {".hidden", "raw .hidden .hidden.raw.img"}};
    for (unsigned i = 0; i < countof(names); i++) {
        fresh();
        memcpy(file, "KDMV", 4);
        struct emu_inputs in = {.disk = {{names[i].name, file, SIZE}}};
        refused(&in, names[i].command);
    }
}

static int partitioned(u64 size) {
    s.log_len = 0;
    return foreign_check_partitioned(&s.plat, &(struct span){"disk.img", file, size});
}

// UEFI 2.10, 5.2.1 and 5.3.2.
static void whole_disks(void **state) {
    fresh();
    assert_int_equal(partitioned(SIZE), 0);
    st16(file + 510, 0xaa55);
    assert_int_equal(partitioned(SIZE), 0); // a boot sector, but no partition
    u8 *entry = file + 446 + 16;
    entry[0] = 0x80, entry[4] = 0x83;
    st32(entry + 8, 2048), st32(entry + 12, 1000);
    assert_int_equal(partitioned(SIZE), ERR_UNSUPPORTED);
    assert_true(scripted_logged(&s, "kernel = disk.img: this is a disk with an MBR partition table"));
    assert_true(scripted_logged(&s, "right is disk = disk.img"));
    assert_int_equal(partitioned(512), 0);
    entry[0] = 0x12; // no flag that there is
    assert_int_equal(partitioned(SIZE), 0);
    entry[0] = 0;
    st32(entry + 12, 0);
    assert_int_equal(partitioned(SIZE), 0);
    st32(entry + 12, ~0u);
    for (unsigned at = 512; at <= 4096; at *= 8) {
        memcpy(file + at, "EFI PART", 8);
        assert_int_equal(partitioned(SIZE), ERR_UNSUPPORTED);
        assert_true(scripted_logged(&s, "a disk with a GPT"));
        memset(file + at, 0, 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_format_in_every_place), cmocka_unit_test(what_is_raw),
                                       cmocka_unit_test(names_as_a_shell_wants_them), cmocka_unit_test(whole_disks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
