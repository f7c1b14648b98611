// SPDX-License-Identifier: MIT
#include "core/keys.h"

enum keys_action keys_feed(struct keys *k, u8 *byte) {
    if (!k->escaped) {
        k->escaped = *byte == KEYS_ESCAPE;
        return k->escaped ? KEYS_NOTHING : KEYS_PASS;
    }
    k->escaped = false;
    switch (*byte) {
    case 'x': return KEYS_STOP;
    case 's': return KEYS_WHERE;
    case 'a':
    case KEYS_ESCAPE: *byte = KEYS_ESCAPE; return KEYS_PASS;
    default: return KEYS_HELP;
    }
}
