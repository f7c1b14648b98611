// SPDX-License-Identifier: MIT
// Instructions of every row and their text, for `run` to hold against LLVM's.
#include "base/le.h"
#include "isa/riscv64/disasm.h"
#include "rig.h"

#include <stdio.h>
#include <string.h>

// A register that has a name, or a custom one; LLVM knows names of registers that are not here.
static u32 known_csr(struct rng *g) {
    unsigned number;
    for (;;) {
        u32 csr = below(g, 4096);
        if (rv_csr_name(csr, &number) || csr >> 6 == 0x5c0 >> 6) return csr;
    }
}

// Each takes four bytes; behind a short one stands C.NOP, whose line `run` drops with LLVM's.
void print_text(const struct rv_index *ix, u64 words, u64 seed, const char *binary) {
    FILE *f = fopen(binary, "wb");
    if (!f) return;
    for (u64 i = 0; i < words; i++) {
        struct rng g = {.s = seed + i};
        const struct rv_insn *row = all_rows[i % row_count];
        u32 word = word_of(row, &g, ix);
        u8 bytes[4];
        char text[80];
        // LLVM wants the fields that mean nothing to be 0.
        if (!strcmp(row->name, "fence.i")) word &= 0x0000707f;
        else if (!strncmp(row->name, "fence", 5)) word &= row->operands[0] ? 0x0ff0707f : 0xfff0707f;
        else if (row->ext == EXT_ZICSR) word = (word & 0xfffff) | known_csr(&g) << 20;
        if ((word & 3) != 3) word |= 1 << 16;
        st32(bytes, word);
        rv_disasm(ix, bytes, 4, i * 4, text, sizeof text);
        printf("%llx: %s\n", (unsigned long long)i * 4, text);
        fwrite(bytes, 1, 4, f);
    }
    fclose(f);
}
