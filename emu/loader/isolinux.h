// SPDX-License-Identifier: MIT
// isolinux.cfg as its readers see it: isolinux's prompt and the menus (menu.c32, vesamenu.c32), which read the same file. The
// rules are those of doc/syslinux.cfg.txt and doc/menu.txt of Syslinux 6.
#ifndef LOADER_ISOLINUX_H
#define LOADER_ISOLINUX_H

#include "loader/menu.h"

#define ISOLINUX_ENTRIES 192
#define ISOLINUX_MENUS 32
#define ISOLINUX_HOPS 16 // configurations, menus and labels on the way to the kernel

enum isolinux_kind { ISOLINUX_KERNEL, ISOLINUX_LINUX, ISOLINUX_COM32, ISOLINUX_CONFIG, ISOLINUX_OTHER };
enum isolinux_action {
    ISOLINUX_RUN,
    ISOLINUX_SUBMENU,
    ISOLINUX_GOTO,
    ISOLINUX_EXIT,
    ISOLINUX_QUIT,
    ISOLINUX_DISABLED,
    ISOLINUX_HELP
};

struct isolinux_entry {
    struct text label, title;
    struct text kernel; // with what stands behind it; what an entry without KERNEL has is its label
    struct text append, initrd;
    struct text directive; // the word that `kernel` stood behind
    struct text target;    // GOTO: the menu's tag
    struct menu_place at;
    enum isolinux_kind kind;
    enum isolinux_action action;
    unsigned menu, submenu; // the menu it is in; the one that it opens
    bool has_append, hidden;
};

struct isolinux_menu {
    struct text tag;
    unsigned parent, link; // the menu around it, and the entry that opens it
    int chosen;            // entry, -1: the first
    struct text ontimeout;
    struct menu_place ontimeout_at;
    bool times_out;
};

struct isolinux {
    struct menu *m;
    char folder[ISO_PATH]; // relative paths start here; ends with a /
    struct isolinux_entry entry[ISOLINUX_ENTRIES];
    unsigned entries;
    struct isolinux_menu menu[ISOLINUX_MENUS];
    unsigned menus, current, start;
    struct isolinux_entry *label; // the one being filled, or NULL
    struct text append;           // for entries without their own
    struct text chosen, ui;       // DEFAULT, UI
    struct menu_place chosen_at, ui_at;
    bool prompt, times_out; // PROMPT; TOTALTIMEOUT
    unsigned depth, hops;
};

// Forgets the entries and menus, not the folder: another configuration comes.
void isolinux_clear(struct isolinux *x);
// Reads a file as if it stood where it is named: 0, ERR_NOT_FOUND, or as menu_read.
int isolinux_read(struct isolinux *x, struct menu_place from, struct text name);
// What happens when nobody touches a key.
int isolinux_start(struct isolinux *x);

#endif
