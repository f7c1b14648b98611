// SPDX-License-Identifier: MIT
// An ISO's own boot menu: which kernel, initrd and command line it would start when nobody touches a key.
#ifndef LOADER_MENU_H
#define LOADER_MENU_H

#include "loader/iso9660.h"
#include "loader/text.h"

#define MENU_ENTRIES 64
#define MENU_INCLUDES 512     // most files that one configuration may include ...
#define MENU_BYTES (16u << 20)  // most bytes that they have together
#define MENU_INCLUDE_DEPTH 16 // ... and how deep; Debian's largest images need about 100 and 4

struct menu_entry {
    struct text label, kernel, append;
    struct text initrd; // paths with blanks or commas between
    bool has_append;
    bool marked; // `menu default`
    bool nested; // in a submenu
    bool multiboot;
};

// Texts point into the image.
struct menu {
    struct iso *iso;
    const char *folder; // relative paths start here; ends with a /
    struct menu_entry entry[MENU_ENTRIES];
    unsigned entries;
    struct text chosen;                         // what DEFAULT or `set default` says
    struct text append;                         // isolinux: for entries without their own
    bool ui;                                    // isolinux: a menu is shown, so its mark goes before DEFAULT
    unsigned includes, include_depth, submenus; // while reading
    u64 bytes;                                  // of text read so far
    int chosen_index;                           // GRUB: what `chosen` means as a number, -1: nothing
};

// Reads the configuration of that kind, when the ISO has one: 0, ERR_NOT_FOUND, or an error (logged).
int isolinux_read(struct menu *m, struct iso *iso);
int grub_read(struct menu *m, struct iso *iso);

// The order in which isolinux or GRUB would want the entries: calls `try` until it answers something but ERR_NOT_FOUND
// (the entry's kernel is not there, or is none).
int isolinux_choose(const struct menu *m, int (*try)(void *ctx, const struct menu_entry *e), void *ctx);
int grub_choose(const struct menu *m, int (*try)(void *ctx, const struct menu_entry *e), void *ctx);

// A new entry to fill, or a scratch one when the table is full.
struct menu_entry *menu_add(struct menu *m, struct text label);

// The file that a configuration names, seen from the menu's folder. As iso_find; *file is named `path`, which is
// overwritten with the whole path.
int menu_find(const struct menu *m, struct text name, char path[static ISO_NAME], struct span *file);

// The text of a configuration's file: 0, or ERR_UNSUPPORTED (logged) when that is more than a menu has.
int menu_text(struct menu *m, const struct span *file, struct text *text);

// Fills the kernel, the initrds and the command line from the ISO's menu. ERR_NOT_FOUND (logged) when there is no menu
// or none of its entries starts a kernel.
int menu_boot(struct iso *iso, struct boot *b, char kernel_name[static ISO_NAME]);

#endif
