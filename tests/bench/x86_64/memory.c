// SPDX-License-Identifier: MIT
// Memory: in disorder, in bulk, by the byte, and where it is inconvenient.
#include "kit.h"

// Follows one cycle through all entries in an order of chance (Sattolo's), so that each load waits for the one before.
static u64 chase(u64 *next, u64 n, u64 steps) {
    u64 state = RANDOM_START, at = 0, sum = 0;
    for (u64 i = 0; i < n; i++) next[i] = i;
    for (u64 i = n - 1; i; i--) {
        u64 j = next_random(&state) % i, t = next[i];
        next[i] = next[j];
        next[j] = t;
    }
    begin();
    for (u64 i = 0; i < steps; i++) sum += at = next[at];
    return mix(sum, at);
}

ROW(chase16k, 500000000, NEEDS_NOTHING, "a chain of loads within 16 KiB") {
    static u64 next[2048];
    return chase(next, countof(next), work);
}

ROW(chase64m, 30000000, NEEDS_NOTHING, "a chain of loads within 64 MiB") {
    u64 *next = pages(64 * MiB, false), digest = chase(next, 64 * MiB / 8, work);
    drop(next, 64 * MiB);
    return digest;
}

// ---- String instructions
static void movsq(void *to, const void *from, size_t n) { asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n)::"memory"); }
static void stosl(void *to, u32 value, size_t n) { asm volatile("rep stosl" : "+D"(to), "+c"(n) : "a"(value) : "memory"); }
static size_t scasb(const void *at, u8 value, size_t n) {
    asm volatile("repne scasb" : "+D"(at), "+c"(n) : "a"(value) : "memory", "cc");
    return n;
}
static size_t cmpsb(const void *a, const void *b, size_t n) {
    asm volatile("cmp %%eax, %%eax\nrepe cmpsb" : "+D"(a), "+S"(b), "+c"(n)::"memory", "cc");
    return n;
}

// Stores, moves and, with `scan`, searches and compares what it has moved; some KiB each.
static u64 string_instructions(u64 rounds, bool scan) {
    enum { N = 65536 };
    static u8 a[N], b[N];
    u64 state = RANDOM_START, digest = 0;
    memset(a, 0, sizeof a), memset(b, 0, sizeof b);
    for (u64 i = 0; i < rounds; i++) {
        u64 x = next_random(&state);
        size_t length = 64 + (x >> 20) % 16000, at = (x >> 40) % (N - 16384);
        stosl(a + at, (u32)x | 0x01010101, length / 4);
        movsq(b + at / 2, a + at, length / 8);
        if (scan) digest = mix(digest, scasb(a + at, 0, length) + cmpsb(a + at, b + at / 2, length));
    }
    return mix(digest, digest_of(b, N));
}

ROW(rep, 300000, NEEDS_NOTHING, "REP MOVS and STOS of some KiB") { return string_instructions(work, false); }

ROW(scan, 30000, NEEDS_NOTHING, "REP SCAS and CMPS of some KiB, too") { return string_instructions(work, true); }

// ---- Text
static u8 text[256 << 10];

// Words of chance with blanks and lines between them, a zero at the end.
static void write_text(void) {
    u64 state = RANDOM_START, x = 0;
    for (u32 i = 0; i < sizeof text - 1; i++) {
        if (!(i & 7)) x = next_random(&state);
        u8 byte = (u8)(x >> (i & 7) * 8);
        text[i] = byte < 44 ? ' ' : byte < 48 ? '\n' : (u8)('a' + byte % 19);
    }
    text[sizeof text - 1] = 0;
}

ROW(word, 900, NEEDS_NOTHING, "words of a text counted in a table") {
    enum { SLOTS = 1 << 16 };
    static struct {
        u32 hash, count;
    } table[SLOTS];
    write_text();
    memset(table, 0, sizeof table);
    u64 digest = 0;
    for (u64 i = 0; i < work; i++) {
        for (const u8 *p = text; *p;) {
            while (*p == ' ' || *p == '\n') p++;
            u32 hash = 2166136261u;
            while (*p > ' ') hash = (hash ^ *p++) * 16777619u;
            u32 slot = hash % SLOTS;
            // (a full table would be searched for ever: a half is enough)
            for (u32 tries = 0; table[slot].count && table[slot].hash != hash && tries < 16; tries++) slot = (slot + 1) % SLOTS;
            table[slot].hash = hash;
            table[slot].count++;
        }
        digest = mix(digest, table[i % SLOTS].count);
    }
    return mix(digest, digest_of(table, sizeof table));
}

static KEEP size_t length_of(const char *s) {
    size_t n = 0;
    while (s[n]) n++;
    return n;
}
static KEEP int compare(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return (u8)*a - (u8)*b;
}
static KEEP const char *find(const char *s, char c) {
    while (*s && *s != c) s++;
    return s;
}
static KEEP void append(char *to, const char *from) {
    to += length_of(to);
    while ((*to++ = *from++)) {}
}

ROW(string, 2400000, NEEDS_NOTHING, "strlen, strcmp, strchr, strcat by the byte") {
    char joined[600];
    u64 digest = 0;
    write_text();
    for (u32 i = 0; i < sizeof text; i += 64) text[i + 40 + i / 64 % 24] = 0;
    for (u64 i = 0; i < work; i++) {
        const char *a = (char *)text + i * 64 % sizeof text, *b = (char *)text + i * 4160 % sizeof text;
        joined[0] = 0;
        append(joined, a);
        append(joined, b);
        digest = mix(digest, length_of(joined) + (u64)compare(joined, a) + (u64)(find(joined, '\n') - joined));
    }
    return digest;
}

// ---- memcpy and memset of all sizes as C libraries have them: overlapping pairs of 16 bytes, long ones by REP.
typedef u8 block __attribute__((vector_size(16), aligned(1), may_alias));

static KEEP void copy(u8 *to, const u8 *from, size_t n) {
    if (n >= 2048) {
        asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
    } else if (n >= 16) {
        block last = *(const block *)(from + n - 16);
        for (size_t i = 0; i + 16 < n; i += 16) *(block *)(to + i) = *(const block *)(from + i);
        *(block *)(to + n - 16) = last;
    } else {
        for (size_t i = 0; i < n; i++) to[i] = from[i];
    }
}

static KEEP void set(u8 *to, u8 byte, size_t n) {
    if (n >= 2048) {
        asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
    } else if (n >= 16) {
        block value = (block){} + byte;
        for (size_t i = 0; i + 16 < n; i += 16) *(block *)(to + i) = value;
        *(block *)(to + n - 16) = value;
    } else {
        for (size_t i = 0; i < n; i++) to[i] = byte;
    }
}

ROW(copy, 3500000, NEEDS_NOTHING, "memcpy and memset of 1 byte to 64 KiB") {
    static u8 a[1 << 18], b[1 << 18];
    u64 state = RANDOM_START, digest = 0;
    for (u64 i = 0; i < work; i++) {
        u64 x = next_random(&state);
        size_t n = (1 + (x & 63)) << (x >> 8 & 15) % 11; // most are short
        size_t at = (x >> 16) % (sizeof a - n), from = (x >> 40) % (sizeof a - n);
        set(a + at, (u8)(x >> 33), n & 0x3ff);
        copy(b + from, a + at, n);
        digest = mix(digest, b[from + n / 2]);
    }
    return mix(digest, digest_of(b, sizeof b));
}

// ---- Accesses that are not aligned, within pages and over their ends.
struct odd {
    u64 value;
} __attribute__((packed));

// `distance` between accesses, the first at `start`.
static u64 odd_loop(u8 *at, size_t start, size_t distance, u32 n, u64 rounds) {
    u64 sum = 0;
    for (u64 i = 0; i < rounds; i++)
        for (u32 k = 0; k < n; k++) {
            struct odd *p = (struct odd *)(at + start + k * distance);
            p->value += sum + k;
            sum ^= p->value >> 7;
        }
    return sum;
}

ROW(unaligned, 1000000, NEEDS_NOTHING, "loads and stores at odd addresses") {
    static u8 data[16384] __attribute__((aligned(4096)));
    memset(data, 0, sizeof data);
    return mix(odd_loop(data, 1, 13, 300, work), digest_of(data, sizeof data));
}

ROW(crossing, 200000, NEEDS_NOTHING, "loads and stores over the ends of pages") {
    static u8 data[65 * 4096] __attribute__((aligned(4096)));
    memset(data, 0, sizeof data);
    return mix(odd_loop(data, 4096 - 3, 4096, 64, work), digest_of(data, sizeof data));
}
