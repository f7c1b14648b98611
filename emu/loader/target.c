// SPDX-License-Identifier: MIT
// Claims on guest RAM. A claim is checked before anything is written, so that a load that is refused leaves no byte of it behind.
#include "loader/target.h"

#include "base/bits.h"

typedef unsigned long long ull;

#define ADVICE_UNIT (16 * MiB)
#define ADVICE_SPARE (4 * MiB) // for the small parts that are placed after

gpa_t target_ram_end(const struct load_target *t) {
    for (unsigned i = t->e820s; i--;)
        if (t->e820[i].type == E820_RAM) return t->e820[i].start + t->e820[i].size;
    return 0;
}

gpa_t target_ram_start(const struct load_target *t) {
    for (unsigned i = 0; i < t->e820s; i++)
        if (t->e820[i].type == E820_RAM) return t->e820[i].start;
    return 0;
}

// "0x0..0x9fbff 0x100000..0x1fffffff": RAM as ranges, as many as fit.
static const char *ram_ranges(const struct load_target *t, char *text, size_t room) {
    size_t n = 0;
    text[0] = 0;
    for (unsigned i = 0; i < t->e820s && n < room; i++) {
        const struct e820_entry *r = &t->e820[i];
        if (r->type != E820_RAM) continue;
        n += (size_t)plat_format(text + n, room - n, "%s%#llx..%#llx", n ? ", " : "", (ull)r->start,
                                 (ull)(r->start + (r->size - 1)));
    }
    return n ? text : "none";
}

// "56 MiB", "4 KiB", "100 bytes": rounded up where that says enough.
static const char *amount(u64 bytes, char text[32]) {
    bool mib = bytes >= 10 * MiB || (bytes && !(bytes % MiB)), kib = bytes >= 10 * KiB || (bytes && !(bytes % KiB));
    u64 unit = mib ? MiB : kib ? KiB : 1;
    plat_format(text, 32, "%llu %s", (ull)(bytes / unit + (bytes % unit != 0)), mib ? "MiB" : kib ? "KiB" : "bytes");
    return text;
}

// The advice for a refusal: the `memory =` with which RAM reaches up to `end`, and the initrds fit behind it. "" where more RAM would not help.
// Up to 2 GiB, a board's RAM goes on without a gap.
static const char *advice(const struct load_target *t, gpa_t end, char text[64]) {
    text[0] = 0;
    u64 size = end - target_ram_start(t);
    if (end > target_ram_end(t) && size <= 2 * GiB - ADVICE_UNIT)
        plat_format(text, 64, "; memory = %lluM would do", (ull)(align_up(size + t->initrds + ADVICE_SPARE, ADVICE_UNIT) / MiB));
    return text;
}

// Adjacent RAM entries are one memory: the range, which is not empty, may span them.
static bool all_ram(const struct load_target *t, gpa_t at, u64 size) {
    for (unsigned i = 0; i < t->e820s; i++) {
        const struct e820_entry *r = &t->e820[i];
        if (r->type != E820_RAM || at < r->start || at - r->start >= r->size) continue;
        u64 here = r->size - (at - r->start);
        if (here >= size) return true;
        at += here;
        size -= here;
    }
    return false;
}

static const struct load_claim *claimed(const struct load_target *t, gpa_t at, u64 size) {
    for (unsigned i = 0; i < t->claims; i++)
        if (ranges_overlap(at, size, t->claim[i].start, t->claim[i].size)) return &t->claim[i];
    return NULL;
}

bool target_is_free(const struct load_target *t, gpa_t at, u64 size) { return all_ram(t, at, size) && !claimed(t, at, size); }

int target_claim(struct load_target *t, const char *name, gpa_t at, u64 size) {
    char ranges[256], more[64];
    if (!size) return 0;
    if (at + (size - 1) < at) {
        log_error(t->plat, "%s: %#llx bytes at %#llx run past the end of the address space", name, (ull)size, (ull)at);
        return ERR_INVALID;
    }
    if (!all_ram(t, at, size)) {
        log_error(t->plat, "%s: %#llx..%#llx is not all RAM; the guest's RAM is %s%s", name, (ull)at, (ull)(at + (size - 1)),
                  ram_ranges(t, ranges, sizeof ranges), advice(t, at + size, more));
        return ERR_RANGE;
    }
    const struct load_claim *o = claimed(t, at, size);
    if (o) {
        log_error(t->plat, "%s: %#llx..%#llx overlaps %s at %#llx..%#llx", name, (ull)at, (ull)(at + (size - 1)), o->name,
                  (ull)o->start, (ull)(o->start + (o->size - 1)));
        return ERR_OVERLAP;
    }
    if (t->claims == LOAD_CLAIMS) {
        log_error(t->plat, "%s: the image has more than the %u parts that are supported", name, LOAD_CLAIMS);
        return ERR_NO_MEMORY;
    }
    struct load_claim *c = &t->claim[t->claims++];
    *c = (struct load_claim){.start = at, .size = size};
    plat_format(c->name, sizeof c->name, "%s", name);
    return 0;
}

u8 *target_ram(const struct load_target *t, gpa_t at, u64 size) { return t->bus ? bus_ram(t->bus, at, size) : NULL; }

void target_write(struct load_target *t, gpa_t at, const void *bytes, u64 size) {
    if (t->bus && bus_copy_in(t->bus, at, bytes, size))
        t->plat->panic(t->plat, "loader: the memory map says RAM where the bus has none");
}

int target_load(struct load_target *t, const char *name, gpa_t at, const void *bytes, u64 size, u64 memory_size) {
    int e = target_claim(t, name, at, memory_size);
    if (!e && size) target_write(t, at, bytes, size);
    return e;
}

// A place for `want` inside [first, last], clear of all claims. Walks from one end and steps over each claim in the
// way: every step clears one, so it ends.
static bool fit(const struct load_target *t, const struct target_want *want, gpa_t first, gpa_t last, gpa_t *at) {
    while (last >= first && last - first >= want->size - 1) {
        gpa_t place = want->high ? align_down(last - (want->size - 1), want->align) : align_up(first, want->align);
        if (place < first || place > last - (want->size - 1)) return false;
        const struct load_claim *c = claimed(t, place, want->size);
        if (!c) return *at = place, true;
        if (want->high) {
            if (c->start == 0) return false;
            last = c->start - 1;
        } else {
            first = c->start + c->size;
        }
    }
    return false;
}

// Says that there is no such place, and how much RAM would give one behind all that is claimed.
static void refuse_place(const struct load_target *t, const struct target_want *want) {
    char ranges[256], more[64] = "", size[32], align[32];
    gpa_t first = want->lowest;
    for (unsigned i = 0; i < t->claims; i++) {
        gpa_t end = t->claim[i].start + t->claim[i].size;
        if (t->claim[i].start <= want->last && end > first) first = end;
    }
    first = align_up(first, want->align);
    if (want->size && first <= want->last && want->size - 1 <= want->last - first) advice(t, first + want->size, more);
    log_error(t->plat, "%s: no room for %s (aligned to %s) within %#llx..%#llx; the guest's RAM is %s%s", want->name,
              amount(want->size, size), amount(want->align, align), (ull)want->lowest, (ull)want->last,
              ram_ranges(t, ranges, sizeof ranges), more);
}

int target_find(struct load_target *t, const struct target_want *want, gpa_t *at) {
    gpa_t place = 0;
    bool found = false;
    for (unsigned i = 0; i < t->e820s && !found && want->size; i++) {
        const struct e820_entry *r = &t->e820[want->high ? t->e820s - 1 - i : i];
        if (r->type != E820_RAM || !r->size) continue;
        gpa_t first = r->start, last = r->start + (r->size - 1);
        if (first < want->lowest) first = want->lowest;
        if (last > want->last) last = want->last;
        found = fit(t, want, first, last, &place);
    }
    if (!found) {
        refuse_place(t, want);
        return ERR_NO_MEMORY;
    }
    int e = target_claim(t, want->name, place, want->size);
    if (!e) *at = place;
    return e;
}

int target_place(struct load_target *t, const struct target_want *want, const void *bytes, u64 size, gpa_t *at) {
    gpa_t place;
    int e = target_find(t, want, &place);
    if (e) return e;
    target_write(t, place, bytes, size);
    *at = place;
    return 0;
}

int target_tell(struct load_target *t, const char *name, const void *bytes, u64 size, u64 align, gpa_t *at) {
    const struct target_want want = {.name = name, .size = size, .align = align, .lowest = TARGET_LOW, .last = TARGET_LAST32};
    return target_place(t, &want, bytes, size, at);
}

int target_place_initrds(struct load_target *t, const struct boot *b, struct target_want want, gpa_t *at) {
    gpa_t place;
    t->initrds = 0;
    want.size = boot_initrd_size(b);
    int e = target_find(t, &want, &place);
    if (e) return e;
    u64 offset = 0;
    for (unsigned i = 0; i < b->initrds; i++) {
        offset = align_up(offset, 4);
        target_write(t, place + offset, b->initrd[i].data, b->initrd[i].size);
        offset += b->initrd[i].size;
    }
    log_info(t->plat, "initrd: %llu bytes at %#llx", (ull)want.size, (ull)place);
    *at = place;
    return 0;
}
