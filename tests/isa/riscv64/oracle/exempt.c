// SPDX-License-Identifier: MIT
// What qemu-riscv64 cannot be asked, and where it is wrong.
#include "rig.h"

#include <string.h>

static bool is_csr(const struct rv_insn *row) { return row->ext == EXT_ZICSR; }
static bool starts(const struct rv_insn *row, const char *start) { return !strncmp(row->name, start, strlen(start)); }

// VLnR and VSnR: nf, mew 0, mop 00, vm 1, lumop 01000. VMVnR.V: funct6 100111, vm 1, n - 1 as the immediate, OPIVI.
static bool is_whole_register(u32 word) {
    u32 opcode = word & 0x7f, n = (word >> 15 & 31) + 1;
    if (opcode == 0x57) return word >> 25 == 0x4f && (word >> 12 & 7) == 3 && n <= 8 && !(n & (n - 1));
    return (opcode == 0x07 || opcode == 0x27) && (word >> 20 & 0x1ff) == 0x028;
}

const char *exempt(const struct encoding *e) {
    if (!e->row) return is_whole_register(e->d.word) ? "QEMU 7.2 loads, stores and moves whole vector registers without V" : NULL;
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
    if (native->how >= BY_SIGNAL) return;
    const struct rv_decoded *d = &e->d;
    if (e->insns == 1 && d->field.rd && d->uop.base && !(u32)in->r.x[d->uop.base - 1]) native->r.x[d->field.rd - 1] = 32;
}

bool qemu_tells(u64 address) { return true; }
