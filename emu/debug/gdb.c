// SPDX-License-Identifier: MIT
// Packets: $BODY#SUM, each answered by + or - until both sides agree to leave that out.
#include "debug/gdb.h"

#include <string.h>

#define INTERRUPT 3

static const char digits[] = "0123456789abcdef";

static unsigned digit(char c) {
    return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
           : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                  : 99;
}

bool gdb_hex(const char **p, u64 *value) {
    const char *s = *p;
    u64 v = 0;
    for (; digit(*s) < 16; s++) {
        if (v >> 60) return false;
        v = v << 4 | digit(*s);
    }
    if (s == *p) return false;
    *p = s;
    *value = v;
    return true;
}

unsigned gdb_hex_bytes(const char *p, size_t length, u8 *to, size_t most) {
    unsigned n = 0;
    for (; length >= 2 && n < most && digit(p[0]) < 16 && digit(p[1]) < 16; length -= 2, p += 2)
        to[n++] = (u8)(digit(p[0]) << 4 | digit(p[1]));
    return n;
}

void gdb_put_hex(char *to, const u8 *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        *to++ = digits[from[i] >> 4];
        *to++ = digits[from[i] & 15];
    }
    *to = 0;
}

// ---- out

static void put_byte(struct gdb *g, char c) { g->line->write(g->line, (const u8 *)&c, 1); }

void gdb_reply(struct gdb *g, const char *body, size_t n) {
    u8 sum = 0;
    if (n > GDB_PACKET) n = GDB_PACKET;
    g->reply[0] = '$';
    memcpy(g->reply + 1, body, n);
    for (size_t i = 0; i < n; i++) sum = (u8)(sum + (u8)body[i]);
    g->reply[n + 1] = '#';
    g->reply[n + 2] = digits[sum >> 4];
    g->reply[n + 3] = digits[sum & 15];
    g->replied = n + 4;
    g->line->write(g->line, (const u8 *)g->reply, g->replied);
}

void gdb_say(struct gdb *g, const char *text) {
    char body[2 * 250 + 2] = "O";
    for (size_t n = strlen(text); g->attached && n;) {
        size_t some = n < 250 ? n : 250;
        gdb_put_hex(body + 1, (const u8 *)text, some);
        gdb_answer(g, body);
        text += some;
        n -= some;
    }
}

void gdb_reply_stop(struct gdb *g) {
    const struct gdb_stop *s = &g->stop;
    char line[80];
    struct text t = {line, sizeof line};
    bool hard = false;
    for (unsigned i = 0; i < g->hards; i++) hard |= g->hard[i] == s->at;
    text_say(&t, "T%02x", s->why == GDB_WHY_INTERRUPT ? 2 : s->why == GDB_WHY_DEAD ? 6 : 5);
    if (s->why == GDB_WHY_WATCH)
        text_say(&t, "%s:%llx;", !s->reads ? "watch" : !s->writes ? "rwatch" : "awatch", (unsigned long long)s->at);
    if (s->why == GDB_WHY_BREAK && hard && g->knows_hard) text_say(&t, "hwbreak:;");
    if (s->why == GDB_WHY_BREAK && !hard && g->knows_soft) text_say(&t, "swbreak:;");
    if (s->why == GDB_WHY_BEGIN) text_say(&t, "replaylog:begin;");
    text_say(&t, "thread:1;");
    gdb_answer(g, line);
}

void gdb_stopped(struct gdb *g, const struct gdb_stop *stop) {
    g->stop = *stop;
    g->runs = false;
    if (g->attached) gdb_reply_stop(g);
}

void gdb_exited(struct gdb *g, unsigned status) {
    char line[8];
    if (!g->attached) return;
    plat_format(line, sizeof line, "W%02x", status & 0xff);
    gdb_answer(g, line);
}

// ---- in

void gdb_open(struct gdb *g, struct emu_line *line, const struct gdb_target *target) {
    *g = (struct gdb){.line = line, .target = target};
}

// Whoever comes next begins anew.
static void begin_anew(struct gdb *g) {
    g->no_ack = g->physical = g->knows_soft = g->knows_hard = g->runs = false;
    g->replied = 0;
    g->hards = 0;
}

// On a bare line noise may look like a packet now and then; a session begins with one of two.
static bool begins_session(const struct gdb *g) {
    return g->line->bare && (!strncmp(g->packet, "qSupported", 10) || (!g->attached && !strcmp(g->packet, "?")));
}

// Nobody answers noise.
static enum gdb_order whole(struct gdb *g) {
    bool good = !g->too_long && g->sum == g->said;
    g->packet[g->length] = 0;
    bool begins = good && begins_session(g);
    if (begins) begin_anew(g);
    if (!g->no_ack && (g->attached || begins)) put_byte(g, good ? '+' : '-');
    if (!begins) return good && g->attached ? gdb_command(g) : GDB_NOTHING;
    g->attached = g->held = true;
    gdb_make_xml(g);
    return GDB_ATTACHED;
}

// The sum is of the bytes as they come.
static void body_byte(struct gdb *g, u8 byte) {
    if (byte == '#') {
        g->state = GDB_SUM_HIGH;
        return;
    }
    if (byte == '$') { // the packet before was cut off
        g->length = g->sum = 0;
        g->escaped = g->too_long = false;
        return;
    }
    g->sum = (u8)(g->sum + byte);
    if (byte == '}' && !g->escaped) {
        g->escaped = true;
        return;
    }
    if (g->escaped) byte ^= 0x20;
    g->escaped = false;
    if (g->length == GDB_PACKET) g->too_long = true;
    else g->packet[g->length++] = (char)byte;
}

static enum gdb_order outside_byte(struct gdb *g, u8 byte) {
    if (byte == '-' && g->replied && !g->no_ack) g->line->write(g->line, (const u8 *)g->reply, g->replied);
    if (byte != '$') return GDB_NOTHING;
    g->state = GDB_INSIDE;
    g->length = g->sum = 0;
    g->escaped = g->too_long = false;
    return GDB_NOTHING;
}

static enum gdb_order take(struct gdb *g, u8 byte) {
    if (byte == INTERRUPT && g->runs && g->attached) {
        g->state = GDB_OUTSIDE; // half a packet, if anything, was noise
        return GDB_INTERRUPT;
    }
    switch (g->state) {
    case GDB_OUTSIDE: return outside_byte(g, byte);
    case GDB_INSIDE: body_byte(g, byte); return GDB_NOTHING;
    case GDB_SUM_HIGH:
        g->said = (u8)(digit((char)byte) << 4);
        g->too_long |= digit((char)byte) > 15;
        g->state = GDB_SUM_LOW;
        return GDB_NOTHING;
    case GDB_SUM_LOW:
        g->said |= (u8)digit((char)byte);
        g->too_long |= digit((char)byte) > 15;
        g->state = GDB_OUTSIDE;
        return whole(g);
    }
    return GDB_NOTHING;
}

static enum gdb_order lose(struct gdb *g) {
    bool was = g->attached;
    begin_anew(g);
    g->attached = g->held = false;
    g->state = GDB_OUTSIDE;
    g->in_at = g->in_n = 0;
    return was ? GDB_DETACH : GDB_NOTHING;
}

static enum gdb_order note(struct gdb *g, enum gdb_order order) {
    if (order == GDB_DETACH || order == GDB_KILL) g->attached = false;
    if (order >= GDB_CONTINUE && order <= GDB_BACK_STEP) g->runs = true;
    return order;
}

// Who connects to a line that tells of it is there with the first byte.
static enum gdb_order next(struct gdb *g) {
    if (!g->attached && !g->line->bare) {
        g->attached = true;
        gdb_make_xml(g);
        return GDB_ATTACHED;
    }
    return note(g, take(g, g->in[g->in_at++]));
}

enum gdb_order gdb_poll(struct gdb *g) {
    g->heard = false;
    if (g->held) {
        g->held = false;
        enum gdb_order order = note(g, gdb_command(g));
        if (order) return order;
    }
    for (;;) {
        if (g->in_at == g->in_n) {
            if (g->heard && (g->runs || !g->attached)) return GDB_NOTHING;
            int n = g->line->read(g->line, g->in, sizeof g->in);
            g->in_at = g->in_n = 0;
            if (n < 0) return lose(g);
            if (!n) return GDB_NOTHING;
            g->in_n = (unsigned)n;
            g->heard = true;
        }
        enum gdb_order order = next(g);
        if (order) return order;
    }
}
