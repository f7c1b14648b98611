// SPDX-License-Identifier: MIT
// AVX and AVX2 against the processor we run on: every row of x86_table_avx_int, _fp and _num is encoded, decoded by our
// decoder and run by its handler and by the host, on random and edge operands, and everything that the instruction can change is
// compared: YMM registers with their upper halves, MXCSR, general registers, flags, memory, and the exception.
#include "base/le.h"
#include "fx_image.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/vec/sse.h"
#include "random_operands.h"
#include "row_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "x86_room.h"

static const struct insn_table *const tables[] = {&x86_table_avx_int, &x86_table_avx_fp, &x86_table_avx_num};

// ---- one experiment
// Operands lie at the end of a page that no page follows: what an instruction must not touch is not there.
enum { MEMORY = 128 };
static u8 *const page = ROW_PAGE;
#define MEMORY_AT (page + PAGE_SIZE - MEMORY)

struct machine {
    struct native n;
    u8 ymmh[256];
    u8 memory[MEMORY];
};
static struct decode_index *decoder;
static struct x86_cpu *cpu;
static const u8 usable[] = {RAX, RCX, RDX, RBX, RSI, RDI, R8, R9, R10, R11};
// RSI is every memory operand's base: the others are registers to compute with.
static const u8 computed[] = {RAX, RCX, RDX, RBX, R8, R9, R10, R11};

// Where an operand of up to 32 bytes starts.
static unsigned any_place(void) {
    switch (below(8)) {
    case 0: return MEMORY - 1 - below(32); // runs over the end
    case 1:
    case 2: return below(MEMORY - 32);
    default: return 32 * below(MEMORY / 32);
    }
}

static void any_machine(struct machine *m) {
    memset(m, 0, sizeof *m);
    for (unsigned i = 0; i < MEMORY; i += 16) any_128(m->memory + i);
    for (unsigned i = 0; i < countof(usable); i++) m->n.gpr[usable[i]] = below(3) ? rnd() : edge_integer();
    m->n.gpr[RSI] = m->n.gpr[RDI] = (u64)(hva_t)MEMORY_AT + any_place();
    m->n.flags = rnd() & FL_ARITH;
    st16(m->n.fx, 0x37f);
    st32(m->n.fx + FX_MXCSR, any_mxcsr());
    for (unsigned i = 0; i < 16; i++) {
        any_128(m->n.fx + FX_XMM + 16 * i);
        any_128(m->ymmh + 16 * i);
    }
}

// What is not compared: the x87 and the parts of the image that are no state.
static void forget(struct machine *m) {
    memset(m->n.fx, 0, FX_MXCSR);
    memset(m->n.fx + FX_MXCSR + 4, 0, FX_XMM - FX_MXCSR - 4);
    memset(m->n.fx + 416, 0, 96);
}

static u8 *half_of(struct machine *m, unsigned ymm, unsigned half) {
    return half ? m->ymmh + 16 * ymm : m->n.fx + FX_XMM + 16 * ymm;
}

// ---- encoding a row, in 64-bit mode
static bool is_vsib(const struct insn *row) { return x86_row_is_vsib(row); }

struct encoding {
    u8 byte[15];
    unsigned n;
    bool memory;
    u8 reg, rm, v, index, scale, w, l;
    i8 disp;
};

static u8 general(void) { return computed[below(countof(computed))]; }
static u8 bit_of(u32 flags, u32 zero, u32 one) { return (u8)(flags & zero ? 0 : flags & one ? 1 : below(2)); }

static void put_vex(struct encoder *to, const struct encoding *e, const struct insn *row) {
    u8 rxb = (u8)(e->reg >> 3 << 2 | e->index >> 3 << 1 | e->rm >> 3);
    struct encode_vex x = {.rxb = rxb, .map = encode_vex_map(row), .v = e->v, .l = e->l, .w = e->w, .pp = encode_pp(row)};
    encode_vex(to, &x, encode_vex_may_be_short(&x) && below(2));
}

static struct encoding encode(const struct insn *row) {
    struct encoding e = {0};
    bool memory_only = x86_row_memory_only(row), register_only = x86_row_register_only(row);
    bool modrm = row->modrm || row->operand[0];
    e.memory = modrm && (memory_only || (!register_only && below(2)));
    e.reg = row_has(row, o_Gb, o_Gz) ? general() : (u8)below(16);
    e.rm = row_has(row, o_Eb, o_Ey) || row_has(row, o_Rv, o_Rq) ? general() : (u8)below(16);
    e.v = row->flags & VEX_NV ? 0 : row_has_one(row, o_By) ? general() : (u8)below(16);
    e.l = bit_of(row->flags, VEX_L0, VEX_L1);
    e.w = bit_of(row->flags, VEX_W0, VEX_W1);
    if (row->modrm & 8) e.reg = row->modrm & 7;
    if (e.memory) e.rm = RSI;
    if (!modrm) e.reg = e.rm = 0;
    if (is_vsib(row)) {
        e.index = (u8)below(16);
        e.scale = (u8)below(4);
        e.disp = (i8)rnd();
        if (e.index == 4) e.index = 12; // 4 is a register, too: below, by chance
        if (!below(8)) e.index = 4;
    }
    struct encoder to = {.byte = e.byte, .room = sizeof e.byte};
    put_vex(&to, &e, row);
    encode_opcode(&to, row, 0);
    if (is_vsib(row)) {
        encode_byte(&to, 0x44u | (e.reg & 7u) << 3);
        encode_byte(&to, (unsigned)e.scale << 6 | (e.index & 7u) << 3 | RSI);
        encode_byte(&to, (u8)e.disp);
    } else if (modrm) {
        encode_byte(&to, (e.memory ? 0u : 0xc0u) | (e.reg & 7u) << 3 | (e.rm & 7u));
    }
    if (row_has_one(row, o_Ib) || x86_row_places(row, P_IS4)) encode_byte(&to, below(4) ? (u8)rnd() : below(20));
    e.n = to.n;
    return e;
}

// Indices that lead into the memory, or a little beyond it; a few lead anywhere.
static void aim(struct machine *m, const struct insn *row, const struct encoding *e) {
    unsigned size = row->opcode & 1 ? 8 : 4;
    m->n.gpr[RSI] = (u64)(hva_t)MEMORY_AT + below(MEMORY);
    unsigned reach = below(4) ? MEMORY - 8 : MEMORY + 4;
    for (unsigned i = 0; i < 32; i += size) {
        u64 to = (u64)(hva_t)MEMORY_AT + below(reach), from = m->n.gpr[RSI] + (u64)e->disp;
        i64 index = (i64)(to - from) >> e->scale;
        if (!below(200)) index = (i64)rnd();
        memcpy(half_of(m, e->index, i / 16) + i % 16, &index, size);
    }
}

// ---- both worlds

static void run_real(const struct encoding *e, struct machine *m) {
    memcpy(MEMORY_AT, m->memory, MEMORY);
    native_run_avx(&m->n, m->ymmh, e->byte, e->n);
    memcpy(m->memory, MEMORY_AT, MEMORY);
}

// x86_room.c's, but with an end to the memory.
static void must_exist(struct x86_cpu *c, gva_t a, unsigned size) {
    i64 top = (i64)a >> 47, top_last = (i64)(a + size - 1) >> 47;
    if ((top && ~top) || (top_last && ~top_last)) x86_raise(c, EXC_GP, 0);
    if (a < (hva_t)page || a + size > (hva_t)page + PAGE_SIZE) x86_raise(c, EXC_PF, 0);
}
void x86_read(struct x86_cpu *c, unsigned seg, gva_t a, void *to, unsigned size) {
    must_exist(c, a, size);
    memcpy(to, (const void *)(hva_t)a, size);
}
void x86_write(struct x86_cpu *c, unsigned seg, gva_t a, const void *from, unsigned size) {
    must_exist(c, a, size);
    memcpy((void *)(hva_t)a, from, size);
}
void x86_probe(struct x86_cpu *c, unsigned seg, gva_t a, unsigned size, enum access access) { must_exist(c, a, size); }
u64 x86_load_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, unsigned size) {
    u64 v = 0;
    x86_read(c, seg, a, &v, size);
    return v;
}
void x86_store_slow(struct x86_cpu *c, const struct uop *u, unsigned seg, gva_t a, u64 value, unsigned size) {
    x86_write(c, seg, a, &value, size);
}

static void run_ours(const struct insn *row, const struct encoding *e, struct machine *m) {
    struct x86_state *s = &cpu->s;
    struct decoded d;
    row_decode(decoder, row, e->byte, e->n, &d);
    memcpy(MEMORY_AT, m->memory, MEMORY);
    memcpy(s->gpr, m->n.gpr, sizeof m->n.gpr);
    memcpy(s->xmm, m->n.fx + FX_XMM, 256);
    memcpy(s->ymmh, m->ymmh, 256);
    s->mxcsr = ld32(m->n.fx + FX_MXCSR);
    room_put_flags(s, (u32)m->n.flags);
    m->n.vector = room_run(cpu, &d.uop, e->n);
    memcpy(m->n.gpr, s->gpr, sizeof m->n.gpr);
    memcpy(m->n.fx + FX_XMM, s->xmm, 256);
    memcpy(m->ymmh, s->ymmh, 256);
    st32(m->n.fx + FX_MXCSR, s->mxcsr);
    m->n.flags = room_take_flags(s);
    memcpy(m->memory, MEMORY_AT, MEMORY);
}

// ---- comparison
static void show(const char *title, const struct machine *m) {
    printf("  %s: vector %2u mxcsr %04x flags %03x\n", title, (unsigned)m->n.vector, ld32(m->n.fx + FX_MXCSR),
           (unsigned)m->n.flags);
}

static void show_difference(struct machine *before, struct machine *real, struct machine *ours) {
    show("before", before);
    show("real  ", real);
    show("ours  ", ours);
    for (unsigned i = 0; i < 16; i++)
        for (unsigned half = 0; half < 2; half++) {
            printf("  %s%-2u", half ? "ymmh" : " xmm", i);
            show_128(half_of(before, i, half), half_of(real, i, half), half_of(ours, i, half));
        }
    show_general(&before->n, &real->n, &ours->n);
    printf("  rsi: memory+%llx\n", (unsigned long long)(before->n.gpr[RSI] - (hva_t)MEMORY_AT));
    show_memory(before->memory, real->memory, ours->memory, MEMORY);
}

// A gather that faulted: elements before the one that did are finished; those behind may be or not (vol. 2, VPGATHERDD). Ours
// has them as they were, so the first bit of the mask that it left tells which element it was.
static void forget_unfinished(const struct insn *row, const struct encoding *e, struct machine *real, struct machine *ours) {
    unsigned size = e->w ? 8 : 4, done = 0;
    while (done < 32 && !(half_of(ours, e->v, done / 16)[done % 16 + size - 1] & 0x80)) done += size;
    for (unsigned i = done; i < 32; i++) {
        half_of(real, e->reg, i / 16)[i % 16] = half_of(ours, e->reg, i / 16)[i % 16] = 0;
        half_of(real, e->v, i / 16)[i % 16] = half_of(ours, e->v, i / 16)[i % 16] = 0;
    }
}

// Where processors differ, and ours follows the SDM rather than the one at hand; what is not compared then.
static void forget_differences(const struct insn *row, const struct encoding *e, struct machine *real, struct machine *ours) {
    if (is_vsib(row) && ours->n.vector && ours->n.vector != EXC_UD) forget_unfinished(row, e, real, ours);
    // A denormal source raises PE beside an unmasked UE (vol. 2C, VCVTPS2PH), but for AMD, where it would fit had a half more exponents.
    if (native_is_amd() && row_is(row, "vcvtps2ph") && real->n.vector == EXC_XM && ld32(real->n.fx + FX_MXCSR) & MX_UE)
        st32(ours->n.fx + FX_MXCSR, (ld32(ours->n.fx + FX_MXCSR) & ~(u32)MX_PE) | (ld32(real->n.fx + FX_MXCSR) & MX_PE));
}

static void allow_other_nans(const struct insn *row, const struct encoding *e, struct machine *before, struct machine *real,
                             struct machine *ours) {
    unsigned size = row_is(row, "vdpps") ? 4 : 8;
    for (unsigned half = 0; half <= e->l; half++) {
        const u8 *second =
            e->memory ? before->memory + (before->n.gpr[RSI] - (hva_t)MEMORY_AT) + 16 * half : half_of(before, e->rm, half);
        u8 imm = e->byte[e->n - 1];
        row_allow_other_nans(half_of(before, e->v, half), second, imm, size, half_of(real, e->reg, half),
                             half_of(ours, e->reg, half));
    }
}

// VCVTPS2PH to memory that is not there: Intel's processors convert first. So of #PF and an unmasked exception the latter comes, which
// the manual leaves to the processor as both are of one class (vol. 3A, table 6-2), and #PF leaves the conversion's flags in MXCSR,
// although a fault leaves the state as it was (6.5). Both are compared with what ours makes of it where there is memory.
static bool only_converts_first(const struct insn *row, const struct encoding *e, const struct machine *before,
                                const struct machine *real, const struct machine *ours) {
    if (!native_is_intel() || !row_is(row, "vcvtps2ph") || ours->n.vector != EXC_PF) return false;
    struct machine there = *before;
    there.n.gpr[RSI] = (u64)(hva_t)MEMORY_AT;
    run_ours(row, e, &there);
    there.n.gpr[RSI] = before->n.gpr[RSI];
    memcpy(there.memory, before->memory, MEMORY);
    if (!there.n.vector) there.n.vector = EXC_PF;
    forget(&there);
    there.n.flags &= ~(u64)row->undefined;
    return !memcmp(real, &there, sizeof there);
}

static bool try(const struct insn *row, bool verbose) {
    struct encoding e = encode(row);
    struct machine before, real, ours;
    any_machine(&before);
    if (is_vsib(row)) aim(&before, row, &e);
    // Which of the bytes faults is each processor's own choice.
    if (row_is(row, "vmaskmovdqu")) before.n.gpr[RDI] = (u64)(hva_t)MEMORY_AT + below(MEMORY - 16);
    if (row_is(row, "vldmxcsr")) // bit 17 exists only on AMD's
        for (unsigned i = 0; i < MEMORY; i++) before.memory[i] &= 0xfd;
    real = ours = before;
    run_real(&e, &real);
    run_ours(row, &e, &ours);
    forget(&real);
    forget(&ours);
    forget_differences(row, &e, &real, &ours);
    real.n.flags &= ~(u64)row->undefined;
    ours.n.flags &= ~(u64)row->undefined;
    if ((row_is(row, "vdpps") || row_is(row, "vdppd")) && !real.n.vector) allow_other_nans(row, &e, &before, &real, &ours);
    if (!memcmp(&real, &ours, sizeof real) || only_converts_first(row, &e, &before, &real, &ours)) return true;
    if (verbose) {
        show_bytes(row, e.byte, e.n);
        show_difference(&before, &real, &ours);
    }
    return false;
}

// ---- rows that cannot be compared so, and why
static const char *not_compared(const struct insn *row) {
    static const char approximate[] = "an approximation that differs between processors: see reciprocals_are_those_of_sse";
    static const struct {
        const char *name, *why;
    } skipped[] = {
        {"vrcpps", approximate},
        {"vrcpss", approximate},
        {"vrsqrtps", approximate},
        {"vrsqrtss", approximate},
    };
    for (unsigned i = 0; i < countof(skipped); i++)
        if (row_is(row, skipped[i].name)) return skipped[i].why;
    return NULL;
}

static bool host_has_avx2(void) {
    if (native_has_avx2() && !native_is_emulated()) return true;
    printf("SKIP: this host has no AVX2, FMA and F16C of silicon; nothing of AVX was compared\n");
    return false;
}

// AVX_ROUNDS experiments per row (more find more); AVX_SEED for others, AVX_ONLY=mnemonic for one instruction.
static void rows_match_silicon(void **state) {
    if (!host_has_avx2()) skip();
    unsigned rounds = number_from("AVX_ROUNDS", 500), bad = 0, rows = 0;
    random_seed = number_from("AVX_SEED", 1);
    const char *only = getenv("AVX_ONLY");
    for (unsigned t = 0; t < countof(tables); t++)
        for (unsigned i = 0; i < tables[t]->count; i++) {
            const struct insn *row = &tables[t]->rows[i];
            if (not_compared(row) || (only && !row_is(row, only))) continue;
            unsigned wrong = 0;
            for (unsigned k = 0; k < rounds; k++) wrong += !try(row, !wrong);
            if (wrong) printf("%s: %u of %u differ\n", row->name, wrong, rounds);
            bad += wrong;
            rows++;
        }
    printf("%u rows, %u times each: %u differ\n", rows, rounds, bad);
    assert_int_equal(bad, 0);
}

// What our results are, in one number, as in test_x86_sse.c: the same on every host.
static void digest_is_printed(void **state) {
    u64 digest = 0xcbf29ce484222325; // FNV-1a
    random_seed = 1;
    for (unsigned t = 0; t < countof(tables); t++)
        for (unsigned i = 0; i < 100 * tables[t]->count; i++) {
            const struct insn *row = &tables[t]->rows[i % tables[t]->count];
            struct encoding e = encode(row);
            struct machine m;
            any_machine(&m);
            if (is_vsib(row)) aim(&m, row, &e);
            run_ours(row, &e, &m);
            for (unsigned k = 0; k < sizeof m; k++) digest = (digest ^ ((u8 *)&m)[k]) * 0x100000001b3;
        }
    printf("digest of the AVX tables: %016llx\n", (unsigned long long)digest);
}

// ---- rules of the manual

// Vol. 2, tables 2-18 to 2-28: #UD (XCR0, CR4.OSXSAVE) comes before #NM (CR0.TS); CR0.EM and CR4.OSFXSR do not count.
static void availability(void **state) {
    static const struct {
        u64 xcr0, cr0, cr4;
        u8 vector;
    } cases[] = {
        {7, 0, CR4_OSXSAVE, 0}, {7, CR0_EM, CR4_OSXSAVE, 0},      {3, 0, CR4_OSXSAVE, EXC_UD},      {5, 0, CR4_OSXSAVE, EXC_UD},
        {7, 0, 0, EXC_UD},      {7, CR0_TS, CR4_OSXSAVE, EXC_NM}, {3, CR0_TS, CR4_OSXSAVE, EXC_UD}, {7, CR0_TS, 0, EXC_UD},
    };
    memset(page, 0, PAGE_SIZE);
    for (unsigned k = 0; k < countof(cases); k++)
        for (unsigned t = 0; t < countof(tables); t++)
            for (unsigned i = 0; i < tables[t]->count * 4; i++) {
                const struct insn *row = &tables[t]->rows[i / 4];
                op_fn *fn = (i & 2 ? row->ops->m : row->ops->r)[2 + (i & 1)];
                if (!fn) continue;
                room_init(cpu);
                cpu->s.mxcsr = 0x1f80;
                cpu->s.xcr0 = cases[k].xcr0;
                cpu->s.cr0 |= cases[k].cr0;
                cpu->s.cr4 = (cpu->s.cr4 & ~CR4_OSXSAVE) | cases[k].cr4;
                cpu->s.gpr[RDI] = cpu->s.gpr[RSI] = (hva_t)page;
                struct uop u = {.fn = fn, .a = 1, .b = 2, .base = RSI, .index = is_vsib(row) ? 4 : 16, .imm = 3 << VEX_V_SHIFT};
                unsigned got = room_run(cpu, &u, 5);
                if (got != cases[k].vector) printf("%s, case %u: vector %u\n", row->name, k, got);
                assert_int_equal(got, cases[k].vector);
            }
}

static const struct insn *row_named(const char *name) {
    for (unsigned t = 0; t < countof(tables); t++)
        for (unsigned i = 0; i < tables[t]->count; i++)
            if (row_is(&tables[t]->rows[i], name)) return &tables[t]->rows[i];
    fail_msg("no row %s", name);
    return NULL;
}

// Vol. 1, 11.5 and E.4.2: an instruction's exceptions are those of all its lanes together. One that is unmasked leaves the
// registers alone; when it is found before computing (IE, DE, ZE), no lane is computed, so none reports OE, UE or PE. Beside an
// unmasked OE or UE, PE tells of the result with an unbounded exponent (4.9.1.4 and 4.9.1.5).
static void halves_raise_together(void **state) {
    enum : u32 { IE = 1, DE = 2, ZE = 4, OE = 8, UE = 16, PE = 32, FLAGS = 63 };
    enum : u32 { ONE = 0x3f800000, SMALL = 0x30000000, SNAN = 0x7f800001, DENORMAL = 1, HUGE = 0x7f7fffff, TINY = 0x00800001 };
    static const struct {
        const char *name;
        u32 unmasked, low[2], high[2];
        u8 vector;
        u32 flags;
    } cases[] = {
        {"vaddps", 0, {ONE, SMALL}, {SNAN, ONE}, 0, IE | PE},
        {"vaddps", IE, {ONE, SMALL}, {SNAN, ONE}, EXC_XM, IE},
        {"vaddps", PE, {ONE, SMALL}, {SNAN, ONE}, EXC_XM, IE | PE},
        {"vaddps", DE, {ONE, SMALL}, {SNAN, ONE}, 0, IE | PE},
        {"vaddps", DE, {HUGE, HUGE}, {ONE, DENORMAL}, EXC_XM, DE},
        {"vaddps", DE | IE, {SNAN, ONE}, {ONE, DENORMAL}, EXC_XM, DE | IE},
        {"vaddps", OE, {HUGE, HUGE}, {SNAN, ONE}, EXC_XM, OE | IE},
        {"vmulps", UE, {TINY, TINY}, {ONE, ONE}, EXC_XM, UE | PE},
        {"vmulps", UE, {TINY, ONE}, {ONE, ONE}, 0, 0},
        {"vdivps", ZE, {TINY, HUGE}, {ONE, 0}, EXC_XM, ZE},
        {"vdivps", 0, {TINY, HUGE}, {ONE, 0}, 0, ZE | UE | PE},
        {"vdivps", UE, {TINY, HUGE}, {ONE, 0}, EXC_XM, ZE | UE | PE},
    };
    for (unsigned k = 0; k < 4 * countof(cases); k++) {
        typeof(cases[0]) *x = &cases[k / 4];
        bool swapped = k & 1, trapping = k & 2;
        room_init(cpu);
        cpu->s.xcr0 = 7;
        if (!trapping) cpu->s.cr4 &= ~CR4_OSXMMEXCPT;
        cpu->s.mxcsr = 0x1f80 & ~(x->unmasked << 7);
        for (unsigned i = 0; i < 2; i++) {
            const u32 *low = swapped ? x->high : x->low, *high = swapped ? x->low : x->high;
            unsigned reg = i ? 2 : 3;
            cpu->s.xmm[reg] = (union xmm){.d = {ONE, ONE, low[i], ONE}};
            cpu->s.ymmh[reg] = (union xmm){.d = {ONE, high[i], ONE, ONE}};
        }
        cpu->s.xmm[1].d[0] = cpu->s.ymmh[1].d[0] = 0x1234;
        struct uop u = {.fn = row_named(x->name)->ops->r[3], .a = 1, .b = 2, .base = 16, .index = 16, .imm = 3 << VEX_V_SHIFT};
        unsigned vector = room_run(cpu, &u, 4);
        assert_int_equal(vector, x->vector && !trapping ? EXC_UD : x->vector);
        assert_int_equal(cpu->s.mxcsr & FLAGS, x->flags);
        assert_int_equal(cpu->s.xmm[1].d[0] == 0x1234 && cpu->s.ymmh[1].d[0] == 0x1234, vector != 0);
    }
}

// The approximations, which test_x86_sse.c holds against the manual as RCPSS and RSQRTSS: lane by lane the same in every form.
static void reciprocals_are_those_of_sse(void **state) {
    static const char *const names[][3] = {{"rcpss", "vrcpps", "vrcpss"}, {"rsqrtss", "vrsqrtps", "vrsqrtss"}};
    const struct insn *sse[2] = {0};
    for (unsigned i = 0; i < x86_table_sse.count; i++)
        for (unsigned k = 0; k < 2; k++)
            if (row_is(&x86_table_sse.rows[i], names[k][0])) sse[k] = &x86_table_sse.rows[i];
    for (unsigned round = 0; round < 2000; round++) {
        unsigned k = round & 1;
        struct uop u = {.a = 1, .b = 2, .base = 16, .index = 16};
        u32 expected[8], csr = cpu->s.mxcsr = any_mxcsr();
        any_128(cpu->s.xmm[2].b);
        any_128(cpu->s.ymmh[2].b);
        any_128(cpu->s.xmm[3].b);
        const union xmm low = cpu->s.xmm[2], high = cpu->s.ymmh[2], first = cpu->s.xmm[3];
        u.fn = sse[k]->ops->r[2];
        for (unsigned i = 0; i < 8; i++) {
            cpu->s.xmm[2].d[0] = i < 4 ? low.d[i] : high.d[i - 4];
            assert_int_equal(room_run(cpu, &u, 4), 0);
            expected[i] = cpu->s.xmm[1].d[0];
        }
        cpu->s.xmm[2] = low;
        u.fn = row_named(names[k][1])->ops->r[3];
        assert_int_equal(room_run(cpu, &u, 4), 0);
        assert_memory_equal(&cpu->s.xmm[1], expected, 16);
        assert_memory_equal(&cpu->s.ymmh[1], expected + 4, 16);
        u.fn = row_named(names[k][2])->ops->r[2];
        u.imm = 3 << VEX_V_SHIFT;
        assert_int_equal(room_run(cpu, &u, 4), 0);
        assert_int_equal(cpu->s.xmm[1].d[0], expected[0]);
        assert_memory_equal(cpu->s.xmm[1].b + 4, first.b + 4, 12);
        assert_true(!cpu->s.ymmh[1].q[0] && !cpu->s.ymmh[1].q[1]);
        assert_int_equal(cpu->s.mxcsr, csr);
    }
}

// Vol. 2, VPGATHERDD: elements before the one at fault are done, and not done again when the instruction is.
static void gather_goes_on_after_a_fault(void **state) {
    static const u8 vpgatherdd[] = {0xc4, 0xe2, 0x6d, 0x90, 0x0c, 0x1e}; // ymm1, [rsi + ymm3], ymm2
    struct x86_state *s = &cpu->s;
    struct decoded d;
    x86_decode(decoder, MODE_CODE64 | MODE_STACK64, vpgatherdd, sizeof vpgatherdd, 0, &d);
    assert_non_null(d.insn);
    s->gpr[RSI] = (hva_t)page;
    for (unsigned i = 0; i < 8; i++) {
        union xmm *index = i < 4 ? &s->xmm[3] : &s->ymmh[3], *chosen = i < 4 ? &s->xmm[2] : &s->ymmh[2];
        union xmm *to = i < 4 ? &s->xmm[1] : &s->ymmh[1];
        st32(page + 4 * i, 100 + i);
        index->d[i % 4] = i == 5 ? PAGE_SIZE : 4 * i;
        chosen->d[i % 4] = i == 2 ? 0x7fffffff : 0x80000000;
        to->d[i % 4] = i;
    }
    assert_int_equal(room_run(cpu, &d.uop, sizeof vpgatherdd), EXC_PF);
    for (unsigned i = 0; i < 8; i++) {
        const union xmm *chosen = i < 4 ? &s->xmm[2] : &s->ymmh[2], *to = i < 4 ? &s->xmm[1] : &s->ymmh[1];
        assert_int_equal(to->d[i % 4], i == 2 || i >= 5 ? i : 100 + i);
        assert_int_equal(chosen->d[i % 4] >> 31, i >= 5);
    }
    memset(page, 0xee, 20);
    s->ymmh[3].d[1] = 20;
    assert_int_equal(room_run(cpu, &d.uop, sizeof vpgatherdd), 0);
    for (unsigned i = 0; i < 8; i++) assert_int_equal((i < 4 ? &s->xmm[1] : &s->ymmh[1])->d[i % 4], i == 2 ? i : 100 + i);
    assert_true(!(s->xmm[2].q[0] | s->xmm[2].q[1] | s->ymmh[2].q[0] | s->ymmh[2].q[1]));
}

static int setup(void **state) { return row_rig_init(&decoder, &cpu); }

static int switch_on(void **state) {
    room_init(cpu);
    cpu->s.xcr0 = 7;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rows_match_silicon, switch_on),
        cmocka_unit_test_setup(digest_is_printed, switch_on),
        cmocka_unit_test_setup(gather_goes_on_after_a_fault, switch_on),
        cmocka_unit_test(availability),
        cmocka_unit_test(halves_raise_together),
        cmocka_unit_test_setup(reciprocals_are_those_of_sse, switch_on),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
