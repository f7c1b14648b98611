// SPDX-License-Identifier: MIT
// RISC-V privileged registers: bits and numbers (privileged specification, "Machine-Level ISA" and "Supervisor-Level ISA").
#ifndef RV_REGS_H
#define RV_REGS_H

#include "base/bits.h"

enum { RV_U = 0, RV_S = 1, RV_M = 3 }; // privilege modes

// mstatus (sstatus shows the bits of MSTATUS_S):
//
//   63  35..34 33..32 22  21 20  19  18  17   14..13 12..11 8   7    5    3   1
//   SD  SXL    UXL    TSR TW TVM MXR SUM MPRV FS     MPP    SPP MPIE SPIE MIE SIE
//
// SXL and UXL are 2 (64 bits), SD follows from FS: neither is stored. There are no vectors, and memory is little-endian.
#define MSTATUS_SIE BIT(1)
#define MSTATUS_MIE BIT(3)
#define MSTATUS_SPIE BIT(5)
#define MSTATUS_MPIE BIT(7)
#define MSTATUS_SPP BIT(8)
#define MSTATUS_MPP ((u64)3 << 11)
#define MSTATUS_FS ((u64)3 << 13)
#define MSTATUS_MPRV BIT(17)
#define MSTATUS_SUM BIT(18)
#define MSTATUS_MXR BIT(19)
#define MSTATUS_TVM BIT(20)
#define MSTATUS_TW BIT(21)
#define MSTATUS_TSR BIT(22)
#define MSTATUS_XL (BIT(33) | BIT(35))
#define MSTATUS_SD BIT(63)
#define MSTATUS_S (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR)
#define MSTATUS_ALL (MSTATUS_S | MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV | MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR)
enum { MSTATUS_MPP_SHIFT = 11, MSTATUS_FS_SHIFT = 13 };

// mip, mie: one bit for each interrupt; its number is that of the cause.
enum { RV_SSI = 1, RV_MSI = 3, RV_STI = 5, RV_MTI = 7, RV_SEI = 9, RV_MEI = 11 };
#define RV_S_INTERRUPTS (BIT(RV_SSI) | BIT(RV_STI) | BIT(RV_SEI))
#define RV_M_INTERRUPTS (BIT(RV_MSI) | BIT(RV_MTI) | BIT(RV_MEI))
#define RV_CAUSE_INTERRUPT BIT(63)

// Exceptions: mcause, scause.
enum {
    RV_FETCH_ACCESS = 1,
    RV_ILLEGAL_INSTRUCTION = 2,
    RV_BREAKPOINT = 3,
    RV_LOAD_MISALIGNED = 4,
    RV_LOAD_ACCESS = 5,
    RV_STORE_MISALIGNED = 6,
    RV_STORE_ACCESS = 7,
    RV_ECALL_U = 8,
    RV_ECALL_S = 9,
    RV_ECALL_M = 11,
    RV_FETCH_PAGE = 12,
    RV_LOAD_PAGE = 13,
    RV_STORE_PAGE = 15,
};
// What medeleg can delegate: every exception that a mode below M can have.
#define RV_DELEGABLE ((u64)0x3ff | BIT(RV_FETCH_PAGE) | BIT(RV_LOAD_PAGE) | BIT(RV_STORE_PAGE))

// menvcfg, senvcfg
#define ENVCFG_FIOM BIT(0)
#define ENVCFG_CBIE ((u64)3 << 4)
#define ENVCFG_CBCFE BIT(6)
#define ENVCFG_CBZE BIT(7)
#define MENVCFG_ADUE BIT(61)
#define MENVCFG_PBMTE BIT(62)
#define MENVCFG_STCE BIT(63)

// mcounteren, scounteren, mcountinhibit
#define COUNTER_CY BIT(0)
#define COUNTER_TM BIT(1)
#define COUNTER_IR BIT(2)

#endif
