// SPDX-License-Identifier: MIT
// IDE channels: the task file as ports, and the bus master. Commands complete within the access that starts them; DMA
// runs within the access after which both the drive and the bus master are ready.
#include "dev/ide.h"
#include "base/bits.h"
#include "base/le.h"

enum task_file { DATA, ERROR_FEATURE, COUNT, LBA_LOW, LBA_MID, LBA_HIGH, DEVICE, STATUS_COMMAND };
enum control { CONTROL_NIEN = 0x02, CONTROL_SRST = 0x04, CONTROL_HOB = 0x80 };
enum { CMD_DEVICE_DIAGNOSTIC = 0x90 };

// Bus master registers, 8 bytes per channel:
//   +0 command   3 write to memory | 0 start
//   +2 status    6, 5 drive 1, 0 can DMA | 2 interrupt (write 1 clears) | 1 error (write 1 clears) | 0 active
//   +4 physical region descriptor table, doubleword aligned
// Descriptor:  +0 address (even)   +4 bytes (even; 0 is 64 KiB)   +7 bit 7: last
enum { BM_COMMAND = 0, BM_STATUS = 2, BM_TABLE = 4, BM_CHANNEL = 8 };
enum { BM_START = 0x01, BM_TO_MEMORY = 0x08 };
enum { BM_ACTIVE = 0x01, BM_ERROR = 0x02, BM_INTERRUPT = 0x04, BM_CAPABLE = 0x60 };
#define PRD_SIZE 8
#define PRD_TABLE_MAX (65536 / PRD_SIZE) // a table does not cross 64 KiB
#define PRD_LAST 0x80000000u

// Timing registers IDETIM at 40 and 42: bit 15 enables the channel's decoding. Firmware sets it; here it is set at
// power-on.
enum { IDETIM = 0x40, IDETIM_WRITABLE = 0xb3ff, IDETIM_ENABLE = 0x8000, SIDETIM = 0x44, UDMACTL = 0x48, UDMATIM = 0x4a };

static struct ide_drive *selected(struct ide_channel *c) { return &c->drive[c->state->selected]; }
static bool present(const struct ide_drive *d) { return d->ops != NULL; }

static void update_irq(struct ide_channel *c) {
    bool level = present(selected(c)) && selected(c)->state->irq && !(c->state->control & CONTROL_NIEN);
    if (level == c->state->line) return;
    c->state->line = level;
    if (level) c->state->bm_status |= BM_INTERRUPT;
    irq_set(&c->irq, level);
}

// --- transfers ---

static_assert(IDE_BUFFER == BLK_SECTOR);

static u8 *transfer_bytes(struct ide_drive *d) { return d->state->buffer + d->state->at % IDE_BUFFER; }

// How many of n bytes are one piece in the buffer.
static u64 piece(const struct ide_drive *d, u64 n) {
    u64 left = IDE_BUFFER - d->state->at % IDE_BUFFER;
    return n < left ? n : left;
}

// A sector comes from the medium when its first byte is wanted, and goes there when its last one has come. False when that failed:
// the command is over.
static bool fetch_sector(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    if (!s->from_medium || s->at % IDE_BUFFER) return true;
    if (!blkdev_read(&d->medium, s->medium_at + s->at, s->buffer, IDE_BUFFER)) return true;
    d->ops->medium_failed(d);
    return false;
}

static bool store_sector(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    if (!s->from_medium || s->at % IDE_BUFFER) return true;
    if (!blkdev_write(&d->medium, s->medium_at + s->at - IDE_BUFFER, s->buffer, IDE_BUFFER)) return true;
    d->ops->medium_failed(d);
    return false;
}

// True when the next byte of the burst may go through the data port in this direction.
static bool pio_open(const struct ide_drive *d, bool to_host) {
    const struct ide_drive_state *s = d->state;
    return (s->status & ATA_DRQ) && !s->dma && s->to_host == to_host && s->at < s->burst_end;
}

static u64 data_read(struct ide_drive *d, unsigned width) {
    if (!pio_open(d, true)) return 0;
    struct ide_drive_state *s = d->state;
    u64 left = s->burst_end - s->at, n = left < width ? left : width;
    u8 bytes[8] = {0};
    for (u64 done = 0, part; done < n; done += part, s->at += part) {
        if (!fetch_sector(d)) return 0;
        part = piece(d, n - done);
        memcpy(bytes + done, transfer_bytes(d), part);
    }
    if (s->at == s->burst_end) d->ops->moved(d);
    return ld_width(bytes, width);
}

static void data_write(struct ide_drive *d, unsigned width, u64 value) {
    if (!pio_open(d, false)) return;
    struct ide_drive_state *s = d->state;
    u64 left = s->burst_end - s->at, n = left < width ? left : width;
    for (u64 done = 0, part; done < n; done += part) {
        part = piece(d, n - done);
        memcpy(transfer_bytes(d), (const u8 *)&value + done, part);
        s->at += part;
        if (!store_sector(d)) return;
    }
    if (s->at == s->burst_end) d->ops->moved(d);
}

// --- bus master ---

static void dma_fail(struct ide_channel *c) {
    c->state->bm_status = (u8)((c->state->bm_status & ~BM_ACTIVE) | BM_ERROR);
    selected(c)->ops->dma_failed(selected(c));
}

// Loads the next descriptor. False when it cannot be had.
static bool next_descriptor(struct ide_channel *c) {
    struct ide_channel_state *s = c->state;
    u8 prd[PRD_SIZE];
    if (s->prd_count++ == PRD_TABLE_MAX) return false;
    if (bus_copy_out(c->ide->function.bus->bus, s->prd_next, prd, sizeof prd)) return false;
    s->prd_next += PRD_SIZE;
    s->prd_at = ld32(prd) & ~1u;
    s->prd_left = ld16(prd + 4) & ~1u;
    if (!s->prd_left) s->prd_left = 65536;
    s->prd_last = (ld32(prd + 4) & PRD_LAST) != 0;
    return true;
}

static bool copy_piece(struct bus *bus, gpa_t at, struct ide_drive *d, u64 n) {
    bool to_host = d->state->to_host;
    if (to_host && !fetch_sector(d)) return false;
    if (to_host) bus_copy_in(bus, at, transfer_bytes(d), n);
    else bus_copy_out(bus, at, transfer_bytes(d), n);
    d->state->at += n;
    return to_host || store_sector(d);
}

// All that the region and the transfer have in common, or nothing when it is not all RAM. False when the command has ended by it.
static bool copy_burst(struct ide_channel *c, struct ide_drive *d) {
    struct ide_channel_state *s = c->state;
    struct bus *bus = c->ide->function.bus->bus;
    u64 left = d->state->length - d->state->at;
    u32 n = left < s->prd_left ? (u32)left : s->prd_left;
    if (!bus_all_ram(bus, s->prd_at, n, d->state->to_host)) {
        dma_fail(c);
        return false;
    }
    for (u32 part; n; n -= part, s->prd_at += part, s->prd_left -= part) {
        part = (u32)piece(d, n);
        if (!copy_piece(bus, s->prd_at, d, part)) return false;
    }
    return true;
}

// A table shorter than the transfer leaves the drive waiting and the bus master idle (neither error nor interrupt);
// one that is longer leaves the bus master active beside the interrupt.
static void run_dma(struct ide_channel *c) {
    struct ide_channel_state *s = c->state;
    struct ide_drive *d = selected(c);
    if (!present(d) || !d->state->dma || !(s->bm_status & BM_ACTIVE) || !pci_is_master(&c->ide->function)) return;
    if (d->state->to_host != !!(s->bm_command & BM_TO_MEMORY)) return dma_fail(c);
    while (d->state->at < d->state->length) {
        if (!s->prd_left && s->prd_last) {
            s->bm_status &= (u8)~BM_ACTIVE;
            return;
        }
        if (!s->prd_left && !next_descriptor(c)) return dma_fail(c);
        if (!copy_burst(c, d)) return;
    }
    if (!s->prd_left && s->prd_last) s->bm_status &= (u8)~BM_ACTIVE;
    d->ops->moved(d);
}

static void bm_write_command(struct ide_channel *c, u8 v) {
    struct ide_channel_state *s = c->state;
    u8 old = s->bm_command;
    s->bm_command = v & (BM_START | BM_TO_MEMORY);
    if (!(v & BM_START)) {
        s->bm_status &= (u8)~BM_ACTIVE;
    } else if (!(old & BM_START)) {
        s->bm_status |= BM_ACTIVE;
        s->prd_next = s->bm_table;
        s->prd_left = s->prd_last = s->prd_count = 0;
        run_dma(c);
        update_irq(c);
    }
}

static u8 bm_read_byte(void *dev, u64 offset) {
    struct ide *ide = dev;
    const struct ide_channel_state *s = ide->channel[offset / BM_CHANNEL].state;
    switch (offset %= BM_CHANNEL) {
    case BM_COMMAND: return s->bm_command;
    case BM_STATUS: return s->bm_status;
    case BM_TABLE ... BM_TABLE + 3: return (u8)(s->bm_table >> 8 * (offset - BM_TABLE));
    default: return 0;
    }
}

static void bm_write_byte(void *dev, u64 offset, u8 v) {
    struct ide *ide = dev;
    struct ide_channel *c = &ide->channel[offset / BM_CHANNEL];
    struct ide_channel_state *s = c->state;
    switch (offset %= BM_CHANNEL) {
    case BM_COMMAND: bm_write_command(c, v); break;
    case BM_STATUS:
        s->bm_status = (u8)((s->bm_status & BM_ACTIVE) | (v & BM_CAPABLE) | (s->bm_status & ~v & (BM_ERROR | BM_INTERRUPT)));
        break;
    case BM_TABLE ... BM_TABLE + 3: {
        unsigned shift = 8 * (unsigned)(offset - BM_TABLE);
        s->bm_table = (s->bm_table & ~(0xffu << shift) & ~3u) | (((u32)v << shift) & ~3u);
        break;
    }
    }
}

static u64 bm_read(void *dev, u64 offset, unsigned width) { return bm_read_byte(dev, offset); }
static void bm_write(void *dev, u64 offset, unsigned width, u64 value) { bm_write_byte(dev, offset, (u8)value); }
static const struct io_ops bm_ops = {.read = bm_read, .write = bm_write, .size = BM_CHANNEL * IDE_CHANNELS, .widths = IO_BYTES};

// --- ports ---

static void reset_drives(struct ide_channel *c) {
    for (unsigned i = 0; i < IDE_DRIVES; i++)
        if (present(&c->drive[i])) c->drive[i].ops->reset(&c->drive[i]);
    c->state->selected = 0;
}

static void write_command(struct ide_channel *c, u8 v) {
    struct ide_drive *d = selected(c);
    if (c->state->control & CONTROL_SRST) return;
    if (present(d)) d->state->irq = 0;
    update_irq(c);
    if (v == CMD_DEVICE_DIAGNOSTIC) {
        reset_drives(c);
        if (present(selected(c))) selected(c)->state->irq = 1;
    } else if (present(d)) {
        d->state->command = v;
        d->state->dma = d->state->in_packet = 0;
        d->ops->command(d, v);
        run_dma(c);
    }
    update_irq(c);
}

// A pair of task file registers behind one port.
static u8 *task_file(struct ide_drive *d, unsigned reg) {
    switch (reg) {
    case ERROR_FEATURE: return d->state->feature;
    case COUNT: return d->state->count;
    case LBA_LOW: return d->state->lba_low;
    case LBA_MID: return d->state->lba_mid;
    default: return d->state->lba_high;
    }
}

static u8 read_register(void *dev, u64 reg) {
    struct ide_channel *c = dev;
    struct ide_drive *d = selected(c);
    if (!present(d)) return 0;
    switch (reg) {
    case DATA: return 0;
    case ERROR_FEATURE: return d->state->error;
    case DEVICE: return (u8)(d->state->device | 0xa0);
    case STATUS_COMMAND:
        d->state->irq = 0;
        update_irq(c);
        return d->state->status;
    default: return task_file(d, (unsigned)reg)[(c->state->control & CONTROL_HOB) != 0];
    }
}

// Both drives see every write (volume 2, 5.2.2); only the selected one carries out a command.
static void write_register(void *dev, u64 reg, u8 v) {
    struct ide_channel *c = dev;
    c->state->control &= (u8)~CONTROL_HOB;
    if (reg == DATA) return;
    if (reg == STATUS_COMMAND) return write_command(c, v);
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        struct ide_drive *d = &c->drive[i];
        if (!present(d)) continue;
        if (reg == DEVICE) {
            d->state->device = v;
            continue;
        }
        u8 *pair = task_file(d, (unsigned)reg);
        pair[1] = pair[0];
        pair[0] = v;
    }
    if (reg != DEVICE) return;
    c->state->selected = (v & ATA_DEVICE_DEV) != 0;
    update_irq(c);
}

// All registers but DATA are bytes, whatever is beside them: an ISA bus splits a wide access, lowest address first.
static u64 command_read(void *dev, u64 offset, unsigned width) {
    struct ide_channel *c = dev;
    if (offset != DATA || width == 1) {
        u64 v = 0;
        for (unsigned i = 0; i < width; i++) v |= (u64)read_register(dev, offset + i) << 8 * i;
        return v;
    }
    struct ide_drive *d = selected(c);
    u64 v = present(d) ? data_read(d, width) : 0;
    update_irq(c);
    return v;
}

static void command_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct ide_channel *c = dev;
    if (offset != DATA || width == 1) {
        for (unsigned i = 0; i < width; i++) write_register(dev, offset + i, (u8)(value >> 8 * i));
        return;
    }
    struct ide_drive *d = selected(c);
    if (!present(d)) return;
    data_write(d, width, value);
    run_dma(c);
    update_irq(c);
}

static u64 control_read(void *dev, u64 offset, unsigned width) {
    struct ide_channel *c = dev;
    return present(selected(c)) ? selected(c)->state->status : 0;
}

static void control_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct ide_channel *c = dev;
    bool was = c->state->control & CONTROL_SRST, is = value & CONTROL_SRST;
    c->state->control = value & (CONTROL_HOB | CONTROL_SRST | CONTROL_NIEN);
    if (is) {
        c->state->selected = 0;
        for (unsigned i = 0; i < IDE_DRIVES; i++)
            if (present(&c->drive[i])) c->drive[i].state->status = ATA_BSY;
    } else if (was) {
        reset_drives(c);
    }
    update_irq(c);
}

const struct io_ops ide_command_ops = {.read = command_read, .write = command_write, .size = 8, .widths = IO_ANY};
const struct io_ops ide_control_ops = {.read = control_read, .write = control_write, .size = 1, .widths = IO_BYTES};

// --- creation ---

const char *const ide_drive_names[IDE_CHANNELS * IDE_DRIVES] = {"ide0 drive0", "ide0 drive1", "ide1 drive0", "ide1 drive1"};
const char *const ide_contents_names[IDE_CHANNELS * IDE_DRIVES] = {"ide0 drive0 contents", "ide0 drive1 contents",
                                                                   "ide1 drive0 contents", "ide1 drive1 contents"};

// Where the transfer is, within itself, the buffer and the medium. What goes through the buffer alone is not longer than a reply can be.
static bool drive_can_be(const struct ide_drive *d) {
    const struct ide_drive_state *s = d->state;
    if (s->at > s->burst_end || s->burst_end > s->length || s->multiple > 16 || s->udma > 6 || s->mwdma > 3) return false;
    if (!s->from_medium) return s->length <= 65536;
    if (s->medium_at % BLK_SECTOR || s->length % BLK_SECTOR || (!s->to_host && d->medium.disk && d->medium.disk->read_only))
        return !s->length;
    return !s->length || range_inside(s->medium_at, s->length, blkdev_size(&d->medium));
}

static bool enter(void *dev) {
    const struct ide_channel *c = dev;
    if (c->state->selected >= IDE_DRIVES) return false;
    for (unsigned i = 0; i < IDE_DRIVES; i++)
        if (present(&c->drive[i]) && !drive_can_be(&c->drive[i])) return false;
    return true;
}

static int create_channel(struct ide *ide, struct env *e, const struct ide_config *config, unsigned n) {
    static const char *const names[IDE_CHANNELS] = {"ide0", "ide1"};
    struct ide_channel *c = &ide->channel[n];
    c->ide = ide;
    c->irq = config->irq[n];
    c->state = env_state(e, names[n], sizeof *c->state);
    env_check(e, names[n], enter, c);
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        struct ide_drive *d = &c->drive[i];
        if (config->drive[n][i].kind == IDE_NONE) continue;
        int (*attach)(struct ide_drive *, struct env *, struct disk *, unsigned) =
            config->drive[n][i].kind == IDE_DISK ? ata_attach : atapi_attach;
        int err = attach(d, e, config->drive[n][i].disk, n * IDE_DRIVES + i);
        if (err) return err;
        c->state->bm_status |= (u8)(0x20 << i);
    }
    return 0;
}

struct ide *ide_create(struct env *e, struct pci_bus *pci, const struct ide_config *config) {
    struct ide *ide = env_alloc(e, sizeof *ide); // no state but the function's, the channels' and the drives'
    struct pci_function *f = &ide->function;
    static const struct pci_id id = {.vendor = 0x8086,
                                     .device = 0x7111,
                                     .class_code = 0x010180,
                                     .revision = 1,
                                     .subsystem_vendor = 0x1af4,
                                     .subsystem = 0x1100};
    pci_add(pci, f, "ide config", config->slot, config->function, &id, false);
    for (unsigned n = 0; n < IDE_CHANNELS; n++) {
        st16(f->state->config + IDETIM + 2 * n, IDETIM_ENABLE);
        st16(f->writable + IDETIM + 2 * n, IDETIM_WRITABLE);
        if (create_channel(ide, e, config, n)) return NULL;
    }
    f->writable[SIDETIM] = 0xff;
    f->writable[UDMACTL] = 0x0f;
    st16(f->writable + UDMATIM, 0x3333);
    pci_add_bar(f, 4, PCI_BAR_IO, &bm_ops, ide);
    return ide;
}
