// SPDX-License-Identifier: MIT
// System registers: one row each.
#include "isa/arm64/sysreg.h"

#include "isa/arm64/disasm.h"

const u8 *arm64_sysreg_index_create(struct env *env, const struct arm64_model *model) { return env_alloc(env, 1); }
bool arm64_sysreg_decode(const struct arm64_insn *in, u64 mode, struct uop *u) { return true; }
const char *arm64_sysreg_name(unsigned reg) { return NULL; }

void arm64_space_changed(struct arm64_cpu *c) {
    const struct arm64_state *s = &c->s;
    u64 ttbr = s->tcr & TCR_A1 ? s->ttbr1 : s->ttbr0;
    u32 asid = (u32)(ttbr >> TTBR_ASID_SHIFT) & (s->tcr & TCR_AS ? 0xffff : 0xff);
    tlb_space_enter(&c->v, asid, true);
}
