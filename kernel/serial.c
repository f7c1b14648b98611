// SPDX-License-Identifier: MIT
// 16550 UART, polled (PC16550D data sheet, table II).
//
//   +0  RBR read, THR write; with LCR.DLAB the divisor's low byte     +3  LCR  7: DLAB  1..0: 3 = 8 bits
//   +1  IER  3..0; with LCR.DLAB the divisor's high byte              +4  MCR  0: DTR  1: RTS  3: OUT2
//   +2  IIR read, FCR write  0: enable  1, 2: clear                   +5  LSR  0: data ready  1: overrun  4: break
//                                                                                   5: THR empty
//
// Receiving: 16 bytes fit into the FIFO, 1.4 ms at 115200 baud. Whoever reads does so more often (kernel/console.c), and until
// nothing is left: while something is, RTS is off, so that a sender that heeds it stops as soon as the reader does. (A UART
// that handles RTS itself would have its transmitter wait for CTS, too, which half of all cables do not carry.)
#include "kernel/serial.h"
#include "kernel/io.h"

enum { RBR = 0, THR = 0, DLL = 0, IER = 1, DLM = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
enum { IER_ALL = 0x0f, LCR_8N1 = 0x03, LCR_DLAB = 0x80, MCR_DTR_OUT2 = 0x09, MCR_RTS = 0x02, FCR_ENABLE_CLEAR = 0x07 };
enum { LSR_DATA = 0x01, LSR_OVERRUN = 0x02, LSR_BREAK = 0x10, LSR_THR_EMPTY = 0x20, NOBODY = 0xff }; // an empty bus reads as ones
enum { FIFO = 16, PATIENCE = 2000000 }; // status reads before a port is given up: a second or more

static u8 get(const struct serial_port *s, unsigned reg) {
    if (!s->mmio) return inb((u16)(s->base + reg * s->stride));
    volatile const void *at = (volatile const void *)(uintptr_t)(s->base + reg * s->stride);
    return s->stride == 4 ? (u8)*(volatile const u32 *)at : *(volatile const u8 *)at;
}

static void put(const struct serial_port *s, unsigned reg, u8 v) {
    if (!s->mmio) {
        outb((u16)(s->base + reg * s->stride), v);
        return;
    }
    volatile void *at = (volatile void *)(uintptr_t)(s->base + reg * s->stride);
    if (s->stride == 4) *(volatile u32 *)at = v;
    else *(volatile u8 *)at = v;
}

static void set_rts(struct serial_port *s, bool on) {
    u8 mcr = (u8)(on ? s->mcr | MCR_RTS : s->mcr & ~MCR_RTS);
    if (mcr != s->mcr) put(s, MCR, mcr);
    s->mcr = mcr;
}

// A bus may read as zeros, too; four bits of IER can be written.
static bool answers(const struct serial_port *s) {
    put(s, IER, IER_ALL);
    bool all = (get(s, IER) & IER_ALL) == IER_ALL;
    put(s, IER, 0);
    return all && !(get(s, IER) & IER_ALL);
}

void serial_init(struct serial_port *s) {
    s->present = get(s, LSR) != NOBODY;
    if (!s->present) return;
    s->mcr = get(s, MCR);
    if (s->as_is) return;
    put(s, LCR, LCR_8N1);
    s->present = answers(s);
    if (!s->present) return;
    put(s, LCR, LCR_DLAB | LCR_8N1);
    put(s, DLL, 1);
    put(s, DLM, 0);
    put(s, LCR, LCR_8N1);
    put(s, FCR, FCR_ENABLE_CLEAR);
    s->mcr = MCR_DTR_OUT2 | MCR_RTS;
    put(s, MCR, s->mcr);
}

void serial_write(struct serial_port *s, const u8 *bytes, size_t n) {
    while (n && s->present) {
        unsigned patience = PATIENCE;
        u8 lsr;
        while (!((lsr = get(s, LSR)) & LSR_THR_EMPTY)) {
            if (!--patience) {
                s->present = false;
                return;
            }
            cpu_relax();
        }
        if (lsr == NOBODY) return; // it was taken away, and may come back
        // An empty THR means an empty transmit FIFO: fill it without asking again.
        for (unsigned i = 0; i < FIFO && n; i++, n--) put(s, THR, *bytes++);
    }
}

// What the FIFO holds, as far as there is room for it. A break is no byte.
static void drain(struct serial_port *s) {
    s->taken = s->received = 0;
    for (unsigned i = 0; i < sizeof s->buffer; i++) {
        u8 lsr = get(s, LSR);
        if (lsr == NOBODY || !(lsr & LSR_DATA)) return;
        u8 byte = get(s, RBR);
        s->overrun |= (lsr & LSR_OVERRUN) != 0;
        if (!(lsr & LSR_BREAK)) s->buffer[s->received++] = byte;
    }
}

int serial_read(struct serial_port *s) {
    if (!s->present) return -1;
    if (s->taken == s->received) drain(s);
    bool any = s->taken < s->received;
    set_rts(s, !any);
    return any ? s->buffer[s->taken++] : -1;
}
