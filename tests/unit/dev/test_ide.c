// SPDX-License-Identifier: MIT
// IDE as a driver meets it: signatures, IDENTIFY, PIO and bus-master DMA, packet commands, and descriptor tables that
// lie.
#include "dev/ide.h"
#include "pci_rig.h"

#include "base/le.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CD_BYTES (100 * 2048)
#define DISK_BYTES (4096 * 512)
#define PRIMARY 0x1f0
#define SECONDARY 0x170
#define BM 0xc000 // bus master registers; + 8 for the secondary channel
enum { ERR = 0x01, DRQ = 0x08, DRDY = 0x40, BSY = 0x80 };

struct bench {
    struct pci_rig r;
    struct ide *ide;
    struct memory_disk disk, cd;
};

static u8 pattern(u64 i) { return (u8)(i * 7 + (i >> 9) * 13 + (i >> 16)); }

// Disk on the primary channel, CD-ROM on the secondary one.
static void bench_init(struct bench *b) {
    rig_init(&b->r);
    memory_disk_init(&b->disk, "disk", malloc(DISK_BYTES), DISK_BYTES, false);
    memory_disk_init(&b->cd, "cd", malloc(CD_BYTES), CD_BYTES, true);
    for (u64 i = 0; i < DISK_BYTES; i++) b->disk.data[i] = pattern(i);
    for (u64 i = 0; i < CD_BYTES; i++) b->cd.data[i] = (u8)~pattern(i);
    struct ide_config c = {.slot = 1, .function = 1, .irq = {rig_isa_line(&b->r, 14), rig_isa_line(&b->r, 15)}};
    c.drive[0][0].kind = IDE_DISK;
    c.drive[0][0].disk = &b->disk.disk;
    c.drive[1][0].kind = IDE_CDROM;
    c.drive[1][0].disk = &b->cd.disk;
    b->ide = ide_create(&b->r.env, b->r.pci, &c);
    static const u16 ports[2][2] = {{PRIMARY, 0x3f6}, {SECONDARY, 0x376}};
    for (unsigned n = 0; n < 2; n++) {
        assert_int_equal(0, bus_add_io(&b->r.bus, b->r.env.plat, "ide", ports[n][0], &ide_command_ops, &b->ide->channel[n]));
        assert_int_equal(0, bus_add_io(&b->r.bus, b->r.env.plat, "ide", ports[n][1], &ide_control_ops, &b->ide->channel[n]));
    }
    cfg_out(&b->r, 1, 1, 0x20, 4, BM);
    cfg_out(&b->r, 1, 1, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
}

static void bench_free(struct bench *b) {
    rig_free(&b->r);
    free(b->disk.data);
    free(b->cd.data);
}

static void out(struct bench *b, unsigned port, u8 v) { bus_out(&b->r.bus, (u16)port, 1, v); }
static u8 in(struct bench *b, unsigned port) { return (u8)bus_in(&b->r.bus, (u16)port, 1); }
static u8 status(struct bench *b, unsigned base) { return in(b, base + 7); }
static bool irq(struct bench *b, unsigned base) { return b->r.isa_irq[base == PRIMARY ? 14 : 15]; }

static void read_words(struct bench *b, unsigned base, u8 *to, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i += 2) st16(to + i, (u16)bus_in(&b->r.bus, (u16)base, 2));
}
static void write_words(struct bench *b, unsigned base, const u8 *from, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i += 2) bus_out(&b->r.bus, (u16)base, 2, ld16(from + i));
}

static void lba28(struct bench *b, u32 lba, u8 count, u8 command) {
    out(b, PRIMARY + 2, count);
    out(b, PRIMARY + 3, (u8)lba);
    out(b, PRIMARY + 4, (u8)(lba >> 8));
    out(b, PRIMARY + 5, (u8)(lba >> 16));
    out(b, PRIMARY + 6, (u8)(0xe0 | lba >> 24));
    out(b, PRIMARY + 7, command);
}

static void lba48(struct bench *b, u64 lba, u16 count, u8 command) {
    out(b, PRIMARY + 2, (u8)(count >> 8));
    out(b, PRIMARY + 2, (u8)count);
    for (unsigned i = 0; i < 3; i++) {
        out(b, PRIMARY + 3 + i, (u8)(lba >> (24 + 8 * i)));
        out(b, PRIMARY + 3 + i, (u8)(lba >> (8 * i)));
    }
    out(b, PRIMARY + 6, 0xe0);
    out(b, PRIMARY + 7, command);
}

static void prd(struct bench *b, gpa_t table, unsigned i, u32 at, u16 bytes, bool last) {
    st32(b->r.ram + table + 8 * i, at);
    st32(b->r.ram + table + 8 * i + 4, bytes | (last ? 0x80000000u : 0));
}

static void check_text(const u8 *words, unsigned bytes) { // printable ASCII
    for (unsigned i = 0; i < bytes; i++) assert_true(words[i] >= 0x20 && words[i] < 0x7f);
}

static void probing(void **state) {
    struct bench b;
    bench_init(&b);
    assert_int_equal(0x010180, cfg_in(&b.r, 1, 1, 0x08, 4) >> 8);
    assert_int_equal(0x80, cfg_in(&b.r, 1, 1, 0x41, 1) & 0x80); // both channels are decoded
    assert_int_equal(0x80, cfg_in(&b.r, 1, 1, 0x43, 1) & 0x80);
    cfg_out(&b.r, 1, 1, 0x20, 4, 0xffffffff);
    assert_int_equal(0xfffffff1, cfg_in(&b.r, 1, 1, 0x20, 4) | 0xffff0000);
    cfg_out(&b.r, 1, 1, 0x20, 4, BM);
    // libata's device check on drive 0, then on the drive that is not there.
    for (unsigned drive = 0; drive < 2; drive++) {
        out(&b, PRIMARY + 6, (u8)(0xa0 | drive << 4));
        out(&b, PRIMARY + 2, 0x55);
        out(&b, PRIMARY + 3, 0xaa);
        bool there = in(&b, PRIMARY + 2) == 0x55 && in(&b, PRIMARY + 3) == 0xaa;
        assert_int_equal(drive == 0, there);
    }
    // Software reset: busy while asserted, then the signatures.
    out(&b, 0x3f6, 4);
    assert_true(in(&b, 0x3f6) & BSY);
    out(&b, 0x3f6, 0);
    out(&b, 0x376, 4);
    out(&b, 0x376, 0);
    static const u8 ata[] = {1, 1, 1, 0, 0}, atapi[] = {1, 1, 1, 0x14, 0xeb};
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(ata[i], in(&b, PRIMARY + 1 + i));
        assert_int_equal(atapi[i], in(&b, SECONDARY + 1 + i));
    }
    assert_int_equal(DRDY, status(&b, PRIMARY) & (BSY | DRDY | DRQ | ERR));
    assert_int_equal(0, status(&b, SECONDARY) & (BSY | DRDY | DRQ | ERR));
    bench_free(&b);
}

static void identify_disk(void **state) {
    struct bench b;
    bench_init(&b);
    out(&b, PRIMARY + 6, 0xa0);
    out(&b, PRIMARY + 7, 0xec);
    assert_true(irq(&b, PRIMARY));
    assert_int_equal(DRDY | DRQ, status(&b, PRIMARY) & (BSY | DRDY | DRQ | ERR));
    assert_false(irq(&b, PRIMARY)); // reading the status let it go
    u8 w[512], sum = 0;
    read_words(&b, PRIMARY, w, sizeof w);
    assert_int_equal(0, status(&b, PRIMARY) & (DRQ | ERR));
    for (unsigned i = 0; i < 512; i++) sum = (u8)(sum + w[i]);
    assert_int_equal(0xa5, w[510]);
    assert_int_equal(0, sum);
    assert_int_equal(0, ld16(w) & 0x8000);           // ATA
    assert_int_equal(0x0300, ld16(w + 98) & 0x0300); // LBA and DMA
    assert_int_equal(4096, ld32(w + 120));
    assert_int_equal(4096, ld64(w + 200));
    assert_int_equal(0x4400, ld16(w + 166) & 0xc400); // 48-bit
    assert_int_equal(ld16(w + 2) * ld16(w + 6) * ld16(w + 12), ld32(w + 114));
    assert_true(ld16(w + 176) & 0x04); // UDMA 2
    check_text(w + 20, 20);
    check_text(w + 54, 40);
    // Transfer mode selection shows up in word 88.
    out(&b, PRIMARY + 1, 3);
    out(&b, PRIMARY + 2, 0x42);
    out(&b, PRIMARY + 7, 0xef);
    assert_int_equal(0, status(&b, PRIMARY) & ERR);
    out(&b, PRIMARY + 7, 0xec);
    read_words(&b, PRIMARY, w, sizeof w);
    assert_int_equal(0x04, w[177]);
    out(&b, PRIMARY + 1, 3);
    out(&b, PRIMARY + 2, 0x4f); // no such mode
    out(&b, PRIMARY + 7, 0xef);
    assert_true(status(&b, PRIMARY) & ERR);
    bench_free(&b);
}

static void disk_pio(void **state) {
    struct bench b;
    bench_init(&b);
    u8 data[4 * 512];
    lba28(&b, 1000, 3, 0x20);
    for (unsigned n = 0; n < 3; n++) { // an interrupt for every sector
        assert_true(irq(&b, PRIMARY));
        assert_true(status(&b, PRIMARY) & DRQ);
        read_words(&b, PRIMARY, data + 512 * n, 512);
    }
    assert_false(irq(&b, PRIMARY));
    assert_int_equal(0, status(&b, PRIMARY) & (DRQ | ERR));
    assert_memory_equal(data, b.disk.data + 1000 * 512, 3 * 512);
    assert_int_equal(0, bus_in(&b.r.bus, PRIMARY, 2)); // nothing left
    // READ MULTIPLE: refused until SET MULTIPLE, then one interrupt per block.
    lba28(&b, 5, 4, 0xc4);
    assert_true(status(&b, PRIMARY) & ERR);
    static const u8 multiples[][2] = {{3, 1}, {32, 1}, {16, 0}, {4, 0}};
    for (unsigned i = 0; i < countof(multiples); i++) {
        out(&b, PRIMARY + 2, multiples[i][0]);
        out(&b, PRIMARY + 7, 0xc6);
        assert_int_equal(multiples[i][1], status(&b, PRIMARY) & ERR);
    }
    out(&b, PRIMARY + 7, 0xec);
    read_words(&b, PRIMARY, data, 512);
    assert_int_equal(0x104, ld16(data + 118));
    out(&b, PRIMARY + 2, 4);
    out(&b, PRIMARY + 7, 0xc6);
    unsigned edges = b.r.isa_edges[14];
    status(&b, PRIMARY);
    lba28(&b, 5, 4, 0xc4);
    assert_int_equal(edges + 1, b.r.isa_edges[14]);
    status(&b, PRIMARY);
    read_words(&b, PRIMARY, data, 2048);
    assert_int_equal(edges + 1, b.r.isa_edges[14]);
    assert_memory_equal(data, b.disk.data + 5 * 512, 2048);
    // WRITE: no interrupt for the first sector, one after each, one at the end.
    for (unsigned i = 0; i < 1024; i++) data[i] = (u8)(i ^ 0x5a);
    lba28(&b, 7, 2, 0x30);
    assert_false(irq(&b, PRIMARY));
    assert_true(status(&b, PRIMARY) & DRQ);
    write_words(&b, PRIMARY, data, 512);
    assert_true(irq(&b, PRIMARY));
    assert_true(status(&b, PRIMARY) & DRQ);
    write_words(&b, PRIMARY, data + 512, 512);
    assert_true(irq(&b, PRIMARY));
    assert_int_equal(0, status(&b, PRIMARY) & (DRQ | ERR));
    assert_memory_equal(data, b.disk.data + 7 * 512, 1024);
    // Off the end, and a read-only medium.
    lba28(&b, 4095, 2, 0x20);
    assert_true(status(&b, PRIMARY) & ERR);
    assert_true(in(&b, PRIMARY + 1) & 0x10);
    lba48(&b, (u64)1 << 40, 1, 0x24);
    assert_true(status(&b, PRIMARY) & ERR);
    b.disk.disk.read_only = true;
    lba28(&b, 0, 1, 0x30);
    assert_int_equal(ERR, status(&b, PRIMARY) & (ERR | DRQ));
    // CHS 0/1/1 is sector 63.
    out(&b, PRIMARY + 2, 1);
    out(&b, PRIMARY + 3, 1);
    out(&b, PRIMARY + 4, 0);
    out(&b, PRIMARY + 5, 0);
    out(&b, PRIMARY + 6, 0xa1);
    out(&b, PRIMARY + 7, 0x20);
    status(&b, PRIMARY);
    read_words(&b, PRIMARY, data, 512);
    assert_memory_equal(data, b.disk.data + 63 * 512, 512);
    bench_free(&b);
}

static void start_dma(struct bench *b, unsigned channel, u32 table, bool to_memory) {
    unsigned bm = BM + 8 * channel;
    bus_out(&b->r.bus, (u16)(bm + 4), 4, table);
    out(b, bm + 2, 0x06); // clear interrupt and error
    out(b, bm, to_memory ? 0x08 : 0);
    out(b, bm, to_memory ? 0x09 : 0x01);
}

static void disk_dma(void **state) {
    struct bench b;
    bench_init(&b);
    // 16 sectors into three pieces: 2 bytes, 64 KiB written as 0 would be too long, so an odd middle and the rest.
    prd(&b, 0x10000, 0, 0x20000, 2, false);
    prd(&b, 0x10000, 1, 0x30000, 4094, false);
    prd(&b, 0x10000, 2, 0x40000, 4096, true);
    lba48(&b, 2000, 16, 0x25);
    assert_false(irq(&b, PRIMARY)); // waits for the bus master
    start_dma(&b, 0, 0x10000, true);
    assert_true(irq(&b, PRIMARY));
    assert_int_equal(0x04, in(&b, BM + 2) & 0x07); // interrupt, idle, no error
    assert_int_equal(0, status(&b, PRIMARY) & (BSY | DRQ | ERR));
    const u8 *want = b.disk.data + 2000 * 512;
    assert_memory_equal(b.r.ram + 0x20000, want, 2);
    assert_memory_equal(b.r.ram + 0x30000, want + 2, 4094);
    assert_memory_equal(b.r.ram + 0x40000, want + 4096, 4096);
    out(&b, BM, 0);
    out(&b, BM + 2, 0x04);
    assert_int_equal(0, in(&b, BM + 2) & 0x04);
    // The other order: bus master first; and to the disk. A length of 0 is 64 KiB.
    memset(b.r.ram + 0x100000, 0xc3, 65536);
    prd(&b, 0x10000, 0, 0x100000, 0, true);
    start_dma(&b, 0, 0x10000, false);
    assert_int_equal(0x01, in(&b, BM + 2) & 0x07);
    lba28(&b, 10, 128, 0xca);
    assert_true(irq(&b, PRIMARY));
    assert_int_equal(0, status(&b, PRIMARY) & ERR);
    assert_memory_equal(b.disk.data + 10 * 512, b.r.ram + 0x100000, 65536);
    assert_int_equal(pattern(10 * 512 - 1), b.disk.data[10 * 512 - 1]);
    assert_int_equal(pattern(138 * 512), b.disk.data[138 * 512]);
    bench_free(&b);
}

static void disk_dma_lies(void **state) {
    struct bench b;
    bench_init(&b);
    // Into nowhere: an error on both sides, no byte moved beyond RAM, and an interrupt so that the driver learns of it.
    prd(&b, 0x10000, 0, RIG_RAM - 256, 512, true);
    lba28(&b, 0, 1, 0xc8);
    start_dma(&b, 0, 0x10000, true);
    assert_int_equal(0x06, in(&b, BM + 2) & 0x07);
    assert_true(irq(&b, PRIMARY));
    assert_true(status(&b, PRIMARY) & ERR);
    out(&b, BM, 0);
    // The table itself lies in nowhere.
    lba28(&b, 0, 1, 0xc8);
    start_dma(&b, 0, 0xf0000000, true);
    assert_int_equal(0x02, in(&b, BM + 2) & 0x03);
    assert_true(status(&b, PRIMARY) & ERR);
    out(&b, BM, 0);
    // The wrong way round.
    lba28(&b, 0, 1, 0xc8);
    start_dma(&b, 0, 0x10000, false);
    assert_int_equal(0x02, in(&b, BM + 2) & 0x03);
    assert_true(status(&b, PRIMARY) & ERR);
    out(&b, BM, 0);
    // Two bytes at a time without an end: the table stops at 64 KiB.
    for (unsigned i = 0; i < 2 * 8192; i++) prd(&b, 0x10000, i, 0x200000, 2, false);
    lba48(&b, 0, 64, 0x25);
    start_dma(&b, 0, 0x10000, true); // 32 KiB would need 16384 descriptors
    assert_int_equal(0x02, in(&b, BM + 2) & 0x03);
    assert_true(status(&b, PRIMARY) & ERR);
    out(&b, BM, 0);
    // A short table: neither interrupt nor error, not active; a reset gets the drive back.
    prd(&b, 0x10000, 0, 0x20000, 512, true);
    lba28(&b, 0, 2, 0xc8);
    start_dma(&b, 0, 0x10000, true);
    assert_int_equal(0, in(&b, BM + 2) & 0x07);
    assert_true(status(&b, PRIMARY) & DRQ);
    out(&b, BM, 0);
    out(&b, 0x3f6, 4);
    out(&b, 0x3f6, 0);
    assert_int_equal(DRDY, status(&b, PRIMARY) & (BSY | DRDY | DRQ | ERR));
    bench_free(&b);
}

// --- ATAPI ---

static void send_packet(struct bench *b, const u8 *cdb, unsigned limit, bool dma) {
    out(b, SECONDARY + 6, 0xa0);
    out(b, SECONDARY + 1, dma);
    out(b, SECONDARY + 4, (u8)limit);
    out(b, SECONDARY + 5, (u8)(limit >> 8));
    out(b, SECONDARY + 7, 0xa0);
    assert_int_equal(DRQ, status(b, SECONDARY) & (BSY | DRQ | ERR));
    assert_int_equal(0, in(b, SECONDARY + 1));
    assert_int_equal(1, in(b, SECONDARY + 2) & 3); // the command is what it waits for
    write_words(b, SECONDARY, cdb, 12);
}

// A packet command by PIO: returns the bytes that came, or -1 with CHECK CONDITION.
static int packet(struct bench *b, const u8 *cdb, unsigned limit, u8 *to, unsigned room) {
    send_packet(b, cdb, limit, false);
    unsigned got = 0;
    for (;;) {
        assert_true(irq(b, SECONDARY));
        u8 s = status(b, SECONDARY), reason = in(b, SECONDARY + 2) & 3;
        assert_false(irq(b, SECONDARY));
        assert_int_equal(0, s & BSY);
        if (!(s & DRQ)) {
            assert_int_equal(3, reason);
            return s & ERR ? -1 : (int)got;
        }
        assert_int_equal(2, reason);
        unsigned n = in(b, SECONDARY + 4) | (unsigned)in(b, SECONDARY + 5) << 8;
        assert_true(n && n <= limit && got + n <= room);
        u8 burst[65536];
        read_words(b, SECONDARY, burst, (n + 1) & ~1u);
        memcpy(to + got, burst, n);
        got += n;
    }
}

static u32 sense(struct bench *b) { // key << 16 | asc << 8 | ascq
    u8 r[32];
    assert_int_equal(18, packet(b, (u8[12]){0x03, 0, 0, 0, 18}, 0xfffe, r, sizeof r));
    assert_int_equal(0x70, r[0]);
    return (u32)(r[2] << 16 | r[12] << 8 | r[13]);
}

static void identify_cdrom(void **state) {
    struct bench b;
    bench_init(&b);
    out(&b, SECONDARY + 6, 0xa0);
    out(&b, SECONDARY + 7, 0xec); // refused, with the packet signature
    assert_true(status(&b, SECONDARY) & ERR);
    assert_int_equal(0x14, in(&b, SECONDARY + 4));
    assert_int_equal(0xeb, in(&b, SECONDARY + 5));
    out(&b, SECONDARY + 7, 0xa1);
    assert_true(irq(&b, SECONDARY));
    assert_int_equal(DRQ, status(&b, SECONDARY) & (BSY | DRQ | ERR));
    u8 w[512], sum = 0;
    read_words(&b, SECONDARY, w, sizeof w);
    assert_int_equal(0, status(&b, SECONDARY) & (DRQ | ERR));
    for (unsigned i = 0; i < 512; i++) sum = (u8)(sum + w[i]);
    assert_int_equal(0, sum);
    assert_int_equal(2, ld16(w) >> 14);       // ATAPI
    assert_int_equal(5, ld16(w) >> 8 & 0x1f); // CD-ROM
    assert_int_equal(0, ld16(w) & 3);         // 12-byte packets
    assert_int_equal(2, ld16(w) >> 5 & 3);    // DRQ without an interrupt
    check_text(w + 54, 40);
    bench_free(&b);
}

static void cdrom_about(void **state) {
    struct bench b;
    bench_init(&b);
    u8 r[512];
    assert_int_equal(0, packet(&b, (u8[12]){0x00}, 0xfffe, r, sizeof r));
    assert_int_equal(36, packet(&b, (u8[12]){0x12, 0, 0, 0, 96}, 0xfffe, r, sizeof r));
    assert_int_equal(0x05, r[0]);
    assert_int_equal(0x80, r[1]);
    assert_int_equal(36 - 5, r[4]);
    assert_int_equal(5, packet(&b, (u8[12]){0x12, 0, 0, 0, 5}, 0xfffe, r, sizeof r)); // odd, and cut short
    assert_int_equal(8, packet(&b, (u8[12]){0x25}, 0xfffe, r, sizeof r));
    assert_int_equal(99, ld32be(r));
    assert_int_equal(2048, ld32be(r + 4));
    // READ TOC: one data track and the lead-out; in MSF the track starts at 00:02:00.
    assert_int_equal(20, packet(&b, (u8[12]){0x43, 0, 0, 0, 0, 0, 0, 0, 255}, 0xfffe, r, sizeof r));
    assert_int_equal(18, ld16be(r));
    assert_int_equal(4, r[5] & 0x0f);
    assert_int_equal(1, r[6]);
    assert_int_equal(0, ld32be(r + 8));
    assert_int_equal(0xaa, r[14]);
    assert_int_equal(100, ld32be(r + 16));
    assert_int_equal(20, packet(&b, (u8[12]){0x43, 2, 0, 0, 0, 0, 1, 0, 255}, 0xfffe, r, sizeof r));
    assert_int_equal(0x00000200, ld32be(r + 8));
    assert_int_equal(0x00000319, ld32be(r + 16)); // 250 frames: 3 s 25
    assert_int_equal(12, packet(&b, (u8[12]){0x43, 0, 1, 0, 0, 0, 0, 0, 12}, 0xfffe, r, sizeof r));
    // Full TOC: points A0, A1 (first and last track), A2 (lead-out) and track 1, in session 1.
    assert_int_equal(4 + 4 * 11, packet(&b, (u8[12]){0x43, 2, 2, 0, 0, 0, 0, 0, 255}, 0xfffe, r, sizeof r));
    static const u8 points[] = {0xa0, 0xa1, 0xa2, 1}, msf[][3] = {{1, 0, 0}, {1, 0, 0}, {0, 3, 25}, {0, 2, 0}};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(1, r[4 + 11 * i]);
        assert_int_equal(points[i], r[4 + 11 * i + 3]);
        assert_memory_equal(msf[i], r + 4 + 11 * i + 8, 3);
    }
    assert_int_equal(-1, packet(&b, (u8[12]){0x43, 0, 0, 0, 0, 0, 5, 0, 12}, 0xfffe, r, sizeof r));
    assert_int_equal(0x052400, sense(&b));
    assert_int_equal(0x000000, sense(&b)); // told once
    // MODE SENSE(10) page 2A behind an 8-byte header.
    int n = packet(&b, (u8[12]){0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 128}, 0xfffe, r, sizeof r);
    assert_int_equal(n - 2, ld16be(r));
    assert_int_equal(0x2a, r[8]);
    assert_int_equal(n - 8 - 2, r[9]);
    assert_int_equal(0x29, r[8 + 6]);         // a tray that ejects and locks
    assert_int_equal(706, ld16be(r + 8 + 8)); // kB/s
    memset(r, 0xee, sizeof r);
    n = packet(&b, (u8[12]){0x5a, 0, 0x6a, 0, 0, 0, 0, 0, 128}, 0xfffe, r, sizeof r); // what can be changed: nothing
    assert_int_equal(0x2a, r[8]);
    for (int i = 10; i < n; i++) assert_int_equal(0, r[i]);
    n = packet(&b, (u8[12]){0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 128}, 0xfffe, r, sizeof r); // all pages, ascending
    int page = 8, previous = -1;
    for (; page < n; page += 2 + r[page + 1]) {
        assert_true(r[page] > previous);
        previous = r[page];
    }
    assert_int_equal(n, page);
    assert_int_equal(-1, packet(&b, (u8[12]){0x5a, 0, 0xea, 0, 0, 0, 0, 0, 128}, 0xfffe, r, sizeof r)); // saved: none
    assert_int_equal(0x053900, sense(&b));
    assert_int_equal(-1, packet(&b, (u8[12]){0x5a, 0, 0x05, 0, 0, 0, 0, 0, 128}, 0xfffe, r, sizeof r));
    // GET CONFIGURATION: the list of features ascends and adds up.
    n = packet(&b, (u8[12]){0x46, 0, 0, 0, 0, 0, 0, 2, 0}, 0xfffe, r, sizeof r);
    assert_int_equal(n - 4, ld32be(r));
    assert_int_equal(0x0008, ld16be(r + 6));
    int at = 8, last = -1;
    for (; at < n; at += 4 + r[at + 3]) {
        assert_true(ld16be(r + at) > last);
        last = ld16be(r + at);
    }
    assert_int_equal(n, at);
    n = packet(&b, (u8[12]){0x46, 1, 0, 0, 0, 0, 0, 2, 0}, 0xfffe, r, sizeof r); // only what is current: no DVD
    for (at = 8, last = -1; at < n; at += 4 + r[at + 3]) {
        assert_true(r[at + 2] & 1);
        assert_true(ld16be(r + at) > last);
        last = ld16be(r + at);
    }
    assert_int_equal(n, at);
    assert_int_equal(0x1e, last);
    assert_int_equal(-1, packet(&b, (u8[12]){0x46, 3, 0, 0, 0, 0, 0, 2, 0}, 0xfffe, r, sizeof r));
    n = packet(&b, (u8[12]){0x46, 2, 0, 0x10, 0, 0, 0, 2, 0}, 0xfffe, r, sizeof r);
    assert_int_equal(8 + 12, n);
    assert_int_equal(0x10, ld16be(r + 8));
    assert_int_equal(34, packet(&b, (u8[12]){0x51, 0, 0, 0, 0, 0, 0, 0, 200}, 0xfffe, r, sizeof r));
    // No such command.
    assert_int_equal(-1, packet(&b, (u8[12]){0xff}, 0xfffe, r, sizeof r));
    assert_int_equal(0x052000, sense(&b));
    bench_free(&b);
}

static void cdrom_eject(void **state) {
    struct bench b;
    bench_init(&b);
    u8 r[512];
    const u8 event[12] = {0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8};
    assert_int_equal(8, packet(&b, event, 0xfffe, r, sizeof r));
    assert_int_equal(6, ld16be(r));
    assert_int_equal(4, r[2]);
    assert_int_equal(0, r[4]);
    assert_int_equal(2, r[5]); // medium present, tray closed
    assert_int_equal(4, packet(&b, (u8[12]){0x4a, 1, 0, 0, 0x02, 0, 0, 0, 8}, 0xfffe, r, sizeof r));
    assert_int_equal(0x80, r[2]);
    assert_int_equal(0, packet(&b, (u8[12]){0x1e, 0, 0, 0, 1}, 0xfffe, r, sizeof r));
    assert_int_equal(-1, packet(&b, (u8[12]){0x1b, 0, 0, 0, 2}, 0xfffe, r, sizeof r)); // locked
    assert_int_equal(0x055302, sense(&b));
    assert_int_equal(0, packet(&b, (u8[12]){0x1e}, 0xfffe, r, sizeof r));
    assert_int_equal(0, packet(&b, (u8[12]){0x1b, 0, 0, 0, 2}, 0xfffe, r, sizeof r));
    assert_int_equal(-1, packet(&b, (u8[12]){0x28, 0, 0, 0, 0, 0, 0, 0, 1}, 0xfffe, r, sizeof r));
    assert_int_equal(0x023a02, sense(&b));
    packet(&b, event, 0xfffe, r, sizeof r);
    assert_int_equal(3, r[4]);
    assert_int_equal(1, r[5]);
    assert_int_equal(0, packet(&b, (u8[12]){0x1b, 0, 0, 0, 3}, 0xfffe, r, sizeof r));
    assert_int_equal(0, packet(&b, (u8[12]){0x00}, 0xfffe, r, sizeof r));
    packet(&b, event, 0xfffe, r, sizeof r);
    assert_int_equal(2, r[4]);
    assert_int_equal(2, r[5]);
    b.ide->channel[1].drive[0].medium.disk = NULL; // an empty drive
    assert_int_equal(-1, packet(&b, (u8[12]){0x00}, 0xfffe, r, sizeof r));
    assert_int_equal(0x023a01, sense(&b));
    assert_int_equal(-1, packet(&b, (u8[12]){0x25}, 0xfffe, r, sizeof r));
    bench_free(&b);
}

static void cdrom_read_pio(void **state) {
    struct bench b;
    bench_init(&b);
    u8 *r = malloc(CD_BYTES);
    const u8 read3[12] = {0x28, 0, 0, 0, 0, 7, 0, 0, 3};
    static const unsigned limits[] = {0xfffe, 2048, 4096, 2, 1000};
    for (unsigned i = 0; i < countof(limits); i++) {
        memset(r, 0, CD_BYTES);
        assert_int_equal(3 * 2048, packet(&b, read3, limits[i], r, CD_BYTES));
        assert_memory_equal(r, b.cd.data + 7 * 2048, 3 * 2048);
    }
    assert_int_equal(CD_BYTES, packet(&b, (u8[12]){0xa8, 0, 0, 0, 0, 0, 0, 0, 0, 100}, 0xfffe, r, CD_BYTES));
    assert_memory_equal(r, b.cd.data, CD_BYTES);
    assert_int_equal(2048, packet(&b, (u8[12]){0xbe, 0, 0, 0, 0, 99, 0, 0, 1, 0x10}, 0xfffe, r, CD_BYTES));
    assert_memory_equal(r, b.cd.data + 99 * 2048, 2048);
    assert_int_equal(0, packet(&b, (u8[12]){0x28, 0, 0, 0, 0, 7}, 0xfffe, r, CD_BYTES)); // no sectors: fine
    // One past the end; and counts whose size in bytes would wrap 32 bits.
    assert_int_equal(-1, packet(&b, (u8[12]){0x28, 0, 0, 0, 0, 99, 0, 0, 2}, 0xfffe, r, CD_BYTES));
    assert_int_equal(0x052100, sense(&b));
    assert_int_equal(-1, packet(&b, (u8[12]){0xa8, 0, 0, 0, 0, 1, 0, 0x20, 0, 0}, 0xfffe, r, CD_BYTES));
    assert_int_equal(-1, packet(&b, (u8[12]){0xa8, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2}, 0xfffe, r, CD_BYTES));
    free(r);
    bench_free(&b);
}

static void cdrom_read_dma(void **state) {
    struct bench b;
    bench_init(&b);
    prd(&b, 0x10000, 0, 0x20000, 6144, false);
    prd(&b, 0x10000, 1, 0x40000, 2048, true);
    // libata's order: table, PACKET, the packet, then start.
    bus_out(&b.r.bus, BM + 8 + 4, 4, 0x10000);
    out(&b, BM + 8 + 2, 0x06);
    out(&b, BM + 8, 0x08);
    send_packet(&b, (u8[12]){0x28, 0, 0, 0, 0, 20, 0, 0, 4}, 0, true);
    assert_false(irq(&b, SECONDARY));
    out(&b, BM + 8, 0x09);
    assert_true(irq(&b, SECONDARY));
    assert_int_equal(0x04, in(&b, BM + 8 + 2) & 0x07);
    assert_int_equal(0, status(&b, SECONDARY) & (BSY | DRQ | ERR));
    assert_int_equal(3, in(&b, SECONDARY + 2) & 3);
    assert_memory_equal(b.r.ram + 0x20000, b.cd.data + 20 * 2048, 6144);
    assert_memory_equal(b.r.ram + 0x40000, b.cd.data + 23 * 2048, 2048);
    out(&b, BM + 8, 0);
    // A failing packet with the DMA bit set: interrupt and CHECK CONDITION without data.
    send_packet(&b, (u8[12]){0x28, 0, 0, 0, 1, 0, 0, 0, 4}, 0, true);
    assert_true(irq(&b, SECONDARY));
    assert_true(status(&b, SECONDARY) & ERR);
    // Bus mastering off: nothing moves.
    cfg_out(&b.r, 1, 1, PCI_COMMAND, 2, PCI_COMMAND_IO);
    memset(b.r.ram + 0x20000, 0, 2048);
    send_packet(&b, (u8[12]){0x28, 0, 0, 0, 0, 20, 0, 0, 1}, 0, true);
    start_dma(&b, 1, 0x10000, true);
    assert_false(irq(&b, SECONDARY));
    assert_int_equal(0, b.r.ram[0x20000]);
    bench_free(&b);
}

static void disk_other_commands(void **state) {
    struct bench b;
    bench_init(&b);
    lba28(&b, 0, 0, 0xf8); // READ NATIVE MAX ADDRESS
    assert_int_equal(0, status(&b, PRIMARY) & ERR);
    assert_int_equal(4095, in(&b, PRIMARY + 3) | in(&b, PRIMARY + 4) << 8 | in(&b, PRIMARY + 5) << 16);
    lba48(&b, 0, 0, 0x27);
    assert_int_equal(4095, in(&b, PRIMARY + 3) | in(&b, PRIMARY + 4) << 8 | in(&b, PRIMARY + 5) << 16);
    out(&b, 0x3f6, 0x80); // HOB: the upper halves
    for (unsigned i = 3; i < 6; i++) assert_int_equal(0, in(&b, PRIMARY + i));
    out(&b, 0x3f6, 0);
    lba28(&b, 4000, 96, 0x40); // VERIFY, up to the last sector and beyond
    assert_int_equal(0, status(&b, PRIMARY) & ERR);
    lba28(&b, 4000, 97, 0x40);
    assert_true(status(&b, PRIMARY) & ERR);
    lba48(&b, 4095, 1, 0x42);
    assert_int_equal(0, status(&b, PRIMARY) & ERR);
    lba48(&b, 4096, 1, 0x42);
    assert_true(status(&b, PRIMARY) & ERR);
    out(&b, PRIMARY + 7, 0xe5);
    assert_int_equal(0xff, in(&b, PRIMARY + 2)); // awake
    static const u8 fine[] = {0x10, 0x70, 0x91, 0xe0, 0xe1, 0xe7, 0xea}, refused[] = {0x00, 0xa0, 0xa1, 0xb0, 0xff};
    for (unsigned i = 0; i < countof(fine); i++) {
        out(&b, PRIMARY + 7, fine[i]);
        assert_true(irq(&b, PRIMARY));
        assert_int_equal(DRDY, status(&b, PRIMARY) & (BSY | DRDY | DRQ | ERR));
    }
    for (unsigned i = 0; i < countof(refused); i++) {
        out(&b, PRIMARY + 7, refused[i]);
        assert_true(irq(&b, PRIMARY));
        assert_int_equal(DRDY | ERR, status(&b, PRIMARY) & (BSY | DRDY | DRQ | ERR));
        assert_int_equal(0x04, in(&b, PRIMARY + 1));
    }
    // EXECUTE DEVICE DIAGNOSTIC: both drives, signature, code 1, an interrupt.
    out(&b, PRIMARY + 6, 0xb0);
    out(&b, PRIMARY + 7, 0x90);
    assert_true(irq(&b, PRIMARY));
    assert_int_equal(1, in(&b, PRIMARY + 1));
    assert_int_equal(DRDY, status(&b, PRIMARY) & (BSY | DRDY | DRQ | ERR));
    // DEVICE RESET on the CD-ROM: no interrupt, its signature.
    out(&b, SECONDARY + 6, 0xa0);
    out(&b, SECONDARY + 7, 0x08);
    assert_false(irq(&b, SECONDARY));
    assert_int_equal(0xeb, in(&b, SECONDARY + 5));
    static const u8 fine_cd[] = {0xe0, 0xe1, 0xe5, 0xe6, 0xe7};
    for (unsigned i = 0; i < countof(fine_cd); i++) {
        out(&b, SECONDARY + 7, fine_cd[i]);
        assert_true(irq(&b, SECONDARY));
        assert_int_equal(DRDY, status(&b, SECONDARY) & (BSY | DRDY | DRQ | ERR));
    }
    // Nothing but the command, table and status registers answers in the bus master's eight ports.
    assert_int_equal(0, in(&b, BM + 1));
    assert_int_equal(0, in(&b, BM + 3));
    bus_out(&b.r.bus, BM + 4, 4, 0x12345677);
    assert_int_equal(0x12345674, bus_in(&b.r.bus, BM + 4, 4));
    assert_int_equal(0, bus_in(&b.r.bus, BM + 8 + 4, 4));
    bench_free(&b);
}

// ATA/ATAPI-7, 6.2 and IDENTIFY words 1, 54, 60, 100: 28-bit addresses end at 0FFFFFFFh sectors, cylinders at 16383; what is beyond
// is told, and reached, by the 48-bit commands alone.
static void a_disk_larger_than_28_bits(void **state) {
    struct bench b;
    bench_init(&b);
    const u64 n = 0x123456789;
    b.disk.disk.size = n * 512; // never read
    u8 w[512];
    out(&b, PRIMARY + 6, 0xa0);
    out(&b, PRIMARY + 7, 0xec);
    read_words(&b, PRIMARY, w, sizeof w);
    assert_int_equal(16383, ld16(w + 2));
    assert_int_equal(16383, ld16(w + 108));
    assert_int_equal(0x0fffffff, ld32(w + 120));
    assert_int_equal(n, ld64(w + 200));
    lba28(&b, 0, 0, 0xf8); // READ NATIVE MAX ADDRESS
    assert_int_equal(0x0ffffffe, in(&b, PRIMARY + 3) | in(&b, PRIMARY + 4) << 8 | in(&b, PRIMARY + 5) << 16 |
                                     (in(&b, PRIMARY + 6) & 15) << 24);
    lba48(&b, 0, 0, 0x27);
    assert_int_equal((n - 1) & 0xffffff, in(&b, PRIMARY + 3) | in(&b, PRIMARY + 4) << 8 | in(&b, PRIMARY + 5) << 16);
    out(&b, 0x3f6, 0x80);
    assert_int_equal((n - 1) >> 24, in(&b, PRIMARY + 3) | in(&b, PRIMARY + 4) << 8 | in(&b, PRIMARY + 5) << 16);
    b.disk.disk.size = DISK_BYTES;
    bench_free(&b);
}

// ATA/ATAPI-7 table 47: 08h + n PIO mode 3 and 4, 20h + n multiword DMA, 40h + n Ultra DMA; IDENTIFY words 63 and 88 show which.
static void transfer_modes(void **state) {
    static const struct {
        u8 mode;
        bool right;
        u8 mwdma, udma;
    } cases[] = {{0x22, true, 4, 0},     {0x20, true, 1, 0},    {0x23, false, 1, 0},    {0x45, true, 0, 0x20},
                 {0x46, false, 0, 0x20}, {0x0c, true, 0, 0x20}, {0x0d, false, 0, 0x20}, {0x00, true, 0, 0x20},
                 {0x80, false, 0, 0x20}, {0x21, true, 2, 0}};
    struct bench b;
    u8 w[512];
    bench_init(&b);
    out(&b, PRIMARY + 6, 0xa0);
    for (unsigned i = 0; i < countof(cases); i++) {
        out(&b, PRIMARY + 1, 3);
        out(&b, PRIMARY + 2, cases[i].mode);
        out(&b, PRIMARY + 7, 0xef);
        assert_int_equal(!cases[i].right, status(&b, PRIMARY) & ERR);
        out(&b, PRIMARY + 7, 0xec);
        read_words(&b, PRIMARY, w, sizeof w);
        assert_int_equal(cases[i].mwdma, w[127]);
        assert_int_equal(cases[i].udma, w[177]);
    }
    static const u8 features[][2] = {{0x02, 1}, {0x82, 1}, {0xaa, 1}, {0x55, 1}, {0x66, 0}};
    for (unsigned i = 0; i < countof(features); i++) {
        out(&b, PRIMARY + 1, features[i][0]);
        out(&b, PRIMARY + 7, 0xef);
        assert_int_equal(!features[i][1], status(&b, PRIMARY) & ERR);
    }
    bench_free(&b);
}

// READ MULTIPLE, 6.36: when the sectors are no multiple of the block, the last one is what is left. A doubleword at the end of
// a burst of words gets the half that is there.
static void bursts_that_are_not_full(void **state) {
    struct bench b;
    u8 data[6 * 512];
    bench_init(&b);
    out(&b, PRIMARY + 2, 4);
    out(&b, PRIMARY + 7, 0xc6);
    status(&b, PRIMARY);
    unsigned edges = b.r.isa_edges[14];
    lba28(&b, 9, 6, 0xc4);
    status(&b, PRIMARY);
    read_words(&b, PRIMARY, data, 4 * 512);
    status(&b, PRIMARY);
    assert_int_equal(edges + 2, b.r.isa_edges[14]);
    read_words(&b, PRIMARY, data + 4 * 512, 2 * 512);
    assert_int_equal(0, status(&b, PRIMARY) & (DRQ | ERR));
    assert_int_equal(edges + 2, b.r.isa_edges[14]);
    assert_memory_equal(data, b.disk.data + 9 * 512, sizeof data);
    send_packet(&b, (u8[12]){0x12, 0, 0, 0, 6}, 0xfffe, false); // INQUIRY
    assert_int_equal(6, in(&b, SECONDARY + 4));
    assert_int_equal(5, bus_in(&b.r.bus, SECONDARY, 4) & 0xff); // a CD-ROM
    assert_int_equal(0, bus_in(&b.r.bus, SECONDARY, 4) >> 16);
    assert_int_equal(0, status(&b, SECONDARY) & (DRQ | ERR));
    bench_free(&b);
}

// A drive that is not there: its registers read 0 with the other one's cable, commands and data go nowhere, nobody answers.
static void an_absent_drive(void **state) {
    struct bench b;
    bench_init(&b);
    out(&b, PRIMARY + 6, 0xb0);
    out(&b, PRIMARY + 7, 0xec);
    assert_false(irq(&b, PRIMARY));
    assert_int_equal(0, status(&b, PRIMARY));
    assert_int_equal(0, in(&b, 0x3f6));
    assert_int_equal(0, bus_in(&b.r.bus, PRIMARY, 2));
    bus_out(&b.r.bus, PRIMARY, 2, 0x1234);
    start_dma(&b, 0, 0x1000, true);
    assert_false(irq(&b, PRIMARY));
    out(&b, BM, 0);
    out(&b, PRIMARY + 6, 0xa0);
    assert_int_equal(DRDY, status(&b, PRIMARY) & (BSY | DRDY | DRQ | ERR)); // the other did not hear of it
    bench_free(&b);
}

// PCI 6.2.2: a function whose bus master bit is off does not touch memory; the drive waits.
static void dma_without_bus_mastering(void **state) {
    struct bench b;
    bench_init(&b);
    cfg_out(&b.r, 1, 1, PCI_COMMAND, 2, PCI_COMMAND_IO);
    prd(&b, 0x1000, 0, 0x2000, 512, true);
    memset(b.r.ram + 0x2000, 0xee, 512);
    lba28(&b, 3, 1, 0xc8);
    start_dma(&b, 0, 0x1000, true);
    assert_int_equal(0xee, b.r.ram[0x2000]);
    assert_false(irq(&b, PRIMARY));
    bench_free(&b);
}

// MMC-5: READ CD gives user data of a data sector (4.3.4: type 0 any, 2 mode 1; byte 9: 10h) and nothing else that a real one has;
// READ TOC from track AAh is the lead-out alone; 4 GiB are a DVD; MODE SENSE and the profile tell that there is no disc.
static void what_a_cdrom_has_and_has_not(void **state) {
    struct bench b;
    bench_init(&b);
    u8 r[65536];
    sense(&b), sense(&b); // as it was powered on
    static const struct {
        u8 type, parts, subchannels;
        bool right;
    } reads[] = {{0, 0x10, 0, true},  {2, 0x10, 0, true},  {1, 0x10, 0, false},
                 {3, 0x10, 0, false}, {0, 0xf8, 0, false}, {0, 0x10, 1, false}};
    for (unsigned i = 0; i < countof(reads); i++) {
        u8 cdb[12] = {0xbe, (u8)(reads[i].type << 2), 0, 0, 0, 5, 0, 0, 1, reads[i].parts, reads[i].subchannels};
        assert_int_equal(reads[i].right ? 2048 : -1, packet(&b, cdb, 0xffff, r, sizeof r)); // (a limit of FFFFh is FFFEh)
        if (!reads[i].right) assert_int_equal(0x052400, sense(&b)); // ILLEGAL REQUEST, INVALID FIELD IN CDB
    }
    assert_int_equal(12, packet(&b, (u8[12]){0x43, 0, 0, 0, 0, 0, 0xaa, 0, 100}, 0xfffe, r, sizeof r));
    assert_int_equal(0xaa, r[6]);
    assert_int_equal(100, r[10] << 8 | r[11]);
    assert_int_equal(-1, packet(&b, (u8[12]){0x43, 0, 0, 0, 0, 0, 2, 0, 100}, 0xfffe, r, sizeof r)); // no second track
    assert_int_equal(0x052400, sense(&b));
    assert_int_equal(0, packet(&b, (u8[12]){0xbb, 0, 0xff, 0xff, 0xff, 0xff}, 0xfffe, r, sizeof r)); // SET CD SPEED
    assert_true(packet(&b, (u8[12]){0x46, 0, 0, 0, 0, 0, 0, 0, 8}, 0xfffe, r, sizeof r) == 8);
    assert_int_equal(0x0008, r[6] << 8 | r[7]); // CD-ROM
    b.cd.disk.size = 4 * GiB;                   // never read
    packet(&b, (u8[12]){0x46, 0, 0, 0, 0, 0, 0, 0, 8}, 0xfffe, r, sizeof r);
    assert_int_equal(0x0010, r[6] << 8 | r[7]); // DVD-ROM
    b.ide->channel[1].drive[0].medium.disk = NULL;
    assert_true(packet(&b, (u8[12]){0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 100}, 0xfffe, r, sizeof r) > 8);
    assert_int_equal(0x70, r[2]); // door closed, no disc
    packet(&b, (u8[12]){0x46, 0, 0, 0, 0, 0, 0, 0, 8}, 0xfffe, r, sizeof r);
    assert_int_equal(0, r[6] << 8 | r[7]);
    bench_free(&b);
}

static void interrupt_enable(void **state) {
    struct bench b;
    bench_init(&b);
    out(&b, 0x3f6, 0x02); // nIEN
    out(&b, PRIMARY + 6, 0xa0);
    out(&b, PRIMARY + 7, 0xec);
    assert_false(irq(&b, PRIMARY));
    out(&b, 0x3f6, 0);
    assert_true(irq(&b, PRIMARY)); // it was pending
    in(&b, 0x3f6);                 // the alternate status leaves it so
    assert_true(irq(&b, PRIMARY));
    out(&b, PRIMARY + 7, 0xe7); // a new command takes it back, then raises its own
    assert_int_equal(2, b.r.isa_edges[14]);
    bench_free(&b);
}

static unsigned flushes;
static int no_read(struct disk *d, u64 at, void *to, u64 n) { return ERR_IO; }
static int no_write(struct disk *d, u64 at, const void *from, u64 n) { return ERR_IO; }
static int no_flush(struct disk *d) { return ERR_IO; }
static int counted_flush(struct disk *d) { return flushes++, 0; }

// What the host cannot read or write is an error of the drive's. ATA/ATAPI-7, 6.28 (UNC), 6.66 and 6.13 (DF, ABRT); MMC-5: medium error,
// unrecovered read error.
static void a_host_that_fails(void **state) {
    struct bench b;
    u8 data[2048] = {0};
    enum { UNC = 0x40, DF = 0x20, ABRT = 4 };
    bench_init(&b);
    b.disk.disk.read = b.cd.disk.read = no_read;
    lba28(&b, 10, 2, 0x20);
    assert_int_equal(0, bus_in(&b.r.bus, PRIMARY, 2));
    assert_true(irq(&b, PRIMARY));
    assert_int_equal(ERR, status(&b, PRIMARY) & (BSY | DRQ | ERR | DF));
    assert_int_equal(UNC, in(&b, PRIMARY + 1));
    prd(&b, 0x10000, 0, 0x20000, 1024, true);
    memset(b.r.ram + 0x20000, 0x55, 1024);
    lba28(&b, 10, 2, 0xc8);
    start_dma(&b, 0, 0x10000, true);
    assert_true(irq(&b, PRIMARY));
    assert_int_equal(0, in(&b, BM + 2) & 2); // the bus did its part
    assert_int_equal(ERR, status(&b, PRIMARY) & (BSY | DRQ | ERR | DF));
    assert_int_equal(UNC, in(&b, PRIMARY + 1));
    assert_int_equal(0x55, b.r.ram[0x20000]);
    assert_int_equal(-1, packet(&b, (u8[12]){0x28, 0, 0, 0, 0, 0, 0, 0, 1}, 2048, data, sizeof data));
    assert_int_equal(0x031100, sense(&b));
    b.disk.disk.write = no_write;
    b.disk.disk.flush = no_flush;
    lba28(&b, 10, 2, 0x30);
    write_words(&b, PRIMARY, data, 512);
    assert_int_equal(ERR | DF, status(&b, PRIMARY) & (BSY | DRQ | ERR | DF));
    assert_int_equal(ABRT, in(&b, PRIMARY + 1));
    assert_int_equal(pattern(10 * 512), b.disk.data[10 * 512]);
    out(&b, BM, 0);
    lba28(&b, 10, 2, 0xca);
    start_dma(&b, 0, 0x10000, false);
    assert_int_equal(ERR | DF, status(&b, PRIMARY) & (BSY | DRQ | ERR | DF));
    out(&b, PRIMARY + 7, 0xe7); // FLUSH CACHE
    assert_int_equal(ERR | DF, status(&b, PRIMARY) & (BSY | DRQ | ERR | DF));
    bench_free(&b);
}

// 6.13, 6.49: FLUSH CACHE waits for the medium; without a write cache every write does. IDENTIFY word 85, bit 5: it is on.
static void the_write_cache(void **state) {
    struct bench b;
    u8 data[512] = {1};
    bench_init(&b);
    b.disk.disk.flush = counted_flush;
    for (unsigned off = 0; off < 2; off++) {
        unsigned before = flushes;
        out(&b, PRIMARY + 1, off ? 0x82 : 0x02);
        out(&b, PRIMARY + 7, 0xef);
        lba28(&b, 10, 1, 0x30);
        write_words(&b, PRIMARY, data, 512);
        assert_int_equal(before + off, flushes);
        prd(&b, 0x10000, 0, 0x20000, 512, true);
        lba28(&b, 10, 1, 0xca);
        start_dma(&b, 0, 0x10000, false);
        assert_int_equal(before + 2 * off, flushes);
        assert_int_equal(0, status(&b, PRIMARY) & ERR);
        lba28(&b, 10, 1, 0x20);
        read_words(&b, PRIMARY, data, 512);
        assert_int_equal(before + 2 * off, flushes);
        out(&b, PRIMARY + 7, off ? 0xea : 0xe7);
        assert_int_equal(before + 2 * off + 1, flushes);
        out(&b, PRIMARY + 7, 0xec);
        read_words(&b, PRIMARY, data, 512);
        assert_int_equal(off ? 0 : 0x20, ld16(data + 170) & 0x20);
    }
    bench_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probing),
        cmocka_unit_test(identify_disk),
        cmocka_unit_test(disk_pio),
        cmocka_unit_test(disk_dma),
        cmocka_unit_test(disk_dma_lies),
        cmocka_unit_test(identify_cdrom),
        cmocka_unit_test(cdrom_about),
        cmocka_unit_test(cdrom_eject),
        cmocka_unit_test(cdrom_read_pio),
        cmocka_unit_test(cdrom_read_dma),
        cmocka_unit_test(interrupt_enable),
        cmocka_unit_test(disk_other_commands),
        cmocka_unit_test(a_disk_larger_than_28_bits),
        cmocka_unit_test(transfer_modes),
        cmocka_unit_test(bursts_that_are_not_full),
        cmocka_unit_test(what_a_cdrom_has_and_has_not),
        cmocka_unit_test(an_absent_drive),
        cmocka_unit_test(dma_without_bus_mastering),
        cmocka_unit_test(a_host_that_fails),
        cmocka_unit_test(the_write_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
