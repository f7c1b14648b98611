// SPDX-License-Identifier: MIT
// What is shown to the model of a machine (emu/cpu/model.h) and, as a program of Linux's, to Valgrind's cachegrind: walks through memory in and against
// its order, accesses across the ends of lines and pages, branches that are easy and hard to foresee, calls by tables. As work.c it is
// linked twice, to start bare and as a program, and has the same code at the same addresses.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

_Noreturn void off(void);

enum { N = 128, NODES = 1 << 14, SIDE = 24, SORTED = 512 };

static u32 square[N][N];    // 64 KiB
static u32 next[NODES * 4]; // 256 KiB, a node every 16 bytes
static u32 a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
static u32 numbers[SORTED];
static u8 from[9000], to[9000];
static volatile u64 result;
static u32 seed = 1;

[[gnu::noinline]] static u32 random(void) { return (seed = seed * 1664525 + 1013904223) >> 8; }

[[gnu::noinline]] static u64 by_rows(void) {
    u64 sum = 0;
    for (unsigned i = 0; i < N; i++)
        for (unsigned k = 0; k < N; k++) sum += square[i][k]++;
    return sum;
}

[[gnu::noinline]] static u64 by_columns(void) {
    u64 sum = 0;
    for (unsigned k = 0; k < N; k++)
        for (unsigned i = 0; i < N; i++) sum += square[i][k];
    return sum;
}

// One cycle through all nodes, in no order: S. Sattolo's.
[[gnu::noinline]] static void shuffle(void) {
    for (u32 i = 0; i < NODES; i++) next[i * 4] = i;
    for (u32 i = NODES - 1; i; i--) {
        u32 k = random() % i, t = next[i * 4];
        next[i * 4] = next[k * 4];
        next[k * 4] = t;
    }
}

[[gnu::noinline]] static u64 chase(unsigned steps) {
    u32 at = 0;
    while (steps--) at = next[at * 4];
    return at;
}

[[gnu::noinline]] static void multiply(void) {
    for (unsigned i = 0; i < SIDE; i++)
        for (unsigned k = 0; k < SIDE; k++) {
            u32 sum = 0;
            for (unsigned j = 0; j < SIDE; j++) sum += a[i][j] * b[j][k];
            c[i][k] = sum;
        }
}

[[gnu::noinline]] static void sort(u32 *x, unsigned n) {
    if (n < 2) return;
    u32 middle = x[n / 2];
    unsigned low = 0, high = n - 1;
    for (;;) {
        while (x[low] < middle) low++;
        while (x[high] > middle) high--;
        if (low >= high) break;
        u32 t = x[low];
        x[low++] = x[high];
        x[high--] = t;
    }
    sort(x, low);
    sort(x + low, n - low);
}

// Eight bytes from odd addresses: across lines, and across pages.
[[gnu::noinline]] static void copy_odd(void) {
    for (unsigned i = 3; i + 8 < sizeof from; i += 8) __builtin_memcpy(to + i - 2, from + i, 8);
}

[[gnu::noinline]] static u64 add(u64 x) { return x + 3; }
[[gnu::noinline]] static u64 twice(u64 x) { return x * 2; }
[[gnu::noinline]] static u64 turn(u64 x) { return x << 7 | x >> 57; }
[[gnu::noinline]] static u64 flip(u64 x) { return x ^ 0x5a; }
static u64 (*volatile const calls[4])(u64 x) = {add, twice, turn, flip};

[[gnu::noinline]] static u64 by_table(unsigned n) {
    u64 x = 1;
    while (n--) x = calls[random() & 3](x);
    return x;
}

[[gnu::noinline]] static u64 steps_of(u64 x) {
    u64 n = 0;
    for (; x != 1; n++) {
        if (x & 1) x = 3 * x + 1;
        else x /= 2;
    }
    return n;
}

// Deeper than a stack of returns is.
[[gnu::noinline]] static u64 deep(unsigned n) {
    if (!n) return result;
    u64 under = deep(n - 1);
    asm volatile("" : "+r"(under)); // it is no loop
    return under + n;
}

// Here the region ends that is compared.
[[noreturn, gnu::noinline]] static void done(unsigned bare) {
#if defined __x86_64__
    if (!bare) asm volatile("syscall" ::"a"(60), "D"(0)); // exit
#endif
    off();
}

void work(unsigned bare) {
    for (unsigned i = 0; i < SIDE; i++)
        for (unsigned k = 0; k < SIDE; k++) a[i][k] = i + k, b[i][k] = i ^ k;
    for (unsigned i = 0; i < SORTED; i++) numbers[i] = random();
    result = by_rows() + by_columns();
    shuffle();
    result = result + chase(20000);
    multiply();
    result = result + c[3][5];
    sort(numbers, SORTED);
    copy_odd();
    result = result + to[100];
    result = result + by_table(3000);
    for (u64 x = 1; x < 200; x++) result = result + steps_of(x);
    result = result + deep(40);
    done(bare);
}
