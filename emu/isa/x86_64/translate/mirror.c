// SPDX-License-Identifier: MIT
// Re-emits an instruction for the host: the same opcode with its operands renamed. That is right for every row whose whole meaning is its
// operands and its arithmetic flags (NOFAULT, and not OWN), so no meaning is written a second time.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/sys/mem.h"

// An operand on its way.
struct place {
    bool there, memory;
    u8 width; // bits
    u8 guest; // register number
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

static bool high_byte(const struct place *p) { return p->there && !p->memory && p->width == 8 && p->guest & 7; }

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
            *p = (struct place){true, d->memory, (u8)bits_of(d->memory ? k->memory : k->width, d->size), d->uop.b};
            if (!d->memory && k->file != R_GENERAL) return false;
            if (i == 0) o->e_first = true;
            break;
        case P_OPCODE:
            *p = (struct place){true, false, (u8)bits_of(k->width, d->size), d->uop.b};
            o->opcode_reg = true;
            if (i == 0) o->e_first = true;
            break;
        case P_REG:
            if (k->file != R_GENERAL) return false;
            *p = (struct place){true, false, (u8)bits_of(k->width, d->size), d->uop.a};
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
        if (!p->width || p->width > 64 || high_byte(p)) return false;
    }
    if (o->e.there && !o->e.memory && o->e.width == 8) o->e.guest /= 8;
    if (o->g.there && o->g.width == 8) o->g.guest /= 8;
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

static bool is_exchange(const struct insn *in) {
    return (in->map == MAP_1 && (in->opcode == 0x86 || in->opcode == 0x87 || (in->opcode & 0xf8) == 0x90)) ||
           (in->map == MAP_0F && (in->opcode & 0xfe) == 0xc0);
}

static bool implies_rax_rdx(const struct insn *in) {
    return (in->map == MAP_1 && (in->opcode == 0x98 || in->opcode == 0x99 || in->opcode == 0xf6 || in->opcode == 0xf7)) ||
           (in->map == MAP_0F && (in->opcode & 0xfe) == 0xb0);
}

// Guest registers that the instruction may write, a bit each.
static u16 writes_registers(const struct insn *in, const struct operands *o) {
    u16 set = 0;
    if (implies_rax_rdx(in)) set |= 1 << RAX | 1 << RDX;
    bool both = is_exchange(in);
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

// False: these flags cannot be told here, and the handler has to compute them.
static bool plan_flags(const struct tx *x, unsigned i, const struct operands *o, struct plan *p) {
    const struct insn *in = x->d[i].insn;
    u16 touched = in->writes | in->undefined;
    *p = (struct plan){.lazy = LAZY_DEAD};
    bool maybe = in->flags & MAYBE;
    if (!touched || !(tx_live_after(x, i) & touched)) return true;
    if (!in->lazy || (maybe && !shift_count(&x->d[i]))) return false;
    p->lazy = in->lazy;
    if (goes_over(in->lazy)) return !o->e.memory;
    p->carry = in->lazy == LAZY_SHL || in->lazy == LAZY_SHR || in->lazy == LAZY_SAR || in->lazy == LAZY_MUL;
    if (!o->e.memory) return true;
    if (in->lazy == LAZY_MUL) return true;
    p->load = !(in->lazy == LAZY_LOGIC && !o->e_first);
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
        asm_opcode_reg(x->o, (op & ~7u) | (o->e.width == 8 ? ASM_BYTE_REG : 0), e);
    } else if (!o->e.there && !o->g.there) {
        if (op & ASM_16) asm_byte(x->o, 0x66);
        if (op & ASM_W) asm_byte(x->o, 0x48);
        if (in->map != MAP_1) asm_byte(x->o, 0x0f);
        asm_byte(x->o, op & 0xff);
    } else {
        unsigned reg = o->g.there ? g : in->modrm & 7;
        if (o->g.there && o->g.width == 8) op |= ASM_BYTE_REG;
        if (o->e.width == 8) op |= ASM_BYTE_RM;
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
    return (o->e_first && !(in->flags & READS_ONLY)) || is_exchange(in);
}

// XCHG with memory locks the bus; two moves do not, and nobody else is there.
static void exchange_memory(struct tx *x, const struct operands *o, struct asm_mem m, unsigned g) {
    load_e(x, o, T0, m);
    store_e(x, o, g, m);
}

static bool is_lea(const struct insn *in) { return in->map == MAP_1 && in->opcode == 0x8d; }

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

static bool is_nop(const struct insn *in) { return in->map == MAP_0F && in->opcode >= 0x19 && in->opcode <= 0x1f; }

// How flags follow from an instruction that is done. Of a memory operand the value is saved: the old one of CMP and TEST, else the new one.
static void flags_follow(struct tx *x, unsigned i, const struct operands *o, const struct plan *p) {
    const struct decoded *d = &x->d[i];
    struct tx_flags *f = &x->flags;
    *f = (struct tx_flags){.kind = p->lazy, .size = d->size, .host = true, .vague = d->insn->undefined};
    if (p->lazy == LAZY_INC || p->lazy == LAZY_DEC) f->vague |= FL_CF; // it is in the state: the host had any
    struct tx_value e = !o->e.there ? in_register(RAX) : o->e.memory ? in_saved() : in_register(o->e.guest);
    struct tx_value g = o->g.there ? in_register(o->g.guest) : in_immediate(d->uop.imm);
    f->x = o->e_first || !o->g.there ? e : g;
    f->y = o->e_first || !o->g.there ? g : e;
    if (p->lazy == LAZY_MUL && !o->g.there) f->x = in_register(RAX);
}

// y of an instruction that overwrites it: ADD RAX, RAX.
static bool overwrites_y(const struct operands *o, const struct plan *p) {
    return (p->lazy == LAZY_ADD || p->lazy == LAZY_SUB) && !o->e.memory && o->e.there && o->g.there && o->e.guest == o->g.guest;
}

// Forms whose meaning is not all in their operands: a bit string reaches beyond its memory operand, the results of a 16-bit double shift by
// more than 16 are undefined, and whether a CMPXCHG of registers that fails clears the upper half of its destination differs.
static bool is_odd(const struct decoded *d) {
    const struct insn *in = d->insn;
    if (in->map != MAP_0F) return false;
    if ((in->opcode & 0xc7) == 0x83 && in->opcode >= 0xa0 && d->memory) return true;
    if ((in->opcode & 0xf6) == 0xa4 && d->size == 1) return true;
    return (in->opcode & 0xfe) == 0xb0 && !d->memory;
}

static bool through_memory(struct tx *x, unsigned i, const struct operands *o, const struct plan *p) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    bool store = is_store(o, in), g_in_memory = o->g.there && tx_host(o->g.guest) == H_NONE;
    bool xchg = in->map == MAP_1 && (in->opcode == 0x86 || in->opcode == 0x87);
    // Two values and the address want three scratch registers.
    if (g_in_memory && (p->load || xchg)) return false;
    // XADD's register is written before its memory operand, and must not be a part of its address.
    if (p->load && store && is_exchange(in) && (o->g.guest == d->uop.base || o->g.guest == d->uop.index)) return false;
    struct asm_mem m = tx_access(x, i, o->e.width / 8, store);
    if (in->reads) tx_flags_host(x, in->reads);
    unsigned g = o->g.there ? tx_use(x, o->g.guest, T0) : 0;
    if (xchg) {
        exchange_memory(x, o, m, g);
        if (o->g.width == 8) asm_rr(x->o, 0x88 | ASM_BYTE_REG | ASM_BYTE_RM, T0, g);
        else if (o->g.width == 16) asm_rr(x->o, 0x89 | ASM_16, T0, g);
        else asm_rr(x->o, o->g.width == 32 ? 0x89 : 0x89 | ASM_W, T0, g);
        return true;
    }
    if ((in->lazy == LAZY_INC || in->lazy == LAZY_DEC) && p->lazy != LAZY_DEAD) {
        carry_before(x);
        // The result goes to lazy.x, from which a pending CF would follow.
        if (x->flags.carry_pending || (x->flags.kind == LAZY_NONE && !x->flags.over)) tx_settled(x);
    }
    if (!p->load) {
        emit(x, d, o, true, 0, m, g);
    } else {
        load_e(x, o, T0, m);
        bool e_is_y = !o->e_first, old = p->lazy == LAZY_CMP || p->lazy == LAZY_TEST || e_is_y;
        if (old) asm_store64(x->o, T0, e_is_y ? CPU_MEM(lazy.y) : CPU_MEM(lazy.x));
        emit(x, d, o, false, T0, m, g);
        if (store) store_e(x, o, T0, m);
        if (!old) asm_store64(x->o, T0, CPU_MEM(lazy.x));
    }
    if (g_in_memory && !(in->flags & READS_ONLY) && (!o->e_first || is_exchange(in))) asm_store64(x->o, g, GPR_MEM(o->g.guest));
    return true;
}

static void in_registers(struct tx *x, unsigned i, const struct operands *o, const struct plan *p, u16 written) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (in->reads) tx_flags_host(x, in->reads);
    if ((in->lazy == LAZY_INC || in->lazy == LAZY_DEC) && p->lazy != LAZY_DEAD) carry_before(x);
    if (goes_over(p->lazy) && (x->flags.kind == LAZY_NONE || x->flags.kind == LAZY_DEAD) && !x->flags.over) {
        tx_settled(x);
        x->flags.kind = LAZY_NONE;
        if (in->reads) tx_flags_host(x, in->reads);
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
    if (!in || !(in->flags & NOFAULT) || in->flags & (ENDS | OWN | REP | PROT | READS_ALL) || in->map > SIMPLE_LIMIT)
        return false;
    if (in->feature != F_BASE && !x->t->host_has[in->feature]) return false;
    if (is_nop(in)) return true;
    if (is_odd(d)) return false;
    struct operands o;
    if (is_lea(in)) {
        o = (struct operands){.g = {true, false, 64, d->uop.a}};
        return tx_memory_ok(d) && mirror_lea(x, i, &o);
    }
    if (!find_operands(d, &o)) return false;
    if (d->memory && (!o.e.there || !tx_memory_ok(d))) return false;
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
    return true;
}
