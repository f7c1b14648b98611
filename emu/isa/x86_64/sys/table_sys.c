// SPDX-License-Identifier: MIT
// The system level of the instruction set: segments, far transfers, control registers, MSRs, I/O (appendix A).
#include "isa/x86_64/sys/op_sys.h"

//  map, opcode, ModRM condition, name, operands, handlers, flags
#define ROW(map, opcode, modrm, name, operands, ops, flags) FEATURE(map, opcode, PFX_ANY, modrm, name, operands, ops, flags, F_BASE)
#define FEATURE(map, opcode, pfx, modrm, name, operands, ops, flags, feature)                      \
    {map, opcode, pfx, modrm, name, OPERANDS operands, &ops, 0, 0, 0, flags, feature, 0, 0, 0}
#define STRING(opcode, name, operands, ops, rep, flags)                                            \
    {MAP_1, opcode, PFX_ANY, 0, name, OPERANDS operands, &ops, 0, &rep, &rep, REP | ENDS | (flags), F_BASE, 0, 0, 0}
// LAR, LSL, VERR, VERW, ARPL: ZF is the answer.
#define ZF_ROW(map, opcode, modrm, name, operands, ops, flags)                                     \
    {map, opcode, PFX_ANY, modrm, name, OPERANDS operands, &ops, 0, 0, 0, flags, F_BASE, 0, FL_ZF, 0}
#define OPERANDS(...) {__VA_ARGS__}

static const struct insn rows[] = {
    // ---- segment registers
    ROW(MAP_1, 0x06, 0, "push", (o_none), ops_push_es, I64),
    ROW(MAP_1, 0x07, 0, "pop", (o_none), ops_pop_es, I64 | ENDS),
    ROW(MAP_1, 0x0e, 0, "push", (o_none), ops_push_cs, I64),
    ROW(MAP_1, 0x16, 0, "push", (o_none), ops_push_ss, I64),
    ROW(MAP_1, 0x17, 0, "pop", (o_none), ops_pop_ss, I64 | ENDS),
    ROW(MAP_1, 0x1e, 0, "push", (o_none), ops_push_ds, I64),
    ROW(MAP_1, 0x1f, 0, "pop", (o_none), ops_pop_ds, I64 | ENDS),
    ROW(MAP_0F, 0xa0, 0, "push", (o_none), ops_push_fs, D64),
    ROW(MAP_0F, 0xa1, 0, "pop", (o_none), ops_pop_fs, D64 | ENDS),
    ROW(MAP_0F, 0xa8, 0, "push", (o_none), ops_push_gs, D64),
    ROW(MAP_0F, 0xa9, 0, "pop", (o_none), ops_pop_gs, D64 | ENDS),
    ROW(MAP_1, 0x8c, 0, "mov", (o_MwRv, o_Sw), ops_mov_from_sw, 0),
    ROW(MAP_1, 0x8e, 0, "mov", (o_Sw, o_Ew), ops_mov_sw, ENDS),
    ROW(MAP_1, 0xc4, MEMONLY, "les", (o_Gz, o_Mp), ops_les, I64 | ENDS),
    ROW(MAP_1, 0xc5, MEMONLY, "lds", (o_Gz, o_Mp), ops_lds, I64 | ENDS),
    ROW(MAP_0F, 0xb2, MEMONLY, "lss", (o_Gv, o_Mp), ops_lss, ENDS),
    ROW(MAP_0F, 0xb4, MEMONLY, "lfs", (o_Gv, o_Mp), ops_lfs, ENDS),
    ROW(MAP_0F, 0xb5, MEMONLY, "lgs", (o_Gv, o_Mp), ops_lgs, ENDS),
    ZF_ROW(MAP_1, 0x63, 0, "arpl", (o_Ew, o_Gw), ops_arpl, I64 | PROT),
    ZF_ROW(MAP_0F, 0x02, 0, "lar", (o_Gv, o_Ew), ops_lar, PROT),
    ZF_ROW(MAP_0F, 0x03, 0, "lsl", (o_Gv, o_Ew), ops_lsl, PROT),
    ZF_ROW(MAP_0F, 0x00, EXT(4), "verr", (o_Ew), ops_verr, PROT),
    ZF_ROW(MAP_0F, 0x00, EXT(5), "verw", (o_Ew), ops_verw, PROT),

    // ---- far transfers and interrupts
    ROW(MAP_1, 0x9a, 0, "call", (o_Ap), ops_call_ap, I64 | ENDS),
    ROW(MAP_1, 0xea, 0, "jmp", (o_Ap), ops_jmp_ap, I64 | ENDS),
    ROW(MAP_1, 0xff, EXT(3) | MEMONLY, "call", (o_Mp), ops_call_mp, ENDS),
    ROW(MAP_1, 0xff, EXT(5) | MEMONLY, "jmp", (o_Mp), ops_jmp_mp, ENDS),
    ROW(MAP_1, 0xca, 0, "retf", (o_Iw), ops_retf_iw, ENDS),
    ROW(MAP_1, 0xcb, 0, "retf", (o_none), ops_retf, ENDS),
    ROW(MAP_1, 0xcc, 0, "int3", (o_none), ops_int3, ENDS | READS_ALL),
    ROW(MAP_1, 0xcd, 0, "int", (o_Ib), ops_int, ENDS | READS_ALL),
    {MAP_1, 0xce, PFX_ANY, 0, "into", {o_none}, &ops_into, 0, 0, 0, I64 | ENDS | READS_ALL, F_BASE, FL_OF, 0, 0},
    {MAP_1, 0xcf, PFX_ANY, 0, "iret", {o_none}, &ops_iret, 0, 0, 0, ENDS | READS_ALL, F_BASE, 0, FL_ARITH, 0},
    ROW(MAP_1, 0xf1, 0, "int1", (o_none), ops_int1, ENDS | READS_ALL),
    ROW(MAP_1, 0x62, MEMONLY, "bound", (o_Gv, o_M), ops_bound, I64),
    FEATURE(MAP_0F, 0x05, PFX_ANY, 0, "syscall", (o_none), ops_syscall, O64 | ENDS | READS_ALL, F_SYSCALL),
    FEATURE(MAP_0F, 0x07, PFX_ANY, 0, "sysret", (o_none), ops_sysret, O64 | ENDS, F_SYSCALL),
    FEATURE(MAP_0F, 0x34, PFX_ANY, 0, "sysenter", (o_none), ops_sysenter, ENDS, F_SEP),
    FEATURE(MAP_0F, 0x35, PFX_ANY, 0, "sysexit", (o_none), ops_sysexit, ENDS, F_SEP),

    // ---- system registers
    ROW(MAP_0F, 0x00, EXT(0), "sldt", (o_MwRv), ops_sldt, PROT),
    ROW(MAP_0F, 0x00, EXT(1), "str", (o_MwRv), ops_str, PROT),
    ROW(MAP_0F, 0x00, EXT(2), "lldt", (o_Ew), ops_lldt, PROT),
    ROW(MAP_0F, 0x00, EXT(3), "ltr", (o_Ew), ops_ltr, PROT),
    ROW(MAP_0F, 0x01, EXT(0) | MEMONLY, "sgdt", (o_M), ops_sgdt, 0),
    ROW(MAP_0F, 0x01, EXT(1) | MEMONLY, "sidt", (o_M), ops_sidt, 0),
    ROW(MAP_0F, 0x01, EXT(2) | MEMONLY, "lgdt", (o_M), ops_lgdt, 0),
    ROW(MAP_0F, 0x01, EXT(3) | MEMONLY, "lidt", (o_M), ops_lidt, 0),
    ROW(MAP_0F, 0x01, EXT(4), "smsw", (o_MwRv), ops_smsw, 0),
    ROW(MAP_0F, 0x01, EXT(6), "lmsw", (o_Ew), ops_lmsw, ENDS),
    ROW(MAP_0F, 0x01, EXT(7) | MEMONLY, "invlpg", (o_Mb), ops_invlpg, ENDS),
    FEATURE(MAP_0F, 0x01, PFX_NP, EXT(1) | RM(2), "clac", (o_none), ops_clac, ENDS, F_SMAP),
    FEATURE(MAP_0F, 0x01, PFX_NP, EXT(1) | RM(3), "stac", (o_none), ops_stac, ENDS, F_SMAP),
    FEATURE(MAP_0F, 0x01, PFX_NP, EXT(2) | RM(0), "xgetbv", (o_none), ops_xgetbv, 0, F_XSAVE),
    FEATURE(MAP_0F, 0x01, PFX_NP, EXT(2) | RM(1), "xsetbv", (o_none), ops_xsetbv, ENDS, F_XSAVE),
    FEATURE(MAP_0F, 0x01, PFX_NP, EXT(5) | RM(6), "rdpkru", (o_none), ops_rdpkru, 0, F_PKU),
    FEATURE(MAP_0F, 0x01, PFX_NP, EXT(5) | RM(7), "wrpkru", (o_none), ops_wrpkru, 0, F_PKU),
    FEATURE(MAP_0F, 0x01, PFX_ANY, EXT(7) | RM(0), "swapgs", (o_none), ops_swapgs, O64, F_LM),
    FEATURE(MAP_0F, 0x01, PFX_ANY, EXT(7) | RM(1), "rdtscp", (o_none), ops_rdtscp, ENDS, F_RDTSCP),
    ROW(MAP_0F, 0x06, 0, "clts", (o_none), ops_clts, ENDS),
    ROW(MAP_0F, 0x20, 0, "mov", (o_Rq, o_Cd), ops_mov_from_cr, F64 | NO_OPSIZE),
    ROW(MAP_0F, 0x21, 0, "mov", (o_Rq, o_Dd), ops_mov_from_dr, F64 | NO_OPSIZE),
    ROW(MAP_0F, 0x22, 0, "mov", (o_Cd, o_Rq), ops_mov_to_cr, F64 | NO_OPSIZE | ENDS),
    ROW(MAP_0F, 0x23, 0, "mov", (o_Dd, o_Rq), ops_mov_to_dr, F64 | NO_OPSIZE | ENDS),
    ROW(MAP_0F, 0x08, 0, "invd", (o_none), ops_wbinvd, 0),
    ROW(MAP_0F, 0x09, 0, "wbinvd", (o_none), ops_wbinvd, 0),
    FEATURE(MAP_0F38, 0x82, PFX_66, MEMONLY, "invpcid", (o_Gy, o_Mdq), ops_invpcid, F64 | ENDS, F_INVPCID),
    FEATURE(MAP_0F, 0xae, PFX_F3, EXT(0) | REGONLY, "rdfsbase", (o_Ry), ops_rdfsbase, O64, F_FSGSBASE),
    FEATURE(MAP_0F, 0xae, PFX_F3, EXT(1) | REGONLY, "rdgsbase", (o_Ry), ops_rdgsbase, O64, F_FSGSBASE),
    FEATURE(MAP_0F, 0xae, PFX_F3, EXT(2) | REGONLY, "wrfsbase", (o_Ry), ops_wrfsbase, O64, F_FSGSBASE),
    FEATURE(MAP_0F, 0xae, PFX_F3, EXT(3) | REGONLY, "wrgsbase", (o_Ry), ops_wrgsbase, O64, F_FSGSBASE),
    ROW(MAP_0F, 0x30, 0, "wrmsr", (o_none), ops_wrmsr, ENDS),
    ROW(MAP_0F, 0x31, 0, "rdtsc", (o_none), ops_rdtsc, ENDS),
    ROW(MAP_0F, 0x32, 0, "rdmsr", (o_none), ops_rdmsr, ENDS),
    ROW(MAP_0F, 0x33, 0, "rdpmc", (o_none), ops_rdpmc, 0),
    FEATURE(MAP_0F, 0xc7, PFX_F3, EXT(7) | REGONLY, "rdpid", (o_Rq), ops_rdpid, F64 | NO_OPSIZE, F_RDPID),
    ROW(MAP_0F, 0xa2, 0, "cpuid", (o_none), ops_cpuid, 0),

    // ---- flags, waiting, what is undefined by definition
    {MAP_1, 0x9c, PFX_ANY, 0, "pushf", {o_none}, &ops_pushf, 0, 0, 0, D64 | READS_ALL, F_BASE, FL_ARITH, 0, 0},
    {MAP_1, 0x9d, PFX_ANY, 0, "popf", {o_none}, &ops_popf, 0, 0, 0, D64 | ENDS, F_BASE, 0, FL_ARITH, 0},
    ROW(MAP_1, 0xf4, 0, "hlt", (o_none), ops_hlt, ENDS),
    ROW(MAP_1, 0xfa, 0, "cli", (o_none), ops_cli, 0),
    ROW(MAP_1, 0xfb, 0, "sti", (o_none), ops_sti, ENDS),
    ROW(MAP_0F, 0x0b, 0, "ud2", (o_none), ops_ud, ENDS),
    ROW(MAP_0F, 0xb9, 0, "ud1", (o_Gv, o_Ev), ops_ud, ENDS),
    ROW(MAP_0F, 0xff, 0, "ud0", (o_Gv, o_Ev), ops_ud, ENDS),

    // ---- ports
    ROW(MAP_1, 0xe4, 0, "in", (o_AL, o_Ib), ops_in_al_ib, BYTE | ENDS),
    ROW(MAP_1, 0xe5, 0, "in", (o_eAX, o_Ib), ops_in_eax_ib, ENDS),
    ROW(MAP_1, 0xe6, 0, "out", (o_Ib, o_AL), ops_out_ib_al, BYTE | ENDS),
    ROW(MAP_1, 0xe7, 0, "out", (o_Ib, o_eAX), ops_out_ib_eax, ENDS),
    ROW(MAP_1, 0xec, 0, "in", (o_AL, o_DX), ops_in_al_dx, BYTE | ENDS),
    ROW(MAP_1, 0xed, 0, "in", (o_eAX, o_DX), ops_in_eax_dx, ENDS),
    ROW(MAP_1, 0xee, 0, "out", (o_DX, o_AL), ops_out_dx_al, BYTE | ENDS),
    ROW(MAP_1, 0xef, 0, "out", (o_DX, o_eAX), ops_out_dx_eax, ENDS),
    STRING(0x6c, "ins", (o_Yb, o_DX), ops_insb, ops_rep_insb, BYTE),
    STRING(0x6d, "ins", (o_Yv, o_DX), ops_ins, ops_rep_ins, 0),
    STRING(0x6e, "outs", (o_DX, o_Xb), ops_outsb, ops_rep_outsb, BYTE),
    STRING(0x6f, "outs", (o_DX, o_Xv), ops_outs, ops_rep_outs, 0),
};

const struct insn_table x86_table_sys = {rows, countof(rows)};
