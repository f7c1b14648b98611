// SPDX-License-Identifier: MIT
#include "machine.h"

#include "host/code_memory.h"
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/sys/legal.h"
#include "emu/emu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u

// --- the device

static u64 device_read(void *dev, u64 offset, unsigned width) {
    struct machine *m = dev;
    m->dev.reads++;
    return (m->r.clock.now ^ m->dev.written) + offset;
}

static void device_write(void *dev, u64 offset, unsigned width, u64 value) {
    struct machine *m = dev;
    m->dev.written = (m->dev.written ^ value ^ (m->r.clock.now << 8) ^ offset) * 0x9E3779B97F4A7C15u;
    if (value & 0x80) return;
    m->dev.vector = 0x20 + (offset & 7);
    m->dev.nmi = value >> 6 & 1;
    m->dev.due = m->r.clock.now + 1 + (value & 63);
    event_at(&m->r.clock, &m->timer, m->dev.due);
}

static const struct io_ops device_ops = {device_read, device_write, .size = PAGE, .widths = IO_ANY};
static const struct io_ops port_ops = {device_read, device_write, .size = 0x100, .widths = IO_ANY};

static void timer(void *ctx, u64 now) {
    struct machine *m = ctx;
    if (m->dev.nmi) m->r.c->s.nmi_pending = 1;
    else m->dev.waits = 1;
}

static bool pending(void *ctx) { return ((struct machine *)ctx)->dev.waits; }
static int acknowledge(void *ctx) {
    struct machine *m = ctx;
    m->dev.waits = 0;
    return m->dev.vector;
}

static void finish(void *ctx, int reason, u32 code) {
    struct machine *m = ctx;
    if (m->r.reason < 0) m->r.reason = reason;
    m->r.c->leave = true;
}

// --- the machine

// So many bytes, with a page on each side that nobody may touch.
static u8 *fenced(size_t bytes) {
    u8 *at = mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || mprotect(at + PAGE, bytes, PROT_READ | PROT_WRITE)) abort();
    return at + PAGE;
}

struct machine *machine(void) {
    static struct machine *m;
    if (m) return m;
    m = calloc(1, sizeof *m);
    struct x86_rig *r = &m->r;
    scripted_plat_init(&r->plat);
    r->env = (struct env){.plat = &r->plat.plat, .clock = &r->clock, .state = &r->state, .finish = finish, .finish_ctx = m};
    m->ram = fenced(ALL_RAM);
    if (bus_add_ram(&r->bus, &r->plat.plat, "low", 0, LOW_RAM, m->ram, false) ||
        bus_add_ram(&r->bus, &r->plat.plat, "high", RIG_TABLES, HIGH_RAM, m->ram + LOW_RAM, false) ||
        bus_add_mmio(&r->bus, &r->plat.plat, "device", DEVICE_AT, &device_ops, m) ||
        bus_add_io(&r->bus, &r->plat.plat, "device", 0, &port_ops, m))
        abort();
    bus_track_pages(&r->bus, &r->env);
    r->c = x86_create(&r->env, &r->bus, x86_model_find("max"), 1);
    r->c->apic = (struct x86_apic_port){.ctx = m, .pending = pending, .ack = acknowledge};
    event_init(&r->clock, &m->timer, timer, m);
    if (code_memory_alloc(CODE_MEMORY_SEALED, MiB, &r->c->v.code_memory)) abort();
    x86_translator_create(r->c);
    r->translator = r->c->v.translator;
    machine_engine(m, INTERPRET);
    return m;
}

// The input's first byte of code says at which of its entries a block is translated: at the first nothing is linked yet, and no trace is made.
void machine_engine(struct machine *m, enum engine engine) {
    both_translate_after(&m->r, 1 + (m->first_ram[RIG_CODE] & 3));
    both_use(&m->r, engine);
}

static void quiet(struct machine *m) {
    event_cancel(&m->r.clock, &m->timer);
    m->r.clock.now = 0;
    m->dev = (struct device){0};
    m->r.reason = -1;
    m->r.plat.log_len = 0;
    bus_will_write(&m->r.bus, 0, RIG_TABLES + HIGH_RAM);
}

void machine_again(struct machine *m) {
    quiet(m);
    memset(m->ram, 0, ALL_RAM);
    m->r.c->s.rng[0] = m->r.c->s.rng[1] = 1;
}

void machine_remember(struct machine *m) {
    m->first = m->r.c->s;
    memcpy(m->first_ram, m->ram, ALL_RAM);
}

void machine_put(struct machine *m, const struct x86_state *s, const u8 *ram) {
    quiet(m);
    m->r.c->s = *s;
    memcpy(m->ram, ram, ALL_RAM);
    x86_tlb_flush_all(m->r.c);
    x86_mode_changed(m->r.c);
}

void machine_recall(struct machine *m) { machine_put(m, &m->first, m->first_ram); }

static void broken(const char *what) {
    const struct machine *m = machine();
    machine_show(m, &m->r.c->s, m->ram);
    fprintf(stderr, "%sbroken: %s (reason %d)\n", m->r.plat.log, what, m->r.reason);
    abort();
}

// As emu/machine/machine.c does it.
void machine_run(struct machine *m, u64 ticks, u64 slice) {
    struct x86_cpu *c = m->r.c;
    struct vclock *clock = &m->r.clock;
    for (u64 done = 0; done < ticks && m->r.reason < 0;) {
        clock_fire(clock);
        u64 n = slice && slice < ticks - done ? slice : ticks - done, next = clock_next(clock), start = clock->now;
        if (next != CLOCK_NEVER && next - start < n) n = next - start;
        u64 ran = vcpu_run(&c->v, n);
        // A fault behind a task switch's point of no return costs a tick more.
        if (ran > n + 1) broken("the run went on past its slice");
        clock->now = start + ran;
        done += ran;
        if (m->r.reason >= 0 || !c->s.halted || x86_wakes(c)) {
            if (!ran && m->r.reason < 0) broken("a slice in which nothing happened");
            continue;
        }
        if (clock_next(clock) == CLOCK_NEVER || (!(c->s.rflags & FL_IF) && !m->dev.nmi)) return;
        if (clock_next(clock) > clock->now) clock->now = clock_next(clock);
    }
}

u64 machine_hash(struct machine *m) {
    u64 cpu = state_hash(&m->r.state);
    struct hash h;
    hash_init(&h);
    hash_bytes(&h, &cpu, sizeof cpu);
    hash_bytes(&h, &m->dev, sizeof m->dev);
    hash_bytes(&h, &m->r.clock.now, sizeof m->r.clock.now);
    hash_bytes(&h, &m->r.reason, sizeof m->r.reason);
    return hash_final(&h);
}

// Wherever the TLB leads is RAM.
static void check_tlb(const struct machine *m) {
    for (unsigned i = 0; i < TLB_TABLES * TLB_SIZE; i++) {
        unsigned slot = i % TLB_SIZE;
        const struct tlb_entry *e = &m->r.c->tlb[i / TLB_SIZE][slot];
        const u64 tags[] = {e->read, e->write, e->exec};
        for (unsigned k = 0; k < countof(tags); k++) {
            if (!tlb_is_tag(tags[k], slot)) continue;
            if (i / TLB_SIZE == TLB_BLIND) broken("the empty table has an entry");
            u64 offset = tags[k] + e->addend - (u64)(hva_t)m->ram;
            if (offset % PAGE || offset >= ALL_RAM) broken("the TLB leads out of RAM");
        }
    }
}

void machine_check(const struct machine *m) {
    const char *wrong = x86_illegal(m->r.c, m->r.reason == EMU_TRIPLE_FAULT);
    if (wrong) broken(wrong);
    check_tlb(m);
    if (m->r.reason >= 0 && m->r.reason != EMU_TRIPLE_FAULT && m->r.reason != EMU_UNMAPPED) broken("an undocumented end");
}

void machine_show(const struct machine *m, const struct x86_state *s, const u8 *ram) {
    for (unsigned i = 0; i < 16; i++)
        fprintf(stderr, "%s%llx", i % 8 ? " " : "  ", (unsigned long long)s->gpr[i]), i % 8 == 7 && fputs("\n", stderr);
    fprintf(stderr, "  RIP %llx CS %x:%llx CPL %u flags %x halted %u shadow %u db %x CR0 %llx CR4 %llx EFER %llx CR2 %llx\n  ",
            (unsigned long long)s->rip, s->seg[CS].sel, (unsigned long long)s->seg[CS].base, s->cpl, s->rflags, s->halted,
            s->shadow, s->pending_db, (unsigned long long)s->cr0, (unsigned long long)s->cr4, (unsigned long long)s->efer,
            (unsigned long long)s->cr2);
    u64 at = s->rip + s->seg[CS].base;
    for (unsigned i = 0; i < 15 && at + i < LOW_RAM; i++) fprintf(stderr, "%02x ", ram[at + i]);
    fputs("\n", stderr);
}
