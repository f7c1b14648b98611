// SPDX-License-Identifier: MIT
// Making a machine and running it: slices of instructions between events, checkpoints for state hashes, the result.
#include "machine/machine.h"

#include "base/bits.h"
#include "base/splitmix.h"
#include "loader/foreign.h"
#include "loader/image.h"
#include "machine/arch.h"
#include "machine/board.h"
#include "machine/debug.h"
#include "machine/engine.h"
#include "machine/measure.h"
#include "machine/profile.h"
#include "machine/record.h"
#include "machine/repeat.h"
#include "machine/rewind.h"
#include "machine/snapshot.h"

#include <string.h>

#define DEFAULT_RAM (3 * GiB)
#define RAM_FOR_IMAGE (16 * GiB)
#define RAM_UNIT (2 * MiB)
#define KEY_WAIT 100000000 // ns of sleep while only a key can wake the guest; a key ends it
// The longest slice, in ticks. Keyboard and emu_stop are polled once a slice, so it takes far less than a millisecond even on a slow host:
// within that time a serial port's FIFO fills.
#ifdef HOSTILE // 32 slices of one instruction, then one of 32: only that runs whole blocks
#define SLICE(now) ((now) >> 5 & 1 ? 32 - ((now) & 31) : 1)
#else
#define SLICE(now) ((u64)1 << 15)
#endif

typedef unsigned long long ull;

static void finish(void *ctx, int reason, u32 code) {
    struct emu_machine *m = ctx;
    if (m->done) return;
    m->done = true;
    m->reason = (enum emu_reason)reason;
    m->code = code;
    if (m->cpu.leave) m->cpu.leave(m->cpu.cpu);
}

// Firmware starts what is in the drives, as on a real machine, and nothing else.
static int check_firmware(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, const struct board *board) {
    const bool kernel = in->kernel.data && loader_cdrom(in) != &in->kernel;
    const bool nvram = in->nvram.data || in->nvram_drive;
    if (nvram && !in->firmware.data) {
        log_error(p, "nvram: nothing that starts this guest has variables; right is firmware = uefi, or no nvram");
        return ERR_INVALID;
    }
    if (!in->firmware.data) return 0;
    if (!board->takes_firmware) {
        log_error(p, "firmware: the board of %s starts without; right is firmware = none", board->loader->name);
        return ERR_UNSUPPORTED;
    }
    if (c->testdev) {
        log_error(p, "testdev: its fw_cfg would stand where the firmware's is; right is firmware = none, or no testdev");
        return ERR_INVALID;
    }
    if (!kernel && !in->initrd.data && !c->append[0] && !c->has_load_address && !config_in_cdrom(c->kernel)) return 0;
    log_error(p,
              "firmware = %s: firmware starts the boot loader of a disc or a disk, which brings its own kernel; right is cdrom = "
              "(or kernel =) an ISO, or disk =, without initrd, append and load_address; or firmware = none",
              in->firmware.name);
    return ERR_INVALID;
}

static int find_board(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, bool unpack,
                      const struct board **board) {
    enum config_arch arch;
    int err = machine_arch(c, in, p, unpack, &arch);
    if (err) return err;
    *board = board_of(arch);
    if (in->bios.data && !(*board)->takes_bios) {
        log_error(p, "bios: the board of %s takes no firmware; right is no bios", (*board)->loader->name);
        return ERR_UNSUPPORTED;
    }
    err = check_firmware(c, in, p, *board);
    return err ? err : engine_check(c, p, *board);
}

// Files that whoever calls has no stream for: a build without files. To pass such a key over would be another run than the one that was asked for.
static int check_streams(const struct emu_config *c, const struct emu_inputs *in, struct plat *p) {
    const struct {
        const char *key;
        bool missing;
    } wanted[] = {
        {"snapshot", c->snapshot.file[0] && !in->snapshot},
        {"restore", c->restore[0] && !in->restore},
        {"record", c->record[0] && !in->record},
        {"replay", c->replay[0] && !in->replay.data},
        {"gdb", c->gdb[0] && !in->gdb},
    };
    for (unsigned i = 0; i < countof(wanted); i++) {
        if (!wanted[i].missing) continue;
        log_error(p, "%s: there are no files here to do that with; right is the hosted build, or no %s", wanted[i].key,
                  wanted[i].key);
        return ERR_UNSUPPORTED;
    }
    return 0;
}

static int check_words(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, bool unpack,
                       const struct board **board) {
    int err = foreign_check(p, c, in);
    if (!err) err = measure_check(c, in, p);
    if (!err) err = check_streams(c, in, p);
    return err ? err : find_board(c, in, p, unpack, board);
}

// A platform that passes on errors alone: a check logs why something is refused, and nothing else.
struct checker {
    struct plat plat, *real;
};

static struct plat *real(struct plat *p) { return ((struct checker *)p)->real; }
static void check_log(struct plat *p, enum log_level level, const char *line) {
    if (level == LOG_ERROR) real(p)->log(real(p), level, line);
}
static void *check_alloc(struct plat *p, size_t bytes, size_t align) { return real(p)->alloc(real(p), bytes, align); }
static void check_free(struct plat *p, void *at, size_t bytes) { real(p)->free(real(p), at, bytes); }
__attribute__((noreturn)) static void check_panic(struct plat *p, const char *message) { real(p)->panic(real(p), message); }

static void drop(struct plat *p, enum log_level level, const char *line) {}

u64 emu_ram_wanted(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, u64 available) {
    if (c->memory) return align_down(c->memory, RAM_UNIT);
    struct checker k = {.plat = {.log = drop, .alloc = check_alloc, .free = check_free, .panic = check_panic}, .real = p};
    const struct board *b; // none: emu_check will say why
    if (find_board(c, in, &k.plat, false, &b)) b = board_of(ARCH_X86_64);
    gpa_t end = in->firmware.data ? 0 : loader_top(b->loader, b->ram_at, c, in, p);
    u64 top = end > b->ram_at ? align_up(end - b->ram_at, RAM_UNIT) : 0;
    u64 want = available ? align_down(available, RAM_UNIT) : DEFAULT_RAM;
    // An image whose addresses reach beyond RAM_FOR_IMAGE gets no RAM for them: its load is refused, and the message says what it needs.
    return want > top || available || top > RAM_FOR_IMAGE ? want : top;
}

int emu_check(const struct emu_config *c, const struct emu_inputs *in, struct plat *p, u64 ram_size) {
    struct checker k = {.plat = {.log = check_log, .alloc = check_alloc, .free = check_free, .panic = check_panic}, .real = p};
    const struct board *b;
    int err = check_words(c, in, p, false, &b);
    return err ? err : b->check(&k.plat, c, in, ram_size);
}

static void tell_where(struct emu_machine *m) {
    char place[160];
    u64 ns = m->clock.now - m->looked.now, ran = m->instructions - m->looked.instructions;
    bool idle = m->cpu.idle(m->cpu.cpu) != CPU_RUNS;
    m->cpu.where(m->cpu.cpu, place, sizeof place);
    log_info(m->plat, "%llu instructions, %llu.%03llu s of guest time; %s, and %u %% idle since %s; %s", (ull)m->instructions,
             (ull)(m->clock.now / 1000000000), (ull)(m->clock.now / 1000000 % 1000), idle ? "idle" : "busy",
             ns > ran ? (unsigned)((u128)(ns - ran) * 100 / ns) : 0, m->asked ? "the last look" : "the start", place);
    m->looked.now = m->clock.now, m->looked.instructions = m->instructions;
    m->asked = true;
}

static void on_key(void *ctx, enum keys_action key) {
    struct emu_machine *m = ctx;
    if (key == KEYS_STOP) m->stop = true;
    else if (key == KEYS_WHERE) tell_where(m);
    else log_info(m->plat, KEYS_TEXT);
}

int emu_create(struct emu_machine **out, const struct emu_config *c, const struct emu_inputs *in, struct plat *p, u8 *ram,
               u64 ram_size) {
    const struct board *board;
    int err = check_words(c, in, p, true, &board);
    if (err) return err;
    struct emu_machine *m = p->alloc(p, sizeof *m, 64);
    struct emu_config *copy = p->alloc(p, sizeof *copy, 64);
    if (!m || !copy) {
        if (m) p->free(p, m, sizeof *m);
        if (copy) p->free(p, copy, sizeof *copy);
        log_error(p, "no memory for the machine itself");
        return ERR_NO_MEMORY;
    }
    *copy = *c;
    m->plat = p;
    m->kind = board;
    m->config = copy;
    m->env = (struct env){.plat = p, .clock = &m->clock, .state = &m->state, .finish = finish, .finish_ctx = m};
    m->own = m->env;
    m->console = console_create(&m->own, c);
    console_on_key(m->console, on_key, m);
    m->own_events = m->clock.events;
    m->seed = c->seed;
    m->inputs = *in;
    m->ram = ram;
    m->ram_size = ram_size;
    err = measure_open(m);
    if (!err) repeat_open(m);
    if (!err) err = profile_open(m);
    if (!err) err = debug_open(m, copy);
    if (!err) err = engine_open(m);
    if (!err) err = m->kind->create(m, in, ram, ram_size);
    if (!err && in->restore) err = snapshot_restore(m, in->restore);
    m->restored = in->restore;
    if (!err) err = record_open(m);
    if (err) {
        emu_destroy(m);
        return err;
    }
    *out = m;
    return 0;
}

void emu_destroy(struct emu_machine *m) {
    struct plat *p = m->plat;
    rewind_forget(m);
    env_free_all(&m->env);
    env_free_all(&m->own);
    engine_close(m);
    p->free(p, (void *)(uintptr_t)m->config, sizeof *m->config);
    p->free(p, m, sizeof *m);
}

void emu_stop(struct emu_machine *m) {
    m->stop = true;
    if (m->cpu.cpu && m->cpu.leave) m->cpu.leave(m->cpu.cpu); // none while the machine restarts
}

static void record_hash(struct emu_machine *m, u64 hash) {
    char line[200];
    plat_format(line, sizeof line,
                "{\"softmetal\":\"state_hash\",\"instructions\":%llu,\"virtual_ns\":%llu,\"state_hash\":\"%016llx\"}",
                (unsigned long long)m->instructions, (unsigned long long)m->clock.now, (unsigned long long)hash);
    m->plat->record(m->plat, line);
}

// Where the next slice must end at the latest, as a count of instructions.
static u64 next_stop(const struct emu_machine *m, unsigned hashes_done) {
    const struct emu_config *c = m->config;
    u64 stop = m->instructions + SLICE(m->instructions);
    if (hashes_done < c->state_hashes && c->state_hash[hashes_done] < stop) stop = c->state_hash[hashes_done];
    if (c->max_instructions && c->max_instructions < stop) stop = c->max_instructions;
    if (snapshot_stop(m) < stop) stop = snapshot_stop(m);
    if (replay_stop(m) < stop) stop = replay_stop(m);
    if (repeat_stop(m) < stop) stop = repeat_stop(m);
    if (profile_stop(m) < stop) stop = profile_stop(m);
    if (debug_next(m) < stop) stop = debug_next(m);
    return stop;
}

static u64 host_now(struct emu_machine *m) { return m->plat->host_ns(m->plat); }

static bool timer_due(const struct emu_machine *m) { return clock_next(&m->clock) < CLOCK_END; }

static bool key_may_come(const struct emu_machine *m) {
    if (replays(m)) return replay_is_here(m);
    return m->plat->console_input(m->plat) != CONSOLE_INPUT_ENDED && m->kind->input_wakes(m);
}

// `clock = host`: has the host's clock come to the next event? If not, sleeps at most a millisecond towards it, and moves guest time on.
static bool wait_for_host_clock(struct emu_machine *m, u64 next) {
    u64 host = host_now(m) - m->host_start;
    if (host >= next) return true;
    m->plat->idle(m->plat, next - host < 1000000 ? next - host : 1000000);
    if (host <= m->clock.now) return false;
    record_idle(m, host);
    m->clock.now = host;
    return false;
}

// `pace = real`: sleeps until the host's clock has come to the next event (true), or until something is typed (false), which moves guest
// time to where the host's clock is. Only these two move guest time: what wakes the host in between must not show in the guest.
static bool wait_in_real_time(struct emu_machine *m, u64 next) {
    pace_halt(&m->pace, m->clock.now, host_now(m));
    for (u64 left; (left = pace_left(&m->pace, next, host_now(m)));) {
        m->plat->idle(m->plat, left);
        if (console_fetch(m->console)) {
            u64 now = pace_guest(&m->pace, host_now(m));
            if (now > next) now = next;
            if (now < m->clock.now) now = m->clock.now;
            record_wake(m, now);
            m->clock.now = now;
            return false;
        }
        if (m->stop || (!timer_due(m) && !key_may_come(m))) return false;
    }
    return true;
}

// Ends the run. HLT in a loop with interrupts off is no error: that is how an OS ends that was told to halt.
static void halted_for_good(struct emu_machine *m, bool dead) {
    m->on_purpose = dead && m->cpu.halts_for_good(m->cpu.cpu);
    if (m->on_purpose)
        log_info(m->plat, "guest is halted with interrupts off, in a loop: it has come to its end (dump = true shows where)");
    else log_error(m->plat, "guest is halted%s and nothing is due that could wake it", dead ? " with interrupts off" : "");
    finish(m, EMU_HALTED, 0);
}

// The guest is halted: moves guest time to the next event, at once or in real time. Where no event is due, a key may still wake the guest.
static void wait(struct emu_machine *m) {
    u64 next = clock_next(&m->clock);
    bool dead = m->cpu.idle(m->cpu.cpu) == CPU_DEAD;
    if (dead && m->cpu.wants_bios(m->cpu.cpu)) {
        finish(m, EMU_NO_BIOS, 0);
        return;
    }
    if (dead || (!timer_due(m) && !key_may_come(m))) {
        halted_for_good(m, dead);
        return;
    }
    if (next <= m->clock.now) return;
    bool come = true;
    if (replays(m)) come = !replay_wait(m) && timer_due(m);
    else if (m->config->clock == CLOCK_HOST) come = wait_for_host_clock(m, next);
    else if (m->pace.real) come = wait_in_real_time(m, next);
    else if (!timer_due(m)) m->plat->idle(m->plat, KEY_WAIT), come = false;
    if (!come) return;
    m->clock.now = next;
    m->slept++;
}

static void run_slice(struct emu_machine *m, u64 stop) {
    u64 n = stop - m->instructions, next = clock_next(&m->clock);
    if (next != CLOCK_NEVER && next - m->clock.now < n) n = next - m->clock.now;
    u64 ticks, end = m->clock.now;
    end += m->cpu.run(m->cpu.cpu, n, &ticks);
    if (m->done) m->clock.now = end;
    else clock_advance(&m->clock, end);
    m->instructions += ticks;
    if (ticks) m->slept = 0;
}

// max_instructions counts events that did not wake a halted guest, too. Else a periodic timer that never wakes it would keep the run
// going for ever, since no instruction retires.
static bool limit_reached(const struct emu_machine *m) {
    u64 most = m->config->max_instructions;
    if (!most || m->instructions + m->slept < most) return false;
    if (m->slept)
        log_error(m->plat, "guest is halted, and none of the last %llu timer events has woken it", (unsigned long long)m->slept);
    return true;
}

// Writes only to pages that are not zero: the host gives memory to a page that is written, and most of RAM may never have been.
static void zero_pages(u8 *ram, u64 size) {
    enum { PAGE = 4096 };
    static const u8 zeros[PAGE];
    for (u64 at = 0; at < size; at += PAGE)
        if (memcmp(ram + at, zeros, PAGE) != 0) memset(ram + at, 0, PAGE);
}

// Starts the machine anew after a reset by the guest: new devices, RAM zeroed, the images loaded again. Kept is what is outside of the
// machine (time, the count of instructions, the console with its script) and what a real one keeps without power (clock chip, disks).
static bool restart(struct emu_machine *m) {
    if (m->reason != EMU_RESET || m->config->on_reset != RESET_RESTART || m->stop) return false;
    log_info(m->plat, "the guest has reset its machine: it starts anew (on_reset = restart)");
    repeat_abandon(m);
    rewind_forget(m); // another machine cannot go back to what this one was
    m->kind->keep(m);
    measure_restart(m);
    engine_report(m, &m->engines);
    engine_tell_handlers(m);
    m->cpu.cpu = NULL;
    m->vcpu = NULL;
    __asm__ volatile("" ::: "memory");      // NULL must be seen before the CPU is freed: emu_stop may be called by a signal
    clock_forget(&m->clock, m->own_events); // the other events are in devices, which are freed next
    env_free_all(&m->env);
    m->state = (struct state_set){0};
    m->bus = (struct bus){0};
    u64 seed = m->seed;
    m->seed = splitmix64(&seed);
    zero_pages(m->ram, m->ram_size);
    m->done = false;
    if (!m->kind->create(m, &m->inputs, m->ram, m->ram_size)) return true;
    finish(m, EMU_REFUSED, 0);
    return false;
}

// What has ended goes on when it starts anew, or when a debugger has gone back.
static bool is_over(struct emu_machine *m) {
    if (!m->done) return false;
    if (restart(m)) debug_restarted(m);
    else debug_ended(m);
    return m->done;
}

static void run_until_done(struct emu_machine *m) {
    const struct emu_config *c = m->config;
    unsigned hashes = 0;
    while (m->restored && hashes < c->state_hashes && c->state_hash[hashes] < m->instructions) hashes++; // another run told them
    m->host_start = host_now(m) - m->clock.now;
    snapshot_prepare(m);
    pace_start(&m->pace, c, m->plat, m->clock.now);
    debug_start(m);
    while (!is_over(m)) {
        while (hashes < c->state_hashes && c->state_hash[hashes] <= m->instructions) {
            record_hash(m, state_hash(&m->state));
            hashes++;
        }
        snapshot_take_if_due(m);
        profile_sample(m);
        repeat_step(m);
        if (m->done) break;
        if (limit_reached(m)) {
            finish(m, EMU_MAX_INSTRUCTIONS, 0);
            continue;
        }
        if (replays(m) && !replay_time(m)) {
            finish(m, EMU_REFUSED, 0);
            break;
        }
        if (m->stop) {
            record_stop(m);
            finish(m, EMU_STOPPED, 0);
            continue;
        }
        if (c->clock == CLOCK_HOST && !replays(m)) {
            u64 host = host_now(m) - m->host_start;
            if (host > m->clock.now) {
                record_time(m, host);
                m->clock.now = host;
            }
        }
        clock_fire(&m->clock);
        if (replays(m)) replay_type(m);
        debug_type(m);
        console_poll(m->console);
        record_typed(m);
        if (m->done) continue;
        run_slice(m, next_stop(m, hashes));
        if (unlikely(m->debug != NULL)) debug_look(m);
        if (!m->done && m->cpu.idle(m->cpu.cpu) != CPU_RUNS) wait(m);
    }
}

static void report(struct emu_machine *m, const struct emu_result *r) {
    char line[300];
    plat_format(line, sizeof line,
                "{\"softmetal\":\"result\",\"reason\":\"%s\",\"code\":%u,\"instructions\":%llu,\"virtual_ns\":%llu,"
                "\"host_cycles\":%llu,\"state_hash\":\"%016llx\"}",
                emu_reason_name(r->reason), (unsigned)r->code, (unsigned long long)r->instructions,
                (unsigned long long)r->virtual_ns, (unsigned long long)r->host_cycles, (unsigned long long)r->state_hash);
    m->plat->record(m->plat, line);
}

static bool ended_badly(const struct emu_machine *m) {
    enum emu_reason r = m->reason;
    return r == EMU_TRIPLE_FAULT || r == EMU_UNMAPPED || r == EMU_NO_BIOS || (r == EMU_HALTED && !m->on_purpose);
}

// With `dump`, or after a Ctrl-A s, unless the run has come to an end of its own: then the question where the guest is has its answer.
static bool dump_wanted(const struct emu_machine *m) {
    enum emu_reason r = m->reason;
    bool as_told = r == EMU_POWEROFF || r == EMU_UNTIL || r == EMU_DEBUG_EXIT;
    return m->config->dump || (m->asked && !as_told);
}

static void say_lost(const struct emu_machine *m, const char *what, const struct disk *d) {
    if (!d || !d->written) return;
    log_info(m->plat,
             "%s %s: the guest has written to it, and with disk_write = memory that is gone now; the hosted build's "
             "disk_write = overlay keeps it beside the image, direct in the image",
             what, d->name);
}

// Says that written disks are lost, since an installation that is lost is noticed too late.
static void say_what_is_lost(const struct emu_machine *m) {
    if (m->config->disk_write != DISK_WRITE_MEMORY) return;
    for (unsigned i = 0; i < CONFIG_DISKS; i++) say_lost(m, "disk", m->disk[i]);
    say_lost(m, "nvram", m->nvram);
}

void emu_run(struct emu_machine *m, struct emu_result *r) {
    u64 cycles = m->plat->cycles(m->plat);
    run_until_done(m);
    cycles = m->plat->cycles(m->plat) - cycles;
    repeat_abandon(m);
    if (m->kind->flush && m->board) m->kind->flush(m);
    m->plat->console_restore(m->plat);
    if (ended_badly(m)) m->cpu.dump(m->cpu.cpu, LOG_ERROR);
    else if (dump_wanted(m)) m->cpu.dump(m->cpu.cpu, LOG_INFO);
    const char *missing = console_until_missing(m->console);
    if (missing && m->reason != EMU_STOPPED && m->reason != EMU_REFUSED && m->reason != EMU_REPEAT_DIFFERS) {
        const char *expect = console_expect_missing(m->console);
        log_error(m->plat, "the run ended (%s) before the guest's console showed \"%s\"%s%s%s", emu_reason_name(m->reason),
                  missing, expect ? "; still waiting for \"" : "", expect ? expect : "", expect ? "\"" : "");
        m->reason = EMU_UNTIL_MISSED;
    }
    *r = (struct emu_result){.reason = m->reason,
                             .code = m->code,
                             .instructions = m->instructions,
                             .virtual_ns = m->clock.now,
                             .host_cycles = cycles,
                             .state_hash = state_hash(&m->state)};
    if (record_close(m, r->state_hash)) r->reason = m->reason = EMU_REFUSED;
    engine_report(m, &r->engine);
    engine_tell(m, r);
    engine_tell_handlers(m);
    measure_tell(m);
    profile_tell(m);
    report(m, r);
    snapshot_end(m);
    say_what_is_lost(m);
}
