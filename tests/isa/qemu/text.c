// SPDX-License-Identifier: MIT
// Instructions of every row and their text, for `run` to hold against LLVM's. Each takes four bytes.
#include "base/le.h"
#include "rig.h"

#include <stdio.h>

void print_text(const insn_index *ix, u64 words, u64 seed, const char *binary) {
    FILE *f = fopen(binary, "wb");
    if (!f) return;
    for (u64 i = 0; i < words; i++) {
        struct rng g = {.s = seed + i};
        const insn_row *row = all_rows[i % row_count];
        u8 bytes[4];
        char text[96];
        st32(bytes, text_word(row, word_of(row, &g, ix), &g));
        disassemble(ix, bytes, 4, i * 4, text, sizeof text);
        printf("%llx: %s\n", (unsigned long long)i * 4, text);
        fwrite(bytes, 1, 4, f);
    }
    fclose(f);
}
