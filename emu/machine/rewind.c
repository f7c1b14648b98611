// SPDX-License-Identifier: MIT
#include "machine/rewind.h"

#include "machine/parts.h"
#include "machine/snapshot.h"

#include <string.h>

#define CHUNK_PAGES 64

// Pages as they were at the point.
struct pages {
    struct pages *older;
    unsigned n;
    u64 number[CHUNK_PAGES];
    u8 *host[CHUNK_PAGES]; // where a page is on the bus may be another one by then
    u8 bytes[CHUNK_PAGES][PAGE_SIZE];
};

// Bytes of a disk before a write, the last write first.
struct sectors {
    struct sectors *older;
    struct disk *disk;
    u64 at, n;
    u8 bytes[];
};

struct rewind {
    struct rewind *older;
    struct pages *pages;
    struct sectors *sectors;
    bool incomplete; // there was no memory for something
    u64 size;
    u8 registers[];
};

// ---- registers, as a stream whose size is found first

struct counter {
    struct emu_stream stream;
    u8 *at; // NULL: only counted
    u64 n;
};

static int put(struct emu_stream *s, const void *from, u64 n) {
    struct counter *c = container_of(s, struct counter, stream);
    if (c->at) memcpy(c->at + c->n, from, n);
    c->n += n;
    return 0;
}

static int get(struct emu_stream *s, void *to, u64 n) {
    struct counter *c = container_of(s, struct counter, stream);
    memcpy(to, c->at + c->n, n);
    c->n += n;
    return 0;
}

static struct counter stream_at(u8 *at) {
    return (struct counter){.stream = {.name = "the run's own past", .rewinds = true, .write = put, .read = get}, .at = at};
}

// ---- what is overwritten

static void first_write(void *ctx, u64 page) {
    struct emu_machine *m = ctx;
    struct rewind *r = m->rewind;
    struct pages *p = r->pages;
    u8 *bytes = bus_written(&m->bus, page << PAGE_BITS);
    if (!bytes || r->incomplete) return;
    if (!p || p->n == CHUNK_PAGES) {
        p = m->plat->alloc(m->plat, sizeof *p, 64);
        r->incomplete = !p;
        if (!p) return;
        p->older = r->pages;
        p->n = 0;
        r->pages = p;
    }
    p->number[p->n] = page;
    p->host[p->n] = bytes;
    memcpy(p->bytes[p->n++], bytes, PAGE_SIZE);
}

static void before_write(void *ctx, struct disk *d, u64 at, u64 n) {
    struct emu_machine *m = ctx;
    struct rewind *r = m->rewind;
    struct sectors *s = r->incomplete ? NULL : m->plat->alloc(m->plat, sizeof *s + n, 64);
    if (!s || d->read(d, at, s->bytes, n)) {
        if (s) m->plat->free(m->plat, s, sizeof *s + n);
        r->incomplete = true;
        return;
    }
    s->older = r->sectors;
    s->disk = d;
    s->at = at;
    s->n = n;
    r->sectors = s;
}

static void listen(struct emu_machine *m, bool on) {
    m->bus.first_write = on ? first_write : NULL;
    m->bus.first_write_ctx = m;
    for (unsigned i = 0; i < CONFIG_DISKS; i++) {
        if (!m->disk[i]) continue;
        m->disk[i]->before_write = on ? before_write : NULL;
        m->disk[i]->before_write_ctx = m;
    }
}

static void mark_pages(struct bus *b, bool on) {
    for (u64 i = 0; i < b->page_count; i++)
        b->page_flags[i] = (u8)(on ? b->page_flags[i] | PAGE_MARKED : b->page_flags[i] & ~PAGE_MARKED);
}

// ---- points

// The processor has no write tags any more once it has forgotten, so each page's first write asks.
int rewind_mark(struct emu_machine *m, struct rewind **out) {
    struct counter count = stream_at(NULL);
    snapshot_save_registers(m, &count.stream);
    struct rewind *r = m->plat->alloc(m->plat, sizeof *r + count.n, 64);
    if (!r) {
        log_error(m->plat, "no memory for a point to go back to (%llu bytes)", (unsigned long long)count.n);
        return ERR_NO_MEMORY;
    }
    *r = (struct rewind){.older = m->rewind, .size = count.n};
    struct counter to = stream_at(r->registers);
    snapshot_save_registers(m, &to.stream);
    m->rewind = r;
    mark_pages(&m->bus, true);
    listen(m, true);
    m->cpu.forget(m->cpu.cpu);
    *out = r;
    return 0;
}

// Blocks may be kept: those of bytes that change go.
static void put_bytes(struct bus *b, u64 page, u8 *to, const u8 *from) {
    if (b->page_flags[page] & PAGE_HAS_CODE) {
        u64 first = 0, end = PAGE_SIZE;
        while (first < end && to[first] == from[first]) first++;
        while (end > first && to[end - 1] == from[end - 1]) end--;
        if (first < end) b->code_write(b->code_ctx, (page << PAGE_BITS) + first, end - first);
    }
    memcpy(to, from, PAGE_SIZE);
}

static void put_pages(struct emu_machine *m, const struct rewind *r) {
    for (const struct pages *p = r->pages; p; p = p->older)
        for (unsigned i = 0; i < p->n; i++) put_bytes(&m->bus, p->number[i], p->host[i], p->bytes[i]);
}

// The pages have their marks again: they are as they were at the point.
static void drop_pages(struct emu_machine *m, struct rewind *r) {
    for (struct pages *p = r->pages; p; p = r->pages) {
        for (unsigned i = 0; i < p->n; i++) m->bus.page_flags[p->number[i]] |= PAGE_MARKED;
        r->pages = p->older;
        m->plat->free(m->plat, p, sizeof *p);
    }
}

static int put_sectors(struct emu_machine *m, struct rewind *r) {
    int err = 0;
    for (struct sectors *s = r->sectors; s; s = r->sectors) {
        if (!err) err = s->disk->write(s->disk, s->at, s->bytes, s->n);
        r->sectors = s->older;
        m->plat->free(m->plat, s, sizeof *s + s->n);
    }
    return err;
}

static void drop_newest(struct emu_machine *m) {
    struct rewind *r = m->rewind;
    m->rewind = r->older;
    m->plat->free(m->plat, r, sizeof *r + r->size);
}

static bool is_whole(const struct emu_machine *m, const struct rewind *r) {
    if (!r->incomplete) return true;
    log_error(m->plat, "there was no memory to keep what the run has overwritten: it cannot go back");
    return false;
}

bool rewind_is_whole(const struct emu_machine *m) { return !m->rewind || !m->rewind->incomplete; }

static int enter(struct emu_machine *m, struct rewind *r) {
    struct counter from = stream_at(r->registers);
    int err = snapshot_load_registers(m, &from.stream);
    if (err) return err;
    m->done = false;
    m->cpu.forget(m->cpu.cpu);
    return 0;
}

int rewind_to(struct emu_machine *m, struct rewind *to) {
    for (const struct rewind *r = m->rewind;; r = r->older) {
        if (!is_whole(m, r)) return ERR_NO_MEMORY;
        if (r == to) break;
    }
    int err = 0;
    for (bool there = false; !err && !there;) {
        put_pages(m, m->rewind);
        drop_pages(m, m->rewind);
        err = put_sectors(m, m->rewind);
        there = m->rewind == to;
        if (!there) drop_newest(m);
    }
    if (!err) err = enter(m, to);
    if (!err) m->stop = false;
    return err;
}

int rewind_again(struct emu_machine *m) {
    if (!is_whole(m, m->rewind)) return ERR_NO_MEMORY;
    put_pages(m, m->rewind);
    int err = put_sectors(m, m->rewind);
    return err ? err : enter(m, m->rewind);
}

// Pages are kept when somebody is about to write, who may write what was there, or nothing: so in which order, and which, is not told.
u64 rewind_hash(struct emu_machine *m) {
    u64 all = state_hash_without(&m->state, RAM_STATE);
    for (const struct pages *p = m->rewind->pages; p; p = p->older)
        for (unsigned i = 0; i < p->n; i++) {
            const u8 *now = p->host[i];
            struct hash h;
            if (!memcmp(now, p->bytes[i], PAGE_SIZE)) continue;
            hash_init(&h);
            hash_bytes(&h, &p->number[i], sizeof p->number[i]);
            hash_bytes(&h, now, PAGE_SIZE);
            all += hash_final(&h);
        }
    return all;
}

static void free_kept(struct emu_machine *m, struct rewind *r) {
    for (struct pages *p = r->pages, *older; p; p = older) {
        older = p->older;
        m->plat->free(m->plat, p, sizeof *p);
    }
    for (struct sectors *s = r->sectors, *older; s; s = older) {
        older = s->older;
        m->plat->free(m->plat, s, sizeof *s + s->n);
    }
}

void rewind_forget(struct emu_machine *m) {
    if (!m->rewind) return;
    listen(m, false);
    mark_pages(&m->bus, false);
    while (m->rewind) {
        free_kept(m, m->rewind);
        drop_newest(m);
    }
}

void rewind_drop_oldest(struct emu_machine *m) {
    struct rewind **at = &m->rewind;
    if (!*at || !(*at)->older) return;
    while ((*at)->older) at = &(*at)->older;
    struct rewind *oldest = *at;
    *at = NULL;
    free_kept(m, oldest);
    m->plat->free(m->plat, oldest, sizeof *oldest + oldest->size);
}

u64 rewind_bytes(const struct emu_machine *m) {
    u64 n = 0;
    for (const struct rewind *r = m->rewind; r; r = r->older) {
        n += r->size;
        for (const struct pages *p = r->pages; p; p = p->older) n += sizeof *p;
        for (const struct sectors *s = r->sectors; s; s = s->older) n += s->n;
    }
    return n;
}
