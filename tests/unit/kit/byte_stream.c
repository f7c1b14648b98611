// SPDX-License-Identifier: MIT
#include "byte_stream.h"

#include <string.h>

static struct byte_stream *of(struct emu_stream *s) { return container_of(s, struct byte_stream, stream); }

static int put(struct emu_stream *s, const void *from, u64 n) {
    struct byte_stream *b = of(s);
    u64 most = b->most ? b->most : sizeof b->data;
    if (n > most - b->size) return ERR_IO;
    memcpy(b->data + b->size, from, n);
    b->size += n;
    return 0;
}

static int get(struct emu_stream *s, void *to, u64 n) {
    struct byte_stream *b = of(s);
    if (n > b->size - b->at) return ERR_TRUNCATED;
    memcpy(to, b->data + b->at, n);
    b->at += n;
    return 0;
}

static int close_stream(struct emu_stream *s, bool whole) {
    struct byte_stream *b = of(s);
    b->closed++;
    b->whole = whole;
    return 0;
}

void byte_stream_init(struct byte_stream *b, const char *name) {
    *b = (struct byte_stream){.stream = {.name = name, .write = put, .read = get, .close = close_stream}};
}

void byte_stream_rewind(struct byte_stream *b) { b->at = 0; }
