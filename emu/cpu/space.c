// SPDX-License-Identifier: MIT
// Address spaces, and the numbers in keys that stand for them. To forget the translations of a space is to give it another number; only when
// numbers run out is the second level cleared. The first has what is good now, and drops the rest where that changes.
#include "cpu/isa.h"
#include "cpu/tlb.h"

static struct vcpu_space *find(struct vcpu_space *space, unsigned n, u32 id) {
    for (unsigned i = 0; i < n; i++)
        if (space[i].valid && space[i].id == id) return &space[i];
    return NULL;
}

void tlb_flush_all(struct vcpu *v) {
    for (unsigned i = 0; i < VCPU_SPACES; i++) v->space[i].valid = false;
    for (unsigned i = 0; i < VCPU_GLOBALS; i++) v->global[i].valid = false;
    if (v->asid_last > ASID_MAX - 3) {
        tlb_clear(v);
        v->asid_last = 0;
    }
    tlb_forget_large(v);
    tlb_drop_first(v);
    v->asid = ++v->asid_last;
    v->asid_flat = ++v->asid_last;
    v->asid_global = ++v->asid_last;
    v->global[0] = (struct vcpu_space){v->global_id, v->asid_global, true};
    v->global_next = 1;
    v->space_named = false;
    if (v->isa->flushed) v->isa->flushed(v);
    tlb_jumps_stale(v);
}

void tlb_forget_all(struct vcpu *v) {
    tlb_clear(v);
    memset(v->kept, 0xff, sizeof v->kept);
    memset(v->written, 0, v->bus->page_count * sizeof *v->written);
    memset(v->tlb_global, 0, sizeof v->tlb_global);
    memset(v->tlb_local, 0, sizeof v->tlb_local);
    memset(v->space, 0, sizeof v->space);
    memset(v->global, 0, sizeof v->global);
    v->asid_last = 0;
    v->space_next = v->global_next = 0;
    v->space_id = v->global_id = 0;
    tlb_flush_all(v);
}

// A number never used since tags were last cleared, so no stale entry carries it.
static u16 new_asid(struct vcpu *v) {
    if (v->asid_last == ASID_MAX) tlb_flush_all(v);
    return ++v->asid_last;
}

void tlb_space_fresh(struct vcpu *v) {
    tlb_leave_space(v);
    v->asid = new_asid(v);
    v->space_named = false;
    v->isa->mode_changed(v);
}

static u16 give_number(struct vcpu *v, u32 id) {
    u16 asid = new_asid(v);
    struct vcpu_space *s = find(v->space, VCPU_SPACES, id);
    if (!s) s = &v->space[v->space_next++ % VCPU_SPACES];
    *s = (struct vcpu_space){id, asid, true};
    return asid;
}

void tlb_space_enter(struct vcpu *v, u32 id, bool keep) {
    const struct vcpu_space *s = keep ? find(v->space, VCPU_SPACES, id) : NULL;
    u16 asid = s ? s->asid : give_number(v, id);
    if (asid != v->asid) tlb_leave_space(v);
    v->asid = asid;
    v->space_id = id;
    v->space_named = true;
    v->isa->mode_changed(v);
}

void tlb_globals_enter(struct vcpu *v, u32 id) {
    v->global_id = id;
    const struct vcpu_space *s = find(v->global, VCPU_GLOBALS, id);
    if (!s) {
        u16 asid = new_asid(v); // may have flushed all, and given the globals a number
        struct vcpu_space *g = find(v->global, VCPU_GLOBALS, id);
        if (!g) g = &v->global[v->global_next++ % VCPU_GLOBALS];
        *g = (struct vcpu_space){id, asid, true};
        s = g;
    }
    if (s->asid != v->asid_global) tlb_drop_first(v);
    v->asid_global = s->asid;
}

void tlb_space_flush(struct vcpu *v, u32 id) {
    if (v->space_named && v->space_id == id) {
        tlb_space_enter(v, id, false);
        return;
    }
    struct vcpu_space *s = find(v->space, VCPU_SPACES, id);
    if (s) s->valid = false;
}
