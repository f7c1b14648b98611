// SPDX-License-Identifier: MIT
#include "virt.h"

hook *on_trap;

void *memcpy(void *to, const void *from, size_t n) {
    for (size_t i = 0; i < n; i++) ((u8 *)to)[i] = ((const u8 *)from)[i];
    return to;
}

void *memset(void *to, int byte, size_t n) {
    for (size_t i = 0; i < n; i++) ((u8 *)to)[i] = (u8)byte;
    return to;
}

bool virt_run(void (*reset)(void)) {
    for (const struct test *t = tests_start; t < tests_end; t++) {
        words_begin();
        on_trap = NULL, reset();
        t->run();
        on_trap = NULL, reset();
        words_end(t, NULL);
    }
    return words_all();
}
