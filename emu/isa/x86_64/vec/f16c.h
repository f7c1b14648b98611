// SPDX-License-Identifier: MIT
// Half precision to single and back (vol. 1, 14.4), on bit patterns.
#ifndef X86_F16C_H
#define X86_F16C_H

#include "base/types.h"

// One lane. What is raised goes into *flags (ORed). Widening is exact, asks for no control bit and raises no DE.
u32 cvtph2ps_lane(u16 v, u32 *flags);
// RC, DAZ and the masks of mxcsr apply, FZ does not; with OE or UE unmasked, flags as fp_env.trapped says.
u16 cvtps2ph_lane(u32 v, u32 mxcsr, u32 *flags);

#endif
