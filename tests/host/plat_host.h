// SPDX-License-Identifier: MIT
// The hosted implementation of the platform interface: a Linux process, its terminal and two optional files.
#ifndef TESTS_HOST_PLAT_HOST_H
#define TESTS_HOST_PLAT_HOST_H

#include "emu/config.h"

#include <stdio.h>

struct plat_host {
    struct plat plat;
    FILE *log, *report;        // standard error until a file is named
    FILE *perf_map;            // NULL: nobody has asked for it
    int log_lost, report_lost; // errno of the first line that could not be written
    bool verbose;              // LOG_DEBUG lines too
};

void plat_host_init(struct plat_host *h);

// Sends log and JSON lines, and names of made code, where c says from now on: both to one file when it is one. 0 or a negative error, with the reason logged;
// a file that the guest is made of is refused and left as it is.
int plat_host_outputs(struct plat_host *h, const struct emu_config *c);
// Whether console output, report or log could not be written in full; says so, too.
bool plat_host_lost(struct plat_host *h, const struct emu_config *c);

#endif
