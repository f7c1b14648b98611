// SPDX-License-Identifier: MIT
// The ATAPI CD-ROM's command table, and what the drive tells about itself and its disc. One data track, one session.
#include "base/bits.h"
#include "base/le.h"
#include "dev/atapi.h"

#define MSF_OFFSET 150                     // sector 0 is at 00:02:00
#define CD_SECTORS_MAX (u64)(80 * 60 * 75) // a disc with more is a DVD
#define LEAD_OUT 0xaa
#define DATA_TRACK 0x14 // ADR 1, control 4
enum { PROFILE_CD_ROM = 0x08, PROFILE_DVD_ROM = 0x10 };
enum { SPEED = 706 }; // kB/s: 4x

static void put16(u8 *p, unsigned v) { st16(p, __builtin_bswap16((u16)v)); }
static void put32(u8 *p, u32 v) { st32(p, __builtin_bswap32(v)); }

// An address as READ TOC shows it: a sector number, or 0, minute, second, frame.
static void put_address(u8 *p, u64 lba, bool msf) {
    if (!msf) return put32(p, (u32)lba);
    lba += MSF_OFFSET;
    p[0] = 0;
    p[1] = (u8)(lba / (60 * 75));
    p[2] = (u8)(lba / 75 % 60);
    p[3] = (u8)(lba % 75);
}

static void invalid_field(struct ide_drive *d) { atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_FIELD); }

// --- the drive ---

static void test_unit_ready(struct ide_drive *d, const u8 *cdb, u8 *r) { atapi_good(d); }

static void request_sense(struct ide_drive *d, const u8 *cdb, u8 *r) {
    r[0] = 0x70; // current error, fixed format
    r[2] = d->state->sense_key;
    r[7] = 10;
    r[12] = d->state->asc;
    r[13] = d->state->ascq;
    atapi_reply(d, 18, cdb[4]);
}

static void inquiry(struct ide_drive *d, const u8 *cdb, u8 *r) {
    if (cdb[1] & 1) return invalid_field(d); // no vital product data
    r[0] = 0x05;                             // CD-ROM
    r[1] = 0x80;                             // removable
    r[3] = 0x21;
    r[4] = 31;
    memset(r + 8, ' ', 28);
    memcpy(r + 8, "SOFTMETL", 8);
    memcpy(r + 16, "CD-ROM", 6);
    memcpy(r + 32, d->revision, strlen(d->revision));
    atapi_reply(d, 36, cdb[4]);
}

static void start_stop_unit(struct ide_drive *d, const u8 *cdb, u8 *r) {
    bool load_eject = cdb[4] & 2, start = cdb[4] & 1;
    if (!load_eject) return atapi_good(d);
    if (!start && d->state->locked) return atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_REMOVAL_PREVENTED);
    enum { NEW_MEDIA = 2, REMOVAL = 3 };
    if (d->state->tray_open == start) d->state->media_event = start ? NEW_MEDIA : REMOVAL;
    d->state->tray_open = !start;
    atapi_good(d);
}

static void prevent_allow(struct ide_drive *d, const u8 *cdb, u8 *r) {
    d->state->locked = cdb[4] & 1;
    atapi_good(d);
}

// Mode pages. Header of 8 bytes, then the pages asked for, lowest first.
static unsigned page_error_recovery(const struct ide_drive *d, u8 *p) {
    p[0] = 0x01;
    p[1] = 6;
    p[3] = 5; // retries
    return 8;
}

static unsigned page_capabilities(const struct ide_drive *d, u8 *p) {
    p[0] = 0x2a;
    p[1] = 20;
    p[2] = 0x0b;                               // reads CD-R, CD-RW, DVD-ROM
    p[4] = 0x70;                               // mode 2 form 1 and 2, multi-session
    p[6] = (u8)(0x29 | d->state->locked << 1); // tray, ejects, locks
    put16(p + 8, SPEED);
    put16(p + 10, 2);
    put16(p + 12, 512); // KiB of buffer
    put16(p + 14, SPEED);
    return 22;
}

static const struct mode_page {
    u8 code;
    unsigned (*build)(const struct ide_drive *d, u8 *p);
} mode_pages[] = {{0x01, page_error_recovery}, {0x2a, page_capabilities}};

static void mode_sense(struct ide_drive *d, const u8 *cdb, u8 *r) {
    unsigned code = cdb[2] & 0x3f, control = cdb[2] >> 6, n = 8;
    enum { CHANGEABLE = 1, SAVED = 3, ALL = 0x3f };
    if (control == SAVED) return atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_SAVING_UNSUPPORTED);
    for (unsigned i = 0; i < countof(mode_pages); i++) {
        if (code != ALL && code != mode_pages[i].code) continue;
        unsigned length = mode_pages[i].build(d, r + n);
        if (control == CHANGEABLE) memset(r + n + 2, 0, length - 2);
        n += length;
    }
    if (n == 8) return invalid_field(d);
    put16(r, n - 2);
    r[2] = atapi_sectors(d) ? 0x01 : 0x70;
    atapi_reply(d, n, ld16be(cdb + 7));
}

static unsigned profile(const struct ide_drive *d) {
    u64 n = atapi_sectors(d);
    return !n ? 0 : n > CD_SECTORS_MAX ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
}

// Features (MMC-5, 5.3): code (2), version << 2 | persistent << 1 | current, additional length, data.
static unsigned feature_profiles(const struct ide_drive *d, u8 *p) {
    p[2] = 0x03;
    p[3] = 8;
    put16(p + 4, PROFILE_DVD_ROM);
    p[6] = profile(d) == PROFILE_DVD_ROM;
    put16(p + 8, PROFILE_CD_ROM);
    p[10] = profile(d) == PROFILE_CD_ROM;
    return 12;
}

static unsigned feature_core(const struct ide_drive *d, u8 *p) {
    p[2] = 0x0b;
    p[3] = 8;
    put32(p + 4, 2); // ATAPI
    p[8] = 0x01;
    return 12;
}

static unsigned feature_removable(const struct ide_drive *d, u8 *p) {
    p[2] = 0x03;
    p[3] = 4;
    p[4] = 0x29; // tray, ejects, locks
    return 8;
}

static unsigned feature_random_read(const struct ide_drive *d, u8 *p) {
    p[2] = profile(d) != 0;
    p[3] = 8;
    put32(p + 4, CD_SECTOR);
    put16(p + 8, 1);
    return 12;
}

static unsigned feature_cd_read(const struct ide_drive *d, u8 *p) {
    p[2] = (u8)(2 << 2 | (profile(d) == PROFILE_CD_ROM));
    p[3] = 4;
    return 8;
}

static unsigned feature_dvd_read(const struct ide_drive *d, u8 *p) {
    p[2] = profile(d) == PROFILE_DVD_ROM;
    return 4;
}

static const struct feature {
    u16 code;
    unsigned (*build)(const struct ide_drive *d, u8 *p);
} features[] = {{0x0000, feature_profiles},    {0x0001, feature_core},    {0x0003, feature_removable},
                {0x0010, feature_random_read}, {0x001e, feature_cd_read}, {0x001f, feature_dvd_read}};

static void get_configuration(struct ide_drive *d, const u8 *cdb, u8 *r) {
    unsigned requested = cdb[1] & 3, first = ld16be(cdb + 2), n = 8;
    enum { CURRENT_ONLY = 1, ONE = 2 };
    if (requested > ONE) return invalid_field(d);
    for (unsigned i = 0; i < countof(features); i++) {
        if (features[i].code < first || (requested == ONE && features[i].code != first)) continue;
        unsigned length = features[i].build(d, r + n);
        put16(r + n, features[i].code);
        if (requested == CURRENT_ONLY && !(r[n + 2] & 1)) memset(r + n, 0, length);
        else n += length;
    }
    put32(r, n - 4);
    put16(r + 6, profile(d));
    atapi_reply(d, n, ld16be(cdb + 7));
}

static void get_event_status(struct ide_drive *d, const u8 *cdb, u8 *r) {
    enum { POLLED = 1, MEDIA_CLASS = 4, NO_EVENT = 0x80 };
    if (!(cdb[1] & POLLED)) return invalid_field(d);
    r[3] = 1 << MEDIA_CLASS; // classes that there are
    if (!(cdb[4] >> MEDIA_CLASS & 1)) {
        put16(r, 2);
        r[2] = NO_EVENT;
        return atapi_reply(d, 4, ld16be(cdb + 7));
    }
    put16(r, 6);
    r[2] = MEDIA_CLASS;
    r[4] = d->state->media_event;
    r[5] = (u8)((atapi_sectors(d) ? 2 : 0) | d->state->tray_open);
    d->state->media_event = 0;
    atapi_reply(d, 8, ld16be(cdb + 7));
}

static void mechanism_status(struct ide_drive *d, const u8 *cdb, u8 *r) {
    r[1] = (u8)(d->state->tray_open << 4);
    r[5] = 1; // slots
    atapi_reply(d, 8, ld16be(cdb + 8));
}

// --- the disc ---

static void read_capacity(struct ide_drive *d, const u8 *cdb, u8 *r) {
    put32(r, (u32)(atapi_sectors(d) - 1));
    put32(r + 4, CD_SECTOR);
    atapi_reply(d, 8, 8);
}

static unsigned toc_tracks(const struct ide_drive *d, u8 *r, unsigned start, bool msf) {
    unsigned n = 4;
    r[2] = r[3] = 1; // first and last track
    if (start <= 1) {
        r[n + 1] = DATA_TRACK;
        r[n + 2] = 1;
        put_address(r + n + 4, 0, msf);
        n += 8;
    }
    r[n + 1] = DATA_TRACK;
    r[n + 2] = LEAD_OUT;
    put_address(r + n + 4, atapi_sectors(d), msf);
    return n + 8;
}

static unsigned toc_sessions(u8 *r, bool msf) {
    r[2] = r[3] = 1;
    r[5] = DATA_TRACK;
    r[6] = 1;
    put_address(r + 8, 0, msf);
    return 12;
}

// Full TOC: point A0 (first track), A1 (last track), A2 (lead-out) and the track itself; always in MSF.
static unsigned toc_full(const struct ide_drive *d, u8 *r) {
    static const u8 points[] = {0xa0, 0xa1, 0xa2, 1};
    unsigned n = 4;
    r[2] = r[3] = 1;
    for (unsigned i = 0; i < countof(points); i++, n += 11) {
        r[n] = 1; // session
        r[n + 1] = DATA_TRACK;
        r[n + 3] = points[i];
        if (i < 2) r[n + 8] = 1;
        else put_address(r + n + 7, i == 2 ? atapi_sectors(d) : 0, true);
    }
    return n;
}

static void read_toc(struct ide_drive *d, const u8 *cdb, u8 *r) {
    unsigned format = cdb[2] & 0x0f, start = cdb[6], n;
    if (!format) format = cdb[9] >> 6; // where SFF-8020i had it
    bool msf = cdb[1] & 2;
    if (format == 0 && start > 1 && start != LEAD_OUT) return invalid_field(d);
    switch (format) {
    case 0: n = toc_tracks(d, r, start, msf); break;
    case 1: n = toc_sessions(r, msf); break;
    case 2: n = toc_full(d, r); break;
    default: return invalid_field(d);
    }
    put16(r, n - 2);
    atapi_reply(d, n, ld16be(cdb + 7));
}

static void read_disc_information(struct ide_drive *d, const u8 *cdb, u8 *r) {
    if (cdb[1] & 7) return invalid_field(d);
    put16(r, 32);
    r[2] = 0x0e; // complete, last session complete
    r[3] = r[4] = r[5] = r[6] = 1;
    r[7] = 0x20; // unrestricted use
    memset(r + 16, 0xff, 8);
    atapi_reply(d, 34, ld16be(cdb + 7));
}

static void read(struct ide_drive *d, const u8 *cdb, u8 *r) { atapi_read(d, cdb); }

static void seek(struct ide_drive *d, const u8 *cdb, u8 *r) {
    if (ld32be(cdb + 2) >= atapi_sectors(d)) return atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_LBA_RANGE);
    atapi_good(d);
}

static void set_cd_speed(struct ide_drive *d, const u8 *cdb, u8 *r) { atapi_good(d); }

static const struct {
    u8 opcode;
    bool needs_disc;
    void (*run)(struct ide_drive *d, const u8 *cdb, u8 *r); // r: the reply, zeroed
} commands[] = {
    {OP_TEST_UNIT_READY, true, test_unit_ready},
    {OP_REQUEST_SENSE, false, request_sense},
    {OP_INQUIRY, false, inquiry},
    {OP_START_STOP_UNIT, false, start_stop_unit},
    {OP_PREVENT_ALLOW, false, prevent_allow},
    {OP_READ_CAPACITY, true, read_capacity},
    {OP_READ_10, true, read},
    {OP_SEEK_10, true, seek},
    {OP_READ_TOC, true, read_toc},
    {OP_GET_CONFIGURATION, false, get_configuration},
    {OP_GET_EVENT_STATUS, false, get_event_status},
    {OP_READ_DISC_INFORMATION, true, read_disc_information},
    {OP_MODE_SENSE_10, false, mode_sense},
    {OP_READ_12, true, read},
    {OP_SET_CD_SPEED, false, set_cd_speed},
    {OP_MECHANISM_STATUS, false, mechanism_status},
    {OP_READ_CD, true, read},
};

void atapi_execute(struct ide_drive *d) {
    u8 cdb[ATAPI_CDB];
    memcpy(cdb, d->state->buffer, sizeof cdb);
    memset(d->state->buffer, 0, sizeof d->state->buffer);
    for (unsigned i = 0; i < countof(commands); i++) {
        if (commands[i].opcode != cdb[0]) continue;
        if (commands[i].needs_disc && !atapi_sectors(d))
            return atapi_check(d, SENSE_NOT_READY, d->state->tray_open ? ASC_NO_MEDIUM_OPEN : ASC_NO_MEDIUM_CLOSED);
        return commands[i].run(d, cdb, d->state->buffer);
    }
    log_debug(d->plat, "CD-ROM: packet command %#x is not implemented", cdb[0]);
    atapi_check(d, SENSE_ILLEGAL_REQUEST, ASC_INVALID_OPCODE);
}
