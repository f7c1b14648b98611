// SPDX-License-Identifier: MIT
#include "isa/arm64/vec/operands.h"

typedef unsigned long long ull;

#define F(name) (f->f[AF_##name])
#define PUT(name) bool arm64_put_##name([[maybe_unused]] const struct arm64_fields *f, [[maybe_unused]] struct uop *u)
#define SAY(name) void arm64_say_##name(const struct arm64_fields *f, u64, struct text *t)

#define NUMBER(name, value, format)                                                                                              \
    PUT(name) {                                                                                                                  \
        u->imm = value;                                                                                                          \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(name) { text_say(t, format, (unsigned)(value)); }

// ---- shifts: immh:immb without its highest bit, which said the width
#define SHIFTS(N)                                                                                                                \
    NUMBER(lsl##N, F(immh) << 3 | F(immb), "#%u")                                                                                \
    NUMBER(lsr##N, N - (F(immh) << 3 | F(immb)), "#%u")
SHIFTS(8)
SHIFTS(16)
SHIFTS(32)
SHIFTS(64)
NUMBER(fbits32, 32 - F(scale), "#%u")
NUMBER(fbits64, 64 - F(scale), "#%u")

// ---- lanes
#define LANE_WORDS(N, shift)                                                                                                     \
    NUMBER(el##N, F(imm5) >> (shift), "[%u]")                                                                                    \
    PUT(from##N) {                                                                                                               \
        u->disp = F(imm4) >> ((shift) - 1);                                                                                      \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(from##N) { text_say(t, "[%u]", F(imm4) >> ((shift) - 1)); }
LANE_WORDS(8, 1)
LANE_WORDS(16, 2)
LANE_WORDS(32, 3)
LANE_WORDS(64, 4)
NUMBER(hlm, F(H) << 2 | F(L) << 1 | F(M), "[%u]")
NUMBER(hl, F(H) << 1 | F(L), "[%u]")
NUMBER(hi, F(H), "[%u]")
#define ROTATION(name, quarters)                                                                                                 \
    PUT(name) {                                                                                                                  \
        u->disp = quarters;                                                                                                      \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(name) { text_say(t, "#%u", (quarters) * 90); }
ROTATION(rot, F(rot))
ROTATION(rotodd, F(rot) | 1) // rot<1>
NUMBER(imm4, F(imm4), "#%u")
NUMBER(imm6, F(imm6), "#%u")

// ---- modified immediates (AdvSIMDExpandImm)
static u32 abcdefgh(const struct arm64_fields *f) { return F(abc) << 5 | F(defgh); }
static u64 twice(u64 v) { return (u32)v | v << 32; }
static unsigned shift32(const struct arm64_fields *f) { return (F(cmode) >> 1 & 3) * 8; }
static unsigned shift16(const struct arm64_fields *f) { return (F(cmode) >> 1 & 1) * 8; }
static unsigned shift_ones(const struct arm64_fields *f) { return F(cmode) & 1 ? 16 : 8; }
static u32 ones_behind(const struct arm64_fields *f) { return (abcdefgh(f) << shift_ones(f)) | ((1u << shift_ones(f)) - 1); }
static u64 bytes_of_bits(const struct arm64_fields *f) {
    u64 v = 0;
    for (unsigned i = 0; i < 8; i++) v |= abcdefgh(f) >> i & 1 ? (u64)0xff << 8 * i : 0;
    return v;
}
// VFPExpandImm
static u64 float_of(u32 v, unsigned exponent, unsigned fraction) {
    u64 exp = v >> 6 & 1 ? mask(exponent - 4, 0) << 2 : BIT(exponent - 1);
    return (u64)(v >> 7) << (exponent + fraction) | (exp | (v >> 4 & 3)) << fraction | (u64)(v & 15) << (fraction - 4);
}
#define IMMEDIATE(name, value, ...)                                                                                              \
    PUT(name) {                                                                                                                  \
        u->imm = (i64)(value);                                                                                                   \
        return true;                                                                                                             \
    }                                                                                                                            \
    SAY(name) { __VA_ARGS__; }
static void say_shifted(const struct arm64_fields *f, const char *how, unsigned n, struct text *t) {
    text_say(t, "#%u", abcdefgh(f));
    if (n) text_say(t, ", %s #%u", how, n);
}
static void say_float(u32 v, struct text *t) {
    int e = (int)(v >> 4 & 3) + (v >> 6 & 1 ? -3 : 1);
    u64 n = (u64)(16 + (v & 15)) * 6250000; // of 10^8, without its power of two
    n = e < 0 ? n >> -e : n << e;
    text_say(t, "#%s%llu.%08llu", v >> 7 ? "-" : "", (ull)(n / 100000000), (ull)(n % 100000000));
}
IMMEDIATE(mod8, (u64)abcdefgh(f) * 0x0101010101010101, text_say(t, "#%u", abcdefgh(f)))
IMMEDIATE(mod16, (u64)(abcdefgh(f) << shift16(f)) * 0x0001000100010001, say_shifted(f, "lsl", shift16(f), t))
IMMEDIATE(inv16, ~((u64)(abcdefgh(f) << shift16(f)) * 0x0001000100010001), say_shifted(f, "lsl", shift16(f), t))
IMMEDIATE(mod32, twice((u64)abcdefgh(f) << shift32(f)), say_shifted(f, "lsl", shift32(f), t))
IMMEDIATE(inv32, ~twice((u64)abcdefgh(f) << shift32(f)), say_shifted(f, "lsl", shift32(f), t))
IMMEDIATE(msl, twice(ones_behind(f)), say_shifted(f, "msl", shift_ones(f), t))
IMMEDIATE(invmsl, ~twice(ones_behind(f)), say_shifted(f, "msl", shift_ones(f), t))
IMMEDIATE(mod64, bytes_of_bits(f), text_say(t, bytes_of_bits(f) ? "#0x%014llx" : "#%016llx", (ull)bytes_of_bits(f)))
IMMEDIATE(vfp16, float_of(abcdefgh(f), 5, 10) * 0x0001000100010001, say_float(abcdefgh(f), t))
IMMEDIATE(vfp32, twice(float_of(abcdefgh(f), 8, 23)), say_float(abcdefgh(f), t))
IMMEDIATE(vfp64, float_of(abcdefgh(f), 11, 52), say_float(abcdefgh(f), t))
IMMEDIATE(sfp16, float_of(F(imm8), 5, 10), say_float(F(imm8), t))
IMMEDIATE(sfp32, float_of(F(imm8), 8, 23), say_float(F(imm8), t))
IMMEDIATE(sfp64, float_of(F(imm8), 11, 52), say_float(F(imm8), t))

// ---- lists of registers
static void say_list(struct text *t, unsigned first, unsigned n, const char *lanes) {
    text_say(t, "{ ");
    for (unsigned i = 0; i < n; i++) text_say(t, "%sv%u.%s", i ? ", " : "", (first + i) & 31, lanes);
    text_say(t, " }");
}
PUT(table) {
    u->base = (u8)F(Rn);
    u->mem = (u8)F(len);
    return true;
}
SAY(table) { say_list(t, F(Rn), F(len) + 1, "16b"); }

static const char *const arrangement[8] = {"8b", "4h", "2s", "1d", "16b", "8h", "4s", "2d"};
static bool put_list(const struct arm64_fields *f, struct uop *u, bool structures) {
    u->a = (u8)F(Rt);
    u->mem = (u8)F(size);
    u->imm = F(Q) ? 16 : 8;
    return !structures || F(Q) || F(size) < 3; // .1d is LD1's alone
}
#define LIST(name, n, structures)                                                                                                \
    PUT(name) { return put_list(f, u, structures); }                                                                             \
    SAY(name) { say_list(t, F(Rt), n, arrangement[F(Q) << 2 | F(size)]); }
LIST(list1x1, 1, false)
LIST(list1x2, 2, false)
LIST(list1x3, 3, false)
LIST(list1x4, 4, false)
LIST(list2x2, 2, true)
LIST(list3x3, 3, true)
LIST(list4x4, 4, true)
PUT(q1x1) { return put_list(f, u, false); }
SAY(q1x1) { say_list(t, F(Rt), 1, arrangement[4 | F(size)]); }

// The base moves by Xm, or where that is 31 by what was accessed.
static bool put_post(const struct arm64_fields *f, struct uop *u, unsigned bytes) {
    u->b = F(Rm) == 31 ? ARM64_ZR : (u8)F(Rm);
    u->disp = F(Rm) == 31 ? bytes : 0;
    return true;
}
static void say_post(const struct arm64_fields *f, struct text *t, unsigned bytes) {
    if (F(Rm) == 31) text_say(t, "#%u", bytes);
    else text_say(t, "x%u", F(Rm));
}
#define POST(name, bytes)                                                                                                        \
    PUT(name) { return put_post(f, u, bytes); }                                                                                  \
    SAY(name) { say_post(f, t, bytes); }
#define POSTS(n)                                                                                                                 \
    POST(post##n, n##u *(F(Q) ? 16u : 8u))                                                                                       \
    POST(all##n, n##u << F(size))
POSTS(1)
POSTS(2)
POSTS(3)
POSTS(4)

static unsigned lane_number(const struct arm64_fields *f, unsigned log) { return (F(Q) << 3 | F(S) << 2 | F(size)) >> log; }
static bool put_lane(const struct arm64_fields *f, struct uop *u, unsigned log) {
    u->a = (u8)F(Rt);
    u->mem = (u8)log;
    u->imm = lane_number(f, log);
    return true;
}
#define LANE(n, N, log, letter)                                                                                                  \
    PUT(lane##n##x##N) { return put_lane(f, u, log); }                                                                           \
    SAY(lane##n##x##N) {                                                                                                         \
        say_list(t, F(Rt), n, letter);                                                                                           \
        text_say(t, "[%u]", lane_number(f, log));                                                                                \
    }                                                                                                                            \
    POST(after##n##x##N, n##u << (log))
#define LANES(n) LANE(n, 8, 0, "b") LANE(n, 16, 1, "h") LANE(n, 32, 2, "s") LANE(n, 64, 3, "d")
LANES(1)
LANES(2)
LANES(3)
LANES(4)
