// SPDX-License-Identifier: MIT
// Exceptions, what ESR_EL1 and FAR_EL1 say of them, returns, and what EL0 may not do (D1.3, D24: ESR_EL1).
#include "kit.h"

static const enum mode modes[] = {EL0, EL1T, EL1};
static const unsigned vectors[] = {0x400, 0x000, 0x200};

CODE(do_nothing, "ret");
CODE(do_svc, "nop; svc #0xabcd; ret");
CODE(do_hvc, "hvc #1; ret");
CODE(do_hvc_0, "hvc #0; ret");
CODE(do_smc, "smc #1; ret");
CODE(do_brk, "nop; brk #0x1234; ret");
CODE(do_udf, "nop; udf #7; ret");
CODE(do_unallocated, ".inst 0x00010000; ret");
CODE(do_eret, "eret");
CODE(do_br, "br x0");
CODE(do_ret_to, "mov x30, x0; ret");

TEST(calls_tell_their_number) {
    for (unsigned i = 0; i < 3; i++) {
        IS(run(modes[i], do_svc, 0), SVC);
        IS(caught.esr, (u64)SVC << 26 | BIT(25) | 0xabcd);
        IS(caught.f.pc, (u64)do_svc + 8);
        IS(caught.vector, vectors[i]);
        IS(caught.f.pstate & 0xf0000fcf, PSTATE_DAIF | modes[i]);
        IS(run(modes[i], do_brk, 0), BRK);
        IS(caught.esr, (u64)BRK << 26 | BIT(25) | 0x1234);
        IS(caught.f.pc, (u64)do_brk + 4);
        IS(run(modes[i], do_nothing, 0), NOTHING);
    }
}

TEST(undefined) {
    for (unsigned i = 0; i < 3; i++) {
        IS(run(modes[i], do_udf, 0), UNKNOWN);
        IS(caught.esr, BIT(25));
        IS(caught.f.pc, (u64)do_udf + 4);
        IS(run(modes[i], do_unallocated, 0), UNKNOWN);
    }
    IS(run(EL0, do_hvc_0, 0), UNKNOWN);
    IS(run(EL0, do_hvc, 0), UNKNOWN);
    IS(run(EL0, do_smc, 0), UNKNOWN);
    IS(run(EL0, do_eret, 0), UNKNOWN);
}

// The flags and masks of PSTATE are kept, and all interrupts masked.
CODE(do_flags, "msr nzcv, x0; svc #0");
TEST(pstate_is_saved) {
    for (u64 nzcv = 0; nzcv < 16; nzcv++)
        for (u64 daif = 0; daif < 16; daif += 5) {
            kit_pstate = daif << 6 | (~nzcv & 15) << 28;
            IS(run(EL0, do_svc, 0), SVC);
            IS(caught.f.pstate, kit_pstate);
            IS(run(EL1, do_flags, nzcv << 28), SVC);
            IS(caught.f.pstate & ~PSTATE_PAN, nzcv << 28 | daif << 6 | EL1);
        }
}

// ---- addresses

TEST(misaligned_pc) {
    for (unsigned i = 0; i < 3; i++)
        for (unsigned off = 1; off < 4; off++) {
            IS(run(modes[i], off & 1 ? do_br : do_ret_to, (u64)do_nothing + off), PC_ALIGNMENT);
            IS(caught.esr, (u64)PC_ALIGNMENT << 26 | BIT(25));
            IS(caught.far, (u64)do_nothing + off);
            IS(caught.f.pc, (u64)do_nothing + off);
        }
}

CODE(do_load_sp, "mov x9, sp; ldr x0, [sp]; ret");
CODE(do_store_sp, "stp x0, x0, [sp, #-16]; ret");
CODE(do_sp_as_number, "mov x0, sp; add x0, x0, #1; ret");
TEST(misaligned_sp) {
    u64 *p = page();
    static const u64 bit[] = {SCTLR_SA0, SCTLR_SA, SCTLR_SA};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned off = 0; off < 16; off += 8)
            for (unsigned on = 0; on < 2; on++) {
                sctlr_with(on ? bit[i] : SCTLR_SA | SCTLR_SA0, on ? SCTLR_SA ^ SCTLR_SA0 ^ bit[i] : bit[i]);
                kit_sp = (u64)p + 512 + off;
                u64 want = on && off ? SP_ALIGNMENT : NOTHING;
                IS(run(modes[i], do_load_sp, 0), want);
                if (want != NOTHING) IS(caught.esr, (u64)SP_ALIGNMENT << 26 | BIT(25));
                if (want != NOTHING) IS(caught.f.pc, (u64)do_load_sp + 4);
                IS(run(modes[i], do_store_sp, 0), want);
                IS(run(modes[i], do_sp_as_number, 0), NOTHING);
            }
}

CODE(do_load, "ldr x0, [x0]; ret");
CODE(do_store, "str x0, [x0]; ret");
CODE(do_load_byte, "ldrb w0, [x0]; ret");
CODE(do_pair, "ldp w0, w1, [x0]; ret");
CODE(do_exclusive, "ldxr w0, [x0]; ret");
CODE(do_acquire, "ldar w0, [x0]; ret");
CODE(do_release, "stlr w0, [x0]; ret");
CODE(do_atomic, ".inst 0xb8200001; ret"); // ldadd w0, w1, [x0]

static u64 data_of(enum mode mode) { return mode ? DATA : DATA_LOWER; }

#define AT_MODE(code) (el0 ? (const void *)alias(code) : (const void *)(code))
TEST(misaligned_data) {
    u64 p = (u64)page() + 64;
    for (unsigned i = 0; i < 3; i++) {
        // Without the MMU all memory is Device
        IS(run(modes[i], do_load, p + 4), data_of(modes[i]));
        IS(caught.iss, ALIGNMENT);
        IS(caught.far, p + 4);
        IS(run(modes[i], do_store, p + 1), data_of(modes[i]));
        IS(caught.iss, ALIGNMENT | WNR);
        IS(run(modes[i], do_pair, p + 4), NOTHING);
        IS(run(modes[i], do_pair, p + 2), data_of(modes[i]));
        IS(run(modes[i], do_load_byte, p + 3), NOTHING);
    }
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    map(SPACE, p & ~(u64)0xfff, PAGE_EL0);
    for (unsigned a = 0; a < 2; a++) {
        sctlr_with(a ? SCTLR_A : 0, a ? 0 : SCTLR_A);
        for (unsigned i = 0; i < 3; i++) {
            bool el0 = modes[i] == EL0;
            u64 want = a ? data_of(modes[i]) : NOTHING;
            IS(run(modes[i], AT_MODE(do_load), SPACE + 65), want);
            if (a) IS(caught.iss, ALIGNMENT);
            IS(run(modes[i], AT_MODE(do_store), SPACE + 68), want);
            if (a) IS(caught.iss, ALIGNMENT | WNR);
            IS(run(modes[i], AT_MODE(do_pair), SPACE + 66), want);
            // What is ordered or exclusive has to be aligned in any case
            IS(run(modes[i], AT_MODE(do_exclusive), SPACE + 66), data_of(modes[i]));
            IS(caught.iss, ALIGNMENT);
            IS(caught.far, SPACE + 66);
            IS(run(modes[i], AT_MODE(do_acquire), SPACE + 67), data_of(modes[i]));
            IS(run(modes[i], AT_MODE(do_release), SPACE + 65), data_of(modes[i]));
            IS(caught.iss, ALIGNMENT | WNR);
        }
    }
}

TEST(nothing_there) {
    for (unsigned i = 0; i < 3; i++) {
        IS(run(modes[i], do_load, NOWHERE), data_of(modes[i]));
        IS(caught.iss, EXTERNAL);
        IS(caught.far, NOWHERE);
        IS(run(modes[i], do_store, NOWHERE + 8), data_of(modes[i]));
        IS(caught.iss, EXTERNAL | WNR);
        IS(run(modes[i], do_br, NOWHERE), modes[i] ? FETCH : FETCH_LOWER);
        IS(caught.iss, EXTERNAL);
        IS(caught.far, NOWHERE);
    }
}

TEST(atomics_fault_as_reads_first) {
    if (FIELD(id_aa64isar0_el1, 20) < 2) SKIP("no FEAT_LSE");
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    u64 p = (u64)page();
    IS(run(EL1, do_atomic, SPACE), DATA);
    IS(caught.iss & ~(u64)3, TRANSLATION); // not WnR: a read would have faulted, too
    map(SPACE, p, PAGE_EL1 | RO);
    IS(run(EL1, do_atomic, SPACE), DATA);
    IS(caught.iss, PERMISSION | 3 | WNR);
}

// ---- returns

CODE(do_return, "msr spsr_el1, x0; adr x2, 1f; msr elr_el1, x2; eret; 1: brk #0xbac");
TEST(illegal_returns) {
    // To EL2, EL3, AArch32, with M[1], to EL0 with its SP
    static const u8 wrong[] = {8, 9, 12, 13, 0x10, 0x13, 6, 1};
    for (unsigned i = 0; i < countof(wrong); i++) {
        if (FIELD(id_aa64pfr0_el1, 0) == 2 && wrong[i] == 0x10) continue; // AArch32 is there
        IS(run(EL1, do_return, wrong[i] | PSTATE_DAIF | BIT(29)), ILLEGAL_STATE);
        IS(caught.esr, (u64)ILLEGAL_STATE << 26 | BIT(25));
        IS(caught.f.pc, (u64)do_return + 16);
        IS(caught.f.pstate & (PSTATE_IL | BIT(29) | 15), PSTATE_IL | BIT(29) | EL1);
    }
    // SPSR's own bit: the EL changes all the same
    IS(run(EL1, do_return, PSTATE_IL | PSTATE_DAIF), ILLEGAL_STATE);
    IS(caught.f.pstate & (PSTATE_IL | 15), PSTATE_IL);
    IS(caught.vector, 0x400);
}

TEST(each_el_has_its_sp) {
    for (unsigned i = 0; i < 3; i++) {
        kit_sp = (u64)page() + 4096;
        IS(run(modes[i], do_sp_as_number, 0), NOTHING);
        IS(caught.f.x[0], kit_sp + 1);
    }
}

CODE(do_spsel,
     "mov x0, sp; msr spsel, #0; mov x1, sp; add sp, sp, #16; msr spsel, #1; mov x2, sp; mrs x3, sp_el0; mrs x4, spsel; ret");
TEST(spsel) {
    IS(run(EL0, do_spsel, 0), UNKNOWN);
    IS(run(EL1, do_spsel, 0), NOTHING);
    IS(caught.f.x[2], caught.f.x[0]);
    IS(caught.f.x[3], caught.f.x[1] + 16);
    IS(caught.f.x[4], 1);
}

CODE(do_read_sp_el0, "mrs x0, sp_el0; ret");
TEST(sp_el0_while_it_is_sp) {
    IS(run(EL1T, do_read_sp_el0, 0), UNKNOWN);
    IS(run(EL1, do_read_sp_el0, 0), NOTHING);
}

// ---- system registers of EL0 and EL1

CODE(do_read_midr, "mrs x0, midr_el1; ret");
CODE(do_write_midr, "msr s3_0_c0_c0_0, x0; ret");
CODE(do_read_sctlr, "mrs x0, sctlr_el1; ret");
CODE(do_read_current, "mrs x0, currentel; ret");
CODE(do_read_el2, "mrs x0, sctlr_el2; ret");
CODE(do_read_el3, "mrs x0, s3_6_c1_c1_0; ret");
CODE(do_unknown_register, "mrs x0, s3_7_c15_c15_7; ret");
CODE(do_tpidr, "msr tpidr_el0, x0; mrs x1, tpidr_el0; ret");
CODE(do_write_tpidrro, "msr tpidrro_el0, x0; ret");
CODE(do_read_dczid, "mrs x0, dczid_el0; ret");

TEST(registers_of_el1) {
    IS(run(EL0, do_read_midr, 0), FIELD(id_aa64mmfr2_el1, 36) ? SYSREG : UNKNOWN); // FEAT_IDST
    IS(run(EL1, do_read_midr, 0), NOTHING);
    IS(run(EL1, do_write_midr, 0), UNKNOWN);
    IS(run(EL0, do_read_sctlr, 0), UNKNOWN);
    IS(run(EL0, do_read_current, 0), UNKNOWN);
    IS(run(EL1, do_read_current, 0), NOTHING);
    IS(caught.f.x[0], 4);
    IS(run(EL1, do_read_el2, 0), UNKNOWN);
    IS(run(EL1, do_read_el3, 0), UNKNOWN);
    IS(run(EL1, do_unknown_register, 0), UNKNOWN);
    IS(run(EL0, do_tpidr, 77), NOTHING);
    IS(caught.f.x[1], 77);
    IS(run(EL0, do_write_tpidrro, 0), UNKNOWN);
    IS(run(EL0, do_read_dczid, 0), NOTHING);
    IS(caught.f.x[0] & 16, 16);
    sctlr_with(SCTLR_DZE, 0);
    IS(run(EL0, do_read_dczid, 0), NOTHING);
    IS(caught.f.x[0] & 16, 0);
    IS(run(EL1, do_read_dczid, 0), NOTHING);
    IS(caught.f.x[0] & 16, 0);
}

// What a bit of SCTLR_EL1 gives EL0, or traps: op0, op2, op1, CRn, Rt, CRm, direction (D24, ESR_EL1's ISS for MSR, MRS and system instructions).
#define ISS_SYS(op0, op1, crn, crm, op2, rt, read)                                                                               \
    ((u64)(op0) << 20 | (u64)(op2) << 17 | (u64)(op1) << 14 | (u64)(crn) << 10 | (u64)(rt) << 5 | (u64)(crm) << 1 | (read))
CODE(do_read_ctr, "mrs x9, ctr_el0; ret");
CODE(do_read_daif, "mrs x9, daif; ret");
CODE(do_write_daif, "msr daif, x9; ret");
CODE(do_daifset, "msr daifset, #3; ret");
CODE(do_daifclr, "msr daifclr, #1; ret");
CODE(do_cvac, "dc cvac, x1; ret");
CODE(do_cvau, "dc cvau, x1; ret");
CODE(do_civac, "dc civac, x1; ret");
CODE(do_ivau, "ic ivau, x1; ret");
CODE(do_zva, "dc zva, x1; ret");
CODE(do_ivac, "dc ivac, x1; ret");
CODE(do_isw, "dc isw, x1; ret");
CODE(do_iallu, "ic iallu; ret");
CODE(do_tlbi, "tlbi vmalle1; ret");
CODE(do_at, "at s1e1r, x1; ret");

TEST(what_el0_is_given) {
    static const struct {
        const char *code;
        u64 bit, iss;
    } all[] = {
        {do_read_ctr, SCTLR_UCT, ISS_SYS(3, 3, 0, 0, 1, 9, 1)},   {do_read_daif, SCTLR_UMA, ISS_SYS(3, 3, 4, 2, 1, 9, 1)},
        {do_write_daif, SCTLR_UMA, ISS_SYS(3, 3, 4, 2, 1, 9, 0)}, {do_daifset, SCTLR_UMA, ISS_SYS(0, 3, 4, 3, 6, 31, 0)},
        {do_daifclr, SCTLR_UMA, ISS_SYS(0, 3, 4, 1, 7, 31, 0)},   {do_cvac, SCTLR_UCI, ISS_SYS(1, 3, 7, 10, 1, 1, 0)},
        {do_cvau, SCTLR_UCI, ISS_SYS(1, 3, 7, 11, 1, 1, 0)},      {do_civac, SCTLR_UCI, ISS_SYS(1, 3, 7, 14, 1, 1, 0)},
        {do_ivau, SCTLR_UCI, ISS_SYS(1, 3, 7, 5, 1, 1, 0)},
    };
    u64 p = (u64)page();
    for (unsigned i = 0; i < countof(all); i++) {
        sctlr_with(0, SCTLR_UCT | SCTLR_UMA | SCTLR_UCI);
        IS(run2(EL0, all[i].code, 0, p) | i << 16, SYSREG | i << 16);
        IS(caught.iss | (u64)i << 32, all[i].iss | (u64)i << 32);
        IS(caught.f.pc, (u64)all[i].code);
        sctlr_with(all[i].bit, 0);
        IS(run2(EL0, all[i].code, 0, p) | i << 16, NOTHING | i << 16);
        IS(run2(EL1, all[i].code, 0, p), NOTHING);
    }
    static const char *const never[] = {do_ivac, do_isw, do_iallu, do_tlbi, do_at};
    sctlr_with(SCTLR_UCI, 0);
    for (unsigned i = 0; i < countof(never); i++) {
        IS(run2(EL0, never[i], 0, p) | i << 16, UNKNOWN | i << 16);
        IS(run2(EL1, never[i], 0, p) | i << 16, NOTHING | i << 16);
    }
}

TEST(zeroing) {
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    u64 *p = page();
    map(SPACE, (u64)p, PAGE_EL0);
    u64 block = 4u << (READ(dczid_el0) & 15);
    for (unsigned i = 0; i < 512; i++) p[i] = ~(u64)0;
    IS(run2(EL0, alias(do_zva), 0, SPACE + block + 5), SYSREG);
    IS(caught.iss, ISS_SYS(1, 3, 7, 4, 1, 1, 0));
    sctlr_with(SCTLR_DZE, 0);
    IS(run2(EL0, alias(do_zva), 0, SPACE + block + 5), NOTHING);
    IS(p[block / 8 - 1], ~(u64)0);
    IS(p[block / 8] | p[block / 4 - 1], 0);
    IS(p[block / 4], ~(u64)0);
    map(SPACE, (u64)p, PAGE_EL0 | RO);
    IS(run2(EL0, alias(do_zva), 0, SPACE + 5), DATA_LOWER);
    IS(caught.iss, PERMISSION | 3 | WNR);
    IS(caught.far, SPACE + 5);
}

// Maintenance by address is told as a write, of whatever kind it is.
TEST(maintenance_faults) {
    if (!paging(&granules[0])) SKIP("no granule of 4K");
    sctlr_with(SCTLR_UCI, 0);
    static const char *const code[] = {do_cvac, do_cvau, do_civac, do_ivau};
    u64 p = (u64)page();
    for (unsigned i = 0; i < countof(code); i++) {
        *entry(SPACE, 3) = 0;
        tlbi_all();
        IS(run2(EL0, alias(code[i]), 0, SPACE + 8), DATA_LOWER);
        IS(caught.iss, TRANSLATION | 3 | CM | WNR);
        IS(caught.far, SPACE + 8);
        IS(run2(EL1, code[i], 0, SPACE + 8), DATA);
        IS(caught.iss, TRANSLATION | 3 | CM | WNR);
        map(SPACE, p, PAGE_EL0 | RO);
        IS(run2(EL0, alias(code[i]), 0, SPACE + 8), NOTHING);
    }
}

CODE(do_wfi, "wfi; ret");
CODE(do_wfe, "wfe; ret");
TEST(waiting_at_el0) {
    sctlr_with(0, SCTLR_NTWI);
    IS(run(EL0, do_wfi, 0), WFX);
    IS(caught.esr, (u64)WFX << 26 | BIT(25) | BIT(24) | 14 << 20);
    IS(caught.f.pc, (u64)do_wfi);
}

// A WFE that does not wait does not trap: the first one finds what the return to EL0 has set.
CODE(do_two_wfe, "wfe; wfe; ret");
TEST(waiting_for_events_at_el0) {
    sctlr_with(0, SCTLR_NTWE);
    IS(run(EL0, do_wfe, 0), NOTHING);
    IS(run(EL0, do_two_wfe, 0), WFX);
    IS(caught.esr, (u64)WFX << 26 | BIT(25) | BIT(24) | 14 << 20 | 1);
    IS(caught.f.pc, (u64)do_two_wfe + 4);
}

CODE(do_float, ".arch_extension fp; fmov d0, x0; fmov x0, d0; ret");
CODE(do_fpcr, "mrs x0, fpcr; ret");
CODE(do_vector_load, ".arch_extension simd; ld1 {v0.2d}, [x0]; ret");
TEST(floating_point_can_be_off) {
    u64 p = (u64)page();
    static const char *const code[] = {do_float, do_fpcr, do_vector_load};
    for (u64 fpen = 0; fpen < 4; fpen++) {
        WRITE(cpacr_el1, fpen << 20);
        for (unsigned i = 0; i < 3; i++)
            for (unsigned k = 0; k < 3; k++) {
                bool trapped = !(fpen & 1) || (fpen == 1 && modes[i] == EL0);
                IS(run(modes[i], code[k], p), trapped ? FP : NOTHING);
                if (trapped) IS(caught.iss, BIT(24) | 14 << 20);
                if (trapped) IS(caught.f.pc, (u64)code[k]);
            }
    }
}

// ---- PSTATE.PAN and UAO

TEST(pan_is_set_by_exceptions) {
    if (!FIELD(id_aa64mmfr1_el1, 20)) SKIP("no FEAT_PAN");
    for (unsigned span = 0; span < 2; span++)
        for (unsigned pan = 0; pan < 2; pan++) {
            sctlr_with(span ? SCTLR_SPAN : 0, span ? 0 : SCTLR_SPAN);
            kit_pstate = PSTATE_DAIF | (pan ? PSTATE_PAN : 0);
            IS(run(EL1, do_svc, 0), SVC);
            IS(caught.f.pstate & PSTATE_PAN, pan ? PSTATE_PAN : 0);
            IS(READ(s3_0_c4_c2_3) & PSTATE_PAN, !span || pan ? PSTATE_PAN : 0);
        }
}

CODE(do_pan, "msr s0_0_c4_c1_4, xzr; mrs x1, s3_0_c4_c2_3; msr s0_0_c4_c0_4, xzr; mrs x2, s3_0_c4_c2_3; ret");
TEST(pan_is_a_register) {
    if (!FIELD(id_aa64mmfr1_el1, 20)) SKIP("no FEAT_PAN");
    IS(run(EL1, do_pan, 0), NOTHING);
    IS(caught.f.x[1], PSTATE_PAN);
    IS(caught.f.x[2], 0);
    IS(run(EL0, do_pan, 0), UNKNOWN);
}
