// SPDX-License-Identifier: MIT
// AES-NI and the SHA extensions.
#include "kit.h"
#include <immintrin.h>

// Counter mode with four blocks on their way: round keys of chance will do.
__attribute__((target("aes,sse4.1"))) static u64 counter_mode(u64 rounds) {
    __m128i key[11], sum = _mm_setzero_si128(), counter = _mm_set_epi32(1, 2, 3, 4);
    u64 state = RANDOM_START;
    for (u32 i = 0; i < countof(key); i++) key[i] = _mm_set_epi64x((i64)next_random(&state), (i64)next_random(&state));
    for (u64 i = 0; i < rounds; i++) {
        __m128i x[4];
        for (int k = 0; k < 4; k++) {
            counter = _mm_add_epi64(counter, _mm_set_epi32(0, 0, 0, 1));
            x[k] = _mm_xor_si128(counter, key[0]);
        }
        for (int r = 1; r < 10; r++)
            for (int k = 0; k < 4; k++) x[k] = _mm_aesenc_si128(x[k], key[r]);
        for (int k = 0; k < 4; k++) sum = _mm_xor_si128(_mm_aesenclast_si128(x[k], key[10]), _mm_slli_epi16(sum, 1));
    }
    return digest_of(&sum, sizeof sum);
}

ROW(aes, 7000000, NEEDS_AES, "AES-NI: counter mode") { return counter_mode(work); }

__attribute__((target("sha,sse4.1,ssse3"))) static u64 extensions(u64 blocks) {
    __m128i a = _mm_set_epi32(1, 2, 3, 4), b = _mm_set_epi32(5, 6, 7, 8), message[4];
    u64 state = RANDOM_START;
    for (u32 i = 0; i < 4; i++) message[i] = _mm_set_epi64x((i64)next_random(&state), (i64)next_random(&state));
    for (u64 i = 0; i < blocks; i++)
        for (int r = 0; r < 16; r++) {
            __m128i m = message[r % 4], next = message[(r + 3) % 4];
            __m128i t =
                _mm_add_epi32(_mm_sha256msg1_epu32(m, message[(r + 1) % 4]), _mm_alignr_epi8(next, message[(r + 2) % 4], 4));
            message[r % 4] = _mm_sha256msg2_epu32(t, next);
            b = _mm_sha256rnds2_epu32(b, a, m);
            a = _mm_sha256rnds2_epu32(a, b, _mm_shuffle_epi32(m, 0x0e));
        }
    return mix(digest_of(&a, sizeof a), digest_of(&b, sizeof b));
}

ROW(sha, 3000000, NEEDS_SHA, "SHA extensions: SHA-256") { return extensions(work); }
