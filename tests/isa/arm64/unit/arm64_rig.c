// SPDX-License-Identifier: MIT
#include "arm64_rig.h"

#include "base/le.h"
#include "cpu/block.h"

#include <string.h>

void arm64_rig_open(struct arm64_rig *r, const char *model) {
    memset(r, 0, sizeof *r);
    bare_machine_open(&r->bare, RIG_RAM, RIG_RAM_SIZE);
    r->c = arm64_create(&r->env, &r->bus, arm64_model_find(model));
    arm64_rig_reset(r);
}

void arm64_rig_reset(struct arm64_rig *r) {
    memset(r->ram, 0, RIG_RAM_SIZE);
    block_cache_flush(&r->c->v);
    // As in a machine that was just made: when numbers of spaces run out everything is flushed, which a guest without TLBIs sees.
    tlb_clear(&r->c->v);
    r->c->asid_last = 0;
    arm64_reset(r->c);
    r->clock.now = 0;
    for (unsigned i = 0; i < 16; i++) st32(r->ram + RIG_VECTORS + i * 0x80, 0x14000000); // b .
    struct arm64_state *s = &r->c->s;
    s->vbar = RIG_RAM + RIG_VECTORS;
    s->cpacr = 3 << CPACR_FPEN_SHIFT;
    tlb_flush_all(&r->c->v);
    arm64_mode_changed(r->c);
}

void arm64_rig_close(struct arm64_rig *r) { bare_machine_close(&r->bare); }

i64 arm64_rig_run(struct arm64_rig *r, unsigned el, unsigned n, const u32 *words, unsigned count) {
    struct arm64_cpu *c = r->c;
    memcpy(r->ram + RIG_CODE, words, 4 * count);
    block_cache_flush(&c->v);
    c->s.pc = RIG_RAM + RIG_CODE;
    c->s.esr = ~(u64)0;
    arm64_select_sp(&c->s, el, el);
    arm64_mode_changed(c);
    arm64_run(c, n);
    return c->s.esr == ~(u64)0 ? -1 : (i64)(c->s.esr >> ESR_EC_SHIFT);
}
