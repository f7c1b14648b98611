// SPDX-License-Identifier: MIT
// The hosted implementation of the platform interface: a Linux process, its terminal and two optional files.
#ifndef TESTS_HOST_PLAT_HOST_H
#define TESTS_HOST_PLAT_HOST_H

#include "plat/plat.h"

#include <stdio.h>

struct plat_host {
    struct plat plat;
    FILE *log, *report; // standard error until a file is named
    bool verbose;       // LOG_DEBUG lines too
};

void plat_host_init(struct plat_host *h);

// Sends log lines / JSON lines to a file from now on. 0 or ERR_IO, with the reason logged.
int plat_host_log_to(struct plat_host *h, const char *path);
int plat_host_report_to(struct plat_host *h, const char *path);

#endif
