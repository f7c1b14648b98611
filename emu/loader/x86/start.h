// SPDX-License-Identifier: MIT
// The state that an x86 guest starts in, and the tables in guest RAM that it starts on when no firmware made any: GDT, page tables, a
// small stack.
#ifndef LOADER_X86_START_H
#define LOADER_X86_START_H

#include "loader/target.h"

// What every start mode has in common: interrupts off (RFLAGS = 2), no IDT (limit 0), A20 on, all general registers 0 except those
// of struct x86_start, x87 and SSE as after reset.
enum start_mode {
    // CR0.PE = 0. CS = cs with base cs << 4, the other segments 0; RIP = entry - (cs << 4).
    START_REAL,
    // CR0 = PE | ET, no paging. GDTR = gdt; CS = cs (flat 32-bit code), DS ES FS GS SS = ds (flat data, 4 GiB),
    // TR = tr (busy 32-bit TSS, base 0, limit 0x67).
    START_PROTECTED,
    // CR0 = PE | ET | PG, CR4 = PAE, EFER = LME | LMA, CR3 = cr3: RAM (up to 512 GiB) and the low 4 GiB at least mapped one to one,
    // writable and executable, in 2 MiB pages. GDTR = gdt; CS = cs (64-bit code), the others = ds, TR = tr (busy 64-bit
    // TSS, base 0, limit 0x67).
    START_LONG,
};

struct x86_start {
    enum start_mode mode;
    gpa_t cr3; // START_LONG
    gpa_t gdt; // in guest RAM; not START_REAL
    u16 gdt_limit;
    u16 cs, ds, tr;
    u64 rax, rbx, rdx, rsi, rsp;
};

// What an image keeps of it, and an image that has no more to say.
struct x86_start x86_start_of(const struct image *image);
struct image x86_image(enum image_kind kind, gpa_t entry, const struct x86_start *start);

// Selectors, as the Linux boot protocol wants them (__BOOT_CS, __BOOT_DS).
enum { START_CS = 0x10, START_DS = 0x18, START_TR = 0x20 };

#define START_STACK ((u64)16 * KiB)

// Fills in mode, gdt, selectors and, for START_LONG, cr3; the registers are the caller's. Call it after
// the image has its place: the tables go where room is left. 0 or the error of target_find.
int start_long(struct load_target *t, struct x86_start *s);
int start_protected(struct load_target *t, struct x86_start *s);
// rsp: the top of a stack for guests whose protocol promises none but that commonly rely on one (ELF, raw).
int start_stack(struct load_target *t, struct x86_start *s);

#endif
