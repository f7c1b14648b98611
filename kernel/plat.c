// SPDX-License-Identifier: MIT
// The platform interface on metal.
#include "kernel/plat.h"
#include "kernel/console.h"
#include "kernel/heap.h"
#include "kernel/io.h"
#include "kernel/paging.h"
#include "kernel/panic.h"
#include "kernel/profile.h"
#include "kernel/screen.h"
#include "kernel/sleep.h"
#include "kernel/time.h"
#include <stdio.h>
#include <string.h>

struct kernel_plat {
    struct plat plat;
    bool verbose;
    struct plat_code code;
    bool code_taken;
    bool is_virtual; // CPUID.1:ECX[31]: a hypervisor is there
};

static void do_console_write(struct plat *p, const u8 *bytes, size_t n) { console_guest(bytes, n); }
static void do_console_restore(struct plat *p) { console_restore(); }
static int do_console_read(struct plat *p) { return console_input(); }
static enum console_input do_console_input(struct plat *p) {
    return console_has_input() ? CONSOLE_INPUT_LIVE : CONSOLE_INPUT_ENDED;
}
static u64 do_cycles(struct plat *p) { return rdtsc(); }
static u64 do_host_ns(struct plat *p) { return time_ns(); }
static void *do_alloc(struct plat *p, size_t bytes, size_t align) { return heap_alloc(bytes, align); }
static void do_free(struct plat *p, void *at, size_t bytes) { heap_free(at, bytes); }

// One range, one owner: there is one machine, and one that restarts gives it back first.
static int do_code_alloc(struct plat *p, u64 size, struct plat_code *out) {
    struct kernel_plat *k = (struct kernel_plat *)p;
    if (!size || size % 4096) return ERR_INVALID;
    if (!k->code.size) return ERR_UNSUPPORTED;
    if (k->code_taken || size > k->code.size) return ERR_NO_MEMORY;
    k->code_taken = true;
    *out = k->code;
    out->size = size;
    memset(out->write, 0, size);
    return 0;
}

static void do_code_free(struct plat *p, struct plat_code *code) {
    if (code->size) ((struct kernel_plat *)p)->code_taken = false;
    *code = (struct plat_code){0};
}

static void do_code_named(struct plat *p, const u8 *exec, u64 size, const char *name) { profile_code_named(exec, size, name); }

static void do_log(struct plat *p, enum log_level level, const char *line) {
    static const char *const prefix[] = {"error: ", "warning: ", "", "debug: "};
    if (level == LOG_DEBUG && !((struct kernel_plat *)p)->verbose) return;
    char text[600];
    plat_format(text, sizeof text, "softmetal: %s%s", prefix[level], line);
    console_line(text);
}

static void do_record(struct plat *p, const char *json) { console_line(json); }

static void do_idle(struct plat *p, u64 ns) {
    // Input is polled by the caller. A UART's FIFO is full after 1.4 ms; that of a virtual machine has the sender wait, and there
    // waking up is what costs.
    u64 most = ((struct kernel_plat *)p)->is_virtual ? 4000000 : 1000000;
    screen_tick();
    sleep_us((u32)((ns < most ? ns : most) / 1000));
}

__attribute__((noreturn)) static void do_panic(struct plat *p, const char *message) { panic(message); }

struct plat *kernel_plat(const struct handoff *h) {
    static struct kernel_plat k = {.plat = {.console_write = do_console_write,
                                            .console_restore = do_console_restore,
                                            .console_read = do_console_read,
                                            .console_input = do_console_input,
                                            .cycles = do_cycles,
                                            .host_ns = do_host_ns,
                                            .alloc = do_alloc,
                                            .free = do_free,
                                            .code_alloc = do_code_alloc,
                                            .code_free = do_code_free,
                                            .log = do_log,
                                            .record = do_record,
                                            .idle = do_idle,
                                            .panic = do_panic}};
    k.verbose = h->config.verbose;
    k.plat.code_named = h->config.profile_host ? do_code_named : NULL;
    k.code = paging_code(h);
    k.is_virtual = cpuid(1, 0).ecx >> 31;
    return &k.plat;
}

int plat_vformat(char *buf, size_t size, const char *format, va_list args) { return vsnprintf(buf, size, format, args); }

int plat_format(char *buf, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = plat_vformat(buf, size, format, args);
    va_end(args);
    return n;
}
