// SPDX-License-Identifier: MIT
// CPU and local APIC wired together. INTR from the 8259 pair reaches the CPU through LINT0.
#include "machine/pc/pc_cpu.h"

#include "base/le.h"
#include "core/text.h"
#include "isa/x86_64/sys/cpuid.h"
#include "isa/x86_64/sys/dump.h"
#include "isa/x86_64/vec/host_fp.h"
#include "loader/x86/start.h"
#include "machine/engine.h"
#include "machine/pc/bios.h"

#define APIC_BASE_ENABLE BIT(11)
#define APIC_BASE_X2APIC BIT(10)
#define MSR_X2APIC 0x800
#define MSR_TSC_DEADLINE 0x6e0

struct pc_cpu {
    struct emu_machine *m;
    struct x86_cpu *cpu;
    struct lapic *lapic;
    struct pic8259 *pic;
    struct ioapic *ioapic;
    struct irq_line ferr;
    bool rom;        // it starts in a ROM below 4 GiB
    gpa_t mapped_at; // of the xAPIC page; 0: it lies on something else, or there is none
};

static struct pc_cpu *of(struct emu_machine *m) { return m->cpu.cpu; }

static bool pending(void *ctx) {
    const struct pc_cpu *k = ctx;
    return lapic_intr_pending(k->lapic) || lapic_extint_pending(k->lapic);
}

static int ack(void *ctx) {
    struct pc_cpu *k = ctx;
    if (lapic_intr_pending(k->lapic)) return lapic_ack(k->lapic);
    return lapic_extint_pending(k->lapic) ? pic_ack(k->pic) : -1;
}

static void unmap(void *ctx) {
    struct pc_cpu *k = ctx;
    if (k->mapped_at) bus_remove(&k->m->bus, &k->m->bus.mem, k->mapped_at, k->lapic);
    k->mapped_at = 0;
}

// A page that is moved onto RAM or another device is not mapped. Nothing is logged: a guest may do so as often as it likes.
static bool map(struct pc_cpu *k, gpa_t at) {
    struct bus *b = &k->m->bus;
    for (unsigned i = 0; i < b->mem.regions; i++)
        if (ranges_overlap(at, LAPIC_SIZE, b->mem.region[i].start, b->mem.region[i].size)) return false;
    if (bus_add_mmio(b, k->m->plat, "local APIC", at, &lapic_ops, k->lapic)) return false;
    k->mapped_at = at;
    return true;
}

static bool enter(void *ctx) {
    struct pc_cpu *k = ctx;
    gpa_t at = k->mapped_at;
    k->mapped_at = 0;
    return !at || (at == (k->cpu->s.apic_base & mask(51, 12)) && map(k, at));
}

static void set_base(void *ctx, u64 value) {
    struct pc_cpu *k = ctx;
    enum lapic_mode mode = !(value & APIC_BASE_ENABLE) ? LAPIC_DISABLED : value & APIC_BASE_X2APIC ? LAPIC_X2APIC : LAPIC_XAPIC;
    lapic_set_mode(k->lapic, mode);
    unmap(k);
    if (mode == LAPIC_XAPIC) map(k, value & mask(51, 12));
}

static int msr_read(void *ctx, u32 msr, u64 *value) {
    struct pc_cpu *k = ctx;
    if (msr == MSR_TSC_DEADLINE) {
        *value = lapic_deadline(k->lapic);
        return 0;
    }
    if (!(k->cpu->s.apic_base & APIC_BASE_X2APIC)) return ERR_INVALID;
    return lapic_read(k->lapic, msr - MSR_X2APIC, value);
}

static int msr_write(void *ctx, u32 msr, u64 value) {
    struct pc_cpu *k = ctx;
    if (msr == MSR_TSC_DEADLINE) {
        lapic_set_deadline(k->lapic, value);
        return 0;
    }
    if (!(k->cpu->s.apic_base & APIC_BASE_X2APIC)) return ERR_INVALID;
    return lapic_write(k->lapic, msr - MSR_X2APIC, value);
}

static u8 tpr_read(void *ctx) { return lapic_tpr(((struct pc_cpu *)ctx)->lapic); }
static void tpr_write(void *ctx, u8 tpr) { lapic_set_tpr(((struct pc_cpu *)ctx)->lapic, tpr); }

static void init_line(void *ctx, unsigned pin, bool level) {
    if (level) ((struct pc_cpu *)ctx)->cpu->s.init_pending = 1;
}
// Without firmware there is no ROM below 4 GiB, where the processor starts; the same bytes lie below 1 MiB, where its first jump would lead.
static void init_taken(void *ctx) {
    struct pc_cpu *k = ctx;
    if (!k->rom) {
        k->cpu->s.seg[CS].base = 0xf0000;
        x86_mode_changed(k->cpu);
    }
    lapic_init(k->lapic);
}
static void ferr(void *ctx, bool level) { irq_set(&((struct pc_cpu *)ctx)->ferr, level); }
static void ignne(void *ctx, unsigned pin, bool level) { ((struct pc_cpu *)ctx)->cpu->s.ignne = level; }

static void nmi(void *ctx, unsigned pin, bool level) {
    if (level) ((struct pc_cpu *)ctx)->cpu->s.nmi_pending = 1;
}
static void eoi(void *ctx, u8 vector) {
    struct pc_cpu *k = ctx;
    if (k->ioapic) ioapic_eoi(k->ioapic, vector);
}
// ---- the run loop's port

static u64 run(void *ctx, u64 n, u64 *ticks) {
    struct x86_cpu *c = ((struct pc_cpu *)ctx)->cpu;
    u64 ns = vcpu_run(&c->v, n);
    *ticks = ns - c->stalled;
    return ns;
}
// An NMI may come through LINT0 or the I/O APIC. LINT1 has no source on this board, and a device sends an MSI only as an answer.
static bool nmi_may_come(const struct pc_cpu *k) {
    return !k->cpu->s.nmi_blocked && (lapic_lint0_is_nmi(k->lapic) || (k->ioapic && ioapic_sends_nmi(k->ioapic)));
}
static enum cpu_idle idle(void *ctx) {
    const struct pc_cpu *k = ctx;
    const struct x86_cpu *c = k->cpu;
    if (!c->s.halted || x86_wakes(c)) return CPU_RUNS; // a slice may end between HLT and what wakes it
    return c->s.rflags & FL_IF || nmi_may_come(k) ? CPU_WAITS : CPU_DEAD;
}
// As INT pushes them: IP, CS, FLAGS. The instruction before IP is the INT, but for a far call.
static bool wants_bios(void *ctx) {
    const struct pc_cpu *k = ctx;
    const struct x86_state *s = &k->cpu->s;
    u8 frame[4] = {0};
    int vector = bios_service_at(s->seg[CS].base + (s->rip & 0xffff));
    if (k->rom || s->cr0 & CR0_PE || vector < 0) return false;
    bus_copy_out(&k->m->bus, s->seg[SS].base + (s->gpr[RSP] & 0xffff), frame, sizeof frame);
    log_error(
        k->m->plat,
        "no BIOS: INT %02Xh, AH %02Xh at %04X:%04X (this guest has none; firmware = bios starts what is on a disc or disk with one)",
        (unsigned)vector, (unsigned)(s->gpr[RAX] >> 8 & 0xff), ld16(frame + 2), (ld16(frame) - 2) & 0xffff);
    return true;
}
static void forget(void *ctx) { vcpu_forget(&((struct pc_cpu *)ctx)->cpu->v); }
static void leave(void *ctx) { ((struct pc_cpu *)ctx)->cpu->leave = true; }
static void dump(void *ctx, enum log_level level) { x86_dump(((struct pc_cpu *)ctx)->cpu, level); }
static void where(void *ctx, char *text, size_t room) { x86_where(((struct pc_cpu *)ctx)->cpu, text, room); }
static bool halts_for_good(void *ctx) { return x86_halts_in_loop(((struct pc_cpu *)ctx)->cpu); }

int pc_cpu_check(struct plat *p, const struct emu_config *c) {
    if (x86_model_find(c->cpu)) return 0;
    char names[200] = "";
    struct text list = {names, sizeof names};
    const struct x86_model *model;
    for (unsigned i = 0; (model = x86_model_at(i)); i++) text_say(&list, "%s%s", i ? ", " : "", model->name);
    log_error(p, "cpu: there is no model \"%s\"; right is one of %s", c->cpu, names);
    return ERR_NOT_FOUND;
}

unsigned pc_cpu_address_bits(const struct emu_config *c) { return x86_model_find(c->cpu)->physical_bits; }

static void engine(void *cpu, struct emu_engine_report *r) { x86_translator_report(((struct pc_cpu *)cpu)->cpu, r); }

static void handlers(void *cpu, struct plat *p) { x86_translator_tell_handlers(((struct pc_cpu *)cpu)->cpu, p); }

// What is re-emitted for the host computes as the host does.
static void examine_host_fp(struct emu_machine *m, struct x86_cpu *c) {
    struct host_fp r;
    bool has[F_COUNT];
    if (m->engine != ENGINE_TRANSLATE) return;
    x86_host_features(has);
    host_fp_examine(&r, has, host_fp_execute, NULL);
    c->honest_host_fp = r.honest;
    if (m->kept) return; // a restart: it was said
    if (r.honest) log_info(m->plat, "host floating point: as the manual says");
    else log_info(m->plat, "host floating point: %s: vector rows use the interpreter", r.wrong);
}

int pc_cpu_create(struct emu_machine *m) {
    int err = pc_cpu_check(m->plat, m->config);
    if (err) return err;
    const struct x86_model *model = x86_model_find(m->config->cpu);
    struct pc_cpu *k = env_alloc(&m->env, sizeof *k);
    k->m = m;
    k->cpu = x86_create(&m->env, &m->bus, model, m->seed);
    engine_give(m, &k->cpu->v);
    examine_host_fp(m, k->cpu);
    if (m->engine == ENGINE_TRANSLATE) x86_translator_create(k->cpu);
    const struct lapic_outputs out = {.nmi = {nmi, k, 0}, .init = {init_line, k, 0}, .eoi = eoi, .eoi_ctx = k};
    k->lapic = lapic_create(&m->env, 0, &out);
    k->mapped_at = k->cpu->s.apic_base & mask(51, 12);
    state_add_silent(&m->state, "local APIC", &k->mapped_at, sizeof k->mapped_at);
    state_add_hooks(&m->state, "local APIC", unmap, enter, k);
    k->cpu->apic = (struct x86_apic_port){.ctx = k,
                                          .pending = pending,
                                          .ack = ack,
                                          .set_base = set_base,
                                          .msr_read = msr_read,
                                          .msr_write = msr_write,
                                          .tpr_read = tpr_read,
                                          .tpr_write = tpr_write,
                                          .ferr = ferr,
                                          .init = init_taken};
    m->cpu = (struct cpu_port){k, run, idle, forget, leave, wants_bios, dump, where, halts_for_good, engine, handlers};
    return 0;
}

struct lapic *pc_cpu_lapic(struct emu_machine *m) { return of(m)->lapic; }
struct irq_line pc_cpu_pic_line(struct emu_machine *m) { return lapic_lint(of(m)->lapic, 0); }
void pc_cpu_set_pic(struct emu_machine *m, struct pic8259 *pic) { of(m)->pic = pic; }
struct irq_line pc_cpu_init_line(struct emu_machine *m) { return (struct irq_line){init_line, of(m), 0}; }
struct irq_line pc_cpu_ignne(struct emu_machine *m) { return (struct irq_line){ignne, of(m), 0}; }
void pc_cpu_set_ferr(struct emu_machine *m, struct irq_line line) { of(m)->ferr = line; }
void pc_cpu_set_ioapic(struct emu_machine *m, struct ioapic *io) { of(m)->ioapic = io; }

// ---- start states (loader/x86/start.h)

enum {
    AR_DATA_FLAT = AR_P | AR_S | AR_W | AR_ACCESSED | AR_DB | AR_G,
    AR_CODE_FLAT = AR_P | AR_S | AR_CODE | AR_R | AR_ACCESSED | AR_G,
    AR_TSS_BUSY = AR_P | 11
};

static void start_real(struct x86_state *s, gpa_t entry, const struct x86_start *start) {
    for (unsigned i = 0; i < SEG_COUNT; i++) {
        s->seg[i].sel = i == CS ? start->cs : 0;
        s->seg[i].base = (u64)s->seg[i].sel << 4;
        s->seg[i].limit = 0xffff;
        s->seg[i].attr = AR_P | AR_S | AR_W | AR_ACCESSED;
    }
    s->idtr.limit = 0x3ff;
    s->rip = entry - s->seg[CS].base;
}

static void start_flat(struct x86_state *s, gpa_t entry, const struct x86_start *start) {
    bool wide = start->mode == START_LONG;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        s->seg[i] = (struct x86_seg){.limit = 0xffffffff, .attr = AR_DATA_FLAT, .sel = start->ds};
    s->seg[CS].sel = start->cs;
    s->seg[CS].attr = AR_CODE_FLAT | (wide ? AR_L : AR_DB);
    s->tr = (struct x86_seg){.limit = 0x67, .attr = AR_TSS_BUSY, .sel = start->tr};
    s->gdtr.base = start->gdt;
    s->gdtr.limit = start->gdt_limit;
    s->idtr.limit = 0;
    s->rip = entry;
    s->cr0 = CR0_PE | CR0_ET;
    if (!wide) return;
    s->cr0 |= CR0_PG;
    s->cr4 = CR4_PAE;
    s->efer = EFER_LME | EFER_LMA;
    s->cr3 = start->cr3;
}

// Memory types as a PC's firmware leaves them (SDM 3A, 11.11): write-back but for the VGA window and the PCI hole; ROM is
// write-protected. An OS that finds MTRRs off thinks them, and PAT with them, forbidden.
static void start_memory_types(struct x86_state *s, const struct x86_model *model) {
    enum { UC = 0, WP = 5, WB = 6, FIXED_ENABLE = 1 << 10, ENABLE = 1 << 11, VALID = 1 << 11 };
    const u64 every_byte = 0x0101010101010101;
    s->mtrr_def = ENABLE | FIXED_ENABLE | WB;
    for (unsigned i = 0; i < countof(s->mtrr_fixed); i++) s->mtrr_fixed[i] = every_byte * (i < 2 ? WB : i == 2 ? UC : WP);
    s->mtrr_var[0] = 3 * GiB | UC;
    s->mtrr_var[1] = (mask(model->physical_bits - 1, 0) & ~(GiB - 1)) | VALID;
}

// Only ROM and the RAM that shadows it come and go; without firmware the translations of RAM outlive what else happens on the bus.
static void remapped(void *ctx) { x86_tlb_flush_all(((struct pc_cpu *)ctx)->cpu); }

void pc_cpu_start_rom(struct emu_machine *m) {
    of(m)->rom = true;
    m->bus.remapped = remapped;
    m->bus.remapped_ctx = of(m);
}

void pc_cpu_start(struct emu_machine *m, const struct image *image) {
    struct x86_cpu *c = of(m)->cpu;
    struct x86_state *s = &c->s;
    const struct x86_start start = x86_start_of(image);
    for (unsigned i = 0; i < 16; i++) s->gpr[i] = 0;
    s->gpr[RAX] = start.rax;
    s->gpr[RBX] = start.rbx;
    s->gpr[RDX] = start.rdx;
    s->gpr[RSI] = start.rsi;
    s->gpr[RSP] = start.rsp;
    start_memory_types(s, c->model);
    if (start.mode == START_REAL) start_real(s, image->entry, &start);
    else start_flat(s, image->entry, &start);
    x86_tlb_flush_all(c);
    x86_mode_changed(c);
}
