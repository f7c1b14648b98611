// SPDX-License-Identifier: MIT
// Symbol tables that lie. The input: u8 kind (1: ELF of 64 bits, 2: no ELF but a text), u8 count of section headers, then the bytes behind the file's header,
// which begin with those headers; or the text. All names are read once, and are in order.
// CI: 60000 runs.
#include "base/le.h"
#include "loader/symbol.h"
#include "loader/symbols.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void read_all(const struct span *file) {
    size_t n = symbols_read(file, NULL), letters = 0;
    struct symbol *s = calloc(n + 1, sizeof *s);
    if (!s) return;
    if (symbols_read(file, s) != n) __builtin_trap();
    for (size_t i = 0; i < n; i++) {
        const struct symbol *hit = symbols_find(s, n, s[i].at);
        if (i && s[i].at < s[i - 1].at) __builtin_trap();
        if (!hit || hit->at != s[i].at) __builtin_trap();
        for (u32 k = 0; k < s[i].length; k++) letters += s[i].name[k] != 0;
    }
    __asm__ volatile("" ::"r"(letters));
    free(s);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    if (size < 2) return 0;
    if (data[0] & 2) {
        u8 *text = malloc(size - 2 ? size - 2 : 1); // its end is the end of what may be read
        if (!text) return 0;
        memcpy(text, data + 2, size - 2);
        read_all(&(struct span){.name = "text", .data = text, .size = size - 2});
        free(text);
        return 0;
    }
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
    read_all(&span);
    free(file);
    return 0;
}
