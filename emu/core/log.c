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

void name_code(struct plat *p, const u8 *exec, u64 size, const char *kind, u64 guest) {
    char name[80];
    if (!p->code_named) return;
    plat_format(name, sizeof name, "%.40s 0x%llx", kind, (unsigned long long)guest);
    p->code_named(p, exec, size, name);
}
