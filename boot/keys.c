// SPDX-License-Identifier: MIT
//   ESC [ A  up   ESC [ B  down   ESC [ C  right   ESC [ D  left   ESC [ H  home   ESC [ F  end   (ESC O x is the same)
//   ESC [ 1~ home   3~ delete   4~ end   5~ page up   6~ page down   21~ F10
#include "boot/keys.h"

enum { ESC = 0x1b };

static u32 sequence(const struct keys *k) {
    static const u32 letter[] = {
        ['A'] = KEY_UP, ['B'] = KEY_DOWN, ['C'] = KEY_RIGHT, ['D'] = KEY_LEFT, ['F'] = KEY_END, ['H'] = KEY_HOME};
    u8 last = k->held[k->count - 1];
    if (k->count == 3 && last < countof(letter) && letter[last]) return letter[last];
    if (last != '~') return NO_KEY;
    unsigned n = 0;
    for (unsigned i = 2; i + 1 < k->count; i++)
        if (k->held[i] >= '0' && k->held[i] <= '9') n = n * 10 + (k->held[i] - '0');
    switch (n) {
    case 1:
    case 7: return KEY_HOME;
    case 3: return KEY_DELETE;
    case 4:
    case 8: return KEY_END;
    case 5: return KEY_PAGE_UP;
    case 6: return KEY_PAGE_DOWN;
    case 21: return KEY_F10;
    default: return NO_KEY;
    }
}

static u32 character(const struct keys *k) {
    u32 c = k->held[0] & (k->count == 2 ? 0x1f : 0x0f);
    for (unsigned i = 1; i < k->count; i++) c = c << 6 | (k->held[i] & 0x3f);
    return c >= 0x80 && c < 0xd800 ? c : NO_KEY;
}

static u32 done(struct keys *k, u32 key) {
    k->count = 0;
    return key;
}

// What came before was no UTF-8, or an Esc by itself: this byte begins anew.
static u32 begin(struct keys *k, u8 byte) {
    k->count = 0;
    if (byte != ESC && (byte < 0xc0 || byte >= 0xf0)) return byte < 0x80 ? byte : NO_KEY;
    k->held[k->count++] = byte;
    return NO_KEY;
}

u32 keys_byte(struct keys *k, int byte) {
    bool sequence_open = k->count && k->held[0] == ESC;
    if (byte < 0) return sequence_open && k->count == 1 ? done(k, KEY_ESCAPE) : NO_KEY;
    if (!k->count || (byte == ESC && !sequence_open)) return begin(k, (u8)byte);
    if (sequence_open && k->count == 1 && byte != '[' && byte != 'O') {
        begin(k, (u8)byte); // Esc, and a key behind it, which is lost: nobody is as quick
        return KEY_ESCAPE;
    }
    if (!sequence_open && ((u8)byte & 0xc0) != 0x80) return begin(k, (u8)byte);
    k->held[k->count++] = (u8)byte;
    if (!sequence_open) return k->count == (k->held[0] < 0xe0 ? 2u : 3u) ? done(k, character(k)) : NO_KEY;
    bool ended = k->count > 2 && byte >= 0x40 && byte <= 0x7e;
    return ended ? done(k, sequence(k)) : k->count == sizeof k->held ? done(k, NO_KEY) : NO_KEY;
}
