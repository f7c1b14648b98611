// SPDX-License-Identifier: MIT
// What a boot keyboard's reports type (HID 1.11, appendix B.1). Keyboards do not repeat a key that is held: that is done here.
#ifndef KERNEL_USB_REPORT_H
#define KERNEL_USB_REPORT_H

#include "kernel/typing.h"

enum { REPORT_BYTES = 8, REPORT_KEYS = 6, REPORT_TYPES = REPORT_KEYS * TYPING_MOST };

// One keyboard. Zeroed at first but for keys.layout.
struct report {
    struct typing keys;
    u8 down[REPORT_KEYS]; // usages, 0: none
    u8 repeats;           // the key that went down last, 0: none is held
    u64 repeat_ns;        // when it types again
};

// One more report, `now` in ns. Returns how many bytes it types.
unsigned report_feed(struct report *r, const u8 report[REPORT_BYTES], u64 now, u8 out[REPORT_TYPES]);
// What a held key types, if it is time for that.
unsigned report_repeat(struct report *r, u64 now, u8 out[TYPING_MOST]);

#endif
