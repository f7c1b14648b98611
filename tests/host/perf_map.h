// SPDX-License-Identifier: MIT
// The file in which perf (Linux's profiler) looks up the names of code that a process has made: tools/perf/Documentation/jit-interface.txt.
#ifndef TESTS_HOST_PERF_MAP_H
#define TESTS_HOST_PERF_MAP_H

#include "plat/plat.h"

#include <stdio.h>

// /tmp/perf-PID.map of this process, empty. NULL when it cannot be written: the reason is logged.
FILE *perf_map_open(struct plat *p);
// A line of it: readable at once, whatever becomes of this process.
void perf_map_add(FILE *map, const u8 *exec, u64 size, const char *name);

#endif
