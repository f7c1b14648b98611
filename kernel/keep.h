// SPDX-License-Identifier: MIT
// What outlives the machine's end (boot/keep.h).
#ifndef KERNEL_KEEP_H
#define KERNEL_KEEP_H

#include "boot/handoff.h"

void keep_init(const struct handoff *h);
void keep_bytes(const u8 *bytes, size_t n);
// The text so far, into EFI variables. Once: further calls do nothing. Called when nothing is left to lose: if the firmware's code faults,
// the machine resets.
void keep_save(void);

#endif
