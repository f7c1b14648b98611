// SPDX-License-Identifier: MIT
// MMX and SSE against the processor we run on: every row of x86_table_sse is encoded, decoded by our decoder and run by its
// handler and by the host, on random and edge operands, and everything that the instruction can change is compared: XMM and
// MMX registers, x87 tags, MXCSR, general registers, flags, memory, and the exception.
#include "base/le.h"
#include "fx_image.h"
#include "random_operands.h"
#include "row_rig.h"

#include <cpuid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "x86_room.h"

// ---- one experiment
enum { MEMORY = 64 };
struct machine {
    struct native n;
    u8 memory[MEMORY];
};
static u8 *const memory = ROW_PAGE;
static struct decode_index *decoder;
static struct x86_cpu *cpu;
static const u8 usable[] = {RAX, RCX, RDX, RBX, RSI, RDI, R8, R9, R10, R11};

static void any_machine(struct machine *m) {
    memset(m, 0, sizeof *m);
    for (unsigned i = 0; i < MEMORY; i += 16) any_128(m->memory + i);
    for (unsigned i = 0; i < countof(usable); i++) m->n.gpr[usable[i]] = below(3) ? rnd() : edge_integer();
    unsigned off = below(8) ? 0 : below(17);
    m->n.gpr[RSI] = m->n.gpr[RDI] = (u64)(hva_t)memory + off;
    m->n.flags = rnd() & FL_ARITH;
    st16(m->n.fx, 0x37f);
    st16(m->n.fx + 2, rnd() & 0x7f00);
    m->n.fx[4] = (u8)rnd();
    for (unsigned i = 0; i < 8; i++) {
        any_128(m->n.fx + FX_ST + 16 * i);
        memset(m->n.fx + FX_ST + 16 * i + 10, 0, 6);
    }
    st32(m->n.fx + FX_MXCSR, any_mxcsr());
    for (unsigned i = 0; i < 16; i++) any_128(m->n.fx + FX_XMM + 16 * i);
}

// What is not compared: instruction pointers and the parts of the image that are no state.
static void forget(struct machine *m) {
    memset(m->n.fx + 5, 0, FX_MXCSR - 5);
    memset(m->n.fx + FX_MXCSR + 4, 0, 4);
    memset(m->n.fx + 416, 0, 96);
    for (unsigned i = 0; i < 8; i++) memset(m->n.fx + FX_ST + 16 * i + 10, 0, 6);
}

// ---- encoding a row, in 64-bit mode
struct encoding {
    u8 byte[15];
    unsigned n;
    bool memory;
};

static u8 general(void) { return usable[below(countof(usable))]; }

static struct encoding encode(const struct insn *row) {
    struct encoding e = {0};
    bool memory_only = x86_row_memory_only(row), register_only = x86_row_register_only(row);
    bool modrm = row->modrm || row->operand[0];
    bool short_crc = row_has_one(row, o_Ev) && !below(3);
    e.memory = modrm && (memory_only || (!register_only && below(2)));
    u8 reg = row_has(row, o_Gb, o_Gz) ? general() : (u8)below(16);
    u8 rm = row_has(row, o_Eb, o_Ey) || row_has(row, o_Rv, o_Rq) ? general() : (u8)below(16);
    if (row->modrm & 8) reg = row->modrm & 7;
    if (e.memory) rm = RSI;
    if (!modrm) reg = rm = 0;
    u8 rex = (u8)((below(4) ? 0 : 8) | reg >> 3 << 2 | rm >> 3);
    struct encoder to = {.byte = e.byte, .room = sizeof e.byte};
    if (short_crc) encode_byte(&to, 0x66);
    if (encode_prefix(row)) encode_byte(&to, encode_prefix(row));
    if (rex || below(2)) encode_byte(&to, 0x40u | rex);
    encode_opcode(&to, row, 0);
    if (modrm) encode_byte(&to, (e.memory ? 0u : 0xc0u) | (reg & 7u) << 3 | (rm & 7u));
    if (row_has_one(row, o_Ib)) encode_byte(&to, below(4) ? (u8)rnd() : below(20));
    e.n = to.n;
    return e;
}

// ---- both worlds
static void run_real(const struct encoding *e, struct machine *m) {
    memcpy(memory, m->memory, MEMORY);
    native_run(&m->n, e->byte, e->n);
    memcpy(m->memory, memory, MEMORY);
}

static void run_ours(const struct insn *row, const struct encoding *e, struct machine *m) {
    struct x86_state *s = &cpu->s;
    struct decoded d;
    row_decode(decoder, row, e->byte, e->n, &d);
    memcpy(memory, m->memory, MEMORY);
    memcpy(s->gpr, m->n.gpr, sizeof m->n.gpr);
    fx_in(s, m->n.fx);
    room_put_flags(s, (u32)m->n.flags);
    m->n.vector = room_run(cpu, &d.uop, e->n);
    memcpy(m->n.gpr, s->gpr, sizeof m->n.gpr);
    fx_out(s, m->n.fx);
    m->n.flags = room_take_flags(s);
    memcpy(m->memory, memory, MEMORY);
}

// ---- comparison
static void show(const char *title, const struct machine *m) {
    printf("  %s: vector %2u mxcsr %04x flags %03x fsw %04x tag %02x\n", title, (unsigned)m->n.vector, ld32(m->n.fx + FX_MXCSR),
           (unsigned)m->n.flags, ld16(m->n.fx + 2), m->n.fx[4]);
}

static void show_difference(const struct machine *before, const struct machine *real, const struct machine *ours) {
    show("before", before);
    show("real  ", real);
    show("ours  ", ours);
    for (unsigned i = 0; i < 24; i++) {
        unsigned at = FX_ST + 16 * i;
        printf("  %s%-2u", i < 8 ? "st" : "xmm", i < 8 ? i : i - 8);
        show_128(before->n.fx + at, real->n.fx + at, ours->n.fx + at);
    }
    show_general(&before->n, &real->n, &ours->n);
    show_memory(before->memory, real->memory, ours->memory, MEMORY);
}

// Where processors differ, and ours follows the SDM rather than the one at hand; what is not compared then.
static void forget_differences(const struct insn *row, const struct encoding *e, struct machine *m) {
    // CVTPI2PS from memory: the SDM has it switch to MMX state like any other, AMD's does not. With an unmasked exception,
    // AMD's conversions have switched already.
    bool mmx = row_has_one(row, o_Pq) || row_has_one(row, o_Qq);
    if ((row_is(row, "cvtpi2ps") && e->memory) || (mmx && m->n.vector == EXC_XM)) {
        memset(m->n.fx, 0, FX_MXCSR);
        memset(m->n.fx + FX_ST, 0, 128);
    }
}

// A misaligned operand of SHA: #GP by the SDM (vol. 2, 2.4, class 4), not on AMD's.
static bool only_alignment(const struct insn *row, const struct machine *before, const struct machine *real,
                           const struct machine *ours) {
    return row->feature == F_SHA && before->n.gpr[RSI] & 15 && ours->n.vector == EXC_GP && !real->n.vector;
}

static void allow_other_nans(const struct encoding *e, const struct machine *before, const struct machine *real,
                             struct machine *ours) {
    bool rex = e->byte[1] >> 4 == 4;
    const u8 *opcode = e->byte + 1 + rex + 2; // behind 66, REX, 0F, 3A
    unsigned size = *opcode == 0x40 ? 4 : 8;
    unsigned reg = (opcode[1] >> 3 & 7) | (rex && e->byte[1] & 4 ? 8 : 0), rm = (opcode[1] & 7) | (rex && e->byte[1] & 1 ? 8 : 0);
    const u8 *xmm = before->n.fx + FX_XMM;
    const u8 *second = e->memory ? before->memory + (before->n.gpr[RSI] - (hva_t)memory) : xmm + 16 * rm;
    row_allow_other_nans(xmm + 16 * reg, second, opcode[2], size, real->n.fx + FX_XMM + 16 * reg, ours->n.fx + FX_XMM + 16 * reg);
}

static bool try(const struct insn *row, bool verbose) {
    struct encoding e = encode(row);
    struct machine before, real, ours;
    any_machine(&before);
    if (row_is(row, "ldmxcsr")) // bit 17 exists only on AMD's
        for (unsigned i = 0; i < MEMORY; i++) before.memory[i] &= 0xfd;
    real = ours = before;
    run_real(&e, &real);
    run_ours(row, &e, &ours);
    forget(&real);
    forget(&ours);
    forget_differences(row, &e, &real);
    forget_differences(row, &e, &ours);
    real.n.flags &= ~(u64)row->undefined;
    ours.n.flags &= ~(u64)row->undefined;
    if ((row_is(row, "dpps") || row_is(row, "dppd")) && !real.n.vector) allow_other_nans(&e, &before, &real, &ours);
    if (!memcmp(&real, &ours, sizeof real) || only_alignment(row, &before, &real, &ours)) return true;
    if (verbose) {
        show_bytes(row, e.byte, e.n);
        show_difference(&before, &real, &ours);
    }
    return false;
}

// ---- rows that cannot be compared so, and why
static const char *not_compared(const struct insn *row) {
    static const char approximate[] = "an approximation that differs between processors: see reciprocals_are_close";
    static const char state[] = "larger than the experiment's memory: see test_x86_xsave.c";
    static const char rest[] = "what the rows above it leave of an opcode: no encoding of its own";
    static const struct {
        const char *name, *why;
    } skip[] = {
        {"nop", rest},     {"rcpps", approximate}, {"rcpss", approximate}, {"rsqrtps", approximate}, {"rsqrtss", approximate},
        {"fxsave", state}, {"fxrstor", state},     {"xsave", state},       {"xsaveopt", state},      {"xrstor", state},
        {"xsavec", state}, {"xsaves", state},      {"xrstors", state},
    };
    for (unsigned i = 0; i < countof(skip); i++)
        if (row_is(row, skip[i].name)) return skip[i].why;
    return NULL;
}

static bool host_lacks(const struct insn *row) {
    unsigned a, b, c, d;
    if (row->feature == F_AES) return !native_has_leaf1_ecx(bit_AES);
    if (row->feature == F_PCLMUL) return !native_has_leaf1_ecx(bit_PCLMUL);
    return row->feature == F_SHA && !(__get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA);
}

// SSE_ROUNDS experiments per row (more find more); SSE_SEED for others, SSE_ONLY=mnemonic for one
// instruction.
static void rows_match_silicon(void **state) {
    if (!native_has_sse42() || native_is_emulated()) skip();
    unsigned rounds = number_from("SSE_ROUNDS", 500), bad = 0;
    random_seed = number_from("SSE_SEED", 1);
    const char *only = getenv("SSE_ONLY");
    for (unsigned i = 0; i < x86_table_sse.count; i++) {
        const struct insn *row = &x86_table_sse.rows[i];
        if (not_compared(row) || (only && !row_is(row, only))) continue;
        if (host_lacks(row)) {
            printf("SKIP: this host has no %s to compare with\n", row->name);
            continue;
        }
        unsigned wrong = 0;
        for (unsigned k = 0; k < rounds; k++) wrong += !try(row, !wrong);
        if (wrong) printf("%s: %u of %u differ\n", row->name, wrong, rounds);
        bad += wrong;
    }
    assert_int_equal(bad, 0);
}

// ---- rules of the manual
static const struct insn *row_named(const char *name) {
    for (unsigned i = 0; i < x86_table_sse.count; i++)
        if (row_is(&x86_table_sse.rows[i], name)) return &x86_table_sse.rows[i];
    fail_msg("no row %s", name);
    return NULL;
}

static unsigned run_registers(op_fn *fn) {
    return room_run(cpu, &(struct uop){.fn = fn, .a = 1, .b = 2, .base = 16, .index = 16}, 4);
}

// RCPPS, RSQRTPS: |relative error| <= 1.5 * 2^-12 for normal sources whose result is normal; special values exact.
static void reciprocals_are_close(void **state) {
    op_fn *rcp = row_named("rcpss")->ops->r[2], *rsqrt = row_named("rsqrtss")->ops->r[2];
    const double limit = 1.5 / 4096;
    for (u32 x = 0x00800000; x < 0x7e800000; x += 9973) {
        cpu->s.xmm[2].d[0] = x;
        double v = (double)cpu->s.xmm[2].f[0];
        run_registers(rcp);
        double error = (double)cpu->s.xmm[1].f[0] * v - 1;
        assert_true(error < limit && error > -limit);
        run_registers(rsqrt);
        double r = (double)cpu->s.xmm[1].f[0], square = r * r * v; // (1 + e)^2
        assert_true(square < (1 + limit) * (1 + limit) && square > (1 - limit) * (1 - limit));
    }
    static const u32 exact[][3] = {
        // source, 1/x, 1/sqrt(x)
        {0x00000000, 0x7f800000, 0x7f800000}, {0x80000000, 0xff800000, 0xff800000}, // zeros
        {0x007fffff, 0x7f800000, 0x7f800000}, {0x807fffff, 0xff800000, 0xff800000}, // denormals count as zeros
        {0x7f800000, 0x00000000, 0x00000000}, {0xff800000, 0x80000000, 0xffc00000}, // infinities
        {0x7f800001, 0x7fc00001, 0x7fc00001}, {0xffc00002, 0xffc00002, 0xffc00002}, // NaNs
        {0x3f800000, 0x3f800000, 0x3f800000}, {0xbf800000, 0xbf800000, 0xffc00000}, // 1, -1
        {0x7e800000, 0x00800000, 0x20000000}, {0xff000000, 0x80000000, 0xffc00000}, // the last normal result, a tiny one
    };
    for (unsigned i = 0; i < countof(exact); i++) {
        cpu->s.xmm[2].d[0] = exact[i][0];
        run_registers(rcp);
        assert_int_equal(cpu->s.xmm[1].d[0], exact[i][1]);
        run_registers(rsqrt);
        assert_int_equal(cpu->s.xmm[1].d[0], exact[i][2]);
    }
}

// Vol. 2, tables 2-21 to 2-29: #UD (CR0.EM, for XMM CR4.OSFXSR) comes before #NM (CR0.TS) comes before #MF (MMX only); and
// #XM is #UD while CR4.OSXMMEXCPT is 0.
static void availability(void **state) {
    static const struct {
        u64 cr0, cr4;
        u16 fsw;
        u8 xmm, mmx;
    } cases[] = {
        {0, CR4_OSFXSR, 0, 0, 0},
        {CR0_EM, CR4_OSFXSR, 0, EXC_UD, EXC_UD},
        {CR0_TS, CR4_OSFXSR, 0, EXC_NM, EXC_NM},
        {CR0_EM | CR0_TS, CR4_OSFXSR, 0x80, EXC_UD, EXC_UD},
        {0, 0, 0, EXC_UD, 0},
        {CR0_TS, 0, 0, EXC_UD, EXC_NM},
        {0, CR4_OSFXSR, 0x80, 0, EXC_MF},
        {CR0_TS, CR4_OSFXSR, 0x80, EXC_NM, EXC_NM},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        room_init(cpu);
        cpu->s.mxcsr = 0x1f80;
        cpu->s.cr0 |= cases[i].cr0;
        cpu->s.cr4 = cases[i].cr4;
        cpu->s.fpu.fsw = cases[i].fsw;
        cpu->s.gpr[RDI] = (u64)(hva_t)memory; // MASKMOV
        for (unsigned k = 0; k < x86_table_sse.count; k++) {
            const struct insn *row = &x86_table_sse.rows[k];
            bool xmm = x86_row_uses(row, R_XMM), mmx = x86_row_uses(row, R_MMX);
            op_fn *fn = row->ops->r[2];
            if (!fn || xmm == mmx) continue;
            assert_int_equal(run_registers(fn), xmm ? cases[i].xmm : cases[i].mmx);
        }
    }
    room_init(cpu);
    cpu->s.cr4 &= ~CR4_OSXMMEXCPT;
    cpu->s.mxcsr = 0x1f80 & ~(1u << 9); // division by zero unmasked
    cpu->s.xmm[1].f[0] = 1;
    cpu->s.xmm[2].f[0] = 0;
    assert_int_equal(run_registers(row_named("divss")->ops->r[2]), EXC_UD);
    assert_int_equal(cpu->s.mxcsr, (0x1f80 & ~(1u << 9)) | 4);
    assert_true(cpu->s.xmm[1].f[0] == 1);
    room_init(cpu);
}

// What our results are, in one number: the same on silicon and on an emulated host (where rows_match_silicon is skipped):
//     make unit; qemu-x86_64 -cpu max build/host/unit/test_x86_sse | grep digest
static void digest_is_printed(void **state) {
    u64 digest = 0xcbf29ce484222325; // FNV-1a
    random_seed = 1;
    for (unsigned i = 0; i < 200 * x86_table_sse.count; i++) {
        const struct insn *row = &x86_table_sse.rows[i % x86_table_sse.count];
        if (not_compared(row)) continue;
        struct encoding e = encode(row);
        struct machine m;
        any_machine(&m);
        run_ours(row, &e, &m);
        for (unsigned k = 0; k < sizeof m; k++) digest = (digest ^ ((u8 *)&m)[k]) * 0x100000001b3;
    }
    printf("digest of x86_table_sse: %016llx\n", (unsigned long long)digest);
}

static int setup(void **state) {
    if (row_rig_init(&decoder, &cpu)) return -1;
    room_init(cpu);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_match_silicon), cmocka_unit_test(digest_is_printed),
                                       cmocka_unit_test(reciprocals_are_close), cmocka_unit_test(availability)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
