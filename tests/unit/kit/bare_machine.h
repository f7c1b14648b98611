// SPDX-License-Identifier: MIT
// What a processor needs around it: RAM in one piece, a bus, a clock, an environment. For rigs, which put their processor into it.
#ifndef TESTS_BARE_MACHINE_H
#define TESTS_BARE_MACHINE_H

#include "scripted_plat.h"

#include "bus/bus.h"
#include "core/env.h"

struct bare_machine {
    struct scripted_plat plat;
    struct vclock clock;
    struct state_set state;
    struct env env; // finish aborts, until it is given another one
    struct bus bus;
    u8 *ram;
};

// On a machine that is all zero. RAM is zeroed, and aligned to 2 MiB on the host, too. Aborts where that fails.
void bare_machine_open(struct bare_machine *m, gpa_t ram, u64 size);
void bare_machine_close(struct bare_machine *m);

#endif
