// SPDX-License-Identifier: MIT
// All instruction tables, in the order in which their rows are asked.
#include "isa/arm64/insn.h"

const struct arm64_table *const arm64_tables[] = {&arm64_table_flags,      &arm64_table_pac,
                                                  &arm64_table_bti,        &arm64_table_imm,
                                                  &arm64_table_reg,        &arm64_table_branch,
                                                  &arm64_table_mem,        &arm64_table_pair,
                                                  &arm64_table_atomic,     &arm64_table_sys,
                                                  &arm64_table_simd_copy,  &arm64_table_simd_same,
                                                  &arm64_table_simd_long,  &arm64_table_simd_misc,
                                                  &arm64_table_simd_shift, &arm64_table_simd_mem,
                                                  &arm64_table_fp_scalar,  &arm64_table_fp_convert,
                                                  &arm64_table_fp_vector,  &arm64_table_simd_element,
                                                  &arm64_table_fp_step,    &arm64_table_fp_estimate,
                                                  &arm64_table_crypto,     &arm64_table_simd_extra,
                                                  &arm64_table_fp_extra,   NULL};
