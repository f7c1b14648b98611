// SPDX-License-Identifier: MIT
// What the rows of the benchmark are written with. A row is a function that does `work` units of one kind of work and returns a digest of
// what it has computed, which is the same in every emulator and on the processor itself. Programs of it are freestanding, for Linux's
// user mode: they run natively and as the first process of a guest, which they power off in the end.
#ifndef BENCH_KIT_H
#define BENCH_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define MiB ((size_t)1 << 20)
#define KEEP __attribute__((noinline))

// What a row needs beyond the first x86-64 and Linux: where that is not there, it is skipped, and says so. RING0: only the bare program does
// what the row is about. DEBIAN: the environment's BENCH_ROOT names the folder with Debian's programs.
enum needs { NEEDS_NOTHING, NEEDS_AVX2, NEEDS_AES, NEEDS_SHA, NEEDS_RING0, NEEDS_DEBIAN };

struct row {
    const char *name, *about;
    u32 work; // as much as the interpreter does in some 5 seconds
    u64 (*run)(u64 work);
    enum needs needs;
};

// ROW(name, work, needs, about) { ... return digest; }
// Several rows may run in one process, in any order: each starts from what it has written itself.
#define ROW(id, amount, feature, what)                                                                                           \
    static u64 run_##id(u64 work);                                                                                               \
    static const struct row row_##id __attribute__((section("rows"), used)) = {#id, what, amount, run_##id, feature};            \
    static u64 run_##id(u64 work)

// Marsaglia's xorshift64: the only source of data, from a fixed start.
#define RANDOM_START 88172645463325252u
static inline u64 next_random(u64 *state) {
    u64 x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    return *state = x ^ x << 17;
}

static inline u64 mix(u64 digest, u64 value) { return (digest ^ value) * 0x9e3779b97f4a7c15u ^ digest >> 29; }
// A little arithmetic with the same result every time, unless something has changed a register meanwhile.
static KEEP __attribute__((unused)) u64 checked_loop(void) {
    u64 state = RANDOM_START, sum = 0;
    for (int i = 0; i < 300; i++) sum = mix(sum, next_random(&state));
    return sum;
}
u64 digest_of(const void *bytes, size_t n);

// A system call, by its number for this kind of program; errors are negative.
long sys(long number, ...);
// The first thing that a program runs, with the stack that Linux gives it: argc, argv, 0, environment, 0.
_Noreturn void bench_start(long *stack);
extern const char *bench_root; // BENCH_ROOT, or NULL
// A row that has much to prepare calls this behind it: its time begins here.
void begin(void);
// Ends the program with a message: what it needs of the system is not to be had.
_Noreturn void fail(const char *what);
// Zeroed pages; with `code` they may be executed, too.
void *pages(size_t bytes, bool code);
void drop(void *at, size_t bytes);

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
