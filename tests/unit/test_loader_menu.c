// SPDX-License-Identifier: MIT
// An ISO's boot menus: the entry that would start by default, with its command line and its initrds.
#include "base/le.h"
#include "loader/menu.h"
#include "loader_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 2048

static u8 kernel[BZIMAGE_SIZE];

static int setup(void **state) {
    loader_rig_new(state);
    bzimage_make(kernel);
    return 0;
}

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
        give_iso(files, countof(files), kinds);
        assert_int_equal(world_load(w), 0);
        assert_int_equal(w->image.kind, IMAGE_LINUX);
        assert_string_equal(linux_cmdline(), "vga=788 console=ttyS0 --- quiet");
        loaded_initrd("gtk initrd");
        give_iso(files, countof(files) - 1, kinds); // no graphical entry: the first
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
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
    strcpy(w->c.append, "mine");
    strcpy(w->c.initrd, "cdrom:/other/initrd");
    assert_int_equal(world_load(w), 0);
    assert_string_equal(linux_cmdline(), "mine console=ttyS0");
    loaded_initrd("other initrd");
    w->in.cdrom = w->in.kernel;
    w->in.kernel = (struct blob){0};
    strcpy(w->c.kernel, "cdrom:install.amd/VMLINUZ");
    w->c.append[0] = w->c.initrd[0] = 0;
    w->c.console_serial = false;
    assert_int_equal(world_load(w), 0);
    assert_string_equal(linux_cmdline(), "");
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
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
    w->c.console_serial = false;
    int e = world_load(w);
    if (!expected) {
        assert_int_equal(e, ERR_NOT_FOUND);
        assert_true(scripted_logged(&w->s, "no isolinux or GRUB menu"));
        return;
    }
    assert_int_equal(e, 0);
    assert_string_equal(linux_cmdline(), expected);
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
    isolinux_takes("menu end\nmenu default\nlabel a\nkernel k1\nappend one\n", "one");
    isolinux_takes("label a\r\n \tkernel\tk1\t\r\n\tappend  one\ttwo \r\n", "one two");
    isolinux_takes("label a\nkernel k1\nappend x=\"one  two\" y='a\tb' z\n", "x=\"one  two\" y='a\tb' z");
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
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
    expect_refusal(error, message);
}

static void broken_menus(void **state) {
    static char long_line[6000] = "label a\nkernel k1\nappend ";
    menu_refused("include loop.cfg\nlabel a\nkernel k1\n", ERR_CORRUPT, "include each other without end: a loop");
    menu_refused("include wide.cfg\nlabel a\nkernel k1\n", ERR_CORRUPT, "a loop");
    menu_refused("label a\nkernel k1\nappend initrd=gone\n", ERR_CORRUPT, "names the initrd gone, which is not there");
    menu_refused("label a\nkernel k1\ninitrd i1,i1,i1,i1,i1,i1,i1,i1,i1\n", ERR_UNSUPPORTED, "more than 8 initrds");
    memset(long_line + strlen(long_line), 'x', 5000);
    menu_refused(long_line, ERR_RANGE, "the command line has 5000 bytes; right is at most 4095");
    long_line[25 + 2000] = ' ', long_line[25 + 2001] = ' '; // one blank for two
    menu_refused(long_line, ERR_RANGE, "the command line has 4999 bytes; right is at most 4095");
    long_line[25 + 4097] = 0;
    menu_refused(long_line, ERR_RANGE, "the command line has 4096 bytes; right is at most 4095");
    char many[3000] = "";
    for (unsigned i = 0; i < 100; i++) strcat(many, "label a\nkernel gone\n");
    strcat(many, "label z\nkernel k1\n");
    struct iso_file files[] = {{"/isolinux/isolinux.cfg", many, 0}, {"/isolinux/k1", kernel, sizeof kernel}};
    give_iso(files, 2, 0);
    assert_int_equal(world_load(w), 0);
}

// A file that includes itself 16 deep and 512 times is read as often: all of it together is limited.
static void a_menu_of_too_many_bytes(void **state) {
    const struct iso_file files[] = {{"/isolinux/isolinux.cfg", "", 1}};
    const u32 size = 2 << 20;
    give_iso(files, 1, ISO_ROCK_RIDGE);
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

// What is broken in an ISO is not taken for absent.
static void menus_on_a_broken_iso(void **state) {
    struct iso_file files[] = {{"/isolinux/isolinux.cfg", "include more.cfg\nlabel a\nkernel k1\nappend initrd=i1\n", 0},
                               {"/isolinux/more.cfg", "", 0},
                               {"/isolinux/k1", kernel, sizeof kernel},
                               {"/isolinux/i1", "i1", 0},
                               {"/boot/grub/grub.cfg", "", 0}};
    for (unsigned i = 0; i < countof(files); i++) {
        give_iso(files, countof(files), 0);
        st32(iso_record(&image, files[i].path) + 10, 0x7fffffff);
        if (i == 4) files[0].path = "/none";
        if (i == 4) give_iso(files, countof(files), 0), st32(iso_record(&image, files[4].path) + 10, 0x7fffffff);
        expect_refusal(ERR_CORRUPT, "a directory record names bytes past the end of the image");
    }
}

static void more_includes_than_there_may_be(void **state) {
    static char config[513 * 18 + 40];
    struct iso_file files[] = {{"/isolinux/isolinux.cfg", config, 0}, {"/isolinux/empty.cfg", "#", 0}, {"/isolinux/k1", kernel, sizeof kernel}};
    for (unsigned i = 0; i < 512; i++) strcat(config, "include empty.cfg\n");
    strcat(config, "label a\nkernel k1\n");
    give_iso(files, countof(files), 0);
    assert_int_equal(world_load(w), 0);
    strcpy(config + strlen(config) - 18, "include empty.cfg\n");
    give_iso(files, countof(files), 0);
    expect_refusal(ERR_CORRUPT, "/isolinux/empty.cfg: the boot menu's files include each other without end: a loop");
}

// Names that are no path of a file: those entries are passed over, and the next one is started.
static void kernels_with_impossible_names(void **state) {
    static char name[400];
    const char *names[] = {"(cd0)", "(cd0", "\"\"", name, "a\0b"};
    memset(name, 'n', 300);
    for (unsigned i = 0; i < countof(names); i++) {
        char config[600];
        size_t n = (size_t)snprintf(config, sizeof config, "menuentry a {\n linux %s bad\n}\nmenuentry b {\n linux /boot/k1 good\n}\n", names[i]);
        if (i == 4) *(char *)memchr(config, 'b', n) = 'B', memcpy(strstr(config, "linux a ") + 6, "a\0", 2);
        struct iso_file files[] = {{"/boot/grub/grub.cfg", config, n}, {"/boot/k1", kernel, sizeof kernel}};
        give_iso(files, countof(files), ISO_ROCK_RIDGE);
        w->c.console_serial = false;
        assert_int_equal(world_load(w), 0);
        assert_string_equal(linux_cmdline(), "good");
    }
}

static void grub_takes(const char *config, const char *expected) {
    struct iso_file files[] = {{"/boot/grub/grub.cfg", config, 0},
                               {"/boot/k1", kernel, sizeof kernel},
                               {"/boot/i1", "i1", 0},
                               {"/boot/i2", "i2", 0}};
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
    w->c.console_serial = false;
    assert_int_equal(world_load(w), 0);
    assert_string_equal(linux_cmdline(), expected);
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
    grub_takes("set default=\n" ENTRY("'a'", "one"), "one");
    grub_takes("set default=1.\n" ENTRY("'a'", "one") ENTRY("'1.'", "two"), "two"); // a title
    grub_takes("set default=100\n" ENTRY("'a'", "one") ENTRY("'100'", "two"), "one"); // a number
    grub_takes("# set default=1\n\n;\n}\n" ENTRY("a", "one") ENTRY("'b'", "two"), "one");
    grub_takes("set default=1\nmenuentry 'fw' {\n fwsetup\n}\nmenuentry 'fw' {\n fwsetup\n}\n" ENTRY("'a'", "one"), "one");
    grub_takes("set default='b'\n" ENTRY("--users root --hotkey b --class b 'a'", "one") ENTRY("'b' 'more'", "two"), "two");
    grub_takes("set default=\"it's\"\n" ENTRY("'a'", "one") ENTRY("\"it's\"", "two"), "two");
    grub_takes("menuentry 'a'\n{\n linux /boot/k1 one\n}\n", "one");
    grub_takes("menuentry 'a' {\n linux /boot/k1 one\n initrd $x, -,/boot/i1 --y\n}\n", "one");
    loaded_initrd("i1");
    // Blocks nest; 16 deep is looked into, and what is deeper leaves no trace behind.
    grub_takes("if {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\nif {\n"
               "submenu 's' {\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\n}\n"
               "set default=2\n" ENTRY("'a'", "one") ENTRY("'b'", "two"), "two");
    grub_takes("menuentry 'm' {\n linux (cd0)/boot/k1 x\n initrd (cd0)/boot/i1 /boot/i2\n}\n", "x");
    u8 *params = world_at(w, w->image.rsi);
    assert_int_equal(ld32(params + 0x21c), 6);
    assert_memory_equal(world_at(w, ld32(params + 0x218)), "i1\0\0i2", 6);
}

// GRUB starts ELFs by "multiboot", with modules; "linux" is for Linux.
static void grub_starts_an_elf_by_multiboot(void **state) {
    static u8 elf[ELF_FILE_SIZE];
    struct iso_file files[] = {
        {"/boot/grub/grub.cfg", "menuentry a {\n linux /boot/elf\n}\nmenuentry b {\n multiboot /boot/i1\n}\n"
                                "menuentry c {\n multiboot /boot/elf x y\n module /boot/i1\n}\n", 0},
        {"/boot/elf", elf, sizeof elf},
        {"/boot/i1", "i1", 0}};
    elf_make(elf, false, 0x200000, 0);
    st32(elf + 0x180, 0x1badb002), st32(elf + 0x188, -0x1badb002u);
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(w->image.kind, IMAGE_MULTIBOOT);
    u8 *info = world_at(w, w->image.rbx);
    assert_string_equal((char *)world_at(w, ld32(info + 16)), "x y");
    assert_memory_equal(world_at(w, ld32(world_at(w, ld32(info + 24)))), "i1", 2);
    assert_true(scripted_logged(&w->s, "its boot menu starts \"c\": kernel /boot/elf"));
    files[0].data = "menuentry a {\n linux /boot/elf\n}\n";
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
    expect_refusal(ERR_NOT_FOUND, "no isolinux or GRUB menu in it starts a kernel; right is kernel = cdrom:/path/in/iso");
}

static void isolinux_goes_before_grub(void **state) {
    struct iso_file files[] = {{"/boot/grub/grub.cfg", ENTRY("'g'", "grub"), 0},
                               {"/boot/k1", kernel, sizeof kernel},
                               {"/boot/i1", "i1", 0},
                               {"/isolinux/isolinux.cfg", "label a\nkernel /boot/k1\nappend iso\n", 0}};
    give_iso(files, 4, 0);
    assert_int_equal(world_load(w), 0);
    assert_string_equal(linux_cmdline(), "iso console=ttyS0");
    files[3].data = "label a\nlocalboot 0\n"; // nothing that Linux could be started by
    give_iso(files, 4, 0);
    assert_int_equal(world_load(w), 0);
    assert_string_equal(linux_cmdline(), "grub console=ttyS0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(debians_default_entry_is_started),
        T(the_configuration_goes_before_the_menu),
        T(isolinux_defaults),
        T(initrds_are_put_one_after_the_other),
        T(broken_menus),
        T(a_menu_of_too_many_bytes),
        T(menus_on_a_broken_iso),
        T(more_includes_than_there_may_be),
        T(kernels_with_impossible_names),
        T(grub_defaults),
        T(grub_starts_an_elf_by_multiboot),
        T(isolinux_goes_before_grub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
