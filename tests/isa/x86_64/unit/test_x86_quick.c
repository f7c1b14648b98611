// SPDX-License-Identifier: MIT
// The same floating-point program with and without short paths (FP_QUICK): the same state after every instruction and the same
// hash at the end. Two copies of SSE, AVX, FMA, F16C and the x87 are linked, the flavour's own and one built the other way round.
// Registers hold edge values and, longer, what earlier instructions made of them; MXCSR and the x87's control word change now and
// then. QUICK_ROUNDS instructions (a million for each of the two units); QUICK_SEED for others.
#include "core/state.h"
#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/x87/x87.h"
#include "random_operands.h"
#include "x86_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct insn_table other_x86_table_sse, other_x86_table_avx_fp, other_x86_table_avx_num;
extern const struct insn_table other_x86_table_x87_arith, other_x86_table_x87_mem, other_x86_table_x87_env,
    other_x86_table_x87_math;
struct both {
    const struct insn_table *ours, *other;
};
static const struct both vector_tables[] = {
    {&x86_table_sse, &other_x86_table_sse},
    {&x86_table_avx_fp, &other_x86_table_avx_fp},
    {&x86_table_avx_num, &other_x86_table_avx_num},
};
static const struct both x87_tables[] = {
    {&x86_table_x87_arith, &other_x86_table_x87_arith},
    {&x86_table_x87_mem, &other_x86_table_x87_mem},
    {&x86_table_x87_env, &other_x86_table_x87_env},
    {&x86_table_x87_math, &other_x86_table_x87_math},
};

// ---- the instructions: register forms that exist in both copies
struct pair {
    const struct insn *row;
    op_fn *fn[2];
};
static struct pair pairs[4096];
static unsigned count;

static void collect(const struct both *tables, unsigned n) {
    count = 0;
    for (unsigned t = 0; t < n; t++)
        for (unsigned i = 0; i < tables[t].ours->count; i++)
            for (unsigned size = 2; size < 4; size++) {
                const struct insn *row = &tables[t].ours->rows[i];
                op_fn *fn = row->ops->r[size], *other = tables[t].other->rows[i].ops->r[size];
                if (!fn || fn == other) continue; // an instruction without floating point: there is one copy of it
                if (row->flags & (VEX_L0 | VEX_L1) && size == (row->flags & VEX_L0 ? 3 : 2)) continue;
                assert_string_equal(row->name, tables[t].other->rows[i].name);
                assert_true(count < countof(pairs));
                pairs[count++] = (struct pair){row, {fn, other}};
            }
}

// ---- two processors
static struct x86_cpu cpu[2];

// The x87 reads its last opcode back from the code, of which there is none here. (No operand is in memory.)
const u8 *vcpu_fetch(struct vcpu *v, gva_t a) {
    static const u8 fadd = 0xd8;
    return &fadd;
}

static void both_init(void) {
    memset(cpu, 0, sizeof cpu);
    room_init(&cpu[0]);
    cpu[0].s.xcr0 = 7;
    cpu[0].s.mxcsr = 0x1fa0;
    cpu[0].s.fpu.fcw = X87_FCW_INIT;
    cpu[0].s.fpu.tag = 0xff;
    cpu[1] = cpu[0];
}

// New operands in some registers, a new control word at times: in the first, then copied.
static void disturb(void) {
    struct x86_state *s = &cpu[0].s;
    unsigned reg = below(16);
    any_128(s->xmm[reg].b);
    any_128(s->ymmh[reg].b);
    s->gpr[below(4)] = below(2) ? rnd() : edge_integer();
    if (!below(8)) s->mxcsr = any_mxcsr();
    if (!below(4)) s->mxcsr = 0x1fa0; // where the short paths are
    struct x87_reg *r = &s->fpu.r[below(8)];
    u64 v = edge_float(52, 11);
    r->exp = (u16)((v >> 63) << 15 | (below(8) ? X87_BIAS - 40 + below(80) : rnd() & 0x7fff));
    r->mant = below(16) ? X87_J | v << 11 : rnd();
    s->fpu.tag = 0xff;
    s->fpu.fsw = 0;
    if (!below(8)) s->fpu.fcw = (u16)(X87_FCW_INIT | (rnd() & 0xf00));
    if (!below(32)) s->fpu.fcw &= (u16)~(rnd() & 0x3f);
    if (!below(4)) s->fpu.fcw = X87_FCW_INIT;
    cpu[1].s = cpu[0].s;
}

static void same_program(unsigned rounds) {
    struct hash h[2];
    unsigned faults = 0;
    both_init();
    random_seed = getenv("QUICK_SEED") ? strtoull(getenv("QUICK_SEED"), NULL, 0) : 1;
    for (unsigned k = 0; k < 2; k++) hash_init(&h[k]);
    for (unsigned i = 0; i < rounds; i++) {
        const struct pair *p = &pairs[below(count)];
        if (!below(3)) disturb();
        struct uop u = {.a = (u8)below(16), .b = (u8)below(16), .base = 16, .index = 16};
        if (p->row->operand[0] == o_Gy) u.a &= 3;
        if (p->row->operand[1] == o_Ey || p->row->operand[2] == o_Ey) u.b &= 3;
        if (p->row->operand[0] == o_Pq) u.a &= 7;
        if (p->row->operand[0] == o_ST || p->row->operand[1] == o_ST || p->row->operand[1] == o_Qq) u.b &= 7;
        u.imm = (i64)(rnd() & 0xff) | (i64)below(16) << VEX_V_SHIFT;
        unsigned vector[2];
        for (unsigned k = 0; k < 2; k++) {
            u.fn = p->fn[k];
            vector[k] = room_run(&cpu[k], &u, 4);
            hash_bytes(&h[k], &cpu[k].s, sizeof cpu[k].s);
        }
        faults += vector[0] != 0;
        if (vector[0] != vector[1] || memcmp(&cpu[0].s, &cpu[1].s, sizeof cpu[0].s))
            fail_msg("instruction %u, %s: vector %u and %u, mxcsr %04x and %04x, states differ", i, p->row->name, vector[0],
                     vector[1], cpu[0].s.mxcsr, cpu[1].s.mxcsr);
    }
    u64 a = hash_final(&h[0]), b = hash_final(&h[1]);
    printf("%u instructions of %u forms, %u faults: state hash %016llx, the other way %016llx\n", rounds, count, faults,
           (unsigned long long)a, (unsigned long long)b);
    assert_int_equal(a, b);
}

static unsigned rounds(void) { return getenv("QUICK_ROUNDS") ? (unsigned)atoi(getenv("QUICK_ROUNDS")) : 1000000; }

static void vectors_with_and_without_short_paths(void **state) {
    collect(vector_tables, countof(vector_tables));
    assert_true(count > 200);
    same_program(rounds());
}

static void x87_with_and_without_short_paths(void **state) {
    collect(x87_tables, countof(x87_tables));
    assert_true(count > 40);
    same_program(rounds());
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_with_and_without_short_paths),
                                       cmocka_unit_test(x87_with_and_without_short_paths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
