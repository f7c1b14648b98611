// SPDX-License-Identifier: MIT
// Branches, calls, returns, push and pop. A direct branch is an edge (translate/code.h); an indirect one looks its target up in the
// jump cache, as the interpreter does, and leaves to it where that has no answer: before anything of the instruction is done.
#include "isa/x86_64/translate/translate.h"

#include "isa/x86_64/insn/ops.h"
#include "isa/x86_64/sys/mem.h"

_Static_assert(sizeof(struct jump_entry) == 24, "the index below");

enum { CC_NE = 5, CC_L = 12 };

bool tx_stack_step(const struct decoded *d, i64 *by) {
    const struct insn *in = d->insn;
    if (!in || d->size < 2 || in->feature != F_BASE || in->map != MAP_1) return false; // with 66h they are the handlers'
    bool push =
        in->opcode == 0x50 || in->opcode == 0x68 || in->opcode == 0x6a || in->special == SPECIAL_PUSH || in->opcode == 0xe8;
    bool pop = (in->opcode == 0x58 && d->uop.b != RSP) || in->opcode == 0xc3;
    *by = push ? -(i64)(1 << d->size) : 1 << d->size;
    return push || pop;
}

bool tx_moves(const struct tx *x, const struct decoded *d, unsigned r, i64 *by) {
    const struct insn *in = d->insn;
    if (!in || 1u << d->size != tx_word(x) || in->feature != F_BASE || in->map != MAP_1) return false;
    if (in->flags & ADDRESS) { // lea r, [r + constant]
        *by = d->uop.disp;
        bool cut = !x->narrow && d->uop.mem & MEM_ADDR32;
        return d->uop.a == r && d->uop.base == r && d->uop.index == 16 && !cut && !tx_is_far(&d->uop) && tx_memory_ok(x, d);
    }
    if ((in->opcode != 0x81 && in->opcode != 0x83) || d->memory || d->uop.b != r) return false;
    unsigned op = in->modrm & 7;
    *by = op == 0 ? d->uop.imm : -d->uop.imm;
    return op == 0 || op == 5; // add, sub
}

static bool is_conditional(const struct insn *in, unsigned *cc) {
    bool jcc = in && ((in->map == MAP_1 && (in->opcode & 0xf0) == 0x70) || (in->map == MAP_0F && (in->opcode & 0xf0) == 0x80));
    if (jcc) *cc = in->opcode & 15;
    return jcc;
}

// A way out of the block to `target` (bytes from the block's start), in the interpreter's link `which`, behind uop i. NULL: no room.
static struct tx_edge *make_edge(struct tx *x, unsigned i, i64 target, unsigned which) {
    struct code_edge *e = code_data(&x->t->k, sizeof *e);
    if (!e) return NULL;
    i64 at = (i64)x->page_at + target;
    *e = (struct code_edge){
        .from = x->b, .owner = x->head, .target = (i32)target, .page = at & -(i64)PAGE_SIZE, .which = (u8)which};
    struct tx_edge *t = &x->edge[x->edges++];
    *t = (struct tx_edge){.e = e, .uop = (u8)i, .k = (u8)(x->blocks - 1)};
    return t;
}

static void note_flags(struct tx *x, struct tx_edge *t) {
    t->flags = x->flags;
    t->flags.host = false; // paying changes them
    t->e->flags = x->flags.kind | (u32)x->flags.size << 8 | (u32)x->flags.over << 16;
}

static void emit_edge(struct tx *x, struct tx_edge *t) {
    if (!t) return;
    note_flags(x, t);
    code_edge_emit(&x->t->k, t->e, &t->jumps);
    x->flags.host = false;
}

static void edge(struct tx *x, unsigned i, i64 target, unsigned which) { emit_edge(x, make_edge(x, i, target, which)); }

// The same, but behind everything else; the jump at `from` leads there.
static void edge_later(struct tx *x, unsigned i, i64 target, unsigned which, u8 *from) {
    struct tx_edge *t = make_edge(x, i, target, which);
    if (!t) return;
    note_flags(x, t);
    t->from = from;
}

// The block that the interpreter's link leads to now, if its code can stand behind this edge; NULL: it cannot.
static struct block *linked(const struct tx *x, i64 target, unsigned which) {
    const struct block_link *l = &x->b->link[which];
    i64 at = (i64)x->page_at + target;
    if (l->key != LINK_NEAR || at < 0 || at >= (i64)PAGE_SIZE) return NULL;
    struct block *to = l->to;
    bool same_context = (to->mode & MODE_CONTEXT_MASK) >> MODE_CONTEXT_SHIFT == x->context;
    bool same_mode = !((to->mode ^ x->b->mode) & ~(u64)MODE_CONTEXT_MASK);
    return x86_can_translate(to) && same_mode && same_context && (to->gpa & (PAGE_SIZE - 1)) == (u64)at ? to : NULL;
}

static bool in_round(const struct tx *x, const struct block *b) {
    for (unsigned i = x->round.first; i < x->blocks; i++)
        if (x->block[i] == b) return true;
    return false;
}

static bool has_room(const struct tx *x, const struct block *to) {
    return x->blocks < x->most && x->pieces + to->n <= TX_INSNS && x->stubs < TX_STUBS / 2 &&
           x->o->at - x->t->k.stage < CODE_STAGE / 2;
}

// What comes next is paid for with what is paid already, if that is sure to be run.
static void stretch(struct tx *x, struct tx_edge *t) {
    t->e->inside = !x->called;
    if (t->e->inside) {
        t->e->payer = x->next_payer;
        note_flags(x, t);
        return;
    }
    emit_edge(x, t);
    x->next_payer = t->e;
}

// The trace goes on with the target's block. False: it ends here.
static bool follow(struct tx *x, unsigned i, i64 target, unsigned which) {
    struct block *to = linked(x, target, which);
    if (!to || !has_room(x, to) || in_round(x, to)) return false;
    struct tx_edge *t = make_edge(x, i, target, which);
    if (!t) return true;
    t->e->fixed = to;
    t->to = (u8)x->blocks;
    stretch(x, t);
    x->follows = to;
    return true;
}

// The edge leads back to where the trace begins.
static bool is_loop(const struct tx *x, i64 target, unsigned which) { return linked(x, target, which) == x->head; }

// ---- loops. Where a trace begins nothing is known: how flags follow is in the state, and no span is there. A short loop would store the one and
// check the other each time, so its code stands there twice: its first round leads into a second one, which knows what the first has left
// and leads back to itself if it leaves the same.

enum { ROUND_INSNS = 32 };

static bool may_go_round(const struct tx *x) {
    return x->head_live && !x->round.at && x->pieces <= ROUND_INSNS && x->flags.kind != LAZY_NONE && has_room(x, x->head);
}

static void begin_round(struct tx *x) {
    tx_spans_keep(x);
    x->round = (struct tx_round){.at = x->o->at, .first = x->blocks, .flags = x->flags, .vectors = x->vectors};
    for (unsigned n = 0; n < X86_SPANS; n++) x->round.span[n] = x->span[n];
    x->follows = x->head;
}

static bool same_value(const struct tx_value *a, const struct tx_value *b) {
    if (a->where != b->where) return false;
    return a->where == IN_SAVED || (a->where == IN_REGISTER ? a->reg == b->reg : a->imm == b->imm);
}

static bool same_flags(const struct tx_flags *a, const struct tx_flags *b) {
    return a->kind == b->kind && a->size == b->size && a->host == b->host && a->vague == b->vague && a->over == b->over &&
           a->carry_pending == b->carry_pending && a->over_size == b->over_size && same_value(&a->x, &b->x) &&
           same_value(&a->y, &b->y);
}

static bool is_round(const struct tx *x) {
    const struct tx_round *r = &x->round;
    return r->at && same_flags(&x->flags, &r->flags) && (x->vectors & r->vectors) == r->vectors && tx_spans_are(x, r->span);
}

static void loop(struct tx *x, unsigned i, i64 target, unsigned which) {
    struct tx_edge *t = make_edge(x, i, target, which);
    if (!t) return;
    t->e->fixed = x->head;
    emit_edge(x, t);
    if (may_go_round(x)) {
        t->to = (u8)x->blocks;
        x->next_payer = t->e;
        begin_round(x);
        return;
    }
    bool round = is_round(x);
    if (round) t->to = (u8)x->round.first;
    if (x->head_live && !round) tx_flags_keep(x, &x->flags);
    asm_jmp_to(x->o, asm_exec(x->o, round ? x->round.at : x->t->k.stage));
}

// The last way out at this place.
static void way(struct tx *x, unsigned i, i64 target, unsigned which) {
    if (is_loop(x, target, which)) loop(x, i, target, which);
    else if (!follow(x, i, target, which)) edge(x, i, target, which);
}

void tx_go_on(struct tx *x, unsigned at) { way(x, x->n, at, 0); }

static i64 target_of(const struct tx *x, unsigned i) { return (i64)x->d[i].uop.off + x->d[i].length + x->d[i].uop.imm; }
// An edge's distances are signed 32-bit numbers; a branch may reach a few bytes farther from its block's start.
static bool in_reach(const struct tx *x, unsigned i) {
    const i64 most = ((i64)1 << 31) - 2 * (i64)PAGE_SIZE;
    return target_of(x, i) <= most && target_of(x, i) >= -most;
}
static unsigned behind(const struct tx *x, unsigned i) { return x->d[i].uop.off + x->d[i].length; }

static bool conditional(struct tx *x, unsigned i, unsigned cc) {
    if (!in_reach(x, i)) return false;
    i64 next = behind(x, i), target = target_of(x, i);
    tx_flags_host(x, x->d[i].insn->reads);
    if (is_loop(x, target, 1) && may_go_round(x)) {
        u8 *other = asm_jcc(x->o, cc ^ 1);
        loop(x, i, target, 1);
        edge_later(x, i, next, 0, other);
        return true;
    }
    if (is_loop(x, target, 1)) {
        u8 *over = asm_jcc(x->o, cc ^ 1);
        loop(x, i, target, 1);
        asm_here(x->o, over);
        way(x, i, next, 0);
        return true;
    }
    // What comes next is more likely than what is far, if both are known.
    bool taken = !linked(x, next, 0) && linked(x, target, 1);
    u8 *other = asm_jcc(x->o, taken ? cc ^ 1 : cc);
    if (taken) {
        way(x, i, target, 1);
        edge_later(x, i, next, 0, other);
    } else {
        way(x, i, next, 0);
        edge_later(x, i, target, 1, other);
    }
    return true;
}

// ---- as wide as addresses are
static void load_word(struct tx *x, unsigned to, struct asm_mem m) { asm_rm(x->o, 0x8b | tx_wide(x), to, m); }
static void store_word(struct tx *x, unsigned from, struct asm_mem m) { asm_rm(x->o, 0x89 | tx_wide(x), from, m); }
static void move_stack(struct tx *x, i32 by) { asm_rm(x->o, 0x8d | tx_wide(x), GUEST_RSP, MEM_AT(GUEST_RSP, by)); } // lea
static struct asm_mem pushed(struct tx *x, unsigned i) { return tx_stack(x, i, -(i32)tx_word(x), tx_word(x), true); }
static struct asm_mem popped(struct tx *x, unsigned i) { return tx_stack(x, i, 0, tx_word(x), false); }

// The return address of instruction i, in `to`.
static void return_address(struct tx *x, unsigned i, unsigned to) {
    asm_load64(x->o, to, CPU_MEM(page));
    asm_lea(x->o, to, MEM_AT(to, (i32)(x->page_at + behind(x, i))));
}

// Only once the target is known to be executable may anything be pushed. So the first time, and whenever the target is not what it was,
// the interpreter does the whole call: `gate` leads there.
static bool call_direct(struct tx *x, unsigned i) {
    if (!in_reach(x, i)) return false;
    tx_flags_to_memory(x);
    struct tx_edge *t = make_edge(x, i, target_of(x, i), 0);
    if (!t) return true;
    code_gate_emit(&x->t->k, t->e, &t->jumps);
    x->flags.host = false;
    struct asm_mem m = pushed(x, i);
    return_address(x, i, T0);
    store_word(x, T0, m);
    x->written |= 1 << RSP;
    move_stack(x, -(i32)tx_word(x));
    emit_edge(x, t);
    return true;
}

#define ENTRY(field) ((struct asm_mem){CPU_REG, T1, 3, CPU_AT(jump) + (i32)offsetof(struct jump_entry, field)})

// The block at the address in T0 is found in the jump cache, or instruction i is left to the interpreter. T1 is the place of its entry.
static void find_target(struct tx *x, unsigned i) {
    struct asm_out *o = x->o;
    asm_mov64(o, T1, T0);
    if (JUMP_BITS) {
        asm_rr(o, 0xc1 | ASM_W, 5, T1); // shr
        asm_byte(o, JUMP_BITS);
    }
    asm_rr(o, 0x33 | ASM_W, T1, T0); // xor
    asm_rr(o, 0x81, 4, T1);          // and
    asm_u32(o, (1u << JUMP_BITS) - 1);
    asm_lea(o, T1, (struct asm_mem){T1, T1, 1, 0}); // times 3, of 8 bytes
    asm_rm(o, 0x3b | ASM_W, T0, ENTRY(pc));         // cmp
    tx_out(x, i, asm_jcc(o, CC_NE));
    asm_load64(o, T0, ENTRY(key));
    asm_rm(o, 0x3b | ASM_W, T0, CPU_MEM(jump_key));
    tx_out(x, i, asm_jcc(o, CC_NE));
    asm_load64(o, T0, ENTRY(block));
}

// The page of the PC that was found, in T1.
static void load_page(struct tx *x) {
    asm_load64(x->o, T1, ENTRY(pc));
    asm_alu_imm(x->o, 4, T1, -(i32)PAGE_SIZE);
}
#undef ENTRY

// Pays for the block in T0, which nobody can if it has no code.
static void pay(struct tx *x, unsigned i) {
    asm_rm(x->o, 0x2b | ASM_W, LEFT_REG, MEM_AT(T0, offsetof(struct block, pay))); // sub
    u8 *short_of = asm_jcc(x->o, CC_L);
    tx_out_at(x, i, NULL, short_of);
}

// Goes to the block in T0, whose PC's page is in T1; `moved`: what RSP gains.
static void enter_target(struct tx *x, i32 moved) {
    struct asm_out *o = x->o;
    asm_store64(o, T1, CPU_MEM(page));
    if (moved) move_stack(x, moved);
    asm_rm(o, 0xff, 4, MEM_AT(T0, offsetof(struct block, code))); // jmp
}

static bool return_near(struct tx *x, unsigned i) {
    i64 drop = tx_word(x) + (x->d[i].insn->opcode == 0xc2 ? x->d[i].uop.imm : 0);
    tx_flags_to_memory(x);
    load_word(x, T0, popped(x, i));
    find_target(x, i);
    pay(x, i);
    load_page(x);
    enter_target(x, (i32)drop);
    return true;
}

// The operand of an indirect branch, in T0.
static bool load_target(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    if (d->memory && !tx_memory_ok(x, d)) return false;
    tx_flags_to_memory(x);
    if (d->memory) {
        load_word(x, T0, tx_access(x, i, tx_word(x), false));
        return true;
    }
    unsigned h = tx_use(x, d->uop.b, T0);
    if (h != T0) asm_rr(x->o, 0x8b | tx_wide(x), T0, h);
    return true;
}

static bool jump_indirect(struct tx *x, unsigned i) {
    if (!load_target(x, i)) return false;
    find_target(x, i);
    pay(x, i);
    load_page(x);
    enter_target(x, 0);
    return true;
}

static bool call_indirect(struct tx *x, unsigned i) {
    if (!load_target(x, i)) return false;
    find_target(x, i);
    load_page(x);
    asm_store64(x->o, T0, CPU_MEM(spill));
    asm_store64(x->o, T1, CPU_MEM(spill_page));
    // Whether the slice can pay is asked before the push, which may overwrite the operand that the interpreter would read again.
    asm_rm(x->o, 0x3b | ASM_W, LEFT_REG, MEM_AT(T0, offsetof(struct block, pay))); // cmp
    tx_out(x, i, asm_jcc(x->o, CC_L));
    struct asm_mem m = pushed(x, i);
    return_address(x, i, T0);
    store_word(x, T0, m);
    asm_load64(x->o, T0, CPU_MEM(spill));
    pay(x, i); // it can
    asm_load64(x->o, T1, CPU_MEM(spill_page));
    enter_target(x, -(i32)tx_word(x));
    return true;
}

static bool push(struct tx *x, unsigned i, bool is_immediate) {
    const struct decoded *d = &x->d[i];
    struct asm_mem m = pushed(x, i);
    if (is_immediate) {
        asm_rm(x->o, 0xc7 | tx_wide(x), 0, m);
        asm_u32(x->o, (u32)d->uop.imm);
    } else {
        store_word(x, tx_use(x, d->uop.b, T0), m);
    }
    tx_before_write(x, i, 1 << RSP);
    move_stack(x, -(i32)tx_word(x));
    return true;
}

static bool pop(struct tx *x, unsigned i) {
    unsigned r = x->d[i].uop.b;
    tx_before_write(x, i, (u16)(1 << RSP | 1 << r));
    struct asm_mem m = popped(x, i);
    unsigned h = tx_host(r);
    load_word(x, h == H_NONE ? T0 : h, m);
    if (r == RSP) return true;
    if (h == H_NONE) asm_store64(x->o, T0, GPR_MEM(r));
    move_stack(x, (i32)tx_word(x));
    return true;
}

static bool leave(struct tx *x, unsigned i) {
    tx_before_write(x, i, (u16)(1 << RSP | 1 << RBP));
    // Of [RBP]: RSP changes only behind the access.
    const struct uop u = x->d[i].uop;
    x->d[i].uop.base = RBP;
    x->d[i].uop.index = 16;
    x->d[i].uop.disp = 0;
    x->d[i].uop.mem = SS << MEM_SEG_SHIFT | (x->narrow ? MEM_ADDR32 : 0);
    struct asm_mem m = tx_access(x, i, tx_word(x), false);
    x->d[i].uop = u;
    asm_rm(x->o, 0x8d | tx_wide(x), GUEST_RSP, MEM_AT(H_RBP, (i32)tx_word(x))); // lea
    load_word(x, H_RBP, m);
    return true;
}

bool tx_branch(struct tx *x, unsigned i) {
    const struct decoded *d = &x->d[i];
    const struct insn *in = d->insn;
    unsigned cc;
    if (!in || 1u << d->size != tx_word(x) || in->feature != F_BASE) return false;
    if (is_conditional(in, &cc)) return conditional(x, i, cc);
    if (in->map != MAP_1) return false;
    switch (in->opcode) {
    case 0x50: return push(x, i, false); // a row of eight opcodes
    case 0x58: return pop(x, i);
    case 0x68:
    case 0x6a: return push(x, i, true);
    case 0xc9: return leave(x, i);
    case 0xe8: return call_direct(x, i);
    case 0xe9:
    case 0xeb:
        if (!in_reach(x, i)) return false;
        way(x, i, target_of(x, i), 1);
        return true;
    case 0xc2:
    case 0xc3: return return_near(x, i);
    case 0xff:
        if ((in->modrm & 15) == EXT(2)) return call_indirect(x, i);
        if ((in->modrm & 15) == EXT(4)) return jump_indirect(x, i);
        return false;
    default: return false;
    }
}
