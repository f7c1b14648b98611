// SPDX-License-Identifier: MIT
// A case in the emulator. An exception is taken down where it would be delivered: delivery itself is the matter of the unit
// and guest tests (the linker hands x86_deliver_exception to the rig: --wrap).
#include "base/le.h"
#include "isa/x86_64/sys/mem.h"
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/sys/sys.h"
#include "isa/x86_64/x87/x87.h"
#include "oracle.h"
#include "scripted_plat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct scripted_plat plat;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct bus bus;
    struct x86_cpu *c;
    struct x86_state base[BASES];
    i32 vector;
    u32 error;
} w;

void __wrap_x86_deliver_exception(struct x86_cpu *c);
void __wrap_x86_deliver_exception(struct x86_cpu *c) {
    w.vector = c->exc.vector;
    w.error = c->exc.error;
    c->leave = true;
}

const struct decode_index *emulator_index(void) { return w.c->index; }

static void finish(void *ctx, int reason, u32 code) { w.c->leave = true; }

static void settle(const struct x86_state *s) {
    w.c->s = *s;
    x86_mode_changed(w.c);
    x86_tlb_flush_all(w.c);
    tlb_jumps_stale(&w.c->v);
}

static void walk(enum base b) {
    struct x86_state *s = &w.c->s;
    if (way_after[b] >= 0) settle(&w.base[way_after[b]]);
    s->rip = WAY + (u64)(way_from[b] - oracle_way);
    u64 to = WAY + (u64)(way_to[b] - oracle_way);
    w.vector = NO_FAULT;
    for (unsigned i = 0; i < 200 && s->seg[CS].base + s->rip != to && w.vector == NO_FAULT; i++)
        w.clock.now += vcpu_run(&w.c->v, 1);
    if (w.vector != NO_FAULT || s->seg[CS].base + s->rip != to) {
        printf("the emulator does not get into mode %s: vector %d at %llx\n", base_names[b], w.vector,
               (unsigned long long)s->rip);
        exit(2);
    }
    w.base[b] = *s;
}

void emulator_create(u8 *ram) {
    scripted_plat_init(&w.plat);
    w.env = (struct env){.plat = &w.plat.plat, .clock = &w.clock, .state = &w.state, .finish = finish};
    if (bus_add_ram(&w.bus, &w.plat.plat, "ram", 0, RAM, ram, false)) abort();
    bus_track_pages(&w.bus, &w.env);
    w.c = x86_create(&w.env, &w.bus, rig_model(), 1);
    struct x86_state *s = &w.c->s;
    s->cr3 = 0x10000;
    s->cr4 = CR4_PAE;
    s->efer = EFER_LME | EFER_LMA;
    s->cr0 = CR0_PG | CR0_PE | CR0_ET;
    s->seg[CS] = x86_seg_of(0x18, ld64(ram + 0x1018));
    x86_mode_changed(w.c);
    for (unsigned b = 0; b < BASES; b++) walk(b);
}

static struct table_state table(const struct x86_seg *s) { return (struct table_state){s->base, s->limit, s->sel}; }

static void state_out(struct state *o) {
    const struct x86_state *s = &w.c->s;
    memcpy(o->gpr, s->gpr, sizeof o->gpr);
    o->rip = s->rip;
    o->rflags = x86_get_rflags(w.c);
    o->fs_base = s->seg[FS].base, o->gs_base = s->seg[GS].base;
    o->cr0 = s->cr0, o->cr2 = s->cr2, o->cr3 = s->cr3, o->cr4 = s->cr4, o->efer = s->efer;
    memcpy(o->dr, s->dr, sizeof o->dr);
    o->gdtr = (struct table_state){s->gdtr.base, s->gdtr.limit, 0};
    o->idtr = (struct table_state){s->idtr.base, s->idtr.limit, 0};
    o->ldtr = table(&s->ldtr), o->tr = table(&s->tr);
    for (unsigned i = 0; i < 6; i++) o->sel[i] = s->seg[i].sel;
    memcpy(o->xmm, s->xmm, sizeof o->xmm);
    for (unsigned i = 0; i < 8; i++) {
        const struct x87_reg *r = &s->fpu.r[(s->fpu.top + i) & 7];
        st64(o->st[i], r->mant), st16(o->st[i] + 8, r->exp);
    }
    o->fcw = s->fpu.fcw;
    o->fsw = (u16)(s->fpu.fsw | s->fpu.top << X87_TOP_SHIFT);
    o->mxcsr = s->mxcsr;
}

void emulator_run(const struct oracle_case *k, struct outcome *o) {
    struct x86_cpu *c = w.c;
    settle(&w.base[k->base]);
    memcpy(c->s.gpr, k->gpr, sizeof k->gpr);
    c->s.rip = k->rip;
    x86_set_rflags(c, k->flags, FL_ARITH | FL_DF | FL_IF | FL_NT | FL_AC | FL_ID);
    memcpy(c->s.xmm, k->xmm, sizeof k->xmm);
    // Four registers are in use: TOP is 4.
    for (unsigned i = 0; i < 8; i++) c->s.fpu.r[i] = (struct x87_reg){.mant = ld64(k->st[i]), .exp = ld16(k->st[i] + 8)};
    c->s.fpu.tag = 0xf0;
    c->s.fpu.top = 4;
    c->s.fpu.fcw = 0x37f;
    c->s.mxcsr = 0x1f80;
    block_cache_flush(&c->v);
    w.vector = NO_FAULT;
    w.error = 0;
    bool repeats = k->row && k->row->flags & REP && k->d.rep;
    unsigned n = 0;
    do w.clock.now += vcpu_run(&c->v, 1);
    while (repeats && c->s.rip == k->rip && w.vector == NO_FAULT && ++n < 1000);
    *o = (struct outcome){.vector = w.vector, .error = w.error};
    state_out(&o->s);
}
