// SPDX-License-Identifier: MIT
// The firmware of a board without firmware: Arm Power State Coordination Interface (DEN 0022), version 1.0, for one processor, in C. An
// HVC or SMC comes here with the function in x0 and its arguments in x1..x3 (SMC Calling Convention, DEN 0028).
//
//   PSCI_VERSION, PSCI_FEATURES, CPU_SUSPEND, CPU_OFF, CPU_ON, AFFINITY_INFO, MIGRATE_INFO_TYPE, SYSTEM_OFF, SYSTEM_RESET
//
// Any other function is not supported, nor is any other service: no SMCCC_VERSION either, so that nobody asks for workarounds.
#ifndef MACHINE_VIRT_PSCI_H
#define MACHINE_VIRT_PSCI_H

#include "base/types.h"

enum psci_error {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
};

// What it asks of the machine. All are there.
struct psci_host {
    void *ctx;
    void (*wait)(void *ctx);               // as WFI does
    void (*finish)(void *ctx, int reason); // enum emu_reason
};

// One call: x[0..3] are the registers of these names; x[0] is changed.
void psci_call(const struct psci_host *h, u64 x[4]);

#endif
