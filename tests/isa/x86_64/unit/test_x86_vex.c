// SPDX-License-Identifier: MIT
// VEX opcodes against the processor we run on: every map, opcode, prefix, VEX.L and VEX.W, with VEX.vvvv used and unused, a register,
// memory, and (in groups) every ModRM.reg: is it an instruction or #UD? So no row is missing, and none allows what is reserved.
#include "base/le.h"
#include "beyond_vex.h"
#include "row_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct decode_index *decoder;

struct vex {
    u8 map, opcode, pp, l, w, v, reg;
    enum { REGISTER, MEMORY, VSIB, FORMS } form;
};

static bool is_group(const struct vex *x) {
    return (x->map == 1 && ((x->opcode >= 0x71 && x->opcode <= 0x73) || x->opcode == 0xae)) || (x->map == 2 && x->opcode == 0xf3);
}

// RSI is ModRM.rm, and memory's base. An immediate byte is behind it.
static unsigned encode(const struct vex *x, u8 byte[15]) {
    memset(byte, 0, 15);
    memcpy(byte, (const u8[]){0xc4, 0xe0 | x->map, (u8)(x->w << 7 | (~x->v & 15) << 3 | x->l << 2 | x->pp), x->opcode}, 4);
    unsigned n = 4;
    byte[n++] = (u8)((x->form == REGISTER ? 0xc0 : 0) | x->reg << 3 | (x->form == VSIB ? 4 : RSI));
    if (x->form == VSIB) byte[n++] = 3 << 3 | RSI;
    return n + (x->map == 3);
}

static bool silicon_has(const u8 *byte, unsigned n) {
    static u8 ymmh[256];
    struct native m = {.gpr = {[RSI] = (hva_t)ROW_PAGE, [RDI] = (hva_t)ROW_PAGE}};
    memset(ymmh, 0, sizeof ymmh);
    st16(m.fx, 0x37f);
    st32(m.fx + 24, 0x1f80);
    st32(ROW_PAGE, 0x1f80); // for VLDMXCSR
    native_run_avx(&m, ymmh, byte, n);
    return m.vector != EXC_UD;
}

static bool differs(const struct vex *x) {
    u8 byte[15];
    unsigned n = encode(x, byte);
    struct decoded d;
    x86_decode(decoder, MODE_CODE64 | MODE_STACK64, byte, sizeof byte, 0, &d);
    if (d.insn) n = d.length;
    bool real = silicon_has(byte, n);
    if (real == !!d.insn) return false;
    printf("map %u %02x, pp %u, L%u W%u, vvvv %u, reg %u, form %d: silicon %s, ours %s\n", x->map, x->opcode, x->pp, x->l, x->w,
           x->v, x->reg, (int)x->form, real ? "has it" : "#UD", d.insn ? d.insn->name : "#UD");
    return true;
}

// VEX.vvvv 2: used, but not the index's or the destination's register, which gathers refuse.
static unsigned forms_of_opcode(unsigned map, unsigned opcode, unsigned pp, unsigned *cases) {
    unsigned bad = 0;
    struct vex x = {.map = (u8)map, .opcode = (u8)opcode, .pp = (u8)pp};
    for (unsigned i = 0; i < 2 * 2 * 2 * 8 * FORMS; i++) {
        x.l = i & 1;
        x.w = i >> 1 & 1;
        x.v = i >> 1 & 2;
        x.reg = i >> 3 & 7;
        x.form = i >> 6;
        if (x.reg != 1 && !is_group(&x)) continue;
        if (beyond_vex(map, opcode, x.l, x.w)) continue;
        bad += differs(&x);
        ++*cases;
    }
    return bad;
}

static void opcodes_match_silicon(void **state) {
    if (!native_has_avx2() || native_is_emulated()) {
        printf("SKIP: this host has no AVX2, FMA and F16C of silicon; no VEX opcode was compared\n");
        skip();
    }
    unsigned bad = 0, cases = 0;
    for (unsigned i = 0; i < 3 * 256 * 4; i++) bad += forms_of_opcode(1 + i / 1024, i / 4 % 256, i % 4, &cases);
    printf("%u encodings: %u differ\n", cases, bad);
    assert_int_equal(bad, 0);
}

static int setup(void **state) { return row_rig_init(&decoder, NULL); }

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(opcodes_match_silicon)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
