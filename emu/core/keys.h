// SPDX-License-Identifier: MIT
// What a person types for softmetal itself and not for the guest: Ctrl-A and one more key. The same on a terminal, on a serial
// line and on a keyboard, because all of them hand over bytes.
#ifndef CORE_KEYS_H
#define CORE_KEYS_H

#include "base/types.h"

#define KEYS_ESCAPE 0x01 // Ctrl-A

enum keys_action {
    KEYS_PASS,    // the guest gets *byte
    KEYS_NOTHING, // the first of two
    KEYS_STOP,    // x
    KEYS_WHERE,   // s
    KEYS_HELP,    // h, and whatever means nothing
};

struct keys {
    bool escaped; // Ctrl-A was the byte before
};

// One more byte. Ctrl-A a, and Ctrl-A twice, make *byte a Ctrl-A and pass it.
enum keys_action keys_feed(struct keys *k, u8 *byte);

#define KEYS_TEXT "Ctrl-A x: stop the run    Ctrl-A s: where the guest is    Ctrl-A a: send Ctrl-A    Ctrl-A h: these keys"

#endif
