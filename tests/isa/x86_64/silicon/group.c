// SPDX-License-Identifier: MIT
// The cases of one encoding, in both worlds. Memory is compared and put back where a case may write; the rest of it is
// looked at when the group is over. Whatever is not as it should be then has the group run again, case by case.
#include "base/le.h"
#include "rig.h"

#include <stdlib.h>
#include <string.h>

#define VSYSCALL 0xffffffffff600000ull

const struct insn *all_rows[MAX_ROWS];
unsigned row_count;

void collect_rows(void) {
    for (const struct insn_table *const *t = x86_tables; *t; t++)
        for (unsigned i = 0; i < (*t)->count; i++) all_rows[row_count++] = &(*t)->rows[i];
    if (row_count > MAX_ROWS) abort();
}

static unsigned row_number(const struct insn *row) {
    unsigned before = 0;
    for (const struct insn_table *const *t = x86_tables; *t; before += (*t)->count, t++)
        if (row >= (*t)->rows && row < (*t)->rows + (*t)->count) return before + (unsigned)(row - (*t)->rows);
    abort();
}

// exempt() is asked once per row.
static bool left_out(const struct insn *row) {
    static u8 answer[MAX_ROWS];
    u8 *a = &answer[row_number(row)];
    if (!*a) *a = exempt(row) ? 2 : 1;
    return *a == 2;
}

static bool is_system(const struct insn *row) {
    static const struct insn_table *const tables[] = {&x86_table_far, &x86_table_sys, &x86_table_io};
    for (unsigned i = 0; i < countof(tables); i++)
        if (row >= tables[i]->rows && row < tables[i]->rows + tables[i]->count) return true;
    return false;
}

// How often a row's turn comes: what always faults or leaves is slow and soon tried.
static unsigned weight(const struct insn *row) {
    if (exempt(row) || row->flags & ENDS) return 1;
    return is_system(row) ? 1 : 4;
}

// The row of a group; NULL: random bytes. Neighbours in the table are neighbours in time, but not in the seed.
static const struct insn *row_of(u64 group) {
    static unsigned total, slot[4 * MAX_ROWS];
    if (!total)
        for (unsigned i = 0; i < row_count; i++)
            for (unsigned w = weight(all_rows[i]); w--;) slot[total++] = i;
    unsigned at = (unsigned)(group % (total + total / 16));
    return at < total ? all_rows[slot[at]] : NULL;
}

static struct rng rng_for(u64 seed, u64 number, u64 what) {
    struct rng g = {.s = seed * 0xd1342543de82ef95u + number * 0x2545f4914f6cdd1du + what};
    rnd(&g);
    return g;
}

// ---- one case

// It goes on to the exit in the emulator, too.
static bool goes_on(const struct isa_case *k) {
    return (k->variant == PLAIN || k->variant == NOFLAGS) && !k->vague && !(k->row->flags & ENDS);
}

// How many instructions the emulator is to take in one slice: the producer, the instruction, what overwrites flags, the jump to the exit.
static unsigned most_of(const struct isa_case *k) {
    return k->variant == STEP ? 1 : PRODUCERS + 1 + goes_on(k) * (k->variant == NOFLAGS ? 2 : 1);
}

static void run_guest(struct guest *guest, const struct isa_case *k, struct outcome *o) {
    const struct course how = {
        .most = most_of(k), .again = k->variant == REPEAT ? k->rip : 0, .front = k->variant == STEP ? k->front : 0};
    guest_step(guest, &k->r, o, how);
    o->exits = o->vector == NO_FAULT && (o->r.rip == EXIT_64 || o->r.rip == EXIT_32);
    if (o->exits && goes_on(k)) o->r.rip = k->rip + k->length;
}

// The most ticks that a repeated instruction takes: one for each iteration, and for the one that faults; a count of 0 takes one, too.
// The fewest are one, since a tick may do as many iterations as a page has (test_x86_strings).
static u64 iterations(const struct isa_case *k, const struct outcome *e) {
    unsigned mem = k->d.uop.mem, bits = mem & MEM_ADDR32 ? 32 : mem & MEM_ADDR16 ? 16 : 64;
    u64 done = (k->r.gpr[RCX] - e->r.gpr[RCX]) & mask(bits - 1, 0);
    return done + (!done || e->vector != NO_FAULT);
}

// The emulator's account is right: it took what it was to take, and that is what it takes to get where the processor got.
static bool same_ticks(const struct isa_case *k, const struct outcome *n, const struct outcome *e) {
    if (k->variant == STEP) return e->ticks == PRODUCERS + 1;
    if (k->variant == REPEAT) return e->ticks > PRODUCERS && e->ticks <= PRODUCERS + iterations(k, e);
    return e->ticks == most_of(k) && (!goes_on(k) || n->vector != NO_FAULT || n->exits == e->exits);
}

// It went where it was to go, and only there something happened.
static bool arrived(const struct isa_case *k, const struct outcome *o) {
    bool traps = k->row && k->row->map == MAP_1 && (k->row->opcode == 0xcc || k->row->opcode == 0xcd); // INT3, INT
    if (o->vector == EXC_BP) return o->r.rip - 1 != k->rip && !traps;
    return o->vector == EXC_PF && o->error & PF_I && o->cr2 == o->r.rip && o->r.rip != k->rip;
}

static void run_native(struct isa_case *k, struct outcome *o) {
    native_step(&k->r, o);
    if (k->variant == STEP) {
        if (o->vector == EXC_DB) o->vector = NO_FAULT;
        return;
    }
    if (o->vector == NO_FAULT) {
        o->exits = o->r.rip == EXIT_64;
        if (o->exits) o->r.rip = k->rip + k->length;
        return;
    }
    if (!arrived(k, o)) return;
    if (o->vector == EXC_BP) o->r.rip--;
    o->vector = NO_FAULT;
    o->error = 0;
    o->cr2 = 0;
    o->r.rflags &= ~(u64)FL_RF;
}

// The emulator went first: an address that is not the rig's must not be touched natively. (The kernel's half neither: some
// hypervisors answer there with a fault of their own.)
static bool safe(const struct outcome *e) { return e->vector != EXC_PF || e->cr2 < OURS_END; }

// A far call from 32-bit to 64-bit code whose ESP wraps pushes in the kernel's half on AMD's processors, and Linux does not come back
// from that fault.
static bool pushes_below_zero(const struct isa_case *k) {
    return k->bits32 && k->row && (row_has(k->row, o_Ap) || row_has(k->row, o_Mp)) && (u32)k->r.gpr[RSP] < 16;
}

// A branch to where neither an INT3 nor a page that cannot be executed awaits it: it might never come back. (Linux takes a
// branch into its vsyscall page for a call.)
static bool lost(const struct isa_case *k, const struct outcome *e) {
    if (k->variant == STEP || e->vector != NO_FAULT || !k->row || !(k->row->flags & ENDS)) return false;
    u64 rip = e->r.rip;
    if (rip == k->rip + k->length) return false;
    return rip - (k->rip - k->front) < k->n || rip - EXIT_PAGE < EXIT_SIZE || rip - VSYSCALL < PAGE_SIZE;
}

// What compatibility mode does not define.
static void only_32(struct registers *r) {
    for (unsigned i = 0; i < 8; i++) r->gpr[i] = (u32)r->gpr[i];
    r->fs_base = r->gs_base = 0;
    memset(r->fx + FX_XMM + 8 * 16, 0, 8 * 16);
    memset(r->fx + YMM_HIGH + 8 * 16, 0, 8 * 16);
}

struct pair {
    struct outcome native, guest;
    u32 wrong;
    i64 memory_at;
    u8 memory[2];
};

// First byte of [from, to) that differs, or -1.
static i64 memory_differs(struct rig *rig, unsigned from, unsigned to) {
    const u8 *a = (const u8 *)DATA, *b = guest_data(rig->guest);
    if (!memcmp(a + from, b + from, to - from)) return -1;
    while (a[from] == b[from]) from++;
    return from;
}

static void restore(struct rig *rig, unsigned from, unsigned to) {
    memcpy((u8 *)DATA + from, rig->memory + from, to - from);
    memcpy(guest_data(rig->guest) + from, rig->memory + from, to - from);
    memcpy(guest_data(rig->translating) + from, rig->memory + from, to - from);
}

static void restore_windows(struct rig *rig, const struct isa_case *k) {
    for (unsigned i = 0; i < k->windows; i++) restore(rig, k->window[i].from, k->window[i].to);
}

static void compare_windows(struct rig *rig, const struct isa_case *k, struct pair *p) {
    for (unsigned i = 0; i < k->windows && p->memory_at < 0; i++)
        p->memory_at = memory_differs(rig, k->window[i].from, k->window[i].to);
    if (p->memory_at < 0) return;
    p->wrong |= DIFF_MEMORY;
    p->memory[0] = ((const u8 *)DATA)[p->memory_at];
    p->memory[1] = guest_data(rig->guest)[p->memory_at];
}

static u16 selector_of(const struct rig *rig, const struct isa_case *k) {
    if (!asks_gdt(k->row)) return 0;
    if (!k->memory) return (u16)k->r.gpr[k->d.uop.b & 15];
    u64 at = address_of(k) - DATA;
    return at < DATA_SIZE - 1 ? ld16(rig->memory + at) : 0;
}

// False: translated code does something else. (Nothing is translated of 32-bit code, and nothing runs translated under TF.)
static bool same_translated(struct rig *rig, const struct isa_case *k, const struct outcome *interpreted, bool all_memory) {
    static struct outcome o;
    run_guest(rig->translating, k, &o);
    const u8 *a = guest_data(rig->guest), *b = guest_data(rig->translating);
    bool same = !memcmp(&o, interpreted, sizeof o) && !(all_memory && memcmp(a, b, DATA_WRITABLE));
    for (unsigned i = 0; i < k->windows; i++)
        same &= !memcmp(a + k->window[i].from, b + k->window[i].from, k->window[i].to - k->window[i].from);
    return same;
}

// False: not run natively.
static bool run_both(struct rig *rig, struct isa_case *k, struct pair *p, bool all_memory) {
    p->wrong = 0;
    p->memory_at = -1;
    // What writes outside its windows is found at the group's end; until then the three memories must be the same.
    bool translates = !k->bits32 && k->variant != STEP;
    if (translates && rig->behind) memcpy(guest_data(rig->translating), guest_data(rig->guest), DATA_WRITABLE);
    rig->behind = !translates;
    run_guest(rig->guest, k, &p->guest);
    bool same = !translates || same_translated(rig, k, &p->guest, all_memory);
    if (lost(k, &p->guest)) {
        step(k);
        run_guest(rig->guest, k, &p->guest);
        rig->behind = true;
    }
    bool hosts = k->row && (case_by_vendor(k) || gdt_decides(k, &p->guest, selector_of(rig, k)));
    bool slow = p->guest.vector == NO_FAULT && locks_bus(k);
    if (!safe(&p->guest) || hosts || slow || pushes_below_zero(k)) {
        restore(rig, 0, DATA_WRITABLE); // a far transfer that is the host's own may have written anywhere
        return false;
    }
    run_native(k, &p->native);
    if (k->bits32) only_32(&p->native.r), only_32(&p->guest.r);
    bool open = either_is_right(k, &p->native, &p->guest);
    if (!open) p->wrong = compare(k, &p->native, &p->guest);
    if (!open && !same_ticks(k, &p->native, &p->guest)) p->wrong |= DIFF_TICKS;
    if (!same) p->wrong |= DIFF_ENGINE;
    if (open || scribbles(k, &p->guest) || all_memory) k->window[0] = (struct window){0, DATA_WRITABLE}, k->windows = 1;
    if (!open && !scribbles(k, &p->guest)) compare_windows(rig, k, p);
    restore_windows(rig, k);
    return true;
}

// ---- counting

static void note(struct rig *rig, u64 index, const struct isa_case *k, const struct pair *p, u32 more) {
    struct tally *t = rig->tally;
    t->differences++;
    u64 *per_row = k->row ? &t->row_wrong[row_number(k->row)] : &t->bytes_wrong;
    if ((*per_row)++ >= PER_ROW || t->findings == FINDINGS) return;
    struct finding *f = &t->finding[t->findings++];
    *f = (struct finding){
        .index = index, .k = *k, .native = p->native, .guest = p->guest, .memory_at = p->memory_at, .wrong = p->wrong | more};
    memcpy(f->memory, p->memory, 2);
}

static void count(struct rig *rig, const struct isa_case *k, const struct pair *p, unsigned row) {
    struct tally *t = rig->tally;
    bool fault = p->native.vector != NO_FAULT;
    t->cases++;
    t->faults += fault;
    t->steps += k->variant == STEP;
    if (row == MAX_ROWS) return;
    t->row_cases[row]++;
    t->row_faults[row] += fault;
}

// ---- the group

static bool clean(struct rig *rig) {
    return !memcmp((const u8 *)DATA, rig->memory, DATA_WRITABLE) && !memcmp(guest_data(rig->guest), rig->memory, DATA_WRITABLE) &&
           !memcmp(guest_data(rig->translating), rig->memory, DATA_WRITABLE);
}

static void write_code(struct rig *rig, const struct isa_case *k, bool there) {
    static u8 nothing[CODE_MOST];
    if (!nothing[0]) memset(nothing, 0xcc, sizeof nothing);
    const u8 *from = there ? k->code : nothing;
    u64 at = k->rip - k->front;
    guest_code(rig->guest, at, from, k->n);
    guest_code(rig->translating, at, from, k->n);
    memcpy(native_code + (at - CODE), from, k->n);
}

// Lets the emulator keep the block: what it decodes for a short slice it does not keep.
static void warm_up(struct rig *rig, const struct isa_case *k) {
    static struct outcome o;
    struct registers r = k->base;
    r.gpr[RCX] = 0;
    guest_step(rig->guest, &r, &o, (struct course){.most = BLOCK_INSNS});
    guest_step(rig->translating, &r, &o, (struct course){.most = BLOCK_INSNS});
    if (!clean(rig)) restore(rig, 0, DATA_WRITABLE);
}

// Each case with memory compared to the last byte. True: a difference was noted.
static bool run_alone(struct rig *rig, struct isa_case *k, u64 first, u64 last) {
    static struct pair p;
    u64 before = rig->tally->differences;
    restore(rig, 0, DATA_WRITABLE);
    for (u64 i = first; i < last; i++) {
        struct rng g = rng_for(rig->seed, i, 1);
        generate_input(k, (unsigned)(i % GROUP), rig->memory, &g);
        if (run_both(rig, k, &p, true) && p.wrong) note(rig, i, k, &p, 0);
    }
    return rig->tally->differences != before;
}

static unsigned row_to_count(const struct isa_case *k, const struct insn *meant) {
    if (k->row) return row_number(k->row);
    // Compared as what it is in 64-bit mode: undefined.
    return meant && meant->flags & I64 && left_out(meant) ? row_number(meant) : MAX_ROWS;
}

static void run_cases(struct rig *rig, struct isa_case *k, u64 first, u64 last, unsigned row) {
    static struct pair p, seen;
    static struct isa_case seen_case;
    u64 seen_at = 0;
    for (u64 i = first; i < last; i++) {
        struct rng g = rng_for(rig->seed, i, 1);
        rig->tally->index = i;
        generate_input(k, (unsigned)(i % GROUP), rig->memory, &g);
        if (!run_both(rig, k, &p, false)) {
            rig->tally->refused++;
            continue;
        }
        count(rig, k, &p, row);
        if (!p.wrong || seen.wrong) continue;
        seen = p;
        seen_case = *k;
        seen_at = i;
    }
    bool wrong = seen.wrong;
    seen.wrong = 0;
    if (!wrong && (clean(rig))) return;
    if (!run_alone(rig, k, first, last) && wrong) note(rig, seen_at, &seen_case, &seen, DIFF_ALONE);
}

void run_group(struct rig *rig, u64 first, u64 last) {
    static struct isa_case k;
    u64 group = first / GROUP;
    struct rng g = rng_for(rig->seed, group, 2);
    const struct insn *meant = rig->sweep ? NULL : row_of(group);
    if (rig->sweep) generate_swept(&k, group, rig->ix, &g);
    else generate(&k, meant, rig->ix, &g);
    if ((k.row && left_out(k.row)) || calls_kernel(k.byte)) return;
    if (!k.row && beyond_model(k.byte, LONGEST)) {
        rig->tally->beyond++;
        return;
    }
    rig->tally->encodings++;
    rig->tally->undefined += !k.row;
    unsigned most = !k.row ? 1 : rig->sweep ? 2 : GROUP; // the same #UD again and again
    if (last > first + most) last = first + most;
    write_code(rig, &k, true);
    if (most == GROUP) warm_up(rig, &k);
    run_cases(rig, &k, first, last, row_to_count(&k, meant));
    write_code(rig, &k, false);
    rig->tally->translated = guest_translated(rig->translating);
}
