// SPDX-License-Identifier: MIT
// build/host/softmetal: the emulator as a Linux process. Options, files, guest RAM, run, summary.
#define _GNU_SOURCE
#include "diff.h"
#include "emu/emu.h"
#include "files.h"
#include "options.h"
#include "plat_host.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUTPUT_LOST 74 // the BSD sysexits' EX_IOERR

// Signal handlers take no context: the run that they stop, and how often they came.
static struct emu_machine *volatile running;
static volatile sig_atomic_t stops;

static struct plat_host h;

static void on_signal(int signal_number) {
    if (!running || ++stops > 1) {
        terminal_close();
        _exit(128 + signal_number);
    }
    terminal_stop();
    emu_stop(running);
}

static void catch_signals(void) {
    struct sigaction a = {.sa_handler = on_signal};
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

static u8 *guest_ram(struct plat *p, u64 bytes) {
    u8 *ram = p->alloc(p, bytes, 2 * MiB);
    if (!ram) {
        log_error(p, "memory: this process cannot have %" PRIu64 " MiB of guest RAM: %s", bytes / MiB, strerror(errno));
        return NULL;
    }
    madvise(ram, bytes, MADV_HUGEPAGE); // only faster: refusal is fine
    return ram;
}

// The run did not start: the same line for machines as every run has.
static int refused(struct plat *p) {
    struct emu_result r = {.reason = EMU_REFUSED};
    char line[200];
    plat_format(line, sizeof line,
                "{\"softmetal\":\"result\",\"reason\":\"%s\",\"instructions\":0,\"virtual_ns\":0,\"host_cycles\":0,"
                "\"state_hash\":\"%016d\"}",
                emu_reason_name(r.reason), 0);
    p->record(p, line);
    return emu_exit_status(&r);
}

// A guest file is gone while it is loaded, which a guest's reset may do with the terminal in use.
static void lost(void) {
    terminal_close();
    _exit(refused(&h.plat));
}

static void summary(struct plat *p, const struct emu_result *r, u64 ns) {
    double seconds = (double)ns / 1e9;
    if (isatty(STDOUT_FILENO)) putchar('\n'); // the guest's last line may have no end
    fflush(stdout);
    log_info(p, "%s after %" PRIu64 " instructions, %.3f s of guest time; took %.3f s, %.1f MIPS; state %016" PRIx64,
             emu_reason_name(r->reason), r->instructions, (double)r->virtual_ns / 1e9, seconds,
             seconds > 0 ? (double)r->instructions / seconds / 1e6 : 0.0, r->state_hash);
}

static int without_files(struct plat *p, struct emu_inputs *in) {
    files_close(in);
    return refused(p);
}

static int run(struct emu_config *c) {
    struct plat *p = &h.plat;
    struct emu_inputs in = {0};
    files_guard(p, lost);
    if (files_load(p, c, &in)) return without_files(p, &in);
    u64 ram_size = emu_ram_wanted(c, &in, p, 0);
    if (emu_check(c, &in, p, ram_size)) return without_files(p, &in);
    u8 *ram = guest_ram(p, ram_size);
    struct emu_machine *m;
    if (!ram || emu_create(&m, c, &in, p, ram, ram_size)) return without_files(p, &in);

    struct emu_result r;
    catch_signals();
    terminal_open();
    running = m;
    u64 start = p->host_ns(p);
    emu_run(m, &r);
    u64 ns = p->host_ns(p) - start;
    running = NULL;
    terminal_flush();
    terminal_close();

    summary(p, &r, ns);
    emu_destroy(m);
    files_close(&in);
    p->free(p, ram, ram_size);
    return emu_exit_status(&r);
}

// Files that are opened must not get the number of a standard stream that whoever started this has closed.
static void fill_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY); // the lowest number that is free
}

int main(int argc, char **argv) {
    static struct emu_config c;
    fill_standard_streams();
    plat_host_init(&h);
    if (options_ask_for_help(argc, argv)) {
        options_help();
        return 0;
    }
    if (argc >= 2 && !strcmp(argv[1], "diff")) return diff_main(&h, argc - 2, argv + 2);
    if (argc < 2 || strcmp(argv[1], "run")) {
        log_error(&h.plat, "usage: softmetal run --kernel FILE [--KEY VALUE]...; softmetal --help lists the keys");
        return refused(&h.plat);
    }
    config_defaults(&c);
    if (options_parse(&c, &h.plat, argc - 2, argv + 2)) return refused(&h.plat);
    h.verbose = c.verbose;
    if (plat_host_outputs(&h, &c)) return refused(&h.plat);
    int status = run(&c);
    return plat_host_lost(&h, &c) && !status ? OUTPUT_LOST : status;
}
