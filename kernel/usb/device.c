// SPDX-License-Identifier: MIT
// A device gets a slot, an address and, if it is a keyboard or hub, its configuration (4.3); and what comes from it then.
//
//   slot context (6.2.2)      0: 19..0 route, 23..20 speed, 26 hub, 31..27 last endpoint   4: 23..16 root port, 31..24 ports of the hub
//                             8: 7..0 slot and 15..8 port of the transaction translator
//   endpoint context (6.2.3)  0: 23..16 interval   4: 2..1 errors, 5..3 kind, 31..16 packet   8: ring, 0 cycle   16: 15..0 usual, 31..16 most bytes
#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"
#include "kernel/time.h"
#include "kernel/usb/request.h"
#include "kernel/usb/xhci.h"
#include <string.h>

enum { ENABLE_SLOT = 9, DISABLE_SLOT, ADDRESS_DEVICE, CONFIGURE_ENDPOINT, EVALUATE_CONTEXT };
enum { SUCCESS = 1, CODE_STOPPED = 26, CODE_STOPPED_SHORT = 28, HALTS_MOST = 3 };
enum { KIND_CONTROL = 4, KIND_INTERRUPT_IN = 7, ERRORS = 3, SLOT_ADDED = 1, CONTROL_ADDED = 2 };
enum { DEVICE_BYTES = 18, CONFIGURATION_BYTES = 9 };
enum : u64 { ATTACH_NS = 1000000000 };
enum { ADDRESS_US = 3000 }; // before a device must answer to its address (USB 2.0, 9.2.6.3: 2 ms)

// --- contexts: 0 which of them are meant, 1 the slot, 2 the control endpoint, ...

static void put(struct xhci *x, struct usb_device *d, unsigned context, unsigned at, u32 v) {
    st32(d->m->input + context * x->context_size + at, v);
}

static void put_endpoint(struct xhci *x, struct usb_device *d, unsigned endpoint, unsigned kind, unsigned packet,
                         const struct ring *r) {
    unsigned context = endpoint + 1;
    u64 ring = (uintptr_t)&r->trb[r->at] | r->cycle;
    put(x, d, context, 4, ERRORS << 1 | kind << 3 | packet << 16);
    put(x, d, context, 8, (u32)ring);
    put(x, d, context, 12, (u32)(ring >> 32));
    put(x, d, context, 16, 8);
}

static void put_slot(struct xhci *x, struct usb_device *d, unsigned last) {
    put(x, d, 1, 0, d->route | (u32)d->speed << 20 | (u32)d->is_hub << 26 | last << 27);
    put(x, d, 1, 4, (u32)d->root_port << 16 | (d->is_hub ? (u32)d->ports << 24 : 0));
    put(x, d, 1, 8, d->tt_slot | (u32)d->tt_port << 8);
}

static void begin(struct xhci *x, struct usb_device *d, u32 added) {
    memset(d->m->input, 0, sizeof d->m->input);
    put(x, d, 0, 4, added);
}

static bool command(struct xhci *x, struct usb_device *d, unsigned kind) {
    return ring_command(x, (uintptr_t)d->m->input, kind << 10 | (u32)d->slot << 24) == SUCCESS;
}

// --- attaching

static struct usb_device *enable_slot(struct xhci *x) {
    if (ring_command(x, 0, (u32)ENABLE_SLOT << 10) != SUCCESS) return NULL;
    unsigned slot = x->command_slot;
    if (!slot || slot > x->slots || x->device[slot].used) return NULL;
    struct usb_device *d = &x->device[slot];
    struct slot_memory *m = d->m;
    *d = (struct usb_device){.used = true, .slot = (u8)slot, .m = m};
    memset(m, 0, sizeof *m);
    ring_reset(&d->control, m->control, RING_TRBS);
    ring_reset(&d->interrupt, m->interrupt, RING_TRBS);
    x->contexts[slot] = (uintptr_t)m->context;
    return d;
}

// Where it is: the path of hub ports (USB 3.2, 8.9), and behind which hub its speed changes.
static void place(struct xhci *x, struct usb_device *d, struct usb_device *hub, unsigned port, enum usb_speed speed) {
    d->port = (u8)(port + 1);
    d->root_port = hub ? hub->root_port : d->port;
    d->speed = (u8)speed;
    if (!hub) return;
    d->parent = hub->slot;
    d->tier = hub->tier + 1;
    d->route = hub->route | (u32)d->port << 4 * hub->tier;
    if (hub->speed != SPEED_HIGH) d->tt_slot = hub->tt_slot, d->tt_port = hub->tt_port;
    else if (speed != SPEED_HIGH) d->tt_slot = hub->slot, d->tt_port = d->port;
}

static bool address(struct xhci *x, struct usb_device *d) {
    begin(x, d, SLOT_ADDED | CONTROL_ADDED);
    put_slot(x, d, 1);
    put_endpoint(x, d, 1, KIND_CONTROL, d->speed == SPEED_HIGH ? 64 : 8, &d->control);
    if (!command(x, d, ADDRESS_DEVICE)) return false;
    time_wait_us(ADDRESS_US);
    return true;
}

// A full-speed device says itself how long its packets are, in the first eight bytes.
static bool learn_packet(struct xhci *x, struct usb_device *d) {
    if (d->speed != SPEED_FULL) return true;
    if (ring_control(x, d, REQUEST_DESCRIPTOR(DESCRIPTOR_DEVICE, 8), 8) < 0) return false;
    unsigned packet = d->m->data[7];
    if (packet != 8 && packet != 16 && packet != 32 && packet != 64) return false;
    if (packet == 8) return true;
    begin(x, d, CONTROL_ADDED);
    put_endpoint(x, d, 1, KIND_CONTROL, packet, &d->control);
    return command(x, d, EVALUATE_CONTEXT);
}

// The first configuration, into `out`, which the device can no longer change. 0: it has none.
static u16 read_configuration(struct xhci *x, struct usb_device *d, u8 out[DATA_BYTES]) {
    if (ring_control(x, d, REQUEST_DESCRIPTOR(DESCRIPTOR_CONFIGURATION, CONFIGURATION_BYTES), CONFIGURATION_BYTES) < 0) return 0;
    u16 all = ld16(d->m->data + 2);
    if (all > DATA_BYTES) all = DATA_BYTES;
    if (all < CONFIGURATION_BYTES || ring_control(x, d, REQUEST_DESCRIPTOR(DESCRIPTOR_CONFIGURATION, all), all) < 0) return 0;
    memcpy(out, d->m->data, all);
    return all;
}

// In the controller's unit: 125 us times two to the power of that (table 6-12).
static unsigned interval(const struct usb_device *d) {
    unsigned n = d->interface.interval;
    if (d->speed == SPEED_HIGH) return n > 16 ? 15 : n - 1;
    return 3 + (31 - (unsigned)__builtin_clz(n));
}

static bool configure(struct xhci *x, struct usb_device *d) {
    const struct usb_interface *i = &d->interface;
    unsigned endpoint = 2u * i->endpoint + 1;
    begin(x, d, SLOT_ADDED | 1u << endpoint);
    put_slot(x, d, endpoint);
    put_endpoint(x, d, endpoint, KIND_INTERRUPT_IN, i->packet, &d->interrupt);
    put(x, d, endpoint + 1, 0, interval(d) << 16);
    put(x, d, endpoint + 1, 16, i->packet | (u32)i->packet << 16);
    return command(x, d, CONFIGURE_ENDPOINT) && ring_control(x, d, REQUEST_SET_CONFIGURATION(i->configuration), 0) >= 0;
}

static int start_keyboard(struct xhci *x, struct usb_device *d) {
    if (!configure(x, d)) return ERR_IO;
    u8 i = d->interface.interface;
    if (ring_control(x, d, REQUEST_SET_PROTOCOL_BOOT(i), 0) == ERR_IO) return ERR_IO;
    if (ring_control(x, d, REQUEST_SET_IDLE(i), 0) == ERR_IO) return ERR_IO; // only reports that something has changed in
    d->is_keyboard = true;
    d->keyboard.keys.layout = x->layout;
    ring_want_report(x, d);
    return 1;
}

static int start_hub(struct xhci *x, struct usb_device *d, const u8 *configuration, size_t size) {
    if (d->tier == TIERS || !descriptor_hub(configuration, size, &d->interface)) return 0;
    if (ring_control(x, d, REQUEST_HUB_DESCRIPTOR(DESCRIPTOR_HUB_BYTES), DESCRIPTOR_HUB_BYTES) < 0) return ERR_IO;
    d->ports = d->m->data[2] < HUB_PORTS ? d->m->data[2] : HUB_PORTS;
    d->is_hub = true;
    if (!configure(x, d) || hub_start(x, d) < 0) return ERR_IO;
    ring_want_report(x, d);
    return 1;
}

// 1: a keyboard or hub that has been started; 0: something else.
static int identify(struct xhci *x, struct usb_device *d) {
    u8 configuration[DATA_BYTES];
    if (!learn_packet(x, d) || ring_control(x, d, REQUEST_DESCRIPTOR(DESCRIPTOR_DEVICE, DEVICE_BYTES), DEVICE_BYTES) < 0)
        return ERR_IO;
    u8 class = d->m->data[4];
    u16 size = read_configuration(x, d, configuration);
    if (!size) return ERR_IO;
    if (class == CLASS_HUB) return start_hub(x, d, configuration, size);
    if (!descriptor_keyboard(configuration, size, &d->interface)) return 0;
    return start_keyboard(x, d);
}

int device_attach(struct xhci *x, struct usb_device *hub, unsigned port, enum usb_speed speed, u8 *slot) {
    *slot = 0;
    x->deadline = time_ns() + ATTACH_NS;
    struct usb_device *d = enable_slot(x);
    if (!d) return ERR_IO;
    place(x, d, hub, port, speed);
    int r = address(x, d) ? identify(x, d) : ERR_IO;
    if (r > 0) *slot = d->slot;
    else device_detach(x, d);
    return r < 0 ? r : 0;
}

// A hub's devices go with it. They cannot be their own ancestors: each has one more tier than its hub.
void device_detach(struct xhci *x, struct usb_device *d) {
    for (unsigned i = 0; d->is_hub && i < d->ports; i++) {
        struct usb_port *p = &d->port_of_hub[i];
        if (p->slot) device_detach(x, &x->device[p->slot]);
        p->slot = 0;
        if (x->resetting == p) x->resetting = NULL;
    }
    d->used = d->is_hub = d->is_keyboard = false;
    ring_command(x, 0, (u32)DISABLE_SLOT << 10 | (u32)d->slot << 24);
    x->contexts[d->slot] = 0;
}

// --- running

static void type(struct xhci *x, struct usb_device *d, u32 missing) {
    u8 report[REPORT_BYTES] = {0}, out[REPORT_TYPES];
    struct typed *t = x->typed;
    u32 length = missing < d->interface.packet ? d->interface.packet - missing : 0;
    if (length < 3) return; // no key
    memcpy(report, d->m->report, length < REPORT_BYTES ? length : REPORT_BYTES);
    unsigned n = report_feed(&d->keyboard, report, time_ns(), out);
    for (unsigned i = 0; i < n && t->end < sizeof t->bytes; i++) t->bytes[t->end++] = out[i];
}

// A bit for the hub, and one for each port (USB 2.0, 11.12.4).
static void note_ports(struct usb_device *d) {
    u32 changed = d->m->report[0] | (d->interface.packet > 1 ? (u32)d->m->report[1] << 8 : 0);
    for (unsigned i = 0; i < d->ports; i++)
        if (changed >> (i + 1) & 1) d->port_of_hub[i].changed = true;
}

void device_report(struct xhci *x, struct usb_device *d, u8 code, u32 missing) {
    if (code >= CODE_STOPPED && code <= CODE_STOPPED_SHORT) return;
    if (code != SUCCESS) {
        d->halted = x->changed = true;
        return;
    }
    d->halts = 0;
    if (d->is_keyboard) {
        type(x, d, missing);
        ring_want_report(x, d);
    } else { // asks again when its ports have been looked at
        note_ports(d);
        x->changed = true;
    }
}

void device_recover(struct xhci *x, struct usb_device *d) {
    unsigned endpoint = 2u * d->interface.endpoint + 1;
    x->deadline = time_ns() + ATTACH_NS;
    d->halted = false;
    if (++d->halts <= HALTS_MOST && ring_restart(x, d, endpoint, &d->interrupt) >= 0 &&
        ring_control(x, d, REQUEST_CLEAR_HALT(d->interface.endpoint), 0) >= 0) {
        ring_want_report(x, d);
        return;
    }
    struct usb_port *p = port_of(x, d->parent ? &x->device[d->parent] : NULL, d->port - 1u);
    device_detach(x, d);
    p->slot = 0;
    p->changed = x->changed = true; // unplugged, or to be tried from the start
}
