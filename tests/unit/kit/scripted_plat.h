// SPDX-License-Identifier: MIT
// The scripted platform: given input, captured output, a clock that never moves. One per test.
#ifndef TESTS_SCRIPTED_PLAT_H
#define TESTS_SCRIPTED_PLAT_H

#include "plat/plat.h"

struct scripted_plat {
    struct plat plat;
    const char *input;                           // bytes still to be read from the console
    enum console_input kind;                     // ENDED at first
    char out[65536], log[65536], records[65536]; // NUL-terminated; log and records one line each
    size_t out_len, log_len, records_len;
};

void scripted_plat_init(struct scripted_plat *s);
// The captured log holds this text; log_len = 0 forgets what was logged before.
bool scripted_logged(const struct scripted_plat *s, const char *text);

#endif
