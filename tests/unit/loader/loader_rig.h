// SPDX-License-Identifier: MIT
// What the tests of the loaders share: a machine to load into, new for each of them.
#ifndef TESTS_LOADER_RIG_H
#define TESTS_LOADER_RIG_H

#include "images.h"

#include <setjmp.h>

#include <cmocka.h>

extern struct world *w;

// For cmocka's set-up and tear-down.
int loader_rig_new(void **state);
int loader_rig_free(void **state);

// The guest is an ISO of these files, "test.iso", as iso_make makes it. Its bytes may be broken afterwards.
void give_iso(const struct iso_file *files, unsigned count, unsigned kinds);
extern struct iso_image image;

// Loading is done.
void expect_load(void);
// And what is loaded is Linux: this image, at this address, where it is entered, too.
void expect_linux(gpa_t at, const u8 *kernel, u64 size);
// Loading ends with this error, and the log holds the message.
void expect_refusal(int error, const char *message);
// The image's part of this name took these bytes of RAM.
void expect_claim(const char *name, gpa_t start, u64 size);
// What gzip makes of these bytes, in at most `room`. How many there are.
u64 gzip_make(u8 *to, u64 room, const void *bytes, u64 size);
// The memory map is told in n entries (up to 129), all of them RAM.
void many_ranges(unsigned n);
// The command line of the Linux kernel that was loaded.
const char *linux_cmdline(void);

#endif
