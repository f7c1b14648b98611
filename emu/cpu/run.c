// SPDX-License-Identifier: MIT
// The processor's loop: what happens between instructions, blocks and slices, and where a fault unwinds to.
#include "cpu/debug.h"
#include "cpu/dispatch.h"
#include "cpu/measure.h"
#include "cpu/tlb.h"

#define NO_JUMPS (~(u64)0) // a key that no entry has

void vcpu_init(struct vcpu *v, const struct isa *isa, struct env *env, struct bus *bus) {
    v->isa = isa;
    v->env = env;
    v->clock = env->clock;
    v->bus = bus;
    v->blocks = block_cache_create(env, bus);
    bus->code_write = block_code_write;
    bus->code_ctx = v;
    v->written = env_alloc(env, bus->page_count * sizeof *v->written);
    memset(v->trail, 0xff, sizeof v->trail); // TRAIL_EMPTY
    tlb_clear(v);
}

// Where a slice ends must not change the run. A look-up of a block walks the page tables and sets accessed bits, so the end of a slice
// must not cause one: the next slice enters the block that would have run next, without looking it up. v->resume remembers it:
// instruction `at` of `block`, at address `pc`.
void block_stay(struct vcpu *v, struct block *b, unsigned at, u64 pc) {
    v->resume.block = b;
    v->resume.at = at;
    v->resume.key = v->jump_key;
    v->resume.pc = pc;
}

void block_leave(struct vcpu *v, struct block *b, u64 pc) {
    v->left += v->block->n;
    v->slice_end -= (u64)v->left;
    v->left = 0;
    v->measure->other = true;
    v->cur = NULL;
    block_stay(v, b, 0, pc);
}

void vcpu_new_jump_generation(struct vcpu *v) {
    memset(v->code_pages, 0, sizeof v->code_pages);
    memset(v->code_regions, 0, sizeof v->code_regions);
    v->code_local = 0;
    // A new number makes the keys of all entries and links invalid, which is cheaper than clearing them. They are cleared only when
    // the number wraps, because old keys would be valid again.
    if (++v->jump_generation) return;
    memset(v->jump, 0, sizeof v->jump);
    v->jump_generation = 1;
    block_cache_flush(v);
}

// A jump key has the address space number only where it has to. A translation through a global page may be used in every address space
// until a flush drops it (SDM vol. 3A, 4.10.2.4; RISC-V privileged, 4.3.1), and each such flush of a page with code begins a
// new generation. So while all code that this generation's entries and links lead to in a context (privilege) is on global pages, as a
// kernel's is, they are good in every space, and the number of the globals stands in the key. The first fetch from another page
// changes the key (note_code in tlb.c) and with it leaves the entries behind.
void vcpu_rekey(struct vcpu *v) {
    u64 context = v->fetch_key & mask(KEY_ASID_SHIFT - 1, 0), asid = v->code_local >> context & 1 ? v->asid : v->asid_global;
    v->jump_key =
        v->single ? NO_JUMPS : (u64)v->jump_generation << 32 | v->mode << JUMP_MODE_SHIFT | asid << KEY_ASID_SHIFT | context;
}

bool vcpu_is_jump_key(const struct vcpu *v, u64 key) { return key != NO_JUMPS && key >> 32 == v->jump_generation; }

void vcpu_sync_clock(struct vcpu *v) { v->clock->now = v->slice_end - (u64)v->left; }

void vcpu_sync_device(struct vcpu *v) {
    vcpu_sync_clock(v);
    clock_fire(v->clock);
}

void vcpu_stall(struct vcpu *v, u64 ns) {
    v->left -= (i64)ns;
    v->stalled += ns;
}

u64 vcpu_pc(const struct vcpu *v) {
    struct vcpu *w = (struct vcpu *)(hva_t)v;
    return v->cur ? *isa_base(w) + v->cur->off : *isa_pc(w);
}

void vcpu_left_midway(const struct vcpu *v, const struct uop *u) {
    char text[160];
    plat_format(text, sizeof text, "the instruction %u bytes into the block at 0x%llx left it, and its row does not say ENDS",
                u->off, (unsigned long long)*isa_base((struct vcpu *)(hva_t)v));
    v->env->plat->panic(v->env->plat, text);
    __builtin_trap();
}

void vcpu_leap(struct vcpu *v) { __builtin_longjmp(v->jump_out, 1); }

void vcpu_restart_single(struct vcpu *v) {
    v->restart = true;
    vcpu_leap(v);
}

static void set_single(struct vcpu *v, bool single) {
    v->single = single;
    v->isa->mode_changed(v);
}

// Gives back to the slice what it was charged for the instructions of the block that did not run, the one at v->cur among them.
static void settle(struct vcpu *v) {
    if (!v->cur) return;
    v->left += v->block->n - v->cur->n;
    *isa_pc(v) = vcpu_pc(v);
    v->cur = NULL;
}

// The instruction that has met a watchpoint comes next: it is the last slice's end as good as any.
static void start_again(struct vcpu *v) {
    struct block *b = v->block;
    unsigned n = v->cur->n;
    settle(v);
    if (b->owner) n += (unsigned)b->u[b->n].imm - b->n; // a part
    block_stay(v, b->owner ? b->owner : b, n, *isa_pc(v));
    if (!v->debug->hit) return;
    v->slice_end -= (u64)v->left; // it stops in front of it
    v->left = 0;
}

// Runs b, whose instruction `at` is the next one, from there on.
static void enter(struct vcpu *v, struct block *b, unsigned at) {
    if (unlikely(v->counting)) measure_enters(v, b, at);
    u64 pc = *isa_pc(v) - b->u[at].off;
    v->left -= b->n - at;
    *isa_base(v) = pc;
    v->trail[v->trail_at++] = pc;
    v->block = b;
    v->isa->enter(v, b, at);
}

// The same, but only as many instructions as the slice has left.
static void enter_part(struct vcpu *v, struct block *b, unsigned at) {
    unsigned n = b->n - at;
    if (unlikely(v->debug != NULL)) n = debug_most(v, b, at, n);
    if (v->left >= n && n == b->n - at) enter(v, b, at);
    else enter(v, block_part(v, b, at, v->left < n ? (unsigned)v->left : n), 0);
}

// The block at the PC is found in the jump cache, as a branch would find it, or else looked up.
static void run_blocks(struct vcpu *v) {
    u64 pc = *isa_pc(v);
    struct jump_entry *j = jump_slot(v, pc);
    if (j->pc != pc || j->key != v->jump_key || j->block->cost == BLOCK_DROPPED) {
        gpa_t at;
        struct block *b = block_at_pc(v, &at);
        if (!b) {
            v->isa->nothing_at(v, at);
            return;
        }
        *j = (struct jump_entry){pc, v->jump_key, b};
    }
    enter_part(v, j->block, 0);
}

// The guest still goes on where the last slice ended.
static bool resumes(struct vcpu *v, const struct block *b) {
    return b && v->resume.key == v->jump_key && v->resume.pc == *isa_pc(v) && b->cost != BLOCK_DROPPED;
}

// One instruction by itself: single-stepping, breakpoints, interrupt shadows, devices.
static void run_one(struct vcpu *v) {
    const struct isa *isa = v->isa;
    if (isa->alone_before && isa->alone_before(v)) return;
    gpa_t at;
    set_single(v, true);
    struct block *b = block_at_pc(v, &at);
    if (!b) isa->nothing_at(v, at);
    else enter(v, b, 0);
    set_single(v, false);
    if (isa->alone_after) isa->alone_after(v);
}

[[gnu::noinline]] static void loop(struct vcpu *v, bool single) {
    while (v->left > 0 && !v->leave) {
        enum between next = single ? BETWEEN_ALONE : v->isa->between(v);
        if (next == BETWEEN_HALT) break;
        if (unlikely(v->debug != NULL) && !single && debug_stops(v, next == BETWEEN_TOOK)) break;
        single = false;
        struct block *here = v->resume.block; // for this step, or for none
        v->resume.block = NULL;
        if (next == BETWEEN_ALONE) run_one(v);
        else if (next == BETWEEN_GO && resumes(v, here)) enter_part(v, here, v->resume.at);
        else if (next == BETWEEN_GO) run_blocks(v);
        // A device may have set a timer that is due before this slice ends.
        if (clock_next(v->clock) < v->slice_end) break;
    }
}

// False: vcpu_leap was called. This must be a function of its own which reads no variable after the longjmp: the compiler does not
// know that control can come back here, and may have reused any stack slot.
[[gnu::noinline]] static bool loop_until_leap(struct vcpu *v, bool single) {
    void *out[5];
    v->jump_out = out;
    if (__builtin_setjmp(out)) return false;
    loop(v, single);
    return true;
}

// A delivery costs one tick. Otherwise a slice would never end when the first instruction of a guest's fault handler faults.
static void deliver(struct vcpu *v) {
    vcpu_sync_clock(v);
    v->left--;
    v->isa->deliver(v);
}

// The numbers that are given out count, too: when they run out, all translations go. So they begin where a new processor's do; but for the
// jumps', by which links between blocks that are kept are known to be old.
void vcpu_forget(struct vcpu *v) {
    v->cur = NULL;
    v->block = v->resume.block = NULL;
    v->leave = v->restart = v->single = false;
    bool keeps = v->measure && v->measure->repeat.again;
    if (!keeps) block_cache_forget(v);
    tlb_forget_all(v);
    v->isa->reload(v);
    memset(v->jump, 0, sizeof v->jump);
    if (!keeps) v->jump_generation = 0;
    vcpu_new_jump_generation(v);
    vcpu_rekey(v);
}

// Runs at most n instructions from time `from` on.
static u64 run_slice(struct vcpu *v, u64 from, u64 n) {
    if (n > BLOCK_DROPPED / 2) n = BLOCK_DROPPED / 2;
    v->left = (i64)n;
    v->slice_end = from + n;
    v->stalled = 0;
    v->cur = NULL;
    v->leave = v->restart = false;
    bool single = false;
    while (!loop_until_leap(v, single)) {
        if (unlikely(v->debug != NULL) && debug_leapt(v)) {
            start_again(v);
            continue;
        }
        settle(v);
        bool alone = v->single;
        single = v->restart;
        v->restart = false;
        bool exception = !single && v->isa->raised(v, alone);
        if (alone) set_single(v, false);
        if (!exception) continue;
        deliver(v);
        if (clock_next(v->clock) < v->slice_end) break; // the frame may have been pushed to a device, which set a timer
    }
    return v->slice_end - (u64)v->left - from; // not n: a slice may have been cut short (measure.c)
}

// While instructions are counted one by one each has a slice of its own: where a slice ends leaves no trace in the guest. What a slice
// of n would have looked at in its loop is looked at here.
static u64 run_measured(struct vcpu *v, u64 n) {
    u64 from = v->clock->now, passed = 0, stalled = 0;
    for (unsigned slices = 0; passed < n && slices < MEASURE_SLICES; slices++) {
        measure_slice_begins(v, from + passed);
        u64 ns = run_slice(v, from + passed, v->counting ? 1 : n - passed);
        passed += ns;
        stalled += v->stalled;
        bool other = measure_slice_ended(v, ns - v->stalled);
        if (!ns || v->leave || measure_repeat_stops(v->measure) || (!v->counting && !other) || clock_next(v->clock) < from + n)
            break;
    }
    v->stalled = stalled;
    return passed;
}

u64 vcpu_run(struct vcpu *v, u64 n) { return likely(!v->measure) ? run_slice(v, v->clock->now, n) : run_measured(v, n); }
