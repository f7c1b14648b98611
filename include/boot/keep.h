// SPDX-License-Identifier: MIT
// The last of the console's text, in memory that a warm reset leaves alone, most often: a ring of bytes that says of itself if it is whole.
// It is found again by an EFI variable with its address. At the end of a run a copy of the text goes into EFI variables, which outlive
// a power-off, too (kernel/keep.c); boot/keep.c reads both.
#ifndef BOOT_KEEP_H
#define BOOT_KEEP_H

#include "base/types.h"

#define KEEP_MAGIC 0x706565656b6d6673u // "sfmkeeep"
#define KEEP_BYTES 65536u
#define KEEP_PARTS 16 // EFI variables at most

struct keep {
    u64 magic;
    u32 next;  // where the next byte goes
    u32 count; // bytes that count, up to KEEP_BYTES
    u32 sum;   // of all bytes of text
    u8 text[KEEP_BYTES];
};

static inline void keep_clear(struct keep *k) {
    __builtin_memset(k, 0, sizeof *k);
    k->magic = KEEP_MAGIC;
}

static inline void keep_byte(struct keep *k, u8 byte) {
    u8 *at = &k->text[k->next % KEEP_BYTES];
    k->sum += (u32)byte - *at;
    *at = byte;
    k->next = (k->next + 1) % KEEP_BYTES;
    if (k->count < KEEP_BYTES) k->count++;
}

// The last `most` bytes into out, oldest first; how many there are. 0: this is no such ring, or not all of it is as it was written.
static inline u32 keep_text(const struct keep *k, u8 *out, u32 most) {
    u32 sum = 0;
    if (k->magic != KEEP_MAGIC || k->next >= KEEP_BYTES || k->count > KEEP_BYTES) return 0;
    for (u32 i = 0; i < KEEP_BYTES; i++) sum += k->text[i];
    if (sum != k->sum) return 0;
    u32 n = k->count < most ? k->count : most;
    for (u32 i = 0; i < n; i++) out[i] = k->text[(k->next + KEEP_BYTES - n + i) % KEEP_BYTES];
    return n;
}

// How the kernel calls the firmware's SetVariable after the exit (UEFI 2.10, 8.2): with the firmware's page tables, which lie in memory
// that nobody here claims.
struct keep_variables {
    u64 set_variable; // its address; 0: there is no room, or none is to be written
    u64 cr3;          // of the firmware
    u32 part_bytes;   // in each variable
    u32 parts;        // at most
    u16 name[16];     // UCS-2: "SoftmetalLogNN", NN the part's number
    u8 vendor[16];    // GUID
};

#endif
