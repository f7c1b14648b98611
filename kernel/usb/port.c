// SPDX-License-Identifier: MIT
// Ports of controllers and hubs. What takes its time (USB 2.0, 7.1.7) is a state with an end, so that the guest runs meanwhile:
//
//   quiet -> changed -> settling (100 ms) -> resetting -> recovering (20 ms) -> attached: quiet
//
//   PORTSC (5.4.8)   0 connected   1 enabled   4 reset   9 power   13..10 speed   15..14 indicator   23..17 changes, cleared by ones: 17 connected
//                    27..25 wakes
#include "base/err.h"
#include "kernel/time.h"
#include "kernel/usb/xhci.h"

enum : u32 {
    CONNECTED = 1 << 0,
    ENABLED = 1 << 1,
    RESET = 1 << 4,
    KEEP = 0x0e00c200,
    CHANGES = 0x00fe0000,
    CONNECTED_CHANGED = 1 << 17
};
enum : u32 { NOBODY = 0xffffffff };
enum { PORTS = 0x400, PORT_BYTES = 16, FAILURES_MOST = 3 };
enum : u64 {
    MS = 1000000,
    SETTLE_NS = 100 * MS,
    RESET_NS = 800 * MS,
    RESET_LOOK_NS = 10 * MS,
    RECOVER_NS = 20 * MS,
    LOOK_NS = 1000 * MS
};

struct usb_port *port_of(struct xhci *x, struct usb_device *hub, unsigned n) { return hub ? &hub->port_of_hub[n] : &x->port[n]; }

static u32 register_of(const struct xhci *x, unsigned n) { return x->operational + PORTS + n * PORT_BYTES; }

static int root_status(struct xhci *x, unsigned n, struct port_status *out) {
    u32 v = xhci_get(x, register_of(x, n));
    if (v == NOBODY) {
        x->dead = "it has gone away";
        return ERR_IO;
    }
    if (v & CHANGES) xhci_put(x, register_of(x, n), (v & KEEP) | (v & CHANGES));
    *out = (struct port_status){.connected = v & CONNECTED,
                                .enabled = v & ENABLED,
                                .resetting = v & RESET,
                                .changed = v & CONNECTED_CHANGED,
                                .speed = (enum usb_speed)(v >> 10 & 15)};
    return 0;
}

static int status(struct xhci *x, struct usb_device *hub, unsigned n, struct port_status *out) {
    return hub ? hub_port_status(x, hub, n, out) : root_status(x, n, out);
}

static int start_reset(struct xhci *x, struct usb_device *hub, unsigned n) {
    if (hub) return hub_port_reset(x, hub, n);
    xhci_put(x, register_of(x, n), (xhci_get(x, register_of(x, n)) & KEEP) | RESET);
    return 0;
}

static void become(struct usb_port *p, enum port_state state, u64 wait) {
    p->state = state;
    p->due = time_ns() + wait;
}

static void let_go(struct xhci *x, struct usb_port *p) {
    if (x->resetting == p) x->resetting = NULL;
}

static void failed(struct xhci *x, struct usb_port *p) {
    let_go(x, p);
    p->failures++;
    x->abandoned += p->failures == FAILURES_MOST;
    become(p, p->failures < FAILURES_MOST ? PORT_SETTLING : PORT_QUIET, SETTLE_NS);
}

// Something has come, gone or both; or something else has happened to a port where nobody moved.
static void arrive(struct xhci *x, struct usb_port *p, const struct port_status *s) {
    let_go(x, p);
    if (p->slot && (s->changed || !s->connected || !s->enabled)) {
        x->deadline = time_ns() + LOOK_NS;
        device_detach(x, &x->device[p->slot]);
        p->slot = 0;
    }
    if (s->changed || !s->connected) p->failures = 0, p->of_no_use = false;
    bool settled = p->slot || p->of_no_use || p->failures >= FAILURES_MOST;
    become(p, s->connected && !settled ? PORT_SETTLING : PORT_QUIET, SETTLE_NS);
}

static void attach(struct xhci *x, struct usb_device *hub, unsigned n, enum usb_speed speed) {
    struct usb_port *p = port_of(x, hub, n);
    if (speed < SPEED_FULL || speed > SPEED_HIGH || device_attach(x, hub, n, speed, &p->slot) < 0) {
        failed(x, p);
        return;
    }
    let_go(x, p);
    p->failures = 0;
    p->of_no_use = !p->slot;
    become(p, PORT_QUIET, 0);
}

// One that is due.
static int advance(struct xhci *x, struct usb_device *hub, unsigned n) {
    struct usb_port *p = port_of(x, hub, n);
    struct port_status s;
    x->deadline = time_ns() + LOOK_NS;
    if (status(x, hub, n, &s) < 0) return ERR_IO;
    if (p->state == PORT_CHANGED || s.changed || !s.connected) {
        arrive(x, p, &s);
    } else if (p->state == PORT_SETTLING) {
        if (x->resetting) return 0; // it is another's turn
        x->resetting = p;
        become(p, PORT_RESETTING, RESET_LOOK_NS);
        p->until = time_ns() + RESET_NS;
        if (start_reset(x, hub, n) < 0) return ERR_IO;
    } else if (p->state == PORT_RESETTING) {
        bool ready = s.enabled && !s.resetting;
        if (!ready && time_ns() >= p->until) failed(x, p);
        else become(p, ready ? PORT_RECOVERING : PORT_RESETTING, ready ? RECOVER_NS : RESET_LOOK_NS);
    } else {
        attach(x, hub, n, s.speed);
    }
    return 0;
}

static int look(struct xhci *x, struct usb_device *hub, unsigned n) {
    struct usb_port *p = port_of(x, hub, n);
    if (p->changed && p->state == PORT_QUIET) become(p, PORT_CHANGED, 0);
    p->changed = false;
    int r = p->state != PORT_QUIET && time_ns() >= p->due ? advance(x, hub, n) : 0;
    x->busy |= p->state != PORT_QUIET;
    return r;
}

static void give_up(struct xhci *x, struct usb_device *hub) {
    struct usb_port *p = port_of(x, hub->parent ? &x->device[hub->parent] : NULL, hub->port - 1u);
    device_detach(x, hub);
    p->slot = 0;
    p->changed = x->changed = true;
}

static void step_hub(struct xhci *x, struct usb_device *hub) {
    for (unsigned n = 0; hub->used && n < hub->ports; n++) {
        if (look(x, hub, n) >= 0) continue;
        if (hub->used) give_up(x, hub);
        return;
    }
    if (hub->used && !hub->report_trb && !hub->halted) ring_want_report(x, hub);
}

void port_step(struct xhci *x) {
    x->changed = x->busy = false;
    for (unsigned slot = 1; slot <= x->slots; slot++)
        if (x->device[slot].used && x->device[slot].halted) device_recover(x, &x->device[slot]);
    for (unsigned n = 0; n < x->ports && !x->dead; n++)
        if (!x->port[n].usb3) look(x, NULL, n);
    for (unsigned slot = 1; slot <= x->slots && !x->dead; slot++)
        if (x->device[slot].used && x->device[slot].is_hub) step_hub(x, &x->device[slot]);
}
