// SPDX-License-Identifier: MIT
#include "core/mirror.h"

#include "plat/plat.h"

#include <string.h>

enum { PLAIN = 0x07, BLANK = PLAIN << 8 | ' ', STEP = 8, GAP = 4 };

// Code page 437 in Unicode. Of the characters below 32 those that IBM's adapters show.
static const u16 low[32] = {' ',    0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb, 0x25d9,
                            0x2642, 0x2640, 0x266a, 0x266b, 0x263c, 0x25ba, 0x25c4, 0x2195, 0x203c, 0xb6,   0xa7,
                            0x25ac, 0x21a8, 0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc};
static const u16 high[129] = {
    0x2302, //
    0xc7,   0xfc,   0xe9,   0xe2,   0xe4,   0xe0,   0xe5,   0xe7,   0xea,   0xeb,   0xe8,   0xef,   0xee,   0xec,   0xc4,
    0xc5,   0xc9,   0xe6,   0xc6,   0xf4,   0xf6,   0xf2,   0xfb,   0xf9,   0xff,   0xd6,   0xdc,   0xa2,   0xa3,   0xa5,
    0x20a7, 0x192,  0xe1,   0xed,   0xf3,   0xfa,   0xf1,   0xd1,   0xaa,   0xba,   0xbf,   0x2310, 0xac,   0xbd,   0xbc,
    0xa1,   0xab,   0xbb,   0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569,
    0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518,
    0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x3b1,  0xdf,   0x393,  0x3c0,  0x3a3,  0x3c3,  0xb5,   0x3c4,  0x3a6,
    0x398,  0x3a9,  0x3b4,  0x221e, 0x3c6,  0x3b5,  0x2229, 0x2261, 0xb1,   0x2265, 0x2264, 0x2320, 0x2321, 0xf7,   0x2248,
    0xb0,   0x2219, 0xb7,   0x221a, 0x207f, 0xb2,   0x25a0, ' ',
};

// ---- bytes

static void flush(struct mirror *m) {
    if (m->pending) m->write(m->ctx, m->out, m->pending);
    m->pending = 0;
}

static void put(struct mirror *m, const char *bytes) {
    size_t n = strlen(bytes);
    if (m->pending + n > sizeof m->out) flush(m);
    memcpy(m->out + m->pending, bytes, n);
    m->pending += n;
}

__attribute__((format(printf, 2, 3))) static void say(struct mirror *m, const char *format, ...) {
    char text[32];
    va_list args;
    va_start(args, format);
    plat_vformat(text, sizeof text, format, args);
    va_end(args);
    put(m, text);
}

static void put_character(struct mirror *m, u8 c) {
    u16 u = c < 32 ? low[c] : c < 127 ? c : high[c - 127];
    char utf8[4] = {(char)u};
    if (u >= 0x800) utf8[0] = (char)(0xe0 | u >> 12), utf8[1] = (char)(0x80 | (u >> 6 & 63)), utf8[2] = (char)(0x80 | (u & 63));
    else if (u >= 0x80) utf8[0] = (char)(0xc0 | u >> 6), utf8[1] = (char)(0x80 | (u & 63));
    put(m, utf8);
}

// ---- colours: the PC counts blue first, ECMA-48 red

static unsigned ansi(unsigned colour) { return (colour & 1) << 2 | (colour & 2) | (colour >> 2 & 1); }

// Light grey on black is the terminal's own, whatever that is. All else says both colours.
static void set_attribute(struct mirror *m, u8 attribute) {
    if (m->attribute == attribute) return;
    m->attribute = attribute;
    if (attribute == PLAIN) {
        put(m, "\x1b[0m");
        return;
    }
    bool bright = m->shown.bright && attribute & 0x80;
    unsigned foreground = ansi(attribute) + (attribute & 8 ? 90 : 30), background = ansi(attribute >> 4) + (bright ? 100 : 40);
    put(m, attribute & 0x80 && !m->shown.bright ? "\x1b[0;5;" : "\x1b[0;");
    say(m, "%u;%um", foreground, background);
}

// ---- the terminal's cursor

static bool is_blank(u16 cell) { return (u8)cell == ' '; }

static u16 shown(const struct mirror *m, unsigned x, unsigned y) { return m->shown.cell[y * m->shown.columns + x]; }

// A blank does not need its foreground.
static void write_cell(struct mirror *m, u16 cell) {
    u8 attribute = (u8)(cell >> 8);
    if (!is_blank(cell) || (attribute ^ m->attribute) & 0xf0) set_attribute(m, attribute);
    put_character(m, (u8)cell);
    m->wrote = true;
    m->placed = ++m->x < m->shown.columns; // behind the last column it is where the terminal likes
}

// A line feed on the last line would scroll; and the second last line may be a terminal's last.
static void go_to(struct mirror *m, unsigned x, unsigned y) {
    if (m->placed && m->x == x && m->y == y) return;
    if (m->placed && m->y == y && x > m->x && x - m->x <= STEP) {
        while (m->x < x) write_cell(m, shown(m, m->x, y));
    } else if (m->placed && m->y == y && x + 1 == m->x) {
        put(m, "\b");
    } else if (m->placed && !x && (m->y == y || (m->y + 1 == y && y + 2 < m->shown.rows))) {
        put(m, m->y == y ? "\r" : "\r\n");
    } else {
        say(m, "\x1b[%u;%uH", y + 1, x + 1);
    }
    m->x = x, m->y = y;
    m->placed = true;
}

static void show_cursor(struct mirror *m, bool on) {
    if (m->shown.cursor == on) return;
    m->shown.cursor = on;
    put(m, on ? "\x1b[?25h" : "\x1b[?25l");
}

// ---- rows

// Blanks have no foreground, and there are three of them.
static u16 normal(u16 cell) {
    u8 c = (u8)cell;
    if (c != 0 && c != ' ' && c != 0xff) return cell;
    return (u16)((cell & 0xf000) | BLANK);
}

static void clear(struct mirror *m, unsigned row, unsigned rows) {
    for (unsigned i = row * m->shown.columns; i < (row + rows) * m->shown.columns; i++) m->shown.cell[i] = BLANK;
}

// Of the row to be, [first, end).
struct run {
    unsigned first, end;
};

static bool is_gap(const u16 *row, unsigned columns, unsigned x) {
    return is_blank(row[x]) && (x + 1 >= columns || is_blank(row[x + 1]));
}

// The words around a change, up to two blanks.
static struct run whole(const u16 *row, unsigned columns, struct run r) {
    while (r.first && !(is_blank(row[r.first - 1]) && (r.first < 2 || is_blank(row[r.first - 2])))) r.first--;
    while (r.end < columns && !is_gap(row, columns, r.end)) r.end++;
    return r;
}

static void write_run(struct mirror *m, const u16 *row, unsigned y, struct run r) {
    u16 *old = m->shown.cell + y * m->shown.columns;
    unsigned text = r.end;
    while (text > r.first && row[text - 1] == BLANK) text--;
    bool erases = r.end == m->shown.columns && r.end - text > GAP;
    go_to(m, r.first, y);
    for (unsigned x = r.first; x < (erases ? text : r.end); x++) write_cell(m, row[x]);
    memcpy(old + r.first, row + r.first, (r.end - r.first) * sizeof *old);
    if (!erases) return;
    set_attribute(m, PLAIN);
    if (m->placed) put(m, "\x1b[K");
}

static void show_row(struct mirror *m, const u16 *row, unsigned y) {
    unsigned columns = m->shown.columns;
    const u16 *old = m->shown.cell + y * columns;
    for (unsigned x = 0; x < columns; x++) {
        if (row[x] == old[x]) continue;
        struct run r = {x, x + 1};
        bool replaces = false;
        for (; x < columns && x < r.end + GAP; x++) {
            if (row[x] == old[x]) continue;
            r.end = x + 1;
            replaces |= !is_blank(row[x]) && !is_blank(old[x]) && (u8)row[x] != (u8)old[x];
        }
        if (replaces) r = whole(row, columns, r);
        write_run(m, row, y, r);
        x = r.end;
    }
}

// ---- scrolling

static bool has_text(const u16 *row, unsigned columns) {
    for (unsigned x = 0; x < columns; x++)
        if (!is_blank(row[x])) return true;
    return false;
}

// Whether s is what is shown, n rows further up. The last of these rows may have been written to before it moved.
static bool is_scrolled(const struct mirror *m, const struct screen *s, unsigned n) {
    unsigned kept = (s->rows - n - 1) * s->columns;
    return !memcmp(s->cell, m->shown.cell + n * s->columns, kept * sizeof s->cell[0]) && has_text(s->cell, kept);
}

static unsigned rows_changed(const struct mirror *m, const struct screen *s) {
    unsigned n = 0;
    for (unsigned i = 0; i < s->rows * s->columns; i += s->columns)
        n += memcmp(s->cell + i, m->shown.cell + i, s->columns * sizeof s->cell[0]) != 0;
    return n;
}

static unsigned scrolled_by(const struct mirror *m, const struct screen *s) {
    if (rows_changed(m, s) < 2) return 0;
    for (unsigned n = 1; n < s->rows; n++)
        if (is_scrolled(m, s, n)) return n;
    return 0;
}

// Within a region of the screen's size, since a terminal may be larger.
static void scroll(struct mirror *m, unsigned n) {
    unsigned columns = m->shown.columns, rows = m->shown.rows;
    set_attribute(m, PLAIN);
    say(m, "\x1b[1;%ur", rows);
    say(m, "\x1b[%u;1H", rows);
    for (unsigned i = 0; i < n; i++) put(m, "\n");
    put(m, "\x1b[r");
    m->placed = false;
    memmove(m->shown.cell, m->shown.cell + n * columns, (rows - n) * columns * sizeof m->shown.cell[0]);
    clear(m, rows - n, n);
}

// ---- the whole

static void begin(struct mirror *m, const struct screen *s) {
    m->shown.columns = s->columns, m->shown.rows = s->rows, m->shown.bright = s->bright;
    clear(m, 0, s->rows);
    put(m, "\x1b[0m\x1b[2J\x1b[H\x1b[?25h");
    m->shown.cursor = true;
    m->attribute = PLAIN;
    m->placed = true;
    m->x = m->y = 0;
}

void mirror_init(struct mirror *m, void (*write)(void *ctx, const u8 *bytes, size_t n), void *ctx) {
    memset(m, 0, sizeof *m);
    m->write = write;
    m->ctx = ctx;
}

static bool is_on_its_way(const struct mirror *m, const struct screen *s) {
    return s->cursor && m->wrote && m->placed && s->y == m->y && s->x + 1 == m->x;
}

bool mirror_show(struct mirror *m, const struct screen *screen) {
    struct screen s = *screen;
    m->wrote = false;
    for (unsigned i = 0; i < s.columns * s.rows; i++) s.cell[i] = normal(s.cell[i]);
    if (s.columns != m->shown.columns || s.rows != m->shown.rows || s.bright != m->shown.bright) begin(m, &s);
    unsigned up = scrolled_by(m, &s);
    if (up) scroll(m, up);
    for (unsigned y = 0; y < s.rows; y++) show_row(m, s.cell + y * s.columns, y);
    bool settled = !is_on_its_way(m, &s);
    if (s.cursor && settled) go_to(m, s.x, s.y);
    show_cursor(m, s.cursor);
    flush(m);
    return settled;
}

void mirror_leave(struct mirror *m) {
    unsigned rows = m->shown.rows;
    if (!m->shown.columns) return;
    while (rows && !has_text(m->shown.cell + (rows - 1) * m->shown.columns, m->shown.columns)) rows--;
    set_attribute(m, PLAIN);
    if (rows) {
        m->placed = false;
        go_to(m, 0, rows - 1);
        put(m, "\r\n");
    }
    show_cursor(m, true);
    flush(m);
    mirror_forget(m);
}

void mirror_forget(struct mirror *m) { m->shown.columns = 0; }
