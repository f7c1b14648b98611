// SPDX-License-Identifier: MIT
// The menu of what can be started: which keys do what, when the time is over, and the lines that a screen shows. Whoever has keys and a
// screen calls this (choose.c); no firmware is asked anything here.
//
//    softmetal: what to start                   <- MENU_TITLE
//
//    > 1  debian-13.iso                         <- MENU_LIST lines, a window over the list; or the words of an entry being edited
//      2  isos/alpine.iso
//
//    214 MiB, x86_64: an ISO, by its own menu   <- about the chosen one
//    on volume 2 "DATA"
//
//    Enter starts, ...                          <- keys
//    "debian-13.iso" starts in 9 s              <- the countdown, or nothing
#ifndef BOOT_MENU_H
#define BOOT_MENU_H

#include "boot/edit.h"

enum { MENU_ENTRIES = 64, MENU_NAME = 768, MENU_ABOUT = 240, MENU_COLUMNS = 79, MENU_LIST = 12, MENU_LINES = MENU_LIST + 8 };

struct menu_entry {
    char name[MENU_NAME], about[MENU_ABOUT], place[MENU_ABOUT]; // UTF-8
};

struct menu {
    const struct menu_entry *entry;
    unsigned entries;
    unsigned chosen, top; // top: the first that the window shows
    unsigned typed;       // a number of which more digits may come
    bool counting;        // down to 0, and then the chosen one starts
    unsigned seconds;
    bool editing;
    struct edit edit;
};

enum menu_act {
    MENU_NOTHING,
    MENU_START,    // the chosen one; what was edited, if m->editing
    MENU_EDIT,     // somebody wants to edit: fill m->edit with the chosen one's words and set m->editing, or leave it
    MENU_HARDWARE, // somebody wants to know what this PC has
    MENU_LEAVE,    // back to the firmware
    MENU_REDRAW,   // nothing but what is shown has changed
};

// chosen: what is proposed. seconds: until it starts; 0 is at once, with the first menu_second.
void menu_open(struct menu *m, const struct menu_entry *entry, unsigned entries, unsigned chosen, unsigned seconds);
// Any key ends the countdown.
enum menu_act menu_key(struct menu *m, u32 key);
// A second is over.
enum menu_act menu_second(struct menu *m);

enum menu_style : u8 { MENU_PLAIN, MENU_TITLE, MENU_CHOSEN };

struct menu_line {
    char text[3 * MENU_COLUMNS + 1]; // UTF-8, at most MENU_COLUMNS characters
    enum menu_style style;
};
// All MENU_LINES lines. *row, *column: where the cursor goes; row MENU_LINES: nowhere.
void menu_lines(const struct menu *m, struct menu_line line[MENU_LINES], unsigned *row, unsigned *column);

#endif
