// SPDX-License-Identifier: MIT
// IBM PS/2 Hardware Interface Technical Reference, keyboard and auxiliary device controller.
//
//   0x60 data    0x64 read: status, write: command
//   status         7 parity error   6 time-out   5 data is the mouse's   1 input buffer full   0 output buffer full
//   command byte   6 translate to set 1   5 mouse off   4 keyboard off   1 mouse's interrupt   0 keyboard's interrupt
#include "kernel/keyboard.h"
#include "kernel/io.h"
#include "kernel/scancodes.h"
#include "kernel/time.h"
#include "kernel/typing.h"

enum { DATA = 0x60, STATUS = 0x64, COMMAND = 0x64 };
enum { OUTPUT_FULL = 0x01, INPUT_FULL = 0x02, NOT_A_KEY = 0xe0, NOBODY = 0xff }; // an empty bus reads as ones
enum { READ_BYTE = 0x20, WRITE_BYTE = 0x60, MOUSE_OFF = 0xa7, KEYBOARD_OFF = 0xad, KEYBOARD_ON = 0xae };
enum { TRANSLATE = 0x40, NO_MOUSE = 0x20, NO_KEYBOARD = 0x10, INTERRUPTS = 0x03 };
enum { ENABLE_SCANNING = 0xf4, ACKNOWLEDGE = 0xfa, RESEND = 0xfe, TRIES = 3 };
enum { STEP_US = 20, PATIENCE_US = 50000, LEFTOVERS = 64 };
// Bytes without a pause, after which the controller is taken for broken. A keyboard sends one in a millisecond; what emulates
// one may have a few hundred stored.
enum { RUN_MOST = 1024 };

static bool controller;
static struct scancodes codes;
static struct typing keys;
static u8 typed[TYPING_MOST];
static unsigned typed_at, typed_end, run;

static bool wait_for(u8 bit, u8 state) {
    for (unsigned us = 0; us < PATIENCE_US; us += STEP_US) {
        if ((inb(STATUS) & bit) == state) return true;
        time_wait_us(STEP_US);
    }
    return false;
}

static bool send(u16 port, u8 byte) {
    if (!wait_for(INPUT_FULL, 0)) return false;
    outb(port, byte);
    return true;
}

static int answer(void) { return wait_for(OUTPUT_FULL, OUTPUT_FULL) ? inb(DATA) : -1; }

static bool keyboard_answers(void) {
    for (unsigned i = 0; i < TRIES; i++) {
        int got = RESEND;
        if (!send(DATA, ENABLE_SCANNING)) return false;
        for (unsigned n = 0; n < LEFTOVERS; n++) { // keys that were pressed come first
            got = answer();
            if (got < 0 || got == ACKNOWLEDGE || got == RESEND) break;
        }
        if (got == ACKNOWLEDGE) return true;
        if (got != RESEND) return false;
    }
    return false;
}

bool keyboard_init(enum config_keyboard layout) {
    controller = false;
    keys.layout = layout;
    if (inb(STATUS) == NOBODY || !send(COMMAND, KEYBOARD_OFF) || !send(COMMAND, MOUSE_OFF)) return false;
    for (unsigned i = 0; i < LEFTOVERS && inb(STATUS) & OUTPUT_FULL; i++) inb(DATA);
    int byte = send(COMMAND, READ_BYTE) ? answer() : -1;
    if (byte < 0) return false;
    byte = (byte & ~(INTERRUPTS | NO_KEYBOARD)) | TRANSLATE | NO_MOUSE;
    controller = send(COMMAND, WRITE_BYTE) && send(DATA, (u8)byte) && send(COMMAND, KEYBOARD_ON);
    return controller && keyboard_answers();
}

bool keyboard_possible(void) { return controller; }

int keyboard_read(void) {
    while (controller && typed_at == typed_end) {
        u8 status = inb(STATUS);
        if (status == NOBODY || run == RUN_MOST) {
            controller = false;
            break;
        }
        if (!(status & OUTPUT_FULL)) {
            run = 0;
            return -1;
        }
        run++;
        u8 code = inb(DATA);
        typed_at = typed_end = 0;
        bool down = false;
        u8 usage = status & NOT_A_KEY ? 0 : scancodes_feed(&codes, code, &down);
        if (usage) typed_end = typing_key(&keys, usage, down, typed);
    }
    return typed_at < typed_end ? typed[typed_at++] : -1;
}
