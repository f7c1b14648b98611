// SPDX-License-Identifier: MIT
// Whether the host's SSE can be trusted to the last bit: a guest's vector instruction may be re-emitted only where the host's gives
// the same result and the same MXCSR flags as the manual says (SDM vol. 1, chapters 4.8, 4.9, 10.2.3, 11.5, appendix E). Emulators are
// such hosts, too, and most of them are not exact.
#ifndef X86_HOST_FP_H
#define X86_HOST_FP_H

#include "isa/x86_64/cpu.h"
#include "isa/x86_64/insn/feature.h"

struct host_fp {
    bool honest;
    u32 experiments; // made until one went wrong, or all of them
    char wrong[200]; // the first thing found: "ADDSD does not set DE (...)"; "" when honest
};

// Instruction `op` of host_fp_name, *d = op(*d, *s) under the control bits of csr, all exceptions masked. Returns the flags that it raised.
typedef u32 host_fp_run(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr);
// The host's own. Leaves the host's MXCSR at its default.
u32 host_fp_execute(void *ctx, unsigned op, union xmm *d, const union xmm *s, u32 csr);
// "ADDSD"; NULL past the last. What is left to the vendor is not looked at, and must not be re-emitted: RCPPS, RSQRTPS, and the NaNs of
// DPPS and DPPD.
const char *host_fp_name(unsigned op);

// Tens of thousands of experiments, a few milliseconds on silicon. NaNs, infinities, zeros, denormals and what becomes tiny or huge are among
// the operands, in each rounding mode, with and without DAZ and FZ; packed forms have another pair in each lane.
// `has`: the host's features (x86_host_features); what it lacks is left out.
void host_fp_examine(struct host_fp *r, const bool has[F_COUNT], host_fp_run *run, void *ctx);

#endif
