// SPDX-License-Identifier: MIT
// What an IDE channel (dev/ide) and a drive on it (dev/ata, dev/atapi) agree on: the task file, the transfer under way,
// and the moments at which the channel asks the drive. ATA/ATAPI-7 volumes 1 and 2 (T13/1532D).
#ifndef DEV_IDE_DRIVE_H
#define DEV_IDE_DRIVE_H

#include "core/blkdev.h"
#include "plat/plat.h"

// Status and error registers.
enum ata_status { ATA_ERR = 0x01, ATA_DRQ = 0x08, ATA_DSC = 0x10, ATA_DF = 0x20, ATA_DRDY = 0x40, ATA_BSY = 0x80 };
enum ata_error { ATA_ABRT = 0x04, ATA_IDNF = 0x10, ATA_UNC = 0x40 };
enum ata_device { ATA_DEVICE_DEV = 0x10, ATA_DEVICE_LBA = 0x40 };
// Interrupt reason, in the sector count register of a PACKET command.
enum atapi_reason { ATAPI_COD = 0x01, ATAPI_IO = 0x02 };

#define IDE_BUFFER 512

struct ide_drive;

struct ide_drive_ops {
    // Power-on, SRST, EXECUTE DEVICE DIAGNOSTIC: leaves the signature in the task file and the status it belongs to.
    void (*reset)(struct ide_drive *d);
    // The command register was written. No interrupt is pending.
    void (*command)(struct ide_drive *d, u8 command);
    // PIO: the bytes up to burst_end have moved (d->state->at == burst_end). DMA: all `length` bytes have.
    void (*moved)(struct ide_drive *d);
    // The bus master could not reach memory: end the command with an error.
    void (*dma_failed)(struct ide_drive *d);
    // The medium could not be read or written: likewise.
    void (*medium_failed)(struct ide_drive *d);
};

struct ide_drive {
    const struct ide_drive_ops *ops; // NULL: nothing is attached
    struct blkdev medium;
    struct plat *plat;
    char serial[21], model[41], revision[9]; // identification, as IDENTIFY and INQUIRY tell it
    struct ide_drive_state {
        // Task file; [0] is what was written last, [1] what was there before (48-bit commands use both).
        u8 feature[2], count[2], lba_low[2], lba_mid[2], lba_high[2];
        u8 device, status, error;
        u8 irq; // INTRQ, before nIEN
        u8 command;
        u8 multiple;    // sectors per burst of READ/WRITE MULTIPLE; 0: not set
        u8 udma, mwdma; // the selected mode + 1; 0: none
        // Transfer of `length` bytes, `at` of which have moved; PIO stops at burst_end for an interrupt.
        // From and to the medium the bytes go through `buffer`, a sector at a time.
        u8 to_host, from_medium, dma;
        u8 write_through; // the write cache is off: a write ends when it is on stable storage
        u64 medium_at, length, at, burst_end, burst;
        u8 buffer[IDE_BUFFER];
        // ATAPI
        u8 in_packet, packet_dma, sense_key, asc, ascq, locked, tray_open, media_event;
    } *state;
};

// By index: names of the parts of the state that are a drive's registers, and that stand for what is on its medium.
extern const char *const ide_drive_names[4];
extern const char *const ide_contents_names[4];

// A CD-ROM drive's disk may be NULL: empty. 0, or ERR_NO_MEMORY (logged).
int ata_attach(struct ide_drive *d, struct env *e, struct disk *disk, unsigned index);
int atapi_attach(struct ide_drive *d, struct env *e, struct disk *disk, unsigned index);

// --- for the drives ---

// The command is over with this status (DRDY | DSC | ... ) and error register; raises INTRQ when asked.
static inline void ide_finish(struct ide_drive *d, u8 status, u8 error, bool irq) {
    d->state->status = status;
    d->state->error = error;
    d->state->irq |= irq;
    d->state->dma = d->state->in_packet = 0;
    d->state->length = d->state->at = d->state->burst_end = 0;
}

// Copies text into words as IDENTIFY wants it: padded with spaces, the first character in each word's high byte.
static inline void ide_text(u8 *words, unsigned bytes, const char *text) {
    for (unsigned i = 0; i < bytes; i++) {
        words[i ^ 1] = (u8)(*text ? *text : ' ');
        if (*text) text++;
    }
}

// Word 255: signature A5, and a checksum that makes the 512 bytes sum to 0.
static inline void ide_identify_checksum(u8 *words) {
    u8 sum = 0xa5;
    for (unsigned i = 0; i < 510; i++) sum = (u8)(sum + words[i]);
    words[510] = 0xa5;
    words[511] = (u8)-sum;
}

// SET FEATURES, subcommand 03: sector count names the transfer mode. False: no such mode.
static inline bool ide_set_transfer_mode(struct ide_drive *d, u8 mode) {
    unsigned kind = mode >> 3, n = mode & 7;
    if (kind > 1 && kind != 4 && kind != 8) return false;
    if ((kind == 4 && n > 2) || (kind == 8 && n > 5) || (kind == 1 && n > 4)) return false;
    if (kind <= 1) return true; // PIO is chosen beside DMA
    d->state->mwdma = kind == 4 ? (u8)(n + 1) : 0;
    d->state->udma = kind == 8 ? (u8)(n + 1) : 0;
    return true;
}

// IDENTIFY words 63 and 88: modes 0..top are supported, one may be selected.
static inline u16 ide_modes(unsigned top, u8 selected) {
    u16 v = (u16)((2u << top) - 1);
    return selected ? (u16)(v | 0x80u << selected) : v;
}

#endif
