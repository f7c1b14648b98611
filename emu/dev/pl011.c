// SPDX-License-Identifier: MIT
#include "dev/pl011.h"

#include "base/bits.h"

enum {
    DR = 0x00,
    RSR_ECR = 0x04,
    FR = 0x18,
    ILPR = 0x20,
    IBRD = 0x24,
    FBRD = 0x28,
    LCR_H = 0x2c,
    CR = 0x30,
    IFLS = 0x34,
    IMSC = 0x38,
    RIS = 0x3c,
    MIS = 0x40,
    ICR = 0x44,
    DMACR = 0x48,
};
enum {
    FR_CTS = 1,
    FR_DSR = 2,
    FR_DCD = 4,
    FR_BUSY = 8,
    FR_RXFE = 0x10,
    FR_TXFF = 0x20,
    FR_RXFF = 0x40,
    FR_TXFE = 0x80,
    FR_RI = 0x100
};
enum { LCR_FEN = 0x10, LCR_8BIT = 0x60 };
enum {
    CR_ON = 1,
    CR_LOOP = 0x80,
    CR_TXE = 0x100,
    CR_RXE = 0x200,
    CR_DTR = 0x400,
    CR_RTS = 0x800,
    CR_OUT1 = 0x1000,
    CR_OUT2 = 0x2000
};
#define CR_BITS 0xff87
// Interrupts (RIS, MIS, IMSC, ICR); the lowest four are the modem's: RI, CTS, DCD, DSR.
enum { INT_RI = 1, INT_CTS = 2, INT_DCD = 4, INT_DSR = 8, INT_RX = 0x10, INT_TX = 0x20, INT_TIMEOUT = 0x40, INT_OVERRUN = 0x400 };
#define INT_BITS 0x7ff
#define ERROR_OVERRUN 8 // RSR's bit; DR has the four of them above the byte

#define ID 0x00141011 // part 011, designer 41, revision 1
#define FIFO 16

struct pl011_state {
    u8 rx[FIFO], tx[FIFO];
    u8 rx_first, rx_count, tx_count;
    u8 overrun; // the byte that was lost behind the ones in the FIFO
    u8 errors;  // RSR
    u8 ilpr, lcr, fbrd, ifls, dmacr;
    u16 ibrd, cr, imsc, ris;
    u16 modem; // FR_CTS, FR_DSR, FR_DCD, FR_RI
};

struct pl011 {
    struct pl011_state s;
    struct irq_line irq;
    struct chardev *backend;
};

static unsigned depth(const struct pl011_state *s) { return s->lcr & LCR_FEN ? FIFO : 1; }
static unsigned rx_room(const struct pl011_state *s) { return s->rx_count < depth(s) ? depth(s) - s->rx_count : 0; }

// IFLS, table 3-13: eighths of the FIFO, what is reserved as the last.
static unsigned rx_trigger(const struct pl011_state *s) {
    static const u8 level[8] = {2, 4, 8, 12, 14, 14, 14, 14};
    return s->lcr & LCR_FEN ? level[s->ifls >> 3 & 7] : 1;
}

static void update_irq(struct pl011 *u) { irq_set(&u->irq, u->s.ris & u->s.imsc); }

static bool receives(const struct pl011_state *s) { return (s->cr & (CR_ON | CR_RXE)) == (CR_ON | CR_RXE); }
static bool sends(const struct pl011_state *s) { return (s->cr & (CR_ON | CR_TXE)) == (CR_ON | CR_TXE); }

static bool listens(const void *dev) {
    const struct pl011_state *s = &((const struct pl011 *)dev)->s;
    return receives(s) && s->imsc & (INT_RX | INT_TIMEOUT);
}

// The receive interrupt comes when the FIFO is filled to its level; the timeout once nothing more has come for 32 bits' time, which is
// behind every piece of input that has come at once.
static void receive(struct pl011_state *s, u8 byte) {
    if (!rx_room(s)) {
        s->overrun = 1;
        s->ris |= INT_OVERRUN;
        return;
    }
    s->rx[(s->rx_first + s->rx_count++) % FIFO] = byte;
    if (s->rx_count >= rx_trigger(s)) s->ris |= INT_RX;
    s->ris |= INT_TIMEOUT;
}

// The overrun is told with the byte that has come next to the lost one, or by RSR of the last one read.
static u32 take_byte(struct pl011_state *s) {
    if (!s->rx_count) return 0;
    u8 byte = s->rx[s->rx_first];
    s->rx_first = (u8)((s->rx_first + 1) % FIFO);
    s->rx_count--;
    s->errors = s->overrun ? ERROR_OVERRUN : 0;
    s->overrun = 0;
    if (s->rx_count < rx_trigger(s)) s->ris &= (u16)~INT_RX;
    if (!s->rx_count) s->ris &= (u16)~INT_TIMEOUT;
    return (u32)s->errors << 8 | byte;
}

static size_t input(void *dev, const u8 *bytes, size_t n) {
    struct pl011 *u = dev;
    if (!receives(&u->s) || u->s.cr & CR_LOOP) return 0;
    size_t taken = 0;
    while (taken < n && rx_room(&u->s)) receive(&u->s, bytes[taken++]);
    if (taken) update_irq(u);
    return taken;
}

// The FIFO drains at once, and so passes the level of its interrupt.
static void drain(struct pl011 *u) {
    struct pl011_state *s = &u->s;
    if (!sends(s) || !s->tx_count) return;
    for (unsigned i = 0; s->cr & CR_LOOP && i < s->tx_count; i++)
        if (receives(s)) receive(s, s->tx[i]);
    if (!(s->cr & CR_LOOP) && u->backend && u->backend->write) u->backend->write(u->backend->ctx, s->tx, s->tx_count);
    s->tx_count = 0;
    s->ris |= INT_TX;
}

// What does not fit is lost.
static void send(struct pl011 *u, u8 byte) {
    struct pl011_state *s = &u->s;
    if (s->tx_count < depth(s)) s->tx[s->tx_count++] = byte;
    drain(u);
}

// In loopback the outputs RTS, DTR, OUT1 and OUT2 are the inputs CTS, DSR, DCD and RI.
static void set_modem(struct pl011_state *s) {
    u16 cr = s->cr, lines = FR_CTS | FR_DSR | FR_DCD;
    if (cr & CR_LOOP)
        lines =
            (cr & CR_RTS ? FR_CTS : 0) | (cr & CR_DTR ? FR_DSR : 0) | (cr & CR_OUT1 ? FR_DCD : 0) | (cr & CR_OUT2 ? FR_RI : 0);
    u16 changed = lines ^ s->modem;
    s->ris |= (changed & FR_CTS ? INT_CTS : 0) | (changed & FR_DSR ? INT_DSR : 0) | (changed & FR_DCD ? INT_DCD : 0) |
              (changed & FR_RI ? INT_RI : 0);
    s->modem = lines;
}

static u32 flags(const struct pl011_state *s) {
    return s->modem | (s->rx_count ? 0 : FR_RXFE) | (rx_room(s) ? 0 : FR_RXFF) | (s->tx_count ? FR_BUSY : FR_TXFE) |
           (s->tx_count < depth(s) ? 0 : FR_TXFF);
}

static u32 read_register(struct pl011_state *s, u64 offset) {
    switch (offset) {
    case DR: return take_byte(s);
    case RSR_ECR: return s->errors;
    case FR: return flags(s);
    case ILPR: return s->ilpr;
    case IBRD: return s->ibrd;
    case FBRD: return s->fbrd;
    case LCR_H: return s->lcr;
    case CR: return s->cr;
    case IFLS: return s->ifls;
    case IMSC: return s->imsc;
    case RIS: return s->ris;
    case MIS: return s->ris & s->imsc;
    case DMACR: return s->dmacr;
    default: return offset >= PRIMECELL_IDS ? primecell_id(ID, offset) : 0;
    }
}

// Without FIFOs there is a holding register each: what is in the FIFOs goes when that changes.
static void write_lcr(struct pl011_state *s, u8 value) {
    if ((value ^ s->lcr) & LCR_FEN) {
        s->rx_first = s->rx_count = s->tx_count = 0;
        s->ris &= (u16)~(INT_RX | INT_TIMEOUT);
    }
    s->lcr = value;
}

static void write_register(struct pl011 *u, u64 offset, u32 value) {
    struct pl011_state *s = &u->s;
    switch (offset) {
    case DR: send(u, (u8)value); break;
    case RSR_ECR: s->errors = 0; break; // of any value
    case ILPR: s->ilpr = (u8)value; break;
    case IBRD: s->ibrd = (u16)value; break;
    case FBRD: s->fbrd = value & 0x3f; break;
    case LCR_H: write_lcr(s, (u8)value); break;
    case CR:
        s->cr = value & CR_BITS;
        set_modem(s);
        drain(u);
        break;
    case IFLS: s->ifls = value & 0x3f; break;
    case IMSC: s->imsc = value & INT_BITS; break;
    case ICR: s->ris &= (u16)~value; break;
    case DMACR: s->dmacr = value & 7; break;
    }
    update_irq(u);
}

static u64 pl011_read(void *dev, u64 offset, unsigned width) {
    struct pl011 *u = dev;
    if (offset & 3) return 0;
    u64 value = read_register(&u->s, offset) & mask(width < 4 ? 8 * width - 1 : 31, 0);
    if (width == 8 && !(offset & 7)) value |= (u64)read_register(&u->s, offset + 4) << 32;
    update_irq(u);
    return value;
}

static void pl011_write(void *dev, u64 offset, unsigned width, u64 value) {
    if (offset & 3) return;
    write_register(dev, offset, (u32)value);
    if (width == 8 && !(offset & 7)) write_register(dev, offset + 4, (u32)(value >> 32));
}

const struct io_ops pl011_ops = {pl011_read, pl011_write, .size = PRIMECELL_SIZE, .widths = IO_ANY};

void pl011_enable(struct pl011 *u) {
    u->s.cr |= CR_ON;
    u->s.lcr = LCR_FEN | LCR_8BIT;
}

static bool enter(void *dev) {
    const struct pl011_state *s = &((const struct pl011 *)dev)->s;
    return s->rx_first < FIFO && s->rx_count <= depth(s) && s->tx_count <= depth(s);
}

struct pl011 *pl011_create(struct env *e, const char *name, struct irq_line irq, struct chardev *backend) {
    struct pl011 *u = ENV_DEVICE(e, name, struct pl011, s);
    env_check(e, name, enter, u);
    u->irq = irq;
    u->backend = backend;
    u->s.cr = CR_TXE | CR_RXE;
    u->s.ifls = 2 << 3 | 2;
    u->s.modem = FR_CTS | FR_DSR | FR_DCD;
    if (backend) {
        backend->input = input;
        backend->listens = listens;
        backend->dev = u;
    }
    return u;
}
