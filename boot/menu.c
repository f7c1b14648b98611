// SPDX-License-Identifier: MIT
#include "boot/menu.h"
#include "plat/plat.h"
#include <string.h>

enum { LIST_AT = 2, ABOUT_AT = LIST_AT + MENU_LIST + 1, PLACE_AT, KEYS_AT = PLACE_AT + 2, COUNT_AT };
enum { NAME_AT = 6 };
static_assert(COUNT_AT + 1 == MENU_LINES);

static void show_chosen(struct menu *m) {
    if (m->chosen < m->top) m->top = m->chosen;
    if (m->chosen >= m->top + MENU_LIST) m->top = m->chosen - MENU_LIST + 1;
}

void menu_open(struct menu *m, const struct menu_entry *entry, unsigned entries, unsigned chosen, unsigned seconds) {
    *m = (struct menu){.entry = entry, .entries = entries, .counting = true, .seconds = seconds};
    if (chosen < entries) m->chosen = chosen;
    show_chosen(m);
}

// Digits: the number so far with one more, or else a new one.
static void number(struct menu *m, unsigned digit) {
    unsigned n = m->typed * 10 + digit;
    if (!n || n > m->entries) n = digit;
    m->typed = n && n <= m->entries ? n : 0;
    if (m->typed) m->chosen = m->typed - 1;
}

static enum menu_act list_key(struct menu *m, u32 key) {
    bool is_digit = key >= '0' && key <= '9';
    if (!is_digit) m->typed = 0;
    unsigned last = m->entries - 1;
    switch (key) {
    case '\r':
    case '\n':
    case KEY_RIGHT: return MENU_START;
    case 'e':
    case 'E': return MENU_EDIT;
    case 'q':
    case 'Q': return MENU_LEAVE;
    case 'h':
    case 'H': return MENU_HARDWARE;
    case 'k':
    case KEY_UP: m->chosen = m->chosen ? m->chosen - 1 : last; break;
    case 'j':
    case KEY_DOWN: m->chosen = m->chosen < last ? m->chosen + 1 : 0; break;
    case KEY_PAGE_UP: m->chosen = m->chosen > MENU_LIST ? m->chosen - MENU_LIST : 0; break;
    case KEY_PAGE_DOWN: m->chosen = last - m->chosen > MENU_LIST ? m->chosen + MENU_LIST : last; break;
    case KEY_HOME: m->chosen = 0; break;
    case KEY_END: m->chosen = last; break;
    default:
        if (is_digit) number(m, key - '0');
    }
    show_chosen(m);
    return MENU_REDRAW;
}

enum menu_act menu_key(struct menu *m, u32 key) {
    m->counting = false;
    if (!m->entries) return MENU_NOTHING;
    if (!m->editing) return list_key(m, key);
    if (key == KEY_F10 || key == KEY_CTRL_X) return MENU_START;
    if (key == KEY_ESCAPE) m->editing = false;
    else edit_key(&m->edit, key);
    return MENU_REDRAW;
}

enum menu_act menu_second(struct menu *m) {
    if (!m->counting) return MENU_NOTHING;
    if (m->seconds) m->seconds--;
    return m->seconds ? MENU_REDRAW : MENU_START;
}

// --- what is shown

// What is too long loses its middle: names differ at their ends. (A part has no more than three bytes a character: what has is no UTF-8.)
static void shorten(char *out, size_t room, const char *text, unsigned columns) {
    const unsigned tail = columns / 3, head = columns - tail - (unsigned)strlen("...");
    size_t bytes = strlen(text);
    unsigned characters = 0;
    for (const char *p = text; *p; p++) characters += ((u8)*p & 0xc0) != 0x80;
    if (characters <= columns) {
        edit_cut(out, room, text, bytes, 0, columns);
        return;
    }
    edit_cut(out, room, text, bytes, 0, head);
    size_t n = strlen(out);
    n += (size_t)plat_format(out + n, room - n, "...");
    if (n < room) edit_cut(out + n, room - n, text, bytes, characters - tail, tail);
}

static void put(struct menu_line *l, const char *text) { shorten(l->text, sizeof l->text, text, MENU_COLUMNS); }

static void put_list(const struct menu *m, struct menu_line *line) {
    static const char mark[] = "  ...";
    char name[3 * MENU_COLUMNS + 1], text[sizeof name + 16];
    for (unsigned i = 0; i < MENU_LIST && m->top + i < m->entries; i++) {
        unsigned n = m->top + i;
        bool more = (i == 0 && n) || (i == MENU_LIST - 1 && n + 1 < m->entries);
        shorten(name, sizeof name, m->entry[n].name, MENU_COLUMNS - NAME_AT - (more ? (unsigned)strlen(mark) : 0));
        plat_format(text, sizeof text, "%s%3u  %s%s", n == m->chosen ? ">" : " ", n + 1, name, more ? mark : "");
        put(&line[i], text);
        line[i].style = n == m->chosen ? MENU_CHOSEN : MENU_PLAIN;
    }
}

// The window over the words moves with the cursor, down and to the side.
static void put_edit(const struct menu *m, struct menu_line *line, unsigned *row, unsigned *column) {
    unsigned y, x;
    size_t bytes;
    edit_cursor(&m->edit, &y, &x);
    unsigned top = y >= MENU_LIST ? y - MENU_LIST + 1 : 0, skip = x >= MENU_COLUMNS ? x - MENU_COLUMNS + 1 : 0;
    for (unsigned i = 0; i < MENU_LIST; i++) {
        const char *text = edit_line(&m->edit, top + i, &bytes);
        if (!text) break;
        edit_cut(line[i].text, sizeof line[i].text, text, bytes, top + i == y ? skip : 0, MENU_COLUMNS);
    }
    *row = LIST_AT + y - top;
    *column = x - skip;
}

void menu_lines(const struct menu *m, struct menu_line line[MENU_LINES], unsigned *row, unsigned *column) {
    char text[MENU_NAME + 60];
    memset(line, 0, MENU_LINES * sizeof *line);
    *row = MENU_LINES, *column = 0;
    if (!m->entries) return;
    const struct menu_entry *e = &m->entry[m->chosen];
    line[0].style = MENU_TITLE;
    if (m->editing) {
        plat_format(text, sizeof text, "softmetal: %s", e->name);
        put(&line[0], text);
        put_edit(m, line + LIST_AT, row, column);
        put(&line[ABOUT_AT], "One key = value a line, for this start alone");
        put(&line[KEYS_AT], "F10 or Ctrl-X starts it, Esc goes back");
        return;
    }
    put(&line[0], "softmetal: what to start");
    put_list(m, line + LIST_AT);
    put(&line[ABOUT_AT], e->about);
    put(&line[PLACE_AT], e->place);
    put(&line[KEYS_AT], "Enter starts it; Up, Down or its number choose; e edits, h hardware, q leaves");
    if (!m->counting) return;
    plat_format(text, sizeof text, "It starts in %u s, unless a key is pressed", m->seconds);
    put(&line[COUNT_AT], text);
}
