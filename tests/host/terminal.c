// SPDX-License-Identifier: MIT
// Raw terminal, what the guest's output has changed on it, the output buffer, and the signals that any of these must survive.
#define _GNU_SOURCE // ppoll
#include "terminal.h"

#include "emu/modes.h"

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
    struct termios saved, wanted;
    volatile sig_atomic_t raw, stopping;
    bool is_terminal, shows, input_ended; // standard input is one; standard output is one
    int lost;                             // errno of the first output that went nowhere
    struct modes modes;
    u8 in[256], out[4096];
    size_t in_at, in_len, out_len;
} term;

static void write_undo(void) {
    char undo[MODES_UNDO];
    size_t n = term.shows ? modes_undo(&term.modes, undo) : 0, at = 0;
    while (at < n) {
        ssize_t part = write(STDOUT_FILENO, undo + at, n - at);
        if (part <= 0 && (errno != EINTR || term.stopping)) return;
        if (part > 0) at += (size_t)part;
    }
}

// Async-signal-safe.
void terminal_close(void) {
    int before = errno;
    write_undo();
    if (term.raw) tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    term.raw = 0;
    errno = before;
}

void terminal_restore(void) {
    terminal_flush();
    write_undo();
}

// Only the group in the terminal's foreground may change it; any other would be stopped for it.
static void enter_raw(void) {
    if (term.is_terminal && tcgetpgrp(STDIN_FILENO) == getpgrp() && tcsetattr(STDIN_FILENO, TCSANOW, &term.wanted) == 0)
        term.raw = 1;
}

static void fatal(int signal_number) {
    terminal_close();
    raise(signal_number); // SA_RESETHAND: now with the default action
}

// The shell gets its terminal back for as long as this process is stopped.
static void stopped(int signal_number) {
    int before = errno;
    struct sigaction ours, theirs = {.sa_handler = SIG_DFL};
    sigset_t this;
    terminal_close();
    sigaction(signal_number, &theirs, &ours);
    sigemptyset(&this);
    sigaddset(&this, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &this, NULL); // stops here
    sigaction(signal_number, &ours, NULL);
    enter_raw();
    errno = before;
}

static void continued(int signal_number) {
    int before = errno;
    enter_raw();
    errno = before;
}

// A system call that blocks again and again is interrupted again and again.
static void on_alarm(int signal_number) { alarm(1); }

void terminal_stop(void) {
    term.stopping = 1;
    alarm(1);
}

static void at_exit(void) {
    terminal_flush();
    terminal_close();
}

// Replaces the default action only: a sanitizer's report is worth more than the terminal, and what nohup has switched off stays so.
static void handle(int signal_number, void (*handler)(int), int flags) {
    struct sigaction old, new = {.sa_handler = handler, .sa_flags = flags};
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_DFL) sigaction(signal_number, &new, NULL);
}

// Every signal that would end or stop the process, but for those two that main.c knows what to do with.
static void handle_signals(void) {
    static const int spared[] = {SIGINT, SIGTERM, SIGKILL, SIGSTOP, SIGCHLD, SIGURG, SIGWINCH};
    static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
    static u8 room[64 * KiB]; // for a stack overflow of our own
    sigaltstack(&(stack_t){.ss_sp = room, .ss_size = sizeof room}, NULL);
    signal(SIGPIPE, SIG_IGN);
    handle(SIGALRM, on_alarm, 0);
    handle(SIGCONT, continued, 0);
    for (size_t i = 0; i < countof(stops); i++) handle(stops[i], stopped, 0);
    for (int n = 1; n <= SIGRTMAX; n++) {
        bool skip = false;
        for (size_t i = 0; i < countof(spared); i++) skip |= n == spared[i];
        if (!skip) handle(n, fatal, (int)SA_RESETHAND | SA_ONSTACK);
    }
}

void terminal_open(void) {
    term.shows = isatty(STDOUT_FILENO);
    term.is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &term.saved) == 0;
    term.wanted = term.saved;
    cfmakeraw(&term.wanted);
    handle_signals();
    atexit(at_exit);
    enter_raw();
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
    return term.is_terminal ? CONSOLE_INPUT_LIVE : CONSOLE_INPUT_OPEN;
}

void terminal_write(const u8 *bytes, size_t n) {
    if (term.shows) modes_feed(&term.modes, bytes, n);
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

static bool writable(int milliseconds) {
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&p, 1, milliseconds) > 0;
}

void terminal_flush(void) {
    for (size_t at = 0; at < term.out_len;) {
        // Who is told to stop does not wait for a reader that may never come.
        if (term.stopping && !writable(0)) break;
        ssize_t n = write(STDOUT_FILENO, term.out + at, term.out_len - at);
        if (n > 0) {
            at += (size_t)n;
        } else if (errno == EAGAIN) {
            writable(100);
        } else if (errno != EINTR) {
            // A pipe that nobody reads any more: the run goes on without an audience. Anything else its user wants to know.
            if (!term.lost && errno != EPIPE) term.lost = errno;
            break;
        }
    }
    term.out_len = 0;
}

int terminal_lost(void) { return term.lost; }

void terminal_wait(u64 ns) {
    const u64 longest = 100000000;
    terminal_flush();
    if (ns > longest) ns = longest;
    struct timespec t = {.tv_nsec = (long)ns};
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    // Input that has ended is always "ready": then only time passes.
    ppoll(&p, term.input_ended ? 0 : 1, &t, NULL);
}
