// SPDX-License-Identifier: MIT
// What vector rows say of themselves to translators (insn.h), against what their handlers do: FLOAT rows, and no others, depend on MXCSR or raise
// exceptions there; those that must be aligned, and no others, are #GP at an odd address.
#include "../encode.h"
#include "isa/x86_64/insn/decode.h"
#include "rng.h"
#include "x86_rig.h"

#include <string.h>

#include <cmocka.h>

enum { DATA = 0x300000, HANDLER = 0x20000, INPUTS = 60 };

static bool has_vector(const struct insn *row) { return x86_row_uses(row, R_XMM) || x86_row_uses(row, R_VECTOR); }

// Its memory operand in bytes with VEX.L as given; 0: it has none, or one whose size the instruction alone knows.
static unsigned memory_bytes(const struct insn *row, bool l) {
    for (unsigned i = 0; i < countof(row->operand); i++) {
        const struct x86_operand *o = &x86_operands[row->operand[i]];
        if (o->place != P_RM) continue;
        return o->memory == W_128 ? 16 : o->memory == W_X ? l ? 32 : 16 : o->memory == W_NONE || o->memory == W_ANY ? 0 : 1;
    }
    return 0;
}

// [RBX], or register 3; its other registers are 1 and 2.
static unsigned bytes_of(const struct insn *row, bool memory, bool l, bool w, u8 imm, u8 code[16]) {
    struct encoder e = {.byte = code, .room = 16};
    if (encode_is_vex(row)) {
        struct encode_vex x = {
            .map = encode_vex_map(row), .v = row->flags & VEX_NV ? 0 : 2, .l = l, .w = w, .pp = encode_pp(row)};
        encode_vex(&e, &x, false);
    } else {
        if (encode_prefix(row)) encode_byte(&e, encode_prefix(row));
        if (w) encode_byte(&e, 0x48);
    }
    encode_opcode(&e, row, 0);
    if (x86_row_needs_modrm(row)) encode_byte(&e, encode_modrm(row, (memory ? 0 : 0xc0) | 1 << 3 | 3));
    if (x86_row_places(row, P_IS4)) encode_byte(&e, 0x40);
    if (x86_row_places(row, P_IMM)) encode_byte(&e, imm);
    return e.n;
}

static bool is_encoding(const struct x86_rig *r, const struct insn *row, const u8 *code, unsigned n) {
    struct decoded d;
    x86_decode(r->c->index, MODE_CODE64 | MODE_STACK64, code, n, 0, &d);
    return d.insn == row && d.length == n && d.uop.fn != op_ud;
}

static void machine(struct x86_rig *r) {
    cpu_long(r, 3);
    for (unsigned v = 0; v < 32; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, HANDLER + 16 * v, 0), 0);
    r->c->s.cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
    r->c->s.xcr0 = 7;
    x86_mode_changed(r->c);
}

// Calls f with every encoding of every vector row that this processor has: with and without VEX.L and W.
static unsigned each_row(struct x86_rig *r, void (*f)(struct x86_rig *, const struct insn *, bool l, bool w)) {
    unsigned n = 0;
    for (unsigned t = 0; x86_tables[t]; t++)
        for (unsigned i = 0; i < x86_tables[t]->count; i++)
            for (unsigned lw = 0; lw < 4 && has_vector(&x86_tables[t]->rows[i]); lw++, n++)
                f(r, &x86_tables[t]->rows[i], lw & 1, lw >> 1);
    return n;
}

static void aligned_row(struct x86_rig *r, const struct insn *row, bool l, bool w) {
    u8 code[16];
    unsigned bytes = memory_bytes(row, l), n = bytes_of(row, true, l, w, 1, code);
    if (!bytes || !is_encoding(r, row, code, n)) return;
    bool must = encode_is_vex(row) ? row->flags & ALIGNED : bytes == 16 && !(row->flags & UNALIGNED);
    for (unsigned odd = 0; odd < 2; odd++) {
        machine(r);
        r->c->s.gpr[RBX] = DATA + odd;
        cpu_run(r, code, n, 1);
        bool gp = r->c->s.rip == HANDLER + 16 * EXC_GP;
        if (gp != (odd && must)) fail_msg("%s at an %s address: %s", row->name, odd ? "odd" : "aligned", gp ? "#GP" : "no #GP");
    }
}

static void alignment(void **state) { assert_true(each_row(*state, aligned_row) > 1000); }

// ---- MXCSR

static u64 number(struct rng *g) { // two floats, a double, or four of half precision, that mean something
    static const u32 exponents[] = {0, 1, 100, 126, 127, 128, 150, 254, 255};
    u64 bits = rnd(g);
    if (one_in(g, 8)) return (bits & 0x81ff81ff81ff81ff) | 0x7c007c007c007c00; // in half precision signalling NaNs
    if (one_in(g, 3)) return one_in(g, 2) ? bits >> 40 : bits;
    if (one_in(g, 2)) return (bits & 0x800fffffffffffff) | (u64)(exponents[below(g, 9)] * 8 + 7 * (bits & 1)) << 52;
    u64 two = 0;
    for (unsigned i = 0; i < 2; i++) two = two << 32 | ((u32)rnd(g) & 0x807fffff) | exponents[below(g, 9)] << 23;
    return two;
}

struct input {
    union xmm xmm[4], ymmh[4], memory[2];
    u64 gpr;
    u8 imm;
};

static void outcome(struct x86_rig *r, const struct insn *row, bool l, bool w, const struct input *in, u32 mxcsr,
                    struct input *out, u32 *flags) {
    u8 code[16];
    unsigned n = bytes_of(row, x86_row_memory_only(row), l, w, in->imm, code);
    machine(r);
    r->c->s.mxcsr = mxcsr;
    for (unsigned i = 0; i < 4; i++) r->c->s.xmm[i + 1] = in->xmm[i], r->c->s.ymmh[i + 1] = in->ymmh[i];
    r->c->s.fpu.r[3].mant = in->xmm[2].q[0]; // MM3
    memcpy(r->ram + DATA, in->memory, sizeof in->memory);
    r->c->s.gpr[RBX] = x86_row_memory_only(row) ? DATA : in->gpr;
    cpu_run(r, code, n, 1);
    *out = (struct input){.gpr = r->c->s.gpr[1]};
    for (unsigned i = 0; i < 4; i++) out->xmm[i] = r->c->s.xmm[i + 1], out->ymmh[i] = r->c->s.ymmh[i + 1];
    memcpy(out->memory, r->ram + DATA, sizeof out->memory);
    *flags = x86_get_rflags(r->c) & FL_ARITH;
}

static bool depends(struct x86_rig *r, const struct insn *row, bool l, bool w, struct rng *g) {
    static const u32 others[] = {0x1f80, 0x3f80, 0x5f80, 0x7f80, 0x9f80, 0x1fc0};
    struct input in, first = {.imm = 0}, out;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned q = 0; q < 2; q++)
            in.xmm[i].q[q] = number(g), in.ymmh[i].q[q] = number(g), in.memory[i & 1].q[q] = number(g);
    in.gpr = rnd(g);
    in.imm = (u8)(one_in(g, 2) ? 4 : rnd(g)); // 4: rounds as MXCSR says
    u32 flags, first_flags = 0;
    for (unsigned i = 0; i < countof(others); i++) {
        outcome(r, row, l, w, &in, others[i], i ? &out : &first, i ? &flags : &first_flags);
        if (r->c->s.mxcsr != others[i]) return true;
        if (i && (memcmp(&out, &first, sizeof out) || flags != first_flags)) return true;
    }
    return false;
}

static void float_row(struct x86_rig *r, const struct insn *row, bool l, bool w) {
    u8 code[16];
    unsigned n = bytes_of(row, x86_row_memory_only(row), l, w, 0, code);
    if (row->flags & OWN || x86_row_is_vsib(row) || !is_encoding(r, row, code, n)) return;
    struct rng g = {row->opcode};
    bool found = false;
    for (unsigned i = 0; i < INPUTS && !found; i++) found = depends(r, row, l, w, &g);
    bool exact = !w && (strstr(row->name, "cvtsi2sd") || strstr(row->name, "cvtsi2ss")); // FLOAT is for their 64-bit source, too
    if (found != !!(row->flags & FLOAT) && !exact)
        fail_msg("%s (L %d, W %d) %s on MXCSR", row->name, l, w, found ? "depends" : "does not depend");
}

static void mxcsr(void **state) { assert_true(each_row(*state, float_row) > 1000); }

#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
int main(void) {
    const struct CMUnitTest tests[] = {T(alignment), T(mxcsr)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
