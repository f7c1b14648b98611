// SPDX-License-Identifier: MIT
// Making a processor, and its part of the state hash.
#include "fp/env.h"
#include "isa/x86_64/room.h"
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/legal.h"
#include "isa/x86_64/int/flags.h"

#include <string.h>

// How flags are kept apart, and where a block began, are ours and not the guest's: the hash sees one RFLAGS instead.
static void hash_cpu(void *ctx, struct hash *h) {
    const struct x86_cpu *c = ctx;
    struct x86_state s = c->s;
    s.rflags = x86_get_rflags(c);
    s.gpr[17] = 0;
    s.z = 0;
    s.sp = 0;
    s.cf = s.of = s.af = 0;
    hash_bytes(h, &s, sizeof s);
}

static bool enter(void *cpu) { return !x86_illegal(cpu, false); }

struct x86_cpu *x86_create(struct env *env, struct bus *bus, const struct x86_model *model, u64 seed) {
    struct x86_cpu *c = env_alloc(env, sizeof *c);
    vcpu_init(&c->v, &x86_isa, env, bus);
    c->model = model;
    c->index = decode_index_create(env, model);
    c->fuses = fp_host_fuses();
    c->decoded = env_alloc(env, BLOCK_INSNS * sizeof *c->decoded);
    c->s.rng[0] = seed;
    c->s.rng[1] = seed ^ 0x9E3779B97F4A7C15u;
    x86_reset(c);
    x86_tlb_flush_all(c);
    x86_mode_changed(c);
    state_add_fn(env->state, "cpu", hash_cpu, c);
    state_add_silent(env->state, "cpu", &c->s, sizeof c->s);
    state_add_hooks(env->state, "cpu", NULL, enter, c);
    return c;
}
