// SPDX-License-Identifier: MIT
// Which character is on which key. A key is named by its HID usage (USB HID Usage Tables, 10, "Keyboard/Keypad Page"), whichever
// keyboard it is on.
#ifndef KERNEL_KEYMAP_H
#define KERNEL_KEYMAP_H

#include "base/types.h"
#include "emu/config.h"

enum {
    KEY_A = 0x04,
    KEY_ENTER = 0x28,
    KEY_ESC,
    KEY_BACKSPACE,
    KEY_TAB,
    KEY_SPACE,
    KEY_NON_US_HASH = 0x32, // beside Enter on keyboards of other countries, where US ones have 0x31
    KEY_CAPS_LOCK = 0x39,
    KEY_F1,
    KEY_F12 = 0x45,
    KEY_INSERT = 0x49,
    KEY_HOME,
    KEY_PAGE_UP,
    KEY_DELETE,
    KEY_END,
    KEY_PAGE_DOWN,
    KEY_RIGHT,
    KEY_LEFT,
    KEY_DOWN,
    KEY_UP,
    KEY_NUM_LOCK,
    KEY_PAD_SLASH,
    KEY_PAD_STAR,
    KEY_PAD_MINUS,
    KEY_PAD_PLUS,
    KEY_PAD_ENTER,
    KEY_PAD_1,
    KEY_PAD_0 = 0x62,
    KEY_PAD_DOT,
    KEY_NON_US_BACKSLASH, // beside the left Shift, where US keyboards have nothing
    KEY_LEFT_CTRL = 0xe0, // the modifiers, in the order of a report's bits
    KEY_LEFT_SHIFT,
    KEY_LEFT_ALT,
    KEY_LEFT_GUI,
    KEY_RIGHT_CTRL,
    KEY_RIGHT_SHIFT,
    KEY_RIGHT_ALT,
    KEY_RIGHT_GUI,
};

struct keymap_key {
    u16 plain, shifted, altgr; // UTF-16; 0: no character. One of KEYMAP_DEAD: it waits for the next key
};

// What the key has on it. Nothing, for keys that are on none of the four rows.
struct keymap_key keymap_key(enum config_keyboard layout, u8 usage);
// Whether the right Alt key chooses a key's third character (else it is as the left one).
bool keymap_has_altgr(enum config_keyboard layout);

// Dead keys are Unicode's combining marks.
static inline bool keymap_dead(u16 c) { return c >= 0x300 && c < 0x370; }
// The character that a dead key and a character make: 0, none.
u16 keymap_compose(u16 dead, u16 c);
// The dead key's mark by itself, as a space behind it types it.
u16 keymap_spacing(u16 dead);

#endif
