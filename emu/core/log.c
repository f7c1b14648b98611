// SPDX-License-Identifier: MIT
// One formatted log line, handed to the platform.
#include "plat/plat.h"

void log_at(struct plat *p, enum log_level level, const char *format, ...) {
    char line[512];
    va_list args;
    va_start(args, format);
    plat_vformat(line, sizeof line, format, args);
    va_end(args);
    p->log(p, level, line);
}
