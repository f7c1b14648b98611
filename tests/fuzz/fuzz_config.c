// SPDX-License-Identifier: MIT
// Any bytes as a configuration file: no crash, and every text still ends inside its field.
// CI: 130000 runs.
#include "scripted_plat.h"

#include "emu/config.h"

#include <string.h>

static void check(bool ok) {
    if (!ok) __builtin_trap();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct scripted_plat s;
    static struct emu_config c;
    scripted_plat_init(&s);
    config_defaults(&c);
    int e = config_parse(&c, &s.plat, "fuzz", (const char *)data, size);
    check(e <= 0 && (!e || s.log_len)); // a refusal is never silent
    check(memchr(c.append, 0, sizeof c.append) && memchr(c.until, 0, sizeof c.until) && c.expects <= CONFIG_EXPECTS);
    check(c.disks <= CONFIG_DISKS && c.state_hashes <= CONFIG_COUNTS);
    for (unsigned i = 1; i < c.state_hashes; i++) check(c.state_hash[i - 1] < c.state_hash[i]);
    config_finish(&c, &s.plat);
    return 0;
}
