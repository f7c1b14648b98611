// SPDX-License-Identifier: MIT
// Bare programs for the boards of all architectures.
#ifndef TESTS_BOARD_PROGRAMS_H
#define TESTS_BOARD_PROGRAMS_H

#include "emu/emu.h"

struct board_program {
    enum config_arch arch;
    gpa_t at; // where it is loaded, and begins
    struct blob code;
};

// One for each architecture: reads and writes one register of a device after the other, for ever.
enum { BOARD_PROGRAMS = 3 };
extern const struct board_program board_registers[BOARD_PROGRAMS];

#endif
