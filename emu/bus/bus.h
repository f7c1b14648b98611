// SPDX-License-Identifier: MIT
// The guest-physical address space and the port space: ordered, non-overlapping regions. RAM is reached by pointer,
// devices through their ops. Reads from nowhere give all ones, writes to nowhere are dropped, as on a PC.
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "base/err.h"
#include "base/types.h"
#include "core/env.h"

#define BUS_REGIONS 64
#define PAGE_BITS 12
#define PAGE_SIZE ((u64)1 << PAGE_BITS)

// Sums of widths in bytes. A device of byte-wide registers says IO_BYTES and is as behind an ISA bus: a wider access comes as bytes, the
// lowest address first.
enum { IO_BYTES = 1, IO_ANY = 1 | 2 | 4 | 8 };

struct io_ops {
    // offset is from the region's start; width 1, 2, 4 or 8 (8 only in memory space); an access never crosses the
    // region's end and is naturally aligned or at least inside one 8-byte word. NULL: reads all ones, takes writes for nothing.
    u64 (*read)(void *dev, u64 offset, unsigned width);
    void (*write)(void *dev, u64 offset, unsigned width, u64 value);
    u64 size;        // how many bytes or ports the device has here: the region is of this size
    unsigned widths; // that the two functions take; another comes as bytes, and a byte that they do not take goes nowhere
};

struct region {
    u64 start, size;
    const char *name;
    u8 *ram;    // host bytes when RAM or ROM, else NULL
    bool rom;   // writes do not change what is read
    u8 *shadow; // of ROM: RAM that takes the writes; NULL: they are dropped
    const struct io_ops *ops;
    void *dev;
};

struct space {
    struct region region[BUS_REGIONS]; // ascending, no overlap
    unsigned regions;
    unsigned generation; // counts changes, so that cached translations can be dropped
};

// Bits of a RAM page's flag byte. While it is not 0, no write to the page may go without bus_will_write.
enum {
    PAGE_HAS_CODE = 1, // decoded blocks exist for this page: a write must drop them first
    PAGE_MARKED = 2,   // somebody wants to see it before its first write (machine/rewind.h)
    PAGE_MAY_STOP = 4, // of a page with code: a breakpoint's page has led there (cpu/debug.h)
};

struct bus {
    struct space mem, io;
    // Every RAM page below page_count has a flag byte (index: gpa >> 12); NULL until bus_track_pages.
    u8 *page_flags;
    u64 page_count;
    // Called before bytes of a page with PAGE_HAS_CODE change; installed by the CPU.
    void (*code_write)(void *ctx, gpa_t at, u64 len);
    void *code_ctx;
    // How many ns the processor waits for an access to a port; NULL: none.
    u32 (*port_time)(u16 port, unsigned width);
    // Called when a region of `mem` was added, moved or removed: translations may be stale.
    void (*remapped)(void *ctx);
    void *remapped_ctx;
    // Called before bytes of a page with PAGE_MARKED change for the first time: the mark is gone then.
    void (*first_write)(void *ctx, u64 page);
    void *first_write_ctx;
};

// 0, ERR_OVERLAP (naming both regions in the log), ERR_RANGE (empty, or past the end of the space), ERR_INVALID (RAM that
// is not whole pages, a device that takes no width), ERR_NO_MEMORY (table full). `name` is kept by pointer.
int bus_add_ram(struct bus *b, struct plat *p, const char *name, gpa_t at, u64 size, u8 *host, bool rom);
// ROM whose writes go to the RAM at `shadow`, as of a BIOS that copies itself.
int bus_add_shadowed_rom(struct bus *b, struct plat *p, const char *name, gpa_t at, u64 size, u8 *host, u8 *shadow);
int bus_add_mmio(struct bus *b, struct plat *p, const char *name, gpa_t at, const struct io_ops *ops, void *dev);
int bus_add_io(struct bus *b, struct plat *p, const char *name, u16 port, const struct io_ops *ops, void *dev);
// Takes out the RAM or ROM that starts at `at`, and forgets what was decoded there; nothing happens when there is none.
void bus_remove_ram(struct bus *b, gpa_t at);
// Gives every RAM page below the highest RAM address a flag byte. Once, after the board has added its RAM.
void bus_track_pages(struct bus *b, struct env *e);
// Takes out the region of `space` that belongs to dev and starts at `at`; nothing happens when there is none.
void bus_remove(struct bus *b, struct space *s, u64 at, void *dev);

// The region holding `at`, or NULL.
const struct region *space_find(const struct space *s, u64 at);

// One CPU access of 1, 2, 4 or 8 bytes at any alignment; may cross pages and regions (then byte by byte).
u64 bus_read(struct bus *b, gpa_t at, unsigned width);
void bus_write(struct bus *b, gpa_t at, unsigned width, u64 value);
u32 bus_in(struct bus *b, u16 port, unsigned width);
void bus_out(struct bus *b, u16 port, unsigned width, u32 value);
static inline u32 bus_port_time(const struct bus *b, u16 port, unsigned width) {
    return b->port_time ? b->port_time(port, width) : 0;
}

// A pointer to len bytes of RAM or ROM at `at`, or NULL when they are not all in one such region. For reading; whoever
// writes through it has called bus_will_write first.
u8 *bus_ram(struct bus *b, gpa_t at, u64 len);
void bus_will_write(struct bus *b, gpa_t at, u64 len);
// The page at `at` is about to be written: its mark goes, as bus_will_write has it.
void bus_first_write(struct bus *b, gpa_t at);
// The RAM that a write to the page at `at` would change, or NULL.
u8 *bus_written(struct bus *b, gpa_t at);

// Whether a bulk copy of these bytes would succeed.
bool bus_all_ram(struct bus *b, gpa_t at, u64 len, bool writable);
// Bulk copies for devices (DMA) and loaders: all or nothing. 0, or ERR_RANGE when any byte is not RAM.
int bus_copy_in(struct bus *b, gpa_t at, const void *from, u64 len); // host -> guest
int bus_copy_out(struct bus *b, gpa_t at, void *to, u64 len);        // guest -> host

#endif
