// SPDX-License-Identifier: MIT
// What was found: differences with everything that is needed to understand them, and the rows.
#include "rig.h"

#include <stdio.h>
#include <string.h>

typedef unsigned long long ull;

const insn_row *all_rows[MAX_ROWS];
unsigned row_count;

void add_row(const insn_row *row) {
    if (row_count < MAX_ROWS - 1) all_rows[row_count++] = row;
}

unsigned row_number(const insn_row *row) {
    for (unsigned i = 0; i < row_count; i++)
        if (all_rows[i] == row) return i;
    return MAX_ROWS - 1;
}

static void show_code(const struct encoding *e, const insn_index *ix) {
    char text[96];
    for (unsigned at = 0; at < e->bytes;) {
        u64 pc = e->slot + SLOT_CODE + at;
        unsigned n = disassemble(ix, e->code + at, e->bytes - at, pc, text, sizeof text);
        if (!n) break;
        printf("    %llx: ", (ull)pc);
        for (unsigned i = n; i--;) printf("%02x", e->code[at + i]);
        printf("  %s\n", text);
        at += n;
    }
}

static const u64 *words_of(const struct register_group *g, const struct registers *r, unsigned i) {
    return (const u64 *)((const u8 *)r + g->at) + i * g->words;
}

static void show_name(const struct register_group *g, unsigned i) {
    if (g->name_of) printf("%s", g->name_of(i));
    else if (g->count > 1) printf("%s%u", g->name, i);
    else printf("%s", g->name);
}

static void show_value(const struct register_group *g, const struct registers *r, unsigned i) {
    const u64 *words = words_of(g, r, i);
    if (g->words > 1) printf(" %016llx:%016llx", (ull)words[1], (ull)words[0]);
    else printf(" %llx", (ull)words[0]);
}

static void show_register(const char *space, const struct register_group *g, const struct registers *r, unsigned i) {
    printf("%s", space);
    show_name(g, i);
    show_value(g, r, i);
}

static void show_before(const struct finding *f) {
    printf("    before:");
    for (const struct register_group *g = register_groups; g->name; g++)
        for (unsigned i = 0; i < g->count; i++)
            if (g->count == 1 || is_operand(&f->e, g, i)) show_register(" ", g, &f->in.r, i);
    printf("\n");
}

static void show_result(const char *who, const struct result *r) {
    printf("    %s: ", who);
    if (r->how >= BY_SIGNAL) printf("signal %lu at %lx about %lx", r->how - BY_SIGNAL, r->r.pc, r->address);
    else printf("stub %lu", r->how);
    for (const struct register_group *g = register_groups; g->name; g++)
        if (g->count == 1) show_register(", ", g, &r->r, 0);
    printf("\n");
}

static void show_registers(const struct finding *f) {
    for (const struct register_group *g = register_groups; g->name; g++)
        for (unsigned i = 0; g->count > 1 && i < g->count; i++) {
            if (!memcmp(words_of(g, &f->native.r, i), words_of(g, &f->emulated.r, i), 8 * g->words)) continue;
            printf("    ");
            show_name(g, i);
            printf(": QEMU");
            show_value(g, &f->native.r, i);
            printf(", emulator");
            show_value(g, &f->emulated.r, i);
            printf("\n");
        }
}

static void show_memory(const struct finding *f) {
    for (unsigned i = 0; i < WINDOW; i++)
        if (f->native.memory[i] != f->emulated.memory[i])
            printf("    memory at %lx: QEMU %02x, emulator %02x\n", f->in.window + i, f->native.memory[i], f->emulated.memory[i]);
}

static void show_account(const struct finding *f) {
    printf(
        "    the emulator says %llu ticks for %u instructions, the jump and %d behind them; %llu traps; %llu instructions ran behind\n",
        (ull)f->account.ticks, f->e.insns, TICKS_BEHIND, (ull)f->account.traps, (ull)f->account.behind);
}

void report_finding(const struct finding *f, u64 seed, enum source source, const insn_index *ix) {
    static const char *const options[] = {[ROWS] = "", [SWEEP] = "--sweep ", [ADDED] = "--max "};
    ull number = f->e.number * INPUTS + f->i;
    printf("DIFFERENCE %x at case %llu (%s--seed %llu --case %llu), row %s:\n", f->wrong, number, options[source], (ull)seed,
           number, f->e.row ? f->e.row->name : "none");
    show_code(&f->e, ix);
    show_before(f);
    show_result("QEMU    ", &f->native);
    show_result("emulator", &f->emulated);
    show_registers(f);
    if (f->wrong & DIFF_TICKS) show_account(f);
    if (f->wrong & DIFF_MEMORY) show_memory(f);
}

unsigned report_rows(const struct tally *t, bool all) {
    unsigned covered = 0, left_out = 0, empty = 0;
    for (unsigned i = 0; i < row_count; i++) {
        const insn_row *row = all_rows[i];
        const char *why = t->row_cases[i] ? NULL : t->row_skip[i];
        if (all)
            printf("%-16s %-28s cases %llu faults %llu differences %llu%s%s\n", row->name, row->operands, (ull)t->row_cases[i],
                   (ull)t->row_faults[i], (ull)t->row_wrong[i], why ? "  left out: " : "", why ? why : "");
        else if (why) printf("left out: %s %s: %s\n", row->name, row->operands, why);
        if (t->row_cases[i]) covered++;
        else if (why) left_out++;
        else printf("no case reached %s %s\n", row->name, row->operands), empty++;
    }
    printf("%u rows: %u compared, %u left out for a reason, %u without a case\n", row_count, covered, left_out, empty);
    return empty;
}
