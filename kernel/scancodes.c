// SPDX-License-Identifier: MIT
// Scan code set 1: the key's number when it goes down, with bit 7 when it comes up; 0xe0 before the keys that the AT keyboard
// did not have. Pause is e1 1d 45 e1 9d c5. 0xe0 2a and 0xe0 36 are shifts that nobody pressed. Both columns stand side by side in
// Microsoft's "USB HID to PS/2 Scan Code Translation Table".
#include "kernel/scancodes.h"

enum { EXTENDED = 0xe0, PAUSE = 0xe1, PAUSE_REST = 2, UP = 0x80, CODES = 0x59 };

// Rows of eight codes.
static const u8 usages_of_codes[CODES] = {
    0,    0x29, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, // Esc 1 2 3 4 5 6
    0x24, 0x25, 0x26, 0x27, 0x2d, 0x2e, 0x2a, 0x2b, // 7 8 9 0 - = Backspace Tab
    0x14, 0x1a, 0x08, 0x15, 0x17, 0x1c, 0x18, 0x0c, // q w e r t y u i
    0x12, 0x13, 0x2f, 0x30, 0x28, 0xe0, 0x04, 0x16, // o p [ ] Enter Ctrl a s
    0x07, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x0f, 0x33, // d f g h j k l ;
    0x34, 0x35, 0xe1, 0x31, 0x1d, 0x1b, 0x06, 0x19, // ' ` Shift backslash z x c v
    0x05, 0x11, 0x10, 0x36, 0x37, 0x38, 0xe5, 0x55, // b n m , . / Shift *
    0xe2, 0x2c, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, // Alt Space Caps Lock F1 to F5
    0x3f, 0x40, 0x41, 0x42, 0x43, 0x53, 0x47, 0x5f, // F6 to F10 Num Lock Scroll Lock 7
    0x60, 0x61, 0x56, 0x5c, 0x5d, 0x5e, 0x57, 0x59, // 8 9 - 4 5 6 + 1
    0x5a, 0x5b, 0x62, 0x63, 0,    0,    0x64, 0x44, // 2 3 0 . - - < F11
    0x45,                                           // F12
};

static const struct {
    u8 code, usage;
} extended[] = {
    {0x1c, 0x58}, {0x1d, 0xe4}, {0x35, 0x54}, {0x38, 0xe6},               // the keypad's Enter, Ctrl, the keypad's /, Alt
    {0x47, 0x4a}, {0x48, 0x52}, {0x49, 0x4b}, {0x4b, 0x50}, {0x4d, 0x4f}, // Home, up, Page Up, left, right
    {0x4f, 0x4d}, {0x50, 0x51}, {0x51, 0x4e}, {0x52, 0x49}, {0x53, 0x4c}, // End, down, Page Down, Insert, Delete
    {0x5b, 0xe3}, {0x5c, 0xe7}, {0x5d, 0x65},                             // the two GUI keys, Application
};

static u8 extended_usage(u8 code) {
    for (unsigned i = 0; i < countof(extended); i++)
        if (extended[i].code == code) return extended[i].usage;
    return 0;
}

u8 scancodes_feed(struct scancodes *s, u8 code, bool *down) {
    if (code == EXTENDED || code == PAUSE) {
        s->prefix = code;
        s->skipped = code == PAUSE ? PAUSE_REST : 0;
        return 0;
    }
    if (s->skipped) {
        s->skipped--;
        return 0;
    }
    bool is_extended = s->prefix == EXTENDED;
    s->prefix = 0;
    *down = !(code & UP);
    code &= (u8)~UP;
    if (is_extended) return extended_usage(code);
    return code < CODES ? usages_of_codes[code] : 0;
}
