// SPDX-License-Identifier: MIT
// Half precision to single and back (vol. 1, 14.4), on bit patterns.
#ifndef X86_F16C_H
#define X86_F16C_H

#include "base/types.h"

// What is raised goes into *flags (ORed). Widening is exact and asks for no control bit.
u32 f32_from_f16(u16 v, u32 *flags);
// RC, DAZ and the masks of mxcsr apply, FZ does not; unmasked OE and UE as in fma.h.
u16 f16_from_f32(u32 v, u32 mxcsr, u32 *flags);

#endif
