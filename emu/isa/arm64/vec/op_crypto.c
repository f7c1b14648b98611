// SPDX-License-Identifier: MIT
// The Cryptographic Extension (C4.1.97): AES, PMULL of 64 bits, SHA1, SHA256, SHA512, SHA3.
#include "crypto/aes.h"
#include "crypto/carryless.h"
#include "crypto/sha.h"
#include "isa/arm64/vec/simd.h"

// d: what Vd holds, n and m: Vn and Vm; the expression is what it will hold.
#define CRYPTO(fn, ...)                                                                                                          \
    SOP(fn) {                                                                                                                    \
        [[maybe_unused]] const union arm64_v d = VD, n = VN, m = VM;                                                             \
        VD = __VA_ARGS__;                                                                                                        \
        NEXT;                                                                                                                    \
    }
#define EACH_OF(count, i) _Pragma("clang loop unroll(full)") for (unsigned i = 0; i < (count); i++)

// ---- AES: an instruction adds the round key first, and mixing is another.
static inline union arm64_v substituted(union arm64_v v, union arm64_v key) {
    union arm64_v r;
    v.q ^= key.q;
    EACH_OF(16, i) r.b[i] = aes_sbox[v.b[(i + 4 * (i & 3)) & 15]];
    return r;
}
static inline union arm64_v inverse_substituted(union arm64_v v, union arm64_v key) {
    union arm64_v r;
    v.q ^= key.q;
    EACH_OF(16, i) r.b[i] = aes_inverse_sbox[v.b[(i - 4 * (i & 3)) & 15]];
    return r;
}
static inline union arm64_v mixed(union arm64_v v) {
    EACH_OF(4, i) v.s[i] = aes_mix_column(v.s[i]);
    return v;
}
static inline union arm64_v inverse_mixed(union arm64_v v) {
    EACH_OF(4, i) v.s[i] = aes_inverse_mix_column(v.s[i]);
    return v;
}
CRYPTO(op_aese, substituted(d, n))
CRYPTO(op_aesd, inverse_substituted(d, n))
CRYPTO(op_aesmc, mixed(n))
CRYPTO(op_aesimc, inverse_mixed(n))

CRYPTO(op_pmull_1q, (union arm64_v){.q = carryless_product(n.d[0], m.d[0])})
CRYPTO(op_pmull2_1q, (union arm64_v){.q = carryless_product(n.d[1], m.d[1])})

// ---- SHA1: four rounds on A, B, C, D of Vd, E of Sn, four words of the schedule with their constant added in Vm
enum sha1_function { SHA1_CHOOSE, SHA1_PARITY, SHA1_MAJORITY };
static inline u32 sha1_function(enum sha1_function f, u32 b, u32 c, u32 d) {
    return f == SHA1_CHOOSE ? sha_choose(b, c, d) : f == SHA1_PARITY ? b ^ c ^ d : sha_majority(b, c, d);
}
static inline union arm64_v sha1_rounds(enum sha1_function f, union arm64_v v, u32 e, union arm64_v w) {
    u32 a = v.s[0], b = v.s[1], c = v.s[2], d = v.s[3];
    EACH_OF(4, i) {
        u32 next = rotate_left_32(a, 5) + sha1_function(f, b, c, d) + e + w.s[i];
        e = d;
        d = c;
        c = rotate_left_32(b, 30);
        b = a;
        a = next;
    }
    return (union arm64_v){.s = {a, b, c, d}};
}
static inline union arm64_v sha1_schedule0(union arm64_v d, union arm64_v n, union arm64_v m) {
    return (union arm64_v){.d = {d.d[0] ^ d.d[1] ^ m.d[0], d.d[1] ^ n.d[0] ^ m.d[1]}};
}
static inline union arm64_v sha1_schedule1(union arm64_v d, union arm64_v n) {
    union arm64_v r;
    EACH_OF(3, i) r.s[i] = rotate_left_32(d.s[i] ^ n.s[i + 1], 1);
    r.s[3] = rotate_left_32(d.s[3], 1) ^ rotate_left_32(r.s[0], 1);
    return r;
}
CRYPTO(op_sha1c, sha1_rounds(SHA1_CHOOSE, d, n.s[0], m))
CRYPTO(op_sha1p, sha1_rounds(SHA1_PARITY, d, n.s[0], m))
CRYPTO(op_sha1m, sha1_rounds(SHA1_MAJORITY, d, n.s[0], m))
CRYPTO(op_sha1h, (union arm64_v){.s = {rotate_left_32(n.s[0], 30)}})
CRYPTO(op_sha1su0, sha1_schedule0(d, n, m))
CRYPTO(op_sha1su1, sha1_schedule1(d, n))

// ---- SHA256: four rounds on A to D and E to H, of which an instruction leaves one half
struct sha256_state {
    union arm64_v abcd, efgh;
};
static inline struct sha256_state sha256_rounds(union arm64_v x, union arm64_v y, union arm64_v w) {
    EACH_OF(4, i) {
        u32 t = y.s[3] + sha256_round1(y.s[0]) + sha_choose(y.s[0], y.s[1], y.s[2]) + w.s[i];
        u32 e = x.s[3] + t, a = t + sha256_round0(x.s[0]) + sha_majority(x.s[0], x.s[1], x.s[2]);
        x = (union arm64_v){.s = {a, x.s[0], x.s[1], x.s[2]}};
        y = (union arm64_v){.s = {e, y.s[0], y.s[1], y.s[2]}};
    }
    return (struct sha256_state){x, y};
}
static inline union arm64_v sha256_schedule_first(union arm64_v d, union arm64_v n) {
    union arm64_v r;
    EACH_OF(4, i) r.s[i] = d.s[i] + sha256_schedule0(i < 3 ? d.s[i + 1] : n.s[0]);
    return r;
}
static inline union arm64_v sha256_schedule_last(union arm64_v d, union arm64_v n, union arm64_v m) {
    union arm64_v r;
    EACH_OF(4, i) r.s[i] = d.s[i] + (i < 3 ? n.s[i + 1] : m.s[0]) + sha256_schedule1(i < 2 ? m.s[i + 2] : r.s[i - 2]);
    return r;
}
CRYPTO(op_sha256h, sha256_rounds(d, n, m).abcd)
CRYPTO(op_sha256h2, sha256_rounds(n, d, m).efgh)
CRYPTO(op_sha256su0, sha256_schedule_first(d, n))
CRYPTO(op_sha256su1, sha256_schedule_last(d, n, m))

// ---- SHA512: two rounds, each in two instructions' halves
static inline union arm64_v sha512_first(union arm64_v w, union arm64_v x, union arm64_v y) {
    u64 high = w.d[1] + sha512_round1(y.d[1]) + sha512_choose(y.d[1], x.d[0], x.d[1]), e = high + y.d[0];
    return (union arm64_v){.d = {w.d[0] + sha512_round1(e) + sha512_choose(e, y.d[1], x.d[0]), high}};
}
static inline union arm64_v sha512_second(union arm64_v w, union arm64_v x, union arm64_v y) {
    u64 a = w.d[1] + sha512_round0(y.d[0]) + sha512_majority(x.d[0], y.d[1], y.d[0]);
    return (union arm64_v){.d = {w.d[0] + sha512_round0(a) + sha512_majority(a, y.d[0], y.d[1]), a}};
}
CRYPTO(op_sha512h, sha512_first(d, n, m))
CRYPTO(op_sha512h2, sha512_second(d, n, m))
CRYPTO(op_sha512su0, (union arm64_v){.d = {d.d[0] + sha512_schedule0(d.d[1]), d.d[1] + sha512_schedule0(n.d[0])}})
CRYPTO(op_sha512su1,
       (union arm64_v){.d = {d.d[0] + sha512_schedule1(n.d[0]) + m.d[0], d.d[1] + sha512_schedule1(n.d[1]) + m.d[1]}})

// ---- SHA3
#define A (VA)
static inline u64 rotated(u64 v, unsigned right) { return right ? rotate_right_64(v, right) : v; }
CRYPTO(op_eor3, (union arm64_v){.q = n.q ^ m.q ^ A.q})
CRYPTO(op_bcax, (union arm64_v){.q = n.q ^ (m.q & ~A.q)})
CRYPTO(op_rax1, (union arm64_v){.d = {n.d[0] ^ rotate_left_64(m.d[0], 1), n.d[1] ^ rotate_left_64(m.d[1], 1)}})
CRYPTO(op_xar, (union arm64_v){.d = {rotated(n.d[0] ^ m.d[0], (unsigned)IMM), rotated(n.d[1] ^ m.d[1], (unsigned)IMM)}})

// ---- rows

#define AES_ROW(name_, opcode, fn) ROW_IF(AES, name_, "01001110 00 10100 " opcode " 10 Rn Rd", "Vd.16b, Vn.16b", fn)
#define THREE(feature_, name_, opcode, operands_, fn)                                                                            \
    ROW_IF(feature_, name_, "01011110 00 0 Rm 0 " opcode " 00 Rn Rd", operands_, fn)
#define TWO(feature_, name_, opcode, operands_, fn)                                                                              \
    ROW_IF(feature_, name_, "01011110 00 10100 " opcode " 10 Rn Rd", operands_, fn)
#define THREE_512(feature_, name_, opcode, operands_, fn)                                                                        \
    ROW_IF(feature_, name_, "11001110 011 Rm 1 0 00 " opcode " Rn Rd", operands_, fn)

static const struct arm64_insn rows[] = {
    AES_ROW("aese", "00100", op_aese),
    AES_ROW("aesd", "00101", op_aesd),
    AES_ROW("aesmc", "00110", op_aesmc),
    AES_ROW("aesimc", "00111", op_aesimc),
    ROW_IF(PMULL, "pmull", "0 0 0 01110 11 1 Rm 1110 00 Rn Rd", "Vd.1q, Vn.1d, Vm.1d", op_pmull_1q),
    ROW_IF(PMULL, "pmull2", "0 1 0 01110 11 1 Rm 1110 00 Rn Rd", "Vd.1q, Vn.2d, Vm.2d", op_pmull2_1q),
    THREE(SHA1, "sha1c", "000", "Qd, Sn, Vm.4s", op_sha1c),
    THREE(SHA1, "sha1p", "001", "Qd, Sn, Vm.4s", op_sha1p),
    THREE(SHA1, "sha1m", "010", "Qd, Sn, Vm.4s", op_sha1m),
    THREE(SHA1, "sha1su0", "011", "Vd.4s, Vn.4s, Vm.4s", op_sha1su0),
    THREE(SHA256, "sha256h", "100", "Qd, Qn, Vm.4s", op_sha256h),
    THREE(SHA256, "sha256h2", "101", "Qd, Qn, Vm.4s", op_sha256h2),
    THREE(SHA256, "sha256su1", "110", "Vd.4s, Vn.4s, Vm.4s", op_sha256su1),
    TWO(SHA1, "sha1h", "00000", "Sd, Sn", op_sha1h),
    TWO(SHA1, "sha1su1", "00001", "Vd.4s, Vn.4s", op_sha1su1),
    TWO(SHA256, "sha256su0", "00010", "Vd.4s, Vn.4s", op_sha256su0),
    THREE_512(SHA512, "sha512h", "00", "Qd, Qn, Vm.2d", op_sha512h),
    THREE_512(SHA512, "sha512h2", "01", "Qd, Qn, Vm.2d", op_sha512h2),
    THREE_512(SHA512, "sha512su1", "10", "Vd.2d, Vn.2d, Vm.2d", op_sha512su1),
    ROW_IF(SHA512, "sha512su0", "11001110 110 00000 1000 00 Rn Rd", "Vd.2d, Vn.2d", op_sha512su0),
    THREE_512(SHA3, "rax1", "11", "Vd.2d, Vn.2d, Vm.2d", op_rax1),
    ROW_IF(SHA3, "eor3", "11001110 000 Rm 0 Ra Rn Rd", "Vd.16b, Vn.16b, Vm.16b, Va.16b", op_eor3),
    ROW_IF(SHA3, "bcax", "11001110 001 Rm 0 Ra Rn Rd", "Vd.16b, Vn.16b, Vm.16b, Va.16b", op_bcax),
    ROW_IF(SHA3, "xar", "11001110 100 Rm imm6 Rn Rd", "Vd.2d, Vn.2d, Vm.2d, imm6", op_xar),
};
ARM64_TABLE(crypto);
