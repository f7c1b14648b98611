// SPDX-License-Identifier: MIT
#include "machine/virt/psci.h"

#include "emu/emu.h"

#define PSCI_1_0 (1u << 16)
#define AFFINITY 0 // of the one processor there is

// Function numbers; bit 30: the arguments have 64 bits.
enum {
    VERSION = 0x84000000,
    SUSPEND = 0x84000001,
    OFF = 0x84000002,
    ON = 0x84000003,
    INFO = 0x84000004,
    MIGRATE_TYPE = 0x84000006,
    POWER_OFF = 0x84000008,
    RESET = 0x84000009,
    FEATURES = 0x8400000a,
};
#define CALL_64 0x40000000u
#define NO_TRUSTED_OS 2 // of MIGRATE_INFO_TYPE: nothing that would have to be migrated

static bool has(u32 function) {
    static const u32 both[] = {SUSPEND, ON, INFO};
    static const u32 narrow[] = {VERSION, OFF, MIGRATE_TYPE, POWER_OFF, RESET, FEATURES};
    for (unsigned i = 0; i < countof(narrow); i++)
        if (function == narrow[i]) return true;
    for (unsigned i = 0; i < countof(both); i++)
        if ((function & ~CALL_64) == both[i]) return true;
    return false;
}

// 5.6: the one processor is on; of others there are none.
static i64 turn_on(u64 target) { return target == AFFINITY ? PSCI_ALREADY_ON : PSCI_INVALID_PARAMETERS; }

// 5.7: 0 is ON. Levels above the processor are of the same power.
static i64 affinity_info(u64 target, u64 level) { return target == AFFINITY && level <= 3 ? 0 : PSCI_INVALID_PARAMETERS; }

// 5.4.2, original format: StateType 16 says that the registers are lost, which needs power that nobody switches off here; a standby is allowed
// in its place, and returns.
static i64 suspend(const struct psci_host *h, u32 state) {
    const u32 reserved = ~(0x3010000u | 0xffff);
    if (state & reserved) return PSCI_INVALID_PARAMETERS;
    h->wait(h->ctx);
    return PSCI_SUCCESS;
}

// 5.5: without another processor nobody is left who could turn this one on again.
static i64 turn_off(const struct psci_host *h) {
    h->finish(h->ctx, EMU_HALTED);
    return PSCI_DENIED;
}

static i64 end(const struct psci_host *h, enum emu_reason reason) {
    h->finish(h->ctx, reason);
    return PSCI_SUCCESS;
}

static i64 dispatch(const struct psci_host *h, u32 function, const u64 *x) {
    bool wide = function & CALL_64;
    u64 a = wide ? x[1] : (u32)x[1], b = wide ? x[2] : (u32)x[2];
    if (!has(function)) return PSCI_NOT_SUPPORTED;
    switch (function & ~CALL_64) {
    case VERSION: return PSCI_1_0;
    case SUSPEND: return suspend(h, (u32)a);
    case OFF: return turn_off(h);
    case ON: return turn_on(a);
    case INFO: return affinity_info(a, b);
    case MIGRATE_TYPE: return NO_TRUSTED_OS;
    case POWER_OFF: return end(h, EMU_POWEROFF);
    case RESET: return end(h, EMU_RESET);
    case FEATURES: return has((u32)x[1]) ? 0 : PSCI_NOT_SUPPORTED;
    default: return PSCI_NOT_SUPPORTED;
    }
}

// Results are signed, and a function of 32 bits has them with their sign in all of x0, as guests count on.
void psci_call(const struct psci_host *h, u64 x[4]) { x[0] = (u64)dispatch(h, (u32)x[0], x); }
