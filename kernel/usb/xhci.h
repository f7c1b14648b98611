// SPDX-License-Identifier: MIT
// An xHCI controller (eXtensible Host Controller Interface for USB, revision 1.2; sections are named where they matter) with the
// keyboards and hubs on it, without interrupts: what the controller tells lies in a ring in memory, which is looked at between slices.
//
// Nothing that a controller or device says is believed. Each wait has an end; a number from outside is an index only once it has been
// compared; an address from outside is compared with one of ours, and never followed.
#ifndef KERNEL_USB_XHCI_H
#define KERNEL_USB_XHCI_H

#include "boot/handoff.h"
#include "kernel/usb/descriptor.h"
#include "kernel/usb/report.h"

enum { XHCI_SLOTS = 32, XHCI_PORTS = 255, HUB_PORTS = 15, TIERS = 5, RING_TRBS = 32, EVENT_TRBS = 256, DATA_BYTES = 1024 };
enum usb_speed { SPEED_FULL = 1, SPEED_LOW, SPEED_HIGH }; // as PORTSC has it

struct trb { // transfer request block (6.4)
    u64 parameter;
    u32 status, control;
};

// The controller's consumer side of it, or our own (the event ring). Ours ends with a link to its start.
struct ring {
    struct trb *trb;
    unsigned count, at;
    bool cycle;
};

// A port of the controller's or of a hub's; kernel/usb/port.c moves it from state to state.
struct usb_port {
    enum port_state { PORT_QUIET, PORT_CHANGED, PORT_SETTLING, PORT_RESETTING, PORT_RECOVERING } state;
    bool changed;   // something has happened to it
    bool of_no_use; // what is on it was looked at, and is neither keyboard nor hub
    bool usb3;      // no keyboard is on one of these
    u8 slot;        // of the keyboard or hub on it, 0: none
    u8 failures;    // one after another
    u64 due, until; // ns: when the state is looked at again, and how long it may last
};

// What the controller reads and writes for a device. Neither part lies on two pages (6.1).
struct slot_memory {
    u8 context[2048];
    struct trb control[RING_TRBS], interrupt[RING_TRBS];
    u8 report[DATA_BYTES];
    u8 input[33 * 64];
    u8 data[DATA_BYTES];
    u8 rest[4096 - 33 * 64 - DATA_BYTES];
};
static_assert(sizeof(struct slot_memory) == 2 * 4096 && offsetof(struct slot_memory, input) == 4096);

struct usb_device {
    bool used, is_hub, is_keyboard;
    u8 slot, parent; // parent: the hub's slot, 0: on a port of the controller's
    u8 port;         // on the parent, from 1
    u8 root_port, tier, speed;
    u8 tt_slot, tt_port; // whose transaction translator it is behind (4.3.3), 0: none
    u32 route;
    struct slot_memory *m;

    struct ring control;
    u64 status_trb; // of the control transfer that is waited for, 0: none
    bool done;
    u8 code; // its completion code

    struct usb_interface interface;
    struct ring interrupt;
    u64 report_trb; // that waits for a report, 0: none
    bool halted;
    u8 halts; // one after another
    struct report keyboard;

    u8 ports; // a hub's
    struct usb_port port_of_hub[HUB_PORTS];
};

struct typed {
    u8 bytes[256];
    unsigned at, end;
};

struct xhci {
    struct usb_controller where;
    u64 base;            // of its registers, where they are mapped
    struct typed *typed; // where keyboards type into
    enum config_keyboard layout;
    const char *dead; // why nothing is done with it any more; NULL: it runs

    u32 operational, runtime, doorbells; // offsets
    u32 extended;                        // of the first extended capability, 0: none
    unsigned slots, ports, context_size, scratchpads;
    bool reaches_64_bits, switches_power;

    u64 *contexts; // DCBAA
    struct ring command, event;
    u64 command_trb; // that is waited for, 0: none
    u8 command_code, command_slot;
    bool answers;       // it has done a command
    unsigned abandoned; // ports whose device does not work

    bool changed, busy, starting; // some port has changed; some port is not quiet; nothing else waits
    u64 due, healthy_until;       // ns
    u64 deadline;                 // ns: the end of all transfers to the device that is looked at
    struct usb_port *resetting;   // one at a time: until it has an address a device answers to 0
    struct usb_port port[XHCI_PORTS];
    struct usb_device device[XHCI_SLOTS + 1]; // by slot
};

// xhci.c. Takes the controller from the firmware and starts it. x: zeroed but for where, base, typed and layout. NULL, or why not.
const char *xhci_start(struct xhci *x);
// No more DMA.
void xhci_stop(struct xhci *x);
u32 xhci_get(const struct xhci *x, u32 offset);
void xhci_put(struct xhci *x, u32 offset, u32 v);
void xhci_put64(struct xhci *x, u32 offset, u64 v);

// ring.c
void ring_reset(struct ring *r, struct trb *trb, unsigned count);
// What the controller has told since, but for 256 of it at the most.
void ring_events(struct xhci *x);
// A command; its completion code (6.4.5), or 0: there was no answer. The slot is in x->command_slot.
u8 ring_command(struct xhci *x, u64 parameter, u32 control);
// The default control endpoint: `length` bytes come in, or none. The bytes are in d->m->data, which is zeroed first.
int ring_control(struct xhci *x, struct usb_device *d, u64 setup, u16 length);
// Waits for a report; the answer is an event.
void ring_want_report(struct xhci *x, struct usb_device *d);
// Starts an endpoint anew that has stopped on an error.
int ring_restart(struct xhci *x, struct usb_device *d, unsigned endpoint, struct ring *r);

// device.c. 0, and in *slot the slot of a keyboard or hub, 0 for other devices; a negative error: it does not work.
int device_attach(struct xhci *x, struct usb_device *hub, unsigned port, enum usb_speed speed, u8 *slot);
void device_detach(struct xhci *x, struct usb_device *d);
// An event of its interrupt endpoint.
void device_report(struct xhci *x, struct usb_device *d, u8 code, u32 missing);
// One whose endpoint has halted.
void device_recover(struct xhci *x, struct usb_device *d);

// port.c
struct port_status {
    bool connected, enabled, resetting;
    bool changed; // connected is not what it was, perhaps twice
    enum usb_speed speed;
};
struct usb_port *port_of(struct xhci *x, struct usb_device *hub, unsigned n); // n from 0
// One step of all that is not quiet.
void port_step(struct xhci *x);

// hub.c: requests to a hub (USB 2.0, 11.24). Ports are counted from 0.
int hub_start(struct xhci *x, struct usb_device *d);
int hub_port_status(struct xhci *x, struct usb_device *d, unsigned n, struct port_status *out);
int hub_port_reset(struct xhci *x, struct usb_device *d, unsigned n);

#endif
