// SPDX-License-Identifier: MIT
// Guests that compute, for the benchmark: one program per GUEST_name, bare in a supervisor's mode on the board virt (board.h), with the MMU on and
// all memory mapped one to one. Each prints a checksum, so that two emulators are seen to have done the same, and switches the machine off.
#include "board.h"

static u64 random_state = 88172645463325252;
__attribute__((unused)) static u64 next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

__attribute__((unused, aligned(4096))) static u8 heap[32 << 20];

#if defined GUEST_integer // arithmetic in registers
static u64 run(void) {
    u64 sum = 0;
    for (u32 i = 0; i < 20000000; i++) {
        u64 x = next_random();
        u32 low = (u32)x * 2654435761u + i;
        sum += (low >> 3) ^ (x * 3 + (low << 5));
    }
    return sum;
}

#elif defined GUEST_sieve // bytes of memory in order
static u64 run(void) {
    enum { N = 4 << 20 };
    u64 primes = 0;
    for (int round = 0; round < 4; round++) {
        for (u32 i = 0; i < N; i++) heap[i] = 1;
        for (u32 i = 2; i * i < N; i++)
            if (heap[i])
                for (u32 j = i * i; j < N; j += i) heap[j] = 0;
        for (u32 i = 2; i < N; i++) primes += heap[i];
    }
    return primes;
}

#elif defined GUEST_chase // pages of memory in disorder
static u64 run(void) {
    u64 *next = (u64 *)heap, n = (4 << 20) / 8;
    for (u64 i = 0; i < n; i++) next[i] = i;
    for (u64 i = n - 1; i; i--) { // Sattolo's: one cycle
        u64 j = next_random() % i, t = next[i];
        next[i] = next[j];
        next[j] = t;
    }
    u64 at = 0, sum = 0;
    for (u32 i = 0; i < 10000000; i++) sum += at = next[at];
    return sum;
}

#elif defined GUEST_sha256 // 32-bit rotations and additions
static u32 rotate(u32 x, int n) { return x >> n | x << (32 - n); }
static u32 constant[64], hash[8];
static void compress(const u8 *data) {
    u32 w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (u32)data[4 * i] << 24 | (u32)data[4 * i + 1] << 16 | (u32)data[4 * i + 2] << 8 | data[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        u32 a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        u32 b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    for (int i = 0; i < 8; i++) s[i] = hash[i];
    for (int i = 0; i < 64; i++) {
        u32 e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25), choose = (s[4] & s[5]) ^ (~s[4] & s[6]);
        u32 t = s[7] + e + choose + constant[i] + w[i];
        u32 a = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22), most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        for (int k = 7; k; k--) s[k] = s[k - 1];
        s[4] += t;
        s[0] = t + a + most;
    }
    for (int i = 0; i < 8; i++) hash[i] += s[i];
}
static u64 run(void) {
    for (int i = 0; i < 64; i++) constant[i] = (u32)next_random();
    for (int i = 0; i < 100000; i++) compress(heap + (i & 1023) * 64);
    return (u64)hash[0] << 32 | hash[7];
}

#elif defined GUEST_matrix // products and sums of doubles, in memory
static double a[128][128], b[128][128], c[128][128];
static u64 run(void) {
    for (int i = 0; i < 128; i++)
        for (int j = 0; j < 128; j++) a[i][j] = (double)(i64)(next_random() >> 40) / 3, b[i][j] = 1 / (double)(1 + i + j);
    double sum = 0;
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 128; i++)
            for (int j = 0; j < 128; j++) {
                double x = 0;
                for (int k = 0; k < 128; k++) x += a[i][k] * b[k][j];
                c[i][j] = x;
            }
        sum += c[round][round + 1];
    }
    return (u64)sum;
}

#elif defined GUEST_bodies // doubles in registers: division and square roots, too
static u64 run(void) {
    double x[5], v[5] = {0}, m[5] = {1, .01, .02, .03, .04};
    for (int i = 0; i < 5; i++) x[i] = i + i * i / 7.0;
    for (int step = 0; step < 300000; step++) {
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 5; j++) {
                if (i == j) continue;
                double d = x[i] - x[j], r = d * d + 0.1;
                v[i] -= d * m[j] * 0.0001 / (r * __builtin_sqrt(r));
            }
        for (int i = 0; i < 5; i++) x[i] += v[i] * 0.0001;
    }
    return (u64)(i64)(x[0] * 1e12);
}

#elif defined GUEST_calls // calls and returns
__attribute__((noinline)) static u64 fibonacci(u64 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
static u64 run(void) { return fibonacci(35); }

#elif defined GUEST_sort // branches that nobody can predict
static void sort(u32 *v, i64 low, i64 high) {
    while (low < high) {
        u32 pivot = v[(low + high) / 2];
        i64 i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i > j) break;
            u32 t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (j - low < high - i) sort(v, low, j), low = i;
        else sort(v, i, high), high = j;
    }
}
static u64 run(void) {
    u32 *v = (u32 *)heap, n = 1000000;
    u64 sum = 0;
    for (u32 i = 0; i < n; i++) v[i] = (u32)next_random();
    sort(v, 0, n - 1);
    for (u32 i = 0; i < n; i++) sum = sum * 3 + v[i];
    return sum;
}

#elif defined GUEST_bytecode // jumps through a table
enum { PUSH, ADD, MUL, LOAD, STORE, LESS, BRANCH, DROP, HALT };
static const u32 program[] = {PUSH,    0,    STORE,  0, PUSH, 0,     STORE, 1,              // i = s = 0
                              LOAD,    1,    LOAD,   0, PUSH, 3,     MUL,   ADD,  STORE, 1, // s += i * 3
                              LOAD,    0,    PUSH,   1, ADD,  STORE, 0,     LOAD, 0,     PUSH,
                              6000000, LESS, BRANCH, 8, // while (++i < N)
                              HALT};
static u64 run(void) {
    u64 stack[16], variable[2], *top = stack;
    for (const u32 *pc = program;;) {
        switch (*pc++) {
        case PUSH: *top++ = *pc++; break;
        case ADD: top--, top[-1] += top[0]; break;
        case MUL: top--, top[-1] *= top[0]; break;
        case LOAD: *top++ = variable[*pc++]; break;
        case STORE: variable[*pc++] = *--top; break;
        case LESS: top--, top[-1] = top[-1] < top[0]; break;
        case BRANCH: pc = *--top ? program + *pc : pc + 1; break;
        case DROP: top--; break;
        case HALT: return variable[1];
        }
    }
}

#elif defined GUEST_copy // long runs of loads and stores
static u64 run(void) {
    u64 *from = (u64 *)heap, *to = from + (1 << 17), sum = 0;
    for (u32 i = 0; i < 1 << 17; i++) from[i] = next_random();
    for (int round = 0; round < 300; round++) {
        for (u32 i = 0; i < 1 << 17; i += 4) {
            u64 a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
            to[i] = a, to[i + 1] = b, to[i + 2] = c, to[i + 3] = d;
        }
        sum += to[round];
        from[round]++;
    }
    return sum;
}
#endif

// memset and memcpy are what a compiler may make of the loops above.
void *memset(void *to, int c, u64 n) {
    for (u8 *p = to; n--; p++) *p = (u8)c;
    return to;
}
void *memcpy(void *to, const void *from, u64 n) {
    u8 *t = to;
    for (const u8 *f = from; n--;) *t++ = *f++;
    return to;
}

__attribute__((used)) static void start_c(void) {
    map_memory();
    u64 sum = run();
    for (int i = 60; i >= 0; i -= 4) put((u8)"0123456789abcdef"[sum >> i & 15]);
    put('\n');
    for (;;) switch_off();
}
