// SPDX-License-Identifier: MIT
// Text on the firmware's framebuffers: cells in RAM, drawn when they differ from what is shown. Video memory is never
// read.
#ifndef KERNEL_SCREEN_H
#define KERNEL_SCREEN_H

#include "boot/handoff.h"

// Takes n framebuffers, HANDOFF_SCREENS at most (none: then everything below does nothing). Needs the heap.
void screen_init(const struct framebuffer *fb, unsigned n);
void screen_write(const u8 *bytes, size_t n);
// Draws at most some 30 times a second.
void screen_tick(void);
void screen_flush(void);

#endif
