// SPDX-License-Identifier: MIT
// An Arm processor on the board `virt`. Nothing is below EL1: what it calls by HVC or SMC ends in psci.c.
#include "base/splitmix.h"
#include "core/text.h"
#include "isa/arm64/cpu.h"
#include "isa/arm64/dump.h"
#include "machine/engine.h"
#include "machine/virt/arm64.h"
#include "machine/virt/psci.h"

typedef unsigned long long ull;

struct virt_cpu {
    struct emu_machine *m;
    struct arm64_cpu *cpu;
    const struct virt_devices *d;
    struct irq_line timer[2]; // where the outputs end, by enum arm64_timer
    struct psci_host host;
};

static struct virt_cpu *of(const struct emu_machine *m) { return m->cpu.cpu; }

// ---- wires

static void irq(void *ctx, unsigned pin, bool level) { arm64_set_line(((struct virt_cpu *)ctx)->cpu, ARM64_IRQ, level); }
static void fiq(void *ctx, unsigned pin, bool level) { arm64_set_line(((struct virt_cpu *)ctx)->cpu, ARM64_FIQ, level); }
static void timer(void *ctx, enum arm64_timer which, bool level) { irq_set(&((struct virt_cpu *)ctx)->timer[which], level); }

// As for a device: the events of this instant come first.
static bool icc(void *ctx, unsigned reg, bool write, u64 *value) {
    struct virt_cpu *k = ctx;
    clock_fire(&k->m->clock);
    return gic_sysreg(k->d->gic, reg, write, value);
}

// ---- PSCI

static void wait(void *ctx) { ((struct virt_cpu *)ctx)->cpu->s.waiting = ARM64_WFI; }
static void finish(void *ctx, int reason) {
    const struct virt_cpu *k = ctx;
    k->m->env.finish(k->m->env.finish_ctx, reason, 0);
}

static bool call(void *ctx, bool smc) {
    struct virt_cpu *k = ctx;
    clock_fire(&k->m->clock);
    psci_call(&k->host, k->cpu->s.x);
    return true;
}

// ---- the run loop's port

static u64 run(void *ctx, u64 n, u64 *ticks) {
    struct arm64_cpu *c = ((struct virt_cpu *)ctx)->cpu;
    u64 ns = arm64_run(c, n);
    *ticks = ns - c->stalled;
    return ns;
}

// What the GIC lets through decides, and for WFE what the processor masks.
static enum cpu_idle idle(void *ctx) {
    const struct virt_cpu *k = ctx;
    if (!k->cpu->s.waiting || arm64_wakes(k->cpu)) return CPU_RUNS; // a slice may end between WFI and what wakes it
    return arm64_may_wake(k->cpu, gic_listens_at_all(k->d->gic)) ? CPU_WAITS : CPU_DEAD;
}

static void forget(void *ctx) { vcpu_forget(&((struct virt_cpu *)ctx)->cpu->v); }
static void leave(void *ctx) { ((struct virt_cpu *)ctx)->cpu->leave = true; }
static bool wants_bios(void *ctx) { return false; }
// A WFI with no interrupt enabled is on purpose: nothing could end it.
static bool halts_for_good(void *ctx) { return true; }

static void where(void *ctx, char *text, size_t room) {
    const struct arm64_cpu *c = ((struct virt_cpu *)ctx)->cpu;
    plat_format(text, room, "%s, PC 0x%llx", arm64_mode_name(c), (ull)c->s.pc);
}

static void dump(void *ctx, enum log_level level) { arm64_dump(((struct virt_cpu *)ctx)->cpu, level); }

// ---- creation

int virt_arm64_check(struct plat *p, const struct emu_config *c) {
    if (arm64_model_find(c->cpu)) return 0;
    char names[200] = "";
    struct text list = {names, sizeof names};
    const struct arm64_model *model;
    for (unsigned i = 0; (model = arm64_model_at(i)); i++) text_say(&list, "%s%s", i ? ", " : "", model->name);
    log_error(p, "cpu: there is no model \"%s\"; right is one of %s", c->cpu, names);
    return ERR_NOT_FOUND;
}

int virt_arm64_create(struct emu_machine *m, struct virt_lines *lines) {
    int err = virt_arm64_check(m->plat, m->config);
    if (err) return err;
    struct virt_cpu *k = env_alloc(&m->env, sizeof *k);
    k->m = m;
    k->cpu = arm64_create(&m->env, &m->bus, arm64_model_find(m->config->cpu));
    arm64_seed(k->cpu, m->seed);
    engine_give(m, &k->cpu->v);
    k->host = (struct psci_host){.ctx = k, .wait = wait, .finish = finish};
    *lines = (struct virt_lines){.irq = {irq, k, 0}, .fiq = {fiq, k, 0}};
    m->cpu = (struct cpu_port){
        k, run, idle, forget, leave, wants_bios, dump, where, halts_for_good, /* engine, handlers */ NULL, NULL};
    return 0;
}

void virt_arm64_describe(const struct emu_machine *m, struct virt_tree *tree) {
    u64 state = m->seed;
    tree->cpu = of(m)->cpu->model->board;
    tree->kaslr_seed = splitmix64(&state) | 1;
}

void virt_arm64_start(struct emu_machine *m, const struct virt_devices *d, struct load_target *t, const struct image *image,
                      gpa_t firmware) {
    struct virt_cpu *k = of(m);
    k->d = d;
    k->timer[ARM64_TIMER_PHYSICAL] = gic_line(d->gic, ARM64_PHYSICAL_TIMER);
    k->timer[ARM64_TIMER_VIRTUAL] = gic_line(d->gic, ARM64_VIRTUAL_TIMER);
    k->cpu->port = (struct arm64_port){.ctx = k, .timer = timer, .call = call, .icc = d->rows->gic == 3 ? icc : NULL};
    arm64_start(k->cpu, image->entry, image->tree.start);
}
