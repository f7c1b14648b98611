// SPDX-License-Identifier: MIT
// Looks up the embedded symbol table and the .note.gnu.build-id section.
#include "kernel/symbols.h"
#include "base/le.h"

struct symbol {
    u32 offset; // from ImageBase
    u32 name;   // from symbol_names
};
extern const u32 symbol_count;
extern const struct symbol symbol_table[]; // ascending offsets
extern const char symbol_names[];
extern const u8 ImageBase[], __text_start[], __text_end[], __build_id_start[], __build_id_end[];

u64 symbol_image_base(void) { return (uintptr_t)ImageBase; }

bool symbol_is_code(u64 address) { return address >= (uintptr_t)__text_start && address < (uintptr_t)__text_end; }

const char *symbol_at(u64 address, u64 *offset) {
    if (!symbol_is_code(address)) return NULL;
    u32 want = (u32)(address - (uintptr_t)ImageBase), low = 0, high = symbol_count;
    while (low < high) { // the first entry past `want`
        u32 middle = low + (high - low) / 2;
        if (symbol_table[middle].offset <= want) low = middle + 1;
        else high = middle;
    }
    if (!low) return NULL;
    *offset = want - symbol_table[low - 1].offset;
    return symbol_names + symbol_table[low - 1].name;
}

const char *build_id(void) {
    // An ELF note: name length, description length, type (3), name "GNU\0", description.
    static char text[65];
    const u8 *note = __build_id_start;
    if (__build_id_end - note < 16) return "none";
    u32 length = ld32(note + 4);
    if (length > 32) length = 32;
    for (u32 i = 0; i < length; i++) {
        text[2 * i] = "0123456789abcdef"[note[16 + i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[note[16 + i] & 15];
    }
    return text;
}
