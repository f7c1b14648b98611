// SPDX-License-Identifier: MIT
// The log of a run (emu/machine/record.h) where there is no file to write it to: lines of the console, each behind RECORD_MARK, so that they can be told
// from what the guest and we say there.
#ifndef KERNEL_RECORD_H
#define KERNEL_RECORD_H

#include "emu/stream.h"
#include "plat/plat.h"

#define RECORD_MARK "softmetal.record: "
#define RECORD_AT_ONCE "serial" // as the value of `record`: each line as it comes; else all of them when the run is over

// The only one; `name` is kept by pointer. It may be asked for before the kernel runs, but written to only then.
struct emu_stream *record_stream(const char *name);
// What the kernel allocates from and complains to.
void record_init(struct plat *p);

#endif
