// SPDX-License-Identifier: MIT
#include "machine/record.h"

#include "machine/snapshot.h"

#include <string.h>

#define TYPED 256 // bytes in a line
#define LINE (2 * TYPED + 100)

typedef unsigned long long ull;

enum what { NOTHING, TIME, IDLE, WAKE, MORE, TYPE, STOP, END };
static const struct {
    const char *word;
    bool to, bytes;
} kinds[] = {
    [TIME] = {"time", true, false}, [IDLE] = {"idle", true, false}, [WAKE] = {"wake", true, true},
    [MORE] = {"more", false, true}, [TYPE] = {"type", false, true}, [STOP] = {"stop", false, false},
    [END] = {"end", false, false},
};

struct record {
    // written
    u8 typed[TYPED];
    unsigned n;
    bool failed;
    // followed
    const char *at, *end; // of the log, what is not read yet
    unsigned line;
    enum what what; // the next line
    u64 count, now, to;
    u8 bytes[TYPED];
    unsigned length;
    struct record *kept; // record_keep's; NULL: nothing was kept yet
};

// ---- the head

// Row `row` of what must be the same: the identity, and the script. False: there are no more.
static bool head(const struct emu_machine *m, unsigned row, char line[LINE]) {
    char text[IDENTITY_TEXT];
    const char *name;
    if (identity_say(m, row, &name, text)) {
        plat_format(line, LINE, "is %s: %s", name, text);
        return true;
    }
    if (row && !identity_say(m, row - 1, &name, text)) return false;
    plat_format(line, LINE, "is script: %016llx", (ull)console_script(m->console));
    return true;
}

static void from_where(const struct emu_machine *m, char line[LINE]) {
    plat_format(line, LINE, "from %llu %llu", (ull)m->instructions, (ull)m->clock.now);
}

// ---- writing

static void put(struct emu_machine *m, const char *line) {
    struct emu_stream *to = m->inputs.record;
    struct record *r = m->record;
    if (r->failed) return;
    r->failed = to->write(to, line, strlen(line)) || to->write(to, "\n", 1);
}

static void on_typed(void *ctx, u8 byte);

static void start(struct emu_machine *m) {
    char line[LINE];
    put(m, "softmetal record 1");
    for (unsigned i = 0; head(m, i, line); i++) put(m, line);
    from_where(m, line);
    put(m, line);
    console_on_typed(m->console, on_typed, m);
}

// to: for lines that have one.
static void put_event(struct emu_machine *m, enum what what, u64 to) {
    char line[LINE];
    struct record *r = m->record;
    size_t n = (size_t)plat_format(line, sizeof line, "%s %llu %llu", kinds[what].word, (ull)m->instructions, (ull)m->clock.now);
    if (kinds[what].to) n += (size_t)plat_format(line + n, sizeof line - n, " %llu", (ull)to);
    if (what == END) plat_format(line + n, sizeof line - n, " %016llx", (ull)to);
    for (unsigned i = 0; kinds[what].bytes && i < r->n; i++)
        n += (size_t)plat_format(line + n, sizeof line - n, "%s%02x", i ? "" : " ", r->typed[i]);
    put(m, line);
    if (kinds[what].bytes) r->n = 0;
}

// More than a line holds is in several, which come one after the other at the same instant.
static void on_typed(void *ctx, u8 byte) {
    struct emu_machine *m = ctx;
    struct record *r = m->record;
    if (r->n == TYPED) put_event(m, MORE, 0);
    r->typed[r->n++] = byte;
}

static bool writes(const struct emu_machine *m) { return m->inputs.record; }

void record_time(struct emu_machine *m, u64 to) {
    if (writes(m)) put_event(m, TIME, to);
}
void record_idle(struct emu_machine *m, u64 to) {
    if (writes(m)) put_event(m, IDLE, to);
}
void record_wake(struct emu_machine *m, u64 to) {
    if (writes(m)) put_event(m, WAKE, to);
}
void record_typed(struct emu_machine *m) {
    if (writes(m) && m->record->n) put_event(m, TYPE, 0);
}
void record_stop(struct emu_machine *m) {
    if (writes(m)) put_event(m, STOP, 0);
}

// ---- reading

// The next line, NUL-terminated; false: there is none, or it is longer than any.
static bool next_line(struct record *r, char line[LINE]) {
    size_t n = 0;
    if (r->at == r->end) return false;
    for (; r->at < r->end && *r->at != '\n'; r->at++) {
        if (n + 1 == LINE) return false;
        line[n++] = *r->at;
    }
    r->at += r->at < r->end;
    if (n && line[n - 1] == '\r') n--;
    line[n] = 0;
    r->line++;
    return true;
}

static bool number(const char **s, unsigned base, u64 *out) {
    const char *p = *s;
    u64 v = 0;
    while (*p == ' ') p++;
    const char *first = p;
    for (;; p++) {
        unsigned digit = *p >= '0' && *p <= '9' ? (unsigned)(*p - '0') : *p >= 'a' && *p <= 'f' ? (unsigned)(*p - 'a' + 10) : 99;
        if (digit >= base) break;
        if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v)) return false;
    }
    *out = v, *s = p;
    return p != first;
}

static bool hex_bytes(struct record *r, const char *s) {
    while (*s == ' ') s++;
    for (r->length = 0; s[0] && s[1]; s += 2) {
        char two[3] = {s[0], s[1], 0};
        const char *p = two;
        u64 v;
        if (r->length == TYPED || !number(&p, 16, &v) || *p) return false;
        r->bytes[r->length++] = (u8)v;
    }
    return !*s;
}

static bool parse(struct record *r, const char *line) {
    for (enum what w = TIME; w <= END; w++) {
        size_t n = strlen(kinds[w].word);
        if (strncmp(line, kinds[w].word, n) || line[n] != ' ') continue;
        const char *s = line + n;
        r->what = w;
        r->to = r->length = 0;
        if (!number(&s, 10, &r->count) || !number(&s, 10, &r->now)) return false;
        if (kinds[w].to && (!number(&s, 10, &r->to) || r->to < r->now || r->to >= CLOCK_END)) return false;
        if (w == END && !number(&s, 16, &r->to)) return false;
        return kinds[w].bytes ? hex_bytes(r, s) : !*s;
    }
    return false;
}

// A log that is cut off, or that somebody has edited, is followed as far as it goes.
static void next(struct emu_machine *m) {
    struct record *r = m->record;
    char line[LINE];
    r->what = NOTHING;
    if (r->at == r->end) return;
    if (next_line(r, line) && parse(r, line)) return;
    log_error(m->plat, "replay: %s:%u: this is no line of a record; what follows is not read", m->inputs.replay.name, r->line);
    r->what = NOTHING;
    r->at = r->end;
}

static int check_head(struct emu_machine *m) {
    struct record *r = m->record;
    const char *name = m->inputs.replay.name;
    char has[LINE], line[LINE];
    int differs = 0;
    if (!next_line(r, line) || strcmp(line, "softmetal record 1") != 0) {
        log_error(m->plat, "replay: %s is no record of a run; right is a file that record = has made", name);
        return ERR_UNSUPPORTED;
    }
    for (unsigned i = 0; head(m, i, has); i++) {
        if (next_line(r, line) && !strcmp(line, has)) continue;
        log_error(m->plat, "replay: %s:%u: the recorded run has \"%.150s\", and this one \"%.150s\"", name, r->line, line, has);
        differs = ERR_INVALID;
        if (!i) return differs; // another version
    }
    from_where(m, has);
    if (next_line(r, line) && !strcmp(line, has)) return differs;
    log_error(m->plat, "replay: %s:%u: the recorded run starts with \"%.100s\", and this one \"%s\"", name, r->line, line, has);
    return ERR_INVALID;
}

// ---- following

u64 replay_stop(const struct emu_machine *m) {
    const struct record *r = m->record;
    bool waits = replays(m) && r->what != NOTHING && r->what != END && r->count > m->instructions;
    return waits ? r->count : ~(u64)0;
}

bool replay_is_here(const struct emu_machine *m) {
    const struct record *r = m->record;
    return r->what != NOTHING && r->what != END && r->count == m->instructions && r->now == m->clock.now;
}

bool replay_time(struct emu_machine *m) {
    struct record *r = m->record;
    if (replay_is_here(m) && r->what == STOP) {
        m->stop = true;
        next(m);
    } else if (replay_is_here(m) && r->what == TIME) {
        m->clock.now = r->to;
        next(m);
    }
    bool behind = r->count < m->instructions || (r->count == m->instructions && r->now < m->clock.now);
    if (r->what == NOTHING || r->what == END || !behind) return true;
    log_error(m->plat,
              "replay: %s:%u: the run is at %llu instructions and %llu ns, and has not been at %llu and %llu: it is another run",
              m->inputs.replay.name, r->line, (ull)m->instructions, (ull)m->clock.now, (ull)r->count, (ull)r->now);
    return false;
}

bool replay_wait(struct emu_machine *m) {
    struct record *r = m->record;
    if (!replay_is_here(m)) return false;
    if (r->what != IDLE && r->what != WAKE) return true;
    if (r->what == WAKE) console_type(m->console, r->bytes, r->length);
    m->clock.now = r->to;
    next(m);
    return true;
}

void replay_type(struct emu_machine *m) {
    struct record *r = m->record;
    for (bool more = true; more && replay_is_here(m) && kinds[r->what].bytes && r->what != WAKE;) {
        more = r->what == MORE;
        console_type(m->console, r->bytes, r->length);
        next(m);
    }
}

// ---- both

void record_keep(struct emu_machine *m) {
    if (!replays(m)) return;
    if (!m->record->kept) m->record->kept = env_alloc(&m->own, sizeof *m->record);
    *m->record->kept = *m->record;
}

void record_back(struct emu_machine *m) {
    if (replays(m)) *m->record = *m->record->kept;
}

int record_open(struct emu_machine *m) {
    if (!m->inputs.record && !replays(m)) return 0;
    struct record *r = m->record = env_alloc(&m->own, sizeof *r);
    if (!replays(m)) {
        start(m);
        return 0;
    }
    r->at = (const char *)m->inputs.replay.data;
    r->end = r->at + m->inputs.replay.size;
    console_replays(m->console, true);
    int err = check_head(m);
    if (!err) next(m);
    return err;
}

bool record_close(struct emu_machine *m, u64 hash) {
    struct emu_stream *to = m->inputs.record;
    struct record *r = m->record;
    if (to) {
        put_event(m, END, hash);
        if (to->close) to->close(to, !r->failed);
        return false;
    }
    if (!replays(m) || r->what == NOTHING) return false;
    if (r->what == END && r->count == m->instructions && r->now == m->clock.now && r->to == hash) return false;
    if (r->what == END)
        log_error(m->plat,
                  "replay: the recorded run ended at %llu instructions with state %016llx, this one at %llu with %016llx",
                  (ull)r->count, (ull)r->to, (ull)m->instructions, (ull)hash);
    else
        log_error(m->plat, "replay: the run has ended at %llu instructions, and %s goes on at %llu", (ull)m->instructions,
                  m->inputs.replay.name, (ull)r->count);
    return true;
}
