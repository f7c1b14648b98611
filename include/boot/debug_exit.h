// SPDX-License-Identifier: MIT
// `exit = isa-debug-exit`: how the status of a run travels through QEMU's isa-debug-exit device.
//
// The value written is the run's emu_exit_status, DEBUG_EXIT_PANIC after a fault of softmetal's own. QEMU ends with
// (value << 1) | 1 of 8 bits, so q >> 1 of its status q is the value again for all that fit seven bits: every reason
// but "stopped" (130, which arrives as 126), and a guest's own debug-exit codes below 64. QEMU uses 1 for its own
// errors too; only the JSON line on serial tells those from a poweroff, and it always has the run's end in full.
#ifndef BOOT_DEBUG_EXIT_H
#define BOOT_DEBUG_EXIT_H

#include "emu/emu.h"

#define DEBUG_EXIT_PORT 0xf4
#define DEBUG_EXIT_PANIC 70 // the BSD sysexits' EX_SOFTWARE
#define DEBUG_EXIT_STOPPED 126

// The line for machines of a run that did not start, before or after the exit.
#define REFUSED_RECORD                                                                                                           \
    "{\"softmetal\":\"result\",\"reason\":\"refused\",\"instructions\":0,\"virtual_ns\":0,\"host_cycles\":0,"                    \
    "\"state_hash\":\"0000000000000000\"}"

static inline u32 debug_exit_value(const struct emu_result *r) {
    return r->reason == EMU_STOPPED ? DEBUG_EXIT_STOPPED : (u32)emu_exit_status(r) & 0x7f;
}

#endif
