// SPDX-License-Identifier: MIT
// AArch64 system registers: bits and fields (Arm ARM, D24 "AArch64 System Register Descriptions"), and exception classes (D1.3, ESR_ELx).
#ifndef ARM64_REGS_H
#define ARM64_REGS_H

#include "base/bits.h"

// PSTATE as SPSR_EL1 holds it:
//
//   31 30 29 28  23  22  21 20  12   11..10 9 8 7 6  4    3..2  0
//   N  Z  C  V   UAO PAN SS IL  SSBS BTYPE  D A I F  M[4] EL    SP      M[4] is 0: AArch64
enum {
    PSR_V_SHIFT = 28, // nzcv is bits 31..28
    PSR_DAIF_SHIFT = 6,
    PSR_BTYPE_SHIFT = 10,
};
#define PSR_SP BIT(0)
#define PSR_EL ((u64)3 << 2)
#define PSR_AARCH32 BIT(4)
#define PSR_F BIT(6)
#define PSR_I BIT(7)
#define PSR_A BIT(8)
#define PSR_D BIT(9)
#define PSR_DAIF ((u64)15 << 6)
#define PSR_SSBS BIT(12)
#define PSR_IL BIT(20)
#define PSR_SS BIT(21)
#define PSR_PAN BIT(22)
#define PSR_UAO BIT(23)
#define PSR_NZCV ((u64)15 << 28)

// DAIF as struct arm64_state has it.
enum { DAIF_F = 1, DAIF_I = 2, DAIF_A = 4, DAIF_D = 8 };

// SCTLR_EL1
#define SCTLR_M BIT(0)
#define SCTLR_A BIT(1)
#define SCTLR_C BIT(2)
#define SCTLR_SA BIT(3)
#define SCTLR_SA0 BIT(4)
#define SCTLR_UMA BIT(9)
#define SCTLR_I BIT(12)
#define SCTLR_DZE BIT(14)
#define SCTLR_UCT BIT(15)
#define SCTLR_NTWI BIT(16)
#define SCTLR_NTWE BIT(18)
#define SCTLR_WXN BIT(19)
#define SCTLR_SPAN BIT(23)
#define SCTLR_UCI BIT(26)
#define SCTLR_BT0 BIT(35)
#define SCTLR_BT1 BIT(36)
#define SCTLR_DSSBS BIT(44)
#define SCTLR_ENDB BIT(13)
#define SCTLR_ENDA BIT(27)
#define SCTLR_ENIB BIT(30)
#define SCTLR_ENIA BIT(31)
// What can be written where the features are there; the bits that are RES1 where there are none that use them.
#define ARM64_SCTLR_BITS                                                                                                         \
    (SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_UMA | SCTLR_I | SCTLR_DZE | SCTLR_UCT | SCTLR_NTWI |             \
     SCTLR_NTWE | SCTLR_WXN | SCTLR_SPAN | SCTLR_UCI)
#define ARM64_SCTLR_RES1(model) ((u64)0x30500980 | (arm64_has(model, FEAT_PAN) ? 0 : SCTLR_SPAN))

// CPACR_EL1.FPEN: 01 traps EL0's, 11 nobody's, else everybody's.
enum { CPACR_FPEN_SHIFT = 20 };

// TCR_EL1
enum { TCR_T0SZ = 0, TCR_TG0 = 14, TCR_T1SZ = 16, TCR_TG1 = 30, TCR_IPS = 32 };
#define TCR_EPD0 BIT(7)
#define TCR_A1 BIT(22)
#define TCR_EPD1 BIT(23)
#define TCR_AS BIT(36)
#define TCR_TBI0 BIT(37)
#define TCR_TBI1 BIT(38)
#define TCR_TBID0 BIT(51)
#define TCR_TBID1 BIT(52)
#define TCR_E0PD0 BIT(55)
#define TCR_E0PD1 BIT(56)
#define TCR_HPD0 BIT(41)
#define TCR_HPD1 BIT(42)

// TTBRn_EL1
enum { TTBR_ASID_SHIFT = 48 };

// ESR_EL1: EC 31..26, IL 25, ISS 24..0
enum { ESR_EC_SHIFT = 26 };
#define ESR_IL BIT(25)
enum arm64_ec {
    EC_UNKNOWN = 0x00, // undefined instructions among them
    EC_WFX = 0x01,
    EC_FP = 0x07,
    EC_BTI = 0x0d,
    EC_ILLEGAL_STATE = 0x0e,
    EC_SVC = 0x15,
    EC_SYSREG = 0x18,
    EC_FETCH_LOWER = 0x20,
    EC_FETCH = 0x21,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_LOWER = 0x24,
    EC_DATA = 0x25,
    EC_SP_ALIGNMENT = 0x26,
    EC_BREAKPOINT_LOWER = 0x30,
    EC_STEP_LOWER = 0x32,
    EC_STEP = 0x33,
    EC_BRK = 0x3c,
};

// The fault status of aborts (DFSC, IFSC); to the first four the level of the entry is added.
enum {
    FSC_ADDRESS_SIZE = 0x00,
    FSC_TRANSLATION = 0x04,
    FSC_ACCESS_FLAG = 0x08,
    FSC_PERMISSION = 0x0c,
    FSC_EXTERNAL = 0x10,
    FSC_EXTERNAL_WALK = 0x14,
    FSC_ALIGNMENT = 0x21,
};
#define ISS_WFX (BIT(24) | 14 << 20) // condition "always"
#define ISS_WFX_WFE BIT(0)
#define ISS_WNR BIT(6)
#define ISS_CM BIT(8)

// CNTKCTL_EL1: the event stream; what EL0 may is in sysreg.c
#define CNTKCTL_EVNTEN BIT(2)
#define CNTKCTL_EVNTDIR BIT(3)
enum { CNTKCTL_EVNTI = 4 }; // four bits
// The generic timer's control registers, CNTP_CTL_EL0 and CNTV_CTL_EL0
#define CNT_ENABLE BIT(0)
#define CNT_IMASK BIT(1)
#define CNT_ISTATUS BIT(2)

// FPCR and FPSR
#define FPCR_AHP BIT(26)
#define FPCR_DN BIT(25)
#define FPCR_FZ BIT(24)
enum { FPCR_RMODE_SHIFT = 22 }; // 0 nearest, 1 toward plus infinity, 2 toward minus infinity, 3 toward zero
#define FPCR_FZ16 BIT(19)
#define FPSR_QC BIT(27)
#define FPSR_IDC BIT(7)
#define FPSR_IXC BIT(4)
#define FPSR_UFC BIT(3)
#define FPSR_OFC BIT(2)
#define FPSR_DZC BIT(1)
#define FPSR_IOC BIT(0)

#endif
