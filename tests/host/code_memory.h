// SPDX-License-Identifier: MIT
// Code memory of the hosted build: plat's code_alloc and code_free.
#ifndef TESTS_HOST_CODE_MEMORY_H
#define TESTS_HOST_CODE_MEMORY_H

#include "plat/plat.h"

enum code_memory {
    CODE_MEMORY_SEALED,   // nobody can make the executable mapping writable
    CODE_MEMORY_PROFILED, // perf takes it for anonymous memory, and looks up names for it (perf_map.h)
};

// 0; ERR_INVALID for a size that is none; ERR_NO_MEMORY or ERR_UNSUPPORTED when Linux does not give it: errno says why.
int code_memory_alloc(enum code_memory kind, u64 size, struct plat_code *out);
void code_memory_free(struct plat_code *code);

#endif
