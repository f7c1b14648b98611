// SPDX-License-Identifier: MIT
// What an image is, at a glance at its first bytes, for somebody who chooses one: no more than a hint. What it is truly is for the
// emulator's loaders to say.
#ifndef BOOT_PEEK_H
#define BOOT_PEEK_H

#include "boot/disc.h"

enum { PEEK_BYTES = 4096 };

struct peek {
    const char *arch, *kind; // as the configuration has it, or NULL; "Linux kernel", ...
};

// head: the first bytes, PEEK_BYTES or all. file: an ISO's sectors, as disc_open wants them.
struct peek peek(const u8 *head, size_t size, struct disc *file);

#endif
