// SPDX-License-Identifier: MIT
// What the terminal's control characters and sequences do (ECMA-48 section 8; DEC VT102 User Guide, chapter 5).
#include "kernel/vt.h"
#include <string.h>

enum { BS = 0x08, HT = 0x09, LF = 0x0a, VT = 0x0b, FF = 0x0c, CR = 0x0d, SO = 0x0e, SI = 0x0f, DEL = 0x7f };
enum { DEFAULT_FOREGROUND = 7, DEFAULT_BACKGROUND = 0, TAB = 8 };

// DEC special graphics, 0x5f..0x7e.
static const u16 dec_graphics[32] = {0x00a0, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b,
                                     0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c,
                                     0x2524, 0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7};

// The colours of SGR 30..37 in VGA's order.
static const u8 ansi_colour[8] = {0, 4, 2, 6, 1, 5, 3, 7};

static u8 colour_of(const struct vt *v) {
    u8 f = (u8)(v->foreground | (v->bold ? 8 : 0)), b = v->background;
    return v->reverse ? (u8)(b | (f & 7) << 4) : (u8)(f | b << 4);
}

// Blanks n cells from (x, y); erased cells take the current background.
static void erase(struct vt *v, unsigned x, unsigned y, unsigned n) {
    struct vt_cell blank = {.colour = (u8)(v->foreground | v->background << 4)};
    unsigned at = y * v->columns + x, end = v->columns * v->rows;
    for (; n && at < end; n--) v->cell[at++] = blank;
}

// Moves the lines top..bottom by n: up when positive. Blank lines come in.
static void scroll(struct vt *v, unsigned top, unsigned bottom, int n) {
    unsigned lines = bottom - top + 1, by = (unsigned)(n < 0 ? -n : n);
    if (by > lines) by = lines;
    size_t line = v->columns * sizeof *v->cell;
    struct vt_cell *first = v->cell + top * v->columns;
    if (n > 0) {
        memmove(first, first + by * v->columns, (lines - by) * line);
        erase(v, 0, bottom + 1 - by, by * v->columns);
    } else {
        memmove(first + by * v->columns, first, (lines - by) * line);
        erase(v, 0, top, by * v->columns);
    }
}

static void line_feed(struct vt *v) {
    if (v->y == v->bottom) scroll(v, v->top, v->bottom, 1);
    else if (v->y + 1 < v->rows) v->y++;
}

static void reverse_line_feed(struct vt *v) {
    if (v->y == v->top) scroll(v, v->top, v->bottom, -1);
    else if (v->y) v->y--;
}

static void put(struct vt *v, u32 c) {
    if (v->graphics[v->shift] && c >= 0x5f && c <= 0x7e) c = dec_graphics[c - 0x5f];
    if (v->x >= v->columns) {
        v->x = v->columns - 1;
        if (v->autowrap) {
            v->x = 0;
            line_feed(v);
        }
    }
    v->cell[v->y * v->columns + v->x++] = (struct vt_cell){.character = c > 0xffff ? 0xfffd : (u16)c, .colour = colour_of(v)};
}

static void reset(struct vt *v) { vt_init(v, v->cell, v->columns, v->rows); }

void vt_init(struct vt *v, struct vt_cell *cell, unsigned columns, unsigned rows) {
    *v = (struct vt){.cell = cell,
                     .columns = columns,
                     .rows = rows,
                     .cursor_visible = true,
                     .autowrap = true,
                     .bottom = rows - 1,
                     .foreground = DEFAULT_FOREGROUND,
                     .background = DEFAULT_BACKGROUND};
    v->saved.foreground = DEFAULT_FOREGROUND;
    erase(v, 0, 0, columns * rows);
}

static void save(struct vt *v) {
    v->saved.x = v->x, v->saved.y = v->y;
    v->saved.foreground = v->foreground, v->saved.background = v->background;
    v->saved.bold = v->bold, v->saved.reverse = v->reverse;
}

static void restore(struct vt *v) {
    v->x = v->saved.x, v->y = v->saved.y;
    v->foreground = v->saved.foreground, v->background = v->saved.background;
    v->bold = v->saved.bold, v->reverse = v->saved.reverse;
}

static void control(struct vt *v, u8 c) {
    switch (c) {
    case BS:
        if (v->x >= v->columns) v->x = v->columns - 1;
        if (v->x) v->x--;
        break;
    case HT:
        v->x = (v->x / TAB + 1) * TAB;
        if (v->x >= v->columns) v->x = v->columns - 1;
        break;
    case LF:
    case VT:
    case FF: line_feed(v); break;
    case CR: v->x = 0; break;
    case SO: v->shift = 1; break;
    case SI: v->shift = 0; break;
    default: break;
    }
}

static void escape(struct vt *v, u8 c) {
    u8 set = v->escape.intermediate;
    if (set == '(' || set == ')') v->graphics[set == ')'] = c == '0';
    if (set) return;
    switch (c) {
    case '7': save(v); break;
    case '8': restore(v); break;
    case 'D': line_feed(v); break;
    case 'E':
        v->x = 0;
        line_feed(v);
        break;
    case 'M': reverse_line_feed(v); break;
    case 'c': reset(v); break;
    default: break;
    }
}

// SGR 38 and 48: `5;n` of 256 colours or `2;r;g;b`. Returns how many parameters it took; the first 16 colours are
// shown.
static unsigned extended_colour(const struct escape *e, unsigned at, u8 *out) {
    if (at + 1 < e->parameters && e->parameter[at] == 5) {
        unsigned n = e->parameter[at + 1];
        if (n < 16) *out = (u8)(ansi_colour[n & 7] | (n & 8));
        return 2;
    }
    return e->parameter[at] == 2 ? 4 : 1;
}

static void select_rendition(struct vt *v) {
    const struct escape *e = &v->escape;
    unsigned parameters = e->parameters ? e->parameters : 1;
    for (unsigned i = 0; i < parameters; i++) {
        unsigned p = e->parameter[i];
        if (p == 0) {
            v->bold = v->reverse = false;
            v->foreground = DEFAULT_FOREGROUND, v->background = DEFAULT_BACKGROUND;
        } else if (p == 1) {
            v->bold = true;
        } else if (p == 7) {
            v->reverse = true;
        } else if (p == 22) {
            v->bold = false;
        } else if (p == 27) {
            v->reverse = false;
        } else if (p >= 30 && p <= 37) {
            v->foreground = ansi_colour[p - 30];
        } else if (p == 38 && i + 1 < parameters) {
            i += extended_colour(e, i + 1, &v->foreground);
        } else if (p == 39) {
            v->foreground = DEFAULT_FOREGROUND;
        } else if (p >= 40 && p <= 47) {
            v->background = ansi_colour[p - 40];
        } else if (p == 48 && i + 1 < parameters) {
            i += extended_colour(e, i + 1, &v->background);
        } else if (p == 49) {
            v->background = DEFAULT_BACKGROUND;
        } else if (p >= 90 && p <= 97) {
            v->foreground = (u8)(ansi_colour[p - 90] | 8);
        } else if (p >= 100 && p <= 107) {
            v->background = (u8)(ansi_colour[p - 100] | 8);
        }
    }
    v->background &= 15;
    v->foreground &= 15;
}

static void set_mode(struct vt *v, bool on) {
    if (v->escape.private_mark != '?') return;
    for (unsigned i = 0; i < v->escape.parameters; i++) switch (v->escape.parameter[i]) {
        case 7: v->autowrap = on; break;
        case 25: v->cursor_visible = on; break;
        case 47:
        case 1047:
        case 1049: erase(v, 0, 0, v->columns * v->rows); break; // the alternate screen is this screen, cleared
        default: break;
        }
}

static void go_to(struct vt *v, unsigned x, unsigned y) {
    v->x = x < v->columns ? x : v->columns - 1;
    v->y = y < v->rows ? y : v->rows - 1;
}

static unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }

static void erase_display(struct vt *v, unsigned how) {
    unsigned at = v->y * v->columns + min(v->x, v->columns - 1), all = v->columns * v->rows;
    if (how == 0) erase(v, at % v->columns, v->y, all - at);
    if (how == 1) erase(v, 0, 0, at + 1);
    if (how >= 2) erase(v, 0, 0, all);
}

static void erase_line(struct vt *v, unsigned how) {
    unsigned x = min(v->x, v->columns - 1);
    if (how == 0) erase(v, x, v->y, v->columns - x);
    if (how == 1) erase(v, 0, v->y, x + 1);
    if (how == 2) erase(v, 0, v->y, v->columns);
}

// Inserts (n > 0) or deletes n cells at the cursor.
static void shift_line(struct vt *v, unsigned n, bool insert) {
    unsigned x = min(v->x, v->columns - 1), rest = v->columns - x;
    struct vt_cell *at = v->cell + v->y * v->columns + x;
    n = min(n, rest);
    if (insert) {
        memmove(at + n, at, (rest - n) * sizeof *at);
        erase(v, x, v->y, n);
    } else {
        memmove(at, at + n, (rest - n) * sizeof *at);
        erase(v, v->columns - n, v->y, n);
    }
}

static void shift_lines(struct vt *v, unsigned n, bool insert) {
    if (v->y < v->top || v->y > v->bottom) return;
    n = min(n, v->rows);
    scroll(v, v->y, v->bottom, insert ? -(int)n : (int)n);
}

static void set_region(struct vt *v) {
    const unsigned *p = v->escape.parameter;
    unsigned top = p[0] ? p[0] - 1 : 0, bottom = p[1] ? min(p[1], v->rows) - 1 : v->rows - 1;
    if (top >= bottom) return;
    v->top = top;
    v->bottom = bottom;
    go_to(v, 0, 0);
}

static void csi(struct vt *v, u8 c) {
    if (v->escape.intermediate) return; // none of those that we know has one
    unsigned first = v->escape.parameter[0], n = first ? first : 1;
    unsigned second = v->escape.parameter[1] ? v->escape.parameter[1] : 1;
    unsigned far = min(n, 10000); // so that sums do not wrap
    switch (c) {
    case 'A': go_to(v, v->x, v->y > far ? v->y - far : 0); break;
    case 'B':
    case 'e': go_to(v, v->x, v->y + far); break;
    case 'C':
    case 'a': go_to(v, v->x + far, v->y); break;
    case 'D': go_to(v, v->x > far ? v->x - far : 0, v->y); break;
    case 'E': go_to(v, 0, v->y + far); break;
    case 'F': go_to(v, 0, v->y > far ? v->y - far : 0); break;
    case 'G':
    case '`': go_to(v, n - 1, v->y); break;
    case 'd': go_to(v, v->x, n - 1); break;
    case 'H':
    case 'f': go_to(v, second - 1, n - 1); break;
    case 'J': erase_display(v, first); break;
    case 'K': erase_line(v, first); break;
    case 'L': shift_lines(v, n, true); break;
    case 'M': shift_lines(v, n, false); break;
    case '@': shift_line(v, n, true); break;
    case 'P': shift_line(v, n, false); break;
    case 'X': erase(v, min(v->x, v->columns - 1), v->y, min(n, v->columns - min(v->x, v->columns - 1))); break;
    case 'S': scroll(v, v->top, v->bottom, (int)far); break;
    case 'T': scroll(v, v->top, v->bottom, -(int)far); break;
    case 'm':
        if (!v->escape.private_mark) select_rendition(v);
        break;
    case 'h': set_mode(v, true); break;
    case 'l': set_mode(v, false); break;
    case 'r':
        if (!v->escape.private_mark) set_region(v);
        break;
    case 's': save(v); break;
    case 'u': restore(v); break;
    default: break;
    }
}

static void text(struct vt *v, u8 c) {
    if (v->utf8_missing && (c & 0xc0) == 0x80) {
        v->utf8 = v->utf8 << 6 | (c & 0x3f);
        if (!--v->utf8_missing) put(v, v->utf8);
        return;
    }
    if (v->utf8_missing) put(v, 0xfffd);
    v->utf8_missing = c >= 0xf0 && c < 0xf8 ? 3 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xc0 && c < 0xe0 ? 1 : 0;
    if (v->utf8_missing) v->utf8 = c & (0x3fu >> v->utf8_missing);
    else if (c != DEL) put(v, c < 0x80 ? c : 0xfffd);
}

void vt_write(struct vt *v, const u8 *bytes, size_t n) {
    for (; n; n--, bytes++) switch (escape_feed(&v->escape, *bytes)) {
        case ESCAPE_BYTE_TEXT: text(v, *bytes); break;
        case ESCAPE_BYTE_CONTROL: control(v, *bytes); break;
        case ESCAPE_BYTE_INSIDE: v->utf8_missing = 0; break;
        case ESCAPE_BYTE_FINAL: escape(v, *bytes); break;
        case ESCAPE_BYTE_CSI: csi(v, *bytes); break;
        }
}
