// SPDX-License-Identifier: MIT
// The kernel heap: one physical range, first fit. Single-threaded, never called from a fault.
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#include "base/types.h"

void heap_init(u64 start, u64 size);
// Zeroed memory, `align` a power of two; NULL when no free piece is large enough.
void *heap_alloc(size_t bytes, size_t align);
// bytes as they were given to heap_alloc. NULL is allowed.
void heap_free(void *p, size_t bytes);
u64 heap_available(void); // sum of the free pieces

#endif
