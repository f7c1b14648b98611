// SPDX-License-Identifier: MIT
// Instructions that take more than their own opcode to re-emit: what could fault on the host is asked first, flags that are there already are
// kept, and registers that a REX prefix cannot name are copied.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/insn/ops.h"
#include "isa/x86_64/sys/mem.h"

enum { CC_AE = 3, CC_E = 4, CC_NE = 5, CC_BE = 6 };

static u32 size_word(unsigned size) { return size == 3 ? ASM_W : size == 1 ? ASM_16 : 0; }

static struct tx_value saved(void) { return (struct tx_value){.where = IN_SAVED}; }
static struct tx_value in_register(u8 r) { return (struct tx_value){.where = IN_REGISTER, .reg = r}; }
static struct tx_value in_immediate(i64 v) { return (struct tx_value){.where = IN_IMMEDIATE, .imm = v}; }

// The E operand of `size`, in a register; T0 if it has to be loaded.
static unsigned load_operand(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    if (!d->memory) return tx_use(x, d->uop.b, T0);
    struct asm_mem m = tx_access(x, i, 1u << d->size, false);
    asm_rm(x->o, d->size == 1 ? 0xb7 | ASM_0F : 0x8b | size_word(d->size), T0, m);
    return T0;
}

// ---- DIV, IDIV. Their flags are undefined and stay as they were (int/op_mul.c); the host's are lost. What would overflow, or divides by
// zero, is the interpreter's.
static bool divide(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    bool with_sign = (d->insn->modrm & 7) == 7;
    if (d->size < 2 || (d->memory && !tx_memory_ok(d))) return false;
    tx_before_write(x, i, 1 << RAX | 1 << RDX);
    unsigned by = load_operand(x, i);
    struct asm_out *o = x->o;
    u32 w = size_word(d->size);
    if (with_sign) { // only the plain case: RDX is RAX's sign, and the divisor neither 0 nor -1
        asm_rr(o, 0x8b | w, T1, H_RAX);
        asm_rr(o, 0xc1 | w, 7, T1); // sar
        asm_byte(o, (8u << d->size) - 1);
        asm_rr(o, 0x3b | w, T1, H_RDX); // cmp
        tx_out(x, i, asm_jcc(o, CC_NE));
        asm_rm(o, 0x8d | w, T1, MEM_AT(by, 1)); // lea
        asm_rr(o, 0x83 | w, 7, T1);             // cmp
        asm_byte(o, 1);
        tx_out(x, i, asm_jcc(o, CC_BE));
    } else {
        asm_rr(o, 0x3b | w, H_RDX, by); // cmp
        tx_out(x, i, asm_jcc(o, CC_AE));
    }
    asm_rr(o, 0xf7 | w, with_sign ? 7 : 6, by);
    x->flags.host = false;
    return true;
}

// ---- shifts by CL whose flags may be seen: a count of 0 leaves them as they were.
static bool shift_by_cl(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    u8 lazy = d->insn->lazy;
    if (d->memory || d->size < 2 || (lazy != LAZY_SHL && lazy != LAZY_SHR && lazy != LAZY_SAR)) return false;
    tx_flags_to_memory(x);
    x->flags.kind = LAZY_NONE;
    struct asm_out *o = x->o;
    u32 w = size_word(d->size);
    unsigned e = tx_use(x, d->uop.b, T0);
    asm_rr(o, 0xf6, 0, H_RCX); // test cl
    asm_byte(o, d->size == 3 ? 63 : 31);
    u8 *nothing = asm_jcc(o, CC_E);
    asm_rr(o, 0xd3 | w, d->insn->modrm & 7, e);
    asm_rm(o, 0x92 | ASM_0F, 0, CPU_MEM(s.cf));
    asm_store64(o, e, CPU_MEM(lazy.x));
    asm_rm(o, 0xc7, 0, CPU_MEM(lazy.kind));
    asm_u32(o, (u32)lazy | (u32)d->size << 8);
    u8 *done = asm_jmp(o);
    asm_here(o, nothing);
    if (d->size == 2) asm_rr(o, 0x8b, e, e); // the upper half is cleared all the same
    asm_here(o, done);
    if (e == T0) asm_store64(o, T0, GPR_MEM(d->uop.b));
    x->flags.host = false;
    return true;
}

// ---- ADC, SBB whose flags may be seen: CF and OF are captured, and AF is made of both operands and the result.
static bool with_carry(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    bool e_first = x86_operands[in->operand[0]].place == P_RM, g_there = x86_row_places(in, P_REG);
    if (d->size < 2 || !(x86_row_places(in, P_RM)) || (d->memory && (e_first || !tx_memory_ok(d)))) return false;
    u8 to = e_first ? d->uop.b : d->uop.a;
    u8 from = e_first ? d->uop.a : d->uop.b;
    bool register_source = g_there && !d->memory;
    if (tx_host(to) == H_NONE || (register_source && (tx_host(from) == H_NONE || from == to))) return false;
    struct asm_out *o = x->o;
    u32 w = size_word(d->size);
    unsigned op = in->opcode & 0x38 && !(in->opcode & 0x80) ? in->opcode >> 3 & 7 : in->modrm & 7,
             y = register_source ? tx_host(from) : T1;
    tx_before_write(x, i, (u16)(1 << to));
    if (d->memory) asm_rm(o, 0x8b | w, T1, tx_access(x, i, 1u << d->size, false));
    tx_flags_host(x, FL_CF);
    asm_mov64(o, T0, tx_host(to));
    bool immediate = !register_source && !d->memory;
    if (immediate) {
        asm_rr(o, 0x81 | w, op, tx_host(to));
        asm_u32(o, (u32)d->uop.imm);
    } else {
        asm_rr(o, (8 * op + 3) | w, tx_host(to), y);
    }
    asm_rm(o, 0x92 | ASM_0F, 0, CPU_MEM(s.cf));
    asm_rm(o, 0x90 | ASM_0F, 0, CPU_MEM(s.of));
    if (immediate) {
        asm_rr(o, 0x81, 6, T0);
        asm_u32(o, (u32)d->uop.imm);
    } else {
        asm_rr(o, 0x33, T0, y);
    }
    asm_rr(o, 0x33, T0, tx_host(to));
    asm_rm(o, 0x88 | ASM_BYTE_REG, T0, CPU_MEM(s.af));
    x->flags = (struct tx_flags){.kind = LAZY_CARRIED, .size = d->size, .x = in_register(to)};
    return true;
}

// ---- CMPXCHG with memory: flags are those of CMP of the accumulator and what memory held.
static bool compare_exchange(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    if (!d->memory || d->size < 2 || !tx_memory_ok(d)) return false;
    tx_before_write(x, i, 1 << RAX);
    struct asm_mem m = tx_access(x, i, 1u << d->size, true);
    struct asm_out *o = x->o;
    u32 w = size_word(d->size);
    asm_rm(o, 0x8b | w, T0, m);
    asm_store64(o, T0, CPU_MEM(lazy.y));
    asm_store64(o, H_RAX, CPU_MEM(lazy.x));
    unsigned g = tx_use(x, d->uop.a, T0);
    asm_rm(o, 0xb1 | ASM_0F | w, g, m);
    x->flags = (struct tx_flags){.kind = LAZY_CMP, .size = d->size, .host = true, .x = saved(), .y = saved()};
    return true;
}

// ---- AH, CH, DH, BH as an operand that is only read
static bool high_byte(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (d->memory || x86_operands[in->operand[0]].place == P_NONE) return false;
    struct asm_out *o = x->o;
    bool extends = in->map == MAP_0F && (in->opcode == 0xb6 || in->opcode == 0xbe);
    bool tests = in->flags & BYTE && in->flags & READS_ONLY && !x86_row_places(in, P_REG) && x86_row_places(in, P_IMM) &&
                 (in->lazy == LAZY_CMP || in->lazy == LAZY_TEST);
    if (!(d->uop.b & 7) || !(extends || tests)) return false;
    if (extends && (d->size < 2 || x86_operands[in->operand[1]].width != W_8)) return false;
    if (extends) tx_before_write(x, i, (u16)(1 << d->uop.a));
    asm_mov64(o, T0, tx_host(d->uop.b / 8));
    if (extends) { // flags stay: BSWAP and moves only
        unsigned to = tx_host(d->uop.a) == H_NONE ? T0 : tx_host(d->uop.a);
        asm_opcode_reg(o, 0xc8 | ASM_0F, T0); // the byte is in bits 16 to 23 now
        asm_store64(o, T0, CPU_MEM(spill));
        asm_rm(o, in->opcode | ASM_0F | size_word(d->size), to, MEM_AT(CPU_REG, CPU_AT(spill) + 2));
        if (to == T0) asm_store64(o, T0, GPR_MEM(d->uop.a));
        return true;
    }
    asm_rr(o, 0xc1 | ASM_W, 5, T0); // shr
    asm_byte(o, 8);
    bool live = tx_live_after(x, i) & (in->writes | in->undefined);
    if (live) asm_store64(o, T0, CPU_MEM(lazy.x));
    asm_rr(o, (in->lazy == LAZY_CMP ? 0x80 : 0xf6) | ASM_BYTE_RM, in->lazy == LAZY_CMP ? 7 : 0, T0);
    asm_byte(o, (u8)d->uop.imm);
    if (live)
        x->flags = (struct tx_flags){
            .kind = in->lazy, .host = true, .vague = in->undefined, .x = saved(), .y = in_immediate(d->uop.imm)};
    else x->flags.host = false;
    return true;
}

// ---- BMI, VEX-encoded, of general registers
static u32 bmi_op(const struct decoded *d) {
    const struct insn *in = d->insn;
    return in->opcode | (in->map == MAP_V0F38 ? ASM_0F38 : ASM_0F3A) | tx_prefix(in) | (d->size == 3 ? ASM_W : 0);
}

static bool bmi(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    u16 touched = in->writes | in->undefined;
    bool mulx = in->opcode == 0xf6, v_there = x86_row_places(in, P_VVVV), g_there = x86_row_places(in, P_REG);
    if ((in->feature != F_BMI1 && in->feature != F_BMI2) || (touched & tx_live_after(x, i))) return false;
    if (d->memory && !tx_memory_ok(d)) return false;
    unsigned v = v_there ? VEX_V(&d->uop) : 0;
    if ((v_there && tx_host(v) == H_NONE) || (g_there && tx_host(d->uop.a) == H_NONE)) return false;
    bool writes_v = !g_there || mulx;
    tx_before_write(x, i, (u16)((g_there ? 1u << d->uop.a : 0) | (writes_v ? 1u << v : 0)));
    unsigned reg = g_there ? tx_host(d->uop.a) : in->modrm & 7u, host_v = v_there ? tx_host(v) : 0;
    if (d->memory) asm_vex_rm(x->o, bmi_op(d), reg, host_v, tx_access(x, i, 1u << d->size, false));
    else asm_vex_rr(x->o, bmi_op(d), reg, host_v, tx_use(x, d->uop.b, T0));
    if (x86_row_places(in, P_IMM)) asm_byte(x->o, (u8)d->uop.imm);
    if (!touched) return true;
    x->flags.host = false;
    if (!tx_live_after(x, i)) x->flags.kind = LAZY_DEAD, x->flags.over = 0;
    return true;
}

bool tx_special(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (!in || in->flags & (ENDS | OWN | REP)) return false;
    if (in->feature != F_BASE && !x->t->host_has[in->feature]) return false;
    if (in->map == MAP_V0F38 || in->map == MAP_V0F3A) return in->flags & NOFAULT && bmi(x, i);
    if (in->map == MAP_0F && (in->opcode & 0xfe) == 0xb0) return compare_exchange(x, i);
    if (in->map == MAP_1 && in->opcode == 0xf7 && (in->modrm & 15) >= EXT(6) && in->modrm & 8) return divide(x, i);
    if (in->map == MAP_1 && in->opcode == 0xd3) return shift_by_cl(x, i);
    bool carries = in->map == MAP_1 && in->reads == FL_CF && in->writes == FL_ARITH;
    if (carries) return with_carry(x, i);
    return in->flags & NOFAULT && high_byte(x, i);
}
