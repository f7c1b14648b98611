// SPDX-License-Identifier: MIT
// Instructions of every row and their text, for `run` to hold against LLVM's.
#include "base/le.h"
#include "isa/arm64/disasm.h"
#include "rig.h"

#include <stdio.h>

void print_text(const struct arm64_index *ix, u64 words, u64 seed, const char *binary) {
    FILE *f = fopen(binary, "wb");
    if (!f) return;
    for (u64 i = 0; i < words; i++) {
        struct rng g = {.s = seed + i};
        u32 word = word_of(all_rows[i % row_count], &g, ix);
        u8 bytes[4];
        char text[96];
        st32(bytes, word);
        arm64_disasm(ix, word, i * 4, text, sizeof text);
        printf("%llx: %s\n", (unsigned long long)i * 4, text);
        fwrite(bytes, 1, 4, f);
    }
    fclose(f);
}
