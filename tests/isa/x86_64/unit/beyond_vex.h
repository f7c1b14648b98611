// SPDX-License-Identifier: MIT
// VEX opcodes that silicon may have and our models lack.
#ifndef TESTS_BEYOND_VEX_H
#define TESTS_BEYOND_VEX_H

#include "base/types.h"

// The extension that this opcode of VEX map 1..3 belongs to (or why else silicon runs it), or NULL.
const char *beyond_vex(unsigned map, unsigned opcode, bool l, bool w);

#endif
