// SPDX-License-Identifier: MIT
// VGA against the Technical Reference's chapter 2: registers, the ways of bytes to the planes, and a text mode as the BIOS sets it.
#include "dev/vga.h"

#include "dev_fixture.h"

struct rig {
    struct dev_fixture *f;
    struct vga *v;
    unsigned touched;
};

static void touched(void *ctx) { ++*(unsigned *)ctx; }

static struct rig *make(void **state) {
    static struct rig r;
    r = (struct rig){.f = *state};
    r.v = vga_create(&r.f->env, touched, &r.touched);
    return &r;
}

static void out(const struct rig *r, unsigned port, u8 value) { out8(&vga_ops, r->v, port - 0x3b0, value); }
static u8 in(const struct rig *r, unsigned port) { return in8(&vga_ops, r->v, port - 0x3b0); }
static void set(const struct rig *r, unsigned port, u8 index, u8 value) {
    out(r, port, index);
    out(r, port + 1, value);
}
static u8 get(const struct rig *r, unsigned port, u8 index) {
    out(r, port, index);
    return in(r, port + 1);
}
static void set_attribute(const struct rig *r, u8 index, u8 value) {
    in(r, 0x3da);
    out(r, 0x3c0, index);
    out(r, 0x3c0, value);
}
static void poke(const struct rig *r, u32 at, u8 value) { vga_memory_ops.write(r->v, at - 0xa0000, 1, value); }
static u8 peek(const struct rig *r, u32 at) { return (u8)vga_memory_ops.read(r->v, at - 0xa0000, 1); }

enum { SEQ = 0x3c4, GC = 0x3ce, CRTC = 0x3d4 };

// Mode 3, as the BIOS leaves it: 80 by 25 cells of 9 by 16 dots.
static void text_mode(const struct rig *r) {
    static const u8 crtc[] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
                              0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
    static const u8 seq[] = {3, 0, 3, 0, 2}, gc[] = {0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff};
    out(r, 0x3c2, 0x67);
    for (unsigned i = 0; i < sizeof seq; i++) set(r, SEQ, (u8)i, seq[i]);
    set(r, CRTC, 0x11, 0);
    for (unsigned i = 0; i < sizeof crtc; i++) set(r, CRTC, (u8)i, crtc[i]);
    for (unsigned i = 0; i < sizeof gc; i++) set(r, GC, (u8)i, gc[i]);
    for (unsigned i = 0; i < 16; i++) set_attribute(r, (u8)i, (u8)i);
    set_attribute(r, 0x10, 0x0c);
    set_attribute(r, 0x13, 8);
    in(r, 0x3da);
    out(r, 0x3c0, 0x20);
}

static void registers(void **state) {
    struct rig *r = make(state);
    assert_int_equal(in(r, 0x3d4), 0xff); // the CRT controller is at 3B4 at first
    set(r, 0x3b4, 0x0f, 0x5a);
    assert_int_equal(get(r, 0x3b4, 0x0f), 0x5a);
    out(r, 0x3c2, 1);
    assert_int_equal(in(r, 0x3cc), 1);
    assert_int_equal(get(r, CRTC, 0x0f), 0x5a);
    assert_int_equal(in(r, 0x3b5), 0xff);
    assert_int_equal(in(r, 0x3ba), 0xff);
    set(r, CRTC, 7, 0);
    set(r, CRTC, 0x11, 0x80); // protects 0 to 7, but for the line compare's bit in 7
    set(r, CRTC, 0, 0x77);
    set(r, CRTC, 7, 0xff);
    set(r, CRTC, 8, 0x77);
    assert_int_equal(get(r, CRTC, 0), 0);
    assert_int_equal(get(r, CRTC, 7), 0x10);
    assert_int_equal(get(r, CRTC, 8), 0x77);
    set(r, CRTC, 0x30, 0x77); // no register
    assert_int_equal(get(r, CRTC, 0x30), 0);
    set(r, SEQ, 2, 0xff);
    assert_int_equal(get(r, SEQ, 2), 0x0f);
    set(r, GC, 5, 0xff);
    assert_int_equal(get(r, GC, 5), 0x7b);
    set(r, GC, 9, 0xff);
    assert_int_equal(get(r, GC, 9), 0);
    out(r, 0x3da, 0xff);
    assert_int_equal(in(r, 0x3ca), 0x0b);
}

static void attribute_by_turns(void **state) {
    struct rig *r = make(state);
    out(r, 0x3c2, 1);
    set_attribute(r, 5, 0x3f);
    out(r, 0x3c0, 5);
    assert_int_equal(in(r, 0x3c1), 0x3f);
    in(r, 0x3da); // an index comes next, whatever was before
    out(r, 0x3c0, 0x25);
    out(r, 0x3c0, 0x11); // the screen has the palette: it cannot be written
    assert_int_equal(in(r, 0x3c0), 0x25);
    assert_int_equal(in(r, 0x3c1), 0x3f);
    out(r, 0x3c0, 0x30);
    out(r, 0x3c0, 0xff);
    assert_int_equal(in(r, 0x3c1), 0xef);
}

static void palette(void **state) {
    struct rig *r = make(state);
    out(r, 0x3c8, 254);
    for (u8 i = 0; i < 9; i++) out(r, 0x3c9, (u8)(0xf0 + i)); // 254, 255, 0
    assert_int_equal(in(r, 0x3c8), 1);
    assert_int_equal(in(r, 0x3c7), 0);
    out(r, 0x3c7, 255);
    assert_int_equal(in(r, 0x3c7), 3);
    for (u8 i = 3; i < 9; i++) assert_int_equal(in(r, 0x3c9), 0x30 + i);
}

static void status_by_time(void **state) {
    struct rig *r = make(state);
    out(r, 0x3c2, 1);
    unsigned shown = 0, retrace = 0, retraces = 0, was = 0, n = 0;
    for (u64 t = 0; t < 1000000000; t += 997, n++) {
        r->f->clock.now = t;
        u8 v = in(r, 0x3da);
        shown += !(v & 1);
        retrace += v >> 3 & 1;
        retraces += (v >> 3 & 1) > was;
        was = v >> 3 & 1;
        assert_true(!(v & 8) || v & 1);
    }
    assert_int_equal(retraces, 70);
    assert_in_range(shown * 100 / n, 70, 72); // 400 of 449 lines, 4 of 5 dots
    assert_in_range(retrace * 1000 / n, 4, 5);
}

static void maps(void **state) {
    static const struct {
        u8 map;
        u32 first, end;
    } maps[] = {{0, 0xa0000, 0xc0000}, {4, 0xa0000, 0xb0000}, {8, 0xb0000, 0xb8000}, {12, 0xb8000, 0xc0000}};
    struct rig *r = make(state);
    set(r, SEQ, 2, 15);
    set(r, SEQ, 4, 4);
    set(r, GC, 8, 0xff);
    for (unsigned i = 0; i < countof(maps); i++) {
        set(r, GC, 6, maps[i].map);
        for (u32 at = 0xa0000; at < 0xc0000; at += 0x4000) {
            out(r, 0x3c2, 2);
            poke(r, at, 0x42);
            assert_int_equal(peek(r, at), at >= maps[i].first && at < maps[i].end ? 0x42 : 0xff);
            out(r, 0x3c2, 0); // memory is off
            assert_int_equal(peek(r, at), 0xff);
        }
    }
}

static void planar(const struct rig *r) {
    out(r, 0x3c2, 3);
    set(r, SEQ, 4, 6);
    set(r, GC, 6, 5);
    set(r, GC, 8, 0xff);
    set(r, SEQ, 2, 15);
}
static void expect_planes(const struct rig *r, u32 at, u8 a, u8 b, u8 c, u8 d) {
    const u8 want[] = {a, b, c, d};
    set(r, GC, 5, 0);
    for (u8 i = 0; i < 4; i++) {
        set(r, GC, 4, i);
        assert_int_equal(peek(r, at), want[i]);
    }
}

static void write_modes(void **state) {
    struct rig *r = make(state);
    planar(r);
    set(r, SEQ, 2, 5);
    poke(r, 0xa0000, 0xc3);
    expect_planes(r, 0xa0000, 0xc3, 0, 0xc3, 0);
    set(r, SEQ, 2, 15);
    set(r, GC, 3, 1); // rotated right by one
    poke(r, 0xa0001, 0x81);
    expect_planes(r, 0xa0001, 0xc0, 0xc0, 0xc0, 0xc0);
    set(r, GC, 0, 6); // set/reset in planes 0 to 2; plane 3 has the data
    set(r, GC, 1, 7);
    set(r, GC, 3, 0);
    poke(r, 0xa0002, 0x12);
    expect_planes(r, 0xa0002, 0, 0xff, 0xff, 0x12);
    set(r, GC, 1, 0);
    peek(r, 0xa0002);    // the latches: 0, ff, ff, 12
    set(r, GC, 3, 0x18); // exclusive or, of the upper half
    set(r, GC, 8, 0xf0);
    poke(r, 0xa0003, 0x3c);
    expect_planes(r, 0xa0003, 0x30, 0xcf, 0xcf, 0x22);
    set(r, GC, 3, 0x08);
    poke(r, 0xa0004, 0x3c); // the latches are those of the last read: 30, cf, cf, 22; and
    expect_planes(r, 0xa0004, 0x30, 0x0f, 0x0f, 0x22);
    set(r, GC, 3, 0x10);
    poke(r, 0xa0005, 0x3c); // or, to 30, 0f, 0f, 22
    expect_planes(r, 0xa0005, 0x30, 0x3f, 0x3f, 0x32);
    set(r, GC, 3, 0);
    set(r, GC, 5, 1); // the latches, whatever is written
    poke(r, 0xa0006, 0x99);
    expect_planes(r, 0xa0006, 0x30, 0x3f, 0x3f, 0x32);
    set(r, GC, 5, 2); // a colour, where the mask is
    poke(r, 0xa0007, 9);
    expect_planes(r, 0xa0007, 0xf0, 0x0f, 0x0f, 0xf2);
    set(r, GC, 8, 0x3c);
    set(r, GC, 0, 3);
    set(r, GC, 5, 3); // set/reset, where data and mask are
    poke(r, 0xa0008, 0x0f);
    expect_planes(r, 0xa0008, 0xfc, 0x0f, 0x03, 0xf2);
}

static void read_modes(void **state) {
    struct rig *r = make(state);
    planar(r);
    for (u8 i = 0; i < 4; i++) {
        set(r, SEQ, 2, (u8)(1 << i));
        poke(r, 0xa0010, (const u8[]){0x0f, 0x33, 0x55, 0xff}[i]);
    }
    set(r, GC, 5, 8);
    set(r, GC, 2, 0x0b); // which dots have colour 1011?
    set(r, GC, 7, 0x0f);
    assert_int_equal(peek(r, 0xa0010), 0x02);
    set(r, GC, 7, 0x03); // only its lower two bits
    assert_int_equal(peek(r, 0xa0010), 0x03);
    set(r, GC, 7, 0);
    assert_int_equal(peek(r, 0xa0010), 0xff);
}

static void chained(void **state) {
    struct rig *r = make(state);
    planar(r);
    set(r, SEQ, 4, 0x0e);
    for (u8 i = 0; i < 4; i++) poke(r, 0xa1234 + i, (u8)(0x10 + i));
    for (u8 i = 0; i < 4; i++) assert_int_equal(peek(r, 0xa1234 + i), 0x10 + i);
    set(r, SEQ, 4, 6);
    expect_planes(r, 0xa1234, 0x10, 0x11, 0x12, 0x13);
    expect_planes(r, 0xa1235, 0, 0, 0, 0);
}

static void text(void **state) {
    struct rig *r = make(state);
    static struct screen s;
    assert_int_equal(vga_look(r->v, &s), VGA_NOTHING);
    text_mode(r);
    unsigned before = r->touched;
    poke(r, 0xb8000, 'A');
    poke(r, 0xb8001, 0x1e);
    poke(r, 0xb8000 + 2 * (24 * 80 + 79), 'Z');
    assert_int_equal(r->touched, before + 3);
    assert_int_equal(peek(r, 0xb8000), 'A');
    assert_int_equal(peek(r, 0xb8001), 0x1e);
    set(r, CRTC, 0x0f, 81); // the cursor
    assert_int_equal(vga_look(r->v, &s), VGA_TEXT);
    assert_int_equal(s.columns, 80);
    assert_int_equal(s.rows, 25);
    assert_int_equal(s.cell[0], 0x1e41);
    assert_int_equal(s.cell[24 * 80 + 79], 'Z');
    assert_true(s.cursor && s.x == 1 && s.y == 1 && !s.bright);
    set(r, CRTC, 0x0d, 80); // a line further down
    set_attribute(r, 0x10, 4);
    in(r, 0x3da);
    out(r, 0x3c0, 0x20);
    assert_int_equal(vga_look(r->v, &s), VGA_TEXT);
    assert_int_equal(s.cell[23 * 80 + 79], 'Z');
    assert_true(s.cursor && s.x == 1 && s.y == 0 && s.bright);
    set(r, CRTC, 0x0f, 79); // above the screen
    vga_look(r->v, &s);
    assert_false(s.cursor);
    set(r, CRTC, 0x0f, 81);
    set(r, CRTC, 0x0a, 0x2d);
    vga_look(r->v, &s);
    assert_false(s.cursor);
    set(r, CRTC, 0x09, 0x47); // 8 lines each
    vga_look(r->v, &s);
    assert_int_equal(s.rows, 50);
    set(r, CRTC, 0x09, 0xc7); // and twice
    vga_look(r->v, &s);
    assert_int_equal(s.rows, 25);
    set(r, SEQ, 1, 0x20);
    assert_int_equal(vga_look(r->v, &s), VGA_NOTHING);
    set(r, SEQ, 1, 0);
    in(r, 0x3da);
    out(r, 0x3c0, 0);
    assert_int_equal(vga_look(r->v, &s), VGA_NOTHING);
}

// The address goes to the planes as words, with bit 15 or 13 of the counter in bit 0, as bytes, or as doublewords.
static void addresses(void **state) {
    struct rig *r = make(state);
    static struct screen s;
    text_mode(r);
    poke(r, 0xbc000, 'w'); // 4000 in plane 0
    poke(r, 0xba000, 'b');
    set(r, CRTC, 0x0c, 0x20);
    vga_look(r->v, &s);
    assert_int_equal(s.cell[0], 'w');
    set(r, CRTC, 0x17, 0x83);
    vga_look(r->v, &s);
    assert_int_equal(s.cell[0], 0); // 4001
    set(r, CRTC, 0x17, 0xe3);
    vga_look(r->v, &s);
    assert_int_equal(s.cell[0], 'b');
    set(r, CRTC, 0x0c, 0x10);
    set(r, CRTC, 0x14, 0x40);
    vga_look(r->v, &s);
    assert_int_equal(s.cell[0], 0); // 4001 again: bits 13 and 12 come in below
    set(r, CRTC, 0x0c, 0x08);
    vga_look(r->v, &s);
    assert_int_equal(s.cell[0], 'b');
}

// The BIOS loads it through A0000, with odd/even off and plane 2 alone: the text is left alone.
static void font(void **state) {
    struct rig *r = make(state);
    static struct screen s;
    text_mode(r);
    for (u32 i = 0; i < 160; i++) poke(r, 0xb8000 + i, (u8)i);
    set(r, SEQ, 2, 4);
    set(r, SEQ, 4, 7);
    set(r, GC, 5, 0);
    set(r, GC, 6, 4);
    for (u32 i = 0; i < 8192; i++) poke(r, 0xa0000 + i, 0xee);
    set(r, SEQ, 2, 3);
    set(r, SEQ, 4, 2);
    set(r, GC, 5, 0x10);
    set(r, GC, 6, 0x0e);
    vga_look(r->v, &s);
    for (unsigned i = 0; i < 80; i++) assert_int_equal(s.cell[i], 2 * i | (2 * i + 1) << 8);
}

static void graphics(void **state) {
    struct rig *r = make(state);
    static struct screen s;
    unsigned width, height;
    text_mode(r);
    set(r, GC, 6, 5);
    assert_int_equal(vga_look(r->v, &s), VGA_GRAPHICS);
    set(r, CRTC, 0x12, 0xdf); // mode 12h
    set(r, CRTC, 0x07, 0x3e);
    set(r, CRTC, 0x09, 0x40);
    vga_graphics_size(r->v, &width, &height);
    assert_int_equal(width, 640);
    assert_int_equal(height, 480);
    set(r, CRTC, 0x12, 0x8f); // mode 13h
    set(r, CRTC, 0x07, 0x1f);
    set(r, CRTC, 0x09, 0x41);
    set_attribute(r, 0x10, 0x41);
    vga_graphics_size(r->v, &width, &height);
    assert_int_equal(width, 320);
    assert_int_equal(height, 200);
}

// Any registers at all lead to a screen of some size.
static void any_registers(void **state) {
    struct rig *r = make(state);
    static struct screen s;
    text_mode(r);
    u32 x = 1;
    for (unsigned i = 0; i < 20000; i++) {
        x = x * 1664525 + 1013904223;
        out(r, 0x3b0 + (x >> 24) % 48, (u8)(x >> 12));
        set(r, CRTC, (u8)(x >> 8) % 25, (u8)(x >> 16));
        set(r, GC, 6, 0x0e);
        set(r, SEQ, 1, 0);
        set_attribute(r, 0x10, 0);
        in(r, 0x3da);
        out(r, 0x3c0, 0x20);
        if (vga_look(r->v, &s) != VGA_TEXT) continue;
        assert_in_range(s.columns, 1, SCREEN_COLUMNS);
        assert_in_range(s.rows, 1, SCREEN_ROWS);
        assert_true(s.x < s.columns && s.y < s.rows);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DEVICE_TEST(registers),     DEVICE_TEST(attribute_by_turns),
        DEVICE_TEST(palette),       DEVICE_TEST(status_by_time),
        DEVICE_TEST(maps),          DEVICE_TEST(write_modes),
        DEVICE_TEST(read_modes),    DEVICE_TEST(chained),
        DEVICE_TEST(text),          DEVICE_TEST(font),
        DEVICE_TEST(addresses),     DEVICE_TEST(graphics),
        DEVICE_TEST(any_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
