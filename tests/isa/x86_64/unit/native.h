// SPDX-License-Identifier: MIT
// One instruction on the processor that the tests run on: what the manual's text means when in doubt.
#ifndef TESTS_NATIVE_H
#define TESTS_NATIVE_H

#include "base/types.h"

// Registers before and after. `fx` is an FXSAVE64 image: x87, MMX, MXCSR and XMM0..15.
struct native {
    u8 fx[512] __attribute__((aligned(64)));
    u64 gpr[16]; // RSP, RBP and R12..R15 are not the instruction's: neither loaded nor stored
    u64 flags;   // CF PF AF ZF SF OF; others are masked off
    u64 vector;  // after: the exception (6 #UD, 13 #GP, 14 #PF, 16 #MF, 19 #XM), 0: none
};

// Runs `n` bytes (a page at most) of instructions that do not branch, most often one. After a fault the state is as the fault
// left it.
// Not reentrant.
void native_run(struct native *m, const u8 *insn, unsigned n);
// The same with the upper halves of YMM0..15, before and after: only where native_has_avx2.
void native_run_avx(struct native *m, u8 ymmh[256], const u8 *insn, unsigned n);
// native_run's first call does this; cmocka puts its own handlers back before every test.
void native_catch_signals(void);
bool native_has_sse42(void);
bool native_has_avx2(void); // and AVX, FMA, F16C, switched on by the system
bool native_has_adx(void);
bool native_has_xsave(u64 components); // XSAVEC too, and the system has switched these on
// All of these bits of CPUID leaf 1's ECX (<cpuid.h>: bit_FMA ...); for AVX the host's OS has switched it on as well.
bool native_has_leaf1_ecx(u32 bits);
// By the vendor that CPUID tells: what the manual leaves to the processor is AMD's choice here, and only AMD's is held to it.
bool native_is_amd(void);
bool native_is_intel(void);
// Running under an emulator or hypervisor whose own floating point cannot be trusted to be silicon's.
bool native_is_emulated(void);

#endif
