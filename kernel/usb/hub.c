// SPDX-License-Identifier: MIT
//   a port's status (11.24.2.7)   15..0: 0 connected, 1 enabled, 4 reset, 9 low speed, 10 high speed   31..16: 0 connected has changed, ...
#include "base/bits.h"
#include "base/err.h"
#include "base/le.h"
#include "kernel/usb/request.h"
#include "kernel/usb/xhci.h"

enum : u32 { CONNECTED = 1 << 0, ENABLED = 1 << 1, RESETTING = 1 << 4, LOW_SPEED = 1 << 9, HIGH_SPEED = 1 << 10, CHANGES = 16 };

int hub_start(struct xhci *x, struct usb_device *d) {
    for (unsigned n = 0; n < d->ports; n++) {
        if (ring_control(x, d, REQUEST_PORT_SET(PORT_POWER, n + 1), 0) == ERR_IO) return ERR_IO;
        d->port_of_hub[n].changed = true;
    }
    x->changed = true;
    return 0;
}

int hub_port_status(struct xhci *x, struct usb_device *d, unsigned n, struct port_status *out) {
    if (ring_control(x, d, REQUEST_PORT_STATUS(n + 1), 4) < 0) return ERR_IO;
    u32 v = ld32(d->m->data);
    *out = (struct port_status){.connected = v & CONNECTED,
                                .enabled = v & ENABLED,
                                .resetting = v & RESETTING,
                                .changed = v >> CHANGES & CONNECTED,
                                .speed = v & LOW_SPEED    ? SPEED_LOW
                                         : v & HIGH_SPEED ? SPEED_HIGH
                                                          : SPEED_FULL};
    for (unsigned i = 0; i <= C_PORT_LAST - C_PORT_FIRST; i++)
        if (v >> CHANGES >> i & 1 && ring_control(x, d, REQUEST_PORT_CLEAR(C_PORT_FIRST + i, n + 1), 0) < 0) return ERR_IO;
    return 0;
}

int hub_port_reset(struct xhci *x, struct usb_device *d, unsigned n) {
    return ring_control(x, d, REQUEST_PORT_SET(PORT_RESET, n + 1), 0);
}
