// SPDX-License-Identifier: MIT
// Words that LLVM has text for.
#include "isa/riscv64/disasm.h"
#include "rig.h"

#include <string.h>

// A register that has a name, or a custom one; LLVM knows names of registers that are not here.
static u32 known_csr(struct rng *g) {
    unsigned number;
    for (;;) {
        u32 csr = below(g, 4096);
        if (rv_csr_name(csr, &number) || csr >> 6 == 0x5c0 >> 6) return csr;
    }
}

// Behind a short one stands C.NOP, whose line `run` drops with LLVM's.
u32 text_word(const struct rv_insn *row, u32 word, struct rng *g) {
    // LLVM wants the fields that mean nothing to be 0.
    if (!strcmp(row->name, "fence.i")) word &= 0x0000707f;
    else if (!strncmp(row->name, "fence", 5)) word &= row->operands[0] ? 0x0ff0707f : 0xfff0707f;
    else if (row->ext == EXT_ZICSR) word = (word & 0xfffff) | known_csr(g) << 20;
    return (word & 3) == 3 ? word : word | 1 << 16;
}
