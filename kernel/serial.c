// SPDX-License-Identifier: MIT
// 16550 UART, polled (PC16550D data sheet, table II).
//
//   +0  RBR read, THR write; with LCR.DLAB the divisor's low byte     +3  LCR  7: DLAB  1..0: 3 = 8 bits
//   +1  IER; with LCR.DLAB the divisor's high byte                    +4  MCR  0: DTR  1: RTS  3: OUT2
//   +2  IIR read, FCR write  0: enable  1, 2: clear                   +5  LSR  0: data ready  5: THR empty
#include "kernel/serial.h"
#include "kernel/io.h"

enum { RBR = 0, THR = 0, DLL = 0, IER = 1, DLM = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };
enum { LCR_8N1 = 0x03, LCR_DLAB = 0x80, MCR_DTR_RTS_OUT2 = 0x0b, FCR_ENABLE_CLEAR = 0x07 };
enum { LSR_DATA = 0x01, LSR_THR_EMPTY = 0x20 };
enum { FIFO = 16, PATIENCE = 2000000 }; // status reads before a port is given up: a second or more

static u8 get(const struct serial_port *s, unsigned reg) {
    if (!s->mmio) return inb((u16)(s->base + reg * s->stride));
    volatile const void *at = (volatile const void *)(uintptr_t)(s->base + reg * s->stride);
    return s->stride == 4 ? (u8) * (volatile const u32 *)at : *(volatile const u8 *)at;
}

static void put(const struct serial_port *s, unsigned reg, u8 v) {
    if (!s->mmio) {
        outb((u16)(s->base + reg * s->stride), v);
        return;
    }
    volatile void *at = (volatile void *)(uintptr_t)(s->base + reg * s->stride);
    if (s->stride == 4)
        *(volatile u32 *)at = v;
    else
        *(volatile u8 *)at = v;
}

void serial_init(struct serial_port *s) {
    if (get(s, LSR) == 0xff) { // an empty bus reads as ones
        s->present = false;
        return;
    }
    s->present = true;
    if (s->mmio) return; // its input clock is unknown
    put(s, IER, 0);
    put(s, LCR, LCR_DLAB | LCR_8N1);
    put(s, DLL, 1);
    put(s, DLM, 0);
    put(s, LCR, LCR_8N1);
    put(s, FCR, FCR_ENABLE_CLEAR);
    put(s, MCR, MCR_DTR_RTS_OUT2);
}

void serial_write(struct serial_port *s, const u8 *bytes, size_t n) {
    while (n && s->present) {
        unsigned patience = PATIENCE;
        while (!(get(s, LSR) & LSR_THR_EMPTY)) {
            if (!--patience) {
                s->present = false;
                return;
            }
            cpu_relax();
        }
        // An empty THR means an empty transmit FIFO: fill it without asking again.
        for (unsigned i = 0; i < FIFO && n; i++, n--) put(s, THR, *bytes++);
    }
}

int serial_read(struct serial_port *s) {
    if (!s->present || !(get(s, LSR) & LSR_DATA)) return -1;
    return get(s, RBR);
}
