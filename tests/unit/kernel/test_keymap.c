// SPDX-License-Identifier: MIT
// kernel/keymap.c against the layouts that come with QEMU, which are made of XKB's: every key with none, Shift and AltGr. And what dead keys and AltGr
// type (kernel/typing.c).
#include "../../../kernel/keymap.c"
#include "../../../kernel/scancodes.c"
#include "../../../kernel/typing.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// X11's names (keysymdef.h) of what is not a letter, digit or U1234, in the order of Latin-1 where they can be.
static const struct {
    const char *name;
    u16 c;
} names[] = {
    {"exclam", '!'},
    {"quotedbl", '"'},
    {"numbersign", '#'},
    {"dollar", '$'},
    {"percent", '%'},
    {"ampersand", '&'},
    {"apostrophe", '\''},
    {"parenleft", '('},
    {"parenright", ')'},
    {"asterisk", '*'},
    {"plus", '+'},
    {"comma", ','},
    {"minus", '-'},
    {"period", '.'},
    {"slash", '/'},
    {"colon", ':'},
    {"semicolon", ';'},
    {"less", '<'},
    {"equal", '='},
    {"greater", '>'},
    {"question", '?'},
    {"at", '@'},
    {"bracketleft", '['},
    {"backslash", '\\'},
    {"bracketright", ']'},
    {"asciicircum", '^'},
    {"underscore", '_'},
    {"grave", '`'},
    {"braceleft", '{'},
    {"bar", '|'},
    {"braceright", '}'},
    {"asciitilde", '~'},
    {"exclamdown", 0xa1},
    {"sterling", 0xa3},
    {"currency", 0xa4},
    {"brokenbar", 0xa6},
    {"section", 0xa7},
    {"diaeresis", 0xa8},
    {"ordfeminine", 0xaa},
    {"notsign", 0xac},
    {"degree", 0xb0},
    {"twosuperior", 0xb2},
    {"threesuperior", 0xb3},
    {"acute", 0xb4},
    {"mu", 0xb5},
    {"periodcentered", 0xb7},
    {"masculine", 0xba},
    {"questiondown", 0xbf},
    {"Adiaeresis", 0xc4},
    {"Ccedilla", 0xc7},
    {"Ntilde", 0xd1},
    {"Odiaeresis", 0xd6},
    {"Udiaeresis", 0xdc},
    {"ssharp", 0xdf},
    {"agrave", 0xe0},
    {"aacute", 0xe1},
    {"adiaeresis", 0xe4},
    {"ccedilla", 0xe7},
    {"egrave", 0xe8},
    {"eacute", 0xe9},
    {"iacute", 0xed},
    {"ntilde", 0xf1},
    {"oacute", 0xf3},
    {"odiaeresis", 0xf6},
    {"ugrave", 0xf9},
    {"uacute", 0xfa},
    {"udiaeresis", 0xfc},
    {"EuroSign", 0x20ac},
    {"dead_grave", 0x300},
    {"dead_acute", 0x301},
    {"dead_circumflex", 0x302},
    {"dead_tilde", 0x303},
    {"dead_diaeresis", 0x308},
};

static u16 character(const char *keysym) {
    if (!keysym[1]) return (u16)keysym[0];
    for (unsigned i = 0; i < countof(names); i++)
        if (!strcmp(names[i].name, keysym)) return names[i].c;
    return 0;
}

// QEMU's German layout is the one without dead keys.
static u16 same(u16 c) { return keymap_dead(c) ? keymap_spacing(c) : c; }

// Each line that is about one of our keys: "keysym 0xCODE", with " shift" or " altgr" behind it.
static unsigned compare(enum config_keyboard layout, const char *name, unsigned *known) {
    char path[100], line[200], keysym[64], how[64];
    unsigned code, wrong = 0;
    snprintf(path, sizeof path, "/usr/share/qemu/keymaps/%s", name);
    FILE *f = fopen(path, "r");
    if (!f) f = fopen((snprintf(path, sizeof path, "/usr/share/qemu-system-data/keymaps/%s", name), path), "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        how[0] = 0;
        if (sscanf(line, "%63s %x %63[^\n]", keysym, &code, how) < 2 || line[0] == '#' || code >= CODES) continue;
        u8 usage = usages_of_codes[code];
        struct keymap_key key = keymap_key(layout, usage);
        u16 want = character(keysym), got;
        if (!key.plain && !key.shifted) continue;
        if (!how[0]) got = key.plain;
        else if (!strcmp(how, "shift")) got = key.shifted;
        else if (!strcmp(how, "altgr") && key.altgr) got = key.altgr; // XKB has more there than is printed on keys
        else continue;
        *known += 1;
        if (same(want) == same(got)) continue;
        print_message("%s: %s, key 0x%x, usage 0x%x: U+%04X\n", name, line, code, usage, got);
        wrong++;
    }
    fclose(f);
    return wrong;
}

static void layouts_are_xkbs(void **state) {
    static const char *const name[] = {"en-us", "de", "fr", "en-gb", "es"};
    for (enum config_keyboard layout = KEYBOARD_US; layout <= KEYBOARD_ES; layout++) {
        unsigned known = 0;
        assert_int_equal(compare(layout, name[layout], &known), 0);
        assert_true(known >= 94);
    }
}

#define UP_AGAIN "\x01" // (no key)

static const char *typed(enum config_keyboard layout, const char *keys) {
    static char text[64];
    unsigned n = 0;
    struct typing k = {.layout = layout};
    for (; *keys; keys++) { // a key goes down, or with UP_AGAIN behind it up
        n += typing_key(&k, (u8)*keys, keys[1] != UP_AGAIN[0], (u8 *)text + n);
        if (keys[1] == UP_AGAIN[0]) keys++;
    }
    text[n] = 0;
    return text;
}

#define ALTGR "\xe6"
#define SHIFT "\xe1"
#define CONTROL "\xe0"
#define SPACE "\x2c"

static void characters_of_other_countries(void **state) {
    assert_string_equal(typed(KEYBOARD_DE, "\x1c\x1d\x2f" SHIFT "\x2f\xe1" UP_AGAIN "\x2d"), "zy\xc3\xbc\xc3\x9c\xc3\x9f");
    assert_string_equal(typed(KEYBOARD_DE, ALTGR "\x14\x08\x24\xe6" UP_AGAIN "\x14"), "@\xe2\x82\xac{q");
    assert_string_equal(typed(KEYBOARD_DE, "\x39\x2f\x2d\x1e"), "\xc3\x9c\xc3\x9f"
                                                                "1"); // Caps Lock is for letters
    assert_string_equal(typed(KEYBOARD_DE, CONTROL "\x1d\x04"), "\x19\x01");
    assert_string_equal(typed(KEYBOARD_DE, CONTROL ALTGR "\x2d"), "\x1c");
    assert_string_equal(typed(KEYBOARD_DE, "\xe2\x04"), "\x1b"
                                                        "a");
    assert_string_equal(typed(KEYBOARD_DE, "\x32\x31\x64"), "##<");
    assert_string_equal(typed(KEYBOARD_FR, "\x14" SHIFT "\x1e\xe1" UP_AGAIN "\x1f"), "a1\xc3\xa9");
    assert_string_equal(typed(KEYBOARD_UK, SHIFT "\x20\x1f\xe1" UP_AGAIN "\x31"), "\xc2\xa3\"#");
    assert_string_equal(typed(KEYBOARD_US, ALTGR "\x04\xe6" UP_AGAIN "\x64"), "\x1b"
                                                                              "a<");
}

static void dead_keys(void **state) {
    assert_string_equal(typed(KEYBOARD_ES, "\x34\x04\x04"), "\xc3\xa1"
                                                            "a");
    assert_string_equal(typed(KEYBOARD_ES, "\x34" SHIFT "\x08"), "\xc3\x89");
    assert_string_equal(typed(KEYBOARD_ES, "\x34" SPACE "\x34\x34\x06"), "\xc2\xb4\xc2\xb4"
                                                                         "c");
    assert_string_equal(typed(KEYBOARD_DE, "\x35\x1b\x35" SPACE), "^x^");
    assert_string_equal(typed(KEYBOARD_DE, "\x35\x2e\x04"), "^\xc3\xa1"); // one behind another
    assert_string_equal(typed(KEYBOARD_FR, "\x2f\x08"), "\xc3\xaa");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_are_xkbs),
        cmocka_unit_test(characters_of_other_countries),
        cmocka_unit_test(dead_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
