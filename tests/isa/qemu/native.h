// SPDX-License-Identifier: MIT
// The program under qemu-user: reads a byte for each batch, runs every case of it on the processor that it finds itself on, and writes a
// byte back. It is linked far from any address that a case is likely to make up. What follows is the architecture's, which starts it in
// start() and keeps what it needs of its own in a page that no case reaches.
#ifndef TESTS_ISA_QEMU_NATIVE_H
#define TESTS_ISA_QEMU_NATIVE_H

#include "layout.h"

typedef unsigned long ulong;
enum { READ = 1, WRITE = 2, EXEC = 4 };

// ---- native.c
void start(void);
void *memcpy(void *to, const void *from, ulong n); // of words
void map(ulong at, ulong size, ulong rights);

// ---- tests/isa/*/oracle/native.c
long call(long number, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f); // of the kernel
void code_written(ulong at, ulong size);
// The stubs lie STUB_BYTES apart, and are copied to STUBS.
extern const unsigned char stubs[], stubs_end[];
void set_up(void); // its page, once
// Runs the case, which comes out by a stub, with the result's registers, or by a signal. output->how is still to be written.
void enter(const struct registers *in, struct result *output, ulong slot);
ulong stub_number(void); // the stub by which it came out
// What the kernel shows of the registers is the result, and the program goes on as if enter() were done.
struct context; // struct ucontext
void leave_by_signal(struct context *k, struct registers *r);

#endif
