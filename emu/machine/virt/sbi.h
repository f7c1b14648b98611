// SPDX-License-Identifier: MIT
// The supervisor execution environment without firmware: RISC-V Supervisor Binary Interface specification 2.0 for one hart, in C. An
// ECALL from S-mode comes here with a7 = extension, a6 = function, a0..a5 = arguments.
//
//   base 10           console 4442434e (DBCN): write, read, write byte     legacy 0..8: timer, console, IPI, fences, shutdown
//   timer 54494d45    IPI 735049           remote fences 52464e43          hart state 48534d        system reset 53525354
//
// Not there, and probed as such: PMU, hypervisor fences, suspend to RAM, CPPC, nested acceleration, steal time.
#ifndef MACHINE_VIRT_SBI_H
#define MACHINE_VIRT_SBI_H

#include "base/types.h"
#include "bus/bus.h"

enum sbi_error {
    SBI_SUCCESS = 0,
    SBI_ERR_FAILED = -1,
    SBI_ERR_NOT_SUPPORTED = -2,
    SBI_ERR_INVALID_PARAM = -3,
    SBI_ERR_DENIED = -4,
    SBI_ERR_INVALID_ADDRESS = -5,
    SBI_ERR_ALREADY_AVAILABLE = -6,
};

// What it asks of the machine. All are there.
struct sbi_host {
    void *ctx;
    struct bus *bus;                        // whose RAM the console's texts are in
    void (*set_timer)(void *ctx, u64 time); // STIP is high while the `time` register is at or behind it, from now on
    void (*raise_ssip)(void *ctx);
    void (*fence)(void *ctx);                 // no translation and no decoded instruction outlives it
    void (*wait)(void *ctx);                  // as WFI does
    void (*suspend)(void *ctx, gpa_t resume); // the same, but the hart goes on at `resume`, with satp = 0 and sstatus.SIE = 0
    void (*write)(void *ctx, const u8 *bytes, size_t n);
    int (*read)(void *ctx);                // the next byte typed (0..255), -1: none
    void (*finish)(void *ctx, int reason); // enum emu_reason
    u64 mvendorid, marchid, mimpid;
};

// One call: a[0..7] are the registers a0..a7; a[0] (error) and a[1] (value) are changed, of a legacy call a[0] alone.
void sbi_call(const struct sbi_host *h, u64 a[8]);

#endif
