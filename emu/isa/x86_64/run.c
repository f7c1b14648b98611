// SPDX-License-Identifier: MIT
// The processor's loop: what happens between instructions (SDM vol. 3A, 6.9), blocks, and the way out of a fault.
#include "isa/x86_64/block.h"
#include "isa/x86_64/debug.h"
#include "isa/x86_64/flags.h"
#include "isa/x86_64/mem.h"

#include "emu/emu.h"

#define NO_JUMPS (~(u64)0) // a key that no entry has

static struct jump_entry *jump_slot(struct x86_cpu *c, u64 rip) {
    return &c->jump[(rip ^ rip >> JUMP_BITS) & ((1u << JUMP_BITS) - 1)];
}

// A slice may end anywhere, and leaves no trace in the guest: what comes next is entered without looking it up, where it would
// have been without the slice's end. A look-up walks the page tables, which sets accessed bits; so the walks must be a matter of
// the guest's instructions alone. c->resume keeps the place: instruction `at` of `block`, which lies at `rip`.
static void stay_at(struct x86_cpu *c, struct block *b, unsigned at, u64 rip) {
    c->resume.block = b;
    c->resume.at = at;
    c->resume.key = c->jump_key;
    c->resume.rip = rip;
}

// The way out of a part of a block (block_part).
OP(x86_part_end) {
    u64 rip = THIS_RIP;
    stay_at(c, c->block->owner, (unsigned)u->imm, rip);
    EXIT(rip);
}

// The links are written here and not on the way through: a link that holds is all the next visit needs.
#define DISPATCH(name, known, remember)                                                            \
    OP(name) {                                                                                     \
        u64 rip = c->s.rip;                                                                        \
        const struct jump_entry *j = jump_slot(c, rip);                                            \
        struct block *b = known;                                                                   \
        if (!b && likely(j->rip == rip && j->key == c->jump_key)) {                                \
            b = j->block;                                                                          \
            remember;                                                                              \
        }                                                                                          \
        if (likely(b)) {                                                                           \
            if (likely(c->left >= b->cost)) {                                                      \
                c->left -= b->cost;                                                                \
                ENTER_BLOCK(b, rip);                                                               \
                [[clang::musttail]] return b->u[0].fn(c, b->u);                                    \
            }                                                                                      \
            if (b->cost != BLOCK_DROPPED) stay_at(c, b, 0, rip);                                   \
        }                                                                                          \
        EXIT(rip);                                                                                 \
    }
DISPATCH(x86_dispatch, NULL, )
#define DISPATCH_LINK(which)                                                                       \
    DISPATCH(x86_dispatch_link##which, linked(c, which, rip),                                      \
             c->block->link[which] = ((struct block_link){c->jump_key, rip, b}))

// The link held, but the slice could not pay for where it leads.
static struct block *linked(const struct x86_cpu *c, unsigned which, u64 rip) {
    const struct block_link *l = &c->block->link[which];
    return l->key == c->jump_key && l->rip == rip && l->to->cost != BLOCK_DROPPED ? l->to : NULL;
}
DISPATCH_LINK(0)
DISPATCH_LINK(1)

OP(op_ud) { RAISE(EXC_UD, 0); }
OP(op_gp0) { RAISE(EXC_GP, 0); }

static u64 mode_of(const struct x86_state *s) {
    u64 mode;
    bool real = !(s->cr0 & CR0_PE) || s->rflags & FL_VM;
    if (s->efer & EFER_LMA && s->seg[CS].attr & AR_L)
        mode = MODE_CODE64 | MODE_STACK64;
    else
        mode = (s->seg[CS].attr & AR_DB ? MODE_CODE32 : MODE_CODE16) |
               (s->seg[SS].attr & AR_DB ? MODE_STACK32 : MODE_STACK16) | (real ? MODE_REAL : 0);
    if (s->cpl == 3 && s->cr0 & CR0_AM && s->rflags & FL_AC) mode |= MODE_ALIGN;
    return mode;
}

void x86_new_jump_generation(struct x86_cpu *c) {
    memset(c->code_pages, 0, sizeof c->code_pages);
    // Comparing keys is cheaper than clearing 4,096 entries and every block's links; only a wrapped count needs the real thing.
    if (++c->jump_generation) return;
    memset(c->jump, 0, sizeof c->jump);
    c->jump_generation = 1;
    block_cache_flush(c);
}

void x86_mode_changed(struct x86_cpu *c) {
    const struct x86_state *s = &c->s;
    c->mode = mode_of(s);
    bool open = !(s->cr4 & CR4_SMAP) || s->rflags & FL_AC;
    c->tlb_key = (u64)c->tlb_asid << 2 | (s->cpl == 3 ? 1 : open ? 2 : 0);
    // RIP finds a block only under one CS base and limit.
    const struct x86_seg *cs = &s->seg[CS];
    if (cs->base != c->jump_cs_base || cs->limit != c->jump_cs_limit) {
        c->jump_cs_base = cs->base;
        c->jump_cs_limit = cs->limit;
        x86_new_jump_generation(c);
    }
    c->jump_key = c->single ? NO_JUMPS : (u64)c->jump_generation << 32 | c->mode << 12 | c->tlb_key;
}

void x86_sync_clock(struct x86_cpu *c) { c->clock->now = c->slice_end - (u64)c->left; }

void x86_sync_device(struct x86_cpu *c) {
    x86_sync_clock(c);
    clock_fire(c->clock);
}

void x86_stall(struct x86_cpu *c, u64 ns) {
    c->left -= (i64)ns;
    c->stalled += ns;
}

u64 x86_rip(const struct x86_cpu *c) { return c->cur ? c->s.gpr[17] + c->cur->off : c->s.rip; }

void x86_restart_single(struct x86_cpu *c) {
    c->restart = true;
    __builtin_longjmp(c->jump_out, 1);
}

void x86_set_ferr(struct x86_cpu *c, bool level) {
    c->s.ferr = level;
    if (c->apic.ferr) c->apic.ferr(c->apic.ctx, level);
}

void x86_freeze(struct x86_cpu *c) {
    c->freeze = true;
    __builtin_longjmp(c->jump_out, 1);
}

static void set_single(struct x86_cpu *c, bool single) {
    c->single = single;
    x86_mode_changed(c);
}

// Gives back what the block had been charged beyond the instruction that did not complete.
static void settle(struct x86_cpu *c) {
    if (!c->cur) return;
    c->left += c->block->n - c->cur->n;
    c->s.rip = c->s.gpr[17] + c->cur->off;
    c->cur = NULL;
}

// A delivery costs one tick: so a guest whose handlers fault at once still gets to the end of its slice.
static void deliver(struct x86_cpu *c) {
    x86_sync_clock(c);
    c->left--;
    x86_deliver_exception(c);
}

static void deliver_debug(struct x86_cpu *c, u32 bits) {
    c->exc.vector = EXC_DB;
    c->exc.software = false;
    c->exc.error = bits;
    deliver(c);
}

bool x86_wakes(const struct x86_cpu *c) {
    const struct x86_state *s = &c->s;
    if (s->pending_db || s->init_pending) return true;
    if (s->nmi_pending && !s->nmi_blocked) return true;
    return s->rflags & FL_IF && c->apic.pending && c->apic.pending(c->apic.ctx);
}

// INIT, traps of the instruction before, NMI, interrupts: true when one was taken.
static bool between_instructions(struct x86_cpu *c) {
    struct x86_state *s = &c->s;
    if (s->init_pending) {
        x86_sync_clock(c);
        c->left--;
        x86_init(c);
        if (c->apic.init) c->apic.init(c->apic.ctx);
        return true;
    }
    if (s->pending_db && s->shadow != 2) {
        u32 bits = s->pending_db;
        s->pending_db = 0;
        deliver_debug(c, bits);
        return true;
    }
    if (s->shadow) return false;
    if (s->nmi_pending && !s->nmi_blocked) {
        s->nmi_pending = 0;
        s->nmi_blocked = 1;
        x86_sync_clock(c);
        c->left--;
        x86_deliver_interrupt(c, EXC_NMI);
        return true;
    }
    if (!(s->rflags & FL_IF) || !c->apic.pending || !c->apic.pending(c->apic.ctx)) return false;
    x86_sync_clock(c);
    int vector = c->apic.ack(c->apic.ctx);
    if (vector < 0) return false;
    c->left--;
    x86_deliver_interrupt(c, (unsigned)vector);
    return true;
}

// Runs b, whose instruction `at` is the next one, from there on.
static void enter(struct x86_cpu *c, struct block *b, unsigned at) {
    c->left -= b->n - at;
    ENTER_BLOCK(b, c->s.rip - b->u[at].off);
    b->u[at].fn(c, &b->u[at]);
}

// The same, or as much of it as the slice can pay for.
static void enter_part(struct x86_cpu *c, struct block *b, unsigned at) {
    if (c->left >= b->n - at)
        enter(c, b, at);
    else
        enter(c, block_part(c, b, at, (unsigned)c->left), 0);
}

static void gone(struct x86_cpu *c, gpa_t at) {
    log_error(c->env->plat,
              "guest ran off into unmapped memory: fetch at RIP 0x%llx (CS 0x%x), physical address 0x%llx is not RAM",
              (unsigned long long)c->s.rip, c->s.seg[CS].sel, (unsigned long long)at);
    c->leave = true;
    c->env->finish(c->env->finish_ctx, EMU_UNMAPPED, 0);
}

static void run_blocks(struct x86_cpu *c) {
    gpa_t at;
    u64 rip = c->s.rip;
    struct block *b = block_at_rip(c, &at);
    if (!b) {
        gone(c, at);
        return;
    }
    *jump_slot(c, rip) = (struct jump_entry){rip, c->jump_key, b};
    enter_part(c, b, 0);
}

// Where the last slice ended is still where the guest goes on.
static bool resumes(const struct x86_cpu *c, const struct block *b) {
    return b && c->resume.key == c->jump_key && c->resume.rip == c->s.rip && b->cost != BLOCK_DROPPED;
}

// One instruction by itself: single-stepping, breakpoints, interrupt shadows, MMIO.
static void run_one(struct x86_cpu *c) {
    struct x86_state *s = &c->s;
    bool resume = s->rflags & FL_RF || s->shadow == 2; // behind MOV SS as if RF were 1 (6.8.3)
    c->step = s->rflags & FL_TF;
    c->partial = false;
    c->db_before = s->pending_db;
    s->rflags &= ~(u32)FL_RF;
    if (x86_debug_armed(c) && !resume) {
        u32 hit = x86_debug_code_hit(c, s->seg[CS].base + s->rip);
        if (hit) {
            deliver_debug(c, hit);
            return;
        }
    }
    s->shadow = 0;
    gpa_t at;
    set_single(c, true);
    struct block *b = block_at_rip(c, &at);
    if (!b)
        gone(c, at);
    else
        enter(c, b, 0);
    set_single(c, false);
    if (c->step && s->shadow != 2) s->pending_db |= DR6_BS; // that of MOV SS is suppressed, not put off (6.8.3)
}

static void step(struct x86_cpu *c, bool single) {
    struct x86_state *s = &c->s;
    struct block *here = c->resume.block; // for this step, or for none
    c->resume.block = NULL;
    if (!single && between_instructions(c)) return;
    if (single || s->shadow || s->rflags & FL_TF || x86_debug_armed(c)) {
        run_one(c);
        return;
    }
    s->rflags &= ~(u32)FL_RF; // lasts for one instruction, and only a breakpoint would see it
    if (resumes(c, here))
        enter_part(c, here, c->resume.at);
    else
        run_blocks(c);
}

[[gnu::noinline]] static void loop(struct x86_cpu *c, bool single) {
    while (c->left > 0 && !c->leave) {
        if (c->s.halted) {
            if (!x86_wakes(c)) break;
            c->s.halted = 0;
        }
        step(c, single);
        single = false;
        // A device may have set a timer that is due before this slice ends.
        if (clock_next(c->clock) < c->slice_end) break;
    }
}

// False when it was left by x86_raise or x86_restart_single. A frame of its own that reads nothing after the longjmp: the
// compiler does not know of that way back and may have used any stack slot for something else.
[[gnu::noinline]] static bool loop_until_raise(struct x86_cpu *c, bool single) {
    void *out[5];
    c->jump_out = out;
    if (__builtin_setjmp(out)) return false;
    loop(c, single);
    return true;
}

// The single instruction that runs has raised. It will meet its data breakpoints when it is run again; but for what a gather has
// done already, whose trap comes in place of the fault, with RF set (vol. 2, VPGATHERDD): true.
static bool traps_instead(struct x86_cpu *c) {
    struct x86_state *s = &c->s;
    if (!c->partial) {
        s->pending_db = c->db_before;
        return false;
    }
    if (c->step) s->pending_db |= DR6_BS;
    if (s->pending_db) s->rflags |= FL_RF;
    return s->pending_db;
}

// The processor stands before an x87 instruction like before the one behind HLT. The error is reported here and not by the
// instruction that made it, as the Intel486 and the Pentium do (appendix D.2.1.1): where the interrupt comes is exact.
static void stand_frozen(struct x86_cpu *c) {
    c->freeze = false;
    if (c->single) {
        c->s.pending_db = c->db_before;
        set_single(c, false);
    }
    c->s.halted = 1;
    x86_sync_clock(c);
    if (!c->s.ferr) x86_set_ferr(c, true);
}

u64 x86_run(struct x86_cpu *c, u64 n) {
    if (n > BLOCK_DROPPED / 2) n = BLOCK_DROPPED / 2;
    c->left = (i64)n;
    c->slice_end = c->clock->now + n;
    c->stalled = 0;
    c->cur = NULL;
    c->leave = c->restart = c->freeze = false;
    bool single = false;
    while (!loop_until_raise(c, single)) {
        settle(c);
        if (c->freeze) {
            stand_frozen(c);
            single = false;
            continue;
        }
        single = c->restart;
        c->restart = false;
        bool trap = c->single && !single && traps_instead(c);
        if (c->single) set_single(c, false);
        if (single || trap) continue;
        deliver(c);
        if (clock_next(c->clock) < c->slice_end) break; // its frame may have gone to a device that set a timer
    }
    return n - (u64)c->left;
}
