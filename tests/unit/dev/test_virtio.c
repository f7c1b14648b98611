// SPDX-License-Identifier: MIT
// virtio-pci as a driver meets it: capabilities, feature negotiation, queues, MSI-X and INTx; blk, console and rng; and
// rings that lie.
#include "base/bits.h"
#include "base/le.h"
#include "dev/virtio_blk.h"
#include "dev/virtio_console.h"
#include "dev/virtio_pci.h"
#include "dev/virtio_rng.h"
#include "pci_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SLOT 4
#define BAR 0xe0000000
#define MSIX_BAR 0xe0100000
#define DISK_SECTORS 2048
#define Q 16 // entries the driver asks for

// Guest memory: rings of queue n, and room for data.
#define DESC(n) (0x10000 + (n) * 0x10000)
#define AVAIL(n) (DESC(n) + 0x1000)
#define USED(n) (DESC(n) + 0x2000)
#define DATA 0x100000

struct bench {
    struct pci_rig r;
    u64 common, isr, config, notify;
    u32 multiplier;
    struct memory_disk disk;
    struct chardev chardev;
    u8 sent[4096];
    size_t sent_length;
    u16 avail[2];
};

static u64 rd(struct bench *b, u64 at, unsigned width) { return bus_read(&b->r.bus, at, width); }
static void wr(struct bench *b, u64 at, unsigned width, u64 v) { bus_write(&b->r.bus, at, width, v); }

// Finds the structures as Linux does: vendor capabilities by type.
static void find_structures(struct bench *b) {
    unsigned seen = 0;
    for (unsigned cap = cfg_capability(&b->r, SLOT, 0, 9, 0); cap; cap = cfg_capability(&b->r, SLOT, 0, 9, cap + 1)) {
        unsigned type = cfg_in(&b->r, SLOT, 0, cap + 3, 1), length = cfg_in(&b->r, SLOT, 0, cap + 2, 1);
        u32 offset = cfg_in(&b->r, SLOT, 0, cap + 8, 4);
        assert_true(length >= 16);
        if (type == 5) { // the window through configuration space
            seen |= 1u << type;
            continue;
        }
        assert_int_equal(4, cfg_in(&b->r, SLOT, 0, cap + 4, 1));
        assert_true(cfg_in(&b->r, SLOT, 0, cap + 12, 4) > 0);
        u64 at = BAR + offset;
        switch (type) {
        case 1: b->common = at; break;
        case 2:
            b->notify = at;
            b->multiplier = cfg_in(&b->r, SLOT, 0, cap + 16, 4);
            break;
        case 3: b->isr = at; break;
        case 4: b->config = at; break;
        default: fail();
        }
        seen |= 1u << type;
    }
    assert_int_equal(0x3e, seen);
}

static void place(struct bench *b) {
    cfg_out(&b->r, SLOT, 0, 0x14, 4, MSIX_BAR);
    cfg_out(&b->r, SLOT, 0, 0x20, 4, BAR);
    cfg_out(&b->r, SLOT, 0, 0x24, 4, 0);
    cfg_out(&b->r, SLOT, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    find_structures(b);
}

static u64 offered(struct bench *b) {
    wr(b, b->common + 0, 4, 0);
    u64 v = rd(b, b->common + 4, 4);
    wr(b, b->common + 0, 4, 1);
    return v | rd(b, b->common + 4, 4) << 32;
}

static void set_up_queue(struct bench *b, unsigned n, u16 vector) {
    wr(b, b->common + 22, 2, n);
    assert_true(rd(b, b->common + 24, 2) >= Q);
    wr(b, b->common + 24, 2, Q);
    wr(b, b->common + 26, 2, vector);
    wr(b, b->common + 32, 4, DESC(n)); // halves, as Linux writes them
    wr(b, b->common + 36, 4, 0);
    wr(b, b->common + 40, 8, AVAIL(n));
    wr(b, b->common + 48, 4, USED(n));
    wr(b, b->common + 52, 4, 0);
    wr(b, b->common + 28, 2, 1);
    b->avail[n] = 0;
    memset(b->r.ram + AVAIL(n), 0, 0x2000);
}

// 3.1.1, with these features.
static void initialise(struct bench *b, u64 features, unsigned queues, bool msix) {
    wr(b, b->common + 20, 1, 0);
    assert_int_equal(0, rd(b, b->common + 20, 1));
    wr(b, b->common + 20, 1, 1);
    wr(b, b->common + 20, 1, 3);
    for (unsigned i = 0; i < 2; i++) {
        wr(b, b->common + 8, 4, i);
        wr(b, b->common + 12, 4, (u32)(features >> 32 * i));
    }
    wr(b, b->common + 20, 1, 11);
    assert_int_equal(11, rd(b, b->common + 20, 1));
    if (msix) {
        unsigned cap = cfg_capability(&b->r, SLOT, 0, 0x11, 0);
        cfg_out(&b->r, SLOT, 0, cap + 2, 2, 0x8000);
        for (unsigned v = 0; v <= queues; v++) {
            wr(b, MSIX_BAR + 16 * v, 4, 0xfee00000);
            wr(b, MSIX_BAR + 16 * v + 8, 4, 0x40 + v);
            wr(b, MSIX_BAR + 16 * v + 12, 4, 0);
        }
        wr(b, b->common + 16, 2, 0);
        assert_int_equal(0, rd(b, b->common + 16, 2));
    }
    for (unsigned n = 0; n < queues; n++) set_up_queue(b, n, msix ? (u16)(n + 1) : 0xffff);
    wr(b, b->common + 20, 1, 15);
    assert_int_equal(15, rd(b, b->common + 20, 1));
}

static void desc(struct bench *b, gpa_t table, unsigned i, u64 at, u32 length, u16 flags, u16 next) {
    u8 *d = b->r.ram + table + 16 * i;
    st64(d, at);
    st32(d + 8, length);
    st16(d + 12, flags);
    st16(d + 14, next);
}
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

static void offer(struct bench *b, unsigned n, u16 head) {
    st16(b->r.ram + AVAIL(n) + 4 + 2 * (b->avail[n] % Q), head);
    st16(b->r.ram + AVAIL(n) + 2, ++b->avail[n]);
}
static void kick(struct bench *b, unsigned n) { wr(b, b->notify + b->multiplier * n, 2, n); }
static u16 used_index(struct bench *b, unsigned n) { return ld16(b->r.ram + USED(n) + 2); }
static u32 used_length(struct bench *b, unsigned n, unsigned i) { return ld32(b->r.ram + USED(n) + 4 + 8 * (i % Q) + 4); }
static u8 device_status(struct bench *b) { return (u8)rd(b, b->common + 20, 1); }

static const u64 version_1 = BIT(32);

static void blk_init_sized(struct bench *b, u64 size) {
    memset(b, 0, sizeof *b);
    rig_init(&b->r);
    memory_disk_init(&b->disk, "disk", malloc(size), size + 100, false);
    for (unsigned i = 0; i < DISK_SECTORS * 512; i++) b->disk.data[i] = (u8)(i * 31 + (i >> 9));
    virtio_blk_create(&b->r.env, virtio_pci(b->r.pci, SLOT), "virtio-blk0", &b->disk.disk);
    place(b);
}

static void blk_init(struct bench *b) { blk_init_sized(b, DISK_SECTORS * 512); }

static void blk_free(struct bench *b) {
    rig_free(&b->r);
    free(b->disk.data);
}

// One request with a single data segment; returns its status byte.
static u8 blk(struct bench *b, u32 type, u64 sector, u64 at, u32 bytes) {
    bool to_device = type == 1;
    st32(b->r.ram + DATA, type);
    st32(b->r.ram + DATA + 4, 0);
    st64(b->r.ram + DATA + 8, sector);
    b->r.ram[DATA + 16] = 0xee;
    desc(b, DESC(0), 0, DATA, 16, NEXT, bytes ? 1 : 2);
    desc(b, DESC(0), 1, at, bytes, (u16)(NEXT | (to_device ? 0 : WRITE)), 2);
    desc(b, DESC(0), 2, DATA + 16, 1, WRITE, 0);
    offer(b, 0, 0);
    kick(b, 0);
    return b->r.ram[DATA + 16];
}

static void identity(void **state) {
    static struct bench b;
    blk_init(&b);
    assert_int_equal(0x10421af4, cfg_in(&b.r, SLOT, 0, 0, 4));
    assert_true(cfg_in(&b.r, SLOT, 0, 8, 1) >= 1); // modern only
    assert_int_equal(0x0100, cfg_in(&b.r, SLOT, 0, 0x0a, 2));
    assert_true(offered(&b) & version_1);
    assert_int_equal(DISK_SECTORS, rd(&b, b.config, 8)); // the odd bytes at the end are not reachable
    assert_int_equal(512, rd(&b, b.config + 20, 4));
    assert_int_equal(1, rd(&b, b.common + 18, 2));
    wr(&b, b.common + 22, 2, 5); // no such queue
    assert_int_equal(0, rd(&b, b.common + 24, 2));
    wr(&b, b.common + 22, 2, 0);
    wr(&b, b.common + 24, 2, 256); // larger than what was offered
    assert_int_equal(128, rd(&b, b.common + 24, 2));
    // The window through configuration space shows the same.
    unsigned cap = cfg_capability(&b.r, SLOT, 0, 9, 0);
    while (cfg_in(&b.r, SLOT, 0, cap + 3, 1) != 5) cap = cfg_capability(&b.r, SLOT, 0, 9, cap + 1);
    cfg_out(&b.r, SLOT, 0, cap + 4, 1, 4);
    cfg_out(&b.r, SLOT, 0, cap + 8, 4, (u32)(b.config - BAR));
    cfg_out(&b.r, SLOT, 0, cap + 12, 4, 4);
    assert_int_equal(DISK_SECTORS, cfg_in(&b.r, SLOT, 0, cap + 16, 4));
    cfg_out(&b.r, SLOT, 0, cap + 8, 4, (u32)(b.common - BAR) + 20);
    cfg_out(&b.r, SLOT, 0, cap + 12, 4, 1);
    cfg_out(&b.r, SLOT, 0, cap + 16, 1, 1);
    assert_int_equal(1, device_status(&b));
    cfg_out(&b.r, SLOT, 0, cap + 8, 4, 0xfffffff0); // outside the BAR
    cfg_in(&b.r, SLOT, 0, cap + 16, 4);
    // 4.1.4.9.1: cap.length is 1, 2 or 4, and cap.offset a multiple of it. What is not shows nothing, and writes nothing.
    static const struct {
        u8 bar;
        u32 offset, length;
        bool right;
    } windows[] = {{4, 20, 1, true},  {4, 20, 3, false}, {4, 20, 0, false}, {4, 20, 8, false},
                   {4, 22, 4, false}, {1, 20, 1, false}, {4, 20, 2, true}};
    for (unsigned i = 0; i < countof(windows); i++) {
        wr(&b, b.common + 20, 1, 0);
        cfg_out(&b.r, SLOT, 0, cap + 4, 1, windows[i].bar);
        cfg_out(&b.r, SLOT, 0, cap + 8, 4, (u32)(b.common - BAR) + windows[i].offset);
        cfg_out(&b.r, SLOT, 0, cap + 12, 4, windows[i].length);
        cfg_out(&b.r, SLOT, 0, cap + 16, 1, 1);
        assert_int_equal(windows[i].right, device_status(&b));
    }
    blk_free(&b);
}

static void negotiation(void **state) {
    static struct bench b;
    blk_init(&b);
    // Without VERSION_1, or with something that was not offered, FEATURES_OK does not stick.
    static const u64 bad[] = {0, BIT(32) | BIT(40), BIT(32) | BIT(0)};
    for (unsigned i = 0; i < countof(bad); i++) {
        assert_true((bad[i] & ~offered(&b)) || !(bad[i] & version_1));
        wr(&b, b.common + 20, 1, 0);
        wr(&b, b.common + 20, 1, 3);
        wr(&b, b.common + 8, 4, 0);
        wr(&b, b.common + 12, 4, (u32)bad[i]);
        wr(&b, b.common + 8, 4, 1);
        wr(&b, b.common + 12, 4, (u32)(bad[i] >> 32));
        wr(&b, b.common + 20, 1, 11);
        assert_int_equal(3, device_status(&b));
    }
    initialise(&b, version_1, 1, false);
    wr(&b, b.common + 12, 4, 0); // too late to change one's mind
    assert_int_equal(1, rd(&b, b.common + 12, 4));
    wr(&b, b.common + 22, 2, 0);
    wr(&b, b.common + 32, 8, 0x5000); // an enabled queue stays where it is
    assert_int_equal(DESC(0), rd(&b, b.common + 32, 8));
    wr(&b, b.common + 20, 1, 0); // reset: everything is forgotten
    wr(&b, b.common + 22, 2, 0);
    assert_int_equal(0, rd(&b, b.common + 28, 2));
    assert_int_equal(0, rd(&b, b.common + 32, 8));
    wr(&b, b.common + 24, 2, 12); // not a power of two
    assert_int_equal(0, rd(&b, b.common + 24, 2) & (rd(&b, b.common + 24, 2) - 1));
    wr(&b, b.common + 32, 8, 0x5008); // not aligned
    wr(&b, b.common + 28, 2, 1);
    assert_true(device_status(&b) & 0x40);
    assert_int_equal(0, rd(&b, b.isr, 1)); // before DRIVER_OK nobody is told
    kick(&b, 0);
    assert_int_equal(0, rd(&b, b.common + 22, 2));
    blk_free(&b);
}

static void blk_requests(void **state) {
    static struct bench b;
    blk_init(&b);
    initialise(&b, version_1 | BIT(9), 1, false);
    u8 *at = b.r.ram + 0x200000;
    assert_int_equal(0, blk(&b, 0, 10, 0x200000, 4096));
    assert_memory_equal(at, b.disk.data + 10 * 512, 4096);
    assert_int_equal(1, used_index(&b, 0));
    assert_int_equal(4097, used_length(&b, 0, 0));
    // INTx: asserted until the ISR is read, which tells why.
    unsigned pirq = pci_pirq(SLOT, 1);
    assert_true(b.r.direct[pirq]);
    assert_int_equal(1, rd(&b, b.isr, 1));
    assert_false(b.r.direct[pirq]);
    assert_int_equal(0, rd(&b, b.isr, 1));

    memset(at, 0x77, 1024);
    assert_int_equal(0, blk(&b, 1, 100, 0x200000, 1024));
    assert_memory_equal(b.disk.data + 100 * 512, at, 1024);
    assert_int_equal((u8)(99 * 512 * 31 + 99 + 511 * 31), b.disk.data[99 * 512 + 511]);
    assert_int_equal(1, used_length(&b, 0, 1));
    assert_int_equal(0, blk(&b, 4, 0, 0, 0)); // flush
    memset(at, 0xee, 32);
    assert_int_equal(0, blk(&b, 8, 0, 0x200000, 20));
    assert_string_equal("virtio-blk0", (char *)at);
    assert_int_equal(0xee, at[20]);
    assert_int_equal(2, blk(&b, 99, 0, 0x200000, 512));                // unsupported
    assert_int_equal(1, blk(&b, 0, DISK_SECTORS - 1, 0x200000, 1024)); // off the end
    assert_int_equal(1, blk(&b, 0, ~(u64)0, 0x200000, 512));
    assert_int_equal(1, blk(&b, 0, 0, 0x200000, 100));       // not whole sectors
    assert_int_equal(1, blk(&b, 0, 0, RIG_RAM - 512, 1024)); // into nowhere
    assert_int_equal(1, blk(&b, 0, 0, ~(u64)0 - 255, 512));
    memset(at, 0x55, 512);
    assert_int_equal(1, blk(&b, 1, DISK_SECTORS, 0x200000, 512)); // writing likewise
    assert_int_equal(1, blk(&b, 1, 0, RIG_RAM, 512));
    assert_int_equal(1, blk(&b, 8, 0, 0x200000, 19)); // an identifier has 20 bytes
    assert_int_equal(0x55, *at);
    assert_int_equal(1, blk(&b, 8, 0, RIG_RAM - 10, 20));
    assert_int_equal(15, device_status(&b)); // a failed request is not a broken device
    b.disk.disk.read_only = true;
    assert_int_equal(1, blk(&b, 1, 0, 0x200000, 512));
    // Many more requests than the ring has entries.
    for (unsigned i = 0; i < 1000; i++) assert_int_equal(0, blk(&b, 0, i, 0x200000, 512));
    assert_memory_equal(at, b.disk.data + 999 * 512, 512);
    assert_int_equal(b.avail[0], used_index(&b, 0));
    blk_free(&b);
}

// A ring of requests for the whole medium, each into the same memory over and over, kept one notification busy for minutes.
static void blk_request_too_long(void **state) {
    static struct bench b;
    blk_init_sized(&b, 20 * MiB);
    initialise(&b, version_1, 1, false);
    for (unsigned mib = 5; mib <= 6; mib++) {
        st32(b.r.ram + DATA, 0);
        st64(b.r.ram + DATA + 8, 0);
        desc(&b, DESC(0), 0, DATA, 16, NEXT, 1);
        for (u16 i = 1; i <= 3; i++) desc(&b, DESC(0), i, 0x200000, mib * (u32)MiB, NEXT | WRITE, i + 1);
        desc(&b, DESC(0), 4, DATA + 16, 1, WRITE, 0);
        offer(&b, 0, 0);
        kick(&b, 0);
        assert_int_equal(mib * 3 > 16, b.r.ram[DATA + 16]); // fails, and that is all
        assert_int_equal(15, device_status(&b));
    }
    blk_free(&b);
}

// 5.2.3: a device that cannot be written says so.
static void a_read_only_disk(void **state) {
    static struct bench b;
    blk_init(&b);
    assert_false(offered(&b) & BIT(5));
    b.disk.disk.read_only = true;
    virtio_blk_create(&b.r.env, virtio_pci(b.r.pci, SLOT + 1), "virtio-blk1", &b.disk.disk);
    cfg_out(&b.r, SLOT, 0, PCI_COMMAND, 2, 0); // the other takes its place
    cfg_out(&b.r, SLOT + 1, 0, 0x20, 4, BAR);
    cfg_out(&b.r, SLOT + 1, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    assert_true(offered(&b) & BIT(5));
    blk_free(&b);
}

static unsigned flushes;
static int no_read(struct disk *d, u64 at, void *to, u64 n) { return ERR_IO; }
static int no_write(struct disk *d, u64 at, const void *from, u64 n) { return ERR_IO; }
static int no_flush(struct disk *d) { return ERR_IO; }
static int counted_flush(struct disk *d) { return flushes++, 0; }

// 5.2.6: VIRTIO_BLK_S_IOERR when the host fails. 5.2.6.2: without FLUSH a write that is over is on stable storage.
static void blk_of_a_host_that_fails(void **state) {
    static struct bench b;
    blk_init(&b);
    struct disk *d = &b.disk.disk, good = *d;
    initialise(&b, version_1 | BIT(9), 1, false);
    d->read = no_read, d->write = no_write, d->flush = no_flush;
    memset(b.r.ram + 0x200000, 0x55, 512);
    for (u32 type = 0; type <= 1; type++) assert_int_equal(1, blk(&b, type, 10, 0x200000, 512));
    assert_int_equal(1, blk(&b, 4, 0, 0, 0));
    assert_int_equal(0x55, b.r.ram[0x200000]);
    assert_int_equal(15, device_status(&b));
    *d = good;
    d->flush = counted_flush;
    for (u32 type = 0; type <= 1; type++) assert_int_equal(0, blk(&b, type, 10, 0x200000, 512));
    assert_int_equal(0, flushes);
    assert_int_equal(0, blk(&b, 4, 0, 0, 0));
    assert_int_equal(1, flushes);
    blk_free(&b);
    blk_init(&b);
    b.disk.disk.flush = counted_flush;
    initialise(&b, version_1, 1, false);
    assert_int_equal(0, blk(&b, 1, 10, 0x200000, 512));
    assert_int_equal(2, flushes);
    assert_int_equal(0, blk(&b, 0, 10, 0x200000, 512));
    assert_int_equal(2, flushes);
    blk_free(&b);
}

static void blk_messages(void **state) {
    static struct bench b;
    blk_init(&b);
    initialise(&b, version_1, 1, true);
    assert_int_equal(0, blk(&b, 0, 0, 0x200000, 512));
    assert_int_equal(1, b.r.msis);
    assert_int_equal(0x41, b.r.msi[0].data);
    assert_int_equal(0, rd(&b, b.isr, 1));
    for (unsigned i = 0; i < 4; i++) assert_false(b.r.direct[i]);
    st16(b.r.ram + AVAIL(0), 1); // the driver polls: no interrupt, please
    blk(&b, 0, 0, 0x200000, 512);
    assert_int_equal(1, b.r.msis);
    wr(&b, b.common + 26, 2, 77); // no such vector
    assert_int_equal(0xffff, rd(&b, b.common + 26, 2));
    // Without bus mastering the device does not touch memory.
    cfg_out(&b.r, SLOT, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    assert_int_equal(0xee, blk(&b, 0, 0, 0x200000, 512));
    blk_free(&b);
}

static void event_index(void **state) {
    static struct bench b;
    blk_init(&b);
    initialise(&b, version_1 | BIT(29), 1, true);
    u8 *used_event = b.r.ram + AVAIL(0) + 4 + 2 * Q, *avail_event = b.r.ram + USED(0) + 4 + 8 * Q;
    st16(used_event, 2); // tell me when the third is done
    for (unsigned i = 0; i < 5; i++) {
        blk(&b, 0, 0, 0x200000, 512);
        assert_int_equal(i >= 2, b.r.msis);
        assert_int_equal(b.avail[0], ld16(avail_event));
    }
    blk_free(&b);
}

// Nobody is waiting by an event that cannot be read: better an interrupt too many.
static void an_event_outside_ram(void **state) {
    static struct bench b;
    blk_init(&b);
    initialise(&b, version_1 | BIT(29), 1, true);
    wr(&b, b.common + 20, 1, 0);
    initialise(&b, version_1 | BIT(29), 0, true);
    const gpa_t avail = RIG_RAM - 4 - 2 * Q; // the ring ends with RAM, so used_event is behind it
    wr(&b, b.common + 22, 2, 0);
    wr(&b, b.common + 24, 2, Q);
    wr(&b, b.common + 26, 2, 0);
    wr(&b, b.common + 32, 8, DESC(0));
    wr(&b, b.common + 40, 8, avail);
    wr(&b, b.common + 48, 8, USED(0));
    wr(&b, b.common + 28, 2, 1);
    memset(b.r.ram + avail, 0, RIG_RAM - avail);
    st32(b.r.ram + DATA, 4);
    desc(&b, DESC(0), 0, DATA, 16, NEXT, 1);
    desc(&b, DESC(0), 1, DATA + 16, 1, WRITE, 0);
    for (unsigned i = 1; i <= 3; i++) {
        unsigned before = b.r.msis;
        st16(b.r.ram + avail + 2, (u16)i);
        kick(&b, 0);
        assert_int_equal(before + 1, b.r.msis);
    }
    assert_int_equal(15, device_status(&b));
    blk_free(&b);
}

static void indirect(void **state) {
    static struct bench b;
    blk_init(&b);
    initialise(&b, version_1 | BIT(28), 1, false);
    u8 *ram = b.r.ram;
    st32(ram + DATA, 0);
    st64(ram + DATA + 8, 3);
    gpa_t table = 0x80000;
    desc(&b, table, 0, DATA, 16, NEXT, 1);
    for (unsigned i = 1; i <= 40; i++) desc(&b, table, i, 0x200000 + 0x1000 * i, 512, NEXT | WRITE, (u16)(i + 1));
    desc(&b, table, 41, DATA + 16, 1, WRITE, 0);
    desc(&b, DESC(0), 5, table, 42 * 16, INDIRECT, 0);
    ram[DATA + 16] = 0xee;
    offer(&b, 0, 5);
    kick(&b, 0);
    assert_int_equal(0, ram[DATA + 16]);
    for (unsigned i = 1; i <= 40; i++) assert_memory_equal(ram + 0x200000 + 0x1000 * i, b.disk.data + (3 + i - 1) * 512, 512);
    assert_int_equal(5, ld32(ram + USED(0) + 4));
    blk_free(&b);
}

// Each of these must end with NEEDS_RESET and a word in the log, no further request served, and a reset that revives.
static void expect_broken(struct bench *b, const char *what) {
    if (!(device_status(b) & 0x40)) fail_msg("%s was accepted", what);
    assert_true(scripted_logged(&b->r.plat, "until the guest resets it"));
    u16 used = used_index(b, 0);
    kick(b, 0);
    assert_int_equal(used, used_index(b, 0));
    initialise(b, version_1 | BIT(28), 1, false);
    assert_int_equal(0, blk(b, 0, 0, 0x200000, 512));
    initialise(b, version_1 | BIT(28), 1, false);
}

static void hostile_rings(void **state) {
    static struct bench b;
    blk_init(&b);
    initialise(&b, version_1 | BIT(28), 1, false);

    desc(&b, DESC(0), 0, DATA, 16, NEXT, 1);
    desc(&b, DESC(0), 1, DATA, 16, NEXT, 0);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "a loop");

    // What lies behind the table looks like a good request.
    desc(&b, DESC(0), Q, DATA, 16, NEXT, 1);
    desc(&b, DESC(0), 1, DATA + 16, 1, WRITE, 0);
    st32(b.r.ram + DATA, 4);
    offer(&b, 0, Q);
    kick(&b, 0);
    expect_broken(&b, "a head outside the table");

    desc(&b, DESC(0), 0, DATA, 16, NEXT, 0xffff);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "a next outside the table");

    st16(b.r.ram + AVAIL(0) + 2, Q + 1);
    kick(&b, 0);
    expect_broken(&b, "an index that ran away");

    desc(&b, DESC(0), 0, DATA, 16, NEXT | WRITE, 1);
    desc(&b, DESC(0), 1, DATA, 16, 0, 0);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "a readable segment behind a writable one");

    desc(&b, DESC(0), 0, DATA, 16, 0, 0);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "a request without room for its status");

    desc(&b, DESC(0), 0, DATA, 16, NEXT, 1);
    desc(&b, DESC(0), 1, 0xf0000000, 1, WRITE, 0);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "a status outside RAM");

    desc(&b, DESC(0), 0, 0x80000, 33, INDIRECT, 0);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "an indirect table of a fraction of a descriptor");

    desc(&b, DESC(0), 0, 0x80000, 32, INDIRECT | NEXT, 1);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "an indirect descriptor that goes on");

    desc(&b, DESC(0), 0, 0x80000, 32, INDIRECT, 0);
    desc(&b, 0x80000, 0, 0x80000, 32, INDIRECT, 0);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "an indirect descriptor inside a table");

    desc(&b, DESC(0), 0, 0xfffffffffffffff0, 0xfffffff0, INDIRECT, 0);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "an indirect table in nowhere");

    desc(&b, DESC(0), 0, 0x80000, 0xfffff * 16, INDIRECT, 0);
    for (unsigned i = 0; i < 1000; i++) desc(&b, 0x80000, i, DATA, 16, NEXT, (u16)(i + 1));
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "a chain without end");

    desc(&b, DESC(0), 0, 0x80000, 300 * 16, INDIRECT, 0); // more segments than a request has, and no loop
    for (unsigned i = 0; i < 300; i++) desc(&b, 0x80000, i, DATA, 16, i < 299 ? NEXT : 0, (u16)(i + 1));
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "a chain of 300 segments");

    desc(&b, DESC(0), 0, DATA, 16, NEXT, 1);
    desc(&b, DESC(0), 1, 0x200000, 0xffffffff, WRITE | NEXT, 2);
    desc(&b, DESC(0), 2, 0x200000, 0xffffffff, WRITE, 0);
    offer(&b, 0, 0);
    kick(&b, 0);
    expect_broken(&b, "an answer of more bytes than the used ring can tell");

    static const u64 places[][4] = {// rings: descriptors, available, used; what comes of it
                                    {0x10008, 0x11000, 0x12000, 0x40}, {0x10000, 0x11001, 0x12000, 0x40},
                                    {0x10000, 0x11000, 0x12002, 0x40}, {0x10000, RIG_RAM - 4, 0x12000, 0x40},
                                    {0x10000, 0x11000, RIG_RAM, 0x40}, {0x10000, 0x11000, RIG_RAM - 4, 0x40}};
    for (unsigned i = 0; i < countof(places); i++) {
        wr(&b, b.common + 20, 1, 0);
        initialise(&b, version_1, 0, false);
        kick(&b, 0); // the queue is not enabled: nothing happens
        assert_int_equal(15, device_status(&b));
        wr(&b, b.common + 22, 2, 0);
        wr(&b, b.common + 24, 2, Q);
        for (unsigned k = 0; k < 3; k++) wr(&b, b.common + 32 + 8 * k, 8, places[i][k]);
        memset(b.r.ram + AVAIL(0), 0, 0x100);
        st16(b.r.ram + AVAIL(0) + 2, 1), st16(b.r.ram + RIG_RAM - 2, 1);
        st32(b.r.ram + DATA, 4);
        desc(&b, DESC(0), 0, DATA, 16, NEXT, 1);
        desc(&b, DESC(0), 1, DATA + 16, 1, WRITE, 0);
        b.r.plat.log_len = 0;
        wr(&b, b.common + 28, 2, 1);
        kick(&b, 0);
        assert_int_equal(places[i][3], device_status(&b) & 0x40);
        assert_true(scripted_logged(&b.r.plat, i < 3    ? "a ring is not aligned"
                                               : i == 3 ? "a ring does not lie in RAM"
                                                        : "the used ring does not lie in RAM"));
        b.r.plat.log_len = 0;
        wr(&b, b.common + 28, 2, 1); // once is enough
        assert_int_equal(0, b.r.plat.log_len);
    }

    initialise(&b, version_1 | BIT(28), 1, false);
    // The device's own answer lands in the available ring and makes it promise more: bounded, whatever comes of it.
    for (unsigned i = 0; i < 64; i++) blk(&b, 0, i, AVAIL(0), 512);
    initialise(&b, version_1, 1, false);
    // Rings in nowhere.
    wr(&b, b.common + 20, 1, 0);
    wr(&b, b.common + 20, 1, 3);
    wr(&b, b.common + 8, 4, 1);
    wr(&b, b.common + 12, 4, 1);
    wr(&b, b.common + 20, 1, 11);
    wr(&b, b.common + 22, 2, 0);
    wr(&b, b.common + 32, 8, 0xf0000000);
    wr(&b, b.common + 40, 8, 0xf0001000);
    wr(&b, b.common + 48, 8, 0xf0002000);
    wr(&b, b.common + 28, 2, 1);
    wr(&b, b.common + 20, 1, 15);
    kick(&b, 0);
    assert_true(device_status(&b) & 0x40);
    assert_int_equal(2, rd(&b, b.isr, 1)); // told as a configuration change
    blk_free(&b);
}

static void console_write(void *ctx, const u8 *bytes, size_t n) {
    struct bench *b = ctx;
    assert_true(b->sent_length + n <= sizeof b->sent);
    memcpy(b->sent + b->sent_length, bytes, n);
    b->sent_length += n;
}

static void console_count(void *ctx, const u8 *bytes, size_t n) { ((struct bench *)ctx)->sent_length += n; }

static void console(void **state) {
    static struct bench b;
    memset(&b, 0, sizeof b);
    rig_init(&b.r);
    b.chardev = (struct chardev){.write = console_write, .ctx = &b};
    virtio_console_create(&b.r.env, virtio_pci(b.r.pci, SLOT), "virtio-console", &b.chardev);
    place(&b);
    assert_int_equal(0x10431af4, cfg_in(&b.r, SLOT, 0, 0, 4));
    assert_int_equal(0, b.chardev.input(b.chardev.dev, (const u8 *)"early", 5)); // no driver yet
    initialise(&b, version_1, 2, true);
    for (unsigned i = 0; i < 700; i++) b.r.ram[DATA + i] = (u8)i;
    desc(&b, DESC(1), 3, DATA, 300, NEXT, 4);
    desc(&b, DESC(1), 4, DATA + 300, 400, 0, 0);
    offer(&b, 1, 3);
    kick(&b, 1);
    assert_int_equal(700, b.sent_length);
    assert_memory_equal(b.sent, b.r.ram + DATA, 700);
    assert_int_equal(1, used_index(&b, 1));
    assert_int_equal(0x42, b.r.msi[0].data);
    // Input waits for buffers, fills two small ones, and says how much went in.
    assert_int_equal(0, b.chardev.input(b.chardev.dev, (const u8 *)"hello", 5));
    desc(&b, DESC(0), 0, 0x200000, 3, WRITE, 0);
    desc(&b, DESC(0), 1, 0x200100, 1, WRITE, 0);
    offer(&b, 0, 0);
    offer(&b, 0, 1);
    kick(&b, 0);
    assert_int_equal(0, used_index(&b, 0)); // a buffer alone is not input
    assert_int_equal(4, b.chardev.input(b.chardev.dev, (const u8 *)"hello", 5));
    assert_memory_equal("hel", b.r.ram + 0x200000, 3);
    assert_int_equal('l', b.r.ram[0x200100]);
    assert_int_equal(2, used_index(&b, 0));
    assert_int_equal(3, used_length(&b, 0, 0));
    assert_int_equal(2, b.r.msis);
    assert_int_equal(0x41, b.r.msi[1].data);
    // A buffer larger than the input takes just that.
    desc(&b, DESC(0), 0, 0x200000, 100, WRITE, 0);
    offer(&b, 0, 0);
    assert_int_equal(2, b.chardev.input(b.chardev.dev, (const u8 *)"ok", 2));
    assert_int_equal(2, used_length(&b, 0, 2));
    assert_memory_equal("okl", b.r.ram + 0x200000, 3);
    // Buffers that are of no use: given back, and no endless loop.
    desc(&b, DESC(0), 0, 0xf0000000, 8, WRITE, 0);
    for (unsigned i = 0; i < Q; i++) offer(&b, 0, 0);
    assert_int_equal(0, b.chardev.input(b.chardev.dev, (const u8 *)"x", 1));
    // Output from nowhere, and output that claims to be larger than memory.
    desc(&b, DESC(1), 0, 0xf0000000, 8, 0, 0);
    offer(&b, 1, 0);
    kick(&b, 1);
    assert_true(device_status(&b) & 0x40);
    // The most that is taken at once, and one byte more: a queue of them may not keep a serial line busy for hours.
    initialise(&b, version_1, 2, true);
    b.sent_length = 0;
    b.chardev.write = console_count;
    desc(&b, DESC(1), 0, 0x200000, 64 * KiB, 0, 0);
    offer(&b, 1, 0);
    kick(&b, 1);
    assert_int_equal(64 * KiB, b.sent_length);
    assert_false(device_status(&b) & 0x40);
    desc(&b, DESC(1), 0, 0x200000, 64 * KiB + 1, 0, 0);
    offer(&b, 1, 0);
    kick(&b, 1);
    assert_int_equal(64 * KiB, b.sent_length);
    assert_true(device_status(&b) & 0x40);
    b.sent_length = 0;
    initialise(&b, version_1, 2, true);
    for (unsigned i = 0; i < Q; i++) desc(&b, DESC(1), i, 0, 0xffffffff, i < Q - 1 ? NEXT : 0, (u16)(i + 1));
    offer(&b, 1, 0);
    kick(&b, 1);
    assert_true(device_status(&b) & 0x40);
    rig_free(&b.r);
}

static void rng(void **state) {
    static struct bench b;
    u8 first[100];
    for (unsigned run = 0; run < 3; run++) {
        memset(&b, 0, sizeof b);
        rig_init(&b.r);
        virtio_rng_create(&b.r.env, virtio_pci(b.r.pci, SLOT), "virtio-rng", run == 2 ? 1 : 0);
        place(&b);
        assert_int_equal(0x10441af4, cfg_in(&b.r, SLOT, 0, 0, 4));
        initialise(&b, version_1, 1, false);
        desc(&b, DESC(0), 0, 0x200000, 100, WRITE, 0);
        offer(&b, 0, 0);
        kick(&b, 0);
        assert_int_equal(100, used_length(&b, 0, 0));
        if (run == 0) {
            // SplitMix64's first number from seed 0, as published with its reference code.
            assert_true(ld64(b.r.ram + 0x200000) == 0xe220a8397b1dcdaf);
            memcpy(first, b.r.ram + 0x200000, sizeof first);
        }
        bool same = !memcmp(first, b.r.ram + 0x200000, sizeof first);
        assert_int_equal(run < 2, same);
        assert_int_equal(0, b.r.ram[0x200000 + 100]);
        desc(&b, DESC(0), 0, 0x200000, 0x400000, WRITE, 0); // a huge wish is answered in part
        offer(&b, 0, 0);
        kick(&b, 0);
        u32 got = used_length(&b, 0, 1);
        assert_true(got > 0 && got <= 0x400000);
        assert_int_equal(15, device_status(&b));
        desc(&b, DESC(0), 0, 0xf0000000, 8, WRITE, 0); // into nowhere
        offer(&b, 0, 0);
        kick(&b, 0);
        assert_true(device_status(&b) & 0x40);
        rig_free(&b.r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity),
        cmocka_unit_test(negotiation),
        cmocka_unit_test(blk_requests),
        cmocka_unit_test(blk_request_too_long),
        cmocka_unit_test(a_read_only_disk),
        cmocka_unit_test(blk_of_a_host_that_fails),
        cmocka_unit_test(an_event_outside_ram),
        cmocka_unit_test(blk_messages),
        cmocka_unit_test(event_index),
        cmocka_unit_test(indirect),
        cmocka_unit_test(hostile_rings),
        cmocka_unit_test(console),
        cmocka_unit_test(rng),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
