// SPDX-License-Identifier: MIT
// Options, processes, counters. The cases are run by children without system calls; each shares its tally with its parent.
#define _GNU_SOURCE // MAP_ANONYMOUS
#include "base/le.h"
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_JOBS = 64, HANGS = 30 }; // HANGS: seconds of a child's processor time without progress

struct options {
    u64 cases, seed, only; // only: this case alone, ~0: all
    u64 every;             // of the groups only each so manyth
    unsigned jobs;
    bool rows, sweep;
};

struct job {
    pid_t pid;
    int status;
    bool over;
    u64 index;
    double since; // when it was there first
};

static struct tally *tallies;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Processor time of the children that are over.
static double spent(void) {
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void fill_memory(struct rig *rig) {
    struct rng g = {.s = 1};
    memory_values(rig->memory, DATA_SIZE, &g);
    memcpy((void *)DATA, rig->memory, DATA_SIZE);
    memcpy(guest_data(rig->guest), rig->memory, DATA_SIZE);
    memcpy(guest_data(rig->translating), rig->memory, DATA_SIZE);
    mprotect((void *)(DATA + DATA_WRITABLE), DATA_SIZE - DATA_WRITABLE, PROT_READ);
}

[[noreturn]] static void child(const struct options *o, unsigned job) {
    static struct rig rig;
    rig.guest = guest_create(false);
    rig.translating = guest_create(true);
    rig.ix = guest_cpu(rig.guest)->index;
    rig.tally = &tallies[job];
    rig.seed = o->seed;
    rig.sweep = o->sweep;
    const char *why = native_prepare();
    if (why) {
        if (!job) printf("SKIP isa/silicon: %s\n", why);
        fflush(stdout);
        _exit(77);
    }
    fill_memory(&rig);
    guest_exit_page(rig.guest, native_exit);
    guest_exit_page(rig.translating, native_exit);
    native_seal();
    if (o->only != ~(u64)0) {
        run_group(&rig, o->only, o->only + 1);
    } else {
        u64 stride = o->every * GROUP;
        for (u64 first = job * stride; first < o->cases; first += o->jobs * stride) run_group(&rig, first, first + GROUP);
    }
    syscall(SYS_exit, 0);
    __builtin_unreachable();
}

// Processor time of a child that runs, so that a loaded machine is not taken for a case that hangs: without system calls, what
// hangs takes processor time.
static double used(pid_t pid) {
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t)) return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// A case that never comes back is ended, and told.
static void watch(struct job *j, const struct tally *t) {
    if (waitpid(j->pid, &j->status, WNOHANG) == j->pid) {
        j->over = true;
    } else if (t->index != j->index) {
        j->index = t->index;
        j->since = used(j->pid);
    } else if (used(j->pid) - j->since > HANGS) {
        kill(j->pid, SIGKILL);
        waitpid(j->pid, &j->status, 0);
        j->over = true;
    }
}

static void run_jobs(const struct options *o, struct job *jobs) {
    unsigned over = 0;
    for (unsigned i = 0; i < o->jobs; i++) {
        jobs[i] = (struct job){0};
        jobs[i].pid = fork();
        if (!jobs[i].pid) child(o, i);
    }
    while (over < o->jobs) {
        usleep(20000);
        over = 0;
        for (unsigned i = 0; i < o->jobs; i++) {
            if (!jobs[i].over) watch(&jobs[i], &tallies[i]);
            over += jobs[i].over;
        }
    }
}

static void add(struct tally *to, const struct tally *t) {
    to->cases += t->cases;
    to->encodings += t->encodings;
    to->undefined += t->undefined;
    to->differences += t->differences;
    to->beyond += t->beyond;
    to->refused += t->refused;
    to->faults += t->faults;
    to->steps += t->steps;
    to->translated += t->translated;
    for (unsigned i = 0; i < row_count; i++) {
        to->row_cases[i] += t->row_cases[i];
        to->row_faults[i] += t->row_faults[i];
        to->row_wrong[i] += t->row_wrong[i];
    }
}

typedef unsigned long long ull;

static int report(const struct options *o, const struct job *jobs, double took) {
    static struct tally sum;
    unsigned died = 0, shown = 0;
    for (unsigned i = 0; i < o->jobs; i++) {
        const struct tally *t = &tallies[i];
        add(&sum, t);
        for (unsigned f = 0; f < t->findings && shown < FINDINGS; f++, shown++) report_finding(&t->finding[f], o->seed);
    }
    unsigned empty = o->only == ~(u64)0 && !o->sweep ? report_rows(&sum, o->rows) : 0;
    printf("%llu encodings, %llu of them undefined in both; %llu more beyond the model\n", (ull)sum.encodings, (ull)sum.undefined,
           (ull)sum.beyond);
    printf("%llu instructions of translated code, compared with the interpreter's\n", (ull)sum.translated);
    printf("%llu cases compared (seed %llu), %llu differences; %llu faults, %llu steps, %llu not run natively; "
           "%.1f s, %.0f cases/s in %u processes, %.0f per second of processor time\n",
           (ull)sum.cases, (ull)o->seed, (ull)sum.differences, (ull)sum.faults, (ull)sum.steps, (ull)sum.refused, took,
           (double)sum.cases / took, o->jobs, (double)sum.cases / spent());
    for (unsigned i = 0; i < o->jobs; i++) {
        if (WIFEXITED(jobs[i].status) && !WEXITSTATUS(jobs[i].status)) continue;
        printf("a child died (status %x) at case %llu\n", jobs[i].status, (ull)tallies[i].index);
        died++;
    }
    return died || sum.differences || empty;
}

static u64 number(const char *text) { return strtoull(text, NULL, 0); }

int main(int argc, char **argv) {
    static struct job jobs[MOST_JOBS];
    struct options o = {
        .cases = 1000000, .seed = 1, .only = ~(u64)0, .every = 1, .jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN)};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--cases") && i + 1 < argc) o.cases = number(argv[++i]);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc) o.seed = number(argv[++i]);
        else if (!strcmp(argv[i], "--every") && i + 1 < argc) o.every = number(argv[++i]);
        else if (!strcmp(argv[i], "--case") && i + 1 < argc) o.only = number(argv[++i]), o.jobs = 1;
        else if (!strcmp(argv[i], "--jobs") && i + 1 < argc) o.jobs = (unsigned)number(argv[++i]);
        else if (!strcmp(argv[i], "--rows")) o.rows = true;
        else if (!strcmp(argv[i], "--sweep")) o.sweep = true, o.cases = sweep_size() * GROUP;
        else {
            fprintf(stderr, "usage: %s [--sweep [--every N]] [--cases N] [--seed S] [--jobs N] [--case N] [--rows]\n", argv[0]);
            return 2;
        }
    }
    if (o.jobs < 1 || o.jobs > MOST_JOBS) o.jobs = o.jobs ? MOST_JOBS : 1;
    if (o.only != ~(u64)0) o.jobs = 1;
    if (!o.every) o.every = 1;
    collect_rows();
    tallies = mmap(NULL, o.jobs * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED) return 2;
    double start = seconds();
    run_jobs(&o, jobs);
    if (WIFEXITED(jobs[0].status) && WEXITSTATUS(jobs[0].status) == 77) return 77;
    return report(&o, jobs, seconds() - start);
}
