// SPDX-License-Identifier: MIT
// ISO 9660 and the boot menus inside: names of all three kinds, the entry that would start by default, broken images.
#include "images.h"

#include "base/le.h"
#include "loader/menu.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECTOR 2048
#define LONG_NAME "a-very-long-name-that-does-not-fit-into-one-name-entry-of-forty-bytes.txt"

static struct world *w;
static u8 kernel[BZIMAGE_SIZE];
static struct iso_image image;

static int setup(void **state) {
    w = world_new();
    bzimage_make(kernel);
    image.data = NULL;
    return 0;
}

static int teardown(void **state) {
    free(image.data);
    world_free(w);
    return 0;
}

static void make(const struct iso_file *files, unsigned count, unsigned kinds) {
    free(image.data);
    image = iso_make(files, count, kinds);
    w->in.kernel = (struct blob){"test.iso", image.data, image.size};
    w->s.log_len = 0;
}

static int open_iso(struct iso *iso) {
    const struct span s = {"test.iso", image.data, w->in.kernel.size};
    return iso_open(iso, &w->s.plat, &s);
}

static const struct iso_file some_files[] = {
    {"/hello.txt", "hello", 0},
    {"/folder/deep/" LONG_NAME, "long", 0},
    {"/folder/Mixed.Case", "mixed", 0},
    {"/folder/noext", "noext", 0},
};

static void expect_file(struct iso *iso, const char *path, const char *text) {
    struct span f;
    assert_int_equal(iso_find(iso, path, &f), 0);
    assert_int_equal(f.size, strlen(text));
    assert_memory_equal(f.data, text, f.size);
}

static void files_are_found_by_every_kind_of_name(void **state) {
    static const enum iso_names names[] = {ISO_NAMES_PLAIN, ISO_NAMES_ROCK_RIDGE, ISO_NAMES_JOLIET,
                                           ISO_NAMES_ROCK_RIDGE};
    for (unsigned kinds = 0; kinds < 4; kinds++) {
        struct iso iso;
        struct span f;
        make(some_files, countof(some_files), kinds);
        assert_int_equal(open_iso(&iso), 0);
        assert_int_equal(iso.names, names[kinds]);
        expect_file(&iso, "/hello.txt", "hello");
        expect_file(&iso, "HELLO.TXT", "hello");
        expect_file(&iso, "//folder/./mixed.case", "mixed");
        expect_file(&iso, "/folder/noext", "noext");
        if (kinds) expect_file(&iso, "/folder/deep/" LONG_NAME, "long");
        const char *absent[] = {"/hello.tx", "/hello.txtx",  "/folder",        "/folder/", "/",
                                "",          "/hello.txt/x", "/folder/deep/.."};
        for (unsigned i = 0; i < countof(absent); i++) assert_int_equal(iso_find(&iso, absent[i], &f), ERR_NOT_FOUND);
        assert_int_equal(w->s.log_len, 0);
    }
}

static void a_folder_of_several_sectors(void **state) {
    static struct iso_file files[40];
    static char names[40][64];
    for (unsigned i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "/file-with-a-name-of-some-length-%02u", i);
        files[i] = (struct iso_file){names[i], names[i], 0};
    }
    struct iso iso;
    make(files, 26, ISO_ROCK_RIDGE);
    assert_int_equal(open_iso(&iso), 0);
    for (unsigned i = 0; i < 26; i++) expect_file(&iso, names[i], names[i]);
}

static void broken(int error, const char *message) {
    struct iso iso;
    struct span f;
    w->s.log_len = 0;
    int e = open_iso(&iso);
    if (!e) e = iso_find(&iso, "/folder/noext", &f);
    assert_int_equal(e, error);
    if (!scripted_logged(&w->s, message)) fail_msg("not \"%s\" but: %s", message, w->s.log);
    make(some_files, countof(some_files), 0);
}

static void broken_volume_descriptors(void **state) {
    u8 *primary;
#define BREAK(error, message, change)                                                                                  \
    primary = image.data + 16 * SECTOR;                                                                                \
    change;                                                                                                            \
    broken(error, message)
    make(some_files, countof(some_files), 0);
    BREAK(ERR_CORRUPT, "no primary volume descriptor", primary[0] = 2);
    BREAK(ERR_CORRUPT, "list of volume descriptors has no end", primary[SECTOR + 1] = 'X');
    BREAK(ERR_UNSUPPORTED, "logical blocks of 512 bytes", st16(primary + 128, 512));
    BREAK(ERR_TRUNCATED, "it is truncated", st32(primary + 80, 513));
    BREAK(ERR_TRUNCATED, "it is truncated", w->in.kernel.size = 20 * SECTOR);
    BREAK(ERR_CORRUPT, "past the end of the image", st32(primary + 156 + 2, 600));
    BREAK(ERR_CORRUPT, "past the end of the image", st32(primary + 156 + 10, 0xffffffff));
    BREAK(ERR_CORRUPT, "a folder is empty", st32(primary + 156 + 10, 0));
    BREAK(ERR_CORRUPT, "root record", primary[156 + 25] = 0);
    BREAK(ERR_CORRUPT, "root record", primary[156] = 0);
    BREAK(ERR_CORRUPT, "length", primary[156] = 33);
}

// Eight records of 254 bytes, and one of 34 where only 16 are left.
static void fill_sector(u8 *sector) {
    memset(sector, 0, SECTOR);
    for (unsigned i = 0; i <= 8; i++) sector[254 * i] = i < 8 ? 254 : 34;
    for (unsigned i = 0; i < 8; i++) sector[254 * i + 32] = 1;
}

static void broken_directory_records(void **state) {
    u8 *folder;
#undef BREAK
#define BREAK(error, message, change)                                                                                  \
    folder = iso_record(&image, "/folder");                                                                            \
    change;                                                                                                            \
    broken(error, message)
    make(some_files, countof(some_files), 0);
    BREAK(ERR_CORRUPT, "at byte", folder[0] = 20);
    BREAK(ERR_CORRUPT, "passes the end of its sector", fill_sector(image.data + ld32(folder + 2) * SECTOR));
    BREAK(ERR_CORRUPT, "name is empty or longer", folder[32] = 0);
    BREAK(ERR_CORRUPT, "name is empty or longer", folder[32] = 200);
    BREAK(ERR_CORRUPT, "past the end of the image", st32(folder + 2, 511));
    BREAK(ERR_CORRUPT, "past the end of the image", st32(folder + 2, 0xffffffff));
    BREAK(ERR_CORRUPT, "past the end of the image", folder[1] = 255; st32(folder + 2, 300));
    BREAK(ERR_CORRUPT, "past the end of the image", st32(iso_record(&image, "/folder/noext") + 10, 0xfffff));
    BREAK(ERR_UNSUPPORTED, "more than one extent", iso_record(&image, "/folder/noext")[25] |= 0x80);
    BREAK(ERR_CORRUPT, "a loop", memcpy(folder + 2, image.data + 16 * SECTOR + 156 + 2, 16)); // the root again
}

static void a_loop_of_folders_ends(void **state) {
    struct iso iso;
    struct span f;
    make(some_files, countof(some_files), 0);
    u8 *folder = iso_record(&image, "/folder"), *deep = iso_record(&image, "/folder/deep");
    memcpy(deep + 2, folder + 2, 16);
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso_find(&iso, "/folder/deep/deep/deep/noext", &f), ERR_CORRUPT);
    assert_true(scripted_logged(&w->s, "a folder contains one it lies in: a loop"));
}

static void a_path_deeper_than_the_walk(void **state) {
    struct iso iso;
    struct span f;
    const struct iso_file deep[] = {{"/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i", "x", 0}};
    make(deep, 1, 0);
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso_find(&iso, deep[0].path, &f), ERR_NOT_FOUND);
}

// The first NM or CE entry of the record of LONG_NAME.
static u8 *system_use(const char *signature) {
    u8 *r = iso_record(&image, "/folder/deep/" LONG_NAME);
    if (!r) { // its plain name is cut
        u8 *folder = image.data + ld32(iso_record(&image, "/folder/deep") + 2) * SECTOR;
        r = folder + folder[0];
        r += r[0];
    }
    for (u8 *p = r + 33; p < r + r[0]; p++)
        if (!memcmp(p, signature, 2) && p[3] == 1) return p;
    return NULL;
}

static void rock_ridge_refused(const char *message) {
    struct iso iso;
    struct span f;
    w->s.log_len = 0;
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso_find(&iso, "/folder/deep/" LONG_NAME, &f), ERR_CORRUPT);
    assert_true(scripted_logged(&w->s, message));
    make(some_files, countof(some_files), ISO_ROCK_RIDGE);
}

static void broken_rock_ridge(void **state) {
    make(some_files, countof(some_files), ISO_ROCK_RIDGE);
    system_use("NM")[2] = 3;
    rock_ridge_refused("shorter than 4 bytes");
    system_use("NM")[2] = 255;
    rock_ridge_refused("passes the end of its area");
    system_use("NM")[2] = 4;
    rock_ridge_refused("Rock Ridge");
    st32(system_use("CE") + 4, 0x7fffffff);
    rock_ridge_refused("continues past the end of the image");
    st32(system_use("CE") + 20, 0xffffffff);
    rock_ridge_refused("continues past the end of the image");
    u8 *ce = system_use("CE");
    u64 at = (u64)(ce - image.data);
    st32(ce + 4, (u32)(at / SECTOR)), st32(ce + 12, at % SECTOR), st32(ce + 20, 28); // continues in itself
    rock_ridge_refused("a loop");
}

// A continuation of 6 MiB that is read again and again: for each record of a folder it could be.
static void system_use_without_end(void **state) {
    struct iso iso;
    make(some_files, countof(some_files), ISO_ROCK_RIDGE);
    const u32 area = 6 << 20;
    u64 end = image.size, at = (u64)(system_use("CE") - image.data);
    image.data = realloc(image.data, end + area);
    image.size = end + area;
    w->in.kernel = (struct blob){"test.iso", image.data, image.size};
    for (u32 i = 0; i < area; i += 4) memcpy(image.data + end + i, "XX\4\1", 4);
    u8 *last = image.data + end + area - 28;
    memcpy(last, image.data + at, 28);
    for (unsigned i = 0; i < 2; i++) {
        u8 *ce = i ? last : image.data + at;
        st32(ce + 4, (u32)(end / SECTOR)), st32(ce + 12, end % SECTOR), st32(ce + 20, area);
    }
    w->s.log_len = 0;
    assert_int_equal(open_iso(&iso), 0);
    struct span f;
    for (unsigned i = 0; i < 3; i++) { // once tired it stays so: a menu asks often
        assert_int_equal(iso_find(&iso, "/folder/deep/" LONG_NAME, &f), ERR_CORRUPT);
        assert_true(scripted_logged(&w->s, "no end is in sight"));
        assert_int_equal(iso.steps, ISO_STEPS);
    }
}

static void rock_ridge_needs_its_mark(void **state) {
    struct iso iso;
    make(some_files, countof(some_files), ISO_ROCK_RIDGE | ISO_JOLIET);
    u8 *root = image.data + ld32(image.data + 16 * SECTOR + 156 + 2) * SECTOR;
    root[34 + 4] = 0; // SP's check byte
    assert_int_equal(open_iso(&iso), 0);
    assert_int_equal(iso.names, ISO_NAMES_JOLIET);
    expect_file(&iso, "/folder/deep/" LONG_NAME, "long");
}

// Boot menus

static const char debian_isolinux[] =
    "# D-I config version 2.0\npath \ninclude menu.cfg\ndefault vesamenu.c32\nprompt 0\n";
static const char debian_menu[] =
    "menu hshift 7\nmenu title x\ninclude stdmenu.cfg\ninclude gtk.cfg\ninclude txt.cfg\n"
    "menu begin advanced\n\tmenu label ^Advanced\n\tlabel mainmenu\n\t\tmenu exit\n"
    "\tinclude adtxt.cfg\nmenu end\nlabel help\n\tmenu label ^Help\n\tconfig prompt.cfg\n";
static const char debian_gtk[] =
    "default installgui\nlabel installgui\n\tmenu label ^Graphical install\n\tmenu default\n"
    "\tkernel /install.amd/vmlinuz\n\tappend vga=788 initrd=/install.amd/gtk/initrd.gz --- quiet \n";
static const char debian_txt[] = "label install\r\n\tmenu label ^Install\r\n\tkernel /install.amd/vmlinuz\r\n"
                                 "\tappend vga=788 initrd=/install.amd/initrd.gz --- quiet \r\n";
static const char debian_adtxt[] = "label expert\n\tmenu default\n\tkernel /install.amd/vmlinuz\n\tappend expert\n";

static const char *cmdline(void) { return (const char *)world_at(w, ld32(world_at(w, w->image.rsi + 0x228))); }

static void loaded_initrd(const char *text) {
    u8 *params = world_at(w, w->image.rsi);
    assert_int_equal(ld32(params + 0x21c), strlen(text));
    assert_memory_equal(world_at(w, ld32(params + 0x218)), text, strlen(text));
}

static void debians_default_entry_is_started(void **state) {
    struct iso_file files[] = {
        {"/isolinux/isolinux.cfg", debian_isolinux, 0},
        {"/isolinux/menu.cfg", debian_menu, 0},
        {"/isolinux/stdmenu.cfg", "menu background x.png\n", 0},
        {"/isolinux/txt.cfg", debian_txt, 0},
        {"/isolinux/adtxt.cfg", debian_adtxt, 0},
        {"/install.amd/vmlinuz", kernel, sizeof kernel},
        {"/install.amd/initrd.gz", "text initrd", 0},
        {"/install.amd/gtk/initrd.gz", "gtk initrd", 0},
        {"/isolinux/vesamenu.c32", "\177ELF", 0},
        {"/isolinux/gtk.cfg", debian_gtk, 0},
    };
    for (unsigned kinds = 0; kinds < 4; kinds++) {
        make(files, countof(files), kinds);
        assert_int_equal(world_load(w), 0);
        assert_int_equal(w->image.kind, IMAGE_LINUX);
        assert_string_equal(cmdline(), "vga=788 console=ttyS0 --- quiet");
        loaded_initrd("gtk initrd");
        make(files, countof(files) - 1, kinds); // no graphical entry: the first
        assert_int_equal(world_load(w), 0);
        loaded_initrd("text initrd");
        assert_true(scripted_logged(&w->s, "its boot menu starts \"install\""));
    }
    assert_ptr_equal(loader_cdrom(&w->in), &w->in.kernel);
}

static void the_configuration_goes_before_the_menu(void **state) {
    struct iso_file files[] = {
        {"/isolinux.cfg", debian_txt, 0},
        {"/install.amd/vmlinuz", kernel, sizeof kernel},
        {"/install.amd/initrd.gz", "text initrd", 0},
        {"/other/initrd", "other initrd", 0},
    };
    make(files, countof(files), ISO_ROCK_RIDGE);
    strcpy(w->c.append, "mine");
    strcpy(w->c.initrd, "cdrom:/other/initrd");
    assert_int_equal(world_load(w), 0);
    assert_string_equal(cmdline(), "mine console=ttyS0");
    loaded_initrd("other initrd");
    w->in.cdrom = w->in.kernel;
    w->in.kernel = (struct blob){0};
    strcpy(w->c.kernel, "cdrom:install.amd/VMLINUZ");
    w->c.append[0] = w->c.initrd[0] = 0;
    w->c.console_serial = false;
    assert_int_equal(world_load(w), 0);
    assert_string_equal(cmdline(), "");
    assert_ptr_equal(loader_cdrom(&w->in), &w->in.cdrom);
    strcpy(w->c.kernel, "cdrom:/nothing");
    assert_int_equal(world_load(w), ERR_NOT_FOUND);
    assert_true(scripted_logged(&w->s, "there is no file /nothing in this ISO"));
    strcpy(w->c.kernel, "cdrom:/install.amd/vmlinuz");
    strcpy(w->c.initrd, "cdrom:/nothing.gz");
    assert_int_equal(world_load(w), ERR_NOT_FOUND);
    w->in.cdrom.size = 100;
    assert_int_equal(world_load(w), ERR_INVALID);
    assert_true(scripted_logged(&w->s, "not an ISO 9660 image"));
}

// One isolinux.cfg with kernels k1..k3 and initrds i1..i3; the expected command line tells which entry was taken.
static void isolinux_takes(const char *config, const char *expected) {
    struct iso_file files[] = {
        {"/isolinux/isolinux.cfg", config, 0},
        {"/isolinux/k1", kernel, sizeof kernel},
        {"/k2", kernel, sizeof kernel},
        {"/isolinux/i1", "i1", 0},
        {"/isolinux/i2", "i2i", 0},
        {"/isolinux/menu.c32", "\177ELF", 0},
        {"/isolinux/entries.inc", "label inc\nlinux k1\nappend from-include\n", 0},
    };
    make(files, countof(files), ISO_ROCK_RIDGE);
    w->c.console_serial = false;
    int e = world_load(w);
    if (!expected) {
        assert_int_equal(e, ERR_NOT_FOUND);
        assert_true(scripted_logged(&w->s, "no isolinux or GRUB menu"));
        return;
    }
    assert_int_equal(e, 0);
    assert_string_equal(cmdline(), expected);
}

static void isolinux_defaults(void **state) {
    isolinux_takes("LABEL a\nKERNEL k1\nAPPEND one\nlabel b\nkernel k1\nappend two\n", "one");
    isolinux_takes("DEFAULT b\nLABEL a\nKERNEL k1\nAPPEND one\nlabel B\nlinux k1\nappend two\n", "two");
    isolinux_takes(
        "default a\nui menu.c32\nlabel a\nkernel k1\nappend one\nlabel b\nmenu default\nkernel k1\nappend two\n",
        "two");
    isolinux_takes("default a\nlabel a\nkernel k1\nappend one\nlabel b\nmenu default\nkernel k1\nappend two\n", "one");
    isolinux_takes("default menu.c32\nlabel a\nkernel k1\nappend one\nlabel b\nmenu default\nkernel k1\nappend two\n",
                   "two");
    isolinux_takes("default k1 root=x initrd=i1\nlabel a\nkernel k1\nappend one\n", "root=x");
    isolinux_takes(
        "default gone\nlabel a\nkernel chain.c32\nlabel b\nkernel menu.c32\nlabel c\nkernel /k2\nappend three\n",
        "three");
    isolinux_takes(
        "menu begin x\nlabel a\nmenu default\nkernel k1\nappend one\nmenu end\nlabel b\nkernel k1\nappend two\n",
        "two");
    isolinux_takes("menu begin x\nlabel a\nkernel k1\nappend one\nmenu end\n", "one");
    isolinux_takes("append common\nlabel a\nkernel k1\n", "common");
    isolinux_takes("append common\nlabel a\nkernel k1\nappend -\n", "");
    isolinux_takes("append common\nlabel a\nkernel k1\nappend own\n", "own");
    isolinux_takes("include gone.inc\nmenu include entries.inc Title of it\n", "from-include");
    isolinux_takes("label a\nkernel\nappend x\nlabel\n", NULL);
    isolinux_takes("", NULL);
    isolinux_takes("label a\nkernel k1", "");
}

static void initrds_are_put_one_after_the_other(void **state) {
    isolinux_takes("label a\nkernel k1\nappend initrd=i2,/isolinux/i1 x\n", "x");
    u8 *params = world_at(w, w->image.rsi);
    assert_int_equal(ld32(params + 0x21c), 6); // 3, padded to 4, and 2
    assert_memory_equal(world_at(w, ld32(params + 0x218)), "i2i\0i1", 6);
    isolinux_takes("label a\nkernel k1\ninitrd i1\n", "");
    loaded_initrd("i1");
}

static void menu_refused(const char *config, int error, const char *message) {
    struct iso_file files[] = {{"/isolinux/isolinux.cfg", config, 0},
                               {"/isolinux/k1", kernel, sizeof kernel},
                               {"/isolinux/i1", "i1", 0},
                               {"/isolinux/loop.cfg", "include loop.cfg\n", 0},
                               {"/isolinux/wide.cfg", "include half.cfg\ninclude half.cfg\n", 0},
                               {"/isolinux/half.cfg", "include wide.cfg\ninclude wide.cfg\n", 0}};
    make(files, countof(files), ISO_ROCK_RIDGE);
    assert_int_equal(world_load(w), error);
    assert_true(scripted_logged(&w->s, message));
}

// A file that includes itself 16 deep and 512 times is read as often: all of it together is limited.
static void a_menu_of_too_many_bytes(void **state) {
    const struct iso_file files[] = {{"/isolinux/isolinux.cfg", "", 1}};
    const u32 size = 2 << 20;
    make(files, 1, ISO_ROCK_RIDGE);
    u64 end = image.size;
    image.data = realloc(image.data, end + size);
    u8 *r = iso_record(&image, files[0].path), *text = image.data + end;
    st32(r + 2, (u32)(end / SECTOR)), st32(r + 10, size);
    memset(text, '#', size);
    memcpy(text, "include isolinux.cfg\n", 21);
    w->in.kernel = (struct blob){"test.iso", image.data, end + size};
    assert_int_equal(world_load(w), ERR_UNSUPPORTED);
    assert_true(scripted_logged(&w->s, "right is at most 16777216"));
}

static void broken_menus(void **state) {
    static char long_line[6000] = "label a\nkernel k1\nappend ";
    menu_refused("include loop.cfg\nlabel a\nkernel k1\n", ERR_CORRUPT, "include each other without end: a loop");
    menu_refused("include wide.cfg\nlabel a\nkernel k1\n", ERR_CORRUPT, "a loop");
    menu_refused("label a\nkernel k1\nappend initrd=gone\n", ERR_CORRUPT, "names the initrd gone, which is not there");
    menu_refused("label a\nkernel k1\ninitrd i1,i1,i1,i1,i1,i1,i1,i1,i1\n", ERR_UNSUPPORTED, "more than 8 initrds");
    memset(long_line + strlen(long_line), 'x', 5000);
    menu_refused(long_line, ERR_RANGE, "the command line has");
    char many[3000] = "";
    for (unsigned i = 0; i < 100; i++) strcat(many, "label a\nkernel gone\n");
    strcat(many, "label z\nkernel k1\n");
    struct iso_file files[] = {{"/isolinux/isolinux.cfg", many, 0}, {"/isolinux/k1", kernel, sizeof kernel}};
    make(files, 2, 0);
    assert_int_equal(world_load(w), 0);
}

static void grub_takes(const char *config, const char *expected) {
    struct iso_file files[] = {{"/boot/grub/grub.cfg", config, 0},
                               {"/boot/k1", kernel, sizeof kernel},
                               {"/boot/i1", "i1", 0},
                               {"/boot/i2", "i2", 0}};
    make(files, countof(files), ISO_ROCK_RIDGE);
    w->c.console_serial = false;
    assert_int_equal(world_load(w), 0);
    assert_string_equal(cmdline(), expected);
}

#define ENTRY(title, args) "menuentry " title " {\n  linux /boot/k1 " args "\n  initrd /boot/i1\n}\n"

static void grub_defaults(void **state) {
    const char debian[] =
        "if loadfont $prefix/font.pf2 ; then\n  set gfxmode=800x600\nfi\nset theme=/x\n"
        "menuentry --hotkey=g 'Graphical install' {\n    set background_color=black\n"
        "    linux    /boot/k1 vga=788 --- quiet \n    initrd   /boot/i1\n}\n"
        "submenu --hotkey=a 'Advanced options ...' {\n menuentry '... Expert' {\n linux /boot/k1 low\n }\n}\n";
    grub_takes(debian, "vga=788 --- quiet");
    loaded_initrd("i1");
    grub_takes(ENTRY("'a'", "one") ENTRY("'b'", "two"), "one");
    grub_takes("set default=1\n" ENTRY("'a'", "one") ENTRY("'b'", "two"), "two");
    grub_takes("set default=\"1\"\nsubmenu 's' {\n" ENTRY("'x'", "sub") "}\n" ENTRY("'a'", "one"), "one");
    grub_takes("set default=\"b c\"\n" ENTRY("'a'", "one") ENTRY("--class gnu 'b c' --id z", "two"), "two");
    grub_takes("set default=9\n" ENTRY("'a'", "one"), "one");
    grub_takes("set default=$saved\n" ENTRY("'a'", "one $vt_handoff ${x} two"), "one two");
    grub_takes("menuentry 'fw' {\n fwsetup\n}\n" ENTRY("'a'", "one"), "one");
    grub_takes("submenu 's' {\n" ENTRY("'x'", "sub") "}\n", "sub");
    grub_takes("menuentry 'm' {\n linux (cd0)/boot/k1 x\n initrd (cd0)/boot/i1 /boot/i2\n}\n", "x");
    u8 *params = world_at(w, w->image.rsi);
    assert_int_equal(ld32(params + 0x21c), 6);
    assert_memory_equal(world_at(w, ld32(params + 0x218)), "i1\0\0i2", 6);
}

static void isolinux_goes_before_grub(void **state) {
    struct iso_file files[] = {{"/boot/grub/grub.cfg", ENTRY("'g'", "grub"), 0},
                               {"/boot/k1", kernel, sizeof kernel},
                               {"/boot/i1", "i1", 0},
                               {"/isolinux/isolinux.cfg", "label a\nkernel /boot/k1\nappend iso\n", 0}};
    make(files, 4, 0);
    assert_int_equal(world_load(w), 0);
    assert_string_equal(cmdline(), "iso console=ttyS0");
    files[3].data = "label a\nlocalboot 0\n"; // nothing that Linux could be started by
    make(files, 4, 0);
    assert_int_equal(world_load(w), 0);
    assert_string_equal(cmdline(), "grub console=ttyS0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(files_are_found_by_every_kind_of_name),
        T(a_folder_of_several_sectors),
        T(broken_volume_descriptors),
        T(broken_directory_records),
        T(a_loop_of_folders_ends),
        T(a_path_deeper_than_the_walk),
        T(broken_rock_ridge),
        T(system_use_without_end),
        T(rock_ridge_needs_its_mark),
        T(debians_default_entry_is_started),
        T(the_configuration_goes_before_the_menu),
        T(isolinux_defaults),
        T(initrds_are_put_one_after_the_other),
        T(broken_menus),
        T(a_menu_of_too_many_bytes),
        T(grub_defaults),
        T(isolinux_goes_before_grub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
