// SPDX-License-Identifier: MIT
// All instruction tables, in the order in which their rows are asked.
#include "isa/riscv64/insn.h"

const struct rv_table *const rv_tables[] = {
    &rv_table_cbo, &rv_table_int, &rv_table_mem,      &rv_table_branch,  &rv_table_mul,        &rv_table_amo,
    &rv_table_bit, &rv_table_sys, &rv_table_fp_arith, &rv_table_fp_move, &rv_table_fp_compare, &rv_table_fp_convert,
    &rv_table_c,   NULL,
};
