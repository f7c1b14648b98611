// SPDX-License-Identifier: MIT
// What an SBI does for a kernel in S-mode (RISC-V Supervisor Binary Interface specification 2.0), as the kernel sees it. It runs on the
// board's own SBI and on OpenSBI alike.
#include "../csr.h"
#include "virt.h"

enum { PUTCHAR = 1, BASE = 0x10, TIME = 0x54494d45, HSM = 0x48534d, SRST = 0x53525354 };
enum { HART_STATUS = 2, HART_SUSPEND = 3, RETENTIVE = 0, NON_RETENTIVE = (int)0x80000000 };
enum { SUCCESS = 0, ERR_INVALID_PARAM = -3 };
#define SIP_STIP ((u64)1 << 5)
#define SSTATUS_SIE ((u64)1 << 1)
#define SATP_SV39 ((u64)8 << 60)
#define GIB(n) ((u64)(n) << 30)

extern const u64 hart;
i64 suspend(u64 type, u64 opaque, u64 resumed[4]); // start.S
_Noreturn void guest_main(void);
_Noreturn void strayed(u64 cause, u64 pc);

static u64 value; // of the last call
static i64 sbi(u64 eid, u64 fid, u64 x, u64 y, u64 z) {
    register u64 a0 __asm__("a0") = x, a1 __asm__("a1") = y, a2 __asm__("a2") = z, a6 __asm__("a6") = fid, a7 __asm__("a7") = eid;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    value = a1;
    return (i64)a0;
}

void put(char c) { sbi(PUTCHAR, 0, (u8)c, 0, 0); }

// The timer's interrupt in so many ticks of `time`, and nothing else, may end a wait.
static void wake_in(u64 ticks) {
    sbi(TIME, 0, CSR_READ(time) + ticks, 0, 0);
    CSR_WRITE(sie, SIP_STIP);
}
static void wake_never(void) {
    CSR_WRITE(sie, 0);
    sbi(TIME, 0, ~(u64)0, 0, 0);
}

TEST(hart_status) {
    IS(sbi(BASE, 3, HSM, 0, 0), SUCCESS);
    HOLDS(value);
    IS(sbi(HSM, HART_STATUS, hart, 0, 0), SUCCESS);
    IS(value, 0); // STARTED
    IS(sbi(HSM, HART_STATUS, hart + 1000, 0, 0), ERR_INVALID_PARAM);
}

// 9.4: retentive, so the call returns.
TEST(suspend_retentive) {
    wake_in(10000);
    IS(sbi(HSM, HART_SUSPEND, RETENTIVE, 0, 0), SUCCESS);
    IS(CSR_READ(sip) & SIP_STIP, SIP_STIP);
    wake_never();
    IS(CSR_READ(sip) & SIP_STIP, 0);
}

// 9.4, table 9: satp = 0, sstatus.SIE = 0, a0 = the hart's number, a1 = opaque. The page tables have this image where it is, since `satp`
// is set when the call is made.
TEST(suspend_non_retentive) {
    static u64 root[512] __attribute__((aligned(4096)));
    for (unsigned i = 0; i < 2; i++) {
        u64 resumed[4] = {~(u64)0, ~(u64)0, ~(u64)0, ~(u64)0};
        root[2] = GIB(2) >> 12 << 10 | 0xcf; // D A X W R V
        if (i) CSR_WRITE(satp, SATP_SV39 | (u64)root >> 12);
        __asm__ volatile("sfence.vma" : : : "memory");
        wake_in(100000);
        IS(suspend((u32)NON_RETENTIVE, 0x0123456789abcdef, resumed), 1);
        IS(resumed[0], hart);
        IS(resumed[1], 0x0123456789abcdef);
        IS(resumed[2], 0);
        IS(resumed[3] & SSTATUS_SIE, 0);
        IS(CSR_READ(sip) & SIP_STIP, SIP_STIP);
        wake_never();
        CSR_WRITE(satp, 0);
    }
}

TEST(suspend_refuses) {
    static const u32 reserved[] = {1, 0x0fffffff, 0x80000001, 0x8fffffff};
    wake_in(0);
    for (unsigned i = 0; i < countof(reserved); i++)
        IS(sbi(HSM, HART_SUSPEND, reserved[i], (u64)guest_main, 0), ERR_INVALID_PARAM);
    wake_never();
}

static u64 stray_cause, stray_pc;
static void print_stray(void) { print(": trap, scause "), print_hex(stray_cause), print(", sepc "), print_hex(stray_pc); }
static const struct test *running;

static _Noreturn void power_off(void) {
    sbi(SRST, 0, 0, !words_all(), 0);
    for (;;) {}
}

// A trap ends the test, and with it the run.
void strayed(u64 cause, u64 pc) {
    stray_cause = cause, stray_pc = pc;
    CSR_WRITE(satp, 0);
    words_end(running, print_stray);
    power_off();
}

void guest_main(void) {
    for (running = tests_start; running < tests_end; running++) {
        words_begin();
        running->run();
        words_end(running, NULL);
    }
    power_off();
}
