// SPDX-License-Identifier: MIT
// What qemu-riscv64 cannot be asked, and where it is wrong.
#include "rig.h"

#include <string.h>

static bool is_csr(const struct rv_insn *row) { return row->ext == EXT_ZICSR; }
static bool starts(const struct rv_insn *row, const char *start) { return !strncmp(row->name, start, strlen(start)); }

const char *exempt(const struct encoding *e) {
    if (!e->row) return NULL;
    if (starts(e->row, "ecall")) return "a system call of QEMU's host (tests/guest)";
    if (starts(e->row, "cbo.")) return "QEMU 7.2 has no Zicbom and Zicboz (tests/isa/riscv64/unit/test_riscv_rows.c)";
    if (starts(e->row, "jalr") && !e->d.uop.base) return "x0 as base: an address of the program's own";
    if (has_memory(e->row) && !e->d.uop.base) return "x0 as base: an address of the program's own";
    if (is_csr(e->row) && e->d.field.csr >= 0xc00 && e->d.field.csr < 0xca0) return "counters run on";
    return NULL;
}

// QEMU 7.2 counts beyond the word's end.
bool qemu_errs(const struct rv_insn *row) { return !strcmp(row->name, "ctzw"); }

void correct(struct result *native, const struct encoding *e, const struct input *in) {
    if (!e->row || native->how >= BY_SIGNAL || !qemu_errs(e->row)) return;
    const struct rv_decoded *d = &e->d;
    if (e->insns == 1 && d->field.rd && d->uop.base && !(u32)in->r.x[d->uop.base - 1]) native->r.x[d->field.rd - 1] = 32;
}
