// SPDX-License-Identifier: MIT
#include "isa/x86_64/insn/insn.h"

#define X(name) &x86_table_##name,
const struct insn_table *const x86_tables[] = {X86_TABLES(X) NULL};
