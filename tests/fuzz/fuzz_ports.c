// SPDX-License-Identifier: MIT
// The kernel's input drivers over ports that answer with any bytes: kernel/keyboard.c with scancodes.c and typing.c, kernel/serial.c. Each call ends
// after as many accesses as its contract allows, whatever is there; what is typed lies within its buffers.
// Input: what is read, byte by byte; when it is used up, the last one for ever.
// CI: 150000 runs.
#define KERNEL_IO_H
#include "base/types.h"

static u8 inb(u16 port);
static void outb(u16 port, u8 v);
static void cpu_relax(void) {}

#include "../../kernel/keyboard.c"

#include "../../kernel/scancodes.c"

#include "../../kernel/keymap.c"
#include "../../kernel/typing.c"

#define NOBODY SERIAL_NOBODY // both have one
#include "../../kernel/serial.c"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static const u8 *in;
static size_t left;
static u8 last;
static u64 accesses, microseconds;

static u8 take(void) {
    if (left) left--, last = *in++;
    return last;
}

static u8 inb(u16 port) { return accesses++, take(); }
static void outb(u16 port, u8 v) { accesses++; }
void time_wait_us(u32 us) { microseconds += us; }

static void check(bool ok) {
    if (!ok) __builtin_trap();
}

static void try_keyboard(void) {
    controller = false;
    codes = (struct scancodes){0};
    keys = (struct typing){0};
    typed_at = typed_end = run = 0;
    keyboard_init((enum config_keyboard)(take() % 5));
    check(microseconds < 20000000 && accesses < 2000000);
    for (unsigned i = 0; i < 64; i++) {
        accesses = 0;
        int byte = keyboard_read();
        check(byte >= -1 && byte <= 0xff && accesses <= 2 * RUN_MOST + 1 && typed_end <= TYPING_MOST && typed_at <= typed_end);
    }
}

static void try_serial(void) {
    struct serial_port s = {.stride = 1, .base = 0x3f8, .as_is = take() & 1};
    serial_init(&s);
    for (unsigned i = 0; i < 256; i++) {
        accesses = 0;
        int byte = serial_read(&s);
        check(byte >= -1 && byte <= 0xff && accesses <= 2 * sizeof s.buffer + 2);
        check(s.taken <= s.received && s.received <= sizeof s.buffer && (s.present || byte < 0));
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    in = data, left = size, last = 0;
    accesses = microseconds = 0;
    if (take() & 1) try_keyboard();
    else try_serial();
    return 0;
}
