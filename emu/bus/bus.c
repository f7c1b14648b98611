// SPDX-License-Identifier: MIT
// Address spaces as sorted tables: found by binary search, RAM by pointer, everything else through its ops.
#include "bus/bus.h"

#include "base/bits.h"
#include "base/le.h"

#define PORTS 0x10000

// Index of the first region that ends after `at`: the one holding it, or the next one above.
static unsigned index_of(const struct space *s, u64 at) {
    unsigned lo = 0, hi = s->regions;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        const struct region *r = &s->region[mid];
        if (r->start + (r->size - 1) < at) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

const struct region *space_find(const struct space *s, u64 at) {
    unsigned i = index_of(s, at);
    return i < s->regions && s->region[i].start <= at ? &s->region[i] : NULL;
}

static int space_add(struct space *s, struct plat *p, const struct region *r, u64 last_address) {
    if (!r->size || r->start > last_address || r->size - 1 > last_address - r->start) {
        log_error(p, "%s: %#llx bytes at %#llx do not fit the address space, whose last address is %#llx", r->name,
                  (unsigned long long)r->size, (unsigned long long)r->start, (unsigned long long)last_address);
        return ERR_RANGE;
    }
    unsigned i = index_of(s, r->start);
    if (i < s->regions && s->region[i].start <= r->start + (r->size - 1)) {
        const struct region *o = &s->region[i];
        log_error(p, "%s at %#llx..%#llx overlaps %s at %#llx..%#llx", r->name, (unsigned long long)r->start,
                  (unsigned long long)(r->start + (r->size - 1)), o->name, (unsigned long long)o->start,
                  (unsigned long long)(o->start + (o->size - 1)));
        return ERR_OVERLAP;
    }
    if (s->regions == BUS_REGIONS) {
        log_error(p, "%s: the address space already holds %u regions, its most", r->name, s->regions);
        return ERR_NO_MEMORY;
    }
    memmove(&s->region[i + 1], &s->region[i], (s->regions - i) * sizeof s->region[0]);
    s->region[i] = *r;
    s->regions++;
    s->generation++;
    return 0;
}

// A device takes at least one width, and only widths that there are: anything else is a row that was left unfinished.
static int check_widths(struct plat *p, const char *name, const struct io_ops *ops) {
    if (ops->widths && !(ops->widths & ~(unsigned)IO_ANY)) return 0;
    log_error(p, "%s: takes accesses of widths %#x: right is a sum of 1, 2, 4 and 8", name, ops->widths);
    return ERR_INVALID;
}

static int mem_add(struct bus *b, struct plat *p, const struct region *r) {
    int e = space_add(&b->mem, p, r, ~(u64)0);
    if (!e && b->remapped) b->remapped(b->remapped_ctx);
    return e;
}

static int add_pages(struct bus *b, struct plat *p, const struct region *r) {
    // RAM is whole pages: translations are cached by page, so half a page of RAM would make its other half RAM, too.
    if ((r->start | r->size) & (PAGE_SIZE - 1)) {
        log_error(p, "%s: %#llx bytes at %#llx are not whole pages of %#llx", r->name, (unsigned long long)r->size,
                  (unsigned long long)r->start, (unsigned long long)PAGE_SIZE);
        return ERR_INVALID;
    }
    return mem_add(b, p, r);
}

int bus_add_ram(struct bus *b, struct plat *p, const char *name, gpa_t at, u64 size, u8 *host, bool rom) {
    return add_pages(b, p, &(struct region){.start = at, .size = size, .name = name, .ram = host, .rom = rom});
}

int bus_add_shadowed_rom(struct bus *b, struct plat *p, const char *name, gpa_t at, u64 size, u8 *host, u8 *shadow) {
    return add_pages(b, p, &(struct region){.start = at, .size = size, .name = name, .ram = host, .rom = true, .shadow = shadow});
}

int bus_add_mmio(struct bus *b, struct plat *p, const char *name, gpa_t at, const struct io_ops *ops, void *dev) {
    int err = check_widths(p, name, ops);
    return err ? err : mem_add(b, p, &(struct region){.start = at, .size = ops->size, .name = name, .ops = ops, .dev = dev});
}

int bus_add_io(struct bus *b, struct plat *p, const char *name, u16 port, const struct io_ops *ops, void *dev) {
    int err = check_widths(p, name, ops);
    return err ? err
               : space_add(&b->io, p, &(struct region){.start = port, .size = ops->size, .name = name, .ops = ops, .dev = dev},
                           PORTS - 1);
}

void bus_remove(struct bus *b, struct space *s, u64 at, void *dev) {
    unsigned i = index_of(s, at);
    if (i == s->regions || s->region[i].start != at || s->region[i].dev != dev) return;
    s->regions--;
    memmove(&s->region[i], &s->region[i + 1], (s->regions - i) * sizeof s->region[0]);
    s->generation++;
    if (s == &b->mem && b->remapped) b->remapped(b->remapped_ctx);
}

// Calls `each` for the flagged pages of the range, with the part of it that is on the page.
static void for_pages(struct bus *b, gpa_t at, u64 len, void (*each)(struct bus *b, u64 page, gpa_t at, u64 len)) {
    if (!len) return;
    u64 last = (at + len - 1) >> PAGE_BITS;
    if (last >= b->page_count) {
        if (!b->page_count) return;
        last = b->page_count - 1;
    }
    for (u64 page = at >> PAGE_BITS; page <= last; page++) {
        if (likely(!b->page_flags[page])) continue;
        gpa_t first = page << PAGE_BITS, end = first + PAGE_SIZE;
        if (first < at) first = at;
        if (end > at + len) end = at + len;
        each(b, page, first, end - first);
    }
}

static void unmark(struct bus *b, u64 page, gpa_t at, u64 len) {
    if (!(b->page_flags[page] & PAGE_MARKED)) return;
    b->page_flags[page] &= (u8)~PAGE_MARKED;
    b->first_write(b->first_write_ctx, page);
}

void bus_first_write(struct bus *b, gpa_t at) { unmark(b, at >> PAGE_BITS, at, 1); }

static void drop_code(struct bus *b, u64 page, gpa_t at, u64 len) {
    if (b->page_flags[page] & PAGE_HAS_CODE && b->code_write) b->code_write(b->code_ctx, at, len);
}

static void unmark_and_drop(struct bus *b, u64 page, gpa_t at, u64 len) {
    unmark(b, page, at, len);
    drop_code(b, page, at, len);
}

static void forget_code(struct bus *b, gpa_t at, u64 len) { for_pages(b, at, len, drop_code); }

void bus_will_write(struct bus *b, gpa_t at, u64 len) { for_pages(b, at, len, unmark_and_drop); }

void bus_remove_ram(struct bus *b, gpa_t at) {
    const struct region *r = space_find(&b->mem, at);
    if (!r || r->start != at || !r->ram) return;
    forget_code(b, at, r->size);
    bus_remove(b, &b->mem, at, NULL);
}

void bus_track_pages(struct bus *b, struct env *e) {
    u64 top = 0;
    for (unsigned i = 0; i < b->mem.regions; i++) {
        const struct region *r = &b->mem.region[i];
        if (r->ram) top = r->start + r->size;
    }
    b->page_flags = env_alloc(e, top >> PAGE_BITS);
    b->page_count = top >> PAGE_BITS;
}

// May the access go to the device in one piece? It lies inside r and inside one 8-byte word of it, and has a width that the device takes.
static bool whole(const struct region *r, u64 at, unsigned width) {
    u64 offset = at - r->start;
    return range_inside(offset, width, r->size) && (offset & 7) + width <= 8 && r->ops->widths & width;
}

static u64 all_ones(unsigned width) { return mask(8 * width - 1, 0); }

static u64 space_read(const struct space *s, u64 at, unsigned width) {
    const struct region *r = space_find(s, at);
    if (r && r->ram && range_inside(at - r->start, width, r->size)) return ld_width(r->ram + (at - r->start), width);
    if (r && !r->ram && whole(r, at, width))
        return r->ops->read ? r->ops->read(r->dev, at - r->start, width) & all_ones(width) : all_ones(width);
    if (width == 1) return 0xff;
    u64 v = 0;
    for (unsigned i = 0; i < width; i++) v |= space_read(s, at + i, 1) << (8 * i);
    return v;
}

u64 bus_read(struct bus *b, gpa_t at, unsigned width) { return space_read(&b->mem, at, width); }

void bus_write(struct bus *b, gpa_t at, unsigned width, u64 value) {
    const struct region *r = space_find(&b->mem, at);
    if (r && r->ram && range_inside(at - r->start, width, r->size)) {
        if (r->rom && !r->shadow) return;
        if (r->rom) for_pages(b, at, width, unmark); // code is decoded of what is read
        else bus_will_write(b, at, width);
        st_width((r->rom ? r->shadow : r->ram) + (at - r->start), width, value);
    } else if (r && !r->ram && whole(r, at, width)) {
        if (r->ops->write) r->ops->write(r->dev, at - r->start, width, value & all_ones(width));
    } else if (width > 1) {
        for (unsigned i = 0; i < width; i++) bus_write(b, at + i, 1, value >> (8 * i) & 0xff);
    }
}

// An access that runs over port 0xffff does not wrap: its last bytes go nowhere, since at + i is wider than 16 bits.
u32 bus_in(struct bus *b, u16 port, unsigned width) { return (u32)space_read(&b->io, port, width); }

static void port_write(struct bus *b, u32 port, unsigned width, u32 value) {
    const struct region *r = space_find(&b->io, port);
    if (r && whole(r, port, width)) {
        if (r->ops->write) r->ops->write(r->dev, port - r->start, width, value & all_ones(width));
    } else if (width > 1) {
        for (unsigned i = 0; i < width; i++) port_write(b, port + i, 1, value >> (8 * i) & 0xff);
    }
}

void bus_out(struct bus *b, u16 port, unsigned width, u32 value) { port_write(b, port, width, value); }

u8 *bus_ram(struct bus *b, gpa_t at, u64 len) {
    const struct region *r = space_find(&b->mem, at);
    return r && r->ram && range_inside(at - r->start, len, r->size) ? r->ram + (at - r->start) : NULL;
}

u8 *bus_written(struct bus *b, gpa_t at) {
    const struct region *r = space_find(&b->mem, at);
    u8 *to = r && r->rom ? r->shadow : r ? r->ram : NULL;
    return to ? to + (at - r->start) : NULL;
}

// How many of the len bytes from `at` on are in the RAM region that holds `at` (0: none holds it), and where the host has them.
static u64 ram_run(struct bus *b, gpa_t at, u64 len, bool writable, u8 **host) {
    const struct region *r = space_find(&b->mem, at);
    if (!r || !r->ram || (writable && r->rom && !r->shadow)) return 0;
    u64 offset = at - r->start, run = r->size - offset;
    *host = (writable && r->rom ? r->shadow : r->ram) + offset;
    return run < len ? run : len;
}

bool bus_all_ram(struct bus *b, gpa_t at, u64 len, bool writable) {
    if (len && at + (len - 1) < at) return false;
    u8 *host;
    for (u64 run; len; at += run, len -= run)
        if (!(run = ram_run(b, at, len, writable, &host))) return false;
    return true;
}

int bus_copy_in(struct bus *b, gpa_t at, const void *from, u64 len) {
    if (!bus_all_ram(b, at, len, /*writable=*/true)) return ERR_RANGE;
    bus_will_write(b, at, len);
    const u8 *src = from;
    u8 *host;
    for (u64 run; len; at += run, src += run, len -= run) {
        run = ram_run(b, at, len, /*writable=*/true, &host);
        memcpy(host, src, run);
    }
    return 0;
}

int bus_copy_out(struct bus *b, gpa_t at, void *to, u64 len) {
    if (!bus_all_ram(b, at, len, /*writable=*/false)) return ERR_RANGE;
    u8 *dst = to, *host;
    for (u64 run; len; at += run, dst += run, len -= run) {
        run = ram_run(b, at, len, /*writable=*/false, &host);
        memcpy(dst, host, run);
    }
    return 0;
}
