// SPDX-License-Identifier: MIT
// One guest computer: what every board has.
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "bus/bus.h"
#include "core/console.h"
#include "core/env.h"
#include "emu/emu.h"
#include "machine/cpu_port.h"
#include "machine/pace.h"

struct board;
struct measure;
struct debugger;
struct record;
struct profile;
struct repeat;
struct rewind;
struct vcpu;
struct vcpu_debug;

// Whether the run is still to come to where it saves a snapshot.
enum snapshot_wanted { SNAPSHOT_NONE, SNAPSHOT_WANTED, SNAPSHOT_DUE };

struct emu_machine {
    struct plat *plat;
    const struct board *kind;
    const struct emu_config *config; // own copy
    struct env env;                  // of the board: freed and created anew when the machine restarts
    struct env own;                  // of what outlives a restart: the console, and what the board keeps
    struct vclock clock;
    struct state_set state;
    struct bus bus;
    struct console *console;
    struct cpu_port cpu;
    struct vcpu *vcpu;                // the processor's shared part, once it is made
    enum emu_engine engine;           // interpret or translate
    struct plat_code code_memory;     // where to translate to; it outlives a restart
    struct emu_engine_report engines; // of the processors before the last restart
    void *board;                      // its own
    struct measure *measure;          // measured regions, in `own`; NULL: nobody measures
    struct vcpu_debug *points;        // a debugger's breakpoints, in `own`; NULL: nobody debugs
    struct debugger *debug;           // debug.h; NULL as well
    struct model_rows *model;         // model.h, in `own`; NULL: nobody asks what a machine would miss
    struct profile *profile;          // profile.h, in `own`; NULL: no samples are taken
    struct repeat *repeat;            // visits of regions that are run again and again, in `own`; NULL: none is
    struct pace pace;
    struct {
        u64 now, instructions;
    } looked;                        // at the last Ctrl-A s
    bool asked;                      // Ctrl-A s was typed
    bool on_purpose;                 // halted for good, by a HLT in a loop
    u64 host_start;                  // the host's time when the run began, ns
    struct disk *disk[CONFIG_DISKS]; // NULL: none
    struct disk *nvram;              // the same
    void *kept;                      // what the board keeps over a restart (in `own`); NULL at first
    u64 seed;                        // of the guest's random numbers; each restart takes another one
    struct emu_inputs inputs;
    u8 *ram;
    u64 ram_size;
    unsigned own_events; // of the console

    u64 instructions; // retired so far
    u64 again;        // executed once more (`repeat`)
    u64 slept;        // events since the last instruction, none of which woke the guest
    volatile bool stop;
    enum snapshot_wanted snapshot;
    struct record *record; // record.h; NULL: none is written or followed
    struct rewind *rewind; // the newest point that can be gone back to; NULL: there is none
    bool restored;         // from a snapshot, and not started
    bool done;
    enum emu_reason reason;
    u32 code;
};

#endif
