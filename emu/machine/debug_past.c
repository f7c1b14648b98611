// SPDX-License-Identifier: MIT
#include "machine/debug_parts.h"

#include "machine/rewind.h"

static struct past *past_of(const struct emu_machine *m) { return &m->debug->past; }

// What comes from outside at instants that are not ours, or goes to where it cannot be taken back from.
const char *past_why_not(const struct emu_machine *m) {
    const struct emu_config *c = m->config;
    if (c->clock == CLOCK_HOST) return "clock = host";
    if (c->pace == PACE_REAL) return "pace = real";
    if (m->inputs.record) return "record";
    if (m->inputs.replay.data) return "replay";
    if (m->inputs.snapshot) return "snapshot";
    if (m->measure) return "measure";
    return NULL;
}

// ---- what was typed

static void on_typed(void *ctx, u8 byte) {
    struct emu_machine *m = ctx;
    struct past *p = past_of(m);
    if (!p->kept) return;
    p->full |= p->typed_n == PAST_TYPED;
    if (p->full) return;
    p->typed[p->typed_n].count = m->instructions;
    p->typed[p->typed_n].now = m->clock.now;
    p->typed[p->typed_n++].byte = byte;
    p->typed_at = p->typed_n;
}

static bool is_due(const struct emu_machine *m, const struct past *p) {
    if (p->typed_at == p->typed_n) return false;
    u64 count = p->typed[p->typed_at].count;
    return count < m->instructions || (count == m->instructions && p->typed[p->typed_at].now <= m->clock.now);
}

// Behind the frontier, the way that was gone already is gone again: nobody types, and nothing is shown twice.
static void set_console(struct emu_machine *m) {
    struct past *p = past_of(m);
    bool again = p->kept && (m->instructions < p->frontier || p->typed_at < p->typed_n);
    if (!m->inputs.replay.data) console_replays(m->console, again);
    console_mute(m->console, again);
}

void debug_type(struct emu_machine *m) {
    if (!m->debug || !past_of(m)->kept) return;
    struct past *p = past_of(m);
    for (; is_due(m, p); p->typed_at++) console_type(m->console, &p->typed[p->typed_at].byte, 1);
    set_console(m);
}

// ---- points

static u64 next_after(const struct emu_machine *m, u64 count) {
    u64 first = m->engine == ENGINE_TRANSLATE ? PAST_FIRST_TRANSLATED : PAST_FIRST_INTERPRETED;
    u64 far = (count - past_of(m)->base) / PAST_SHARE;
    return count + (far > first ? far : first);
}

static void forget_oldest(struct emu_machine *m) {
    struct past *p = past_of(m);
    rewind_drop_oldest(m);
    for (unsigned i = 1; i < p->points; i++) p->point[i - 1] = p->point[i];
    p->points--;
}

static bool mark(struct emu_machine *m) {
    struct past *p = past_of(m);
    struct rewind *r;
    u64 room = m->inputs.gdb->room, most = room && room < PAST_BYTES ? room : PAST_BYTES;
    while (p->points > 1 && (p->points == PAST_POINTS || rewind_bytes(m) > most)) forget_oldest(m);
    if (rewind_mark(m, &r)) return false;
    p->point[p->points].at = r;
    p->point[p->points++].count = m->instructions;
    p->next = next_after(m, m->instructions);
    return true;
}

void past_begin(struct emu_machine *m) {
    struct past *p = past_of(m);
    past_end(m);
    if (past_why_not(m)) {
        m->cpu.forget(m->cpu.cpu); // what a debugger has written is seen
        return;
    }
    p->base = p->frontier = m->instructions;
    console_on_typed(m->console, on_typed, m);
    p->kept = mark(m);
    if (!p->kept) m->cpu.forget(m->cpu.cpu);
}

void past_end(struct emu_machine *m) {
    struct past *p = past_of(m);
    if (p->kept) console_on_typed(m->console, NULL, NULL);
    rewind_forget(m);
    p->points = p->typed_n = p->typed_at = 0;
    p->kept = p->full = false;
    set_console(m);
}

void past_look(struct emu_machine *m) {
    struct past *p = past_of(m);
    if (!p->kept) return;
    if (m->instructions > p->frontier) p->frontier = m->instructions;
    if (p->full || !rewind_is_whole(m)) past_begin(m);
    else if (m->instructions >= p->next && !m->done && !mark(m)) past_end(m);
}

u64 past_next(const struct emu_machine *m) {
    const struct past *p = past_of(m);
    u64 next = ~(u64)0;
    if (!p->kept) return next;
    if (p->next > m->instructions) next = p->next;
    if (p->typed_at < p->typed_n && p->typed[p->typed_at].count > m->instructions && p->typed[p->typed_at].count < next)
        next = p->typed[p->typed_at].count;
    if (p->frontier > m->instructions && p->frontier < next) next = p->frontier;
    return next;
}

int past_point(const struct past *p, u64 count) {
    int i = (int)p->points - 1;
    while (i >= 0 && p->point[i].count > count) i--;
    return i;
}

bool past_go(struct emu_machine *m, int point) {
    struct past *p = past_of(m);
    if (rewind_to(m, p->point[point].at)) {
        past_end(m);
        return false;
    }
    p->points = (unsigned)point + 1;
    p->next = next_after(m, m->instructions);
    p->typed_at = 0;
    while (p->typed_at < p->typed_n && p->typed[p->typed_at].count < m->instructions) p->typed_at++;
    set_console(m);
    return true;
}
