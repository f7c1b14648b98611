// SPDX-License-Identifier: MIT
// Inside the ATAPI CD-ROM: what its two halves share. atapi.c moves packets and data, atapi_info.c executes commands.
// SCSI codes: SPC-3 and MMC-5.
#ifndef DEV_ATAPI_H
#define DEV_ATAPI_H

#include "dev/ide_drive.h"

#define CD_SECTOR 2048
#define ATAPI_CDB 12

enum opcode {
    OP_TEST_UNIT_READY = 0x00,
    OP_REQUEST_SENSE = 0x03,
    OP_INQUIRY = 0x12,
    OP_START_STOP_UNIT = 0x1b,
    OP_PREVENT_ALLOW = 0x1e,
    OP_READ_CAPACITY = 0x25,
    OP_READ_10 = 0x28,
    OP_SEEK_10 = 0x2b,
    OP_READ_TOC = 0x43,
    OP_GET_CONFIGURATION = 0x46,
    OP_GET_EVENT_STATUS = 0x4a,
    OP_READ_DISC_INFORMATION = 0x51,
    OP_MODE_SENSE_10 = 0x5a,
    OP_READ_12 = 0xa8,
    OP_SET_CD_SPEED = 0xbb,
    OP_MECHANISM_STATUS = 0xbd,
    OP_READ_CD = 0xbe,
};
enum sense_key { SENSE_NONE = 0, SENSE_NOT_READY = 2, SENSE_MEDIUM_ERROR = 3, SENSE_ILLEGAL_REQUEST = 5, SENSE_ABORTED = 11 };
// Additional sense code << 8 | qualifier.
enum asc {
    ASC_UNRECOVERED_READ = 0x1100,
    ASC_INVALID_OPCODE = 0x2000,
    ASC_LBA_RANGE = 0x2100,
    ASC_INVALID_FIELD = 0x2400,
    ASC_SAVING_UNSUPPORTED = 0x3900,
    ASC_NO_MEDIUM = 0x3a00,
    ASC_NO_MEDIUM_CLOSED = 0x3a01,
    ASC_NO_MEDIUM_OPEN = 0x3a02,
    ASC_REMOVAL_PREVENTED = 0x5302,
};

// Whole sectors on the disc in the drive; 0 when there is none.
static inline u64 atapi_sectors(const struct ide_drive *d) {
    return d->state->tray_open ? 0 : blkdev_size(&d->medium) / CD_SECTOR;
}

// Ends the command: good status, or CHECK CONDITION with this sense data.
void atapi_good(struct ide_drive *d);
void atapi_check(struct ide_drive *d, enum sense_key key, unsigned asc_ascq);
// Sends the first `length` bytes of state.buffer, at most `allocation` of them.
void atapi_reply(struct ide_drive *d, unsigned length, unsigned allocation);
// READ(10), READ(12), READ CD.
void atapi_read(struct ide_drive *d, const u8 *cdb);
// The packet in state.buffer is complete: carry it out.
void atapi_execute(struct ide_drive *d);

#endif
