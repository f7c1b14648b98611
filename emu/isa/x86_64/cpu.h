// SPDX-License-Identifier: MIT
// One x86-64 logical processor: its state, and the interfaces between the folders of isa/x86_64 (cpu/vcpu.h has what every processor has).
//
//   sys/    run.c and mem.c (which cpu/run.c and cpu/access.c call), paging.c, except.c (delivery), seg.c, far.c, ret.c, task.c,
//           cr.c, msr.c, cpuid.c, debug.c, xstate.c, reset.c
//   insn/   insn.h (the tables' notation), decode.c (bytes -> uops), build.c (which cpu/block.c calls), disasm.c; uop.h, memop.h, stack.h
//   int/    integer instructions and flags       vec/    MMX, SSE, AVX, AES, SHA       x87/    the x87
//
// A room has its op_*.c: one function per instruction, and behind them one row per encoding (of vectors in vec/table_*.c).
#ifndef X86_CPU_H
#define X86_CPU_H

#include "cpu/tlb.h"
#include "isa/x86_64/regs.h"

struct decode_index;
struct x86_translator;
struct decoded;

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
    u8 tag; // one bit per physical register: 1 = in use (as FXSAVE's abridged tag)
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
    bool (*pending)(void *ctx);                      // a maskable interrupt (APIC or PIC through LINT0) is waiting
    int (*ack)(void *ctx);                           // takes it: the vector
    void (*set_base)(void *ctx, u64 value);          // IA32_APIC_BASE was written (already validated)
    int (*msr_read)(void *ctx, u32 msr, u64 *value); // 0x800..0x83f; 0x6e0 in ns of clock->now; negative: #GP
    int (*msr_write)(void *ctx, u32 msr, u64 value);
    u8 (*tpr_read)(void *ctx); // task priority, 8 bits; CR8 is its upper nibble
    void (*tpr_write)(void *ctx, u8 tpr);
    void (*ferr)(void *ctx, bool level); // the FERR# pin, true when asserted
    void (*init)(void *ctx);             // the processor has taken an INIT
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

    u8 halted; // HLT, or stopped before an x87 instruction: waits for an interrupt
    u8 shadow; // 1: interrupts (and for MOV SS debug traps too: 2) are held off for one instruction
    u8 nmi_pending, nmi_blocked;
    u32 pending_db;  // DR6 bits of a #DB trap due after this instruction
    u8 ferr, ignne;  // x87 errors with CR0.NE = 0: FERR# is asserted, and IGNNE#
    u8 init_pending; // INIT: taken before the next instruction
    u8 unused;

    // MSRs that are plain storage or that other rooms read
    u64 apic_base, sysenter_cs, sysenter_esp, sysenter_eip, star, lstar, cstar, fmask, kernel_gs_base, tsc_aux;
    u64 pat, misc_enable, tsc_adjust, xss, mcg_status;
    u64 pkru, pkrs; // what protection keys allow (4.6.2): 32 bits each
    u64 mtrr_def, mtrr_fixed[11], mtrr_var[16];
    u64 rng[2]; // state of RDRAND/RDSEED's generator
};

enum { X86_SPANS = 4 }; // that translated code has at one time
struct x86_cpu {
    struct x86_state s;
    union {
        struct vcpu v;
        struct vcpu;
    };

    // --- while a block runs
    bool step;     // single-stepping: a trap is due after this instruction, unless it enters a handler
    bool freeze;   // x86_freeze was called
    bool partial;  // single: the instruction has committed a part of itself (gathers), whose traps come before its fault
    u32 db_before; // single: s.pending_db as the instruction found it
    struct {
        u8 vector;
        bool software;
        u32 error;
    } exc; // the exception on its way

    // --- translated code (translate/translate.h); what it keeps of the guest's is in `s` whenever the interpreter runs
    u64 page; // RIP's page
    struct {
        u64 x, y, o;
        u32 kind; // enum lazy, and the operand size above it; 0: flags are in `s`
    } lazy;
    u64 host_rbp, spill, spill_page;
    u64 span[X86_SPANS];       // host addresses (translate/span.c)
    struct block *span_head;   // whose translation was left by one of its spans
    u32 vectors, host_mxcsr;   // VECTORS_* of translate.h; MXCSR of our own code
    u64 ran, handler_calls;    // instructions of blocks that were entered translated; handlers that these called
    void *edge;                // that was left by
    struct x86_translator *tr; // NULL: there is none

    // --- rooms and neighbours
    struct x86_apic_port apic;
    struct decode_index *index;
    struct decoded *decoded;       // the instructions of the block that is being built
    const struct x86_model *model; // what CPUID says: see cpuid.h
    bool honest_host_fp;           // where it translates: the host's SSE does what the manual says (vec/host_fp.h)
    bool fuses;                    // fp_host_fuses()
    u64 jump_cs_base;              // CS base and limit that the jump cache was filled under
    u32 jump_cs_limit;
    u16 tlb_page_keys[2]; // protection keys of pages in the TLB: user-mode and supervisor-mode addresses
};

static inline struct x86_cpu *x86_of(struct vcpu *v) { return (struct x86_cpu *)((hva_t)v - offsetof(struct x86_cpu, v)); }

// MODE_*: everything decoding depends on. Bits 0..1 code size, 2..3 stack size (0: 16, 1: 32, 2: 64 bits), then flags.
enum {
    MODE_CODE16 = 0,
    MODE_CODE32 = 1,
    MODE_CODE64 = 2,
    MODE_CODE_MASK = 3,
    MODE_STACK16 = 0 << 2,
    MODE_STACK32 = 1 << 2,
    MODE_STACK64 = 2 << 2,
    MODE_STACK_MASK = 3 << 2,
    MODE_REAL = 1 << 4,  // real or virtual-8086: some instructions are #UD
    MODE_ALIGN = 1 << 5, // CR0.AM, RFLAGS.AC and CPL 3: misaligned data accesses are #AC
    MODE_CONTEXT_SHIFT = 6,
    MODE_CONTEXT_MASK = 3 << MODE_CONTEXT_SHIFT, // the TLB's context of data accesses (room.h)
    // Of protected 32-bit code alone, for which segments need not be looked at where they hide nothing: CS, SS and DS begin at 0, and, as FS and
    // GS each with a bit of its own, are 4 GiB long, present, and SS, DS, FS and GS can be read and written.
    MODE_FLAT = 1 << 8,
    MODE_FS_WHOLE = 1 << 9,
    MODE_GS_WHOLE = 1 << 10,
};

// ---- run.c
// A halted processor has something to go on with: a debug trap, an NMI or an interrupt is waiting.
bool x86_wakes(const struct x86_cpu *c);
// Recomputes mode and TLB keys from CR0, CR4, EFER, segments, CPL, RFLAGS.AC: after any change of these.
void x86_mode_changed(struct x86_cpu *c);
static inline u64 x86_rip(const struct x86_cpu *c) { return vcpu_pc(&c->v); } // RIP of the instruction at c->cur

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
u32 x86_get_rflags(const struct x86_cpu *c);       // the whole register as PUSHF sees it
void x86_set_arith(struct x86_cpu *c, u32 rflags); // CF PF AF ZF SF OF from these bits
// Writes the bits of `mask` (any of FL_*); calls x86_mode_changed when AC, VM changed.
void x86_set_rflags(struct x86_cpu *c, u32 value, u32 mask);

// ---- paging.c / mem.c
static inline void x86_tlb_flush_all(struct x86_cpu *c) { tlb_flush_all(&c->v); } // global entries too
void x86_tlb_flush_address_space(struct x86_cpu *c);                              // the current one
static inline void x86_tlb_set_pcid(struct x86_cpu *c, u16 pcid, bool keep) {     // after a CR3 write; keep: bit 63 was set
    tlb_space_enter(&c->v, pcid, keep);
}
void x86_tlb_flush_pcid(struct x86_cpu *c, u16 pcid);                                                // INVPCID type 1
static inline void x86_tlb_flush_page(struct x86_cpu *c, gva_t a) { tlb_flush_page_here(&c->v, a); } // INVLPG
// PKRU (supervisor: IA32_PKRS) changed in these bits.
void x86_tlb_key_rights_changed(struct x86_cpu *c, u32 changed, bool supervisor);
int x86_load_pdptes(struct x86_cpu *c, u64 cr3);    // PAE: 0, or ERR_INVALID when reserved bits are set (then #GP(0))
bool x86_canonical(const struct x86_cpu *c, u64 a); // for the current 4- or 5-level mode (48 or 57 bits)
// The same for what a register is loaded with (MSRs, bases of segments and tables, INVPCID): by what the processor supports.
bool x86_canonical_base(const struct x86_cpu *c, u64 a);

// ---- machine side
// `env`, `bus` (RAM and ROM already in it) and `model` outlive the CPU. Registers its state as "cpu".
struct x86_cpu *x86_create(struct env *env, struct bus *bus, const struct x86_model *model, u64 seed);
void x86_reset(struct x86_cpu *c); // power-on state (table 9-1): real mode at F000:FFF0
// From now on blocks that are executed often are translated, to v.code_memory (translate/). At most once, before the first instruction.
void x86_translator_create(struct x86_cpu *c);
struct emu_engine_report;
void x86_translator_report(const struct x86_cpu *c, struct emu_engine_report *r);
void x86_translator_tell_handlers(const struct x86_cpu *c, struct plat *p); // what count_handlers has counted
// What INIT does: the same but for x87, MMX, SSE and XCR0, MSRs (EFER is cleared all the same), CR0.CD and NW. A board sets
// s.init_pending instead, and the processor does it between two instructions, and says so by apic.init.
void x86_init(struct x86_cpu *c);

#endif
