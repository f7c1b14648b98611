// SPDX-License-Identifier: MIT
#include "kernel/typing.h"
#include "base/bits.h"

enum { ESC = 0x1b, DEL = 0x7f };

// The keypad from KEY_PAD_1 on: with Num Lock, and else as the keys between it and the letters. ESC [ number ~, or ESC [ letter
static const char keypad[] = "1234567890.";
static const struct {
    u8 number;
    char letter;
} pad_moves[] = {
    {.number = 4},   {.letter = 'B'}, {.number = 6},   // End, down, Page Down
    {.letter = 'D'}, {.letter = 'E'}, {.letter = 'C'}, // left, the keypad's middle, right
    {.number = 1},   {.letter = 'A'}, {.number = 5},   // Home, up, Page Up
    {.number = 2},   {.number = 3},                    // Insert, Delete
};
// From KEY_INSERT on: ESC [ number ~. From KEY_RIGHT on: ESC [ letter
static const u8 moves[] = {2, 1, 5, 3, 4, 6};
static const char arrows[] = "CDBA";

// F1 to F12: ESC O letter, or ESC [ number ~
static const char first_functions[] = "PQRS";
static const u8 functions[] = {15, 17, 18, 19, 20, 21, 23, 24};

struct text {
    u8 *out;
    unsigned n;
};

static void add(struct text *t, u8 byte) {
    if (t->n < TYPING_MOST) t->out[t->n++] = byte;
}

static void put_number(struct text *t, u8 n) {
    if (n > 9) add(t, '0' + n / 10);
    add(t, '0' + n % 10);
}

static void put_utf8(struct text *t, u16 c) {
    if (c < 0x80) {
        add(t, (u8)c);
        return;
    }
    if (c >= 0x800) add(t, (u8)(0xe0 | c >> 12));
    add(t, (u8)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3f) : 0xc0 | c >> 6));
    add(t, (u8)(0x80 | (c & 0x3f)));
}

static bool either(const struct typing *k, u8 left, u8 right) {
    return k->modifiers & (BIT(left - KEY_LEFT_CTRL) | BIT(right - KEY_LEFT_CTRL));
}
static bool shift(const struct typing *k) { return either(k, KEY_LEFT_SHIFT, KEY_RIGHT_SHIFT); }
static bool ctrl(const struct typing *k) { return either(k, KEY_LEFT_CTRL, KEY_RIGHT_CTRL); }
static bool altgr(const struct typing *k) { return either(k, KEY_RIGHT_ALT, KEY_RIGHT_ALT) && keymap_has_altgr(k->layout); }
static bool alt(const struct typing *k) {
    return either(k, KEY_LEFT_ALT, keymap_has_altgr(k->layout) ? KEY_LEFT_ALT : KEY_RIGHT_ALT);
}

// As xterm counts them; 1: none.
static u8 modifiers(const struct typing *k) { return (u8)(1 + shift(k) + 2 * alt(k) + 4 * ctrl(k)); }

// ESC [ number ~ and ESC [ letter, which modifiers change to ESC [ number ; m ~ and ESC [ 1 ; m letter.
static void put_sequence(struct text *t, const struct typing *k, u8 number, char letter) {
    u8 m = modifiers(k);
    add(t, ESC);
    add(t, '[');
    if (number || m > 1) put_number(t, number ? number : 1);
    if (m > 1) add(t, ';'), put_number(t, m);
    add(t, letter ? (u8)letter : '~');
}

static void put_function(struct text *t, const struct typing *k, unsigned n) {
    if (n >= 4) put_sequence(t, k, functions[n - 4], 0);
    else if (modifiers(k) > 1) put_sequence(t, k, 0, first_functions[n]);
    else add(t, ESC), add(t, 'O'), add(t, (u8)first_functions[n]);
}

// What Ctrl makes of a character (DEC VT220 Programmer Reference, table 3-5).
static u16 with_ctrl(u16 c) {
    if (c == ' ' || c == '2') return 0;
    if (c >= '3' && c <= '7') return (u16)(c - '3' + ESC);
    if (c == '8' || c == '?') return DEL;
    if (c == '/') return 0x1f;
    if (c == DEL) return '\b';
    return (c >= '@' && c <= '_') || (c >= 'a' && c <= 'z') ? c & 0x1f : c;
}

// What a dead key waits for: the two make one character; or the key is typed behind the mark, in whose place a space stands for itself.
static void put_character(struct text *t, struct typing *k, u16 c) {
    u16 dead = k->dead, both = keymap_compose(dead, c);
    k->dead = 0;
    if (keymap_dead(c)) {
        if (dead) put_utf8(t, keymap_spacing(dead));
        if (dead != c) k->dead = c;
        return;
    }
    if (dead && !both) put_utf8(t, keymap_spacing(dead));
    if (dead && !both && c == ' ') return;
    if (both) c = both;
    if (ctrl(k)) c = with_ctrl(c);
    if (alt(k)) add(t, ESC);
    put_utf8(t, c);
}

static void press_keypad(struct text *t, struct typing *k, unsigned at) {
    if (k->num_off == shift(k)) put_character(t, k, (u16)keypad[at]);
    else put_sequence(t, k, pad_moves[at].number, pad_moves[at].letter);
}

// Latin letters, of which the other one is 32 further on. (All of a key's characters are Latin-1's, but for the Euro sign and marks.)
static bool is_letter(struct keymap_key key) {
    bool small = (key.plain >= 'a' && key.plain <= 'z') || (key.plain >= 0xe0 && key.plain < 0xff);
    return small && key.shifted == key.plain - 0x20;
}

static void press_character(struct text *t, struct typing *k, u8 usage) {
    struct keymap_key key = keymap_key(k->layout, usage);
    u16 c = shift(k) != (k->caps && is_letter(key)) ? key.shifted : key.plain;
    if (altgr(k)) c = key.altgr;
    if (c) put_character(t, k, c);
}

static void press(struct text *t, struct typing *k, u8 usage) {
    static const u16 always[] = {'\r', ESC, DEL, '\t', ' '}; // from KEY_ENTER on
    static const u16 signs[] = {'/', '*', '-', '+', '\r'};   // from KEY_PAD_SLASH on
    if (usage == KEY_TAB && shift(k)) add(t, ESC), add(t, '['), add(t, 'Z');
    else if (usage >= KEY_ENTER && usage <= KEY_SPACE) put_character(t, k, always[usage - KEY_ENTER]);
    else if (usage >= KEY_F1 && usage <= KEY_F12) put_function(t, k, usage - KEY_F1);
    else if (usage >= KEY_INSERT && usage < KEY_RIGHT) put_sequence(t, k, moves[usage - KEY_INSERT], 0);
    else if (usage >= KEY_RIGHT && usage <= KEY_UP) put_sequence(t, k, 0, arrows[usage - KEY_RIGHT]);
    else if (usage >= KEY_PAD_SLASH && usage <= KEY_PAD_ENTER) put_character(t, k, signs[usage - KEY_PAD_SLASH]);
    else if (usage >= KEY_PAD_1 && usage <= KEY_PAD_DOT) press_keypad(t, k, usage - KEY_PAD_1);
    else press_character(t, k, usage);
}

// A lock changes when its key goes down, not when that repeats.
static void lock(bool *state, bool *held, bool down) {
    if (down && !*held) *state = !*state;
    *held = down;
}

static bool modifier(struct typing *k, u8 usage, bool down) {
    if (usage == KEY_CAPS_LOCK) lock(&k->caps, &k->caps_held, down);
    else if (usage == KEY_NUM_LOCK) lock(&k->num_off, &k->num_held, down);
    else if (usage < KEY_LEFT_CTRL || usage > KEY_RIGHT_GUI) return false;
    else if (down) k->modifiers |= (u8)BIT(usage - KEY_LEFT_CTRL);
    else k->modifiers &= (u8)~BIT(usage - KEY_LEFT_CTRL);
    return true;
}

unsigned typing_key(struct typing *k, u8 usage, bool down, u8 out[TYPING_MOST]) {
    struct text t = {.out = out};
    if (!modifier(k, usage, down) && down) press(&t, k, usage);
    return t.n;
}
