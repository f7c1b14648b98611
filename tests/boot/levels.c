// SPDX-License-Identifier: MIT
// A user program that uses what the psABI levels promise, group by group: one line each, "NAME ok DIGEST" (known answers were
// right; the digest is of many more results, as silicon has them: levels.expected), "NAME absent" (neither told by CPUID nor
// run: SIGILL), or what is wrong. Runs under any Linux; tests/boot/debian runs it in the guest and on the host.
#define _GNU_SOURCE
#include <cpuid.h>
#include <immintrin.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t i64;

#define WITH(features) __attribute__((target(features), noinline))

static u64 seed, digest;
static bool wrong;

static u64 rnd(void) { // splitmix64
    u64 z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}
static void note(const void *p, size_t n) { // FNV-1a
    for (size_t i = 0; i < n; i++) digest = (digest ^ ((const u8 *)p)[i]) * 0x100000001b3;
}
static void note64(u64 v) { note(&v, sizeof v); }
static void expect(bool right) { wrong |= !right; }
static void random_bytes(void *p, size_t n) {
    for (size_t i = 0; i < n; i++) ((u8 *)p)[i] = (u8)rnd();
}
// Finite, of all magnitudes, some of them denormal.
static double number(void) {
    u64 v = rnd();
    if ((v >> 52 & 0x7ff) == 0x7ff) v ^= 1ull << 62;
    double d;
    memcpy(&d, &v, sizeof d);
    return d;
}

// ---- x86-64-v2
WITH("sse4.2,popcnt,ssse3") static void sse42(void) {
    static const char digits[] = "123456789";
    u32 crc = ~0u;
    for (unsigned i = 0; i < 9; i++) crc = _mm_crc32_u8(crc, (u8)digits[i]);
    expect(~crc == 0xe3069283); // the check value of CRC-32C
    for (unsigned i = 0; i < 1000; i++) {
        __m128i a, b;
        random_bytes(&a, 16), random_bytes(&b, 16);
        __m128i r = _mm_shuffle_epi8(_mm_mullo_epi32(a, b), _mm_max_epu16(a, b));
        note(&r, 16);
        note64((u64)_mm_cmpistri(a, b, _SIDD_CMP_EQUAL_ANY));
    }
}
WITH("popcnt") static void popcnt(void) {
    for (unsigned i = 0; i < 1000; i++) {
        u64 v = rnd(), n = 0;
        for (u64 x = v; x; x &= x - 1) n++;
        expect((u64)_mm_popcnt_u64(v) == n);
        note64(n);
    }
}
WITH("cx16") static void cx16(void) {
    unsigned __int128 at = (unsigned __int128)1 << 100;
    expect(__sync_val_compare_and_swap(&at, (unsigned __int128)1 << 100, 7) == (unsigned __int128)1 << 100 && at == 7);
    note(&at, 16);
}
static void lahf(void) {
    u64 ah = 0;
    __asm__ volatile("stc; lahf; shr $8, %%rax" : "=a"(ah) : "a"(0ull) : "cc");
    expect(ah & 1);
}

// ---- x86-64-v3
WITH("avx") static void avx(void) {
    __m256d four = _mm256_set1_pd(4), root = _mm256_sqrt_pd(four);
    expect(_mm256_movemask_pd(_mm256_cmp_pd(root, _mm256_set1_pd(2), _CMP_EQ_OQ)) == 15);
    // The upper half of a 128-bit instruction's destination becomes zero.
    u8 y[32];
    __asm__ volatile(
        "vcmptrueps %%ymm1, %%ymm1, %%ymm1; vpxor %%xmm2, %%xmm2, %%xmm2; vaddps %%xmm2, %%xmm1, %%xmm1; vmovups %%ymm1, %0"
        : "=m"(y)
        :
        : "xmm1", "xmm2");
    for (unsigned i = 16; i < 32; i++) expect(y[i] == 0);
    for (unsigned i = 0; i < 2000; i++) {
        double in[8];
        for (unsigned k = 0; k < 8; k++) in[k] = number();
        __m256d a = _mm256_loadu_pd(in), b = _mm256_loadu_pd(in + 4), r;
        r = _mm256_blend_pd(_mm256_mul_pd(a, b), _mm256_div_pd(a, b), 5);
        r = _mm256_hadd_pd(_mm256_permute_pd(r, 6), _mm256_permute2f128_pd(a, b, 0x21));
        r = _mm256_max_pd(r, _mm256_addsub_pd(a, b));
        __m128 narrow = _mm256_cvtpd_ps(r);
        __m128i whole = _mm256_cvtpd_epi32(a);
        __m256 dot = _mm256_dp_ps(_mm256_castpd_ps(a), _mm256_castpd_ps(b), 0x71);
        u32 bits[8];
        memcpy(bits, &dot, 32);
        note(&r, 32), note(&narrow, 16), note(&whole, 16), note(bits, 4);
    }
}
WITH("avx2") static void avx2(void) {
    static u32 table[256];
    for (unsigned i = 0; i < 256; i++) table[i] = (u32)rnd();
    for (unsigned i = 0; i < 2000; i++) {
        u32 a[8], b[8], r[8], g[8];
        random_bytes(a, 32), random_bytes(b, 32);
        for (unsigned k = 0; k < 8; k++) a[k] &= 0xff;
        __m256i va = _mm256_loadu_si256((void *)a), vb = _mm256_loadu_si256((void *)b);
        __m256i vg = _mm256_i32gather_epi32((const int *)table, va, 4);
        __m256i vr = _mm256_sllv_epi32(vb, va);
        _mm256_storeu_si256((void *)g, vg), _mm256_storeu_si256((void *)r, vr);
        for (unsigned k = 0; k < 8; k++) expect(g[k] == table[a[k]] && r[k] == (a[k] < 32 ? b[k] << a[k] : 0));
        vr = _mm256_permutevar8x32_epi32(_mm256_mullo_epi16(vg, vr), va);
        vr = _mm256_alignr_epi8(vr, _mm256_sad_epu8(vg, vb), 5);
        vr = _mm256_add_epi64(vr, _mm256_cvtepi8_epi64(_mm256_castsi256_si128(vb)));
        note(&vr, 32);
    }
}
WITH("fma") static void fma3(void) {
    double e = 0x1p-52;
    __m128d x = _mm_fmadd_sd(_mm_set_sd(1 + e), _mm_set_sd(1 - e), _mm_set_sd(-1)); // exact: -2^-104
    expect(_mm_cvtsd_f64(x) == -0x1p-104);
    for (unsigned i = 0; i < 5000; i++) {
        double in[12];
        for (unsigned k = 0; k < 12; k++) in[k] = number();
        __m256d a = _mm256_loadu_pd(in), b = _mm256_loadu_pd(in + 4), c = _mm256_loadu_pd(in + 8);
        if (i & 1) c = _mm256_mul_pd(_mm256_mul_pd(a, b), _mm256_set1_pd(-1)); // cancels all but the rounding error
        __m256d r = _mm256_fmadd_pd(a, b, c), q = _mm256_fnmsub_pd(a, c, b), s = _mm256_fmaddsub_pd(b, c, a);
        __m256 f = _mm256_fmsub_ps(_mm256_castpd_ps(a), _mm256_castpd_ps(b), _mm256_castpd_ps(c));
        note(&r, 32), note(&q, 32), note(&s, 32), note(&f, 32);
    }
}
WITH("f16c,avx") static void f16c(void) {
    for (u32 h = 0; h < 0x10000; h += 8) {
        u16 in[8], out[8];
        for (unsigned k = 0; k < 8; k++) in[k] = (u16)(h + k);
        __m256 f = _mm256_cvtph_ps(_mm_loadu_si128((void *)in));
        _mm_storeu_si128((void *)out, _mm256_cvtps_ph(f, _MM_FROUND_TO_NEAREST_INT));
        for (unsigned k = 0; k < 8; k++) {
            bool nan = (in[k] & 0x7c00) == 0x7c00 && in[k] & 0x3ff;
            expect(out[k] == (nan ? in[k] | 0x200 : in[k])); // there and back; signalling NaNs become quiet
        }
        note(&f, 32);
    }
    for (unsigned i = 0; i < 2000; i++) {
        float in[8];
        for (unsigned k = 0; k < 8; k++) in[k] = (float)((i64)rnd() >> (40 + (rnd() & 15))) / 4096;
        __m128i r = _mm256_cvtps_ph(_mm256_loadu_ps(in), _MM_FROUND_TO_ZERO);
        note(&r, 16);
    }
}
WITH("bmi") static void bmi1(void) {
    for (unsigned i = 0; i < 2000; i++) {
        u64 a = rnd() >> (rnd() & 63), b = rnd(), start = rnd() & 63, length = rnd() & 63;
        expect(_andn_u64(a, b) == (~a & b) && _blsi_u64(a) == (a & -a) && _blsr_u64(a) == (a & (a - 1)));
        expect(_blsmsk_u64(a) == (a ^ (a - 1)) &&
               _bextr_u64(b, (u32)start, (u32)length) == (b >> start & ((1ull << length) - 1)));
        expect(_tzcnt_u64(a << 1 << (i & 31)) >= (i & 31) + 1);
        note64(_tzcnt_u64(a)), note64(_tzcnt_u32((u32)(a & -2u)));
    }
    expect(_tzcnt_u64(0) == 64 && _tzcnt_u32(0) == 32);
}
WITH("bmi2") static void bmi2(void) {
    for (unsigned i = 0; i < 2000; i++) {
        u64 v = rnd(), m = rnd() & rnd(), low = 0, n = 0, r = 0;
        for (unsigned k = 0; k < 64; k++)
            if (m >> k & 1) r |= (v >> k & 1) << n++;
        unsigned long long high;
        expect(_pext_u64(v, m) == r && _pdep_u64(r, m) == (v & m) &&
               _bzhi_u64(v, (u32)n) == (n < 64 ? v & ((1ull << n) - 1) : v));
        low = _mulx_u64(v, m, &high);
        expect(low == v * m && high == (u64)((unsigned __int128)v * m >> 64));
        __asm__("sarx %2, %1, %0" : "=r"(r) : "r"(v), "r"(n));
        expect(r == (u64)((i64)v >> (n & 63)));
        __asm__("rorx $13, %1, %0" : "=r"(r) : "r"(v));
        expect(r == (v >> 13 | v << 51));
        note64(high);
    }
}
WITH("lzcnt") static void lzcnt(void) {
    for (unsigned i = 0; i < 64; i++) expect(_lzcnt_u64(1ull << i | (rnd() & ((1ull << i) - 1))) == 63 - i);
    expect(_lzcnt_u64(0) == 64 && _lzcnt_u32(0) == 32);
}
WITH("movbe") static void movbe(void) {
    u64 v = rnd(), r;
    __asm__("movbe %1, %0" : "=r"(r) : "m"(v));
    expect(r == __builtin_bswap64(v));
    note64(r);
}

// ---- what stands beside the level
#define EXPAND(k, rcon)                                                                                                          \
    ({                                                                                                                           \
        __m128i t_ = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(k, rcon), 0xff), k_ = k;                                        \
        k_ = _mm_xor_si128(k_, _mm_slli_si128(k_, 4));                                                                           \
        k_ = _mm_xor_si128(k_, _mm_slli_si128(k_, 8));                                                                           \
        _mm_xor_si128(k_, t_);                                                                                                   \
    })
WITH("aes,sse2") static void aes(void) { // FIPS-197, appendix C.1
    u8 plain[16], cipher[16], back[16];
    static const u8 answer[16] = {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};
    u8 key[16];
    for (unsigned i = 0; i < 16; i++) plain[i] = (u8)(i * 0x11), key[i] = (u8)i;
    __m128i k[11] = {_mm_loadu_si128((void *)key)}, s;
    k[1] = EXPAND(k[0], 0x01), k[2] = EXPAND(k[1], 0x02), k[3] = EXPAND(k[2], 0x04), k[4] = EXPAND(k[3], 0x08);
    k[5] = EXPAND(k[4], 0x10), k[6] = EXPAND(k[5], 0x20), k[7] = EXPAND(k[6], 0x40), k[8] = EXPAND(k[7], 0x80);
    k[9] = EXPAND(k[8], 0x1b), k[10] = EXPAND(k[9], 0x36);
    s = _mm_xor_si128(_mm_loadu_si128((void *)plain), k[0]);
    for (unsigned i = 1; i < 10; i++) s = _mm_aesenc_si128(s, k[i]);
    s = _mm_aesenclast_si128(s, k[10]);
    _mm_storeu_si128((void *)cipher, s);
    expect(!memcmp(cipher, answer, 16));
    s = _mm_xor_si128(s, k[10]);
    for (unsigned i = 9; i > 0; i--) s = _mm_aesdec_si128(s, _mm_aesimc_si128(k[i]));
    _mm_storeu_si128((void *)back, _mm_aesdeclast_si128(s, k[0]));
    expect(!memcmp(back, plain, 16));
    note(k, sizeof k);
}
WITH("pclmul,sse2") static void pclmul(void) {
    // The example of Intel's white paper on carry-less multiplication.
    __m128i a = _mm_set_epi64x(0x7b5b546573745665, 0x63746f725d53475d),
            b = _mm_set_epi64x(0x4869285368617929, 0x5b477565726f6e5d);
    __m128i r = _mm_clmulepi64_si128(a, b, 0x00), want = _mm_set_epi64x(0x1d4d84c85c3440c0, (i64)0x929633d5d36f0451);
    expect(!memcmp(&r, &want, 16));
    for (unsigned i = 0; i < 500; i++) {
        u64 x = rnd(), y = rnd();
        unsigned __int128 p = 0;
        for (unsigned k = 0; k < 64; k++)
            if (y >> k & 1) p ^= (unsigned __int128)x << k;
        r = _mm_clmulepi64_si128(_mm_set_epi64x((i64)x, 0), _mm_set_epi64x(0, (i64)y), 0x01);
        expect(!memcmp(&r, &p, 16));
        note(&r, 16);
    }
}
static const u32 sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
WITH("sha,sse4.1") static void sha(void) { // FIPS 180-4: SHA-256 of "abc"
    static const u32 answer[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    static const u32 start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u32 w[64] = {0x61626380, [15] = 24}, out[8];
    __m128i abef = _mm_set_epi32((int)start[0], (int)start[1], (int)start[4], (int)start[5]);
    __m128i cdgh = _mm_set_epi32((int)start[2], (int)start[3], (int)start[6], (int)start[7]);
    __m128i abef0 = abef, cdgh0 = cdgh, m[16];
    for (unsigned i = 0; i < 16; i++) {
        if (i < 4) {
            m[i] = _mm_loadu_si128((void *)(w + 4 * i));
        } else {
            __m128i t = _mm_add_epi32(_mm_sha256msg1_epu32(m[i - 4], m[i - 3]), _mm_alignr_epi8(m[i - 1], m[i - 2], 4));
            m[i] = _mm_sha256msg2_epu32(t, m[i - 1]);
        }
        __m128i k = _mm_add_epi32(m[i], _mm_loadu_si128((const void *)(sha256_k + 4 * i)));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
    }
    u32 x[4], y[4];
    _mm_storeu_si128((void *)x, _mm_add_epi32(abef, abef0)), _mm_storeu_si128((void *)y, _mm_add_epi32(cdgh, cdgh0));
    out[0] = x[3], out[1] = x[2], out[4] = x[1], out[5] = x[0], out[2] = y[3], out[3] = y[2], out[6] = y[1], out[7] = y[0];
    expect(!memcmp(out, answer, 32));
    for (unsigned i = 0; i < 1000; i++) {
        __m128i a, b, r;
        random_bytes(&a, 16), random_bytes(&b, 16);
        r = _mm_sha1rnds4_epu32(_mm_sha1msg2_epu32(_mm_sha1msg1_epu32(a, b), b), _mm_sha1nexte_epu32(b, a), 2);
        note(&r, 16);
    }
}
WITH("rdrnd") static void rdrand(void) {
    unsigned long long a = 0, b = 0;
    expect(_rdrand64_step(&a) && _rdrand64_step(&b) && a != b);
}
WITH("rdseed") static void rdseed(void) {
    unsigned long long a = 0, b = 0;
    int tries = 1000; // a real one may run dry
    while (!_rdseed64_step(&a) && --tries) {}
    while (!_rdseed64_step(&b) && --tries) {}
    expect(tries && a != b);
}

// ---- the system keeps YMM registers apart and whole
#define FILL_YMM "vmovdqu %0, %%ymm7; vmovdqu %1, %%ymm15\n\t"
WITH("xsave,xsavec,xsaveopt,avx2") static void xsave(void) {
    static u8 area[4096] __attribute__((aligned(64)));
    __m256i a, b, out;
    random_bytes(&a, 32), random_bytes(&b, 32);
    __asm__ volatile(FILL_YMM "xsave64 %2; vzeroall; xrstor64 %2; vpaddb %%ymm7, %%ymm15, %%ymm0; vmovdqu %%ymm0, %3"
                     :
                     : "m"(a), "m"(b), "m"(area), "m"(out), "a"(6), "d"(0)
                     : "xmm0", "xmm7", "xmm15", "memory");
    b = _mm256_add_epi8(a, b);
    expect(!memcmp(&out, &b, 32));
    memset(area, 0, sizeof area);
    __asm__ volatile("vmovdqu %0, %%ymm9; xsavec64 %1; vpxor %%xmm9, %%xmm9, %%xmm9; xrstor64 %1; vmovdqu %%ymm9, %2"
                     :
                     : "m"(a), "m"(area), "m"(out), "a"(6), "d"(0)
                     : "xmm9", "memory");
    expect(!memcmp(&out, &a, 32) && area[527] == 0x80 && area[520] == 6);
}
static volatile sig_atomic_t signals;
WITH("avx2") static void clobber(int sig) {
    signals++;
    __asm__ volatile("vpcmpeqd %%ymm7, %%ymm7, %%ymm7; vpcmpeqd %%ymm15, %%ymm15, %%ymm15" : : : "xmm7", "xmm15");
}
// Processes that fill their registers differently, give way to each other, and are interrupted by signals.
WITH("avx2") static void switching(void) {
    enum { PROCESSES = 4 };
    signal(SIGUSR1, clobber);
    clobber(0); // absent: an illegal instruction here, not in the children
    int good = 0;
    for (int p = 0; p < PROCESSES; p++)
        if (!fork()) {
            __m256i a = _mm256_set1_epi32(0x01010101 * (p + 1)), b = _mm256_set1_epi64x(0x0123456789 + p), c, d;
            for (unsigned i = 0; i < 200; i++) {
                u64 rax = i & 1 ? 24 : 62, pid = (u64)getpid(); // sched_yield, kill
                __asm__ volatile(FILL_YMM "syscall; vmovdqu %%ymm7, %2; vmovdqu %%ymm15, %3"
                                 :
                                 : "m"(a), "m"(b), "m"(c), "m"(d), "a"(rax), "D"(pid), "S"((u64)SIGUSR1)
                                 : "rcx", "r11", "xmm7", "xmm15", "memory");
                if (memcmp(&a, &c, 32) || memcmp(&b, &d, 32)) _exit(1);
            }
            _exit(signals == 101 ? 0 : 2);
        }
    for (int p = 0, status; p < PROCESSES; p++)
        if (wait(&status) > 0 && !status) good++;
    expect(good == PROCESSES);
}

// The C library's string functions, in whatever variants it picks for this processor.
static void libc(void) {
    static char a[4096], b[4096];
    char *volatile from = a, *volatile to = b;
    for (unsigned i = 0; i < 3000; i++) {
        size_t at = rnd() % 70, n = rnd() % (i & 1 ? 100 : 1500), hole = at + rnd() % (n + 1);
        for (size_t k = 0; k < n + 200; k++) from[k] = (char)(1 + (rnd() & 0x7f));
        from[hole] = 0;
        expect(strlen(from + at) == hole - at && (char *)memchr(from + at, 0, n + 100) == from + hole);
        memset(to, 0x5a, sizeof b);
        size_t shift = rnd() % 64;
        memcpy(to + shift, from + at, n);
        for (size_t k = 0; k < n; k++) expect(to[shift + k] == from[at + k]);
        expect(to[shift + n] == 0x5a && !memcmp(to + shift, from + at, n));
        memmove(to + shift + 3, to + shift, n);
        strcpy(to + 2000, from + at);
        expect(!strcmp(to + 2000, from + at) && (!n || strrchr(from + at, from[at]) != NULL));
        note(to, sizeof b);
    }
}

// ---- which of them CPUID tells
enum { EAX, EBX, ECX, EDX };
static bool told(u32 leaf, u32 sub, unsigned reg, unsigned bit) {
    u32 v[4];
    return __get_cpuid_count(leaf, sub, &v[0], &v[1], &v[2], &v[3]) && v[reg] >> bit & 1;
}

static const struct group {
    const char *name;
    void (*run)(void);
    u32 leaf, sub;
    u8 reg, bit;
} groups[] = {
    {"libc", libc, 1, 0, EDX, 26},       {"sse4.2", sse42, 1, 0, ECX, 20},      {"popcnt", popcnt, 1, 0, ECX, 23},
    {"cmpxchg16b", cx16, 1, 0, ECX, 13}, {"lahf", lahf, 0x80000001, 0, ECX, 0}, {"avx", avx, 1, 0, ECX, 28},
    {"avx2", avx2, 7, 0, EBX, 5},        {"fma", fma3, 1, 0, ECX, 12},          {"f16c", f16c, 1, 0, ECX, 29},
    {"bmi1", bmi1, 7, 0, EBX, 3},        {"bmi2", bmi2, 7, 0, EBX, 8},          {"lzcnt", lzcnt, 0x80000001, 0, ECX, 5},
    {"movbe", movbe, 1, 0, ECX, 22},     {"xsave", xsave, 1, 0, ECX, 27},       {"switching", switching, 7, 0, EBX, 5},
    {"aes", aes, 1, 0, ECX, 25},         {"pclmulqdq", pclmul, 1, 0, ECX, 1},   {"sha", sha, 7, 0, EBX, 29},
    {"rdrand", rdrand, 1, 0, ECX, 30},   {"rdseed", rdseed, 7, 0, EBX, 18},
};

static sigjmp_buf illegal;
static void on_sigill(int sig) { siglongjmp(illegal, 1); }

// LZCNT and TZCNT are no illegal instructions where they are absent, but other ones.
static bool falls_back(const char *name) { return !strcmp(name, "lzcnt"); }

static bool run(const struct group *g) {
    bool present = told(g->leaf, g->sub, g->reg, g->bit);
    seed = 1, digest = 0xcbf29ce484222325, wrong = false;
    if (sigsetjmp(illegal, 1)) {
        printf("%s %s\n", g->name, present ? "told, but an illegal instruction" : "absent");
        return !present;
    }
    g->run();
    if (!present && falls_back(g->name) && wrong) printf("%s absent\n", g->name);
    else if (!present) printf("%s not told, but there\n", g->name);
    else printf("%s %s %016llx\n", g->name, wrong ? "WRONG" : "ok", (unsigned long long)digest);
    return present ? !wrong : falls_back(g->name) && wrong;
}

int main(void) {
    bool good = true;
    signal(SIGILL, on_sigill);
    setvbuf(stdout, NULL, _IONBF, 0);
    for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++) good &= run(&groups[i]);
    printf("levels: %s\n", good ? "all as told" : "NOT as told");
    return !good;
}
