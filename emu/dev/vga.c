// SPDX-License-Identifier: MIT
// Registers.
//
//   port     read                     write
//   3B4 3D4  CRT controller: index    the same; 3B5 3D5 data
//   3BA 3DA  input status 1           feature control
//   3C0      attribute: index         index, then data, by turns; reading input status 1 makes the next one an index
//   3C1      attribute: data          -
//   3C2      input status 0           miscellaneous output: I/O at 3Dx 0 | memory enabled 1 | clock 3..2 | page 5 | polarities 7..6
//   3C3      video subsystem enable   the same
//   3C4 3C5  sequencer: index, data   the same
//   3C6      palette mask             the same
//   3C7      DAC state                index for reading
//   3C8      index for writing        the same
//   3C9      red, green, blue in turn the same
//   3CA      feature control          -
//   3CC      miscellaneous output     -
//   3CE 3CF  graphics: index, data    the same
#include "dev/vga.h"

#include "dev/vga_parts.h"

#include <string.h>

enum { FIRST = 0x3b0, PORTS = 0x30 };
enum { COLOUR_PORTS = 1 };
enum { DISPLAY_OFF = 1, VERTICAL_RETRACE = 8 };

// 720 by 400 at 70 Hz: 449 lines of 31.778 us, of which 400 are shown, and of a line's 900 dots 720.
enum { LINE_NS = 31778, LINES = 449, SHOWN_LINES = 400, SHOWN_NS = LINE_NS * 4 / 5, RETRACE_LINE = 412, RETRACE_LINES = 2 };

static u8 status_1(const struct vga *v) {
    u64 line = v->clock->now / LINE_NS % LINES, dot = v->clock->now % LINE_NS;
    bool retrace = line >= RETRACE_LINE && line < RETRACE_LINE + RETRACE_LINES;
    return (u8)((line >= SHOWN_LINES || dot >= SHOWN_NS ? DISPLAY_OFF : 0) | (retrace ? VERTICAL_RETRACE : 0));
}

// Which bits of a register there are (Video Subsystems, tables 2-36 to 2-83). 0: no register.
static const u8 crtc_bits[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0x3f, 0x7f, 0xff,
                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xef, 0xff};
static const u8 sequencer_bits[8] = {0x03, 0x3d, 0x0f, 0x3f, 0x0e};
static const u8 graphics_bits[16] = {0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff};
static const u8 attribute_bits[32] = {0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
                                      0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0xef, 0xff, 0x3f, 0x0f, 0x0f};

// Bit 4 of the overflow register belongs to the line compare, which is not protected.
static void write_crtc(struct vga_state *s, u8 value) {
    u8 at = s->crtc_index, bits = crtc_bits[at];
    if (at <= CRTC_OVERFLOW && s->crtc[CRTC_RETRACE_END] & 0x80) bits &= at == CRTC_OVERFLOW ? 0x10 : 0;
    s->crtc[at] = (u8)((s->crtc[at] & ~bits) | (value & bits));
}

static void write_attribute(struct vga_state *s, u8 value) {
    u8 at = s->attribute_index & 31;
    bool palette = at < 16;
    if (!s->attribute_data) s->attribute_index = value & 63;
    else if (!palette || !(s->attribute_index & PALETTE_SOURCE)) s->attribute[at] = value & attribute_bits[at];
    s->attribute_data = !s->attribute_data;
}

static void next_colour(struct vga_state *s, u8 *index) {
    if (++s->dac_colour < 3) return;
    s->dac_colour = 0;
    ++*index;
}

static u8 read_dac(struct vga_state *s) {
    u8 value = s->dac[s->dac_read][s->dac_colour];
    next_colour(s, &s->dac_read);
    return value;
}

static void write_dac(struct vga_state *s, u8 value) {
    s->dac[s->dac_write][s->dac_colour] = value & 63;
    next_colour(s, &s->dac_write);
}

static void dac_index(struct vga_state *s, u8 value, bool reads) {
    *(reads ? &s->dac_read : &s->dac_write) = value;
    s->dac_colour = 0;
    s->dac_reads = reads;
}

// Of the two addresses of the CRT controller and input status 1 the one that is not chosen is nobody's: 0.
static unsigned port_of(const struct vga_state *s, u64 offset) {
    unsigned port = FIRST + (unsigned)offset;
    if (port >= 0x3c0 && port < 0x3d0) return port;
    bool colour = port >= 0x3d0;
    return colour == (s->miscellaneous & COLOUR_PORTS) ? (port & 15) | 0x3d0 : 0;
}

static u8 read_register(struct vga *v, unsigned port) {
    struct vga_state *s = &v->s;
    switch (port) {
    case 0x3c0: return s->attribute_index;
    case 0x3c1: return s->attribute[s->attribute_index & 31];
    case 0x3c2: return 0;
    case 0x3c3: return s->enabled;
    case 0x3c4: return s->sequencer_index;
    case 0x3c5: return s->sequencer[s->sequencer_index];
    case 0x3c6: return s->dac_mask;
    case 0x3c7: return s->dac_reads ? 3 : 0;
    case 0x3c8: return s->dac_write;
    case 0x3c9: return read_dac(s);
    case 0x3ca: return s->feature;
    case 0x3cc: return s->miscellaneous;
    case 0x3ce: return s->graphics_index;
    case 0x3cf: return s->graphics[s->graphics_index];
    case 0x3d4: return s->crtc_index;
    case 0x3d5: return s->crtc[s->crtc_index];
    case 0x3da: s->attribute_data = false; return status_1(v);
    default: return 0xff;
    }
}

static void write_register(struct vga_state *s, unsigned port, u8 value) {
    switch (port) {
    case 0x3c0: write_attribute(s, value); break;
    case 0x3c2: s->miscellaneous = value & 0xef; break;
    case 0x3c3: s->enabled = value & 1; break;
    case 0x3c4: s->sequencer_index = value & 7; break;
    case 0x3c5: s->sequencer[s->sequencer_index] = value & sequencer_bits[s->sequencer_index]; break;
    case 0x3c6: s->dac_mask = value; break;
    case 0x3c7: dac_index(s, value, true); break;
    case 0x3c8: dac_index(s, value, false); break;
    case 0x3c9: write_dac(s, value); break;
    case 0x3ce: s->graphics_index = value & 15; break;
    case 0x3cf: s->graphics[s->graphics_index] = value & graphics_bits[s->graphics_index]; break;
    case 0x3d4: s->crtc_index = value & 63; break;
    case 0x3d5: write_crtc(s, value); break;
    case 0x3da: s->feature = value & 0x0b; break;
    default: break;
    }
}

// A chosen register's number alone changes nothing that is shown, but 3C0's: it switches the screen.
static u64 read(void *dev, u64 offset, unsigned width) {
    struct vga *v = dev;
    return read_register(v, port_of(&v->s, offset));
}

static void write(void *dev, u64 offset, unsigned width, u64 value) {
    struct vga *v = dev;
    write_register(&v->s, port_of(&v->s, offset), (u8)value);
    vga_touch(v);
}

const struct io_ops vga_ops = {read, write, .size = PORTS, .widths = IO_BYTES};

static bool enter(void *dev) {
    const struct vga_state *s = &((const struct vga *)dev)->s;
    return s->crtc_index < 64 && s->sequencer_index < 8 && s->graphics_index < 16 && s->dac_colour < 3;
}

struct vga *vga_create(struct env *e, void (*touched)(void *ctx), void *ctx) {
    struct vga *v = ENV_DEVICE(e, "vga", struct vga, s);
    env_check(e, "vga", enter, v);
    v->clock = e->clock;
    v->touched = touched;
    v->ctx = ctx;
    v->s.enabled = 1;
    v->s.dac_mask = 0xff;
    return v;
}

// ---- what is shown

static unsigned word(const struct vga_state *s, unsigned at) { return (unsigned)s->crtc[at] << 8 | s->crtc[at + 1]; }

// The CRT controller's address as the planes get it (Video Subsystems, figure 2-61).
static u16 wired(const struct vga_state *s, unsigned counter) {
    if (s->crtc[CRTC_UNDERLINE] & 0x40) return (u16)(counter << 2 | (counter >> 12 & 3));
    if (s->crtc[CRTC_MODE] & 0x40) return (u16)counter;
    return (u16)(counter << 1 | (counter >> (s->crtc[CRTC_MODE] & 0x20 ? 15 : 13) & 1));
}

static unsigned lines(const struct vga_state *s) {
    u8 overflow = s->crtc[CRTC_OVERFLOW];
    return (s->crtc[CRTC_LINES] | (overflow & 2u) << 7 | (overflow & 0x40u) << 3) + 1;
}

static unsigned cell_height(const struct vga_state *s) {
    u8 height = s->crtc[CRTC_CELL_HEIGHT];
    return ((height & 31u) + 1) << (height >> 7);
}

static unsigned within(unsigned n, unsigned most) { return n < 1 ? 1 : n > most ? most : n; }

static void place_cursor(const struct vga_state *s, struct screen *to, unsigned pitch) {
    u8 start = s->crtc[CRTC_CURSOR_START], end = s->crtc[CRTC_CURSOR_END];
    u16 at = (u16)(word(s, CRTC_CURSOR) - word(s, CRTC_START));
    to->x = at % pitch;
    to->y = at / pitch;
    to->cursor = !(start & 0x20) && (start & 31) <= (end & 31) && to->x < to->columns && to->y < to->rows;
    if (!to->cursor) to->x = to->y = 0;
}

static void copy_text(const struct vga_state *s, struct screen *to) {
    unsigned pitch = s->crtc[CRTC_PITCH] ? 2u * s->crtc[CRTC_PITCH] : 1;
    to->columns = within(s->crtc[CRTC_COLUMNS] + 1u, SCREEN_COLUMNS);
    to->rows = within(lines(s) / cell_height(s), SCREEN_ROWS);
    to->bright = !(s->attribute[ATTRIBUTE_MODE] & ATTRIBUTE_BLINK);
    for (unsigned y = 0; y < to->rows; y++)
        for (unsigned x = 0; x < to->columns; x++) {
            u16 at = wired(s, word(s, CRTC_START) + y * pitch + x);
            to->cell[y * to->columns + x] = (u16)(s->memory[0][at] | s->memory[1][at] << 8);
        }
    place_cursor(s, to, pitch);
}

enum vga_picture vga_look(const struct vga *v, struct screen *to) {
    const struct vga_state *s = &v->s;
    if (!(s->attribute_index & PALETTE_SOURCE) || s->sequencer[SEQ_CLOCKING] & CLOCKING_OFF) return VGA_NOTHING;
    if (s->graphics[GC_MISCELLANEOUS] & MISCELLANEOUS_GRAPHICS || s->attribute[ATTRIBUTE_MODE] & ATTRIBUTE_GRAPHICS)
        return VGA_GRAPHICS;
    copy_text(s, to);
    return VGA_TEXT;
}

// Modes of 256 colours take two clocks for a dot.
void vga_graphics_size(const struct vga *v, unsigned *width, unsigned *height) {
    const struct vga_state *s = &v->s;
    *width = (s->crtc[CRTC_COLUMNS] + 1u) * (s->attribute[ATTRIBUTE_MODE] & 0x40 ? 4 : 8);
    *height = lines(s) / cell_height(s);
}
