// SPDX-License-Identifier: MIT
// Silicon against the emulator: one instruction at a time, in user mode (64-bit, or 32-bit in compatibility mode), on the same
// registers and memory.
//
//   generate.c   a case from a row of the instruction tables      guest.c     runs it in the emulator
//   native.c     runs it on this machine's processor              exempt.c    rows that cannot be compared, and why
//   silicon.c    the loop: compares, counts per row, reports
//
// Linear addresses are the same in both worlds and all below 4 GiB, so that 67h and disp32 reach them:
//
//   20000000 DATA  two pages read-write, one read-only, then nothing
//   30000000 CODE  two pages execute and read, then nothing
#ifndef TESTS_ISA_RIG_H
#define TESTS_ISA_RIG_H

#include "isa/x86_64/block.h"
#include "isa/x86_64/cpuid.h"

#define DATA 0x20000000ull
#define DATA_WRITABLE 0x2000ull
#define DATA_SIZE 0x3000ull
#define CODE 0x30000000ull
#define CODE_SIZE 0x2000ull
// What lies above may belong to this process: nothing there is touched natively.
#define OURS_END 0x100000000ull

enum { LONGEST = 15, NO_FAULT = -1 };
enum { FX_SIZE = 512, FX_MXCSR = 24, FX_ST = 32, FX_XMM = 160, FX_END = 416 };

// The registers of a user program. `fx` is an FXSAVE64 image.
struct registers {
    u8 fx[FX_SIZE] __attribute__((aligned(64)));
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
};

// How a case is run.
enum variant {
    STEP,    // one instruction under TF in both worlds
    PLAIN,   // the emulator without TF: an instruction inside a block
    NOFLAGS, // the same, with an instruction behind it that overwrites all flags: the handlers without flags
    REPEAT,  // a repeated string instruction to its end
    VARIANTS
};

struct isa_case {
    u8 byte[LONGEST + 1];
    unsigned n;           // bytes of code there; the instruction may be shorter
    unsigned length;      // as the decoder sees it
    const struct insn *row; // that it decoded to; NULL: none
    bool bits32;            // in compatibility mode
    bool memory, size16;    // has a memory operand; its handler is the one for 16 bits
    enum variant variant;
    struct registers r;
};

// ---- random numbers (splitmix64)
struct rng {
    u64 s;
};
static inline u64 rnd(struct rng *g) {
    u64 z = (g->s += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}
static inline unsigned below(struct rng *g, unsigned n) { return (unsigned)((rnd(g) >> 32) * n >> 32); }
static inline bool one_in(struct rng *g, unsigned n) { return below(g, n) == 0; }

// ---- generate.c
// A case for this row; row == NULL: random bytes.
u64 mode_of(const struct isa_case *k);
void generate(struct isa_case *k, const struct insn *row, const struct decode_index *ix, const u8 *memory, struct rng *g);
bool row_has(const struct insn *row, u8 operand);

// ---- exempt.c
// Why this row's cases are not run natively (or not compared); NULL: they are.
const char *exempt(const struct insn *row);
bool calls_kernel(const u8 *byte);
// AMD's and Intel's processors differ here in a documented way, and the rows follow Intel's.
bool case_by_vendor(const struct isa_case *k);
// Why silicon may do more with these bytes than the model offers (`row`: what the model makes of them); NULL: it may not.
const char *beyond_model(const u8 *byte, unsigned n);

// ---- native.c
// NULL, or why this host cannot do it.
const char *native_prepare(void);
void native_seal(void); // from now on no system calls but read, write, exit, sigreturn
extern u8 *native_code; // writable view of CODE
void native_step(const struct registers *in, struct outcome *out);

// ---- guest.c
struct guest;
struct guest *guest_create(void);
struct x86_cpu *guest_cpu(struct guest *g);
u8 *guest_data(struct guest *g); // the bytes at DATA
void guest_code(struct guest *g, u64 at, const u8 *bytes, unsigned n);
// `most` instructions at most, ending early with a fault or, when `same_rip`, when RIP moves.
void guest_step(struct guest *g, const struct registers *in, struct outcome *out, unsigned most, bool same_rip);

#endif
