// SPDX-License-Identifier: MIT
// Keyboards on USB. Polled: neither of these functions waits, but usb_init for the keyboards that are there.
#ifndef KERNEL_USB_USB_H
#define KERNEL_USB_USB_H

#include "boot/handoff.h"
#include "plat/plat.h"

// Takes over the controllers of the hand-off struct. Those that cannot be used are a warning each. How many keyboards there are.
unsigned usb_init(const struct handoff *h, struct plat *p);
// Whether there is a controller that works, on which a keyboard may be plugged in later.
bool usb_possible(void);
// The next byte typed, or -1, which it is at least every 256 bytes.
int usb_read(void);

#endif
