// SPDX-License-Identifier: MIT
// Setup packets (USB 2.0, 9.3 and 11.24.2; HID 1.11, 7.2): 7..0 request type, 15..8 request, 31..16 value, 47..32 index, 63..48 length.
#ifndef KERNEL_USB_REQUEST_H
#define KERNEL_USB_REQUEST_H

#include "base/types.h"

enum { DESCRIPTOR_DEVICE = 1, DESCRIPTOR_CONFIGURATION = 2, DESCRIPTOR_HUB = 0x29, DESCRIPTOR_HUB_BYTES = 9 };
enum { PORT_RESET = 4, PORT_POWER = 8, C_PORT_FIRST = 16, C_PORT_LAST = 20, BOOT_PROTOCOL = 0 };

#define SETUP_PACKET(type, request, value, index, length)                                                                        \
    ((u64)(type) | (u64)(request) << 8 | (u64)(u16)(value) << 16 | (u64)(u16)(index) << 32 | (u64)(u16)(length) << 48)

#define REQUEST_DESCRIPTOR(kind, length) SETUP_PACKET(0x80, 6, (kind) << 8, 0, length)
#define REQUEST_SET_CONFIGURATION(value) SETUP_PACKET(0x00, 9, value, 0, 0)
#define REQUEST_CLEAR_HALT(endpoint) SETUP_PACKET(0x02, 1, 0, 0x80 | (endpoint), 0)
#define REQUEST_SET_PROTOCOL_BOOT(interface) SETUP_PACKET(0x21, 11, BOOT_PROTOCOL, interface, 0)
#define REQUEST_SET_IDLE(interface) SETUP_PACKET(0x21, 10, 0, interface, 0)
#define REQUEST_HUB_DESCRIPTOR(length) SETUP_PACKET(0xa0, 6, DESCRIPTOR_HUB << 8, 0, length)
#define REQUEST_PORT_STATUS(port) SETUP_PACKET(0xa3, 0, 0, port, 4)
#define REQUEST_PORT_SET(feature, port) SETUP_PACKET(0x23, 3, feature, port, 0)
#define REQUEST_PORT_CLEAR(feature, port) SETUP_PACKET(0x23, 1, feature, port, 0)

#endif
