// SPDX-License-Identifier: MIT
// One block to host code, in three parts: its instructions; its edges' ways out; and the ways out of accesses that miss.
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

// Calls the handler of uop i, by a copy of it whose next uop comes back here. It finds flags in the state.
static void call_handler(struct tx *x, unsigned i) {
    struct uop *pair = code_data(&x->t->k, 2 * sizeof *pair);
    if (!pair) return;
    tx_flags_to_memory(x);
    pair[0] = x->b->u[i];
    if (i + 2 == x->n) pair[0].fn = x->d[i].uop.fn; // it may be fused with the last one, which is not its neighbour here
    pair[1] = x->b->u[i + 1];
    pair[1].fn = x->t->back;
    asm_mov_imm(x->o, T1, (u64)(hva_t)pair);
    tx_out_at(x, i, asm_jmp(x->o), NULL);
    x->stub[x->stubs - 1].live = false;
    x->stub[x->stubs - 1].handler = true;
    pair[1].imm = (i64)(hva_t)asm_exec(x->o, x->o->at);
    x->flags = (struct tx_flags){.kind = LAZY_NONE};
    x->vectors = 0;
}

static void leave_for_good(struct tx *x, unsigned i) { tx_out(x, i, asm_jmp(x->o)); }

static void body(struct tx *x) {
    x->flags = (struct tx_flags){.kind = x->live[0] ? LAZY_NONE : LAZY_DEAD};
    for (unsigned i = x->begun = 0; i < x->n && !x->o->full; i++) {
        x->begins[x->begun++] = x->o->at;
        if (x->b->exits && i + 1 == x->n) {
            leave_for_good(x, i);
            return;
        }
        const struct insn *in = x->d[i].insn;
        bool ends = !in || x->d[i].ends;
        if (tx_branch(x, i) || (!ends && (tx_mirror(x, i) || tx_special(x, i) || tx_vector(x, i)))) {
            if (ends) return;
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

// Ways out: flags, then what run.c and the handler must find: the running block and its RIP.
void tx_tail(struct tx *x, const u8 *to) {
    struct asm_out *o = x->o;
    asm_mov_imm(o, T0, (u64)(hva_t)x->b);
    asm_store64(o, T0, CPU_MEM(block));
    asm_load64(o, T0, CPU_MEM(page));
    asm_lea(o, T0, MEM_AT(T0, (i32)x->page_at));
    asm_store64(o, T0, CPU_MEM(s.gpr[17]));
    asm_jmp_to(o, to);
}

// A way out by edge n, to a routine of entry.c.
static void edge_tail(struct tx *x, unsigned n, const u8 *to) {
    asm_mov_imm(x->o, T0, (u64)(hva_t)x->edge[n]);
    asm_store64(x->o, T0, CPU_MEM(edge));
    asm_mov_imm(x->o, T1, (u64)(hva_t)&x->b->u[x->edge_uop[n]]);
    tx_tail(x, to);
}

static void edges(struct tx *x) {
    struct code *k = &x->t->k;
    for (unsigned n = 0; n < x->edges && !x->o->full; n++) {
        struct code_edge *e = x->edge[n];
        const struct tx_flags *f = &x->edge_flags[n];
        code_edge_short(k, e, &x->edge_jumps[n]);
        code_edge_out(k, e, &x->edge_jumps[n]);
        tx_flags_keep(x, f);
        edge_tail(x, n, x->t->leave_edge);
        if (e->gated) {
            code_gate_out(k, &x->edge_jumps[n]);
            edge_tail(x, n, x->t->leave_call);
        }
        if (f->kind != LAZY_DEAD && (f->kind != LAZY_NONE || f->over)) {
            e->keep_flags = asm_exec(x->o, x->o->at);
            tx_flags_keep(x, f);
            code_edge_kept(k, e);
        }
    }
}

static void stubs(struct tx *x) {
    struct asm_out *o = x->o;
    if (!x->stubs) return;
    u8 *common = NULL;
    for (unsigned n = 0; n < x->stubs && !o->full; n++) {
        const struct tx_stub *s = &x->stub[n];
        if (s->give_back) {
            asm_here(o, s->give_back);
            asm_rr(o, 0x01 | ASM_W, T1, LEFT_REG);
        }
        if (s->from) asm_here(o, s->from);
        if (s->live) tx_flags_keep(x, &s->flags);
        if (!s->handler) asm_mov_imm(o, T1, (u64)(hva_t)&x->b->u[s->at]);
        if (common) {
            asm_jmp_to(o, asm_exec(o, common));
        } else {
            common = o->at;
            tx_tail(x, x->t->leave);
        }
    }
}

static void link_up(struct tx *x) {
    x->b->way[0] = x->b->way[1] = NULL;
    for (unsigned n = 0; n < x->edges; n++) x->b->way[x->edge[n]->which] = x->edge[n];
    for (unsigned n = 0; n < x->edges; n++) code_edge_unlink(x->edge[n]);
}

// False: the code memory is full.
static bool attempt(struct x86_cpu *c, struct block *b) {
    struct code *k = &c->tr->k;
    struct tx *x = c->tr->work;
    x->o = &k->out;
    x->t = c->tr;
    x->c = c;
    x->b = b;
    x->page_at = (unsigned)(b->gpa & (PAGE_SIZE - 1));
    x->stubs = x->edges = x->loads = 0;
    x->vectors = x->align = 0;
    x->hint = c->edge ? ((const struct code_edge *)c->edge)->flags : 0;
    decode_all(x);
    find_live(x);
    code_begin(k);
    body(x);
    edges(x);
    stubs(x);
    tx_vector_stubs(x);
    u8 *exec = code_end(k);
    if (!exec) return false;
    link_up(x);
    b->code = exec;
    b->flags_dead = !x->live[0];
    b->translated_next = c->tr->blocks;
    c->tr->blocks = b;
    k->translated++;
    tx_tell(x);
    return true;
}

bool x86_translate(struct x86_cpu *c, struct block *b) {
    if (b->mode != (MODE_CODE64 | MODE_STACK64) || b->host_next) return false;
    if (attempt(c, b)) return true;
    x86_translator_reset(c);
    return attempt(c, b);
}
