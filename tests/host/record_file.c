// SPDX-License-Identifier: MIT
#include "record_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record_file {
    struct emu_stream stream;
    struct plat *plat;
    FILE *file;
};

static struct record_file *of(struct emu_stream *s) { return container_of(s, struct record_file, stream); }

static int failed(struct record_file *f) {
    log_error(f->plat, "record: cannot write '%s': %s; the record is not whole", f->stream.name, strerror(errno));
    return ERR_IO;
}

static int put(struct emu_stream *s, const void *from, u64 n) {
    struct record_file *f = of(s);
    return fwrite(from, 1, n, f->file) == n ? 0 : failed(f);
}

static int close_file(struct emu_stream *s, bool whole) {
    struct record_file *f = of(s);
    return fflush(f->file) && whole ? failed(f) : 0;
}

int record_file_create(struct plat *p, const char *path, struct emu_stream **out) {
    struct record_file *f = calloc(1, sizeof *f);
    if (!f) {
        log_error(p, "no memory for the record '%s'", path);
        return ERR_NO_MEMORY;
    }
    *f = (struct record_file){.stream = {.name = path, .write = put, .close = close_file}, .plat = p, .file = fopen(path, "we")};
    if (!f->file) {
        log_error(p, "record: cannot make '%s': %s", path, strerror(errno));
        free(f);
        return ERR_IO;
    }
    setvbuf(f->file, NULL, _IOLBF, 0);
    *out = &f->stream;
    return 0;
}

void record_file_close(struct emu_stream *s) {
    if (!s) return;
    fclose(of(s)->file);
    free(of(s));
}
