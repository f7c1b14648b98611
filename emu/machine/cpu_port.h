// SPDX-License-Identifier: MIT
// What the run loop asks of a processor, whatever its architecture.
#ifndef MACHINE_CPU_PORT_H
#define MACHINE_CPU_PORT_H

#include "emu/emu.h"

enum cpu_idle {
    CPU_RUNS,
    CPU_WAITS, // halted; an interrupt or NMI would wake it
    CPU_DEAD,  // halted with interrupts off, and no NMI can come
};

struct cpu_port {
    void *cpu;
    // Runs at most n ticks from clock->now, which the caller moves afterwards; returns how many ns passed: one for each tick, and
    // what a port access took, by which the last tick may run over n. 0 only when idle. *ticks: without that time.
    u64 (*run)(void *cpu, u64 n, u64 *ticks);
    enum cpu_idle (*idle)(void *cpu);
    // vcpu_forget: between slices.
    void (*forget)(void *cpu);
    // Makes a run in progress end soon. Async-signal-safe.
    void (*leave)(void *cpu);
    // Whether it is halted in a service of a BIOS that is not there; logs which.
    bool (*wants_bios)(void *cpu);
    // Logs registers and the last instructions: when a run ends badly, or somebody asked.
    void (*dump)(void *cpu, enum log_level level);
    // Mode and place in a few words: "64-bit mode, CPL 3, RIP 0x401000".
    void (*where)(void *cpu, char *text, size_t room);
    // Whether a CPU_DEAD processor was halted on purpose: its HLT is in a loop by itself.
    bool (*halts_for_good)(void *cpu);
    // What its engine has done since it was made. NULL: it only interprets.
    void (*engine)(void *cpu, struct emu_engine_report *r);
    // Records, a line for each row of its instruction table, what translated code left to the interpreter. NULL: it only interprets.
    void (*handlers)(void *cpu, struct plat *p);
};

#endif
