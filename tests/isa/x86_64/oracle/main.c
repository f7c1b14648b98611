// SPDX-License-Identifier: MIT
// The loop: cases from every row in both worlds, compared; then every row's coverage, by silicon, by unicorn, or by a test
// with a name.
#define _GNU_SOURCE // MAP_ANONYMOUS
#include "base/le.h"
#include "oracle.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long long ull;
enum { MAX_ROWS = 2048, KNOWN = 128, SHOWN = 40 };

struct options {
    u64 cases, seed, only;
    bool rows;
};

static const struct insn *all_rows[MAX_ROWS];
static unsigned row_count;
// TCG ends its process now and then: a child runs the cases, and another goes on behind the one that was too much.
static struct shared {
    const struct insn *running;
    u64 index, compared, outside, unknown, died, text;
    u64 row_cases[MAX_ROWS], row_wrong[MAX_ROWS];
    struct {
        const char *name;
        u64 n;
    } known[KNOWN];
} *shared;
static u8 *emulator_ram, *unicorn_ram, *image;

static void collect_rows(void) {
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) all_rows[row_count++] = &(*t)->rows[i];
    if (row_count > MAX_ROWS) abort();
}
static unsigned row_number(const struct insn *row) {
    for (unsigned i = 0; i < row_count; i++)
        if (all_rows[i] == row) return i;
    abort();
}

// ---- comparing

static bool has_mmx(const struct insn *row) { return x86_row_uses(row, R_MMX); }
// QEMU 5 sets no exception flags, neither in the x87's status word nor in MXCSR as unicorn shows it, nor C1; and MMX leaves
// its exponents alone.
enum { MXCSR_FLAGS = 0x3f, FSW_COMPARED = 0x7d00, FCW_COMPARED = 0x0f3f };
static bool same_fpu(const struct oracle_case *k, const struct state *a, const struct state *b) {
    bool mmx = k->row && (k->row->feature == F_MMX || has_mmx(k->row));
    unsigned top_a = a->fsw >> 11 & 7, top_b = b->fsw >> 11 & 7;
    for (unsigned i = 0; i < 8; i++)
        if (memcmp(a->st[mmx ? (i + 8 - top_a) & 7 : i], b->st[mmx ? (i + 8 - top_b) & 7 : i], mmx ? 8 : 10)) return false;
    return !((a->fcw ^ b->fcw) & FCW_COMPARED) && !((a->fsw ^ b->fsw) & FSW_COMPARED);
}

static u32 compare(const struct oracle_case *k, const struct outcome *e, const struct outcome *q) {
    u32 wrong = 0;
    const struct state *a = &e->s, *b = &q->s;
    if (e->vector != q->vector) return DIFF_VECTOR;
    u64 flags = ~(u64)(FL_RF | (k->row && e->vector == NO_FAULT ? k->row->undefined : 0));
    unsigned registers = is_long_base(k->base) ? 16 : 8;
    bool narrow = !is_long_base(k->base);
    if (a->rip != b->rip) wrong |= DIFF_RIP;
    for (unsigned i = 0; i < registers; i++)
        if (narrow ? (u32)a->gpr[i] != (u32)b->gpr[i] : a->gpr[i] != b->gpr[i]) wrong |= DIFF_GPR;
    if ((a->rflags ^ b->rflags) & flags) wrong |= DIFF_FLAGS;
    if (a->cr0 != b->cr0 || a->cr3 != b->cr3 || a->cr4 != b->cr4 || (a->efer ^ b->efer) & 0x500 ||
        memcmp(a->dr, b->dr, 4 * sizeof *a->dr) || a->dr[6] != b->dr[6] || a->dr[7] != b->dr[7])
        wrong |= DIFF_SYSTEM;
    // Unicorn does not write CR2.
    if (memcmp(a->sel, b->sel, sizeof a->sel)) wrong |= DIFF_SEGMENT;
    if (a->fs_base != b->fs_base || a->gs_base != b->gs_base) wrong |= DIFF_SEGMENT;
    const struct table_state *ta[] = {&a->gdtr, &a->idtr, &a->ldtr, &a->tr}, *tb[] = {&b->gdtr, &b->idtr, &b->ldtr, &b->tr};
    for (unsigned i = 0; i < 4; i++)
        if (ta[i]->base != tb[i]->base || ta[i]->limit != tb[i]->limit || ta[i]->sel != tb[i]->sel) wrong |= DIFF_SEGMENT;
    if (memcmp(a->xmm, b->xmm, registers * sizeof *a->xmm) || (a->mxcsr ^ b->mxcsr) & ~MXCSR_FLAGS) wrong |= DIFF_XMM;
    if (!same_fpu(k, a, b)) wrong |= DIFF_FPU;
    if (memcmp(emulator_ram, unicorn_ram, RAM)) wrong |= DIFF_MEMORY;
    return wrong;
}

// ---- showing

static const char *const gpr_names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

static void show_state(const char *who, const struct outcome *o) {
    const struct state *s = &o->s;
    printf("    %s: vector %d error %x rip %llx rflags %llx cr0 %llx cr2 %llx cr3 %llx cr4 %llx efer %llx dr6 %llx dr7 %llx "
           "mxcsr %x fcw %x fsw %x\n",
           who, o->vector, o->error, (ull)s->rip, (ull)s->rflags, (ull)s->cr0, (ull)s->cr2, (ull)s->cr3, (ull)s->cr4,
           (ull)s->efer, (ull)s->dr[6], (ull)s->dr[7], s->mxcsr, s->fcw, s->fsw);
    printf(
        "      es %x cs %x ss %x ds %x fs %x gs %x fs base %llx gs base %llx gdt %llx %x idt %llx %x ldt %x %llx %x tr %x %llx %x\n",
        s->sel[0], s->sel[1], s->sel[2], s->sel[3], s->sel[4], s->sel[5], (ull)s->fs_base, (ull)s->gs_base, (ull)s->gdtr.base,
        s->gdtr.limit, (ull)s->idtr.base, s->idtr.limit, s->ldtr.sel, (ull)s->ldtr.base, s->ldtr.limit, s->tr.sel,
        (ull)s->tr.base, s->tr.limit);
}

static void show(u64 index, const struct options *opt, const struct oracle_case *k, const struct outcome *e,
                 const struct outcome *q, u32 wrong) {
    static csh cs;
    cs_insn *in;
    printf("DIFFERENCE %x at --seed %llu --case %llu, %s: ", wrong, (ull)opt->seed, (ull)index, base_names[k->base]);
    for (unsigned i = 0; i < k->d.length && i < LONGEST; i++) printf("%02x ", k->byte[i]);
    unsigned code = mode_in(k->base) & MODE_CODE_MASK;
    if (!cs_open(CS_ARCH_X86, code == MODE_CODE64 ? CS_MODE_64 : code == MODE_CODE32 ? CS_MODE_32 : CS_MODE_16, &cs)) {
        size_t n = cs_disasm(cs, k->byte, LONGEST, k->rip, 1, &in);
        printf("row %s; capstone: %s %s\n", k->row ? k->row->name : "none", n ? in->mnemonic : "?", n ? in->op_str : "");
        if (n) cs_free(in, n);
        cs_close(&cs);
    }
    if (wrong & DIFF_XMM)
        for (unsigned i = 0; i < 16; i++)
            printf("    xmm%u before: %016llx%016llx\n", i, (ull)ld64(k->xmm[i] + 8), (ull)ld64(k->xmm[i]));
    printf("    flags %x", k->flags);
    for (unsigned i = 0; i < 16; i++) printf(" %s %llx", gpr_names[i], (ull)k->gpr[i]);
    printf("\n");
    if (k->has_stack) {
        printf("    stack:");
        for (unsigned i = 0; i < 40; i += 4) printf(" %08x", ld32(k->stack + i));
        printf("\n");
    }
    show_state("emulator", e);
    show_state("unicorn ", q);
    for (unsigned i = 0; i < 16; i++)
        if (e->s.gpr[i] != q->s.gpr[i])
            printf("    %s: emulator %llx, unicorn %llx\n", gpr_names[i], (ull)e->s.gpr[i], (ull)q->s.gpr[i]);
    for (unsigned i = 0; i < 16; i++)
        if (wrong & DIFF_XMM && memcmp(e->s.xmm[i], q->s.xmm[i], 16))
            printf("    xmm%u: %016llx%016llx, unicorn %016llx%016llx\n", i, (ull)ld64(e->s.xmm[i] + 8), (ull)ld64(e->s.xmm[i]),
                   (ull)ld64(q->s.xmm[i] + 8), (ull)ld64(q->s.xmm[i]));
    for (unsigned i = 0; i < 8; i++)
        if (wrong & DIFF_FPU && memcmp(e->s.st[i], q->s.st[i], 10))
            printf("    st%u: %04x %016llx, unicorn %04x %016llx\n", i, ld16(e->s.st[i] + 8), (ull)ld64(e->s.st[i]),
                   ld16(q->s.st[i] + 8), (ull)ld64(q->s.st[i]));
    unsigned n = 0;
    for (unsigned i = 0; i < RAM && n < 8 && wrong & DIFF_MEMORY; i++)
        if (emulator_ram[i] != unicorn_ram[i])
            printf("    memory %x: %02x, unicorn %02x\n", i, emulator_ram[i], unicorn_ram[i]), n++;
}

static void note_known(const char *name) {
    unsigned i = 0;
    while (shared->known[i].name && strcmp(shared->known[i].name, name)) i++;
    if (i == KNOWN - 1) abort();
    shared->known[i].name = name;
    shared->known[i].n++;
}

static void one_case(const struct options *opt, u64 index) {
    struct rng g = {.s = opt->seed * 0xd1342543de82ef95u + index * 0x2545f4914f6cdd1du};
    static struct oracle_case k;
    struct outcome e, q;
    (void)rnd(&g);
    const struct insn *row = one_in(&g, 16) ? NULL : all_rows[below(&g, row_count)];
    if (row && unicorn_lacks(row)) return;
    make_case(&k, row, emulator_index(), image, &g);
    if (k.row && unicorn_lacks(k.row)) return;
    ready(&k, emulator_ram, image);
    ready(&k, unicorn_ram, image);
    emulator_run(&k, &e);
    shared->running = k.row;
    unicorn_run(&k, &q);
    if (q.outside) {
        shared->outside++;
        return;
    }
    shared->compared++;
    unsigned number = k.row ? row_number(k.row) : 0;
    u32 wrong = compare(&k, &e, &q);
    // Only cases in which both did the instruction count as having reached its row.
    if (k.row && !wrong && e.vector != 6) shared->row_cases[number]++;
    if (!wrong) {
        if (opt->only == index) show(index, opt, &k, &e, &q, 0);
        return;
    }
    const char *name = known_difference(&k, &e, &q, wrong);
    if (name) note_known(name);
    else if (shared->unknown++ < SHOWN * 100 && (k.row ? shared->row_wrong[number]++ < 1 : shared->unknown < SHOWN))
        show(index, opt, &k, &e, &q, wrong);
    if (name && opt->only == index) show(index, opt, &k, &e, &q, wrong), printf("    known: %s\n", name);
}

static const char *died_of(const struct insn *row) {
    static char name[MAX_ROWS][40];
    unsigned n = row_number(row);
    snprintf(name[n], sizeof name[n], "TCG died of %s", row->name);
    return name[n];
}

static _Noreturn void child(const struct options *opt, u64 from, u64 to) {
    emulator_ram = aligned_alloc(1 << 20, RAM), unicorn_ram = aligned_alloc(1 << 20, RAM), image = malloc(RAM);
    fill_memory(emulator_ram), fill_memory(unicorn_ram), fill_memory(image);
    emulator_create(emulator_ram);
    unicorn_create(unicorn_ram);
    memcpy(image, emulator_ram, RAM); // accessed and busy bits that the way has set
    if (!from && opt->only == ~(u64)0) shared->text = compare_text(opt->cases, opt->seed);
    for (u64 i = from; i < to; i++) {
        shared->index = i;
        one_case(opt, i);
    }
    _exit(0);
}

// ---- the report

static bool same_row(const struct insn *a, const struct insn *b) {
    return a->map == b->map && a->opcode == b->opcode && a->prefix == b->prefix && a->modrm == b->modrm;
}

// Rows that silicon leaves out and unicorn did not do must have a test with a name.
static unsigned report_rows(bool all) {
    unsigned here = 0, silicon = 0, named = 0, nowhere = 0;
    for (unsigned i = 0; i < row_count; i++) {
        const struct insn *row = all_rows[i];
        const char *why = exempt(row), *at = tested_at(row);
        u64 n = shared->row_cases[i];
        if (n) here++;
        if (!why) silicon++;
        if (all)
            printf("%-12s map %u %02x  unicorn %llu, %s%s\n", row->name, row->map, row->opcode, (ull)n,
                   why ? "silicon leaves out: " : "silicon", why ? why : "");
        if (n || !why) continue;
        if (at) named++;
        else nowhere++;
        if (i && same_row(row, all_rows[i - 1])) continue;
        printf("    neither by silicon nor by unicorn: %s (map %u, %02x): %s\n", row->name, row->map, row->opcode,
               at ? at : "NOWHERE");
    }
    printf("%u rows: %u by silicon, %u by unicorn, %u by a test with a name alone, %u nowhere\n", row_count, silicon, here, named,
           nowhere);
    return nowhere;
}

static u64 number(const char *text) { return strtoull(text, NULL, 0); }

int main(int argc, char **argv) {
    struct options o = {.cases = 100000, .seed = 1, .only = ~(u64)0};
    setbuf(stdout, NULL);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--cases") && i + 1 < argc) o.cases = number(argv[++i]);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc) o.seed = number(argv[++i]);
        else if (!strcmp(argv[i], "--case") && i + 1 < argc) o.only = number(argv[++i]);
        else if (!strcmp(argv[i], "--rows")) o.rows = true;
        else {
            fprintf(stderr, "usage: %s [--cases N] [--seed S] [--case N] [--rows]\n", argv[0]);
            return 2;
        }
    }
    collect_rows();
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 2;
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    u64 first = o.only != ~(u64)0 ? o.only : 0, end_at = o.only != ~(u64)0 ? o.only + 1 : o.cases;
    for (; first < end_at; first = shared->index + 1) {
        pid_t pid = fork();
        if (!pid) child(&o, first, end_at);
        int status;
        waitpid(pid, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status)) return WEXITSTATUS(status);
        if (WIFEXITED(status)) break;
        shared->died++;
        note_known(shared->running ? died_of(shared->running) : "TCG died of bytes that are no instruction");
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    if (o.only != ~(u64)0) return shared->unknown != 0;
    unsigned nowhere = report_rows(o.rows);
    for (unsigned i = 0; shared->known[i].name; i++)
        printf("    known difference, %llu times: %s\n", (ull)shared->known[i].n, shared->known[i].name);
    printf("%llu cases compared with unicorn (seed %llu), %llu unexplained differences; "
           "%llu outside memory, %llu that TCG died of; %.1f s, %.0f cases/s\n",
           (ull)shared->compared, (ull)o.seed, (ull)shared->unknown, (ull)shared->outside, (ull)shared->died, seconds,
           (double)shared->compared / seconds);
    return shared->unknown || shared->text || nowhere;
}
