// SPDX-License-Identifier: MIT
// Rings (4.9), commands (4.6), control transfers (4.11.2.2), and the events that tell of them (6.4.2).
//
//   TRB's control   0 cycle   1 toggle cycle (link)   2 short packet tells, too   5 tells when done   6 data in the TRB
//                   15..10 kind   16 in (data, status)   17..16 data in 3, none 0 (setup)   20..16 endpoint   31..24 slot
//   event           parameter: the TRB it tells of; port: 31..24   status: 31..24 completion code, 23..0 bytes missing
#include "base/bits.h"
#include "base/err.h"
#include "kernel/io.h"
#include "kernel/mmio.h"
#include "kernel/time.h"
#include "kernel/usb/xhci.h"
#include <string.h>

enum : u32 {
    CYCLE = 1 << 0,
    TOGGLE = 1 << 1,
    TELL_SHORT = 1 << 2,
    TELL = 1 << 5,
    IMMEDIATE = 1 << 6,
    IN = 1 << 16,
    DATA_IN = 3 << 16
};
enum {
    NORMAL = 1,
    SETUP,
    DATA,
    STATUS,
    LINK = 6,
    RESET_ENDPOINT = 14,
    SET_DEQUEUE = 16,
    TRANSFER = 32,
    COMMAND,
    PORT,
    HOST = 37
};
enum { SUCCESS = 1, STALL = 6, SHORT_PACKET = 13 };
enum { ERDP = 0x38, CRCR = 0x18, HANDLED = 1 << 3, CONTROL_ENDPOINT = 1 };
enum : u32 { ABORT = 1 << 2, RUNNING = 1 << 3 };
enum : u64 { COMMAND_NS = 500000000, ABORT_NS = 500000000, TRANSFER_NS = 500000000 };

void ring_reset(struct ring *r, struct trb *trb, unsigned count) {
    memset(trb, 0, count * sizeof *trb);
    *r = (struct ring){.trb = trb, .count = count, .cycle = true};
}

// The address of the TRB. Its last word makes it the controller's.
static u64 push(struct ring *r, u64 parameter, u32 status, u32 control) {
    struct trb *t = &r->trb[r->at];
    t->parameter = parameter;
    t->status = status;
    mmio_barrier();
    *(volatile u32 *)&t->control = control | r->cycle;
    if (++r->at == r->count - 1) {
        struct trb *link = &r->trb[r->at];
        link->parameter = (uintptr_t)r->trb;
        link->status = 0;
        mmio_barrier();
        *(volatile u32 *)&link->control = (u32)LINK << 10 | TOGGLE | r->cycle;
        r->at = 0;
        r->cycle = !r->cycle;
    }
    return (uintptr_t)t;
}

static void ring_doorbell(struct xhci *x, unsigned slot, u32 endpoint) { xhci_put(x, x->doorbells + 4 * slot, endpoint); }

static void on_transfer(struct xhci *x, const struct trb *e) {
    unsigned slot = e->control >> 24, endpoint = e->control >> 16 & 31;
    u8 code = (u8)(e->status >> 24);
    if (!slot || slot > x->slots || !x->device[slot].used) return;
    struct usb_device *d = &x->device[slot];
    bool good = code == SUCCESS || code == SHORT_PACKET;
    if (endpoint == CONTROL_ENDPOINT) {
        if (!d->status_trb || (good && e->parameter != d->status_trb)) return;
        d->code = code;
        d->done = true;
        d->status_trb = 0;
        return;
    }
    if (!d->report_trb || endpoint != 2u * d->interface.endpoint + 1 || (good && e->parameter != d->report_trb)) return;
    d->report_trb = 0;
    device_report(x, d, good ? SUCCESS : code, e->status & 0xffffff);
}

static void on_command(struct xhci *x, const struct trb *e) {
    if (!x->command_trb || e->parameter != x->command_trb) return;
    x->command_code = (u8)(e->status >> 24);
    x->command_slot = (u8)(e->control >> 24);
    x->command_trb = 0;
    x->answers = true;
}

static void on_port(struct xhci *x, unsigned port) {
    if (!port || port > x->ports) return;
    x->port[port - 1].changed = x->changed = true;
}

static void dispatch(struct xhci *x, const struct trb *e) {
    switch (e->control >> 10 & 63) {
    case TRANSFER: on_transfer(x, e); break;
    case COMMAND: on_command(x, e); break;
    case PORT: on_port(x, (u32)e->parameter >> 24); break;
    case HOST: // the ring was full, perhaps
        for (unsigned i = 1; i <= x->ports; i++) on_port(x, i);
        break;
    default: break;
    }
}

// A copy: the controller could change it.
static bool next_event(struct xhci *x, struct trb *e) {
    struct ring *r = &x->event;
    e->control = *(volatile const u32 *)&r->trb[r->at].control;
    if ((e->control & CYCLE) != r->cycle) return false;
    mmio_barrier();
    e->parameter = r->trb[r->at].parameter;
    e->status = r->trb[r->at].status;
    if (++r->at == r->count) r->at = 0, r->cycle = !r->cycle;
    return true;
}

void ring_events(struct xhci *x) {
    struct trb e;
    unsigned n = 0;
    for (; n < EVENT_TRBS && next_event(x, &e); n++) dispatch(x, &e);
    if (n) xhci_put64(x, x->runtime + ERDP, (uintptr_t)&x->event.trb[x->event.at] | HANDLED);
}

// The controller stops at a command that does not end (a device that answers nothing, 4.6.1.2), and goes on behind it.
static void abort_command(struct xhci *x) {
    u32 at = x->operational + CRCR;
    if (!x->answers) { // its DMA leads nowhere, perhaps
        x->dead = "it does not answer commands";
        return;
    }
    xhci_put64(x, at, ABORT);
    u64 end = time_ns() + ABORT_NS;
    while (xhci_get(x, at) & RUNNING && time_ns() < end) cpu_relax();
    if (xhci_get(x, at) & RUNNING) x->dead = "it does not answer commands any more";
    ring_events(x);
    x->command_trb = 0;
    ring_reset(&x->command, x->command.trb, x->command.count);
    if (!x->dead) xhci_put64(x, at, (uintptr_t)x->command.trb | CYCLE);
}

u8 ring_command(struct xhci *x, u64 parameter, u32 control) {
    if (x->dead) return 0;
    x->command_trb = push(&x->command, parameter, 0, control);
    ring_doorbell(x, 0, 0);
    u64 end = time_ns() + COMMAND_NS;
    for (ring_events(x); x->command_trb && time_ns() < end; ring_events(x)) cpu_relax();
    if (!x->command_trb) return x->command_code;
    abort_command(x);
    return 0;
}

int ring_restart(struct xhci *x, struct usb_device *d, unsigned endpoint, struct ring *r) {
    u32 which = (u32)d->slot << 24 | endpoint << 16;
    if (ring_command(x, 0, (u32)RESET_ENDPOINT << 10 | which) != SUCCESS) return ERR_IO;
    u64 at = (uintptr_t)&r->trb[r->at] | r->cycle;
    return ring_command(x, at, (u32)SET_DEQUEUE << 10 | which) == SUCCESS ? 0 : ERR_IO;
}

int ring_control(struct xhci *x, struct usb_device *d, u64 setup, u16 length) {
    u64 now = time_ns(), end = now + TRANSFER_NS < x->deadline ? now + TRANSFER_NS : x->deadline;
    if (x->dead || now >= x->deadline) return ERR_IO;
    memset(d->m->data, 0, sizeof d->m->data);
    d->done = false;
    push(&d->control, setup, 8, IMMEDIATE | (u32)SETUP << 10 | (length ? DATA_IN : 0));
    if (length) push(&d->control, (uintptr_t)d->m->data, length, (u32)DATA << 10 | IN);
    d->status_trb = push(&d->control, 0, 0, TELL | (u32)STATUS << 10 | (length ? 0 : IN));
    ring_doorbell(x, d->slot, CONTROL_ENDPOINT);
    for (ring_events(x); !d->done && time_ns() < end; ring_events(x)) cpu_relax();
    d->status_trb = 0;
    if (!d->done) return ERR_IO; // the endpoint still has it, and its device is given up
    if (d->code == SUCCESS || d->code == SHORT_PACKET) return 0;
    // A request that a device does not know halts the endpoint.
    if (ring_restart(x, d, CONTROL_ENDPOINT, &d->control) < 0) return ERR_IO;
    return d->code == STALL ? ERR_UNSUPPORTED : ERR_IO;
}

void ring_want_report(struct xhci *x, struct usb_device *d) {
    d->report_trb = push(&d->interrupt, (uintptr_t)d->m->report, d->interface.packet, TELL | TELL_SHORT | (u32)NORMAL << 10);
    ring_doorbell(x, d->slot, 2u * d->interface.endpoint + 1);
}
