// SPDX-License-Identifier: MIT
// The vocabulary: one row per key. A row's setter returns NULL or what is wrong with the value; the row itself knows
// what would be right, so that every message has the same shape.
#include "emu/config.h"

#include <string.h>

#include "machine/config_value.h"

struct word {
    const char *name;
    int value;
};

struct row {
    const char *key;
    const char *(*set)(const struct row *r, struct emu_config *c, const char *value);
    size_t at;               // of the field in struct emu_config
    size_t room;             // texts: its size with the NUL
    const struct word *word; // words: the list, ended by a NULL name
    const char *right;       // what would be right
    const char *help;
};

static void *field(const struct row *r, struct emu_config *c) { return (char *)c + r->at; }

static const char *set_text(const struct row *r, struct emu_config *c, const char *value) {
    if (strlen(value) >= r->room) return "is too long";
    memcpy(field(r, c), value, strlen(value) + 1);
    return NULL;
}

static const char *set_disk(const struct row *r, struct emu_config *c, const char *value) {
    if (c->disks == CONFIG_DISKS) return "is one disk too many";
    if (strlen(value) >= CONFIG_TEXT) return "is too long";
    memcpy(c->disk[c->disks++], value, strlen(value) + 1);
    return NULL;
}

// A file's name where it is none of the words.
static const char *set_firmware(const struct row *r, struct emu_config *c, const char *value) {
    static const struct word words[] = {
        {"none", FIRMWARE_NONE}, {"bios", FIRMWARE_BIOS}, {"uefi", FIRMWARE_UEFI}, {"auto", FIRMWARE_AUTO}, {NULL, 0}};
    const struct word *w = words;
    while (w->name && !same_word(w->name, value)) w++;
    if (!*value) return "is empty";
    if (strlen(value) >= CONFIG_TEXT) return "is too long";
    c->firmware = w->name ? (enum config_firmware)w->value : FIRMWARE_FILE;
    memset(c->firmware_file, 0, sizeof c->firmware_file);
    if (c->firmware == FIRMWARE_FILE) memcpy(c->firmware_file, value, strlen(value));
    return NULL;
}

// WORD,WORD: each at most once.
static const char *set_boot(const struct row *r, struct emu_config *c, const char *value) {
    static const char *const names[] = {[BOOT_CD] = "cd", [BOOT_DISK] = "disk"};
    enum config_boot list[CONFIG_BOOTS] = {BOOT_NOWHERE};
    for (unsigned n = 0;; n++, value++) {
        char name[8] = "";
        size_t length = strcspn(value, ",");
        if (length >= sizeof name) return "names something else";
        memcpy(name, value, length);
        value += length;
        enum config_boot what = same_word(name, names[BOOT_CD]) ? BOOT_CD : same_word(name, names[BOOT_DISK]) ? BOOT_DISK : 0;
        if (!what) return "names something else";
        if (n == CONFIG_BOOTS || (n && list[0] == what)) return "names one of them twice";
        list[n] = what;
        if (!*value) break;
    }
    memcpy(c->boot, list, sizeof list);
    return NULL;
}

static const char *set_word(const struct row *r, struct emu_config *c, const char *value) {
    for (const struct word *w = r->word; w->name; w++) {
        if (!same_word(w->name, value)) continue;
        memcpy(field(r, c), &w->value, sizeof w->value); // every enum here is an int
        return NULL;
    }
    return "is not one of the words there are";
}

static const char *set_flag(const struct row *r, struct emu_config *c, const char *value) {
    static const char *const words[2][4] = {{"false", "no", "off", "0"}, {"true", "yes", "on", "1"}};
    for (unsigned flag = 0; flag < 2; flag++)
        for (unsigned i = 0; i < countof(words[flag]); i++)
            if (same_word(words[flag][i], value)) {
                *(bool *)field(r, c) = flag;
                return NULL;
            }
    return "is neither true nor false";
}

static const char *set_memory(const struct row *r, struct emu_config *c, const char *value) {
    u64 v = 0;
    if (!same_word(value, "auto") && (!scaled(&value, 1024, &v) || *value || !v)) return "is not a size";
    c->memory = v;
    return NULL;
}

static const char *set_count(const struct row *r, struct emu_config *c, const char *value) {
    u64 v;
    if (!scaled(&value, 1000, &v) || *value) return "is not a count";
    *(u64 *)field(r, c) = v;
    return NULL;
}

static const char *number(const char *value, bool *has, u64 *out) {
    u64 v;
    if (!scaled(&value, 1024, &v) || *value) return "is not a number";
    *out = v, *has = true;
    return NULL;
}

static const char *set_profile_host(const struct row *r, struct emu_config *c, const char *value) {
    u64 v;
    if (!scaled(&value, 1000, &v) || *value || v > 10000) return "is not such a count";
    c->profile_host = v;
    return NULL;
}

static const char *set_load_address(const struct row *r, struct emu_config *c, const char *value) {
    return number(value, &c->has_load_address, &c->load_address);
}

static const char *set_entry(const struct row *r, struct emu_config *c, const char *value) {
    return number(value, &c->has_entry, &c->entry);
}

static const char *set_dump_block(const struct row *r, struct emu_config *c, const char *value) {
    return number(value, &c->has_dump_block, &c->dump_block);
}

static const char *set_section(const struct row *r, struct emu_config *c, const char *value) {
    return *value ? set_text(r, c, value) : "is empty";
}

static const char *set_timeout(const struct row *r, struct emu_config *c, const char *value) {
    u64 v;
    if (!digits(&value, &v) || *value || v > 86400) return "is no time";
    c->timeout = (unsigned)v;
    return NULL;
}

static const char *set_seed(const struct row *r, struct emu_config *c, const char *value) {
    bool given;
    return number(value, &given, &c->seed);
}

// marks, a symbol's name, or 0xBEGIN-0xEND.
static const char *set_measure(const struct row *r, struct emu_config *c, const char *value) {
    if (c->measures == CONFIG_MEASURES) return "is one too many";
    struct config_measure m = {.kind = MEASURE_SYMBOL};
    const char *p = value;
    if (!*value || strchr(value, ' ')) return "is nothing that can be measured";
    if (strlen(value) >= sizeof m.name) return "is too long";
    memcpy(m.name, value, strlen(value) + 1);
    if (same_word(value, "marks")) m.kind = MEASURE_MARKS;
    else if (digits(&p, &m.begin)) {
        m.kind = MEASURE_RANGE;
        if (*p++ != '-' || !digits(&p, &m.end) || *p) return "is not a range of addresses";
        if (m.begin == m.end) return "ends where it begins";
    }
    c->measure[c->measures++] = m;
    return NULL;
}

// N, or N of NAME.
static const char *set_repeat(const struct row *r, struct emu_config *c, const char *value) {
    struct config_repeat x = {0};
    if (!scaled(&value, 1000, &x.times) || !x.times || (*value && strncmp(value, " of ", 4) != 0)) return "is no count";
    if (*value) value += 4;
    if (x.times > CONFIG_REPEATS) return "is too often";
    if (strlen(value) >= sizeof x.name) return "has a name that is too long";
    memcpy(x.name, value, strlen(value) + 1);
    c->repeat = x;
    return NULL;
}

static const char *set_visits(const struct row *r, struct emu_config *c, const char *value) {
    u64 n;
    if (!scaled(&value, 1000, &n) || *value) return "is no count";
    if (n > CONFIG_VISITS) return "is too many";
    c->measure_visits = n;
    return NULL;
}

static const char *set_model(const struct row *r, struct emu_config *c, const char *value) {
    const char *wrong = config_model(&c->model, value);
    if (!wrong) c->has_model = true;
    return wrong;
}

static bool is_serial_port(const char *value, const char *end) {
    unsigned prefix = !strncmp(value, "mmio:", 5) ? 5 : !strncmp(value, "mmio32:", 7) ? 7 : 0;
    const char *p = value + prefix;
    u64 v;
    return digits(&p, &v) && p == end && (prefix || v <= 0xffff);
}

static const char *set_serial(const struct row *r, struct emu_config *c, const char *value) {
    if (*value && !same_word(value, "auto") && !is_serial_port(value, value + strlen(value))) return "is not a serial port";
    return set_text(r, c, value);
}

static const char *set_gdb(const struct row *r, struct emu_config *c, const char *value) {
    const char *p = value + 4, *comma = strchr(value, ','), *end = comma ? comma : value + strlen(value);
    u64 port;
    if (comma && strcmp(comma, ",nowait")) return "has a word behind the comma that nobody knows";
    if (!strncmp(value, "tcp:", 4)) {
        if (!digits(&p, &port) || p != end || !port || port > 65535) return "is not a port from 1 to 65535";
    } else if (strncmp(value, "unix:", 5) ? !is_serial_port(value, end) : value + 5 == end) {
        return "is neither tcp: nor unix:, and no serial port";
    }
    return set_text(r, c, value);
}

// N,M,...: kept ascending, each once, whatever order they come in.
static const char *set_state_hash(const struct row *r, struct emu_config *c, const char *value) {
    u64 list[CONFIG_COUNTS], v;
    unsigned n = 0;
    for (bool more = true; more;) {
        while (*value == ' ') value++;
        if (!scaled(&value, 1000, &v)) return "is not a list of counts";
        while (*value == ' ') value++;
        if (*value && *value != ',') return "is not a list of counts";
        more = *value++ == ',';
        unsigned at = 0;
        while (at < n && list[at] < v) at++;
        if (at < n && list[at] == v) continue;
        if (n == CONFIG_COUNTS) return "has too many counts";
        memmove(&list[at + 1], &list[at], (n - at) * sizeof list[0]);
        list[at] = v;
        n++;
    }
    memcpy(c->state_hash, list, n * sizeof list[0]);
    c->state_hashes = n;
    return NULL;
}

// Decodes one escape after its backslash and moves *s past it; -1 when it is not one.
static int escape(const char **s) {
    static const char letters[] = "nrte\\\"", bytes[] = "\n\r\t\x1b\\\"";
    char ch = **s;
    if (ch == 'x') {
        unsigned high = digit_value((*s)[1]), low = high < 16 ? digit_value((*s)[2]) : 99;
        if (low >= 16) return -1;
        *s += 3;
        return (int)(high << 4 | low);
    }
    const char *hit = ch ? strchr(letters, ch) : NULL;
    if (!hit) return -1;
    ++*s;
    return bytes[hit - letters];
}

static const char *decode(char *to, size_t room, const char *value) {
    char text[CONFIG_TEXT];
    size_t n = 0;
    while (*value) {
        int ch = (u8)*value++;
        if (ch == '\\' && (ch = escape(&value)) <= 0) return "has a backslash that opens no escape";
        if (n + 1 >= room) return "is too long";
        text[n++] = (char)ch;
    }
    memcpy(to, text, n);
    to[n] = 0;
    return NULL;
}

static const char *set_until(const struct row *r, struct emu_config *c, const char *value) {
    return decode(c->until, sizeof c->until, value);
}

static const char *set_expect(const struct row *r, struct emu_config *c, const char *value) {
    if (c->expects == CONFIG_EXPECTS) return "is one expect too many";
    if (!*value) return "is empty";
    struct config_expect *x = &c->expect[c->expects];
    const char *wrong = decode(x->expect, sizeof x->expect, value);
    if (wrong) return wrong;
    x->send[0] = 0;
    c->expects++;
    return NULL;
}

static const char *set_send(const struct row *r, struct emu_config *c, const char *value) {
    if (!c->expects) return "comes before any expect";
    struct config_expect *x = &c->expect[c->expects - 1];
    if (x->send[0]) return "is a second send for one expect";
    return decode(x->send, sizeof x->send, value);
}

// Where " at " is, which ends the file's name: the first one before a text in quotes, else the last one, as a file's name may have one.
static const char *find_at(const char *value) {
    const char *at = strstr(value, " at \"");
    for (const char *p = at ? NULL : strstr(value, " at "); p; p = strstr(p + 1, " at ")) at = p;
    return at;
}

// A text in quotes, whose escapes are decoded.
static const char *quoted(char *to, size_t room, const char *value) {
    char text[CONFIG_TEXT];
    size_t n = strlen(value);
    if (n < 3 || n > sizeof text || value[n - 1] != '"') return "has a text that is empty, or not closed";
    memcpy(text, value + 1, n - 2);
    text[n - 2] = 0;
    return decode(to, room, text);
}

static const char *region_name(char *to, size_t room, const char *value) {
    if (!*value) return "does not say which region";
    if (strlen(value) >= room) return "has a name that is too long";
    memcpy(to, value, strlen(value) + 1);
    return NULL;
}

static const char *set_snapshot(const struct row *r, struct emu_config *c, const char *value) {
    struct config_snapshot s = {0};
    const char *at = find_at(value), *when = at ? at + 4 : NULL, *wrong = NULL;
    if (!at || at == value) return "does not say at which count, text or region";
    size_t n = (size_t)(at - value);
    if (n >= sizeof s.file) return "is too long";
    memcpy(s.file, value, n);
    if (*when == '"') wrong = quoted(s.text, sizeof s.text, when);
    else if (!strncmp(when, "region ", 7)) wrong = region_name(s.region, sizeof s.region, when + 7);
    else if (!scaled(&when, 1000, &s.at) || *when) wrong = "is not at a count";
    if (!wrong) c->snapshot = s;
    return wrong;
}

static const struct word arch_words[] = {
    {"x86_64", ARCH_X86_64},
    {"x8664", ARCH_X86_64},
    {"amd64", ARCH_X86_64},
    {"riscv64", ARCH_RISCV64},
    {"arm64", ARCH_ARM64},
    {"aarch64", ARCH_ARM64},
    {NULL, 0},
};
static const struct word gic_words[] = {{"v3", GIC_V3}, {"v2", GIC_V2}, {NULL, 0}};
static const struct word clock_words[] = {
    {"instructions", CLOCK_INSTRUCTIONS},
    {"host", CLOCK_HOST},
    {NULL, 0},
};
static const struct word engine_words[] = {
    {"auto", ENGINE_AUTO}, {"interpret", ENGINE_INTERPRET}, {"translate", ENGINE_TRANSLATE}, {NULL, 0}};
static const struct word pace_words[] = {{"auto", PACE_AUTO}, {"real", PACE_REAL}, {"free", PACE_FREE}, {NULL, 0}};
static const struct word disk_write_words[] = {
    {"memory", DISK_WRITE_MEMORY},
    {"overlay", DISK_WRITE_OVERLAY},
    {"direct", DISK_WRITE_DIRECT},
    {NULL, 0},
};
static const struct word on_reset_words[] = {{"end", RESET_END}, {"restart", RESET_RESTART}, {NULL, 0}};
static const struct word screen_words[] = {{"auto", SCREEN_AUTO}, {"serial", SCREEN_SERIAL}, {"vga", SCREEN_VGA}, {NULL, 0}};
static const struct word exit_words[] = {
    {"poweroff", EXIT_POWEROFF}, {"halt", EXIT_HALT}, {"reset", EXIT_RESET}, {"isa-debug-exit", EXIT_ISA_DEBUG}, {NULL, 0},
};
static const struct word keyboard_words[] = {
    {"us", KEYBOARD_US}, {"de", KEYBOARD_DE}, {"fr", KEYBOARD_FR}, {"uk", KEYBOARD_UK}, {"es", KEYBOARD_ES}, {NULL, 0},
};
static_assert(sizeof(enum config_arch) == sizeof(int));

#define AT(f) offsetof(struct emu_config, f)
#define SIZE(f) sizeof(((struct emu_config *)0)->f)
#define TEXT(f) set_text, AT(f), SIZE(f), NULL, "a text that fits"
#define WORDS(f, right) set_word, AT(f), 0, f##_words, right
#define FIELD(set, f, right) set, AT(f), SIZE(f), NULL, right
#define OWN(set, right) set, 0, 0, NULL, right
#define FLAG(f) FIELD(set_flag, f, "true or false")
#define ADDRESS "a number: 0x80000000, 2147483648, 2G"
#define ESCAPES "up to 255 bytes, special ones as \\n \\r \\t \\e \\\\ \\\" \\xHH (never \\x00)"

// clang-format off
static const struct row rows[] = {
    {"arch", WORDS(arch, "x86_64 (or x8664, amd64), riscv64, arm64 (or aarch64)"),
     "the guest's architecture; told by the image when not given"},
    {"kernel", TEXT(kernel), "the guest: an ISO, a bzImage, an ELF or a raw image, told apart by content; or cdrom:/path in the ISO"},
    {"initrd", TEXT(initrd), "the initial RAM disk, a file or cdrom:/path in the ISO"},
    {"append", TEXT(append), "the kernel's command line; replaces the one found in an ISO"},
    {"cdrom", TEXT(cdrom), "the ISO in the CD-ROM drive"},
    {"bios", TEXT(bios), "RISC-V: M-mode firmware that starts first, and then the kernel in S-mode (OpenSBI's fw_dynamic.bin)"},
    {"firmware", OWN(set_firmware, "none, bios, uefi, auto or a file's name"),
     "x86: what starts the guest: the loaders of this program (none), SeaBIOS (bios), OVMF (uefi), the first of these that can (auto), or another PC's firmware"},
    {"nvram", TEXT(nvram), "x86 with UEFI firmware: a file of its variables, which outlive a reset; what is written to it goes where disk_write says"},
    {"boot", OWN(set_boot, "cd, disk, or both with a comma between"), "x86: where firmware looks for something to start, in this order"},
    {"screen", WORDS(screen, "auto, serial or vga"),
     "x86 with firmware: what the terminal shows: its screen until COM1 is written to (auto), COM1 alone, or the screen alone"},
    {"disk", OWN(set_disk, "at most four disks, each on its own"), "a disk image; repeat it for more"},
    {"disk_write", WORDS(disk_write, "memory, overlay or direct"),
     "where writes to disks go: nowhere (memory), into IMAGE.overlay, or into the image itself"},
    {"memory", OWN(set_memory, "auto, or bytes, also with K, M, G or T (1024 each): 512M, 6G, 0x20000000"),
     "the guest's RAM"},
    {"load_address", OWN(set_load_address, ADDRESS), "where a raw image goes"},
    {"entry", OWN(set_entry, ADDRESS), "where a raw image starts"},
    {"cpu", TEXT(cpu), "the CPU model"},
    {"engine", WORDS(engine, "auto, interpret or translate"),
     "what executes the guest's instructions: an interpreter, or code that is made of them (auto: where that is possible)"},
    {"gic", WORDS(gic, "v3 or v2"), "Arm64: the version of the interrupt controller"},
    {"clock", WORDS(clock, "instructions or host"), "what guest time is made of"},
    {"pace", WORDS(pace, "auto, real or free"), "whether a halted guest waits in real time: auto is real for a person at the console"},
    {"section", FIELD(set_section, section, "the name of a [section] of the file, up to 63 bytes"),
     "which [section] of the configuration file counts; the firmware's menu begins with it"},
    {"timeout", OWN(set_timeout, "seconds, up to 86400; 0 is no menu"),
     "firmware: how long the menu waits for a key before it starts what is chosen (10)"},
    {"on_reset", WORDS(on_reset, "end or restart"), "what a reset by the guest does: end the run, or start the machine anew"},
    {"seed", OWN(set_seed, ADDRESS), "the seed of the guest's random numbers"},
    {"max_instructions", FIELD(set_count, max_instructions, "a count, also with K, M, G or T (1000 each): 100M; 0 is none"),
     "end the run after so many"},
    {"until", OWN(set_until, ESCAPES), "end the run (status 0) when the console has shown this text"},
    {"expect", OWN(set_expect, "at most 32 texts, each " ESCAPES), "wait for this text on the console ..."},
    {"send", OWN(set_send, "one send after its expect, " ESCAPES), "... then type this"},
    {"log", TEXT(log), "hosted: the file for log lines"},
    {"verbose", FLAG(verbose), "more log lines"},
    {"hardware", FLAG(hardware), "firmware: list what this machine has, and let it stand to be read"},
    {"perf_map", FLAG(perf_map), "hosted: names of translated code, by guest address, in /tmp/perf-PID.map, where perf looks for them"},
    {"state_hash", OWN(set_state_hash, "up to 32 counts with commas between, K, M, G or T 1000 each: 1M,100M,1G"),
     "report the state hash at these instruction counts"},
    {"snapshot", OWN(set_snapshot, "FILE at COUNT (K, M, G or T 1000 each), FILE at \"text\", or FILE at region NAME"),
     "hosted: save the whole machine to this file, at this instruction count, once the console has shown this text, or where a measured region begins"},
    {"restore", TEXT(restore), "hosted: go on from a file that snapshot has made"},
    {"record", TEXT(record), "write into this file what comes from outside: what is typed, what the host's clock says; in the firmware, as lines on serial"},
    {"replay", TEXT(replay), "take all that from a file that record has made: the same run again"},
    {"gdb", FIELD(set_gdb, gdb, "tcp:PORT, unix:PATH or in the firmware a serial port (0x2f8), and ,nowait behind it if the guest is to start at once"),
     "wait here for gdb (target remote), which may go backwards, too"},
    {"exit", WORDS(exit, "poweroff, halt, reset or isa-debug-exit"), "what the firmware does when the run is over"},
    {"report", TEXT(report), "hosted: the file for the JSON lines"},
    {"serial", FIELD(set_serial, serial, "auto, a port (0x3f8), mmio:0x... or mmio32:0x..."), "the firmware's own serial port"},
    {"keyboard", WORDS(keyboard, "us, de, fr, uk or es"), "the firmware: the layout of the machine's own keyboards"},
    {"dump", FLAG(dump), "log registers and the last instructions when the run is over"},
    {"dump_block", OWN(set_dump_block, ADDRESS),
     "log the block of instructions that starts at this guest address, and the code that is made for it, side by side"},
    {"count_handlers", FLAG(count_handlers), "report what translated code leaves to the interpreter, instruction by instruction"},
    {"measure", OWN(set_measure, "marks, the name of a function, or 0xBEGIN-0xEND; again for each more, up to 16"),
     "measure what the guest executes: between its marks, in a function of its ELF file, from one address to another"},
    {"measure_cycles", FLAG(measure_cycles),
     "measure at full speed: host cycles, and no classes of instructions or memory accesses"},
    {"measure_visits", OWN(set_visits, "a count up to 1M (K, M 1000 each); 0 is none"),
     "report a line for each of the first so many visits of measured regions: when it began, and what it took"},
    {"model", OWN(set_model, "desktop, small, and sizes: I1=32K,8,64 D1=32K,8,64 LL=8M,16,64 ITLB=128,8 DTLB=64,4 STLB=2048,8 branches=16384,7 targets=512 "
                            "returns=16"),
     "what measured regions miss on a machine with such caches, TLBs and branch predictor"},
    {"profile", FIELD(set_count, profile, "a count, also with K, M, G or T (1000 each): 1M; 0 is none"),
     "where the guest is each so many instructions: functions, and stacks for flame graphs"},
    {"profile_host", OWN(set_profile_host, "a count up to 10000 (K 1000); 0 is none"),
     "firmware: where softmetal itself is, so many times a second: functions, code made for the guest, and stacks for flame graphs"},
    {"symbols", TEXT(symbols), "names of the guest's code for profile and model: an ELF file, System.map or kallsyms"},
    {"repeat", OWN(set_repeat, "a count up to 1M (K, M 1000 each), or COUNT of REGION"),
     "run the first visit of each measured region, or of one, again and again: how many host cycles it takes"},
    {"virtio_console", FLAG(virtio_console), "a second console, hvc0: its output appears here too, and nothing can be typed there"},
    {"testdev", FLAG(testdev), "QEMU's pc-testdev and fw_cfg's count of CPUs, for kernel unit-test suites"},
    {"console_serial", FLAG(console_serial), "add console=ttyS0 to a Linux command line that has no console="},
};
// clang-format on

void config_defaults(struct emu_config *c) {
    memset(c, 0, sizeof *c);
    c->console_serial = true;
    c->timeout = 10;
    c->boot[0] = BOOT_CD;
    c->boot[1] = BOOT_DISK;
}

const char *config_help(unsigned row, const char **key) {
    if (row >= countof(rows)) return NULL;
    *key = rows[row].key;
    return rows[row].help;
}

// --load-address is load_address: dashes are what command lines are typed with.
static bool same_key(const char *row, const char *typed) {
    while (*row && (*row == *typed || (*row == '_' && *typed == '-'))) row++, typed++;
    return !*row && !*typed;
}

static const struct row *find_row(const char *key) {
    for (const struct row *r = rows; r < rows + countof(rows); r++)
        if (same_key(r->key, key)) return r;
    return NULL;
}

enum config_kind config_kind(const char *key) {
    const struct row *r = find_row(key);
    return !r ? CONFIG_NO_KEY : r->set == set_flag ? CONFIG_FLAG : CONFIG_VALUE;
}

static int unknown_key(struct plat *p, const char *where, const char *key) {
    char list[400] = "";
    size_t n = 0;
    for (unsigned i = 0; i < countof(rows) && n < sizeof list; i++)
        n += (size_t)plat_format(list + n, sizeof list - n, " %s", rows[i].key);
    log_error(p, "%s: there is no key \"%.40s\"; the keys are%s", where, key, list);
    return ERR_NOT_FOUND;
}

int config_set(struct emu_config *c, struct plat *p, const char *where, const char *key, const char *value) {
    const struct row *r = find_row(key);
    if (!r) return unknown_key(p, where, key);
    if (!value && r->set == set_flag) value = "true";
    if (!value) {
        log_error(p, "%s: %s needs a value: %s", where, r->key, r->right);
        return ERR_INVALID;
    }
    const char *wrong = r->set(r, c, value);
    if (!wrong) return 0;
    log_error(p, "%s: %s = \"%.100s%s\" %s; right is %s", where, r->key, value, strlen(value) > 100 ? "..." : "", wrong,
              r->right);
    return ERR_INVALID;
}

static int refuse(struct plat *p, const char *message) {
    log_error(p, "configuration: %s", message);
    return ERR_INVALID;
}

int config_finish(struct emu_config *c, struct plat *p) {
    if (c->section[0] && !c->section_found) {
        log_error(p, "configuration: section = %s: no configuration file with sections was read", c->section);
        return ERR_INVALID;
    }
    if (!c->kernel[0] && !c->cdrom[0] && !(c->firmware && c->disks))
        return refuse(p, "there is no guest; right is kernel = or cdrom =");
    if (c->screen == SCREEN_VGA && (c->firmware == FIRMWARE_NONE || c->firmware == FIRMWARE_UEFI))
        return refuse(p, "screen = vga is given, and nothing that would write to it; right is firmware = bios, or no screen");
    if (c->has_entry && !c->has_load_address) return refuse(p, "entry is given without load_address; right is both");
    if (c->record[0] && c->replay[0]) return refuse(p, "record and replay are given; right is one of them");
    if (c->symbols[0] && !c->profile && !c->has_model)
        return refuse(p, "symbols is given without profile or model; right is one of these, too");
    if (c->profile_host && c->measures)
        return refuse(p,
                      "measure and profile_host are given, whose interrupts would be in what is measured; right is one of them");
    if (c->measure_visits && !c->measures) return refuse(p, "measure_visits is given without measure; right is both");
    if (c->has_model && !c->measures) return refuse(p, "model is given without measure; right is both");
    if (c->has_model && c->measure_cycles)
        return refuse(
            p, "model is given with measure_cycles, which looks at no access; right is one of them, and repeat for host cycles");
    if (c->repeat.times && !c->measures) return refuse(p, "repeat is given without measure; right is both");
    if (c->snapshot.region[0] && !c->measures) return refuse(p, "snapshot at a region is given without measure; right is both");
    if (c->repeat.times && c->snapshot.file[0]) return refuse(p, "repeat and snapshot are given; right is one of them");
    if (c->repeat.times && c->clock == CLOCK_HOST && !c->replay[0])
        return refuse(p, "repeat is given with clock = host, by which no two repeats are equal; right is clock = instructions");
    if (c->clock == CLOCK_HOST && c->state_hashes && !c->replay[0])
        log_warn(p, "configuration: with clock = host, state hashes differ from run to run");
    if (c->max_instructions && c->state_hashes && c->state_hash[c->state_hashes - 1] > c->max_instructions)
        log_warn(p, "configuration: max_instructions ends the run before the last state_hash count");
    return 0;
}
