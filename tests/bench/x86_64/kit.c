// SPDX-License-Identifier: MIT
// PROGRAM --list               its rows: name, work, needs, about
// PROGRAM ROWS [PARTS [NEXT]]  each with a PARTS-th of its work, then the program NEXT with the same words; ROWS: names with commas, or all
//
// A row prints "bench: begin ROW" when it begins (again, when it has prepared something; the last one counts) and "bench: end ROW DIGEST"
// when it is done, and whoever reads that takes the time: a guest's own clock says nothing. (Or "bench: skip ROW".)
#include "kit.h"

#ifdef __x86_64__
enum {
    SYS_WRITE = 1,
    SYS_MMAP = 9,
    SYS_MUNMAP = 11,
    SYS_IOCTL = 16,
    SYS_NANOSLEEP = 35,
    SYS_GETPID = 39,
    SYS_EXECVE = 59,
    SYS_REBOOT = 169,
    SYS_EXIT = 231
};
#ifndef BARE
asm(".globl _start\n_start: xor %ebp, %ebp\nmov %rsp, %rdi\nand $-16, %rsp\ncall bench_start\nud2");
asm(".globl sys\nsys: mov %rdi, %rax\nmov %rsi, %rdi\nmov %rdx, %rsi\nmov %rcx, %rdx\nmov %r8, %r10\nmov %r9, %r8\n"
    "mov 8(%rsp), %r9\nsyscall\nret");
#endif
#else
enum {
    SYS_WRITE = 4,
    SYS_MMAP = 192,
    SYS_MUNMAP = 91,
    SYS_IOCTL = 54,
    SYS_NANOSLEEP = 162,
    SYS_GETPID = 20,
    SYS_EXECVE = 11,
    SYS_REBOOT = 88,
    SYS_EXIT = 252
};
asm(".globl _start\n_start: xor %ebp, %ebp\nmov %esp, %eax\nand $-16, %esp\nsub $12, %esp\npush %eax\ncall bench_start\nud2");
asm(".globl sys\nsys: push %ebx\npush %esi\npush %edi\npush %ebp\nmov 20(%esp), %eax\nmov 24(%esp), %ebx\nmov 28(%esp), %ecx\n"
    "mov 32(%esp), %edx\nmov 36(%esp), %esi\nmov 40(%esp), %edi\nmov 44(%esp), %ebp\nint $0x80\npop %ebp\npop %edi\npop %esi\n"
    "pop %ebx\nret");
#endif

static const char *const needs_names[] = {"-", "avx2", "aes", "sha", "ring0", "debian"};
const char *bench_root;
static const struct row *now;

extern const struct row __start_rows[], __stop_rows[];

// The compiler calls these without being asked.
void *memcpy(void *to, const void *from, size_t n) {
    void *at = to;
    asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n)::"memory");
    return to;
}

void *memset(void *to, int byte, size_t n) {
    void *at = to;
    asm volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(byte) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t n) {
    const u8 *x = a, *y = b;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

u64 digest_of(const void *bytes, size_t n) {
    const u8 *p = bytes;
    u64 digest = n;
    for (size_t i = 0; i < n; i++) digest = mix(digest, p[i]);
    return digest;
}

static bool same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

// Whether `names`, with commas between them, has this one.
static bool lists(const char *names, const char *name) {
    for (;;) {
        const char *n = name;
        while (*n && *n == *names) n++, names++;
        if (!*n && (!*names || *names == ',')) return true;
        while (*names && *names != ',') names++;
        if (!*names++) return false;
    }
}

// ---- Lines: each is written at once, so that nothing comes between its words.
static char line[200];
static size_t line_length;

static void say(const char *text) {
    while (*text && line_length < sizeof line - 1) line[line_length++] = *text++;
}

// (No 64-bit division: 32-bit code would call a library for it.)
static void say_decimal(u32 n) {
    char digits[11], *at = digits + sizeof digits;
    *--at = 0;
    do *--at = (char)('0' + n % 10);
    while (n /= 10);
    say(at);
}

static void say_hex(u64 n) {
    char digits[17] = {0};
    for (int i = 0; i < 16; i++) digits[i] = "0123456789abcdef"[n >> (60 - 4 * i) & 15];
    say(digits);
}

static void end_line(void) {
    line[line_length++] = '\n';
    sys(SYS_WRITE, 1, line, line_length);
    sys(SYS_IOCTL, 1, 0x5409,
        1); // TCSBRK: until a serial port has sent it, before any more work and before a kernel's last words
    line_length = 0;
}

// ---- The processor's features (SDM vol. 2A, CPUID)
static void cpuid(u32 leaf, u32 out[4]) {
    asm volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

static bool has(enum needs needs) {
    u32 top[4], one[4], seven[4] = {0}, xcr0 = 0;
    cpuid(0, top);
    cpuid(1, one);
    if (top[0] >= 7) cpuid(7, seven);
    if (one[2] >> 27 & 1) asm volatile("xgetbv" : "=a"(xcr0) : "c"(0) : "edx");
    switch (needs) {
    case NEEDS_NOTHING:
    case NEEDS_RING0: return true;
    case NEEDS_DEBIAN: return bench_root != NULL;
    case NEEDS_AVX2: return (xcr0 & 6) == 6 && (seven[1] >> 5 & 1) && (one[2] >> 12 & 1); // with FMA
    case NEEDS_AES: return one[2] >> 25 & 1;
    case NEEDS_SHA: return seven[1] >> 29 & 1;
    }
    return false;
}

static _Noreturn void leave(int status) {
    if (sys(SYS_GETPID) == 1) sys(SYS_REBOOT, 0xfee1dead, 672274793, 0x4321fedc, 0); // LINUX_REBOOT_CMD_POWER_OFF
    for (;;) sys(SYS_EXIT, status);
}

void fail(const char *what) {
    say("bench: fail ");
    say(what);
    end_line();
    leave(1);
}

void *pages(size_t bytes, bool code) {
    long at = sys(SYS_MMAP, 0, bytes, code ? 7 : 3, 0x22, -1L, 0L); // PROT_READ | WRITE (| EXEC), MAP_PRIVATE | ANONYMOUS
    if (at < 0 && at > -4096) fail("mmap");
    return (void *)at;
}

void drop(void *at, size_t bytes) { sys(SYS_MUNMAP, at, bytes); }

static u32 number(const char *text) {
    u32 n = 0;
    while (*text >= '0' && *text <= '9') n = n * 10 + (u32)(*text++ - '0');
    return n;
}

static void list(void) {
    for (const struct row *r = __start_rows; r < __stop_rows; r++) {
        say(r->name);
        say(" ");
        say_decimal(r->work);
        say(" ");
        say(needs_names[r->needs]);
        say(" ");
        say(r->about);
        end_line();
    }
}

// "bench: WORD ROW", and the line may go on.
static void say_row(const char *word) {
    say("bench: ");
    say(word);
    say(" ");
    say(now->name);
}

void begin(void) {
    say_row("begin");
    end_line();
}

static void run(const struct row *r, u32 parts) {
    now = r;
    if (!has(r->needs)) {
        say_row("skip");
        end_line();
        return;
    }
    begin();
    u32 work = r->work / (parts ? parts : 1);
    u64 digest = r->run(work ? work : 1);
    say_row("end");
    say(" ");
    say_hex(digest);
    end_line();
}

// A kernel that has just started its first process goes on with its own start beside it (checks of signatures, for one), which would be counted
// as the row's time: it gets two seconds for that, in which an idle guest costs nothing.
static void settle(void) {
#ifndef BARE
    long span[] = {2, 0}; // struct timespec
    if (sys(SYS_GETPID) == 1) sys(SYS_NANOSLEEP, span, 0);
#endif
}

_Noreturn void bench_start(long *stack) {
    long argc = *stack;
    char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
    for (char **e = envp; *e; e++)
        if (memcmp(*e, "BENCH_ROOT=", 11) == 0) bench_root = *e + 11;
    if (argc == 2 && same(argv[1], "--list")) {
        list();
        leave(0);
    }
    if (argc < 2) fail("usage: PROGRAM --list | ROW,...|all [PARTS [NEXT]]");
    u32 parts = argc > 2 ? number(argv[2]) : 1;
    bool found = false;
    settle();
    for (const struct row *r = __start_rows; r < __stop_rows; r++)
        if (same(argv[1], "all") || lists(argv[1], r->name)) run(r, parts), found = true;
    if (argc > 3) {
        char *next[] = {argv[3], argv[1], argv[2], NULL};
        sys(SYS_EXECVE, argv[3], next, envp);
        fail("execve");
    }
    if (!found) fail("there is no such row");
    leave(0);
}
