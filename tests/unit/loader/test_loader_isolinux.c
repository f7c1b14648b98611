// SPDX-License-Identifier: MIT
// isolinux.cfg: what isolinux, or the menu that it shows, starts when nobody touches a key (doc/syslinux.cfg.txt and doc/menu.txt of
// Syslinux 6); and what is refused, with its line.
#include "base/le.h"
#include "loader/isolinux.h"
#include "loader_rig.h"

#include <stdio.h>
#include <string.h>

static u8 kernel[BZIMAGE_SIZE];

static int setup(void **state) {
    loader_rig_new(state);
    bzimage_make(kernel);
    w->c.console_serial = false;
    return 0;
}

static void give_isolinux(const char *config) {
    struct iso_file files[] = {
        {"/isolinux/isolinux.cfg", config, 0},
        {"/isolinux/k1", kernel, sizeof kernel},
        {"/k2", kernel, sizeof kernel},
        {"/isolinux/i1", "one.", 0},
        {"/isolinux/i2", "two.", 0},
        {"/isolinux/menu.c32", "\177ELF", 0},
        {"/isolinux/memtest.bin", "x", 0},
        {"/isolinux/entries.inc", "label inc\nlinux k1\nappend from-include\n", 0},
        {"/isolinux/half.inc", "kernel k1\nappend half\n", 0},
        {"/isolinux/loop.cfg", "include loop.cfg\n", 0},
        {"/isolinux/wide.cfg", "include half.cfg\ninclude half.cfg\n", 0},
        {"/isolinux/half.cfg", "include wide.cfg\ninclude wide.cfg\n", 0},
        {"/isolinux/self.cfg", "default s\nlabel s\nconfig self.cfg\n", 0},
        {"/other/other.cfg", "default o\nlabel o\nkernel k3\nappend other initrd=i3\n", 0},
        {"/other/k3", kernel, sizeof kernel},
        {"/other/i3", "tri.", 0},
    };
    give_iso(files, countof(files), ISO_ROCK_RIDGE);
}

static void takes(const char *config, const char *cmdline, const char *initrd) {
    give_isolinux(config);
    int e = world_load(w);
    if (e) fail_msg("%s\nis refused: %.*s", config, (int)w->s.log_len, w->s.log);
    if (strcmp(linux_cmdline(), cmdline)) fail_msg("%s\nnot \"%s\" but \"%s\"", config, cmdline, linux_cmdline());
    u8 *params = world_at(w, x86_start_of(&w->image).rsi);
    assert_int_equal(ld32(params + 0x21c), strlen(initrd));
    if (*initrd) assert_memory_equal(world_at(w, ld32(params + 0x218)), initrd, strlen(initrd));
}

struct isolinux_case {
    const char *config, *cmdline;
};

static void at_the_prompt(void **state) {
    static const struct isolinux_case cases[] = {
        {"DEFAULT b\nLABEL a\nKERNEL k1\nAPPEND one\nlabel b\nlinux k1\nappend two\n", "two"},
        {"DEFAULT b\nLABEL a\nKERNEL k1\nAPPEND one\nlabel B\nlinux k1\nappend two\n", "two"},
        {"DEFAULT b\nLABEL B\nKERNEL k1\nAPPEND one\nlabel b\nlinux k1\nappend two\n", "two"},
        {"default b\ndefault a\nlabel a\nkernel k1\nappend one\nlabel b\nmenu default\nkernel k1\nappend two\n", "one"},
        {"default k1 root=x\nlabel a\nkernel k1\nappend one\n", "root=x"},
        {"default a more words\nlabel a\nkernel k1\nappend one\n", "one more words"},
        {"label a\nkernel k1\nappend only\n", "only"}, // the one thing there is
        {"default a\nlabel a\nLINUX k1 own words\nappend and more\n", "own words and more"},
        {"default k1\nlabel k1\nappend by label\n", "by label"}, // without KERNEL the label is the file
        {"append common\ndefault a\nlabel a\nkernel k1\n", "common"},
        {"append common\ndefault a\nlabel a\nkernel k1\nappend -\n", ""},
        {"append common\ndefault a\nlabel a\nkernel k1\nappend own\n", "own"},
        {"default a\nontimeout b\nlabel a\nkernel k1\nappend one\nlabel b\nkernel k1\nappend two\n", "one"},
        {"default a\nprompt 1\nontimeout b\nlabel a\nkernel k1\nappend one\nlabel b\nkernel k1\nappend two\n", "one"},
        {"default a\nprompt 1\ntimeout 50\nontimeout b x\nlabel a\nkernel k1\nappend one\nlabel b\nkernel k1\nappend two\n",
         "two x"},
        {"default a\nprompt 0\ntimeout 50\nontimeout b\nlabel a\nkernel k1\nappend one\nlabel b\nkernel k1\nappend two\n", "one"},
        {"timeout 50\nontimeout b\nlabel a\nkernel k1\nappend one\nlabel b\nkernel k1\nappend two\n", "two"},
        {"ui gfxboot bootlogo\ndefault b\nlabel a\nkernel k1\nappend one\nlabel b\nkernel k1\nappend two\n", "two"},
        {"default a\nlabel a\nconfig /other/other.cfg\nappend /other\n", "other"},
        {"default a\nlabel a\nconfig ../other/other.cfg\nappend ../other/\n", "other"},
        {"default a\nlabel a\ncom32 whichsys.c32\nappend -pxe- p -sys- s -iso- b x\nlabel b\nkernel k1\nappend iso\nlabel s\nlocalboot 0\n",
         "iso x"},
        {"default a\nlabel a\ncom32 ifcpu64.c32\nappend b -- c\nlabel b\nkernel k1\nappend 64\nlabel c\nlocalboot 0\n", "64"},
        {"default a\nlabel a\nkernel linux.c32 k1 through\n", "through"},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        bool other = strstr(cases[i].config, "other.cfg");
        takes(cases[i].config, cases[i].cmdline, other ? "tri." : "");
    }
}

#define A "label a\nkernel k1\nappend one\n"
#define B "label b\nkernel k1\nappend two\n"
#define SHOWN "default menu.c32\n"

static void in_a_menu(void **state) {
    static const struct isolinux_case cases[] = {
        {SHOWN A B, "one"},
        {SHOWN A B "menu default\n", "two"},
        {SHOWN A "menu default\n" B "menu default\n", "two"},
        {"ui menu.c32\ndefault b\n" A "menu default\n" B, "two"}, // DEFAULT is MENU DEFAULT and MENU START, with UI
        {"ui /isolinux/vesamenu.c32\n" A B "menu default\n", "two"},
        {"ui menu.c32 entries.inc\n" A, "from-include"},
        {SHOWN "menu begin x\n" A "menu default\nmenu end\n" B, "one"}, // the submenu is the first line
        {SHOWN "menu begin x\nmenu end\n" B "menu default\n", "two"},
        {SHOWN B "menu begin x\nmenu default\n" A "menu end\n", "one"},
        {SHOWN "menu begin x\nmenu start\n" A "menu end\n" B "menu default\n", "one"},
        {"ui menu.c32\ndefault a\n" B "menu begin x\n" A "menu end\n", "one"},
        {SHOWN "menu begin x\nmenu begin y\n" A "menu end\nmenu end\n", "one"},
        {SHOWN "menu separator\nlabel d\nmenu disable\nkernel gone\nlabel h\nmenu hide\nkernel gone\n" A, "one"},
        {SHOWN "label g\nmenu goto y\n" B "menu begin y\n" A "menu end\n", "one"},
        {SHOWN "menu begin x\n" B "menu begin y\nlabel q\nmenu exit x\nmenu default\nmenu end\nmenu end\n" A, "two"},
        {SHOWN A "timeout 50\nontimeout b 3\n" B, "two 3"},
        {SHOWN A "timeout 50\ntotaltimeout 0\nontimeout b 3\n" B, "two 3"},
        {SHOWN A "totaltimeout 50\ntimeout 0\nontimeout b 3\n" B, "two 3"},
        {SHOWN A "timeout 50\ntimeout 0\nontimeout b 3\n" B, "one"},
        {SHOWN A "ontimeout b 3\n" B, "one"}, // no TIMEOUT
        {SHOWN "include gone.inc\nmenu include entries.inc\n" A, "from-include"},
        {SHOWN "menu include entries.inc Title of it\n" A, "from-include"},
        {SHOWN "label x\ninclude half.inc\n" A, "half"}, // a label goes on behind an include
        {SHOWN "menu end\nmenu default\n" A, "one"},
        {"default m\nlabel m\nkernel menu.c32\nappend entries.inc\n", "from-include"},
        {"default m\nlabel m\ncom32 menu.c32 entries.inc\n", "from-include"},
    };
    for (unsigned i = 0; i < countof(cases); i++) takes(cases[i].config, cases[i].cmdline, "");
}

static void lines_and_words(void **state) {
    static const struct isolinux_case cases[] = {
        {"# label z\n#label z\n   # kernel gone\ndefault a\r\nlabel a\r\n \tkernel\tk1\t\r\n\tappend  one\ttwo \r\n", "one two"},
        {"label a\nkernel k1\nappend x=\"one  two\" y='a\tb' z\n", "x=\"one  two\" y='a\tb' z"},
        {"label a\ntext help\n label b\n default b\n append prose\n kernel gone\nENDTEXT\nkernel k1\nappend real\n", "real"},
        {"label a\nkernel k1\ntext help\nlabel b\nendtext\nappend real\ntext other\nappend prose\n", "real"},
        {"label a\nkernel k1\nfrobnicate x\nfdtdir x\nappend real \\\n", "real \\"}, // there is no continuation
        {"label a\nkernel k1", ""},
        {"label a\nmenu label ^The A\nmenu passwd x\nmenu indent 2\nkernel k1\nipappend 2\nappend ok\n", "ok"},
    };
    for (unsigned i = 0; i < countof(cases); i++) takes(cases[i].config, cases[i].cmdline, "");
}

// Of several initrd= the last one counts, and INITRD is one behind APPEND; commas stand between files.
static void initrds(void **state) {
    takes("label a\nkernel k1\nappend initrd=i2,/isolinux/i1 x\n", "x", "two.one.");
    takes("label a\nkernel k1\ninitrd i1\n", "", "one.");
    takes("label a\nkernel k1\ninitrd i1,,i2,\n", "", "one.two.");
    takes("label a\nkernel k1\nappend initrd=i1 x initrd=i2\n", "x", "two.");
    takes("label a\nkernel k1\nappend initrd=gone x\ninitrd i2 y\n", "x y", "two.");
    takes("default a initrd=i2\nlabel a\nkernel k1\nappend initrd=i1 x\n", "x", "two.");
}

static void refused(const char *config, const char *message) {
    give_isolinux(config);
    int e = world_load(w);
    if (e != ERR_UNSUPPORTED || !scripted_logged(&w->s, message))
        fail_msg("%s\nnot \"%s\" but %d: %.*s", config, message, e, (int)w->s.log_len, w->s.log);
}

static void what_is_not_understood_is_refused(void **state) {
    static const struct {
        const char *config, *message;
    } cases[] = {
        {"", "/isolinux/isolinux.cfg: it names no DEFAULT and no UI, so isolinux waits at its prompt"},
        {A B, "it names no DEFAULT and no UI"},
        {"default gone\n" A, "/isolinux/isolinux.cfg: line 1: it starts /isolinux/gone, which is not there"},
        {"\ndefault a\nlabel a\nkernel chain.c32\nappend hd0\n",
         "line 3: it starts chain.c32, a program for isolinux that is not known here"},
        {"default a\nlabel a\nkernel memtest.bin\n",
         "line 2: it starts memtest.bin, which isolinux does not take for a Linux kernel"},
        {"default a\nlabel a\nlinux memtest.bin\n", "it starts /isolinux/memtest.bin, which is no Linux kernel (bzImage)"},
        {"default a\nlabel a\nlinux menu.c32\n", "it starts /isolinux/menu.c32, which is a program for isolinux"},
        {"default a\nlabel a\nlocalboot 0x80\n", "line 2: it starts by localboot, which is no Linux kernel"},
        {"default a\nlabel a\nkernel\n", "line 2: it names no kernel"},
        {"default a\nlabel a\nmenu quit\n", "line 1: the label a starts nothing by itself"},
        {SHOWN, "line 1: the menu has no entry that starts anything"},
        {SHOWN "label a\nmenu quit\n", "line 2: the default entry leaves the menu and starts nothing"},
        {SHOWN "label a\nmenu goto nowhere\n", "line 2: there is no menu nowhere"},
        {SHOWN "menu begin x\nlabel a\nmenu exit\nmenu end\n", "there is still no kernel: a loop"},
        {"default a\nlabel a\nkernel menu.c32\nappend gone.cfg\n", "line 2: the menu's file gone.cfg is not there"},
        {"default a\nlabel a\nconfig gone.cfg\n", "line 2: the configuration /isolinux/gone.cfg is not there"},
        {"default a\nlabel a\nconfig\n", "line 2: CONFIG names no file"},
        {"default s\nlabel s\nconfig self.cfg\n", "there is still no kernel: a loop"},
        {"default a\nlabel a\ncom32 whichsys.c32\nappend -pxe- x\n", "whichsys.c32, a program for isolinux"},
        {"include loop.cfg\n" A,
         "/isolinux/loop.cfg: line 1: with /isolinux/loop.cfg files include each other more than 16 deep: a loop"},
        {"include wide.cfg\n" A, "a loop"},
        {"label a\nkernel k1\nappend initrd=gone\n", "line 1: it names the initrd /isolinux/gone, which is not there"},
        {"label a\nkernel k1\ninitrd i1,i1,i1,i1,i1,i1,i1,i1,i1\n", "it names more than 8 initrds"},
    };
    for (unsigned i = 0; i < countof(cases); i++) refused(cases[i].config, cases[i].message);
}

static void tables_that_are_full(void **state) {
    static char config[600 * 30];
    static char line[6000] = "label a\nkernel k1\nappend ";
    const size_t start = strlen(line);
    memset(line + start, 'x', 4096);
    refused(line, "the command line has 4096 bytes and more; right is at most 4095");
    line[start + 1500] = ' ', line[start + 1501] = ' ', line[start + 2000] = 0; // one blank for two
    give_isolinux(line);
    assert_int_equal(world_load(w), 0);
    assert_int_equal(strlen(linux_cmdline()), 1999);
    for (unsigned i = 0; i < 192; i++) sprintf(config + strlen(config), "label l%u\nkernel k1\n", i);
    strcat(config, "default l191\n");
    takes(config, "", "");
    strcat(config, "label l192\n");
    refused(config, "line 386: the menu has more than 192 entries");
    config[0] = 0;
    for (unsigned i = 0; i < 32; i++) strcat(config, "menu begin x\nmenu end\n");
    refused(config, "line 63: there are more than 32 menus");
    config[0] = 0;
    for (unsigned i = 0; i < 511; i++) strcat(config, "include entries.inc \n");
    refused(config, "entries");
    config[0] = 0;
    for (unsigned i = 0; i < 511; i++) strcat(config, "include half.inc\n");
    strcat(config, A);
    takes(config, "one", "");
    strcat(config, "include half.inc\n");
    refused(config, "line 515: with /isolinux/half.inc it reads more than 512 files: a loop");
}

static void places_of_isolinux_cfg(void **state) {
    static const char *const places[] = {
        "/boot/isolinux/isolinux.cfg", "/isolinux/isolinux.cfg", "/isolinux/syslinux.cfg", "/boot/syslinux/syslinux.cfg",
        "/syslinux/syslinux.cfg",      "/isolinux.cfg",          "/syslinux.cfg",          "/boot/x86_64/loader/isolinux.cfg"};
    for (unsigned i = 0; i < countof(places); i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s/vmlinuz", (int)(strrchr(places[i], '/') - places[i]), places[i]);
        const struct iso_file files[] = {{places[i], "default a\nlabel a\nkernel vmlinuz\nappend relative\n", 0},
                                         {name, kernel, sizeof kernel}};
        give_iso(files, 2, ISO_ROCK_RIDGE);
        assert_int_equal(world_load(w), 0);
        assert_string_equal(linux_cmdline(), "relative");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(at_the_prompt),
        T(in_a_menu),
        T(lines_and_words),
        T(initrds),
        T(what_is_not_understood_is_refused),
        T(tables_that_are_full),
        T(places_of_isolinux_cfg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
