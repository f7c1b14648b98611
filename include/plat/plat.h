// SPDX-License-Identifier: MIT
// The platform interface: everything emu/ may ask of the world it runs in. Three implementations: kernel/ (metal),
// tests/host/ (a Linux process) and a scripted one for tests. emu/ uses nothing else: no file, no clock, no stdio.
#ifndef PLAT_PLAT_H
#define PLAT_PLAT_H

#include "base/types.h"
#include <stdarg.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

// What may still be typed at the console.
enum console_input {
    CONSOLE_INPUT_ENDED, // nothing: the end was read, or there is no way in
    CONSOLE_INPUT_OPEN,  // a file or pipe whose end was not read yet
    CONSOLE_INPUT_LIVE,  // a person's keyboard
};

// Memory for code that the emulator makes: one range of physical memory, mapped twice, so that no page is ever both writable and
// executable. The two need not be near each other, nor near the emulator's own code.
struct plat_code {
    u8 *write; // readable and writable, never executable
    u8 *exec;  // the same bytes: readable and executable, never writable
    u64 size;  // bytes, a multiple of 4096
};

struct plat {
    // Output of the guest's console (ttyS0), unbuffered from the guest's view; never fails.
    void (*console_write)(struct plat *, const u8 *bytes, size_t n);
    // The guest is through with it: the terminal is given back as it was (emu/modes.h).
    void (*console_restore)(struct plat *);
    // The next input byte (0..255) typed at the console, or -1 when there is none. Never blocks.
    int (*console_read)(struct plat *);
    enum console_input (*console_input)(struct plat *);
    // Host cycle counter (TSC). For reports only: nothing the guest sees may depend on it.
    u64 (*cycles)(struct plat *);
    // Host monotonic time in ns. For `clock = host`, for how long a halted guest is waited for, and for reports only.
    u64 (*host_ns)(struct plat *);
    // Zeroed memory, `align` a power of two up to 2 MiB; NULL when there is none.
    void *(*alloc)(struct plat *, size_t bytes, size_t align);
    void (*free)(struct plat *, void *p, size_t bytes);
    // Fills *out with `size` zeroed bytes for code (a multiple of 4096, up to 64 MiB), which live until code_free. 0, or a negative
    // error, which is no reason to refuse a run: then the emulator interprets. Both NULL: there is none on this platform.
    int (*code_alloc)(struct plat *, u64 size, struct plat_code *out);
    // What was handed out, as it was; size 0 is allowed.
    void (*code_free)(struct plat *, struct plat_code *code);
    // For profilers: the code at `exec` (of code_alloc's mapping) was made, and is called `name`. NULL: nobody wants to know.
    void (*code_named)(struct plat *, const u8 *exec, u64 size, const char *name);
    // One line for people, without a newline. Levels the user did not ask for are dropped by the platform.
    void (*log)(struct plat *, enum log_level level, const char *line);
    // One line for machines (JSON), without a newline.
    void (*record)(struct plat *, const char *json);
    // The guest is halted and nothing is due: sleep, without keeping a core busy, until input arrives, the run is to be
    // stopped, or `ns` have passed (at most). May return at once.
    void (*idle)(struct plat *, u64 ns);
    // A bug of our own: prints, dumps state, never returns. Never for what a guest did.
    void (*panic)(struct plat *, const char *message) __attribute__((noreturn));
};

// Both are implemented by each platform with its C library's vsnprintf. Return the length the whole text would have.
int plat_vformat(char *buf, size_t size, const char *format, va_list args) __attribute__((format(printf, 3, 0)));
int plat_format(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Formats one log line (up to 500 bytes) and hands it to p->log. Implemented in emu/core/log.c.
void log_at(struct plat *p, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define log_error(p, ...) log_at(p, LOG_ERROR, __VA_ARGS__)
#define log_warn(p, ...) log_at(p, LOG_WARN, __VA_ARGS__)
#define log_info(p, ...) log_at(p, LOG_INFO, __VA_ARGS__)
#define log_debug(p, ...) log_at(p, LOG_DEBUG, __VA_ARGS__)

// Names made code for p->code_named by what it is and the guest address that it is for: "block 0xffffffff81000000". emu/core/log.c.
void name_code(struct plat *p, const u8 *exec, u64 size, const char *kind, u64 guest);

#endif
