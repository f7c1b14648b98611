// SPDX-License-Identifier: MIT
// The layouts, drawn as they are on a keyboard (ISO/IEC 9995, with the names that XKB gives them): four rows, a character for each key. The
// second row begins with the key right of Tab, the last one with the key that US keyboards do not have. A space: nothing there.
#include "kernel/keymap.h"

enum { KEYS = 13 + 12 + 12 + 11, NONE = ' ' };

static const u8 usage_of[KEYS] = {
    0x35, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2d, 0x2e, // ` 1 2 3 4 5 6 7 8 9 0 - =
    0x14, 0x1a, 0x08, 0x15, 0x17, 0x1c, 0x18, 0x0c, 0x12, 0x13, 0x2f, 0x30,       // q w e r t y u i o p [ ]
    0x04, 0x16, 0x07, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x0f, 0x33, 0x34, 0x31,       // a s d f g h j k l ; ' backslash
    0x64, 0x1d, 0x1b, 0x06, 0x19, 0x05, 0x11, 0x10, 0x36, 0x37, 0x38,             // < z x c v b n m , . /
};

#define GRAVE u"\u0300"
#define ACUTE u"\u0301"
#define CIRCUMFLEX u"\u0302"
#define TILDE u"\u0303"
#define DIAERESIS u"\u0308"

struct layout {
    const u16 *plain, *shifted, *altgr; // altgr NULL: there is no such key
};

// Each string has KEYS characters. The pieces are rows.
// clang-format off
static const struct layout layouts[] = {
    [KEYBOARD_US] = {
        .plain = u"`1234567890-="
                 u"qwertyuiop[]"
                 u"asdfghjkl;'\\"
                 u"<zxcvbnm,./",
        .shifted = u"~!@#$%^&*()_+"
                   u"QWERTYUIOP{}"
                   u"ASDFGHJKL:\"|"
                   u">ZXCVBNM<>?"},
    [KEYBOARD_DE] = {
        .plain = CIRCUMFLEX u"1234567890ß" ACUTE
                 u"qwertzuiopü+"
                 u"asdfghjklöä#"
                 u"<yxcvbnm,.-",
        .shifted = u"°!\"§$%&/()=?" GRAVE
                   u"QWERTZUIOPÜ*"
                   u"ASDFGHJKLÖÄ'"
                   u">YXCVBNM;:_",
        .altgr = u"  ²³   {[]}\\ "
                 u"@ €        ~"
                 u"            "
                 u"|      µ   "},
    [KEYBOARD_FR] = {
        .plain = u"²&é\"'(-è_çà)="
                 u"azertyuiop" CIRCUMFLEX u"$"
                 u"qsdfghjklmù*"
                 u"<wxcvbn,;:!",
        .shifted = u"~1234567890°+"
                   u"AZERTYUIOP" DIAERESIS u"£"
                   u"QSDFGHJKLM%µ"
                   u">WXCVBN?./§",
        .altgr = u"  ~#{[|`\\^@]}"
                 u"  €        ¤"
                 u"            "
                 u"           "},
    [KEYBOARD_UK] = {
        .plain = u"`1234567890-="
                 u"qwertyuiop[]"
                 u"asdfghjkl;'#"
                 u"\\zxcvbnm,./",
        .shifted = u"¬!\"£$%^&*()_+"
                   u"QWERTYUIOP{}"
                   u"ASDFGHJKL:@~"
                   u"|ZXCVBNM<>?",
        .altgr = u"|   €        "
                 u"            "
                 u"            "
                 u"           "},
    [KEYBOARD_ES] = {
        .plain = u"º1234567890'¡"
                 u"qwertyuiop" GRAVE u"+"
                 u"asdfghjklñ" ACUTE u"ç"
                 u"<zxcvbnm,.-",
        .shifted = u"ª!\"·$%&/()=?¿"
                   u"QWERTYUIOP" CIRCUMFLEX u"*"
                   u"ASDFGHJKLÑ" DIAERESIS u"Ç"
                   u">ZXCVBNM;:_",
        .altgr = u"\\|@#~ ¬      "
                 u"  €       []"
                 u"          {}"
                 u"           "},
};
// clang-format on

static u16 on(const u16 *row, unsigned at) { return !row || row[at] == NONE ? 0 : row[at]; }

struct keymap_key keymap_key(enum config_keyboard layout, u8 usage) {
    const struct layout *l = &layouts[layout];
    if (usage == KEY_NON_US_HASH) usage = 0x31;
    for (unsigned i = 0; i < KEYS; i++)
        if (usage_of[i] == usage) return (struct keymap_key){on(l->plain, i), on(l->shifted, i), on(l->altgr, i)};
    return (struct keymap_key){0};
}

bool keymap_has_altgr(enum config_keyboard layout) { return layouts[layout].altgr; }

// --- dead keys

static const struct {
    u16 dead, spacing;
    const u16 *from, *to;
} composed[] = {
    {0x300, '`', u"aeiouAEIOU", u"àèìòùÀÈÌÒÙ"},    {0x301, u'´', u"aeiouyAEIOUY", u"áéíóúýÁÉÍÓÚÝ"},
    {0x302, '^', u"aeiouAEIOU", u"âêîôûÂÊÎÔÛ"},    {0x303, '~', u"anoANO", u"ãñõÃÑÕ"},
    {0x308, u'¨', u"aeiouyAEIOU", u"äëïöüÿÄËÏÖÜ"},
};

u16 keymap_compose(u16 dead, u16 c) {
    for (unsigned i = 0; i < countof(composed); i++)
        for (unsigned n = 0; composed[i].dead == dead && composed[i].from[n]; n++)
            if (composed[i].from[n] == c) return composed[i].to[n];
    return 0;
}

u16 keymap_spacing(u16 dead) {
    for (unsigned i = 0; i < countof(composed); i++)
        if (composed[i].dead == dead) return composed[i].spacing;
    return 0;
}
