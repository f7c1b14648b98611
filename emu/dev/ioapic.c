// SPDX-License-Identifier: MIT
// I/O APIC.
//
//   window  0x00 IOREGSEL   0x10 IOWIN   0x40 EOI (vector)
//   index   0x00 ID (27..24)   0x01 version   0x02 arbitration   0x10 + 2n, + 1 redirection entry n
//   entry   63..56 destination | 16 mask | 15 trigger (1: level) | 14 remote IRR | 13 polarity | 12 delivery status
//           | 11 destination mode | 10..8 delivery mode | 7..0 vector
#include "dev/ioapic.h"

#include "base/bits.h"

enum { IOREGSEL = 0x00, IOWIN = 0x10, EOI = 0x40 };
enum { INDEX_ID = 0, INDEX_VERSION = 1, INDEX_ARBITRATION = 2, INDEX_ENTRIES = 0x10 };
enum { VERSION = 0x20 };
enum { DELIVERY_LOWEST = 1, DELIVERY_NMI = 4 };

#define ENTRY_REMOTE_IRR BIT(14)
#define ENTRY_LEVEL BIT(15)
#define ENTRY_MASK BIT(16)
#define ENTRY_WRITABLE (mask(63, 56) | mask(16, 15) | BIT(13) | mask(11, 0))

struct ioapic_state {
    u64 entry[IOAPIC_PINS];
    u32 lines; // as driven by the devices
    u32 edges; // edges accepted and not yet sent
    u8 select, id;
};

struct ioapic {
    struct ioapic_state s;
    struct msi_sink out;
};

// Only fixed and lowest-priority interrupts can be level-triggered; the others are edges whatever bit 15 says.
static bool is_level(u64 entry) { return entry & ENTRY_LEVEL && bits(entry, 10, 8) <= DELIVERY_LOWEST; }

static void send(struct ioapic *io, u64 entry) {
    u64 address = 0xFEE00000 | bits(entry, 63, 56) << 12 | (entry & BIT(11) ? BIT(2) : 0);
    u32 trigger = is_level(entry) ? 1u << 15 : 0;
    msi_send(&io->out, address, trigger | 1u << 14 | (u32)bits(entry, 10, 0));
}

// Sends what pin `n` has to say, if anything.
static void service(struct ioapic *io, unsigned n) {
    struct ioapic_state *s = &io->s;
    u64 *entry = &s->entry[n];
    if (*entry & ENTRY_MASK) return;
    if (is_level(*entry)) {
        if (!(s->lines >> n & 1) || *entry & ENTRY_REMOTE_IRR) return;
        *entry |= ENTRY_REMOTE_IRR;
    } else {
        if (!(s->edges >> n & 1)) return;
        s->edges &= ~(1u << n);
    }
    send(io, *entry);
}

static void set_line(void *ctx, unsigned pin, bool level) {
    struct ioapic *io = ctx;
    struct ioapic_state *s = &io->s;
    u32 bit = 1u << pin;
    bool rose = level && !(s->lines & bit);
    s->lines = level ? s->lines | bit : s->lines & ~bit;
    if (!rose) return;
    // An edge on a masked pin is lost (82093AA, 3.2.4).
    if (!is_level(s->entry[pin]) && !(s->entry[pin] & ENTRY_MASK)) s->edges |= bit;
    service(io, pin);
}

struct irq_line ioapic_line(struct ioapic *io, unsigned pin) {
    if (pin >= IOAPIC_PINS) return (struct irq_line){0};
    return (struct irq_line){.set = set_line, .ctx = io, .pin = pin};
}

bool ioapic_sends_nmi(const struct ioapic *io) {
    for (unsigned n = 0; n < IOAPIC_PINS; n++)
        if (!(io->s.entry[n] & ENTRY_MASK) && bits(io->s.entry[n], 10, 8) == DELIVERY_NMI) return true;
    return false;
}

bool ioapic_masked(const struct ioapic *io, unsigned pin) { return io->s.entry[pin] & ENTRY_MASK; }

void ioapic_eoi(void *ioapic, u8 vector) {
    struct ioapic *io = ioapic;
    for (unsigned n = 0; n < IOAPIC_PINS; n++) {
        u64 *entry = &io->s.entry[n];
        if (!is_level(*entry) || (u8)*entry != vector) continue;
        *entry &= ~ENTRY_REMOTE_IRR;
        service(io, n);
    }
}

static u32 read_index(const struct ioapic_state *s) {
    unsigned n = (s->select - INDEX_ENTRIES) / 2u;
    switch (s->select) {
    case INDEX_ID:
    case INDEX_ARBITRATION: return (u32)s->id << 24;
    case INDEX_VERSION: return (IOAPIC_PINS - 1) << 16 | VERSION;
    default:
        if (s->select < INDEX_ENTRIES || n >= IOAPIC_PINS) return 0;
        return (u32)(s->entry[n] >> (s->select & 1 ? 32 : 0));
    }
}

static void write_entry(struct ioapic *io, unsigned n, u64 value) {
    u64 *entry = &io->s.entry[n];
    *entry = (*entry & ~ENTRY_WRITABLE) | (value & ENTRY_WRITABLE);
    if (is_level(*entry)) io->s.edges &= ~(1u << n);
    else *entry &= ~ENTRY_REMOTE_IRR; // Linux clears a stuck remote IRR by a turn through edge mode
    service(io, n);
}

static void write_index(struct ioapic *io, u32 value) {
    struct ioapic_state *s = &io->s;
    unsigned n = (s->select - INDEX_ENTRIES) / 2u;
    if (s->select == INDEX_ID) s->id = value >> 24 & 15;
    if (s->select < INDEX_ENTRIES || n >= IOAPIC_PINS) return;
    u64 old = s->entry[n];
    write_entry(io, n, s->select & 1 ? (u32)old | (u64)value << 32 : (old & mask(63, 32)) | value);
}

static u64 read_window(void *dev, u64 offset, unsigned width) {
    struct ioapic *io = dev;
    u64 value = 0;
    if ((offset & ~3u) == IOREGSEL) value = io->s.select;
    if ((offset & ~3u) == IOWIN) value = read_index(&io->s);
    return value >> (8 * (offset & 3)) & mask(8 * width - 1, 0);
}

static void write_window(void *dev, u64 offset, unsigned width, u64 value) {
    struct ioapic *io = dev;
    switch (offset) {
    case IOREGSEL: io->s.select = (u8)value; break;
    case IOWIN: write_index(io, (u32)value); break;
    case EOI: ioapic_eoi(io, (u8)value); break;
    default: break;
    }
}

const struct io_ops ioapic_ops = {read_window, write_window, .size = IOAPIC_SIZE, .widths = IO_ANY};

struct ioapic *ioapic_create(struct env *e, u8 id, struct msi_sink out) {
    struct ioapic *io = ENV_DEVICE(e, "ioapic", struct ioapic, s);
    io->out = out;
    io->s.id = id & 15;
    for (unsigned n = 0; n < IOAPIC_PINS; n++) io->s.entry[n] = ENTRY_MASK;
    return io;
}
