// SPDX-License-Identifier: MIT
// What boot/ makes of the firmware's tables, its memory map, load options and a stick's file names, and the page tables of kernel/paging.c:
// good ones, and those that nobody should have written. tests/fuzz/fuzz_boot.c tries any others.
#include "paging_shim.h"

#include "../../../boot/names.c"

#include "../../../boot/options.c"

#include "../../../boot/ranges.c"

#include "../../../boot/screens.c"

#include "../../../boot/status.c"

#include "../../../boot/tables.c"

#include "../../../kernel/paging.c"

#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

// --- names

// A list that is nearly full had its "..." written over what lies behind it.
static void a_list_keeps_to_its_room(void **state) {
    for (size_t size = 16; size < 60; size++)
        for (size_t length = 0; length < 64; length++) {
            char *list = calloc(size + 16, 1), name[64] = "";
            memset(list + size, '#', 16);
            memset(name, 'x', length);
            name[length] = 0;
            for (unsigned i = 0; i < 5; i++) names_append(list, size, i % 2 ? "b" : name);
            for (unsigned i = 0; i < 16; i++) assert_int_equal('#', list[size + i]);
            assert_non_null(memchr(list, 0, size));
            free(list);
        }
}

static void a_list_says_what_it_leaves_out(void **state) {
    char list[24] = "";
    names_append(list, sizeof list, "bzImage");
    assert_string_equal(list, "bzImage");
    names_append(list, sizeof list, "initrd");
    assert_string_equal(list, "bzImage, initrd");
    names_append(list, sizeof list, "vmlinuz");
    assert_string_equal(list, "bzImage, initrd, ...");
    names_append(list, sizeof list, "a");
    assert_string_equal(list, "bzImage, initrd, ...");
}

static void paths(void **state) {
    u16 wide[8];
    char text[16];
    assert_true(names_path("a/\xc3\xa4\xe2\x82\xac", wide, 8));
    assert_memory_equal(wide, ((u16[]){'\\', 'a', '\\', 0xe4, 0x20ac, 0}), 12);
    assert_true(names_path("/abcdef", wide, 8));
    assert_false(names_path("/abcdefg", wide, 8));
    assert_false(names_path("abcdefg", wide, 8));
    assert_false(names_path("a\xc3", wide, 8));            // cut short
    assert_false(names_path("\x80", wide, 8));             // starts in the midst
    assert_false(names_path("\xf0\x9f\x98\x80", wide, 8)); // not in UCS-2
    assert_false(names_path("a\xc0\x80"
                            "b",
                            wide, 8)); // a zero would end it early
    names_text((const u16[]){'a', 0xe4, 0x20ac, 'b'}, 3, true, text, sizeof text);
    assert_string_equal(text, "a\xc3\xa4\xe2\x82\xac/");
    names_text((const u16[]){'a', 0, 'b'}, 3, false, text, sizeof text);
    assert_string_equal(text, "a");
    memset(text, '#', sizeof text);
    names_text((const u16[]){0x20ac, 0x20ac, 0x20ac, 0x20ac, 0x20ac}, 5, true, text, 8);
    assert_string_equal(text, "\xe2\x82\xac\xe2\x82\xac/");
    assert_int_equal('#', text[8]);
}

static void folder_of_a_path(void **state) {
    static const struct {
        const u16 *path;
        const char *folder;
    } cases[] = {
        {u"\\EFI\\BOOT\\BOOTX64.EFI", "EFI/BOOT/"},
        {u"EFI/BOOT/x.efi", "EFI/BOOT/"},
        {u"\\\\EFI\\x.efi", "EFI/"},
        {u"\\x.efi", ""},
        {u"x.efi", ""},
        {u"", ""},
        {u"\\\u00e4\\x", "\xc3\xa4/"},
        {u"\\aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\x", ""},
    };
    char folder[96];
    for (unsigned i = 0; i < countof(cases); i++) {
        size_t n = 0;
        while (cases[i].path[n]) n++;
        names_folder(cases[i].path, n, folder, sizeof folder);
        assert_string_equal(folder, cases[i].folder);
    }
}

static void what_names_say(void **state) {
    static const struct {
        const char *name;
        enum name_kind kind;
    } cases[] = {
        {"debian.iso", NAME_ISO},
        {"DEBIAN.ISO", NAME_ISO},
        {"._debian.iso", NAME_OTHER},
        {"$x.iso", NAME_OTHER},
        {"x.iso~", NAME_OTHER},
        {"x.iso.part", NAME_OTHER},
        {"vmlinuz", NAME_KERNEL},
        {"VMLINUZ-6.1", NAME_KERNEL},
        {"bzImage", NAME_KERNEL},
        {"vmlinux", NAME_KERNEL},
        {"vmlinux-6.12", NAME_KERNEL},
        {"vmlinux.map", NAME_OTHER},
        {"vmlinux.asc", NAME_OTHER},
        {"Image", NAME_KERNEL},
        {"IMAGE.GZ", NAME_KERNEL},
        {"Image.gz.sig", NAME_OTHER},
        {"image.png", NAME_OTHER},
        {"Image 1.jpg", NAME_OTHER},
        {"vmlinuz-6.1.sig", NAME_OTHER},
        {"bzImage.sha256", NAME_OTHER},
        {"initrd.img", NAME_INITRD},
        {"initrd.img.asc", NAME_OTHER},
        {"._initrd.img", NAME_OTHER},
        {"softmetal.conf", NAME_OTHER},
        {"softmetal.conf.txt", NAME_MISNAMED},
        {"Softmetal.txt", NAME_MISNAMED},
        {"softmetal.conf~", NAME_OTHER},
        {"", NAME_OTHER},
    };
    for (unsigned i = 0; i < countof(cases); i++) assert_int_equal(names_kind(cases[i].name), cases[i].kind);
    static const char *const hidden[] = {".Trashes/", "._x",          "$RECYCLE.BIN/", "system volume information/",
                                         "RECYCLER/", "a\x1b[2J.iso", "\x7f"};
    for (unsigned i = 0; i < countof(hidden); i++) assert_true(names_hidden(hidden[i]));
    assert_false(names_hidden("isos/"));
    assert_false(names_hidden("System Volume Information.iso"));
}

static void statuses_have_names(void **state) {
    assert_string_equal(status_text(BIT(63) | 7), "EFI_DEVICE_ERROR, the stick or disk does not answer as it should");
    assert_string_equal(status_text(BIT(63) | 10), "EFI_VOLUME_CORRUPTED, the file system is damaged");
    assert_string_equal(status_text(0), "EFI_SUCCESS");
    const u64 none[] = {7, BIT(63), BIT(63) | 17, BIT(63) | 1000, BIT(62) | BIT(63) | 7, ~(u64)0};
    for (unsigned i = 0; i < countof(none); i++) assert_string_equal(status_text(none[i]), "an error of the firmware's own");
}

// --- load options

static struct options o;
static struct scripted_plat scripted;

// The text as UCS-2, without its end, in just as much memory; the options as "key=value|key|", or what is wrong.
static const char *options_of(const char *text, unsigned width, size_t cut) {
    static char said[OPTIONS_TEXT + 8 * OPTIONS_WORDS];
    size_t n = strlen(text);
    u8 *bytes = calloc(n * width + 1, 1), *exact;
    for (size_t i = 0; i < n; i++) bytes[i * width] = (u8)text[i];
    n = n * width - cut;
    exact = memcpy(malloc(n), bytes, n);
    const char *wrong = options_read(&o, exact, n);
    free(exact);
    free(bytes);
    said[0] = 0;
    if (wrong) return wrong;
    struct option x;
    int r;
    scripted_plat_init(&scripted);
    for (unsigned at = 0; (r = options_next(&o, &at, &scripted.plat, &x)) > 0;)
        plat_format(said + strlen(said), sizeof said - strlen(said), "%s%s%s|", x.key, x.value ? "=" : "",
                    x.value ? x.value : "");
    return r ? "refused" : said;
}

static void load_options(void **state) {
    static const struct {
        const char *text, *options;
    } cases[] = {
        {"softmetal.efi kernel=foo.iso memory=1G", "kernel=foo.iso|memory=1G|"},
        {"FS0:\\EFI\\BOOT\\BOOTX64.EFI --kernel foo.iso", "kernel=foo.iso|"},
        {"kernel=foo.iso", "kernel=foo.iso|"}, // GRUB leaves the name out
        {"softmetal kernel=foo.iso", "kernel=foo.iso|"},
        {"  x.efi\t--verbose  --memory=1G ", "verbose|memory=1G|"},
        {"x.efi append=\"a b=c\" \"until=say \\\"hi\\\"\"", "append=a b=c|until=say \"hi\"|"},
        {"x.efi kernel=\\a\\b.iso --append \"quiet --x\" cpu=", "kernel=\\a\\b.iso|append=quiet --x|cpu=|"},
        {"softmetal.efi", ""},
        {"\"FS0:\\my folder\\x.EFI\"", ""},
        {"softmetal.efi foo.iso", "refused"},
        {"kernel=a foo.iso", "refused"},
        {"x.efi kernel=\"a", "have a quote that is not closed"},
        // Nobody's
        {"", ""},
        {" ", ""},
        {"Windows Boot Manager", ""},
        {"UEFI: SanDisk", ""},
        {"foo.iso", ""},
        {"\"open", ""},
        {"--", ""},
        {"=x", ""},
        {"-x=1", ""},
    };
    for (unsigned i = 0; i < countof(cases); i++)
        for (unsigned width = 1; width < 3; width++) assert_string_equal(options_of(cases[i].text, width, 0), cases[i].options);
    assert_string_equal(options_of("kernel=foo.iso ", 2, 1), "kernel=foo.iso|"); // an odd number of bytes
    assert_null(options_read(&o, NULL, 100));
    assert_int_equal(o.words, 0);
}

// What firmware keeps in its boot entries: a GUID, zeroes, Windows' own structure, a whole EFI_LOAD_OPTION.
static void load_options_of_the_firmware(void **state) {
    static const char guid[] = "\x4e\xac\x08\x81\x11\x9f\x59\x4d\x85\x0e\xe2\x1a\x52\x2c\x59\xb2";
    static const char windows[] = "WINDOWS\0\x01\0\0\0\x88\0\0\0x\0\0\0B\0C\0D\0O\0B\0J\0=\0{\0";
    static const char entry[] = "\x01\0\0\0\x62\0k\0e\0r\0n\0e\0l\0=\0a\0\0\0\x04\x01\x2a\0";
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {{guid, 16}, {windows, sizeof windows - 1}, {entry, sizeof entry - 1}, {"\0\0\0\0k\0=\0", 8},
                 {"k", 1},   {"\xff\xff\xff\xff", 4}};
    for (unsigned i = 0; i < countof(cases); i++)
        for (size_t n = 0; n <= cases[i].size; n++) {
            u8 *exact = memcpy(malloc(n + !n), cases[i].bytes, n);
            assert_null(options_read(&o, exact, n));
            assert_int_equal(o.words, 0);
            free(exact);
        }
}

static void load_options_without_measure(void **state) {
    static char text[70000];
    strcpy(text, "kernel=");
    memset(text + 7, 'a', sizeof text - 8);
    assert_string_equal(options_of(text, 2, 0), "are too long");
    for (unsigned i = 0; i < 600; i++) memcpy(text + 6 * i, "a=b   ", 6);
    text[3600] = 0;
    assert_string_equal(options_of(text, 2, 0), "are too many words");
    text[6 * OPTIONS_WORDS] = 0;
    assert_int_equal(strlen(options_of(text, 1, 0)), 4 * OPTIONS_WORDS);
    memset(text, 'a', 100);
    text[100] = '=', text[101] = 0;
    assert_string_equal(options_of(text, 1, 0), "refused");
    memset(text, 'a', sizeof text - 1); // no option in it: left alone
    assert_string_equal(options_of(text, 2, 0), "");
}

// --- memory map

static void descriptor(u8 *map, unsigned n, u32 type, u64 start, u64 pages) {
    st32(map + 48 * n, type);
    st64(map + 48 * n + 8, start);
    st64(map + 48 * n + 24, pages);
}

static void range_is(const struct ranges *f, unsigned n, u64 start, u64 size) {
    assert_true(n < f->n);
    assert_int_equal(f->r[n].start, start);
    assert_int_equal(f->r[n].size, size);
}

static void free_memory(void **state) {
    u8 map[48 * 5] = {0};
    struct ranges f;
    descriptor(map, 0, CONVENTIONAL, 0, 0x180);       // 1.5 MiB
    descriptor(map, 1, CONVENTIONAL, 0x180000, 0x80); // goes on
    descriptor(map, 2, 4, 0x200000, 0x100);           // boot services data
    descriptor(map, 3, CONVENTIONAL, 0x300000, 0x5000);
    descriptor(map, 4, CONVENTIONAL, 4 * GiB, 0x40000);
    ranges_read(&f, map, sizeof map, 48);
    assert_int_equal(f.n, 3);
    range_is(&f, 0, MiB, MiB);
    range_is(&f, 1, 0x300000, 0x5000000);
    range_is(&f, 2, 4 * GiB, GiB);
    assert_ptr_equal(ranges_best_fit(&f, 2 * MiB), &f.r[1]);
    assert_ptr_equal(ranges_largest(&f), &f.r[2]);
    assert_null(ranges_best_fit(&f, 2 * GiB));
    ranges_keep_large(&f);
    assert_int_equal(f.n, 2);
    range_is(&f, 0, 0x400000, 0x4e00000);
    range_is(&f, 1, 4 * GiB, GiB - 8 * MiB); // 3 MiB fell away: less than the firmware is left
    ranges_cut(&f, 30 * MiB);
    range_is(&f, 0, 0x400000 + 32 * MiB, 30 * MiB);
    range_is(&f, 1, 0x400000, 30 * MiB);
}

static void ram_there_is_and_would_do(void **state) {
    u8 map[48 * 6] = {0};
    descriptor(map, 0, CONVENTIONAL, MiB, 0x10000);     // 256 MiB
    descriptor(map, 1, 4, 0x20000000, 0x4000);          // boot services data
    descriptor(map, 2, 0, 0x30000000, 0x4000);          // reserved
    descriptor(map, 3, 11, 0xe0000000, 0x10000);        // registers
    descriptor(map, 4, 0xffffffff, 0x40000000, 0x4000); // no such type
    descriptor(map, 5, 9, 0x50000000, ~(u64)0);         // cannot be
    assert_int_equal(ranges_installed(map, sizeof map, 48), 320 * MiB);
    assert_int_equal(ranges_installed(map, sizeof map, 0), 0);
    assert_int_equal(ranges_would_do(160 * MiB, 300 * MiB, 400 * MiB), 512 * MiB);
    assert_int_equal(ranges_would_do(768 * MiB, 600 * MiB, 1100 * MiB), 1536 * MiB);
    // Any split of so much RAM at up to 3.5 GiB has a piece that is large enough.
    for (u64 size = 256 * MiB; size < 100 * GiB; size = size * 5 / 4) {
        u64 ram = ranges_would_do(4 * GiB, size - 200 * MiB, size);
        assert_true(ram - 3584 * MiB >= size && ram - 3584 * MiB < size + 2 * GiB);
    }
}

// Their ends wrapped: one became a range of nearly all there is.
static void impossible_memory(void **state) {
    u8 map[48 * 4] = {0};
    struct ranges f;
    descriptor(map, 0, CONVENTIONAL, 0x200000, ~(u64)0 / 4096);
    descriptor(map, 1, CONVENTIONAL, ~(u64)0 - 0xfff, 16);
    descriptor(map, 2, CONVENTIONAL, 0x200001, 16);
    descriptor(map, 3, CONVENTIONAL, GUEST_WINDOW, 16);
    ranges_read(&f, map, sizeof map, 48);
    assert_int_equal(f.n, 1);
    range_is(&f, 0, 0x200000, GUEST_WINDOW - 0x200000);
    ranges_read(&f, map, sizeof map, 0); // was walked for ever
    assert_int_equal(f.n, 0);
    ranges_read(&f, map, 47, 48);
    assert_int_equal(f.n, 0);
}

// --- ACPI

enum { BASE = 0x1000, XSDT = 0x100, FADT = 0x200, SPCR = 0x400, DSDT = 0x500, SSDT = 0x600, ROOM = 0x800 };
static u8 memory[ROOM];

static const u8 *at_memory(const struct tables *t, u64 address, u64 size) {
    return address >= BASE && range_inside(address - BASE, size, ROOM) ? memory + (address - BASE) : NULL;
}
static const struct tables firmware = {.at = at_memory, .rsdp = BASE};

static void header(unsigned at, const char *signature, u32 size) {
    memcpy(memory + at, signature, 4);
    st32(memory + at + 4, size);
}

static int good_tables(void **state) {
    static const u16 all[] = {FADT, SPCR, SSDT};
    memset(memory, 0, sizeof memory);
    memcpy(memory, "RSD PTR ", 8);
    memory[15] = 2;
    st64(memory + 24, BASE + XSDT);
    header(XSDT, "XSDT", 36 + 8 * countof(all));
    for (unsigned i = 0; i < countof(all); i++) st64(memory + XSDT + 36 + 8 * i, BASE + all[i]);
    header(FADT, "FACP", 244);
    u8 *f = memory + FADT;
    st32(f + 40, BASE + DSDT);
    st32(f + 48, 0xb2);
    f[52] = 0xa0;
    st32(f + 64, 0x604);
    st32(f + 76, 0x608);
    f[91] = 4;
    st32(f + 112, 1 << 10 | 1 << 8);
    f[116] = 1;
    st64(f + 120, 0xcf9);
    f[128] = 6;
    header(SPCR, "SPCR", 80);
    memory[SPCR + 41] = 32;
    st64(memory + SPCR + 44, 0xfe000000);
    header(DSDT, "DSDT", 36 + 13);
    memcpy(memory + DSDT + 36, "\x08_S5_\x12\x06\x04\x0a\x05\x00\x00\x00", 13);
    header(SSDT, "SSDT", 36 + 12);
    memcpy(memory + SSDT + 36, "\x08\\_S5_\x12\x06\x01\x01\x00\x00", 12);
    return 0;
}

static struct acpi_power power(void) {
    struct acpi_power w = {0};
    tables_power(&firmware, &w);
    return w;
}

static void firmware_tables(void **state) {
    struct acpi_power w = power();
    assert_true(w.has_s5 && w.slp_typ_a == 5 && w.slp_typ_b == 0);
    assert_true(w.pm1a_control.present && !w.pm1a_control.mmio && w.pm1a_control.address == 0x604 && w.pm1a_control.width == 2);
    assert_false(w.pm1b_control.present);
    assert_true(w.pm_timer.present && w.pm_timer_32 && w.pm_timer.address == 0x608);
    assert_true(w.reset.present && w.reset.address == 0xcf9 && w.reset_value == 6);
    assert_true(w.smi_command == 0xb2 && w.acpi_enable == 0xa0);
    struct serial_port s;
    assert_true(tables_serial(&firmware, &s));
    assert_true(s.present && s.mmio && s.stride == 4 && s.base == 0xfe000000);
}

static void s5_is_in_an_ssdt(void **state) {
    memory[DSDT + 37] = 'X';
    assert_true(power().slp_typ_a == 1);
    st64(memory + FADT + 140, BASE + ROOM - 4); // no room for a header
    assert_true(power().slp_typ_a == 1);
    header(SSDT, "SSDT", 36 + 9); // ends before the numbers
    assert_false(power().has_s5);
    assert_int_equal(power().slp_typ_a, 0);
}

// Ports were cut to 16 bits: port 0x10604 became 0x604, and reset a write to some other device.
static void registers_out_of_reach(void **state) {
    st32(memory + FADT + 64, 0x10604);
    st32(memory + FADT + 48, 0x100b2);
    st64(memory + FADT + 120, 0x10cf9);
    st64(memory + FADT + 212, GUEST_WINDOW - 2); // the PM timer's four bytes end in the guest's window
    struct acpi_power w = power();
    assert_false(w.pm1a_control.present);
    assert_int_equal(w.smi_command, 0);
    assert_false(w.reset.present);
    assert_true(!w.pm_timer.mmio && w.pm_timer.address == 0x608); // the legacy one
    struct serial_port s = {.base = 1};
    st64(memory + SPCR + 44, GUEST_WINDOW - 16);
    assert_false(tables_serial(&firmware, &s));
    memory[SPCR + 40] = 1;
    st64(memory + SPCR + 44, 0xfffc);
    assert_false(tables_serial(&firmware, &s));
    assert_int_equal(s.base, 1);
}

static void tables_that_are_not_there(void **state) {
    struct serial_port s;
    for (unsigned size = 0; size < 250; size++) {
        header(FADT, "FACP", size);
        power();
        header(SPCR, "SPCR", size);
        tables_serial(&firmware, &s);
    }
    header(XSDT, "XSDT", 0xffffffff);
    assert_false(tables_serial(&firmware, &s));
    header(XSDT, "XSDT", 35);
    assert_false(tables_serial(&firmware, &s));
    memory[0] = 'X';
    assert_false(power().pm1a_control.present);
}

// --- page tables

static struct handoff h;

static int new_handoff(void **state) {
    static u8 *pool;
    if (!pool)
        pool =
            mmap((void *)0x20000000, 4 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (pool == MAP_FAILED) return -1;
    h = (struct handoff){.heap = {2 * GiB, 16 * MiB},
                         .code = {5 * GiB + 3 * MiB, 3 * MiB},
                         .stacks = {3 * GiB, KERNEL_STACKS_SIZE},
                         .tables = {(uintptr_t)pool, 4 * MiB}};
    h.guest_ram[0] = (struct phys_range){4 * GiB + 6 * MiB, 4 * MiB};
    h.guest_ram[1] = (struct phys_range){1 * GiB, 2 * MiB};
    h.guest_ranges = 2;
    h.guest_size = 6 * MiB;
    return 0;
}

static void shows(u64 cr3, u64 va, u64 pa, u64 rights) {
    struct shown s = walk(cr3, va);
    assert_true(s.mapped);
    assert_int_equal(s.address, pa);
    assert_int_equal(s.rights, rights);
}

static void address_space(void **state) {
    for (unsigned five = 0; five < 2; five++) {
        host_cr4 = five ? BIT(12) : 0;
        u64 cr3 = paging_build(&h), guest = (uintptr_t)paging_guest_ram(&h);
        assert_true(cr3);
        shows(cr3, 2 * GiB + 5, 2 * GiB + 5, DATA);
        shows(cr3, guest, 4 * GiB + 6 * MiB, DATA);
        shows(cr3, guest + 5 * MiB, 1 * GiB + MiB, DATA);
        shows(cr3, stack_top(0) - 8, h.stacks.start + MAIN_STACK_SIZE - 8, DATA);
        shows(cr3, h.tables.start, h.tables.start, RODATA);
        shows(cr3, (uintptr_t)__text_start, (uintptr_t)__text_start, CODE);
        const u64 nothing[] = {0, guest - 1, guest + 6 * MiB, stack_top(0), stack_top(0) - MAIN_STACK_SIZE - 1, 2 * GiB - 1};
        for (unsigned i = 0; i < countof(nothing); i++) assert_false(walk(cr3, nothing[i]).mapped);
    }
    host_cr4 = 0;
}

// Written in one place, executed in another, and nowhere else: no page is both.
static void code_is_mapped_twice(void **state) {
    struct plat_code c = paging_code(&h);
    u64 cr3 = paging_build(&h), write = (uintptr_t)c.write, exec = (uintptr_t)c.exec;
    assert_int_equal(c.size, 3 * MiB);
    assert_true(write >= CODE_WRITE_WINDOW && exec >= CODE_EXEC_WINDOW);
    for (u64 at = 0; at < c.size; at += 4096) {
        shows(cr3, write + at, h.code.start + at, DATA);
        shows(cr3, exec + at, h.code.start + at, CODE);
        assert_false(walk(cr3, h.code.start + at).mapped);
    }
    const u64 ends[] = {write - 1, write + c.size, exec - 1, exec + c.size};
    for (unsigned i = 0; i < countof(ends); i++) assert_false(walk(cr3, ends[i]).mapped);
}

static void no_memory_for_code(void **state) {
    host_edx = 0; // no NX: what is writable can be executed
    assert_int_equal(paging_code(&h).size, 0);
    u64 cr3 = paging_build(&h);
    assert_false(walk(cr3, CODE_WRITE_WINDOW + MiB).mapped || walk(cr3, CODE_EXEC_WINDOW + MiB).mapped);
    host_edx = HOST_NX;
    h.code = (struct phys_range){0};
    assert_int_equal(paging_code(&h).size, 0);
    assert_true(paging_build(&h));
}

// A register in the midst of RAM was looked for in that RAM, as if it were a page table: what it held there was overwritten.
static void a_register_in_the_heap(void **state) {
    h.power.reset = (struct acpi_register){.present = true, .mmio = true, .width = 1, .address = 2 * GiB + 3 * MiB};
    shows(paging_build(&h), 2 * GiB + 3 * MiB, 2 * GiB + 3 * MiB, DATA);
}

static void a_framebuffer_over_a_register(void **state) {
    h.power.reset = (struct acpi_register){.present = true, .mmio = true, .width = 1, .address = 0x80201000 + GiB};
    h.framebuffer[0] = (struct framebuffer){.base = 0x80000000 + GiB, .size = 8 * MiB};
    h.framebuffers = 1;
    u64 cr3 = paging_build(&h);
    shows(cr3, 0xc0000000, 0xc0000000, VIDEO);
    shows(cr3, 0xc0201000, 0xc0201000, DEVICE);
    shows(cr3, 0xc0202000, 0xc0202000, VIDEO);
    shows(cr3, 0xc0400000, 0xc0400000, VIDEO);
}

// XD is a reserved bit where there is no NX: every entry with it would fault.
static void a_processor_without_nx(void **state) {
    host_edx = 0;
    assert_false(paging_no_execute());
    u64 cr3 = paging_build(&h);
    shows(cr3, 2 * GiB + 5, 2 * GiB + 5, DATA & ~BIT(63));
    shows(cr3, h.tables.start, h.tables.start, 0);
    host_edx = HOST_NX;
}

// A BIOS's switch, on the processors that have one (Linux looks at the same models); the shim faults on others.
static void nx_that_is_switched_off(void **state) {
    static const struct {
        bool intel;
        u32 version;
        bool on;
    } rows[] = {{true, 0x000306c3, true},
                {true, 0x000006d8, true},
                {true, 0x00000f41, true},
                {true, 0x000006c0, false},
                {false, 0x00a20f10, false}};
    for (unsigned i = 0; i < countof(rows); i++) {
        host_is_intel = rows[i].intel, host_version = rows[i].version, host_misc_enable = BIT(34) | 1;
        assert_int_equal(paging_no_execute(), rows[i].on);
        assert_int_equal(host_misc_enable, rows[i].on ? 1 : BIT(34) | 1);
    }
    host_is_intel = false, host_misc_enable = 0;
}

static void every_screen_is_mapped(void **state) {
    const struct framebuffer f = {
        .size = 8 * MiB, .width = 1000, .height = 768, .pitch = 1024, .red = 0xff, .green = 0xff00, .blue = 0xff0000};
    for (unsigned i = 0; i < HANDOFF_SCREENS + 1; i++) {
        struct framebuffer g = f;
        g.base = 8 * GiB + i * 16 * MiB;
        assert_int_equal(screens_add(&h, &g), i < HANDOFF_SCREENS);
        assert_false(screens_add(&h, &g)); // the same screen, found twice
    }
    u64 cr3 = paging_build(&h);
    for (unsigned i = 0; i < HANDOFF_SCREENS; i++) {
        u64 last = 8 * GiB + i * 16 * MiB + 4 * 1024 * 768 - 1;
        shows(cr3, last, last, VIDEO);
    }
}

static void screens_that_cannot_be_drawn_to(void **state) {
    const struct framebuffer good = {.base = 0x80000000,
                                     .size = 4 * MiB,
                                     .width = 640,
                                     .height = 480,
                                     .pitch = 640,
                                     .red = 0x3ff00000,
                                     .green = 0xffc00,
                                     .blue = 0x3ff};
    struct framebuffer bad[12];
    for (unsigned i = 0; i < countof(bad); i++) bad[i] = good;
    bad[0].base = 0, bad[1].base = GUEST_WINDOW - MiB, bad[2].base += 2, bad[3].size = 640 * 480 * 4 - 1, bad[4].width = 641;
    bad[5].pitch = bad[5].width = 0, bad[6].height = 0, bad[7].pitch = 0x4001, bad[8].red = 0, bad[9].green = 0x0ff0f0;
    bad[10].blue = 0x7ff, bad[11].height = 0x4001;
    for (unsigned i = 0; i < countof(bad); i++)
        if (screens_add(&h, &bad[i])) fail_msg("row %u was taken", i);
    assert_true(screens_add(&h, &good));
}

// In our own tables, and in a copy of the firmware's, which loses nothing and is not changed.
static void files_in_pieces(void **state) {
    _Alignas(4096) static u8 room[8 * 4096];
    const struct phys_range pool = {(uintptr_t)room, sizeof room};
    for (unsigned how = 0; how < 4; how++) {
        new_handoff(state);
        host_cr4 = how & 1 ? BIT(12) : 0;
        host_efer = how & 2 ? 0 : BIT(11);
        u64 theirs = paging_build(&h), xd = how & 2 ? 0 : BIT(63);
        h.file[0] = (struct file_piece){{8 * GiB, 4 * MiB}, false};
        h.file[1] = (struct file_piece){{6 * GiB, 2 * MiB}, true};
        h.file_pieces = 2;
        h.inputs.kernel = (struct blob){.data = (u8 *)FILE_WINDOW, .size = 3 * MiB}; // maps nothing by itself
        u64 added = paging_add_files(&h, theirs, pool);
        assert_true(added);
        shows(added, FILE_WINDOW + 5, 8 * GiB + 5, (RODATA & ~BIT(63)) | xd);
        shows(added, FILE_WINDOW + 4 * MiB, 6 * GiB, (DATA & ~BIT(63)) | xd);
        assert_false(walk(added, FILE_WINDOW + 6 * MiB).mapped);
        shows(added, 2 * GiB + 5, 2 * GiB + 5, DATA);
        assert_false(walk(theirs, FILE_WINDOW).mapped);
        assert_int_equal(paging_add_files(&h, theirs, (struct phys_range){pool.start, how & 1 ? 8192 : 4096}), 0);
        new_handoff(state);
        h.file[0] = (struct file_piece){{8 * GiB, 4 * MiB}, false};
        h.file_pieces = 1;
        shows(paging_build(&h), FILE_WINDOW + 3 * MiB, 8 * GiB + 3 * MiB, RODATA);
    }
    host_cr4 = 0, host_efer = BIT(11);
}

// --- what outlives a run

static void a_ring_of_text(void **state) {
    static struct keep k;
    static u8 out[KEEP_BYTES];
    keep_clear(&k);
    assert_int_equal(keep_text(&k, out, sizeof out), 0);
    for (unsigned i = 0; i < 5; i++) keep_byte(&k, (u8)("hello"[i]));
    assert_int_equal(keep_text(&k, out, sizeof out), 5);
    assert_memory_equal(out, "hello", 5);
    for (unsigned i = 0; i < 3 * KEEP_BYTES; i++) keep_byte(&k, (u8)(i * 7));
    keep_byte(&k, '!');
    assert_int_equal(keep_text(&k, out, 2), 2); // the newest
    assert_int_equal(out[0], (u8)((3 * KEEP_BYTES - 1) * 7));
    assert_int_equal(out[1], '!');
    assert_int_equal(keep_text(&k, out, sizeof out), KEEP_BYTES);
    for (unsigned i = 0; i + 1 < KEEP_BYTES; i++) assert_int_equal(out[i], (u8)((2 * KEEP_BYTES + 1 + i) * 7));
    k.text[77] ^= 1; // memory that somebody else has used
    assert_int_equal(keep_text(&k, out, sizeof out), 0);
    k.text[77] ^= 1;
    k.next = KEEP_BYTES;
    assert_int_equal(keep_text(&k, out, sizeof out), 0);
    k.next = 0, k.count = KEEP_BYTES + 1;
    assert_int_equal(keep_text(&k, out, sizeof out), 0);
    k.count = 5, k.magic++;
    assert_int_equal(keep_text(&k, out, sizeof out), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_keeps_to_its_room),
        cmocka_unit_test(a_list_says_what_it_leaves_out),
        cmocka_unit_test(paths),
        cmocka_unit_test(folder_of_a_path),
        cmocka_unit_test(what_names_say),
        cmocka_unit_test(statuses_have_names),
        cmocka_unit_test(load_options),
        cmocka_unit_test(load_options_of_the_firmware),
        cmocka_unit_test(load_options_without_measure),
        cmocka_unit_test(ram_there_is_and_would_do),
        cmocka_unit_test(free_memory),
        cmocka_unit_test(impossible_memory),
        cmocka_unit_test_setup(firmware_tables, good_tables),
        cmocka_unit_test_setup(s5_is_in_an_ssdt, good_tables),
        cmocka_unit_test_setup(registers_out_of_reach, good_tables),
        cmocka_unit_test_setup(tables_that_are_not_there, good_tables),
        cmocka_unit_test_setup(address_space, new_handoff),
        cmocka_unit_test_setup(code_is_mapped_twice, new_handoff),
        cmocka_unit_test_setup(no_memory_for_code, new_handoff),
        cmocka_unit_test_setup(a_register_in_the_heap, new_handoff),
        cmocka_unit_test_setup(a_framebuffer_over_a_register, new_handoff),
        cmocka_unit_test_setup(a_processor_without_nx, new_handoff),
        cmocka_unit_test(nx_that_is_switched_off),
        cmocka_unit_test_setup(every_screen_is_mapped, new_handoff),
        cmocka_unit_test_setup(files_in_pieces, new_handoff),
        cmocka_unit_test(a_ring_of_text),
        cmocka_unit_test_setup(screens_that_cannot_be_drawn_to, new_handoff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
