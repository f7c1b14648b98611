// SPDX-License-Identifier: MIT
// qemu-aarch64 against the emulator: one encoding at a time, in user mode, on the same registers and memory.
//
//   generate.c   encodings and their inputs            native.c     the program under qemu-aarch64 (layout.h)
//   values.c     operand values, edges among them      qemu.c       the process that runs it
//   exempt.c     what QEMU cannot say, and why         emulator.c   runs a case in the emulator
//   compare.c    two outcomes                          main.c       options, processes, counters
//   text.c       disassembly, for LLVM to look at      report.c     what was found, row by row
//
// A case is one encoding with one input. Its number says which: case N is input N % INPUTS of encoding N / INPUTS, and both come
// from the seed and that number alone; so any case can be run again alone.
#ifndef TESTS_ISA_ARM64_RIG_H
#define TESTS_ISA_ARM64_RIG_H

#include "isa/arm64/insn.h"
#include "layout.h"
#include "rng.h"

enum { PER_BATCH = SLOTS - 1, CODE_MOST = (SLOT_PAD_1 - SLOT_CODE - 4) / 4, MAX_ROWS = 4096, FINDINGS = 32, PER_ROW = 2 };

struct encoding {
    u64 number;
    u64 slot; // its address
    u32 code[CODE_MOST];
    unsigned insns;
    // The last instruction of it, which it is about.
    const struct arm64_insn *row; // NULL: no instruction
    struct arm64_decoded d;
    u64 pc;           // its address
    const char *skip; // it is not run natively: why
};

// ---- generate.c
// ADDED: rows alone, those that `max` adds to `armv8.0`, against QEMU's own `max`, which has more beside them.
enum source { ROWS, SWEEP, ADDED };
static inline const char *model_of(enum source s) { return s == ADDED ? "max" : ""; }
#define SWEEP_SIZE (1u << 20) // random words
void generate(struct encoding *e, u64 number, enum source source, u64 seed, const struct arm64_index *ix);
u32 word_of(const struct arm64_insn *row, struct rng *g,
            const struct arm64_index *ix); // covered by this row, and by none before it
extern const unsigned known_sysregs[3];    // NZCV, FPCR, FPSR: the registers that both worlds have
void generate_input(struct input *in, const struct encoding *e, unsigned i, u64 seed);
// Writes the slot: the encoding, and its ways out.
void write_slot(u8 *slot, const struct encoding *e, u64 at);
bool has_memory(const struct arm64_insn *row); // it has a memory operand
unsigned access_size(const struct encoding *e);

// ---- values.c
u64 value(struct rng *g);                                              // an integer, often an edge
void vector_value(struct rng *g, bool halves, unsigned long lanes[2]); // what a V register may hold, mostly halves
void memory_values(u8 *memory, unsigned size);

// ---- exempt.c
// Why this row's cases are not run natively; NULL: they are.
const char *exempt(const struct encoding *e);
// Bits of FPCR under which QEMU errs about this row: its cases come without.
u64 exempt_fpcr(const struct arm64_insn *row);

// ---- qemu.c
struct qemu;
// One process of it as this -cpu; `program` is native.c's. NULL: it does not start.
struct qemu *qemu_start(const char *program, const char *cpu);
struct shared *qemu_memory(struct qemu *q);
// Runs the batch in its memory; 0, or negative when it died or did not come back.
int qemu_run(struct qemu *q);
void qemu_end(struct qemu *q);

// ---- emulator.c
struct emulator;
struct emulator *emulator_create(const char *model);
const struct arm64_index *emulator_index(const struct emulator *m);
void emulator_data(struct emulator *m, const u8 *fresh); // what DATA holds before every case
bool emulator_data_whole(const struct emulator *m);      // and holds between them
// All of CODE anew.
void emulator_code(struct emulator *m, const u8 *code);
void emulator_run(struct emulator *m, const struct encoding *e, const struct input *in, struct result *out);

// ---- compare.c
enum { DIFF_HOW = 1, DIFF_PC = 2, DIFF_ADDRESS = 4, DIFF_X = 8, DIFF_V = 16, DIFF_FLAGS = 32, DIFF_MEMORY = 64 };
u32 compare(const struct encoding *e, const struct input *in, const struct result *native, const struct result *emulated);

// ---- report.c
struct finding {
    struct encoding e;
    struct input in;
    struct result native, emulated;
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
extern const struct arm64_insn *all_rows[MAX_ROWS];
extern unsigned row_count;
// The rows that this model has, and without (NULL: none) has not.
void collect_rows(const struct arm64_model *model, const struct arm64_model *without);
unsigned row_number(const struct arm64_insn *row);
void report_finding(const struct finding *f, u64 seed, enum source source, const struct arm64_index *ix);
// Returns how many rows have no case.
unsigned report_rows(const struct tally *t, bool all);

// ---- text.c
// Instructions of every row, one a line: address, bytes, text.
void print_text(const struct arm64_index *ix, u64 words, u64 seed, const char *binary);

#endif
