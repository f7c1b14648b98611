// SPDX-License-Identifier: MIT
// Traps and the returns from them, delegation, and what each mode may not do (privileged specification, 3.1, 3.3, 10.1).
#include "kit.h"

static const enum mode modes[] = {U, S, M};

CODE(do_ecall, "ecall; ret");
CODE(do_ebreak, "nop; ebreak; ret");
CODE(do_nothing, "ret");
CODE(do_load, "ld a0, 0(a0); ret");
CODE(do_load_byte, "lb a0, 0(a0); ret");
CODE(do_store, "sd zero, 0(a0); ret");
CODE(do_jump, "jr a0");
CODE(do_amo, "amoadd.w t0, zero, (a0); ret");
CODE(do_lr, "lr.d t0, (a0); ret");
CODE(do_sc, "sc.d t0, zero, (a0); ret");
CODE(do_illegal, ".4byte 0xffffffff; ret");
CODE(do_illegal_2, ".2byte 0; .2byte 0; ret");

TEST(calls_tell_the_mode) {
    for (unsigned i = 0; i < 3; i++) {
        IS(run(modes[i], do_ecall, 0), ECALL_U + modes[i]);
        IS(caught.mode, modes[i]);
        IS(caught.pc, (u64)do_ecall);
        IS(caught.tval, 0);
        IS(run(modes[i], do_ebreak, 0), BREAKPOINT);
        IS(caught.pc, (u64)do_ebreak + 4);
        IS(run(modes[i], do_nothing, 0), NOTHING);
    }
}

TEST(illegal_instructions_tell_their_bits) {
    for (unsigned i = 0; i < 3; i++) {
        IS(run(modes[i], do_illegal, 0), ILLEGAL);
        IS(caught.tval, 0xffffffff);
        IS(run(modes[i], do_illegal_2, 0), ILLEGAL);
        IS(caught.tval, 0);
    }
}

TEST(access_faults) {
    for (unsigned i = 0; i < 3; i++) {
        IS(run(modes[i], do_load, NOWHERE + 8), LOAD_ACCESS);
        IS(caught.tval, NOWHERE + 8);
        IS(run(modes[i], do_store, NOWHERE + 16), STORE_ACCESS);
        IS(caught.tval, NOWHERE + 16);
        IS(run(modes[i], do_amo, NOWHERE), STORE_ACCESS);
        IS(run(modes[i], do_lr, NOWHERE), LOAD_ACCESS);
        IS(run(modes[i], do_jump, NOWHERE + 4), FETCH_ACCESS);
        IS(caught.pc, NOWHERE + 4);
        IS(caught.tval, NOWHERE + 4);
    }
}

TEST(misaligned_atomics) {
    u64 *p = page();
    IS(run(S, do_amo, (u64)p + 2), STORE_MISALIGNED);
    IS(caught.tval, (u64)p + 2);
    IS(run(S, do_lr, (u64)p + 4), LOAD_MISALIGNED);
    IS(run(S, do_sc, (u64)p + 4), STORE_MISALIGNED);
    IS(run(S, do_load, (u64)p + 1), NOTHING);
}

// ---- delegation

CODE(to_s_handler, "csrr a0, scause; ebreak");

TEST(delegated_exceptions) {
    CSR_WRITE(medeleg, BIT(ILLEGAL) | BIT(LOAD_ACCESS) | BIT(ECALL_U));
    IS(CSR_READ(medeleg), BIT(ILLEGAL) | BIT(LOAD_ACCESS) | BIT(ECALL_U));
    for (unsigned sie = 0; sie < 2; sie++)
        for (unsigned i = 0; i < 2; i++) {
            CSR_WRITE(mstatus,
                      (CSR_READ(mstatus) & ~(MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_SIE)) | (sie ? MSTATUS_SIE : MSTATUS_SPIE));
            IS(run(modes[i], do_load, NOWHERE), TO_S);
            IS(CSR_READ(scause), LOAD_ACCESS);
            IS(CSR_READ(sepc), (u64)do_load);
            IS(CSR_READ(stval), NOWHERE);
            IS(!!(CSR_READ(mstatus) & MSTATUS_SPP), modes[i] == S);
            IS(!!(CSR_READ(mstatus) & MSTATUS_SPIE), sie);
            IS(!!(CSR_READ(mstatus) & MSTATUS_SIE), 0);
        }
    IS(run(U, do_ecall, 0), TO_S);
    IS(CSR_READ(scause), ECALL_U);
    IS(run(S, do_ecall, 0), ECALL_S);
    IS(run(M, do_load, NOWHERE), LOAD_ACCESS); // never to a lower mode
    IS(run(U, do_store, NOWHERE), STORE_ACCESS);
    CSR_WRITE(stvec, to_s_handler);
    IS(run(U, do_illegal, 0), BREAKPOINT);
    IS(caught.f.x[10], ILLEGAL);
    IS(caught.mode, S);
}

TEST(what_can_be_delegated) {
    CSR_WRITE(medeleg, ~(u64)0);
    u64 v = CSR_READ(medeleg);
    IS(v & BIT(ECALL_M), 0);
    IS(v & (BIT(ILLEGAL) | BIT(BREAKPOINT) | BIT(ECALL_U) | BIT(FETCH_PAGE) | BIT(LOAD_PAGE) | BIT(STORE_PAGE)),
       BIT(ILLEGAL) | BIT(BREAKPOINT) | BIT(ECALL_U) | BIT(FETCH_PAGE) | BIT(LOAD_PAGE) | BIT(STORE_PAGE));
    CSR_WRITE(medeleg, 0);
    CSR_WRITE(mideleg, ~(u64)0);
    IS(CSR_READ(mideleg) & 0xaaa & ~(u64)0x444, 0x222);
    CSR_WRITE(mideleg, 0);
}

// ---- returns

CODE(do_mret, "la t0, 1f; csrw mepc, t0; mret; 1: ret");
CODE(do_sret, "la t0, 1f; csrw sepc, t0; sret; 1: ret");

TEST(mret) {
    // To U with MPRV set, which goes; MIE comes from MPIE.
    CSR_WRITE(mstatus, MSTATUS_FS);
    IS(run(U, do_mret, 0), ILLEGAL);
    IS(run(S, do_mret, 0), ILLEGAL);
    for (unsigned i = 0; i < 3; i++) {
        CSR_WRITE(mstatus, MSTATUS_FS | MSTATUS_MPRV | MSTATUS_MPIE);
        IS(run(modes[i], do_nothing, 0), NOTHING);
        IS(caught.mode, modes[i]);
        u64 v = CSR_READ(mstatus);
        IS(!!(v & MSTATUS_MPRV), modes[i] == M);
        IS(!!(v & MSTATUS_MPIE), 1); // the trap saved MIE, which MRET had set
        IS(!!(v & MSTATUS_MIE), 0);
    }
}

TEST(sret) {
    IS(run(U, do_sret, 0), ILLEGAL);
    for (unsigned from = S; from <= M; from += 2)
        for (unsigned to = 0; to < 2; to++) {
            CSR_WRITE(mstatus, MSTATUS_FS | MSTATUS_SPIE | (to ? MSTATUS_SPP : 0));
            IS(run((enum mode)from, do_sret, 0), NOTHING);
            IS(caught.mode, to ? S : U);
            u64 v = CSR_READ(mstatus);
            IS(!!(v & MSTATUS_SPP), 0);
            IS(!!(v & MSTATUS_SPIE), 1);
            IS(!!(v & MSTATUS_SIE), 1);
        }
    CSR_WRITE(mstatus, MSTATUS_FS | MSTATUS_TSR);
    IS(run(S, do_sret, 0), ILLEGAL);
    IS(run(M, do_sret, 0), NOTHING);
}

CODE(do_wfi, "wfi; ret");
CODE(do_fence, "sfence.vma; ret");
CODE(do_read_satp, "csrr a0, satp; ret");
CODE(do_write_satp, "csrw satp, zero; ret");

TEST(supervisor_can_be_fenced_in) {
    IS(run(U, do_fence, 0), ILLEGAL);
    IS(run(S, do_fence, 0), NOTHING);
    IS(run(S, do_read_satp, 0), NOTHING);
    CSR_WRITE(mstatus, MSTATUS_FS | MSTATUS_TVM);
    IS(run(S, do_fence, 0), ILLEGAL);
    IS(run(S, do_read_satp, 0), ILLEGAL);
    IS(run(S, do_write_satp, 0), ILLEGAL);
    IS(run(M, do_fence, 0), NOTHING);
    IS(run(M, do_write_satp, 0), NOTHING);
    CSR_WRITE(mstatus, MSTATUS_FS | MSTATUS_TW);
    IS(run(S, do_wfi, 0), ILLEGAL);
    IS(run(U, do_wfi, 0), ILLEGAL);
}

// ---- CSRs by mode

CODE(do_read_sstatus, "csrr a0, sstatus; ret");
CODE(do_read_mstatus, "csrr a0, mstatus; ret");
CODE(do_read_time, "csrr a0, time; ret");
CODE(do_read_cycle, "csrr a0, cycle; ret");
CODE(do_read_instret, "csrr a0, instret; ret");
CODE(do_write_cycle, "csrw cycle, zero; ret");
CODE(do_set_no_bits, "csrs mhartid, zero; ret");
CODE(do_write_mhartid, "li t0, 0; csrs mhartid, t0; ret");

TEST(registers_of_a_higher_mode) {
    IS(run(U, do_read_sstatus, 0), ILLEGAL);
    IS(run(S, do_read_sstatus, 0), NOTHING);
    IS(run(S, do_read_mstatus, 0), ILLEGAL);
    IS(run(M, do_read_mstatus, 0), NOTHING);
    IS(run(M, do_write_cycle, 0), ILLEGAL);
    IS(run(M, do_set_no_bits, 0), NOTHING);
    IS(run(M, do_write_mhartid, 0), ILLEGAL);
}

TEST(counters_are_opened) {
    static const char *const code[3] = {do_read_cycle, do_read_time, do_read_instret};
    for (unsigned m = 0; m < 8; m++)
        for (unsigned s = 0; s < 8; s++) {
            CSR_WRITE(mcounteren, m);
            CSR_WRITE(scounteren, s);
            for (unsigned i = 0; i < 3; i++) {
                IS(run(M, code[i], 0), NOTHING);
                IS(run(S, code[i], 0), m >> i & 1 ? NOTHING : ILLEGAL);
                IS(run(U, code[i], 0), m >> i & s >> i & 1 ? NOTHING : ILLEGAL);
            }
        }
}

TEST(fields_that_take_legal_values_only) {
    u64 old = CSR_READ(mstatus) | MSTATUS_MPP;
    CSR_WRITE(mstatus, old);
    CSR_WRITE(mstatus, (old & ~MSTATUS_MPP) | (u64)2 << 11); // there is no mode 2
    HOLDS((CSR_READ(mstatus) >> 11 & 3) != 2);
    IS(CSR_READ(mstatus) >> 32 & 15, 10); // SXL and UXL: 64 bits
    CSR_WRITE(mtvec, CSR_READ(mtvec));    // bit 1 is reserved, and PCs are even
    CSR_WRITE(mepc, ~(u64)0);
    IS(CSR_READ(mepc), ~(u64)1);
    CSR_WRITE(sepc, 3);
    IS(CSR_READ(sepc), 2);
    u64 misa = CSR_READ(misa);
    IS(misa >> 62, 2);
    IS(misa & 0x14112d, 0x14112d);     // A C D F I M S U
    CSR_WRITE(satp, (u64)3 << 60 | 5); // no such mode: nothing is written at all
    IS(CSR_READ(satp), 0);
}

CODE(do_float, "fadd.d fa0, fa1, fa2; ret");
CODE(do_read_fcsr, "csrr a0, fcsr; ret");
CODE(do_float_load, "fld fa0, 0(a0); ret");

TEST(floating_point_can_be_off) {
    u64 *p = page();
    for (unsigned i = 0; i < 3; i++) {
        CSR_CLEAR(mstatus, MSTATUS_FS);
        IS(run(modes[i], do_float, 0), ILLEGAL);
        IS(run(modes[i], do_read_fcsr, 0), ILLEGAL);
        IS(run(modes[i], do_float_load, (u64)p), ILLEGAL);
        CSR_SET(mstatus, BIT(13)); // Initial
        IS(CSR_READ(mstatus) >> 63, 0);
        IS(run(modes[i], do_float, 0), NOTHING);
        IS(CSR_READ(mstatus) >> 13 & 3, 3); // Dirty
        IS(CSR_READ(mstatus) >> 63, 1);
        IS(run(modes[i], do_read_fcsr, 0), NOTHING);
    }
}

// ---- loads and stores with another mode's rights

// With MPRV and MPP = S.
CODE(
    do_load_as_s,
    "li t0, 3 << 11; csrc mstatus, t0; li t0, 1 << 17 | 1 << 11; csrs mstatus, t0; lb a0, 0(a0); li t0, 1 << 17; csrc mstatus, t0; ret");

TEST(mprv) {
    IS(run(M, do_load_as_s, RAM), NOTHING);
    CSR_WRITE(pmpcfg0, 0); // nothing for S and U
    IS(run(M, do_load_byte, RAM), NOTHING);
    IS(run(M, do_load_as_s, RAM), LOAD_ACCESS);
    IS(caught.tval, RAM);
    IS(CSR_READ(mstatus) & MSTATUS_MPRV, MSTATUS_MPRV);
}
