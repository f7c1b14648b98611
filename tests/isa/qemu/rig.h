// SPDX-License-Identifier: MIT
// qemu-riscv64 against the emulator: one encoding at a time, in user mode, on the same registers and memory.
//
//   generate.c   encodings and their inputs            native.c     the program under qemu-riscv64 (layout.h)
//   values.c     operand values, edges among them      qemu.c       the process that runs it
//   exempt.c     what QEMU cannot say, and why         emulator.c   runs a case in the emulator
//   compare.c    two outcomes                          main.c       options, processes, counters
//   text.c       disassembly, for LLVM to look at      report.c     what was found, row by row
//
// A case is one encoding with one input. Its number says which: case N is input N % INPUTS of encoding N / INPUTS, and both come
// from the seed and that number alone; so any case can be run again alone.
#ifndef TESTS_ISA_RISCV64_RIG_H
#define TESTS_ISA_RISCV64_RIG_H

#include "isa/riscv64/insn.h"
#include "layout.h"
#include "rng.h"

enum { PER_BATCH = SLOTS - 1, CODE_MOST = SLOT_PAD_1 - SLOT_CODE - 4, MAX_ROWS = 512, FINDINGS = 32, PER_ROW = 2 };

struct encoding {
    u64 number;
    u64 slot; // its address
    u8 code[CODE_MOST];
    unsigned bytes, insns;
    // The last instruction of it, which it is about.
    const struct rv_insn *row; // NULL: no instruction
    struct rv_decoded d;
    u64 pc;           // its address
    const char *skip; // it is not run natively: why
};

// ---- generate.c
enum source { ROWS, SWEEP };
// Encodings of the sweep: every 16-bit parcel, then random words.
#define SWEEP_PARCELS 65536u
#define SWEEP_SIZE (SWEEP_PARCELS + (1u << 18))
void generate(struct encoding *e, u64 number, enum source source, u64 seed, const struct rv_index *ix);
u32 word_of(const struct rv_insn *row, struct rng *g, const struct rv_index *ix); // covered by this row, and by none before it
void generate_input(struct input *in, const struct encoding *e, unsigned i, u64 seed);
// Writes the slot: the encoding, and its ways out.
void write_slot(u8 *slot, const struct encoding *e, u64 at);
bool has_memory(const struct rv_insn *row); // it has a memory operand
unsigned access_size(const struct encoding *e);
u64 address_of(const struct encoding *e, const struct registers *r);

// ---- values.c
u64 value(struct rng *g);       // an integer, often an edge
u64 float_value(struct rng *g); // what an f register may hold
void memory_values(u8 *memory, unsigned size);

// ---- exempt.c
// Why this row's cases are not run natively; NULL: they are.
const char *exempt(const struct encoding *e);
// QEMU's result is wrong for some operands, and `correct` puts it right where the instruction stands alone.
bool qemu_errs(const struct rv_insn *row);
void correct(struct result *native, const struct encoding *e, const struct input *in);

// ---- qemu.c
struct qemu;
// One process of it; `program` is native.c's. NULL: it does not start.
struct qemu *qemu_start(const char *program);
struct shared *qemu_memory(struct qemu *q);
// Runs the batch in its memory; 0, or negative when it died or did not come back.
int qemu_run(struct qemu *q);
void qemu_end(struct qemu *q);

// ---- emulator.c
struct emulator;
struct emulator *emulator_create(void);
const struct rv_index *emulator_index(const struct emulator *m);
void emulator_data(struct emulator *m, const u8 *fresh); // what DATA holds before every case
bool emulator_data_whole(const struct emulator *m);      // and holds between them
// All of CODE anew.
void emulator_code(struct emulator *m, const u8 *code);
// What the emulator says that a case took. It gets a tick for each of its instructions, one for the jump behind them, and TICKS_BEHIND,
// which are for what follows a trap, or what a stub leads to.
enum { TICKS_BEHIND = 8 };
struct account {
    u64 ticks, traps;
    u64 behind; // instructions that ran behind the case
};
void emulator_run(struct emulator *m, const struct encoding *e, const struct input *in, struct result *out, struct account *a);

// ---- compare.c
enum { DIFF_HOW = 1, DIFF_PC = 2, DIFF_ADDRESS = 4, DIFF_X = 8, DIFF_F = 16, DIFF_FCSR = 32, DIFF_MEMORY = 64, DIFF_TICKS = 128 };
u32 compare(const struct encoding *e, const struct input *in, const struct result *native, const struct result *emulated);
u32 compare_account(const struct encoding *e, const struct result *native, const struct account *a); // DIFF_TICKS or 0

// ---- report.c
struct finding {
    struct encoding e;
    struct input in;
    struct result native, emulated;
    struct account account;
    unsigned i;
    u32 wrong;
};
// What one process has to tell, in memory that its parent sees.
struct tally {
    u64 at, encodings, undefined, skipped, cases, differences, faults;
    u64 row_cases[MAX_ROWS], row_faults[MAX_ROWS], row_wrong[MAX_ROWS], illegal_wrong;
    const char *row_skip[MAX_ROWS];
    unsigned findings;
    struct finding finding[FINDINGS];
};
extern const struct rv_insn *all_rows[MAX_ROWS];
extern unsigned row_count;
void collect_rows(void);
unsigned row_number(const struct rv_insn *row);
void report_finding(const struct finding *f, u64 seed, enum source source, const struct rv_index *ix);
// Returns how many rows have no case.
unsigned report_rows(const struct tally *t, bool all);

// ---- text.c
// Instructions of every row, one a line: address, bytes, text.
void print_text(const struct rv_index *ix, u64 words, u64 seed, const char *binary);

#endif
