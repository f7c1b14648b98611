// SPDX-License-Identifier: MIT
// First fit over an address-ordered list of free pieces that lies in the free memory itself. The emulator allocates a
// few hundred times, mostly at start, so a list is enough; every piece is a multiple of GRAIN, so a free always fits a
// node.
#include "kernel/heap.h"
#include "base/bits.h"
#include <string.h>

enum { GRAIN = 64 };

struct piece {
    struct piece *next; // ascending addresses
    u64 size;
};
static struct piece *pieces;

void heap_init(u64 start, u64 size) {
    pieces = (struct piece *)(uintptr_t)align_up(start, GRAIN);
    pieces->next = NULL;
    pieces->size = align_down(size - ((uintptr_t)pieces - start), GRAIN);
}

void *heap_alloc(size_t bytes, size_t align) {
    if (!bytes) bytes = 1;
    if (bytes > (u64)1 << 46) return NULL;
    u64 size = align_up(bytes, GRAIN);
    if (align < GRAIN) align = GRAIN;
    for (struct piece **link = &pieces; *link; link = &(*link)->next) {
        struct piece *p = *link;
        u64 start = (uintptr_t)p, end = start + p->size, at = align_up(start, align);
        if (at >= end || end - at < size) continue;
        struct piece *rest = p->next;
        if (at + size < end) {
            struct piece *tail = (struct piece *)(uintptr_t)(at + size);
            tail->next = rest;
            tail->size = end - (at + size);
            rest = tail;
        }
        if (at > start) {
            p->size = at - start;
            p->next = rest;
        } else {
            *link = rest;
        }
        return memset((void *)(uintptr_t)at, 0, size);
    }
    return NULL;
}

static void join(struct piece *p) {
    if (!p->next || (uintptr_t)p + p->size != (uintptr_t)p->next) return;
    p->size += p->next->size;
    p->next = p->next->next;
}

void heap_free(void *at, size_t bytes) {
    if (!at) return;
    struct piece *p = at, *before = NULL, **link = &pieces;
    for (; *link && *link < p; link = &(*link)->next) before = *link;
    p->size = align_up(bytes ? bytes : 1, GRAIN);
    p->next = *link;
    *link = p;
    join(p);
    if (before) join(before);
}

u64 heap_available(void) {
    u64 sum = 0;
    for (struct piece *p = pieces; p; p = p->next) sum += p->size;
    return sum;
}
