// SPDX-License-Identifier: MIT
// State components: one row each behind the x87 and SSE state, which have their places in the legacy area.
#include "isa/x86_64/sys/xstate.h"
#include "isa/x86_64/x87/x87.h"

#include <string.h>

#define AT(field) offsetof(struct x86_state, field)

// In the order of their numbers, which is the order of the compacted form.
const struct xstate_component x86_xstate_components[] = {
    {2, F_AVX, 576, 256, AT(ymmh), true}, // the upper halves of the YMM registers
    {XSTATE_PKRU, F_PKU, 832, 8, AT(pkru), false},
};
const unsigned x86_xstate_component_count = countof(x86_xstate_components);

u64 x86_xcr0_supported(const struct x86_model *m) {
    u64 v = XSTATE_X87 | (m->has[F_SSE] ? XSTATE_SSE : 0);
    for (unsigned i = 0; i < x86_xstate_component_count; i++)
        if (m->has[x86_xstate_components[i].feature]) v |= BIT(x86_xstate_components[i].number);
    return v;
}

bool x86_xcr0_valid(const struct x86_model *m, u64 v) {
    if (!(v & XSTATE_X87) || v & ~x86_xcr0_supported(m)) return false;
    return !(v & XSTATE_AVX) || v & XSTATE_SSE;
}

u32 x86_xstate_size(u64 components, bool compacted) {
    u32 size = XSAVE_EXTENDED;
    for (unsigned i = 0; i < x86_xstate_component_count; i++) {
        const struct xstate_component *k = &x86_xstate_components[i];
        if (components & BIT(k->number)) size = compacted ? size + k->size : (u32)k->offset + k->size;
    }
    return size;
}

static bool any_bit(const void *at, unsigned n) {
    const u8 *b = at;
    u8 all = 0;
    for (unsigned i = 0; i < n; i++) all |= b[i];
    return all;
}

static bool x87_in_use(const struct x86_cpu *c) {
    const struct x87_state *f = &c->s.fpu;
    if (f->fcw != X87_FCW_INIT || f->fsw || f->top || f->tag || f->fop || f->fip || f->fdp) return true;
    for (unsigned i = 0; i < 8; i++)
        if (f->r[i].mant || f->r[i].exp) return true;
    return false;
}

u64 x86_xinuse(const struct x86_cpu *c) {
    unsigned xmm_bytes = 16 * xmm_count(c);
    u64 v = (x87_in_use(c) ? XSTATE_X87 : 0) | (any_bit(c->s.xmm, xmm_bytes) ? XSTATE_SSE : 0);
    for (unsigned i = 0; i < x86_xstate_component_count; i++) {
        const struct xstate_component *k = &x86_xstate_components[i];
        if (any_bit((const u8 *)&c->s + k->state, k->by_registers ? xmm_bytes : k->size)) v |= BIT(k->number);
    }
    return v;
}
