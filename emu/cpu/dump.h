// SPDX-License-Identifier: MIT
// Where a processor has come from, told when a run ends badly; and what was made of its code, for those who ask.
#ifndef CPU_DUMP_H
#define CPU_DUMP_H

#include "cpu/vcpu.h"

// Logs earlier blocks by their first instruction, the last one whole up to the PC, and what would have come next.
void vcpu_dump_code(struct vcpu *v, enum log_level level);

// Code of the host's that was made for guest code.
struct made_code {
    const u8 *bytes; // readable
    unsigned size;   // bytes
    u64 at;          // where they run
    // From `offset` on they are for the guest's instruction at `pc`: ascending. What lies before the first is for none. NULL: of no
    // byte is it known what it is for.
    const struct made_piece {
        u64 pc;
        unsigned offset;
    } *piece;
    unsigned pieces;
};
// The text of the host's instruction in `have` bytes, which runs at `at`; its length, 0 when it cannot be told.
typedef unsigned host_disasm(void *ctx, const u8 *bytes, unsigned have, u64 at, char *text, size_t room);
// Logs both side by side: the guest's instruction (as page tables show it now) beside the first of the host's for it. `guest` may be
// NULL where there are no pieces.
void dump_made_code(struct plat *p, enum log_level level, struct vcpu *guest, const struct made_code *m, host_disasm *disasm,
                    void *ctx);

#endif
