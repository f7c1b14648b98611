// SPDX-License-Identifier: MIT
// Names and bit positions of x86-64 architectural registers. Section numbers are of the Intel SDM, edition 2024-03
// (volume 3A unless said otherwise).
#ifndef X86_REGS_H
#define X86_REGS_H

#include "base/bits.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
enum { ES, CS, SS, DS, FS, GS, SEG_COUNT, SEG_NONE = 7 };

// RFLAGS (vol. 1, 3.4.3)
enum {
    FL_CF = 1 << 0,
    FL_ONE = 1 << 1,
    FL_PF = 1 << 2,
    FL_AF = 1 << 4,
    FL_ZF = 1 << 6,
    FL_SF = 1 << 7,
    FL_TF = 1 << 8,
    FL_IF = 1 << 9,
    FL_DF = 1 << 10,
    FL_OF = 1 << 11,
    FL_IOPL = 3 << 12,
    FL_NT = 1 << 14,
    FL_RF = 1 << 16,
    FL_VM = 1 << 17,
    FL_AC = 1 << 18,
    FL_VIF = 1 << 19,
    FL_VIP = 1 << 20,
    FL_ID = 1 << 21,
    FL_ARITH = FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF | FL_OF,
    FL_DEFINED = FL_ARITH | FL_TF | FL_IF | FL_DF | FL_IOPL | FL_NT | FL_RF | FL_VM | FL_AC | FL_VIF | FL_VIP | FL_ID,
};
#define FL_IOPL_SHIFT 12

// Control registers (2.5)
#define CR0_PE BIT(0)
#define CR0_MP BIT(1)
#define CR0_EM BIT(2)
#define CR0_TS BIT(3)
#define CR0_ET BIT(4)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_AM BIT(18)
#define CR0_NW BIT(29)
#define CR0_CD BIT(30)
#define CR0_PG BIT(31)
#define CR4_VME BIT(0)
#define CR4_PVI BIT(1)
#define CR4_TSD BIT(2)
#define CR4_DE BIT(3)
#define CR4_PSE BIT(4)
#define CR4_PAE BIT(5)
#define CR4_MCE BIT(6)
#define CR4_PGE BIT(7)
#define CR4_PCE BIT(8)
#define CR4_OSFXSR BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_UMIP BIT(11)
#define CR4_LA57 BIT(12)
#define CR4_FSGSBASE BIT(16)
#define CR4_PCIDE BIT(17)
#define CR4_OSXSAVE BIT(18)
#define CR4_SMEP BIT(20)
#define CR4_SMAP BIT(21)
#define CR4_PKE BIT(22)
#define CR4_PKS BIT(24)
#define EFER_SCE BIT(0)
#define EFER_LME BIT(8)
#define EFER_LMA BIT(10)
#define EFER_NXE BIT(11)

// Exception vectors (6.3.1)
enum {
    EXC_DE = 0,
    EXC_DB = 1,
    EXC_NMI = 2,
    EXC_BP = 3,
    EXC_OF = 4,
    EXC_BR = 5,
    EXC_UD = 6,
    EXC_NM = 7,
    EXC_DF = 8,
    EXC_TS = 10,
    EXC_NP = 11,
    EXC_SS = 12,
    EXC_GP = 13,
    EXC_PF = 14,
    EXC_MF = 16,
    EXC_AC = 17,
    EXC_MC = 18,
    EXC_XM = 19,
};

// #PF error code (4.7)
enum { PF_P = 1, PF_W = 2, PF_U = 4, PF_RSVD = 8, PF_I = 16, PF_PK = 32 };

// Descriptor attributes as in bits 8..23 of a descriptor's second dword, shifted down by 8 (3.4.5): type in 0..3
// (code/data: A, W/R, E/C, code), S 4, DPL 5..6, P 7, AVL 12, L 13, D/B 14, G 15.
enum {
    AR_ACCESSED = 1 << 0,
    AR_W = 1 << 1,
    AR_R = 1 << 1,
    AR_DOWN = 1 << 2,
    AR_CONFORMING = 1 << 2,
    AR_CODE = 1 << 3,
    AR_S = 1 << 4,
    AR_P = 1 << 7,
    AR_AVL = 1 << 12,
    AR_L = 1 << 13,
    AR_DB = 1 << 14,
    AR_G = 1 << 15,
};
#define AR_DPL(ar) ((ar) >> 5 & 3)
#define AR_TYPE(ar) ((ar) & 0xf)

#endif
