// SPDX-License-Identifier: MIT
// A snapshot with any of its bytes changed, of each architecture's board: it is refused with a message, or the machine runs on from it,
// whatever it holds, and comes to an end. The hash that ends it is put right, as whoever writes a snapshot by hand would.
//
// The input: u8 which board (bit 7: the hash stays), u8 where it is cut off (of 256 parts; 0: nowhere), then patches: u16 offset behind the
// identity, u8 count (0..15; bit 7: counted from the end, bit 6: from the start), bytes. The snapshot is made by the program itself, so that
// kept inputs outlive a change of the format.
// CI: 1500 runs.
#include "base/le.h"
#include "board_programs.h"
#include "byte_stream.h"
#include "machine/snapshot.h"
#include "scripted_plat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define RAM (8 * MiB)
#define DISK (64 * KiB)
#define BEFORE 3000
#define BEHIND 20000

// Of a stream whose last eight bytes are the hash that is right, unless they are to stay.
struct forged {
    struct byte_stream bytes;
    struct emu_machine *m;
    bool as_it_is;
    int (*read)(struct emu_stream *s, void *to, u64 n);
};

static int get(struct emu_stream *s, void *to, u64 n) {
    struct forged *f = container_of(s, struct forged, bytes.stream);
    u64 hash;
    int err = f->read(s, to, n);
    if (err) log_error(f->m->plat, "the snapshot ends");
    if (err || f->bytes.at < f->bytes.size || n != sizeof hash || f->as_it_is) return err;
    hash = state_hash(&f->m->state);
    memcpy(to, &hash, sizeof hash);
    return 0;
}

// A board of each kind, made once: between inputs it is put back by a snapshot that was not changed, wherever the last one has left it.
struct bench {
    struct scripted_plat s;
    struct emu_config c;
    struct emu_machine *m;
    struct byte_stream good;
    u8 disk[DISK], cdrom[DISK];
};

static void run(struct bench *b, u64 limit) {
    struct emu_result r;
    ((struct emu_config *)(uintptr_t)b->m->config)->max_instructions = limit;
    b->m->done = false;
    emu_run(b->m, &r);
}

static struct bench *make(const struct board_program *k) {
    struct bench *b = calloc(1, sizeof *b);
    struct emu_inputs in = {.kernel = k->code, .disk = {{"disk", b->disk, DISK}}, .cdrom = {"cdrom", b->cdrom, DISK}};
    scripted_plat_init(&b->s);
    config_defaults(&b->c);
    b->c.arch = k->arch;
    b->c.has_load_address = true;
    b->c.load_address = k->at;
    b->c.virtio_console = b->c.testdev = true;
    u8 *ram = aligned_alloc(2 * MiB, RAM);
    memset(ram, 0, RAM);
    if (emu_create(&b->m, &b->c, &in, &b->s.plat, ram, RAM)) {
        fputs(b->s.log, stderr);
        abort();
    }
    run(b, BEFORE);
    byte_stream_init(&b->good, "fuzz");
    if (b->m->reason != EMU_MAX_INSTRUCTIONS || snapshot_save(b->m, &b->good.stream)) abort();
    return b;
}

static struct bench *bench(unsigned kind) {
    static struct bench *made[BOARD_PROGRAMS];
    if (!made[kind]) made[kind] = make(&board_registers[kind]);
    struct bench *b = made[kind];
    memset(b->disk, 0, DISK);
    b->s.log_len = b->s.out_len = b->s.records_len = 0;
    byte_stream_rewind(&b->good);
    if (snapshot_restore(b->m, &b->good.stream)) {
        fputs(b->s.log, stderr);
        abort();
    }
    b->s.log_len = 0;
    return b;
}

// Where the identity ends, most of whose bytes are told apart and no more.
static u64 identity_end(const struct emu_machine *m) {
    char text[IDENTITY_TEXT];
    const char *name;
    unsigned rows = 0;
    while (identity_say(m, rows, &name, text)) rows++;
    return 16 + (u64)rows * IDENTITY_TEXT;
}

static void patch(struct byte_stream *b, u64 behind, const u8 *data, size_t left) {
    while (left >= 4) {
        u64 n = data[2] & 15, offset = ld16(data);
        if (data[2] & 0x80) offset = b->size - 1 - offset % b->size;
        else offset = (offset + (data[2] & 0x40 ? 0 : behind)) % b->size;
        data += 3, left -= 3;
        if (n > left) n = left;
        memcpy(b->data + offset, data, n < b->size - offset ? n : b->size - offset);
        data += n, left -= n;
    }
}

// What holds whatever a machine has gone through.
static void check(const struct emu_machine *m) {
    unsigned queued = 0;
    if ((unsigned)m->reason >= EMU_REASONS) abort();
    for (const struct event *e = m->clock.head; e; e = e->next)
        if (!e->queued || ++queued > m->clock.events || (e->next && e->next->when < e->when)) abort();
    for (const struct space *s = &m->bus.mem; s; s = s == &m->bus.mem ? &m->bus.io : NULL)
        for (unsigned i = 1; i < s->regions; i++)
            if (s->region[i - 1].start + s->region[i - 1].size > s->region[i].start) abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct forged from;
    if (size < 2) return 0;
    struct bench *b = bench((data[0] & 0x7f) % BOARD_PROGRAMS);
    from.bytes = b->good;
    byte_stream_rewind(&from.bytes);
    from.read = from.bytes.stream.read;
    from.bytes.stream.read = get;
    from.as_it_is = data[0] & 0x80;
    from.m = b->m;
    if (data[1]) from.bytes.size = from.bytes.size * data[1] / 256;
    if (from.bytes.size) patch(&from.bytes, identity_end(b->m), data + 2, size - 2);
    if (!snapshot_restore(b->m, &from.bytes.stream)) {
        run(b, BEFORE + BEHIND);
        check(b->m);
    } else if (!b->s.log_len) {
        abort();
    }
    return 0;
}
