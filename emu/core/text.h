// SPDX-License-Identifier: MIT
// A text that is put together piece by piece in a buffer of the caller's, cut where the buffer ends.
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include "base/types.h"

struct text {
    char *at;    // where the next piece goes; there is a NUL
    size_t room; // from there on, with the NUL; >= 1
};

// Appends, as plat_format writes it.
__attribute__((format(printf, 2, 3))) void text_say(struct text *t, const char *format, ...);

#endif
