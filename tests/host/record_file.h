// SPDX-License-Identifier: MIT
// The log of a run (machine/record.h) as a file, which is complete up to a line whatever ends the process.
#ifndef TESTS_HOST_RECORD_FILE_H
#define TESTS_HOST_RECORD_FILE_H

#include "emu/stream.h"
#include "plat/plat.h"

// `path` must live as long. 0, or ERR_IO (logged).
int record_file_create(struct plat *p, const char *path, struct emu_stream **out);
void record_file_close(struct emu_stream *s); // NULL is fine

#endif
