// SPDX-License-Identifier: MIT
// The user's terminal as the guest's console: raw input when it is a terminal, buffered output.
// Process-wide state (a process has one terminal and signal handlers take no context), so there is one of it.
#ifndef TESTS_HOST_TERMINAL_H
#define TESTS_HOST_TERMINAL_H

#include "plat/plat.h"

// Puts standard input into raw mode when it is a terminal. terminal_close gives it back as it was (emu/modes.h says what the guest
// may have changed), also at exit, on every signal that ends the process, and while it is stopped.
void terminal_open(void);
void terminal_close(void);
// As far as the guest's output has changed it; raw mode stays.
void terminal_restore(void);

// True while lines need "\r\n", because the terminal no longer adds the carriage return.
bool terminal_raw(void);

// The next byte typed, or -1. Never blocks.
int terminal_read(void);
// What may still come from terminal_read.
enum console_input terminal_input(void);

// Buffered; terminal_flush puts it out. Lines for people on standard error come after what the guest wrote.
void terminal_write(const u8 *bytes, size_t n);
void terminal_flush(void);
// The error (errno) for which output was lost, or 0. That nobody reads a pipe any more is none.
int terminal_lost(void);

// The run is to end: from now on no output is waited for, and a write that blocks (this process's, anywhere) is interrupted within
// a second. Async-signal-safe.
void terminal_stop(void);

// Waits until there is input, a signal came or `ns` have passed; never longer than 100 ms.
void terminal_wait(u64 ns);

#endif
