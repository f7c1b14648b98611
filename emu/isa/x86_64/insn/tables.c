// SPDX-License-Identifier: MIT
// All instruction tables, in the order in which their rows are asked.
#include "isa/x86_64/insn/insn.h"

const struct insn_table *const x86_tables[] = {
    &x86_table_sys, &x86_table_int, &x86_table_bmi, &x86_table_x87, &x86_table_sse, &x86_table_avx_int, &x86_table_avx_fp,
    &x86_table_avx_num, NULL,
};
