// SPDX-License-Identifier: MIT
// What cpu/block.c asks: the instructions of a block, one by one and as a whole.
#include "isa/x86_64/room.h"

#include "isa/x86_64/int/flags.h"
#include "isa/x86_64/sys/mem.h"

#define LONGEST 15 // bytes: vol. 2, 2.3.11

bool x86_build_decode(struct vcpu *v, struct uop *u, const u8 *code, unsigned have, unsigned at, unsigned n, unsigned *length,
                      bool *ends) {
    struct x86_cpu *c = x86_of(v);
    struct decoded *d = &c->decoded[n];
    x86_decode(c->index, c->mode, code, have, at, d);
    if (d->incomplete) {
        if (have < LONGEST) return false;
        d->uop.fn = op_gp0; // longer than 15 bytes
        d->insn = NULL;
    }
    *u = d->uop;
    *length = d->length;
    *ends = !d->insn || d->ends;
    return true;
}

#define ALL_FLAGS FL_ARITH

u16 x86_live_before(const struct decoded *d, u16 live) {
    const struct insn *in = d->insn;
    if (!in || in->flags & (READS_ALL | ENDS) || d->memory || !(in->flags & NOFAULT)) return ALL_FLAGS;
    if (!(in->flags & MAYBE)) live &= (u16)~in->writes; // what it leaves undefined may stay as it was: BTC and AF
    return live | in->reads;
}

// Walks the block backwards and takes the handler without flags where nobody reads them before they are written again. An
// instruction that may fault or be interrupted counts as a reader: the flags would be pushed.
static void drop_dead_flags(struct block *b, const struct decoded *d, unsigned n) {
    u16 live = ALL_FLAGS;
    for (unsigned i = n; i-- > 0;) {
        const struct insn *in = d[i].insn;
        if (in && in->noflags && !(live & (in->writes | in->undefined))) {
            op_fn *fn = x86_pick(in->noflags, &d[i]);
            if (fn) b->u[i].fn = fn;
        }
        live = x86_live_before(&d[i], live);
    }
}

void x86_build_finish(struct vcpu *v, struct block *b, unsigned n) {
    const struct decoded *d = x86_of(v)->decoded;
    drop_dead_flags(b, d, n);
    op_fn *fused = n > 1 ? x86_fused(&d[n - 2], &d[n - 1]) : NULL;
    if (fused) b->u[n - 2].fn = fused;
}

void x86_code_at(struct vcpu *v, struct code_place *p) {
    struct x86_cpu *c = x86_of(v);
    bool code64 = (c->mode & MODE_CODE_MASK) == MODE_CODE64;
    p->at = code64 ? c->s.rip : x86_linear(c, CS, c->s.rip, 1, ACCESS_EXEC);
    p->inside = code64 ? ~(u64)0 : c->s.seg[CS].limit - c->s.rip + 1;
}

void x86_code_past_end(struct vcpu *v) { raise_gp(x86_of(v), 0); }
