// SPDX-License-Identifier: MIT
// The process that runs native.c under QEMU: memory that both map, and two pipes.
#define _GNU_SOURCE // memfd_create
#include "rig.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 20000 }; // ms for a batch, which takes a second on a loaded machine

struct qemu {
    struct shared *memory;
    int to, from;
    pid_t pid;
};

// Low addresses of the guest are not those of the host, which has its own there.
[[noreturn]] static void become(const char *program, const char *cpu, int memory, int in, int out) {
    dup2(in, 0);
    dup2(out, 1);
    if (memory != SHARED_FD) dup2(memory, SHARED_FD);
    execlp(QEMU, QEMU, "-B", "0x400000000000", "-cpu", cpu, program, (char *)NULL);
    _exit(127);
}

struct qemu *qemu_start(const char *program, const char *cpu) {
    struct qemu *q = calloc(1, sizeof *q);
    int in[2], out[2], memory = memfd_create("cases", 0);
    if (!q || memory < 0 || ftruncate(memory, sizeof *q->memory) || pipe(in) || pipe(out)) return NULL;
    q->memory = mmap(NULL, sizeof *q->memory, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (q->memory == MAP_FAILED) return NULL;
    q->pid = fork();
    if (!q->pid) become(program, cpu, memory, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    close(memory);
    q->to = in[1];
    q->from = out[0];
    signal(SIGPIPE, SIG_IGN);
    return q->pid > 0 ? q : NULL;
}

struct shared *qemu_memory(struct qemu *q) { return q->memory; }

int qemu_run(struct qemu *q) {
    u8 byte = 0;
    if (write(q->to, &byte, 1) != 1) return -1;
    struct pollfd p = {.fd = q->from, .events = POLLIN};
    if (poll(&p, 1, PATIENCE) != 1) return -1;
    return read(q->from, &byte, 1) == 1 ? 0 : -1;
}

void qemu_end(struct qemu *q) {
    close(q->to);
    kill(q->pid, SIGKILL);
    waitpid(q->pid, NULL, 0);
}
