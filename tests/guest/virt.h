// SPDX-License-Identifier: MIT
// What the kits of boards like QEMU's virt share, beside words.h: how a test is left, how a trap is taken, how a device is spoken to, and the
// loop over the tests. The C library's two functions are here because the compiler calls them.
#ifndef GUEST_VIRT_H
#define GUEST_VIRT_H

#include "words.h"

#define BIT(n) ((u64)1 << (n))

// What the test is about is not there.
#define SKIP(why)                                                                                                                \
    do {                                                                                                                         \
        words_skip(why);                                                                                                         \
        return;                                                                                                                  \
    } while (0)

// Called for a trap to where the tests run, in place of catching it, with its cause (Arm: the syndrome); true resumes where the frame says
// (changes to it count).
struct frame;
typedef bool hook(struct frame *f, u64 cause);
extern hook *on_trap;

#define MMIO8(at) (*(volatile u8 *)(u64)(at))
#define MMIO32(at) (*(volatile u32 *)(u64)(at))
#define MMIO64(at) (*(volatile u64 *)(u64)(at))

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);

// All tests of the image, each between two resets, which also take the hook away. True when none failed.
bool virt_run(void (*reset)(void));

#endif
