// SPDX-License-Identifier: MIT
// The configuration's vocabulary: every kind of value, what is refused, and that each refusal says where and what.
#include "scripted_plat.h"

#include "emu/emu.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scripted_plat s;
static struct emu_config c;

static int setup(void **state) {
    scripted_plat_init(&s);
    config_defaults(&c);
    return 0;
}

static int set(const char *key, const char *value) { return config_set(&c, &s.plat, "t.conf:7", key, value); }

static int parse(const char *text) { return config_parse(&c, &s.plat, "t.conf", text, strlen(text)); }

// Refused with ERR_INVALID, nothing changed, and the message holds place, key and value.
static void refused(const char *key, const char *value) {
    struct emu_config before = c;
    s.log_len = 0;
    assert_int_equal(set(key, value), ERR_INVALID);
    assert_memory_equal(&before, &c, sizeof c);
    assert_true(scripted_logged(&s, "t.conf:7") && scripted_logged(&s, key));
    if (strlen(value) < 60) assert_true(scripted_logged(&s, value));
    assert_true(scripted_logged(&s, "right is"));
}

static void defaults(void **state) {
    assert_int_equal(c.arch, ARCH_NONE);
    assert_int_equal(c.memory, 0);
    assert_true(c.console_serial);
    assert_false(c.verbose);
}

static void arch_takes_every_name(void **state) {
    const char *x86[] = {"x86_64", "x8664", "amd64", "AMD64"};
    for (unsigned i = 0; i < countof(x86); i++) {
        c.arch = ARCH_NONE;
        assert_int_equal(set("arch", x86[i]), 0);
        assert_int_equal(c.arch, ARCH_X86_64);
    }
    set("arch", "aarch64");
    assert_int_equal(c.arch, ARCH_ARM64);
    set("arch", "riscv64");
    assert_int_equal(c.arch, ARCH_RISCV64);
    refused("arch", "x86");
    refused("arch", "");
    refused("arch", "amd64 ");
}

static void sizes(void **state) {
    static const struct {
        const char *text;
        u64 bytes;
    } good[] = {{"512M", 512 * MiB}, {"6G", 6 * GiB},    {"6g", 6 * GiB}, {"0x20000000", 512 * MiB},   {"4096", 4096},
                {"0x10K", 16 * KiB}, {"1T", 1024 * GiB}, {"auto", 0},     {"16777215T", -(1024 * GiB)}};
    for (unsigned i = 0; i < countof(good); i++) {
        assert_int_equal(set("memory", good[i].text), 0);
        assert_int_equal(c.memory, good[i].bytes);
    }
    const char *bad[] = {
        "", "M", "0", "0x", "12Q", "512MB", "-1", " 1", "1 ", "1.5G", "16777216T", "18446744073709551616", "0x10000000000000000"};
    for (unsigned i = 0; i < countof(bad); i++) refused("memory", bad[i]);
}

static void addresses_remember_being_given(void **state) {
    assert_int_equal(set("load_address", "0x80000000"), 0);
    assert_true(c.has_load_address);
    assert_int_equal(c.load_address, 0x80000000);
    assert_int_equal(set("entry", "0"), 0);
    assert_true(c.has_entry);
    assert_int_equal(c.seed, 0);
    assert_int_equal(set("seed", "0xffffffffffffffff"), 0);
    assert_int_equal(c.seed, ~(u64)0);
    refused("entry", "main");
}

static void counts_are_decimal_thousands(void **state) {
    assert_int_equal(set("max_instructions", "100M"), 0);
    assert_int_equal(c.max_instructions, 100000000);
    refused("max_instructions", "ten");
    assert_int_equal(set("state_hash", "1G, 1M ,100M,1M"), 0);
    assert_int_equal(c.state_hashes, 3);
    assert_int_equal(c.state_hash[0], 1000000);
    assert_int_equal(c.state_hash[1], 100000000);
    assert_int_equal(c.state_hash[2], 1000000000);
    assert_int_equal(set("state_hash", "5"), 0); // replaces
    assert_int_equal(c.state_hashes, 1);
    refused("state_hash", "");
    refused("state_hash", "1,");
    refused("state_hash", ",1");
    refused("state_hash", "1,,2");
    refused("state_hash", "1;2");
    refused("state_hash", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33");
}

static void snapshots(void **state) {
    assert_int_equal(set("snapshot", "there at 1M"), 0);
    assert_string_equal(c.snapshot.file, "there");
    assert_int_equal(c.snapshot.at, 1000000);
    assert_string_equal(c.snapshot.text, "");
    assert_int_equal(set("snapshot", "two at once at 0"), 0); // the last one is the one
    assert_string_equal(c.snapshot.file, "two at once");
    assert_int_equal(c.snapshot.at, 0);
    assert_int_equal(set("snapshot", "a at b at \"login: at 5\\n\""), 0);
    assert_string_equal(c.snapshot.file, "a at b");
    assert_string_equal(c.snapshot.text, "login: at 5\n");
    refused("snapshot", "");
    refused("snapshot", "there");
    refused("snapshot", " at 5");
    refused("snapshot", "there at ");
    refused("snapshot", "there at noon");
    refused("snapshot", "there at -1");
    refused("snapshot", "there at \"");
    refused("snapshot", "there at \"\"");
    refused("snapshot", "there at \"open");
    refused("snapshot", "there at \"bad \\q\"");
    assert_string_equal(c.snapshot.file, "a at b"); // none of them has changed anything
}

static void flags(void **state) {
    const char *yes[] = {"true", "yes", "on", "1", "TRUE"}, *no[] = {"false", "no", "off", "0", "Off"};
    for (unsigned i = 0; i < countof(yes); i++) {
        c.verbose = false;
        assert_int_equal(set("verbose", yes[i]), 0);
        assert_true(c.verbose);
        assert_int_equal(set("verbose", no[i]), 0);
        assert_false(c.verbose);
    }
    assert_int_equal(set("verbose", NULL), 0); // --verbose
    assert_true(c.verbose);
    refused("verbose", "2");
    refused("console_serial", "");
    assert_int_equal(set("memory", NULL), ERR_INVALID);
    assert_true(scripted_logged(&s, "memory needs a value"));
}

static void words(void **state) {
    assert_int_equal(set("exit", "isa-debug-exit"), 0);
    assert_int_equal(c.exit, EXIT_ISA_DEBUG);
    refused("exit", "quit");
    assert_int_equal(set("clock", "host"), 0);
    refused("clock", "wall");
    assert_int_equal(c.engine, ENGINE_AUTO);
    assert_int_equal(set("engine", "interpret"), 0);
    assert_int_equal(c.engine, ENGINE_INTERPRET);
    assert_int_equal(set("engine", "translate"), 0);
    assert_int_equal(c.engine, ENGINE_TRANSLATE);
    refused("engine", "jit");
    assert_int_equal(set("engine", "Auto"), 0);
    assert_int_equal(c.engine, ENGINE_AUTO);
    const char *ports[] = {"", "auto", "0x3f8", "1016", "mmio:0xfe034000", "mmio32:0xfe034000"};
    for (unsigned i = 0; i < countof(ports); i++) {
        assert_int_equal(set("serial", ports[i]), 0);
        assert_string_equal(c.serial, ports[i]);
    }
    refused("serial", "0x10000");
    refused("serial", "mmio:");
    refused("serial", "com1");
    refused("serial", "0x3f8,115200");
}

static void texts_have_a_longest(void **state) {
    char longest[CONFIG_TEXT + 1];
    memset(longest, 'x', sizeof longest);
    longest[CONFIG_TEXT] = 0;
    refused("kernel", longest);
    longest[CONFIG_TEXT - 1] = 0;
    assert_int_equal(set("kernel", longest), 0);
    assert_string_equal(c.kernel, longest);
    for (unsigned i = 0; i < CONFIG_DISKS; i++) assert_int_equal(set("disk", i ? "b.img" : "a.img"), 0);
    assert_string_equal(c.disk[0], "a.img");
    assert_string_equal(c.disk[1], "b.img");
    refused("disk", "fifth.img");
    refused("cpu", "a model name that is far longer than any model's name");
}

static void scripts_decode_escapes(void **state) {
    assert_int_equal(set("until", "a\\n\\r\\t\\e[0m\\\\\\x41\\\""), 0);
    assert_string_equal(c.until, "a\n\r\t\x1b[0m\\A\"");
    refused("until", "\\q");
    refused("until", "end\\");
    refused("until", "\\x4");
    refused("until", "\\xg1");
    refused("until", "\\x00"); // texts end at a NUL
    char longest[300];
    memset(longest, 'x', sizeof longest);
    longest[256] = 0;
    refused("until", longest);
    longest[255] = 0;
    assert_int_equal(set("until", longest), 0);
}

static void each_send_belongs_to_the_last_expect(void **state) {
    refused("send", "early");
    assert_int_equal(set("expect", "login:"), 0);
    assert_int_equal(set("send", "root\\n"), 0);
    refused("send", "again");
    assert_int_equal(set("expect", "# "), 0);
    assert_int_equal(c.expects, 2);
    assert_string_equal(c.expect[0].expect, "login:");
    assert_string_equal(c.expect[0].send, "root\n");
    assert_string_equal(c.expect[1].send, "");
    refused("expect", "");
    while (c.expects < CONFIG_EXPECTS) assert_int_equal(set("expect", "x"), 0);
    refused("expect", "one more");
}

static void unknown_keys_name_the_known(void **state) {
    assert_int_equal(set("memroy", "1G"), ERR_NOT_FOUND);
    assert_true(scripted_logged(&s, "t.conf:7") && scripted_logged(&s, "memroy") && scripted_logged(&s, " memory "));
    assert_int_equal(set("", "1G"), ERR_NOT_FOUND);
    assert_int_equal(set("load-address", "4096"), 0); // as on a command line
    assert_int_equal(c.load_address, 4096);
}

static void files(void **state) {
    assert_int_equal(parse("\xef\xbb\xbf# a comment\r\n"
                           "\n"
                           "  arch=amd64\r\n"
                           "kernel = guests/debian 13.iso   # the guest\n"
                           "append\t=\tconsole=ttyS0 quiet#really\n"
                           "until = \"say \\\"hi\\\" # not a comment\\n\"  # a comment\n"
                           "cpu = \"\"\n"
                           "memory = 1G"),
                     0);
    assert_int_equal(c.arch, ARCH_X86_64);
    assert_string_equal(c.kernel, "guests/debian 13.iso");
    assert_string_equal(c.append, "console=ttyS0 quiet#really");
    assert_string_equal(c.until, "say \"hi\" # not a comment\n");
    assert_int_equal(c.memory, GiB);
}

static void quoted_backslashes_stay_for_the_key(void **state) {
    assert_int_equal(parse("append = \"a\\\\b \\\"c\\\"\"\nuntil = \"x\\\\\"\n"), 0);
    assert_string_equal(c.append, "a\\\\b \"c\"");
    assert_string_equal(c.until, "x\\");
}

static void every_bad_line_is_reported(void **state) {
    assert_int_equal(parse("nonsense\n"
                           "memory = lots\n"
                           "colour = red\n"
                           "until = \"open\n"
                           "until = \"a\" b\n"
                           "= 3\n"
                           "verbose = yes\n"),
                     ERR_INVALID);
    for (unsigned line = 1; line <= 6; line++) {
        char where[] = "t.conf:0:";
        where[7] = (char)('0' + line);
        assert_true(scripted_logged(&s, where));
    }
    assert_false(scripted_logged(&s, "t.conf:7:"));
    assert_true(c.verbose);                                                  // good lines count all the same
    assert_int_equal(parse("colour = red\nmemory = lots\n"), ERR_NOT_FOUND); // the first error
}

static void broken_lines(void **state) {
    static char text[3 * CONFIG_TEXT];
    memset(text, 'x', sizeof text);
    assert_int_equal(config_parse(&c, &s.plat, "t.conf", text, sizeof text), ERR_INVALID);
    assert_true(scripted_logged(&s, "t.conf:1: the line has"));
    assert_int_equal(config_parse(&c, &s.plat, "t.conf", "a = \0b", 6), ERR_INVALID);
    assert_true(scripted_logged(&s, "NUL"));
    assert_int_equal(config_parse(&c, &s.plat, "t.conf", "", 0), 0);
}

// The units of a UTF-8 text of at most three bytes a character, in either byte order, with or without a byte order mark.
static size_t utf16(u8 *out, const char *text, bool mark, bool big_endian) {
    size_t n = 0;
    u16 units[512];
    if (mark) units[n++] = 0xfeff;
    for (const u8 *p = (const u8 *)text; *p; n++) {
        unsigned more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : 2;
        units[n] = more ? *p & (0x3f >> more) : *p;
        for (p++; more--;) units[n] = (u16)(units[n] << 6 | (*p++ & 0x3f));
    }
    for (size_t i = 0; i < n; i++) {
        out[2 * i + big_endian] = (u8)units[i];
        out[2 * i + !big_endian] = (u8)(units[i] >> 8);
    }
    return 2 * n;
}

// Windows' Notepad calls it "Unicode". It was refused for its zero bytes.
static void utf16_files(void **state) {
    u8 bytes[1100];
    for (unsigned how = 0; how < 4; how++) {
        config_defaults(&c);
        const char *text = "kernel = \xc3\xa4/\xe2\x82\xac.iso\r\n# \xe2\x82\xac\r\nmemory = 1G";
        assert_int_equal(config_parse(&c, &s.plat, "t.conf", (char *)bytes, utf16(bytes, text, how & 1, how & 2)), 0);
        assert_string_equal(c.kernel, "\xc3\xa4/\xe2\x82\xac.iso");
        assert_int_equal(c.memory, GiB);
        size_t n = utf16(bytes, "#\n#\nmemory = lots\n", how & 1, how & 2);
        assert_int_equal(config_parse(&c, &s.plat, "t.conf", (char *)bytes, n), ERR_INVALID);
        assert_true(scripted_logged(&s, "t.conf:3: memory = \"lots\""));
    }
}

static void broken_utf16(void **state) {
    static const struct {
        const char *bytes, *says;
        size_t n;
    } cases[] = {
        {"\xff\xfe#\0\n\0#", "t.conf:2: the line is UTF-16 and ends in the midst of a character", 7},
        {"\xff\xfe#\0\x3d\xd8#\0", "t.conf:1: the line is UTF-16 and holds half a surrogate pair", 8},
        {"\xff\xfe#\0\0\xdc", "half a surrogate pair", 6},
        {"\xfe\xff\0#\xd8\x3d", "half a surrogate pair", 6},
        {"\xff\xfe#\0\0\0", "t.conf:1: the line holds a NUL byte", 6},
        {"a\0b = \0c", "t.conf:1: the line holds a NUL byte", 8}, // one character alone says nothing
        {"\0\0\0\0", "t.conf:1: the line holds a NUL byte", 4},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        s.log_len = 0;
        assert_int_equal(config_parse(&c, &s.plat, "t.conf", cases[i].bytes, cases[i].n), ERR_INVALID);
        assert_true(scripted_logged(&s, cases[i].says));
    }
    assert_int_equal(config_parse(&c, &s.plat, "t.conf", "\xff\xfek\0e\0r\0n\0e\0l\0=\0\x3d\xd8\x00\xde", 20), 0);
    assert_string_equal(c.kernel, "\xf0\x9f\x98\x80");
    assert_int_equal(config_parse(&c, &s.plat, "t.conf", "\xff\xfe", 2), 0);
}

static void checks_across_keys(void **state) {
    assert_int_equal(config_finish(&c, &s.plat), ERR_INVALID);
    assert_true(scripted_logged(&s, "there is no guest"));
    set("kernel", "k");
    assert_int_equal(config_finish(&c, &s.plat), 0);
    set("entry", "0x1000");
    assert_int_equal(config_finish(&c, &s.plat), ERR_INVALID);
    assert_true(scripted_logged(&s, "without load_address"));
    set("load_address", "0x1000");
    assert_int_equal(config_finish(&c, &s.plat), 0);
}

static void every_row_has_help(void **state) {
    const char *key, *needed[] = {"arch",   "kernel", "initrd",           "append",     "cdrom",
                                  "disk",   "memory", "load_address",     "entry",      "cpu",
                                  "clock",  "seed",   "max_instructions", "until",      "expect",
                                  "send",   "log",    "verbose",          "state_hash", "exit",
                                  "report", "engine"};
    unsigned found = 0;
    for (unsigned i = 0; config_help(i, &key); i++)
        for (unsigned k = 0; k < countof(needed); k++) found += !strcmp(key, needed[k]);
    assert_int_equal(found, countof(needed));
}

// include/emu/emu.h: distinct statuses, 0 for the two good ends only.
static void ends_have_names_and_statuses(void **state) {
    bool seen[256] = {0};
    for (int r = 0; r < EMU_REASONS; r++) {
        int status = emu_exit_status(&(struct emu_result){.reason = (enum emu_reason)r});
        bool good = r == EMU_POWEROFF || r == EMU_UNTIL;
        assert_int_equal(status == 0, good);
        assert_true(good || !seen[status]);
        seen[status] = true;
        assert_true(strlen(emu_reason_name((enum emu_reason)r)) > 3);
    }
    assert_int_equal(emu_exit_status(&(struct emu_result){.reason = EMU_DEBUG_EXIT, .code = 0x10}), 0x21);
    assert_int_equal(emu_exit_status(&(struct emu_result){.reason = EMU_REFUSED}), 2);
    assert_int_equal(emu_exit_status(&(struct emu_result){.reason = EMU_STOPPED}), 130);
    assert_string_equal(emu_reason_name(EMU_POWEROFF), "poweroff");
}

// Not wrong, but not what was meant: said, and taken as it is.
static void warnings_across_keys(void **state) {
    static const struct {
        const char *text, *warning;
    } cases[] = {
        {"cdrom = x\nclock = host\nstate_hash = 5\n", "with clock = host, state hashes differ from run to run"},
        {"kernel = x\nmax_instructions = 99\nstate_hash = 5,100\n",
         "max_instructions ends the run before the last state_hash count"},
        {"kernel = x\nmax_instructions = 100\nstate_hash = 5,100\n", NULL},
        {"kernel = x\nmax_instructions = 100\n", NULL},
        {"kernel = x\nclock = host\n", NULL},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        config_defaults(&c);
        s.log_len = 0;
        assert_int_equal(parse(cases[i].text), 0);
        assert_int_equal(config_finish(&c, &s.plat), 0);
        assert_int_equal(s.log_len != 0, cases[i].warning != NULL);
        if (cases[i].warning) assert_true(scripted_logged(&s, cases[i].warning));
    }
}

static void values_that_are_nothing_or_too_much(void **state) {
    static char path[CONFIG_TEXT + 1];
    strcpy(c.append, "old");
    assert_int_equal(parse("append = # a comment, not a value\n"), 0);
    assert_string_equal(c.append, "");
    memset(path, 'x', CONFIG_TEXT);
    refused("disk", path);
    path[CONFIG_TEXT - 1] = 0;
    assert_int_equal(set("disk", path), 0);
    refused("max_instructions", "5x");
    refused("seed", "5x");
    refused("entry", "0x10 ");
    refused("expect", "a\\x00");
    refused("expect", "a\\q");
    assert_int_equal(c.expects, 0);
    assert_int_equal(set("memoryy", "1G"), ERR_NOT_FOUND); // more than a key, and less
    assert_int_equal(set("memor", "1G"), ERR_NOT_FOUND);
    assert_int_equal(set("max instructions", "1"), ERR_NOT_FOUND);
    assert_int_equal(parse("append = \"a\\"), ERR_INVALID);
    assert_true(scripted_logged(&s, "the closing \" is missing"));
}

// --- sections

static const char three[] = "memory = 1G # of all\n"
                            "verbose = true\n"
                            "[one]\nkernel = a.iso\n"
                            "  [ Two words ] # a comment\nkernel = b.iso\nmemory = 2G\n"
                            "[three]\nkernle = c.iso\n";

static int parse_section(const char *text, const char *section) {
    config_defaults(&c);
    s.log_len = 0;
    if (section) strcpy(c.section, section);
    return parse(text);
}

static void the_chosen_section_counts(void **state) {
    assert_int_equal(parse_section(three, "one"), 0);
    assert_string_equal(c.kernel, "a.iso");
    assert_true(c.memory == GiB && c.verbose && c.section_found);
    assert_int_equal(parse_section(three, "two WORDS"), 0);
    assert_string_equal(c.kernel, "b.iso");
    assert_int_equal(c.memory, 2 * GiB);
    assert_int_equal(parse_section(three, "three"), ERR_NOT_FOUND); // what is wrong in it, by its line
    assert_true(scripted_logged(&s, "t.conf:9"));
}

static void who_chooses_a_section(void **state) {
    assert_int_equal(parse_section(three, NULL), ERR_INVALID);
    assert_true(scripted_logged(&s, "one, Two words, three") && scripted_logged(&s, "right is section ="));
    assert_int_equal(parse_section(three, "four"), ERR_INVALID);
    assert_true(scripted_logged(&s, "there is no such section; there are: one, Two words, three"));
    assert_int_equal(parse_section("[only]\nkernel = a\n", NULL), 0);
    assert_string_equal(c.kernel, "a");
    assert_int_equal(parse_section("section = b\n[a]\nkernel = a\n[b]\nkernel = b\n", NULL), 0);
    assert_string_equal(c.kernel, "b");
    assert_int_equal(parse_section("section = b\n[a]\nkernel = a\n[b]\nkernel = b\n", "a"), 0); // said before: it wins
    assert_string_equal(c.kernel, "a");
    assert_int_equal(parse_section("kernel = a\n", "x"), 0);
    assert_int_equal(config_finish(&c, &s.plat), ERR_INVALID);
    assert_true(scripted_logged(&s, "section = x"));
}

static void bad_sections(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"[a\n", "has no closing ]"},
        {"[]\n", "has no name in it"},
        {"[ ]\n", "has no name in it"},
        {"[a] b\n", "has text after the closing ]"},
        {"[a\x01]\n", "control character"},
        {"[0123456789012345678901234567890123456789012345678901234567890123]\n", "more than 63"},
        {"section = a\n[a]\n[b]\n[A]\n", "t.conf:4: a section [A] is there already"},
        {"[a]\ntimeout = 3\n", "about all sections"},
        {"[a]\nsection = a\nsection = b\n", "about all sections"},
        {"timeout = soon\n", "is no time"},
        {"timeout = 86401\n", "is no time"},
        {"section =\n", "is empty"},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        if (!parse_section(cases[i].text, NULL)) fail_msg("row %u is taken", i);
        if (!scripted_logged(&s, cases[i].says)) fail_msg("row %u: not \"%s\"", i, cases[i].says);
    }
    char text[8 * (CONFIG_SECTIONS + 2)];
    size_t n = 0;
    for (unsigned i = 0; i <= CONFIG_SECTIONS; i++) n += (size_t)plat_format(text + n, sizeof text - n, "[s%u]\n", i);
    assert_int_equal(parse_section(text, "s0"), ERR_INVALID);
    assert_true(scripted_logged(&s, "one section too many"));
}

static void sections_one_by_one(void **state) {
    char name[CONFIG_SECTION], text[100];
    static const char *const names[] = {"one", "Two words", "three"};
    for (unsigned i = 0; i < countof(names); i++) {
        assert_true(config_section(three, sizeof three - 1, i, name));
        assert_string_equal(name, names[i]);
    }
    assert_false(config_section(three, sizeof three - 1, countof(names), name));
    config_defaults(&c);
    assert_int_equal(config_parse_common(&c, &s.plat, "t.conf", three, sizeof three - 1), 0);
    assert_true(c.memory == GiB && !c.kernel[0] && !c.section_found);
    assert_true(config_section_text(three, sizeof three - 1, "two words", text, sizeof text));
    assert_string_equal(text, "memory = 1G # of all\nverbose = true\nkernel = b.iso\nmemory = 2G\n");
    assert_true(config_section_text(three, sizeof three - 1, "", text, sizeof text));
    assert_string_equal(text, "memory = 1G # of all\nverbose = true\n");
    for (size_t room = 0; room < 37; room++) assert_false(config_section_text(three, sizeof three - 1, "", text, room));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
        T(defaults),
        T(arch_takes_every_name),
        T(sizes),
        T(addresses_remember_being_given),
        T(counts_are_decimal_thousands),
        T(snapshots),
        T(flags),
        T(words),
        T(texts_have_a_longest),
        T(scripts_decode_escapes),
        T(each_send_belongs_to_the_last_expect),
        T(unknown_keys_name_the_known),
        T(files),
        T(quoted_backslashes_stay_for_the_key),
        T(every_bad_line_is_reported),
        T(broken_lines),
        T(utf16_files),
        T(broken_utf16),
        T(checks_across_keys),
        T(warnings_across_keys),
        T(values_that_are_nothing_or_too_much),
        T(every_row_has_help),
        T(ends_have_names_and_statuses),
        T(the_chosen_section_counts),
        T(who_chooses_a_section),
        T(bad_sections),
        T(sections_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
