// SPDX-License-Identifier: MIT
// Multiboot 1 (the numbers are its specification's) and raw images: what is loaded where, the state they start in, and what is
// refused.
#include "loader_rig.h"

#include "base/le.h"

#include <string.h>

static u8 file[ELF_FILE_SIZE], raw[3000], module[100];

static void give(u8 *bytes, u64 size) { w->in.kernel = (struct blob){"image", bytes, size}; }

static int setup(void **state) {
    loader_rig_new(state);
    elf_make(file, true, 0x200000, 0);
    give(file, sizeof file);
    memset(module, 0x66, sizeof module);
    memset(raw, 0, sizeof raw);
    return 0;
}

static void refused(int error, const char *message) {
    expect_refusal(error, message);
    elf_make(file, true, 0x200000, 0);
    w->in.kernel.size = sizeof file;
}

static void put_multiboot(u8 *at, u32 flags) { st32(at, 0x1badb002), st32(at + 4, flags), st32(at + 8, -(0x1badb002 + flags)); }

static void put_addresses(u8 *at, u32 header, u32 load, u32 load_end, u32 bss_end, u32 entry) {
    st32(at + 12, header), st32(at + 16, load), st32(at + 20, load_end), st32(at + 24, bss_end), st32(at + 28, entry);
}

static void a_multiboot_elf(void **state) {
    elf_make(file, false, 0x200000, 0);
    put_multiboot(file + 0x180, 3);
    w->in.initrd = (struct blob){"initrd", module, sizeof module};
    strcpy(w->c.append, "x=1");
    assert_int_equal(world_load(w), 0);
    const struct image *m = &w->image;
    const struct x86_start s = x86_start_of(m);
    assert_int_equal(m->kind, IMAGE_MULTIBOOT);
    assert_int_equal(s.mode, START_PROTECTED);
    assert_int_equal(m->entry, 0x200010);
    assert_int_equal(s.rax, 0x2badb002);
    u8 *info = world_at(w, s.rbx);
    assert_int_equal(ld32(info) & 0x4d, 0x4d); // memory, command line, modules, map
    assert_int_equal(ld32(info + 4), 0x9fc00 / 1024);
    assert_int_equal(ld32(info + 8), (WORLD_RAM - MiB) / 1024);
    assert_string_equal((char *)world_at(w, ld32(info + 16)),
                        "image x=1"); // 3.3 leaves it open; boot loaders begin with the name
    assert_int_equal(ld32(info + 20), 1);
    u8 *mod = world_at(w, ld32(info + 24));
    assert_int_equal(ld32(mod + 4) - ld32(mod), sizeof module);
    assert_int_equal(ld32(mod) % 4096, 0);
    assert_memory_equal(world_at(w, ld32(mod)), module, sizeof module);
    assert_string_equal((char *)world_at(w, ld32(mod + 8)), "initrd");
    assert_int_equal(ld32(info + 44), 4 * 24);
    u8 *map = world_at(w, ld32(info + 48));
    for (unsigned i = 0; i < 4; i++, map += ld32(map) + 4) { // 3.3: size does not count itself
        assert_int_equal(ld64(map + 4), w->map[i].start);
        assert_int_equal(ld64(map + 12), w->map[i].size);
        assert_int_equal(ld32(map + 20), w->map[i].type);
    }
}

static void a_multiboot_image_with_addresses(void **state) {
    memset(raw, 0xee, sizeof raw);
    put_multiboot(raw + 0x40, 0x10000);
    put_addresses(raw + 0x40, 0x200020, 0x200000, 0x200400, 0x201000, 0x200100);
    give(raw, sizeof raw);
    assert_int_equal(world_top(w), 0x201000);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_MULTIBOOT);
    assert_int_equal(w->image.entry, 0x200100);
    assert_memory_equal(world_at(w, 0x200000), raw + 0x20, 0x400); // the header is at file 0x40, memory 0x200020
    assert_int_equal(*world_at(w, 0x200400), 0);
    put_addresses(raw + 0x40, 0x200020, 0x200000, 0, 0, 0x200100); // all of the file, no bss
    assert_int_equal(world_load(w), 0);
    assert_memory_equal(world_at(w, 0x200000), raw + 0x20, sizeof raw - 0x20);
}

// 3.1.1: the header lies wholly in the first 8192 bytes, 4-byte aligned.
static void where_a_multiboot_header_may_be(void **state) {
    static u8 large[8192 + 64];
    for (unsigned at = 8172; at <= 8188; at += 4) {
        memset(large, 0, sizeof large);
        put_multiboot(large + at, 0x10000);
        put_addresses(large + at, 0x200000 + at, 0x200000, 0, 0, 0x200000);
        give(large, sizeof large);
        assert_int_equal(world_load(w), at <= 8192 - 12 ? 0 : ERR_INVALID);
    }
}

// 3.1.4: load_end_addr 0 is the file's end, which is as far behind the header in memory as in the file; bss_end_addr 0: no bss.
static void ram_that_multiboot_addresses_ask_for(void **state) {
    static const struct {
        u32 load_end, bss_end;
        u64 top;
    } cases[] = {
        {0, 0, 0x200020 + sizeof raw - 0x40}, {0x200400, 0, 0x200400}, {0x200400, 0x201000, 0x201000}, {0, 0x280000, 0x280000}};
    put_multiboot(raw + 0x40, 0x10000);
    give(raw, sizeof raw);
    for (unsigned i = 0; i < countof(cases); i++) {
        put_addresses(raw + 0x40, 0x200020, 0x200000, cases[i].load_end, cases[i].bss_end, 0x200100);
        assert_int_equal(world_top(w), cases[i].top);
        assert_int_equal(world_load(w), 0);
        assert_int_equal(w->t.claim[0].start + w->t.claim[0].size, cases[i].top);
    }
}

// 3.3: mem_lower is at most 640, mem_upper goes to the first hole above 1 MiB, whatever entries RAM is told in.
static void multiboot_memory_without_a_hole(void **state) {
    elf_make(file, false, 0x200000, 0);
    put_multiboot(file + 0x180, 4); // wants a video mode
    w->map[0] = (struct e820_entry){0, WORLD_RAM, E820_RAM};
    w->t.e820s = 1;
    assert_int_equal(world_load(w), 0);
    assert_true(scripted_logged(&w->s, "image: Multiboot: it wants a video mode; there is no screen"));
    u8 *info = world_at(w, x86_start_of(&w->image).rbx);
    assert_int_equal(ld32(info + 4), 640);
    assert_int_equal(ld32(info + 8), (WORLD_RAM - MiB) / 1024);
}

static void multiboot_by_a_bad_elf(void **state) {
    put_multiboot(file + 0x180, 0);
    st16(file + 16, 1);
    refused(ERR_UNSUPPORTED, "ELF: the type is 0x1");
    put_multiboot(file + 0x180, 0);
    st64(file + 24, 0x100);
    refused(ERR_CORRUPT, "ELF: the entry point is 0x100");
    elf_make(file, true, 0x100200000, 0);
    put_multiboot(file + 0x180, 0);
    refused(ERR_CORRUPT, "Multiboot: the entry point is 0x100200010; right is below 4 GiB");
    many_ranges(129);
    put_multiboot(file + 0x180, 0);
    refused(ERR_RANGE, "Multiboot: the memory map has 129 entries; 128 are supported");
}

static void multiboot_refused(u32 header, u32 load, u32 load_end, u32 bss_end, u32 entry, int error, const char *message) {
    put_addresses(raw + 0x40, header, load, load_end, bss_end, entry);
    refused(error, message);
    give(raw, sizeof raw);
}

static void lying_multiboot_headers(void **state) {
    put_multiboot(raw + 0x40, 0x10000);
    give(raw, sizeof raw);
    multiboot_refused(0x1fffff, 0x200000, 0, 0, 0x200000, ERR_CORRUPT, "load_addr is 0x200000; right is at most");
    multiboot_refused(0x200041, 0x200000, 0, 0, 0x200000, ERR_CORRUPT, "not in front of the file");
    multiboot_refused(0x200000, 0x200000, 0x1fffff, 0, 0x200000, ERR_CORRUPT, "load_end_addr");
    multiboot_refused(0x200000, 0x200000, 0x201000, 0, 0x200000, ERR_TRUNCATED, "load_end_addr");
    multiboot_refused(0x200000, 0x200000, 0x200100, 0x2000ff, 0x200000, ERR_CORRUPT, "bss_end_addr");
    multiboot_refused(0x200000, 0x200000, 0x200100, 0, 0x200100, ERR_CORRUPT, "entry_addr");
    multiboot_refused(0x200000, 0x200000, 0x200100, 0, 0x1fffff, ERR_CORRUPT, "entry_addr is 0x1fffff; right is inside");
    multiboot_refused(0x200000, 0x200000, 0x200100, 0xffffffff, 0x200000, ERR_RANGE, "Multiboot image: 0x200000..");
    put_multiboot(raw + 0x40, 0x10008); // a required feature that nobody knows
    multiboot_refused(0x200000, 0x200000, 0, 0, 0x200000, ERR_UNSUPPORTED, "the header's flags");
}

static void what_is_no_multiboot_header(void **state) {
    give(raw, sizeof raw);
    put_multiboot(raw + 0x42, 0x10000); // not 4-byte aligned
    refused(ERR_INVALID, "neither ISO 9660");
    memset(raw, 0, sizeof raw);
    put_multiboot(raw + 0x40, 0); // no addresses, and no ELF
    give(raw, sizeof raw);
    refused(ERR_INVALID, "neither ISO 9660");
    put_multiboot(raw + 0x40, 0x10000);
    raw[0x48] ^= 1; // checksum
    give(raw, sizeof raw);
    refused(ERR_INVALID, "neither ISO 9660");
    put_multiboot(raw + 0x40, 0x10000);
    give(raw, 0x40 + 31); // the address fields are cut
    refused(ERR_INVALID, "neither ISO 9660");
}

static void raw_images(void **state) {
    memset(raw, 0xab, sizeof raw);
    give(raw, sizeof raw);
    assert_int_equal(world_load(w), ERR_INVALID);
    assert_true(scripted_logged(&w->s, "a raw image needs load_address"));
    w->c.has_load_address = true, w->c.load_address = WORLD_HIGH;
    assert_int_equal(world_top(w), WORLD_HIGH + sizeof raw);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_RAW);
    assert_int_equal(x86_start_of(&w->image).mode, START_LONG);
    assert_int_equal(w->image.entry, WORLD_HIGH);
    assert_memory_equal(w->high, raw, sizeof raw);
    w->c.has_entry = true, w->c.entry = WORLD_HIGH + sizeof raw - 1;
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.entry, WORLD_HIGH + sizeof raw - 1);
    w->c.entry++;
    assert_int_equal(world_load(w), ERR_RANGE);
    assert_true(scripted_logged(&w->s, "lies outside the image"));
    w->c.entry = WORLD_HIGH - 1;
    expect_refusal(ERR_RANGE, "entry 0x7fffffff lies outside the image, which is 0xbb8 bytes at 0x80000000");
    w->c.has_entry = false;
    w->t.e820s = 3;
    assert_int_equal(world_load(w), ERR_RANGE);
    assert_true(scripted_logged(&w->s, "image: 0x80000000..0x80000bb7 is not all RAM"));
    w->c.load_address = ~(u64)0 - 10;
    assert_int_equal(world_top(w), 0);
    assert_int_equal(world_load(w), ERR_INVALID);
    give(raw, 0);
    assert_int_equal(world_load(w), ERR_TRUNCATED);
}

static void raw_images_below_1_mib_start_in_real_mode(void **state) {
    static const struct {
        gpa_t at;
        u16 cs;
    } starts[] = {{0x7c00, 0}, {0xf000, 0}, {0x10000, 0x1000}, {0x90200, 0x9000}};
    give(raw, 512);
    w->c.has_load_address = true;
    for (unsigned i = 0; i < countof(starts); i++) {
        w->c.load_address = starts[i].at;
        assert_int_equal(world_load(w), 0);
        assert_int_equal(x86_start_of(&w->image).mode, START_REAL);
        assert_int_equal(x86_start_of(&w->image).cs, starts[i].cs);
        assert_true(w->image.entry - ((u64)x86_start_of(&w->image).cs << 4) <= 0xffff);
        assert_int_equal(x86_start_of(&w->image).rdx, 0x80);
    }
}

static void known_files_that_cannot_be_started_are_named(void **state) {
    static const struct {
        unsigned at;
        const char *magic, *name;
    } files[] = {{0x38, "ARM\x64", "arm64"}, {0, "MZ", "EFI"}};
    give(raw, sizeof raw);
    for (unsigned i = 0; i < countof(files); i++) {
        memset(raw, 0, sizeof raw);
        memcpy(raw + files[i].at, files[i].magic, strlen(files[i].magic));
        assert_int_equal(world_load(w), ERR_INVALID);
        assert_true(scripted_logged(&w->s, files[i].name));
    }
    static u8 large[17 * 2048]; // as long as an ISO's first descriptor, and none
    give(large, sizeof large);
    expect_refusal(ERR_INVALID, "image: neither ISO 9660, bzImage, ELF nor Multiboot; a raw image needs load_address");
    assert_int_equal(world_top(w), 0);
    elf_make(file, true, 0x200000, 0);
    st16(file + 16, 1);
    give(file, sizeof file);
    assert_int_equal(world_top(w), 0);
    raw[0] = 0, raw[1] = 0;
    give(raw, 1);
    assert_int_equal(world_load(w), ERR_INVALID);
    w->in.kernel.data = NULL;
    assert_int_equal(world_load(w), ERR_NOT_FOUND);
    assert_true(scripted_logged(&w->s, "there is no guest"));
    assert_int_equal(world_top(w), 0);
}

// An ISO with a Multiboot kernel, two modules, and this menu.
static void give_menu(const char *config, const char *text) {
    struct iso_file files[] = {{config, text, 0},
                               {"/boot/elf", file, sizeof file},
                               {"/boot/m1", "first", 0},
                               {"/boot/m2", "second one", 0},
                               {"/isolinux/mboot.c32", "mboot", 0}};
    elf_make(file, false, 0x200000, 0);
    put_multiboot(file + 0x180, 0);
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
}

static void expect_module(unsigned i, const char *bytes, const char *string) {
    u8 *info = world_at(w, x86_start_of(&w->image).rbx), *m = world_at(w, ld32(info + 24) + 16 * i);
    assert_true(i < ld32(info + 20));
    assert_int_equal(ld32(m + 4) - ld32(m), strlen(bytes));
    assert_memory_equal(world_at(w, ld32(m)), bytes, strlen(bytes));
    assert_string_equal((char *)world_at(w, ld32(m + 8)), string);
}

static void expect_cmdline(const char *line) {
    assert_string_equal((char *)world_at(w, ld32(world_at(w, x86_start_of(&w->image).rbx) + 16)), line);
}

// Each line is a module, and its string begins with the file's name; as mboot.c32 of Syslinux does it, too.
static void modules_have_their_own_strings(void **state) {
    static const char *const menus[][2] = {
        {"/boot/grub/grub.cfg", "set x=2\nmenuentry a {\n multiboot --quirk-bad-kludge /boot/elf k=1\n module /boot/m1 a b=$x\n"
                                " module --nounzip /boot/m2\n module /boot/m1\n}\n"},
        {"/isolinux/isolinux.cfg",
         "default x\nlabel x\n kernel mboot.c32\n append ../boot/elf k=1 --- /boot/m1 a b=2 --- /boot/m2 --- /boot/m1\n"},
        {"/isolinux/isolinux.cfg",
         "default x\nlabel x\n com32 mboot.c32\n append /boot/elf k=1 --- /boot/m1 a b=2 --- /boot/m2 --- /boot/m1\n"},
    };
    for (unsigned i = 0; i < countof(menus); i++) {
        give_menu(menus[i][0], menus[i][1]);
        assert_int_equal(world_load(w), 0);
        const char *line = (char *)world_at(w, ld32(world_at(w, x86_start_of(&w->image).rbx) + 16));
        assert_string_equal(line + strlen(line) - 12, "boot/elf k=1");
        assert_int_equal(ld32(world_at(w, x86_start_of(&w->image).rbx) + 20), 3);
        expect_module(0, "first", "/boot/m1 a b=2");
        expect_module(1, "second one", "/boot/m2");
        expect_module(2, "first", "/boot/m1");
        assert_true(scripted_logged(&w->s, "module /boot/m2: 10 bytes"));
    }
    strcpy(w->c.append, "other words");
    assert_int_equal(world_load(w), 0);
    expect_cmdline("/boot/elf other words");
    expect_module(2, "first", "/boot/m1");
    w->in.initrd = (struct blob){"a/my file", module, sizeof module}; // in place of all modules
    assert_int_equal(world_load(w), 0);
    assert_int_equal(ld32(world_at(w, x86_start_of(&w->image).rbx) + 20), 1);
    w->in.initrd.data = NULL;
    strcpy(w->c.kernel, "cdrom:/boot/elf"); // in place of the menu
    assert_int_equal(world_load(w), 0);
    expect_cmdline("/boot/elf other words");
    assert_int_equal(ld32(world_at(w, x86_start_of(&w->image).rbx) + 20), 0);
}

static void menus_that_are_refused(void **state) {
    static const struct {
        const char *config, *text, *message;
        int error;
    } cases[] = {
        {"/boot/grub/grub.cfg", "menuentry a {\n multiboot /boot/elf\n module /boot/m3 x\n}\n",
         "line 3: it names the module /boot/m3, which is not there", ERR_UNSUPPORTED},
        {"/boot/grub/grub.cfg", "menuentry a {\n module /boot/m1\n}\n",
         "line 2: a module is named, but no Multiboot kernel before it", ERR_UNSUPPORTED},
        {"/boot/grub/grub.cfg", "menuentry a {\n multiboot /boot/elf\n module --nounzip\n}\n", "line 3: it names no module",
         ERR_UNSUPPORTED},
        {"/boot/grub/grub.cfg", "menuentry a {\n multiboot2 /boot/elf\n}\n",
         "/boot/elf: the boot menu starts it by Multiboot 2, but it has no such header", ERR_INVALID},
        {"/isolinux/isolinux.cfg", "default mboot.c32 /boot/elf --- /boot/m3\n",
         "it names the module /boot/m3, which is not there", ERR_UNSUPPORTED},
        {"/isolinux/isolinux.cfg", "default mboot.c32\n", "mboot.c32: it names no kernel", ERR_UNSUPPORTED},
        {"/isolinux/isolinux.cfg", "default mboot.c32 /boot/elf ---\n", "mboot.c32: a module's name is missing behind ---",
         ERR_UNSUPPORTED},
        {"/isolinux/isolinux.cfg", "default mboot.c32 /boot/elf --- ---\n", "mboot.c32: --- is no name of a file",
         ERR_UNSUPPORTED},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        give_menu(cases[i].config, cases[i].text);
        expect_refusal(cases[i].error, cases[i].message);
    }
    static char text[20000];
    int n = plat_format(text, sizeof text, "menuentry a {\n multiboot /boot/elf\n");
    for (unsigned i = 0; i <= 64; i++) n += plat_format(text + n, sizeof text - (size_t)n, " module /boot/m1\n");
    plat_format(text + n, sizeof text - (size_t)n, "}\n");
    give_menu("/boot/grub/grub.cfg", text);
    expect_refusal(ERR_UNSUPPORTED, "line 67: it names more than 64 modules");
    n = plat_format(text, sizeof text, "default mboot.c32 /boot/elf --- /boot/m1 ");
    for (unsigned i = 0; i < 16384; i++) text[n++] = i % 100 ? 'x' : ' ';
    text[n++] = '\n', text[n] = 0;
    give_menu("/isolinux/isolinux.cfg", text);
    expect_refusal(ERR_UNSUPPORTED, "the modules' strings have more than 16384 bytes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(a_multiboot_elf),
        T(a_multiboot_image_with_addresses),
        T(where_a_multiboot_header_may_be),
        T(ram_that_multiboot_addresses_ask_for),
        T(multiboot_memory_without_a_hole),
        T(multiboot_by_a_bad_elf),
        T(lying_multiboot_headers),
        T(what_is_no_multiboot_header),
        T(modules_have_their_own_strings),
        T(menus_that_are_refused),
        T(raw_images),
        T(raw_images_below_1_mib_start_in_real_mode),
        T(known_files_that_cannot_be_started_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
