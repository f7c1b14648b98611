// SPDX-License-Identifier: MIT
// What crosses into the kernel: system calls, page faults, processes, address spaces, signals of a timer.
#include "kit.h"

enum {
    READ = 0,
    WRITE = 1,
    CLOSE = 3,
    SIGACTION = 13,
    SIGRETURN = 15,
    PIPE = 22,
    SETITIMER = 38,
    GETPID = 39,
    FORK = 57,
    EXIT = 60,
    WAIT4 = 61,
    GETPPID = 110
};

static long fork(void) {
    long child = sys(FORK);
    if (child < 0) fail("fork");
    return child;
}

// The status of a child, as exit() had it.
static u32 wait_for(long child) {
    int status = 0;
    if (sys(WAIT4, child, &status, 0, 0) != child) fail("wait4");
    return (u32)status >> 8;
}

static void pipe(int ends[2]) {
    if (sys(PIPE, ends) < 0) fail("pipe");
}

ROW(getpid, 7000000, NEEDS_NOTHING, "system calls") {
    u64 calls = 0;
    long self = sys(GETPID);
    for (u64 i = 0; i < work; i++) calls += sys(GETPID) == self;
    return mix(calls, ~work);
}

ROW(pgfault, 700, NEEDS_NOTHING, "page faults: map, touch, unmap 128 pages") {
    u64 sum = 0;
    for (u64 i = 0; i < work; i++) {
        u8 *at = pages(128 * 4096, false);
        for (u32 k = 0; k < 128; k++) {
            sum += at[k * 4096]; // the zero page, then one of its own
            at[k * 4096 + i % 4096] = (u8)k;
        }
        for (u32 k = 0; k < 128; k++) sum += at[k * 4096 + i % 4096];
        drop(at, 128 * 4096);
    }
    return sum;
}

ROW(fork, 1000, NEEDS_NOTHING, "fork, exit, wait, with 64 pages to copy") {
    u8 *at = pages(64 * 4096, false);
    u64 sum = 0;
    for (u32 k = 0; k < 64; k++) at[k * 4096] = (u8)k;
    for (u64 i = 0; i < work; i++) {
        long child = fork();
        if (!child) {
            u32 status = (u32)i;
            for (u32 k = 0; k < 64; k++) status += at[k * 4096]++;
            sys(EXIT, status & 127);
        }
        sum = mix(sum, wait_for(child));
    }
    drop(at, 64 * 4096);
    return sum;
}

// A ring of processes, each of which adds what it knows of its own pages to a number and hands it on.
static u64 ring(u32 processes, u32 own_pages, u64 rounds) {
    enum { MOST = 32 };
    int ends[MOST][2];
    long child[MOST];
    for (u32 i = 0; i < processes; i++) pipe(ends[i]);
    u64 token = 1;
    for (u32 i = 1; i < processes; i++) {
        child[i] = fork();
        if (child[i]) continue;
        u8 *at = pages((own_pages + 1) * 4096, false);
        while (sys(READ, ends[i - 1][0], &token, sizeof token) == sizeof token && token) {
            for (u32 k = 0; k < own_pages; k++) token += at[k * 4096 + 8 * i]++ ^ i;
            sys(WRITE, ends[i][1], &token, sizeof token);
        }
        token = 0;
        sys(WRITE, ends[i][1], &token, sizeof token);
        sys(EXIT, 0);
    }
    for (u64 i = 0; i < rounds; i++) {
        sys(WRITE, ends[0][1], &token, sizeof token);
        sys(READ, ends[processes - 1][0], &token, sizeof token);
        token = mix(token, i) | 1;
    }
    u64 end = 0;
    sys(WRITE, ends[0][1], &end, sizeof end);
    for (u32 i = 1; i < processes; i++) wait_for(child[i]);
    for (u32 i = 0; i < processes; i++) sys(CLOSE, ends[i][0]), sys(CLOSE, ends[i][1]);
    return token;
}

ROW(pipe, 35000, NEEDS_NOTHING, "two processes that pass a number to and fro") { return ring(2, 0, work); }

// More address spaces than a kernel keeps PCIDs for (Linux: 6).
ROW(spaces, 1500, NEEDS_NOTHING, "24 address spaces in turn, 16 pages each") { return ring(24, 16, work); }

// ---- A timer that is always due: Linux arms it anew when its signal has been taken. (With 1 microsecond, that is before the processor is
// back in user mode, and Linux takes hours for what it takes seconds for with 5.)
static volatile u64 taken;
static void on_alarm(int number) { taken++; }
extern const char restore[];
asm(".text\nrestore: mov $15, %eax\nsyscall");

ROW(timer, 100000, NEEDS_NOTHING, "signals of a timer of 5 us, in a loop that checks itself") {
    struct {
        void (*handler)(int);
        u64 flags;
        const void *restorer;
        u64 mask;
    } action = {on_alarm, 0x04000000, restore, 0}; // SA_RESTORER
    u64 every[4] = {0, 5, 0, 5}, none[4] = {0}, first = checked_loop();
    taken = 0;
    if (sys(SIGACTION, 14, &action, 0, 8) < 0 || sys(SETITIMER, 0, every, 0) < 0) fail("timer");
    while (taken < work)
        if (checked_loop() != first) fail("timer: a signal has changed a register");
    sys(SETITIMER, 0, none, 0);
    return mix(first, work);
}
