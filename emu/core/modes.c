// SPDX-License-Identifier: MIT
// One table of modes that are set and reset by number, one list of everything else.
#include "emu/modes.h"

#include <string.h>

enum { SO = 0x0e, SI = 0x0f };

// CSI ? number h and l. The alternate screen comes first: some terminals keep the other modes once for each screen.
static const struct mode {
    u16 number;
    bool set; // how terminals start
    const char *undo;
} private_modes[] = {
    {47, false, "\x1b[?47l"},     {1047, false, "\x1b[?1047l"}, {1049, false, "\x1b[?1049l"}, {1, false, "\x1b[?1l"},
    {5, false, "\x1b[?5l"},       {6, false, "\x1b[?6l"},       {7, true, "\x1b[?7h"},        {9, false, "\x1b[?9l"},
    {25, true, "\x1b[?25h"},      {66, false, "\x1b[?66l"},     {69, false, "\x1b[?69l"},     {1000, false, "\x1b[?1000l"},
    {1001, false, "\x1b[?1001l"}, {1002, false, "\x1b[?1002l"}, {1003, false, "\x1b[?1003l"}, {1004, false, "\x1b[?1004l"},
    {1005, false, "\x1b[?1005l"}, {1006, false, "\x1b[?1006l"}, {1015, false, "\x1b[?1015l"}, {1016, false, "\x1b[?1016l"},
    {2004, false, "\x1b[?2004l"}, {2026, false, "\x1b[?2026l"},
};

// Everything else; the bits are behind those of the table. DECSTBM homes the cursor, hence the saving around it.
enum other {
    KEYPAD,
    ATTRIBUTES,
    CHARSET,
    SHIFT,
    ENCODING,
    REGION,
    SHAPE,
    INSERT,
    OTHER_KEYS,
    PALETTE,
    LINUX_PALETTE,
    DYNAMIC,
    OTHERS
};
static const char *const others[OTHERS] = {
    [KEYPAD] = "\x1b>",
    [ATTRIBUTES] = "\x1b[0m",
    [CHARSET] = "\x1b(B\x1b)B",
    [SHIFT] = "\x0f",
    [ENCODING] = "\x1b%G",
    [REGION] = "\x1b"
               "7\x1b[r\x1b"
               "8",
    [SHAPE] = "\x1b[0 q",
    [INSERT] = "\x1b[4l",
    [OTHER_KEYS] = "\x1b[>4m",
    [PALETTE] = "\x1b]104\x1b\\",
    [LINUX_PALETTE] = "\x1b]R",
    [DYNAMIC] = "\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\",
};
static_assert(countof(private_modes) + OTHERS <= 64);

static void change(struct modes *m, unsigned bit, bool changed) {
    m->changed = changed ? m->changed | (u64)1 << bit : m->changed & ~((u64)1 << bit);
}

static void other(struct modes *m, enum other what, bool changed) { change(m, countof(private_modes) + what, changed); }

static void set_private(struct modes *m, bool set) {
    for (unsigned i = 0; i < m->escape.parameters; i++)
        for (unsigned k = 0; k < countof(private_modes); k++)
            if (private_modes[k].number == m->escape.parameter[i]) change(m, k, set != private_modes[k].set);
}

static bool all_zero(const struct escape *e) {
    for (unsigned i = 0; i < e->parameters; i++)
        if (e->parameter[i]) return false;
    return true;
}

static void control_sequence(struct modes *m, u8 final) {
    const struct escape *e = &m->escape;
    bool plain = !e->private_mark && !e->intermediate, more = e->private_mark == '>' && !e->intermediate;
    if (e->private_mark == '?' && !e->intermediate && (final == 'h' || final == 'l')) set_private(m, final == 'h');
    if (plain && final == 'm') other(m, ATTRIBUTES, !all_zero(e));
    if (plain && final == 'r') other(m, REGION, !all_zero(e));
    if (plain && (final == 'h' || final == 'l'))
        for (unsigned i = 0; i < e->parameters; i++)
            if (e->parameter[i] == 4) other(m, INSERT, final == 'h');
    if (e->intermediate == ' ' && final == 'q') other(m, SHAPE, !all_zero(e));
    if (more && final == 'm') other(m, OTHER_KEYS, e->parameters > 1 && e->parameter[1]);
    if (more && final == 'u' && m->keyboards < 16) m->keyboards++;
    if (e->private_mark == '<' && final == 'u' && m->keyboards) m->keyboards--;
}

static void escape_sequence(struct modes *m, u8 final) {
    switch (m->escape.intermediate) {
    case 0:
        if (final == 'c') m->changed = 0, m->keyboards = 0; // RIS
        if (final == '=' || final == '>') other(m, KEYPAD, final == '=');
        break;
    case '(':
    case ')': other(m, CHARSET, m->escape.intermediate == ')' || final != 'B'); break;
    case '%': other(m, ENCODING, final != 'G'); break;
    default: break;
    }
}

// The number in front of an OSC's text says what it is about.
static void operating_system_command(struct modes *m, u8 byte) {
    if (m->escape.length <= 1) m->osc = 0, m->osc_number = true;
    else if (m->osc_number && byte >= '0' && byte <= '9' && m->osc < 1000) m->osc = m->osc * 10 + (byte - '0');
    else m->osc_number = false;
    if (m->osc_number || byte != ';') return;
    if (m->osc == 4) other(m, PALETTE, true);
    if (m->osc >= 10 && m->osc <= 12) other(m, DYNAMIC, true);
}

void modes_feed(struct modes *m, const u8 *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        enum escape_byte b = escape_feed(&m->escape, bytes[i]);
        if (b == ESCAPE_BYTE_CSI) control_sequence(m, bytes[i]);
        if (b == ESCAPE_BYTE_FINAL) escape_sequence(m, bytes[i]);
        if (b == ESCAPE_BYTE_CONTROL && (bytes[i] == SO || bytes[i] == SI)) other(m, SHIFT, bytes[i] == SO);
        if (b == ESCAPE_BYTE_INSIDE && m->escape.state == ESCAPE_OSC) operating_system_command(m, bytes[i]);
        if (m->escape.state == ESCAPE_PALETTE) other(m, LINUX_PALETTE, true);
    }
}

static size_t put(char *out, size_t at, const char *text) {
    size_t n = strlen(text);
    memcpy(out + at, text, n);
    return at + n;
}

size_t modes_undo(struct modes *m, char out[MODES_UNDO]) {
    size_t n = 0;
    enum escape_state open = m->escape.state;
    // CAN ends a sequence that has begun, and ST is for the terminal that wants it behind a string.
    if (open != ESCAPE_NONE) n = put(out, n, open == ESCAPE_OSC || open == ESCAPE_STRING ? "\x18\x1b\\" : "\x18");
    for (unsigned i = 0; i < countof(private_modes); i++)
        if (m->changed >> i & 1) n = put(out, n, private_modes[i].undo);
    for (unsigned i = 0; i < OTHERS; i++)
        if (m->changed >> (countof(private_modes) + i) & 1) n = put(out, n, others[i]);
    for (; m->keyboards; m->keyboards--) n = put(out, n, "\x1b[<u");
    *m = (struct modes){0};
    return n;
}
