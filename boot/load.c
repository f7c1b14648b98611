// SPDX-License-Identifier: MIT
// A guest's file, or the parts of one, into memory: how far it is, how fast, how long it will take; and a key goes back to the menu.
#include "base/bits.h"
#include "boot/boot.h"
#include "boot/keys.h"
#include "boot/names.h"
#include "boot/net.h"
#include "boot/status.h"
#include "boot/tpm.h"
#include "boot/window.h"
#include "kernel/io.h"
#include <string.h>

// One read. What firmware's drivers take at a time is their business, and no size is faster on a slow medium: 64 MiB by OVMF, in QEMU's count of
// instructions as time, took 6.4 to 6.6 s by EHCI in reads of 16 KiB to 64 MiB; by xHCI 0.47 s of 16 KiB, 0.46 of 256 KiB, 0.39 of 1 MiB, 0.40 of
// 4 MiB, 0.32 of 64 MiB. So it is the least of the fast ones: a key is looked for between two, also at a MiB a second, and some firmware's USB
// stack is slow or wrong with very large reads.
enum { CHUNK = 1024 * 1024 };
enum { PARTS_MOST = 999, CALIBRATE_US = 2000, SHOW_RATE_AFTER_S = 2, SHOWN_A_SECOND = 4 };
enum { COLUMNS = 79, PATH_LEAST = 8 };

#define FILE_MOST ((u64)1 << 40) // more than a machine has RAM for; sums with it do not wrap

struct load {
    struct boot *b;
    const char *key, *path;
    u64 done, size;
    u64 start, hz; // of the TSC
    u64 shown;     // when
    u8 *data;      // where emu looks for it
    u64 end;       // of the part that is being read
    bool back;     // somebody does not want it any more
};

// A line that is written over must not be wider than a screen: of a long path the end is shown.
static void show(struct load *l, bool finished) {
    l->shown = rdtsc();
    char rate[80] = "", amount[140];
    u64 cycles = rdtsc() - l->start, tenths = cycles / (l->hz / 10 + 1) + 1;
    if (!finished && l->done && cycles / l->hz >= SHOW_RATE_AFTER_S) {
        u64 left = (l->size - l->done) / (l->done / tenths + 1) / 10, per_second = l->done / tenths * 10;
        plat_format(rate, sizeof rate, ", %llu.%llu MiB/s, %llu:%02llu left%s", (unsigned long long)(per_second / MiB),
                    (unsigned long long)(per_second % MiB * 10 / MiB), (unsigned long long)(left / 60),
                    (unsigned long long)(left % 60), l->b->entries ? ", Esc: back" : "");
    }
    int n = plat_format(amount, sizeof amount, ": %llu of %llu MiB%s", (unsigned long long)((l->done + MiB / 2) / MiB),
                        (unsigned long long)((l->size + MiB / 2) / MiB), rate);
    size_t used = strlen("softmetal: ") + strlen(l->key) + 1 + (size_t)n,
           room = used + PATH_LEAST < COLUMNS ? COLUMNS - used : PATH_LEAST;
    size_t length = strlen(l->path);
    bool cut = !finished && length > room;
    log_progress(l->b, finished, "%s %s%.100s%s", l->key, cut ? "..." : "", cut ? l->path + length - room + 3 : l->path, amount);
}

static void cannot(struct load *l, const char *part, const char *why) {
    log_progress(l->b, true, "%s %s", l->key, l->path);
    log_error(&l->b->plat, "%s %s: the firmware could read only %llu of its %llu bytes%s%s: %s", l->key, l->path,
              (unsigned long long)l->done, (unsigned long long)l->size, *part ? ", up to " : "", part, why);
}

// Now and then: a screen that the firmware draws takes longer than the bytes do. false: somebody does not want it any more.
static bool goes_on(struct load *l) {
    if (rdtsc() - l->shown <= l->hz / SHOWN_A_SECOND) return true;
    show(l, false);
    u32 key = l->b->entries ? input_key(l->b) : NO_KEY;
    l->back = key == KEY_ESCAPE || key == 'q';
    return !l->back;
}

// A server's file comes as it comes, and more of it than the server has said is not wanted; size 0 while nothing comes.
static bool take(void *ctx, const u8 *data, size_t size) {
    struct load *l = ctx;
    u64 room;
    if (size > l->end - l->done) size = l->end - l->done;
    while (size) {
        u8 *to = window_physical(l->b->h, l->data + l->done, &room);
        size_t n = size < room ? size : (size_t)room;
        memcpy(to, data, n);
        data += n, size -= n, l->done += n;
    }
    return goes_on(l) && l->done < l->end;
}

static enum loaded fetch_part(struct load *l, EFI_FILE_HANDLE f, const char *part, u64 size) {
    l->end = l->done + size;
    show(l, false);
    EFI_STATUS s = net_fetch(f, take, l);
    if (l->done == l->end) return GUEST_LOADED;
    if (l->back) return GUEST_BACK;
    cannot(l, part, EFI_ERROR(s) ? status_text(s) : "the file ends there");
    return GUEST_REFUSED;
}

// The bytes of one part, to where the ones before it have ended.
static enum loaded read_part(struct load *l, EFI_FILE_HANDLE f, const char *part, u64 size) {
    show(l, false);
    for (u64 left = size; left;) {
        u64 room;
        u8 *to = window_physical(l->b->h, l->data + l->done, &room);
        UINTN n = left < CHUNK ? left : CHUNK;
        if (n > room) n = room;
        if (!goes_on(l)) return GUEST_BACK;
        EFI_STATUS s = f->Read(f, &n, to);
        if (EFI_ERROR(s) || !n || n > left) {
            cannot(l, part, EFI_ERROR(s) ? status_text(s) : "the file ends there");
            return GUEST_REFUSED;
        }
        l->done += n;
        left -= n;
    }
    return GUEST_LOADED;
}

// --- parts

struct parts {
    const struct place *place;
    char path[BOOT_PATH + 8]; // of the part, from the volume's root
    size_t stem;              // of that, without ".001"
    unsigned count;           // 1: the file is whole
};

static bool open_part(struct boot *b, struct parts *p, unsigned n, EFI_FILE_HANDLE *f) {
    plat_format(p->path + p->stem, sizeof p->path - p->stem, ".%03u", n);
    return !EFI_ERROR(volume_file(b, p->place->volume, p->path, f));
}

// Every part from the first one, which is open, up to the one that is not there: their number and sum.
static bool measure(struct load *l, EFI_FILE_HANDLE first, struct parts *p) {
    EFI_FILE_HANDLE f;
    u64 size;
    if (!volume_size(l->b, first, l->key, l->path, &l->size)) return false;
    p->count = 1;
    if (!p->stem) return true;
    while (p->count < PARTS_MOST && l->size < FILE_MOST && open_part(l->b, p, p->count + 1, &f)) {
        bool ok = volume_size(l->b, f, l->key, p->path, &size);
        f->Close(f);
        if (!ok) return false;
        l->size += size < FILE_MOST ? size : FILE_MOST;
        p->count++;
    }
    log_info(&l->b->plat, "%s %s: %u part%s of one file", l->key, l->path, p->count, p->count == 1 ? "" : "s");
    return true;
}

static enum loaded read_parts(struct load *l, EFI_FILE_HANDLE *f, struct parts *p) {
    enum loaded r = GUEST_LOADED;
    for (unsigned n = 1; r == GUEST_LOADED && n <= p->count; n++) {
        u64 size = l->size;
        if (n > 1 && !open_part(l->b, p, n, f))
            return *f = NULL, cannot(l, p->path, "it cannot be opened any more"), GUEST_REFUSED;
        if (p->count > 1 && !volume_size(l->b, *f, l->key, p->path, &size)) return GUEST_REFUSED;
        if (size > l->size - l->done) size = l->size - l->done;
        const char *part = p->count > 1 ? p->path : "";
        bool server = l->b->volume[p->place->volume].server;
        r = server ? fetch_part(l, *f, part, size) : read_part(l, *f, part, size);
        if (p->count > 1) (*f)->Close(*f), *f = NULL;
    }
    if (r == GUEST_LOADED && l->done != l->size) {
        cannot(l, p->path, "its parts have become shorter");
        r = GUEST_REFUSED;
    }
    if (r == GUEST_BACK) log_progress(l->b, true, "%s %s: not wanted any more", l->key, l->path);
    return r;
}

static void zero_rest(struct boot *b, u8 *data, u64 size) {
    u64 room;
    u8 *at = window_physical(b->h, data + size, &room);
    u64 page = align_up(size + 1, EFI_PAGE_SIZE) - size;
    memset(at, 0, room < page ? room : page);
}

static enum loaded load(struct load *l, EFI_FILE_HANDLE *f, struct parts *p, bool writable, struct blob *out) {
    char file[200];
    if (!measure(l, *f, p)) return GUEST_REFUSED;
    if (l->size >= FILE_MOST || !l->size) {
        log_error(&l->b->plat, l->size ? "%s = %s: no file has %llu bytes" : "%s = %s: the file is empty", l->key, l->path,
                  (unsigned long long)l->size);
        return GUEST_REFUSED;
    }
    plat_format(file, sizeof file, "%s %.150s", l->key, l->path);
    if (!ram_for_file(l->b, file, l->size + 1, writable, &out->data)) return GUEST_REFUSED;
    zero_rest(l->b, out->data, l->size);
    l->start = rdtsc();
    l->b->bs->Stall(CALIBRATE_US);
    l->hz = (rdtsc() - l->start) * (1000000 / CALIBRATE_US) + 1;
    l->data = out->data;
    enum loaded r = read_parts(l, f, p);
    if (r != GUEST_LOADED) return r;
    show(l, true);
    tpm_measure_file(l->b, l->key, l->path, out->data, l->size);
    out->size = l->size;
    out->name = l->path;
    return r;
}

enum loaded load_file(struct boot *b, const char *key, const char *path, const char *file, const struct place *place,
                      EFI_FILE_HANDLE f, bool writable, struct blob *out) {
    static struct parts p;
    struct load l = {.b = b, .key = key, .path = path};
    p = (struct parts){.place = place};
    const char *from = file;
    while (place->folder[0] && (*from == '/' || *from == '\\')) from++;
    int n = plat_format(p.path, BOOT_PATH, "%s%s", place->folder, from);
    if (n > 0 && n < BOOT_PATH && names_first_part(p.path)) p.stem = (size_t)n - strlen(".001");
    *out = (struct blob){0};
    enum loaded r = load(&l, &f, &p, writable, out);
    if (f) f->Close(f);
    if (r != GUEST_LOADED) *out = (struct blob){0};
    return r;
}
