// SPDX-License-Identifier: MIT
// What the measured regions of a guest are, on every architecture: the same file is linked to start bare (start.S: start), and to start
// as a program of Linux's (user), where QEMU's user mode says, instruction by instruction, what was executed. Both have the same code
// at the same addresses. A program comes to its end with the first privileged instruction.
#include <softmetal-region.h>

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

void faults(void); // start.S: eight instructions that are none, each passed over by the handler
_Noreturn void off(void);

static u32 numbers[64];
static u8 from[300], to[300];
static double x[32], y[32];
static volatile u64 result;

[[gnu::noinline]] static void sort(u32 *a, unsigned n) {
    for (unsigned i = 1; i < n; i++)
        for (unsigned k = i; k && a[k - 1] > a[k]; k--) {
            u32 t = a[k];
            a[k] = a[k - 1];
            a[k - 1] = t;
        }
}

[[gnu::noinline]] static void copy(u8 *d, const u8 *s, unsigned n) {
    for (; n >= 8; n -= 8, d += 8, s += 8) __builtin_memcpy(d, s, 8);
    while (n--) *d++ = *s++;
}

[[gnu::noinline]] static double dot(const double *a, const double *b, unsigned n) {
    double sum = 0;
    for (unsigned i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

#if defined __x86_64__ || defined __aarch64__
typedef int four __attribute__((vector_size(16)));
[[gnu::noinline]] static void vectors(void) {
    four *v = (four *)numbers, sum = {0};
    for (unsigned i = 0; i < 16; i++) sum += v[i] ^ sum;
    v[0] = sum;
}
#else
static void vectors(void) {}
#endif

// Recursion, and regions inside each other.
[[gnu::noinline]] static u64 fib(unsigned n) {
    softmetal_region_begin("fib");
    u64 r = n < 2 ? n : fib(n - 1) + fib(n - 2);
    softmetal_region_end();
    return r;
}

// One instruction, in several chunks.
static void repeats(void) {
#if defined __x86_64__
    static u8 source[4000], target[4000];
    void *s = source, *d = target;
    u64 n = sizeof source;
    softmetal_region_begin("repeats");
    asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
    softmetal_region_end();
#endif
}

void work(unsigned bare) {
    u32 random = 1;
    for (unsigned i = 0; i < 64; i++) numbers[i] = random = random * 1664525 + 1013904223;
    for (unsigned i = 0; i < 300; i++) from[i] = (u8)i;
    for (unsigned i = 0; i < 32; i++) x[i] = i, y[i] = 32.5 - i;
    for (unsigned n = 8; n <= 64; n *= 2) {
        softmetal_region_begin("sort");
        softmetal_region_value(n);
        sort(numbers, n);
        softmetal_region_end();
    }
    softmetal_region_begin("copy");
    copy(to, from, 299);
    softmetal_region_end();
    softmetal_region_begin("dot");
    result = (u64)dot(x, y, 32);
    softmetal_region_end();
    softmetal_region_begin("vectors");
    vectors();
    softmetal_region_end();
    softmetal_region_begin("all");
    result = fib(6);
    softmetal_region_end();
    softmetal_region_begin("nothing");
    softmetal_region_end();
    softmetal_region_end(); // of none
    if (bare) {
        softmetal_region_begin("faults");
        faults();
        softmetal_region_end();
        repeats();
        softmetal_region_begin("never ends");
    }
    off();
}
