// SPDX-License-Identifier: MIT
#include "machine/measure.h"

#include "core/text.h"
#include "cpu/measure.h"
#include "loader/symbol.h"
#include "machine/model.h"
#include "machine/repeat.h"

typedef unsigned long long ull;

static int address_of(const struct emu_inputs *in, const char *name, u64 *at) {
    const struct span kernel = {.name = in->kernel.name, .data = in->kernel.data, .size = in->kernel.size};
    return in->kernel.data ? elf_symbol(&kernel, name, at) : ERR_NOT_FOUND;
}

int measure_check(const struct emu_config *c, const struct emu_inputs *in, struct plat *p) {
    for (unsigned i = 0; i < c->measures; i++) {
        const char *name = c->measure[i].name;
        u64 at;
        int err = c->measure[i].kind == MEASURE_SYMBOL ? address_of(in, name, &at) : 0;
        if (!err) continue;
        log_error(p, "measure: there is %s function \"%s\" in the symbol table of %s; right is marks, 0xBEGIN-0xEND, or %s",
                  err == ERR_INVALID ? "more than one" : "no", name, in->kernel.data ? in->kernel.name : "the kernel",
                  err == ERR_INVALID ? "the name of one" : "a function of a kernel that is an ELF file with symbols");
        return err;
    }
    return 0;
}

int measure_open(struct emu_machine *m) {
    const struct emu_config *c = m->config;
    if (!c->measures) return 0;
    struct measure *k = m->measure = env_alloc(&m->own, sizeof *k);
    k->plat = m->plat;
    k->one_by_one = !c->measure_cycles;
    k->clocked = c->measure_cycles;
    if (c->measure_cycles) k->cycles = env_alloc(&m->own, MEASURE_REGIONS * sizeof *k->cycles);
    if (c->measure_visits) {
        k->told = env_try_alloc(&m->own, c->measure_visits * sizeof *k->told);
        k->told_most = c->measure_visits;
    }
    if (c->measure_visits && !k->told) {
        log_error(m->plat, "measure_visits: there is no memory for %llu visits; right is fewer", (ull)c->measure_visits);
        return ERR_NO_MEMORY;
    }
    for (unsigned i = 0; i < c->measures; i++) {
        const struct config_measure *what = &c->measure[i];
        u64 at = 0;
        if (what->kind == MEASURE_MARKS) k->marks = true;
        else if (what->kind == MEASURE_RANGE) measure_range(k, what->name, what->begin, what->end);
        else if (!address_of(&m->inputs, what->name, &at)) measure_function(k, what->name, at);
    }
    return model_open(m);
}

void measure_restart(struct emu_machine *m) {
    if (!m->measure) return;
    measure_abandon(m->measure);
    measure_model_forget(m->measure);
}

static unsigned open_visits(const struct measure *k, const struct measure_region *r) {
    unsigned n = 0;
    for (unsigned i = 0; i < k->visits; i++) n += k->visit[i].region == r && !k->visit[i].again;
    return n;
}

// ---- for machines

static void say_counts(struct text *t, const struct measure_counts *n) {
    text_say(t, ",\"integer\":%llu,\"branch_taken\":%llu,\"branch_not_taken\":%llu,\"fp\":%llu,\"vector\":%llu,\"system\":%llu",
             (ull)n->class[INSN_INTEGER], (ull)n->taken, (ull)(n->class[INSN_BRANCH] - n->taken), (ull)n->class[INSN_FP],
             (ull)n->class[INSN_VECTOR], (ull)n->class[INSN_SYSTEM]);
    text_say(t, ",\"loads\":%llu,\"stores\":%llu,\"reads\":%llu,\"bytes_read\":%llu,\"writes\":%llu,\"bytes_written\":%llu",
             (ull)n->loads, (ull)n->stores, (ull)n->reads, (ull)n->bytes_read, (ull)n->writes, (ull)n->bytes_written);
}

// What they are of stands before each: "host" or "repeat".
static void say_cycles(struct text *t, const char *of, const struct measure_cycles *y) {
    text_say(t, ",\"%s_cycles\":%llu,\"%s_cycles_least\":%llu,\"%s_cycles_median\":%llu", of, (ull)y->sum, of, (ull)y->least, of,
             (ull)measure_quantile(y, 50));
    text_say(t, ",\"%s_cycles_p99\":%llu,\"%s_cycles_most\":%llu", of, (ull)measure_quantile(y, 99), of, (ull)y->most);
}

static void say_repeats(struct text *t, const struct repeat_told *r) {
    text_say(t, ",\"repeats\":%llu,\"repeat_instructions\":%llu,\"repeat_state_hash\":\"%016llx\"", (ull)r->times,
             (ull)r->instructions, (ull)r->state_hash);
    say_cycles(t, "repeat", r->cycles);
}

static const struct measure_cycles *cycles_of(const struct measure *k, const struct measure_region *r) {
    return k->cycles ? &k->cycles[r - k->region] : NULL;
}

static void record(struct emu_machine *m, const struct measure_region *r) {
    const struct measure *k = m->measure;
    char line[2500];
    struct text t = {line, sizeof line};
    text_say(&t, "{\"softmetal\":\"region\",\"name\":\"%s\",\"visits\":%llu,\"open\":%u,\"instructions\":%llu", r->name,
             (ull)r->visits, open_visits(k, r), (ull)r->own.instructions);
    if (r->visits) text_say(&t, ",\"least\":%llu,\"most\":%llu", (ull)r->least, (ull)r->most);
    if (k->one_by_one) say_counts(&t, &r->own);
    if (k->model) model_say(&t, &r->own);
    text_say(&t, ",\"exceptions\":%llu,\"interrupts\":%llu,\"apart\":%llu,\"virtual_ns\":%llu", (ull)r->exceptions,
             (ull)r->interrupts, (ull)r->apart, (ull)r->virtual_ns);
    if (k->cycles && r->visits) say_cycles(&t, "host", cycles_of(k, r));
    const struct repeat_told again = repeat_tell(m, (unsigned)(r - k->region));
    if (again.times) say_repeats(&t, &again);
    if (r->values)
        text_say(&t, ",\"values\":%llu,\"value_least\":%llu,\"value_most\":%llu,\"value_last\":%llu", (ull)r->values,
                 (ull)r->value_least, (ull)r->value_most, (ull)r->value_last);
    text_say(&t, "}");
    m->plat->record(m->plat, line);
}

// ---- for people

static void log_counts(struct plat *p, const struct measure_counts *n) {
    log_info(p, "  integer %llu, branches %llu (%llu taken), fp %llu, vector %llu, system %llu", (ull)n->class[INSN_INTEGER],
             (ull)n->class[INSN_BRANCH], (ull)n->taken, (ull)n->class[INSN_FP], (ull)n->class[INSN_VECTOR],
             (ull)n->class[INSN_SYSTEM]);
    log_info(p, "  %llu of them load (%llu bytes in %llu accesses), %llu store (%llu in %llu)", (ull)n->loads, (ull)n->bytes_read,
             (ull)n->reads, (ull)n->stores, (ull)n->bytes_written, (ull)n->writes);
}

// Of so many instructions in all.
static void log_cycles(struct plat *p, u64 instructions, const struct measure_cycles *y) {
    u64 tenths = instructions ? (u64)((u128)y->sum * 10 / instructions) : 0;
    log_info(p, "  host cycles: least %llu, median %llu, p99 %llu, most %llu; %llu.%llu for each guest instruction",
             (ull)y->least, (ull)measure_quantile(y, 50), (ull)measure_quantile(y, 99), (ull)y->most, (ull)(tenths / 10),
             (ull)(tenths % 10));
}

static void log_repeats(struct plat *p, const struct repeat_told *r) {
    log_info(p, "  its first visit, %llu instructions, repeated %llu times, always to the state %016llx:", (ull)r->instructions,
             (ull)r->times, (ull)r->state_hash);
    log_cycles(p, r->instructions * r->times, r->cycles);
}

static void log_region(struct emu_machine *m, const struct measure_region *r) {
    const struct measure *k = m->measure;
    const struct repeat_told again = repeat_tell(m, (unsigned)(r - k->region));
    struct plat *p = m->plat;
    log_info(p, "%-20s %10llu %14llu %12llu %12llu %10llu %10llu %14llu %14llu", r->name, (ull)r->visits,
             (ull)r->own.instructions, (ull)(r->visits ? r->least : 0), (ull)r->most, (ull)r->exceptions, (ull)r->interrupts,
             (ull)r->apart, (ull)r->virtual_ns);
    if (!r->visits) return;
    if (k->one_by_one) log_counts(p, &r->own);
    if (k->model) model_log(p, &r->own);
    if (k->cycles) log_cycles(p, r->own.instructions, cycles_of(k, r));
    if (again.times) log_repeats(p, &again);
}

// After the run, since a line takes its time on a serial port.
static void record_visits(struct emu_machine *m) {
    const struct measure *k = m->measure;
    char line[300];
    if (!k->told) return;
    for (u64 i = 0; i < k->told_all && i < k->told_most; i++) {
        const struct measure_told *t = &k->told[i];
        struct text to = {line, sizeof line};
        text_say(
            &to,
            "{\"softmetal\":\"visit\",\"region\":\"%s\",\"began_ns\":%llu,\"virtual_ns\":%llu,\"instructions\":%llu,\"apart\":%llu",
            k->region[t->region].name, (ull)t->began, (ull)t->virtual_ns, (ull)t->instructions, (ull)t->apart);
        if (k->cycles) text_say(&to, ",\"host_cycles\":%llu", (ull)t->cycles);
        text_say(&to, "}");
        m->plat->record(m->plat, line);
    }
    if (k->told_all > k->told_most)
        log_warn(m->plat, "measure_visits: the first %llu of %llu visits have a line each", (ull)k->told_most, (ull)k->told_all);
}

void measure_tell(struct emu_machine *m) {
    const struct measure *k = m->measure;
    if (!k) return;
    if (!k->regions) log_warn(m->plat, "measure: the guest has come to nothing that is measured");
    else
        log_info(m->plat, "%-20s %10s %14s %12s %12s %10s %10s %14s %14s", "region", "visits", "instructions", "least", "most",
                 "exceptions", "interrupts", "insns in these", "virtual ns");
    for (unsigned i = 0; i < k->regions; i++) log_region(m, &k->region[i]);
    for (unsigned i = 0; i < k->regions; i++) record(m, &k->region[i]);
    record_visits(m);
    model_tell(m);
}
