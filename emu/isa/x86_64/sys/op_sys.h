// SPDX-License-Identifier: MIT
// The handlers of table_sys.c, as each op_*.c of the system level groups them by operand size.
#ifndef X86_OP_SYS_H
#define X86_OP_SYS_H

#include "isa/x86_64/insn/insn.h"

// Operand sizes 16, 32, 64; the same for rows without ModRM, register and memory operands.
#define OPS_SIZES(w, d, q) {{0, w, d, q}, {0, w, d, q}}

// RIP of the next instruction as the stack or a TSS gets it: 32 bits wide outside 64-bit code.
static inline u64 x86_next_rip(const struct x86_cpu *c, const struct uop *u) {
    return (c->mode & MODE_CODE_MASK) == MODE_CODE64 ? NEXT_RIP : (u32)NEXT_RIP;
}

// ---- op_far.c
extern const struct ops ops_mov_sw, ops_mov_from_sw, ops_push_es, ops_push_ss, ops_push_ds, ops_push_fs, ops_push_gs,
    ops_push_cs, ops_pop_es, ops_pop_ss, ops_pop_ds, ops_pop_fs, ops_pop_gs, ops_les, ops_lds, ops_lss, ops_lfs, ops_lgs,
    ops_jmp_ap, ops_call_ap, ops_jmp_mp, ops_call_mp, ops_retf, ops_retf_iw, ops_iret, ops_int, ops_int3, ops_into,
    ops_int1, ops_bound, ops_lar, ops_lsl, ops_verr, ops_verw, ops_arpl, ops_syscall, ops_sysret, ops_sysenter,
    ops_sysexit, ops_swapgs, ops_rdfsbase, ops_rdgsbase, ops_wrfsbase, ops_wrgsbase;
// ---- op_sys.c
extern const struct ops ops_sgdt, ops_sidt, ops_lgdt, ops_lidt, ops_sldt, ops_str, ops_lldt, ops_ltr, ops_smsw, ops_lmsw,
    ops_clts, ops_mov_from_cr, ops_mov_to_cr, ops_mov_from_dr, ops_mov_to_dr, ops_rdmsr, ops_wrmsr, ops_rdtsc,
    ops_rdtscp, ops_rdpmc, ops_rdpid, ops_cpuid, ops_rdpkru, ops_wrpkru, ops_invlpg, ops_invpcid, ops_wbinvd, ops_hlt,
    ops_sti, ops_cli, ops_pushf, ops_popf, ops_clac, ops_stac, ops_ud;
// ---- op_xsave.c
extern const struct ops ops_xgetbv, ops_xsetbv;
// ---- op_io.c
extern const struct ops ops_in_al_ib, ops_in_eax_ib, ops_in_al_dx, ops_in_eax_dx, ops_out_ib_al, ops_out_ib_eax,
    ops_out_dx_al, ops_out_dx_eax, ops_insb, ops_ins, ops_outsb, ops_outs, ops_rep_insb, ops_rep_ins, ops_rep_outsb,
    ops_rep_outs;

#endif
