// SPDX-License-Identifier: MIT
// Raw terminal and the output buffer.
#define _GNU_SOURCE // ppoll
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct {
    struct termios saved;
    volatile sig_atomic_t raw;
    bool input_ended;
    u8 in[256], out[4096];
    size_t in_at, in_len, out_len;
} term;

// Async-signal-safe.
void terminal_close(void) {
    if (!term.raw) return;
    tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    term.raw = 0;
}

static void fatal(int signal_number) {
    terminal_close();
    raise(signal_number); // SA_RESETHAND: now with the default action
}

static void at_exit(void) {
    terminal_flush();
    terminal_close();
}

void terminal_open(void) {
    static const int fatals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGHUP, SIGQUIT};
    signal(SIGPIPE, SIG_IGN);
    atexit(at_exit);
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &term.saved) < 0) return;
    for (size_t i = 0; i < countof(fatals); i++) {
        struct sigaction old, new = {.sa_handler = fatal, .sa_flags = (int)SA_RESETHAND};
        // A sanitizer's handler stays: its report is worth more than the terminal.
        if (sigaction(fatals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) sigaction(fatals[i], &new, NULL);
    }
    struct termios t = term.saved;
    cfmakeraw(&t);
    if (tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0) term.raw = 1;
}

bool terminal_raw(void) { return term.raw; }

static bool fill(void) {
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (term.input_ended || poll(&p, 1, 0) <= 0) return false;
    ssize_t n = read(STDIN_FILENO, term.in, sizeof term.in);
    if (n <= 0) {
        term.input_ended = n == 0 || (errno != EINTR && errno != EAGAIN);
        return false;
    }
    term.in_at = 0;
    term.in_len = (size_t)n;
    return true;
}

int terminal_read(void) {
    terminal_flush();
    return term.in_at < term.in_len || fill() ? term.in[term.in_at++] : -1;
}

enum console_input terminal_input(void) {
    if (term.input_ended && term.in_at == term.in_len) return CONSOLE_INPUT_ENDED;
    return isatty(STDIN_FILENO) ? CONSOLE_INPUT_LIVE : CONSOLE_INPUT_OPEN;
}

void terminal_write(const u8 *bytes, size_t n) {
    while (n) {
        size_t part = sizeof term.out - term.out_len;
        if (part > n) part = n;
        memcpy(term.out + term.out_len, bytes, part);
        term.out_len += part;
        bytes += part;
        n -= part;
        if (term.out_len == sizeof term.out) terminal_flush();
    }
}

void terminal_flush(void) {
    size_t at = 0;
    while (at < term.out_len) {
        ssize_t n = write(STDOUT_FILENO, term.out + at, term.out_len - at);
        if (n > 0) {
            at += (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&p, 1, 100);
        } else if (errno != EINTR) {
            break; // nobody reads it any more: the run goes on without an audience
        }
    }
    term.out_len = 0;
}

void terminal_wait(u64 ns) {
    const u64 longest = 100000000;
    terminal_flush();
    if (ns > longest) ns = longest;
    struct timespec t = {.tv_nsec = (long)ns};
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    // Input that has ended is always "ready": then only time passes.
    ppoll(&p, term.input_ended ? 0 : 1, &t, NULL);
}
