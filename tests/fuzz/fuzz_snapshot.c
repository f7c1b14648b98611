// SPDX-License-Identifier: MIT
// A snapshot with any of its bytes changed, of each architecture's board: it is refused with a message, or the machine runs on from it,
// whatever it holds, and comes to an end. The hash that ends it is put right, as whoever writes a snapshot by hand would.
//
// The input: u8 which board (bit 7: the hash stays), u8 where it is cut off (of 256 parts; 0: nowhere), then patches: u16 offset, u8 count (0..15;
// bit 7: counted from the end), bytes. The snapshot is made by the program itself, so that kept inputs outlive a change of the format.
#include "base/le.h"
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

// Programs that read and write one register of a device after the other.
static const u8 ports[] = {0xb9, 0xf8, 0x00, 0x41, 0x89,
                           0xca, 0xec, 0xee, 0xeb, 0xf9}; // mov cx, 0f8h; inc cx; mov dx, cx; in al, dx; out dx, al; jmp
static const u8 virtio_riscv64[] = {0x37, 0x15, 0x00, 0x10, 0x83, 0x25, 0x05, 0x00, 0x23, 0x20,
                                    0xb5, 0x00, 0x13, 0x05, 0x45, 0x00, 0x6f, 0xf0, 0x5f, 0xff};
static const u8 virtio_arm64[] = {0x00, 0x40, 0xa1, 0xd2, 0x01, 0x00, 0x40, 0xb9, 0x01, 0x44, 0x00, 0xb8, 0xfe, 0xff, 0xff, 0x17};

static const struct kind {
    enum config_arch arch;
    gpa_t at;
    struct blob code;
} kinds[] = {
    {ARCH_X86_64, 0x7c00, {"ports", (u8 *)(uintptr_t)ports, sizeof ports}},
    {ARCH_RISCV64, 0x80200000, {"virtio", (u8 *)(uintptr_t)virtio_riscv64, sizeof virtio_riscv64}},
    {ARCH_ARM64, 0x40200000, {"virtio", (u8 *)(uintptr_t)virtio_arm64, sizeof virtio_arm64}},
};

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

struct bench {
    struct scripted_plat s;
    struct emu_config c;
    u8 *ram, disk[DISK], cdrom[DISK];
};

static struct emu_machine *make(struct bench *b, const struct kind *k, u64 limit) {
    struct emu_inputs in = {.kernel = k->code, .disk = {{"disk", b->disk, DISK}}, .cdrom = {"cdrom", b->cdrom, DISK}};
    struct emu_machine *m;
    config_defaults(&b->c);
    b->c.arch = k->arch;
    b->c.has_load_address = true;
    b->c.load_address = k->at;
    b->c.virtio_console = b->c.testdev = true;
    b->c.max_instructions = limit;
    if (emu_create(&m, &b->c, &in, &b->s.plat, b->ram, RAM)) {
        fputs(b->s.log, stderr);
        abort();
    }
    return m;
}

static struct bench *bench(void) {
    static struct bench *b;
    if (!b) b = calloc(1, sizeof *b);
    if (!b->ram) b->ram = aligned_alloc(2 * MiB, RAM);
    scripted_plat_init(&b->s);
    memset(b->ram, 0, RAM);
    memset(b->disk, 0, DISK);
    return b;
}

static const struct byte_stream *good(unsigned kind) {
    static struct byte_stream made[countof(kinds)];
    struct byte_stream *to = &made[kind];
    if (to->size) return to;
    struct emu_machine *m = make(bench(), &kinds[kind], BEFORE);
    struct emu_result r;
    emu_run(m, &r);
    byte_stream_init(to, "fuzz");
    if (r.reason != EMU_MAX_INSTRUCTIONS || snapshot_save(m, &to->stream)) abort();
    emu_destroy(m);
    return to;
}

static void patch(struct byte_stream *b, const u8 *data, size_t left) {
    while (left >= 4) {
        u64 n = data[2] & 15, offset = data[2] & 0x80 ? b->size - 1 - ld16(data) % b->size : ld16(data) % b->size;
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
    struct emu_result r;
    if (size < 2) return 0;
    unsigned kind = (data[0] & 0x7f) % countof(kinds);
    from.bytes = *good(kind);
    from.read = from.bytes.stream.read;
    from.bytes.stream.read = get;
    from.as_it_is = data[0] & 0x80;
    if (data[1]) from.bytes.size = from.bytes.size * data[1] / 256;
    patch(&from.bytes, data + 2, size - 2);
    struct bench *b = bench();
    struct emu_machine *m = from.m = make(b, &kinds[kind], BEFORE + BEHIND);
    b->s.log_len = 0;
    if (!snapshot_restore(m, &from.bytes.stream)) {
        emu_run(m, &r);
        check(m);
    } else if (!b->s.log_len) {
        abort();
    }
    emu_destroy(m);
    return 0;
}
