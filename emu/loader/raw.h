// SPDX-License-Identifier: MIT
// Raw images: bytes at an address that the configuration names.
#ifndef LOADER_RAW_H
#define LOADER_RAW_H

#include "loader/boot.h"
#include "loader/target.h"

// c->has_load_address is set. Starts below 1 MiB in real mode, else in 64-bit mode; see loader/image.h.
int raw_load(struct load_target *t, const struct emu_config *c, const struct boot *b, struct image *out);

#endif
