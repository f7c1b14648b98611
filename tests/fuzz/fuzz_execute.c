// SPDX-License-Identifier: MIT
// Any bytes as code in any state that a guest can set up: real, virtual-8086, protected, compatibility and 64-bit mode, any
// ring, paging of every format, descriptor tables, TSS and page tables with anything in them. Whatever happens stays
// inside RAM, leaves a legal state, takes no more than its ticks, and depends neither on how the run was sliced nor on the engine.
//
// The input: u8 mode, u8 CPL and ticks, u8 slicing, u16 CR0, u32 CR4, u8 others, u16 which registers follow as values,
// u8 pokes (each u8 where, u8 offset / 8, value), then code.
// CI: 4800 runs.
#include "input.h"
#include "instructions.h"
#include "machine.h"

#include "base/bits.h"
#include "isa/x86_64/sys/debug.h"
#include "isa/x86_64/sys/xstate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t most);

#define HANDLERS 0x18000u
#define CODE_MOST 2048
#define XSAVE_IMAGE 0xafc0u // over a page's end

// A small number, a bit, an address of the machine, the top of something, or anything.
static u64 value(struct input *in) {
    u8 how = (u8)take(in, 1);
    switch (how >> 5) {
    case 0: return how;
    case 1: return BIT(2 * (how & 31)) - take(in, 1);
    case 2: return (u64)(how & 31) << 12 | take(in, 1) << 3;       // low RAM
    case 3: return DEVICE_AT - 16 + take(in, 1);                   // about the device
    case 4: return RIG_TABLES + (take(in, 2) & (HIGH_RAM - 1));    // the page tables
    case 5: return (u64)0 - (how & 31);                            // the top
    case 6: return RIG_CODE + (how & 16 ? 0xff0 : 0) + (how & 15); // the code itself
    default: return take(in, how & 1 ? 8 : 4);
    }
}

enum mode { REAL, V86, PROTECTED, PAGED32, PAGED_PAE, COMPAT, LONG_SMALL, LONG, MODES };

// 4 KiB pages over the first 2 MiB, at RIG_TABLES + 0x3000; `wide`: 8-byte entries.
static void small_pages(struct x86_rig *r, bool wide) {
    for (unsigned i = 0; i < (wide ? 512u : 1024u); i++)
        cpu_poke(r, RIG_TABLES + 0x3000 + i * (wide ? 8 : 4), (u64)i << 12 | 7, wide ? 8 : 4);
}

static void paging(struct x86_rig *r, enum mode mode) {
    struct x86_state *s = &r->c->s;
    s->cr3 = RIG_TABLES;
    if (mode == PAGED32) {
        small_pages(r, false);
        cpu_poke(r, RIG_TABLES, (RIG_TABLES + 0x3000) | 7, 4);
        cpu_poke(r, RIG_TABLES + 4, 0x87, 4); // with PSE: the same again, large
        s->cr4 |= CR4_PSE;
    } else {
        small_pages(r, true);
        cpu_poke(r, RIG_TABLES, (RIG_TABLES + 0x2000) | 1, 8);
        cpu_poke(r, RIG_TABLES + 0x2000, (RIG_TABLES + 0x3000) | 7, 8);
        cpu_poke(r, RIG_TABLES + 0x2008, 0x87, 8);
        s->cr4 |= CR4_PAE;
        s->pdpte[0] = (RIG_TABLES + 0x2000) | 1;
    }
    s->cr0 |= CR0_PG;
}

// Every vector has a handler that goes back to the byte after the one that raised it: so all of the code is tried.
static void handlers(struct x86_rig *r, bool real, bool wide) {
    static const u8 back16[] = {0x55, 0x89, 0xe5, 0x83, 0x46, 0x02, 0x01, 0x5d, 0xcf};
    static const u8 back32[] = {0x83, 0xc4, 0x04, 0x83, 0x04, 0x24, 0x01, 0xcf};
    static const u8 back64[] = {0x48, 0x83, 0xc4, 0x08, 0x48, 0x83, 0x04, 0x24, 0x01, 0x48, 0xcf};
    for (unsigned v = 0; v < 64; v++) {
        u32 at = HANDLERS + v * 16;
        bool error = v == EXC_DF || (v >= EXC_TS && v <= EXC_PF) || v == EXC_AC;
        const u8 *code = real ? back16 : wide ? back64 : back32;
        unsigned n = real ? sizeof back16 : wide ? sizeof back64 : sizeof back32, skip = real || error ? 0 : wide ? 4 : 3;
        for (unsigned i = skip; i < n; i++) cpu_poke(r, at + i - skip, code[i], 1);
        if (v >= 0x20) cpu_poke(r, at, real ? 0xcf : wide ? 0xcf48 : 0xcf, 2);
        if (real) cpu_poke(r, 4 * v, at >> 4 << 16, 4);
        else cpu_idt(r, v, cpu_gate(SYS_INT32, v == 3 || v == 4 || v >= 0x28 ? 3 : 0, wide ? SEL_CODE64_0 : SEL_CODE0, at, 0), 0);
    }
}

// Where transfers lead: a second task (and a task gate and a call gate to it), an LDT with ordinary segments, the stacks of ISTs.
static void transfers(struct x86_rig *r, bool wide) {
    static const u16 ldt[] = {SEL_CODE0, SEL_DATA0, SEL_CODE3, SEL_DATA3, SEL_TSS2};
    for (unsigned i = 0; i < countof(ldt); i++) cpu_poke(r, RIG_LDT + 8 * i, cpu_peek(r, RIG_GDT + ldt[i], 8), 8);
    cpu_descriptor(r, SEL_GATE, cpu_gate(SYS_CALL32, 3, wide ? SEL_CODE64_0 : SEL_CODE0, RIG_CODE, wide ? 0 : 3));
    if (wide) {
        for (unsigned i = 0; i < 7; i++) cpu_poke(r, RIG_TSS + 0x24 + 8 * i, 0x7000 + 0x100 * i, 8);
        return;
    }
    static const struct {
        u8 at;
        u32 value;
    } task[] = {
        {0x04, RIG_STACK0}, {0x08, SEL_DATA0},          {0x20, RIG_CODE},      {0x24, 2},
        {0x28, 1},          {0x38, RIG_STACK0 - 0x400}, {0x48, SEL_DATA3 | 3}, {0x4c, SEL_CODE0},
        {0x50, SEL_DATA0},  {0x54, SEL_DATA3 | 3},      {0x60, SEL_LDT_DESC},
    };
    for (unsigned i = 0; i < countof(task); i++) cpu_poke(r, RIG_TSS2 + task[i].at, task[i].value, 4);
    cpu_poke(r, RIG_TSS2 + 0x1c, r->c->s.cr3, 4);
    cpu_poke(r, RIG_TSS + 0x1c, r->c->s.cr3, 4);
    cpu_idt(r, 0x2f, cpu_gate(SYS_TASK_GATE, 3, SEL_TSS2, 0, 0), 0);
}

static void set_mode(struct x86_rig *r, enum mode mode, unsigned cpl, unsigned iopl) {
    switch (mode) {
    case REAL: cpu_real(r); break;
    case V86: cpu_v86(r, iopl); break;
    case LONG:
    case LONG_SMALL:
    case COMPAT: cpu_long(r, cpl ? 3 : 0); break;
    default: cpu_protected(r, cpl == 2 ? 1 : cpl); break;
    }
    struct x86_state *s = &r->c->s;
    if (mode == PAGED32 || mode == PAGED_PAE) paging(r, mode);
    if (mode == LONG_SMALL) {
        small_pages(r, true);
        cpu_poke(r, RIG_TABLES + 0x2000, (RIG_TABLES + 0x3000) | 7, 8);
    }
    if (mode == COMPAT) {
        u16 sel = cpl ? SEL_CODE3 : SEL_CODE0;
        s->seg[CS] = x86_seg_of(sel | s->cpl, cpu_peek(r, RIG_GDT + sel, 8) | (u64)AR_ACCESSED << 40);
    }
    if (mode != V86) x86_set_rflags(r->c, iopl << FL_IOPL_SHIFT, FL_IOPL);
    handlers(r, mode == REAL, s->efer & EFER_LMA);
    if (mode != REAL) transfers(r, s->efer & EFER_LMA);
    // All that an OS would allow, and an image for XRSTOR: the input takes of it what it likes.
    s->cr4 |= (CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | CR4_FSGSBASE) & x86_cr4_allowed(r->c);
    s->xcr0 = x86_xcr0_supported(r->c->model);
    cpu_poke(r, XSAVE_IMAGE + 24, 0x1f80, 4);
    cpu_poke(r, XSAVE_IMAGE + 512, s->xcr0, 8);
    // Pages' ends are where something happens. (Unless the input says otherwise.)
    static const u16 places[16] = {1,     4,     0x5ff8, XSAVE_IMAGE, 0,    0x8fe0, 0xbf80, 0xcff0,
                                   0xdc0, 0x7fc, 0xfff0, 2,           0x40, 8,      0xffff, 0xe000};
    for (unsigned i = 0; i < 16; i++)
        if (i != RSP) s->gpr[i] = places[i];
    cpu_poke(r, RIG_TSS + 0x66, 0x68, 2); // the I/O map: what follows, all allowed
}

// Making a state takes as long as running it: each is made once.
static void start(struct machine *m, enum mode mode, unsigned how) {
    static struct {
        bool made;
        struct x86_state cpu;
        u8 ram[ALL_RAM];
    } starts[MODES * 16];
    unsigned i = (unsigned)mode * 16 + (how & 15);
    struct x86_cpu *c = m->r.c;
    if (starts[i].made) {
        machine_put(m, &starts[i].cpu, starts[i].ram);
        return;
    }
    machine_again(m);
    set_mode(&m->r, mode, how & 3, how >> 2 & 3);
    starts[i].made = true;
    starts[i].cpu = c->s;
    memcpy(starts[i].ram, m->ram, ALL_RAM);
}

static void controls(struct x86_rig *r, struct input *in) {
    struct x86_state *s = &r->c->s;
    u64 cr0 = take(in, 2), cr4 = take(in, 4), others = take(in, 1);
    static const u64 cr0_bits[] = {CR0_MP, CR0_EM, CR0_TS, CR0_NE, CR0_WP, CR0_AM, CR0_CD};
    for (unsigned i = 0; i < countof(cr0_bits); i++)
        if (cr0 >> i & 1) s->cr0 ^= cr0_bits[i];
    if (!(s->cr0 & CR0_CD)) s->cr0 &= ~CR0_NW;
    u64 fixed = CR4_PAE | CR4_LA57 | (s->efer & EFER_LMA ? 0 : CR4_PCIDE);
    s->cr4 ^= cr4 & x86_cr4_allowed(r->c) & ~fixed;
    if (others & 1) s->efer ^= EFER_NXE;
    if (others & 2) s->efer |= EFER_SCE;
    if (others & 4) s->xcr0 = XSTATE_X87;
    if (others & 8) x86_set_rflags(r->c, FL_IF, FL_IF);
    if (others & 16) x86_set_rflags(r->c, FL_TF, FL_TF);
    if (others & 32) x86_set_rflags(r->c, FL_AC, FL_AC);
    if (others & 64) x86_set_rflags(r->c, FL_DF, FL_DF);
    if (others & 128) {
        s->dr[7] = ((u32)take(in, 4) & ~(u32)DR7_GD) | DR7_FIXED;
        for (unsigned i = 0; i < 4; i++) s->dr[i] = (u32)value(in);
    }
}

static void registers(struct x86_rig *r, struct input *in) {
    struct x86_state *s = &r->c->s;
    u16 which = (u16)take(in, 2);
    for (unsigned i = 0; i < 16; i++)
        if (which >> i & 1) s->gpr[i] = value(in);
    s->star = (u64)(SEL_CODE64_3 - 16) << 48 | (u64)SEL_CODE64_0 << 32;
    s->lstar = HANDLERS + 16 * 0x20;
    s->sysenter_cs = SEL_CODE0;
    s->sysenter_esp = RIG_STACK0;
    s->sysenter_eip = HANDLERS;
}

static void pokes(struct x86_rig *r, struct input *in) {
    static const u32 places[] = {RIG_GDT,
                                 RIG_IDT,
                                 RIG_TSS,
                                 RIG_TSS2,
                                 RIG_LDT,
                                 RIG_TABLES,
                                 RIG_TABLES + 0x1000,
                                 RIG_TABLES + 0x2000,
                                 RIG_TABLES + 0x3000,
                                 RIG_TABLES + 0x3080,
                                 RIG_STACK0 - 0x80,
                                 RIG_CODE,
                                 XSAVE_IMAGE,
                                 XSAVE_IMAGE + 512};
    for (unsigned n = take(in, 1) & 15; n; n--) {
        u32 at = places[take(in, 1) % countof(places)];
        at += (u32)take(in, 1) * 8;
        cpu_poke(r, at, value(in), 8);
    }
}

// Code from the input, then a jump back to its start.
static void code(struct x86_rig *r, struct input *in, bool crossing) {
    struct x86_state *s = &r->c->s;
    if (crossing) s->rip += 0xff8; // the page's end soon
    gpa_t start = s->seg[CS].base + s->rip, at = start;
    for (unsigned n = 0; n < CODE_MOST && in->left; n++) cpu_poke(r, at++, take(in, 1), 1);
    cpu_poke(r, at, 0xe9, 1);
    cpu_poke(r, at + 1, start - at - (s->seg[CS].attr & (AR_DB | AR_L) ? 5 : 3), 4);
}

struct end {
    u64 hash;
    struct x86_state cpu;
    u8 ram[ALL_RAM];
};

static void run(struct machine *m, enum engine engine, u64 ticks, u64 slice, struct end *e) {
    machine_engine(m, engine);
    machine_recall(m);
    machine_run(m, ticks, slice);
    machine_check(m);
    e->hash = machine_hash(m);
    e->cpu = m->r.c->s;
    memcpy(e->ram, m->ram, ALL_RAM);
}

static bool same(const struct end *a, const struct end *b) { return a->hash == b->hash && !memcmp(a->ram, b->ram, ALL_RAM); }

// Finds the first tick at which the two runs part: b's, in this engine and in slices, from a's, interpreted in one.
static void explain(struct machine *m, enum engine engine, u64 ticks, u64 slice, struct end *a, struct end *b) {
    struct end *before = malloc(sizeof *before);
    for (u64 t = 1; t <= ticks; t++) {
        *before = *b;
        run(m, engine, t, slice, b);
        run(m, INTERPRET, t, 0, a);
        if (same(a, b)) continue;
        fprintf(stderr, "tick %llu, %s, slices of %llu; the last common state:\n", (unsigned long long)t, BOTH_NAMES[engine],
                (unsigned long long)slice);
        machine_show(m, &before->cpu, before->ram);
        fprintf(stderr, "so:\n");
        machine_show(m, &b->cpu, b->ram);
        fprintf(stderr, "interpreted, in one slice:\n");
        machine_show(m, &a->cpu, a->ram);
        for (unsigned i = 0; i < ALL_RAM; i++)
            if (a->ram[i] != b->ram[i]) fprintf(stderr, "RAM byte %#x: %#x, in one %#x\n", i, b->ram[i], a->ram[i]);
        for (unsigned i = 0; i < sizeof a->cpu; i++)
            if (((u8 *)&a->cpu)[i] != ((u8 *)&b->cpu)[i]) fprintf(stderr, "state byte %u\n", i);
        return;
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct end whole, other;
    struct machine *m = machine();
    struct input in = {data, size};
    enum mode mode = (enum mode)(take(&in, 1) % MODES);
    u8 how = (u8)take(&in, 1), slicing = (u8)take(&in, 1);
    start(m, mode, how);
    controls(&m->r, &in);
    registers(&m->r, &in);
    pokes(&m->r, &in);
    code(&m->r, &in, how & 0x10);
    machine_remember(m);
    u64 ticks = (u64)32 << (how >> 5 & 3), slice = slicing & 1 ? 1 : 1 + slicing % 13;
    run(m, INTERPRET, ticks, 0, &whole);
    // A translated block is entered where the slice can pay for it: seldom, in short ones.
    enum engine engine = slicing & 2 ? TRANSLATE : INTERPRET;
    if (engine == TRANSLATE && slicing & 4) slice = 0;
    run(m, engine, ticks, slice, &other);
    if (same(&whole, &other)) return 0;
    explain(m, engine, ticks, slice, &whole, &other);
    fprintf(stderr, "the end depends on how the run is sliced, or on the engine\n");
    abort();
}

// Where the code begins in an input.
static size_t header_size(const u8 *data, size_t size) {
    struct input in = {data, size};
    take(&in, 8), take(&in, 1);
    if (take(&in, 1) & 128) {
        take(&in, 4);
        for (unsigned i = 0; i < 4; i++) value(&in);
    }
    for (u16 which = (u16)take(&in, 2); which; which &= which - 1) value(&in);
    for (unsigned n = take(&in, 1) & 15; n; n--) take(&in, 2), value(&in);
    return size - in.left;
}

// Half of the time an instruction is put into the code: bytes alone seldom make those that need a prefix, an escape and an operand.
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t most, unsigned seed) {
    static const u8 bits[MODES] = {[REAL] = 16,      [V86] = 16,    [PROTECTED] = 32,  [PAGED32] = 32,
                                   [PAGED_PAE] = 32, [COMPAT] = 32, [LONG_SMALL] = 64, [LONG] = 64};
    struct rng g = {seed};
    u8 code[INSTRUCTION_MOST];
    if (!size || one_in(&g, 2)) return LLVMFuzzerMutate(data, size, most);
    size_t header = header_size(data, size), at = header + below(&g, (unsigned)(size - header) + 1);
    unsigned n = random_instruction(code, bits[data[0] % MODES], &g);
    if (one_in(&g, 3)) { // over what is there
        if (at + n > most) return LLVMFuzzerMutate(data, size, most);
        memcpy(data + at, code, n);
        return at + n > size ? at + n : size;
    }
    if (size + n > most) return LLVMFuzzerMutate(data, size, most);
    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, code, n);
    return size + n;
}
