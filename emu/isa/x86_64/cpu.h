// SPDX-License-Identifier: MIT
// One x86-64 logical processor: its state, and the doors between the rooms of isa/x86_64.
//
//   decode.c   bytes -> uops, by the rows of table_*.c        block.c   the cache of decoded blocks
//   run.c      the loop: interrupts, blocks, faults           mem.c     the TLB and guest memory access
//   paging.c   page-table formats and #PF                     op_*.c    one function per instruction
//   except.c   exception and interrupt delivery               seg.c     descriptors, far transfers, tasks
//   sys.c      control and debug registers                    msr.c, cpuid.c   a table each
#ifndef X86_CPU_H
#define X86_CPU_H

#include "bus/bus.h"
#include "core/clock.h"
#include "core/env.h"
#include "isa/x86_64/regs.h"

struct uop;
struct block;
struct block_cache;
struct decode_index;

// The hidden part of a segment register; also LDTR and TR.
struct x86_seg {
    u64 base;
    u32 limit; // in bytes, already scaled by G
    u32 attr;  // AR_*; 0: null or unusable (data segments), attr & AR_P says valid
    u16 sel;
    u16 pad[3];
};

struct x86_table { // GDTR, IDTR
    u64 base;
    u16 limit;
    u16 pad[3];
};

// An 80-bit x87 register as in memory: mantissa (MMX: the value), sign and exponent.
struct x87_reg {
    u64 mant;
    u16 exp; // sign in bit 15
    u16 pad[3];
};

struct x87_state {
    struct x87_reg r[8]; // physical registers R0..R7; ST(i) is r[(top + i) & 7]
    u16 fcw, fsw;        // fsw without TOP
    u8 top;
    u8 tag;              // one bit per physical register: 1 = in use (as FXSAVE's abridged tag)
    u16 fop;
    u64 fip, fdp;
};

union xmm {
    u8 b[16];
    u16 w[8];
    u32 d[4];
    u64 q[2];
    i8 sb[16];
    i16 sw[8];
    i32 sd[4];
    i64 sq[2];
    float f[4];
    double g[2];
} __attribute__((aligned(16)));

// What the processor asks of its local APIC; connected by the board, every pointer optional.
struct x86_apic_port {
    void *ctx;
    bool (*pending)(void *ctx);                       // a maskable interrupt (APIC or PIC through LINT0) is waiting
    int (*ack)(void *ctx);                            // takes it: the vector
    void (*set_base)(void *ctx, u64 value);           // IA32_APIC_BASE was written (already validated)
    int (*msr_read)(void *ctx, u32 msr, u64 *value);  // 0x800..0x83f; 0x6e0 in ns of clock->now; negative: #GP
    int (*msr_write)(void *ctx, u32 msr, u64 value);
    u8 (*tpr_read)(void *ctx);                        // task priority, 8 bits; CR8 is its upper nibble
    void (*tpr_write)(void *ctx, u8 tpr);
    void (*ferr)(void *ctx, bool level);              // the FERR# pin, true when asserted
    void (*init)(void *ctx);                          // the processor has taken an INIT
};

// Guest-visible state in one block without pointers: this is what the state hash covers.
struct x86_state {
    // gpr[16] always reads 0 (absent base or index); gpr[17] is the RIP of the running block's first byte, so that
    // RIP-relative operands are ordinary ones.
    u64 gpr[18];
    u64 rip; // settled only at block boundaries; inside a block see x86_rip()

    // Arithmetic flags, taken apart so that producing them is cheap: ZF = !z; SF = sp < 0; PF = even parity of sp's low
    // byte; CF and OF are 0 or 1; AF is bit 4 of af.
    u64 z;
    i64 sp;
    u8 cf, of, af;
    u8 cpl;
    u32 rflags; // all others (TF IF DF IOPL NT RF VM AC VIF VIP ID); arithmetic bits and bit 1 are 0 here

    struct x86_seg seg[6], ldtr, tr;
    struct x86_table gdtr, idtr;
    u64 cr0, cr2, cr3, cr4, efer, xcr0;
    u64 pdpte[4]; // PAE: loaded with CR3 (4.4.1)
    u64 dr[8];    // dr[4], dr[5] unused
    struct x87_state fpu;
    union xmm xmm[16], ymmh[16]; // ymmh: bits 255..128 of the YMM registers
    u32 mxcsr;

    u8 halted;         // HLT, or stopped before an x87 instruction: waits for an interrupt
    u8 shadow;         // 1: interrupts (and for MOV SS debug traps too: 2) are held off for one instruction
    u8 nmi_pending, nmi_blocked;
    u32 pending_db;    // DR6 bits of a #DB trap due after this instruction
    u8 ferr, ignne;    // x87 errors with CR0.NE = 0: FERR# is asserted, and IGNNE#
    u8 init_pending;   // INIT: taken before the next instruction
    u8 unused;

    // MSRs that are plain storage or that other rooms read
    u64 apic_base, sysenter_cs, sysenter_esp, sysenter_eip, star, lstar, cstar, fmask, kernel_gs_base, tsc_aux;
    u64 pat, misc_enable, tsc_adjust, xss, mcg_status;
    u64 pkru, pkrs; // what protection keys allow (4.6.2): 32 bits each
    u64 mtrr_def, mtrr_fixed[11], mtrr_var[16];
    u64 rng[2]; // state of RDRAND/RDSEED's generator
};

// A page's translation for one context. A tag is page | context (TLB_INVALID: this access needs the slow path);
// host address = linear address + addend.
#ifdef HOSTILE
#define TLB_BITS 1 // not 0: an access over a page's end must not find its second page in the slot of its first (mem.h)
#else
#define TLB_BITS 10
#endif
#define TLB_SIZE (1u << TLB_BITS)
#define TLB_INVALID (~(u64)0)

struct tlb_entry {
    u64 read, write, exec;
    u64 addend;
};

#define X86_TRAIL_EMPTY (~(u64)0) // a place of the trail where no block was entered yet

// Direct-mapped by RIP: where the next block is, if nothing changed since.
#ifdef HOSTILE
#define JUMP_BITS 0
#else
#define JUMP_BITS 12
#endif
struct jump_entry {
    u64 rip, key;
    struct block *block;
};

struct x86_cpu {
    struct x86_state s;

    // --- while a block runs
    const struct uop *cur;  // the uop that may fault, set before anything that can raise; NULL: s.rip is exact
    struct block *block;    // the running block
    i64 left;               // instructions the slice still allows, the running block already taken off
    u64 slice_end;          // clock time at which left would be 0
    u64 stalled;            // ns of this slice that port accesses took: taken off `left`, but no instructions
    u64 jump_key;           // generation << 32 | mode << 12 | tlb context
    u64 tlb_key;            // context in bits 0..11: see mem.c
    u8 trail_at;
    bool single;            // the running block is one instruction: MMIO, breakpoints and code writes may happen
    bool step;              // single-stepping: a trap is due after this instruction, unless it enters a handler
    bool leave;             // the slice must end: the run is over, or was asked to stop
    bool restart;           // x86_restart_single was called
    bool freeze;            // x86_freeze was called
    bool partial;           // single: the instruction has committed a part of itself (gathers), whose traps come before its fault
    u32 db_before;          // single: s.pending_db as the instruction found it
    struct { struct block *block; u64 key, rip; unsigned at; } resume; // where a slice ended: see run.c
    u64 trail[256];         // RIPs of the last blocks entered; trail_at is the oldest: told when a run ends badly
    void **jump_out;        // where x86_raise goes
    struct { u8 vector; bool software; u32 error; } exc; // the exception on its way

    struct tlb_entry tlb[TLB_SIZE];
    struct jump_entry jump[1u << JUMP_BITS];

    // --- rooms and neighbours
    struct env *env;
    struct vclock *clock;
    struct bus *bus;
    struct x86_apic_port apic;
    struct block_cache *blocks;
    struct decode_index *index;
    const struct x86_model *model; // what CPUID says: see cpuid.h
    u64 mode;                      // MODE_* of the code that runs now: recomputed by x86_mode_changed
    u32 jump_generation;
    u64 code_pages[64];            // a bit per hash of a linear page that code was fetched from in this generation
    u64 jump_cs_base;              // CS base and limit that the jump cache was filled under
    u32 jump_cs_limit;
    u16 tlb_asid, tlb_asid_last;
    // large pages in the TLB: INVLPG inside [low, high) must drop more than one slot
    u64 large_low, large_high;
    unsigned large_shift; // the size of the largest of them
    u16 tlb_page_keys[2]; // protection keys of pages in the TLB: user-mode and supervisor-mode addresses
    struct { u16 asid; bool valid; } pcid_asid[64];
    u16 pcid_of[64];
    unsigned pcid_next;
};

// MODE_*: everything decoding depends on. Bits 0..1 code size, 2..3 stack size (0: 16, 1: 32, 2: 64 bits), then flags.
enum {
    MODE_CODE16 = 0, MODE_CODE32 = 1, MODE_CODE64 = 2, MODE_CODE_MASK = 3,
    MODE_STACK16 = 0 << 2, MODE_STACK32 = 1 << 2, MODE_STACK64 = 2 << 2, MODE_STACK_MASK = 3 << 2,
    MODE_REAL = 1 << 4,  // real or virtual-8086: some instructions are #UD
    MODE_SINGLE = 1 << 6, // of blocks only: one instruction, to be run by itself
    MODE_ALIGN = 1 << 5, // CR0.AM, RFLAGS.AC and CPL 3: misaligned data accesses are #AC
};

// ---- run.c
// Runs at most n instructions (n >= 1); returns how many ns passed: a tick each, and c->stalled for port accesses, the last of
// which may end later than n. Ends early when the processor halts, when a device asked for it, or when the machine finishes.
u64 x86_run(struct x86_cpu *c, u64 n);
// A halted processor has something to go on with: a debug trap, an NMI or an interrupt is waiting.
bool x86_wakes(const struct x86_cpu *c);
// Recomputes c->mode and c->tlb_key from CR0, CR4, EFER, CS, SS, CPL, RFLAGS.AC: after any change of these.
void x86_mode_changed(struct x86_cpu *c);
// Makes clock->now exact: before any device, TSC or APIC is touched. Only in the last uop of a block (ENDS) or when single.
void x86_sync_clock(struct x86_cpu *c);
// The same before a device is called. Its events of this very instant come first: an access that is made at the instant of a
// timer's match finds the match done, and can neither lose nor repeat it.
void x86_sync_device(struct x86_cpu *c);
// The instruction that is about to end takes `ns` more than its tick.
void x86_stall(struct x86_cpu *c, u64 ns);
u64 x86_rip(const struct x86_cpu *c); // RIP of the instruction at c->cur

// Starts the current instruction again as a block of its own, with nothing committed (MMIO, code it changes itself).
_Noreturn void x86_restart_single(struct x86_cpu *c);

// An x87 error is due, CR0.NE = 0 and IGNNE# is not asserted: asserts FERR# and waits, before the instruction at c->cur, for an
// interrupt (vol. 1, D.2.1.1). Nothing of the instruction is committed.
_Noreturn void x86_freeze(struct x86_cpu *c);
void x86_set_ferr(struct x86_cpu *c, bool level);

// ---- except.c
// Abandons the current instruction (nothing of it committed) and raises an exception. `error` is ignored by vectors that
// have none. #PF: CR2 is written by the caller (mem.c).
_Noreturn void x86_raise(struct x86_cpu *c, unsigned vector, u32 error);
#define raise_ud(c) x86_raise(c, EXC_UD, 0)
#define raise_gp(c, err) x86_raise(c, EXC_GP, err)
// Delivers c->exc (after a longjmp, with s.rip settled at the faulting instruction): the whole of 6.8..6.15, double and
// triple fault (finish(EMU_TRIPLE_FAULT)). Never raises.
void x86_deliver_exception(struct x86_cpu *c);
// Delivers an external interrupt or NMI, s.rip settled. Never raises (faults in delivery are delivered).
void x86_deliver_interrupt(struct x86_cpu *c, unsigned vector);
// INT n, INT3, INTO, INT1 from an instruction, `next` being the RIP to return to: may raise.
void x86_software_interrupt(struct x86_cpu *c, unsigned vector, u64 next_rip);

// ---- flags
u32 x86_get_rflags(const struct x86_cpu *c);          // the whole register as PUSHF sees it
void x86_set_arith(struct x86_cpu *c, u32 rflags);    // CF PF AF ZF SF OF from these bits
// Writes the bits of `mask` (any of FL_*); calls x86_mode_changed when AC, VM changed.
void x86_set_rflags(struct x86_cpu *c, u32 value, u32 mask);

// ---- paging.c / mem.c
void x86_tlb_flush_all(struct x86_cpu *c);            // global entries too
void x86_tlb_flush_address_space(struct x86_cpu *c);  // the current one
void x86_tlb_set_pcid(struct x86_cpu *c, u16 pcid, bool keep); // after a CR3 write; keep: bit 63 was set
void x86_tlb_flush_pcid(struct x86_cpu *c, u16 pcid); // INVPCID type 1
void x86_tlb_flush_page(struct x86_cpu *c, gva_t a);  // INVLPG, INVPCID type 0: in every context
// PKRU (supervisor: IA32_PKRS) changed in these bits.
void x86_tlb_key_rights_changed(struct x86_cpu *c, u32 changed, bool supervisor);
void x86_jumps_stale(struct x86_cpu *c);              // jump cache and links must be looked up again
void x86_new_jump_generation(struct x86_cpu *c);      // the same, where x86_mode_changed follows anyway
void x86_tlb_protect_code(struct x86_cpu *c, const u8 *page); // no write tag may lead to this host page
// The code byte at linear address a: where it is on the host (NULL: not RAM), and its physical address. Both may raise.
const u8 *x86_fetch(struct x86_cpu *c, gva_t a);
gpa_t x86_fetch_gpa(struct x86_cpu *c, gva_t a);
int x86_load_pdptes(struct x86_cpu *c, u64 cr3);      // PAE: 0, or ERR_INVALID when reserved bits are set (then #GP(0))
bool x86_canonical(const struct x86_cpu *c, u64 a);   // for the current 4- or 5-level mode (48 or 57 bits)
// The same for what a register is loaded with (MSRs, bases of segments and tables, INVPCID): by what the processor supports.
bool x86_canonical_base(const struct x86_cpu *c, u64 a);

// ---- machine side
// `env`, `bus` (RAM and ROM already in it) and `model` outlive the CPU. Registers its state as "cpu".
struct x86_cpu *x86_create(struct env *env, struct bus *bus, const struct x86_model *model, u64 seed);
void x86_reset(struct x86_cpu *c); // power-on state (table 9-1): real mode at F000:FFF0
// What INIT does: the same but for x87, MMX, SSE and XCR0, MSRs (EFER is cleared all the same), CR0.CD and NW. A board sets
// s.init_pending instead, and the processor does it between two instructions, and says so by apic.init.
void x86_init(struct x86_cpu *c);

#endif
