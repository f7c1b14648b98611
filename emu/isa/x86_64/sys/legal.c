// SPDX-License-Identifier: MIT
#include "isa/x86_64/sys/legal.h"

#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/sys/sys.h"
#include "isa/x86_64/sys/xstate.h"

#define CR0_ALL (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG)

// The first of the rules of its kind that is broken ends the search.
#define HOLDS(condition, what)                                                                                                   \
    do {                                                                                                                         \
        if (!(condition)) return what;                                                                                           \
    } while (0)

static const char *control(const struct x86_cpu *c) {
    const struct x86_state *s = &c->s;
    bool lma = s->efer & EFER_LMA, paging = s->cr0 & CR0_PG;
    HOLDS(!(s->cr0 & ~(u64)CR0_ALL), "reserved bits of CR0");
    HOLDS(s->cr0 & CR0_ET, "CR0.ET is clear");
    HOLDS(!paging || s->cr0 & CR0_PE, "paging without protection");
    HOLDS(!(s->cr0 & CR0_NW) || s->cr0 & CR0_CD, "CR0.NW without CD");
    HOLDS(!(s->cr4 & ~x86_cr4_allowed(c)), "reserved bits of CR4");
    HOLDS(!(s->cr4 & CR4_PCIDE) || lma, "CR4.PCIDE outside IA-32e mode");
    HOLDS(!(s->efer & ~(u64)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)), "reserved bits of EFER");
    HOLDS(lma == (paging && s->efer & EFER_LME), "EFER.LMA is not CR0.PG and EFER.LME");
    HOLDS(!lma || s->cr4 & CR4_PAE, "IA-32e mode without PAE");
    HOLDS(x86_xcr0_valid(c->model, s->xcr0), "XCR0");
    HOLDS(!(s->dr[7] >> 32) && s->dr[7] & DR7_FIXED, "fixed bits of DR7");
    HOLDS((s->dr[6] & DR6_FIXED) == DR6_FIXED && !(s->dr[6] >> 32), "fixed bits of DR6");
    return NULL;
}

static const char *code_segment(const struct x86_state *s) {
    const struct x86_seg *cs = &s->seg[CS];
    bool lma = s->efer & EFER_LMA;
    HOLDS(cs->attr & AR_P && cs->attr & AR_S, "CS is not present");
    HOLDS(!(lma && cs->attr & AR_L && cs->attr & AR_DB), "CS has L and D");
    HOLDS(lma || !(s->tr.attr & AR_P) || AR_TYPE(s->tr.attr) & 2, "TR is not busy");
    return NULL;
}

static const char *bases(const struct x86_cpu *c) {
    const struct x86_state *s = &c->s;
    if (!(s->efer & EFER_LMA)) {
        for (unsigned i = 0; i <= DS; i++) HOLDS(!(s->seg[i].base >> 32), "a segment base above 4 GiB");
        return NULL;
    }
    HOLDS(x86_canonical_base(c, s->seg[FS].base) && x86_canonical_base(c, s->seg[GS].base), "FS or GS base not canonical");
    HOLDS(x86_canonical_base(c, s->gdtr.base) && x86_canonical_base(c, s->idtr.base), "GDTR or IDTR not canonical");
    HOLDS(x86_canonical_base(c, s->tr.base) && x86_canonical_base(c, s->ldtr.base), "TR or LDTR not canonical");
    return NULL;
}

static const char *segments(const struct x86_cpu *c, bool shut_down) {
    const struct x86_state *s = &c->s;
    bool protected_mode = s->cr0 & CR0_PE, v86 = s->rflags & FL_VM;
    HOLDS(s->cpl <= 3, "CPL above 3");
    HOLDS(!v86 || (protected_mode && s->cpl == 3), "virtual-8086 mode without ring 3");
    HOLDS(!v86 || !(s->efer & EFER_LMA), "virtual-8086 mode in IA-32e mode");
    HOLDS(protected_mode || !s->cpl, "real mode above ring 0");
    for (unsigned i = 0; v86 && i < SEG_COUNT; i++)
        HOLDS(s->seg[i].base == (u64)s->seg[i].sel << 4 && s->seg[i].limit == 0xffff, "a virtual-8086 segment");
    const char *wrong = protected_mode && !v86 && !shut_down ? code_segment(s) : NULL;
    return wrong ? wrong : bases(c);
}

static const char *others(const struct x86_state *s) {
    bool code64 = s->efer & EFER_LMA && s->seg[CS].attr & AR_L;
    HOLDS(!(s->rflags & ~(u32)(FL_DEFINED & ~FL_ARITH)), "reserved flags");
    HOLDS(s->cf <= 1 && s->of <= 1, "a flag that is neither 0 nor 1");
    HOLDS(!s->gpr[16], "the zero register is not zero");
    HOLDS(!(s->mxcsr >> 16), "reserved bits of MXCSR");
    HOLDS(s->fpu.top <= 7, "the x87 stack's top");
    HOLDS(s->shadow <= 2, "an interrupt shadow of more than its two kinds");
    HOLDS(code64 || !(s->rip >> 32), "RIP above 4 GiB outside 64-bit mode");
    return NULL;
}

const char *x86_illegal(const struct x86_cpu *c, bool shut_down) {
    const char *wrong = control(c);
    if (!wrong) wrong = segments(c, shut_down);
    return wrong ? wrong : others(&c->s);
}
