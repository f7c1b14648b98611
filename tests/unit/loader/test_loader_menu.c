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

static const char debian_isolinux[] = "# D-I config version 2.0\npath \ninclude menu.cfg\ndefault vesamenu.c32\nprompt 0\n";
static const char debian_menu[] = "menu hshift 7\nmenu title x\ninclude stdmenu.cfg\ninclude gtk.cfg\ninclude txt.cfg\n"
                                  "menu begin advanced\n\tmenu label ^Advanced\n\tlabel mainmenu\n\t\tmenu exit\n"
                                  "\tinclude adtxt.cfg\nmenu end\nlabel help\n\tmenu label ^Help\n\tconfig prompt.cfg\n";
static const char debian_gtk[] = "default installgui\nlabel installgui\n\tmenu label ^Graphical install\n\tmenu default\n"
                                 "\tkernel /install.amd/vmlinuz\n\tappend vga=788 initrd=/install.amd/gtk/initrd.gz --- quiet \n";
static const char debian_txt[] = "label install\r\n\tmenu label ^Install\r\n\tkernel /install.amd/vmlinuz\r\n"
                                 "\tappend vga=788 initrd=/install.amd/initrd.gz --- quiet \r\n";
static const char debian_adtxt[] = "label expert\n\tmenu default\n\tkernel /install.amd/vmlinuz\n\tappend expert\n";

static void loaded_initrd(const char *text) {
    u8 *params = world_at(w, x86_start_of(&w->image).rsi);
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
    assert_true(scripted_logged(&w->s, "/isolinux/isolinux.cfg: line 1: with /isolinux/isolinux.cfg the menu's text has"));
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

// The first menu that is understood starts the ISO; when none is, the reason of each is told.
static void isolinux_goes_before_grub_and_grub_before_loader_entries(void **state) {
    struct iso_file files[] = {{"/loader/entries/a.conf", "linux /boot/k1\noptions bls\n", 0},
                               {"/boot/grub/grub.cfg", "menuentry g {\n linux /boot/k1 grub\n}\n", 0},
                               {"/isolinux/isolinux.cfg", "label a\nkernel /boot/k1\nappend iso\n", 0},
                               {"/boot/k1", kernel, sizeof kernel}};
    const char *bad[] = {"linux /boot/k2\n", "menuentry g {\n halt\n}\n", "label a\nlocalboot 0\n"};
    const char *expected[] = {"bls console=ttyS0", "grub console=ttyS0", "iso console=ttyS0"};
    for (unsigned i = 3; i--;) {
        give_iso(files, countof(files), ISO_ROCK_RIDGE);
        assert_int_equal(world_load(w), 0);
        assert_string_equal(linux_cmdline(), expected[i]);
        assert_true(i == 2 ||
                    scripted_logged(
                        &w->s, "boot menu: /isolinux/isolinux.cfg: line 1: it starts by localboot, which is no Linux kernel"));
        files[i].data = bad[i];
    }
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
    expect_refusal(ERR_UNSUPPORTED, "/isolinux/isolinux.cfg: line 1: it starts by localboot");
    assert_true(scripted_logged(&w->s, "/boot/grub/grub.cfg: line 2: it goes on by halt"));
    assert_true(scripted_logged(&w->s, "/loader/entries/a.conf: line 1: it starts /boot/k2, which is not there"));
    assert_true(scripted_logged(&w->s, "no boot menu in it can be followed; right is kernel = cdrom:/path/in/iso"));
    give_iso(files + 3, 1, 0);
    expect_refusal(ERR_NOT_FOUND, "no isolinux or GRUB menu and no loader entries in it; right is kernel = cdrom:/path/in/iso");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(debians_default_entry_is_started),
        T(the_configuration_goes_before_the_menu),
        T(a_menu_of_too_many_bytes),
        T(menus_on_a_broken_iso),
        T(isolinux_goes_before_grub_and_grub_before_loader_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
