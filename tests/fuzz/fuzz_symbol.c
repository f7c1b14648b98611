// SPDX-License-Identifier: MIT
// Symbol tables that lie. The input: u8 class (1: 64-bit), u8 count of section headers, then the bytes behind the file's header, which begin
// with those headers.
// CI: 60000 runs.
#include "base/le.h"
#include "loader/symbol.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    if (size < 2) return 0;
    bool is64 = data[0] & 1;
    size_t n = 64 + size - 2;
    u8 *file = calloc(1, n);
    if (!file) return 0;
    memcpy(file, "\177ELF", 4);
    file[4] = is64 ? 2 : 1;
    if (is64) st64(file + 40, 64);
    else st32(file + 32, 64);
    st16(file + (is64 ? 58 : 46), is64 ? 64 : 40);
    st16(file + (is64 ? 60 : 48), data[1]);
    memcpy(file + 64, data + 2, size - 2);
    const struct span span = {.name = "file", .data = file, .size = n};
    u64 value;
    elf_symbol(&span, "a", &value);
    free(file);
    return 0;
}
