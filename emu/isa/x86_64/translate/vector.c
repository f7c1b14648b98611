// SPDX-License-Identifier: MIT
// Instructions with XMM and YMM registers, re-emitted as mirror.c does. The guest's registers are in the host's of the same number while
// c->vectors says so: a block asks for them before its first such instruction, and everything that leaves translated code stores them. MXCSR
// goes with them where an instruction may look at it; its exceptions are masked then, or the interpreter executes the instruction.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/vec/sse.h"

// ---- routines

enum { CC_E = 4, CC_NE = 5, MOVUPS_LOAD = 0x10 | ASM_0F, MOVUPS_STORE = 0x11 | ASM_0F };

static u8 *skip_unless(struct asm_out *o, unsigned reg, unsigned bits) { // test reg32, bits; jz
    asm_rr(o, 0xf7, 0, reg);
    asm_u32(o, bits);
    return asm_jcc(o, CC_E);
}

static struct asm_mem xmm(unsigned r) { return MEM_AT(CPU_REG, CPU_AT(s.xmm) + 16 * (i32)r); }
static struct asm_mem ymmh(unsigned r) { return MEM_AT(CPU_REG, CPU_AT(s.ymmh) + 16 * (i32)r); }

// test dword [m], bits; or compare of all bits: leaves for `fail` when [m] & mask != want.
static u8 *unless(struct asm_out *o, struct asm_mem m, u32 mask, u32 want) {
    asm_rm(o, 0x8b, T0, m);
    asm_rr(o, 0x81, 4, T0); // and
    asm_u32(o, mask);
    asm_rr(o, 0x81, 7, T0); // cmp
    asm_u32(o, want);
    return asm_jcc(o, CC_NE);
}

// What a vector instruction asks before anything else (vec/sse.h, sse_check and avx_check), for all of a block at once.
void tx_emit_vectors_in(struct asm_out *o) {
    u8 *fail[5];
    fail[0] = unless(o, CPU_MEM(s.cr0), CR0_EM | CR0_TS, 0);
    fail[1] = unless(o, CPU_MEM(s.cr4), CR4_OSFXSR, CR4_OSFXSR);
    fail[2] = unless(o, CPU_MEM(s.mxcsr), MX_MASKS, MX_MASKS);
    u8 *narrow = skip_unless(o, T1, VECTORS_YMM);
    fail[3] = unless(o, CPU_MEM(s.xcr0), XCR0_AVX_STATE, XCR0_AVX_STATE);
    fail[4] = unless(o, CPU_MEM(s.cr4), CR4_OSXSAVE, CR4_OSXSAVE);
    asm_here(o, narrow);
    asm_rm(o, 0x8b, T0, CPU_MEM(vectors));
    asm_rr(o, 0xf7, 2, T0);  // not
    asm_rr(o, 0x23, T1, T0); // and: what is missing
    u8 *have_xmm = skip_unless(o, T1, VECTORS_XMM);
    for (unsigned r = 0; r < 16; r++) asm_rm(o, MOVUPS_LOAD, r, xmm(r));
    asm_here(o, have_xmm);
    u8 *have_ymm = skip_unless(o, T1, VECTORS_YMM);
    for (unsigned r = 0; r < 16; r++) { // vinsertf128 r, r, [ymmh], 1
        asm_vex_rm(o, 0x18 | ASM_0F3A | ASM_66 | ASM_L, r, r, ymmh(r));
        asm_byte(o, 1);
    }
    asm_here(o, have_ymm);
    u8 *have_mxcsr = skip_unless(o, T1, VECTORS_MXCSR);
    asm_rm(o, 0xae | ASM_0F, 3, CPU_MEM(host_mxcsr)); // stmxcsr
    asm_rm(o, 0xae | ASM_0F, 2, CPU_MEM(s.mxcsr));    // ldmxcsr
    asm_here(o, have_mxcsr);
    asm_rm(o, 0x09, T1, CPU_MEM(vectors)); // or
    asm_rr(o, 0x39, T1, T1);               // cmp: ZF
    asm_byte(o, 0xc3);
    for (unsigned i = 0; i < 5; i++) asm_here(o, fail[i]);
    asm_rr(o, 0x85 | ASM_W, CPU_REG, CPU_REG); // test: not ZF
    asm_byte(o, 0xc3);
}

static void vzeroupper(struct asm_out *o) { asm_byte(o, 0xc5), asm_byte(o, 0xf8), asm_byte(o, 0x77); }

void tx_emit_vectors_out(struct asm_out *o) {
    asm_rm(o, 0x8b, T0, CPU_MEM(vectors));
    asm_rr(o, 0x85, T0, T0);
    u8 *none = asm_jcc(o, CC_E);
    u8 *no_mxcsr = skip_unless(o, T0, VECTORS_MXCSR);
    asm_rm(o, 0xae | ASM_0F, 3, CPU_MEM(s.mxcsr));
    asm_rm(o, 0xae | ASM_0F, 2, CPU_MEM(host_mxcsr));
    asm_here(o, no_mxcsr);
    for (unsigned r = 0; r < 16; r++) asm_rm(o, MOVUPS_STORE, r, xmm(r));
    u8 *narrow = skip_unless(o, T0, VECTORS_YMM);
    for (unsigned r = 0; r < 16; r++) { // vextractf128 [ymmh], r, 1
        asm_vex_rm(o, 0x19 | ASM_0F3A | ASM_66 | ASM_L, r, 0, ymmh(r));
        asm_byte(o, 1);
    }
    vzeroupper(o); // what follows is SSE code
    asm_here(o, narrow);
    asm_rm(o, 0xc7, 0, CPU_MEM(vectors));
    asm_u32(o, 0);
    asm_here(o, none);
}

// ---- instructions

struct form {
    struct {
        bool there, general;
        u8 reg;
    } reg, rm, v;
    bool memory, store, vex;
    u8 bytes; // of memory
    bool imm;
    u8 written; // general register, 255: none
};

static unsigned memory_bytes(u8 width, bool wide, bool rex_w) {
    switch (width) {
    case W_8: return 1;
    case W_16: return 2;
    case W_32: return 4;
    case W_64: return 8;
    case W_128: return 16;
    case W_Y: return rex_w ? 8 : 4;
    case W_X: return wide ? 32 : 16;
    case W_HX: return wide ? 16 : 8;
    case W_QX: return wide ? 8 : 4;
    case W_EX: return wide ? 4 : 2;
    default: return 0;
    }
}

static bool find_form(const struct decoded *d, struct form *f) {
    const struct insn *in = d->insn;
    bool any = false, wide = d->size == 3 && !(in->flags & VEX_BY_W);
    *f = (struct form){.written = 255, .vex = in->map >= MAP_V0F};
    for (unsigned i = 0; i < 4 && in->operand[i] != o_none; i++) {
        const struct x86_operand *k = &x86_operands[in->operand[i]];
        bool vector = k->file == R_XMM || k->file == R_VECTOR, general = k->file == R_GENERAL;
        any |= vector;
        if (k->file == I_UNSIGNED || k->file == I_SIGNED || k->place == P_IS4) {
            f->imm = true;
            continue;
        }
        bool memory = k->place == P_RM && d->memory;
        if (!memory && !vector && !general) return false;
        if (general && !memory && (k->width == W_8 || k->width == W_16)) return false;
        u8 r = k->place == P_REG ? d->uop.a : k->place == P_RM ? d->uop.b : (u8)VEX_V(&d->uop);
        if (general && !memory && i == 0) f->written = r;
        if (k->place == P_REG) f->reg.there = true, f->reg.general = general, f->reg.reg = r;
        else if (k->place == P_VVVV) f->v.there = true, f->v.general = general, f->v.reg = r;
        else if (k->place != P_RM) return false;
        else if (memory) {
            f->memory = true;
            f->store = i == 0;
            f->bytes = (u8)memory_bytes(k->memory, wide, d->size == 3);
            if (!f->bytes) return false;
        } else f->rm.there = true, f->rm.general = general, f->rm.reg = r;
    }
    return any && !(f->v.there && f->v.general);
}

// Bytes that a memory operand must be aligned to (vol. 2, exception classes 1 and 2; 2.4 for VEX).
static unsigned alignment(const struct insn *in, const struct form *f) {
    if (f->vex) return in->flags & ALIGNED ? f->bytes : 1;
    return f->bytes == 16 && !(in->flags & UNALIGNED) ? 16 : 1;
}

static u32 vex_op(const struct decoded *d) {
    static const u32 map[] = {[MAP_V0F] = ASM_0F, [MAP_V0F38] = ASM_0F38, [MAP_V0F3A] = ASM_0F3A};
    const struct insn *in = d->insn;
    u32 op = in->opcode | map[in->map] | tx_prefix(in);
    bool one = d->size == 3;
    if (in->flags & VEX_BY_W ? one : in->flags & VEX_W1) op |= ASM_W;
    if (!(in->flags & VEX_BY_W) && one) op |= ASM_L;
    return op;
}

// Has the registers loaded before instruction i.
static void ask(struct tx *x, unsigned i, u8 need) {
    if ((x->vectors & need) == need) return;
    struct asm_out *o = x->o;
    asm_rm(o, 0x8b, T0, CPU_MEM(vectors));
    asm_rr(o, 0x83, 4, T0); // and
    asm_byte(o, need);
    asm_rr(o, 0x83, 7, T0); // cmp
    asm_byte(o, need);
    u8 *from = asm_jcc(o, CC_NE);
    x->flags.host = false;
    x->load[x->loads].from = from;
    x->load[x->loads].back = o->at;
    x->load[x->loads].b = x->b;
    x->load[x->loads].at = (u8)i;
    x->load[x->loads].k = (u8)(x->blocks - 1);
    x->load[x->loads].need = need;
    x->load[x->loads].live = x->live[i] != 0;
    x->load[x->loads++].flags = x->flags;
    x->vectors |= need;
}

void tx_vector_stubs(struct tx *x) {
    struct asm_out *o = x->o;
    for (unsigned n = 0; n < x->loads && !o->full; n++) {
        asm_here(o, x->load[n].from);
        asm_mov_imm(o, T1, x->load[n].need);
        asm_byte(o, 0xe8);
        asm_u32(o, 0);
        if (!o->full) asm_retarget(o->at - 4, o->to_exec, x->t->vectors_in);
        asm_jcc_to(o, CC_E, asm_exec(o, x->load[n].back));
        if (x->load[n].live) tx_flags_keep(x, &x->load[n].flags);
        asm_mov_imm(o, T1, (u64)(hva_t)&x->load[n].b->u[x->load[n].at]);
        tx_tail(x, x->load[n].k, x->t->leave);
    }
}

static void emit(struct tx *x, const struct decoded *d, const struct form *f, unsigned reg, unsigned rm, struct asm_mem m) {
    const struct insn *in = d->insn;
    unsigned v = f->v.there ? f->v.reg : 0;
    if (f->vex && f->memory) asm_vex_rm(x->o, vex_op(d), reg, v, m);
    else if (f->vex) asm_vex_rr(x->o, vex_op(d), reg, v, rm);
    else if (f->memory) asm_rm(x->o, tx_op(in, d->size), reg, m);
    else asm_rr(x->o, tx_op(in, d->size), reg, rm);
    if (f->imm) asm_byte(x->o, (u8)d->uop.imm);
}

// Flags of COMISS and the like: ZF, PF and CF are what the host found.
static void capture(struct tx *x) {
    asm_rm(x->o, 0x92 | ASM_0F, 0, CPU_MEM(s.cf));
    asm_rm(x->o, 0x94 | ASM_0F, 0, CPU_MEM(lazy.x));
    asm_rm(x->o, 0x9a | ASM_0F, 0, MEM_AT(CPU_REG, CPU_AT(lazy.x) + 1));
    x->flags = (struct tx_flags){.kind = LAZY_COMPARED, .host = true, .x = {.where = IN_SAVED}};
}

bool tx_vector(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    if (!in || in->flags & (ENDS | OWN | REP | NOFAULT) || !x->t->host_has[in->feature]) return false;
    struct form f = {.vex = true, .written = 255};
    if (x->narrow && in->special == SPECIAL_VZEROUPPER) return false; // which leaves YMM8 and up alone there
    bool is_float = in->flags & FLOAT, zeroes_uppers = in->special == SPECIAL_VZEROUPPER;
    if (!zeroes_uppers && (!find_form(d, &f) || (d->memory && !tx_memory_ok(x, d)))) return false;
    if ((f.vex && !x->t->host_has[F_AVX]) || (is_float && !x->t->honest)) return false;
    bool writes_flags = in->writes & tx_live_after(x, i);
    if (writes_flags && in->lazy != LAZY_COMPARED) return false;

    ask(x, i, (u8)(VECTORS_XMM | (f.vex ? VECTORS_YMM : 0) | (is_float ? VECTORS_MXCSR : 0)));
    if (zeroes_uppers) {
        vzeroupper(x->o);
        return true;
    }
    if (f.written != 255) tx_before_write(x, i, (u16)(1 << f.written));
    struct asm_mem m = MEM_AT(0, 0);
    if (f.memory) {
        x->align = (u8)alignment(in, &f);
        m = tx_access(x, i, f.bytes, f.store);
        x->align = 0;
    }
    unsigned reg = f.reg.there ? f.reg.general ? tx_use(x, f.reg.reg, T0) : f.reg.reg : in->modrm & 7u;
    unsigned rm = f.rm.general ? tx_use(x, f.rm.reg, T0) : f.rm.reg;
    emit(x, d, &f, reg, rm, m);
    if (f.written != 255 && tx_host(f.written) == H_NONE) asm_store64(x->o, T0, GPR_MEM(f.written));
    if (in->writes) {
        x->flags.host = false;
        if (writes_flags) capture(x);
        else if (!tx_live_after(x, i)) x->flags.kind = LAZY_DEAD, x->flags.over = 0;
    }
    return true;
}
