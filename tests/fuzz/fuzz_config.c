// SPDX-License-Identifier: MIT
// Any bytes as a configuration file: no crash, and every text still ends inside its field. Its sections are those that it says, and the
// words of one, taken out of it, mean the same.
// CI: 130000 runs.
#include "scripted_plat.h"

#include "emu/config.h"

#include <string.h>

static void check(bool ok) {
    if (!ok) __builtin_trap();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void sections(const char *text, size_t size) {
    static struct emu_config one, other;
    static struct scripted_plat s;
    static char words[1 << 16];
    char name[CONFIG_SECTION];
    unsigned n = 0;
    scripted_plat_init(&s);
    while (n < CONFIG_SECTIONS && config_section(text, size, n, name)) {
        check(name[0] && strlen(name) < sizeof name);
        n++;
    }
    if (!n || !config_section_text(text, size, name, words, sizeof words)) return;
    memset(&one, 0, sizeof one), memset(&other, 0, sizeof other);
    config_defaults(&one), config_defaults(&other);
    strcpy(one.section, name);
    int e = config_parse(&one, &s.plat, "fuzz", text, size);
    if (e) return;
    check(one.section_found && !config_parse(&other, &s.plat, "words", words, strlen(words)));
    memcpy(other.section, one.section, sizeof other.section);
    other.section_found = true, other.timeout = one.timeout;
    check(!memcmp(&one, &other, sizeof one));
}

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
    sections((const char *)data, size);
    return 0;
}
