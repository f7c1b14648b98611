// SPDX-License-Identifier: MIT
// Segment loads, descriptor tables and the instructions that ask about selectors, against SDM vol. 3A chapter 5 and vol. 2.
#include "x86_rig.h"

#include "emu/emu.h"

#include <cmocka.h>

static u8 type_in_memory(struct x86_rig *r, u16 sel) { return (u8)cpu_peek(r, RIG_GDT + (sel & 0xfff8u) + 5, 1) & 0xf; }

// ---- MOV to DS, ES, FS, GS: vol. 2B, MOV, "loading a segment register"

static void data_segment_rules(void **state) {
    struct x86_rig *r = *state;
    // clang-format off
    static const struct { unsigned cpl; u16 sel; int vector; u32 error; } cases[] = {
        {0, SEL_DATA0, NO_TRAP, 0},          {0, SEL_DATA0 | 3, EXC_GP, SEL_DATA0}, // RPL > DPL
        {3, SEL_DATA0, EXC_GP, SEL_DATA0},                                          // CPL > DPL
        {3, SEL_DATA3 | 3, NO_TRAP, 0},      {0, SEL_DATA3, NO_TRAP, 0},
        {3, SEL_CODE3 | 3, NO_TRAP, 0},                                             // readable code
        {3, SEL_EXECONLY3 | 3, EXC_GP, SEL_EXECONLY3},
        {3, SEL_CONFORMING0 | 3, NO_TRAP, 0},                                       // conforming: no DPL check
        {3, SEL_READONLY3 | 3, NO_TRAP, 0},
        {3, SEL_ABSENT3 | 3, EXC_NP, SEL_ABSENT3},
        {0, SEL_TSS, EXC_GP, SEL_TSS},                                              // a system segment
        {0, 0, NO_TRAP, 0},                  {0, 3, NO_TRAP, 0},                    // null selectors
        {0, SEL_LAST + 1, EXC_GP, SEL_LAST + 1},                                    // past the limit
        {0, 0x0c, EXC_GP, 0x0c},                                                    // LDT, which is null
    };
    // clang-format on
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_protected(r, cases[i].cpl);
        r->c->s.ldtr = (struct x86_seg){0};
        struct x86_seg before = r->c->s.seg[FS];
        int v = TRAP(r, x86_load_seg(r->c, FS, cases[i].sel));
        if (v != cases[i].vector) fail_msg("case %u: vector %d", i, v);
        if (v != NO_TRAP) {
            assert_int_equal(r->error, cases[i].error);
            assert_memory_equal(&before, &r->c->s.seg[FS], sizeof before);
        } else {
            assert_int_equal(r->c->s.seg[FS].sel, cases[i].sel);
        }
    }
}

static void accessed_bit(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    assert_int_equal(type_in_memory(r, SEL_DATA0) & 1, 0);
    assert_fine(r, x86_load_seg(r->c, GS, SEL_DATA0));
    assert_int_equal(type_in_memory(r, SEL_DATA0) & 1, 1);
    assert_int_equal(type_in_memory(r, SEL_READONLY3) & 1, 0);
    assert_int_equal(r->c->s.seg[GS].limit, 0xffffffff);
}

// ---- MOV SS
static void stack_segment_rules(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        unsigned cpl;
        u16 sel;
        int vector;
        u32 error;
    } cases[] = {
        {0, SEL_DATA0, NO_TRAP, 0},
        {0, 0, EXC_GP, 0},
        {0, SEL_DATA0 | 1, EXC_GP, SEL_DATA0}, // RPL != CPL
        {0, SEL_DATA3, EXC_GP, SEL_DATA3},     // DPL != CPL
        {3, SEL_DATA3 | 3, NO_TRAP, 0},
        {3, SEL_READONLY3 | 3, EXC_GP, SEL_READONLY3},
        {3, SEL_CODE3 | 3, EXC_GP, SEL_CODE3},
        {3, SEL_ABSENT3 | 3, EXC_SS, SEL_ABSENT3}, // not #NP
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_protected(r, cases[i].cpl);
        int v = TRAP(r, x86_load_seg(r->c, SS, cases[i].sel));
        if (v != cases[i].vector) fail_msg("case %u: vector %d", i, v);
        if (v != NO_TRAP) assert_int_equal(r->error, cases[i].error);
    }
}

// A null SS is allowed in 64-bit mode below ring 3, when RPL is CPL.
static void null_stack_segment_in_64bit(void **state) {
    struct x86_rig *r = *state;
    cpu_long(r, 0);
    assert_fine(r, x86_load_seg(r->c, SS, 0));
    assert_raises(r, EXC_GP, 0, x86_load_seg(r->c, SS, 3));
    cpu_long(r, 3);
    assert_raises(r, EXC_GP, 0, x86_load_seg(r->c, SS, 3));
}

static void real_mode_keeps_limit(void **state) {
    struct x86_rig *r = *state;
    cpu_real(r);
    r->c->s.seg[DS].limit = 0xffffffff; // "unreal" mode
    assert_fine(r, x86_load_seg(r->c, DS, 0x1234));
    assert_int_equal(r->c->s.seg[DS].base, 0x12340);
    assert_int_equal(r->c->s.seg[DS].limit, 0xffffffff);
    cpu_v86(r, 3);
    assert_fine(r, x86_load_seg(r->c, DS, 0x1234));
    assert_int_equal(r->c->s.seg[DS].limit, 0xffff);
}

static void mov_ss_shadows_one_instruction(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    r->c->s.gpr[RAX] = SEL_DATA0;
    RIG_RUN(r, 1, 0x8e, 0xd0); // mov ss, ax
    assert_int_equal(r->c->s.shadow, 2);
    RIG_RUN(r, 1, 0x90);
    assert_int_equal(r->c->s.shadow, 0);
    x86_set_rflags(r->c, FL_TF, FL_TF);
    RIG_RUN(r, 1, 0x8e, 0xd0);
    assert_int_equal(r->c->s.pending_db, 0); // its single-step trap is suppressed, not put off
    cpu_protected(r, 0);
    r->c->s.idtr.limit = 0;
    RIG_RUN(r, 1, 0x8e, 0xc8); // mov cs, ax: #UD; with no IDT it ends in a triple fault
    assert_int_equal(r->reason, EMU_TRIPLE_FAULT);
    assert_true(scripted_logged(&r->plat, "triple fault"));
}

// ---- LLDT, LTR, LAR, LSL, VERR, VERW

static void ltr_lldt(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    assert_fine(r, x86_ltr(r->c, SEL_TSS2));
    assert_int_equal(type_in_memory(r, SEL_TSS2), SYS_TSS32_BUSY);
    assert_int_equal(r->c->s.tr.base, RIG_TSS2);
    assert_raises(r, EXC_GP, SEL_TSS2, x86_ltr(r->c, SEL_TSS2)); // busy now
    assert_raises(r, EXC_GP, 0, x86_ltr(r->c, 0));
    assert_raises(r, EXC_GP, SEL_DATA0, x86_ltr(r->c, SEL_DATA0));
    assert_fine(r, x86_lldt(r->c, SEL_LDT_DESC));
    assert_int_equal(r->c->s.ldtr.base, RIG_LDT);
    cpu_poke(r, RIG_LDT + 8, cpu_segment(0x5000, 0xfff, AR_P | AR_S | AR_W), 8);
    assert_fine(r, x86_load_seg(r->c, ES, 0x0c));
    assert_int_equal(r->c->s.seg[ES].base, 0x5000);
    assert_raises(r, EXC_GP, 0x84, x86_load_seg(r->c, ES, 0x84)); // past the LDT's limit
    assert_fine(r, x86_lldt(r->c, 0));
    assert_raises(r, EXC_GP, 0x0c, x86_load_seg(r->c, ES, 0x0c));
    assert_raises(r, EXC_GP, 0x0c, x86_lldt(r->c, 0x0c)); // an LDT in an LDT
    cpu_long(r, 0);
    cpu_descriptor(r, SEL_TSS2 + 8, 0xffff8000);
    assert_fine(r, x86_ltr(r->c, SEL_TSS2));
    assert_int_equal(r->c->s.tr.base, 0xffff800000000000 | RIG_TSS2); // 16-byte descriptor
}

static bool zf(const struct x86_rig *r) { return x86_get_rflags(r->c) & FL_ZF; }

static void lar_lsl_verr_verw(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u16 sel;
        bool lar, lsl, verr, verw;
    } cases[] = {
        // at CPL 3
        {SEL_DATA3 | 3, true, true, true, true},
        {SEL_DATA0 | 3, false, false, false, false},
        {SEL_READONLY3 | 3, true, true, true, false},
        {SEL_EXECONLY3 | 3, true, true, false, false},
        {SEL_CODE3 | 3, true, true, true, false},
        {SEL_CONFORMING0 | 3, true, true, true, false},
        {0, false, false, false, false},
        {SEL_LAST + 1, false, false, false, false},
        {SEL_GATE, true, false, false, false}, // a call gate, DPL 3: LAR but not LSL
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        for (unsigned k = 0; k < 4; k++) {
            cpu_protected(r, 3);
            cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, SEL_CODE0, 0, 0));
            r->c->s.gpr[RCX] = cases[i].sel;
            r->c->s.gpr[RAX] = 0x55;
            if (k == 0) RIG_RUN(r, 1, 0x0f, 0x02, 0xc1); // lar eax, ecx
            if (k == 1) RIG_RUN(r, 1, 0x0f, 0x03, 0xc1); // lsl
            if (k == 2) RIG_RUN(r, 1, 0x0f, 0x00, 0xe1); // verr
            if (k == 3) RIG_RUN(r, 1, 0x0f, 0x00, 0xe9); // verw
            bool want = k == 0 ? cases[i].lar : k == 1 ? cases[i].lsl : k == 2 ? cases[i].verr : cases[i].verw;
            if (zf(r) != want) fail_msg("case %u, instruction %u: ZF %d", i, k, zf(r));
            if (!want) assert_int_equal(r->c->s.gpr[RAX], 0x55);
        }
    }
    cpu_protected(r, 0);
    r->c->s.gpr[RCX] = SEL_CODE0;
    RIG_RUN(r, 1, 0x0f, 0x02, 0xc1);
    assert_int_equal(r->c->s.gpr[RAX], 0x00cf9a00); // the descriptor's second dword & 00FFFF00
    RIG_RUN(r, 1, 0x0f, 0x03, 0xc1);
    assert_int_equal(r->c->s.gpr[RAX], 0xffffffff);
}

static void arpl(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    r->c->s.gpr[RAX] = 0x10, r->c->s.gpr[RCX] = 3;
    RIG_RUN(r, 1, 0x63, 0xc8); // arpl ax, cx
    assert_int_equal(r->c->s.gpr[RAX], 0x13);
    assert_true(zf(r));
    RIG_RUN(r, 1, 0x63, 0xc8);
    assert_false(zf(r));
}

// LGDT takes 24 bits of base with a 16-bit operand; SGDT stores all of it.
static void descriptor_table_formats(void **state) {
    struct x86_rig *r = *state;
    cpu_protected(r, 0);
    cpu_poke(r, 0x5000, 0x89abcdef1234, 8);
    r->c->s.gpr[RBX] = 0x5000;
    RIG_RUN(r, 1, 0x66, 0x0f, 0x01, 0x1b); // lidt [ebx], 16-bit operand
    assert_int_equal(r->c->s.idtr.limit, 0x1234);
    assert_int_equal(r->c->s.idtr.base, 0xabcdef);
    RIG_RUN(r, 1, 0x0f, 0x01, 0x1b);
    assert_int_equal(r->c->s.idtr.base, 0x89abcdef);
    cpu_poke(r, 0x5100, ~(u64)0, 8);
    r->c->s.gpr[RBX] = 0x5100;
    RIG_RUN(r, 1, 0x0f, 0x01, 0x0b); // sidt
    assert_int_equal(cpu_peek(r, 0x5100, 8), 0xffff89abcdef1234);
    cpu_long(r, 0);
    cpu_poke(r, 0x5000, 0xfff, 2);
    cpu_poke(r, 0x5002, 0xffffffff81000000, 8);
    r->c->s.gpr[RBX] = 0x5000;
    RIG_RUN(r, 1, 0x0f, 0x01, 0x1b);
    assert_int_equal(r->c->s.idtr.base, 0xffffffff81000000);
    assert_int_equal(r->c->s.idtr.limit, 0xfff);
}

static void expand_down_stack(void **state) {
    struct x86_rig *r = *state;
    // Limit FFFh, expand-down, 32-bit: valid offsets are 1000h and up.
    struct x86_seg s = x86_seg_of(SEL_DOWN3, (cpu_protected(r, 3), cpu_peek(r, RIG_GDT + SEL_DOWN3, 8)));
    assert_false(x86_seg_contains(&s, 0xfff, 1));
    assert_true(x86_seg_contains(&s, 0x1000, 1));
    assert_false(x86_seg_contains(&s, 0xffe, 4));
    assert_true(x86_seg_contains(&s, 0xfffffffc, 4));
    assert_false(x86_seg_contains(&s, 0xfffffffd, 4));
    s.attr &= ~(u32)AR_DB;
    assert_true(x86_seg_contains(&s, 0xfffc, 4));
    assert_false(x86_seg_contains(&s, 0xfffd, 4));
}

static void invpcid(void **state) {
    struct x86_rig *r = *state;
    static const struct {
        u64 type, pcid, address;
        bool pcide, allowed;
    } cases[] = {
        {0, 0, 0x5000, false, true},
        {0, 5, 0x5000, false, false},
        {0, 5, 0x5000, true, true},
        {1, 5, 0, true, true},
        {0, 0, (u64)1 << 50, false, true},
        {0, 0, (u64)1 << 56, false, false},
        {1, 0, (u64)1 << 56, false, true},
        {2, 0, 0, false, true},
        {3, 0, 0, true, true},
        {4, 0, 0, false, false},
        {1, 0x1000, 0, true, false},
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        cpu_long(r, 0);
        cpu_idt(r, EXC_GP, cpu_gate(SYS_INT32, 0, SEL_CODE64_0, 0x30000, 0), 0);
        if (cases[i].pcide) assert_fine(r, x86_write_cr4(r->c, r->c->s.cr4 | CR4_PCIDE));
        cpu_poke(r, 0x5000, cases[i].pcid, 8);
        cpu_poke(r, 0x5008, cases[i].address, 8);
        r->c->s.gpr[RBX] = 0x5000, r->c->s.gpr[RAX] = cases[i].type;
        RIG_RUN(r, 1, 0x66, 0x0f, 0x38, 0x82, 0x03);
        if ((r->c->s.rip != 0x30000) != cases[i].allowed) fail_msg("case %u", i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, cpu_new, cpu_free)
        T(data_segment_rules),
        T(accessed_bit),
        T(stack_segment_rules),
        T(null_stack_segment_in_64bit),
        T(real_mode_keeps_limit),
        T(mov_ss_shadows_one_instruction),
        T(ltr_lldt),
        T(lar_lsl_verr_verw),
        T(arpl),
        T(descriptor_table_formats),
        T(expand_down_stack),
        T(invpcid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
