// SPDX-License-Identifier: MIT
#include "machine/repeat.h"

#include "machine/record.h"
#include "machine/rewind.h"

typedef unsigned long long ull;

// What a visit is as far as the guest goes, and where it leaves the machine.
struct visit {
    struct measure_pass counts; // `cycles` apart
    u64 instructions, now;      // of the whole run, at its end
    u64 written;                // rewind_hash
};

struct repeat {
    struct rewind *point;                // NULL: nothing is repeated just now
    struct measure at_begin, behind_one; // m->measure, at the point and behind the first time
    u64 done;                            // how often the visit has come to its end
    struct visit first;
    struct {
        u64 times, instructions, state_hash;
    } told[MEASURE_REGIONS];
    struct measure_cycles cycles[MEASURE_REGIONS];
};

void repeat_open(struct emu_machine *m) {
    const struct config_repeat *c = &m->config->repeat;
    if (!c->times) return;
    m->repeat = env_alloc(&m->own, sizeof *m->repeat);
    measure_repeat(m->measure, c->name);
}

static unsigned region(const struct emu_machine *m) { return (unsigned)(m->measure->repeat.region - m->measure->region); }

// The visit is not repeated any more; the run goes on from here, counted as behind the first time.
static void leave(struct emu_machine *m) {
    struct repeat *r = m->repeat;
    if (r->done) *m->measure = r->behind_one;
    m->measure->repeat.at = REPEAT_WAITS;
    r->point = NULL;
    rewind_forget(m);
    m->cpu.forget(m->cpu.cpu); // its blocks, too: they know the points of this visit only
    console_hold(m->console, false);
    console_mute(m->console, false);
}

// Without memory for a point no other region's will be asked for.
static void begin(struct emu_machine *m) {
    struct repeat *r = m->repeat;
    r->done = 0;
    if (rewind_mark(m, &r->point)) {
        m->measure->repeat.wanted = false;
        m->measure->repeat.at = REPEAT_WAITS;
        return;
    }
    console_hold(m->console, true);
    record_keep(m);
    measure_repeat_runs(m->measure);
    r->at_begin = *m->measure;
}

static void again(struct emu_machine *m) {
    struct repeat *r = m->repeat;
    m->measure->repeat.again = r->done > 1; // at first the processor has code that counts
    if (rewind_again(m)) {
        log_error(m->plat, "repeat: \"%s\" is repeated no further", m->measure->repeat.region->name);
        leave(m);
        return;
    }
    record_back(m);
    console_hold(m->console, true);
    console_mute(m->console, true);
    pace_start(&m->pace, m->config, m->plat, m->clock.now);
    *m->measure = r->at_begin;
    measure_repeat_pass(m->measure);
}

static struct visit look(struct emu_machine *m) {
    struct visit v = {
        .counts = m->measure->repeat.pass, .instructions = m->instructions, .now = m->clock.now, .written = rewind_hash(m)};
    v.counts.cycles = 0;
    return v;
}

static void differs(struct emu_machine *m, const char *what, u64 is, u64 was) {
    log_error(m->plat, "repeat: time %llu of \"%s\" is another run than the first: %s: %llu, and %llu the first time",
              (ull)m->repeat->done + 1, m->measure->repeat.region->name, what, (ull)is, (ull)was);
    leave(m);
    m->env.finish(m->env.finish_ctx, EMU_REPEAT_DIFFERS, 0);
}

// True: it is the first's.
static bool compare(struct emu_machine *m, const struct visit *is) {
    const struct visit *was = &m->repeat->first;
    const struct {
        const char *name;
        u64 is, was;
    } rows[] = {
        {"instructions of the visit", is->counts.instructions, was->counts.instructions},
        {"instructions in exceptions and interrupts", is->counts.apart, was->counts.apart},
        {"exceptions", is->counts.exceptions, was->counts.exceptions},
        {"interrupts", is->counts.interrupts, was->counts.interrupts},
        {"virtual ns", is->counts.virtual_ns, was->counts.virtual_ns},
        {"instructions of the run", is->instructions, was->instructions},
        {"ns of the run", is->now, was->now},
        {"state (a hash of what may have changed)", is->written, was->written},
    };
    for (unsigned i = 0; i < countof(rows); i++)
        if (rows[i].is != rows[i].was) {
            differs(m, rows[i].name, rows[i].is, rows[i].was);
            return false;
        }
    return true;
}

static void ended(struct emu_machine *m) {
    struct repeat *r = m->repeat;
    struct visit v = look(m);
    unsigned at = region(m);
    if (r->done) m->again += v.counts.instructions + v.counts.apart;
    if (!r->done) {
        r->first = v;
        r->behind_one = *m->measure;
        r->told[at].instructions = v.counts.instructions;
        r->told[at].state_hash = state_hash(&m->state);
    } else {
        if (!compare(m, &v)) return;
        measure_note_cycles(&r->cycles[at], m->measure->repeat.pass.cycles);
        r->told[at].times = r->done;
    }
    if (r->done++ == m->config->repeat.times) leave(m);
    else again(m);
}

static void lost(struct emu_machine *m) {
    log_warn(m->plat, "repeat: the first visit of \"%s\" does not end: it is not repeated", m->measure->repeat.region->name);
    leave(m);
}

void repeat_step(struct emu_machine *m) {
    struct repeat *r = m->repeat;
    if (!r) return;
    switch (m->measure->repeat.at) {
    case REPEAT_WAITS: break;
    case REPEAT_BEGINS: begin(m); break;
    case REPEAT_RUNS:
        if (r->done && m->instructions > r->first.instructions)
            differs(m, "instructions of the run", m->instructions, r->first.instructions);
        break;
    case REPEAT_ENDED: ended(m); break;
    case REPEAT_LOST: lost(m); break;
    }
}

u64 repeat_stop(const struct emu_machine *m) {
    const struct repeat *r = m->repeat;
    return r && r->point && r->done ? r->first.instructions + 1 : ~(u64)0;
}

void repeat_abandon(struct emu_machine *m) {
    struct repeat *r = m->repeat;
    if (!r || !r->point) return;
    const char *name = m->measure->repeat.region->name;
    if (!r->done || m->reason == EMU_STOPPED) {
        log_warn(m->plat, "repeat: the run left \"%s\" before the visit had come to its end %s", name,
                 r->done ? "often enough" : "once");
    } else {
        log_error(m->plat, "repeat: time %llu of \"%s\" is another run than the first: it ends otherwise (%s)", (ull)r->done + 1,
                  name, emu_reason_name(m->reason));
        m->reason = EMU_REPEAT_DIFFERS;
    }
    leave(m);
}

struct repeat_told repeat_tell(const struct emu_machine *m, unsigned i) {
    const struct repeat *r = m->repeat;
    if (!r) return (struct repeat_told){0};
    return (struct repeat_told){r->told[i].times, r->told[i].instructions, r->told[i].state_hash, &r->cycles[i]};
}
