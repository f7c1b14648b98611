// SPDX-License-Identifier: MIT
// A good image with any of its bytes changed, loaded: what reaches past the first check of a format.
#ifndef TESTS_FUZZ_PATCHED_H
#define TESTS_FUZZ_PATCHED_H

#include "images.h"

#include <stddef.h>

// `data`: u8 options (1: an initrd, 2: load_address, 4: a command line, 8: a long one, 16: cut off), u8 where it is cut off
// (of 256 parts), then patches: u16 offset, u8 count (0..15; bit 7: counted from the end), bytes.
// The image must be refused with a message, or loaded inside RAM.
void load_patched(const u8 *good, size_t good_size, const u8 *data, size_t size);

// The same into a machine of one's own.
void load_patched_into(struct world *w, const u8 *good, size_t good_size, const u8 *data, size_t size);

#endif
