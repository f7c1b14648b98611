// SPDX-License-Identifier: MIT
// USB 2.0, chapter 9: what a device's descriptors say. Their bytes are the device's: lengths are checked, and what cannot be right is as
// if it were not there.
#ifndef KERNEL_USB_DESCRIPTOR_H
#define KERNEL_USB_DESCRIPTOR_H

#include "base/types.h"

enum { CLASS_HID = 3, CLASS_HUB = 9 };

// An interface of a configuration with the endpoint that its interrupts come from.
struct usb_interface {
    u8 configuration; // the value that SET_CONFIGURATION wants
    u8 interface;
    u8 endpoint; // 1 to 15
    u16 packet;  // bytes, 1 to 1024
    u8 interval; // as the descriptor has it, at least 1
};

// The first keyboard that knows the boot protocol (HID 1.11, 4.2 and 4.3).
bool descriptor_keyboard(const u8 *configuration, size_t size, struct usb_interface *out);
// A hub's only interface.
bool descriptor_hub(const u8 *configuration, size_t size, struct usb_interface *out);

#endif
