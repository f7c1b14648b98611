// SPDX-License-Identifier: MIT
// What was found: differences with everything that is needed to understand them, and the rows.
#include "isa/riscv64/disasm.h"
#include "rig.h"

#include <stdio.h>
#include <string.h>

typedef unsigned long long ull;

const struct rv_insn *all_rows[MAX_ROWS];
unsigned row_count;

void collect_rows(void) {
    row_count = 0;
    for (const struct rv_table *const *t = rv_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count && row_count < MAX_ROWS; i++) all_rows[row_count++] = &(*t)->rows[i];
}

unsigned row_number(const struct rv_insn *row) {
    for (unsigned i = 0; i < row_count; i++)
        if (all_rows[i] == row) return i;
    return MAX_ROWS - 1;
}

static void show_code(const struct encoding *e, const struct rv_index *ix) {
    char text[64];
    for (unsigned at = 0; at < e->bytes;) {
        unsigned n = rv_disasm(ix, e->code + at, e->bytes - at, e->slot + SLOT_CODE + at, text, sizeof text);
        if (!n) break;
        printf("    %llx:", (ull)(e->slot + SLOT_CODE + at));
        for (unsigned i = n; i--;) printf("%s%02x", i + 1 == n ? " " : "", e->code[at + i]);
        printf("  %s\n", text);
        at += n;
    }
}

static void show_result(const char *who, const struct result *r) {
    printf("    %s: ", who);
    if (r->how >= BY_SIGNAL) printf("signal %lu at %lx about %lx", r->how - BY_SIGNAL, r->r.pc, r->address);
    else printf("stub %lu", r->how);
    printf(", fcsr %lx\n", r->r.fcsr);
}

static void show_memory(const struct finding *f) {
    for (unsigned i = 0; i < WINDOW; i++)
        if (f->native.memory[i] != f->emulated.memory[i])
            printf("    memory at %lx: QEMU %02x, emulator %02x\n", f->in.window + i, f->native.memory[i], f->emulated.memory[i]);
}

void report_finding(const struct finding *f, u64 seed, enum source source, const struct rv_index *ix) {
    ull number = f->e.number * INPUTS + f->i;
    const u8 used[] = {f->e.d.uop.base, f->e.d.uop.b, f->e.d.uop.index, f->e.d.field.rd};
    printf("DIFFERENCE %x at case %llu (%s--seed %llu --case %llu), row %s:\n", f->wrong, number,
           source == SWEEP ? "--sweep " : "", (ull)seed, number, f->e.row ? f->e.row->name : "none");
    show_code(&f->e, ix);
    printf("    before: fcsr %lx", f->in.r.fcsr);
    for (unsigned i = 0; i < countof(used); i++) {
        if (used[i]) printf(" %s %lx", rv_x_name(used[i]), f->in.r.x[used[i] - 1]);
        if (f->e.d.insn && strstr(f->e.d.insn->operands, "f")) printf(" %s %lx", rv_f_name(used[i]), f->in.r.f[used[i]]);
    }
    printf("\n");
    show_result("QEMU    ", &f->native);
    show_result("emulator", &f->emulated);
    for (unsigned i = 0; i < 31; i++)
        if (f->native.r.x[i] != f->emulated.r.x[i])
            printf("    %s: QEMU %lx, emulator %lx\n", rv_x_name(i + 1), f->native.r.x[i], f->emulated.r.x[i]);
    for (unsigned i = 0; i < 32; i++)
        if (f->native.r.f[i] != f->emulated.r.f[i])
            printf("    %s: QEMU %lx, emulator %lx\n", rv_f_name(i), f->native.r.f[i], f->emulated.r.f[i]);
    if (f->wrong & DIFF_TICKS)
        printf(
            "    the emulator says %llu ticks for %u instructions, the jump and %d behind them; %llu traps; %llu instructions ran behind\n",
            (ull)f->account.ticks, f->e.insns, TICKS_BEHIND, (ull)f->account.traps, (ull)f->account.behind);
    if (f->wrong & DIFF_MEMORY) show_memory(f);
}

unsigned report_rows(const struct tally *t, bool all) {
    unsigned covered = 0, left_out = 0, empty = 0;
    for (unsigned i = 0; i < row_count; i++) {
        const char *why = t->row_cases[i] ? NULL : t->row_skip[i];
        if (all)
            printf("%-16s cases %llu faults %llu differences %llu%s%s\n", all_rows[i]->name, (ull)t->row_cases[i],
                   (ull)t->row_faults[i], (ull)t->row_wrong[i], why ? "  left out: " : "", why ? why : "");
        else if (why) printf("left out: %s: %s\n", all_rows[i]->name, why);
        if (t->row_cases[i]) covered++;
        else if (why) left_out++;
        else printf("no case reached %s\n", all_rows[i]->name), empty++;
    }
    printf("%u rows: %u compared, %u left out for a reason, %u without a case\n", row_count, covered, left_out, empty);
    return empty;
}
