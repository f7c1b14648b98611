// SPDX-License-Identifier: MIT
// Re-emits an instruction for the host: the same opcode with its operands renamed. That is right for every row whose whole meaning is its
// operands and its arithmetic flags (NOFAULT, and not OWN), so no meaning is written a second time.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/sys/mem.h"

// An operand on its way.
struct place {
    bool there, memory;
    u8 width;  // bits
    u8 guest;  // register number
    bool high; // AH, CH, DH, BH: of the guest's register 0 to 3
};

struct operands {
    struct place e, g; // ModRM.rm or the opcode's register; ModRM.reg
    unsigned imm_bytes;
    bool e_first, opcode_reg;
};

static unsigned bits_of(u8 width, unsigned size) {
    switch (width) {
    case W_8: return 8;
    case W_16: return 16;
    case W_32: return 32;
    case W_64: return 64;
    case W_V: return 8u << size;
    case W_Z: return size == 1 ? 16 : 32;
    case W_Y: return size == 3 ? 64 : 32;
    default: return 0;
    }
}

// A byte register's number is its offset among the general registers.
static void byte_register(struct place *p) {
    if (!p->there || p->memory || p->width != 8) return;
    p->high = p->guest & 7;
    p->guest /= 8;
}

// False: an operand that is not for a mirror.
static bool find_operands(const struct decoded *d, struct operands *o) {
    const struct insn *in = d->insn;
    *o = (struct operands){0};
    for (unsigned i = 0; i < 4; i++) {
        const struct x86_operand *k = &x86_operands[in->operand[i]];
        if (in->operand[i] == o_none) break;
        struct place *p = k->place == P_REG ? &o->g : &o->e;
        switch (k->place) {
        case P_RM:
            *p = (struct place){true, d->memory, (u8)bits_of(d->memory ? k->memory : k->width, d->size), d->uop.b, false};
            if (!d->memory && k->file != R_GENERAL) return false;
            if (i == 0) o->e_first = true;
            break;
        case P_OPCODE:
            *p = (struct place){true, false, (u8)bits_of(k->width, d->size), d->uop.b, false};
            o->opcode_reg = true;
            if (i == 0) o->e_first = true;
            break;
        case P_REG:
            if (k->file != R_GENERAL) return false;
            *p = (struct place){true, false, (u8)bits_of(k->width, d->size), d->uop.a, false};
            break;
        case P_IMM:
            if (k->file != I_UNSIGNED && k->file != I_SIGNED) return false;
            o->imm_bytes = x86_immediate_bytes(in->operand[i], d->size, 64);
            continue;
        case P_NONE:
            if (k->file != R_GENERAL && k->file != I_ONE) return false;
            continue;
        default: return false;
        }
        if (!p->width || p->width > 64) return false;
    }
    byte_register(&o->e);
    byte_register(&o->g);
    return true;
}

enum { SIMPLE_LIMIT = MAP_0F3A };

// The operation word of a row.
u32 tx_op(const struct insn *in, unsigned size) {
    static const u32 map[] = {[MAP_1] = 0, [MAP_0F] = ASM_0F, [MAP_0F38] = ASM_0F38, [MAP_0F3A] = ASM_0F3A};
    u32 op = in->opcode | map[in->map] | tx_prefix(in);
    if (size == 3) op |= ASM_W;
    if (size == 1) op |= ASM_16;
    return op;
}

// Guest registers that the instruction may write, a bit each.
static u16 writes_registers(const struct insn *in, const struct operands *o) {
    u16 set = 0;
    if (in->flags & WRITES_RAX_RDX) set |= 1 << RAX | 1 << RDX;
    bool both = in->flags & EXCHANGES;
    if (o->e.there && !o->e.memory && ((o->e_first && !(in->flags & READS_ONLY)) || both)) set |= (u16)(1 << o->e.guest);
    if (o->g.there && ((!o->e_first && !(in->flags & READS_ONLY)) || both)) set |= (u16)(1 << o->g.guest);
    for (unsigned i = 0; i < 4; i++) {
        const struct x86_operand *k = &x86_operands[in->operand[i]];
        if (k->place == P_NONE && k->file == R_GENERAL && in->operand[i] != o_CL && (i == 0 || both)) set |= 1 << RAX;
    }
    return set;
}

static unsigned shift_count(const struct decoded *d) {
    if (x86_row_has(d->insn, o_1)) return 1;
    if (x86_row_has(d->insn, o_Ib)) return (unsigned)d->uop.imm & (d->size == 3 ? 63 : 31);
    return 0;
}

static void capture(struct tx *x, unsigned cc, i32 at) { // setcc [at]
    asm_rm(x->o, 0x90 | cc | ASM_0F, 0, MEM_AT(CPU_REG, at));
}

static struct tx_value in_register(u8 reg) { return (struct tx_value){.where = IN_REGISTER, .reg = reg}; }
static struct tx_value in_immediate(i64 v) { return (struct tx_value){.where = IN_IMMEDIATE, .imm = v}; }
static struct tx_value in_saved(void) { return (struct tx_value){.where = IN_SAVED}; }

// What has to be known of the flags behind the instruction.
struct plan {
    u8 lazy;    // LAZY_DEAD: nothing
    bool carry; // CF is captured
    bool load;  // a memory operand has to pass through T0, because flags follow from its value
};

static bool goes_over(u8 lazy) { return lazy == LAZY_CARRY || lazy == LAZY_ROL || lazy == LAZY_ROR; }

// Flags that byte_flags tells.
static bool byte_follows(u8 lazy) {
    return lazy == LAZY_ADD || lazy == LAZY_SUB || lazy == LAZY_CMP || lazy == LAZY_TEST || lazy == LAZY_LOGIC;
}

// False: these flags cannot be told here, and the handler has to compute them.
static bool plan_flags(const struct tx *x, unsigned i, const struct operands *o, struct plan *p) {
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
    if (!o->e.memory) return !(o->e.high || o->g.high) || byte_follows(in->lazy);
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
static void settle_under(struct tx *x) {
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
static void carry_before(struct tx *x) {
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

static void immediate(struct tx *x, const struct operands *o, i64 imm) { asm_imm(x->o, imm, o->imm_bytes); }

// Emits the operation with E where `e` says.
static void emit(struct tx *x, const struct decoded *d, const struct operands *o, bool e_memory, unsigned e, struct asm_mem m,
                 unsigned g) {
    const struct insn *in = d->insn;
    u32 op = tx_op(in, d->size);
    if (o->opcode_reg) {
        asm_opcode_reg(x->o, (op & ~7u) | (o->e.width == 8 && !o->e.high ? ASM_BYTE_REG : 0), e);
    } else if (!o->e.there && !o->g.there) {
        if (op & ASM_16) asm_byte(x->o, 0x66);
        if (op & ASM_W) asm_byte(x->o, 0x48);
        if (in->map != MAP_1) asm_byte(x->o, 0x0f);
        asm_byte(x->o, op & 0xff);
    } else {
        unsigned reg = o->g.there ? g : in->modrm & 7;
        if (o->g.there && o->g.width == 8 && !(o->g.high && g < 8)) op |= ASM_BYTE_REG;
        if (o->e.width == 8 && !o->e.high) op |= ASM_BYTE_RM;
        if (e_memory) asm_rm(x->o, op & ~(u32)ASM_BYTE_RM, reg, m);
        else asm_rr(x->o, op, reg, e);
    }
    immediate(x, o, d->uop.imm);
}

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
static void copy_byte(struct tx *x, const struct place *p, unsigned to) {
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

static bool mirror_lea(struct tx *x, unsigned i, const struct operands *o) {
    const struct decoded *d = &x->d[i];
    if (MEM_SEG(&d->uop) == FS || MEM_SEG(&d->uop) == GS) return false; // LEA ignores it, tx_address does not
    tx_before_write(x, i, (u16)(1 << o->g.guest));
    unsigned h = tx_host(o->g.guest);
    unsigned to = d->size >= 2 && h != H_NONE && d->uop.index == 16 ? h : T0;
    // A base or index in memory is loaded to `to` on the way, which may be neither's own register.
    if (to != T0 && tx_host(d->uop.base < 16 ? d->uop.base : 0) == H_NONE) to = T0;
    tx_address(x, i, to);
    if (d->size == 2) asm_rr(x->o, 0x8b, to, to);
    if (d->size == 1) {
        if (h == H_NONE) asm_rm(x->o, 0x89 | ASM_16, to, GPR_MEM(o->g.guest));
        else asm_rr(x->o, 0x89 | ASM_16, to, h);
        return true;
    }
    if (h == H_NONE) asm_store64(x->o, to, GPR_MEM(o->g.guest));
    else if (to != h) asm_mov64(x->o, h, to);
    return true;
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
static bool overwrites_y(const struct operands *o, const struct plan *p) {
    bool two = !o->e.memory && o->e.there && o->g.there && !o->e.high && !o->g.high;
    return (p->lazy == LAZY_ADD || p->lazy == LAZY_SUB) && two && o->e.guest == o->g.guest;
}

// Forms whose meaning is not all in their operands: a bit string reaches beyond its memory operand, the results of a 16-bit double shift by
// more than 16 are undefined, and whether a CMPXCHG of registers that fails clears the upper half of its destination differs.
static bool is_own(const struct decoded *d) {
    u32 flags = d->insn->flags;
    return flags & OWN || (flags & OWN_MEMORY && d->memory) || (flags & OWN_REGISTER && !d->memory) ||
           (flags & OWN_16 && d->size == 1);
}

// The operation on a value from memory: E is in T0, and G, where it is not in a register of the host's, in T1. Then the address, which was
// there, is kept aside for a store.
static void on_loaded(struct tx *x, const struct decoded *d, const struct operands *o, struct asm_mem m, bool store) {
    bool aside = o->g.there && (o->g.high || tx_host(o->g.guest) == H_NONE);
    if (aside && store) asm_store64(x->o, T1, CPU_MEM(spill));
    if (aside && o->g.high) copy_byte(x, &o->g, T1);
    else if (aside) asm_load64(x->o, T1, GPR_MEM(o->g.guest));
    unsigned g = aside ? T1 : o->g.there ? tx_host(o->g.guest) : 0;
    emit(x, d, o, false, T0, m, g);
    bool g_written = (!o->e_first && !(d->insn->flags & READS_ONLY)) || d->insn->flags & EXCHANGES;
    if (aside && g_written) asm_store64(x->o, T1, GPR_MEM(o->g.guest));
    if (aside && store) asm_load64(x->o, T1, CPU_MEM(spill));
    if (store) store_e(x, o, T0, m);
}

static bool through_memory(struct tx *x, unsigned i, const struct operands *o, const struct plan *p) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    bool store = is_store(o, in), g_in_memory = o->g.there && (o->g.high || tx_host(o->g.guest) == H_NONE);
    bool g_written = o->g.there && ((!o->e_first && !(in->flags & READS_ONLY)) || in->flags & EXCHANGES);
    if (o->g.high && (g_written || (p->lazy != LAZY_DEAD && p->lazy != LAZY_LOGIC && !byte_follows(p->lazy)))) return false;
    // XADD's register is written before its memory operand, and must not be a part of its address.
    if (p->load && store && in->flags & EXCHANGES && !g_in_memory && (o->g.guest == d->uop.base || o->g.guest == d->uop.index))
        return false;
    if (goes_over(p->lazy)) settle_under(x);
    struct asm_mem m = tx_access(x, i, o->e.width / 8, store);
    if (in->reads) tx_flags_host(x, in->reads);
    if (is_xchg(in)) {
        exchange_memory(x, o, m);
        set_register(x, &o->g, T0);
        return true;
    }
    if ((in->lazy == LAZY_INC || in->lazy == LAZY_DEC) && p->lazy != LAZY_DEAD) {
        carry_before(x);
        // The result goes to lazy.x, from which a pending CF would follow.
        if (x->flags.carry_pending || (x->flags.kind == LAZY_NONE && !x->flags.over)) tx_settled(x);
    }
    if (!p->load) {
        unsigned g = o->g.there && !g_in_memory ? tx_host(o->g.guest) : T0;
        if (o->g.high) copy_byte(x, &o->g, T0);
        else if (g_in_memory) asm_load64(x->o, T0, GPR_MEM(o->g.guest));
        emit(x, d, o, true, 0, m, g);
        if (g_in_memory && g_written) asm_store64(x->o, T0, GPR_MEM(o->g.guest));
        return true;
    }
    load_e(x, o, T0, m);
    bool e_is_y = !o->e_first, old = p->lazy == LAZY_CMP || p->lazy == LAZY_TEST || e_is_y;
    if (old) asm_store64(x->o, T0, e_is_y ? CPU_MEM(lazy.y) : CPU_MEM(lazy.x));
    on_loaded(x, d, o, m, store);
    if (!old) asm_store64(x->o, T0, CPU_MEM(lazy.x));
    if (o->g.high && p->lazy != LAZY_LOGIC) {
        copy_byte(x, &o->g, T0);
        asm_store64(x->o, T0, e_is_y ? CPU_MEM(lazy.x) : CPU_MEM(lazy.y));
    }
    return true;
}

// ---- AH, CH, DH, BH. No instruction that names one has a REX prefix, so its other operands are the host's of the same number, too; but RSP.
static bool high_encodable(const struct operands *o) {
    if (o->e.memory) return true;
    const struct place *both[] = {&o->e, &o->g};
    for (unsigned k = 0; k < 2; k++)
        if (both[k]->there && tx_host(both[k]->guest) >= (both[k]->width == 8 ? 4 : 8)) return false;
    return true;
}

static unsigned host_number(const struct place *p) { return p->there ? tx_host(p->guest) + (p->high ? 4 : 0) : 0; }

// How flags follow from bytes of which one is high: saved are x and y themselves, the operands before and the result behind the operation.
static void byte_flags(struct tx *x, const struct operands *o, const struct plan *p, bool before) {
    bool reads_x = p->lazy == LAZY_CMP || p->lazy == LAZY_TEST;
    const struct place *to = o->e_first || !o->g.there ? &o->e : &o->g, *from = to == &o->e ? &o->g : &o->e;
    if (before == reads_x) {
        copy_byte(x, to, T0);
        asm_store64(x->o, T0, CPU_MEM(lazy.x));
    }
    if (before && p->lazy != LAZY_LOGIC && from->there) {
        copy_byte(x, from, T0);
        asm_store64(x->o, T0, CPU_MEM(lazy.y));
    }
}

static void of_high_bytes(struct tx *x, const struct decoded *d, const struct operands *o, const struct plan *p) {
    if (p->lazy != LAZY_DEAD) byte_flags(x, o, p, true);
    emit(x, d, o, false, host_number(&o->e), MEM_AT(0, 0), host_number(&o->g));
    if (p->lazy != LAZY_DEAD) byte_flags(x, o, p, false);
}

static void in_registers(struct tx *x, unsigned i, const struct operands *o, const struct plan *p, u16 written) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (in->reads) tx_flags_host(x, in->reads);
    if ((in->lazy == LAZY_INC || in->lazy == LAZY_DEC) && p->lazy != LAZY_DEAD) carry_before(x);
    if (goes_over(p->lazy)) {
        settle_under(x);
        if (in->reads) tx_flags_host(x, in->reads);
    }
    if (o->e.high || o->g.high) {
        of_high_bytes(x, d, o, p);
        return;
    }
    unsigned e = o->e.there ? tx_use(x, o->e.guest, T0) : 0;
    unsigned g = o->g.there ? (o->e.there && o->g.guest == o->e.guest ? e : tx_use(x, o->g.guest, T1)) : 0;
    if (overwrites_y(o, p)) asm_store64(x->o, g, CPU_MEM(lazy.y));
    emit(x, d, o, false, e, MEM_AT(0, 0), g);
    if (o->e.there && e == T0 && written >> o->e.guest & 1) asm_store64(x->o, T0, GPR_MEM(o->e.guest));
    if (o->g.there && g == T1 && written >> o->g.guest & 1) asm_store64(x->o, T1, GPR_MEM(o->g.guest));
}

bool tx_mirror(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (!in) return false;
    if (in->flags & NO_EFFECT) return true;
    if (!(in->flags & NOFAULT) || in->flags & (ENDS | REP | PROT | READS_ALL) || in->map > SIMPLE_LIMIT) return false;
    if (is_own(d) || (in->feature != F_BASE && !x->t->host_has[in->feature])) return false;
    struct operands o;
    if (in->flags & ADDRESS) {
        o = (struct operands){.g = {true, false, 64, d->uop.a, false}};
        return tx_memory_ok(d) && mirror_lea(x, i, &o);
    }
    if (!find_operands(d, &o)) return false;
    if (d->memory && (!o.e.there || !tx_memory_ok(d))) return false;
    bool high = o.e.high || o.g.high;
    if (high && !high_encodable(&o)) return false;
    struct plan p;
    if (!plan_flags(x, i, &o, &p)) return false;
    u16 written = writes_registers(in, &o);
    tx_before_write(x, i, written);
    if (o.e.memory) {
        if (!through_memory(x, i, &o, &p)) return false;
    } else {
        in_registers(x, i, &o, &p, written);
    }
    u16 touched = in->writes | in->undefined;
    if (!touched) return true;
    if (p.lazy == LAZY_DEAD) {
        // A shift by CL that may have changed nothing leaves all as it was for those who cannot look anyway.
        x->flags.host = false;
        if (!(in->flags & MAYBE) && !tx_live_after(x, i)) x->flags.kind = LAZY_DEAD, x->flags.over = 0;
        return true;
    }
    if (goes_over(p.lazy)) {
        flags_over(x, i, &o, p.lazy);
        return true;
    }
    if (p.carry) capture(x, 2, CPU_AT(s.cf));
    bool was_y_saved = overwrites_y(&o, &p), steps = p.lazy == LAZY_INC || p.lazy == LAZY_DEC;
    bool pending = steps && (x->flags.carry_pending || (x->flags.kind == LAZY_NONE && !x->flags.over));
    flags_follow(x, i, &o, &p);
    x->flags.carry_pending = pending;
    if (was_y_saved) x->flags.y = in_saved();
    if (high) values_saved(&x->flags);
    return true;
}
