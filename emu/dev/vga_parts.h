// SPDX-License-Identifier: MIT
// What the files of the VGA share: its registers and memory.
#ifndef DEV_VGA_PARTS_H
#define DEV_VGA_PARTS_H

#include "dev/vga.h"

#define VGA_PLANE (64 * KiB)

// Arrays have as many registers as their index has values, of which not all are there.
struct vga_state {
    u8 memory[4][VGA_PLANE];
    u8 latch[4];
    u8 crtc[64], sequencer[8], graphics[16], attribute[32];
    u8 crtc_index, sequencer_index, graphics_index, attribute_index; // the last with PALETTE_SOURCE
    u8 attribute_data;                                               // the next write to 3C0 goes to the register
    u8 miscellaneous, feature, enabled;
    u8 dac[256][3]; // six bits of red, green, blue
    u8 dac_mask, dac_read, dac_write, dac_colour;
    u8 dac_reads; // the last index was written for reading
};

struct vga {
    struct vga_state s;
    const struct vclock *clock;
    void (*touched)(void *ctx);
    void *ctx;
};

// Registers by their index, and the bits of them that matter here.
enum vga_crtc {
    CRTC_COLUMNS = 0x01,
    CRTC_OVERFLOW = 0x07,
    CRTC_CELL_HEIGHT = 0x09, // bits 4..0, bit 7: each line twice
    CRTC_CURSOR_START = 0x0a,
    CRTC_CURSOR_END = 0x0b,
    CRTC_START = 0x0c, // and the low byte behind it
    CRTC_CURSOR = 0x0e,
    CRTC_RETRACE_END = 0x11, // bit 7 protects registers 0 to 7
    CRTC_LINES = 0x12,
    CRTC_PITCH = 0x13,
    CRTC_UNDERLINE = 0x14, // bit 6: doublewords
    CRTC_MODE = 0x17,      // bit 6: bytes; bit 5: in words, address bit 15 comes in as bit 0 (else 13)
};
enum vga_sequencer { SEQ_CLOCKING = 1, SEQ_MAP_MASK = 2, SEQ_MEMORY_MODE = 4 };
enum { CLOCKING_OFF = 0x20, MEMORY_NOT_ODD_EVEN = 4, MEMORY_CHAIN4 = 8 };
enum vga_graphics { GC_SET, GC_ENABLE_SET, GC_COMPARE, GC_ROTATE, GC_READ_MAP, GC_MODE, GC_MISCELLANEOUS, GC_DONT_CARE, GC_MASK };
enum { MODE_COMPARES = 8, MODE_ODD_EVEN = 0x10, MISCELLANEOUS_GRAPHICS = 1, MISCELLANEOUS_CHAINED = 2 };
enum { ATTRIBUTE_MODE = 0x10, ATTRIBUTE_GRAPHICS = 1, ATTRIBUTE_BLINK = 8, PALETTE_SOURCE = 0x20 };

static inline void vga_touch(struct vga *v) {
    if (v->touched) v->touched(v->ctx);
}

#endif
