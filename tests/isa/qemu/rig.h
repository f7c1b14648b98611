// SPDX-License-Identifier: MIT
// qemu-user against the emulator: one encoding at a time, in user mode, on the same registers and memory. This room is compiled once for
// each architecture, with what that gives (tests/isa/*/oracle): arch.h, registers.h, and the functions that are marked so below.
//
//   main.c       options, processes, counters          native.c     the program under QEMU (native.h)
//   generate.c   encodings and their inputs            qemu.c       the process that runs it
//   values.c     operand values, edges among them      emulator.c   runs a case in the emulator
//   compare.c    two outcomes                          report.c     what was found, row by row
//   text.c       disassembly, for LLVM to look at
//
// A case is one encoding with one input. Its number says which: case N is input N % INPUTS of encoding N / INPUTS, and both come
// from the seed and that number alone; so any case can be run again alone.
#ifndef TESTS_ISA_QEMU_RIG_H
#define TESTS_ISA_QEMU_RIG_H

#include "arch.h"
#include "layout.h"
#include "rng.h"

// ROWS: all of the emulator's usual model, and every 16th encoding a random word. SWEEP: SWEEP_SHORT words that the number itself is, then
// random ones. ADDED: the rows alone that the largest model has besides, against a QEMU that has more beside them.
enum source { ROWS, SWEEP, ADDED };

struct vcpu;
struct env;
struct bus;

enum { PER_BATCH = SLOTS - 1, CODE_MOST = SLOT_PAD_1 - SLOT_CODE - 4, MAX_ROWS = 4096, FINDINGS = 32, PER_ROW = 2 };

struct encoding {
    u64 number;
    u64 slot; // its address
    u8 code[CODE_MOST];
    unsigned bytes, insns;
    // The last instruction of it, which it is about.
    const insn_row *row; // NULL: no instruction
    insn_decoded d;
    u64 pc;           // its address
    const char *skip; // it is not run natively: why
};

// ---- The architecture's rows
extern const insn_row *all_rows[MAX_ROWS];
extern unsigned row_count;
void add_row(const insn_row *row);
void collect_rows(enum source source);    // the architecture's: adds them
bool has_memory(const insn_row *row);     // the architecture's: it has a memory operand
bool has_label(const insn_row *row);      // the architecture's: it has a distance to somewhere
unsigned row_number(const insn_row *row); // NULL: one that is no row's

// ---- generate.c
#define SWEEP_SIZE (SWEEP_SHORT + SWEEP_WORDS)
void generate(struct encoding *e, u64 number, enum source source, u64 seed, const insn_index *ix);
void generate_input(struct input *in, const struct encoding *e, unsigned i, u64 seed);
void append(struct encoding *e, u32 word);
// Something without memory that goes on: so that blocks are longer, and pairs are there to be fused.
void append_plain(struct encoding *e, struct rng *g, const insn_index *ix);
u64 window_of(u64 at); // the part of DATA that an access there may write; 0: none
// Writes the slot: the encoding (NULL: none), and its ways out.
void write_slot(u8 *slot, const struct encoding *e, u64 at);
// The architecture's:
bool decode(struct encoding *e, u32 word, u64 pc, const insn_index *ix); // the instruction that it is about; whether that is one
u32 word_of(const insn_row *row, struct rng *g, const insn_index *ix);   // covered by this row, and by none before it
// What stands before the instruction, if anything. Returns the word that the instruction is now.
u32 append_before(struct encoding *e, u32 word, enum source source, struct rng *g, const insn_index *ix);
bool disturbs(const struct encoding *first, const struct encoding *about); // it changes an address that the other takes
u32 with_label(const insn_row *row, u32 word, i64 offset);
u32 jump(u64 from, u64 to);
u32 slot_entry(u64 at); // the load in a slot there
unsigned access_size(const struct encoding *e);
void random_registers(struct input *in, const struct encoding *e, struct rng *g); // and the window

// ---- values.c
u64 value(struct rng *g);                                     // an integer, often an edge
u64 binary(u64 random, unsigned fraction, unsigned exponent); // a float of any kind
void memory_values(u8 *memory, unsigned size);
void vector_value(struct rng *g, unsigned long lanes[2]); // the architecture's: what memory and its largest registers hold

// ---- exempt.c, the architecture's
// Why this row's cases are not run natively; NULL: they are.
const char *exempt(const struct encoding *e);
// QEMU's result is wrong for some operands, and `correct` puts it right where the instruction stands alone.
bool qemu_errs(const insn_row *row);
void correct(struct result *native, const struct encoding *e, const struct input *in);
bool qemu_tells(u64 address); // and of a fault at this address

// ---- qemu.c
struct qemu;
// One process of it as this CPU; `program` is native.c's. NULL: it does not start.
struct qemu *qemu_start(const char *program, const char *cpu);
struct shared *qemu_memory(struct qemu *q);
// Runs the batch in its memory; 0, or negative when it died or did not come back.
int qemu_run(struct qemu *q);
void qemu_end(struct qemu *q);

// ---- emulator.c
struct emulator;
struct emulator *emulator_create(enum source source);
const insn_index *emulator_index(const struct emulator *m);
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

// ---- processor.c, the architecture's
// What pages are for.
enum use { USER_CODE, USER_DATA, USER_CONSTANT, HANDLER_CODE };
u64 table_entry(u64 physical); // leads to the next table
u64 page_entry(u64 physical, enum use use);
const char *qemu_cpu(enum source source); // what QEMU is meanwhile
struct vcpu *processor_create(struct env *env, struct bus *bus, enum source source);
const insn_index *processor_index(struct vcpu *v);
// Traps lead to `handler` + HANDLER_ENTRY, and memory is what the tables at `root` (physical) say.
void processor_start(struct vcpu *v, u64 root, u64 handler);
void processor_enter(struct vcpu *v, const struct registers *r, u64 pc); // user mode
// Registers as they are; in the handler, what has led there as well: how, address and r.pc.
void processor_leave(struct vcpu *v, struct result *out);
u64 processor_pc(struct vcpu *v);
u64 processor_traps(struct vcpu *v); // those so far, or since processor_enter

// ---- compare.c
enum {
    DIFF_HOW = 1,
    DIFF_PC = 2,
    DIFF_ADDRESS = 4,
    DIFF_X = 8,
    DIFF_V = 16,
    DIFF_STATUS = 32,
    DIFF_MEMORY = 64,
    DIFF_TICKS = 128
};
u32 compare(const struct encoding *e, const struct input *in, const struct result *native, const struct result *emulated);
u32 compare_account(const struct encoding *e, const struct result *native, const struct account *a); // DIFF_TICKS or 0
unsigned insn_bytes(const u8 *code);                                                                 // the architecture's

// ---- registers.c, the architecture's: what struct registers holds
struct register_group {
    const char *name;                   // of one register; of several in front of their numbers. NULL: the table's end
    const char *(*name_of)(unsigned i); // or so
    unsigned at, count, words;          // in the struct; words of 64 bits in each
    u64 mask;                           // the bits that count
    u32 differs;                        // DIFF_*
};
extern const struct register_group register_groups[];
bool is_operand(const struct encoding *e, const struct register_group *g, unsigned i);

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
    u64 row_cases[MAX_ROWS], row_faults[MAX_ROWS], row_wrong[MAX_ROWS];
    const char *row_skip[MAX_ROWS];
    unsigned findings;
    struct finding finding[FINDINGS];
};
void report_finding(const struct finding *f, u64 seed, enum source source, const insn_index *ix);
// Returns how many rows have no case.
unsigned report_rows(const struct tally *t, bool all);

// ---- text.c
// Instructions of every row, one a line: address, bytes, text.
void print_text(const insn_index *ix, u64 words, u64 seed, const char *binary);
// The architecture's:
u32 text_word(const insn_row *row, u32 word, struct rng *g); // as LLVM wants it where several words are one instruction
unsigned disassemble(const insn_index *ix, const u8 *code, unsigned have, u64 pc, char *text, size_t room); // its length; 0: none

#endif
