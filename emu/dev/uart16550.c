// SPDX-License-Identifier: MIT
// 16550A UART. Interrupts are recomputed from the registers after every access; the only latched condition is THRE.
//
//   offset  read            write           DLAB=1
//   0       RBR             THR             DLL
//   1       IER             IER             DLM
//   2       IIR             FCR
//   3       LCR             LCR
//   4       MCR             MCR
//   5       LSR             -
//   6       MSR             -
//   7       SCR             SCR
#include "dev/uart16550.h"

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };
enum { DLL = 0, DLM = 1 };
enum { IER_RDI = 1, IER_THRI = 2, IER_RLSI = 4, IER_MSI = 8, IER_BITS = 15 };
enum { IIR_NONE = 1, IIR_MSI = 0, IIR_THRI = 2, IIR_RDI = 4, IIR_RLSI = 6, IIR_TIMEOUT = 12, IIR_FIFO = 0xC0 };
enum { FCR_ENABLE = 1, FCR_CLEAR_RX = 2, FCR_KEEP = 0xC9 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_RTS = 2, MCR_OUT1 = 4, MCR_OUT2 = 8, MCR_LOOP = 16, MCR_BITS = 31 };
enum { LSR_DR = 1, LSR_OE = 2, LSR_ERRORS = 0x1E, LSR_THRE = 0x20, LSR_TEMT = 0x40 };
enum { MSR_DELTA = 0x0F, MSR_TERI = 4, MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

#define FIFO 16

struct uart_state {
    u8 rx[FIFO];
    u8 rx_first, rx_count;
    u8 ier, fcr, lcr, mcr, lsr_errors, msr, scr, dll, dlm;
    u8 thre_pending; // THR went empty, or THRI was enabled while it was, and IIR has not told yet
};

struct uart16550 {
    struct uart_state s;
    bool ungated;
    struct irq_line irq;
    struct chardev *backend;
};

static u8 rx_room(const struct uart_state *s) { return (u8)((s->fcr & FCR_ENABLE ? FIFO : 1) - s->rx_count); }

static u8 rx_trigger(const struct uart_state *s) {
    static const u8 level[4] = {1, 4, 8, 14};
    return s->fcr & FCR_ENABLE ? level[s->fcr >> 6] : 1;
}

// The highest-priority interrupt condition. Data below the trigger level is reported as the character timeout at once:
// a pause of four characters after input that arrives in one piece.
static u8 cause(const struct uart_state *s) {
    if (s->ier & IER_RLSI && s->lsr_errors) return IIR_RLSI;
    if (s->ier & IER_RDI && s->rx_count) return s->rx_count >= rx_trigger(s) ? IIR_RDI : IIR_TIMEOUT;
    if (s->ier & IER_THRI && s->thre_pending) return IIR_THRI;
    if (s->ier & IER_MSI && s->msr & MSR_DELTA) return IIR_MSI;
    return IIR_NONE;
}

// In loopback mode the output pins, OUT2 among them, are inactive.
static bool irq_gate(const struct uart16550 *u) { return u->ungated || (u->s.mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2; }

static void update_irq(struct uart16550 *u) {
    const struct uart_state *s = &u->s;
    irq_set(&u->irq, irq_gate(u) && cause(s) != IIR_NONE);
}

static bool listens(const void *dev) {
    const struct uart16550 *u = dev;
    return irq_gate(u) && u->s.ier & IER_RDI;
}

static void set_modem_inputs(struct uart_state *s) {
    u8 lines = MSR_CTS | MSR_DSR | MSR_DCD;
    if (s->mcr & MCR_LOOP)
        lines = (u8)((s->mcr & MCR_RTS ? MSR_CTS : 0) | (s->mcr & MCR_DTR ? MSR_DSR : 0) | (s->mcr & MCR_OUT1 ? MSR_RI : 0) |
                     (s->mcr & MCR_OUT2 ? MSR_DCD : 0));
    u8 changed = (u8)((lines ^ s->msr) & 0xF0);
    u8 delta = (u8)(changed >> 4);
    if (lines & MSR_RI) delta &= (u8)~MSR_TERI; // only the trailing edge of RI counts
    s->msr = (u8)(lines | (s->msr & MSR_DELTA) | delta);
}

static void receive(struct uart_state *s, u8 byte) {
    if (!rx_room(s)) {
        s->lsr_errors |= LSR_OE;
        if (s->fcr & FCR_ENABLE) return; // the FIFO keeps its bytes, the shift register is lost
        s->rx_count = 0;                 // without FIFO the new byte takes the place of the old
    }
    s->rx[(s->rx_first + s->rx_count++) % FIFO] = byte;
}

static u8 take_byte(struct uart_state *s) {
    u8 byte = s->rx[s->rx_first];
    if (!s->rx_count) return byte;
    s->rx_first = (u8)((s->rx_first + 1) % FIFO);
    s->rx_count--;
    return byte;
}

static size_t input(void *dev, const u8 *bytes, size_t n) {
    struct uart16550 *u = dev;
    if (u->s.mcr & MCR_LOOP) return 0;
    size_t taken = 0;
    while (taken < n && rx_room(&u->s)) receive(&u->s, bytes[taken++]);
    if (taken) update_irq(u);
    return taken;
}

static void send(struct uart16550 *u, u8 byte) {
    if (u->s.mcr & MCR_LOOP) receive(&u->s, byte);
    else if (u->backend && u->backend->write) u->backend->write(u->backend->ctx, &byte, 1);
    u->s.thre_pending = 1;
}

static u8 read_iir(struct uart_state *s) {
    u8 id = cause(s);
    if (id == IIR_THRI) s->thre_pending = 0;
    return (u8)(id | (s->fcr & FCR_ENABLE ? IIR_FIFO : 0));
}

static u8 read_lsr(struct uart_state *s) {
    u8 value = (u8)(LSR_THRE | LSR_TEMT | s->lsr_errors | (s->rx_count ? LSR_DR : 0));
    s->lsr_errors = 0;
    return value;
}

static u8 read_msr(struct uart_state *s) {
    u8 value = s->msr;
    s->msr &= (u8)~MSR_DELTA;
    return value;
}

static u8 read_register(struct uart_state *s, u64 offset) {
    bool dlab = s->lcr & LCR_DLAB;
    switch (offset) {
    case RBR_THR: return dlab ? s->dll : take_byte(s);
    case IER: return dlab ? s->dlm : s->ier;
    case IIR_FCR: return read_iir(s);
    case LCR: return s->lcr;
    case MCR: return s->mcr;
    case LSR: return read_lsr(s);
    case MSR: return read_msr(s);
    default: return s->scr;
    }
}

static u8 read_byte(void *dev, u64 offset) {
    struct uart16550 *u = dev;
    u8 value = read_register(&u->s, offset);
    update_irq(u);
    return value;
}

static void write_fcr(struct uart_state *s, u8 value) {
    bool toggled = (value ^ s->fcr) & FCR_ENABLE;
    if (toggled || value & FCR_CLEAR_RX) s->rx_first = s->rx_count = 0;
    // The other bits are programmed only together with FCR_ENABLE.
    s->fcr = value & FCR_ENABLE ? value & FCR_KEEP : 0;
}

static void write_ier(struct uart_state *s, u8 value) {
    bool thri_enabled = value & ~s->ier & IER_THRI;
    s->ier = value & IER_BITS;
    if (thri_enabled) s->thre_pending = 1;
}

static void write_byte(void *dev, u64 offset, u8 value) {
    struct uart16550 *u = dev;
    struct uart_state *s = &u->s;
    bool dlab = s->lcr & LCR_DLAB;
    switch (offset) {
    case RBR_THR:
        if (dlab) s->dll = value;
        else send(u, value);
        break;
    case IER:
        if (dlab) s->dlm = value;
        else write_ier(s, value);
        break;
    case IIR_FCR: write_fcr(s, value); break;
    case LCR: s->lcr = value; break;
    case MCR:
        s->mcr = value & MCR_BITS;
        set_modem_inputs(s);
        break;
    case SCR: s->scr = value; break;
    default: break; // LSR and MSR are read-only (factory test aside)
    }
    update_irq(u);
}

// Three address lines: where there is room for more, the registers repeat.
static u64 uart_read(void *dev, u64 offset, unsigned width) { return read_byte(dev, offset % UART16550_PORTS); }

static void uart_write(void *dev, u64 offset, unsigned width, u64 value) { write_byte(dev, offset % UART16550_PORTS, (u8)value); }

const struct io_ops uart16550_ops = {uart_read, uart_write, .size = UART16550_PORTS, .widths = IO_BYTES};
const struct io_ops uart16550_memory_ops = {uart_read, uart_write, .size = UART16550_MEMORY, .widths = IO_BYTES};

void uart16550_ungate(struct uart16550 *u) { u->ungated = true; }

static bool enter(void *dev) {
    const struct uart_state *s = &((const struct uart16550 *)dev)->s;
    return s->rx_first < FIFO && s->rx_count <= (s->fcr & FCR_ENABLE ? FIFO : 1);
}

struct uart16550 *uart16550_create(struct env *e, const char *name, struct irq_line irq, struct chardev *backend) {
    struct uart16550 *u = ENV_DEVICE(e, name, struct uart16550, s);
    env_check(e, name, enter, u);
    u->irq = irq;
    u->backend = backend;
    u->s.dll = 12; // 9600 baud of 1.8432 MHz / 16
    u->s.msr = MSR_CTS | MSR_DSR | MSR_DCD;
    if (backend) {
        backend->input = input;
        backend->listens = listens;
        backend->dev = u;
    }
    return u;
}
