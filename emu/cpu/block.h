// SPDX-License-Identifier: MIT
// The cache of decoded blocks, by where the host has their bytes and by mode.
#ifndef CPU_BLOCK_H
#define CPU_BLOCK_H

#include "cpu/isa.h"

#ifdef HOSTILE
#define BLOCK_INSNS 4
#define BLOCK_ARENA (16 * KiB)
#else
#define BLOCK_INSNS 48
#define BLOCK_ARENA (64 * MiB)
#endif

struct block_cache *block_cache_create(struct env *env, struct bus *bus);
// Drops everything: also what makes decoding forget a changed CPUID or remapped memory.
void block_cache_flush(struct vcpu *v);
// The same, and what is known of instructions that meet devices.
void block_cache_forget(struct vcpu *v);
// The block at the PC in the current mode, decoded if need be; of one instruction when v->single. Raises when the
// code cannot be fetched. NULL: there is no memory at the address; *gone is where.
struct block *block_at_pc(struct vcpu *v, gpa_t *gone);
// The instructions [at, at + n) of `whole`, which has more, as a block of their own that leaves v->resume behind. It counts as
// the whole where code changes, and lives until the next part is made.
struct block *block_part(struct vcpu *v, struct block *whole, unsigned at, unsigned n);
// The running block, which begins at `base`, is linked to b, found at pc.
void block_link_to(struct vcpu *v, u64 base, unsigned which, u64 pc, struct block *b);
// The slice ends before instruction `at` of b, which lies at pc (run.c).
void block_stay(struct vcpu *v, struct block *b, unsigned at, u64 pc);
// What b is paid for is given back, and the slice ends before it: it lies at pc.
void block_leave(struct vcpu *v, struct block *b, u64 pc);
// u is the last of its block, and the loop comes next: as good as running alone.
static inline bool block_exits_behind(const struct block *b, const struct uop *u) { return b->exits && u->n + 1 == b->n; }
// The instruction at v->cur is about to access a device. Returns where that may be done: it is the last of its block, and the loop comes
// next. Else starts it again alone, and lets its block end behind it from now on.
void block_meet_device(struct vcpu *v);
// Calls f with each block that can be found, those of an instruction that runs alone left out. It drops none. Or with those whose first
// instruction is on this page.
void block_each(struct vcpu *v, void (*f)(void *ctx, struct block *b), void *ctx);
void block_each_on_page(struct vcpu *v, u64 page, void (*f)(void *ctx, struct block *b), void *ctx);
// Installed as bus.code_write: bytes [at, at + len) are about to change.
void block_code_write(void *vcpu, gpa_t at, u64 len);

#endif
