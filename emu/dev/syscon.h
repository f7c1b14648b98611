// SPDX-License-Identifier: MIT
// SiFive's test finisher ("sifive,test1"), which a device tree's syscon-poweroff and syscon-reboot write to.
//
//   0  code 31..16 | what 15..0: 3333 ends the run as failed, with the code; 5555 powers off; 7777 resets
//
// A write of 2, 4 or 8 bytes to offset 0 counts (2 bytes have no code); all others are dropped, and so is what is none of the three.
// Reads give 0: there is no state.
#ifndef DEV_SYSCON_H
#define DEV_SYSCON_H

#include "bus/bus.h"
#include "core/env.h"

#define SYSCON_SIZE 0x1000

enum syscon_word { SYSCON_FAIL = 0x3333, SYSCON_POWEROFF = 0x5555, SYSCON_RESET = 0x7777 };

// dev of syscon_ops is the struct env *: power-off and failure end the run as EMU_POWEROFF and EMU_DEBUG_EXIT (with the code), a reset
// is EMU_RESET.
extern const struct io_ops syscon_ops; // SYSCON_SIZE bytes

#endif
