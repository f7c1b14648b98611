// SPDX-License-Identifier: MIT
// One line per piece of code: start, size (both hexadecimal), name. When the memory for code has started over, an address has several
// names, and perf takes one of them: a profile is then right about where its samples lie, and not always about what lay there.
#define _GNU_SOURCE
#include "perf_map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

FILE *perf_map_open(struct plat *p) {
    char path[40];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
    unlink(path); // of an earlier process with this number
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        log_error(p, "perf_map: cannot write '%s': %s", path, strerror(errno));
        return NULL;
    }
    setvbuf(f, NULL, _IOLBF, BUFSIZ);
    log_info(p, "perf_map: names of translated code are in '%s'", path);
    return f;
}

void perf_map_add(FILE *map, const u8 *exec, u64 size, const char *name) {
    fprintf(map, "%llx %llx %s\n", (unsigned long long)(hva_t)exec, (unsigned long long)size, name);
}
