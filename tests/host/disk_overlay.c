// SPDX-License-Identifier: MIT
// Writes that go into IMAGE.overlay: an SQLite database of the blocks that differ from the image.
//
//   base   one row: the image's size, its time of modification in ns, and samples of its bytes
//   block  number, BLOCK bytes (the last block's end, past the image's, is 0)
//
// The guest's flush is a COMMIT with synchronous = FULL in WAL mode. So at any instant the file holds all writes up to some
// commit, at or behind the last flush that has returned, whatever the process or the machine died of: SQLite's log has a
// checksum over each frame, and what is not whole is not there. Memory is bounded by the page cache; a transaction spills into the
// log and ends by itself after COMMIT_AFTER bytes, which bounds that. The lock is SQLite's, exclusive from the first access on, which also keeps its
// index of the log out of a mapped file. SQLite checks what it reads, and a file that is damaged or made to deceive is an error;
// the schema must be the one below to the letter, so no view, trigger or index of others' ever runs.
#define _GNU_SOURCE
#include "disk_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096u
#define COMMIT_AFTER (64 * MiB)
#define SAMPLES 16
#define APPLICATION 0x736d4f76 // "smOv"
#define VERSION 1
#define CREATE_BASE "CREATE TABLE base(size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, samples BLOB NOT NULL)"
#define CREATE_BLOCK "CREATE TABLE block(number INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"

struct overlay {
    struct disk_file file;
    char path[CONFIG_TEXT + 16];
    sqlite3 *db;
    sqlite3_stmt *get, *put;
    u64 pending; // bytes written since the last commit
    bool in_transaction;
    bool lost;     // writes that the guest believes to be done are gone: nothing works any more
    bool made_now; // by this run
};

static struct overlay *overlay_of(struct disk *d) { return container_of(d, struct overlay, file.disk); }
static int64_t modified_ns(const struct stat *st) { return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec; }

// ---- reading and writing

static int failed(struct overlay *o, const char *verb) {
    char why[400];
    int host = sqlite3_system_errno(o->db);
    plat_format(why, sizeof why, "%s: %s%s%s", o->path, sqlite3_errmsg(o->db), host ? ", " : "", host ? strerror(host) : "");
    // An error may have rolled the transaction back, and with it writes that had succeeded.
    if (o->in_transaction && sqlite3_get_autocommit(o->db)) o->lost = true;
    return disk_file_failed(&o->file, verb, why);
}

// From the image: all of [at, end) that lies in it; beyond are zeros.
static int read_image(struct overlay *o, u64 at, u64 end, u8 *to) {
    u64 size = o->file.disk.size, inside = at >= size ? 0 : (end < size ? end : size) - at;
    memset(to + inside, 0, end - at - inside);
    return inside ? disk_file_read(&o->file, at, to, inside) : 0;
}

static int read_rows(struct overlay *o, u64 at, u64 end, u8 *to) {
    u64 from = at;
    int step;
    while ((step = sqlite3_step(o->get)) == SQLITE_ROW) {
        u64 block = (u64)sqlite3_column_int64(o->get, 0) * BLOCK;
        const u8 *bytes = sqlite3_column_blob(o->get, 1);
        if (!bytes || sqlite3_column_type(o->get, 1) != SQLITE_BLOB || sqlite3_column_bytes(o->get, 1) != BLOCK ||
            block + BLOCK <= from || block >= end)
            return disk_file_failed(&o->file, "read", "its overlay is damaged: a block has not the right size or place");
        if (block > from) {
            int err = read_image(o, from, block, to + (from - at));
            if (err) return err;
            from = block;
        }
        u64 upto = block + BLOCK < end ? block + BLOCK : end;
        memcpy(to + (from - at), bytes + (from - block), upto - from);
        from = upto;
    }
    if (step != SQLITE_DONE) return failed(o, "read");
    return from < end ? read_image(o, from, end, to + (from - at)) : 0;
}

static int read_bytes(struct overlay *o, u64 at, u8 *to, u64 n) {
    sqlite3_bind_int64(o->get, 1, (sqlite3_int64)(at / BLOCK));
    sqlite3_bind_int64(o->get, 2, (sqlite3_int64)((at + n - 1) / BLOCK));
    int err = read_rows(o, at, at + n, to);
    sqlite3_reset(o->get);
    return err;
}

static int overlay_read(struct disk *d, u64 at, void *to, u64 n) {
    struct overlay *o = overlay_of(d);
    if (o->lost) return ERR_IO;
    return n ? read_bytes(o, at, to, n) : 0;
}

static int commit(struct overlay *o) {
    if (!o->in_transaction) return 0;
    int err = sqlite3_exec(o->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(o, "write");
    if (err) {
        o->lost = true;
        sqlite3_exec(o->db, "ROLLBACK", NULL, NULL, NULL);
    }
    o->in_transaction = false;
    o->pending = 0;
    return err;
}

static int put_block(struct overlay *o, u64 number, const u8 *bytes) {
    sqlite3_bind_int64(o->put, 1, (sqlite3_int64)number);
    sqlite3_bind_blob(o->put, 2, bytes, BLOCK, SQLITE_STATIC);
    int step = sqlite3_step(o->put);
    int err = step == SQLITE_DONE ? 0 : failed(o, "write");
    sqlite3_reset(o->put);
    sqlite3_clear_bindings(o->put);
    return err;
}

static int write_block(struct overlay *o, u64 at, const u8 *from, u64 n) {
    if (n == BLOCK) return put_block(o, at / BLOCK, from);
    u8 whole[BLOCK];
    int err = read_bytes(o, at / BLOCK * BLOCK, whole, BLOCK);
    if (err) return err;
    memcpy(whole + at % BLOCK, from, n);
    return put_block(o, at / BLOCK, whole);
}

static int overlay_write(struct disk *d, u64 at, const void *from, u64 n) {
    struct overlay *o = overlay_of(d);
    const u8 *bytes = from;
    if (o->lost) return ERR_IO;
    if (!o->in_transaction && sqlite3_exec(o->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) return failed(o, "write");
    o->in_transaction = true;
    for (u64 part; n; at += part, bytes += part, n -= part) {
        part = BLOCK - at % BLOCK < n ? BLOCK - at % BLOCK : n;
        int err = write_block(o, at, bytes, part);
        if (err) return err;
        o->pending += part;
    }
    return o->pending < COMMIT_AFTER ? 0 : commit(o);
}

static int overlay_flush(struct disk *d) {
    struct overlay *o = overlay_of(d);
    return o->lost ? ERR_IO : commit(o);
}

// ---- opening

static bool run(struct overlay *o, const char *sql) { return sqlite3_exec(o->db, sql, NULL, NULL, NULL) == SQLITE_OK; }

static int refuse(struct plat *p, struct overlay *o) {
    int code = sqlite3_errcode(o->db), host = sqlite3_system_errno(o->db);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        log_error(p, "disk: '%s' is in use: another run has this disk; end that one first, or give this one a copy of the image",
                  o->path);
    else if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        log_error(
            p,
            "disk: '%s' is no overlay of softmetal's, or it is damaged (%s); move it away, and the disk is as its image has it",
            o->path, sqlite3_errmsg(o->db));
    else
        log_error(p, "disk: cannot use the overlay '%s': %s%s%s", o->path, sqlite3_errmsg(o->db), host ? ", " : "",
                  host ? strerror(host) : "");
    return ERR_IO;
}

// The number in the first row. 1: here it is; 0: there is no row; ERR_IO.
static int number(struct overlay *o, const char *sql, i64 *out) {
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(o->db, sql, -1, &s, NULL) != SQLITE_OK) return ERR_IO;
    int step = sqlite3_step(s);
    if (step == SQLITE_ROW) *out = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : ERR_IO;
}

// What tells one image from another without a pass over it: SAMPLES blocks from its first to its last bytes.
static int take_samples(struct plat *p, struct overlay *o, int fd, u64 size, u8 samples[SAMPLES * BLOCK]) {
    u64 last = size < BLOCK ? 0 : size - BLOCK;
    memset(samples, 0, SAMPLES * BLOCK);
    for (u64 i = 0; i < SAMPLES; i++) {
        u64 at = last / (SAMPLES - 1) * i;
        if (i == SAMPLES - 1) at = last;
        ssize_t got = pread(fd, samples + i * BLOCK, BLOCK, (off_t)at);
        if (got < 0) {
            log_error(p, "disk: cannot read '%s': %s", o->file.disk.name, strerror(errno));
            return ERR_IO;
        }
    }
    return 0;
}

static int create_tables(struct plat *p, struct overlay *o, const struct stat *base, const u8 *samples) {
    char sql[200];
    sqlite3_stmt *s = NULL;
    plat_format(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION, VERSION);
    bool good = run(o, "BEGIN IMMEDIATE") && run(o, sql) && run(o, CREATE_BASE) && run(o, CREATE_BLOCK) &&
                sqlite3_prepare_v2(o->db, "INSERT INTO base VALUES(?1, ?2, ?3)", -1, &s, NULL) == SQLITE_OK;
    if (good) {
        sqlite3_bind_int64(s, 1, base->st_size);
        sqlite3_bind_int64(s, 2, modified_ns(base));
        sqlite3_bind_blob(s, 3, samples, SAMPLES * BLOCK, SQLITE_STATIC);
        good = sqlite3_step(s) == SQLITE_DONE;
    }
    if (good) {
        sqlite3_finalize(s);
        s = NULL;
        good = run(o, "COMMIT");
    }
    if (good) return 0;
    int err = refuse(p, o);
    sqlite3_finalize(s);
    return err;
}

// The two tables, worded as above, and nothing else. 1: yes; 0: there is nothing at all; negative: neither.
static int has_schema(struct overlay *o) {
    static const char *const right[] = {CREATE_BASE, CREATE_BLOCK};
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(o->db, "SELECT sql FROM sqlite_schema ORDER BY rowid", -1, &s, NULL) != SQLITE_OK) return ERR_IO;
    unsigned rows = 0;
    int step, answer = 1;
    while (answer > 0 && (step = sqlite3_step(s)) == SQLITE_ROW) {
        const char *sql = (const char *)sqlite3_column_text(s, 0);
        if (rows == countof(right) || !sql || strcmp(sql, right[rows])) answer = ERR_CORRUPT;
        rows++;
    }
    if (answer > 0 && step != SQLITE_DONE) answer = ERR_IO;
    sqlite3_finalize(s);
    if (answer > 0 && rows < countof(right)) answer = rows ? ERR_CORRUPT : 0;
    return answer;
}

static int check_base(struct plat *p, struct overlay *o, const struct stat *base, const u8 *samples) {
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(o->db, "SELECT size, modified_ns, samples FROM base", -1, &s, NULL) != SQLITE_OK) return refuse(p, o);
    int step = sqlite3_step(s), err = 0;
    const char *name = o->file.disk.name;
    const void *kept = step == SQLITE_ROW ? sqlite3_column_blob(s, 2) : NULL;
    if (step != SQLITE_ROW && step != SQLITE_DONE) {
        err = refuse(p, o);
    } else if (!kept || sqlite3_column_bytes(s, 2) != SAMPLES * BLOCK) {
        log_error(p, "disk: '%s' does not say which image it belongs to: it is damaged", o->path);
        err = ERR_CORRUPT;
    } else if (sqlite3_column_int64(s, 0) != base->st_size || memcmp(kept, samples, SAMPLES * BLOCK)) {
        log_error(p,
                  "disk: '%s' belongs to an image of %lld bytes, and '%s' (%lld bytes) has other bytes: another image, or it was "
                  "changed. The overlay only makes sense on top of what it was made for; move it away to start from the image",
                  o->path, sqlite3_column_int64(s, 0), name, (long long)base->st_size);
        err = ERR_INVALID;
    } else if (sqlite3_column_int64(s, 1) != modified_ns(base)) {
        i64 ns = sqlite3_column_int64(s, 1);
        log_error(p,
                  "disk: '%s' was written to (or copied) after '%s' was made on top of it. If its bytes are still the same, "
                  "`touch -d @%lld.%09lld '%s'` says so; else move the overlay away",
                  name, o->path, (long long)(ns / 1000000000), (long long)(ns % 1000000000), name);
        err = ERR_INVALID;
    }
    sqlite3_finalize(s);
    return err;
}

static int check_kind(struct plat *p, struct overlay *o) {
    i64 application, version;
    if (number(o, "PRAGMA application_id", &application) != 1 || number(o, "PRAGMA user_version", &version) != 1)
        return refuse(p, o);
    int schema = has_schema(o);
    if (schema == ERR_IO) return refuse(p, o);
    if (schema == 0 && !application && !version) return 0; // its making was cut short, or it is empty
    if (schema > 0 && application == APPLICATION && version == VERSION) return 1;
    if (application == APPLICATION && version != VERSION)
        log_error(p, "disk: '%s' is an overlay of version %lld, and this softmetal knows version %d", o->path, (long long)version,
                  VERSION);
    else log_error(p, "disk: '%s' is an SQLite database, but no overlay of softmetal's; move it away", o->path);
    return ERR_INVALID;
}

static void harden(sqlite3 *db) {
    static const int off[] = {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA};
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    for (unsigned i = 0; i < countof(off); i++) sqlite3_db_config(db, off[i], 0, NULL);
}

static int open_database(struct plat *p, struct overlay *o, int fd, const struct stat *base) {
    if (sqlite3_open_v2(o->path, &o->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) return refuse(p, o);
    harden(o->db);
    // The mode of locking first: it decides where the index of the log lives.
    if (!run(o, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
                "PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864") ||
        !run(o, "PRAGMA journal_mode = WAL") || !run(o, "PRAGMA synchronous = FULL"))
        return refuse(p, o);
    u8 samples[SAMPLES * BLOCK];
    int err = take_samples(p, o, fd, (u64)base->st_size, samples);
    int kind = err ? err : check_kind(p, o);
    if (kind < 0) return kind;
    err = kind ? check_base(p, o, base, samples) : create_tables(p, o, base, samples);
    if (err) return err;
    if (sqlite3_prepare_v3(o->db, "SELECT number, bytes FROM block WHERE number BETWEEN ?1 AND ?2 ORDER BY number", -1,
                           SQLITE_PREPARE_PERSISTENT, &o->get, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(o->db, "INSERT OR REPLACE INTO block VALUES(?1, ?2)", -1, SQLITE_PREPARE_PERSISTENT, &o->put, NULL) !=
            SQLITE_OK)
        return refuse(p, o);
    return 0;
}

// Its name in the folder must survive a power cut as what is in it does; SQLite sees to its log's.
static void sync_folder(const char *path) {
    char folder[CONFIG_TEXT + 16];
    const char *slash = strrchr(path, '/');
    plat_format(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

static int make_file(struct plat *p, struct overlay *o, const struct stat *base) {
    int fd = open(o->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, base->st_mode & 0666);
    if (fd >= 0) {
        close(fd);
        sync_folder(o->path);
        o->made_now = true;
        return 0;
    }
    struct stat st;
    if (errno == EEXIST && !stat(o->path, &st)) {
        if (S_ISREG(st.st_mode)) return 0;
        log_error(p, "disk: the overlay '%s' is not a regular file", o->path);
        return ERR_INVALID;
    }
    log_error(p, "disk: cannot make the overlay '%s': %s", o->path, strerror(errno));
    return ERR_IO;
}

static void close_overlay(struct disk_file *f) {
    struct overlay *o = container_of(f, struct overlay, file);
    i64 any;
    bool drop = o->made_now && number(o, "SELECT number FROM block LIMIT 1", &any) == 0;
    sqlite3_finalize(o->get);
    sqlite3_finalize(o->put);
    sqlite3_close(o->db);
    if (drop) unlink(o->path);
}

struct disk_file *disk_overlay_create(struct plat *p, const char *path, int fd, const struct stat *base, int *err) {
    struct overlay *o = calloc(1, sizeof *o);
    *err = ERR_NO_MEMORY;
    if (!o) return NULL;
    plat_format(o->path, sizeof o->path, "%s.overlay", path);
    o->file.disk =
        (struct disk){.name = path, .keeps = true, .read = overlay_read, .write = overlay_write, .flush = overlay_flush};
    o->file.close = close_overlay;
    *err = make_file(p, o, base);
    if (!*err) *err = open_database(p, o, fd, base);
    if (!*err) return &o->file;
    if (o->db) close_overlay(&o->file);
    free(o);
    return NULL;
}
