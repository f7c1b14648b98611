// SPDX-License-Identifier: MIT
// A case in unicorn. Its exceptions never reach the guest's IDT: hooks are told the vector, and nothing more.
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

static uc_engine *uc;
static uc_context *contexts[BASES];
static i32 vector;
static bool outside;
static unsigned started;
static bool repeats;
static u64 start;

static void on_interrupt(uc_engine *u, u32 n, void *ctx) {
    if (vector == NO_FAULT) vector = (i32)n;
    uc_emu_stop(u);
}
static bool on_invalid(uc_engine *u, void *ctx) {
    vector = 6;
    uc_emu_stop(u);
    return true;
}
static bool on_memory(uc_engine *u, uc_mem_type type, u64 at, int size, i64 value, void *ctx) {
    outside = true;
    return false;
}
// Before every instruction, and every iteration of a repeated one.
static void on_code(uc_engine *u, u64 at, u32 size, void *ctx) {
    if (!started++ || (repeats && at == start && started < 1000)) return;
    uc_emu_stop(u);
}

static u64 get(int reg) {
    u64 v = 0;
    uc_reg_read(uc, reg, &v);
    return v;
}
static void set(int reg, u64 v) { uc_reg_write(uc, reg, &v); }

static void walk(enum base b) {
    if (way_after[b] >= 0) uc_context_restore(uc, contexts[way_after[b]]);
    vector = NO_FAULT;
    u64 to = WAY + (u64)(way_to[b] - oracle_way);
    uc_err err = uc_emu_start(uc, WAY + (u64)(way_from[b] - oracle_way), to, 0, 0);
    if (err || vector != NO_FAULT || get(UC_X86_REG_RIP) != to) {
        printf("unicorn does not get into mode %s: %s, vector %d at %llx\n", base_names[b], uc_strerror(err), vector,
               (unsigned long long)get(UC_X86_REG_RIP));
        exit(2);
    }
    uc_context_alloc(uc, &contexts[b]);
    uc_context_save(uc, contexts[b]);
}

void unicorn_create(u8 *ram) {
    uc_hook hook;
    if (uc_open(UC_ARCH_X86, UC_MODE_64, &uc)) exit(2);
    if (uc_ctl_set_cpu_model(uc, UC_CPU_X86_ICELAKE_SERVER)) exit(2);
    if (uc_mem_map_ptr(uc, 0, RAM, UC_PROT_ALL, ram)) exit(2);
    uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, NULL, 1, 0);
    uc_hook_add(uc, &hook, UC_HOOK_INSN_INVALID, (void *)on_invalid, NULL, 1, 0);
    uc_hook_add(uc, &hook, UC_HOOK_MEM_INVALID, (void *)on_memory, NULL, 1, 0);
    for (unsigned b = 0; b < BASES; b++) walk(b);
    uc_hook_add(uc, &hook, UC_HOOK_CODE, (void *)on_code, NULL, 1, 0);
}

static const int gpr_reg[16] = {
    UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
    UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
    UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
};
static const int seg_reg[6] = {UC_X86_REG_ES, UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_FS, UC_X86_REG_GS};

static struct table_state table(int reg) {
    uc_x86_mmr m = {0};
    uc_reg_read(uc, reg, &m);
    return (struct table_state){m.base, m.limit, reg == UC_X86_REG_GDTR || reg == UC_X86_REG_IDTR ? 0 : m.selector};
}

static void state_out(struct state *o) {
    for (unsigned i = 0; i < 16; i++) o->gpr[i] = get(gpr_reg[i]);
    o->rip = get(UC_X86_REG_RIP);
    o->rflags = get(UC_X86_REG_RFLAGS);
    o->fs_base = get(UC_X86_REG_FS_BASE), o->gs_base = get(UC_X86_REG_GS_BASE);
    o->cr0 = get(UC_X86_REG_CR0), o->cr2 = get(UC_X86_REG_CR2), o->cr3 = get(UC_X86_REG_CR3), o->cr4 = get(UC_X86_REG_CR4);
    uc_x86_msr efer = {0xc0000080, 0};
    uc_reg_read(uc, UC_X86_REG_MSR, &efer);
    o->efer = efer.value;
    for (int i = 0; i < 8; i++) o->dr[i] = get(UC_X86_REG_DR0 + i);
    o->gdtr = table(UC_X86_REG_GDTR), o->idtr = table(UC_X86_REG_IDTR);
    o->ldtr = table(UC_X86_REG_LDTR), o->tr = table(UC_X86_REG_TR);
    for (unsigned i = 0; i < 6; i++) o->sel[i] = (u16)get(seg_reg[i]);
    for (int i = 0; i < 16; i++) uc_reg_read(uc, UC_X86_REG_XMM0 + i, o->xmm[i]);
    o->fcw = (u16)get(UC_X86_REG_FPCW);
    o->fsw = (u16)get(UC_X86_REG_FPSW);
    o->mxcsr = (u32)get(UC_X86_REG_MXCSR);
    unsigned top = o->fsw >> 11 & 7; // FP0 is R0 here, not ST(0)
    for (unsigned i = 0; i < 8; i++) {
        u8 b[16] = {0};
        uc_reg_read(uc, UC_X86_REG_FP0 + (int)((top + i) & 7), b);
        memcpy(o->st[i], b, 10);
    }
}

void unicorn_run(const struct oracle_case *k, struct outcome *o) {
    uc_context_restore(uc, contexts[k->base]);
    // The context does not say that translations are stale; a changed PGE does.
    u64 cr4 = get(UC_X86_REG_CR4);
    set(UC_X86_REG_CR4, cr4 ^ 0x80);
    set(UC_X86_REG_CR4, cr4);
    uc_ctl_remove_cache(uc, k->rip, k->rip + 16);
    for (unsigned i = 0; i < 16; i++) set(gpr_reg[i], k->gpr[i]);
    const u64 mine = FL_ARITH | FL_DF | FL_IF | FL_NT | FL_AC | FL_ID;
    set(UC_X86_REG_RFLAGS, (get(UC_X86_REG_RFLAGS) & ~mine) | (k->flags & mine) | 2);
    for (int i = 0; i < 16; i++) uc_reg_write(uc, UC_X86_REG_XMM0 + i, k->xmm[i]);
    for (int i = 0; i < 8; i++) {
        u8 b[16] = {0};
        memcpy(b, k->st[i], 10);
        uc_reg_write(uc, UC_X86_REG_FP0 + i, b);
    }
    set(UC_X86_REG_FPTAG, 0x00ff);
    set(UC_X86_REG_FPSW, 4 << 11);
    set(UC_X86_REG_FPCW, 0x37f);
    set(UC_X86_REG_MXCSR, 0x1f80);
    vector = NO_FAULT;
    outside = false;
    started = 0;
    repeats = k->row && k->row->flags & REP && k->d.rep;
    start = k->rip;
    uc_err err = uc_emu_start(uc, k->rip, ~(u64)0, 0, 0);
    *o = (struct outcome){.vector = vector, .outside = outside || (err && vector == NO_FAULT)};
    state_out(&o->s);
    // Stopped by on_code it shows the linear address; and a jump to a place that is not there has been done.
    if (is_real_base(k->base) && o->s.sel[CS]) o->s.rip -= (u64)o->s.sel[CS] << 4;
    if (vector == 14 && o->s.rip != k->rip && (!k->row || k->row->flags & ENDS)) o->vector = NO_FAULT;
}
