// SPDX-License-Identifier: MIT
// Batches, memory and signals: what the program under QEMU is on every architecture.
#include "native.h"

// Linux's numbers on the architectures that came after 2008.
enum {
    SYS_READ = 63,
    SYS_WRITE = 64,
    SYS_EXIT = 93,
    SYS_SIGALTSTACK = 132,
    SYS_SIGACTION = 134,
    SYS_MMAP = 222,
    SYS_MPROTECT = 226
};
enum { SHARED = 1, PRIVATE_FIXED_ANON = 0x32 };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGSEGV = 11, SA_SIGINFO_ONSTACK_NODEFER = 0x48000004 };

static void die(const char *why) {
    ulong n = 0;
    while (why[n]) n++;
    call(SYS_WRITE, 2, (ulong)why, n, 0, 0, 0);
    call(SYS_EXIT, 1, 0, 0, 0, 0, 0);
}

void *memcpy(void *to, const void *from, ulong n) {
    ulong *t = to;
    const ulong *f = from;
    for (ulong i = 0; i < n / 8; i++) t[i] = f[i];
    return to;
}

void map(ulong at, ulong size, ulong rights) {
    if (call(SYS_MMAP, at, size, rights, PRIVATE_FIXED_ANON, ~0ul, 0) != (long)at) die("mmap\n");
}

// ---- signals
static struct result *running;

static void on_signal(int number, const void *info, struct context *k) {
    running->how = BY_SIGNAL + (ulong)number;
    running->address = ((const ulong *)info)[2];
    leave_by_signal(k, &running->r);
}

static void handle_signal(int number) {
    struct {
        void (*handler)(int, const void *, struct context *);
        ulong flags, nothing[2]; // a mask, behind a restorer on some architectures
    } action = {on_signal, SA_SIGINFO_ONSTACK_NODEFER, {0, 0}};
    if (call(SYS_SIGACTION, (ulong)number, (ulong)&action, 0, 8, 0, 0) < 0) die("sigaction\n");
}

static void handle_signals(void) {
    static unsigned char stack[65536] __attribute__((aligned(16)));
    struct {
        void *at;
        ulong flags, size;
    } alternative = {stack, 0, sizeof stack};
    call(SYS_SIGALTSTACK, (ulong)&alternative, 0, 0, 0, 0, 0);
    handle_signal(SIGILL);
    handle_signal(SIGTRAP);
    handle_signal(SIGBUS);
    handle_signal(SIGSEGV);
}

// ---- batches
static void run_case(const struct input *in, struct result *out, ulong slot) {
    running = out;
    out->address = 0;
    out->how = 0;
    enter(&in->r, out, slot);
    if (out->how < BY_SIGNAL) {
        out->how = stub_number();
        out->r.pc = 0;
    }
}

static void run_batch(struct shared *s) {
    memcpy((void *)CODE, s->code, s->slots * SLOT);
    code_written(CODE, s->slots * SLOT);
    for (ulong slot = s->first; slot < s->slots; slot++)
        for (ulong i = slot * INPUTS; i < (slot + 1) * INPUTS; i++) {
            s->at = i;
            run_case(&s->in[i], &s->out[i], CODE + slot * SLOT);
            ulong window = s->in[i].window;
            if (!window) continue;
            memcpy(s->out[i].memory, (const void *)window, WINDOW);
            memcpy((void *)window, s->data + (window - DATA), WINDOW);
        }
    for (ulong at = 0; at < DATA_SIZE; at += 8)
        if (*(const ulong *)(DATA + at) != *(const ulong *)(s->data + at)) s->broken = at + 1;
}

void start(void) {
    set_up();
    map(STUBS, 0x1000, READ | WRITE | EXEC);
    map(CODE, CODE_SIZE, READ | WRITE | EXEC);
    map(DATA, DATA_SIZE, READ | WRITE);
    struct shared *s = (struct shared *)call(SYS_MMAP, 0, sizeof *s, READ | WRITE, SHARED, SHARED_FD, 0);
    if ((long)s < 0 && (long)s > -4096) die("mmap shared\n");
    memcpy((void *)STUBS, stubs, ((ulong)(stubs_end - stubs) + 7) & ~7ul);
    code_written(STUBS, 0x1000);
    handle_signals();
    unsigned char byte;
    ulong batch = 0;
    while (call(SYS_READ, 0, (ulong)&byte, 1, 0, 0, 0) == 1) {
        if (!batch++) {
            memcpy((void *)DATA, s->data, DATA_SIZE);
            call(SYS_MPROTECT, DATA + DATA_WRITABLE, DATA_SIZE - DATA_WRITABLE, READ, 0, 0, 0);
        }
        run_batch(s);
        if (call(SYS_WRITE, 1, (ulong)&byte, 1, 0, 0, 0) != 1) break;
    }
    call(SYS_EXIT, 0, 0, 0, 0, 0, 0);
}
