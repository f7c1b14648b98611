// SPDX-License-Identifier: MIT
#include "scripted_plat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scripted_plat *self(struct plat *p) { return (struct scripted_plat *)p; }

static void append(char *to, size_t *len, size_t room, const char *bytes, size_t n) {
    if (n > room - 1 - *len) n = room - 1 - *len;
    memcpy(to + *len, bytes, n);
    *len += n;
    to[*len] = 0;
}

static void console_write(struct plat *p, const u8 *bytes, size_t n) {
    struct scripted_plat *s = self(p);
    append(s->out, &s->out_len, sizeof s->out, (const char *)bytes, n);
}

static int console_read(struct plat *p) {
    struct scripted_plat *s = self(p);
    if (!s->input || !*s->input) return -1;
    return (u8)*s->input++;
}

static void console_restore(struct plat *p) {}
static enum console_input console_input(struct plat *p) { return self(p)->kind; }

static u64 no_time(struct plat *p) { return 0; }

static void *alloc(struct plat *p, size_t bytes, size_t align) {
    if (align < sizeof(void *)) align = sizeof(void *);
    void *m = aligned_alloc(align, (bytes + align - 1) / align * align);
    if (m) memset(m, 0, bytes);
    return m;
}

static void release(struct plat *p, void *m, size_t bytes) { free(m); }

static void log_line(struct plat *p, enum log_level level, const char *line) {
    struct scripted_plat *s = self(p);
    append(s->log, &s->log_len, sizeof s->log, line, strlen(line));
    append(s->log, &s->log_len, sizeof s->log, "\n", 1);
}

static void record(struct plat *p, const char *json) {
    struct scripted_plat *s = self(p);
    append(s->records, &s->records_len, sizeof s->records, json, strlen(json));
    append(s->records, &s->records_len, sizeof s->records, "\n", 1);
}

static void idle(struct plat *p, u64 ns) {}

__attribute__((noreturn)) static void panic(struct plat *p, const char *message) {
    fprintf(stderr, "panic: %s\n", message);
    abort();
}

int plat_vformat(char *buf, size_t size, const char *format, va_list args) { return vsnprintf(buf, size, format, args); }

int plat_format(char *buf, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(buf, size, format, args);
    va_end(args);
    return n;
}

void scripted_plat_init(struct scripted_plat *s) {
    memset(s, 0, sizeof *s);
    s->plat = (struct plat){.console_write = console_write,
                            .console_read = console_read,
                            .console_input = console_input,
                            .console_restore = console_restore,
                            .cycles = no_time,
                            .host_ns = no_time,
                            .alloc = alloc,
                            .free = release,
                            .log = log_line,
                            .record = record,
                            .idle = idle,
                            .panic = panic};
}

bool scripted_logged(const struct scripted_plat *s, const char *text) { return s->log_len && strstr(s->log, text); }
