// SPDX-License-Identifier: MIT
#include "paging_rig.h"

#include "isa/x86_64/sys/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- all that is not RAM: reads as nothing does, all ones, and notes where

static u64 device_read(void *dev, u64 offset, unsigned width) {
    struct paging_rig *p = dev;
    gpa_t at = RIG_RAM + offset;
    p->device.at = at, p->device.width = width, p->device.write = false;
    return ~(u64)0 >> (64 - 8 * width);
}

static void device_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct paging_rig *p = dev;
    p->device.at = RIG_RAM + offset, p->device.width = width, p->device.write = true, p->device.value = value;
}

static const struct io_ops device_ops = {device_read, device_write, .size = ((u64)1 << 52) - RIG_RAM, .widths = IO_ANY};

static u64 load(void *ctx, gpa_t at, unsigned bytes) {
    const struct paging_rig *p = ctx;
    if (at < RIG_RAM) return paging_peek(p, at, bytes);
    return ~(u64)0 >> (64 - 8 * bytes);
}

struct paging_rig *paging_new(void) {
    struct paging_rig *p = calloc(1, sizeof *p);
    void *state;
    if (cpu_new(&state)) abort();
    p->r = state;
    p->model = *x86_model_find("max");
    p->model.has[F_PKU] = true;
    if (bus_add_mmio(&p->r->bus, &p->r->plat.plat, "device", RIG_RAM, &device_ops, p)) abort();
    p->r->c = x86_create(&p->r->env, &p->r->bus, &p->model, 1);
    p->o.load = load;
    p->o.ctx = p;
    return p;
}

void paging_free(struct paging_rig *p) {
    void *state = p->r;
    cpu_free(&state);
    free(p);
}

void paging_start(struct paging_rig *p, enum paging_format f) {
    struct x86_rig *r = p->r;
    if (f >= PAGING_4) cpu_long(r, 0);
    else cpu_protected(r, 0);
    for (gpa_t at = 0; at < RIG_RAM; at += 8) paging_poke(p, at, at, 8);
    memset(r->ram + PAGING_TABLES, 0, PAGING_TABLES_END - PAGING_TABLES);
    // MMIO is for instructions that run by themselves; this one does.
    r->c->single = true;
    paging_registers(p, f);
}

void paging_registers(struct paging_rig *p, enum paging_format f) {
    struct oracle *o = &p->o;
    o->cr0 = CR0_PE | CR0_ET | (f == PAGING_NONE ? 0 : CR0_PG);
    o->cr3 = PAGING_TABLES;
    o->cr4 = (f >= PAGING_PAE ? CR4_PAE : 0) | (f == PAGING_5 ? CR4_LA57 : 0);
    o->efer = f >= PAGING_4 ? EFER_LME | EFER_LMA : 0;
    for (unsigned i = 0; i < 4; i++) o->pdpte[i] = f == PAGING_PAE ? PAGING_TABLES | 1 : 0;
    o->pkru = o->pkrs = 0;
    o->cpl = 0;
    o->ac = false;
    o->maxphyaddr = 40;
    o->page1gb = true;
    paging_apply(p);
}

void paging_apply(struct paging_rig *p) {
    struct x86_state *s = &p->r->c->s;
    const struct oracle *o = &p->o;
    s->cr0 = o->cr0, s->cr3 = o->cr3, s->cr4 = o->cr4, s->efer = o->efer;
    memcpy(s->pdpte, o->pdpte, sizeof s->pdpte);
    s->pkru = o->pkru, s->pkrs = o->pkrs;
    p->model.physical_bits = (u8)o->maxphyaddr;
    p->model.has[F_PAGE1G] = o->page1gb;
    x86_tlb_flush_all(p->r->c);
    paging_who(p, o->cpl, o->ac);
}

void paging_who(struct paging_rig *p, unsigned cpl, bool ac) {
    struct x86_cpu *c = p->r->c;
    p->o.cpl = cpl;
    p->o.ac = ac;
    c->s.cpl = (u8)cpl;
    c->s.rflags = (c->s.rflags & ~(u32)FL_AC) | (ac ? FL_AC : 0);
    x86_mode_changed(c);
}

// ---- one access

enum { MAGIC = 0x5a5a };

static struct paging_result outcome(struct paging_rig *p, int vector, gpa_t pa) {
    return (struct paging_result){.vector = vector, .error = p->r->error, .cr2 = p->r->c->s.cr2, .pa = pa};
}

// [rdi], under DS.
static struct uop operand(const struct paging_rig *p) {
    bool code64 = (p->r->c->mode & MODE_CODE_MASK) == MODE_CODE64;
    return (struct uop){.base = RDI, .index = 16, .mem = (u8)(DS << MEM_SEG_SHIFT | (code64 ? 0 : MEM_SLOW))};
}

static struct paging_result do_read(struct paging_rig *p, const struct oracle_access *a) {
    struct x86_cpu *c = p->r->c;
    struct uop u = operand(p);
    volatile u64 v = 0;
    int vector = a->implicit ? TRAP(p->r, v = x86_sys_read(c, a->la, 8)) : TRAP(p->r, v = LOAD64(c, &u));
    return outcome(p, vector, vector < 0 && v == ~(u64)0 ? p->device.at : v);
}

bool paging_took_write(struct paging_rig *p, gpa_t at) {
    if (at >= RIG_RAM || paging_peek(p, at, 8) != MAGIC) return false;
    paging_poke(p, at, at, 8);
    return true;
}

// Where the value went is found at the place where it should be, which `expected` names.
static struct paging_result do_write(struct paging_rig *p, const struct oracle_access *a, gpa_t expected) {
    struct x86_cpu *c = p->r->c;
    struct uop u = operand(p);
    p->device.write = false;
    int vector = a->implicit ? TRAP(p->r, x86_sys_write(c, a->la, MAGIC, 8)) : TRAP(p->r, STORE64(c, &u, MAGIC));
    gpa_t pa = PAGING_LOST;
    if (p->device.write && p->device.value == MAGIC) pa = p->device.at;
    if (paging_took_write(p, expected)) pa = expected;
    return outcome(p, vector, vector < 0 ? pa : 0);
}

static struct paging_result do_fetch(struct paging_rig *p, const struct oracle_access *a) {
    struct x86_cpu *c = p->r->c;
    const u8 *volatile host = NULL;
    volatile gpa_t pa = 0;
    int vector = TRAP(p->r, host = vcpu_fetch(&c->v, a->la));
    if (vector < 0 && host) return outcome(p, vector, (gpa_t)(host - p->r->ram));
    if (vector < 0) vector = TRAP(p->r, pa = vcpu_fetch_gpa(&c->v, a->la));
    return outcome(p, vector, pa);
}

struct paging_result paging_access(struct paging_rig *p, const struct oracle_access *a, gpa_t expected) {
    p->r->c->s.gpr[RDI] = a->la;
    p->r->c->s.cr2 = 0xc0ffee;
    if (a->kind == ORACLE_READ) return do_read(p, a);
    return a->kind == ORACLE_WRITE ? do_write(p, a, expected) : do_fetch(p, a);
}

bool paging_as_told(const struct paging_result *got, const struct oracle_verdict *v, const struct oracle_access *a) {
    if (got->vector != v->vector) return false;
    if (v->vector < 0) return got->pa == v->pa && got->cr2 == 0xc0ffee;
    if (v->vector == EXC_PF) return got->error == v->error && got->cr2 == a->la;
    return got->error == 0 && got->cr2 == 0xc0ffee;
}

bool paging_entries_are(const struct paging_rig *p, const struct oracle_verdict *v, bool changed) {
    for (unsigned i = 0; i < v->path.entries; i++) {
        const struct oracle_entry *e = &v->path.entry[i];
        if (e->at >= RIG_RAM) continue;
        if (paging_peek(p, e->at, e->bytes) != (changed ? v->after[i] : e->value)) return false;
    }
    return true;
}

_Noreturn void paging_differs(struct paging_rig *p, const struct oracle_access *a, const struct oracle_verdict *v,
                              const struct paging_result *got) {
    const struct oracle *o = &p->o;
    static const char *const kinds[] = {"read", "write", "fetch"};
    char text[2048];
    int n =
        snprintf(text, sizeof text,
                 "%s%s of %llx at CPL %u, AC %u: CR0 %llx CR3 %llx CR4 %llx EFER %llx PKRU %x PKRS %x M %u 1G %u\n"
                 "  the manual: vector %d error %x pa %llx; the processor: vector %d error %x pa %llx CR2 %llx\n",
                 a->implicit ? "implicit " : "", kinds[a->kind], (unsigned long long)a->la, o->cpl, o->ac,
                 (unsigned long long)o->cr0, (unsigned long long)o->cr3, (unsigned long long)o->cr4, (unsigned long long)o->efer,
                 o->pkru, o->pkrs, o->maxphyaddr, o->page1gb, v->vector, v->error, (unsigned long long)v->pa, got->vector,
                 got->vector < 0 ? 0 : got->error, (unsigned long long)got->pa, (unsigned long long)got->cr2);
    for (unsigned i = 0; i < v->path.entries && n < (int)sizeof text; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "  entry at %llx: was %llx, should be %llx, is %llx\n",
                      (unsigned long long)v->path.entry[i].at, (unsigned long long)v->path.entry[i].value,
                      (unsigned long long)v->after[i], (unsigned long long)load(p, v->path.entry[i].at, v->path.entry[i].bytes));
    fprintf(stderr, "the processor and the manual differ: %s", text);
    abort();
}

static void check_judged(struct paging_rig *p, const struct oracle_access *a, const struct oracle_verdict *v) {
    struct paging_result got = paging_access(p, a, v->pa);
    p->checked++;
    p->passed += v->vector < 0;
    if (!paging_as_told(&got, v, a) || !paging_entries_are(p, v, true)) paging_differs(p, a, v, &got);
}

struct oracle_verdict paging_check(struct paging_rig *p, const struct oracle_access *a) {
    struct oracle_verdict v = oracle_access(&p->o, a);
    check_judged(p, a, &v);
    return v;
}

void paging_check_known(struct paging_rig *p, const struct oracle_access *a, struct oracle_verdict *v) {
    oracle_judge(&p->o, a, v);
    check_judged(p, a, v);
    if (v->vector >= 0) return;
    for (unsigned i = 0; i < v->path.entries; i++) v->path.entry[i].value = v->after[i];
    v->path.t.dirty |= a->kind == ORACLE_WRITE;
}

void paging_check_stale(struct paging_rig *p, const struct oracle_access *a, struct oracle_verdict *v,
                        const struct oracle_translation *old) {
    bool key;
    oracle_judge(&p->o, a, v);
    gpa_t then = old->page | (a->la & (((u64)1 << old->size) - 1));
    bool usable = oracle_allows(&p->o, old, a, &key) && (old->dirty || a->kind != ORACLE_WRITE);
    struct paging_result got = paging_access(p, a, v->pa);
    if (got.pa == PAGING_LOST && paging_took_write(p, then)) got.pa = then;
    p->checked++;
    p->passed += got.vector < 0;
    if (paging_as_told(&got, v, a) && paging_entries_are(p, v, true)) return;
    p->stale++;
    if (!usable || got.vector >= 0 || got.pa != then || !paging_entries_are(p, v, false)) paging_differs(p, a, v, &got);
}
