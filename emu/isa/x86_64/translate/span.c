// SPDX-License-Identifier: MIT
// Spans: one check of the TLB for neighbouring accesses. Code that spills registers, pushes them, reads the members of a struct or changes an
// array's element has many accesses by one base register, or by one base and index, a few bytes apart. The first one checks all bytes from the
// lowest to the highest of them, if they are one page's, and keeps the host's address of the place; the others use that. Nothing can come between:
// what could change the TLB ends all spans (tx_spans_end), and what writes a register of the place ends its own.
//
// Where the bytes lie on two pages, the first access leaves to the interpreter. A frame may lie so for long: a translation that keeps leaving
// by its spans is made again without any (x86_span_out).
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/sys/mem.h"

enum { SPAN_BYTES = 128 };            // at the most; one frame in thirty has a page's end in as many
enum { CLOSE = 512, TOO_OFTEN = 32 }; // so many ways out, so few instructions after one another

struct tx_place tx_place_of(const struct uop *u) { return (struct tx_place){u->base, u->index, u->index == 16 ? 0 : u->mem & 3}; }

static bool same_place(struct tx_place a, struct tx_place b) {
    return a.base == b.base && a.index == b.index && a.scale == b.scale;
}

// A memory operand whose distance from a place is all there is to it.
static bool is_by_place(const struct tx *x, const struct decoded *d) {
    const struct uop *u = &d->uop;
    bool segment = MEM_SEG(u) == FS || MEM_SEG(u) == GS, cut = !x->narrow && u->mem & MEM_ADDR32;
    return d->memory && !(u->base == 16 && u->index == 16) && !segment && !cut && !tx_is_far(u) && tx_memory_ok(x, d);
}

bool tx_span_fits(const struct tx *x, unsigned i) { return is_by_place(x, &x->d[i]); }

// Instruction d does nothing to the place but to move it.
static bool moves(const struct tx *x, const struct decoded *d, unsigned r, i64 *by) {
    return (r == RSP && tx_stack_step(d, by)) || tx_moves(x, d, r, by);
}

// ---- what comes next. A guess: an access that is none of the span's is checked by itself.

struct ahead {
    struct tx_place place;
    bool write;
    i64 lo, hi, moved;
    bool more;
};

static void include(struct ahead *a, i64 at, bool write) {
    at += a->moved;
    i64 lo = at < a->lo ? at : a->lo, hi = at + 8 > a->hi ? at + 8 : a->hi;
    if ((write && !a->write) || hi - lo > SPAN_BYTES) return;
    a->lo = lo, a->hi = hi;
    a->more = true;
}

static bool maybe_writes(const struct decoded *d, unsigned r) {
    u8 place = x86_operands[d->insn->operand[0]].place;
    if (d->insn->flags & READS_ONLY) return false;
    return (place == P_REG && d->uop.a == r) || ((place == P_RM || place == P_OPCODE) && !d->memory && d->uop.b == r);
}

// False: nothing behind instruction d is at the same place.
static bool stays(const struct tx *x, struct ahead *a, const struct decoded *d) {
    const struct tx_place p = a->place;
    i64 by;
    if (moves(x, d, p.base, &by)) a->moved += by;
    else if (maybe_writes(d, p.base)) return false;
    if (p.index == 16) return true;
    if (moves(x, d, p.index, &by)) a->moved += by * (1 << p.scale);
    else if (maybe_writes(d, p.index)) return false;
    return true;
}

// True: nothing behind instruction d is at the same place.
static bool look(const struct tx *x, struct ahead *a, const struct decoded *d) {
    const struct insn *in = d->insn;
    const bool stack = a->place.base == RSP && a->place.index == 16;
    i64 by;
    if (!in) return true;
    if (is_by_place(x, d) && same_place(tx_place_of(&d->uop), a->place)) {
        bool store = x86_operands[in->operand[0]].place == P_RM && !(in->flags & READS_ONLY);
        include(a, d->uop.disp + (a->place.base == 17 ? (i64)x->page_at : 0), store);
    }
    if (stack && tx_stack_step(d, &by)) include(a, by < 0 ? by : 0, by < 0);
    return !stays(x, a, d) || d->ends;
}

static struct ahead look_ahead(const struct tx *x, unsigned i, struct tx_place p, i32 at, unsigned size, bool write) {
    struct ahead a = {.place = p, .write = write, .lo = at, .hi = at + (i32)size};
    if (!stays(x, &a, &x->d[i])) return a; // the instruction itself, behind this access
    for (unsigned j = i + 1; j < x->n; j++)
        if (look(x, &a, &x->d[j])) break;
    return a;
}

// ---- spans of the code that is being made

bool tx_span_hit(struct tx *x, struct tx_place p, i32 at, unsigned size, bool write, struct asm_mem *m) {
    for (unsigned n = 0; n < X86_SPANS; n++) {
        const struct tx_span *s = &x->span[n];
        i64 place = (i64)at + s->moved;
        if (!s->on || !same_place(s->place, p) || (write && !s->write) || place < s->lo || place + (i64)size > s->hi) continue;
        asm_load64(x->o, T1, CPU_MEM(span[n]));
        *m = MEM_AT(T1, (i32)place);
        return true;
    }
    return false;
}

bool tx_span_begin(struct tx *x, unsigned i, struct tx_place p, i32 at, unsigned size, bool write, i32 *lo, i32 *hi) {
    if (x->head->plain) return false;
    struct ahead a = look_ahead(x, i, p, at, size, write);
    if (!a.more) return false;
    unsigned n = 0;
    while (n < X86_SPANS && x->span[n].on) n++;
    if (n == X86_SPANS) n = x->span_at++ % X86_SPANS;
    x->span_new = (u8)n;
    x->span[n] = (struct tx_span){.on = true, .place = p, .write = write, .lo = a.lo, .hi = a.hi};
    *lo = (i32)a.lo;
    *hi = (i32)a.hi;
    return true;
}

struct asm_mem tx_span_keep(struct tx *x, struct tx_place p, i32 at) {
    if (x->narrow) { // what the guest's sum wraps at must not be asked of the host's: of the lowest byte it is known
        i32 lo = (i32)x->span[x->span_new].lo;
        tx_place_address(x, p, lo, T0);
        asm_lea(x->o, T1, MEM_INDEXED(T1, T0, -lo));
        asm_store64(x->o, T1, CPU_MEM(span[x->span_new]));
        return MEM_AT(T1, at);
    }
    if (p.index != 16) asm_lea(x->o, T1, (struct asm_mem){T1, (u8)tx_use(x, p.index, T0), p.scale, 0});
    if (p.base == 17) asm_rm(x->o, 0x03 | ASM_W, T1, CPU_MEM(page));
    else if (p.base != 16) asm_lea(x->o, T1, MEM_INDEXED(T1, tx_use(x, p.base, T0), 0));
    asm_store64(x->o, T1, CPU_MEM(span[x->span_new]));
    return MEM_AT(T1, at);
}

void tx_spans_end(struct tx *x) {
    for (unsigned n = 0; n < X86_SPANS; n++) x->span[n].on = false;
}

void tx_spans_keep(struct tx *x) {
    u16 written = x->written_before | x->written;
    for (unsigned n = 0; n < X86_SPANS; n++)
        if (written >> x->span[n].place.base & 1 || written >> x->span[n].place.index & 1) x->span[n].on = false;
}

bool tx_spans_are(const struct tx *x, const struct tx_span *s) {
    for (unsigned n = 0; n < X86_SPANS; n++) {
        const struct tx_span *a = &x->span[n], *b = &s[n];
        bool same = a->on && same_place(a->place, b->place) && a->lo == b->lo && a->hi == b->hi && a->moved == b->moved &&
                    a->write == b->write;
        if (b->on && !same) return false;
    }
    return true;
}

// Instruction i has written x->written, register r among them or not.
static void step(const struct tx *x, unsigned i, struct tx_span *s, unsigned r, unsigned scale) {
    i64 by;
    if (!(x->written >> r & 1)) return;
    if (moves(x, &x->d[i], r, &by)) s->moved += by * (1 << scale);
    else s->on = false;
    if (s->moved > (i64)PAGE_SIZE || s->moved < -(i64)PAGE_SIZE) s->on = false;
}

void tx_spans_step(struct tx *x, unsigned i) {
    x->written_before |= x->written;
    for (unsigned n = 0; n < X86_SPANS; n++) {
        struct tx_span *s = &x->span[n];
        if (s->on) step(x, i, s, s->place.base, 0);
        if (s->on) step(x, i, s, s->place.index, s->place.scale);
    }
    x->written = 0;
}

// ---- handler: the first access of a span was left

OP(x86_span_out) {
    struct block *b = c->span_head;
    u64 gap = c->ran - b->left_at;
    b->left_at = c->ran;
    b->left_often = gap < CLOSE ? b->left_often + 1 : b->left_often / 2;
    if (b->left_often >= TOO_OFTEN && b->code) {
        b->plain = true;
        x86_drop_translation(c, b);
    }
    [[clang::musttail]] return u->fn(c, u);
}
