// SPDX-License-Identifier: MIT
// One block to host code, with the blocks of its page that it leads to (a trace), in three parts: their instructions; the ways out of edges;
// and the ways out of accesses that miss.
#include "isa/x86_64/translate/translate.h"

#include "base/le.h"

static void decode_all(struct tx *x) {
    unsigned at = 0;
    for (x->n = 0; x->n < x->b->n; x->n++) {
        struct decoded *d = &x->d[x->n];
        x86_decode(x->c->index, x->b->mode, x->b->host + at, x->b->bytes - at, at, d);
        if (d->incomplete) d->insn = NULL;
        at += d->length;
    }
}

static void find_live(struct tx *x) {
    x->live[x->n] = FL_ARITH;
    for (unsigned i = x->n; i-- > 0;) x->live[i] = x86_live_before(&x->d[i], x->live[i + 1]);
}

// ---- handlers, called by copies of their uops, the last of which comes back here. They find flags in the state. Of instructions behind one
// another that all call theirs, one leads to the next, as in the interpreter: so what the last call has emitted is taken back and made again.

// Room for one copy more, in front of those that are there: code_data goes downwards. False: there is none.
static bool longer_run(struct tx *x) {
    struct tx_run *r = &x->run;
    struct uop *u = code_data(&x->t->k, sizeof *u);
    if (!u) return false;
    for (unsigned n = 0; n < r->n; n++) u[n] = r->u[n];
    r->u = u;
    x->o->at = r->start;
    x->stubs--;
    return true;
}

static bool new_run(struct tx *x, unsigned i) {
    struct uop *u = code_data(&x->t->k, 2 * sizeof *u);
    if (!u) return false;
    tx_flags_to_memory(x);
    x->run = (struct tx_run){.u = u, .k = x->blocks, .first = i, .start = x->o->at};
    return true;
}

static bool goes_on_run(const struct tx *x, unsigned i) {
    const struct tx_run *r = &x->run;
    bool last = r->n && r->end == x->o->at && (u8 *)r->u == x->t->k.data;
    return last && r->k == x->blocks && r->first + r->n == i;
}

static void call_handler(struct tx *x, unsigned i) {
    struct tx_run *r = &x->run;
    if (!(goes_on_run(x, i) ? longer_run(x) : new_run(x, i))) return;
    struct uop *u = &r->u[r->n++];
    u[0] = x->b->u[i];
    if (i + 2 == x->n) u[0].fn = x->d[i].uop.fn; // it may be fused with the last one, which is not its neighbour here
    u[1] = x->b->u[i + 1];
    u[1].fn = x->t->back;
    u[1].disp = r->n;
    for (unsigned n = r->first; n <= i; n++) tx_count(x, x->d[n].insn, LEFT_CALLED);
    asm_mov_imm(x->o, T1, (u64)(hva_t)r->u);
    tx_out_at(x, i, asm_jmp(x->o), NULL);
    x->stub[x->stubs - 1].live = false;
    x->stub[x->stubs - 1].way = LEFT_CALLED;
    u[1].imm = (i64)(hva_t)asm_exec(x->o, x->o->at);
    r->end = x->o->at;
    x->flags = (struct tx_flags){.kind = LAZY_NONE};
    x->vectors = 0;
    x->called = true;
    tx_spans_end(x);
}

static void leave_for_good(struct tx *x, unsigned i) {
    tx_out(x, i, asm_jmp(x->o));
    x->stub[x->stubs - 1].way = LEFT_ENDED;
}

// Block b is next. Flags are as the block before it leaves them.
static void begin(struct tx *x, struct block *b) {
    x->payer[x->blocks] = x->next_payer;
    x->block[x->blocks++] = x->b = b;
    x->follows = NULL;
    x->narrow = (b->mode & MODE_CODE_MASK) == MODE_CODE32;
    x->called = false;
    x->page_at = (unsigned)(b->gpa & (PAGE_SIZE - 1));
    x->context = (b->mode & MODE_CONTEXT_MASK) >> MODE_CONTEXT_SHIFT;
    decode_all(x);
    find_live(x);
    if (!x->live[0]) x->flags = (struct tx_flags){.kind = LAZY_DEAD};
}

static void instructions(struct tx *x) {
    for (unsigned i = 0; i < x->n && !x->o->full; i++) {
        x->piece[x->pieces].at = x->o->at;
        x->piece[x->pieces++].off = (i32)(x->page_at + x->b->u[i].off) - (i32)(x->head->gpa & (PAGE_SIZE - 1));
        if (x->b->exits && i + 1 == x->n) {
            leave_for_good(x, i);
            return;
        }
        const struct insn *in = x->d[i].insn;
        bool ends = !in || x->d[i].ends;
        if (tx_branch(x, i) || (!ends && (tx_mirror(x, i) || tx_special(x, i) || tx_vector(x, i)))) {
            if (ends) return;
            tx_spans_step(x, i);
            continue;
        }
        if (ends) {
            leave_for_good(x, i);
            return;
        }
        call_handler(x, i);
    }
    tx_go_on(x, x->b->u[x->n].off);
}

static void body(struct tx *x) {
    x->flags = (struct tx_flags){.kind = LAZY_NONE};
    begin(x, x->head);
    x->head_live = x->live[0];
    instructions(x);
    while (x->follows && !x->o->full) {
        begin(x, x->follows);
        instructions(x);
    }
}

// ---- stretches that are paid for together
static void find_rests(struct tx *x) {
    x->rest[x->blocks - 1] = 0;
    for (unsigned k = x->blocks - 1; k-- > 0;)
        x->rest[k] = x->payer[k + 1] == x->payer[k] ? x->rest[k + 1] + x->block[k + 1]->cost : 0;
}

// From the trace's k-th block on.
static u32 total(const struct tx *x, unsigned k) { return x->block[k]->cost + x->rest[k]; }

static void tell_edges(struct tx *x) {
    for (unsigned n = 0; n < x->edges; n++) {
        struct tx_edge *t = &x->edge[n];
        t->e->rest = t->e->inside ? 0 : x->rest[t->k];
        if (t->e->fixed) t->e->total = total(x, t->to);
    }
}

// Ways out: flags, then what run.c and the handler must find: what was paid in advance, the running block and its RIP.
void tx_tail(struct tx *x, unsigned k, const u8 *to) {
    struct asm_out *o = x->o;
    const struct block *b = x->block[k];
    if (x->rest[k]) asm_lea(o, x->t->k.left, MEM_AT(x->t->k.left, (i32)x->rest[k]));
    asm_mov_imm(o, T0, (u64)(hva_t)b);
    asm_store64(o, T0, CPU_MEM(block));
    asm_load64(o, T0, CPU_MEM(page));
    asm_lea(o, T0, MEM_AT(T0, (i32)(b->gpa & (PAGE_SIZE - 1))));
    asm_store64(o, T0, CPU_MEM(s.gpr[17]));
    asm_jmp_to(o, to);
}

// A way out by an edge, to a routine of entry.c.
static void edge_tail(struct tx *x, const struct tx_edge *t, const u8 *to) {
    asm_mov_imm(x->o, T0, (u64)(hva_t)t->e);
    asm_store64(x->o, T0, CPU_MEM(edge));
    asm_mov_imm(x->o, T1, (u64)(hva_t)&t->e->from->u[t->uop]);
    tx_tail(x, t->k, to);
}

static void edges(struct tx *x) {
    struct code *k = &x->t->k;
    for (unsigned n = 0; n < x->edges && !x->o->full; n++) {
        struct tx_edge *t = &x->edge[n];
        const struct tx_flags *f = &t->flags;
        if (t->e->inside) continue;
        if (t->from) {
            asm_here(x->o, t->from);
            code_edge_emit(k, t->e, &t->jumps);
        }
        code_edge_short(k, t->e, &t->jumps);
        code_edge_out(k, &t->jumps);
        tx_flags_keep(x, f);
        edge_tail(x, t, x->t->leave_edge);
        if (t->e->gated) {
            code_gate_out(k, &t->jumps);
            edge_tail(x, t, x->t->leave_call);
        }
        if (!t->e->fixed && f->kind != LAZY_DEAD && (f->kind != LAZY_NONE || f->over)) {
            t->e->keep_flags = asm_exec(x->o, x->o->at);
            tx_flags_keep(x, f);
            code_edge_kept(k, t->e);
        }
    }
}

static void stubs(struct tx *x) {
    struct asm_out *o = x->o;
    unsigned k = TX_BLOCKS;
    u8 *common[2] = {0}; // of the k-th block; of its spans
    for (unsigned n = 0; n < x->stubs && !o->full; n++) {
        const struct tx_stub *s = &x->stub[n];
        if (s->give_back) {
            asm_here(o, s->give_back);
            asm_rm(o, 0x03 | ASM_W, LEFT_REG, MEM_AT(T0, offsetof(struct block, pay)));
        }
        if (s->from) asm_here(o, s->from);
        if (s->live) tx_flags_keep(x, &s->flags);
        if (s->way != LEFT_CALLED) tx_count(x, s->row, s->way);
        if (s->way != LEFT_CALLED) asm_mov_imm(o, T1, (u64)(hva_t)&s->b->u[s->at]);
        if (s->k != k) common[0] = common[1] = NULL;
        k = s->k;
        if (common[s->span]) {
            asm_jmp_to(o, asm_exec(o, common[s->span]));
            continue;
        }
        common[s->span] = o->at;
        if (s->span) {
            asm_mov_imm(o, T0, (u64)(hva_t)x->head);
            asm_store64(o, T0, CPU_MEM(span_head));
        }
        tx_tail(x, k, s->span ? x->t->leave_span : x->t->leave);
    }
}

static void list(struct x86_translator *t, struct block *b) {
    if (b->translated) return;
    b->translated = true;
    b->translated_next = t->blocks;
    t->blocks = b;
}

// The trace follows links that are good now.
static void link_up(struct tx *x) {
    for (unsigned n = 0; n < x->blocks; n++) list(x->t, x->block[n]);
    for (unsigned n = 0; n < x->edges; n++) {
        struct code_edge *e = x->edge[n].e;
        code_edge_enter(e);
        if (e->fixed) code_edge_link(e, e->fixed, 0, 0); // on one page: nothing is compared
    }
}

// False: the code memory is full.
static bool attempt(struct x86_cpu *c, struct block *b, unsigned most) {
    struct code *k = &c->tr->k;
    struct tx *x = c->tr->work;
    x->o = &k->out;
    x->t = c->tr;
    x->c = c;
    x->head = b;
    x->most = most;
    x->stubs = x->edges = x->loads = x->blocks = x->pieces = 0;
    x->vectors = x->align = 0;
    x->written = x->written_before = 0;
    x->round = (struct tx_round){0};
    x->run = (struct tx_run){0};
    tx_spans_end(x);
    x->next_payer = NULL;
    x->hint = c->edge ? ((const struct code_edge *)c->edge)->flags : 0;
    code_begin(k);
    body(x);
    find_rests(x);
    tell_edges(x);
    edges(x);
    stubs(x);
    tx_vector_stubs(x);
    u8 *exec = code_end(k);
    if (!exec) return false;
    x->t->serialize();
    b->code = exec;
    b->pay = total(x, 0);
    b->flags_dead = !x->head_live;
    link_up(x);
    k->translated++;
    tx_tell(x);
    return true;
}

static bool has_translation(const struct block *b) {
    u64 mode = b->mode & ~(u64)(MODE_CONTEXT_MASK | MODE_FS_WHOLE | MODE_GS_WHOLE);
    return mode == (MODE_CODE64 | MODE_STACK64) || mode == (MODE_CODE32 | MODE_STACK32 | MODE_FLAT);
}

bool x86_can_translate(const struct block *b) {
    return has_translation(b) && !b->point && !b->host_next && !b->owner && b->cost != BLOCK_DROPPED;
}

bool x86_translate(struct x86_cpu *c, struct block *b) {
    struct x86_translator *t = c->tr;
    if (!has_translation(b)) t->other_mode++;
    if (!x86_can_translate(b)) return false;
    if (attempt(c, b, TX_BLOCKS)) return true;
    t->full++;
    x86_translator_reset(c);
    return attempt(c, b, TX_BLOCKS) || attempt(c, b, 1);
}
