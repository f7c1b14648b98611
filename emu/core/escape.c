// SPDX-License-Identifier: MIT
#include "emu/escape.h"

enum { BEL = 0x07, CAN = 0x18, SUB = 0x1a, ESC = 0x1b, PALETTE_DIGITS = 7, PARAMETER_MOST = 100000 };

static bool in_string(enum escape_state s) { return s == ESCAPE_OSC || s == ESCAPE_STRING || s == ESCAPE_PALETTE; }

static enum escape_byte leave(struct escape *e, enum escape_byte b) {
    e->state = ESCAPE_NONE;
    return b;
}

static enum escape_byte enter(struct escape *e, enum escape_state s) {
    e->state = s;
    return ESCAPE_BYTE_INSIDE;
}

// Control characters act in the middle of a sequence, but not of a string.
static enum escape_byte control(struct escape *e, u8 byte) {
    if (byte == ESC) {
        *e = (struct escape){.state = ESCAPE_BEGUN};
        return ESCAPE_BYTE_INSIDE;
    }
    if (e->state == ESCAPE_NONE) return ESCAPE_BYTE_CONTROL;
    if (byte == CAN || byte == SUB) return leave(e, ESCAPE_BYTE_INSIDE);
    if (!in_string(e->state)) return ESCAPE_BYTE_CONTROL;
    if (++e->length > ESCAPE_LONGEST) return leave(e, ESCAPE_BYTE_CONTROL);
    return byte == BEL ? leave(e, ESCAPE_BYTE_INSIDE) : ESCAPE_BYTE_INSIDE;
}

static enum escape_byte begun(struct escape *e, u8 byte) {
    switch (byte) {
    case '[': return enter(e, ESCAPE_CSI);
    case ']': return enter(e, ESCAPE_OSC);
    case 'P':
    case 'X':
    case '^':
    case '_': return enter(e, ESCAPE_STRING);
    default: break;
    }
    if (byte > 0x2f) return leave(e, ESCAPE_BYTE_FINAL);
    e->intermediate = byte;
    return enter(e, ESCAPE_MORE);
}

static enum escape_byte csi(struct escape *e, u8 byte) {
    if (byte >= 0x40) return leave(e, ESCAPE_BYTE_CSI);
    if (byte < 0x30) {
        if (!e->intermediate) e->intermediate = byte;
        return ESCAPE_BYTE_INSIDE;
    }
    if (byte > ';') {
        e->private_mark = byte;
        return ESCAPE_BYTE_INSIDE;
    }
    if (!e->parameters) e->parameters = 1;
    unsigned *p = &e->parameter[e->parameters - 1];
    if (byte > '9') e->parameters += e->parameters < ESCAPE_PARAMETERS;
    else if (*p < PARAMETER_MOST) *p = *p * 10 + (byte - '0');
    return ESCAPE_BYTE_INSIDE;
}

static enum escape_byte osc(struct escape *e, u8 byte) {
    bool first = e->length == 2; // behind ESC ]
    if (first && byte == 'R') return leave(e, ESCAPE_BYTE_INSIDE);
    if (first && byte == 'P') return enter(e, ESCAPE_PALETTE);
    return ESCAPE_BYTE_INSIDE;
}

static bool is_hex(u8 b) { return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f') || (b >= 'A' && b <= 'F'); }

static enum escape_byte palette(struct escape *e, u8 byte) {
    if (!is_hex(byte)) return leave(e, ESCAPE_BYTE_TEXT);
    return e->length < 2 + PALETTE_DIGITS ? ESCAPE_BYTE_INSIDE : leave(e, ESCAPE_BYTE_INSIDE);
}

enum escape_byte escape_feed(struct escape *e, u8 byte) {
    if (byte < 0x20) return control(e, byte);
    if (e->state == ESCAPE_NONE) return ESCAPE_BYTE_TEXT;
    if (++e->length > ESCAPE_LONGEST) return leave(e, ESCAPE_BYTE_TEXT);
    // Outside of strings DEL and what is no ASCII have no place in a sequence: it was none.
    if (byte >= 0x7f && !in_string(e->state)) return leave(e, ESCAPE_BYTE_TEXT);
    switch (e->state) {
    case ESCAPE_BEGUN: return begun(e, byte);
    case ESCAPE_MORE: return byte < 0x30 ? ESCAPE_BYTE_INSIDE : leave(e, ESCAPE_BYTE_FINAL);
    case ESCAPE_CSI: return csi(e, byte);
    case ESCAPE_OSC: return osc(e, byte);
    case ESCAPE_PALETTE: return palette(e, byte);
    default: return ESCAPE_BYTE_INSIDE;
    }
}
