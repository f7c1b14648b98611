// SPDX-License-Identifier: MIT
// What a BIOS leaves (IBM PS/2 and PC BIOS Interface Technical Reference), seen by a boot sector: the data area, consistent with the
// memory map; interrupts of the timer and of the 8259 pair; and the end of a run that wants a service.
#include "loader/image.h"
#include "machine/machine.h"
#include "scripted_plat.h"

#include "base/le.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RAM (4 * MiB)

static struct bench {
    struct scripted_plat s;
    struct emu_config c;
    struct emu_inputs in;
    struct emu_machine *m;
    u8 *ram;
} bench, *b = &bench;

static int setup(void **state) {
    memset(b, 0, sizeof *b);
    scripted_plat_init(&b->s);
    config_defaults(&b->c);
    b->c.has_load_address = true, b->c.load_address = 0x7c00, b->c.max_instructions = 1000000;
    b->ram = b->s.plat.alloc(&b->s.plat, RAM, 2 * MiB);
    return 0;
}

static int teardown(void **state) {
    if (b->m) emu_destroy(b->m);
    b->s.plat.free(&b->s.plat, b->ram, RAM);
    return 0;
}

static void create(const u8 *code, size_t n) {
    if (b->m) emu_destroy(b->m);
    b->m = NULL;
    b->s.log_len = 0;
    memset(b->ram, 0, RAM);
    b->in.kernel = (struct blob){"code", (u8 *)(uintptr_t)code, n};
    assert_int_equal(emu_create(&b->m, &b->c, &b->in, &b->s.plat, b->ram, RAM), 0);
}

static enum emu_reason run(const u8 *code, size_t n) {
    struct emu_result r;
    create(code, n);
    emu_run(b->m, &r);
    return r.reason;
}
#define RUN(...) run((const u8[]){__VA_ARGS__}, sizeof(const u8[]){__VA_ARGS__})

static u16 data16(unsigned at) { return ld16(b->ram + 0x400 + at); }

static void the_data_area(void **state) {
    create((const u8[]){0xf4}, 1);
    assert_int_equal(data16(0x00), 0x3f8);
    assert_int_equal(data16(0x02), 0x2f8);
    assert_int_equal(data16(0x08), 0);          // no printers
    assert_int_equal(data16(0x10) >> 9 & 7, 2); // serial ports
    assert_int_equal(data16(0x10) & 0xc001, 0); // neither printers nor diskettes
    assert_int_equal(data16(0x10) >> 1 & 3, 3); // x87, pointing device
    assert_int_equal(data16(0x13) * KiB, 0x9fc00);
    assert_int_equal(data16(0x0e) * 16, 0x9fc00);
    assert_int_equal(b->ram[0x9fc00], 1);         // KiB, up to 640
    assert_int_equal(data16(0x1a), data16(0x1c)); // no key waits
    assert_int_equal(data16(0x1a), data16(0x80));
    assert_int_equal(data16(0x82) - data16(0x80), 32); // 16 keys
    assert_int_equal(data16(0x4a), 80);
    assert_int_equal(b->ram[0x484], 24);
    assert_int_equal(data16(0x63), 0x3d4);
    assert_int_equal(b->ram[0x475], 0);
    for (unsigned v = 0; v < 256; v++) assert_int_equal(ld16(b->ram + 4 * v + 2), 0xf000);
    assert_int_equal(b->ram[0xffff0], 0xea); // a far jump
    static u8 sector[512];
    b->in.disk[0] = b->in.disk[1] = (struct blob){"disk", sector, sizeof sector};
    b->c.disks = 2;
    create((const u8[]){0xf4}, 1);
    assert_int_equal(b->ram[0x475], 2);
}

static void expect_no_bios(enum emu_reason reason, const char *message) {
    if (reason != EMU_NO_BIOS || !scripted_logged(&b->s, message))
        fail_msg("not \"%s\" but %s: %.*s", message, emu_reason_name(reason), (int)b->s.log_len, b->s.log);
}

static void services_that_are_not_there(void **state) {
    expect_no_bios(RUN(0xb4, 0x0e, 0xcd, 0x10), "no BIOS: INT 10h, AH 0Eh at 0000:7C02");
    expect_no_bios(RUN(0xfb, 0xb8, 0x20, 0xe8, 0xcd, 0x15), "no BIOS: INT 15h, AH E8h at 0000:7C04");
    expect_no_bios(RUN(0xea, 5, 0, 0xc0, 7, 0xb4, 3, 0xcd, 0xff), "no BIOS: INT FFh, AH 03h at 07C0:0007");
    // As a subroutine: PUSHF, far CALL through the vector.
    expect_no_bios(RUN(0xfb, 0xb4, 0x42, 0x9c, 0xff, 0x1e, 0x4c, 0), "no BIOS: INT 13h, AH 42h at 0000:7C06");
    // Exceptions, which nobody handles either: division by zero; a vector that the timer uses, called.
    expect_no_bios(RUN(0x31, 0xc0, 0xf7, 0xf0), "no BIOS: INT 00h, AH 00h");
    expect_no_bios(RUN(0xb4, 7, 0xcd, 0x08), "no BIOS: INT 08h, AH 07h at 0000:7C02");
    expect_no_bios(RUN(0xb4, 7, 0xcd, 0x70), "no BIOS: INT 70h, AH 07h at 0000:7C02");
    expect_no_bios(RUN(0xbb, 0xff, 0xff, 0xb4, 9, 0x66, 0x8b, 0x07), "no BIOS: INT 0Dh, AH 09h"); // a dword at FFFF: #GP
}

// Where a PC jumps after reset, a program that jumps there wants one.
static void a_jump_to_the_reset_vector(void **state) { assert_int_equal(RUN(0xea, 0, 0, 0xff, 0xff), EMU_RESET); }

// sti; 1: hlt; inc si; cmp si, 20; jb 1b; the timer's 18.2 Hz, from which each round's instructions and port accesses take little.
static void ticks(void **state) {
    struct emu_result r;
    create((const u8[]){0xfb, 0xf4, 0x46, 0x83, 0xfe, 20, 0x72, 0xf9, 0xb0, 0, 0xe6, 0xf4}, 12);
    emu_run(b->m, &r);
    assert_int_equal(r.reason, EMU_DEBUG_EXIT);
    assert_int_equal(ld32(b->ram + 0x46c), 20);
    u64 tick = 65536ull * 1000000000 / 1193182;
    assert_in_range(r.virtual_ns, 20 * tick, 20 * tick + 2000 + 20 * 4 * 1000); // four port accesses a round
    // The last tick before midnight, and INT 1Ch as the program has it: mov word [46c],af; [46e],18; [70],here; sti; hlt; exit
    static const u8 midnight[] = {0xc7, 6,    0x6c, 4,    0xaf, 0, 0xc7, 6,    0x6e, 4,    0x18, 0,    0xc7, 6,    0x70, 0,
                                  0x1e, 0x7c, 0xfb, 0xf4, 0xb0, 0, 0xe6, 0xf4, 0xf4, 0x90, 0x90, 0x90, 0x90, 0x90, 0x45, 0xcf};
    static const u8 vector[] = {0xc7, 6, 0x72, 0, 0, 0};
    u8 code[sizeof midnight + sizeof vector];
    memcpy(code, vector, sizeof vector);
    memcpy(code + sizeof vector, midnight, sizeof midnight);
    code[sizeof vector + 16] = 0x1e + sizeof vector; // the handler: inc bp; iret
    create(code, sizeof code);
    emu_run(b->m, &r);
    assert_int_equal(r.reason, EMU_DEBUG_EXIT);
    assert_int_equal(ld32(b->ram + 0x46c), 0);
    assert_int_equal(b->ram[0x470], 1);
}

// Any request of either 8259 is ended: the next one comes. COM1's transmitter, IRQ 4, by a mask without the timer.
static void requests_are_ended(void **state) {
    // out 21,ef; dx=3fc: out 8; dx=3f9: out 2 (transmitter empty); sti; nop; then the in-service register of the master: 0
    assert_int_equal(RUN(0xb0, 0xef, 0xe6, 0x21, 0xba, 0xfc, 3, 0xb0, 8, 0xee, 0xba, 0xf9, 3, 0xb0, 2, 0xee, 0xfb, 0x90, 0x90,
                         0xb0, 0x0b, 0xe6, 0x20, 0xe4, 0x20, 0xe6, 0xf4, 0xf4),
                     EMU_DEBUG_EXIT);
    assert_int_equal(b->m->code, 0);
    // The clock chip's, 8 of the slave: out 21,fb; a1,fe; 70,0b; 71,52 (update-ended interrupt); sti; 1: hlt twice; both registers
    assert_int_equal(RUN(0xb0, 0xfb, 0xe6, 0x21, 0xb0, 0xfe, 0xe6, 0xa1, 0xb0, 0x0b, 0xe6, 0x70, 0xb0, 0x12, 0xe6, 0x71, 0xfb,
                         0xf4, 0xf4, 0xb0, 0x0b, 0xe6, 0x20, 0xe6, 0xa0, 0xe4, 0x20, 0x88, 0xc4, 0xe4, 0xa0, 0x08, 0xe0, 0xe6,
                         0xf4, 0xf4),
                     EMU_DEBUG_EXIT);
    assert_int_equal(b->m->code, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(the_data_area), T(services_that_are_not_there), T(a_jump_to_the_reset_vector), T(ticks), T(requests_are_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
