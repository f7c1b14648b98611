// SPDX-License-Identifier: MIT
// What is to be booted, once it is known: pieces of files and a command line. Filled from the configuration or from an
// ISO's own boot menu; read by the loader of each kind of image.
#ifndef LOADER_BOOT_H
#define LOADER_BOOT_H

#include "base/types.h"
#include "plat/plat.h"

// Bytes of a guest file, not owned. `name` is for messages.
struct span {
    const char *name;
    const u8 *data;
    u64 size;
};

#define BOOT_INITRDS 8
#define BOOT_CMDLINE 4096

struct boot {
    struct span kernel;
    struct span initrd[BOOT_INITRDS]; // loaded one after the other, each padded to 4 bytes
    unsigned initrds;
    char cmdline[BOOT_CMDLINE];
};

// The bytes all initrds take when they are put one after the other; 0 when there is none.
u64 boot_initrd_size(const struct boot *b);

// Replaces the command line. ERR_RANGE (logged) when it is too long.
int boot_set_cmdline(struct boot *b, struct plat *p, const char *text, size_t length);

// Adds console=ttyS0, in front of a "--" or "---", unless the line has a console= already; the log says so.
int boot_add_console(struct boot *b, struct plat *p);
// Says so when a Linux guest's command line leads its console to none that is here: ttyS0 or, when there is one, hvc0.
void boot_hint_console(const struct boot *b, struct plat *p, bool hvc);

#endif
