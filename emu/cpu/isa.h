// SPDX-License-Identifier: MIT
// What an instruction set provides to the code that is of none. Nothing here is called while a block stays on its fast paths.
#ifndef CPU_ISA_H
#define CPU_ISA_H

#include "cpu/uop.h"
#include "mmu/walk.h"

// What comes next at a boundary between two instructions.
enum between {
    BETWEEN_GO,    // the next instruction
    BETWEEN_ALONE, // the next instruction, in a block of its own (single-stepping, breakpoints)
    BETWEEN_TOOK,  // something was taken (an interrupt): ask again
    BETWEEN_HALT,  // nothing: the processor waits
};

// How code lies around the next instruction.
struct code_place {
    gva_t at;   // its virtual address, what is fetched from
    u64 inside; // bytes from there that may be executed (x86: to the segment's end); all ones: no bound
};

// What a translator of blocks to the host's code is to the interpreter (vcpu.translator).
struct isa_translator {
    op_fn *cold;                                      // b->enter of a new block, which may be translated one day
    void (*dropped)(struct vcpu *v, struct block *b); // translations are of b or lead to it, and its code has changed
    void (*flushed)(struct vcpu *v);                  // all blocks are gone
    void (*relinked)(struct vcpu *v, struct block *b, unsigned which); // translations follow b's link, which leads elsewhere now
};

// Where a function's frame is kept, by the convention of its frame pointer: behind the pointer, in bytes, lie the caller's pointer and the address to
// which it returns.
struct code_frame {
    u64 pointer;
    i64 caller, back;
    unsigned size; // of both: 4 or 8 bytes
};

struct measure_place;
struct measure_insn;
struct debug_isa;

struct isa {
    const char *name;
    // Where the PC, and the base of the running block (uop.h), are: bytes from the struct vcpu.
    ptrdiff_t pc, base;

    // ---- blocks
    // Runs b from instruction `at` on: calls b->enter, or the handler of u[at], with the CPU that v is part of and &u[at].
    void (*enter)(struct vcpu *v, const struct block *b, unsigned at);
    op_fn *block_end; // dispatch.h's
    op_fn *exit_end;
    op_fn *part_end;
    op_fn *point;
    // Decodes the nth instruction of a block, which starts `at` bytes into it, from `have` bytes at `code`. False: the instruction is
    // longer than `have`; must not happen when `have` is 15 (LONGEST in block.c). *ends: it must be the last of its block.
    bool (*decode)(struct vcpu *v, struct uop *u, const u8 *code, unsigned have, unsigned at, unsigned n, unsigned *length,
                   bool *ends);
    // Looks at the whole block, n instructions of which were decoded: fusion, flags that nobody reads.
    void (*finish_block)(struct vcpu *v, struct block *b, unsigned n);
    // In this mode the PC's page is the page of code: linear addresses are the PC itself, with no bound. NULL: in none.
    bool (*links_near)(u64 mode);
    // Where the instruction at the PC is. May raise.
    void (*code_at)(struct vcpu *v, struct code_place *p);
    // A virtual address as the processor wraps it; NULL: all 64 bits count. `code`: of code.
    gva_t (*wrap)(const struct vcpu *v, gva_t a, bool code);
    // The instruction at the PC is longer than code_place.inside: raises.
    void (*past_end)(struct vcpu *v);
    // There is no memory at `at`, which the PC leads to: raises, or ends the run.
    void (*nothing_at)(struct vcpu *v, gpa_t at);

    // ---- telling what happened (dump.c): both without side effects
    // Up to 15 bytes of code at `pc` as page tables show it now, as far as they are RAM; how many.
    unsigned (*look_code)(struct vcpu *v, u64 pc, u8 code[15]);
    // The text of the instruction in them; its length, 0 when it cannot be told.
    unsigned (*disasm)(struct vcpu *v, const u8 *code, unsigned have, u64 pc, char *text, size_t room);

    // What a debugger knows of it (debug.h); and where an instruction is that the PC says: NULL: there.
    const struct debug_isa *debug;
    u64 (*linear)(const struct vcpu *v, u64 pc);

    // What the instruction in these bytes is (measure.h); it is whole.
    void (*classify)(struct vcpu *v, const u8 *code, unsigned have, struct measure_insn *out);
    // Where the processor is (measure.h).
    void (*place)(const struct vcpu *v, struct measure_place *p);
    // A function has just been entered: where it returns to, and what its stack pointer is there at least. False: that cannot be told.
    bool (*caller)(struct vcpu *v, u64 *pc, u64 *sp);

    // The running function's frame. False: in this mode there are none that could be followed.
    bool (*frame)(struct vcpu *v, struct code_frame *f);

    // ---- the loop
    enum between (*between)(struct vcpu *v);
    // Around an instruction that runs alone; NULL: nothing to do. before: true when something was taken in its place.
    bool (*alone_before)(struct vcpu *v);
    void (*alone_after)(struct vcpu *v);
    // vcpu_leap was called, by an instruction that ran alone or not; the PC is exact now. True: there is an exception to deliver.
    bool (*raised)(struct vcpu *v, bool alone);
    // Delivers it. Never raises.
    void (*deliver)(struct vcpu *v);

    // ---- memory. `rules`: what the ISA's accessors passed to access.h (x86: the segment).
    // Prepares the walk of `a` in a TLB context. 0: walk; > 0: addresses are not translated; < 0: w->fault says why there is none.
    int (*walk_init)(struct vcpu *v, struct walk *w, gva_t a, u64 key);
    // Raises what w->fault is.
    void (*walk_fault)(struct vcpu *v, const struct walk *w, unsigned rules, gva_t a, enum mmu_access access);
    // Where an operand goes on behind its first page, n bytes from its start, wrapped; may raise. NULL: at a + n.
    gva_t (*second_part)(struct vcpu *v, unsigned rules, gva_t a, unsigned n);
    // Which of PERM_R, W, X hold for every byte of a physical page, whatever page tables say. NULL: all, everywhere.
    u8 (*page_rights)(const struct vcpu *v, gpa_t page, u64 key);
    // May [at, at + size) be accessed at all? Raises if not. `present`: there is RAM, or a device. NULL: always. Of a fetch it is the
    // first two bytes.
    void (*physical)(struct vcpu *v, unsigned rules, gva_t a, gpa_t at, unsigned size, enum mmu_access access, u64 key,
                     bool present);
    // Data breakpoints: whether there are any, and whether this access hits one. NULL: none.
    bool (*watching)(const struct vcpu *v);
    void (*watch)(struct vcpu *v, gva_t a, unsigned size, bool write);
    // A walk's translation goes into the TLB; all of them are gone. NULL: nothing to note.
    void (*filled)(struct vcpu *v, const struct walk *w);
    void (*flushed)(struct vcpu *v);
    // Pages that tables call global are it. NULL: always.
    bool (*globals)(const struct vcpu *v);
    // Makes all that follows from the registers anew, the running address space and mode_changed's among it. No translation is kept.
    void (*reload)(struct vcpu *v);
    // Recomputes mode, tlb_key and fetch_key from the ISA's state and asid.
    void (*mode_changed)(struct vcpu *v);
};

static inline u64 *isa_pc(struct vcpu *v) { return (u64 *)((hva_t)v + (hva_t)v->isa->pc); }
static inline u64 *isa_base(struct vcpu *v) { return (u64 *)((hva_t)v + (hva_t)v->isa->base); }

#endif
