// SPDX-License-Identifier: MIT
// Two outcomes of a case.
#include "rig.h"

#include <signal.h>
#include <string.h>

// The signal tells the pages' faults apart from nothing else, and an access over a page's end may be told at either page's address.
static bool same_address(const struct encoding *e, const struct result *a, const struct result *b) {
    if (a->how != BY_SIGNAL + SIGSEGV) return true;
    if (a->address == b->address || a->address >> 47) return true; // QEMU has no such addresses to tell of
    if (!e->row || !has_memory(e->row)) return false;
    u64 at = a->address < b->address ? a->address : b->address, to = a->address ^ b->address ^ at;
    return to - at < access_size(e) && at >> 12 != to >> 12;
}

// Without AArch32 the other bits are RES0; QEMU keeps those that AArch32 would have.
#define FPCR_BITS (FPCR_AHP | FPCR_DN | FPCR_FZ | FPCR_FZ16 | (u64)3 << FPCR_RMODE_SHIFT)
#define FPSR_BITS 0x0800009ful

u32 compare(const struct encoding *e, const struct input *in, const struct result *n, const struct result *m) {
    u32 wrong = 0;
    if (n->how != m->how) wrong |= DIFF_HOW;
    else if (n->how >= BY_SIGNAL && n->r.pc != m->r.pc) wrong |= DIFF_PC;
    if (!(wrong & DIFF_HOW) && !same_address(e, n, m)) wrong |= DIFF_ADDRESS;
    if (memcmp(n->r.x, m->r.x, sizeof n->r.x) || n->r.sp != m->r.sp) wrong |= DIFF_X;
    if (memcmp(n->r.v, m->r.v, sizeof n->r.v)) wrong |= DIFF_V;
    if (n->r.nzcv != m->r.nzcv || (n->r.fpsr ^ m->r.fpsr) & FPSR_BITS || (n->r.fpcr ^ m->r.fpcr) & FPCR_BITS) wrong |= DIFF_FLAGS;
    if (in->window && memcmp(n->memory, m->memory, WINDOW)) wrong |= DIFF_MEMORY;
    return wrong;
}
