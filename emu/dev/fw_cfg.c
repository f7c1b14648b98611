// SPDX-License-Identifier: MIT
// Nothing can be written to an item: what firmware hands back to QEMU by that, this machine does not want to know.
#include "dev/fw_cfg.h"

#include "base/bits.h"
#include "base/le.h"

#include <string.h>

enum { SIGNATURE = 0x00, ID = 0x01, DIRECTORY = 0x19, FIRST_FILE = 0x20, ITEMS = 8 };
enum { ID_PORTS = 1, ID_DMA = 2 };
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };
#define DMA_SIGNATURE 0x51454d5520434647u // "QEMU CFG"

// The directory: how many files (4 bytes), and of each size (4), item (2), reserved (2), name (56); all big-endian.
enum { ENTRY = 64, DIRECTORY_MOST = 4 + FW_CFG_FILES * ENTRY };

struct item {
    u16 number;
    u32 size;
    const u8 *bytes;
};

struct fw_cfg {
    struct fw_cfg_state {
        u32 dma_high; // upper half of the descriptor's address
        u32 at;       // the next byte of the item
        u16 selected;
    } s;
    struct bus *bus;
    struct plat *plat;
    struct item item[ITEMS + FW_CFG_FILES];
    unsigned items, files;
    u8 value[ITEMS][8];
    u8 directory[DIRECTORY_MOST];
};

static const struct item *selected(const struct fw_cfg *d) {
    for (unsigned i = 0; i < d->items; i++)
        if (d->item[i].number == d->s.selected) return &d->item[i];
    return NULL;
}

static void select(struct fw_cfg *d, u16 item) {
    d->s.selected = item;
    d->s.at = 0;
}

// How much of the next `n` bytes there is; all that is behind an item's end, and in an item that is not there, reads 0.
static u32 left(const struct fw_cfg *d, const struct item *i, u32 n) {
    u32 rest = i && d->s.at < i->size ? i->size - d->s.at : 0;
    return rest < n ? rest : n;
}

static void skip(struct fw_cfg *d, u32 n) {
    u32 at = d->s.at + n;
    d->s.at = at < n ? ~(u32)0 : at;
}

// ---- ports

static u64 read(void *dev, u64 offset, unsigned width) {
    struct fw_cfg *d = dev;
    if (offset != 1 || width != 1) return mask(8 * width - 1, 0);
    const struct item *i = selected(d);
    u8 byte = left(d, i, 1) ? i->bytes[d->s.at] : 0;
    skip(d, 1);
    return byte;
}

static void write(void *dev, u64 offset, unsigned width, u64 value) {
    if (!offset && width == 2) select(dev, (u16)value);
}

const struct io_ops fw_cfg_ops = {read, write, .size = 2, .widths = 1 | 2};

// ---- DMA

static int copy_item(struct fw_cfg *d, gpa_t to, u32 n) {
    static const u8 zeros[PAGE_SIZE];
    const struct item *i = selected(d);
    u32 have = left(d, i, n);
    if (!bus_all_ram(d->bus, to, n, true)) return ERR_RANGE;
    if (have) bus_copy_in(d->bus, to, i->bytes + d->s.at, have);
    for (u32 done = have, part; done < n; done += part) {
        part = n - done < sizeof zeros ? n - done : (u32)sizeof zeros;
        bus_copy_in(d->bus, to + done, zeros, part);
    }
    return 0;
}

static u32 operate(struct fw_cfg *d, u32 control, u32 length, gpa_t at) {
    if (control & DMA_SELECT) select(d, (u16)(control >> 16));
    if (control & DMA_READ) {
        if (length > FW_CFG_MOST || copy_item(d, at, length)) return DMA_ERROR;
    } else if (control & DMA_WRITE) return DMA_ERROR;
    else if (!(control & DMA_SKIP)) return 0;
    skip(d, length);
    return 0;
}

static u32 be32(u64 v) { return __builtin_bswap32((u32)v); }

static void start(struct fw_cfg *d, gpa_t descriptor) {
    u8 bytes[16];
    if (!bus_all_ram(d->bus, descriptor, sizeof bytes, true)) return; // nowhere to tell of the error
    bus_copy_out(d->bus, descriptor, bytes, sizeof bytes);
    u64 to = __builtin_bswap64(ld64(bytes + 8));
    st32(bytes, be32(operate(d, be32(ld32(bytes)), be32(ld32(bytes + 4)), to)));
    bus_copy_in(d->bus, descriptor, bytes, 4);
}

static u64 dma_read(void *dev, u64 offset, unsigned width) { return be32(DMA_SIGNATURE >> (offset ? 0 : 32)); }

static void dma_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct fw_cfg *d = dev;
    if (!offset) {
        d->s.dma_high = be32(value);
        return;
    }
    gpa_t at = (u64)d->s.dma_high << 32 | be32(value);
    d->s.dma_high = 0;
    start(d, at);
}

const struct io_ops fw_cfg_dma_ops = {dma_read, dma_write, .size = 8, .widths = 4};

// ---- creation

static void put(struct fw_cfg *d, u16 number, const u8 *bytes, u32 size) {
    if (d->items == countof(d->item)) d->plat->panic(d->plat, "too many items for fw_cfg");
    d->item[d->items++] = (struct item){number, size, bytes};
}

void fw_cfg_add(struct fw_cfg *d, enum fw_cfg_item item, u64 value, unsigned bytes) {
    u8 *to = d->items < ITEMS ? d->value[d->items] : NULL;
    if (!to) d->plat->panic(d->plat, "too many items for fw_cfg");
    st64(to, value);
    put(d, (u16)item, to, bytes);
}

void fw_cfg_add_file(struct fw_cfg *d, const char *name, const void *bytes, u32 size) {
    u16 number = (u16)(FIRST_FILE + d->files);
    u8 *entry = d->directory + 4 + ENTRY * d->files;
    if (d->files == FW_CFG_FILES || strlen(name) >= FW_CFG_NAME) d->plat->panic(d->plat, "a file too many for fw_cfg");
    put(d, number, bytes, size);
    st32(entry, be32(size));
    st16(entry + 4, __builtin_bswap16(number));
    memcpy(entry + 8, name, strlen(name));
    st32(d->directory, be32(++d->files));
}

struct fw_cfg *fw_cfg_create(struct env *e, struct bus *bus) {
    struct fw_cfg *d = ENV_DEVICE(e, "fw_cfg", struct fw_cfg, s);
    d->bus = bus;
    d->plat = e->plat;
    fw_cfg_add(d, (enum fw_cfg_item)SIGNATURE, 0x554d4551, 4); // "QEMU"
    fw_cfg_add(d, (enum fw_cfg_item)ID, ID_PORTS | ID_DMA, 4);
    put(d, DIRECTORY, d->directory, sizeof d->directory);
    return d;
}
