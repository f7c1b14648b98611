// SPDX-License-Identifier: MIT
// Bytes to uops.
#ifndef X86_DECODE_H
#define X86_DECODE_H

#include "isa/x86_64/insn/insn.h"

#include "cpu/block.h"

struct decoded {
    struct uop uop;
    const struct insn *insn; // NULL: no such instruction (uop.fn is op_ud)
    unsigned length;
    bool memory;     // has a memory operand
    bool ends;       // nothing may follow it in its block
    bool incomplete; // more bytes are needed than there are
    u8 size;         // operand size: 0: 8, 1: 16, 2: 32, 3: 64 bits
    u8 rep;          // the last F2 or F3 prefix, 0: none
    bool lock;
};
struct decode_index *decode_index_create(struct env *env, const struct x86_model *model);
// The handler for d's operands: NULL when there is none.
op_fn *x86_pick(const struct ops *ops, const struct decoded *d);
// The handler that does two instructions at once, the second a Jcc of 64-bit code, or NULL (op_fused.c).
op_fn *x86_fused(const struct decoded *first, const struct decoded *second);
// Arithmetic flags that somebody may look at before d, of which `live` may be looked at behind it: what may fault shows all of them.
u16 x86_live_before(const struct decoded *d, u16 live);
// One instruction from `have` (1..15) bytes at `code`, `at` bytes into its block.
void x86_decode(const struct decode_index *ix, u64 mode, const u8 *code, unsigned have, unsigned at, struct decoded *d);

#endif
