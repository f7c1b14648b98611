// SPDX-License-Identifier: MIT
// Instructions that take more than their own opcode to re-emit: what could fault on the host is asked first, and flags that are there already are
// kept.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/insn/ops.h"
#include "isa/x86_64/room.h"
#include "isa/x86_64/sys/mem.h"

enum { CC_AE = 3, CC_E = 4, CC_NE = 5, CC_BE = 6 };

static u32 size_word(unsigned size) { return size == 3 ? ASM_W : size == 1 ? ASM_16 : 0; }

static struct tx_value saved(void) { return (struct tx_value){.where = IN_SAVED}; }
static struct tx_value in_register(u8 r) { return (struct tx_value){.where = IN_REGISTER, .reg = r}; }

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
    bool with_sign = d->insn->special == SPECIAL_IDIV;
    if (d->size < 2 || (d->memory && !tx_memory_ok(x, d))) return false;
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

// ---- shifts and rotates by CL whose flags may be seen: a count of 0 leaves them as they were.
static bool shift_by_cl(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    u8 lazy = d->insn->lazy;
    bool rotates = lazy == LAZY_ROL || lazy == LAZY_ROR;
    if (d->memory || !d->size || (lazy != LAZY_SHL && lazy != LAZY_SHR && lazy != LAZY_SAR && !rotates)) return false;
    tx_flags_to_memory(x);
    x->flags.kind = LAZY_NONE;
    tx_before_write(x, i, (u16)(1 << d->uop.b));
    struct asm_out *o = x->o;
    u32 w = size_word(d->size);
    unsigned e = tx_use(x, d->uop.b, T0);
    asm_rr(o, 0xf6, 0, H_RCX); // test cl
    asm_byte(o, d->size == 3 ? 63 : 31);
    u8 *nothing = asm_jcc(o, CC_E);
    asm_rr(o, 0xd3 | w, d->insn->modrm & 7, e);
    asm_rm(o, 0x92 | ASM_0F, 0, CPU_MEM(s.cf));
    if (rotates) { // over how the other flags follow
        asm_store64(o, e, CPU_MEM(lazy.o));
        asm_rm(o, 0xc7 | ASM_16, 0, MEM_AT(CPU_REG, CPU_AT(lazy.kind) + 2));
        asm_imm(o, OVER_CARRY | (lazy == LAZY_ROL ? OVER_ROL : OVER_ROR) | d->size << 8, 2);
    } else {
        asm_store64(o, e, CPU_MEM(lazy.x));
        asm_rm(o, 0xc7, 0, CPU_MEM(lazy.kind));
        asm_u32(o, (u32)lazy | (u32)d->size << 8);
    }
    u8 *done = asm_jmp(o);
    asm_here(o, nothing);
    if (d->size == 2) asm_rr(o, 0x8b, e, e); // the upper half is cleared all the same
    asm_here(o, done);
    if (e == T0) asm_store64(o, T0, GPR_MEM(d->uop.b));
    x->flags.host = false;
    return true;
}

// ---- ADC, SBB whose flags may be seen: CF and OF are captured, and AF is made of both operands and the result.
static void source(struct tx *x, const struct decoded *d, u32 op_register, unsigned op_immediate, unsigned to, unsigned from) {
    u32 w = size_word(d->size);
    if (from != H_NONE) {
        asm_rr(x->o, op_register | w, to, from);
        return;
    }
    asm_rr(x->o, 0x81 | w, op_immediate, to);
    asm_imm(x->o, d->uop.imm, d->size == 1 ? 2 : 4);
}

static bool with_carry(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    bool e_first = x86_operands[in->operand[0]].place == P_RM, g_there = x86_row_places(in, P_REG);
    if (!d->size || !(x86_row_places(in, P_RM)) || (d->memory && (e_first || !tx_memory_ok(x, d)))) return false;
    struct asm_out *o = x->o;
    u8 to = e_first ? d->uop.b : d->uop.a, from = e_first ? d->uop.a : d->uop.b;
    bool immediate = !g_there;
    unsigned op = immediate ? in->modrm & 7 : in->opcode >> 3 & 7, y = H_NONE, r = tx_host(to);
    tx_before_write(x, i, (u16)(1 << to));
    if (d->memory)
        asm_rm(o, (d->size == 1 ? 0xb7 | ASM_0F : 0x8b | size_word(d->size)), y = T1, tx_access(x, i, 1u << d->size, false));
    tx_flags_host(x, FL_CF);
    if (!immediate && !d->memory) y = tx_use(x, from, T1);
    if (y != H_NONE && y == r) asm_mov64(o, y = T1, r);
    // x is kept in T0; in `spill` where that has to hold the result.
    if (r == H_NONE) asm_load64(o, T0, GPR_MEM(to));
    else asm_mov64(o, T0, r);
    if (r == H_NONE) asm_store64(o, r = T0, CPU_MEM(spill));
    source(x, d, 8 * op + 3, op, r, y);
    asm_rm(o, 0x92 | ASM_0F, 0, CPU_MEM(s.cf));
    asm_rm(o, 0x90 | ASM_0F, 0, CPU_MEM(s.of));
    if (r == T0) {
        asm_store64(o, T0, GPR_MEM(to));
        asm_rm(o, 0x33 | ASM_W, T0, CPU_MEM(spill));
    } else {
        asm_rr(o, 0x33 | ASM_W, T0, r);
    }
    source(x, d, 0x33, 6, T0, y);
    asm_rm(o, 0x88 | ASM_BYTE_REG, T0, CPU_MEM(s.af));
    x->flags = (struct tx_flags){.kind = LAZY_CARRIED, .size = d->size, .x = in_register(to)};
    return true;
}

// ---- CMPXCHG with memory: flags are those of CMP of the accumulator and what memory held.
static bool compare_exchange(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    if (!d->memory || d->size < 2 || !tx_memory_ok(x, d)) return false;
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

// ---- BMI, VEX-encoded, of general registers
static u32 bmi_op(const struct decoded *d) {
    const struct insn *in = d->insn;
    return in->opcode | (in->map == MAP_V0F38 ? ASM_0F38 : ASM_0F3A) | tx_prefix(in) | (d->size == 3 ? ASM_W : 0);
}

// Where a result goes, of guest register r: scratch registers are free for it, since sources are read before.
static unsigned to_register(unsigned r, unsigned scratch) { return tx_host(r) == H_NONE ? scratch : tx_host(r); }

static bool bmi(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    u16 touched = in->writes | in->undefined;
    bool live = touched & tx_live_after(x, i), v_there = x86_row_places(in, P_VVVV), g_there = x86_row_places(in, P_REG);
    if ((in->feature != F_BMI1 && in->feature != F_BMI2) || (live && !in->lazy) || (d->memory && !tx_memory_ok(x, d)))
        return false;
    unsigned v = v_there ? VEX_V(&d->uop) : 0;
    bool v_first = x86_operands[in->operand[0]].place == P_VVVV, writes_both = in->flags & EXCHANGES;
    unsigned result = v_first ? v : d->uop.a;
    tx_before_write(x, i, (u16)(1u << result | (writes_both ? 1u << v : 0)));
    struct asm_out *o = x->o;
    struct asm_mem m = MEM_AT(0, 0);
    if (d->memory) m = tx_access(x, i, 1u << d->size, false);
    unsigned rm = d->memory ? 0 : tx_use(x, d->uop.b, T1);
    // MULX writes v, and a register of both is the upper half's.
    unsigned to = to_register(result, T0), host_v = !v_there ? 0 : v_first || (writes_both && v == result) ? to : 0;
    if (v_there && !v_first && !(writes_both && v == result)) host_v = writes_both ? to_register(v, T1) : tx_use(x, v, T0);
    unsigned reg = g_there ? to : in->modrm & 7u;
    if (d->memory) asm_vex_rm(o, bmi_op(d), reg, host_v, m);
    else asm_vex_rr(o, bmi_op(d), reg, host_v, rm);
    if (x86_row_places(in, P_IMM)) asm_byte(o, (u8)d->uop.imm);
    if (writes_both && host_v == T1) asm_store64(o, T1, GPR_MEM(v));
    if (to == T0) asm_store64(o, T0, GPR_MEM(result));
    if (!touched) return true;
    x->flags.host = false;
    if (!tx_live_after(x, i)) x->flags.kind = LAZY_DEAD, x->flags.over = 0;
    if (!live) return true;
    if (in->lazy == LAZY_COUNTED) asm_rm(o, 0x92 | ASM_0F, 0, CPU_MEM(s.cf));
    x->flags =
        (struct tx_flags){.kind = in->lazy, .size = d->size, .host = true, .vague = in->undefined, .x = in_register((u8)result)};
    return true;
}

// ---- PUSH of memory: both accesses are checked before anything is done
static bool push_memory(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const i32 word = (i32)tx_word(x);
    if (!d->memory || 1 << d->size != word || !tx_memory_ok(x, d)) return false;
    asm_rm(x->o, 0x8b | tx_wide(x), T0, tx_access(x, i, (unsigned)word, false));
    asm_store64(x->o, T0, CPU_MEM(spill_page));
    struct asm_mem m = tx_stack(x, i, -word, (unsigned)word, true);
    asm_load64(x->o, T0, CPU_MEM(spill_page));
    asm_rm(x->o, 0x89 | tx_wide(x), T0, m);
    tx_before_write(x, i, 1 << RSP);
    asm_rm(x->o, 0x8d | tx_wide(x), GUEST_RSP, MEM_AT(GUEST_RSP, -word)); // lea
    return true;
}

// ---- MOV of the accumulator with an address in place of ModRM, which 32-bit code alone uses: as the forms with ModRM do it
static bool mov_offset(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    bool store = x86_operands[d->insn->operand[0]].place == P_OFFSET;
    if (!tx_memory_ok(x, d)) return false;
    if (!store) tx_before_write(x, i, 1 << RAX);
    struct asm_mem m = tx_access(x, i, 1u << d->size, store);
    asm_rm(x->o, (store ? 0x88 : 0x8a) | (d->size ? 1 | size_word(d->size) : 0), H_RAX, m);
    return true;
}

// ---- what a kernel does often. The host's flags are lost; those of the guest are not touched.
// Elsewhere than in ring 0 the instruction is the interpreter's.
static void in_ring_0(struct tx *x, unsigned i) {
    asm_rm(x->o, 0x80, 7, CPU_MEM(s.cpl)); // cmp
    asm_byte(x->o, 0);
    x->flags.host = false;
    tx_out(x, i, asm_jcc(x->o, CC_NE));
}

static bool clear_interrupt_flag(struct tx *x, unsigned i) {
    in_ring_0(x, i);
    asm_rm(x->o, 0x81, 4, CPU_MEM(s.rflags)); // and
    asm_u32(x->o, ~(u32)FL_IF);
    return true;
}

// STAC and CLAC: what x86_ac_changed does. Code is made for one context, so what becomes of it is known.
static bool set_ac(struct tx *x, unsigned i, bool ac) {
    enum { TABLES = KEY_AC - KEY_SUPERVISOR };
    _Static_assert(KEY_SUPERVISOR == 0 && KEY_AC == 2, "a bit in keys and modes");
    if (x->context == KEY_USER) return false;
    in_ring_0(x, i);
    asm_rm(x->o, 0x81, ac ? 1 : 4, CPU_MEM(s.rflags)); // or, and
    asm_u32(x->o, ac ? (u32)FL_AC : ~(u32)FL_AC);
    if (x->context != (ac ? KEY_SUPERVISOR : KEY_AC)) return true;
    x->context = ac ? KEY_AC : KEY_SUPERVISOR;
    const struct asm_mem words[] = {CPU_MEM(mode), CPU_MEM(jump_key), CPU_MEM(tlb_key)};
    const u32 bits[] = {KEY_AC << MODE_CONTEXT_SHIFT, KEY_AC << (MODE_CONTEXT_SHIFT + JUMP_MODE_SHIFT), KEY_AC};
    for (unsigned n = 0; n < countof(words); n++) {
        asm_rm(x->o, 0x81, 6, words[n]); // xor
        asm_u32(x->o, bits[n]);
    }
    asm_rm(x->o, 0x81 | ASM_W, ac ? 0 : 5, CPU_MEM(tlb_now)); // add, sub
    asm_u32(x->o, TABLES * sizeof x->c->tlb[0]);
    tx_spans_end(x);
    return true;
}

static bool swapgs(struct tx *x, unsigned i) {
    const struct asm_mem base = CPU_MEM(s.seg[GS].base), other = CPU_MEM(s.kernel_gs_base);
    in_ring_0(x, i);
    asm_load64(x->o, T0, base);
    asm_load64(x->o, T1, other);
    asm_store64(x->o, T0, other);
    asm_store64(x->o, T1, base);
    return true;
}

static bool mov_from_sreg(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    if (d->memory || d->size < 2 || d->uop.a > GS) return false;
    tx_before_write(x, i, (u16)(1 << d->uop.b));
    unsigned to = to_register(d->uop.b, T0);
    i32 at = CPU_AT(s.seg) + (i32)(d->uop.a * sizeof(struct x86_seg) + offsetof(struct x86_seg, sel));
    asm_rm(x->o, 0xb7 | ASM_0F, to, MEM_AT(CPU_REG, at)); // movzx
    if (to == T0) asm_store64(x->o, T0, GPR_MEM(d->uop.b));
    return true;
}

bool tx_special(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (!in || in->flags & (ENDS | OWN | REP)) return false;
    if (x86_row_places(in, P_OFFSET)) return mov_offset(x, i);
    if (in->special == SPECIAL_STAC || in->special == SPECIAL_CLAC) return set_ac(x, i, in->special == SPECIAL_STAC);
    if (in->feature != F_BASE && !x->t->host_has[in->feature]) return false;
    switch (in->special) {
    case SPECIAL_DIV:
    case SPECIAL_IDIV: return divide(x, i);
    case SPECIAL_CMPXCHG: return compare_exchange(x, i);
    case SPECIAL_PUSH: return push_memory(x, i);
    case SPECIAL_CLI: return clear_interrupt_flag(x, i);
    case SPECIAL_SWAPGS: return swapgs(x, i);
    case SPECIAL_MOV_FROM_SREG: return mov_from_sreg(x, i);
    default: break;
    }
    if (!(in->flags & NOFAULT)) return false;
    if (in->map >= MAP_V0F) return bmi(x, i);
    if (x86_row_has(in, o_CL) && !x86_row_places(in, P_REG)) return shift_by_cl(x, i);
    return in->reads == FL_CF && in->writes == FL_ARITH && with_carry(x, i);
}
