// SPDX-License-Identifier: MIT
// One RISC-V hart of 64 bits: its state, and the doors between the rooms of isa/riscv64 (cpu/vcpu.h has what every processor has).
//
//   decode.c  bytes -> uops, by the rows that op_*.c end with   run.c     interrupts and modes: what cpu/run.c asks
//   paging.c  Sv39, Sv48, Sv57; pmp.c                           mem.c     translation: what cpu/access.c asks
//   csr.c     control and status registers, a table             trap.c    traps and returns, WFI, SFENCE.VMA
//   model.c   extensions and models                             op_*.c    one function per instruction
#ifndef RV_CPU_H
#define RV_CPU_H

#include "cpu/tlb.h"
#include "isa/riscv64/model.h"
#include "isa/riscv64/pmp.h"
#include "isa/riscv64/regs.h"

struct rv_index;
struct rv_decoded;

// Guest-visible state in one block without pointers: this is what the state hash covers, but for x[32] and x[33].
struct rv_state {
    u64 x[34]; // x0 is 0; [32]: what is written to x0; [33]: address of the running block's first byte
    u64 pc;    // settled only at block boundaries
    u64 f[32]; // NaN-boxed
    u32 fcsr;
    u8 priv;           // RV_U, RV_S, RV_M
    u8 waiting;        // WFI
    u8 reserved_bytes; // LR's reservation: 4 or 8 bytes at `reserved`, a virtual address; 0: none
    u8 unused;
    u64 reserved;

    u64 mstatus, medeleg, mideleg, mie, mtvec, mscratch, mepc, mcause, mtval, mcounteren, mcountinhibit, menvcfg;
    u64 stvec, sscratch, sepc, scause, stval, satp, scounteren, senvcfg, stimecmp;
    u64 mip;              // the bits that software writes: SSIP, STIP, SEIP
    u64 lines;            // the bits that wires set
    u64 mcycle, minstret; // what is added to the counts that the hart makes
    struct rv_pmp pmp;
};

#define RV_TIME_HZ 10000000 // the time register's frequency; the board's timer has the same

// What the board connects; every pointer optional.
struct rv_port {
    void *ctx;
    u64 (*time)(void *ctx); // mtime, as of clock->now; NULL: it has counted since time 0
    // An ECALL from S-mode that no firmware is there to take: arguments and results are in c->s.x. False: it is a trap like others.
    bool (*ecall)(void *ctx);
};

struct rv_cpu {
    struct rv_state s;
    union {
        struct vcpu v;
        struct vcpu;
    };

    struct {
        u64 cause, tval;
    } exc;     // the exception on its way
    u64 began; // while `running`: when vcpu_run was called, ns. No port takes time here: each ns is a tick
    bool running;
    u64 retired;         // before it
    u64 unretired;       // ticks of both in which no instruction retired: traps
    struct event stimer; // stimecmp's moment (Sstc)
    bool pmp_fine;       // some PMP entry begins or ends within a page
    bool fuses;          // fp_host_fuses()

    struct rv_port port;
    const struct rv_model *model;
    struct rv_index *index;
    const u8 *csr_row;          // csr.h
    struct rv_decoded *decoded; // the instructions of the block that is being built
};

static inline struct rv_cpu *rv_of(struct vcpu *v) { return (struct rv_cpu *)((hva_t)v - offsetof(struct rv_cpu, v)); }

// mode: everything that decoding depends on.
enum { RV_MODE_FP_OFF = 1 }; // mstatus.FS is Off

// ---- run.c
// As vcpu_run (cpu/vcpu.h).
u64 rv_run(struct rv_cpu *c, u64 n);
// Recomputes mode and TLB keys from privilege and mstatus: after any change of these.
void rv_mode_changed(struct rv_cpu *c);
// mip as it is read: what software wrote, and the lines.
u64 rv_mip(const struct rv_cpu *c);
// An interrupt would be taken now.
bool rv_interrupted(const struct rv_cpu *c);
// A waiting hart has something to go on with: an interrupt that mie enables, whatever mstatus says.
bool rv_wakes(const struct rv_cpu *c);
static inline u64 rv_pc(const struct rv_cpu *c) { return vcpu_pc(&c->v); } // of the instruction at c->cur

// ---- trap.c
// Abandons the current instruction (nothing of it committed) and raises an exception.
_Noreturn void rv_raise(struct rv_cpu *c, u64 cause, u64 tval);
// Enters the handler of a trap, c->s.pc settled; cause has RV_CAUSE_INTERRUPT for interrupts.
void rv_trap(struct rv_cpu *c, u64 cause, u64 tval);
// satp, or what translations depend on beside it, was written: the space that now runs.
void rv_space_changed(struct rv_cpu *c);

// ---- csr.c
// mtime, the clock being exact.
u64 rv_time(const struct rv_cpu *c);
// Makes the supervisor timer's line and its event anew: after a write of stimecmp or menvcfg.
void rv_stimer_update(struct rv_cpu *c);

// ---- machine side
// `env`, `bus` (RAM already in it) and `model` outlive the hart. Registers its state as "cpu".
struct rv_cpu *rv_create(struct env *env, struct bus *bus, const struct rv_model *model);
void rv_reset(struct rv_cpu *c); // M-mode at address 0, everything off
// As firmware would leave the hart to an operating system: S-mode at pc with a0 = hart 0 and a1; everything that S-mode can take is
// delegated, counters and what menvcfg gates are open to it, PMP opens all memory.
void rv_start_supervisor(struct rv_cpu *c, u64 pc, u64 a1);
// A wire into mip: RV_MSI, RV_MTI, RV_SEI, RV_MEI; RV_STI of a timer that the board has for S-mode.
void rv_set_irq(struct rv_cpu *c, unsigned bit, bool level);

#endif
