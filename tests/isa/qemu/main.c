// SPDX-License-Identifier: MIT
// Options, processes, counters. Each process has a QEMU of its own, and shares its tally with its parent.
#define _GNU_SOURCE // MAP_ANONYMOUS
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_JOBS = 64 };

struct options {
    u64 cases, seed, only, text; // only: this case alone, ~0: all
    unsigned jobs;
    bool rows;
    enum source source;
    const char *program, *binary;
};

struct worker {
    const struct options *o;
    struct tally *t;
    struct emulator *m;
    struct qemu *q;
    struct encoding e[SLOTS];
};

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Writes encodings [first, end) and their inputs to the slots that their numbers say.
static void prepare(struct worker *w, u64 first, u64 end) {
    struct shared *s = qemu_memory(w->q);
    s->first = 1 + first % PER_BATCH;
    s->slots = s->first + (end - first);
    s->broken = 0;
    write_slot(s->code + SLOT * (s->first - 1), NULL, CODE + SLOT * (s->first - 1));
    for (u64 n = first; n < end; n++) {
        u64 slot = 1 + n % PER_BATCH;
        struct encoding *e = &w->e[slot];
        generate(e, n, w->o->source, w->o->seed, emulator_index(w->m));
        write_slot(s->code + SLOT * slot, e, CODE + SLOT * slot);
        for (unsigned i = 0; i < INPUTS; i++) generate_input(&s->in[slot * INPUTS + i], e, i, w->o->seed);
    }
}

static void note(struct worker *w, const struct encoding *e, unsigned i, unsigned row) {
    struct shared *s = qemu_memory(w->q);
    u64 at = (1 + e->number % PER_BATCH) * INPUTS + i;
    const struct input *in = &s->in[at];
    struct result *native = &s->out[at], emulated;
    struct account a;
    struct tally *t = w->t;
    emulator_run(w->m, e, in, &emulated, &a);
    if (e->row && qemu_errs(e->row)) correct(native, e, in);
    u32 wrong = compare(e, in, native, &emulated) | compare_account(e, native, &a);
    t->cases++;
    t->row_cases[row]++;
    if (native->how >= BY_SIGNAL) t->faults++, t->row_faults[row]++;
    if (!wrong) return;
    t->differences++;
    if (t->row_wrong[row]++ < PER_ROW && t->findings < FINDINGS)
        t->finding[t->findings++] = (struct finding){*e, *in, *native, emulated, a, i, wrong};
}

static void compare_batch(struct worker *w, u64 first, u64 end, u64 only) {
    emulator_code(w->m, qemu_memory(w->q)->code);
    for (u64 n = first; n < end; n++) {
        const struct encoding *e = &w->e[1 + n % PER_BATCH];
        unsigned row = row_number(e->row);
        w->t->encodings++;
        w->t->undefined += !e->row;
        if (e->skip) {
            w->t->skipped++;
            w->t->row_skip[row] = e->skip;
            continue;
        }
        for (unsigned i = 0; i < INPUTS; i++)
            if (only == ~(u64)0 || only == n * INPUTS + i) note(w, e, i, row);
    }
}

static int batch(struct worker *w, u64 first, u64 end, u64 only) {
    w->t->at = first;
    prepare(w, first, end);
    if (qemu_run(w->q)) {
        u64 at = qemu_memory(w->q)->at, slot = at / INPUTS;
        printf("FAIL: QEMU died or did not come back: case %llu\n",
               (unsigned long long)(first / PER_BATCH * PER_BATCH + slot - 1) * INPUTS + at % INPUTS);
        return 1;
    }
    compare_batch(w, first, end, only);
    if (!emulator_data_whole(w->m))
        printf("FAIL: DATA was written in the emulator outside of windows, encodings %llu to %llu\n", (unsigned long long)first,
               (unsigned long long)end);
    else if (!qemu_memory(w->q)->broken) return 0;
    printf("FAIL: DATA + %lx was written under QEMU by an encoding from %llu to %llu\n", qemu_memory(w->q)->broken - 1,
           (unsigned long long)first, (unsigned long long)end);
    return 1;
}

static int child(const struct options *o, struct tally *t, unsigned job) {
    static struct worker w;
    w = (struct worker){.o = o, .t = t, .m = emulator_create(o->source), .q = qemu_start(o->program, qemu_cpu(o->source))};
    if (!w.q) return 1;
    memory_values(qemu_memory(w.q)->data, DATA_SIZE);
    emulator_data(w.m, qemu_memory(w.q)->data);
    int bad = 0;
    u64 encodings = (o->cases + INPUTS - 1) / INPUTS;
    if (o->only != ~(u64)0) {
        bad = batch(&w, o->only / INPUTS, o->only / INPUTS + 1, o->only);
    } else {
        for (u64 first = job * (u64)PER_BATCH; first < encodings && !bad; first += o->jobs * (u64)PER_BATCH)
            bad = batch(&w, first, first + PER_BATCH < encodings ? first + PER_BATCH : encodings, o->only);
    }
    qemu_end(w.q);
    fflush(stdout);
    return bad;
}

static void add(struct tally *to, const struct tally *t) {
    to->encodings += t->encodings;
    to->undefined += t->undefined;
    to->skipped += t->skipped;
    to->cases += t->cases;
    to->differences += t->differences;
    to->faults += t->faults;
    for (unsigned i = 0; i < MAX_ROWS; i++) {
        to->row_cases[i] += t->row_cases[i];
        to->row_faults[i] += t->row_faults[i];
        to->row_wrong[i] += t->row_wrong[i];
        if (t->row_skip[i]) to->row_skip[i] = t->row_skip[i];
    }
}

typedef unsigned long long ull;

static int report(const struct options *o, const struct tally *tallies, const insn_index *ix, double took) {
    static struct tally sum;
    for (unsigned i = 0; i < o->jobs; i++) {
        add(&sum, &tallies[i]);
        for (unsigned f = 0; f < tallies[i].findings; f++) report_finding(&tallies[i].finding[f], o->seed, o->source, ix);
    }
    unsigned empty = o->only == ~(u64)0 && o->source != SWEEP ? report_rows(&sum, o->rows) : 0;
    printf("%llu encodings, %llu of them undefined, %llu not run natively\n", (ull)sum.encodings, (ull)sum.undefined,
           (ull)sum.skipped);
    printf("%llu cases compared (seed %llu), %llu differences, %llu faults; %.1f s, %.0f cases/s in %u processes\n",
           (ull)sum.cases, (ull)o->seed, (ull)sum.differences, (ull)sum.faults, took, (double)sum.cases / took, o->jobs);
    return sum.differences || empty || !sum.cases;
}

static int run_jobs(const struct options *o, struct tally *tallies) {
    int status, bad = 0;
    for (unsigned i = 0; i < o->jobs; i++)
        if (!fork()) _exit(child(o, &tallies[i], i));
    while (wait(&status) > 0) bad |= status;
    return bad;
}

static u64 number(const char *text) { return strtoull(text, NULL, 0); }

int main(int argc, char **argv) {
    struct options o = {.cases = 1000000,
                        .seed = 1,
                        .only = ~(u64)0,
                        .jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
                        .program = "build/host/isa-" ARCH "-native"};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--cases") && i + 1 < argc) o.cases = number(argv[++i]);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc) o.seed = number(argv[++i]);
        else if (!strcmp(argv[i], "--case") && i + 1 < argc) o.only = number(argv[++i]);
        else if (!strcmp(argv[i], "--jobs") && i + 1 < argc) o.jobs = (unsigned)number(argv[++i]);
        else if (!strcmp(argv[i], "--rows")) o.rows = true;
        else if (!strcmp(argv[i], "--sweep")) o.source = SWEEP, o.cases = (u64)SWEEP_SIZE * INPUTS;
        else if (!strcmp(argv[i], "--max")) o.source = ADDED;
        else if (!strcmp(argv[i], "--text") && i + 2 < argc) o.text = number(argv[++i]), o.binary = argv[++i];
        else {
            fprintf(stderr, "usage: %s [--sweep | --max] [--cases N] [--seed S] [--jobs N] [--case N] [--rows] [--text N FILE]\n",
                    argv[0]);
            return 2;
        }
    }
    if (o.jobs < 1 || o.jobs > MOST_JOBS) o.jobs = o.jobs ? MOST_JOBS : 1;
    if (o.only != ~(u64)0) o.jobs = 1;
    collect_rows(o.source);
    if (!row_count) return fprintf(stderr, "the largest model has no rows of its own\n"), 2;
    const insn_index *ix = emulator_index(emulator_create(o.source));
    if (o.text) return print_text(ix, o.text, o.seed, o.binary), 0;
    struct tally *tallies = mmap(NULL, o.jobs * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED) return 2;
    double start = seconds();
    int bad = run_jobs(&o, tallies);
    return report(&o, tallies, ix, seconds() - start) || bad;
}
