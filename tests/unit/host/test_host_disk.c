// SPDX-License-Identifier: MIT
// The hosted build's disks: where writes go, what survives a process that is killed and a log that is torn, who may have an image
// at the same time, and files that are not what they should be.
#define _GNU_SOURCE
#include "../../host/disk.h"
#include "../../host/files.h"
#include "base/bits.h"
#include "base/splitmix.h"
#include "scripted_plat.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE (200 * 4096 + 1536) // the last block is not whole

static struct scripted_plat s;
static char folder[] = "/tmp/softmetal-disk-XXXXXX", image[64], overlay[80], wal[90];
static u8 was[SIZE]; // the image

static int setup(void **state) {
    scripted_plat_init(&s);
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    sprintf(image, "%s/disk.img", folder);
    sprintf(overlay, "%s.overlay", image);
    sprintf(wal, "%s-wal", overlay);
    for (unsigned i = 0; i < SIZE; i++) was[i] = (u8)(i * 7 + i / 512);
    int fd = open(image, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, was, SIZE), SIZE);
    close(fd);
    return 0;
}

static int teardown(void **state) {
    char command[100];
    sprintf(command, "rm -rf %s", folder);
    return system(command);
}

static struct disk *open_disk(enum config_disk_write how) {
    struct disk *d = NULL;
    if (disk_open(&s.plat, "disk", image, how, &d)) fail_msg("%s", s.log);
    assert_int_equal(d->size, SIZE);
    return d;
}

static void refused(enum config_disk_write how, int err, const char *text) {
    struct disk *d = NULL;
    s.log_len = 0;
    assert_int_equal(disk_open(&s.plat, "disk", image, how, &d), err);
    assert_null(d);
    if (!scripted_logged(&s, text)) fail_msg("not \"%s\" but %s", text, s.log);
}

static void holds(struct disk *d, const u8 *want) {
    static u8 got[SIZE];
    memset(got, 0xcc, SIZE);
    assert_int_equal(d->read(d, 0, got, SIZE), 0);
    assert_memory_equal(got, want, SIZE);
}

static void image_holds(const u8 *want) {
    static u8 got[SIZE];
    int fd = open(image, O_RDONLY);
    assert_int_equal(read(fd, got, SIZE), SIZE);
    close(fd);
    assert_memory_equal(got, want, SIZE);
}

static void put(struct disk *d, u8 *now, u64 at, u64 n, u8 value) {
    memset(now + at, value, n);
    assert_int_equal(d->write(d, at, now + at, n), 0);
}

// Any reads and writes, against an array of bytes; then once more by whoever opens the disk next.
static void as_an_array_of_bytes(void **state) {
    static u8 now[SIZE], got[SIZE];
    for (int how = DISK_WRITE_MEMORY; how <= DISK_WRITE_DIRECT; how++) {
        memcpy(now, was, SIZE);
        struct disk *d = open_disk((enum config_disk_write)how);
        u64 random = 3;
        for (unsigned i = 0; i < 600; i++) {
            u64 at = splitmix64(&random) % SIZE, n = 1 + splitmix64(&random) % (i % 10 ? 6000 : 100000);
            if (i % 3) at &= ~(u64)511, n = (n + 511) & ~(u64)511;
            if (n > SIZE - at) n = SIZE - at;
            if (i % 2) {
                put(d, now, at, n, (u8)i);
            } else {
                assert_int_equal(d->read(d, at, got, n), 0);
                assert_memory_equal(got, now + at, n);
            }
            if (i % 50 == 49) assert_int_equal(d->flush(d), 0);
        }
        put(d, now, SIZE - 1, 1, 0x99);
        holds(d, now);
        disk_close(d);
        image_holds(how == DISK_WRITE_DIRECT ? now : was);
        d = open_disk((enum config_disk_write)how);
        holds(d, how == DISK_WRITE_MEMORY ? was : now);
        disk_close(d);
        unlink(overlay);
    }
}

static void an_overlay_with_nothing_in_it_goes(void **state) {
    struct disk *d = open_disk(DISK_WRITE_OVERLAY);
    assert_int_equal(access(overlay, F_OK), 0);
    disk_close(d);
    assert_int_not_equal(access(overlay, F_OK), 0);
    assert_int_not_equal(access(wal, F_OK), 0);
}

// A sparse image, its first and its last bytes: neither memory nor time for what lies between.
static void a_terabyte(void **state) {
    const u64 size = (u64)1 << 40;
    assert_int_equal(truncate(image, (off_t)size), 0);
    for (int how = DISK_WRITE_MEMORY; how <= DISK_WRITE_DIRECT; how++) {
        struct disk *d = NULL;
        u8 block[4096], got[4096];
        for (unsigned round = 0; round < 2; round++) {
            assert_int_equal(disk_open(&s.plat, "disk", image, (enum config_disk_write)how, &d), 0);
            assert_true(d->size == size);
            for (unsigned i = 0; i < 100; i++) {
                u64 at = (size - 4096) / 99 / 512 * 512 * i;
                memset(block, (int)(how * 100 + i), sizeof block);
                if (!round) assert_int_equal(d->write(d, at, block, 4096), 0);
                assert_int_equal(d->read(d, at, got, 4096), 0);
                if (!round || how != DISK_WRITE_MEMORY) assert_memory_equal(got, block, 4096);
            }
            assert_int_equal(d->flush(d), 0);
            disk_close(d);
        }
    }
    struct stat st;
    assert_int_equal(stat(image, &st), 0);
    assert_true((u64)st.st_blocks * 512 < 4 * MiB);
}

// What is written after the last flush may be there or not; what was before it is.
struct record {
    u64 n; // writes 1..n are done, and flushed
};

static u64 place(u64 n) { return n * 2654435761u % (SIZE / 4096) * 4096; }

static void write_until_killed(enum config_disk_write how, int pipe_to, u64 from) {
    u8 block[4096];
    struct disk *d;
    if (disk_open(&s.plat, "disk", image, how, &d)) _exit(1);
    for (u64 n = from + 1;; n++) {
        for (unsigned i = 0; i < 512; i++) memcpy(block + 8 * i, &n, 8);
        if (d->write(d, place(n), block, sizeof block)) _exit(2);
        if (n % 7) continue;
        if (d->flush(d)) _exit(3);
        struct record r = {n};
        if (write(pipe_to, &r, sizeof r) != sizeof r) _exit(4);
    }
}

// Every block holds the last write to it up to `done`, or a later one, or, when there is none, the image's.
static void nothing_is_missing(struct disk *d, u64 done) {
    u64 last[SIZE / 4096] = {0};
    for (u64 n = 1; n <= done; n++) last[place(n) / 4096] = n;
    for (u64 b = 0; b < SIZE / 4096; b++) {
        u64 got[512];
        assert_int_equal(d->read(d, b * 4096, got, 4096), 0);
        if (!last[b] && !memcmp(got, was + b * 4096, 4096)) continue;
        for (unsigned i = 1; i < 512; i++) assert_true(got[i] == got[0]);
        assert_true(got[0] >= last[b] && place(got[0]) == b * 4096);
    }
}

static void killed_at_any_instant(enum config_disk_write how) {
    u64 random = 77, done = 0;
    for (unsigned round = 0; round < 25; round++) {
        int ends[2];
        struct record r;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (!child) write_until_killed(how, ends[1], done);
        close(ends[1]);
        assert_int_equal(read(ends[0], &r, sizeof r), sizeof r); // it runs
        usleep((useconds_t)(splitmix64(&random) % 30000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        do done = r.n;
        while (read(ends[0], &r, sizeof r) == sizeof r);
        close(ends[0]);
        struct disk *d = open_disk(how);
        nothing_is_missing(d, done);
        disk_close(d);
    }
    if (how == DISK_WRITE_OVERLAY) image_holds(was);
}

static void overlay_killed(void **state) { killed_at_any_instant(DISK_WRITE_OVERLAY); }
static void direct_killed(void **state) { killed_at_any_instant(DISK_WRITE_DIRECT); }

// ---- a log that a power cut has torn: at every length it holds the writes up to some flush, and no half of one

#define COMMITS 6
static u8 after[COMMITS + 1][SIZE];

static u8 *slurp(const char *path, size_t *n) {
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && !fstat(fd, &st));
    u8 *bytes = malloc((size_t)st.st_size + 1);
    *n = (size_t)read(fd, bytes, (size_t)st.st_size);
    close(fd);
    return bytes;
}

static void spew(const char *path, const u8 *bytes, size_t n) {
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static unsigned commit_found(void) {
    static u8 got[SIZE];
    struct disk *d = open_disk(DISK_WRITE_OVERLAY);
    assert_int_equal(d->read(d, 0, got, SIZE), 0);
    disk_close(d);
    for (unsigned i = COMMITS + 1; i--;)
        if (!memcmp(got, after[i], SIZE)) return i;
    fail_msg("the overlay holds what no flush has left");
    return 0;
}

static void a_torn_log(void **state) {
    memcpy(after[0], was, SIZE);
    pid_t child = fork();
    if (!child) {
        struct disk *d = open_disk(DISK_WRITE_OVERLAY);
        for (unsigned i = 1; i <= COMMITS; i++) {
            for (unsigned j = 0; j < 3; j++) put(d, was, (i * 5 + j * 11) * 4096u + 512 * j, 2048, (u8)(16 * i + j));
            if (d->flush(d)) _exit(1);
        }
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    for (unsigned i = 1; i <= COMMITS; i++) {
        memcpy(after[i], after[i - 1], SIZE);
        for (unsigned j = 0; j < 3; j++) memset(after[i] + (i * 5 + j * 11) * 4096u + 512 * j, (int)(16 * i + j), 2048);
    }
    size_t base_n, log_n;
    u8 *base = slurp(overlay, &base_n), *log = slurp(wal, &log_n);
    unsigned last = 0;
    for (size_t n = 0; n <= log_n; n += n + 1499 < log_n ? 1499 : n == log_n ? 1 : log_n - n) {
        spew(overlay, base, base_n);
        spew(wal, log, n);
        unsigned found = commit_found();
        assert_true(found >= last);
        last = found;
    }
    assert_int_equal(last, COMMITS);
    // A byte that turned on its way: what is behind it is not there.
    for (size_t at = 40; at < log_n; at += 3001) {
        log[at] ^= 0x10;
        spew(overlay, base, base_n);
        spew(wal, log, log_n);
        assert_true(commit_found() < COMMITS);
        log[at] ^= 0x10;
    }
    free(base), free(log);
}

// ---- two at once

static void locks(void **state) {
    struct disk *d = open_disk(DISK_WRITE_DIRECT), *other;
    refused(DISK_WRITE_DIRECT, ERR_IO, "is in use: another run");
    refused(DISK_WRITE_OVERLAY, ERR_IO, "is in use: another run writes into it (disk_write = direct)");
    refused(DISK_WRITE_MEMORY, ERR_IO, "is in use");
    disk_close(d);
    d = open_disk(DISK_WRITE_OVERLAY);
    refused(DISK_WRITE_OVERLAY, ERR_IO, "is in use: another run has this disk");
    refused(DISK_WRITE_DIRECT, ERR_IO, "is in use: another run reads it");
    other = open_disk(DISK_WRITE_MEMORY);
    disk_close(other);
    pid_t child = fork(); // another process
    if (!child) {
        struct disk *mine;
        scripted_plat_init(&s);
        _exit(disk_open(&s.plat, "disk", image, DISK_WRITE_OVERLAY, &mine) != ERR_IO);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    disk_close(d);
}

// ---- an image that has changed under its overlay

static void leave_an_overlay(void) {
    static u8 now[SIZE];
    memcpy(now, was, SIZE);
    struct disk *d = open_disk(DISK_WRITE_OVERLAY);
    put(d, now, 8192, 4096, 0x5a);
    disk_close(d);
}

static void another_image(void **state) {
    struct stat st;
    leave_an_overlay();
    assert_int_equal(stat(image, &st), 0);
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    utimensat(AT_FDCWD, image, NULL, 0);
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "was written to (or copied) after");
    char touch[40];
    sprintf(touch, "touch -d @%lld.%09ld ", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    assert_true(scripted_logged(&s, touch));
    utimensat(AT_FDCWD, image, times, 0); // as the message says
    disk_close(open_disk(DISK_WRITE_OVERLAY));
    int fd = open(image, O_WRONLY);
    assert_int_equal(pwrite(fd, "x", 1, SIZE - 1), 1);
    close(fd);
    utimensat(AT_FDCWD, image, times, 0);
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "has other bytes: another image, or it was changed");
    assert_int_equal(truncate(image, SIZE + 512), 0);
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "belongs to an image of 820736 bytes");
}

static void sql(const char *text) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(overlay, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", text, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void no_overlay_at_all(void **state) {
    spew(overlay, was, 5000);
    refused(DISK_WRITE_OVERLAY, ERR_IO, "is no overlay of softmetal's, or it is damaged");
    unlink(overlay);
    sql("CREATE TABLE addresses(name TEXT)");
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "is an SQLite database, but no overlay");
    unlink(overlay);
    leave_an_overlay();
    sql("CREATE VIEW v AS SELECT 1");
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "no overlay");
    sql("DROP VIEW v; CREATE TRIGGER t AFTER INSERT ON block BEGIN DELETE FROM block; END");
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "no overlay");
    sql("DROP TRIGGER t; PRAGMA user_version = 2");
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "is an overlay of version 2, and this softmetal knows version 1");
    sql("PRAGMA user_version = 1; DELETE FROM base");
    refused(DISK_WRITE_OVERLAY, ERR_CORRUPT, "does not say which image it belongs to");
    unlink(overlay);
    mkdir(overlay, 0700);
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "is not a regular file");
    rmdir(overlay);
    mkfifo(overlay, 0600);
    refused(DISK_WRITE_OVERLAY, ERR_INVALID, "is not a regular file");
}

// Rows that no writer of ours has made are errors when they are read, and nothing else.
static void rows_that_lie(void **state) {
    u8 got[4096];
    leave_an_overlay();
    sql("INSERT INTO block VALUES(5, x'00'), (6, 'text'), (9223372036854775807, zeroblob(4096)), (-1, zeroblob(4096)),"
        "(4503599627370496, zeroblob(4096)), (7, zeroblob(5000))");
    struct disk *d = open_disk(DISK_WRITE_OVERLAY);
    for (u64 b = 0; b < SIZE / 4096; b++) assert_int_equal(d->read(d, b * 4096, got, 4096), b >= 5 && b <= 7 ? ERR_IO : 0);
    assert_true(scripted_logged(&s, "its overlay is damaged"));
    assert_int_equal(d->write(d, 5 * 4096, got, 4096), 0); // a new row for an old one
    assert_int_equal(d->read(d, 5 * 4096, got, 4096), 0);
    disk_close(d);
}

// ---- a host that fails

static void an_image_that_becomes_shorter(void **state) {
    u8 got[4096];
    for (int how = DISK_WRITE_MEMORY; how <= DISK_WRITE_DIRECT; how++) {
        struct disk *d = open_disk((enum config_disk_write)how);
        assert_int_equal(truncate(image, 100000), 0);
        s.log_len = 0;
        assert_int_equal(d->read(d, 8192, got, 4096), 0);
        assert_int_equal(d->read(d, 200000, got, 4096), ERR_IO);
        assert_true(scripted_logged(&s, "cannot read it: the file has become shorter; the guest sees an I/O error"));
        size_t told = s.log_len;
        assert_int_equal(d->read(d, 200000, got, 4096), ERR_IO);
        assert_int_equal(s.log_len, told); // once is enough
        disk_close(d);
        spew(image, was, SIZE);
        unlink(overlay);
    }
}

// As on a full disk (a limit on the size of files stands in for one): writes and flushes fail, with a word in the log, and what an
// earlier flush has promised is there.
static void no_room(void **state) {
    for (int how = DISK_WRITE_OVERLAY; how <= DISK_WRITE_DIRECT; how++) {
        pid_t child = fork();
        if (!child) {
            signal(SIGXFSZ, SIG_IGN);
            struct rlimit limit = {600000, 600000};
            u8 block[4096];
            memset(block, 0x77, sizeof block);
            struct disk *d = open_disk((enum config_disk_write)how);
            if (d->write(d, 4096, block, 4096) || d->flush(d) || setrlimit(RLIMIT_FSIZE, &limit)) _exit(1);
            int err = 0;
            for (u64 at = SIZE / 512 * 512 - 4096; !err && at > 400000; at -= 4096) err = d->write(d, at, block, 4096);
            if (!err) err = d->flush(d);
            if (err != ERR_IO || !scripted_logged(&s, "cannot write it: ")) _exit(2);
            disk_close(d);
            _exit(0);
        }
        int status;
        u8 got[4096];
        waitpid(child, &status, 0);
        assert_int_equal(status, 0);
        struct disk *d = open_disk((enum config_disk_write)how);
        assert_int_equal(d->read(d, 4096, got, 4096), 0);
        assert_int_equal(got[0] | got[4095] << 8, 0x7777);
        assert_int_equal(d->write(d, 4096, got, 4096) | d->flush(d), 0);
        disk_close(d);
        spew(image, was, SIZE);
        unlink(overlay);
    }
}

static void lost(void) { _exit(scripted_logged(&s, "kernel: cannot read '") && scripted_logged(&s, "become shorter") ? 7 : 8); }

// What the loaders read is mapped: there the end of a file is a signal.
static void a_kernel_that_becomes_shorter(void **state) {
    pid_t child = fork();
    if (!child) {
        struct blob b;
        files_guard(&s.plat, lost);
        if (file_map(&s.plat, "kernel", image, &b) || truncate(image, 4096)) _exit(1);
        _exit(*(volatile u8 *)(b.data + 100000) ? 2 : 3);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void what_cannot_be_opened(void **state) {
    char path[80];
    struct disk *d;
    sprintf(path, "%s/nowhere", folder);
    assert_int_equal(disk_open(&s.plat, "disk", path, DISK_WRITE_MEMORY, &d), ERR_NOT_FOUND);
    assert_int_equal(disk_open(&s.plat, "disk", folder, DISK_WRITE_MEMORY, &d), ERR_INVALID);
    sprintf(path, "%s/empty", folder);
    spew(path, was, 0);
    assert_int_equal(disk_open(&s.plat, "disk", path, DISK_WRITE_OVERLAY, &d), ERR_TRUNCATED);
    sprintf(path, "%s/pipe", folder);
    mkfifo(path, 0600);
    assert_int_equal(disk_open(&s.plat, "disk", path, DISK_WRITE_MEMORY, &d), ERR_INVALID);
    assert_int_equal(disk_open_read_only(&s.plat, "cdrom", image, &d), 0);
    u8 got[512];
    assert_int_equal(d->read(d, 512, got, 512), 0);
    assert_memory_equal(got, was + 512, 512);
    assert_int_equal(d->write(d, 0, got, 512), ERR_IO);
    disk_close(d);
    disk_close(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(as_an_array_of_bytes),
        T(an_overlay_with_nothing_in_it_goes),
        T(a_terabyte),
        T(overlay_killed),
        T(direct_killed),
        T(a_torn_log),
        T(locks),
        T(another_image),
        T(no_overlay_at_all),
        T(rows_that_lie),
        T(an_image_that_becomes_shorter),
        T(no_room),
        T(a_kernel_that_becomes_shorter),
        T(what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
