// SPDX-License-Identifier: MIT
// An ISO's own boot menu: which kernel, initrd and command line it would start when nobody touches a key. Three kinds are read:
// isolinux.cfg, grub.cfg and the Boot Loader Specification's entries. A reader starts what the boot loader itself would start; what
// it does not surely understand it refuses, with file, line and reason.
#ifndef LOADER_MENU_H
#define LOADER_MENU_H

#include "loader/iso9660.h"
#include "loader/text.h"

#define MENU_FILES 512         // most files that one menu may read ...
#define MENU_BYTES (16u << 20) // ... most bytes that they have together
#define MENU_DEPTH 16          // ... and how deep they include each other; Debian's largest images need about 100 and 4
#define MENU_REASON 480

// A line of a configuration. `file` stays valid as long as the menu.
struct menu_place {
    const char *file;
    unsigned line;
};

// Texts that readers get point into the image.
struct menu {
    struct iso *iso;
    struct boot *boot;     // filled
    char title[81];        // of the entry that is being started, or its start
    char kernel[ISO_PATH]; // where the kernel was found, for messages
    unsigned files;        // read so far
    u64 bytes;             // of text in them
    char names[4096];      // paths of the files read, one after the other
    size_t named;
    char reason[MENU_REASON]; // why the menu was refused; "" as long as it was not
};

// Notes why the menu is refused. ERR_UNSUPPORTED.
int menu_refuse(struct menu *m, struct menu_place at, const char *format, ...) __attribute__((format(printf, 3, 4)));

// How much of a text messages show: for "%.*s".
#define MENU_SHOWN(t) (int)((t).n < 80 ? (t).n : 80), (t).n ? (t).s : ""

// Puts folder (which ends with a /) in front of a relative path and ends it with a NUL. False when it is empty, too long, or has a
// NUL inside: such a file is not there.
bool menu_path(const char *folder, struct text name, char path[static ISO_PATH]);

// A configuration file: its text, and its name for places. 0, ERR_NOT_FOUND, ERR_UNSUPPORTED (refused: more than a menu has), or an
// error of the ISO (logged).
int menu_read(struct menu *m, struct menu_place from, const char *path, struct text *text, const char **name);

// Names the entry that is being started.
void menu_title(struct menu *m, struct text title);

// What the menu starts. Each puts a file into m->boot, or refuses: not there, not a kernel. Whether a file has Multiboot's header is
// seen when it is unpacked.
enum menu_kind { MENU_LINUX, MENU_MULTIBOOT1, MENU_MULTIBOOT2 };
int menu_kernel(struct menu *m, struct menu_place at, const char *path, enum menu_kind kind);
int menu_initrd(struct menu *m, struct menu_place at, const char *path);
// A Multiboot kernel's module, by the name that its string begins with, and a word for the string of the last one.
int menu_module(struct menu *m, struct menu_place at, const char *path, struct text name, bool as_it_is);
int menu_module_append(struct menu *m, struct menu_place at, struct text text);
// Adds to the command line: a blank, when there is something before, and the text.
int menu_append(struct menu *m, struct menu_place at, struct text text);

// Reads the menu of that kind and fills m->boot. 0; ERR_NOT_FOUND when the ISO has none; ERR_UNSUPPORTED with m->reason set; or an
// error of the ISO (logged).
int isolinux_boot(struct menu *m);
int grub_boot(struct menu *m);
int bls_boot(struct menu *m);

// Fills the kernel, the initrds and the command line from the ISO's menu: isolinux's, else GRUB's, else the loader entries, as far as
// b->arch, which is set, has them: the first that is there and is understood. ERR_NOT_FOUND or ERR_UNSUPPORTED (logged, with the
// reason of each menu that was refused).
int menu_boot(struct iso *iso, struct boot *b, char kernel_name[static ISO_PATH]);

#endif
