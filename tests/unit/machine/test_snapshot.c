// SPDX-License-Identifier: MIT
// Snapshots of whole machines (machine/snapshot.h): the run that goes on from one is the run that made it, and what no machine can have made
// is refused by name.
#include "core/blkdev.h"
#include "machine/snapshot.h"

#include "board_programs.h"
#include "board_rig.h"
#include "byte_stream.h"

#include <string.h>

#define DISK (64 * KiB)
#define END 20000

static const u8 prints[] = {0xba, 0xf8, 0x03, 0xb0, 'h', 0xee, 0xb0, 'i', 0xee, 0xeb, 0xfe}; // mov dx, 3f8h; "hi"; jmp

static struct byte_stream saved;
static u8 disk[DISK], cdrom[DISK];

static void use(const struct board_program *k) {
    b->c.arch = k->arch;
    b->c.load_address = k->at;
    b->c.virtio_console = true;
    b->c.max_instructions = END;
    b->in = (struct emu_inputs){.kernel = k->code, .disk = {{"disk", disk, DISK}}, .cdrom = {"cdrom", cdrom, DISK}};
    memset(disk, 0, DISK);
    b->s.log_len = 0, b->s.log[0] = 0;
}

static int setup(void **state) {
    board_new(ARCH_X86_64);
    use(&board_registers[0]);
    byte_stream_init(&saved, "saved");
    return 0;
}

static struct emu_result run(void) {
    struct emu_machine *m = board_create();
    struct emu_result r;
    emu_run(m, &r);
    emu_destroy(m);
    return r;
}

// Runs to `at`, saves there, and goes on to the end.
static struct emu_result run_and_save(u64 at) {
    strcpy(b->c.snapshot.file, "saved");
    b->c.snapshot.at = at;
    b->in.snapshot = &saved.stream;
    struct emu_result r = run();
    b->in.snapshot = NULL, b->c.snapshot.file[0] = 0;
    return r;
}

static struct emu_result run_from(struct byte_stream *from) {
    byte_stream_rewind(from);
    b->in.restore = &from->stream;
    struct emu_result r = run();
    b->in.restore = NULL;
    return r;
}

static void refused(struct byte_stream *from, int err, const char *text) {
    struct emu_machine *m = NULL;
    b->s.log_len = 0, b->s.log[0] = 0;
    memset(b->ram, 0, BOARD_RAM);
    byte_stream_rewind(from);
    b->in.restore = &from->stream;
    assert_int_equal(emu_create(&m, &b->c, &b->in, &b->s.plat, b->ram, BOARD_RAM), err);
    if (!scripted_logged(&b->s, text)) fail_msg("not \"%s\" but %s", text, b->s.log);
    b->in.restore = NULL;
}

static void same(struct emu_result x, struct emu_result y) {
    assert_int_equal(x.reason, y.reason);
    assert_int_equal(x.instructions, y.instructions);
    assert_int_equal(x.virtual_ns, y.virtual_ns);
    assert_int_equal(x.state_hash, y.state_hash);
}

static void goes_on_the_same(void **state) {
    for (const struct board_program *k = board_registers; k < board_registers + BOARD_PROGRAMS; k++) {
        use(k);
        struct emu_result straight = run();
        assert_int_equal(straight.reason, EMU_MAX_INSTRUCTIONS);
        for (u64 at = 0; at < END; at += at ? at : 617) {
            use(k);
            byte_stream_init(&saved, "saved");
            same(run_and_save(at), straight);
            assert_int_equal(saved.closed, 1);
            assert_true(saved.whole);
            use(k);
            same(run_from(&saved), straight);
        }
    }
}

// Most events are far off for programs as short as these: so they are looked at.
static unsigned events_of(const struct emu_machine *m, u64 list[64]) {
    unsigned n = 0;
    for (const struct event *e = m->clock.head; e && n < 62; e = e->next) list[n++] = e->order, list[n++] = e->when;
    list[n++] = m->clock.now;
    return n;
}

static void events_are_due_when_they_were(void **state) {
    for (const struct board_program *k = board_registers; k < board_registers + BOARD_PROGRAMS; k++) {
        u64 before[64] = {0}, after[64] = {0};
        struct emu_result r;
        use(k);
        b->c.max_instructions = 5000;
        byte_stream_init(&saved, "saved");
        struct emu_machine *m = board_create();
        emu_run(m, &r);
        if (k->arch == ARCH_X86_64) assert_non_null(m->clock.head); // the BIOS has started the timer
        struct event *far = clock_events(&m->clock);                // whatever it is of
        if (!far->queued) event_at(&m->clock, far, m->clock.now + 12345);
        unsigned n = events_of(m, before);
        assert_int_equal(snapshot_save(m, &saved.stream), 0);
        emu_destroy(m);
        byte_stream_rewind(&saved);
        m = board_create();
        assert_int_equal(snapshot_restore(m, &saved.stream), 0);
        assert_int_equal(events_of(m, after), n);
        assert_memory_equal(after, before, sizeof before);
        emu_destroy(m);
    }
}

// A disk that is written in place is as it was at the snapshot again; what the guest has read of a disk must be what it has read.
static void disks(void **state) {
    use(&board_registers[1]);
    struct emu_machine *m = board_create();
    const struct state_part *contents = NULL;
    for (unsigned i = 0; i < m->state.parts; i++)
        if (m->state.part[i].save && !strcmp(m->state.part[i].name, "disk0 contents")) contents = &m->state.part[i];
    assert_non_null(contents);
    struct blkdev *medium = contents->ctx;
    u8 sector[BLK_SECTOR];
    memset(sector, 'x', sizeof sector);
    assert_int_equal(blkdev_write(medium, 3 * BLK_SECTOR, sector, sizeof sector), 0);
    assert_int_equal(blkdev_read(medium, 9 * BLK_SECTOR, sector, sizeof sector), 0);
    u64 hash = state_hash(&m->state);
    assert_int_equal(snapshot_save(m, &saved.stream), 0);
    emu_destroy(m);

    use(&board_registers[1]);
    byte_stream_rewind(&saved);
    m = board_create();
    assert_int_equal(snapshot_restore(m, &saved.stream), 0);
    assert_int_equal(state_hash(&m->state), hash);
    assert_int_equal(disk[3 * BLK_SECTOR], 'x');
    emu_destroy(m);

    use(&board_registers[1]);
    disk[9 * BLK_SECTOR + 7] = 1;
    refused(&saved, ERR_INVALID, "restore: disk does not hold what it held when the snapshot saved was made");
}

static void another_machine_is_refused(void **state) {
    run_and_save(1000);
    b->c.seed = 7;
    refused(&saved, ERR_INVALID, "restore: saved: seed: it was made with 0, and this is 7");
    b->c.seed = 0, b->c.testdev = true;
    refused(&saved, ERR_INVALID, "restore: saved: testdev: it was made with false, and this is true");
    b->c.testdev = false;
    strcpy(b->c.cpu, "max");
    refused(&saved, ERR_INVALID, "restore: saved: cpu: it was made with the default, and this is max");
    b->c.cpu[0] = 0, cdrom[5] = 1;
    refused(&saved, ERR_INVALID, "restore: saved: cdrom: it was made with 65536 bytes, hash ");
    cdrom[5] = 0, saved.data[16] ^= 1;
    refused(&saved, ERR_INVALID, "restore: saved: version: it was made with ");
    saved.data[0] = 0;
    refused(&saved, ERR_UNSUPPORTED, "restore: saved is no snapshot of softmetal's");
}

static void a_damaged_one_is_refused(void **state) {
    run_and_save(1000);
    u64 size = saved.size;
    for (unsigned i = 0; i < 64; i++) {
        saved.size = size * i / 64;
        struct emu_machine *m = NULL;
        byte_stream_rewind(&saved);
        b->in.restore = &saved.stream;
        memset(b->ram, 0, BOARD_RAM);
        assert_int_equal(emu_create(&m, &b->c, &b->in, &b->s.plat, b->ram, BOARD_RAM), ERR_TRUNCATED);
    }
    saved.size = size;
    saved.data[size - 1] ^= 1;
    refused(&saved, ERR_INVALID, "restore: saved is damaged: its state hash is ");
}

// Every part whose bytes are looked at is, bytes of 7Fh being nothing that any of them can be.
static const void *spoilt;
static int (*plain_write)(struct emu_stream *s, const void *from, u64 n);
static int spoiling_write(struct emu_stream *s, const void *from, u64 n) {
    u8 bytes[8192];
    if (from != spoilt) return plain_write(s, from, n);
    assert_true(n <= sizeof bytes);
    memset(bytes, 0x7f, n);
    return plain_write(s, bytes, n);
}

static const struct state_part *bytes_of(const struct state_set *s, const char *name) {
    for (unsigned i = 0; i < s->parts; i++)
        if (s->part[i].bytes && !strcmp(s->part[i].name, name)) return &s->part[i];
    return NULL;
}

static unsigned spoil_all(const struct board_program *k) {
    unsigned n = 0;
    use(k);
    struct emu_machine *m = board_create();
    for (unsigned i = 0; i < m->state.parts; i++) {
        const struct state_part *p = &m->state.part[i], *bytes = bytes_of(&m->state, p->name);
        char text[100];
        if (!p->enter) continue;
        assert_non_null(bytes);
        byte_stream_init(&saved, "saved");
        plain_write = saved.stream.write;
        saved.stream.write = spoiling_write;
        spoilt = bytes->bytes;
        assert_int_equal(snapshot_save(m, &saved.stream), 0);
        plat_format(text, sizeof text, "restore: saved is damaged: what it says of %s cannot be", p->name);
        emu_destroy(m);
        refused(&saved, ERR_CORRUPT, text);
        m = board_create();
        n++;
    }
    emu_destroy(m);
    return n;
}

static void impossible_states_are_refused(void **state) {
    assert_true(spoil_all(&board_registers[0]) >= 14);
    assert_true(spoil_all(&board_registers[1]) >= 6);
    assert_true(spoil_all(&board_registers[2]) >= 6);
}

// The run goes on as if nothing had been, and the stream hears that it is to forget what it has.
static void a_full_disk_is_no_end(void **state) {
    struct emu_result straight = run();
    saved.most = 5000;
    same(run_and_save(1000), straight);
    assert_int_equal(saved.closed, 1);
    assert_false(saved.whole);
}

// Runs with a snapshot at this text.
static struct emu_result run_to_text(const char *text) {
    byte_stream_init(&saved, "saved");
    strcpy(b->c.snapshot.file, "saved");
    strcpy(b->c.snapshot.text, text);
    b->in.snapshot = &saved.stream;
    struct emu_result r = run();
    b->in.snapshot = NULL, b->c.snapshot = (struct config_snapshot){0};
    return r;
}

static void at_a_text(void **state) {
    b->in.kernel = (struct blob){"prints", (u8 *)(uintptr_t)prints, sizeof prints};
    struct emu_result straight = run_to_text("hi");
    assert_true(scripted_logged(&b->s, "snapshot: saved, at 5 instructions"));
    b->s.out_len = 0, b->s.out[0] = 0;
    same(run_from(&saved), straight);
    assert_string_equal(b->s.out, "");
    strcpy(b->c.until, "hi"); // the same text ends the run
    assert_int_equal(run_to_text("hi").reason, EMU_UNTIL);
    assert_true(saved.whole);
    b->c.until[0] = 0;
    same(run_from(&saved), straight);
    run_to_text("never");
    assert_true(scripted_logged(&b->s, "snapshot: the run ended before it came to where saved was to be made"));
    assert_int_equal(saved.size, 0);
}

// As in the firmware: nobody is to take it for done.
static void without_files(void **state) {
    strcpy(b->c.snapshot.file, "saved");
    board_refuses(ERR_UNSUPPORTED, "snapshot: there are no files here to do that with; right is the hosted build, or no snapshot",
                  BOARD_RAM);
    b->c.snapshot.file[0] = 0;
    strcpy(b->c.restore, "saved");
    board_refuses(ERR_UNSUPPORTED, "restore: there are no files here", BOARD_RAM);
    b->c.restore[0] = 0;
    strcpy(b->c.record, "saved");
    board_refuses(ERR_UNSUPPORTED, "record: there are no files here", BOARD_RAM);
    b->c.record[0] = 0;
    strcpy(b->c.replay, "saved");
    board_refuses(ERR_UNSUPPORTED, "replay: there are no files here", BOARD_RAM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_on_the_same, setup, board_free),
        cmocka_unit_test_setup_teardown(events_are_due_when_they_were, setup, board_free),
        cmocka_unit_test_setup_teardown(disks, setup, board_free),
        cmocka_unit_test_setup_teardown(another_machine_is_refused, setup, board_free),
        cmocka_unit_test_setup_teardown(a_damaged_one_is_refused, setup, board_free),
        cmocka_unit_test_setup_teardown(impossible_states_are_refused, setup, board_free),
        cmocka_unit_test_setup_teardown(a_full_disk_is_no_end, setup, board_free),
        cmocka_unit_test_setup_teardown(at_a_text, setup, board_free),
        cmocka_unit_test_setup_teardown(without_files, setup, board_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
