// SPDX-License-Identifier: MIT
// Mirrored instructions with a memory operand: as they are, or, where flags follow from its value, on a copy in T0.
#include "isa/x86_64/translate/mirror.h"

#include "isa/x86_64/sys/mem.h"

// mov T0, [m] and back, as wide as E is; narrow values in zero-extended registers.
static void load_e(struct tx *x, const struct operands *o, unsigned to, struct asm_mem m) {
    unsigned w = o->e.width;
    asm_rm(x->o, w == 8 ? 0xb6 | ASM_0F : w == 16 ? 0xb7 | ASM_0F : w == 32 ? 0x8b : 0x8b | ASM_W, to, m);
}
static void store_e(struct tx *x, const struct operands *o, unsigned from, struct asm_mem m) {
    unsigned w = o->e.width;
    asm_rm(x->o, w == 8 ? 0x88 | ASM_BYTE_REG : w == 16 ? 0x89 | ASM_16 : w == 32 ? 0x89 : 0x89 | ASM_W, from, m);
}

static bool is_store(const struct operands *o, const struct insn *in) {
    return (o->e_first && !(in->flags & READS_ONLY)) || in->flags & EXCHANGES;
}

static bool is_xchg(const struct insn *in) { return in->flags & EXCHANGES && in->lazy == LAZY_NONE; }

// XCHG with memory locks the bus; two moves do not, and nobody else is there. What memory held is in T0 in the end.
static void exchange_memory(struct tx *x, const struct operands *o, struct asm_mem m) {
    unsigned g = tx_host(o->g.guest);
    load_e(x, o, T0, m);
    if (g != H_NONE) {
        store_e(x, o, g, m);
        return;
    }
    asm_store64(x->o, T0, CPU_MEM(spill));
    asm_load64(x->o, T0, GPR_MEM(o->g.guest));
    store_e(x, o, T0, m);
    asm_load64(x->o, T0, CPU_MEM(spill));
}

static void set_register(struct tx *x, const struct place *p, unsigned from) {
    unsigned h = tx_host(p->guest);
    u32 op = p->width == 8                   ? 0x88 | ASM_BYTE_REG
             : p->width == 16                ? 0x89 | ASM_16
             : p->width == 32 && h != H_NONE ? 0x89
                                             : 0x89 | ASM_W;
    if (h == H_NONE) asm_rm(x->o, op, from, GPR_MEM(p->guest));
    else asm_rr(x->o, p->width == 8 ? op | ASM_BYTE_RM : op, from, h);
}

// The byte of a register, in another one; flags stay.
void mirror_copy_byte(struct tx *x, const struct place *p, unsigned to) {
    unsigned h = tx_host(p->guest);
    if (h == H_NONE) {
        asm_rm(x->o, 0xb6 | ASM_0F, to, GPR_MEM(p->guest));
    } else if (p->high) {
        asm_store64(x->o, h, CPU_MEM(spill_page));
        asm_rm(x->o, 0xb6 | ASM_0F, to, MEM_AT(CPU_REG, CPU_AT(spill_page) + 1));
    } else {
        asm_rr(x->o, 0xb6 | ASM_0F | ASM_BYTE_RM, to, h);
    }
}

// The operation on a value from memory: E is in T0, and G, where it is not in a register of the host's, in T1. Then the address, which was
// there, is kept aside for a store.
static void on_loaded(struct tx *x, const struct decoded *d, const struct operands *o, struct asm_mem m, bool store) {
    bool aside = o->g.there && (o->g.high || tx_host(o->g.guest) == H_NONE);
    if (aside && store) asm_store64(x->o, T1, CPU_MEM(spill));
    if (aside && o->g.high) mirror_copy_byte(x, &o->g, T1);
    else if (aside) asm_load64(x->o, T1, GPR_MEM(o->g.guest));
    unsigned g = aside ? T1 : o->g.there ? tx_host(o->g.guest) : 0;
    mirror_emit(x, d, o, false, T0, m, g);
    bool g_written = (!o->e_first && !(d->insn->flags & READS_ONLY)) || d->insn->flags & EXCHANGES;
    if (aside && g_written) asm_store64(x->o, T1, GPR_MEM(o->g.guest));
    if (aside && store) asm_load64(x->o, T1, CPU_MEM(spill));
    if (store) store_e(x, o, T0, m);
}

bool mirror_memory(struct tx *x, unsigned i, const struct operands *o, const struct plan *p) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    bool store = is_store(o, in), g_in_memory = o->g.there && (o->g.high || tx_host(o->g.guest) == H_NONE);
    bool g_written = o->g.there && ((!o->e_first && !(in->flags & READS_ONLY)) || in->flags & EXCHANGES);
    if (o->g.high && (g_written || (p->lazy != LAZY_DEAD && p->lazy != LAZY_LOGIC && !mirror_byte_follows(p->lazy))))
        return false;
    // XADD's register is written before its memory operand, and must not be a part of its address.
    if (p->load && store && in->flags & EXCHANGES && !g_in_memory && (o->g.guest == d->uop.base || o->g.guest == d->uop.index))
        return false;
    if (goes_over(p->lazy)) mirror_settle_under(x);
    struct asm_mem m = tx_access(x, i, o->e.width / 8, store);
    if (in->reads) tx_flags_host(x, in->reads);
    if (is_xchg(in)) {
        exchange_memory(x, o, m);
        set_register(x, &o->g, T0);
        return true;
    }
    if ((in->lazy == LAZY_INC || in->lazy == LAZY_DEC) && p->lazy != LAZY_DEAD) {
        mirror_carry_before(x);
        // The result goes to lazy.x, from which a pending CF would follow.
        if (x->flags.carry_pending || (x->flags.kind == LAZY_NONE && !x->flags.over)) tx_settled(x);
    }
    if (!p->load) {
        unsigned g = o->g.there && !g_in_memory ? tx_host(o->g.guest) : T0;
        if (o->g.high) mirror_copy_byte(x, &o->g, T0);
        else if (g_in_memory) asm_load64(x->o, T0, GPR_MEM(o->g.guest));
        mirror_emit(x, d, o, true, 0, m, g);
        if (g_in_memory && g_written) asm_store64(x->o, T0, GPR_MEM(o->g.guest));
        return true;
    }
    load_e(x, o, T0, m);
    bool e_is_y = !o->e_first, old = p->lazy == LAZY_CMP || p->lazy == LAZY_TEST || e_is_y;
    if (old) asm_store64(x->o, T0, e_is_y ? CPU_MEM(lazy.y) : CPU_MEM(lazy.x));
    on_loaded(x, d, o, m, store);
    if (!old) asm_store64(x->o, T0, CPU_MEM(lazy.x));
    if (o->g.high && p->lazy != LAZY_LOGIC) {
        mirror_copy_byte(x, &o->g, T0);
        asm_store64(x->o, T0, e_is_y ? CPU_MEM(lazy.x) : CPU_MEM(lazy.y));
    }
    return true;
}
