// SPDX-License-Identifier: MIT
// Silicon against the emulator: one instruction at a time, in user mode (64-bit, or 32-bit in compatibility mode), on the same
// registers and memory. The emulator does it twice, in the interpreter and in translated code, and both must do the same to the last bit.
//
//   generate.c   encodings and their inputs                  guest.c     runs a case in the emulator
//   native.c     runs it on this machine's processor         exempt.c    rows that cannot be compared, and why
//   compare.c    two outcomes, and where either is right     group.c     the cases of one encoding
//   silicon.c    options, processes, counters                report.c    what was found, row by row
//   values.c     operand values, edges among them            sweep.c     encodings in order
//
// A case is one encoding with one input (registers; memory is always the same). Its number says which: case N is input
// N % GROUP of encoding N / GROUP, and both come from the seed and that number alone. So an encoding is decoded, written and
// dropped once, and any case can be run again alone.
//
// In front of the instruction, in the same block, stands a producer of flags, which changes nothing else: ADD and SUB of the same two
// registers. Its flags stay uncomputed if the instruction's row claims to write them all, so that a row which claims too much shows; behind
// it all flags are read. Before a case under TF (STEP) the emulator runs it without TF, and the processor starts with the flags that it
// leaves; the emulator starts from other ones, so that flags that are lost show, too.
//
// Ticks are compared as well: as many instructions as there are on the way to the exit take the emulator there, no more and no fewer.
//
// Linear addresses are the same in both worlds and all below 4 GiB, so that 67h and disp32 reach them:
//
//   20000000 DATA  two pages read-write, one read-only, then nothing
//   30000000 CODE  two pages execute and read, then nothing
//   30100000 EXIT  the same: where a case goes on behind its instruction, and how it comes back without a signal
#ifndef TESTS_ISA_RIG_H
#define TESTS_ISA_RIG_H

#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/sys/cpuid.h"
#include "rng.h"

#define DATA 0x20000000ull
#define DATA_WRITABLE 0x2000ull
#define DATA_SIZE 0x3000ull
#define CODE 0x30000000ull
#define CODE_SIZE 0x2000ull
#define EXIT_PAGE 0x30100000ull
#define EXIT_SIZE 0x1000ull
#define EXIT_64 EXIT_PAGE          // from 64-bit code
#define EXIT_32 (EXIT_PAGE + 0x80) // from 32-bit code
// What lies above may belong to this process: nothing there is touched natively.
#define OURS_END 0x100000000ull

enum { LONGEST = 15, NO_FAULT = -1, GROUP = 16 };
// An XSAVE image in the standard form (vol. 1, 13.4): FXSAVE64's, the header, the upper halves of YMM0..15.
enum { FX_MXCSR = 24, FX_ST = 32, FX_XMM = 160, FX_END = 416, FX_SIZE = 512, XSTATE_BV = 512, YMM_HIGH = 576, XSAVE_SIZE = 832 };

// The registers of a user program.
struct registers {
    u8 fx[XSAVE_SIZE] __attribute__((aligned(64)));
    u64 gpr[16];
    u64 rip, rflags, fs_base, gs_base;
    u64 cs, ds; // selectors; ES is DS, SS is USER_SS, FS and GS are null
};
enum { USER32_CS = 0x23, USER_SS = 0x2b, USER_CS = 0x33 }; // Linux's

struct outcome {
    struct registers r;
    i32 vector; // EXC_*, or NO_FAULT
    u32 error;
    u64 cr2;    // #PF only
    u64 ticks;  // emulator: how many instructions it says it took
    bool exits; // it got to the exit, where r.rip is said to be behind the instruction
};

// How a case is run.
enum variant {
    STEP,    // one instruction under TF in both worlds
    PLAIN,   // without TF
    NOFLAGS, // the same, with an instruction behind it that overwrites all flags: the handlers without flags
    REPEAT,  // a repeated string instruction to its end
    VARIANTS
};

// How it comes to its end natively.
enum leaving {
    BY_STEP, // #DB: TF is set
    BY_EXIT, // the bytes behind the instruction lead to EXIT_PAGE
    BY_TRAP, // it arrives at an INT3, or at a place that cannot be executed
};

enum { WINDOWS = 4, PRODUCERS = 2, CODE_MOST = LONGEST + 8 + 6 };
struct window {
    u32 from, to; // offsets from DATA
};

struct isa_case {
    // ---- the encoding
    u8 byte[LONGEST + 1];
    unsigned length;        // as the decoder sees it
    const struct insn *row; // that it decoded to; NULL: none
    struct decoded d;
    bool bits32;         // in compatibility mode
    bool memory, size16; // has a memory operand; its handler is the one for 16 bits
    bool undefined;      // no row, or one without a handler for it
    bool vague;          // where it ends is not known: no exit
    u64 rip;
    u64 fixed_at;          // the operand's address when no register says it, before FS or GS base
    u8 code[CODE_MOST];    // the bytes at RIP - front in both worlds: the producer, the instruction and how it goes on
    unsigned n, front;     // of them; of the producer
    u8 sum, added;         // the producer's registers: sum += added; sum -= added
    enum variant plain;    // PLAIN, NOFLAGS or REPEAT: what most of its cases are
    struct registers base; // what its inputs have in common
    // ---- the input
    enum variant variant;
    struct registers r;
    struct window window[WINDOWS]; // where it may write, mostly
    unsigned windows;
};

// ---- generate.c
u64 mode_of(const struct isa_case *k);
// An encoding of this row; row == NULL: random bytes.
void generate(struct isa_case *k, const struct insn *row, const struct decode_index *ix, struct rng *g);
void generate_swept(struct isa_case *k, u64 number, const struct decode_index *ix, struct rng *g);
// Its input number j.
void generate_input(struct isa_case *k, unsigned j, const u8 *memory, struct rng *g);
// It is run under TF, without its producer.
void step(struct isa_case *k);
bool row_has(const struct insn *row, u8 operand);
bool is_gather(const struct insn *row);
u64 address_of(const struct isa_case *k); // linear, of its memory operand

// ---- sweep.c
u64 sweep_size(void); // encodings
// Writes encoding `number` and its mode; returns where a displacement of 32 bits without base register is, or 0.
unsigned sweep_bytes(struct isa_case *k, u64 number, struct rng *g);

// ---- values.c
u64 value(struct rng *g); // an integer, often an edge
// In an XSAVE image: everything; the x87; one vector register; MXCSR.
void fx_values(u8 *fx, struct rng *g);
void x87_values(u8 *fx, struct rng *g);
enum numbers { ANY_NUMBERS, FLOATS, DOUBLES }; // the last two: ordinary ones only
void sse_value(u8 *fx, unsigned reg, enum numbers kind, struct rng *g);
void mxcsr_value(u8 *fx, struct rng *g);
void memory_values(u8 *memory, unsigned size, struct rng *g);

// ---- features.c
const struct x86_model *rig_model(void);
// The feature of this row that the processor here has not, or NULL. One that nobody knows it is said not to have.
const char *host_lacks(const struct insn *row);
bool host_is_intel(void); // CPUID says GenuineIntel

// ---- exempt.c
// Why this row's cases are not run natively (or not compared); NULL: they are.
const char *exempt(const struct insn *row);
unsigned prefix_count(const u8 *byte); // prefixes before the opcode, REX among them
bool calls_kernel(const u8 *byte);
// LAR, LSL, VERR, VERW.
bool asks_gdt(const struct insn *row);
// What the emulator says may be true under its GDT only; `selector`: what asks_gdt rows ask about.
bool gdt_decides(const struct isa_case *k, const struct outcome *guest, u16 selector);
// AMD's and Intel's processors differ here in a documented way, and the rows follow Intel's.
bool case_by_vendor(const struct isa_case *k);
// A locked access over the end of a cache line, on a processor that tells of such.
bool locks_bus(const struct isa_case *k);
// Why silicon may do more with these bytes than the model offers (`row`: what the model makes of them); NULL: it may not.
const char *beyond_model(const u8 *byte, unsigned n);

// ---- compare.c
enum {
    DIFF_VECTOR = 1,
    DIFF_ERROR = 2,
    DIFF_CR2 = 4,
    DIFF_RIP = 8,
    DIFF_GPR = 16,
    DIFF_FLAGS = 32,
    DIFF_MEMORY = 64,
    DIFF_FX = 128,
    DIFF_BASE = 256,
    DIFF_TICKS = 1024,
    DIFF_ENGINE = 2048, // translated code does not do what the interpreter does
    DIFF_ALONE = 512,   // only seen after other cases of its encoding
};
// DIFF_* of silicon's outcome and the emulator's.
u32 compare(const struct isa_case *k, const struct outcome *native, const struct outcome *guest);
// The manual leaves open which of two faults it is, or whether it is one.
bool either_is_right(const struct isa_case *k, const struct outcome *native, const struct outcome *guest);
// Only memory may differ.
bool scribbles(const struct isa_case *k, const struct outcome *guest);

// ---- native.c
// NULL, or why this host cannot do it.
const char *native_prepare(void);
void native_seal(void);       // from now on no system calls but read, write, exit, sigreturn
extern u8 *native_code;       // writable view of CODE
extern const u8 *native_exit; // the bytes of EXIT_PAGE
void native_step(struct registers *in, struct outcome *out);

// ---- guest.c
struct guest;
struct guest *guest_create(bool translates); // each block at its first entry
u64 guest_translated(const struct guest *g); // instructions that ran in translated code
struct x86_cpu *guest_cpu(struct guest *g);
u8 *guest_data(struct guest *g); // the bytes at DATA
void guest_code(struct guest *g, u64 at, const u8 *bytes, unsigned n);
void guest_exit_page(struct guest *g, const u8 *bytes);
struct course {
    unsigned most;  // instructions in one slice, ending early with a fault
    u64 again;      // then more, one by one, as long as RIP is there
    unsigned front; // a producer in as many bytes before RIP runs first
};
void guest_step(struct guest *g, const struct registers *in, struct outcome *out, struct course how);

// ---- group.c
enum { FINDINGS = 64, MAX_ROWS = 2048, PER_ROW = 2 };

struct finding {
    u64 index;
    struct isa_case k;
    struct outcome native, guest;
    i64 memory_at; // first byte that differs, -1: none
    u8 memory[2];
    u32 wrong; // DIFF_*
};

// What one process has to tell, in memory that its parent sees.
struct tally {
    u64 index, encodings, undefined, cases, differences, beyond, refused, faults, steps, translated;
    u64 row_cases[MAX_ROWS], row_faults[MAX_ROWS], row_wrong[MAX_ROWS], bytes_wrong;
    unsigned findings;
    struct finding finding[FINDINGS];
};

struct rig {
    struct guest *guest, *translating;
    bool behind; // the last case ran in `guest` and not, or otherwise, in `translating`
    const struct decode_index *ix;
    struct tally *tally;
    u64 seed;
    bool sweep;           // encodings are sweep.c's
    u8 memory[DATA_SIZE]; // what DATA holds before every case
};
// Runs cases [first, last) of one group.
void run_group(struct rig *rig, u64 first, u64 last);
extern const struct insn *all_rows[MAX_ROWS];
extern unsigned row_count;
void collect_rows(void);

// ---- report.c
void report_finding(const struct finding *f, u64 seed);
// Returns how many rows have no case.
unsigned report_rows(const struct tally *t, bool all);

#endif
