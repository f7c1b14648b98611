// SPDX-License-Identifier: MIT
// Packets that begin with q or Q: what each side can do, the target description, `monitor`.
#include "debug/gdb.h"

#include <string.h>

static bool begins(const char *p, const char *word, const char **rest) {
    size_t n = strlen(word);
    *rest = p + n;
    return !strncmp(p, word, n);
}

static void supported(struct gdb *g, const char *p) {
    char line[200];
    struct text t = {line, sizeof line};
    g->knows_soft = strstr(p, "swbreak+");
    g->knows_hard = strstr(p, "hwbreak+");
    text_say(&t, "PacketSize=%x;qXfer:features:read+;vContSupported+;swbreak+;hwbreak+", GDB_PACKET);
    if (!g->line->bare) text_say(&t, ";QStartNoAckMode+");
    if (g->target->goes_back(g->target->ctx)) text_say(&t, ";ReverseStep+;ReverseContinue+");
    gdb_answer(g, line);
}

// OFFSET,LENGTH of the description, which has no byte that would have to be escaped.
static void description(struct gdb *g, const char *p) {
    char body[GDB_PACKET];
    u64 at, n;
    if (!gdb_hex(&p, &at) || *p++ != ',' || !gdb_hex(&p, &n) || at > g->xml_length) {
        gdb_answer(g, "E16");
        return;
    }
    u64 left = g->xml_length - at;
    if (n > sizeof body - 1) n = sizeof body - 1;
    body[0] = n < left ? 'm' : 'l';
    if (n > left) n = left;
    memcpy(body + 1, g->xml + at, n);
    gdb_reply(g, body, n + 1);
}

// What the monitor says goes out as output, and then OK.
static void monitor(struct gdb *g, const char *p) {
    char words[256];
    struct text t = {g->said_words, sizeof g->said_words};
    unsigned n = gdb_hex_bytes(p, strlen(p), (u8 *)words, sizeof words - 1);
    words[n] = g->said_words[0] = 0;
    g->target->monitor(g->target->ctx, words, &t);
    gdb_say(g, g->said_words);
    gdb_answer(g, "OK");
}

// QEMU's way to let `x` and `print` be of physical addresses: maintenance packet Qqemu.PhyMemMode:1
static bool physical(struct gdb *g, const char *p) {
    const char *rest;
    if (begins(p, "qqemu.PhyMemMode", &rest)) gdb_answer(g, g->physical ? "1" : "0");
    else if (begins(p, "Qqemu.PhyMemMode:", &rest)) {
        g->physical = *rest == '1';
        gdb_answer(g, "OK");
    } else return false;
    return true;
}

bool gdb_query(struct gdb *g, const char *p) {
    const char *rest;
    if (begins(p, "qSupported", &rest)) supported(g, rest);
    else if (begins(p, "qXfer:features:read:target.xml:", &rest)) description(g, rest);
    else if (begins(p, "qXfer:", &rest)) gdb_answer(g, "E00");
    else if (begins(p, "qRcmd,", &rest)) monitor(g, rest);
    else if (begins(p, "QStartNoAckMode", &rest)) {
        gdb_answer(g, "OK");
        g->no_ack = true;
    } else if (begins(p, "qAttached", &rest)) gdb_answer(g, "1"); // to quit is to detach, and not to kill
    else if (begins(p, "qfThreadInfo", &rest)) gdb_answer(g, "m1");
    else if (begins(p, "qsThreadInfo", &rest)) gdb_answer(g, "l");
    else if (begins(p, "qSymbol", &rest)) gdb_answer(g, "OK");
    else if (!strcmp(p, "qC")) gdb_answer(g, "QC1");
    else return physical(g, p);
    return true;
}
