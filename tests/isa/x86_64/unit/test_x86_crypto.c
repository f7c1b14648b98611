// SPDX-License-Identifier: MIT
// AES, PCLMULQDQ and SHA by the examples of their standards, made of our instructions as a program would make them. (Every row is
// compared with silicon in test_x86_sse.c and test_x86_avx.c.)
#include "base/le.h"
#include "base/splitmix.h"
#include "isa/x86_64/insn/insn.h"
#include "x86_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct x86_cpu cpu;

// name xmm1, xmm2, imm8, which is vname xmm1, xmm1, xmm2, imm8
static void run(const char *name, u8 imm) {
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) {
            const struct insn *row = &(*t)->rows[i];
            if (strcmp(row->name, name)) continue;
            struct uop u = {.fn = row->ops->r[2], .a = 1, .b = 2, .base = 16, .index = 16, .imm = imm | 1 << VEX_V_SHIFT};
            assert_int_equal(room_run(&cpu, &u, 6), 0);
            return;
        }
    fail_msg("no row %s", name);
}
static union xmm two(const char *name, union xmm d, union xmm s, u8 imm) {
    cpu.s.xmm[1] = d;
    cpu.s.xmm[2] = s;
    run(name, imm);
    return cpu.s.xmm[1];
}
static union xmm exclusive_or(union xmm a, union xmm b) { return (union xmm){.q = {a.q[0] ^ b.q[0], a.q[1] ^ b.q[1]}}; }
static void assert_same(union xmm a, union xmm b) { assert_memory_equal(&a, &b, 16); }

// ---- FIPS-197, appendix B and C.1
enum { ROUNDS = 10 };

static void expand(union xmm key[ROUNDS + 1], bool vex) {
    u8 rcon = 1;
    for (unsigned i = 1; i <= ROUNDS; i++) {
        union xmm k = key[i - 1];
        u32 word = two(vex ? "vaeskeygenassist" : "aeskeygenassist", (union xmm){0}, k, rcon).d[3];
        for (unsigned j = 0; j < 4; j++) k.d[j] = word ^= k.d[j];
        key[i] = k;
        rcon = (u8)(rcon << 1 ^ (rcon >> 7) * 0x1b);
    }
}

static void aes_examples(void **state) {
    static const struct {
        u8 key[16], plain[16], cipher[16];
    } examples[] = {
        {{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c},
         {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34},
         {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb, 0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32}},
        {{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f},
         {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff},
         {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a}},
    };
    for (unsigned i = 0; i < 2 * countof(examples); i++) {
        bool vex = i & 1;
        union xmm key[ROUNDS + 1], plain, cipher, v;
        memcpy(&key[0], examples[i / 2].key, 16);
        memcpy(&plain, examples[i / 2].plain, 16);
        memcpy(&cipher, examples[i / 2].cipher, 16);
        expand(key, vex);
        v = exclusive_or(plain, key[0]);
        for (unsigned k = 1; k < ROUNDS; k++) v = two(vex ? "vaesenc" : "aesenc", v, key[k], 0);
        assert_same(two(vex ? "vaesenclast" : "aesenclast", v, key[ROUNDS], 0), cipher);
        // 5.3.5: the equivalent inverse cipher
        v = exclusive_or(cipher, key[ROUNDS]);
        for (unsigned k = ROUNDS - 1; k; k--)
            v = two(vex ? "vaesdec" : "aesdec", v, two(vex ? "vaesimc" : "aesimc", v, key[k], 0), 0);
        assert_same(two(vex ? "vaesdeclast" : "aesdeclast", v, key[0], 0), plain);
    }
}

// ---- FIPS 180-4's examples "abc": one block
static u32 schedule[16];
static void block_abc(void) {
    memset(schedule, 0, sizeof schedule);
    schedule[0] = 0x61626380;
    schedule[15] = 24;
}

static void sha1_example(void **state) {
    const union xmm initial = {.d = {0x10325476, 0x98badcfe, 0xefcdab89, 0x67452301}};
    union xmm w[4], abcd = initial, e = {.d = {0, 0, 0, 0xc3d2e1f0}}, before = abcd;
    block_abc();
    for (unsigned i = 0; i < 16; i++) w[i / 4].d[3 - i % 4] = schedule[i];
    for (unsigned i = 0; i < 20; i++) {
        if (i >= 4) { // four more words of the schedule
            union xmm next = two("sha1msg1", w[i % 4], w[(i + 1) % 4], 0);
            w[i % 4] = two("sha1msg2", exclusive_or(next, w[(i + 2) % 4]), w[(i + 3) % 4], 0);
        }
        union xmm input = w[i % 4];
        if (i) input = two("sha1nexte", before, input, 0);
        else input.d[3] += e.d[3];
        before = abcd;
        abcd = two("sha1rnds4", abcd, input, (u8)(i / 5));
    }
    static const u32 digest[] = {0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c, 0x9cd0d89d};
    for (unsigned i = 0; i < 4; i++) assert_int_equal(abcd.d[3 - i] + initial.d[3 - i], digest[i]);
    assert_int_equal(two("sha1nexte", before, e, 0).d[3], digest[4]);
}

static void sha256_example(void **state) {
    static const u32 k[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
                              0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
                              0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
                              0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
                              0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
                              0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
                              0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
                              0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    static const u32 initial[] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    static const u32 digest[] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    const u32 *h = initial;
    union xmm w[4], abef = {.d = {h[5], h[4], h[1], h[0]}}, cdgh = {.d = {h[7], h[6], h[3], h[2]}};
    block_abc();
    for (unsigned i = 0; i < 16; i++) w[i / 4].d[i % 4] = schedule[i];
    for (unsigned i = 0; i < 16; i++) {
        if (i >= 4) {
            union xmm next = two("sha256msg1", w[i % 4], w[(i + 1) % 4], 0), b = w[(i + 2) % 4], c = w[(i + 3) % 4];
            const u32 seven_ago[] = {b.d[1], b.d[2], b.d[3], c.d[0]};
            for (unsigned j = 0; j < 4; j++) next.d[j] += seven_ago[j];
            w[i % 4] = two("sha256msg2", next, c, 0);
        }
        for (unsigned j = 0; j < 4; j += 2) {
            cpu.s.xmm[0] = (union xmm){.d = {w[i % 4].d[j] + k[4 * i + j], w[i % 4].d[j + 1] + k[4 * i + j + 1]}};
            union xmm next = two("sha256rnds2", cdgh, abef, 0);
            cdgh = abef;
            abef = next;
        }
    }
    const u32 result[] = {abef.d[3], abef.d[2], cdgh.d[3], cdgh.d[2], abef.d[1], abef.d[0], cdgh.d[1], cdgh.d[0]};
    for (unsigned i = 0; i < 8; i++) assert_int_equal(result[i] + initial[i], digest[i]);
}

// ---- PCLMULQDQ, bit by bit (vol. 2, PCLMULQDQ)
static union xmm product(u64 a, u64 b) {
    u128 sum = 0;
    for (unsigned i = 0; i < 64; i++)
        if (b >> i & 1) sum ^= (u128)a << i;
    return (union xmm){.q = {(u64)sum, (u64)(sum >> 64)}};
}

static void carry_less_products(void **state) {
    static const u64 edge[] = {0, 1, 2, BIT(63), ~(u64)0, 0x5555555555555555, 0x1084210842108421};
    u64 seed = 1;
    for (unsigned i = 0; i < 100000; i++) {
        union xmm d = {.q = {splitmix64(&seed), splitmix64(&seed)}}, s = {.q = {splitmix64(&seed), splitmix64(&seed)}};
        u8 imm = (u8)splitmix64(&seed);
        if (i < countof(edge) * countof(edge)) {
            d.q[0] = d.q[1] = edge[i % countof(edge)];
            s.q[0] = s.q[1] = edge[i / countof(edge)];
        }
        union xmm expected = product(d.q[imm & 1], s.q[imm >> 4 & 1]);
        assert_same(two(i & 1 ? "vpclmulqdq" : "pclmulqdq", d, s, imm), expected);
    }
}

// Legacy forms want their memory aligned, VEX forms do not (vol. 2, 2.4, class 4).
static void alignment(void **state) {
    static u8 memory[64] __attribute__((aligned(64)));
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) {
            const struct insn *row = &(*t)->rows[i];
            if (row->feature != F_AES && row->feature != F_PCLMUL && row->feature != F_SHA) continue;
            struct uop u = {.fn = row->ops->m[2], .a = 1, .base = RSI, .index = 16};
            for (unsigned k = 0; k < 17; k++) {
                cpu.s.gpr[RSI] = (hva_t)(memory + k);
                assert_int_equal(room_run(&cpu, &u, 6), row->map < MAP_V0F && k % 16 ? EXC_GP : 0);
            }
        }
}

static int setup(void **state) {
    room_init(&cpu);
    cpu.s.xcr0 = 7;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(aes_examples), cmocka_unit_test(sha1_example),
                                       cmocka_unit_test(sha256_example), cmocka_unit_test(carry_less_products),
                                       cmocka_unit_test(alignment)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
