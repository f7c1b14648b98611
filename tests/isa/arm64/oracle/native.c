// SPDX-License-Identifier: MIT
// The program under qemu-aarch64: reads a byte for each batch, runs every case of it on the processor that it finds itself on, and writes a
// byte back. It is linked far from any address that a case is likely to make up.
#include "layout.h"

typedef unsigned long ulong;

static long call(long number, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f) {
    register ulong x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e,
                      x5 __asm__("x5") = f, x8 __asm__("x8") = (ulong)number;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8) : "memory");
    return (long)x0;
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

// ---- the way in and out. Offsets in BLOCK, whose address fits two halves of 16 bits:
//   0 x30 of the case   8 x29 as it came out   16 where results go   24 how it came out   32 the program's SP
// In struct registers: 248 sp, 264 nzcv, 272 fpsr, 280 fpcr, 288 v.
_Static_assert(__builtin_offsetof(struct registers, sp) == 248 && __builtin_offsetof(struct registers, v) == 288, "as below");
// clang-format off
#define EACH_PAIR(M) M(0, 1) M(2, 3) M(4, 5) M(6, 7) M(8, 9) M(10, 11) M(12, 13) M(14, 15) M(16, 17) M(18, 19) M(20, 21) M(22, 23) \
    M(24, 25) M(26, 27)
#define EACH_V(M) EACH_PAIR(M) M(28, 29) M(30, 31)
#define LOAD_X(n, m) "ldp x" #n ", x" #m ", [x30, #8*" #n "]\n"
#define SAVE_X(n, m) "stp x" #n ", x" #m ", [x29, #8*" #n "]\n"
#define LOAD_V(n, m) "ldp q" #n ", q" #m ", [x0, #288+16*" #n "-256]\n"
#define SAVE_V(n, m) "stp q" #n ", q" #m ", [x0, #288+16*" #n "-256]\n"
#define KEEP "stp x19, x20, [sp, #-96]!\nstp x21, x22, [sp, #16]\nstp x23, x24, [sp, #32]\nstp x25, x26, [sp, #48]\n" \
    "stp x27, x28, [sp, #64]\nstp x29, x30, [sp, #80]\n"
#define BACK "msr fpcr, xzr\nldp x21, x22, [sp, #16]\nldp x23, x24, [sp, #32]\nldp x25, x26, [sp, #48]\nldp x27, x28, [sp, #64]\n" \
    "ldp x29, x30, [sp, #80]\nldp x19, x20, [sp], #96\nret\n"
#define TO_BLOCK(x) "movz " x ", #0x0fff, lsl #16\nmovk " x ", #0xe000\n"

// enter(input, output, slot): output->how is still to be written.
void enter(const struct registers *in, struct result *out, ulong slot);
__asm__(".globl enter\nenter:\n" KEEP
        TO_BLOCK("x3")
        "str x1, [x3, #16]\nmov x4, sp\nstr x4, [x3, #32]\nldr x4, [x0, #240]\nstr x4, [x3]\nstr x2, [x3, #40]\n"
        "ldr x4, [x0, #264]\nmsr nzcv, x4\nldr x4, [x0, #272]\nmsr fpsr, x4\nldr x4, [x0, #280]\nmsr fpcr, x4\n"
        "ldr x4, [x0, #248]\nmov sp, x4\nmov x30, x0\nadd x0, x0, #256\n"
        EACH_V(LOAD_V) EACH_PAIR(LOAD_X) "ldp x28, x29, [x30, #8*28]\n"
        "ldr x30, 1f\nldr x30, [x30, #40]\nbr x30\n.balign 8\n1: .quad 0x0fffe000\n");

// The stubs lie STUB_BYTES apart, and are copied to STUBS; what is behind them stays here.
extern const unsigned char stubs[], stubs_end[], come_out[], leave[];
#define STUB(k) ".balign 32\nmsr tpidr_el0, x30\n" TO_BLOCK("x30") "str x29, [x30, #8]\nmov x29, #" #k "\nstr x29, [x30, #24]\n" \
    "ldr x29, [x30, #48]\nbr x29\n"
__asm__(".balign 32\n.globl stubs, stubs_end, come_out, leave\nstubs:\n" STUB(0) STUB(1) STUB(2) STUB(3) "stubs_end:\n"
        "come_out:\nldr x29, [x30, #16]\n" EACH_PAIR(SAVE_X) "str x28, [x29, #8*28]\n"
        "ldr x0, [x30, #8]\nstr x0, [x29, #8*29]\nmrs x0, tpidr_el0\nstr x0, [x29, #8*30]\nmov x0, sp\nstr x0, [x29, #248]\n"
        "mrs x0, nzcv\nstr x0, [x29, #264]\nmrs x0, fpsr\nstr x0, [x29, #272]\nmrs x0, fpcr\nstr x0, [x29, #280]\n"
        "add x0, x29, #256\n" EACH_V(SAVE_V)
        "leave:\n" TO_BLOCK("x30") "ldr x0, [x30, #32]\nmov sp, x0\n" BACK);
// clang-format on

static volatile ulong *block(unsigned offset) { return (volatile ulong *)(BLOCK + offset); }

// ---- signals: what the kernel shows of the registers is the result.
static struct result *running;

struct context { // struct ucontext
    ulong flags, link, stack[3], mask, unused[15 + 1];
    ulong fault_address, x[31], sp, pc, pstate, align; // struct sigcontext
    unsigned magic, size, fpsr, fpcr;                  // struct fpsimd_context, the first of its records
    ulong v[32][2];
};
_Static_assert(__builtin_offsetof(struct context, fault_address) == 176, "the kernel's layout");
_Static_assert(__builtin_offsetof(struct context, magic) == 464, "the kernel's layout");

static void on_signal(int number, const void *info, struct context *k) {
    struct result *out = running;
    memcpy(out->r.x, k->x, sizeof k->x);
    out->r.sp = k->sp;
    out->r.pc = k->pc;
    out->r.nzcv = k->pstate & 0xf0000000;
    out->r.fpsr = k->fpsr;
    out->r.fpcr = k->fpcr;
    memcpy(out->r.v, k->v, sizeof k->v);
    out->how = BY_SIGNAL + (ulong)number;
    out->address = ((const ulong *)info)[2];
    k->pc = (ulong)leave;
}

static void handle_signal(int number) {
    struct {
        void (*handler)(int, const void *, struct context *);
        ulong flags, restorer, mask;
    } action = {on_signal, SA_SIGINFO_ONSTACK_NODEFER, 0, 0};
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
        out->how = *block(24);
        out->r.pc = 0;
    }
}

static void run_batch(struct shared *s) {
    memcpy((void *)CODE, s->code, s->slots * SLOT);
    __builtin___clear_cache((char *)CODE, (char *)CODE + s->slots * SLOT);
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

// From libgcc and its like; there is none here, and QEMU sees code that changes.
void __clear_cache(void *from, void *to);
void __clear_cache(void *from, void *to) {
    for (ulong a = (ulong)from; a < (ulong)to; a += 64) __asm__ volatile("dc cvau, %0\nic ivau, %0" : : "r"(a) : "memory");
    __asm__ volatile("dsb ish\nisb" : : : "memory");
}

void start(void);
void start(void) {
    static unsigned char stack[65536] __attribute__((aligned(16)));
    struct {
        void *at;
        ulong flags, size;
    } alternative = {stack, 0, sizeof stack};
    map(BLOCK, 0x1000, READ | WRITE);
    map(STUBS, 0x1000, READ | WRITE | EXEC);
    map(CODE, CODE_SIZE, READ | WRITE | EXEC);
    map(DATA, DATA_SIZE, READ | WRITE);
    struct shared *s = (struct shared *)call(SYS_MMAP, 0, sizeof *s, READ | WRITE, SHARED, SHARED_FD, 0);
    if ((long)s < 0 && (long)s > -4096) die("mmap shared\n");
    memcpy((void *)STUBS, stubs, ((ulong)(stubs_end - stubs) + 7) & ~7ul);
    __clear_cache((char *)STUBS, (char *)STUBS + 0x1000);
    *block(48) = (ulong)come_out;
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
__asm__(".globl _start\n_start:\nb start\n");
