// SPDX-License-Identifier: MIT
// Guest files: open, look, map.
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map_open_file(struct plat *p, const char *what, const char *path, int fd, struct blob *out) {
    struct stat st;
    if (fstat(fd, &st) < 0) {
        log_error(p, "%s: cannot look at '%s': %s", what, path, strerror(errno));
        return ERR_IO;
    }
    if (!S_ISREG(st.st_mode)) {
        log_error(p, "%s: '%s' is not a regular file", what, path);
        return ERR_INVALID;
    }
    if (st.st_size == 0) {
        log_error(p, "%s: '%s' is empty (0 bytes)", what, path);
        return ERR_TRUNCATED;
    }
    // Private and writable: what the guest writes stays in this process.
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (at == MAP_FAILED) {
        log_error(p, "%s: cannot map '%s' (%lld bytes): %s", what, path, (long long)st.st_size, strerror(errno));
        return ERR_IO;
    }
    *out = (struct blob){.name = path, .data = at, .size = (u64)st.st_size};
    return 0;
}

int file_map(struct plat *p, const char *what, const char *path, struct blob *out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        log_error(p, "%s: cannot open '%s': %s", what, path, strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    int r = map_open_file(p, what, path, fd, out);
    close(fd);
    return r;
}

int files_load(struct plat *p, const struct emu_config *c, struct emu_inputs *out) {
    const struct {
        const char *what, *path;
        struct blob *blob;
    } wanted[] = {
        {"kernel", c->kernel, &out->kernel},
        {"initrd", c->initrd, &out->initrd},
        {"cdrom", c->cdrom, &out->cdrom},
    };
    int first = 0;
    for (size_t i = 0; i < countof(wanted); i++) {
        bool file = wanted[i].path[0] && !config_in_cdrom(wanted[i].path);
        int r = file ? file_map(p, wanted[i].what, wanted[i].path, wanted[i].blob) : 0;
        if (r && !first) first = r;
    }
    for (unsigned i = 0; i < c->disks; i++) {
        int r = file_map(p, "disk", c->disk[i], &out->disk[i]);
        if (r && !first) first = r;
    }
    return first;
}

static int prefix(struct plat *p, char path[CONFIG_TEXT], const char *config, size_t folder) {
    char whole[CONFIG_TEXT];
    if (!path[0] || path[0] == '/' || config_in_cdrom(path) || !folder) return 0;
    int n = plat_format(whole, sizeof whole, "%.*s%s", (int)folder, config, path);
    if (n < 0 || (size_t)n >= sizeof whole) {
        log_error(p, "%s: the path '%.60s...' is longer than %d bytes", config, path, CONFIG_TEXT - 1);
        return ERR_RANGE;
    }
    memcpy(path, whole, (size_t)n + 1);
    return 0;
}

// Paths in the order in which prefix errors are told. At most CONFIG_DISKS more are disks.
enum { PATHS = 5 };
static void paths_of(struct emu_config *c, char *path[PATHS]) {
    char *const all[PATHS] = {c->kernel, c->initrd, c->cdrom, c->log, c->report};
    memcpy(path, all, sizeof all);
}

// No path is this.
static const char unset[] = "\x01";

void files_mark_paths(struct emu_config *c) {
    char *path[PATHS];
    paths_of(c, path);
    for (unsigned i = 0; i < PATHS; i++) strcpy(path[i], unset);
}

int files_relative_to(struct plat *p, struct emu_config *c, struct emu_config *before, const char *config) {
    const char *slash = strrchr(config, '/');
    size_t folder = slash ? (size_t)(slash - config) + 1 : 0;
    char *path[PATHS], *old[PATHS];
    paths_of(c, path);
    paths_of(before, old);
    int r = 0;
    for (unsigned i = 0; i < PATHS; i++) {
        if (!strcmp(path[i], unset)) strcpy(path[i], old[i]);
        else if (!r) r = prefix(p, path[i], config, folder);
    }
    for (unsigned i = before->disks; !r && i < c->disks; i++) r = prefix(p, c->disk[i], config, folder);
    return r;
}
