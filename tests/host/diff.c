// SPDX-License-Identifier: MIT
// Both runs are made again and again, each time with state hashes nearer to where they part: no run needs another's memory, and every key that
// a run can have is one that two runs can differ in.
#define _GNU_SOURCE
#include "diff.h"

#include "emu/emu.h"
#include "files.h"
#include "options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MOST = 64, SAID = 1 << 16, DIFFER = 1, REFUSED = 2 };

// A run that nobody types into, and what it has to say is kept.
struct quiet {
    struct plat_host host;
    char said[SAID];
    size_t n;
    u64 hash[CONFIG_COUNTS];
    unsigned hashes;
};

struct side {
    const char *name; // as it was given
    struct emu_config c;
    struct emu_result r;
    struct quiet q;
};

static struct quiet *of(struct plat *p) { return container_of(container_of(p, struct plat_host, plat), struct quiet, host); }

static void drop_output(struct plat *p, const u8 *bytes, size_t n) {}
static void no_terminal(struct plat *p) {}
static int no_byte(struct plat *p) { return -1; }
static enum console_input no_input(struct plat *p) { return CONSOLE_INPUT_ENDED; }
static void no_sleep(struct plat *p, u64 ns) {}

static void keep_line(struct plat *p, enum log_level level, const char *line) {
    struct quiet *q = of(p);
    if (level == LOG_DEBUG) return;
    int n = snprintf(q->said + q->n, SAID - q->n, "%s\n", line);
    if (n > 0 && (size_t)n < SAID - q->n) q->n += (size_t)n;
}

static void keep_hash(struct plat *p, const char *json) {
    struct quiet *q = of(p);
    const char *at = strstr(json, "\"state_hash\":\"");
    if (!strstr(json, "{\"softmetal\":\"state_hash\"") || !at || q->hashes == CONFIG_COUNTS) return;
    q->hash[q->hashes++] = strtoull(at + 14, NULL, 16);
}

static void be_quiet(struct quiet *q) {
    plat_host_init(&q->host);
    struct plat *p = &q->host.plat;
    p->console_write = drop_output;
    p->console_restore = no_terminal;
    p->console_read = no_byte;
    p->console_input = no_input;
    p->idle = no_sleep;
    p->log = keep_line;
    p->record = keep_hash;
    q->n = q->hashes = 0;
    q->said[0] = 0;
}

// Runs a side with these hashes, and as far as `most` (0: as its configuration says). 0, or a negative error: what it said tells why.
static int run(struct side *s, const u64 *counts, unsigned n, u64 most, bool dump) {
    struct emu_config c = s->c;
    struct emu_inputs in = {0};
    struct plat *p = &s->q.host.plat;
    struct emu_machine *m;
    be_quiet(&s->q);
    for (unsigned i = 0; i < n; i++) c.state_hash[i] = counts[i];
    c.state_hashes = n;
    if (most) c.max_instructions = most;
    c.dump = dump;
    int err = files_load(p, &c, &in);
    u64 size = err ? 0 : emu_ram_wanted(&c, &in, p, 0);
    if (!err) err = emu_check(&c, &in, p, size);
    u8 *ram = err ? NULL : p->alloc(p, size, 2 * MiB);
    if (!err && !ram) err = ERR_NO_MEMORY;
    if (!err) err = emu_create(&m, &c, &in, p, ram, size);
    if (!err) {
        emu_run(m, &s->r);
        emu_destroy(m);
    }
    if (ram) p->free(p, ram, size);
    files_close(&in);
    return err;
}

// ---- where they part

static int both(struct side side[2], const u64 *counts, unsigned n, u64 most) {
    for (unsigned i = 0; i < 2; i++) {
        int err = run(&side[i], counts, n, most, false);
        if (!err) continue;
        fprintf(stderr, "softmetal: diff: %s does not run:\n%s", side[i].name, side[i].q.said);
        return err;
    }
    return 0;
}

// The first of the counts at which they differ: a hash that is missing is of a run that has ended before.
static unsigned first_difference(const struct side side[2], unsigned n) {
    for (unsigned i = 0; i < n; i++)
        if (i >= side[0].q.hashes || i >= side[1].q.hashes || side[0].q.hash[i] != side[1].q.hash[i]) return i;
    return n;
}

// At *low they are equal, at *high they are not. *high becomes *low + 1; 0, or an error.
static int narrow(struct side side[2], u64 *low, u64 *high) {
    while (*high - *low > 1) {
        u64 counts[CONFIG_COUNTS - 1], wide = *high - *low, last = 0;
        unsigned n = 0;
        for (unsigned i = 1; i < CONFIG_COUNTS; i++) {
            u64 at = *low + (u64)((unsigned __int128)wide * i / (CONFIG_COUNTS - 1));
            if (at > *low && at != last) counts[n++] = last = at;
        }
        int err = both(side, counts, n, *high);
        if (err) return err;
        unsigned i = first_difference(side, n);
        if (i == n) i = n - 1; // the run's end differs, and not its state
        if (i) *low = counts[i - 1];
        *high = counts[i];
        fprintf(stderr, "softmetal: diff: between %" PRIu64 " and %" PRIu64 " instructions\n", *low, *high);
    }
    return 0;
}

// ---- what is said

// The registers, and the instruction that comes next, are in the dump; the blocks before them tell nothing here. Hashes what it says.
static u64 say_dump(const char *name, char *said) {
    bool shown = false;
    u64 hash = 0;
    for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n")) {
        if (strstr(line, "guest processor:")) shown = true;
        if (strstr(line, "  the first instructions of") || strstr(line, "  the last instructions:")) shown = false;
        for (const char *c = line; shown && *c; c++) hash = hash * 31 + (u8)*c;
        if (shown) printf("%s | %s\n", name, line);
        if (strstr(line, "  what comes next:") && (line = strtok(NULL, "\n"))) {
            printf("%s |   next: %s\n", name, line);
            break;
        }
    }
    return hash;
}

static int say_instant(struct side side[2], u64 at, bool both_of_them) {
    u64 hash[2] = {0, 1};
    for (unsigned i = 0; i < (both_of_them ? 2 : 1); i++) {
        int err = run(&side[i], NULL, 0, at, true);
        if (err) return err;
        hash[i] = say_dump(both_of_them ? i ? "B" : "A" : "both", side[i].q.said);
    }
    if (hash[0] == hash[1]) printf("these registers are equal: they differ in others, in memory or in a device\n");
    return 0;
}

static int find(struct side side[2]) {
    u64 low = 0, high, zero[] = {0};
    if (both(side, zero, 1, 0)) return REFUSED;
    const struct emu_result *a = &side[0].r, *b = &side[1].r;
    if (a->instructions == b->instructions && a->state_hash == b->state_hash) {
        printf("no difference: both end (%s, %s) after %" PRIu64 " instructions in state %016" PRIx64 "\n",
               emu_reason_name(a->reason), emu_reason_name(b->reason), a->instructions, a->state_hash);
        return 0;
    }
    if (first_difference(side, 1) == 0) {
        printf("they differ before the first instruction: these are two machines\n");
        return say_instant(side, 1, true) ? REFUSED : DIFFER;
    }
    high = a->instructions < b->instructions ? a->instructions : b->instructions;
    u64 ends[] = {high};
    if (a->instructions != b->instructions) {
        if (both(side, ends, 1, high)) return REFUSED;
        if (first_difference(side, 1) == 1) {
            printf("no difference as far as one of them goes: %" PRIu64 " instructions\n", high);
            return DIFFER;
        }
    }
    if (narrow(side, &low, &high)) return REFUSED;
    printf("equal after %" PRIu64 " instructions, and not after %" PRIu64 "\n", low, high);
    if (low && say_instant(side, low, false)) return REFUSED;
    printf("the same instruction later:\n");
    return say_instant(side, high, true) ? REFUSED : DIFFER;
}

// ---- command line

// A path, or words KEY=VALUE, becomes options; those for both go behind them.
static int parse(struct plat_host *h, struct side *s, char *given, int rest, char **argv) {
    static char key[] = "--config";
    char *words[WORDS_MOST], made[WORDS_MOST][CONFIG_TEXT / 8], copy[CONFIG_TEXT];
    int n = 0;
    s->name = given;
    config_defaults(&s->c);
    if (!access(given, R_OK)) {
        words[n++] = key;
        words[n++] = given;
    } else {
        snprintf(copy, sizeof copy, "%s", given);
        for (char *w = strtok(copy, " "); w && n < WORDS_MOST / 2; w = strtok(NULL, " ")) {
            snprintf(made[n], sizeof made[n], "--%s", w);
            words[n] = made[n], n++;
        }
    }
    for (int i = 0; i < rest && n < WORDS_MOST; i++) words[n++] = argv[i];
    int err = options_parse(&s->c, &h->plat, n, words);
    s->c.disk_write = DISK_WRITE_MEMORY;
    s->c.snapshot.file[0] = s->c.record[0] = s->c.gdb[0] = 0;
    return err;
}

int diff_main(struct plat_host *h, int argc, char **argv) {
    static struct side side[2];
    if (argc < 2) {
        log_error(&h->plat,
                  "usage: softmetal diff A B [--KEY VALUE]...; A and B are files of configuration, or words: 'engine=interpret'");
        return REFUSED;
    }
    for (unsigned i = 0; i < 2; i++)
        if (parse(h, &side[i], argv[i], argc - 2, argv + 2)) return REFUSED;
    return find(side);
}
