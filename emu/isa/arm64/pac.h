// SPDX-License-Identifier: MIT
// Pointer authentication (D8.10, FEAT_PAuth with QARMA5): codes between a pointer's address and its top, made of pointer, modifier and key.
#ifndef ARM64_PAC_H
#define ARM64_PAC_H

#include "isa/arm64/cpu.h"

// ComputePAC: k0 and k1 are a key's upper and lower half.
u64 arm64_qarma5(u64 x, u64 tweak, u64 k0, u64 k1);

// What the instructions of op_pac.c do to a pointer. Where SCTLR_EL1 does not enable a key, its instructions leave the pointer alone.
u64 arm64_pac_add(struct arm64_cpu *c, enum arm64_key key, u64 pointer, u64 modifier);
u64 arm64_pac_auth(struct arm64_cpu *c, enum arm64_key key, u64 pointer, u64 modifier);
u64 arm64_pac_strip(const struct arm64_cpu *c, u64 pointer, bool data);

#endif
