// SPDX-License-Identifier: MIT
// Loader entries: the Boot Loader Specification's files, in systemd-boot's order and with its default; versions as the UAPI group's
// version format specification orders them.
#include "base/le.h"
#include "loader/menu.h"
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

static struct iso_file files[24];

static void give(const struct iso_file *some, unsigned count) {
    files[0] = (struct iso_file){"/k", kernel, sizeof kernel};
    files[1] = (struct iso_file){"/i1", "one.", 0};
    files[2] = (struct iso_file){"/i2", "two.", 0};
    memcpy(files + 3, some, count * sizeof *some);
    give_iso(files, 3 + count, ISO_ROCK_RIDGE);
}

static void takes(const struct iso_file *some, unsigned count, const char *cmdline) {
    give(some, count);
    int e = world_load(w);
    if (e) fail_msg("%s: refused: %.*s", cmdline, (int)w->s.log_len, w->s.log);
    assert_string_equal(linux_cmdline(), cmdline);
}

static void an_entry(void **state) {
    static const struct iso_file some[] = {
        {"/loader/entries/01-live.conf",
         "# live\ntitle   The live system\r\nsort-key 01\nlinux   /k\ninitrd /i1\ninitrd\t/i2\noptions one  two\nfrobnicate x\noptions three\narchitecture x64\n",
         0},
        {"/loader/loader.conf", "timeout 15\n", 0}};
    takes(some, 2, "one  two three");
    u8 *params = world_at(w, x86_start_of(&w->image).rsi);
    assert_memory_equal(world_at(w, ld32(params + 0x218)), "one.two.", 8);
    assert_true(scripted_logged(&w->s, "its boot menu starts \"The live system\": kernel /k"));
}

#define E(name, text) {"/loader/entries/" name, "linux k\n" text, 0}

static void which_entry(void **state) {
    static const struct {
        struct iso_file some[4];
        const char *conf, *cmdline;
    } cases[] = {
        {{E("a-6.1.conf", "options old\n"), E("a-6.10.conf", "options new\n"), E("a-6.9.conf", "options mid\n")}, "", "new"},
        {{E("a.conf", "options old\nsort-key s\nversion 6.1\n"), E("b.conf", "options new\nsort-key s\nversion 6.2\n"),
          E("z.conf", "options none\n")},
         "",
         "new"},
        {{E("a.conf", "options t\nsort-key t\nversion 9\n"), E("b.conf", "options s\nsort-key s\nversion 1\n")}, "", "s"},
        {{E("a.conf", "options m2\nsort-key s\nmachine-id 2\n"), E("b.conf", "options m1\nsort-key s\nmachine-id 1\n")},
         "",
         "m1"},
        {{E("b+0-3.conf", "options failed\n"), E("a+3.conf", "options tries\n")}, "", "tries"},
        {{E("b+2-1.conf", "options b\n"), E("a.conf", "options a\n")}, "", "b"},
        {{E("a.conf", "options a\n"), E("b.conf", "options b\n")}, "default a\n", "a"},
        {{E("a.conf", "options a\n"), E("b.conf", "options b\n")}, "default  a.conf\n", "a"},
        {{E("aa-1.conf", "options 1\n"), E("ab-2.conf", "options 2\n"), E("c.conf", "options c\n")},
         "#default c\ndefault A*\n",
         "2"},
        {{E("aa-1.conf", "options 1\n"), E("ab-2.conf", "options 2\n"), E("c.conf", "options c\n")}, "default *-?\n", "2"},
        {{E("aa-1.conf", "options 1\n"), E("ab-2.conf", "options 2\n")}, "default ?a*1*.conf\n", "1"},
        {{E("a.conf", "options a\n"), E("b.conf", "options b\n")}, "default nobody\n", "b"},
        {{E("a.conf", "options a\n"), E("b.conf", "architecture aa64\noptions b\n")}, "", "a"},
        {{E("a.conf", "options a\n"),
          {"/loader/entries/b.conf", "title nothing\n", 0},
          {"/loader/entries/c.txt", "linux k\n", 0}},
         "",
         "a"},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        struct iso_file some[5];
        unsigned n = 0;
        while (n < 4 && cases[i].some[n].path) some[n] = cases[i].some[n], n++;
        if (*cases[i].conf) some[n++] = (struct iso_file){"/loader/loader.conf", cases[i].conf, 0};
        takes(some, n, cases[i].cmdline);
    }
}

// From the lowest up, as the specification lists them; the file's name is what is compared.
static void versions(void **state) {
    static const char *const order[] = {"122.1",     "123~rc1-1", "123",     "123-a",  "123-a.1", "123-1", "123-1.1",
                                        "123^post1", "123.a-1",   "123.1-1", "123a-1", "124-1",   "0124.1"};
    char names[2][64], text[2][64];
    for (unsigned i = 0; i + 1 < countof(order); i++)
        for (unsigned swap = 0; swap < 2; swap++) {
            struct iso_file two[2];
            for (unsigned k = 0; k < 2; k++) {
                snprintf(names[k], sizeof names[k], "/loader/entries/%s.conf", k ? "b" : "a");
                snprintf(text[k], sizeof text[k], "sort-key s\nversion %s\noptions %u\n", order[i + (k ^ swap)], k ^ swap);
                static char whole[2][96];
                snprintf(whole[k], sizeof whole[k], "linux k\n%s", text[k]);
                two[k] = (struct iso_file){names[k], whole[k], 0};
            }
            takes(two, 2, "1");
        }
}

static void what_is_refused(void **state) {
    static const struct {
        struct iso_file some[2];
        const char *message;
    } cases[] = {
        {{{"/loader/entries/a.conf", "title x\n\nefi /x.efi\n", 0}},
         "/loader/entries/a.conf: line 3: the default entry starts a program for UEFI"},
        {{{"/loader/entries/a.conf", "linux /gone\n", 0}}, "line 1: it starts /gone, which is not there"},
        {{{"/loader/entries/a.conf", "linux\n", 0}}, "line 1:  is no path"},
        {{{"/loader/entries/a.conf", "linux k\ninitrd /gone\n", 0}}, "line 2: it names the initrd /gone, which is not there"},
        {{{"/loader/entries/a.conf", "linux k\noptions root=x $tuned\n", 0}}, "line 2: a variable is in the options"},
        {{E("a.conf", ""), {"/loader/loader.conf", "timeout 3\ndefault @saved\n", 0}},
         "/loader/loader.conf: line 2: the default, @saved, is not known here"},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        give(cases[i].some, cases[i].some[1].path ? 2 : 1);
        expect_refusal(ERR_UNSUPPORTED, cases[i].message);
    }
    static const struct iso_file none[] = {{"/loader/entries/x.txt", "linux k\n", 0}};
    give(none, 1);
    expect_refusal(ERR_NOT_FOUND, "no loader entries in it");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, loader_rig_free)
        T(an_entry),
        T(which_entry),
        T(versions),
        T(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
