// SPDX-License-Identifier: MIT
// Integers in registers and in the first-level cache. Compiled a second time for 32-bit code.
#include "kit.h"

// Rotations, sums and branches: what a loop of a program does most.
static u64 integers(u64 rounds) {
    u64 state = RANDOM_START, sum = 0;
    for (u32 i = 0; i < rounds; i++) {
        u64 x = next_random(&state);
        u32 low = (u32)x * 2654435761u + i;
        if (i & 7) sum += (low >> 3) ^ (x * 3 + (low << 5));
        else sum ^= x >> (low & 15);
    }
    return mix(sum, state);
}

// ---- SHA-256 (FIPS 180-4), with constants of its own making
static u32 rotate(u32 x, int n) { return x >> n | x << (32 - n); }

static void compress(u32 hash[8], const u32 constant[64], const u8 *data) {
    u32 w[64], s[8];
    for (int i = 0; i < 16; i++) w[i] = (u32)data[4 * i] << 24 | data[4 * i + 1] << 16 | data[4 * i + 2] << 8 | data[4 * i + 3];
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

static u64 hashing(u64 blocks) {
    static u8 data[65536];
    u32 constant[64], hash[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    u64 state = RANDOM_START;
    for (u32 i = 0; i < countof(constant); i++) constant[i] = (u32)next_random(&state);
    for (u32 i = 0; i < sizeof data; i++) data[i] = (u8)next_random(&state);
    for (u32 i = 0; i < blocks; i++) compress(hash, constant, data + i % (sizeof data / 64) * 64);
    return digest_of(hash, sizeof hash);
}

// ---- A machine of bytes in a switch, as interpreters are: every step is an indirect jump.
enum { HALT, LOAD, ADD, SUB, XOR, SHIFT, GET, PUT, LOOP, SKIP };

static u64 machine(u64 rounds) {
    // Operands are registers: op, a, b.
    static const u8 program[][3] = {{GET, 1, 0},  {ADD, 2, 1}, {XOR, 3, 2},  {SHIFT, 3, 1}, {SKIP, 2, 1}, {SUB, 2, 3},
                                    {LOAD, 4, 7}, {ADD, 0, 4}, {XOR, 1, 3},  {PUT, 1, 0},   {ADD, 5, 1},  {SKIP, 5, 0},
                                    {SUB, 5, 4},  {XOR, 2, 5}, {LOOP, 0, 0}, {HALT, 0, 0}};
    u32 r[8] = {0}, memory[1024] = {0}, at = 0;
    for (;;) {
        const u8 *step = program[at++], a = step[1], b = step[2];
        switch (step[0]) {
        case LOAD: r[a] = b; break;
        case ADD: r[a] += r[b]; break;
        case SUB: r[a] -= r[b]; break;
        case XOR: r[a] ^= r[b]; break;
        case SHIFT: r[a] = rotate(r[a], 5 + b); break;
        case GET: r[a] += memory[r[b] % countof(memory)] + 0x9e3779b9; break;
        case PUT: memory[r[b] % countof(memory)] = r[a]; break;
        case SKIP: at += r[a] >> b & 1; break;
        case LOOP:
            if (--rounds) at = 0;
            break;
        case HALT: return mix(digest_of(r, sizeof r), digest_of(memory, sizeof memory));
        }
    }
}

#ifdef __x86_64__
ROW(int, 440000000, NEEDS_NOTHING, "integer arithmetic in registers") { return integers(work); }

ROW(sha256, 550000, NEEDS_NOTHING, "SHA-256: rotations of 32 bits") { return hashing(work); }

ROW(vm, 15000000, NEEDS_NOTHING, "a byte-code interpreter: indirect jumps") { return machine(work); }

ROW(muldiv, 110000000, NEEDS_NOTHING, "products of 128 bits, quotients of 64") {
    u64 state = RANDOM_START, sum = 0;
    for (u64 i = 0; i < work; i++) {
        u64 x = next_random(&state);
        sum += (u64)((unsigned __int128)x * (sum | 1) >> 64);
        sum ^= x / ((sum >> 40) | 1) + (u32)x % ((u32)sum | 1);
    }
    return sum;
}
#else
ROW(code32, 500, NEEDS_NOTHING, "32-bit code: int, sha256 and vm") {
    return mix(mix(integers(work * 30000), hashing(work * 200)), machine(work * 8000));
}
#endif
