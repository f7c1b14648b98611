// SPDX-License-Identifier: MIT
// A debugger that sends anything, to each architecture's board: nothing crashes, hangs or corrupts, the run comes to an end, and what a machine
// holds to whatever happens holds.
//
// The input: u8 which board (bit 7: what follows is bytes as they come in place of packets, bit 6: the line is a bare one), then packets:
// u8 how it begins (of `beginnings`), u8 n, n bytes. `monitor` words and memory are packed as hex digits, so that chance finds them.
// CI: 800 runs.
#include "board_programs.h"
#include "byte_stream.h"
#include "input.h"
#include "machine/debug.h"
#include "machine/machine.h"
#include "machine/snapshot.h"
#include "scripted_plat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define RAM (8 * MiB)
#define MOST 20000

static const char *const beginnings[] = {
    "",
    "g",
    "G",
    "p",
    "P",
    "m",
    "M",
    "X",
    "Z0,",
    "Z1,",
    "Z2,",
    "Z3,",
    "Z4,",
    "z0,",
    "z2,",
    "z4,",
    "c",
    "s",
    "vCont;c",
    "vCont;s",
    "bs",
    "bc",
    "qSupported:swbreak+;hwbreak+",
    "qXfer:features:read:target.xml:",
    "qRcmd,",
    "D",
    "k",
    "?",
    "Qqemu.PhyMemMode:1",
    "vKill;1",
    "T1",
    "Hg0",
    "qRcmd,6c696d697420",         // limit
    "qRcmd,696e666f206d656d",     // info mem
    "qRcmd,696e666f20746c62",     // info tlb
    "qRcmd,787020",               // xp
    "qRcmd,73746174655f68617368", // state_hash
    "QStartNoAckMode",
    "m7c00,",
    "m80200000,",
    "m40200000,",
    "M7c00,1:",
    "M80200004,4:",
    "X40200000,4:",
    "Z0,7c05,1",
    "Z0,80200004,4",
    "Z2,80200000,1000",
    "Z0,40200008,4",
    "Z2,10001000,8",
    "Z4,a000000,100",
};

struct wire {
    struct emu_line line;
    struct emu_machine *m;
    u8 bytes[16384];
    size_t at, n;
};

static struct wire *of(struct emu_line *l) { return container_of(l, struct wire, line); }

static int get(struct emu_line *l, u8 *to, size_t n) {
    struct wire *w = of(l);
    if (w->at == w->n) return ERR_IO;
    if (n > w->n - w->at) n = w->n - w->at;
    if (n > 7) n = 7;
    memcpy(to, w->bytes + w->at, n);
    w->at += n;
    return (int)n;
}
static void put(struct emu_line *l, const u8 *from, size_t n) {
    volatile u8 sum = 0;
    for (size_t i = 0; i < n; i++) sum = (u8)(sum + from[i]); // all of it is there
}
static void wait(struct emu_line *l, u64 ns) {
    if (of(l)->at == of(l)->n) emu_stop(of(l)->m);
}

static void byte(struct wire *w, u8 b) {
    if (w->n < sizeof w->bytes) w->bytes[w->n++] = b;
}

static void body(struct wire *w, u8 *sum, u8 b) {
    bool special = b == '$' || b == '#' || b == '}' || b == '*';
    if (special) byte(w, '}'), *sum = (u8)(*sum + '}'), b ^= 0x20;
    byte(w, b);
    *sum = (u8)(*sum + b);
}

static void packet(struct wire *w, struct input *in) {
    static const char digits[] = "0123456789abcdef";
    const char *begin = beginnings[take8(in) % countof(beginnings)];
    u8 sum = 0;
    bool hex = !strncmp(begin, "qRcmd", 5);
    byte(w, '$');
    for (const char *p = begin; *p; p++) body(w, &sum, (u8)*p);
    for (unsigned n = take8(in) & 63; n && in->left; n--) {
        u8 b = take8(in);
        if (hex) body(w, &sum, (u8)digits[b >> 4]), b = (u8)digits[b & 15];
        body(w, &sum, b);
    }
    byte(w, '#');
    byte(w, (u8)digits[sum >> 4]);
    byte(w, (u8)digits[sum & 15]);
}

static void check(const struct emu_machine *m) {
    unsigned queued = 0;
    if ((unsigned)m->reason >= EMU_REASONS) abort();
    for (const struct event *e = m->clock.head; e; e = e->next)
        if (!e->queued || ++queued > m->clock.events || (e->next && e->next->when < e->when)) abort();
    for (u64 i = 0; i < m->bus.page_count; i++)
        if (m->bus.page_flags[i] & 2) abort(); // nobody goes back any more
    if (m->rewind) abort();
}

// A board of each kind, made once: between inputs it is put back to where it was made, by a snapshot.
struct bench {
    struct scripted_plat s;
    struct emu_config c;
    struct emu_machine *m;
    struct byte_stream good;
};

static struct bench *make(const struct board_program *k, struct wire *w) {
    struct bench *b = calloc(1, sizeof *b);
    scripted_plat_init(&b->s);
    config_defaults(&b->c);
    b->c.arch = k->arch;
    b->c.has_load_address = true;
    b->c.load_address = k->at;
    b->c.max_instructions = MOST;
    strcpy(b->c.gdb, "unix:fuzz");
    u8 *ram = aligned_alloc(2 * MiB, RAM);
    memset(ram, 0, RAM);
    struct emu_inputs in = {.kernel = k->code, .gdb = &w->line};
    byte_stream_init(&b->good, "fuzz");
    if (!emu_create(&b->m, &b->c, &in, &b->s.plat, ram, RAM) && !snapshot_save(b->m, &b->good.stream)) return b;
    fputs(b->s.log, stderr);
    abort();
}

static struct bench *bench(unsigned kind, struct wire *w) {
    static struct bench *made[BOARD_PROGRAMS];
    if (!made[kind]) made[kind] = make(&board_registers[kind], w);
    struct bench *b = made[kind];
    b->s.log_len = b->s.out_len = b->s.records_len = 0;
    byte_stream_rewind(&b->good);
    if (snapshot_restore(b->m, &b->good.stream)) {
        fputs(b->s.log, stderr);
        abort();
    }
    b->m->done = b->m->stop = false;
    return b;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct wire w;
    struct emu_result r;
    struct input in = {data, size};
    u8 kind = take8(&in);
    w.line = (struct emu_line){.name = "fuzz", .waits = true, .read = get, .write = put, .wait = wait};
    w.at = w.n = 0;
    w.line.bare = kind & 0x40;
    if (w.line.bare) w.line.room = 64 * KiB;
    struct bench *b = bench((kind & 0x3f) % BOARD_PROGRAMS, &w);
    w.m = b->m;
    byte(&w, '+');
    for (const char *hello = w.line.bare ? "$?#3f" : ""; *hello; hello++) byte(&w, (u8)*hello);
    while (in.left) {
        if (kind & 0x80) byte(&w, take8(&in));
        else packet(&w, &in);
    }
    emu_run(b->m, &r);
    check(b->m);
    return 0;
}
