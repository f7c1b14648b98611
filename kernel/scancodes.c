// SPDX-License-Identifier: MIT
// Scan code set 1: the key's number when it goes down, with bit 7 when it comes up; 0xe0 before the keys that the AT keyboard
// did not have. Pause is e1 1d 45 e1 9d c5. 0xe0 2a and 0xe0 36 are shifts that nobody pressed.
#include "kernel/scancodes.h"

enum { EXTENDED = 0xe0, PAUSE = 0xe1, PAUSE_REST = 2, UP = 0x80 };
enum { CTRL = 0x1d, LEFT_SHIFT = 0x2a, RIGHT_SHIFT = 0x36, ALT = 0x38, CAPS_LOCK = 0x3a, NUM_LOCK = 0x45 };
enum { TAB = 0x0f, BACKSPACE = 0x0e, KEYPAD = 0x47, KEYPAD_END = 0x53, KEYPAD_SLASH = 0x35, KEYPAD_ENTER = 0x1c };
enum { ESC = 0x1b, DEL = 0x7f };

// Columns: key, key with Shift. 0: no character.
static const char characters[0x59][2] = {
    [0x01] = {ESC, ESC}, [0x02] = "1!", [0x03] = "2@", [0x04] = "3#",  [0x05] = "4$", [0x06] = "5%",  [0x07] = "6^",
    [0x08] = "7&",       [0x09] = "8*", [0x0a] = "9(", [0x0b] = "0)",  [0x0c] = "-_", [0x0d] = "=+",  [BACKSPACE] = {DEL, DEL},
    [TAB] = "\t\t",      [0x10] = "qQ", [0x11] = "wW", [0x12] = "eE",  [0x13] = "rR", [0x14] = "tT",  [0x15] = "yY",
    [0x16] = "uU",       [0x17] = "iI", [0x18] = "oO", [0x19] = "pP",  [0x1a] = "[{", [0x1b] = "]}",  [0x1c] = "\r\r",
    [0x1e] = "aA",       [0x1f] = "sS", [0x20] = "dD", [0x21] = "fF",  [0x22] = "gG", [0x23] = "hH",  [0x24] = "jJ",
    [0x25] = "kK",       [0x26] = "lL", [0x27] = ";:", [0x28] = "'\"", [0x29] = "`~", [0x2b] = "\\|", [0x2c] = "zZ",
    [0x2d] = "xX",       [0x2e] = "cC", [0x2f] = "vV", [0x30] = "bB",  [0x31] = "nN", [0x32] = "mM",  [0x33] = ",<",
    [0x34] = ".>",       [0x35] = "/?", [0x37] = "**", [0x39] = "  ",  [0x4a] = "--", [0x4e] = "++",  [0x56] = "\\|",
};

// The keypad from 0x47 on: with Num Lock, and else as the keys between it and the letters (0xe0 and the same code).
static const char keypad[KEYPAD_END - KEYPAD + 1] = "789-456+1230.";

// ESC [ number ~, or ESC [ letter
static const struct {
    u8 number;
    char letter;
} moves[KEYPAD_END - KEYPAD + 1] = {
    {.number = 1},   {.letter = 'A'}, {.number = 5},   {0},           // Home, up, Page Up
    {.letter = 'D'}, {.letter = 'E'}, {.letter = 'C'}, {0},           // left, the keypad's middle, right
    {.number = 4},   {.letter = 'B'}, {.number = 6},   {.number = 2}, // End, down, Page Down, Insert
    {.number = 3},                                                    // Delete
};

// F1 to F12: ESC O letter, or ESC [ number ~
static const char first_functions[] = "PQRS";
static const u8 functions[] = {15, 17, 18, 19, 20, 21, 23, 24};

struct text {
    u8 *out;
    unsigned n;
};

static void add(struct text *t, u8 byte) {
    if (t->n < SCANCODE_TYPES) t->out[t->n++] = byte;
}

static void put_number(struct text *t, u8 n) {
    if (n > 9) add(t, '0' + n / 10);
    add(t, '0' + n % 10);
}

static bool shift(const struct scancodes *k) { return k->left_shift || k->right_shift; }
static bool ctrl(const struct scancodes *k) { return k->left_ctrl || k->right_ctrl; }
static bool alt(const struct scancodes *k) { return k->left_alt || k->right_alt; }

// As xterm counts them; 1: none.
static u8 modifiers(const struct scancodes *k) { return (u8)(1 + shift(k) + 2 * alt(k) + 4 * ctrl(k)); }

// ESC [ number ~ and ESC [ letter, which modifiers change to ESC [ number ; m ~ and ESC [ 1 ; m letter.
static void put_sequence(struct text *t, const struct scancodes *k, u8 number, char letter) {
    u8 m = modifiers(k);
    add(t, ESC);
    add(t, '[');
    if (number || m > 1) put_number(t, number ? number : 1);
    if (m > 1) add(t, ';'), put_number(t, m);
    add(t, letter ? (u8)letter : '~');
}

static void put_function(struct text *t, const struct scancodes *k, unsigned n) {
    if (n >= 4) put_sequence(t, k, functions[n - 4], 0);
    else if (modifiers(k) > 1) put_sequence(t, k, 0, first_functions[n]);
    else add(t, ESC), add(t, 'O'), add(t, (u8)first_functions[n]);
}

// What Ctrl makes of a character (DEC VT220 Programmer Reference, table 3-5).
static u8 with_ctrl(u8 c) {
    if (c == ' ' || c == '2') return 0;
    if (c >= '3' && c <= '7') return (u8)(c - '3' + ESC);
    if (c == '8' || c == '?') return DEL;
    if (c == '/') return 0x1f;
    if (c == DEL) return '\b';
    return (c >= '@' && c <= '_') || (c >= 'a' && c <= 'z') ? c & 0x1f : c;
}

static void put_character(struct text *t, const struct scancodes *k, u8 c) {
    if (ctrl(k)) c = with_ctrl(c);
    if (alt(k)) add(t, ESC);
    add(t, c);
}

static int function_key(u8 code) {
    if (code >= 0x3b && code <= 0x44) return code - 0x3b;
    return code == 0x57 ? 10 : code == 0x58 ? 11 : -1;
}

static void press_extended(struct text *t, const struct scancodes *k, u8 code) {
    if (code == KEYPAD_SLASH) put_character(t, k, '/');
    if (code == KEYPAD_ENTER) put_character(t, k, '\r');
    if (code < KEYPAD || code > KEYPAD_END) return;
    u8 number = moves[code - KEYPAD].number;
    char letter = moves[code - KEYPAD].letter;
    if (number || (letter && letter != 'E')) put_sequence(t, k, number, letter);
}

static void press_keypad(struct text *t, const struct scancodes *k, u8 code) {
    unsigned at = code - KEYPAD;
    bool sign = keypad[at] == '-' || keypad[at] == '+';
    if (sign || k->num_off == shift(k)) put_character(t, k, (u8)keypad[at]);
    else put_sequence(t, k, moves[at].number, moves[at].letter);
}

static void press(struct text *t, const struct scancodes *k, u8 code) {
    int function = function_key(code);
    if (function >= 0) {
        put_function(t, k, (unsigned)function);
    } else if (code >= KEYPAD && code <= KEYPAD_END) {
        press_keypad(t, k, code);
    } else if (code == TAB && shift(k)) {
        add(t, ESC), add(t, '['), add(t, 'Z');
    } else if (code < sizeof characters / sizeof *characters && characters[code][0]) {
        char plain = characters[code][0];
        bool letter = plain >= 'a' && plain <= 'z';
        put_character(t, k, (u8)characters[code][shift(k) != (k->caps && letter)]);
    }
}

// A lock changes when its key goes down, not when that repeats.
static void lock(bool *state, bool *held, bool down) {
    if (down && !*held) *state = !*state;
    *held = down;
}

static bool modifier(struct scancodes *k, u8 code, bool extended, bool down) {
    switch (code) {
    case CTRL: *(extended ? &k->right_ctrl : &k->left_ctrl) = down; return true;
    case ALT: *(extended ? &k->right_alt : &k->left_alt) = down; return true;
    case LEFT_SHIFT:
        if (!extended) k->left_shift = down;
        return true;
    case RIGHT_SHIFT:
        if (!extended) k->right_shift = down;
        return true;
    case CAPS_LOCK: lock(&k->caps, &k->caps_held, down); return true;
    case NUM_LOCK: lock(&k->num_off, &k->num_held, down); return true;
    default: return false;
    }
}

unsigned scancodes_feed(struct scancodes *k, u8 code, u8 out[SCANCODE_TYPES]) {
    struct text t = {.out = out};
    if (code == EXTENDED || code == PAUSE) {
        k->prefix = code;
        k->skipped = code == PAUSE ? PAUSE_REST : 0;
        return 0;
    }
    if (k->skipped) {
        k->skipped--;
        return 0;
    }
    bool extended = k->prefix == EXTENDED, down = !(code & UP);
    k->prefix = 0;
    code &= (u8)~UP;
    if (modifier(k, code, extended, down) || !down) return 0;
    if (extended) press_extended(&t, k, code);
    else press(&t, k, code);
    return t.n;
}
