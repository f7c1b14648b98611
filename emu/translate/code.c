// SPDX-License-Identifier: MIT
#include "translate/code.h"

#include "base/bits.h"
#include "base/le.h"

enum { CC_NE = 5, CC_L = 12 };
// No page of a PC: they are multiples of the page's size.
enum { NOWHERE = 1 };

static void set_room(struct code *k) {
    u64 free = (u64)(k->data - k->at);
    k->out.end = k->stage + (free < CODE_STAGE ? free : CODE_STAGE);
}

void code_begin(struct code *k) {
    i64 to_exec = (i64)((hva_t)k->mem.exec - (hva_t)k->mem.write);
    k->out = (struct asm_out){.at = k->stage, .to_exec = (i64)((hva_t)k->at - (hva_t)k->stage) + to_exec};
    k->old_data = k->data;
    set_room(k);
}

// By eight bytes at a time: see above what a store may cost. Memory is zero behind the code, or holds what was thrown away.
static void copy(u8 *to, const u8 *from, u64 bytes) {
    for (u64 i = 0; i < bytes; i += 8) st64(to + i, ld64(from + i));
}

u8 *code_end(struct code *k) {
    while ((k->out.at - k->stage) & 15 && !k->out.full) asm_byte(&k->out, 0xcc);
    if (k->out.full) {
        k->data = k->old_data;
        return NULL;
    }
    u64 bytes = (u64)(k->out.at - k->stage);
    copy(k->at, k->stage, bytes);
    u8 *exec = asm_exec(&k->out, k->stage);
    k->at += bytes;
    k->bytes += bytes;
    return exec;
}

void *code_data(struct code *k, u64 bytes) {
    u8 *p = k->data - align_up(bytes, 16);
    if (p < k->at + (k->out.at - k->stage)) {
        k->out.full = true;
        return NULL;
    }
    k->data = p;
    set_room(k);
    memset(p, 0, bytes);
    return p;
}

static void all_free(struct code *k) {
    k->at = k->first;
    k->data = k->mem.write + k->mem.size;
}

void code_init(struct code *k) {
    k->first = k->mem.write;
    all_free(k);
}

void code_reset(struct code *k) {
    all_free(k);
    k->flushes++;
}

// A word of the edge.
static struct asm_mem word(const struct code *k, const void *p) {
    return asm_rip(&k->out, (hva_t)p + ((hva_t)k->mem.exec - (hva_t)k->mem.write));
}

// Jumps if the link is not good; the distances' places go to `otherwise`.
static void compare(struct code *k, const struct code_edge *e, u8 *otherwise[2]) {
    struct asm_out *o = &k->out;
    asm_load64(o, k->scratch, word(k, &e->key));
    asm_rm(o, 0x3b | ASM_W, k->scratch, MEM_AT(k->cpu, k->jump_key));
    otherwise[0] = asm_jcc(o, CC_NE);
    asm_load64(o, k->scratch, word(k, &e->pc_page));
    asm_rm(o, 0x3b | ASM_W, k->scratch, MEM_AT(k->cpu, k->page));
    otherwise[1] = asm_jcc(o, CC_NE);
}

void code_gate_emit(struct code *k, struct code_edge *e, struct code_jumps *j) {
    e->gated = true;
    if (e->page) {
        compare(k, e, j->to_gate_out);
        return;
    }
    asm_load64(&k->out, k->scratch, word(k, &e->cost));
    asm_rr(&k->out, 0xc1 | ASM_W, 5, k->scratch); // shr: costs are 32-bit numbers but for BLOCK_UNPAYABLE
    asm_byte(&k->out, 32);
    j->to_gate_out[0] = asm_jcc(&k->out, CC_NE);
}

void code_edge_emit(struct code *k, struct code_edge *e, struct code_jumps *j) {
    struct asm_out *o = &k->out;
    if (e->page && !e->gated) compare(k, e, j->to_out);
    asm_rm(o, 0x2b | ASM_W, k->left, word(k, &e->cost));
    j->to_short = asm_jcc(o, CC_L);
    if (e->page) {
        asm_load64(o, k->scratch, word(k, &e->to_page));
        asm_store64(o, k->scratch, MEM_AT(k->cpu, k->page));
    }
    if (!e->fixed) asm_rm(o, 0xff, 4, word(k, &e->code));
}

static void here(struct code *k, u8 *distance) {
    if (distance) asm_here(&k->out, distance);
}

void code_edge_short(struct code *k, struct code_edge *e, const struct code_jumps *j) {
    here(k, j->to_short);
    asm_rm(&k->out, 0x03 | ASM_W, k->left, word(k, &e->cost));
}

void code_edge_out(struct code *k, const struct code_jumps *j) {
    here(k, j->to_out[0]);
    here(k, j->to_out[1]);
}

void code_gate_out(struct code *k, const struct code_jumps *j) {
    here(k, j->to_gate_out[0]);
    here(k, j->to_gate_out[1]);
}

void code_edge_kept(struct code *k, const struct code_edge *e) { asm_rm(&k->out, 0xff, 4, word(k, &e->target_code)); }

void code_edge_enter(struct code_edge *e) {
    e->way_next = e->from->way[e->which];
    e->from->way[e->which] = e;
    e->cost = BLOCK_UNPAYABLE;
    e->pc_page = NOWHERE;
}

// Nobody gets as far as its jump then, so that may lead where it led.
void code_edge_unlink(struct code_edge *e) {
    e->cost = BLOCK_UNPAYABLE;
    e->pc_page = NOWHERE;
    if (e->inside && e->payer) {
        e->payer->cost = BLOCK_UNPAYABLE;
        e->payer->broken = true;
    }
    if (!e->to) return;
    struct code_edge **at = &e->to->edges;
    while (*at && *at != e) at = &(*at)->next;
    if (*at) *at = e->next;
    e->to = NULL;
}

void code_edge_link(struct code_edge *e, struct block *to, u64 key, u64 page) {
    if (e->to) code_edge_unlink(e);
    e->key = key;
    e->pc_page = page;
    e->to_page = page + (u64)e->page;
    e->cost = (e->fixed ? e->total : to->pay) - e->rest;
    e->target_code = to->code;
    e->code = e->keep_flags && !to->flags_dead ? e->keep_flags : e->target_code;
    e->to = to;
    e->next = to->edges;
    to->edges = e;
}

// Edges of b's own translation stay: it may be running, and goes on to where the interpreter's links of a dropped block lead, too.
void code_forget(struct code *k, struct block *b) {
    for (struct code_edge *e = b->edges, *next; e; e = next) {
        next = e->next;
        if (!e->fixed) code_edge_unlink(e);
    }
    if (b->code) k->dropped++;
    b->code = NULL;
    b->pay = BLOCK_UNPAYABLE;
}

void code_drop(struct code *k, struct block *b) {
    while (b->edges) code_edge_unlink(b->edges);
    code_forget(k, b);
}
