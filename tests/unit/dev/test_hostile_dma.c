// SPDX-License-Identifier: MIT
// A guest that lets the PC board's devices write where they should not: onto code that has run, onto the tables that say
// where to write.
#include "base/bits.h"
#include "base/le.h"
#include "machine/machine.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { IDE = 1 << 3 | 1, BUS_MASTER = 0xc008, TABLE = 0x3000, CODE = 0x7c00, RAM = 2 * 1024 * 1024 };

static struct scripted_plat s;
static u8 disc[16 * 2048];
static u8 *ram;
static struct emu_machine *m;

static void start(u8 *code, size_t size) {
    static struct emu_config c;
    struct emu_inputs in = {.kernel = {"code", code, size}, .cdrom = {"disc", disc, sizeof disc}};
    scripted_plat_init(&s);
    config_defaults(&c);
    c.has_load_address = true;
    c.load_address = CODE;
    ram = s.plat.alloc(&s.plat, RAM, 2 * MiB);
    assert_int_equal(emu_create(&m, &c, &in, &s.plat, ram, RAM), 0);
}

static void end(void) {
    emu_destroy(m);
    s.plat.free(&s.plat, ram, RAM);
}

static void region(unsigned n, u32 at, u32 bytes, bool last) {
    bus_write(&m->bus, TABLE + 8 * n, 4, at);
    bus_write(&m->bus, TABLE + 8 * n + 4, 4, bytes | (last ? BIT(31) : 0));
}

// READ(10) of the disc's first sectors by DMA: all but the bus master's start.
static void read_disc(unsigned sectors) {
    const u8 packet[12] = {0x28, [8] = (u8)sectors};
    struct bus *b = &m->bus;
    bus_out(b, 0xcf8, 4, 0x80000000u | IDE << 8 | 4);
    bus_out(b, 0xcfc, 2, 5);
    bus_out(b, BUS_MASTER + 4, 4, TABLE);
    bus_out(b, 0x176, 1, 0xa0);
    bus_out(b, 0x171, 1, 1);
    bus_out(b, 0x177, 1, 0xa0);
    for (unsigned i = 0; i < sizeof packet; i += 2) bus_out(b, 0x170, 2, ld16(packet + i));
}

// The second call runs what the disc's first sector holds, though the first one's instructions were decoded.
static void onto_code_that_has_run(void **state) {
    static u8 code[0x110] = {
        0xe8,
        0xfd,
        0x00, // call 7d00
        0xba,
        BUS_MASTER & 0xff,
        BUS_MASTER >> 8, // mov dx, bus master
        0xb0,
        0x09,
        0xee, // mov al, start to memory; out dx, al
        0xe8,
        0xf4,
        0x00,
        0xf4, // call 7d00; hlt
        [0x100] = 0xb0,
        0x11,
        0xc3, // 7d00: mov al, 0x11; ret
    };
    struct emu_result r;
    memset(disc, 0xf4, sizeof disc);
    memcpy(disc, "\xb0\x55\xe6\xf4", 4); // mov al, 0x55; out 0xf4, al
    start(code, sizeof code);
    region(0, CODE + 0x100, 2048, true);
    read_disc(1);
    emu_run(m, &r);
    assert_int_equal(r.reason, EMU_DEBUG_EXIT);
    assert_int_equal(r.code, 0x55);
    end();
}

// The transfer writes the next entry of its own table: it is what the disc says now.
static void onto_its_own_table(void **state) {
    static u8 code[] = {0xf4};
    memset(disc, 0x77, sizeof disc);
    st32(disc, 0x200000 - 1024); // half of what is left lies behind the end of RAM
    st32(disc + 4, 2040);
    start(code, sizeof code);
    region(0, TABLE + 8, 8, false);
    region(1, 0x10000, 2040, true);
    read_disc(1);
    bus_out(&m->bus, BUS_MASTER, 1, 9);
    assert_int_equal(bus_in(&m->bus, BUS_MASTER + 2, 1) & 3, 2); // an error, and no longer active
    assert_int_equal(ram[0x10000], 0);
    assert_int_equal(ram[0x200000 - 1024], 0); // all of a piece, or none of it
    // A table of two entries that makes itself longer for ever ends at 64 KiB, or with the transfer.
    for (unsigned i = 0; i < 256; i++) {
        st32(disc + 8 * i, TABLE + 16 + 8 * i);
        st32(disc + 8 * i + 4, 8);
    }
    region(0, TABLE + 8, 8, false);
    region(1, TABLE + 8, 8, false);
    bus_out(&m->bus, BUS_MASTER, 1, 0);
    bus_out(&m->bus, BUS_MASTER + 2, 1, 6);
    read_disc(1);
    bus_out(&m->bus, BUS_MASTER, 1, 9);
    assert_int_equal(bus_in(&m->bus, BUS_MASTER + 2, 1) & 6, 4); // done, without an error
    assert_int_equal(ld32(ram + TABLE + 8 * 256), TABLE + 16 + 8 * 255);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(onto_code_that_has_run),
        cmocka_unit_test(onto_its_own_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
