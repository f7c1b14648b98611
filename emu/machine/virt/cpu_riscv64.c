// SPDX-License-Identifier: MIT
// A hart on the board `virt`. Without firmware its ECALLs from S-mode end in sbi.c, and the CLINT's timer is the supervisor's: MTIP
// is wired to STIP, as firmware would pass it on (with Sstc the hart has a timer of its own for that).
#include "machine/virt/riscv64.h"

#include "core/text.h"
#include "isa/riscv64/cpu.h"
#include "isa/riscv64/dump.h"
#include "isa/riscv64/sys.h"
#include "machine/engine.h"
#include "machine/virt/sbi.h"

_Static_assert(RV_TIME_HZ == ACLINT_HZ, "the hart's time is the board's");

#define CACHE_BLOCK 64 // bytes: of Zicbom, Zicbop and Zicboz

typedef unsigned long long ull;

struct virt_cpu {
    struct emu_machine *m;
    struct rv_cpu *cpu;
    const struct virt_devices *d;
    bool sbi; // the board's own serves the guest
    struct sbi_host host;
    const char *extension[EXT_COUNT];
};

static struct virt_cpu *of(const struct emu_machine *m) { return m->cpu.cpu; }
static bool has(const struct virt_cpu *k, enum rv_ext e) { return rv_has(k->cpu->model, e); }

// ---- wires

static void msip(void *ctx, unsigned pin, bool level) { rv_set_irq(((struct virt_cpu *)ctx)->cpu, RV_MSI, level); }
static void meip(void *ctx, unsigned pin, bool level) { rv_set_irq(((struct virt_cpu *)ctx)->cpu, RV_MEI, level); }
static void seip(void *ctx, unsigned pin, bool level) { rv_set_irq(((struct virt_cpu *)ctx)->cpu, RV_SEI, level); }
static void mtip(void *ctx, unsigned pin, bool level) {
    struct virt_cpu *k = ctx;
    rv_set_irq(k->cpu, k->sbi && !has(k, EXT_SSTC) ? RV_STI : RV_MTI, level);
}

static u64 time(void *ctx) { return aclint_mtime(((struct virt_cpu *)ctx)->d->aclint); }

// ---- what the SBI asks

static void set_timer(void *ctx, u64 at) {
    struct virt_cpu *k = ctx;
    if (!has(k, EXT_SSTC)) return aclint_set_mtimecmp(k->d->aclint, 0, at);
    k->cpu->s.stimecmp = at;
    rv_stimer_update(k->cpu);
}
static void raise_ssip(void *ctx) { ((struct virt_cpu *)ctx)->cpu->s.mip |= BIT(RV_SSI); }
// Flushes the TLB alone: decoded instructions are dropped when their bytes change, so FENCE.I has nothing to do.
static void fence(void *ctx) { rv_fence_vma(((struct virt_cpu *)ctx)->cpu, NULL, NULL); }
static void wait(void *ctx) { ((struct virt_cpu *)ctx)->cpu->s.waiting = 1; }
static void suspend(void *ctx, gpa_t resume) {
    struct rv_cpu *c = ((struct virt_cpu *)ctx)->cpu;
    c->s.pc = resume;
    c->s.satp = 0;
    c->s.mstatus &= ~(u64)MSTATUS_SIE;
    c->s.reserved_bytes = 0;
    c->s.waiting = 1;
    rv_space_changed(c);
}
static void write_text(void *ctx, const u8 *bytes, size_t n) {
    const struct chardev *tty = console_port(((struct virt_cpu *)ctx)->m->console);
    tty->write(tty->ctx, bytes, n);
}
// Reads a byte from the UART, as firmware does.
static int read_byte(void *ctx) {
    enum { RBR = 0, LSR = 5, LSR_DR = 1 };
    const struct virt_cpu *k = ctx;
    if (!(uart16550_ops.read(k->d->uart, LSR, 1) & LSR_DR)) return -1;
    return (int)uart16550_ops.read(k->d->uart, RBR, 1);
}
static void finish(void *ctx, int reason) {
    const struct virt_cpu *k = ctx;
    k->m->env.finish(k->m->env.finish_ctx, reason, 0);
}

static bool ecall(void *ctx) {
    struct virt_cpu *k = ctx;
    clock_fire(&k->m->clock); // as for a device: the events of this instant come first
    sbi_call(&k->host, &k->cpu->s.x[10]);
    return true;
}

// ---- the run loop's port

static u64 run(void *ctx, u64 n, u64 *ticks) {
    struct rv_cpu *c = ((struct virt_cpu *)ctx)->cpu;
    u64 ns = rv_run(c, n);
    *ticks = ns - c->stalled;
    return ns;
}
static enum cpu_idle idle(void *ctx) {
    const struct rv_cpu *c = ((struct virt_cpu *)ctx)->cpu;
    if (!c->s.waiting || rv_wakes(c)) return CPU_RUNS; // a slice may end between WFI and what wakes it
    return c->s.mie ? CPU_WAITS : CPU_DEAD;
}
static void forget(void *ctx) { vcpu_forget(&((struct virt_cpu *)ctx)->cpu->v); }
static void leave(void *ctx) { ((struct virt_cpu *)ctx)->cpu->leave = true; }
static bool wants_bios(void *ctx) { return false; }
// A WFI with no interrupt enabled is on purpose: nothing could end it.
static bool halts_for_good(void *ctx) { return true; }

static void where(void *ctx, char *text, size_t room) {
    const struct rv_cpu *c = ((struct virt_cpu *)ctx)->cpu;
    plat_format(text, room, "%s, pc 0x%llx, satp 0x%llx", rv_mode_name(c), (ull)c->s.pc, (ull)c->s.satp);
}

static void dump(void *ctx, enum log_level level) { rv_dump(((struct virt_cpu *)ctx)->cpu, level); }

// ---- creation

int virt_riscv64_check(struct plat *p, const struct emu_config *c) {
    if (rv_model_find(c->cpu)) return 0;
    char names[200] = "";
    struct text list = {names, sizeof names};
    const struct rv_model *model;
    for (unsigned i = 0; (model = rv_model_at(i)); i++) text_say(&list, "%s%s", i ? ", " : "", model->name);
    log_error(p, "cpu: there is no model \"%s\"; right is one of %s", c->cpu, names);
    return ERR_NOT_FOUND;
}

int virt_riscv64_create(struct emu_machine *m, struct virt_lines *lines) {
    int err = virt_riscv64_check(m->plat, m->config);
    if (err) return err;
    struct virt_cpu *k = env_alloc(&m->env, sizeof *k);
    k->m = m;
    k->cpu = rv_create(&m->env, &m->bus, rv_model_find(m->config->cpu));
    engine_give(m, &k->cpu->v);
    k->host = (struct sbi_host){.ctx = k,
                                .bus = &m->bus,
                                .set_timer = set_timer,
                                .raise_ssip = raise_ssip,
                                .fence = fence,
                                .wait = wait,
                                .suspend = suspend,
                                .write = write_text,
                                .read = read_byte,
                                .finish = finish};
    *lines = (struct virt_lines){.msip = {msip, k, 0}, .mtip = {mtip, k, 0}, .meip = {meip, k, 0}, .seip = {seip, k, 0}};
    m->cpu = (struct cpu_port){
        k, run, idle, forget, leave, wants_bios, dump, where, halts_for_good, /* engine, handlers */ NULL, NULL};
    return 0;
}

void virt_riscv64_describe(const struct emu_machine *m, struct virt_tree *tree) {
    struct virt_cpu *k = of(m);
    struct virt_isa *isa = &tree->isa;
    *isa = (struct virt_isa){.base = "rv64i", .extension = k->extension, .mmu_type = k->cpu->model->mmu_type};
    for (enum rv_ext e = 0; e < EXT_COUNT; e++)
        if (has(k, e)) k->extension[isa->extensions++] = rv_ext_name(e);
    if (has(k, EXT_ZICBOM)) isa->cbom_block = CACHE_BLOCK;
    if (has(k, EXT_ZICBOP)) isa->cbop_block = CACHE_BLOCK;
    if (has(k, EXT_ZICBOZ)) isa->cboz_block = CACHE_BLOCK;
}

void virt_riscv64_start_hart(struct emu_machine *m, const struct virt_devices *d, const struct virt_riscv64_start *start) {
    struct virt_cpu *k = of(m);
    k->d = d;
    k->sbi = !start->machine;
    k->cpu->port = (struct rv_port){.ctx = k, .time = time, .ecall = k->sbi ? ecall : NULL};
    if (k->sbi) return rv_start_supervisor(k->cpu, start->entry, start->tree);
    k->cpu->s.pc = start->entry;
    k->cpu->s.x[10] = 0; // the hart's number
    k->cpu->s.x[11] = start->tree;
    k->cpu->s.x[12] = start->a2;
}
