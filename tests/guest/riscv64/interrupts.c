// SPDX-License-Identifier: MIT
// Interrupts: who takes them when and in what order, timers, the interrupt controller (privileged specification, 3.1.9, 10.1.3; PLIC).
#include "kit.h"

// Runs on for a while. Interrupts come before its first instruction, or within it.
CODE(do_wait, "li t0, 2000; 1: addi t0, t0, -1; bnez t0, 1b; ret");
CODE(do_wfi, "wfi; ret");
CODE(do_wfi_in_a_loop, "1: wfi; j 1b");

static void enable(u64 bits, bool mie, bool sie) {
    CSR_WRITE(mie, bits);
    CSR_WRITE(mstatus, MSTATUS_FS | (mie ? MSTATUS_MPIE : 0) | (sie ? MSTATUS_SIE : 0));
}

// ---- who takes them

TEST(machine_interrupts) {
    MSIP = 1;
    IS(CSR_READ(mip) & BIT(MSI), BIT(MSI));
    for (unsigned on = 0; on < 2; on++) {
        enable(BIT(MSI), on, false);
        IS(run(M, do_wait, 0), on ? INTERRUPT(MSI) : NOTHING);
        enable(BIT(MSI), on, false);
        IS(run(S, do_wait, 0), INTERRUPT(MSI)); // below M it is always on
        IS(caught.mode, S);
        IS(caught.tval, 0);
        enable(BIT(MSI), on, false);
        IS(run(U, do_wait, 0), INTERRUPT(MSI));
        enable(0, on, false);
        IS(run(U, do_wait, 0), NOTHING);
    }
    MSIP = 0;
    enable(BIT(MSI), true, true);
    IS(run(U, do_wait, 0), NOTHING);
}

TEST(supervisor_interrupts) {
    CSR_WRITE(mideleg, BIT(SSI) | BIT(STI) | BIT(SEI));
    CSR_SET(mip, BIT(SSI));
    for (unsigned on = 0; on < 2; on++) {
        enable(BIT(SSI), true, on);
        IS(run(M, do_wait, 0), NOTHING); // delegated: not in M-mode
        enable(BIT(SSI), true, on);
        IS(run(S, do_wait, 0), on ? TO_S : NOTHING);
        enable(BIT(SSI), true, on);
        IS(run(U, do_wait, 0), TO_S);
        IS(CSR_READ(scause), INTERRUPT(SSI));
        IS(CSR_READ(stval), 0);
    }
    CSR_WRITE(mideleg, 0);
    enable(BIT(SSI), false, true);
    IS(run(S, do_wait, 0), INTERRUPT(SSI)); // not delegated: a machine's
    CSR_CLEAR(mip, BIT(SSI));
    enable(BIT(SSI), true, true);
    IS(run(S, do_wait, 0), NOTHING);
}

CODE(do_read_sip, "csrr a0, sip; ret");
CODE(do_write_sip, "csrw sip, a0; csrr a0, sip; ret");
CODE(do_write_sie, "csrw sie, a0; csrr a0, sie; ret");

TEST(supervisor_sees_what_is_delegated) {
    CSR_SET(mip, BIT(SSI) | BIT(STI) | BIT(SEI));
    CSR_WRITE(mideleg, 0);
    IS(run(S, do_read_sip, 0), NOTHING);
    IS(caught.f.x[10], 0);
    CSR_WRITE(mideleg, BIT(SSI) | BIT(SEI));
    run(S, do_read_sip, 0);
    IS(caught.f.x[10], BIT(SSI) | BIT(SEI));
    run(S, do_write_sip, 0); // SSIP alone can be written
    IS(caught.f.x[10], BIT(SEI));
    IS(CSR_READ(mip) & (BIT(SSI) | BIT(STI) | BIT(SEI)), BIT(STI) | BIT(SEI));
    CSR_WRITE(mie, 0);
    run(S, do_write_sie, ~(u64)0);
    IS(caught.f.x[10], BIT(SSI) | BIT(SEI));
    IS(CSR_READ(mie), BIT(SSI) | BIT(SEI));
}

TEST(order) {
    static const u8 first_to_last[] = {MEI, MSI, MTI, SEI, SSI, STI};
    // The timer's and the software's lines are wires; the others can be written.
    MSIP = 1;
    MTIMECMP = 0;
    CSR_SET(mip, BIT(SSI) | BIT(STI) | BIT(SEI));
    for (unsigned i = 1; i < countof(first_to_last); i++) {
        u64 bits = 0;
        for (unsigned j = i; j < countof(first_to_last); j++) bits |= BIT(first_to_last[j]);
        enable(bits, true, false);
        IS(run(M, do_wait, 0), INTERRUPT(first_to_last[i]));
    }
}

CODE(s_vectors, "ebreak; ebreak; ebreak; ebreak");
CODE(do_illegal, ".4byte 0xffffffff");

TEST(vectored) {
    CSR_WRITE(mideleg, BIT(SSI));
    CSR_SET(mip, BIT(SSI));
    CSR_WRITE(stvec, (u64)s_vectors | 1);
    IS(CSR_READ(stvec), (u64)s_vectors | 1);
    enable(BIT(SSI), false, true);
    IS(run(S, do_wait, 0), BREAKPOINT);
    IS(caught.pc, (u64)s_vectors + 4 * SSI);
    CSR_WRITE(medeleg, BIT(ILLEGAL));
    CSR_WRITE(mie, 0);
    IS(run(S, do_illegal, 0), BREAKPOINT); // an exception
    IS(caught.pc, (u64)s_vectors);
}

// SSIP is set and SIE comes on: the interrupt is there before the next instruction.
CODE(do_enable, "li a0, 0; csrsi sstatus, 2; li a0, 1; li a0, 2; ret");

TEST(enabling_counts_at_once) {
    CSR_WRITE(mideleg, BIT(SSI));
    CSR_SET(mip, BIT(SSI));
    enable(BIT(SSI), false, false);
    IS(run(S, do_enable, 0), TO_S);
    IS(CSR_READ(sepc), (u64)do_enable + 8);
    IS(caught.f.x[10], 0);
}

// ---- waiting

TEST(wfi_ends_by_what_is_enabled) {
    MSIP = 1;
    enable(BIT(MSI), false, false);
    IS(run(M, do_wfi, 0), NOTHING); // not taken: MIE is 0
    MSIP = 0;
    MTIMECMP = MTIME + 1000;
    enable(BIT(MTI), false, false);
    IS(run(M, do_wfi, 0), NOTHING);
    HOLDS(MTIME >= MTIMECMP);
    MTIMECMP = MTIME + 1000;
    enable(BIT(MTI), true, false);
    IS(run(M, do_wfi_in_a_loop, 0), INTERRUPT(MTI));
    HOLDS(caught.pc == (u64)do_wfi_in_a_loop || caught.pc == (u64)do_wfi_in_a_loop + 4);
    MTIMECMP = MTIME + 1000;
    enable(BIT(MTI), false, false);
    IS(run(S, do_wfi_in_a_loop, 0), INTERRUPT(MTI));
}

// ---- timers

TEST(machine_timer) {
    MTIMECMP = ~(u64)0;
    IS(CSR_READ(mip) & BIT(MTI), 0);
    u64 now = MTIME;
    MTIMECMP = now;
    IS(CSR_READ(mip) & BIT(MTI), BIT(MTI)); // mtime >= mtimecmp
    MTIMECMP = ~(u64)0;
    IS(CSR_READ(mip) & BIT(MTI), 0);
    u64 before = MTIME, time = CSR_READ(time), after = MTIME;
    HOLDS(before <= time && time <= after);
}

TEST(supervisor_timer) {
    if (!csr_exists(0x14d)) SKIP("no Sstc");
    CSR_WRITE(0x14d, ~(u64)0); // stimecmp
    CSR_WRITE(0x30a, BIT(63)); // menvcfg.STCE
    if (!(CSR_READ(0x30a) >> 63)) SKIP("no Sstc");
    CSR_WRITE(mideleg, BIT(STI));
    CSR_WRITE(mcounteren, 2);
    IS(CSR_READ(mip) & BIT(STI), 0);
    CSR_WRITE(0x14d, CSR_READ(time) + 1000);
    enable(BIT(STI), false, true);
    IS(run(S, do_wfi_in_a_loop, 0), TO_S);
    IS(CSR_READ(scause), INTERRUPT(STI));
    IS(CSR_READ(mip) & BIT(STI), BIT(STI));
    CSR_WRITE(0x14d, ~(u64)0);
    IS(CSR_READ(mip) & BIT(STI), 0);
    CSR_WRITE(0x30a, 0);
}

// ---- the PLIC, with the serial port as its source 10

enum { SOURCE = 10 };
static void plic_enable(unsigned context, unsigned threshold) {
    MMIO32(PLIC + 4 * SOURCE) = 1;
    MMIO32(PLIC + 0x2000 + 0x80 * context) = BIT(SOURCE);
    MMIO32(PLIC + 0x200000 + 0x1000 * context) = threshold;
}
static u32 claim(unsigned context) { return MMIO32(PLIC + 0x200004 + 0x1000 * context); }
static void complete(unsigned context, u32 source) { MMIO32(PLIC + 0x200004 + 0x1000 * context) = source; }

TEST(external_interrupts) {
    for (unsigned context = 0; context < 2; context++) {
        u64 bit = BIT(context ? SEI : MEI);
        IS(CSR_READ(mip) & bit, 0);
        plic_enable(context, 0);
        MMIO8(UART + 1) = 2; // the transmitter is empty: an interrupt
        IS(CSR_READ(mip) & bit, bit);
        CSR_WRITE(mideleg, BIT(SEI));
        enable(bit, true, true);
        IS(run(context ? S : M, do_wait, 0), context ? TO_S : INTERRUPT(MEI));
        CSR_WRITE(mideleg, 0);
        IS(claim(context), SOURCE);
        IS(CSR_READ(mip) & bit, 0); // claimed
        IS(claim(context), 0);
        complete(context, SOURCE);
        IS(CSR_READ(mip) & bit, bit);                   // its line is still up
        MMIO32(PLIC + 0x200000 + 0x1000 * context) = 1; // not above the threshold
        IS(CSR_READ(mip) & bit, 0);
        MMIO32(PLIC + 4 * SOURCE) = 2;
        IS(CSR_READ(mip) & bit, bit);
        IS(claim(context), SOURCE);
        MMIO8(UART + 1) = 0;
        complete(context, SOURCE);
        IS(CSR_READ(mip) & bit, 0);
        MMIO32(PLIC + 0x2000 + 0x80 * context) = 0;
    }
}
