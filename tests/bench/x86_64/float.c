// SPDX-License-Identifier: MIT
// Floating point and vectors. Sums, products, quotients and roots alone: IEEE 754 fixes their last bit, the manual no sine's.
#include "kit.h"
#include <immintrin.h>

static u64 bits(double x) {
    u64 n;
    memcpy(&n, &x, sizeof n);
    return n;
}

static double root(double x) {
    asm("sqrtsd %1, %0" : "=x"(x) : "x"(x));
    return x;
}

ROW(nbody, 2000000, NEEDS_NOTHING, "five bodies: doubles, division, roots") {
    struct {
        double x[3], v[3], mass;
    } body[5];
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 3; k++)
            body[i].x[k] = i * 1.5 + k * 0.25 * i, body[i].v[k] = (i - 2) * (k - 1) * 0.01, body[i].mass = 1.0 / (1 + i * 7);
    for (u64 step = 0; step < work; step++) {
        for (int i = 0; i < 5; i++)
            for (int j = i + 1; j < 5; j++) {
                double d[3], square = 0.01;
                for (int k = 0; k < 3; k++) d[k] = body[i].x[k] - body[j].x[k], square += d[k] * d[k];
                double pull = 0.001 / (square * root(square));
                for (int k = 0; k < 3; k++)
                    body[i].v[k] -= d[k] * body[j].mass * pull, body[j].v[k] += d[k] * body[i].mass * pull;
            }
        for (int i = 0; i < 5; i++)
            for (int k = 0; k < 3; k++) body[i].x[k] += 0.001 * body[i].v[k];
    }
    return digest_of(body, sizeof body);
}

ROW(mandel, 700, NEEDS_NOTHING, "the Mandelbrot set: doubles in registers") {
    u64 digest = 0;
    for (u64 y = 0; y < work; y++)
        for (u32 x = 0; x < 400; x++) {
            double cx = x * (3.0 / 400) - 2.25, cy = (double)(y * 37 % 300) * (2.5 / 300) - 1.25, zx = 0, zy = 0;
            u32 n = 0;
            for (; n < 200 && zx * zx + zy * zy < 4; n++) {
                double t = zx * zx - zy * zy + cx;
                zy = 2 * zx * zy + cy;
                zx = t;
            }
            digest = mix(digest, n);
        }
    return digest;
}

ROW(dgemm, 200, NEEDS_NOTHING, "products of matrices of doubles") {
    enum { N = 128 };
    static double a[N][N], b[N][N], c[N][N];
    u64 state = RANDOM_START;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = (double)(i64)(next_random(&state) >> 40) / 3, b[i][j] = 1.0 / (1 + i + j), c[i][j] = 0;
    for (u64 round = 0; round < work; round++) {
        for (int i = 0; i < N; i++)
            for (int k = 0; k < N; k++)
                for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
        a[round % N][0] = c[0][round % N] * 0x1p-20;
    }
    return digest_of(c, sizeof c);
}

// ---- Vectors. Written once for 16 and for 32 bytes: floats, bytes and words.
#define VECTOR_WORK(name, width, target_of)                                                                                      \
    typedef float name##_f __attribute__((vector_size(width)));                                                                  \
    typedef u8 name##_b __attribute__((vector_size(width)));                                                                     \
    typedef u16 name##_w __attribute__((vector_size(width)));                                                                    \
    target_of static u64 name(u64 rounds) {                                                                                      \
        enum { N = 16384 / width };                                                                                              \
        static name##_f f[N], g[N];                                                                                              \
        static name##_b bytes[N], most[N];                                                                                       \
        static name##_w words[N];                                                                                                \
        u64 state = RANDOM_START;                                                                                                \
        for (u32 i = 0; i < N; i++) {                                                                                            \
            for (u32 k = 0; k < width / 4; k++)                                                                                  \
                f[i][k] = (float)(next_random(&state) >> 44), g[i][k] = 1.0f / (float)(1 + i + k);                               \
            for (u32 k = 0; k < width; k++) bytes[i][k] = (u8)next_random(&state);                                               \
            for (u32 k = 0; k < width / 2; k++) words[i][k] = (u16)next_random(&state);                                          \
        }                                                                                                                        \
        for (u64 round = 0; round < rounds; round++)                                                                             \
            for (u32 i = 0; i < N; i++) {                                                                                        \
                f[i] = f[i] * g[(i + 1) % N] + g[i];                                                                             \
                bytes[i] += most[i] ^ 0x5a;                                                                                      \
                name##_b larger = bytes[i] > most[i];                                                                            \
                most[i] = (bytes[i] & larger) | (most[i] & ~larger);                                                             \
                words[i] = words[i] * words[(i + 7) % N] + (words[i] >> 3);                                                      \
            }                                                                                                                    \
        return mix(digest_of(f, sizeof f), mix(digest_of(most, sizeof most), digest_of(words, sizeof words)));                   \
    }

VECTOR_WORK(sse2, 16, )
VECTOR_WORK(avx2, 32, __attribute__((target("avx2"))))

ROW(simd, 100000, NEEDS_NOTHING, "SSE2: floats, bytes and words") { return sse2(work); }

// FMA's one rounding, gathers and permutations, which the loop above has no use for.
__attribute__((target("avx2,fma"))) static u64 fused(u64 rounds) {
    static i32 table[1024];
    __m256d sum = _mm256_set_pd(1, 2, 3, 4), factor = _mm256_set1_pd(1.0000001);
    __m256i index = _mm256_set_epi32(1, 20, 300, 41, 5, 600, 7, 8), total = _mm256_setzero_si256();
    u64 state = RANDOM_START;
    for (u32 i = 0; i < countof(table); i++) table[i] = (i32)next_random(&state);
    for (u64 i = 0; i < rounds; i++) {
        sum = _mm256_fmadd_pd(sum, factor, _mm256_set1_pd(0.001));
        __m256i got = _mm256_i32gather_epi32(table, index, 4);
        total = _mm256_add_epi32(_mm256_permutevar8x32_epi32(total, index), got);
        index = _mm256_and_si256(_mm256_xor_si256(_mm256_sllv_epi32(index, _mm256_set1_epi32(1)), got), _mm256_set1_epi32(1023));
    }
    return mix(digest_of(&sum, sizeof sum), digest_of(&total, sizeof total));
}

ROW(avx2, 90000, NEEDS_AVX2, "AVX2 and FMA: the same in 32 bytes, gathers") { return mix(avx2(work), fused(work * 100)); }

// ---- x87: 80 bits, the stack, conversions.
ROW(x87, 9000000, NEEDS_NOTHING, "x87: sums, quotients, roots, conversions") {
    long double x = 1, sum = 0;
    u64 digest = 0;
    for (u64 i = 0; i < work; i++) {
        long double r;
        asm("fsqrt" : "=t"(r) : "0"(x));
        sum += r / (long double)(i64)(i + 3);
        x = x * 1.0000001L + 0.5L;
        if (sum > 1000) sum -= 999.75L;
        digest += (u64)(i64)(sum * 1e6L);
    }
    return mix(digest, bits((double)x));
}
