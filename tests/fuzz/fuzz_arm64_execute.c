// SPDX-License-Identifier: MIT
// Any instructions in any state that an Arm guest can set up: EL0 and EL1 with either SP, the MMU off or on with any granule over page tables
// with anything in them, any system registers, timers that interrupt, code that writes over itself and a device in its reach. Whatever happens
// stays inside RAM, leaves a legal state, takes no more than its ticks, and does not depend on how the run was sliced.
//
// The input: u8 mode, u8 others, u8 slicing, u8 settings, then pieces: 1mmmmmmm, a u8 and a u32, an instruction of row m, whose free bits are the
// word's; 00rrrrr. and a value, register r; 010iiiiw and a u8, MRS or MSR of register i; 011..... and four bytes, code as it stands.
// CI: 1100 runs.
#include "arm64_rig.h"
#include "base/bits.h"
#include "base/le.h"
#include "isa/arm64/paging.h"
#include "sliced.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { CODE_END = RIG_DATA - 8 };
enum { ROOT_4K = 0x9000, MIDDLE = 0xa000, LAST = 0xb000, ROOT_16K = 0xc000, ROOT_64K = 0xd000 };

static u64 place(struct input *in, u8 how) {
    switch (how >> 5) {
    case 2: return RIG_RAM + (take(in, 2) & (RIG_RAM_SIZE - 1));
    case 3: return (how & 1 ? SLICED_DEVICE : 0x200000) - 16 + take(in, 1);
    case 4: return RIG_RAM + ROOT_4K + (take(in, 2) & 0x3fff);
    default: return (RIG_RAM + ((u64)(how & 15) << 12)) | (how & 16 ? 0x443 : 3); // a descriptor
    }
}

// Any row's encoding with any free bits: so every instruction is a step away, and not one word in a million.
static u32 encode(unsigned row, u32 word) {
    unsigned count = 0;
    for (unsigned t = 0; arm64_tables[t]; t++) count += arm64_tables[t]->count;
    row %= count;
    unsigned t = 0;
    while (row >= arm64_tables[t]->count) row -= arm64_tables[t++]->count;
    struct arm64_pattern p;
    if (!arm64_pattern_parse(arm64_tables[t]->rows[row].bits, &p)) abort();
    return (word & ~p.mask) | p.match;
}

// Registers that change what follows.
static u32 system_register(unsigned i, bool write, unsigned rt) {
    static const u16 all[16] = {
        ARM64_SYSREG(3, 0, 1, 0, 0) /* SCTLR */,     ARM64_SYSREG(3, 0, 1, 0, 2) /* CPACR */,
        ARM64_SYSREG(3, 0, 2, 0, 0) /* TTBR0 */,     ARM64_SYSREG(3, 0, 2, 0, 1) /* TTBR1 */,
        ARM64_SYSREG(3, 0, 2, 0, 2) /* TCR */,       ARM64_SYSREG(3, 0, 4, 0, 0) /* SPSR */,
        ARM64_SYSREG(3, 0, 4, 0, 1) /* ELR */,       ARM64_SYSREG(3, 0, 4, 1, 0) /* SP_EL0 */,
        ARM64_SYSREG(3, 0, 4, 2, 0) /* SPSel */,     ARM64_SYSREG(3, 0, 4, 2, 3) /* PAN */,
        ARM64_SYSREG(3, 0, 4, 2, 4) /* UAO */,       ARM64_SYSREG(3, 3, 4, 2, 1) /* DAIF */,
        ARM64_SYSREG(3, 0, 12, 0, 0) /* VBAR */,     ARM64_SYSREG(3, 3, 14, 3, 0) /* CNTV_TVAL */,
        ARM64_SYSREG(3, 3, 14, 3, 1) /* CNTV_CTL */, ARM64_SYSREG(3, 3, 14, 2, 2) /* CNTP_CVAL */,
    };
    return (write ? 0xd5000000 : 0xd5200000) | (u32)all[i] << 5 | (rt & 31);
}

static void timer(void *ctx, enum arm64_timer which, bool level) {
    arm64_set_line(((struct arm64_rig *)ctx)->c, which == ARM64_TIMER_VIRTUAL ? ARM64_IRQ : ARM64_FIQ, level);
}

static void put(struct arm64_rig *r, u64 at, u64 v) { st64(r->ram + at, v); }

// RAM at its own address in a block of each granule's. 4K: also, from 0 on, its pages twice, and the device. 16K: its pages by a table that is the
// root, too.
static void tables(struct arm64_rig *r, unsigned settings, bool guarded) {
    u64 rights = BIT(10) | (guarded ? BIT(50) : 0) | (settings & 1 ? 0x40 : 0) | (settings & 2 ? 0x800 : 0),
        page = rights | (settings & 4 ? 0x80 : 0) | 3;
    put(r, ROOT_4K + 8, RIG_RAM | rights | 1);
    put(r, ROOT_4K, (RIG_RAM + MIDDLE) | 3);
    put(r, MIDDLE, (RIG_RAM + LAST) | 3);
    put(r, MIDDLE + 8 * 128, SLICED_DEVICE | rights | 1);
    for (unsigned i = 0; i < 32; i++) put(r, LAST + 8 * i, (RIG_RAM + ((u64)(i & 15) << 12)) | (i & 16 ? page : rights | 3));
    put(r, ROOT_16K + 8 * 32, RIG_RAM | rights | 1);
    put(r, ROOT_16K, (RIG_RAM + ROOT_16K) | 3);
    for (unsigned i = 64; i < 72; i++) put(r, ROOT_16K + 8 * i, (RIG_RAM + ((u64)(i & 3) << 14)) | page);
    put(r, ROOT_64K + 8 * 2, RIG_RAM | rights | 1);
}

static void translation(struct arm64_state *s, unsigned granule) {
    static const u16 roots[4] = {ROOT_4K, ROOT_64K, ROOT_16K, ROOT_4K}, sizes[4] = {25, 33, 33, 25};
    static const u8 upper[4] = {2, 3, 1, 2};
    s->ttbr0 = s->ttbr1 = RIG_RAM + roots[granule];
    s->tcr = sizes[granule] | (u64)sizes[granule] << 16 | granule << 14 | (u64)upper[granule] << 30 | (u64)5 << 32;
}

// What the whole of the input says; the code is at RIG_CODE.
static void set_up(void *rig, struct input in) {
    struct arm64_rig *r = rig;
    arm64_rig_reset(r);
    u8 mode = (u8)take(&in, 1), others = (u8)take(&in, 1);
    take(&in, 1);
    u8 settings = (u8)take(&in, 1);
    struct arm64_state *s = &r->c->s;
    tables(r, settings, mode & 128);
    unsigned at = RIG_CODE;
    while (in.left && at < CODE_END) {
        u8 what = (u8)take(&in, 1), low;
        if (what & 0x80) {
            low = (u8)take(&in, 1);
            st32(r->ram + at, encode((what & 127u) << 8 | low, (u32)take(&in, 4)));
        } else if ((what & 0x60) == 0x40) {
            st32(r->ram + at, system_register(what >> 1 & 15, what & 1, (u8)take(&in, 1)));
        } else if (what & 0x40) {
            st32(r->ram + at, (u32)take(&in, 4));
        } else {
            unsigned x = what >> 1 & 31;
            s->x[x == 31 ? ARM64_SP : x] = sliced_value(&in, place);
            continue;
        }
        at += 4;
    }
    s->pc = RIG_RAM + RIG_CODE;
    s->sp_other = RIG_RAM + RIG_DATA;
    s->daif = others & 1 ? 15 : 0;
    s->pan = others >> 1 & 1;
    s->uao = others >> 2 & 1;
    if (others & 8) s->cpacr = 0;
    if (others & 16) s->vbar = RIG_RAM;
    s->sctlr |= (others & 32 ? SCTLR_A : 0) | (others & 64 ? SCTLR_SA | SCTLR_SA0 : 0) |
                (others & 128 ? SCTLR_DZE | SCTLR_UCI | SCTLR_UCT | SCTLR_UMA | SCTLR_NTWI : 0) | (mode & 4 ? SCTLR_M : 0) |
                (mode & 8 ? SCTLR_WXN : 0);
    if (settings & 8) s->sctlr &= ~SCTLR_SPAN;
    if (settings & 16) s->cntkctl = 0x303;
    translation(s, mode >> 4 & 3);
    if (settings & 32) s->tcr |= TCR_TBI0 | TCR_TBI1;
    if (settings & 64) s->tcr |= TCR_A1 | TCR_AS;
    s->cntv_cval = 1 + (settings >> 7);
    s->cntv_ctl = mode >> 6 & 1;
    arm64_select_sp(s, mode >> 1 & 1, mode & 1);
    arm64_tables_make(r->c->tables, s->tcr, r->c->model);
    tlb_flush_all(&r->c->v);
    arm64_space_changed(r->c);
    arm64_mode_changed(r->c);
    arm64_timer_update(r->c);
}

static void legal(const void *rig) {
    const struct arm64_state *s = &((const struct arm64_rig *)rig)->c->s;
    bool bad = s->x[31] || s->el > 1 || s->sp_sel > 1 || s->daif > 15 || s->il > 1 || s->pan > 1 || s->uao > 1 || s->btype > 3 ||
               s->c > 1 || s->vbar & 0x7ff || s->exclusive_bytes > 16 || s->cntv_ctl > 3 || s->cntp_ctl > 3;
    if (!bad) return;
    fprintf(stderr, "an illegal state: EL%u, SP %u, DAIF %x, pc %llx\n", s->el, s->sp_sel, s->daif, (unsigned long long)s->pc);
    abort();
}

static u64 run(void *rig, u64 ticks) { return arm64_run(((struct arm64_rig *)rig)->c, ticks); }

static bool wake(void *rig) {
    struct arm64_state *s = &((struct arm64_rig *)rig)->c->s;
    bool waited = s->waiting;
    s->waiting = 0;
    return waited;
}

static const void *state(void *rig) {
    struct arm64_state *s = &((struct arm64_rig *)rig)->c->s;
    s->x[ARM64_SINK] = s->x[ARM64_BASE] = 0;
    return s;
}

static u64 pc(const void *s) { return ((const struct arm64_state *)s)->pc; }

static const struct sliced_cpu cpu = {sizeof(struct arm64_state), set_up, run, wake, legal, state, pc};

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    static struct arm64_rig rig;
    static struct sliced s = {.cpu = &cpu, .rig = &rig, .m = &rig.bare, .ram_size = RIG_RAM_SIZE};
    if (!rig.ram) {
        arm64_rig_open(&rig, "max");
        rig.c->port.ctx = &rig;
        rig.c->port.timer = timer;
        sliced_open(&s);
    }
    if (size < 5) return 0;
    sliced_run(&s, (struct input){data, size}, 1 + data[2] % 7);
    return 0;
}
