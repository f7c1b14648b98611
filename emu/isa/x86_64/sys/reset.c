// SPDX-License-Identifier: MIT
// The processor after power-up and after INIT (table 9-1). Memory caches of translations and code are dropped too.
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/sys.h"

#include <string.h>

#define APIC_BASE_RESET (0xfee00000u | BIT(11) | BIT(8)) // enabled; the bootstrap processor

static void reset_segments(struct x86_state *s) {
    for (unsigned i = 0; i < SEG_COUNT; i++)
        s->seg[i] = (struct x86_seg){.limit = 0xffff, .attr = AR_P | AR_S | AR_W | AR_ACCESSED};
    s->seg[CS].sel = 0xf000;
    s->seg[CS].base = 0xffff0000;
    s->ldtr = (struct x86_seg){.limit = 0xffff, .attr = AR_P | 2};
    s->tr = (struct x86_seg){.limit = 0xffff, .attr = AR_P | 11};
    s->gdtr.limit = s->idtr.limit = 0xffff;
}

void x86_init(struct x86_cpu *c) {
    struct x86_state *s = &c->s;
    u32 id[4];
    memset(s->gpr, 0, sizeof s->gpr);
    s->rip = 0xfff0;
    s->rflags = 0;
    x86_set_arith(c, 0);
    s->cpl = 0;
    s->cr0 = (s->cr0 & (CR0_CD | CR0_NW)) | CR0_ET;
    s->cr2 = s->cr3 = s->cr4 = s->efer = 0;
    memset(s->pdpte, 0, sizeof s->pdpte);
    memset(s->dr, 0, sizeof s->dr);
    s->dr[6] = DR6_FIXED;
    s->dr[7] = DR7_FIXED;
    s->halted = s->shadow = s->nmi_pending = s->nmi_blocked = s->init_pending = 0;
    s->pending_db = 0;
    reset_segments(s);
    c->cur = NULL;
    x86_tlb_flush_all(c);
    x86_mode_changed(c);
    x86_cpuid(c, 1, 0, id);
    s->gpr[RDX] = id[0];
}

void x86_reset(struct x86_cpu *c) {
    struct x86_state *s = &c->s;
    u64 rng[2] = {s->rng[0], s->rng[1]};
    memset(s, 0, sizeof *s);
    memcpy(s->rng, rng, sizeof rng); // seeded once, at creation
    s->cr0 = CR0_CD | CR0_NW;
    s->xcr0 = 1;
    s->mxcsr = 0x1f80;
    s->fpu.fcw = 0x40;
    s->fpu.tag = 0xff; // registers hold +0, which counts as in use
    s->apic_base = APIC_BASE_RESET;
    x86_msr_reset(c);
    x86_init(c);
}
