// SPDX-License-Identifier: MIT
// RFLAGS as one register.
#include "isa/x86_64/int/flags.h"

u32 x86_get_rflags(const struct x86_cpu *c) {
    const struct x86_state *s = &c->s;
    return s->rflags | FL_ONE | x86_arith_flags(s);
}

void x86_set_arith(struct x86_cpu *c, u32 rflags) {
    struct x86_state *s = &c->s;
    s->cf = !!(rflags & FL_CF);
    s->of = !!(rflags & FL_OF);
    s->af = rflags & FL_AF;
    s->z = !(rflags & FL_ZF);
    s->sp = (i64)((u64)!!(rflags & FL_SF) << 63) | !(rflags & FL_PF);
}

void x86_set_rflags(struct x86_cpu *c, u32 value, u32 mask) {
    struct x86_state *s = &c->s;
    u32 now = (x86_get_rflags(c) & ~mask) | (value & mask);
    u32 changed = (now ^ s->rflags) & (FL_AC | FL_VM);
    x86_set_arith(c, now);
    s->rflags = now & ~(u32)(FL_ARITH | FL_ONE);
    if (changed) x86_mode_changed(c);
}
