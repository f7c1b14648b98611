// SPDX-License-Identifier: MIT
// CPU models tell the truth: CPUID, control registers and #UD agree with each other, and with the levels of the psABI (x86-64 ABI
// 3.1.1), for every row of every table.
#include "../encode.h"
#include "x86_rig.h"

#include "isa/x86_64/insn/decode.h"

#include <string.h>

#include <cmocka.h>

enum { EAX, EBX, ECX, EDX };
enum { NONE = 0xff, HANDLER = 0x20000, DATA = 0x40000 };
static const struct {
    const char *name;
    unsigned level;
} models[] = {{"x86-64-v1", 1}, {"x86-64-v2", 2}, {"x86-64-v3", 3}, {"max", 4}};

// Where CPUID tells a feature, and from which level on it must be there and not before: from the psABI's table, or by our promise
// (ARCHITECTURE.md). 4: max alone; 0: no model.
// clang-format off
static const struct {
    u8 feature;
    u32 leaf;
    u8 sub, reg, bit;
    unsigned level;
} told[] = {
    {F_CMOV, 1, 0, EDX, 15, 1}, {F_CX8, 1, 0, EDX, 8, 1}, {F_FPU, 1, 0, EDX, 0, 1}, {F_FXSR, 1, 0, EDX, 24, 1},
    {F_MMX, 1, 0, EDX, 23, 1}, {F_SSE, 1, 0, EDX, 25, 1}, {F_SSE2, 1, 0, EDX, 26, 1}, {F_SYSCALL, 0x80000001, 0, EDX, 11, 1},
    {F_CX16, 1, 0, ECX, 13, 2}, {F_LAHF, 0x80000001, 0, ECX, 0, 2}, {F_POPCNT, 1, 0, ECX, 23, 2}, {F_SSE3, 1, 0, ECX, 0, 2},
    {F_SSE41, 1, 0, ECX, 19, 2}, {F_SSE42, 1, 0, ECX, 20, 2}, {F_SSSE3, 1, 0, ECX, 9, 2},
    {F_AVX, 1, 0, ECX, 28, 3}, {F_AVX2, 7, 0, EBX, 5, 3}, {F_BMI1, 7, 0, EBX, 3, 3}, {F_BMI2, 7, 0, EBX, 8, 3},
    {F_F16C, 1, 0, ECX, 29, 3}, {F_FMA, 1, 0, ECX, 12, 3}, {F_LZCNT, 0x80000001, 0, ECX, 5, 3}, {F_MOVBE, 1, 0, ECX, 22, 3},
    {F_XSAVE, 1, 0, ECX, 26, 3},
    // Ours
    {F_LM, 0x80000001, 0, EDX, 29, 1}, {F_SEP, 1, 0, EDX, 11, 1}, {F_CLFLUSH, 1, 0, EDX, 19, 1},
    {F_RDTSCP, 0x80000001, 0, EDX, 27, 2}, {F_INVPCID, 7, 0, EBX, 10, 2}, {F_SMAP, 7, 0, EBX, 20, 2},
    {F_XSAVEOPT, 0xd, 1, EAX, 0, 3}, {F_XSAVEC, 0xd, 1, EAX, 1, 3}, {F_XSAVES, 0xd, 1, EAX, 3, 3}, {F_AES, 1, 0, ECX, 25, 3},
    {F_PCLMUL, 1, 0, ECX, 1, 3}, {F_SHA, 7, 0, EBX, 29, 3}, {F_RDRAND, 1, 0, ECX, 30, 3}, {F_RDSEED, 7, 0, EBX, 18, 3},
    {F_FSGSBASE, 7, 0, EBX, 0, 3}, {F_RDPID, 7, 0, ECX, 22, 3}, {F_PREFETCHW, 0x80000001, 0, ECX, 8, 3},
    {F_CLFLUSHOPT, 7, 0, EBX, 23, 3},
    {F_ADX, 7, 0, EBX, 19, 4}, {F_PKU, 7, 0, ECX, 3, 4}, {F_CLWB, 7, 0, EBX, 24, 4},
    {NONE, 1, 0, ECX, 3, 0}, // MONITOR
    // Mechanisms
    {F_PSE, 1, 0, EDX, 3, 1}, {F_PAE, 1, 0, EDX, 6, 1}, {F_PGE, 1, 0, EDX, 13, 1}, {F_PSE36, 1, 0, EDX, 17, 1}, {F_X2APIC, 1, 0, ECX, 21, 1},
    {F_TSC_DEADLINE, 1, 0, ECX, 24, 1}, {F_NX, 0x80000001, 0, EDX, 20, 1}, {F_PCID, 1, 0, ECX, 17, 2}, {F_SMEP, 7, 0, EBX, 7, 2},
    {F_UMIP, 7, 0, ECX, 2, 2}, {F_PAGE1G, 0x80000001, 0, EDX, 26, 2}, {F_LA57, 7, 0, ECX, 16, 4}, {F_PKS, 7, 0, ECX, 31, 4},
    // AVX-512 (level 4 of the psABI): F, DQ, CD, BW, VL
    {NONE, 7, 0, EBX, 16, 0}, {NONE, 7, 0, EBX, 17, 0}, {NONE, 7, 0, EBX, 28, 0}, {NONE, 7, 0, EBX, 30, 0}, {NONE, 7, 0, EBX, 31, 0},
};
// clang-format on

static const struct x86_model *model(unsigned i) {
    const struct x86_model *m = x86_model_find(models[i].name);
    assert_non_null(m);
    return m;
}

// A processor of another model in the same machine.
static struct x86_cpu *processor(struct x86_rig *r, const struct x86_model *m) {
    r->c = x86_create(&r->env, &r->bus, m, 1);
    cpu_long(r, 0);
    for (unsigned v = 0; v < 20; v++) cpu_idt(r, v, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, HANDLER + 16 * v, 0), 0);
    return r->c;
}

static void cpuid_tells_the_level(void **state) {
    struct x86_rig *r = *state;
    for (unsigned i = 0; i < countof(models); i++) {
        struct x86_cpu *c = processor(r, model(i));
        for (unsigned k = 0; k < countof(told); k++) {
            u32 v[4];
            bool wanted = told[k].level && models[i].level >= told[k].level;
            x86_cpuid(c, told[k].leaf, told[k].sub, v);
            if ((v[told[k].reg] >> told[k].bit & 1) != wanted)
                fail_msg("%s: leaf %x register %u bit %u", models[i].name, told[k].leaf, told[k].reg, told[k].bit);
            if (told[k].feature != NONE && c->model->has[told[k].feature] != wanted)
                fail_msg("%s: has[%u] is not what CPUID tells", models[i].name, told[k].feature);
        }
    }
    for (unsigned f = 0; f < F_COUNT; f++) { // the table above leaves nothing out
        bool found = f == F_BASE || f == F_NOPL;
        for (unsigned k = 0; k < countof(told); k++) found |= told[k].feature == f;
        if (!found) fail_msg("feature %u is not in the table of this test", f);
    }
}

// OSFXSR and SCE of level 1, OSXSAVE of level 3.
static void control_bits_of_the_level(void **state) {
    struct x86_rig *r = *state;
    for (unsigned i = 0; i < countof(models); i++) {
        bool v3 = models[i].level >= 3;
        struct x86_cpu *c = processor(r, model(i));
        assert_fine(r, x86_write_cr4(c, CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT));
        assert_int_equal(x86_write_efer(c, c->s.efer | EFER_SCE), 0);
        assert_int_equal(TRAP(r, x86_write_cr4(c, CR4_PAE | CR4_OSXSAVE)), v3 ? NO_TRAP : EXC_GP);
        assert_int_equal(TRAP(r, x86_write_cr4(c, CR4_PAE | CR4_FSGSBASE)), v3 ? NO_TRAP : EXC_GP);
    }
    assert_ptr_equal(x86_model_find(""), x86_model_find("x86-64-v3"));
    assert_null(x86_model_find("x86-64-v9"));
}

// ---- every row

struct encoding {
    u8 byte[24];
    unsigned n;
    u64 mode;
};

// One of the ways to write a row: bit 0 of `way` a register, bit 1 W, bit 2 L, bit 3 a SIB byte.
static struct encoding encode(const struct insn *in, unsigned way) {
    struct encoding e = {.mode = in->flags & I64 ? MODE_CODE32 | MODE_STACK32 : MODE_CODE64 | MODE_STACK64};
    struct encoder to = {.byte = e.byte, .room = sizeof e.byte};
    bool w = way & 2;
    if (encode_is_vex(in)) {
        u8 v = way & 8 ? 3 : 0; // a gather's mask: not its destination
        encode_vex(&to, &(struct encode_vex){.map = encode_vex_map(in), .v = v, .l = way >> 2 & 1, .w = w, .pp = encode_pp(in)},
                   false);
    } else {
        if (encode_prefix(in)) encode_byte(&to, encode_prefix(in));
        if (w && !(in->flags & I64)) encode_byte(&to, 0x48);
    }
    encode_opcode(&to, in, 0);
    u8 modrm = encode_modrm(in, 3);
    if (way & 1) modrm |= 0xc0;
    else if (way & 8) modrm = (u8)((modrm & 0xf8) | 4);
    encode_byte(&to, modrm);
    if (way & 8) encode_byte(&to, 0x23); // no index; VSIB: register 4; base RBX
    e.n = sizeof e.byte;                 // immediates: 0
    return e;
}

static const struct insn *decoded(const struct decode_index *ix, const struct encoding *e) {
    struct decoded d;
    x86_decode(ix, e->mode, e->byte, 15, 0, &d);
    return d.uop.fn == op_ud ? NULL : d.insn;
}

// An encoding that is this row in a processor that has everything; false when none of the ways is.
static bool find_encoding(const struct decode_index *everything, const struct insn *in, struct encoding *e) {
    for (unsigned way = 0; way < 16; way++) {
        *e = encode(in, way);
        if (decoded(everything, e) == in) return true;
    }
    return false;
}

// What an encoding is without its feature, where it is not #UD: the prefix or the hint is ignored (vol. 2: LZCNT, TZCNT, PREFETCHW).
static bool falls_back(const struct insn *in, const struct insn *to) {
    static const char *const pairs[][2] = {{"tzcnt", "bsf"}, {"lzcnt", "bsr"}, {"prefetch", "nop"}, {"prefetchw", "nop"}};
    for (unsigned i = 0; i < countof(pairs); i++)
        if (!strcmp(in->name, pairs[i][0]) && !strcmp(to->name, pairs[i][1])) return true;
    return false;
}

static bool is_ud(const struct insn *in) { return !strncmp(in->name, "ud", 2) && in->name[2] >= '0' && in->name[2] <= '2'; }

static void rows_follow_the_model(void **state) {
    struct x86_rig *r = *state;
    struct x86_model all = *x86_model_find("max");
    memset(all.has, true, sizeof all.has);
    const struct decode_index *everything = decode_index_create(&r->env, &all);
    const struct decode_index *ix[countof(models)];
    unsigned checked = 0;
    for (unsigned i = 0; i < countof(models); i++) ix[i] = decode_index_create(&r->env, model(i));
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned k = 0; k < (*t)->count; k++) {
            const struct insn *in = &(*t)->rows[k];
            struct encoding e;
            if (is_ud(in)) continue;
            if (!find_encoding(everything, in, &e))
                fail_msg("no encoding found for %s, map %u opcode %02x", in->name, in->map, in->opcode);
            checked++;
            for (unsigned i = 0; i < countof(models); i++) {
                bool there = in->feature == F_BASE || model(i)->has[in->feature];
                const struct insn *got = decoded(ix[i], &e);
                if (there ? got != in : got && !falls_back(in, got))
                    fail_msg("%s: %s (map %u opcode %02x) is %s", models[i].name, in->name, in->map, in->opcode,
                             got ? got->name : "#UD");
            }
        }
    assert_true(checked > 1000);
}

static void every_feature_has_rows(void **state) {
    unsigned rows[F_COUNT] = {0};
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned k = 0; k < (*t)->count; k++) rows[(*t)->rows[k].feature]++;
    for (unsigned i = 0; i < countof(models); i++)
        for (unsigned f = 0; f < F_FIRST_MECHANISM; f++)
            if (model(i)->has[f] && !rows[f]) fail_msg("%s: feature %u has no row", models[i].name, f);
}

// ---- vectors behind VEX: #UD without AVX, CR4.OSXSAVE or XCR0's bits, whatever the row (vol. 2, 2.7)

static int vector_of(struct x86_rig *r, const struct encoding *e, u64 cr4, u64 xcr0) {
    cpu_long(r, 0);
    r->c->s.cr4 |= cr4;
    r->c->s.xcr0 = xcr0;
    r->c->s.gpr[RBX] = DATA;
    r->c->s.gpr[RDI] = DATA;
    cpu_run(r, e->byte, 15, 1);
    u64 rip = r->c->s.rip;
    return rip >= HANDLER && rip < HANDLER + 16 * 20 ? (int)((rip - HANDLER) / 16) : NO_TRAP;
}

static void vex_asks_for_its_state(void **state) {
    struct x86_rig *r = *state;
    unsigned checked = 0;
    struct x86_cpu *c = processor(r, x86_model_find("x86-64-v3"));
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned k = 0; k < (*t)->count; k++) {
            const struct insn *in = &(*t)->rows[k];
            struct encoding e;
            if (in->map < MAP_V0F || in->feature == F_BMI1 || in->feature == F_BMI2 || !find_encoding(c->index, in, &e)) continue;
            int without = vector_of(r, &e, 0, 7), sse_only = vector_of(r, &e, CR4_OSXSAVE, 3),
                both = vector_of(r, &e, CR4_OSXSAVE, 7);
            if (without != EXC_UD || sse_only != EXC_UD || both == EXC_UD)
                fail_msg("%s: without OSXSAVE %d, with XCR0 = 3 %d, with all %d", in->name, without, sse_only, both);
            checked++;
        }
    assert_true(checked > 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(cpuid_tells_the_level),  T(control_bits_of_the_level), T(rows_follow_the_model),
        T(every_feature_has_rows), T(vex_asks_for_its_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
