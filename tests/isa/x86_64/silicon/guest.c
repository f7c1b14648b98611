// SPDX-License-Identifier: MIT
// The same instruction in the emulator: 64-bit mode at CPL 3 under page tables that put DATA and CODE where they are natively,
// and a kernel half that is only there so that faults can be delivered: their frame tells what happened.
//
// Physical: 01000 GDT  02000 IDT  03000 TSS  08000 top of the kernel stack  10000 page tables  40000 DATA  50000 CODE  60000 EXIT
#include "base/le.h"
#include "host/code_memory.h"
#include "isa/x86_64/sys/seg.h"
#include "isa/x86_64/sys/sys.h"
#include "isa/x86_64/translate/translate.h"
#include "isa/x86_64/vec/host_fp.h"
#include "isa/x86_64/x87/x87.h"
#include "rig.h"
#include "scripted_plat.h"

#include <stdlib.h>
#include <string.h>

#define KERNEL 0xffff800000000000ull
#define HANDLER_AT 0x100000
#define HANDLER (KERNEL + HANDLER_AT) // + 16 * vector: where the gates lead: JMP to itself
enum {
    GDT = 0x1000,
    IDT = 0x2000,
    TSS = 0x3000,
    STACK = 0x8000,
    PML4 = 0x10000,
    DATA_AT = 0x40000,
    CODE_AT = 0x50000,
    EXIT_AT = 0x60000,
    RAM = 2 << 20,
};
enum { KERNEL_CS = 0x10 };
enum { E_P = 1, E_W = 2, E_U = 4, E_PS = 0x80 };
#define E_XD BIT(63)

enum { REPEATS = 100000 }; // of an instruction, at most

struct guest {
    struct scripted_plat plat;
    struct vclock clock;
    struct state_set state;
    struct env env;
    struct bus bus;
    struct x86_cpu *c;
    struct x86_state fresh;
    u8 *ram;
};

struct x86_cpu *guest_cpu(struct guest *g) { return g->c; }
u8 *guest_data(struct guest *g) { return g->ram + DATA_AT; }
void guest_code(struct guest *g, u64 at, const u8 *bytes, unsigned n) { bus_copy_in(&g->bus, CODE_AT + (at - CODE), bytes, n); }
void guest_exit_page(struct guest *g, const u8 *bytes) { bus_copy_in(&g->bus, EXIT_AT, bytes, EXIT_SIZE); }

static void entry(struct guest *g, u64 table, u64 index, u64 value) { st64(g->ram + table + 8 * index, value); }

// Page tables: PML4 10000, kernel 11000 12000, user 13000 14000, page tables of DATA 15000, of CODE and EXIT 16000.
static void map_all(struct guest *g) {
    const u64 link = E_P | E_W | E_U;
    entry(g, PML4, 0, 0x13000 | link);
    entry(g, PML4, KERNEL >> 39 & 511, 0x11000 | link);
    entry(g, 0x11000, 0, 0x12000 | link);
    entry(g, 0x12000, 0, E_P | E_W | E_PS);
    entry(g, 0x13000, 0, 0x14000 | link);
    entry(g, 0x14000, DATA >> 21, 0x15000 | link);
    entry(g, 0x14000, CODE >> 21, 0x16000 | link);
    for (u64 i = 0; i < DATA_SIZE >> 12; i++)
        entry(g, 0x15000, i, (DATA_AT + (i << 12)) | E_P | E_U | (i < DATA_WRITABLE >> 12 ? E_W : 0) | E_XD);
    for (u64 i = 0; i < CODE_SIZE >> 12; i++) entry(g, 0x16000, i, (CODE_AT + (i << 12)) | E_P | E_U);
    entry(g, 0x16000, (EXIT_PAGE - CODE) >> 12, EXIT_AT | E_P | E_U);
}

static u64 segment(u32 attr) { return 0xffff | (u64)0xf << 48 | (u64)(attr & 0xff) << 40 | (u64)(attr >> 12 & 0xf) << 52; }

// The GDT has Linux's shape. Gates 3 and 4 may be used by INT (as in Linux), the others not.
static void tables(struct guest *g) {
    const u32 code = AR_P | AR_S | AR_CODE | AR_R | AR_ACCESSED | AR_G, data = AR_P | AR_S | AR_W | AR_ACCESSED | AR_G | AR_DB;
    st64(g->ram + GDT + 0x10, segment(code | AR_L));
    st64(g->ram + GDT + 0x18, segment(data));
    st64(g->ram + GDT + 0x20, segment(code | AR_DB | 3 << 5));
    st64(g->ram + GDT + 0x28, segment(data | 3 << 5));
    st64(g->ram + GDT + 0x30, segment(code | AR_L | 3 << 5));
    for (unsigned v = 0; v < 32; v++) {
        u64 to = HANDLER + 16 * v, dpl = v == EXC_BP || v == EXC_OF ? 3 : 0;
        st64(g->ram + IDT + 16 * v,
             (to & 0xffff) | KERNEL_CS << 16 | (AR_P | dpl << 5 | SYS_INT32) << 40 | (to >> 16 & 0xffff) << 48);
        st64(g->ram + IDT + 16 * v + 8, to >> 32);
        st16(g->ram + HANDLER_AT + 16 * v, 0xfeeb);
    }
    st64(g->ram + TSS + 4, KERNEL + STACK);
    st16(g->ram + TSS + 102, 0x68); // no I/O permission bitmap
}

static struct x86_seg seg_of(struct guest *g, u64 sel) {
    if (!sel) return (struct x86_seg){0};
    return x86_seg_of((u16)sel, ld64(g->ram + GDT + (sel & ~(u64)7)));
}

static void into_user_mode(struct guest *g) {
    struct x86_state *s = &g->c->s;
    s->cr0 = CR0_PG | CR0_PE | CR0_ET | CR0_WP | CR0_NE | CR0_MP | CR0_AM;
    s->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE | CR4_UMIP | CR4_SMEP | CR4_SMAP | CR4_PGE | CR4_OSXSAVE;
    s->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
    s->cr3 = PML4;
    s->xcr0 = 7;
    s->gdtr = (struct x86_table){.base = KERNEL + GDT, .limit = 0x7f};
    s->idtr = (struct x86_table){.base = KERNEL + IDT, .limit = 0xfff};
    s->tr = (struct x86_seg){.base = KERNEL + TSS, .limit = 0x67, .attr = AR_P | SYS_TSS32_BUSY, .sel = 0x40};
    s->ldtr = (struct x86_seg){0};
    s->seg[CS] = seg_of(g, USER_CS);
    s->seg[SS] = seg_of(g, USER_SS);
    s->seg[DS] = s->seg[ES] = s->seg[FS] = s->seg[GS] = (struct x86_seg){0};
    s->cpl = 3;
    x86_mode_changed(g->c);
    x86_tlb_flush_all(g->c);
    g->fresh = *s;
}

static void finish(void *ctx, int reason, u32 code) { abort(); } // nothing a case does may end the run

// The handlers' blocks are kept: a slice that ends in one is too short for that.
static void warm_handlers(struct guest *g) {
    for (unsigned v = 0; v < 32; v++) {
        g->c->s.seg[CS] = seg_of(g, KERNEL_CS);
        g->c->s.cpl = 0;
        g->c->s.rip = HANDLER + 16 * v;
        x86_mode_changed(g->c);
        vcpu_run(&g->c->v, BLOCK_INSNS);
    }
    g->c->s = g->fresh;
    x86_mode_changed(g->c);
}

static void translator(struct x86_cpu *c) {
    struct host_fp host;
    bool has[F_COUNT];
    x86_host_features(has);
    host_fp_examine(&host, has, host_fp_execute, NULL);
    c->honest_host_fp = host.honest;
    if (code_memory_alloc(CODE_MEMORY_SEALED, 4 * MiB, &c->v.code_memory)) abort();
    x86_translator_create(c);
    c->tr->threshold = 1;
}

u64 guest_translated(const struct guest *g) { return g->c->ran; }

struct guest *guest_create(bool translates) {
    struct guest *g = calloc(1, sizeof *g);
    scripted_plat_init(&g->plat);
    g->env = (struct env){.plat = &g->plat.plat, .clock = &g->clock, .state = &g->state, .finish = finish};
    g->ram = aligned_alloc(2 << 20, RAM);
    memset(g->ram, 0, RAM);
    if (bus_add_ram(&g->bus, &g->plat.plat, "ram", 0, RAM, g->ram, false)) abort();
    bus_track_pages(&g->bus, &g->env);
    g->c = x86_create(&g->env, &g->bus, rig_model(), 1);
    if (translates) translator(g->c);
    map_all(g);
    tables(g);
    memset(g->ram + CODE_AT, 0xcc, CODE_SIZE);
    into_user_mode(g);
    warm_handlers(g);
    return g;
}

// ---- registers

static void fx_in(struct x86_cpu *c, const u8 *fx) {
    struct x86_state *s = &c->s;
    struct x87_state *f = &s->fpu;
    u16 fsw = ld16(fx + 2);
    f->fcw = (ld16(fx) & X87_FCW_WRITABLE) | X87_FCW_ONE;
    f->top = fsw >> X87_TOP_SHIFT & 7;
    f->fsw = (u16)(fsw & ~(7 << X87_TOP_SHIFT));
    x87_update_es(c);
    f->tag = fx[4];
    for (unsigned i = 0; i < 8; i++)
        f->r[(f->top + i) & 7] = (struct x87_reg){.mant = ld64(fx + FX_ST + 16 * i), .exp = ld16(fx + FX_ST + 16 * i + 8)};
    s->mxcsr = ld32(fx + FX_MXCSR);
    memcpy(s->xmm, fx + FX_XMM, sizeof s->xmm);
    memcpy(s->ymmh, fx + YMM_HIGH, sizeof s->ymmh);
}

static void fx_out(const struct x86_state *s, u8 *fx) {
    const struct x87_state *f = &s->fpu;
    st16(fx, f->fcw);
    st16(fx + 2, (u16)(f->fsw | f->top << X87_TOP_SHIFT));
    fx[4] = f->tag;
    for (unsigned i = 0; i < 8; i++) {
        st64(fx + FX_ST + 16 * i, f->r[(f->top + i) & 7].mant);
        st16(fx + FX_ST + 16 * i + 8, f->r[(f->top + i) & 7].exp);
    }
    st32(fx + FX_MXCSR, s->mxcsr);
    memcpy(fx + FX_XMM, s->xmm, sizeof s->xmm);
    memcpy(fx + YMM_HIGH, s->ymmh, sizeof s->ymmh);
}

static void registers_in(struct guest *g, const struct registers *r) {
    struct x86_cpu *c = g->c;
    c->s = g->fresh;
    memcpy(c->s.gpr, r->gpr, sizeof r->gpr);
    c->s.rip = r->rip;
    c->s.seg[CS] = seg_of(g, r->cs);
    c->s.seg[DS] = c->s.seg[ES] = seg_of(g, r->ds);
    c->s.seg[FS].base = r->fs_base;
    c->s.seg[GS].base = r->gs_base;
    fx_in(c, r->fx);
    x86_mode_changed(c);
    x86_set_rflags(c, (u32)r->rflags, FL_ARITH | FL_TF | FL_IF | FL_DF | FL_NT | FL_AC | FL_ID | FL_RF);
}

static void registers_out(struct guest *g, struct registers *r) {
    const struct x86_state *s = &g->c->s;
    memcpy(r->gpr, s->gpr, sizeof r->gpr);
    r->rip = s->rip;
    r->rflags = x86_get_rflags(g->c);
    r->fs_base = s->seg[FS].base;
    r->gs_base = s->seg[GS].base;
    fx_out(s, r->fx);
}

static bool has_error(unsigned vector) { return vector == EXC_DF || (vector >= EXC_TS && vector <= EXC_PF) || vector == EXC_AC; }

// The frame that delivery pushed: [error] RIP CS RFLAGS RSP SS (6.14.2).
static void read_fault(struct guest *g, struct outcome *o) {
    const struct x86_state *s = &g->c->s;
    const u8 *frame = g->ram + (s->gpr[RSP] - KERNEL);
    o->vector = (i32)((s->rip - HANDLER) / 16);
    if (has_error((unsigned)o->vector)) {
        o->error = (u32)ld64(frame);
        frame += 8;
    }
    if (o->vector == EXC_PF) o->cr2 = s->cr2;
    o->r.rip = ld64(frame);
    o->r.rflags = ld64(frame + 16);
    o->r.gpr[RSP] = ld64(frame + 24);
}

// The producer, and then the flags other than its own as `in` has them. Its own stay as they are in the emulator: perhaps uncomputed.
static u64 lead_in(struct guest *g, const struct registers *in, unsigned front) {
    struct registers r = *in;
    r.rip -= front;
    r.rflags = (in->rflags ^ FL_ARITH) & ~(u64)(FL_TF | FL_RF);
    registers_in(g, &r);
    u64 ticks = vcpu_run(&g->c->v, PRODUCERS);
    g->c->s.rflags |= in->rflags & (FL_TF | FL_RF);
    return ticks;
}

void guest_step(struct guest *g, const struct registers *in, struct outcome *o, struct course how) {
    struct x86_cpu *c = g->c;
    unsigned most = REPEATS;
    o->vector = NO_FAULT;
    o->error = 0;
    o->cr2 = 0;
    o->ticks = 0;
    if (how.front) o->ticks = lead_in(g, in, how.front);
    else registers_in(g, in);
    o->ticks += vcpu_run(&c->v, how.most);
    while (how.again && most-- && c->s.rip == how.again && c->s.cpl == 3) o->ticks += vcpu_run(&c->v, 1);
    g->clock.now += o->ticks;
    registers_out(g, &o->r);
    if (c->s.cpl == 0) read_fault(g, o);
    // The trap of a gather that stopped before an element that would fault: no instruction was left to take it after.
    if (o->vector == EXC_DB && in->rflags & FL_TF && o->r.rip == in->rip) o->vector = NO_FAULT;
}
