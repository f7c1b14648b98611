// SPDX-License-Identifier: MIT
#include "machine/snapshot.h"

#include "base/bits.h"
#include "cpu/measure.h"

#include <string.h>

#define RUN_PAGES 256 // of RAM, that are written or read at once

static const u8 magic[16] = "softmetal snap\n";
static const u8 zero_page[PAGE_SIZE];

typedef unsigned long long ull;

struct saved_run {
    u64 now, instructions, slept, seed;
    u64 events; // on the clock
};

struct saved_event {
    u64 order, when;
};

// ---- saving

static int save_identity(const struct emu_machine *m, struct emu_stream *to) {
    char text[IDENTITY_TEXT];
    const char *name;
    int err = 0;
    for (unsigned i = 0; !err && identity_say(m, i, &name, text); i++) err = to->write(to, text, sizeof text);
    return err;
}

static int save_run(const struct emu_machine *m, struct emu_stream *to) {
    struct saved_run r = {.now = m->clock.now, .instructions = m->instructions, .slept = m->slept, .seed = m->seed};
    for (const struct event *e = m->clock.head; e; e = e->next) r.events++;
    int err = to->write(to, &r, sizeof r);
    for (const struct event *e = m->clock.head; !err && e; e = e->next) {
        struct saved_event s = {.order = e->order, .when = e->when};
        err = to->write(to, &s, sizeof s);
    }
    return err;
}

static int save_parts(const struct state_set *s, struct emu_stream *to) {
    int err = 0;
    for (unsigned i = 0; !err && i < s->parts; i++) {
        const struct state_part *p = &s->part[i];
        if (p->bytes) err = to->write(to, p->bytes, p->length);
        else if (p->save) err = p->save(p->ctx, to);
    }
    return err;
}

static bool is_zero(const u8 *ram, u64 page) { return !memcmp(ram + page * PAGE_SIZE, zero_page, PAGE_SIZE); }

// Each run behind its first page and how many there are; none, behind the last page of all, ends them.
static int save_ram(const struct emu_machine *m, struct emu_stream *to) {
    u64 pages = m->ram_size / PAGE_SIZE;
    int err = 0;
    for (u64 at = 0, run[2]; !err && at < pages; at += run[1]) {
        while (at < pages && is_zero(m->ram, at)) at++;
        run[0] = at, run[1] = 0;
        while (run[1] < RUN_PAGES && at + run[1] < pages && !is_zero(m->ram, at + run[1])) run[1]++;
        if (!run[1]) break;
        err = to->write(to, run, sizeof run);
        if (!err) err = to->write(to, m->ram + at * PAGE_SIZE, run[1] * PAGE_SIZE);
    }
    const u64 end[2] = {pages, 0};
    return err ? err : to->write(to, end, sizeof end);
}

int snapshot_save_registers(struct emu_machine *m, struct emu_stream *to) {
    int err = save_run(m, to);
    if (!err) err = console_save(m->console, to);
    if (!err) err = save_parts(&m->state, to);
    return err;
}

int snapshot_save(struct emu_machine *m, struct emu_stream *to) {
    u64 hash = state_hash(&m->state);
    int err = to->write(to, magic, sizeof magic);
    if (!err) err = save_identity(m, to);
    if (!err) err = snapshot_save_registers(m, to);
    if (!err) err = save_ram(m, to);
    if (!err) err = to->write(to, &hash, sizeof hash);
    m->cpu.forget(m->cpu.cpu);
    return err;
}

// ---- restoring

static int load_identity(const struct emu_machine *m, struct emu_stream *from) {
    char has[IDENTITY_TEXT], saved[IDENTITY_TEXT];
    const char *name;
    int err, differs = 0;
    for (unsigned i = 0; identity_say(m, i, &name, has); i++) {
        if ((err = from->read(from, saved, sizeof saved))) return err;
        if (!memcmp(has, saved, sizeof has)) continue;
        saved[sizeof saved - 1] = 0;
        for (char *p = saved; *p; p++)
            if (*p < ' ' || *p > '~') *p = '?';
        log_error(m->plat, "restore: %s: %s: it was made with %s, and this is %s", from->name, name, saved, has);
        differs = ERR_INVALID;
        if (!i) break; // another version, whose rows may be others
    }
    return differs;
}

static struct event *event_of(struct vclock *c, u64 order) {
    for (struct event *e = clock_events(c); e; e = e->made)
        if (e->order == order) return e;
    return NULL;
}

static int load_run(struct emu_machine *m, struct emu_stream *from) {
    struct saved_run r;
    struct vclock *c = &m->clock;
    int err = from->read(from, &r, sizeof r);
    if (err) return err;
    if (r.now >= CLOCK_END || r.instructions > r.now || r.slept >= CLOCK_END || r.events > c->events) return ERR_CORRUPT;
    while (c->head) event_cancel(c, c->head);
    c->now = r.now;
    m->instructions = r.instructions;
    m->slept = r.slept;
    m->seed = r.seed;
    for (u64 i = 0; i < r.events; i++) {
        struct saved_event s;
        if ((err = from->read(from, &s, sizeof s))) return err;
        struct event *e = event_of(c, s.order);
        if (!e || e->queued || s.when < c->now) return ERR_CORRUPT;
        event_at(c, e, s.when);
    }
    return 0;
}

static int load_parts(struct emu_machine *m, struct emu_stream *from, const char **wrong) {
    struct state_set *s = &m->state;
    int err = 0;
    for (unsigned i = 0; i < s->parts; i++)
        if (s->part[i].leave) s->part[i].leave(s->part[i].ctx);
    for (unsigned i = 0; !err && i < s->parts; i++) {
        const struct state_part *p = &s->part[i];
        *wrong = p->name;
        if (p->bytes) err = from->read(from, p->bytes, p->length);
        else if (p->load) err = p->load(p->ctx, from);
    }
    return err;
}

static int enter_parts(struct emu_machine *m, const char **wrong) {
    for (unsigned i = 0; i < m->state.parts; i++) {
        const struct state_part *p = &m->state.part[i];
        *wrong = p->name;
        if (p->enter && !p->enter(p->ctx)) return ERR_CORRUPT;
    }
    return 0;
}

static void zero(struct emu_machine *m, u64 first, u64 end) {
    for (u64 i = first; i < end; i++)
        if (!is_zero(m->ram, i)) memset(m->ram + i * PAGE_SIZE, 0, PAGE_SIZE);
}

static int load_ram(struct emu_machine *m, struct emu_stream *from) {
    u64 pages = m->ram_size / PAGE_SIZE, at = 0, run[2];
    for (;;) {
        int err = from->read(from, run, sizeof run);
        if (err) return err;
        if (run[0] < at || run[0] > pages || run[1] > RUN_PAGES || run[1] > pages - run[0]) return ERR_CORRUPT;
        zero(m, at, run[0]);
        if (!run[1]) return run[0] == pages ? 0 : ERR_CORRUPT;
        err = from->read(from, m->ram + run[0] * PAGE_SIZE, run[1] * PAGE_SIZE);
        if (err) return err;
        at = run[0] + run[1];
    }
}

static int load_magic(const struct emu_machine *m, struct emu_stream *from) {
    u8 is[sizeof magic];
    int err = from->read(from, is, sizeof is);
    if (err || !memcmp(is, magic, sizeof is)) return err;
    log_error(m->plat, "restore: %s is no snapshot of softmetal's; right is a file that snapshot = has made", from->name);
    return ERR_UNSUPPORTED;
}

static int load_registers(struct emu_machine *m, struct emu_stream *from, const char **wrong) {
    int err = load_run(m, from);
    *wrong = "console";
    if (!err) err = console_load(m->console, from);
    return err ? err : load_parts(m, from, wrong);
}

static int load_all(struct emu_machine *m, struct emu_stream *from, const char **wrong) {
    int err = load_registers(m, from, wrong);
    if (err) return err;
    *wrong = "RAM";
    err = load_ram(m, from);
    return err ? err : enter_parts(m, wrong);
}

int snapshot_load_registers(struct emu_machine *m, struct emu_stream *from) {
    const char *wrong;
    int err = load_registers(m, from, &wrong);
    return err ? err : enter_parts(m, &wrong);
}

static int check_hash(struct emu_machine *m, struct emu_stream *from) {
    u64 saved, hash = state_hash(&m->state);
    int err = from->read(from, &saved, sizeof saved);
    if (err || saved == hash) return err;
    log_error(m->plat, "restore: %s is damaged: its state hash is %016llx, and that of what it holds %016llx", from->name,
              (ull)saved, (ull)hash);
    return ERR_INVALID;
}

int snapshot_restore(struct emu_machine *m, struct emu_stream *from) {
    const char *wrong = "time and events";
    int err = load_magic(m, from);
    if (!err) err = load_identity(m, from);
    if (!err) err = load_all(m, from, &wrong);
    if (err == ERR_CORRUPT) log_error(m->plat, "restore: %s is damaged: what it says of %s cannot be", from->name, wrong);
    if (!err) err = check_hash(m, from);
    if (err) return err;
    m->cpu.forget(m->cpu.cpu);
    log_info(m->plat, "restored from %s: %llu instructions, %llu.%03llu s of guest time", from->name, (ull)m->instructions,
             (ull)(m->clock.now / 1000000000), (ull)(m->clock.now / 1000000 % 1000));
    return 0;
}

// ---- when

static void text_seen(void *ctx) {
    struct emu_machine *m = ctx;
    m->snapshot = SNAPSHOT_DUE;
    if (m->cpu.leave) m->cpu.leave(m->cpu.cpu);
}

void snapshot_prepare(struct emu_machine *m) {
    const struct config_snapshot *c = &m->config->snapshot;
    m->snapshot = m->inputs.snapshot && c->file[0] ? SNAPSHOT_WANTED : SNAPSHOT_NONE;
    if (m->snapshot && c->text[0]) console_watch(m->console, c->text, text_seen, m);
    if (m->snapshot && c->region[0]) measure_stop(m->measure, c->region);
}

u64 snapshot_stop(const struct emu_machine *m) {
    const struct config_snapshot *c = &m->config->snapshot;
    return m->snapshot == SNAPSHOT_WANTED && !c->text[0] && !c->region[0] ? c->at : ~(u64)0;
}

void snapshot_take_if_due(struct emu_machine *m) {
    struct emu_stream *to = m->inputs.snapshot;
    if (m->measure && m->measure->stop.begun) {
        m->measure->stop.begun = false;
        m->snapshot = SNAPSHOT_DUE;
    }
    if (m->snapshot != SNAPSHOT_DUE && m->instructions < snapshot_stop(m)) return;
    m->snapshot = SNAPSHOT_NONE;
    int err = snapshot_save(m, to), closed = to->close ? to->close(to, !err) : 0;
    if (!err && !closed) log_info(m->plat, "snapshot: %s, at %llu instructions", to->name, (ull)m->instructions);
}

// The last slice has left what has come due in it (a port access takes time).
void snapshot_end(struct emu_machine *m) {
    if (m->snapshot == SNAPSHOT_DUE && m->reason == EMU_UNTIL) {
        clock_fire(&m->clock);
        snapshot_take_if_due(m);
    }
    if (m->snapshot == SNAPSHOT_NONE) return;
    log_error(m->plat, "snapshot: the run ended before it came to where %s was to be made", m->inputs.snapshot->name);
}
