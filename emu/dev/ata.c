// SPDX-License-Identifier: MIT
// An ATA disk: 512-byte sectors of a block back end, CHS, 28- and 48-bit addresses, PIO and DMA. ATA/ATAPI-7 volume 1.
#include "base/bits.h"
#include "base/le.h"
#include "dev/ide_drive.h"

#define SECTOR BLK_SECTOR
#define MULTIPLE_MAX 16
#define CHS_HEADS 16
#define CHS_SECTORS 63
#define CHS_CYLINDERS_MAX 16383
#define LBA28_MAX 0x0fffffffu

enum command {
    CMD_NOP = 0x00,
    CMD_RECALIBRATE = 0x10,
    CMD_READ = 0x20,
    CMD_READ_EXT = 0x24,
    CMD_READ_DMA_EXT = 0x25,
    CMD_READ_NATIVE_MAX_EXT = 0x27,
    CMD_READ_MULTIPLE_EXT = 0x29,
    CMD_WRITE = 0x30,
    CMD_WRITE_EXT = 0x34,
    CMD_WRITE_DMA_EXT = 0x35,
    CMD_WRITE_MULTIPLE_EXT = 0x39,
    CMD_VERIFY = 0x40,
    CMD_VERIFY_EXT = 0x42,
    CMD_SEEK = 0x70,
    CMD_INITIALIZE_PARAMETERS = 0x91,
    CMD_READ_MULTIPLE = 0xc4,
    CMD_WRITE_MULTIPLE = 0xc5,
    CMD_SET_MULTIPLE = 0xc6,
    CMD_READ_DMA = 0xc8,
    CMD_WRITE_DMA = 0xca,
    CMD_STANDBY_NOW = 0xe0,
    CMD_IDLE_NOW = 0xe1,
    CMD_STANDBY = 0xe2,
    CMD_IDLE = 0xe3,
    CMD_CHECK_POWER = 0xe5,
    CMD_SLEEP = 0xe6,
    CMD_FLUSH = 0xe7,
    CMD_FLUSH_EXT = 0xea,
    CMD_IDENTIFY = 0xec,
    CMD_SET_FEATURES = 0xef,
    CMD_READ_NATIVE_MAX = 0xf8,
};
enum feature {
    FEATURE_WRITE_CACHE = 0x02,
    FEATURE_TRANSFER_MODE = 0x03,
    FEATURE_NO_LOOK_AHEAD = 0x55,
    FEATURE_NO_WRITE_CACHE = 0x82,
    FEATURE_LOOK_AHEAD = 0xaa
};

static u64 sectors(const struct ide_drive *d) { return blkdev_size(&d->medium) / SECTOR; }

static unsigned cylinders(const struct ide_drive *d) {
    u64 c = sectors(d) / (CHS_HEADS * CHS_SECTORS);
    return c > CHS_CYLINDERS_MAX ? CHS_CYLINDERS_MAX : (unsigned)c;
}

static void ok(struct ide_drive *d, bool irq) { ide_finish(d, ATA_DRDY | ATA_DSC, 0, irq); }
static void fail(struct ide_drive *d, u8 error) { ide_finish(d, ATA_DRDY | ATA_DSC | ATA_ERR, error, true); }

static void reset(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    ide_finish(d, ATA_DRDY | ATA_DSC, 1, false); // error 1: diagnostics passed
    s->irq = s->device = 0;
    s->count[0] = s->lba_low[0] = 1;
    s->lba_mid[0] = s->lba_high[0] = 0;
    s->multiple = 0;
}

static void identify(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    u8 *w = s->buffer;
    memset(w, 0, sizeof s->buffer);
    u64 n = sectors(d);
    u32 chs = cylinders(d) * CHS_HEADS * CHS_SECTORS;
    u32 lba28 = n > LBA28_MAX ? LBA28_MAX : (u32)n;
#define WORD(i, v) st16(w + 2 * (i), (u16)(v))
    WORD(0, 0x0040);
    WORD(1, cylinders(d));
    WORD(3, CHS_HEADS);
    WORD(6, CHS_SECTORS);
    ide_text(w + 20, 20, d->serial);
    ide_text(w + 46, 8, d->revision);
    ide_text(w + 54, 40, d->model);
    WORD(47, 0x8000 | MULTIPLE_MAX);
    WORD(49, 0x0b00); // IORDY, LBA, DMA
    WORD(50, 0x4000);
    WORD(51, 0x0200);
    WORD(53, 0x0007); // words 54-58, 64-70 and 88 are valid
    WORD(54, cylinders(d));
    WORD(55, CHS_HEADS);
    WORD(56, CHS_SECTORS);
    st32(w + 2 * 57, chs);
    WORD(59, s->multiple ? 0x100 | s->multiple : 0);
    st32(w + 2 * 60, lba28);
    WORD(63, ide_modes(2, s->mwdma));
    WORD(64, 0x0003);                                 // PIO 3 and 4
    for (unsigned i = 65; i <= 68; i++) WORD(i, 120); // ns per word
    WORD(80, 0x00f0);                                 // ATA-4 to ATA-7
    WORD(82, 0x4020);                                 // NOP, write cache
    WORD(83, 0x7400);                                 // FLUSH CACHE (EXT), 48-bit addresses
    WORD(84, 0x4000);
    WORD(85, s->write_through ? 0x4000 : 0x4020);
    WORD(86, 0x3400);
    WORD(87, 0x4000);
    WORD(88, ide_modes(5, s->udma));
    WORD(93, 0x6001);
    st64(w + 2 * 100, n);
#undef WORD
    ide_identify_checksum(w);
}

// The sectors a command names: [*at, *at + *count). False when they are not all on the disk.
static bool address(const struct ide_drive *d, bool ext, u64 *at, u64 *count) {
    const struct ide_drive_state *s = d->state;
    u64 lba, n = s->count[0];
    if (ext) {
        lba = (u64)s->lba_high[1] << 40 | (u64)s->lba_mid[1] << 32 | (u64)s->lba_low[1] << 24 | (u64)s->lba_high[0] << 16 |
              (u64)s->lba_mid[0] << 8 | s->lba_low[0];
        n |= (u64)s->count[1] << 8;
        if (!n) n = 65536;
    } else {
        u32 low = (u32)s->lba_high[0] << 16 | (u32)s->lba_mid[0] << 8 | s->lba_low[0];
        if (!n) n = 256;
        if (s->device & ATA_DEVICE_LBA) {
            lba = (u64)(s->device & 0x0f) << 24 | low;
        } else {
            unsigned sector = s->lba_low[0], head = s->device & 0x0f;
            if (!sector || sector > CHS_SECTORS) return false;
            lba = ((u64)(low >> 8) * CHS_HEADS + head) * CHS_SECTORS + sector - 1;
        }
    }
    if (!range_inside(lba, n, sectors(d))) return false;
    *at = lba;
    *count = n;
    return true;
}

// PIO: the host may move the next burst now.
static void open_burst(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    u64 left = s->length - s->at;
    s->burst_end = s->at + (left < s->burst ? left : s->burst);
    s->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
}

static void start(struct ide_drive *d, bool to_host, u64 length, u64 burst) {
    struct ide_drive_state *s = d->state;
    s->to_host = to_host;
    s->length = length;
    s->at = 0;
    s->burst = burst;
    s->error = 0;
    open_burst(d);
    s->irq = to_host; // data for the host is announced; the first block from the host is asked for by DRQ alone
}

enum { TO_HOST = 1, EXT = 2, DMA = 4, MULTIPLE = 8 };

static void transfer(struct ide_drive *d, unsigned how) {
    struct ide_drive_state *s = d->state;
    u64 at, count;
    if (((how & MULTIPLE) && !s->multiple) || (!(how & TO_HOST) && d->medium.disk->read_only)) return fail(d, ATA_ABRT);
    if (!address(d, how & EXT, &at, &count)) return fail(d, ATA_IDNF);
    s->from_medium = 1;
    s->medium_at = at * SECTOR;
    start(d, how & TO_HOST, count * SECTOR, (how & MULTIPLE) ? s->multiple * SECTOR : SECTOR);
    if (!(how & DMA)) return;
    s->dma = 1;
    s->irq = 0;
}

static void medium_failed(struct ide_drive *d) {
    if (d->state->to_host) return fail(d, ATA_UNC);
    ide_finish(d, ATA_DRDY | ATA_DSC | ATA_DF | ATA_ERR, ATA_ABRT, true);
}

static void flush(struct ide_drive *d) {
    if (!blkdev_flush(&d->medium)) return ok(d, true);
    d->state->to_host = 0;
    medium_failed(d);
}

static void moved(struct ide_drive *d) {
    struct ide_drive_state *s = d->state;
    bool over = s->dma || s->at == s->length;
    if (over && s->write_through && !s->to_host) return flush(d);
    if (over) return ok(d, s->dma || !s->to_host);
    open_burst(d);
    s->irq = 1;
}

static void dma_failed(struct ide_drive *d) { fail(d, ATA_ABRT); }

static void set_features(struct ide_drive *d) {
    switch (d->state->feature[0]) {
    case FEATURE_TRANSFER_MODE: return ide_set_transfer_mode(d, d->state->count[0]) ? ok(d, true) : fail(d, ATA_ABRT);
    case FEATURE_WRITE_CACHE:
    case FEATURE_NO_WRITE_CACHE: d->state->write_through = d->state->feature[0] == FEATURE_NO_WRITE_CACHE; return ok(d, true);
    case FEATURE_LOOK_AHEAD:
    case FEATURE_NO_LOOK_AHEAD: return ok(d, true);
    default: return fail(d, ATA_ABRT);
    }
}

static void set_multiple(struct ide_drive *d) {
    u8 n = d->state->count[0];
    if (n > MULTIPLE_MAX || (n && !is_pow2(n))) return fail(d, ATA_ABRT);
    d->state->multiple = n;
    ok(d, true);
}

static void native_max(struct ide_drive *d, bool ext) {
    struct ide_drive_state *s = d->state;
    u64 last = sectors(d) - 1;
    if (!ext && last > LBA28_MAX - 1) last = LBA28_MAX - 1;
    s->lba_low[0] = (u8)last;
    s->lba_mid[0] = (u8)(last >> 8);
    s->lba_high[0] = (u8)(last >> 16);
    if (ext) {
        s->lba_low[1] = (u8)(last >> 24);
        s->lba_mid[1] = (u8)(last >> 32);
        s->lba_high[1] = (u8)(last >> 40);
    } else {
        s->device = (u8)((s->device & 0xf0) | (last >> 24 & 0x0f));
    }
    ok(d, true);
}

static void verify(struct ide_drive *d, bool ext) {
    u64 at, count;
    if (!address(d, ext, &at, &count)) return fail(d, ATA_IDNF);
    ok(d, true);
}

static void command(struct ide_drive *d, u8 c) {
    switch (c) {
    case CMD_IDENTIFY:
        identify(d);
        d->state->from_medium = 0;
        return start(d, true, SECTOR, SECTOR);
    case CMD_READ:
    case CMD_READ + 1: return transfer(d, TO_HOST);
    case CMD_READ_EXT: return transfer(d, TO_HOST | EXT);
    case CMD_READ_MULTIPLE: return transfer(d, TO_HOST | MULTIPLE);
    case CMD_READ_MULTIPLE_EXT: return transfer(d, TO_HOST | MULTIPLE | EXT);
    case CMD_READ_DMA:
    case CMD_READ_DMA + 1: return transfer(d, TO_HOST | DMA);
    case CMD_READ_DMA_EXT: return transfer(d, TO_HOST | DMA | EXT);
    case CMD_WRITE:
    case CMD_WRITE + 1: return transfer(d, 0);
    case CMD_WRITE_EXT: return transfer(d, EXT);
    case CMD_WRITE_MULTIPLE: return transfer(d, MULTIPLE);
    case CMD_WRITE_MULTIPLE_EXT: return transfer(d, MULTIPLE | EXT);
    case CMD_WRITE_DMA:
    case CMD_WRITE_DMA + 1: return transfer(d, DMA);
    case CMD_WRITE_DMA_EXT: return transfer(d, DMA | EXT);
    case CMD_VERIFY:
    case CMD_VERIFY + 1: return verify(d, false);
    case CMD_VERIFY_EXT: return verify(d, true);
    case CMD_SET_MULTIPLE: return set_multiple(d);
    case CMD_SET_FEATURES: return set_features(d);
    case CMD_READ_NATIVE_MAX: return native_max(d, false);
    case CMD_READ_NATIVE_MAX_EXT: return native_max(d, true);
    case CMD_CHECK_POWER: d->state->count[0] = 0xff; return ok(d, true);
    case CMD_RECALIBRATE ... CMD_RECALIBRATE + 15:
    case CMD_SEEK ... CMD_SEEK + 15:
    case CMD_INITIALIZE_PARAMETERS:
    case CMD_STANDBY_NOW:
    case CMD_IDLE_NOW:
    case CMD_STANDBY:
    case CMD_IDLE:
    case CMD_SLEEP: return ok(d, true);
    case CMD_FLUSH:
    case CMD_FLUSH_EXT: return flush(d);
    case CMD_NOP:
    default: return fail(d, ATA_ABRT);
    }
}

static const struct ide_drive_ops ops = {
    .reset = reset, .command = command, .moved = moved, .dma_failed = dma_failed, .medium_failed = medium_failed};

int ata_attach(struct ide_drive *d, struct env *e, struct disk *disk, unsigned index) {
    d->ops = &ops;
    d->plat = e->plat;
    int err = blkdev_init(&d->medium, e, ide_contents_names[index], disk);
    if (err) return err;
    d->state = env_state(e, ide_drive_names[index], sizeof *d->state);
    plat_format(d->serial, sizeof d->serial, "SM%05u", index + 1);
    plat_format(d->model, sizeof d->model, "softmetal ATA disk");
    plat_format(d->revision, sizeof d->revision, "1.0");
    reset(d);
    return 0;
}
