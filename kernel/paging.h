// SPDX-License-Identifier: MIT
// The kernel's own page tables (Intel SDM volume 3A, chapter 4): built once before the switch, never changed.
#ifndef KERNEL_PAGING_H
#define KERNEL_PAGING_H

#include "boot/handoff.h"

// Builds the tables that kernel/layout.h draws, in h->tables. Returns the value for CR3, or 0 when h->tables is too
// small.
u64 paging_build(const struct handoff *h);
// For as long as the firmware's own tables are in use: a root for CR3 with all that `cr3`, theirs, maps, and the files in FILE_WINDOW.
// It and what it needs come from `pool`. 0: it is too small.
u64 paging_add_files(const struct handoff *h, u64 cr3, struct phys_range pool);
// Where guest RAM starts in the kernel's address space.
u8 *paging_guest_ram(const struct handoff *h);
// Where the registers of USB controller i are.
u64 paging_usb(const struct handoff *h, unsigned i);
// Where memory for code is. Size 0: there is none, or this processor lacks NX, so that what is writable would be executable.
struct plat_code paging_code(const struct handoff *h);
// Whether this processor can keep data from being executed; switches that on where it is locked and may be unlocked.
bool paging_no_execute(void);
// Loads NXE, PAT, CR0, CR4, XCR0 and the FPU's start state as tables and compiled code need them, as far as the processor
// has them: before CR3.
void paging_prepare_cpu(void);
// Global pages, where there are any: after CR3.
void paging_enable_global(void);
// Bytes of h->tables that are enough for `mapped` bytes of memory in all.
u64 paging_pool_size(u64 mapped);

#endif
