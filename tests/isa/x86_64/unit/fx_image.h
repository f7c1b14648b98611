// SPDX-License-Identifier: MIT
// An FXSAVE64 image (vol. 1, table 10-2), which is how native_run has its registers, and the same as our processor's state.
#ifndef TESTS_FX_IMAGE_H
#define TESTS_FX_IMAGE_H

#include "isa/x86_64/cpu.h"

enum { FX_MXCSR = 24, FX_ST = 32, FX_XMM = 160, FX_XMM_END = 416 };

// x87 and MMX registers, MXCSR, XMM0..15: all but instruction and operand pointers.
void fx_in(struct x86_state *s, const u8 *fx);
void fx_out(const struct x86_state *s, u8 *fx);

#endif
