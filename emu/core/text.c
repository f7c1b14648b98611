// SPDX-License-Identifier: MIT
#include "core/text.h"

#include "plat/plat.h"

#include <stdarg.h>

void text_say(struct text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = plat_vformat(t->at, t->room, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n < t->room ? (size_t)n : t->room - 1;
    t->at += used;
    t->room -= used;
}
