// SPDX-License-Identifier: MIT
// Guest files: what the loaders read is mapped, what the guest's drives read is opened (disk.h).
#ifndef TESTS_HOST_FILES_H
#define TESTS_HOST_FILES_H

#include "emu/emu.h"

// Maps the file `path`, given for the key `what`. 0, ERR_NOT_FOUND or ERR_IO; the reason is logged.
// The mapping lasts as long as the process. `path` must too: it is the blob's name.
int file_map(struct plat *p, const char *what, const char *path, struct blob *out);

// Every file that the configuration names, and a back end for each that may come into a drive; and firmware, which `auto` chooses first.
int files_load(struct plat *p, struct emu_config *c, struct emu_inputs *out);
// The back ends' end: what was written is on stable storage.
void files_close(struct emu_inputs *in);
// `lost`, which must not return, is called when bytes of a mapped file could not be had (it has become shorter, its medium
// fails), with the reason logged: there is nothing to go on with.
void files_guard(struct plat *p, void (*lost)(void));

// Before a configuration file is read: marks every path in `c`, so that those which the file gives can be told from those that were
// there before.
void files_mark_paths(struct emu_config *c);
// After it: the paths that it gave and that do not start at the root are relative to the folder of the file `config`, and are made
// so; the others are again what `before`, a copy from before files_mark_paths, has. 0, or ERR_RANGE when a path becomes too long (logged).
int files_relative_to(struct plat *p, struct emu_config *c, struct emu_config *before, const char *config);

#endif
