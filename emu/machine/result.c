// SPDX-License-Identifier: MIT
// How a run's end is told to programs: its name in the JSON line and the process status.
#include "emu/emu.h"

static const struct {
    const char *name;
    int status;
} ends[EMU_REASONS] = {
    [EMU_POWEROFF] = {"poweroff", 0},
    [EMU_UNTIL] = {"until", 0},
    [EMU_DEBUG_EXIT] = {"debug-exit", 1}, // the guest's code is added below
    [EMU_RESET] = {"reset", 8},
    [EMU_TRIPLE_FAULT] = {"triple-fault", 3},
    [EMU_HALTED] = {"halted", 4},
    [EMU_UNMAPPED] = {"unmapped", 5},
    [EMU_NO_BIOS] = {"no-bios", 9},
    [EMU_MAX_INSTRUCTIONS] = {"max-instructions", 6},
    [EMU_UNTIL_MISSED] = {"until-missed", 7},
    [EMU_REPEAT_DIFFERS] = {"repeat-differs", 10},
    [EMU_REFUSED] = {"refused", 2},
    [EMU_STOPPED] = {"stopped", 130},
};

const char *emu_reason_name(enum emu_reason r) { return (unsigned)r < EMU_REASONS ? ends[r].name : "unknown"; }

int emu_exit_status(const struct emu_result *r) {
    if ((unsigned)r->reason >= EMU_REASONS) return 1;
    // A process status has 8 bits, and QEMU's isa-debug-exit loses the code's top bit the same way.
    if (r->reason == EMU_DEBUG_EXIT) return (int)((r->code << 1 | 1) & 0xff);
    return ends[r->reason].status;
}
