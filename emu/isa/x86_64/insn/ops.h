// SPDX-License-Identifier: MIT
// What the integer rooms op_*.c share: building handlers for all operand sizes and shapes from one line of meaning.
//
// A meaning is a pair of macros, NAME_eval(N) and NAME_flags(N): eval reads x (destination) and y (source), u8..u64, and
// writes r; flags reads x, y, r. Shapes: eg E <- E op G, ge G <- G op E, ei E <- E op imm, e E <- op E.
#ifndef X86_OPS_H
#define X86_OPS_H

#include "isa/x86_64/int/flags.h"
#include "isa/x86_64/insn/insn.h"
#include "isa/x86_64/insn/memop.h"

// Two meanings that several rooms need.
#define cmp_eval(N) r = (u##N)(x - y)
#define cmp_flags(N) FLAGS_SUB(N, x, y, r)
#define test_eval(N) r = (u##N)(x & y)
#define test_flags(N) FLAGS_LOGIC(N, r)

#define FOR_SIZES(M, ...) M(8, __VA_ARGS__) M(16, __VA_ARGS__) M(32, __VA_ARGS__) M(64, __VA_ARGS__)
#define FOR_SIZES_V(M, ...) M(16, __VA_ARGS__) M(32, __VA_ARGS__) M(64, __VA_ARGS__)

// {8, 16, 32, 64} handler lists for struct ops.
#define LIST(f) {f##8, f##16, f##32, f##64}
#define LIST_V(f) {0, f##16, f##32, f##64}
// The three functions of a MEM_OP, the two of a STACK_OP.
#define MEM_LIST(f)                                                                                \
    {f##8, f##16, f##32, f##64, f##8_x, f##16_x, f##32_x, f##64_x, f##8_b, f##16_b, f##32_b, f##64_b}
#define MEM_LIST_V(f) {0, f##16, f##32, f##64, 0, f##16_x, f##32_x, f##64_x, 0, f##16_b, f##32_b, f##64_b}
#define STACK_LIST_V(f) {0, f##16, f##32, f##64, 0, f##16_b, f##32_b, f##64_b}
#define OPS(name, shape) {LIST(name##_##shape##_r), MEM_LIST(name##_##shape##_m)}
#define OPS_NF(name, shape) {LIST(name##_##shape##_nr), MEM_LIST(name##_##shape##_nm)}
#define OPS_V(name) {LIST_V(name##_r), MEM_LIST_V(name##_m)}

// Branch targets are cut to the operand size (vol. 2A, Jcc).
#define CUT16(v) ((u16)(v))
#define CUT32(v) ((u32)(v))
#define CUT64(v) ((u64)(v))

// Every family of handlers that table_int.c names.
#define ALU_FAMILY(op)                                                                             \
    extern const struct ops op##_eg, op##_eg_nf, op##_ge, op##_ge_nf, op##_ei, op##_ei_nf;
// clang-format off
ALU_FAMILY(add) ALU_FAMILY(or) ALU_FAMILY(adc) ALU_FAMILY(sbb) ALU_FAMILY(and) ALU_FAMILY(sub) ALU_FAMILY(xor)
ALU_FAMILY(cmp) ALU_FAMILY(test)
#undef ALU_FAMILY
#define FAMILIES(F)                                                                                \
    F(inc) F(inc_nf) F(dec) F(dec_nf) F(neg) F(neg_nf) F(not) F(inc_z) F(dec_z)                    \
    F(xadd) F(cmpxchg) F(cmpxchg8b) F(cmpxchg16b)                                                                \
    F(rol_i) F(ror_i) F(rcl_i) F(rcr_i) F(shl_i) F(shr_i) F(sar_i) F(shl_i_nf) F(shr_i_nf) F(sar_i_nf)   \
    F(rol_1) F(ror_1) F(rcl_1) F(rcr_1) F(shl_1) F(shr_1) F(sar_1) F(shl_1_nf) F(shr_1_nf) F(sar_1_nf)   \
    F(rol_c) F(ror_c) F(rcl_c) F(rcr_c) F(shl_c) F(shr_c) F(sar_c) F(shl_c_nf) F(shr_c_nf) F(sar_c_nf)   \
    F(shld_i) F(shld_c) F(shrd_i) F(shrd_c)                                                        \
    F(bt_g) F(bts_g) F(btr_g) F(btc_g) F(bt_i) F(bts_i) F(btr_i) F(btc_i) F(bsf) F(bsr) F(popcnt) F(bswap)   \
    F(mul) F(imul1) F(div) F(idiv) F(imul2) F(imul3) F(aam) F(aad) F(aaa) F(aas) F(daa) F(das)     \
    F(mov_eg) F(mov_ge) F(mov_ei) F(mov_zi) F(mov_load) F(mov_store) F(lea) F(xchg_eg) F(xchg_z) F(nop)  \
    F(movzx8) F(movzx16) F(movsx8) F(movsx16) F(movsxd) F(cbw) F(cwd) F(xlat) F(sahf) F(lahf) F(salc)    \
    F(lzcnt) F(tzcnt) F(movbe_load) F(movbe_store) F(adcx) F(adox)                                    \
    F(andn) F(blsi) F(blsmsk) F(blsr) F(bextr) F(bzhi) F(pdep) F(pext) F(mulx) F(rorx) F(sarx) F(shlx) F(shrx)  \
    F(clc) F(stc) F(cmc) F(cld) F(std) F(rdrand) F(rdseed)                                \
    F(push_z) F(pop_z) F(push_e) F(pop_e) F(push_i) F(pusha) F(popa) F(enter) F(leave)             \
    F(call_rel) F(call_e) F(jmp_rel) F(jmp_e) F(ret) F(ret_i) F(loopne) F(loope) F(loop) F(jrcxz)  \
    F(movs) F(movs_rep) F(stos) F(stos_rep) F(lods) F(lods_rep) F(cmps) F(cmps_repe) F(cmps_repne) \
    F(scas) F(scas_repe) F(scas_repne)
// clang-format on
#define F(name) extern const struct ops name##_ops;
FAMILIES(F)
#undef F

extern const struct ops jcc_ops[16], setcc_ops[16], cmovcc_ops[16];

#endif
