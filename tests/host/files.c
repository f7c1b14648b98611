// SPDX-License-Identifier: MIT
// Guest files: open, look, map.
#define _GNU_SOURCE
#include "files.h"

#include "disk.h"
#include "record_file.h"
#include "gdb_socket.h"
#include "snapshot_file.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRMWARE = 2, INPUTS = 8 }; // files that firmware is made of; that a configuration names

// The signal's handler gets an address and no more.
static struct {
    struct plat *plat;
    void (*lost)(void);
    struct {
        const char *what;
        struct blob blob;
    } map[INPUTS + 1]; // and the configuration's own
    unsigned maps;
} guard;

static void on_bus_error(int number, siginfo_t *info, void *context) {
    const u8 *at = info->si_addr;
    for (unsigned i = 0; i < guard.maps; i++) {
        const struct blob *b = &guard.map[i].blob;
        if (at < b->data || at >= b->data + b->size) continue;
        log_error(guard.plat, "%s: cannot read '%s' from byte %llu on: it has become shorter, or its medium fails",
                  guard.map[i].what, b->name, (unsigned long long)(at - b->data));
        guard.lost();
    }
    // A bug of our own, or sent by somebody: it ends the process when this returns.
    terminal_close();
    signal(number, SIG_DFL);
    raise(number);
}

void files_guard(struct plat *p, void (*lost)(void)) {
    struct sigaction a = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    guard.plat = p;
    guard.lost = lost;
    sigaction(SIGBUS, &a, NULL);
    signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error of the call that would have made it
}

static void guard_map(const char *what, const struct blob *b) {
    if (guard.maps == countof(guard.map)) return;
    guard.map[guard.maps].what = what;
    guard.map[guard.maps++].blob = *b;
}

// What was not mapped here stays: it is a part of another file, or nothing.
static void unmap(struct blob *b) {
    for (unsigned i = 0; b->data && i < guard.maps; i++) {
        if (guard.map[i].blob.data != b->data) continue;
        munmap((void *)(uintptr_t)b->data, (size_t)guard.map[i].blob.size);
        guard.map[i] = guard.map[--guard.maps];
        return;
    }
}

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
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) {
        log_error(p, "%s: cannot map '%s' (%lld bytes): %s", what, path, (long long)st.st_size, strerror(errno));
        return ERR_IO;
    }
    *out = (struct blob){.name = path, .data = at, .size = (u64)st.st_size};
    guard_map(what, out);
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

// Where Debian's packages put it; NULL (logged): they have not.
static const char *firmware_of(struct plat *p, const struct emu_config *c) {
    static const struct {
        const char *word, *package, *file;
    } known[] = {[FIRMWARE_BIOS] = {"bios", "seabios", "/usr/share/seabios/" CONFIG_SEABIOS},
                 [FIRMWARE_UEFI] = {"uefi", "ovmf", "/usr/share/ovmf/" CONFIG_OVMF}};
    if (c->firmware != FIRMWARE_BIOS && c->firmware != FIRMWARE_UEFI) return c->firmware_file;
    const char *file = known[c->firmware].file, *package = known[c->firmware].package;
    if (!access(file, R_OK)) return file;
    log_error(p, "firmware = %s: there is no %s; right is Debian's package %s (apt-get install %s), or firmware = FILE",
              known[c->firmware].word, file, package, package);
    return NULL;
}

static const char *vga_bios_of(struct plat *p, const struct emu_config *c) {
    static const char file[] = "/usr/share/seabios/" CONFIG_VGA_BIOS;
    if (!config_has_screen(c)) return "";
    if (!access(file, R_OK)) return file;
    log_error(p, "screen: there is no %s; right is Debian's package seabios (apt-get install seabios), or screen = serial", file);
    return NULL;
}

// Behind all else: `auto` has looked at that.
static int load_firmware(struct plat *p, struct emu_config *c, struct emu_inputs *out) {
    int r = emu_choose_firmware(c, out, p);
    if (r) return r;
    const char *firmware = firmware_of(p, c), *vga_bios = vga_bios_of(p, c);
    if (!firmware || !vga_bios) return ERR_NOT_FOUND;
    if (firmware[0]) r = file_map(p, "firmware", firmware, &out->firmware);
    return !r && vga_bios[0] ? file_map(p, "screen", vga_bios, &out->vga_bios) : r;
}

int files_load(struct plat *p, struct emu_config *c, struct emu_inputs *out) {
    const struct {
        const char *what, *path;
        struct blob *blob;
    } wanted[] = {
        {"kernel", c->kernel, &out->kernel}, {"initrd", c->initrd, &out->initrd}, {"cdrom", c->cdrom, &out->cdrom},
        {"bios", c->bios, &out->bios},       {"replay", c->replay, &out->replay}, {"symbols", c->symbols, &out->symbols},
    };
    _Static_assert(countof(wanted) + FIRMWARE == INPUTS, "all of them are guarded");
    int first = 0;
    for (size_t i = 0; i < countof(wanted); i++) {
        bool file = wanted[i].path[0] && !config_in_cdrom(wanted[i].path);
        int r = file ? file_map(p, wanted[i].what, wanted[i].path, wanted[i].blob) : 0;
        if (r && !first) first = r;
    }
    const struct blob *disc = out->cdrom.data ? &out->cdrom : &out->kernel;
    if (!first && disc->data) first = disk_open_read_only(p, "cdrom", disc->name, &out->cdrom_drive);
    for (unsigned i = 0; i < c->disks; i++) {
        int r = disk_open(p, "disk", c->disk[i], c->disk_write, &out->disk_drive[i]);
        if (r && !first) first = r;
    }
    if (!first && c->nvram[0]) first = disk_open(p, "nvram", c->nvram, c->disk_write, &out->nvram_drive);
    if (!first) first = load_firmware(p, c, out);
    if (!first && c->restore[0]) first = snapshot_file_open(p, c->restore, &out->restore);
    if (!first && c->snapshot.file[0]) first = snapshot_file_create(p, c->snapshot.file, &out->snapshot);
    if (!first && c->record[0]) first = record_file_create(p, c->record, &out->record);
    if (!first && c->gdb[0]) first = gdb_socket_open(p, c->gdb, &out->gdb);
    return first;
}

void files_close(struct emu_inputs *in) {
    disk_close(in->cdrom_drive);
    disk_close(in->nvram_drive);
    for (unsigned i = 0; i < CONFIG_DISKS; i++) disk_close(in->disk_drive[i]);
    snapshot_file_close(in->restore);
    snapshot_file_close(in->snapshot);
    record_file_close(in->record);
    gdb_socket_close(in->gdb);
    struct blob *const mapped[] = {&in->kernel, &in->initrd,   &in->cdrom,    &in->bios,
                                   &in->replay, &in->firmware, &in->vga_bios, &in->symbols};
    _Static_assert(countof(mapped) == INPUTS, "all of them are unmapped");
    for (unsigned i = 0; i < INPUTS; i++) unmap(mapped[i]);
    *in = (struct emu_inputs){0};
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
enum { PATHS = 13 };
static void paths_of(struct emu_config *c, char *path[PATHS]) {
    char *const all[PATHS] = {c->kernel,  c->initrd, c->cdrom,  c->bios,          c->log,   c->report, c->snapshot.file,
                              c->restore, c->record, c->replay, c->firmware_file, c->nvram, c->symbols};
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
