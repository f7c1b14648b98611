// SPDX-License-Identifier: MIT
// An ATAPI CD-ROM: the packet protocol, sense data, and the commands that move data. What the drive tells about itself
// and its disc (INQUIRY, MODE SENSE, READ TOC, ...) is in atapi_info.c. ATA/ATAPI-7 volume 2; MMC-5; SPC-3.
#include "dev/atapi.h"
#include "base/bits.h"
#include "base/le.h"

// ATA commands of a PACKET device.
enum ata_command {
    CMD_NOP = 0x00,
    CMD_DEVICE_RESET = 0x08,
    CMD_PACKET = 0xa0,
    CMD_IDENTIFY_PACKET = 0xa1,
    CMD_STANDBY_NOW = 0xe0,
    CMD_IDLE_NOW = 0xe1,
    CMD_CHECK_POWER = 0xe5,
    CMD_SLEEP = 0xe6,
    CMD_FLUSH = 0xe7,
    CMD_IDENTIFY = 0xec,
    CMD_SET_FEATURES = 0xef,
};
enum { FEATURE_DMA = 0x01, FEATURE_TRANSFER_MODE = 0x03 };
#define READY (ATA_DRDY | ATA_DSC)
#define BYTE_COUNT_MAX 0xfffe

// --- phases of the packet protocol ---

static void signature(struct ide_drive *d) {
    d->state->count[0] = d->state->lba_low[0] = 1;
    d->state->lba_mid[0] = 0x14;
    d->state->lba_high[0] = 0xeb;
}

static void reset(struct ide_drive *d) {
    ide_finish(d, 0, 1, false); // DRDY stays clear until the first PACKET; error 1: diagnostics passed
    d->state->irq = d->state->device = 0;
    signature(d);
}

static void status_phase(struct ide_drive *d, u8 status, u8 error) {
    d->state->count[0] = ATAPI_IO | ATAPI_COD;
    ide_finish(d, status, error, true);
}

void atapi_good(struct ide_drive *d) {
    d->state->sense_key = d->state->asc = d->state->ascq = 0;
    status_phase(d, READY, 0);
}

void atapi_check(struct ide_drive *d, enum sense_key key, unsigned asc_ascq) {
    d->state->sense_key = (u8)key;
    d->state->asc = (u8)(asc_ascq >> 8);
    d->state->ascq = (u8)asc_ascq;
    status_phase(d, READY | ATA_ERR, (u8)(key << 4 | ATA_ABRT));
}

// PIO: announces the next burst, at most the byte count limit, in the LBA mid and high registers.
static void open_burst(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    u64 left = s->length - s->at, n = left < s->burst ? left : s->burst;
    s->burst_end = s->at + n;
    s->lba_mid[0] = (u8)n;
    s->lba_high[0] = (u8)(n >> 8);
    s->count[0] = ATAPI_IO;
    s->status = READY | ATA_DRQ;
    s->irq = 1;
}

static void send(struct ide_drive *d, u64 length) {
    struct ide_drive_state *s = d->state;
    if (!length) return atapi_good(d);
    s->sense_key = s->asc = s->ascq = 0;
    s->to_host = 1;
    s->at = 0;
    s->length = length;
    s->in_packet = 0;
    if (s->packet_dma) {
        s->dma = 1;
        s->status = READY | ATA_DRQ;
        return;
    }
    open_burst(d);
}

void atapi_reply(struct ide_drive *d, unsigned length, unsigned allocation) {
    d->state->from_medium = 0;
    send(d, length < allocation ? length : allocation);
}

static void moved(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    if (s->in_packet) return atapi_execute(d);
    if (s->at == s->length) return atapi_good(d);
    open_burst(d);
}

static void dma_failed(struct ide_drive *d) { atapi_check(d, SENSE_ABORTED, 0x4b00); } // data phase error
static void medium_failed(struct ide_drive *d) { atapi_check(d, SENSE_MEDIUM_ERROR, ASC_UNRECOVERED_READ); }

static void packet(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    u64 limit = (u64)s->lba_high[0] << 8 | s->lba_mid[0];
    if (limit > BYTE_COUNT_MAX) limit = BYTE_COUNT_MAX;
    limit &= ~(u64)1;
    s->burst = limit ? limit : BYTE_COUNT_MAX;
    s->packet_dma = s->feature[0] & FEATURE_DMA;
    s->in_packet = 1;
    s->to_host = s->from_medium = s->dma = 0;
    s->at = 0;
    s->length = s->burst_end = ATAPI_CDB;
    s->count[0] = ATAPI_COD;
    s->error = 0;
    s->status = READY | ATA_DRQ; // no interrupt: IDENTIFY says that DRQ follows at once
}

// --- reading ---

static void read_sectors(struct ide_drive *d, u64 lba, u64 count) {
    if (!range_inside(lba, count, atapi_sectors(d))) return atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_LBA_RANGE);
    d->state->from_medium = 1;
    d->state->medium_at = lba * CD_SECTOR;
    send(d, count * CD_SECTOR);
}

// READ CD: only the user data of mode 1 sectors, as a drive's read-ahead would have it.
static void read_cd(struct ide_drive *d, const u8 *cdb) {
    u64 count = (u64)cdb[6] << 16 | ld16be(cdb + 7);
    unsigned sector_type = cdb[1] >> 2 & 7, parts = cdb[9] & 0xf8;
    if (!count || !parts) return atapi_good(d);
    if (parts != 0x10 || cdb[10] || sector_type > 2 || sector_type == 1)
        return atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD);
    read_sectors(d, ld32be(cdb + 2), count);
}

void atapi_read(struct ide_drive *d, const u8 *cdb) {
    switch (cdb[0]) {
    case OP_READ_10: return read_sectors(d, ld32be(cdb + 2), ld16be(cdb + 7));
    case OP_READ_12: return read_sectors(d, ld32be(cdb + 2), ld32be(cdb + 6));
    default: return read_cd(d, cdb);
    }
}

// --- ATA commands ---

static void identify(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    u8 *w = s->buffer;
    memset(w, 0, sizeof s->buffer);
#define WORD(i, v) st16(w + 2 * (i), (u16)(v))
    WORD(0, 0x85c0); // ATAPI, CD-ROM, removable, DRQ within 50 us, 12-byte packets
    ide_text(w + 20, 20, d->serial);
    ide_text(w + 46, 8, d->revision);
    ide_text(w + 54, 40, d->model);
    WORD(49, 0x0b00); // IORDY, LBA, DMA
    WORD(50, 0x4000);
    WORD(53, 0x0006); // words 64-70 and 88 are valid
    WORD(63, ide_modes(2, s->mwdma));
    WORD(64, 0x0003);
    for (unsigned i = 65; i <= 68; i++) WORD(i, 120);
    WORD(80, 0x00f0); // ATA/ATAPI-4 to -7
    WORD(82, 0x4210); // NOP, DEVICE RESET, PACKET
    WORD(83, 0x4000);
    WORD(84, 0x4000);
    WORD(85, 0x4210);
    WORD(87, 0x4000);
    WORD(88, ide_modes(5, s->udma));
    WORD(93, 0x6001);
#undef WORD
    ide_identify_checksum(w);
    s->from_medium = s->in_packet = s->packet_dma = 0;
    s->to_host = 1;
    s->at = 0;
    s->length = s->burst = IDE_BUFFER;
    open_burst(d);
}

static void command(struct ide_drive *d, u8 c) {
    struct ide_drive_state *s = d->state;
    switch (c) {
    case CMD_PACKET: return packet(d);
    case CMD_IDENTIFY_PACKET: return identify(d);
    case CMD_DEVICE_RESET: {
        u8 device = s->device;
        reset(d);
        s->device = device;
        return;
    }
    case CMD_SET_FEATURES:
        if (s->feature[0] != FEATURE_TRANSFER_MODE || !ide_set_transfer_mode(d, s->count[0])) break;
        return ide_finish(d, READY, 0, true);
    case CMD_CHECK_POWER: s->count[0] = 0xff; return ide_finish(d, READY, 0, true);
    case CMD_STANDBY_NOW:
    case CMD_IDLE_NOW:
    case CMD_SLEEP:
    case CMD_FLUSH: return ide_finish(d, READY, 0, true);
    case CMD_IDENTIFY: signature(d); break; // volume 1, 6.16: aborted, and this is how software tells what it is
    default: break;
    }
    ide_finish(d, READY | ATA_ERR, ATA_ABRT, true);
}

static const struct ide_drive_ops ops = {
    .reset = reset, .command = command, .moved = moved, .dma_failed = dma_failed, .medium_failed = medium_failed};

int atapi_attach(struct ide_drive *d, struct env *e, struct disk *disk, unsigned index) {
    d->ops = &ops;
    d->plat = e->plat;
    int err = blkdev_init(&d->medium, e, ide_contents_names[index], disk);
    if (err) return err;
    d->state = env_state(e, ide_drive_names[index], sizeof *d->state);
    plat_format(d->serial, sizeof d->serial, "SM%05u", index + 1);
    plat_format(d->model, sizeof d->model, "softmetal CD-ROM");
    plat_format(d->revision, sizeof d->revision, "1.0");
    reset(d);
    return 0;
}
