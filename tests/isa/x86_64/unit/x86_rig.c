// SPDX-License-Identifier: MIT
#include "x86_rig.h"

#include <stdlib.h>

u64 cpu_segment(u32 base, u32 limit, u32 attr) {
    return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(attr & 0xff) << 40 | (u64)(limit >> 16 & 0xf) << 48 |
           (u64)(attr >> 12 & 0xf) << 52 | (u64)(base >> 24) << 56;
}

u64 cpu_gate(unsigned type, unsigned dpl, u16 sel, u32 offset, unsigned low5) {
    return (offset & 0xffff) | (u64)sel << 16 | (u64)low5 << 32 | (u64)(0x80 | dpl << 5 | type) << 40 | (u64)(offset >> 16) << 48;
}

void cpu_poke(struct x86_rig *r, gpa_t at, u64 value, unsigned size) { bus_write(&r->bus, at, size, value); }
u64 cpu_peek(struct x86_rig *r, gpa_t at, unsigned size) { return bus_read(&r->bus, at, size); }
void cpu_descriptor(struct x86_rig *r, u16 sel, u64 d) { cpu_poke(r, RIG_GDT + (sel & 0xfff8u), d, 8); }

void cpu_idt(struct x86_rig *r, unsigned vector, u64 low, u64 high) {
    if (r->c->s.efer & EFER_LMA) {
        cpu_poke(r, RIG_IDT + 16 * vector, low, 8);
        cpu_poke(r, RIG_IDT + 16 * vector + 8, high, 8);
    } else {
        cpu_poke(r, RIG_IDT + 8 * vector, low, 8);
    }
}

static void finish(void *ctx, int reason, u32 code) { ((struct x86_rig *)ctx)->reason = reason; }

int cpu_new(void **state) {
    struct x86_rig *r = calloc(1, sizeof *r);
    bare_machine_open(&r->bare, 0, RIG_RAM);
    r->env.finish = finish, r->env.finish_ctx = r;
    r->reason = -1;
    r->c = x86_create(&r->env, &r->bus, x86_model_find("max"), 1);
    *state = r;
    return 0;
}

int cpu_free(void **state) {
    struct x86_rig *r = *state;
    bare_machine_close(&r->bare);
    free(r);
    return 0;
}

#define CODE (AR_P | AR_S | AR_CODE | AR_R)
#define DATA (AR_P | AR_S | AR_W)
#define RING(n) ((n) << 5)
#define FLAT (AR_G | AR_DB)

static void tables(struct x86_rig *r) {
    static const struct {
        u16 sel;
        u32 attr;
    } flat[] = {
        {SEL_CODE0, CODE | FLAT},
        {SEL_DATA0, DATA | FLAT},
        {SEL_CODE3, CODE | FLAT | RING(3)},
        {SEL_DATA3, DATA | FLAT | RING(3)},
        {SEL_CODE64_0, CODE | AR_G | AR_L},
        {SEL_CODE64_3, CODE | AR_G | AR_L | RING(3)},
        {SEL_CONFORMING0, CODE | FLAT | AR_CONFORMING},
        {SEL_READONLY3, (DATA & ~AR_W) | FLAT | RING(3)},
        {SEL_ABSENT3, (DATA & ~AR_P) | FLAT | RING(3)},
        {SEL_EXECONLY3, (CODE & ~AR_R) | FLAT | RING(3)},
        {SEL_CODE1, CODE | FLAT | RING(1)},
        {SEL_DATA1, DATA | FLAT | RING(1)},
    };
    for (unsigned i = 0; i < countof(flat); i++) cpu_descriptor(r, flat[i].sel, cpu_segment(0, 0xfffff, flat[i].attr));
    cpu_descriptor(r, SEL_CODE16, cpu_segment(0, 0xffff, CODE));
    cpu_descriptor(r, SEL_DATA16, cpu_segment(0, 0xffff, DATA));
    cpu_descriptor(r, SEL_TSS, cpu_segment(RIG_TSS, 0x167, AR_P | SYS_TSS32));
    cpu_descriptor(r, SEL_TSS2, cpu_segment(RIG_TSS2, 0x67, AR_P | SYS_TSS32));
    cpu_descriptor(r, SEL_TSS16, cpu_segment(RIG_TSS2, 0x2b, AR_P | SYS_TSS16));
    cpu_descriptor(r, SEL_LDT_DESC, cpu_segment(RIG_LDT, 0x7f, AR_P | SYS_LDT));
    cpu_descriptor(r, SEL_DOWN3, cpu_segment(0, 0xfff, DATA | AR_DOWN | RING(3) | AR_DB));
    r->c->s.gdtr = (struct x86_table){.base = RIG_GDT, .limit = SEL_LAST};
    r->c->s.idtr = (struct x86_table){.base = RIG_IDT, .limit = 0xfff};
}

static void segment(struct x86_rig *r, unsigned seg, u16 sel) {
    r->c->s.seg[seg] = x86_seg_of(sel, cpu_peek(r, RIG_GDT + (sel & 0xfff8u), 8) | (u64)AR_ACCESSED << 40);
}

static void task_register(struct x86_rig *r) {
    r->c->s.tr = x86_seg_of(SEL_TSS, cpu_peek(r, RIG_GDT + SEL_TSS, 8) | (u64)2 << 40);
    cpu_descriptor(r, SEL_TSS, cpu_peek(r, RIG_GDT + SEL_TSS, 8) | (u64)2 << 40);
}

static void settle(struct x86_rig *r, u16 cs, u16 ss, unsigned cpl) {
    segment(r, CS, (u16)(cs | cpl));
    segment(r, SS, (u16)(ss | cpl));
    segment(r, DS, SEL_DATA3 | 3);
    segment(r, ES, SEL_DATA3 | 3);
    r->c->s.seg[FS] = r->c->s.seg[GS] = (struct x86_seg){0};
    r->c->s.cpl = (u8)cpl;
    r->c->s.gpr[RSP] = cpl ? RIG_STACK3 : RIG_STACK0;
    r->c->s.rip = RIG_CODE;
    x86_mode_changed(r->c);
}

void cpu_protected(struct x86_rig *r, unsigned cpl) {
    x86_reset(r->c);
    r->c->s.cr0 = CR0_PE | CR0_ET;
    tables(r);
    task_register(r);
    cpu_poke(r, RIG_TSS + 4, RIG_STACK0, 4);
    cpu_poke(r, RIG_TSS + 8, SEL_DATA0, 4);
    cpu_poke(r, RIG_TSS + 12, RIG_STACK0, 4);
    cpu_poke(r, RIG_TSS + 16, SEL_DATA1 | 1, 4);
    settle(r, cpl == 3 ? SEL_CODE3 : cpl ? SEL_CODE1 : SEL_CODE0, cpl == 3 ? SEL_DATA3 : cpl ? SEL_DATA1 : SEL_DATA0, cpl);
}

void cpu_long(struct x86_rig *r, unsigned cpl) {
    x86_reset(r->c);
    cpu_poke(r, RIG_TABLES, (RIG_TABLES + 0x1000) | 7, 8);
    cpu_poke(r, RIG_TABLES + 0x1000, (RIG_TABLES + 0x2000) | 7, 8);
    for (unsigned i = 0; i < 512; i++) cpu_poke(r, RIG_TABLES + 0x2000 + 8 * i, ((u64)i << 21) | 0x87, 8);
    r->c->s.cr3 = RIG_TABLES;
    r->c->s.cr4 = CR4_PAE | CR4_OSFXSR;
    r->c->s.efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SCE;
    r->c->s.cr0 = CR0_PG | CR0_PE | CR0_ET | CR0_WP;
    tables(r);
    task_register(r);
    cpu_poke(r, RIG_TSS + 4, RIG_STACK0, 8);
    x86_tlb_flush_all(r->c);
    settle(r, cpl ? SEL_CODE64_3 : SEL_CODE64_0, cpl ? SEL_DATA3 : SEL_DATA0, cpl);
}

void cpu_v86(struct x86_rig *r, unsigned io_privilege) {
    cpu_protected(r, 0);
    x86_set_rflags(r->c, FL_VM | io_privilege << FL_IOPL_SHIFT, FL_VM | FL_IOPL);
    for (unsigned i = 0; i < SEG_COUNT; i++) r->c->s.seg[i] = x86_seg_real(r->c, 0, &r->c->s.seg[i]);
    r->c->s.seg[CS] = x86_seg_real(r->c, RIG_CODE >> 4, &r->c->s.seg[CS]);
    r->c->s.rip = 0;
    r->c->s.gpr[RSP] = RIG_STACK3;
    r->c->s.cpl = 3;
    x86_mode_changed(r->c);
}

void cpu_real(struct x86_rig *r) {
    x86_reset(r->c);
    r->c->s.seg[CS] = x86_seg_real(r->c, RIG_CODE >> 4, &r->c->s.seg[CS]);
    r->c->s.idtr = (struct x86_table){.base = 0, .limit = 0x3ff};
    r->c->s.gpr[RSP] = RIG_STACK0;
    r->c->s.rip = 0;
    x86_mode_changed(r->c);
}

void cpu_run(struct x86_rig *r, const void *code, size_t size, unsigned n) {
    for (size_t i = 0; i < size; i++) cpu_poke(r, r->c->s.seg[CS].base + r->c->s.rip + i, ((const u8 *)code)[i], 1);
    u64 start = r->clock.now;
    r->clock.now = start + vcpu_run(&r->c->v, n);
}
