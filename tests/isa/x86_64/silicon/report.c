// SPDX-License-Identifier: MIT
// What was found: differences with everything that is needed to understand them, and the rows.
#include "rig.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

static const char *const gpr_names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
typedef unsigned long long ull;

static void show_text(const struct isa_case *k, csh cs) {
    cs_insn *in;
    cs_option(cs, CS_OPT_MODE, k->bits32 ? CS_MODE_32 : CS_MODE_64);
    for (unsigned i = 0; i < LONGEST; i++) printf("%s%02x", i == k->length ? " | " : i ? " " : "", k->byte[i]);
    size_t n = cs_disasm(cs, k->byte, LONGEST, k->rip, 1, &in);
    printf("\n    row %s; ", k->row ? k->row->name : "none");
    printf("capstone: %s %s (%u bytes)\n", n ? in->mnemonic : "?", n ? in->op_str : "", n ? in->size : 0);
    if (n) cs_free(in, n);
}

static void show_outcome(const char *who, const struct outcome *o) {
    printf("    %s: ", who);
    if (o->vector == NO_FAULT) printf("no fault, ");
    else printf("vector %d error %x cr2 %llx, ", o->vector, o->error, (ull)o->cr2);
    printf("rip %llx rflags %llx\n", (ull)o->r.rip, (ull)o->r.rflags);
}

// Bytes [at, at + n) of the XSAVE images, most significant first.
static void show_bytes(const struct finding *f, const char *name, unsigned number, unsigned at, unsigned n, bool always) {
    const u8 *fx[3] = {f->k.r.fx, f->native.r.fx, f->guest.r.fx};
    static const char *const who[3] = {"before", "silicon", "emulator"};
    bool same = !memcmp(fx[1] + at, fx[2] + at, n);
    if (same && !always) return;
    printf("    %s%u:", name, number);
    for (unsigned i = 0; i < (same ? 1 : 3); i++) {
        printf(" %s ", who[i]);
        for (unsigned b = n; b--;) printf("%02x", fx[i][at + b]);
    }
    printf("\n");
}

static void show_fx(const struct finding *f) {
    const struct uop *u = &f->k.d.uop;
    show_bytes(f, "fcw", 0, 0, 2, true);
    show_bytes(f, "fsw", 0, 2, 2, true);
    show_bytes(f, "tag", 0, 4, 1, true);
    show_bytes(f, "mxcsr", 0, FX_MXCSR, 4, true);
    for (unsigned i = 0; i < 8; i++) show_bytes(f, "st", i, FX_ST + 16 * i, 10, !i || i == (u->b & 7) || i == (u->a & 7));
    for (unsigned i = 0; i < 16; i++) {
        show_bytes(f, "xmm", i, FX_XMM + 16 * i, 16, i == (u->a & 15) || i == (u->b & 15));
        show_bytes(f, "ymmh", i, YMM_HIGH + 16 * i, 16, false);
    }
}

static void show_finding(const struct finding *f, u64 seed, csh cs) {
    static const char *const variants[] = {"step", "plain", "noflags", "repeat"};
    if (f->wrong & DIFF_ALONE) printf("Only behind other cases of its encoding:\n");
    printf("DIFFERENCE at case %llu (--seed %llu --case %llu), %s%s:\n    ", (ull)f->index, (ull)seed, (ull)f->index,
           variants[f->k.variant], f->k.bits32 ? ", 32-bit code" : "");
    show_text(&f->k, cs);
    printf("    behind");
    for (unsigned i = 0; i < f->k.front; i++) printf(" %02x", f->k.code[i]);
    printf(" (add, sub)\n");
    printf("    before: rip %llx rflags %llx fs %llx gs %llx\n", (ull)f->k.r.rip, (ull)f->k.r.rflags, (ull)f->k.r.fs_base,
           (ull)f->k.r.gs_base);
    for (unsigned i = 0; i < 16; i++)
        printf("%s%s %llx", i % 8 ? " " : i ? "\n      " : "      ", gpr_names[i], (ull)f->k.r.gpr[i]);
    printf("\n");
    show_outcome("silicon ", &f->native);
    show_outcome("emulator", &f->guest);
    for (unsigned i = 0; i < 16; i++)
        if (f->native.r.gpr[i] != f->guest.r.gpr[i])
            printf("    %s: silicon %llx, emulator %llx\n", gpr_names[i], (ull)f->native.r.gpr[i], (ull)f->guest.r.gpr[i]);
    if (f->wrong & DIFF_MEMORY)
        printf("    memory at %llx: silicon %02x, emulator %02x\n", (ull)DATA + (ull)f->memory_at, f->memory[0], f->memory[1]);
    if (f->wrong & DIFF_TICKS)
        printf("    the emulator says %llu instructions, and %s at the exit\n", (ull)f->guest.ticks,
               f->guest.exits ? "was" : "was not");
    if (f->wrong & DIFF_ENGINE) printf("    translated code does something else\n");
    if (f->wrong & DIFF_BASE) printf("    fs or gs base differs\n");
    if (f->wrong & DIFF_FX) show_fx(f);
}

void report_finding(const struct finding *f, u64 seed) {
    csh cs;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs)) return;
    show_finding(f, seed, cs);
    cs_close(&cs);
}

static void show_row(const struct tally *t, unsigned i) {
    const struct insn *row = all_rows[i];
    const char *why = exempt(row);
    printf("%-12s map %u %02x  cases %llu faults %llu differences %llu%s%s\n", row->name, row->map, row->opcode,
           (ull)t->row_cases[i], (ull)t->row_faults[i], (ull)t->row_wrong[i], why ? "  left out: " : "", why ? why : "");
}

// Once for each feature, in the words that tests/isa/x86_64/silicon/run shows.
static void report_lacks(void) {
    const char *told[F_COUNT];
    unsigned n = 0;
    for (unsigned i = 0; i < row_count; i++) {
        const char *lack = host_lacks(all_rows[i]);
        unsigned at = 0;
        while (lack && at < n && told[at] != lack) at++;
        if (!lack || at < n || n == countof(told)) continue;
        told[n++] = lack;
        printf("SKIP isa/%s and what goes with it: the host lacks %s\n", all_rows[i]->name, lack);
    }
}

unsigned report_rows(const struct tally *t, bool all) {
    unsigned covered = 0, left_out = 0, empty = 0;
    report_lacks();
    for (unsigned i = 0; i < row_count; i++) {
        const struct insn *row = all_rows[i];
        if (all) show_row(t, i);
        if (t->row_cases[i]) covered++;
        else if (exempt(row)) left_out++;
        else {
            empty++;
            printf("no case reached %s (map %u, opcode %02x, prefix %u, modrm %x)\n", row->name, row->map, row->opcode,
                   row->prefix, row->modrm);
        }
    }
    printf("%u rows: %u compared, %u left out for a reason, %u without a case\n", row_count, covered, left_out, empty);
    return empty;
}
