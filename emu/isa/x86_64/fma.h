// SPDX-License-Identifier: MIT
// Fused multiply-add on bit patterns: x * y + z with one rounding (vol. 1, 14.5). Integer code, but for a short path that is
// exact on any host with doubles, so no host needs FMA and all agree to the last bit.
#ifndef X86_FMA_H
#define X86_FMA_H

#include "base/types.h"

// Of the product and of the addend; a NaN keeps its sign.
enum fma_negate { FMA_NEGATE_NONE = 0, FMA_NEGATE_PRODUCT = 1, FMA_NEGATE_ADDEND = 2 };

// `mxcsr`: RC, DAZ, FZ and the masks apply, and what is raised goes into *flags (ORed). Returns the masked response; with OE or
// UE unmasked the flags are those of the unmasked response (UE: tiny, exact or not, and FZ is off; PE: with unbounded exponent).
u32 fma_f32(u32 x, u32 y, u32 z, unsigned negate, u32 mxcsr, u32 *flags);
u64 fma_f64(u64 x, u64 y, u64 z, unsigned negate, u32 mxcsr, u32 *flags);

#endif
