// SPDX-License-Identifier: MIT
// Raw images: bytes at an address that the configuration names. No header says where one wants to start or in which mode: that is for
// the architecture's room.
#ifndef LOADER_RAW_H
#define LOADER_RAW_H

#include "loader/boot.h"
#include "loader/target.h"

// Puts the image at `address`. *entry: c->entry, which must lie inside of it, or else its first byte. 0; ERR_TRUNCATED, ERR_RANGE, or an
// error of target_load, logged.
int raw_place(struct load_target *t, const struct emu_config *c, const struct span *file, gpa_t address, gpa_t *entry);

#endif
