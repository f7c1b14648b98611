// SPDX-License-Identifier: MIT
//   0 modifiers (bit n: usage e0h + n)   1 reserved   2..7 usages of the keys that are down, in no order; all 1: too many are
#include "kernel/usb/report.h"
#include "base/bits.h"
#include <string.h>

enum { KEYS_AT = 2, ROLL_OVER = 1, FIRST_KEY = 4 };
enum : u64 { REPEAT_FIRST_NS = 500000000, REPEAT_NS = 33000000 };

static bool holds(const u8 *keys, u8 usage) { return memchr(keys, usage, REPORT_KEYS) != NULL; }

static void feed_modifiers(struct report *r, u8 now, u8 *out) {
    u8 changed = r->keys.modifiers ^ now;
    for (unsigned i = 0; i < 8; i++)
        if (changed & BIT(i)) typing_key(&r->keys, (u8)(KEY_LEFT_CTRL + i), now & BIT(i), out);
}

static bool is_key(u8 usage) { return usage >= FIRST_KEY && usage < KEY_LEFT_CTRL; }

unsigned report_feed(struct report *r, const u8 report[REPORT_BYTES], u64 now, u8 out[REPORT_TYPES]) {
    const u8 *keys = report + KEYS_AT;
    unsigned n = 0;
    feed_modifiers(r, report[0], out);
    if (holds(keys, ROLL_OVER)) return 0;
    for (unsigned i = 0; i < REPORT_KEYS; i++)
        if (is_key(r->down[i]) && !holds(keys, r->down[i])) typing_key(&r->keys, r->down[i], false, out);
    for (unsigned i = 0; i < REPORT_KEYS; i++) {
        if (!is_key(keys[i]) || holds(r->down, keys[i])) continue;
        n += typing_key(&r->keys, keys[i], true, out + n);
        r->repeats = keys[i];
        r->repeat_ns = now + REPEAT_FIRST_NS;
    }
    memcpy(r->down, keys, REPORT_KEYS);
    if (!holds(keys, r->repeats)) r->repeats = 0;
    return n;
}

unsigned report_repeat(struct report *r, u64 now, u8 out[TYPING_MOST]) {
    if (!r->repeats || now < r->repeat_ns) return 0;
    r->repeat_ns = now + REPEAT_NS;
    return typing_key(&r->keys, r->repeats, true, out);
}
