// SPDX-License-Identifier: MIT
// What handlers call outside their room, as simple as it can be; weak, so that the archive's own may stand in.
#include "x86_room.h"
#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/sys.h"

#include <setjmp.h>
#include <stdlib.h>

#define STUB __attribute__((weak))
static jmp_buf raised;
static unsigned raised_vector;

STUB _Noreturn void x86_raise(struct x86_cpu *c, unsigned vector, u32 error) {
    raised_vector = vector;
    longjmp(raised, 1);
}
STUB _Noreturn void vcpu_left_midway(const struct vcpu *v, const struct uop *u) { abort(); }
STUB void x86_set_ferr(struct x86_cpu *c, bool level) {}
STUB _Noreturn void x86_freeze(struct x86_cpu *c) { x86_raise(c, EXC_MF, 0); }
// The other rooms' tables would bring in the whole processor.
const struct insn_table *const x86_tables[] = {&x86_table_sse, &x86_table_avx_int, &x86_table_avx_fp, &x86_table_avx_num, NULL};
STUB OP(op_ud) { x86_raise(c, EXC_UD, 0); }
STUB OP(op_mark) { x86_raise(c, EXC_UD, 0); } // op_mov.c's would bring it in, too

STUB u64 x86_offset(const struct x86_cpu *c, const struct uop *u) {
    return c->s.gpr[u->base] + (c->s.gpr[u->index] << (u->mem & 3)) + (u64)u->disp;
}
STUB gva_t x86_operand_slow(struct x86_cpu *c, const struct uop *u, unsigned size, enum access access) {
    return x86_offset(c, u);
}
STUB gva_t x86_linear(struct x86_cpu *c, unsigned seg, u64 at, unsigned size, enum access access) { return at; }
STUB void x86_read(struct x86_cpu *c, unsigned seg, gva_t a, void *to, unsigned size) {
    memcpy(to, (const void *)(hva_t)a, size);
}
STUB void x86_write(struct x86_cpu *c, unsigned seg, gva_t a, const void *from, unsigned size) {
    memcpy((void *)(hva_t)a, from, size);
}
STUB void x86_probe(struct x86_cpu *c, unsigned seg, gva_t a, unsigned size, enum access access) {}
STUB u64 x86_load_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, unsigned size) {
    u64 v = 0;
    memcpy(&v, (const void *)(hva_t)a, size);
    return v;
}
STUB void x86_store_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, u64 value, unsigned size) {
    memcpy((void *)(hva_t)a, &value, size);
}

STUB const u8 *vcpu_fetch(struct vcpu *v, gva_t a) { return (const u8 *)(hva_t)a; }
STUB gpa_t vcpu_fetch_gpa(struct vcpu *v, gva_t a) { return 0; }

STUB void x86_write_pkru(struct x86_cpu *c, u32 v) { c->s.pkru = v; }

void room_init(struct x86_cpu *c) {
    memset(c, 0, sizeof *c);
    for (unsigned i = 0; i < TLB_SIZE; i++) c->tlb[0][i].read = c->tlb[0][i].write = c->tlb[0][i].exec = tlb_no_tag(i);
    c->tlb_now = c->tlb[0];
    c->mode = MODE_CODE64 | MODE_STACK64;
    c->s.cr0 = CR0_PE | CR0_PG | CR0_NE | CR0_ET;
    c->s.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
    c->s.xcr0 = 3;
}

static PRESERVE_NONE void stop(struct x86_cpu *c, const struct uop *u) {}

unsigned room_run(struct x86_cpu *c, const struct uop *u, unsigned n) {
    struct uop both[2] = {*u, {.fn = stop, .off = (u16)(u->off + n)}};
    c->s.gpr[16] = 0;
    raised_vector = 0;
    if (!setjmp(raised)) both[0].fn(c, both);
    return raised_vector;
}

void room_put_flags(struct x86_state *s, u32 flags) {
    s->z = !(flags & FL_ZF);
    s->sp = (flags & FL_SF ? INT64_MIN : 0) | !(flags & FL_PF);
    s->cf = flags & FL_CF;
    s->of = !!(flags & FL_OF);
    s->af = flags & FL_AF;
}

u32 room_take_flags(const struct x86_state *s) {
    return (s->z ? 0 : FL_ZF) | (s->sp < 0 ? FL_SF : 0) | (__builtin_parity((u8)s->sp) ? 0 : FL_PF) | (s->cf ? FL_CF : 0) |
           (s->of ? FL_OF : 0) | (s->af & FL_AF);
}
