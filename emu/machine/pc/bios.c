// SPDX-License-Identifier: MIT
#include "machine/pc/bios.h"

#include "base/le.h"
#include "machine/pc/bios_rom.h"

#include <string.h>

#define DATA 0x400
#define ROM_AT (BIOS_ROM_SEGMENT << 4)

enum { IRQ_VECTORS = 0x08, SLAVE_VECTORS = 0x70, CTRL_BREAK = 0x1b, USER_TICK = 0x1c };

static void set_vector(u8 *ram, unsigned vector, unsigned offset) {
    st16(ram + 4 * vector, (u16)offset);
    st16(ram + 4 * vector + 2, BIOS_ROM_SEGMENT);
}

static void write_vectors(u8 *ram) {
    for (unsigned v = 0; v < 256; v++) set_vector(ram, v, BIOS_STUBS + v * BIOS_STUB_SIZE);
    for (unsigned i = 0; i < 8; i++) {
        set_vector(ram, IRQ_VECTORS + i, BIOS_IRQS + i * BIOS_IRQ_SIZE);
        set_vector(ram, SLAVE_VECTORS + i, BIOS_IRQS + (8 + i) * BIOS_IRQ_SIZE);
    }
    set_vector(ram, CTRL_BREAK, BIOS_IRET);
    set_vector(ram, USER_TICK, BIOS_IRET);
}

// What a BIOS would say of this board: two serial ports, an x87, a mouse port, no diskettes, no printers. There is no VGA; text mode
// 3 is what a program finds that trusts the area without a look at the hardware.
static void write_data(u8 *ram, unsigned disks) {
    // clang-format off
    static const struct {
        u16 at;
        u8 size;
        u32 value;
    } fields[] = {
        {0x00, 2, 0x3f8},                      // COM1
        {0x02, 2, 0x2f8},                      // COM2
        {0x0e, 2, BIOS_EBDA >> 4},             // segment of the EBDA
        {0x10, 2, 2 << 9 | 1 << 2 | 1 << 1},   // equipment: serial ports, mouse, x87; bits 5..4: the display is an EGA's or better
        {0x13, 2, BIOS_EBDA / KiB},            // KiB of conventional memory
        {0x1a, 2, 0x1e}, {0x1c, 2, 0x1e},      // keyboard buffer: its head and tail, from 40:0
        {0x80, 2, 0x1e}, {0x82, 2, 0x3e},      // ... its start and its end
        {0x49, 1, 3}, {0x4a, 2, 80},           // text mode, columns
        {0x4c, 2, 0x1000},                     // bytes of a page
        {0x60, 2, 0x0607},                     // cursor: last and first line of it; it stands at 0, 0
        {0x63, 2, 0x3d4}, {0x65, 1, 0x29},     // CRT controller's port, mode register
        {0x84, 1, 24}, {0x85, 2, 16},          // rows less one, lines of a character
        {0x87, 1, 0x60}, {0x88, 1, 0xf9}, {0x89, 1, 0x51}, // video controls: 256 KiB, a colour display, 400 lines
        {0x78, 4, 0x14141414}, {0x7c, 4, 0x0a0a0a0a}, // time-outs of printers and serial ports
        {0x96, 1, 0x10}, {0x97, 1, 0x10},      // a keyboard with 101 keys
    };
    // clang-format on
    u8 *data = ram + DATA;
    for (unsigned i = 0; i < countof(fields); i++) st_width(data + fields[i].at, fields[i].size, fields[i].value);
    data[0x75] = (u8)disks;
}

void bios_leave(u8 *ram, unsigned disks) {
    write_vectors(ram);
    write_data(ram, disks);
    ram[BIOS_EBDA] = (0xA0000 - BIOS_EBDA) / KiB; // its size
    memcpy(ram + ROM_AT + BIOS_ROM_FIRST, bios_rom, BIOS_ROM_SIZE);
}

void bios_start_timer(struct bus *b) {
    // 8254: counter 0 as a rate generator that divides by 65536. Its output rises on that: only then the 8259 pair, whose ICW1
    // forgets the edge, with ICW2 to ICW4 and the mask: IRQ 0, 1 and the cascade are open.
    static const struct {
        u16 port;
        u8 value;
    } writes[] = {
        {0x43, 0x34}, {0x40, 0}, {0x40, 0},    {0x20, 0x11}, {0x21, IRQ_VECTORS},
        {0x21, 4},    {0x21, 1}, {0x21, 0xf8}, {0xa0, 0x11}, {0xa1, SLAVE_VECTORS},
        {0xa1, 2},    {0xa1, 1}, {0xa1, 0xff},
    };
    for (unsigned i = 0; i < countof(writes); i++) bus_out(b, writes[i].port, 1, writes[i].value);
}

int bios_service_at(gva_t rip) {
    gva_t first = ROM_AT + BIOS_STUBS;
    return rip >= first && rip - first < 256 * BIOS_STUB_SIZE ? (int)((rip - first) / BIOS_STUB_SIZE) : -1;
}
