// SPDX-License-Identifier: MIT
// How the processor's accesses reach the planes. Graphics controller, by index:
//
//   0  set/reset        4 bits, a plane each           5  mode: odd/even 4 | read mode 3 | write mode 1..0
//   1  enable set/reset 4 bits                         6  miscellaneous: memory map 3..2 | chain odd/even 1 | graphics 0
//   2  colour compare   4 bits                         7  colour don't care
//   3  function 4..3 | rotate 2..0                     8  bit mask
//   4  read map select  1..0
#include "dev/vga_parts.h"

enum { ALL = 128 * KiB };

// Where in the window of the memory map the address is; false: the adapter does not answer there.
static bool decode(const struct vga_state *s, u64 *offset) {
    static const struct {
        u32 start, size;
    } maps[4] = {{0, ALL}, {0, ALL / 2}, {ALL / 2, ALL / 4}, {ALL * 3 / 4, ALL / 4}};
    unsigned map = s->graphics[GC_MISCELLANEOUS] >> 2 & 3;
    if (!(s->miscellaneous & 2) || *offset < maps[map].start || *offset - maps[map].start >= maps[map].size) return false;
    *offset -= maps[map].start;
    return true;
}

// The address within a plane. In chain 4 and in odd/even mode the lowest bits choose the plane and are 0 in the address.
static u32 address(const struct vga_state *s, u64 offset) {
    u32 at = (u32)offset & (VGA_PLANE - 1);
    if (s->sequencer[SEQ_MEMORY_MODE] & MEMORY_CHAIN4) return at & ~3u;
    return s->graphics[GC_MISCELLANEOUS] & MISCELLANEOUS_CHAINED ? at & ~1u : at;
}

static u64 read(void *dev, u64 offset, unsigned width) {
    struct vga *v = dev;
    struct vga_state *s = &v->s;
    if (!decode(s, &offset)) return 0xff;
    u32 at = address(s, offset);
    for (unsigned i = 0; i < 4; i++) s->latch[i] = s->memory[i][at];
    u8 mode = s->graphics[GC_MODE];
    if (mode & MODE_COMPARES) {
        u8 same = 0xff;
        for (unsigned i = 0; i < 4; i++)
            if (s->graphics[GC_DONT_CARE] >> i & 1) same &= (u8)(s->latch[i] ^ (s->graphics[GC_COMPARE] >> i & 1 ? 0 : 0xff));
        return same;
    }
    unsigned plane = s->graphics[GC_READ_MAP] & 3;
    if (s->sequencer[SEQ_MEMORY_MODE] & MEMORY_CHAIN4) plane = offset & 3;
    else if (mode & MODE_ODD_EVEN) plane = (plane & 2) | (offset & 1);
    return s->latch[plane];
}

static u8 rotated(const struct vga_state *s, u8 value) {
    unsigned n = s->graphics[GC_ROTATE] & 7;
    return (u8)(value >> n | value << (8 - n));
}

static u8 spread(unsigned bits, unsigned plane) { return bits >> plane & 1 ? 0xff : 0; }

// The function of data and latch, by bits of the mask; other bits come from the latch.
static u8 merged(const struct vga_state *s, u8 data, u8 latch, u8 mask) {
    switch (s->graphics[GC_ROTATE] >> 3 & 3) {
    case 1: data &= latch; break;
    case 2: data |= latch; break;
    case 3: data ^= latch; break;
    default: break;
    }
    return (u8)((data & mask) | (latch & ~mask));
}

static u8 for_plane(const struct vga_state *s, unsigned plane, u8 value) {
    u8 latch = s->latch[plane], mask = s->graphics[GC_MASK], set = spread(s->graphics[GC_SET], plane);
    switch (s->graphics[GC_MODE] & 3) {
    case 0: return merged(s, s->graphics[GC_ENABLE_SET] >> plane & 1 ? set : rotated(s, value), latch, mask);
    case 1: return latch;
    case 2: return merged(s, spread(value, plane), latch, mask);
    default: return merged(s, set, latch, mask & rotated(s, value));
    }
}

static u8 planes(const struct vga_state *s, u64 offset) {
    u8 mask = s->sequencer[SEQ_MAP_MASK] & 15, mode = s->sequencer[SEQ_MEMORY_MODE];
    if (mode & MEMORY_CHAIN4) return mask & (u8)(1 << (offset & 3));
    return mode & MEMORY_NOT_ODD_EVEN ? mask : mask & (offset & 1 ? 0xa : 0x5);
}

static void write(void *dev, u64 offset, unsigned width, u64 value) {
    struct vga *v = dev;
    struct vga_state *s = &v->s;
    if (!decode(s, &offset)) return;
    u32 at = address(s, offset);
    u8 mask = planes(s, offset);
    for (unsigned i = 0; i < 4; i++)
        if (mask >> i & 1) s->memory[i][at] = for_plane(s, i, (u8)value);
    if (mask & 3) vga_touch(v);
}

const struct io_ops vga_memory_ops = {read, write, .size = ALL, .widths = IO_BYTES};
