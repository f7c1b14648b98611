// SPDX-License-Identifier: MIT
// Flags of a mirrored instruction: which of them somebody may look at, how they follow from its operands and its result, and what has to be saved
// for that.
#include "isa/x86_64/translate/mirror.h"

static struct tx_value in_register(u8 reg) { return (struct tx_value){.where = IN_REGISTER, .reg = reg}; }
static struct tx_value in_immediate(i64 v) { return (struct tx_value){.where = IN_IMMEDIATE, .imm = v}; }
static struct tx_value in_saved(void) { return (struct tx_value){.where = IN_SAVED}; }

static unsigned shift_count(const struct decoded *d) {
    if (x86_row_has(d->insn, o_1)) return 1;
    if (x86_row_has(d->insn, o_Ib)) return (unsigned)d->uop.imm & (d->size == 3 ? 63 : 31);
    return 0;
}

static void capture(struct tx *x, unsigned cc, i32 at) { // setcc [at]
    asm_rm(x->o, 0x90 | cc | ASM_0F, 0, MEM_AT(CPU_REG, at));
}

// Flags that byte_flags tells.
bool mirror_byte_follows(u8 lazy) {
    return lazy == LAZY_ADD || lazy == LAZY_SUB || lazy == LAZY_CMP || lazy == LAZY_TEST || lazy == LAZY_LOGIC;
}

// False: these flags cannot be told here, and the handler has to compute them.
bool mirror_plan(const struct tx *x, unsigned i, const struct operands *o, struct plan *p) {
    const struct insn *in = x->d[i].insn;
    u16 touched = in->writes | in->undefined;
    *p = (struct plan){.lazy = LAZY_DEAD};
    bool maybe = in->flags & MAYBE;
    if (!touched || !(tx_live_after(x, i) & touched)) return true;
    if (!in->lazy || (maybe && !shift_count(&x->d[i]))) return false;
    p->lazy = in->lazy;
    // Of rotates OF follows from the result, which has to be in a register.
    if (goes_over(in->lazy)) return in->lazy == LAZY_CARRY || !(o->e.memory || o->e.high);
    p->carry = in->lazy == LAZY_SHL || in->lazy == LAZY_SHR || in->lazy == LAZY_SAR || in->lazy == LAZY_MUL;
    if (!o->e.memory) return !(o->e.high || o->g.high) || mirror_byte_follows(in->lazy);
    bool result_alone = in->lazy == LAZY_LOGIC || in->lazy == LAZY_COUNTED || in->lazy == LAZY_MUL;
    p->load = !(result_alone && !o->e_first) && in->lazy != LAZY_MUL;
    return true;
}

// What is pending in the state is settled there.
void tx_settled(struct tx *x) {
    asm_rm(x->o, 0x83, 7, CPU_MEM(lazy.kind)); // cmp dword, 0
    asm_byte(x->o, 0);
    asm_byte(x->o, 0x74); // je over the call
    asm_byte(x->o, 5);
    asm_byte(x->o, 0xe8);
    asm_u32(x->o, 0);
    if (!x->o->full) asm_retarget(x->o->at - 4, x->o->to_exec, x->t->settle);
    x->flags.host = false;
}

// Before an instruction whose flags go over others: these are in the state, or it is known how they follow, and not from CF.
void mirror_settle_under(struct tx *x) {
    u8 kind = x->flags.kind;
    if (kind == LAZY_SHL || kind == LAZY_MUL) tx_flags_to_memory(x);
    else if ((kind != LAZY_NONE && kind != LAZY_DEAD) || x->flags.over) return;
    tx_settled(x);
    x->flags.kind = LAZY_NONE;
}

// CF, and for rotates OF, go over what is known of the other flags.
static void flags_over(struct tx *x, unsigned i, const struct operands *o, u8 lazy) {
    struct tx_flags *f = &x->flags;
    capture(x, 2, CPU_AT(s.cf));
    f->over |= OVER_CARRY;
    f->carry_pending = false;
    if (lazy != LAZY_CARRY) {
        asm_store64(x->o, tx_use(x, o->e.guest, T0), CPU_MEM(lazy.o));
        f->over = (u8)(OVER_CARRY | (lazy == LAZY_ROL ? OVER_ROL : OVER_ROR));
        f->over_size = x->d[i].size;
    }
    f->vague = f->host ? f->vague | x->d[i].insn->undefined | FL_OF : FL_ARITH & ~FL_CF;
    f->vague &= (u16)~FL_CF;
    f->host = true;
}

// CF stays as it was before an INC or DEC, and goes to the state where these leave it.
void mirror_carry_before(struct tx *x) {
    if (x->flags.over & OVER_CARRY) return;
    switch (x->flags.kind) {
    case LAZY_INC:
    case LAZY_DEC:
    case LAZY_SHL:
    case LAZY_SHR:
    case LAZY_SAR:
    case LAZY_MUL:
    case LAZY_CARRIED:
    case LAZY_DEAD: return;
    case LAZY_LOGIC:
    case LAZY_TEST:
        asm_rm(x->o, 0xc6, 0, CPU_MEM(s.cf));
        asm_byte(x->o, 0);
        return;
    case LAZY_NONE: return; // CF stays pending
    default: tx_flags_host(x, FL_CF); capture(x, 2, CPU_AT(s.cf));
    }
}

// How flags follow from an instruction that is done. Of a memory operand the value is saved: the old one of CMP and TEST, else the new one.
static void flags_follow(struct tx *x, unsigned i, const struct operands *o, const struct plan *p) {
    const struct decoded *d = &x->d[i];
    struct tx_flags *f = &x->flags;
    *f = (struct tx_flags){.kind = p->lazy, .size = d->size, .host = true, .vague = d->insn->undefined};
    bool shifts = p->lazy == LAZY_SHL || p->lazy == LAZY_SHR || p->lazy == LAZY_SAR;
    if (shifts && shift_count(d) != 1) f->vague |= FL_OF;              // defined for a count of 1 alone
    if (p->lazy == LAZY_INC || p->lazy == LAZY_DEC) f->vague |= FL_CF; // it is in the state: the host had any
    struct tx_value e = !o->e.there ? in_register(RAX) : o->e.memory ? in_saved() : in_register(o->e.guest);
    struct tx_value g = o->g.there ? in_register(o->g.guest) : in_immediate(d->uop.imm);
    f->x = o->e_first || !o->g.there ? e : g;
    f->y = o->e_first || !o->g.there ? g : e;
    if (p->lazy == LAZY_MUL && !o->g.there) f->x = in_register(RAX);
}

// Registers of which a part was an operand: their values were saved.
static void values_saved(struct tx_flags *f) {
    if (f->x.where == IN_REGISTER) f->x = in_saved();
    if (f->y.where == IN_REGISTER) f->y = in_saved();
}

// y of an instruction that overwrites it: ADD RAX, RAX.
bool mirror_overwrites_y(const struct operands *o, const struct plan *p) {
    bool two = !o->e.memory && o->e.there && o->g.there && !o->e.high && !o->g.high;
    return (p->lazy == LAZY_ADD || p->lazy == LAZY_SUB) && two && o->e.guest == o->g.guest;
}

// Behind the instruction.
void mirror_flags(struct tx *x, unsigned i, const struct operands *o, const struct plan *p) {
    const struct insn *in = x->d[i].insn;
    u16 touched = in->writes | in->undefined;
    if (!touched) return;
    if (p->lazy == LAZY_DEAD) {
        // A shift by CL that may have changed nothing leaves all as it was for those who cannot look anyway.
        x->flags.host = false;
        if (!(in->flags & MAYBE) && !tx_live_after(x, i)) x->flags.kind = LAZY_DEAD, x->flags.over = 0;
        return;
    }
    if (goes_over(p->lazy)) {
        flags_over(x, i, o, p->lazy);
        return;
    }
    if (p->carry) capture(x, 2, CPU_AT(s.cf));
    bool was_y_saved = mirror_overwrites_y(o, p), steps = p->lazy == LAZY_INC || p->lazy == LAZY_DEC;
    bool pending = steps && (x->flags.carry_pending || (x->flags.kind == LAZY_NONE && !x->flags.over));
    flags_follow(x, i, o, p);
    x->flags.carry_pending = pending;
    if (was_y_saved) x->flags.y = in_saved();
    if (o->e.high || o->g.high) values_saved(&x->flags);
}
