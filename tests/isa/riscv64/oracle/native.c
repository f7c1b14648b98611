// SPDX-License-Identifier: MIT
// The program under qemu-riscv64: reads a byte for each batch, runs every case of it on the processor that it finds itself on, and writes a
// byte back. It is linked far from any address that a case is likely to make up.
#include "layout.h"

typedef unsigned long ulong;

static long call(long number, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f) {
    register ulong a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a3 __asm__("a3") = d, a4 __asm__("a4") = e,
                      a5 __asm__("a5") = f, a7 __asm__("a7") = (ulong)number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return (long)a0;
}
enum {
    SYS_READ = 63,
    SYS_WRITE = 64,
    SYS_EXIT = 93,
    SYS_SIGALTSTACK = 132,
    SYS_SIGACTION = 134,
    SYS_MMAP = 222,
    SYS_MPROTECT = 226
};
enum { READ = 1, WRITE = 2, EXEC = 4, SHARED = 1, PRIVATE_FIXED_ANON = 0x32 };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGSEGV = 11, SA_SIGINFO_ONSTACK_NODEFER = 0x48000004 };

static void die(const char *why) {
    ulong n = 0;
    while (why[n]) n++;
    call(SYS_WRITE, 2, (ulong)why, n, 0, 0, 0);
    call(SYS_EXIT, 1, 0, 0, 0, 0, 0);
}

void *memcpy(void *to, const void *from, ulong n);
void *memcpy(void *to, const void *from, ulong n) {
    ulong *t = to;
    const ulong *f = from;
    for (ulong i = 0; i < n / 8; i++) t[i] = f[i];
    return to;
}

// ---- the way in and out. Offsets in ZERO:
//   0 x31 of the case   8 x31 as it came out   16 where results go   24 how it came out   32 come_out   40.. the program's own
//   x1..x30   288 the slot
// clang-format off
#define EACH_X(M) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15) M(16) M(17) M(18) M(19)  \
    M(20) M(21) M(22) M(23) M(24) M(25) M(26) M(27) M(28) M(29) M(30)
#define EACH_F(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15) M(16) M(17) M(18)   \
    M(19) M(20) M(21) M(22) M(23) M(24) M(25) M(26) M(27) M(28) M(29) M(30) M(31)
// clang-format on
#define LOAD_X(n) "ld x" #n ", 8*" #n "(x31)\n"
#define SAVE_X(n) "sd x" #n ", 8*" #n "(x31)\n"
#define LOAD_F(n) "fld f" #n ", 256+8*" #n "(x31)\n"
#define SAVE_F(n) "fsd f" #n ", 256+8*" #n "(x31)\n"
#define KEEP_X(n) "sd x" #n ", 32+8*" #n "(x0)\n"
#define BACK_X(n) "ld x" #n ", 32+8*" #n "(x0)\n"

// enter(input, output, slot): output->how is still to be written.
void enter(const struct registers *in, struct result *out, ulong slot);
__asm__(".globl enter\nenter:\n" EACH_X(KEEP_X) "sd a1, 16(x0)\n"
                                                "sd a2, 288(x0)\n"
                                                "mv x31, a0\n"
                                                "ld x30, 8*31(x31)\n"
                                                "sd x30, 0(x0)\n"
                                                "ld x30, 512(x31)\n"
                                                "fscsr x30\n" EACH_F(LOAD_F) EACH_X(LOAD_X) "ld x31, 288(x0)\n"
                                                                                            "jr x31\n");

// The stubs lie STUB_BYTES apart, and are copied to STUBS; what is behind them stays here.
extern const unsigned char stubs[], stubs_end[], come_out[];
#define STUB(k) ".balign 16\nsd x31, 8(x0)\naddi x31, x0, " #k "\nsd x31, 24(x0)\nj 1f\n"
__asm__(".option push\n.option norvc\n.option norelax\n.balign 16\n"
        ".globl stubs, stubs_end, come_out\nstubs:\n" STUB(0) STUB(1) STUB(2)
            STUB(3) "1: ld x31, 32(x0)\njr x31\n" // the address of come_out
                    "stubs_end:\n.option pop\n"
                    "come_out:\n"
                    "ld x31, 16(x0)\n" EACH_X(SAVE_X) EACH_F(SAVE_F) "ld x1, 8(x0)\n"
                                                                     "sd x1, 8*31(x31)\n"
                                                                     "frcsr x1\n"
                                                                     "sd x1, 512(x31)\n" EACH_X(BACK_X) "ret\n");

static ulong zero_page(unsigned offset) {
    ulong v;
    __asm__ volatile("ld %0, 0(%1)" : "=r"(v) : "r"((ulong)offset) : "memory");
    return v;
}
static void set_zero_page(unsigned offset, ulong v) {
    __asm__ volatile("sd %0, 0(%1)" : : "r"(v), "r"((ulong)offset) : "memory");
}

// ---- signals: what the kernel shows of the registers is the result, and the case comes out as if by a stub, which saves others over
// nothing that is looked at.
static struct result *running;

struct context { // struct ucontext
    ulong flags, link, stack[3], mask, unused[15 + 1];
    struct registers r; // fcsr is 32 bits
};
_Static_assert(__builtin_offsetof(struct context, r) == 176, "the kernel's layout");

void leave(void);
__asm__(".globl leave\nleave:\n" EACH_X(BACK_X) "ret\n");

static void on_signal(int number, const void *info, struct context *k) {
    struct result *out = running;
    memcpy(&out->r, &k->r, sizeof out->r);
    out->r.fcsr &= 0xff;
    out->how = BY_SIGNAL + (ulong)number;
    out->address = ((const ulong *)info)[2];
    k->r.pc = (ulong)leave;
}

static void handle_signal(int number) {
    struct {
        void (*handler)(int, const void *, struct context *);
        ulong flags, mask;
    } action = {on_signal, SA_SIGINFO_ONSTACK_NODEFER, 0};
    if (call(SYS_SIGACTION, (ulong)number, (ulong)&action, 0, 8, 0, 0) < 0) die("sigaction\n");
}

// ---- batches
static void map(ulong at, ulong size, ulong rights) {
    if (call(SYS_MMAP, at, size, rights, PRIVATE_FIXED_ANON, ~0ul, 0) != (long)at) die("mmap\n");
}

static void run_case(const struct input *in, struct result *out, ulong slot) {
    running = out;
    out->address = 0;
    out->how = 0;
    enter(&in->r, out, slot);
    if (out->how < BY_SIGNAL) {
        out->how = zero_page(24);
        out->r.pc = 0;
    }
}

static void run_batch(struct shared *s) {
    memcpy((void *)CODE, s->code, s->slots * SLOT);
    __asm__ volatile("fence.i" : : : "memory");
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

void start(void);
void start(void) {
    static unsigned char stack[65536] __attribute__((aligned(16)));
    struct {
        void *at;
        ulong flags, size;
    } alternative = {stack, 0, sizeof stack};
    map(0, 0x1000, READ | WRITE);
    map(STUBS, 0x1000, READ | WRITE | EXEC);
    map(CODE, CODE_SIZE, READ | WRITE | EXEC);
    map(DATA, DATA_SIZE, READ | WRITE);
    struct shared *s = (struct shared *)call(SYS_MMAP, 0, sizeof *s, READ | WRITE, SHARED, SHARED_FD, 0);
    if ((long)s < 0 && (long)s > -4096) die("mmap shared\n");
    memcpy((void *)STUBS, stubs, ((ulong)(stubs_end - stubs) + 7) & ~7ul);
    set_zero_page(32, (ulong)come_out);
    call(SYS_SIGALTSTACK, (ulong)&alternative, 0, 0, 0, 0, 0);
    handle_signal(SIGILL);
    handle_signal(SIGTRAP);
    handle_signal(SIGBUS);
    handle_signal(SIGSEGV);
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
__asm__(".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\nj start\n");
