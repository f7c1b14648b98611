// SPDX-License-Identifier: MIT
// One Arm processor in AArch64 state: its state, and the doors between the rooms of isa/arm64 (cpu/vcpu.h has what every processor has).
// Section numbers are those of the Arm Architecture Reference Manual (DDI 0487).
//
//   decode.c   words -> uops, by the rows that op_*.c end with   run.c     interrupts and modes: what cpu/run.c asks
//   operand.c  what operands are and how they read               mem.c     translation: what cpu/access.c asks
//   paging.c   VMSAv8-64                                         trap.c    exceptions; system.c ERET, TLBI, AT
//   sysreg.c   system registers, a table                         timer.c   the generic timer
//   model.c    features and models                               op_*.c    one function per instruction; vec/ floating point and SIMD
//   pac.c      pointer authentication                               op_bti.c   branch target identification
#ifndef ARM64_CPU_H
#define ARM64_CPU_H

#include "cpu/tlb.h"
#include "isa/arm64/model.h"
#include "isa/arm64/regs.h"

struct arm64_index;
struct arm64_decoded;
struct arm64_tables;

// A SIMD&FP register; scalars are its lowest element.
union arm64_v {
    u8 b[16];
    u16 h[8];
    u32 s[4];
    u64 d[2];
    u128 q;
};

// Guest-visible state in one block without pointers: this is what the state hash covers, in the form that hash_cpu (cpu.c) gives it.
struct arm64_state {
    u64 x[35]; // X0..X30, then: [31] ZR, 0; [32] what is written to ZR; [33] SP; [34] address of the running block's first byte
    u64 pc;    // settled only at block boundaries
    union arm64_v v[32];
    u32 fpcr, fpsr;

    // PSTATE. The flags are kept as their makers leave them:
    u64 n; // bit 63
    u64 z; // set when it is 0
    u64 c; // 0 or 1
    u64 o; // V: bit 63
    u8 el; // 0, 1
    u8 sp_sel;
    u8 daif; // DAIF_*
    u8 il, ss, pan, uao, ssbs;
    u8 waiting;         // ARM64_WF*
    u8 exclusive_bytes; // the exclusive monitor (B2.12): bytes at `exclusive`, a virtual address; 0: open
    u8 irq, fiq;        // wires
    u8 timer_out;       // what both timers' outputs were told to be, bit i: enum arm64_timer
    u8 btype;           // BTYPE_*: how the instruction at the PC is come to; 0 within blocks
    u8 event_clear;     // the Event Register (D1.6.1) is; a reset sets it
    u64 exclusive;

    u64 sp_other; // SP_EL0 or SP_EL1: the one that x[33] is not
    u64 elr, spsr, esr, far, vbar, par;
    u64 sctlr, actlr, cpacr, csselr;
    u64 ttbr0, ttbr1, tcr, mair, amair, contextidr, afsr0, afsr1;
    u64 tpidr_el0, tpidrro_el0, tpidr_el1;
    u64 cntkctl, cntp_ctl, cntp_cval, cntv_ctl, cntv_cval;
    u64 pac_key[5][2]; // by enum arm64_key: lower and upper half
    u64 rng[2];        // what RNDR and RNDRRS go on from; a reset leaves them
    u64 mdscr, osdlr, oslk;
    u64 dbgbvr[2], dbgbcr[2], dbgwvr[1], dbgwcr[1], dbgclaim;
};

enum arm64_key { ARM64_KEY_IA, ARM64_KEY_IB, ARM64_KEY_DA, ARM64_KEY_DB, ARM64_KEY_GA }; // of pointer authentication

#define ARM64_COUNTER_HZ 62500000 // CNTFRQ_EL0: 16 ns a count, as QEMU's board has it

enum { ARM64_WFI = 1, ARM64_WFE = 2 }; // what the processor waits by

enum arm64_timer { ARM64_TIMER_PHYSICAL, ARM64_TIMER_VIRTUAL }; // PPI 14 and 11 (INTIDs 30 and 27) on boards that follow the BSA
enum arm64_line { ARM64_IRQ, ARM64_FIQ };

// What the board connects; every pointer optional.
struct arm64_port {
    void *ctx;
    // A timer's output changes. It is level-sensitive; called with the clock exact. The counter is clock->now in counts of ARM64_COUNTER_HZ.
    void (*timer)(void *ctx, enum arm64_timer which, bool level);
    // HVC (smc false) or SMC with immediate 0 at EL1, the clock exact: arguments and results are in c->s.x[0..17] (SMCCC). False: nobody is
    // there to take it, and the instruction is UNDEFINED.
    bool (*call)(void *ctx, bool smc);
    // A system register of the GIC's CPU interface (ICC_*_EL1), by ARM64_SYSREG, read or written at EL1 with the clock exact. False: there is
    // no such register, and the access is UNDEFINED. Where the pointer is NULL, ID_AA64PFR0_EL1.GIC says that there are none.
    bool (*icc)(void *ctx, unsigned reg, bool write, u64 *value);
};
// op0, op1, CRn, CRm, op2 as one number of 16 bits: bits 20..5 of MRS and MSR.
#define ARM64_SYSREG(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

// A code of pointer authentication that was made (pac.c).
struct arm64_code {
    u64 pointer, modifier, key[2], code;
    bool valid;
};
#ifdef HOSTILE
#define ARM64_CODES 1
#else
#define ARM64_CODES 256
#endif

struct arm64_cpu {
    struct arm64_state s;
    union {
        struct vcpu v;
        struct vcpu;
    };

    struct {
        u64 esr, far;
        bool has_far; // far means something
        bool behind;  // the preferred return address is the next instruction's
        u8 call;      // 1: HVC, 2: SMC, which the board may take
    } exc;            // the exception on its way
    u64 user_key;     // TLB context of unprivileged accesses (LDTR)
    u8 tag;           // the top byte of the last data address that was no plain TLB hit: FAR_EL1 has it, too
    u8 guards;        // bit EL: tables have guarded pages for it
    bool aligned;     // accesses must be (SCTLR_EL1.A, or the MMU is off: all memory is Device)
    struct event timer[2], stream;
    struct arm64_code codes[ARM64_CODES];

    struct arm64_port port;
    const struct arm64_model *model;
    struct arm64_index *index;
    const u8 *sysreg_row;          // sysreg.h
    struct arm64_decoded *decoded; // the instructions of the block that is being built
    struct arm64_tables *tables;   // paging.h: what TCR_EL1 says, made anew when it is written
};

static inline struct arm64_cpu *arm64_of(struct vcpu *v) {
    return (struct arm64_cpu *)((hva_t)v - offsetof(struct arm64_cpu, v));
}

// mode: everything that decoding depends on.
enum {
    ARM64_MODE_FP_OFF = 1,   // CPACR_EL1.FPEN traps SIMD and floating point
    ARM64_MODE_EL0 = 2,      // system registers of EL1 are UNDEFINED
    ARM64_MODE_ALIGNED = 4,  // accesses must be aligned
    ARM64_MODE_EL1T = 8,     // EL1 uses SP_EL0
    ARM64_MODE_ILLEGAL = 16, // PSTATE.IL: no instruction is executed
};

// ---- run.c
// As vcpu_run (cpu/vcpu.h).
u64 arm64_run(struct arm64_cpu *c, u64 n);
// Recomputes mode and TLB keys from PSTATE and system registers: after any change of these.
void arm64_mode_changed(struct arm64_cpu *c);
// An interrupt would be taken now.
bool arm64_interrupted(const struct arm64_cpu *c);
// A waiting processor has something to go on with: in WFI an interrupt, masked or not; in WFE one that is not, or an event.
bool arm64_wakes(const struct arm64_cpu *c);
// Something can end its wait one day. interrupts: the board has some that may come.
bool arm64_may_wake(const struct arm64_cpu *c, bool interrupts);
static inline u64 arm64_pc(const struct arm64_cpu *c) { return vcpu_pc(&c->v); } // of the instruction at c->cur
// The address that a branch to `a` leads to.
u64 arm64_branch_address(const struct arm64_cpu *c, u64 a);
u64 arm64_pstate(const struct arm64_cpu *c); // as SPSR_EL1 would hold it
// NZCV as bits 3..0.
unsigned arm64_nzcv(const struct arm64_state *s);
void arm64_set_nzcv(struct arm64_state *s, unsigned nzcv);
// SP_EL0 (el 0) or SP_EL1, whichever of the two x[33] is.
u64 *arm64_sp(struct arm64_state *s, unsigned el);
// PSTATE.SP: which of them x[33] is.
void arm64_select_sp(struct arm64_state *s, unsigned sp_sel, unsigned el);

// ---- op_bti.c
// The block at c->s.pc, the target of a branch that left its BTYPE, is about to run: may it be come to so? Raises if not.
void arm64_arrive(struct arm64_cpu *c, const struct block *b);

// ---- trap.c
// Abandons the current instruction (nothing of it committed) and raises an exception. esr: EC and ISS; IL is added.
_Noreturn void arm64_raise(struct arm64_cpu *c, enum arm64_ec ec, u64 iss);
_Noreturn void arm64_raise_at(struct arm64_cpu *c, enum arm64_ec ec, u64 iss, gva_t far);
_Noreturn void arm64_undefined(struct arm64_cpu *c);
// HVC (smc false) or SMC: to the board, or else UNDEFINED.
_Noreturn void arm64_call(struct arm64_cpu *c, bool smc);
// Enters EL1 by the vector at `offset` within its group (0 synchronous, 0x80 IRQ, 0x100 FIQ), returning to c->s.pc, which is settled.
void arm64_take(struct arm64_cpu *c, unsigned offset);
// system.c: TTBR0_EL1, TTBR1_EL1, TCR_EL1 or what translations depend on besides was written: the space that now runs.
void arm64_space_changed(struct arm64_cpu *c);

// ---- timer.c
u64 arm64_count(const struct arm64_cpu *c); // CNTPCT_EL0 and CNTVCT_EL0, the clock being exact
// Makes both timers' outputs and events anew: after a write of their registers, and when a count is reached.
void arm64_timer_update(struct arm64_cpu *c);
// Makes the event stream's (D12.2) anew: after a write of CNTKCTL_EL1, and when the Event Register is cleared. An event of this very
// instant is taken for one that has come.
void arm64_stream_update(struct arm64_cpu *c);
void arm64_timer_init(struct arm64_cpu *c);

// ---- machine side
// `env`, `bus` (RAM already in it) and `model` outlive the processor. Registers its state as "cpu".
struct arm64_cpu *arm64_create(struct env *env, struct bus *bus, const struct arm64_model *model);
// Where the random numbers of RNDR and RNDRRS begin, which are the same in every run.
void arm64_seed(struct arm64_cpu *c, u64 seed);
void arm64_reset(struct arm64_cpu *c); // EL1h at address 0, MMU off, everything masked
// As the boot protocol of Linux wants it (Documentation/arch/arm64/booting): reset, then at pc with X0 = x0.
void arm64_start(struct arm64_cpu *c, u64 pc, u64 x0);
void arm64_set_line(struct arm64_cpu *c, enum arm64_line line, bool level);

#endif
