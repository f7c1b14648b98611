// SPDX-License-Identifier: MIT
// A whole machine, from emu_create to the result, for programs of a few words.
#ifndef TESTS_UNIT_BOARD_RIG_H
#define TESTS_UNIT_BOARD_RIG_H

#include "emu/emu.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BOARD_RAM (32 * MiB)

extern struct board_rig {
    struct scripted_plat s;
    struct emu_config c;
    struct emu_inputs in;
    u8 *ram;
} *b;

#define BLOB(code) ((struct blob){#code, (u8 *)(uintptr_t)(code), sizeof(code)})

// For set-up and tear-down: the configuration is a kernel's with a load address, a million instructions.
int board_new(enum config_arch arch);
int board_free(void **state);
// A new machine of b->c and b->in, in RAM that is zero; the caller ends it by emu_destroy.
struct emu_machine *board_create(void);
// A new machine with this image as kernel at `at`, and its end.
struct emu_result board_run(struct blob image, gpa_t at);
// With so much RAM neither emu_check nor emu_create makes a machine, and both say so.
void board_refuses(int err, const char *text, u64 ram);
// A program that resets the machine, or, when the clock is as it has set it, powers off: with on_reset both, one after the other.
void board_restarts_with_the_clock(struct blob battery, gpa_t at);

#endif
