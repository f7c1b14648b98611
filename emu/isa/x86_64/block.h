// SPDX-License-Identifier: MIT
// The cache of decoded blocks, by guest physical address and mode.
#ifndef X86_BLOCK_H
#define X86_BLOCK_H

#include "isa/x86_64/insn.h"

#ifdef HOSTILE
#define BLOCK_INSNS 4
#define BLOCK_ARENA (16 * KiB)
#else
#define BLOCK_INSNS 48
#define BLOCK_ARENA (64 * MiB)
#endif

struct block_cache *block_cache_create(struct env *env, struct bus *bus);
// Drops everything: also what makes decoding forget a changed CPUID or remapped memory.
void block_cache_flush(struct x86_cpu *c);
// The block at c->s.rip in the current mode, decoded if need be; of one instruction when c->single. Raises #PF, #GP when the
// code cannot be fetched. NULL: there is no memory at the address; *gone is where.
struct block *block_at_rip(struct x86_cpu *c, gpa_t *gone);
// The instructions [at, at + n) of `whole`, which has more, as a block of their own that leaves c->resume behind. It counts as
// the whole where code changes, and lives until the next part is made.
struct block *block_part(struct x86_cpu *c, struct block *whole, unsigned at, unsigned n);
// Installed as bus.code_write: bytes [at, at + len) are about to change.
void block_code_write(void *cpu, gpa_t at, u64 len);

// ---- decode.c
struct decoded {
    struct uop uop;
    const struct insn *insn; // NULL: no such instruction (uop.fn is op_ud)
    unsigned length;
    bool memory;             // has a memory operand
    bool ends;               // nothing may follow it in its block
    bool incomplete;         // more bytes are needed than there are
    u8 size;                 // operand size: 0: 8, 1: 16, 2: 32, 3: 64 bits
    u8 rep;                  // the last F2 or F3 prefix, 0: none
    bool lock;
};
struct decode_index *decode_index_create(struct env *env, const struct x86_model *model);
// The handler for d's operands: NULL when there is none.
op_fn *x86_pick(const struct ops *ops, const struct decoded *d);
// The handler that does two instructions at once, the second a Jcc of 64-bit code, or NULL (op_fused.c).
op_fn *x86_fused(const struct decoded *first, const struct decoded *second);
// One instruction from `have` (1..15) bytes at `code`, `at` bytes into its block.
void x86_decode(const struct decode_index *ix, u64 mode, const u8 *code, unsigned have, unsigned at, struct decoded *d);

#endif
