// SPDX-License-Identifier: MIT
// Matching is by KMP: texts are found across any split of the output into writes, and nothing is kept of the output.
#include "core/console.h"

#include "emu/emu.h"
#include "emu/escape.h"

#include <string.h>

#define QUEUE 4096 // bytes waiting to be typed; a power of two

struct matcher {
    const char *text;
    u8 length, seen; // bytes of text matched so far
    u8 back[256];    // back[i]: the longest proper prefix of text that ends text[0..i]
    bool raw;        // text holds an ESC
};

struct console {
    struct env *env;
    struct chardev port;
    struct event type; // the next bytes are due
    u8 queue[QUEUE];
    u32 head, tail; // free running; head == tail is empty
    struct escape escape;
    struct matcher until, wait, watched;
    char until_text[256];
    bool until_seen;
    struct config_expect script[CONFIG_EXPECTS];
    unsigned expects, at;
    struct keys keys;
    void (*pressed)(void *ctx, enum keys_action key);
    void *pressed_ctx;
    void (*seen)(void *ctx);
    void *seen_ctx;
    void (*typed)(void *ctx, u8 byte);
    void *typed_ctx;
    bool replays, held, muted;
    u64 taken_at; // guest time at which the device last took a byte, or had none to take
    bool dropped;
};

static void matcher_set(struct matcher *m, const char *text) {
    *m = (struct matcher){.text = text, .length = (u8)strlen(text), .raw = strchr(text, 0x1b) != NULL};
    for (unsigned i = 1, k = 0; i < m->length; i++) {
        while (k && text[i] != text[k]) k = m->back[k - 1];
        k += text[i] == text[k];
        m->back[i] = (u8)k;
    }
}

// One more byte of the stream; true when it completes the text.
static bool matcher_feed(struct matcher *m, char byte) {
    if (!m->length) return false;
    while (m->seen && byte != m->text[m->seen]) m->seen = m->back[m->seen - 1];
    m->seen += byte == m->text[m->seen];
    if (m->seen < m->length) return false;
    m->seen = m->back[m->length - 1];
    return true;
}

// True when the byte is one that a person would see, or a control character that moves on.
static bool visible(struct escape *e, u8 byte) {
    enum escape_byte b = escape_feed(e, byte);
    return b == ESCAPE_BYTE_TEXT || (b == ESCAPE_BYTE_CONTROL && byte != 0 && byte != 0x0e && byte != 0x0f);
}

static bool queue_byte(struct console *con, u8 byte) {
    if (con->tail - con->head == QUEUE) return false;
    con->queue[con->tail++ % QUEUE] = byte;
    return true;
}

// Offers up to CONSOLE_BURST bytes and comes back while some are left.
static void type_some(struct console *con, u64 now) {
    unsigned left = CONSOLE_BURST;
    while (left && con->head != con->tail) {
        u8 byte = con->queue[con->head % QUEUE];
        if (con->port.input && !con->port.input(con->port.dev, &byte, 1)) break;
        con->head++;
        left--;
    }
    if (left < CONSOLE_BURST) con->taken_at = now;
    if (con->head != con->tail) event_at(con->env->clock, &con->type, now + CONSOLE_TICK);
}

static void on_type(void *ctx, u64 now) { type_some(ctx, now); }

// The script's current expect was seen: queue its answer and wait for the next.
static void answer(struct console *con) {
    const struct config_expect *x = &con->script[con->at++];
    log_info(con->env->plat, "console: saw \"%s\", typing %zu bytes", x->expect, strlen(x->send));
    for (const char *p = x->send; *p; p++)
        if (!queue_byte(con, (u8)*p)) {
            log_warn(con->env->plat, "console: the guest does not read its input; an answer to \"%s\" is cut", x->expect);
            break;
        }
    if (con->head != con->tail && !con->type.queued) event_at(con->env->clock, &con->type, con->env->clock->now + CONSOLE_THINK);
    if (con->at < con->expects) matcher_set(&con->wait, con->script[con->at].expect);
}

static void watch(struct console *con, u8 byte) {
    bool seen = visible(&con->escape, byte);
    if (con->at < con->expects && (seen || con->wait.raw) && matcher_feed(&con->wait, (char)byte)) answer(con);
    if (!con->until_seen && (seen || con->until.raw) && matcher_feed(&con->until, (char)byte)) {
        con->until_seen = true;
        con->env->finish(con->env->finish_ctx, EMU_UNTIL, 0);
    }
    if ((seen || con->watched.raw) && matcher_feed(&con->watched, (char)byte)) {
        con->watched.length = 0;
        con->seen(con->seen_ctx);
    }
}

static void output(void *ctx, const u8 *bytes, size_t n) {
    struct console *con = ctx;
    if (!con->muted) con->env->plat->console_write(con->env->plat, bytes, n);
    for (size_t i = 0; i < n; i++) watch(con, bytes[i]);
}

struct console *console_create(struct env *e, const struct emu_config *c) {
    struct console *con = env_alloc(e, sizeof *con);
    con->env = e;
    con->port = (struct chardev){.write = output, .ctx = con};
    event_init(e->clock, &con->type, on_type, con);
    memcpy(con->until_text, c->until, sizeof con->until_text);
    memcpy(con->script, c->expect, sizeof con->script);
    con->expects = c->expects;
    matcher_set(&con->until, con->until_text);
    if (con->expects) matcher_set(&con->wait, con->script[0].expect);
    return con;
}

struct chardev *console_port(struct console *con) { return &con->port; }

void console_on_key(struct console *con, void (*pressed)(void *ctx, enum keys_action key), void *ctx) {
    con->pressed = pressed;
    con->pressed_ctx = ctx;
}

// The guest has not taken a byte for so long that it will hardly take the next.
static bool is_deaf(const struct console *con) {
    return con->env->clock->now - con->taken_at >= CONSOLE_DEAF && con->tail - con->head == QUEUE;
}

void console_on_typed(struct console *con, void (*typed)(void *ctx, u8 byte), void *ctx) {
    con->typed = typed;
    con->typed_ctx = ctx;
}

void console_replays(struct console *con, bool on) { con->replays = on; }

void console_mute(struct console *con, bool on) { con->muted = on; }

void console_hold(struct console *con, bool on) { con->held = on; }

void console_type(struct console *con, const u8 *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) queue_byte(con, bytes[i]);
}

// One that the platform was typed.
static bool take_byte(struct console *con, u8 byte) {
    if (!queue_byte(con, byte)) return false;
    if (con->typed) con->typed(con->typed_ctx, byte);
    return true;
}

// A person's byte: for us, or for the guest (true).
static bool typed(struct console *con, u8 byte) {
    enum keys_action key = keys_feed(&con->keys, &byte);
    if (key > KEYS_NOTHING && con->pressed) con->pressed(con->pressed_ctx, key);
    if (key != KEYS_PASS || con->held) return false;
    if (take_byte(con, byte)) return true;
    if (!con->dropped) log_warn(con->env->plat, "console: the guest does not read its input; what is typed now is dropped");
    con->dropped = true;
    return false;
}

bool console_fetch(struct console *con) {
    struct plat *p = con->env->plat;
    if (con->replays) return false;
    bool any = false, person = p->console_input(p) == CONSOLE_INPUT_LIVE;
    if (con->held && !person) return false;
    // Room is asked for first: a byte once read cannot be put back.
    while (con->tail - con->head < QUEUE || (person && is_deaf(con))) {
        int byte = p->console_read(p);
        if (byte < 0) break;
        any |= person ? typed(con, (u8)byte) : take_byte(con, (u8)byte);
    }
    return any;
}

void console_poll(struct console *con) {
    if (con->head == con->tail) con->taken_at = con->env->clock->now;
    console_fetch(con);
    if (con->head != con->tail && !con->type.queued) type_some(con, con->env->clock->now);
}

bool console_listens(const struct console *con) { return con->port.listens && con->port.listens(con->port.dev); }

const char *console_until_missing(const struct console *con) {
    return con->until.length && !con->until_seen ? con->until_text : NULL;
}

const char *console_expect_missing(const struct console *con) {
    return con->at < con->expects ? con->script[con->at].expect : NULL;
}

void console_watch(struct console *con, const char *text, void (*seen)(void *ctx), void *ctx) {
    con->seen = seen;
    con->seen_ctx = ctx;
    matcher_set(&con->watched, text ? text : "");
}

// ---- snapshots

struct saved {
    u64 script; // a hash of its texts
    u64 taken_at;
    u32 queued, at;
    struct escape escape;
    u8 until, wait; // bytes seen of these
    u8 until_seen, escaped, dropped;
    u8 unused[3];
};

u64 console_script(const struct console *con) {
    struct hash h;
    hash_init(&h);
    hash_bytes(&h, con->until_text, strlen(con->until_text) + 1);
    for (unsigned i = 0; i < con->expects; i++) {
        hash_bytes(&h, con->script[i].expect, strlen(con->script[i].expect) + 1);
        hash_bytes(&h, con->script[i].send, strlen(con->script[i].send) + 1);
    }
    return hash_final(&h);
}

int console_save(const struct console *con, struct emu_stream *to) {
    struct saved v = {.script = console_script(con),
                      .taken_at = con->taken_at,
                      .queued = con->tail - con->head,
                      .at = con->at,
                      .escape = con->escape,
                      .until = con->until.seen,
                      .wait = con->wait.seen,
                      .until_seen = con->until_seen,
                      .escaped = con->keys.escaped,
                      .dropped = con->dropped};
    int err = to->write(to, &v, sizeof v);
    for (u32 i = con->head; !err && i != con->tail; i++) err = to->write(to, &con->queue[i % QUEUE], 1);
    return err;
}

static bool is_whole(const struct escape *e) {
    return (unsigned)e->state <= ESCAPE_PALETTE && e->parameters <= ESCAPE_PARAMETERS && e->length <= ESCAPE_LONGEST;
}

// False: the script cannot have come to there.
static bool take_script(struct console *con, const struct saved *v) {
    if (v->at > con->expects || v->until_seen > 1 || (con->until.length ? v->until >= con->until.length : v->until)) return false;
    con->at = v->at;
    con->until_seen = v->until_seen;
    con->until.seen = v->until;
    if (con->at == con->expects) return true;
    matcher_set(&con->wait, con->script[con->at].expect);
    con->wait.seen = v->wait;
    return v->wait < con->wait.length;
}

int console_load(struct console *con, struct emu_stream *from) {
    struct saved v;
    int err = from->read(from, &v, sizeof v);
    if (err) return err;
    bool good =
        v.queued <= QUEUE && v.taken_at <= con->env->clock->now && is_whole(&v.escape) && v.escaped <= 1 && v.dropped <= 1;
    if (good && v.script == console_script(con)) good = take_script(con, &v);
    else if (good && (con->until.length || con->expects))
        log_info(con->env->plat, "restore: until, expect and send are others than when %s was made: they begin anew", from->name);
    if (!good) return ERR_CORRUPT;
    con->escape = v.escape;
    con->taken_at = v.taken_at;
    con->keys.escaped = v.escaped;
    con->dropped = v.dropped;
    con->head = 0;
    con->tail = v.queued;
    return from->read(from, con->queue, v.queued);
}
