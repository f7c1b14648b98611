// SPDX-License-Identifier: MIT
// What was found: differences with everything that is needed to understand them, and the rows.
#include "isa/arm64/disasm.h"
#include "rig.h"

#include <stdio.h>
#include <string.h>

typedef unsigned long long ull;

const struct arm64_insn *all_rows[MAX_ROWS];
unsigned row_count;

static bool has_row(const struct arm64_model *model, const struct arm64_insn *row) {
    return model && arm64_has(model, row->feature);
}
void collect_rows(const struct arm64_model *model, const struct arm64_model *without) {
    row_count = 0;
    for (const struct arm64_table *const *t = arm64_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count && row_count < MAX_ROWS - 1; i++)
            if (has_row(model, &(*t)->rows[i]) && !has_row(without, &(*t)->rows[i])) all_rows[row_count++] = &(*t)->rows[i];
}

unsigned row_number(const struct arm64_insn *row) {
    for (unsigned i = 0; i < row_count; i++)
        if (all_rows[i] == row) return i;
    return MAX_ROWS - 1;
}

static void show_code(const struct encoding *e, const struct arm64_index *ix) {
    char text[64];
    for (unsigned i = 0; i < e->insns; i++) {
        u64 at = e->slot + SLOT_CODE + 4 * i;
        arm64_disasm(ix, e->code[i], at, text, sizeof text);
        printf("    %llx: %08x  %s\n", (ull)at, e->code[i], text);
    }
}

static void show_result(const char *who, const struct result *r) {
    printf("    %s: ", who);
    if (r->how >= BY_SIGNAL) printf("signal %lu at %lx about %lx", r->how - BY_SIGNAL, r->r.pc, r->address);
    else printf("stub %lu", r->how);
    printf(", nzcv %lx fpsr %lx fpcr %lx sp %lx\n", r->r.nzcv >> 28, r->r.fpsr, r->r.fpcr, r->r.sp);
}

static void show_memory(const struct finding *f) {
    for (unsigned i = 0; i < WINDOW; i++)
        if (f->native.memory[i] != f->emulated.memory[i])
            printf("    memory at %lx: QEMU %02x, emulator %02x\n", f->in.window + i, f->native.memory[i], f->emulated.memory[i]);
}

static void show_before(const struct finding *f) {
    const u32 *field = f->e.d.field.f;
    const u32 used[] = {field[AF_Rd] | field[AF_Rt], field[AF_Rn], field[AF_Rm] | field[AF_Rs], field[AF_Ra] | field[AF_Rt2]};
    printf("    before: nzcv %lx fpsr %lx fpcr %lx sp %lx", f->in.r.nzcv >> 28, f->in.r.fpsr, f->in.r.fpcr, f->in.r.sp);
    for (unsigned i = 0; i < countof(used); i++) {
        if (used[i] != 31) printf(" x%u %lx", used[i], f->in.r.x[used[i]]);
        if (f->e.row && f->e.row->flags & ARM64_FP)
            printf(" v%u %016lx:%016lx", used[i], f->in.r.v[used[i]][1], f->in.r.v[used[i]][0]);
    }
    printf("\n");
}

void report_finding(const struct finding *f, u64 seed, enum source source, const struct arm64_index *ix) {
    ull number = f->e.number * INPUTS + f->i;
    printf("DIFFERENCE %x at case %llu (%s--seed %llu --case %llu), row %s:\n", f->wrong, number,
           source == SWEEP   ? "--sweep "
           : source == ADDED ? "--max "
                             : "",
           (ull)seed, number, f->e.row ? f->e.row->name : "none");
    show_code(&f->e, ix);
    show_before(f);
    show_result("QEMU    ", &f->native);
    show_result("emulator", &f->emulated);
    for (unsigned i = 0; i < 31; i++)
        if (f->native.r.x[i] != f->emulated.r.x[i])
            printf("    x%u: QEMU %lx, emulator %lx\n", i, f->native.r.x[i], f->emulated.r.x[i]);
    for (unsigned i = 0; i < 32; i++)
        if (memcmp(f->native.r.v[i], f->emulated.r.v[i], 16))
            printf("    v%u: QEMU %016lx:%016lx, emulator %016lx:%016lx\n", i, f->native.r.v[i][1], f->native.r.v[i][0],
                   f->emulated.r.v[i][1], f->emulated.r.v[i][0]);
    if (f->wrong & DIFF_MEMORY) show_memory(f);
}

unsigned report_rows(const struct tally *t, bool all) {
    unsigned covered = 0, left_out = 0, empty = 0;
    for (unsigned i = 0; i < row_count; i++) {
        const char *why = t->row_cases[i] ? NULL : t->row_skip[i];
        if (all)
            printf("%-12s %-28s cases %llu faults %llu differences %llu%s%s\n", all_rows[i]->name, all_rows[i]->operands,
                   (ull)t->row_cases[i], (ull)t->row_faults[i], (ull)t->row_wrong[i], why ? "  left out: " : "", why ? why : "");
        else if (why) printf("left out: %s %s: %s\n", all_rows[i]->name, all_rows[i]->operands, why);
        if (t->row_cases[i]) covered++;
        else if (why) left_out++;
        else printf("no case reached %s %s\n", all_rows[i]->name, all_rows[i]->operands), empty++;
    }
    printf("%u rows: %u compared, %u left out for a reason, %u without a case\n", row_count, covered, left_out, empty);
    return empty;
}
