// SPDX-License-Identifier: MIT
#include "kernel/record.h"
#include "kernel/console.h"
#include <string.h>

#define CHUNK 65536
#define LINE 800 // longer ones are cut, and there are none

struct chunk {
    struct chunk *next;
    size_t n;
    char bytes[CHUNK];
};

static struct {
    struct emu_stream stream;
    struct plat *plat;
    bool at_once;
    char line[LINE];
    size_t length;
    struct chunk *first, *last;
} r;

static void end_line(void) {
    r.line[r.length] = 0;
    r.length = 0;
    console_line(r.line);
}

static void say(char byte) {
    if (!r.length) r.length = strlen(strcpy(r.line, RECORD_MARK));
    if (byte == '\n') end_line();
    else if (r.length < LINE - 1) r.line[r.length++] = byte;
}

static void say_all(const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) say(bytes[i]);
}

static bool has_room(void) {
    if (r.last && r.last->n < CHUNK) return true;
    struct chunk *c = r.plat->alloc(r.plat, sizeof *c, 64);
    if (!c) return false;
    *(r.last ? &r.last->next : &r.first) = c;
    r.last = c;
    return true;
}

static int put(struct emu_stream *s, const void *from, u64 n) {
    const char *bytes = from;
    if (r.at_once) say_all(bytes, n);
    for (; n && !r.at_once; n--) {
        if (!has_room()) {
            log_error(r.plat, "record: there is no memory to keep more of it: the record is not whole (record = " RECORD_AT_ONCE
                              " needs none)");
            return ERR_NO_MEMORY;
        }
        r.last->bytes[r.last->n++] = *bytes++;
    }
    return 0;
}

static int end(struct emu_stream *s, bool whole) {
    for (const struct chunk *c = r.first; c; c = c->next) say_all(c->bytes, c->n);
    if (r.length) end_line();
    return 0;
}

struct emu_stream *record_stream(const char *name) {
    r.stream = (struct emu_stream){.name = name, .write = put, .close = end};
    r.at_once = !strcmp(name, RECORD_AT_ONCE);
    return &r.stream;
}

void record_init(struct plat *p) { r.plat = p; }
