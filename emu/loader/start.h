// SPDX-License-Identifier: MIT
// The tables in guest RAM that a guest starts on when no firmware made any: GDT, page tables, a small stack.
#ifndef LOADER_START_H
#define LOADER_START_H

#include "loader/target.h"

// Selectors, as the Linux boot protocol wants them (__BOOT_CS, __BOOT_DS).
enum { START_CS = 0x10, START_DS = 0x18, START_TR = 0x20 };

#define START_STACK ((u64)16 * KiB)

// Fills in mode, gdt, selectors and, for START_LONG, cr3; kind, entry and registers are the caller's. Call it after
// the image has its place: the tables go where room is left. 0 or the error of target_find.
int start_long(struct load_target *t, struct image *image);
int start_protected(struct load_target *t, struct image *image);
// rsp: the top of a stack for guests whose protocol promises none but that commonly rely on one (ELF, raw).
int start_stack(struct load_target *t, struct image *image);

#endif
