// SPDX-License-Identifier: MIT
// The one vocabulary of softmetal.conf and of the hosted command line: `key = value` is `--key value`.
// Pure text parsing: no file is opened here. Every key is one row of the table in emu/machine/config.c.
#ifndef EMU_CONFIG_H
#define EMU_CONFIG_H

#include "base/err.h"
#include "base/types.h"
#include "plat/plat.h"

#define CONFIG_TEXT 2048  // longest string value, with its NUL
#define CONFIG_COUNTS 32  // most entries in `state_hash = N,M,...`
#define CONFIG_EXPECTS 32 // most expect/send pairs
#define CONFIG_DISKS 4
#define CONFIG_MEASURES 16
#define CONFIG_SECTION 64  // a section's name, with its NUL
#define CONFIG_SECTIONS 64 // most in a file
#define CONFIG_BOOTS 2
#define CONFIG_REPEATS 1000000
#define CONFIG_VISITS 1000000

enum config_arch { ARCH_NONE, ARCH_X86_64, ARCH_RISCV64, ARCH_ARM64 };
enum config_gic { GIC_V3, GIC_V2 };
enum config_clock { CLOCK_INSTRUCTIONS, CLOCK_HOST };
// What executes the guest's instructions. Both do the same to the last bit; translating is quicker.
enum emu_engine { ENGINE_AUTO, ENGINE_INTERPRET, ENGINE_TRANSLATE };
enum config_pace { PACE_AUTO, PACE_REAL, PACE_FREE };
// Where what the guest writes to its disks goes: into this process's memory, into a file beside the image, into the image.
enum config_disk_write { DISK_WRITE_MEMORY, DISK_WRITE_OVERLAY, DISK_WRITE_DIRECT };
enum config_on_reset { RESET_END, RESET_RESTART };
enum config_keyboard { KEYBOARD_US, KEYBOARD_DE, KEYBOARD_FR, KEYBOARD_UK, KEYBOARD_ES };
enum config_exit { EXIT_POWEROFF, EXIT_HALT, EXIT_RESET, EXIT_ISA_DEBUG };

// What starts the guest: nothing does, the loaders put its kernel into memory; Debian's SeaBIOS; Debian's OVMF; firmware from a file.
// AUTO is one of the first three once emu_choose_firmware has looked.
enum config_firmware { FIRMWARE_NONE, FIRMWARE_BIOS, FIRMWARE_UEFI, FIRMWARE_FILE, FIRMWARE_AUTO };
// As Debian's packages name them.
#define CONFIG_SEABIOS "bios-256k.bin"
#define CONFIG_OVMF "OVMF.fd"
#define CONFIG_VGA_BIOS "vgabios-isavga.bin"
// With firmware, what the terminal is: the screen until COM1 is written to, COM1 alone (there is no screen), the screen alone.
enum config_screen { SCREEN_AUTO, SCREEN_SERIAL, SCREEN_VGA };
// Where firmware looks for something to start.
enum config_boot { BOOT_NOWHERE, BOOT_CD, BOOT_DISK };

// What is measured: marks in the guest's code, a function of the kernel's ELF file, or what runs from one address to another.
struct config_measure {
    enum { MEASURE_MARKS, MEASURE_SYMBOL, MEASURE_RANGE } kind;
    char name[64]; // as it was written
    gva_t begin, end;
};

struct config_expect {
    char expect[256]; // wait for this text on the guest's console ...
    char send[256];   // ... then type this (escapes already decoded: \n \r \t \e \\ \xHH)
};

// `snapshot = FILE at COUNT`, at "text", or at region NAME
struct config_snapshot {
    char file[CONFIG_TEXT]; // "": none is wanted
    u64 at;                 // instructions, unless there is a text or a region
    char region[64];        // where its first visit begins; ""
    char text[256];         // what the console shows, escapes decoded; "": `at` counts
};

// `repeat = N` or `N of NAME`
struct config_repeat {
    u64 times;     // 0: nothing is repeated
    char name[64]; // of the region; "": each of them
};

// `model = NAME` and sizes: what machine measured regions are shown to (emu/cpu/model.h). Numbers of sets are powers of two.
enum config_cache_name { CACHE_I1, CACHE_D1, CACHE_LL, CONFIG_CACHES };
enum config_tlb_name { TLB_CODE, TLB_DATA, TLB_SECOND, CONFIG_TLBS };
struct config_model {
    struct {
        u64 bytes;
        u32 ways, line; // line: bytes, a power of two
    } cache[CONFIG_CACHES];
    struct {
        u32 entries, ways;
    } tlb[CONFIG_TLBS];    // TLB_SECOND may have none
    u32 counters, history; // of conditional branches: a power of two; bits
    u32 targets;           // of indirect ones: a power of two
    u32 returns;           // deep, 1 or more
};

struct emu_config {
    enum config_arch arch;        // ARCH_NONE: by the guest image
    char section[CONFIG_SECTION]; // of the configuration file; "": nobody has chosen one
    bool section_found;           // and it was there
    unsigned timeout;             // firmware: seconds of its menu; 0: none
    char kernel[CONFIG_TEXT], initrd[CONFIG_TEXT], append[CONFIG_TEXT], cdrom[CONFIG_TEXT];
    char bios[CONFIG_TEXT]; // firmware that starts first, on a board that takes one
    enum config_firmware firmware;
    char firmware_file[CONFIG_TEXT];     // FIRMWARE_FILE
    char nvram[CONFIG_TEXT];             // a file of the firmware's variables; "": it has nowhere to keep them
    enum config_boot boot[CONFIG_BOOTS]; // in this order, up to the first BOOT_NOWHERE
    enum config_screen screen;
    char disk[CONFIG_DISKS][CONFIG_TEXT];
    unsigned disks;
    enum config_disk_write disk_write;
    u64 memory; // bytes; 0 is auto
    bool has_load_address, has_entry;
    gpa_t load_address, entry;
    enum config_gic gic;
    char cpu[32];           // "" is the default model
    enum emu_engine engine; // auto: translate where that is possible
    enum config_clock clock;
    enum config_pace pace;         // whether a halted guest's time waits for the host's (machine/pace.h)
    enum config_on_reset on_reset; // what a guest's reset does: ends the run, or starts the machine anew
    u64 seed;
    u64 max_instructions; // 0: no limit. Events that leave a halted guest halted count, too
    char until[256];      // "" : none
    struct config_expect expect[CONFIG_EXPECTS];
    unsigned expects;
    char log[CONFIG_TEXT]; // hosted: file for log lines; "" is stderr
    bool verbose;
    bool hardware;                   // firmware: what the machine has is listed before anything is started
    bool perf_map;                   // hosted: /tmp/perf-PID.map
    struct config_snapshot snapshot; // hosted: the whole machine into a file, at one instant of the run
    char restore[CONFIG_TEXT];       // hosted: a file of that kind to go on from; "": the guest starts
    u64 state_hash[CONFIG_COUNTS];   // ascending
    unsigned state_hashes;
    enum config_exit exit;         // what the firmware does when the run is over
    char report[CONFIG_TEXT];      // hosted: file for JSON lines; "" is stderr; firmware: serial
    char serial[64];               // firmware: "", "auto", "0x3f8" (port), "mmio:0x..." or "mmio32:0x..." (4-byte registers)
    enum config_keyboard keyboard; // firmware: which characters are on the keys of the machine's keyboards
    bool dump;                     // registers and last instructions at the end, however the run ends
    bool has_dump_block;           // when code is made for the block of instructions at PC dump_block, both are told
    gva_t dump_block;
    bool count_handlers; // report, row by row, what translated code left to the interpreter
    struct config_measure measure[CONFIG_MEASURES];
    unsigned measures;
    bool measure_cycles; // at full speed, with host cycles and without classes
    u64 measure_visits;  // of the first so many visits a line is reported for each
    struct config_repeat repeat;
    bool has_model;
    struct config_model model;
    u64 profile_host;          // firmware: samples of softmetal itself in a second; 0: none
    u64 profile;               // a sample each so many instructions; 0: none
    char symbols[CONFIG_TEXT]; // a file of names for both
    bool virtio_console;       // a second console beside COM1, without input of its own
    bool testdev;              // QEMU's pc-testdev and fw_cfg's count of processors
    bool console_serial;       // add console=ttyS0 to a Linux command line that has none (default true)
    char gdb[128];             // hosted: where a debugger may come in: "tcp:PORT", "unix:PATH"; "": nowhere
    char record[CONFIG_TEXT],
        replay
            [CONFIG_TEXT]; // a log of what comes from outside, to be written (firmware: kernel/record.h), or to be followed; "": none
};

// A kernel or initrd that starts with this is a path inside the CD-ROM's ISO, not a file to open.
#define CONFIG_IN_CDROM "cdrom:"
static inline bool config_in_cdrom(const char *path) { return !__builtin_strncmp(path, CONFIG_IN_CDROM, 6); }

void config_defaults(struct emu_config *c);

// A name, sizes, or both with blanks between (config_model.c). NULL, or what is wrong with it; then *m is untouched.
const char *config_model(struct config_model *m, const char *value);

// One key (with _ or -) and its value, as typed; NULL is a flag's "true". Sizes and addresses take K, M, G, T of 1024,
// instruction counts of 1000; numbers are decimal or 0x. until, expect and send decode \n \r \t \e \\ \" \xHH.
// disk and expect add to what is there, each send belongs to the last expect, every other key replaces. `where`
// (e.g. "softmetal.conf:7" or "--memory") opens the error message.
// 0, ERR_NOT_FOUND (unknown key), ERR_INVALID (bad value); the reason is logged. *c is untouched on failure.
int config_set(struct emu_config *c, struct plat *p, const char *where, const char *key, const char *value);

// A whole file of `key = value` lines. `#` opens a comment at the line's start or after a blank. A value that starts
// with a quote ends at the next one, and \" in it stands for a quote. CRLF, a UTF-8 byte order mark and UTF-16 are taken.
// Every bad line is reported (with its number) before the first error is returned.
//
// A line `[name]` begins a section, which ends at the next one: one entry to choose from. The lines above the first section count for all
// of them, and then those of the section that c->section names, whoever has set that: before this call, or else a line above. If nobody
// has, a file's only section counts, and several are refused. A section that does not count is not looked into.
int config_parse(struct emu_config *c, struct plat *p, const char *name, const char *text, size_t length);
// The lines above the first section alone.
int config_parse_common(struct emu_config *c, struct plat *p, const char *name, const char *text, size_t length);
// The name of the n-th section from 0 on. false: there are not as many.
bool config_section(const char *text, size_t length, unsigned n, char name[CONFIG_SECTION]);
// What config_parse would look at for that section, one `key = value` a line, without comments and empty lines: for somebody to edit.
// false: it does not fit `room` bytes, with the NUL.
bool config_section_text(const char *text, size_t length, const char *section, char *out, size_t room);

// Whether the PC has a screen, and so needs CONFIG_VGA_BIOS. What other firmware than SeaBIOS would make of one nobody knows.
static inline bool config_has_screen(const struct emu_config *c) {
    if (c->screen == SCREEN_VGA) return c->firmware == FIRMWARE_BIOS || c->firmware == FIRMWARE_FILE;
    return c->screen == SCREEN_AUTO && c->firmware == FIRMWARE_BIOS;
}

// Checks that only make sense once all keys are read (entry without load_address, send without expect, ...).
int config_finish(struct emu_config *c, struct plat *p);

// What a word is on a command line: the name of no key, of one that may stand without a value, of one that may not.
enum config_kind { CONFIG_NO_KEY, CONFIG_FLAG, CONFIG_VALUE };
enum config_kind config_kind(const char *key);

// The keys with one line of help each, for --help; NULL past the last.
const char *config_help(unsigned row, const char **key);

#endif
