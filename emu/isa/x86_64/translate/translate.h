// SPDX-License-Identifier: MIT
// Translation of x86-64 to the host's x86-64: 64-bit code, and 32-bit code whose segments hide nothing (MODE_FLAT). What each file does:
//
//   entry.c    the routines between interpreter and translated code; making a translator
//   block.c    one block: which instructions are re-emitted, and which call their handler
//   mirror*.c  re-emits any instruction whose meaning is its operands and its arithmetic flags, by its row
//   branch.c   branches, calls, returns, push and pop
//   special.c  instructions that take more than that: divisions, shifts by CL, ADC, CMPXCHG, BMI, PUSH of memory, CLI, SWAPGS
//   vector.c   the same of XMM and YMM registers
//   told.c     what people are told of it      count.c    and of what is left to the interpreter
//   flags.c    where the guest's flags are; settle.c: how they come back       mem.c   accesses by way of the TLB; span.c: several by one check
//
// Registers while translated code runs:
//
//   RAX RCX RDX RBX RBP RSI RDI R8..R10   the guest's of the same name
//   R15                                   the guest's RSP
//   R14                                   struct x86_cpu
//   R11                                   what the slice still allows (vcpu.left): an account in memory would be a chain of loads and stores
//   R12 R13                               scratch; the guest's R11..R15 stay in s.gpr
//   RSP                                   the host's stack, as at the entry of a handler
//
// A handler has its two arguments in R12 and R13 (preserve_none), and keeps RBP.
//
// 32-bit code (`narrow`) runs as 64-bit code does, for the host stays in 64-bit mode: an address is computed by a LEA of 32 bits, which cuts it, and
// whose register is the only operand that an access may have: a sum of 64 bits would not wrap where the guest's does.
//
// Accounts are the interpreter's: a block is paid for when it is entered, and whatever is not re-emitted here goes on in the interpreter
// at that very uop, with registers, flags, s.gpr[17] and `block` as it expects them. So every count, interrupt and fault is its own.
#ifndef X86_TRANSLATE_H
#define X86_TRANSLATE_H

#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/insn/lazy.h"

#include "cpu/dispatch.h"
#include "translate/code.h"

enum { LEFT_REG = H_R11, T0 = H_R12, T1 = H_R13, CPU_REG = H_R14, GUEST_RSP = H_R15 };

struct tx;
struct x86_translator {
    struct code k;
    bool host_has[F_COUNT];
    op_fn *enter;            // b->enter of a translated block
    const u8 *leave;         // jumped to: stores the guest's state and goes on with the handler of the uop in T1
    const u8 *leave_edge;    // the same, but with x86_edge_out
    const u8 *leave_call;    // the same, but with x86_call_out
    const u8 *leave_span;    // the same, but with x86_span_out
    const u8 *flags_in;      // called: the host's flags become the guest's
    const u8 *settle;        // called: the guest's flags are in the state
    const u8 *vectors_in;    // called with what is needed (VECTORS_*) in T1: ZF is clear when they cannot be in registers now
    void (*serialize)(void); // what was written is what is executed from now on
    bool honest;             // the host's floating point does as the manual says
    op_fn *back;             // a uop's handler that goes on with translated code at uop.imm; uop.disp handlers were called
    u16 threshold;           // entries before a block is translated
    struct block *blocks;    // translated since the last reset, through translated_next
    struct tx *work;
    const struct decode_index *host_index; // for dump_block
    bool block_dumped;
    u64 other_mode, full;              // told by the report (emu/emu.h)
    struct x86_handler_counts *counts; // NULL: nobody asked
};

// ---- entry.c
void x86_translator_reset(struct x86_cpu *c); // all translations are thrown away
op_fn x86_edge_out, x86_call_out;
void x86_drop_translation(struct x86_cpu *c, struct block *b); // it is translated again, once it is as hot again

// ---- block.c
bool x86_can_translate(const struct block *b); // as far as its kind says
// Translates b, whose heat is enough. False: it stays with the interpreter.
bool x86_translate(struct x86_cpu *c, struct block *b);

// ---- flags.c
void x86_settle_flags(struct x86_cpu *c);
u64 x86_flags_word(struct x86_cpu *c); // settled: RFLAGS with nothing but the arithmetic bits

// ---- one translation on its way

// Where an operand of the last flag writer is.
struct tx_value {
    enum { IN_REGISTER, IN_IMMEDIATE, IN_SAVED } where; // saved: in lazy.x or lazy.y, as the operand
    u8 reg;                                             // the guest's
    i64 imm;
};

struct tx_flags {
    u8 kind, size;      // enum lazy; size as decoded.size
    bool host;          // the host's flags are the guest's, too,
    u16 vague;          // but for these
    u8 over;            // OVER_*
    bool carry_pending; // LAZY_INC, LAZY_DEC: CF is still what lazy.* in the state says, which is settled before this is stored
    u8 over_size;
    struct tx_value x, y;
};

// How translated code leaves instruction i to the interpreter: its handler is called and comes back; it ends the block there; what it needs
// is not at hand (a miss of the TLB, a target that is not known, the slice's end).
enum tx_left { LEFT_CALLED, LEFT_ENDED, LEFT_MISSED, LEFT_WAYS };

struct tx_stub {
    u8 *from; // the distance of the jump that leads here
    struct block *b;
    const struct insn *row; // of the instruction
    u8 at;                  // its uop
    u8 k;                   // the place of its block in the trace
    bool live;              // flags may be seen: store how they follow
    struct tx_flags flags;
    u8 *give_back; // not NULL: also from here, where `left` gets back what the block in T0 costs
    u8 way;        // enum tx_left; LEFT_CALLED: T1 holds the uop already
    bool span;     // left where a span begins
};

// An address but for its constant: register `base` (16: none; 17: the start of the PC's page) and register `index` (16: none) << scale.
struct tx_place {
    u8 base, index, scale;
};

// Bytes of which it is known that they are one page's and may be accessed: lo to hi from where the place was when c->span[] got the host's
// address of that. The place is `moved` farther now.
struct tx_span {
    bool on, write;
    struct tx_place place;
    i64 lo, hi, moved;
};

// Where a loop's second round begins in its trace, and what was known there (branch.c).
struct tx_round {
    u8 *at;         // NULL: there is none
    unsigned first; // its first block in the trace
    struct tx_flags flags;
    struct tx_span span[X86_SPANS];
    u8 vectors;
};

// Copies of uops whose handlers are called one after another, and of the one that comes back: its imm is where to, its disp how many were called.
struct tx_run {
    struct uop *u;
    unsigned n;      // called; 0: there is no run
    unsigned k;      // of the trace's k-th block (counted from 1),
    unsigned first;  // from this instruction on
    u8 *start, *end; // what calls them
};

// An edge on its way.
struct tx_edge {
    struct code_edge *e;
    struct code_jumps jumps;
    struct tx_flags flags;
    u8 *from; // not NULL: it is emitted behind everything else, and this jump leads there
    u8 uop;
    u8 k, to; // the place in the trace of the block that it leaves; of one that is fixed, of the block that it leads to
};

// The blocks of a trace, and their instructions together.
#ifdef HOSTILE
enum { TX_BLOCKS = 2, TX_INSNS = 2 * BLOCK_INSNS, TX_STUBS = 256 };
#else
enum { TX_BLOCKS = 6, TX_INSNS = 2 * BLOCK_INSNS, TX_STUBS = 512 };
#endif
struct tx {
    struct asm_out *o;
    struct x86_translator *t;
    struct x86_cpu *c;
    struct block *head; // whose translation it is
    struct block *block[TX_BLOCKS];
    unsigned blocks, most; // in the trace: so far, and at the most
    struct block *b;       // now: block[blocks - 1]
    struct block *follows; // whose code comes next; NULL: none
    bool narrow;           // 32-bit code
    // Stretches that are paid for together (translate/code.h), by block: the edge that pays, NULL: who enters the trace; what comes behind it.
    struct code_edge *payer[TX_BLOCKS], *next_payer;
    u32 rest[TX_BLOCKS];
    bool called;   // the block calls a handler
    u16 head_live; // flags that may be seen where the head begins
    struct {
        u8 *at;  // in the stage
        i32 off; // of the guest's, from the head's start
    } piece[TX_INSNS];
    unsigned pieces;
    struct decoded d[BLOCK_INSNS];
    u16 live[BLOCK_INSNS + 1]; // flags that may be seen before instruction i
    unsigned n;
    unsigned page_at; // offset of the block in its page
    struct tx_flags flags;
    struct tx_stub stub[TX_STUBS];
    unsigned stubs;
    struct {
        u8 *from, *back; // the distance of the jump that leads there; where it comes back to
        struct block *b;
        u8 at, k, need;
        bool live;
        struct tx_flags flags;
    } load[TX_INSNS];
    unsigned loads;
    u8 vectors;       // VECTORS_* that are known to be in registers
    u8 align;         // of the next access: not aligned is a miss. 0: any address
    unsigned context; // of data accesses now: KEY_* (room.h)
    struct tx_span span[X86_SPANS];
    unsigned span_at; // the next one to be given up
    u8 span_new;
    u16 written;        // registers that the instruction has written, a bit each
    u16 written_before; // what others in the trace have
    struct tx_round round;
    struct tx_run run; // the last one
    struct tx_edge edge[2 * TX_BLOCKS];
    unsigned edges;
    u32 hint; // what lazy.kind is likely to be at the block's start, 0: nothing known
};

#define CPU_AT(field) ((i32)offsetof(struct x86_cpu, field))
#define GPR_AT(r) (CPU_AT(s.gpr) + 8 * (i32)(r))
#define CPU_MEM(field) MEM_AT(CPU_REG, CPU_AT(field))
#define GPR_MEM(r) MEM_AT(CPU_REG, GPR_AT(r))
// The host's register that a guest's lives in, H_NONE for those in memory.
static inline unsigned tx_host(unsigned r) { return r == RSP ? GUEST_RSP : r < 11 ? r : H_NONE; }
// The same, loaded into `scratch` if need be. Flags stay.
unsigned tx_use(struct tx *x, unsigned r, unsigned scratch);

// Bytes of an address, a stack's slot, a near branch's target.
static inline unsigned tx_word(const struct tx *x) { return x->narrow ? 4 : 8; }
static inline u32 tx_wide(const struct tx *x) { return x->narrow ? 0u : (u32)ASM_W; } // for the operation word of those

// ---- mem.c
// The address of instruction i's memory operand, in `to`; T0 or T1. Flags stay, but for FS and GS.
void tx_address(struct tx *x, unsigned i, unsigned to);
// Checks an access of `size` bytes; a miss leaves at instruction i. The operand to access it by: T0 is free behind it, flags are lost.
struct asm_mem tx_access(struct tx *x, unsigned i, unsigned size, bool write);
struct asm_mem tx_stack(struct tx *x, unsigned i, i32 at, unsigned size, bool write); // the same of [RSP + at]
bool tx_memory_ok(const struct tx *x, const struct decoded *d);                       // its address can be computed here
// Its constant is so large that nothing may be added to it.
static inline bool tx_is_far(const struct uop *u) {
    const i64 far = ((i64)1 << 31) - 2 * (i64)PAGE_SIZE; // the block's place in its page comes to it
    return u->disp < -far || u->disp > far;
}
// `at` bytes from a place, in `to`; T0 or T1. Flags stay.
void tx_place_address(struct tx *x, struct tx_place p, i32 at, unsigned to);
// ---- span.c
bool tx_span_fits(const struct tx *x, unsigned i); // instruction i's memory operand can be a span's
struct tx_place tx_place_of(const struct uop *u);
// True: emits an access of `size` bytes at `at` from the place that needs no check: *m. Flags stay.
bool tx_span_hit(struct tx *x, struct tx_place p, i32 at, unsigned size, bool write, struct asm_mem *m);
// True: a span begins with it: bytes *lo to *hi from the place are to be checked, and then, with the addend in T1, kept; that gives the operand.
bool tx_span_begin(struct tx *x, unsigned i, struct tx_place p, i32 at, unsigned size, bool write, i32 *lo, i32 *hi);
struct asm_mem tx_span_keep(struct tx *x, struct tx_place p, i32 at);
void tx_spans_end(struct tx *x);  // what follows may find another TLB
void tx_spans_keep(struct tx *x); // of spans, those stay of whose registers the trace has written none
bool tx_spans_are(const struct tx *x, const struct tx_span *s); // all of s[X86_SPANS] that are on are as they are now
void tx_spans_step(struct tx *x, unsigned i);                   // behind instruction i, which has written x->written
op_fn x86_span_out;
// Ways out: tx_tail goes to a routine with the running block, the trace's k-th, and its RIP in the state. tx_out_at: the jump at `from` leaves at
// instruction i; `give_back`: also that one does, when `left` gets back what the block in T0 costs.
void tx_tail(struct tx *x, unsigned k, const u8 *to);
void tx_out_at(struct tx *x, unsigned i, u8 *from, u8 *give_back);
#define tx_out(x, i, from) tx_out_at(x, i, from, NULL)

// ---- flags.c
// Flags may be seen behind instruction i, other than by what writes all of them first.
static inline u16 tx_live_after(const struct tx *x, unsigned i) { return x->live[i + 1]; }
void tx_flags_keep(struct tx *x, const struct tx_flags *f); // stores how flags follow; T0 and the host's flags are lost
void tx_flags_to_memory(struct tx *x);                      // the same now, if they are live
void tx_flags_host(struct tx *x, u16 wanted);               // makes these of the host's flags the guest's; T0 lost
// Instruction i overwrites these: of all general registers that it writes this is said. Saves what flags follow from.
void tx_before_write(struct tx *x, unsigned i, u16 registers);

// ---- vector.c. What c->vectors says of XMM and YMM registers and MXCSR: the guest's are in the host's.
enum { VECTORS_XMM = 1, VECTORS_YMM = 2, VECTORS_MXCSR = 4 };
bool tx_vector(struct tx *x, unsigned i);
void tx_vector_stubs(struct tx *x);
void tx_emit_vectors_in(struct asm_out *o);
void tx_emit_vectors_out(struct asm_out *o); // stores what is in registers; T0 is lost

// ---- mirror.c
void tx_settled(
    struct tx *x); // emits: pending flags are settled in the state; lazy.* must still be as the block was entered with
bool tx_mirror(struct tx *x, unsigned i);
bool tx_special(struct tx *x, unsigned i);           // special.c: what takes more than its own opcode
u32 tx_op(const struct insn *in, unsigned size);     // the operation word of a row without VEX
static inline u32 tx_prefix(const struct insn *in) { // its mandatory prefix
    return in->prefix == PFX_66 ? ASM_66 : in->prefix == PFX_F3 ? ASM_F3 : in->prefix == PFX_F2 ? ASM_F2 : 0u;
}
// ---- told.c
// Profilers, and dump_block, hear of the code of x->head, which has just been made.
void tx_tell(struct tx *x);
// The translator was made: profilers hear of its routines.
void x86_translator_tell(struct x86_cpu *c);
// ---- count.c
void x86_count_create(struct x86_cpu *c); // counters, if they are asked for
void tx_count(struct tx *x, const struct insn *row,
              enum tx_left way); // emits: an instruction of that row is left once more; T0 and the host's flags are lost
// ---- branch.c
// Behind a branch the trace may go on with x->follows.
bool tx_branch(struct tx *x, unsigned i);
bool tx_stack_step(const struct decoded *d, i64 *by); // d pushes (by < 0) or pops, and RSP moves
// d does nothing to register r but to add a constant.
bool tx_moves(const struct tx *x, const struct decoded *d, unsigned r, i64 *by);
void tx_go_on(struct tx *x, unsigned at); // the block ends by itself, and goes on `at` bytes behind its start

#endif
