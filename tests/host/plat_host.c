// SPDX-License-Identifier: MIT
// The platform interface over libc.
#define _GNU_SOURCE
#include "plat_host.h"

#include "base/bits.h"
#include "base/err.h"
#include "terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define MAPPED_FROM MiB // larger allocations are mapped: zeroed by the kernel, when touched

int plat_vformat(char *buf, size_t size, const char *format, va_list args) {
    return vsnprintf(buf, size, format, args);
}

int plat_format(char *buf, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(buf, size, format, args);
    va_end(args);
    return n;
}

static struct plat_host *host(struct plat *p) { return container_of(p, struct plat_host, plat); }

static void console_write(struct plat *p, const u8 *bytes, size_t n) { terminal_write(bytes, n); }
static int console_read(struct plat *p) { return terminal_read(); }
static enum console_input console_input(struct plat *p) { return terminal_input(); }
static void idle(struct plat *p, u64 ns) { terminal_wait(ns); }
static u64 cycles(struct plat *p) { return __builtin_ia32_rdtsc(); }

static u64 host_ns(struct plat *p) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

// mmap knows only the page's alignment: take more, and give back what lies before and after.
static void *map_aligned(size_t bytes, size_t align) {
    if (bytes > SIZE_MAX - align) return NULL;
    u8 *at = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return NULL;
    size_t before = align_up((hva_t)at, align) - (hva_t)at;
    u8 *use = at + before;
    size_t kept = align_up(bytes, 4096);
    if (before) munmap(at, before);
    if (align > before + (kept - bytes)) munmap(use + kept, align - before - (kept - bytes));
    return use;
}

static void *alloc(struct plat *p, size_t bytes, size_t align) {
    if (align < 4096) align = align < sizeof(void *) ? sizeof(void *) : align;
    if (bytes >= MAPPED_FROM) return map_aligned(bytes, align < 4096 ? 4096 : align);
    void *at;
    if (posix_memalign(&at, align, bytes ? bytes : 1)) return NULL;
    return memset(at, 0, bytes);
}

static void release(struct plat *p, void *at, size_t bytes) {
    if (!at) return;
    if (bytes >= MAPPED_FROM) {
        munmap(at, align_up(bytes, 4096));
    } else {
        free(at);
    }
}

static void put_line(FILE *f, const char *prefix, const char *line) {
    terminal_flush();
    fprintf(f, "%s%s%s", prefix, line, f == stderr && terminal_raw() ? "\r\n" : "\n");
    fflush(f);
}

static void log_line(struct plat *p, enum log_level level, const char *line) {
    static const char *const prefix[] = {
        [LOG_ERROR] = "softmetal: error: ",
        [LOG_WARN] = "softmetal: warning: ",
        [LOG_INFO] = "softmetal: ",
        [LOG_DEBUG] = "softmetal: debug: ",
    };
    struct plat_host *h = host(p);
    if (level == LOG_DEBUG && !h->verbose) return;
    put_line(h->log, prefix[level], line);
    // What stops a run must be seen even by those who send the log elsewhere.
    if (level == LOG_ERROR && h->log != stderr) put_line(stderr, prefix[level], line);
}

static void record(struct plat *p, const char *json) { put_line(host(p)->report, "", json); }

__attribute__((noreturn)) static void panic(struct plat *p, const char *message) {
    terminal_flush();
    terminal_close();
    fprintf(stderr, "softmetal: panic (a bug of softmetal, not of the guest): %s\n", message);
    abort();
}

void plat_host_init(struct plat_host *h) {
    *h = (struct plat_host){
        .plat =
            {
                .console_write = console_write,
                .console_read = console_read,
                .console_input = console_input,
                .cycles = cycles,
                .host_ns = host_ns,
                .alloc = alloc,
                .free = release,
                .log = log_line,
                .record = record,
                .idle = idle,
                .panic = panic,
            },
        .log = stderr,
        .report = stderr,
    };
}

static int redirect(struct plat_host *h, FILE **f, const char *what, const char *path) {
    FILE *opened = fopen(path, "we");
    if (!opened) {
        log_error(&h->plat, "%s: cannot write '%s': %s", what, path, strerror(errno));
        return ERR_IO;
    }
    *f = opened;
    return 0;
}

int plat_host_log_to(struct plat_host *h, const char *path) { return redirect(h, &h->log, "log", path); }
int plat_host_report_to(struct plat_host *h, const char *path) { return redirect(h, &h->report, "report", path); }
