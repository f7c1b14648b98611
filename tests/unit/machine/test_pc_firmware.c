// SPDX-License-Identifier: MIT
// Firmware from a file: where it lies, where the processor starts, what the bridge's PAM registers make of it (440FX, 3.2.18), also for code
// that was executed there before, and for a run that goes back.
#include "emu/emu.h"
#include "machine/machine.h"
#include "machine/rewind.h"
#include "scripted_plat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RAM (4 * MiB)
#define SIZE (128 * KiB)

// The last 128 KiB: E000:0 says what F000:100 answers after each change. It starts there.
extern const u8 rom_image[SIZE];
// clang-format off
__asm__(
"    .pushsection .rodata\n"
"    .code16\n"
"rom_image:\n"
"    xorw %sp, %sp\n"
"    movw $0x9000, %ax\n"
"    movw %ax, %ss\n"
"    movw $0xf000, %ax\n"
"    movw %ax, %ds\n"
"    lcallw $0xf000, $0x100\n" // A: the ROM's
"    movb $0x20, %cl\n" // writes find RAM, reads do not
"    movb $'B', %bl\n"
"    call 1f\n"
"    lcallw $0xf000, $0x100\n" // A
"    movb $0x30, %cl\n"
"    call 2f\n"
"    lcallw $0xf000, $0x100\n" // B
"    movb $'C', %bl\n"
"    call 3f\n"
"    lcallw $0xf000, $0x100\n" // C
"    movb $0x10, %cl\n" // reads alone
"    movb $'D', %bl\n"
"    call 1f\n"
"    lcallw $0xf000, $0x100\n" // C
"    movb $0, %cl\n"
"    call 2f\n"
"    lcallw $0xf000, $0x100\n" // A
"    cli\n"
"    hlt\n"
"1:  call 2f\n"
"3:  movb $0xb0, 0x100\n" // mov al, BL; out e9, al; retf
"    movb %bl, 0x101\n"
"    movl $0xcbe9e6, 0x102\n"
"    ret\n"
"2:  movl $0x80000058, %eax\n"
"    movw $0xcf8, %dx\n"
"    outl %eax, %dx\n"
"    movw $0xcfd, %dx\n"
"    movb %cl, %al\n"
"    outb %al, %dx\n"
"    ret\n"
"    .org rom_image + 0x10100\n"
"    movb $'A', %al\n"
"    outb %al, $0xe9\n"
"    lretw\n"
"    .org rom_image + 0x1fff0\n"
"    ljmpw $0xe000, $0\n"
"    .org rom_image + 0x20000\n"
"    .code64\n"
"    .popsection\n"
);
// clang-format on

struct rig {
    struct scripted_plat s;
    struct emu_config c;
    struct emu_inputs in;
    u8 *ram;
};

static int setup(void **state) {
    static struct rig r;
    memset(&r, 0, sizeof r);
    scripted_plat_init(&r.s);
    config_defaults(&r.c);
    r.c.max_instructions = 100000; // code that is not what it should be may go anywhere
    r.in.firmware = (struct blob){"rom", (u8 *)(uintptr_t)rom_image, SIZE};
    r.ram = r.s.plat.alloc(&r.s.plat, RAM, 2 * MiB);
    memset(r.ram, 0, RAM);
    *state = &r;
    return 0;
}

static int teardown(void **state) {
    struct rig *r = *state;
    r->s.plat.free(&r->s.plat, r->ram, RAM);
    return 0;
}

static struct emu_machine *create(struct rig *r) {
    struct emu_machine *m = NULL;
    assert_int_equal(emu_create(&m, &r->c, &r->in, &r->s.plat, r->ram, RAM), 0);
    return m;
}

static void code_is_what_the_registers_say(void **state) {
    struct rig *r = *state;
    struct emu_result result;
    struct emu_machine *m = create(r);
    emu_run(m, &result);
    assert_int_equal(result.reason, EMU_HALTED);
    r->s.out[r->s.out_len] = 0;
    assert_string_equal(r->s.out, "AABCCA");
    emu_destroy(m);
}

static void pam(struct emu_machine *m, unsigned at, u8 value) {
    bus_out(&m->bus, 0xcf8, 4, 0x80000000 | (at & ~3u));
    bus_out(&m->bus, (u16)(0xcfc + (at & 3)), 1, value);
}

static void each_segment_has_its_own_register(void **state) {
    struct emu_machine *m = create(*state);
    for (unsigned i = 0; i < 13; i++) {
        gpa_t at = 0xC0000 + 0x4000 * i, last = i == 12 ? 0xFFFFF : at + 0x3fff;
        unsigned reg = i == 12 ? 0x59 : 0x5a + i / 2, shift = i == 12 || i % 2 ? 4 : 0;
        u8 rom = at < 0xE0000 ? 0xff : rom_image[at - 0xE0000];
        bus_write(&m->bus, at, 1, 0x11);
        assert_int_equal(bus_read(&m->bus, at, 1), rom);
        pam(m, reg, (u8)(2 << shift));
        bus_write(&m->bus, at, 1, 0x22);
        bus_write(&m->bus, last, 1, 0x33);
        assert_int_equal(bus_read(&m->bus, at, 1), rom);
        pam(m, reg, (u8)(1 << shift));
        assert_int_equal(bus_read(&m->bus, at, 1), 0x22);
        assert_int_equal(bus_read(&m->bus, last, 1), 0x33);
        bus_write(&m->bus, at, 1, 0x44);
        assert_int_equal(bus_read(&m->bus, at, 1), 0x22);
        pam(m, reg, (u8)(3 << shift));
        bus_write(&m->bus, at, 1, 0x55);
        assert_int_equal(bus_read(&m->bus, at, 1), 0x55);
        if (i) assert_int_not_equal(bus_read(&m->bus, at - 1, 1), 0x55);
        pam(m, reg, 0);
        assert_int_equal(bus_read(&m->bus, at, 1), rom);
        assert_int_equal(((struct rig *)*state)->ram[at], 0x55);
    }
    assert_memory_equal(bus_ram(&m->bus, 4 * GiB - SIZE, SIZE), rom_image, SIZE);
    bus_write(&m->bus, 4 * GiB - 16, 1, 0);
    assert_int_equal(bus_read(&m->bus, 4 * GiB - 16, 1), rom_image[SIZE - 16]);
    assert_null(bus_ram(&m->bus, 0xA0000, 1));
    u8 bytes[8] = {0}; // DMA goes where a processor's writes go
    assert_int_equal(bus_copy_in(&m->bus, 0xDFFFC, bytes, 8), ERR_RANGE);
    pam(m, 0x5d, 0x30);
    pam(m, 0x5e, 2);
    assert_int_equal(bus_copy_in(&m->bus, 0xDFFFC, bytes, 8), 0);
    assert_int_equal(bus_read(&m->bus, 0xE0000, 1), rom_image[0]);
    emu_destroy(m);
}

// Hidden RAM is part of the state, and of what a run can go back to.
static void goes_back(void **state) {
    struct emu_machine *m = create(*state);
    struct rewind *point;
    pam(m, 0x59, 0x20);
    bus_write(&m->bus, 0xF0000, 4, 0x11111111);
    u64 before = state_hash(&m->state);
    assert_int_equal(rewind_mark(m, &point), 0);
    bus_write(&m->bus, 0xF0000, 4, 0x22222222);
    assert_int_not_equal(state_hash(&m->state), before);
    pam(m, 0x59, 0);
    assert_int_equal(rewind_to(m, point), 0);
    assert_int_equal(state_hash(&m->state), before);
    pam(m, 0x59, 0x30);
    assert_int_equal(bus_read(&m->bus, 0xF0000, 4), 0x11111111);
    emu_destroy(m);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {T(code_is_what_the_registers_say), T(each_segment_has_its_own_register), T(goes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
