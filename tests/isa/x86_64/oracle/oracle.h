// SPDX-License-Identifier: MIT
// A second oracle beside silicon (tests/isa): what user mode cannot show. Random instructions from the rows of the tables,
// in every mode, ring 0 and ring 3, in the emulator and in unicorn (QEMU's TCG as a library); and the decoder against capstone.
//
//   cases.c      an instruction and its input          worlds.c    memory, and the code that leads into each mode
//   emulator.c   runs it in the emulator               unicorn.c   runs it in unicorn
//   differs.c    where unicorn is wrong, by name       places.c    rows that no oracle reaches, and where they are tested
//   text.c       lengths and names against capstone    main.c      the loop and the report
//
// Physical memory is linear memory in every mode:
//
//   00900 pointers for LGDT, LIDT   01000 GDT   01400 LDT   02000 IDT   03000 TSS   03400 another   04000..07000 stacks
//   08000 the way into the modes    09000 CODE  0a000 DATA  0d000 DATA read-only where there is paging   10000 page tables
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "isa/x86_64/insn/decode.h"
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/insn/insn.h"
#include "rng.h"

enum {
    LONGEST = 15,
    NO_FAULT = -1,
    CODE = 0x9000,
    DATA = 0xa000,
    DATA_END = 0xe000,
    STACK = 0x6000,
    WAY = 0x8000,
    RAM = 0x20000
};

// Modes that a case starts in; the number behind is the ring.
enum base { LONG0, LONG3, PROT0, PROT3, CODE16, REAL, V86, BASES };
extern const char *const base_names[BASES];
static inline bool is_long_base(enum base b) { return b <= LONG3; }
static inline bool is_real_base(enum base b) { return b >= REAL; }

struct table_state {
    u64 base;
    u32 limit;
    u16 sel;
};

// What both worlds can tell.
struct state {
    u64 gpr[16], rip, rflags, fs_base, gs_base;
    u64 cr0, cr2, cr3, cr4, efer, dr[8];
    struct table_state gdtr, idtr, ldtr, tr;
    u16 sel[6];
    u8 xmm[16][16];
    u8 st[8][10];
    u16 fcw, fsw;
    u32 mxcsr;
};

struct outcome {
    struct state s;
    i32 vector;   // of the exception, or NO_FAULT
    u32 error;    // emulator only
    bool outside; // touched physical memory that there is none
};

struct oracle_case {
    enum base base;
    u8 byte[LONGEST + 1];
    const struct insn *row; // that the bytes decode to; NULL: none
    struct decoded d;
    u64 rip;
    u64 gpr[16];
    u32 flags;
    u8 xmm[16][16];
    u8 st[8][10];
    u8 data[DATA_END - DATA]; // what is there
    u8 stack[64];             // at RSP
    bool has_stack;
};

// ---- worlds.c
extern const u8 oracle_way[];           // the code that leads into the modes, for WAY
extern const u8 *const way_to[BASES];   // it has arrived; each starts at way_from
extern const u8 *const way_from[BASES]; // where it starts: oracle_way, or a place behind the arrival in way_after
extern const int way_after[BASES];      // mode that it starts in; -1: 64-bit code at WAY
void fill_memory(u8 *ram);              // tables, the way; RAM bytes
void ready(const struct oracle_case *k, u8 *ram, const u8 *image); // the case's memory, over `image`

// ---- cases.c
u64 mode_in(enum base b);
// A case for this row; NULL: random bytes.
void make_case(struct oracle_case *k, const struct insn *row, const struct decode_index *ix, const u8 *image, struct rng *g);

// ---- emulator.c, unicorn.c: `ram` is this world's memory; what a case needs is in it already
void emulator_create(u8 *ram);
const struct decode_index *emulator_index(void);
void emulator_run(const struct oracle_case *k, struct outcome *o);
void unicorn_create(u8 *ram);
void unicorn_run(const struct oracle_case *k, struct outcome *o);

// ---- differs.c
// Why unicorn does not have this row; NULL: it has it.
const char *unicorn_lacks(const struct insn *row);
// The name of the known difference that the two outcomes show; NULL: none that is known.
enum {
    DIFF_VECTOR = 1,
    DIFF_RIP = 2,
    DIFF_GPR = 4,
    DIFF_FLAGS = 8,
    DIFF_SYSTEM = 16,
    DIFF_SEGMENT = 32,
    DIFF_XMM = 64,
    DIFF_FPU = 128,
    DIFF_MEMORY = 256,
};
const char *known_difference(const struct oracle_case *k, const struct outcome *e, const struct outcome *q, u32 wrong);

// ---- of the silicon rig (tests/isa)
bool row_has(const struct insn *row, u8 operand);
const struct x86_model *rig_model(void);        // every feature that rows exist for
const char *exempt(const struct insn *row);     // why silicon does not compare this row; NULL: it does
const char *host_lacks(const struct insn *row); // the feature that the processor here lacks; NULL: none

// ---- places.c
// Where a row that neither silicon nor unicorn compares is tested; NULL: nowhere.
const char *tested_at(const struct insn *row);

// ---- text.c
// Prints its report; the number of disagreements that no name explains.
u64 compare_text(u64 cases, u64 seed);

#endif
