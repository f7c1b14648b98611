// SPDX-License-Identifier: MIT
// The guest's flags in translated code. They are in the host's flags right after the instruction that wrote them, until something of ours
// (the check of an access) clobbers those. From then on it is only known how they follow: the operands are still in registers, or were
// saved before they were overwritten. So an instruction whose flags nobody looks at costs nothing but itself, and neither does one whose
// flags only a fault could show: the way out of the fault stores how they follow.
#include "isa/x86_64/translate/translate.h"

unsigned tx_use(struct tx *x, unsigned r, unsigned scratch) {
    unsigned h = tx_host(r);
    if (h != H_NONE) return h;
    asm_load64(x->o, scratch, GPR_MEM(r));
    return scratch;
}

static void store_value(struct tx *x, const struct tx_value *v, i32 at) {
    if (v->where == IN_SAVED) return;
    if (v->where == IN_IMMEDIATE) {
        asm_rm(x->o, 0xc7 | ASM_W, 0, MEM_AT(CPU_REG, at));
        asm_u32(x->o, (u32)v->imm);
        return;
    }
    asm_store64(x->o, tx_use(x, v->reg, T0), MEM_AT(CPU_REG, at));
}

static bool has_y(u8 kind) { return kind == LAZY_ADD || kind == LAZY_SUB || kind == LAZY_CMP || kind == LAZY_TEST; }

void tx_flags_keep(struct tx *x, const struct tx_flags *f) {
    if (f->kind == LAZY_DEAD || !(f->kind | f->over)) return;
    if (f->carry_pending) tx_settled(x);
    if (f->kind != LAZY_NONE) store_value(x, &f->x, CPU_AT(lazy.x));
    if (has_y(f->kind)) store_value(x, &f->y, CPU_AT(lazy.y));
    asm_rm(x->o, 0xc7, 0, CPU_MEM(lazy.kind));
    asm_u32(x->o, (u32)f->kind | (u32)f->size << 8 | (u32)f->over << 16 | (u32)f->over_size << 24);
}

void tx_flags_to_memory(struct tx *x) {
    tx_flags_keep(x, &x->flags);
    if (x->flags.kind != LAZY_DEAD) x->flags.kind = LAZY_NONE;
    x->flags.over = 0;
    x->flags.carry_pending = false;
}

static struct tx_value saved(void) { return (struct tx_value){.where = IN_SAVED}; }

void tx_before_write(struct tx *x, unsigned i, u16 registers) {
    struct tx_flags *f = &x->flags;
    x->written |= registers;
    if (f->kind == LAZY_NONE || f->kind == LAZY_DEAD || !tx_live_after(x, i)) return;
    if (f->carry_pending && f->x.where == IN_REGISTER && registers >> f->x.reg & 1) {
        tx_settled(x);
        f->carry_pending = false;
    }
    if (f->x.where == IN_REGISTER && registers >> f->x.reg & 1) {
        store_value(x, &f->x, CPU_AT(lazy.x));
        f->x = saved();
    }
    if (has_y(f->kind) && f->y.where == IN_REGISTER && registers >> f->y.reg & 1) {
        store_value(x, &f->y, CPU_AT(lazy.y));
        f->y = saved();
    }
}

// ALU operation `op` (asm_alu_imm's numbers, or 8: TEST) of `size` on T0 and a value.
static void alu_value(struct tx *x, unsigned op, u8 size, const struct tx_value *v, i32 saved_at) {
    u32 w = size == 3 ? ASM_W : size == 1 ? ASM_16 : 0;
    if (v->where == IN_IMMEDIATE) {
        u32 code = op == 8 ? (size ? 0xf7 : 0xf6) : size ? 0x81 : 0x80;
        asm_rr(x->o, code | w | (size ? 0 : ASM_BYTE_RM), op == 8 ? 0 : op, T0);
        asm_imm(x->o, v->imm, size == 0 ? 1 : size == 1 ? 2 : 4);
        return;
    }
    u32 code = (op == 8 ? 0x84 : 8 * op + 2) + (size != 0);
    struct asm_mem m = v->where == IN_SAVED ? MEM_AT(CPU_REG, saved_at) : GPR_MEM(v->reg);
    unsigned h = v->where == IN_SAVED ? H_NONE : tx_host(v->reg);
    u32 bytes = size ? 0 : ASM_BYTE_REG | ASM_BYTE_RM;
    if (h != H_NONE) asm_rr(x->o, code | w | bytes, T0, h);
    else asm_rm(x->o, code | w | (size ? 0 : ASM_BYTE_REG), T0, m);
}

static void load_value(struct tx *x, const struct tx_value *v, i32 saved_at) {
    if (v->where == IN_IMMEDIATE) asm_mov_imm(x->o, T0, (u64)v->imm);
    else if (v->where == IN_SAVED) asm_load64(x->o, T0, MEM_AT(CPU_REG, saved_at));
    else if (tx_host(v->reg) == H_NONE) asm_load64(x->o, T0, GPR_MEM(v->reg));
    else asm_mov64(x->o, T0, tx_host(v->reg));
}

// Most blocks that begin with a reader of flags come behind one compare: it is done again if it is that one. True: emitted.
static bool guess(struct tx *x) {
    u8 kind = x->hint & 0xff, size = x->hint >> 8 & 0xff;
    bool known = (kind == LAZY_CMP || kind == LAZY_TEST || kind == LAZY_LOGIC) && !(x->hint >> 16);
    if (!known) return false;
    struct asm_out *o = x->o;
    asm_rm(o, 0x81, 7, CPU_MEM(lazy.kind)); // cmp
    asm_u32(o, x->hint);
    u8 *other = asm_jcc(o, 5);
    const struct tx_value saved = {.where = IN_SAVED};
    load_value(x, &saved, CPU_AT(lazy.x));
    alu_value(x, kind == LAZY_CMP ? 7 : 8, size, &saved, kind == LAZY_LOGIC ? CPU_AT(lazy.x) : CPU_AT(lazy.y));
    u8 *done = asm_jmp(o);
    asm_here(o, other);
    asm_byte(o, 0xe8);
    asm_u32(o, 0);
    if (!o->full) asm_retarget(o->at - 4, o->to_exec, x->t->flags_in);
    asm_here(o, done);
    x->flags.host = true;
    return true;
}

// The instruction is done once more, on copies of its operands.
void tx_flags_host(struct tx *x, u16 wanted) {
    struct tx_flags *f = &x->flags;
    if (f->host && !(f->vague & wanted)) return;
    f->host = true;
    f->vague = 0;
    const i32 saved_x = CPU_AT(lazy.x), saved_y = CPU_AT(lazy.y);
    switch (f->over ? LAZY_NONE : f->kind) {
    case LAZY_CMP:
        load_value(x, &f->x, saved_x);
        alu_value(x, 7, f->size, &f->y, saved_y);
        return;
    case LAZY_TEST:
        load_value(x, &f->x, saved_x);
        alu_value(x, 8, f->size, &f->y, saved_y);
        return;
    case LAZY_ADD:
        load_value(x, &f->x, saved_x);
        alu_value(x, 5, f->size, &f->y, saved_y);
        alu_value(x, 0, f->size, &f->y, saved_y);
        return;
    case LAZY_SUB:
        load_value(x, &f->x, saved_x);
        alu_value(x, 0, f->size, &f->y, saved_y);
        alu_value(x, 5, f->size, &f->y, saved_y);
        return;
    case LAZY_LOGIC: {
        load_value(x, &f->x, saved_x);
        u32 w = f->size == 3 ? ASM_W : f->size == 1 ? ASM_16 : 0;
        asm_rr(x->o, (f->size ? 0x85 : 0x84) | w | (f->size ? 0 : ASM_BYTE_REG | ASM_BYTE_RM), T0, T0);
        return;
    }
    default:
        tx_flags_to_memory(x);
        if (guess(x)) return;
        asm_byte(x->o, 0xe8);
        asm_u32(x->o, 0);
        if (!x->o->full) asm_retarget(x->o->at - 4, x->o->to_exec, x->t->flags_in);
        f->host = true;
    }
}
