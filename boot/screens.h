// SPDX-License-Identifier: MIT
// Which framebuffers the kernel draws to. What a firmware says of its screens is checked here.
#ifndef BOOT_SCREENS_H
#define BOOT_SCREENS_H

#include "boot/handoff.h"

// Adds f to the hand-off. false: it cannot be drawn to (32 bits a pixel, whole lines within its bytes, within reach), or is there
// already, or there are too many.
bool screens_add(struct handoff *h, const struct framebuffer *f);

#endif
