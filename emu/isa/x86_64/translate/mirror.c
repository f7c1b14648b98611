// SPDX-License-Identifier: MIT
// Re-emits an instruction for the host: the same opcode with its operands renamed. That is right for every row whose whole meaning is its
// operands and its arithmetic flags (NOFAULT, and not OWN), so no meaning is written a second time.
#include "isa/x86_64/translate/mirror.h"

#include "isa/x86_64/sys/mem.h"

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

// ---- rows that 64-bit mode does not have, of 32-bit code. The host runs those alone that it has another encoding for.
enum { SHORT_INC = 0x40, SHORT_DEC = 0x48, ALU_ALIAS = 0x82 };
static bool is_short_step(const struct insn *in) {
    return in->flags & I64 && in->map == MAP_1 && (in->opcode == SHORT_INC || in->opcode == SHORT_DEC);
}
static bool has_encoding(const struct insn *in) {
    return !(in->flags & I64) || is_short_step(in) || (in->map == MAP_1 && in->opcode == ALU_ALIAS);
}

// The operation word of a row.
u32 tx_op(const struct insn *in, unsigned size) {
    static const u32 map[] = {[MAP_1] = 0, [MAP_0F] = ASM_0F, [MAP_0F38] = ASM_0F38, [MAP_0F3A] = ASM_0F3A};
    u32 op = (in->flags & I64 && in->opcode == ALU_ALIAS ? 0x80 : in->opcode) | map[in->map] | tx_prefix(in);
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

static void immediate(struct tx *x, const struct operands *o, i64 imm) { asm_imm(x->o, imm, o->imm_bytes); }

// Emits the operation with E where `e` says.
void mirror_emit(struct tx *x, const struct decoded *d, const struct operands *o, bool e_memory, unsigned e, struct asm_mem m,
                 unsigned g) {
    const struct insn *in = d->insn;
    u32 op = tx_op(in, d->size);
    if (is_short_step(in)) {
        asm_rr(x->o, 0xff | (d->size == 1 ? ASM_16 : 0), in->opcode == SHORT_DEC, e); // inc, dec by ModRM
    } else if (o->opcode_reg) {
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

// Forms whose meaning is not all in their operands: a bit string reaches beyond its memory operand, the results of a 16-bit double shift by
// more than 16 are undefined, and whether a CMPXCHG of registers that fails clears the upper half of its destination differs.
static bool is_own(const struct decoded *d) {
    u32 flags = d->insn->flags;
    return flags & OWN || (flags & OWN_MEMORY && d->memory) || (flags & OWN_REGISTER && !d->memory) ||
           (flags & OWN_16 && d->size == 1);
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
        mirror_copy_byte(x, to, T0);
        asm_store64(x->o, T0, CPU_MEM(lazy.x));
    }
    if (before && p->lazy != LAZY_LOGIC && from->there) {
        mirror_copy_byte(x, from, T0);
        asm_store64(x->o, T0, CPU_MEM(lazy.y));
    }
}

static void of_high_bytes(struct tx *x, const struct decoded *d, const struct operands *o, const struct plan *p) {
    if (p->lazy != LAZY_DEAD) byte_flags(x, o, p, true);
    mirror_emit(x, d, o, false, host_number(&o->e), MEM_AT(0, 0), host_number(&o->g));
    if (p->lazy != LAZY_DEAD) byte_flags(x, o, p, false);
}

// ---- registers of the guest's that are in memory. The host's instruction may have one operand there, too: what need not be loaded, and stored
// again, is used where it lies.

static bool lies(const struct place *p) { return p->there && !p->high && !p->memory && tx_host(p->guest) == H_NONE; }

// E is one, and the row has a form with memory that does the same. A result of 32 bits would clear the upper half of a register; and behind
// one that is narrower the host would have to wait for its store, since the next load is wider.
static bool is_e_used(const struct decoded *d, const struct operands *o, u16 written) {
    const struct insn *in = d->insn;
    bool both = o->g.there && o->g.guest == o->e.guest;
    if (!lies(&o->e) || both || o->opcode_reg || in->flags & (OWN_MEMORY | EXCHANGES) || x86_row_register_only(in)) return false;
    return !(written >> o->e.guest & 1) || o->e.width == 64;
}

enum { TEST_EB = 0x84, MOV_EB = 0x88 };

// G is one, it is only read, and the same operation exists with reg and rm exchanged: as another opcode, or as the same one (TEST).
static bool is_g_used(const struct decoded *d, const struct operands *o, u16 written, u32 *op) {
    const struct insn *in = d->insn;
    u8 kind = in->opcode & 0xfe;
    bool alu = in->opcode < 0x40 && !(in->opcode & 6);
    if (in->map != MAP_1 || !lies(&o->g) || written >> o->g.guest & 1 || !o->e.there || o->e.high || lies(&o->e)) return false;
    if (!alu && kind != MOV_EB && kind != TEST_EB) return false;
    *op = tx_op(in, d->size) | (kind == TEST_EB ? 0 : 2);
    return true;
}

// What the first operand held does not matter.
static bool overwrites(const struct insn *in) {
    if (in->map == MAP_0F) return (in->opcode & 0xf6) == 0xb6; // MOVZX, MOVSX
    if (in->map != MAP_1) return false;
    switch (in->opcode) {
    case 0x63: // MOVSXD
    case 0x69:
    case 0x6b: // IMUL of three operands
    case 0x89:
    case 0x8b:
    case 0xb8:
    case 0xc7: return true;
    default: return false;
    }
}

static unsigned use(struct tx *x, const struct place *p, unsigned scratch, bool fresh) {
    return fresh && p->width >= 32 && lies(p) ? scratch : tx_use(x, p->guest, scratch);
}

static void in_registers(struct tx *x, unsigned i, const struct operands *o, const struct plan *p, u16 written) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (in->reads) tx_flags_host(x, in->reads);
    if ((in->lazy == LAZY_INC || in->lazy == LAZY_DEC) && p->lazy != LAZY_DEAD) mirror_carry_before(x);
    if (goes_over(p->lazy)) {
        mirror_settle_under(x);
        if (in->reads) tx_flags_host(x, in->reads);
    }
    if (o->e.high || o->g.high) {
        of_high_bytes(x, d, o, p);
        return;
    }
    u32 op;
    if (is_g_used(d, o, written, &op)) {
        asm_rm(x->o, op | (o->e.width == 8 ? ASM_BYTE_REG : 0), tx_host(o->e.guest), GPR_MEM(o->g.guest));
        return;
    }
    bool both = o->e.there && o->g.there && o->e.guest == o->g.guest, fresh = overwrites(in) && !both;
    bool e_used = is_e_used(d, o, written);
    unsigned e = !o->e.there ? 0 : e_used ? (unsigned)H_NONE : use(x, &o->e, T0, fresh && o->e_first);
    unsigned g = !o->g.there ? 0 : both ? e : use(x, &o->g, T1, fresh && !o->e_first);
    if (mirror_overwrites_y(o, p)) asm_store64(x->o, g, CPU_MEM(lazy.y));
    mirror_emit(x, d, o, e_used, e, e_used ? GPR_MEM(o->e.guest) : MEM_AT(0, 0), g);
    if (o->e.there && e == T0 && written >> o->e.guest & 1) asm_store64(x->o, T0, GPR_MEM(o->e.guest));
    if (o->g.there && g == T1 && written >> o->g.guest & 1) asm_store64(x->o, T1, GPR_MEM(o->g.guest));
}

bool tx_mirror(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (!in) return false;
    if (in->flags & NO_EFFECT) return true;
    if (!(in->flags & NOFAULT) || in->flags & (ENDS | REP | PROT | READS_ALL) || in->map > SIMPLE_LIMIT) return false;
    if (is_own(d) || !has_encoding(in) || (in->feature != F_BASE && !x->t->host_has[in->feature])) return false;
    struct operands o;
    if (in->flags & ADDRESS) {
        o = (struct operands){.g = {true, false, 64, d->uop.a, false}};
        return tx_memory_ok(x, d) && mirror_lea(x, i, &o);
    }
    if (!find_operands(d, &o)) return false;
    if (d->memory && (!o.e.there || !tx_memory_ok(x, d))) return false;
    bool high = o.e.high || o.g.high;
    if (high && !high_encodable(&o)) return false;
    struct plan p;
    if (!mirror_plan(x, i, &o, &p)) return false;
    u16 written = writes_registers(in, &o);
    tx_before_write(x, i, written);
    if (o.e.memory) {
        if (!mirror_memory(x, i, &o, &p)) return false;
    } else {
        in_registers(x, i, &o, &p, written);
    }
    mirror_flags(x, i, &o, &p);
    return true;
}
