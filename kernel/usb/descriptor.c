// SPDX-License-Identifier: MIT
//   every descriptor   0 length   1 type
//   configuration (2)  5 value
//   interface (4)      2 number   3 alternate setting   5 class   6 subclass   7 protocol
//   endpoint (5)       2 address: 7 IN, 3..0 number   3 attributes: 1..0 kind   4 packet   6 interval
#include "kernel/usb/descriptor.h"
#include "base/le.h"

enum { CONFIGURATION = 2, INTERFACE = 4, ENDPOINT = 5 };
enum { CONFIGURATION_BYTES = 9, INTERFACE_BYTES = 9, ENDPOINT_BYTES = 7 };
enum { ENDPOINT_IN = 0x80, KIND = 3, INTERRUPT = 3, PACKET = 0x7ff, PACKET_MOST = 1024, BOOT = 1, KEYBOARD = 1 };

struct wanted {
    u8 class, subclass, protocol;
    bool any_protocol;
};

static bool fits(const struct wanted *w, const u8 *d) {
    return !d[3] && d[5] == w->class && (w->any_protocol || (d[6] == w->subclass && d[7] == w->protocol));
}

static bool read_endpoint(const u8 *d, struct usb_interface *out) {
    u16 packet = ld16(d + 4) & PACKET;
    if (!(d[2] & ENDPOINT_IN) || !(d[2] & 15) || (d[3] & KIND) != INTERRUPT || !packet || packet > PACKET_MOST) return false;
    out->endpoint = d[2] & 15;
    out->packet = packet;
    out->interval = d[6] ? d[6] : 1;
    return true;
}

static bool find(const u8 *bytes, size_t size, const struct wanted *w, struct usb_interface *out) {
    bool inside = false;
    *out = (struct usb_interface){0};
    for (size_t at = 0; at + 2 <= size && bytes[at] >= 2 && bytes[at] <= size - at; at += bytes[at]) {
        const u8 *d = bytes + at;
        if (d[1] == CONFIGURATION && d[0] >= CONFIGURATION_BYTES) out->configuration = d[5];
        if (d[1] == INTERFACE) inside = d[0] >= INTERFACE_BYTES && fits(w, d);
        if (inside && d[1] == INTERFACE) out->interface = d[2];
        if (inside && d[1] == ENDPOINT && d[0] >= ENDPOINT_BYTES && read_endpoint(d, out)) return true;
    }
    return false;
}

bool descriptor_keyboard(const u8 *configuration, size_t size, struct usb_interface *out) {
    return find(configuration, size, &(struct wanted){.class = CLASS_HID, .subclass = BOOT, .protocol = KEYBOARD}, out);
}

bool descriptor_hub(const u8 *configuration, size_t size, struct usb_interface *out) {
    return find(configuration, size, &(struct wanted){.class = CLASS_HUB, .any_protocol = true}, out);
}
