// SPDX-License-Identifier: MIT
// File names: UTF-8 in the configuration and in messages, UCS-2 with backslashes for the firmware.
#ifndef BOOT_NAMES_H
#define BOOT_NAMES_H

#include "base/types.h"

// "dir/name" (UTF-8) as "\dir\name" (UCS-2), at most `limit` units with the zero. false: too long, or not UTF-8.
bool names_path(const char *path, u16 *out, unsigned limit);
// A name of at most `units` units, ended earlier by a zero, as UTF-8, cut to fit; a folder gets a '/'. size: at least 8.
void names_text(const u16 *name, size_t units, bool folder, char *out, size_t size);
// Adds a name to a list "a, b, c"; "..." stands for those that do not fit `size` bytes. size: at least 16.
void names_append(char *list, size_t size, const char *name);

#endif
