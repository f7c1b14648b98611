// SPDX-License-Identifier: MIT
#include "machine/measure.h"

#include "core/text.h"
#include "cpu/measure.h"

typedef unsigned long long ull;

int measure_open(struct emu_machine *m) {
    const struct emu_config *c = m->config;
    if (!c->measures) return 0;
    m->measure = env_alloc(&m->own, sizeof *m->measure);
    m->measure->plat = m->plat;
    for (unsigned i = 0; i < c->measures; i++)
        if (c->measure[i].kind == MEASURE_MARKS) m->measure->marks = true;
    return 0;
}

void measure_restart(struct emu_machine *m) {
    if (m->measure) measure_abandon(m->measure);
}

static unsigned open_visits(const struct measure *k, const struct measure_region *r) {
    unsigned n = 0;
    for (unsigned i = 0; i < k->visits; i++) n += k->visit[i].region == r && !k->visit[i].again;
    return n;
}

static void record(struct emu_machine *m, const struct measure_region *r) {
    char line[1000];
    struct text t = {line, sizeof line};
    text_say(&t, "{\"softmetal\":\"region\",\"name\":\"%s\",\"visits\":%llu,\"open\":%u,\"instructions\":%llu", r->name,
             (ull)r->visits, open_visits(m->measure, r), (ull)r->own.instructions);
    if (r->visits) text_say(&t, ",\"least\":%llu,\"most\":%llu", (ull)r->least, (ull)r->most);
    text_say(&t, ",\"exceptions\":%llu,\"interrupts\":%llu,\"apart\":%llu,\"virtual_ns\":%llu", (ull)r->exceptions,
             (ull)r->interrupts, (ull)r->apart.instructions, (ull)r->virtual_ns);
    if (r->values)
        text_say(&t, ",\"values\":%llu,\"value_least\":%llu,\"value_most\":%llu,\"value_last\":%llu", (ull)r->values,
                 (ull)r->value_least, (ull)r->value_most, (ull)r->value_last);
    text_say(&t, "}");
    m->plat->record(m->plat, line);
}

void measure_tell(struct emu_machine *m) {
    const struct measure *k = m->measure;
    if (!k) return;
    if (!k->regions) log_warn(m->plat, "measure: the guest has executed no mark");
    else
        log_info(m->plat, "%-20s %10s %14s %14s %10s %10s %14s %14s", "region", "visits", "instructions", "per visit",
                 "exceptions", "interrupts", "insns in these", "virtual ns");
    for (unsigned i = 0; i < k->regions; i++) {
        const struct measure_region *r = &k->region[i];
        log_info(m->plat, "%-20s %10llu %14llu %14llu %10llu %10llu %14llu %14llu", r->name, (ull)r->visits,
                 (ull)r->own.instructions, (ull)(r->visits ? r->own.instructions / r->visits : 0), (ull)r->exceptions,
                 (ull)r->interrupts, (ull)r->apart.instructions, (ull)r->virtual_ns);
        record(m, r);
    }
}
