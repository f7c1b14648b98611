// SPDX-License-Identifier: MIT
// The platform interface over libc.
#define _GNU_SOURCE
#include "plat_host.h"

#include "base/bits.h"
#include "base/err.h"
#include "code_memory.h"
#include "perf_map.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAPPED_FROM MiB // larger allocations are mapped: zeroed by the kernel, when touched

int plat_vformat(char *buf, size_t size, const char *format, va_list args) { return vsnprintf(buf, size, format, args); }

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
static void console_restore(struct plat *p) { terminal_restore(); }
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

static void put_line(FILE *f, int *lost, const char *prefix, const char *line) {
    terminal_flush();
    const char *end = terminal_raw() && isatty(fileno(f)) ? "\r\n" : "\n";
    if ((fprintf(f, "%s%s%s", prefix, line, end) < 0 || fflush(f)) && !*lost) *lost = errno;
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
    int unheard = 0; // standard error is the last place to say anything
    put_line(h->log, h->log == stderr ? &unheard : &h->log_lost, prefix[level], line);
    // What stops a run must be seen even by those who send the log elsewhere.
    if (level == LOG_ERROR && h->log != stderr) put_line(stderr, &unheard, prefix[level], line);
}

static void record(struct plat *p, const char *json) { put_line(host(p)->report, &host(p)->report_lost, "", json); }

static int code_alloc(struct plat *p, u64 size, struct plat_code *out) {
    return code_memory_alloc(host(p)->perf_map ? CODE_MEMORY_PROFILED : CODE_MEMORY_SEALED, size, out);
}

static void code_free(struct plat *p, struct plat_code *code) { code_memory_free(code); }

static void code_named(struct plat *p, const u8 *exec, u64 size, const char *name) {
    perf_map_add(host(p)->perf_map, exec, size, name);
}

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
                .console_restore = console_restore,
                .console_read = console_read,
                .console_input = console_input,
                .cycles = cycles,
                .host_ns = host_ns,
                .alloc = alloc,
                .free = release,
                .code_alloc = code_alloc,
                .code_free = code_free,
                .log = log_line,
                .record = record,
                .idle = idle,
                .panic = panic,
            },
        .log = stderr,
        .report = stderr,
    };
}

static bool same_file(const struct stat *a, const struct stat *b) { return a->st_dev == b->st_dev && a->st_ino == b->st_ino; }

// What the file is already, so that writing to it would destroy it; NULL when it is none of the guest's.
static const char *is_input(const struct emu_config *c, const struct stat *st) {
    const struct {
        const char *key, *path;
    } in[] = {{"kernel", c->kernel}, {"initrd", c->initrd},          {"cdrom", c->cdrom},
              {"bios", c->bios},     {"firmware", c->firmware_file}, {"nvram", c->nvram}};
    struct stat other;
    for (size_t i = 0; i < countof(in); i++)
        if (in[i].path[0] && !stat(in[i].path, &other) && same_file(st, &other)) return in[i].key;
    for (unsigned i = 0; i < c->disks; i++)
        if (!stat(c->disk[i], &other) && same_file(st, &other)) return "disk";
    return NULL;
}

// A stream onto the file behind fd: one that this process writes already is shared, since two that each know their own place in it
// would write over each other.
static FILE *stream_of(struct plat_host *h, int fd, const struct stat *st) {
    FILE *open_ones[] = {stderr, stdout, h->log, h->report};
    struct stat other;
    for (size_t i = 0; i < countof(open_ones); i++)
        if (!fstat(fileno(open_ones[i]), &other) && same_file(st, &other)) {
            close(fd);
            return open_ones[i];
        }
    if (S_ISREG(st->st_mode) && ftruncate(fd, 0)) return NULL;
    return fdopen(fd, "w");
}

static int redirect(struct plat_host *h, const struct emu_config *c, FILE **f, const char *what, const char *path) {
    struct stat st;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    FILE *opened = NULL;
    if (fd >= 0 && !fstat(fd, &st)) {
        const char *key = is_input(c, &st);
        if (key) {
            log_error(&h->plat, "%s: '%s' is the guest's %s as well, and would be lost; right is a file of its own", what, path,
                      key);
            return ERR_INVALID;
        }
        opened = stream_of(h, fd, &st);
    }
    if (!opened) {
        log_error(&h->plat, "%s: cannot write '%s': %s", what, path, strerror(errno));
        return ERR_IO;
    }
    *f = opened;
    return 0;
}

// A file that is made, later, takes the place of one of its name.
static int check_file(struct plat_host *h, const struct emu_config *c, const char *what, const char *path) {
    struct stat st;
    const char *key = path[0] && !stat(path, &st) ? is_input(c, &st) : NULL;
    if (!key) return 0;
    log_error(&h->plat, "%s: '%s' is the guest's %s as well, and would be lost; right is a file of its own", what, path, key);
    return ERR_INVALID;
}

int plat_host_outputs(struct plat_host *h, const struct emu_config *c) {
    FILE *log = h->log, *report = h->report;
    if (check_file(h, c, "snapshot", c->snapshot.file) || check_file(h, c, "record", c->record)) return ERR_INVALID;
    int r = c->log[0] ? redirect(h, c, &log, "log", c->log) : 0;
    if (r) return r;
    h->log = log;
    r = c->report[0] ? redirect(h, c, &report, "report", c->report) : 0;
    h->report = report;
    if (r || !c->perf_map) return r;
    h->perf_map = perf_map_open(&h->plat);
    if (!h->perf_map) return ERR_IO;
    h->plat.code_named = code_named;
    return 0;
}

static bool tell_lost(struct plat_host *h, const char *what, const char *path, int error) {
    if (error) log_error(&h->plat, "%s: cannot write '%s': %s; some of it is lost", what, path, strerror(error));
    return error;
}

bool plat_host_lost(struct plat_host *h, const struct emu_config *c) {
    bool lost = tell_lost(h, "console", "standard output", terminal_lost());
    lost |= tell_lost(h, "report", c->report[0] ? c->report : "standard error", h->report_lost);
    return lost | tell_lost(h, "log", c->log, h->log_lost);
}
