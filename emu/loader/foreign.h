// SPDX-License-Identifier: MIT
// Files that are something else than what they are given for, told by their content: disk images that are not raw, and
// whole disks given as a kernel.
#ifndef LOADER_FOREIGN_H
#define LOADER_FOREIGN_H

#include "emu/emu.h"
#include "loader/boot.h"

// Drives and initrds take bytes as they are: 0, or ERR_UNSUPPORTED when a file for one is a disk image of another program's
// format, or ERR_IO when a disk cannot be read. The reason is logged, with the command that converts the image. A kernel that comes with a
// load address is not looked at; else it is, too.
int foreign_check(struct plat *p, const struct emu_config *c, const struct emu_inputs *in);

// ERR_UNSUPPORTED (logged, with what to use) when these are a disk's first bytes, partition table and all: an MBR's or a GPT.
int foreign_check_partitioned(struct plat *p, const struct span *kernel);

// What a file is that a loader does not know, for its message: "a tar archive". NULL when nothing is known of it.
const char *foreign_name(const struct span *file);

#endif
