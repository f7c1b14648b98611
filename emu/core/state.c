// SPDX-License-Identifier: MIT
// Four independent multiply-rotate lanes over 32-byte stripes: memory speed on any x86-64, no table, no host fact.
#include "core/state.h"

#include "base/le.h"
#include "core/env.h"

#include <string.h>

#define PRIME_A 0x9E3779B185EBCA87u
#define PRIME_B 0xC2B2AE3D27D4EB4Fu

static u64 rotl(u64 v, unsigned n) { return v << n | v >> (64 - n); }

static u64 mix(u64 lane, u64 word) { return rotl(lane + word * PRIME_B, 31) * PRIME_A; }

void hash_init(struct hash *h) { *h = (struct hash){.lane = {PRIME_A + PRIME_B, PRIME_B, 0, -PRIME_A}}; }

void hash_bytes(struct hash *h, const void *p, size_t n) {
    const u8 *at = p;
    h->length += n;
    for (; n >= 32; n -= 32, at += 32)
        for (unsigned i = 0; i < 4; i++) h->lane[i] = mix(h->lane[i], ld64(at + 8 * i));
    if (!n) return;
    u8 tail[32] = {0};
    memcpy(tail, at, n);
    for (unsigned i = 0; i < 4; i++) h->lane[i] = mix(h->lane[i], ld64(tail + 8 * i));
}

u64 hash_final(const struct hash *h) {
    u64 v = rotl(h->lane[0], 1) + rotl(h->lane[1], 7) + rotl(h->lane[2], 12) + rotl(h->lane[3], 18) + h->length;
    for (unsigned i = 0; i < 4; i++) v = (v ^ mix(0, h->lane[i])) * PRIME_A + PRIME_B;
    v = (v ^ v >> 33) * PRIME_B;
    v = (v ^ v >> 29) * PRIME_A;
    return v ^ v >> 32;
}

static void add(struct state_set *s, struct state_part part) {
    if (s->parts == STATE_PARTS) __builtin_trap();
    s->part[s->parts++] = part;
}

void *env_state(struct env *e, const char *name, size_t bytes) { return env_device(e, name, bytes, 0, bytes); }

void *env_device(struct env *e, const char *name, size_t bytes, size_t state_at, size_t state_bytes) {
    u8 *at = env_alloc(e, bytes);
    add(e->state, (struct state_part){.name = name, .bytes = at + state_at, .length = state_bytes});
    return at;
}

void state_add_fn(struct state_set *s, const char *name, void (*write)(void *ctx, struct hash *h), void *ctx) {
    add(s, (struct state_part){.name = name, .write = write, .ctx = ctx});
}

void state_add_silent(struct state_set *s, const char *name, void *bytes, size_t length) {
    add(s, (struct state_part){.name = name, .bytes = bytes, .length = length, .silent = true});
}

void state_add_stream(struct state_set *s, const char *name, int (*save)(void *ctx, struct emu_stream *to),
                      int (*load)(void *ctx, struct emu_stream *from), void *ctx) {
    add(s, (struct state_part){.name = name, .save = save, .load = load, .ctx = ctx});
}

void state_add_hooks(struct state_set *s, const char *name, void (*leave)(void *ctx), bool (*enter)(void *ctx), void *ctx) {
    add(s, (struct state_part){.name = name, .leave = leave, .enter = enter, .ctx = ctx});
}

u64 state_hash(const struct state_set *s) { return state_hash_without(s, NULL); }

u64 state_hash_without(const struct state_set *s, const char *name) {
    struct hash h;
    hash_init(&h);
    for (unsigned i = 0; i < s->parts; i++) {
        const struct state_part *p = &s->part[i];
        if (name && !strcmp(p->name, name)) continue;
        if (p->write) p->write(p->ctx, &h);
        else if (p->bytes && !p->silent) hash_bytes(&h, p->bytes, p->length);
    }
    return hash_final(&h);
}
