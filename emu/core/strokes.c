// SPDX-License-Identifier: MIT
#include "core/strokes.h"

#include "base/bits.h"

#include <string.h>

enum { ESC = 0x1b, DEL = 0x7f };
enum {
    CODE_ESC = 0x01,
    CODE_BACKSPACE = 0x0e,
    CODE_TAB = 0x0f,
    CODE_ENTER = 0x1c,
    CODE_CTRL = 0x1d,
    CODE_SHIFT = 0x2a,
    CODE_ALT = 0x38
};
enum { SHIFT = 1, ALT = 2, CTRL = 4 }; // as xterm's parameter has them, less 1
enum { UP = 0x80, EXTENDED = 0xe0 };
#define FAR 0x100 // a code that EXTENDED stands before

// Characters by the code of their key, without and with Shift.
static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0\0\0 ";
static const char shifted[] = "\0\0!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0\0\0";

static unsigned down(u8 *out, unsigned n, unsigned code) {
    if (code & FAR) out[n++] = EXTENDED;
    out[n++] = (u8)code;
    return n;
}

static unsigned press(u8 *out, unsigned code, unsigned modifiers) {
    static const struct {
        u8 bit, code;
    } keys[] = {{ALT, CODE_ALT}, {CTRL, CODE_CTRL}, {SHIFT, CODE_SHIFT}};
    unsigned n = 0;
    for (unsigned i = 0; i < countof(keys); i++)
        if (modifiers & keys[i].bit) n = down(out, n, keys[i].code);
    n = down(out, n, code);
    n = down(out, n, code | UP);
    for (unsigned i = countof(keys); i--;)
        if (modifiers & keys[i].bit) n = down(out, n, keys[i].code | UP);
    return n;
}

static unsigned code_of(const char *keys, size_t size, char c) {
    const char *at = c ? memchr(keys, c, size - 1) : NULL;
    return at ? (unsigned)(at - keys) : 0;
}

// Terminals send CR for Enter; a script's \n is meant so, too. DEL is what their Backspace sends.
static unsigned character(u8 *out, u8 c, unsigned modifiers) {
    if (c == '\n') c = '\r';
    if (c == DEL) c = '\b';
    unsigned code = code_of(plain, sizeof plain, (char)c);
    if (code) return press(out, code, modifiers);
    code = code_of(shifted, sizeof shifted, (char)c);
    if (code) return press(out, code, modifiers | SHIFT);
    if (c >= 0x20) return 0;
    c = c ? (u8)(c + (c <= 26 ? 0x60 : 0x40)) : '2'; // Ctrl-A is 1; Ctrl-\ 28; Ctrl-2 is a PC's NUL
    code = code_of(plain, sizeof plain, (char)c);
    if (code) return press(out, code, modifiers | CTRL);
    code = code_of(shifted, sizeof shifted, (char)c);
    return code ? press(out, code, modifiers | SHIFT | CTRL) : 0;
}

// Behind ESC [ and ESC O.
static unsigned code_of_letter(u8 c) {
    static const struct {
        u8 letter;
        u16 code;
    } keys[] = {{'A', FAR | 0x48}, {'B', FAR | 0x50}, {'C', FAR | 0x4d}, {'D', FAR | 0x4b}, {'E', 0x4c}, {'F', FAR | 0x4f},
                {'H', FAR | 0x47}, {'M', FAR | 0x1c}, {'P', 0x3b},       {'Q', 0x3c},       {'R', 0x3d}, {'S', 0x3e}};
    for (unsigned i = 0; i < countof(keys); i++)
        if (keys[i].letter == c) return keys[i].code;
    return 0;
}

// In ESC [ number ~
static unsigned code_of_number(unsigned n) {
    static const u16 codes[] = {
        0,    FAR | 0x47, FAR | 0x52, FAR | 0x53, FAR | 0x4f, FAR | 0x49, FAR | 0x51, FAR | 0x47, FAR | 0x4f, 0, 0,    0x3b, 0x3c,
        0x3d, 0x3e,       0x3f,       0,          0x40,       0x41,       0x42,       0x43,       0x44,       0, 0x57, 0x58};
    return n < countof(codes) ? codes[n] : 0;
}

static unsigned key(struct strokes *s, u8 *out, unsigned code, unsigned more) {
    unsigned modifiers = (s->modifiers ? s->modifiers - 1u : 0) | more;
    *s = (struct strokes){0};
    return code ? press(out, code, modifiers) : 0;
}

static unsigned begin(struct strokes *s, u8 state) {
    *s = (struct strokes){.state = state};
    return 0;
}

// A terminal's Alt is an ESC before the character.
static unsigned behind_esc(struct strokes *s, u8 c, u8 *out) {
    if (c == '[') return begin(s, STROKES_CSI);
    if (c == 'O') return begin(s, STROKES_SS3);
    if (c == ESC) return press(out, CODE_ESC, 0);
    begin(s, STROKES_NONE);
    return character(out, c, ALT);
}

static unsigned in_csi(struct strokes *s, u8 c, u8 *out) {
    u8 *p = s->parameter ? &s->modifiers : &s->number;
    if (c >= '0' && c <= '9') {
        if (s->parameter < 2 && *p < 20) *p = (u8)(*p * 10 + (c - '0'));
        return 0;
    }
    if (c == ';') {
        if (s->parameter < 2) s->parameter++;
        return 0;
    }
    if (c == '[' && !s->number) return begin(s, STROKES_LINUX);
    if (c < 0x40) return 0;
    if (c == 'Z') return key(s, out, CODE_TAB, SHIFT);
    return key(s, out, c == '~' ? code_of_number(s->number) : code_of_letter(c), 0);
}

unsigned strokes_feed(struct strokes *s, u8 byte, u8 out[STROKES_MOST]) {
    switch (s->state) {
    case STROKES_ESC: return behind_esc(s, byte, out);
    case STROKES_CSI:
        if (byte == ESC) return begin(s, STROKES_ESC);
        return in_csi(s, byte, out);
    case STROKES_SS3: return key(s, out, code_of_letter(byte), 0);
    case STROKES_LINUX: return key(s, out, byte >= 'A' && byte <= 'E' ? 0x3b + (byte - 'A') : 0, 0);
    default: break;
    }
    if (byte == ESC) return begin(s, STROKES_ESC);
    return character(out, byte, 0);
}

unsigned strokes_end(struct strokes *s, u8 out[STROKES_MOST]) {
    bool alone = s->state == STROKES_ESC;
    begin(s, STROKES_NONE);
    return alone ? press(out, CODE_ESC, 0) : 0;
}
