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
#define BOOT_MODULES 64
#define BOOT_MODULE_TEXT 16384 // of all modules together

// A file that a Multiboot kernel is given, and its string: the file's name, and what stood behind it.
struct boot_module {
    struct span file;
    const char *text;
    bool as_it_is; // not unpacked when it is gzip's
};

struct loader_arch;

struct boot {
    const struct loader_arch *arch; // what a menu's kernel has to be for
    struct span kernel;
    bool in_iso;                      // the kernel's name is a path in an ISO
    struct span initrd[BOOT_INITRDS]; // loaded one after the other, each padded to 4 bytes
    unsigned initrds;
    char cmdline[BOOT_CMDLINE];
    // Multiboot kernels only.
    unsigned multiboot; // the version of the protocol that the menu asks for: 1 or 2; 0: what the kernel has
    struct boot_module module[BOOT_MODULES];
    unsigned modules;
    char module_text[BOOT_MODULE_TEXT];
    size_t module_text_used;
};

// The bytes all initrds take when they are put one after the other; 0 when there is none.
u64 boot_initrd_size(const struct boot *b);

// Replaces the command line. ERR_RANGE (logged) when it is too long.
int boot_set_cmdline(struct boot *b, struct plat *p, const char *text, size_t length);

// Adds a module whose string is `name`; and adds a blank and `text` to the last one's. ERR_UNSUPPORTED: there are BOOT_MODULES.
// ERR_RANGE: the strings are too long. Nothing is logged.
int boot_add_module(struct boot *b, const struct span *file, const char *name, size_t length, bool as_it_is);
int boot_add_module_text(struct boot *b, const char *text, size_t length);

// A kernel or module given as a file is told its name without the folder, so that every build tells the guest the same, and with
// blanks as underscores, so that it is one word.
void boot_file_name(const char *path, char *name, size_t size);

// Adds console=ttyS0, in front of a "--" or "---", unless the line has a console= already; the log says so.
int boot_add_console(struct boot *b, struct plat *p);
// Says so when a Linux guest's command line leads its console to none that is here: `serial` ("ttyS0") or, when there is one, hvc0. With
// `told`, the guest finds the console by itself when there is no console=.
void boot_hint_console(const struct boot *b, struct plat *p, const char *serial, bool hvc, bool told);

#endif
