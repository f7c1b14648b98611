// SPDX-License-Identifier: MIT
// The emulator's face: what kernel/ and tests/host/ call. One emu_machine is one guest computer; several may live
// in one process. Nothing in here touches a file, a clock or a global.
#ifndef EMU_EMU_H
#define EMU_EMU_H

#include "emu/config.h"
#include "emu/disk.h"
#include "emu/line.h"
#include "emu/stream.h"

// Bytes of a guest file, owned by the caller and alive as long as the machine.
struct blob {
    const char *name; // as the user named it, for messages
    u8 *data;
    u64 size;
};

// The loaders read bytes. A drive goes through its back end where there is one; else it reads the bytes, and a disk's are
// written in place.
struct emu_inputs {
    struct blob kernel, initrd, cdrom, bios, disk[CONFIG_DISKS]; // data == NULL: not given
    struct blob firmware;                                        // of a PC; data == NULL: none, the guest is started directly
    struct blob vga_bios;                                        // of its screen; data == NULL: it has none
    struct blob nvram;                                           // of its variables; data == NULL: there is no flash for them
    struct disk *nvram_drive;                                    // over that file; then nvram is of no interest
    struct disk *cdrom_drive;                                    // over the file that is in it: cdrom, or a kernel that is an ISO
    struct disk *disk_drive[CONFIG_DISKS];                       // then disk[] is of no interest
    struct emu_stream *snapshot; // what `snapshot =` is written to, when the run comes to there; NULL: nothing is
    struct emu_stream *record;   // what `record =` is written to (machine/record.h); NULL: nothing is
    struct emu_line *gdb;        // a debugger's line, for `gdb =`; NULL: none
    struct blob symbols; // names of the guest's code, for `profile` (loader/symbols.h); data NULL: what the kernel's ELF file has
    struct blob replay;  // a log of that kind, to be followed; data NULL: none
    struct emu_stream *restore; // read by emu_create: the machine is in the state of this snapshot then; NULL: at its start
};

// Why a run ended. The exit status of the process (hosted) and the value for `exit = isa-debug-exit` follow from it:
// see emu_exit_status.
enum emu_reason {
    EMU_POWEROFF,         // the guest powered itself off through ACPI
    EMU_UNTIL,            // the `until` text was seen
    EMU_DEBUG_EXIT,       // the guest wrote to its isa-debug-exit port
    EMU_RESET,            // the guest asked for a reset (i8042, 0xCF9, ACPI)
    EMU_TRIPLE_FAULT,     // exception while delivering a double fault
    EMU_HALTED,           // HLT with interrupts off and nothing that could wake it
    EMU_UNMAPPED,         // the guest fetches instructions from where there is no memory
    EMU_NO_BIOS,          // the guest called a service of the BIOS that is not there
    EMU_MAX_INSTRUCTIONS, // `max_instructions` reached
    EMU_UNTIL_MISSED,     // ended otherwise before the `until` text was seen
    EMU_REPEAT_DIFFERS,   // `repeat`: a region that was run again has done something else
    EMU_REFUSED,          // not started: bad configuration, image or RAM too small
    EMU_STOPPED,          // the user stopped it (hosted: SIGINT; Ctrl-A x)
    EMU_REASONS
};

// What a machine asks plat's code_alloc for, in bytes.
#define EMU_CODE_MEMORY (32 * MiB)

// How the guest's instructions were executed. Every number is a matter of the guest, the engine and the host's kind alone: equal in
// every run of the same on the same host.
struct emu_engine_report {
    bool translated;          // else all that follows is 0
    u64 blocks_translated;    // blocks that code was made for, each time
    u64 blocks_dropped;       // of these: whose guest code has changed
    u64 flushes;              // how often all were thrown away, ...
    u64 code_full;            // ... of these because the memory for code was full
    u64 blocks_of_other_mode; // hot blocks of 16-bit code, or of 32-bit code with segments of their own: they stay interpreted
    u64 code_bytes;           // of code made, in all
    u64 insns_translated;     // guest instructions that ran in it
    u64 handler_calls;        // of these: that called the interpreter's handler
    bool block_dumped;        // what dump_block asks for was told
};

struct emu_result {
    enum emu_reason reason;
    u32 code;         // EMU_DEBUG_EXIT: the byte written
    u64 instructions; // retired
    u64 virtual_ns;   // guest time, halted time included
    u64 host_cycles;  // spent in the run
    u64 state_hash;   // of CPU + RAM + devices, at the end
    struct emu_engine_report engine;
};

// "poweroff", "until", ... as in the JSON line.
const char *emu_reason_name(enum emu_reason r);
// Process status: poweroff and until 0, refused 2, triple fault 3, halted 4, unmapped 5, max-instructions 6, until
// missed 7, reset 8, no-bios 9, repeat-differs 10, stopped 130; debug-exit as QEMU does: (code << 1) | 1.
int emu_exit_status(const struct emu_result *r);

struct emu_machine;

// How much RAM a run of these inputs wants: c->memory if set, else `available` rounded down (0: a fixed default), at
// least what the images' load addresses need. In bytes, a multiple of 2 MiB. Nothing is logged; of p only alloc and free are used.
u64 emu_ram_wanted(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, u64 available);

// `firmware = auto`: puts into c->firmware what starts this guest. None, where emu_check would take it so; else SeaBIOS, or else OVMF, where
// a disc or disk has something for it to start. Logs what and why. in: all but the firmware's own files, which are loaded next. 0, or
// ERR_UNSUPPORTED (logged): nothing does. Any other `firmware` stays as it is. Of p it asks for log, alloc and free.
int emu_choose_firmware(struct emu_config *c, const struct emu_inputs *in, struct plat *p);

// Everything about these inputs that emu_create would refuse, short of making the machine: what is it, is it whole, does it fit
// into `ram_size` bytes of guest RAM. To be called before there is no way back; only refusals are logged. Asks for no more than
// p's log, alloc and free. 0 or a negative error.
int emu_check(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, u64 ram_size);

// A machine with `ram_size` bytes of zeroed guest RAM at `ram` (2 MiB aligned, caller's), guest images loaded,
// ready to run. 0 or a negative error; every refusal has been logged. *out untouched on failure.
int emu_create(struct emu_machine **out, const struct emu_config *c, const struct emu_inputs *in, struct plat *p, u8 *ram,
               u64 ram_size);

// Runs until something ends the run, fills *r, emits the JSON lines. `emu_stop` makes a run in progress end soon
// (async-signal-safe).
void emu_run(struct emu_machine *m, struct emu_result *r);
void emu_stop(struct emu_machine *m);
void emu_destroy(struct emu_machine *m);

#endif
