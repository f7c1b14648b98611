// SPDX-License-Identifier: MIT
// One packet: registers, memory, points, and orders to run.
#include "debug/gdb.h"

#include <string.h>

#define BAD "E16"     // EINVAL: not understood
#define NOWHERE "E0e" // EFAULT: there is no memory, or it cannot be written
#define NO_ROOM "E0c" // ENOMEM
#define MEMORY_MOST ((GDB_PACKET - 8) / 2)

// ---- registers

static size_t append_register(struct gdb *g, unsigned n, char *to, size_t room) {
    u8 bytes[DEBUG_REG_MOST];
    unsigned size = g->target->get(g->target->ctx, n, bytes);
    if (!size || 2 * (size_t)size >= room) return 0;
    gdb_put_hex(to, bytes, size);
    return 2 * size;
}

// How many registers `g` has.
static unsigned packed(const struct gdb *g) {
    const struct debug_isa *isa = g->target->isa(g->target->ctx);
    unsigned n = 0;
    for (unsigned i = 0; i < isa->packed; i++) n += debug_count(&isa->reg[i]);
    return n;
}

static void read_registers(struct gdb *g) {
    char line[GDB_PACKET];
    size_t at = 0;
    unsigned n = packed(g);
    for (unsigned i = 0; i < n; i++) at += append_register(g, i, line + at, sizeof line - at);
    gdb_reply(g, line, at);
}

// False: not all of its digits are there, or it cannot be written. Registers that can only be read may be written what they are.
static bool write_register(struct gdb *g, unsigned n, const char **p, const char *end) {
    u8 is[DEBUG_REG_MOST], bytes[DEBUG_REG_MOST] = {0};
    unsigned size = g->target->get(g->target->ctx, n, is);
    if (!size || gdb_hex_bytes(*p, (size_t)(end - *p), bytes, size) != size) return false;
    *p += 2 * size;
    return !memcmp(is, bytes, size) || g->target->put(g->target->ctx, n, bytes);
}

static void write_registers(struct gdb *g) {
    const char *p = g->packet + 1, *end = g->packet + g->length;
    bool good = true;
    unsigned n = packed(g);
    for (unsigned i = 0; i < n && good && p < end; i++) good = write_register(g, i, &p, end);
    gdb_answer(g, good ? "OK" : BAD);
}

static void one_register(struct gdb *g, bool write) {
    const char *p = g->packet + 1;
    char line[2 * DEBUG_REG_MOST + 1];
    u64 n;
    bool good = gdb_hex(&p, &n) && n < 4096 && (!write || *p++ == '=');
    if (!good) gdb_answer(g, BAD);
    else if (write) gdb_answer(g, write_register(g, (unsigned)n, &p, g->packet + g->length) ? "OK" : BAD);
    else if ((n = append_register(g, (unsigned)n, line, sizeof line))) gdb_reply(g, line, n);
    else gdb_answer(g, BAD);
}

// ---- memory: ADDRESS,LENGTH, and behind a colon what is written

static bool range(const char **p, u64 *at, u64 *n) { return gdb_hex(p, at) && *(*p)++ == ',' && gdb_hex(p, n); }

static void read_memory(struct gdb *g) {
    const char *p = g->packet + 1;
    u8 bytes[MEMORY_MOST];
    char line[2 * MEMORY_MOST + 1];
    u64 at, n;
    if (!range(&p, &at, &n) || *p) {
        gdb_answer(g, BAD);
        return;
    }
    if (n > MEMORY_MOST) n = MEMORY_MOST;
    size_t got = g->target->read(g->target->ctx, at, g->physical, bytes, n);
    gdb_put_hex(line, bytes, got);
    if (got || !n) gdb_reply(g, line, 2 * got);
    else gdb_answer(g, NOWHERE);
}

static void write_memory(struct gdb *g, bool binary) {
    const char *p = g->packet + 1;
    u8 bytes[GDB_PACKET];
    u64 at, n;
    if (!range(&p, &at, &n) || *p++ != ':') {
        gdb_answer(g, BAD);
        return;
    }
    size_t left = (size_t)(g->packet + g->length - p), have = binary ? left : gdb_hex_bytes(p, left, bytes, sizeof bytes);
    if (binary) memcpy(bytes, p, left);
    if (have != n) gdb_answer(g, BAD);
    else gdb_answer(g, g->target->write(g->target->ctx, at, g->physical, bytes, n) == n ? "OK" : NOWHERE);
}

// ---- points: KIND,ADDRESS,SIZE

static void note_hard(struct gdb *g, u64 at, bool set) {
    unsigned i = 0;
    while (i < g->hards && g->hard[i] != at) i++;
    if (set && i == g->hards && i < DEBUG_BREAKS) g->hard[g->hards++] = at;
    else if (!set && i < g->hards) g->hard[i] = g->hard[--g->hards];
}

static void point(struct gdb *g, bool set) {
    const char *p = g->packet + 1;
    u64 kind, at, size;
    if (!gdb_hex(&p, &kind) || *p++ != ',' || !range(&p, &at, &size)) {
        gdb_answer(g, BAD);
    } else if (kind > GDB_WATCH_ACCESS) {
        gdb_answer(g, "");
    } else if (!g->target->point(g->target->ctx, (enum gdb_point)kind, at, size, set)) {
        gdb_answer(g, NO_ROOM);
    } else {
        if (kind == GDB_HARDWARE) note_hard(g, at, set);
        gdb_answer(g, "OK");
    }
}

// ---- running

// `c` and `s` may say where from; signals that a guest could be given there are none.
static enum gdb_order run_from(struct gdb *g, const char *p, enum gdb_order order) {
    const struct debug_isa *isa = g->target->isa(g->target->ctx);
    u8 bytes[DEBUG_REG_MOST] = {0};
    u64 at;
    if (!gdb_hex(&p, &at)) return order;
    for (unsigned i = 0; i < 8; i++) bytes[i] = (u8)(at >> 8 * i);
    g->target->put(g->target->ctx, isa->pc, bytes);
    return order;
}

// vCont;ACTION[:THREAD]...: there is one thread, so the first action is its.
static enum gdb_order continue_by_word(struct gdb *g, const char *p) {
    if (*p == '?') {
        gdb_answer(g, "vCont;c;C;s;S");
        return GDB_NOTHING;
    }
    if (p[0] == ';' && (p[1] == 'c' || p[1] == 'C')) return GDB_CONTINUE;
    if (p[0] == ';' && (p[1] == 's' || p[1] == 'S')) return GDB_STEP;
    gdb_answer(g, BAD);
    return GDB_NOTHING;
}

static enum gdb_order word(struct gdb *g) {
    const char *p = g->packet;
    if (!strncmp(p, "vCont", 5)) return continue_by_word(g, p + 5);
    if (!strncmp(p, "vKill", 5)) {
        gdb_answer(g, "OK");
        return GDB_KILL;
    }
    gdb_answer(g, ""); // vMustReplyEmpty among them
    return GDB_NOTHING;
}

static enum gdb_order back(struct gdb *g) {
    bool step = g->packet[1] == 's', can = g->target->goes_back(g->target->ctx);
    if (can && (step || g->packet[1] == 'c')) return step ? GDB_BACK_STEP : GDB_BACK_CONTINUE;
    gdb_answer(g, can ? "" : "E01");
    return GDB_NOTHING;
}

enum gdb_order gdb_command(struct gdb *g) {
    const char *p = g->packet;
    switch (*p) {
    case '?':
        if (g->runs) return GDB_INTERRUPT; // whose stop is the answer
        gdb_reply_stop(g);
        break;
    case 'g': read_registers(g); break;
    case 'G': write_registers(g); break;
    case 'p': one_register(g, false); break;
    case 'P': one_register(g, true); break;
    case 'm': read_memory(g); break;
    case 'M': write_memory(g, false); break;
    case 'X': write_memory(g, true); break;
    case 'Z': point(g, true); break;
    case 'z': point(g, false); break;
    case 'c': return run_from(g, p + 1, GDB_CONTINUE);
    case 's': return run_from(g, p + 1, GDB_STEP);
    case 'C': return GDB_CONTINUE;
    case 'S': return GDB_STEP;
    case 'b': return back(g);
    case 'v': return word(g);
    case 'D': gdb_answer(g, "OK"); return GDB_DETACH;
    case 'k': return GDB_KILL;
    case 'H':
    case 'T': gdb_answer(g, "OK"); break;
    case 'q':
    case 'Q':
        if (!gdb_query(g, p)) gdb_answer(g, "");
        break;
    default: gdb_answer(g, "");
    }
    return GDB_NOTHING;
}
