// SPDX-License-Identifier: MIT
// Every kind of image in machines with a little more RAM each: refused, in a sentence that names the part without room, and from the
// first time on that it is loaded it always is.
#include "loader_rig.h"

#include "base/le.h"
#include "loader/target.h"

#include <string.h>

static u8 file[ELF_FILE_SIZE], kernel[BZIMAGE_SIZE], raw[0x1000], module[100];

// Its segments leave no room between them.
static void make_elf(bool is64) {
    elf_make(file, is64, 0x200000, 0);
    if (is64) st64(elf_header(file, 0) + 40, 0x2000);
    else st32(elf_header(file, 0) + 20, 0x2000);
}

static int setup(void **state) {
    loader_rig_new(state);
    make_elf(true);
    bzimage_make(kernel);
    memset(raw, 0xee, sizeof raw);
    memset(module, 0x66, sizeof module);
    w->in.kernel = (struct blob){"image", file, sizeof file};
    strcpy(w->c.append, "a b");
    return 0;
}

// RAM: `low` bytes from TARGET_LOW on, where what is told to a guest goes; the image's own; and as much above 1 MiB as the module takes.
static void memory(u64 low, gpa_t at, u64 size) {
    w->map[0] = (struct e820_entry){0, TARGET_LOW + low, E820_RAM};
    w->map[1] = (struct e820_entry){MiB, sizeof module, w->in.initrd.data ? E820_RAM : E820_RESERVED};
    w->map[2] = (struct e820_entry){at, size, E820_RAM};
    w->t.e820s = 3;
}

#define PARTS 8

static unsigned named(const char *const parts[PARTS]) {
    char start[64];
    for (unsigned i = 0; i < PARTS && parts[i]; i++) {
        plat_format(start, sizeof start, "%s: no room for ", parts[i]);
        if (scripted_logged(&w->s, start)) return i;
    }
    fail_msg("another part has no room: %s", w->s.log);
    return 0;
}

// The parts are those which have no room one after the other.
static void grow(gpa_t at, u64 size, const char *const parts[PARTS]) {
    static const struct image untouched;
    unsigned part = 0;
    bool loaded = false;
    for (u64 low = 0; low < 0x10000; low += 4) {
        memory(low, at, size);
        w->s.log_len = 0;
        memset(&w->image, 0, sizeof w->image);
        int e = world_load(w);
        if (!e) loaded = true;
        if (!e) continue;
        assert_int_equal(e, ERR_NO_MEMORY);
        assert_memory_equal(&w->image, &untouched, sizeof untouched);
        unsigned now = named(parts);
        assert_true(!loaded && (now == part || now == part + 1));
        part = now;
    }
    assert_true(loaded && (part == PARTS - 1 || !parts[part + 1]));
}

static void elf64(void **state) { grow(0x200000, 0x3000, (const char *const[PARTS]){"page tables", "GDT", "stack"}); }

static void elf32(void **state) {
    make_elf(false);
    grow(0x200000, 0x3000, (const char *const[PARTS]){"GDT", "stack"});
}

static void raw_image(void **state) {
    w->in.kernel = (struct blob){"image", raw, sizeof raw};
    w->c.has_load_address = true, w->c.load_address = 0x200000;
    grow(0x200000, sizeof raw, (const char *const[PARTS]){"page tables", "GDT", "stack"});
}

static void modules_above_1_mib(const char *part) {
    w->map[1].type = E820_RESERVED;
    expect_refusal(ERR_NO_MEMORY, part);
}

static void pvh(void **state) {
    u8 *h = elf_header(file, 2), *n = file + 0x180;
    st16(file + 56, 3);
    memset(h, 0, 56);
    st32(h, 4), st64(h + 8, 0x180), st64(h + 32, 20);
    st32(n, 4), st32(n + 4, 4), st32(n + 8, 18), memcpy(n + 12, "Xen", 4), st32(n + 16, 0x200020);
    w->in.initrd = (struct blob){"initrd", module, sizeof module};
    grow(0x200000, 0x3000, (const char *const[PARTS]){"PVH modules", "PVH memory map", "command line", "PVH start info", "GDT"});
    modules_above_1_mib("initrd: no room for 100 bytes (aligned to 4 KiB) within 0x100000..0xffffffff");
    assert_int_equal(w->image.kind, IMAGE_PVH);
}

static void multiboot(void **state) {
    st32(file + 0x180, 0x1badb002), st32(file + 0x184, 0), st32(file + 0x188, -0x1badb002u);
    w->in.initrd = (struct blob){"initrd", module, sizeof module};
    grow(0x200000, 0x3000,
         (const char *const[PARTS]){"Multiboot modules' strings", "Multiboot modules", "Multiboot memory map", "command line",
                                    "boot loader's name", "Multiboot information", "GDT"});
    modules_above_1_mib("Multiboot module: no room for 100 bytes (aligned to 4 KiB) within 0x100000..0xffffffff");
    assert_int_equal(w->image.kind, IMAGE_MULTIBOOT);
}

static void linux_kernel(void **state) {
    w->in.kernel = (struct blob){"image", kernel, sizeof kernel};
    w->in.initrd = (struct blob){"initrd", module, sizeof module};
    grow(BZIMAGE_PREFERRED, BZIMAGE_INIT_SIZE, (const char *const[PARTS]){"command line", "boot_params", "page tables"});
    modules_above_1_mib("initrd: no room for 100 bytes (aligned to 4 KiB) within 0x100000..0x7fffffff");
    assert_int_equal(w->image.kind, IMAGE_LINUX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(elf64), T(elf32), T(raw_image), T(pvh), T(multiboot), T(linux_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
