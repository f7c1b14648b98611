// SPDX-License-Identifier: MIT
#include "machine/debug.h"

#include "cpu/isa.h"
#include "machine/debug_parts.h"

#include <string.h>

#define NEVER (~(u64)0)
#define LOOK_EACH 32          // slices: the line is asked,
#define EAGER 256             // or after each, for so many behind the last byte: a serial port holds few
#define WAIT ((u64)100000000) // ns

// ---- the target

static struct emu_machine *of(void *ctx) { return ctx; }
static const struct debug_isa *isa(void *ctx) { return of(ctx)->vcpu->isa->debug; }
static unsigned get(void *ctx, unsigned reg, u8 bytes[DEBUG_REG_MOST]) { return debug_get(of(ctx)->vcpu, reg, bytes); }

// What a snapshot must not say a debugger must not, either.
static bool is_legal(struct emu_machine *m) {
    for (unsigned i = 0; i < m->state.parts; i++) {
        const struct state_part *p = &m->state.part[i];
        if (!strcmp(p->name, "cpu") && p->enter && !p->enter(p->ctx)) return false;
    }
    return true;
}

static bool put(void *ctx, unsigned reg, const u8 bytes[DEBUG_REG_MOST]) {
    struct emu_machine *m = ctx;
    u8 old[DEBUG_REG_MOST];
    if (!debug_get(m->vcpu, reg, old) || !debug_put(m->vcpu, reg, bytes)) return false;
    bool legal = is_legal(m);
    if (!legal) debug_put(m->vcpu, reg, old);
    m->debug->changed = true;
    return legal;
}

// RAM, page by page.
static u8 *ram_at(struct emu_machine *m, u64 at, bool physical, size_t *n, gpa_t *gpa) {
    u64 room = PAGE_SIZE - (at & (PAGE_SIZE - 1));
    *gpa = at;
    if (*n > room) *n = room;
    if (!physical && !vcpu_look(m->vcpu, at, gpa)) return NULL;
    return bus_ram(&m->bus, *gpa, *n);
}

size_t debug_read(struct emu_machine *m, u64 at, bool physical, u8 *to, size_t n) {
    size_t done = 0;
    gpa_t gpa;
    for (size_t some; done < n; done += some) {
        some = n - done;
        const u8 *from = ram_at(m, at + done, physical, &some, &gpa);
        if (!from) break;
        memcpy(to + done, from, some);
    }
    return done;
}

static size_t read_memory(void *ctx, u64 at, bool physical, u8 *to, size_t n) { return debug_read(ctx, at, physical, to, n); }

static size_t write_memory(void *ctx, u64 at, bool physical, const u8 *from, size_t n) {
    struct emu_machine *m = ctx;
    size_t done = 0;
    gpa_t gpa;
    for (size_t some; done < n; done += some) {
        some = n - done;
        u8 *to = ram_at(m, at + done, physical, &some, &gpa);
        const struct region *r = space_find(&m->bus.mem, gpa);
        if (!to || !r || r->rom) break;
        if (!memcmp(to, from + done, some)) continue;
        bus_will_write(&m->bus, gpa, some);
        memcpy(to, from + done, some);
        m->debug->changed = true;
    }
    return done;
}

static bool point(void *ctx, enum gdb_point kind, u64 at, u64 size, bool set) {
    struct vcpu *v = of(ctx)->vcpu;
    if (kind <= GDB_HARDWARE) return !debug_break(v, at, set);
    struct debug_watch w = {.at = at, .size = size, .reads = kind != GDB_WATCH_WRITE, .writes = kind != GDB_WATCH_READ};
    return size && size <= DEBUG_WATCH_MOST && at + size - 1 >= at && !debug_watch(v, &w, set);
}

static bool goes_back(void *ctx) { return !past_why_not(ctx); }
static void monitor(void *ctx, const char *words, struct text *t) { debug_monitor(ctx, words, t); }

int debug_open(struct emu_machine *m, struct emu_config *c) {
    if (!m->inputs.gdb) return 0;
    if (m->measure) {
        log_error(m->plat, "gdb: what is measured runs otherwise; right is gdb or measure");
        return ERR_INVALID;
    }
    if (c->pace == PACE_AUTO) c->pace = PACE_FREE;
    m->points = env_alloc(&m->own, sizeof *m->points);
    struct debugger *d = m->debug = env_alloc(&m->own, sizeof *d);
    d->target_ops = (struct gdb_target){m, isa, get, put, read_memory, write_memory, point, goes_back, monitor};
    gdb_open(&d->gdb, m->inputs.gdb, &d->target_ops);
    d->target = NEVER;
    return 0;
}

// ---- stops

static void serve(struct emu_machine *m);

static void stop_here(struct emu_machine *m, const struct gdb_stop *why) {
    m->debug->mode = DEBUG_STOPPED;
    m->debug->target = NEVER;
    gdb_stopped(&m->debug->gdb, why);
}

static void detach(struct emu_machine *m) {
    struct debugger *d = m->debug;
    d->mode = DEBUG_FREE;
    d->target = NEVER;
    d->limit = 0;
    d->changed = false;
    debug_clear(m->vcpu);
    past_end(m);
    m->cpu.forget(m->cpu.cpu);
    log_info(m->plat, "gdb: the debugger has left");
}

static void attach(struct emu_machine *m) {
    const char *not = past_why_not(m);
    debug_clear(m->vcpu); // a debugger that was here before may have gone without a word
    log_info(m->plat, "gdb: a debugger is here, at %llu instructions%s%s", (unsigned long long)m->instructions,
             not? "; it cannot go back with " : "", not? not : "");
    past_begin(m);
    m->debug->gdb.stop = (struct gdb_stop){.why = GDB_WHY_STOPPED};
    m->debug->mode = DEBUG_STOPPED;
}

// ---- going on

// Behind a stop in front of an access: it is to be made.
static void pass_watch(struct emu_machine *m, bool on) { m->points->one = m->points->blind = on && isa(m)->watch_first; }

static void go(struct emu_machine *m, enum debug_mode mode, u64 target, enum gdb_why why) {
    struct debugger *d = m->debug;
    d->mode = mode;
    d->target = target;
    d->why = (struct gdb_stop){.why = why};
    m->points->hit = DEBUG_NOTHING;
    m->points->pass = mode == DEBUG_RUN;
    pass_watch(m, mode == DEBUG_RUN && d->gdb.stop.why == GDB_WHY_WATCH);
}

// The past is gone when it is not what has led here.
static void settle(struct emu_machine *m) {
    if (m->debug->changed) past_begin(m);
    m->debug->changed = false;
}

// To a count that has been, where `why` is told.
static void go_back(struct emu_machine *m, u64 count, const struct gdb_stop *why) {
    struct debugger *d = m->debug;
    int i = past_point(&d->past, count);
    bool before = i < 0;
    if (before) i = 0;
    if (!d->past.points || !past_go(m, i)) {
        stop_here(m, &(struct gdb_stop){.why = GDB_WHY_BEGIN});
        return;
    }
    go(m, DEBUG_SEEK, count, why->why);
    d->why = *why;
    if (before || m->instructions >= count) stop_here(m, before ? &(struct gdb_stop){.why = GDB_WHY_BEGIN} : why);
}

static void search_from(struct emu_machine *m, int i, u64 until) {
    struct debugger *d = m->debug;
    if (i < 0 || !past_go(m, i)) {
        if (d->past.points) past_go(m, 0);
        stop_here(m, &(struct gdb_stop){.why = GDB_WHY_BEGIN});
        return;
    }
    d->search.from = (unsigned)i;
    d->search.until = until;
    go(m, DEBUG_SEARCH, until, GDB_WHY_STOPPED);
}

static void search_begin(struct emu_machine *m, u64 limit) {
    struct debugger *d = m->debug;
    u64 here = m->instructions;
    d->search.least = limit && limit < here ? here - limit : 0;
    d->search.found = false;
    search_from(m, here ? past_point(&d->past, here - 1) : -1, here);
}

// A breakpoint is met before its instruction, a watchpoint behind it: who comes from behind meets both in front of it.
static void search_note(struct emu_machine *m, const struct gdb_stop *hit) {
    struct debugger *d = m->debug;
    d->search.found = true;
    d->search.why = *hit;
    bool watch = hit->why == GDB_WHY_WATCH, first = isa(m)->watch_first; // then gdb steps back over it by itself
    d->search.at = !watch ? m->instructions : first ? m->instructions + 1 : m->instructions - 1;
    m->points->pass = !watch;
    pass_watch(m, watch);
}

static void search_end(struct emu_machine *m) {
    struct debugger *d = m->debug;
    if (d->search.found && d->search.at >= d->search.least) go_back(m, d->search.at, &d->search.why);
    else if (d->search.least >= d->past.point[d->search.from].count)
        go_back(m, d->search.least, &(struct gdb_stop){.why = GDB_WHY_STOPPED});
    else search_from(m, (int)d->search.from - 1, d->past.point[d->search.from].count);
}

// ---- orders

static void leave_dead(struct emu_machine *m) {
    struct emu_result r = {.reason = m->reason, .code = m->code};
    gdb_exited(&m->debug->gdb, (unsigned)emu_exit_status(&r));
    m->debug->gdb.attached = false;
    detach(m);
}

static void obey(struct emu_machine *m, enum gdb_order order) {
    struct debugger *d = m->debug;
    u64 here = m->instructions, limit = d->limit, n = limit ? limit : 1, far = n < NEVER - here ? here + n : NEVER;
    bool forward = order == GDB_CONTINUE || order == GDB_STEP;
    if (forward && m->done) {
        leave_dead(m);
        return;
    }
    d->limit = 0;
    if (forward || order == GDB_BACK_CONTINUE || order == GDB_BACK_STEP) settle(m);
    switch (order) {
    case GDB_CONTINUE: go(m, DEBUG_RUN, limit ? far : NEVER, GDB_WHY_STOPPED); break;
    case GDB_STEP: go(m, DEBUG_RUN, far, GDB_WHY_STOPPED); break;
    case GDB_BACK_STEP: go_back(m, n < here ? here - n : 0, &(struct gdb_stop){.why = GDB_WHY_STOPPED}); break;
    case GDB_BACK_CONTINUE: search_begin(m, limit); break;
    case GDB_DETACH: detach(m); break;
    case GDB_ATTACHED: attach(m); break;
    case GDB_KILL:
        m->stop = true;
        detach(m);
        break;
    default: break;
    }
}

// Until the guest is to run. Ctrl-A x, or a signal, ends it meanwhile as ever.
static void serve(struct emu_machine *m) {
    struct debugger *d = m->debug;
    struct emu_line *l = m->inputs.gdb;
    while (d->mode == DEBUG_STOPPED && !m->stop) {
        enum gdb_order order = gdb_poll(&d->gdb);
        if (order) obey(m, order);
        else l->wait(l, WAIT);
        if (d->mode == DEBUG_STOPPED) console_fetch(m->console);
    }
}

// While the guest runs.
static void hear(struct emu_machine *m) {
    struct debugger *d = m->debug;
    bool idle = m->cpu.idle(m->cpu.cpu) != CPU_RUNS;
    if (d->gdb.heard) d->eager = EAGER;
    if (!idle && !(d->eager && d->eager--) && ++d->polls % LOOK_EACH) return;
    switch (gdb_poll(&d->gdb)) {
    case GDB_INTERRUPT: stop_here(m, &(struct gdb_stop){.why = GDB_WHY_INTERRUPT}); break;
    case GDB_DETACH: detach(m); break;
    case GDB_KILL: obey(m, GDB_KILL); break;
    case GDB_ATTACHED: attach(m); break;
    default: break;
    }
}

// ---- the run loop's

static struct gdb_stop take_hit(struct emu_machine *m) {
    struct vcpu_debug *v = m->points;
    struct gdb_stop s = {.why = GDB_WHY_STOPPED};
    if (v->hit == DEBUG_BREAK) {
        s.why = GDB_WHY_BREAK;
        s.at = *isa_pc(m->vcpu);
    } else if (v->hit == DEBUG_WATCH) {
        s = (struct gdb_stop){GDB_WHY_WATCH, v->hit_watch->at, v->hit_watch->reads, v->hit_watch->writes};
    }
    v->hit = DEBUG_NOTHING;
    return s;
}

static void look(struct emu_machine *m, const struct gdb_stop *hit) {
    struct debugger *d = m->debug;
    bool hits = hit->why != GDB_WHY_STOPPED, there = m->instructions >= d->target;
    switch (d->mode) {
    case DEBUG_RUN:
        if (hits || there) stop_here(m, hits ? hit : &d->why);
        else hear(m);
        break;
    case DEBUG_SEEK:
        m->points->pass = hit->why == GDB_WHY_BREAK;
        pass_watch(m, hit->why == GDB_WHY_WATCH);
        if (there) stop_here(m, &d->why);
        else hear(m);
        break;
    case DEBUG_SEARCH:
        if (hits) search_note(m, hit);
        if (there) search_end(m);
        else hear(m);
        break;
    default: hear(m);
    }
}

void debug_look(struct emu_machine *m) {
    struct debugger *d = m->debug;
    struct gdb_stop hit = take_hit(m);
    if (m->done && d->mode != DEBUG_SEARCH) return;
    if (d->mode != DEBUG_FREE) past_look(m);
    look(m, &hit);
    serve(m);
}

void debug_start(struct emu_machine *m) {
    struct debugger *d = m->debug;
    if (!d) return;
    struct emu_line *l = m->inputs.gdb;
    if (!l->waits) return;
    log_info(m->plat, "gdb: the guest waits for a debugger at %s", l->name);
    while (!m->stop && gdb_poll(&d->gdb) != GDB_ATTACHED) {
        l->wait(l, WAIT);
        console_fetch(m->console);
    }
    if (m->stop) return;
    attach(m);
    serve(m);
}

u64 debug_next(const struct emu_machine *m) {
    const struct debugger *d = m->debug;
    if (!d || d->mode == DEBUG_FREE) return NEVER;
    u64 next = past_next(m);
    return d->target > m->instructions && d->target < next ? d->target : next;
}

void debug_ended(struct emu_machine *m) {
    struct debugger *d = m->debug;
    char line[120];
    if (!d || d->mode == DEBUG_FREE) return;
    if (m->reason == EMU_STOPPED) {
        leave_dead(m);
        return;
    }
    plat_format(line, sizeof line, "the run is over: %s, after %llu instructions\n", emu_reason_name(m->reason),
                (unsigned long long)m->instructions);
    gdb_say(&d->gdb, line);
    stop_here(m, &(struct gdb_stop){.why = GDB_WHY_DEAD});
    serve(m);
    if (m->done && d->mode != DEBUG_FREE) leave_dead(m);
}

void debug_restarted(struct emu_machine *m) {
    struct debugger *d = m->debug;
    if (!d || d->mode == DEBUG_FREE) return;
    gdb_say(&d->gdb, "the guest has reset its machine, which starts anew\n");
    past_begin(m);
}
