// SPDX-License-Identifier: MIT
// The menu on the firmware's screens and on the serial port. On a screen it has the upper lines; on serial it is written over in place, by
// lines that have changed, so that a log of the port stays readable.
#include "boot/boot.h"
#include "boot/keys.h"
#include <string.h>

enum { TICK_US = 20000, TICKS = 50 }; // in a second, nearly

static struct {
    struct menu menu;
    struct menu_entry entry[MENU_ENTRIES];
    struct menu_line shown[MENU_LINES];
    bool drawn;
    unsigned row; // of serial's cursor
} s;

static void serial_go(struct boot *b, unsigned row, unsigned column) {
    char text[40], down[16] = "", right[16] = "";
    if (row != s.row)
        plat_format(down, sizeof down, "\x1b[%u%c", row < s.row ? s.row - row : row - s.row, row < s.row ? 'A' : 'B');
    if (column) plat_format(right, sizeof right, "\x1b[%uC", column);
    plat_format(text, sizeof text, "\r%s%s", down, right);
    log_serial(b, text);
    s.row = row;
}

// The rest of the line goes by where the cursor is: a firmware may have characters that are two columns wide.
static void screen_line(struct boot *b, SIMPLE_TEXT_OUTPUT_INTERFACE *o, unsigned row, const struct menu_line *l) {
    static const UINTN attribute[] = {[MENU_PLAIN] = EFI_TEXT_ATTR(EFI_LIGHTGRAY, EFI_BLACK),
                                      [MENU_TITLE] = EFI_TEXT_ATTR(EFI_WHITE, EFI_BLACK),
                                      [MENU_CHOSEN] = EFI_TEXT_ATTR(EFI_BLACK, EFI_LIGHTGRAY)};
    char blanks[MENU_COLUMNS + 1];
    o->SetCursorPosition(o, 0, row);
    o->SetAttribute(o, attribute[l->style]);
    log_screen(b, o, l->text);
    INT32 column = o->Mode->CursorColumn;
    if (o->Mode->CursorRow == (INT32)row && column >= 0 && column < MENU_COLUMNS) {
        memset(blanks, ' ', sizeof blanks);
        blanks[MENU_COLUMNS - column] = 0;
        log_screen(b, o, blanks);
    }
    o->SetAttribute(o, attribute[MENU_PLAIN]);
}

static void serial_line(struct boot *b, unsigned row, const struct menu_line *l) {
    static const char *const on[] = {[MENU_PLAIN] = "", [MENU_TITLE] = "\x1b[1m", [MENU_CHOSEN] = "\x1b[7m"};
    if (s.drawn) serial_go(b, row, 0);
    log_serial(b, on[l->style]);
    log_serial(b, l->text);
    log_serial(b, l->style == MENU_PLAIN ? "\x1b[K" : "\x1b[m\x1b[K");
    if (s.drawn) return;
    log_serial(b, "\r\n");
    s.row = row + 1;
}

static void draw(struct boot *b) {
    static struct menu_line line[MENU_LINES];
    unsigned row, column;
    menu_lines(&s.menu, line, &row, &column);
    for (unsigned i = 0; i < MENU_LINES; i++) {
        if (s.drawn && line[i].style == s.shown[i].style && !strcmp(line[i].text, s.shown[i].text)) continue;
        for (unsigned k = 0; k < b->screens; k++) screen_line(b, b->screen[k], i, &line[i]);
        serial_line(b, i, &line[i]);
    }
    memcpy(s.shown, line, sizeof line);
    s.drawn = true;
    serial_go(b, row, column);
    for (unsigned k = 0; k < b->screens; k++) {
        b->screen[k]->SetCursorPosition(b->screen[k], column, row);
        b->screen[k]->EnableCursor(b->screen[k], row < MENU_LINES);
    }
}

static void begin_drawing(struct boot *b) {
    s.drawn = false;
    s.row = 0;
    for (unsigned k = 0; k < b->screens; k++) b->screen[k]->ClearScreen(b->screen[k]);
    draw(b);
}

static void end_drawing(struct boot *b) {
    serial_go(b, MENU_LINES, 0);
    for (unsigned k = 0; k < b->screens; k++) b->screen[k]->SetCursorPosition(b->screen[k], 0, MENU_LINES);
}

static enum menu_act next_act(struct boot *b, unsigned *ticks) {
    u32 key = input_key(b);
    if (key != NO_KEY) return menu_key(&s.menu, key);
    b->bs->Stall(TICK_US);
    if (++*ticks < TICKS) return MENU_NOTHING;
    *ticks = 0;
    return menu_second(&s.menu);
}

static void open_editor(struct boot *b) {
    static char words[EDIT_TEXT];
    if (!entry_words(b, &b->entry[s.menu.chosen], words, sizeof words)) return;
    edit_open(&s.menu.edit, words);
    s.menu.editing = true;
}

// MENU_START, MENU_HARDWARE or MENU_LEAVE.
static enum menu_act ask(struct boot *b) {
    enum menu_act act = MENU_REDRAW;
    for (unsigned ticks = 0; act != MENU_START && act != MENU_HARDWARE && act != MENU_LEAVE; act = next_act(b, &ticks)) {
        if (act == MENU_EDIT) open_editor(b);
        if (act != MENU_NOTHING) draw(b);
    }
    return act;
}

// The section that the configuration names, else what was started last, else the first.
static unsigned proposed(struct boot *b) {
    char last[BOOT_PATH];
    last_read(b, last, sizeof last);
    const char *name = b->h->config.section[0] ? b->h->config.section : last;
    for (unsigned i = 0; i < b->entries; i++)
        if (!strcmp(b->entry[i].name, name)) return i;
    return 0;
}

static void describe(struct boot *b) {
    for (unsigned i = 0; i < b->entries; i++) entry_describe(b, &b->entry[i], &s.entry[i]);
}

// The chosen one's words; false: they are wrong, which is said.
static bool take(struct boot *b) {
    const struct entry *e = &b->entry[s.menu.chosen];
    log_info(&b->plat, "starting \"%.200s\"%s", e->name, s.menu.editing ? ", as edited" : "");
    if (b->by_person) last_write(b, e->name);
    return guest_take(b, e, s.menu.editing ? s.menu.edit.text : NULL);
}

enum chosen choose(struct boot *b) {
    if (!s.menu.entries) {
        unsigned seconds = b->h->config.timeout;
        if (seconds) describe(b);
        menu_open(&s.menu, s.entry, b->entries, proposed(b), seconds);
    }
    for (;;) {
        enum menu_act act = MENU_START;
        if (!s.menu.counting || s.menu.seconds) {
            begin_drawing(b);
            act = ask(b);
            end_drawing(b);
        }
        b->by_person = !s.menu.counting;
        s.menu.counting = false;
        if (act == MENU_LEAVE) return CHOSEN_LEAVE;
        if (act == MENU_HARDWARE) {
            hardware_show(b, "back to the menu");
            continue;
        }
        if (take(b)) {
            // (An image's configuration has said it before the menu.)
            bool named = guest_named(b), show = b->h->config.hardware && b->entry[s.menu.chosen].section;
            if (show) hardware_show(b, named ? "the guest starts" : "back to the menu");
            if (named || !show) return CHOSEN;
            continue;
        }
        if (!b->by_person) return CHOSEN_WRONG;
        exit_wait(b, "back to the menu");
    }
}
